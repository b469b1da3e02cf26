"""One database on SQLite and on PostgreSQL: addresses, transactions, rows in bulk, exact types."""

import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.exc import IntegrityError, InternalError, StatementError

from inventory.database import (
    BadDatabaseUrl,
    CannotBeStored,
    DamagedDatabase,
    NoDatabase,
    NotADatabase,
    TryAgain,
    insert_rows,
    open_engine,
    reading,
    take_ids,
    transaction,
)
from inventory.tables import Id, Instant, Quantity, QuantityTooFine
from inventory.tables.base import MOST
from inventory.tables.places import stores
from inventory.tables.stock import numbers
from inventory.tables.stock import settings as settings_table

ON_BOTH = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ODDS = Table(
    "odds",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("name", String(64)),
    Column("amount", Quantity),
    Column("at", Instant),
    Column("day", Date),
    Column("flag", Boolean),
    Column("share", Float),
    Column("number", Integer),
    Column("more", JSON),
)


@pytest.fixture
def odds(engine):
    ODDS.metadata.create_all(engine)
    return engine


class TestAddresses:
    @pytest.mark.parametrize(
        "url", ["", "county.sqlite3", "mysql://root@localhost/county", "oracle://x", "postgresql://localhost:port/x"]
    )
    def test_an_address_of_no_known_form_is_refused(self, url):
        with pytest.raises(BadDatabaseUrl) as refusal:
            open_engine(url)
        assert url in str(refusal.value.facts["url"])

    def test_a_refused_address_does_not_tell_the_password(self):
        with pytest.raises(BadDatabaseUrl) as refusal:
            open_engine("mysql://root:open-sesame@localhost/county")
        assert "open-sesame" not in str(refusal.value)

    def test_the_folder_of_a_file_is_made(self, tmp_path):
        engine = open_engine(f"sqlite:///{tmp_path}/new/folder/county.sqlite3")
        with transaction(engine) as connection:
            assert connection.execute(select(1)).scalar() == 1
        engine.dispose()
        assert (tmp_path / "new" / "folder" / "county.sqlite3").exists()

    def test_a_server_that_does_not_answer_is_named_without_its_password(self, tmp_path):
        engine = open_engine(f"postgresql://keeper:open-sesame@/county?host={tmp_path}")
        for enter in (transaction, reading):
            with pytest.raises(NoDatabase) as refusal, enter(engine) as connection:
                connection.execute(select(1))
            assert "open-sesame" not in str(refusal.value)
            assert "county" in refusal.value.facts["url"]
        engine.dispose()

    def test_a_file_that_cannot_be_opened_is_no_database(self, tmp_path):
        engine = open_engine(f"sqlite:///{tmp_path}")
        with pytest.raises(NoDatabase), transaction(engine) as connection:
            connection.execute(select(1))
        engine.dispose()

    def test_the_cause_is_told_in_both_languages(self, tmp_path):
        engine = open_engine("postgresql://keeper@127.0.0.1:1/county")
        with pytest.raises(NoDatabase) as refusal, transaction(engine) as connection:
            connection.execute(select(1))
        engine.dispose()
        assert "服务没有启动" in refusal.value.facts["cause_zh"]
        assert "refused" in refusal.value.facts["cause_en"]

    def test_a_file_of_something_else_is_no_database(self, tmp_path):
        file = tmp_path / "county.sqlite3"
        file.write_text("a shopping list\n" * 500)
        engine = open_engine(f"sqlite:///{file}")
        for enter in (transaction, reading):
            with pytest.raises(NotADatabase), enter(engine) as connection:
                connection.execute(select(1))
        engine.dispose()

    def test_a_damaged_file_is_called_so(self, tmp_path, sqlite_template):
        content = bytearray(sqlite_template.read_bytes())
        content[100:4096] = b"\xa5" * 3996  # the first page after its header: the list of tables
        file = tmp_path / "county.sqlite3"
        file.write_bytes(content)
        engine = open_engine(f"sqlite:///{file}")
        with pytest.raises(DamagedDatabase), reading(engine) as connection:
            connection.execute(select(numbers)).all()
        engine.dispose()

    def test_what_a_column_cannot_hold_is_refused_by_postgresql(self, postgresql):
        engine = open_engine(postgresql())
        with pytest.raises(CannotBeStored), transaction(engine) as connection:
            connection.execute(insert(numbers), {"series": "x" * 5000, "last": 1})
        engine.dispose()

    def test_sqlite_is_durable_and_keeps_foreign_keys(self, tmp_path):
        engine = open_engine(f"sqlite:///{tmp_path}/county.sqlite3")
        with engine.connect() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "recursive_triggers")
            }
        engine.dispose()
        full = 2
        assert found == {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 30_000,
                         "recursive_triggers": 1}  # fmt: skip

    def test_postgresql_is_durable(self, postgresql):
        engine = open_engine(postgresql())
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
        engine.dispose()
        assert found == "on"  # fsync is the server's own; that of the tests has it off


