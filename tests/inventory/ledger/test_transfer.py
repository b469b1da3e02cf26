"""调拨: requested, approved, picked, in transit, received; what may be done when, and what arrives."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from inventory.catalogue import UnknownItem
from inventory.database import transaction
from inventory.fefo import BadQuantity, InsufficientStock
from inventory.ledger.errors import (
    KeyReused,
    NotDispatchable,
    NothingAsked,
    NotInOrder,
    PickGone,
    SameStore,
    UnknownOrder,
    UnknownStore,
    WrongState,
)
from inventory.ledger.pages import stock_page
from inventory.ledger.post import Act
from inventory.ledger.receive import receive
from inventory.ledger.release import sweep
from inventory.ledger.stock_lines import available
from inventory.ledger.transfer import (
    approve_transfer,
    list_transfers,
    request_transfer,
    ship_transfer,
    view_transfer,
)
from inventory.ledger.verify import verify

BED, WATER = "M003", "M013"
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
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
    def test_each_step_is_done_from_its_states_only(self, session, ask, go, stock, act, refused, status, steps):
        stock("S0", 10)
        number = ask(4)
        assert go(number, *WAYS[status]).status == status
        for step in steps:
            after = ALLOWED.get(status, {}).get(step)
            if after is not None:
                point = session.begin_nested()
                assert go(number, step).status == after
                point.rollback()
            else:
                with refused(WrongState) as refusal:
                    steps[step](session, number, act())
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

    def test_an_order_that_is_not_there(self, session, act, refused, steps):
        for step in steps.values():
            with refused(UnknownOrder):
                step(session, "DB-2026-000009", act())
        with refused(UnknownOrder):
            view_transfer(session, "DB-2026-000009")

    @pytest.mark.parametrize("step", ["approve", "pick", "ship", "receive", "refuse", "cancel"])
    def test_a_step_sent_twice_is_done_once(self, session, ask, go, stock, act, entries, step, steps):
        stock("S0", 10)
        number = ask(4)
        before = {"pick": ["approve"], "ship": ["approve"], "receive": ["approve", "ship"]}.get(step, [])
        go(number, *before)
        first = steps[step](session, number, act(key="once"))
        count = entries()
        again = steps[step](session, number, act(key="once"))
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
