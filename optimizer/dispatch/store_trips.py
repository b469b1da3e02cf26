"""The trips of one store: what they bring together, how rounds are dated (S6, S7, S9), and which of two are better."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from optimizer.dispatch.loading import MOST_TRIPS, Leg, Load, legs_of
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.trips import leg_s, round_m
from optimizer.units import UNREACHABLE

ROWS = 8  # rows up to which a store that cannot take all at once is split to single rows
SAME = 1e-9  # relative: less of level 6 than that is no reason

Route = list[list[int]]  # the rounds of one vehicle, each its batches in order


@dataclass(frozen=True)
class Batch:
    """What goes to one incident together."""

    incident: int
    parts: tuple[tuple[Load, Decimal], ...]
    vehicle: str = ""  # on which trip of which vehicle the list rule brings it
    trip: int = 0

    @property
    def weight(self) -> float:
        return sum(load.weight * float(quantity) for load, quantity in self.parts)


@dataclass(frozen=True)
class StoreTrips:
    """The trips of one store with vehicles of its own: at first as the list rule dates them."""

    problem: DispatchProblem
    vehicles: tuple[int, ...]
    loads: tuple[Load, ...]  # one per incident and item
    legs: tuple[Leg, ...]

    @property
    def waits(self) -> float:
        """Level 6; what is not brought counts at the horizon."""
        horizon = self.problem.parameters.horizon_s
        waits = sum(leg.load.weight * float(leg.quantity) * leg.arrive_s for leg in self.legs)
        return waits + sum(load.weight * float(load.quantity) * horizon for load in self.left)

    @property
    def left(self) -> tuple[Load, ...]:
        """What is not brought."""
        there: dict[tuple[int, int], Decimal] = {}
        for leg in self.legs:
            key = leg.load.incident, leg.load.item
            there[key] = there.get(key, Decimal(0)) + leg.quantity
        rest = [(load, load.quantity - there.get((load.incident, load.item), Decimal(0))) for load in self.loads]
        return tuple(replace(load, quantity=quantity) for load, quantity in rest if quantity > 0)

    def promise(self) -> float:
        """At most so much of level 6 can be saved: nothing is there before a first trip of its own. 0: no rounds."""
        problem, travel = self.problem, self.problem.travel
        incidents = sorted({leg.load.incident for leg in self.legs})
        if len(incidents) < 2 or travel.vehicle_between_s is None or travel.vehicle_group is None:
            return 0.0
        rows = np.array(self.vehicles)
        free = np.array([problem.vehicles[vehicle].available_from_s for vehicle in self.vehicles])
        first = np.maximum(problem.known_from_s[incidents][None, :], free[:, None])
        first = (first + travel.vehicle_to_incident_s[rows][:, incidents]).min(axis=0)
        soonest = dict(zip(incidents, first.tolist(), strict=True))
        return float(
            sum(
                leg.load.weight * float(leg.quantity) * max(0, leg.arrive_s - soonest[leg.load.incident])
                for leg in self.legs
            )
        )

    def batches(self) -> tuple[Batch, ...]:
        """By trip; by row where no vehicle takes all at once and the rows are few."""
        trips: dict[tuple[int, str, int], list[tuple[Load, Decimal]]] = {}
        for leg in self.legs:
            key = leg.load.incident, leg.vehicle or "", leg.trip or 0
            trips.setdefault(key, []).append((leg.load, leg.quantity))
        by_trip = tuple(
            Batch(incident, tuple(parts), vehicle, trip)
            for (incident, vehicle, trip), parts in sorted(trips.items(), key=lambda one: one[0])
        )
        if len(self.legs) > ROWS or len(self.legs) == len(by_trip):
            return by_trip
        every = [part for batch in by_trip for part in batch.parts]
        carriers = [self.problem.vehicles[vehicle] for vehicle in self.vehicles]
        kg, m3 = size_of(self.problem, every)
        if any(kg <= one.payload_kg and m3 <= one.volume_m3 for one in carriers):
            return by_trip
        return tuple(replace(batch, parts=(part,)) for batch in by_trip for part in batch.parts)


def size_of(problem: DispatchProblem, parts: Iterable[tuple[Load, Decimal]]) -> tuple[Decimal, Decimal]:
    """kg and m3."""
    kg, m3 = Decimal(0), Decimal(0)
    for load, quantity in parts:
        item = problem.items[load.item]
        kg += quantity * item.mass_kg
        m3 += quantity * item.volume_m3
    return kg, m3


def dated(
    problem: DispatchProblem, vehicles: Sequence[int], batches: Sequence[Batch], routes: Sequence[Route]
) -> tuple[Leg, ...] | None:
    """The legs of these rounds by S6, S7 and S9; None where a rule does not allow them."""
    legs: list[Leg] = []
    for vehicle, route in zip(vehicles, routes, strict=True):
        carrier, straight = problem.vehicles[vehicle], problem.travel.vehicle_to_incident_s[vehicle]
        back = carrier.available_from_s
        if len(route) > MOST_TRIPS:
            return None
        for trip, mine in enumerate(route, 1):
            brings: dict[int, dict[int, tuple[Load, Decimal]]] = {}  # incident -> load -> units, in order of the round
            for batch in mine:
                there = brings.setdefault(batches[batch].incident, {})
                for load, quantity in batches[batch].parts:
                    there[id(load)] = load, there[id(load)][1] + quantity if id(load) in there else quantity
            kg, m3 = size_of(problem, (part for there in brings.values() for part in there.values()))
            if kg > carrier.payload_kg or m3 > carrier.volume_m3:
                return None
            depart = max(0, back, *(problem.incidents[incident].reported_s for incident in brings))
            arrive = _arrivals(problem, vehicle, depart, tuple(brings))
            if arrive is None:
                return None
            for incident, there in brings.items():
                legs += [
                    Leg(load, quantity, depart, arrive[incident], carrier.id, trip) for load, quantity in there.values()
                ]
            last = next(reversed(brings))
            back = arrive[last] + int(straight[last])
    return tuple(legs)


def _arrivals(problem: DispatchProblem, vehicle: int, depart: int, stops: tuple[int, ...]) -> dict[int, int] | None:
    """Incident -> arrival (S9); None where a leg is missing, the horizon passed (S7), or the order of equal arrivals
    is not that of the ids, in which a plan is read."""
    now, before = depart + int(problem.travel.vehicle_to_incident_s[vehicle, stops[0]]), stops[0]
    arrive = {before: now}
    for incident in stops[1:]:
        way = leg_s(problem.travel, vehicle, before, incident)
        if way >= UNREACHABLE or (way == 0 and incident < before):
            return None
        now += way
        arrive[incident], before = now, incident
    return arrive if now <= problem.parameters.horizon_s else None


def metres(problem: DispatchProblem, legs: Iterable[Leg]) -> int:
    """Level 7 of these trips."""
    stops: dict[tuple[str, int], dict[int, int]] = {}
    for leg in legs:
        if leg.vehicle is not None and leg.trip is not None:
            stops.setdefault((leg.vehicle, leg.trip), {})[leg.load.incident] = leg.arrive_s
    total = problem.parameters.trip_cost_m * len(stops)
    for (vehicle, _), arrive in stops.items():
        order = tuple(sorted(arrive, key=lambda incident: (arrive[incident], incident)))
        total += round_m(problem.travel, problem.vehicle_index[vehicle], order)
    return total


def better(new: StoreTrips, old: StoreTrips) -> bool:
    """Whether the new trips bring no less of any load and wait less, or as long with fewer metres."""
    missed = {(load.incident, load.item): load.quantity for load in old.left}
    if any(load.quantity > missed.get((load.incident, load.item), Decimal(0)) for load in new.left):
        return False
    waits, waited = new.waits, old.waits
    if abs(waits - waited) > SAME * max(1.0, waited):
        return waits < waited
    return metres(new.problem, new.legs) < metres(old.problem, old.legs)


def and_then(trips: StoreTrips) -> StoreTrips:
    """These trips, and after them by the list rule what they leave."""
    left = trips.left
    if not left:
        return trips
    problem, made, back = trips.problem, dict[str, int](), dict[str, tuple[int, int]]()
    for leg in trips.legs:
        if leg.vehicle is not None and leg.trip is not None:
            made[leg.vehicle] = max(made.get(leg.vehicle, 0), leg.trip)
            back[leg.vehicle] = max(back.get(leg.vehicle, (0, 0)), (leg.arrive_s, leg.load.incident))
    vehicles = list(problem.vehicles)
    for at in trips.vehicles:
        one = vehicles[at]
        if one.id in back:
            arrive, last = back[one.id]
            home = arrive + int(problem.travel.vehicle_to_incident_s[at, last])
            vehicles[at] = replace(one, available_from_s=home)
    rest = replace(problem, vehicles=tuple(vehicles))
    own = {problem.vehicles[trips.vehicles[0]].store: list(trips.vehicles)}
    later = (
        leg if leg.vehicle is None or leg.trip is None else replace(leg, trip=leg.trip + made.get(leg.vehicle, 0))
        for leg in legs_of(rest, left, vehicles=own)
        if (leg.trip or 0) + made.get(leg.vehicle or "", 0) <= MOST_TRIPS
    )
    return replace(trips, legs=(*trips.legs, *later))
