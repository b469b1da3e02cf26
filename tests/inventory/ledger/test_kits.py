"""Kits that explode to items, all of them or none, and packages that convert to units."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.catalogue import UnknownItem
from inventory.fefo import BadQuantity, InsufficientStock
from inventory.ledger.choose import Override
from inventory.ledger.errors import KeyReused, NotDispatchable, UnknownKit, UnknownPackage, UnknownStore
from inventory.ledger.kits import explode, issue_kit, save_kit, save_package, units_of
from inventory.tables.goods import kit_items
from inventory.tables.stock import operations

BED, WATER = "M003", "M013"


@pytest.fixture
def flood(session, stock):
    """A flood kit of a bed and two and a half units of water; ten and twenty of them are in S0."""
    save_kit(session, kit="FLOOD", name="防汛包", content={BED: Decimal(1), WATER: Decimal("2.5")})
    stock("S0", 10)
    stock("S0", 20, item=WATER, expires=date(2027, 1, 1))


@pytest.fixture
def go(session, act):
    def issue_kits(count, **more):
        given = {"store": "S0", "kit": "FLOOD", "act": act(reason="RELIEF")}
        return issue_kit(session, count=Decimal(str(count)), **(given | more))

    return issue_kits


class TestKits:
    def test_all_its_items_leave_in_one_operation(self, session, flood, go, left):
        done = go(3)
        assert (left("S0"), left("S0", item=WATER)) == (7, Decimal("12.5"))
        row = session.execute(select(operations).where(operations.c.id == done.id)).one()
        assert (row.kind, row.note) == ("ISSUE", "FLOOD")

    def test_or_none_of_them(self, flood, go, left, refused):
        with refused(InsufficientStock) as refusal:
            go(9)
        assert (refusal.value.facts["item"], refusal.value.facts["asked"]) == (WATER, Decimal("22.5"))
        assert (left("S0"), left("S0", item=WATER)) == (10, 20)

    def test_a_gate_that_holds_one_item_holds_the_kit(self, session, stock, go, refused, flood):
        stock("S1", 5)
        stock("S1", 5, item=WATER, expires=date(2027, 1, 1), bin=None)
        with refused(NotDispatchable) as refusal:
            go(1, store="S1")
        assert refusal.value.facts["item"] == WATER
        go(1, store="S1", override=Override(person="甲", reason="抢险"))

    def test_sent_twice_it_leaves_once(self, flood, go, act, left, refused):
        first = go(1, act=act(key="k"))
        assert go(1, act=act(key="k")).id == first.id
        assert left("S0") == 9
        for more in ({"count": 2}, {"count": 1, "override": Override(person="甲", reason="抢险")}):
            with refused(KeyReused):
                go(**more, act=act(key="k"))

    def test_what_cannot_be(self, flood, go, refused):
        for count in (0, -1, "NaN"):
            with refused(BadQuantity):
                go(count)
        with refused(UnknownKit):
            go(1, kit="NONE")
        with refused(UnknownStore):
            go(1, store="S9")

    def test_it_is_replaced_whole(self, session, flood):
        save_kit(session, kit="FLOOD", name="防汛包二", name_en="Flood 2", content={WATER: Decimal(4)})
        assert explode(session, kit="FLOOD", count=Decimal(2)) == {WATER: Decimal(8)}
        assert len(session.execute(select(kit_items)).all()) == 1

    def test_what_it_holds_must_be_in_the_catalogue_and_above_nothing(self, session, refused):
        with refused(UnknownItem):
            save_kit(session, kit="X", name="X", content={"M999": Decimal(1)})
        for units in ("0", "-1", "NaN"):
            with refused(BadQuantity):
                save_kit(session, kit="X", name="X", content={BED: Decimal(units)})


class TestPackages:
    def test_a_case_is_so_many_units(self, session):
        save_package(session, item=WATER, name="箱", units=Decimal(24))
        assert units_of(session, item=WATER, package="箱", count=Decimal("1.5")) == 36
        save_package(session, item=WATER, name="箱", units=Decimal(12))
        assert units_of(session, item=WATER, package="箱", count=Decimal(2)) == 24

    def test_what_cannot_be(self, session, refused):
        with refused(UnknownPackage):
            units_of(session, item=WATER, package="托", count=Decimal(1))
        with refused(UnknownItem):
            save_package(session, item="M999", name="箱", units=Decimal(1))
        for units in ("0", "-1", "NaN"):
            with refused(BadQuantity):
                save_package(session, item=WATER, name="箱", units=Decimal(units))
            with refused(BadQuantity):
                units_of(session, item=WATER, package="箱", count=Decimal(units))
