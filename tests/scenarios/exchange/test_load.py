"""From a problem file to the frozen problem: order and notation never matter, seconds and arrays are right."""

import copy
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.dispatch.problem import Ban, DispatchProblem
from optimizer.units import UNREACHABLE
from scenarios.exchange.json_text import dumps
from scenarios.exchange.load import LoadedProblem, load_problem, to_problem
from scenarios.exchange.problem import parse_problem, parse_problem_text

Document = dict[str, Any]


def load(document: Document) -> LoadedProblem:
    return to_problem(parse_problem(document, source="-"), folder=Path())


def shuffled(content: Any, random: Random, *, ordered: bool = False) -> Any:
    """The same content with lists, keys and notations changed; `ordered` lists keep their order."""
    if isinstance(content, dict):
        keys = list(content)
        random.shuffle(keys)
        return {key: shuffled(content[key], random, ordered=key == "levels") for key in keys}
    if isinstance(content, list):
        rows = [shuffled(row, random) for row in content]
        if not ordered:
            random.shuffle(rows)
        return rows
    return content


def same(one: DispatchProblem, other: DispatchProblem) -> bool:
    for name, value in vars(one).items():
        if name not in ("travel", "service_s") and value != getattr(other, name):
            return False
    arrays = [(one.service_s, other.service_s)]
    arrays += [(value, getattr(other.travel, name)) for name, value in vars(one.travel).items()]
    return all(a is b is None or np.array_equal(a, b) for a, b in arrays)


@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_lists_and_keys_changes_nothing(example: Document, seed: int) -> None:
    from_file = load(example)
    again = load(shuffled(example, Random(seed)))
    assert again.problem.sha256 == from_file.problem.sha256
    assert same(again.problem, from_file.problem)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"quantity": 100', '"quantity": 100.0'),
        ('"quantity": 100', '"quantity": "100.000"'),
        ('"quantity": 100', '"quantity": 1e2'),
        ('"severity": 5', '"severity": 5.0'),
        ('"tier": 5', '"tier": "5"'),
        ('"2024-06-03T08:30:00+08:00"', '"2024-06-03T00:30:00Z"'),
        ('"I2": null', '"I2":    null'),
        (', "I2": null', ""),  # an absent cell is unreachable, like null
        (', "reserve_floor": 10}, {"item": "T"', '}, {"item": "T"'),  # the floor of one lot holds for the item
        ('"trip_cost_m": 500', '"trip_cost_m": 500, "store_cost_m": 2000'),  # a default written out
    ],
)
def test_the_notation_changes_nothing(document: Document, one: str, other: str) -> None:
    text = dumps(document)
    assert one in text
    first, second = (
        to_problem(parse_problem_text(written, source="-"), folder=Path()).problem
        for written in (text, text.replace(one, other, 1))
    )
    assert first.sha256 == second.sha256
    assert same(first, second)


def test_another_quantity_is_another_problem(document: Document) -> None:
    before = load(document).problem.sha256
    document["stores"][0]["stock"][0]["quantity"] = 101
    assert load(document).problem.sha256 != before


def test_seconds_count_from_as_of_and_round_up(document: Document) -> None:
    document["incidents"][0]["reported_at"] = "2024-06-03T08:10:00.25+08:00"
    document["started"][0]["arrives_at"] = "2024-06-03T08:45:00.25+08:00"
    document["teams"][0]["available_until"] = "2024-06-03T20:00:00.75+08:00"
    document["teams"][1]["available_from"] = "2024-06-03T08:30:00.5+08:00"
    problem = load(document).problem
    assert problem.incidents[0].reported_s == -1199
    assert problem.started[0].arrives_s == 901
    assert problem.teams[0].available_until_s == 41400  # a deadline is never later than stated
    assert [team.available_from_s for team in problem.teams] == [0, 1]


def test_travel_arrays_follow_the_sorted_ids(document: Document) -> None:
    problem = load(document).problem
    travel = problem.travel
    assert travel.team_to_incident_s.tolist() == [[900, 1200], [1500, UNREACHABLE]]
    assert travel.store_to_incident_s.tolist() == [[1800, 2000], [600, UNREACHABLE]]
    assert travel.vehicle_to_incident_s.tolist() == [[1800, 2000]]
    between = travel.incident_to_incident_s[travel.team_group]
    assert between[0].tolist() == [[0, 700], [710, 0]]
    assert between[1].tolist() == [[0, UNREACHABLE], [UNREACHABLE, 0]]
    assert travel.store_to_incident_m is None


