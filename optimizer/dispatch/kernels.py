"""Compiled kernels of the team model: cost of a sequence, insertion, SCHED construction, least setups.

Why numba: a move costs a microsecond here and hundreds of them in plain Python. Kernels are cached on disk;
`api.warm` compiles them once after installation so that no dispatcher waits for it.
Numbers in brackets are those of docs/model.md.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.units import UNREACHABLE, BoolArray, IntArray

INFEASIBLE = 1 << 60


INCIDENT, WEIGHT, RELEASE, DUE, LATEST = range(5)  # columns of `task`
GROUP, TURNOUT, FREE, PLACE, UNTIL = range(5)  # columns of `team`
SERVICE, READY = range(2)  # layers of `stay`


class TeamData(NamedTuple):
    """n slots (one per team that a task still needs), j tasks, m teams, g travel groups, i incidents; seconds.

    Fields of tasks and teams stand in two arrays, because every array a kernel takes out of the tuple costs it as
    much as several stops do.
    """

    task_of: IntArray  # (n,)
    price: IntArray  # (n,) severity; of a pinned slot more than all others together (T10)
    pinned: BoolArray  # (n,)
    task: IntArray  # (j, 5) incident, severity, release = max(0, reported), due and latest arrival (UNREACHABLE: none)
    team: IntArray  # (m, 5) travel group, turnout, free, place (incident where it then is, -1: base), end of hours
    stay: IntArray  # (j, m, 2) service, and the instant before which it cannot start (`with_ready`; 0: none)
    base: IntArray  # (m, i) travel from the base
    between: IntArray  # (g, i, i)
    penalty: IntArray  # (1,) seconds added to a late arrival (T8)

    @property
    def incident_of(self) -> IntArray:
        return self.task[:, INCIDENT]

    @property
    def weight(self) -> IntArray:
        return self.task[:, WEIGHT]

    @property
    def release(self) -> IntArray:
        return self.task[:, RELEASE]

    @property
    def due(self) -> IntArray:
        return self.task[:, DUE]

    @property
    def latest(self) -> IntArray:
        return self.task[:, LATEST]

    @property
    def group(self) -> IntArray:
        return self.team[:, GROUP]

    @property
    def turnout(self) -> IntArray:
        return self.team[:, TURNOUT]

    @property
    def free(self) -> IntArray:
        return self.team[:, FREE]

    @property
    def place(self) -> IntArray:
        return self.team[:, PLACE]

    @property
    def until(self) -> IntArray:
        return self.team[:, UNTIL]

    @property
    def service(self) -> IntArray:
        return self.stay[:, :, SERVICE]

    @property
    def ready(self) -> IntArray:
        return self.stay[:, :, READY]


def with_ready(data: TeamData, ready: IntArray) -> TeamData:
    """The same problem where service of task j by team k cannot start before `ready[j, k]` (its equipment arrives
    then): start = max(arrive, ready), finish = start + service. Arrival, hence T6 and T8, stays what it was."""
    return data._replace(stay=stays(data.service, ready))


def stays(service: IntArray, ready: IntArray | None = None) -> IntArray:
    """(j, m, 2) from services and instants of readiness (absent: 0), both (j, m)."""
    return np.stack([service, np.zeros_like(service) if ready is None else ready], axis=2)


@njit(cache=True, nogil=True)
def done(arrive: int, j: int, k: int, stay: IntArray) -> int:
    """When team k, there at `arrive`, has finished task j (T4)."""
    start: int = max(arrive, stay[j, k, READY])
    service: int = stay[j, k, SERVICE]
    return start + service


@njit(cache=True, nogil=True)
def reach(
    k: int, free: int, place: int, j: int, task: IntArray, team: IntArray, base: IntArray, between: IntArray
) -> int:
    """When team k, free at `free` in `place`, reaches task j (T3)."""
    i = task[j, INCIDENT]
    begin: int = max(free, task[j, RELEASE])
    if place == i:
        return begin
    travel: int = base[k, i] if place < 0 else between[team[k, GROUP], place, i]
    if travel >= UNREACHABLE:
        return UNREACHABLE
    turnout: int = team[k, TURNOUT]
    return begin + turnout + travel


@njit(cache=True, nogil=True)
def arrival(data: TeamData, k: int, free: int, place: int, j: int) -> int:
    """`reach` for callers that make one step."""
    arrive: int = reach(k, free, place, j, data.task, data.team, data.base, data.between)
    return arrive


@njit(cache=True, nogil=True)
def walk(
    k: int,
    sequence: IntArray,
    length: int,
    task_of: IntArray,
    task: IntArray,
    team: IntArray,
    stay: IntArray,
    base: IntArray,
    between: IntArray,
    penalty: int,
) -> int:
    """Level 3 of one team's stops, INFEASIBLE where T6 or T7 is broken or a leg does not exist."""
    free, place, cost = team[k, FREE], team[k, PLACE], 0
    for position in range(length):
        j = task_of[sequence[position]]
        arrive = reach(k, free, place, j, task, team, base, between)
        if arrive > task[j, LATEST] or arrive >= UNREACHABLE:
            return INFEASIBLE
        free = done(arrive, j, k, stay)
        if free > team[k, UNTIL]:
            return INFEASIBLE
        place = task[j, INCIDENT]
        cost += task[j, WEIGHT] * free
        if arrive > task[j, DUE]:
            cost += task[j, WEIGHT] * penalty
    return cost


