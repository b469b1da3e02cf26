"""`plan_rounds`: vehicles carry loads from stores to incidents, several on one trip, by OR-Tools' routing library.

    (R1) a load is picked up at its store and then brought to its incident by the same vehicle, or left behind
    (R2) on board never more than the vehicle's payload and volume
    (R3) a vehicle starts at its home store once it is free; the way to the next place is the vehicle's own travel
         time, and where it has none (height, weight, closures) it does not go. Loading and unloading take no time
         (assumed)
    (R4) a load is not picked up before its incident is reported; nothing arrives after the horizon
    (R5) a trip begins when the vehicle leaves home and ends when it is home again with nothing aboard (home may be a
         stop on the way); the last way home counts in metres

Least: sum of weight x arrival (level 6) + metre_price x metres + trip_price x departures from home; what is left
behind costs `weight x horizon x LEFT_BEHIND`. Loads that are larger than a vehicle have to be split before.
Search: direct trips in Smith's order (weight per second of the way), each by the vehicle that is there first, then
guided local search from there, which stops after a number of solutions, not at the clock: equal arrays give equal
rounds, and never worse ones than the direct trips.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from optimizer.units import UNREACHABLE, FloatArray, IntArray

UNITS = 10_000  # of kg and m3 per vehicle capacity: loads are rounded up, capacities down
LEFT_BEHIND = 100
COST = 1 << 40  # the dearest single cost after scaling


@dataclass(frozen=True)
class Fleet:
    """V vehicles, P places (stores first, then incidents)."""

    home: IntArray  # (V,) store
    payload_kg: FloatArray  # (V,)
    volume_m3: FloatArray  # (V,)
    travel_s: IntArray  # (V, P, P) whole seconds, UNREACHABLE where the vehicle cannot go
    travel_m: IntArray  # (V, P, P) metres
    free_s: IntArray | None = None  # (V,) when it is at home, 0 or more; None: at 0

    def free(self) -> IntArray:
        return np.zeros(len(self.home), np.int64) if self.free_s is None else self.free_s


@dataclass(frozen=True)
class Loads:
    """L loads."""

    store: IntArray  # (L,) place
    incident: IntArray  # (L,) place
    kg: FloatArray  # (L,)
    m3: FloatArray  # (L,)
    weight: FloatArray  # (L,) level 6 per second
    ready_s: IntArray  # (L,) when the incident is reported; 0 or more


@dataclass(frozen=True)
class RoundStop:
    place: int
    load: int
    picks_up: bool
    at_s: int  # arrives, and leaves again unless it waits for (R4)


@dataclass(frozen=True)
class Round:
    """One trip of a vehicle: home, stops in order, home."""

    vehicle: int
    trip: int  # 1, 2, ...
    depart_s: int
    stops: tuple[RoundStop, ...]
    back_s: int
    metres: int


@dataclass(frozen=True)
class Rounds:
    rounds: tuple[Round, ...]
    left_behind: tuple[int, ...]  # loads
    waited: float  # sum of weight x arrival of what is brought
    metres: int
    departures: int  # from home; more than rounds where home was a stop on the way


def plan_rounds(
    fleet: Fleet,
    loads: Loads,
    *,
    horizon_s: int = 72 * 3600,
    metre_price: float = 0.0,
    trip_price: float = 0.0,
    solutions: int = 200,
) -> Rounds:
    """Rounds by the rules R1-R5.

    metre_price, trip_price  in units of weight x seconds
    solutions                stop after that many solutions of the local search

    Raises ValueError where arrays do not fit together. Source: the model is docs/model.md's S6 with several stops;
    the search is OR-Tools' routing library (Perron & Furnon).
    """
    vehicles, count = len(fleet.home), len(loads.store)
    places = fleet.travel_s.shape[1]
    for name, array, shape in (
        ("travel_s", fleet.travel_s, (vehicles, places, places)),
        ("travel_m", fleet.travel_m, (vehicles, places, places)),
        ("incident", loads.incident, (count,)),
        ("ready_s", loads.ready_s, (count,)),
    ):
        if array.shape != shape:
            raise ValueError(f"{name}: shape {array.shape}, expected {shape}")
    if not vehicles or not count:
        return Rounds((), tuple(range(count)), 0.0, 0, 0)
    search = _Search(fleet, loads, horizon_s, metre_price, trip_price)
    routes = search.run(direct_trips(fleet, loads, horizon_s=horizon_s), solutions)
    return trips_of(fleet, loads, routes, horizon_s=horizon_s)


class _Search:
    """Nodes: 0 .. L-1 pick-ups, L .. 2L-1 deliveries, then one start and one end per vehicle."""

    def __init__(self, fleet: Fleet, loads: Loads, horizon_s: int, metre_price: float, trip_price: float) -> None:
        self.loads, self.count = loads, len(loads.store)
        count, vehicles = self.count, len(fleet.home)
        place = np.concatenate([loads.store, loads.incident, fleet.home, fleet.home])
        nodes = len(place)
        starts = list(range(2 * count, 2 * count + vehicles))
        ends = list(range(2 * count + vehicles, nodes))
        self.manager: Any = pywrapcp.RoutingIndexManager(nodes, vehicles, starts, ends)
        self.model: Any = pywrapcp.RoutingModel(self.manager)
        largest = max(float(loads.weight.max()) * horizon_s * LEFT_BEHIND, metre_price, trip_price, 1e-9)
        self.scale = COST / largest
        self._times(fleet, place, horizon_s)
        self._costs(fleet, place, metre_price, trip_price)
        for name, each, room in (("kg", loads.kg, fleet.payload_kg), ("m3", loads.m3, fleet.volume_m3)):
            self._capacity(name, each, room)
        self._pairs(fleet, horizon_s)

    def _matrix(self, values: np.ndarray) -> int:
        """Over nodes; the manager's indices are the nodes, as every node but starts and ends is visited once."""
        index: int = self.model.RegisterTransitMatrix(values.tolist())
        return index

    def _times(self, fleet: Fleet, place: IntArray, horizon_s: int) -> None:
        far = 4 * horizon_s + 1
        ways = [self._matrix(np.minimum(fleet.travel_s[v][np.ix_(place, place)], far)) for v in range(len(fleet.home))]
        self.model.AddDimensionWithVehicleTransits(ways, horizon_s, 3 * horizon_s, False, "time")
        self.time: Any = self.model.GetDimensionOrDie("time")
        for v, free in enumerate(fleet.free().tolist()):
            self.time.CumulVar(self.model.Start(v)).SetMin(free)

    def _costs(self, fleet: Fleet, place: IntArray, metre_price: float, trip_price: float) -> None:
        for v, home in enumerate(fleet.home.tolist()):
            reachable = fleet.travel_s[v] < UNREACHABLE
            metres = np.where(reachable, fleet.travel_m[v], 0)[np.ix_(place, place)].astype(np.float64)
            cost = metre_price * metres
            away = place != home
            leaves = (~away)[:, None] & away[None, :]  # from home to anywhere else: a trip begins
            cost[leaves] += trip_price
            index = self._matrix(np.rint(cost * self.scale).astype(np.int64))
            self.model.SetArcCostEvaluatorOfVehicle(index, v)

    def _capacity(self, name: str, each: FloatArray, room: FloatArray) -> None:
        unit = max(float(room.max()), 1e-9) / UNITS
        size = np.ceil(each / unit - 1e-9).astype(np.int64)
        nodes = 2 * self.count + 2 * self.model.vehicles()
        change = [*size.tolist(), *(-size).tolist(), *[0] * (nodes - 2 * self.count)]
        index = self.model.RegisterUnaryTransitVector(change)
        limits = np.floor(room / unit + 1e-9).astype(np.int64).tolist()
        self.model.AddDimensionWithVehicleCapacity(index, 0, limits, True, name)

    def _pairs(self, fleet: Fleet, horizon_s: int) -> None:
        solver, model, time = self.model.solver(), self.model, self.time
        for load in range(self.count):
            up, down = self.manager.NodeToIndex(load), self.manager.NodeToIndex(self.count + load)
            weight = max(1, round(float(self.loads.weight[load]) * self.scale))
            for node in (up, down):
                model.AddDisjunction([node], weight * horizon_s * LEFT_BEHIND // 2)
            model.AddPickupAndDelivery(up, down)
            solver.Add(model.VehicleVar(up) == model.VehicleVar(down))
            solver.Add(time.CumulVar(up) <= time.CumulVar(down))
            time.CumulVar(up).SetMin(int(self.loads.ready_s[load]))
            time.CumulVar(down).SetMax(horizon_s)
            time.SetCumulVarSoftUpperBound(down, 0, weight)
            model.AddVariableMinimizedByFinalizer(time.CumulVar(down))

    def run(self, start: list[list[int]], solutions: int) -> list[list[int]]:
        """Nodes of every vehicle in order, without start and end."""
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.solution_limit = solutions
        self.model.CloseModelWithParameters(parameters)
        first = self.model.ReadAssignmentFromRoutes(start, True)
        found = (
            self.model.SolveFromAssignmentWithParameters(first, parameters)
            if first
            else self.model.SolveWithParameters(parameters)
        )
        routes: list[list[int]] = []
        for vehicle in range(self.model.vehicles()):
            route: list[int] = []
            index = self.model.Start(vehicle) if found else self.model.End(vehicle)
            while not self.model.IsEnd(index):
                index = found.Value(self.model.NextVar(index))
                if not self.model.IsEnd(index):
                    route.append(self.manager.IndexToNode(index))
            routes.append(route)
        return routes


def direct_trips(fleet: Fleet, loads: Loads, *, horizon_s: int) -> list[list[int]]:
    """Nodes of every vehicle: one load a trip, in Smith's order, by the vehicle that is there first."""
    count, vehicles = len(loads.store), np.arange(len(fleet.home))
    free, here = fleet.free().copy(), fleet.home.copy()
    routes: list[list[int]] = [[] for _ in fleet.home]
    way = fleet.travel_s[:, loads.store, loads.incident].min(axis=0)
    for load in np.lexsort((np.arange(count), -loads.weight / (1 + way))).tolist():
        store, incident = int(loads.store[load]), int(loads.incident[load])
        there = np.maximum(free + fleet.travel_s[vehicles, here, store], loads.ready_s[load])
        arrive = there + fleet.travel_s[vehicles, store, incident]
        arrive[(fleet.payload_kg < loads.kg[load]) | (fleet.volume_m3 < loads.m3[load])] = UNREACHABLE
        arrive[fleet.travel_s[vehicles, incident, fleet.home] >= UNREACHABLE] = UNREACHABLE
        vehicle = int(np.argmin(arrive))
        if arrive[vehicle] <= horizon_s:
            routes[vehicle] += [load, count + load]
            free[vehicle], here[vehicle] = arrive[vehicle], incident
    return routes


def trips_of(fleet: Fleet, loads: Loads, routes: list[list[int]], *, horizon_s: int) -> Rounds:
    """Dated trips from the order of nodes (load: pick-up; loads + load: delivery), everything as early as can be."""
    count = len(loads.store)
    rounds: list[Round] = []
    brought: set[int] = set()
    waited, total, departures = 0.0, 0, 0
    for vehicle, route in enumerate(routes):
        home = int(fleet.home[vehicle])
        seconds, metres = fleet.travel_s[vehicle], fleet.travel_m[vehicle]
        now, here, trip, depart, driven, aboard = int(fleet.free()[vehicle]), home, 0, 0, 0, 0
        stops: list[RoundStop] = []
        for node in [*route, None]:
            load = None if node is None else node % count
            place = home if node is None else int(loads.store[load] if node < count else loads.incident[load])
            if here == home and place != home:
                departures += 1
                if not any(stop.place != home for stop in stops):
                    depart = now
            now += int(seconds[here, place])
            driven += int(metres[here, place])
            if here != home and place == home and not aboard:
                trip += 1
                rounds.append(Round(vehicle, trip, depart, tuple(stops), now, driven))
                total += driven
                stops, driven = [], 0
            if node is not None and load is not None:
                if node < count:
                    now = max(now, int(loads.ready_s[load]))
                else:
                    waited += float(loads.weight[load]) * now
                    brought.add(load)
                aboard += 1 if node < count else -1
                stops.append(RoundStop(place, load, node < count, now))
            here = place
    rounds.sort(key=lambda one: (one.vehicle, one.trip))
    return Rounds(tuple(rounds), tuple(sorted(set(range(count)) - brought)), waited, total, departures)
