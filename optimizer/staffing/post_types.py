"""What is shared out and what comes of it: towns, limits, grades, levels. No code that decides anything."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

MOST = 10**6  # posts of one town, and new posts; beyond it somebody mistyped

Status = Literal["OPTIMAL", "FEASIBLE"]
Proof = Literal["greedy", "relaxation", "search", "none"]


@dataclass(frozen=True)
class PostTown:
    """A town station: `required` by its WISN sizing, `actual` there today, both in posts."""

    code: str
    required: int
    actual: int
    district: str = ""
    floor: int = 0  # fewest posts afterwards
    cap: int | None = None  # most posts afterwards


@dataclass(frozen=True)
class DistrictLimit:
    """Bounds on what a district gets, net of what its towns lose; None: no bound."""

    district: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class PostRules:
    """`posts` are new; existing ones may move, but no town loses more than `lose`."""

    posts: int
    lose: int = 0
    districts: tuple[DistrictLimit, ...] = ()


@dataclass(frozen=True)
class PostLevel:
    """`towns` stand at exactly this ratio; no answer that keeps the levels before has fewer than `bound` there."""

    ratio: Fraction
    towns: int
    bound: int
    proof: Proof


@dataclass(frozen=True)
class PostShare:
    """`after[i]` posts of town i. `unplaced`: posts that caps and district limits leave over."""

    towns: tuple[PostTown, ...]
    rules: PostRules
    after: tuple[int, ...]
    unplaced: int
    status: Status
    levels: tuple[PostLevel, ...]

    @property
    def given(self) -> tuple[int, ...]:
        """What each town gets; below zero where posts move away."""
        return tuple(after - town.actual for after, town in zip(self.after, self.towns, strict=True))

    @property
    def moved(self) -> int:
        return sum(-given for given in self.given if given < 0)


@dataclass(frozen=True)
class Grade:
    """A kind of post; `most` new ones in all (None: as many as the money buys)."""

    code: str
    cost: int  # of one post, in whole yuan a year
    most: int | None = None


@dataclass(frozen=True)
class GradedTown:
    """A town with its posts by grade, in the order of the grades; a cap of None is none."""

    code: str
    required: int
    actual: tuple[int, ...]
    district: str = ""
    floor: tuple[int, ...] = ()  # by grade; () is 0 of each
    cap: tuple[int | None, ...] = ()
    least: int = 0  # of all grades together
    most: int | None = None

    def floor_of(self, grade: int) -> int:
        return self.floor[grade] if self.floor else 0

    def cap_of(self, grade: int) -> int | None:
        return self.cap[grade] if self.cap else None


@dataclass(frozen=True)
class BudgetRules:
    budget: int  # whole yuan a year
    lose: int = 0
    districts: tuple[DistrictLimit, ...] = ()


@dataclass(frozen=True)
class BudgetShare:
    """`after[i][g]`. `levels` carry bound and proof; status OPTIMAL: every one of them is proven."""

    towns: tuple[GradedTown, ...]
    grades: tuple[Grade, ...]
    rules: BudgetRules
    after: tuple[tuple[int, ...], ...]
    cost: int
    status: Status
    levels: tuple[PostLevel, ...]
    solves: int

    @property
    def given(self) -> tuple[tuple[int, ...], ...]:
        rows = zip(self.after, self.towns, strict=True)
        return tuple(tuple(x - a for x, a in zip(after, town.actual, strict=True)) for after, town in rows)

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(map(sum, self.after))
