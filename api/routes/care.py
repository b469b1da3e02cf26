"""The five fixed: board, findings, scores, tasks and their evidence, checks on record, the monthly report."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from sqlalchemy import Connection, case, select
from starlette.responses import Response

from api.access.scope import Scope
from api.care import evaluate, finish, stored_board
from api.http import negotiate
from api.http.caller import needs
from api.http.papers import PDF, written
from api.http.problems import language
from api.http.reads import PROBLEMS, one_of, row_model
from api.http.resources import Resource, field
from api.http.schemas import Body, Code, Day, Division, Entry
from api.http.work import Reading, Step, Writing, as_json
from api.office import plain
from api.routes.care_answers import Board, Evaluation, MonthReport, Recorded
from api.routes.reach import place_in_reach
from api.routes.stock import reach_store
from api.settings import files_folder
from inventory.care.done import DoneInFuture, UnknownTask, assign_task, record_check
from inventory.care.files import attach
from inventory.care.monthly import monthly_report
from inventory.database import now
from inventory.documents import write_monthly_report_pdf, write_monthly_report_xlsx
from inventory.errors import InventoryError
from inventory.five_fixed import shanghai_day
from inventory.kinds import KINDS, STORE_WIDE
from inventory.tables.care import TASK_STATES, evaluations, findings, maintenance, store_scores, tasks
from inventory.tables.goods import items
from inventory.tables.places import stores

router = APIRouter(prefix="/five-fixed", tags=["five-fixed"], responses=PROBLEMS)
Look = Annotated[Scope, needs("care.read")]
Do = Annotated[Scope, needs("care.do")]
Manage = Annotated[Scope, needs("care.manage")]
Number = Annotated[int, Path(ge=1, le=2**62, description="任务序号 / number of the task")]

_F, _T, _C, _M, _E = findings.c, tasks.c, store_scores.c, maintenance.c, evaluations.c
_RANK = case((_F.severity == "critical", 0), (_F.severity == "major", 1), else_=2)

FINDINGS = Resource(
    "five-fixed/findings", "care.read", "五定检查发现的问题", "five-fixed findings",
    (
        field("id", _F.id, "序号", "number"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("place", stores.c.place_code, "区划代码", "division code"),
        field("rule", _F.rule, "定人、定位、定量、定质、定期：custodian、location、quantity、quality、period",
              "custodian, location, quantity, quality, period"),
        field("code", _F.code, "问题代码", "code of the finding"),
        field("severity", _F.severity, "critical、major、minor", "critical, major, minor"),
        field("rank", _RANK, "严重程度序：0 最重", "rank of the severity, 0 the gravest", kind=int, required=True),
        field("item", _F.item, "物资代码", "code of the item"),
        field("lot", _F.lot, "批号", "lot number"),
        field("kind", _F.kind, "检查种类", "kind of check"),
        field("due", _F.due, "应于何日前办理", "due on"),
        field("task", _F.task, "任务编号", "key of the task"),
        field("blocks", _F.blocks, "是否拦住出库", "keeps units from leaving"),
        field("facts", _F.facts, "细节", "facts", kind=dict),
        field("evaluated_at", _E.recorded_at, "评估时间", "evaluated at"),
    ),
    key=_F.id, places=(stores.c.place_code,), code="id", sort="rank,store,item",
    joined=lambda rows: rows.select_from(findings).join(stores, stores.c.id == _F.store_id).join(
        evaluations, _E.id == _F.evaluation_id),
)  # fmt: skip

SCORES = Resource(
    "five-fixed/scores", "care.read", "五定得分", "five-fixed scores of stores",
    (
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("name", stores.c.name, "名称", "name"),
        field("place", stores.c.place_code, "区划代码", "division code"),
        field("tier", stores.c.tier, "层级", "tier"),
        field("score", _C.score, "得分 0–1", "score, 0 to 1"),
        field("failed", _C.failed, "是否不合格", "failed"),
        field("serviceable_share", _C.serviceable_share, "完好率 0–1", "share that is serviceable, 0 to 1"),
        field("critical", _C.critical, "严重问题数", "critical findings"),
        field("major", _C.major, "较重问题数", "major findings"),
        field("minor", _C.minor, "一般问题数", "minor findings"),
        field("overdue", _C.overdue, "逾期项数", "checks overdue"),
        field("due_soon", _C.due_soon, "即将到期项数", "checks due soon"),
        field("shares", _C.shares, "各定合格率", "share passed by rule", kind=dict),
        field("evaluated_at", _E.recorded_at, "评估时间", "evaluated at"),
    ),
    key=stores.c.code, places=(stores.c.place_code,), code="store", sort="score,store",
    joined=lambda rows: rows.select_from(store_scores).join(stores, stores.c.id == _C.store_id).join(
        evaluations, _E.id == _C.evaluation_id),
)  # fmt: skip

TASKS = Resource(
    "five-fixed/tasks", "care.read", "五定任务", "five-fixed tasks",
    (
        field("id", _T.id, "序号", "number"),
        field("key", _T.key, "任务编号：库点/物资/批号/种类", "key: STORE/ITEM/LOT/KIND"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("place", stores.c.place_code, "区划代码", "division code"),
        field("item", _T.item, "物资代码", "code of the item"),
        field("lot", _T.lot, "批号", "lot number"),
        field("kind", _T.kind, "种类", "kind"),
        field("due", _T.due, "应于何日前办理", "due on"),
        field("severity", _T.severity, "critical、major、minor", "critical, major, minor"),
        field("status", _T.status, "状态：open、assigned、done、failed、lapsed",
              "status: open, assigned, done, failed, lapsed"),
        field("assignee", _T.assignee, "承办人", "assigned to"),
        field("opened_at", _T.opened_at, "产生时间", "opened at"),
        field("closed_at", _T.closed_at, "办结时间", "closed at"),
        field("closed_by", _T.closed_by, "办结人", "closed by"),
        field("note", _T.note, "备注", "note"),
    ),
    key=_T.id, places=(stores.c.place_code,), code="id", sort="due,store,key",
    joined=lambda rows: rows.select_from(tasks).join(stores, stores.c.id == _T.store_id),
)  # fmt: skip

CHECKS = Resource(
    "five-fixed/maintenance", "care.read", "检查维护记录", "checks on record",
    (
        field("id", _M.id, "序号", "number"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("item", items.c.code, "物资代码（空为全库）", "code of the item (null: the whole store)", required=False),
        field("lot", _M.lot_code, "批号（空为全部批次）", "lot number (null: every lot)"),
        field("kind", _M.kind, "种类", "kind"),
        field("done_on", _M.done_on, "完成日期", "done on"),
        field("result", _M.result, "PASSED 或 FAILED", "PASSED or FAILED"),
        field("actor", _M.actor, "登记人", "recorded by"),
        field("recorded_at", _M.recorded_at, "登记时间", "recorded at"),
        field("note", _M.note, "备注", "note"),
    ),
    key=_M.id, places=(stores.c.place_code,), code="id", sort="-done_on",
    joined=lambda rows: rows.select_from(maintenance).join(stores, stores.c.id == _M.store_id).outerjoin(
        items, items.c.id == _M.item_id),
)  # fmt: skip

ALL = (FINDINGS, SCORES, TASKS, CHECKS)


class EvaluateIn(Body):
    place: Division | None = Field(None, description="空为管辖范围 / null: what the caller reaches")
    preset: Literal["general", "medical"] = "general"


class AssignIn(Body):
    person: Code = Field(description="人员代码 / code of the person")


class DoneIn(Entry):
    passed: bool = Field(True, description="false：不合格，批次立即停用 / false: the lot is unserviceable at once")
    done_on: Day | None = Field(None, description="完成日期，空为今天 / day it was done; null: today")
    bin: Code | None = Field(None, description="上架任务放入的货位 / bin, of a task to put away")
    evidence: list[Annotated[int, Field(ge=1, le=2**62)]] = Field(
        [], max_length=50, description="已上传附件的序号 / numbers of uploaded files"
    )


class CheckIn(Entry):
    store: Code
    item: Code | None = Field(None, description="空为全库（盘点、季前检查） / null: the whole store")
    lot: Code | None = None
    kind: Literal[tuple(one for one in KINDS if one != "RETIRE")]  # type: ignore[valid-type]
    passed: bool = True
    done_on: Day | None = None


class WholeStoreCheck(InventoryError):
    """A check of a whole store that is made of an item or a lot. Facts: kind."""


@router.get("/board", summary="五定看板 / five-fixed board", response_model=Board)
def board(scope: Look, connection: Reading, place: Division | None = None) -> Response:
    """最近一次评估的结果；stale 为真时请先 POST /five-fixed/evaluate / as last evaluated; where `stale` says so,
    evaluate anew. Looking changes nothing."""
    there = place_in_reach(connection, scope, place)
    found = stored_board(connection, today=shanghai_day(now()), place=there)
    return Response(as_json(found), media_type=negotiate.JSON)


@router.post("/evaluate", status_code=201, summary="评估 / evaluate", response_model=Evaluation)
def evaluates(given: EvaluateIn, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        place = place_in_reach(one.connection, scope, given.place)
        night = evaluate(one.connection, at=one.at, place=place, preset=given.preset)
        done = night.evaluated
        names = ("day", "stores", "findings", "tasks_opened", "tasks_lapsed")
        after = {"place": place, **{name: getattr(done, name) for name in names}, "released": night.released}
        one.record("care.evaluate", "five-fixed", place or "*", place=place, after=after)
        return after

    return work.once(inside, asked=given)


def _task(connection: Connection, scope: Scope, number: int) -> Any:
    """An open task by its number. Raises UnknownTask, also for one that lies outside."""
    row = connection.execute(
        select(tasks, stores.c.code.label("store"), stores.c.place_code)
        .join(stores, stores.c.id == _T.store_id)
        .where(_T.id == number, _T.status.in_(TASK_STATES[:2]))
    ).first()
    if row is None or not scope.covers(row.place_code):
        raise UnknownTask(task=number)
    return row


def _shown(connection: Connection, number: int) -> dict[str, Any]:
    return one_of(connection, TASKS, Scope("care.read", True, ()), str(number))


@router.post("/tasks/{number}/assign", summary="指派任务 / assign a task", response_model=row_model(TASKS))
def assigns(number: Number, given: AssignIn, scope: Manage, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        row = _task(one.connection, scope, number)
        before = {"status": row.status, "assignee": row.assignee}
        assign_task(one.connection, task=row.key, assignee=given.person)
        shown = _shown(one.connection, number)
        after = {"status": shown["status"], "assignee": shown["assignee"]}
        one.record("care.assign", "five-fixed/tasks", row.key, place=row.place_code, before=before, after=after)
        return shown

    return work.once(inside, asked=given, status=200)


@router.post("/tasks/{number}/done", summary="完成任务 / a task is done", response_model=row_model(TASKS))
def does(number: Number, given: DoneIn, scope: Do, work: Writing) -> Response:
    """合格则周期重新计算，不合格则批次立即停用 / passed: the clock begins anew; failed: the lot is held at once."""

    def inside(one: Step) -> dict[str, Any]:
        row = _task(one.connection, scope, number)
        act = one.act("CORRECTION", **given.said())
        attach(one.connection, numbers=given.evidence, about=row.key, act=act)
        finish(one.connection, act=act, task=row.key, passed=given.passed, done_on=given.done_on, evidence=(),
               folder=files_folder(), bin=given.bin)  # fmt: skip
        after = given.model_dump(mode="json", exclude_none=True)
        one.record("care.done", "five-fixed/tasks", row.key, place=row.place_code, before={"status": row.status},
                   after=after)  # fmt: skip
        return _shown(one.connection, number)

    return work.once(inside, asked=given, status=200)


@router.post("/maintenance", status_code=201, summary="登记检查维护 / put a check on record", response_model=Recorded)
def records(given: CheckIn, scope: Do, work: Writing) -> Response:
    def inside(one: Step) -> dict[str, Any]:
        place = reach_store(one.connection, scope, given.store)
        day = given.done_on or shanghai_day(one.at)
        if day > shanghai_day(one.at):
            raise DoneInFuture(task=f"{given.store}/{given.kind}", day=day)
        if given.item is None and (given.lot is not None or given.kind not in STORE_WIDE):
            raise WholeStoreCheck(kind=given.kind)
        store_id = one.connection.execute(select(stores.c.id).where(stores.c.code == given.store)).scalar_one()
        made = record_check(
            one.connection, store_id=store_id, item=given.item, lot=given.lot, kind=given.kind, passed=given.passed,
            done_on=day, act=one.act("CORRECTION", **given.said()),
        )  # fmt: skip
        after = given.model_dump(mode="json", exclude_none=True)
        one.record("care.check", "five-fixed/maintenance", made, place=place, after=after)
        return {"id": made}

    return work.once(inside, asked=given)


Month = Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", examples=["2026-11"])]


@router.get(
    "/report", summary="五定月报 / monthly report",
    responses={200: {"content": {PDF: {}, negotiate.XLSX: {}}}},
    response_model=MonthReport,
)  # fmt: skip
def report(request: Request, place: Division, month: Month, scope: Look, connection: Reading) -> Response:
    """按最近一次评估；JSON、PDF 或 XLSX / by the last evaluation; as JSON, PDF or XLSX."""
    kind = negotiate.accepted(request, (negotiate.JSON, PDF, negotiate.XLSX))
    place_in_reach(connection, scope, place)
    paper = monthly_report(connection, county=place, year=int(month[:4]), month=int(month[5:]))
    lang: Any = language(request)
    name = f"five-fixed-{place}-{month}"
    if kind == PDF:
        return written(f"{name}.pdf", PDF, lambda path: write_monthly_report_pdf(path, paper, lang=lang))
    if kind == negotiate.XLSX:
        return written(f"{name}.xlsx", kind, lambda path: write_monthly_report_xlsx(path, paper, lang=lang))
    return Response(as_json(plain(paper)), media_type=negotiate.JSON)
