"""The figures of the ledger: importing a city, looks at a million rows, and the price of a whole issue."""

import gc
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import BigInteger, Column, Engine, MetaData, Table, Text, insert, select

from inventory.care.evaluate import evaluate_stock
from inventory.care.views import board
from inventory.database import insert_rows, reading, take_ids, transaction
from inventory.intake.care import import_custodians, import_maintenance
from inventory.intake.registers import import_places, import_stores, import_teams, import_vehicles
from inventory.intake.stock import import_stock
from inventory.ledger.issue import issue
from inventory.ledger.pages import stock_card, stock_page
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.stock_lines import available
from inventory.ledger.verify import verify
from inventory.tables.base import metadata
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations
from scenarios.registry import find_scenario
from scenarios.world import World

pytestmark = pytest.mark.benchmark
LEDGER_ROWS = 1_000_000
SAMPLES = 200


@pytest.fixture(scope="module")
def city() -> World:
    return find_scenario("city-year").build(0)


def import_city(engine: Engine, world: World) -> float:
    """Seconds for all tables of the World, in one transaction."""
    act = Act(actor="benchmark", reason="OPENING", at=world.as_of)
    began = time.perf_counter()
    with transaction(engine) as connection:
        import_places(connection, world.places)
        import_stores(connection, world.stores)
        import_stock(connection, world.stock, act=act)
        import_custodians(connection, world.custodians)
        import_maintenance(connection, world.maintenance, act=act)
        import_teams(connection, world.teams)
        import_vehicles(connection, world.vehicles)
    return time.perf_counter() - began


def bare_insert(engine: Engine) -> tuple[float, int]:
    """Seconds for a bulk insert of the same rows into tables without keys, checks and indexes, the same way."""
    names = ("places", "stores", "zones", "bins", "people", "custodianships", "lots", "stock_heads", "balances",
             "operations", "movements", "maintenance", "teams", "vehicles")  # fmt: skip
    bare = MetaData()
    count = 0
    contents = []
    with reading(engine) as connection:
        for name in names:
            table = metadata.tables[name]
            columns = [column.name for column in table.columns]
            rows = [tuple(row) for row in connection.execute(select(*table.columns))]
            copy = Table(f"bare_{name}", bare, *(Column(one.name, one.type) for one in table.columns))
            contents.append((copy, columns, rows))
            count += len(rows)
    with transaction(engine) as connection:
        bare.create_all(connection)
    began = time.perf_counter()
    with transaction(engine) as connection:
        for copy, columns, rows in contents:
            insert_rows(connection, copy, columns, rows)
    return time.perf_counter() - began, count


def test_city_year_is_imported_within_ten_seconds(engine: Engine, city: World) -> None:
    spent = import_city(engine, city)
    bare, rows = bare_insert(engine)
    with reading(engine) as connection:
        assert not verify(connection).differences
    print(f"\n{engine.dialect.name}: city-year ({len(city.stock):,} stock lines, {rows:,} rows) {spent:.1f} s, "
          f"{spent / bare:.1f} x a bare bulk insert of the same rows ({bare:.2f} s)")  # fmt: skip
    assert spent <= 10


