"""One team and the tasks it may have, gathered side by side for pricing: what a step costs, what is near what."""

from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.dispatch.kernels import (
    DUE,
    FREE,
    GROUP,
    INCIDENT,
    LATEST,
    PLACE,
    READY,
    RELEASE,
    SERVICE,
    TURNOUT,
    UNTIL,
    WEIGHT,
    TeamData,
)
from optimizer.units import UNREACHABLE, IntArray


class Stops(NamedTuple):
    """One team and the a tasks it may have, side by side; leg[a] is the way from where the team is now."""

    leg: IntArray  # (a + 1, a) turnout included
    release: IntArray  # (a,)
    ready: IntArray
    service: IntArray
    due: IntArray
    latest: IntArray
    weight: IntArray
    free: int
    until: int
    penalty: int


@njit(cache=True, nogil=True)
def gather(data: TeamData, k: int, tasks: IntArray) -> Stops:
    """The arrays of team k over `tasks` (a,)."""
    count = len(tasks)
    task, team, base, between, stay = data.task, data.team, data.base, data.between, data.stay
    leg = np.empty((count + 1, count), np.int64)
    release, ready, service = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    due, latest, weight = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    group, turnout = team[k, GROUP], team[k, TURNOUT]
    for b in range(count):
        j = tasks[b]
        i = task[j, INCIDENT]
        release[b], due[b], latest[b], weight[b] = task[j, RELEASE], task[j, DUE], task[j, LATEST], task[j, WEIGHT]
        service[b], ready[b] = stay[j, k, SERVICE], stay[j, k, READY]
        for a in range(count + 1):
            place = task[tasks[a], INCIDENT] if a < count else team[k, PLACE]
            if place == i:
                leg[a, b] = 0
            else:
                leg[a, b] = turnout + (base[k, i] if place < 0 else between[group, place, i])
    return Stops(leg, release, ready, service, due, latest, weight, team[k, FREE], team[k, UNTIL], data.penalty[0])


@njit(cache=True, nogil=True)
def step(stops: Stops, a: int, b: int, time: int) -> tuple[int, int]:
    """(finish, level 3) of task b after a is done at `time`; finish UNREACHABLE where T6, T7 or the way forbid it."""
    arrive = max(time, stops.release[b]) + stops.leg[a, b]
    finish = max(arrive, stops.ready[b]) + stops.service[b]
    if arrive > stops.latest[b] or arrive >= UNREACHABLE or finish > stops.until:
        return UNREACHABLE, 0
    cost = stops.weight[b] * finish
    if arrive > stops.due[b]:
        cost += stops.weight[b] * stops.penalty
    return finish, cost


@njit(cache=True, nogil=True)
def near_sets(stops: Stops, size: int) -> IntArray:
    """(a, words) of bits: every task remembers itself and the `size` tasks that a route would soonest come back to."""
    count = len(stops.weight)
    result = np.zeros((count, max(1, (count + 63) // 64)), np.int64)
    kept, back = np.empty(size + 1, np.int64), np.empty(size + 1, np.int64)
    for a in range(count):
        found = 0
        for b in range(count):
            if a == b:
                continue
            time = stops.leg[a, b] + stops.leg[b, a] + stops.service[b]
            place = found
            while place > 0 and back[place - 1] > time:
                back[place], kept[place] = back[place - 1], kept[place - 1]
                place -= 1
            back[place], kept[place] = time, b
            found = min(size, found + 1)
        result[a, a >> 6] |= 1 << (a & 63)
        for b in kept[:found]:
            result[a, b >> 6] |= 1 << (b & 63)
    return result
