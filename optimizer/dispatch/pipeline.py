"""Problem in, plan out; reads top to bottom."""

import time
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from optimizer.dispatch.consolidate import cost_bound, fewer_trips
from optimizer.dispatch.explain import unmet
from optimizer.dispatch.fairness import Share, share_out
from optimizer.dispatch.fairness_bound import fairness_bound, reached
from optimizer.dispatch.levels import Decision, Value, gini, rank, supply_levels, team_levels
from optimizer.dispatch.loading import load_of, shipments
from optimizer.dispatch.plan import Level, Plan, Reason, Shipment, Status, StoppedBy, TeamOrder, Unmet
from optimizer.dispatch.practice import practice_loads, practice_teams
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.schedule import team_orders
from optimizer.dispatch.supplies import Flow, cheapest_grants, contest, ship
from optimizer.dispatch.supply_model import SupplyModel, supply_model
from optimizer.dispatch.team_model import TeamModel, team_model
from optimizer.dispatch.teams import TeamSchedule, solve_teams
from optimizer.units import BoolArray

TEAM_LEVELS = ("unserved", "completion")


@dataclass(frozen=True)
class SolveLimits:
    """Where the search stops: after `iterations` moves (None: 10,000 a team slot, at most 1,000,000) and a fixed amount
    of column generation, with the same plan every time; or at `time_limit_s` seconds of the clock, with no repeat
    promised."""

    iterations: int | None = None
    time_limit_s: float | None = None


@dataclass(frozen=True)
class _Side:
    """One side's decision with its levels, bounds and those of practice."""

    values: dict[str, Value]
    bounds: dict[str, Value | None]
    practice: dict[str, Value]


def solve(problem: DispatchProblem, *, seed: int = 0, limits: SolveLimits | None = None) -> Plan:
    """The plan: never lexicographically worse than practice; same problem, seed and work limit, same plan."""
    limits = limits or SolveLimits()
    deadline = None if limits.time_limit_s is None else time.monotonic() + limits.time_limit_s
    teams, supplies = team_model(problem), supply_model(problem)
    schedule = solve_teams(problem, teams, seed=seed, iterations=limits.iterations, deadline=deadline)
    if schedule.broken_pins:
        return _infeasible(problem, schedule, seed, limits)
    orders, team_side = _team_side(problem, teams, schedule)
    rows, supply_side = _supply_side(problem, supplies)
    decision = Decision(orders, rows)
    levels = tuple(
        _level(name, team_side if name in TEAM_LEVELS else supply_side) for name in problem.parameters.levels
    )
    proven = all(level.gap == 0 for level in levels)
    return Plan(
        problem_sha256=problem.sha256,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        seed=seed,
        limits=_limits(limits),
        stopped_by=StoppedBy.PROOF if proven else _stop(schedule),
        levels=levels,
        team_orders=orders,
        shipments=rows,
        unmet=unmet(problem, decision, teams, supplies),
        parameters=_parameters(problem),
    )


def _stop(schedule: TeamSchedule) -> StoppedBy:
    """What ended the search; a proven team side still leaves the supply rules at their work limit."""
    return StoppedBy.TIME if schedule.stopped_by is StoppedBy.TIME else StoppedBy.WORK


def _team_side(
    problem: DispatchProblem, model: TeamModel, schedule: TeamSchedule
) -> tuple[tuple[TeamOrder, ...], _Side]:
    ours = team_orders(problem, schedule.sequences)
    theirs = team_orders(problem, practice_teams(problem, model, schedule.sequences))
    values, practice = team_levels(problem, ours), team_levels(problem, theirs)
    if rank(problem, practice, TEAM_LEVELS) < rank(problem, values, TEAM_LEVELS):
        ours, values = theirs, practice
    # stops that have begun are a constant of level 3 and stand outside the bound's model
    begun = tuple(order for order in team_orders(problem, [()] * len(problem.teams)))
    constant = team_levels(problem, begun)["completion"]
    bounds: dict[str, Value | None] = {"unserved": Fraction(schedule.bound.unserved), "completion": None}
    if schedule.bound.completion is not None and bounds["unserved"] == values["unserved"]:
        assert isinstance(constant, Fraction)
        bounds["completion"] = schedule.bound.completion + constant
    return ours, _Side(values, bounds, practice)


