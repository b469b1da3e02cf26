"""Inside the store: bins, states, repair, recall, write-off."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.database import reading, transaction
from inventory.fefo import BadQuantity, InsufficientStock
from inventory.five_fixed import TooManyAway
from inventory.ledger.errors import KeyReused, UnknownLot, WrongState
from inventory.ledger.issue import issue
from inventory.ledger.move import NEXT_STATES, change_state, move, recall, write_off
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.reserve import reserve
from inventory.tables.stock import balances, movements, operations, reservations

BED, EXTINGUISHER, OTHER_EXTINGUISHER = "M003", "M059", "M060"


@pytest.fixture
def shift(session, act):
    """`shift(5, "B-1")`: beds of S0 go to another bin."""

    def carry(quantity, to_bin, **more):
        given = {"store": "S0", "item": BED, "act": act(reason="REARRANGE")}
        return move(session, quantity=Decimal(str(quantity)), to_bin=to_bin, **(given | more))

    return carry


@pytest.fixture
def turn(session, act):
    """`turn(5, "serviceable", "damaged")`: beds of S0 are found to be in another state."""

    def change(quantity, state, to_state, **more):
        given = {"store": "S0", "item": BED, "act": act(reason="DAMAGE")}
        amount = None if quantity is None else Decimal(str(quantity))
        return change_state(session, quantity=amount, state=state, to_state=to_state, **(given | more))

    return change


@pytest.fixture
def keep(session, act):
    def hold(quantity, reference, **more):
        given = {"store": "S0", "item": BED, "act": act(reason="PLAN"), "reference": reference}
        return reserve(session, quantity=Decimal(str(quantity)), **(given | more))

    return hold


def live(session):
    rows = session.execute(select(reservations.c.reference, reservations.c.quantity).where(reservations.c.quantity > 0))
    return {row.reference: row.quantity for row in rows}


class TestMove:
    def test_units_change_their_bin_and_nothing_else(self, stock, shift, lines, left):
        stock("S0", "0.3", bin="A-1")
        shift("0.1", "B-1")
        assert lines("S0") == {
            ("L1", "A-1", "serviceable"): Decimal("0.2"),
            ("L1", "B-1", "serviceable"): Decimal("0.1"),
        }
        assert left("S0") == Decimal("0.3")

    def test_put_away_takes_those_that_stand_nowhere(self, stock, shift, lines, refused):
        stock("S0", 5, bin=None)
        stock("S0", 5, bin="A-1")
        shift(5, "B-1", put_away=True)
        assert lines("S0") == {("L1", "A-1", "serviceable"): 5, ("L1", "B-1", "serviceable"): 5}
        with refused(InsufficientStock):
            shift(1, "B-1", put_away=True)

    def test_the_bin_they_leave_may_be_named(self, stock, shift, lines, refused):
        stock("S0", 5, bin="A-1")
        stock("S0", 5, bin="A-2")
        shift(5, "B-1", from_bin="A-2")
        assert lines("S0") == {("L1", "A-1", "serviceable"): 5, ("L1", "B-1", "serviceable"): 5}
        with refused(InsufficientStock):
            shift(1, "B-1", from_bin="A-2")

    def test_units_out_of_the_store_are_not_moved(self, session, stock, shift, act, refused):
        stock("S0", 5)
        issue(session, store="S0", item=BED, quantity=Decimal(3), act=act(reason="RESCUE"))
        with refused(InsufficientStock):
            shift(3, "B-1")

    def test_reserved_units_stay_where_they_are(self, stock, shift, keep, refused):
        stock("S0", 5)
        keep(3, "P1")
        shift(2, "B-1")
        with refused(InsufficientStock):
            shift(1, "B-1", from_bin="A-1-1-1")

    def test_damaged_units_stay_damaged_in_the_other_bin(self, stock, shift, turn, lines):
        stock("S0", 5)
        turn(5, "serviceable", "damaged")
        shift(5, "B-1")
        assert lines("S0") == {("L1", "B-1", "damaged"): 5}

    @pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
    def test_nothing_and_less_cannot_be_moved(self, stock, shift, refused, quantity):
        stock("S0", 5)
        with refused(BadQuantity):
            shift(quantity, "B-1")

    def test_the_same_request_twice_is_done_once(self, stock, shift, act, lines, refused):
        stock("S0", 5)
        first = shift(2, "B-1", act=act(reason="REARRANGE", key="k"))
        assert shift(2, "B-1", act=act(reason="REARRANGE", key="k")).id == first.id
        assert lines("S0")["L1", "B-1", "serviceable"] == 2
        with refused(KeyReused):
            shift(2, "B-2", act=act(reason="REARRANGE", key="k"))


class TestStates:
    def test_damaged_stock_is_not_available(self, stock, turn, left, lines):
        stock("S0", 5)
        turn(2, "serviceable", "damaged")
        assert left("S0") == 3
        assert lines("S0")["L1", "A-1-1-1", "damaged"] == 2

    def test_what_is_mended_is_available_again(self, stock, turn, left):
        stock("S0", 5)
        turn(2, "serviceable", "damaged")
        turn(2, "damaged", "serviceable")
        assert left("S0") == 5

    @pytest.mark.parametrize("state", sorted(NEXT_STATES))
    def test_only_the_steps_there_are(self, stock, turn, refused, lines, state):
        for to_state in [*sorted(NEXT_STATES), "issued", "in_transit", "lost"]:
            if to_state in NEXT_STATES[state]:
                stock("S0", 1, lot=to_state)
                if state != "serviceable":
                    turn(1, "serviceable", state, lot=to_state)
                turn(1, state, to_state, lot=to_state)
                assert {key[2] for key in lines("S0") if key[0] == to_state} == {to_state}
            else:
                with refused(WrongState):
                    turn(1, state, to_state)

    def test_expired_and_recalled_units_can_only_be_retired(self):
        assert NEXT_STATES["expired"] == NEXT_STATES["recalled"] == ("retired",)
        assert NEXT_STATES["retired"] == ()

    def test_retiring_is_a_write_off(self, session, stock, turn):
        stock("S0", 5)
        done = turn(5, "serviceable", "retired")
        kinds = session.execute(select(movements.c.kind).where(movements.c.operation_id == done.id)).scalars().all()
        assert kinds == ["WRITE_OFF"]

    def test_all_of_them_is_all_of_them(self, stock, turn, lines):
        stock("S0", 5, bin="A-1")
        stock("S0", "0.5", bin="B-1")
        turn(None, "serviceable", "quarantined")
        assert lines("S0") == {("L1", "A-1", "quarantined"): 5, ("L1", "B-1", "quarantined"): Decimal("0.5")}

    def test_no_more_than_there_are(self, stock, turn, refused):
        stock("S0", 5)
        with refused(InsufficientStock):
            turn("5.000001", "serviceable", "damaged")
        with refused(UnknownLot):
            turn(1, "serviceable", "damaged", lot="L9")
        with refused(UnknownLot):
            turn(None, "damaged", "serviceable")

    def test_reservations_on_units_that_are_still_there_are_not_given_up(self, session, stock, turn, keep):
        stock("S0", 5)
        keep(3, "P1")
        turn(2, "serviceable", "damaged")
        assert live(session) == {"P1": 3}

    def test_reservations_are_given_up_as_far_as_needed_the_newest_first(self, session, stock, turn, keep, left):
        stock("S0", 10)
        keep(4, "P1")
        keep(4, "P2")
        turn(3, "serviceable", "damaged")
        assert live(session) == {"P1": 4, "P2": 3}
        assert left("S0") == 0
        assert session.execute(select(balances.c.reserved).where(balances.c.state == "serviceable")).scalar() == 7

    def test_a_key_works_here_too(self, stock, turn, act, left, refused):
        stock("S0", 5)
        first = turn(2, "serviceable", "damaged", act=act(reason="DAMAGE", key="k"))
        assert turn(2, "serviceable", "damaged", act=act(reason="DAMAGE", key="k")).id == first.id
        assert left("S0") == 3
        with refused(KeyReused):
            turn(2, "serviceable", "quarantined", act=act(reason="DAMAGE", key="k"))


class TestRepair:
    def test_units_away_stand_in_no_bin_and_wait_for_one_when_they_are_back(self, stock, turn, lines):
        stock("S0", 5)
        turn(2, "serviceable", "repair")
        assert lines("S0")["L1", None, "repair"] == 2
        turn(2, "repair", "serviceable")
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 3, ("L1", None, "serviceable"): 2}

    def test_of_a_hundred_extinguishers_twenty_six_away_are_refused_and_twenty_five_accepted(
        self, stock, turn, refused, left
    ):
        stock("S0", 100, item=EXTINGUISHER)
        with refused(TooManyAway) as refusal:
            turn(26, "serviceable", "repair", item=EXTINGUISHER)
        assert refusal.value.facts == {"store": "S0", "total": 100, "away": 26, "allowed": 25}
        turn(25, "serviceable", "repair", item=EXTINGUISHER)
        assert left("S0", item=EXTINGUISHER) == 75
        with refused(TooManyAway):
            turn(1, "serviceable", "repair", item=EXTINGUISHER)
        turn(5, "repair", "serviceable", item=EXTINGUISHER)
        turn(5, "serviceable", "repair", item=EXTINGUISHER)

    def test_all_kinds_of_extinguishers_are_counted_together(self, stock, turn, refused):
        stock("S0", 50, item=EXTINGUISHER)
        stock("S0", 50, item=OTHER_EXTINGUISHER)
        turn(25, "serviceable", "repair", item=EXTINGUISHER)
        with refused(TooManyAway):
            turn(1, "serviceable", "repair", item=OTHER_EXTINGUISHER)

    def test_those_of_another_store_do_not_count(self, stock, turn, refused):
        stock("S0", 10, item=EXTINGUISHER)
        stock("S1", 90, item=EXTINGUISHER)
        with refused(TooManyAway):
            turn(3, "serviceable", "repair", item=EXTINGUISHER)

    def test_beds_may_all_be_away(self, stock, turn):
        stock("S0", 5)
        turn(5, "serviceable", "repair")

    def test_two_who_send_different_kinds_at_once_do_not_get_past_the_quarter(self, county, act):
        with transaction(county) as connection:
            for item in (EXTINGUISHER, OTHER_EXTINGUISHER):
                receive(connection, store="S0", item=item, quantity=Decimal(50), act=act(), bin="A-1",
                        lot=LotFacts(code="L1", made=date(2026, 1, 1)))  # fmt: skip
        ready, outcomes = threading.Event(), []

        def send(item, *, first):
            try:
                with transaction(county) as connection:
                    if not first:
                        ready.wait()
                    change_state(connection, store="S0", item=item, quantity=Decimal(20), state="serviceable",
                                 to_state="repair", act=act(reason="REPAIR"))  # fmt: skip
                    if first:
                        ready.set()
                        other.join(0.3)  # time for the other to come as far as it can
                outcomes.append("sent")
            except TooManyAway:
                outcomes.append("refused")

        sqlite = county.dialect.name == "sqlite"
        if sqlite:  # one writer at a time: the second cannot even begin
            ready.set()
        other = threading.Thread(target=send, args=(OTHER_EXTINGUISHER,), kwargs={"first": False})
        one = threading.Thread(target=send, args=(EXTINGUISHER,), kwargs={"first": not sqlite})
        other.start()
        one.start()
        one.join()
        other.join()
        assert sorted(outcomes) == ["refused", "sent"]


class TestRecall:
    def test_all_units_are_set_apart_everywhere_at_once(self, session, stock, turn, act, lines, left):
        stock("S0", 5)
        stock("S0", 5, lot="L2")
        stock("S1", 5, expires=date(2027, 1, 1))
        stock("S2", 5, bin=None)
        turn(1, "serviceable", "damaged", lot="L1")
        turn(1, "serviceable", "quarantined", lot="L1")
        turn(1, "serviceable", "repair", lot="L1")
        recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        assert lines("S0") == {
            ("L2", "A-1-1-1", "serviceable"): 5,
            ("L1", "A-1-1-1", "recalled"): 4,
            ("L1", None, "recalled"): 1,
        }
        assert lines("S1") == {("L1", "A-1-1-1", "recalled"): 5}
        assert lines("S2") == {("L1", None, "recalled"): 5}
        assert [left(store) for store in ("S0", "S1", "S2")] == [5, 0, 0]

    def test_reservations_on_them_are_given_up_and_others_are_not(self, session, stock, keep, act):
        stock("S0", 5, lot="L1")
        stock("S0", 5, lot="L2")
        keep(4, "P1", lot="L1")
        keep(4, "P2", lot="L2")
        recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        assert live(session) == {"P2": 4}

    def test_in_one_store_only(self, session, stock, act, left):
        stock("S0", 5)
        stock("S1", 5)
        recall(session, item=BED, lot="L1", store="S1", act=act(reason="RECALL"))
        assert (left("S0"), left("S1")) == (5, 0)

    def test_a_lot_that_is_nowhere_is_not_recalled(self, session, stock, act, refused):
        stock("S0", 5)
        for more in ({"lot": "L9"}, {"lot": "L1", "item": "M013"}, {"lot": "L1", "store": "S1"}):
            with refused(UnknownLot):
                recall(session, **({"item": BED, "act": act(reason="RECALL")} | more))

    def test_it_is_one_operation(self, session, stock, act, entries):
        stock("S0", 5)
        stock("S1", 5)
        first = recall(session, item=BED, lot="L1", act=act(reason="RECALL", key="k"))
        before = entries()
        assert recall(session, item=BED, lot="L1", act=act(reason="RECALL", key="k")).id == first.id
        assert entries() == before
        assert session.execute(select(movements).where(movements.c.operation_id == first.id)).all().__len__() == 2


class TestWriteOff:
    def test_units_leave_the_book_for_good(self, session, stock, act, lines):
        stock("S0", 5)
        done = write_off(
            session, store="S0", item=BED, quantity=Decimal("1.5"), state="serviceable", act=act(reason="LOSS")
        )
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): Decimal("3.5")}
        row = session.execute(select(movements).where(movements.c.operation_id == done.id)).one()
        assert (row.kind, row.quantity, row.to_id) == ("WRITE_OFF", Decimal("1.5"), None)

    def test_only_those_of_the_state_that_are_not_reserved(self, session, stock, keep, act, refused):
        stock("S0", 5)
        keep(2, "P1")
        for state, quantity in (("damaged", 1), ("serviceable", 4)):
            with refused(InsufficientStock):
                write_off(
                    session, store="S0", item=BED, quantity=Decimal(quantity), state=state, act=act(reason="LOSS")
                )

    @pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
    def test_nothing_and_less_cannot_be_written_off(self, session, stock, act, refused, quantity):
        stock("S0", 5)
        with refused(BadQuantity):
            write_off(session, store="S0", item=BED, quantity=Decimal(quantity), state="serviceable",
                      act=act(reason="LOSS"))  # fmt: skip

    def test_the_same_request_twice_is_done_once(self, county, act):
        with transaction(county) as connection:
            receive(connection, store="S0", item=BED, quantity=Decimal(5), act=act(), bin="A-1")
        ids = set()
        for _ in range(2):
            with transaction(county) as connection:
                done = write_off(connection, store="S0", item=BED, quantity=Decimal(2), state="serviceable",
                                 act=act(reason="LOSS", key="k"))  # fmt: skip
                ids.add(done.id)
        with reading(county) as connection:
            assert connection.execute(select(balances.c.quantity)).scalar_one() == 3
            assert len(connection.execute(select(operations)).all()) == 2
        assert len(ids) == 1
