"""What more stock in one place is worth, item by item: prices of the min-cost flow as bounds, and exact re-solves.

(V1) Flow of an item: stores s with a_s lumps, incidents i with grants g_i, cost c_si = weight_i x arrival_si (level 6).
(V2) Prices of an optimal flow x: u_i = max over x_si > 0 of c_si + v_s,  v_s = max(0, max over open (s, i) of
     u_i - c_si).
     They are an optimal dual solution, and v_s is what the first lump more in s saves.
(V3) The optimum is convex in the a_s, so r_s lumps more save at most sum r_s v_s, and nothing where every v_s is 0.
Reference: Ahuja, Magnanti, Orlin, Network Flows (1993), ch. 9 (optimality by reduced costs) and 9.11 (sensitivity).
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numba import njit

from optimizer.dispatch.fairness import Share, fairness_first, shares
from optimizer.dispatch.levels import Value
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.supplies import Contest, Flow, contest, ship
from optimizer.dispatch.supply_model import ItemSupply, SupplyModel
from optimizer.units import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-9  # severity-seconds per lump: less is rounding of float64


@dataclass(frozen=True)
class Optimum:
    """The supply side item by item, trips not yet loaded on vehicles; positions follow `supplies`."""

    supplies: tuple[ItemSupply, ...]
    opened: tuple[BoolArray, ...]
    contests: tuple[Contest | None, ...]
    share: Share
    flows: tuple[Flow, ...]
    deprivation: tuple[Fraction, ...]  # of each item, unmet at the horizon included
    fairness_first: bool  # level 5 before level 6


def exact_levels(before: Optimum, after: Optimum) -> tuple[str, ...]:
    """The levels whose change between two optima is proven.

    Equally fair shares may differ in level 6, and only one of them is looked at: where incidents share an item that is
    short, and the item was solved again, level 6 is that of the share found.
    """
    found = {"critical_unmet", "other_unmet", "fairness", "deprivation"}
    pairs = list(zip(before.share.grants, after.share.grants, strict=True))
    granted = any(not np.array_equal(one, other) for one, other in pairs)
    if granted and not (before.fairness_first and before.share.proven and after.share.proven):
        found.discard("fairness")
    again = [p for p, (one, other) in enumerate(zip(before.flows, after.flows, strict=True)) if one is not other]
    if before.fairness_first and any(_shared(one, p) for one in (before, after) for p in again):
        found.discard("deprivation")
    return tuple(sorted(found))


def _shared(found: Optimum, position: int) -> bool:
    held = found.contests[position]
    return held is not None and held.shared(found.supplies[position])


def optimum(
    model: SupplyModel, available: dict[int, IntArray], *, start: Optimum | None = None, opened: tuple[BoolArray, ...]
) -> Optimum:
    """Levels 2, 4, 5 and 6 with `available[position]` lumps in the stores of an item instead of the model's own.

    With `start` only items named in `available`, or whose grants change with them, are solved again.
    """
    before = model.items if start is None else start.supplies
    supplies = tuple(replace(one, available=available[p]) if p in available else one for p, one in enumerate(before))
    contests = tuple(
        contest(one, allowed) if start is None or p in available else start.contests[p]
        for p, (one, allowed) in enumerate(zip(supplies, opened, strict=True))
    )
    share = shares(model, supplies, opened, contests)
    flows, deprivation = [], []
    for p, (one, allowed, grants, held) in enumerate(zip(supplies, opened, share.grants, contests, strict=True)):
        if start is not None and p not in available and np.array_equal(grants, start.share.grants[p]):
            flows.append(start.flows[p])
            deprivation.append(start.deprivation[p])
            continue
        flows.append(ship(model, one, allowed, grants, held))
        deprivation.append(_deprivation(model, one, grants, flows[-1]))
    return Optimum(supplies, opened, contests, share, tuple(flows), tuple(deprivation), fairness_first(model))


def _deprivation(model: SupplyModel, supply: ItemSupply, grants: IntArray, flow: Flow) -> Fraction:
    """Level 6 of one item, exactly."""
    arrive = model.arrivals(supply)[flow.store, flow.incident]
    waited = np.zeros(len(supply.incidents), np.int64)
    np.add.at(waited, flow.incident, flow.lumps * arrive)
    waited += (supply.demand - grants) * model.problem.parameters.horizon_s
    return sum((w * int(n) for w, n in zip(supply.weight, waited, strict=True)), Fraction(0))


def levels_of(problem: DispatchProblem, found: Optimum) -> dict[str, Value]:
    """`critical_unmet`, `other_unmet`, `fairness` and `deprivation` (of first trips)."""
    unmet = {True: Fraction(0), False: Fraction(0)}
    fills: dict[int, list[Fraction]] = {}
    for supply, grants in zip(found.supplies, found.share.grants, strict=True):
        critical = problem.items[supply.item].life_critical
        for position, incident in enumerate(supply.incidents.tolist()):
            missing = int(supply.demand[position] - grants[position])
            if missing:
                unmet[critical] += supply.weight[position] * missing
            fills.setdefault(incident, []).append(1 - Fraction(missing, int(supply.demand[position])))
    return {
        "critical_unmet": unmet[True],
        "other_unmet": unmet[False],
        "fairness": tuple(sorted(sum(shares, Fraction(0)) / len(shares) for shares in fills.values())),
        "deprivation": sum(found.deprivation, Fraction(0)),
    }


def prices(model: SupplyModel, supply: ItemSupply, opened: BoolArray, flow: Flow) -> FloatArray:
    """(S,) v of V2: severity-seconds that the first lump more in each store saves; 0 where it saves nothing."""
    weight = np.array([float(one) for one in supply.weight])
    cost = model.arrivals(supply) * weight[None, :]
    found = np.zeros(len(supply.stores))
    first_prices(cost, opened, flow.store, flow.incident, found)
    return np.where(found <= TOLERANCE, 0.0, found)


@njit(cache=True)
def first_prices(cost: FloatArray, opened: BoolArray, store: IntArray, incident: IntArray, v: FloatArray) -> None:
    """V2 by Bellman-Ford over the arcs that carry something."""
    stores, count = cost.shape
    u = np.full(count, -1.0)  # nothing comes here: no lump to be displaced
    used = np.zeros(stores, np.bool_)
    for arc in range(len(store)):
        used[store[arc]] = True
    for _ in range(count + 2):
        changed = False
        for arc in range(len(store)):
            s, i = store[arc], incident[arc]
            value = cost[s, i] + v[s]
            if value > u[i] + 1e-12:
                u[i] = value
                changed = True
        if not changed:
            break
        for s in range(stores):
            if used[s]:
                for i in range(count):
                    if opened[s, i] and u[i] - cost[s, i] > v[s]:
                        v[s] = u[i] - cost[s, i]
    for s in range(stores):
        for i in range(count):
            if opened[s, i] and u[i] - cost[s, i] > v[s]:
                v[s] = u[i] - cost[s, i]
