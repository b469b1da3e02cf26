"""Earliest arrivals while roads close, open, slow down and recover.

The model, for a road with times w_i in the intervals [b_i, b_i+1) between the instants at which anything changes:

1. A road may be entered at an instant e of an interval i in which it is open, and takes w_i: the speed at entry
   holds to its end (assumed).
2. It has to be left no later than it next closes: e + w_i <= b_c for the first interval c > i in which it is shut
   (assumed: nobody is caught on a closing road). A later slowing down does not matter, a recovery neither.
3. Everyone may wait at any node, so that the arrival from t on is the least e + w_i over all e >= t that 1 and 2
   allow: never earlier for a later t (first in, first out), and Dijkstra's search is exact.
4. Points between two nodes drive their part of the road by the same rules; access legs are never closed.
5. A way that takes `LONGEST_MS` or more from the departure, waiting included, is no way.

Most trips meet no change. A pair is proven without a search where the matrix of the state at departure (C) is
through before the next change, or where the roads at their best from now on (L) are no faster than the roads at
their worst from now on (U): L <= arrival <= U. The search is for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import numpy.typing as npt

from optimizer.network.chordal import Index, lists
from optimizer.network.closures import Closure, Timeline, timeline
from optimizer.network.endpoints import Ends, Points, rows_of, same_segment
from optimizer.network.heap import NODE_BITS, NODE_MASK, pop, push
from optimizer.network.profiles import LONGEST_MS, NO_WAY_MS, access_ms, edge_times_ms
from optimizer.network.snap import SnappedPoints
from optimizer.network.threads import halves
from optimizer.units import UNREACHABLE, FloatArray, IntArray, seconds_from_ms

if TYPE_CHECKING:
    from optimizer.network.travel import Router

_BEFORE: int = -(1 << 60)  # the beginning of the first interval


@dataclass(frozen=True, eq=False, slots=True)
class Arrivals:
    """When each destination is reached from each origin, counted from the instant asked about."""

    milliseconds: IntArray  # (P, Q) `UNREACHABLE` where never
    searched: int  # pairs that no matrix could prove

    @property
    def seconds(self) -> IntArray:
        """(P, Q) whole seconds, rounded up."""
        return seconds_from_ms(self.milliseconds)


def earliest_arrivals(
    router: Router,
    *,
    origins: Points,
    destinations: Points,
    closures: Sequence[Closure],
    at: datetime,
    departs_s: npt.ArrayLike = 0,
    wanted: npt.NDArray[np.bool_] | None = None,
) -> Arrivals:
    """The earliest arrivals for departures `departs_s` ((P,) or one number, whole seconds after `at`).

    `wanted`: (P, Q) pairs that are asked for, all by default; the others are not searched and hold `UNREACHABLE`.
    `router`: of the network before the closures. Where nothing changes after the departure this is the departure and
    `router.with_closures(..).times_ms`. Raises `BadInput` with every faulty closure.
    """
    line = timeline(router.network, closures, at=at)
    departs = np.broadcast_to(np.asarray(departs_s, np.int64) * 1000, len(origins))
    found = np.full((len(origins), len(destinations)), UNREACHABLE)
    proven = np.zeros(found.shape, np.bool_)
    state = np.searchsorted(line.changes_ms, departs, side="right")
    for index in np.unique(state).tolist():
        rows = np.flatnonzero(state == index)
        some = rows_of(origins, rows)
        found[rows], proven[rows] = _by_matrices(router, line, index, some, destinations, departs[rows])
    if wanted is not None:
        found[~wanted], proven[~wanted] = UNREACHABLE, True
    open_ = np.flatnonzero(~proven.all(axis=1))
    if len(open_):
        searched = _by_search(router, line, rows_of(origins, open_), destinations, departs[open_], proven[open_])
        found[open_] = np.where(proven[open_], found[open_], searched)
    found[found - departs[:, None] >= LONGEST_MS] = UNREACHABLE
    return Arrivals(found, int((~proven).sum()))


def _by_matrices(
    router: Router, line: Timeline, index: int, origins: Points, destinations: Points, departs: IntArray
) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """(arrivals, which of them are proven) of those that leave in interval `index`."""

    def matrix(factor: FloatArray) -> IntArray:
        speed_kph = router.network.speed_kph.copy()
        speed_kph[line.edges] *= factor
        there = router.with_closures(replace(router.network, speed_kph=speed_kph))
        ms = there.times_ms(origins=origins, destinations=destinations)
        return np.where(ms >= LONGEST_MS, UNREACHABLE, ms + departs[:, None])

    now = matrix(line.factor[:, index])  # C
    if index == len(line.changes_ms):
        return now, np.ones(now.shape, np.bool_)
    proven = now <= line.changes_ms[index]
    if proven.all():
        return now, proven
    later = line.factor[:, index:]
    best, worst = matrix(later.max(axis=1)), matrix(later.min(axis=1))  # L, U
    return np.where(proven, now, worst), proven | (best == worst)


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    """(P, k) parts of edges to be driven between points and nodes."""

    node: IntArray
    edge: IntArray  # -1: none has to be driven
    part: FloatArray
    access: IntArray  # UNREACHABLE: no such way


def _by_search(
    router: Router,
    line: Timeline,
    origins: Points,
    destinations: Points,
    departs: IntArray,
    proven: npt.NDArray[np.bool_],
) -> IntArray:
    """(P, Q) arrivals by Dijkstra's search over time, at least of those not proven."""
    roads = _roads(router, line)
    out = _parts(router, origins, router.joiner.leaving(origins), leaving=True)
    into = _parts(router, destinations, router.joiner.arriving(destinations), leaving=False)
    out_ms = _arrive_all(roads, out.edge, out.part, np.minimum(departs[:, None] + out.access, UNREACHABLE))
    stands = lists(into.node.reshape(-1).astype(np.int32), router.network.node_count)
    found = np.full(proven.shape, UNREACHABLE)
    tail_first, edges = lists(router.hierarchy.tail.astype(np.int32), router.network.node_count)
    graph = tail_first, edges, router.hierarchy.head[edges].astype(np.int32)

    def job(begin: int, stop: int) -> None:
        limits = departs + LONGEST_MS
        goal = into.edge, into.part, into.access
        _search(graph, roads, (out.node, out_ms), limits, stands, goal, proven, found, (begin, stop))

    halves(job, len(departs), two=True)
    row, column = same_segment(origins, destinations)
    if len(row):
        direct = _direct(router, roads, origins, destinations, departs, row, column)  # type: ignore[arg-type]
        found[row, column] = np.minimum(found[row, column], direct)
    return found


