"""Shipments: S1 to S9 of docs/model.md."""

from collections import defaultdict
from collections.abc import Generator, Iterator
from decimal import Decimal
from typing import Any

from optimizer.dispatch.check.stock import ZERO, StockIndex, expiry_order
from optimizer.dispatch.check.violation import Code, Violation
from optimizer.dispatch.plan import Plan, Shipment
from optimizer.dispatch.problem import DispatchProblem, Vehicle
from optimizer.units import UNREACHABLE

Rows = list[tuple[str, Shipment]]  # (where in the plan, shipment)


def check_shipments(problem: DispatchProblem, plan: Plan, stock: StockIndex) -> Iterator[Violation]:
    rows: Rows = []
    seen: set[str] = set()
    for index, shipment in enumerate(plan.shipments):
        where = f"shipments[{index}]"
        if shipment.id in seen:
            yield Violation(Code.SHIPMENT_REPEATED_ID, where, {"shipment": shipment.id})
        seen.add(shipment.id)
        unknown = _unknown(problem, shipment)
        for field in unknown:
            facts = {"shipment": shipment.id, "field": field, "value": getattr(shipment, field)}
            yield Violation(Code.SHIPMENT_UNKNOWN, f"{where}.{field}", facts)
        if not (shipment.quantity.is_finite() and shipment.quantity > 0):
            amount = {"shipment": shipment.id, "quantity": shipment.quantity}
            yield Violation(Code.SHIPMENT_QUANTITY, f"{where}.quantity", amount)
        elif not unknown:
            rows.append((where, shipment))
    yield from _lumps(rows, stock)
    yield from _lots(rows, stock)
    yield from _bans(problem, rows)
    yield from _demands(problem, rows)
    yield from _Transport(problem).check(rows)


def _unknown(problem: DispatchProblem, shipment: Shipment) -> list[str]:
    """Fields that name something the problem does not hold."""
    fields = []
    if shipment.store not in problem.store_index:
        fields.append("store")
    if shipment.incident not in problem.incident_index:
        fields.append("incident")
    if shipment.item not in problem.item_index:
        fields.append("item")
    if shipment.vehicle is not None and shipment.vehicle not in problem.vehicle_index:
        fields.append("vehicle")
    return fields


def _lumps(rows: Rows, stock: StockIndex) -> Iterator[Violation]:
    """S8: what is one piece stays one piece."""
    for where, shipment in rows:
        lump = stock.lump(shipment.item)
        if shipment.quantity % lump:
            facts = {"shipment": shipment.id, "quantity": shipment.quantity, "lump": lump}
            yield Violation(Code.SHIPMENT_LUMPS, f"{where}.quantity", facts)


def _lots(rows: Rows, stock: StockIndex) -> Iterator[Violation]:
    """S1, S2, S4 per (store, item)."""
    by_pair: defaultdict[tuple[str, str], Rows] = defaultdict(list)
    for where, shipment in rows:
        by_pair[shipment.store, shipment.item].append((where, shipment))
    for (store, item), group in by_pair.items():
        lines, dispatchable = stock.issuable(store, item), stock.dispatchable(store, item)
        shipped = sum([shipment.quantity for _, shipment in group], ZERO)
        single = lines and len(group) == 1 and group[0][1].lot == lines[0].lot
        if single and shipped <= min(dispatchable, lines[0].quantity):
            continue  # one shipment from the first lot: nothing can be wrong, and it is the usual case
        can_go = {line.lot for line in lines}
        issuable: Rows = []
        for where, shipment in group:
            if shipment.lot in can_go:
                issuable.append((where, shipment))
                continue
            line = next((x for x in stock.lines.get((store, item), ()) if x.lot == shipment.lot), None)
            facts = {"shipment": shipment.id, "store": store, "item": item, "lot": shipment.lot}
            at = f"{where}.lot"
            if line is None:
                yield Violation(Code.SHIPMENT_UNKNOWN_LOT, at, facts)
                continue
            if line.blocked:
                yield Violation(Code.SHIPMENT_LOT_BLOCKED, at, facts | {"tasks": line.blocked})
            if stock.expired(line):
                yield Violation(Code.SHIPMENT_LOT_EXPIRED, at, facts | {"expires": line.expires})
        if shipped > dispatchable:
            amounts = {"shipped": shipped, "dispatchable": dispatchable, "floor": stock.floor(store, item)}
            yield Violation(Code.STOCK_FLOOR_BROKEN, "shipments", {"store": store, "item": item} | amounts)
        yield from _expiry_order(issuable, stock, store, item)


