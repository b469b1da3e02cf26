"""Delivery rounds: the trips that the list rule gives a store, joined to rounds over several incidents (S9).

A batch is what the list rule brings to one incident on one trip (or one row of it, where a vehicle cannot hold all and
the rows are few). Few batches go through an exact program (`round_kernels`), more through OR-Tools' routing library
(`optimizer.rounds`). Either result is dated by S6 and S9 anew and counts only where level 6 of the store falls, or
stays while metres fall. Work is limited by counts, so equal problems give equal rounds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

import numpy as np

from optimizer.dispatch.loading import Leg, Load
from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.round_kernels import best_rounds
from optimizer.dispatch.store_trips import Batch, Route, StoreTrips, and_then, better, dated, size_of
from optimizer.dispatch.supply_model import fleet
from optimizer.rounds.plan import Fleet, Loads, plan_rounds
from optimizer.units import UNREACHABLE, FloatArray, IntArray

EXACT_STEPS = 40_000_000  # of the exact program, per store: about 40 ms; 10 batches on six vehicles
ALL_STEPS = 100_000_000  # per plan
MOST_EXACT = 11  # batches of the exact program: tables of 3^11 x 11
PART = 8  # batches of one vehicle that are ordered exactly where the store has too many
MODELS = 1  # of the routing library per plan: 100 to 500 ms each
BATCHES = 40  # of a store for the routing library
SOLUTIONS = 30
SMALL = Decimal("1e-6")  # kg and m3 are counted in millionths, loads up and room down
METRE_PRICE = 1e-9  # in units of level 6: metres decide where waiting is equal

# all at once; by the routing library; each vehicle for itself, with what the list rule gave it
Method = Literal["exact", "search", "apart"]


@dataclass(frozen=True)
class _Arrays:
    """n batches, V vehicles; see `best_rounds`."""

    weight: FloatArray
    kg: IntArray
    m3: IntArray
    room_kg: IntArray
    room_m3: IntArray
    free_s: IntArray
    out_s: IntArray
    out_m: FloatArray
    leg_s: IntArray
    leg_m: FloatArray

    def of(self, vehicle: int, batches: list[int]) -> "_Arrays":
        """One vehicle and some of the batches."""
        one, cells = slice(vehicle, vehicle + 1), np.ix_([vehicle], batches, batches)
        return _Arrays(
            self.weight[batches], self.kg[batches], self.m3[batches], self.room_kg[one], self.room_m3[one],
            self.free_s[one], np.ascontiguousarray(self.out_s[one, batches]),
            np.ascontiguousarray(self.out_m[one, batches]), self.leg_s[cells], self.leg_m[cells],
        )  # fmt: skip


def _units(values: Iterable[Decimal], rounding: str) -> IntArray:
    return np.array([int((value / SMALL).to_integral_value(rounding)) for value in values], np.int64)


def _arrays(problem: DispatchProblem, vehicles: Sequence[int], batches: Sequence[Batch]) -> _Arrays:
    travel = problem.travel
    assert travel.vehicle_between_s is not None
    assert travel.vehicle_group is not None
    rows, there = np.array(vehicles), np.array([batch.incident for batch in batches])
    out = np.ascontiguousarray(travel.vehicle_to_incident_s[np.ix_(rows, there)])
    groups = travel.vehicle_group[rows]
    legs = np.maximum(travel.vehicle_between_s[np.ix_(groups, there, there)], out[:, None, :] - out[:, :, None])
    legs[:, there[:, None] == there[None, :]] = 0
    legs[np.broadcast_to(out[:, None, :] >= UNREACHABLE, legs.shape)] = UNREACHABLE
    metres, between = np.zeros(out.shape), np.zeros(legs.shape)
    if travel.vehicle_to_incident_m is not None:
        metres = travel.vehicle_to_incident_m[np.ix_(rows, there)].astype(np.float64)
        if travel.vehicle_between_m is not None:
            between = travel.vehicle_between_m[np.ix_(groups, there, there)].astype(np.float64)
    metres[metres >= UNREACHABLE] = 0.0  # not known where a road was lifted; no way is a matter of seconds
    between[between >= UNREACHABLE] = 0.0
    sizes = [size_of(problem, batch.parts) for batch in batches]
    carriers = [problem.vehicles[vehicle] for vehicle in vehicles]
    return _Arrays(
        weight=np.array([batch.weight for batch in batches]),
        kg=_units((kg for kg, _ in sizes), ROUND_CEILING),
        m3=_units((m3 for _, m3 in sizes), ROUND_CEILING),
        room_kg=_units((one.payload_kg for one in carriers), ROUND_FLOOR),
        room_m3=_units((one.volume_m3 for one in carriers), ROUND_FLOOR),
        free_s=np.array([one.available_from_s for one in carriers], np.int64),
        out_s=out,
        out_m=metres,
        leg_s=legs,
        leg_m=between,
    )


def _exact(problem: DispatchProblem, arrays: _Arrays) -> list[Route] | None:
    """The best rounds, if every report were in; None where nothing fits."""
    cost, rows = best_rounds(
        arrays.weight, arrays.kg, arrays.m3, arrays.free_s, arrays.room_kg, arrays.room_m3, arrays.out_s, arrays.out_m,
        arrays.leg_s, arrays.leg_m, float(problem.parameters.trip_cost_m), METRE_PRICE,
    )  # fmt: skip
    if not np.isfinite(cost):
        return None
    routes: list[Route] = [[] for _ in arrays.free_s]
    for vehicle, turn, batch in rows.tolist():
        if turn > len(routes[vehicle]):
            routes[vehicle].append([])
        routes[vehicle][-1].append(batch)
    return routes


def _searched(problem: DispatchProblem, arrays: _Arrays, batches: Sequence[Batch]) -> list[Route] | None:
    """Rounds by the routing library: place 0 is home, then one place per batch."""
    n, count = len(batches), len(arrays.free_s)
    seconds = np.full((count, n + 1, n + 1), UNREACHABLE, np.int64)
    metres = np.zeros((count, n + 1, n + 1), np.int64)
    seconds[:, 0, 1:] = seconds[:, 1:, 0] = arrays.out_s
    metres[:, 0, 1:] = metres[:, 1:, 0] = np.where(arrays.out_s < UNREACHABLE, arrays.out_m, 0)
    seconds[:, 1:, 1:] = arrays.leg_s
    metres[:, 1:, 1:] = np.where(arrays.leg_s < UNREACHABLE, arrays.leg_m, 0)
    seconds[:, 0, 0] = 0
    found = plan_rounds(
        Fleet(np.zeros(count, np.int64), arrays.room_kg.astype(float), arrays.room_m3.astype(float), seconds, metres,
              free_s=arrays.free_s),
        Loads(np.zeros(n, np.int64), np.arange(1, n + 1), arrays.kg.astype(float), arrays.m3.astype(float),
              arrays.weight, problem.known_from_s[[batch.incident for batch in batches]]),
        horizon_s=problem.parameters.horizon_s, metre_price=METRE_PRICE,
        trip_price=METRE_PRICE * problem.parameters.trip_cost_m, solutions=SOLUTIONS,
    )  # fmt: skip
    if found.left_behind:
        return None
    routes: list[Route] = [[] for _ in range(count)]
    for one in found.rounds:
        loading = True  # home may be a stop on the way: what is brought after it left with it
        for stop in one.stops:
            if stop.picks_up:
                loading = True
                continue
            if loading:
                routes[one.vehicle].append([])
                loading = False
            routes[one.vehicle][-1].append(stop.load)
    return routes


@dataclass(frozen=True)
class Worth:
    """What a model of a store's rounds may bring, and what it takes."""

    promise: float
    vehicles: int
    batches: int

    @property
    def steps(self) -> int:
        return int(self.vehicles * 3**self.batches * self.batches**2)


