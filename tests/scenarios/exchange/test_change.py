"""A change in memory gives the problem that the changed file gives."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.build import problem_document
from scenarios.exchange.advance import advanced_document, along
from scenarios.exchange.change import with_closures, with_incident
from scenarios.exchange.closures import closure_of
from scenarios.exchange.load import LoadedProblem, to_problem
from scenarios.exchange.problem import parse_problem
from scenarios.registry import find_scenario
from scenarios.world import World


@pytest.fixture(scope="module")
def panshi() -> World:
    return find_scenario("panshi-rainstorm").build(0)


@pytest.fixture(scope="module")
def document(panshi: World) -> dict[str, Any]:
    return problem_document(panshi)


def load(world: World, document: dict[str, Any]) -> LoadedProblem:
    return to_problem(parse_problem(document, source="test"), folder=Path(), network=world.network)


def same(one: LoadedProblem, other: LoadedProblem) -> None:
    for name, array in vars(one.problem.travel).items():
        np.testing.assert_array_equal(array, getattr(other.problem.travel, name), err_msg=name)
    for name in ("incidents", "tasks", "demands", "teams", "stock", "started"):
        assert getattr(one.problem, name) == getattr(other.problem, name)
    np.testing.assert_array_equal(one.problem.service_s, other.problem.service_s)


def test_one_more_incident(panshi: World, document: dict[str, Any]) -> None:
    *rest, last = document["incidents"]
    twin = {
        **last,
        "id": "A000",
        "lat": last["lat"] + 0.01,
        "tasks": [{**task, "id": f"A-{task['id']}"} for task in last.get("tasks", [])],
        "demands": [{"item": "M001", "quantity": Decimal(5)}],
    }
    whole = load(panshi, {**document, "incidents": [*rest, last, twin]})
    problem = whole.problem
    incident = problem.incidents[problem.incident_index["A000"]]
    before = load(panshi, document)
    made = with_incident(
        before,
        incident,
        tasks=[task for task in problem.tasks if task.incident == "A000"],
        demands=[demand for demand in problem.demands if demand.incident == "A000"],
    )
    same(made, whole)
    assert made.problem.sha256 != before.problem.sha256
    with pytest.raises(ValueError, match="A000"):
        with_incident(made, incident)


def test_another_closure(panshi: World, document: dict[str, Any]) -> None:
    name = next(name for name in panshi.network.names if name)
    closure = {"id": "Z1", "road_name": name, "speed_factor": 0}
    whole = load(panshi, {**document, "closures": [*document["closures"], closure]})
    before = load(panshi, document)
    assert whole.roads is not None
    same(with_closures(before, whole.roads.closures), whole)
    file = parse_problem({**document, "closures": [closure]}, source="test")
    assert with_closures(before, [closure_of(row) for row in file.closures]).roads is not before.roads


def test_a_team_on_its_way_is_measured_from_where_it_is(panshi: World, document: dict[str, Any]) -> None:
    from optimizer.dispatch.pipeline import SolveLimits, solve

    before = load(panshi, document)
    plan = solve(before.problem, limits=SolveLimits(iterations=1000))
    order = max(plan.team_orders, key=lambda one: one.stops[0].arrive_s)
    stop = order.stops[0]
    assert stop.depart_s is not None
    half = stop.depart_s + (stop.arrive_s - stop.depart_s) // 2
    at = before.problem.as_of + timedelta(seconds=half)
    later, advanced = advanced_document(document, before, plan, at=at)
    row = next(row for row in later["started"] if row["team"] == order.team)
    assert row["state"] == "en_route"
    loaded = load(panshi, later)
    ways = loaded.problem.travel.en_route_to_incident_s
    assert ways is not None
    column = loaded.problem.incident_index[stop.incident]
    left = int(ways[loaded.problem.team_index[order.team], column])
    assert 0 < left <= int(before.problem.travel.team_to_incident_s[before.problem.team_index[order.team], column])
    assert [(one.team, one.task, one.state, one.arrives_s) for one in loaded.problem.started] == [
        (one.team, one.task, one.state, one.arrives_s) for one in advanced.problem.started
    ]
    assert loaded.problem.tasks == advanced.problem.tasks
    assert loaded.problem.demands == advanced.problem.demands
    # seen again before it is there, it is nearer still, also where its line was not kept
    bare = replace(advanced.remaining, team_orders=tuple(
        replace(one, stops=tuple(replace(stop, route=None) for stop in one.stops))
        for one in advanced.remaining.team_orders))  # fmt: skip
    quarter = loaded.problem.as_of + timedelta(seconds=(stop.arrive_s - half) // 2)
    again, _ = advanced_document(later, loaded, bare, at=quarter)
    moved = load(panshi, again)
    ways = moved.problem.travel.en_route_to_incident_s
    assert ways is not None
    assert 0 < int(ways[moved.problem.team_index[order.team], column]) < left
    assert [replace(team, lat=None, lon=None) for team in loaded.problem.teams] == [
        replace(team, lat=None, lon=None) for team in advanced.problem.teams
    ]


def test_a_share_of_a_line() -> None:
    line = [[109.0, 27.0], [109.0, 27.01], [109.0, 27.03]]
    assert along(line, 0.0) == (27.0, 109.0)
    assert along(line, 0.5) == pytest.approx((27.015, 109.0))
    assert along(line, 1.0) == pytest.approx((27.03, 109.0))


def test_a_file_with_given_times_advances_as_the_problem_in_memory_does() -> None:
    from optimizer.dispatch.pipeline import SolveLimits, solve

    team = {"tier": "5", "capabilities": ["c"], "headcount": 5, "profile": "p", "turnout_s": 60}
    task = {"capability": "c", "teams_needed": 1, "service_s": 300}
    incident = {"kind": "flood", "severity": 3, "reported_at": "2026-01-01T08:00:00+08:00"}
    document = {
        "schema_version": 1,
        "as_of": "2026-01-01T08:00:00+08:00",
        "items": [{"id": "W", "mass_kg": 1, "volume_m3": 0, "life_critical": True}],
        "incidents": [
            {**incident, "id": name, "tasks": [{**task, "id": f"t{name}"}], "demands": [{"item": "W", "quantity": 4}]}
            for name in ("a", "b", "c")
        ],
        "teams": [{**team, "id": "k"}, {**team, "id": "l"}],
        "stores": [{"id": "s", "tier": "town", "stock": [{"item": "W", "lot": "1", "quantity": 20}]}],
        "vehicles": [{"id": "v", "store": "s", "payload_kg": 5, "volume_m3": 1, "profile": "p"}],
        "travel": {
            "team_to_incident_s": {"k": {"a": 100, "b": 200, "c": 400}, "l": {"a": 300, "b": 200, "c": 500}},
            "incident_to_incident_s": {
                "p": {"a": {"b": 90, "c": 150}, "b": {"a": 90, "c": 110}, "c": {"a": 150, "b": 110}}
            },
            "store_to_incident_s": {"s": {"a": 120, "b": 240, "c": 360}},
        },
        "parameters": {"redispatch": {"3": [3]}},
    }
    before = to_problem(parse_problem(document, source="test"), folder=Path())
    plan = solve(before.problem, limits=SolveLimits(iterations=5000))
    for at_s in (0, 30, 130, 300, 470, 500, 2000):
        at = before.problem.as_of + timedelta(seconds=at_s)
        later, advanced = advanced_document(document, before, plan, at=at)
        loaded = to_problem(parse_problem(later, source="test"), folder=Path())
        ours, theirs = advanced.problem, loaded.problem
        asked = {demand.item for demand in ours.demands}  # the file's reader leaves out what nobody asks for any more
        stock = tuple(line for line in ours.stock if line.item in asked)
        assert (ours.as_of, ours.tasks, ours.demands, stock) == (
            theirs.as_of, theirs.tasks, theirs.demands, theirs.stock,
        )  # fmt: skip
        assert (ours.teams, ours.vehicles, ours.started, ours.incidents) == (
            theirs.teams, theirs.vehicles, theirs.started, theirs.incidents,
        )  # fmt: skip
        for name, array in vars(ours.travel).items():
            other = getattr(theirs.travel, name)
            if (name != "en_route_to_incident_s" or other is not None) and not name.endswith("_m"):
                np.testing.assert_array_equal(array, other, err_msg=f"{name} at {at_s}")
