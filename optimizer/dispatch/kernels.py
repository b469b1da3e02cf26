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


class TeamData(NamedTuple):
    """n slots (one per team that a task still needs), j tasks, m teams, g travel groups, i incidents; seconds."""

    task_of: IntArray  # (n,)
    incident_of: IntArray  # (j,)
    weight: IntArray  # (j,) severity
    release: IntArray  # (j,) max(0, reported)
    due: IntArray  # (j,) soft limit of the arrival, UNREACHABLE where none
    latest: IntArray  # (j,) hard limit of the arrival, UNREACHABLE where none
    service: IntArray  # (j, m)
    base: IntArray  # (m, i) travel from the base
    between: IntArray  # (g, i, i)
    group: IntArray  # (m,)
    turnout: IntArray  # (m,)
    free: IntArray  # (m,) when the team's first own departure can begin
    place: IntArray  # (m,) incident where it then is, -1 for its base
    until: IntArray  # (m,) end of its hours, UNREACHABLE where none
    penalty: IntArray  # (1,) seconds added to a late arrival (T8)
    pinned: BoolArray  # (n,) never left out (T10)


@njit(cache=True)
def arrival(data: TeamData, k: int, free: int, place: int, j: int) -> int:
    """When team k, free at `free` in `place`, reaches task j (T3)."""
    i = data.incident_of[j]
    begin: int = max(free, data.release[j])
    if place == i:
        return begin
    travel: int = data.base[k, i] if place < 0 else data.between[data.group[k], place, i]
    if travel >= UNREACHABLE:
        return UNREACHABLE
    turnout: int = data.turnout[k]
    return begin + turnout + travel


@njit(cache=True)
def sequence_cost(data: TeamData, k: int, sequence: IntArray, length: int) -> int:
    """Level 3 of one team's stops, INFEASIBLE where T6 or T7 is broken or a leg does not exist."""
    free = data.free[k]
    place = data.place[k]
    cost = 0
    for position in range(length):
        j = data.task_of[sequence[position]]
        arrive = arrival(data, k, free, place, j)
        if arrive > data.latest[j] or arrive >= UNREACHABLE:
            return INFEASIBLE
        free = arrive + data.service[j, k]
        if free > data.until[k]:
            return INFEASIBLE
        place = data.incident_of[j]
        cost += data.weight[j] * free
        if arrive > data.due[j]:
            cost += data.weight[j] * data.penalty[0]
    return cost


@njit(cache=True)
def holds_task(data: TeamData, sequence: IntArray, length: int, j: int, but: int) -> bool:
    for position in range(length):
        slot = sequence[position]
        if slot != but and data.task_of[slot] == j:
            return True
    return False


@njit(cache=True)
def insert(sequence: IntArray, length: int, position: int, slot: int) -> None:
    for index in range(length, position, -1):
        sequence[index] = sequence[index - 1]
    sequence[position] = slot


@njit(cache=True)
def remove(sequence: IntArray, length: int, slot: int) -> int:
    """Take `slot` out; return where it was."""
    position = 0
    while sequence[position] != slot:
        position += 1
    for index in range(position, length - 1):
        sequence[index] = sequence[index + 1]
    return position


