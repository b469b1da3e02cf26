"""The master problem of column generation over team routes (LP by GLOP), warm-started from round to round.

Rows (C1) and (C2) are those of `column_generation`. A team's row (C2) is made with its first column, so that teams
which never matter cost nothing.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from optimizer.dispatch.kernels import INFEASIBLE, put_in
from optimizer.dispatch.routes import route_cost
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

    def add(self, team: int, tasks: Route) -> bool:
        """Whether the route was new and is possible. A route of relaxed pricing may visit a task twice."""
        key = team, tasks
        if key in self.columns:
            return False
        cost = route_cost(self.model, team, tasks)
        if cost >= INFEASIBLE:
            return False
        self.columns[key] = cost
        variable = self.solver.NumVar(0, self.solver.infinity(), "")
        self.objective.SetCoefficient(variable, cost)
        if team not in self.one_route:
            self.one_route[team] = self.solver.Constraint(-self.solver.infinity(), 1)
        self.one_route[team].SetCoefficient(variable, 1)
        rows = self.shared if team not in self.own else self.rows_of(team)
        for task in tasks:
            self.cover[rows[task]].SetCoefficient(variable, tasks.count(task))
        return True

    def open(
        self, start: Sequence[Route], pool: Iterable[tuple[int, Route]], nearest: int, deadline: float | None
    ) -> None:
        """First columns: a schedule and routes met on the way to it; and what tells the LP the worth of a task: each
        route without one of its stops, and each task put into the `nearest` routes where it costs least. Fewer where
        the time.monotonic() reading `deadline` is passed."""
        model = self.model
        for team, tasks in [*enumerate(start), *pool]:
            if tasks:
                self.add(team, tasks)
        for team, tasks in enumerate(start):
            for index in range(len(tasks) if len(tasks) > 1 else 0):
                self.add(team, tasks[:index] + tasks[index + 1 :])
        for slot, task in enumerate(model.data.task_of.tolist()):
            if deadline is not None and time.monotonic() >= deadline:
                return
            teams = model.choices[model.start[slot] : model.start[slot + 1]][:LOOKED_AT].tolist()
            found: list[tuple[int, int, int]] = []
            idle = 0
            for team in teams:
                mine = start[team]
                idle += not mine
                if idle > nearest:
                    break  # farther idle teams are dearer
                if task not in mine:
                    row = np.array([model.slot_of[other] for other in mine] + [slot], np.int64)
                    cost, position = put_in(model.data, team, row, len(mine), slot)
                    if cost < INFEASIBLE:
                        found.append((cost, team, position))
            base = {team: self.columns.get((team, start[team]), 0) for _, team, _ in found}
            found.sort(key=lambda entry: (entry[0] - base[entry[1]], entry[1]))
            for _, team, position in found[:nearest]:
                self.add(team, (*start[team][:position], task, *start[team][position:]))

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
        for team, tasks in enumerate(start):
            if not tasks:
                continue
            rows, whole = self.rows_of(team), route_cost(self.model, team, tasks)
            rent[team] = whole
            for index, task in enumerate(tasks):
                saved = max(0, whole - route_cost(self.model, team, tasks[:index] + tasks[index + 1 :]))
                prize[rows[task]] = min(prize[rows[task]], saved)
                rent[team] -= saved
        return Prices(prize, np.minimum(0.0, rent))
