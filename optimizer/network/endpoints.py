"""How points join the network: the stretch from a point to either end of its segment, and back.

A snapped point leaves its segment at the end (on the edge along it) or at the start (on the edge against
it), whichever is open; two points on one segment may also reach each other directly.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from optimizer.network.graph import RoadNetwork
from optimizer.network.profiles import NO_WAY_MS, Profile, access_ms, ceil_ms
from optimizer.network.snap import SnappedPoints
from optimizer.units import UNREACHABLE, FloatArray, IntArray

Points = SnappedPoints | npt.NDArray[np.integer] | list[int]
"""Snapped points, or node indices."""

_CHUNK_CELLS: Final = 1 << 24  # bounds the memory of one block of a matrix
_AT_NODE_M: Final = 0.01  # nearer than this to an end of its segment, a point is at the node


def rows_of(points: Points, rows: npt.NDArray[np.integer]) -> Points:
    """Some of the points, in that order."""
    if isinstance(points, SnappedPoints):
        return SnappedPoints(*(getattr(points, part.name)[rows] for part in fields(SnappedPoints)))
    some: npt.NDArray[np.integer] = np.asarray(points)[rows]
    return some


@dataclass(frozen=True, eq=False, slots=True)
class Ends:
    """P points with k ways (2 for snapped points, 1 for nodes) to join the network."""

    node: IntArray  # (P, k) where
    ms: IntArray  # (P, k) between point and node, access leg included; UNREACHABLE where that way is shut
    cm: IntArray  # (P, k) centimetres on the road, access leg not included
    edge: IntArray  # (P, k) the edge used, -1 where the point is at the node
    fraction: FloatArray  # (P, k) of that edge, in its direction, at which the point lies


class Joiner:
    """Joins points to one network for one profile."""

    def __init__(self, network: RoadNetwork, profile: Profile, edge_ms: IntArray) -> None:
        self.network = network
        self.profile = profile
        self.edge_ms = edge_ms

    def leaving(self, points: Points) -> Ends:
        """From the points to the nodes: along to the segment's end, against to its start."""
        return self._join(points, leaving=True)

    def arriving(self, points: Points) -> Ends:
        """From the nodes to the points: along from the segment's start, against from its end."""
        return self._join(points, leaving=False)

    def _join(self, points: Points, *, leaving: bool) -> Ends:
        if not isinstance(points, SnappedPoints):
            node = np.asarray(points, np.int64).reshape(-1, 1)
            if len(node) and not 0 <= node.min() <= node.max() < self.network.node_count:
                raise IndexError("a node index outside the network")
            zero = np.zeros_like(node)
            return Ends(node, zero, zero, np.full_like(node, -1), np.zeros(node.shape))
        snapped = points.snapped
        segment = np.where(snapped, points.segment, 0)
        along = np.where(snapped, points.fraction, 0.0)
        edge = self.network.segment_edges[segment].astype(np.int64)  # (P, 2) along, against
        fraction = np.column_stack((along, 1.0 - along))
        node = self._nodes(edge, leaving=leaving)
        to_node = 1.0 - fraction if leaving else fraction
        ms, cm = self._part_ms(edge, to_node), self._part_cm(edge, to_node)
        # At a node the point may take any road there, even if its own segment is one-way or closed.
        length_m = self.network.length_m[edge.max(axis=1)]
        at_node = to_node * length_m[:, None] < _AT_NODE_M
        ms[at_node], cm[at_node], edge[at_node] = 0, 0, -1
        access = access_ms(np.where(snapped, points.access_m, 0.0), self.profile)
        ms = np.minimum(ms + access[:, None], UNREACHABLE)
        ms[~snapped] = UNREACHABLE
        return Ends(node, ms, cm, edge, fraction)

    def _nodes(self, edge: IntArray, *, leaving: bool) -> IntArray:
        """(P, 2) where each edge is left (its head) or entered (its tail). Where a segment has no such edge,
        the same place by the opposite edge: a node split by turn restrictions has a half for each."""
        tail, head = self.network.tail[edge], self.network.head[edge]
        own, opposite = (head, tail[:, ::-1]) if leaving else (tail, head[:, ::-1])
        return np.where(edge >= 0, own, opposite).astype(np.int64)

    def _part_ms(self, edge: IntArray, part: FloatArray) -> IntArray:
        """Milliseconds for a part (0..1) of each edge, rounded up; UNREACHABLE on no edge or a shut one."""
        whole = np.where(edge >= 0, self.edge_ms[edge], NO_WAY_MS)
        return np.where(whole >= NO_WAY_MS, UNREACHABLE, ceil_ms(whole * part))

    def _part_cm(self, edge: IntArray, part: FloatArray) -> IntArray:
        """Centimetres of a part (0..1) of each edge."""
        return np.rint(self.network.length_m[edge] * part * 100.0).astype(np.int64)

    def direct(
        self, origins: SnappedPoints, destinations: SnappedPoints, row: IntArray, column: IntArray
    ) -> tuple[IntArray, IntArray, IntArray]:
        """For pairs on one segment: (ms, centimetres, edge) without leaving it, access legs included in the
        time; ms is UNREACHABLE where that is not possible; edge is -1 where none is driven."""
        segment = origins.segment[row]
        start, end = origins.fraction[row], destinations.fraction[column]
        edge = self.network.segment_edges[segment].astype(np.int64)
        gap = np.column_stack((end - start, start - end))
        ms = np.where(gap >= 0, self._part_ms(edge, np.maximum(gap, 0.0)), UNREACHABLE)
        opposite = gap[:, 0] == 0.0  # no road is driven between them, closed or not
        ms[opposite] = 0
        pick = np.arange(len(ms)), np.argmin(ms, axis=1)
        access = access_ms(origins.access_m[row], self.profile)
        access = access + access_ms(destinations.access_m[column], self.profile)
        best, used = np.minimum(ms[pick] + access, UNREACHABLE), edge[pick]
        cm = self._part_cm(used, np.abs(gap[:, 0]))
        used[opposite] = -1
        same = (origins.lat[row] == destinations.lat[column]) & (origins.lon[row] == destinations.lon[column])
        best[same], cm[same], used[same] = 0, 0, -1
        return best, cm, used


