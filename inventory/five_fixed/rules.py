"""Which checks each item needs: the table of periods joined to the catalogue.

An item takes the active rows of its equipment class, of every class whose name is a prefix of it up to an
underscore, and of `any`; where two name the same kind, the longer class name wins. `item_checks` of the catalogue
(KIND:days) then overrides the row of that kind: the days replace its period, or, where the row has a first period,
that first period (an extinguisher's SERVICE:1825 is its first service, not the later ones). Tolerance, anchor and
`blocks` stay the row's. A kind the class has no row for becomes a check of its own, counted from the last time,
with the tolerance most rows of that length have and the blocking of BLOCKING_KINDS (both assumed).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inventory.catalogue import Catalogue, Item
from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault
from inventory.files.read import read_table
from inventory.kinds import KINDS

BUILT_IN = Path(__file__).parents[1] / "data" / "five_fixed_periods.csv"
ANY = "any"

# overdue beyond its tolerance, such a check blocks; an inspection only of life-critical items
BLOCKING_KINDS = frozenset({"RUN", "CHARGE", "TEST", "LOAD_TEST", "SERVICE", "DISINFECT", "FUEL_ROTATE", "RETIRE"})

# (up to this period, this tolerance), in days; what most rows of the table have, assumed for the others
USUAL_TOLERANCE_DAYS = ((7, 2), (30, 5), (60, 10), (90, 14), (730, 30))
LONGEST_TOLERANCE_DAYS = 60
LEAST_WARNING_DAYS = 7


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of check of one item. Periods and tolerance in days."""

    kind: str
    name_zh: str
    first_period_days: int  # the same as the period where no other is set
    period_days: int
    tolerance_days: int
    anchor: str  # last_done or manufacture
    blocks: bool
    source: str
    assumed: bool  # by the table's own word, or because the item alone names it

    warning_days: int = field(init=False)

    def __post_init__(self) -> None:
        """How long before the due day it is due soon: the tolerance or 7 days, whichever is longer.

        Less than the period, so that a weekly check done today is not due soon the same day.
        """
        warning = min(max(self.tolerance_days, LEAST_WARNING_DAYS), self.period_days - 1)
        object.__setattr__(self, "warning_days", warning)


@dataclass(frozen=True)
class RuleBook:
    """The general preset over one catalogue."""

    catalogue: Catalogue
    by_item: Mapping[str, tuple[Check, ...]]

    def checks(self, item: str) -> tuple[Check, ...]:
        """The checks of an item, by kind. Raises UnknownItem."""
        return self.by_item[self.catalogue[item].id]


def load_rule_book(catalogue: Catalogue, path: Path | None = None) -> RuleBook:
    """Join a table of periods (the built-in one of 67 rows by default) to the catalogue.

    Raises BadTable: faults of the table, two active rows of one class and kind, and items whose equipment class
    the table does not know.
    """
    source = path or BUILT_IN
    table = read_table(source, "checks")
    faults: list[RowFault] = []
    rows: dict[str, dict[str, Check]] = {}  # class -> kind -> check
    classes = {ANY, *table["equipment_class"]}
    for number, row in zip(table.row_numbers, table.rows(), strict=True):
        of_class = rows.setdefault(row["equipment_class"], {})
        if not row["active"]:
            continue
        if row["check_kind"] in of_class:
            faults.append(fault(number, "check_kind", "DUPLICATE_CHECK", equipment_class=row["equipment_class"]))
        of_class[row["check_kind"]] = _check(row)
    faults += [
        fault(None, "equipment_class", "UNKNOWN_CLASS", item=item.id, equipment_class=item.equipment_class)
        for item in catalogue
        if not any(_is_for(name, item.equipment_class) for name in classes)
    ]
    if faults:
        raise BadTable(str(source), faults)
    return RuleBook(catalogue, {item.id: _checks_of(item, rows) for item in catalogue})


def _check(row: Mapping[str, Any]) -> Check:
    return Check(
        kind=row["check_kind"],
        name_zh=row["check_zh"],
        first_period_days=row["first_period_days"] or row["period_days"],
        period_days=row["period_days"],
        tolerance_days=row["tolerance_days"],
        anchor=row["anchor"],
        blocks=row["blocks"],
        source=row["source"],
        assumed="assumed" in row["status"],
    )


def _is_for(name: str, equipment_class: str) -> bool:
    return name == equipment_class or equipment_class.startswith(name + "_")


def _checks_of(item: Item, rows: Mapping[str, Mapping[str, Check]]) -> tuple[Check, ...]:
    checks = dict(rows.get(ANY, {}))
    for name in sorted(rows, key=len):  # the longest name, the most particular class, is applied last
        if name != ANY and _is_for(name, item.equipment_class):
            checks.update(rows[name])
    for kind, days in item.item_checks:
        row = checks.get(kind)
        if row is None:
            checks[kind] = _item_only(item, kind, days)
        elif row.first_period_days != row.period_days:
            checks[kind] = replace(row, first_period_days=days)
        else:
            checks[kind] = replace(row, first_period_days=days, period_days=days)
    return tuple(checks[kind] for kind in sorted(checks))


def _item_only(item: Item, kind: str, days: int) -> Check:
    tolerance = next((usual for longest, usual in USUAL_TOLERANCE_DAYS if days <= longest), LONGEST_TOLERANCE_DAYS)
    retires = kind == "RETIRE"
    return Check(
        kind=kind,
        name_zh=KINDS[kind][0],
        first_period_days=days,
        period_days=days,
        tolerance_days=0 if retires else tolerance,
        anchor="manufacture" if retires else "last_done",
        blocks=kind in BLOCKING_KINDS or (kind == "INSPECT" and item.life_critical),
        source=f"item_checks {item.id}",
        assumed=True,
    )
