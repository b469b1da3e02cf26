"""The best rounds of a few vehicles over a few batches, exactly: a dynamic program over sets.

    (K1) stage(U, C, last): batches U still wait, C are delivered on the round under way, `last` was the last of them
    (K2) least cost to go = all that waits x the seconds of the next leg + price x its metres + the stage after;
         the next leg goes to a batch of U if the vehicle carries it beside C, or home (the way out of `last`, S9)
    (K3) F(U): the same from home with U still waiting; several vehicles share the batches: a partition of the set,
         where a vehicle that is away until `free` costs free x what it is to carry

Waiting is counted where it passes, so no instants are part of the state: departures are as soon as the vehicle is
back (reports that are still to come are left to the caller). 3^n x n^2 steps per vehicle.
"""

import numpy as np
from numba import njit

from optimizer.units import UNREACHABLE, FloatArray, IntArray

FAR = UNREACHABLE


@njit(cache=True)  # type: ignore[untyped-decorator]
def _sums(values: FloatArray) -> FloatArray:
    """(2^n,) sum over every set."""
    total = np.zeros(1 << len(values), values.dtype)
    for j in range(len(values)):
        bit = 1 << j
        for mask in range(bit):
            total[mask | bit] = total[mask] + values[j]
    return total


@njit(cache=True)  # type: ignore[untyped-decorator]
def _ternary(n: int) -> IntArray:
    """(2^n,) the number of a set in base 3."""
    digits = np.ones(n, np.int64)
    for j in range(1, n):
        digits[j] = 3 * digits[j - 1]
    numbers: IntArray = _sums(digits)
    return numbers


