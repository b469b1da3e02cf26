"""Level 7: fewer trips and stores among shipments that are nearly as quick, and what no plan can save.

A (store, incident) pair is given up when stores that serve the incident anyway can bring its goods: the cheapest
loss of time per metre saved first, until the tolerance on level 6 is used up. What every incident gets stays as it
is, so levels 2, 4 and 5 do not move. This is a greedy rule, not an optimum; `cost_bound` says how far it can be.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heapify, heappop, heappush

import numpy as np

from optimizer.dispatch.supplies import Contest, Flow
from optimizer.dispatch.supply_model import ItemSupply, SupplyModel
from optimizer.units import UNREACHABLE, BoolArray, FloatArray, IntArray

Move = tuple[int, int, int]  # (item number, position of the store that takes over, lumps)
_Entry = tuple[float, float, int, int, list[Move]]  # (loss per metre saved, loss, incident, store, who takes over)
CHEAPEST = 64  # stores of an incident that are looked at first


@dataclass
class _State:
    """used[incident][store][item number] = lumps; the other arrays are per item number."""

    supplies: tuple[ItemSupply, ...]
    open: tuple[BoolArray, ...]
    arrive: list[IntArray]
    weight: list[list[float]]  # (I,)
    spare: list[list[int]]  # (S,) lumps
    row: list[dict[int, int]]  # store -> position
    column: list[dict[int, int]]  # incident -> position
    used: dict[int, dict[int, dict[int, int]]]
    pairs: dict[int, int]  # store -> incidents it serves
    known: dict[tuple[int, int], dict[int, tuple[int, int]]] = field(default_factory=dict)

    def ways(self, number: int, incident: int) -> dict[int, tuple[int, int]]:
        """store -> (arrival, position), of the stores that serve the incident and may send it this item, soonest
        first."""
        key = number, incident
        if key not in self.known:
            rows, column = self.row[number], self.column[number][incident]
            at = [(store, rows[store]) for store in self.used[incident] if store in rows]
            there = [row for _, row in at]
            times, allowed = self.arrive[number][there, column].tolist(), self.open[number][there, column].tolist()
            ways = sorted((*way, store) for (store, _), *way, may in zip(at, times, there, allowed, strict=True) if may)
            self.known[key] = {store: (then, row) for then, row, store in ways}
        return self.known[key]

    def instead(self, incident: int, store: int) -> tuple[float, list[Move]] | None:
        """(severity-seconds lost, who takes over) when the pair is given up; None if the others lack the stock."""
        lost, moves = 0.0, []
        serving = self.used[incident]
        for number, lumps in serving[store].items():
            ways, spare = self.ways(number, incident), self.spare[number]
            left, (now, _), weight = lumps, ways[store], self.weight[number][self.column[number][incident]]
            for other, (then, at) in ways.items():
                if other == store or other not in serving or spare[at] <= 0:
                    continue
                take = min(left, spare[at])
                moves.append((number, at, take))
                lost += weight * take * (then - now)
                left -= take
                if not left:
                    break
            if left:
                return None
        return lost, moves

    def give_up(self, incident: int, store: int, moves: list[Move]) -> None:
        for number, lumps in self.used[incident].pop(store).items():
            self.spare[number][self.row[number][store]] += lumps
        self.pairs[store] -= 1
        for number, at, take in moves:
            self.spare[number][at] -= take
            theirs = self.used[incident][int(self.supplies[number].stores[at])]
            theirs[number] = theirs.get(number, 0) + take


def fewer_trips(
    model: SupplyModel,
    allowed: tuple[BoolArray, ...],
    flows: tuple[Flow, ...],
    *,
    budget: float,
    arrive: Mapping[tuple[int, int], int],
) -> tuple[Flow, ...]:
    """The same grants with fewer (store, incident) pairs, at most `budget` severity-seconds slower.

    `arrive`: when the last goods of a pair (store, incident) arrive as things stand; its vehicles may have to queue.
    """
    state = _state(model, allowed, flows, arrive)
    metres = trip_metres(model)
    parameters = model.problem.parameters

    def entry(incident: int, store: int) -> _Entry | None:
        found = state.instead(incident, store)
        if found is None:
            return None
        saved = 2 * int(metres[store, incident]) + parameters.trip_cost_m
        saved += parameters.store_cost_m * (state.pairs[store] == 1)
        return found[0] / max(saved, 1), found[0], incident, store, found[1]

    first = [entry(incident, store) for incident, stores in state.used.items() for store in stores]
    known = {one[2:4]: one for one in first if one is not None}
    queue = [one[:4] for one in known.values()]
    heapify(queue)
    turn, changed = 0, dict.fromkeys(state.used, 0)  # the turn that last touched an incident or a store that serves it
    seen = dict.fromkeys(known, 0)
    served: dict[int, list[int]] = {}
    for incident, stores in state.used.items():
        for store in stores:
            served.setdefault(store, []).append(incident)
    while queue:
        ratio, _, incident, store = heappop(queue)
        if store not in state.used[incident]:
            continue
        now: _Entry | None = known[incident, store]
        if changed[incident] > seen[incident, store]:
            now = entry(incident, store)
            if now is None:
                continue
            known[incident, store], seen[incident, store] = now, turn
            if now[0] > ratio + 1e-9 * max(1.0, abs(ratio)):
                heappush(queue, now[:4])  # others have taken the stock meanwhile
                continue
        assert now is not None
        if now[1] <= budget:
            budget -= max(0.0, now[1])
            state.give_up(incident, store, now[4])
            turn += 1
            takers = {int(model.items[number].stores[at]) for number, at, _ in now[4]}
            for touched in (store, *takers):
                changed |= dict.fromkeys(served[touched], turn)
    return _flows(state, flows)


def _state(
    model: SupplyModel,
    allowed: tuple[BoolArray, ...],
    flows: tuple[Flow, ...],
    arrive: Mapping[tuple[int, int], int],
) -> _State:
    used: dict[int, dict[int, dict[int, int]]] = {}
    times = [model.arrivals(supply).copy() for supply in model.items]
    spare, pairs = [], dict.fromkeys(range(len(model.problem.stores)), 0)
    for number, (supply, flow) in enumerate(zip(model.items, flows, strict=True)):
        left = supply.available.copy()
        np.subtract.at(left, flow.store, flow.lumps)
        spare.append(left.tolist())
        rows = {store: at for at, store in enumerate(supply.stores.tolist())}
        columns = {incident: at for at, incident in enumerate(supply.incidents.tolist())}
        for (store, incident), then in arrive.items():
            if store in rows and incident in columns:
                here = rows[store], columns[incident]
                times[number][here] = max(int(times[number][here]), then)
        stores, incidents = supply.stores[flow.store].tolist(), supply.incidents[flow.incident].tolist()
        for store, incident, lumps in zip(stores, incidents, flow.lumps.tolist(), strict=True):
            there = used.setdefault(incident, {})
            if store not in there:
                pairs[store] += 1
            there.setdefault(store, {})[number] = lumps
    return _State(
        supplies=model.items,
        open=allowed,
        arrive=times,
        weight=[[float(weight) for weight in supply.weight] for supply in model.items],
        spare=spare,
        row=[{store: at for at, store in enumerate(supply.stores.tolist())} for supply in model.items],
        column=[{incident: at for at, incident in enumerate(supply.incidents.tolist())} for supply in model.items],
        used=used,
        pairs=pairs,
    )


def _flows(state: _State, before: tuple[Flow, ...]) -> tuple[Flow, ...]:
    arcs: list[list[tuple[int, int, int]]] = [[] for _ in before]
    for incident, stores in state.used.items():
        for store, items in stores.items():
            for number, lumps in items.items():
                arcs[number].append((state.row[number][store], state.column[number][incident], lumps))
    result = []
    for mine, flow in zip(arcs, before, strict=True):
        table = np.array(sorted(mine), np.int64).reshape(-1, 3)
        result.append(Flow(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), flow.bound))
    return tuple(result)


def trip_metres(model: SupplyModel) -> IntArray:
    """(stores, incidents) metres one way of the shortest transport of each store; 0 where none are known."""
    travel, problem = model.problem.travel, model.problem
    shape = travel.store_to_incident_s.shape
    metres = np.zeros(shape, np.int64) if travel.store_to_incident_m is None else travel.store_to_incident_m.copy()
    for store, vehicles in model.vehicles.items():
        row = problem.store_index[store]
        if travel.vehicle_to_incident_m is None:
            metres[row] = 0
            continue
        there = travel.vehicle_to_incident_s[vehicles] < UNREACHABLE
        mine = np.where(there, travel.vehicle_to_incident_m[vehicles], np.iinfo(np.int64).max)
        metres[row] = np.where(there.any(axis=0), mine.min(axis=0), 0)
    return metres


def cost_bound(model: SupplyModel, allowed: tuple[BoolArray, ...], contests: tuple[Contest | None, ...]) -> Fraction:
    """Level 7 of no plan is less, if it is optimal in levels 2 and 4.

    Items that nobody contests are shipped in full. For each of them an incident needs trips that bring its demand:
    at the least the fractional knapsack of stores by cost per lump. The dearest item of an incident counts, and the
    stores that the most scattered item needs.

    A round (S9) serves several incidents, so its cost is shared out. Half of every way into and out of an incident is
    the incident's: no less than half the shortest way in and half the shortest way out. What remains is the trip's
    charge and half of the ways from and to home, no less than the shortest of them. That goes to the incidents by the
    part of the payload or of the volume, whichever is larger, that the dearest item of each takes up; such parts make
    up two at most, so half of it is claimed for each whole trip. Where no vehicle of a store has a way between two
    incidents its trips are straight, and the whole of each is the incident's.
    """
    parameters = model.problem.parameters
    metres = trip_metres(model)
    price = 2.0 * metres + parameters.trip_cost_m
    rounds, ways = _round_ways(model, metres)
    price[rounds] = ways[rounds]
    least: dict[int, float] = {}
    stores = 0
    for supply, open_, held in zip(model.items, allowed, contests, strict=True):
        if held is not None:
            continue
        largest = np.cumsum(np.sort(supply.available)[::-1])
        stores = max(stores, int(np.searchsorted(largest, int(supply.demand.sum()))) + 1)
        trip = _trip_lumps(model, supply)
        shared, what = rounds[supply.stores], model.problem.items[supply.item]
        weightless = not what.mass_kg and not what.volume_m3  # takes up no part of a trip
        shortest = np.zeros(len(supply.stores))
        for row in np.flatnonzero(shared).tolist():
            store = int(supply.stores[row])
            out = metres[store][model.arrive[store] < UNREACHABLE]
            shortest[row] = parameters.trip_cost_m + int(out.min()) if len(out) else 0.0
        for column, incident in enumerate(supply.incidents.tolist()):
            rows = np.flatnonzero(open_[:, column])
            wanted = int(supply.demand[column])
            cost = price[supply.stores[rows], incident].astype(np.float64)
            rate = cost / np.minimum(np.minimum(supply.available[rows], trip[rows]), wanted)
            if not weightless:
                rate[shared[rows]] += shortest[rows[shared[rows]]] / (2.0 * trip[rows[shared[rows]]])
            most = np.minimum(supply.available[rows], wanted)
            if len(rows) > CHEAPEST:
                few = np.argpartition(rate, CHEAPEST)[:CHEAPEST]
                if most[few].sum() >= wanted:
                    rate, most = rate[few], most[few]
            order = np.argsort(rate, kind="stable")
            rate, most = rate[order], most[order]
            take = np.clip(wanted - (np.cumsum(most) - most), 0, most)
            total = float((take * rate).sum())
            least[incident] = max(least.get(incident, 0.0), total, float(cost.min()))
    # level 7 is in whole metres; what rounding may have added to the sum is cut off first
    return Fraction(math.ceil(sum(least.values()) * (1 - 1e-9)) + parameters.store_cost_m * stores)


def _round_ways(model: SupplyModel, metres: IntArray) -> tuple[BoolArray, FloatArray]:
    """(stores,) whether some vehicle of the store can go on from one incident to another; (stores, incidents) half the
    shortest way into the incident, from home or another incident, and half the shortest way out."""
    problem, travel = model.problem, model.problem.travel
    rounds, ways = np.zeros(len(problem.stores), np.bool_), metres.astype(np.float64)
    if travel.vehicle_between_s is None or travel.vehicle_group is None:
        return rounds, ways
    goes_on = (travel.vehicle_between_s < UNREACHABLE) & ~np.eye(len(problem.incidents), dtype=np.bool_)
    between = np.zeros(goes_on.shape) if travel.vehicle_between_m is None else travel.vehicle_between_m
    legs = np.where(goes_on, between, np.inf)
    into, out_of = legs.min(axis=1), legs.min(axis=2)
    for store, vehicles in model.vehicles.items():
        row, groups = problem.store_index[store], np.unique(travel.vehicle_group[vehicles])
        rounds[row] = bool(goes_on[groups].any())
        ways[row] = sum(np.minimum(metres[row], part[groups].min(axis=0)) for part in (into, out_of)) / 2
    return rounds, ways


def _trip_lumps(model: SupplyModel, supply: ItemSupply) -> IntArray:
    """(S,) the most lumps one trip of a store can carry; a store without vehicles carries everything at once."""
    problem, item = model.problem, model.problem.items[supply.item]
    result = np.full(len(supply.stores), np.iinfo(np.int64).max)
    for at, store in enumerate(supply.stores.tolist()):
        most = 0
        for vehicle in model.vehicles.get(problem.stores[store].id, ()):
            carrier = problem.vehicles[vehicle]
            rooms = [(carrier.payload_kg, item.mass_kg), (carrier.volume_m3, item.volume_m3)]
            fit = [int(room / (each * supply.lump)) + 1 for room, each in rooms if each > 0]
            most = max(most, min(fit, default=int(supply.available[at])))
        if most:
            result[at] = max(1, most)
    return result
