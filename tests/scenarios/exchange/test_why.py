"""The explanation of a whole scenario: lifted closures, places, and a document that repeats byte for byte."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Plan, Status
from scenarios.build import five_fixed, problem_document
from scenarios.exchange.cover import Inhabited, covered, inhabited
from scenarios.exchange.load import LoadedProblem, to_problem
from scenarios.exchange.problem import parse_problem
from scenarios.exchange.reopened import reopened_travel
from scenarios.exchange.why import dump_why, why_content, why_path
from scenarios.explanation import Explanation, WhyLimits, explain_plan
from scenarios.report.why_rows import Words, why_view
from scenarios.report.why_section import why_section
from scenarios.world import World

LIMITS = WhyLimits(samples=2)


@pytest.fixture(scope="module")
def panshi() -> World:
    from scenarios.registry import find_scenario

    return find_scenario("panshi-rainstorm").build(0)


def loaded_from(world: World) -> LoadedProblem:
    file = parse_problem(problem_document(world, five_fixed(world)), source="test")
    return to_problem(file, folder=Path(), network=world.network, source="test")


@pytest.fixture(scope="module")
def loaded(panshi: World) -> LoadedProblem:
    return loaded_from(panshi)


@pytest.fixture(scope="module")
def plan(loaded: LoadedProblem) -> Plan:
    return solve(loaded.problem, limits=SolveLimits(iterations=2_000))


@pytest.fixture(scope="module")
def found(panshi: World, loaded: LoadedProblem, plan: Plan) -> Explanation:
    people = inhabited(panshi.places.rows())
    made = explain_plan(loaded.problem, plan, roads=loaded.roads, inhabited=people, limits=LIMITS)
    assert made is not None
    return made


def test_a_lifted_closure_gives_the_times_of_a_problem_that_never_had_it(panshi: World, loaded: LoadedProblem) -> None:
    assert loaded.roads is not None
    lifted = dict(reopened_travel(loaded.problem, loaded.roads))
    assert lifted.keys() == {closure["id"] for closure in panshi.closures}
    for name, travel in lifted.items():
        others = tuple(closure for closure in panshi.closures if closure["id"] != name)
        whole = loaded_from(replace(panshi, closures=others)).problem.travel
        for part in (
            "team_to_incident_s",
            "incident_to_incident_s",
            "store_to_incident_s",
            "vehicle_to_incident_s",
            "vehicle_between_s",
            "vehicle_between_m",
        ):
            np.testing.assert_array_equal(getattr(travel, part), getattr(whole, part), err_msg=f"{name} {part}")


def test_every_stop_and_every_demand_served_has_its_reasons(plan: Plan, found: Explanation) -> None:
    stops = {(order.team, stop.task) for order in plan.team_orders for stop in order.stops}
    assert {(one.team, one.task) for one in found.stops} == stops
    assert {(one.incident, one.item) for one in found.demands} == {(one.incident, one.item) for one in plan.shipments}
    assert found.roads is not None
    assert found.coverage is not None
    assert all(one.after <= one.before <= one.total for one in found.coverage.capabilities)


def test_the_document_repeats_byte_for_byte_and_names_its_plan(
    panshi: World, loaded: LoadedProblem, plan: Plan, found: Explanation
) -> None:
    people = inhabited(panshi.places.rows())
    again = explain_plan(loaded.problem, plan, roads=loaded.roads, inhabited=people[::-1], limits=LIMITS)
    assert again is not None
    text = dump_why(loaded.problem, plan, found)
    assert text == dump_why(loaded.problem, plan, again)
    content = json.loads(text)
    assert content["problem_sha256"] == loaded.problem.sha256
    assert content["schema_version"] == 1
    assert content["values"]["tasks"] == why_content(loaded.problem, plan, found)["values"]["tasks"]
    first = content["alternatives"]["teams"][0]
    assert first["said"]["zh"] != first["said"]["en"]


def test_a_plan_that_orders_nothing_has_no_explanation(loaded: LoadedProblem, plan: Plan) -> None:
    nothing = replace(plan, status=Status.INFEASIBLE, team_orders=(), shipments=())
    assert explain_plan(loaded.problem, nothing) is None


def test_without_roads_there_is_neither_a_value_of_roads_nor_cover(loaded: LoadedProblem, plan: Plan) -> None:
    made = explain_plan(loaded.problem, plan, limits=LIMITS)
    assert made is not None
    assert made.roads is None
    assert made.coverage is None
    assert "coverage" in json.loads(dump_why(loaded.problem, plan, made))


def test_people_are_counted_where_they_live_and_only_once() -> None:
    rows = [
        {"code": "c", "parent_code": None, "lat": 27.0, "lon": 109.0, "population": 100},
        {"code": "t", "parent_code": "c", "lat": 27.0, "lon": 109.0, "population": 70},
        {"code": "v", "parent_code": "t", "lat": 27.1, "lon": 109.0, "population": 70},
        {"code": "w", "parent_code": "c", "lat": None, "lon": None, "population": 30},
    ]
    assert inhabited(rows) == (Inhabited("v", 27.1, 109.0, 70),)


def test_nobody_anywhere_is_no_cover(loaded: LoadedProblem, plan: Plan) -> None:
    assert loaded.roads is not None
    assert covered(loaded.problem, plan, loaded.roads, ()) is None


def test_the_page_says_it_in_both_languages_and_escapes_names(loaded: LoadedProblem, found: Explanation) -> None:
    words = Words(loaded.problem)
    page = why_section(why_view(words, found))
    assert "为什么这样安排" in page
    assert "Why this plan" in page
    assert page.count("<details>") == page.count("</details>") == 2
    assert "{" not in page


def test_the_document_lies_beside_its_plan() -> None:
    assert why_path(Path("a/plan.json")) == Path("a/plan.why.json")
