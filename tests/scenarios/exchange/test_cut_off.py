"""A place that closures cut off: the plan says which of them to open."""

from decimal import Decimal
from pathlib import Path

import pytest

from api.usecases import solve_loaded
from optimizer.dispatch.plan import Plan, Reason
from optimizer.network.graph import build_network
from scenarios.exchange.load import to_problem
from scenarios.exchange.plan import cure
from scenarios.exchange.problem import parse_problem

LAT = 28.0


def plan_with(*closures: dict[str, object], island: bool = False) -> Plan:
    """A road of three segments a-b-c-d; the team stands at a, the incident at d (or on an island off it)."""
    lon = [108.0, 108.01, 108.02, 108.03, 108.2, 108.21]
    ends = [(0, 1), (1, 2), (2, 3), (4, 5)]
    network = build_network(
        node_id=list("abcdxy"),
        lat=[LAT] * 6,
        lon=lon,
        tail=[a for a, _ in ends] + [b for _, b in ends],
        head=[b for _, b in ends] + [a for a, _ in ends],
        length_m=[983.0] * 8,
        speed_kph=[40.0] * 8,
        segment_id=["ab", "bc", "cd", "xy"] * 2,
        against=[False] * 4 + [True] * 4,
    )
    place = 108.205 if island else 108.03
    content = {
        "schema_version": 1,
        "as_of": "2026-07-01T08:00:00+08:00",
        "network": {"file": "roads"},
        "closures": list(closures),
        "items": [{"id": "water", "mass_kg": 1, "volume_m3": 0, "life_critical": True}],
        "incidents": [
            {
                "id": "i", "kind": "flood", "severity": 3, "reported_at": "2026-07-01T08:00:00+08:00",
                "lat": LAT, "lon": place, "demands": [{"item": "water", "quantity": 2}],
                "tasks": [{"id": "t", "capability": "boat", "teams_needed": 1, "service_s": 60}],
            }
        ],
        "teams": [
            {
                "id": "k", "tier": 5, "lat": LAT, "lon": 108.0, "capabilities": ["boat"], "headcount": 4,
                "profile": "pickup", "turnout_s": 60,
            }
        ],
        "stores": [
            {
                "id": "s", "tier": "town", "lat": LAT, "lon": 108.0,
                "stock": [{"item": "water", "lot": "1", "quantity": 5}],
            }
        ],
    }  # fmt: skip
    loaded = to_problem(parse_problem(content, source="test"), folder=Path(), network=network)
    return solve_loaded(loaded).plan


def shut(name: str, *edges: str) -> dict[str, object]:
    return {"id": name, "edges": list(edges), "speed_factor": 0}


def closures_named(plan: Plan) -> list[list[str]]:
    assert [row.reason for row in plan.unmet] == [Reason.UNREACHABLE] * 2  # the team and the water
    return [row.facts["closures"] for row in plan.unmet]


def test_the_closure_that_cuts_a_place_off_is_named_and_others_are_not() -> None:
    slow = {"id": "rain", "edges": ["ab"], "speed_factor": Decimal("0.5")}
    plan = plan_with(shut("slide", "bc"), slow)
    assert closures_named(plan) == [["slide"], ["slide"]]
    assert "slide" in cure(plan.unmet[0])["zh"]


def test_closures_that_only_together_would_open_the_way_are_all_named() -> None:
    assert closures_named(plan_with(shut("one", "ab"), shut("two", "bc"))) == [["one", "two"]] * 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_no_road_leads_no_closure_is_blamed(lang: str) -> None:
    plan = plan_with(shut("slide", "bc"), island=True)
    assert closures_named(plan) == [[], []]
    assert "slide" not in cure(plan.unmet[0])[lang]
