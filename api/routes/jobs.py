"""Background jobs: asked for here, done by workers."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi import Body as Given
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import Response

from api.access.scope import Caller, Scope
from api.http import negotiate
from api.http.caller import needs
from api.http.problems import STATUS, Mistake, language
from api.http.reads import PROBLEMS, one_of
from api.http.resources import Resource, field
from api.http.schemas import Body
from api.http.work import Reading, Step, Writing, as_json, tagged
from api.jobs import book
from api.jobs.book import File
from api.jobs.kinds import (
    KINDS,
    PDF,
    ZIP,
    AfterActionReport,
    BuildScenario,
    Evaluate,
    ImportTable,
    LoadScenario,
    MonthlyReport,
    home_of,
)
from api.jobs.tables import JOB_STATES
from api.jobs.tables import jobs as table
from api.kinds import Kind
from api.routes.after_action import AfterActionOut
from scenarios.texts import text

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=PROBLEMS)
Look = Annotated[Scope, needs("jobs.read")]
Run = Annotated[Scope, needs("jobs.run")]
Name = Annotated[str, Path(max_length=64, pattern=r"^[\w-]+$")]

_c = table.c
JOBS = Resource(
    name="jobs", permission="jobs.read", zh="后台任务", en="background jobs", key=_c.id, places=(_c.place_code,),
    sort="-recorded_at",
    fields=(
        field("code", _c.code, "编号", "code"),
        field("kind", _c.kind, "种类", "kind"),
        field("status", _c.status, "状态", f"one of {', '.join(JOB_STATES)}"),
        field("percent", _c.percent, "进度（%）", "progress, per cent"),
        field("phase", _c.phase, "阶段（词条键）", "phase, key of its words"),
        field("attempt", _c.attempt, "第几次", "attempt"),
        field("place", _c.place_code, "区划", "division"),
        field("actor", _c.actor, "谁", "who asked"),
        field("recorded_at", _c.recorded_at, "提交时间", "asked for at"),
        field("started_at", _c.started_at, "开始时间", "began at"),
        field("finished_at", _c.finished_at, "结束时间", "ended at"),
    ),
)  # fmt: skip


class EvaluateJob(Body):
    kind: Literal["evaluate"]
    arguments: Evaluate = Evaluate()


class ImportJob(Body):
    kind: Literal["import"]
    arguments: ImportTable


class ReportJob(Body):
    kind: Literal["monthly_report"]
    arguments: MonthlyReport


class AfterActionJob(Body):
    kind: Literal["after_action"]
    arguments: AfterActionReport = AfterActionReport()


class ScenarioJob(Body):
    kind: Literal["scenario"]
    arguments: BuildScenario


class LoadJob(Body):
    """把一个虚构县装入空数据库 / an invented county into an empty database."""

    kind: Literal["load"]
    arguments: LoadScenario = LoadScenario()


JobIn = Annotated[
    EvaluateJob | ImportJob | ReportJob | AfterActionJob | ScenarioJob | LoadJob,
    Given(
        discriminator="kind",
        openapi_examples={
            "report": {"value": {"kind": "monthly_report", "arguments": {"county": "520600000000", "month": "2026-06"}}}
        },
    ),
]


class JobProblem(BaseModel):
    code: str
    status: int
    detail: str
    errors: list[Mistake] = []
    facts: dict[str, Any] = {}


class JobOut(BaseModel):
    code: str = Field(description="编号 / code")
    kind: str = Field(description="种类 / kind")
    arguments: dict[str, Any] = Field(description="如 POST /jobs 所给 / as POST /jobs gave them, by the kind")
    status: Literal[JOB_STATES]  # type: ignore[valid-type]
    percent: int = Field(ge=0, le=100, description="进度（%） / progress, per cent")
    phase: str = Field(description="词条键 / key of the words")
    words: str = Field(description="阶段，按语言 / the phase in words")
    attempt: int = Field(description="第几次 / attempt")
    place: str | None = Field(description="区划代码 / division code")
    actor: str = Field(description="提交人 / who asked")
    recorded_at: datetime = Field(description="提交时间 / asked for at")
    started_at: datetime | None = Field(description="开始时间 / began at")
    finished_at: datetime | None = Field(description="结束时间 / ended at")
    executor: str | None = Field(description="在哪个进程 / worker that does it")
    cancel_asked: bool = Field(description="已要求取消 / somebody asked to cancel it")
    problem: JobProblem | None


class EvaluationResult(BaseModel):
    """Of an `evaluate` job."""

    evaluation: int = Field(description="评估序号 / number of the evaluation")
    day: date = Field(description="评估日 / day it is for")
    stores: int = Field(description="库点数 / stores")
    findings: int = Field(description="问题数 / findings")
    tasks_opened: int = Field(description="新产生的任务 / tasks opened")
    tasks_lapsed: int = Field(description="不再需要的任务 / tasks that are needed no longer")
    released: int = Field(description="到期释放的预留 / reservations whose time was over")


class ImportResult(BaseModel):
    """Of an `import` job, in rows of the file."""

    kind: Kind
    added: int = Field(description="新增 / new")
    changed: int = Field(description="修改 / altered what was there")
    same: int = Field(description="没有变化 / were there already")
    removed: int = Field(description="终止 / rows it put an end to")
    dry_run: Literal[True] | None = Field(None, description="只试算时才有 / only where nothing was written")


class LoadResult(BaseModel):
    """Of a `load` job."""

    scenario: str = Field(description="情景 / scenario")
    added: dict[str, int] = Field(description="每张表新增的行 / rows that are new, by table")
    findings: int = Field(description="五定问题数 / five-fixed findings")


class FileOut(BaseModel):
    file: int = Field(description="编号，供 import 任务用 / number for an `import` job")
    name: str = Field(description="文件名 / name")
    bytes: int = Field(description="字节数 / bytes")
    sha256: str


def shown_job(connection: Connection, code: str, lang: str) -> dict[str, Any]:
    row = book.find_job(connection, code)
    days = {name: None if getattr(row, name) is None else getattr(row, name).isoformat()
            for name in ("recorded_at", "started_at", "finished_at")}  # fmt: skip
    return {
        "code": row.code, "kind": row.kind, "arguments": row.arguments, "status": row.status, "percent": row.percent,
        "phase": row.phase, "words": text(row.phase, lang), "attempt": row.attempt, "place": row.place_code,
        "actor": row.actor, **days, "executor": row.executor, "cancel_asked": row.cancel_asked,
        "problem": None if row.problem is None else _problem(row.problem, lang),
    }  # fmt: skip


def _problem(kept: dict[str, Any], lang: str) -> dict[str, Any]:
    code = kept["code"]
    lines = kept.get(lang) or [text("Unexpected", lang)]
    errors = [{"where": where, "code": fault, "message": line}
              for (where, fault), line in zip(kept.get("where", []), lines[1:], strict=False)]  # fmt: skip
    status = 500 if code == "Unexpected" else STATUS.get(code, 422)
    return {"code": code, "status": status, "detail": lines[0], "errors": errors, "facts": kept.get("facts", {})}


def _seen(connection: Connection, scope: Scope, caller: Caller, code: str) -> None:
    """Raises UnknownResource, also for jobs of other places."""
    row = connection.execute(table.select().where(_c.code == code)).first()
    if row is None or row.actor != caller.name:
        one_of(connection, _NAMED, scope, code)


_NAMED = Resource(name="jobs", permission="jobs.read", zh="", en="", key=_c.id, places=(_c.place_code,), code="code",
                  fields=(JOBS.field("code"),))  # fmt: skip


def _may(caller: Caller, kind: str, arguments: Any) -> tuple[tuple[str, ...] | None, str | None]:
    """What the job may reach, and the division whose people see it. Raises NotPermitted, OutsideScope."""
    one = KINDS[kind]
    scope = caller.scope(one.permission(arguments))
    place = one.place(arguments)
    if one.bound or place is not None:
        scope.check(place)
    return (None if scope.everything else scope.patterns), place or home_of(scope)


@router.post("", status_code=202, summary="提交后台任务 / ask for a job", response_model=JobOut)
def asks(given: JobIn, scope: Run, work: Writing) -> Response:
    """除 jobs.run 外，还要有任务所做之事的权限和区划 / beside jobs.run it takes the permission for what the job does,
    in its division."""
    lang = language(work.request)

    def inside(one: Step) -> dict[str, Any]:
        reach, place = _may(one.caller, given.kind, given.arguments)
        if isinstance(given.arguments, ImportTable):
            book.uploaded(one.connection, given.arguments.file, actor=one.caller.name)
        asked = given.arguments.model_dump(mode="json")
        code = book.ask(one.connection, kind=given.kind, arguments=asked, actor=one.caller.name, at=one.at,
                        reach=reach, place=place)  # fmt: skip
        assert code is not None
        one.record("jobs.run", "jobs", code, place=place, after={"kind": given.kind, "arguments": asked})
        return shown_job(one.connection, code, lang)

    return work.once(inside, asked=given, status=202)


@router.post("/files", status_code=201, summary="上传待导入的表 / upload a table to import", response_model=FileOut)
def uploads(
    content: Annotated[bytes, Given(media_type="application/octet-stream", min_length=1)],
    name: Annotated[str, Query(min_length=5, max_length=200, pattern=r"(?i)^[^/\\\x00-\x1f]+\.(csv|xlsx|geojson|json)$",
                               examples=["stock.xlsx"])],
    scope: Run, work: Writing,
) -> Response:  # fmt: skip
    digest = hashlib.sha256(content).hexdigest()

    def inside(one: Step) -> dict[str, Any]:
        file = File(name, "application/octet-stream", content)
        number = book.keep_file(one.connection, file, actor=one.caller.name, at=one.at)
        one.record("jobs.upload", "job-files", number, after={"name": name, "bytes": len(content), "sha256": digest})
        return {"file": number, "name": name, "bytes": len(content), "sha256": digest}

    return work.once(inside, asked=[name, digest])


@router.get("/{code}", summary="一项后台任务 / one job", response_model=JobOut)
def shows(code: Name, scope: Look, request: Request, connection: Reading) -> Response:
    _seen(connection, scope, request.state.caller, code)
    return tagged(as_json(shown_job(connection, code, language(request))))


@router.get("/{code}/result", summary="任务的结果 / what a job came to",
            response_model=EvaluationResult | ImportResult | LoadResult | AfterActionOut,
            responses={200: {"content": {PDF: {}, negotiate.XLSX: {}, ZIP: {}}}})  # fmt: skip
def results(code: Name, scope: Look, request: Request, connection: Reading) -> Response:
    """文件或 JSON；未完成为 409，文件保存 90 天 / a file or JSON; 409 before it is done; files are kept for 90 days."""
    _seen(connection, scope, request.state.caller, code)
    row = book.find_job(connection, code)
    if row.status != "done":
        raise book.JobNotDone(job=code, status=text(f"job.{row.status}", language(request)))
    file = book.result_file(connection, row.id)
    if file is None and "file" in row.result:  # all that is left is what it was called
        raise book.ResultForgotten(job=code, days=book.KEPT.days)
    if file is None:
        return Response(as_json(row.result), media_type=negotiate.JSON)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, headers=headers, media_type=file.media_type)


@router.post("/{code}/cancel", summary="取消任务 / cancel a job", response_model=JobOut)
def cancels(code: Name, scope: Run, work: Writing) -> Response:
    """尚未生效的不留痕迹；已完成的不能取消 / nothing remains of what was not done yet; what is done stays."""
    lang = language(work.request)

    def inside(one: Step) -> dict[str, Any]:
        _check(one, scope, code)
        status = book.cancel(one.connection, code, at=one.at)
        one.record("jobs.cancel", "jobs", code, after={"status": status})
        return shown_job(one.connection, code, lang)

    return work.once(inside, status=200)


@router.post("/{code}/retry", summary="重做任务 / do a job again", response_model=JobOut)
def retries(code: Name, scope: Run, work: Writing) -> Response:
    """失败或已取消的 / one that failed or was cancelled."""
    lang = language(work.request)

    def inside(one: Step) -> dict[str, Any]:
        _check(one, scope, code)
        attempt = book.retry(one.connection, code)
        one.record("jobs.retry", "jobs", code, after={"attempt": attempt})
        return shown_job(one.connection, code, lang)

    return work.once(inside, status=200)


def _check(one: Step, scope: Scope, code: str) -> None:
    """Whoever may ask for a job may end it and ask for it again. Raises UnknownResource, NotPermitted, OutsideScope."""
    _seen(one.connection, scope, one.caller, code)
    row = book.find_job(one.connection, code)
    kind = KINDS.get(row.kind)
    if kind is not None:
        _may(one.caller, row.kind, kind.arguments.model_validate(row.arguments))