class TestTransactions:
    def test_it_is_committed_whole(self, engine):
        with transaction(engine) as connection:
            connection.execute(insert(numbers), [{"series": "a", "last": 1}, {"series": "b", "last": 2}])
        with reading(engine) as connection:
            assert connection.execute(select(func.count()).select_from(numbers)).scalar() == 2

    def test_or_not_at_all(self, engine):
        def write_and(what_then):
            with transaction(engine) as connection:
                connection.execute(insert(numbers), {"series": "a", "last": 1})
                what_then(connection)

        with pytest.raises(ZeroDivisionError):
            write_and(lambda _: 1 // 0)
        with pytest.raises((IntegrityError, TryAgain)):  # on PostgreSQL somebody else may have been faster
            write_and(lambda connection: connection.execute(insert(numbers), {"series": "a", "last": 2}))
        with reading(engine) as connection:
            assert connection.execute(select(numbers.c.series)).all() == []

    def test_what_is_read_stays_the_same_and_keeps_no_writer_waiting(self, engine):
        count = select(func.count()).select_from(numbers)
        with reading(engine) as view:
            assert view.execute(count).scalar() == 0
            with transaction(engine) as connection:
                connection.execute(insert(numbers), {"series": "a", "last": 1})
            assert view.execute(count).scalar() == 0
        with reading(engine) as view:
            assert view.execute(count).scalar() == 1

    def test_nothing_written_while_reading_remains(self, engine):
        with suppress(InternalError), reading(engine) as connection:  # PostgreSQL refuses it as such
            connection.execute(insert(numbers), {"series": "a", "last": 1})
        with reading(engine) as connection:
            assert connection.execute(select(numbers.c.series)).all() == []

    def test_reading_leaves_no_trace_on_the_next_user_of_the_connection(self, engine):
        for _ in range(3):
            with reading(engine) as connection:
                connection.execute(select(1))
            with transaction(engine) as connection:
                connection.execute(insert(settings_table), {"name": f"n{_}", "value": 1})

    def test_two_writers_wait_for_each_other_on_sqlite(self, tmp_path, sqlite_template):
        file = tmp_path / "county.sqlite3"
        file.write_bytes(sqlite_template.read_bytes())
        engine = open_engine(f"sqlite:///{file}")
        order = []

        def second():
            with transaction(engine) as connection:
                order.append("second begins")
                connection.execute(insert(numbers), {"series": "b", "last": 1})

        with transaction(engine) as connection:
            connection.execute(select(numbers)).all()
            other = threading.Thread(target=second)
            other.start()
            other.join(0.2)
            connection.execute(insert(numbers), {"series": "a", "last": 1})
            order.append("first ends")
        other.join()
        engine.dispose()
        assert order == ["first ends", "second begins"]


class TestRowsInBulk:
    COLUMNS = tuple(column.name for column in ODDS.columns)
    ROWS = (
        (1, "甲,\"乙\"\t\\N\n丙", Decimal("0.000001"), datetime(2026, 6, 15, 8, tzinfo=UTC), date(2026, 2, 28), True,
         0.1, -5, {"深": [1, None, "x"]}),
        (2, "", Decimal(MOST), datetime(2026, 6, 15, 8, 0, 0, 1, tzinfo=timezone(timedelta(hours=8))), date.min, False,
         1e-300, 2**31 - 1, []),
        (3, None, None, None, None, None, None, None, None),
    )  # fmt: skip

    def test_every_type_comes_back_as_it_went_in(self, odds):
        with transaction(odds) as connection:
            insert_rows(connection, ODDS, self.COLUMNS, self.ROWS)
        with reading(odds) as connection:
            assert tuple(map(tuple, connection.execute(select(ODDS).order_by(ODDS.c.id)))) == self.ROWS

    def test_they_are_the_same_as_rows_inserted_one_by_one(self, odds):
        with transaction(odds) as connection:
            insert_rows(connection, ODDS, self.COLUMNS, self.ROWS)
            for row in self.ROWS:
                values = dict(zip(self.COLUMNS, row, strict=True))
                connection.execute(insert(ODDS), values | {"id": values["id"] + 10})
            raw = connection.exec_driver_sql("SELECT * FROM odds ORDER BY id").all()
        assert [row[1:] for row in raw[:3]] == [row[1:] for row in raw[3:]]

    def test_no_rows_and_some_columns_will_do(self, odds):
        with transaction(odds) as connection:
            insert_rows(connection, ODDS, ["name"], [])
            insert_rows(connection, ODDS, ["id", "name"], ([number, "x"] for number in (7, 8)))
            assert connection.execute(select(ODDS.c.id, ODDS.c.more).order_by(ODDS.c.id)).all() == [
                (7, None),
                (8, None),
            ]

    def test_a_quantity_that_is_too_fine_stops_all_of_them(self, odds):
        with pytest.raises(QuantityTooFine), transaction(odds) as connection:
            insert_rows(connection, ODDS, ["amount"], [[Decimal(1)], [Decimal("0.0000001")]])
        with reading(odds) as connection:
            assert connection.execute(select(ODDS.c.id)).all() == []

    def test_rows_that_break_a_rule_are_refused_with_all_others(self, engine):
        rows = [["Z1", "一库", "village", Decimal(30)], ["Z2", "二库", "village", Decimal("29.9")]]
        with pytest.raises(Exception, match="ck_stores_area"), transaction(engine) as connection:
            insert_rows(connection, stores, ["code", "name", "tier", "area_m2"], rows)
        with reading(engine) as connection:
            assert connection.execute(select(stores.c.id)).all() == []

    def test_ids_are_taken_once(self, engine):
        with transaction(engine) as connection:
            first = take_ids(connection, stores, 3)
            columns = ["id", "code", "name", "tier"]
            insert_rows(connection, stores, columns, [[number, f"S{number}", "库", "county"] for number in first])
            single = connection.execute(
                insert(stores).values(code="one", name="库", tier="county").returning(stores.c.id)
            ).scalar()
            second = take_ids(connection, stores, 2)
            assert len({*first, single, *second}) == 6
            assert list(first) == sorted(first)
            assert list(take_ids(connection, stores, 0)) == []


class TestQuantities:
    @ON_BOTH
    @given(micro=st.integers(-MOST * 10**6, MOST * 10**6))
    @example(micro=1)
    @example(micro=-1)
    @example(micro=MOST * 10**6)
    @example(micro=0)
    def test_six_decimals_come_back_exactly(self, odds, micro):
        quantity = Decimal(micro).scaleb(-6)
        with odds.connect() as connection, connection.begin() as whole:
            connection.execute(insert(ODDS), {"amount": quantity})
            found = connection.execute(select(ODDS.c.amount)).scalar_one()
            by_value = connection.execute(select(ODDS.c.id).where(ODDS.c.amount == quantity)).all()
            whole.rollback()
        assert found == quantity
        assert len(by_value) == 1

    def test_a_tenth_and_two_tenths_are_three_tenths_in_the_database_too(self, odds):
        with odds.connect() as connection:
            connection.execute(insert(ODDS), [{"amount": Decimal("0.1")}, {"amount": Decimal("0.2")}])
            total = func.sum(ODDS.c.amount).cast(Quantity)
            assert connection.execute(select(total)).scalar() == Decimal("0.3")
            connection.execute(ODDS.update().values(amount=ODDS.c.amount - Decimal("0.1")))
            assert connection.execute(select(total)).scalar() == Decimal("0.1")

    @pytest.mark.parametrize(
        "quantity",
        ["0.0000001", "1.0000001", "NaN", "Infinity", "-Infinity", "1000000000.000001", "1E+10", "-1E+10",
         "1E+999999", "1E-999999", "1." + "0" * 40 + "1"],
    )  # fmt: skip
    def test_what_cannot_be_kept_exactly_is_refused_by_name(self, odds, quantity):
        with pytest.raises(QuantityTooFine) as refusal, odds.connect() as connection:
            connection.execute(insert(ODDS), {"amount": Decimal(quantity)})
        assert str(refusal.value.facts["quantity"]) == str(Decimal(quantity))

    def test_a_float_is_refused_even_where_a_decimal_of_the_same_value_was_kept(self, odds):
        with odds.connect() as connection:
            connection.execute(insert(ODDS), {"amount": Decimal("0.5")})
        with pytest.raises(StatementError), odds.connect() as connection:
            connection.execute(insert(ODDS), {"amount": 0.5})

    @pytest.mark.parametrize(("given_", "kept"), [(5, "5"), (Decimal("5.00"), "5"), (Decimal("1E+2"), "100")])
    def test_whole_numbers_come_back_plain(self, odds, given_, kept):
        with odds.connect() as connection:
            connection.execute(insert(ODDS), {"amount": given_})
            assert str(connection.execute(select(ODDS.c.amount)).scalar()) == kept


class TestInstants:
    def test_an_instant_needs_its_offset(self, odds):
        with pytest.raises(StatementError, match="an instant without offset"), odds.connect() as connection:
            connection.execute(insert(ODDS), {"at": datetime(2026, 6, 15, 8)})

    @ON_BOTH
    @given(
        at=st.datetimes(datetime(1900, 1, 2), datetime(9999, 1, 1)),
        minutes=st.integers(-12 * 60, 14 * 60),
    )
    def test_the_same_moment_comes_back_in_utc(self, odds, at, minutes):
        moment = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        with odds.connect() as connection, connection.begin() as whole:
            connection.execute(insert(ODDS), {"at": moment})
            found = connection.execute(select(ODDS.c.at)).scalar_one()
            earlier = connection.execute(select(ODDS.c.id).where(ODDS.c.at < moment)).all()
            whole.rollback()
        assert found == moment
        assert found.tzinfo is UTC
        assert earlier == []
