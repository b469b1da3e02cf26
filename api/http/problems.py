"""One table: what went wrong -> the status, and a body of application/problem+json (RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.http.caller import methods_of
from api.office import plain
from api.settings import without_home
from inventory.database import now
from inventory.errors import BadTable, InventoryError
from optimizer.errors import BadInput, OptimizerError
from scenarios.texts import catalogue, explain, text

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 200

# what is not listed is a bad request of the caller (422); a test sees that every error of the product has its row
_CODES: dict[int, str] = {
    401: "NotSignedIn SessionOver WrongPassword WrongOldPassword OidcRefused",
    403: "NotPermitted OutsideScope MustChange TooMuch CounterApproves NotYourTeam NotYourRequest NotLinked",
    404: (
        "UnknownPlace UnknownStore UnknownItem UnknownLot UnknownAsset UnknownKit UnknownPackage "
        "UnknownOperation UnknownOrder UnknownTask UnknownSituation UnknownIncident UnknownTeam UnknownPlan "
        "UnknownScenario UnknownStaffingExample UnknownTable UnknownUser UnknownResource NoRunningPlan "
        "UnknownDraft UnknownDirective UnknownClosure UnknownShelter UnknownEvacuee UnknownPerson UnknownAid "
        "UnknownHandover UnknownShipment UnknownJob UnknownUpload UnknownFile UnknownShift UnknownForce NoSuchPerson "
        "UnknownStudy OidcOff ResultForgotten"
    ),
    406: "NotAcceptable",
    409: (
        "InsufficientStock FewerOut NotDispatchable WrongState PlanStale InForceAlready PickGone CountOpen "
        "CountUnfinished LotUnclear MovedSince AdjustedSince AssetTaken RecalledLot CannotReverse "
        "OwnedReference UserTaken TokenTaken LastAdministrator NotOrdered NotThatWay NothingToCommit "
        "DatabaseNotEmpty NotEmpty NotEvaluated AnotherWay TooManyAway DraftStale DraftDone "
        "BothPinnedAndBanned NothingOrdered CannotMerge TaskTaken SituationClosed ClosureTaken ShelterTaken "
        "ShelterFull EvacueeTaken NotNext AidNotNext JobOver JobNotFailed JobNotDone ExecutorTaken CodeTaken "
        "NotAnswered NotLeftYet SubjectTaken SituationTaken NotAnExercise NoLabels ProblemForgotten"
    ),
    412: "EditedSince",
    413: "TooLarge BackupTooLarge",
    415: "WrongMediaType",
    428: "NoMatchGiven",
    429: "LockedOut TooOften",
    500: (
        "DamagedDatabase NotADatabase BadDatabaseUrl PlanRefused ReplayWrong PolicyBroke CardDoesNotAddUp "
        "NotOurDatabase SolverFailed JobKeepsFailing ShareRefused RosterRefused "
        "PatrolRefused GridsRefused DamagedRoads"
    ),
    503: "TryAgain NoDatabase DatabaseNotReady DatabaseNewer Busy SolveTooLong WhyTooLong ProviderDown",
}
STATUS: dict[str, int] = {code: status for status, codes in _CODES.items() for code in codes.split()}
RETRY_S = {"TryAgain": 1, "NoDatabase": 5, "Busy": 2, "ProviderDown": 30, "TooOften": 10}
log = logging.getLogger("wuding.http")


class Mistake(BaseModel):
    """One thing wrong with a request."""

    where: str = Field(description="字段、行或文件位置 / field, row, or place in a file")
    code: str
    message: str


class Problem(BaseModel):
    """RFC 9457; `code` is stable, the words are in the caller's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str
    facts: dict[str, Any] = {}
    errors: list[Mistake] = []


def language(request: Request) -> str:
    """That of the signed-in account, else of Accept-Language, else Chinese."""
    known = getattr(request.state, "lang", None)
    if known:
        return str(known)
    for part in request.headers.get("accept-language", "").lower().split(","):
        for lang in ("zh", "en"):
            if part.strip().startswith(lang):
                return lang
    return "zh"