def _expiry_order(rows: Rows, stock: StockIndex, store: str, item: str) -> Iterator[Violation]:
    """S4. A reserve floor keeps the *last* units, so lots are used up in order up to what is dispatchable."""
    used: defaultdict[str, Decimal] = defaultdict(Decimal)
    for _, shipment in rows:
        used[shipment.lot] += shipment.quantity
    lines = stock.issuable(store, item)
    facts = {"store": store, "item": item}
    left = None  # the first lot with units left
    for line in lines:
        if used[line.lot] > line.quantity:
            more = {"lot": line.lot, "shipped": used[line.lot], "quantity": line.quantity}
            yield Violation(Code.STOCK_LOT_EXCEEDED, "shipments", facts | more)
        if left is not None and used[line.lot] > 0:
            more = {"lot": line.lot, "earlier": left.lot, "left": left.quantity - used[left.lot]}
            yield Violation(Code.STOCK_EXPIRY_ORDER, "shipments", facts | more)
        if left is None and used[line.lot] < line.quantity:
            left = line
    if len(rows) < 2:
        return
    # Who leaves first takes the lot that expires first; equal departures to one incident are one group.
    rank = {line.lot: expiry_order(line) for line in lines}
    groups: defaultdict[tuple[int, str], Rows] = defaultdict(list)
    for row in rows:
        groups[row[1].depart_s, row[1].incident].append(row)
    latest = None
    for key in sorted(groups):
        for where, shipment in groups[key]:
            if latest is not None and rank[shipment.lot] < latest:
                more = {"shipment": shipment.id, "lot": shipment.lot}
                yield Violation(Code.STOCK_LOT_SEQUENCE, f"{where}.lot", facts | more)
        last = max(rank[shipment.lot] for _, shipment in groups[key])
        latest = last if latest is None else max(latest, last)


def _bans(problem: DispatchProblem, rows: Rows) -> Iterator[Violation]:
    bans = {(ban.store, ban.incident, ban.item) for ban in problem.bans if ban.store is not None}
    for where, s in rows:
        if (s.store, s.incident, None) in bans or (s.store, s.incident, s.item) in bans:
            facts = {"shipment": s.id, "store": s.store, "incident": s.incident, "item": s.item}
            yield Violation(Code.SHIPMENT_BANNED, where, facts)


def _demands(problem: DispatchProblem, rows: Rows) -> Iterator[Violation]:
    """S3: no more than was asked for."""
    demanded = {(d.incident, d.item): d.quantity for d in problem.demands}
    shipped: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for where, s in rows:
        if s.task is not None:
            continue  # equipment (E2)
        shipped[s.incident, s.item] += s.quantity
        if (s.incident, s.item) not in demanded:
            facts = {"shipment": s.id, "incident": s.incident, "item": s.item}
            yield Violation(Code.SHIPMENT_NOT_DEMANDED, where, facts)
    for (incident, item), quantity in demanded.items():
        if shipped[incident, item] > quantity:
            more = {"shipped": shipped[incident, item], "demanded": quantity}
            yield Violation(Code.DEMAND_EXCEEDED, "shipments", {"incident": incident, "item": item} | more)


