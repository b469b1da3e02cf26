"""Levels: the seven values recomputed as exact fractions, and what the plan claims about them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from optimizer.dispatch.check.violation import Code, Violation
from optimizer.dispatch.plan import Level, Plan, Shipment, Status, StoppedBy
from optimizer.dispatch.problem import DispatchProblem
from optimizer.units import IntArray

TOLERANCE = 1e-9  # relative, for floats that stand for exact values
Value = float | tuple[float, ...]
Exact = Fraction | tuple[Fraction, ...]


def check_levels(problem: DispatchProblem, plan: Plan) -> Iterator[Violation]:
    names = tuple(level.name for level in plan.levels)
    if names != problem.parameters.levels:
        facts = {"levels": names, "expected": problem.parameters.levels}
        yield Violation(Code.LEVELS_NAMED, "levels", facts)
    exact = level_values(problem, plan)
    for index, level in enumerate(plan.levels):
        if level.name in exact:
            yield from _claims(level, exact[level.name], f"levels[{index}]")
    if plan.status == Status.OPTIMAL:
        open_levels = tuple(x.name for x in plan.levels if x.gap is None or not abs(x.gap) <= TOLERANCE)
        if open_levels or plan.stopped_by != StoppedBy.PROOF:
            stopped_by = {"stopped_by": plan.stopped_by.value}
            yield Violation(Code.PLAN_NOT_PROVEN, "status", {"levels": open_levels or ("-",)} | stopped_by)
    yield from _against_practice(plan)


def level_values(problem: DispatchProblem, plan: Plan) -> dict[str, Exact]:
    """The seven levels of docs/model.md, exact, from the quantities and times the plan states.

    Entries that name nothing known are left out: they are violations of their own.
    """
    known = [
        s
        for s in plan.shipments
        if s.quantity.is_finite()
        and s.incident in problem.incident_index
        and s.store in problem.store_index
        and (s.vehicle is None or s.vehicle in problem.vehicle_index)
    ]
    severity = {incident.id: incident.severity for incident in problem.incidents}
    unserved, completion = _team_levels(problem, plan, severity)
    shipped: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    unit_seconds: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for s in known:
        if s.task is not None:
            continue  # equipment counts to no demand (E2)
        shipped[s.incident, s.item] += s.quantity
        unit_seconds[s.incident, s.item] += s.quantity * s.arrive_s
    critical = {item.id for item in problem.items if item.life_critical}
    horizon = problem.parameters.horizon_s
    critical_unmet = other_unmet = deprivation = Fraction(0)
    fill: defaultdict[str, list[Fraction]] = defaultdict(list)
    for demand in problem.demands:
        pair, weight = (demand.incident, demand.item), severity[demand.incident]
        demanded = Fraction(demand.quantity)
        share = Fraction(shipped[pair]) / demanded
        unmet = weight * (1 - share)
        if demand.item in critical:
            critical_unmet += unmet
        else:
            other_unmet += unmet
        deprivation += weight * Fraction(unit_seconds[pair]) / demanded + unmet * horizon
        fill[demand.incident].append(share)
    rates = sorted(sum(shares, Fraction(0)) / len(shares) for shares in fill.values())
    return {
        "unserved": unserved,
        "critical_unmet": critical_unmet,
        "completion": completion,
        "other_unmet": other_unmet,
        "fairness": tuple(rates),
        "deprivation": deprivation,
        "cost": Fraction(_cost_m(problem, known)),
    }


def gini(rates: Sequence[Fraction]) -> Fraction:
    """Σ_ij |x_i − x_j| / (2 n Σ x); 0 for none, or where all are 0. `rates` rise."""
    total = sum(rates, Fraction(0))
    if not total:
        return Fraction(0)
    count = len(rates)
    gaps = (high - low for low, high in pairwise(rates))
    # The step from the i-th to the next lies between i values on one side and n − i on the other.
    spread = sum((step * i * (count - i) for i, step in enumerate(gaps, start=1)), Fraction(0))
    return spread / (count * total)


def _team_levels(problem: DispatchProblem, plan: Plan, severity: dict[str, int]) -> tuple[Fraction, Fraction]:
    """Levels 1 and 3."""
    tasks = {task.id: task for task in problem.tasks}
    reported = {incident.id: incident.reported_s for incident in problem.incidents}
    provided = Counter(task for _, task in {(o.team, s.task) for o in plan.team_orders for s in o.stops})
    unserved = sum(severity[task.incident] * max(0, task.teams_needed - provided[task.id]) for task in problem.tasks)
    completion = 0
    for order in plan.team_orders:
        for stop in order.stops:
            task = tasks.get(stop.task)
            if task is not None:
                late = task.due_s is not None and stop.arrive_s > reported[task.incident] + task.due_s
                penalty = problem.parameters.due_penalty_s if late else 0
                completion += severity[task.incident] * (stop.finish_s + penalty)
    return Fraction(unserved), Fraction(completion)


def _cost_m(problem: DispatchProblem, shipments: list[Shipment]) -> int:
    """Level 7: a trip is (vehicle, trip number), a round perhaps, or (store, incident) where there is no vehicle."""
    travel, parameters = problem.travel, problem.parameters
    by_vehicle: defaultdict[tuple[str, int | None], dict[str, int]] = defaultdict(dict)
    for s in shipments:
        if s.vehicle is not None:
            by_vehicle[s.vehicle, s.trip].setdefault(s.incident, s.arrive_s)
    by_store = {(s.store, s.incident) for s in shipments if s.vehicle is None and s.team is None}
    metres = 0
    for (vehicle, _), arrive in by_vehicle.items():
        stops = [incident for _, incident in sorted((when, incident) for incident, when in arrive.items())]
        row = problem.vehicle_index[vehicle]
        for end in (stops[0], stops[-1]):  # out, and back by the way out of the last (S9)
            metres += _metres(travel.vehicle_to_incident_m, row, end, problem)
        if travel.vehicle_between_m is not None and travel.vehicle_group is not None:
            between = travel.vehicle_between_m[travel.vehicle_group[row]]
            for one, other in pairwise(stops):
                metres += _metres(between, problem.incident_index[one], other, problem)
    for store, incident in by_store:
        metres += 2 * _metres(travel.store_to_incident_m, problem.store_index[store], incident, problem)
    trips = len(by_vehicle) + len(by_store)
    stores = len({s.store for s in shipments})
    return metres + parameters.trip_cost_m * trips + parameters.store_cost_m * stores


def _metres(matrix: IntArray | None, row: int, incident: str, problem: DispatchProblem) -> int:
    return 0 if matrix is None else int(matrix[row, problem.incident_index[incident]])


def shown(value: float | None) -> float | str:
    """As plan.json shows it."""
    return "null" if value is None else value


def _near(value: float, exact: float) -> bool:
    return abs(value - exact) <= TOLERANCE * max(1.0, abs(exact))


def _same(value: Value, exact: Exact) -> bool:
    if isinstance(value, tuple) and isinstance(exact, tuple):
        return len(value) == len(exact) and all(map(_near, value, map(float, exact)))
    return not isinstance(value, tuple) and not isinstance(exact, tuple) and _near(value, float(exact))


def _better(first: Value, second: Value) -> bool | None:
    """Whether `first` is the better one; None where they are equal or cannot be compared.

    Numbers: smaller is better. Vectors (fairness): larger is better at the first difference.
    """
    if isinstance(first, tuple) and isinstance(second, tuple):
        pairs = ((a, b) for a, b in zip(first, second, strict=False) if not _near(a, b))
        return next((a > b for a, b in pairs), None)
    if isinstance(first, tuple) or isinstance(second, tuple) or _near(first, second):
        return None
    return first < second


def _shaped(value: Value, like: Value) -> bool:
    """Both numbers, or both vectors of one length; nothing that is not a number in them."""
    if isinstance(value, tuple) != isinstance(like, tuple):
        return False
    if isinstance(value, tuple) and isinstance(like, tuple):
        return len(value) == len(like) and all(number == number for number in value)
    return value == value


def _claims(level: Level, exact: Exact, where: str) -> Iterator[Violation]:
    facts = {"level": level.name, "value": level.value}
    if not _same(level.value, exact):
        expected = tuple(map(float, exact)) if isinstance(exact, tuple) else float(exact)
        yield Violation(Code.LEVEL_VALUE, f"{where}.value", facts | {"expected": expected})
    if not _shaped(level.practice, level.value):
        facts_practice = {"level": level.name, "practice": level.practice}
        yield Violation(Code.LEVEL_PRACTICE, f"{where}.practice", facts_practice)
    yield from _proof(level, where)
    yield from _inequality(level, exact, where)


def _proof(level: Level, where: str) -> Iterator[Violation]:
    """The bound is not worse than the value, and the gap is what lies between them.

    For fairness the gap is 0 where the bound is reached; otherwise it is null or positive (a distance of two
    vectors is not defined).
    """
    value, bound, gap = level.value, level.bound, level.gap
    facts = {"level": level.name, "value": value, "bound": bound}
    if bound is not None and (not _shaped(bound, value) or _better(value, bound)):
        yield Violation(Code.LEVEL_BOUND, f"{where}.bound", facts)
        return
    if bound is None:
        right, expected = gap is None, None
    elif isinstance(value, tuple) or isinstance(bound, tuple):
        reached = _better(bound, value) is None
        right = gap is not None and abs(gap) <= TOLERANCE if reached else gap is None or gap > TOLERANCE
        expected = 0.0 if reached else None
    else:
        expected = (value - bound) / max(1.0, value)
        right = gap is not None and abs(gap - expected) <= TOLERANCE
    if not right:
        gaps = {"gap": shown(gap), "expected": shown(expected)}
        yield Violation(Code.LEVEL_GAP, f"{where}.gap", facts | gaps)


def _inequality(level: Level, exact: Exact, where: str) -> Iterator[Violation]:
    """Gini beside fairness, and beside nothing else."""
    facts: dict[str, Any]
    if isinstance(exact, tuple):
        practice = level.practice if isinstance(level.practice, tuple) else ()
        finite = [Fraction(rate) for rate in practice if abs(rate) < float("inf")]
        wanted = (
            ("gini", level.gini, gini(exact)),
            ("gini_practice", level.gini_practice, gini(sorted(finite))),
        )
        for name, found, should in wanted:
            if found is None or not _near(found, float(should)):
                facts = {"level": level.name, "field": name, "value": shown(found)}
                facts["expected"] = float(should)
                yield Violation(Code.LEVEL_GINI, f"{where}.{name}", facts)
    elif level.gini is not None or level.gini_practice is not None:
        facts = {"level": level.name, "field": "gini", "value": shown(level.gini), "expected": "null"}
        yield Violation(Code.LEVEL_GINI, f"{where}.gini", facts)


def _against_practice(plan: Plan) -> Iterator[Violation]:
    """The first level on which plan and practice differ decides."""
    for index, level in enumerate(plan.levels):
        better = _better(level.value, level.practice)
        if better:
            return
        if better is False:
            facts = {"level": level.name, "value": level.value, "practice": level.practice}
            yield Violation(Code.PLAN_WORSE_THAN_PRACTICE, f"levels[{index}]", facts)
            return
