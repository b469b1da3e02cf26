"""Whole matrices over a contraction order: time and length in one pass (restricted PHAST, after Delling et al.).

The engine of `hierarchy` answers single ways; matrices are faster with the hierarchy cut down to what the targets
can see and swept once for a batch of sources, the batch being the innermost loop. Costs are int64 with the time
in the upper half and the length in the lower, so that the least cost is the fastest way and of equally fast ones
the shortest, and both come out of one sum.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from optimizer.network.hierarchy import Hierarchy
from optimizer.units import IntArray

NO_COST: Final[int] = 2**62 - 1
"""No way. Twice this still fits int64, and whatever is added to it is never less than it."""
LENGTH_BITS: Final = 32
_BATCH: Final = 32

Index = npt.NDArray[np.int32]


class Sweep:
    """The chordal supergraph of a hierarchy's order, ready to be customized and swept."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        nodes = hierarchy.node_count
        self.rank = _rank(hierarchy)
        tail, head = self.rank[hierarchy.tail], self.rank[hierarchy.head]
        low, high = np.minimum(tail, head).astype(np.int64), np.maximum(tail, head).astype(np.int64)
        pairs = np.unique((low * nodes + high)[low != high])
        given_low, given_high = np.divmod(pairs, nodes)
        first = np.searchsorted(given_low, np.arange(nodes + 1)).astype(np.int64)
        self.first, self.higher, self.parent = _chordal(first, given_high.astype(np.int32))
        keys = np.repeat(np.arange(nodes, dtype=np.int64), np.diff(self.first)) * nodes + self.higher
        self.used = np.flatnonzero(low != high)  # a loop is never part of a least way
        self.arc = np.searchsorted(keys, (low * nodes + high)[self.used])
        self.upward = (tail < head)[self.used]

    def customize(self, cost: IntArray) -> CustomizedSweep:
        """For these costs per edge (`NO_COST`: shut)."""
        up, down = (np.full(len(self.higher), NO_COST, np.int64) for _ in range(2))
        own = cost[self.used]
        np.minimum.at(up, self.arc[self.upward], own[self.upward])
        np.minimum.at(down, self.arc[~self.upward], own[~self.upward])
        _customize(self.first, self.higher, up, down)
        return CustomizedSweep(self, up, down)


def sweep_of(hierarchy: Hierarchy) -> Sweep:
    """The sweep of a hierarchy, made once."""
    if "sweep" not in hierarchy.kept:
        hierarchy.kept["sweep"] = Sweep(hierarchy)
    found: Sweep = hierarchy.kept["sweep"]
    return found


class CustomizedSweep:
    """A sweep with one set of costs."""

    def __init__(self, sweep: Sweep, up: IntArray, down: IntArray) -> None:
        self.sweep = sweep
        self.up = up
        self.down = down

    def matrix(self, *, sources: npt.ArrayLike, targets: npt.ArrayLike) -> IntArray:
        """(len(sources), len(targets)) least costs between nodes; `NO_COST` where there is no way."""
        sweep, up, down = self.sweep, self.up, self.down
        from_, to = sweep.rank[np.asarray(sources, np.int64)], sweep.rank[np.asarray(targets, np.int64)]
        backward = len(from_) > len(to)
        if backward:  # the same ways from their ends: the smaller side is the one that is swept from
            from_, to, up, down = to, from_, down, up
        found = np.full((len(from_), len(to)), NO_COST, np.int64)
        if found.size:
            local, seen, seen_first, seen_higher, seen_down = _restrict(sweep.first, sweep.higher, down, to)
            _sweep(
                (sweep.first, sweep.higher, sweep.parent, up),
                (local, seen_first, seen_higher, seen_down),
                from_,
                local[to],
                np.full((len(seen), _BATCH), NO_COST, np.int64),
                found,
            )
        return np.ascontiguousarray(found.T) if backward else found


def pack(ms: IntArray, centimetres: IntArray, *, shut: npt.NDArray[np.bool_]) -> IntArray:
    """Times and lengths to costs."""
    return np.where(shut, NO_COST, (ms << LENGTH_BITS) + centimetres)


def unpack(cost: IntArray) -> tuple[IntArray, IntArray]:
    """(milliseconds, centimetres) of costs below `NO_COST`."""
    return cost >> LENGTH_BITS, cost & ((1 << LENGTH_BITS) - 1)


def _rank(hierarchy: Hierarchy) -> Index:
    """Position of each node in the order; the engine tells it only through its files."""
    with tempfile.TemporaryDirectory(prefix="wuding-") as folder:
        hierarchy.topology.save(folder)
        return np.fromfile(Path(folder) / "rank", np.uint32).astype(np.int32)


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


