"""冲销: a mistake is taken back by a new entry that names the old one."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.database import reading, transaction
from inventory.five_fixed import TooManyAway
from inventory.ledger.errors import AssetTaken, CannotReverse, KeyReused, UnknownOperation
from inventory.ledger.issue import end_loan, give_back, issue, lend
from inventory.ledger.move import change_state, move, recall, write_off
from inventory.ledger.receive import LotFacts, receive, receive_assets
from inventory.ledger.release import release
from inventory.ledger.reserve import reserve
from inventory.ledger.reverse import reverse
from inventory.ledger.transfer import Arrival, receive_transfer, request_transfer
from inventory.tables.goods import assets
from inventory.tables.stock import balances, movements, operations

BED, RADIO, EXTINGUISHER = "M003", "M030", "M059"


@pytest.fixture
def undo(session, act):
    def take_back(operation, **more):
        return reverse(session, operation=operation.id, **({"act": act(reason="CORRECTION")} | more))

    return take_back


def of_beds(quantity, act, **more):
    return {"store": "S0", "item": BED, "quantity": Decimal(quantity), "act": act(**more)}


class TestEveryStepCanBeTakenBack:
    @pytest.mark.parametrize("quantity", ["3", "0.1"])
    @pytest.mark.parametrize(
        "step",
        [
            lambda session, act, n: receive(session, **of_beds(n, act), bin="B-1"),
            lambda session, act, n: issue(session, **of_beds(n, act, reason="RESCUE")),
            lambda session, act, n: give_back(session, **of_beds(n, act, reason="GIVE_BACK"), bin="C-1"),
            lambda session, act, n: move(session, **of_beds(n, act, reason="REARRANGE"), to_bin="B-1"),
            lambda session, act, n: write_off(session, **of_beds(n, act, reason="LOSS"), state="serviceable"),
            lambda session, act, n: change_state(
                session, **of_beds(n, act, reason="DAMAGE"), state="serviceable", to_state="damaged"
            ),
            lambda session, act, n: change_state(
                session, **of_beds(n, act, reason="RETIREMENT"), state="serviceable", to_state="retired"
            ),
            lambda session, act, n: recall(session, item=BED, lot="L1", act=act(reason="RECALL")),
        ],
        ids=["receive", "issue", "give_back", "move", "write_off", "damaged", "retired", "recall"],
    )
    def test_and_all_is_as_before(self, session, stock, act, undo, lines, left, step, quantity):
        stock("S0", 10)
        stock("S0", 10, lot="L0", bin="A-2")
        issue(session, **of_beds(5, act, reason="RESCUE"))
        before, ledger = lines("S0"), session.execute(select(movements).order_by(movements.c.id)).all()
        done = step(session, act, quantity)
        assert lines("S0") != before
        back = undo(done)
        assert lines("S0") == before
        assert left("S0") == 15
        assert session.execute(select(movements).order_by(movements.c.id)).all()[: len(ledger)] == ledger
        named = session.execute(select(operations.c.reverses_id, operations.c.kind).where(operations.c.id == back.id))
        assert named.one() == (done.id, "REVERSE")

    def test_a_recall_taken_back_lets_the_lot_in_again(self, session, stock, act, undo, left):
        stock("S0", 5)
        undo(recall(session, item=BED, lot="L1", act=act(reason="RECALL")))
        stock("S0", 5)
        assert left("S0") == 10


class TestWhatCannotBeTakenBack:
    def test_what_is_not_there(self, session, act, refused):
        with refused(UnknownOperation):
            reverse(session, operation=999, act=act(reason="CORRECTION"))

    def test_what_was_taken_back_already(self, stock, session, act, undo, refused):
        done = receive(session, **of_beds(5, act))
        back = undo(done)
        with refused(CannotReverse) as refusal:
            undo(done)
        assert str(back.id) in refusal.value.facts["why_en"]
        assert str(back.id) in refusal.value.facts["why_zh"]

    def test_a_reversal(self, session, act, undo, refused):
        back = undo(receive(session, **of_beds(5, act)))
        with refused(CannotReverse):
            undo(back)

    def test_a_reservation_and_its_release(self, session, stock, act, undo, refused):
        stock("S0", 5)
        for done in (
            reserve(session, **of_beds(3, act, reason="PLAN"), reference="P1"),
            release(session, reference="P1", act=act(reason="CANCELLED")),
        ):
            with refused(CannotReverse):
                undo(done)

    def test_a_loan_which_ends_by_bringing_it_back(self, session, stock, act, undo, refused):
        stock("S0", 5)
        done = lend(session, **of_beds(3, act), borrower="中学", due_back=date(2026, 7, 1))
        with refused(CannotReverse):
            undo(done)

    def test_units_that_have_gone_on_since(self, session, act, undo, refused, lines):
        done = receive(session, **of_beds(5, act), bin="A-1")
        issue(session, **of_beds("0.000001", act, reason="RESCUE"))
        before = lines("S0")
        with refused(CannotReverse) as refusal:
            undo(done)
        assert "4.999999" in refusal.value.facts["why_en"]
        assert lines("S0") == before

    def test_units_that_are_kept_for_somebody(self, session, act, undo, refused):
        done = receive(session, **of_beds(5, act), bin="A-1")
        reserve(session, **of_beds(1, act, reason="PLAN"), reference="P1")
        with refused(CannotReverse):
            undo(done)

    def test_issued_units_that_are_out_on_loan(self, session, stock, act, undo, refused):
        stock("S0", 5)
        done = issue(session, **of_beds(2, act, reason="RESCUE"))
        give_back(session, **of_beds(2, act, reason="GIVE_BACK"), bin="A-1-1-1")
        lend(session, **of_beds(2, act), borrower="中学", due_back=date(2026, 7, 1))
        with refused(CannotReverse):
            undo(done)

    def test_an_issue_of_a_lot_recalled_since(self, session, stock, act, undo, refused, left):
        stock("S0", 5)
        done = issue(session, **of_beds(2, act, reason="RESCUE"))
        recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        with refused(CannotReverse):
            undo(done)
        assert left("S0") == 0


class TestKeys:
    def test_the_same_reversal_twice_is_done_once(self, session, act, undo, entries):
        done = receive(session, **of_beds(5, act))
        first = undo(done, act=act(reason="CORRECTION", key="k"))
        before = entries()
        again = undo(done, act=act(reason="CORRECTION", key="k"))
        assert (again.id, again.replayed) == (first.id, True)
        assert entries() == before

    def test_the_key_of_another_reversal_is_refused(self, session, act, undo, refused):
        undo(receive(session, **of_beds(5, act)), act=act(reason="CORRECTION", key="k"))
        other = receive(session, **of_beds(6, act))
        with refused(KeyReused):
            undo(other, act=act(reason="CORRECTION", key="k"))

    def test_of_two_who_take_it_back_at_once_one_is_told(self, county, act):
        with transaction(county) as connection:
            done = receive(connection, **of_beds(5, act), bin="A-1")
            receive(connection, **of_beds(5, act), bin="A-1")
        outcomes, together = [], threading.Barrier(2)

        def undo():
            together.wait()
            try:
                with transaction(county) as connection:
                    outcomes.append(reverse(connection, operation=done.id, act=act(reason="CORRECTION")).replayed)
                    threading.Event().wait(0.1)
            except CannotReverse:
                outcomes.append("told")

        threads = [threading.Thread(target=undo) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with reading(county) as connection:
            assert connection.execute(select(balances.c.quantity)).scalar_one() == 5
        assert sorted(map(str, outcomes)) == ["False", "told"]


def test_a_serialised_unit_received_by_mistake_may_be_received_again(session, act, undo, lines, refused):
    wrong = receive_assets(session, store="S1", item=RADIO, serials=["R1"], act=act())
    undo(wrong)
    right = {"store": "S0", "item": RADIO, "serials": ["R1"], "act": act(), "bin": "A-1", "model": "TK-3"}
    receive_assets(session, **right, lot=LotFacts(made=date(2026, 1, 1)))
    assert lines("S1", item=RADIO) == {}
    assert lines("S0", item=RADIO) == {("R1", "A-1", "serviceable"): 1}
    assert session.execute(select(assets.c.serial, assets.c.model)).all() == [("R1", "TK-3")]
    with refused(AssetTaken):
        receive_assets(session, **right)


class TestWhatHasAnotherWayBack:
    def test_a_request_is_no_movement(self, session, stock, act, refused):
        stock("S0", 10)
        number = request_transfer(
            session, from_store="S0", to_store="S1", lines=[(BED, Decimal(1))], act=act(reason="REPLENISH")
        )
        step = session.execute(select(operations.c.id).where(operations.c.reference == number)).scalar_one()
        with refused(CannotReverse):
            reverse(session, operation=step, act=act(reason="CORRECTION"))

    def test_what_a_transfer_lost_does_not_come_back_to_the_road(self, session, stock, ask, go, act, refused, lines):
        stock("S0", 10)
        number = go(ask(4), "approve", "ship").number
        short = Arrival(item=BED, lot="L1", received=Decimal(3), missing=Decimal(1))
        receive_transfer(session, number=number, arrivals=[short], act=act(reason="REPLENISH"))
        lost = session.execute(select(operations.c.id).where(operations.c.reason == "LOST_IN_TRANSIT")).scalar_one()
        with refused(CannotReverse):
            reverse(session, operation=lost, act=act(reason="CORRECTION"))
        assert ("L1", None, "in_transit") not in lines("S0")

    def test_the_end_of_a_loan_stays_so_that_the_loan_is_not_forgotten(self, session, stock, act, refused):
        stock("S0", 10)
        lent = lend(session, **of_beds(5, act), borrower="邻县", due_back=date(2026, 7, 1))
        back = end_loan(session, operation=lent.id, act=act(reason="GIVE_BACK"))
        with refused(CannotReverse):
            reverse(session, operation=back.id, act=act(reason="CORRECTION"))

    def test_a_recall_that_found_nothing_can_be_ended(self, session, stock, act, undo, lines):
        stock("S0", 2)
        issue(session, **of_beds(2, act, reason="RESCUE"))
        stock("S1", 1)
        issue(session, **(of_beds(1, act, reason="RESCUE") | {"store": "S1"}))
        stock("S2", 1)
        done = recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        undo(done)
        stock("S2", 1)
        assert lines("S2")["L1", "A-1-1-1", "serviceable"] == 2

    def test_no_more_than_a_quarter_comes_back_to_repair(self, session, stock, act, refused):
        for lot in ("L1", "L2"):
            stock("S0", 50, item=EXTINGUISHER, lot=lot)

        def state(quantity, lot, old, new):
            what = {"store": "S0", "item": EXTINGUISHER, "quantity": Decimal(quantity), "lot": lot}
            return change_state(session, act=act(reason="REPAIR"), state=old, to_state=new, **what)

        state(20, "L1", "serviceable", "repair")
        mended = state(20, "L1", "repair", "serviceable")
        state(25, "L2", "serviceable", "repair")
        with refused(TooManyAway):
            reverse(session, operation=mended.id, act=act(reason="CORRECTION"))
