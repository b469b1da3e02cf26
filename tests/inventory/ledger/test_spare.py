"""Who only asks what could be taken hears what the ledger would give, and leaves no trace."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from inventory.errors import InventoryError
from inventory.ledger.choose import choose
from inventory.ledger.errors import UnknownStore
from inventory.ledger.move import change_state
from inventory.ledger.post import lock
from inventory.ledger.reserve import reserve
from inventory.ledger.spare import spare
from inventory.tables import metadata
from inventory.tables.stock import stock_heads
from tests.inventory.ledger.conftest import AT, BED, WATER

PAIR = ("S0", BED)


def told(take):
    """Lot -> units; or the error, with how much there is."""
    try:
        taken = take()
    except InventoryError as error:
        return type(error).__name__, error.facts.get("available", error.facts.get("free"))
    found: dict[str, Decimal] = {}
    for lot, units in taken:
        found[lot] = found.get(lot, Decimal(0)) + units
    return found


@pytest.fixture
def jumble(session, stock, act, checked):
    """Lots of all sorts: past and near expiry, on no shelf, set aside, failed, reserved, below a floor."""

    def make(seed):
        dice = random.Random(seed)
        for number in range(1, 4):
            expires = dice.choice([None, date(2026, 6, 14), date(2026, 6, 15), date(2027, 1, number)])
            for _ in range(dice.randint(1, 2)):
                stock(
                    "S0", dice.randint(1, 9), lot=f"L{number}", expires=expires, bin=dice.choice(["A-1", "A-2", None])
                )
        if dice.random() < 0.4:
            session.execute(update(stock_heads).values(reserve_floor=Decimal(dice.randint(1, 6))))
        for kind in dice.sample(["damaged", "quarantined"], dice.randint(0, 2)):
            attempt(session, lambda kind=kind: change_state(
                session, act=act(reason="QUARANTINE" if kind == "quarantined" else "DAMAGE"), store="S0", item=BED,
                quantity=Decimal(1), state="serviceable", to_state=kind))  # fmt: skip
        for hours in dice.sample([None, -1, 1], dice.randint(0, 2)):
            until = None if hours is None else AT + timedelta(hours=hours)
            attempt(session, lambda until=until: reserve(
                session, store="S0", item=BED, quantity=Decimal(dice.randint(1, 3)), act=act(reason="PLAN"),
                reference="P", expires_at=until))  # fmt: skip
        if dice.random() < 0.3:
            checked("S0", "INSPECT", "FAILED")

    return make


def attempt(session, step):
    point = session.begin_nested()
    try:
        step()
        point.commit()
    except InventoryError:
        point.rollback()


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_the_ledger_would_give(session, jumble, act, seed):
    jumble(seed)
    for lot in (None, "L1", "L2", "L3", "L9"):
        for units in (1, 2, 3, 5, 8, 13, 21):
            (there,) = spare(session, [PAIR], at=AT).values()
            asked = told(lambda there=there, lot=lot, units=units: there.take(Decimal(units), lot=lot))
            point = session.begin_nested()
            head = lock(session, [PAIR])[PAIR]
            given = told(lambda lot=lot, units=units, head=head: [
                (one.line.lot, one.quantity) for one in choose(session, head, Decimal(units), act=act(), lot=lot)
            ])  # fmt: skip
            point.rollback()
            assert asked == given, (lot, units)


def test_asking_writes_nothing_not_even_the_row_that_is_locked(session, stock):
    def rows():
        return {table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.tables.values()}  # fmt: skip

    stock("S0", 5)
    before = rows()
    found = spare(session, [PAIR, ("S1", WATER)], at=AT)
    assert (found[PAIR].of(None), found["S1", WATER].of(None)) == (5, 0)
    assert rows() == before
    with pytest.raises(UnknownStore):
        spare(session, [("S7", BED)], at=AT)


def test_what_was_taken_in_thought_is_gone_for_the_next(session, stock):
    stock("S0", 5)
    stock("S0", 4, lot="L2", expires=date(2027, 1, 1))
    there = spare(session, [PAIR], at=AT)[PAIR]
    assert there.take(Decimal(6)) == [("L2", 4), ("L1", 2)]
    there.gone("L1", Decimal(1))
    assert there.of("L1") == there.of(None) == 2
    assert spare(session, [PAIR], at=AT)[PAIR].of(None) == 9
