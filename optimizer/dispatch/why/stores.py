"""For each demand: from where it comes, the next store that could serve it, and why nearer ones were passed over.

Arrivals are those of a first trip straight there (S7); what vehicles queue for and rounds (S9) are not counted.
S1 ... are those of docs/model.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.supply_model import SHANGHAI, SupplyModel, quickest_ways, supply_model, usable
from optimizer.dispatch.trips import Trip, trips_of
from optimizer.units import UNREACHABLE, BoolArray, FloatArray, IntArray

MOST_NEARER = 3  # stores named per demand
FEW = 5  # ids in a fact


class Passed(StrEnum):
    """Why a store that holds the item and lies nearer sends none."""

    FORBIDDEN_BY_DISPATCHER = "FORBIDDEN_BY_DISPATCHER"
    UNREACHABLE = "UNREACHABLE"  # nearer as the crow flies
    TOO_LATE = "TOO_LATE"
    VEHICLE_CAPACITY = "VEHICLE_CAPACITY"
    GIVEN_ELSEWHERE = "GIVEN_ELSEWHERE"  # all it may send goes to incidents that gain more by it
    BELOW_RESERVE_FLOOR = "BELOW_RESERVE_FLOOR"
    FIVE_FIXED = "FIVE_FIXED"
    EXPIRED = "EXPIRED"
    SPARE = "SPARE"  # it could: the plan does without


@dataclass(frozen=True, slots=True)
class PassedStore:
    store: str
    arrive_s: int | None  # of a first trip; None: no way
    why: Passed
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NextStore:
    """The nearest store not used that has units to spare."""

    store: str
    arrive_s: int
    later_s: int  # than a first trip of the farthest store used; negative: sooner
    spare: Decimal


@dataclass(frozen=True, slots=True)
class DemandWhy:
    """One (incident, item) that gets something."""

    incident: str
    item: str
    quantity: Decimal  # shipped
    stores: tuple[str, ...]  # nearest first
    last_arrive_s: int  # of the plan's shipments
    next: NextStore | None
    nearer: tuple[PassedStore, ...]  # nearest first, then those without a way
    nearer_count: int  # how many there are in all
    rounds: tuple[Trip, ...] = ()  # trips over several incidents that bring some of it (S9)


@dataclass
class _Held:
    """One item over the stores that hold any of it."""

    stores: IntArray  # (H,)
    free: list[Decimal]  # S1
    shipped: list[Decimal]
    usable: list[Decimal]
    blocked: list[Decimal]
    tasks: list[set[str]]
    row: dict[int, int]


def store_alternatives(problem: DispatchProblem, plan: Plan) -> tuple[DemandWhy, ...]:
    """A row for every demand that gets something, by incident and item."""
    model = supply_model(problem)
    sent: dict[tuple[str, str], dict[str, Decimal]] = {}
    to: dict[tuple[str, str], dict[str, Decimal]] = {}
    last: dict[tuple[str, str], int] = {}
    rounds = {(trip.vehicle, trip.number): trip for trip in trips_of(problem, plan.shipments) if trip.is_round}
    on: dict[tuple[str, str], set[Trip]] = {}
    for one in plan.shipments:
        if one.task is not None:
            continue  # equipment (E2)
        mine, theirs = sent.setdefault((one.incident, one.item), {}), to.setdefault((one.store, one.item), {})
        mine[one.store] = mine.get(one.store, Decimal(0)) + one.quantity
        theirs[one.incident] = theirs.get(one.incident, Decimal(0)) + one.quantity
        key = one.incident, one.item
        last[key] = max(last.get(key, one.arrive_s), one.arrive_s)
        if one.vehicle is not None and one.trip is not None and (one.vehicle, one.trip) in rounds:
            on.setdefault(key, set()).add(rounds[one.vehicle, one.trip])
    held = _held(problem, model, {item for _, item in sent}, to)
    search = _Search(problem, model, held, to)
    found = []
    for key in sorted(sent):
        trips = sorted(on.get(key, ()), key=lambda trip: (trip.vehicle, trip.number))
        found.append(replace(search.row(*key, sent[key], last[key]), rounds=tuple(trips)))
    return tuple(found)


def _held(
    problem: DispatchProblem, model: SupplyModel, items: set[str], to: dict[tuple[str, str], dict[str, Decimal]]
) -> dict[str, _Held]:
    day = problem.as_of.astimezone(SHANGHAI).date()
    sums: dict[str, dict[int, list[Any]]] = {item: {} for item in items}
    for line in problem.stock:
        if line.item in sums and line.quantity > 0:
            cell = sums[line.item].setdefault(problem.store_index[line.store], [Decimal(0), Decimal(0), set()])
            if usable(line, day):
                cell[0] += line.quantity
            elif line.blocked and (line.expires is None or day <= line.expires):
                cell[1] += line.quantity
                cell[2].update(line.blocked)
    result = {}
    for item, cells in sums.items():
        supply = model.by_item[item]
        free = {int(s): supply.quantity(int(n)) for s, n in zip(supply.stores, supply.available, strict=True)}
        stores = sorted(cells)
        result[item] = _Held(
            stores=np.array(stores, np.int64),
            free=[free.get(s, Decimal(0)) for s in stores],
            shipped=[sum(to.get((problem.stores[s].id, item), {}).values(), Decimal(0)) for s in stores],
            usable=[cells[s][0] for s in stores],
            blocked=[cells[s][1] for s in stores],
            tasks=[cells[s][2] for s in stores],
            row={s: row for row, s in enumerate(stores)},
        )
    return result


class _Search:
    def __init__(
        self,
        problem: DispatchProblem,
        model: SupplyModel,
        held: dict[str, _Held],
        to: dict[tuple[str, str], dict[str, Decimal]],
    ) -> None:
        self.problem, self.model, self.held, self.to = problem, model, held, to
        self.ways = quickest_ways(problem)
        self.places = _coordinates(problem.stores)
        self.spots = _coordinates(problem.incidents)
        self.bans = {(ban.store, ban.incident, ban.item) for ban in problem.bans if ban.store is not None}
        self.carried: dict[str, IntArray] = {}
        self.spare: dict[str, BoolArray] = {
            item: np.array([free > gone for free, gone in zip(one.free, one.shipped, strict=True)], np.bool_)
            for item, one in held.items()
        }

    def _arrive(self, item: str, incident: int) -> IntArray:
        """(H,) first arrival by what can carry the item; of stores that may send none, by anything."""
        held, supply = self.held[item], self.model.by_item[item]
        if item not in self.carried:
            whole = self.model.arrive[held.stores]
            rows = [held.row[int(store)] for store in supply.stores]
            cells = np.ix_(rows, supply.incidents.tolist())
            whole[cells] = self.model.arrivals(supply)
            self.carried[item] = whole
        return self.carried[item][:, incident]

    def row(self, incident: str, item: str, sent: dict[str, Decimal], last: int) -> DemandWhy:
        held, column = self.held[item], self.problem.incident_index[incident]
        arrive = self._arrive(item, column)
        used = np.zeros(len(held.stores), np.bool_)
        used[[held.row[self.problem.store_index[store]] for store in sent]] = True
        mine = np.flatnonzero(used)
        mine = mine[np.argsort(arrive[mine], kind="stable")]
        first_trip = int(arrive[mine].max())
        # by whatever its quickest transport is, able to carry the item or not
        begin = max(0, self.problem.incidents[column].reported_s)
        quickest = self.ways[held.stores, column] + begin
        nearer = np.flatnonzero(~used & (quickest < first_trip))
        shown = nearer[np.argsort(quickest[nearer], kind="stable")][:MOST_NEARER]
        cut = self._cut_off(column, held, arrive, mine)
        rows = [self._passed(incident, item, int(h), arrive) for h in (*shown, *cut[: MOST_NEARER - len(shown)])]
        return DemandWhy(
            incident=incident,
            item=item,
            quantity=sum(sent.values(), Decimal(0)),
            stores=tuple(self.problem.stores[int(held.stores[h])].id for h in mine),
            last_arrive_s=last,
            next=self._next(incident, item, column, arrive, used, first_trip),
            nearer=tuple(rows),
            nearer_count=len(nearer) + len(cut),
        )

    def _next(
        self, incident: str, item: str, column: int, arrive: IntArray, used: BoolArray, first_trip: int
    ) -> NextStore | None:
        held = self.held[item]
        some = np.flatnonzero(self.spare[item] & ~used & (arrive < UNREACHABLE))
        for h in some[np.argsort(arrive[some], kind="stable")]:
            store = self.problem.stores[int(held.stores[h])].id
            if not self._banned(store, incident, item):
                at = int(arrive[h])
                return NextStore(store, at, at - first_trip, held.free[h] - held.shipped[h])
        return None

    def _banned(self, store: str, incident: str, item: str) -> bool:
        return bool(self.bans) and bool({(store, incident, None), (store, incident, item)} & self.bans)

    def _cut_off(self, column: int, held: _Held, arrive: IntArray, mine: IntArray) -> IntArray:
        """(few,) stores with free stock and no way, nearer as the crow flies than the farthest used."""
        if self.places is None or self.spots is None:
            return np.zeros(0, np.int64)
        free = np.array([units > 0 for units in held.free], np.bool_)
        shut = np.flatnonzero(free & (self.ways[held.stores, column] >= UNREACHABLE))
        far = _distance(self.places[held.stores], self.spots[column])
        shut = shut[far[shut] < far[mine].max()]
        found: IntArray = shut[np.argsort(far[shut], kind="stable")]
        return found

    def _passed(self, incident: str, item: str, h: int, arrive: IntArray) -> PassedStore:
        held, column = self.held[item], self.problem.incident_index[incident]
        index = int(held.stores[h])
        store = self.problem.stores[index].id
        at = int(arrive[h])
        facts: dict[str, Any] = {}
        if self._banned(store, incident, item):
            why = Passed.FORBIDDEN_BY_DISPATCHER
        elif self.ways[index, column] >= UNREACHABLE:
            why = Passed.UNREACHABLE
        elif self.model.arrive[index, column] >= UNREACHABLE:
            why = Passed.TOO_LATE
        elif at >= UNREACHABLE:
            why = Passed.VEHICLE_CAPACITY
        elif held.free[h] > held.shipped[h]:
            why, facts = Passed.SPARE, {"spare": held.free[h] - held.shipped[h]}
        elif held.free[h] > 0:
            goes = self.to.get((store, item), {})
            facts = {"to": sorted(goes, key=lambda one: (-goes[one], one))[:FEW], "units": held.shipped[h]}
            why = Passed.GIVEN_ELSEWHERE
        elif held.blocked[h] > 0:
            facts = {"tasks": sorted(held.tasks[h])[:FEW], "units": held.blocked[h]}
            why = Passed.FIVE_FIXED
        elif held.usable[h] > 0:
            why, facts = Passed.BELOW_RESERVE_FLOOR, {"units": held.usable[h]}
        else:
            why = Passed.EXPIRED
        return PassedStore(store, None if at >= UNREACHABLE else at, why, facts)


def _coordinates(places: Iterable[Any]) -> FloatArray | None:
    """(n, 2) latitude and longitude in radians; None where one is unknown."""
    found = [(place.lat, place.lon) for place in places]
    if not found or any(lat is None or lon is None for lat, lon in found):
        return None
    return np.radians(np.array(found, np.float64))


def _distance(from_: FloatArray, to: FloatArray) -> FloatArray:
    """(n,) haversine, in radii of the earth: only to compare."""
    lat, lon = (from_ - to).T
    a = np.sin(lat / 2) ** 2 + np.cos(from_[:, 0]) * np.cos(to[0]) * np.sin(lon / 2) ** 2
    found: FloatArray = 2 * np.arcsin(np.sqrt(np.clip(a, 0, 1)))
    return found
