"""Words of a report: labels in both languages, names of things, and the texts of texts.csv."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, Lang] = ("zh", "en")


class Label(NamedTuple):
    """The same thing said in both languages."""

    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Names:
    """What people call the ids of a problem. Mappings may be partial: an id without a name shows as itself.

    `units` is keyed by item, `checks` by five-fixed task (the ids in `StockLine.blocked`).
    """

    incidents: Mapping[str, Label] = field(default_factory=dict)
    teams: Mapping[str, Label] = field(default_factory=dict)
    stores: Mapping[str, Label] = field(default_factory=dict)
    items: Mapping[str, Label] = field(default_factory=dict)
    units: Mapping[str, Label] = field(default_factory=dict)
    vehicles: Mapping[str, Label] = field(default_factory=dict)
    tasks: Mapping[str, Label] = field(default_factory=dict)
    capabilities: Mapping[str, Label] = field(default_factory=dict)
    kinds: Mapping[str, Label] = field(default_factory=dict)
    tiers: Mapping[str, Label] = field(default_factory=dict)  # tiers of teams and of stores
    checks: Mapping[str, Label] = field(default_factory=dict)

    def name(self, kind: str, id: str) -> Label:
        """The label of `id` among `kind` (a field of this class); the id itself where it has no name."""
        found: Mapping[str, Label] = getattr(self, kind)
        return found.get(id) or Label(id, id)


@cache
def texts() -> dict[str, Label]:
    """Every text of this package by key."""
    with (Path(__file__).parent / "texts.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: Label(row["zh"], row["en"]) for row in csv.DictReader(file)}


def say(key: str, **facts: Any) -> Label:
    """The text of `key` in both languages, its {facts} filled in (a `Label` fact in its own language)."""
    text = texts()[key]
    if not facts:
        return text

    def filled(words: str, lang: Lang) -> str:
        return words.format(**{key: one.of(lang) if isinstance(one, Label) else one for key, one in facts.items()})

    return Label(filled(text.zh, "zh"), filled(text.en, "en"))
