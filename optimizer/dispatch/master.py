"""The master problem of column generation over team routes (LP by GLOP), warm-started from round to round.

Rows (C1) and (C2) are those of `column_generation`. A team's row (C2) is made with its first column, so that teams
which never matter cost nothing.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numba import njit
from ortools.linear_solver import pywraplp

from optimizer.dispatch.kernels import INFEASIBLE, TeamData, best_insertion, holds_task
from optimizer.dispatch.routes import route_costs
from optimizer.dispatch.team_model import TeamModel
from optimizer.units import FloatArray, IntArray

Route = tuple[int, ...]
LONGEST_MS = 1 << 31
LOOKED_AT = 40  # nearest teams of a task whose routes it is tried in


@dataclass(frozen=True)
class Prices:
    """Duals: of the rows (C1), held inside what the bound allows, and of the teams (C2), <= 0."""

    prize: FloatArray
    rent: FloatArray

    def between(self, other: "Prices", share: float) -> "Prices":
        """`share` of the way back to `other`."""
        mix = [share * b + (1 - share) * a for a, b in ((self.prize, other.prize), (self.rent, other.rent))]
        return Prices(*mix)


class Master:
    """Rows: (task, pinned team or -1). A pinned slot is a row of its own that only its team can cover."""

    def __init__(self, model: TeamModel, charge: int) -> None:
        """`charge`: per unit of severity unserved."""
        self.model, self.charge = model, charge
        data, pinned = model.data, dict(model.pinned)
        self.rows: dict[tuple[int, int], int] = {}
        needed: list[int] = []
        weights: list[int] = []
        for slot, (task, weight) in enumerate(zip(data.task_of.tolist(), data.price.tolist(), strict=True)):
            key = task, pinned.get(slot, -1)
            if key not in self.rows:
                self.rows[key] = len(needed)
                needed.append(0)
                weights.append(weight)
            needed[self.rows[key]] += 1
        self.needed, self.weights = np.array(needed, np.int64), np.array(weights, np.int64)
        self.shared: IntArray = np.full(len(data.task), -1, np.int64)
        self.own: dict[int, dict[int, int]] = {}
        for (task, team), row in self.rows.items():
            if team < 0:
                self.shared[task] = row
            else:
                self.own.setdefault(team, {})[task] = row
        self.columns: dict[tuple[int, Route], int] = {}  # cost
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        self.objective = self.solver.Objective()
        self.cover = [self.solver.Constraint(need, self.solver.infinity()) for need in needed]
        self.one_route: dict[int, pywraplp.Constraint] = {}
        for row, weight in enumerate(weights):
            unserved = self.solver.NumVar(0, self.solver.infinity(), "")
            self.objective.SetCoefficient(unserved, charge * weight)
            self.cover[row].SetCoefficient(unserved, 1)

    def rows_of(self, team: int) -> IntArray:
        """(tasks,) the row that this team covers by serving each task; -1: none."""
        own = self.own.get(team)
        if own is None:
            return self.shared
        rows = self.shared.copy()
        rows[list(own)] = list(own.values())
        return rows

    def add(self, routes: Iterable[tuple[int, Route]]) -> int:
        """How many (team, tasks) were new and are possible. A route of relaxed pricing may visit a task twice."""
        new = [key for key in dict.fromkeys(routes) if key not in self.columns]
        if not new:
            return 0
        added = 0
        for (team, tasks), cost in zip(new, route_costs(self.model, new), strict=True):
            if cost >= INFEASIBLE:
                continue
            added += 1
            self.columns[team, tasks] = cost
            variable = self.solver.NumVar(0, self.solver.infinity(), "")
            self.objective.SetCoefficient(variable, cost)
            if team not in self.one_route:
                self.one_route[team] = self.solver.Constraint(-self.solver.infinity(), 1)
            self.one_route[team].SetCoefficient(variable, 1)
            rows = self.shared if team not in self.own else self.rows_of(team)
            for task in tasks:
                self.cover[rows[task]].SetCoefficient(variable, tasks.count(task))
        return added

    def open(
        self, start: Sequence[Route], pool: Iterable[tuple[int, Route]], nearest: int, deadline: float | None
    ) -> None:
        """First columns: a schedule and routes met on the way to it; and what tells the LP the worth of a task: each
        route without one of its stops, and each task put into the `nearest` routes where it costs least. Fewer where
        the time.monotonic() reading `deadline` is passed."""
        model, data = self.model, self.model.data
        whole = [(team, tasks) for team, tasks in enumerate(start) if tasks]
        first = [*whole, *((team, tasks) for team, tasks in pool if tasks)]
        first += [(team, rest) for team, tasks in whole if len(tasks) > 1 for rest in _less_one(tasks)]
        self.add(first)
        if deadline is not None and time.monotonic() >= deadline:
            return
        held = np.array([model.slot_of[task] for _, tasks in whole for task in tasks], np.int64)
        ends = np.cumsum([len(tasks) for tasks in start])
        costs, places = insertions(data, model.start, model.choices, held, ends, nearest, LOOKED_AT)
        more: list[tuple[int, Route]] = []
        for slot, task in enumerate(data.task_of.tolist()):
            teams = model.choices[model.start[slot] : model.start[slot + 1]][:LOOKED_AT].tolist()
            found = [
                (cost - self.columns.get((team, start[team]), 0), team, place)
                for team, cost, place in zip(teams, costs[slot].tolist(), places[slot].tolist(), strict=False)
                if cost < INFEASIBLE
            ]
            found.sort(key=itemgetter(0, 1))
            for _, team, place in found[:nearest]:
                more.append((team, (*start[team][:place], task, *start[team][place:])))
        if deadline is None or time.monotonic() < deadline:
            self.add(more)

    def solve(self, deadline: float | None) -> tuple[float, Prices] | None:
        """(value, duals) of the LP over the columns so far; None if it failed or the time was over."""
        if deadline is not None:
            left_ms = int(1000 * (deadline - time.monotonic()))
            if left_ms < 1:
                return None
            self.solver.SetTimeLimit(min(left_ms, LONGEST_MS))
        if self.solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        prize = np.array([row.dual_value() for row in self.cover])
        rent = np.zeros(len(self.model.data.free))
        for team, row in self.one_route.items():
            rent[team] = min(0.0, row.dual_value())
        value = self.objective.Value()
        return value, Prices(np.clip(prize, 0.0, self.charge * self.weights.astype(float)), rent)

    def savings(self, start: Sequence[Route]) -> Prices:
        """First prices: what each task of a schedule would save if it were left out; the rest is the teams'."""
        prize = self.charge * self.weights.astype(float)
        rent = np.zeros(len(self.model.data.free))
        whole = [(team, tasks) for team, tasks in enumerate(start) if tasks]
        less = route_costs(self.model, [(team, rest) for team, tasks in whole for rest in _less_one(tasks)])
        number = 0
        for (team, tasks), cost in zip(whole, route_costs(self.model, whole), strict=True):
            rows = self.rows_of(team)
            rent[team] = cost
            for task in tasks:
                saved = max(0, cost - less[number])
                prize[rows[task]] = min(prize[rows[task]], saved)
                rent[team] -= saved
                number += 1
        return Prices(prize, np.minimum(0.0, rent))


