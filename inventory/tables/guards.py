"""What a CHECK cannot say, kept by triggers on SQLite and PostgreSQL alike: the ledger is append-only, and two
primary custodians of one scope never overlap."""

from collections.abc import Iterator

from inventory.tables.base import APPEND_ONLY, TRIGGERS, metadata

SAID = "the ledger is append-only: reverse the entry instead"
OVERLAP = "two primary custodians of one scope at a time"

_SAME_SCOPE = (
    "c.id <> NEW.id AND c.role = 'primary' AND c.store_id = NEW.store_id "
    "AND coalesce(c.bin_id, 0) = coalesce(NEW.bin_id, 0) AND coalesce(c.item_id, 0) = coalesce(NEW.item_id, 0) "
    "AND c.valid_from <= coalesce(NEW.valid_to, '9999-12-31') AND coalesce(c.valid_to, '9999-12-31') >= NEW.valid_from"
)


def statements(dialect: str) -> Iterator[str]:
    """The DDL of every guard. Dialects: sqlite, postgresql."""
    yield from _sqlite() if dialect == "sqlite" else _postgresql()
    for _, table in sorted(metadata.tables.items()):
        yield from table.info.get(TRIGGERS, lambda _: ())(dialect)


def append_only() -> list[str]:
    """The tables, of every layer that was imported, that say so of themselves."""
    return sorted(table.name for table in metadata.tables.values() if APPEND_ONLY in table.info)


def _sqlite() -> Iterator[str]:
    for table in append_only():
        for event in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
            )
    for event in ("INSERT", "UPDATE"):
        # AFTER, because the new row has no id before
        yield (
            f"CREATE TRIGGER custodianships_one_primary_{event.lower()} AFTER {event} ON custodianships "
            f"WHEN NEW.role = 'primary' AND EXISTS (SELECT 1 FROM custodianships c WHERE {_SAME_SCOPE}) "
            f"BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END"
        )


def _postgresql() -> Iterator[str]:
    yield (
        "CREATE FUNCTION wuding_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SAID}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in append_only():
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION wuding_append_only()"
        )
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()"
        )
    # the row lock makes two who appoint at once for one store wait for each other
    yield (
        "CREATE FUNCTION wuding_one_primary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.role = 'primary' THEN PERFORM 1 FROM stores WHERE id = NEW.store_id FOR UPDATE; "
        f"IF EXISTS (SELECT 1 FROM custodianships c WHERE {_SAME_SCOPE}) THEN "
        f"RAISE EXCEPTION '{OVERLAP}' USING ERRCODE = 'exclusion_violation'; END IF; END IF; RETURN NEW; END $$"
    )
    yield (
        "CREATE TRIGGER custodianships_one_primary AFTER INSERT OR UPDATE ON custodianships "
        "FOR EACH ROW EXECUTE FUNCTION wuding_one_primary()"
    )
