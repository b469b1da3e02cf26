"""Rules 2 to 4: location, quantity and quality, each with a pass and a fail."""

from dataclasses import replace
from decimal import Decimal

import pytest

from inventory.errors import BadTable
from inventory.five_fixed import StoreRecord, TooManyAway, check_repair_share

# rule 2: location


def test_a_lot_in_one_bin_passes(situation):
    situation.hold("M053")
    assert situation.codes() == []


def test_a_lot_in_no_bin_fails_and_may_not_leave_until_it_is_put_away(situation):
    situation.hold("M053", bin=None)
    [found] = situation.findings()
    assert (found.code, found.rule, found.severity, found.blocks) == ("NO_BIN", "location", "major", True)
    [gate] = situation.report().lots
    assert (gate.dispatchable, gate.held, gate.blocked) == (0, 1, ("S1/M053/L1/PUT_AWAY",))


def test_a_lot_in_two_bins_fails_and_may_leave(situation):
    situation.hold("M053", 2)
    situation.hold("M053", 3, bin="B-1-1-1")
    [found] = situation.findings()
    assert (found.code, found.severity, found.blocks) == ("MANY_BINS", "major", False)
    assert [gate.dispatchable for gate in situation.report().lots] == [5]


def test_quarantined_units_may_stand_in_a_bin_of_their_own(situation):
    situation.hold("M053", 2)
    situation.hold("M053", 3, bin="Q-1-1-1", state="quarantined")
    assert situation.codes() == ["QUARANTINED"]


@pytest.mark.parametrize(("volume", "codes"), [("0.036", []), ("0.035", ["BIN_OVERFULL"])])
def test_a_bin_holds_what_stands_in_it(situation, volume, codes):
    situation.hold("M013", 2, expires=situation.day)  # 0.018 m3 each
    situation.options["bin_volumes_m3"] = {("S1", "A-1-1-1"): Decimal(volume)}
    assert situation.codes() == codes


# rule 3: quantity; a village holds 6 shovels (M053), at most 15, and 5 life jackets (M037)


@pytest.mark.parametrize(
    ("item", "quantity", "expected"),
    [
        ("M053", 5, ("BELOW_MIN", "major")),
        ("M053", 6, None),
        ("M053", 15, None),
        ("M053", 16, ("ABOVE_MAX", "minor")),
        ("M037", 4, ("BELOW_MIN", "critical")),
        ("M037", 5, None),
    ],
)
def test_quantity_is_from_min_to_max_inclusive(situation, item, quantity, expected):
    situation.hold(item, quantity)
    found = [(each.code, each.severity) for each in situation.report().findings if each.rule == "quantity"
             and each.item == item]  # fmt: skip
    assert found == ([expected] if expected else [])


def test_an_item_the_store_does_not_hold_at_all_is_below_its_minimum(situation):
    short = {found.item for found in situation.report().findings if found.code == "BELOW_MIN"}
    assert "M053" in short
    assert "M027" not in short  # a village need not hold one


def test_the_minimum_is_that_of_the_stores_tier(situation):
    situation.hold("M053", 15)
    situation.stores = [StoreRecord("S1", "town")]
    assert "M053" in {found.item for found in situation.findings("BELOW_MIN")}


def test_only_serviceable_unexpired_units_count(situation):
    situation.hold("M037", 5)
    situation.hold("M037", 5, lot="L2", state="damaged")
    situation.hold("M037", 5, lot="L3", expires=situation.ago(1))
    assert situation.report().available["S1", "M037"] == 5


# rule 4: quality


@pytest.mark.parametrize(("days_ago", "codes", "dispatchable"), [(0, [], 4), (1, ["EXPIRED"], 0)])
def test_the_expiry_day_itself_still_counts(situation, days_ago, codes, dispatchable):
    situation.hold("M013", 4, expires=situation.ago(days_ago))
    assert situation.codes() == codes
    [gate] = situation.report().lots
    assert (gate.dispatchable, gate.held, gate.blocked) == (dispatchable, 0, ())


def test_expired_units_still_called_serviceable_are_critical_and_those_set_apart_are_not(situation):
    situation.hold("M013", expires=situation.ago(1))
    situation.hold("M013", expires=situation.ago(1), lot="L2", state="expired")
    assert [(found.code, found.severity) for found in situation.findings()] == [
        ("EXPIRED", "critical"),
        ("EXPIRED_HELD", "minor"),
    ]


def test_consumables_without_an_expiry_day_are_told_of(situation):
    situation.hold("M013", expires=None)
    assert situation.codes() == ["EXPIRY_UNKNOWN"]


@pytest.mark.parametrize(
    ("state", "code", "task"),
    [
        ("damaged", "DAMAGED", "REPAIR"),
        ("repair", "IN_REPAIR", "REPAIR"),
        ("quarantined", "QUARANTINED", "RELEASE"),
    ],
)
def test_units_that_are_not_serviceable_are_held_by_the_task_that_mends_them(situation, state, code, task):
    situation.hold("M053", 4, state=state)
    assert situation.codes() == [code]
    [gate] = situation.report().lots
    assert (gate.dispatchable, gate.held, gate.blocked) == (0, 4, (f"S1/M053/L1/{task}",))