def test_a_vehicle_makes_rounds_where_its_profile_has_a_matrix(document: Document) -> None:
    travel = load(document).problem.travel
    assert travel.vehicle_between_s is not None
    assert travel.vehicle_between_s.tolist() == [[[0, UNREACHABLE], [UNREACHABLE, 0]]]  # none for trucks
    document["travel"]["incident_to_incident_s"]["truck"] = {"I1": {"I2": 40}}
    travel = load(document).problem.travel
    assert travel.vehicle_between_s is not None
    assert travel.vehicle_between_s.tolist() == [[[0, 40], [UNREACHABLE, 0]]]
    assert travel.vehicle_between_m is None


def test_a_team_with_a_matrix_of_its_own_uses_it(document: Document) -> None:
    document["travel"]["incident_to_incident_s"]["A"] = {"I1": {"I2": 5}}
    problem = load(document).problem
    assert problem.travel.incident_to_incident_s[problem.travel.team_group[0]].tolist() == [[0, 5], [UNREACHABLE, 0]]


def test_service_times_of_a_pair_override_the_task(document: Document) -> None:
    assert load(document).problem.service_s.tolist() == [[3600, 4000], [1800, 1800], [900, 900]]


def test_arrays_cannot_be_written(document: Document) -> None:
    problem = load(document).problem
    with pytest.raises(ValueError, match="read-only"):
        problem.service_s[0, 0] = 1


def test_floors_bans_and_parameters_arrive(document: Document) -> None:
    problem = load(document).problem
    assert problem.reserve_floor == {("S1", "W"): Decimal(10)}
    assert problem.bans == (Ban(store="S2", incident="I1", item="T"), Ban(team="B", task="K3"))
    assert [tier.id for tier in problem.parameters.tiers] == ["5", "10"]
    assert problem.parameters.horizon_s == 48 * 3600
    assert problem.parameters.trip_cost_m == 500
    assert problem.parameters.redispatch == ((1, (4, 5)),)


def test_closures_without_roads_are_noted(document: Document) -> None:
    document["closures"] = [{"id": "C", "road_name": "G320", "speed_factor": 0}]
    assert [note.code for note in load(document).notes] == ["ClosuresWithoutRoads"]


def absent_demands(document: Document) -> Document:
    document["items"] = [
        {"id": item, "mass_kg": 1, "volume_m3": 0, "life_critical": True} for item in ("M001", "M002", "M013")
    ]
    document["stores"] = [
        {
            "id": "S1",
            "tier": "town",
            "stock": [
                {"item": "M001", "lot": "a", "quantity": 4},
                {"item": "M002", "lot": "a", "quantity": 20},
                {"item": "M002", "lot": "b", "quantity": 900, "expires": "2024-06-02"},
                {"item": "M002", "lot": "c", "quantity": 900, "blocked": ["late"]},
            ],
        }
    ]
    document["travel"]["store_to_incident_s"] = {"S1": {"I1": 5}}
    document["vehicles"], document["bans"] = [], []
    del document["incidents"][0]["demands"]
    return document


def test_absent_demands_are_estimated_and_noted(document: Document) -> None:
    loaded = load(absent_demands(document))
    wanted = {demand.item: demand.quantity for demand in loaded.problem.demands}
    # 138 people: 16 tents for 9 (20 are there, 180 places, the most); nothing else of that need
    assert wanted["M002"] == 16
    assert "M001" not in wanted
    assert [note.code for note in loaded.notes] == ["DemandsEstimated"]
    assert loaded.notes[0].where == "incidents[0].demands"


def test_estimated_demands_are_part_of_the_fingerprint(document: Document) -> None:
    loaded = load(absent_demands(document))
    stated = copy.deepcopy(document)
    stated["incidents"][0]["demands"] = [
        {"item": demand.item, "quantity": demand.quantity} for demand in loaded.problem.demands
    ]
    assert load(stated).problem.sha256 == loaded.problem.sha256


def test_what_cannot_be_estimated_is_noted(document: Document) -> None:
    document = absent_demands(document)
    del document["incidents"][0]["people_affected"]
    assert [note.code for note in load(document).notes] == ["DemandsWithoutPeople"]
    document["items"] = [{"id": "X", "mass_kg": 1, "volume_m3": 0, "life_critical": True}]
    document["stores"] = []
    document["travel"]["store_to_incident_s"] = {}
    assert [note.code for note in load(document).notes] == ["DemandsWithoutItems"]


def test_an_empty_demand_list_asks_for_nothing(document: Document) -> None:
    document["incidents"][0]["demands"] = []
    loaded = load(document)
    assert loaded.problem.demands == ()
    assert loaded.notes == ()


def test_a_file_is_loaded_as_its_content(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    path.write_text(dumps(document), encoding="utf-8")
    assert load_problem(path).problem.sha256 == load(document).problem.sha256