def worth(trips: StoreTrips) -> Worth:
    promise = trips.promise()
    return Worth(promise, len(trips.vehicles), len(trips.batches()) if promise > 0 else 0)


def methods(stores: Mapping[str, Worth]) -> dict[str, Method]:
    """How each store's rounds are sought: those of most promise first, as long as the work lasts."""
    found: dict[str, Method] = {}
    steps, models = ALL_STEPS, MODELS
    for name, one in sorted(stores.items(), key=lambda entry: (-entry[1].promise, entry[0])):
        if one.promise <= 0:
            break
        if one.batches <= MOST_EXACT and one.steps <= min(steps, EXACT_STEPS):
            found[name] = "exact"
            steps -= one.steps
        elif one.batches <= BATCHES and models:
            found[name] = "search"
            models -= 1
        elif one.batches * PART * 3**PART <= steps:
            found[name] = "apart"
            steps -= one.batches * PART * 3**PART
    return found


def joined(trips: StoreTrips, method: Method | None) -> StoreTrips:
    """The store's trips as rounds where that is better, else as they are.

    Where an incident is still to be reported two ways are tried: with it, and without it until the rest is done.
    """
    if method is None:
        return trips
    problem, every = trips.problem, trips.batches()
    first = min(problem.vehicles[vehicle].available_from_s for vehicle in trips.vehicles)
    known = tuple(batch for batch in every if problem.known_from_s[batch.incident] <= first)
    best = trips
    for batches in (every, known) if 0 < len(known) < len(every) else (every,):
        arrays = _arrays(problem, trips.vehicles, batches)
        for routes in _routes(trips, arrays, batches, method):
            legs = dated(problem, trips.vehicles, batches, routes)
            if legs is not None:
                found = and_then(replace(trips, legs=legs))
                best = found if better(found, best) else best
    return best