@pytest.mark.parametrize(
    ("state", "codes"), [("recalled", ["RECALLED"]), ("expired", ["EXPIRED_HELD"]), ("retired", [])]
)
def test_units_no_task_can_mend_are_neither_dispatchable_nor_held(situation, state, codes):
    situation.hold("M053", 4, state=state)
    assert situation.codes() == codes
    [gate] = situation.report().lots
    assert (gate.dispatchable, gate.held, gate.blocked) == (0, 0, ())


def test_the_sound_part_of_a_lot_may_leave(situation):
    situation.hold("M053", 10)
    situation.hold("M053", 2, state="damaged")
    [gate] = situation.report().lots
    assert (gate.dispatchable, gate.held, gate.blocked) == (10, 2, ("S1/M053/L1/REPAIR",))


def test_a_failed_check_makes_the_lot_unserviceable_at_once(situation):
    situation.hold("M030")
    situation.done("M030", "TEST", result="FAILED")
    [found] = situation.findings()
    assert (found.rule, found.code, found.severity, found.blocks) == ("quality", "CHECK_FAILED", "critical", True)
    [gate] = situation.report().lots
    assert (gate.dispatchable, gate.held, gate.blocked) == (0, 1, ("S1/M030/L1/TEST",))
    assert situation.report().available["S1", "M030"] == 0


def test_a_failed_check_does_not_reset_the_clock(situation):
    situation.hold("M030", checked=False, received=situation.ago(90))
    situation.done("M030", "CHARGE", "STOCKTAKE", "SEASON_CHECK")
    situation.done("M030", "TEST", days=36)
    assert situation.codes() == ["OVERDUE"]
    situation.done("M030", "TEST", days=1, result="FAILED")
    assert situation.codes() == ["CHECK_FAILED", "OVERDUE"]


def test_a_later_pass_ends_the_failure(situation):
    situation.hold("M030")
    situation.done("M030", "TEST", days=1, result="FAILED")
    assert situation.codes() == []


def test_a_failure_counts_even_of_a_check_the_item_need_not_have(situation):
    situation.hold("M053")
    situation.done("M053", "TEST", result="FAILED")
    assert situation.codes() == ["CHECK_FAILED"]


@pytest.mark.parametrize(("days_past", "code"), [(0, "DUE_SOON"), (1, "PAST_RETIREMENT")])
def test_a_unit_past_retirement_is_not_counted(situation, days_past, code):
    situation.hold("M061", 3, made=situation.ago(3650 + days_past))
    [found] = situation.findings()
    assert found.code == code
    assert situation.report().available["S1", "M061"] == (0 if days_past else 3)
    assert situation.report().lots[0].held == 0


def test_25_of_100_extinguishers_may_be_away_and_26_may_not():
    check_repair_share(store="S1", total=100, away=25)
    with pytest.raises(TooManyAway) as refusal:
        check_repair_share(store="S1", total=100, away=26)
    assert refusal.value.facts == {"store": "S1", "total": 100, "away": 26, "allowed": 25}


@pytest.mark.parametrize(("away", "codes"), [(25, []), (26, ["TOO_MANY_AWAY"])])
def test_a_store_with_over_a_quarter_of_its_extinguishers_away_is_critical(situation, away, codes):
    situation.hold("M059", 60 - away)
    situation.hold("M060", 40, made=situation.ago(9))
    situation.hold("M059", away, lot="L2", state="repair", bin=None)
    found = situation.findings("TOO_MANY_AWAY")
    assert [each.code for each in found] == codes
    assert all(each.severity == "critical" for each in found)


# records that do not fit


def test_records_that_do_not_fit_are_refused_all_at_once(situation):
    line = situation.hold("M053")
    situation.stock += [
        replace(line, store="S9"),
        replace(line, item="M999"),
        replace(line, state="due"),
        replace(line, quantity=Decimal(-1)),
    ]
    with pytest.raises(BadTable) as refusal:
        situation.report()
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (3, "store", "UNKNOWN_REFERENCE"),
        (4, "item", "UNKNOWN_REFERENCE"),
        (5, "state", "NOT_CHOICE"),
        (6, "quantity", "TOO_SMALL"),
    ]


def test_a_store_of_no_known_tier_or_twice_is_refused(situation):
    situation.stores = [StoreRecord("S1", "city"), StoreRecord("S1", "town")]
    with pytest.raises(BadTable) as refusal:
        situation.report()
    assert [found.code for found in refusal.value.faults] == ["NOT_CHOICE", "DUPLICATE_KEY"]


def test_a_line_of_zero_units_has_nothing_to_judge(situation):
    situation.hold("M013", 0, expires=situation.ago(99), bin=None, checked=False)
    assert situation.codes() == []
    assert situation.report().lots == ()
