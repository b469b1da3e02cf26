"""The plan's decision under other travel times: orders kept and timed anew, and solved again from scratch."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from optimizer.dispatch.kernels import INFEASIBLE
from optimizer.dispatch.levels import Value, team_levels
from optimizer.dispatch.plan import TeamOrder
from optimizer.dispatch.problem import DispatchProblem, Travel
from optimizer.dispatch.schedule import team_orders
from optimizer.dispatch.supply_model import SupplyModel, earliest_arrivals
from optimizer.dispatch.team_model import TeamModel, team_model
from optimizer.dispatch.teams import solve_teams
from optimizer.dispatch.why.orders import level3, tables_of
from optimizer.dispatch.why.supply_value import Optimum, optimum
from optimizer.units import UNREACHABLE, IntArray

ITERATIONS = 5_000  # moves of a re-solve; column generation follows and most often proves the result

Sequences = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class TeamsAgain:
    """Level values of the better of two: the kept orders, and a new solve."""

    levels: dict[str, Value]
    sequences: Sequences
    proven: bool


def kept_orders(model: TeamModel, sequences: Sequences) -> tuple[Sequences, tuple[int, ...]]:
    """(sequences without the stops that T6, T7 or a missing leg no longer allow, tasks of the stops left out).

    The first stop that cannot be is left out, the team goes on to the next; and so on.
    """
    tables, dropped, kept = tables_of(model.data), [], []
    for k, tasks in enumerate(sequences):
        mine: tuple[int, ...] = ()
        for task in tasks:
            longer = np.array((*mine, task), np.int64)
            if level3(k, longer, -1, -1, -1, *tables)[0] < INFEASIBLE:
                mine = (*mine, task)
            else:
                dropped.append(task)
        kept.append(mine)
    return tuple(kept), tuple(dropped)


def timed(problem: DispatchProblem, sequences: Sequences) -> tuple[tuple[TeamOrder, ...], dict[str, Value]]:
    orders = team_orders(problem, sequences)
    return orders, team_levels(problem, orders)


def solve_teams_again(
    problem: DispatchProblem, kept: Sequences, *, seed: int, iterations: int, model: TeamModel | None = None
) -> TeamsAgain:
    """The better of a new solve and `kept`, whose stops must all be possible."""
    schedule = solve_teams(problem, model or team_model(problem), seed=seed, iterations=iterations, deadline=None)
    _, mine = timed(problem, kept)
    bound = schedule.bound.unserved, schedule.bound.completion
    begun = team_levels(problem, team_orders(problem, [()] * len(problem.teams)))["completion"]
    sequences, levels = kept, mine
    if not schedule.broken_pins:
        _, new = timed(problem, schedule.sequences)
        if _rank(new) < _rank(mine):
            sequences, levels = schedule.sequences, new
    assert not isinstance(begun, tuple)
    proven = bound[1] is not None and _rank(levels) == (Fraction(bound[0]), bound[1] + begun)
    return TeamsAgain(levels, sequences, proven)


def _rank(levels: dict[str, Value]) -> tuple[Value, Value]:
    return levels["unserved"], levels["completion"]


def teams_touched(problem: DispatchProblem, travel: Travel) -> bool:
    """Whether any leg of a team to or between incidents with tasks takes another time."""
    at = np.unique([problem.incident_index[task.incident] for task in problem.tasks]).astype(np.int64)
    before = problem.travel
    return not (
        np.array_equal(before.team_to_incident_s[:, at], travel.team_to_incident_s[:, at])
        and np.array_equal(
            before.incident_to_incident_s[:, at][:, :, at], travel.incident_to_incident_s[:, at][:, :, at]
        )
    )


def supplies_again(model: SupplyModel, base: Optimum, changed: DispatchProblem) -> tuple[SupplyModel, Optimum]:
    """The supply side on other travel times; only items of which an arrival changed are solved again."""
    new = SupplyModel(changed, earliest_arrivals(changed), model.items, model.lots, model.vehicles)
    opened = list(base.opened)
    again = {}
    for position, supply in enumerate(base.supplies):
        if not np.array_equal(new.arrivals(supply), model.arrivals(supply)):
            again[position] = supply.available
            opened[position] = new.open(supply)
    if not again:
        return new, base
    return new, optimum(new, again, start=base, opened=tuple(opened))


@dataclass(frozen=True)
class Legs:
    """Factors of travel times in thousandths: an array of the legs' shape, or one number for all."""

    teams: IntArray | int
    between: IntArray | int
    stores: IntArray | int
    vehicles: IntArray | int


def scaled(travel: Travel, legs: Legs) -> Travel:
    """Every leg times its factor, rounded up to whole seconds; no leg stays no leg. Ways of rounds (S9) stay as they
    are: supplies count first trips here."""
    return replace(
        travel,
        team_to_incident_s=_scale(travel.team_to_incident_s, legs.teams),
        incident_to_incident_s=_scale(travel.incident_to_incident_s, legs.between),
        store_to_incident_s=_scale(travel.store_to_incident_s, legs.stores),
        vehicle_to_incident_s=_scale(travel.vehicle_to_incident_s, legs.vehicles),
    )


def _scale(seconds: IntArray, factor: IntArray | int) -> IntArray:
    return np.where(seconds >= UNREACHABLE, UNREACHABLE, -(-seconds * factor // 1000))
