"""Whole matrices over a contraction order (customizable contraction hierarchies, Dibbelt et al. 2016; restricted
PHAST, Delling et al. 2011), in compiled kernels on up to two threads; integers, so that threads change no answer.

The engine of `hierarchy` answers single ways; matrices are faster with the hierarchy cut down to what the targets can
see and swept once for a batch of sources, the batch being the innermost loop. A cost is either a time alone (int32
milliseconds) or a time and a length in one (int64, the time in the upper half): then the least cost is the fastest
way and of equally fast ones the shortest, and both come out of one sum.
"""

from __future__ import annotations

import heapq
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from optimizer.network import sweep_kernels as kernels
from optimizer.network.chordal import Index, chordal, inherited, lists, runs_of, slots_of, summed_upwards
from optimizer.network.hierarchy import Hierarchy
from optimizer.network.profiles import LONGEST_MS
from optimizer.network.sweep_kernels import Costs
from optimizer.network.threads import halves, together
from optimizer.units import UNREACHABLE, IntArray

NO_COST: Final[int] = 2**62 - 1
"""No way, of times with lengths. Twice this still fits int64, and whatever is added to it is never less than it."""
LENGTH_BITS: Final = 32
_UPDATE_SHARE: Final = 0.01  # above this share of changed edges a full customization is quicker
_TWO_THREADS_FROM: Final = 50_000  # arcs: below, a thread costs more than it saves
_PARTED_FROM: Final = 500  # nodes
_SUBTREE_SHARE: Final = 0.1  # subtrees are parted until none holds more of the work


