"""What must hold for any stock and any history."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import load_catalogue
from inventory.five_fixed import (
    SEVERITIES,
    CustodianRecord,
    MaintenanceRecord,
    StockLine,
    StoreRecord,
    evaluate,
    load_rule_book,
)
from inventory.five_fixed.periods import Standing, due_day, standing
from inventory.five_fixed.rules import Check
from inventory.kinds import KINDS, STATES, STORE_WIDE

DAY = date(2024, 6, 15)
BOOK = load_rule_book(load_catalogue())
STORES = [StoreRecord("S1", "county"), StoreRecord("S2", "village")]
ITEMS = ["M013", "M026", "M030", "M037", "M053", "M059"]

days = st.integers(-30, 4000).map(lambda ago: DAY - timedelta(days=ago))
lines = st.builds(
    StockLine,
    store=st.sampled_from(["S1", "S2"]),
    bin=st.sampled_from([None, "A-1", "B-2"]),
    item=st.sampled_from(ITEMS),
    lot=st.sampled_from([None, "L1", "L2"]),
    quantity=st.decimals(min_value=0, max_value=50, places=1),
    state=st.sampled_from(sorted(STATES)),
    made=st.none() | days,
    expires=st.none() | days,
    received=st.none() | days,
)
unit_checks = st.builds(
    MaintenanceRecord,
    store=st.sampled_from(["S1", "S2"]),
    item=st.sampled_from(ITEMS),
    lot=st.sampled_from([None, "L1", "L2"]),
    kind=st.sampled_from(sorted(KINDS)),
    last_done=days,
    result=st.sampled_from(["PASSED", "FAILED"]),
)
rounds = st.builds(
    MaintenanceRecord,
    store=st.sampled_from(["S1", "S2"]),
    item=st.none(),
    lot=st.none(),
    kind=st.sampled_from(sorted(STORE_WIDE)),
    last_done=days,
    result=st.sampled_from(["PASSED", "FAILED"]),
)
custodians = st.builds(
    CustodianRecord,
    store=st.sampled_from(["S1", "S2"]),
    bin=st.sampled_from([None, "A-1"]),
    item=st.sampled_from([None, "M030"]),
    person=st.sampled_from(["P1", "P2", "P3"]),
    phone=st.sampled_from([None, "1001"]),
    role=st.sampled_from(["primary", "deputy"]),
    valid_from=days,
    valid_to=st.none() | days,
)
stocks = st.lists(lines, max_size=6)
histories = st.lists(unit_checks | rounds, max_size=8)


def judge(stock, maintenance=(), people=()):
    return evaluate(as_of=DAY, book=BOOK, stores=STORES, stock=stock, maintenance=maintenance, custodians=people)


@given(stock=stocks, maintenance=histories)
def test_what_may_leave_never_exceeds_what_is_there_and_good(stock, maintenance):
    report = judge(stock, maintenance)
    for gate in report.lots:
        held = [line for line in stock if (line.store, line.item, line.lot or "-") == (gate.store, gate.item, gate.lot)]
        good = sum(
            line.quantity
            for line in held
            if line.state == "serviceable" and line.bin and (line.expires is None or line.expires >= DAY)
        )
        assert 0 <= gate.dispatchable <= good
        assert gate.held >= 0
        assert gate.dispatchable + gate.held <= sum(line.quantity for line in held)
        assert bool(gate.blocked) == (gate.held > 0)
        assert gate.dispatchable <= report.available[gate.store, gate.item]


@given(stock=stocks, maintenance=histories, people=st.lists(custodians, max_size=5), data=st.data())
def test_the_order_of_the_records_changes_nothing(stock, maintenance, people, data):
    shuffled = [data.draw(st.permutations(records)) for records in (stock, maintenance, people)]
    assert judge(*shuffled) == judge(stock, maintenance, people)


@given(stock=stocks, maintenance=histories, kind=st.sampled_from(sorted(KINDS)), item=st.sampled_from(ITEMS))
def test_a_check_done_and_passed_today_never_adds_a_finding_nor_holds_more(stock, maintenance, kind, item):
    before = judge(stock, maintenance)
    after = judge(stock, [*maintenance, MaintenanceRecord("S1", item, None, kind, DAY, "PASSED")])
    rank = {severity: index for index, severity in enumerate(SEVERITIES)}

    def worst(report):
        found = Counter()
        for each in report.findings:
            key = (each.rule, each.store, each.item, each.lot, each.kind)
            found[key] = max(found[key], 1 + rank[each.severity])
        return found

    old, new = worst(before), worst(after)
    assert all(new[key] <= old[key] for key in new if key[0] in ("quality", "period"))
    for gate_before, gate_after in zip(before.lots, after.lots, strict=True):
        assert gate_after.dispatchable >= gate_before.dispatchable


@given(stock=stocks, maintenance=histories)
def test_once_the_blocking_tasks_are_done_the_held_units_may_leave(stock, maintenance):
    tasks = {task for gate in judge(stock, maintenance).lots for task in gate.blocked}
    mended = []
    for line in stock:
        prefix = f"{line.store}/{line.item}/{line.lot or '-'}"
        done = {task.rsplit("/", 1)[1] for task in tasks if task.rsplit("/", 1)[0] == prefix}
        if (line.state == "quarantined" and "RELEASE" in done) or (
            line.state in ("damaged", "repair") and "REPAIR" in done
        ):
            line = replace(line, state="serviceable", bin=line.bin or "A-1")
        if "PUT_AWAY" in done:
            line = replace(line, bin=line.bin or "A-1")
        if "RECORD_MADE" in done:
            line = replace(line, made=line.made or DAY)
        mended.append(line)
    # a pass on the day of a failure does not end it, a failure after the pass holds anew, and what was done for all
    # lots before one of them came does not count for that one
    known = [line.received for line in stock if line.received] + [record.last_done for record in maintenance]
    later = max([DAY, *known]) + timedelta(days=1)
    records = list(maintenance)
    for task in tasks:
        store, item, lot, kind = task.split("/")
        if kind in KINDS:
            records.append(MaintenanceRecord(store, item, None if lot == "-" else lot, kind, later, "PASSED"))
    report = evaluate(as_of=DAY, book=BOOK, stores=STORES, stock=mended, maintenance=records)
    tomorrow = evaluate(as_of=later, book=BOOK, stores=STORES, stock=mended, maintenance=records)
    for gate in tomorrow.lots:
        named = {task for task in gate.blocked if task in tasks}
        assert not {task for task in named if task.rsplit("/", 1)[1] in KINDS}
    for gate in report.lots:
        assert not {task.rsplit("/", 1)[1] for task in gate.blocked} & {"RELEASE", "PUT_AWAY", "RECORD_MADE"}


checks = st.builds(
    Check,
    kind=st.sampled_from(["TEST", "SERVICE"]),
    name_zh=st.just(""),
    first_period_days=st.integers(1, 2000),
    period_days=st.integers(1, 2000),
    tolerance_days=st.integers(0, 60),
    anchor=st.sampled_from(["last_done", "manufacture"]),
    blocks=st.booleans(),
    source=st.just(""),
    assumed=st.just(False),
)


@given(check=checks, due=st.integers(700_000, 740_000))
def test_the_boundary_day_passes_and_the_day_after_fails(check, due):
    last = due + check.tolerance_days
    assert standing(check, due=due, day=last) <= Standing.DUE_SOON
    assert standing(check, due=due, day=last + 1) == Standing.OVERDUE
    assert standing(check, due=due, day=last + check.period_days) == Standing.OVERDUE
    assert standing(check, due=due, day=last + check.period_days + 1) == Standing.OVERDUE_TWICE


@given(check=checks, due=st.integers(700_000, 740_000), day=st.integers(690_000, 750_000))
def test_a_check_never_gets_better_by_waiting(check, due, day):
    assert standing(check, due=due, day=day) <= standing(check, due=due, day=day + 1)


@given(check=checks, made=st.integers(700_000, 710_000), done=st.integers(0, 9000))
def test_a_check_done_today_is_not_due_soon_today(check, made, done):
    today = made + done
    due = due_day(check, last_passed=today, start=made, made=made)
    assert due > today
    assert standing(check, due=due, day=today) is Standing.IN_TIME


@given(check=checks, made=st.integers(700_000, 710_000), done=st.integers(0, 9000))
def test_doing_a_check_later_never_brings_its_due_day_forward(check, made, done):
    def due(passed):
        return due_day(check, last_passed=passed, start=made, made=made)

    assert due(made + done) <= due(made + done + 1)


def test_quantities_stay_exact():
    stock = [StockLine("S1", "A", "M012", lot, Decimal("0.1"), "serviceable", DAY, DAY, DAY) for lot in "abc"]
    assert judge(stock).available["S1", "M012"] == Decimal("0.3")
