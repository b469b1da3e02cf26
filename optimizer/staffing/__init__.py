"""Staffing: how many posts (WISN), how they are shared out, who stands when, which places are seen in which week."""
