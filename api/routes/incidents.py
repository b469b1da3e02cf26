"""Situations, incidents with their tasks and needs, closures, pins and bans."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import ColumnElement, Connection, delete, insert, select, true
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.negotiate import JSON
from api.http.reads import PROBLEMS
from api.http.schemas import Amount, Body, Code, Division, Instant, Lat, Lon, Storable, Text
from api.http.work import Reading, Step, Writing, as_json, tagged
from api.office import known
from api.routes.incidents_answers import (
    ClosureLifted,
    ClosureOut,
    DirectiveLifted,
    DirectiveOut,
    IncidentOut,
    IncidentReported,
)
from inventory.tables.goods import items
from optimizer.errors import OptimizerError
from scenarios.closures import checked
from scenarios.directives import add_directive, lift_directive
from scenarios.incidents import (
    UnknownIncident,
    UnknownSituation,
    as_column,
    close_incident,
    closures_of,
    ensure_live,
    still_open,
)
from scenarios.reported import Work, edit_incident, find_incident, likely_same, merge_incident, report_incident
from scenarios.tables import (
    closures,
    incident_demands,
    incident_tasks,
    incidents,
    situations,
)

router = APIRouter(prefix="/situations/{situation}", tags=["incidents"], responses=PROBLEMS)
Situation = Annotated[str, Path(min_length=1, max_length=64)]
Incident = Annotated[str, Path(min_length=1, max_length=64)]
Look = Annotated[Scope, needs("incidents.read")]
Report = Annotated[Scope, needs("incidents.report")]
Manage = Annotated[Scope, needs("incidents.manage")]
Plans = Annotated[Scope, needs("plans.make")]
_S = situations.c


class ClosureTaken(OptimizerError):
    """The situation has a closure of that code. Facts: closure, situation."""


class UnknownClosure(OptimizerError):
    """No closure of that code in the situation. Facts: closure, situation."""


class Gear(Body):
    item: Code
    quantity: Amount


class TaskIn(Body):
    code: Code | None = Field(None, description="空则自动编号 / null: numbered for you")
    capability: Code
    teams_needed: int = Field(1, ge=1, le=1000)
    service_s: int = Field(ge=0, le=10**7, description="处置时间（秒） / work on scene (s)")
    due_s: int | None = Field(None, ge=0, le=10**7, description="期望到达时限（秒） / soft limit of arrival (s)")
    latest_s: int | None = Field(None, ge=0, le=10**7, description="最迟到达（秒） / hard limit of arrival (s)")
    synchronised: bool | None = None
    equipment: list[Gear] = Field([], max_length=100)


class IncidentIn(Body):
    kind: Code = Field(examples=["flood"])
    severity: int = Field(ge=1, le=5)
    lat: Lat | None = None
    lon: Lon | None = None
    place: Division | None = None
    name: Text | None = None
    name_en: Text | None = None
    reported_at: Instant | None = Field(
        None, description="空为现在（演练为其时点） / null: now, of an exercise its moment"
    )
    people_affected: int | None = Field(None, ge=0, le=10**8)
    duration_h: Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=2)] | None = None
    note: Text | None = None
    tasks: list[TaskIn] = Field([], max_length=200)
    demands: dict[Code, Amount] | None = Field(
        None, max_length=200, description="物资→数量；空则按人数估算 / item → units; null: estimated from people"
    )


class IncidentEdit(Body):
    kind: Code | None = None
    severity: int | None = Field(None, ge=1, le=5)
    lat: Lat | None = None
    lon: Lon | None = None
    place: Division | None = None
    name: Text | None = None
    people_affected: int | None = Field(None, ge=0, le=10**8)
    duration_h: Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=2)] | None = None
    note: Text | None = None
    status: Literal["open", "closed"] | None = None
    tasks: list[TaskIn] | None = Field(None, max_length=200)
    demands: dict[Code, Amount] | None = Field(None, max_length=200)


class Merge(Body):
    into: Code


class ClosureIn(Body):
    id: Code
    edges: Annotated[list[list[Any]], Storable] | None = Field(None, max_length=10_000)
    road_name: Text | None = None
    polygon: Annotated[dict[str, Any], Storable] | None = Field(
        None, description="GeoJSON Polygon 或 MultiPolygon / GeoJSON"
    )
    from_: Instant | None = Field(None, alias="from")
    to: Instant | None = None
    speed_factor: Annotated[Decimal, Field(ge=0, le=1, decimal_places=4)] = Decimal(0)


class DirectiveIn(Body):
    kind: Literal["pin", "ban"]
    team: Code | None = None
    task: Code | None = None
    store: Code | None = None
    incident: Code | None = None
    item: Code | None = None
    note: Text | None = None


class BadDirective(OptimizerError):
    """A directive that names neither a team and a task nor, as a ban, a store and an incident. No facts."""


def situation_of(connection: Connection, scope: Scope, situation: str, *, part: bool = False) -> Any:
    """Its row, where the caller reaches it, or (`part`) a part of it. Raises UnknownSituation."""
    row = connection.execute(select(situations).where(_S.code == situation)).first()
    inside = row is not None and (scope.covers(row.place_code) or (part and overlaps(scope, row.place_code)))
    if row is None or not inside:
        raise UnknownSituation(situation=situation, known="-")
    return row


def overlaps(scope: Scope, place: str | None) -> bool:
    """Whether some of the caller's divisions lie inside that one."""
    from inventory.ledger.stock_lines import sub_tree

    if scope.everything or place is None:
        return True
    whole = sub_tree(place).removesuffix("%")
    return any(one.removesuffix("%").startswith(whole) for one in scope.patterns)


