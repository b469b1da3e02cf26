"""Why something is not met, and what would cure it: the reasons of docs/model.md with their facts."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from optimizer.dispatch.equipment import Shelves, sent_before, wants
from optimizer.dispatch.kernels import LATEST, UNTIL
from optimizer.dispatch.levels import Decision, served, shipped
from optimizer.dispatch.plan import Reason, Unmet
from optimizer.dispatch.practice import incident_order
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.supply_model import SHANGHAI, ItemSupply, SupplyModel, fits, quickest_ways, usable
from optimizer.dispatch.team_model import TeamModel, direct_finish
from optimizer.units import UNREACHABLE, IntArray

FEW = 5  # ids named in a fact


def unmet(problem: DispatchProblem, decision: Decision, teams: TeamModel, supplies: SupplyModel) -> tuple[Unmet, ...]:
    """Every team not provided and every unit not shipped, each with its reason; sorted by incident."""
    rows = [*_teams(problem, decision, teams), *_supplies(problem, decision, supplies)]
    return tuple(sorted(rows, key=lambda row: (row.incident, row.task or "", row.item or "", row.reason)))


def _teams(problem: DispatchProblem, decision: Decision, model: TeamModel) -> Iterable[Unmet]:
    count = served(problem, decision.team_orders)
    on_task: dict[str, set[str]] = {}
    for order in decision.team_orders:
        for stop in order.stops:
            on_task.setdefault(stop.task, set()).add(order.team)
    if all(count[task.id] >= task.teams_needed for task in problem.tasks):
        return
    arrive, finish = _direct(problem, model)
    gear = _Gear(problem, decision) if any(task.equipment for task in problem.tasks) else None
    for index, task in enumerate(problem.tasks):
        missing = task.teams_needed - count[task.id]
        if missing <= 0:
            continue
        there = on_task.get(task.id, set())
        holds = [
            k for k, team in enumerate(problem.teams) if task.capability in team.capabilities and team.id not in there
        ]
        banned = {ban.team for ban in problem.bans if ban.task == task.id}
        forbidden = [k for k in holds if problem.teams[k].id in banned]
        free = [k for k in holds if problem.teams[k].id not in banned]
        reachable = [k for k in free if arrive[index, k] < UNREACHABLE]
        latest = model.data.latest[index]
        in_time = [k for k in reachable if arrive[index, k] <= latest]
        in_hours = [k for k in in_time if finish[index, k] <= model.data.until[k]]

        def limited(k: int) -> bool:
            return problem.teams[k].available_until_s is not None

        facts: dict[str, Any] = {
            "capability": task.capability,
            "teams_needed": task.teams_needed,
            "teams_with_capability": len(holds) + len(there),
        }
        why, lacking = (None, {}) if gear is None else gear.lacking(index)
        bare = [] if why is None else [k for k in in_hours if wants(problem, index, k)]
        # every missing team falls to the candidates that come nearest to being there
        for reason, teams in (
            (Reason.FORBIDDEN_BY_DISPATCHER, forbidden),
            (why or Reason.NO_STOCK, bare),
            # free to go there, but not for as long as the others keep it waiting (Y1)
            (Reason.TEAM_HOURS, in_hours if task.synchronised and any(map(limited, free)) else []),
            # free to go there, but not after what else they have to do
            (Reason.TOO_LATE, in_hours if task.latest_s is not None else []),
            (Reason.TEAM_HOURS, [k for k in in_hours if task.latest_s is None and limited(k)]),
            (Reason.UNREACHABLE, [k for k in in_hours if task.latest_s is None and not limited(k)]),
            (Reason.TEAM_HOURS, [k for k in in_time if k not in in_hours]),
            (Reason.TOO_LATE, [k for k in reachable if k not in in_time]),
            (Reason.UNREACHABLE, [k for k in free if k not in reachable]),
        ):
            take = min(missing, len(teams))
            if take:
                busy = teams is not bare and teams[0] in in_hours
                more = _team_facts(problem, index, teams, arrive, finish, busy=busy)
                yield Unmet(
                    incident=task.incident, task=task.id, quantity=Decimal(take), reason=reason,
                    facts=facts | more | (lacking if teams is bare else {}),
                )  # fmt: skip
                missing -= take
        if missing:
            yield Unmet(
                incident=task.incident, task=task.id, quantity=Decimal(missing), reason=Reason.NO_CAPABLE_TEAM,
                facts=facts,
            )  # fmt: skip


class _Gear:
    """What of the equipment is left after the plan, and what keeps the rest."""

    def __init__(self, problem: DispatchProblem, decision: Decision) -> None:
        self.problem, self.shelves = problem, Shelves(problem)
        self.left = self.shelves.stock
        for row in decision.shipments:
            if row.item in self.left:
                self.left[row.item][problem.store_index[row.store]] -= row.quantity
        self.held = _held_back(problem, set(self.left))
        rows: list[list[int]] = [[] for _ in problem.teams]
        for order in decision.team_orders:
            rows[problem.team_index[order.team]] = [problem.task_index[stop.task] for stop in order.stops]
        along = {(row.task, row.team, row.item) for row in decision.shipments if row.team is not None}
        self.over = sent_before(problem, rows)  # what was sent before and nobody waits for
        for k, tasks in enumerate(rows):
            for task in tasks:
                for need in wants(problem, task, k):
                    if (problem.tasks[task].id, problem.teams[k].id, need.item) not in along and need.sent:
                        self.over[task, need.item] = max(Decimal(0), self.over[task, need.item] - need.quantity)

    def lacking(self, task: int) -> tuple[Reason | None, dict[str, Any]]:
        """Why one more team could not be equipped, and the facts; None where it could."""
        problem = self.problem
        incident = problem.incident_index[problem.tasks[task].incident]
        for need in problem.tasks[task].equipment:
            left = self.left[need.item]
            over = self.over.get((task, need.item), Decimal(0))
            if sum(max(Decimal(0), left[store]) for _, store in self.shelves.soonest(need.item, incident)) >= (
                need.quantity - over
            ):
                continue
            facts: dict[str, Any] = {"equipment": need.item, "quantity_per_team": str(need.quantity)}
            blocked, floors = self.held.get(need.item, ({}, {}))
            releases = {store: names for store, (units, names) in blocked.items() if units > 0}
            if releases:
                stores = sorted(problem.stores[store].id for store in releases)
                tasks = sorted({name for names in releases.values() for name in names})
                return Reason.FIVE_FIXED, facts | {"stores": stores[:FEW], "tasks": tasks}
            if floors:
                stores = sorted(problem.stores[store].id for store in floors)
                return Reason.BELOW_RESERVE_FLOOR, facts | {"stores": stores[:FEW]}
            if any(units > 0 for units in left.values()):
                return Reason.UNREACHABLE, facts
            return Reason.NO_STOCK, facts
        return None, {}


def _direct(problem: DispatchProblem, model: TeamModel) -> tuple[IntArray, IntArray]:
    """Arrival and finish of going straight there, limits not applied."""
    task, team = model.data.task.copy(), model.data.team.copy()
    task[:, LATEST], team[:, UNTIL] = UNREACHABLE, UNREACHABLE
    arrive, finish = direct_finish(model.data._replace(task=task, team=team))
    return arrive, finish


def _team_facts(
    problem: DispatchProblem, task: int, teams: list[int], arrive: IntArray, finish: IntArray, *, busy: bool
) -> dict[str, Any]:
    nearest = sorted(teams, key=lambda k: (int(arrive[task, k]), k))
    first = nearest[0]
    facts: dict[str, Any] = {"teams": [problem.teams[k].id for k in nearest[:FEW]], "busy": busy}
    if arrive[task, first] < UNREACHABLE:
        entry = problem.tasks[task]
        reported = problem.incidents[problem.incident_index[entry.incident]].reported_s
        facts["earliest_arrive_s"] = int(arrive[task, first])
        facts["earliest_finish_s"] = int(finish[task, first])
        if entry.latest_s is not None:
            facts["latest_arrive_s"] = reported + entry.latest_s
        if problem.teams[first].available_until_s is not None:
            facts["available_until_s"] = problem.teams[first].available_until_s
    return facts


def _supplies(problem: DispatchProblem, decision: Decision, model: SupplyModel) -> Iterable[Unmet]:
    got = shipped(decision.shipments)
    sent: dict[tuple[str, str], Decimal] = {}
    for row in decision.shipments:
        sent[row.store, row.item] = sent.get((row.store, row.item), Decimal(0)) + row.quantity
    rank = {incident: number for number, incident in enumerate(incident_order(problem))}
    short: dict[str, list[tuple[int, Decimal]]] = {}
    for demand in problem.demands:
        missing = demand.quantity - got.get((demand.incident, demand.item), Decimal(0))
        if missing > 0:
            short.setdefault(demand.item, []).append((problem.incident_index[demand.incident], missing))
    if not short:
        return
    stock = _held_back(problem, set(short))
    ways = quickest_ways(problem)
    # units left over of all that may leave (S1); the arrays of the model leave out the equipment of tasks
    spares: dict[str, dict[int, Decimal]] = {}
    for key, lots in model.lots.items():
        store, item = key
        if item in short:
            units = lots[0].quantity if len(lots) == 1 else sum((line.quantity for line in lots), Decimal(0))
            if key in problem.reserve_floor:
                units -= problem.reserve_floor[key]
            spares.setdefault(item, {})[problem.store_index[store]] = units - sent.get(key, Decimal(0))
    for item, rows in sorted(short.items()):
        supply = model.by_item[item]
        blocked, floors = stock.get(item, ({}, {}))
        spare = spares.get(item, {})
        for incident, missing in sorted(rows, key=lambda row: rank[row[0]]):
            yield from _reasons(problem, model, supply, incident, missing, spare, blocked, floors, ways)


def _held_back(
    problem: DispatchProblem, items: set[str]
) -> dict[str, tuple[dict[int, tuple[Decimal, list[str]]], dict[int, Decimal]]]:
    """item -> (store -> (units that could leave if the blocking tasks were done, the tasks), store -> units that even
    then the reserve floor keeps)."""
    day = problem.as_of.astimezone(SHANGHAI).date()
    result: dict[str, tuple[dict[int, tuple[Decimal, list[str]]], dict[int, Decimal]]] = {}
    serviceable: dict[tuple[str, str], Decimal] = {}
    for line in problem.stock:
        if line.item not in items or line.quantity <= 0:
            continue
        if usable(line, day):
            key = line.store, line.item
            serviceable[key] = serviceable.get(key, Decimal(0)) + line.quantity
        elif line.blocked and (line.expires is None or day <= line.expires):
            blocked = result.setdefault(line.item, ({}, {}))[0]
            units, tasks = blocked.get(problem.store_index[line.store], (Decimal(0), []))
            blocked[problem.store_index[line.store]] = units + line.quantity, sorted({*tasks, *line.blocked})
    for (store, item), floor in problem.reserve_floor.items():
        if item not in items or floor <= 0:
            continue
        row, units = problem.store_index[store], serviceable.get((store, item), Decimal(0))
        blocked, kept = result.setdefault(item, ({}, {}))
        held, tasks = blocked.get(row, (Decimal(0), []))
        if units + held > 0:
            kept[row] = min(units + held, floor)
        if held:  # the floor keeps the last units, blocked ones too (S1)
            blocked[row] = max(Decimal(0), units + held - floor) - max(Decimal(0), units - floor), tasks
    return result


def _reasons(
    problem: DispatchProblem,
    model: SupplyModel,
    supply: ItemSupply,
    incident: int,
    missing: Decimal,
    spare: dict[int, Decimal],
    blocked: dict[int, tuple[Decimal, list[str]]],
    floors: dict[int, Decimal],
    ways: IntArray,
) -> Iterable[Unmet]:
    """Split what is missing over the obstacles; units named once are taken out of the pools."""
    what = problem.items[supply.item]
    item, place = what.id, problem.incidents[incident].id
    reach = model.arrive[:, incident]
    closed = {
        problem.store_index[ban.store]
        for ban in problem.bans
        if ban.store is not None and ban.incident == place and ban.item in (None, item)
    }
    column = int(np.searchsorted(supply.incidents, incident))
    carried = dict(zip(supply.stores.tolist(), model.arrivals(supply)[:, column].tolist(), strict=True))
    travel = ways[:, incident]

    def obstacle(store: int) -> Reason | None:
        if store in closed:
            return Reason.FORBIDDEN_BY_DISPATCHER
        if travel[store] >= UNREACHABLE:
            return Reason.UNREACHABLE
        if reach[store] >= UNREACHABLE:
            return Reason.TOO_LATE
        if carried.get(store, 0) < UNREACHABLE:
            return None
        able = [v for v in model.vehicles[problem.stores[store].id] if fits(problem, v, what, supply.lump)]
        if not able:
            return Reason.VEHICLE_CAPACITY
        ways_of = problem.travel.vehicle_to_incident_s[able, incident]
        return Reason.UNREACHABLE if ways_of.min() >= UNREACHABLE else Reason.TOO_LATE

    def take(pool: dict[int, Decimal], stores: list[int]) -> tuple[Decimal, dict[str, str]]:
        nonlocal missing
        used: dict[str, str] = {}
        amount = Decimal(0)
        for store in sorted(stores, key=lambda s: (int(travel[s]), s)):
            part = min(missing, pool[store])
            if part > 0:
                pool[store] -= part
                missing -= part
                amount += part
                used[problem.stores[store].id] = str(part)
        return amount, used

    def unmet_of(reason: Reason, quantity: Decimal, facts: dict[str, Any]) -> Unmet:
        return Unmet(incident=place, item=item, quantity=quantity, reason=reason, facts=facts)

    left = {store: obstacle(store) for store, units in spare.items() if units > 0}
    amount, used = take(spare, [s for s, why in left.items() if why is Reason.FORBIDDEN_BY_DISPATCHER])
    if amount:
        yield unmet_of(Reason.FORBIDDEN_BY_DISPATCHER, amount, {"stores": used})
    units = {store: there for store, (there, _) in blocked.items() if obstacle(store) is None}
    amount, used = take(units, list(units))
    if amount:
        tasks = sorted({task for store in units for task in blocked[store][1] if problem.stores[store].id in used})
        for store, rest in units.items():
            blocked[store] = rest, blocked[store][1]
        yield unmet_of(Reason.FIVE_FIXED, amount, {"stores": used, "tasks": tasks, "releases": str(amount)})
    amount, used = take(floors, [s for s in floors if obstacle(s) is None])
    if amount:
        also = sorted({task for store in floors if problem.stores[store].id in used
                       for task in blocked.get(store, (None, []))[1]})  # fmt: skip
        yield unmet_of(Reason.BELOW_RESERVE_FLOOR, amount, {"stores": used} | ({"tasks": also} if also else {}))
    for reason in (Reason.UNREACHABLE, Reason.TOO_LATE, Reason.VEHICLE_CAPACITY):
        amount, used = take(spare, [s for s, why in left.items() if why is reason])
        if amount:
            yield unmet_of(reason, amount, {"stores": used})
    # what is left over in reach although it was asked for: no trip could bring it within the horizon
    amount, used = take(spare, [s for s, why in left.items() if why is None])
    if amount:
        yield unmet_of(Reason.TOO_LATE, amount, {"stores": used, "horizon_s": problem.parameters.horizon_s})
    if missing > 0:
        yield unmet_of(Reason.NO_STOCK, missing, {"missing": str(missing)})