class Sweep:
    """The chordal supergraph of a hierarchy's order, ready to be customized and swept.

    The nodes are numbered anew, which changes nothing: first the subtrees of the elimination tree that one thread
    customizes, then those of the other (from `parts[0]`), then what lies above both (from `parts[1]`).
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        nodes = hierarchy.node_count
        rank = hierarchy.rank.astype(np.int32)
        tail, head = hierarchy.tail.astype(np.int64), hierarchy.head.astype(np.int64)
        first, _, parent = _fill(rank[tail], rank[head], nodes)
        renumbered, self.parts = _parted(first, parent)
        self.rank: Index = renumbered[rank]
        low, high = self.rank[tail], self.rank[head]
        self.first, self.higher, self.parent = _fill(low, high, nodes)
        self.slot: Index = slots_of(self.first, self.higher, low, high)
        self.runs = runs_of(self.first, self.higher)
        self._aside = len(self.higher) - int(self.first[self.parts[1]])

    def customize(self, cost: Costs) -> CustomizedSweep:
        """For these costs per edge: int64 as from `pack` (`NO_COST`: shut), or int32 milliseconds (`LONGEST_MS`)."""
        none = _none(cost)
        arcs = np.full((len(self.higher) + self._aside, 2), none, cost.dtype)
        kernels.take_in(self.slot, cost, arcs)
        above, aside = int(self.first[self.parts[1]]), self._aside
        customize, nothing = kernels.customize, (len(arcs), 0)
        together(
            lambda: customize(self.first, self.runs, arcs, (0, self.parts[0]), nothing),
            lambda: customize(self.first, self.runs, arcs, self.parts, (above, aside)),
            two=self._two,
        )
        np.minimum(arcs[above : above + aside], arcs[above + aside :], out=arcs[above : above + aside])
        customize(self.first, self.runs, arcs, (self.parts[1], len(self.parent)), nothing)
        return CustomizedSweep(self, arcs[: len(self.higher)], cost)

    @property
    def _two(self) -> bool:
        return len(self.higher) >= _TWO_THREADS_FROM

    @cached_property
    def below(self) -> tuple[Index, Index, Index]:
        """(lower node of each arc, first, arcs from below) for updates."""
        low = np.repeat(np.arange(len(self.parent), dtype=np.int32), np.diff(self.first))
        return (low, *lists(self.higher, len(self.parent)))

    @cached_property
    def edges(self) -> tuple[Index, Index, Index]:
        """(slot of each edge, edges by slot, their slots) for updates."""
        _, by_slot = lists(self.slot, 2 * len(self.higher))
        return self.slot, by_slot, self.slot[by_slot]


def sweep_of(hierarchy: Hierarchy) -> Sweep:
    """The sweep of a hierarchy, made once."""
    if "sweep" not in hierarchy.kept:
        hierarchy.kept["sweep"] = Sweep(hierarchy)
    found: Sweep = hierarchy.kept["sweep"]
    return found


class CustomizedSweep:
    """A sweep with one set of costs. Immutable."""

    def __init__(self, sweep: Sweep, arcs: Costs, cost: Costs) -> None:
        self.sweep = sweep
        self.arcs = arcs
        self.cost = cost

    @property
    def no_way(self) -> int:
        """What a matrix holds where there is no way: `UNREACHABLE` of times, `NO_COST` of times with lengths."""
        return UNREACHABLE if self.cost.dtype == np.int32 else NO_COST

    def changed(self, cost: Costs) -> CustomizedSweep:
        """The same sweep with other costs of the same kind: only the arcs that stood on a changed one are computed
        anew where few edges differ (partial customization)."""
        if cost.dtype != self.cost.dtype:
            raise TypeError("costs of the same kind")
        edges = np.flatnonzero(cost != self.cost).astype(np.int32)
        if len(edges) > max(64, _UPDATE_SHARE * len(cost)):
            return self.sweep.customize(cost)
        sweep, arcs = self.sweep, self.arcs.copy()
        kernels.update(sweep.first, sweep.higher, sweep.below, sweep.edges, edges, cost, _none(cost), arcs)
        return CustomizedSweep(sweep, arcs, cost)

    def matrix(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> IntArray:
        """(len(sources), len(targets)) least costs between nodes; `no_way` where there is none."""
        sweep = self.sweep
        from_, to = sweep.rank[np.asarray(sources, np.int64)], sweep.rank[np.asarray(targets, np.int64)]
        backward = len(from_) > len(to)
        if backward:  # the same ways from their ends: the smaller side is the one that is swept from
            from_, to = to, from_
        found = np.empty((len(from_), len(to)), np.int64)
        if found.size:
            self._fill(from_, to, int(backward), found)
        return np.ascontiguousarray(found.T) if backward else found

    def _fill(self, from_: Index, to: Index, side: int, found: IntArray) -> None:
        sweep, number = self.sweep, self.cost.dtype
        local, listed, seen_first = kernels.see(sweep.first, sweep.parent, to)
        seen = np.empty(seen_first[-1], np.int32), np.empty(seen_first[-1], number)
        middle = int(np.searchsorted(seen_first, seen_first[-1] // 2))

        def copy(begin: int, stop: int) -> None:
            whole = sweep.first, sweep.higher, self.arcs
            kernels.copy(*whole, 1 - side, local, listed, seen_first, seen, (begin, stop))

        two = len(seen[0]) >= _TWO_THREADS_FROM
        halves(copy, len(listed), middle=middle, two=two)
        whole = sweep.first, sweep.higher, sweep.parent, self.arcs
        lanes = kernels.ROW_BYTES // number.itemsize
        half = -(-len(from_) // (2 * lanes)) * lanes  # whole batches

        def run(begin: int, stop: int) -> None:
            if begin < stop:
                room = _aligned(len(listed), lanes, number), np.empty(len(sweep.parent), number)
                none, ends = (_none(self.cost), self.no_way), (from_[begin:stop], local[to])
                kernels.sweep(whole, side, (local, seen_first, *seen), none, *ends, room, found[begin:stop])

        halves(run, len(from_), middle=min(half, len(from_)), two=two and half < len(from_))


def pack(ms: IntArray, centimetres: IntArray, *, shut: npt.NDArray[np.bool_]) -> IntArray:
    """Times and lengths to costs."""
    return np.where(shut, NO_COST, (ms << LENGTH_BITS) + centimetres)


def unpack(cost: IntArray) -> tuple[IntArray, IntArray]:
    """(milliseconds, centimetres) of costs below `NO_COST`."""
    return cost >> LENGTH_BITS, cost & ((1 << LENGTH_BITS) - 1)


def times_only(ms: IntArray) -> Costs:
    """Milliseconds as costs of half the size; whatever reaches `LONGEST_MS` is no way."""
    return np.minimum(ms, LONGEST_MS).astype(np.int32)


def _none(cost: Costs) -> Any:
    return np.int32(LONGEST_MS) if cost.dtype == np.int32 else np.int64(NO_COST)


def _aligned(rows: int, lanes: int, number: np.dtype[Any]) -> Costs:
    """Room whose rows are whole cache lines."""
    room = np.empty(rows * kernels.ROW_BYTES + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + rows * kernels.ROW_BYTES].view(number).reshape(rows, lanes)


def _fill(tail: Index, head: Index, nodes: int) -> tuple[Index, Index, Index]:
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    first, edges = lists(np.where(low == high, -1, low).astype(np.int32), nodes)
    filled: tuple[Index, Index, Index] = chordal(first, high[edges].astype(np.int32))
    return filled


def _parted(first: Index, parent: Index) -> tuple[Index, tuple[int, int]]:
    """(new number of each node, where the second part and what lies above both begin).

    The tree is cut from the top until its subtrees are small, and these go to the part with less work; work is
    triangles.
    """
    nodes = len(parent)
    degree = np.diff(first).astype(np.int64)
    work = summed_upwards(parent, degree * (degree + 1) // 2)
    child_first, child = lists(parent, nodes)
    subtrees = [(-int(work[root]), root) for root in np.flatnonzero(parent < 0).tolist()]
    limit = _SUBTREE_SHARE * -sum(each for each, _ in subtrees)
    heapq.heapify(subtrees)
    part = np.full(nodes, -1, np.int8)
    while subtrees and -subtrees[0][0] > limit and len(parent) >= _PARTED_FROM:
        _, top = heapq.heappop(subtrees)
        part[top] = 2
        for below in child[child_first[top] : child_first[top + 1]].tolist():
            heapq.heappush(subtrees, (-int(work[below]), below))
    load = [0, 0]
    for size, root in sorted(subtrees):
        lighter = int(load[1] < load[0])
        part[root] = lighter
        load[lighter] -= size
    inherited(parent, part)
    order = np.argsort(part, kind="stable")
    renumbered = np.empty(nodes, np.int32)
    renumbered[order] = np.arange(nodes, dtype=np.int32)
    return renumbered, (int((part == 0).sum()), int((part < 2).sum()))
