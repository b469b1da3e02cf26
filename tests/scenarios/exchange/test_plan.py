"""plan.json: equal plans give equal bytes, and a broken file is refused."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optimizer.dispatch.pipeline import solve
from optimizer.dispatch.plan import (
    Level,
    Plan,
    Reason,
    Shipment,
    Status,
    Stop,
    StoppedBy,
    TeamOrder,
    Unmet,
)
from optimizer.errors import BadInput
from scenarios.exchange.fields import MAX_SECONDS
from scenarios.exchange.load import to_problem
from scenarios.exchange.plan import (
    cure,
    dump_plan,
    load_plan,
    parse_plan,
    parse_plan_text,
    run_path,
    run_record,
    write_plan,
)
from scenarios.exchange.problem import parse_problem

ROUTE = {"type": "LineString", "coordinates": [[109.1, 27.9], [109.2, 27.95]]}


@pytest.fixture
def plan() -> Plan:
    return Plan(
        problem_sha256="0f" * 32,
        status=Status.FEASIBLE,
        seed=3,
        limits={"time_limit_s": None, "iterations": 100},
        stopped_by=StoppedBy.WORK,
        levels=(
            Level("unserved", 5.0, 5.0, 0.0, 10.0),
            Level("fairness", (0.1, 1.0), None, None, (0.0, 1.0), 0.2, 0.3),
        ),
        team_orders=(
            TeamOrder("A", (Stop("I1", "K1", 60, 960, 960, 4560, 960, "5", ROUTE),)),
            TeamOrder("B", (Stop("I1", "K1", None, -5, -5, 0, None, None),)),
        ),
        shipments=(
            Shipment("1", "S1", "I1", "W", "a", Decimal("70.50"), 0, 1800, "V1", 1),
            Shipment("2", "S2", "I1", "T", "", Decimal(3), 0, 600),
        ),
        unmet=(
            Unmet("I1", Decimal(8), Reason.FIVE_FIXED, {"tasks": ["b", "a"], "releases": Decimal("8.0")}, item="T"),
            Unmet("I1", Decimal(1), Reason.NO_CAPABLE_TEAM, {}, task="K2"),
        ),
        parameters={"levels": ["unserved"], "due_penalty_s": 600},
    )


def test_a_plan_survives_the_file(plan: Plan, tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", plan)
    again = load_plan(tmp_path / "plan.json")
    assert again == plan
    assert dump_plan(again) == dump_plan(plan)


def test_the_order_in_which_facts_were_gathered_leaves_no_trace(plan: Plan) -> None:
    text = dump_plan(plan)
    plan.limits["time_limit_s"] = plan.limits.pop("time_limit_s")  # now last
    plan.parameters["levels"] = plan.parameters.pop("levels")
    assert dump_plan(plan) == text


def test_numbers_are_plain(plan: Plan) -> None:
    text = dump_plan(plan)
    assert '"quantity": 70.5,' in text
    assert '"value": 5, "bound": 5, "gap": 0, "practice": 10' in text
    assert '"value": [0.1, 1]' in text


@pytest.mark.parametrize("reason", [Reason.NO_STOCK, Reason.FIVE_FIXED, Reason.BELOW_RESERVE_FLOOR, Reason.UNREACHABLE])
def test_the_cure_of_missing_equipment_says_which(reason: Reason) -> None:
    facts = {"equipment": "M040", "quantity_per_team": "2", "stores": ["S1"], "tasks": ["RUN b"], "teams": ["T1"]}
    words = cure(Unmet("I1", Decimal(1), reason, facts, task="K1"))
    for lang, missing in (("zh", "缺少装备 M040（每队 2）"), ("en", "Equipment is missing: M040, 2 for each team")):
        assert words[lang].startswith(missing)
        assert "?" not in words[lang]
    assert ("RUN b" in words["zh"]) == (reason is Reason.FIVE_FIXED)
    assert ("S1" in words["zh"]) == (reason is Reason.BELOW_RESERVE_FLOOR)


def test_every_cure_is_told_in_both_languages(plan: Plan) -> None:
    for reason in Reason:
        words = cure(Unmet("I1", Decimal(1), reason, {}, item="W"))
        assert set(words) == {"zh", "en"}
        assert "?" not in words["zh"] + words["en"]
    assert "b、a" in cure(plan.unmet[0])["zh"]


def test_a_failed_write_leaves_the_old_file(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old")

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_plan(path, plan)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("change", "where", "code"),
    [
        (lambda plan: plan.update(status="great"), "status", "ChoiceUnknown"),
        (lambda plan: plan.update(problem_sha256="abc"), "problem_sha256", "TextPattern"),
        (lambda plan: plan.update(extra=1), "extra", "FieldUnknown"),
        (lambda plan: plan.pop("levels"), "levels", "FieldMissing"),
        (lambda plan: plan["shipments"][0].update(quantity=-1), "shipments[0].quantity", "QuantityNegative"),
        (lambda plan: plan["shipments"][0].update(quantity=0), "shipments[0].quantity", "QuantityNotPositive"),
        (lambda plan: plan["levels"][0].update(value="x"), "levels[0].value", "NumberExpected"),
        (lambda plan: plan["unmet"][0].update(task="K1"), "unmet[0]", "UnmetUnclear"),
        (lambda plan: plan["unmet"][1].update(reason="BAD_LUCK"), "unmet[1].reason", "ChoiceUnknown"),
        (
            lambda plan: plan["team_orders"][0]["stops"][0].update(arrive_s=1.5),
            "team_orders[0].stops[0].arrive_s",
            "WholeNumberExpected",
        ),
    ],
)
def test_a_faulty_plan_is_refused_with_the_path(plan: Plan, change: Any, where: str, code: str) -> None:
    document = json.loads(dump_plan(plan), parse_float=Decimal)
    change(document)
    with pytest.raises(BadInput) as caught:
        parse_plan(document, source="plan.json")
    assert (where, code) in [(fault.where, fault.code) for fault in caught.value.faults]


def test_the_run_stands_beside_the_plan(plan: Plan) -> None:
    assert run_path(Path("out/plan.json")) == Path("out/plan.run.json")
    record = run_record({"solve": 1.23456})
    assert record["seconds"] == {"solve": 1.235}
    assert record["versions"]["numpy"]


def test_what_the_floor_keeps_of_blocked_units_names_the_tasks_too() -> None:
    row = Unmet(
        "i", Decimal(2), Reason.BELOW_RESERVE_FLOOR, {"stores": {"s": "2"}, "tasks": ["CHARGE-1"]}, item="water"
    )
    assert all("CHARGE-1" in words for words in cure(row).values())


def test_a_plan_with_the_longest_times_a_problem_may_state_can_be_read_back() -> None:
    """Four stops of one team, each after the longest turnout, way and service."""
    longest = MAX_SECONDS
    names = ("a", "b", "c", "d")
    document = {
        "schema_version": 1,
        "as_of": "2026-01-01T08:00:00+08:00",
        "incidents": [
            {"id": name, "kind": "flood", "severity": 3, "reported_at": "2026-01-01T08:00:00+08:00",
             "tasks": [{"id": f"t{name}", "capability": "c", "teams_needed": 1, "service_s": longest}]}
            for name in names
        ],
        "teams": [
            {"id": "k", "tier": "5", "capabilities": ["c"], "headcount": 5, "profile": "p", "turnout_s": longest}
        ],
        "travel": {
            "team_to_incident_s": {"k": dict.fromkeys(names, longest)},
            "incident_to_incident_s": {"p": {one: {two: longest for two in names if two != one} for one in names}},
        },
    }  # fmt: skip
    plan = solve(to_problem(parse_problem(document, source="test"), folder=Path()).problem)
    (order,) = plan.team_orders
    assert [stop.response_s for stop in order.stops] == [2 * longest] * 4
    assert parse_plan_text(dump_plan(plan), source="plan.json").team_orders == plan.team_orders
