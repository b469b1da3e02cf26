"""Needs of people who were counted but not asked."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import load_catalogue
from scenarios.needs import Cover, estimate, load_needs

WATER = Cover("case", "water_litre", Decimal(12))
TENTS = (Cover("small", "shelter_person", Decimal(3)), Cover("large", "shelter_person", Decimal(9)))


def test_every_need_of_the_catalogue_has_a_figure_and_a_source() -> None:
    needs = load_needs()
    codes = {item.need_code for item in load_catalogue() if item.need_code}
    assert codes <= needs.keys()
    assert all(need.source and need.quantity > 0 for need in needs.values())


def test_water_is_three_litres_a_day_rounded_up_to_whole_cases() -> None:
    wanted = estimate(people=138, duration_h=Decimal(48), covers=[WATER], available={})
    assert wanted == {"case": 69}  # 138 x 2 days x 3 L / 12 L
    assert estimate(people=1, duration_h=Decimal(1), covers=[WATER], available={}) == {"case": 1}


def test_households_are_counted_whole() -> None:
    cans = [Cover("can", "water_container", Decimal(1))]
    assert estimate(people=1, duration_h=Decimal(1), covers=cans, available={}) == {"can": 2}
    assert estimate(people=138, duration_h=Decimal(1), covers=cans, available={}) == {"can": 106}  # 53 households


def test_a_need_is_asked_for_once_from_what_is_there() -> None:
    stock = {"small": Decimal(4), "large": Decimal(20)}
    assert estimate(people=138, duration_h=Decimal(1), covers=TENTS, available=stock) == {"large": 16}
    stock = {"small": Decimal(4), "large": Decimal(10)}
    # 90 in the large ones, 12 in the small ones, and the 36 left are asked for in large ones
    assert estimate(people=138, duration_h=Decimal(1), covers=TENTS, available=stock) == {"large": 14, "small": 4}


def test_nobody_needs_nothing() -> None:
    assert estimate(people=0, duration_h=Decimal(72), covers=[WATER], available={}) == {}


@given(
    people=st.integers(0, 10**5),
    hours=st.integers(1, 1000),
    stock=st.dictionaries(st.sampled_from(["small", "large"]), st.integers(0, 10**4).map(Decimal)),
)
def test_what_is_asked_for_covers_the_need_and_wastes_less_than_two_units(
    people: int, hours: int, stock: dict[str, Decimal]
) -> None:
    wanted = estimate(people=people, duration_h=Decimal(hours), covers=TENTS, available=stock)
    places = 3 * wanted.get("small", 0) + 9 * wanted.get("large", 0)
    assert people <= places < people + 18


@pytest.mark.parametrize("hours", ["0.5", "47.3"])
def test_parts_of_a_day_are_exact(hours: str) -> None:
    wanted = estimate(people=100_000, duration_h=Decimal(hours), covers=[WATER], available={})
    assert wanted["case"] == math.ceil(100_000 * 3 * Fraction(hours) / 24 / 12)
