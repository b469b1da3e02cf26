"""The migrations make what the tables declare, guards included, on SQLite and on PostgreSQL."""

import sqlite3
import warnings

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

import api.migrations.declared  # noqa: F401  (the tables of every layer)
from api.migrations import newest, upgrade, version
from inventory.database import open_engine, reading, transaction
from inventory.ledger.verify import verify
from inventory.snapshot import snapshot
from inventory.tables import guards, metadata
from inventory.tables.goods import items
from inventory.tables.places import places
from inventory.tables.stock import settings as settings_table

# five beds; the live plan keeps two of them, an exercise three
HELD_BY_AN_EXERCISE = """
INSERT INTO situations (code, kind, title_zh, title_en) VALUES ('live', 'live', 'x', 'x');
INSERT INTO situations (code, kind, title_zh, title_en) VALUES ('drill', 'exercise', 'x', 'x');
INSERT INTO stores (id, code, name, tier) VALUES (1, 'S1', 'x', 'county');
INSERT INTO lots (id, item_id, code, owner) VALUES (1, 1, 'L1', 'county');
INSERT INTO stock_heads (store_id, item_id) VALUES (1, 1);
INSERT INTO balances (id, store_id, item_id, lot_id, state, quantity, reserved)
 VALUES (1, 1, 1, 1, 'serviceable', 5000000, 5000000);
INSERT INTO operations (id, kind, scope, actor, reason, reference, recorded_at)
 VALUES (1, 'RECEIVE', 'x', 'x', 'OPENING', NULL, {at}), (2, 'RESERVE', 'x', 'x', 'PLAN', 'plan:live', {at}),
 (3, 'RESERVE', 'x', 'x', 'PLAN', 'plan:drill', {at});
INSERT INTO movements (id, operation_id, kind, quantity, from_id, to_id) VALUES (1, 1, 'RECEIVE', 5000000, NULL, 1),
 (2, 2, 'RESERVE', 2000000, 1, 1), (3, 3, 'RESERVE', 3000000, 1, 1);
INSERT INTO reservations (id, operation_id, balance_id, quantity, reference)
 VALUES (1, 2, 1, 2000000, 'plan:live'), (2, 3, 1, 3000000, 'plan:drill');
INSERT INTO plans (id, situation_code, sha256, problem_sha256, status, content, operation_id, recorded_at, actor)
 VALUES (1, 'live', 'a', 'a', 'committed', '{{}}', 2, {at}, 'x'),
 (2, 'drill', 'b', 'b', 'committed', '{{}}', 3, {at}, 'x');
INSERT INTO shipments (plan_id, code, store_id, incident, item_id, lot_code, quantity)
 VALUES (2, 'S-1', 1, 'I1', 1, 'L1', 3000000)
"""


