"""盘点: a blind count, its variance, approval by somebody else, and what moves meanwhile."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from inventory.catalogue import UnknownItem
from inventory.fefo import BadQuantity
from inventory.ledger.count import (
    Counted,
    approve_count,
    close_count,
    count_sheet,
    enter_counts,
    open_count,
    reject_count,
)
from inventory.ledger.errors import (
    AdjustedSince,
    CountedWhen,
    CounterApproves,
    CountOpen,
    CountUnfinished,
    KeyReused,
    LotUnclear,
    MovedSince,
    UnknownOrder,
    UnknownStore,
    WrongState,
)
from inventory.ledger.issue import issue
from inventory.ledger.move import change_state, move, write_off
from inventory.ledger.pages import open_reservations
from inventory.ledger.reserve import reserve
from inventory.ledger.reverse import reverse
from inventory.ledger.verify import verify
from inventory.tables.care import maintenance
from inventory.tables.goods import lots
from inventory.tables.orders import order_events
from inventory.tables.stock import movements

BED, WATER = "M003", "M013"
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def begin(session, act):
    """`begin()`: the number of a new blind count of S0."""

    def open_(**more):
        return open_count(session, **({"store": "S0", "act": act(reason="COUNT", actor="boss")} | more))

    return open_


@pytest.fixture
def count(session, act):
    """`count(number, 9)`: nine beds of lot L1 were counted in bin A-1-1-1."""

    def enter(number, quantity, *, actor="counter", key=None, at=AT, counted_at=None, **more):
        facts = {"item": BED, "lot": "L1", "bin": "A-1-1-1"} | more
        one = Counted(quantity=Decimal(str(quantity)), **facts)
        by = act(reason="COUNT", actor=actor, key=key, at=at, occurred_at=counted_at)
        return enter_counts(session, number=number, counted=[one], act=by)

    return enter


@pytest.fixture
def finish(session, act):
    """`finish(number)`: closed by the counter and approved by the boss."""

    def end(number, *, approver="boss"):
        close_count(session, number=number, act=act(reason="COUNT", actor="counter"))
        return approve_count(session, number=number, act=act(reason="COUNT", actor=approver))

    return end


def only(session, number):
    (line,) = count_sheet(session, number)[2]
    return line


class TestTheWholeWay:
    @pytest.mark.parametrize(("counted", "legs"), [(9, (True, False)), (12, (False, True)), (10, None)])
    def test_the_book_follows_what_was_counted(self, session, stock, begin, count, finish, lines, counted, legs):
        stock("S0", 10)
        number = begin()
        count(number, counted)
        done = finish(number)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): counted}
        rows = session.execute(select(movements).where(movements.c.operation_id == done.id)).all()
        found = [(row.kind, row.quantity, row.from_id is not None, row.to_id is not None) for row in rows]
        assert found == ([] if legs is None else [("ADJUST", abs(counted - 10), *legs)])
        assert count_sheet(session, number)[1] == "approved"
        assert verify(session).differences == ()

    def test_found_stock_comes_into_the_book(self, session, stock, begin, count, finish, lines):
        stock("S0", 10)
        number = begin()
        count(number, 10)
        count(number, 3, lot="L9", bin="B-1", expires=date(2027, 1, 1))
        count(number, 2, lot="", bin=None, state="damaged")
        finish(number)
        assert lines("S0") == {
            ("L1", "A-1-1-1", "serviceable"): 10, ("L9", "B-1", "serviceable"): 3, ("", None, "damaged"): 2,
        }  # fmt: skip

    def test_a_line_that_is_gone_goes_to_nothing(self, stock, begin, count, finish, lines):
        stock("S0", 10)
        number = begin()
        count(number, 0)
        finish(number)
        assert lines("S0") == {}

    def test_it_is_on_record_as_the_stocktake_of_the_store(self, session, stock, begin, count, finish):
        stock("S0", 10)
        stock("S1", 10)
        number = begin()
        count(number, 10)
        finish(number)
        row = session.execute(select(maintenance)).one()
        assert (row.kind, row.item_id, row.done_on, row.result, row.note) == (
            "STOCKTAKE", None, date(2026, 6, 15), "PASSED", number,
        )  # fmt: skip

    def test_a_count_of_some_items_is_no_stocktake_of_the_store(self, session, stock, begin, count, finish):
        stock("S0", 10)
        stock("S0", 10, item=WATER)
        number = begin(item_codes=[BED])
        count(number, 10)
        finish(number)
        assert session.execute(select(maintenance)).all() == []

    def test_but_one_of_every_item_there_is_one(self, session, stock, begin, count, finish):
        stock("S0", 10)
        number = begin(item_codes=[BED])
        count(number, 10)
        stock("S0", 5, lot="CAME-LATER")
        finish(number)
        assert len(session.execute(select(maintenance)).all()) == 1

    def test_a_line_left_out_that_has_gone_since_was_not_counted(self, session, stock, begin, count, finish, act):
        stock("S0", 10)
        stock("S0", 10, item=WATER, expires=date(2027, 1, 1))
        number = begin(item_codes=[BED])
        issue(session, store="S0", item=WATER, quantity=Decimal(10), act=act(reason="RELIEF"))
        count(number, 10)
        finish(number)
        assert session.execute(select(maintenance)).all() == []

    def test_units_elsewhere_are_not_asked_for(self, session, stock, begin, act):
        stock("S0", 10)
        issue(session, store="S0", item=BED, quantity=Decimal(4), act=act(reason="RESCUE"))
        change = {"state": "serviceable", "to_state": "repair", "quantity": Decimal(1)}
        change_state(session, store="S0", item=BED, act=act(reason="REPAIR"), **change)
        _, _, lines = count_sheet(session, begin(blind=False))
        assert [(line.state, line.book) for line in lines] == [("serviceable", 5)]

    def test_steps_are_on_record(self, session, stock, begin, count, finish):
        stock("S0", 10)
        number = begin()
        count(number, 10)
        finish(number)
        rows = session.execute(select(order_events.c.status, order_events.c.actor).order_by(order_events.c.id)).all()
        assert rows == [("open", "boss"), ("counted", "counter"), ("approved", "boss")]


class TestBlind:
    def test_who_counts_does_not_see_the_book(self, session, stock, begin, count, act):
        stock("S0", 10)
        number = begin()
        issue(session, store="S0", item=BED, quantity=Decimal(1), act=act(reason="RESCUE"))
        count(number, 8)
        line = only(session, number)
        assert (line.book, line.variance, line.moved_since, line.counted) == (None, None, 0, 8)
        close_count(session, number=number, act=act(reason="COUNT"))
        line = only(session, number)
        assert (line.book, line.expected, line.variance, line.moved_since) == (10, 9, -1, -1)

    def test_an_open_count_shows_it(self, session, stock, begin):
        stock("S0", 10)
        assert only(session, begin(blind=False)).book == 10


class TestWhatMovesMeanwhile:
    def test_units_issued_after_the_count_do_not_distort_the_variance(
        self, session, stock, begin, count, finish, act, lines
    ):
        stock("S0", 10)
        number = begin(act=act(reason="COUNT", actor="boss", at=AT - HOUR))
        count(number, 9, counted_at=AT - HOUR / 2)  # one is missing
        issue(session, store="S0", item=BED, quantity=Decimal(4), act=act(reason="RESCUE"))
        stock("S0", 2)
        finish(number)
        line = only(session, number)
        assert (line.book, line.counted, line.variance, line.moved_since) == (10, 9, -1, -2)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 7
        assert verify(session).differences == ()

    def test_an_offline_count_sent_in_late_and_twice_counts_once(
        self, session, stock, begin, count, finish, act, lines
    ):
        stock("S0", 10)
        number = begin()
        hour, evening = timedelta(hours=1), AT + timedelta(hours=9)
        # counted at nine; four are issued at ten; the sheet comes in at five in the afternoon
        issue(session, store="S0", item=BED, quantity=Decimal(4), act=act(reason="RESCUE", at=AT + 2 * hour))
        late = {"at": evening, "counted_at": AT + hour}
        first = count(number, 9, key="sheet-1", **late)
        again = count(number, 9, key="sheet-1", **late)
        assert (again.id, again.replayed) == (first.id, True)
        found = {"lot": "L9", "bin": "B-1", **late}
        count(number, 3, **found)
        count(number, 3, **found)  # without a key: the same line again, not three more
        finish(number)
        assert lines("S0") == {
            ("L1", "A-1-1-1", "serviceable"): 5, ("L9", "B-1", "serviceable"): 3, ("L1", None, "issued"): 4,
        }  # fmt: skip

    def test_an_entry_made_offline_before_the_count_moved_its_units_then(
        self, session, stock, begin, count, finish, act, lines
    ):
        stock("S0", 10)
        number = begin()
        hour, evening = timedelta(hours=1), AT + timedelta(hours=9)
        # two are issued at nine, eight are counted at ten; both come in at five in the afternoon, in this order
        issue(session, store="S0", item=BED, quantity=Decimal(2),
              act=act(reason="RESCUE", at=evening, occurred_at=AT + hour))  # fmt: skip
        count(number, 8, at=evening, counted_at=AT + 2 * hour)
        finish(number)
        line = only(session, number)
        assert (line.book, line.expected, line.variance) == (10, 8, 0)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 8

    def test_an_entry_made_before_the_count_that_comes_after_it_is_not_missed_twice(
        self, session, stock, begin, count, finish, act, lines
    ):
        stock("S0", 10)
        number = begin()
        hour, evening = timedelta(hours=1), AT + timedelta(hours=9)
        count(number, 8, at=AT + 2 * hour)
        # two were issued by somebody else before, without a network; that comes in at five in the afternoon
        issue(session, store="S0", item=BED, quantity=Decimal(2),
              act=act(reason="RESCUE", at=evening, occurred_at=AT + hour))  # fmt: skip
        finish(number)
        line = only(session, number)
        assert (line.book, line.expected, line.variance) == (10, 8, 0)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 8
        # what comes in once it has been judged alters the book, and no longer the sheet
        issue(session, store="S0", item=BED, quantity=Decimal(1),
              act=act(reason="RESCUE", at=evening + hour, occurred_at=AT + hour))  # fmt: skip
        assert only(session, number).expected == 8
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 7

    def test_an_entry_that_is_reversed_after_the_count_has_the_shelf_counted_again(
        self, session, stock, begin, count, finish, act, lines, refused
    ):
        stock("S0", 10)
        number = begin()
        wrong = issue(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="RESCUE"))  # nothing left
        count(number, 10, at=AT + HOUR)
        reverse(session, operation=wrong.id, act=act(reason="CORRECTION", at=AT + 2 * HOUR))
        with refused(AdjustedSince):
            finish(number)
        count(number, 10, at=AT + 3 * HOUR)
        finish(number)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 10

    def test_an_older_figure_that_comes_late_replaces_no_newer_one(self, session, stock, begin, count, act):
        stock("S0", 10)
        number = begin()
        count(number, 9, at=AT + 2 * HOUR)
        count(number, 7, at=AT + 3 * HOUR, counted_at=AT + HOUR)
        close_count(session, number=number, act=act(reason="COUNT"))
        assert only(session, number).counted == 9

    def test_a_moment_said_to_be_ahead_of_the_entry_is_that_of_the_entry(
        self, session, stock, begin, count, finish, act, lines
    ):
        stock("S0", 10)
        number = begin()
        late = AT + timedelta(days=1)  # by a clock that is a day fast
        issue(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="RESCUE", occurred_at=late))
        count(number, 8)
        finish(number)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 8

    def test_units_issued_before_the_shelf_is_counted_are_not_missing(
        self, session, stock, begin, count, finish, act, lines
    ):
        stock("S0", 10)
        number = begin()
        issue(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="RESCUE"))
        count(number, 8)
        finish(number)
        line = only(session, number)
        assert (line.book, line.expected, line.variance) == (10, 8, 0)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 8

    def test_a_line_counted_again_is_expected_anew(self, session, stock, begin, count, finish, act, lines):
        stock("S0", 10)
        number = begin()
        count(number, 9)
        issue(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="RESCUE"))
        count(number, 8)
        finish(number)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 8

    @pytest.mark.parametrize("hours", [-1, 2])
    def test_shelves_are_counted_between_the_opening_and_now(self, session, stock, begin, count, refused, hours):
        stock("S0", 10)
        number = begin()
        with refused(CountedWhen):
            count(number, 9, at=AT + timedelta(hours=1), counted_at=AT + timedelta(hours=hours))

    def test_units_moved_to_another_bin_are_counted_once(self, session, stock, begin, count, finish, act, lines):
        stock("S0", 100)
        number = begin()
        to_b = {"store": "S0", "item": BED, "quantity": Decimal(5), "to_bin": "B-1", "lot": "L1"}
        move(session, act=act(reason="REARRANGE"), **to_b)
        count(number, 95)
        count(number, 5, bin="B-1")
        finish(number)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 95, ("L1", "B-1", "serviceable"): 5}

    def test_units_received_meanwhile_are_counted_once(self, session, stock, begin, count, finish, lines):
        stock("S0", 10)
        number = begin()
        stock("S0", 20, lot="L2")
        count(number, 10)
        count(number, 20, lot="L2")
        finish(number)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 10, ("L2", "A-1-1-1", "serviceable"): 20}

    def test_found_units_of_a_known_lot_are_that_lot(self, session, stock, begin, count, finish, lines):
        stock("S0", 10)
        number = begin()
        count(number, 10)
        count(number, 3, bin="C-1")
        finish(number)
        assert lines("S0")["L1", "C-1", "serviceable"] == 3
        assert session.execute(select(func.count()).select_from(lots)).scalar_one() == 1

    def test_a_lot_that_stands_in_one_place_needs_no_bin(self, session, stock, begin, count, finish, lines):
        stock("S0", 6)
        number = begin()
        count(number, 6, bin=None)
        finish(number)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 6}

    def test_a_lot_that_stands_in_two_places_needs_its_bin(self, session, stock, begin, count, refused):
        stock("S0", 6)
        stock("S0", 2, bin="B-1")
        number = begin()
        with refused(LotUnclear):
            count(number, 6, bin=None)

    def test_two_counts_of_a_store_cannot_both_adjust(self, session, stock, begin, count, finish, refused):
        stock("S0", 10)
        number = begin()
        with refused(CountOpen) as refusal:
            begin()
        assert refusal.value.facts["number"] == number
        count(number, 9)
        finish(number)
        begin()

    def test_what_was_written_off_after_the_count_is_not_taken_off_again(
        self, session, stock, begin, count, finish, act, refused, lines
    ):
        stock("S0", 100)
        number = begin()
        count(number, 90)
        lost = {"store": "S0", "item": BED, "quantity": Decimal(10), "state": "serviceable"}
        write_off(session, act=act(reason="LOSS", at=AT + timedelta(minutes=5)), **lost)
        with refused(AdjustedSince):
            finish(number)
        count(number, 90, at=AT + timedelta(minutes=10))
        finish(number)
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 90

    def test_an_approval_sent_twice_adjusts_once(self, session, stock, begin, count, act, lines, entries):
        stock("S0", 10)
        number = begin()
        count(number, 9)
        close_count(session, number=number, act=act(reason="COUNT", key="c"))
        close_count(session, number=number, act=act(reason="COUNT", key="c"))
        approve_count(session, number=number, act=act(reason="COUNT", key="a"))
        before = entries()
        assert approve_count(session, number=number, act=act(reason="COUNT", key="a")).replayed
        assert entries() == before
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 9}

    def test_a_line_never_goes_below_nothing(self, session, stock, begin, count, act, refused, lines):
        stock("S0", 10)
        number = begin()
        count(number, 4)
        issue(session, store="S0", item=BED, quantity=Decimal(7), act=act(reason="RESCUE", at=AT + HOUR))
        close_count(session, number=number, act=act(reason="COUNT"))
        with refused(MovedSince) as refusal:
            approve_count(session, number=number, act=act(reason="COUNT"))
        assert refusal.value.facts == {"store": "S0", "item": BED, "lot": "L1", "book": 10, "counted": 4, "now": 3}
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 3

    def test_reservations_give_way_as_far_as_needed_the_newest_first(self, session, stock, begin, count, finish, act):
        stock("S0", 10)
        for reference in ("OLD", "MIDDLE", "NEW"):
            reserve(session, store="S0", item=BED, quantity=Decimal(3), act=act(reason="PLAN"), reference=reference)
        number = begin()
        count(number, 5)
        finish(number)
        assert [(one.reference, one.quantity) for one in open_reservations(session)] == [("MIDDLE", 2), ("OLD", 3)]
        assert verify(session).differences == ()


class TestRefusals:
    def test_who_counted_does_not_approve(self, session, stock, begin, count, act, refused):
        stock("S0", 10)
        number = begin()
        count(number, 9)
        close_count(session, number=number, act=act(reason="COUNT"))
        with refused(CounterApproves) as refusal:
            approve_count(session, number=number, act=act(reason="COUNT", actor="counter"))
        assert refusal.value.facts == {"number": number, "person": "counter"}

    def test_lines_nobody_counted_are_named(self, session, stock, begin, count, act, refused):
        stock("S0", 10)
        stock("S0", 10, lot="L2")
        number = begin()
        count(number, 10)
        with refused(CountUnfinished) as refusal:
            close_count(session, number=number, act=act(reason="COUNT"))
        assert refusal.value.facts == {"number": number, "missing": 1, "lines": ["M003 L2 A-1-1-1"]}

    def test_each_step_is_done_from_its_states_only(self, session, stock, begin, count, finish, act, refused):
        stock("S0", 10)
        number = begin()
        steps = {"enter": lambda: count(number, 9), "close": lambda: close_count(session, number=number, act=act()),
                 "approve": lambda: approve_count(session, number=number, act=act(actor="boss")),
                 "reject": lambda: reject_count(session, number=number, act=act())}  # fmt: skip

        def only_these(*allowed):
            for name, step in steps.items():
                if name in allowed:
                    point = session.begin_nested()
                    step()
                    point.rollback()
                else:
                    with refused(WrongState):
                        step()

        count(number, 9)
        only_these("enter", "close", "reject")
        steps["close"]()
        only_these("enter", "approve", "reject")
        steps["approve"]()
        only_these()
        number = begin()
        count(number, 9)
        steps["reject"]()
        only_these()

    def test_a_rejected_count_changes_nothing(self, session, stock, begin, count, act, lines):
        stock("S0", 10)
        number = begin()
        count(number, 2)
        first = reject_count(session, number=number, act=act(key="r"))
        assert reject_count(session, number=number, act=act(key="r")).id == first.id
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 10}
        assert count_sheet(session, number)[1] == "rejected"

    def test_what_is_not_there(self, session, begin, act, refused, count):
        with refused(UnknownStore):
            begin(store="S9")
        with refused(UnknownItem):
            begin(item_codes=[BED, "M999"])
        for step in (close_count, approve_count, reject_count):
            with refused(UnknownOrder):
                step(session, number="PD-2026-000009", act=act())
        with refused(UnknownOrder):
            count_sheet(session, "PD-2026-000009")
        number = begin()
        with refused(UnknownItem):
            count(number, 1, item="M999")

    def test_what_cannot_be_counted(self, begin, count, refused):
        number = begin()
        for quantity in (-1, "NaN", "Infinity"):
            with refused(BadQuantity):
                count(number, quantity)
        for state in ("issued", "in_transit", "retired", "repair", "lost"):
            with refused(WrongState):
                count(number, 1, state=state)

    def test_a_line_without_a_lot_number_is_told_by_its_day_of_expiry(
        self, stock, begin, count, refused, lines, finish
    ):
        stock("S0", 5, lot="", expires=date(2026, 7, 1))
        stock("S0", 6, lot="", expires=date(2026, 8, 1))
        number = begin()
        with refused(LotUnclear) as refusal:
            count(number, 5, lot="")
        assert refusal.value.facts == {"number": number, "item": BED, "lot": "-", "lines": 2}
        count(number, 4, lot="", expires=date(2026, 7, 1))
        count(number, 6, lot="", expires=date(2026, 8, 1))
        finish(number)
        assert lines("S0") == {("", "A-1-1-1", "serviceable"): 10}

    def test_numbers_follow_each_other_and_a_key_makes_one_count(self, begin, act, refused, session, entries):
        assert begin(act=act(key="k")) == "PD-2026-000001"
        before = entries()
        assert begin(act=act(key="k")) == "PD-2026-000001"
        assert entries() == before
        with refused(KeyReused):
            begin(act=act(key="k"), blind=False)
        assert begin(store="S1", act=act(at=AT + timedelta(days=365))) == "PD-2027-000001"
        assert begin(store="S2") == "PD-2026-000002"
