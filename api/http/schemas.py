"""Kinds of fields that requests share: codes, texts, exact quantities, instants with their offset."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from inventory.files.wording import told
from inventory.written import CellProblem, code_problem, fault, text_problem


def _by(rule: Callable[[str], CellProblem | None]) -> AfterValidator:
    """The rules of cells in tables, so that nothing comes in by HTTP that no file could hold."""

    def check(value: str) -> str:
        problem = rule(value)
        if problem is not None:
            why = told(fault(None, None, problem.code, **problem.facts))
            raise PydanticCustomError("cell", "{zh} / {en}", {"zh": why["zh"], "en": why["en"]})
        return value

    return AfterValidator(check)


def _no_control(value: str) -> CellProblem | None:
    """As of a text, which may be empty here."""
    return text_problem(value) if value else None


PLAIN = r"^[^\x00-\x1f\x7f]*$"  # no control characters
Code = Annotated[str, Field(min_length=1, max_length=64), _by(code_problem)]
Text = Annotated[str, Field(min_length=1, max_length=4000), _by(text_problem)]
LotCode = Annotated[
    str, Field(max_length=64), _by(_no_control), Field(description="批号；空为无批号 / lot number; empty: none")
]
Amount = Annotated[
    Decimal, Field(gt=0, le=10**9, decimal_places=6, description="数量（物资单位） / in units of the item")
]
Reference = Annotated[str, Field(min_length=1, max_length=128), _by(text_problem)]
Paragraphs = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"^[^\x00]+$")]  # with line ends
AmountOrNone = Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=6)]
Division = Annotated[str, Field(pattern=r"^[1-9]\d{11}$", description="12 位区划代码 / 12-digit division code")]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="纬度，WGS-84 / latitude, WGS-84")]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="经度，WGS-84 / longitude, WGS-84")]


def _written(pattern: str, example: str) -> BeforeValidator:
    """Dates are written one way. Left alone, pydantic takes any number for seconds since 1970."""

    def check(value: Any) -> Any:
        if isinstance(value, int | float) or (isinstance(value, str) and not re.fullmatch(pattern, value)):
            raise PydanticCustomError("cell", "应写作 {form} / to be written as {form}", {"form": example})
        return value

    return BeforeValidator(check)


_MORNING = "2026-07-01T08:00:00+08:00"
Day = Annotated[date, _written(r"\d{4}-\d\d-\d\d", "2026-07-01")]


def _in_reach(moment: datetime) -> datetime:
    """Every offset of it can be written: the first and the last year of the calendar cannot be turned to UTC."""
    if not 1900 <= moment.year < 3000:
        raise PydanticCustomError("cell", "年份应在 1900–2999 / the year should be within 1900–2999")
    return moment


Instant = Annotated[
    AwareDatetime,
    _written(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.+", _MORNING),
    AfterValidator(_in_reach),
    Field(examples=[_MORNING]),
]


def _storable(value: Any) -> Any:
    """What a JSON column of either database can hold: no NaN, no NUL, no half of a character."""
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
        written.encode()
    except ValueError as error:
        raise PydanticCustomError("cell", "{cause}", {"cause": str(error)}) from None
    if "\\u0000" in written:
        raise PydanticCustomError("cell", "有空字符 / holds a NUL character")
    return value


Storable = AfterValidator(_storable)


class Body(BaseModel):
    """A request: fields that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Entry(Body):
    """What people say of an entry they make; the moment of recording is the server's."""

    note: Text | None = None
    occurred_at: Instant | None = Field(None, description="实际发生时间 / when it happened")

    def said(self) -> dict[str, Any]:
        occurred: datetime | None = self.occurred_at
        return {"note": self.note, "occurred_at": occurred}
