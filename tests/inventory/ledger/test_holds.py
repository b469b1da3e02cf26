"""A failed check of every lot holds those with units in use that were there then."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.ledger.receive import LotFacts, receive
from tests.inventory.ledger.conftest import AT, BED


@pytest.fixture
def received(session, act):
    """`received("retired", days=9)`: five beds of lot L1 that came so many days ago."""

    def put(state, *, days):
        units = act(at=AT - timedelta(days=days))
        receive(session, store="S0", item=BED, quantity=Decimal(5), act=units, lot=LotFacts(code="L1"), bin="A-1",
                state=state)  # fmt: skip

    return put


@pytest.mark.parametrize(("state", "available"), [("retired", 5), ("serviceable", 0)])
def test_units_that_are_lost_do_not_say_since_when_the_others_are_there(received, checked, left, state, available):
    received(state, days=9)
    received("serviceable", days=1)
    checked("S0", "INSPECT", "FAILED", day=(AT - timedelta(days=3)).date(), lot=None)
    assert left("S0") == available


def test_a_lot_of_lost_units_alone_was_there_since_they_came(received, checked, session):
    received("recalled", days=9)
    checked("S0", "INSPECT", "FAILED", day=(AT - timedelta(days=3)).date(), lot=None)
    assert session.exec_driver_sql("SELECT lot_code FROM holds").scalars().all() == ["L1"]
