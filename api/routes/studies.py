"""Staffing studies: a question that is kept, edited and answered by a job, with its last answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.papers import attached
from api.http.problems import language
from api.http.reads import PROBLEMS
from api.http.resources import Resource, field
from api.http.schemas import Body, Division, Text
from api.http.work import Reading, Step, Writing, as_json, tagged
from api.jobs import book
from api.jobs.kinds import ZIP
from api.office import known
from api.routes.jobs import JobOut, shown_job
from api.staffing.answers import ShareOut, SizeOut
from api.staffing.patrols import PatrolOut
from api.staffing.questions import AnyQuestion
from api.staffing.reach import check_question
from api.staffing.rosters import RosterOut
from api.staffing.studies import NotAnswered, UnknownStudy, add_study, drop_study, edit_study, find_study, question_of
from api.staffing.tables import STUDY_KINDS, studies

router = APIRouter(prefix="/staffing/studies", tags=["staffing"], responses=PROBLEMS)
Look = Annotated[Scope, needs("staffing.read")]
Make = Annotated[Scope, needs("staffing.make")]
Number = Annotated[int, Path(ge=1, le=2**62, description="研究编号 / number of the study")]

_c = studies.c
STUDIES = Resource(
    name="staffing/studies", permission="staffing.read", zh="人员编制研究", en="staffing studies", key=_c.id,
    places=(_c.place_code,), sort="-number",
    fields=(
        field("number", _c.id, "编号", "number"),
        field("kind", _c.kind, "种类", f"one of {', '.join(STUDY_KINDS)}"),
        field("name", _c.name, "名称", "name"),
        field("place", _c.place_code, "区划（空为全部）", "division; null: everything"),
        field("actor", _c.actor, "建立人", "who made it"),
        field("recorded_at", _c.recorded_at, "建立时间", "made at"),
        field("edited_by", _c.edited_by, "修改人", "who edited it last"),
        field("edited_at", _c.edited_at, "修改时间", "edited at"),
        field("answered_by", _c.answered_by, "计算人", "who ran it last"),
        field("answered_at", _c.answered_at, "计算时间", "answered at"),
        field("stale", _c.answered_sha256 != _c.question_sha256, "结果已过时", "asked anew since it was answered",
              kind=bool, required=False),
    ),
)  # fmt: skip


class StudyIn(Body):
    name: Text = Field(examples=["2026 年编制测算"])
    place: Division | None = Field(None, description="谁能看到；空为全部 / whose people see it; null: everything")
    question: AnyQuestion


class StudyOut(BaseModel):
    number: int
    kind: Literal[STUDY_KINDS]  # type: ignore[valid-type]
    name: str
    place: str | None
    question: dict[str, Any] = Field(description="如 POST 所给 / as it was given")
    actor: str
    recorded_at: datetime
    edited_by: str | None
    edited_at: datetime | None
    answered_by: str | None
    answered_at: datetime | None
    stale: bool | None = Field(description="有结果后又改过问题 / asked anew since it was answered; null: no answer")


class StudyDropped(BaseModel):
    number: int


class Run(Body):
    lang: Literal["zh", "en"] = Field("zh", description="文件用的语言 / language of its files")


def _shown(row: Any) -> dict[str, Any]:
    return {
        "number": row.id, "kind": row.kind, "name": row.name, "place": row.place_code, "question": row.question,
        "actor": row.actor, "recorded_at": row.recorded_at, "edited_by": row.edited_by, "edited_at": row.edited_at,
        "answered_by": row.answered_by, "answered_at": row.answered_at,
        "stale": None if row.answered_at is None else row.answered_sha256 != row.question_sha256,
    }  # fmt: skip


def seen_study(connection: Connection, scope: Scope, number: int, *, lock: bool = False) -> Any:
    """Raises UnknownStudy, also for those of other places."""
    row = find_study(connection, number, lock=lock)
    if not scope.covers(row.place_code):
        raise UnknownStudy(study=number)
    return row


def _told(shown: Mapping[str, Any], sha256: str) -> dict[str, Any]:
    """What the audit log keeps: of the question, which may be large, its digest."""
    return {name: shown[name] for name in ("kind", "name", "place")} | {"question_sha256": sha256}


@router.post("", status_code=201, summary="建立研究 / make a study", response_model=StudyOut)
def makes(given: StudyIn, scope: Make, work: Writing) -> Response:
    """表的内容计算时才全面核对 / the tables are judged in full when it is run"""

    def inside(one: Step) -> dict[str, Any]:
        scope.check(given.place)
        known(one.connection, place=given.place)
        check_question(one.connection, one.caller, given.question)
        number = add_study(one.connection, name=given.name, place=given.place, question=given.question,
                           actor=one.caller.name, at=one.at)  # fmt: skip
        row = find_study(one.connection, number)
        shown = _shown(row)
        one.record("staffing.make", "studies", number, place=given.place, after=_told(shown, row.question_sha256))
        return shown

    return work.once(inside, asked=given)


@router.get("/{number}", summary="一项研究 / one study", response_model=StudyOut)
def shows(number: Number, scope: Look, connection: Reading) -> Response:
    return tagged(as_json(_shown(seen_study(connection, scope, number))))


@router.put("/{number}", summary="修改研究 / edit a study", response_model=StudyOut)
def edits(number: Number, given: StudyIn, scope: Make, work: Writing) -> Response:
    """结果保留，问题改过即为过时 / the answer stays, stale where the question is another"""

    def inside(one: Step) -> dict[str, Any]:
        before = seen_study(one.connection, scope, number, lock=True)
        work.matched(_shown(before))
        scope.check(given.place)
        known(one.connection, place=given.place)
        check_question(one.connection, one.caller, given.question)
        edit_study(one.connection, number, name=given.name, place=given.place, question=given.question,
                   actor=one.caller.name, at=one.at)  # fmt: skip
        row = find_study(one.connection, number)
        shown = _shown(row)
        one.record("staffing.make", "studies", number, place=given.place,
                   before=_told(_shown(before), before.question_sha256),
                   after=_told(shown, row.question_sha256))  # fmt: skip
        return shown

    return work.once(inside, asked=given, status=200)


@router.delete("/{number}", summary="删除研究 / delete a study", response_model=StudyDropped)
def drops(number: Number, scope: Make, work: Writing) -> Response:
    """连同问题和结果，不能恢复；须带 If-Match / with its question and answer, for good; needs If-Match"""

    def inside(one: Step) -> dict[str, Any]:
        row = seen_study(one.connection, scope, number, lock=True)
        shown = _shown(row)
        work.matched(shown)
        drop_study(one.connection, number)
        one.record("staffing.drop", "studies", number, place=row.place_code, before=_told(shown, row.question_sha256))
        return {"number": number}

    return work.once(inside, asked=None, status=200)


@router.post("/{number}/run", status_code=202, summary="计算 / run a study", response_model=JobOut)
def runs(number: Number, given: Run, scope: Make, _: Annotated[Scope, needs("jobs.run")], work: Writing) -> Response:
    """由后台任务计算；任务的结果是全部文件（ZIP） / a job does it; its result is a ZIP of all files"""
    lang = language(work.request)

    def inside(one: Step) -> dict[str, Any]:
        row = seen_study(one.connection, scope, number)
        check_question(one.connection, one.caller, question_of(row.question))
        asked = {"study": number, "lang": given.lang}
        code = book.ask(one.connection, kind="study", arguments=asked, actor=one.caller.name, at=one.at,
                        reach=None if scope.everything else scope.patterns, place=row.place_code)  # fmt: skip
        assert code is not None
        one.record("jobs.run", "jobs", code, place=row.place_code, after={"kind": "study", "arguments": asked})
        return shown_job(one.connection, code, lang)

    return work.once(inside, asked=given, status=202)


@router.get("/{number}/answer", summary="研究的结果 / what a study came to",
            response_model=SizeOut | ShareOut | RosterOut | PatrolOut)  # fmt: skip
def answers(number: Number, scope: Look, request: Request, connection: Reading) -> Response:
    """最近一次计算的；问题改过则 `stale` 为真 / of its last run; `stale` of the study says whether it was edited"""
    row = seen_study(connection, scope, number)
    if row.answer is None:
        raise NotAnswered(study=number)
    return tagged(as_json(row.answer))


@router.get("/{number}/files", summary="研究的全部文件 / the files of a study", response_class=Response,
            responses={200: {"content": {ZIP: {}}}})  # fmt: skip
def files(number: Number, scope: Look, connection: Reading) -> Response:
    """最近一次计算的文件（ZIP），保存 90 天 / of its last run, as a ZIP; files are kept for 90 days"""
    row = seen_study(connection, scope, number)
    job = book.last_done(connection, "study", study=number)
    if job is None or job.recorded_at < row.recorded_at:  # of one that had the number before and was deleted
        raise NotAnswered(study=number)
    file = book.result_file(connection, job.id)
    if file is None:
        raise book.ResultForgotten(job=job.code, days=book.KEPT.days)
    return Response(file.content, headers=attached(file.name), media_type=file.media_type)
