"""Loads of a re-plan on vehicles: a store of which nothing changed keeps its shipments; the rounds of the running plan
stay where they bring the same and wait no longer than new ones.

Whether something changed is a comparison of contents, so what is kept of another problem is safe, only slower.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.dispatch.delivery_rounds import Method, Worth, joined, kept, methods, worth
from optimizer.dispatch.loading import Load, from_lots, legs_of
from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.store_trips import StoreTrips
from optimizer.dispatch.supply_model import SupplyModel

NOTHING = Worth(0.0, 0, 0)


@dataclass(frozen=True)
class StoreLoaded:
    """The shipments of one store, from what they were loaded, and how."""

    key: Any
    worth: Worth
    method: Method | None
    rows: tuple[Shipment, ...]
    kept: bool = False  # rounds of a running plan


@dataclass(frozen=True)
class Loaded:
    stores: dict[str, StoreLoaded] = field(default_factory=dict)


def load_stores(
    model: SupplyModel, loads: Iterable[Load], before: Loaded, *, as_listed: bool = False,
    running: tuple[Shipment, ...] = (), same: bool = False,
) -> tuple[tuple[Shipment, ...], Loaded]:  # fmt: skip
    """The shipments of all loads, and what to keep of them for the next time; `as_listed`: in the order of the loads,
    without rounds. `running`: rows of the running plan; `same`: `before` was loaded to just these."""
    by_store: dict[int, list[Load]] = {}
    for load in loads:
        by_store.setdefault(load.store, []).append(load)
    names = {store: model.problem.stores[store].id for store in sorted(by_store)}
    fresh: dict[str, StoreTrips] = {}  # of stores with vehicles, by the list rule
    keys, worths = {}, {}
    for store, name in names.items():
        keys[name] = _key(model, name, store, by_store[store], rounds=not as_listed)
        found = before.stores.get(name)
        if found is not None and found.key == keys[name]:
            worths[name] = found.worth
        elif as_listed or name not in model.vehicles:
            worths[name] = NOTHING
        else:
            fresh[name] = _listed(model, name, by_store[store])
            worths[name] = worth(fresh[name])
    how = methods(worths)
    ran: dict[str, list[Shipment]] = {}
    for row in running:
        if row.vehicle is not None:
            ran.setdefault(row.store, []).append(row)
    loaded: dict[str, StoreLoaded] = {}
    for store, name in names.items():
        mine, found = by_store[store], before.stores.get(name)
        known = found is not None and found.key == keys[name] and found.method == how.get(name)
        # what ran may be kept instead, or was
        if found is None or not known or (not same and (name in ran or found.kept)):
            stays = False
            if as_listed or name not in model.vehicles:
                legs = tuple(legs_of(model.problem, mine, as_listed=as_listed, vehicles=model.vehicles))
            else:
                trips = joined(fresh.get(name) or _listed(model, name, mine), how.get(name))
                ours = kept(trips, ran[name]) if name in ran else trips
                legs, stays = ours.legs, ours is not trips
            rows = from_lots(model.problem, legs, model.lots)
            found = StoreLoaded(keys[name], worths[name], how.get(name), rows, stays)
        loaded[name] = found
    return numbered([row for one in loaded.values() for row in one.rows]), Loaded(loaded)


def _listed(model: SupplyModel, name: str, loads: list[Load]) -> StoreTrips:
    legs = legs_of(model.problem, loads, vehicles=model.vehicles)
    return StoreTrips(model.problem, tuple(model.vehicles[name]), tuple(loads), tuple(legs))


def _key(model: SupplyModel, name: str, store: int, loads: list[Load], *, rounds: bool) -> Any:
    """All that the shipments of a store depend on."""
    problem, travel = model.problem, model.problem.travel
    own = model.vehicles.get(name, [])
    ways = travel.vehicle_to_incident_s[own] if own else travel.store_to_incident_s[store : store + 1]
    there = [load.incident for load in loads]
    return (
        [
            (problem.incidents[load.incident].id, problem.incidents[load.incident].reported_s, load.item, load.quantity,
             load.weight)
            for load in loads
        ],
        [problem.vehicles[vehicle] for vehicle in own],
        ways[:, there].tobytes(),
        [model.lots.get((name, problem.items[load.item].id)) for load in loads],
        (problem.parameters.horizon_s, problem.parameters.trip_cost_m),
        _ways_between(problem, own, sorted(set(there))) if own and rounds else (),
    )  # fmt: skip


def _ways_between(problem: DispatchProblem, own: list[int], there: list[int]) -> tuple[bytes, ...]:
    """What rounds depend on besides: seconds and metres from incident to incident, and metres from home."""
    travel = problem.travel
    parts = [] if travel.vehicle_to_incident_m is None else [travel.vehicle_to_incident_m[np.ix_(own, there)]]
    if travel.vehicle_group is not None and len(there) > 1:
        cells = np.ix_(sorted(set(travel.vehicle_group[own].tolist())), there, there)
        between = travel.vehicle_between_s, travel.vehicle_between_m
        parts += [array[cells] for array in between if array is not None]
    return tuple(part.tobytes() for part in parts)


def numbered(rows: list[Shipment]) -> tuple[Shipment, ...]:
    """Shipments of all stores in order of incident and arrival, with ids that follow this order."""
    rows.sort(key=lambda r: (r.incident, r.arrive_s, r.store, r.vehicle or "", r.trip or 0, r.item, r.lot, r.depart_s))
    width = max(4, len(str(len(rows))))
    return tuple(
        Shipment(f"S{number:0{width}d}", r.store, r.incident, r.item, r.lot, r.quantity, r.depart_s, r.arrive_s,
                 r.vehicle, r.trip)
        for number, r in enumerate(rows, 1)
    )  # fmt: skip
