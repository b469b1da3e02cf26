"""Pages by cursor: the place after the last row shown, so that rows that come in between neither repeat nor skip."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_

from api.office import plain
from inventory.errors import InventoryError

MOST = 1_000
USUAL = 50
MOST_CURSOR = 2_000


class WrongCursor(InventoryError):
    """A cursor that is none of ours, or of another order. Facts: cursor."""


class BadSort(InventoryError):
    """No field of that name to sort by. Facts: field, known."""


Key = tuple[ColumnElement[Any], bool, type]  # expression, falling, kind


def write_cursor(order: str, values: Sequence[Any]) -> str:
    text = json.dumps([order, plain(list(values))], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(order: str, keys: Sequence[Key], cursor: str) -> list[Any]:
    """Raises WrongCursor."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        said, values = json.loads(base64.b64decode(padded, b"-_", validate=True))
        if said != order or len(values) != len(keys):
            raise ValueError
        return [_read(value, kind) for value, (_, _, kind) in zip(values, keys, strict=True)]
    except (ValueError, TypeError, binascii.Error, ArithmeticError, RecursionError):
        raise WrongCursor(cursor=cursor[:60]) from None


def _read(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1900 <= moment.year < 3000:
            raise ValueError
        return moment
    if kind is date:
        return date.fromisoformat(value)
    if isinstance(value, str) and b"\0" in value.encode():  # half a surrogate pair cannot be encoded: ValueError
        raise ValueError
    if kind is Decimal:
        units = Decimal(value)
        if not units.is_finite() or abs(units) > 10**18:
            raise ValueError
        return units
    if kind is int and (isinstance(value, bool) or not -(2**63) <= value < 2**63):
        raise ValueError
    if not isinstance(value, kind) and not (kind is float and isinstance(value, int)):
        raise ValueError
    return value


def after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows behind the one with these values. Empty cells stand last, rising or falling."""
    ways = []
    for number, ((column, falling, _), value) in enumerate(zip(keys, values, strict=True)):
        if value is None:
            continue  # nothing stands behind an empty cell but what is equal to it
        behind = column < value if falling else column > value
        same = [
            one.is_(None) if at is None else one == at
            for (one, _, _), at in zip(keys[:number], values[:number], strict=True)
        ]
        ways.append(and_(*same, or_(behind, column.is_(None))))
    return or_(*ways) if ways else false()


def ordered(keys: Sequence[Key]) -> list[Any]:
    terms: list[Any] = []
    for column, falling, _ in keys:
        terms.append(column.desc().nulls_last() if falling else column.asc().nulls_last())
    return terms