@njit(cache=True, nogil=True)
def sequence_cost(data: TeamData, k: int, sequence: IntArray, length: int) -> int:
    """`walk` for callers outside the search."""
    cost: int = walk(
        k, sequence, length, data.task_of, data.task, data.team, data.stay, data.base, data.between, data.penalty[0]
    )
    return cost


@njit(cache=True, nogil=True)
def costs_of(data: TeamData, teams: IntArray, slots: IntArray, ends: IntArray) -> IntArray:
    """`walk` of many: team teams[r] with slots[ends[r - 1]:ends[r]]."""
    result = np.empty(len(teams), np.int64)
    first = 0
    for r in range(len(teams)):
        result[r] = walk(
            teams[r], slots[first:], ends[r] - first, data.task_of, data.task, data.team, data.stay, data.base,
            data.between, data.penalty[0],
        )  # fmt: skip
        first = ends[r]
    return result


@njit(cache=True, nogil=True)
def sequence_costs(data: TeamData, sequence: IntArray, length: IntArray) -> IntArray:
    """(m,) `walk` of every team."""
    result = np.zeros(len(length), np.int64)
    for k in range(len(length)):
        if length[k]:
            result[k] = walk(
                k, sequence[k], length[k], data.task_of, data.task, data.team, data.stay, data.base, data.between,
                data.penalty[0],
            )  # fmt: skip
    return result


@njit(cache=True, nogil=True)
def copy_stops(sequence: IntArray, length: IntArray, to: IntArray, to_length: IntArray) -> None:
    """The stops of every team, and no more: of thousands of teams most have few."""
    for k in range(len(to_length)):
        to_length[k] = length[k]
        for position in range(length[k]):
            to[k, position] = sequence[k, position]


@njit(cache=True, nogil=True)
def holds_task(task_of: IntArray, sequence: IntArray, length: int, j: int, but: int) -> bool:
    for position in range(length):
        slot = sequence[position]
        if slot != but and task_of[slot] == j:
            return True
    return False


@njit(cache=True, nogil=True)
def insert(sequence: IntArray, length: int, position: int, slot: int) -> None:
    for index in range(length, position, -1):
        sequence[index] = sequence[index - 1]
    sequence[position] = slot


@njit(cache=True, nogil=True)
def remove(sequence: IntArray, length: int, slot: int) -> int:
    """Take `slot` out; return where it was."""
    position = 0
    while sequence[position] != slot:
        position += 1
    for index in range(position, length - 1):
        sequence[index] = sequence[index + 1]
    return position