class _Transport:
    """S6, S7 and S9: vehicles, trips, times."""

    def __init__(self, problem: DispatchProblem) -> None:
        self.problem = problem
        self.with_vehicles = {vehicle.store for vehicle in problem.vehicles}

    def check(self, rows: Rows) -> Iterator[Violation]:
        trips: defaultdict[str, defaultdict[int, Rows]] = defaultdict(lambda: defaultdict(list))
        for where, s in rows:
            facts = {"shipment": s.id, "store": s.store, "vehicle": s.vehicle}
            if s.team is not None:
                continue  # E3: its times are those of the team
            if s.arrive_s > self.problem.parameters.horizon_s:
                more = {"arrive": s.arrive_s, "horizon": self.problem.parameters.horizon_s}
                yield Violation(Code.SHIPMENT_AFTER_HORIZON, f"{where}.arrive_s", {"shipment": s.id} | more)
            if s.store not in self.with_vehicles:
                if s.vehicle is not None or s.trip is not None:
                    yield Violation(Code.SHIPMENT_VEHICLE_UNWANTED, where, facts)
                yield from self._by_whatever_comes(where, s)
            elif s.vehicle is None or s.trip is None:
                yield Violation(Code.SHIPMENT_VEHICLE_MISSING, where, facts)
            elif self._vehicle(s.vehicle).store != s.store:
                yield Violation(Code.SHIPMENT_VEHICLE_ELSEWHERE, where, facts)
            else:
                trips[s.vehicle][s.trip].append((where, s))
        for vehicle, by_number in trips.items():
            yield from self._trips(self._vehicle(vehicle), by_number)

    def _vehicle(self, vehicle: str) -> Vehicle:
        return self.problem.vehicles[self.problem.vehicle_index[vehicle]]

    def _earliest(self, incident: str) -> int:
        return max(0, self.problem.incidents[self.problem.incident_index[incident]].reported_s)

    def _by_whatever_comes(self, where: str, s: Shipment) -> Iterator[Violation]:
        """A store without vehicles: departs at once."""
        problem = self.problem
        row, column = problem.store_index[s.store], problem.incident_index[s.incident]
        travel = int(problem.travel.store_to_incident_s[row, column])
        yield from self._departure(where, s, self._earliest(s.incident))
        yield from self._arrival(where, s, travel)

    def _departure(self, where: str, s: Shipment, expected: int) -> Iterator[Violation]:
        if s.depart_s != expected:
            facts = {"shipment": s.id, "value": s.depart_s, "expected": expected}
            yield Violation(Code.SHIPMENT_DEPART, f"{where}.depart_s", facts)

    def _arrival(self, where: str, s: Shipment, travel: int) -> Iterator[Violation]:
        if travel >= UNREACHABLE:
            facts = {"shipment": s.id, "store": s.store, "incident": s.incident}
            yield Violation(Code.SHIPMENT_UNREACHABLE, where, facts)
        elif s.arrive_s != s.depart_s + travel:
            times = {"shipment": s.id, "value": s.arrive_s, "expected": s.depart_s + travel}
            yield Violation(Code.SHIPMENT_ARRIVE, f"{where}.arrive_s", times)

    def _trips(self, vehicle: Vehicle, by_number: dict[int, Rows]) -> Iterator[Violation]:
        """The trips of one vehicle, 1, 2, …, one after the other."""
        if sorted(by_number) != list(range(1, len(by_number) + 1)):
            facts = {"vehicle": vehicle.id, "trips": tuple(sorted(by_number))}
            yield Violation(Code.TRIP_NUMBERING, "shipments", facts)
        back = vehicle.available_from_s  # when the vehicle is home again
        for number in sorted(by_number):
            rows = by_number[number]
            yield from self._load(vehicle, number, rows)
            back = yield from self._round(vehicle, number, rows, back)

    def _round(self, vehicle: Vehicle, number: int, rows: Rows, back: int) -> Generator[Violation, None, int]:
        """Departure, arrivals one after the other (S9); when the vehicle is home again."""
        rows = sorted(rows, key=lambda row: (row[1].arrive_s, row[1].incident))
        where, first = rows[0]
        facts = {"vehicle": vehicle.id, "trip": number}
        late = max(rows, key=lambda row: self._earliest(row[1].incident))[1].incident
        known = self._earliest(late)
        if back and first.depart_s < back:
            yield Violation(
                Code.TRIP_VEHICLE_AWAY, f"{where}.depart_s", facts | {"depart": first.depart_s, "back": back}
            )
        elif first.depart_s < known and late != first.incident:
            report = {"incident": late, "depart": first.depart_s, "reported": known}
            yield Violation(Code.TRIP_BEFORE_REPORT, f"{where}.depart_s", facts | report)
        else:
            yield from self._departure(where, first, max(known, back))
        at, index = self.problem.vehicle_index[vehicle.id], self.problem.incident_index
        straight = self.problem.travel.vehicle_to_incident_s[at]
        stops: list[Shipment] = []  # one of every incident, in order
        for here, s in rows:
            same = next((stop for stop in stops if stop.incident == s.incident), None)
            if (s.depart_s, s.arrive_s) != (first.depart_s, s.arrive_s if same is None else same.arrive_s):
                yield Violation(Code.TRIP_TIMES_DIFFER, here, facts | {"shipment": s.id})
            elif same is not None:
                continue
            elif not stops or straight[index[s.incident]] >= UNREACHABLE:
                yield from self._arrival(here, s, int(straight[index[s.incident]]))
            else:
                yield from self._leg(at, stops[-1], s, here, facts)
            if same is None:
                stops.append(s)
        travel = int(straight[index[stops[-1].incident]])
        return stops[-1].arrive_s + travel if travel < UNREACHABLE else back

    def _leg(self, at: int, before: Shipment, s: Shipment, where: str, facts: dict[str, Any]) -> Iterator[Violation]:
        """From one incident to the next: the way between them, and no sooner than straight from home."""
        travel, index = self.problem.travel, self.problem.incident_index
        one, other = index[before.incident], index[s.incident]
        way = UNREACHABLE
        if travel.vehicle_between_s is not None and travel.vehicle_group is not None:
            way = int(travel.vehicle_between_s[travel.vehicle_group[at], one, other])
        names = facts | {"incident": before.incident, "next": s.incident}
        if way >= UNREACHABLE:
            yield Violation(Code.TRIP_LEG_UNREACHABLE, where, names)
            return
        straight = travel.vehicle_to_incident_s[at]
        expected = before.arrive_s + max(way, int(straight[other] - straight[one]))
        if s.arrive_s != expected:
            yield Violation(
                Code.TRIP_LEG_TIME, f"{where}.arrive_s", names | {"value": s.arrive_s, "expected": expected}
            )

    def _load(self, vehicle: Vehicle, number: int, rows: Rows) -> Iterator[Violation]:
        """No more than the vehicle carries, all incidents of the trip together."""
        facts = {"vehicle": vehicle.id, "trip": number}
        items, index = self.problem.items, self.problem.item_index
        mass = sum((items[index[s.item]].mass_kg * s.quantity for _, s in rows), ZERO)
        volume = sum((items[index[s.item]].volume_m3 * s.quantity for _, s in rows), ZERO)
        if mass > vehicle.payload_kg:
            more_kg = {"load_kg": mass, "payload_kg": vehicle.payload_kg}
            yield Violation(Code.TRIP_TOO_HEAVY, "shipments", facts | more_kg)
        if volume > vehicle.volume_m3:
            more_m3 = {"load_m3": volume, "volume_m3": vehicle.volume_m3}
            yield Violation(Code.TRIP_TOO_LARGE, "shipments", facts | more_m3)
