"""Supplies of a re-plan: items and stores that the change does not touch keep what was worked out for them.

An item is solved anew when its stock, its demands, its arrivals or its bans changed; a store is loaded anew when its
loads, its lots, its vehicles or its ways changed. Whether something changed is a comparison of contents, so a basis
of any other problem is safe, only slower. Among equally good flows that of the running plan stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from optimizer.dispatch.fairness import Share, share_out
from optimizer.dispatch.loading import Load, load_of, numbered, shipments
from optimizer.dispatch.plan import Plan, Shipment
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.replanning.keep_flow import kept_flow
from optimizer.dispatch.supplies import Contest, Flow, cheapest_grants, contest, ship
from optimizer.dispatch.supply_model import ItemSupply, SupplyModel
from optimizer.units import BoolArray, IntArray


@dataclass(frozen=True)
class ItemSolved:
    """What was worked out for one item, by positions in its stores and incidents."""

    supply: ItemSupply
    incidents: tuple[str, ...]  # ids, since numbers shift when an incident is added
    arrive: IntArray
    allowed: BoolArray
    held: Contest | None
    grants: IntArray
    flow: Flow


@dataclass(frozen=True)
class Loaded:
    """The shipments of stores as they were loaded, and from what."""

    rows: dict[str, tuple[Any, tuple[Shipment, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class SupplySide:
    """Flows, loads and bounds of all items; `share` and `least` as the pipeline's bounds need them."""

    solved: dict[str, ItemSolved]
    share: Share
    loads: tuple[Load, ...]
    least: Fraction
    reused: int  # items taken over as they were
    plain: tuple[Load, ...] | None  # the loads before the running plan's arcs were put back, where they were


def solve_items(model: SupplyModel, before: dict[str, ItemSolved], running: Plan | None) -> SupplySide:
    """Every item's grants and flow (levels 2, 4, 5, 6), taken over where nothing about it changed."""
    problem, items = model.problem, model.items
    ids = [tuple(problem.incidents[i].id for i in supply.incidents.tolist()) for supply in items]
    opened = tuple(model.open(supply) for supply in items)
    names = [problem.items[supply.item].id for supply in items]
    known = [
        found if found is not None and _same(model, supply, asking, allowed, found) else None
        for supply, asking, allowed, found in zip(items, ids, opened, map(before.get, names), strict=True)
    ]
    contests = tuple(
        contest(supply, allowed) if found is None else found.held
        for supply, allowed, found in zip(items, opened, known, strict=True)
    )
    order = problem.parameters.levels
    if order.index("fairness") < order.index("deprivation"):
        share = share_out(items, opened, contests)
    else:
        rows = zip(items, opened, contests, strict=True)
        share = Share(tuple(cheapest_grants(model, *row) for row in rows), proven=False)
    sent = _sent(problem, running)
    solved: dict[str, ItemSolved] = {}
    loads: list[Load] = []
    plain: list[Load] = []
    least, horizon, altered = Fraction(0), problem.parameters.horizon_s, False
    for name, supply, asking, allowed, held, grants, found in zip(
        names, items, ids, opened, contests, share.grants, known, strict=True
    ):
        if found is not None and np.array_equal(found.grants, grants):
            flow = best = found.flow
        else:
            best = ship(model, supply, allowed, grants, held)
            flow = kept_flow(model, supply, allowed, grants, best, sent.get(name, {}))
        solved[name] = ItemSolved(supply, asking, model.arrivals(supply), allowed, held, grants, flow)
        mine = _loads(supply, flow)
        loads.extend(mine)
        plain.extend(mine if best is flow else _loads(supply, best))
        altered = altered or best is not flow
        missing = np.flatnonzero(supply.demand != grants)
        late = sum((supply.weight[p] * int(supply.demand[p] - grants[p]) for p in missing), Fraction(0)) * horizon
        least += flow.bound + late
    reused = sum(one is not None for one in known)
    return SupplySide(solved, share, tuple(loads), least, reused, tuple(plain) if altered else None)


