"""A county's own periods and minima on top of the built-in rule book."""

from dataclasses import replace
from decimal import Decimal

import pytest

from inventory.errors import BadTable
from inventory.five_fixed import CheckOverride, MinimumOverride, RuleOverrides, load_rule_book, read_overrides


@pytest.fixture
def own_book(catalogue):
    def load(*checks, minima=()):
        return load_rule_book(catalogue, overrides=RuleOverrides(checks=checks, minima=tuple(minima)))

    return load


def check(book, item, kind):
    return next((each for each in book.checks(item) if each.kind == kind), None)


def refused(own_book, *checks, minima=()):
    with pytest.raises(BadTable) as refusal:
        own_book(*checks, minima=minima)
    return refusal.value


def test_without_rows_the_book_is_the_built_in_one(own_book, book):
    assert own_book() == book


def test_a_row_alters_what_it_states_and_leaves_the_rest(own_book, book):
    own = check(own_book(CheckOverride("RUN", "generator", tolerance_days=9)), "M026", "RUN")
    assert own == replace(check(book, "M026", "RUN"), tolerance_days=9, source="county", assumed=False)


def test_a_class_speaks_for_the_classes_it_is_a_prefix_of(own_book, book):
    own = own_book(CheckOverride("RUN", "generator", period_days=14))
    assert check(own, "M026", "RUN").period_days == 14  # generator_small_petrol
    altered = {item for item in own.by_item if own.checks(item) != book.checks(item)}
    assert altered == {item.id for item in book.catalogue if item.equipment_class.startswith("generator")}


def test_a_countys_row_wins_over_the_periods_the_catalogue_sets_for_an_item(own_book, book):
    assert ("INSPECT", 180) in book.catalogue["M001"].item_checks
    own = own_book(CheckOverride("INSPECT", "tent", period_days=60, note="county notice 3"))
    altered = check(own, "M001", "INSPECT")
    assert (altered.first_period_days, altered.period_days, altered.source) == (60, 60, "county notice 3")


def test_the_more_particular_row_wins_whatever_the_order(own_book):
    rows = [
        CheckOverride("STOCKTAKE", item="M026", period_days=10),
        CheckOverride("STOCKTAKE", "generator_small_petrol", period_days=20),
        CheckOverride("STOCKTAKE", "generator", period_days=40),
        CheckOverride("STOCKTAKE", "any", period_days=90),
    ]
    for order in (rows, rows[::-1]):
        assert check(own_book(*order), "M026", "STOCKTAKE").period_days == 10
        assert check(own_book(*order), "M053", "STOCKTAKE").period_days == 90
    assert check(own_book(*rows[1:]), "M026", "STOCKTAKE").period_days == 20


def test_a_first_period_of_its_own_stays_when_only_the_later_ones_change(own_book):
    powder = check(own_book(CheckOverride("SERVICE", item="M059", period_days=365)), "M059", "SERVICE")
    assert (powder.first_period_days, powder.period_days) == (1825, 365)
    both = CheckOverride("SERVICE", item="M059", first_period_days=1000, period_days=365)
    assert check(own_book(both), "M059", "SERVICE").first_period_days == 1000


def test_a_check_is_switched_off_for_a_class_and_on_again_for_one_item(own_book, book):
    off = CheckOverride("STOCKTAKE", "any", active=False)
    assert check(own_book(off), "M026", "STOCKTAKE") is None
    again = own_book(off, CheckOverride("STOCKTAKE", item="M026", active=True))
    assert check(again, "M026", "STOCKTAKE").period_days == check(book, "M026", "STOCKTAKE").period_days
    assert check(again, "M053", "STOCKTAKE") is None


def test_a_check_is_added_where_there_was_none(own_book, book):
    assert check(book, "M053", "TEST") is None
    added = check(own_book(CheckOverride("TEST", item="M053", period_days=30, active=True)), "M053", "TEST")
    assert (added.period_days, added.tolerance_days, added.anchor, added.blocks) == (30, 5, "last_done", True)


