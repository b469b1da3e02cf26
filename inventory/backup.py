"""One file that holds a whole database, and goes into an empty one of either kind: SQLite to PostgreSQL and back.

A .zip with one JSON-lines file for each table (a row is a list in the order of the manifest's columns; quantities as
decimal text, instants with offset, so that nothing is rounded), the attached files, and a manifest. Written and read
as a stream: a million rows need no more memory than ten thousand.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Date, String, Table, func, inspect, select, text, type_coerce
from sqlalchemy.exc import DataError, IntegrityError

from inventory.archive import MANIFEST, NotABackup, Reader, chunks_of, files_in, opened, safe_name, writing
from inventory.database import insert_rows
from inventory.errors import InventoryError
from inventory.ledger.verify import verify
from inventory.tables.base import Instant, Quantity, QuantityTooFine, from_micro, metadata

SCHEMA_VERSION = 1
KIND = "wuding-backup"
BUILT_IN = ("items", "settings")  # what a migrated database has by itself
MIGRATIONS = "alembic_version"
AT_ONCE = 10_000  # rows


class OtherVersion(InventoryError):
    """A backup of another version of the tables. Facts: path, version, needed."""


class DatabaseNotEmpty(InventoryError):
    """A restore into a database that holds something. Facts: table, rows."""


class BackupDisagrees(InventoryError):
    """A backup whose stock is not what its own ledger says. Facts: path, differences, store, item, lot, book,
    replayed."""


class FilesWithoutFolder(InventoryError):
    """A backup with attached files, and no folder to put them into. Facts: path, files."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """How much a backup holds."""

    tables: int
    rows: int
    files: int


def backup(connection: Connection, path: Path | str, *, at: datetime, files: Path | None = None) -> BackedUp:
    """Write every table, and the files of a folder, into one .zip; a file of that name is replaced once all of it is
    written. Read through `database.reading`, so that all tables are of one moment. `at` is kept as `taken_at`."""
    parts, attached = [], []
    with writing(Path(path), at=at) as archive:
        for table in _tables(connection):
            counted = _Counted()
            said = archive.write(_part(table.name), _packed(_rows(connection, table, counted)))
            names = [column.name for column in table.columns]
            parts.append({"name": table.name, "columns": names, "rows": counted.rows, **said})
        for name, file in files_in(files) if files is not None else ():
            attached.append({"name": name, **archive.write(f"files/{name}", chunks_of(file))})
        manifest = {"kind": KIND, "schema_version": SCHEMA_VERSION, "migration": _migration(connection)}
        archive.finish({**manifest, "taken_at": at.isoformat(), "tables": parts, "files": attached})
    return BackedUp(len(parts), sum(part["rows"] for part in parts), len(attached))


def restore(connection: Connection, path: Path | str, *, files: Path | None = None) -> BackedUp:
    """Fill an empty migrated database from a backup, in the caller's transaction: all of it, or nothing.

    The built-in catalogue gives way to that of the backup. Attached files come last; should the caller's transaction
    fail after all, they lie there unused. Raises NotABackup, DamagedBackup, BackupTooLarge,
    OtherVersion, DatabaseNotEmpty, BackupDisagrees, FilesWithoutFolder.
    """
    tables = _tables(connection)
    with opened(Path(path)) as archive:
        manifest = archive.manifest()
        parts = _checked(archive, manifest, tables, needed=_migration(connection))
        attached = manifest["files"]
        if attached and files is None:
            raise FilesWithoutFolder(path=str(path), files=len(attached))
        _check_empty(connection, tables)
        unpacked = None if files is None else files / f".restoring-{uuid.uuid4().hex}"
        try:
            if unpacked is not None:
                _unpack(archive, attached, unpacked)
            rows = _fill(connection, archive, tables, parts)
            if unpacked is not None and files is not None:
                _put(unpacked, files, attached)
        finally:
            if unpacked is not None:
                shutil.rmtree(unpacked, ignore_errors=True)
    return BackedUp(len(tables), rows, len(attached))


def _fill(connection: Connection, archive: Reader, tables: list[Table], parts: dict[str, dict[str, Any]]) -> int:
    """All rows, and the proof that they agree; the savepoint takes everything back whatever the caller does next."""
    rows = 0
    with connection.begin_nested():
        for table in tables:
            if table.name in BUILT_IN:
                connection.execute(table.delete())
        for table in tables:
            said = parts[table.name]
            names = said["columns"]
            counted = _Counted()
            try:
                with closing(_unpacked(archive, table, said, counted)) as unpacked:
                    insert_rows(connection, table, names, unpacked)
            except Exception as error:
                if _refused(connection, error):
                    raise archive.damaged(_part(table.name)) from error
                raise
            if counted.rows != said["rows"]:
                raise archive.damaged(_part(table.name))
            rows += counted.rows
        if connection.dialect.name == "postgresql":
            _after_copy(connection, archive, tables)
        found = verify(connection).differences
        if found:
            first = found[0]
            if first.what == "file":  # a row that refers to none
                raise archive.damaged(str(first.book))
            facts = {"store": first.store, "item": first.item, "lot": first.lot or "-"}
            facts |= {"book": str(first.book), "replayed": str(first.replayed)}
            raise BackupDisagrees(path=str(archive.path), differences=len(found), **facts)
    return rows


def _refused(connection: Connection, error: Exception) -> bool:
    """Whether the database, or the type of a column, would not have such a row."""
    dbapi: Any = connection.dialect.loaded_dbapi
    refusals = (DataError, IntegrityError, dbapi.DataError, dbapi.IntegrityError)
    return isinstance(error, (*refusals, QuantityTooFine, ValueError, TypeError, OverflowError))


def _after_copy(connection: Connection, archive: Reader, tables: list[Table]) -> None:
    """Numbers go on after the last one given, and keys that are looked at late are looked at now."""
    try:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        raise archive.damaged("places") from error
    for table in tables:
        if "id" in table.c and table.c.id.primary_key:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                    f"(SELECT coalesce(max(id), 1) FROM {table.name}), EXISTS (SELECT 1 FROM {table.name}))"
                )
            )


def _tables(connection: Connection) -> list[Table]:
    """Every table, those that others refer to first. Raises LookupError where the database has one that no layer
    declared: it would be left out unseen."""
    known = {table.name for table in metadata.sorted_tables} | {MIGRATIONS}
    strange = sorted(set(inspect(connection).get_table_names()) - known)
    if strange:
        raise LookupError(f"tables that are not declared: {', '.join(strange)}")
    return list(metadata.sorted_tables)


def _migration(connection: Connection) -> str:
    return str(connection.execute(text(f"SELECT version_num FROM {MIGRATIONS}")).scalar_one())


def _part(table: str) -> str:
    return f"tables/{table}.jsonl"


def _checked(
    archive: Reader, manifest: dict[str, Any], tables: list[Table], *, needed: str
) -> dict[str, dict[str, Any]]:
    """What the manifest says of each table. Raises NotABackup, OtherVersion, DamagedBackup."""
    if manifest.get("kind") != KIND:
        raise NotABackup(path=str(archive.path), cause=MANIFEST)
    version = manifest.get("migration")
    if manifest.get("schema_version") != SCHEMA_VERSION or version != needed:
        raise OtherVersion(path=str(archive.path), version=version, needed=needed)
    try:
        parts = {str(part["name"]): dict(part) for part in manifest["tables"]}
        files = [str(file["name"]) for file in manifest["files"]]
        sound = (
            list(parts) == [table.name for table in tables]
            and all(parts[table.name]["columns"] == [column.name for column in table.columns] for table in tables)
            and all(
                isinstance(one[name], kind)
                for one in [*parts.values(), *manifest["files"]]
                for name, kind in (("bytes", int), ("sha256", str))
            )
            and all(isinstance(part["rows"], int) for part in parts.values())
            and all(map(safe_name, files))
            and len(set(files)) == len(files)
            and archive.names == {_part(name) for name in parts} | {f"files/{name}" for name in files}
        )
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise archive.damaged(MANIFEST)
    return parts


def _check_empty(connection: Connection, tables: list[Table]) -> None:
    for table in tables:
        if table.name not in BUILT_IN:
            rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
            if rows:
                raise DatabaseNotEmpty(table=table.name, rows=rows)


class _Counted:
    def __init__(self) -> None:
        self.rows = 0


def _rows(connection: Connection, table: Table, counted: _Counted) -> Iterator[list[Any]]:
    """The rows of a table as JSON takes them, in the order of its key, which is the same on every database."""
    columns = [type_coerce(column, BigInteger) if isinstance(column.type, Quantity) else column for column in table.c]
    wanted = select(*columns).order_by(*(_by_bytes(connection, column) for column in table.primary_key))
    texts = [(index, _to_text(column)) for index, column in enumerate(table.c)]
    treated = [(index, function) for index, function in texts if function is not None]
    result = connection.execute(wanted.execution_options(stream_results=True, max_row_buffer=AT_ONCE))
    for some in result.partitions(AT_ONCE):
        counted.rows += len(some)
        for row in some:
            cells = list(row)
            for index, function in treated:
                if cells[index] is not None:
                    cells[index] = function(cells[index])
            yield cells


def _by_bytes(connection: Connection, column: Column[Any]) -> Any:
    if isinstance(column.type, String) and connection.dialect.name == "postgresql":
        return column.collate("C")  # as SQLite compares
    return column


def _packed(rows: Iterator[list[Any]]) -> Iterator[bytes]:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    lines: list[str] = []
    for row in rows:
        lines.append(encode(row))
        if len(lines) == AT_ONCE:
            yield ("\n".join(lines) + "\n").encode()
            lines.clear()
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def _unpacked(
    archive: Reader, table: Table, said: dict[str, Any], counted: _Counted
) -> Generator[list[Any], None, None]:
    treated = [
        (index, function)
        for index, function in ((index, _from_text(table.c[name])) for index, name in enumerate(said["columns"]))
        if function is not None
    ]
    width = len(said["columns"])
    decode = json.JSONDecoder().decode
    for line in archive.lines(_part(table.name), said):
        try:
            cells = decode(line.decode())
            if not isinstance(cells, list) or len(cells) != width:
                raise ValueError("a row of another length")
            for index, function in treated:
                if cells[index] is not None:
                    cells[index] = function(cells[index])
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            raise archive.damaged(_part(table.name)) from None
        counted.rows += 1
        yield cells


def _to_text(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, Quantity):
        return _decimal_text
    if isinstance(column.type, Instant | Date):
        return _iso
    return None


def _from_text(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, Quantity):
        return _decimal
    if isinstance(column.type, Instant):
        return datetime.fromisoformat
    if isinstance(column.type, Date):
        return date.fromisoformat
    return None


@lru_cache(maxsize=65_536)
def _decimal_text(micro: int) -> str:
    return format(from_micro(micro), "f")


@lru_cache(maxsize=65_536)
def _decimal(value: str) -> Decimal:
    return Decimal(value)


def _iso(value: date | datetime) -> str:
    return value.isoformat()


def _unpack(archive: Reader, attached: list[dict[str, Any]], folder: Path) -> None:
    folder.mkdir(parents=True)
    for said in attached:
        target = folder / said["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for chunk in archive.chunks(f"files/{said['name']}", said):
                file.write(chunk)


def _put(unpacked: Path, folder: Path, attached: list[dict[str, Any]]) -> None:
    """From beside into place; a file that is there already bears its content's hash as its name, and is the same."""
    for said in attached:
        target = folder / said["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        (unpacked / said["name"]).replace(target)
