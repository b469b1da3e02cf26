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

from optimizer.network.chordal import Index, Runs, arc_between

Costs = npt.NDArray[np.signedinteger[Any]]
ROW_BYTES: Final = 128  # a batch: 32 costs of int32 or 16 of int64, whole cache lines and vector registers


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


def _relax_run_of(triangles: int) -> Any:
    """relax(arcs, k, j, down, up): the arcs from k on at the least of themselves and those from j on, `down` added
    to the ways up and `up` to the ways down; as many arcs as there are triangles, both ways at once."""

    def relax(_typing: Any, arcs: Any, k: Any, j: Any, down: Any, up: Any) -> Any:
        def generate(context: Any, build: Any, signature: Any, arguments: Any) -> Any:
            start = context.make_array(signature.args[0])(context, build, arguments[0]).data
            number = context.get_data_type(signature.args[0].dtype)
            vector, align = ir.VectorType(number, 2 * triangles), number.width // 8
            spread = ir.Constant(ir.VectorType(ir.IntType(32), 2 * triangles), [0, 1] * triangles)

            def address(arc: Any) -> Any:
                return build.bitcast(build.gep(start, [build.shl(arc, ir.Constant(arc.type, 1))]), vector.as_pointer())

            pair = ir.Constant(ir.VectorType(number, 2), ir.Undefined)
            for lane in (0, 1):
                pair = build.insert_element(pair, arguments[3 + lane], ir.Constant(ir.IntType(32), lane))
            added = build.shuffle_vector(pair, ir.Constant(pair.type, ir.Undefined), spread)
            through = build.add(build.load(address(arguments[2]), align=align), added)
            own = build.load(address(arguments[1]), align=align)
            least = build.select(build.icmp_signed("<", through, own), through, own)
            build.store(least, address(arguments[1]), align=align)
            return context.get_dummy_value()

        return types.void(arcs, types.intp, types.intp, arcs.dtype, arcs.dtype), generate

    return intrinsic(relax)


relax_four, relax_two, relax_one = (_relax_run_of(triangles) for triangles in (4, 2, 1))


def _take_in_py(slot: Index, cost: Costs, arcs: Costs) -> None:
    """Every arc at the least cost of its own edges."""
    flat = arcs.reshape(-1)
    for edge in range(len(slot)):
        if slot[edge] >= 0 and cost[edge] < flat[slot[edge]]:
            flat[slot[edge]] = cost[edge]


def _customize_py(
    first: Index,
    runs: Runs,
    arcs: Costs,
    nodes: tuple[int, int],
    aside: tuple[int, int],
) -> None:
    """Lowers the arcs to the best ways through nodes[0] .. nodes[1] - 1; those from arc aside[0] on are written
    aside[1] further on, so that two threads do not meet."""
    run_first, start, length = runs
    for node in range(nodes[0], nodes[1]):
        for i in range(first[node], first[node + 1]):
            up, down = arcs[i, 0], arcs[i, 1]
            j = np.int64(i + 1)
            for run in range(run_first[i], run_first[i + 1]):
                k = np.int64(start[run])
                if k >= aside[0]:
                    k += aside[1]
                count = length[run]
                for _ in range(count >> 2):
                    relax_four(arcs, k, j, down, up)
                    k, j = k + 4, j + 4
                if count & 2:
                    relax_two(arcs, k, j, down, up)
                    k, j = k + 2, j + 2
                if count & 1:
                    relax_one(arcs, k, j, down, up)
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


climb = _jit(_climb_py)
take_in, customize, update, see, copy, sweep = (
    _jit(function) for function in (_take_in_py, _customize_py, _update_py, _see_py, _copy_py, _sweep_py)
)
