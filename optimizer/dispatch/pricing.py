"""Pricing of team routes by labelling, compiled: the cheapest sequences of one team at given task prizes.

A label is (cost so far less prizes, time, last task, tasks visited). It is dominated by one at the same task that
is no later, no dearer and has visited no more, because waiting never makes a later stop cheaper. Where the travel
times obey the triangle inequality and the team never waits for a report (it is free after the last of them), a stop
that costs more than its prize is never worth making (`prune`), so labels stay few. A team that waits could use the
time to move nearer, so there every stop stays open.
Reference: Feillet, Dejax, Gendreau, Gueguen, Networks 44 (2004) 216-229 (elementary labelling).
"""

import numpy as np
from numba import njit

from optimizer.dispatch.kernels import DUE, FREE, GROUP, INCIDENT, LATEST, PLACE, UNTIL, WEIGHT, TeamData, reach
from optimizer.units import UNREACHABLE, FloatArray, IntArray

METRIC_LOOKS = 1_000_000_000  # triples looked at; beyond, nothing is assumed


@njit(cache=True)
def metric(data: TeamData) -> bool:
    """Whether no detour over a stop is quicker than going straight (turnouts and services only add to it); False
    also where looking would take too long."""
    base, between, team = data.base, data.between, data.team
    groups, n = between.shape[0], between.shape[1]
    if (groups * n + len(team)) * n * n > METRIC_LOOKS:
        return False
    for g in range(groups):
        for a in range(n):
            for b in range(n):
                for c in range(n):
                    if between[g, a, b] + between[g, b, c] < between[g, a, c]:
                        return False
    for k in range(len(team)):
        for b in range(n):
            for c in range(n):
                if base[k, b] + between[team[k, GROUP], b, c] < base[k, c]:
                    return False
    return True


@njit(cache=True)
def price_team(
    data: TeamData,
    k: int,
    tasks: IntArray,
    prize: FloatArray,
    prune: bool,
    threshold: float,
    labels: IntArray,
    visited: IntArray,
    cost: FloatArray,
    most: int,
    routes: IntArray,
    lengths: IntArray,
) -> tuple[int, float, int]:
    """Routes of team k over `tasks` (a,), prizes (a,), cheaper than `threshold`.

    Scratch: labels (cap, 5) time, last, parent, next at the same task, alive; visited (cap, words); cost (cap,).
    Fills `routes` (most, longest) with positions in `tasks`, cheapest first, and `lengths`; returns how many, the
    least cost of any route (0 for staying), and the labels used; -1 where they ran out: then there may be better.
    """
    task, team, service, base, between = data.task, data.team, data.service, data.base, data.between
    penalty, until = data.penalty[0], team[k, UNTIL]
    cap, words = visited.shape
    count = 0
    head = np.full(len(tasks), -1, np.int64)
    least = 0.0
    index = -1
    full = False
    while index < count and not full:
        if index >= 0 and labels[index, 4] == 0:
            index += 1
            continue
        if index < 0:
            free, place, paid = team[k, FREE], team[k, PLACE], 0.0
        else:
            free, place, paid = labels[index, 0], task[tasks[labels[index, 1]], INCIDENT], cost[index]
        for a in range(len(tasks)):
            if index >= 0 and (visited[index, a >> 6] >> (a & 63)) & 1:
                continue
            j = tasks[a]
            arrive = reach(k, free, place, j, task, team, base, between)
            finish = arrive + service[j, k]
            if arrive >= UNREACHABLE or arrive > task[j, LATEST] or finish > until:
                continue
            more = task[j, WEIGHT] * finish - prize[a]
            if arrive > task[j, DUE]:
                more += task[j, WEIGHT] * penalty
            if prune and more >= 0.0:
                continue
            total = paid + more
            # dominated, or dominating?
            beaten = False
            other = head[a]
            while other >= 0:
                if labels[other, 4] == 1:
                    inside, outside = True, True  # other within new, new within other
                    for word in range(words):
                        old = visited[other, word]
                        new = visited[index, word] if index >= 0 else 0
                        if word == a >> 6:
                            new |= 1 << (a & 63)
                        if old & ~new:
                            inside = False
                        if new & ~old:
                            outside = False
                    if inside and labels[other, 0] <= finish and cost[other] <= total:
                        beaten = True
                        break
                    if outside and finish <= labels[other, 0] and total <= cost[other]:
                        labels[other, 4] = 0
                other = labels[other, 3]
            if beaten:
                continue
            if count == cap:
                full = True
                break
            labels[count, 0], labels[count, 1], labels[count, 2] = finish, a, index
            labels[count, 3], labels[count, 4] = head[a], 1
            head[a] = count
            for word in range(words):
                visited[count, word] = visited[index, word] if index >= 0 else 0
            visited[count, a >> 6] |= 1 << (a & 63)
            cost[count] = total
            least = min(least, total)
            count += 1
        index += 1
    found = 0
    used = np.zeros(count, np.bool_)
    while found < most:
        best = -1
        for label in range(count):
            if not used[label] and labels[label, 4] == 1 and (best < 0 or cost[label] < cost[best]):
                best = label
        if best < 0 or cost[best] >= threshold:
            break
        used[best] = True
        length, label = 0, best
        while label >= 0:
            length += 1
            label = labels[label, 2]
        lengths[found] = length
        label = best
        for position in range(length - 1, -1, -1):
            routes[found, position] = labels[label, 1]
            label = labels[label, 2]
        found += 1
    return found, least, -1 if full else count
