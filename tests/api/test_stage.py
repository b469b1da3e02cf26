"""What the console and the reports call things, and how the stock of a World stands."""

from dataclasses import replace

import pytest

from api.stage import closures_of, names_of, places_of, situation_of
from inventory.five_fixed import Report
from scenarios.build import five_fixed
from scenarios.report import Label
from scenarios.world import World


@pytest.fixture
def report(world: World) -> Report:
    return five_fixed(world)


def test_things_have_their_names_and_the_rest_its_id(world: World, report: Report) -> None:
    names = names_of(world, report)
    assert names.name("stores", "S1") == Label("县储备库", "County store")
    assert names.name("stores", "S2") == Label("盘石储备库", "盘石储备库")  # no English name given
    assert names.name("teams", "T2") == Label("T2", "T2")
    assert names.name("items", "M013").zh.startswith("瓶装水")


def test_every_task_that_blocks_stock_has_a_name(world: World, report: Report) -> None:
    blocked = {task for gate in report.lots for task in gate.blocked}
    assert blocked  # the torches were never charged
    names = names_of(world, report)
    assert all(names.name("checks", task).zh != task for task in blocked)


def test_the_situation_counts_by_rule(world: World, report: Report) -> None:
    situation = situation_of(world, report)
    assert [state.rule.zh for state in situation.five_fixed] == ["定人", "定位", "定量", "定质", "定期"]
    assert all(0 <= state.passed <= state.checked for state in situation.five_fixed)
    custodian, location, quantity, quality, period = situation.five_fixed
    assert (custodian.checked, custodian.passed) == (2, 0)  # nobody keeps either store
    assert (location.checked, location.passed) == (3, 3)  # three lots, each in its bin
    assert quantity.passed < quantity.checked  # 6 torches are less than the least
    assert (quality.checked, quality.passed) == (3, 3)
    assert (period.checked, period.passed) == (3, 1)  # nobody looked after the lots of the county store
    assert {name.en: value for name, value in situation.figures}["People affected"] == "158"


def test_the_overdue_checks_name_what_they_hold_back(world: World, report: Report) -> None:
    overdue = situation_of(world, report).overdue
    assert [(row.store.zh, row.item.zh) for row in overdue[:1]] == [("县储备库", "强光手电")]
    assert overdue[0].units == 6


def test_places_and_closures_are_named_for_the_map(world: World) -> None:
    assert [(place.name.en, place.level) for place in places_of(world)] == [("Example County", 3), ("Panshi", 4)]
    assert [closure.zh for closure in closures_of(world)] == ["X101 限速至 50%"]


def test_closures_with_hours_say_which(world: World) -> None:
    closed = {"id": "C2", "road_name": "X102", "speed_factor": 0}
    hours = [{"from": "2024-06-03T08:32:00+08:00"}, {"to": "2024-06-03T01:00:00Z"}]
    rows = tuple(closed | more for more in (*hours, hours[0] | hours[1]))
    assert [closure.en for closure in closures_of(replace(world, closures=rows))] == [
        "X102 closed (from 06-03 08:32)",
        "X102 closed (until 06-03 09:00)",
        "X102 closed (06-03 08:32 to 06-03 09:00)",
    ]