@njit(cache=True, nogil=True)
def best_insertion(
    k: int,
    sequence: IntArray,
    length: int,
    slot: int,
    but: int,
    task_of: IntArray,
    task: IntArray,
    team: IntArray,
    stay: IntArray,
    base: IntArray,
    between: IntArray,
    penalty: int,
) -> tuple[int, int]:
    """Cheapest cost of team k with `slot` put in (and `but` left out), and where; INFEASIBLE where none will do.

    Walks the prefix once and abandons a place as soon as it costs more than the best so far.
    """
    best, best_position = INFEASIBLE, -1
    new, until = task_of[slot], team[k, UNTIL]
    prefix_free, prefix_place, prefix_cost = team[k, FREE], team[k, PLACE], 0
    count = 0
    for position in range(length + 1):
        if position < length and sequence[position] == but:
            continue
        free, place, cost = prefix_free, prefix_place, prefix_cost
        for index in range(position - 1, length):
            if index < position:
                j = new
            elif sequence[index] == but:
                continue
            else:
                j = task_of[sequence[index]]
            arrive = reach(k, free, place, j, task, team, base, between)
            free = done(arrive, j, k, stay)
            if arrive >= UNREACHABLE or arrive > task[j, LATEST] or free > until:
                cost = INFEASIBLE
                break
            place = task[j, INCIDENT]
            cost += task[j, WEIGHT] * free
            if arrive > task[j, DUE]:
                cost += task[j, WEIGHT] * penalty
            if cost >= best:
                break
        if cost < best:
            best, best_position = cost, count
        if position < length:
            j = task_of[sequence[position]]
            arrive = reach(k, prefix_free, prefix_place, j, task, team, base, between)
            prefix_free = done(arrive, j, k, stay)
            prefix_place = task[j, INCIDENT]
            prefix_cost += task[j, WEIGHT] * prefix_free
            if arrive > task[j, DUE]:
                prefix_cost += task[j, WEIGHT] * penalty
            if arrive >= UNREACHABLE or arrive > task[j, LATEST] or prefix_free > until:
                break  # without `but` the stops before are already too late (times need not obey the triangle)
            count += 1
    return best, best_position


@njit(cache=True, nogil=True)
def construct(
    data: TeamData,
    start: IntArray,
    choices: IntArray,
    team_of: IntArray,
    sequence: IntArray,
    length: IntArray,
) -> None:
    """SCHED: repeatedly the (slot, team) with the least finish per unit of severity; ties by number.

    `choices[start[s]:start[s + 1]]` are the teams slot s may have, by the finish of going straight there. Slots already
    placed are left alone.
    """
    task_of, task, team, stay = data.task_of, data.task, data.team, data.stay
    base, between = data.base, data.between
    n, m = len(task_of), len(team)
    free, place = team[:, FREE].copy(), team[:, PLACE].copy()
    for k in range(m):
        for position in range(length[k]):
            j = task_of[sequence[k, position]]
            free[k] = done(reach(k, free[k], place[k], j, task, team, base, between), j, k, stay)
            place[k] = task[j, INCIDENT]
    best = np.empty(n, np.float64)
    best_team = np.full(n, -2, np.int64)  # -2: look again, -1: nobody can
    while True:
        chosen = -1
        for slot in range(n):
            if team_of[slot] >= 0 or best_team[slot] == -1:
                continue
            j = task_of[slot]
            if best_team[slot] == -2:
                best_team[slot] = -1
                idle = False
                for index in range(start[slot], start[slot + 1]):
                    k = choices[index]
                    if length[k] == 0 and idle:
                        continue  # a nearer one that has nothing to do was looked at
                    if holds_task(task_of, sequence[k], length[k], j, -1):
                        continue
                    arrive = reach(k, free[k], place[k], j, task, team, base, between)
                    finish = done(arrive, j, k, stay)
                    if arrive >= UNREACHABLE or arrive > task[j, LATEST] or finish > team[k, UNTIL]:
                        continue
                    idle = idle or length[k] == 0
                    ratio = finish / task[j, WEIGHT]
                    if best_team[slot] == -1 or ratio < best[slot]:
                        best[slot], best_team[slot] = ratio, k
                if best_team[slot] == -1:
                    continue
            if chosen < 0 or best[slot] < best[chosen]:
                chosen = slot
        if chosen < 0:
            return
        k, j = best_team[chosen], task_of[chosen]
        arrive = reach(k, free[k], place[k], j, task, team, base, between)
        free[k] = done(arrive, j, k, stay)
        place[k] = task[j, INCIDENT]
        sequence[k, length[k]] = chosen
        length[k] += 1
        team_of[chosen] = k
        for slot in range(n):
            if best_team[slot] == k:
                best_team[slot] = -2


def longest_leg(legs: IntArray, incidents: IntArray) -> int:
    """The longest way to one of these incidents that there is."""
    most = int(legs.max(initial=0))
    if most >= UNREACHABLE:
        to = legs[..., np.unique(incidents)]
        most = int(to.max(initial=0, where=to < UNREACHABLE))
    return most
