"""The division code is the tree; each tier has its least area."""

from decimal import Decimal

import pytest

from inventory.places import BadDivisionCode, StoreTooSmall, check_store_area, division_level, division_parent


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("350981000000", "county", None),
        ("350981104000", "town", "350981000000"),
        ("350981104203", "village", "350981104000"),
    ],
)
def test_a_code_says_its_level_and_its_parent(code, level, parent):
    assert division_level(code) == level
    assert division_parent(code) == parent


@pytest.mark.parametrize(
    "code",
    ["", "35098110420", "3509811042033", "350981000203", "35098110420a", "３５０９８１１０４２０３", "050981104203"],
)
def test_what_is_no_12_digit_code_is_refused(code):
    with pytest.raises(BadDivisionCode):
        division_level(code)


@pytest.mark.parametrize(("tier", "least"), [("town", "200"), ("village", "30")])
def test_a_store_of_exactly_the_least_area_passes_and_a_tenth_less_fails(tier, least):
    check_store_area(store="S1", tier=tier, area_m2=Decimal(least))
    with pytest.raises(StoreTooSmall) as refusal:
        check_store_area(store="S1", tier=tier, area_m2=Decimal(least) - Decimal("0.1"))
    assert refusal.value.facts["least_m2"] == Decimal(least)


def test_a_county_store_has_no_least_area():
    check_store_area(store="S1", tier="county", area_m2=Decimal(1))
