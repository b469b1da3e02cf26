"""调拨: what changes on the way, and what arrives."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.ledger.errors import (
    BadArrival,
    NotDispatchable,
    PickGone,
    UnknownLot,
)
from inventory.ledger.issue import issue
from inventory.ledger.move import change_state, recall
from inventory.ledger.pages import stock_page
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.transfer import (
    Arrival,
    receive_transfer,
    ship_transfer,
    view_transfer,
)
from inventory.ledger.verify import verify
from inventory.tables.care import holds, maintenance
from inventory.tables.places import stores
from inventory.tables.stock import operations

BED, WATER = "M003", "M013"
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


class TestUnitsThatChangeOnTheWay:
    def test_units_set_apart_after_the_approval_are_not_shipped(self, session, ask, go, act, stock, refused):
        stock("S0", 4)
        number = ask(4)
        go(number, "approve", "pick")
        change = {"state": "serviceable", "to_state": "quarantined", "quantity": Decimal(1)}
        change_state(session, store="S0", item=BED, act=act(reason="QUARANTINE"), **change)
        with refused(PickGone) as refusal:
            ship_transfer(session, number=number, act=act())
        assert (refusal.value.facts["kept"], refusal.value.facts["needed"]) == (3, 4)
        assert go(number, "cancel").status == "cancelled"
        assert verify(session).differences == ()

    def test_units_whose_check_fails_after_the_approval_are_not_shipped(
        self, session, ask, go, act, stock, checked, refused
    ):
        stock("S0", 10)
        number = ask(4)
        go(number, "approve")
        checked("S0", "INSPECT", "FAILED")
        with refused(NotDispatchable) as refusal:
            ship_transfer(session, number=number, act=act())
        assert refusal.value.facts["tasks"] == ["S0/M003/L1/INSPECT"]
        checked("S0", "INSPECT", "PASSED", day=date(2026, 6, 16))
        ship_transfer(session, number=number, act=act(at=AT + timedelta(days=1)))

    def test_units_that_expire_after_the_approval_are_not_shipped(self, session, ask, go, act, stock, refused):
        stock("S0", 10, expires=date(2026, 6, 16))
        number = ask(4)
        go(number, "approve")
        with refused(NotDispatchable):
            ship_transfer(session, number=number, act=act(at=AT + timedelta(days=2)))
        ship_transfer(session, number=number, act=act(at=AT + timedelta(days=1)))

    def test_a_lot_recalled_on_its_way_arrives_recalled(self, session, ask, go, act, stock, lines, left):
        stock("S0", 10)
        number = ask(4)
        go(number, "approve", "ship")
        recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        go(number, "receive")
        assert lines("S1") == {("L1", "B-1", "recalled"): 4}
        assert (left("S0"), left("S1")) == (0, 0)
        assert verify(session).differences == ()


class TestArrival:
    def arrive(self, session, act, number, *arrivals, bin="B-1"):
        return receive_transfer(session, number=number, act=act(), arrivals=arrivals, bin=bin)

    @pytest.fixture
    def sent(self, ask, go, stock):
        stock("S0", 10)
        number = ask(10)
        go(number, "approve", "ship")
        return number

    def test_sound_damaged_and_missing_are_told_apart(self, session, act, sent, lines, left):
        one = Arrival(item=BED, lot="L1", received=Decimal(7), damaged=Decimal(2), missing=Decimal(1))
        self.arrive(session, act, sent, one)
        assert lines("S1") == {("L1", "B-1", "serviceable"): 7, ("L1", "B-1", "damaged"): 2}
        assert left("S1") == 7
        assert lines("S0") == {}
        pick = view_transfer(session, sent).picks[0]
        assert (pick.received, pick.damaged, pick.missing) == (7, 2, 1)
        lost = select(operations.c.kind, operations.c.reference).where(operations.c.reason == "LOST_IN_TRANSIT")
        assert session.execute(lost).all() == [("WRITE_OFF", sent)]
        assert verify(session).differences == ()

    @pytest.mark.parametrize(
        "counts", [(10, 1, 0), (8, 1, 0), (11, -1, 0), (0, 0, 0), ("NaN", 0, 0), (5, 5, "Infinity")]
    )
    def test_they_add_up_to_what_was_sent(self, session, act, sent, refused, counts):
        sound, damaged, missing = map(Decimal, counts)
        with refused(BadArrival):
            one = Arrival(item=BED, lot="L1", received=sound, damaged=damaged, missing=missing)
            self.arrive(session, act, sent, one)
        assert view_transfer(session, sent).status == "in_transit"

    def test_every_lot_that_was_sent_is_accounted_for_and_no_other(self, session, act, sent, refused):
        with refused(BadArrival):
            self.arrive(session, act, sent)
        whole = Arrival(item=BED, lot="L1", received=Decimal(10))
        for lot, item in (("L2", BED), ("L1", WATER)):
            with refused(UnknownLot):
                self.arrive(session, act, sent, whole, Arrival(item=item, lot=lot, received=Decimal(1)))

    def test_everything_may_be_lost(self, session, act, sent, lines):
        self.arrive(session, act, sent, Arrival(item=BED, lot="L1", received=Decimal(0), missing=Decimal(10)))
        assert lines("S0") == lines("S1") == {}
        assert session.execute(select(maintenance.c.id)).all() == []

    def test_a_lot_from_two_places_is_counted_as_one(self, session, act, ask, go, stock, lines):
        stock("S0", 3, bin="A-1")
        stock("S0", 3, bin="A-2")
        number = ask(6)
        go(number, "approve", "ship")
        one = Arrival(item=BED, lot="L1", received=Decimal(2), damaged=Decimal(2), missing=Decimal(2), bin="C-1")
        self.arrive(session, act, number, one)
        assert lines("S1") == {("L1", "C-1", "serviceable"): 2, ("L1", "C-1", "damaged"): 2}
        assert verify(session).differences == ()

    def test_without_a_bin_it_waits_for_put_away(self, session, act, sent, lines, left, refused):
        receive_transfer(session, number=sent, act=act())
        assert lines("S1") == {("L1", None, "serviceable"): 10}
        with refused(NotDispatchable):
            issue(session, store="S1", item=BED, quantity=Decimal(1), act=act(reason="RESCUE"))

    def test_owner_price_and_day_of_expiry_go_along(self, session, act, go, ask):
        facts = LotFacts(code="L7", owner="entrusted", unit_price=Decimal("12.5"), expires=date(2027, 1, 1))
        receive(session, store="S0", item=BED, quantity=Decimal(2), act=act(), lot=facts, bin="A-1")
        go(ask(2), "approve", "ship", "receive")
        row = stock_page(session, store="S1").rows[0]
        assert (row.owner, row.unit_price, row.expires) == ("entrusted", Decimal("12.5"), date(2027, 1, 1))


class TestChecks:
    """A transfer resets no clock: what was done to the lot is known at the other store."""

    def known(self, session, store):
        rows = select(maintenance.c.kind, maintenance.c.done_on, maintenance.c.lot_code, maintenance.c.result)
        return session.execute(
            rows.join(stores, stores.c.id == maintenance.c.store_id).where(stores.c.code == store)
        ).all()

    def test_the_last_pass_of_each_check_goes_along(self, session, ask, go, stock, checked):
        stock("S0", 4)
        checked("S0", "INSPECT", "PASSED", day=date(2026, 3, 1))
        checked("S0", "INSPECT", "PASSED", day=date(2026, 5, 1))
        checked("S0", "TEST", "PASSED", day=date(2026, 4, 1))
        go(ask(4), "approve", "ship", "receive")
        assert sorted(self.known(session, "S1")) == [
            ("INSPECT", date(2026, 5, 1), "L1", "PASSED"), ("TEST", date(2026, 4, 1), "L1", "PASSED"),
        ]  # fmt: skip

    def test_checks_of_all_lots_count_where_the_lot_was_there(self, session, ask, go, stock, checked):
        checked("S0", "INSPECT", "PASSED", day=date(2026, 6, 1), lot=None)
        stock("S0", 4)
        checked("S0", "TEST", "PASSED", day=date(2026, 6, 15), lot=None)
        go(ask(4), "approve", "ship", "receive")
        assert self.known(session, "S1") == [("TEST", date(2026, 6, 15), "L1", "PASSED")]

    def test_units_that_join_a_lot_follow_its_history(self, session, ask, go, stock, checked):
        stock("S0", 4)
        stock("S1", 1)
        checked("S0", "INSPECT", "PASSED", day=date(2026, 5, 1))
        go(ask(4), "approve", "ship", "receive")
        assert self.known(session, "S1") == []

    def test_a_lot_that_passed_since_is_not_held_where_it_once_failed(self, session, ask, go, stock, checked, left):
        checked("S1", "INSPECT", "FAILED", day=date(2026, 4, 1))
        assert session.execute(select(holds.c.kind)).all() == [("INSPECT",)]
        stock("S0", 4)
        checked("S0", "INSPECT", "PASSED", day=date(2026, 5, 1))
        go(ask(4), "approve", "ship", "receive")
        assert left("S1") == 4
