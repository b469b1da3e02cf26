"""A problem on a road network: times with the closures of the moment, metres, far points, routes."""

from pathlib import Path
from typing import Any

import pytest

from optimizer.dispatch.plan import Plan, Status, Stop, StoppedBy, TeamOrder
from optimizer.errors import BadInput
from optimizer.network.graph import RoadNetwork, build_network
from optimizer.network.tables import write_tables
from optimizer.units import UNREACHABLE
from scenarios.exchange.load import LoadedProblem, load_problem, to_problem
from scenarios.exchange.problem import parse_problem
from scenarios.exchange.routes import with_routes

Document = dict[str, Any]
STEP = 0.01  # degrees of latitude, about 1,112 m


@pytest.fixture
def network() -> RoadNetwork:
    """A road of three kilometres from a (south) to d (north), both ways, 40 km/h."""
    ids = ["a", "b", "c", "d"]
    tail = [0, 1, 2, 1, 2, 3]
    head = [1, 2, 3, 0, 1, 2]
    segments = ["ab", "bc", "cd"]
    return build_network(
        node_id=ids,
        lat=[27.0 + STEP * number for number in range(4)],
        lon=[109.0] * 4,
        tail=tail,
        head=head,
        length_m=[1000.0] * 6,
        speed_kph=[40.0] * 6,
        segment_id=segments * 2,
        against=[False] * 3 + [True] * 3,
    )


def place(number: int) -> dict[str, float]:
    return {"lat": 27.0 + STEP * number, "lon": 109.0}


@pytest.fixture
def on_roads(document: Document) -> Document:
    """The example on the road: team A and both stores at a, B at b, incident 1 at d, incident 2 at c."""
    del document["travel"]
    document["network"] = {"file": "roads"}
    document["incidents"][0].update(place(3))
    document["incidents"][1].update(place(2))
    document["teams"][0].update(place(0))
    document["teams"][1].update(place(1))
    for store in document["stores"]:
        store.update(place(0))
    return document


def load(document: Document, network: RoadNetwork) -> LoadedProblem:
    return to_problem(parse_problem(document, source="-"), folder=Path(), network=network)


def test_times_follow_profile_and_road(on_roads: Document, network: RoadNetwork) -> None:
    travel = load(on_roads, network).problem.travel
    assert travel.team_to_incident_s[0].tolist() == [270, 180]  # 3 and 2 km at 40 km/h
    between = travel.incident_to_incident_s[travel.team_group[0]]
    assert between.tolist() == [[0, 90], [90, 0]]
    assert travel.team_to_incident_s[1, 0] == 2058  # on foot, 3.5 km/h for 2 km


def test_metres_are_known_where_goods_are_asked_for(on_roads: Document, network: RoadNetwork) -> None:
    travel = load(on_roads, network).problem.travel
    assert travel.store_to_incident_m is not None
    assert travel.store_to_incident_m.tolist() == [[3000, UNREACHABLE], [3000, UNREACHABLE]]
    assert travel.vehicle_to_incident_m is not None
    assert travel.vehicle_to_incident_m[0, 0] == 3000


def test_vehicles_know_the_ways_between_incidents_that_ask_for_something(
    on_roads: Document, network: RoadNetwork
) -> None:
    on_roads["incidents"][1]["demands"] = [{"item": "T", "quantity": 1}]
    pickup = {**on_roads["vehicles"][0], "id": "V2", "profile": "pickup"}
    travel = load({**on_roads, "vehicles": [*on_roads["vehicles"], pickup]}, network).problem.travel
    assert travel.vehicle_between_s is not None
    assert travel.vehicle_between_m is not None
    assert travel.vehicle_group is not None
    assert travel.vehicle_group.tolist() == [1, 0]  # a truck and a pickup
    teams = travel.incident_to_incident_s[travel.team_group[0]]
    assert travel.vehicle_between_s[0].tolist() == teams.tolist()  # one profile, one matrix
    assert travel.vehicle_between_m.tolist() == [[[0, 1000], [1000, 0]]] * 2


