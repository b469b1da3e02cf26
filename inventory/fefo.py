"""First expired, first out. The one place that decides which lot goes first, for reserving and for shipping."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.errors import InventoryError


class InsufficientStock(InventoryError):
    """More is asked than the lots hold. Facts: item, store, asked, available."""


class BadQuantity(InventoryError):
    """A quantity that cannot be: asked for nothing or less, or a lot below zero. Facts: item, store, quantity."""


@dataclass(frozen=True, slots=True)
class FefoLot:
    """What may be taken from one lot (units of the item); `expires` None = never."""

    lot: str
    quantity: Decimal
    expires: date | None = None


def check_positive(quantity: Decimal, *, item: str, store: str) -> Decimal:
    """The same quantity. Raises BadQuantity for zero, less, and what is no number."""
    if not quantity.is_finite() or quantity <= 0:
        raise BadQuantity(item=item, store=store, quantity=quantity)
    return quantity


def fefo_order(lots: Iterable[FefoLot]) -> list[FefoLot]:
    """Earliest expiry first, no expiry last, equal days by lot id."""
    return sorted(lots, key=lambda lot: (lot.expires is None, lot.expires or date.max, lot.lot))


def allocate(quantity: Decimal, lots: Iterable[FefoLot], *, item: str, store: str) -> list[tuple[str, Decimal]]:
    """Split `quantity` over the lots in FEFO order: [(lot, taken > 0)], summing to `quantity` exactly.

    The caller hands in dispatchable lots only. Raises InsufficientStock rather than giving less than asked,
    BadQuantity for a quantity of zero or less and for a lot below zero.
    """
    ordered = fefo_order(lots)
    for amount in (quantity, *(lot.quantity for lot in ordered if lot.quantity < 0)):
        check_positive(amount, item=item, store=store)
    available = sum((lot.quantity for lot in ordered), Decimal(0))
    if quantity > available:
        raise InsufficientStock(item=item, store=store, asked=quantity, available=available)
    taken: list[tuple[str, Decimal]] = []
    left = quantity
    for lot in ordered:
        if not left:
            break
        amount = min(left, lot.quantity)
        if amount:
            taken.append((lot.lot, amount))
            left -= amount
    return taken
