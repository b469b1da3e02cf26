"""Staffing: how many people a town station needs, and what they do when."""
