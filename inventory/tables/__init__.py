"""The tables of what we hold and where, on one shared metadata. Rules the database itself keeps: guards.py."""

from inventory.tables import care, forces, goods, guards, orders, places, stock
from inventory.tables.base import Id, Instant, Quantity, QuantityTooFine, metadata

__all__ = [
    "Id",
    "Instant",
    "Quantity",
    "QuantityTooFine",
    "care",
    "forces",
    "goods",
    "guards",
    "metadata",
    "orders",
    "places",
    "stock",
]
