"""Who may do what: accounts, roles bound to a division sub-tree, sign-in, tokens, and the audit log."""
