"""Use cases of sharing out: towns and a number of posts (or a budget) in, who gets how many and why out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from inventory.files import read_table
from inventory.files.write import replace_bytes
from optimizer.errors import BadInput, Fault, OptimizerError
from optimizer.staffing.check_grades import check_budget_share
from optimizer.staffing.check_posts import PostViolation, check_posts
from optimizer.staffing.parameters import Parameters
from optimizer.staffing.post_frontier import FrontierPoint, frontier, posts_for
from optimizer.staffing.post_reasons import PostReason, next_towns, reasons
from optimizer.staffing.post_types import (
    MOST,
    BudgetRules,
    BudgetShare,
    DistrictLimit,
    Grade,
    GradedTown,
    PostLevel,
    PostRules,
    PostShare,
    PostTown,
)
from optimizer.staffing.posts import share_posts
from optimizer.staffing.towns import Towns
from scenarios.staffing.inputs import InputFile, Role, input_files, read_towns
from scenarios.staffing.sizing import Asked as AskedSizing
from scenarios.staffing.sizing import given_parameters, size_towns_of
from scenarios.texts import Lang, text

Tell = Callable[..., None]
GRADES = ("established", "contract")
MARKS = tuple(Fraction(percent, 100) for percent in (70, 80, 90, 100))  # how many posts bring every town so far?
NEXT = 5


@dataclass(frozen=True)
class Budget:
    """Whole yuan a year, in all and for a post of each grade (`GRADES`), and the most new posts of each."""

    total: int
    costs: tuple[int, int]
    most: tuple[int | None, int | None] = (None, None)


@dataclass(frozen=True)
class AskedShare:
    """Either `posts` or `budget`. `limits`: table town_posts; `districts`: table district_posts."""

    posts: int | None = None
    budget: Budget | None = None
    lose: int = 0
    limits: Path | None = None
    districts: Path | None = None
    year: int | None = None
    parameters: Path | None = None
    stores: Path | None = None  # a folder whose stock the five-fixed work of the sizing is reckoned from
    to_required: bool = False  # no town gets beyond what it requires; the rest is not given


@dataclass(frozen=True)
class ShareRow:
    """A town: posts required, there, given (by grade where money was shared) and afterwards; `why` stands in words."""

    code: str
    name: str
    district: str
    required: int
    actual: int
    given: int
    grades: tuple[int, ...]
    reason: PostReason | None

    @property
    def after(self) -> int:
        return self.actual + self.given

    def why(self, lang: Lang) -> str:
        facts: dict[str, Any] = {
            "name": self.name,
            "required": self.required,
            "actual": self.actual,
            "given": abs(self.given),
            "after": self.after,
            "before": percent(ratios(self)[0]),
            "now": percent(ratios(self)[1]),
        }
        if self.reason is None:
            return text("posts.why.money", lang, **facts, established=self.grades[0], contract=self.grades[1])
        if self.reason.last is not None:
            facts["last"] = percent(self.reason.last)
        key = "posts.why.never" if self.reason.wait is None else "posts.why.next"
        turn = text(key, lang, wait=self.reason.wait)
        return f"{text(self.reason.key, lang, **facts)}{'' if lang == 'zh' else ' '}{turn}"


@dataclass(frozen=True)
class Shared:
    """Rows in the order of the file. `points`, `marks` and `following` of posts only: what other numbers of posts
    would reach, how many a ratio needs (None: no number does), and whose turn comes next (indices of rows)."""

    rows: tuple[ShareRow, ...]
    levels: tuple[PostLevel, ...]
    status: str
    asked: AskedShare
    unplaced: int = 0
    cost: int | None = None
    points: tuple[FrontierPoint, ...] = ()
    marks: tuple[tuple[Fraction, int | None], ...] = ()
    following: tuple[int, ...] = ()
    share: PostShare | None = None
    coefficients: Parameters | None = None  # of the sizing that says what is required
    files: tuple[InputFile, ...] = ()

    @property
    def given(self) -> int:
        return sum(row.given for row in self.rows)

    def worst(self) -> tuple[Fraction, Fraction]:
        """Before and after."""
        before, after = zip(*(ratios(row) for row in self.rows), strict=True)
        return min(before), min(after)


class ShareRefused(OptimizerError):
    """The independent check refused a share: a mistake of ours, never of the input. Facts: code, where."""


def ratios(row: ShareRow) -> tuple[Fraction, Fraction]:
    """The WISN ratio before and after."""
    return Fraction(row.actual, row.required), Fraction(row.after, row.required)


def percent(ratio: Fraction) -> str:
    """Of a ratio, to one decimal (half up, from integers)."""
    tenths = (2000 * ratio.numerator + ratio.denominator) // (2 * ratio.denominator)
    return f"{tenths // 10}.{tenths % 10}"


def share_file(file: Path, asked: AskedShare, *, tell: Tell = lambda key, **facts: None) -> Shared:
    """TOWNS.csv or .xlsx. Raises BadTable with every bad row, BadInput, PostsImpossible."""
    tell("staffing.phase.read", file=file.name)
    shared = share_towns(read_towns(file), asked, source=file.name, tell=tell)
    named: list[tuple[Role, Path | None]] = [("towns", file), ("parameters", asked.parameters)]
    named += [("limits", asked.limits), ("districts", asked.districts)]
    return replace(shared, files=input_files(named, stores=asked.stores))


def share_towns(
    towns: Towns, asked: AskedShare, *, source: str = "towns", tell: Tell = lambda key, **facts: None
) -> Shared:
    """Raises BadInput, BadTable for files of limits, PostsImpossible."""
    if (asked.posts is None) == (asked.budget is None):
        raise BadInput("share", [Fault("--posts", "PostsOrBudget", {})])
    unstated = [code for code, staff in zip(towns.code, towns.staff, strict=True) if np.isnan(staff)]
    if unstated:
        raise BadInput(source, [Fault(code, "StaffUnstated", {"town": code}) for code in unstated])
    limits = _limits(asked.limits, towns)
    required = required_of(towns, asked, limits)
    coefficients = given_parameters(AskedSizing(asked.year, asked.parameters))
    districts = _districts(asked.districts)
    tell("staffing.phase.share", towns=len(towns))
    if asked.budget is not None:
        return _share_money(towns, asked, asked.budget, required, limits, districts, coefficients)
    rules = PostRules(asked.posts or 0, asked.lose, districts)
    listed = []
    for index, (code, staff) in enumerate(zip(towns.code, towns.staff.tolist(), strict=True)):
        own, actual = limits.get(code, {}), int(staff)
        floor = own.get("floor") or 0
        cap = _cap(own, required[index], asked, keeps=max(floor, actual - asked.lose))
        listed.append(PostTown(code, required[index], actual, towns.district[index], floor, cap))
    share = share_posts(listed, rules=rules)
    _checked(check_posts(share))
    rows = tuple(
        ShareRow(one.code, towns.name[index], one.district, one.required, one.actual, given, (), reason)
        for index, (one, given, reason) in enumerate(zip(listed, share.given, reasons(share), strict=True))
    )
    points = frontier(listed, rules=replace(rules, posts=min(MOST, max(2 * rules.posts, rules.posts + 10))))
    marks = tuple((ratio, posts_for(listed, rules=rules, ratio=ratio)) for ratio in MARKS)
    following = next_towns(share, count=NEXT)
    return Shared(
        rows, share.levels, share.status, asked, share.unplaced, points=points, marks=marks, following=following,
        share=share, coefficients=coefficients,
    )  # fmt: skip


def required_of(towns: Towns, asked: AskedShare, limits: dict[str, dict[str, Any]]) -> list[int]:
    """Posts required: from the sizing, or as the table of limits states them."""
    wanted = AskedSizing(asked.year, asked.parameters, draws=0, stores=asked.stores)
    sizing = size_towns_of(towns, wanted).sizing
    return [
        int(posts) if (stated := limits.get(code, {}).get("required")) is None else stated
        for code, posts in zip(towns.code, sizing.posts.tolist(), strict=True)
    ]


def _share_money(
    towns: Towns, asked: AskedShare, budget: Budget, required: Sequence[int], limits: dict[str, dict[str, Any]],
    districts: tuple[DistrictLimit, ...], coefficients: Parameters,
) -> Shared:  # fmt: skip
    from optimizer.staffing.post_budget import share_budget  # OR-Tools takes a while to load

    floor = tuple(int(coefficients[f"floor_{grade}"]) for grade in GRADES)
    listed = []
    for index, code in enumerate(towns.code):
        own = limits.get(code, {})
        actual = int(towns.established[index]), int(towns.contract[index])
        caps = tuple(own.get(f"cap_{grade}") for grade in GRADES)
        listed.append(
            GradedTown(
                code, required[index], actual, towns.district[index], floor, caps, own.get("floor") or 0,
                _cap(own, required[index], asked, keeps=_keeps(actual, floor, own, asked.lose)),
            )
        )  # fmt: skip
    grades = [Grade(code, cost, most) for code, cost, most in zip(GRADES, budget.costs, budget.most, strict=True)]
    share: BudgetShare = share_budget(
        listed, grades=grades, rules=BudgetRules(budget.total, asked.lose, districts)
    )  # fmt: skip
    proven = share.status == "OPTIMAL"  # else a post may be left that could still be placed
    _checked([one for one in check_budget_share(share) if proven or one.code != "GRADES_LEFT"])
    changes = dict(zip((town.code for town in share.towns), share.given, strict=True))
    rows = tuple(
        ShareRow(
            town.code, towns.name[index], town.district, town.required, sum(town.actual), sum(changes[town.code]),
            changes[town.code], None,
        )
        for index, town in enumerate(listed)
    )  # fmt: skip
    return Shared(rows, share.levels, share.status, asked, cost=share.cost, coefficients=coefficients)


def write_shared(
    out: Path, shared: Shared, lang: Lang, *, pdf: Path | None = None, tell: Tell = lambda key, **facts: None
) -> tuple[Path, ...]:
    """The workbook, the report on paper where asked for, and the chart beside it where posts were shared; the files
    written."""
    from scenarios.staffing.share_book import write_share

    write_share(out, shared, lang)
    files = [out]
    if pdf is not None:
        from scenarios.staffing.report import share_pdf

        replace_bytes(pdf, share_pdf(shared, lang, tell=tell))
        files.append(pdf)
    if not shared.points:
        return tuple(files)
    from scenarios.exchange.json_text import write_bytes
    from scenarios.staffing.share_chart import frontier_png  # matplotlib is slow to load

    picture = out.with_suffix(".png")
    write_bytes(picture, frontier_png(shared, lang))
    return (*files, picture)


def _cap(own: dict[str, Any], required: int, asked: AskedShare, *, keeps: int) -> int | None:
    """The stated cap, or what is required: of a town that keeps more anyway, just that."""
    stated: int | None = own.get("cap")
    if not asked.to_required:
        return stated
    return max(required, keeps) if stated is None else min(stated, max(required, keeps))


def _keeps(actual: tuple[int, ...], floor: tuple[int, ...], own: dict[str, Any], lose: int) -> int:
    """The fewest posts afterwards, floors by grade included."""
    low = sum(max(today, least) for today, least in zip(actual, floor, strict=True))
    spare = sum(max(0, today - least) for today, least in zip(actual, floor, strict=True))
    return max(own.get("floor") or 0, low - min(lose, spare))


def _checked(violations: Sequence[PostViolation]) -> None:
    if violations:
        raise ShareRefused(code=violations[0].code, where=violations[0].where)


def _limits(path: Path | None, towns: Towns) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    table = read_table(path, "town_posts", references={"towns.code": list(towns.code)})
    return {row["code"]: row for row in table.rows()}


def _districts(path: Path | None) -> tuple[DistrictLimit, ...]:
    if path is None:
        return ()
    return tuple(
        DistrictLimit(row["district"], row["least"], row["most"]) for row in read_table(path, "district_posts").rows()
    )
