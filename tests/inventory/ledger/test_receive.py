"""入库: what comes in, under which lot, where it stands, and what is sent twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from inventory.catalogue import UnknownItem
from inventory.fefo import BadQuantity
from inventory.ledger.errors import AssetTaken, KeyReused, RecalledLot, UnknownReason, UnknownStore
from inventory.ledger.issue import issue
from inventory.ledger.move import recall
from inventory.ledger.receive import LotFacts, receive, receive_assets
from inventory.tables import QuantityTooFine
from inventory.tables.goods import assets, lots
from inventory.tables.places import bins, zones
from inventory.tables.stock import balances, movements, operations

BED, WATER, RADIO = "M003", "M013", "M030"


@pytest.fixture
def take(session, act):
    """`take(5)`: five beds of lot L1 come into S0, bin A-1-1-1; anything may be told otherwise."""

    def receive_beds(quantity, **more):
        given_ = {"store": "S0", "item": BED, "lot": LotFacts(code="L1"), "bin": "A-1-1-1", "act": act()}
        return receive(session, quantity=Decimal(str(quantity)), **(given_ | more))

    return receive_beds


class TestReceipt:
    def test_units_stand_in_their_bin_and_are_available(self, take, lines, left):
        take(10)
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): 10}
        assert left("S0") == 10

    def test_fractions_add_up_exactly(self, take, lines):
        take("0.1")
        take("0.2")
        assert lines("S0") == {("L1", "A-1-1-1", "serviceable"): Decimal("0.3")}

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        amounts=st.lists(
            st.decimals("0.000001", 10**8, places=6, allow_nan=False, allow_infinity=False), min_size=1, max_size=6
        )
    )
    def test_any_fractions_add_up_exactly(self, session, act, amounts):
        point = session.begin_nested()
        for amount in amounts:
            receive(session, store="S0", item=WATER, quantity=amount, act=act())
        assert session.execute(select(balances.c.quantity)).scalar_one() == sum(amounts)
        point.rollback()

    def test_it_is_one_movement_from_outside_under_one_operation(self, session, take, act):
        done = take(10, act=act(reason="DONATION", note="某企业捐赠", reference="D-7"))
        row = session.execute(select(movements)).one()
        assert (row.operation_id, row.kind, row.quantity, row.from_id) == (done.id, "RECEIVE", 10, None)
        operation = session.execute(select(operations)).one()
        assert (operation.kind, operation.reason, operation.actor) == ("RECEIVE", "DONATION", "keeper")
        assert (operation.note, operation.reference, operation.recorded_at) == ("某企业捐赠", "D-7", act().at)

    def test_units_without_a_bin_are_held_until_they_are_put_away_but_are_there(self, take, lines):
        take(10, bin=None)
        assert lines("S0") == {("L1", None, "serviceable"): 10}

    def test_units_that_arrive_damaged_are_not_available(self, take, lines, left):
        take(10, state="damaged")
        assert lines("S0") == {("L1", "A-1-1-1", "damaged"): 10}
        assert left("S0") == 0

    def test_a_bin_is_made_with_its_zone_once(self, session, take):
        take(1, bin="B-2-1-1")
        take(1, bin="B-2-1-2")
        assert session.execute(select(bins.c.code, zones.c.code).join(zones)).all() == [
            ("B-2-1-1", "B"),
            ("B-2-1-2", "B"),
        ]

    def test_the_owner_is_the_tier_of_the_store_unless_it_is_told(self, session, take):
        take(1)
        take(1, store="S1")
        take(1, store="S3", lot=LotFacts(code="L1", owner="agreement"))
        assert set(session.execute(select(lots.c.owner)).scalars()) == {"county", "town", "agreement"}

    def test_one_lot_number_described_in_two_ways_is_two_rows(self, session, take, left):
        take(1, lot=LotFacts(code="L1", expires=date(2027, 1, 1)))
        take(1, lot=LotFacts(code="L1", expires=date(2028, 1, 1)))
        take(1, lot=LotFacts(code="L1", expires=date(2028, 1, 1), unit_price=Decimal("9.99")))
        take(1, lot=LotFacts(code="L1", expires=date(2028, 1, 1), unit_price=Decimal("9.990")))
        assert session.execute(select(func.count()).select_from(lots)).scalar() == 3
        assert left("S0") == 4

    def test_a_claimed_date_orders_nothing(self, session, take, act, lines):
        take(5)
        before = session.execute(select(balances)).all()
        claimed = datetime(2020, 1, 1, tzinfo=UTC)
        done = take(5, store="S1", act=act(occurred_at=claimed))
        row = session.execute(select(operations).where(operations.c.id == done.id)).one()
        assert row.occurred_at == claimed
        assert row.recorded_at == act().at
        assert session.execute(select(balances).where(balances.c.id == before[0].id)).all() == before
        received = session.execute(select(balances.c.received).distinct()).scalars().all()
        assert received == [date(2026, 6, 15)]

    def test_the_day_of_receipt_is_that_of_shanghai(self, session, take, act):
        take(1, act=act(at=datetime(2026, 6, 15, 16, 30, tzinfo=UTC)))
        assert session.execute(select(balances.c.received)).scalar() == date(2026, 6, 16)


class TestRefusals:
    @pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "sNaN", "Infinity"])
    def test_nothing_and_less_cannot_come_in(self, take, refused, entries, quantity):
        with refused(BadQuantity):
            take(quantity)
        assert entries() == 0

    @pytest.mark.parametrize("quantity", ["0.0000001", "1000000001"])
    def test_what_cannot_be_kept_exactly_does_not_come_in(self, take, refused, entries, quantity):
        with refused(QuantityTooFine):
            take(quantity)
        assert entries() == 0

    def test_store_item_and_reason_must_be_known(self, take, refused, act, entries):
        with refused(UnknownStore) as refusal:
            take(1, store="S99")
        assert refusal.value.facts == {"store": "S99"}
        with refused(UnknownItem):
            take(1, item="M999")
        with refused(UnknownReason) as reason:
            take(1, act=act(reason="WHIM"))
        assert "PURCHASE" in reason.value.facts["known"]
        assert entries() == 0

    def test_a_claimed_time_needs_its_offset(self, take, refused, act):
        with refused(StatementError, match="without offset"):
            take(1, act=act(occurred_at=datetime(2026, 1, 1)))

    def test_a_recalled_lot_is_not_taken_in_anywhere_however_it_is_described(self, session, take, act, refused):
        take(1)
        recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        for more in ({}, {"store": "S1"}, {"lot": LotFacts(code="L1", expires=date(2030, 1, 1))}):
            with refused(RecalledLot) as refusal:
                take(1, **more)
            assert refusal.value.facts == {"item": BED, "lot": "L1"}
        take(1, lot=LotFacts(code="L2"))
        take(1, item=WATER)

    def test_a_lot_recalled_in_one_store_only_is_still_taken_in(self, session, take, act, left):
        take(1)
        take(1, store="S1")
        recall(session, item=BED, lot="L1", store="S1", act=act(reason="RECALL"))
        take(1)
        assert (left("S0"), left("S1")) == (2, 0)


class TestKeys:
    def test_the_same_request_twice_is_done_once(self, take, act, entries, left):
        first = take(10, act=act(key="k1"))
        before = entries()
        again = take(10, act=act(key="k1"))
        assert (again.id, again.replayed, first.replayed) == (first.id, True, False)
        assert entries() == before
        assert left("S0") == 10

    def test_a_replay_later_and_with_another_note_is_still_the_same_request(self, take, act, entries):
        first = take(10, act=act(key="k1"))
        before = entries()
        assert take(10, act=act(key="k1", at=act().at + timedelta(days=1), note="重发")).id == first.id
        assert entries() == before

    @pytest.mark.parametrize(
        "more",
        [{"quantity": 11}, {"store": "S1"}, {"item": WATER}, {"bin": None}, {"lot": LotFacts(code="L2")},
         {"lot": LotFacts(code="L1", expires=date(2030, 1, 1))}, {"state": "damaged"}],
    )  # fmt: skip
    def test_another_request_under_the_same_key_is_refused(self, take, act, refused, entries, more):
        take(10, act=act(key="k1"))
        before = entries()
        with refused(KeyReused) as refusal:
            take(**({"quantity": 10, "act": act(key="k1")} | more))
        assert refusal.value.facts == {"key": "k1", "scope": "keeper"}
        assert entries() == before

    def test_the_key_of_a_receipt_is_no_key_of_an_issue(self, session, take, act, refused):
        take(10, act=act(key="k1"))
        with refused(KeyReused):
            issue(session, store="S0", item=BED, quantity=Decimal(10), act=act(key="k1", reason="RESCUE"))

    def test_keys_of_other_scopes_are_others(self, take, act, left):
        ids = {take(1, act=act(key="k1", **more)).id for more in ({}, {"scope": "phone-2"}, {"actor": "second"})}
        assert len(ids) == 3
        assert take(1, act=act(key="k1", actor="third", scope="phone-2")).replayed
        assert left("S0") == 3

    def test_without_a_key_every_request_is_a_new_one(self, take, left):
        take(1)
        take(1)
        assert left("S0") == 2


class TestSerialisedUnits:
    @pytest.fixture
    def radios(self, session, act):
        def come_in(*serials, **more):
            given_ = {"store": "S0", "item": RADIO, "act": act(), "bin": "A-1"}
            return receive_assets(session, serials=serials, **(given_ | more))

        return come_in

    def test_each_is_a_lot_of_one_with_its_own_card(self, session, radios, lines, left):
        radios("R1", "R2", model="TK-3", maker="某厂")
        assert lines("S0", item=RADIO) == {("R1", "A-1", "serviceable"): 1, ("R2", "A-1", "serviceable"): 1}
        assert left("S0", item=RADIO) == 2
        cards = session.execute(select(assets.c.serial, assets.c.model, assets.c.maker, assets.c.acquired)).all()
        assert cards == [("R1", "TK-3", "某厂", date(2026, 6, 15)), ("R2", "TK-3", "某厂", date(2026, 6, 15))]

    def test_a_number_that_stands_for_a_lot_is_no_number_of_one_unit(self, session, radios, act, refused):
        lot = LotFacts(code="R9")
        receive(session, store="S0", item=RADIO, quantity=Decimal(5), act=act(), lot=lot, bin="A-1")
        with refused(AssetTaken):
            radios("R9")

    def test_a_number_is_taken_once_here_and_elsewhere(self, radios, refused, entries):
        radios("R1")
        before = entries()
        for serials, more in ((("R1",), {}), (("R2", "R1"), {}), (("R1",), {"store": "S1"}), (("R3", "R3"), {})):
            with refused(AssetTaken):
                radios(*serials, **more)
        assert entries() == before

    def test_a_number_is_not_received_again_as_an_ordinary_lot(self, session, radios, take, refused):
        radios("R1")
        with refused(AssetTaken):
            take(1, item=RADIO, lot=LotFacts(code="R1"))

    def test_one_that_was_issued_is_still_that_one(self, session, radios, act, refused, lines):
        radios("R1", "R2")
        issue(session, store="S0", item=RADIO, quantity=Decimal(1), lot="R2", act=act(reason="RESCUE"))
        assert lines("S0", item=RADIO) == {("R1", "A-1", "serviceable"): 1, ("R2", None, "issued"): 1}
        with refused(AssetTaken):
            radios("R2")

    def test_the_same_list_under_the_same_key_is_done_once(self, radios, act, refused, entries):
        first = radios("R1", "R2", act=act(key="k"))
        before = entries()
        assert radios("R1", "R2", act=act(key="k")).id == first.id
        assert entries() == before
        with refused(KeyReused):
            radios("R1", act=act(key="k"))
        with refused(KeyReused):
            radios("R1", "R2", act=act(key="k"), model="other")
