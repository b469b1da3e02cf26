"""归还: what comes back, from use and from loan."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.fefo import BadQuantity, InsufficientStock
from inventory.ledger.errors import (
    FewerOut,
    KeyReused,
    NotDispatchable,
    UnknownOrder,
    WrongState,
)
from inventory.ledger.issue import end_loan, give_back, issue, lend
from inventory.ledger.move import recall
from inventory.tables.stock import operations

BED, WATER, EXTINGUISHER = "M003", "M013", "M059"
DAY = date(2026, 6, 15)


@pytest.fixture
def go(session, act):
    """`go(5)`: five beds leave S0 for a rescue."""

    def issue_beds(quantity, **more):
        given = {"store": "S0", "item": BED, "act": act(reason="RESCUE")}
        return issue(session, quantity=Decimal(str(quantity)), **(given | more))

    return issue_beds


class TestReturn:
    def back(self, session, make, quantity, **more):
        given = {"store": "S0", "item": BED, "act": make(reason="GIVE_BACK")}
        return give_back(session, quantity=Decimal(str(quantity)), **(given | more))

    def test_units_come_back_to_a_bin_or_wait_for_one(self, session, stock, go, act, lines):
        stock("S0", 10)
        go(6)
        self.back(session, act, 2, bin="B-1")
        self.back(session, act, 1)
        assert lines("S0") == {
            ("L1", "A-1-1-1", "serviceable"): 4,
            ("L1", "B-1", "serviceable"): 2,
            ("L1", None, "serviceable"): 1,
            ("L1", None, "issued"): 3,
        }

    def test_damaged_ones_come_back_as_damaged(self, session, stock, go, act, lines, left):
        stock("S0", 10)
        go(6)
        self.back(session, act, 5, bin="B-1", damaged=Decimal("1.5"))
        assert lines("S0")["L1", "B-1", "damaged"] == Decimal("1.5")
        assert left("S0") == Decimal("7.5")

    def test_no_more_come_back_than_are_out(self, session, stock, go, act, refused):
        stock("S0", 10)
        go(2)
        with refused(FewerOut) as told:
            self.back(session, act, 3)
        assert (told.value.facts["available"], told.value.facts["asked"]) == (2, 3)

    @pytest.mark.parametrize(
        ("quantity", "damaged"), [("0", "0"), ("-1", "0"), ("1", "2"), ("1", "-1"), ("NaN", "0"), ("1", "NaN")]
    )
    def test_quantities_that_cannot_be_are_refused(self, session, stock, go, act, refused, quantity, damaged):
        stock("S0", 10)
        go(5)
        with refused(BadQuantity):
            self.back(session, act, quantity, damaged=Decimal(damaged))

    def test_the_same_return_twice_is_done_once(self, session, stock, go, act, left, refused):
        stock("S0", 10)
        go(6)
        first = self.back(session, act, 2, bin="B", act=act(reason="GIVE_BACK", key="k"))
        assert self.back(session, act, 2, bin="B", act=act(reason="GIVE_BACK", key="k")).id == first.id
        assert left("S0") == 6
        with refused(KeyReused):
            self.back(session, act, 3, bin="B", act=act(reason="GIVE_BACK", key="k"))

    def test_units_of_a_lot_recalled_meanwhile_come_back_recalled(self, session, stock, go, act, left, lines):
        stock("S0", 10)
        go(6)
        recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        self.back(session, act, 2, bin="B-1")
        assert left("S0") == 0
        assert lines("S0")["L1", "B-1", "recalled"] == 2


class TestLoan:
    def lend(self, session, make, quantity, **more):
        given = {"store": "S0", "item": BED, "borrower": "一镇中学", "due_back": date(2026, 7, 1), "act": make()}
        return lend(session, quantity=Decimal(quantity), **(given | more))

    def test_units_go_out_and_come_back_to_where_they_stood(self, session, stock, act, lines):
        stock("S0", 3, bin="A-1")
        stock("S0", 3, bin="B-1")
        done = self.lend(session, act, 5)
        assert lines("S0") == {("L1", "B-1", "serviceable"): 1, ("L1", None, "issued"): 5}
        end_loan(session, operation=done.id, act=act(reason="GIVE_BACK"))
        assert lines("S0") == {("L1", "A-1", "serviceable"): 3, ("L1", "B-1", "serviceable"): 3}

    def test_it_is_written_down_as_a_loan(self, session, stock, act):
        stock("S0", 3)
        done = self.lend(session, act, 1)
        assert session.execute(select(operations.c.reason).where(operations.c.id == done.id)).scalar() == "LOAN"

    def test_units_may_come_back_damaged(self, session, stock, act, lines):
        stock("S0", 3)
        end_loan(session, operation=self.lend(session, act, 2).id, act=act(reason="GIVE_BACK"), damaged=True)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 1, ("L1", "A-1-1-1", "damaged"): 2}

    def test_a_loan_ends_once(self, session, stock, act, refused, left):
        stock("S0", 3)
        done = self.lend(session, act, 2)
        end_loan(session, operation=done.id, act=act(reason="GIVE_BACK", key="k"))
        assert end_loan(session, operation=done.id, act=act(reason="GIVE_BACK", key="k")).replayed
        with refused(WrongState):
            end_loan(session, operation=done.id, act=act(reason="GIVE_BACK"))
        assert left("S0") == 3

    def test_what_is_no_loan_does_not_end(self, session, stock, go, act, refused):
        stock("S0", 3)
        with refused(UnknownOrder):
            end_loan(session, operation=go(1).id, act=act(reason="GIVE_BACK"))

    def test_gates_hold_loans_too(self, session, stock, act, refused):
        stock("S0", 3, bin=None)
        with refused(NotDispatchable):
            self.lend(session, act, 1)

    def test_a_loan_to_another_borrower_under_the_same_key_is_refused(self, session, stock, act, refused):
        stock("S0", 3)
        self.lend(session, act, 1, act=act(key="k"))
        with refused(KeyReused):
            self.lend(session, act, 1, act=act(key="k"), borrower="二镇")

    def test_units_on_loan_do_not_come_back_by_another_way(self, session, stock, act, refused):
        """Else the loan would stay open, and ending it would take units that are not there."""
        stock("S0", 5)
        done = self.lend(session, act, 5)
        with refused(InsufficientStock):
            give_back(session, store="S0", item=BED, quantity=Decimal(5), act=act(reason="GIVE_BACK"))
        end_loan(session, operation=done.id, act=act(reason="GIVE_BACK"))
