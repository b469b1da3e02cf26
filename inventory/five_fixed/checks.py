"""One kind of check of one item, and what a check that no table of classes describes is taken to be."""

from dataclasses import dataclass, field

from inventory.catalogue import Item
from inventory.kinds import KINDS

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


def is_for(name: str, equipment_class: str) -> bool:
    """Whether a row of class `name` speaks of `equipment_class`: the same, or its prefix up to an underscore."""
    return name == equipment_class or equipment_class.startswith(name + "_")


def check_of_its_own(item: Item, kind: str, days: int, *, source: str) -> Check:
    """A check of `days` that no row of the item's class describes; tolerance, anchor and blocking are assumed."""
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
        source=source,
        assumed=True,
    )