class TestMigrations:
    def test_upgrading_twice_is_harmless(self, engine):
        def content():
            with reading(engine) as connection:
                rules = connection.execute(select(settings_table.c.value)).all()
                return rules, connection.execute(select(items).order_by(items.c.id)).all(), version(connection)

        before = content()
        assert len(before[1]) > 70
        assert before[2] == newest()
        upgrade(engine)
        assert content() == before

    def test_upgrading_keeps_a_catalogue_that_was_changed(self, engine):
        with transaction(engine) as connection:
            connection.execute(items.update().where(items.c.code == "M003").values(name_zh="行军床"))
        upgrade(engine)
        with reading(engine) as connection:
            assert connection.execute(select(items.c.name_zh).where(items.c.code == "M003")).scalar() == "行军床"

    def test_an_empty_file_has_no_version(self, tmp_path):
        engine = open_engine(f"sqlite:///{tmp_path}/empty.sqlite3")
        with reading(engine) as connection:
            assert version(connection) is None
        engine.dispose()

    def test_a_database_of_an_earlier_version_keeps_its_teams(self, tmp_path):
        engine = open_engine(f"sqlite:///{tmp_path}/earlier.sqlite3")
        upgrade(engine, "0004")
        row = "'T1', '5', '[\"flood\"]', 8, 'car', 60"
        with transaction(engine) as connection:
            names = "code, tier, capabilities, headcount, profile, turnout_s"
            connection.exec_driver_sql(f"INSERT INTO teams ({names}) VALUES ({row})")
        upgrade(engine)
        with reading(engine) as connection:
            (held,) = snapshot(connection, "teams").rows()
        engine.dispose()
        assert (held["id"], held["capabilities"], held["carries"], held["store"]) == ("T1", ("flood",), None, None)

    def test_exercises_of_an_earlier_version_give_back_what_they_held(self, request, database_kind, tmp_path):
        url = f"sqlite:///{tmp_path}/earlier.sqlite3"
        if database_kind == "postgresql":
            url = request.getfixturevalue("postgresql")()
            empty = open_engine(url)
            with empty.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
            empty.dispose()
        engine = open_engine(url)
        upgrade(engine, "0010")
        with transaction(engine) as connection:
            for statement in HELD_BY_AN_EXERCISE.format(at="'2026-07-01 00:00:00'").split(";"):
                connection.exec_driver_sql(statement)
            for table in ("operations", "movements") if database_kind == "postgresql" else ():
                connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', 10)")
        upgrade(engine)
        upgrade(engine)  # again is harmless
        with reading(engine) as connection:
            assert verify(connection).differences == ()
            assert connection.exec_driver_sql("SELECT reserved FROM balances").scalar_one() == 2_000_000
            left = connection.exec_driver_sql("SELECT reference FROM reservations WHERE quantity > 0").scalars().all()
            found = connection.exec_driver_sql(
                "SELECT situation_code, status, operation_id FROM plans ORDER BY id"
            ).all()
            assert connection.exec_driver_sql("SELECT count(*) FROM shipments").scalar_one() == 1
        assert left == ["plan:live"]
        assert [tuple(row) for row in found] == [("live", "committed", 2), ("drill", "cancelled", None)]
        with pytest.raises(IntegrityError), transaction(engine) as connection:  # what plans points to is still checked
            connection.exec_driver_sql("UPDATE plans SET operation_id = 99 WHERE id = 1")
        engine.dispose()

    def test_the_migrated_schema_is_the_one_the_tables_declare(self, engine):
        from alembic.autogenerate import compare_metadata
        from alembic.runtime.migration import MigrationContext

        with warnings.catch_warnings(), engine.connect() as connection:
            # indexes over an expression cannot be compared; test_guards.py tries each of them
            warnings.filterwarnings("ignore", message="Skipped unsupported reflection of expression-based index")
            warnings.filterwarnings("ignore", message="autogenerate skipping metadata-specified expression-based index")
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []

    def test_every_check_and_expression_index_is_there(self, engine):
        """Alembic compares neither; so each name the tables declare is looked up in what the database holds."""
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                sql = " ".join(connection.exec_driver_sql("SELECT coalesce(sql, '') FROM sqlite_master").scalars())
            else:
                names = "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes"
                sql = " ".join(connection.exec_driver_sql(names).scalars())
        for table in metadata.tables.values():
            for named in (*table.constraints, *table.indexes):
                if named.name and not str(named.name).startswith(("pk_", "fk_", "_")):
                    assert str(named.name) in sql

    def test_the_checks_say_what_the_tables_declare(self, engine, tmp_path):
        """The words of every check, migrated and made straight from the metadata, are the same."""
        if engine.dialect.name == "postgresql":
            query = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid > 0"
            with engine.connect() as connection:
                migrated = connection.exec_driver_sql(query).all()
                connection.exec_driver_sql("CREATE SCHEMA fresh")
                connection.exec_driver_sql("SET search_path TO fresh")
                metadata.create_all(connection)
                both = connection.exec_driver_sql(query).all()
            assert sorted(both) == sorted([*migrated, *migrated])
            return
        fresh = sqlite3.connect(tmp_path / "fresh.sqlite3")
        with engine.connect() as connection:
            migrated = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()
        from sqlalchemy.schema import CreateTable

        for table in metadata.sorted_tables:
            fresh.execute(str(CreateTable(table).compile(engine)))
        declared = dict(fresh.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        fresh.close()

        def checks(sql):
            return sorted(line.strip().rstrip(",") for line in sql.splitlines() if " CHECK " in line)

        assert {name: checks(sql) for name, sql in migrated if name in declared} == {
            name: checks(sql) for name, sql in declared.items()
        }

    def test_the_guards_are_those_of_the_newest_version(self, engine):
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                query = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
                there = set(connection.exec_driver_sql(query).scalars())
                assert there == set(guards.statements("sqlite"))
                return
            query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
            there = set(connection.exec_driver_sql(query).scalars())
            bodies = "".join(
                connection.exec_driver_sql(
                    "SELECT prosrc FROM pg_proc WHERE starts_with(proname, 'wuding_') ORDER BY proname"
                ).scalars()
            )
        declared = [statement for statement in guards.statements("postgresql") if "CREATE TRIGGER" in statement]
        assert there == {statement.split()[2] for statement in declared}
        functions = [statement for statement in guards.statements("postgresql") if "CREATE FUNCTION" in statement]
        assert bodies == "".join(statement.split("$$")[1] for statement in sorted(functions))

    def test_a_place_may_be_written_before_the_one_above_it_but_not_without(self, engine):
        town = {"code": "520600100000", "name": "一镇", "level": "town", "parent_code": "520600000000"}
        with transaction(engine) as connection:
            connection.execute(insert(places), town)
            connection.execute(insert(places), {"code": "520600000000", "name": "甲县", "level": "county"})
        with pytest.raises(IntegrityError), transaction(engine) as connection:
            connection.execute(insert(places), town | {"code": "520600101000", "parent_code": "999999000000"})