def _supply_side(problem: DispatchProblem, model: SupplyModel) -> tuple[tuple[Shipment, ...], _Side]:
    items = model.items
    opened = tuple(model.open(supply) for supply in items)
    contests = tuple(contest(supply, allowed) for supply, allowed in zip(items, opened, strict=True))
    order = problem.parameters.levels
    if order.index("fairness") < order.index("deprivation"):
        share = share_out(items, opened, contests)
    else:
        rows = zip(items, opened, contests, strict=True)
        share = Share(tuple(cheapest_grants(model, *row) for row in rows), proven=False)
    flows = []
    least = Fraction(0)  # level 6: what is shipped arrives no sooner, the rest counts at the horizon
    horizon = problem.parameters.horizon_s
    for supply, allowed, grants, held in zip(items, opened, share.grants, contests, strict=True):
        flow = ship(model, supply, allowed, grants, held)
        flows.append(flow)
        missing = supply.demand - grants
        late = sum((w * int(m) for w, m in zip(supply.weight, missing, strict=True)), Fraction(0)) * horizon
        least += flow.bound + late
    theirs = shipments(problem, practice_loads(model), model.lots, as_listed=True)
    practice = supply_levels(problem, theirs)
    names = tuple(name for name in problem.parameters.levels if name not in TEAM_LEVELS)
    ours, values = _near_equals(problem, model, opened, tuple(flows), practice)
    if rank(problem, practice, names) < rank(problem, values, names):
        ours, values = theirs, practice
    if not share.proven and (fills := values["fairness"]) and isinstance(fills, tuple):
        critical = tuple(problem.items[supply.item].life_critical for supply in items)
        contested = tuple(held is not None for held in contests)
        best = fairness_bound(items, opened, contested, critical, order)
        share = replace(share, proven=best is not None and reached(fills, best))
    least_cost = cost_bound(model, opened, contests)
    return ours, _Side(values, _supply_bounds(problem, model, share, values, least, least_cost), practice)


def _near_equals(
    problem: DispatchProblem,
    model: SupplyModel,
    opened: tuple[BoolArray, ...],
    flows: tuple[Flow, ...],
    practice: dict[str, Value],
) -> tuple[tuple[Shipment, ...], dict[str, Value]]:
    """Level 6 by the list rule, then less of level 7 within the tolerance; never for a plan worse than practice."""

    def dated(flows: tuple[Flow, ...]) -> tuple[tuple[Shipment, ...], dict[str, Value]]:
        loads = [
            load_of(supply, int(s), int(i), int(n))
            for supply, flow in zip(model.items, flows, strict=True)
            for s, i, n in zip(flow.store, flow.incident, flow.lumps, strict=True)
        ]
        rows = shipments(problem, loads, model.lots)
        return rows, supply_levels(problem, rows)

    rows, values = dated(flows)
    tolerance = Fraction(problem.parameters.deprivation_tolerance)
    waited = values["deprivation"]
    assert isinstance(waited, Fraction)
    names = tuple(name for name in problem.parameters.levels if name not in TEAM_LEVELS)
    before = tuple(name for name in names if name not in ("deprivation", "cost"))
    arrive: dict[tuple[int, int], int] = {}
    for row in rows:
        pair = problem.store_index[row.store], problem.incident_index[row.incident]
        arrive[pair] = max(arrive.get(pair, 0), row.arrive_s)
    for part in (Fraction(1), Fraction(1, 4)):  # vehicles may queue: what first seemed allowed can be too much
        slim = fewer_trips(model, opened, flows, budget=float(waited * tolerance * part), arrive=arrive)
        found, theirs = dated(slim)
        same = rank(problem, theirs, before) == rank(problem, values, before)
        slow, dear = theirs["deprivation"] > waited * (1 + tolerance), theirs["cost"] >= values["cost"]  # type: ignore[operator]
        if same and not slow and not dear and rank(problem, theirs, names) <= rank(problem, practice, names):
            return found, theirs
    return rows, values


