"""A county's own periods and minima on top of the built-in ones: `any`, then shorter classes, longer ones, items."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from inventory.catalogue import Catalogue, Item
from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault
from inventory.five_fixed.checks import ANY, Check, check_of_its_own, is_for
from inventory.five_fixed.overrides import CheckOverride, MinimumOverride
from inventory.kinds import KINDS
from inventory.places import TIERS

SOURCE = "county"  # of a check altered without a note
_FIELDS = ("first_period_days", "period_days", "tolerance_days", "blocks", "active")
_LEAST = {"first_period_days": 1, "period_days": 1, "tolerance_days": 0}


def with_own_checks(
    by_item: Mapping[str, Mapping[str, Check]],
    rows: tuple[CheckOverride, ...],
    catalogue: Catalogue,
    *,
    known: Iterable[str],
) -> dict[str, dict[str, Check]]:
    """Item -> kind -> check with the rows applied; `known`: the equipment classes of the table of periods.

    Raises BadTable "check_overrides" with every bad row: class and item both or neither given, an unknown class, item
    or kind, days out of range, a row that states nothing or repeats another, one that finds nothing to alter, and
    one that adds a check without its period.
    """
    classes = {ANY, *known, *(item.equipment_class for item in catalogue)}
    faults: list[RowFault] = []
    sound: list[tuple[int, CheckOverride]] = []
    first: dict[tuple[str | None, str | None, str], int] = {}
    for number, row in enumerate(rows, start=2):
        found = list(_row_faults(number, row, classes, catalogue))
        first_row = first.setdefault((row.equipment_class, row.item, row.kind), number)
        if first_row != number:
            found.append(fault(number, "kind", "STATED_TWICE", first_row=first_row))
        faults += found
        if not found:
            sound.append((number, row))
    checks = {item: dict(of_item) for item, of_item in by_item.items()}
    off: set[tuple[str, str]] = set()  # item, kind: kept until the end, so that a later row can switch it on again
    for number, row in sorted(sound, key=lambda entry: _reach(entry[1])):
        faults += _apply(number, row, [item for item in catalogue if _speaks_of(row, item)], checks, off)
    if faults:
        raise BadTable("check_overrides", sorted(faults, key=lambda found: (found.row or 0, found.column or "")))
    return {
        item: {kind: check for kind, check in of_item.items() if (item, kind) not in off}
        for item, of_item in checks.items()
    }


def with_own_minima(catalogue: Catalogue, rows: tuple[MinimumOverride, ...]) -> Catalogue:
    """The catalogue with the county's own least stock. Raises BadTable "minimum_overrides" with every bad row."""
    faults: list[RowFault] = []
    minima: dict[str, dict[str, Decimal]] = {}
    first: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, start=2):
        if row.item not in catalogue:
            faults.append(fault(number, "item", "UNKNOWN_REFERENCE", value=row.item, target="items"))
        if row.tier not in TIERS:
            faults.append(fault(number, "tier", "NOT_CHOICE", value=row.tier, choices=", ".join(TIERS)))
        if row.minimum < 0:
            faults.append(fault(number, "minimum", "TOO_SMALL", value=row.minimum, least=0))
        first_row = first.setdefault((row.item, row.tier), number)
        if first_row != number:
            faults.append(fault(number, "item", "STATED_TWICE", first_row=first_row))
        minima.setdefault(row.item, {})[row.tier] = row.minimum
    if faults:
        raise BadTable("minimum_overrides", faults)
    if not minima:
        return catalogue
    return Catalogue([_with_minima(item, minima.get(item.id, {})) for item in catalogue])


def _with_minima(item: Item, own: Mapping[str, Decimal]) -> Item:
    return replace(
        item,
        county_min=own.get("county", item.county_min),
        town_min=own.get("town", item.town_min),
        village_min=own.get("village", item.village_min),
    )


def _row_faults(number: int, row: CheckOverride, classes: set[str], catalogue: Catalogue) -> Iterable[RowFault]:
    if (row.equipment_class is None) == (row.item is None):
        yield fault(number, "equipment_class", "CLASS_OR_ITEM")
    if row.equipment_class is not None and row.equipment_class not in classes:
        near = difflib.get_close_matches(row.equipment_class, sorted(classes), n=1)
        yield fault(
            number,
            "equipment_class",
            "UNKNOWN_OVERRIDE_CLASS",
            equipment_class=row.equipment_class,
            nearest=near[0] if near else "?",
        )
    if row.item is not None and row.item not in catalogue:
        yield fault(number, "item", "UNKNOWN_REFERENCE", value=row.item, target="items")
    if row.kind not in KINDS:
        yield fault(number, "kind", "NOT_CHOICE", value=row.kind, choices=", ".join(KINDS))
    for column, least in _LEAST.items():
        days = getattr(row, column)
        if days is not None and days < least:
            yield fault(number, column, "TOO_SMALL", value=days, least=least)
    if all(getattr(row, column) is None for column in _FIELDS):
        yield fault(number, "period_days", "NOTHING_STATED")


def _reach(row: CheckOverride) -> tuple[int, int]:
    """From the widest to the most particular."""
    if row.item is not None:
        return 2, 0
    name = row.equipment_class or ""
    return (0, 0) if name == ANY else (1, len(name))


def _speaks_of(row: CheckOverride, item: Item) -> bool:
    if row.item is not None:
        return row.item == item.id
    name = row.equipment_class or ""
    return name == ANY or is_for(name, item.equipment_class)


def _apply(
    number: int, row: CheckOverride, items: list[Item], checks: dict[str, dict[str, Check]], off: set[tuple[str, str]]
) -> Iterable[RowFault]:
    kind = row.kind
    if row.active is not True:
        items = [item for item in items if kind in checks[item.id]]
    lacking = [item.id for item in items if kind not in checks[item.id]]
    if not items:
        yield fault(number, "kind", "NOTHING_TO_ALTER", kind=kind)
    elif lacking and row.period_days is None:
        yield fault(number, "period_days", "PERIOD_NEEDED", kind=kind, item=lacking[0])
    else:
        for item in items:
            check = checks[item.id].get(kind)
            if check is None:
                check = check_of_its_own(item, kind, row.period_days or 0, source=SOURCE)
            checks[item.id][kind] = _altered(check, row)
            if row.active is not None:
                (off.discard if row.active else off.add)((item.id, kind))


def _altered(check: Check, row: CheckOverride) -> Check:
    period = check.period_days if row.period_days is None else row.period_days
    first = row.first_period_days
    if first is None:  # a first period of its own stays; one that only repeats the period follows it
        first = check.first_period_days if check.first_period_days != check.period_days else period
    return replace(
        check,
        first_period_days=first,
        period_days=period,
        tolerance_days=check.tolerance_days if row.tolerance_days is None else row.tolerance_days,
        blocks=check.blocks if row.blocks is None else row.blocks,
        source=row.note or SOURCE,
        assumed=False,
    )
