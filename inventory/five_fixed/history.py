"""Maintenance records, folded to the last pass and the last failure of each check."""

from collections.abc import Iterable

from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault
from inventory.five_fixed.records import MaintenanceRecord
from inventory.kinds import KINDS, STORE_WIDE

Key = tuple[str, str | None, str | None]  # store, item, lot
Done = dict[str, tuple[int, int]]  # kind -> day of the last pass, day of the last failure (ordinals, 0 = never)

NOTHING: Done = {}
RESULTS = ("PASSED", "FAILED")


def fold(records: Iterable[MaintenanceRecord], *, day: int) -> tuple[dict[Key, Done], int]:
    """(store, item, lot) -> what was done up to `day`, and how many records lie after it.

    Item None stands for the whole store, lot None for every lot. Raises BadTable (record i is row i + 2).
    """
    done: dict[Key, Done] = {}
    future = 0
    faults: list[RowFault] = []
    for index, record in enumerate(records):
        kind = record.kind
        if kind not in KINDS:
            faults.append(fault(index + 2, "kind", "NOT_CHOICE", value=kind, choices=", ".join(KINDS)))
            continue
        if record.item is None and (record.lot is not None or kind not in STORE_WIDE):
            faults.append(fault(index + 2, "item", "ITEM_NEEDED", kind=kind))
            continue
        when = record.last_done.toordinal()
        if when > day:
            future += 1
            continue
        kinds = done.setdefault((record.store, record.item, record.lot), {})
        passed, failed = kinds.get(kind, (0, 0))
        if record.result == "PASSED":
            if when > passed:
                kinds[kind] = (when, failed)
        elif record.result == "FAILED":
            if when > failed:
                kinds[kind] = (passed, when)
        else:
            faults.append(fault(index + 2, "result", "NOT_CHOICE", value=record.result, choices=", ".join(RESULTS)))
    if faults:
        raise BadTable("maintenance", faults)
    return done, future


def merged(own: Done, wide: Done, *, since: int) -> Done:
    """A lot's own records with those of all lots of the item, as far as the lot was there (`since`) by then."""
    if not wide:
        return own
    both = dict(own)
    for kind, (passed, failed) in wide.items():
        own_passed, own_failed = own.get(kind, (0, 0))
        both[kind] = (
            max(own_passed, passed if passed >= since else 0),
            max(own_failed, failed if failed >= since else 0),
        )
    return both


def has_failed(done: tuple[int, int]) -> bool:
    """The last word is a failure. Pass and failure on one day count as a failure: the day keeps no order."""
    passed, failed = done
    return failed > 0 and failed >= passed
