"""`wuding explain` and `wuding solve --explain` as a user types them."""

import json
from pathlib import Path

import pytest

from api import cli

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def plan(problem_file: Path) -> Path:
    path = problem_file.with_name("plan.json")
    assert cli.run(["solve", str(problem_file), "--out", str(path)]) == 0
    return path


def test_explain_writes_the_document_beside_the_plan_and_prints_tables(
    problem_file: Path, plan: Path, capsys: Capture
) -> None:
    capsys.readouterr()
    assert cli.run(["explain", str(problem_file), str(plan)]) == 0
    content = json.loads(plan.with_name("plan.why.json").read_text("utf-8"))
    assert content["alternatives"]["teams"][0]["team"] == "A"
    out = capsys.readouterr().out
    assert "最近的队伍" in out
    assert "plan.why.json" in out


def test_solve_with_explain_writes_the_same_bytes(problem_file: Path, plan: Path) -> None:
    assert cli.run(["explain", str(problem_file), str(plan), "--output", str(plan.with_name("one.json"))]) == 0
    assert cli.run(["solve", str(problem_file), "--out", str(plan), "--explain"]) == 0
    assert plan.with_name("one.json").read_bytes() == plan.with_name("plan.why.json").read_bytes()


def test_explain_speaks_english(problem_file: Path, plan: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert cli.run(["explain", str(problem_file), str(plan), "--lang", "en"]) == 0
    assert "If travel times change" in capsys.readouterr().out


def test_a_plan_of_another_problem_is_refused(problem_file: Path, plan: Path, capsys: Capture) -> None:
    document = json.loads(problem_file.read_text("utf-8"))
    document["incidents"][0]["severity"] = 4
    problem_file.write_text(json.dumps(document), encoding="utf-8")
    assert cli.run(["explain", str(problem_file), str(plan)]) == 2
    assert "wuding check" in capsys.readouterr().err
    assert not plan.with_name("plan.why.json").exists()


def test_the_page_holds_the_explanation_only_where_it_was_asked_for(problem_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    for more, expected in (([], False), (["--explain"], True)):
        command = ["solve", str(problem_file), "--out", str(out), "--report", str(tmp_path / "r"), *more]
        assert cli.run(command) == 0
        page = (tmp_path / "r" / "plan.html").read_text("utf-8")
        assert ('<section id="why"' in page) is expected
        assert ('href="#why"' in page) is expected