def test_nobody_goes_on_to_an_incident_that_asks_for_nothing(on_roads: Document, network: RoadNetwork) -> None:
    travel = load(on_roads, network).problem.travel
    assert travel.vehicle_between_s is not None
    assert travel.vehicle_between_s.tolist() == [[[0, UNREACHABLE], [UNREACHABLE, 0]]]


@pytest.mark.parametrize(
    ("hours", "arrives"),
    [
        ({}, UNREACHABLE),
        ({"from": "2024-06-03T08:30:00+08:00"}, UNREACHABLE),
        ({"to": "2024-06-03T08:30:00+08:00"}, 270),  # over by now
        ({"from": "2024-06-03T09:00:00+08:00"}, 270),  # not yet
    ],
)
def test_the_closures_of_the_moment_count(
    on_roads: Document, network: RoadNetwork, hours: dict[str, str], arrives: int
) -> None:
    on_roads["closures"] = [{"id": "C", "edges": ["cd"], "speed_factor": 0, **hours}]
    assert load(on_roads, network).problem.travel.team_to_incident_s[0, 0] == arrives


def test_a_closure_that_hits_nothing_is_noted(on_roads: Document, network: RoadNetwork) -> None:
    on_roads["closures"] = [{"id": "C", "edges": ["zz"], "speed_factor": 0}]
    assert [note.where for note in load(on_roads, network).notes] == ["closure C", "closure C"]


def test_a_place_far_from_any_road_is_noted_and_unreachable(on_roads: Document, network: RoadNetwork) -> None:
    on_roads["teams"][1].update({"lat": 28.0, "lon": 110.0})
    loaded = load(on_roads, network)
    assert loaded.problem.travel.team_to_incident_s[1].tolist() == [UNREACHABLE] * 2
    assert [(note.code, note.facts["name"]) for note in loaded.notes] == [("TeamFarFromRoad", "B")]


def test_the_fingerprint_holds_the_roads_not_their_file_name(
    on_roads: Document, network: RoadNetwork, tmp_path: Path
) -> None:
    from scenarios.exchange.json_text import dumps

    for name in ("roads", "renamed"):
        write_tables(network, tmp_path / name)
        on_roads["network"] = {"file": name}
        (tmp_path / f"{name}.json").write_text(dumps(on_roads), encoding="utf-8")
    one, other = (load_problem(tmp_path / f"{name}.json").problem for name in ("roads", "renamed"))
    assert one.sha256 == other.sha256
    assert one.travel.team_to_incident_s.tolist() == other.travel.team_to_incident_s.tolist()


def test_a_missing_road_file_is_told(on_roads: Document, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        to_problem(parse_problem(on_roads, source="p.json"), folder=tmp_path)
    assert caught.value.faults[0].code == "RoadFileMissing"


def test_stops_that_are_driven_to_get_their_line(on_roads: Document, network: RoadNetwork) -> None:
    loaded = load(on_roads, network)
    assert loaded.roads is not None

    def stop(incident: str, task: str, depart_s: int | None) -> Stop:
        return Stop(incident, task, depart_s, 0, 0, 0, None, None)

    stops = (stop("I1", "K1", 0), stop("I1", "K2", 0), stop("I2", "K3", 0))
    orders = (TeamOrder("A", stops), TeamOrder("B", (stop("I1", "K1", None),)))
    plan = Plan("0" * 64, Status.FEASIBLE, 0, {}, StoppedBy.WORK, (), orders, (), ())
    routed = with_routes(plan, problem=loaded.problem, roads=loaded.roads)
    lines = [stop.route for order in routed.team_orders for stop in order.stops]
    assert lines[0] is not None
    assert lines[0]["coordinates"][0] == [109.0, 27.0]
    assert lines[0]["coordinates"][-1] == [109.0, 27.03]
    assert lines[1] is None  # the next task of the same incident: nobody drives
    assert lines[2] is not None
    assert lines[3] is None  # under way before as_of: the start is not known


def test_a_county_at_rest_is_a_problem_too(on_roads: Document, network: RoadNetwork) -> None:
    for name in ("incidents", "pins", "bans", "started", "service_s"):
        on_roads.pop(name)
    loaded = load(on_roads, network)
    assert loaded.problem.travel.team_to_incident_s.shape == (2, 0)
    assert loaded.notes == ()
