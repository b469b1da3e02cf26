"""A World from stock to paper: the same plan from memory, from its folder, and for the checker."""

import json
from pathlib import Path

from api import cli, demo
from api.usecases import open_world, solve_loaded
from scenarios.exchange.json_text import read_json
from scenarios.exchange.load import load_problem
from scenarios.world import World
from scenarios.world_files import write_world


def test_the_folder_of_a_world_holds_the_same_problem(world: World, tmp_path: Path) -> None:
    write_world(world, tmp_path)
    in_memory, from_folder = open_world(world).loaded.problem, load_problem(tmp_path / "problem.json").problem
    assert from_folder.sha256 == in_memory.sha256
    assert from_folder.travel.team_to_incident_s.tolist() == in_memory.travel.team_to_incident_s.tolist()


def test_a_world_is_planned_within_its_rules(world: World) -> None:
    solved = solve_loaded(open_world(world).loaded)
    assert {order.team for order in solved.plan.team_orders} == {"T1", "T2"}
    assert all(shipment.item == "M013" for shipment in solved.plan.shipments)  # the torches are held back
    assert [note.code for note in solved.notes] == ["DemandsEstimated", "DemandsEstimated"]


def test_the_demo_writes_every_report(world: World, tmp_path: Path) -> None:
    shown = demo.plan_world(world, out=tmp_path)
    assert all(path.exists() for path in shown.files)
    assert {path.name for path in shown.files} >= {"plan.json", "plan.html", "plan.xlsx", "plan.geojson", "world"}


def test_the_plan_of_the_demo_is_that_of_its_problem_file(world: World, tmp_path: Path) -> None:
    demo.plan_world(world, out=tmp_path)
    problem = tmp_path / "world" / "problem.json"
    assert cli.run(["check", str(problem), str(tmp_path / "plan.json")]) == 0
    again = tmp_path / "again.json"
    assert cli.run(["solve", str(problem), "--out", str(again)]) == 0
    assert again.read_bytes() == (tmp_path / "plan.json").read_bytes()
    assert json.loads((tmp_path / "plan.run.json").read_text("utf-8"))["seconds"]["solve"] >= 0
    assert read_json(problem)["as_of"] == "2024-06-03T08:30:00+08:00"
