"""`replan_town`: the rest of the year when visits slipped (P9)."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from optimizer.staffing.patrol.model import Round, TownPlan, TownYear
from optimizer.staffing.patrol.rounds import PER_VISIT, improve, planned, walk

CHANGE_S = 3600  # of travel that a change of day must save (assumed)
GRACE_DAYS = 20  # working days, a month, for a visit whose window ended (assumed)


@dataclass(frozen=True)
class Replanned:
    """`plan` has the rounds from `today` on; windows as they are now are in `year`."""

    plan: TownPlan
    year: TownYear
    slipped: tuple[int, ...]  # were to be made before today
    late: tuple[int, ...]  # those of them whose window had ended
    moved: tuple[tuple[int, int, int], ...]  # (visit, day it had, day it has) of the others
    dissolved: tuple[int, ...]  # visits of rounds to come that cannot be made as they were


def replan_town(
    year: TownYear, plan: TownPlan, *, today: int, done: Collection[int], change_s: int = CHANGE_S,
    grace_days: int = GRACE_DAYS, iterations: int | None = None, seed: int = 0,
) -> Replanned:  # fmt: skip
    """Rounds from `today` on for all visits that are not done (P9).

    done   visits made; with (P3) they are never visited again
    year   as it was, or with other pairs or travel times from now on: rounds to come that no longer fit are dissolved
    Raises ValueError where `today` is no day of the year.
    """
    days = len(year.week)
    if not 0 <= today < days:
        raise ValueError(f"today is a working day from 0 to {days - 1}")
    made = set(done)
    day_of = {visit: one.day for one in plan.rounds for visit in one.visits}
    rest = [visit for visit in range(1, year.visits + 1) if visit not in made]
    slipped = tuple(visit for visit in rest if day_of.get(visit, days) < today)
    late = tuple(visit for visit in rest if year.last_day[visit] < today)
    last = year.last_day.copy()
    last[list(late)] = min(days - 1, today + grace_days)
    first = np.maximum(year.first_day, today)
    now = replace(year, first_day=first, last_day=last, on_patrol=year.on_patrol & (np.arange(days) >= today))
    index = np.array([0, *rest])
    part = replace(
        now, travel_s=now.travel_s[np.ix_(index, index)], on_site_s=now.on_site_s[index], first_day=first[index],
        last_day=last[index], weight=now.weight[index],
    )  # fmt: skip
    number = {visit: place for place, visit in enumerate(rest, 1)}
    start = [(one, [number[v] for v in one.visits if v in number]) for one in plan.rounds if one.day >= today]
    kept = np.full(len(index), -1, np.int64)
    for one, route in start:
        kept[route] = one.day
    stand = [bool(route) and _stands(part, one, route) for one, route in start]
    dissolved = tuple(
        sorted(rest[v - 1] for (_, route), stays in zip(start, stand, strict=True) for v in route if not stays)
    )
    start = [each for each, stays in zip(start, stand, strict=True) if stays]
    iterations = PER_VISIT * len(rest) // 4 if iterations is None else iterations
    found_days, routes = improve(
        part, [one.day for one, _ in start], [route for _, route in start], kept=kept, change_s=change_s,
        iterations=iterations, seed=seed,
    )  # fmt: skip
    had = {(one.pair, one.day): set(route) for one, route in start}
    rounds = [
        walk(now, pair, day, [rest[place - 1] for place in routes[row]])
        for row, (pair, day) in enumerate(_pairs(part, found_days, routes, had))
    ]
    again = planned(year, rounds, per_week=0, seed=seed, iterations=iterations)
    again = replace(again, left_out=tuple(visit for visit in again.left_out if visit not in made))
    moved = tuple(
        (visit, day_of[visit], one.day) for one in again.rounds for visit in sorted(one.visits)
        if day_of.get(visit, one.day) != one.day and day_of[visit] >= today
    )  # fmt: skip
    return Replanned(again, now, slipped, late, moved, dissolved)


def _stands(part: TownYear, one: Round, route: list[int]) -> bool:
    """The round can still be made as it is."""
    inside = all(part.first_day[visit] <= one.day <= part.last_day[visit] for visit in route)
    goes = one.pair < len(part.on_patrol) and bool(part.on_patrol[one.pair, one.day])
    return inside and goes and walk(part, one.pair, one.day, route).back_s <= part.work_s[one.day]


def _pairs(
    part: TownYear, days: list[int], routes: list[list[int]], had: dict[tuple[int, int], set[int]]
) -> list[tuple[int, int]]:
    """(pair, day) of each round: on each day the pairs keep as many of their visits as can be."""
    pair = [0] * len(routes)
    for day in sorted(set(days)):
        rows = [row for row, own in enumerate(days) if own == day]
        pairs = np.flatnonzero(part.on_patrol[:, day]).tolist()
        shared = np.array([[len(had.get((one, day), set()) & set(routes[row])) for one in pairs] for row in rows])
        for row, column in zip(*linear_sum_assignment(-shared), strict=True):
            pair[rows[row]] = pairs[column]
    return list(zip(pair, days, strict=True))
