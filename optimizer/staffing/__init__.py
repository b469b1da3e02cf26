"""Staffing: how many posts, who stands when, and which places are inspected in which week."""
