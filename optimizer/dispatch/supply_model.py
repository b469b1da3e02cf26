"""The supply problem as arrays: what may be shipped from where to where, when it would be there.

Quantities of an item are counted in whole lumps of 10^-d units (S8), so that flows are exact integers.
Numbers in brackets are those of docs/model.md.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np

from optimizer.dispatch.problem import DispatchProblem, Item, StockLine
from optimizer.errors import BadInput, Fault
from optimizer.units import UNREACHABLE, BoolArray, IntArray

MOST_LUMPS = 1 << 58  # of an item in all, so that flows stay inside 64 bits
SHANGHAI = timezone(timedelta(hours=8))  # China keeps one offset all year


@dataclass(frozen=True)
class ItemSupply:
    """One item: S stores that hold it, I incidents that ask for it, quantities in lumps."""

    item: int
    lump: Decimal  # units per lump
    stores: IntArray  # (S,) store indices, rising
    available: IntArray  # (S,) S1
    incidents: IntArray  # (I,) incident indices, rising
    demand: IntArray  # (I,)
    weight: tuple[Fraction, ...]  # (I,) severity per lump unmet

    def quantity(self, lumps: int) -> Decimal:
        return self.lump * int(lumps)


@dataclass(frozen=True)
class SupplyModel:
    problem: DispatchProblem
    arrive: IntArray  # (stores, incidents) earliest arrival (S7), UNREACHABLE where none or too late
    items: tuple[ItemSupply, ...]  # items somebody asks for
    lots: dict[tuple[str, str], tuple[StockLine, ...]]  # dispatchable lots in FEFO order (S4)
    vehicles: dict[str, list[int]]  # of the stores that have any
    _arrivals: dict[int, IntArray] = field(default_factory=dict)

    def arrivals(self, supply: ItemSupply) -> IntArray:
        """(S, I) earliest arrival of one lump, by the vehicles that can carry it where a store has vehicles (S6)."""
        if supply.item not in self._arrivals:
            self._arrivals[supply.item] = self._arrivals_of(supply)
        return self._arrivals[supply.item]

    def _arrivals_of(self, supply: ItemSupply) -> IntArray:
        result = self.arrive[np.ix_(supply.stores, supply.incidents)]
        problem, item = self.problem, self.problem.items[supply.item]
        if all(fits(problem, vehicle, item, supply.lump) for vehicle in self.smallest):
            return result
        for store, own in self.vehicles.items():
            row = int(np.searchsorted(supply.stores, problem.store_index[store]))
            if row == len(supply.stores) or supply.stores[row] != problem.store_index[store]:
                continue
            able = [vehicle for vehicle in own if fits(problem, vehicle, item, supply.lump)]
            if len(able) < len(own):
                result[row] = first_arrivals(problem, able)[supply.incidents]
        return result

    def open(self, supply: ItemSupply) -> BoolArray:
        """(S, I): this item may go from this store to this incident (S5-S7)."""
        return (self.arrivals(supply) < UNREACHABLE) & ~self.banned(supply)

    def banned(self, supply: ItemSupply) -> BoolArray:
        """(S, I): a ban keeps this item from going there (S5)."""
        problem, item = self.problem, self.problem.items[supply.item].id
        result = np.zeros((len(supply.stores), len(supply.incidents)), np.bool_)
        for ban in problem.bans:
            if ban.store is None or ban.incident is None or ban.item not in (None, item):
                continue
            row = np.searchsorted(supply.stores, problem.store_index[ban.store])
            column = np.searchsorted(supply.incidents, problem.incident_index[ban.incident])
            if (
                row < len(supply.stores)
                and column < len(supply.incidents)
                and supply.stores[row] == problem.store_index[ban.store]
                and supply.incidents[column] == problem.incident_index[ban.incident]
            ):
                result[row, column] = True
        return result

    @cached_property
    def smallest(self) -> tuple[int, ...]:
        """The vehicle of the least payload and that of the least volume."""
        vehicles = self.problem.vehicles
        numbers = range(len(vehicles))
        if not vehicles:
            return ()
        return min(numbers, key=lambda v: vehicles[v].payload_kg), min(numbers, key=lambda v: vehicles[v].volume_m3)

    @cached_property
    def by_item(self) -> dict[str, ItemSupply]:
        return {self.problem.items[supply.item].id: supply for supply in self.items}


def usable(line: StockLine, day: date) -> bool:
    """No blocking task, and not past its last day (S1)."""
    return not line.blocked and (line.expires is None or day <= line.expires)


def fefo_key(line: StockLine) -> tuple[bool, date, str]:
    """Earliest expiry first, no expiry last, then lot id (S4)."""
    return line.expires is None, line.expires or date.max, line.lot


def fleet(problem: DispatchProblem) -> dict[str, list[int]]:
    """Vehicle indices of each store that has any."""
    result: dict[str, list[int]] = {}
    for index, vehicle in enumerate(problem.vehicles):
        result.setdefault(vehicle.store, []).append(index)
    return result


def fits(problem: DispatchProblem, vehicle: int, item: Item, quantity: Decimal) -> bool:
    """Whether this much of one item fits into one vehicle (S6)."""
    carrier = problem.vehicles[vehicle]
    return quantity * item.mass_kg <= carrier.payload_kg and quantity * item.volume_m3 <= carrier.volume_m3


def first_arrivals(problem: DispatchProblem, vehicles: list[int]) -> IntArray:
    """(incidents,) earliest arrival by any of the vehicles; UNREACHABLE where none is within the horizon (S7)."""
    back = np.array([problem.vehicles[vehicle].available_from_s for vehicle in vehicles], np.int64)
    depart = np.maximum(back[:, None], _reported(problem)[None, :])
    soonest = (depart + problem.travel.vehicle_to_incident_s[vehicles]).min(axis=0, initial=UNREACHABLE)
    return np.where(soonest > min(problem.parameters.horizon_s, UNREACHABLE - 1), UNREACHABLE, soonest)


def _reported(problem: DispatchProblem) -> IntArray:
    return np.array([max(0, incident.reported_s) for incident in problem.incidents], np.int64)


def earliest_arrivals(problem: DispatchProblem) -> IntArray:
    """(stores, incidents) arrival of a first trip; UNREACHABLE where there is none within the horizon (S7)."""
    arrive = problem.travel.store_to_incident_s + _reported(problem)[None, :]
    late = arrive > min(problem.parameters.horizon_s, UNREACHABLE - 1)
    arrive = np.where(late, UNREACHABLE, arrive)
    for store, vehicles in fleet(problem).items():
        arrive[problem.store_index[store]] = first_arrivals(problem, vehicles)
    return arrive


def quickest_ways(problem: DispatchProblem) -> IntArray:
    """(stores, incidents) travel of the quickest transport of each store."""
    travel = problem.travel.store_to_incident_s.copy()
    for store, vehicles in fleet(problem).items():
        travel[problem.store_index[store]] = problem.travel.vehicle_to_incident_s[vehicles].min(axis=0)
    return travel


def supply_model(problem: DispatchProblem) -> SupplyModel:
    """Arrays of every demanded item, and the dispatchable lots in FEFO order.

    Raises `BadInput` for quantities beyond what integers of 64 bits can count.
    """
    wanted: dict[str, list[int]] = {}
    for index, demand in enumerate(problem.demands):
        wanted.setdefault(demand.item, []).append(index)
    day = problem.as_of.astimezone(SHANGHAI).date()
    lots: dict[tuple[str, str], list[StockLine]] = {}
    decimals: dict[str, int] = {}
    for line in problem.stock:
        if line.item in wanted:
            decimals[line.item] = max(decimals.get(line.item, 0), _decimals(line.quantity))
            if line.quantity > 0 and usable(line, day):
                lots.setdefault((line.store, line.item), []).append(line)
    for (_, item), floor in problem.reserve_floor.items():
        decimals[item] = max(decimals.get(item, 0), _decimals(floor))
    ordered = {key: tuple(sorted(lines, key=fefo_key)) for key, lines in sorted(lots.items())}
    held: dict[str, list[tuple[int, Decimal]]] = {}
    for (store, item), lines in ordered.items():
        floor = problem.reserve_floor.get((store, item), Decimal(0))
        free = sum((line.quantity for line in lines), Decimal(0)) - floor
        if free > 0:
            held.setdefault(item, []).append((problem.store_index[store], free))
    supplies = []
    for item, rows in sorted(wanted.items()):
        demands = [problem.demands[row] for row in rows]
        places = max([decimals.get(item, 0), *(_decimals(demand.quantity) for demand in demands)])
        scale = Decimal(10) ** places
        stores = sorted(held.get(item, []))
        total = max(sum(free for _, free in stores), sum(demand.quantity for demand in demands))
        if total * scale >= MOST_LUMPS:
            raise BadInput("items", [Fault(f"items[{item}]", "QuantitiesTooLarge", {"item": item, "total": total})])
        supplies.append(
            ItemSupply(
                item=problem.item_index[item],
                lump=1 / scale,
                stores=np.array([store for store, _ in stores], np.int64),
                available=np.array([int(free * scale) for _, free in stores], np.int64),
                incidents=np.array([problem.incident_index[demand.incident] for demand in demands], np.int64),
                demand=np.array([int(demand.quantity * scale) for demand in demands], np.int64),
                weight=tuple(
                    Fraction(problem.incidents[problem.incident_index[demand.incident]].severity)
                    / Fraction(demand.quantity * scale)
                    for demand in demands
                ),
            )
        )
    return SupplyModel(problem, earliest_arrivals(problem), tuple(supplies), ordered, fleet(problem))


def _decimals(quantity: Decimal) -> int:
    exponent = quantity.normalize().as_tuple().exponent
    return max(0, -int(exponent))
