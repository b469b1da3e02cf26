"""What a county sets otherwise than the built-in rules: three tables of rows, from files or from a database."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.files.read import read_table


@dataclass(frozen=True, slots=True)
class CheckOverride:
    """One kind of check of an equipment class ("any" = every item) or of one item: exactly one of the two is given.

    None leaves what the built-in rules say. `active`: False switches the check off; True puts it in force, also for
    items that had none, which then takes `period_days`; None alters it only where it is.
    """

    kind: str
    equipment_class: str | None = None
    item: str | None = None
    first_period_days: int | None = None
    period_days: int | None = None
    tolerance_days: int | None = None
    blocks: bool | None = None
    active: bool | None = None
    note: str | None = None  # becomes the source of the check


@dataclass(frozen=True, slots=True)
class WeightOverride:
    """The weight of a rule of a preset (`name` its key), or of the items of a criticality (`name` "1", "2", "3")."""

    preset: str
    subject: str  # rule or criticality
    name: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class MinimumOverride:
    """The least a store of a tier holds of an item, in the item's unit; target and maximum follow by their factors."""

    item: str
    tier: str  # county, town, village
    minimum: Decimal


@dataclass(frozen=True, slots=True)
class RuleOverrides:
    """All of a county's own settings. Record i of each tuple is row i + 2 in messages, as in a file."""

    checks: tuple[CheckOverride, ...] = ()
    weights: tuple[WeightOverride, ...] = ()
    minima: tuple[MinimumOverride, ...] = ()


def read_overrides(
    *, checks: Path | None = None, weights: Path | None = None, minima: Path | None = None
) -> RuleOverrides:
    """From files (tables check_overrides, weight_overrides, minimum_overrides of the data dictionary).

    Raises BadTable with every bad cell of a file. Whether classes, items, kinds and rules exist is seen where the
    overrides are put to use: load_rule_book and load_rule_set.
    """

    def rows(path: Path | None, table: str) -> list[dict[str, Any]]:
        return list(read_table(path, table).rows()) if path else []

    return RuleOverrides(
        tuple(CheckOverride(**row) for row in rows(checks, "check_overrides")),
        tuple(WeightOverride(**row) for row in rows(weights, "weight_overrides")),
        tuple(MinimumOverride(**row) for row in rows(minima, "minimum_overrides")),
    )
