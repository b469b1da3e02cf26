"""Problem in, plan out; reads top to bottom."""

import time
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from optimizer.dispatch.coupling import TEAM_LEVELS, Sequences, Settled, couple, errands, relaxed, settle
from optimizer.dispatch.equipment import Shelves
from optimizer.dispatch.explain import unmet
from optimizer.dispatch.levels import Decision, Value, gini, rank, supply_levels, team_levels
from optimizer.dispatch.plan import Level, Plan, Reason, Status, StoppedBy, Unmet
from optimizer.dispatch.practice import practice_teams
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.schedule import team_orders
from optimizer.dispatch.supply_plan import SUPPLY_LEVELS, practice_supply, slimmer, supply
from optimizer.dispatch.team_model import TeamModel, team_model
from optimizer.dispatch.teams import TeamSchedule, solve_teams


@dataclass(frozen=True)
class SolveLimits:
    """Where the search stops: after `iterations` moves (None: 10,000 a team slot, at most 1,000,000) and a fixed amount
    of column generation, with the same plan every time; or at `time_limit_s` seconds of the clock, with no repeat
    promised."""

    iterations: int | None = None
    time_limit_s: float | None = None


def solve(problem: DispatchProblem, *, seed: int = 0, limits: SolveLimits | None = None) -> Plan:
    """The plan: never lexicographically worse than practice; same problem, seed and work limit, same plan."""
    limits = limits or SolveLimits()
    deadline = None if limits.time_limit_s is None else time.monotonic() + limits.time_limit_s

    def scheduled(model: TeamModel, start: Sequences) -> Sequences:
        return solve_teams(problem, model, seed=seed, iterations=limits.iterations, deadline=deadline).sequences

    shelves = Shelves(problem)
    teams = relaxed(problem, shelves) if problem.coupled else team_model(problem)
    schedule = solve_teams(problem, teams, seed=seed, iterations=limits.iterations, deadline=deadline)
    if schedule.broken_pins:
        return _infeasible(problem, schedule, seed, limits)
    settled = couple(problem, teams, schedule.sequences, shelves, scheduled, seed=seed, moves=limits.iterations)
    if lost := _lost_pins(problem, settled):
        return _infeasible(problem, replace(schedule, broken_pins=lost), seed, limits)
    habit = settle(problem, practice_teams(problem, teams, settled.sequences), shelves)
    sent = supply(problem, errands(problem, settled))
    habit_sent = practice_supply(problem, errands(problem, habit), sent)
    values = team_levels(problem, settled.orders)
    practice = team_levels(problem, habit.orders) | supply_levels(problem, habit_sent)
    sent = slimmer(sent, practice)
    values |= sent.values
    decision = Decision(settled.orders, sent.shipments)
    # where neither side waits for the other each may fall back on practice alone
    for names in (problem.parameters.levels,) if problem.coupled else (TEAM_LEVELS, SUPPLY_LEVELS):
        if rank(problem, practice, names) < rank(problem, values, names):
            values |= {name: practice[name] for name in names}
            if "completion" in names:
                decision = replace(decision, team_orders=habit.orders)
            if "cost" in names:
                decision = replace(decision, shipments=habit_sent)
    bounds = _team_bounds(problem, schedule, values) | sent.bounds(values)
    levels = tuple(_level(name, values[name], bounds[name], practice[name]) for name in problem.parameters.levels)
    proven = all(level.gap == 0 for level in levels)
    return Plan(
        problem_sha256=problem.sha256,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        seed=seed,
        limits=_limits(limits),
        stopped_by=StoppedBy.PROOF if proven else _stop(schedule),
        levels=levels,
        team_orders=decision.team_orders,
        shipments=decision.shipments,
        unmet=unmet(problem, decision, teams, sent.model),
        parameters=_parameters(problem),
    )


def _stop(schedule: TeamSchedule) -> StoppedBy:
    """What ended the search; a proven team side still leaves the supply rules at their work limit."""
    return StoppedBy.TIME if schedule.stopped_by is StoppedBy.TIME else StoppedBy.WORK


def _lost_pins(problem: DispatchProblem, settled: Settled) -> tuple[tuple[str, str], ...]:
    """Pins (T10) that no longer hold once everything waits for what it needs."""
    served = {(order.team, stop.task) for order in settled.orders for stop in order.stops}
    return tuple((pin.team, pin.task) for pin in problem.pins if (pin.team, pin.task) not in served)


def _team_bounds(problem: DispatchProblem, schedule: TeamSchedule, values: dict[str, Value]) -> dict[str, Value | None]:
    # stops that have begun are a constant of level 3 and stand outside the bound's model
    begun = tuple(order for order in team_orders(problem, [()] * len(problem.teams)))
    constant = team_levels(problem, begun)["completion"]
    bounds: dict[str, Value | None] = {"unserved": Fraction(schedule.bound.unserved), "completion": None}
    if schedule.bound.completion is not None and bounds["unserved"] == values["unserved"]:
        assert isinstance(constant, Fraction)
        bounds["completion"] = schedule.bound.completion + constant
    return bounds


def _level(name: str, value: Value, bound: Value | None, practice: Value) -> Level:
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
