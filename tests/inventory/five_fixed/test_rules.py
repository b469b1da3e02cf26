"""The table of periods joined to the catalogue."""

import pytest

from inventory.catalogue import load_catalogue
from inventory.errors import BadTable
from inventory.five_fixed.rules import BUILT_IN, load_rule_book


def check(book, item, kind):
    return next(each for each in book.checks(item) if each.kind == kind)


def kinds(book, item):
    return [each.kind for each in book.checks(item)]


def test_every_item_takes_the_rows_of_any(book, catalogue):
    for item in catalogue:
        assert {"STOCKTAKE", "SEASON_CHECK"} <= set(kinds(book, item.id))


def test_a_class_takes_the_rows_of_a_class_that_is_its_prefix_up_to_an_underscore(book):
    # fire_extinguisher_dry_powder takes INSPECT of fire_extinguisher, radio_liion takes TEST of radio
    assert check(book, "M059", "INSPECT").source.startswith("GB 50444")
    assert check(book, "M030", "TEST").name_zh == "通话测试"
    # generator_small_petrol takes LOAD_TEST of generator
    assert check(book, "M026", "LOAD_TEST").period_days == 1095


def test_a_longer_class_that_is_not_the_items_own_gives_nothing(book):
    assert check(book, "M021", "ROTATE").source == "item_checks M021"  # aed_pads is not a prefix of aed


def test_an_inactive_row_is_for_reference_only(book):
    assert check(book, "M059", "SERVICE").period_days == 730  # not the 365 of NFPA


def test_item_checks_override_the_period_and_keep_the_rest_of_the_row(book):
    mat = check(book, "M004", "INSPECT")  # the row of bedding says 180 days
    assert (mat.period_days, mat.tolerance_days, mat.blocks) == (365, 30, False)


def test_item_checks_of_a_row_with_a_first_period_name_the_first_one(book):
    powder = check(book, "M059", "SERVICE")
    assert (powder.first_period_days, powder.period_days, powder.anchor) == (1825, 730, "manufacture")


@pytest.mark.parametrize(
    ("item", "kind", "tolerance", "blocks"),
    [
        ("M041", "INSPECT", 14, True),  # life-critical: an inspection blocks
        ("M039", "INSPECT", 14, False),
        ("M039", "SERVICE", 30, True),
        ("M033", "CHARGE", 5, True),
        ("M021", "ROTATE", 30, False),
        ("M067", "LOAD_TEST", 60, True),
        ("M075", "INSPECT", 2, False),
    ],
)
def test_a_kind_the_class_has_no_row_for_gets_the_usual_tolerance_and_blocking(book, item, kind, tolerance, blocks):
    found = check(book, item, kind)
    assert (found.tolerance_days, found.blocks, found.anchor) == (tolerance, blocks, "last_done")


def test_stocktakes_and_season_checks_never_block(book, catalogue):
    for item in catalogue:
        assert not check(book, item.id, "STOCKTAKE").blocks
        assert not check(book, item.id, "SEASON_CHECK").blocks


def test_every_item_of_the_built_in_catalogue_has_its_own_checks_too(book, catalogue):
    for item in catalogue:
        named = {kind for kind, _ in item.item_checks}
        assert named <= set(kinds(book, item.id))


def test_the_warning_is_the_tolerance_or_a_week_but_less_than_the_period(book):
    assert check(book, "M026", "RUN").warning_days == 7  # tolerance 5
    assert check(book, "M026", "SERVICE").warning_days == 30
    assert check(book, "M026", "INSPECT").warning_days == 6  # period 7


def test_two_active_rows_of_one_class_and_kind_are_refused(edited_csv, catalogue):
    path = edited_csv(BUILT_IN, {(1, "check_kind"): "INSPECT"})
    with pytest.raises(BadTable) as refusal:
        load_rule_book(catalogue, path)
    assert [(found.row, found.code) for found in refusal.value.faults] == [(3, "DUPLICATE_CHECK")]


def test_an_equipment_class_without_rows_is_refused(edited_csv):
    from inventory import catalogue as module

    path = edited_csv(module.BUILT_IN, {(0, "equipment_class"): "tnet"})
    with pytest.raises(BadTable) as refusal:
        load_rule_book(load_catalogue(path))
    assert refusal.value.faults[0].facts == {"item": "M001", "equipment_class": "tnet"}


def test_a_bad_table_of_periods_is_refused_with_every_fault(edited_csv, catalogue):
    path = edited_csv(BUILT_IN, {(0, "period_days"): "0", (1, "blocks"): "yes", (2, "anchor"): "birth"})
    with pytest.raises(BadTable) as refusal:
        load_rule_book(catalogue, path)
    assert [found.code for found in refusal.value.faults] == ["TOO_SMALL", "NOT_FLAG", "NOT_CHOICE"]


def test_a_class_name_is_a_prefix_only_up_to_an_underscore(edited_csv, catalogue):
    path = edited_csv(BUILT_IN, {(1, "equipment_class"): "ten"})  # the row says RUN; M001 is a tent
    assert "RUN" not in kinds(load_rule_book(catalogue, path), "M001")


def test_a_row_set_inactive_gives_its_items_nothing(edited_csv, catalogue):
    path = edited_csv(BUILT_IN, {(10, "active"): "0"})  # TEST of radio
    assert check(load_rule_book(catalogue, path), "M030", "TEST").source == "item_checks M030"
