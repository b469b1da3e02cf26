"""Rule 5: due days, tolerance, and what an overdue check does to the gate."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inventory.errors import BadTable
from inventory.five_fixed import MaintenanceRecord, NaiveInstant, StoreRecord, shanghai_day


def only(situation, item, kind, *, days, **line):
    """The store holds one lot of `item`, every check done today but `kind`, done `days` ago."""
    situation.hold(item, checked=False, received=situation.ago(5000), **line)
    for check in situation.book.checks(item):
        situation.done(item, check.kind, days=days if check.kind == kind else 0)


def period(situation):
    return [(found.code, found.severity) for found in situation.report().findings if found.rule == "period"]


# TEST of a radio (M030): every 30 days, tolerance 5, warning 7


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, []),
        (22, []),
        (23, [("DUE_SOON", "minor")]),
        (30, [("DUE_SOON", "minor")]),
        (35, [("DUE_SOON", "minor")]),  # the boundary day passes
        (36, [("OVERDUE", "major")]),
        (65, [("OVERDUE", "major")]),
        (66, [("OVERDUE_TWICE", "critical")]),  # beyond a second period
    ],
)
def test_a_check_passes_through_the_last_day_of_its_tolerance(situation, days, expected):
    only(situation, "M030", "TEST", days=days)
    assert period(situation) == expected


@pytest.mark.parametrize(("days", "dispatchable", "blocked"), [(35, 1, ()), (36, 0, ("S1/M030/L1/TEST",))])
def test_a_blocking_check_holds_the_lot_from_the_day_after(situation, days, dispatchable, blocked):
    only(situation, "M030", "TEST", days=days)
    [gate] = situation.report().lots
    assert (gate.dispatchable, gate.held, gate.blocked) == (dispatchable, 1 - dispatchable, blocked)


def test_overdue_units_are_still_counted_available(situation):
    only(situation, "M030", "TEST", days=36)
    assert situation.report().available["S1", "M030"] == 1


def test_an_overdue_check_that_does_not_block_only_warns(situation):
    only(situation, "M053", "INSPECT", days=400)
    assert period(situation) == [("OVERDUE_TWICE", "critical")]
    assert situation.report().lots[0].dispatchable == 1


def test_an_overdue_inspection_of_life_saving_gear_blocks(situation):
    only(situation, "M037", "INSPECT", days=105)
    assert situation.report().lots[0].blocked == ("S1/M037/L1/INSPECT",)


def test_the_due_day_counts_from_the_last_time_and_not_from_the_old_due_day(situation):
    only(situation, "M030", "TEST", days=20)
    situation.done("M030", "TEST", days=90)  # an older one, late by then
    situation.day += timedelta(days=10)
    [found] = situation.findings("DUE_SOON")
    assert found.due == situation.day


def test_a_check_never_done_counts_from_receipt(situation):
    situation.hold("M030", checked=False, received=situation.ago(35), made=situation.ago(300))
    assert "OVERDUE" not in situation.codes()
    situation.stock.clear()
    situation.hold("M030", checked=False, received=situation.ago(36), made=situation.ago(300))
    assert [found.kind for found in situation.findings("OVERDUE")] == ["TEST"]


def test_without_a_day_of_receipt_it_counts_from_manufacture(situation):
    situation.hold("M030", checked=False, received=None, made=situation.ago(36))
    assert [found.kind for found in situation.findings("OVERDUE")] == ["TEST"]


def test_with_no_day_at_all_nothing_shows_it_is_in_time(situation):
    situation.hold("M030", checked=False, received=None, made=None)
    assert [found.kind for found in situation.findings("NEVER_DONE")] == ["CHARGE", "TEST"]
    assert situation.report().lots[0].blocked == ("S1/M030/L1/CHARGE", "S1/M030/L1/TEST")
    situation.done("M030", "CHARGE", "TEST")
    assert situation.report().lots[0].dispatchable == 1


# SERVICE of a powder extinguisher (M059): 5 years after manufacture, then every 2, tolerance 30; retired at 10 years


@pytest.mark.parametrize(
    ("age", "serviced_at", "expected"),
    [
        (1794, None, None),
        (1795, None, "DUE_SOON"),
        (1855, None, "DUE_SOON"),
        (1856, None, "OVERDUE"),
        (1856, 1795, None),  # served within the warning days counts for the due day
        (1856, 1794, "OVERDUE"),  # served earlier does not
        (2524, 1855, None),
        (2555, 1900, "DUE_SOON"),  # made + 1825 + 730, however late the first service was
        (2586, 1900, "OVERDUE"),
        (2586, 2580, None),
    ],
)
def test_extinguisher_service_is_anchored_to_manufacture(situation, age, serviced_at, expected):
    situation.hold("M059", checked=False, made=situation.ago(age))
    situation.done("M059", "INSPECT", "STOCKTAKE", "SEASON_CHECK")
    if serviced_at is not None:
        situation.done("M059", "SERVICE", days=age - serviced_at)
    assert situation.codes() == ([expected] if expected else [])


def test_an_extinguisher_without_a_day_of_manufacture_is_held_until_it_is_recorded(situation):
    situation.hold("M059", made=None)
    [found] = situation.findings()
    assert (found.code, found.facts["kinds_en"]) == ("MADE_UNKNOWN", "retirement, service")
    assert situation.report().lots[0].blocked == ("S1/M059/L1/RECORD_MADE",)


# scopes of a record


def test_a_record_of_the_item_covers_each_of_its_lots(situation):
    for lot in ("L1", "L2"):
        situation.hold("M030", lot=lot, checked=False, received=situation.ago(60))
    assert len(situation.findings("OVERDUE")) == 2
    situation.done("M030", "TEST", lot=None)
    assert situation.findings("OVERDUE") == []


def test_a_record_of_the_item_from_before_the_lot_came_does_not_cover_it(situation):
    situation.hold("M030", checked=False, received=situation.ago(34))
    situation.done("M030", "TEST", lot=None, days=40)
    assert situation.findings("OVERDUE") == []  # counts from receipt, 34 days ago


def test_a_stocktake_is_told_once_per_store_and_never_blocks(situation):
    for item in ("M053", "M054", "M055"):
        situation.hold(item, checked=False, received=situation.ago(36))
    [found] = situation.findings("ROUND_OVERDUE")
    assert (found.kind, found.item, found.task, found.blocks) == ("STOCKTAKE", None, "S1/STOCKTAKE", False)
    assert found.facts == {"late": 3, "lots": 3}
    assert all(gate.dispatchable == 1 for gate in situation.report().lots)


def test_a_stocktake_of_the_whole_store_covers_every_lot(situation):
    for item in ("M053", "M054"):
        situation.hold(item, checked=False, received=situation.ago(36))
    situation.done(None, "STOCKTAKE", lot=None)
    assert situation.codes() == []


def test_a_failed_stocktake_makes_nothing_unserviceable(situation):
    situation.hold("M053")
    situation.done(None, "STOCKTAKE", lot=None, result="FAILED")
    assert situation.codes() == ["ROUND_FAILED"]
    assert situation.report().lots[0].dispatchable == 1


def test_records_after_the_day_are_left_out_and_counted(situation):
    only(situation, "M030", "TEST", days=40)
    situation.done("M030", "TEST", days=-1)
    assert situation.codes() == ["OVERDUE"]
    assert situation.report().future_records == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "LOOK"}, "NOT_CHOICE"),
        ({"result": "OK"}, "NOT_CHOICE"),
        ({"item": None, "lot": None}, "ITEM_NEEDED"),
    ],
)
def test_maintenance_records_that_do_not_fit_are_refused(situation, changes, code):
    fields = {
        "store": "S1",
        "item": "M030",
        "lot": "L1",
        "kind": "TEST",
        "last_done": situation.day,
        "result": "PASSED",
    }
    situation.maintenance = [MaintenanceRecord(**{**fields, **changes})]
    with pytest.raises(BadTable) as refusal:
        situation.report()
    assert [(found.row, found.code) for found in refusal.value.faults] == [(2, code)]


# the day


def test_the_day_is_that_of_shanghai():
    assert shanghai_day(datetime(2024, 6, 15, 15, 59, tzinfo=UTC)).isoformat() == "2024-06-15"
    assert shanghai_day(datetime(2024, 6, 15, 16, 0, tzinfo=UTC)).isoformat() == "2024-06-16"


def test_an_instant_without_offset_is_refused():
    with pytest.raises(NaiveInstant):
        shanghai_day(datetime(2024, 6, 15, 16, 0))


def test_stock_good_until_today_leaves_until_midnight_in_shanghai(situation):
    situation.hold("M013", expires=situation.day)
    late = datetime(2024, 6, 15, 15, 59, tzinfo=UTC)
    assert situation.report(as_of=late).lots[0].dispatchable == 1
    assert situation.report(as_of=late + timedelta(minutes=1)).lots[0].dispatchable == 0


def test_ids_with_a_slash_cannot_be_taken_for_others(situation):
    situation.stores.append(StoreRecord("S2", "village"))
    situation.hold("M030", lot="24/05", bin=None, quantity=Decimal(2))
    assert situation.report().lots[0].blocked == ("S1/M030/24%2F05/PUT_AWAY",)


def test_a_failure_of_the_item_from_before_the_lot_came_does_not_hold_it(situation):
    situation.hold("M030", received=situation.ago(5))
    situation.maintenance.clear()
    situation.done("M030", "TEST", lot=None, days=6, result="FAILED")
    assert "CHECK_FAILED" not in situation.codes()
    situation.done("M030", "TEST", lot=None, days=5, result="FAILED")
    assert "CHECK_FAILED" in situation.codes()


def test_a_stocktake_from_before_the_lot_came_says_nothing_of_it(situation):
    situation.hold("M053", checked=False, received=situation.ago(10))
    situation.done(None, "STOCKTAKE", lot=None, days=40)
    assert situation.codes() == []  # counts from receipt, 10 days ago


@pytest.mark.parametrize("lost", [True, False])
def test_units_that_are_lost_or_expired_do_not_say_since_when_the_others_are_there(make_situation, lost):
    undated = make_situation()
    gone = {"state": "retired"} if lost else {"expires": undated.ago(1)}
    undated.hold("M026", lot=None, checked=False, made=None, received=None)
    undated.hold("M026", lot=None, checked=False, received=undated.day, **gone)
    assert undated.report().lots[0].blocked
    undated.done("M026", *(check.kind for check in undated.book.checks("M026")), lot=None, days=1)
    assert undated.report().lots[0].blocked == ()  # though the units that are gone came a day later

    newer = make_situation()
    newer.hold("M030", checked=False)
    newer.hold("M030", checked=False, received=newer.ago(9), **gone)
    newer.done("M030", "TEST", lot=None, days=3, result="FAILED")
    assert newer.report().lots[0].dispatchable == 1  # only the units that are gone were there to fail
