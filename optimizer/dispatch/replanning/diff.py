"""What differs between two plans, as rows that a person can read."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from optimizer.dispatch.plan import Plan, Stop

Kind = Literal["kept", "added", "dropped", "moved", "retimed", "changed"]
ORDER: tuple[Kind, ...] = ("moved", "added", "dropped", "changed", "retimed", "kept")


@dataclass(frozen=True, slots=True)
class Change:
    """A stop (team, task) or a shipment (store, item, quantity) at an incident, before and after.

    moved: the same task by another team, or the same goods from another store (`was` names the former);
    retimed: only the arrival differs; changed: another quantity. Seconds count from `as_of` of the later plan.
    """

    kind: Kind
    incident: str
    who: str  # team or store
    what: str  # task or item
    was: str | None = None  # team or store before, where it moved
    arrive_s: int | None = None
    arrive_before_s: int | None = None
    quantity: Decimal | None = None
    quantity_before: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LevelChange:
    name: str
    before: float | tuple[float, ...] | None
    after: float | tuple[float, ...] | None


@dataclass(frozen=True)
class PlanDiff:
    """Rows by kind (ORDER), then incident. `unmet`: (incident, task or item, before, after) where they differ."""

    assignments: tuple[Change, ...]
    shipments: tuple[Change, ...]
    levels: tuple[LevelChange, ...]
    unmet: tuple[tuple[str, str, Decimal, Decimal], ...]

    @property
    def changes(self) -> int:
        """How much a re-plan changes (`Replans.changes`): what is only re-timed does not count."""
        weight = {"added": 1, "dropped": 1, "changed": 1, "moved": 2}
        return sum(weight.get(row.kind, 0) for row in (*self.assignments, *self.shipments))


_NONE = Decimal(0)


def diff(before: Plan, after: Plan, *, shift_s: int = 0) -> PlanDiff:
    """`shift_s`: seconds from the `as_of` of the earlier plan to that of the later one."""
    return PlanDiff(
        assignments=_sorted(_assignments(before, after, shift_s)),
        shipments=_sorted(_shipments(before, after, shift_s)),
        levels=_levels(before, after),
        unmet=_unmet(before, after),
    )


def count_changes(before: Plan, after: Plan) -> int:
    """`diff(before, after).changes`, without the rows."""
    stops = {(o.team, s.task) for o in before.team_orders for s in o.stops}
    now = {(o.team, s.task) for o in after.team_orders for s in o.stops}
    units: dict[tuple[str, str, str], Decimal] = {}
    for sign, plan in ((1, before), (-1, after)):
        for row in plan.shipments:
            key = row.store, row.incident, row.item
            units[key] = units.get(key, _NONE) + sign * row.quantity
    return len(stops ^ now) + sum(1 for rest in units.values() if rest)


def _sorted(rows: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(rows, key=lambda row: (ORDER.index(row.kind), row.incident, row.what, row.who)))


def _assignments(before: Plan, after: Plan, shift_s: int) -> Iterable[Change]:
    old, new = _stops(before), _stops(after)
    lost: dict[str, list[str]] = {}
    for team, task in sorted(old.keys() - new.keys()):
        lost.setdefault(task, []).append(team)
    for (team, task), stop in sorted(new.items()):
        was = old.get((team, task))
        if was is not None:
            then = was.arrive_s - shift_s
            kind: Kind = "kept" if then == stop.arrive_s else "retimed"
            yield Change(kind, stop.incident, team, task, arrive_s=stop.arrive_s, arrive_before_s=then)
        elif lost.get(task):
            other = lost[task].pop(0)
            then = old[other, task].arrive_s - shift_s
            yield Change("moved", stop.incident, team, task, other, stop.arrive_s, then)
        else:
            yield Change("added", stop.incident, team, task, arrive_s=stop.arrive_s)
    for task, teams in lost.items():
        for team in teams:
            stop = old[team, task]
            yield Change("dropped", stop.incident, team, task, arrive_before_s=stop.arrive_s - shift_s)


def _stops(plan: Plan) -> dict[tuple[str, str], Stop]:
    return {(order.team, stop.task): stop for order in plan.team_orders for stop in order.stops}


def _goods(plan: Plan) -> dict[tuple[str, str, str], tuple[Decimal, int]]:
    """(store, incident, item) -> (units, last arrival)."""
    found: dict[tuple[str, str, str], tuple[Decimal, int]] = {}
    for row in plan.shipments:
        key = row.store, row.incident, row.item
        units, last = found.get(key, (Decimal(0), row.arrive_s))
        found[key] = units + row.quantity, max(last, row.arrive_s)
    return found


def _shipments(before: Plan, after: Plan, shift_s: int) -> Iterable[Change]:
    old, new = _goods(before), _goods(after)
    lost: dict[tuple[str, str, Decimal], list[str]] = {}
    for store, incident, item in sorted(old.keys() - new.keys()):
        lost.setdefault((incident, item, old[store, incident, item][0]), []).append(store)
    for (store, incident, item), (units, arrive) in sorted(new.items()):
        found = old.get((store, incident, item))
        if found is not None:
            then = found[1] - shift_s
            kind: Kind = "changed" if found[0] != units else "kept" if then == arrive else "retimed"
            yield Change(kind, incident, store, item, None, arrive, then, units, found[0])
        elif lost.get((incident, item, units)):
            other = lost[incident, item, units].pop(0)
            then = old[other, incident, item][1] - shift_s
            yield Change("moved", incident, store, item, other, arrive, then, units, units)
        else:
            yield Change("added", incident, store, item, None, arrive, None, units)
    for (incident, item, units), stores in lost.items():
        for store in stores:
            then = old[store, incident, item][1] - shift_s
            yield Change("dropped", incident, store, item, None, None, then, None, units)


def _levels(before: Plan, after: Plan) -> tuple[LevelChange, ...]:
    old, new = ({level.name: level.value for level in plan.levels} for plan in (before, after))
    return tuple(LevelChange(name, old.get(name), new.get(name)) for name in dict.fromkeys((*new, *old)))


def _unmet(before: Plan, after: Plan) -> tuple[tuple[str, str, Decimal, Decimal], ...]:
    totals: list[dict[tuple[str, str], Decimal]] = []
    for plan in (before, after):
        total: dict[tuple[str, str], Decimal] = {}
        for row in plan.unmet:
            key = row.incident, row.task or row.item or ""
            total[key] = total.get(key, Decimal(0)) + row.quantity
        totals.append(total)
    old, new = totals
    return tuple(
        (*key, old.get(key, Decimal(0)), new.get(key, Decimal(0)))
        for key in sorted(old.keys() | new.keys())
        if old.get(key, Decimal(0)) != new.get(key, Decimal(0))
    )
