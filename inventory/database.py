"""One database: SQLite with no set-up, PostgreSQL by its URL. Transactions, and rows in bulk."""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from inventory.errors import InventoryError

BUSY_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_S = 10


class BadDatabaseUrl(InventoryError):
    """A database address of no known form. Facts: url."""


class NoDatabase(InventoryError):
    """The database does not answer, or cannot be written. Facts: url, cause_zh, cause_en."""


class NotADatabase(InventoryError):
    """A file that is no SQLite database. Facts: url."""


class DamagedDatabase(InventoryError):
    """A database file with damaged pages. Facts: url, cause."""


class TryAgain(InventoryError):
    """Somebody else worked on the same at the same moment; nothing of this transaction remains. Facts: cause."""


class CannotBeStored(InventoryError):
    """A text too long or a number too large for its column; nothing of this transaction remains. Facts: cause."""


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
    """One use case: committed whole, or not at all.

    Raises NoDatabase where nobody answers, NotADatabase, DamagedDatabase; TryAgain where others were in the way,
    CannotBeStored.
    """
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
    """What the driver refuses, as what it means to whoever asked."""
    try:
        yield
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:  # rows in bulk go to the driver itself
        meant = _meaning(error, engine.url)
        if meant is None:
            raise
        raise meant from error
    except (UnicodeEncodeError, OverflowError) as error:  # of the driver, before anything is sent
        if isinstance(error, OverflowError) and "SQLite INTEGER" not in str(error):
            raise
        raise CannotBeStored(cause=str(error)) from error


# what others at work at the same moment lead to, by SQLSTATE: serialization, deadlock, unique, lock timeout
_RACES = frozenset({"40001", "40P01", "23505", "55P03"})
# what SQLite and libpq say of a database that cannot be reached or written -> the same in Chinese
_CAUSES = (
    ("unable to open", "文件打不开"),
    ("readonly database", "文件只读，不能写入"),
    ("disk is full", "磁盘已满"),
    ("disk i/o error", "磁盘读写出错"),
    ("connection refused", "服务没有启动，或端口不对"),
    ("password authentication", "用户名或密码不对"),
    ("could not translate host name", "找不到这台主机"),
    ("no such file or directory", "找不到数据库服务的套接字"),
    ("timeout", "等候超时"),
    ("does not exist", "用户或数据库不存在"),
    ("connect", "连接中断或被拒绝"),
)


def _meaning(error: Exception, url: URL) -> InventoryError | None:
    refused = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    cause = (str(refused).strip().splitlines() or [type(refused).__name__])[0]
    said, address = str(refused).lower(), url.render_as_string(hide_password=True)
    state = getattr(refused, "sqlstate", None) or ""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if state in _RACES:
        return TryAgain(cause=cause)
    if state.startswith("22") or type(refused).__name__ == "DataError":  # a NUL the driver itself refuses: no state
        return CannotBeStored(cause=cause)
    if url.get_backend_name() == "sqlite":
        if "file is not a database" in said:
            return NotADatabase(url=address)
        if "malformed" in said:
            return DamagedDatabase(url=address, cause=cause)
        if "is locked" in said:
            return TryAgain(cause=cause)
    if lost or (type(refused).__name__ == "OperationalError" and not state):
        for words, zh in _CAUSES:
            if words in said:
                return NoDatabase(url=address, cause_zh=zh, cause_en=cause)
    return NoDatabase(url=address, cause_zh="连接中断", cause_en=cause) if lost else None


def one_at_a_time(connection: Connection, name: str) -> None:
    """Whoever calls this with the same name waits until this transaction ends. SQLite has one writer at a time
    anyway."""
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))


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
