"""The supply problem as arrays: what may be shipped from where to where, when it would be there.

Quantities of an item are counted in whole lumps of 10^-d units (S8), so that flows are exact integers.
Numbers in brackets are those of docs/model.md.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np

from optimizer.dispatch.problem import DispatchProblem, Item, StockLine
from optimizer.dispatch.supply_kernels import held_order
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
    _open: dict[int, BoolArray] = field(default_factory=dict)
    _order: dict[int, IntArray] = field(default_factory=dict)

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
        if supply.item not in self._open:
            self._open[supply.item] = (self.arrivals(supply) < UNREACHABLE) & ~self.banned(supply)
        return self._open[supply.item]

    @cached_property
    def nearest(self) -> IntArray:
        """(stores, incidents) stores by earliest arrival, ties by number."""
        return rising(self.arrive)

    def by_arrival(self, supply: ItemSupply) -> IntArray:
        """(S, I) positions in the supply's stores by arrival, ties by number."""
        if supply.item not in self._order:
            self._order[supply.item] = self._order_of(supply)
        return self._order[supply.item]

    def _order_of(self, supply: ItemSupply) -> IntArray:
        arrive = self.arrivals(supply)
        if not np.array_equal(arrive, self.arrive[np.ix_(supply.stores, supply.incidents)]):
            return rising(arrive)
        # the order of all stores, without those that do not hold the item
        order: IntArray = held_order(self.nearest, supply.stores, supply.incidents).T
        return order

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


def rising(times: IntArray) -> IntArray:
    """(rows, columns) the rows of every column by rising time, ties by number. Number and time are sorted as one
    integer, which is several times faster than sorting numbers by time."""
    count = max(1, len(times))
    keys = np.ascontiguousarray(times.T) * count + np.arange(len(times))
    keys.sort(axis=1)
    order: IntArray = (keys % count).T
    return order


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


def first_arrivals(problem: DispatchProblem, vehicles: Sequence[int]) -> IntArray:
    """(incidents,) earliest arrival of a first trip of any; UNREACHABLE where none is within the horizon (S7)."""
    travel = problem.travel.vehicle_to_incident_s[vehicles]
    free = np.array([problem.vehicles[vehicle].available_from_s for vehicle in vehicles], np.int64)
    arrive = np.maximum(problem.known_from_s[None, :], free[:, None]) + travel
    late = (travel >= UNREACHABLE) | (arrive > problem.parameters.horizon_s)
    result: IntArray = np.where(late, UNREACHABLE, arrive).min(axis=0, initial=UNREACHABLE)
    return result


def earliest_arrivals(problem: DispatchProblem) -> IntArray:
    """(stores, incidents) arrival of a first trip; UNREACHABLE where there is none within the horizon (S7)."""
    travel = problem.travel.store_to_incident_s
    arrive = travel + problem.known_from_s[None, :]
    result = np.where((travel >= UNREACHABLE) | (arrive > problem.parameters.horizon_s), UNREACHABLE, arrive)
    for store, vehicles in fleet(problem).items():
        result[problem.store_index[store]] = first_arrivals(problem, vehicles)
    return result


def quickest_ways(problem: DispatchProblem) -> IntArray:
    """(stores, incidents) travel of the quickest transport of each store."""
    travel = problem.travel.store_to_incident_s.copy()
    for store, vehicles in fleet(problem).items():
        travel[problem.store_index[store]] = problem.travel.vehicle_to_incident_s[vehicles].min(axis=0)
    return travel


def stock_of(
    problem: DispatchProblem, items: Container[str]
) -> tuple[dict[tuple[str, str], tuple[StockLine, ...]], dict[str, Decimal]]:
    """(store, item) -> the lots that may leave, in FEFO order (S1, S4); item -> what moves as a whole (S8)."""
    day = problem.as_of.astimezone(SHANGHAI).date()
    lots: dict[tuple[str, str], list[StockLine]] = {}
    seen: dict[str, set[Decimal]] = {}
    for line in problem.stock:
        item = line.item
        if item in items:
            seen.setdefault(item, set()).add(line.quantity)
            if line.quantity and not line.blocked and (line.expires is None or day <= line.expires):
                lots.setdefault((line.store, item), []).append(line)
    stated = [(item, floor) for (_, item), floor in problem.reserve_floor.items()]
    stated += [(demand.item, demand.quantity) for demand in problem.demands]
    stated += [(need.item, part) for task in problem.tasks for need in task.equipment
               for part in (need.quantity, need.sent)]  # fmt: skip
    for item, quantity in stated:
        if item in items:
            seen.setdefault(item, set()).add(quantity)
    ordered = {key: tuple(sorted(rows, key=fefo_key) if len(rows) > 1 else rows) for key, rows in lots.items()}
    return ordered, {item: Decimal(1).scaleb(-max(map(_decimals, quantities))) for item, quantities in seen.items()}


def supply_model(problem: DispatchProblem, *, used: Mapping[tuple[str, str], Decimal] | None = None) -> SupplyModel:
    """Arrays of every demanded item, and the dispatchable lots in FEFO order; `used` units by (store, item) are
    spoken for (equipment, E2).

    Raises `BadInput` for quantities beyond what integers of 64 bits can count.
    """
    wanted: dict[str, list[int]] = {}
    for index, demand in enumerate(problem.demands):
        wanted.setdefault(demand.item, []).append(index)
    ordered, lumps = stock_of(problem, wanted)
    used = used or {}
    held: dict[str, list[tuple[int, Decimal]]] = {}
    for (store, item), lines in ordered.items():
        free = lines[0].quantity if len(lines) == 1 else sum((line.quantity for line in lines), Decimal(0))
        if (store, item) in problem.reserve_floor:
            free -= problem.reserve_floor[store, item]
        if (store, item) in used:
            free -= used[store, item]
        if free > 0:
            held.setdefault(item, []).append((problem.store_index[store], free))
    supplies = []
    for item, rows in sorted(wanted.items()):
        demands = [problem.demands[row] for row in rows]
        scale = 1 / lumps[item]
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
