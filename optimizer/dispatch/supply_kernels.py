"""Compiled loops over the stores and incidents of one item: positions in its stores (rows) and incidents (columns)."""

import numpy as np
from numba import njit

from optimizer.units import BoolArray, IntArray


@njit(cache=True, nogil=True)
def held_order(nearest: IntArray, stores: IntArray, incidents: IntArray) -> IntArray:
    """(I, S): of the order `nearest` (all stores, all incidents) those `stores` alone, by their positions."""
    position = np.full(len(nearest), -1, np.int64)
    position[stores] = np.arange(len(stores))
    result = np.empty((len(incidents), len(stores)), np.int64)
    for column in range(len(incidents)):
        count = 0
        for store in nearest[:, incidents[column]]:
            if position[store] >= 0:
                result[column, count] = position[store]
                count += 1
    return result


@njit(cache=True, nogil=True)
def useful_arcs(allowed: BoolArray, available: IntArray, order: IntArray, shipped: int) -> tuple[IntArray, IntArray]:
    """(row, column) in order of both: the nearest stores (`order` (I, S)) of a column that together hold `shipped`."""
    keep = np.zeros(allowed.shape, np.bool_)
    for column in range(len(order)):
        before = 0
        for row in order[column]:
            if before >= shipped:
                break
            if allowed[row, column] and available[row] > 0:
                keep[row, column] = True
                before += available[row]
    rows, columns = np.nonzero(keep)
    return rows, columns


@njit(cache=True, nogil=True)
def nearest_stock(
    available: IntArray, allowed: BoolArray, order: IntArray, demand: IntArray, turn: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """(row, column, lumps): every column in `turn` from the nearest stores (`order` (I, S)) that have any left."""
    left = available.copy()
    found = np.empty((3, len(available) + len(turn)), np.int64)  # a step empties a store or meets a demand
    count = 0
    for column in turn:
        wanted = demand[column]
        for row in order[column]:
            if wanted == 0:
                break
            if left[row] > 0 and allowed[row, column]:
                take = min(wanted, left[row])
                found[0, count], found[1, count], found[2, count] = row, column, take
                count += 1
                left[row] -= take
                wanted -= take
    return found[0, :count], found[1, :count], found[2, :count]


@njit(cache=True, nogil=True)
def simple_reach(available: IntArray, allowed: BoolArray, caps: IntArray) -> tuple[int, int]:
    """(some, most): lumps that `caps` (I,) can take together, and no more than which they can: the columns that few
    stores may serve first, from the stores that may serve few others."""
    stores, count = allowed.shape
    open_to, open_for = np.zeros(stores, np.int64), np.zeros(count, np.int64)
    for row in range(stores):
        for column in range(count):
            if allowed[row, column] and caps[column] > 0:
                open_to[row] += 1
                open_for[column] += available[row] > 0
    left, some = available.copy(), 0
    rows = np.argsort(open_to, kind="mergesort")
    for column in np.argsort(open_for, kind="mergesort"):
        wanted = caps[column]
        for row in rows:
            if wanted == 0:
                break
            if left[row] > 0 and allowed[row, column]:
                take = min(wanted, left[row])
                left[row] -= take
                wanted -= take
                some += take
    return some, min(caps.sum(), available[open_to > 0].sum())


def warm_up() -> None:
    """Run every kernel on data of the smallest size."""
    two, allowed = np.arange(2), np.ones((2, 2), np.bool_)
    order = held_order(np.array([[0, 1], [0, 1]]).T, two, two)  # a column at a time, as `rising` leaves it
    useful_arcs(allowed, two, order, 1)
    nearest_stock(two, allowed, order, two, two)
    simple_reach(two, allowed, two)