Roads = tuple[IntArray, Index, IntArray, IntArray]  # ms of each edge, its row or -1, (row, interval) ms, beginnings


def _roads(router: Router, line: Timeline) -> Roads:
    row = np.full(router.network.edge_count, -1, np.int32)
    row[line.edges] = np.arange(len(line.edges), dtype=np.int32)
    ms = np.empty((len(line.edges), line.factor.shape[1]), np.int64)
    for interval in range(ms.shape[1]):
        speed_kph = router.network.speed_kph.copy()
        speed_kph[line.edges] *= line.factor[:, interval]
        there = replace(router.network, speed_kph=speed_kph)
        ms[:, interval] = edge_times_ms(there, router.profile, weather_factor=router.weather_factor, edges=line.edges)
    return router.edge_ms.copy(), row, ms, np.concatenate(([_BEFORE], line.changes_ms))


def _parts(router: Router, points: Points, ends: Ends, *, leaving: bool) -> _Part:
    """How points join the network; a shut road may open later, so that only a missing one is no way."""
    if not isinstance(points, SnappedPoints):
        return _Part(ends.node, ends.edge, ends.fraction, np.zeros_like(ends.node))
    access = access_ms(np.where(points.snapped, points.access_m, 0.0), router.profile)[:, None]
    nowhere = ((ends.edge < 0) & (ends.ms >= UNREACHABLE)) | ~points.snapped[:, None]
    return _Part(
        ends.node,
        ends.edge,
        1.0 - ends.fraction if leaving else ends.fraction.copy(),
        np.where(nowhere, UNREACHABLE, access),
    )


