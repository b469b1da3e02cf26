"""First expired, first out: one order for reserving and shipping, and never less than asked."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.fefo import BadQuantity, FefoLot, InsufficientStock, allocate, fefo_order

DAY = date(2024, 6, 15)

amounts = st.decimals(min_value=0, max_value=500, places=2)
lot_lists = st.lists(
    st.builds(
        FefoLot,
        lot=st.text("ABC123", min_size=1, max_size=4),
        quantity=amounts,
        expires=st.none() | st.integers(-5, 5).map(lambda days: DAY + timedelta(days=days)),
    ),
    max_size=8,
    unique_by=lambda lot: lot.lot,
)


def test_the_earliest_expiry_goes_first_and_no_expiry_last():
    lots = [
        FefoLot("never", Decimal(5)),
        FefoLot("late", Decimal(5), DAY + timedelta(days=9)),
        FefoLot("soon", Decimal(5), DAY),
    ]
    assert allocate(Decimal(12), lots, item="M013", store="S1") == [
        ("soon", Decimal(5)),
        ("late", Decimal(5)),
        ("never", Decimal(2)),
    ]


def test_no_expiry_comes_after_the_last_day_there_is():
    lots = [FefoLot("A", Decimal(1)), FefoLot("B", Decimal(1), date.max)]
    assert [lot.lot for lot in fefo_order(lots)] == ["B", "A"]


def test_equal_days_go_by_lot_id():
    lots = [FefoLot("B", Decimal(1), DAY), FefoLot("A", Decimal(1), DAY)]
    assert [lot.lot for lot in fefo_order(lots)] == ["A", "B"]


def test_asking_for_more_than_there_is_is_refused_with_the_facts():
    with pytest.raises(InsufficientStock) as refusal:
        allocate(Decimal(10), [FefoLot("A", Decimal(5))], item="M013", store="S1")
    assert refusal.value.facts == {
        "item": "M013",
        "store": "S1",
        "asked": Decimal(10),
        "available": Decimal(5),
    }


@pytest.mark.parametrize("quantity", [Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_asking_for_nothing_or_less_is_refused(quantity):
    with pytest.raises(BadQuantity):
        allocate(quantity, [FefoLot("A", Decimal(5))], item="M013", store="S1")


def test_a_lot_below_zero_is_refused_and_not_taken_as_zero():
    with pytest.raises(BadQuantity):
        allocate(Decimal(1), [FefoLot("A", Decimal(-5)), FefoLot("B", Decimal(5))], item="M013", store="S1")


@given(lots=lot_lists, asked=amounts.filter(lambda amount: amount > 0))
def test_what_is_taken_is_what_was_asked_in_order_and_never_more_than_a_lot_holds(lots, asked):
    available = sum((lot.quantity for lot in lots), Decimal(0))
    if asked > available:
        with pytest.raises(InsufficientStock):
            allocate(asked, lots, item="M013", store="S1")
        return
    taken = allocate(asked, lots, item="M013", store="S1")
    held = {lot.lot: lot.quantity for lot in lots}
    assert sum(amount for _, amount in taken) == asked
    assert all(0 < amount <= held[lot] for lot, amount in taken)
    order = [lot.lot for lot in fefo_order(lots) if lot.quantity]
    assert [lot for lot, _ in taken] == order[: len(taken)]
    assert all(amount == held[lot] for lot, amount in taken[:-1])  # a later lot is opened once the earlier is empty


@given(lots=lot_lists, data=st.data())
def test_the_order_in_which_lots_are_listed_changes_nothing(lots, data):
    assert fefo_order(data.draw(st.permutations(lots))) == fefo_order(lots)
