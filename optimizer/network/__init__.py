"""Road networks and travel times."""
