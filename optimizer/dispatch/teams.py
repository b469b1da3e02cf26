"""Teams to tasks: R | s_ijk | sum w_j C_j with eligibility, due times, deadlines, shifts, pins and started stops.

Level 1 (unserved) before level 3 (completion). SCHED construction, seeded annealing that stops on a work limit,
and a lower bound by an assignment relaxation (team_bound). References: Wex, Schryen, Feuerriegel, Neumann,
EJOR 235 (2014) 697-708 (model and SCHED); numbers in brackets are those of docs/model.md.
"""

import time
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from optimizer.dispatch import kernels
from optimizer.dispatch.kernels import INFEASIBLE
from optimizer.dispatch.plan import StoppedBy
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.team_bound import TeamBound, assignment_bound
from optimizer.dispatch.team_model import TeamModel, unserved_cost
from optimizer.units import IntArray

# (share of the moves, first and last temperature as shares of the mean cost of a slot): a hot round that leaves
# the construction's valley, then a cool one from the best found (measured on class B and on tight small problems)
ROUNDS = ((0.3, 1.0, 0.05), (0.7, 0.15, 0.01))
SOFT = 5.0  # what an unserved slot weighs while the walk judges a move, in mean costs of a slot
CHUNK = 50_000  # moves between two looks at the clock


@dataclass(frozen=True)
class TeamSchedule:
    """`sequences[k]`: task indices of team k, started ones left out."""

    sequences: tuple[tuple[int, ...], ...]
    bound: TeamBound
    proven: bool
    stopped_by: StoppedBy
    iterations: int


class Routes:
    """Mutable sequences of all teams, in the arrays that the kernels change in place."""

    def __init__(self, model: TeamModel) -> None:
        self.model = model
        teams = len(model.data.free)
        self.sequence = np.full((teams, model.slots + 1), -1, np.int64)
        self.length = np.zeros(teams, np.int64)
        self.team_of = np.full(model.slots, -1, np.int64)

    def copy(self) -> "Routes":
        twin = Routes(self.model)
        twin.sequence[:], twin.length[:], twin.team_of[:] = self.sequence, self.length, self.team_of
        return twin

    def read_teams(self) -> None:
        """Set `team_of` from the sequences."""
        self.team_of[:] = -1
        for team in np.flatnonzero(self.length):
            self.team_of[self.sequence[team, : self.length[team]]] = team

    def append(self, team: int, slot: int) -> None:
        self.sequence[team, self.length[team]] = slot
        self.length[team] += 1
        self.team_of[slot] = team

    def costs(self) -> IntArray:
        data = self.model.data
        return np.array(
            [
                kernels.sequence_cost(data, k, self.sequence[k], self.length[k]) if self.length[k] else 0
                for k in range(len(self.length))
            ],
            np.int64,
        )

    def unserved(self) -> int:
        """Level 1 of the slots nobody has."""
        data = self.model.data
        return int(data.weight[data.task_of[self.team_of < 0]].sum())

    def tasks(self) -> tuple[tuple[int, ...], ...]:
        task_of = self.model.data.task_of
        return tuple(
            tuple(int(task_of[slot]) for slot in row[:length])
            for row, length in zip(self.sequence, self.length, strict=True)
        )


def place_pins(model: TeamModel, routes: Routes) -> tuple[tuple[int, int], ...]:
    """Put every pinned slot into its team in the cheapest order; return the pins that fit in no order."""
    broken: list[tuple[int, int]] = []
    by_team: dict[int, list[int]] = {}
    for slot, team in model.pinned:
        by_team.setdefault(team, []).append(slot)
    for team, slots in sorted(by_team.items()):
        best, best_cost = None, INFEASIBLE
        # beyond seven pins for one team only the given order is tried
        for order in permutations(slots) if len(slots) <= 7 else [tuple(slots)]:
            cost = kernels.sequence_cost(model.data, team, np.array(order, np.int64), len(order))
            if cost < best_cost:
                best, best_cost = order, cost
        if best is None:
            broken.extend((team, int(model.data.task_of[slot])) for slot in slots)
            continue
        for slot in best:
            routes.append(team, slot)
    return tuple(broken)


