"""Rows of the data dictionary as requests: what a body may hold is what a file may hold."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from api.http.reads import described
from api.http.schemas import Amount, Body, Code, Day, Division, Instant, Lat, Lon, Text
from inventory.files.dictionary import Column, columns_of

Part = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^|;:]+$")]

_WHOLE = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
_NUMBER = Annotated[Decimal, Field(ge=-(10**9), le=10**9, decimal_places=6)]
_CHECK = tuple[Part, Annotated[int, Field(ge=1, le=36_500)]]
_TYPES: dict[str, Any] = {
    "text": Text, "code": Code, "division": Division, "list": Annotated[list[Part], Field(max_length=200)],
    "checks": Annotated[list[_CHECK], Field(max_length=50)],
    "quantities": Annotated[list[tuple[Part, Amount]], Field(max_length=50)],
    "int": _WHOLE, "decimal": _NUMBER, "date": Day, "instant": Instant, "flag": bool, "lat": Lat, "lon": Lon,
}  # fmt: skip


def _field(column: Column) -> Any:
    return Literal[column.choices] if column.choices and column.type in ("text", "code") else _TYPES[column.type]


def body_of(title: str, kind: str, called: Mapping[str, str], *, edit: bool, states: tuple[str, ...] = (),
            without: tuple[str, ...] = ()) -> type[Body]:  # fmt: skip
    """The columns of a table as a request. Of an edit every field may be left out, and the key is in the path."""
    fields: dict[str, Any] = {}
    for column in columns_of(kind):
        if column.name in without:
            continue
        words = described(column.meaning_zh, column.meaning_en)
        type_, needed = _field(column), column.required and not edit
        fields[called.get(column.name, column.name)] = (
            (type_, Field(description=words)) if needed else (type_ | None, Field(None, description=words))
        )
    if states:
        fields["status"] = (Literal[states] | None, Field(None, description="状态 / status"))
    return create_model(title, __base__=Body, **fields)
