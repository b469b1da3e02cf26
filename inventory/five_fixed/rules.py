"""Which checks each item needs: the table of periods joined to the catalogue.

An item takes the active rows of its equipment class, of every class whose name is a prefix of it up to an
underscore, and of `any`; where two name the same kind, the longer class name wins. `item_checks` of the catalogue
(KIND:days) then overrides the row of that kind: the days replace its period, or, where the row has a first period,
that first period (an extinguisher's SERVICE:1825 is its first service, not the later ones). Tolerance, anchor and
`blocks` stay the row's. A kind the class has no row for becomes a check of its own, counted from the last time,
with the tolerance most rows of that length have and the blocking of BLOCKING_KINDS (both assumed).

A county's own rows (adjust.py) come on top of all that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from inventory.catalogue import Catalogue, Item
from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault
from inventory.files.read import read_table
from inventory.five_fixed.adjust import with_own_checks, with_own_minima
from inventory.five_fixed.checks import ANY, Check, check_of_its_own, is_for
from inventory.five_fixed.overrides import RuleOverrides

BUILT_IN = Path(__file__).parents[1] / "data" / "five_fixed_periods.csv"
PROFILES = Path(__file__).parents[1] / "data" / "village_profiles.csv"
ZERO = Decimal(0)


@dataclass(frozen=True)
class RuleBook:
    """The checks of every item of one catalogue, which carries the minima they are judged with."""

    catalogue: Catalogue
    by_item: Mapping[str, tuple[Check, ...]]

    def checks(self, item: str) -> tuple[Check, ...]:
        """The checks of an item, by kind. Raises UnknownItem."""
        return self.by_item[self.catalogue[item].id]

    def minimum(self, item: str, tier: str, profiles: Iterable[str] = ()) -> Decimal:
        """The least a store of the tier holds; a village's profiles may ask for more. Raises UnknownItem."""
        least = self.catalogue[item].minimum(tier)
        if tier != "village":
            return least
        return max([least, *(village_minima().get((profile, item), ZERO) for profile in profiles)])

    def required(self, tier: str, profiles: Iterable[str] = ()) -> list[tuple[Item, Decimal]]:
        """The items such a store must hold, with the least of each."""
        every = [(item, self.minimum(item.id, tier, profiles)) for item in self.catalogue]
        return [(item, least) for item, least in every if least > 0]


@lru_cache(maxsize=1)
def village_minima() -> Mapping[tuple[str, str], Decimal]:
    """(profile, item) -> what a village room of that profile holds at least (assumed, see the table)."""
    table = read_table(PROFILES, "village_profiles")
    return {(row["profile"], row["item_id"]): row["minimum"] for row in table.rows()}


def load_rule_book(
    catalogue: Catalogue, path: Path | None = None, *, overrides: RuleOverrides | None = None
) -> RuleBook:
    """Join a table of periods (the built-in one of 67 rows by default) to the catalogue, with `overrides` on top.

    Overridden minima stand in the items of the book's own catalogue. Raises BadTable: faults of the table, two
    active rows of one class and kind, and items whose equipment class the table does not know; then every bad row
    of "check_overrides", else of "minimum_overrides" (record i is row i + 2).
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
        if not any(is_for(name, item.equipment_class) for name in classes)
    ]
    if faults:
        raise BadTable(str(source), faults)
    by_item = {item.id: _checks_of(item, rows) for item in catalogue}
    if overrides is not None:
        by_item = with_own_checks(by_item, overrides.checks, catalogue, known=classes)
        catalogue = with_own_minima(catalogue, overrides.minima)
    return RuleBook(
        catalogue, {item: tuple(checks[kind] for kind in sorted(checks)) for item, checks in by_item.items()}
    )


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


def _checks_of(item: Item, rows: Mapping[str, Mapping[str, Check]]) -> dict[str, Check]:
    checks = dict(rows.get(ANY, {}))
    for name in sorted(rows, key=len):  # the longest name, the most particular class, is applied last
        if name != ANY and is_for(name, item.equipment_class):
            checks.update(rows[name])
    for kind, days in item.item_checks:
        row = checks.get(kind)
        if row is None:
            checks[kind] = check_of_its_own(item, kind, days, source=f"item_checks {item.id}")
        elif row.first_period_days != row.period_days:
            checks[kind] = replace(row, first_period_days=days)
        else:
            checks[kind] = replace(row, first_period_days=days, period_days=days)
    return checks
