"""One database: SQLite with no set-up, PostgreSQL by its URL. Transactions, and rows in bulk."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError

from inventory.errors import InventoryError

BUSY_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_S = 10
BULK_ROWS = 20_000


class BadDatabaseUrl(InventoryError):
    """A database address of no known form. Facts: url."""


class NoDatabase(InventoryError):
    """The database does not answer. Facts: url, cause."""


def open_engine(url: str | URL) -> Engine:
    """An engine for sqlite:///FILE or postgresql://…; the file's folder is made. Raises BadDatabaseUrl."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # no address at all, or a port that is no number
        raise BadDatabaseUrl(url=str(url)) from None
    kind = address.get_backend_name()
    if kind == "sqlite":
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    if kind == "postgresql":
        return create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_size=16,
            max_overflow=64,
            pool_pre_ping=False,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
        )
    raise BadDatabaseUrl(url=address.render_as_string(hide_password=True))


def _sqlite_connect(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun here, never by the driver
    # recursive triggers: else a REPLACE would delete ledger rows behind the back of the guard
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON",
                   "recursive_triggers=ON", "cache_size=-65536", "temp_store=MEMORY"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    """Immediate where something will be written: a lock asked for halfway could be refused."""
    reads = connection.get_execution_options().get("wuding_read_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One use case: committed whole, or not at all. Raises NoDatabase where nobody answers."""
    with _answered(engine), _queue(engine), engine.begin() as connection:
        yield connection


_queues: dict[str, threading.RLock] = {}


@contextmanager
def _queue(engine: Engine) -> Iterator[None]:
    """Writers of one process to one SQLite file wait in line here: SQLite's own waiting sleeps up to 0.1 s."""
    if engine.dialect.name != "sqlite":
        yield
        return
    with _queues.setdefault(str(engine.url), threading.RLock()):
        yield


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A view that stays the same while it is read; writers are not kept waiting."""
    options: dict[str, Any] = {"wuding_read_only": True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _answered(engine), engine.connect() as connection:
        yield connection.execution_options(**options)


@contextmanager
def _answered(engine: Engine) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if error.connection_invalidated or "connect" in str(error.orig).lower() or "unable to open" in str(error.orig):
            address = engine.url.render_as_string(hide_password=True)
            raise NoDatabase(url=address, cause=str(error.orig).splitlines()[0]) from error
        raise


def now() -> datetime:
    """The server's clock, read once per use case."""
    return datetime.now(UTC)


def take_ids(connection: Connection, table: Table, count: int) -> range | Sequence[int]:
    """Ids for rows that are inserted in bulk. On SQLite the transaction holds the only write lock."""
    if not count:
        return range(0)
    key = table.c.id
    if connection.dialect.name == "sqlite":
        last = connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
        return range(last + 1, last + 1 + count)
    drawn = (
        f"(SELECT nextval(pg_get_serial_sequence('{table.name}', 'id')) AS id FROM generate_series(1, :count)) drawn"
    )
    first, last = connection.execute(text(f"SELECT min(id), max(id) FROM {drawn}"), {"count": count}).one()
    if last - first + 1 == count:
        return range(first, last + 1)
    # somebody else drew numbers in between
    return sorted(connection.execute(text(f"SELECT id FROM {drawn}"), {"count": count}).scalars().all())


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Many rows at once, through the same type rules as single ones: COPY on PostgreSQL, one prepared statement
    on SQLite."""
    dialect = connection.dialect
    kinds = [table.c[name].type for name in columns]
    binders = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in kinds]
    treated = [(index, binder) for index, binder in enumerate(binders) if binder is not None]

    def bound() -> Iterator[list[Any]]:
        for row in rows:
            cells = list(row)
            for index, binder in treated:
                cells[index] = binder(cells[index])
            yield cells

    names = ", ".join(f'"{name}"' for name in columns)
    driver: Any = connection.connection.driver_connection
    if dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for cells in bound():
                copy.write_row(cells)
        return
    marks = ", ".join("?" * len(columns))
    driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", bound())


def wait_s(attempt: int) -> None:
    """A short pause before a refused transaction is tried again."""
    time.sleep(0.01 * 2**attempt)
