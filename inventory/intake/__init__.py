"""Files into the database: what they say differently from it is added, changed or posted."""
