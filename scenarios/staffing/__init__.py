"""Sizing of town stations for people: towns and coefficients in, workbooks and sentences out."""
