"""What we hold and where: catalogue, five-fixed rules, stock, and the tables that come in and go out."""
