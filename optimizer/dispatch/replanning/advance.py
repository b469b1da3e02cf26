"""The state of a running plan at an instant, and the problem as it is seen then.

What is finished is gone, what has begun is started (T9, R1), what has left is neither in stock nor asked for any
more, and every time counts from the new `as_of`. A team that finished stands where it worked.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

import numpy as np

from optimizer.dispatch.equipment import wants
from optimizer.dispatch.levels import supply_levels, team_levels
from optimizer.dispatch.plan import Level, Plan, Shipment, Stop, TeamOrder
from optimizer.dispatch.problem import Demand, DispatchProblem, Need, Started, StockLine, Task
from optimizer.units import UNREACHABLE, IntArray


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A team that has begun a stop: ordered off, rolling or at work. Seconds of the plan."""

    team: str
    stop: Stop
    on_scene: bool  # at work; who waits or waited there (E1, Y1) counts as arriving when its service begins
    came_from: str | None  # incident; None: its base, or unknown
    driven: float | None  # share of the way, 0 while it gets ready; None: unknown (it was under way before the plan)


@dataclass(frozen=True)
class Progress:
    """What of a plan has happened by an instant, if everything goes as planned."""

    done: tuple[tuple[str, str], ...]  # (team, task)
    under_way: tuple[UnderWay, ...]
    stands: dict[str, str]  # team -> incident where it finished its last stop
    left: tuple[Shipment, ...]
    back_s: dict[str, int]  # vehicle -> when it is home again
    open_stops: tuple[TeamOrder, ...]  # not finished
    open_shipments: tuple[Shipment, ...]  # not left


def progress(problem: DispatchProblem, plan: Plan, *, at_s: int) -> Progress:
    """A stop has begun once the team is ordered off (before its turnout); a load has left once its trip departs, what
    a team takes along (E3) once the team has begun its first stop. What begins at this very instant has not begun."""
    done: list[tuple[str, str]] = []
    under_way: list[UnderWay] = []
    stands: dict[str, str] = {}
    still: list[TeamOrder] = []
    for order in plan.team_orders:
        before: str | None = None
        left: list[Stop] = []
        for stop in order.stops:
            if stop.finish_s <= at_s and not left:
                done.append((order.team, stop.task))
                before = stop.incident
                continue
            if not left and _begun(stop, at_s):
                under_way.append(UnderWay(order.team, stop, stop.start_s <= at_s, before, _driven(stop, at_s)))
            left.append(stop)
        if before is not None:
            stands[order.team] = before
        if left:
            still.append(TeamOrder(order.team, tuple(left)))
    off = {*stands, *(one.team for one in under_way)}
    gone = tuple(row for row in plan.shipments if row.depart_s < at_s or row.team in off)
    return Progress(
        done=tuple(done),
        under_way=tuple(under_way),
        stands=stands,
        left=gone,
        back_s=_back(problem, gone),
        open_stops=tuple(still),
        open_shipments=tuple(row for row in plan.shipments if row.depart_s >= at_s and row.team not in off),
    )


def _back(problem: DispatchProblem, gone: tuple[Shipment, ...]) -> dict[str, int]:
    """Vehicle -> when it is home from all that it has left for: a round is made to its end (S9)."""
    last: dict[tuple[str, int], Shipment] = {}  # the last incident of every trip
    for row in gone:
        if row.vehicle is not None and row.trip is not None:
            then = last.setdefault((row.vehicle, row.trip), row)
            if (row.arrive_s, row.incident) > (then.arrive_s, then.incident):
                last[row.vehicle, row.trip] = row
    back: dict[str, int] = {}
    for (vehicle, _), row in last.items():
        way = row.arrive_s - row.depart_s  # as long as the way there, if nothing better is known
        if vehicle in problem.vehicle_index and row.incident in problem.incident_index:
            at = problem.vehicle_index[vehicle], problem.incident_index[row.incident]
            way = min(way, int(problem.travel.vehicle_to_incident_s[at]))
        back[vehicle] = max(back.get(vehicle, 0), row.arrive_s + way)
    return back


def _begun(stop: Stop, at_s: int) -> bool:
    return stop.response_s is None or stop.arrive_s - stop.response_s < at_s


def _driven(stop: Stop, at_s: int) -> float | None:
    if stop.depart_s is None:
        return None
    if at_s <= stop.depart_s:
        return 0.0
    return min(1.0, (at_s - stop.depart_s) / max(1, stop.arrive_s - stop.depart_s))


@dataclass(frozen=True)
class Advanced:
    """The problem at the instant, and what is left of the plan in its terms: what a re-plan starts from."""

    problem: DispatchProblem
    remaining: Plan
    progress: Progress


