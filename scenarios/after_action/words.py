"""An after-action report in words: one language at a time."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from scenarios.after_action.model import AfterAction, Event, IncidentRow
from scenarios.report.wording import SHANGHAI, duration, quantity
from scenarios.texts import catalogue, text

DASH = "–"


class Speech:
    """Says things of one report in one language."""

    def __init__(self, found: AfterAction, lang: str) -> None:
        self.found, self.lang = found, lang

    def say(self, key: str, **facts: Any) -> str:
        return text(f"after.{key}", self.lang, **facts)

    def name(self, kind: str, code: str | None) -> str:
        return "" if code is None else self.found.called.name(kind, code).of("zh" if self.lang == "zh" else "en")

    def title(self) -> str:
        return self.found.title.zh if self.lang == "zh" else self.found.title.en

    def kind(self, code: str) -> str:
        """A kind of incident; one that the catalogue does not know speaks for itself."""
        key = f"kind.{code}"
        return text(key, self.lang) if key in catalogue() else code

    def span(self, seconds: int | None) -> str:
        return DASH if seconds is None else duration(seconds).of("zh" if self.lang == "zh" else "en")

    def delay(self, seconds: int | None) -> str:
        if seconds is None:
            return DASH
        key = "in_time" if seconds == 0 else "late" if seconds > 0 else "early"
        return self.say(key, span=self.span(abs(seconds)))

    def tier(self, tier: str | None, *, missed: bool) -> str:
        """`missed`: somebody came, beyond every tier."""
        limit = next((one.limit_s for one in self.found.tiers if one.id == tier), None)
        if limit is None:
            return self.say("tier.missed") if missed else DASH
        return self.say("tier", minutes=limit // 60) if limit % 60 == 0 else self.say("tier_s", seconds=limit)

    def status(self, row: IncidentRow) -> str:
        return self.say(f"status.{row.status}", into=row.merged_into or "")

    def progress(self, status: str) -> str:
        key = f"after.stop.{status}"
        return text(key, self.lang) if key in catalogue() else status

    def goods_name(self, item: str) -> str:
        """An item with the unit it is counted in."""
        if item not in self.found.called.units:
            return self.name("items", item)
        return (
            f"{self.name('items', item)}（{self.name('units', item)}）"
            if self.lang == "zh"
            else (f"{self.name('items', item)} ({self.name('units', item)})")
        )

    def goods(self, units: Mapping[str, Decimal]) -> str:
        parts = []
        for item, number in units.items():
            unit = self.name("units", item) if item in self.found.called.units else ""
            gap = "" if self.lang == "zh" else " "
            parts.append(f"{self.name('items', item)} {quantity(number)}{gap}{unit}".rstrip())
        return ("、" if self.lang == "zh" else ", ").join(parts)

    def event(self, one: Event) -> str:
        """What happened, in words; an unknown kind is told by its name."""
        facts = dict(one.facts)
        for name, kind in (("store", "stores"), ("team", "teams"), ("from_place", "places"), ("to_place", "places")):
            if name in facts:
                facts[name] = self.name(kind, facts[name])
        if "teams" in facts:
            facts["teams"] = [self.name("teams", team) for team in facts["teams"]]
        if "goods" in facts:
            facts["goods"] = self.goods(facts["goods"])
        if "kind" in facts:
            facts["kind"] = self.kind(facts["kind"])
        key = f"after.event.{one.kind}"
        return text(key, self.lang, **facts) if key in catalogue() else one.kind


def clock(at: datetime | None) -> str:
    """Month, day, hour and minute in China."""
    return DASH if at is None else at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def moment(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def share(value: Decimal | float | None) -> str:
    """Rounded down: never shown better than it is."""
    if value is None:
        return DASH
    hundredths = int(Decimal(str(value)) * 1000)
    return f"{hundredths / 10:g}%"
