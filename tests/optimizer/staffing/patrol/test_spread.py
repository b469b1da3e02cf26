"""Rounds fill the year evenly, leave out nothing for it, and pairs take turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.staffing.check_patrol import round_faults
from optimizer.staffing.patrol.model import TownYear
from optimizer.staffing.patrol.rounds import plan_town
from optimizer.staffing.patrol.spread import plan_spread, thinned

DAYS = 60


def town(seed: int, visits: int, *, tight: bool = False) -> TownYear:
    """Visits an hour long within half an hour, any day of the year, or half of them in its first half."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 30, (visits + 1, 2))
    travel = np.rint(60 * np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))).astype(np.int64)
    last = np.where(np.arange(visits + 1) % 2 == 1, DAYS // 2 - 1, DAYS - 1)
    return TownYear(
        travel, np.r_[0, np.full(visits, 3600)], np.zeros(visits + 1, np.int64), last if tight else last * 0 + DAYS - 1,
        np.ones(visits + 1, np.int64), np.ones((2, DAYS), np.bool_), np.arange(DAYS) // 5, np.full(DAYS, 6 * 3600),
    )  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_no_quarter_is_empty_and_nothing_is_left_out_for_it(seed: int, tight: bool) -> None:
    year = town(seed, 80, tight=tight)
    free = plan_town(year, iterations=300)
    plan = plan_spread(year, rounds=len(free.rounds), iterations=300)
    assert round_faults(year, plan) == ()
    assert plan.left_out == free.left_out == ()
    quarter = np.bincount([one.day * 4 // DAYS for one in plan.rounds], minlength=4)
    assert quarter.min() >= 1
    turns = np.bincount([one.pair for one in plan.rounds], minlength=2)
    assert abs(turns[0] - turns[1]) <= 1


def test_where_every_day_is_needed_every_day_is_taken() -> None:
    year = town(3, 540)  # hours on site alone are three quarters of those there are
    free = plan_town(year, iterations=2000)
    assert len(free.rounds) * 1.15 > 120
    assert plan_spread(year, rounds=len(free.rounds), iterations=2000) == free


@pytest.mark.parametrize("slots", [0, 1, 7, 119, 120, 500])
def test_a_thinned_year_has_so_many_days_of_pairs_evenly(slots: int) -> None:
    year = town(0, 3)
    few = thinned(year, slots)
    assert few.on_patrol.sum() == min(slots, 120)
    assert not (few.on_patrol & ~year.on_patrol).any()
    halves = few.on_patrol[:, : DAYS // 2].sum(), few.on_patrol[:, DAYS // 2 :].sum()
    assert abs(int(halves[0]) - int(halves[1])) <= 1
