"""One migration history for the tables of every layer. `upgrade` brings a database to the newest version."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction, and see that there is a catalogue."""
    from alembic import command

    from inventory.database import one_at_a_time, transaction
    from inventory.ledger.rules import ensure_catalogue

    config = _config()
    with transaction(engine) as connection:
        one_at_a_time(connection, "upgrade")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        ensure_catalogue(connection)


def version(connection: Connection) -> str | None:
    """The version of a database; None where it is empty."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


@cache
def versions() -> frozenset[str]:
    """Every version this program knows."""
    from alembic.script import ScriptDirectory

    return frozenset(one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


@cache
def newest() -> str:
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head
