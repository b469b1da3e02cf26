"""Compiled kernels of the team model: cost of a sequence, SCHED construction, annealing.

Why numba: a move costs a few hundred nanoseconds here and a hundred times that in plain Python. Kernels are
cached on disk; `warm_up` compiles them once after installation so that no dispatcher waits for it.
The random numbers are our own splitmix64, so that a seed means the same on every platform and version.
Numbers in brackets are those of docs/model.md.
"""

import math
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
def _holds_task(data: TeamData, sequence: IntArray, length: int, j: int, but: int) -> bool:
    for position in range(length):
        slot = sequence[position]
        if slot != but and data.task_of[slot] == j:
            return True
    return False


@njit(cache=True)
def _insert(sequence: IntArray, length: int, position: int, slot: int) -> None:
    for index in range(length, position, -1):
        sequence[index] = sequence[index - 1]
    sequence[position] = slot


@njit(cache=True)
def _remove(sequence: IntArray, length: int, slot: int) -> int:
    """Take `slot` out; return where it was."""
    position = 0
    while sequence[position] != slot:
        position += 1
    for index in range(position, length - 1):
        sequence[index] = sequence[index + 1]
    return position


@njit(cache=True)
def _best_insertion(data: TeamData, k: int, sequence: IntArray, length: int, slot: int, but: int) -> tuple[int, int]:
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
                    if _holds_task(data, sequence[k], length[k], j, -1):
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
def _random(state: IntArray) -> float:
    """splitmix64, as a float in [0, 1)."""
    bits = np.uint64(state[0]) + np.uint64(0x9E3779B97F4A7C15)
    state[0] = np.int64(bits)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits = bits ^ (bits >> np.uint64(31))
    return np.float64(bits >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True)
