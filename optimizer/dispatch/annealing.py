"""Seeded annealing of team sequences, compiled.

The random numbers are our own splitmix64 (Steele, Lea, Flood, OOPSLA 2014), so that a seed means the same on
every platform and version.
"""

import math

import numpy as np
from numba import njit

from optimizer.dispatch.kernels import (
    INFEASIBLE,
    TeamData,
    best_insertion,
    copy_stops,
    holds_task,
    insert,
    remove,
    walk,
)
from optimizer.units import BoolArray, IntArray

NEAREST = 128  # teams of a slot that an insertion tries; farther ones are left to construction and columns
EJECT, INSERT = 0.04, 0.7  # a move is an ejection below the first, an insertion below the second, else a swap


@njit(cache=True, nogil=True)
def draw(state: IntArray) -> float:
    """splitmix64, as a float in [0, 1)."""
    bits = np.uint64(state[0]) + np.uint64(0x9E3779B97F4A7C15)
    state[0] = np.int64(bits)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits = bits ^ (bits >> np.uint64(31))
    return np.float64(bits >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def anneal(
    data: TeamData,
    start: IntArray,
    choices: IntArray,
    allowed: BoolArray,
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
    weighs `unserved_cost` x its price (level 1 before level 3), the current level 1 and the current level 3. A move
    is judged by the milder `soft_cost`, so that the walk can cross a valley with one more slot unserved.
    """
    task_of, price, pinned = data.task_of, data.price, data.pinned
    task, team, stay, base, between = data.task, data.team, data.stay, data.base, data.between
    penalty = data.penalty[0]
    n = len(task_of)
    unserved, current = best[1], best[2]
    decay = math.log(cold / hot)
    for iteration in range(first, last):
        temperature = hot * math.exp(decay * iteration / total)
        slot = min(n - 1, int(draw(state) * n))
        span = min(NEAREST, start[slot + 1] - start[slot])
        if span == 0:
            continue
        j, old = task_of[slot], team_of[slot]
        # how much worse the move may make the plan
        allowance = -temperature * math.log(1.0 - draw(state))
        gained = 0
        kind = draw(state)
        if unserved > 0 and kind < EJECT and 2 * iteration < total:
            # somebody is left out already: make room, so that another choice of whom to serve can form; the
            # second half of a run settles down
            if old < 0 or pinned[slot] or draw(state) > math.exp(-price[slot] / 2.0):
                continue
            position = remove(sequence[old], length[old], slot)
            length[old] -= 1
            without = walk(old, sequence[old], length[old], task_of, task, team, stay, base, between, penalty)
            if without >= INFEASIBLE:
                insert(sequence[old], length[old], position, slot)
                length[old] += 1
                continue
            delta = without - cost[old]
            gained = -price[slot]
            cost[old] = without
            team_of[slot] = -1
        elif kind < INSERT:
            # nearer teams more often: the choices are sorted by their earliest finish
            at = draw(state)
            new = choices[start[slot] + min(span - 1, int(at * at * span))]
            if new != old and holds_task(task_of, sequence[new], length[new], j, -1):
                continue
            without = 0
            if old >= 0:
                position = remove(sequence[old], length[old], slot)
                length[old] -= 1
                without = walk(old, sequence[old], length[old], task_of, task, team, stay, base, between, penalty)
                if new == old:
                    cost_before = cost[old]
                    cost[old] = without
            best_cost, best_position = best_insertion(
                new, sequence[new], length[new], slot, -1, task_of, task, team, stay, base, between, penalty
            )
            if old < 0:
                gained = price[slot]
                delta = best_cost - cost[new]
            elif new == old:
                delta = best_cost - cost_before
            else:
                delta = best_cost - cost[new] + without - cost[old]
            if best_cost >= INFEASIBLE or without >= INFEASIBLE or delta - soft_cost * gained > allowance:
                if old >= 0:
                    insert(sequence[old], length[old], position, slot)
                    length[old] += 1
                    if new == old:
                        cost[old] = cost_before
                continue
            insert(sequence[new], length[new], best_position, slot)
            length[new] += 1
            cost[new] = best_cost
            if old >= 0 and new != old:
                cost[old] = without
            team_of[slot] = new
        else:
            other = min(n - 1, int(draw(state) * n))
            k = team_of[other]
            if k < 0 or k == old or task_of[other] == j:
                continue
            if not allowed[slot, k] or holds_task(task_of, sequence[k], length[k], j, other):
                continue
            i = task_of[other]
            if old >= 0:
                if not allowed[other, old] or holds_task(task_of, sequence[old], length[old], i, slot):
                    continue
                # both go where they are cheapest in the other's team
                old_cost, old_position = best_insertion(
                    old, sequence[old], length[old], other, slot, task_of, task, team, stay, base, between, penalty
                )
                if old_cost >= INFEASIBLE:
                    continue
            else:
                if pinned[other]:
                    continue
                old_cost, old_position = 0, 0
            new_cost, new_position = best_insertion(
                k, sequence[k], length[k], slot, other, task_of, task, team, stay, base, between, penalty
            )
            if new_cost >= INFEASIBLE:
                continue
            delta = new_cost - cost[k]
            if old >= 0:
                delta += old_cost - cost[old]
            else:
                gained = price[slot] - price[other]
            if delta - soft_cost * gained > allowance:
                continue
            remove(sequence[k], length[k], other)
            insert(sequence[k], length[k] - 1, new_position, slot)
            cost[k] = new_cost
            team_of[slot] = k
            team_of[other] = old
            if old >= 0:
                remove(sequence[old], length[old], slot)
                insert(sequence[old], length[old] - 1, old_position, other)
                cost[old] = old_cost
        current += delta
        unserved -= gained
        if current + unserved_cost * unserved < best[0]:
            best[0] = current + unserved_cost * unserved
            copy_stops(sequence, length, best_sequence, best_length)
    best[1], best[2] = unserved, current


def splitmix_state(seed: int) -> IntArray:
    """The generator's state for a seed."""
    return np.array([np.uint64(seed & 0xFFFFFFFFFFFFFFFF)], np.uint64).view(np.int64).copy()