def lengthen(engine: Engine, *, rows: int) -> None:
    """Issues and returns until the ledger has so many rows; the book stays what it was."""
    with transaction(engine) as connection:
        lines = connection.execute(
            select(balances.c.id, balances.c.store_id, balances.c.item_id, balances.c.lot_id)
            .where(balances.c.state == "serviceable", balances.c.quantity >= Decimal(1))
            .order_by(balances.c.id)
            .limit(40_000)
        ).all()
        ids = take_ids(connection, balances, len(lines))
        columns = ["id", "store_id", "item_id", "lot_id", "state", "quantity", "reserved"]
        insert_rows(
            connection,
            balances,
            columns,
            ((id_, line.store_id, line.item_id, line.lot_id, "issued", Decimal(0), Decimal(0))
             for id_, line in zip(ids, lines, strict=True)),
        )  # fmt: skip
        pairs = [(line.id, id_) for id_, line in zip(ids, lines, strict=True)]
        missing = rows - verify(connection).movements
        missing += missing % 2  # whole pairs
        steps = take_ids(connection, operations, missing)
        entries = take_ids(connection, movements, missing)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        kinds = ("ISSUE", "RETURN")
        insert_rows(
            connection,
            operations,
            ["id", "kind", "scope", "actor", "reason", "recorded_at"],
            ((step, kinds[index % 2], "b", "b", "DRILL", start + timedelta(seconds=index))
             for index, step in enumerate(steps)),
        )  # fmt: skip
        draw = random.Random(0)

        def legs():
            for index, (entry, step) in enumerate(zip(entries, steps, strict=True)):
                if index % 2 == 0:
                    line, out = pairs[draw.randrange(len(pairs))]
                    yield entry, step, "ISSUE", Decimal(1), line, out
                else:
                    yield entry, step, "RETURN", Decimal(1), out, line

        insert_rows(connection, movements, ["id", "operation_id", "kind", "quantity", "from_id", "to_id"], legs())
    if engine.dialect.name == "postgresql":  # what its background worker does by itself within a minute
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def percentile_ms(look: Callable[[], object], *, samples: int = SAMPLES) -> tuple[float, float]:
    """(median, 95th percentile) in milliseconds."""
    spent = []
    for _ in range(samples):
        began = time.perf_counter()
        look()
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return spent[len(spent) // 2], spent[int(len(spent) * 0.95)]


def test_looks_at_a_million_rows_stay_quick(engine: Engine, city: World) -> None:
    import_city(engine, city)
    with transaction(engine) as connection:
        began = time.perf_counter()
        evaluated = evaluate_stock(connection, as_of=city.as_of, at=city.as_of)
        spent = time.perf_counter() - began
    print(f"\n{engine.dialect.name}: whole city evaluated by the five-fixed rules in {spent:.1f} s, "
          f"{evaluated.findings:,} findings, {evaluated.tasks_opened:,} tasks")  # fmt: skip
    lengthen(engine, rows=LEDGER_ROWS)
    with reading(engine) as connection:
        began = time.perf_counter()
        verified = verify(connection)
        spent = time.perf_counter() - began
    assert verified.movements >= LEDGER_ROWS
    assert not verified.differences
    print(f"{engine.dialect.name}: verify replays {verified.movements:,} rows in {spent:.1f} s")
    counties = [
        code for code, level in zip(city.places["code"], city.places["level"], strict=True) if level == "county"
    ]
    store_codes, item_codes = city.stores["id"], sorted(set(city.stock["item"]))
    draw = random.Random(1)
    # a service holds no city in memory: what the set-up left must not be walked by the collector at every look
    gc.collect()
    gc.freeze()
    with reading(engine) as connection:

        def page() -> object:
            choice = draw.randrange(4)
            if choice == 0:
                return stock_page(connection, store=draw.choice(store_codes))
            if choice == 1:
                return stock_page(connection, place=draw.choice(counties), state="damaged")
            if choice == 2:
                return stock_page(connection, place=draw.choice(counties), item=draw.choice(item_codes))
            return stock_page(connection, after=(draw.randrange(3000), 0, 0))

        looks: dict[str, tuple[Callable[[], object], float, int]] = {
            "page of stock": (page, 100, SAMPLES),
            "stock card": (
                lambda: stock_card(connection, store=draw.choice(store_codes), item=draw.choice(item_codes)),
                100,
                SAMPLES,
            ),
            "county board": (lambda: board(connection, place=draw.choice(counties)), 100, SAMPLES),
            "available, one county": (
                lambda: available(connection, as_of=city.as_of, place=draw.choice(counties)), 100, 60),
            "available, all stores x items": (lambda: available(connection, as_of=city.as_of), 600, 20),
        }  # fmt: skip
        slow = []
        for name, (look, most_ms, samples) in looks.items():
            look()
            median, late = percentile_ms(look, samples=samples)
            print(f"{engine.dialect.name}: {name}: median {median:.1f} ms, p95 {late:.1f} ms (limit {most_ms})")
            if late > most_ms:
                slow.append((name, late))
    gc.unfreeze()
    assert not slow


def test_a_whole_issue_costs_at_most_four_bare_commits(engine: Engine) -> None:
    bare = Table(
        "bare",
        MetaData(),
        Column("id", BigInteger().with_variant(BigInteger, "postgresql"), primary_key=True, autoincrement=False),
        Column("words", Text),
    )
    at = datetime(2026, 6, 15, tzinfo=UTC)
    with transaction(engine) as connection:
        bare.metadata.create_all(connection)
        connection.execute(insert(stores), {"code": "S", "name": "S", "tier": "county"})
        lot = LotFacts(code="L1")
        act = Act(actor="a", reason="PURCHASE", at=at)
        receive(connection, store="S", item="M003", quantity=Decimal(10**6), lot=lot, bin="A-1", act=act)
        if engine.dialect.name == "postgresql":
            assert connection.exec_driver_sql("SHOW fsync").scalar() == "on"
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        else:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    count = 600

    def bare_commits(start: int) -> float:
        began = time.perf_counter()
        for number in range(count):
            with transaction(engine) as connection:
                connection.execute(insert(bare), {"id": start + number, "words": "x" * 40})
        return count / (time.perf_counter() - began)

    def issues(start: int) -> float:
        began = time.perf_counter()
        for number in range(count):
            act = Act(actor="a", reason="RESCUE", at=at, key=f"k{start + number}")
            with transaction(engine) as connection:
                issue(connection, store="S", item="M003", quantity=Decimal(1), act=act)
        return count / (time.perf_counter() - began)

    bare_commits(0), issues(0)  # warm
    # in turns, so that whatever else the machine does falls on both
    rounds = [(bare_commits(start), issues(start)) for start in range(count, 6 * count, count)]
    rounds.sort(key=lambda pair: pair[1] / pair[0])
    plain, whole = rounds[len(rounds) // 2]
    print(f"\n{engine.dialect.name}: {whole:,.0f} whole issues/s, {plain:,.0f} bare commits/s: {whole / plain:.0%}")
    with reading(engine) as connection:
        assert not verify(connection).differences
    assert whole / plain >= 0.25
