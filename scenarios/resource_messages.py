"""An approved plan as resource messages for the systems of others (EDXL-RM 1.0).

Incident by incident: what it asked for (RequestResource), what it cannot have (ResponseToRequestResource), what is
sent (CommitResource), how far that has come (ReportResourceDeploymentStatus) and what is free again
(ReleaseResource); besides, every request for aid of the situation (RequestResource).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from inventory.tables.forces import teams
from inventory.tables.goods import items
from inventory.tables.places import places, stores
from scenarios.edxl_rm import Distribution, Message, Resource, Schedule
from scenarios.exchange.json_text import parse_json
from scenarios.history import plan_on_record
from scenarios.incidents import find_situation
from scenarios.relief_tables import aid_requests
from scenarios.tables import LIVE, incident_tasks, incidents, orders, progress
from scenarios.texts import catalogue, text

TEAM = {"zh": "队", "en": "team"}
ITEMS, CAPABILITIES, LOTS = "urn:wuding:items", "urn:wuding:capabilities", "urn:wuding:lots"


@dataclass(frozen=True)
class _Plan:
    """What the messages of a plan are made of."""

    number: int
    situation: str
    actor: str
    approved: datetime
    as_of: datetime
    content: Mapping[str, Any]
    lang: str
    tasks: Mapping[str, str]  # task -> capability
    teams: Mapping[str, str]
    items: Mapping[str, tuple[str, str]]  # name, unit
    stores: Mapping[str, str]
    reports: Mapping[tuple[str, str], list[Any]]  # (team, task)

    def at(self, seconds: int | None) -> datetime | None:
        return None if seconds is None else self.as_of + timedelta(seconds=seconds)

    def id(self, what: str, incident: str) -> str:
        return f"{self.situation}/plan-{self.number}/{what}/{incident}"

    def capability(self, task: str) -> str:
        code = self.tasks.get(task, task)
        return text(f"capability.{code}", self.lang) if f"capability.{code}" in catalogue() else code

    def item(self, code: str) -> tuple[str, str | None]:
        return self.items.get(code, (code, None))


def messages_of(
    connection: Connection, *, number: int, situation: str = LIVE, reach: tuple[str, ...] | None = None,
    lang: str = "zh", sender: str = "wuding@localhost",
) -> Distribution:  # fmt: skip
    """The messages of a plan on record about the incidents in `reach` (patterns of divisions; none: all). No clock is
    read: each message bears the time at which what it tells was recorded. Raises UnknownSituation, UnknownPlan."""
    head = find_situation(connection, situation)
    kept, content = plan_on_record(connection, number, situation)
    whole = _covers(reach, head.place_code)
    rows = [
        row
        for row in connection.execute(
            select(incidents).where(incidents.c.situation_code == situation).order_by(incidents.c.code)
        )
        if whole or _covers(reach, row.place_code)
    ]
    plan = _Plan(
        number=number,
        situation=situation,
        actor=kept.actor,
        approved=kept.recorded_at,
        as_of=kept.as_of or kept.recorded_at,
        content=parse_json(content, source=f"plan {number}"),
        lang=lang,
        tasks=_tasks(connection, situation),
        teams=_names(connection, teams, lang),
        items=_items(connection, lang),
        stores=_names(connection, stores, lang),
        reports=_reports(connection, number, situation),
    )
    found = [message for row in rows for message in _of_incident(plan, row)]
    seen = {row.code for row in rows}
    found += _aid(connection, plan, lambda place: whole or _covers(reach, place), seen)
    return Distribution(
        id=f"{situation}/plan-{number}",
        sender=sender,
        sent=max([kept.recorded_at, *(message.sent for message in found)]),
        status="Exercise" if head.kind == "exercise" else "Actual",
        type="Dispatch",
        language="zh-CN" if lang == "zh" else "en",
        messages=found,
    )


def _covers(reach: tuple[str, ...] | None, place: str | None) -> bool:
    if reach is None:
        return True
    return place is not None and any(place.startswith(one.removesuffix("%")) for one in reach)


def _of_incident(plan: _Plan, row: Any) -> Iterator[Message]:
    stops = [(order["team"], position, stop) for order in plan.content.get("team_orders", ())
             for position, stop in enumerate(order["stops"], start=1) if stop["incident"] == row.code]  # fmt: skip
    goods = [one for one in plan.content.get("shipments", ()) if one["incident"] == row.code]
    short = [one for one in plan.content.get("unmet", ()) if one["incident"] == row.code]
    if not (stops or goods or short):
        return
    name = (row.name_en if plan.lang == "en" and row.name_en else row.name) or row.code
    where = name if row.lat is None or row.lon is None else f"{name} ({row.lat:.5f}, {row.lon:.5f})"
    about: dict[str, Any] = {"incident": (row.code, name)}
    asked = plan.id("request", row.code)
    yield Message(
        kind="RequestResource", id=asked, sent=row.reported_at, first=asked, **about,
        contacts=[("Requester", row.reported_by or name)], resources=list(_asked(plan, stops, goods, short, where)),
    )  # fmt: skip
    answer = {**about, "first": asked, "before": asked, "sent": plan.approved, "contacts": [("Approver", plan.actor)]}
    if short:
        yield Message(kind="ResponseToRequestResource", id=plan.id("decline", row.code), **answer,
                      resources=list(_declined(plan, short)))  # fmt: skip
    if not (stops or goods):
        return
    sent = plan.id("commit", row.code)
    committed = [*(_team(plan, *stop, where) for stop in stops), *(_goods(plan, one, where) for one in goods)]
    yield Message(kind="CommitResource", id=sent, **answer, resources=committed)
    yield from _followed(plan, row.code, stops, about | {"first": asked, "before": sent}, where)


def _asked(plan: _Plan, stops: Any, goods: Any, short: Any, where: str) -> Iterator[Resource]:
    """Teams and goods that the plan knew to be wanted: given and not given together."""
    teams_: dict[str, Decimal] = {}
    units: dict[str, Decimal] = {}
    for _, _, stop in stops:
        teams_[stop["task"]] = teams_.get(stop["task"], Decimal(0)) + 1
    for one in goods:
        if one.get("task") is None:
            units[one["item"]] = units.get(one["item"], Decimal(0)) + one["quantity"]
    for one in short:
        if one.get("item") is not None:
            units[one["item"]] = units.get(one["item"], Decimal(0)) + one["quantity"]
        elif "equipment" not in one.get("facts", {}):
            teams_[one["task"]] = teams_.get(one["task"], Decimal(0)) + one["quantity"]
    for task in sorted({*teams_, *(one["task"] for one in (*goods, *short) if one.get("task") is not None)}):
        yield Resource(
            id=task, name=plan.capability(task), types=(CAPABILITIES, [plan.tasks.get(task, task)]),
            amount=teams_.get(task), unit=TEAM[plan.lang], schedule=[Schedule(type="ReportTo", where=where)],
        )  # fmt: skip
    for item in sorted(units):
        name, unit = plan.item(item)
        yield Resource(id=item, name=name, types=(ITEMS, [item]), amount=units[item], unit=unit,
                       schedule=[Schedule(type="ReportTo", where=where)])  # fmt: skip


def _declined(plan: _Plan, short: Any) -> Iterator[Resource]:
    for one in short:
        what = one["item"] if one.get("item") is not None else one["task"]
        goods = one.get("item") is not None
        name, unit = plan.item(what) if goods else (plan.capability(what), TEAM[plan.lang])
        cure = one.get("cure") or {}
        yield Resource(
            id=f"{what}/{one['reason']}", name=name, types=(ITEMS, [what]) if goods else None, answers=what,
            response="Decline", reason=(one["reason"], cure.get(plan.lang) or one["reason"]), amount=one["quantity"],
            unit=unit,
        )  # fmt: skip


def _team(plan: _Plan, team: str, position: int, stop: Mapping[str, Any], where: str) -> Resource:
    schedule = [Schedule(type="EstimatedArrival", at=plan.at(stop["arrive_s"]), where=where)]
    if stop["depart_s"] is not None:
        schedule.insert(0, Schedule(type="EstimatedDeparture", at=plan.at(stop["depart_s"])))
    return Resource(
        id=f"{team}/{stop['task']}", code=team, name=plan.teams.get(team, team), answers=stop["task"],
        response="Accept", keywords=[(CAPABILITIES, [plan.tasks.get(stop["task"], stop["task"])])], amount=Decimal(1),
        unit=TEAM[plan.lang], function=plan.capability(stop["task"]), order=f"{plan.number}/{team}/{position}",
        schedule=schedule,
    )  # fmt: skip


def _goods(plan: _Plan, one: Mapping[str, Any], where: str) -> Resource:
    name, unit = plan.item(one["item"])
    store = plan.stores.get(one["store"], one["store"])
    return Resource(
        id=one["id"], name=name, types=(ITEMS, [one["item"]]), keywords=[(LOTS, [one["lot"]])] if one["lot"] else (),
        answers=one["item"] if one.get("task") is None else one["task"], response="Accept", amount=one["quantity"],
        unit=unit, order=f"{plan.number}/{one['id']}",
        schedule=[Schedule(type="EstimatedDeparture", at=plan.at(one["depart_s"]), where=store),
                  Schedule(type="EstimatedArrival", at=plan.at(one["arrive_s"]), where=where)],
    )  # fmt: skip


def _followed(plan: _Plan, incident: str, stops: Any, about: Mapping[str, Any], where: str) -> Iterator[Message]:
    """How far the teams have come, and those that are free again."""
    reported, free, said = [], [], []
    for team, _, stop in stops:
        rows = plan.reports.get((team, stop["task"]))
        if not rows:
            continue
        said += rows
        newest = rows[-1]
        known = {state: min((row.at for row in rows if row.state == state), default=None)
                 for state in ("en_route", "on_scene")}  # fmt: skip
        schedule = [Schedule(type="ActualDeparture", at=known["en_route"])] if known["en_route"] else []
        if known["on_scene"]:
            schedule.append(Schedule(type="ActualArrival", at=known["on_scene"], where=where))
        elif newest.arrives_at is not None:
            schedule.append(Schedule(type="EstimatedArrival", at=newest.arrives_at, where=where))
        one = {"id": f"{team}/{stop['task']}", "code": team, "name": plan.teams.get(team, team)}
        reported.append(Resource(**one, status=newest.state, schedule=schedule))
        if newest.state in ("done", "home"):
            free.append((newest, Resource(**one, amount=Decimal(1), unit=TEAM[plan.lang])))
    if reported:
        newest = max(said, key=lambda row: row.id)
        yield Message(kind="ReportResourceDeploymentStatus", id=plan.id("status", incident), sent=newest.recorded_at,
                      contacts=[("Sender", newest.actor)], resources=reported, **about)  # fmt: skip
    if free:
        newest = max((row for row, _ in free), key=lambda row: row.id)
        yield Message(kind="ReleaseResource", id=plan.id("release", incident), sent=newest.recorded_at,
                      contacts=[("Sender", newest.actor)], resources=[one for _, one in free], **about)  # fmt: skip


def _aid(connection: Connection, plan: _Plan, covers: Any, seen: set[str]) -> Iterator[Message]:
    rows = connection.execute(
        select(aid_requests).where(aid_requests.c.situation_code == plan.situation).order_by(aid_requests.c.id)
    ).all()
    below = {row.passed_on_as: row.number for row in rows if row.passed_on_as is not None}
    named = _names(connection, places, plan.lang)
    for row in rows:
        if not (covers(row.from_place) or covers(row.to_place)):
            continue
        first = row.number
        while first in below:
            first = below[first]
        about = None if row.incident not in seen else (row.incident, row.incident)
        short = []
        for line, one in enumerate(row.short, start=1):
            what = one.get("item") or one.get("capability") or one.get("task") or "-"
            name, unit = plan.item(what) if one.get("item") else (plan.capability(what), TEAM[plan.lang])
            short.append(Resource(id=f"{row.number}/{line}", name=name, amount=Decimal(one["quantity"]), unit=unit,
                                  types=(ITEMS if one.get("item") else CAPABILITIES, [what])))  # fmt: skip
        yield Message(
            kind="RequestResource", id=row.number, sent=row.recorded_at, first=first, description=row.note,
            incident=about, contacts=[("Requester", named.get(row.from_place, row.from_place)),
                                      ("RespondingOrg", named.get(row.to_place, row.to_place))], resources=short,
        )  # fmt: skip


def _tasks(connection: Connection, situation: str) -> dict[str, str]:
    rows = connection.execute(
        select(incident_tasks.c.code, incident_tasks.c.capability)
        .join(incidents, incidents.c.id == incident_tasks.c.incident_id)
        .where(incidents.c.situation_code == situation)
    )
    return {row.code: row.capability for row in rows}


def _names(connection: Connection, table: Any, lang: str) -> dict[str, str]:
    rows = connection.execute(select(table.c.code, table.c.name, table.c.name_en))
    return {row.code: (row.name_en if lang == "en" and row.name_en else row.name) or row.code for row in rows}


def _items(connection: Connection, lang: str) -> dict[str, tuple[str, str]]:
    of = items.c
    rows = connection.execute(select(of.code, of.name_zh, of.name_en, of.unit_zh, of.unit_en))
    return {
        row.code: (row.name_zh, row.unit_zh) if lang == "zh" else (row.name_en or row.name_zh, row.unit_en)
        for row in rows
    }


def _reports(connection: Connection, number: int, situation: str) -> dict[tuple[str, str], list[Any]]:
    """What teams said of the orders of this plan, under whichever plan it was said."""
    mine = {
        (row.team, row.task)
        for row in connection.execute(select(orders.c.team, orders.c.task).where(orders.c.plan_id == number))
    }
    found: dict[tuple[str, str], list[Any]] = {}
    for row in connection.execute(
        select(progress).where(progress.c.situation_code == situation).order_by(progress.c.id)
    ):
        if (row.team, row.task) in mine:
            found.setdefault((row.team, row.task), []).append(row)
    return found
