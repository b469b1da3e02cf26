"""Delivery rounds: one vehicle trip that visits several incidents and picks up at stores on the way."""
