"""The five-fixed commands: board, findings, tasks, evidence, the monthly report."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from api import cli
from inventory.database import now, open_engine, reading, transaction
from inventory.files.columns import table_of
from inventory.five_fixed import shanghai_day
from inventory.intake.care import import_custodians
from inventory.ledger.issue import issue
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.reserve import reserve
from inventory.tables.care import evaluations, maintenance
from inventory.tables.places import places, stores

Capture = pytest.CaptureFixture[str]

WATER, BED, EXTINGUISHER = "M013", "M003", "M059"
NOW = now()
TODAY = shanghai_day(NOW)
COUNTY, TOWN = "520600000000", "520600100000"
INSPECT = f"S0/{EXTINGUISHER}/E/INSPECT"


class Office:
    """A county store whose extinguishers nobody inspected, a town store with an expired lot and one in no bin."""

    def __init__(self, url: str, capsys: Capture) -> None:
        self.url = url
        self.capsys = capsys
        self.error = ""
        rows = [(COUNTY, "甲县", "county", None), (TOWN, "一镇", "town", COUNTY)]
        old = Act(actor="x", reason="OPENING", at=NOW - timedelta(days=80))
        with self.writing() as connection:
            connection.execute(
                insert(places),
                [{"code": code, "name": name, "level": level, "parent_code": up} for code, name, level, up in rows],
            )
            connection.execute(
                insert(stores),
                [
                    {"code": f"S{number}", "name": f"{name}库", "tier": level, "place_code": code}
                    for number, (code, name, level, _) in enumerate(rows)
                ],
            )
            made = TODAY - timedelta(days=400)
            what = {
                ("S0", EXTINGUISHER, 30, "A-1"): LotFacts(code="E", made=made),
                ("S1", WATER, 60, "A-1"): LotFacts(code="W", made=made, expires=TODAY - timedelta(days=3)),
                ("S1", BED, 25, None): LotFacts(code="B", made=made),
            }
            for (store, item, quantity, bin_), lot in what.items():
                receive(connection, store=store, item=item, quantity=Decimal(quantity), act=old, lot=lot, bin=bin_)
            keeper = {"store": "S0", "person": "zhang", "phone": "000", "role": "primary", "valid_from": made}
            import_custodians(connection, table_of("custodians", {name: [value] for name, value in keeper.items()}))

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        engine = open_engine(self.url)
        try:
            with transaction(engine) as connection:
                yield connection
        finally:
            engine.dispose()

    def ask(self, query: object) -> object:
        engine = open_engine(self.url)
        try:
            with reading(engine) as connection:
                return connection.execute(query).scalar()  # type: ignore[call-overload]
        finally:
            engine.dispose()

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run `wuding five-fixed …`; its standard output."""
        self.capsys.readouterr()
        found = cli.run(["five-fixed", *words])
        told = self.capsys.readouterr()
        assert found == code, told.err + told.out
        self.error = told.err
        return told.out

    def json(self, *words: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = json.loads(self(*words, "--json"))
        return rows


@pytest.fixture
def five(office_home: Path, sqlite_template: Path, capsys: Capture) -> Office:
    shutil.copyfile(sqlite_template, office_home / "wuding.sqlite3")
    return Office(f"sqlite:///{office_home / 'wuding.sqlite3'}", capsys)


@pytest.fixture
def on_both(office_home: Path, database_url: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    return Office(database_url, capsys)


COUNT = select(func.count()).select_from(evaluations)


def test_the_board_evaluates_when_it_has_to_and_only_then(on_both: Office) -> None:
    five = on_both
    assert "还没有评定过" in five("board", "--stored", code=1)
    assert "甲县" in five("board")
    assert "一镇" in five("board", "--place", COUNTY)
    assert five.ask(COUNT) == 1  # one evaluation served both
    act = Act(actor="x", reason="DRILL", at=now())
    with five.writing() as connection:
        receive(connection, store="S1", item=BED, quantity=Decimal(3), act=act, bin="A-1")
        issue(connection, store="S1", item=BED, quantity=Decimal(1), act=act)
    five("board", "--stored")
    assert "有变动" in five.error
    five("board", "--place", COUNTY)
    assert five.error == ""
    assert five.ask(COUNT) == 2
    five("board", "--place", COUNTY, "--preset", "medical")
    assert five.ask(COUNT) == 3


@pytest.mark.parametrize(("lang", "words"), [("zh", ("得分", "不合格库", "%")), ("en", ("Score", "Failed", "%"))])
def test_the_board_is_told_in_both_languages(five: Office, lang: str, words: tuple[str, ...]) -> None:
    told = five("board", "--lang", lang)
    assert [word for word in words if word not in told] == []


def test_the_board_of_another_day_is_looked_at_and_not_kept(on_both: Office) -> None:
    five = on_both
    five("evaluate")
    before = five.ask(COUNT), len(five.json("tasks"))
    later = five("board", "--place", COUNTY, "--as-of", (TODAY + timedelta(days=400)).isoformat(), "--json")
    now_ = five("board", "--place", COUNTY, "--json")
    then, today = json.loads(later), json.loads(now_)
    assert then["total"]["overdue"] > today["total"]["overdue"]
    assert {row["code"] for row in then["rows"]} == {row["code"] for row in today["rows"]}
    assert (five.ask(COUNT), len(five.json("tasks"))) == before


def test_a_look_at_another_day_counts_as_the_kept_board_does(five: Office) -> None:
    for words in ((), ("--place", COUNTY), ("--place", TOWN)):
        noon = f"{TODAY.isoformat()}T12:00:00+08:00"
        kept = json.loads(five("board", *words, "--as-of", noon, "--json"))
        from api.care import board_of_day
        from api.office import look

        looked = look(board_of_day, as_of=NOW, place=words[1] if words else None)
        assert [(row.code, row.stores, row.failed, row.critical, row.overdue) for row in looked.rows] == [
            (row["code"], row["stores"], row["failed"], row["critical"], row["overdue"]) for row in kept["rows"]
        ]
        assert looked.total is not None
        assert looked.total.score == pytest.approx(kept["total"]["score"])
        assert looked.total.name == kept["total"]["name"]


def test_the_nightly_run_says_what_it_did_and_frees_what_ran_out(on_both: Office) -> None:
    five = on_both
    act = Act(actor="x", reason="PLAN", at=now())
    with five.writing() as connection:
        receive(connection, store="S1", item=BED, quantity=Decimal(3), act=act, bin="A-1")
        reserve(connection, store="S1", item=BED, quantity=Decimal(2), act=act, reference="P",
                expires_at=now() + timedelta(milliseconds=1))  # fmt: skip
    told = five("evaluate")
    assert "评定 2 个储备库" in told
    assert "释放到期预留 1 笔" in told
    assert "opened" in five("evaluate", "--lang", "en")


def test_findings_are_sentences_and_narrow_down(five: Office) -> None:
    assert "还没有评定过" in five("findings")
    five("evaluate")
    told = five("findings", "--severity", "严重", "--store", "S1")
    assert f"储备库 S1 的 {WATER} 批次 W 有 60 已于" in told
    assert "expired after" in five("findings", "--severity", "critical", "--store", "S1", "--lang", "en")
    holding = five.json("findings", "--blocking")
    assert {(row["store"], row["code"]) for row in holding} >= {("S0", "OVERDUE_TWICE"), ("S1", "NO_BIN")}
    assert all(row["words"]["zh"] and row["words"]["en"] for row in holding)  # type: ignore[index, call-overload]
    assert {row["rule"] for row in five.json("findings", "--rule", "period")} == {"period"}
    assert len(five.json("findings", "--limit", "2")) == 2
    assert "只列出前 2 行" in five("findings", "--limit", "2")
    five("findings", "--rule", "luck", code=2)
    five("findings", "--place", "5206", code=2)


def test_tasks_come_due_first_by_person_and_state(five: Office) -> None:
    five("evaluate")
    rows = five.json("tasks")
    days = [str(row["due"] or "") for row in rows]
    assert days == sorted(days)
    assert INSPECT in five("tasks", "--custodian", "zhang")
    assert {row["store"] for row in five.json("tasks", "--custodian", "zhang")} == {"S0"}
    assert all(str(row["due"]) < TODAY.isoformat() for row in five.json("tasks", "--overdue"))
    assert five.json("tasks", "--status", "done") == []
    assert "上架" in five("tasks", "--store", "S1")
    assert "put away" in five("tasks", "--store", "S1", "--lang", "en")


def test_a_task_is_assigned_done_and_frees_what_it_held(on_both: Office, capsys: Capture) -> None:
    five = on_both
    five("evaluate")
    assert cli.run(["stock", "issue", "S0", EXTINGUISHER, "1"]) == 2
    five("assign", INSPECT, "wang")
    assert [row["key"] for row in five.json("tasks", "--custodian", "wang")] == [INSPECT]
    five("done", INSPECT, "--on", TODAY.isoformat(), "--note", "压力正常", "--actor", "wang")
    assert [row["key"] for row in five.json("tasks", "--status", "done")] == [INSPECT]
    assert cli.run(["stock", "issue", "S0", EXTINGUISHER, "1"]) == 0
    assert five.ask(select(maintenance.c.actor)) == "wang"
    five("done", INSPECT, code=2)
    assert "five-fixed tasks" in five.error


def test_a_failed_check_is_out_of_use_at_once(five: Office, capsys: Capture) -> None:
    five("evaluate")
    assert "立即停用" in five("done", INSPECT, "--failed")
    capsys.readouterr()
    assert cli.run(["stock", "available", "--item", EXTINGUISHER, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["available"] == "0"
    five("evaluate")
    assert "CHECK_FAILED" in {row["code"] for row in five.json("findings", "--store", "S0")}


def test_a_check_done_makes_the_board_look_again(five: Office) -> None:
    five("board", "--place", COUNTY)
    five("done", INSPECT)
    five("board", "--stored", "--place", COUNTY)
    assert "有变动" in five.error
    five("board", "--place", COUNTY)
    assert not [row for row in five.json("findings", "--store", "S0", "--limit", "1000") if row["kind"] == "INSPECT"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_be_done_is_told(five: Office, lang: str, tmp_path: Path) -> None:
    five("evaluate")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    five("done", INSPECT, "--on", tomorrow, "--lang", lang, code=2)
    assert tomorrow in five.error
    five("done", "S0/M000/L/INSPECT", "--lang", lang, code=2)
    assert "S0/M000/L/INSPECT" in five.error
    put_away = f"S1/{BED}/B/PUT_AWAY"
    five("done", put_away, "--lang", lang, code=2)
    assert "--bin" in five.error
    five("done", INSPECT, "--evidence", str(tmp_path / "none.jpg"), "--lang", lang, code=2)
    assert "none.jpg" in five.error
    assert five.json("tasks", "--status", "done") == []
    five("done", put_away, "--bin", "B-2", "--lang", lang)
    assert five.json("tasks", "--status", "done")[0]["key"] == put_away


def test_evidence_is_kept_in_the_office_under_its_hash(five: Office, office_home: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8 a gauge")
    five("evaluate")
    assert "佐证 1 份" in five("done", INSPECT, "--evidence", str(photo))
    (kept,) = [path for path in (office_home / "files").rglob("*") if path.is_file()]
    assert kept.read_bytes() == photo.read_bytes()
    assert kept.name.startswith(kept.parent.name)


def test_the_monthly_report_is_written_for_paper_and_for_a_spreadsheet(on_both: Office, tmp_path: Path) -> None:
    five = on_both
    month = TODAY.isoformat()[:7]
    pdf, xlsx = tmp_path / "月报.pdf", tmp_path / "月报.xlsx"
    told = five("report", "--place", COUNTY, "--month", month, "--pdf", str(pdf), "--xlsx", str(xlsx))
    assert "月报.pdf" in told
    assert pdf.read_bytes().startswith(b"%PDF")
    assert xlsx.read_bytes().startswith(b"PK")
    five("report", "--place", TOWN, "--month", month, "--pdf", str(pdf), code=2)
    assert TOWN in five.error
    five("report", "--place", COUNTY, "--month", month, code=2)
    assert "--pdf" in five.error
    five("report", "--place", COUNTY, "--month", "June", "--pdf", str(pdf), code=2)
    assert "June" in five.error


def test_an_unknown_preset_is_told_with_the_known_ones(five: Office) -> None:
    five("board", "--preset", "naval", code=2)
    assert "general" in five.error
    assert "medical" in five.error


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_explains_itself(office_home: Path, capsys: Capture, lang: str) -> None:
    for name in ("board", "evaluate", "findings", "tasks", "assign", "done", "report"):
        assert cli.run(["five-fixed", name, "--help", "--lang", lang]) == 0
        told = capsys.readouterr().out
        assert "opt." not in told
        assert "cmd." not in told
