"""Evaluation on the database: what the pure rules find, kept, with tasks that come and go with their findings."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.care.evaluate import judge_database
from inventory.care.views import list_findings
from inventory.care.words import in_words
from inventory.catalogue import load_catalogue
from inventory.errors import BadTable, RowFault
from inventory.files.wording import told
from inventory.five_fixed import (
    CheckOverride,
    CustodianRecord,
    MaintenanceRecord,
    RuleOverrides,
    StockLine,
    StoreRecord,
    UnknownPreset,
    evaluate,
    load_rule_book,
    load_rule_set,
    scores,
)
from inventory.ledger.move import change_state
from inventory.ledger.rules import save_overrides
from inventory.tables.care import evaluations, findings, store_scores
from inventory.tables.places import stores

WATER, EXTINGUISHER, BED = "M013", "M059", "M003"
TODAY = date(2026, 6, 15)
TODAY_AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
COUNTY, TOWN = "520600000000", "520600100000"

# store, item, quantity, lot, bin, made, expires, how many days ago it came
LINES = [
    ("S0", WATER, 90, "W1", "A-1", date(2025, 7, 1), date(2026, 6, 14), 300),  # expired
    ("S0", WATER, 200, "W2", "A-1", date(2026, 5, 1), date(2027, 5, 1), 20),
    ("S0", EXTINGUISHER, 30, "E1", "B-1", date(2025, 1, 1), None, 365),  # inspection overdue
    ("S0", EXTINGUISHER, 4, "E2", None, date(2026, 5, 1), None, 10),  # in no bin
    ("S1", BED, 500, "B1", "A-1", date(2026, 1, 1), None, 40),  # more than the most
    ("S1", EXTINGUISHER, 12, "E3", "A-2", None, None, 3),  # made who knows when
    ("S3", WATER, 6, "W3", "A-1", date(2026, 5, 1), date(2027, 5, 1), 33),  # rotation due soon
]
CHECKS = [
    ("S0", EXTINGUISHER, None, "INSPECT", TODAY - timedelta(days=66), "PASSED"),
    ("S1", EXTINGUISHER, "E3", "INSPECT", TODAY - timedelta(days=1), "FAILED"),
    ("S1", None, None, "STOCKTAKE", TODAY - timedelta(days=2), "PASSED"),
]
PEOPLE = [("S0", "zhang", "primary"), ("S0", "li", "deputy"), ("S1", "wang", "primary")]


@pytest.fixture
def everything(stock, checked, keeps):
    for store, item, quantity, lot, bin_, made, expires, days in LINES:
        stock(store, item, quantity, lot=lot, bin=bin_, made=made, expires=expires, days_ago=days)
    for store, item, lot, kind, day, result in CHECKS:
        checked(store, item, kind, day, lot=lot, result=result)
    for store, person, role in PEOPLE:
        keeps(store, person, role=role)


def pure():
    book = load_rule_book(load_catalogue())
    shelves = [
        StockLine(store, bin_, item, lot, Decimal(quantity), "serviceable", made, expires,
                  TODAY - timedelta(days=days))
        for store, item, quantity, lot, bin_, made, expires, days in LINES
    ]  # fmt: skip
    stores_there = [
        StoreRecord(*pair) for pair in [("S0", "county"), ("S1", "town"), ("S2", "town"), ("S3", "village")]
    ]
    report = evaluate(
        as_of=TODAY,
        book=book,
        stores=stores_there,
        stock=shelves,
        maintenance=[MaintenanceRecord(*row) for row in CHECKS],
        custodians=[
            CustodianRecord(store, None, None, person, "000", role, date(2026, 1, 1)) for store, person, role in PEOPLE
        ],
    )
    rule_set = load_rule_set("general")
    return report, scores(report, stores=stores_there, stock=shelves, book=book, rule_set=rule_set)


def plain(found):
    return (found.rule, found.code, found.severity, found.store, found.item, found.lot, found.kind, found.due,
            found.task, found.blocks)  # fmt: skip


def test_the_database_holds_exactly_what_the_pure_rules_find(session, everything, evaluated):
    report, _ = pure()
    done = evaluated()
    assert done.day == TODAY
    kept = list_findings(session, limit=10_000)
    assert sorted(map(plain, kept), key=str) == sorted(map(plain, report.findings), key=str)
    assert done.findings == len(report.findings) > 50


def test_findings_read_the_same_from_the_database_as_from_the_rules(session, everything, evaluated):
    evaluated()
    report, _ = pure()
    said = [told(RowFault(None, None, one.code, one.text_facts())) for one in report.findings]
    kept = [in_words(row) for row in list_findings(session, limit=10_000)]
    assert sorted(kept, key=str) == sorted(said, key=str)
    assert not any("?" in words or "None" in words for one in kept for words in one.values())


def test_the_scores_are_those_of_the_pure_rules(session, everything, evaluated):
    evaluated()
    _, scored = pure()
    of = store_scores.c
    rows = session.execute(
        select(stores.c.code, of.score, of.failed, of.critical, of.major, of.minor, of.overdue, of.due_soon,
               of.serviceable_share)
        .join(stores, stores.c.id == of.store_id)
        .order_by(stores.c.code)
    ).all()  # fmt: skip
    assert [(row.code, row.failed, row.critical, row.major, row.minor, row.overdue, row.due_soon) for row in rows] == [
        (one.store, one.failed, one.critical, one.major, one.minor, one.overdue, one.due_soon) for one in scored
    ]
    assert [row.score for row in rows] == pytest.approx([one.score for one in scored])
    assert [row.serviceable_share for row in rows] == [
        one.serviceable_share if one.serviceable_share is None else pytest.approx(one.serviceable_share)
        for one in scored
    ]


def test_a_second_evaluation_replaces_the_first(session, everything, evaluated):
    first, second = evaluated(), evaluated()
    assert second.findings == first.findings
    assert set(session.execute(select(findings.c.evaluation_id)).scalars()) == {second.id}
    assert set(session.execute(select(store_scores.c.evaluation_id)).scalars()) == {second.id}
    assert len(session.execute(select(evaluations.c.id)).all()) == 2  # that there were two stays on record


def test_evaluating_a_town_leaves_the_others_as_they_were(session, everything, evaluated):
    whole = evaluated()
    town = evaluated(place=TOWN)
    numbers = dict(
        session.execute(
            select(stores.c.code, store_scores.c.evaluation_id).join(stores, stores.c.id == store_scores.c.store_id)
        ).all()
    )
    assert town.stores == 2
    assert numbers == {"S0": whole.id, "S2": whole.id, "S1": town.id, "S3": town.id}


def test_only_to_look_keeps_nothing(session, everything):
    judged, scored = judge_database(session, as_of=TODAY_AT)
    assert judged.report.findings
    assert len(scored) == 4
    assert session.execute(select(findings.c.id)).all() == []
    assert session.execute(select(evaluations.c.id)).all() == []


def test_another_preset_weighs_the_same_findings_anew(session, everything, evaluated):
    general = evaluated()
    before = dict(session.execute(select(store_scores.c.store_id, store_scores.c.score)).all())
    medical = evaluated(preset="medical")
    after = dict(session.execute(select(store_scores.c.store_id, store_scores.c.score)).all())
    assert medical.findings == general.findings
    assert after != before


def test_an_unknown_preset_is_refused(everything, evaluated):
    with pytest.raises(UnknownPreset):
        evaluated(preset="naval")


def test_a_task_is_opened_once_however_often_one_looks(everything, evaluated, todo, states):
    first = evaluated()
    open_now = len(todo())
    assert first.tasks_opened == open_now > 3
    again = evaluated()
    assert (again.tasks_opened, again.tasks_lapsed) == (0, 0)
    assert len(todo()) == open_now
    assert states(f"S0/{EXTINGUISHER}/E2/PUT_AWAY") == ["open"]


def test_a_task_lapses_when_its_finding_is_gone_and_is_opened_again_when_it_is_back(
    session, stock, evaluated, states, act
):
    stock("S0", BED, 5)
    key = f"S0/{BED}/L1/REPAIR"
    what = {"store": "S0", "item": BED, "quantity": Decimal(2)}
    change_state(session, **what, state="serviceable", to_state="damaged", act=act(reason="DAMAGE"))
    evaluated()
    assert states(key) == ["open"]
    change_state(session, **what, state="damaged", to_state="serviceable", act=act(reason="REPAIRED"))
    assert evaluated().tasks_lapsed == 1
    assert states(key) == ["lapsed"]
    change_state(session, **what, state="serviceable", to_state="damaged", act=act(reason="DAMAGE"))
    evaluated()
    assert states(key) == ["lapsed", "open"]


def test_a_task_grows_graver_with_its_finding(stock, checked, evaluated, todo):
    stock("S1", EXTINGUISHER, 12, lot="E")
    checked("S1", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=28))
    evaluated()
    assert [row.severity for row in todo(kind="INSPECT")] == ["minor"]  # due soon
    evaluated(days=8)
    assert [row.severity for row in todo(kind="INSPECT")] == ["major"]
    evaluated(days=40)
    assert [(row.severity, row.status) for row in todo(kind="INSPECT")] == [("critical", "open")]


def test_the_last_day_of_grace_passes_and_the_next_does_not(session, stock, checked, evaluated):
    stock("S1", EXTINGUISHER, 12, lot="E")
    checked("S1", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=35))  # 30 days and 5 of grace
    evaluated()
    codes = {row.code for row in list_findings(session, store="S1", rule="period") if row.kind == "INSPECT"}
    assert codes == {"DUE_SOON"}
    evaluated(days=1)
    codes = {row.code for row in list_findings(session, store="S1", rule="period") if row.kind == "INSPECT"}
    assert codes == {"OVERDUE"}


def test_reserved_units_do_not_count_towards_the_minimum(session, stock, evaluated, act):
    from inventory.ledger.reserve import reserve

    stock("S1", BED, 20)  # the least of a town store
    evaluated()
    assert not [row for row in list_findings(session, store="S1") if row.code == "BELOW_MIN" and row.item == BED]
    reserve(session, store="S1", item=BED, quantity=Decimal(1), act=act(reason="PLAN"), reference="P1")
    evaluated()
    short = [row for row in list_findings(session, store="S1") if row.code == "BELOW_MIN" and row.item == BED]
    assert [row.facts["available"] for row in short] == ["19"]


def test_each_county_goes_by_its_own_rules_however_much_is_evaluated_at_once(session, stock, checked):
    stock("S0", EXTINGUISHER, 30, lot="E1", made=date(2025, 1, 1))
    checked("S0", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=66))

    def blocked(place):
        judged, _ = judge_database(session, as_of=TODAY_AT, place=place)
        return {one.task for one in judged.report.findings if one.blocks and one.item == EXTINGUISHER}

    assert blocked(None) == blocked(COUNTY) == {f"S0/{EXTINGUISHER}/E1/INSPECT"}
    off = RuleOverrides(checks=(CheckOverride("INSPECT", item=EXTINGUISHER, active=False),))
    save_overrides(session, off, actor="chief", at=TODAY_AT, county=COUNTY)
    assert blocked(None) == blocked(COUNTY) == set()


def test_retirement_is_the_same_everywhere(session):
    later = RuleOverrides(checks=(CheckOverride("RETIRE", item=EXTINGUISHER, period_days=9000),))
    with pytest.raises(BadTable) as refusal:
        save_overrides(session, later, actor="chief", at=TODAY_AT, county=COUNTY)
    assert [(one.row, one.code) for one in refusal.value.faults] == [(2, "RETIRE_EVERYWHERE")]
    save_overrides(session, later, actor="chief", at=TODAY_AT)
