"""How far teams have come: who has heard, is on the way, at work, done, or home again; one row for every report, none
changed.

A report is about an order of the plan in force. The newest of a team says where it stands; what it once finished
stays finished under every later plan. That a team has heard an order (acknowledged) moves it nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from inventory.ledger.post import Act
from optimizer.errors import OptimizerError
from scenarios.incidents import still_open
from scenarios.tables import LIVE, orders, plans
from scenarios.tables import progress as reports

ISSUED, HEARD = "issued", "acknowledged"  # of an order, before the team is under way


class NotOrdered(OptimizerError):
    """The plan in force does not send that team to that task. Facts: team, task, situation, known."""


class NotThatWay(OptimizerError):
    """A position or an arrival for a team that is not on its way. Facts: team, state."""


@dataclass(frozen=True, slots=True)
class Report:
    """The newest report on a team."""

    team: str
    incident: str
    task: str
    state: str  # acknowledged, en_route, on_scene, done, home
    at: datetime
    arrives_at: datetime | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True)
class Standing:
    """Where all teams of a situation stand."""

    newest: Mapping[str, Report]  # team -> its newest report
    done: frozenset[tuple[str, str]]  # (team, task) ever finished


def report_progress(
    connection: Connection, *, team: str, task: str, state: str, act: Act, situation: str = LIVE,
    at: datetime | None = None, arrives_at: datetime | None = None, lat: float | None = None, lon: float | None = None,
) -> Report:  # fmt: skip
    """Put on record that a team has acknowledged an order of the plan in force, is en_route, on_scene or done with it,
    or home again.

    On the way it arrives at `arrives_at`; without that, as long after `at` as the plan reckons for the way. `at`:
    `act.at`, if none is given. The same report twice is recorded once. Raises UnknownSituation, NotOrdered,
    NotThatWay, SituationClosed.
    """
    still_open(connection, situation, locked=True)  # else a plan that replaces this one would not know of the report
    running = connection.execute(
        select(plans.c.id, plans.c.as_of).where(plans.c.situation_code == situation, plans.c.status == "committed")
    ).first()
    mine = []
    if running is not None:
        mine = connection.execute(
            select(orders).where(orders.c.plan_id == running.id, orders.c.team == team).order_by(orders.c.position)
        ).all()
    order = next((row for row in mine if row.task == task), None)
    if running is None or order is None:
        known = ", ".join(row.task for row in mine)
        raise NotOrdered(team=team, task=task, situation=situation, known=known or "-")
    if state != "en_route" and (lat is not None or arrives_at is not None):
        raise NotThatWay(team=team, state=state)
    at = at or act.at
    if state == "en_route" and arrives_at is None:
        if order.depart_s is not None:
            arrives_at = at + timedelta(seconds=order.arrive_s - order.depart_s)
        else:
            before = standing(connection, situation).newest.get(team)
            known_arrival = before.arrives_at if before is not None and before.task == task else None
            arrives_at = known_arrival or (running.as_of or at) + timedelta(seconds=order.arrive_s)
    report = Report(team, order.incident, task, state, at, arrives_at, lat, lon)
    if state == HEARD:
        if order.status == ISSUED:
            _put(connection, report, order, plan=running.id, situation=situation, act=act)
    elif standing(connection, situation).newest.get(team) != report:
        _put(connection, report, order, plan=running.id, situation=situation, act=act)
    return report


def _put(connection: Connection, report: Report, order: Any, *, plan: int, situation: str, act: Act) -> None:
    row = {name: getattr(report, name) for name in Report.__slots__}
    more = {"situation_code": situation, "plan_id": plan, "recorded_at": act.at, "actor": act.actor}
    connection.execute(insert(reports), {**row, **more})
    connection.execute(update(orders).where(orders.c.id == order.id).values(status=report.state))


def carried_over(connection: Connection, situation: str) -> dict[tuple[str, str], str]:
    """(team, task) -> the status of an order that a new plan gives again: who acknowledged it need not do so anew."""
    rows = connection.execute(
        select(reports.c.team, reports.c.task, reports.c.state)
        .where(reports.c.situation_code == situation)
        .order_by(reports.c.id)
    ).all()
    found = {(row.team, row.task): HEARD for row in rows if row.state == HEARD}
    newest = {row.team: row for row in rows if row.state != HEARD}
    under_way = (row for row in newest.values() if row.state in ("en_route", "on_scene"))
    return found | {(row.team, row.task): str(row.state) for row in under_way}


def standing(connection: Connection, situation: str = LIVE) -> Standing:
    """The newest report of every team, and what was finished."""
    columns = [reports.c[name] for name in Report.__slots__]
    rows = connection.execute(
        select(*columns).where(reports.c.situation_code == situation, reports.c.state != HEARD).order_by(reports.c.id)
    ).all()
    found = [Report(*row) for row in rows]
    newest = {report.team: report for report in found}
    done: set[tuple[str, str]] = set()
    for report in found:
        if report.state == "done":
            done.add((report.team, report.task))
        elif report.state != "home":  # on the way to it, or at it, again: it was not finished after all
            done.discard((report.team, report.task))
    return Standing(newest, frozenset(done))


def with_progress(document: dict[str, Any], found: Standing) -> dict[str, Any]:
    """problem.json with the teams as they stand: finished tasks need so many teams less, teams on the way or at work
    are started, and whoever is done stands where it worked, away from the store at its base, until it is reported
    home."""
    as_of = datetime.fromisoformat(document["as_of"])
    there = {row["id"] for row in document["teams"]}
    at_work = {one.task for team, one in found.newest.items() if team in there and one.state == "on_scene"}
    served: dict[str, int] = {}
    for _, task in found.done:
        served[task] = served.get(task, 0) + 1
    places: dict[str, tuple[Any, Any]] = {}
    incidents = []
    for row in document["incidents"]:
        tasks = [
            {**task, "teams_needed": max(1, task["teams_needed"] - served.get(task["id"], 0))}
            for task in row.get("tasks", ())
            if task["teams_needed"] > served.get(task["id"], 0) or task["id"] in at_work
        ]
        incidents.append({**row, "tasks": tasks} if "tasks" in row else row)
        places[row["id"]] = row.get("lat"), row.get("lon")
    open_tasks = {task["id"] for row in incidents for task in row.get("tasks", ())}
    teams = []
    for row in document["teams"]:
        report = found.newest.get(row["id"])
        if report is not None and report.state == "done":
            row = {name: value for name, value in row.items() if name != "store"}
            if report.incident in places:
                row["at_incident"] = report.incident
            if places.get(report.incident, (None, None)) != (None, None):
                row |= dict(zip(("lat", "lon"), places[report.incident], strict=True))
        teams.append(row)
    started = [
        _started(report, as_of)
        for team, report in sorted(found.newest.items())
        if report.state in ("en_route", "on_scene") and team in there and report.task in open_tasks
    ]
    return {**document, "incidents": incidents, "teams": teams, "started": started}


def _started(report: Report, as_of: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {"team": report.team, "task": report.task, "state": report.state}
    if report.state == "on_scene":
        return {**row, "arrives_at": min(report.at, as_of).isoformat()}
    # overdue: it is as good as there, as nothing else is known
    row["arrives_at"] = max(report.arrives_at or as_of, as_of).isoformat()
    return row if report.lat is None else {**row, "lat": report.lat, "lon": report.lon}
