"""A road that closes while the plan runs: told after solve, replan and explain, and avoided where asked for."""

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api import cli
from scenarios.exchange.plan import load_plan
from scenarios.world import World

Capture = pytest.CaptureFixture[str]
CLOSES = {"id": "C2", "road_name": "X102", "speed_factor": Decimal(0), "from": "2024-06-03T08:32:00+08:00"}
TOLD = "X102 closed from 08:32"
HEADING = "Roads that close or slow down on the way"


@pytest.fixture(autouse=True)
def home(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The scenario `hamlet`, in which the road to I1 closes at 08:32; `calm` is the same without that."""
    from scenarios import registry

    closing = replace(world, closures=(*world.closures, CLOSES))
    known = [("hamlet", closing), ("calm", world)]
    scenarios = tuple(registry.Scenario(n, n, n, "", "", lambda seed, made=made: made) for n, made in known)
    monkeypatch.setattr(registry, "SCENARIOS", scenarios)
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("WUDING_ACTOR", "duty")
    monkeypatch.setenv("WUDING_LANG", "en")
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def built(home: Path) -> Path:
    run("scenario", "build", "hamlet", "--out", home / "built")
    return home / "built"


def run(*words: Any, code: int = 0) -> None:
    assert cli.run([str(word) for word in words]) == code


def foreseen(plan: Path) -> Any:
    return json.loads(plan.with_name(f"{plan.stem}.run.json").read_text("utf-8")).get("foreseen")


def counting(plan: Path) -> Any:
    return load_plan(plan).parameters["closures"]


def test_a_plan_that_drives_into_a_closing_road_says_who_and_what_to_do(
    built: Path, home: Path, capsys: Capture
) -> None:
    plan = home / "plan.json"
    run("solve", built, "--out", plan, "--report", home / "report")
    told = capsys.readouterr().out
    assert HEADING in told
    assert "乡镇综合救援队: its base to 盘石滑坡, leaving 08:31, planned there 08:32:48, in fact not at all" in told
    assert TOLD in told
    assert "--closures cautious" in told
    late = foreseen(plan)["late"]
    assert {row["id"] for row in late if row["kind"] == "team"} == {"T1", "T2"}
    assert all(row["arrives_s"] is None and row["closures"][0]["from_s"] == 120 for row in late)
    page = (home / "report" / "plan.html").read_text("utf-8")
    assert '<section id="foreseen"' in page
    assert '<a href="#foreseen">' in page
    assert "X102 08:32 起封闭" in page
    run("explain", built, plan)
    assert TOLD in capsys.readouterr().out
    why = json.loads((home / "plan.why.json").read_text("utf-8"))
    assert [row["said"] for row in why["foreseen"]["late"]] == [row["said"] for row in late]


def test_a_cautious_plan_stays_away_and_is_checked_explained_and_replanned_as_such(
    built: Path, home: Path, capsys: Capture
) -> None:
    plan, new = home / "plan.json", home / "new.json"
    run("solve", built, "--out", plan, "--closures", "cautious")
    told = capsys.readouterr()
    assert "none arrives later" in told.out
    assert "the problem says as_of" in told.err
    assert foreseen(plan)["late"] == []
    assert counting(plan) == "cautious"
    assert "I1" not in {stop.incident for order in load_plan(plan).team_orders for stop in order.stops}
    for problem in (built, built / "problem.json"):
        run("check", problem, plan)
    run("explain", built, plan)
    run("replan", built, plan, "--out", new)
    assert counting(new) == "cautious"
    run("check", built, new)
    run("replan", built, plan, "--closures", "as_of", "--out", new)
    assert counting(new) == "as_of"
    run("check", built, new)
    capsys.readouterr()
    run("replan", built / "problem.json", plan, "--at", "2024-06-03T08:31:30+08:00", "--out", new)
    assert json.loads((home / "new.problem.json").read_text("utf-8"))["parameters"]["closures"] == "cautious"
    run("check", home / "new.problem.json", new)


def test_a_running_plan_is_replanned_away_from_the_road(built: Path, home: Path, capsys: Capture) -> None:
    plan, new = home / "plan.json", home / "new.json"
    run("solve", built, "--out", plan)
    run("replan", built, plan, "--out", new)
    assert TOLD in capsys.readouterr().out
    assert foreseen(new) == foreseen(plan)
    run("replan", built, plan, "--out", new, "--closures", "cautious")
    assert foreseen(new)["late"] == []
    assert load_plan(new).replans is not None


def test_the_parameter_of_a_world_counts_as_others_do(built: Path, home: Path) -> None:
    plan, head = home / "plan.json", built / "world.json"
    content = json.loads(head.read_text("utf-8"))
    head.write_text(json.dumps({**content, "parameters": {"closures": "cautious"}}), "utf-8")
    run("scenario", "check", built)
    run("solve", built / "problem.json", "--out", plan)
    assert counting(plan) == "cautious"
    run("check", built, plan)
    head.write_text(json.dumps({**content, "parameters": {"closures": "sometimes"}}), "utf-8")
    run("solve", built, "--out", plan, code=2)


def test_nothing_is_said_where_no_closure_changes(home: Path, capsys: Capture) -> None:
    run("scenario", "build", "calm", "--out", home / "calm")
    run("solve", home / "calm", "--out", home / "plan.json", "--report", home / "report")
    assert HEADING not in capsys.readouterr().out
    assert foreseen(home / "plan.json") is None
    assert "foreseen" not in (home / "report" / "plan.html").read_text("utf-8")


def test_the_situation_in_the_database_is_solved_and_replanned_cautiously(
    home: Path, sqlite_template: Path, capsys: Capture
) -> None:
    (home / "office").mkdir()
    shutil.copyfile(sqlite_template, home / "office" / "wuding.sqlite3")
    plan, new = home / "plan.json", home / "new.json"
    run("scenario", "load", "hamlet")
    run("solve", "--live", "--out", plan)
    assert TOLD in capsys.readouterr().out
    run("solve", "--live", "--out", plan, "--closures", "cautious", "--commit")
    assert counting(plan) == "cautious"
    run("replan", "--live", "--out", new)
    assert counting(new) == "cautious"
    run("replan", "--live", "--closures", "as_of", "--out", new)
    assert TOLD in capsys.readouterr().out
