"""调拨: requested, approved, picked, in transit, received; what may be done when, and what arrives."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, select

from inventory.catalogue import UnknownItem
from inventory.database import transaction
from inventory.fefo import BadQuantity, InsufficientStock
from inventory.intake.care import hold_failed
from inventory.ledger.errors import (
    BadArrival,
    KeyReused,
    NotDispatchable,
    NothingAsked,
    NotInOrder,
    PickGone,
    SameStore,
    UnknownLot,
    UnknownOrder,
    UnknownStore,
    WrongState,
)
from inventory.ledger.issue import issue
from inventory.ledger.move import change_state, recall
from inventory.ledger.pages import stock_page
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.release import sweep
from inventory.ledger.stock_lines import available
from inventory.ledger.transfer import (
    Arrival,
    approve_transfer,
    end_transfer,
    list_transfers,
    pick_transfer,
    receive_transfer,
    request_transfer,
    ship_transfer,
    view_transfer,
)
from inventory.ledger.verify import verify
from inventory.tables.care import holds, maintenance
from inventory.tables.goods import items
from inventory.tables.places import stores
from inventory.tables.stock import operations

BED, WATER = "M003", "M013"
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
STEPS = {
    "approve": lambda session, number, act: approve_transfer(session, number=number, act=act),
    "pick": lambda session, number, act: pick_transfer(session, number=number, act=act),
    "ship": lambda session, number, act: ship_transfer(session, number=number, act=act),
    "receive": lambda session, number, act: receive_transfer(session, number=number, act=act, bin="B-1"),
    "refuse": lambda session, number, act: end_transfer(session, number=number, act=act, refuse=True),
    "cancel": lambda session, number, act: end_transfer(session, number=number, act=act),
}
WAYS = {  # status -> steps that lead there
    "requested": (),
    "approved": ("approve",),
    "picked": ("approve", "pick"),
    "in_transit": ("approve", "ship"),
    "received": ("approve", "ship", "receive"),
    "refused": ("refuse",),
    "cancelled": ("cancel",),
}
ALLOWED = {
    "requested": {"approve": "approved", "refuse": "refused", "cancel": "cancelled"},
    "approved": {"pick": "picked", "ship": "in_transit", "cancel": "cancelled"},
    "picked": {"ship": "in_transit", "cancel": "cancelled"},
    "in_transit": {"receive": "received"},
}


@pytest.fixture
def ask(session, act):
    """`ask(4)`: four beds from S0 to S1; the number of the order."""

    def request(quantity=4, **more):
        asked = {"from_store": "S0", "to_store": "S1", "act": act(reason="REPLENISH")}
        return request_transfer(session, lines=[(BED, Decimal(str(quantity)))], **(asked | more))

    return request


@pytest.fixture
def go(session, act):
    """`go(number, "approve", "ship")`: steps of an order, one after the other."""

    def steps(number, *names):
        for name in names:
            STEPS[name](session, number, act(reason="REPLENISH", actor=name))
        return view_transfer(session, number)

    return steps


@pytest.fixture
def checked(session, act):
    """`checked("S0", "INSPECT", "FAILED")`: a check of lot L1 today, with what follows from it."""

    def record(store, kind, result, *, day=date(2026, 6, 15), lot="L1"):
        store_id = session.execute(select(stores.c.id).where(stores.c.code == store)).scalar_one()
        item_id = session.execute(select(items.c.id).where(items.c.code == BED)).scalar_one()
        row = {"store_id": store_id, "item_id": item_id, "lot_code": lot, "kind": kind, "done_on": day}
        session.execute(insert(maintenance), row | {"result": result, "actor": "keeper", "recorded_at": AT})
        hold_failed(session, pairs={(store_id, item_id)})

    return record


class TestTheWholeWay:
    def test_units_go_from_store_to_store_and_are_never_in_both(self, ask, go, stock, left, lines):
        stock("S0", 10)
        number = ask(4)
        assert (left("S0"), left("S1")) == (10, 0)
        go(number, "approve")
        assert (left("S0"), left("S1")) == (6, 0)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 10}
        go(number, "pick", "ship")
        assert (left("S0"), left("S1")) == (6, 0)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 6, ("L1", None, "in_transit"): 4}
        assert lines("S1") == {}
        go(number, "receive")
        assert (left("S0"), left("S1")) == (6, 4)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 6}
        assert lines("S1") == {("L1", "B-1", "serviceable"): 4}

    def test_goods_in_transit_are_seen_where_one_asks_for_them_only(self, session, ask, go, stock):
        stock("S0", 10)
        go(ask(4), "approve", "ship")
        shown = stock_page(session, state="in_transit").rows
        assert [(row.store, row.item, row.quantity) for row in shown] == [("S0", BED, 4)]
        assert sum(row.quantity for row in stock_page(session).rows) == 6
        assert sum(available(session, as_of=AT).values()) == 6

    def test_the_first_expired_go_first(self, session, stock, ask, go):
        stock("S0", 3, lot="LATE", expires=date(2027, 6, 1))
        stock("S0", 3, lot="SOON", expires=date(2026, 7, 1))
        stock("S0", 3, lot="NEVER")
        picks = go(ask(7), "approve").picks
        assert [(pick.lot, pick.quantity) for pick in picks] == [("SOON", 3), ("LATE", 3), ("NEVER", 1)]

    def test_every_step_is_on_record_with_who_and_when(self, ask, go, stock):
        stock("S0", 10)
        view = go(ask(4), "approve", "pick", "ship", "receive")
        assert [(status, actor) for status, actor, _, _ in view.events] == [
            ("requested", "keeper"), ("approved", "approve"), ("picked", "pick"), ("in_transit", "ship"),
            ("received", "receive"),
        ]  # fmt: skip
        assert {moment for *_, moment in view.events} == {AT}
        assert (view.from_store, view.to_store, view.reason, view.status) == ("S0", "S1", "REPLENISH", "received")
        assert view.lines == ((BED, Decimal(4), Decimal(4)),)
        assert (view.picks[0].received, view.picks[0].damaged, view.picks[0].missing) == (4, 0, 0)

    def test_the_ledger_agrees_after_every_step(self, session, ask, go, stock):
        stock("S0", 10)
        number = ask(4)
        for step in ("approve", "pick", "ship", "receive"):
            go(number, step)
            assert verify(session).differences == ()


class TestStates:
    @pytest.mark.parametrize("status", WAYS)
    def test_each_step_is_done_from_its_states_only(self, session, ask, go, stock, act, refused, status):
        stock("S0", 10)
        number = ask(4)
        assert go(number, *WAYS[status]).status == status
        for step in STEPS:
            after = ALLOWED.get(status, {}).get(step)
            if after is not None:
                point = session.begin_nested()
                assert go(number, step).status == after
                point.rollback()
            else:
                with refused(WrongState) as refusal:
                    STEPS[step](session, number, act())
                assert refusal.value.facts["state"] == status
                assert view_transfer(session, number).status == status

    @pytest.mark.parametrize("status", ["refused", "cancelled"])
    def test_what_ends_early_gives_everything_back(self, ask, go, stock, left, status):
        stock("S0", 10)
        number = ask(4)
        go(number, *WAYS[status])
        assert left("S0") == 10

    def test_a_picked_order_may_be_cancelled(self, session, ask, go, stock, left):
        stock("S0", 10)
        go(ask(4), "approve", "pick", "cancel")
        assert left("S0") == 10
        assert verify(session).differences == ()

    def test_an_order_that_is_not_there(self, session, act, refused):
        for step in STEPS.values():
            with refused(UnknownOrder):
                step(session, "DB-2026-000009", act())
        with refused(UnknownOrder):
            view_transfer(session, "DB-2026-000009")

    @pytest.mark.parametrize("step", ["approve", "pick", "ship", "receive", "refuse", "cancel"])
    def test_a_step_sent_twice_is_done_once(self, session, ask, go, stock, act, entries, step):
        stock("S0", 10)
        number = ask(4)
        before = {"pick": ["approve"], "ship": ["approve"], "receive": ["approve", "ship"]}.get(step, [])
        go(number, *before)
        first = STEPS[step](session, number, act(key="once"))
        count = entries()
        again = STEPS[step](session, number, act(key="once"))
        assert (again.id, again.replayed) == (first.id, True)
        assert entries() == count


class TestNumbers:
    def test_they_follow_each_other_within_a_year(self, session, ask, act):
        assert [ask(), ask(), ask()] == ["DB-2026-000001", "DB-2026-000002", "DB-2026-000003"]
        # New Year in Shanghai is 16:00 of the day before in UTC
        late = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
        assert ask(act=act(at=late)) == "DB-2026-000004"
        assert ask(act=act(at=late + timedelta(minutes=1))) == "DB-2027-000001"

    def test_a_request_that_is_refused_uses_none_up(self, session, ask, refused):
        ask()
        with refused(BadQuantity):
            ask(0)
        assert ask() == "DB-2026-000002"

    def test_a_request_sent_twice_is_one_order(self, session, ask, act, entries):
        number = ask(act=act(key="k"))
        count = entries()
        assert ask(act=act(key="k")) == number
        assert entries() == count
        assert ask() == "DB-2026-000002"

    def test_a_key_of_another_request_is_refused(self, session, ask, act, refused, stock):
        number = ask(act=act(key="k"))
        for more in ({"quantity": 5}, {"to_store": "S2"}, {"from_store": "S2"}):
            with refused(KeyReused):
                ask(**({"quantity": 4, "act": act(key="k")} | more))
        with refused(KeyReused):
            approve_transfer(session, number=number, act=act(key="k"))
        stock("S0", 1)
        receive(session, store="S0", item=BED, quantity=Decimal(1), act=act(key="r"))
        with refused(KeyReused):
            ask(act=act(key="r"))


class TestRequest:
    def test_what_cannot_be_asked_for(self, session, ask, refused):
        for more, error in (
            ({"from_store": "S9"}, UnknownStore),
            ({"to_store": "S9"}, UnknownStore),
            ({"to_store": "S0"}, SameStore),
            ({"quantity": 0}, BadQuantity),
            ({"quantity": -1}, BadQuantity),
            ({"quantity": "NaN"}, BadQuantity),
        ):
            with refused(error):
                ask(**more)

    def test_nothing_or_an_unknown_item(self, session, act, refused):
        where = {"from_store": "S0", "to_store": "S1", "act": act()}
        with refused(NothingAsked):
            request_transfer(session, lines=[], **where)
        with refused(UnknownItem):
            request_transfer(session, lines=[("M999", Decimal(1))], **where)

    def test_two_lines_of_one_item_are_one(self, session, act):
        lines = [(BED, Decimal(1)), (WATER, Decimal(2)), (BED, Decimal("0.5"))]
        number = request_transfer(session, from_store="S0", to_store="S1", lines=lines, act=act())
        assert view_transfer(session, number).lines == ((BED, Decimal("1.5"), None), (WATER, Decimal(2), None))

    def test_lists_show_what_is_under_way_newest_first(self, session, ask, go, stock):
        stock("S0", 10)
        first, second, third = ask(1), ask(1), ask(1, to_store="S2")
        go(second, "cancel")
        assert list_transfers(session) == [(third, "requested", "S0", "S2"), (first, "requested", "S0", "S1")]
        assert [row[0] for row in list_transfers(session, store="S1")] == [first]
        assert [row[0] for row in list_transfers(session, store="S1", live=False)] == [second, first]


class TestApproval:
    def test_less_may_be_approved_item_by_item(self, session, act, stock, go):
        stock("S0", 10)
        stock("S0", 10, item=WATER, expires=date(2027, 1, 1))
        lines = [(BED, Decimal(4)), (WATER, Decimal(6))]
        number = request_transfer(session, from_store="S0", to_store="S1", lines=lines, act=act())
        approve_transfer(session, number=number, act=act(), quantities={BED: Decimal(3)})
        view = go(number, "ship", "receive")
        assert view.lines == ((BED, Decimal(4), Decimal(3)), (WATER, Decimal(6), Decimal(0)))
        assert [(pick.item, pick.quantity) for pick in view.picks] == [(BED, 3)]

    @pytest.mark.parametrize("units", ["4.000001", "-1", "NaN"])
    def test_never_more_than_was_asked_for(self, session, ask, act, stock, refused, units):
        stock("S0", 10)
        number = ask(4)
        with refused(BadQuantity):
            approve_transfer(session, number=number, act=act(), quantities={BED: Decimal(units)})

    def test_nothing_at_all_or_an_item_nobody_asked_for(self, session, ask, act, stock, refused):
        stock("S0", 10)
        number = ask(4)
        for quantities in ({}, {BED: Decimal(0)}):
            with refused(NothingAsked):
                approve_transfer(session, number=number, act=act(), quantities=quantities)
        with refused(NotInOrder):
            approve_transfer(session, number=number, act=act(), quantities={BED: Decimal(1), WATER: Decimal(1)})
        assert view_transfer(session, number).status == "requested"

    def test_all_or_nothing_is_reserved(self, session, act, stock, left, refused):
        stock("S0", 10)
        lines = [(BED, Decimal(4)), (WATER, Decimal(1))]
        number = request_transfer(session, from_store="S0", to_store="S1", lines=lines, act=act())
        with refused(InsufficientStock):
            approve_transfer(session, number=number, act=act())
        assert left("S0") == 10

    def test_units_a_gate_holds_are_not_approved(self, session, ask, act, stock, refused):
        stock("S0", 10, bin=None)
        number = ask(4)
        with refused(NotDispatchable) as refusal:
            approve_transfer(session, number=number, act=act())
        assert refusal.value.facts["held"] == 10

    def test_two_orders_do_not_get_the_same_units(self, session, ask, go, act, stock, refused):
        stock("S0", 5)
        first, second = ask(4), ask(4)
        go(first, "approve")
        with refused(InsufficientStock) as refusal:
            approve_transfer(session, number=second, act=act())
        assert refusal.value.facts["available"] == 1

    def test_an_approval_may_run_out(self, session, ask, act, stock, left, refused):
        stock("S0", 10)
        number = ask(4)
        approve_transfer(session, number=number, act=act(), expires_at=AT + timedelta(hours=1))
        assert left("S0") == 6
        assert left("S0", at=AT + timedelta(hours=1)) == 10
        assert sweep(session, at=AT + timedelta(hours=1)) == 1
        with refused(PickGone) as refusal:
            ship_transfer(session, number=number, act=act())
        assert refusal.value.facts == {"number": number, "item": BED, "lot": "L1", "kept": 0, "needed": 4}


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


def test_the_same_request_from_two_at_once_is_one_order(county):
    """The second waits for the number and finds the first."""
    from concurrent.futures import ThreadPoolExecutor

    def ask(_):
        act = Act(actor="keeper", reason="REPLENISH", at=AT, key="once")
        with transaction(county) as connection:
            return request_transfer(connection, from_store="S0", to_store="S1", lines=[(BED, Decimal(1))], act=act)

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(ask, range(8)))
    assert numbers == {"DB-2026-000001"}
    with transaction(county) as connection:
        again = request_transfer(connection, from_store="S0", to_store="S1", lines=[(BED, Decimal(1))],
                                 act=Act(actor="keeper", reason="REPLENISH", at=AT))  # fmt: skip
    assert again == "DB-2026-000002"