def within(scope: Scope, head: Any) -> ColumnElement[bool]:
    """Incidents of a situation that the caller reaches."""
    return true() if scope.covers(head.place_code) else scope.where(incidents.c.place_code)


def shown(connection: Connection, row: Any) -> dict[str, Any]:
    """An incident with its tasks and needs."""
    tasks = connection.execute(
        select(incident_tasks).where(incident_tasks.c.incident_id == row.id).order_by(incident_tasks.c.code)
    )
    names = ("code", "capability", "teams_needed", "service_s", "due_s", "latest_s", "synchronised")
    asked = connection.execute(
        select(items.c.code, incident_demands.c.quantity)
        .join(items, items.c.id == incident_demands.c.item_id)
        .where(incident_demands.c.incident_id == row.id)
        .order_by(items.c.code)
    )
    facts = ("code", "kind", "name", "name_en", "severity", "status", "lat", "lon", "reported_at", "people_affected",
             "duration_h", "note", "reported_by", "source", "merged_into")  # fmt: skip
    return {
        "situation": row.situation_code,
        "place": row.place_code,
        **{name: getattr(row, name) for name in facts},
        "tasks": [
            {**{name: getattr(task, name) for name in names},
             "equipment": [{"item": item, "quantity": units} for item, units in task.equipment or ()]}
            for task in tasks
        ],
        "demands": {row.code: row.quantity for row in asked} or None,
    }  # fmt: skip


def _visible(connection: Connection, scope: Scope, situation: str, code: str, *, locked: bool = False) -> Any:
    """Raises UnknownSituation, UnknownIncident, also for what lies outside."""
    head = situation_of(connection, scope, situation, part=True)
    row = find_incident(connection, code, situation=situation, locked=locked)
    if not (scope.covers(row.place_code) or scope.covers(head.place_code)):
        raise UnknownIncident(incident=code, situation=situation, known="-")
    return row


def _works(tasks: list[TaskIn], code: str) -> list[Work]:
    return [
        Work(
            code=task.code or f"{code}-{number}", capability=task.capability, teams_needed=task.teams_needed,
            service_s=task.service_s, due_s=task.due_s, latest_s=task.latest_s, synchronised=task.synchronised,
            equipment=[(one.item, one.quantity) for one in task.equipment],
        )
        for number, task in enumerate(tasks, start=1)
    ]  # fmt: skip


@router.post("/incidents", status_code=201, summary="上报事件 / report an incident", response_model=IncidentReported)
def reports(situation: Situation, given: IncidentIn, scope: Report, work: Writing) -> Response:
    """回答里的 likely_same 是可能重复的事件 / `likely_same` lists incidents that may be the same."""

    def inside(one: Step) -> dict[str, Any]:
        ensure_live(one.connection, situation)
        head = situation_of(one.connection, scope, situation, part=True)
        place = given.place or _own_place(scope)
        scope.check(place)
        known(one.connection, place=place)
        at = given.reported_at or head.as_of or one.at.replace(microsecond=0)
        facts = {**given.model_dump(exclude={"place", "tasks", "demands"}), "place_code": place, "reported_at": at}
        near = likely_same(one.connection, kind=given.kind, lat=given.lat, lon=given.lon, reported_at=at,
                           situation=situation, among=within(scope, head))  # fmt: skip
        act = one.act("RESCUE", note=given.note)
        code = report_incident(one.connection, facts=facts, tasks=[], demands=given.demands, act=act,
                               situation=situation)  # fmt: skip
        if given.tasks:
            edit_incident(one.connection, code, facts={}, tasks=_works(given.tasks, code), demands=None,
                          situation=situation)  # fmt: skip
        after = shown(one.connection, find_incident(one.connection, code, situation=situation))
        one.record("incidents.report", "incidents", f"{situation}/{code}", place=place, after=after)
        return {**after, "likely_same": [{"incident": other, "metres": metres} for other, metres in near]}

    return work.once(inside, asked=given)


def _own_place(scope: Scope) -> str | None:
    """Where no division is named: the caller's own, if there is just one."""
    if scope.everything or len(scope.patterns) != 1:
        return None
    digits = scope.patterns[0].removesuffix("%")
    return digits.ljust(12, "0")


@router.get("/incidents/{incident}", summary="一个事件 / one incident", response_model=IncidentOut)
def one_incident(situation: Situation, incident: Incident, scope: Look, connection: Reading) -> Response:
    return tagged(as_json(shown(connection, _visible(connection, scope, situation, incident))))


