"""What the database itself refuses, whoever asks: no use case stands between these statements and the tables."""

import threading
import time
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from inventory.database import reading, transaction
from inventory.ledger.choose import Override
from inventory.ledger.issue import issue
from inventory.ledger.receive import receive
from inventory.ledger.reserve import reserve
from inventory.tables.care import maintenance, overrides
from inventory.tables.goods import items, lots
from inventory.tables.places import custodianships, people, stores
from inventory.tables.stock import balances, movements, operations

BED = "M003"


@pytest.fixture
def five(session, stock, act):
    """Five beds in S0, of which three are reserved."""
    stock("S0", 5)
    reserve(session, store="S0", item=BED, quantity=Decimal(3), act=act(reason="PLAN"), reference="P1")
    return session.execute(select(balances)).one()


class TestQuantities:
    @pytest.mark.parametrize(
        ("values", "check"),
        [
            ({"quantity": Decimal(-1)}, "ck_balances"),
            ({"quantity": Decimal("2.999999")}, "ck_balances_reserved"),
            ({"reserved": Decimal("5.000001")}, "ck_balances_reserved"),
            ({"reserved": Decimal(-1)}, "ck_balances_reserved"),
            ({"state": "damaged"}, "ck_balances_reserved_state"),
            ({"state": "lost", "reserved": Decimal(0)}, "ck_balances_state"),
            ({"quantity": None}, "(?i)not.null"),
        ],
    )
    def test_a_balance_that_cannot_be_is_refused(self, session, five, refused, values, check):
        with refused(IntegrityError, match=check):
            session.execute(update(balances).values(**values))
        assert session.execute(select(balances)).one() == five

    def test_a_subtraction_below_zero_is_refused(self, session, stock, refused):
        stock("S0", 5)
        with refused(IntegrityError, match="ck_balances_quantity"):
            session.execute(update(balances).values(quantity=balances.c.quantity - Decimal("5.000001")))
        session.execute(update(balances).values(quantity=balances.c.quantity - Decimal(5)))

    @pytest.mark.parametrize(
        ("change", "check"),
        [
            ({"quantity": Decimal(0)}, "ck_movements_quantity"),
            ({"quantity": Decimal(-1)}, "ck_movements_quantity"),
            ({"to_id": None}, "ck_movements_legs"),
            ({"kind": "RESERVE"}, "ck_movements_own_leg"),
            ({"kind": "GIFT"}, "ck_movements_kind"),
            ({"operation_id": -1}, "(?i)foreign key"),
        ],
    )
    def test_a_movement_that_cannot_be_is_refused(self, session, five, refused, change, check):
        made = session.execute(select(func.min(operations.c.id))).scalar_one()
        good = {"operation_id": made, "kind": "RECEIVE", "quantity": Decimal(1), "from_id": None, "to_id": five.id}
        with refused(IntegrityError, match=check):
            session.execute(insert(movements), good | change)
        session.execute(insert(movements), good)

    def test_a_movement_onto_its_own_line_is_refused_and_a_reservation_elsewhere_too(self, session, five, refused):
        row = {"operation_id": session.execute(select(func.min(operations.c.id))).scalar_one(), "quantity": Decimal(1)}
        with refused(IntegrityError, match="ck_movements_own_leg"):
            session.execute(insert(movements), row | {"kind": "MOVE", "from_id": five.id, "to_id": five.id})
        other = session.execute(
            insert(balances).values(store_id=five.store_id, item_id=five.item_id, lot_id=five.lot_id, bin_id=None,
                                    state="serviceable", quantity=Decimal(0)).returning(balances.c.id)
        ).scalar()  # fmt: skip
        with refused(IntegrityError, match="ck_movements_own_leg"):
            session.execute(insert(movements), row | {"kind": "RESERVE", "from_id": five.id, "to_id": other})


@pytest.fixture
def written(session, stock, act):
    """One row in each append-only table that the ledger writes."""
    stock("S0", 5, bin=None)
    line = session.execute(select(balances)).one()
    override = Override(person="值班长", reason="汛情紧急")
    issue(session, store="S0", item=BED, quantity=Decimal(1), act=act(reason="RESCUE"), override=override)
    session.execute(
        insert(maintenance),
        {"store_id": line.store_id, "item_id": line.item_id, "lot_code": "L1", "kind": "INSPECT",
         "done_on": date(2026, 6, 1), "result": "PASSED", "actor": "keeper", "recorded_at": act().at},
    )  # fmt: skip


APPEND_ONLY = [operations, movements, maintenance, overrides]