def anneal(
    data: TeamData,
    start: IntArray,
    choices: IntArray,
    team_of: IntArray,
    sequence: IntArray,
    length: IntArray,
    cost: IntArray,
    best_sequence: IntArray,
    best_length: IntArray,
    best: IntArray,
    state: IntArray,
    first: int,
    last: int,
    total: int,
    hot: float,
    cold: float,
    unserved_cost: int,
    soft_cost: int,
) -> None:
    """Moves `first`..`last` of `total` of one annealing run; all arrays are changed in place.

    A move takes a slot out of its team (or out of the unserved) and puts it where it is cheapest in a team it
    may have, or swaps two slots. `cost` (m,) is per team; `best` (3,) the best total, in which an unserved slot
    weighs `unserved_cost` x severity (level 1 before level 3), the current level 1 and the current level 3. A move
    is judged by the milder `soft_cost`, so that the walk can cross a valley with one more slot unserved.
    """
    n = len(data.task_of)
    unserved, current = best[1], best[2]
    decay = math.log(cold / hot)
    for iteration in range(first, last):
        temperature = hot * math.exp(decay * iteration / total)
        slot = min(n - 1, int(_random(state) * n))
        span = start[slot + 1] - start[slot]
        if span == 0:
            continue
        j, old = data.task_of[slot], team_of[slot]
        # how much worse the move may make the plan
        allowance = -temperature * math.log(1.0 - _random(state))
        if _random(state) < 0.7:
            # nearer teams more often: the choices are sorted by their earliest finish
            draw = _random(state)
            new = choices[start[slot] + min(span - 1, int(draw * draw * span))]
            if new != old and _holds_task(data, sequence[new], length[new], j, -1):
                continue
            without = 0
            if old >= 0:
                position = _remove(sequence[old], length[old], slot)
                length[old] -= 1
                without = sequence_cost(data, old, sequence[old], length[old])
                if new == old:
                    cost_before = cost[old]
                    cost[old] = without
            best_cost, best_position = _best_insertion(data, new, sequence[new], length[new], slot, -1)
            gained = 0
            if old < 0:
                gained = data.weight[j]
                delta = best_cost - cost[new]
            elif new == old:
                delta = best_cost - cost_before
            else:
                delta = best_cost - cost[new] + without - cost[old]
            if best_cost >= INFEASIBLE or without >= INFEASIBLE or delta - soft_cost * gained > allowance:
                if old >= 0:
                    _insert(sequence[old], length[old], position, slot)
                    length[old] += 1
                    if new == old:
                        cost[old] = cost_before
                continue
            _insert(sequence[new], length[new], best_position, slot)
            length[new] += 1
            cost[new] = best_cost
            if old >= 0 and new != old:
                cost[old] = without
            team_of[slot] = new
        else:
            other = min(n - 1, int(_random(state) * n))
            k = team_of[other]
            if k < 0 or k == old or data.task_of[other] == j:
                continue
            fits = False
            for index in range(start[slot], start[slot + 1]):
                fits = fits or choices[index] == k
            if not fits or _holds_task(data, sequence[k], length[k], j, other):
                continue
            i = data.task_of[other]
            if old >= 0:
                fits = False
                for index in range(start[other], start[other + 1]):
                    fits = fits or choices[index] == old
                if not fits or _holds_task(data, sequence[old], length[old], i, slot):
                    continue
                # both go where they are cheapest in the other's team
                old_cost, old_position = _best_insertion(data, old, sequence[old], length[old], other, slot)
                if old_cost >= INFEASIBLE:
                    continue
            else:
                if start[other + 1] - start[other] == 1:
                    continue  # a pinned slot is never thrown out
                old_cost, old_position = 0, 0
            new_cost, new_position = _best_insertion(data, k, sequence[k], length[k], slot, other)
            if new_cost >= INFEASIBLE:
                continue
            delta = new_cost - cost[k]
            gained = 0
            if old >= 0:
                delta += old_cost - cost[old]
            else:
                gained = data.weight[j] - data.weight[i]
            if delta - soft_cost * gained > allowance:
                continue
            _remove(sequence[k], length[k], other)
            _insert(sequence[k], length[k] - 1, new_position, slot)
            cost[k] = new_cost
            team_of[slot] = k
            team_of[other] = old
            if old >= 0:
                _remove(sequence[old], length[old], slot)
                _insert(sequence[old], length[old] - 1, old_position, other)
                cost[old] = old_cost
        current += delta
        unserved -= gained
        if current + unserved_cost * unserved < best[0]:
            best[0] = current + unserved_cost * unserved
            best_sequence[:] = sequence
            best_length[:] = length
    best[1], best[2] = unserved, current


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


def splitmix_state(seed: int) -> IntArray:
    """The generator's state for a seed."""
    return np.array([np.uint64(seed & 0xFFFFFFFFFFFFFFFF)], np.uint64).view(np.int64).copy()


def warm_up() -> None:
    """Compile (or load from the cache) every kernel on a problem of one team and one task."""
    one, far = np.zeros(1, np.int64), np.full(1, UNREACHABLE, np.int64)
    ones = np.ones(1, np.int64)
    data = TeamData(
        one, one, ones, one, far, far, np.ones((1, 1), np.int64), np.ones((1, 1), np.int64),
        np.zeros((1, 1, 1), np.int64), one, one, one, far * 0 - 1, far, ones,
    )  # fmt: skip
    sequence, length, team_of = np.zeros((1, 2), np.int64), np.zeros(1, np.int64), far * 0 - 1
    start = np.array([0, 1])
    construct(data, start, one, team_of, sequence, length)
    cost = np.array([sequence_cost(data, 0, sequence[0], 1)])
    best = np.array([cost[0], 0, cost[0]])
    anneal(
        data, start, one, team_of, sequence, length, cost, sequence.copy(), length.copy(), best,
        splitmix_state(0), 0, 1, 1, 1.0, 0.1, 1, 1,
    )  # fmt: skip
    least_setup(data, np.ones((1, 1), np.bool_))