def advance(problem: DispatchProblem, plan: Plan, *, at_s: int) -> Advanced:
    """Both as they stand `at_s` seconds after `as_of`; 0 changes nothing.

    A team on its way that is still at its base or its last incident may turn from there (R1); where one that is
    rolling is, only its roads can tell (scenarios.exchange.advance), so here it goes on. Raises ValueError for an
    instant before `as_of`. What the plan says of a team, a vehicle, an incident or a store that the problem no longer
    has is left out: a team that was lost is not under way, and what it has not finished is open again.
    """
    if at_s < 0:
        raise ValueError(f"at_s must not be negative: {at_s}")
    if at_s == 0:
        return Advanced(problem, plan, Progress((), (), {}, (), {}, plan.team_orders, plan.shipments))
    seen = _still_there(problem, progress(problem, plan, at_s=at_s))
    tasks = open_tasks(problem, plan, seen, at_s=at_s)
    kept = {task.id for task in tasks}
    rows = [problem.task_index[task.id] for task in tasks]
    done = set(seen.done)
    started = tuple(sorted((_started(problem, plan, one, at_s) for one in seen.under_way), key=lambda one: one.team))
    recalled = _recalled(problem, seen)
    base, en_route = _first_legs(problem, seen, recalled)
    rolling = {*recalled, *(one.team for one in seen.under_way if one.driven != 0)}
    along: dict[str, set[str]] = {}  # what teams took along is theirs now (E3)
    for row in seen.left:
        if row.team is not None:
            along.setdefault(row.team, set()).add(row.item)
    later = replace(
        problem,
        as_of=problem.as_of + timedelta(seconds=at_s),
        incidents=tuple(replace(one, reported_s=one.reported_s - at_s) for one in problem.incidents),
        tasks=tasks,
        demands=open_demands(problem, seen),
        stock=open_stock(problem, seen),
        teams=tuple(
            replace(
                team,
                available_from_s=max(0, team.available_from_s - at_s),
                available_until_s=None if team.available_until_s is None else team.available_until_s - at_s,
                lat=_stands(problem, team.id, seen, recalled)[0],
                lon=_stands(problem, team.id, seen, recalled)[1],
                carries=tuple(sorted({*team.carries, *along.get(team.id, ())})),
                store=None if team.id in seen.stands or team.id in recalled else team.store,
                at_incident=None if team.id in rolling else seen.stands.get(team.id, team.at_incident),
            )
            for team in problem.teams
        ),
        vehicles=tuple(
            replace(one, available_from_s=max(0, seen.back_s.get(one.id, one.available_from_s) - at_s))
            for one in problem.vehicles
        ),
        travel=replace(problem.travel, team_to_incident_s=base, en_route_to_incident_s=en_route),
        service_s=problem.service_s[rows],
        pins=tuple(pin for pin in problem.pins if pin.task in kept and (pin.team, pin.task) not in done),
        bans=tuple(ban for ban in problem.bans if ban.task is None or ban.task in kept),
        started=started,
        sha256=sha256(f"{problem.sha256} {at_s}".encode()).hexdigest(),
    )
    return Advanced(later, remaining_plan(later, plan, seen, at_s=at_s), seen)


def _still_there(problem: DispatchProblem, seen: Progress) -> Progress:
    """Without what the problem no longer has."""
    teams, tasks, incidents = problem.team_index, problem.task_index, problem.incident_index
    lots = {(line.store, line.item, line.lot) for line in problem.stock}
    orders = (
        TeamOrder(order.team, tuple(stop for stop in order.stops if stop.task in tasks))
        for order in seen.open_stops
        if order.team in teams
    )
    return replace(
        seen,
        under_way=tuple(one for one in seen.under_way if one.team in teams and one.stop.task in tasks),
        stands={team: place for team, place in seen.stands.items() if team in teams and place in incidents},
        open_stops=tuple(order for order in orders if order.stops),
        open_shipments=tuple(
            row
            for row in seen.open_shipments
            if row.incident in incidents
            and (row.store, row.item, row.lot) in lots
            and (row.vehicle is None or row.vehicle in problem.vehicle_index)
        ),
    )


