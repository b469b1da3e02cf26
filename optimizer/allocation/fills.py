"""One demand filled at least cost where every arc used costs a fixed share: the kernel of the bound on trips.

    (F1) min sum of cost_a x_a + fixed_a y_a   s.t.  sum of x_a = demand, 0 <= x_a <= most_a y_a, y binary

Some optimum uses every arc in full but one. So a search, depth first, over the arcs by their price per unit when
full: in full, as the one that takes the rest, or not at all; filling in that order bounds what is left. Where the
search ends at `limit` steps, the least bound of what it has not looked at is the (valid) answer.
"""

from typing import Any, TypeVar

import numba
import numpy as np

from optimizer.units import FloatArray, IntArray

NONE = 1e-9  # units
SLACK = 1e-7  # of a demand
FULL, REST, SKIP = 2, 1, 0
Function = TypeVar("Function")


def compiled(function: Function) -> Function:
    kernel: Any = numba.njit(cache=True)(function)
    return kernel  # type: ignore[no-any-return]


@compiled
def _rest(each: FloatArray, most: FloatArray, k: int, left: float) -> float:  # pragma: no cover
    """What `left` units cost over the arcs from k on at their prices when full; infinite if they cannot."""
    cost = 0.0
    while left > NONE and k < len(each):
        part = min(left, most[k])
        cost += each[k] * part
        left -= part
        k += 1
    return cost if left <= NONE else np.inf


@compiled
def fill_demand(  # pragma: no cover
    cost: FloatArray, fixed: FloatArray, most: FloatArray, demand: float, near: float, limit: int,
    units: FloatArray, used: FloatArray,
) -> float:  # fmt: skip
    """The least cost (F1), or a bound on it: `near` below it, or less where `limit` ends the search.

    `units` and `used` take the best way found. Arcs with most 0 are shut; infinite where the others are too few.
    """
    units[:] = 0.0
    used[:] = 0.0
    demand -= SLACK * max(1.0, demand)  # so that rounding never makes a fill impossible
    if demand <= NONE:
        return 0.0
    some = np.flatnonzero(most > NONE)
    price = cost[some] + fixed[some] / most[some]
    order = np.argsort(price)
    arcs = some[order]
    each, m, c, f, n = price[order], most[arcs], cost[arcs], fixed[arcs], len(arcs)
    size = 2 * n + 3
    at, taker, way = np.zeros(size, np.int64), np.full(size, -1), np.zeros(size, np.int64)
    left, paid = np.full(size, demand), np.zeros(size)
    chosen, best_chosen, best, steps, top = np.zeros(n + 1, np.int64), np.zeros(n, np.int64), np.inf, 0, 1
    last, bound = 0.0, np.inf
    while top > 0 and steps < limit:
        top -= 1
        steps += 1
        k, j, need, so_far = at[top], taker[top], left[top], paid[top]
        if k > 0:
            chosen[k - 1] = way[top]
        share = 0.0 if j < 0 else min(need, m[j])
        so_far_rest = so_far + (c[j] * share if j >= 0 else 0.0)
        if need - share <= NONE:
            if so_far_rest < best:
                best, last = so_far_rest, share
                best_chosen[:k] = chosen[:k]
                best_chosen[k:] = SKIP
            continue
        least = so_far_rest + _rest(each, m, k, need - share)
        if least >= best - near:
            bound = min(bound, least)
            continue
        for step in (SKIP, REST, FULL):  # the last one is looked at first
            if (step == REST and j >= 0) or (step == FULL and m[k] > need):
                continue
            at[top], way[top], taker[top] = k + 1, step, (k if step == REST else j)
            left[top] = need - m[k] if step == FULL else need
            paid[top] = so_far + (each[k] * m[k] if step == FULL else (f[k] if step == REST else 0.0))
            top += 1
    for k in range(n):
        if best < np.inf and best_chosen[k] != SKIP:
            used[arcs[k]] = 1.0
            units[arcs[k]] = m[k] if best_chosen[k] == FULL else last
    bound = min(bound, best)
    for q in range(top):
        share = 0.0 if taker[q] < 0 else min(left[q], m[taker[q]])
        extra = 0.0 if taker[q] < 0 else c[taker[q]] * share
        bound = min(bound, paid[q] + extra + _rest(each, m, at[q], left[q] - share))
    return bound


@compiled
def fill_demands(  # pragma: no cover
    first: IntArray, cost: FloatArray, fixed: FloatArray, most: FloatArray, demand: FloatArray, near: float, limit: int,
    units: FloatArray, used: FloatArray, values: FloatArray,
) -> None:  # fmt: skip
    """(F1) for every demand r over its arcs first[r] : first[r + 1]."""
    for r in range(len(demand)):
        a, b = first[r], first[r + 1]
        values[r] = fill_demand(cost[a:b], fixed[a:b], most[a:b], demand[r], near, limit, units[a:b], used[a:b])
