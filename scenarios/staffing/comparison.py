"""Studies of one kind side by side: what each town comes to in each of them, and what was asked differently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.staffing.parameters import DEFAULT_YEAR, Coefficient, parameters
from scenarios.texts import Lang, text

MEASURES: Mapping[str, tuple[str, ...]] = {
    "size": ("posts", "staff", "difference", "ratio"),
    "share": ("after", "given", "required", "ratio_after"),
    "patrol": ("visits", "rounds", "travel_h"),
}
"""Kind of study -> what there is to compare of each town."""
RATIOS = frozenset({"ratio", "ratio_after"})  # of which a sum over towns says nothing
_OPTIONS = ("year", "stores", "posts", "lose", "to_required", "draws", "situation", "since")


@dataclass(frozen=True)
class Study:
    """`question` and `answer` as the service keeps them."""

    number: int
    name: str
    kind: str
    question: Mapping[str, Any]
    answer: Mapping[str, Any]
    stale: bool


@dataclass(frozen=True)
class TownRow:
    """`values`: measure -> its value in each study; None: not stated there."""

    code: str
    name: str
    district: str
    values: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class Difference:
    """An option or a coefficient that is not the same in all; None: left to its default, which `usual` is."""

    name: str
    coefficient: Coefficient | None
    values: Sequence[float | str | None]

    def words(self, lang: Lang) -> str:
        if self.coefficient is None:
            return text(f"staffing.compare.asked.{self.name}", lang)
        return self.coefficient.meaning[lang == "en"]

    def value(self, place: int, lang: Lang) -> float | str:
        given = self.values[place]
        if given is None:
            usual = self.coefficient
            return "–" if usual is None else text("staffing.compare.default", lang, value=f"{usual.value:g}")
        return text(f"staffing.compare.{given}", lang) if isinstance(given, bool) else given


@dataclass(frozen=True)
class Beside:
    studies: Sequence[Study]
    towns: Sequence[TownRow]
    asked: Sequence[Difference]

    @property
    def measures(self) -> tuple[str, ...]:
        return MEASURES[self.studies[0].kind]

    def heads(self) -> list[str]:
        """Names of the studies, which may be alike, with their numbers, which are not."""
        return [f"{one.number} · {one.name}" for one in self.studies]

    def total(self, measure: str, place: int) -> float:
        return sum(town.values[measure][place] or 0 for town in self.towns)


def beside(studies: Sequence[Study]) -> Beside:
    """All of one kind of `MEASURES`. Towns in the order of the first study that has them."""
    rows = [{str(town.get("code") or town["town"]): town for town in one.answer["towns"]} for one in studies]
    towns = []
    for code in dict.fromkeys(code for each in rows for code in each):
        of = [each.get(code) for each in rows]
        named = next(town for town in of if town is not None)
        values = {measure: [None if town is None else town.get(measure) for town in of]
                  for measure in MEASURES[studies[0].kind]}  # fmt: skip
        towns.append(TownRow(code, named["name"], named.get("district") or "", values))
    return Beside(studies, towns, [*_options(studies), *_coefficients(studies)])


def _options(studies: Sequence[Study]) -> list[Difference]:
    given = {name: [one.question.get(name) for one in studies] for name in _OPTIONS}
    given["budget"] = [(one.question.get("budget") or {}).get("yuan") for one in studies]
    return [Difference(name, None, values) for name, values in given.items() if len(set(values)) > 1]


def _coefficients(studies: Sequence[Study]) -> list[Difference]:
    own = [{one["name"]: float(one["value"]) for one in each.question.get("coefficients") or ()} for each in studies]
    usual = {one.name: one for one in parameters(studies[0].answer.get("year") or DEFAULT_YEAR)}
    found = []
    for name in sorted({name for each in own for name in each}):
        values = [each.get(name) for each in own]
        if len({usual[name].value if value is None else value for value in values}) > 1:
            found.append(Difference(name, usual[name], values))
    return found
