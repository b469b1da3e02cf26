"""The chordal supergraph of a contraction order, as compiled loops: arcs, where triangles lie, the elimination tree.

Nodes are numbered by their place in the order; the arcs of a node lead to higher ones.
"""

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int32]
Runs = tuple[Index, Index, npt.NDArray[np.uint8]]

_LONGEST_RUN: Final = 255


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


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
    return int(begin)


def _slots_py(first: Index, higher: Index, tail: Index, head: Index) -> Index:
    """Where each edge stands in `arcs` read as one row (twice its arc, and one more on the way down); -1 for a loop,
    which is never part of a least way."""
    slot = np.full(len(tail), -1, np.int32)
    for edge in range(len(tail)):
        low, high = min(tail[edge], head[edge]), max(tail[edge], head[edge])
        if low != high:
            slot[edge] = 2 * arc_between(first, higher, low, high) + (tail[edge] > head[edge])
    return slot


def _runs_py(first: Index, higher: Index) -> Runs:
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
lists, chordal, slots_of, runs_of, summed_upwards, inherited = (
    _jit(function) for function in (_lists_py, _chordal_py, _slots_py, _runs_py, _summed_upwards_py, _inherited_py)
)
