"""出库: what leaves, which lot first, what the gates hold."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, insert, select, update

from inventory.catalogue import UnknownItem
from inventory.database import transaction
from inventory.fefo import BadQuantity, InsufficientStock
from inventory.ledger.choose import Override
from inventory.ledger.errors import (
    KeyReused,
    NotDispatchable,
    OverrideIncomplete,
    UnknownStore,
)
from inventory.ledger.issue import issue
from inventory.ledger.move import change_state
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.reserve import reserve
from inventory.tables.care import holds, maintenance, overrides
from inventory.tables.goods import items
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations, stock_heads

BED, WATER, EXTINGUISHER = "M003", "M013", "M059"
DAY = date(2026, 6, 15)


@pytest.fixture
def go(session, act):
    """`go(5)`: five beds leave S0 for a rescue."""

    def issue_beds(quantity, **more):
        given = {"store": "S0", "item": BED, "act": act(reason="RESCUE")}
        return issue(session, quantity=Decimal(str(quantity)), **(given | more))

    return issue_beds


@pytest.fixture
def checked(session):
    """`checked("L1", "INSPECT", "FAILED", days=3)`: a check of the lot, so many days ago."""

    def record(lot, kind, result, *, item=BED, days=0):
        store_id = session.execute(select(stores.c.id).where(stores.c.code == "S0")).scalar()
        item_id = session.execute(select(items.c.id).where(items.c.code == item)).scalar()
        row = {"store_id": store_id, "item_id": item_id, "lot_code": lot, "kind": kind}
        done = DAY - timedelta(days=days)
        moment = {"done_on": done, "actor": "keeper", "recorded_at": datetime(2026, 6, 15, tzinfo=UTC)}
        session.execute(insert(maintenance), row | moment | {"result": result})
        if result == "FAILED":
            session.execute(insert(holds), row | {"failed_on": done})

    return record


def floor(session, units, *, item=BED):
    item_id = session.execute(select(items.c.id).where(items.c.code == item)).scalar()
    session.execute(update(stock_heads).where(stock_heads.c.item_id == item_id).values(reserve_floor=Decimal(units)))


class TestIssue:
    def test_units_leave_and_are_known_to_be_out(self, stock, go, lines, left):
        stock("S0", 10)
        go(4)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 6, ("L1", None, "issued"): 4}
        assert left("S0") == 6

    def test_fractions_leave_exactly(self, stock, go, lines):
        stock("S0", "0.3")
        go("0.1")
        go("0.2")
        assert lines("S0") == {("L1", None, "issued"): Decimal("0.3")}

    def test_the_last_unit_may_go_and_not_one_more(self, stock, go, refused, left):
        stock("S0", 5)
        with refused(InsufficientStock) as refusal:
            go("5.000001")
        assert refusal.value.facts == {"item": BED, "store": "S0", "asked": Decimal("5.000001"), "available": 5}
        go(5)
        assert left("S0") == 0
        with refused(InsufficientStock):
            go("0.000001")

    def test_two_requests_cannot_both_take_ten_of_five(self, stock, go, refused, lines):
        stock("S0", 5)
        for _ in range(2):
            with refused(InsufficientStock):
                go(10)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 5}

    def test_a_refusal_leaves_nothing_behind_and_clamps_nothing(self, county, act):
        with transaction(county) as connection:
            receive(connection, store="S0", item=BED, quantity=Decimal(5), act=act(), bin="A-1")
        with pytest.raises(InsufficientStock), transaction(county) as connection:
            issue(connection, store="S0", item=BED, quantity=Decimal(6), act=act(reason="RESCUE", key="k"))
        with transaction(county) as connection:
            assert connection.execute(select(balances.c.quantity)).scalars().all() == [5]
            assert connection.execute(select(func.count()).select_from(operations)).scalar() == 1
            # the key of what was refused may be used again
            done = issue(connection, store="S0", item=BED, quantity=Decimal(5), act=act(reason="RESCUE", key="k"))
            assert not done.replayed

    @pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
    def test_nothing_and_less_cannot_leave(self, stock, go, refused, entries, quantity):
        stock("S0", 5)
        before = entries()
        with refused(BadQuantity):
            go(quantity)
        assert entries() == before

    def test_store_and_item_must_be_known(self, go, refused):
        with refused(UnknownStore):
            go(1, store="S99")
        with refused(UnknownItem):
            go(1, item="M999")

    def test_what_another_store_has_does_not_help(self, stock, go, refused):
        stock("S1", 10)
        with refused(InsufficientStock):
            go(1)

    def test_the_same_request_twice_is_done_once(self, stock, go, act, entries, left, refused):
        stock("S0", 10)
        first = go(4, act=act(reason="RESCUE", key="k"))
        before = entries()
        assert go(4, act=act(reason="RESCUE", key="k")).id == first.id
        assert entries() == before
        assert left("S0") == 6
        with refused(KeyReused):
            go(5, act=act(reason="RESCUE", key="k"))

    def test_a_replay_is_answered_even_when_nothing_is_left(self, stock, go, act):
        stock("S0", 4)
        first = go(4, act=act(reason="RESCUE", key="k"))
        assert go(4, act=act(reason="RESCUE", key="k")).id == first.id

    def test_a_back_dated_issue_posts_nothing_anew(self, session, stock, go, act, lines):
        stock("S0", 10)
        go(2)
        before = session.execute(select(movements).order_by(movements.c.id)).all()
        go(3, act=act(reason="RESCUE", occurred_at=datetime(2020, 1, 1, tzinfo=UTC)))
        after = session.execute(select(movements).order_by(movements.c.id)).all()
        assert after[: len(before)] == before
        assert lines("S0")["L1", "A-1-1-1", "serviceable"] == 5


class TestFirstExpiredFirst:
    def test_the_earliest_goes_first_and_no_expiry_last(self, stock, go, lines):
        stock("S0", 5, item=WATER, lot="A", expires=None)
        stock("S0", 5, item=WATER, lot="B", expires=date(2026, 9, 1))
        stock("S0", 5, item=WATER, lot="C", expires=date(2026, 8, 1))
        gone = {}
        for quantity in (3, 3, 5, 4):
            go(quantity, item=WATER)
            gone = {lot: units for (lot, _, state), units in lines("S0", item=WATER).items() if state == "issued"}
            if quantity == 3:
                assert "A" not in gone
                assert gone.get("B", 0) == (0 if sum(gone.values()) == 3 else 1)
        assert gone == {"C": 5, "B": 5, "A": 5}

    def test_equal_days_go_by_lot_then_bin(self, stock, go, lines):
        for lot, bin_ in (("L2", "A-1"), ("L1", "B-1"), ("L1", "A-1")):
            stock("S0", 1, lot=lot, bin=bin_, expires=date(2027, 1, 1))
        order = []
        for _ in range(3):
            before = lines("S0")
            go(1)
            order += [key[:2] for key in before if key[2] == "serviceable" and key not in lines("S0")]
        assert order == [("L1", "A-1"), ("L1", "B-1"), ("L2", "A-1")]

    def test_a_lot_may_be_named(self, stock, go, lines, refused):
        stock("S0", 5, lot="A", expires=date(2027, 1, 1))
        stock("S0", 5, lot="B", expires=date(2028, 1, 1))
        go(5, lot="B")
        assert lines("S0") == {("A", "A-1-1-1", "serviceable"): 5, ("B", None, "issued"): 5}
        with refused(InsufficientStock):
            go(1, lot="B")

    def test_the_expiry_day_itself_is_good_and_the_day_after_is_not(self, stock, go, act, refused, left):
        stock("S0", 5, expires=DAY)
        late = datetime(2026, 6, 15, 15, 59, 59, tzinfo=UTC)  # one second before midnight in Shanghai
        assert left("S0", at=late) == 5
        go(1, act=act(reason="RESCUE", at=late))
        assert left("S0", at=late + timedelta(seconds=1)) == 0
        with refused(InsufficientStock):
            go(1, act=act(reason="RESCUE", at=late + timedelta(seconds=1)))


class TestGates:
    @pytest.mark.parametrize(
        ("state", "task"), [("damaged", "REPAIR"), ("quarantined", "RELEASE"), ("repair", None), ("recalled", None),
                            ("expired", None)]
    )  # fmt: skip
    def test_units_in_no_state_to_go_do_not_go(self, session, stock, go, act, refused, left, state, task):
        stock("S0", 10)
        change_state(session, store="S0", item=BED, quantity=Decimal(4), state="serviceable", to_state=state, act=act())
        assert left("S0") == 6
        with refused(InsufficientStock if task is None else NotDispatchable) as refusal:
            go(7)
        if task is not None:
            facts = refusal.value.facts
            assert (facts["asked"], facts["free"], facts["held"]) == (7, 6, 4)
            assert facts["tasks"] == [f"S0/{BED}/L1/{task}"]
        go(6)

    def test_units_in_no_bin_do_not_go_and_the_task_is_named(self, stock, go, refused):
        stock("S0", 5, bin=None)
        with refused(NotDispatchable) as refusal:
            go(5)
        assert refusal.value.facts["tasks"] == [f"S0/{BED}/L1/PUT_AWAY"]

    def test_of_one_lot_only_the_units_in_a_bin_go(self, stock, go, refused, lines):
        stock("S0", 5)
        stock("S0", 5, bin=None)
        with refused(NotDispatchable) as refusal:
            go(6)
        assert (refusal.value.facts["free"], refusal.value.facts["held"]) == (5, 5)
        go(5)
        assert lines("S0") == {("L1", None, "serviceable"): 5, ("L1", None, "issued"): 5}

    def test_a_failed_check_holds_the_lot_at_once_until_it_passes_on_a_later_day(
        self, stock, go, checked, refused, left
    ):
        stock("S0", 5)
        checked("L1", "INSPECT", "FAILED", days=2)
        assert left("S0") == 0
        with refused(NotDispatchable) as refusal:
            go(1)
        assert refusal.value.facts["tasks"] == [f"S0/{BED}/L1/INSPECT"]
        checked("L1", "INSPECT", "PASSED", days=1)
        go(1)

    def test_an_overdue_blocking_check_holds_and_the_boundary_day_does_not(
        self, stock, go, act, checked, refused, left
    ):
        stock("S0", 8, item=EXTINGUISHER)
        checked("L1", "INSPECT", "PASSED", item=EXTINGUISHER)
        boundary = act().at + timedelta(days=30 + 5)
        go(1, item=EXTINGUISHER, act=act(reason="RESCUE", at=boundary))
        later = boundary + timedelta(days=1)
        with refused(NotDispatchable) as refusal:
            go(1, item=EXTINGUISHER, act=act(reason="RESCUE", at=later))
        assert refusal.value.facts["tasks"] == [f"S0/{EXTINGUISHER}/L1/INSPECT"]
        assert left("S0", item=EXTINGUISHER, at=later) == 7  # overdue blocks; it does not make unserviceable

    def test_an_overdue_check_that_does_not_block_lets_go(self, stock, go, act):
        stock("S0", 5)
        go(1, act=act(reason="RESCUE", at=act().at + timedelta(days=3 * 365)))

    def test_a_check_of_one_lot_holds_no_other(self, stock, go, checked, refused):
        stock("S0", 5, lot="L1")
        stock("S0", 5, lot="L2")
        checked("L1", "INSPECT", "FAILED")
        with refused(NotDispatchable) as refusal:
            go(6)
        assert (refusal.value.facts["free"], refusal.value.facts["held"]) == (5, 5)
        go(5)

    def test_units_past_retirement_do_not_go_by_any_task(self, session, act, go, refused, left):
        old = LotFacts(code="L9", made=date(2016, 6, 1))
        receive(session, store="S0", item=EXTINGUISHER, quantity=Decimal(5), act=act(), lot=old, bin="A-1")
        assert left("S0", item=EXTINGUISHER) == 0
        with refused(InsufficientStock):
            go(1, item=EXTINGUISHER)
        with refused(InsufficientStock):
            go(1, item=EXTINGUISHER, override=Override(person="值班长", reason="火情"))


class TestOverride:
    LIFT = Override(person="值班长", reason="汛情紧急")

    def test_it_is_on_record_with_person_and_reason(self, session, stock, go, act):
        stock("S0", 5)
        stock("S0", 5, lot="L2", bin=None)
        done = go(7, override=self.LIFT)
        row = session.execute(select(overrides)).one()
        assert (row.operation_id, row.person, row.reason, row.quantity) == (done.id, "值班长", "汛情紧急", 2)
        assert row.blocked == [f"S0/{BED}/L2/PUT_AWAY"]
        assert row.recorded_at == act().at

    def test_fit_units_go_first_and_need_no_record(self, session, stock, go, lines):
        stock("S0", 5, lot="A", bin=None, expires=date(2026, 8, 1))
        stock("S0", 5, lot="B")
        go(5, override=self.LIFT)
        assert session.execute(select(overrides)).all() == []
        assert lines("S0")["A", None, "serviceable"] == 5

    @pytest.mark.parametrize("lift", [Override(person=" ", reason="x"), Override(person="x", reason="")])
    def test_a_person_and_a_reason_are_needed(self, stock, go, refused, lift):
        stock("S0", 5)
        with refused(OverrideIncomplete):
            go(5, override=lift)

    def test_it_makes_no_units(self, stock, go, refused):
        stock("S0", 5, bin=None)
        with refused(InsufficientStock) as refusal:
            go(6, override=self.LIFT)
        assert refusal.value.facts["available"] == 5

    @pytest.mark.parametrize("state", ["recalled", "expired", "repair"])
    def test_some_units_do_not_go_whoever_says_so(self, session, stock, go, act, refused, state):
        stock("S0", 5)
        change_state(session, store="S0", item=BED, quantity=None, state="serviceable", to_state=state, act=act())
        with refused(InsufficientStock):
            go(1, override=self.LIFT)

    def test_it_does_not_take_what_is_reserved_for_others(self, session, stock, go, act, refused):
        stock("S0", 5)
        reserve(session, store="S0", item=BED, quantity=Decimal(3), act=act(reason="PLAN"), reference="P1")
        with refused(InsufficientStock):
            go(3, override=self.LIFT)

    def test_the_same_key_with_another_override_is_another_request(self, stock, go, act, refused):
        stock("S0", 5)
        go(1, act=act(reason="RESCUE", key="k"))
        with refused(KeyReused):
            go(1, act=act(reason="RESCUE", key="k"), override=self.LIFT)


class TestReserveFloor:
    def test_the_store_keeps_it(self, session, stock, go, refused):
        stock("S0", 10)
        floor(session, 4)
        with refused(InsufficientStock) as refusal:
            go("6.000001")
        assert refusal.value.facts["available"] == 6
        go(6)
        with refused(InsufficientStock):
            go("0.000001")

    def test_it_binds_the_store_and_not_the_lot(self, session, stock, go, refused):
        stock("S0", 5, lot="A")
        stock("S0", 5, lot="B")
        floor(session, 4)
        go(5, lot="A")
        with refused(InsufficientStock) as refusal:
            go(2, lot="B")
        assert refusal.value.facts["available"] == 1

    def test_units_that_are_unfit_do_not_count_towards_it(self, session, stock, go, act, refused):
        stock("S0", 10)
        floor(session, 4)
        change_state(
            session, store="S0", item=BED, quantity=Decimal(4), state="serviceable", to_state="expired", act=act()
        )
        with refused(InsufficientStock) as refusal:
            go(3)
        assert refusal.value.facts["available"] == 2

    def test_a_reservation_keeps_it_too(self, session, stock, act, refused):
        stock("S0", 10)
        floor(session, 4)
        with refused(InsufficientStock):
            reserve(session, store="S0", item=BED, quantity=Decimal(7), act=act(reason="PLAN"), reference="P")

    def test_to_go_below_it_is_an_override_on_record(self, session, stock, go):
        stock("S0", 10)
        floor(session, 4)
        done = go(8, override=Override(person="值班长", reason="汛情紧急"))
        rows = session.execute(select(overrides)).all()
        assert [(row.operation_id, row.quantity, row.blocked) for row in rows] == [(done.id, 2, ["RESERVE_FLOOR"])]
