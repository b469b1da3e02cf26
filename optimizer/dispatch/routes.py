"""Sequences of all teams in the arrays that the kernels change in place, and how they are first filled."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from optimizer.dispatch import kernels
from optimizer.dispatch.kernels import INFEASIBLE, TeamData
from optimizer.dispatch.team_model import TeamModel
from optimizer.units import UNREACHABLE, IntArray


class Routes:
    """Mutable sequences of all teams, in the arrays that the kernels change in place."""

    def __init__(self, model: TeamModel) -> None:
        self.model = model
        teams = len(model.data.free)
        self.sequence = np.empty((teams, model.slots + 1), np.int64)
        self.length = np.zeros(teams, np.int64)
        self.team_of = np.full(model.slots, -1, np.int64)

    def copy(self) -> "Routes":
        twin = Routes(self.model)
        kernels.copy_stops(self.sequence, self.length, twin.sequence, twin.length)
        twin.team_of[:] = self.team_of
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

    def filled(self, sequences: tuple[tuple[int, ...], ...]) -> "Routes":
        """These empty routes with task sequences put in; a team's own pinned slot first, else the next free slot."""
        task_of, pinned = self.model.data.task_of.tolist(), dict(self.model.pinned)
        free: dict[int, list[int]] = {}
        for slot in range(self.model.slots - 1, -1, -1):
            if slot not in pinned:
                free.setdefault(task_of[slot], []).append(slot)
        own = {(team, task_of[slot]): slot for slot, team in pinned.items()}
        for team, tasks in enumerate(sequences):
            for task in tasks:
                self.append(team, own[team, task] if (team, task) in own else free[task].pop())
        return self

    def resume(self, sequences: Sequence[Sequence[int]]) -> None:
        """Fill these empty routes with task sequences as far as they can be kept: no team that may not, no stop too
        late, no more teams than needed."""
        model = self.model
        pinned = dict(model.pinned)
        free: dict[int, list[int]] = {}
        for slot in range(model.slots - 1, -1, -1):
            free.setdefault(int(model.data.task_of[slot]), []).append(slot)
        for team, tasks in enumerate(sequences):
            held: set[int] = set()
            for task in tasks:
                slots = free.get(task, [])
                own = [slot for slot in slots if pinned.get(slot) == team]
                usable = own or [slot for slot in reversed(slots) if slot not in pinned]
                if not usable or task in held or not model.able[task, team]:
                    continue
                slot = usable[0]
                self.append(team, slot)
                row, length = self.sequence[team], int(self.length[team])
                if kernels.sequence_cost(model.data, team, row, length) >= INFEASIBLE:
                    self.length[team] -= 1
                    self.team_of[slot] = -1
                    continue
                held.add(task)
                slots.remove(slot)

    def finish(self, team: int) -> int:
        """When a team has done its last stop."""
        data = self.model.data
        free, place = int(data.free[team]), int(data.place[team])
        for slot in self.sequence[team, : self.length[team]].tolist():
            task = int(data.task_of[slot])
            arrive = int(kernels.arrival(data, team, free, place, task))
            free = int(kernels.done(arrive, task, team, data.stay))
            place = int(data.incident_of[task])
        return free

    def costs(self) -> IntArray:
        costs: IntArray = kernels.sequence_costs(self.model.data, self.sequence, self.length)
        return costs

    def unserved(self) -> int:
        """Level 1 of the slots nobody has; a pinned one outweighs all others."""
        return int(self.model.data.price[self.team_of < 0].sum())

    def rank(self) -> tuple[int, int]:
        """Level 1 and level 3, to compare."""
        return self.unserved(), int(self.costs().sum())

    def of(self, team: int) -> tuple[int, ...]:
        """Task indices of one team."""
        return tuple(self.model.data.task_of[self.sequence[team, : self.length[team]]].tolist())

    def tasks(self) -> tuple[tuple[int, ...], ...]:
        """Task indices of every team."""
        result: list[tuple[int, ...]] = [()] * len(self.length)
        for team in np.flatnonzero(self.length).tolist():
            result[team] = self.of(team)
        return tuple(result)


def place_pins(model: TeamModel, routes: Routes) -> None:
    """Put every pinned slot into its team in the cheapest order that holds; the others wait for the search."""
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
        if best is None:  # perhaps they can be kept with other stops between: begin with those that fit
            best = ()
            for slot in slots:
                cost = kernels.sequence_cost(model.data, team, np.array((*best, slot), np.int64), len(best) + 1)
                best = best if cost >= INFEASIBLE else (*best, slot)
        for slot in best:
            routes.append(team, slot)


def route_cost(model: TeamModel, team: int, tasks: Sequence[int]) -> int:
    """Level 3 of a team serving these tasks in this order; INFEASIBLE where it cannot."""
    if not tasks:
        return 0
    sequence = np.array([model.slot_of[task] for task in tasks], np.int64)
    return int(kernels.sequence_cost(model.data, team, sequence, len(sequence)))


def route_costs(model: TeamModel, routes: Sequence[tuple[int, Sequence[int]]]) -> list[int]:
    """`route_cost` of many (team, tasks)."""
    teams = np.array([team for team, _ in routes], np.int64)
    slots = np.array([model.slot_of[task] for _, tasks in routes for task in tasks], np.int64)
    ends = np.array([len(tasks) for _, tasks in routes], np.int64).cumsum()
    costs: list[int] = kernels.costs_of(model.data, teams, slots, ends).tolist()
    return costs


def out_of_reach(data: TeamData, team: int, task: int) -> bool:
    """Proof that a team can never serve a task: not in time by any chain of legs, whatever it does before."""
    between = data.between[data.group[team]] + data.turnout[team]
    ready = np.full(len(between), UNREACHABLE, np.int64)
    if data.place[team] >= 0:
        ready[data.place[team]] = data.free[team]
    else:
        ready = np.minimum(data.free[team] + data.turnout[team] + data.base[team], UNREACHABLE)
    for _ in range(len(between)):
        sooner = np.minimum(ready, (ready[:, None] + between).min(axis=0, initial=UNREACHABLE))
        if (sooner == ready).all():
            break
        ready = sooner
    arrive = max(int(ready[data.incident_of[task]]), int(data.release[task]))
    finish = max(arrive, int(data.ready[task, team])) + int(data.service[task, team])
    return bool(arrive >= UNREACHABLE or arrive > data.latest[task] or finish > data.until[team])


def from_assignment(model: TeamModel, assignment: tuple[tuple[int, int, int], ...]) -> Routes | None:
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
