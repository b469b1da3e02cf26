"""What sizing and sharing out come to, as values: every field with its unit, sentences in both languages."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, Field

from optimizer.staffing.calls import Desk
from optimizer.staffing.parameters import Coefficient
from scenarios.staffing.share import Shared, ratios
from scenarios.staffing.words import findings, sentence
from scenarios.staffing.workbook import Sized

MOST_POINTS = 2_000  # of a frontier; of more every second, third … is shown


class Said(BaseModel):
    zh: str
    en: str


class CoefficientOut(BaseModel):
    name: str
    unit: str
    value: float
    low: float = Field(description="不确定范围下限 / low end of its range")
    high: float
    least: float = Field(description="允许的最小值 / least that makes sense")
    most: float
    effect: Literal[-1, 0, 1] = Field(description="增大时岗位：1 不减，-1 不增，0 无关 / what posts do when it rises")
    basis: Literal["fact", "derived", "assumed", "calendar", "stated"]
    meaning: Said
    source: Said


class TownOut(BaseModel):
    code: str
    name: str
    district: str
    posts: int = Field(description="应配岗位 / posts required")
    staff: int | None = Field(description="现有人员，未填为空 / staff; null: not stated")
    difference: int | None = Field(description="WISN 差额：现有 − 应配 / WISN difference: actual − required")
    ratio: float | None = Field(description="WISN 比率：现有 / 应配 / WISN ratio: actual / required")
    visits: float = Field(description="一年检查次数 / visits a year")
    patrol_visits: float = Field(description="一年巡查次数 / patrol visits a year")
    hours: dict[str, float] = Field(description="各项工作量（小时/年） / hours a year of each component")
    parts: dict[str, float] = Field(description="折合岗位，合计为 posts / posts of each part, `posts` in all")
    basic: float
    required: float = Field(description="取整前 / before rounding")
    by_floor: bool = Field(description="由下限决定 / set by a floor")
    findings: list[Said] = Field(description="未达到的下限 / floors it does not keep")
    why: Said
    low: int | None = Field(None, description="90% 区间下端 / low end of the 90 % interval")
    high: int | None = None
    enough: float | None = Field(None, description="现有人员够用的概率 / share of draws in which the staff suffices")
    lat: float | None = Field(None, description="站址（WGS-84），未填为空 / of the station; null: not stated")
    lon: float | None = None


class DistributionOut(BaseModel):
    draws: int
    seed: int
    low: int = Field(description="合计 5% 分位 / 5 % quantile of the total")
    median: int
    high: int
    mean: float


class BarOut(BaseModel):
    name: str
    low: float
    high: float
    posts_low: int = Field(description="参数取下限时合计岗位 / posts in all at the low end")
    posts_high: int


class TurnTownOut(BaseModel):
    town: str
    one_more: float | None = Field(description="超过此值即多需一岗 / beyond it one more post is needed")
    one_less: float | None
    meets_staff: float | None = Field(description="现有人员够用的最远值 / farthest value at which the staff suffices")


class TurnOut(BaseModel):
    name: str
    value: float
    towns: list[TurnTownOut]


class BesideOut(BaseModel):
    name: str
    total: int
    posts: list[int] = Field(description="按 towns 次序 / in the order of `towns`")


class SizeOut(BaseModel):
    kind: Literal["size"] = "size"
    year: int
    year_assumed: bool = Field(description="放假安排尚未公布 / the holidays of the year are not announced yet")
    working_days: float
    available_h: float = Field(description="每人每年可用工时（AWT） / hours of one person in a year (AWT)")
    caf: float
    iaf: float
    total: int = Field(description="应配岗位合计 / posts in all")
    staff: int = Field(description="已填现有人员合计 / staff of the towns that state it")
    towns: list[TownOut]
    spread: DistributionOut | None
    tornado: list[BarOut] = Field(description="影响大的在前 / what matters most first")
    break_even: list[TurnOut]
    compared: list[BesideOut]


class RowOut(BaseModel):
    code: str
    name: str
    district: str
    required: int
    actual: int
    given: int = Field(description="分得，负数为调出 / given; below zero: moved away")
    grades: list[int] = Field(description="按预算时：在编、编外 / of a budget: established, contract")
    after: int
    ratio_before: float
    ratio_after: float
    why: Said


class ShareLevelOut(BaseModel):
    ratio: float
    towns: int = Field(description="恰在此比率的乡镇 / towns at exactly this ratio")
    bound: int = Field(description="已证明不能更少 / proven that no fewer can be")
    proof: Literal["greedy", "relaxation", "search", "none"]


class PointOut(BaseModel):
    posts: int
    worst: float
    mean: float
    whole: float = Field(description="全部岗位 / 全部应配 / all posts over all required")


class MarkOut(BaseModel):
    ratio: float
    posts: int | None = Field(description="使每个乡镇都达到该比率所需；空为做不到 / posts that bring every town there")


class ShareOut(BaseModel):
    kind: Literal["share"] = "share"
    status: Literal["OPTIMAL", "FEASIBLE"]
    given: int
    unplaced: int = Field(description="因限额分不出去的 / left over by caps")
    cost: int | None = Field(description="元/年 / yuan a year")
    worst_before: float
    worst_after: float
    towns: list[RowOut]
    levels: list[ShareLevelOut]
    frontier: list[PointOut]
    marks: list[MarkOut]
    following: list[str] = Field(description="再有岗位时依次给谁 / whose turn comes next")


class DeskHourOut(BaseModel):
    calls_per_hour: float
    erlangs: float
    servers: int
    posts: int
    occupancy: float
    waiting: float = Field(description="等待的比例 / share that waits")
    mean_wait_s: float
    service_level: float


class DeskOut(BaseModel):
    hours: list[DeskHourOut]


def said(words: Mapping[str, str]) -> Said:
    return Said(zh=words["zh"], en=words["en"])


def both(tell: Any, *given: Any) -> Said:
    """What `tell(*given, lang)` says in each language."""
    return Said(zh=tell(*given, "zh"), en=tell(*given, "en"))


def coefficient_out(one: Coefficient) -> CoefficientOut:
    plain = {name: getattr(one, name) for name in ("name", "unit", "value", "low", "high", "least", "most", "effect",
                                                   "basis")}  # fmt: skip
    return CoefficientOut(**plain, meaning=Said(zh=one.meaning[0], en=one.meaning[1]),
                          source=Said(zh=one.source[0], en=one.source[1]))  # fmt: skip


def _number(value: float) -> float | None:
    return None if value != value else value


def size_out(sized: Sized) -> SizeOut:
    sizing, spread = sized.sizing, sized.spread
    found = []
    for index, one in enumerate(sizing.results()):
        more: dict[str, Any] = {}
        if spread is not None:
            more = {"low": int(spread.towns[0, index]), "high": int(spread.towns[-1, index]),
                    "enough": _number(float(spread.enough[index]))}  # fmt: skip
        plain = {name: getattr(one, name) for name in (
            "code", "name", "district", "posts", "staff", "difference", "ratio", "visits", "patrol_visits", "hours",
            "parts", "basic", "required", "by_floor",
        )}  # fmt: skip
        plain |= {name: _number(float(getattr(sizing.towns, name)[index])) for name in ("lat", "lon")}
        lines = zip(findings(one, "zh"), findings(one, "en"), strict=True)
        found.append(TownOut(**plain, findings=[Said(zh=zh, en=en) for zh, en in lines],
                             why=both(sentence, one), **more))  # fmt: skip
    whole = None
    if spread is not None:
        low, median, high = spread.total.tolist()
        whole = DistributionOut(draws=spread.draws, seed=spread.seed, low=low, median=median, high=high,
                          mean=spread.mean_total)  # fmt: skip
    bars = [BarOut(**{name: getattr(one, name) for name in BarOut.model_fields}) for one in sized.bars]
    turns = []
    for turn in sized.turns:
        edges = zip(turn.one_more.tolist(), turn.one_less.tolist(), turn.meets_staff.tolist(), strict=True)
        turns.append(TurnOut(name=turn.name, value=turn.value, towns=[
            TurnTownOut(town=code, one_more=_number(more), one_less=_number(less), meets_staff=_number(meets))
            for code, (more, less, meets) in zip(sizing.towns.code, edges, strict=True)
        ]))  # fmt: skip
    compared = [] if sized.compared is None else [
        BesideOut(name=name, total=sum(posts), posts=posts)
        for name, posts in zip(sized.compared.names, sized.compared.posts.tolist(), strict=True)
    ]  # fmt: skip
    given = sizing.parameters
    return SizeOut(
        year=given.year, year_assumed=given.year_assumed, working_days=given["working_days"],
        available_h=sizing.available_h, caf=sizing.caf, iaf=sizing.iaf, total=sizing.total,
        staff=sum(one.staff or 0 for one in found), towns=found, spread=whole, tornado=bars, break_even=turns,
        compared=compared,
    )  # fmt: skip


def _ratio(value: Fraction) -> float:
    return value.numerator / value.denominator


def share_out(shared: Shared) -> ShareOut:
    rows = []
    for row in shared.rows:
        before, after = ratios(row)
        plain = {name: getattr(row, name) for name in ("code", "name", "district", "required", "actual", "given",
                                                       "after")}  # fmt: skip
        rows.append(RowOut(**plain, grades=list(row.grades), ratio_before=_ratio(before), ratio_after=_ratio(after),
                           why=both(row.why)))  # fmt: skip
    worst_before, worst_after = shared.worst()
    return ShareOut(
        status=shared.status, given=shared.given, unplaced=shared.unplaced, cost=shared.cost,  # type: ignore[arg-type]
        worst_before=_ratio(worst_before), worst_after=_ratio(worst_after), towns=rows,
        levels=[ShareLevelOut(ratio=_ratio(one.ratio), towns=one.towns, bound=one.bound, proof=one.proof)
                for one in shared.levels],
        frontier=[PointOut(posts=one.posts, worst=_ratio(one.worst), mean=one.mean, whole=_ratio(one.whole))
                  for one in shared.points[:: 1 + len(shared.points) // MOST_POINTS]],
        marks=[MarkOut(ratio=_ratio(ratio), posts=posts) for ratio, posts in shared.marks],
        following=[shared.rows[index].code for index in shared.following],
    )  # fmt: skip


def desk_out(calls_per_hour: list[float], found: Desk) -> DeskOut:
    columns = (found.erlangs, found.servers, found.posts, found.occupancy, found.waiting, found.mean_wait_s,
               found.service_level)  # fmt: skip
    names = tuple(DeskHourOut.model_fields)
    rows = zip(calls_per_hour, *(column.tolist() for column in columns), strict=True)
    return DeskOut(hours=[DeskHourOut(**dict(zip(names, row, strict=True))) for row in rows])
