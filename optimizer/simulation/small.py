"""The best schedule of a small snapshot, by looking at every one.

    (E1) price_k(S) = the least cost of team k serving the calls S, over all orders
    (E2) best_k(S)  = min over T in S of best_(k - 1)(S less T) + price_k(T)

The schedule is that of the S with the least severity left out, and of those the least cost (level 1, then 3). Among
equals it takes the fewest begun calls off their teams: a second of cost weighs APART times as much as a call moved.
"""

import numpy as np
from numba import njit

from optimizer.dispatch.kernels import (
    DUE,
    FREE,
    INCIDENT,
    INFEASIBLE,
    LATEST,
    PLACE,
    UNTIL,
    WEIGHT,
    TeamData,
    done,
    reach,
)  # fmt: skip
from optimizer.units import UNREACHABLE, BoolArray, IntArray

CALLS = 7  # at most; so many take no longer than their annealing (measured, 3 to 24 teams)
APART = CALLS + 1


@njit(cache=True)
def _prices(
    data: TeamData, near: BoolArray, begun: IntArray, limit: int, k: int, price: IntArray, order: IntArray
) -> None:
    """(E1) of team k for all sets, a set being the sum of 2^call; depth first. `order` has the stops, in base 16.
    What costs more than `limit` is left out."""
    n, task, team = len(near), data.task, data.team
    served, following = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    free, place = np.full(n + 1, team[k, FREE]), np.full(n + 1, team[k, PLACE])
    cost, stops = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    depth = 0
    while depth >= 0:
        call = following[depth]
        if call == n:
            depth -= 1
            continue
        following[depth] += 1
        if served[depth] >> call & 1 or not near[call, k]:
            continue
        arrive = reach(k, free[depth], place[depth], call, task, team, data.base, data.between)
        finish = done(arrive, call, k, data.stay)
        if arrive > task[call, LATEST] or arrive >= UNREACHABLE or finish > team[k, UNTIL]:
            continue
        late = data.penalty[0] if arrive > task[call, DUE] else 0
        moved = begun[call] >= 0 and (begun[call] != k or depth > 0)
        deeper = depth + 1
        cost[deeper] = cost[depth] + APART * task[call, WEIGHT] * (finish + late) + moved
        if cost[deeper] > limit:
            continue
        served[deeper] = served[depth] | 1 << call
        stops[deeper] = stops[depth] | call << 4 * depth
        free[deeper], place[deeper], following[deeper] = finish, task[call, INCIDENT], 0
        if cost[deeper] < price[served[deeper]]:
            price[served[deeper]], order[served[deeper]] = cost[deeper], stops[deeper]
        depth = deeper


@njit(cache=True)
def schedule_all(
    data: TeamData, near: BoolArray, begun: IntArray, known: int, sequence: IntArray, length: IntArray
) -> None:
    """The best schedule, into `sequence` and `length`. Slots of `data` are its tasks, at most CALLS; near (n, m): the
    teams a call may have; begun (n,) the team on its way there, -1: none; `known` is the cost of a schedule that
    serves every call, UNREACHABLE where none is known."""
    n, m = near.shape
    sets = 1 << n
    limit = INFEASIBLE - 1 if known >= UNREACHABLE else APART * known + n
    best, price = np.full(sets, INFEASIBLE), np.empty(sets, np.int64)
    best[0] = 0
    order, share = np.zeros((m, sets), np.int64), np.zeros((m, sets), np.int64)
    for k in range(m):
        length[k] = 0
        if not near[:, k].any():
            continue
        price[:] = INFEASIBLE
        _prices(data, near, begun, limit, k, price, order[k])
        for every in range(sets - 1, 0, -1):  # downwards, so that smaller sets are still without team k
            part = every
            while part:
                if price[part] < INFEASIBLE and best[every ^ part] + price[part] < best[every]:
                    best[every], share[k, every] = best[every ^ part] + price[part], part
                part = (part - 1) & every
    chosen, least = 0, INFEASIBLE
    for every in range(sets):
        left = 0
        for call in range(n):
            left += 0 if every >> call & 1 else data.task[call, WEIGHT]
        if best[every] < INFEASIBLE and (left < least or (left == least and best[every] < best[chosen])):
            chosen, least = every, left
    for k in range(m - 1, -1, -1):
        part, stops = share[k, chosen], order[k, share[k, chosen]]
        chosen ^= part
        while part:
            sequence[k, length[k]] = stops & 15
            length[k] += 1
            stops, part = stops >> 4, part & (part - 1)
