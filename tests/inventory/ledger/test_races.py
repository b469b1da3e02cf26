"""Two people at once: they wait for each other, or are told to try again."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from inventory.care.done import record_check
from inventory.care.evaluate import evaluate_stock
from inventory.database import TryAgain, one_at_a_time, open_engine, transaction
from inventory.ledger.errors import BadLot
from inventory.ledger.receive import LotFacts, receive, receive_assets
from inventory.tables.care import holds, maintenance, store_scores
from inventory.tables.goods import lots
from inventory.tables.places import stores
from inventory.tables.stock import numbers
from inventory.written import BadCode

BED, EXTINGUISHER = "M003", "M059"


def both(engine, *steps, hold=0.3):
    """Each step in a thread and transaction of its own, kept open for a while; what they raised."""
    outcomes = [None] * len(steps)
    together = threading.Barrier(len(steps))

    def run(number):
        together.wait()
        try:
            with transaction(engine) as connection:
                steps[number](connection)
                threading.Event().wait(hold)
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_what_others_did_at_the_same_moment_is_told_as_such(county, database_kind):
    def same(connection):
        connection.execute(numbers.insert(), {"series": "a", "last": 1})

    first, second = sorted(both(county, same, same), key=lambda one: one is not None)
    assert first is None
    assert isinstance(second, TryAgain if database_kind == "postgresql" else IntegrityError)


def test_a_deadlock_is_told_as_such(postgresql):
    engine = open_engine(postgresql())
    with transaction(engine) as connection:
        connection.execute(numbers.insert(), [{"series": "a", "last": 1}, {"series": "b", "last": 1}])
    met = threading.Barrier(2)

    def crosswise(first, second):
        def step(connection):
            change = numbers.update().values(last=2)
            connection.execute(change.where(numbers.c.series == first))
            met.wait()
            connection.execute(change.where(numbers.c.series == second))

        return step

    outcomes = both(engine, crosswise("a", "b"), crosswise("b", "a"), hold=0)
    engine.dispose()
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "TryAgain"]


def test_a_locked_file_is_told_as_such(tmp_path, sqlite_template, monkeypatch):
    from inventory import database

    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    file = tmp_path / "county.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    one, other = open_engine(f"sqlite:///{file}"), open_engine(f"sqlite:///{file}?timeout=0.05")
    with transaction(one) as connection:
        connection.execute(numbers.insert(), {"series": "a", "last": 1})
        with pytest.raises(TryAgain), transaction(other) as second:
            second.execute(select(numbers))
    one.dispose()
    other.dispose()


def test_only_one_at_a_time_of_a_name(county, database_kind):
    order = []

    def step(connection):
        one_at_a_time(connection, "x")
        order.append("in")
        threading.Event().wait(0.1)
        order.append("out")

    assert both(county, step, step, hold=0) == [None, None]
    assert order == ["in", "out", "in", "out"]


def test_two_evaluations_at_once_leave_one_score_of_each_store(county, act):
    with transaction(county) as connection:
        receive(connection, store="S0", item=BED, quantity=Decimal(3), act=act(), bin="A-1")

    def judge(connection):
        evaluate_stock(connection, as_of=act().at, at=act().at)

    assert both(county, judge, judge) == [None, None]
    with transaction(county) as connection:
        assert connection.execute(select(func.count()).select_from(store_scores)).scalar() == 4


def test_two_who_fail_the_same_check_at_once_are_both_on_record(county, act):
    with transaction(county) as connection:
        receive(connection, store="S0", item=EXTINGUISHER, quantity=Decimal(3), act=act(), bin="A-1",
                lot=LotFacts(code="L1", made=date(2026, 1, 1)))  # fmt: skip
        store_id = connection.execute(select(stores.c.id).where(stores.c.code == "S0")).scalar_one()

    def fail(connection):
        record_check(connection, store_id=store_id, item=EXTINGUISHER, lot="L1", kind="INSPECT", passed=False,
                     done_on=date(2026, 6, 1), act=act())  # fmt: skip

    assert both(county, fail, fail) == [None, None]
    with transaction(county) as connection:
        assert connection.execute(select(func.count()).select_from(maintenance)).scalar() == 2
        assert connection.execute(select(holds.c.lot_code)).scalars().all() == ["L1"]


def test_a_check_waits_for_who_is_issuing_the_same_units(county, act, database_kind):
    """Nobody leaves with units that were judged before a failed check, and goes on record after it."""
    from inventory.ledger.issue import issue

    with transaction(county) as connection:
        receive(connection, store="S0", item=BED, quantity=Decimal(3), act=act(), bin="A-1",
                lot=LotFacts(code="L1", made=date(2026, 6, 1)))  # fmt: skip
        store_id = connection.execute(select(stores.c.id).where(stores.c.code == "S0")).scalar_one()
    order = []
    issued = threading.Event()

    def take(connection):
        issue(connection, store="S0", item=BED, quantity=Decimal(1), act=act(reason="RESCUE"))
        issued.set()
        threading.Event().wait(0.3)
        order.append("issue")

    def fail(connection):
        issued.wait()
        record_check(connection, store_id=store_id, item=BED, lot="L1", kind="INSPECT", passed=False,
                     done_on=date(2026, 6, 1), act=act())  # fmt: skip
        order.append("check")

    if database_kind == "postgresql":  # SQLite has one writer at a time
        assert both(county, take, fail, hold=0) == [None, None]
        assert order == ["issue", "check"]


def test_units_of_two_stores_in_opposite_order_do_not_block_each_other(county, act):
    serials = [f"N{number:03}" for number in range(300)]

    def take(store, numbers_):
        def step(connection):
            receive_assets(connection, store=store, item=EXTINGUISHER, serials=numbers_, act=act(), bin="A-1")

        return step

    first, second = sorted(both(county, take("S0", serials), take("S1", serials[::-1])), key=bool)
    assert first is None
    assert type(second).__name__ in ("AssetTaken", "TryAgain")
    assert "deadlock" not in str(second)


class TestWhatIsTakenIn:
    @pytest.mark.parametrize("code", [" ", "L\n1", "x" * 65, " L1", "L1 "])
    def test_a_lot_number_no_table_can_hold(self, session, act, code):
        with pytest.raises(BadCode):
            receive(session, store="S0", item=BED, quantity=Decimal(1), act=act(), lot=LotFacts(code=code))
        assert session.execute(select(func.count()).select_from(lots)).scalar() == 0

    @pytest.mark.parametrize("code", ["", " ", "A\t1", "x" * 65])
    def test_a_bin(self, session, act, code):
        with pytest.raises(BadCode):
            receive(session, store="S0", item=BED, quantity=Decimal(1), act=act(), bin=code)

    @pytest.mark.parametrize("supplier", ["", " x", "x" * 4001])
    def test_a_supplier(self, session, act, supplier):
        with pytest.raises(BadCode):
            receive(session, store="S0", item=BED, quantity=Decimal(1), act=act(), lot=LotFacts(supplier=supplier))

    @pytest.mark.parametrize(("serial", "model"), [("", None), ("N\n1", None), ("N1", " ")])
    def test_a_serial_number_or_model(self, session, act, serial, model):
        with pytest.raises(BadCode):
            receive_assets(session, store="S0", item=EXTINGUISHER, serials=[serial], act=act(), model=model)

    def test_a_lot_that_cannot_be_says_why_in_both_languages(self, session, act):
        facts = LotFacts(made=date(2021, 1, 1), expires=date(2020, 1, 1))
        with pytest.raises(BadLot) as refusal:
            receive(session, store="S0", item=BED, quantity=Decimal(1), act=act(), lot=facts)
        assert "晚于有效期" in refusal.value.facts["why_zh"]
        assert "after it expires" in refusal.value.facts["why_en"]