def _supply_bounds(
    problem: DispatchProblem,
    model: SupplyModel,
    share: Share,
    values: dict[str, Value],
    least: Fraction,
    least_cost: Fraction,
) -> dict[str, Value | None]:
    """Levels 2 and 4 are exact, 5 where sharing is proven; 6 holds once the levels before it are at their bounds."""
    unmet_least = {True: Fraction(0), False: Fraction(0)}
    fills: dict[int, list[Fraction]] = {}
    for supply, grants in zip(model.items, share.grants, strict=True):
        critical = problem.items[supply.item].life_critical
        for position, incident in enumerate(supply.incidents.tolist()):
            missing = int(supply.demand[position] - grants[position])
            unmet_least[critical] += supply.weight[position] * missing
            fills.setdefault(incident, []).append(1 - Fraction(missing, int(supply.demand[position])))
    fairest = tuple(sorted(sum(shares, Fraction(0)) / len(shares) for shares in fills.values()))
    bounds: dict[str, Value | None] = {
        "critical_unmet": unmet_least[True],
        "other_unmet": unmet_least[False],
        "fairness": None,
        "deprivation": None,
        "cost": None,
    }
    held = all(values[name] == bounds[name] for name in ("critical_unmet", "other_unmet"))
    if held and share.proven:
        bounds["fairness"] = fairest
    if held:
        bounds["deprivation"], bounds["cost"] = least, least_cost
    return bounds


def _level(name: str, side: _Side) -> Level:
    value, bound, practice = side.values[name], side.bounds[name], side.practice[name]
    if isinstance(value, tuple):
        assert isinstance(practice, tuple)
        proven = bound is not None and bound == value
        return Level(
            name=name,
            value=tuple(map(float, value)),
            bound=tuple(map(float, value)) if proven else None,
            gap=0.0 if proven else None,
            practice=tuple(map(float, practice)),
            gini=float(gini(value)),
            gini_practice=float(gini(practice)),
        )
    assert isinstance(practice, Fraction)
    if bound is None:
        return Level(name=name, value=float(value), bound=None, gap=None, practice=float(practice))
    assert isinstance(bound, Fraction)
    bound = max(Fraction(0), bound)
    gap = (value - bound) / max(Fraction(1), value)
    return Level(name=name, value=float(value), bound=float(bound), gap=float(gap), practice=float(practice))


def _infeasible(problem: DispatchProblem, schedule: TeamSchedule, seed: int, limits: SolveLimits) -> Plan:
    """No plan keeps these pins (T10), or none was found (`stopped_by` says which); it names them, orders nothing."""
    rows = []
    for team, task in schedule.broken_pins:
        incident = problem.tasks[problem.task_index[task]].incident
        rows.append(
            Unmet(
                incident=incident, task=task, quantity=Decimal(1), reason=Reason.FORBIDDEN_BY_DISPATCHER,
                facts={"pin_team": team},
            )
        )  # fmt: skip
    return Plan(
        problem_sha256=problem.sha256, status=Status.INFEASIBLE, seed=seed, limits=_limits(limits),
        stopped_by=schedule.stopped_by, levels=(), team_orders=(), shipments=(), unmet=tuple(rows),
        parameters=_parameters(problem),
    )  # fmt: skip


def _limits(limits: SolveLimits) -> dict[str, Any]:
    return {"iterations": limits.iterations, "time_limit_s": limits.time_limit_s}


def _parameters(problem: DispatchProblem) -> dict[str, Any]:
    parameters = problem.parameters
    return {
        "levels": list(parameters.levels),
        "weights": {
            "due_penalty_s": parameters.due_penalty_s,
            "trip_cost_m": parameters.trip_cost_m,
            "store_cost_m": parameters.store_cost_m,
            "deprivation_tolerance": float(parameters.deprivation_tolerance),
        },
        "tiers": [{"id": tier.id, "limit_s": tier.limit_s} for tier in parameters.tiers],
        "horizon_h": parameters.horizon_s / 3600,
    }
