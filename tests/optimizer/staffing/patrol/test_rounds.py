"""Rounds of a town's year: the rules, brute force on tiny towns, and the same again for the same input."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.staffing.check_patrol import round_faults
from optimizer.staffing.patrol.model import TownYear
from optimizer.staffing.patrol.nearest import usual_rounds
from optimizer.staffing.patrol.rounds import dated, plan_town, walk
from optimizer.units import UNREACHABLE


def town(
    seed: int, visits: int, *, days: int = 10, pairs: int = 1, work_s: int = 6 * 3600, tight: bool = False
) -> TownYear:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 60, (visits + 1, 2))
    travel = np.rint(60 * np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))).astype(np.int64)
    travel += rng.integers(0, 60, travel.shape) * (travel > 0)
    np.fill_diagonal(travel, 0)
    service = rng.choice([1800, 3600, 5400], visits + 1)
    service[0] = 0
    first = rng.integers(0, max(1, days // 2), visits + 1) if tight else np.zeros(visits + 1, np.int64)
    last = np.minimum(days - 1, first + rng.integers(days // 3, days, visits + 1))
    return TownYear(
        travel, service, first, last, rng.choice([1, 2, 4], visits + 1), np.ones((pairs, days), np.bool_),
        np.arange(days) // 5, np.full(days, work_s),
    )  # fmt: skip


def best_of_all(year: TownYear) -> int | None:
    """Least travel when every visit is made; None where that cannot be. Every way to give visits to days is tried."""
    days, visits = len(year.week), year.visits
    cost: dict[tuple[int, ...], tuple[int, int]] = {}

    def tour(group: tuple[int, ...]) -> tuple[int, int]:
        if group not in cost:
            ways = [walk(year, 0, 0, list(order)) for order in permutations(group)]
            best = min(ways, key=lambda one: one.travel_s)
            cost[group] = (best.travel_s, best.back_s)
        return cost[group]

    best = None
    for choice in product(range(days), repeat=visits):
        if any(not year.first_day[v] <= d <= year.last_day[v] for v, d in enumerate(choice, 1)):
            continue
        groups = [tuple(v for v, d in enumerate(choice, 1) if d == day) for day in set(choice)]
        tours = [tour(group) for group in groups]
        if all(back <= year.work_s[0] for _, back in tours):
            total = sum(travel for travel, _ in tours)
            best = total if best is None else min(best, total)
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.booleans())
def test_a_tiny_town_has_the_best_rounds_that_there_are(seed: int, visits: int, tight: bool) -> None:
    year = town(seed, visits, days=4, tight=tight)
    plan = plan_town(year)
    assert round_faults(year, plan) == ()
    best = best_of_all(year)
    if best is None:
        assert plan.left_out
    else:
        assert plan.left_out == ()
        assert plan.travel_s == best


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(1, 3), st.booleans())
def test_rounds_keep_every_rule(seed: int, visits: int, pairs: int, tight: bool) -> None:
    year = town(seed, visits, days=15, pairs=pairs, tight=tight)
    plan = plan_town(year, iterations=500, seed=seed)
    assert round_faults(year, plan) == ()
    assert plan == plan_town(year, iterations=500, seed=seed)
    assert plan.visits + len(plan.left_out) == visits


def test_rounds_beat_nearest_neighbours() -> None:
    year = town(3, 120, days=60)
    plan, usual = plan_town(year), usual_rounds(year)
    assert round_faults(year, usual) == ()
    assert usual.left_out == plan.left_out == ()
    assert plan.travel_s < 0.95 * usual.travel_s


def test_a_visit_without_a_way_is_left_out_and_named() -> None:
    year = town(0, 6)
    year.travel_s[4, :] = year.travel_s[:, 4] = UNREACHABLE
    plan = plan_town(year, iterations=200)
    assert plan.left_out == (4,)
    assert round_faults(year, plan) == ()


def test_where_days_are_short_high_risk_goes_first() -> None:
    year = town(1, 12, days=1, work_s=4 * 3600)
    plan = plan_town(year, iterations=5000)
    made = {visit for one in plan.rounds for visit in one.visits}
    assert plan.left_out
    assert year.weight[sorted(made)].mean() > year.weight[list(plan.left_out)].mean()


def test_dating_spreads_rounds_over_weeks_with_high_risk_first() -> None:
    year = town(5, 40, days=50)
    year.first_day[:], year.last_day[:] = 0, 49
    plan = plan_town(year, iterations=2000)
    weeks = [int(year.week[one.day]) for one in plan.rounds]
    assert max(weeks.count(week) for week in range(10)) == plan.per_week == -(-len(plan.rounds) // 10)
    risk = [int(year.weight[list(one.visits)].sum()) for one in plan.rounds]
    assert risk == sorted(risk, reverse=True)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_dating_is_level_over_weeks_and_then_the_least_sum_of_risk_by_day(seed: int) -> None:
    rng = np.random.default_rng(seed)
    year = town(seed, 4, days=5)
    year.first_day[:] = rng.integers(0, 3, 5)
    year.last_day[:] = year.first_day + rng.integers(0, 3, 5)
    routes = [[1], [2], [3], [4]]
    year.week[:] = rng.integers(0, 2) * np.array([0, 0, 1, 1, 1])

    def value(days: tuple[int, ...]) -> tuple[int, int]:
        squares = int((np.bincount(year.week[list(days)]) ** 2).sum())
        return squares, sum(int(year.weight[visit]) * day for visit, day in enumerate(days, 1))

    possible = [
        days for days in permutations(range(5), 4)
        if all(year.first_day[v] <= day <= year.last_day[v] for v, day in enumerate(days, 1))
    ]  # fmt: skip
    if possible:
        slots, _ = dated(year, routes)
        assert value(tuple(day for _, day in slots)) == min(map(value, possible))


def test_the_checker_sees_what_is_wrong() -> None:
    from dataclasses import replace

    year = town(2, 10, days=10, tight=True)
    plan = plan_town(year, iterations=500)
    one = plan.rounds[0]
    assert any("P3" in fault for fault in round_faults(year, replace(plan, rounds=plan.rounds[1:])))
    twice = replace(plan, rounds=(one, *plan.rounds))
    assert any("P5" in fault for fault in round_faults(year, twice))
    early = replace(plan, rounds=(replace(one, back_s=one.back_s - 1), *plan.rounds[1:]))
    assert any("P4" in fault for fault in round_faults(year, early))
    short = replace(year, work_s=year.work_s // 10)
    assert any("P4" in fault for fault in round_faults(short, plan))
    late = replace(year, last_day=year.first_day * 0 - 1)
    assert any("window" in fault for fault in round_faults(late, plan))
    assert any("value" in fault for fault in round_faults(year, replace(plan, travel_s=1)))


def test_arrays_that_do_not_fit_are_refused() -> None:
    year = town(0, 3)
    with pytest.raises(ValueError, match="week"):
        TownYear(
            year.travel_s, year.on_site_s, year.first_day, year.last_day, year.weight, year.on_patrol, year.week[:2],
            year.work_s,
        )  # fmt: skip
