"""Whole tables in and out, as `wuding import` and `wuding export` have them; one route for each kind of table."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.access.scope import Scope
from api.http import negotiate
from api.http.caller import needs
from api.http.papers import written
from api.http.problems import MOST_ERRORS, Mistake, language, mistakes_of
from api.http.reads import PROBLEMS
from api.http.schemas import Code, Division
from api.http.uploads import Upload, Uploaded, form_of
from api.http.work import Reading, Step, Work, Writing, as_json
from api.kinds import NEEDED, Kind
from api.office import UnknownPlace
from api.routes.incidents import situation_of
from api.routes.reach import check_persons, place_in_reach
from api.tables import OF_INCIDENTS, OF_SITUATION, OVERRIDES, Frame, take_out
from api.uploaded import MOST_BYTES, MOST_ROWS, post_upload, read_upload
from inventory.care.files import clean_name
from inventory.database import reading
from inventory.errors import BadTable
from inventory.files import write_table
from inventory.files.raw import read_raw
from scenarios.incidents import is_there
from scenarios.tables import LIVE

router = APIRouter(tags=["tables"], responses=PROBLEMS)


class Imported(BaseModel):
    """Rows of the file that were new, altered what was there, or were there already; and rows it put an end to."""

    kind: Kind
    added: int = Field(description="新增 / new")
    changed: int = Field(description="修改 / altered what was there")
    same: int = Field(description="没有变化 / were there already")
    removed: int = Field(description="终止 / rows it put an end to")
    dry_run: bool = Field(description="只试算，没有写入 / tried only, nothing was written")


class Asked(BaseModel):
    situation: Code = LIVE
    county: Division | None = Field(None, description="本县规则所属的县 / county of its own rules")
    dry_run: bool = False


def _asked(
    situation: Annotated[Code, Query(description="态势（事件类） / situation, of incidents")] = LIVE,
    county: Annotated[Division | None, Query(description="县（规则类） / county, of rules")] = None,
    dry_run: Annotated[bool, Query(description="只试算 / only try")] = False,
) -> Asked:
    return Asked(situation=situation, county=county, dry_run=dry_run)


Options = Annotated[Asked, Depends(_asked)]


class CellsOut(BaseModel):
    """A file as it stands, cell for cell."""

    kind: Kind
    columns: list[str] = Field(description="文件中有的列 / columns that the file has")
    rows: list[list[str]] = Field(
        description="各行的文字，次序同 columns / texts of each row, in the order of `columns`"
    )
    numbers: list[int] = Field(description="各行在文件中的行号，表头为 1 / rows of the file, the header is 1")
    faults: int = Field(description="读不出的单元格、认不出的列等的个数 / cells and headings that cannot be read")
    errors: list[Mistake] = Field(description=f"其中前 {MOST_ERRORS} 个 / the first {MOST_ERRORS} of them")


def _kept(given: Upload, folder: str) -> tuple[str, Path]:
    """The file under a name of ours; and the name it came under."""
    name = clean_name(given.name) or "-"
    path = Path(folder) / f"upload{Path(name).suffix.lower()[:10]}"
    with path.open("xb") as out:
        shutil.copyfileobj(given.file, out)
    return name, path


def bring(kind: Kind, given: Upload, asked: Asked, scope: Scope, work: Work) -> Response:
    """One file, whole or not at all."""
    with TemporaryDirectory(prefix="wuding-") as folder:
        name, path = _kept(given, folder)
        with path.open("rb") as held:
            digest = hashlib.file_digest(held, "sha256").hexdigest()
        with reading(work.engine) as connection:  # before the transaction, which others wait for
            if kind in OF_INCIDENTS and (asked.situation != LIVE or is_there(connection, LIVE)):
                situation_of(connection, scope, asked.situation, part=True)
            read = read_upload(connection, path, kind, situation=asked.situation)

        def inside(one: Step) -> dict[str, Any]:
            if kind == Kind.custodians and read.table is not None:
                check_persons(one.connection, scope, (code for code in read.table["person"] if code is not None))
            act = one.act("STATEMENT", reference=name[:128])
            frame = Frame(act=act, situation=asked.situation, county=asked.county)
            done = post_upload(one.connection, read, frame, check=scope.check, dry_run=asked.dry_run)
            facts = {"added": done.added, "changed": done.changed, "same": done.same, "removed": done.removed}
            if not asked.dry_run:
                after = {**facts, "file": name, "sha256": digest}
                one.record(f"imports.{kind}", "imports", kind, place=asked.county, after=after)
            return {"kind": str(kind), **facts, "dry_run": asked.dry_run}

        return work.once(inside, asked=[asked.model_dump(), digest], status=200)


def _add_import(kind: Kind, permission: str) -> None:
    def imports(scope: Any, given: Any, asked: Any, work: Any) -> Response:
        return bring(kind, given, asked, scope, work)

    imports.__annotations__ |= {
        "scope": Annotated[Scope, needs(permission)], "given": Uploaded, "asked": Options, "work": Writing,
    }  # fmt: skip
    router.post(
        f"/imports/{kind}",
        summary=f"导入 {kind} / import {kind}",
        description="CSV（UTF-8）或 XLSX，列见数据字典；全部错误一次列出，整个文件要么全进要么不进 / CSV or XLSX by "
        "the data dictionary; every fault at once, and the file goes in whole or not at all",
        operation_id=f"import_{kind}",
        response_model=Imported,
        openapi_extra=form_of(),
    )(imports)


TABLES = tuple(str(kind) for kind in NEEDED if kind is not Kind.closures)  # which are drawn, no table


@router.post("/imports/{kind}/cells", summary="按原样读表 / a file as it stands", response_model=CellsOut,
             openapi_extra=form_of())  # fmt: skip
def cells(
    request: Request,
    kind: Annotated[Literal[TABLES], InPath()],  # type: ignore[valid-type]
    given: Uploaded,
    scope: Annotated[Scope, needs("files.write")],
) -> Response:
    """导入之前改错用：逐格给出文件里的文字，不检查、不保存 / for mending before an import: the text of every cell;
    nothing is checked or kept."""
    with TemporaryDirectory(prefix="wuding-") as folder:
        name, path = _kept(given, folder)
        try:
            found = read_raw(path, kind, max_rows=MOST_ROWS, max_bytes=MOST_BYTES)
        except BadTable as refused:
            raise BadTable(name, list(refused.faults)) from refused
    rows = [list(row) for row in zip(*found.columns.values(), strict=True)]
    said = mistakes_of(BadTable(name, found.faults), language(request))
    answer = {"kind": kind, "columns": list(found.columns), "rows": rows, "numbers": found.row_numbers,
              "faults": len(said), "errors": [one.model_dump() for one in said[:MOST_ERRORS]]}  # fmt: skip
    return Response(as_json(answer), media_type=negotiate.JSON)


def give(kind: Kind, request: Request, asked: Asked, place: str | None, scope: Scope, connection: Any) -> Response:
    media = negotiate.accepted(request, (negotiate.CSV, negotiate.XLSX))
    if kind in OVERRIDES:
        if asked.county is not None and not scope.covers(asked.county):
            raise UnknownPlace(place=asked.county)
    elif kind not in (Kind.items, Kind.packages, Kind.kits):
        place = place_in_reach(connection, scope, place)
    if kind in OF_SITUATION:
        situation_of(connection, scope, asked.situation, part=True)
    table = take_out(connection, kind, place=place, situation=asked.situation, county=asked.county)
    suffix = "xlsx" if media == negotiate.XLSX else "csv"
    headers: Any = language(request)
    write: Callable[[Path], None] = lambda path: write_table(path, kind, table, headers=headers)  # noqa: E731
    return written(f"{kind}.{suffix}", media, write)


def _add_export(kind: Kind, permission: str) -> None:
    def exports(
        request: Request, scope: Any, connection: Any, asked: Any, place: Division | None = None
    ) -> Response:  # fmt: skip
        return give(kind, request, asked, place, scope, connection)

    exports.__annotations__ |= {
        "scope": Annotated[Scope, needs(permission)], "connection": Reading, "asked": Options,
    }  # fmt: skip
    router.get(
        f"/exports/{kind}",
        summary=f"导出 {kind} / export {kind}",
        description="CSV 或 XLSX，可原样再导入 / CSV or XLSX that imports again to the same",
        operation_id=f"export_{kind}",
        response_class=Response,
        responses={200: {"content": {negotiate.CSV: {}, negotiate.XLSX: {}}}},
    )(exports)


for _name in TABLES:
    _write, _read = NEEDED[Kind(_name)]
    _add_import(Kind(_name), _write)
    _add_export(Kind(_name), _read)
