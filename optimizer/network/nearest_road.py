"""The nearest place on any of many lines, in compiled loops over a grid: what `snap` asks.

Plane coordinates in metres. A stretch is the straight part of a segment between two of its points; every stretch is
listed in each cell that its box touches, and a point looks at rings of cells around its own until no cell further
out can hold anything nearer.
"""

from typing import Any

import numba
import numpy as np

from optimizer.network.chordal import Index
from optimizer.units import BoolArray, FloatArray, IntArray

Lines = tuple[Index, FloatArray, FloatArray, IntArray, FloatArray, FloatArray]  # ends, x, y of nodes; shapes


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


def _stretches_py(lines: Lines, used: BoolArray) -> tuple[FloatArray, Index, FloatArray, FloatArray]:
    """(from x, y to x, y; segment; length before) of every stretch of the used segments, and the segments' lengths."""
    ends, node_x, node_y, offset, shape_x, shape_y = lines
    count = 0
    for segment in range(len(used)):
        if used[segment]:
            count += 1 + offset[segment + 1] - offset[segment]
    place, owner, before = np.empty((count, 4)), np.empty(count, np.int32), np.empty(count)
    length = np.zeros(len(used))
    count = 0
    for segment in range(len(used)):
        if not used[segment]:
            continue
        x, y = node_x[ends[segment, 0]], node_y[ends[segment, 0]]
        for k in range(offset[segment], offset[segment + 1] + 1):
            if k < offset[segment + 1]:
                next_x, next_y = shape_x[k], shape_y[k]
            else:
                next_x, next_y = node_x[ends[segment, 1]], node_y[ends[segment, 1]]
            place[count, 0], place[count, 1], place[count, 2], place[count, 3] = x, y, next_x, next_y
            owner[count], before[count] = segment, length[segment]
            length[segment] += np.sqrt((next_x - x) ** 2 + (next_y - y) ** 2)
            count += 1
            x, y = next_x, next_y
    return place, owner, before, length


def _grid_py(place: FloatArray) -> tuple[FloatArray, IntArray, Index, Index]:
    """((west, south, cell size), (columns, rows), first of each cell, stretches)."""
    count = len(place)
    west, south = min(place[:, 0].min(), place[:, 2].min()), min(place[:, 1].min(), place[:, 3].min())
    east, north = max(place[:, 0].max(), place[:, 2].max()), max(place[:, 1].max(), place[:, 3].max())
    wide = 0.0
    for s in range(count):
        wide += max(abs(place[s, 2] - place[s, 0]), abs(place[s, 3] - place[s, 1]))
    # As many cells as stretches, none smaller than a stretch is long in the middle.
    size = max(np.sqrt((east - west) * (north - south) / count), wide / count, 1.0)
    size = max(size, max(east - west, north - south) / (1 << 14))
    columns, rows = int((east - west) / size) + 1, int((north - south) / size) + 1
    first = np.zeros(columns * rows + 1, np.int32)
    listed = np.empty(0, np.int32)
    for turn in range(2):
        for s in range(count):
            left, right = min(place[s, 0], place[s, 2]), max(place[s, 0], place[s, 2])
            low, high = min(place[s, 1], place[s, 3]), max(place[s, 1], place[s, 3])
            for row in range(int((low - south) / size), int((high - south) / size) + 1):
                for column in range(int((left - west) / size), int((right - west) / size) + 1):
                    cell = row * columns + column
                    if turn == 0:
                        first[cell + 1] += 1
                    else:
                        listed[first[cell]] = s
                        first[cell] += 1
        if turn == 0:
            for cell in range(columns * rows):
                first[cell + 1] += first[cell]
            listed = np.empty(first[-1], np.int32)
    for cell in range(columns * rows, 0, -1):
        first[cell] = first[cell - 1]
    first[0] = 0
    return np.array([west, south, size]), np.array([columns, rows]), first, listed


def _distance_py(place: FloatArray, x: float, y: float) -> tuple[float, float]:
    """(distance, share of the stretch, 0 to 1) from a point to a stretch."""
    ax, ay, bx, by = place[0], place[1], place[2], place[3]
    square = (bx - ax) ** 2 + (by - ay) ** 2
    share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square if square > 0.0 else 0.0
    if share <= 0.0:  # equal to the last digit for every stretch that begins or ends there
        return np.sqrt((x - ax) ** 2 + (y - ay) ** 2), 0.0
    if share >= 1.0:
        return np.sqrt((x - bx) ** 2 + (y - by) ** 2), 1.0
    return abs((ay - y) * (bx - ax) - (ax - x) * (by - ay)) / np.sqrt(square), share


def _nearest_road_py(
    lines: Lines, used: BoolArray, x: FloatArray, y: FloatArray, farthest: float
) -> tuple[Index, FloatArray, FloatArray, FloatArray]:
    """(segment or -1, share of its length, x, y of the nearest place) per point, within `farthest` metres; of
    equally near segments the first. At least one segment has to be used."""
    place, owner, before, length = stretches(lines, used)
    corner, shape, first, listed = grid(place)
    west, south, size = corner
    columns, rows = shape
    found = np.full(len(x), -1, np.int32)
    share, at_x, at_y = (np.zeros(len(x)), np.zeros(len(x)), np.zeros(len(x)))
    for p in range(len(x)):
        column, row = int(np.floor((x[p] - west) / size)), int(np.floor((y[p] - south) / size))
        best, best_stretch, best_part = farthest, -1, 0.0
        # The rings that meet the grid at all.
        ring = max(0, -column, column - columns + 1, -row, row - rows + 1)
        last = max(abs(column), abs(columns - 1 - column), abs(row), abs(rows - 1 - row))
        # A hair of slack: a cell's edge and a stretch on it may be rounded apart.
        while ring <= last and (ring - 1) * size <= best * (1.0 + 1e-9) + 1e-6:
            for r in range(max(0, row - ring), min(rows, row + ring + 1)):
                step = 1 if abs(r - row) == ring else max(1, 2 * ring)
                for c in range(column - ring, column + ring + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    for k in range(first[r * columns + c], first[r * columns + c + 1]):
                        s = listed[k]
                        far, part = distance(place[s], x[p], y[p])
                        if far < best or (
                            far == best and (best_stretch < 0 or (owner[s], s) < (owner[best_stretch], best_stretch))
                        ):
                            best, best_stretch, best_part = far, s, part
            ring += 1
        if best_stretch >= 0:
            s = best_stretch
            found[p] = owner[s]
            at_x[p] = place[s, 0] + best_part * (place[s, 2] - place[s, 0])
            at_y[p] = place[s, 1] + best_part * (place[s, 3] - place[s, 1])
            if best_part == 1.0:
                at_x[p], at_y[p] = place[s, 2], place[s, 3]
            own = np.sqrt((place[s, 2] - place[s, 0]) ** 2 + (place[s, 3] - place[s, 1]) ** 2)
            if length[owner[s]] > 0.0:
                share[p] = min(1.0, (before[s] + best_part * own) / length[owner[s]])
    return found, share, at_x, at_y


stretches, grid, distance = _jit(_stretches_py), _jit(_grid_py), _jit(_distance_py)
nearest_road = _jit(_nearest_road_py)
