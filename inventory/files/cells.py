"""One cell of a table: what is plainly meant is taken, anything else is refused with its reason.

Nothing is guessed: one date format, one instant format, ASCII digits, a point as the decimal mark, no thousands
separators, no spaces around.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from inventory.errors import RowFault
from inventory.files.choices import choices_shown, choices_zh, nearest_choice
from inventory.files.dictionary import Column
from inventory.kinds import KINDS
from inventory.places import BadDivisionCode, division_level

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

MAX_TEXT = 4000  # characters of a text cell
MAX_CODE = 64  # characters of an id
MAX_DIGITS = 24  # characters of a number

FLAGS_ZH = {True: "是", False: "否"}
_FLAGS = {"1": True, "0": False, "是": True, "否": False}

_INT = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_THOUSANDS = re.compile(r"-?[0-9]{1,3}([,，'’ _][0-9]{3})+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_CHECK = re.compile(r"([A-Z_]+):([1-9][0-9]{0,4})")
# what nobody sees: control characters, and the marks and joiners that come along with copied text
_UNSEEN = r"\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_CONTROL = re.compile(rf"[\x00-\x1f\u180e\u200c\u200d{_UNSEEN}]")
_CONTROL_BUT_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f{_UNSEEN}]")  # joiners shape some scripts, and emoji
_SPACE_IN_CODE = re.compile(r"[^\S ]")
_LEADING_QUOTES = ("'", "‘", "’", "＇")


class CellProblem(Exception):
    """Why a cell cannot be taken: text code and facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def fault(row: int | None, column: str | None, code: str, **facts: Any) -> RowFault:
    """A RowFault with its facts as keywords."""
    return RowFault(row, column, code, facts)


def shown(text: str) -> str:
    """A cell as it may stand in a message: no control characters, not too long."""
    clean = _CONTROL.sub("?", text)
    return clean if len(clean) <= 60 else clean[:57] + "..."


