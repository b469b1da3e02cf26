"""Weekly grids, night patrols and the people responsible for hazard points."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import BadInput
from optimizer.staffing.check_patrol import grid_faults, hazard_faults, night_faults
from optimizer.staffing.patrol.days import week_numbers, working_dates
from optimizer.staffing.patrol.hazards import responsible
from optimizer.staffing.patrol.weekly import evenings, grid_weekdays, night_crews


@given(st.lists(st.integers(0, 9), max_size=60))
def test_each_grid_has_its_weekday_and_nobody_all_on_one_day(person: list[int]) -> None:
    assert grid_faults(person, grid_weekdays(np.array(person, np.int64))) == ()


@given(st.integers(1, 5), st.integers(6, 30), st.integers(1, 12), st.integers(1, 60))
def test_night_patrols_have_seven_or_eight_with_leaders_and_walk_each_grid(
    leaders: int, members: int, grids: int, weeks: int
) -> None:
    crews = night_crews(village="v", leaders=leaders, members=members, grids=grids, weeks=weeks)
    assert night_faults(crews, leaders=leaders, members=members, grids=grids, weeks=weeks) == ()


@pytest.mark.parametrize(("leaders", "members"), [(0, 20), (1, 5), (2, 4)])
def test_a_village_with_too_few_people_is_refused(leaders: int, members: int) -> None:
    with pytest.raises(BadInput) as refused:
        night_crews(village="Shangping", leaders=leaders, members=members, grids=3, weeks=1)
    assert refused.value.faults[0].code == "night_patrol_too_few"


def test_villages_of_a_town_share_the_evenings() -> None:
    weekday = evenings(np.array([0] * 9 + [1] * 2))
    assert np.bincount(weekday[:9], minlength=7).max() == 2
    assert evenings(np.array([0, 0]), days=(4,)).tolist() == [4, 4]


@given(st.integers(0, 9999), st.integers(1, 5), st.integers(1, 3))
def test_hazard_points_have_the_nearest_people_with_even_shares(seed: int, points: int, people: int) -> None:
    travel = np.random.default_rng(seed).integers(0, 1000, (points, people))
    found = responsible(travel)
    share = -(-points // people)
    assert hazard_faults(found.tolist(), [share] * people) == ()
    best = min(
        sum(int(travel[h, p]) for h, p in enumerate(choice)) for choice in product(range(people), repeat=points)
        if max(np.bincount(choice)) <= share
    )  # fmt: skip
    assert int(travel[np.arange(points), found].sum()) == best


def test_a_person_that_a_point_has_already_stays() -> None:
    found = responsible(np.zeros((4, 2), np.int64), fixed=np.array([1, 1, 1, -1]))
    assert found.tolist() == [1, 1, 1, 0]


def test_points_without_people_are_refused() -> None:
    with pytest.raises(BadInput):
        responsible(np.zeros((2, 0), np.int64))
    with pytest.raises(BadInput):
        responsible(np.zeros((3, 1), np.int64), most=np.array([2]))


def test_thirty_thousand_points_of_a_city_each_have_one() -> None:
    rng = np.random.default_rng(0)
    for points in (305, 304):  # 30,774 points in 101 towns
        found = responsible(rng.integers(0, 3600, (points, 12)))
        assert hazard_faults(found.tolist(), [-(-points // 12)] * 12) == ()


def test_working_days_of_announced_years_and_of_later_ones() -> None:
    days, assumed = working_dates(2025)
    assert (len(days), assumed) == (248, False)
    days, assumed = working_dates(2090)
    assert assumed
    weeks = week_numbers(days)
    assert list(weeks) == sorted(weeks)
    assert max(weeks) in (51, 52, 53)
    assert week_numbers(()) == ()
