"""Compiled loops of `sweep`. Nodes are numbered by their place in the order; arc k of node v leads to a higher one.

`arcs` is (A, 2): what the way up costs ([:, 0], from the lower node to the higher) and the way down ([:, 1]). A cost
type is int32 or int64 with `none` for "no way"; twice `none` fits the type and nothing stored is above it.
"""

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

Index = npt.NDArray[np.int32]
Costs = npt.NDArray[np.signedinteger[Any]]

ROW_BYTES: Final = 128  # a batch: 32 costs of int32 or 16 of int64, whole cache lines and vector registers
_LONGEST_RUN: Final = 255


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


def _relax_row_py(_typing: Any, cost: Any, place: Any, first: Any, higher: Any, step: Any) -> Any:
    """relax_row(cost, place, first, higher, step): cost[place] = least of itself and cost[higher[k]] + step[k] over
    the arcs k of `place`. Written out for the compiler, because its own vectorizer keeps the row in memory."""

    def generate(context: Any, build: Any, signature: Any, arguments: Any) -> Any:
        def data(index: int) -> Any:
            return context.make_array(signature.args[index])(context, build, arguments[index]).data

        costs, firsts, highers, steps, row = data(0), data(2), data(3), data(4), arguments[1]
        number = context.get_data_type(signature.args[0].dtype)
        lanes = ROW_BYTES * 8 // number.width
        vector, align = ir.VectorType(number, lanes), number.width // 8
        none, spread = ir.Constant(vector, ir.Undefined), ir.VectorType(ir.IntType(32), lanes)

        def address(of: Any) -> Any:
            start = build.gep(costs, [build.mul(of, ir.Constant(of.type, lanes))])
            return build.bitcast(start, vector.as_pointer())

        begin = build.load(build.gep(firsts, [row]))
        end = build.load(build.gep(firsts, [build.add(row, ir.Constant(row.type, 1))]))
        own = build.load(address(row), align=align)
        entry = build.block
        head, body, done = (build.append_basic_block(name) for name in ("head", "body", "done"))
        build.branch(head)
        build.position_at_end(head)
        k, best = build.phi(begin.type), build.phi(vector)
        build.cbranch(build.icmp_signed("<", k, end), body, done)
        build.position_at_end(body)
        above = build.sext(build.load(build.gep(highers, [k])), ir.IntType(64))
        lane = build.insert_element(none, build.load(build.gep(steps, [k])), ir.Constant(ir.IntType(32), 0))
        added = build.shuffle_vector(lane, none, ir.Constant(spread, [0] * lanes))
        through = build.add(build.load(address(above), align=align), added)
        better = build.select(build.icmp_signed("<", through, best), through, best)
        k.add_incoming(begin, entry)
        k.add_incoming(build.add(k, ir.Constant(k.type, 1)), body)
        best.add_incoming(own, entry)
        best.add_incoming(better, body)
        build.branch(head)
        build.position_at_end(done)
        build.store(best, address(row), align=align)
        return context.get_dummy_value()

    return types.void(cost, types.intp, first, higher, step), generate


relax_row: Any = intrinsic(_relax_row_py)


def _lists_py(key: Index, count: int) -> tuple[Index, Index]:
    """(first, members) of the groups of equal keys 0 .. count - 1, members in order; negative keys left out."""
    first = np.zeros(count + 1, np.int32)
    for k in range(len(key)):
        if key[k] >= 0:
            first[key[k] + 1] += 1
    for group in range(count):
        first[group + 1] += first[group]
    members, place = np.empty(first[count], np.int32), first[:-1].copy()
    for k in range(len(key)):
        if key[k] >= 0:
            members[place[key[k]]] = k
            place[key[k]] += 1
    return first, members


def _chordal_py(first: Index, given: Index) -> tuple[Index, Index, Index]:
    """Contracts the nodes in order: the higher neighbours of a node become neighbours of its lowest one.

    (first, higher neighbours sorted, lowest higher neighbour or -1) of every node.
    """
    nodes = len(first) - 1
    out_first = np.zeros(nodes + 1, np.int32)
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
            if mark[given[k]] != node:
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


def _arc_py(first: Index, higher: Index, low: int, high: int) -> int:
    """The arc from `low` to `high`; there is one."""
    begin, end = first[low], first[low + 1]
    while begin < end:
        middle = (begin + end) >> 1
        if higher[middle] < high:
            begin = middle + 1
        else:
            end = middle
    return begin


def _slots_py(first: Index, higher: Index, tail: Index, head: Index) -> Index:
    """Where each edge stands in `arcs` read as one row (twice its arc, and one more on the way down); -1 for a loop,
    which is never part of a least way."""
    slot = np.full(len(tail), -1, np.int32)
    for edge in range(len(tail)):
        low, high = min(tail[edge], head[edge]), max(tail[edge], head[edge])
        if low != high:
            slot[edge] = 2 * arc_between(first, higher, low, high) + (tail[edge] > head[edge])
    return slot


