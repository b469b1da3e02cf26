"""The score of one store: what each rule counts, and what lowers it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.five_fixed import (
    CustodianRecord,
    RuleOverrides,
    StoreRecord,
    WeightOverride,
    load_rule_set,
    scores,
)


@pytest.fixture
def full(situation):
    """A village room with the least of everything it must hold, every check done today."""
    for item in situation.book.catalogue:
        if item.minimum("village") > 0:
            expires = situation.day + timedelta(days=300) if item.shelf_life_months else None
            situation.hold(item.id, str(item.minimum("village")), expires=expires)
    return situation


def score(situation, preset="general", **options):
    rule_set = load_rule_set(preset, **options)
    found = scores(
        situation.report(), stores=situation.stores, stock=situation.stock, book=situation.book, rule_set=rule_set
    )
    return next(each for each in found if each.store == "S1")


def shares(situation, preset="general", **options):
    return {rule.rule: rule.share for rule in score(situation, preset, **options).rules}


def weigh(book, items):
    return sum(book.catalogue[item].criticality for item in items)


def change(situation, item, **fields):
    situation.stock = [replace(line, **fields) if line.item == item else line for line in situation.stock]


@pytest.mark.parametrize("preset", ["general", "medical"])
def test_a_store_in_which_nothing_is_wrong_has_the_full_score(full, preset):
    found = score(full, preset)
    assert (found.score, found.failed, found.critical, found.major, found.overdue) == (1.0, False, 0, 0, 0)
    assert found.serviceable_share == 1.0
    assert all(rule.share == 1.0 and rule.judged for rule in found.rules if rule.rule != "disinfection")
    assert found.available["M053"] == 6


def test_a_store_without_its_pair_has_lost_the_custodian_rule(full):
    full.custodians = full.custodians[:1]
    assert shares(full)["custodian"] == 0
    assert score(full).score == pytest.approx(0.8)
    assert not score(full).failed


def test_an_item_or_a_bin_without_its_pair_costs_what_its_items_weigh(full):
    held = [line.item for line in full.stock]
    lone = CustodianRecord("S1", None, "M053", "P1", "1001", "deputy", full.ago(9))  # P1 is the primary too
    full.custodians.append(lone)
    assert shares(full)["custodian"] == pytest.approx(1 - weigh(full.book, ["M053"]) / weigh(full.book, held))
    full.custodians[-1] = replace(lone, item=None, bin="B-2")
    assert shares(full)["custodian"] == 1
    change(full, "M037", bin="B-2")
    assert shares(full)["custodian"] == pytest.approx(1 - weigh(full.book, ["M037"]) / weigh(full.book, held))


def test_an_item_in_no_bin_or_in_an_overfull_one_costs_what_it_weighs(full):
    held = [line.item for line in full.stock]
    change(full, "M053", bin=None)
    assert shares(full)["location"] == pytest.approx(1 - weigh(full.book, ["M053"]) / weigh(full.book, held))
    change(full, "M053", bin="B-2")
    full.options["bin_volumes_m3"] = {("S1", "B-2"): Decimal("0.001")}
    assert shares(full)["location"] == pytest.approx(1 - weigh(full.book, ["M053"]) / weigh(full.book, held))


def test_an_item_below_its_minimum_costs_what_it_weighs_and_a_surplus_nothing(full):
    needed = [item.id for item in full.book.catalogue if item.minimum("village") > 0]
    change(full, "M053", quantity=Decimal(16))
    assert [found.code for found in full.report().findings if found.rule == "quantity"] == ["ABOVE_MAX"]
    assert shares(full)["quantity"] == 1
    change(full, "M053", quantity=Decimal(5))
    assert shares(full)["quantity"] == pytest.approx(1 - weigh(full.book, ["M053"]) / weigh(full.book, needed))
    assert not score(full).failed


def test_a_critical_finding_shows_the_store_as_failed_whatever_its_score(full):
    change(full, "M037", quantity=Decimal(4))  # life jackets
    found = score(full)
    assert found.failed
    assert found.score > 0.95


def test_a_failed_check_costs_the_item_its_quality(full):
    held = [line.item for line in full.stock]
    full.done("M053", "INSPECT", result="FAILED")
    found = score(full)
    assert found.failed
    assert shares(full)["quality"] == pytest.approx(1 - weigh(full.book, ["M053"]) / weigh(full.book, held))


def test_units_set_apart_lower_the_serviceable_share_and_not_the_quality(full):
    extra = replace(next(line for line in full.stock if line.item == "M053"), state="damaged", quantity=Decimal(2))
    full.stock.append(extra)
    held = {line.item for line in full.stock}
    assert shares(full)["quality"] == 1
    lost = (1 - 6 / 8) * weigh(full.book, ["M053"]) / weigh(full.book, held)
    assert score(full).serviceable_share == pytest.approx(1 - lost)
    assert score(full).minor == 1


def test_an_overdue_check_costs_its_pair_and_one_due_soon_nothing(full):
    def kinds(item):
        return [check for check in full.book.checks(item) if check.kind not in ("STOCKTAKE", "SEASON_CHECK")]

    full.maintenance = [
        replace(record, last_done=full.ago(30)) if (record.item, record.kind) == ("M030", "TEST") else record
        for record in full.maintenance
    ]
    assert score(full).due_soon == 1
    assert score(full).score == 1
    full.maintenance = [
        replace(record, last_done=full.ago(36)) if (record.item, record.kind) == ("M030", "TEST") else record
        for record in full.maintenance
    ]
    assert (score(full).overdue, score(full).due_soon) == (1, 0)
    total = sum(full.book.catalogue[line.item].criticality * (len(kinds(line.item)) + 2) for line in full.stock)
    assert shares(full)["period"] == pytest.approx(1 - weigh(full.book, ["M030"]) / total)


@pytest.mark.parametrize(("days", "lowered"), [(35, False), (36, True)])
def test_the_boundary_day_costs_nothing_and_the_day_after_does(full, days, lowered):
    full.maintenance = [
        replace(record, last_done=full.ago(days)) if (record.item, record.kind) == ("M030", "TEST") else record
        for record in full.maintenance
    ]  # every 30 days, 5 days of grace
    assert (score(full).score < 1) == lowered
    assert score(full).overdue == lowered
    assert (score(full).serviceable_share < 1) == lowered


def test_a_round_counts_the_part_of_the_lots_that_is_late(situation):
    situation.hold("M053", 6)
    situation.hold("M054", 6, checked=False, received=situation.ago(40))
    situation.done("M054", *(c.kind for c in situation.book.checks("M054") if c.kind != "STOCKTAKE"))
    weights = {item: situation.book.catalogue[item].criticality for item in ("M053", "M054")}
    pairs = sum(weights[item] * len(situation.book.checks(item)) for item in weights)
    assert shares(situation)["period"] == pytest.approx(1 - sum(weights.values()) / 2 / pairs)
    situation.done(None, "STOCKTAKE", lot=None, result="FAILED")
    assert shares(situation)["period"] == pytest.approx(1 - sum(weights.values()) / pairs)


def test_a_lot_past_expiry_fails_its_checks_too_until_it_is_written_off(full):
    before = shares(full)["period"]
    change(full, "M013", expires=full.ago(1))
    assert shares(full)["period"] < before
    assert shares(full)["quality"] < 1
    expired = shares(full)["period"]
    change(full, "M013", state="expired")
    assert shares(full)["period"] == expired
    assert shares(full)["quality"] == 1
    change(full, "M013", state="retired")
    assert shares(full)["period"] == 1


def test_the_expiry_of_damaged_units_does_not_make_up_for_the_check_they_failed(full):
    change(full, "M013", state="damaged", expires=full.day)
    full.done("M013", full.book.checks("M013")[0].kind, result="FAILED")
    failed = shares(full)["quality"]
    change(full, "M013", expires=full.ago(1))
    assert [found.severity for found in full.findings("EXPIRED")] == ["minor"]
    assert shares(full)["quality"] == failed < 1


def test_a_check_of_a_lot_partly_past_expiry_that_is_overdue_as_well_counts_once(situation):
    situation.hold("M030")
    situation.hold("M053", 6, checked=False)
    situation.hold("M053", 6, checked=False, expires=situation.ago(1))
    situation.done(None, "STOCKTAKE", "SEASON_CHECK", lot=None)
    late = shares(situation)["period"]
    change(situation, "M053", received=situation.ago(4000), made=situation.ago(4000))
    assert situation.findings("OVERDUE", "OVERDUE_TWICE")
    assert shares(situation)["period"] == late > 0


def test_an_empty_store_has_lost_quantity_alone_and_has_no_serviceable_share(situation):
    assert shares(situation) == {"custodian": 1, "location": 1, "quantity": 0, "quality": 1, "period": 1}
    assert score(situation).serviceable_share is None
    assert score(situation).failed


def test_a_store_that_need_hold_nothing_still_needs_its_people(full, catalogue):
    full.stores = [StoreRecord("S1", "village")]
    full.stock, full.custodians = [], []
    full.book = replace(full.book, catalogue=type(catalogue)([]), by_item={})
    full.maintenance = []
    assert shares(full) == {"custodian": 0, "location": 1, "quantity": 1, "quality": 1, "period": 1}


@pytest.mark.parametrize(("away", "fails"), [(25, False), (26, True)])
def test_a_quarter_of_the_extinguishers_may_be_away_and_not_one_more(situation, away, fails):
    for number in range(100):
        state = "repair" if number < away else "serviceable"
        situation.hold("M059", lot=f"X{number}", state=state, bin=None if state == "repair" else "A-1")
    situation.stores = [StoreRecord("S1", "county")]
    too_many = [found for found in situation.report().findings if found.code == "TOO_MANY_AWAY"]
    assert len(too_many) == fails
    assert shares(situation)["quality"] == (0 if fails else 1)
    assert score(situation).serviceable_share == pytest.approx(1 - away / 100)
    critical = {found.code for found in situation.report().findings if found.severity == "critical"}
    assert ("TOO_MANY_AWAY" in critical) == fails


def test_the_medical_preset_counts_disinfection_by_itself(situation):
    [item] = [item.id for item in situation.book.catalogue if item.equipment_class == "medical_device"][:1]
    situation.hold(item, 9)
    situation.maintenance = [
        replace(record, last_done=situation.ago(36)) if record.kind == "DISINFECT" else record
        for record in situation.maintenance
    ]
    found = shares(situation, "medical")
    assert found["disinfection"] == 0.5  # the check is late; nothing says that it failed
    assert found["inspection"] == 1
    situation.done(item, "DISINFECT", result="FAILED")
    assert shares(situation, "medical")["disinfection"] == 0
    assert shares(situation, "medical")["inspection"] == 1
    assert shares(situation)["quality"] == 0


def test_weights_of_rules_and_of_criticality_are_those_of_the_rule_set(full):
    full.custodians = []
    rows = [
        WeightOverride("general", "rule", "custodian", Decimal("0.6")),
        *(WeightOverride("general", "rule", name, Decimal("0.1")) for name in
          ("location", "quantity", "quality", "period")),
    ]  # fmt: skip
    assert score(full, overrides=RuleOverrides(weights=tuple(rows))).score == pytest.approx(0.4)
    held = [full.book.catalogue[line.item].criticality for line in full.stock]
    change(full, "M053", bin=None)
    flat = RuleOverrides(
        weights=tuple(WeightOverride("general", "criticality", name, Decimal(7)) for name in ("1", "2", "3"))
    )
    assert shares(full, overrides=flat)["location"] == pytest.approx(1 - 1 / len(held))
