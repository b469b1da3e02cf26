"""The gate alone says of every lot what the full report says, whatever the stock and its history."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import load_catalogue
from inventory.errors import BadTable
from inventory.files.columns import table_of
from inventory.five_fixed import (
    LotGate,
    MaintenanceRecord,
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


def columns(name, rows):
    slots = {"stock": StockLine, "maintenance": MaintenanceRecord}[name].__slots__
    return {slot: [getattr(row, slot) for row in rows] for slot in slots}


def gate_of(stock, maintenance, **which):
    found = gates(
        day=DAY, book=BOOK, stock=columns("stock", stock), maintenance=columns("maintenance", maintenance), **which
    )
    fields = (found.store, found.item, found.lot, found.expires, found.dispatchable, found.held, found.blocked)
    return tuple(map(LotGate, *fields))


def report_of(stock, maintenance):
    return evaluate(as_of=DAY, book=BOOK, stores=STORES, stock=stock, maintenance=maintenance).lots


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
    stores=st.sets(st.sampled_from(["S1", "S2"])),
)
def test_items_and_stores_may_be_picked(stock, history, items, stores):
    picked = tuple(one for one in report_of(stock, history) if one.item in items and one.store in stores)
    assert gate_of(stock, history, items=items, stores=stores) == picked


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
        ("stock", "store", "S9"),
        ("stock", "item", "M999"),
        ("stock", "state", "fine"),
        ("stock", "quantity", Decimal(-1)),
        ("maintenance", "kind", "LOOK"),
        ("maintenance", "result", "DONE"),
        ("maintenance", "item", None),
    ],
)
def test_tables_that_the_report_would_refuse_are_not_sound(table, column, value):
    stock = StockLine("S1", "A-1", "M013", "L1", Decimal(3), "serviceable", DAY, None, DAY)
    record = MaintenanceRecord("S1", "M013", "L1", "INSPECT", DAY, "PASSED")
    tables = {"stock": columns("stock", [stock, stock]), "maintenance": columns("maintenance", [record, record])}
    judged = {"book": BOOK, "stores": ["S1", "S2"]}
    assert sound(**judged, **tables)
    tables[table][column][1] = value
    assert not sound(**judged, **tables)
    lines = list(map(StockLine, *tables["stock"].values()))
    history = list(map(MaintenanceRecord, *tables["maintenance"].values()))
    with pytest.raises(BadTable):
        evaluate(as_of=DAY, book=BOOK, stores=STORES, stock=lines, maintenance=history)


def test_no_stock_has_no_gates():
    assert gate_of([], []) == ()
    assert sound(book=BOOK, stores=[], stock=table_of("stock", {}), maintenance=table_of("maintenance", {}))
