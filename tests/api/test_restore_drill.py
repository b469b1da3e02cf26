"""The drill of docs/operations.md, in processes of their own, as somebody at a terminal does it: nothing is imported
by chance, and people can sign in afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from api.access.tables import audit, users
from inventory.database import open_engine
from tests.api.http.conftest import build_county

ROOT = Path(__file__).parents[2]


def wuding(*words: str, url: str, home: Path) -> str:
    environment = {**os.environ, "WUDING_DATABASE_URL": url, "WUDING_HOME": str(home), "WUDING_LANG": "en"}
    done = subprocess.run([sys.executable, "-m", "api.cli", *words], env=environment, cwd=ROOT, text=True,
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
def test_a_backup_is_brought_back_into_an_empty_office_of_the_other_kind(
    engine, database_url, database_kind, tmp_path, postgresql
) -> None:
    build_county(engine)
    file, home = tmp_path / "drill.zip", tmp_path / "empty"
    wuding("db", "backup", str(file), url=database_url, home=tmp_path / "office")
    other = f"sqlite:///{home}/wuding.sqlite3" if database_kind == "postgresql" else postgresql()
    if database_kind == "sqlite":
        # a database made by the tests is migrated and holds the catalogue: make an empty one beside it
        other = empty_beside(other)
    wuding("db", "restore", str(file), url=other, home=home)
    assert "no differences" in wuding("db", "verify", url=other, home=home)
    opened = open_engine(other)
    with engine.connect() as before, opened.connect() as after:
        for table in (users, audit):
            shown = select(*table.columns).order_by(table.c.id)
            assert before.execute(shown).all() == after.execute(shown).all()
    opened.dispose()


def empty_beside(url: str) -> str:
    from sqlalchemy import make_url, text

    opened = open_engine(url)
    with opened.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE drill"))
    opened.dispose()
    return make_url(url).set(database="drill").render_as_string(hide_password=False)
