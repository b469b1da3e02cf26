"""Supplies of a re-plan: items that the change does not touch keep what was worked out for them.

An item is solved anew when its stock, its demands, its arrivals or its bans changed (stores: `store_loads`). Whether
something changed is a comparison of contents, so a basis of any other problem is safe, only slower. Among equally good
flows that of the running plan stays.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from optimizer.dispatch.fairness import Share, shares
from optimizer.dispatch.levels import exact_sum
from optimizer.dispatch.loading import Load
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.practice import incident_order, practice_of_item
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.replanning.keep_flow import kept_flow
from optimizer.dispatch.supplies import Contest, Flow, contest, ship
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
    best: Flow  # before the running plan's arcs were put back
    loads: tuple[Load, ...]  # of the flow
    turn: tuple[int, ...]  # its incidents in the order of practice
    practice: tuple[Load, ...]


@dataclass(frozen=True)
class SupplySide:
    """Flows, loads and bounds of all items; `share` and `least` as the pipeline's bounds need them."""

    solved: dict[str, ItemSolved]
    share: Share
    loads: tuple[Load, ...]
    least: Fraction
    kept: frozenset[str]  # items taken over as they were
    practice: tuple[Load, ...]
    plain: tuple[Load, ...] | None  # the loads before the running plan's arcs were put back, where they were


def solve_items(
    model: SupplyModel, before: dict[str, ItemSolved], running: Plan | None, *, same: bool = False
) -> SupplySide:
    """Every item's grants and flow (levels 2, 4, 5, 6), taken over where nothing about it changed. `same`: the
    running plan ships just what `before` holds."""
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
    share = shares(model, items, opened, contests)
    taken = [
        found is not None and np.array_equal(found.grants, grants)
        for found, grants in zip(known, share.grants, strict=True)
    ]
    kept = frozenset(name for name, same in zip(names, taken, strict=True) if same)
    sent = _sent(problem, running, kept if same else frozenset())
    rank = {incident: number for number, incident in enumerate(incident_order(problem))}
    solved: dict[str, ItemSolved] = {}
    loads: list[Load] = []
    plain: list[Load] = []
    practice: list[Load] = []
    parts: list[Fraction] = []
    least, altered = Fraction(0), False
    for name, supply, asking, allowed, held, grants, found in zip(
        names, items, ids, opened, contests, share.grants, known, strict=True
    ):
        best = found.best if found is not None and name in kept else ship(model, supply, allowed, grants, held)
        if found is not None and name in kept and same:
            flow = found.flow
        else:
            flow = kept_flow(model, supply, allowed, grants, best, sent.get(name, {}))
        numbered_alike = found is not None and np.array_equal(found.supply.incidents, supply.incidents)
        turn = tuple(sorted(range(len(asking)), key=lambda column: rank[int(supply.incidents[column])]))
        mine = found.loads if found is not None and numbered_alike and flow is found.flow else _loads(supply, flow)
        if found is not None and numbered_alike and turn == found.turn:
            theirs = found.practice
        else:
            theirs = tuple(practice_of_item(model, supply, turn))
        practice.extend(theirs)
        solved[name] = ItemSolved(
            supply, asking, model.arrivals(supply), allowed, held, grants, flow, best, mine, turn, theirs
        )
        loads.extend(mine)
        plain.extend(mine if best is flow else _loads(supply, best))
        altered = altered or best is not flow
        missing = np.flatnonzero(supply.demand != grants).tolist()
        parts.extend(supply.weight[p] * int(supply.demand[p] - grants[p]) for p in missing)
        least += flow.bound
    least += exact_sum(parts) * problem.parameters.horizon_s
    practice.sort(key=lambda load: rank[load.incident])  # of one incident by item, as they stand
    return SupplySide(solved, share, tuple(loads), least, kept, tuple(practice), tuple(plain) if altered else None)


def _loads(supply: ItemSupply, flow: Flow) -> tuple[Load, ...]:
    """`load_of` of every arc."""
    weight = [float(weight) / float(supply.lump) for weight in supply.weight]
    stores, incidents = supply.stores.tolist(), supply.incidents.tolist()
    arcs = zip(flow.store.tolist(), flow.incident.tolist(), flow.lumps.tolist(), strict=True)
    return tuple(
        Load(stores[s], incidents[i], supply.item, supply.lump * lumps, supply.lump, weight[i]) for s, i, lumps in arcs
    )


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


def _sent(problem: DispatchProblem, running: Plan | None, but: frozenset[str]) -> dict[str, dict[tuple[int, int], Any]]:
    """item (not those of `but`) -> (store, incident) -> units, of the running plan, as far as all are still there."""
    sent: dict[str, dict[tuple[int, int], Any]] = {}
    for row in running.shipments if running is not None else ():
        if row.item in but:
            continue
        store, incident = problem.store_index.get(row.store), problem.incident_index.get(row.incident)
        if store is not None and incident is not None:
            units = sent.setdefault(row.item, {})
            units[store, incident] = units.get((store, incident), 0) + row.quantity
    return sent
