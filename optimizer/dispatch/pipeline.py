"""Problem in, plan out; reads top to bottom."""

import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

from optimizer.dispatch.coupling import TEAM_LEVELS, Errands, Sequences, Settled, couple, errands, relaxed, settle
from optimizer.dispatch.equipment import Shelves
from optimizer.dispatch.explain import unmet
from optimizer.dispatch.levels import Decision, Value, rank, team_levels
from optimizer.dispatch.plan import Plan, StoppedBy, TeamOrder
from optimizer.dispatch.practice import practice_teams
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.routes import Routes
from optimizer.dispatch.schedule import team_orders
from optimizer.dispatch.statement import SolveLimits, infeasible, stated
from optimizer.dispatch.supply_plan import SUPPLY_LEVELS, Habit, Sent, practice_supply, slimmer, supply
from optimizer.dispatch.team_model import TeamModel, team_model
from optimizer.dispatch.teams import TeamSchedule, solve_teams

__all__ = ["SolveLimits", "solve"]


def solve(
    problem: DispatchProblem, *, seed: int = 0, limits: SolveLimits | None = None, start: Sequences | None = None
) -> Plan:
    """The plan: never lexicographically worse than practice; same problem, seed and work limit, same plan. `start`:
    task indices by team to begin with, kept where nothing better is found."""
    limits = limits or SolveLimits()
    deadline = None if limits.time_limit_s is None else time.monotonic() + limits.time_limit_s

    def scheduled(model: TeamModel, start: Sequences) -> Sequences:
        return solve_teams(problem, model, seed=seed, iterations=limits.iterations, deadline=deadline).sequences

    shelves = Shelves(problem)
    teams = relaxed(problem, shelves) if problem.coupled else team_model(problem)
    with ThreadPoolExecutor(1) as pool:  # the two sides are independent unless one waits for the other
        side = None if problem.coupled else pool.submit(_supplies, problem, Errands(problem), Errands(problem))
        schedule = solve_teams(problem, teams, seed=seed, iterations=limits.iterations, deadline=deadline, start=start)
    if schedule.broken_pins:
        return infeasible(problem, schedule.broken_pins, stopped_by=schedule.stopped_by, seed=seed, limits=limits)
    settled = couple(problem, teams, schedule.sequences, shelves, scheduled, seed=seed, moves=limits.iterations)
    if start is not None:
        running = Routes(teams)
        running.resume(start)  # without what is not permitted any more
        if (kept := settle(problem, running.tasks(), shelves)).rank(problem) <= settled.rank(problem):
            settled = kept
    if lost := _lost_pins(problem, settled):
        return infeasible(problem, lost, stopped_by=StoppedBy.WORK, seed=seed, limits=limits)
    habit = settle(problem, practice_teams(problem, teams, settled.sequences), shelves)
    sent, habit_sent = (
        _supplies(problem, errands(problem, settled), errands(problem, habit)) if side is None else side.result()
    )
    values = team_levels(problem, settled.orders) | sent.values
    practice = team_levels(problem, habit.orders) | habit_sent.values
    orders: tuple[TeamOrder, ...] = settled.orders
    shipped: Sent | Habit = sent
    # where neither side waits for the other each may fall back on practice alone
    for names in (problem.parameters.levels,) if problem.coupled else (TEAM_LEVELS, SUPPLY_LEVELS):
        if rank(problem, practice, names) < rank(problem, values, names):
            values |= {name: practice[name] for name in names}
            orders = habit.orders if "completion" in names else orders
            shipped = habit_sent if "cost" in names else shipped
    decision = Decision(orders, shipped.shipments)
    bounds = _team_bounds(problem, schedule, values) | sent.bounds(values)
    return stated(
        problem, decision, values=values, bounds=bounds, practice=practice,
        unmet=unmet(problem, decision, teams, sent.model), seed=seed, limits=limits,
        timed_out=schedule.stopped_by is StoppedBy.TIME,
    )  # fmt: skip


def _supplies(problem: DispatchProblem, first: Errands, habit_first: Errands) -> tuple[Sent, Habit]:
    """Our shipments, and those of practice."""
    sent = supply(problem, first)
    habit = practice_supply(problem, habit_first, sent)
    return slimmer(sent, habit.values).in_rounds(), habit


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
