"""The sizing model: WHO's WISN method on the work of a town station.

For class c (enterprise, venue) and risk level r, in hours a year:

    (1) visits_c  = Σ_r N[c,r] · coverage_c · risk_weight_r
    (2) hours_c   = Σ_r N[c,r] · coverage_c · risk_weight_r · complexity_r
                    · officers_per_visit · (on_site_c + travel + paperwork_c)
        travel    = of the roads where the town states it, else
                    travel_fixed + 2 · 0.3826 · √area · detour / speed / visits_per_trip
    (3) all       = visits_enterprise + visits_venue + patrol visits (by residents)
        rechecks  = all · hazards_per_visit · recheck_share · recheck_h · rectification_difficulty
        listed    = all · hazards_per_visit · listed_share · listed_h · rectification_difficulty
        enforcement, cases = all · enforcement_share · (enforcement_h | cases_per_enforcement · case_h)
    (4) patrol, duty posts, hazard points, training, publicity, five-fixed work of the stores
    (5) AWT   = (working days − annual leave − sick leave − other) · hours_per_day
        basic = Σ hours / AWT
        CAF   = 1 / (1 − Σ category allowances)
        IAF   = individual allowance hours / AWT
    (6) posts = ⌈max(basic · CAF + IAF, floors)⌉, rounded only here

0.3826 is the mean distance from the middle of a square of side 1. No term is normalised by the mix of towns or of
risk levels, so no headcount falls when a count, a coverage, a risk or a rate rises.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from optimizer.staffing.floors import Finding, floor_posts, judge_floors
from optimizer.staffing.parameters import ALLOWANCES, LEVELS, Coefficient, Parameters, Values, parameters
from optimizer.staffing.towns import Town, Towns
from optimizer.units import FloatArray, IntArray

__all__ = [
    "COMPONENTS", "Coefficient", "Parameters", "Sizing", "Town", "TownResult", "Towns", "parameters", "required_posts",
    "size", "size_towns", "whole_posts",
]  # fmt: skip

COMPONENTS: Final = (
    "enterprises", "venues", "rechecks", "listed", "enforcement", "cases", "hazard_points", "patrol", "duty",
    "training", "publicity", "five_fixed",
)  # fmt: skip
_ADDED: Final = ("individual", "floor", "rounding")
PARTS: Final = (*COMPONENTS, *_ADDED)
"""What the posts of a town add up from: components (with CAF), IAF, what a floor adds, and the rounding."""
SQUARE_MEAN: Final = 0.3826
EPSILON: Final = 1e-9  # so that 12.000000000001 of arithmetic is no thirteenth post


@dataclass(frozen=True)
class Work:
    """Work of a year; each array broadcasts over [..., towns]."""

    hours: dict[str, FloatArray]  # component -> hours
    bases: dict[str, FloatArray]  # travel_h per visit, villages, visits_enterprises, visits_venues, patrol_visits


@dataclass(frozen=True, slots=True)
class TownResult:
    """The sizing of one town. Posts of `parts` add up to `posts`; `staff`, `difference`, `ratio` None = not stated."""

    code: str
    name: str
    district: str
    visits: float
    patrol_visits: float
    hours: dict[str, float]  # component -> hours a year
    parts: dict[str, float]  # part -> posts
    available_h: float  # AWT
    basic: float
    caf: float
    iaf: float
    required: float  # basic · CAF + IAF, unrounded
    floor: float
    posts: int
    staff: int | None
    difference: int | None  # WISN difference: actual − required
    ratio: float | None  # WISN ratio: actual / required
    findings: tuple[Finding, ...]
    travel_h: float | None = None  # per visit, of routed rounds; None = reckoned from the area

    @property
    def by_floor(self) -> bool:
        """Whether a floor, not the work, sets the number."""
        return self.floor > self.required

    def share(self, part: str) -> float:
        """Share of a part in the posts."""
        return self.parts[part] / self.posts if self.posts else 0.0


@dataclass(frozen=True)
class Sizing:
    """The sizing of many towns as arrays [towns]; `hours`: [components, towns]."""

    towns: Towns
    parameters: Parameters
    hours: FloatArray
    visits: FloatArray
    patrol_visits: FloatArray
    available_h: float
    basic: FloatArray
    caf: float
    iaf: float
    required: FloatArray
    floor: float
    posts: IntArray

    @property
    def total(self) -> int:
        return int(self.posts.sum())

    @cached_property
    def difference(self) -> FloatArray:
        """WISN difference: actual − required; NaN where the staff is not stated."""
        difference: FloatArray = self.towns.staff - self.posts
        return difference

    @cached_property
    def ratio(self) -> FloatArray:
        """WISN ratio: actual / required; NaN where the staff is not stated or no post is needed."""
        posts = np.where(self.posts > 0, self.posts, np.nan)
        ratio: FloatArray = self.towns.staff / posts
        return ratio

    @cached_property
    def parts(self) -> FloatArray:
        """[parts, towns] in posts, in the order of PARTS; each column adds up to the posts of the town."""
        work = self.hours / self.available_h * self.caf
        bound = np.maximum(self.required, self.floor)
        added = [np.full(len(self.towns), self.iaf), bound - self.required, self.posts - bound]
        parts: FloatArray = np.concatenate([work, added])
        return parts

    @cached_property
    def findings(self) -> tuple[tuple[Finding, ...], ...]:
        """Of each town: the floors it does not keep."""
        return judge_floors(self.towns, self.parameters)

    def result(self, index: int) -> TownResult:
        """One town, with everything that explains its number."""
        towns, staff = self.towns, float(self.towns.staff[index])
        stated = not np.isnan(staff)
        ratio = float(self.ratio[index])
        return TownResult(
            code=towns.code[index],
            name=towns.name[index],
            district=towns.district[index],
            visits=float(self.visits[index]),
            patrol_visits=float(self.patrol_visits[index]),
            hours=dict(zip(COMPONENTS, self.hours[:, index].tolist(), strict=True)),
            parts=dict(zip(PARTS, self.parts[:, index].tolist(), strict=True)),
            available_h=self.available_h,
            basic=float(self.basic[index]),
            caf=self.caf,
            iaf=self.iaf,
            required=float(self.required[index]),
            floor=self.floor,
            posts=int(self.posts[index]),
            staff=int(staff) if stated else None,
            difference=int(self.difference[index]) if stated else None,
            ratio=None if np.isnan(ratio) else ratio,
            findings=self.findings[index],
            travel_h=None if np.isnan(towns.travel_h[index]) else float(towns.travel_h[index]),
        )

    def results(self) -> list[TownResult]:
        return [self.result(index) for index in range(len(self.towns))]


def available_hours(values: Values) -> "float | FloatArray":
    """(5) AWT: hours of one person in a year. Never below one day, so that a search over leave stays defined."""
    days = values["working_days"] - values["annual_leave_days"] - values["sick_days"] - values["other_days"]
    return np.maximum(days, 1.0) * values["hours_per_day"]


def category_factor(values: Values) -> "float | FloatArray":
    """(5) CAF."""
    return 1.0 / (1.0 - sum(values[name] for name in ALLOWANCES))


def work_of(towns: Towns, values: Values) -> Work:
    """(1)–(4): the work of a year."""
    reckoned = (
        values["travel_fixed_h"]
        + 2 * SQUARE_MEAN * np.sqrt(towns.area_km2) * values["detour"] / values["speed_kph"] / values["visits_per_trip"]
    )
    travel = np.where(np.isnan(towns.travel_h), reckoned, towns.travel_h)
    villages = np.where(np.isnan(towns.villages), towns.population / values["people_per_village"], towns.villages)
    hours: dict[str, FloatArray] = {}
    bases: dict[str, FloatArray] = {"travel_h": travel, "villages": villages}
    for component, name, counts in (
        ("enterprises", "enterprise", towns.enterprises),
        ("venues", "venue", towns.venues),
    ):
        each_h = values["officers_per_visit"] * (values[f"on_site_h_{name}"] + travel + values[f"paperwork_h_{name}"])
        weighted = [counts[:, level] * values[f"risk_weight_{key}"] for level, key in enumerate(LEVELS)]
        harder = [weighted[level] * values[f"complexity_{key}"] for level, key in enumerate(LEVELS)]
        bases[f"visits_{component}"] = (weighted[0] + weighted[1] + weighted[2]) * values[f"coverage_{name}"]
        hours[component] = (harder[0] + harder[1] + harder[2]) * values[f"coverage_{name}"] * each_h
    thousands = towns.population / 1000
    patrol_visits = bases["patrol_visits"] = thousands * values["patrol_visits_per_1000"]
    every = bases["visits_enterprises"] + bases["visits_venues"] + patrol_visits
    hazards = every * values["hazards_per_visit"] * (values["rectification_difficulty"] * towns.difficulty)
    enforced = every * values["enforcement_share"]
    hours["rechecks"] = hazards * values["recheck_share"] * values["recheck_h"]
    hours["listed"] = hazards * values["listed_share"] * values["listed_h"]
    hours["enforcement"] = enforced * values["enforcement_h"]
    hours["cases"] = enforced * values["cases_per_enforcement"] * values["case_h"]
    hours["hazard_points"] = towns.hazard_points * values["hazard_point_checks"] * values["hazard_point_h"]
    hours["patrol"] = patrol_visits * values["officers_per_patrol"] * values["patrol_visit_h"]
    hours["duty"] = values["duty_posts"] * values["duty_h_per_day"] * values["duty_days"] * np.ones(len(towns))
    hours["training"] = (
        values["drills_town"] * values["drill_town_h"] + villages * values["drills_village"] * values["drill_village_h"]
    )
    hours["publicity"] = thousands * values["publicity_h_per_1000"]
    hours["five_fixed"] = towns.store_task_h
    return Work(hours, bases)


def required_posts(towns: Towns, values: Values) -> FloatArray:
    """basic · CAF + IAF of (5), unrounded and before floors; shape of the values broadcast against towns."""
    hours = work_of(towns, values).hours
    total: FloatArray = np.zeros(len(towns))
    for name in COMPONENTS:
        total = total + hours[name]
    available = available_hours(values)
    required: FloatArray = total / available * category_factor(values) + values["individual_h"] / available
    return required


def whole_posts(required: FloatArray, floor: "float | FloatArray") -> IntArray:
    """(6): the larger of work and floor, rounded up."""
    posts: IntArray = np.ceil(np.maximum(required, floor) - EPSILON).astype(np.int64)
    return posts


def size_towns(towns: Towns, given: Parameters) -> Sizing:
    """Posts of every town. Raises nothing: towns and parameters have been checked when they were made."""
    values = given.values
    work = work_of(towns, values)
    hours = np.stack([np.broadcast_to(work.hours[name], (len(towns),)) for name in COMPONENTS])
    available, caf = float(available_hours(values)), float(category_factor(values))
    basic = hours.sum(axis=0) / available
    iaf = values["individual_h"] / available
    required = basic * caf + iaf
    floor = float(floor_posts(values))
    return Sizing(
        towns=towns,
        parameters=given,
        hours=hours,
        visits=work.bases["visits_enterprises"] + work.bases["visits_venues"],
        patrol_visits=work.bases["patrol_visits"],
        available_h=available,
        basic=basic,
        caf=caf,
        iaf=iaf,
        required=required,
        floor=floor,
        posts=whole_posts(required, floor),
    )


def size(town: Town, given: Parameters) -> TownResult:
    """Posts of one town. Raises BadInput for counts that cannot be."""
    return size_towns(Towns.of([town]), given).result(0)
