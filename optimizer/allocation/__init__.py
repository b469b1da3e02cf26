"""Supplies from stores to incidents as plain arrays: flows, linear programs, and trips with a price."""
