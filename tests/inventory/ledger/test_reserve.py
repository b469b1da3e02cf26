"""预留: kept for somebody, still there, no longer available, and free again when the time is over."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from inventory.fefo import BadQuantity, InsufficientStock
from inventory.ledger.errors import KeyReused, NotDispatchable, UnknownOrder
from inventory.ledger.issue import issue
from inventory.ledger.move import change_state
from inventory.ledger.post import Line, lock
from inventory.ledger.receive import bin_id_of
from inventory.ledger.release import OwnedReference, release, reservation_ids, sweep
from inventory.ledger.reserve import issue_reserved, reserve, use
from inventory.tables import Quantity
from inventory.tables.stock import balances, movements, operations, reservations

BED = "M003"


@pytest.fixture
def keep(session, act):
    """`keep(5, "P1")`: five beds of S0 are kept for plan P1."""

    def hold(quantity, reference="P1", **more):
        given = {"store": "S0", "item": BED, "act": act(reason="PLAN"), "reference": reference}
        return reserve(session, quantity=Decimal(str(quantity)), **(given | more))

    return hold


@pytest.fixture
def go(session, act):
    def issue_beds(quantity, **more):
        given = {"store": "S0", "item": BED, "act": act(reason="RESCUE")}
        return issue(session, quantity=Decimal(str(quantity)), **(given | more))

    return issue_beds


def kept(session):
    return session.execute(select(func.sum(balances.c.reserved).cast(Quantity))).scalar()


class TestReserve:
    def test_units_stay_and_are_no_longer_available(self, session, stock, keep, lines, left):
        stock("S0", 10)
        keep("3.5")
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 10}
        assert left("S0") == Decimal("6.5")

    def test_it_is_a_movement_onto_its_own_line(self, session, stock, keep):
        stock("S0", 10)
        done = keep(3)
        row = session.execute(select(movements).where(movements.c.operation_id == done.id)).one()
        assert (row.kind, row.quantity) == ("RESERVE", 3)
        assert row.from_id == row.to_id

    def test_two_requests_cannot_both_keep_ten_of_five(self, stock, keep, refused, left):
        stock("S0", 5)
        for _ in range(2):
            with refused(InsufficientStock):
                keep(10)
        keep(3)
        with refused(InsufficientStock) as refusal:
            keep(3, "P2")
        assert refusal.value.facts["available"] == 2
        assert left("S0") == 2

    def test_what_is_kept_for_others_is_not_issued(self, stock, keep, go, refused):
        stock("S0", 5)
        keep(3)
        with refused(InsufficientStock) as refusal:
            go("2.000001")
        assert refusal.value.facts["available"] == 2
        go(2)

    def test_the_first_to_expire_is_kept_first_and_others_get_the_later_ones(self, session, stock, keep, go, lines):
        stock("S0", 5, lot="A", expires=date(2026, 8, 1))
        stock("S0", 5, lot="B", expires=date(2026, 9, 1))
        keep(4)
        go(3)
        assert lines("S0") == {
            ("A", "A-1-1-1", "serviceable"): 4,
            ("A", None, "issued"): 1,
            ("B", "A-1-1-1", "serviceable"): 3,
            ("B", None, "issued"): 2,
        }

    def test_units_a_gate_holds_are_not_kept_for_anybody(self, stock, keep, refused):
        stock("S0", 5, bin=None)
        with refused(NotDispatchable):
            keep(1)

    @pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
    def test_nothing_and_less_cannot_be_kept(self, stock, keep, refused, quantity):
        stock("S0", 5)
        with refused(BadQuantity):
            keep(quantity)

    def test_the_same_request_twice_is_done_once(self, session, stock, keep, act, refused, left):
        stock("S0", 10)
        first = keep(3, act=act(reason="PLAN", key="k"))
        assert keep(3, act=act(reason="PLAN", key="k")).id == first.id
        assert left("S0") == 7
        for more in ({"reference": "P2"}, {"expires_at": act().at + timedelta(hours=1)}, {"lot": "L1"}):
            with refused(KeyReused):
                keep(3, act=act(reason="PLAN", key="k"), **more)


class TestUse:
    def test_the_lots_that_were_kept_are_the_ones_that_ship(self, session, stock, keep, lines):
        """The lesson: earliest kept, and the same ones shipped, though an earlier lot came in meanwhile."""
        stock("S0", 5, lot="B", expires=date(2026, 9, 1))
        operation = keep(5)
        stock("S0", 5, lot="A", expires=date(2026, 8, 1))
        head = lock(session, [("S0", BED)])["S0", BED]
        for number in reservation_ids(session, "P1"):
            lot = session.execute(select(balances.c.lot_id).where(balances.c.reserved > 0)).scalar_one()
            target = Line(head.store_id, head.item_id, lot, None, "issued")
            use(session, operation, number, Decimal(5), target, "ISSUE")
        assert lines("S0") == {("A", "A-1-1-1", "serviceable"): 5, ("B", None, "issued"): 5}
        assert kept(session) == 0
        assert reservation_ids(session, "P1") == []

    def test_part_of_it_may_be_used(self, session, stock, keep, lines, left):
        stock("S0", 5)
        operation = keep(4)
        head = lock(session, [("S0", BED)])["S0", BED]
        line = session.execute(select(balances)).one()
        (number,) = reservation_ids(session, "P1")
        target = Line(head.store_id, head.item_id, line.lot_id, bin_id_of(session, head.store_id, "B-1"), "serviceable")
        use(session, operation, number, Decimal("1.5"), target, "MOVE")
        assert session.execute(select(reservations.c.quantity)).scalar() == Decimal("2.5")
        assert left("S0") == Decimal("2.5")


class TestRelease:
    def test_everything_kept_for_a_reference_is_free_again(self, session, stock, keep, act, left):
        stock("S0", 10)
        stock("S1", 10)
        keep(3)
        keep(2)
        keep(4, store="S1")
        keep(1, "P2")
        release(session, reference="P1", act=act(reason="CANCELLED"))
        assert (left("S0"), left("S1")) == (9, 10)
        assert kept(session) == 1

    def test_nothing_to_release_is_said(self, session, stock, keep, act, refused):
        stock("S0", 10)
        keep(3)
        with refused(UnknownOrder):
            release(session, reference="P9", act=act(reason="CANCELLED"))
        release(session, reference="P1", act=act(reason="CANCELLED"))
        with refused(UnknownOrder):
            release(session, reference="P1", act=act(reason="CANCELLED"))

    def test_the_same_release_twice_is_done_once(self, session, stock, keep, act, entries):
        stock("S0", 10)
        keep(3)
        first = release(session, reference="P1", act=act(reason="CANCELLED", key="k"))
        before = entries()
        assert release(session, reference="P1", act=act(reason="CANCELLED", key="k")).id == first.id
        assert entries() == before


class TestExpiry:
    @pytest.fixture
    def hour(self, stock, keep, act):
        """Five beds, of which four are kept for one hour; the end of that hour."""
        stock("S0", 5)
        end = act().at + timedelta(hours=1)
        keep(4, expires_at=end)
        return end

    def test_until_then_the_units_are_kept_and_from_then_on_available(self, hour, left):
        assert left("S0", at=hour - timedelta(microseconds=1)) == 1
        assert left("S0", at=hour) == 5

    def test_an_issue_counts_them_again_too(self, session, hour, go, act, refused):
        with refused(InsufficientStock):
            go(2, act=act(reason="RESCUE", at=hour - timedelta(microseconds=1)))
        go(5, act=act(reason="RESCUE", at=hour))
        assert kept(session) == 0
        assert session.execute(select(reservations.c.quantity)).scalars().all() == [0]

    def test_and_it_is_on_record_that_the_time_was_over(self, session, hour, go, act):
        go(1, act=act(reason="RESCUE", at=hour))
        row = session.execute(select(operations).where(operations.c.kind == "RELEASE")).one()
        assert (row.actor, row.reason, row.recorded_at) == ("system", "EXPIRED_HOLD", hour)

    def test_another_may_keep_them(self, session, hour, keep, act, left):
        keep(5, "P2", act=act(reason="PLAN", at=hour))
        assert left("S0", at=hour) == 0

    def test_a_sweep_frees_all_that_ran_out_and_nothing_else(self, session, hour, stock, keep, left, entries):
        stock("S1", 5)
        keep(2, "P2", store="S1", expires_at=hour + timedelta(hours=1))
        keep(1, "P3")
        before = left("S0", at=hour), left("S1", at=hour)
        assert sweep(session, at=hour) == 1
        assert kept(session) == 3
        assert (left("S0", at=hour), left("S1", at=hour)) == before == (4, 3)
        count = entries()
        assert sweep(session, at=hour) == 0
        assert entries() == count

    def test_only_what_stands_on_fit_units_comes_back(self, session, hour, stock, keep, left, act):
        """Nothing is counted twice: a reservation on expired stock frees nothing."""
        stock("S1", 5, expires=date(2026, 6, 15))
        keep(4, "P2", store="S1", expires_at=hour)
        assert left("S1", at=hour) == 5
        assert left("S1", at=hour + timedelta(days=2)) == 0


class TestIssueReserved:
    def test_what_was_kept_leaves_and_nothing_else(self, session, stock, keep, act, lines, left):
        stock("S0", 10)
        stock("S1", 10)
        keep(4)
        keep(3, store="S1")
        keep(2, "P2")
        issue_reserved(session, reference="P1", act=act(reason="PLAN"), store="S0")
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 6, ("L1", None, "issued"): 4}
        assert kept(session) == 5
        issue_reserved(session, reference="P1", act=act(reason="PLAN"))
        assert lines("S1")["L1", None, "issued"] == 3
        assert left("S0") == 4
        assert kept(session) == 2

    def test_sent_twice_it_leaves_once(self, session, stock, keep, act, lines):
        stock("S0", 10)
        keep(4)
        first = issue_reserved(session, reference="P1", act=act(reason="PLAN", key="k"))
        again = issue_reserved(session, reference="P1", act=act(reason="PLAN", key="k"))
        assert (again.id, again.replayed) == (first.id, True)
        assert lines("S0")["L1", None, "issued"] == 4

    def test_nothing_kept_is_told(self, session, stock, keep, act, refused):
        stock("S0", 10)
        with refused(UnknownOrder):
            issue_reserved(session, reference="P1", act=act(reason="PLAN"))
        keep(1, expires_at=act().at + timedelta(hours=1))
        with refused(UnknownOrder):
            issue_reserved(session, reference="P1", act=act(reason="PLAN", at=act().at + timedelta(hours=2)))

    def test_units_that_expired_meanwhile_stay(self, session, stock, keep, act, refused, lines):
        stock("S0", 10, expires=date(2026, 6, 20))
        keep(4)
        with refused(NotDispatchable):
            issue_reserved(session, reference="P1", act=act(reason="PLAN", at=act().at + timedelta(days=10)))
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 10}

    def test_units_set_apart_meanwhile_are_no_longer_kept(self, session, stock, keep, act, refused):
        stock("S0", 4)
        keep(4)
        apart = {"store": "S0", "item": BED, "quantity": None, "state": "serviceable", "to_state": "quarantined"}
        change_state(session, act=act(reason="QUARANTINE"), **apart)
        with refused(UnknownOrder):
            issue_reserved(session, reference="P1", act=act(reason="PLAN"))


class TestWhatOrdersKeep:
    """Units of a transfer or a plan go by the steps of that transfer or plan."""

    @pytest.fixture
    def approved(self, stock, ask, go_on):
        stock("S0", 10)
        number = ask(4)
        go_on(number, "approve")
        return number

    @pytest.fixture
    def go_on(self, session, act, steps):
        def to(number, *names):
            for name in names:
                steps[name](session, number, act(reason="REPLENISH", actor=name))

        return to

    def test_a_transfer_is_neither_added_to_nor_released_nor_issued(
        self, session, approved, keep, act, refused, go_on, lines
    ):
        with refused(OwnedReference) as refusal:
            release(session, reference=approved, act=act(reason="CANCELLED"))
        assert "transfer cancel" in refusal.value.facts["way_en"]
        with refused(OwnedReference):
            keep(1, approved)
        with refused(OwnedReference):
            issue_reserved(session, reference=approved, act=act(reason="RELIEF"))
        assert kept(session) == 4
        go_on(approved, "pick", "ship")
        assert lines("S0")["L1", None, "in_transit"] == 4

    def test_a_plan_is_neither_added_to_nor_released(self, session, stock, keep, act, refused):
        stock("S0", 10)
        with refused(OwnedReference) as refusal:
            keep(3, "plan:drill")
        assert "plan cancel --situation drill" in refusal.value.facts["way_en"]
        with refused(OwnedReference):
            release(session, reference="plan:drill", act=act(reason="CANCELLED"))
        with refused(UnknownOrder):  # but what it keeps is issued under it
            issue_reserved(session, reference="plan:drill", act=act(reason="PLAN"))

    @pytest.mark.parametrize("reference", ["DB", "DB-1", "planning", "PD-x", "convoy 3"])
    def test_any_other_name_will_do(self, session, stock, keep, act, reference):
        stock("S0", 10)
        keep(3, reference)
        release(session, reference=reference, act=act(reason="CANCELLED"))
        assert kept(session) == 0
