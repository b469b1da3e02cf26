"""Routes for looking: GET /{resource} and GET /{resource}/{code}, from the table of resources."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import Connection, Select, or_, select
from starlette.responses import Response

from api.access.scope import Scope
from api.http import negotiate
from api.http.caller import needs
from api.http.paging import MOST, MOST_CURSOR, USUAL, BadSort, Key, after, ordered, read_cursor, write_cursor
from api.http.problems import Problem, language
from api.http.resources import RANGED, WITHIN, Resource, conditions
from api.http.schemas import Day, Division, Instant
from api.http.work import as_json, tagged
from inventory.database import reading
from inventory.errors import InventoryError


class UnknownResource(InventoryError):
    """Nothing of that name here, or nothing the caller may see. Facts: resource, code."""


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "请求有误 / the request is wrong"},
    "5XX": {"model": Problem, "description": "服务出错 / the service failed"},
}


def described(zh: str, en: str) -> str:
    return f"{zh} / {en}"


def row_model(resource: Resource, *, part: bool = False) -> type[BaseModel]:
    """`part`: as in a list, which shows only the fields that were asked for."""
    fields: dict[str, Any] = {}
    for one in resource.fields:
        kind: Any = {list: list[str], dict: dict[str, Any]}.get(one.kind, one.kind)
        known: Any = {"default": None} if part else {}
        words = described(one.zh, one.en)
        fields[one.name] = (kind if one.required else kind | None, Field(description=words, **known))
    return create_model(_title(resource.name) + ("Row" if part else ""), **fields)


def page_model(resource: Resource, row: type[BaseModel]) -> type[BaseModel]:
    return create_model(
        f"{_title(resource.name)}Page",
        items=(list[row], Field(description=described(resource.zh, resource.en))),  # type: ignore[valid-type]
        next=(str | None, Field(None, description="下一页的游标，没有即为最后一页 / cursor of the next page, if any")),
    )


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace("/", "-").split("-"))


def query_model(resource: Resource) -> type[BaseModel]:
    """Every filter by name, so that a mistyped one is refused and the OpenAPI page lists them all."""
    fields: dict[str, Any] = {}
    for one in resource.fields:
        if not one.filtered:
            continue
        words = described(one.zh, one.en)
        if one.kind is bool:
            fields[one.name] = (bool | None, Field(None, description=words))
        else:
            many = Field(None, description=f"{words}（可重复 / repeatable）", max_length=100)
            fields[one.name] = (list[_bounded(one.kind)] | None, many)  # type: ignore[misc]
        if one.kind in RANGED:
            fields[f"{one.name}__gte"] = (_bounded(one.kind) | None, Field(None, description=f"≥ {words}"))
            fields[f"{one.name}__lte"] = (_bounded(one.kind) | None, Field(None, description=f"≤ {words}"))
    if resource.places:
        words = described("该区划及其下级", "a division with all that lies in it")
        fields[WITHIN] = (Division | None, Field(None, description=words))
    fields["q"] = (str | None, Field(None, min_length=1, max_length=100, description="文字搜索 / words in any text"))
    words = described("排序字段，逗号分开，前面加 - 为降序", "fields to sort by, commas between, - for falling")
    usual = [resource.sort or resource.sortable[0]]
    fields["sort"] = (str | None, Field(None, max_length=200, examples=usual, description=words))
    words = described("上一页给的 next", "`next` of the page before")
    fields["cursor"] = (str | None, Field(None, max_length=MOST_CURSOR, description=words))
    fields["limit"] = (int, Field(USUAL, ge=1, le=MOST, description="每页行数 / rows of a page"))
    all_names = Literal[tuple(one.name for one in resource.fields)]  # type: ignore[valid-type]
    chosen: Any = list[all_names]  # type: ignore[valid-type]
    fields["field"] = (chosen | None, Field(None, description="只要这些字段（可重复） / only these fields, repeatable"))
    return create_model(f"{_title(resource.name)}Query", __config__=ConfigDict(extra="forbid"), **fields)


def _bounded(kind: type) -> Any:
    """Numbers the databases can compare with; texts of a sensible length."""
    if kind is int:
        return Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
    if kind is str:
        return Annotated[str, Field(max_length=128)]  # a hundred of them fit an address
    if kind is Decimal:
        return Annotated[Decimal, Field(ge=-(10**9), le=10**9, decimal_places=6)]
    if kind is datetime:
        return Instant
    if kind is date:
        return Day
    if kind is float:
        return Annotated[float, Field(allow_inf_nan=False)]
    return kind


def sort_keys(resource: Resource, sort: str | None) -> tuple[str, list[Key]]:
    """Raises BadSort."""
    order = sort or resource.sort or ""
    keys: list[Key] = []
    for part in filter(None, order.split(",")):
        falling = part.startswith("-")
        name = part.removeprefix("-")
        if name not in resource.sortable:
            raise BadSort(field=name[:60], known=", ".join(resource.sortable))
        one = resource.field(name)
        keys.append((one.source, falling, one.kind))
    return order, [*keys, (resource.key, False, int if _counted(resource) else str)]


def _counted(resource: Resource) -> bool:
    try:
        return resource.key.type.python_type is int
    except NotImplementedError:
        return False


def rows_of(resource: Resource, scope: Scope, names: Sequence[str]) -> Select[Any]:
    """Everything of the resource the caller may see."""
    fields = [resource.field(name).source.label(f"f_{name}") for name in names]
    rows = resource.joined(select(*fields, resource.key.label("key_")))
    if resource.places:
        rows = rows.where(or_(*(scope.where(place) for place in resource.places)))
    if resource.within is not None:
        rows = rows.where(resource.within(scope))
    return rows.where(*resource.fixed) if resource.fixed else rows


def page_of(
    connection: Connection, resource: Resource, scope: Scope, asked: Mapping[str, Any], *, limit: int
) -> tuple[list[str], list[tuple[Any, ...]], str | None]:
    """Names of the fields shown, rows, the cursor of the next page. Raises BadSort, WrongCursor."""
    names = asked.get("field") or [one.name for one in resource.fields]
    if resource.point is not None and asked.get("point"):
        names = list(dict.fromkeys([*names, *resource.point]))
    order, keys = sort_keys(resource, asked.get("sort"))
    filters = {
        name: value for name, value in asked.items() if name not in ("field", "sort", "cursor", "limit", "point")
    }
    extra = [column.label(f"s_{number}") for number, (column, _, _) in enumerate(keys)]
    found = rows_of(resource, scope, names).add_columns(*extra).where(*conditions(resource, filters))
    if asked.get("cursor"):
        found = found.where(after(keys, read_cursor(order, keys, str(asked["cursor"]))))
    rows = connection.execute(found.order_by(*ordered(keys)).limit(limit + 1)).all()
    shown = rows[:limit]
    width = len(names)
    next_ = write_cursor(order, list(shown[-1][width + 1 :])) if len(rows) > limit else None
    return list(names), [tuple(row[:width]) for row in shown], next_


def one_of(connection: Connection, resource: Resource, scope: Scope, code: str) -> dict[str, Any]:
    """One row by its code. Raises UnknownResource, also for what the caller may not see."""
    assert resource.code is not None
    names = [one.name for one in resource.fields]
    named = resource.field(resource.code)
    value: Any = code
    if named.kind is int:
        if not (code.isascii() and code.isdigit() and len(code) < 19):
            raise UnknownResource(resource=resource.name, code=code[:60])
        value = int(code)
    row = connection.execute(rows_of(resource, scope, names).where(named.source == value).limit(1)).first()
    if row is None:
        raise UnknownResource(resource=resource.name, code=code[:60])
    return dict(zip(names, row, strict=False))


def add_reads(router: APIRouter, resource: Resource) -> None:
    row, query = row_model(resource), query_model(resource)
    page = page_model(resource, row_model(resource, part=True))
    types = [negotiate.JSON, *([negotiate.GEOJSON] if resource.point else []), negotiate.CSV, negotiate.XLSX]

    def listed(request: Request, scope: Any, asked: Any) -> Response:
        kind = negotiate.accepted(request, types)
        values = asked.model_dump()
        values["point"] = kind == negotiate.GEOJSON
        limit = values["limit"] if kind in (negotiate.JSON, negotiate.GEOJSON) else negotiate.MOST_ROWS
        with reading(request.app.state.engine) as connection:  # not a dependency: its end would need a thread more
            names, rows, next_ = page_of(connection, resource, scope, values, limit=limit)
        fields = [resource.field(name) for name in names]
        if kind == negotiate.CSV:
            return negotiate.csv_file(_file(resource), fields, rows, language(request))
        if kind == negotiate.XLSX:
            return negotiate.xlsx_file(_file(resource), fields, rows, language(request))
        named = [dict(zip(names, one, strict=True)) for one in rows]
        if kind == negotiate.GEOJSON:
            return negotiate.geojson(resource, named, next_)
        return Response(as_json({"items": named, "next": next_}), media_type=negotiate.JSON)

    listed.__annotations__ |= {
        "scope": Annotated[Scope, needs(resource.permission)], "asked": Annotated[query, Query()],
    }  # fmt: skip
    said: dict[str, Any] = {"content": {kind: {} for kind in types if kind != negotiate.JSON}, "model": page}
    if resource.code is not None:
        first = {"path.code": f"$response.body#/items/0/{resource.code}"}
        said["links"] = {_id("get", resource): {"operationId": _id("get", resource), "parameters": first}}
    router.get(
        f"/{resource.name}",
        summary=described(resource.zh, resource.en),
        operation_id=_id("list", resource),
        response_model=page,
        responses={200: said, **PROBLEMS},
    )(listed)
    if resource.code is not None:
        _add_one(router, resource, row)


def _id(verb: str, resource: Resource) -> str:
    return f"{verb}_{resource.name.replace('-', '_').replace('/', '_')}"


def _add_one(router: APIRouter, resource: Resource, row: type[BaseModel]) -> None:
    def shown(request: Request, code: str, scope: Any) -> Response:
        with reading(request.app.state.engine) as connection:
            return tagged(as_json(one_of(connection, resource, scope, code)))

    shown.__annotations__ |= {"scope": Annotated[Scope, needs(resource.permission)]}
    router.get(
        f"/{resource.name}/{{code}}",
        summary=described(f"{resource.zh}：一条", f"one of: {resource.en}"),
        operation_id=_id("get", resource),
        response_model=row,
        responses={200: {"model": row}, **PROBLEMS},
    )(shown)


def _file(resource: Resource) -> str:
    return resource.name.replace("/", "-")
