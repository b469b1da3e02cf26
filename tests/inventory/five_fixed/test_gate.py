"""The gate alone says of every lot what the full report says, whatever the stock and its history."""

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import load_catalogue
from inventory.errors import BadTable
from inventory.five_fixed import (
    CustodianRecord,
    LotGate,
    MaintenanceRecord,
    RuleBook,
    StockLine,
    StoreRecord,
    evaluate,
    load_rule_book,
)
from inventory.five_fixed.gate import gates, sound
from inventory.five_fixed.periods import due_day, due_days
from inventory.kinds import KINDS, STATES, STORE_WIDE

DAY = date(2024, 6, 15)
BOOK = load_rule_book(load_catalogue())
STORES = [StoreRecord("S1", "county"), StoreRecord("S2", "village")]
ITEMS = ["M013", "M026", "M030", "M037", "M053", "M059"]

# most lots are plain ones, else the wholesale part would hardly be met
days = (st.integers(0, 60) | st.integers(-30, 4000)).map(lambda ago: DAY - timedelta(days=ago))
lines = st.builds(
    StockLine,
    store=st.sampled_from(["S1", "S2"]),
    bin=st.sampled_from(["A-1", "A-1", "B-2", None]),
    item=st.sampled_from(ITEMS),
    lot=st.sampled_from([None, "L1", "L2", "L3", "L4"]),
    quantity=st.decimals(min_value=0, max_value=50, places=1),
    state=st.sampled_from(["serviceable"] * 6 + sorted(STATES)),
    made=st.none() | days,
    expires=st.none() | days | st.integers(0, 30).map(lambda ahead: DAY + timedelta(days=ahead)),
    received=st.none() | days,
)
records = st.builds(
    MaintenanceRecord,
    store=st.sampled_from(["S1", "S2"]),
    item=st.sampled_from(ITEMS),
    lot=st.sampled_from([None, "L1", "L2", "L3", ""]),
    kind=st.sampled_from(sorted(KINDS)),
    last_done=days,
    result=st.sampled_from(["PASSED", "PASSED", "PASSED", "FAILED"]),
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


def columns(rows, kind):
    return {field.name: [getattr(row, field.name) for row in rows] for field in fields(kind)}


def gate_of(stock, maintenance, **which):
    tables = {"stock": columns(stock, StockLine), "maintenance": columns(maintenance, MaintenanceRecord)}
    found = gates(day=DAY, **{"books": {"S1": BOOK, "S2": BOOK}, **tables, **which})
    fields = (found.store, found.item, found.lot, found.expires, found.dispatchable, found.held, found.blocked)
    return tuple(map(LotGate, *fields))


def report_of(stock, maintenance, *, book=BOOK):
    return evaluate(as_of=DAY, book=book, stores=STORES, stock=stock, maintenance=maintenance).lots


def all_done(stock):
    """Every check of every lot, done today."""
    return [
        MaintenanceRecord(line.store, line.item, line.lot, check.kind, DAY, "PASSED")
        for line in stock
        for check in BOOK.checks(line.item)
    ]


@given(stock=st.lists(lines, max_size=9), history=st.lists(records | rounds, max_size=12), kept=st.booleans())
def test_the_gate_is_that_of_the_report(stock, history, kept):
    history = history + (all_done(stock) if kept else [])
    assert gate_of(stock, history) == report_of(stock, history)


@given(
    stock=st.lists(lines, max_size=9),
    history=st.lists(records | rounds, max_size=12),
    items=st.sets(st.sampled_from(ITEMS)),
)
def test_only_some_items_may_be_judged(stock, history, items):
    assert gate_of(stock, history, items=items) == tuple(x for x in report_of(stock, history) if x.item in items)


@given(stock=st.lists(lines, max_size=9), history=st.lists(records | rounds, max_size=12))
def test_each_store_goes_by_its_own_book(stock, history):
    strict = RuleBook(BOOK.catalogue, {item: tuple(map(twice_as_often, of)) for item, of in BOOK.by_item.items()})
    one, two = report_of(stock, history), report_of(stock, history, book=strict)
    mixed = tuple(x for x in one if x.store == "S1") + tuple(x for x in two if x.store == "S2")
    assert gate_of(stock, history, books={"S1": BOOK, "S2": strict}) == mixed


def twice_as_often(check):
    return replace(check, period_days=-(-check.period_days // 2), tolerance_days=0)


@given(
    check=st.sampled_from([check for item in ITEMS for check in BOOK.checks(item)]),
    lots=st.lists(
        st.tuples(*[st.just(0) | st.integers(DAY.toordinal() - 4000, DAY.toordinal())] * 3), min_size=1, max_size=5
    ),
)
def test_due_days_are_the_due_day_of_each_lot(check, lots):
    passed, start, made = np.array(lots, np.int64).T
    expected = [due_day(check, last_passed=one, start=two, made=three) for one, two, three in lots]
    assert due_days(check, last_passed=passed, start=start, made=made).tolist() == expected


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("stores", "id", "S1"),
        ("stores", "tier", "province"),
        ("stock", "store", "S9"),
        ("stock", "item", "M999"),
        ("stock", "state", "fine"),
        ("stock", "quantity", Decimal(-1)),
        ("maintenance", "kind", "LOOK"),
        ("maintenance", "result", "DONE"),
        ("maintenance", "item", None),
        ("custodians", "store", "S9"),
        ("custodians", "role", "friend"),
    ],
)
def test_tables_that_the_report_would_refuse_are_not_sound(table, column, value):
    line = StockLine("S1", "A-1", "M013", "L1", Decimal(3), "serviceable", DAY, None, DAY)
    record = MaintenanceRecord("S1", "M013", "L1", "INSPECT", DAY, "PASSED")
    keeper = CustodianRecord("S1", None, None, "P1", None, "primary", DAY)
    kinds = {"stores": StoreRecord, "stock": StockLine, "maintenance": MaintenanceRecord, "custodians": CustodianRecord}
    rows = {"stores": STORES, "stock": [line] * 2, "maintenance": [record] * 2, "custodians": [keeper] * 2}
    tables = {name: columns(rows[name], kind) for name, kind in kinds.items()}
    assert sound(books=[BOOK], **tables)
    tables[table][column][1] = value
    assert not sound(books=[BOOK], **tables)
    again = {name: list(map(kind, *tables[name].values())) for name, kind in kinds.items()}
    with pytest.raises(BadTable):
        evaluate(as_of=DAY, book=BOOK, **again)


def test_no_stock_has_no_gates():
    assert gate_of([], []) == ()
