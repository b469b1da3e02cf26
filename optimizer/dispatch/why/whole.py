"""Values where teams wait for equipment or for each other: the whole problem, changed, is solved again.

(W1) Before: the plan, or what the search makes of it where that is better. After: what the same search makes of the
     changed problem, from the same orders and within the same work. Levels are those of the plans themselves, queues
     of vehicles included; level 7 is left out.
(W2) Where the search finds nothing better than the plan before, that one stands: units released and roads opened take
     nothing away from it. So no value is negative, by the levels in the problem's order.
(W3) What a value claims is a difference of two searches. A level's change is proven only where both plans are proven
     optimal in it and in every level before it.
Numbers in other brackets: docs/model.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from optimizer.dispatch.coupling import settle
from optimizer.dispatch.equipment import Shelves
from optimizer.dispatch.levels import Value, rank, supply_levels, team_levels
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Plan, Status
from optimizer.dispatch.problem import DispatchProblem, Travel
from optimizer.dispatch.why.again import ITERATIONS
from optimizer.dispatch.why.orders import sequences_of
from optimizer.units import UNREACHABLE, IntArray

TEAMS = ("unserved", "completion")
SUPPLIES = ("critical_unmet", "other_unmet", "fairness", "deprivation")
ALL = (*TEAMS, *SUPPLIES)
MOST = 20  # re-solves of tasks, and of roads
LARGE, FEW = 200, 10  # teams from which so few are made: each is a plan of its own


@dataclass(frozen=True)
class Again:
    """Levels of the better of two plans, and those of which the change is proven (W3)."""

    levels: dict[str, Value]
    exact: tuple[str, ...]


class Whole:
    """The plan before (W1), to compare others with. `plan` None: what the search makes from scratch."""

    def __init__(
        self, problem: DispatchProblem, plan: Plan | None = None, *, seed: int = 0, iterations: int = ITERATIONS
    ) -> None:
        self.problem, self.seed, self.limits = problem, seed, SolveLimits(iterations=iterations)
        start = None if plan is None else sequences_of(problem, plan)
        found = solve(problem, seed=seed, limits=self.limits, start=start)
        self.proven = _proven(found)
        if plan is not None and (
            found.status is Status.INFEASIBLE or self._rank(problem, plan) <= self._rank(problem, found)
        ):
            found = plan
        self.plan = found
        self.levels = levels_of(problem, found)
        self.sequences = sequences_of(problem, found)

    def _rank(self, problem: DispatchProblem, plan: Plan) -> tuple[Value, ...]:
        return rank(problem, levels_of(problem, plan), ALL)

    def again(self, changed: DispatchProblem) -> Again:
        """W2 for a problem in which the plan before stays possible."""
        found = solve(changed, seed=self.seed, limits=self.limits, start=self.sequences)
        if found.status is Status.INFEASIBLE:
            return Again(self.levels, ())
        levels = levels_of(changed, found)
        better = rank(changed, levels, ALL) < rank(changed, self.levels, ALL)
        proven = _proven(found)
        exact = [name for name in self.proven if name in proven]
        return Again(levels if better else self.levels, tuple(sorted(exact)))

    @property
    def most(self) -> int:
        """Re-solves that are worth waiting for."""
        return MOST if len(self.problem.teams) < LARGE else FEW

    def timed(self, changed: DispatchProblem) -> dict[str, Value]:
        """Levels 1 and 3 of the orders before on other travel times: what a re-solve gains at the least."""
        return team_levels(changed, settle(changed, self.sequences, Shelves(changed)).orders)

    @cached_property
    def waits(self) -> "tuple[Wait, ...]":
        """Everything that teams of the plan wait for, or go without, of the items their tasks need."""
        problem, found = self.problem, []
        missing = {one.task: int(one.quantity) for one in self.plan.unmet if one.task is not None}
        stops = [(order.team, stop) for order in self.plan.team_orders for stop in order.stops]
        for task in problem.tasks:
            incident = problem.incident_index[task.incident]
            weight = problem.incidents[incident].severity
            late = [
                (problem.teams[problem.team_index[team]].store, stop.arrive_s, stop.start_s)
                for team, stop in stops
                if stop.task == task.id and stop.start_s > stop.arrive_s
            ]
            for need in task.equipment:
                if missing.get(task.id):
                    found.append(
                        Wait(need.item, need.quantity, incident, weight * missing[task.id], weight, None, 0, 0)
                    )
                found += [Wait(need.item, need.quantity, incident, 0, weight, *row) for row in late]
        return tuple(found)

    def relief(self, item: str, store: str, units: Decimal, arrive: IntArray) -> tuple[float, float]:
        """(severity x teams missing, severity x seconds waited) that so many units of an item in a store could do
        away with, by first trips: `arrive` (incidents,) from that store. An estimate, to try the best first."""
        lacking = seconds = 0.0
        for one in self.waits:
            if one.item == item:
                there, share = int(arrive[one.incident]), min(1.0, float(units / one.quantity))
                lacking += share * one.missing if there < UNREACHABLE else 0
                soonest = one.arrive_s if one.home == store else max(one.arrive_s, there)
                seconds += share * one.weight * max(0, one.start_s - soonest)
        return lacking, seconds


@dataclass(frozen=True, slots=True)
class Wait:
    """Teams missing for want of an item (`missing`, times severity), or one that arrives and waits to begin."""

    item: str
    quantity: Decimal  # for one team
    incident: int
    missing: int
    weight: int
    home: str | None  # store at the base of the team that waits
    arrive_s: int
    start_s: int


def levels_of(problem: DispatchProblem, plan: Plan) -> dict[str, Value]:
    """The levels of a plan, exactly."""
    return team_levels(problem, plan.team_orders) | supply_levels(problem, plan.shipments)


def _proven(plan: Plan) -> tuple[str, ...]:
    """The levels proven optimal, each given those before it."""
    found: list[str] = []
    for level in plan.levels:
        if level.gap != 0:
            break
        found.append(level.name)
    return tuple(name for name in found if name in ALL)


def released(problem: DispatchProblem, tasks: Iterable[str]) -> DispatchProblem:
    """The problem with these five-fixed tasks done."""
    done = set(tasks)
    stock = tuple(
        replace(line, blocked=tuple(task for task in line.blocked if task not in done)) if line.blocked else line
        for line in problem.stock
    )
    return replace(problem, stock=stock)


def ways_touched(problem: DispatchProblem, travel: Travel) -> bool:
    """Whether some way from a store or of a vehicle takes another time."""
    before = problem.travel
    return not (
        np.array_equal(before.store_to_incident_s, travel.store_to_incident_s)
        and np.array_equal(before.vehicle_to_incident_s, travel.vehicle_to_incident_s)
    )
