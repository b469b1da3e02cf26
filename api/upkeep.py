"""Looking after the database: its version, its backup, and whether the book agrees with its history."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, inspect, select

from api.migrations import newest, upgrade, version, versions
from api.settings import DatabaseNewer, database, files_folder, open_database
from inventory.backup import BackedUp, backup, restore
from inventory.database import now, reading, transaction
from inventory.errors import InventoryError
from inventory.ledger.verify import Verified, verify


class NotOurDatabase(InventoryError):
    """A database with tables of something else. Facts: url, tables."""


@dataclass(frozen=True)
class Upgraded:
    """From which version to which; `before` None = there was none."""

    url: str
    before: str | None
    after: str


def upgrade_database() -> Upgraded:
    """Make the database, or bring it to the newest version. Raises DatabaseNewer, NotOurDatabase, NoDatabase."""
    with _engine() as engine:
        before = _upgrade(engine)
        return Upgraded(engine.url.render_as_string(hide_password=True), before, newest())


def _upgrade(engine: Engine) -> str | None:
    """The version it had."""
    url = engine.url.render_as_string(hide_password=True)
    with reading(engine) as connection:
        before = version(connection)
        tables = inspect(connection).get_table_names()
    if before is None and tables:
        raise NotOurDatabase(url=url, tables=tables[:5])
    if before is not None and before not in versions():
        raise DatabaseNewer(url=url, version=before, needed=newest())
    if before != newest():
        upgrade(engine)
    return before


@contextmanager
def _engine() -> Iterator[Engine]:
    """The database as it is, whatever its version."""
    engine = open_database()
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass(frozen=True)
class Saved:
    """What a backup holds, and the road files it leaves out."""

    done: BackedUp
    roads: tuple[str, ...]


def back_up(path: Path) -> Saved:
    """Every table and every attached file into one .zip."""
    import api.migrations.declared  # noqa: F401
    from scenarios.tables import situations

    folder = files_folder()
    with database() as engine, reading(engine) as connection:
        done = backup(connection, path, at=now(), files=folder if folder.is_dir() else None)
        roads = connection.execute(select(situations.c.roads).where(situations.c.roads.is_not(None))).scalars()
        return Saved(done, tuple(sorted(set(roads))))


def bring_back(path: Path) -> BackedUp:
    """A backup into an empty database, all of it or nothing. Raises what `inventory.backup.restore` raises."""
    import api.migrations.declared  # noqa: F401

    with _engine() as engine:
        _upgrade(engine)
        with transaction(engine) as connection:
            return restore(connection, path, files=files_folder())


def verify_database() -> Verified:
    """Replay the ledger and compare every balance."""
    with database() as engine, reading(engine) as connection:
        return verify(connection)