def _loads(supply: ItemSupply, flow: Flow) -> list[Load]:
    arcs = zip(flow.store.tolist(), flow.incident.tolist(), flow.lumps.tolist(), strict=True)
    return [load_of(supply, store, incident, lumps) for store, incident, lumps in arcs]


def _same(
    model: SupplyModel, supply: ItemSupply, asking: tuple[str, ...], allowed: BoolArray, found: ItemSolved
) -> bool:
    old = found.supply
    return (
        supply.lump == old.lump
        and asking == found.incidents
        and np.array_equal(supply.stores, old.stores)
        and np.array_equal(supply.available, old.available)
        and np.array_equal(supply.demand, old.demand)
        and (supply.weight is old.weight or supply.weight == old.weight)
        and np.array_equal(allowed, found.allowed)
        and np.array_equal(model.arrivals(supply), found.arrive)
    )


def _sent(problem: DispatchProblem, running: Plan | None) -> dict[str, dict[tuple[int, int], Any]]:
    """item -> (store, incident) -> units, of the running plan, as far as all three are still there."""
    sent: dict[str, dict[tuple[int, int], Any]] = {}
    for row in running.shipments if running is not None else ():
        store, incident = problem.store_index.get(row.store), problem.incident_index.get(row.incident)
        if store is not None and incident is not None:
            units = sent.setdefault(row.item, {})
            units[store, incident] = units.get((store, incident), 0) + row.quantity
    return sent


def running_loads(model: SupplyModel, running: Plan) -> tuple[Load, ...]:
    """What the running plan ships, as far as there is demand, stock and a way for it."""
    loads: list[Load] = []
    for item, units in sorted(_sent(model.problem, running).items()):
        supply = model.by_item.get(item)
        if supply is None:
            continue
        allowed, left, wanted = model.open(supply), supply.available.copy(), supply.demand.copy()
        row_of = {int(store): row for row, store in enumerate(supply.stores)}
        column_of = {int(incident): column for column, incident in enumerate(supply.incidents)}
        for (store, incident), quantity in sorted(units.items()):
            row, column = row_of.get(store), column_of.get(incident)
            if row is None or column is None or not allowed[row, column]:
                continue
            lumps = min(int(quantity / supply.lump), int(left[row]), int(wanted[column]))
            if lumps:
                left[row] -= lumps
                wanted[column] -= lumps
                loads.append(load_of(supply, row, column, lumps))
    return tuple(loads)


def load_stores(
    model: SupplyModel, loads: Iterable[Load], before: Loaded, *, as_listed: bool = False
) -> tuple[tuple[Shipment, ...], Loaded]:
    """The shipments of all loads, and what to keep of them for the next time."""
    problem, travel = model.problem, model.problem.travel
    reported = [incident.reported_s for incident in problem.incidents]
    ids = [incident.id for incident in problem.incidents]
    by_store: dict[int, list[Load]] = {}
    for load in loads:
        by_store.setdefault(load.store, []).append(load)
    kept: dict[str, tuple[Any, tuple[Shipment, ...]]] = {}
    rows: list[Shipment] = []
    for store, mine in sorted(by_store.items()):
        name = problem.stores[store].id
        own = model.vehicles.get(name, [])
        ways = travel.vehicle_to_incident_s[own] if own else travel.store_to_incident_s[store : store + 1]
        there = [load.incident for load in mine]
        key = (
            [(ids[load.incident], reported[load.incident], load.item, load.quantity, load.weight) for load in mine],
            [problem.vehicles[vehicle] for vehicle in own],
            ways[:, there].tobytes(),
            [model.lots.get((name, problem.items[load.item].id)) for load in mine],
            problem.parameters.horizon_s,
        )
        found = before.rows.get(name)
        if found is None or found[0] != key:
            found = key, shipments(problem, mine, model.lots, as_listed=as_listed)
        kept[name] = found
        rows.extend(found[1])
    return numbered(rows), Loaded(kept)
