"""Plans: made in a process of their own and streamed as they get better, approved in one transaction, carried out."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Annotated, Any, Literal

import anyio
import anyio.to_thread
from fastapi import APIRouter, Path, Request
from pydantic import Field
from sqlalchemy import select
from starlette.responses import Response, StreamingResponse

from api.access.scope import Caller, OutsideScope, Scope
from api.http import negotiate
from api.http.caller import AnyCaller, needs
from api.http.problems import MOST_ERRORS, STATUS, mistakes_in
from api.http.reads import PROBLEMS
from api.http.resources import Resource, field
from api.http.schemas import Body, Code, Entry, Instant, Lat, Lon
from api.http.work import Reading, Step, Writing, as_json, tagged
from api.routes.incidents import Situation, situation_of
from api.routes.plans_answers import (
    DraftOut,
    PlanApproved,
    PlanCancelled,
    PlanDifference,
    PlanRolledBack,
    Reported,
    TeamsStanding,
)
from api.settings import database_url, without_home
from api.situation import hold_until
from api.solvers import Solvers
from api.solving import Ask, Found
from inventory.database import now, transaction
from inventory.errors import InventoryError
from inventory.ledger.post import Act
from optimizer.dispatch.replanning import diff
from optimizer.errors import BadInput, OptimizerError
from scenarios.basis import basis_of
from scenarios.commit import cancel_plan, running_plan
from scenarios.drafts import approve_draft, find_draft, save_draft
from scenarios.exchange.json_text import parse_json
from scenarios.exchange.plan import LevelRow, PlanFile, parse_plan_text
from scenarios.history import plan_on_record, roll_back
from scenarios.incidents import find_situation, still_open
from scenarios.live import afoot
from scenarios.progress import report_progress, standing
from scenarios.tables import PROGRESS_STATES, drafts, orders, plans, progress, situations
from scenarios.texts import explain

router = APIRouter(prefix="/situations/{situation}", tags=["plans"], responses=PROBLEMS)
Number = Annotated[int, Path(ge=1, le=2**62)]
Look = Annotated[Scope, needs("plans.read")]
Make = Annotated[Scope, needs("plans.make")]
Approve = Annotated[Scope, needs("plans.approve")]
SSE = "text/event-stream"
_P, _D, _O, _G = plans.c, drafts.c, orders.c, progress.c


def _of_situation(table: Any) -> Any:
    return lambda rows: rows.select_from(table).join(situations, situations.c.code == table.c.situation_code)


PLANS = Resource(
    "plans", "plans.read", "批准过的方案", "plans that were approved",
    (
        field("id", _P.id, "方案号", "number"),
        field("situation", _P.situation_code, "态势", "situation"),
        field("status", _P.status, "committed 执行中、superseded 已替换、cancelled 已取消",
              "committed, superseded or cancelled"),
        field("as_of", _P.as_of, "方案时点", "the moment it is for"),
        field("recorded_at", _P.recorded_at, "批准时间", "approved at"),
        field("actor", _P.actor, "批准人", "approved by"),
        field("sha256", _P.sha256, "方案指纹", "digest of the plan"),
        field("problem_sha256", _P.problem_sha256, "问题指纹", "digest of the problem"),
    ),
    key=_P.id, places=(situations.c.place_code,), code="id", sort="-id", joined=_of_situation(plans),
)  # fmt: skip

DRAFTS = Resource(
    "drafts", "plans.read", "待批方案", "plans that wait for approval",
    (
        field("id", _D.id, "草案号", "number"),
        field("situation", _D.situation_code, "态势", "situation"),
        field("as_of", _D.as_of, "方案时点", "the moment it is for"),
        field("recorded_at", _D.recorded_at, "生成时间", "made at"),
        field("actor", _D.actor, "编制人", "made by"),
        field("sha256", _D.sha256, "方案指纹", "digest of the plan"),
        field("replans", _D.replans_id, "由哪个方案改来", "the plan it was made from"),
        field("plan", _D.plan_id, "批准后的方案号", "its number once approved"),
    ),
    key=_D.id, places=(situations.c.place_code,), code="id", sort="-id", joined=_of_situation(drafts),
)  # fmt: skip

ORDERS = Resource(
    "orders", "plans.read", "队伍命令", "orders of teams",
    (
        field("plan", _O.plan_id, "方案号", "plan"),
        field("situation", _P.situation_code, "态势", "situation"),
        field("plan_status", _P.status, "方案状态", "status of the plan"),
        field("team", _O.team, "队伍", "team"),
        field("position", _O.position, "次序", "position"),
        field("incident", _O.incident, "事件", "incident"),
        field("task", _O.task, "任务", "task"),
        field("depart_s", _O.depart_s, "出发（方案时点起秒）", "departure (s from the plan's moment)"),
        field("arrive_s", _O.arrive_s, "到达（方案时点起秒）", "arrival (s from the plan's moment)"),
        field("status", _O.status, "进度", "how far it has come"),
    ),
    key=_O.id, places=(situations.c.place_code,), sort="plan,team,position",
    joined=lambda rows: rows.select_from(orders).join(plans, _P.id == _O.plan_id).join(
        situations, situations.c.code == _P.situation_code),
)  # fmt: skip

PROGRESS = Resource(
    "progress", "plans.read", "队伍进度报告", "reports of teams on their way",
    (
        field("id", _G.id, "序号", "number"),
        field("situation", _G.situation_code, "态势", "situation"),
        field("plan", _G.plan_id, "方案号", "plan"),
        field("team", _G.team, "队伍", "team"),
        field("incident", _G.incident, "事件", "incident"),
        field("task", _G.task, "任务", "task"),
        field("state", _G.state, "acknowledged、en_route、on_scene、done、home",
              "acknowledged, en_route, on_scene, done, home"),
        field("at", _G.at, "时间", "when"),
        field("arrives_at", _G.arrives_at, "预计到达", "arrives at"),
        field("lat", _G.lat, "纬度", "latitude"),
        field("lon", _G.lon, "经度", "longitude"),
        field("recorded_at", _G.recorded_at, "收到时间", "recorded at"),
        field("actor", _G.actor, "报告人", "reported by"),
    ),
    key=_G.id, places=(situations.c.place_code,), code="id", sort="-id", point=("lat", "lon"),
    joined=_of_situation(progress),
)  # fmt: skip

ALL = (PLANS, DRAFTS, ORDERS, PROGRESS)


class NotYourTeam(InventoryError):
    """A team leader reports for the own team only. Facts: team, own."""


class SolveIn(Body):
    replan: bool = Field(False, description="从执行中的方案出发，改动最少 / from the plan in force, with least change")
    as_of: Instant | None = Field(None, description="空为现在 / null: now")
    seed: int = Field(0, ge=0, le=2**31 - 1)
    limit_s: int | None = Field(None, ge=1, le=3600, description="最长用时（秒） / at most so long (s)")


class ApproveIn(Entry):
    hold_h: int | None = Field(None, ge=1, le=24 * 30, description="物资保留小时数 / hours the stock is kept")


class ProgressIn(Body):
    team: Code
    task: Code
    state: Literal[PROGRESS_STATES]  # type: ignore[valid-type]
    at: Instant | None = None
    arrives_at: Instant | None = None
    lat: Lat | None = None
    lon: Lon | None = None


@router.post(
    "/solve", summary="编制方案 / make a plan",
    responses={200: {"model": DraftOut, "content": {SSE: {}}, "description": (
        "application/json：最后的方案；text/event-stream：逐个更好的方案 / "
        "the last plan as JSON, or every better one as an event")}},
)  # fmt: skip
def solves(situation: Situation, given: SolveIn, scope: Make, caller: AnyCaller, request: Request) -> Response:
    """事件 phase 为阶段，plan 为一个完整且核验过的方案（已存为待批草案）；断开连接即停止求解，已得方案保留。/
    Event `phase` names what is being done; `plan` is a whole, checked plan, kept as a draft. Closing the connection
    stops the solve; plans found so far stay."""
    state = request.app.state
    with state.engine.connect() as connection:
        head = situation_of(connection, scope, situation)
        still_open(connection, situation)
    ask = Ask(database_url=database_of(state), situation=situation, place=head.place_code, as_of=given.as_of,
              seed=given.seed, replan=given.replan)  # fmt: skip
    lang = request.state.lang
    found = _found(state, ask, caller, given.limit_s)
    if negotiate.accepted(request, (negotiate.JSON, SSE)) == SSE:
        return StreamingResponse(events(found, lang), media_type=SSE, headers={"X-Accel-Buffering": "no"})
    last: DraftOut | None = None
    for kind, what in found:
        last = what if kind == "plan" else last
    assert last is not None  # else it raised
    return Response(as_json(last), media_type=negotiate.JSON)


def database_of(state: Any) -> str:
    return str(state.engine.url.render_as_string(hide_password=False)) if state.engine is not None else database_url()


def _found(state: Any, ask: Ask, caller: Caller, limit_s: float | None) -> Iterator[tuple[str, Any]]:
    """("phase", name) and ("plan", DraftOut), each plan kept as a draft before anybody hears of it."""
    solvers: Solvers = state.solvers
    with solvers.solving(ask, limit_s=limit_s) as solving:
        began, last = monotonic(), None
        try:
            for kind, what in solving:
                if kind == "phase":
                    yield "phase", what.removeprefix("phase.")
                else:
                    last = what
                    yield "plan", _keep(state.engine, ask, caller, what)
        finally:
            state.metrics.solved(monotonic() - began, last)
    if last is not None and state.explainers is not None:
        state.explainers.warm()  # somebody will ask why


def _keep(engine: Any, ask: Ask, caller: Caller, found: Found) -> DraftOut:
    act = Act(actor=caller.name, reason="PLAN", at=now())
    plan = parse_plan_text(found.content, source=ask.situation)
    with transaction(engine) as connection:
        number = save_draft(connection, plan, basis=found.basis, as_of=found.as_of, act=act, situation=ask.situation)
    levels = [LevelRow.model_validate(level) for level in found.levels]
    return DraftOut(draft=number, stage=found.stage, last=found.last, status=found.status, seconds=found.seconds,
                    unplaced=list(found.unplaced), levels=levels)  # fmt: skip


async def events(found: Iterator[tuple[str, Any]], lang: str) -> AsyncIterator[str]:
    """Server-sent events; the solver is waited for in a thread, so that nobody else waits."""
    ended = object()

    def following() -> Any:
        return next(found, ended)

    try:
        while True:
            try:
                event = await anyio.to_thread.run_sync(following)
            except (InventoryError, OptimizerError) as error:
                code, lines = type(error).__name__, [without_home(line) for line in explain(error, lang)]
                told = {"code": code, "status": STATUS.get(code, 422), "detail": lines[0]}
                if isinstance(error, BadInput):
                    told["errors"] = [one.model_dump() for one in mistakes_in(error, lines[1:])[:MOST_ERRORS]]
                yield f"event: problem\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"
                return
            if event is ended:
                return
            kind, what = event
            data = _line(what) if kind == "why" else as_json({"phase": what} if kind == "phase" else what)
            yield f"event: {kind}\ndata: {data}\n\n"
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(found.close)  # type: ignore[attr-defined]


def _line(document: str) -> str:
    """A document as one event may hold it: line ends are all outside its strings."""
    return document.replace("\n", " ")


@router.get("/drafts/{number}", summary="待批方案全文 / a plan that waits for approval", response_model=PlanFile)
def draft(situation: Situation, number: Number, scope: Look, connection: Reading) -> Response:
    """plan.json 原文 / plan.json, byte for byte."""
    situation_of(connection, scope, situation)
    _, content = find_draft(connection, number, situation)
    return tagged(content)


@router.post(
    "/drafts/{number}/approve", summary="批准方案 / approve a plan", status_code=201, response_model=PlanApproved
)
def approves(situation: Situation, number: Number, given: ApproveIn, scope: Approve, work: Writing) -> Response:
    """一次完成：预留物资、下达命令；情况已变则拒绝，并说明变了什么 / stock reserved and orders issued at once;
    refused with what changed where the plan is stale."""

    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        still_open(one.connection, situation, locked=True)  # before what goes on is read: a report may be under way
        found, _ = find_draft(one.connection, number, situation)
        until = hold_until(one.at, found.as_of, None if given.hold_h is None else Decimal(given.hold_h))
        now_ = basis_of(afoot(one.connection, situation=situation, place=head.place_code))
        act = one.act("PLAN", reference=f"plan:{situation}", **given.said())
        done = approve_draft(one.connection, number, now=now_, act=act, situation=situation, expires_at=until)
        after = {"draft": number, "plan": done.plan, "replaces": done.replaces}
        one.record("plans.approve", "plans", done.plan, place=head.place_code, after=after)
        return {
            **after,
            "reserved": [_units(key, units) for key, units in sorted(done.reserved.items())],
            "released": [_units(key, units) for key, units in sorted(done.released.items())],
        }

    return work.once(inside, asked=given)


def _units(key: tuple[str, str, str], units: Any) -> dict[str, Any]:
    return {"store": key[0], "item": key[1], "lot": key[2], "quantity": units}


@router.get("/plan", summary="执行中的方案 / the plan in force", response_model=PlanFile)
def in_force(situation: Situation, scope: Look, connection: Reading) -> Response:
    situation_of(connection, scope, situation)
    content = running_plan(connection, situation)
    return tagged(content)


@router.get("/plans/{number}", summary="方案全文 / a plan on record", response_model=PlanFile)
def on_record(situation: Situation, number: Number, scope: Look, connection: Reading) -> Response:
    situation_of(connection, scope, situation)
    _, content = plan_on_record(connection, number, situation)
    return tagged(content)


@router.get(
    "/drafts/{number}/diff", summary="与执行中的方案相比 / against the plan in force", response_model=PlanDifference
)
def differs(situation: Situation, number: Number, scope: Look, connection: Reading) -> Response:
    situation_of(connection, scope, situation)
    found, content = find_draft(connection, number, situation)
    before = parse_plan_text(running_plan(connection, situation), source=situation)
    row = connection.execute(select(_P.as_of).where(_P.situation_code == situation, _P.status == "committed")).scalar()
    shift_s = 0 if row is None else (found.as_of - row) // timedelta(seconds=1)
    changes = diff(before, parse_plan_text(content, source=f"draft {number}"), shift_s=shift_s)
    unmet = [dict(zip(("incident", "what", "before", "after"), row, strict=True)) for row in changes.unmet]
    return Response(as_json({**asdict(changes), "unmet": unmet}), media_type=negotiate.JSON)


@router.post("/plan/cancel", summary="取消执行中的方案 / give the plan in force up", response_model=PlanCancelled)
def cancels(situation: Situation, given: Entry, scope: Approve, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        act = one.act("CANCELLED", reference=f"plan:{situation}", **given.said())
        released = cancel_plan(one.connection, act=act, situation=situation)
        one.record("plans.cancel", "plans", situation, place=head.place_code)
        return {"released": [_units(key, units) for key, units in sorted(released.items())]}

    return work.once(inside, asked=given, status=200)


@router.post(
    "/plans/{number}/rollback", summary="退回到以前的方案 / back to an earlier plan", response_model=PlanRolledBack
)
def rolls_back(situation: Situation, number: Number, given: ApproveIn, scope: Approve, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        at: datetime = head.as_of or one.at.replace(microsecond=0)
        until = hold_until(one.at, at, None if given.hold_h is None else Decimal(given.hold_h))
        act = one.act("PLAN", reference=f"plan:{situation}", **given.said())
        _, done = roll_back(one.connection, number, act=act, situation=situation, expires_at=until, as_of=at)
        one.record("plans.rollback", "plans", done.plan, place=head.place_code, after={"of": number})
        return {"plan": done.plan, "replaces": done.replaces, "of": number}

    return work.once(inside, asked=given, status=200)


@router.post("/progress", status_code=201, summary="回报进度 / report how far a team has come", response_model=Reported)
def reports(
    situation: Situation, given: ProgressIn, scope: Annotated[Scope, needs("orders.report")], work: Writing
) -> Response:
    """队长只能报自己的队 / a team leader reports for the own team."""

    def inside(one: Step) -> dict[str, Any]:
        head = find_situation(one.connection, situation)
        _own_team(work.caller, given.team, head.place_code)
        report = report_progress(
            one.connection, team=given.team, task=given.task, state=given.state, act=one.act("PLAN"),
            situation=situation, at=given.at or head.as_of, arrives_at=given.arrives_at, lat=given.lat, lon=given.lon,
        )  # fmt: skip
        after = parse_json(as_json(report), source="progress")
        one.record("orders.report", "orders", f"{situation}/{given.team}/{given.task}", place=head.place_code,
                   after=after)  # fmt: skip
        return {"report": report}

    return work.once(inside, asked=given)


def _own_team(caller: Caller, team: str, place: str | None) -> None:
    """Whoever manages orders there reports for every team; a leader for the own one. Raises NotYourTeam."""
    if caller.permits("orders.manage"):
        try:
            caller.scope("orders.manage").check(place)
            return
        except OutsideScope:
            if team not in caller.teams:
                raise
    if team not in caller.teams:
        raise NotYourTeam(team=team, own=", ".join(sorted(caller.teams)) or "-")


@router.get("/standing", summary="各队现状 / where the teams stand", response_model=TeamsStanding)
def stands(situation: Situation, scope: Look, connection: Reading) -> Response:
    situation_of(connection, scope, situation)
    found = standing(connection, situation)
    body = {"newest": list(found.newest.values()), "done": [list(pair) for pair in sorted(found.done)]}
    return Response(as_json(body), media_type=negotiate.JSON)
