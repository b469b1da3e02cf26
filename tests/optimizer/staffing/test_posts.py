"""New posts go where the WISN ratio is worst, exactly."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import BadInput
from optimizer.staffing.check_posts import best_by_enumeration, check_posts
from optimizer.staffing.post_frontier import frontier, posts_for
from optimizer.staffing.post_reasons import next_towns, reasons, threshold
from optimizer.staffing.post_types import DistrictLimit, PostRules, PostShare, PostTown
from optimizer.staffing.posts import key, share_posts


def towns(*rows: tuple[Any, ...]) -> list[PostTown]:
    return [PostTown(f"T{number}", *row) for number, row in enumerate(rows, 1)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[PostTown], PostRules]:
    lose = draw(st.integers(0, 2))
    found = []
    for number in range(draw(st.integers(1, 4))):
        actual = draw(st.integers(0, 4))
        floor = draw(st.integers(0, 3))
        low = max(floor, actual - lose)
        cap = draw(st.none() | st.integers(low, low + 4))
        found.append(PostTown(f"T{number}", draw(st.integers(1, 6)), actual, draw(st.sampled_from("AB")), floor, cap))
    limits = []
    for name in sorted({town.district for town in found}):
        least = draw(st.none() | st.integers(-2, 2))
        most = draw(st.none() | st.integers(-1, 4))
        limits.append(DistrictLimit(name, least, most))
    return found, PostRules(draw(st.integers(0, 5)), lose, tuple(limits))


@given(cases())
@settings(max_examples=400, deadline=None)
def test_it_is_what_trying_everything_finds(case: tuple[list[PostTown], PostRules]) -> None:
    listed, rules = case
    try:
        share = share_posts(listed, rules=rules)
    except BadInput:
        with pytest.raises(ValueError, match="no share"):
            best_by_enumeration(listed, rules)
        return
    ratios, moved, unplaced = best_by_enumeration(listed, rules)
    assert sorted(Fraction(x, town.required) for x, town in zip(share.after, listed, strict=True)) == list(ratios)
    assert (share.moved, share.unplaced) == (moved, unplaced)
    assert check_posts(share) == ()


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_towns_does_not_matter(case: tuple[list[PostTown], PostRules], random: Any) -> None:
    listed, rules = case
    try:
        one = share_posts(listed, rules=rules)
    except BadInput:
        return
    mixed = list(listed)
    random.shuffle(mixed)
    other = share_posts(mixed, rules=rules)
    assert dict(zip(listed, one.after, strict=True)) == dict(zip(mixed, other.after, strict=True))


@given(cases())
@settings(max_examples=200, deadline=None)
def test_the_certificate_refuses_every_worse_share(case: tuple[list[PostTown], PostRules]) -> None:
    """Whatever other share keeps the rules and is no worse by the certificate has the same ratios."""
    listed, rules = case
    try:
        share = share_posts(listed, rules=rules)
    except BadInput:
        return
    for giver in range(len(listed)):
        for taker in range(len(listed)):
            after = list(share.after)
            after[giver] -= 1
            after[taker] += 1
            ratios = sorted(Fraction(x, town.required) for x, town in zip(after, listed, strict=True))
            levels = tuple(replace(share.levels[0], ratio=one, towns=1) for one in ratios)
            other = replace(share, after=tuple(after), levels=levels)
            same = ratios == [level.ratio for level in share.levels for _ in range(level.towns)]
            assert check_posts(other) or (same and other.moved == share.moved)


@given(cases())
@settings(max_examples=200, deadline=None)
def test_the_frontier_holds_the_share_of_every_number_of_posts(case: tuple[list[PostTown], PostRules]) -> None:
    listed, rules = case
    try:
        points = frontier(listed, rules=rules)
    except BadInput:
        return
    for before, now in pairwise(points):
        assert now.posts == before.posts + 1
        assert now.worst >= before.worst
    for point in points:
        if point.posts < 0:
            continue
        share = share_posts(listed, rules=replace(rules, posts=point.posts))
        ratios = [Fraction(x, town.required) for x, town in zip(share.after, listed, strict=True)]
        if share.unplaced:
            continue
        assert point.worst == min(ratios)
        assert point.mean == pytest.approx(float(sum(ratios) / len(ratios)), abs=1e-15)
        assert point.whole == Fraction(sum(share.after), sum(town.required for town in listed))


@given(cases(), st.fractions(0, 2, max_denominator=7))
@settings(max_examples=200, deadline=None)
def test_the_posts_a_ratio_needs_reach_it_and_one_fewer_does_not(
    case: tuple[list[PostTown], PostRules], ratio: Fraction
) -> None:
    listed, rules = case
    try:
        needed = posts_for(listed, rules=rules, ratio=ratio)
    except BadInput:
        return

    def worst(posts: int) -> Fraction | None:
        try:
            return share_posts(listed, rules=replace(rules, posts=posts)).levels[0].ratio
        except BadInput:
            return None

    if needed is None:
        reached = worst(200)
        assert reached is None or reached < ratio
        return
    reached = worst(needed)
    assert reached is not None
    assert reached >= ratio
    if needed:
        fewer = worst(needed - 1)
        assert fewer is None or fewer < ratio


@given(cases())
@settings(max_examples=200, deadline=None)
def test_who_waits_how_long_is_what_happens(case: tuple[list[PostTown], PostRules]) -> None:
    listed, rules = case
    try:
        share = share_posts(listed, rules=rules)
    except BadInput:
        return
    if share.unplaced:
        return
    told = reasons(share)
    coming = next_towns(share, count=60)
    for reason in told:
        turn = coming.index(reason.town) + 1 if reason.town in coming else None
        assert reason.wait == turn or (turn is None and reason.wait is not None and reason.wait > 60)
    if coming:
        first = coming[0]
        assert Fraction(share.after[first], listed[first].required) == threshold(share)


def test_of_equal_ratios_the_smaller_town_rises_more() -> None:
    share = share_posts(towns((2, 1), (4, 2)), rules=PostRules(1))
    assert share.after == (2, 2)


def test_a_town_that_is_worst_off_may_need_several_posts() -> None:
    share = share_posts(towns((20, 5), (10, 8), (10, 4)), rules=PostRules(6))
    assert share.given == (5, 0, 1)
    assert [(level.ratio, level.towns) for level in share.levels] == [
        (Fraction(1, 2), 2), (Fraction(4, 5), 1),
    ]  # fmt: skip
    assert share.status == "OPTIMAL"


def test_existing_posts_move_only_as_far_as_allowed() -> None:
    rich_and_poor = towns((10, 12), (10, 4))
    assert share_posts(rich_and_poor, rules=PostRules(0)).after == (12, 4)
    assert share_posts(rich_and_poor, rules=PostRules(0, lose=1)).after == (11, 5)
    assert share_posts(rich_and_poor, rules=PostRules(0, lose=9)).after == (8, 8)


def test_no_post_moves_that_does_no_good() -> None:
    assert share_posts(towns((10, 5), (10, 6), (10, 5)), rules=PostRules(0, lose=3)).after == (5, 6, 5)


def test_reasons_name_what_decided() -> None:
    listed = towns((10, 2, "A"), (10, 3, "A", 0, 3), (10, 4, "B"), (10, 9, "C"), (10, 9, "C", 10))
    share = share_posts(listed, rules=PostRules(8, 0, (DistrictLimit("B", None, 1),)))
    assert share.given == (6, 0, 1, 0, 1)
    told = reasons(share)
    assert [reason.cause for reason in told] == ["served", "cap", "district", "waits", "floor"]
    assert (told[0].before, told[0].after, told[0].last) == (Fraction(1, 5), Fraction(4, 5), Fraction(7, 10))
    assert [reason.wait for reason in told] == [1, None, None, 3, 6]
    assert next_towns(share, count=2)[0] == 0


@pytest.mark.parametrize(
    ("rows", "rules", "codes"),
    [
        ([], PostRules(1), ["PostsNoTowns"]),
        ([(0, 1), (5, -1)], PostRules(-1), ["PostsRequired", "PostsOutOfRange", "PostsNumber"]),
        ([(5, 4, "", 0, 3)], PostRules(1), ["PostsCapTooLow"]),
        ([(5, 1, "", 4), (5, 1, "", 4)], PostRules(5), ["PostsTooFew"]),
        ([(5, 1, "A")], PostRules(5, 0, (DistrictLimit("B", 1),)), ["PostsDistrictUnknown"]),
        ([(5, 1, "A")], PostRules(5, 0, (DistrictLimit("A", 3, 2),)), ["PostsDistrictReversed"]),
        ([(5, 1, "A", 4)], PostRules(5, 0, (DistrictLimit("A", None, 2),)), ["PostsDistrictFloors"]),
        ([(5, 1, "A", 0, 3)], PostRules(5, 0, (DistrictLimit("A", 3),)), ["PostsDistrictCaps"]),
        ([(5, 1, "A")], PostRules(5, 0, (DistrictLimit("A"), DistrictLimit("A"))), ["PostsDistrictTwice"]),
    ],
)
def test_what_cannot_be_shared_is_refused_with_every_reason(
    rows: list[tuple[Any, ...]], rules: PostRules, codes: list[str]
) -> None:
    with pytest.raises(BadInput) as refused:
        share_posts(towns(*rows), rules=rules)
    assert [fault.code for fault in refused.value.faults] == codes


@given(st.integers(0, 2**31 - 1), st.integers(1, 2**31 - 1), st.integers(0, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_keys_compare_as_fractions_do(a: int, b: int, c: int, d: int) -> None:
    one, other = Fraction(a, b), Fraction(c, d)
    assert (key(a, b) < key(c, d)) == (one < other)
    assert (key(a, b) == key(c, d)) == (one == other)


def test_the_checker_sees_each_broken_rule() -> None:
    listed = towns((10, 2, "A", 2, 5), (10, 5, "B"))
    share = share_posts(listed, rules=PostRules(4, 0, (DistrictLimit("A", None, 3),)))
    assert share.after == (5, 6)

    def codes(**changes: Any) -> set[str]:
        other: PostShare = replace(share, **changes)
        return {found.code for found in check_posts(other)}

    assert codes() == set()
    assert codes(after=(1, 10)) >= {"POSTS_LOW", "POSTS_LEVELS"}
    assert codes(after=(6, 5)) >= {"POSTS_HIGH", "POSTS_DISTRICT"}
    assert codes(after=(5, 7)) >= {"POSTS_TOTAL"}
    better = share_posts(towns((10, 2), (10, 5)), rules=PostRules(0, lose=1))
    assert {one.code for one in check_posts(replace(better, after=(2, 5), levels=share_posts(
        towns((10, 2), (10, 5)), rules=PostRules(0)).levels))} == {"POSTS_IMPROVABLE"}  # fmt: skip
