"""The rest of the year when visits slipped: nothing done twice, few changes, late ones named."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.staffing.check_patrol import round_faults
from optimizer.staffing.patrol.model import TownYear
from optimizer.staffing.patrol.replan import replan_town
from optimizer.staffing.patrol.rounds import plan_town


def town(seed: int, visits: int, days: int) -> TownYear:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 60, (visits + 1, 2))
    travel = np.rint(60 * np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))).astype(np.int64)
    service = np.full(visits + 1, 3600)
    service[0] = 0
    last = rng.integers(days // 2, days, visits + 1)
    return TownYear(
        travel, service, np.zeros(visits + 1, np.int64), last, rng.choice([1, 2, 4], visits + 1),
        np.ones((2, days), np.bool_), np.arange(days) // 5, np.full(days, 6 * 3600),
    )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(0, 29), st.floats(0, 1))
def test_every_visit_is_done_or_comes_once_from_today_on(seed: int, visits: int, today: int, share: float) -> None:
    year = town(seed, visits, 30)
    plan = plan_town(year, iterations=300)
    past = [visit for one in plan.rounds if one.day < today for visit in one.visits]
    done = past[: int(share * len(past))]
    again = replan_town(year, plan, today=today, done=done, iterations=200)
    assert round_faults(again.year, again.plan, done=done) == ()
    assert all(one.day >= today for one in again.plan.rounds)
    assert set(again.slipped) == set(past) - set(done)
    assert set(again.late) <= {visit for visit in range(1, visits + 1) if year.last_day[visit] < today}
    for _, was, now in again.moved:
        assert was != now >= today


def test_where_nothing_slipped_nothing_moves() -> None:
    year = town(1, 40, 30)
    plan = plan_town(year, iterations=2000)
    done = [visit for one in plan.rounds if one.day < 10 for visit in one.visits]
    again = replan_town(year, plan, today=10, done=done)
    assert again.slipped == again.late == again.moved == ()
    assert again.plan.travel_s <= sum(one.travel_s for one in plan.rounds if one.day >= 10)


def test_a_few_slipped_visits_move_few_others() -> None:
    year = town(2, 60, 40)
    plan = plan_town(year)
    past = [visit for one in plan.rounds if one.day < 5 for visit in one.visits]
    again = replan_town(year, plan, today=5, done=past[3:])
    assert set(again.slipped) == set(past[:3])
    assert again.plan.left_out == ()
    assert len(again.moved) <= 3


def test_a_round_whose_pair_is_gone_is_made_by_others() -> None:
    year = town(3, 40, 30)
    plan = plan_town(year)
    gone = year.on_patrol.copy()
    gone[0, 5:] = False
    less = replace(year, on_patrol=gone)
    done = [visit for one in plan.rounds if one.day < 5 for visit in one.visits]
    again = replan_town(less, plan, today=5, done=done)
    assert round_faults(again.year, again.plan, done=done) == ()
    assert {one.pair for one in again.plan.rounds} <= {1}


def test_today_is_a_day_of_the_year() -> None:
    year = town(0, 3, 10)
    with pytest.raises(ValueError, match="today"):
        replan_town(year, plan_town(year, iterations=10), today=10, done=())
