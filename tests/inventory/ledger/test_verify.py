"""The book is held against its own history; whoever changes a figure behind the ledger's back is found out."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, text, update

from inventory.ledger.issue import issue
from inventory.ledger.reserve import reserve
from inventory.ledger.verify import verify
from inventory.tables.stock import balances, movements, reservations

BED, WATER = "M003", "M013"


@pytest.fixture
def kept(session, stock, act):
    """Twelve beds in two lots, three issued and two reserved, and some water."""
    stock("S0", 10)
    stock("S0", 2, lot="L2", expires=date(2027, 1, 1))
    stock("S1", 5, item=WATER)
    issue(session, store="S0", item=BED, quantity=Decimal(3), act=act(reason="RESCUE"))
    reserve(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="PLAN"), reference="P")
    assert verify(session).differences == ()


def told(session):
    return [(one.what, one.store, one.item, one.lot, one.book, one.replayed) for one in verify(session).differences]


def test_an_untouched_book_agrees_and_says_how_much_it_saw(session, kept):
    seen = verify(session)
    assert (seen.balances, seen.movements) == (5, 6)  # two lines leave for one issue


def test_an_empty_book_agrees(session):
    assert verify(session).differences == ()


@pytest.mark.parametrize("units", ["10.000001", "9", "0.5"])
def test_a_changed_quantity_is_found(session, kept, units):
    session.execute(update(balances).where(balances.c.quantity == Decimal(5)).values(quantity=Decimal(units)))
    assert told(session) == [("quantity", "S1", WATER, "L1", Decimal(units), Decimal(5))]


def test_a_changed_reservation_mark_is_found(session, kept):
    session.execute(update(balances).where(balances.c.reserved > 0).values(reserved=Decimal(1)))
    assert {(what, book, again) for what, *_, book, again in told(session)} == {
        ("reserved", 1, 2), ("reservations", 1, 2),
    }  # fmt: skip


def test_a_reservation_that_was_deleted_is_found(session, kept):
    session.execute(reservations.delete())
    assert [(what, book, again) for what, *_, book, again in told(session)] == [("reservations", 2, 0)]


def test_a_line_without_history_is_found(session, kept):
    row = session.execute(select(balances).where(balances.c.quantity == Decimal(5))).one()._asdict()
    session.execute(insert(balances), row | {"id": 999, "state": "damaged", "quantity": Decimal(1)})
    assert told(session) == [("quantity", "S1", WATER, "L1", 1, 0)]


def test_a_deleted_movement_is_found_though_the_guard_was_taken_away(session, kept):
    if session.dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER movements_no_delete"))
    else:
        session.execute(text("ALTER TABLE movements DISABLE TRIGGER movements_append_only"))
    gone = session.execute(select(movements).where(movements.c.kind == "ISSUE").limit(1)).one()
    session.execute(movements.delete().where(movements.c.id == gone.id))
    found = told(session)
    assert {what for what, *_ in found} == {"quantity"}
    assert len(found) == 2  # the line they left and the line of issued ones
    assert sorted(book - again for *_, book, again in found) == [-gone.quantity, gone.quantity]


def test_an_altered_movement_is_found_though_the_guard_was_taken_away(session, kept):
    if session.dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER movements_no_update"))
    else:
        session.execute(text("ALTER TABLE movements DISABLE TRIGGER movements_append_only"))
    session.execute(update(movements).where(movements.c.quantity == Decimal(5)).values(quantity=Decimal(50)))
    assert told(session) == [("quantity", "S1", WATER, "L1", 5, 50)]


def test_every_difference_is_told(session, kept):
    session.execute(update(balances).values(quantity=balances.c.quantity + 1))
    assert len(told(session)) == verify(session).balances
