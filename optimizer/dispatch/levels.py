"""The seven levels of a decision, exactly (docs/model.md). The checker has its own copy of this arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from optimizer.dispatch.plan import Shipment, TeamOrder
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.trips import round_m

Value = Fraction | tuple[Fraction, ...]


@dataclass(frozen=True)
class Decision:
    """Who goes where, and what is shipped."""

    team_orders: tuple[TeamOrder, ...]
    shipments: tuple[Shipment, ...]


def served(problem: DispatchProblem, orders: Iterable[TeamOrder]) -> dict[str, int]:
    """Teams each task gets."""
    count = {task.id: 0 for task in problem.tasks}
    for order in orders:
        for stop in order.stops:
            count[stop.task] += 1
    return count


def shipped(shipments: Iterable[Shipment]) -> dict[tuple[str, str], Decimal]:
    """Units each (incident, item) gets; equipment counts to no demand (E2)."""
    total: dict[tuple[str, str], Decimal] = {}
    for row in shipments:
        if row.task is not None:
            continue
        key = row.incident, row.item
        total[key] = total.get(key, Decimal(0)) + row.quantity
    return total


def team_levels(problem: DispatchProblem, orders: tuple[TeamOrder, ...]) -> dict[str, Value]:
    """`unserved` and `completion`."""
    severity = {incident.id: incident.severity for incident in problem.incidents}
    count = served(problem, orders)
    unserved = sum(severity[task.incident] * max(0, task.teams_needed - count[task.id]) for task in problem.tasks)
    completion = 0
    for order in orders:
        for stop in order.stops:
            task = problem.tasks[problem.task_index[stop.task]]
            reported = problem.incidents[problem.incident_index[task.incident]].reported_s
            late = task.due_s is not None and stop.arrive_s > reported + task.due_s
            penalty = problem.parameters.due_penalty_s if late else 0
            completion += severity[task.incident] * (stop.finish_s + penalty)
    return {"unserved": Fraction(unserved), "completion": Fraction(completion)}


def exact_sum(fractions: Iterable[Fraction]) -> Fraction:
    """Their sum; those of one denominator first, since adding fractions of different ones is slow."""
    by_denominator: dict[int, int] = {}
    for one in fractions:
        by_denominator[one.denominator] = by_denominator.get(one.denominator, 0) + one.numerator
    return sum((Fraction(top, bottom) for bottom, top in sorted(by_denominator.items())), Fraction(0))


@lru_cache(maxsize=65_536)
def _ratio(severity: int, units: Decimal, quantity: Decimal) -> Fraction:
    """severity x units / quantity, exactly."""
    return severity * Fraction(units) / Fraction(quantity)


def _mean(shares: list[Fraction]) -> Fraction:
    return Fraction(1) if all(share == 1 for share in shares) else sum(shares, Fraction(0)) / len(shares)


def supply_levels(problem: DispatchProblem, rows: tuple[Shipment, ...]) -> dict[str, Value]:
    """`critical_unmet`, `other_unmet`, `fairness`, `deprivation`, `cost`."""
    severity = {incident.id: incident.severity for incident in problem.incidents}
    critical = {item.id for item in problem.items if item.life_critical}
    demanded = {(demand.incident, demand.item): demand.quantity for demand in problem.demands}
    total = shipped(rows)
    unmet: dict[bool, list[Fraction]] = {True: [], False: []}
    fills: dict[str, list[Fraction]] = {}
    one = Fraction(1)
    for (incident, item), quantity in demanded.items():
        there = total.get((incident, item), Decimal(0))
        share = one if there == quantity else _ratio(1, there, quantity)
        fills.setdefault(incident, []).append(share)
        if share != 1:
            unmet[item in critical].append(severity[incident] * (1 - share))
    missing = {kind: exact_sum(parts) for kind, parts in unmet.items()}
    waited: dict[tuple[str, str], Decimal] = {}  # unit-seconds
    for row in rows:
        if row.task is not None:
            continue
        key = row.incident, row.item
        waited[key] = waited.get(key, Decimal(0)) + row.quantity * row.arrive_s
    deprivation = (missing[True] + missing[False]) * problem.parameters.horizon_s
    deprivation += exact_sum(_ratio(severity[key[0]], units, demanded[key]) for key, units in waited.items())
    return {
        "critical_unmet": missing[True],
        "other_unmet": missing[False],
        "fairness": tuple(sorted(_mean(shares) for shares in fills.values())),
        "deprivation": deprivation,
        "cost": Fraction(cost_m(problem, rows)),
    }


def cost_m(problem: DispatchProblem, rows: tuple[Shipment, ...]) -> int:
    """Level 7: vehicle-metres out and back, trips and opened stores, in metres."""
    pairs: set[tuple[str, str]] = set()  # of stores without vehicles
    rounds: dict[tuple[str, int | None], dict[str, int]] = {}  # trip -> incident -> arrival
    travel = problem.travel
    for row in rows:
        if row.team is not None:
            continue  # goes with the team (E3)
        if row.vehicle is None:
            pairs.add((row.store, row.incident))
        else:
            rounds.setdefault((row.vehicle, row.trip), {})[row.incident] = row.arrive_s
    metres = 0
    if travel.store_to_incident_m is not None:
        for store, incident in pairs:
            metres += 2 * int(travel.store_to_incident_m[problem.store_index[store], problem.incident_index[incident]])
    for (vehicle, _), arrive in rounds.items():
        stops = sorted(arrive, key=lambda incident: (arrive[incident], incident)) if len(arrive) > 1 else arrive
        order = tuple(problem.incident_index[incident] for incident in stops)
        metres += round_m(travel, problem.vehicle_index[vehicle], order)
    parameters = problem.parameters
    stores = len({row.store for row in rows})
    return metres + parameters.trip_cost_m * (len(pairs) + len(rounds)) + parameters.store_cost_m * stores


def gini(values: tuple[Fraction, ...]) -> Fraction:
    """Sum of |xi - xj| over 2 n sum x; 0 when there is nothing to compare. `values` must be sorted."""
    count, total = len(values), sum(values, Fraction(0))
    if not total:
        return Fraction(0)
    weighted = sum(((2 * rank - count - 1) * value for rank, value in enumerate(values, 1)), Fraction(0))
    return weighted / (count * total)


def rank(problem: DispatchProblem, levels: dict[str, Value], names: Iterable[str]) -> tuple[Value, ...]:
    """Levels in the problem's order as a tuple to compare: less is better; fill rates are negated."""
    ranked: list[Value] = []
    for name in problem.parameters.levels:
        if name in names:
            value = levels[name]
            ranked.append(tuple(-fill for fill in value) if isinstance(value, tuple) else value)
    return tuple(ranked)
