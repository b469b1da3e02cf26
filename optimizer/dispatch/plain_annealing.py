"""Annealing where nothing but travel and service passes time: no waiting, no limit, no due time, one slot a task.

There every later stop of a team moves by the same shift, so that a move costs a few additions instead of a walk:
putting task j between stops p - 1 and p adds  w_j * finish_j + (legs and service added) * (weights from p on).
(Savelsbergh's forward time slack, ORSA J. Computing 4 (1992) 146-154, with a linear cost.) Same moves, same random
numbers as `annealing`, which stays for everything else; three times as many moves a second. The helpers take arrays
one by one, untyped: handed over in tuples they take six times as long.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.dispatch.annealing import INSERT, NEAREST, draw
from optimizer.dispatch.kernels import FREE, GROUP, INCIDENT, PLACE, SERVICE, TURNOUT, WEIGHT, TeamData, copy_stops
from optimizer.dispatch.team_model import TeamModel
from optimizer.units import UNREACHABLE, IntArray

FAR = 1 << 56  # more than any delta


class Tours(NamedTuple):
    """Stops of m teams by position; row m is scratch for a team less one stop."""

    stop: IntArray  # (m + 1, n + 1) slot
    leg: IntArray  # (m + 1, n + 1) way to it
    finish: IntArray  # (m + 1, n + 1)
    after: IntArray  # (m + 1, n + 2) weights from this position on
    length: IntArray  # (m + 1,)


def is_plain(model: TeamModel) -> bool:
    """Whether the kernel below may be used."""
    data = model.data
    return bool(
        len(model.data.task_of)
        and not model.pinned
        and len(np.unique(data.task_of)) == len(data.task_of)
        and (data.due >= UNREACHABLE).all()
        and (data.latest >= UNREACHABLE).all()
        and (data.until >= UNREACHABLE).all()
        and data.release.max() <= data.free.min(initial=UNREACHABLE)
        and data.ready.max(initial=0) <= data.free.min(initial=UNREACHABLE)
    )


@njit(cache=True, nogil=True)
def tours_of(data: TeamData, sequence: IntArray, length: IntArray) -> Tours:
    m, n = len(length), len(data.task_of)
    shape = (m + 1, n + 2)
    tours = Tours(
        np.full(shape, -1, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64),
        np.zeros(m + 1, np.int64),
    )  # fmt: skip
    for k in range(m):
        tours.length[k] = length[k]
        tours.stop[k, : length[k]] = sequence[k, : length[k]]
        _refresh(k, k, tours.stop, tours.leg, tours.finish, tours.after, tours.length, data.task_of, data.task,
                 data.team, data.stay, data.base, data.between)  # fmt: skip
    return tours


@njit(cache=True, inline="always")
def _way(k, before, j, task_of, task, team, base, between):  # type: ignore[no-untyped-def]
    """From slot `before` (-1: where the team is) to task j."""
    i = task[j, INCIDENT]
    place = team[k, PLACE] if before < 0 else task[task_of[before], INCIDENT]
    if place == i:
        return 0
    if place < 0:
        return base[k, i] + team[k, TURNOUT]
    return between[team[k, GROUP], place, i] + team[k, TURNOUT]


@njit(cache=True, nogil=True)
def _refresh(row, k, stop, leg, finish, after, length, task_of, task, team, stay, base, between):  # type: ignore[no-untyped-def]
    """Recompute one row from its stops."""
    count = length[row]
    time, before = team[k, FREE], -1
    for position in range(count):
        slot = stop[row, position]
        j = task_of[slot]
        leg[row, position] = _way(k, before, j, task_of, task, team, base, between)
        time += leg[row, position] + stay[j, k, SERVICE]
        finish[row, position] = time
        before = slot
    total = 0
    after[row, count] = 0
    for position in range(count - 1, -1, -1):
        total += task[task_of[stop[row, position]], WEIGHT]
        after[row, position] = total


@njit(cache=True, nogil=True)
def _removal(k, position, stop, leg, finish, after, length, task_of, task, team, stay, base, between):  # type: ignore[no-untyped-def]
    """Change of level 3 by taking the stop at `position` out of team k."""
    j = task_of[stop[k, position]]
    delta = -task[j, WEIGHT] * finish[k, position]
    if position + 1 < length[k]:
        before = stop[k, position - 1] if position else -1
        way = _way(k, before, task_of[stop[k, position + 1]], task_of, task, team, base, between)
        shift = way - leg[k, position] - stay[j, k, SERVICE] - leg[k, position + 1]
        delta += shift * after[k, position + 1]
    return delta


@njit(cache=True, nogil=True)
def _insertion(row, k, slot, stop, leg, finish, after, length, task_of, task, team, stay, base, between):  # type: ignore[no-untyped-def]
    """(least change of level 3 by putting `slot` into a row of team k, where)."""
    j = task_of[slot]
    weight, service = task[j, WEIGHT], stay[j, k, SERVICE]
    best, where = FAR, -1
    time, before = team[k, FREE], -1
    count = length[row]
    for position in range(count + 1):
        here = time + _way(k, before, j, task_of, task, team, base, between) + service
        delta = weight * here
        if delta >= best:
            if position < count:
                time, before = finish[row, position], stop[row, position]
            continue
        if position < count:
            following = stop[row, position]
            way = _way(k, slot, task_of[following], task_of, task, team, base, between)
            delta += (here + way - time - leg[row, position]) * after[row, position]
            time, before = finish[row, position], following
        if delta < best:
            best, where = delta, position
    return best, where


@njit(cache=True, nogil=True)
def _less_one(row, k, position, stop, leg, finish, after, length, task_of, task, team, stay, base, between):  # type: ignore[no-untyped-def]
    """Write team k without the stop at `position` to `row`."""
    length[row] = length[k] - 1
    for index in range(length[k] - 1):
        stop[row, index] = stop[k, index + (index >= position)]
    _refresh(row, k, stop, leg, finish, after, length, task_of, task, team, stay, base, between)


@njit(cache=True, nogil=True)
def _put(k, slot, position, stop, length):  # type: ignore[no-untyped-def]
    for index in range(length[k], position, -1):
        stop[k, index] = stop[k, index - 1]
    stop[k, position] = slot
    length[k] += 1


@njit(cache=True, nogil=True)
def _position(k, slot, stop):  # type: ignore[no-untyped-def]
    position = 0
    while stop[k, position] != slot:
        position += 1
    return position


@njit(cache=True, nogil=True)
def anneal_plain(
    data: TeamData,
    start: IntArray,
    choices: IntArray,
    alone: IntArray,
    tours: Tours,
    team_of: IntArray,
    best_stop: IntArray,
    best_length: IntArray,
    level: IntArray,
    state: IntArray,
    first: int,
    last: int,
    total: int,
    hot: float,
    cold: float,
    every: int,
    pool: IntArray,
) -> int:
    """Moves `first`..`last` of `total`. `alone` (n, m): level 3 of a slot that its team serves first, `FAR` where it
    may not; a move for which even that is too much is not looked at. `level` (2,): best and current level 3. Every
    `every` moves (0: never) the routes of teams changed since are written to rows of `pool` (team, length, slots...);
    returns how many."""
    stop, leg, finish, after, length = tours
    task_of, task, team, stay, base, between = data.task_of, data.task, data.team, data.stay, data.base, data.between
    n, m = len(task_of), len(team)
    best, current = level[0], level[1]
    decay = math.log(cold / hot)
    temperature = hot
    changed = np.zeros(m, np.bool_)
    kept = 0
    for iteration in range(first, last):
        if iteration & 63 == 0 or iteration == first:
            temperature = hot * math.exp(decay * iteration / total)
        if every and iteration % every == every - 1:
            for k in range(m):
                if changed[k] and length[k] and kept < len(pool) and length[k] + 2 <= pool.shape[1]:
                    pool[kept, 0], pool[kept, 1] = k, length[k]
                    pool[kept, 2 : 2 + length[k]] = stop[k, : length[k]]
                    kept += 1
                changed[k] = False
        slot = min(n - 1, int(draw(state) * n))
        old = team_of[slot]
        allowance = -temperature * math.log(1.0 - draw(state))
        if draw(state) < INSERT:
            span = min(NEAREST, start[slot + 1] - start[slot])
            at = draw(state)
            new = choices[start[slot] + min(span - 1, int(at * at * span))]
            position = _position(old, slot, stop)
            delta = _removal(old, position, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
            if delta + alone[slot, new] > allowance:
                continue
            if new == old:
                _less_one(m, old, position, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
                more, where = _insertion(
                    m, old, slot, stop, leg, finish, after, length, task_of, task, team, stay, base, between
                )
            else:
                more, where = _insertion(
                    new, new, slot, stop, leg, finish, after, length, task_of, task, team, stay, base, between
                )
            delta += more
            if delta > allowance or (new == old and where == position):
                continue
            _take(old, position, stop, length)
            _put(new, slot, where, stop, length)
            team_of[slot] = new
        else:
            other = min(n - 1, int(draw(state) * n))
            new = team_of[other]
            least = alone[slot, new] + alone[other, old]
            if new == old or least >= FAR:
                continue
            position, place = _position(old, slot, stop), _position(new, other, stop)
            delta = _removal(old, position, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
            delta += _removal(new, place, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
            if delta + least > allowance:
                continue
            _less_one(m, old, position, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
            more, back = _insertion(
                m, old, other, stop, leg, finish, after, length, task_of, task, team, stay, base, between
            )
            delta += more
            if delta + alone[slot, new] > allowance:
                continue
            _less_one(m, new, place, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
            more, where = _insertion(
                m, new, slot, stop, leg, finish, after, length, task_of, task, team, stay, base, between
            )
            delta += more
            if delta > allowance:
                continue
            _take(old, position, stop, length)
            _take(new, place, stop, length)
            _put(old, other, back, stop, length)
            _put(new, slot, where, stop, length)
            team_of[slot], team_of[other] = new, old
        _refresh(old, old, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
        if new != old:
            _refresh(new, new, stop, leg, finish, after, length, task_of, task, team, stay, base, between)
        changed[old] = changed[new] = True
        current += delta
        if current < best:
            best = current
            copy_stops(stop, length, best_stop, best_length)
    level[0], level[1] = best, current
    return kept


@njit(cache=True, nogil=True)
def _take(k, position, stop, length):  # type: ignore[no-untyped-def]
    for index in range(position, length[k] - 1):
        stop[k, index] = stop[k, index + 1]
    length[k] -= 1