def same_segment(origins: Points, destinations: Points) -> tuple[IntArray, IntArray]:
    """(rows, columns) of the pairs that lie on one segment."""
    if not (isinstance(origins, SnappedPoints) and isinstance(destinations, SnappedPoints)):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    by_segment = np.argsort(destinations.segment, kind="stable")
    ordered = destinations.segment[by_segment]
    first = np.searchsorted(ordered, origins.segment, "left")
    count = np.searchsorted(ordered, origins.segment, "right") - first
    count[~origins.snapped] = 0
    row = np.repeat(np.arange(len(origins)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return row, by_segment[np.repeat(first, count) + within]


def combine(
    between: Callable[[IntArray, IntArray], IntArray],
    leaving: tuple[IntArray, IntArray],
    arriving: tuple[IntArray, IntArray],
    *,
    none: int,
) -> IntArray:
    """(P, Q) least cost over all ways out and in; `none` where there is no way.

    `leaving` and `arriving` are (node, cost) of shape (P, k) and (Q, k); `between` gives the costs between
    nodes. Twice `none` must fit int64.
    """
    out_node, out_cost = leaving[0], np.ascontiguousarray(leaving[1], np.int64)
    in_node, in_cost = arriving[0], np.ascontiguousarray(arriving[1], np.int64)
    targets, target_of = np.unique(in_node, return_inverse=True)
    target_of = target_of.reshape(in_node.shape)
    found = np.full((len(out_node), len(in_node)), none, np.int64)
    step = max(1, _CHUNK_CELLS // max(1, 2 * len(targets)))
    for first in range(0, len(found), step):
        rows = slice(first, first + step)
        sources, source_of = np.unique(out_node[rows], return_inverse=True)
        source_of = source_of.reshape(out_node[rows].shape)
        nodes = np.ascontiguousarray(between(sources, targets), np.int64)
        _least(nodes, source_of, out_cost[rows], target_of, in_cost, none, found[rows])
    return found


@njit(cache=True, nogil=True)
def _least(
    nodes: IntArray, source_of: IntArray, out_cost: IntArray, target_of: IntArray, in_cost: IntArray, none: int,
    found: IntArray,
) -> None:  # fmt: skip
    """Lower `found` (P, Q) to the least sum over ways out (P, k) and in (Q, k)."""
    for row in range(found.shape[0]):
        for a in range(source_of.shape[1]):
            source, cost = source_of[row, a], out_cost[row, a]
            for column in range(found.shape[1]):
                for b in range(target_of.shape[1]):
                    way = min(nodes[source, target_of[column, b]] + cost, none) + in_cost[column, b]
                    found[row, column] = min(found[row, column], way)