def _chordal_py(first: IntArray, given: Index) -> tuple[IntArray, Index, Index]:
    """Contracts the nodes in order: the higher neighbours of a node become neighbours of its lowest one.

    (first, higher neighbours sorted, lowest higher neighbour or -1) of every node.
    """
    nodes = len(first) - 1
    out_first = np.zeros(nodes + 1, np.int64)
    out = np.empty(max(16, 4 * len(given)), np.int32)
    parent = np.full(nodes, -1, np.int32)
    child, sibling = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
    mark = np.full(nodes, -1, np.int32)
    count = 0
    for node in range(nodes):
        need = first[node + 1] - first[node]
        below = child[node]
        while below >= 0:
            need += out_first[below + 1] - out_first[below]
            below = sibling[below]
        if count + need > len(out):
            grown = np.empty(2 * (count + need), np.int32)
            grown[:count] = out[:count]
            out = grown
        begin = count
        for k in range(first[node], first[node + 1]):
            mark[given[k]] = node
            out[count] = given[k]
            count += 1
        below = child[node]
        while below >= 0:
            for k in range(out_first[below], out_first[below + 1]):
                other = out[k]
                if other != node and mark[other] != node:
                    mark[other] = node
                    out[count] = other
                    count += 1
            below = sibling[below]
        if count > begin:
            out[begin:count] = np.sort(out[begin:count])
            parent[node] = out[begin]
            sibling[node] = child[parent[node]]
            child[parent[node]] = node
        out_first[node + 1] = count
    return out_first, out[:count].copy(), parent


def _customize_py(first: IntArray, higher: Index, up: IntArray, down: IntArray) -> None:
    """Lowers every arc to the best way through lower nodes, in place."""
    for node in range(len(first) - 1):
        for i in range(first[node], first[node + 1]):
            k = first[higher[i]]
            up_i, down_i = up[i], down[i]
            for j in range(i + 1, first[node + 1]):
                while higher[k] != higher[j]:  # there, because the graph is chordal
                    k += 1
                up[k] = min(up[k], down_i + up[j])
                down[k] = min(down[k], down[j] + up_i)


def _restrict_py(
    first: IntArray, higher: Index, down: IntArray, targets: Index
) -> tuple[Index, Index, IntArray, Index, IntArray]:
    """What the targets can see: (place of each node or -1, nodes from the top down, and their arcs from above)."""
    nodes = len(first) - 1
    seen = np.zeros(nodes, np.bool_)
    for target in targets:
        seen[target] = True
    arcs = 0
    for node in range(nodes):
        if seen[node]:
            for k in range(first[node], first[node + 1]):
                seen[higher[k]] = True
                arcs += 1
    local = np.full(nodes, -1, np.int32)
    listed = np.empty(seen.sum(), np.int32)
    out_first = np.zeros(len(listed) + 1, np.int64)
    out_higher, out_down = np.empty(arcs, np.int32), np.empty(arcs, np.int64)
    place, arc = 0, 0
    for node in range(nodes - 1, -1, -1):
        if seen[node]:
            local[node] = place
            listed[place] = node
            for k in range(first[node], first[node + 1]):
                if down[k] < NO_COST:
                    out_higher[arc] = local[higher[k]]
                    out_down[arc] = down[k]
                    arc += 1
            place += 1
            out_first[place] = arc
    return local, listed, out_first, out_higher[:arc], out_down[:arc]


def _sweep_py(
    whole: tuple[IntArray, Index, Index, IntArray],
    seen: tuple[Index, IntArray, Index, IntArray],
    sources: Index,
    targets: Index,
    cost: IntArray,
    found: IntArray,
) -> None:
    """Fills `found`; `cost` is room for (seen nodes, batch)."""
    first, higher, parent, up = whole
    local, seen_first, seen_higher, seen_down = seen
    batch = cost.shape[1]
    climbed = np.full(len(first) - 1, NO_COST, np.int64)
    for begin in range(0, len(sources), batch):
        width = min(batch, len(sources) - begin)
        cost[:] = NO_COST
        for b in range(width):
            climbed[sources[begin + b]] = 0
            node = sources[begin + b]
            while node >= 0:
                here = climbed[node]
                if here < NO_COST:
                    for k in range(first[node], first[node + 1]):
                        climbed[higher[k]] = min(climbed[higher[k]], here + up[k])
                if local[node] >= 0:
                    cost[local[node], b] = here
                climbed[node] = NO_COST
                node = parent[node]
        for place in range(len(seen_first) - 1):
            row = cost[place]
            for k in range(seen_first[place], seen_first[place + 1]):
                above, step = cost[seen_higher[k]], seen_down[k]
                for b in range(batch):
                    row[b] = min(row[b], above[b] + step)
        for b in range(width):
            for j in range(len(targets)):
                found[begin + b, j] = cost[targets[j], b]


_chordal, _customize, _restrict, _sweep = (_jit(f) for f in (_chordal_py, _customize_py, _restrict_py, _sweep_py))
