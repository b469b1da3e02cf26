"""`wuding db`: make it, back it up, restore it, and check the book against its own history."""

from pathlib import Path

import pytest
from sqlalchemy import text

from api import cli
from api.migrations import newest, upgrade
from api.settings import database
from inventory.database import open_engine, reading, transaction
from scenarios.world import World

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def hamlet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from scenarios import registry

    one = registry.Scenario("hamlet", "小村", "A hamlet", "", "", lambda seed: world)
    monkeypatch.setattr(registry, "SCENARIOS", (one,))


def test_upgrade_makes_a_database_and_then_has_nothing_to_do(capsys: Capture) -> None:
    assert cli.run(["db", "upgrade", "--lang", "en"]) == 0
    assert f"version {newest()}" in capsys.readouterr().out
    assert cli.run(["db", "upgrade", "--lang", "en"]) == 0
    assert "newest" in capsys.readouterr().out


def test_upgrade_says_from_which_version_it_came(home: Path, capsys: Capture) -> None:
    file = home / "office" / "wuding.sqlite3"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine, "0003")
    engine.dispose()
    assert cli.run(["export", "stores", str(home / "stores.csv")]) == 2  # nothing is done on the quiet
    assert "wuding db upgrade" in capsys.readouterr().err
    assert cli.run(["db", "upgrade"]) == 0
    assert f"从版本 0003 升级到 {newest()}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "9999"),
        ("DROP TABLE alembic_version", "别的系统"),
    ],
)
def test_a_database_of_somebody_else_is_left_alone(home: Path, statement: str, words: str, capsys: Capture) -> None:
    assert cli.run(["db", "upgrade"]) == 0
    engine = open_engine(f"sqlite:///{home / 'office' / 'wuding.sqlite3'}")
    with transaction(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert cli.run(["db", "upgrade"]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("hamlet")
def test_verify_counts_and_names_every_difference(capsys: Capture) -> None:
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    capsys.readouterr()
    assert cli.run(["db", "verify"]) == 0
    assert "没有差异" in capsys.readouterr().out
    with database() as engine, transaction(engine) as connection:  # behind the back of the ledger
        connection.execute(text("UPDATE balances SET quantity = quantity + 2500000 WHERE id = 1"))
    assert cli.run(["db", "verify", "--lang", "en"]) == 1
    told = capsys.readouterr().out
    assert "1 difference(s)" in told
    assert "S1" in told
    assert "42.5" in told


@pytest.mark.usefixtures("hamlet")
def test_a_backup_restores_into_an_empty_database_only(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    attached = home / "office" / "files" / "ab" / "evidence"
    attached.parent.mkdir(parents=True)
    attached.write_bytes(b"photo")
    capsys.readouterr()
    file = home / "backup.zip"
    assert cli.run(["db", "backup", str(file)]) == 0
    told = capsys.readouterr()
    assert "1 个附件" in told.out
    assert "roads/live" in told.err  # and what is not in it is said
    assert cli.run(["db", "restore", str(file)]) == 2  # there is something already
    assert "不是空的" in capsys.readouterr().err
    monkeypatch.setenv("WUDING_HOME", str(home / "second"))
    assert cli.run(["db", "restore", str(file)]) == 0
    assert (home / "second" / "files" / "ab" / "evidence").read_bytes() == b"photo"
    assert cli.run(["db", "verify"]) == 0
    assert cli.run(["db", "restore", str(home / "none.zip")]) == 2


@pytest.mark.usefixtures("hamlet")
def test_backup_and_verify_on_both_databases(
    home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    assert cli.run(["db", "upgrade"]) == 0
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    assert cli.run(["db", "verify"]) == 0
    assert cli.run(["db", "backup", str(home / "b.zip")]) == 0
    monkeypatch.delenv("WUDING_DATABASE_URL")
    assert cli.run(["db", "restore", str(home / "b.zip")]) == 0  # into SQLite, wherever it came from
    assert cli.run(["export", "stock", str(home / "stock.csv")]) == 0
    assert "M013" in (home / "stock.csv").read_text("utf-8")
    with database() as engine, reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM movements")).scalar_one() == 3


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("WUDING_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/x")
    assert cli.run(["db", "verify", "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "secret" not in told
    assert "127.0.0.1" in told
