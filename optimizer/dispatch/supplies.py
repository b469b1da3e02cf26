"""Supplies to incidents, item by item, by exact min-cost flow.

Levels 2 and 4: what one item can reach is a polymatroid (a gammoid of the stores), so filling incidents in order
of severity per lump is optimal, and the totals of every group of equal weight are fixed integers: `held`. Only
inside such a group is there freedom, which level 5 (fairness) uses; level 6 then is a min-cost flow.
References: Edmonds 1970 (greedy on polymatroids), Federgruen & Groenevelt, Operations Research 34 (1986) 909-918.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from ortools.graph.python import max_flow, min_cost_flow

from optimizer.dispatch.supply_kernels import simple_reach, useful_arcs
from optimizer.dispatch.supply_model import ItemSupply, SupplyModel
from optimizer.units import BoolArray, IntArray

EXACT_SCALE = 1 << 20  # weights are exact integers when their common denominator stays below this
ROOM = 1 << 58  # total flow x cost stays below, so that nothing overflows


@dataclass(frozen=True)
class Contest:
    """An item that cannot be served in full: groups of equal weight and what each group gets in all."""

    groups: tuple[tuple[int, ...], ...]  # positions in supply.incidents, falling weight
    totals: tuple[int, ...]  # lumps per group, optimal for level 2 or 4
    uniform: bool  # every store that has stock reaches every incident: a group's total can be shared at will

    def shared(self, supply: ItemSupply) -> bool:
        """Whether some group has a choice of who gets how much."""
        return any(
            len(group) > 1 and 0 < total < int(supply.demand[list(group)].sum())
            for group, total in zip(self.groups, self.totals, strict=True)
        )


@dataclass(frozen=True)
class Flow:
    """Lumps per arc of one item, and a lower bound on its level 6 share."""

    store: IntArray  # (arcs,) positions in supply.stores
    incident: IntArray  # (arcs,) positions in supply.incidents
    lumps: IntArray  # (arcs,) > 0
    bound: Fraction


def reach(supply: ItemSupply, allowed: BoolArray, caps: IntArray) -> int:
    """The most lumps that `caps` (I,) can take together."""
    if not len(supply.stores) or not caps.any():
        return 0
    if allowed.all():
        return int(min(supply.available.sum(), caps.sum()))
    some, most = simple_reach(supply.available, allowed, caps)
    if some == most:
        return int(some)
    stores, count = len(supply.stores), len(supply.incidents)
    row, column = np.nonzero(allowed & (caps > 0)[None, :])
    solver = max_flow.SimpleMaxFlow()
    source, sink = stores + count, stores + count + 1
    for tail, head, room in (
        (np.full(stores, source), np.arange(stores), supply.available),
        (row, stores + column, np.minimum(supply.available[row], caps[column])),
        (stores + np.arange(count), np.full(count, sink), caps),
    ):
        solver.add_arcs_with_capacity(tail, head, room)
    solver.solve(source, sink)
    return int(solver.optimal_flow())


def contest(supply: ItemSupply, allowed: BoolArray) -> Contest | None:
    """None when everything asked for can be shipped; else the held totals of levels 2 and 4."""
    if reach(supply, allowed, supply.demand) == int(supply.demand.sum()):
        return None
    weights = sorted(set(supply.weight), reverse=True)
    groups = tuple(tuple(i for i, w in enumerate(supply.weight) if w == weight) for weight in weights)
    caps = np.zeros_like(supply.demand)
    totals, before = [], 0
    for group in groups:
        caps[list(group)] = supply.demand[list(group)]
        now = reach(supply, allowed, caps)
        totals.append(now - before)
        before = now
    return Contest(groups, tuple(totals), bool(allowed.all()))


def cheapest_grants(model: SupplyModel, supply: ItemSupply, allowed: BoolArray, held: Contest | None) -> IntArray:
    """(I,) lumps under the held totals that level 6 alone would choose: for counties that put it before fairness."""
    if held is None:
        return supply.demand.copy()
    row, column = np.nonzero(allowed)
    arrive = model.arrivals(supply)[row, column]
    integer, _, _ = _integer_weights(supply, arrive)
    lumps = _flow(supply, row, column, integer[column] * arrive, list(zip(held.groups, held.totals, strict=True)))
    return np.bincount(column, weights=lumps, minlength=len(supply.incidents)).astype(np.int64)


def ship(model: SupplyModel, supply: ItemSupply, allowed: BoolArray, grants: IntArray, held: Contest | None) -> Flow:
    """Level 6: the flow of least severity x share x arrival that gives each incident its `grants` (I,).

    The bound is the same flow with only the group totals of `held` fixed: fairness left out.
    """
    arrive = model.arrivals(supply)
    row, column = _useful_arcs(supply, allowed, model.by_arrival(supply), int(grants.sum()))
    integer, scale, error = _integer_weights(supply, arrive[row, column])
    cost = integer[column] * arrive[row, column]
    lumps = _flow(supply, row, column, cost, [((i,), int(grants[i])) for i in range(len(grants))])
    used = np.flatnonzero(lumps)
    total = int((lumps[used] * cost[used]).sum())
    if held is not None and held.shared(supply):
        # other grants may bring other stores into play: every arc is needed for a bound
        row_all, column_all = np.nonzero(allowed)
        cost_all = integer[column_all] * arrive[row_all, column_all]
        relaxed = _flow(supply, row_all, column_all, cost_all, list(zip(held.groups, held.totals, strict=True)))
        total = int((relaxed * cost_all).sum())
    bound = Fraction(total, scale) - error * int(grants.sum())
    return Flow(row[used], column[used], lumps[used], bound)


def _useful_arcs(supply: ItemSupply, allowed: BoolArray, order: IntArray, shipped: int) -> tuple[IntArray, IntArray]:
    """Arcs an optimal flow can need.

    Of an incident only the nearest stores (`order`) that together hold all that is shipped of the item: had a farther
    one been used, one of the nearer would have lumps to spare and would do better.
    """
    arcs: tuple[IntArray, IntArray] = useful_arcs(allowed, supply.available, order.T, shipped)
    return arcs


def _integer_weights(supply: ItemSupply, arrive: IntArray) -> tuple[IntArray, int, Fraction]:
    """(I,) integers ~ weight x scale, the scale, and the error per lump that rounding can cost (0 if exact)."""
    common = lcm(*(weight.denominator for weight in supply.weight))
    slowest = int(arrive.max(initial=1)) or 1
    if common <= EXACT_SCALE:
        scale = common
    else:
        # neither the total of the flow nor the solver's own scaling of a cost by its nodes may overflow
        units = max(int(supply.demand.sum()), 4 * (len(supply.stores) + 2 * len(supply.incidents) + 2))
        largest = max(supply.weight) * slowest * units
        scale = 1
        while largest * scale * 2 < ROOM and scale < 1 << 40:
            scale *= 2
    integer = np.array([round(weight * scale) for weight in supply.weight], np.int64)
    error = max(abs(Fraction(int(i), scale) - w) for i, w in zip(integer, supply.weight, strict=True)) * slowest
    return integer, scale, error


def _flow(
    supply: ItemSupply, row: IntArray, column: IntArray, cost: IntArray, sinks: list[tuple[tuple[int, ...], int]]
) -> IntArray:
    """Lumps per arc (row[a], column[a]); each sink is a set of incidents and what they take together."""
    total = sum(take for _, take in sinks)
    if total == 0 or not row.size:
        return np.zeros(row.size, np.int64)
    stores, count = len(supply.stores), len(supply.incidents)
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        row, stores + column, np.minimum(supply.available[row], supply.demand[column]), cost
    )
    source, first_sink = stores + count, stores + count + 1
    zero = np.zeros(stores, np.int64)
    solver.add_arcs_with_capacity_and_unit_cost(np.full(stores, source), np.arange(stores), supply.available, zero)
    for index, (group, _) in enumerate(sinks):
        members = np.array(group, np.int64)
        solver.add_arcs_with_capacity_and_unit_cost(
            stores + members,
            np.full(len(group), first_sink + index),
            supply.demand[members],
            zero[:1].repeat(len(group)),
        )
    solver.set_nodes_supplies(
        np.array([source, *(first_sink + index for index in range(len(sinks)))]),
        np.array([total, *(-take for _, take in sinks)]),
    )
    status = solver.solve()
    if status != solver.OPTIMAL:  # grants come from max-flow values, so this is a defect, not an input error
        raise AssertionError(f"min-cost flow ended with {status}")
    carried: IntArray = solver.flows(arcs).astype(np.int64)
    return carried