def _runs_py(first: Index, higher: Index) -> tuple[Index, Index, npt.NDArray[np.uint8]]:
    """Where the arcs of a triangle lie: for arc i of a node, its arcs i+1, i+2, .. close triangles with arcs of
    higher[i], which come in runs of (start, length). (first run of each arc, starts, lengths)."""
    run_first = np.zeros(len(higher) + 1, np.int32)
    start, length = np.empty(max(16, 2 * len(higher)), np.int32), np.empty(max(16, 2 * len(higher)), np.uint8)
    count = 0
    for node in range(len(first) - 1):
        for i in range(first[node], first[node + 1]):
            if count + first[node + 1] - i > len(start):
                grown, lengths = np.empty(2 * len(start), np.int32), np.empty(2 * len(start), np.uint8)
                grown[:count], lengths[:count] = start[:count], length[:count]
                start, length = grown, lengths
            k, follows, room = first[higher[i]], -1, 0
            for j in range(i + 1, first[node + 1]):
                while higher[k] != higher[j]:  # there, because the graph is chordal
                    k += 1
                if k == follows and room > 0:
                    length[count - 1] += 1
                    room -= 1
                else:
                    start[count], length[count] = k, 1
                    count += 1
                    room = _LONGEST_RUN - 1
                follows = k + 1
            run_first[i + 1] = count
    return run_first, start[:count].copy(), length[:count].copy()


def _take_in_py(slot: Index, cost: Costs, arcs: Costs) -> None:
    """Every arc at the least cost of its own edges."""
    flat = arcs.reshape(-1)
    for edge in range(len(slot)):
        if slot[edge] >= 0 and cost[edge] < flat[slot[edge]]:
            flat[slot[edge]] = cost[edge]


def _customize_py(
    first: Index,
    runs: tuple[Index, Index, npt.NDArray[np.uint8]],
    arcs: Costs,
    nodes: tuple[int, int],
    aside: tuple[int, int],
) -> None:
    """Lowers the arcs to the best ways through nodes[0] .. nodes[1] - 1; those from arc aside[0] on are written
    aside[1] further on, so that two threads do not meet."""
    run_first, start, length = runs
    number = arcs.dtype.type
    for node in range(nodes[0], nodes[1]):
        for i in range(first[node], first[node + 1]):
            up, down = arcs[i, 0], arcs[i, 1]
            j = i + 1
            for run in range(run_first[i], run_first[i + 1]):
                k = start[run]
                if k >= aside[0]:
                    k += aside[1]
                for _ in range(length[run]):
                    rise, fall = number(down + arcs[j, 0]), number(up + arcs[j, 1])
                    arcs[k, 0] = rise if rise < arcs[k, 0] else arcs[k, 0]
                    arcs[k, 1] = fall if fall < arcs[k, 1] else arcs[k, 1]
                    k += 1
                    j += 1


def _update_py(
    first: Index,
    higher: Index,
    below: tuple[Index, Index, Index],
    edges: tuple[Index, Index, Index],
    changed: Index,
    cost: Costs,
    none: Any,
    arcs: Costs,
) -> int:
    """Takes the changed edges in: computes anew the arcs that stood on a changed one, upwards in the order, and no
    others. How many were computed.

    `below`: (lower node of each arc, first, arcs from below) of every node; `edges`: (slot of each edge, edges by
    slot, their slots).
    """
    low, below_first, below_arc = below
    slot, by_slot, slots = edges
    nodes = len(first) - 1
    flat, number = arcs.reshape(-1), arcs.dtype.type
    stale, waiting = np.zeros(len(flat), np.bool_), np.zeros(nodes, np.bool_)
    begin = nodes
    for edge in changed:
        if slot[edge] >= 0:
            stale[slot[edge]] = True
            node = low[slot[edge] >> 1]
            waiting[node] = True
            begin = min(begin, node)
    marked = np.full(nodes, -1, np.int32)
    computed = 0
    for node in range(begin, nodes):
        if not waiting[node]:
            continue
        for q in range(below_first[node], below_first[node + 1]):
            marked[low[below_arc[q]]] = below_arc[q]
        for k in range(first[node], first[node + 1]):
            for side in range(2):
                if not stale[2 * k + side]:
                    continue
                computed += 1
                best = none
                at = np.searchsorted(slots, 2 * k + side)
                while at < len(slots) and slots[at] == 2 * k + side:
                    best = min(best, number(cost[by_slot[at]]))
                    at += 1
                for q in range(below_first[higher[k]], below_first[higher[k] + 1]):
                    other = below_arc[q]
                    if low[other] >= node:
                        break
                    own = marked[low[other]]
                    if own >= 0:
                        best = min(best, number(arcs[own, 1 - side] + arcs[other, side]))
                was = arcs[k, side]
                if best == was:
                    continue
                arcs[k, side] = best
                for j in range(first[node], first[node + 1]):
                    if j == k:
                        continue
                    # Up at last: from the other neighbour through here; down: to the other neighbour.
                    partner = arcs[j, 1 - side]
                    if higher[j] < higher[k]:
                        target = 2 * arc_between(first, higher, higher[j], higher[k]) + side
                    else:
                        target = 2 * arc_between(first, higher, higher[k], higher[j]) + 1 - side
                    if number(was + partner) == flat[target] or number(best + partner) < flat[target]:
                        stale[target] = True
                        waiting[low[target >> 1]] = True
        for q in range(below_first[node], below_first[node + 1]):
            marked[low[below_arc[q]]] = -1
    return computed