def open_tasks(problem: DispatchProblem, plan: Plan, seen: Progress, *, at_s: int) -> tuple[Task, ...]:
    """Tasks that still need teams, with as many as they still need."""
    served: dict[str, int] = {}
    busy = {one.stop.task for one in seen.under_way}  # perhaps with more teams than it needs
    for _, task in seen.done:
        served[task] = served.get(task, 0) + 1
    return tuple(
        replace(
            task,
            teams_needed=max(1, task.teams_needed - served.get(task.id, 0)),
            equipment=_still_needed(problem, plan, task, seen, at_s=at_s),
        )
        for task in problem.tasks
        if task.teams_needed > served.get(task.id, 0) or task.id in busy
    )


def _still_needed(
    problem: DispatchProblem, plan: Plan, task: Task, seen: Progress, *, at_s: int
) -> tuple[Need, ...]:  # fmt: skip
    """Equipment with what has left for the task, less what those have that work there, or did; nothing where that is
    there and enough for all (E2)."""
    rest = []
    known = problem.team_index  # a team that was lost takes nothing along
    there = [one.team for one in plan.team_orders for stop in one.stops if stop.task == task.id and one.team in known]
    before = {one.team: one.state for one in problem.started if one.task == task.id}
    done = {name for name, served in seen.done if served == task.id}
    working = {one.team for one in seen.under_way if one.stop.task == task.id and one.on_scene}
    places = task.teams_needed - len(done | working)
    for need in task.equipment:
        own = {row.team for row in plan.shipments if (row.task, row.item) == (task.id, need.item)}
        own |= {name for name in there if need.item in problem.teams[problem.team_index[name]].carries}
        own |= {name for name, state in before.items() if state == "on_scene"}
        left = [row for row in seen.left if (row.task, row.team, row.item) == (task.id, None, need.item)]
        sent, arrive_s = need.sent, max([need.there_s or 0, *(row.arrive_s for row in left)])
        if left:  # none of it is for those who were on their way before: they have what they need (E1)
            sent = max(sent, need.quantity * len(before.keys() & set(there) - own))
            sent += sum(row.quantity for row in left)
        sent = max(Decimal(0), sent - need.quantity * len((done | working) - own))
        if arrive_s > at_s or sent < places * need.quantity:
            rest.append(replace(need, sent=sent, there_s=arrive_s - at_s if arrive_s > at_s else None))
    return tuple(rest)


def open_demands(problem: DispatchProblem, seen: Progress) -> tuple[Demand, ...]:
    """What is still asked for: what has left counts as there."""
    left: dict[tuple[str, str], Decimal] = {}
    for row in seen.left:
        if row.task is not None:
            continue  # equipment (E2)
        left[row.incident, row.item] = left.get((row.incident, row.item), Decimal(0)) + row.quantity
    return tuple(
        replace(one, quantity=one.quantity - left.get((one.incident, one.item), Decimal(0)))
        if (one.incident, one.item) in left
        else one
        for one in problem.demands
        if one.quantity > left.get((one.incident, one.item), Decimal(0))
    )


def open_stock(problem: DispatchProblem, seen: Progress) -> tuple[StockLine, ...]:
    """The stock without what has left; a lot that is used up stays with nothing in it."""
    left: dict[tuple[str, str, str], Decimal] = {}
    for row in seen.left:
        key = row.store, row.item, row.lot
        left[key] = left.get(key, Decimal(0)) + row.quantity
    return tuple(
        replace(line, quantity=line.quantity - left[line.store, line.item, line.lot])
        if (line.store, line.item, line.lot) in left
        else line
        for line in problem.stock
    )


def remaining_plan(later: DispatchProblem, plan: Plan, seen: Progress, *, at_s: int) -> Plan:
    """What is left of the plan, by the clock of the later problem, with the levels that keeping on comes to."""
    begun = {(one.team, one.task): one.arrives_s for one in later.started}
    orders = tuple(
        TeamOrder(order.team, tuple(_later(stop, at_s, begun.get((order.team, stop.task))) for stop in order.stops))
        for order in seen.open_stops
    )
    made: dict[str, int] = {}  # trips of each vehicle that have left
    for row in seen.left:
        if row.vehicle is not None and row.trip is not None:
            made[row.vehicle] = max(made.get(row.vehicle, 0), row.trip)
    rows = tuple(
        replace(
            row, depart_s=row.depart_s - at_s, arrive_s=row.arrive_s - at_s,
            trip=None if row.trip is None else row.trip - made.get(row.vehicle or "", 0),
        )
        for row in seen.open_shipments
    )  # fmt: skip
    known = {task.id for task in later.tasks}
    orders = tuple(order for order in orders if all(stop.task in known for stop in order.stops))
    values = {**team_levels(later, orders), **supply_levels(later, rows)}
    shown = {
        name: tuple(map(float, value)) if isinstance(value, tuple) else float(value) for name, value in values.items()
    }
    levels = tuple(
        Level(name=one.name, value=shown[one.name], bound=None, gap=None, practice=shown[one.name])
        for one in plan.levels
    )
    return replace(plan, problem_sha256=later.sha256, levels=levels, team_orders=orders, shipments=rows)


