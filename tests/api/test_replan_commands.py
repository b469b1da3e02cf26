"""`wuding replan` and `plan list|show|diff|rollback|progress|advance`."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from api import cli
from api.replanning import rollback
from scenarios.exchange.plan import load_plan, plan_sha256
from scenarios.world import World

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    from scenarios import registry

    hamlet = registry.Scenario("hamlet", "小村", "A hamlet", "", "", lambda seed: world)
    monkeypatch.setattr(registry, "SCENARIOS", (hamlet,))
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("WUDING_ACTOR", "duty")
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def office(home: Path, sqlite_template: Path) -> Path:
    (home / "office").mkdir()
    shutil.copyfile(sqlite_template, home / "office" / "wuding.sqlite3")
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    return home


@pytest.fixture
def built(home: Path) -> Path:
    """The hamlet as a folder with a plan beside it."""
    folder = home / "built"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    assert cli.run(["solve", str(folder / "problem.json"), "--out", str(home / "plan.json")]) == 0
    return folder


def run(*words: Any, code: int = 0) -> None:
    assert cli.run([str(word) for word in words]) == code


def test_a_plan_is_replanned_from_files_and_says_from_which(built: Path, home: Path, capsys: Capture) -> None:
    problem, plan, new = built / "problem.json", home / "plan.json", home / "new.json"
    run("replan", problem, plan, "--out", new, "--lang", "en")
    assert "0 change(s)" in capsys.readouterr().out
    before, after = load_plan(plan), load_plan(new)
    assert after.replans is not None
    assert after.replans.plan_sha256 == plan_sha256(before)
    assert (after.team_orders, after.shipments) == (before.team_orders, before.shipments)
    run("check", problem, new)


def test_a_problem_is_taken_to_an_instant_changed_and_replanned(built: Path, home: Path, capsys: Capture) -> None:
    folder, new = home / "later", home / "new.json"
    run("plan", "advance", built / "problem.json", home / "plan.json", "--at", "2024-06-03T08:31:30+08:00",
        "--out", folder, "--lang", "en")  # fmt: skip
    assert "on the way" in capsys.readouterr().out
    document = json.loads((folder / "problem.json").read_text("utf-8"))
    assert document["as_of"].startswith("2024-06-03T08:31:30")
    assert document["started"]
    assert all(27.0 <= row["lat"] <= 27.02 for row in document["started"] if row["state"] == "en_route")
    document["closures"].append({"id": "C2", "road_name": "X102", "speed_factor": 0})
    (folder / "problem.json").write_text(json.dumps(document), "utf-8")
    run("plan", "advance", built / "problem.json", home / "plan.json", "--at", "2024-06-03T08:31:30+08:00",
        "--out", folder, code=2)  # fmt: skip
    assert "--overwrite" in capsys.readouterr().err
    run("replan", folder / "problem.json", folder / "plan.json", "--out", new, "--lang", "en")
    run("check", folder / "problem.json", new)
    run("plan", "diff", folder / "plan.json", new, "--problem", built)
    told = capsys.readouterr().out
    assert "发货：" in told
    assert "队伍：" in told
    run("replan", built / "problem.json", home / "plan.json", "--at", "2024-06-03T08:20:00+08:00", "--out", new, code=2)
    assert "as_of" in capsys.readouterr().err


def test_a_world_folder_is_replanned_at_an_instant_in_one_step(built: Path, home: Path) -> None:
    new, report = home / "new.json", home / "report"
    run("replan", built, home / "plan.json", "--at", "2024-06-03T08:40:00+08:00", "--out", new, "--report", report)
    run("check", home / "new.problem.json", new)
    assert {one.name for one in report.iterdir()} == {
        "plan.html", "plan.xlsx", "plan.geojson", "plan.png", "changes.html"
    }  # fmt: skip
    assert 'href="changes.html"' in (report / "plan.html").read_text("utf-8")


@pytest.mark.parametrize("at", ["08:30:30", "08:40", "10:30"])
def test_a_team_taken_out_of_the_folder_is_lost_and_its_tasks_are_open(
    built: Path, home: Path, capsys: Capture, at: str
) -> None:
    new = home / "new.json"
    teams = built / "teams.csv"
    lost = load_plan(home / "plan.json").team_orders[0].team
    rows = teams.read_text("utf-8-sig").splitlines()
    teams.write_text("\n".join(row for row in rows if not row.startswith(f"{lost},")) + "\n", "utf-8")
    stamp = f"2024-06-03T{at if at.count(':') == 2 else at + ':00'}+08:00"
    run("replan", built, home / "plan.json", "--at", stamp, "--out", new)
    assert lost in capsys.readouterr().out
    assert lost not in {order.team for order in load_plan(new).team_orders}
    run("check", home / "new.problem.json", new)


def test_a_vehicle_taken_out_of_the_folder_is_lost_too(built: Path, home: Path) -> None:
    new, vehicles = home / "new.json", built / "vehicles.csv"
    header = "id,store,payload_kg,volume_m3,profile\n"
    vehicles.write_text(f"{header}V1,S1,900,4,truck\n", "utf-8")
    run("solve", built, "--out", home / "plan.json")
    assert any(row.vehicle for row in load_plan(home / "plan.json").shipments)
    vehicles.write_text(header, "utf-8")
    run("replan", built, home / "plan.json", "--at", "2024-06-03T08:30:30+08:00", "--out", new)
    run("check", home / "new.problem.json", new)
    run("replan", built, home / "plan.json", "--out", new)
    run("check", built, new)


def test_what_belongs_together_is_asked_for(built: Path, home: Path, capsys: Capture) -> None:
    run("replan", built, "--out", home / "x.json", code=2)
    assert "--live" in capsys.readouterr().err
    run("replan", built, home / "plan.json", "--out", home / "x.json", "--commit", code=2)
    capsys.readouterr()
    run("replan", "--live", "--at", "2024-06-03T08:40:00+08:00", "--out", home / "x.json", code=2)
    assert "--as-of" in capsys.readouterr().err
    run("replan", "--live", "--hold-h", "2", "--out", home / "x.json", code=2)
    assert "--commit" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("plan", "advance"), ("replan",)])
def test_a_plan_of_another_problem_has_come_nowhere(
    built: Path, home: Path, capsys: Capture, command: tuple[str, ...]
) -> None:
    text = (home / "plan.json").read_text()
    (home / "other.json").write_text(re.sub(r'"incident": "', '"incident": "X', text))
    problem = json.loads((built / "problem.json").read_text())
    capsys.readouterr()
    run(*command, built / "problem.json", home / "other.json", "--at", problem["as_of"].replace("08:30", "08:31"),
        "--out", home / "later", "--lang", "en", code=2)  # fmt: skip
    told = capsys.readouterr().err
    assert "the plan of another problem" in told


def test_goods_that_nobody_asks_for_any_more_are_left_out(built: Path, home: Path) -> None:
    content = json.loads((home / "plan.json").read_text())
    problem = json.loads((built / "problem.json").read_text())
    row = next(row for row in content["shipments"] if row.get("task") is None)
    for incident in problem["incidents"]:
        incident["demands"] = [
            {"item": one["id"], "quantity": 1} for one in problem["items"] if one["id"] != row["item"]
        ]
    (built / "changed.json").write_text(json.dumps(problem))
    at = problem["as_of"].replace("08:30", "08:31")
    run("replan", built / "changed.json", home / "plan.json", "--at", at, "--out", home / "n.json")
    run("check", home / "n.problem.json", home / "n.json")


def test_the_situation_is_replanned_by_what_its_teams_report(office: Path, capsys: Capture) -> None:
    first, second = office / "first.json", office / "second.json"
    run("solve", "--live", "--out", first, "--commit")
    order = load_plan(first).team_orders[0]
    stop = order.stops[0]
    run("plan", "progress", order.team, "--task", "K9", "--state", "on_scene", code=2)
    assert stop.task in capsys.readouterr().err
    run(
        "plan",
        "progress",
        order.team,
        "--task",
        stop.task,
        "--state",
        "on_scene",
        "--lat",
        "27",
        "--lon",
        "109",
        code=2,
    )
    run("plan", "progress", order.team, "--task", stop.task, "--state", "en_route", "--lat", "27.01", code=2)
    run("plan", "progress", order.team, "--task", stop.task, "--state", "en_route", "--lat", "27.01", "--lon", "109",
        "--at", "2024-06-03T08:31:00+08:00", "--lang", "en")  # fmt: skip
    assert "arrives at" in capsys.readouterr().out
    run("plan", "progress", order.team, "--task", stop.task, "--state", "on_scene",
        "--at", "2024-06-03T08:35:00+08:00")  # fmt: skip
    run("replan", "--live", "--as-of", "2024-06-03T08:40:00+08:00", "--out", second, "--commit", "--lang", "en")
    told = capsys.readouterr().out
    assert "replaces no." in told
    kept = next(one for one in load_plan(second).team_orders if one.team == order.team)
    assert kept.stops[0].task == stop.task
    assert kept.stops[0].arrive_s == -300
    run("plan", "progress", order.team, "--task", stop.task, "--state", "done", "--at", "2024-06-03T09:40:00+08:00")
    run("replan", "--live", "--as-of", "2024-06-03T09:40:00+08:00", "--out", second)
    tasks = {one.task for order in load_plan(second).team_orders for one in order.stops}
    assert stop.task not in tasks or stop.task == "K1"  # K1 needs two teams


def test_plans_are_listed_shown_and_brought_back(office: Path, capsys: Capture) -> None:
    first, second = office / "first.json", office / "second.json"
    run("solve", "--live", "--out", first, "--commit")
    run("plan", "team", "T1", "--status", "out")
    run("replan", "--live", "--out", second, "--commit", "--report", office / "report")
    assert "report" in capsys.readouterr().out
    assert "（已不可用）" in (office / "report" / "changes.html").read_text("utf-8")
    run("plan", "list", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert [one["status"] for one in listed] == ["superseded", "committed"]
    numbers = [str(one["number"]) for one in listed]
    run("plan", "show", "--plan", numbers[0], "--json")
    assert capsys.readouterr().out == first.read_text("utf-8")
    run("plan", "show", "--plan", numbers[0], "--lang", "en")
    assert "superseded" in capsys.readouterr().out
    run("plan", "rollback", numbers[1], code=2)
    run("plan", "rollback", "99", code=2)
    capsys.readouterr()
    run("plan", "rollback", numbers[0], "--lang", "en")
    told = capsys.readouterr().out
    assert f"plan no. {numbers[0]} is back" in told
    assert "T1" in told
    run("plan", "show", "--json")
    assert capsys.readouterr().out == first.read_text("utf-8")
    run("plan", "list", "--lang", "en")
    assert "in force" in capsys.readouterr().out
    run("plan", "list", "--json")
    assert [one["same_as"] for one in json.loads(capsys.readouterr().out)] == [None, None, int(numbers[0])]


def test_a_roll_back_compares_by_the_clock_not_by_the_moments_of_the_plans(office: Path, capsys: Capture) -> None:
    run("solve", "--live", "--out", office / "first.json", "--commit")
    run("replan", "--live", "--as-of", "2024-06-03T08:31:00+08:00", "--out", office / "second.json", "--commit")
    capsys.readouterr()
    done = rollback(1, actor="duty")
    assert done.changes is not None
    same = [row for row in done.changes.assignments if row.kind in ("kept", "retimed") and row.was is None]
    assert same
    first = {(order.team, stop.task): stop.arrive_s for order in load_plan(office / "first.json").team_orders
             for stop in order.stops}  # fmt: skip
    second = {(order.team, stop.task): stop.arrive_s for order in load_plan(office / "second.json").team_orders
              for stop in order.stops}  # fmt: skip
    for row in same:
        assert row.arrive_s == first[row.who, row.what]
        assert row.arrive_before_s == second[row.who, row.what] + 60


def test_orders_and_changes_are_told_by_names_and_the_clock(office: Path, built: Path, capsys: Capture) -> None:
    run("solve", "--live", "--out", office / "first.json", "--commit")
    capsys.readouterr()
    run("plan", "show")
    told = capsys.readouterr().out
    assert "08:3" in told
    assert "+0:" not in told
    run("replan", built, office / "plan.json", "--at", "2024-06-03T08:40:00+08:00", "--out", office / "new.json")
    assert "+0:" not in capsys.readouterr().out
