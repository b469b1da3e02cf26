"""The compiled search for rounds: ruin and recreate by strings of neighbours, under simulated annealing.

After Christiaens & Vanden Berghe, "Slack induction by string removals for vehicle routing problems"
(Transportation Science, 2020), with three changes: an insertion is tried beside the `near` places only (granular
neighbourhoods of Toth & Vigo, 2003), a round may change to another free day (P3, P5), and visits that fit nowhere
stay out at a price (P6). Rounds are linked lists; 0 is the station and the end of every list.
"""

from typing import Any

import numpy as np
from numba import njit

from optimizer.units import FloatArray, IntArray

REMOVED = 10  # visits per ruin on average, and the longest string (both of the paper)
BLINK = 0.01  # an insertion is overlooked with this probability (of the paper)
MODULUS = (1 << 31) - 1
AFTER, BEFORE, OF = 0, 1, 2  # rows of `links`: (3, N)
FIRST, LAST, DAY, WORK = 0, 1, 2, 3  # rows of `rounds`: (4, R)
NOWHERE, NEW = -1, -2


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _draw(state: IntArray) -> float:
    """Uniform in (0, 1): the generator of Park & Miller, the same on every machine."""
    state[0] = state[0] * 48271 % MODULUS
    return float(state[0]) / MODULUS


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _day_for(low: int, high: int, work_s: int, limit_s: IntArray, free: IntArray) -> int:
    """The first day from `low` to `high` with a pair to spare and hours enough, or NOWHERE."""
    for day in range(low, high + 1):
        if free[day] > 0 and limit_s[day] >= work_s:
            return day
    return NOWHERE


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _window(r: int, links: IntArray, rounds: IntArray, low: IntArray, high: IntArray) -> tuple[int, int]:
    """Days that all visits of a round allow (P3)."""
    least, most = 0, 1 << 30
    visit = rounds[FIRST, r]
    while visit > 0:
        least, most = max(least, low[visit]), min(most, high[visit])
        visit = links[AFTER, visit]
    return least, most


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _place(visit: int, data: Any, plan: Any, change_s: int, state: IntArray, blink: float) -> int:
    """Put a visit where it adds least; what it adds, or NOWHERE."""
    travel, service, low, high, near, limit_s, kept = data
    links, rounds, free, empty = plan
    own, keep = service[visit], kept[visit]
    best, best_round, best_left, best_day = 1 << 60, NOWHERE, 0, 0
    for k in range(near.shape[1]):
        other = near[visit, k]
        if other <= 0:
            break
        r = links[OF, other]
        if r < 0:
            continue
        on = rounds[DAY, r]
        fits = low[visit] <= on <= high[visit]
        if not fits and change_s > 0:
            continue
        changed = change_s if keep >= 0 and on != keep else 0
        for side in range(2):
            left = links[BEFORE, other] if side == 0 else other
            right = other if side == 0 else links[AFTER, other]
            add = np.int64(travel[left, visit]) + travel[visit, right] - travel[left, right]
            total = rounds[WORK, r] + own + add
            if add + changed >= best or (fits and total > limit_s[on]) or (blink > 0 and _draw(state) < blink):
                continue
            to = on
            if not fits:
                least, most = _window(r, links, rounds, low, high)
                to = _day_for(max(least, low[visit]), min(most, high[visit]), total, limit_s, free)
                if to == NOWHERE:
                    continue
            best, best_round, best_left, best_day = add + changed, r, left, to
    add = np.int64(travel[0, visit]) + travel[visit, 0]
    if add < best and empty[0] > 0:  # a round of its own
        to, changed = NOWHERE, 0
        if keep >= 0:
            to = _day_for(keep, keep, own + add, limit_s, free)
            changed = change_s if to == NOWHERE else 0
        if to == NOWHERE and add + changed < best:
            to = _day_for(low[visit], high[visit], own + add, limit_s, free)
        if to != NOWHERE:
            best, best_round, best_left, best_day = add + changed, NEW, 0, to
    if best_round == NOWHERE:
        return NOWHERE
    r = best_round
    if r == NEW:
        r = empty[empty[0]]
        empty[0] -= 1
        rounds[FIRST, r] = rounds[LAST, r] = rounds[WORK, r] = 0
        rounds[DAY, r] = best_day
        free[best_day] -= 1
    elif rounds[DAY, r] != best_day:
        free[rounds[DAY, r]] += 1
        free[best_day] -= 1
        rounds[DAY, r] = best_day
    left = best_left
    right = rounds[FIRST, r] if left == 0 else links[AFTER, left]
    rounds[WORK, r] += own + travel[left, visit] + travel[visit, right] - travel[left, right]
    links[AFTER, visit], links[BEFORE, visit], links[OF, visit] = right, left, r
    if left == 0:
        rounds[FIRST, r] = visit
    else:
        links[AFTER, left] = visit
    if right == 0:
        rounds[LAST, r] = visit
    else:
        links[BEFORE, right] = visit
    return int(best)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _take_out(visit: int, data: Any, plan: Any, change_s: int) -> int:
    """What is saved."""
    travel, service, _, _, _, _, kept = data
    links, rounds, free, empty = plan
    r, left, right = links[OF, visit], links[BEFORE, visit], links[AFTER, visit]
    saved = np.int64(travel[left, visit]) + travel[visit, right] - travel[left, right]
    rounds[WORK, r] -= service[visit] + saved
    if left == 0:
        rounds[FIRST, r] = right
    else:
        links[AFTER, left] = right
    if right == 0:
        rounds[LAST, r] = left
    else:
        links[BEFORE, right] = left
    links[OF, visit] = NOWHERE
    if rounds[FIRST, r] == 0:
        free[rounds[DAY, r]] += 1
        empty[0] += 1
        empty[empty[0]] = r
    if kept[visit] >= 0 and kept[visit] != rounds[DAY, r]:
        saved += change_s
    return int(saved)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _begin(start: IntArray, start_day: IntArray, data: Any, plan: Any, price: IntArray, change_s: int) -> int:
    """Set up a plan from the rounds to begin with; its cost."""
    travel, service, _, _, _, _, kept = data
    links, rounds, free, empty = plan
    links[OF] = NOWHERE
    cost = np.int64(0)
    for r in range(len(start_day) - 1, -1, -1):
        rounds[DAY, r] = start_day[r]
        here = 0
        for visit in start[r]:
            if visit == 0:
                break
            links[OF, visit], links[BEFORE, visit] = r, here
            rounds[WORK, r] += service[visit] + travel[here, visit]
            cost += travel[here, visit]
            if here == 0:
                rounds[FIRST, r] = visit
            else:
                links[AFTER, here] = visit
            if kept[visit] >= 0 and kept[visit] != start_day[r]:
                cost += change_s
            here = visit
        rounds[LAST, r] = here
        rounds[WORK, r] += travel[here, 0]
        cost += travel[here, 0]
        if here == 0:
            empty[0] += 1
            empty[empty[0]] = r
        else:
            free[start_day[r]] -= 1
    for visit in range(1, len(service)):
        if links[OF, visit] < 0:
            cost += price[visit]
    return int(cost)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ruin(step: int, out: IntArray, outs: int, ruined: IntArray, data: Any, plan: Any, change_s: int,
          state: IntArray) -> tuple[int, int]:  # fmt: skip
    """Take strings out of rounds around one place: (visits that are out, what is saved)."""
    near = data[4]
    links, rounds, _, empty = plan
    nodes = links.shape[1]
    used = rounds.shape[1] - empty[0]
    longest = max(1.0, min(float(REMOVED), (nodes - 1.0 - outs) / max(1, used)))
    strings = int(_draw(state) * (4.0 * REMOVED / (1.0 + longest) - 1.0) + 1.0)
    centre = 1 + int(_draw(state) * (nodes - 1))
    saved = np.int64(0)
    for k in range(-1, near.shape[1]):
        visit = centre if k < 0 else near[centre, k]
        if visit <= 0 or strings == 0:
            break
        r = links[OF, visit]
        if r < 0 or ruined[r] == step:
            continue
        ruined[r] = step
        strings -= 1
        at, size, here = 0, 0, rounds[FIRST, r]
        while here > 0:
            if here == visit:
                at = size
            size += 1
            here = links[AFTER, here]
        length = min(size, 1 + int(_draw(state) * min(float(size), longest)))
        begin = max(0, at - length + 1)
        begin += int(_draw(state) * (min(at, size - length) - begin + 1))
        here = rounds[FIRST, r]
        for _ in range(begin):
            here = links[AFTER, here]
        for _ in range(length):
            following = links[AFTER, here]
            saved += _take_out(here, data, plan, change_s)
            out[outs] = here
            outs += 1
            here = following
    return outs, int(saved)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ranks(out: IntArray, data: Any, state: IntArray) -> IntArray:
    """The order in which visits are put back: by chance, long ones, far ones, near ones or narrow windows first."""
    travel, service, low, high = data[0], data[1], data[2], data[3]
    kind = int(_draw(state) * 12)
    key = np.empty(len(out))
    for k, visit in enumerate(out):
        if kind < 4:
            key[k] = _draw(state)
        elif kind < 6:
            key[k] = -service[visit]
        elif kind < 8:
            key[k] = -travel[0, visit]
        elif kind < 9:
            key[k] = travel[0, visit]
        else:
            key[k] = high[visit] - low[visit]
    return np.argsort(key, kind="mergesort")


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shift(data: Any, plan: Any, state: IntArray) -> None:
    """One round goes to another day that its visits allow, or two change days, at no cost (P3, P5)."""
    _, _, low, high, _, limit_s, _ = data
    links, rounds, free, _ = plan
    r = int(_draw(state) * rounds.shape[1])
    if rounds[FIRST, r] > 0:
        least, most = _window(r, links, rounds, low, high)
        to = least + int(_draw(state) * (most - least + 1))
        on = rounds[DAY, r]
        if free[to] > 0 and rounds[WORK, r] <= limit_s[to]:
            free[on] += 1
            free[to] -= 1
            rounds[DAY, r] = to
            return
        other = int(_draw(state) * rounds.shape[1])
        to = rounds[DAY, other]
        if rounds[FIRST, other] > 0 and least <= to <= most and rounds[WORK, r] <= limit_s[to]:
            least, most = _window(other, links, rounds, low, high)
            if least <= on <= most and rounds[WORK, other] <= limit_s[on]:
                rounds[DAY, r], rounds[DAY, other] = to, on


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def search(
    data: Any, pairs: IntArray, price: IntArray, change_s: int, start: IntArray, start_day: IntArray, heat: FloatArray,
    iterations: int, seed: int,
) -> tuple[IntArray, IntArray, int]:  # fmt: skip
    """(links, rounds, cost) of the best plan after `iterations` ruins.

    data      (travel, service, low, high, near, limit_s, kept):
              travel (N, N) seconds between places, 0 the station; service (N,) seconds on site; low, high (N,) days
              (P3); near (N, K) places beside which a visit is tried, nearest first, 0 where there are no more;
              limit_s (D,) working seconds of a round on each day (P4); kept (N,) day that a visit should keep at the
              price of change_s, -1: any day
    pairs     (D,) rounds that there can be on each day (P5); price (N,) of leaving a visit out (P6)
    start     (R, L) visits of the rounds to begin with, 0 filled; start_day (R,); R >= sum of pairs
    heat      (2,) first and last temperature, in seconds
    """
    nodes, count = len(data[1]), len(start_day)
    plan = (np.zeros((3, nodes), np.int64), np.zeros((4, count), np.int64), pairs.copy(), np.zeros(count + 1, np.int64))
    links, rounds, free, empty = plan
    cost = _begin(start, start_day, data, plan, price, change_s)
    best, best_links, best_rounds = cost, links.copy(), rounds.copy()
    old_links, old_rounds, old_free, old_empty = links.copy(), rounds.copy(), free.copy(), empty.copy()
    state = np.full(1, 1 + seed % (MODULUS - 1), np.int64)
    for _ in range(8):
        _draw(state)
    waiting, waits = np.zeros(nodes, np.int64), 0
    for visit in range(1, nodes):
        if links[OF, visit] < 0:
            waiting[waits] = visit
            waits += 1
    out, ruined = np.zeros(nodes, np.int64), np.full(count, -1, np.int64)
    factor, warm = (heat[1] / heat[0]) ** (1.0 / max(1, iterations)), heat[0]
    for step in range(iterations + 1):  # step 0 puts in what the start left out
        new, outs = cost, waits
        for k in range(waits):
            out[k] = waiting[k]
            new -= price[waiting[k]]
        if step > 0:
            if change_s == 0:
                _shift(data, plan, state)
            outs, saved = _ruin(step, out, outs, ruined, data, plan, change_s, state)
            new -= saved
        for k in _ranks(out[:outs], data, state):
            visit = out[k]
            add = _place(visit, data, plan, change_s, state, BLINK if step > 0 else 0.0)
            new += price[visit] if add == NOWHERE else add
        if step == 0 or new < cost - warm * np.log(_draw(state)):
            cost = new
            waits = 0
            for k in range(outs):
                if links[OF, out[k]] < 0:
                    waiting[waits] = out[k]
                    waits += 1
            old_links[:], old_rounds[:], old_free[:], old_empty[:] = links, rounds, free, empty
            if cost < best or step == 0:
                best = cost
                best_links[:], best_rounds[:] = links, rounds
        else:
            links[:], rounds[:], free[:], empty[:] = old_links, old_rounds, old_free, old_empty
        warm *= factor
    return best_links, best_rounds, best
