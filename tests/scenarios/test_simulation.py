"""From a problem to a ground, reports from files, and the result as a document."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optimizer.dispatch.problem import DispatchProblem
from optimizer.errors import BadInput
from optimizer.simulation import Design, given_stream
from optimizer.simulation.experiment import Experiment, run_case
from optimizer.units import UNREACHABLE
from scenarios.exchange.json_text import dumps
from scenarios.exchange.load import to_problem
from scenarios.exchange.problem import parse_problem
from scenarios.simulation import ground_of, read_reports, result_document
from scenarios.texts import explain

CLOCK = "2024-06-03T08:{:02d}:00+08:00"
DOCUMENT: dict[str, Any] = {
    "schema_version": 1,
    "as_of": CLOCK.format(30),
    "items": [{"id": "W", "mass_kg": 1, "volume_m3": 1, "life_critical": True}],
    "incidents": [
        {
            "id": "I1", "kind": "flood", "severity": 5, "reported_at": CLOCK.format(10),
            "tasks": [{"id": "K1", "capability": "boat", "teams_needed": 2, "service_s": 600, "due_s": 300}],
            "demands": [{"item": "W", "quantity": Decimal("2.5")}],
        },
        {
            "id": "I2", "kind": "fire", "severity": 2, "reported_at": CLOCK.format(20),
            "tasks": [{"id": "K2", "capability": "fire", "teams_needed": 1, "service_s": 900, "latest_s": 3600}],
            "demands": [],
        },
    ],
    "teams": [
        {"id": name, "tier": "5", "capabilities": able, "headcount": 5, "profile": "p", "turnout_s": 60}
        for name, able in (("A", ["boat"]), ("B", ["boat", "fire"]), ("C", ["medical"]))
    ],
    "stores": [
        {
            "id": "S1", "tier": "town",
            "stock": [
                {"item": "W", "lot": "a", "quantity": 4, "reserve_floor": 1},
                {"item": "W", "lot": "b", "quantity": 9, "blocked": ["x"]},
            ],
        },
        {"id": "S2", "tier": "town", "stock": [{"item": "W", "lot": "a", "quantity": 1}]},
    ],
    "travel": {
        "team_to_incident_s": {"A": {"I1": 100}, "B": {"I1": 200, "I2": 50}, "C": {"I1": 5}},
        "incident_to_incident_s": {"p": {"I1": {"I2": 70}, "I2": {"I1": 80}}},
        "store_to_incident_s": {"S1": {"I1": 40}},
    },
}  # fmt: skip


@pytest.fixture
def problem() -> DispatchProblem:
    return to_problem(parse_problem(DOCUMENT, source="test"), folder=Path()).problem


def test_the_ground_holds_what_can_serve_and_the_incidents_what_is_asked(problem: DispatchProblem) -> None:
    ground, incidents, reported = ground_of(problem)
    assert ground.teams == ("A", "B")  # C has nothing that anybody asks for
    assert ground.capabilities == ("boat", "fire")
    assert ground.holds.tolist() == [[True, False], [True, True]]
    assert ground.base_s.tolist() == [[100, UNREACHABLE], [200, 50]]
    assert ground.between_s.tolist() == [[[0, 70], [80, 0]]]
    assert ground.stores == ("S1",)  # no way from S2
    assert ground.stock.tolist() == [[30]]  # 4 less the floor of 1, blocked units left out, in lumps of 0.1
    assert incidents.quantity.tolist() == [25]
    assert incidents.call_incident.tolist() == [0, 0, 1]  # two boat teams are two calls
    assert incidents.expected_s.tolist() == [600, 600, 900]
    assert incidents.due_s.tolist() == [300, 300, UNREACHABLE]
    assert incidents.latest_s.tolist() == [UNREACHABLE, UNREACHABLE, 3600]
    assert reported.tolist() == [-1200, -600]


def test_reports_are_read_from_csv_and_json(problem: DispatchProblem, tmp_path: Path) -> None:
    table, other = tmp_path / "reports.csv", tmp_path / "reports.json"
    rows = [("I2", CLOCK.format(31)), ("I1", CLOCK.format(30)), ("I2", CLOCK.format(40))]
    table.write_text("\n".join(["incident,reported_at", *(f"{a},{b}" for a, b in rows), ""]), encoding="utf-8-sig")
    other.write_text(json.dumps([{"reported_at": b, "incident": a} for a, b in rows]), encoding="utf-8")
    for path in (table, other):
        which, when = read_reports(path, problem=problem)
        assert which.tolist() == [0, 1, 1]  # by time, whatever the order of the rows
        assert when.tolist() == [0, 60, 600]
    stream = given_stream(ground_of(problem)[1].take(which), when)
    assert stream.reported_s.tolist() == [0, 60, 600]
    assert stream.incidents.severity.tolist() == [5, 2, 2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("incident,reported_at\nI9,2024-06-03T08:31:00+08:00\n", ("row 2, incident", "I9", "I1, I2")),
        ("incident,reported_at\nI1,8:31\n", ("row 2, reported_at", "8:31")),
        ("incident,reported_at\nI1,2024-06-03T08:31:00\n", ("row 2, reported_at", "+08:00")),
        ("incident,reported_at\n,2024-06-03T08:31:00+08:00\n", ("row 2, incident", "required")),
        ("incident,reported_at\nI1\n", ("row 2", "1 cells")),
        ("incident\nI1\n", ("row 1", "reported_at")),
        ("incident,reported_at,who\nI1,,x\n", ("row 1", "who")),
        ("incident,incident,reported_at\n", ("row 1", "twice")),
        ("", ("at least one row",)),
    ],
)
def test_a_bad_row_is_told_with_its_place_and_remedy(
    problem: DispatchProblem, tmp_path: Path, text: str, told: tuple[str, ...]
) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_reports(path, problem=problem)
    english = "\n".join(explain(caught.value, "en"))
    assert all(words in english for words in told), english
    assert "?" not in english + "\n".join(explain(caught.value, "zh"))


def test_every_bad_row_is_told_at_once(problem: DispatchProblem, tmp_path: Path) -> None:
    path = tmp_path / "reports.json"
    path.write_text('[{"incident": "X", "reported_at": 5}, {"incident": "I1"}]', encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_reports(path, problem=problem)
    assert [fault.where for fault in caught.value.faults] == [
        "[0], incident", "[0], reported_at", "[1], reported_at",
    ]  # fmt: skip


def test_the_document_says_null_where_nothing_is_known(problem: DispatchProblem) -> None:
    ground, incidents, reported = ground_of(problem)
    design = Design(replications=1)
    case = run_case(ground, [given_stream(incidents, reported)], name="given", rules=design.rules)
    document = result_document(Experiment(design, (case,)), ground=ground, about={"about": {"zh": "甲", "en": "A"}})
    found = document["cases"][0]
    assert found["utilisation"] is None
    assert found["policies"]["replanning"]["response_weighted_s"]["low"] is None
    assert found["policies"]["nearest_capable"]["calls_unmet"]["mean"] == 0
    assert json.loads(dumps(document))["design"]["confidence"] == 0.95
