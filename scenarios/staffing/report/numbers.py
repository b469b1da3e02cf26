"""What several pages of a report of a sizing want to know, reckoned once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from optimizer.staffing.workload import COMPONENTS, PARTS, Sizing, TownResult
from optimizer.units import FloatArray, IntArray
from scenarios.texts import Lang

GROUPS: Final = (
    ("visits", ("enterprises", "venues")),
    ("hazards", ("rechecks", "listed")),
    ("cases", ("enforcement", "cases")),
    ("patrol", ("patrol",)),
    ("duty", ("duty",)),
    ("people", ("training", "publicity")),
    ("things", ("hazard_points", "five_fixed")),
    ("added", ("individual", "floor", "rounding")),
)
"""The parts of the posts as stacked bars show them: fifteen fills nobody could tell apart."""


@dataclass(frozen=True)
class Numbers:
    """Sums and orders of a sizing."""

    sizing: Sizing

    @property
    def count(self) -> int:
        return len(self.sizing.towns)

    @cached_property
    def districts(self) -> list[str]:
        """Those that are named, in order of their first town."""
        return [each for each in dict.fromkeys(self.sizing.towns.district) if each]

    @cached_property
    def stated(self) -> IntArray:
        """Indices of the towns that state their staff."""
        return np.flatnonzero(~np.isnan(self.sizing.towns.staff))

    @cached_property
    def staff(self) -> int:
        return int(np.nansum(self.sizing.towns.staff))

    @cached_property
    def posts_of_stated(self) -> int:
        return int(self.sizing.posts[self.stated].sum())

    @property
    def ratio(self) -> float | None:
        """WISN ratio of the towns that state their staff, together."""
        return self.staff / self.posts_of_stated if self.posts_of_stated else None

    @cached_property
    def worst(self) -> list[int]:
        """Indices of towns, the lowest ratio first (a town without anybody stands at 0), unstated ones last."""
        ratio = np.where(np.isnan(self.sizing.ratio), np.inf, self.sizing.ratio)
        codes = self.sizing.towns.code
        return sorted(range(self.count), key=lambda at: (ratio[at], codes[at]))

    @cached_property
    def rated(self) -> list[int]:
        """`worst` without those that have no ratio."""
        return [at for at in self.worst if not np.isnan(self.sizing.ratio[at])]

    @cached_property
    def short(self) -> IntArray:
        """Indices of towns that lack people."""
        return np.flatnonzero(self.sizing.difference < 0)

    @cached_property
    def over(self) -> IntArray:
        return np.flatnonzero(self.sizing.difference > 0)

    @cached_property
    def grouped(self) -> FloatArray:
        """[groups, towns] in posts, in the order of GROUPS; columns add up to the posts."""
        parts = self.sizing.parts
        return np.stack([parts[[PARTS.index(name) for name in names]].sum(axis=0) for _, names in GROUPS])

    @cached_property
    def part_totals(self) -> dict[str, float]:
        return dict(zip(PARTS, self.sizing.parts.sum(axis=1).tolist(), strict=True))

    @cached_property
    def hour_totals(self) -> dict[str, float]:
        """The largest first."""
        totals = dict(zip(COMPONENTS, self.sizing.hours.sum(axis=1).tolist(), strict=True))
        return dict(sorted(totals.items(), key=lambda one: (-one[1], COMPONENTS.index(one[0]))))

    @cached_property
    def with_findings(self) -> list[int]:
        return [at for at in self.worst if self.sizing.findings[at]]

    def result(self, index: int) -> TownResult:
        return self.sizing.result(index)


def ratio_words(ratio: float | None) -> str:
    return "–" if ratio is None or ratio != ratio else f"{ratio:.2f}"


def joined(parts: list[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(parts)
