"""The commands as a user types them: exit codes, languages, messages without tracebacks, whole files or none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api import cli
from api.lang import UnknownLanguage, take_lang
from optimizer.errors import OptimizerError

Capture = pytest.CaptureFixture[str]


def spoiled(path: Path, **changes: Any) -> Path:
    document = json.loads(path.read_text("utf-8"))
    document.update(changes)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def solved(problem: Path) -> Path:
    plan = problem.with_name("plan.json")
    assert cli.run(["solve", str(problem), "--out", str(plan)]) == 0
    return plan


def test_solve_writes_a_plan_and_its_run_beside_it(problem_file: Path, capsys: Capture) -> None:
    plan = solved(problem_file)
    assert json.loads(plan.read_text("utf-8"))["team_orders"][0]["team"] == "A"
    run = json.loads(plan.with_name("plan.run.json").read_text("utf-8"))
    assert {"read", "solve", "check", "write"} == run["seconds"].keys()
    assert "已写出" in capsys.readouterr().out


def test_the_plan_holds_no_clock(problem_file: Path) -> None:
    first = solved(problem_file).read_bytes()
    assert solved(problem_file).read_bytes() == first


def test_check_accepts_what_solve_wrote(problem_file: Path, capsys: Capture) -> None:
    plan = solved(problem_file)
    assert cli.run(["check", str(problem_file), str(plan)]) == 0
    assert "没有违规" in capsys.readouterr().out


def test_check_names_every_violation_and_exits_with_1(problem_file: Path, capsys: Capture) -> None:
    plan = solved(problem_file)
    content = json.loads(plan.read_text("utf-8"))
    content["team_orders"][0]["stops"][0]["arrive_s"] += 1
    content["shipments"][0]["quantity"] += 1
    plan.write_text(json.dumps(content), encoding="utf-8")
    capsys.readouterr()
    assert cli.run(["--lang", "en", "check", str(problem_file), str(plan)]) == 1
    told = capsys.readouterr().out
    assert "team_orders[0].stops[0]" in told
    assert "shipments" in told


def test_a_pin_that_cannot_be_kept_is_infeasible(problem_file: Path, capsys: Capture) -> None:
    spoiled(problem_file, pins=[{"team": "A", "task": "K1"}], bans=[{"team": "A", "task": "K1"}])
    out = problem_file.with_name("plan.json")
    assert cli.run(["solve", str(problem_file), "--out", str(out)]) == 1
    assert "队伍 A → 任务 K1" in capsys.readouterr().err
    assert json.loads(out.read_text("utf-8"))["status"] == "infeasible"
    assert cli.run(["check", str(problem_file), str(out)]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve", "none.json", "--out", "plan.json"],
        ["check", "none.json", "plan.json"],
        ["solve"],
        ["solve", "none.json"],
        ["solve", "none.json", "--out", "p", "--seed", "x"],
        ["solve", "none.json", "--out", "p", "--time-limit-s", "0"],
        ["nonsense"],
        ["solve", "--nonsense"],
        ["schema", "nonsense"],
        ["--lang", "fr"],
        ["travel", "none.pbf", "--origins", "a.csv", "--destinations", "b.csv", "--out", "m.csv"],
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bad_input_exits_with_2_and_says_why(
    arguments: list[str], lang: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WUDING_LANG", lang)
    assert cli.run(arguments) == 2
    told = capsys.readouterr()
    assert told.err.strip()
    assert "Traceback" not in told.err
    assert list(tmp_path.iterdir()) == []  # nothing half written


def test_faults_are_told_with_path_and_remedy(problem_file: Path, capsys: Capture) -> None:
    spoiled(problem_file, teams=[{"id": "A"}], pins=[{"team": "Q", "task": "K1"}])
    assert cli.run(["check", str(problem_file), "x"]) == 2
    told = capsys.readouterr().err
    assert "teams[0].profile：缺少必填字段" in told
    assert "pins[0].team：没有编号为“Q”的队伍" in told


def test_broken_json_is_told_with_line_and_column(problem_file: Path, capsys: Capture) -> None:
    problem_file.write_text('{\n  "as_of" 3}', encoding="utf-8")
    assert cli.run(["solve", str(problem_file), "--out", "x", "--lang", "en"]) == 2
    assert "line 2, column 11" in capsys.readouterr().err


def test_a_limit_that_is_over_before_the_search_exits_with_3(problem_file: Path, capsys: Capture) -> None:
    out = problem_file.with_name("plan.json")
    assert cli.run(["solve", str(problem_file), "--out", str(out), "--time-limit-s", "1e-9"]) == 3
    assert "--time-limit-s" in capsys.readouterr().err
    assert not out.exists()


def test_a_plan_that_fails_its_own_check_is_not_written(
    problem_file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optimizer.dispatch import check as checker

    found = (checker.Violation(checker.Code.ORDER_EMPTY, "team_orders[0]", {"team": "A"}),)
    monkeypatch.setattr(checker, "check", lambda *_: found)
    out = problem_file.with_name("plan.json")
    assert cli.run(["solve", str(problem_file), "--out", str(out)]) == 1
    assert "team_orders[0]" in capsys.readouterr().err
    assert not out.exists()


def test_an_output_that_cannot_be_written_is_told(problem_file: Path, capsys: Capture) -> None:
    target = problem_file / "below" / "plan.json"  # below a file
    assert cli.run(["solve", str(problem_file), "--out", str(target)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_notes_go_to_standard_error(problem_file: Path, capsys: Capture) -> None:
    spoiled(problem_file, closures=[{"id": "C", "road_name": "G320", "speed_factor": 0}])
    solved(problem_file)
    assert "注意：closures：" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "title"), [("problem", "problem.json"), ("plan", "plan.json"), ("why", "plan.why.json")]
)
def test_schema_prints_json(name: str, title: str, capsys: Capture) -> None:
    assert cli.run(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == title


@pytest.mark.parametrize(("lang", "word"), [("zh", "核验"), ("en", "checked")])
def test_help_speaks_the_language(lang: str, word: str, capsys: Capture) -> None:
    assert cli.run(["--help", f"--lang={lang}"]) == 0
    assert word in capsys.readouterr().out
    assert cli.run(["solve", "--help", "--lang", lang]) == 0


def test_no_argument_shows_the_help(capsys: Capture) -> None:
    assert cli.run([]) == 0
    assert "wuding demo" in capsys.readouterr().out


def test_version_is_told(capsys: Capture) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("wuding ")


def test_the_language_may_stand_anywhere() -> None:
    assert take_lang(["--lang", "en", "demo"], environment={}) == ("en", ["demo"])
    assert take_lang(["demo", "--lang=en"], environment={"WUDING_LANG": "zh"}) == ("en", ["demo"])
    assert take_lang(["demo"], environment={"WUDING_LANG": "en"}) == ("en", ["demo"])
    assert take_lang(["check", "--", "--lang"], environment={}) == ("zh", ["check", "--", "--lang"])
    with pytest.raises(UnknownLanguage):
        take_lang(["demo", "--lang"], environment={})


def test_an_interrupted_run_says_so(problem_file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("api.usecases.load_problem", interrupt)
    assert cli.run(["solve", str(problem_file), "--out", "x"]) == 130
    assert "已中断" in capsys.readouterr().err


def test_a_mistake_of_ours_is_not_hidden(problem_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("api.usecases.load_problem", fail)
    with pytest.raises(ZeroDivisionError):
        cli.run(["solve", str(problem_file), "--out", "x"])


def test_a_domain_error_without_words_is_still_told(
    problem_file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OptimizerError(team="A")

    monkeypatch.setattr("api.usecases.load_problem", fail)
    assert cli.run(["solve", str(problem_file), "--out", "x"]) == 2
    assert "team=A" in capsys.readouterr().err


def test_the_module_runs_as_a_program(problem_file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "check", str(problem_file), "none.json"],
        cwd=Path(cli.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "none.json" in done.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "command",
    ["solve", "check", "schema", "travel", "demo", "scenario list", "scenario check", "scenario load", "import",
     "export", "db verify", "plan commit", "plan show"],
)  # fmt: skip
def test_no_help_lacks_a_fact(command: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command.split(), "--help", "--lang", lang]) == 0
    shown = capsys.readouterr().out
    assert "?" not in shown.replace("？", "")
