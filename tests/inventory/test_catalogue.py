"""The catalogue: exact figures in, every fault of a file at once."""

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest

from inventory.catalogue import BUILT_IN, UnknownItem, load_catalogue
from inventory.errors import BadTable


def test_the_built_in_catalogue_has_76_items_in_32_classes(catalogue):
    assert len(catalogue) == 76
    assert {item.class_no for item in catalogue} == set(range(1, 33))


def test_figures_are_exact_decimals(catalogue):
    biscuit = catalogue["M009"]
    assert biscuit.mass_kg == Decimal("10")
    assert biscuit.volume_m3 == Decimal("0.02")
    assert (biscuit.need_code, biscuit.need_per_unit) == ("food_person_day", Decimal(20))
    assert biscuit.hazards == ("relief", "all")
    assert biscuit.life_critical


def test_minima_target_and_maximum_follow_the_tier(catalogue):
    tent = catalogue["M001"]
    assert [tent.minimum(tier) for tier in ("county", "town", "village")] == [16, 8, 1]
    assert tent.target("town") == Decimal("12")
    assert tent.maximum("town") == Decimal("20")


def test_checks_of_an_item_are_read_as_kind_and_days(catalogue):
    assert catalogue["M026"].item_checks == (
        ("INSPECT", 7),
        ("RUN", 30),
        ("FUEL_ROTATE", 90),
        ("SERVICE", 365),
    )


def test_an_item_is_frozen_and_an_unknown_one_is_named(catalogue):
    with pytest.raises(FrozenInstanceError):
        catalogue["M001"].mass_kg = Decimal(1)
    with pytest.raises(UnknownItem) as refusal:
        catalogue["M999"]
    assert refusal.value.facts == {"item": "M999"}
    assert "M999" not in catalogue


def test_every_fault_of_a_catalogue_is_reported_at_once(edited_csv):
    path = edited_csv(
        BUILT_IN,
        {
            (0, "mass_kg"): "60kg",
            (1, "criticality"): "4",
            (2, "volume_m3"): "0",
            (3, "item_id"): "M003",
            (4, "need_per_unit"): "",
            (5, "max_factor"): "1",
        },
    )
    with pytest.raises(BadTable) as refusal:
        load_catalogue(path)
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (2, "mass_kg", "NOT_DECIMAL"),
        (3, "criticality", "TOO_LARGE"),
        (4, "volume_m3", "NOT_ABOVE"),
        (5, "item_id", "DUPLICATE_KEY"),
        (6, "need_per_unit", "NOT_TOGETHER"),
        (7, "max_factor", "OUT_OF_ORDER"),
    ]


@pytest.mark.parametrize("text", ["INSPECT", "INSPECT:0", "LOOK:30", "RUN:30,TEST:30", "RUN:30;RUN:60", "RUN:30;"])
def test_an_unsound_list_of_checks_is_refused(edited_csv, text):
    path = edited_csv(BUILT_IN, {(0, "item_checks"): text})
    with pytest.raises(BadTable) as refusal:
        load_catalogue(path)
    assert {(found.row, found.code) for found in refusal.value.faults} == {(2, "BAD_ITEM_CHECK")}
