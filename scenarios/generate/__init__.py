"""Seeded generators of synthetic counties: land, roads, places, stock, teams, incidents. No real place is meant."""
