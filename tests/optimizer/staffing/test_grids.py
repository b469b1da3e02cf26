"""Grids by 1,000 people or 300 households, managers, and patrol pairs."""

from itertools import product
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import BadInput
from optimizer.staffing.check_patrol import manager_faults
from optimizer.staffing.grids import (
    GridUnit,
    Village,
    assign_managers,
    manager_gap,
    pair_up,
    size_grids,
    whole_gap,
)  # fmt: skip

CODE = "350981104203"


@pytest.mark.parametrize(
    ("population", "households", "grids", "by", "usual"),
    [
        (3_000, 900, 3, "population", ""),
        (3_001, 900, 4, "population", ""),
        (3_000, 901, 4, "households", ""),
        (6_000, 1_800, 6, "population", ""),
        (6_001, 0, 7, "population", "above"),
        (2_000, 600, 2, "population", "below"),
        (0, 0, 1, "population", "below"),
    ],
)
def test_a_village_has_as_many_grids_as_the_larger_count_asks(
    population: int, households: int, grids: int, by: str, usual: str
) -> None:
    (found,) = size_grids([Village(CODE, population, households)])
    assert (found.grids, found.by, found.usual) == (grids, by, usual)


def test_numbers_are_the_division_code_and_two_digits() -> None:
    three, one = size_grids([Village(CODE, 2_500, 0), Village("350981104204", 800, 0)])
    assert three.numbers == (f"{CODE}01", f"{CODE}02", f"{CODE}03")
    assert one.numbers == ("35098110420400",)


@given(st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 20_000)), max_size=30))
def test_every_grid_has_a_number_of_its_own_and_is_small_enough(rows: list[tuple[int, int]]) -> None:
    villages = [Village(f"350981104{200 + i}", *row) for i, row in enumerate(rows)]
    found = size_grids(villages)
    numbers = [number for village in found for number in village.numbers]
    assert len(set(numbers)) == len(numbers)
    for village, its in zip(villages, found, strict=True):
        assert its.grids == max(1, ceil(max(village.population / 1000, village.households / 300)))
        assert (its.usual == "") == (3 <= its.grids <= 6)


def test_all_bad_villages_are_told_at_once() -> None:
    bad = [
        Village("35098110420", 1, 1), Village("350981104000", 1, 1), Village(CODE, -1, 1), Village(CODE, 1, 1),
        Village("350981104205", 100_000, 1),
    ]  # fmt: skip
    with pytest.raises(BadInput) as refused:
        size_grids(bad)
    assert [fault.code for fault in refused.value.faults] == [
        "GridVillageCode", "GridVillageCode", "GridCounts", "GridVillageTwice", "GridTooMany",
    ]  # fmt: skip
    with pytest.raises(BadInput):
        size_grids([], people=0)


def test_711_grids_and_613_managers_leave_98_without_an_own_one() -> None:
    (gap,) = manager_gap([GridUnit("county", 711, 613)])
    assert (gap.without_own, gap.spare) == (98, 0)
    assert (gap.most_each, gap.busiest, gap.unserved) == (2, 98, 0)  # 98 managers hold two, 515 hold one


def test_a_spare_manager_of_one_town_serves_no_other() -> None:
    gaps = manager_gap([GridUnit("A", 10, 4), GridUnit("B", 3, 5), GridUnit("C", 2, 0), GridUnit("D", 0, 0)])
    assert [(gap.without_own, gap.spare, gap.most_each, gap.busiest, gap.unserved) for gap in gaps] == [
        (6, 0, 3, 2, 0), (0, 2, 1, 3, 0), (2, 0, 0, 0, 2), (0, 0, 0, 0, 0),
    ]  # fmt: skip
    whole = whole_gap(gaps, code="county")
    assert (whole.grids, whole.managers, whole.without_own, whole.spare, whole.unserved) == (15, 9, 8, 2, 2)
    assert (whole.most_each, whole.busiest) == (3, 2)


def test_units_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadInput) as refused:
        manager_gap([GridUnit("A", -1, 0), GridUnit("B", 1, 0), GridUnit("B", 1, 0)])
    assert [fault.code for fault in refused.value.faults] == ["GridUnitCounts", "GridUnitTwice"]


def test_six_officers_and_six_patrollers_make_six_pairs() -> None:
    made = pair_up([f"o{i}" for i in range(6)], [f"p{i}" for i in range(6)])
    assert len(made.pairs) == 6
    assert made.pairs[0] == ("o0", "p0")
    assert (made.left, made.left_kind) == ((), "")


def test_who_is_left_over_is_named() -> None:
    assert pair_up(["a", "b", "c"], ["p"]).left == ("b", "c")
    assert pair_up(["a", "b", "c"], ["p"]).left_kind == "officer"
    made = pair_up(["a"], ["p", "q"])
    assert (made.left, made.left_kind) == (("q",), "patroller")
    with pytest.raises(BadInput):
        pair_up(["a"], ["a"])


towns = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), max_size=5)


@given(towns, towns)
def test_managers_share_the_grids_of_their_town_evenly_and_at_home_where_they_can(
    grids: list[tuple[int, int]], people: list[tuple[int, int]]
) -> None:
    grid_town, grid_village = (np.array([one[k] for one in grids], np.int64) for k in (0, 1))
    town, village = (np.array([one[k] for one in people], np.int64) for k in (0, 1))
    manager, own = assign_managers(grid_town, grid_village + 10 * grid_town, town, village + 10 * town)

    for at in (0, 1):
        mine, staff = np.flatnonzero(grid_town == at), np.flatnonzero(town == at)
        if not len(staff):
            assert set(manager[mine].tolist()) <= {-1}
            continue
        assert set(manager[mine].tolist()) <= set(staff.tolist())
        loads = [int(np.count_nonzero(manager == one)) for one in staff.tolist()]
        assert max(loads) - min(loads) <= 1
        away = sum(village[manager[grid]] != grid_village[grid] for grid in mine.tolist())
        choices = product(staff.tolist(), repeat=len(mine))
        even = [c for c in choices if max(map(c.count, staff.tolist())) - min(map(c.count, staff.tolist())) <= 1]
        assert away == min(
            sum(village[m] != grid_village[g] for g, m in zip(mine.tolist(), c, strict=True)) for c in even
        )
    assert manager_faults(grid_town, manager, own, town) == ()


def test_the_checker_sees_managers_that_are_wrong() -> None:
    assert manager_faults([0, 0], [0, 1], [1, 1], [0, 0]) == ()
    assert "nobody" in manager_faults([0, 0], [0, -1], [1, 0], [0, 0])[0]
    assert "another town" in manager_faults([0, 1], [0, 0], [1, 0], [0, 1])[0]
    assert "loads" in manager_faults([0, 0], [0, 0], [1, 0], [0, 0])[0]
    assert "his own" in manager_faults([0, 0], [0, 1], [1, 0], [0, 0])[0]
