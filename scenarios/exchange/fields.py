"""The kinds of value in the exchange files. Each refuses, by a text code, what it cannot take exactly."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from optimizer.units import UNREACHABLE
from scenarios.exchange.json_text import plain_decimal

MAX_SECONDS = 10**9
MAX_QUANTITY = Decimal(10) ** 9
_MAX_INT = int(MAX_QUANTITY)
MAX_DECIMALS = 6
MAX_ID = 200
MAX_TEXT = 1000
DEFAULT_HORIZON_H = Decimal(72)

_DECIMAL = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Refused(ValueError):
    """A value that cannot be taken: `code` of the text that says why, and its facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def quantity(value: Any) -> Decimal:
    """An exact number 0 <= q < 1e9 with at most 6 decimals, from an int, a Decimal or text such as "12.5"."""
    if type(value) is int and 0 <= value < _MAX_INT:  # most are
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Refused("QuantityExpected")
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            raise Refused("QuantityExpected")
        value = Decimal(value)
    value = Decimal(value)
    if not value.is_finite():
        raise Refused("QuantityExpected")
    if value < 0:
        raise Refused("QuantityNegative")
    if value >= MAX_QUANTITY:
        raise Refused("QuantityTooLarge")
    if not value:
        return Decimal(0)
    shortest = value if value.as_tuple().exponent == 0 or value.adjusted() < -MAX_DECIMALS else _plain(value)
    if int(shortest.as_tuple().exponent) < -MAX_DECIMALS:
        raise Refused("TooManyDecimals", decimals=MAX_DECIMALS)
    return shortest


def _plain(value: Decimal) -> Decimal:
    return Decimal(plain_decimal(value))  # Decimal.normalize() would round beyond 28 digits


def positive(value: Any) -> Decimal:
    found = quantity(value)
    if not found:
        raise Refused("QuantityNotPositive")
    return found


def instant(value: Any) -> datetime:
    """An ISO 8601 date and time with its offset, in UTC."""
    if isinstance(value, datetime):
        found = value
        if found.tzinfo is None:
            raise Refused("OffsetMissing")
    else:
        if not isinstance(value, str):
            raise Refused("InstantExpected")
        if not _INSTANT.fullmatch(value):
            bare = _INSTANT.fullmatch(value + "Z")
            raise Refused("OffsetMissing" if bare else "InstantExpected")
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise Refused("InstantExpected") from None
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise Refused("InstantExpected") from None


def day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Refused("DayExpected")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Refused("DayExpected") from None


def measure(value: Any) -> float:
    """A physical measure above zero (a speed, a height); no bookkeeping, so a float."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Refused("NumberExpected")
    if not 0 < value < 10**6:
        raise Refused("MeasureOutOfRange")
    return float(value)


def real(value: Any) -> float:
    """A finite number that is computed, not counted: a float."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Refused("NumberExpected")
    if not -1e300 < value < 1e300:
        raise Refused("NumberExpected")
    return float(value)


def level_value(value: Any) -> float | tuple[float, ...]:
    """A number, or the sorted vector of fill rates."""
    if isinstance(value, list | tuple):
        return tuple(real(part) for part in value)
    return real(value)


def geojson(value: Any) -> dict[str, Any]:
    """GeoJSON; its numbers become floats. What it shows is for the road network to judge."""
    if not isinstance(value, dict):
        raise Refused("ObjectExpected")
    return {key: _as_floats(part) for key, part in value.items()}


def _as_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_floats(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_floats(part) for part in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return float(value)
    return value


def factor(value: Any) -> Decimal:
    """Share of the usual speed: 0 (closed) to 1."""
    found = quantity(value)
    if found > 1:
        raise Refused("FactorOutOfRange")
    return found


def horizon(value: Any) -> Decimal:
    """Hours, a whole number of seconds, at most a year."""
    found = positive(value)
    if found > 8784 or found * 3600 % 1:
        raise Refused("HorizonUnusable")
    return found


def name(value: Any) -> str:
    """A name that may also be a number; 3 and "3" are the same."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused("TextExpected")
    if not 1 <= len(str(value)) <= 200:
        raise Refused("TextEmpty" if str(value) == "" else "TextTooLong", limit=200)
    return str(value)


def _degrees(axis: str, limit: int) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise Refused("DegreesExpected")
        if not -limit <= value <= limit:
            raise Refused("DegreesOutOfRange", limit=limit, axis=axis)
        return float(value)

    return check


def _told(check: Callable[[Any], Any]) -> PlainValidator:
    def validate(value: Any) -> Any:
        try:
            return check(value)
        except Refused as refused:
            raise PydanticCustomError(refused.code, "", refused.facts) from None

    return PlainValidator(validate)


def _decimal_schema(bounds: dict[str, Any]) -> WithJsonSchema:
    text = {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})?$"}
    number = {"type": "number", **bounds, "exclusiveMaximum": int(MAX_QUANTITY)}
    return WithJsonSchema({"anyOf": [number, text]})


_as_decimal = PlainSerializer(plain_decimal, return_type=str)
_as_instant = PlainSerializer(lambda value: value.isoformat(), return_type=str)
_as_day = PlainSerializer(lambda value: value.isoformat(), return_type=str)

Id = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=MAX_ID)]
Text = Annotated[str, StringConstraints(strict=True, max_length=MAX_TEXT)]
Whole = Annotated[int, Field(strict=True, ge=0, le=10**9)]
SignedWhole = Annotated[int, Field(strict=True)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=MAX_SECONDS)]
# sums of many durations: whatever the solver still takes for reachable can be written down and read
PlannedSeconds = Annotated[int, Field(strict=True, ge=0, le=2 * UNREACHABLE)]
SignedSeconds = Annotated[int, Field(strict=True, ge=-2 * UNREACHABLE, le=2 * UNREACHABLE)]
Count = Annotated[int, Field(strict=True, ge=1, le=1000)]
Severity = Annotated[int, Field(strict=True, ge=1, le=5)]
Flag = Annotated[bool, Field(strict=True)]
Quantity = Annotated[Decimal, _told(quantity), _as_decimal, _decimal_schema({"minimum": 0})]
Positive = Annotated[Decimal, _told(positive), _as_decimal, _decimal_schema({"exclusiveMinimum": 0})]
Real = Annotated[float, _told(real), WithJsonSchema({"type": "number"})]
LevelValue = Annotated[
    float | tuple[float, ...],
    _told(level_value),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}),
]
Facts = dict[str, Any]
GeoJson = Annotated[dict[str, Any], _told(geojson), WithJsonSchema({"type": "object"})]
Measure = Annotated[
    float,
    _told(measure),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10**6}),
]
Factor = Annotated[Decimal, _told(factor), _as_decimal, _decimal_schema({"minimum": 0, "maximum": 1})]
Horizon = Annotated[Decimal, _told(horizon), _as_decimal, _decimal_schema({"exclusiveMinimum": 0})]
Instant = Annotated[datetime, _told(instant), _as_instant, WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[date, _told(day), _as_day, WithJsonSchema({"type": "string", "format": "date"})]
# a tier or an edge may be numbered or named: 3 and "3" are the same
Name = Annotated[str, _told(name), WithJsonSchema({"type": ["string", "integer"], "minLength": 1, "maxLength": 200})]
Latitude = Annotated[
    float, _told(_degrees("lat", 90)), WithJsonSchema({"type": "number", "minimum": -90, "maximum": 90})
]
Longitude = Annotated[
    float, _told(_degrees("lon", 180)), WithJsonSchema({"type": "number", "minimum": -180, "maximum": 180})
]