def _see_py(first: Index, parent: Index, targets: Index) -> tuple[Index, Index, Index]:
    """What the targets can see: (place of each node or -1, nodes from the top down, first arc of each place)."""
    nodes = len(first) - 1
    local = np.full(nodes, -1, np.int32)
    count = 0
    for target in targets:
        node = target
        while node >= 0 and local[node] < 0:
            local[node] = 0
            count += 1
            node = parent[node]
    listed, seen_first = np.empty(count, np.int32), np.zeros(count + 1, np.int32)
    place = 0
    for node in range(nodes - 1, -1, -1):
        if local[node] == 0:
            local[node] = place
            listed[place] = node
            place += 1
            seen_first[place] = seen_first[place - 1] + first[node + 1] - first[node]
    return local, listed, seen_first


def _copy_py(
    first: Index,
    higher: Index,
    arcs: Costs,
    side: int,
    local: Index,
    listed: Index,
    seen_first: Index,
    seen: tuple[Index, Costs],
    places: tuple[int, int],
) -> None:
    """The arcs of those places side by side: (place above, cost)."""
    above, step = seen
    for place in range(places[0], places[1]):
        k = first[listed[place]]
        for out in range(seen_first[place], seen_first[place + 1]):
            above[out], step[out] = local[higher[k]], arcs[k, side]
            k += 1


def _climb_py(
    whole: tuple[Index, Index, Index, Costs], side: int, none: Any, node: int, climbed: Costs, local: Index, cost: Costs
) -> None:
    """Least costs from `node` (where `climbed` holds 0) to all above it into cost[place]; `climbed` is left empty."""
    first, higher, parent, arcs = whole
    number = arcs.dtype.type
    while node >= 0:
        here = climbed[node]
        if here < none:
            for k in range(first[node], first[node + 1]):
                there = number(here + arcs[k, side])
                if there < climbed[higher[k]]:
                    climbed[higher[k]] = there
        if local[node] >= 0:
            cost[local[node]] = here
        climbed[node] = none
        node = parent[node]


def _sweep_py(
    whole: tuple[Index, Index, Index, Costs],
    side: int,
    seen: tuple[Index, Index, Index, Costs],
    none: tuple[Any, int],
    sources: Index,
    targets: Index,
    room: tuple[Costs, Costs],
    found: npt.NDArray[np.int64],
) -> None:
    """Fills `found`, (sources, targets), with none[1] for none[0]. Room: (seen nodes, batch) and (nodes,)."""
    local, seen_first, above, step = seen
    cost, climbed = room
    climbed[:] = none[0]
    lanes = cost.shape[1]
    for begin in range(0, len(sources), lanes):
        width = min(lanes, len(sources) - begin)
        cost[:] = none[0]
        for b in range(width):
            climbed[sources[begin + b]] = 0
            climb(whole, side, none[0], sources[begin + b], climbed, local, cost[:, b])
        for place in range(len(seen_first) - 1):
            relax_row(cost, place, seen_first, above, step)
        for b in range(width):
            for j in range(len(targets)):
                value = cost[targets[j], b]
                found[begin + b, j] = value if value < none[0] else none[1]


def _summed_upwards_py(parent: Index, own: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The sum over each subtree."""
    total = own.copy()
    for node in range(len(parent)):
        if parent[node] >= 0:
            total[parent[node]] += total[node]
    return total


def _inherited_py(parent: Index, part: npt.NDArray[np.int8]) -> None:
    """Nodes without a part (-1) take that of the node above."""
    for node in range(len(parent) - 1, -1, -1):
        if part[node] < 0:
            part[node] = part[parent[node]]


arc_between = _jit(_arc_py)
climb = _jit(_climb_py)
lists, chordal, slots_of, runs_of, take_in, customize, update, see, copy, sweep, summed_upwards, inherited = (
    _jit(function)
    for function in (
        _lists_py,
        _chordal_py,
        _slots_py,
        _runs_py,
        _take_in_py,
        _customize_py,
        _update_py,
        _see_py,
        _copy_py,
        _sweep_py,
        _summed_upwards_py,
        _inherited_py,
    )
)