@router.patch("/incidents/{incident}", summary="更新事件 / bring an incident up to date", response_model=IncidentOut)
def edits(situation: Situation, incident: Incident, given: IncidentEdit, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        row = _visible(one.connection, scope, situation, incident, locked=True)
        before = shown(one.connection, row)
        work.matched(before)
        facts = given.model_dump(exclude_unset=True, exclude={"tasks", "demands", "status", "place"})
        if given.place is not None:
            scope.check(given.place)
            known(one.connection, place=given.place)
            facts["place_code"] = given.place
        works = None if given.tasks is None else _works(given.tasks, incident)
        edit_incident(one.connection, incident, facts=facts, tasks=works, demands=given.demands, situation=situation)
        if given.status is not None:
            close_incident(one.connection, incident, situation=situation, reopen=given.status == "open")
        after = shown(one.connection, find_incident(one.connection, incident, situation=situation))
        one.record("incidents.edit", "incidents", f"{situation}/{incident}", place=row.place_code, before=before,
                   after=after)  # fmt: skip
        return after

    return work.once(inside, asked=given.model_dump(exclude_unset=True), status=200)


@router.post("/incidents/{incident}/merge", summary="合并重复事件 / merge a duplicate", response_model=IncidentOut)
def merges(situation: Situation, incident: Incident, given: Merge, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        for code in (incident, given.into):
            _visible(one.connection, scope, situation, code)
        merge_incident(one.connection, incident, into=given.into, situation=situation)
        row = find_incident(one.connection, given.into, situation=situation)
        one.record("incidents.merge", "incidents", f"{situation}/{incident}", place=row.place_code,
                   after={"into": given.into})  # fmt: skip
        return shown(one.connection, row)

    return work.once(inside, asked=given, status=200)


@router.get("/closures", summary="封路与限行 / closures", response_model=list[ClosureOut])
def closed(situation: Situation, scope: Look, connection: Reading) -> Response:
    situation_of(connection, scope, situation, part=True)
    rows = [
        {**as_column(row), "speed_factor": Decimal(row["speed_factor"])} for row in closures_of(connection, situation)
    ]
    return Response(as_json(rows), media_type=JSON)


@router.post("/closures", status_code=201, summary="封路 / close a road", response_model=ClosureOut)
def closes(situation: Situation, given: ClosureIn, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        still_open(one.connection, situation)
        content = given.model_dump(mode="json", by_alias=True, exclude_none=True)
        (row,) = checked([{**content, "speed_factor": given.speed_factor}], source="closures")
        known = (closures.c.situation_code == situation) & (closures.c.code == given.id)
        if one.connection.execute(select(closures.c.id).where(known)).first() is not None:
            raise ClosureTaken(closure=given.id, situation=situation)
        one.connection.execute(
            insert(closures), {"situation_code": situation, "code": given.id, "content": as_column(row)}
        )
        one.record("closures.add", "closures", f"{situation}/{given.id}", place=head.place_code, after=row)
        return row

    return work.once(inside, asked=given.model_dump(mode="json", by_alias=True))


@router.delete("/closures/{closure:path}", summary="恢复通行 / open a road again", response_model=ClosureLifted)
def opens(situation: Situation, closure: Incident, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        still_open(one.connection, situation)
        known = (closures.c.situation_code == situation) & (closures.c.code == closure)
        before = one.connection.execute(select(closures.c.content).where(known)).scalar()
        if before is None:
            raise UnknownClosure(closure=closure, situation=situation)
        one.connection.execute(delete(closures).where(known))
        one.record("closures.lift", "closures", f"{situation}/{closure}", place=head.place_code, before=before)
        return {"closure": closure}

    return work.once(inside, status=200)


@router.post("/directives", status_code=201, summary="指定或禁止 / pin or ban", response_model=DirectiveOut)
def directs(situation: Situation, given: DirectiveIn, scope: Plans, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        by_team = given.team and given.task and not (given.store or given.incident or given.item)
        by_store = given.kind == "ban" and given.store and given.incident and not (given.team or given.task)
        if not (by_team or by_store):
            raise BadDirective
        number = add_directive(
            one.connection, kind=given.kind, act=one.act("PLAN", note=given.note), situation=situation,
            team=given.team, task=given.task, store=given.store, incident=given.incident, item=given.item,
        )  # fmt: skip
        after = given.model_dump(mode="json", exclude_none=True)
        one.record("directives.add", "directives", number, place=head.place_code, after=after)
        return {"id": number, **after}

    return work.once(inside, asked=given)


@router.delete("/directives/{number}", summary="解除 / lift a pin or ban", response_model=DirectiveLifted)
def lifts(situation: Situation, number: Annotated[int, Path(ge=1, le=2**62)], scope: Plans, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        lift_directive(one.connection, number, act=one.act("PLAN"), situation=situation)
        one.record("directives.lift", "directives", number, place=head.place_code)
        return {"id": number}

    return work.once(inside, status=200)
