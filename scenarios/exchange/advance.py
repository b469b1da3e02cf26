"""A problem file as it stands at a later instant of its plan: see optimizer.dispatch.replanning.advance.

Where a team that is rolling is now is read off the line of its leg (of plan.json, else of the roads), in proportion
to the time it has driven; without a road network it stays unknown, and the team keeps going (T9).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem, Started, Task, Team
from optimizer.dispatch.replanning import Advanced, UnderWay, advance
from optimizer.errors import BadInput, Fault
from optimizer.network.graph import great_circle_m
from optimizer.units import UNREACHABLE, IntArray
from scenarios.exchange.json_text import dumps, parse_json
from scenarios.exchange.load import LoadedProblem

Document = dict[str, Any]


def advanced_document(
    document: Mapping[str, Any], loaded: LoadedProblem, plan: Plan, *, at: datetime
) -> tuple[Document, Advanced]:
    """problem.json at that instant, and the same in memory (there without positions of rolling teams).

    `document`: the problem file as parsed, of which `loaded` is the problem. Raises `BadInput` for an instant before
    its `as_of`, and for a plan of another problem.
    """
    problem = loaded.problem
    _of_this_problem(problem, plan)
    at_s = -((problem.as_of - at) // timedelta(seconds=1))
    if at_s < 0:
        raise BadInput("--at", [Fault("--at", "AtBeforeAsOf", {"at": at, "as_of": problem.as_of})])
    changed: Document = parse_json(dumps(dict(document)), source="problem")
    advanced = advance(problem, plan, at_s=at_s)
    if at_s == 0:
        return changed, advanced
    later = advanced.problem
    now = later.as_of
    changed["as_of"] = now.isoformat()
    _incidents(changed, later)
    _stores(changed, later)
    for row, team, before in _teams(changed, later, problem):
        if (team.lat, team.lon) not in ((None, None), (before.lat, before.lon)):
            row["lat"], row["lon"] = team.lat, team.lon
        if team.carries:
            row["carries"] = list(team.carries)
        if team.store is None:
            row.pop("store", None)
        row.pop("at_incident", None)
        if team.at_incident is not None:
            row["at_incident"] = team.at_incident
    for row in changed.get("vehicles", ()):
        back = later.vehicles[later.vehicle_index[row["id"]]].available_from_s
        if back:
            row["available_from"] = (now + timedelta(seconds=back)).isoformat()
        else:
            row.pop("available_from", None)
    if changed.get("travel") is not None:
        _travel(changed["travel"], later, problem)
    positions = {one.team: _position(loaded, one, at_s) for one in advanced.progress.under_way}
    changed["started"] = [_started_row(one, now, positions[one.team], loaded) for one in later.started]
    tasks = {task.id for task in later.tasks}
    changed["pins"] = [{"team": pin.team, "task": pin.task} for pin in later.pins]
    changed["bans"] = [row for row in changed.get("bans", ()) if row.get("task") is None or row["task"] in tasks]
    changed["service_s"] = {task: row for task, row in changed.get("service_s", {}).items() if task in tasks}
    return changed, advanced


def _of_this_problem(problem: DispatchProblem, plan: Plan) -> None:
    """Teams, vehicles or incidents may have gone since; where no incident of the plan is known it is of another
    problem."""
    stops = [stop.incident for order in plan.team_orders for stop in order.stops]
    named = sorted({*stops, *(row.incident for row in plan.shipments)})
    if named and not any(one in problem.incident_index for one in named):
        raise BadInput("plan", [Fault("incident", "PlanOfAnotherProblem", {"name": named[0]})])


def _incidents(changed: Document, later: DispatchProblem) -> None:
    needed = {task.id: task for task in later.tasks}
    demands: dict[str, list[Document]] = {}
    for one in later.demands:
        demands.setdefault(one.incident, []).append({"item": one.item, "quantity": one.quantity})
    for row in changed.get("incidents", ()):
        tasks = [task for task in row.get("tasks", ()) if task["id"] in needed]
        row["tasks"] = [
            {**task, "teams_needed": needed[task["id"]].teams_needed}
            | ({"equipment": _equipment(needed[task["id"]], later.as_of)} if task.get("equipment") else {})
            for task in tasks
        ]
        row["demands"] = demands.get(row["id"], [])  # estimated ones are from now on what they were estimated to be


def _equipment(task: Task, now: datetime) -> list[Document]:
    return [
        {"item": need.item, "quantity": need.quantity}
        | ({"sent": need.sent} if need.sent else {})
        | ({} if need.there_s is None else {"there_at": (now + timedelta(seconds=need.there_s)).isoformat()})
        for need in task.equipment
    ]


def _stores(changed: Document, later: DispatchProblem) -> None:
    units = {(line.store, line.item, line.lot): line.quantity for line in later.stock}
    for store in changed.get("stores", ()):
        for row in store.get("stock", ()):
            # what nobody asks for is not in the problem, and none of it has left
            row["quantity"] = units.get((store["id"], row["item"], row["lot"]), row["quantity"])


def _teams(
    changed: Document, later: DispatchProblem, before: DispatchProblem
) -> Iterator[tuple[Document, Team, Team]]:  # fmt: skip
    for row in changed.get("teams", ()):
        number = later.team_index[row["id"]]
        yield row, later.teams[number], before.teams[number]


def _travel(travel: Document, later: DispatchProblem, before: DispatchProblem) -> None:
    """Given matrices: the rows of teams that stand elsewhere, and of those that may turn from where they stand."""
    base = later.travel.team_to_incident_s
    for number in np.flatnonzero((base != before.travel.team_to_incident_s).any(axis=1)).tolist():
        travel.setdefault("team_to_incident_s", {})[later.teams[number].id] = _cells(later, base[number])
    ways = later.travel.en_route_to_incident_s
    travel.pop("en_route_to_incident_s", None)
    if ways is not None:
        rows = {one.team: _cells(later, ways[later.team_index[one.team]]) for one in later.started}
        travel["en_route_to_incident_s"] = {team: row for team, row in rows.items() if row}


def _cells(problem: DispatchProblem, row: IntArray) -> dict[str, int]:
    ids = [incident.id for incident in problem.incidents]
    return {name: seconds for name, seconds in zip(ids, row.tolist(), strict=True) if seconds < UNREACHABLE}


def _started_row(one: Started, now: datetime, position: tuple[float, float] | None, loaded: LoadedProblem) -> Document:
    row: Document = {
        "team": one.team,
        "task": one.task,
        "state": one.state,
        "arrives_at": (now + timedelta(seconds=one.arrives_s)).isoformat(),
    }
    if one.state == "en_route" and loaded.roads is not None and position is not None:
        row["lat"], row["lon"] = (round(value, 6) for value in position)
    return row


def _position(loaded: LoadedProblem, one: UnderWay, at_s: int) -> tuple[float, float] | None:
    """Where a team on its way is: along the line of its leg."""
    if one.on_scene or loaded.roads is None:
        return None
    problem, roads = loaded.problem, loaded.roads
    profile = problem.teams[problem.team_index[one.team]].profile
    before = problem.started_by.get(one.team) if one.came_from is None else None
    placed = before is not None and before.lat is not None
    driven = one.driven
    if driven is None and placed:  # it goes on from where it was
        driven = min(1.0, at_s / max(1, one.stop.arrive_s))
    if driven is None:
        return None
    kind, name = ("team", one.team) if one.came_from is None else ("incident", one.came_from)
    if placed:
        kind = "en_route"
    route = one.stop.route
    if route is None:
        start, end = roads.points(profile, kind, [name]), roads.points(profile, "incident", [one.stop.incident])
        found = roads.router(profile).route(start, end)
        route = None if found is None else found.geojson()
    if route is None or len(route["coordinates"]) < 2:
        return None
    return along(route["coordinates"], driven)


def along(line: list[list[float]], share: float) -> tuple[float, float]:
    """(lat, lon) at a share of the length of a GeoJSON line."""
    points = np.array([[float(lon), float(lat)] for lon, lat, *_ in line])
    length = great_circle_m(points[:-1, 1], points[:-1, 0], points[1:, 1], points[1:, 0])
    reached = np.concatenate(([0.0], np.cumsum(length)))
    at = share * reached[-1]
    return float(np.interp(at, reached, points[:, 1])), float(np.interp(at, reached, points[:, 0]))