def search(
    model: TeamModel, routes: Routes, *, seed: int, iterations: int, deadline: float | None, target: int | None
) -> tuple[Routes, int, StoppedBy]:
    """Anneal from `routes`; stop at `iterations` moves, at the bound `target`, or at the clock."""
    data, big = model.data, unserved_cost(model.data)
    cost = routes.costs()
    best = np.array([int(cost.sum()) + big * routes.unserved(), 0, 0], np.int64)
    found = routes.copy()
    mean = max(1.0, float(cost.sum()) / max(1, model.slots))
    state = kernels.splitmix_state(seed)
    done = 0
    for share, hot, cold in ROUNDS:
        routes, total = found.copy(), int(share * iterations)
        cost = routes.costs()
        best[1:] = routes.unserved(), cost.sum()
        for first in range(0, total, CHUNK):
            if target is not None and best[0] <= target:
                return found, done, StoppedBy.PROOF
            if deadline is not None and time.monotonic() >= deadline:
                return found, done, StoppedBy.TIME
            last = min(total, first + CHUNK)
            kernels.anneal(
                data, model.start, model.choices, routes.team_of, routes.sequence, routes.length, cost,
                found.sequence, found.length, best, state, first, last, total, hot * mean, cold * mean,
                big, int(SOFT * mean) + 1,
            )  # fmt: skip
            done += last - first
            found.read_teams()
    return found, done, StoppedBy.WORK


def solve_teams(
    problem: DispatchProblem, model: TeamModel, *, seed: int, iterations: int | None, deadline: float | None
) -> tuple[TeamSchedule, tuple[tuple[str, str], ...]]:
    """The schedule, and the pins (team, task) that cannot be kept (then the problem is infeasible).

    `iterations` None: 15,000 moves a slot, at most 1.5 million. `deadline` is a time.monotonic() reading.
    """
    routes = Routes(model)
    broken = tuple((problem.teams[team].id, problem.tasks[task].id) for team, task in place_pins(model, routes))
    bound = assignment_bound(model.data, model.allowed, model.start, model.choices, unserved_cost(model.data))
    bound = TeamBound(bound.unserved + model.surplus, bound.completion, bound.assignment)
    kernels.construct(model.data, model.start, model.choices, routes.team_of, routes.sequence, routes.length)
    start = routes
    relaxed = _from_assignment(model, bound.assignment)
    if relaxed is not None and _rank(model, relaxed) < _rank(model, routes):
        start = relaxed
    target = None
    if bound.completion is not None:
        target = (bound.unserved - model.surplus) * unserved_cost(model.data) + bound.completion
    if iterations is None:
        iterations = min(1_500_000, 15_000 * model.slots)
    found, done, stopped = search(
        model,
        start,
        seed=seed,
        iterations=iterations if len(model.choices) else 0,
        deadline=deadline,
        target=target,
    )
    proven = bound.completion is not None and _rank(model, found) <= (
        bound.unserved - model.surplus,
        bound.completion,
    )
    if proven:
        stopped = StoppedBy.PROOF
    schedule = TeamSchedule(found.tasks(), bound, proven, stopped, done)
    return schedule, tuple(sorted(set(model.broken_pins) | set(broken)))


def _rank(model: TeamModel, routes: Routes) -> tuple[int, int]:
    return routes.unserved(), int(routes.costs().sum())


def _from_assignment(model: TeamModel, assignment: tuple[tuple[int, int, int], ...]) -> Routes | None:
    """The relaxation's (slot, team, position) read as a schedule, where it is one."""
    if model.pinned:
        return None
    routes = Routes(model)
    task_of = model.data.task_of
    held: set[tuple[int, int]] = set()
    for slot, team, _ in sorted(assignment, key=lambda entry: (entry[1], entry[2], entry[0])):
        if (team, int(task_of[slot])) in held:
            continue
        held.add((team, int(task_of[slot])))
        routes.append(team, slot)
        if kernels.sequence_cost(model.data, team, routes.sequence[team], routes.length[team]) >= INFEASIBLE:
            routes.length[team] -= 1
            routes.team_of[slot] = -1
    kernels.construct(model.data, model.start, model.choices, routes.team_of, routes.sequence, routes.length)
    return routes