def cell_text(value: Any) -> str:
    """A value as the text of a cell: None is empty, flags 1 and 0, lists joined by |, numbers without exponent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple | list):
        if value and isinstance(value[0], tuple):
            pairs = [f"{name}:{cell_text(amount)}" for name, amount in value]
            return ("|" if isinstance(value[0][1], Decimal) else ";").join(pairs)
        return "|".join(str(part) for part in value)
    if isinstance(value, datetime):  # databases keep them in UTC; people in China read their own clock
        return (value.astimezone(SHANGHAI) if value.tzinfo else value).isoformat()
    return str(value)


def codes_in(value: Any) -> tuple[str, ...]:
    """The codes that a value names: none, one, or each of a list or of quantities."""
    if value is None or isinstance(value, str):
        return () if value is None else (value,)
    return tuple(part if isinstance(part, str) else part[0] for part in value)


def converter(column: Column) -> Callable[[str], Any]:
    """The function that turns the text of one cell of `column` into its value; it raises CellProblem.

    An empty cell is None, or a CellProblem where the column is required. Values: text, code and division -> str,
    list -> tuple[str, ...], checks -> tuple[(kind, days), ...], quantities -> tuple[(code, Decimal), ...], int -> int,
    decimal -> Decimal, date -> date, instant -> datetime with offset, flag -> bool, lat and lon -> float degrees.
    """
    convert = _CONVERTERS[column.type]
    in_chinese = {} if column.type == "list" else choices_zh(column)

    def one_cell(text: str) -> Any:
        if not text:
            if column.required:
                raise CellProblem("CELL_EMPTY")
            return None
        if text != text.strip():
            raise CellProblem("SPACE_AROUND", value=shown(text))
        if text in in_chinese:
            return in_chinese[text]
        value = convert(text)
        if column.choices and value not in column.choices:
            nearest = nearest_choice(column, text)
            if nearest:
                raise CellProblem("NEAR_CHOICE", value=shown(text), nearest=nearest, choices=choices_shown(column))
            raise CellProblem("NOT_CHOICE", value=shown(text), choices=choices_shown(column))
        if column.least is not None and (value < column.least or (column.above and value == column.least)):
            code = "NOT_ABOVE" if column.above else "TOO_SMALL"
            raise CellProblem(code, value=shown(text), least=column.least)
        if column.most is not None and value > column.most:
            raise CellProblem("TOO_LARGE", value=shown(text), most=column.most)
        return value

    return one_cell


def _text(text: str) -> str:
    if _CONTROL_BUT_LINES.search(text):
        raise CellProblem("CONTROL_CHARACTER", value=shown(text))
    if len(text) > MAX_TEXT:
        raise CellProblem("TOO_LONG", value=shown(text), most=MAX_TEXT)
    return text


def _code(text: str) -> str:
    if _CONTROL.search(text):
        raise CellProblem("CONTROL_CHARACTER", value=shown(text))
    if _SPACE_IN_CODE.search(text):
        raise CellProblem("SPACE_IN_CODE", value=shown(text))
    if "|" in text:
        raise CellProblem("BAD_CODE", value=shown(text))
    if text.startswith(_LEADING_QUOTES):
        raise CellProblem("LEADING_QUOTE", value=shown(text))
    if len(text) > MAX_CODE:
        raise CellProblem("TOO_LONG", value=shown(text), most=MAX_CODE)
    return text


def _division(text: str) -> str:
    try:
        division_level(text)
    except BadDivisionCode:
        raise CellProblem("NOT_DIVISION", value=shown(text)) from None
    return text


def _list(text: str) -> tuple[str, ...]:
    parts = tuple(text.split("|"))
    if any(not part or part != part.strip() for part in parts) or len(set(parts)) < len(parts):
        raise CellProblem("BAD_LIST", value=shown(text))
    return tuple(_code(part) for part in parts)


def _checks(text: str) -> tuple[tuple[str, int], ...]:
    checks: dict[str, int] = {}
    for part in text.split(";"):
        match = _CHECK.fullmatch(part)
        if not match or match[1] not in KINDS or match[1] in checks:
            raise CellProblem("BAD_ITEM_CHECK", value=shown(part), kinds=", ".join(KINDS))
        checks[match[1]] = int(match[2])
    return tuple(checks.items())


def _quantities(text: str) -> tuple[tuple[str, Decimal], ...]:
    amounts: dict[str, Decimal] = {}
    for part in text.split("|"):
        name, colon, amount = part.partition(":")
        if not colon or not name or part != part.strip() or name in amounts:
            raise CellProblem("BAD_QUANTITIES", value=shown(part))
        amounts[_code(name)] = units = _decimal(amount)
        if units <= 0:
            raise CellProblem("NOT_ABOVE", value=shown(part), least=0)
    return tuple(amounts.items())


def _number(text: str, pattern: re.Pattern[str], code: str) -> str:
    if pattern.fullmatch(text) and len(text) <= MAX_DIGITS:
        return text
    plain = unicodedata.normalize("NFKC", text)
    if plain != text and _DECIMAL.fullmatch(plain):
        raise CellProblem("FULL_WIDTH_DIGITS", value=shown(text))
    if _THOUSANDS.fullmatch(text):
        raise CellProblem("THOUSANDS_SEPARATOR", value=shown(text))
    raise CellProblem(code, value=shown(text))


def _int(text: str) -> int:
    return int(_number(text, _INT, "NOT_INTEGER"))


def _decimal(text: str) -> Decimal:
    return Decimal(_number(text, _DECIMAL, "NOT_DECIMAL"))


def _degrees(text: str, *, limit: int, code: str) -> float:
    degrees = float(_number(text, _DECIMAL, "NOT_DECIMAL"))
    if not -limit <= degrees <= limit:
        raise CellProblem(code, value=shown(text))
    return degrees


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise CellProblem("NOT_DATE", value=shown(text))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CellProblem("NO_SUCH_DAY", value=shown(text)) from None


def _instant(text: str) -> datetime:
    match = _INSTANT.fullmatch(text)
    if not match:
        raise CellProblem("NOT_INSTANT", value=shown(text))
    if not match[3]:
        raise CellProblem("NO_OFFSET", value=shown(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CellProblem("NO_SUCH_DAY", value=shown(text)) from None


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise CellProblem("NOT_FLAG", value=shown(text))
    return _FLAGS[text]


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "text": _text,
    "code": _code,
    "division": _division,
    "list": _list,
    "checks": _checks,
    "quantities": _quantities,
    "int": _int,
    "decimal": _decimal,
    "date": _date,
    "instant": _instant,
    "flag": _flag,
    "lat": lambda text: _degrees(text, limit=90, code="LAT_RANGE"),
    "lon": lambda text: _degrees(text, limit=180, code="LON_RANGE"),
}