@njit(cache=True)
def best_insertion(data: TeamData, k: int, sequence: IntArray, length: int, slot: int, but: int) -> tuple[int, int]:
    """Cheapest cost of team k with `slot` put in (and `but` left out), and where; INFEASIBLE where none will do.

    Walks the prefix once and abandons a place as soon as it costs more than the best so far.
    """
    best, best_position = INFEASIBLE, -1
    new = data.task_of[slot]
    prefix_free, prefix_place, prefix_cost = data.free[k], data.place[k], 0
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
                j = data.task_of[sequence[index]]
            arrive = arrival(data, k, free, place, j)
            free = arrive + data.service[j, k]
            if arrive >= UNREACHABLE or arrive > data.latest[j] or free > data.until[k]:
                cost = INFEASIBLE
                break
            place = data.incident_of[j]
            cost += data.weight[j] * free
            if arrive > data.due[j]:
                cost += data.weight[j] * data.penalty[0]
            if cost >= best:
                break
        if cost < best:
            best, best_position = cost, count
        if position < length:
            j = data.task_of[sequence[position]]
            arrive = arrival(data, k, prefix_free, prefix_place, j)
            prefix_free = arrive + data.service[j, k]
            prefix_place = data.incident_of[j]
            prefix_cost += data.weight[j] * prefix_free
            if arrive > data.due[j]:
                prefix_cost += data.weight[j] * data.penalty[0]
            if arrive >= UNREACHABLE or arrive > data.latest[j] or prefix_free > data.until[k]:
                break  # without `but` the stops before are already too late (times need not obey the triangle)
            count += 1
    return best, best_position


@njit(cache=True)
def construct(
    data: TeamData,
    start: IntArray,
    choices: IntArray,
    team_of: IntArray,
    sequence: IntArray,
    length: IntArray,
) -> None:
    """SCHED: repeatedly the (slot, team) with the least finish per unit of severity; ties by number.

    `choices[start[s]:start[s + 1]]` are the teams slot s may have. Slots already placed are left alone.
    """
    n, m = len(data.task_of), len(data.free)
    free, place = data.free.copy(), data.place.copy()
    for k in range(m):
        for position in range(length[k]):
            j = data.task_of[sequence[k, position]]
            free[k] = arrival(data, k, free[k], place[k], j) + data.service[j, k]
            place[k] = data.incident_of[j]
    best = np.empty(n, np.float64)
    best_team = np.full(n, -2, np.int64)  # -2: look again, -1: nobody can
    while True:
        chosen = -1
        for slot in range(n):
            if team_of[slot] >= 0 or best_team[slot] == -1:
                continue
            j = data.task_of[slot]
            if best_team[slot] == -2:
                best_team[slot] = -1
                for index in range(start[slot], start[slot + 1]):
                    k = choices[index]
                    if holds_task(data, sequence[k], length[k], j, -1):
                        continue
                    arrive = arrival(data, k, free[k], place[k], j)
                    finish = arrive + data.service[j, k]
                    if arrive >= UNREACHABLE or arrive > data.latest[j] or finish > data.until[k]:
                        continue
                    ratio = finish / data.weight[j]
                    if best_team[slot] == -1 or ratio < best[slot]:
                        best[slot], best_team[slot] = ratio, k
                if best_team[slot] == -1:
                    continue
            if chosen < 0 or best[slot] < best[chosen]:
                chosen = slot
        if chosen < 0:
            return
        k, j = best_team[chosen], data.task_of[chosen]
        arrive = arrival(data, k, free[k], place[k], j)
        free[k] = arrive + data.service[j, k]
        place[k] = data.incident_of[j]
        sequence[k, length[k]] = chosen
        length[k] += 1
        team_of[chosen] = k
        for slot in range(n):
            if best_team[slot] == k:
                best_team[slot] = -2


@njit(cache=True)
def least_setup(data: TeamData, allowed: BoolArray) -> IntArray:
    """(j, m): least time team k needs from the stop before to reach task j, over stops it may have had.

    From the base only where nothing comes before; `allowed` (j, m) says which tasks a team may serve.
    """
    j_count, m = allowed.shape
    result = np.full((j_count, m), UNREACHABLE, np.int64)
    for k in range(m):
        for j in range(j_count):
            if not allowed[j, k]:
                continue
            i = data.incident_of[j]
            least = UNREACHABLE
            if data.place[k] == i:
                least = 0
            for before in range(j_count):
                if before == j or not allowed[before, k]:
                    continue
                place = data.incident_of[before]
                setup = 0
                if place != i:
                    setup = data.between[data.group[k], place, i]
                    if setup < UNREACHABLE:
                        setup += data.turnout[k]
                least = min(least, setup)
            result[j, k] = least
    return result
