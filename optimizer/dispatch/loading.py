"""From flows to dated shipments: trips of real vehicles, lots first-expired-first-out.

A store's loads are served in Smith's order (deprivation weight per second of round trip), each trip by the vehicle
that is there first. This is a list rule, not an optimum: level 6 says so by its gap.
Numbers in brackets are those of docs/model.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import DispatchProblem, StockLine
from optimizer.dispatch.supply_model import ItemSupply, fits, fleet
from optimizer.units import UNREACHABLE, IntArray

MOST_TRIPS = 1_000  # of one vehicle in one plan (S6); more is no plan but a mistaken unit


@dataclass(frozen=True)
class Load:
    """So much of one item from a store to an incident; `weight` is severity per unit and second of waiting."""

    store: int
    incident: int
    item: int
    quantity: Decimal
    lump: Decimal
    weight: float
    task: int | None = None  # equipment of this task (E2)


def load_of(supply: ItemSupply, store: int, incident: int, lumps: int) -> Load:
    """The load of one arc (positions in the supply's stores and incidents)."""
    return Load(
        store=int(supply.stores[store]),
        incident=int(supply.incidents[incident]),
        item=supply.item,
        quantity=supply.quantity(lumps),
        lump=supply.lump,
        weight=float(supply.weight[incident]) / float(supply.lump),
    )


def loads_of(supply: ItemSupply, store: IntArray, incident: IntArray, lumps: IntArray) -> list[Load]:
    """`load_of` every arc; few quantities are different."""
    units = {some: supply.quantity(some) for some in set(lumps.tolist())}
    weight = [float(one) / float(supply.lump) for one in supply.weight]
    stores, incidents = supply.stores[store].tolist(), supply.incidents[incident].tolist()
    return [
        Load(s, i, supply.item, units[some], supply.lump, weight[column])
        for s, i, some, column in zip(stores, incidents, lumps.tolist(), incident.tolist(), strict=True)
    ]


@dataclass(frozen=True)
class Leg:
    """A part of a load on its way."""

    load: Load
    quantity: Decimal
    depart_s: int
    arrive_s: int
    vehicle: str | None
    trip: int | None
    team: str | None = None  # that takes it along (E3)


def shipments(
    problem: DispatchProblem,
    loads: Iterable[Load],
    lots: dict[tuple[str, str], tuple[StockLine, ...]],
    *,
    as_listed: bool = False,
    vehicles: Mapping[str, list[int]] | None = None,
) -> tuple[Shipment, ...]:
    """Shipments of all loads; see `legs_of`."""
    return from_lots(problem, legs_of(problem, loads, as_listed=as_listed, vehicles=vehicles), lots)


def legs_of(
    problem: DispatchProblem, loads: Iterable[Load], *, as_listed: bool = False,
    vehicles: Mapping[str, list[int]] | None = None,
) -> list[Leg]:  # fmt: skip
    """Trips of all loads, by urgency, or `as_listed` in the order of the loads; `vehicles`: `fleet(problem)`, where it
    is known.

    What no trip can bring within the horizon (S7) is left out, hence unmet.
    """
    vehicles = fleet(problem) if vehicles is None else vehicles
    by_store: dict[int, list[Load]] = {}
    for load in loads:
        by_store.setdefault(load.store, []).append(load)
    legs: list[Leg] = []
    for store, mine in sorted(by_store.items()):
        own = vehicles.get(problem.stores[store].id)
        legs.extend(_by_trips(problem, own, mine, as_listed) if own else _at_once(problem, mine))
    return legs


def _at_once(problem: DispatchProblem, loads: list[Load]) -> list[Leg]:
    """A store without vehicles: everything leaves when the incident is known (S6)."""
    legs = []
    for load in loads:
        depart = max(0, problem.incidents[load.incident].reported_s)
        arrive = depart + int(problem.travel.store_to_incident_s[load.store, load.incident])
        legs.append(Leg(load, load.quantity, depart, arrive, None, None))
    return legs


class _Fleet:
    """The vehicles of one store, and when each is back."""

    def __init__(self, problem: DispatchProblem, vehicles: list[int]) -> None:
        self.problem = problem
        self.vehicles = vehicles
        self.back = {vehicle: problem.vehicles[vehicle].available_from_s for vehicle in vehicles}
        self.trips = dict.fromkeys(vehicles, 0)

    def first_there(self, incident: int, load: Load) -> tuple[int, int, int] | None:
        """(arrive, depart, vehicle) of the vehicle that can bring one lump of the load first; None if none can."""
        problem, best = self.problem, None
        item = problem.items[load.item]
        ready = max(0, problem.incidents[incident].reported_s)
        for vehicle in self.vehicles:
            travel = int(problem.travel.vehicle_to_incident_s[vehicle, incident])
            if travel >= UNREACHABLE or self.trips[vehicle] == MOST_TRIPS:
                continue
            if not fits(problem, vehicle, item, load.lump):
                continue
            depart = max(self.back[vehicle], ready)
            carrier = problem.vehicles[vehicle]
            # of vehicles that are there at the same time the largest
            entry = (depart + travel, -carrier.payload_kg, -carrier.volume_m3, vehicle, depart)
            if entry[0] <= problem.parameters.horizon_s and (best is None or entry < best):
                best = entry
        return None if best is None else (best[0], best[4], best[3])

    def go(self, vehicle: int, depart: int, arrive: int) -> int:
        self.back[vehicle] = arrive + (arrive - depart)
        self.trips[vehicle] += 1
        return self.trips[vehicle]


def _by_trips(problem: DispatchProblem, vehicles: list[int], loads: list[Load], as_listed: bool) -> list[Leg]:
    fleet_state = _Fleet(problem, vehicles)
    by_incident: dict[int, list[Load]] = {}
    heaviest = loads if as_listed else sorted(loads, key=lambda x: (-x.weight * float(x.quantity), x.item))
    for load in heaviest:
        by_incident.setdefault(load.incident, []).append(load)

    def urgency(incident: int) -> tuple[float, int]:
        weight = sum(load.weight * float(load.quantity) for load in by_incident[incident])
        round_trip = 1 + 2 * min(int(problem.travel.vehicle_to_incident_s[v, incident]) for v in vehicles)
        return -weight / round_trip, incident

    legs: list[Leg] = []
    for incident in by_incident if as_listed else sorted(by_incident, key=urgency):
        left = [(load, load.quantity) for load in by_incident[incident]]
        while left:
            first = fleet_state.first_there(incident, left[0][0])
            if first is None:
                left.pop(0)  # nothing brings it in time
                continue
            arrive, depart, vehicle = first
            trip = fleet_state.go(vehicle, depart, arrive)
            kg, m3 = problem.vehicles[vehicle].payload_kg, problem.vehicles[vehicle].volume_m3
            rest = []
            for load, quantity in left:
                item = problem.items[load.item]
                take = min(quantity, _room(kg, item.mass_kg, load.lump), _room(m3, item.volume_m3, load.lump))
                if take > 0:
                    kg -= take * item.mass_kg
                    m3 -= take * item.volume_m3
                    legs.append(Leg(load, take, depart, arrive, problem.vehicles[vehicle].id, trip))
                if quantity > take:
                    rest.append((load, quantity - take))
            left = rest
    return legs


def _room(room: Decimal, each: Decimal, lump: Decimal) -> Decimal:
    """Units that still fit, in whole lumps."""
    if each == 0:
        return Decimal("Infinity")
    return lump * (room // (each * lump))


def from_lots(
    problem: DispatchProblem, legs: Iterable[Leg], lots: Mapping[tuple[str, str], tuple[StockLine, ...]]
) -> tuple[Shipment, ...]:
    """Take every leg from the store's lots, earliest expiry first, in order of departure (S4).

    Shipments stand in order of incident and arrival, with ids that follow this order.
    """
    rows: list[tuple[str, int, str, str, int, str, str, int, str, str, Decimal, Leg]] = []
    left: dict[tuple[int, int], tuple[int, Decimal]] = {}  # (store, item) -> lot in use, units left of it
    for leg in sorted(legs, key=lambda leg: (leg.depart_s, leg.load.incident, leg.vehicle or "", leg.trip or 0)):
        load, quantity = leg.load, leg.quantity
        store, item = problem.stores[load.store].id, problem.items[load.item].id
        lines = lots[store, item]
        number, there = left.get((load.store, load.item)) or (0, lines[0].quantity)
        incident, vehicle, trip = problem.incidents[load.incident].id, leg.vehicle or "", leg.trip or 0
        task, team = "" if load.task is None else problem.tasks[load.task].id, leg.team or ""
        while quantity > 0:
            if not there:
                number += 1
                there = lines[number].quantity
            take = quantity if quantity < there else there
            lot = lines[number].lot
            rows.append((incident, leg.arrive_s, store, vehicle, trip, item, lot, leg.depart_s, task, team, take, leg))
            quantity -= take
            there -= take
        left[load.store, load.item] = number, there
    rows.sort(key=itemgetter(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
    width = max(4, len(str(len(rows))))
    return tuple(
        Shipment(
            id=f"S{number:0{width}d}", store=store, incident=incident, item=item, lot=lot, quantity=take,
            depart_s=depart, arrive_s=arrive, vehicle=leg.vehicle, trip=leg.trip, task=task or None, team=leg.team,
        )
        for number, (incident, arrive, store, _, _, item, lot, depart, task, _, take, leg) in enumerate(rows, 1)
    )  # fmt: skip


def without_lots(problem: DispatchProblem, legs: Iterable[Leg]) -> tuple[Shipment, ...]:
    """A row for every leg, in no order, of no lot: enough for the levels, which know no lots, at half the time."""
    stores, incidents, items, tasks = problem.stores, problem.incidents, problem.items, problem.tasks
    return tuple(
        Shipment(
            "", stores[leg.load.store].id, incidents[leg.load.incident].id, items[leg.load.item].id, "", leg.quantity,
            leg.depart_s, leg.arrive_s, leg.vehicle, leg.trip,
            None if leg.load.task is None else tasks[leg.load.task].id, leg.team,
        )
        for leg in legs
    )  # fmt: skip
