"""A city's year of stock: 3,102 stores, 110,000 lines, 300,000 records, judged and read in seconds."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.files import read_table, write_table
from inventory.five_fixed import MaintenanceRecord, StockLine, StoreRecord, evaluate, load_rule_set, scores

DAY = date(2024, 6, 15)
LINES, RECORDS = 110_000, 300_000


def city(book):
    rng = random.Random(1)
    tiers = ["county"] * 10 + ["town"] * 181 + ["village"] * 2911
    stores = [StoreRecord(f"S{number:05}", tier) for number, tier in enumerate(tiers)]
    held = [(store, item) for store in stores for item in book.catalogue if item.minimum(store.tier) > 0]
    stock, maintenance = [], []
    for number in range(LINES):
        store, item = held[number % len(held)]
        made = DAY - timedelta(days=rng.randint(40, 700))
        quantity = max(Decimal(1), item.minimum(store.tier))
        expires = made + timedelta(days=900) if item.shelf_life_months else None
        lot = f"L{number:06}"
        stock.append(StockLine(store.id, "A-1-1-1", item.id, lot, quantity, "serviceable", made, expires, made))
        for check in book.checks(item.id):
            late = rng.random() < 0.08
            days = check.period_days + check.tolerance_days + 5 if late else rng.randint(0, check.period_days)
            done = DAY - timedelta(days=days)
            maintenance.append(MaintenanceRecord(store.id, item.id, lot, check.kind, done, "PASSED"))
    return stores, stock, maintenance[:RECORDS]


@pytest.mark.benchmark
def test_a_city_is_judged_in_seconds(book, benchmark):
    stores, stock, maintenance = city(book)
    report = benchmark.pedantic(
        lambda: evaluate(as_of=DAY, book=book, stores=stores, stock=stock, maintenance=maintenance), rounds=3
    )
    assert len(report.lots) == LINES
    assert benchmark.stats["median"] < 6


@pytest.mark.benchmark
@pytest.mark.parametrize("preset", ["general", "medical"])
def test_a_city_is_scored_in_a_fraction_of_a_second(book, benchmark, preset):
    stores, stock, maintenance = city(book)
    report = evaluate(as_of=DAY, book=book, stores=stores, stock=stock, maintenance=maintenance)
    rule_set = load_rule_set(preset)
    found = benchmark.pedantic(
        lambda: scores(report, stores=stores, stock=stock, book=book, rule_set=rule_set), rounds=5
    )
    assert len(found) == len(stores)
    assert benchmark.stats["median"] < 0.8  # 0.42 measured


@pytest.mark.benchmark
def test_a_city_of_maintenance_records_is_read_in_seconds(book, benchmark, tmp_path):
    maintenance = city(book)[2]
    names = ("store", "item", "lot", "kind", "last_done", "result")
    columns = {name: [getattr(record, name) for record in maintenance] for name in names}
    write_table(tmp_path / "maintenance.csv", "maintenance", columns)
    table = benchmark.pedantic(lambda: read_table(tmp_path / "maintenance.csv", "maintenance"), rounds=3)
    assert list(map(MaintenanceRecord, *(table[name] for name in names))) == maintenance
    assert benchmark.stats["median"] < 4