def _direct(
    router: Router,
    roads: Roads,
    origins: SnappedPoints,
    destinations: SnappedPoints,
    departs: IntArray,
    row: IntArray,
    column: IntArray,
) -> IntArray:
    """Arrivals of pairs on one segment that never leave it."""
    start, end = origins.fraction[row], destinations.fraction[column]
    gap = np.column_stack((end - start, start - end))
    edge = router.network.segment_edges[origins.segment[row]].astype(np.int64)
    begin = departs[row] + access_ms(origins.access_m[row], router.profile)
    allowed = (gap >= 0) & ((edge >= 0) | (gap == 0))
    edge[gap == 0] = -1  # no road is driven between them, closed or not
    there = _arrive_all(roads, edge, np.maximum(gap, 0.0), np.where(allowed, begin[:, None], UNREACHABLE))
    found = np.minimum(there.min(axis=1) + access_ms(destinations.access_m[column], router.profile), UNREACHABLE)
    same = (origins.lat[row] == destinations.lat[column]) & (origins.lon[row] == destinations.lon[column])
    found[same] = departs[row][same]
    arrivals: IntArray = found
    return arrivals


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


def _arrive_py(roads: Roads, edge: int, part: float, time: int) -> Any:
    """1 to 3: at the end of that part of the edge, for someone at its beginning from `time` on."""
    ms_of, row_of, timed, begins = roads
    row = row_of[edge] if edge >= 0 else -1
    if edge < 0 or time >= UNREACHABLE:
        return time
    if row < 0:
        ms = ms_of[edge]
        if ms >= NO_WAY_MS:
            return UNREACHABLE
        return time + (ms if part == 1.0 else np.int64(np.ceil(ms * part - 1e-4)))
    best = UNREACHABLE
    intervals = len(begins)
    for i in range(np.searchsorted(begins, time, side="right") - 1, intervals):
        enter, ms = max(time, begins[i]), timed[row, i]
        if enter >= best:
            break
        if ms >= NO_WAY_MS:
            continue
        leave = enter + (ms if part == 1.0 else np.int64(np.ceil(ms * part - 1e-4)))
        if leave >= best:
            continue
        free = True
        for c in range(i + 1, intervals):
            if begins[c] >= leave:
                break
            if timed[row, c] >= NO_WAY_MS:
                free = False
                break
        if free:
            best = leave
    return best


def _arrive_all_py(roads: Roads, edge: IntArray, part: FloatArray, time: IntArray) -> IntArray:
    found = np.empty(edge.shape, np.int64)
    for row in range(edge.shape[0]):
        for way in range(edge.shape[1]):
            found[row, way] = arrive(roads, edge[row, way], part[row, way], time[row, way])
    return found


def _search_py(
    graph: tuple[Index, Index, Index],
    roads: Roads,
    start: tuple[IntArray, IntArray],
    limits: IntArray,
    stands: tuple[Index, Index],
    goal: tuple[IntArray, FloatArray, IntArray],
    proven: npt.NDArray[np.bool_],
    found: IntArray,
    rows: tuple[int, int],
) -> None:
    first, edges, head = graph
    stand_first, stand = stands
    ways = goal[0].shape[1]
    reached = np.empty(len(first) - 1, np.int64)
    heap = np.empty(len(edges) + start[0].shape[1], np.int64)
    for row in range(rows[0], rows[1]):
        reached[:] = UNREACHABLE
        size, wanted, base = 0, 0, limits[row] - LONGEST_MS  # the heap counts from the departure
        for p in range(len(stand)):
            wanted += not proven[row, stand[p] // ways]
        for way in range(start[0].shape[1]):
            node, time = start[0][row, way], start[1][row, way]
            if time < min(reached[node], limits[row]):
                reached[node] = time
                size = push(heap, size, ((time - base) << NODE_BITS) | node)
        while size > 0 and wanted > 0:
            time, node = (heap[0] >> NODE_BITS) + base, heap[0] & NODE_MASK
            size = pop(heap, size)
            if time > reached[node]:
                continue
            for p in range(stand_first[node], stand_first[node + 1]):
                place, way = divmod(stand[p], ways)
                if proven[row, place]:
                    continue
                wanted -= 1
                if goal[2][place, way] < UNREACHABLE:
                    there = arrive(roads, goal[0][place, way], goal[1][place, way], time) + goal[2][place, way]
                    found[row, place] = min(found[row, place], there)
            for p in range(first[node], first[node + 1]):
                there = arrive(roads, edges[p], 1.0, time)
                if there < min(reached[head[p]], limits[row]):
                    reached[head[p]] = there
                    size = push(heap, size, ((there - base) << NODE_BITS) | head[p])


arrive = _jit(_arrive_py)
_arrive_all, _search = _jit(_arrive_all_py), _jit(_search_py)
