"""Which places are due (P1), and dues that become one visit (P2)."""

from collections.abc import Mapping, Sequence

import numpy as np

from optimizer.staffing.patrol.model import FURTHER, Due, Visit
from optimizer.units import IntArray


def choose(
    risk: IntArray, last_visit: IntArray, *, coverage: float, weights: Sequence[float] = (1.0, 2.0, 4.0)
) -> IntArray:
    """Numbers of the places of one class that are inspected this year (P1), rising.

    risk        (N,) 0 .. len(weights) - 1
    last_visit  (N,) day of the last visit, any count that rises; equal ones by number
    coverage    share of the N places, 0 to 1; their number is rounded to the nearest
    Raises ValueError for a coverage beyond that.
    """
    if not 0 <= coverage <= 1:
        raise ValueError("coverage is a share from 0 to 1")
    count = np.bincount(risk, minlength=len(weights)).astype(np.int64)
    quota = _shares(count, np.asarray(weights, np.float64), round(coverage * len(risk)))
    taken = []
    for level, number in enumerate(quota.tolist()):
        own = np.flatnonzero(risk == level)
        taken.append(own[np.argsort(last_visit[own], kind="stable")[:number]])
    return np.sort(np.concatenate(taken)).astype(np.int64) if taken else np.zeros(0, np.int64)


def _shares(count: IntArray, weights: np.ndarray, total: int) -> IntArray:
    """`total` over levels by count x weight, none more than its count; the rest by largest remainder."""
    quota = np.zeros(len(count))
    open_ = count > 0
    while open_.any() and quota.sum() < total - 1e-9:
        left = total - quota.sum()
        more = np.where(open_, count * weights, 0.0)
        if not more.sum():
            break
        quota += left * more / more.sum()
        full = quota >= count
        quota = np.minimum(quota, count)
        if not (full & open_).any():
            break
        open_ &= ~full
    whole = np.floor(quota + 1e-9).astype(np.int64)
    for level in np.argsort(-(quota - whole), kind="stable")[: total - int(whole.sum())].tolist():
        whole[level] += whole[level] < count[level]
    return whole


def merge(dues: Sequence[Due], *, further: float = FURTHER) -> tuple[Visit, ...]:
    """Visits by place and first day (P2). Earliest last day first is the least number of points that meet all windows
    of a place (the classical greedy rule for stabbing intervals), so the visits are the fewest.

    Raises ValueError for a due whose window ends before it begins.
    """
    if any(one.first_day > one.last_day for one in dues):
        raise ValueError("the window of a due ends before it begins")
    of_place: dict[int, list[int]] = {}
    for number in sorted(range(len(dues)), key=lambda n: (dues[n].last_day, dues[n].first_day, dues[n].body, n)):
        of_place.setdefault(dues[number].place, []).append(number)
    visits = []
    for place, numbers in of_place.items():
        group: list[int] = []
        for number in numbers:
            if group and dues[number].first_day > dues[group[0]].last_day:
                visits.append(_visit(place, group, dues, further))
                group = []
            group.append(number)
        visits.append(_visit(place, group, dues, further))
    return tuple(sorted(visits, key=lambda one: (one.place, one.first_day)))


def _visit(place: int, group: list[int], dues: Sequence[Due], further: float) -> Visit:
    times = sorted((dues[number].on_site_s for number in group), reverse=True)
    return Visit(
        place=place,
        dues=tuple(sorted(group)),
        first_day=max(dues[number].first_day for number in group),
        last_day=min(dues[number].last_day for number in group),
        on_site_s=times[0] + sum(round(further * one) for one in times[1:]),
    )


def windows(risk: IntArray, days: int, *, share: Mapping[int, float] | None = None) -> tuple[IntArray, IntArray]:
    """(first, last) day of places that are due once a year: high risk within the first half of the year, medium within
    three quarters, low within all of it (assumed), so that what is found early can be mended in the year."""
    share = {0: 1.0, 1: 0.75, 2: 0.5} if share is None else share
    last = np.array([max(0, int(share[level] * days) - 1) for level in range(len(share))], np.int64)
    return np.zeros(len(risk), np.int64), last[risk]
