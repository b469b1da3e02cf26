"""What the documents say, in both languages, from texts.csv; and figures and days as people write them."""

import csv
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from inventory.five_fixed.records import NaiveInstant

Lang = Literal["zh", "en"]

_SHANGHAI = ZoneInfo("Asia/Shanghai")


class Words(NamedTuple):
    """A name or text in both languages; English may be empty, then Chinese stands for both."""

    zh: str
    en: str = ""

    def pick(self, lang: Lang) -> str:
        """The words in that language, or in the one there is."""
        return (self.en or self.zh) if lang == "en" else (self.zh or self.en)

    def joined(self, between: str = " ") -> str:
        """Both languages, Chinese first."""
        return between.join(part for part in dict.fromkeys(self) if part)


@cache
def _texts() -> Mapping[str, Words]:
    with (Path(__file__).parent / "texts.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: Words(row["zh"], row["en"]) for row in csv.DictReader(file, strict=True)}


def words(key: str, /, **facts: object) -> Words:
    """The words of `doc.<key>` with their facts filled in. Raises KeyError for an unknown key or fact."""
    found = _texts()[f"doc.{key}"]
    return Words(found.zh.format(**facts), found.en.format(**facts)) if facts else found


def plain(value: Decimal | int | None) -> str:
    """A quantity without exponent or idle zeros, thousands set apart; None is empty."""
    if value is None:
        return ""
    exact = Decimal(value)
    if exact == 0:
        return "0"
    text = format(exact, ",f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal | None) -> str:
    """Yuan and fen: at least two places, more where the price has more; None is empty."""
    if value is None:
        return ""
    text = plain(value)
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"


def rounded_down(value: Decimal | float | None, places: int) -> Decimal | None:
    """A share or score, never shown better than it is; a float is taken as the digits it shows."""
    if value is None:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)


def share_text(value: Decimal | float | None) -> str:
    """0.9756 as 97.5%; None (nothing to count) as a dash."""
    percent = percentage(value)
    return "–" if percent is None else f"{percent}%"


def percentage(value: Decimal | float | None) -> Decimal | None:
    """0.9756 as 97.5."""
    exact = rounded_down(value, 3)
    return None if exact is None else (exact * 100).quantize(Decimal("0.1"))


def score_text(value: Decimal | float | None) -> str:
    """A score from 0 to 1 with three places; None (no store) as a dash."""
    exact = rounded_down(value, 3)
    return "–" if exact is None else str(exact)


def day_text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def moment_text(moment: datetime | None) -> str:
    """Shanghai time to the minute; None is empty. Raises NaiveInstant where the offset is missing."""
    if moment is None:
        return ""
    if moment.tzinfo is None:
        raise NaiveInstant(value=moment.isoformat())
    return moment.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M")
