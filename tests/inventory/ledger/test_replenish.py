"""What should be topped up: from the store above, then from peers, then by purchase."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, update

from inventory.catalogue import load_catalogue
from inventory.five_fixed.overrides import MinimumOverride, RuleOverrides
from inventory.ledger.replenish import suggestions
from inventory.ledger.rules import save_overrides
from inventory.ledger.transfer import approve_transfer, request_transfer
from inventory.tables.goods import items
from inventory.tables.places import stores
from inventory.tables.stock import stock_heads

BED = "M003"  # minima 40 county, 20 town, 1 village; target 1.5 times the minimum
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


@pytest.fixture
def wanted(session):
    """`wanted("S1")`: (kind, source, units) of the beds suggested for a store."""

    def read(store, *, item=BED, **more):
        found = suggestions(session, as_of=AT, **more)
        return [(one.kind, one.source, one.quantity) for one in found if (one.store, one.item) == (store, item)]

    return read


def own(session, store, **levels):
    keys = {
        "store_id": session.execute(select(stores.c.id).where(stores.c.code == store)).scalar_one(),
        "item_id": session.execute(select(items.c.id).where(items.c.code == BED)).scalar_one(),
    }
    known = [stock_heads.c[name] == value for name, value in keys.items()]
    if not session.execute(update(stock_heads).where(*known).values(**levels)).rowcount:
        session.execute(insert(stock_heads), keys | levels)


def test_the_figures_of_the_beds_are_as_these_tests_take_them():
    bed = load_catalogue()[BED]
    assert (bed.county_min, bed.town_min, bed.village_min, bed.target_factor) == (40, 20, 1, Decimal("1.5"))


def test_first_the_store_above_then_peers_then_purchase(stock, wanted):
    stock("S0", 45)  # five above its minimum
    stock("S2", 37)  # seven above its target
    stock("S1", 10)
    assert wanted("S1") == [("vertical", "S0", 5), ("peer", "S2", 7), ("purchase", None, 8)]


def test_a_store_at_its_minimum_needs_nothing(stock, wanted):
    stock("S1", 20)
    assert wanted("S1") == []


def test_it_is_filled_up_to_its_target(stock, wanted):
    stock("S0", 1000)
    stock("S1", "19.5")
    assert wanted("S1") == [("vertical", "S0", Decimal("10.5"))]


def test_targets_are_whole_units(stock, wanted):
    assert wanted("S3") == [("purchase", None, 2)]  # one and a half beds would be no bed


def test_the_same_units_are_not_promised_twice(stock, wanted):
    stock("S0", 60)
    assert wanted("S1") == [("vertical", "S0", 20), ("purchase", None, 10)]
    assert wanted("S2") == [("purchase", None, 30)]


def test_the_county_store_has_nobody_above_it(wanted):
    assert wanted("S0") == [("purchase", None, 60)]


def test_villages_get_from_their_own_town(stock, wanted):
    stock("S1", 21)
    stock("S2", 100)
    assert wanted("S3") == [("vertical", "S1", 1), ("purchase", None, 1)]


def test_what_is_on_its_way_counts_as_there(session, stock, act, wanted):
    stock("S0", 1000)
    number = request_transfer(session, from_store="S0", to_store="S1", lines=[(BED, Decimal(25))], act=act())
    assert wanted("S1") == []
    approve_transfer(session, number=number, act=act(), quantities={BED: Decimal(15)})
    assert wanted("S1") == [("vertical", "S0", 15)]


def test_reserved_and_unfit_units_are_not_there_to_give(session, stock, act, wanted):
    stock("S0", 45)
    number = request_transfer(session, from_store="S0", to_store="S2", lines=[(BED, Decimal(3))], act=act())
    approve_transfer(session, number=number, act=act())
    assert wanted("S1")[0] == ("vertical", "S0", 2)


def test_a_store_keeps_what_it_always_keeps(session, stock, wanted):
    stock("S0", 100)
    own(session, "S0", reserve_floor=Decimal(90))
    assert wanted("S1") == [("vertical", "S0", 10), ("purchase", None, 20)]


def test_a_villages_profile_adds_to_what_its_room_must_hold(session):
    def asked(item):
        return {
            (one.item, one.minimum) for one in suggestions(session, as_of=AT) if (one.store, one.item) == ("S3", item)
        }

    assert asked("M018") == set()
    assert asked("M037") == {("M037", 5)}
    session.execute(update(stores).where(stores.c.code == "S3").values(profiles=["cold", "low_lying"]))
    assert asked("M018") == {("M018", 2)}
    assert asked("M037") == {("M037", 15)}


def test_a_countys_own_minimum_goes_before_that_of_the_catalogue(session, wanted):
    own_minimum = RuleOverrides(minima=(MinimumOverride(BED, "town", Decimal(100)),))
    save_overrides(session, own_minimum, actor="boss", at=AT, county="520600000000")
    assert wanted("S1") == wanted("S2") == [("purchase", None, 150)]
    assert wanted("S0") == [("purchase", None, 60)]


def test_a_division_code_narrows_who_receives_not_who_gives(session, stock, wanted):
    stock("S0", 45)
    found = suggestions(session, as_of=AT, place="520600100000")
    assert {one.store for one in found} == {"S1", "S3"}
    assert ("vertical", "S0", 5) in wanted("S1", place="520600100000")
    assert {one.store for one in suggestions(session, as_of=AT, place="520600000000")} == {"S0", "S1", "S2", "S3"}


def test_have_minimum_and_target_are_told(session, stock):
    stock("S1", 4)
    one = next(one for one in suggestions(session, as_of=AT) if (one.store, one.item) == ("S1", BED))
    assert (one.have, one.minimum, one.target, one.quantity) == (4, 20, 30, 26)
