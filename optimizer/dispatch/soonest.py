"""How soon a team can have finished a task, whatever it does before: quickest chains of legs, shortest last ones."""

import numpy as np
from numba import njit

from optimizer.dispatch.kernels import FREE, GROUP, INCIDENT, LATEST, PLACE, RELEASE, UNTIL, TeamData, done
from optimizer.units import UNREACHABLE, BoolArray, IntArray

CHAIN_LOOKS = 100_000_000  # legs looked at for the quickest chains


def soonest_finish(data: TeamData, able: BoolArray) -> tuple[IntArray, bool]:
    """(tasks, teams): no route of the team finishes the task before; UNREACHABLE where it may not serve it. And
    whether a stop that costs more than it is worth is never worth making: no detour is quicker, nobody waits.

    A team comes no sooner than by the quickest chain of legs (turnouts and services on the way left out; looked for
    where that is quick), and, where it has waited for the report nearby, by the shortest last leg.
    """
    groups, places = data.between.shape[0], data.between.shape[2]
    base = np.where((data.place >= 0)[:, None], UNREACHABLE, data.base)
    last = np.minimum(base, nearest_legs(data.between)[data.group]) + data.turnout[:, None]
    last[:, np.bincount(data.incident_of, minlength=places) > 1] = 0  # it may have had another task there
    travel, straight = last, False
    if max(10 * groups * places**3, len(data.free) * places**2) <= CHAIN_LOOKS:
        travel, metric = chains(data)
        travel = travel + data.turnout[:, None]
        latest = max(int(data.release.max(initial=0)), int(data.ready.max(initial=0)))
        straight = metric and latest <= int(data.free.min(initial=UNREACHABLE))
    there = np.flatnonzero(data.place >= 0)
    travel[there, data.place[there]] = last[there, data.place[there]] = 0
    return _soonest(data, able, travel, last), straight


@njit(cache=True, nogil=True)
def _soonest(data: TeamData, able: BoolArray, travel: IntArray, last: IntArray) -> IntArray:
    """`soonest_finish` by the shortest ways (teams, incidents) from where each team is and from anywhere."""
    task, team, stay = data.task, data.team, data.stay
    result = np.full(able.shape, UNREACHABLE, np.int64)
    for j in range(len(task)):
        i = task[j, INCIDENT]
        for k in range(len(team)):
            arrive = max(team[k, FREE] + travel[k, i], task[j, RELEASE] + last[k, i])
            finish = done(arrive, j, k, stay)
            if able[j, k] and arrive <= task[j, LATEST] and finish <= team[k, UNTIL]:
                result[j, k] = min(finish, UNREACHABLE)
    return result


@njit(cache=True, nogil=True)
def chains(data: TeamData) -> tuple[IntArray, bool]:
    """(m, i): the quickest way of each team to each incident over any others (Floyd-Warshall), without turnouts;
    and whether no way is quicker than the straight one."""
    team, base, between = data.team, data.base, data.between
    groups, places = between.shape[0], between.shape[2]
    quick = between.copy()
    for g in range(groups):
        for middle in range(places):
            for a in range(places):
                head = quick[g, a, middle]
                if head < UNREACHABLE:
                    for b in range(places):
                        quick[g, a, b] = min(quick[g, a, b], head + quick[g, middle, b])
    metric = True
    for g in range(groups):
        for a in range(places):
            for b in range(places):
                metric = metric and (a == b or quick[g, a, b] == between[g, a, b])
    result = base.copy()
    for k in range(len(team)):
        g, place = team[k, GROUP], team[k, PLACE]
        if place >= 0:
            result[k] = quick[g, place]
            result[k, place] = 0
            continue
        for middle in range(places):
            head = base[k, middle]
            if head < UNREACHABLE:
                for b in range(places):
                    result[k, b] = min(result[k, b], head + quick[g, middle, b])
        for b in range(places):
            metric = metric and result[k, b] == base[k, b]
    return result, metric


@njit(cache=True, nogil=True)
def nearest_legs(between: IntArray) -> IntArray:
    """(g, i): the shortest leg to each incident from another one."""
    groups, places = between.shape[0], between.shape[2]
    result = np.full((groups, places), UNREACHABLE, np.int64)
    for g in range(groups):
        for a in range(places):
            for b in range(places):
                if a != b:
                    result[g, b] = min(result[g, b], between[g, a, b])
    return result
