"""Places chosen by coverage and risk; dues of several bodies at one place made one visit."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.staffing.check_patrol import merge_faults
from optimizer.staffing.patrol.dues import choose, merge, windows
from optimizer.staffing.patrol.model import Due

dues = st.lists(
    st.builds(
        lambda place, body, first, length, site: Due(place, body, first, first + length, site),
        st.integers(0, 1), st.sampled_from("abc"), st.integers(0, 8), st.integers(0, 5), st.integers(600, 5400),
    ),
    max_size=7,
)  # fmt: skip


@given(dues)
def test_merged_visits_satisfy_every_body_and_are_the_fewest(owed: list[Due]) -> None:
    visits = merge(owed)
    assert merge_faults(owed, visits) == ()
    for place in {one.place for one in owed}:
        own = [one for one in owed if one.place == place]
        if len(own) <= 3:
            assert sum(one.place == place for one in visits) == fewest(own)


def fewest(own: list[Due]) -> int:
    """The least number of days that meet every window, all of them tried."""
    for count in range(1, len(own) + 1):
        for days in product(range(14), repeat=count):
            if all(any(one.first_day <= day <= one.last_day for day in days) for one in own):
                return count
    raise AssertionError


def test_a_joint_visit_takes_the_longest_time_and_half_of_the_others() -> None:
    (visit,) = merge([Due(0, "fire", 0, 9, 3600), Due(0, "market", 5, 20, 2400)])
    assert (visit.first_day, visit.last_day, visit.on_site_s, visit.dues) == (5, 9, 4800, (0, 1))


def test_windows_that_do_not_meet_are_two_visits() -> None:
    assert [one.dues for one in merge([Due(0, "fire", 0, 4, 60), Due(0, "market", 5, 9, 60)])] == [(0,), (1,)]
    with pytest.raises(ValueError, match="window"):
        merge([Due(0, "fire", 3, 2, 60)])


def test_three_in_ten_are_chosen_with_more_of_the_risky() -> None:
    risk = np.repeat([0, 1, 2], [600, 300, 100])
    chosen = choose(risk, np.zeros(1000, np.int64), coverage=0.3)
    assert len(chosen) == 300
    shares = [np.count_nonzero(risk[chosen] == level) / np.count_nonzero(risk == level) for level in range(3)]
    assert shares == pytest.approx([0.1875, 0.375, 0.75], abs=0.005)


@given(st.lists(st.integers(0, 2), max_size=40), st.floats(0, 1))
def test_coverage_is_met_to_the_place_and_longest_unvisited_come_first(levels: list[int], coverage: float) -> None:
    risk = np.array(levels, np.int64)
    last_visit = np.arange(len(risk))[::-1].copy()
    chosen = choose(risk, last_visit, coverage=coverage)
    assert len(chosen) == round(coverage * len(risk))
    for level in range(3):
        own, taken = np.flatnonzero(risk == level), chosen[risk[chosen] == level]
        assert taken.tolist() == own[len(own) - len(taken) :].tolist()


def test_a_coverage_is_a_share() -> None:
    with pytest.raises(ValueError, match="coverage"):
        choose(np.zeros(3, np.int64), np.zeros(3, np.int64), coverage=1.2)


def test_high_risk_is_due_early() -> None:
    first, last = windows(np.array([0, 1, 2]), 240)
    assert first.tolist() == [0, 0, 0]
    assert last.tolist() == [239, 179, 119]
