"""What the command line refuses before it begins to work, and how it says so."""

import errno
from pathlib import Path

import pytest

from api import cli
from api.mistakes import disk
from api.say import Speaker

Capture = pytest.CaptureFixture[str]
AS_OF = "2026-01-01T00:00:00+08:00"
PROBLEM = f"""{{"schema_version": 1, "as_of": "{AS_OF}",
 "incidents": [{{"id": "i", "kind": "flood", "severity": 3, "reported_at": "{AS_OF}", "demands": [],
   "tasks": [{{"id": "t", "capability": "a", "teams_needed": 1, "service_s": 60}}]}}],
 "teams": [{{"id": "k", "tier": "5", "capabilities": ["a"], "headcount": 1, "profile": "p", "turnout_s": 0}}],
 "travel": {{"team_to_incident_s": {{"k": {{"i": 60}}}}}}}}"""


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(PROBLEM)
    return path


@pytest.mark.parametrize("limit", ["inf", "nan", "0", "1e9"])
def test_a_time_limit_is_a_number_of_seconds(problem: Path, capsys: Capture, limit: str) -> None:
    arguments = ["solve", str(problem), "--out", str(problem.with_name("plan.json")), "--time-limit-s", limit]
    assert cli.run([*arguments, "--lang", "en"]) == 2
    assert "--time-limit-s: the limit" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("solve", "PROBLEM", "--out", "PLACE"),
        ("solve", "PROBLEM", "--out", "x.json", "--report", "PLACE"),
        ("replan", "PROBLEM", "plan.json", "--out", "PLACE"),
        ("explain", "PROBLEM", "plan.json", "--out", "PLACE"),
        ("simulate", "PROBLEM", "--out", "PLACE"),
        ("demo", "--out", "PLACE"),
        ("scenario", "build", "county", "--out", "PLACE"),
        ("plan", "advance", "PROBLEM", "plan.json", "--at", AS_OF, "--out", "PLACE"),
        ("travel", "roads", "--origins", "o.csv", "--destinations", "d.csv", "--out", "PLACE"),
    ],
)
def test_where_nothing_can_be_written_is_said_before_the_work(
    problem: Path, capsys: Capture, words: tuple[str, ...]
) -> None:
    place = problem / "in" / "here"  # a file, not a folder
    given = {"PROBLEM": str(problem), "PLACE": str(place)}
    assert cli.run([given.get(word, word) for word in words] + ["--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert f"“{problem}” is no folder to write into" in told
    assert words[words.index("PLACE") - 1] in told


def test_a_folder_is_no_plan_file(problem: Path, capsys: Capture) -> None:
    assert cli.run(["solve", str(problem), "--out", str(problem.parent), "--lang", "en"]) == 2
    assert "Name a file in it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "neighbour", ["d/.plan.json.x4k_9z3a.part", "d/plan.json.3030.part", "d/plan.json.part", "d/plan.json"]
)
def test_the_neighbour_that_is_written_first_is_never_named(neighbour: str) -> None:
    told = disk(OSError(errno.ENOSPC, "", neighbour), Speaker("en"))
    assert "d/plan.json (" in told


@pytest.mark.parametrize(
    ("words", "bound"),
    [(["--hours", "0"], "≥ 1"), (["--hours", "9999"], "≤ 8784"), (["--seed", "-1"], "≥ 0")],
)
def test_a_number_out_of_bounds_is_told_the_range(capsys: Capture, words: list[str], bound: str) -> None:
    for lang in ("zh", "en"):
        assert cli.run(["simulate", *words, "--lang", lang]) == 2
        assert bound in capsys.readouterr().err


def test_the_chinese_list_of_commands_says_what_each_does(capsys: Capture) -> None:
    for group in ([], ["plan"], ["stock"], ["five-fixed"], ["scenario"], ["db"]):
        assert cli.run([*group, "--help", "--lang", "zh"]) == 0
        assert "  ..." not in capsys.readouterr().out


def test_reports_centuries_apart_are_taken_for_a_wrong_date(problem: Path, capsys: Capture) -> None:
    reports = problem.with_name("reports.csv")
    reports.write_text("incident,reported_at\ni,2026-01-01T00:00:00+08:00\ni,9026-01-01T00:00:00+08:00\n")
    out = str(problem.with_name("out"))
    assert cli.run(["simulate", str(problem), "--stream", str(reports), "--out", out, "--lang", "en"]) == 2
    assert "days apart; at most 366" in capsys.readouterr().err


@pytest.mark.parametrize(("stopped_by", "code"), [("proof", 1), ("work", 3)])
def test_a_replan_without_a_plan_is_a_no_only_where_that_is_proven(stopped_by: str, code: int, capsys: Capture) -> None:
    from types import SimpleNamespace

    from api.commands.replan import _tell

    plan = SimpleNamespace(status="infeasible", stopped_by=stopped_by, unmet=())
    solved = SimpleNamespace(notes=(), feasible=False, plan=plan, seconds={})
    done = SimpleNamespace(solved=solved, problem_file=None, lost=())
    assert _tell(Speaker("en"), done, Path("p.json"), None, None) == code  # type: ignore[arg-type]
