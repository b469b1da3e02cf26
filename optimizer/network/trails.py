"""Segments of roads joined to long lines, and lines without the points that cannot be seen."""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from optimizer.units import FloatArray

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
WINDOW = 64  # points that one straight piece may stand for


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


def trails(ends: npt.NDArray[Any], rank: npt.NDArray[np.int8], nodes: int) -> tuple[Integers, Flags, Flags]:
    """In what order the segments (their two nodes each) make long lines, rank by rank; whether each is gone along
    backwards; whether it begins a line."""
    order = np.argsort(rank, kind="stable")
    of_node = np.concatenate((ends[:, 0], ends[:, 1])).astype(np.int64)
    sorted_by = np.argsort(of_node, kind="stable")
    at = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(of_node, minlength=nodes))))
    found: tuple[Integers, Flags, Flags] = _walk(ends.astype(np.int64), rank, order, sorted_by % max(len(ends), 1), at)
    return found


@_jit
def _walk(ends: Integers, rank: npt.NDArray[np.int8], order: Integers, at_node: Integers, start: Integers) -> Any:
    """From dead ends and crossings first, so that what is left over is rings alone."""
    count = len(ends)
    out, turned, begins = np.empty(count, np.int64), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    done = np.zeros(count, np.bool_)
    made = lowest = 0
    while lowest < count:  # one rank after the other
        highest = lowest
        while highest < count and rank[order[highest]] == rank[order[lowest]]:
            highest += 1
        for rings in range(2):
            for number in range(lowest, highest):
                for side in range(2):
                    segment = order[number]
                    node = ends[segment, side]
                    if not rings:
                        same = 0
                        for place in range(start[node], start[node + 1]):
                            same += rank[at_node[place]] == rank[segment]
                        if same == 2:
                            continue
                    fresh = True
                    while segment >= 0 and not done[segment]:
                        done[segment] = True
                        out[made], begins[made] = segment, fresh
                        turned[made] = ends[segment, 0] != node
                        node = ends[segment, 0] if turned[made] else ends[segment, 1]
                        made += 1
                        fresh = False
                        following = -1
                        for place in range(start[node], start[node + 1]):
                            if not done[at_node[place]] and rank[at_node[place]] == rank[segment]:
                                following = at_node[place]
                                break
                        segment = following
        lowest = highest
    return out, turned, begins


def thin(x: FloatArray, y: FloatArray, begins: Flags, near: float) -> Flags:
    """Which points to keep, so that no other lies farther than `near` from the line."""
    kept: Flags = _thin(x, y, begins, near)
    return kept


@_jit
def _thin(x: FloatArray, y: FloatArray, begins: Flags, near: float) -> Flags:
    count = len(x)
    kept = np.ones(count, np.bool_)
    anchor = 0
    for at in range(1, count - 1):
        if begins[at] or begins[at + 1]:
            anchor = at
            continue
        right, down = x[at + 1] - x[anchor], y[at + 1] - y[anchor]
        long = right * right + down * down
        straight = at - anchor < WINDOW
        for between in range(anchor + 1, at + 1):
            if not straight:
                break
            over, under = x[between] - x[anchor], y[between] - y[anchor]
            part = 0.0 if long == 0.0 else min(1.0, max(0.0, (over * right + under * down) / long))
            over, under = over - part * right, under - part * down
            straight = over * over + under * under <= near * near
        if straight:
            kept[at] = False
        else:
            anchor = at
    return kept
