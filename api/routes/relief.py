"""Shelters and evacuees, requests for aid, shift hand-over notes."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.negotiate import JSON
from api.http.reads import PROBLEMS, one_of, row_model
from api.http.resources import Resource, field
from api.http.work import Reading, Step, Writing, as_json, tagged
from api.office import known
from api.routes import relief_answers as told
from api.routes.incidents import Situation, situation_of
from api.routes.relief_bodies import AidIn, AnswerIn, Evacuation, HandoverIn, MoveIn, ShelterEdit, ShelterIn
from inventory.catalogue import UnknownItem
from inventory.ledger.post import ids_by_code
from inventory.tables.goods import items
from optimizer.errors import OptimizerError
from scenarios.aid import UnknownAid, aid_history, answer_aid, ask_aid, find_aid, hand_over, short_of, take_over
from scenarios.relief import (
    Household,
    UnknownEvacuee,
    UnknownShelter,
    find_shelter,
    list_households,
    move_household,
    save_shelter,
)
from scenarios.relief_tables import (
    aid_requests,
    evacuees,
    handovers,
    shelters,
)
from scenarios.tables import situations

router = APIRouter(tags=["relief"], responses=PROBLEMS)
Look = Annotated[Scope, needs("incidents.read")]
Manage = Annotated[Scope, needs("incidents.manage")]
Report = Annotated[Scope, needs("incidents.report")]
Named = Annotated[str, Path(min_length=1, max_length=64)]
_H, _E, _A, _N = shelters.c, evacuees.c, aid_requests.c, handovers.c

_INSIDE = (
    select(func.coalesce(func.sum(_E.people), 0))
    .where(_E.shelter_id == _H.id, _E.status.in_(["moving", "sheltered"]), _E.situation_code.not_in(
        select(situations.c.code).where(situations.c.kind == "exercise")))
    .scalar_subquery()
)  # fmt: skip
SHELTERS = Resource(
    "shelters", "incidents.read", "避难安置点", "shelters",
    (
        field("code", _H.code, "代码", "code"),
        field("name", _H.name, "名称", "name"),
        field("name_en", _H.name_en, "英文名", "English name"),
        field("place", _H.place_code, "区划代码", "division code"),
        field("lat", _H.lat, "纬度（WGS-84，度）", "latitude (WGS-84, degrees)"),
        field("lon", _H.lon, "经度（WGS-84，度）", "longitude (WGS-84, degrees)"),
        field("capacity", _H.capacity, "容量（人）", "capacity (people)"),
        field("people", _INSIDE, "已安置及在途（人）", "people in it or on their way", kind=int, required=True),
        field("status", _H.status, "ready 备用、open 启用、closed 关闭", "ready, open or closed"),
    ),
    key=_H.code, places=(_H.place_code,), code="code", sort="code", point=("lat", "lon"),
)  # fmt: skip

EVACUEES = Resource(
    "evacuees", "incidents.read", "转移人员（按户）", "households that are moved",
    (
        field("situation", _E.situation_code, "态势", "situation"),
        field("code", _E.code, "户编号", "code of the household"),
        field("incident", _E.incident, "事件", "incident"),
        field("people", _E.people, "人数", "people"),
        field("place", _E.place_code, "区划代码", "division code"),
        field("batch", _E.batch, "批次（1 最先）", "batch (1 moves first)"),
        field("responsible", _E.responsible, "责任人（一户一人）", "who answers for it (just one)"),
        field("shelter", _H.code, "安置点", "shelter", required=False),
        field("status", _E.status, "listed、moving、sheltered、home", "listed, moving, sheltered, home"),
        field("moved_at", _E.moved_at, "最近变动时间", "last moved at"),
        field("note", _E.note, "备注", "note"),
    ),
    key=_E.id, places=(_E.place_code,), sort="batch,place,code",
    joined=lambda rows: rows.select_from(evacuees).outerjoin(shelters, _H.id == _E.shelter_id),
)  # fmt: skip

AID = Resource(
    "aid-requests", "incidents.read", "支援申请", "requests for aid",
    (
        field("number", _A.number, "单号", "number"),
        field("situation", _A.situation_code, "态势", "situation"),
        field("from_place", _A.from_place, "申请方区划", "who asks"),
        field("to_place", _A.to_place, "受理方区划", "who is asked"),
        field("incident", _A.incident, "事件", "incident"),
        field("short", _A.short, "缺什么", "what is short", kind=list[told.ShortOf]),
        field("status", _A.status, "状态", "status"),
        field("passed_on_as", _A.passed_on_as, "上报后的单号", "request one level up"),
        field("note", _A.note, "备注", "note"),
        field("actor", _A.actor, "申请人", "asked by"),
        field("recorded_at", _A.recorded_at, "时间", "when"),
    ),
    key=_A.id, places=(_A.from_place, _A.to_place), sort="-recorded_at",
)  # fmt: skip

HANDOVERS = Resource(
    "handovers", "incidents.read", "交接班记录", "hand-over notes",
    (
        field("id", _N.id, "序号", "number"),
        field("situation", _N.situation_code, "态势", "situation"),
        field("content", _N.content, "内容", "note"),
        field("open_points", _N.open_points, "待办", "open points", kind=list),
        field("state", _N.state, "当时情况", "how things stood", kind=dict),
        field("actor", _N.actor, "交班人", "handed over by"),
        field("recorded_at", _N.recorded_at, "交班时间", "when"),
        field("taken_by", _N.taken_by, "接班人", "taken over by"),
        field("taken_at", _N.taken_at, "接班时间", "taken over at"),
    ),
    key=_N.id, places=(_N.place_code, situations.c.place_code), code="id", sort="-id",
    joined=lambda rows: rows.select_from(handovers).join(situations, situations.c.code == _N.situation_code),
)  # fmt: skip

ALL = (SHELTERS, EVACUEES, AID, HANDOVERS)


class NotYourRequest(OptimizerError):
    """The level that is asked answers a request, the one that asked withdraws it. Facts: number, status."""


@router.post("/shelters", status_code=201, summary="新建安置点 / add a shelter", response_model=row_model(SHELTERS))
def adds_shelter(given: ShelterIn, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        known(one.connection, place=given.place)
        scope.check(given.place)
        facts = given.model_dump(exclude={"code", "place"}) | {"place_code": given.place}
        save_shelter(one.connection, code=given.code, facts=facts, new=True)
        one.record("shelters.add", "shelters", given.code, place=given.place, after=given.model_dump(mode="json"))
        return _shelter(one.connection, given.code)

    return work.once(inside, asked=given)


@router.patch("/shelters/{code}", summary="修改安置点 / edit a shelter", response_model=row_model(SHELTERS))
def edits_shelter(code: Named, given: ShelterEdit, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        row = find_shelter(one.connection, code, locked=True)  # before it is compared with what the caller saw
        scope.check(row.place_code)
        before = _shelter(one.connection, code)
        work.matched(before)
        save_shelter(one.connection, code=code, facts=given.model_dump(exclude_unset=True), new=False)
        after = _shelter(one.connection, code)
        one.record("shelters.edit", "shelters", code, place=row.place_code, before=before, after=after)
        return after

    return work.once(inside, asked=given.model_dump(exclude_unset=True), status=200)


def _shelter(connection: Connection, code: str) -> dict[str, Any]:
    """As GET /shelters/{code} shows it, so that its ETag is the one to edit by."""
    return one_of(connection, SHELTERS, Scope("incidents.read", True, ()), code)


@router.post(
    "/situations/{situation}/evacuees",
    status_code=201,
    summary="列出转移户并绑定责任人 / list households",
    response_model=told.HouseholdsListed,
)
def lists(situation: Situation, given: Evacuation, scope: Manage, work: Writing) -> Response:
    """每户恰好一名责任人；未写明的均分，相差不超过一户 / each household has exactly one; those that name nobody are
    shared out evenly."""

    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation, part=True)
        for place in sorted({household.place for household in given.households}):
            known(one.connection, place=place)
            scope.check(place)
        rows = [Household(**household.model_dump()) for household in given.households]
        bound = list_households(one.connection, incident=given.incident, households=rows,
                                responsible=given.responsible, situation=situation)  # fmt: skip
        people = sum(household.people for household in given.households)
        after = {"incident": given.incident, "households": len(rows), "people": people}
        one.record("evacuees.list", "evacuees", situation, place=head.place_code, after=after)
        return {**after, "responsible": bound}

    return work.once(inside, asked=given)


@router.post(
    "/situations/{situation}/evacuees/{code}/move",
    summary="转移进展 / a household moves",
    response_model=told.HouseholdMoved,
)
def moves(situation: Situation, code: Named, given: MoveIn, scope: Report, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        place = one.connection.execute(
            select(_E.place_code).where(_E.situation_code == situation, _E.code == code)
        ).scalar()
        if place is None or not scope.covers(place):
            raise UnknownEvacuee(evacuee=code, situation=situation)
        if given.shelter is not None:
            there = find_shelter(one.connection, given.shelter).place_code
            # a village moves its people into the shelter of its town, which it does not manage; never out of its county
            if not scope.covers(there) and there[:6] != place[:6]:
                raise UnknownShelter(shelter=given.shelter)
        act = one.act("RESCUE", **given.said())
        move_household(one.connection, code, status=given.status, act=act, situation=situation, shelter=given.shelter)
        after = given.model_dump(mode="json", exclude_none=True)
        one.record("evacuees.move", "evacuees", f"{situation}/{code}", place=place, after=after)
        return {"situation": situation, "code": code, **after}

    return work.once(inside, asked=given, status=200)


@router.get(
    "/situations/{situation}/evacuation", summary="转移进度 / how far the evacuation is", response_model=told.Evacuated
)
def evacuation(situation: Situation, scope: Look, connection: Reading) -> Response:
    """户数、人数按状态和批次；没有责任人的户应为空 / households and people by status and batch; `unbound` should be
    empty."""
    situation_of(connection, scope, situation, part=True)
    mine = (_E.situation_code == situation, scope.where(_E.place_code))
    rows = connection.execute(
        select(_E.batch, _E.status, func.count(), func.sum(_E.people)).where(*mine).group_by(_E.batch, _E.status)
        .order_by(_E.batch, _E.status)
    )  # fmt: skip
    load = connection.execute(
        select(_E.responsible, func.count()).where(*mine).group_by(_E.responsible).order_by(_E.responsible)
    )
    unbound = connection.execute(select(_E.code).where(*mine, _E.responsible == "")).scalars().all()
    body = {
        "progress": [
            {"batch": batch, "status": status, "households": int(households), "people": int(people)}
            for batch, status, households, people in rows
        ],
        "responsible": {person: int(number) for person, number in load},
        "unbound": list(unbound),
    }
    return Response(as_json(body), media_type=JSON)


def _aid(connection: Connection, number: str) -> dict[str, Any]:
    row = find_aid(connection, number)
    names = ("number", "from_place", "to_place", "incident", "short", "status", "passed_on_as", "note", "actor",
             "recorded_at")  # fmt: skip
    facts = {name: getattr(row, name) for name in names}
    return {**facts, "situation": row.situation_code, "events": aid_history(connection, row.id)}


def _seen_aid(connection: Connection, scope: Scope, number: str) -> Any:
    row = find_aid(connection, number)
    if not (scope.covers(row.from_place) or scope.covers(row.to_place)):
        raise UnknownAid(number=number)
    return row


@router.post(
    "/situations/{situation}/aid-requests",
    status_code=201,
    summary="申请支援 / ask for aid",
    response_model=told.AidOut,
)
def asks_aid(situation: Situation, given: AidIn, scope: Report, work: Writing) -> Response:
    """逐级上报：村→乡镇→县 / goes up one level: village, town, county."""

    def inside(one: Step) -> dict[str, Any]:
        situation_of(one.connection, scope, situation, part=True)
        known(one.connection, place=given.place)
        scope.check(given.place)
        short = _short(one.connection, given, situation)
        number = ask_aid(one.connection, place=given.place, short=short, act=one.act("RESCUE", **given.said()),
                         situation=situation, incident=given.incident)  # fmt: skip
        after = _aid(one.connection, number)
        one.record("aid.ask", "aid-requests", number, place=given.place, after=after)
        return after

    return work.once(inside, asked=given)


def _short(connection: Connection, given: AidIn, situation: str) -> list[dict[str, Any]]:
    if given.short is None:
        return short_of(connection, place=given.place, situation=situation)
    wanted = sorted({row.item for row in given.short if row.item is not None})
    there = ids_by_code(connection, items, wanted)
    for item in wanted:
        if item not in there:
            raise UnknownItem(item=item)
    return [
        {**row.model_dump(exclude_none=True, exclude={"quantity"}), "quantity": _plain(row.quantity)}
        for row in given.short
    ]


def _plain(units: Decimal) -> str:
    return format(units, "f")


@router.get("/aid-requests/{number}", summary="一张支援申请 / one request for aid", response_model=told.AidOut)
def one_aid(number: Named, scope: Look, connection: Reading) -> Response:
    _seen_aid(connection, scope, number)
    return tagged(as_json(_aid(connection, number)))


@router.post("/aid-requests/{number}/answer", summary="受理、上报、办结 / answer a request", response_model=told.AidOut)
def answers(number: Named, given: AnswerIn, scope: Manage, work: Writing) -> Response:
    """withdrawn 由申请方，其余由受理方 / withdrawn by who asked, all else by who is asked."""

    def inside(one: Step) -> dict[str, Any]:
        row = _seen_aid(one.connection, scope, number)
        whose = row.from_place if given.status == "withdrawn" else row.to_place
        if not scope.covers(whose):
            raise NotYourRequest(number=number, status=given.status)
        above = answer_aid(one.connection, number, status=given.status, act=one.act("RESCUE", **given.said()))
        one.record("aid.answer", "aid-requests", number, place=whose, after={"status": given.status, "above": above})
        return _aid(one.connection, number)

    return work.once(inside, asked=given, status=200)


@router.post(
    "/situations/{situation}/handovers",
    status_code=201,
    summary="写交接班记录 / hand over",
    response_model=told.HandoverOut,
)
def hands_over(situation: Situation, given: HandoverIn, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation, part=True)
        place = head.place_code
        number = hand_over(one.connection, content=given.content, open_points=given.open_points,
                           act=one.act("PLAN"), situation=situation, place=place)  # fmt: skip
        one.record("handovers.write", "handovers", number, place=place)
        return {"id": number, **given.model_dump()}

    return work.once(inside, asked=given)


@router.post(
    "/situations/{situation}/handovers/{number}/take", summary="接班 / take over", response_model=told.HandoverTaken
)
def takes_over(
    situation: Situation, number: Annotated[int, Path(ge=1, le=2**62)], scope: Manage, work: Writing
) -> Response:
    """不能由交班人自己接班 / by somebody else than who wrote it."""

    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation, part=True)
        take_over(one.connection, number, act=one.act("PLAN"), situation=situation)
        one.record("handovers.take", "handovers", number, place=head.place_code)
        return {"id": number, "taken_by": work.caller.name}

    return work.once(inside, status=200)
