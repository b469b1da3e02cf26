"""The words of a fault in both languages, from the texts.csv files of the inventory."""

import csv
import string
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from inventory.errors import RowFault

LANGS = ("zh", "en")


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    return {row["key"]: {lang: row[lang] for lang in LANGS} for row in _rows()}


def _rows() -> Iterator[dict[str, str]]:
    home = resources.files("inventory")
    for folder in (home, *(each for each in home.iterdir() if each.is_dir())):
        found = folder / "texts.csv"
        if found.is_file():
            yield from csv.DictReader(found.read_text(encoding="utf-8").splitlines(), strict=True)


def pattern(code: str) -> dict[str, str]:
    """The words of a code as they stand, with {facts} in braces."""
    return dict(_texts()[code])


def told(found: RowFault) -> dict[str, str]:
    """What is wrong and how to mend it: {"zh": ..., "en": ...}, without the place. Unknown codes tell their facts."""
    words = _texts().get(found.code)
    if words is None:
        facts = ", ".join(f"{name}={value}" for name, value in found.facts.items())
        return dict.fromkeys(LANGS, f"{found.code} ({facts})")
    return {lang: _Words(lang).format(words[lang], **found.facts) for lang in LANGS}


class _Words(string.Formatter):
    """str.format for people: lists joined, decimals plain, a missing fact `?` (a message must not fail itself)."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "?")

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, list | tuple | set | frozenset):
            parts = sorted(map(str, value)) if isinstance(value, set | frozenset) else list(map(str, value))
            return ("、" if self.lang == "zh" else ", ").join(parts)
        if isinstance(value, Decimal):
            return format(value.normalize(), "f")
        if isinstance(value, date | datetime):
            return value.isoformat()
        return str(value)
