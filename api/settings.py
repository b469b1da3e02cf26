"""Where things are and who acts: from the environment, with defaults that need no set-up.

WUDING_HOME           the folder of an office (default: ~/wuding); database, attached files and roads lie in it
WUDING_DATABASE_URL   sqlite:///FILE or postgresql://…  (default: wuding.sqlite3 in that folder)
WUDING_ACTOR          who acts, where no --actor is given (default: the login name)
"""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, make_url

from inventory.database import BadDatabaseUrl, open_engine, reading
from inventory.errors import InventoryError


class DatabaseNewer(InventoryError):
    """A database made by a later version of the product. Facts: url, version, needed."""


class DatabaseNotReady(InventoryError):
    """A database without tables, or of another version of the product. Facts: url, version, needed."""


def home() -> Path:
    return Path(os.environ.get("WUDING_HOME") or Path.home() / "wuding")


def without_home(words: str) -> str:
    """Where the office lies on the server is of no use to who asks from elsewhere."""
    return words.replace(f"{home()}{os.sep}", "") if home().is_absolute() else words


def files_folder() -> Path:
    """Evidence and other attached files, by hash."""
    return home() / "files"


def roads_folder(situation: str) -> Path:
    """The road network of a situation that was loaded from a scenario."""
    return home() / "roads" / situation


def database_url() -> str:
    return os.environ.get("WUDING_DATABASE_URL") or f"sqlite:///{home() / 'wuding.sqlite3'}"


def shown_url() -> str:
    """The database as it may be shown: without a password."""
    return make_url(database_url()).render_as_string(hide_password=True)


def actor(given: str | None = None) -> str:
    """Who acts; goes on record with every entry."""
    return given or os.environ.get("WUDING_ACTOR") or getpass.getuser()


def open_database() -> Engine:
    """The database of the office, whatever its version. Raises BadDatabaseUrl, also for one in memory alone, which
    would be empty whenever it is opened."""
    engine = open_engine(database_url())
    if engine.dialect.name == "sqlite" and engine.url.database in (None, "", ":memory:"):
        raise BadDatabaseUrl(url=database_url())
    return engine


@contextmanager
def database() -> Iterator[Engine]:
    """The database, ready for use. A new SQLite file is made on the spot; any other that is not of this version is
    refused. Raises DatabaseNotReady, DatabaseNewer, NoDatabase, BadDatabaseUrl."""
    from api.migrations import newest, upgrade, version, versions

    engine = open_database()
    try:
        file = engine.url.database
        if engine.dialect.name == "sqlite" and file and not Path(file).exists():
            upgrade(engine)
        with reading(engine) as connection:
            found = version(connection)
        if found != newest():
            address = engine.url.render_as_string(hide_password=True)
            if found is not None and found not in versions():
                raise DatabaseNewer(url=address, version=found, needed=newest())
            raise DatabaseNotReady(url=address, version=found or "-", needed=newest())
        yield engine
    finally:
        engine.dispose()
