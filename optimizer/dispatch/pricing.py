"""Pricing of team routes: the cheapest sequences of one team at given task prizes, by ng-route labelling.

A label is (cost so far less prizes, time, last task, memory). The memory holds the tasks visited that the later
ones still remember (ng-sets: Baldacci, Mingozzi, Roberti, Operations Research 59 (2011) 1269-1283); where every
task remembers every other the routes are elementary (Feillet, Dejax, Gendreau, Gueguen, Networks 44 (2004)
216-229). A label is dominated by one at the same task that is no later, no dearer and remembers no more, because
waiting never makes a later stop cheaper.

(P1) `completion_bounds`: bound[a, b] <= the cost of whatever may follow task a when it is finished in time bucket b
     or later: the same routes with times rounded down to buckets and only the last task remembered (no 2-cycles).
     Steps inside a bucket are repeated as often as different tasks fit into its width.
(P2) `price_team`: labels in order of time; one whose cost and completion bound reach the threshold is dropped. So
     where no route beats the threshold, hardly a label is made, and the threshold is the bound.
Times need not obey the triangle inequality, teams may wait: (P1) only needs that a later start is never better.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.dispatch.kernels import TeamData
from optimizer.dispatch.stops import Stops, gather, near_sets, step
from optimizer.units import BoolArray, FloatArray, IntArray

BUCKETS = 20  # of time, for the completion bounds


@njit(cache=True, nogil=True)
def time_grid(stops: Stops, prize: FloatArray) -> tuple[int, int, int]:
    """(end, width, most): no stop pays that ends at `end` or later; width of a bucket of time from `stops.free` on;
    most steps to different tasks that fit into one bucket."""
    count = len(prize)
    last = 0.0
    for a in range(count):
        last = max(last, prize[a] / stops.weight[a])
    end = int(np.ceil(last))
    width = max(1, -(-(end - stops.free) // BUCKETS))
    short = np.empty(count, np.int64)
    for b in range(count):
        short[b] = stops.leg[:, b].min() + stops.service[b]
    short.sort()
    most, total = 0, 0
    while most < count and total + short[most] < width:
        total += short[most]
        most += 1
    return end, width, most


@njit(cache=True, nogil=True)
def completion_bounds(
    stops: Stops, prize: FloatArray, end: int, width: int, most: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """(P1) best (buckets, a), its first task `after`, and the best that begins with another one; 0 for stopping."""
    leg, release, ready, service, due, latest, weight, free, until, penalty = stops
    count = len(prize)
    buckets = max(1, -(-(end - free) // width))
    per = (1.0 - 1e-12) / width  # rounds down to a bucket, perhaps one too early, which is still a bound
    best, second = np.zeros((buckets, count)), np.zeros((buckets, count))
    after = np.full((buckets, count), -1, np.int64)
    short = np.empty((count * count, 2), np.int64)
    until = min(until, end - 1)
    entry, soonest = np.empty(count, np.int64), np.empty(count, np.int64)
    for b in range(count):
        entry[b] = leg[:, b].min()
        soonest[b] = max(max(free, release[b]) + entry[b], ready[b]) + service[b]
    lowest = 0.0  # of `best` in later buckets
    paying = np.empty(count, np.int64)
    for bucket in range(buckets - 1, -1, -1):
        time = free + bucket * width
        pays = 0
        for b in range(count):
            arrive = max(time, release[b]) + entry[b]
            finish = max(arrive, ready[b]) + service[b]
            if finish > until or arrive > latest[b]:
                continue
            if finish >= time + width and weight[b] * finish - prize[b] + lowest >= 0.0:
                continue  # whatever comes after it, it is better not to go there
            paying[pays] = b
            pays += 1
        shorts = 0
        for a in range(count):
            if soonest[a] >= time + width:
                continue  # nobody is there so early
            one, two, first = 0.0, 0.0, -1
            for b in paying[:pays]:
                arrive = max(time, release[b]) + leg[a, b]
                finish = max(arrive, ready[b]) + service[b]
                if finish > until or arrive > latest[b] or a == b:
                    continue
                value = weight[b] * finish - prize[b]
                if arrive > due[b]:
                    value += weight[b] * penalty
                later = int((finish - free) * per)
                if later <= bucket:
                    short[shorts, 0], short[shorts, 1] = a, b
                    shorts += 1
                    later = bucket + 1  # to begin with: the bucket is left
                if later < buckets:
                    value += best[later, b] if after[later, b] != a else second[later, b]
                if value < two:
                    if value < one:
                        two, one, first = one, value, b
                    else:
                        two = value
            best[bucket, a], second[bucket, a], after[bucket, a] = one, two, first
        for _ in range(most if shorts else 0):
            changed = False
            for index in range(shorts):
                a, b = short[index]
                _, cost = step(stops, a, b, time)
                value = cost - prize[b] + (best[bucket, b] if after[bucket, b] != a else second[bucket, b])
                if value >= second[bucket, a] or (after[bucket, a] == b and value >= best[bucket, a]):
                    continue
                changed = True
                if after[bucket, a] == b:
                    best[bucket, a] = value
                elif value < best[bucket, a]:
                    second[bucket, a] = best[bucket, a]
                    best[bucket, a], after[bucket, a] = value, b
                else:
                    second[bucket, a] = value
            if not changed:
                break
        lowest = min(lowest, best[bucket].min())
    return best, second, after


class Scratch(NamedTuple):
    """Arrays that labelling reuses: `cap` labels."""

    label: IntArray  # (cap, 6) time, last, parent, next at the same task, next in the same bucket, alive
    memory: IntArray  # (cap, words)
    cost: FloatArray  # (cap,)


def scratch(cap: int, tasks: int) -> Scratch:
    return Scratch(np.zeros((cap, 6), np.int64), np.zeros((cap, max(1, -(-tasks // 64))), np.int64), np.zeros(cap))


@njit(cache=True, nogil=True)
def _labelling(
    stops: Stops,
    prize: FloatArray,
    near: IntArray,
    end: int,
    width: int,
    best: FloatArray,
    second: FloatArray,
    after: IntArray,
    threshold: float,
    scratch: Scratch,
) -> int:
    """(P2) All undominated labels that may still come below `threshold`; how many, -1 where they ran out."""
    label, memory, cost = scratch.label, scratch.memory, scratch.cost
    buckets, count = best.shape
    cap, words = len(cost), near.shape[1]  # `memory` may have more words
    head, queue = np.full(count, -1, np.int64), np.full(buckets, -1, np.int64)
    made, index, bucket = 0, -1, 0
    while True:
        if index >= 0:
            while bucket < buckets and queue[bucket] < 0:
                bucket += 1
            if bucket == buckets:
                return made
            index = queue[bucket]
            queue[bucket] = label[index, 4]
            if label[index, 5] == 0:
                continue
            a, time, paid = label[index, 1], label[index, 0], cost[index]
        else:
            a, time, paid, index = count, stops.free, 0.0, made
        first = a == count
        for b in range(count):
            if not first and (memory[index, b >> 6] >> (b & 63)) & 1:
                continue
            finish, more = step(stops, a, b, time)
            if finish >= end:
                continue
            total = paid + more - prize[b]
            slot = (finish - stops.free) // width
            if total + (best[slot, b] if after[slot, b] != a else second[slot, b]) >= threshold:
                continue
            beaten = False
            other, previous = head[b], -1
            while other >= 0:
                following = label[other, 3]
                if label[other, 5] == 0:
                    label[previous if previous >= 0 else other, 3] = following
                    if previous < 0:
                        head[b] = following
                    other = following
                    continue
                inside, outside = True, True  # other within new, new within other
                for word in range(words):
                    old = memory[other, word]
                    new = 0 if first else memory[index, word] & near[b, word]
                    if word == b >> 6:
                        new |= 1 << (b & 63)
                    if old & ~new:
                        inside = False
                    if new & ~old:
                        outside = False
                if inside and label[other, 0] <= finish and cost[other] <= total:
                    beaten = True
                    break
                if outside and finish <= label[other, 0] and total <= cost[other]:
                    label[other, 5] = 0
                previous, other = other, following
            if beaten:
                continue
            if made == cap:
                return -1
            label[made, 0], label[made, 1], label[made, 2] = finish, b, -1 if first else index
            label[made, 3], label[made, 4], label[made, 5] = head[b], queue[slot], 1
            for word in range(words):
                memory[made, word] = 0 if first else memory[index, word] & near[b, word]
            memory[made, b >> 6] |= 1 << (b & 63)
            cost[made] = total
            head[b] = queue[slot] = made
            made += 1
        if first:
            index = 0


@njit(cache=True, nogil=True)
def price_team(
    stops: Stops,
    prize: FloatArray,
    near: IntArray,
    rent: float,
    depths: FloatArray,
    scratch: Scratch,
    routes: IntArray,
    lengths: IntArray,
) -> tuple[int, float, int]:
    """Routes that cost less than `rent` at prizes (a,); `near` (a, words): what each task remembers.

    Fills `routes` (most, longest) with positions in the team's tasks, cheapest first, and `lengths`; returns how
    many, a bound on the cost of every route and of none (0), and the labels made. Thresholds are tried from `depths`
    (falling shares of the way from the rent to the relaxed optimum) until one finds a route, so that early rounds,
    when many routes would pay, cost little.
    """
    count = len(prize)
    if count == 0:
        return 0, 0.0, 0
    end, width, most = time_grid(stops, prize)
    if end <= stops.free:
        return 0, min(0.0, rent), 0
    best, second, after = completion_bounds(stops, prize, end, width, most)
    relaxed = 0.0
    for b in range(count):
        finish, more = step(stops, count, b, stops.free)
        if finish < end:
            relaxed = min(relaxed, more - prize[b] + best[(finish - stops.free) // width, b])
    if relaxed >= rent:
        return 0, min(0.0, rent), 0
    proven, labels, found = relaxed, 0, 0
    for depth in depths:
        threshold = rent + depth * (relaxed - rent)
        made = _labelling(stops, prize, near, end, width, best, second, after, threshold, scratch)
        if made < 0:
            labels += len(scratch.cost)
            made = len(scratch.cost)
            complete = False
        else:
            labels += made
            complete = True
        least = _cheapest(scratch, made, rent, routes, lengths)
        found = least[0]
        if complete:
            proven = min(0.0, threshold, least[1])
        if found > 0 or not complete:
            break
    return found, proven, labels


@njit(cache=True, nogil=True)
def _cheapest(scratch: Scratch, made: int, rent: float, routes: IntArray, lengths: IntArray) -> tuple[int, float]:
    """Write the cheapest labels below `rent` out as routes; how many, and the least cost."""
    label, cost = scratch.label, scratch.cost
    found = 0
    least = 0.0
    chosen = np.full(len(lengths), -1, np.int64)
    for index in range(made):
        if label[index, 5] == 0 or cost[index] >= rent:
            continue
        place = found
        while place > 0 and cost[chosen[place - 1]] > cost[index]:
            place -= 1
        if place == len(chosen):
            continue
        found = min(found + 1, len(chosen))
        for position in range(found - 1, place, -1):
            chosen[position] = chosen[position - 1]
        chosen[place] = index
    for route in range(found):
        least = min(least, cost[chosen[route]])
        length, index = 0, chosen[route]
        while index >= 0:
            length += 1
            index = label[index, 2]
        lengths[route] = length
        index = chosen[route]
        for position in range(length - 1, -1, -1):
            routes[route, position] = label[index, 1]
            index = label[index, 2]
    return found, least


@njit(cache=True, nogil=True)
def price(
    data: TeamData,
    teams: IntArray,
    open_to: BoolArray,
    prize: FloatArray,
    near: int,
    rent: FloatArray,
    depths: FloatArray,
    scratch: Scratch,
    routes: IntArray,
    lengths: IntArray,
    owner: IntArray,
    least: FloatArray,
    labels: IntArray,
) -> int:
    """`price_team` for several teams (t,) of the problem over the tasks that are `open_to` them (t, tasks), each task
    remembering the `near` nearest.

    Fills `routes` (t x most, longest) with tasks, and `lengths` and `owner` (t x most,); returns how many. `least` and
    `labels` (t,) are set to the bound and the labels of each team.
    """
    made, most = 0, len(lengths) // len(teams)
    for number in range(len(teams)):
        tasks = np.flatnonzero(open_to[number])
        stops = gather(data, teams[number], tasks)
        found, least[number], labels[number] = price_team(
            stops, prize[number][tasks], near_sets(stops, near), rent[number], depths, scratch,
            routes[made : made + most], lengths[made : made + most],
        )  # fmt: skip
        for route in range(made, made + found):
            owner[route] = teams[number]
            for position in range(lengths[route]):
                routes[route, position] = tasks[routes[route, position]]
        made += found
    return made