def respond(
    request: Request, code: str, status: int, *, lang: str, lines: Sequence[str], facts: Mapping[str, Any] = {},
    errors: Sequence[Mistake] = (), headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    key = f"http.{status}"
    body = Problem(
        type=f"/problems/{code}",
        title=text(key if key in catalogue() else "http.400", lang),
        status=status,
        detail=lines[0] if lines else "",
        code=code,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        facts=plain({name: value for name, value in facts.items() if not isinstance(value, bytes)}),
        errors=list(errors[:MOST_ERRORS]),
    )
    return JSONResponse(body.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def mistakes_of(error: BadTable, lang: str) -> list[Mistake]:
    """The faults of a table, each at its row and column."""
    return [Mistake(where=":".join(str(part) for part in (one.row, one.column) if part is not None),
                    code=one.code, message=line)
            for one, line in zip(error.faults, explain(error, lang)[1:], strict=True)]  # fmt: skip


def mistakes_in(error: BadInput, lines: Sequence[str]) -> list[Mistake]:
    """The faults of what was given, each in its words: `lines` of `explain`, after the first."""
    return [Mistake(where=without_home(one.where or error.source), code=one.code, message=line)
            for one, line in zip(error.faults, lines, strict=True)]  # fmt: skip


def of_domain(request: Request, error: Exception) -> Response:
    """An error of the product's own."""
    lang, code = language(request), type(error).__name__
    status = STATUS.get(code, 422)
    headers = {"Retry-After": str(RETRY_S[code])} if code in RETRY_S else {}
    until = getattr(error, "facts", {}).get("until")
    if code == "LockedOut" and until is not None:
        headers["Retry-After"] = str(max(1, ceil((until - now()).total_seconds())))
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="wuding"'
    errors: list[Mistake] = []
    lines = [without_home(line) for line in explain(error, lang)]
    if isinstance(error, BadInput):
        errors = mistakes_in(error, lines[1:])
    elif isinstance(error, BadTable):
        errors = mistakes_of(error, lang)
    facts = {} if isinstance(error, BadInput | BadTable) else getattr(error, "facts", {})
    if status == 500:
        log.error("%s: %s", code, error)
    return respond(request, code, status, lang=lang, lines=lines, facts=facts, errors=errors, headers=headers)


def of_validation(request: Request, error: Exception) -> Response:
    """What pydantic refuses, in both languages: its English words, and the kind of mistake in Chinese."""
    assert isinstance(error, RequestValidationError)
    lang = language(request)
    faults = []
    for one in error.errors()[:MOST_ERRORS]:
        where = ".".join(str(part) for part in one["loc"])
        faults.append(Mistake(where=where, code=str(one["type"]), message=_said(one, lang)))
    lines = [text("BadRequest", lang, faults=len(error.errors()))]
    return respond(request, "BadRequest", 422, lang=lang, lines=lines, errors=faults)


def _said(one: Mapping[str, Any], lang: str) -> str:
    told = (str, int, float, Decimal)
    context = {name: value for name, value in (one.get("ctx") or {}).items() if isinstance(value, told)}
    key = f"invalid.{one['type']}"
    if key in catalogue():
        return text(key, lang, **context)
    said = str(one["msg"])
    if one["type"] == "cell":  # our own rules say it in both: "Chinese / English"
        zh, _, en = said.partition(" / ")
        said = str(context.get(lang) or (en if lang == "en" and en else zh))
    return text("invalid.other", lang, cause=said)


def of_http(request: Request, error: Exception) -> Response:
    """404 and 405 of the router itself, and what libraries raise."""
    assert isinstance(error, HTTPException)
    lang = language(request)
    key = f"http.{error.status_code}.said"
    line = text(key, lang, path=request.url.path, method=request.method) if key in catalogue() else str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(methods_of(request.app, request.url.path))
    return respond(request, f"Http{error.status_code}", error.status_code, lang=lang, lines=[line], headers=headers)


def of_mistake(request: Request, error: Exception) -> Response:
    """A mistake of ours: nothing of it is shown but the number to report."""
    lang = language(request)
    log.error("unexpected", exc_info=error, extra={"request_id": getattr(request.state, "request_id", "")})
    return respond(request, "Unexpected", 500, lang=lang, lines=[text("Unexpected", lang)])


def install(app: FastAPI) -> None:
    app.add_exception_handler(InventoryError, of_domain)
    app.add_exception_handler(OptimizerError, of_domain)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, of_mistake)
