"""`wuding staffing size | example | count | plans`."""

from pathlib import Path

import openpyxl
import pytest

from api import cli
from optimizer.staffing.towns import Town, Towns
from scenarios.staffing.inputs import write_towns


def test_an_example_is_written_and_sized_with_the_same_bytes_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    towns, first, again = tmp_path / "towns.csv", tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    assert cli.run(["staffing", "example", "district", "--out", str(towns)]) == 0
    ask = ["staffing", "size", str(towns), "--year", "2025", "--draws", "50", "--lang", "en", "--out"]
    assert cli.run([*ask, str(first)]) == 0
    told = capsys.readouterr().out
    assert "10 towns need" in told
    assert "2025 has 248 working days (announced)" in told
    assert cli.run([*ask, str(again)]) == 0
    assert first.read_bytes() == again.read_bytes()
    assert openpyxl.load_workbook(first).sheetnames[:4] == ["Result", "Components", "Coefficients", "Towns"]


def test_scenarios_stand_side_by_side_and_years_to_come_are_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    towns, more = tmp_path / "towns.xlsx", tmp_path / "more.csv"
    assert cli.run(["staffing", "example", "district", "--out", str(towns), "--lang", "zh"]) == 0
    more.write_text("name,value\ncoverage_enterprise,0.6\n", encoding="utf-8")
    ask = ["staffing", "size", str(towns), "--out", str(tmp_path / "a.xlsx"), "--year", "2030", "--draws", "0"]
    assert cli.run([*ask, "--compare", str(more), "--break-even", "case_h", "--lang", "zh"]) == 0
    told = capsys.readouterr().out
    assert "方案 more" in told
    assert "假定" in told
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames[-2:] == ["case_h", "方案对比"]


def test_a_report_with_charts_is_printed_beside_the_workbook(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    towns, book, report = (tmp_path / name for name in ("towns.csv", "a.xlsx", "a.pdf"))
    assert cli.run(["staffing", "example", "district", "--out", str(towns), "--lang", "en"]) == 0
    ask = ["staffing", "size", str(towns), "--out", str(book), "--year", "2025", "--draws", "20", "--lang", "en"]
    assert cli.run([*ask, "--pdf", str(report)]) == 0
    assert "The report is in" in capsys.readouterr().out
    first = report.read_bytes()
    assert first.startswith(b"%PDF-")
    assert cli.run([*ask, "--pdf", str(report)]) == 0
    assert report.read_bytes() == first
    ask = ["staffing", "share", str(towns), "--posts", "9", "--out", str(book), "--lang", "en"]
    assert cli.run([*ask, "--pdf", str(report)]) == 0
    assert report.read_bytes().startswith(b"%PDF-")


def test_the_town_with_nobody_is_the_first_on_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    towns = tmp_path / "towns.csv"
    pair = [Town(code, name, "", 50_000, established=staff, contract=staff)
            for code, name, staff in (("A", "Alpha", 9), ("B", "Beta", 0))]  # fmt: skip
    write_towns(towns, Towns.of(pair))
    ask = ["staffing", "size", str(towns), "--out", str(tmp_path / "a.xlsx"), "--draws", "0", "--lang", "en"]
    assert cli.run(ask) == 0
    assert "For example: Beta needs" in capsys.readouterr().out


@pytest.mark.parametrize(
    "ask",
    [
        ["example", "nowhere", "--out", "t.csv"],
        ["size", "nowhere.csv", "--out", "a.xlsx"],
        ["size", "towns.csv", "--out", "a.csv"],
        ["size", "towns.csv", "--out", "a.xlsx", "--pdf", "a.doc"],
        ["share", "towns.csv", "--out", "a.xlsx", "--posts", "3", "--pdf", "a.xlsx"],
        ["size", "towns.csv", "--out", "a.xlsx", "--year", "1900"],
        ["size", "towns.csv", "--out", "a.xlsx", "--parameters", "bad.csv"],
        ["size", "towns.csv", "--out", "a.xlsx", "--break-even", "nonsense"],
        ["size", "towns.csv", "--out", "a.xlsx", "--compare", "good.csv", "--compare", "x/good.csv"],
        ["count", "bad.csv", "--out", "t.csv"],
        ["plans", "plans.csv"],
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    ask: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["staffing", "example", "district", "--out", "towns.csv"]) == 0
    Path("bad.csv").write_text("name,value\nnonsense,1\n")
    Path("good.csv").write_text("name,value\ncase_h,20\n")
    Path("x").mkdir()
    Path("x/good.csv").write_text("name,value\ncase_h,25\n")
    Path("plans.csv").write_text(
        "unit,people,days_each,total,supervision,other_enforcement,other_work\nB,22,247,5434,971,2649,1994\n"
    )
    for lang in ("zh", "en"):
        assert cli.run(["staffing", *ask, "--lang", lang]) == 2
        told = capsys.readouterr().err
        assert told
        assert "?" not in told
    assert not Path("a.xlsx").exists()


def test_a_roster_that_the_limit_stopped_is_no_answer_and_no_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optimizer.staffing.roster import RosterNotFound

    def stopped(*_: object, **__: object) -> None:
        raise RosterNotFound(work=20)

    monkeypatch.setattr("scenarios.staffing.roster.make_roster", stopped)
    assert cli.run(["staffing", "roster-example", "--out", str(tmp_path)]) == 0
    people, posts = (str(tmp_path / f"duty_{name}.csv") for name in ("people", "posts"))
    ask = ["staffing", "roster", people, "--posts", posts, "--month", "2026-10", "--out", str(tmp_path / "r.xlsx")]
    assert cli.run(ask) == 3
