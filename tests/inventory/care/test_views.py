"""What people look at: a board that rolls up, findings and tasks by place, store and person."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.care.done import assign_task
from inventory.care.evaluate import judge_database
from inventory.care.views import board, list_findings, list_tasks
from inventory.five_fixed import load_rule_set, roll_up, scores
from inventory.ledger.issue import issue
from inventory.places import BadDivisionCode

BED, WATER, EXTINGUISHER = "M003", "M013", "M059"
TODAY = date(2026, 6, 15)
COUNTY, TOWN, OTHER_TOWN, VILLAGE = "520600000000", "520600100000", "520600101000", "520600100201"


@pytest.fixture
def stocked(stock, checked, keeps):
    stock("S0", EXTINGUISHER, 30, lot="E")
    stock("S0", WATER, 60, lot="W", made=date(2026, 1, 1), expires=TODAY - timedelta(days=5))
    stock("S1", BED, 25)
    stock("S1", EXTINGUISHER, 12, lot="E")
    stock("S3", BED, 4, bin=None)
    checked("S0", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=50))
    checked("S1", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=2))
    keeps("S0", "zhang")
    keeps("S0", "li", role="deputy")
    keeps("S1", "wang")


def test_there_is_no_board_before_the_first_evaluation(session, stocked):
    found = board(session, place=COUNTY)
    assert (found.total, found.rows, found.stale) == (None, (), True)


def test_the_board_rolls_up_from_village_to_town_to_county(session, stocked, evaluated):
    evaluated()
    village, town = board(session, place=VILLAGE), board(session, place=TOWN)
    county, everything = board(session, place=COUNTY), board(session)
    assert [(row.code, row.stores) for row in sorted(village.rows, key=lambda row: row.code)] == [("S3", 1)]
    assert sorted(row.code for row in town.rows) == ["S1", "S3"]
    assert {row.code: row.stores for row in county.rows} == {COUNTY: 1, TOWN: 2, OTHER_TOWN: 1}
    assert {row.code: row.stores for row in everything.rows} == {COUNTY: 4}
    assert next(row for row in county.rows if row.code == TOWN).critical == town.total.critical
    assert sum(row.major for row in county.rows) == county.total.major == everything.total.major
    assert sum(row.overdue for row in county.rows) == county.total.overdue > 0
    assert town.total.score == pytest.approx(sum(row.score for row in town.rows) / 2)
    assert village.total.name == "一村"


def test_the_board_says_what_the_pure_roll_up_says(session, stocked, evaluated):
    done = evaluated()
    judged, scored = judge_database(session, as_of=done_at(done))
    again = scores(judged.report, stores=judged.stores, stock=judged.stock, book=book_of(session),
                   rule_set=load_rule_set("general"))  # fmt: skip
    assert again == scored
    home = {"S0": COUNTY, "S1": TOWN, "S2": OTHER_TOWN, "S3": VILLAGE}
    rolled = {one.code: one for one in roll_up(scored, place_of=home)}
    for code in (COUNTY, TOWN, VILLAGE):
        row, known = board(session, place=code).total, rolled[code]
        assert (row.stores, row.failed, row.critical, row.major, row.minor, row.overdue, row.due_soon) == (
            known.stores, len(known.failed), known.critical, known.major, known.minor, known.overdue, known.due_soon,
        )  # fmt: skip
        assert (row.score, row.worst) == pytest.approx((known.score, known.worst))
        assert row.serviceable_share == pytest.approx(known.serviceable_share)


def done_at(done):
    from datetime import UTC, datetime, time

    return datetime.combine(done.day, time(8), UTC)


def book_of(session):
    from inventory.ledger.rules import rule_book

    return rule_book(session, county=None)


def test_the_worst_come_first(session, stocked, evaluated):
    evaluated()
    rows = board(session, place=COUNTY).rows
    assert [(-row.failed, row.score) for row in rows] == sorted((-row.failed, row.score) for row in rows)


def test_the_board_is_stale_after_a_movement_and_on_another_day(session, stocked, evaluated, act):
    evaluated()
    assert not board(session, place=COUNTY, today=TODAY).stale
    assert board(session, place=COUNTY, today=TODAY + timedelta(days=1)).stale
    issue(session, store="S1", item=BED, quantity=Decimal(1), act=act(reason="RESCUE"))
    assert board(session, place=COUNTY, today=TODAY).stale
    evaluated()
    assert not board(session, place=COUNTY, today=TODAY).stale


def test_an_evaluation_of_a_town_speaks_for_the_town_and_not_for_the_county(session, stocked, evaluated):
    evaluated(place=TOWN)
    assert board(session, place=TOWN).total.stores == 2
    assert board(session, place=VILLAGE).total.stores == 1
    assert board(session, place=COUNTY).total is None
    assert board(session).total is None


def test_a_code_that_is_none_is_refused(session, stocked, evaluated):
    evaluated()
    with pytest.raises(BadDivisionCode):
        board(session, place="5206")


def test_findings_come_the_gravest_first_and_by_what_is_asked(session, stocked, evaluated):
    evaluated()
    rank = {"critical": 0, "major": 1, "minor": 2}
    found = list_findings(session, limit=1000)
    assert [rank[row.severity] for row in found] == sorted(rank[row.severity] for row in found)
    assert {row.store for row in list_findings(session, place=TOWN, limit=1000)} == {"S1", "S3"}
    assert {row.store for row in list_findings(session, store="S1", limit=1000)} == {"S1"}
    assert {row.severity for row in list_findings(session, severity="major", limit=1000)} == {"major"}
    assert {row.rule for row in list_findings(session, rule="period", limit=1000)} == {"period"}
    holding = list_findings(session, blocking=True, limit=1000)
    assert {(row.store, row.code) for row in holding} >= {("S0", "EXPIRED"), ("S0", "OVERDUE"), ("S3", "NO_BIN")}
    assert all(row.blocks for row in holding)
    assert len(list_findings(session, limit=3)) == 3


def test_tasks_come_first_due_first_and_those_without_a_day_before_them(todo, stocked, evaluated):
    evaluated()
    days = [row.due or date.min for row in todo()]
    assert days == sorted(days)
    assert len(days) > 3


def test_a_custodian_sees_own_tasks_and_those_nobody_has_in_the_stores_kept(session, stocked, evaluated):
    evaluated()
    inspect = f"S0/{EXTINGUISHER}/E/INSPECT"

    def own(person, *, days=0):
        return {row.key for row in list_tasks(session, custodian=person, today=TODAY + timedelta(days=days))}

    zhang, wang = own("zhang"), own("wang")
    assert inspect in zhang
    assert zhang
    assert {key.split("/")[0] for key in zhang} == {"S0"}
    assert {key.split("/")[0] for key in wang} <= {"S1"}
    assign_task(session, task=inspect, assignee="wang")
    assert own("zhang") == zhang - {inspect}
    assert own("wang") == wang | {inspect}
    assert own("nobody") == set()


def test_whoever_kept_a_store_until_yesterday_has_none_of_its_tasks(session, stock, keeps, evaluated):
    stock("S2", BED, 5, bin=None)
    keeps("S2", "zhao", last=TODAY - timedelta(days=1))
    keeps("S2", "qian", first=TODAY)
    evaluated()
    assert list_tasks(session, custodian="zhao", today=TODAY) == []
    assert [row.kind for row in list_tasks(session, custodian="qian", today=TODAY)] != []


def test_tasks_due_by_a_day_leave_out_the_later_ones(session, stocked, evaluated):
    evaluated()
    due = [row.due for row in list_tasks(session, due_by=TODAY)]
    assert due
    assert all(day <= TODAY for day in due)
    assert list_tasks(session, status="done") == []
