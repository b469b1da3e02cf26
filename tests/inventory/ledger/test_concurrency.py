"""64 clients, each with a connection of its own, want the same 100 units."""

import importlib.util
import sys
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from inventory.database import open_engine, reading, transaction
from inventory.ledger.errors import KeyReused
from inventory.ledger.issue import end_loan, issue, lend
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.verify import verify
from inventory.tables.stock import balances, operations, stock_heads

BED = "M003"


@pytest.fixture(scope="module")
def stress():
    spec = importlib.util.spec_from_file_location("stress", Path(__file__).parents[2] / "stress.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["stress"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["stress"]


def at_once(count, work):
    """`work(number)` in so many threads that begin together; what each gave or raised."""
    outcomes = [None] * count
    together = threading.Barrier(count)

    def run(number):
        together.wait()
        try:
            outcomes[number] = work(number)
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_exactly_one_hundred_leave_and_none_is_lost(stress, engine, database_url):
    stress.two_stores(engine)
    for item in stress.ITEMS:
        found = stress.rush(database_url, item)
        assert (found.gone, found.refused, found.others) == (100, 28, ())
        assert (found.left, found.issued, found.differences) == (0, 100, 0)


def test_the_same_request_sent_many_times_at_once_is_done_once(county, database_url, act):
    with transaction(county) as connection:
        receive(connection, store="S0", item=BED, quantity=Decimal(100), act=act(), bin="A-1")

    def send(_):
        own = open_engine(database_url)
        with transaction(own) as connection:
            done = issue(connection, store="S0", item=BED, quantity=Decimal(1), act=act(reason="RESCUE", key="k"))
        own.dispose()
        return done

    outcomes = at_once(12, send)
    assert {done.id for done in outcomes} == {outcomes[0].id}
    assert sorted(done.replayed for done in outcomes) == [False] + [True] * 11
    with reading(county) as connection:
        assert connection.execute(select(balances.c.quantity).order_by(balances.c.id)).scalars().all() == [99, 1]


def test_different_requests_under_one_key_at_once_are_told_apart(county, database_url, act):
    with transaction(county) as connection:
        receive(connection, store="S0", item=BED, quantity=Decimal(100), act=act(), bin="A-1")

    def send(number):
        own = open_engine(database_url)
        try:
            with transaction(own) as connection:
                quantity = Decimal(number + 1)
                return issue(connection, store="S0", item=BED, quantity=quantity, act=act(reason="RESCUE", key="k"))
        finally:
            own.dispose()

    outcomes = at_once(6, send)
    assert sum(isinstance(outcome, KeyReused) for outcome in outcomes) == 5
    with reading(county) as connection:
        assert len(connection.execute(select(operations)).all()) == 2


def test_the_first_receipts_of_a_store_and_item_at_once_make_one_line(county, database_url, act):
    def take(_):
        own = open_engine(database_url)
        with transaction(own) as connection:
            receive(connection, store="S0", item=BED, quantity=Decimal("0.1"), act=act(), lot=LotFacts(code="L1"),
                    bin="A-1")  # fmt: skip
        own.dispose()

    assert at_once(12, take) == [None] * 12
    with reading(county) as connection:
        assert connection.execute(select(balances.c.quantity)).scalars().all() == [Decimal("1.2")]
        assert len(connection.execute(select(stock_heads)).all()) == 1
        assert verify(connection).differences == ()


def test_a_loan_is_brought_back_once_though_two_say_so_at_once(county, database_url, act):
    with transaction(county) as connection:
        receive(connection, store="S0", item=BED, quantity=Decimal(10), act=act(), bin="A-1")
        issue(connection, store="S0", item=BED, quantity=Decimal(5), act=act(reason="RESCUE"))
        loan = lend(connection, store="S0", item=BED, quantity=Decimal(5), borrower="中学",
                    due_back=date(2026, 7, 1), act=act())  # fmt: skip

    def bring_back(_):
        own = open_engine(database_url)
        try:
            with transaction(own) as connection:
                end_loan(connection, operation=loan.id, act=act(reason="GIVE_BACK"))
                threading.Event().wait(0.05)
        finally:
            own.dispose()

    outcomes = at_once(3, bring_back)
    assert sum(outcome is None for outcome in outcomes) == 1
    with reading(county) as connection:
        assert connection.execute(select(balances.c.quantity).order_by(balances.c.id)).scalars().all() == [5, 5]
