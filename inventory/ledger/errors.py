"""What may go wrong with stock. Their words stand in texts.csv under the class name."""

from inventory.errors import InventoryError


class UnknownStore(InventoryError):
    """No store of that id. Facts: store."""


class UnknownBin(InventoryError):
    """No such bin in the store. Facts: store, bin."""


class UnknownLot(InventoryError):
    """No stock of that lot where it was looked for. Facts: store, item, lot."""


class KeyReused(InventoryError):
    """One idempotency key for two different requests. Facts: key, scope."""


class UnknownReason(InventoryError):
    """A reason that is not in the list. Facts: reason, known."""


class NotDispatchable(InventoryError):
    """Units are there, but a gate holds them. Facts: store, item, asked, free, held, tasks."""


class OverrideIncomplete(InventoryError):
    """An emergency override without a name or a reason."""


class WrongState(InventoryError):
    """Something is not in the state this step begins from. Facts: what, state, needed."""


class CannotReverse(InventoryError):
    """An operation that cannot be taken back. Facts: operation, why_zh, why_en."""


class UnknownOperation(InventoryError):
    """No operation of that number. Facts: operation."""


class UnknownOrder(InventoryError):
    """No transfer, count or reservation of that number. Facts: number."""


class RecalledLot(InventoryError):
    """A lot that is recalled is not taken in. Facts: item, lot."""


class AssetTaken(InventoryError):
    """A serialised unit that is already somewhere, or more than one of it. Facts: item, lot, store."""


class BadArrival(InventoryError):
    """Sound, damaged and missing units do not add up to what was sent. Facts: item, lot, sent, sound,
    damaged, missing."""


class MovedSince(InventoryError):
    """A stocktake would take a line below zero: units left since. Facts: store, item, lot, book, counted, now."""


class UnknownKit(InventoryError):
    """No kit of that code. Facts: kit."""


class UnknownPackage(InventoryError):
    """No package of that name for the item. Facts: item, package."""
