"""`plan_town`: the rounds of a town's year (P3 to P8)."""

from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow

from optimizer.staffing.patrol.kernels import DAY, FIRST, OF, search
from optimizer.staffing.patrol.model import Round, Stop, TownPlan, TownYear
from optimizer.units import UNREACHABLE, BoolArray, IntArray

NEAR = 60  # places beside which a visit is tried: more gained nothing in a town of 1,000 visits
PER_VISIT = 300  # ruins for each visit: 3 s for 1,000 visits
LEAST = 30_000  # ruins at least, 0.1 s: very small towns are then solved as brute force would
HEAT_S = (100.0, 1.0)  # seconds of travel, first and last
FAR = 1 << 28  # of a way that there is not: more than any working day, and fits 32 bits when added


def plan_town(year: TownYear, *, iterations: int | None = None, seed: int = 0) -> TownPlan:
    """Rounds by the rules P3 to P8; equal input, seed and iterations give equal rounds.

    iterations  ruins of the search; None: PER_VISIT for each visit, LEAST at least
    """
    iterations = max(LEAST, PER_VISIT * year.visits) if iterations is None else iterations
    never = np.full(year.visits + 1, -1, np.int64)
    _, routes = improve(year, [], [], kept=never, change_s=0, iterations=iterations, seed=seed)
    slots, per_week = dated(year, routes)
    rounds = [walk(year, pair, day, route) for (pair, day), route in zip(slots, routes, strict=True)]
    return planned(year, rounds, per_week=per_week, seed=seed, iterations=iterations)


def planned(year: TownYear, rounds: list[Round], *, per_week: int, seed: int, iterations: int) -> TownPlan:
    """A plan of these rounds."""
    made = {visit for one in rounds for visit in one.visits}
    return TownPlan(
        rounds=tuple(sorted(rounds, key=lambda one: (one.day, one.pair))),
        left_out=tuple(visit for visit in range(1, year.visits + 1) if visit not in made),
        travel_s=sum(one.travel_s for one in rounds),
        per_week=per_week,
        seed=seed,
        iterations=iterations,
    )


def walk(year: TownYear, pair: int, day: int, route: list[int]) -> Round:
    """The round with its times, everything as early as can be."""
    now, here, travel, stops = 0, 0, 0, []
    for visit in route:
        way = int(year.travel_s[here, visit])
        travel += way
        arrive = now + way
        now = arrive + int(year.on_site_s[visit])
        stops.append(Stop(visit, arrive, now))
        here = visit
    way = int(year.travel_s[here, 0])
    return Round(pair, day, tuple(stops), now + way, travel + way)


def neighbours(year: TownYear, *, near: int = NEAR) -> IntArray:
    """(V + 1, near) the nearest places, there and back, whose windows share a day, 0 filled; ties by number."""
    both = np.minimum(year.travel_s, FAR) + np.minimum(year.travel_s.T, FAR)
    apart = (year.first_day[:, None] > year.last_day[None, :]) | (year.last_day[:, None] < year.first_day[None, :])
    both = np.where(apart | (both >= FAR), UNREACHABLE, both)
    both[:, 0] = UNREACHABLE
    np.fill_diagonal(both, UNREACHABLE)
    order = np.argsort(both, axis=1, kind="stable")[:, : max(1, near)]
    return np.where(np.take_along_axis(both, order, 1) < UNREACHABLE, order, 0).astype(np.int64)


