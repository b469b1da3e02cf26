"""Staffing at once: sizing, sharing out, call desks; coefficients, examples, and tables from files."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.access.scope import Scope
from api.http import negotiate
from api.http.caller import needs
from api.http.papers import PDF, attached
from api.http.problems import language
from api.http.reads import PROBLEMS
from api.http.schemas import Body
from api.http.uploads import Upload, Uploaded, form_of
from api.http.work import as_json
from api.office import plain
from api.routes.incidents import situation_of
from api.staffing.answers import CoefficientOut, DeskOut, ShareOut, SizeOut, coefficient_out, desk_out
from api.staffing.patrols import GridsOut
from api.staffing.questions import MOST_ROWS, TABLES, Grids, Question, Share, Size, Year
from api.staffing.reach import check_reach
from api.uploaded import MOST_BYTES
from inventory.care.files import clean_name
from inventory.database import reading
from inventory.errors import BadTable, InventoryError
from inventory.files import Table, read_table
from optimizer.staffing.parameters import DEFAULT_YEAR
from scenarios.tables import LIVE
from scenarios.texts import Lang

router = APIRouter(prefix="/staffing", tags=["staffing"], responses=PROBLEMS)
Look = Annotated[Scope, needs("staffing.read")]
Make = Annotated[Scope, needs("staffing.make")]
MOST_TOWNS, MOST_DRAWS_NOW, MOST_TOWNS_MONEY = 1_000, 2_000, 200
EXAMPLES = ("city", "district", "roster", "patrol", "grids")


class AskAsStudy(InventoryError):
    """More than is answered at once. Facts: towns, draws, most_towns, most_draws."""


class Coefficients(BaseModel):
    year: int
    year_assumed: bool = Field(description="放假安排尚未公布 / the holidays are not announced yet")
    items: list[CoefficientOut]


class TableOut(BaseModel):
    table: str
    rows: list[dict[str, Any]] = Field(description="列见数据字典，空的不写 / columns of the data dictionary")


class ExampleOut(BaseModel):
    question: dict[str, Any] = Field(description="可用于 POST /staffing/studies / for POST /staffing/studies")


class Desk(Body):
    calls_per_hour: list[Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)]] = Field(
        min_length=1, max_length=168, description="每小时来电 / calls of each hour"
    )
    handle_s: float = Field(gt=0, le=86_400, description="平均处理时长（秒） / mean handling time")
    service_level: float = Field(0.9, gt=0, lt=1, description="限时内接听比例 / share answered in time")
    within_s: float = Field(15, ge=0, le=86_400, description="限时（秒） / that time")
    away: float = Field(0, ge=0, lt=1, description="离席比例 / share of paid time away from the telephone")


@router.get("/coefficients", summary="测算参数 / coefficients of the sizing", response_model=Coefficients)
def coefficients(scope: Look, year: Annotated[Year, Query(description="年份 / year")] = DEFAULT_YEAR) -> Coefficients:
    from optimizer.staffing.parameters import parameters

    found = parameters(year)
    return Coefficients(
        year=year, year_assumed=found.year_assumed, items=[coefficient_out(one) for one in found]
    )  # fmt: skip


@router.get("/examples/{name}", summary="示例问题 / an example of a question", response_model=ExampleOut)
def example(name: Annotated[Literal[EXAMPLES], InPath()], scope: Look, request: Request) -> Response:  # type: ignore[valid-type]
    """city：101 个站；district：10 个镇街、4.5 万家企业和场所；roster：60 人、6 个岗位；patrol：现有路网上 2 个镇站；
    grids：218 个村、613 名网格员，用于 POST /staffing/grids / 101 stations; 10 towns with 45,000 businesses; 60 people
    and 6 posts; 2 stations on the roads of the live situation; 218 villages and 613 managers for POST
    /staffing/grids"""
    if name == "patrol":
        return _question(_patrol_example(request))
    if name == "grids":
        from scenarios.staffing.patrol.example import grid_tables

        made = grid_tables()
        tables = {"villages": made.villages, "managers": made.managers}
        return _question({field: list(_plain_rows(table)) for field, table in tables.items()})
    with TemporaryDirectory(prefix="wuding-") as folder:
        at = Path(folder)
        if name == "roster":
            from scenarios.staffing.roster.generate import example as made_roster

            made_roster(at)
            read = {field: _rows(at / f"duty_{field}.csv", f"duty_{field}") for field in
                    ("people", "posts", "requests")}  # fmt: skip
            return _question({"kind": "roster", "month": "2026-10", **read})
        from scenarios.staffing.generate import example as made_towns
        from scenarios.staffing.inputs import write_towns

        write_towns(at / "towns.csv", made_towns(name, 0))
        return _question({"kind": "size", "year": DEFAULT_YEAR, "towns": _rows(at / "towns.csv", "towns")})


def _plain_rows(table: Table) -> Iterator[dict[str, Any]]:
    for row in table.rows():
        yield {name: _value(value) for name, value in row.items() if value is not None}


def _patrol_example(request: Request) -> dict[str, Any]:
    """Raises NotPermitted, NoRoads, UnknownSituation."""
    from api.situation import roads_of
    from scenarios.staffing.patrol.example import YEAR, on_roads

    with reading(request.app.state.engine) as connection:
        situation_of(connection, request.state.caller.scope("incidents.read"), LIVE, part=True)
        stations, dues = on_roads(roads_of(connection, LIVE))
    return {"kind": "patrol", "year": YEAR, "situation": LIVE, "stations": stations, "dues": dues}


def _question(asked: dict[str, Any]) -> Response:
    return Response(as_json({"question": asked}), media_type=negotiate.JSON)


@router.post("/tables/{table}", summary="从文件读表 / read a table from a file", response_model=TableOut,
             openapi_extra=form_of())  # fmt: skip
def reads(table: Annotated[Literal[TABLES], InPath()], given: Uploaded, scope: Make) -> Response:  # type: ignore[valid-type]
    """CSV 或 XLSX，列见数据字典；全部错误一次列出，不保存 / CSV or XLSX by the data dictionary; every fault at once;
    nothing is kept."""
    return Response(as_json({"table": table, "rows": _uploaded(given, table)}), media_type=negotiate.JSON)


def _uploaded(given: Upload, table: str) -> list[dict[str, Any]]:
    name = clean_name(given.name) or "-"
    with TemporaryDirectory(prefix="wuding-") as folder:
        path = Path(folder) / f"upload{Path(name).suffix.lower()[:10]}"
        with path.open("xb") as out:
            shutil.copyfileobj(given.file, out)
        try:
            return _rows(path, table)
        except BadTable as refused:
            raise BadTable(name, list(refused.faults)) from refused


def _rows(path: Path, table: str) -> list[dict[str, Any]]:
    found = read_table(path, table, max_rows=MOST_ROWS, max_bytes=MOST_BYTES)
    return list(_plain_rows(found))


def _value(value: Any) -> Any:
    return [_value(one) for one in value] if isinstance(value, tuple) else plain(value)


_FILES = {negotiate.JSON: "", negotiate.XLSX: ".xlsx", PDF: ".pdf"}


def _now(question: Question, name: str, request: Request) -> Response:
    """The answer itself, or the file of it that is asked for."""
    from api.staffing.work import answer

    media = negotiate.accepted(request, [one for one in _FILES if one != PDF or not isinstance(question, Grids)])
    lang: Lang = "en" if language(request) == "en" else "zh"
    check_reach(request, question)
    with TemporaryDirectory(prefix="wuding-") as folder:
        laid, out = Path(folder) / "in", Path(folder) / "out"
        laid.mkdir()
        out.mkdir()
        reply = answer(question, laid, engine=request.app.state.engine, tell=_silent)
        if media == negotiate.JSON:
            return Response(as_json(reply.answer()), media_type=media)
        file = out / f"{name}{_FILES[media]}"
        reply.files[file.name](file, lang)
        return Response(file.read_bytes(), headers=attached(file.name), media_type=media)


def _silent(key: str, **facts: Any) -> None:
    """Nobody listens: it takes no two seconds."""


_SAID: dict[int | str, dict[str, Any]] = {200: {"content": {negotiate.XLSX: {}, PDF: {}}}}


@router.post("/size", summary="测算应配岗位 / size the posts of towns", response_model=SizeOut, responses=_SAID)
def sizes(given: Size, scope: Make, request: Request) -> Response:
    """不保存；超过 1,000 个乡镇或 2,000 次抽样请建研究 / nothing is kept; more than 1,000 towns or 2,000 draws are a
    study"""
    if len(given.towns) > MOST_TOWNS or given.draws > MOST_DRAWS_NOW:
        raise AskAsStudy(towns=len(given.towns), draws=given.draws, most_towns=MOST_TOWNS, most_draws=MOST_DRAWS_NOW)
    return _now(given, "sizing", request)


@router.post("/share", summary="分配岗位或预算 / share out posts or money", response_model=ShareOut, responses=_SAID)
def shares(given: Share, scope: Make, request: Request) -> Response:
    """不保存；超过 1,000 个乡镇（按预算：200 个）请建研究 / nothing is kept; more than 1,000 towns (of a budget: 200)
    are a study"""
    most = MOST_TOWNS if given.budget is None else MOST_TOWNS_MONEY
    if len(given.towns) > most:
        raise AskAsStudy(towns=len(given.towns), draws=0, most_towns=most, most_draws=0)
    return _now(given, "share", request)


@router.post("/desk", summary="测算接线席 / size a call desk (Erlang C)", response_model=DeskOut)
def desks(given: Desk, scope: Make) -> DeskOut:
    from optimizer.staffing.calls import size_desk

    calls = given.calls_per_hour
    return desk_out(calls, size_desk(
        calls_per_hour=calls, handle_s=given.handle_s, service_level=given.service_level, within_s=given.within_s,
        shrinkage=given.away,
    ))  # fmt: skip


@router.post("/grids", summary="划分网格 / small grids and who holds them", response_model=GridsOut,
             responses={200: {"content": {negotiate.XLSX: {}}}})  # fmt: skip
def sizes_grids(given: Grids, scope: Make, request: Request) -> Response:
    """每 1,000 人或 300 户一个网格，一村 3–6 个；不保存 / one for 1,000 people or 300 households, 3 to 6 to a village;
    nothing is kept"""
    return _now(given, "grids", request)