def _routes(trips: StoreTrips, arrays: _Arrays, batches: Sequence[Batch], method: Method) -> Iterator[list[Route]]:
    """What is worth dating."""
    problem = trips.problem
    if method == "exact":
        exact = _exact(problem, arrays)
        if exact is not None:
            yield exact
        return
    yield _each(problem, arrays, _listed(trips, batches))
    found = _searched(problem, arrays, batches) if method == "search" else None
    if found is not None:
        yield found
        yield _each(problem, arrays, found)


def _listed(trips: StoreTrips, batches: Sequence[Batch]) -> list[Route]:
    """As the list rule has it."""
    at = {trips.problem.vehicles[vehicle].id: place for place, vehicle in enumerate(trips.vehicles)}
    routes: list[Route] = [[] for _ in trips.vehicles]
    for number, batch in sorted(enumerate(batches), key=lambda one: (one[1].trip, one[0])):
        routes[at[batch.vehicle]].append([number])
    return routes


def _each(problem: DispatchProblem, arrays: _Arrays, routes: list[Route]) -> list[Route]:
    """What each vehicle has, a few batches after the other in the best rounds."""
    found: list[Route] = []
    for vehicle, route in enumerate(routes):
        mine: Route = []
        order = [batch for turn in route for batch in turn]
        for begin in range(0, len(order), PART):
            part = order[begin : begin + PART]
            best = _exact(problem, arrays.of(vehicle, part))
            if best is None:
                return routes
            mine += [[part[batch] for batch in turn] for turn in best[0]]
        found.append(mine)
    return found


def kept(trips: StoreTrips, rows: Iterable[Shipment]) -> StoreTrips:
    """The rounds of a running plan's rows, dated anew, where they bring just these loads and `trips` are not better;
    else `trips`."""
    problem, own = trips.problem, {trips.problem.vehicles[vehicle].id: at for at, vehicle in enumerate(trips.vehicles)}
    by_pair = {(problem.incidents[one.incident].id, problem.items[one.item].id): one for one in trips.loads}
    seen: dict[tuple[str, int], dict[str, tuple[int, dict[str, Decimal]]]] = {}
    for row in rows:
        if row.vehicle not in own or row.trip is None or (row.incident, row.item) not in by_pair:
            return trips
        there = seen.setdefault((row.vehicle, row.trip), {}).setdefault(row.incident, (row.arrive_s, {}))[1]
        there[row.item] = there.get(row.item, Decimal(0)) + row.quantity
    batches: list[Batch] = []
    routes: list[Route] = [[] for _ in own]
    brought: dict[tuple[str, str], Decimal] = {}
    for (vehicle, _), stops in sorted(seen.items(), key=lambda one: one[0]):
        route = routes[own[vehicle]]
        route.append([])
        for incident, (_, there) in sorted(stops.items(), key=lambda stop: (stop[1][0], stop[0])):
            parts = tuple((by_pair[incident, item], units) for item, units in sorted(there.items()))
            for item, units in there.items():
                brought[incident, item] = brought.get((incident, item), Decimal(0)) + units
            route[-1].append(len(batches))
            batches.append(Batch(problem.incident_index[incident], parts))
    legs = dated(problem, trips.vehicles, batches, routes)
    if legs is None or brought != {pair: load.quantity for pair, load in by_pair.items()}:
        return trips
    ran = replace(trips, legs=legs)
    return trips if better(trips, ran) else ran


def with_rounds(problem: DispatchProblem, loads: Iterable[Load], legs: Sequence[Leg]) -> list[Leg]:
    """The legs of all loads (as `legs_of` dates them) with the trips of each store joined to rounds."""
    asked: dict[int, list[Load]] = {}
    listed: dict[int, list[Leg]] = {}
    for load in loads:
        asked.setdefault(load.store, []).append(load)
    for leg in legs:
        if leg.vehicle is not None:
            listed.setdefault(leg.load.store, []).append(leg)
    vehicles = fleet(problem)
    stores = {}
    for store, mine in sorted(listed.items()):
        name = problem.stores[store].id
        stores[name] = StoreTrips(problem, tuple(vehicles[name]), tuple(asked[store]), tuple(mine))
    how = methods({name: worth(trips) for name, trips in stores.items()})
    if not how:
        return list(legs)
    done = [leg for leg in legs if leg.vehicle is None]
    for name, trips in stores.items():
        done += joined(trips, how.get(name)).legs
    return done