def improve(
    year: TownYear, days: list[int], routes: list[list[int]], *, kept: IntArray, change_s: int, iterations: int,
    seed: int,
) -> tuple[list[int], list[list[int]]]:  # fmt: skip
    """(day, visits) of each round: the search from these rounds on (P3 to P7). Visits that no round has are put in.

    kept      (V + 1,) day that a visit should keep at the price of change_s seconds, -1: any day
    """
    if not year.visits:
        return [], []
    pairs = year.on_patrol.sum(axis=0).astype(np.int64)
    rounds = max(1, int(pairs.sum()))
    start = np.zeros((rounds, max([1, *map(len, routes)])), np.int64)
    start_day = np.zeros(rounds, np.int64)
    for row, (day, route) in enumerate(zip(days, routes, strict=True)):
        start[row, : len(route)], start_day[row] = route, day
    data: Any = (
        np.minimum(year.travel_s, FAR).astype(np.int32),
        year.on_site_s.astype(np.int64),
        np.maximum(year.first_day, 0),
        np.minimum(year.last_day, len(year.week) - 1),
        neighbours(year),
        year.work_s.astype(np.int64),
        kept,
    )
    price = int(year.work_s.max(initial=1)) * 50 * year.weight
    links, found, _ = search(
        data, pairs, price, change_s, start, start_day, np.array(HEAT_S), iterations, seed
    )  # fmt: skip
    out_days, out_routes = [], []
    for row in np.flatnonzero(found[FIRST] > 0).tolist():
        route, here = [], int(found[FIRST, row])
        while here > 0:
            route.append(here)
            here = int(links[0, here])
        assert all(links[OF, visit] == row for visit in route)
        out_days.append(int(found[DAY, row]))
        out_routes.append(route)
    return out_days, out_routes


def dated(year: TownYear, routes: list[list[int]]) -> tuple[list[tuple[int, int]], int]:
    """((pair, day) of each round, most rounds of a week) by P8."""
    if not routes:
        return [], 0
    low = np.array([max(int(year.first_day[visit]) for visit in route) for route in routes])
    high = np.array([min(int(year.last_day[visit]) for visit in route) for route in routes])
    work = np.array([walk(year, 0, 0, route).back_s for route in routes])
    weight = np.array([int(year.weight[route].sum()) for route in routes])
    day = np.arange(len(year.week))
    allowed = (low[:, None] <= day) & (day <= high[:, None]) & (work[:, None] <= year.work_s)
    found = _level(year, allowed, weight)
    return in_turn(year, found), int(np.bincount(year.week[found]).max())


def _level(year: TownYear, allowed: BoolArray, weight: IntArray) -> list[int]:
    """Day of each round by a flow from rounds to days to weeks; the k-th round of a week costs 2 k - 1 in squares."""
    count, days = allowed.shape
    one, day = np.nonzero(allowed)
    pairs = year.on_patrol.sum(axis=0).astype(np.int64)
    room = np.bincount(year.week, pairs).astype(np.int64)
    weeks, sink = len(room), count + days + len(room)
    square = int(weight.sum()) * days + 1  # one square is more than all of weight x day
    which = np.repeat(np.arange(weeks), room)
    kth = np.concatenate([np.arange(1, each + 1) for each in room.tolist()])
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(one, count + day, np.ones(len(one), np.int64), weight[one] * day)
    for tail, head, most, cost in (
        (count + np.arange(days), count + days + year.week, pairs, np.zeros(days, np.int64)),
        (count + days + which, np.full(len(which), sink), np.ones(len(which), np.int64), square * (2 * kth - 1)),
    ):
        flow.add_arcs_with_capacity_and_unit_cost(tail, head, most, cost)
    supply = np.zeros(sink + 1, np.int64)
    supply[:count], supply[sink] = 1, -count
    flow.set_nodes_supplies(np.arange(sink + 1), supply)
    status = flow.solve()
    assert status == flow.OPTIMAL, status  # the dating of the search is one that is possible
    used = flow.flows(arcs) > 0
    found = np.zeros(count, np.int64)
    found[one[used]] = day[used]
    return [int(each) for each in found]


def in_turn(year: TownYear, days: list[int]) -> list[tuple[int, int]]:
    """(pair, day) of rounds on these days: on each day those pairs go that went least."""
    turns = [0] * len(year.on_patrol)
    pair = [0] * len(days)
    gone: set[tuple[int, int]] = set()
    for row in sorted(range(len(days)), key=lambda n: (days[n], n)):
        open_ = [one for one in range(len(turns)) if year.on_patrol[one, days[row]] and (one, days[row]) not in gone]
        pair[row] = min(open_, key=lambda one: (turns[one], one))
        turns[pair[row]] += 1
        gone.add((pair[row], days[row]))
    return list(zip(pair, days, strict=True))
