"""How sure the posts are: ranges on coefficients to ranges on posts, which coefficient matters, where a post turns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.errors import BadInput, Fault
from optimizer.staffing.floors import floor_posts
from optimizer.staffing.parameters import Coefficient, Parameters
from optimizer.staffing.towns import Towns
from optimizer.staffing.workload import required_posts, size_towns, whole_posts
from optimizer.units import FloatArray, IntArray

MOST_DRAWS: Final = 100_000
_CELLS: Final = 2_000_000  # draws × towns held at once
_HALVINGS: Final = 60


@dataclass(frozen=True)
class Distribution:
    """Posts under `draws` coefficients drawn from their ranges (triangular: low, value, high; each on its own).

    `levels` are the probabilities of the quantiles; `towns`: [levels, towns]; `total`: [levels] of the sum, which is
    not the sum of the towns' quantiles: all towns share the coefficients. `enough` is the share of draws in which the
    staff of a town suffices, NaN where it is not stated; `totals`: [draws] of the sum, in the order drawn.
    """

    levels: tuple[float, ...]
    towns: IntArray
    total: IntArray
    mean_total: float
    enough: FloatArray
    draws: int
    seed: int
    totals: IntArray


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the tornado: posts of all towns with this coefficient at the ends of its range, the others as they
    are. `required_low`, `required_high` are unrounded, before floors: they tell apart what rounding hides."""

    name: str
    low: float
    high: float
    posts_low: int
    posts_high: int
    required_low: float
    required_high: float

    @property
    def swing(self) -> float:
        return abs(self.required_high - self.required_low)


@dataclass(frozen=True)
class BreakEven:
    """Of one coefficient, per town [towns]: the nearest value at which the posts change by one, and at which they come
    down (or may go up) to the staff there is. NaN: no value that makes sense does it.

    `one_more` is the value beyond which one more post is needed; `one_less` that at which one less suffices;
    `meets_staff` the value farthest in the direction of need at which the staff still suffices.
    """

    name: str
    value: float
    one_more: FloatArray
    one_less: FloatArray
    meets_staff: FloatArray


@dataclass(frozen=True)
class Compared:
    """Scenarios side by side: `posts` [scenarios, towns]."""

    names: tuple[str, ...]
    posts: IntArray

    @property
    def totals(self) -> IntArray:
        totals: IntArray = self.posts.sum(axis=1)
        return totals