def _later(stop: Stop, at_s: int, arrives_s: int | None) -> Stop:
    """By the later clock; `arrives_s` of a stop that has begun."""
    moved = replace(
        stop, arrive_s=stop.arrive_s - at_s, start_s=stop.start_s - at_s, finish_s=stop.finish_s - at_s,
        depart_s=None if stop.depart_s is None else stop.depart_s - at_s,
    )  # fmt: skip
    if arrives_s is None:
        return moved
    return replace(moved, arrive_s=arrives_s, depart_s=None, response_s=None, tier_met=None, route=None)


def _started(problem: DispatchProblem, plan: Plan, one: UnderWay, at_s: int) -> Started:
    lat, lon = None, None
    if not one.on_scene and one.driven == 0.0:
        lat, lon = _place(problem, one.team, one.came_from)
    state = "on_scene" if one.on_scene else "en_route"
    # T9 knows no waiting: who waits or waited there arrives when it begins, who will, when its equipment is there
    arrives_s = max(one.stop.arrive_s, _equipped(problem, plan, one)) if one.stop.arrive_s > at_s else one.stop.start_s
    return Started(one.team, one.stop.task, state, arrives_s - at_s, lat, lon)  # type: ignore[arg-type]


def _equipped(problem: DispatchProblem, plan: Plan, one: UnderWay) -> int:
    """When the last of what is shipped for the team's task is there (E1)."""
    along = {row.item for row in plan.shipments if (row.task, row.team) == (one.stop.task, one.team)}
    lacks = wants(problem, problem.task_index[one.stop.task], problem.team_index[one.team])
    there = {need.item: need.there_s or 0 for need in lacks if need.item not in along}
    sent = (row for row in plan.shipments if row.task == one.stop.task and row.team is None)
    return max([*there.values(), *(row.arrive_s for row in sent if row.item in there)], default=0)


def _place(problem: DispatchProblem, team: str, incident: str | None) -> tuple[float | None, float | None]:
    """Coordinates of the incident, else of the team's base."""
    place = (
        problem.teams[problem.team_index[team]]
        if incident is None
        else problem.incidents[problem.incident_index[incident]]
    )
    return place.lat, place.lon


def _recalled(problem: DispatchProblem, seen: Progress) -> dict[str, Started]:
    """Teams that were on their way and are not any more (R1): stood down, or to go where nobody is expected yet. They
    wait where they were."""
    busy = {*seen.stands, *(one.team for one in seen.under_way)}
    ways = problem.travel.en_route_to_incident_s
    return {
        one.team: one for one in problem.started
        if one.state == "en_route" and one.team not in busy and ways is not None
        and int(ways[problem.team_index[one.team]].min(initial=UNREACHABLE)) < UNREACHABLE
    }  # fmt: skip


def _stands(
    problem: DispatchProblem, team: str, seen: Progress, recalled: dict[str, Started]
) -> tuple[float | None, float | None]:  # fmt: skip
    one = recalled.get(team)
    return _place(problem, team, seen.stands.get(team)) if one is None else (one.lat, one.lon)


def _first_legs(
    problem: DispatchProblem, seen: Progress, recalled: dict[str, Started]
) -> tuple[IntArray, IntArray | None]:  # fmt: skip
    """Travel from where the teams stand, and from where those stand that are ordered off but not rolling yet."""
    travel = problem.travel
    base = travel.team_to_incident_s
    if seen.stands or recalled:
        base = base.copy()
        for team, incident in seen.stands.items():
            base[problem.team_index[team]] = _from(problem, problem.team_index[team], incident)
        if travel.en_route_to_incident_s is not None:
            there = [problem.team_index[team] for team in recalled]
            base[there] = travel.en_route_to_incident_s[there]
    ready = [one for one in seen.under_way if not one.on_scene and one.driven == 0.0]
    if not ready:
        return base, None
    en_route = np.full_like(base, UNREACHABLE)
    for one in ready:
        row = problem.team_index[one.team]
        en_route[row] = travel.team_to_incident_s[row] if one.came_from is None else _from(problem, row, one.came_from)
    return base, en_route


def _from(problem: DispatchProblem, team: int, incident: str) -> IntArray:
    travel = problem.travel
    row: IntArray = travel.incident_to_incident_s[travel.team_group[team], problem.incident_index[incident]]
    return row