class TestTheLedgerIsAppendOnly:
    @pytest.mark.parametrize("table", APPEND_ONLY, ids=str)
    def test_no_row_is_changed(self, session, written, refused, table):
        with refused(DBAPIError, match="append-only"):
            session.execute(update(table).values(id=table.c.id))

    @pytest.mark.parametrize("table", APPEND_ONLY, ids=str)
    def test_no_row_is_deleted(self, session, written, refused, table):
        before = session.execute(select(table)).all()
        assert before
        with refused(DBAPIError, match="append-only"):
            session.execute(delete(table).where(table.c.id == before[-1].id))
        assert session.execute(select(table)).all() == before

    @pytest.mark.parametrize("table", APPEND_ONLY, ids=str)
    def test_no_table_is_emptied(self, session, written, refused, table):
        if session.dialect.name == "sqlite":
            statement = f"DELETE FROM {table.name}"
        else:
            statement = f"TRUNCATE {table.name} CASCADE"
        with refused(DBAPIError, match="append-only"):
            session.exec_driver_sql(statement)

    def test_no_row_is_replaced(self, session, written, refused):
        """REPLACE is SQLite's way round a trigger on DELETE; ON CONFLICT DO UPDATE is PostgreSQL's word for it."""
        before = session.execute(select(operations)).all()
        columns = "id, kind, scope, actor, reason, recorded_at"
        values = f"{before[0].id}, 'ADJUST', 'x', 'x', 'COUNT', '2026-01-01'"
        if session.dialect.name == "sqlite":
            statement = f"INSERT OR REPLACE INTO operations ({columns}) VALUES ({values})"
        else:
            statement = (
                f"INSERT INTO operations ({columns}) VALUES ({values}) ON CONFLICT (id) DO UPDATE SET kind = 'ADJUST'"
            )
        with refused(DBAPIError, match="append-only"):
            session.exec_driver_sql(statement)
        assert session.execute(select(operations)).all() == before


class TestKeysAndLines:
    def test_a_key_is_used_once_in_its_scope(self, session, stock, act, refused):
        row = {"kind": "RECEIVE", "actor": "a", "reason": "PURCHASE", "recorded_at": act().at}
        session.execute(insert(operations), row | {"scope": "a", "idempotency_key": "k"})
        with refused(IntegrityError, match="idempotency_key"):
            session.execute(insert(operations), row | {"scope": "a", "idempotency_key": "k"})
        session.execute(insert(operations), row | {"scope": "b", "idempotency_key": "k"})
        session.execute(insert(operations), [row | {"scope": "a", "idempotency_key": None}] * 2)

    def test_an_operation_is_reversed_once(self, session, stock, act, refused):
        stock("S0", 1)
        row = {"kind": "REVERSE", "scope": "a", "actor": "a", "reason": "CORRECTION", "recorded_at": act().at}
        row["reverses_id"] = session.execute(select(func.min(operations.c.id))).scalar_one()
        session.execute(insert(operations), row)
        with refused(IntegrityError, match="reverses_id"):
            session.execute(insert(operations), row)

    @pytest.mark.parametrize("in_a_bin", [True, False])
    def test_a_line_of_stock_is_there_once_with_a_bin_and_without(self, session, stock, refused, in_a_bin):
        stock("S0", 5, bin="A-1" if in_a_bin else None)
        row = dict(session.execute(select(balances)).one()._mapping)
        assert (row["bin_id"] is None) is not in_a_bin
        del row["id"]
        with refused(IntegrityError, match="uq_balances_line|UNIQUE"):
            session.execute(insert(balances), row)
        session.execute(insert(balances), row | {"state": "damaged"})

    def test_a_lot_as_it_is_described_is_there_once(self, session, stock, refused):
        stock("S0", 5, lot="")
        row = dict(session.execute(select(lots)).one()._mapping)
        del row["id"]
        with refused(IntegrityError, match="uq_lots_identity|UNIQUE"):
            session.execute(insert(lots), row)
        session.execute(insert(lots), row | {"expires": date(2030, 1, 1)})
        session.execute(insert(lots), row | {"owner": "entrusted"})
        session.execute(insert(lots), row | {"unit_price": Decimal(0)})

    def test_a_lot_does_not_expire_before_it_is_made(self, session, stock, refused):
        stock("S0", 5)
        with refused(IntegrityError, match="ck_lots_days"):
            session.execute(update(lots).values(made=date(2026, 1, 2), expires=date(2026, 1, 1)))


