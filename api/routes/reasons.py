"""Why a plan is as it is: its choices at once, everything else as it is reckoned, both kept once they are found."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from api.access.scope import Scope
from api.http import negotiate
from api.http.caller import needs
from api.http.reads import PROBLEMS
from api.http.schemas import Code
from api.http.work import as_json
from api.reasons import (
    AskWhy,
    Kind,
    answer_file,
    digest_of_names,
    found_before,
    keep_answer,
    plan_of,
)
from api.routes.incidents import Situation, situation_of
from api.routes.plans import SSE, Number, database_of, events
from api.solvers import Solvers, SolveTooLong
from inventory.database import reading
from inventory.errors import InventoryError
from scenarios.exchange.plan import plan_sha256
from scenarios.exchange.why_schema import ChoicesFile, WhyFile

router = APIRouter(prefix="/situations/{situation}", tags=["plans"], responses=PROBLEMS)
Look = Annotated[Scope, needs("plans.read")]
Of = Annotated[Code | None, Query(description="只看这一个 / of this one alone")]
WHOLE: dict[int | str, dict[str, Any]] = {
    200: {"model": WhyFile, "content": {SSE: {}}, "description": "plan.why.json；text/event-stream 另报进度 / "
          "plan.why.json, or as events with what is being done"}
}  # fmt: skip


class WhyTooLong(InventoryError):
    """The explanation of a plan was ended at its limit. Facts: limit_s."""


def reasons(request: Request, ask: AskWhy, scope: Scope) -> Iterator[tuple[str, Any]]:
    """("phase", name) …, then ("why", document): at once where it was found before. Raises before anything is told
    where there is no such plan or it is out of reach."""
    state = request.app.state
    with reading(state.engine) as connection:
        situation_of(connection, scope, ask.situation)
        _, plan = plan_of(connection, ask)
        names = digest_of_names(connection, ask.situation)
    files = {whole: answer_file(whole, plan_sha256(plan), plan.problem_sha256, names) for whole in (False, True)}
    before = found_before(files[ask.whole])
    return _reckoned(state.explainers, ask, files) if before is None else _known(before)


def _known(before: str) -> Iterator[tuple[str, Any]]:
    yield "why", before


def _reckoned(explainers: Solvers, ask: AskWhy, files: Mapping[bool, Path]) -> Iterator[tuple[str, Any]]:
    told = False
    with explainers.solving(ask) as working:
        if (before := found_before(files[ask.whole])) is not None:  # by somebody while this one waited for its turn
            yield "why", before
            return
        try:
            for kind, what in working:
                if kind == "phase":
                    yield "phase", what.removeprefix("phase.")
                    continue
                keep_answer(files[what.whole], what.content)
                if what.whole == ask.whole:
                    told = True
                    yield "why", what.content
        except SolveTooLong as error:
            raise WhyTooLong(**error.facts) from None
    if not told:
        raise WhyTooLong(limit_s=explainers.limit_s)


def _answer(request: Request, ask: AskWhy, scope: Scope) -> Response:
    found = reasons(request, ask, scope)
    if negotiate.accepted(request, (negotiate.JSON, SSE)) == SSE:
        return StreamingResponse(events(found, request.state.lang), media_type=SSE, headers={"X-Accel-Buffering": "no"})
    return Response(_last(found), media_type=negotiate.JSON)


def _last(found: Iterator[tuple[str, Any]]) -> str:
    return next(str(what) for kind, what in found if kind == "why")


def _ask(request: Request, situation: str, kind: Kind, number: int, *, whole: bool) -> AskWhy:
    return AskWhy(database_of(request.app.state), situation, kind, number, whole)


@router.get("/plans/{number}/why", summary="方案为什么是这样 / why a plan is as it is", responses=WHOLE)
def why_plan(situation: Situation, number: Number, scope: Look, request: Request) -> Response:
    """plan.why.json，`said` 用名称；首次要算数秒至数十秒 / plan.why.json, `said` with names; the first time takes
    seconds, later ones none."""
    return _answer(request, _ask(request, situation, "plans", number, whole=True), scope)


@router.get("/drafts/{number}/why", summary="草案为什么是这样 / why a draft is as it is", responses=WHOLE)
def why_draft(situation: Situation, number: Number, scope: Look, request: Request) -> Response:
    """同上 / as of a plan."""
    return _answer(request, _ask(request, situation, "drafts", number, whole=True), scope)


def _choices(
    request: Request, ask: AskWhy, scope: Scope, team: str | None, incident: str | None, item: str | None
) -> Response:
    found = json.loads(_last(reasons(request, ask, scope)))
    if item is not None:
        found["teams"] = []
    if team is not None:
        found["supplies"] = []
    wanted = {"team": team, "incident": incident, "item": item}
    for rows in ("teams", "supplies", "incidents"):
        found[rows] = [
            row for row in found[rows]
            if all(asked is None or name not in row or row[name] == asked for name, asked in wanted.items())
        ]  # fmt: skip
    return Response(as_json(found), media_type=negotiate.JSON)


@router.get(
    "/plans/{number}/choices", summary="方案的每项选择与惯例做法 / choices of a plan, and practice",
    response_model=ChoicesFile,
)  # fmt: skip
def choices_of_plan(
    situation: Situation, number: Number, scope: Look, request: Request, team: Of = None, incident: Of = None,
    item: Of = None,
) -> Response:  # fmt: skip
    """每站、每项物资的次优选择与最近者未用的原因，及每起事件按惯例会怎样；数秒之内 / for every stop and need the next
    best, and why the nearest was passed over; for every incident what practice would have done. Within seconds."""
    ask = _ask(request, situation, "plans", number, whole=False)
    return _choices(request, ask, scope, team, incident, item)


@router.get(
    "/drafts/{number}/choices", summary="草案的每项选择与惯例做法 / choices of a draft, and practice",
    response_model=ChoicesFile,
)  # fmt: skip
def choices_of_draft(
    situation: Situation, number: Number, scope: Look, request: Request, team: Of = None, incident: Of = None,
    item: Of = None,
) -> Response:  # fmt: skip
    """同上 / as of a plan."""
    ask = _ask(request, situation, "drafts", number, whole=False)
    return _choices(request, ask, scope, team, incident, item)