def test_blocking_is_switched_off(own_book, book):
    assert check(book, "M026", "RUN").blocks
    assert not check(own_book(CheckOverride("RUN", "generator", blocks=False)), "M026", "RUN").blocks


def test_every_bad_row_is_reported_at_once(own_book):
    refusal = refused(
        own_book,
        CheckOverride("RUN", "generatr", period_days=9),
        CheckOverride("RUN", item="M999", period_days=9),
        CheckOverride("JOG", "generator", period_days=9),
        CheckOverride("RUN", "generator", item="M026", period_days=9),
        CheckOverride("RUN", period_days=9),
        CheckOverride("RUN", "generator", period_days=0, tolerance_days=-1),
        CheckOverride("INSPECT", "generator"),
        CheckOverride("DISINFECT", "generator", period_days=9),
        CheckOverride("DISINFECT", "tent", active=True),
        CheckOverride("DISINFECT", "tent", period_days=9),
    )
    assert refusal.source == "check_overrides"
    assert [(found.row, found.column, found.code) for found in refusal.faults] == [
        (2, "equipment_class", "UNKNOWN_OVERRIDE_CLASS"),
        (3, "item", "UNKNOWN_REFERENCE"),
        (4, "kind", "NOT_CHOICE"),
        (5, "equipment_class", "CLASS_OR_ITEM"),
        (6, "equipment_class", "CLASS_OR_ITEM"),
        (7, "period_days", "TOO_SMALL"),
        (7, "tolerance_days", "TOO_SMALL"),
        (8, "period_days", "NOTHING_STATED"),
        (9, "kind", "NOTHING_TO_ALTER"),
        (10, "period_days", "PERIOD_NEEDED"),
        (11, "kind", "STATED_TWICE"),
    ]
    assert refusal.faults[0].facts["nearest"] == "generator"


def test_a_countys_own_minimum_is_the_one_quantities_are_judged_by(own_book, book, situation):
    assert book.catalogue["M053"].minimum("village") == 6
    situation.hold("M053", 6)
    assert not [found for found in situation.findings("BELOW_MIN") if found.item == "M053"]
    situation.book = own_book(minima=[MinimumOverride("M053", "village", Decimal(8))])
    assert [found.facts["least"] for found in situation.findings("BELOW_MIN") if found.item == "M053"] == [8]
    assert situation.book.catalogue["M053"].minimum("town") == book.catalogue["M053"].minimum("town")


def test_every_bad_minimum_is_reported_at_once(own_book):
    refusal = refused(
        own_book,
        minima=[
            MinimumOverride("M999", "village", Decimal(8)),
            MinimumOverride("M053", "hamlet", Decimal(8)),
            MinimumOverride("M053", "village", Decimal(-1)),
            MinimumOverride("M053", "village", Decimal(1)),
        ],
    )
    assert [(found.row, found.code) for found in refusal.faults] == [
        (2, "UNKNOWN_REFERENCE"),
        (3, "NOT_CHOICE"),
        (4, "TOO_SMALL"),
        (5, "STATED_TWICE"),
    ]


def test_the_rows_are_read_from_files(tmp_path):
    checks, minima = tmp_path / "checks.csv", tmp_path / "minima.csv"
    checks.write_text(
        "equipment_class,item,kind,period_days,blocks,active\ngenerator,,RUN,14,0,\n,M053,TEST,30,,1\n",
        encoding="utf-8",
    )
    minima.write_text("item,tier,minimum\nM053,village,8\n", encoding="utf-8")
    own = read_overrides(checks=checks, minima=minima)
    assert own.checks == (
        CheckOverride("RUN", "generator", period_days=14, blocks=False),
        CheckOverride("TEST", item="M053", period_days=30, active=True),
    )
    assert own.minima == (MinimumOverride("M053", "village", Decimal(8)),)
