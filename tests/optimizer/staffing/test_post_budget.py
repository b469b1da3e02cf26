"""A budget over grades: the leximin share with the proof of each level."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import BadInput
from optimizer.staffing.check_grades import best_by_enumeration, check_budget_share
from optimizer.staffing.post_budget import share_budget
from optimizer.staffing.post_grades import PostsImpossible
from optimizer.staffing.post_types import BudgetRules, DistrictLimit, Grade, GradedTown, PostRules, PostTown
from optimizer.staffing.posts import share_posts

GRADES = (Grade("established", 3), Grade("contract", 2))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[GradedTown], tuple[Grade, ...], BudgetRules]:
    towns = []
    for number in range(draw(st.integers(1, 3))):
        actual = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
        floor = draw(st.just(()) | st.tuples(st.integers(0, 2), st.integers(0, 2)))
        cap = draw(st.just(()) | st.tuples(st.none() | st.integers(1, 4), st.none() | st.integers(1, 4)))
        least, most = draw(st.integers(0, 2)), draw(st.none() | st.integers(2, 6))
        district = draw(st.sampled_from("AB"))
        towns.append(GradedTown(f"T{number}", draw(st.integers(1, 6)), actual, district, floor, cap, least, most))
    grades = tuple(Grade(code, draw(st.integers(1, 3)), draw(st.none() | st.integers(0, 3))) for code in ("e", "c"))
    limits = [
        DistrictLimit(name, draw(st.none() | st.integers(-1, 1)), draw(st.none() | st.integers(0, 3)))
        for name in sorted({town.district for town in towns})
    ]
    return towns, grades, BudgetRules(draw(st.integers(0, 7)), draw(st.integers(0, 1)), tuple(limits))


@given(cases(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_it_is_what_trying_everything_finds(
    case: tuple[list[GradedTown], tuple[Grade, ...], BudgetRules], relax: bool
) -> None:
    towns, grades, rules = case
    try:
        share = share_budget(towns, grades=grades, rules=rules, relax=relax)
    except (BadInput, PostsImpossible):
        with pytest.raises(ValueError, match="no share"):
            best_by_enumeration(towns, grades, rules)
        return
    ratios, cost, moved = best_by_enumeration(towns, grades, rules)
    assert [level.ratio for level in share.levels for _ in range(level.towns)] == list(ratios)
    assert (share.cost, sum(-x for row in share.given for x in row if x < 0)) == (cost, moved)
    assert share.status == "OPTIMAL"
    assert all(level.bound == level.towns and level.proof != "none" for level in share.levels)
    assert check_budget_share(share) == ()


def town(code: str, required: int, *actual: int, **more: Any) -> GradedTown:
    return GradedTown(code, required, actual, **more)


def test_one_grade_without_limits_is_the_plain_share() -> None:
    rows = [(7, 2), (9, 5), (4, 1), (12, 3), (12, 3)]
    one = share_posts([PostTown(f"T{i}", *row) for i, row in enumerate(rows)], rules=PostRules(9))
    graded = [GradedTown(f"T{i}", required, (actual,)) for i, (required, actual) in enumerate(rows)]
    for relax in (True, False):
        other = share_budget(graded, grades=[Grade("post", 10)], rules=BudgetRules(95), relax=relax)
        assert sorted(level.ratio for level in other.levels) == sorted(level.ratio for level in one.levels)
        assert {level.proof for level in other.levels} == {"relaxation" if relax else "search"}


def test_five_established_and_five_contract_are_bought_first() -> None:
    towns = [town("A", 10, 4, 9, floor=(5, 5)), town("B", 10, 5, 5, floor=(5, 5))]
    share = share_budget(towns, grades=GRADES, rules=BudgetRules(3))
    assert share.after == ((5, 9), (5, 5))
    assert share_budget(towns, grades=GRADES, rules=BudgetRules(5)).after == ((5, 9), (5, 6))


def test_caps_of_a_grade_are_kept_where_the_bound_cannot_be_reached() -> None:
    """The worst town may take no cheap post, so it needs a dear one: the greedy levels cannot all be had."""
    towns = [town("A", 10, 2, 2, cap=(None, 2)), town("B", 10, 3, 3), town("C", 10, 9, 0)]
    share = share_budget(towns, grades=GRADES, rules=BudgetRules(7))
    assert dict(zip("ABC", share.totals, strict=True)) == {"A": 6, "B": 6, "C": 9}
    assert (share.cost, share.status) == (6, "OPTIMAL")
    assert [level.ratio for level in share.levels] == [Fraction(3, 5), Fraction(9, 10)]


@pytest.mark.parametrize(
    ("towns", "grades", "rules", "codes"),
    [
        ([town("A", 5, 1)], (), BudgetRules(1), ["PostsNoGrades", "PostsGradesDiffer"]),
        ([town("A", 5, 1)], GRADES, BudgetRules(1), ["PostsGradesDiffer"]),
        ([town("A", 5, 1, 1)], (Grade("x", -1), Grade("y", 1)), BudgetRules(-1), ["PostsGrade", "PostsNumber"]),
        ([town("A", 5, 4, 1, cap=(3, None))], GRADES, BudgetRules(1), ["PostsGradeCap"]),
        ([town("A", 5, 4, 1, floor=(5, 5))], GRADES, BudgetRules(10), ["PostsBudgetShort"]),
        ([town("A", 0, 4, 1)], GRADES, BudgetRules(10), ["PostsRequired"]),
    ],
)
def test_what_cannot_be_shared_is_refused_with_every_reason(
    towns: list[GradedTown], grades: tuple[Grade, ...], rules: BudgetRules, codes: list[str]
) -> None:
    with pytest.raises(BadInput) as refused:
        share_budget(towns, grades=grades, rules=rules)
    assert [fault.code for fault in refused.value.faults] == codes


def test_limits_that_contradict_each_other_are_told() -> None:
    rules = BudgetRules(4, districts=(DistrictLimit("D", 2),))
    towns = [town("A", 5, 1, 1, district="D", cap=(None, 1))]
    with pytest.raises(PostsImpossible):
        share_budget(towns, grades=GRADES, rules=rules)


def test_work_that_runs_out_says_what_is_not_proven() -> None:
    towns = [town(f"T{i:02d}", 7 + i % 9, i % 5, i % 4, cap=(6, 5)) for i in range(30)]
    share = share_budget(towns, grades=GRADES, rules=BudgetRules(101), relax=False, work=1e-3)
    assert [one for one in check_budget_share(share) if one.code != "GRADES_LEFT"] == []
    assert (share.status == "OPTIMAL") == all(level.proof != "none" for level in share.levels)


def test_posts_that_cost_nothing_need_a_limit() -> None:
    towns = [town("A", 4, 1, 1), town("B", 2, 1, 0)]
    with pytest.raises(BadInput, match="PostsFree"):
        share_budget(towns, grades=(Grade("established", 3), Grade("contract", 0)), rules=BudgetRules(7))
    share = share_budget(towns, grades=(Grade("established", 3), Grade("contract", 0, 2)), rules=BudgetRules(7))
    assert [sum(new) for new in zip(*share.given, strict=True)] == [2, 2]
    assert check_budget_share(share) == ()
