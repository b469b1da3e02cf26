"""What may go wrong with stock. Their words stand in texts.csv under the class name."""

from typing import Any

from inventory.errors import InventoryError
from inventory.fefo import InsufficientStock
from inventory.kinds import ELSEWHERE, MOVEMENTS, ORDER_STATES, REASONS, STATES

_NAMES = REASONS | MOVEMENTS | ELSEWHERE | STATES | ORDER_STATES


class UnknownStore(InventoryError):
    """No store of that id. Facts: store."""


class UnknownLot(InventoryError):
    """No stock of that lot where it was looked for. Facts: store, item, lot."""


class FewerOut(InsufficientStock):
    """More would come back than went out. Facts: store, item, asked, available (what is out)."""


class KeyReused(InventoryError):
    """One idempotency key for two different requests. Facts: key, scope."""


class UnknownReason(InventoryError):
    """A reason that is not in the list. Facts: reason, known."""


class NotDispatchable(InventoryError):
    """Units are there, but a gate holds them. Facts: store, item, asked, free, held, tasks."""


class OverrideIncomplete(InventoryError):
    """An emergency override without a name or a reason."""


class WrongState(InventoryError):
    """Something is not in the state this step begins from. Facts: what, state, needed (a list with commas); the
    latter two in words as well: state_zh, state_en, needed_zh, needed_en."""

    def __init__(self, *, what: Any, state: str, needed: str) -> None:
        words: dict[str, str | list[str]] = {}
        for index, lang in enumerate(("zh", "en")):
            words[f"state_{lang}"] = _NAMES[state][index] if state in _NAMES else state
            words[f"needed_{lang}"] = [_NAMES[one][index] if one in _NAMES else one for one in needed.split(", ")]
        super().__init__(what=what, state=state, needed=needed, **words)


class SameStore(InventoryError):
    """A transfer from a store to itself. Facts: store."""


class NothingAsked(InventoryError):
    """A transfer, or its approval, of nothing at all. Facts: store."""


class NotInOrder(InventoryError):
    """An approval of an item the order does not ask for. Facts: number, item."""


class PickGone(InventoryError):
    """Units kept for a transfer are kept no longer: out of time, or set apart. Facts: number, item, lot, kept,
    needed."""


class CountUnfinished(InventoryError):
    """Lines of a stocktake nobody has counted. Facts: number, missing, lines (the first of them)."""


class LotUnclear(InventoryError):
    """A counted line that fits several lines of the count. Facts: number, item, lot, lines."""


class CounterApproves(InventoryError):
    """Who counted may not approve the count. Facts: number, person."""


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


class BadLot(InventoryError):
    """A lot that cannot be as it is described. Facts: item, lot_zh, lot_en, why_zh, why_en."""


class CountedWhen(InventoryError):
    """Shelves that are said to be counted before the count was opened, or after now. Facts: number, when, opened."""


class CountOpen(InventoryError):
    """A stocktake of the store is under way. Facts: store, number."""


class AdjustedSince(InventoryError):
    """A line was adjusted or written off after it was counted. Facts: store, item, lot, book, counted."""


class NotWhole(InventoryError):
    """Part of a serialised unit. Facts: item, quantity."""