def _less_one(tasks: Route) -> list[Route]:
    """The route without each of its stops."""
    return [tasks[:index] + tasks[index + 1 :] for index in range(len(tasks))]


@njit(cache=True, nogil=True)
def insertions(
    data: TeamData, start: IntArray, choices: IntArray, held: IntArray, ends: IntArray, nearest: int, looked_at: int
) -> tuple[IntArray, IntArray]:
    """(slots, looked at): what each near team's route, `held[ends[k - 1]:ends[k]]`, costs with the slot put in, and
    where; INFEASIBLE where it cannot, has the task, or idles and is farther than the `nearest` that do."""
    task_of, task, team, stay = data.task_of, data.task, data.team, data.stay
    base, between, penalty = data.base, data.between, data.penalty[0]
    shape = (len(task_of), looked_at)
    costs, places = np.full(shape, INFEASIBLE, np.int64), np.zeros(shape, np.int64)
    for slot in range(len(task_of)):
        idle = 0
        for at in range(min(looked_at, start[slot + 1] - start[slot])):
            k = choices[start[slot] + at]
            route = held[ends[k - 1] if k else 0 : ends[k]]
            idle += len(route) == 0
            if idle > nearest:
                break  # farther idle teams are dearer
            if not holds_task(task_of, route, len(route), task_of[slot], -1):
                costs[slot, at], places[slot, at] = best_insertion(
                    k, route, len(route), slot, -1, task_of, task, team, stay, base, between, penalty
                )
    return costs, places
