"""Every text of the product in Chinese and English, from the texts.csv of each package."""

import csv
import io
import re
import string
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

from inventory.errors import BadTable, InventoryError, RowFault
from optimizer.errors import BadInput, OptimizerError

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")
PACKAGES = (
    "optimizer.network",
    "optimizer.dispatch",
    "optimizer.simulation",
    "optimizer.staffing",
    "optimizer.staffing.roster",
    "optimizer.staffing.patrol",
    "inventory",
    "inventory.care",
    "inventory.documents",
    "inventory.files",
    "inventory.five_fixed",
    "inventory.intake",
    "inventory.ledger",
    "scenarios",
    "scenarios.report",
    "scenarios.after_action",
    "scenarios.staffing",
    "scenarios.staffing.roster",
    "scenarios.staffing.patrol",
    "scenarios.staffing.report",
    "api",
    "api.http",
)
# read by name, as data: a lower layer's error is told in the words that lie beside it

_SHANGHAI = ZoneInfo("Asia/Shanghai")


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """key -> {"zh": ..., "en": ...} of all packages; no two packages hold the same key (a test sees to it)."""
    found: dict[str, dict[str, str]] = {}
    for package in PACKAGES:
        resource = files(package).joinpath("texts.csv")
        if not resource.is_file():
            continue
        for row in csv.DictReader(io.StringIO(resource.read_text("utf-8"))):
            found.setdefault(row["key"], {"zh": row["zh"], "en": row["en"]})
    return found


def text(key: str, lang: str, /, **facts: Any) -> str:
    """The words of a key with its facts filled in. Raises KeyError for an unknown key."""
    return _Words(lang).format(catalogue()[key][lang], **facts)


def both(key: str, /, **facts: Any) -> dict[str, str]:
    """The words of a key in both languages."""
    return {lang: text(key, lang, **facts) for lang in LANGS}


class _Words(string.Formatter):
    """str.format for people: lists joined, decimals plain, instants in Shanghai time, a missing fact `?`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "?")

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec and not isinstance(value, str):
            return format(value, format_spec)
        return self._plain(value)

    def _plain(self, value: Any) -> str:
        if isinstance(value, list | tuple | set | frozenset):
            parts = [self._plain(part) for part in (sorted(value) if isinstance(value, set | frozenset) else value)]
            return ("、" if self.lang == "zh" else ", ").join(parts)
        if isinstance(value, Mapping):
            return self._plain([f"{key} {self._plain(part)}" for key, part in value.items()])
        if isinstance(value, Decimal):
            return format(value.normalize(), "f") if value else "0"
        if isinstance(value, datetime):
            return (value.astimezone(_SHANGHAI) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, float):
            return f"{value:.6g}"
        return str(value)


def explain(error: Exception, lang: str) -> list[str]:
    """What went wrong and what would mend it: a line for the error, and one for each of its faults."""
    if isinstance(error, BadInput):
        lines = [text("BadInput", lang, source=error.source, faults=len(error.faults))]
        return lines + [_line(fault.where, fault.code, fault.facts, lang) for fault in error.faults]
    if isinstance(error, BadTable):
        lines = [text("BadTable", lang, source=error.source, faults=len(error.faults))]
        return lines + [_at_row(row, lang) for row in error.faults]
    if isinstance(error, OptimizerError | InventoryError):
        return [_known_or_plain(type(error).__name__, error.facts, lang)]
    return [str(error)]


def _at_row(fault: RowFault, lang: str) -> str:
    message = _known_or_plain(fault.code, fault.facts, lang)
    place = {"row": fault.row, "column": fault.column, "message": message}
    if fault.row is None:
        return message if fault.column is None else text("AT_COLUMN", lang, **place)
    return text("AT_ROW" if fault.column is None else "AT_CELL", lang, **place)


_ROW = re.compile(r"(?:, |^| )row (\d+)(?:, |$| )")  # how faults of files say where they are


def _line(where: str, code: str, facts: Mapping[str, Any], lang: str) -> str:
    words = _known_or_plain(code, {"where": where, **facts}, lang)
    if lang == "zh":
        where = _ROW.sub(r" 第 \1 行 ", where).strip()
    return f"{where}{'：' if lang == 'zh' else ': '}{words}" if where else words


def _known_or_plain(key: str, facts: Mapping[str, Any], lang: str) -> str:
    """Words of a key, or the bare facts: an error message must never fail on its own wording."""
    if key in catalogue():
        return text(key, lang, **facts)
    return f"{key} ({', '.join(f'{name}={value}' for name, value in facts.items())})"
