"""What every route needs: the caller, one transaction, problems told in the caller's language, pages of rows."""
