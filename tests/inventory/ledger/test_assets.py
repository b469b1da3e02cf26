"""One serialised unit: where it is, and everything that was done to it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.files.columns import table_of
from inventory.intake.care import import_maintenance
from inventory.ledger.assets import Standing, UnknownAsset, asset_history
from inventory.ledger.issue import give_back, issue
from inventory.ledger.move import change_state, move, write_off
from inventory.ledger.receive import LotFacts, receive_assets
from inventory.ledger.transfer import approve_transfer, receive_transfer, request_transfer, ship_transfer

EXTINGUISHER = "M059"
ONE = Decimal(1)


@pytest.fixture
def unit(session, act):
    facts = LotFacts(made=date(2026, 1, 1))
    receive_assets(session, store="S0", item=EXTINGUISHER, serials=["X1", "X2"], act=act(), lot=facts, bin="A-1",
                   model="MFZ4", maker="某厂")  # fmt: skip


def check(session, act, day, *, store="S0", lot=None, result="PASSED"):
    row = {"store": store, "item": EXTINGUISHER, "lot": lot, "kind": "INSPECT", "last_done": day, "result": result}
    import_maintenance(session, table_of("maintenance", {name: [value] for name, value in row.items()}), act=act())


def test_it_says_what_the_unit_is_and_where_it_stands(session, unit):
    found = asset_history(session, "X1")
    assert (found.item, found.model, found.maker, found.made) == (EXTINGUISHER, "MFZ4", "某厂", date(2026, 1, 1))
    assert found.standing == Standing("S0", "A-1", "serviceable")
    assert [(move.kind, move.source, move.target) for move in found.moves] == [
        ("RECEIVE", None, Standing("S0", "A-1", "serviceable"))
    ]


def test_an_unknown_number_is_told(session, unit):
    with pytest.raises(UnknownAsset) as refusal:
        asset_history(session, "X9")
    assert refusal.value.facts == {"serial": "X9"}


def test_its_movements_are_its_own_and_in_order(session, unit, act):
    one = {"store": "S0", "item": EXTINGUISHER, "quantity": ONE, "lot": "X1"}
    move(session, **one, to_bin="B-1", act=act(reason="REARRANGE"))
    issue(session, **one, act=act(reason="DRILL", note="演练"))
    give_back(session, **one, bin="A-1", damaged=ONE, act=act(reason="GIVE_BACK"))
    found = asset_history(session, "X1")
    assert [move.kind for move in found.moves] == ["RECEIVE", "MOVE", "ISSUE", "RETURN"]
    assert [move.note for move in found.moves] == [None, None, "演练", None]
    assert found.standing == Standing("S0", "A-1", "damaged")
    assert len(asset_history(session, "X2").moves) == 1


def test_it_is_followed_to_another_store(session, unit, act):
    number = request_transfer(
        session, from_store="S0", to_store="S1", lines=[(EXTINGUISHER, Decimal(2))], act=act(reason="REPLENISH")
    )
    approve_transfer(session, number=number, act=act(reason="REPLENISH"))
    ship_transfer(session, number=number, act=act(reason="REPLENISH"))
    assert asset_history(session, "X1").standing == Standing("S0", None, "in_transit")
    receive_transfer(session, number=number, act=act(reason="REPLENISH"), bin="C-1")
    found = asset_history(session, "X1")
    assert found.standing == Standing("S1", "C-1", "serviceable")
    assert found.moves[-1].reference == number
    assert found.moves[-1].source == Standing("S0", None, "in_transit")


def test_a_unit_written_off_stands_nowhere_and_keeps_its_history(session, unit, act):
    what = {"store": "S0", "item": EXTINGUISHER, "quantity": ONE, "lot": "X1"}
    change_state(session, **what, state="serviceable", to_state="retired", act=act(reason="RETIREMENT"))
    write_off(session, **what, state="retired", act=act(reason="RETIREMENT"))
    found = asset_history(session, "X1")
    assert found.standing is None
    assert [move.kind for move in found.moves] == ["RECEIVE", "WRITE_OFF", "WRITE_OFF"]
    assert found.moves[-1].target is None


def test_its_checks_are_its_own_and_those_of_all_units_while_it_stood_there(session, unit, act):
    came = act().at.date()
    check(session, act, came - timedelta(days=1))  # before it came
    check(session, act, came + timedelta(days=1))
    check(session, act, came + timedelta(days=2), lot="X1", result="FAILED")
    check(session, act, came + timedelta(days=2), lot="X2")
    check(session, act, came + timedelta(days=3), store="S1")  # where it never was
    found = asset_history(session, "X1").checks
    assert [(one.done_on - came, one.result, one.all_units) for one in found] == [
        (timedelta(days=1), "PASSED", True), (timedelta(days=2), "FAILED", False),
    ]  # fmt: skip


def test_checks_of_all_units_are_not_its_own_while_it_was_out(session, unit, act):
    came = act().at
    one = {"store": "S0", "item": EXTINGUISHER, "quantity": ONE, "lot": "X1"}
    issue(session, **one, act=act(reason="DRILL", at=came + timedelta(days=1)))
    give_back(session, **one, act=act(reason="GIVE_BACK", at=came + timedelta(days=5)))
    check(session, act, came.date() + timedelta(days=3))
    check(session, act, came.date() + timedelta(days=6))
    assert [one.done_on - came.date() for one in asset_history(session, "X1").checks] == [timedelta(days=6)]
    assert len(asset_history(session, "X2").checks) == 2