class TestCustodians:
    @pytest.fixture
    def appoint(self, session):
        store = session.execute(select(stores.c.id).where(stores.c.code == "S0")).scalar()
        person = session.execute(insert(people).values(code="P1").returning(people.c.id)).scalar()

        def row(first, last, *, role="primary", **more):
            values = {"store_id": store, "person_id": person, "role": role, "valid_from": date.fromisoformat(first),
                      "valid_to": None if last is None else date.fromisoformat(last)}  # fmt: skip
            session.execute(insert(custodianships), values | more)

        return row

    @pytest.mark.parametrize(
        "other",
        [("2026-03-01", "2026-03-01"), ("2026-05-31", None), ("2025-01-01", "2026-03-01"), ("2026-04-01", "2026-04-02"),
         ("2025-01-01", None), ("2026-03-01", "2026-05-31")],
    )  # fmt: skip
    def test_two_primaries_at_a_time_are_refused(self, appoint, refused, other):
        appoint("2026-03-01", "2026-05-31")
        with refused(DBAPIError, match="two primary custodians|uq_custodianships_primary"):
            appoint(*other)

    @pytest.mark.parametrize("other", [("2025-01-01", "2026-02-28"), ("2026-06-01", None)])
    def test_one_after_the_other_is_accepted(self, appoint, other):
        appoint("2026-03-01", "2026-05-31")
        appoint(*other)

    def test_two_without_an_end_are_refused(self, appoint, refused):
        appoint("2026-03-01", None)
        with refused(DBAPIError):
            appoint("2027-03-01", None)

    def test_deputies_and_other_scopes_may_overlap(self, session, appoint):
        other = session.execute(select(stores.c.id).where(stores.c.code == "S1")).scalar()
        item = session.execute(select(items.c.id).where(items.c.code == BED)).scalar()
        appoint("2026-03-01", None)
        appoint("2026-03-01", None, role="deputy")
        appoint("2026-03-01", None, role="deputy")
        appoint("2026-03-01", None, store_id=other)
        appoint("2026-03-01", None, item_id=item)

    def test_a_change_may_not_make_them_overlap_either(self, session, appoint, refused):
        appoint("2026-03-01", "2026-05-31")
        appoint("2026-06-01", "2026-06-30")
        with refused(DBAPIError, match="two primary custodians"):
            session.execute(
                update(custodianships)
                .where(custodianships.c.valid_to == date(2026, 5, 31))
                .values(valid_to=date(2026, 6, 1))
            )

    def test_a_range_that_ends_before_it_begins_is_refused(self, appoint, refused):
        with refused(IntegrityError, match="ck_custodianships_range"):
            appoint("2026-03-01", "2026-02-28")

    def test_of_two_appointed_at_once_only_one_is(self, county):
        with transaction(county) as connection:
            store = connection.execute(select(stores.c.id).where(stores.c.code == "S0")).scalar()
            persons = [
                connection.execute(insert(people).values(code=f"P{n}").returning(people.c.id)).scalar() for n in (1, 2)
            ]
        together, outcomes = threading.Barrier(2), []

        def appoint(person):
            together.wait()
            try:
                with transaction(county) as connection:
                    row = {"store_id": store, "person_id": person, "role": "primary"}
                    row |= {"valid_from": date(2026, 1, person), "valid_to": date(2026, 12, 31)}
                    connection.execute(insert(custodianships), row)
                    time.sleep(0.1)  # so that the other has come as far before this one commits
                outcomes.append("appointed")
            except DBAPIError as refusal:
                outcomes.append(str(refusal.orig))

        threads = [threading.Thread(target=appoint, args=(person,)) for person in persons]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with reading(county) as connection:
            there = connection.execute(select(custodianships)).all()
        assert len(there) == 1
        assert sum("two primary custodians" in outcome for outcome in outcomes) == 1


class TestStores:
    @pytest.mark.parametrize(
        ("tier", "too_small", "enough"),
        [("town", "199.9", "200"), ("town", "199.999999", "200"), ("village", "29.9", "30"), ("county", None, "1")],
    )
    def test_the_least_area_of_a_tier_is_kept(self, session, refused, tier, too_small, enough):
        row = {"code": "Z9", "name": "库", "tier": tier}
        if too_small is not None:
            with refused(IntegrityError, match="ck_stores_area"):
                session.execute(insert(stores), row | {"area_m2": Decimal(too_small)})
        session.execute(insert(stores), row | {"area_m2": Decimal(enough)})
        if too_small is not None:
            with refused(IntegrityError, match="ck_stores_area"):
                session.execute(update(stores).where(stores.c.code == "Z9").values(area_m2=Decimal(too_small)))

    def test_an_area_may_be_unknown(self, session):
        session.execute(insert(stores), {"code": "Z9", "name": "库", "tier": "town"})


def test_a_receipt_and_its_ledger_are_written_together_or_not_at_all(county, act):
    """The balance is kept in the same transaction: what fails after the movement takes both back."""

    def fail_after_receipt():
        with transaction(county) as connection:
            receive(connection, store="S0", item=BED, quantity=Decimal(5), act=act())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_receipt()
    with reading(county) as connection:
        for table in (operations, movements, balances, lots):
            assert connection.execute(select(table)).all() == []
