"""The k nearest origins of every destination without the matrix between them.

1. From each destination the roads are searched backwards (Dijkstra) until nobody can come among its k nearest any
   more. Where origins are as dense as teams and stores are, that is a few hundred nodes and needs no hierarchy.
2. The search of a destination is given up after as many nodes as a sweep would cost; what is left is cut out of the
   matrix of those destinations.
Both give the nearer origin before the farther and of equally near ones the lower number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import numpy.typing as npt

from optimizer.network.chordal import Index, lists
from optimizer.network.endpoints import Points, rows_of, same_segment
from optimizer.network.heap import NODE_BITS, NODE_MASK, pop, push
from optimizer.network.profiles import LONGEST_MS
from optimizer.network.threads import halves
from optimizer.units import UNREACHABLE, IntArray, seconds_from_ms

if TYPE_CHECKING:
    from optimizer.network.travel import Router

SEARCHED_NODES: Final = 2000  # by one search, before it is given up: what a row of the matrix costs
_GIVEN_UP: Final = 8  # searches, and half of all: then no more are begun
_TWO_THREADS_FROM: Final = 100  # destinations x k
_CHUNK_CELLS: Final = 1 << 22  # bounds the memory of one block of a matrix


@dataclass(frozen=True, eq=False, slots=True)
class Nearest:
    """For Q destinations their k nearest origins, the nearest first, equally near ones by number."""

    origin: IntArray  # (Q, k) row of the origins, -1 where fewer than k reach the destination
    milliseconds: IntArray  # (Q, k) `UNREACHABLE` there

    @property
    def seconds(self) -> IntArray:
        """(Q, k) whole seconds, rounded up."""
        return seconds_from_ms(self.milliseconds)


def nearest(
    router: Router, *, origins: Points, destinations: Points, k: int, searched_nodes: int = SEARCHED_NODES
) -> Nearest:
    """The `k` nearest of `origins` on the way to each of `destinations` (snapped points or node indices), access
    legs counted: the columns of `router.times_ms` in order, cut to k. `searched_nodes` (see 2.) never changes an
    answer. Raises `ValueError` where k is below 1."""
    if k < 1:
        raise ValueError("k is at least 1")
    rows = len(destinations)
    found = Nearest(np.full((rows, k), -1), np.full((rows, k), UNREACHABLE))
    if not (rows and len(origins)):
        return found
    start, end = router.joiner.leaving(origins), router.joiner.arriving(destinations)
    stands = (*lists(start.node.reshape(-1).astype(np.int32), router.network.node_count), start.ms)
    direct = _direct(router, origins, destinations)
    done = np.zeros(rows, np.bool_)

    def job(begin: int, stop: int) -> None:
        _search(router.roads_into, stands, (end.node, end.ms), direct, found_, done, (begin, stop, searched_nodes))

    found_ = found.origin, found.milliseconds
    if k * router.network.node_count <= searched_nodes * len(origins):
        halves(job, rows, two=rows * k >= _TWO_THREADS_FROM)
    left = np.flatnonzero(~done)
    step = 1 + _CHUNK_CELLS // len(origins)
    for first in range(0, len(left), step):
        some = left[first : first + step]
        _cut(router.times_ms(origins=origins, destinations=rows_of(destinations, some)), some, found)
    return found


def _direct(router: Router, origins: Points, destinations: Points) -> tuple[Index, Index, IntArray]:
    """(first of each destination, origin, ms) of the pairs that lie on one segment."""
    row, column = same_segment(origins, destinations)
    ms = np.empty(0, np.int64)
    if len(row):
        ms, _, _ = router.joiner.direct(origins, destinations, row, column)  # type: ignore[arg-type]
    first, pairs = lists(column.astype(np.int32), len(destinations))
    return first, row[pairs].astype(np.int32), ms[pairs]


def _cut(ms: IntArray, rows: IntArray, found: Nearest) -> None:
    """2. Rows of `found` out of a matrix (origins, rows)."""
    k = min(found.origin.shape[1], len(ms))
    of_rows = np.ascontiguousarray(ms.T)
    kth = np.partition(of_rows, k - 1, axis=1)[:, k - 1]
    for row, own, bound in zip(rows.tolist(), of_rows, kth, strict=True):
        some = np.flatnonzero(own <= bound)  # by number
        some = some[np.argsort(own[some], kind="stable")[:k]]
        near = own[some]
        found.origin[row, :k] = np.where(near < UNREACHABLE, some, -1)
        found.milliseconds[row, :k] = near


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


def _insert_py(who: IntArray, near: IntArray, count: int, origin: int, ms: int) -> int:
    """Puts an origin in its place of a list unless k others are before it; the new length of the list."""
    if count == len(who) and (ms > near[-1] or (ms == near[-1] and origin >= who[-1])):
        return count
    place = count
    for p in range(count):
        if who[p] == origin:
            if near[p] <= ms:
                return count
            place = p
            break
    if place == count:
        if count < len(who):
            count += 1
        else:
            place -= 1
    while place > 0 and (ms < near[place - 1] or (ms == near[place - 1] and origin < who[place - 1])):
        who[place], near[place] = who[place - 1], near[place - 1]
        place -= 1
    who[place], near[place] = origin, ms
    return count


def _search_py(
    into: tuple[Index, Index, IntArray],
    stands: tuple[Index, Index, IntArray],
    end: tuple[IntArray, IntArray],
    direct: tuple[Index, Index, IntArray],
    found: tuple[IntArray, IntArray],
    done: npt.NDArray[np.bool_],
    limits: tuple[int, int, int],
) -> None:
    """1. for the destinations limits[0] .. limits[1] - 1, each up to limits[2] nodes; sets `done` where it ended."""
    first, tail, ms_of = into
    stand_first, stand, stand_ms = stands
    ways = stand_ms.shape[1]
    reached = np.full(len(first) - 1, LONGEST_MS, np.int64)
    touched = np.empty(len(first) - 1, np.int32)
    heap = np.empty(len(tail) + end[0].shape[1], np.int64)
    failed = 0
    for row in range(limits[0], limits[1]):
        if failed >= _GIVEN_UP and 2 * failed > row - limits[0]:
            break
        who, near = found[0][row], found[1][row]
        count, size, touches, settled = 0, 0, 0, 0
        for p in range(direct[0][row], direct[0][row + 1]):
            if direct[2][p] < LONGEST_MS:
                count = insert(who, near, count, direct[1][p], direct[2][p])
        for way in range(end[0].shape[1]):
            node, ms = end[0][row, way], end[1][row, way]
            if ms < reached[node]:
                if reached[node] == LONGEST_MS:
                    touched[touches] = node
                    touches += 1
                reached[node] = ms
                size = push(heap, size, (ms << NODE_BITS) | node)
        while size > 0 and settled < limits[2]:
            ms, node = heap[0] >> NODE_BITS, heap[0] & NODE_MASK
            if count == len(who) and ms > near[-1]:
                size = 0
                break
            size = pop(heap, size)
            if ms > reached[node]:
                continue
            settled += 1
            for p in range(stand_first[node], stand_first[node + 1]):
                origin, way = divmod(stand[p], ways)
                if ms + stand_ms[origin, way] < LONGEST_MS:
                    count = insert(who, near, count, origin, ms + stand_ms[origin, way])
            for p in range(first[node], first[node + 1]):
                there = ms + ms_of[p]
                if there < reached[tail[p]]:
                    if reached[tail[p]] == LONGEST_MS:
                        touched[touches] = tail[p]
                        touches += 1
                    reached[tail[p]] = there
                    size = push(heap, size, (there << NODE_BITS) | tail[p])
        done[row] = size == 0
        failed += size > 0
        for p in range(touches):
            reached[touched[p]] = LONGEST_MS


insert = _jit(_insert_py)
_search = _jit(_search_py)
