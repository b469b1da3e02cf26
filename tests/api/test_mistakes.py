"""Nothing that is typed ends in a traceback: a sentence that says what to do, and exit code 2."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from api import cli
from inventory.database import now
from inventory.five_fixed import shanghai_day
from inventory.tables.care import evaluations

Capture = pytest.CaptureFixture[str]
HUGE = "99999999999999999999"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "words",
    [
        ("list", "--after", f"{HUGE}.1.1"),
        ("list", "--limit", "9223372036854775807"),
        ("list", "--limit", HUGE),
        ("list", "--place", "%"),
        ("list", "--place", "520699000000"),
        ("available", "--place", "abc"),
        ("replenish", "--place", "5206"),
        ("list", "--store", "S9"),
        ("list", "--item", "M999"),
        ("reverse", HUGE),
        ("end-loan", HUGE),
        ("card", "S0", "M003", "--from", "0001-01-01"),
        ("card", "S0", "M003", "--to", "9999-12-31"),
        ("card", "S0", "M003", "--pdf", ""),
        ("receive", "S0", "M003", "1e400000"),
        ("receive", "S0", "M003", "1e-400000"),
        ("receive", "S0", "M003", "1", "--lot", "L\udcff"),
        ("receive", "S0", "M003", "1", "--lot", " "),
        ("receive", "S0", "M003", "1", "--lot", "a\nb"),
        ("receive", "S0", "M003", "1", "--lot", "x" * 65),
        ("receive", "S0", "M003", "1", "--bin", ""),
        ("receive", "S0", "M003", "1", "--bin", "x" * 100),
        ("receive", "S0", "M003", "1", "--supplier", "x" * 5000),
        ("receive", "S0", "M003", "1", "--price", "-1"),
        ("receive", "S0", "M003", "1", "--actor", " "),
        ("receive", "S0", "M003", "1", "--note", ""),
        ("receive", "S0", "M003", "1", "--key", "k" * 65),
        ("lend", "S0", "M003", "1", "--to", "", "--due-back", "2090-01-01"),
        ("lend", "S0", "M003", "1", "--to", "甲", "--due-back", "2020-01-01"),
        ("lend", "S0", "M003", "1", "--to", "b" * 5000, "--due-back", "2090-01-01"),
        ("reserve", "S0", "M003", "1", "--for", ""),
        ("reserve", "S0", "M003", "1", "--for", "r" * 300),
        ("reserve", "S0", "M003", "1", "--for", "r", "--until", "2020-01-01T00:00:00+08:00"),
        ("transfer", "request", "S0", "S1", "M003=1e400000"),
    ],
)
def test_what_is_typed_is_answered_in_a_sentence(on_both: Any, words: tuple[str, ...], lang: str) -> None:
    on_both.put("S0", "M003", 5, lot="L0")
    on_both(*words, "--lang", lang, code=2)
    assert 10 < len(on_both.error) < 700
    assert on_both.held() == {("S0", "L0", "serviceable"): 5}


def test_a_price_may_be_nothing(on_both: Any) -> None:
    on_both.put("S0", "M003", 5, price="0")
    assert on_both.json("list")["rows"][0]["unit_price"] == "0"


def test_a_negative_quantity_is_called_so(stock: Any) -> None:
    stock("receive", "S0", "M003", "-5", code=2)
    assert "不能是负数" in stock.error


def test_facts_of_a_lot_that_cannot_be_are_told_in_plain_words(stock: Any) -> None:
    stock("receive", "S0", "M003", "5", "--made", "2021-01-01", "--expires", "2020-01-01", code=2)
    assert "生产日期 2021-01-01 晚于有效期 2020-01-01" in stock.error
    assert "<=" not in stock.error


def told(capsys: Capture, *words: str, code: int = 2) -> str:
    capsys.readouterr()
    assert cli.run(words) == code
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "cancel", "--actor", ""),
        ("plan", "cancel", "--note", " "),
        ("plan", "commit", "plan.json", "--key", "k" * 65),
        ("scenario", "load", "hamlet", "--actor", "a\nb"),
        ("import", "stock", __file__, "--actor", "x" * 65),
        ("five-fixed", "assign", "S0/M003/L1/INSPECT", ""),
        ("five-fixed", "assign", "S0/M003/L1/INSPECT", "p" * 100),
        ("five-fixed", "done", "S0/M003/L1/INSPECT", "--note", "n" * 4001),
        ("five-fixed", "done", "S0/M003/L1/INSPECT", "--on", "9999-12-31"),
    ],
)
def test_who_acts_and_why_can_be_kept(stock: Any, capsys: Capture, words: tuple[str, ...]) -> None:
    assert len(told(capsys, *words)) < 700


def test_the_actor_of_the_environment_too(stock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WUDING_ACTOR", "x" * 65)
    stock("receive", "S0", "M003", "1", code=2)
    assert "WUDING_ACTOR" in stock.error


class TestDatabases:
    @pytest.mark.parametrize("command", [("stock", "list"), ("db", "verify"), ("db", "upgrade")])
    def test_a_file_that_is_no_database_is_left_alone(
        self, office_home: Path, capsys: Capture, command: tuple[str, ...]
    ) -> None:
        file = office_home / "wuding.sqlite3"
        file.write_bytes(b"not a database at all, and long enough to see\n" * 200)
        before = file.read_bytes()
        assert "不是数据库文件" in told(capsys, *command)
        assert file.read_bytes() == before

    def test_a_damaged_one_is_called_so_and_the_remedy_named(self, stock: Any, capsys: Capture) -> None:
        for number in range(40):
            stock.put("S0", "M003", 1, lot=f"L{number}")
        file = Path(stock.url.removeprefix("sqlite:///"))
        with stock.writing() as connection:
            size = connection.execute(text("PRAGMA page_size")).scalar_one()
            page = connection.execute(text("SELECT rootpage FROM sqlite_master WHERE name = 'balances'")).scalar_one()
        content = bytearray(file.read_bytes())
        content[(page - 1) * size : page * size] = b"\xa5" * size
        file.write_bytes(content)
        assert "wuding db restore" in told(capsys, "db", "verify")

    def test_one_in_memory_is_none(self, office_home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WUDING_DATABASE_URL", "sqlite://")
        for command in (("stock", "list"), ("db", "upgrade")):
            assert "sqlite:///" in told(capsys, *command)

    def test_a_later_one_asks_for_the_later_program(self, stock: Any, capsys: Capture) -> None:
        with stock.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        words = told(capsys, "stock", "list")
        assert "9999" in words
        assert "db upgrade" not in words

    def test_one_that_lost_a_table_is_told_without_a_traceback(self, stock: Any, capsys: Capture) -> None:
        with stock.writing() as connection:
            connection.execute(text("DROP TABLE holds"))
        assert "wuding db verify" in told(capsys, "stock", "available")

    def test_two_upgrades_at_once_make_one_database(self, postgresql: Any) -> None:
        import threading

        from sqlalchemy import make_url

        from api.migrations import newest, upgrade, version
        from inventory.database import open_engine, reading, transaction

        address = make_url(postgresql())
        admin = open_engine(address)
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE empty_twice"))
        admin.dispose()
        engine = open_engine(address.set(database="empty_twice"))
        with transaction(engine):
            pass
        errors: list[Exception] = []

        def run() -> None:
            try:
                upgrade(engine)
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with reading(engine) as connection:
            assert version(connection) == newest()
        engine.dispose()
        assert errors == []


class TestFiles:
    def test_a_backup_needs_a_name_that_is_no_folder(self, stock: Any, capsys: Capture, tmp_path: Path) -> None:
        told(capsys, "db", "backup", "")
        assert "文件夹" in told(capsys, "db", "backup", str(tmp_path))
        assert ".part" not in told(capsys, "db", "backup", "/proc/nowhere/x.zip")

    def test_a_backup_that_is_not_there_is_called_missing(self, stock: Any, capsys: Capture, tmp_path: Path) -> None:
        assert "找不到文件" in told(capsys, "db", "restore", str(tmp_path / "none.zip"))
        assert "folder" in told(capsys, "db", "restore", str(tmp_path), "--lang", "en")

    def test_an_export_that_cannot_be_says_to_mend_the_book(self, stock: Any, capsys: Capture, tmp_path: Path) -> None:
        stock.put("S0", "M003", 5)
        with stock.writing() as connection:  # as an earlier version took it in
            connection.execute(text("UPDATE lots SET code = 'a' || char(10) || 'b'"))
        file = tmp_path / "stock.csv"
        said = told(capsys, "export", "stock", str(file))
        assert "在账上更正" in said
        assert "重新导入" not in said
        assert not file.exists()

    def test_a_folder_is_no_table(self, stock: Any, capsys: Capture, tmp_path: Path) -> None:
        assert "文件夹" in told(capsys, "import", "stock", str(tmp_path))

    @pytest.mark.parametrize(
        ("number", "words"), [(2, "没有这个文件"), (13, "没有权限"), (21, "文件夹"), (28, "磁盘已满"), (36, "过长")]
    )
    def test_what_the_system_says_of_a_file_is_said_in_chinese(
        self, stock: Any, capsys: Capture, monkeypatch: pytest.MonkeyPatch, number: int, words: str
    ) -> None:
        import os

        from api import upkeep

        def fail(*_: object) -> None:
            raise OSError(number, os.strerror(number), "/x/backup.zip.part")

        monkeypatch.setattr(upkeep, "back_up", fail)
        said = told(capsys, "db", "backup", "backup.zip")
        assert words in said
        assert "/x/backup.zip（" in said


class TestEvaluations:
    def test_only_today_is_kept(self, stock: Any, capsys: Capture) -> None:
        stock.put("S0", "M003", 5)
        today = shanghai_day(now())
        assert cli.run(["five-fixed", "evaluate", "--as-of", today.isoformat()]) == 0
        for day in (today - timedelta(days=1), today + timedelta(days=1)):
            assert f"board --as-of {day}" in told(capsys, "five-fixed", "evaluate", "--as-of", day.isoformat())
        told(capsys, "five-fixed", "evaluate", "--as-of", "9999-12-31")
        with stock.writing() as connection:
            assert connection.execute(select(evaluations.c.day)).scalars().all() == [today]

    def test_another_day_can_be_looked_at(self, stock: Any, capsys: Capture) -> None:
        stock.put("S0", "M003", 5)
        assert cli.run(["five-fixed", "board", "--as-of", "2024-06-03"]) == 0
        assert "2024-06-03" in capsys.readouterr().out
        with stock.writing() as connection:
            assert connection.execute(select(evaluations.c.day)).all() == []

    @pytest.mark.parametrize("command", ["board", "findings", "tasks", "evaluate"])
    def test_a_place_that_is_not_there_is_an_error(self, stock: Any, capsys: Capture, command: str) -> None:
        assert "520699000000" in told(capsys, "five-fixed", command, "--place", "520699000000")
        assert "%" in told(capsys, "five-fixed", command, "--place", "%")