@njit(cache=True)  # type: ignore[untyped-decorator]
def _stages(
    number: IntArray, waiting: FloatArray, fits: np.ndarray, out_s: IntArray, out_cost: FloatArray,
    leg_s: IntArray, leg_cost: FloatArray, trip_cost: float,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """(F (2^n,), cost to go (3^n, n)) of one vehicle (K1 to K3)."""
    n = len(out_s)
    full = (1 << n) - 1
    size = 1
    for _ in range(n):
        size *= 3
    home = np.full(full + 1, np.inf)
    home[0] = 0.0
    stage = np.full((size, n), np.inf)
    for left in range(full + 1):
        if left:
            for j in range(n):
                bit = 1 << j
                if left & bit and out_s[j] < FAR and fits[bit]:
                    cost = waiting[left] * out_s[j] + out_cost[j] + trip_cost
                    cost += stage[number[left ^ bit] + 2 * number[bit], j]
                    if cost < home[left]:
                        home[left] = cost
        rest = full ^ left
        done = rest
        while done:
            if fits[done]:
                here = number[left] + 2 * number[done]
                for last in range(n):
                    if not done & (1 << last) or out_s[last] >= FAR:
                        continue
                    best = waiting[left] * out_s[last] + out_cost[last] + home[left]
                    for j in range(n):
                        bit = 1 << j
                        if left & bit and fits[done | bit] and leg_s[last, j] < FAR:
                            cost = waiting[left] * leg_s[last, j] + leg_cost[last, j]
                            cost += stage[number[left ^ bit] + 2 * number[done | bit], j]
                            if cost < best:
                                best = cost
                    stage[here, last] = best
            done = (done - 1) & rest
    return home, stage


@njit(cache=True)  # type: ignore[untyped-decorator]
def best_rounds(
    weight: FloatArray, kg: IntArray, m3: IntArray, free_s: IntArray, room_kg: IntArray, room_m3: IntArray,
    out_s: IntArray, out_m: FloatArray, leg_s: IntArray, leg_m: FloatArray, trip_m: float, price: float,
) -> tuple[float, IntArray]:  # fmt: skip
    """Least sum of weight x arrival + price x metres of n batches on V vehicles, and the rounds that reach it.

    weight (n,) level 6 per second; kg, m3 (n,) and room_kg, room_m3 (V,) in whole small units; free_s (V,);
    out_s, out_m (V, n) from home, UNREACHABLE (s) where there is no way; leg_s, leg_m (V, n, n) between batches;
    trip_m: metres that one more trip is worth.
    Returns (cost, rows (n, 3) of vehicle, round, batch in the order of the rounds); cost is inf where nothing fits.
    """
    vehicles, n = out_s.shape
    full = (1 << n) - 1
    number, waiting, mass, volume = _ternary(n), _sums(weight), _sums(kg), _sums(m3)
    reach = np.full((vehicles + 1, full + 1), np.inf)
    reach[0, 0] = 0.0
    homes = np.empty((vehicles, full + 1))
    stages = []
    fitting = []
    for v in range(vehicles):
        fits = (mass <= room_kg[v]) & (volume <= room_m3[v])
        home, stage = _stages(
            number, waiting, fits, out_s[v], price * out_m[v], leg_s[v], price * leg_m[v], price * trip_m
        )
        homes[v] = home
        stages.append(stage)
        fitting.append(fits)
        for mine in range(full + 1):  # K3
            cost = home[mine] + free_s[v] * waiting[mine]
            if cost == np.inf:
                continue
            others = full ^ mine
            before = others
            while True:
                if reach[v, before] + cost < reach[v + 1, before | mine]:
                    reach[v + 1, before | mine] = reach[v, before] + cost
                if before == 0:
                    break
                before = (before - 1) & others
    rows = np.zeros((n, 3), np.int64)
    least = reach[vehicles, full]
    if least == np.inf:
        return least, rows
    at, left = 0, full
    for v in range(vehicles - 1, -1, -1):
        mine, share, least_share = left, left, np.inf  # the set this vehicle takes
        while True:
            cost = reach[v, left ^ share] + homes[v, share] + free_s[v] * waiting[share]
            if cost < least_share:
                mine, least_share = share, cost
            if share == 0:
                break
            share = (share - 1) & left
        left ^= mine
        at = _trace(rows, at, v, mine, number, waiting, fitting[v], homes[v], stages[v], out_s[v], price * out_m[v],
                    leg_s[v], price * leg_m[v], price * trip_m)  # fmt: skip
    return least, rows


@njit(cache=True)  # type: ignore[untyped-decorator]
def _trace(
    rows: IntArray, at: int, vehicle: int, left: int, number: IntArray, waiting: FloatArray, fits: np.ndarray,
    home: FloatArray, stage: FloatArray, out_s: IntArray, out_cost: FloatArray, leg_s: IntArray, leg_cost: FloatArray,
    trip_cost: float,
) -> int:  # fmt: skip
    """Writes the vehicle's rounds over `left`; the first row after them."""
    n = len(out_s)
    turn, done, last = 0, 0, -1
    while left:
        least, chosen = np.inf, -1
        if done:
            least = waiting[left] * out_s[last] + out_cost[last] + home[left]
        for j in range(n):
            bit = 1 << j
            if not left & bit or not fits[done | bit]:
                continue
            if done:
                way, cost = leg_s[last, j], leg_cost[last, j]
            else:
                way, cost = out_s[j], out_cost[j] + trip_cost
            if way < FAR:
                cost += waiting[left] * way + stage[number[left ^ bit] + 2 * number[done | bit], j]
                if cost < least:
                    least, chosen = cost, j
        if chosen < 0:  # home
            done, last = 0, -1
            continue
        turn += done == 0
        rows[at, 0], rows[at, 1], rows[at, 2] = vehicle, turn, chosen
        at += 1
        left ^= 1 << chosen
        done |= 1 << chosen
        last = chosen
    return at


def warm_up() -> None:
    """Compile the kernels on one batch; arrays as they come from real problems."""
    one, way = np.ones(1, np.int64), np.ones((1, 1), np.int64)
    best_rounds(
        np.ones(1), one, one, one, one, one, way, np.ones((1, 1)), way[None].copy(), np.ones((1, 1, 1)), 1.0, 1.0
    )
