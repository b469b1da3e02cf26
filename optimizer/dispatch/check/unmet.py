"""What is not met: it must add up exactly, and its reasons must not contradict the problem."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property

import numpy as np

from optimizer.dispatch.check.stock import ZERO, StockIndex
from optimizer.dispatch.check.violation import Code, Violation
from optimizer.dispatch.plan import Plan, Reason, Unmet
from optimizer.dispatch.problem import DispatchProblem, Item, Task, Team, Vehicle
from optimizer.units import UNREACHABLE

BOTH = {Reason.FORBIDDEN_BY_DISPATCHER, Reason.UNREACHABLE, Reason.TOO_LATE}
OF_TASKS = BOTH | {Reason.NO_CAPABLE_TEAM, Reason.TEAM_HOURS}
OF_ITEMS = BOTH | {
    Reason.FIVE_FIXED,
    Reason.BELOW_RESERVE_FLOOR,
    Reason.VEHICLE_CAPACITY,
    Reason.NO_STOCK,
}
CONTRADICTED = {
    Reason.FORBIDDEN_BY_DISPATCHER: Code.UNMET_FORBIDDEN,
    Reason.UNREACHABLE: Code.UNMET_UNREACHABLE,
    Reason.TOO_LATE: Code.UNMET_TOO_LATE,
    Reason.TEAM_HOURS: Code.UNMET_TEAM_HOURS,
    Reason.NO_CAPABLE_TEAM: Code.UNMET_NO_CAPABLE_TEAM,
    Reason.VEHICLE_CAPACITY: Code.UNMET_VEHICLE_CAPACITY,
    Reason.NO_STOCK: Code.UNMET_NO_STOCK,
}


def check_unmet(problem: DispatchProblem, plan: Plan, stock: StockIndex) -> Iterator[Violation]:
    tasks = {task.id: task for task in problem.tasks}
    demanded = {(d.incident, d.item): d.quantity for d in problem.demands}
    reasons = _Reasons(problem, plan, stock)
    teams: defaultdict[str, Decimal] = defaultdict(Decimal)
    units: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for index, entry in enumerate(plan.unmet):
        where = f"unmet[{index}]"
        facts = {"incident": entry.incident, "subject": entry.task or entry.item}
        if (entry.task is None) == (entry.item is None):
            yield Violation(Code.UNMET_SUBJECT, where, {"incident": entry.incident})
            continue
        if not (entry.quantity.is_finite() and entry.quantity > 0):
            yield Violation(Code.UNMET_QUANTITY, f"{where}.quantity", facts | {"quantity": entry.quantity})
            continue
        if entry.reason not in _reasons_of(entry, tasks):
            yield Violation(Code.UNMET_REASON_KIND, f"{where}.reason", facts | {"reason": entry.reason.value})
        if entry.task is not None:
            task = tasks.get(entry.task)
            if task is None or task.incident != entry.incident:
                yield Violation(Code.UNMET_UNKNOWN, where, facts)
                continue
            teams[entry.task] += entry.quantity
            plausible = reasons.of_task(entry, task)
        else:
            pair = (entry.incident, str(entry.item))
            if pair not in demanded:
                yield Violation(Code.UNMET_UNKNOWN, where, facts)
                continue
            units[pair] += entry.quantity
            plausible = reasons.of_item(entry, pair[1])
        if not plausible:
            yield Violation(CONTRADICTED[entry.reason], f"{where}.reason", facts)
    yield from _balance(problem, plan, teams, units)
    yield from _promised(problem, plan, stock)


def _reasons_of(entry: Unmet, tasks: dict[str, Task]) -> set[Reason]:
    """What can keep it: of a task that needs equipment also what keeps that."""
    if entry.task is None:
        return OF_ITEMS
    task = tasks.get(entry.task)
    return OF_TASKS | OF_ITEMS if task is not None and task.equipment else OF_TASKS


def _balance(
    problem: DispatchProblem,
    plan: Plan,
    teams: defaultdict[str, Decimal],
    units: defaultdict[tuple[str, str], Decimal],
) -> Iterator[Violation]:
    """Provided and unmet make up what was needed, exactly."""
    provided = Counter(task for _, task in {(o.team, s.task) for o in plan.team_orders for s in o.stops})
    for task in problem.tasks:
        if teams[task.id] != max(0, task.teams_needed - provided[task.id]):
            facts = {"incident": task.incident, "task": task.id, "needed": task.teams_needed}
            facts |= {"provided": provided[task.id], "unmet": teams[task.id]}
            yield Violation(Code.UNMET_TEAMS_BALANCE, "unmet", facts)
    shipped: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for shipment in plan.shipments:
        if shipment.quantity.is_finite() and shipment.task is None:
            shipped[shipment.incident, shipment.item] += shipment.quantity
    for demand in problem.demands:
        pair = (demand.incident, demand.item)
        if units[pair] != max(ZERO, demand.quantity - shipped[pair]):
            amounts = {"demanded": demand.quantity, "shipped": shipped[pair], "unmet": units[pair]}
            names = {"incident": demand.incident, "item": demand.item}
            yield Violation(Code.UNMET_UNITS_BALANCE, "unmet", names | amounts)


def _promised(problem: DispatchProblem, plan: Plan, stock: StockIndex) -> Iterator[Violation]:
    """No blocked or kept-back unit is promised to two incidents: of an item, all incidents together are told
    of no more such units than there are."""
    promised: defaultdict[tuple[Reason, str], Decimal] = defaultdict(Decimal)
    for entry in plan.unmet:
        if entry.item is not None and entry.quantity.is_finite() and entry.item in problem.item_index:
            promised[entry.reason, entry.item] += entry.quantity
    for (reason, item), quantity in promised.items():
        facts = {"item": item, "quantity": quantity}
        holders = stock.holders(item)
        if reason is Reason.FIVE_FIXED:
            # the floor keeps the last units, also once the tasks are done (S1)
            blocked = sum(
                (max(ZERO, stock.unexpired(s, item) - stock.floor(s, item)) - stock.dispatchable(s, item)
                 for s in holders), ZERO
            )  # fmt: skip
            if quantity > blocked:
                yield Violation(Code.UNMET_FIVE_FIXED, "unmet", facts | {"blocked": blocked})
        elif reason is Reason.BELOW_RESERVE_FLOOR:
            kept = sum((min(stock.floor(s, item), stock.unexpired(s, item)) for s in holders), ZERO)
            if quantity > kept:
                yield Violation(Code.UNMET_BELOW_FLOOR, "unmet", facts | {"kept": kept})


class _Reasons:
    """Whether a reason can be true at all. Where that is not cheap to decide, it is believed."""

    def __init__(self, problem: DispatchProblem, plan: Plan, stock: StockIndex) -> None:
        self.problem, self.plan, self.stock = problem, plan, stock

    @cached_property
    def capable(self) -> dict[str, list[Team]]:
        teams: defaultdict[str, list[Team]] = defaultdict(list)
        for team in self.problem.teams:
            for capability in set(team.capabilities):
                teams[capability].append(team)
        return dict(teams)

    @cached_property
    def vehicles(self) -> dict[str, list[Vehicle]]:
        of_store: defaultdict[str, list[Vehicle]] = defaultdict(list)
        for vehicle in self.problem.vehicles:
            of_store[vehicle.store].append(vehicle)
        return dict(of_store)

    @cached_property
    def banned_stores(self) -> set[tuple[str | None, str | None, str | None]]:
        return {(ban.store, ban.incident, ban.item) for ban in self.problem.bans}

    @cached_property
    def shipped(self) -> dict[tuple[str, str], Decimal]:
        total: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for shipment in self.plan.shipments:
            if shipment.quantity.is_finite():
                total[shipment.store, shipment.item] += shipment.quantity
        return total

    def of_task(self, entry: Unmet, task: Task) -> bool:
        teams = self.capable.get(task.capability, [])
        banned = {ban.team for ban in self.problem.bans if ban.task == task.id}
        free = [team for team in teams if team.id not in banned]
        match entry.reason:
            case Reason.FORBIDDEN_BY_DISPATCHER:
                return len(free) < len(teams)
            case Reason.NO_CAPABLE_TEAM:
                return len(free) < task.teams_needed
            case Reason.TEAM_HOURS:
                return any(team.available_until_s is not None for team in free)
            case Reason.TOO_LATE:
                return task.latest_s is not None
            case Reason.UNREACHABLE:
                travel, there = self.problem.travel, self.problem.incident_index[task.incident]
                rows = [self.problem.team_index[team.id] for team in free]
                groups = travel.team_group[rows]
                from_base = travel.team_to_incident_s[rows, there] >= UNREACHABLE
                on_the_way = travel.incident_to_incident_s[groups, :, there] >= UNREACHABLE
                # of those that wait, or may turn to some incidents only (R1), it is believed
                under_way = any(one.team in {team.id for team in free} for one in self.problem.started)
                waits = task.equipment or task.synchronised or under_way
                return bool(waits or np.any(from_base) or np.any(on_the_way))
            case _:
                return True  # of its equipment: believed

    def of_item(self, entry: Unmet, item: str) -> bool:
        stores = self.stock.holders(item)
        match entry.reason:
            case Reason.FORBIDDEN_BY_DISPATCHER:
                return any(self._banned(store, entry.incident, item) for store in stores)
            case Reason.UNREACHABLE:
                return any(max(self._ways(store, entry.incident)) >= UNREACHABLE for store in stores)
            case Reason.TOO_LATE:
                # With vehicles it hangs on the trips made before; that is believed.
                return any(store in self.vehicles or self._late(store, entry.incident) for store in stores)
            case Reason.VEHICLE_CAPACITY:
                what = self.problem.items[self.problem.item_index[item]]
                return any(store in self.vehicles and not self._fits(store, what) for store in stores)
            case Reason.NO_STOCK:
                return not any(self._at_hand(store, entry.incident, item) for store in stores)
            case _:
                return True

    def _banned(self, store: str, incident: str, item: str) -> bool:
        return not self.banned_stores.isdisjoint({(store, incident, None), (store, incident, item)})

    def _ways(self, store: str, incident: str) -> list[int]:
        """Travel times by every transport of the store."""
        problem, there = self.problem, self.problem.incident_index[incident]
        if store not in self.vehicles:
            return [int(problem.travel.store_to_incident_s[problem.store_index[store], there])]
        rows = (problem.vehicle_index[vehicle.id] for vehicle in self.vehicles[store])
        return [int(problem.travel.vehicle_to_incident_s[row, there]) for row in rows]

    def _late(self, store: str, incident: str) -> bool:
        travel = min(self._ways(store, incident))
        reported = self.problem.incidents[self.problem.incident_index[incident]].reported_s
        arrive = max(0, reported) + travel
        return travel < UNREACHABLE and arrive > self.problem.parameters.horizon_s

    def _fits(self, store: str, item: Item) -> bool:
        mine = self.vehicles[store]
        return any(v.payload_kg >= item.mass_kg and v.volume_m3 >= item.volume_m3 for v in mine)

    def _at_hand(self, store: str, incident: str, item: str) -> bool:
        """Units left over that could leave for the incident right now. Stores with vehicles: not decided."""
        if store in self.vehicles or self._banned(store, incident, item):
            return False
        left = self.stock.dispatchable(store, item) - self.shipped.get((store, item), ZERO)
        reachable = min(self._ways(store, incident)) < UNREACHABLE
        return left > 0 and reachable and not self._late(store, incident)