def distribution(
    towns: Towns, given: Parameters, *, draws: int = 1000, seed: int = 0, levels: tuple[float, ...] = (0.05, 0.5, 0.95)
) -> Distribution:
    """Posts under drawn coefficients. Equal input and seed give equal numbers, whatever the number of towns.

    Towns are drawn in blocks, so that memory does not grow with their number. Raises BadInput for no draws or too many.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise BadInput("draws", [Fault("draws", "TooManyDraws", {"draws": draws, "most": MOST_DRAWS})])
    values = {name: column[:, None] for name, column in draw(given, draws=draws, seed=seed).items()}
    floor = floor_posts(values)
    step = max(1, _CELLS // draws)
    total = np.zeros(draws, np.int64)
    quantiles, enough = np.zeros((len(levels), len(towns)), np.int64), np.full(len(towns), np.nan)
    for first in range(0, len(towns), step):
        part = towns.part(first, first + step)
        posts = np.broadcast_to(whole_posts(required_posts(part, values), floor), (draws, len(part)))
        total += posts.sum(axis=1)
        quantiles[:, first : first + step] = np.quantile(posts, levels, axis=0, method="inverted_cdf")
        staff = part.staff
        within = (posts <= np.nan_to_num(staff)).mean(axis=0)
        enough[first : first + step] = np.where(np.isnan(staff), np.nan, within)
    return Distribution(
        levels=levels,
        towns=quantiles,
        total=np.quantile(total, levels, method="inverted_cdf").astype(np.int64),
        mean_total=float(total.mean()),
        enough=enough,
        draws=draws,
        seed=seed,
        totals=total,
    )


def draw(given: Parameters, *, draws: int, seed: int) -> dict[str, FloatArray]:
    """[draws] of each coefficient, from streams of their own: another range for one leaves the others as they were."""
    streams = np.random.default_rng(seed).spawn(len(given.coefficients))
    drawn = {}
    for stream, each in zip(streams, given, strict=True):
        fixed = each.low == each.high
        drawn[each.name] = (
            np.full(draws, each.value) if fixed else stream.triangular(each.low, each.value, each.high, draws)
        )
    for names in (("risk_weight_low", "risk_weight_medium", "risk_weight_high"),
                  ("complexity_low", "complexity_medium", "complexity_high")):  # fmt: skip
        ordered = np.maximum.accumulate(np.stack([drawn[name] for name in names]))  # ranges that overlap
        drawn.update(zip(names, ordered, strict=True))
    return drawn


def tornado(towns: Towns, given: Parameters) -> list[Bar]:
    """One bar for each coefficient that has a range and moves posts, the widest first, ties by name."""
    values = given.values
    bars = []
    for each in given:
        if each.low == each.high or not each.effect:
            continue
        ends = np.array([[each.low], [each.high]])
        changed: dict[str, float | FloatArray] = {**values, each.name: ends}
        required = np.broadcast_to(required_posts(towns, changed), (2, len(towns)))
        posts = whole_posts(required, floor_posts(changed))
        low, high = np.broadcast_to(posts, required.shape).sum(axis=1).tolist()
        needed = required.sum(axis=1)
        bars.append(Bar(each.name, each.low, each.high, low, high, float(needed[0]), float(needed[1])))
    return sorted(bars, key=lambda bar: (-bar.swing, bar.name))


def break_even(towns: Towns, given: Parameters, name: str) -> BreakEven:
    """Where one coefficient turns a post, by halving its bounds: the posts never fall (or never rise) along it.

    Raises BadInput for a coefficient there is not.
    """
    if name not in given.coefficients:
        known = ", ".join(given.coefficients)
        raise BadInput("coefficient", [Fault(name, "UnknownCoefficient", {"name": name, "known": known})])
    each = given.coefficients[name]
    posts = size_towns(towns, given).posts
    staff = np.where(np.isnan(towns.staff), -1, np.nan_to_num(towns.staff)).astype(np.int64)
    meets = np.where(staff >= 0, _last_within(towns, given, each, staff), np.nan)
    return BreakEven(
        name=name,
        value=each.value,
        one_more=_last_within(towns, given, each, posts),
        one_less=_last_within(towns, given, each, posts - 1),
        meets_staff=meets,
    )


def _last_within(towns: Towns, given: Parameters, each: Coefficient, limit: IntArray) -> FloatArray:
    """Per town: the value farthest in the direction of need at which the posts are no more than `limit`; NaN where
    every value is within it (there is no turn) or none."""
    values = given.values

    def within(at: FloatArray) -> np.typing.NDArray[np.bool_]:
        changed: dict[str, float | FloatArray] = {**values, each.name: at}
        return whole_posts(required_posts(towns, changed), floor_posts(changed)) <= limit

    easy, hard = (each.least, each.most) if each.effect >= 0 else (each.most, each.least)
    good, bad = np.full(len(towns), easy), np.full(len(towns), hard)
    turns = within(good) & ~within(bad)
    for _ in range(_HALVINGS):
        middle = (good + bad) / 2
        fits = within(middle)
        good, bad = np.where(fits, middle, good), np.where(fits, bad, middle)
    return np.where(turns, good, np.nan)


def compare(towns: Towns, scenarios: Mapping[str, Parameters]) -> Compared:
    """The same towns under several sets of coefficients."""
    posts = [size_towns(towns, given).posts for given in scenarios.values()]
    return Compared(tuple(scenarios), np.stack(posts))
