"""Roads that close, open or slow down while a plan runs: cautious plans, and warnings of the others."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.usecases import Solved, solve_loaded
from optimizer.dispatch.check import check
from optimizer.dispatch.plan import Shipment
from optimizer.network.closures import holds
from optimizer.network.graph import RoadNetwork, build_network
from optimizer.network.timed import earliest_arrivals
from scenarios.exchange.change import with_closures
from scenarios.exchange.foreseen import Foreseen, LateLeg, foresee
from scenarios.exchange.legs import dated_legs
from scenarios.exchange.load import LoadedProblem, to_problem
from scenarios.exchange.plan import dump_plan
from scenarios.exchange.problem import parse_problem
from scenarios.exchange.reopened import reopened_travel
from scenarios.report.foreseen_rows import foreseen_content

AT = datetime.fromisoformat("2026-07-01T08:00:00+08:00")
LAT, STEP = 28.0, 0.01
KPH = 36.0  # ten metres a second


def clock(text: str) -> str:
    return f"2026-07-01T{text}:00+08:00"


def roads(nodes: dict[str, tuple[float, float]], lengths: dict[str, float]) -> RoadNetwork:
    """Roads both ways, named by their two nodes."""
    names, ids = list(lengths), list(nodes)
    ends = [(ids.index(name[0]), ids.index(name[1])) for name in names]
    return build_network(
        node_id=ids,
        lat=[lat for lat, _ in nodes.values()],
        lon=[lon for _, lon in nodes.values()],
        tail=[a for a, _ in ends] + [b for _, b in ends],
        head=[b for _, b in ends] + [a for a, _ in ends],
        length_m=list(lengths.values()) * 2,
        speed_kph=[KPH] * (2 * len(names)),
        segment_id=names * 2,
        against=[False] * len(names) + [True] * len(names),
    )


@pytest.fixture(scope="module")
def network() -> RoadNetwork:
    """a to d by b in 20 + 20 minutes, by c in 40 + 40; e lies 10 minutes behind d."""
    nodes = {"a": (LAT, 108.0), "b": (LAT, 108.1), "c": (LAT + 0.1, 108.1), "d": (LAT, 108.2), "e": (LAT, 108.25)}
    return roads(nodes, {"ab": 12_000, "bd": 12_000, "ac": 24_000, "cd": 24_000, "de": 6_000})


PLACES = {"a": (LAT, 108.0), "d": (LAT, 108.2), "e": (LAT, 108.25)}


def at(place: str) -> dict[str, float]:
    lat, lon = PLACES[place]
    return {"lat": lat, "lon": lon}


def document(*closures: dict[str, Any], counting: str | None = None, **more: Any) -> dict[str, Any]:
    """A team and a store at a, an incident at d."""
    return {
        "schema_version": 1,
        "as_of": clock("08:00"),
        "network": {"file": "roads"},
        "closures": list(closures),
        "items": [{"id": "water", "mass_kg": 1, "volume_m3": 0, "life_critical": True}],
        "incidents": [
            {
                "id": "i", "kind": "flood", "severity": 3, "reported_at": clock("08:00"), **at("d"),
                "tasks": [{"id": "t", "capability": "boat", "teams_needed": 1, "service_s": 600}],
                "demands": [{"item": "water", "quantity": 2}],
            }
        ],
        "teams": [
            {
                "id": "k", "tier": 5, **at("a"), "capabilities": ["boat"], "headcount": 4, "profile": "pickup",
                "turnout_s": 600,
            }
        ],
        "stores": [
            {"id": "s", "tier": "town", **at("a"), "stock": [{"item": "water", "lot": "1", "quantity": 5}]}
        ],
        "parameters": {} if counting is None else {"closures": counting},
        **more,
    }  # fmt: skip


def shut(edges: str, start: str | None, end: str | None = None, factor: str = "0") -> dict[str, Any]:
    row = {"id": f"{edges} {factor} {start}", "edges": [edges], "speed_factor": Decimal(factor)}
    return row | ({} if start is None else {"from": clock(start)}) | ({} if end is None else {"to": clock(end)})


def solved(content: dict[str, Any], network: RoadNetwork) -> tuple[LoadedProblem, Solved]:
    loaded = to_problem(parse_problem(content, source="-"), folder=Path(), network=network)
    return loaded, solve_loaded(loaded)


def found(content: dict[str, Any], network: RoadNetwork) -> Foreseen | None:
    return solved(content, network)[1].foreseen


def late(content: dict[str, Any], network: RoadNetwork) -> list[LateLeg]:
    seen = found(content, network)
    assert seen is not None
    return list(seen.late)


def test_a_team_whose_road_closes_before_it_is_through_is_told_and_goods_that_pass_are_not(
    network: RoadNetwork,
) -> None:
    # goods leave at 08:00 and pass b-d from 08:20 to 08:40, the team, after its turnout, from 08:30 to 08:50
    (one,) = late(document(shut("bd", "08:45", "12:00")), network)
    assert (one.leg.kind, one.leg.id, one.leg.origin, one.leg.incident) == ("team", "k", ("team", "k"), "i")
    assert (one.leg.depart_s, one.leg.arrive_s) == (600, 3000)
    assert one.arrives_s == 600 + 4800  # by c, without waiting
    assert one.later_s == 2400
    assert [(met.closure, met.from_s) for met in one.met] == [("bd 0 08:45", 2700)]
    assert one.leave_by_s == 300


@pytest.mark.parametrize("begins", ["08:50", "09:30"])
def test_a_road_that_closes_behind_everybody_is_no_warning(network: RoadNetwork, begins: str) -> None:
    assert found(document(shut("bd", begins)), network) in (None, Foreseen(legs=1, quicker=0, late=()))
    assert found(document(shut("bd", "08:50")), network) is None  # nothing changes while anyone is on the way


def test_everybody_is_told_where_the_road_closes_at_once(network: RoadNetwork) -> None:
    rows = late(document(shut("bd", "08:10")), network)
    assert [(one.leg.kind, one.leg.id) for one in rows] == [("team", "k"), ("goods", "s")]
    assert [one.leave_by_s for one in rows] == [None, None]  # nobody could have left in time


def test_who_can_never_arrive_is_told_so(network: RoadNetwork) -> None:
    content = document(shut("bd", "08:10"), shut("cd", "08:10"))
    assert [one.arrives_s for one in late(content, network)] == [None, None]


def test_who_has_to_wait_for_the_road_to_open_again_arrives_then(network: RoadNetwork) -> None:
    content = document(shut("bd", "08:10", "08:40"), shut("cd", "08:10", "08:40"))
    assert [one.arrives_s for one in late(content, network)] == [3600, 3600]  # from b at 08:40


def test_slower_roads_count_from_when_they_are_entered(network: RoadNetwork) -> None:
    content = document(shut("bd", "08:25", factor="0.5"))
    (one,) = late(content, network)  # goods entered b-d at 08:20
    assert one.leg.kind == "team"
    assert one.arrives_s == 600 + 1200 + 2400
    assert one.leave_by_s == 299  # b before 08:25
    assert found(document(shut("bd", "08:30", factor="0.5"), shut("cd", "08:10")), network) is not None


def test_roads_that_open_on_the_way_are_counted_in_one_figure(network: RoadNetwork) -> None:
    seen = found(document(shut("bd", None, "08:15")), network)
    assert seen == Foreseen(legs=2, quicker=2, late=())


def test_a_warning_is_a_sentence_in_both_languages(network: RoadNetwork) -> None:
    truck = {"id": "v", "store": "s", "payload_kg": 100, "volume_m3": 1, "profile": "pickup"}
    content = document(shut("bd", "08:25", factor="0.5"), vehicles=[{**truck, "available_from": clock("08:30")}])
    loaded, plan = solved(content, network)
    assert plan.foreseen is not None
    said = foreseen_content(loaded.problem, plan.foreseen)
    assert [row["said"]["en"] for row in said["late"]] == [
        "k: its base to i, leaving 08:10, planned there 08:50, in fact 09:10, 20 min later (bd 0.5 08:25 slowed to 50 %"
        " from 08:25). Leaving by 08:04:59 it gets through as planned.",
        "v (trip 1): s to i, leaving 08:30, planned there 09:10, in fact 09:30, 20 min later (bd 0.5 08:25 slowed to"
        " 50 % from 08:25).",
    ]
    assert "减速到 50 %" in said["late"][1]["said"]["zh"]
    assert [one["en"].split(":")[0] for one in said["said"]] == [
        "2 legs measured with the hours of the closures",
        "This plan counts the roads as they are at its instant. What to do",
    ]


def test_leaving_earlier_does_not_mean_running_into_what_would_have_been_over(network: RoadNetwork) -> None:
    # the team, planned on b-d from 08:30 to 08:50, would have to be through by 08:45, but until 08:29 it is shut too
    content = document(shut("bd", "08:45"), shut("bd", "08:15", "08:29"), shut("cd", "08:10"))
    one = next(one for one in late(content, network) if one.leg.kind == "team")
    assert [met.from_s for met in one.met] == [2700]
    assert one.leave_by_s is None  # through by 08:15: before anyone was called


def test_closures_that_count_are_valued_and_no_others(network: RoadNetwork) -> None:
    for counting, named in (("as_of", []), ("cautious", ["bd 0 08:45"])):
        loaded = to_problem(parse_problem(document(shut("bd", "08:45"), counting=counting), source="-"),
                            folder=Path(), network=network)  # fmt: skip
        assert loaded.roads is not None
        found = dict(reopened_travel(loaded.problem, loaded.roads))
        assert list(found) == named
        for travel in found.values():
            assert travel.team_to_incident_s.tolist() == [[2400]]
        other = with_closures(loaded, loaded.roads.closures)
        assert other.problem.travel.team_to_incident_s.tolist() == loaded.problem.travel.team_to_incident_s.tolist()


def test_nothing_is_measured_where_no_closure_changes(network: RoadNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.exchange.foreseen.dated_legs", None)
    assert found(document(), network) is None
    assert found(document(shut("bd", None)), network) is None
    assert found(document(shut("bd", None, "07:30"), shut("cd", "07:00")), network) is None
    assert found(document(shut("bd", "08:30"), parameters={"horizon_h": Decimal("0.25")}), network) is None


def test_a_cautious_plan_goes_round_what_will_close(network: RoadNetwork) -> None:
    loaded, plan = solved(document(shut("bd", "08:45", "12:00"), counting="cautious"), network)
    (order,) = plan.plan.team_orders
    assert order.stops[0].arrive_s == 600 + 4800
    assert plan.plan.parameters["closures"] == "cautious"
    assert plan.foreseen == Foreseen(legs=2, quicker=1, late=())  # the goods would have been through
    assert check(loaded.problem, plan.plan) == ()


def test_cautious_counts_what_begins_by_the_horizon_and_has_not_ended(network: RoadNetwork) -> None:
    def first(*closures: dict[str, Any]) -> int:
        content = document(*closures, parameters={"closures": "cautious", "horizon_h": 2})
        return int(to_problem(parse_problem(content, source="-"), folder=Path(), network=network)
                   .problem.travel.team_to_incident_s[0, 0])  # fmt: skip

    assert first(shut("bd", "10:00")) == 4800
    assert first(shut("bd", "10:01")) == 2400
    assert first(shut("bd", None, "08:01")) == 4800
    assert first(shut("bd", None, "08:00")) == 2400
    assert first(shut("bd", "09:00", "09:30", "0.5"), shut("bd", "09:40", factor="0.8")) == 1200 + 2400


def test_counting_is_part_of_the_fingerprint_only_where_it_is_cautious(network: RoadNetwork) -> None:
    problems = [
        to_problem(parse_problem(document(counting=one), source="-"), folder=Path(), network=network).problem
        for one in (None, "as_of", "cautious")
    ]
    assert problems[0].sha256 == problems[1].sha256 != problems[2].sha256


def test_a_team_on_its_way_is_measured_from_where_it_is(network: RoadNetwork) -> None:
    started = [{"team": "k", "task": "t", "state": "en_route", "arrives_at": clock("08:35"), **at("a")}]
    content = document(shut("bd", "08:30"), started=started)
    rows = {one.leg.kind: one for one in late(content, network)}
    assert rows["team"].leg.origin == ("en_route", "k")
    assert (rows["team"].leg.arrive_s, rows["team"].arrives_s) == (2400, 4800)  # not what it told
    for row in started:
        del row["lat"], row["lon"]
    assert [one.leg.kind for one in late(content, network)] == ["goods"]


def test_the_rows_of_one_trip_are_one_drive_from_place_to_place(network: RoadNetwork) -> None:
    content = document(vehicles=[
        {"id": "v", "store": "s", "payload_kg": 100, "volume_m3": 1, "profile": "truck"}
    ])  # fmt: skip
    second = {**content["incidents"][0], "id": "j", **at("e"), "tasks": []}
    content["incidents"].append(second)
    loaded, plan = solved(content, network)
    row = next(one for one in plan.plan.shipments if one.incident == "i")

    def to(incident: str, arrive_s: int, id: str) -> Shipment:
        return Shipment(id, "s", incident, "water", "1", Decimal(1), 0, arrive_s, "v", 1)

    rounded = replace(plan.plan, team_orders=(), shipments=(to("j", 3000, "1"), to("i", 2400, "2"), to("i", 2400, "3")))
    assert row.vehicle == "v"
    assert [(leg.origin, leg.incident, leg.depart_s, leg.arrive_s) for leg in dated_legs(loaded.problem, rounded)] == [
        (("store", "s"), "i", 0, 2400),
        (("incident", "i"), "j", 2400, 3000),
    ]


def test_the_plan_file_says_how_closures_counted_and_nothing_of_what_is_foreseen(network: RoadNetwork) -> None:
    one, other = (dump_plan(solved(document(shut("bd", "08:45")), network)[1].plan) for _ in range(2))
    assert one == other
    assert '"closures": "as_of"' in one
    assert "foreseen" not in one


def random_closures(rng: random.Random, names: list[str]) -> Iterator[dict[str, Any]]:
    for number in range(rng.randint(1, 5)):
        begin, end = sorted(rng.sample(range(-20, 150), 2))
        row: dict[str, Any] = {"id": f"C{number}", "edges": rng.sample(names, rng.randint(1, 3))}
        row["speed_factor"] = Decimal(rng.choice(["0", "0", "0.3", "0.7"]))
        if rng.random() < 0.8:
            row["from"] = (AT + timedelta(minutes=begin)).isoformat()
        if rng.random() < 0.6:
            row["to"] = (AT + timedelta(minutes=end)).isoformat()
        yield row


def random_county(seed: int, counting: str) -> tuple[dict[str, Any], RoadNetwork]:
    """A grid of nine places, lengths of roads at random; three teams, two stores, a truck, three incidents."""
    rng = random.Random(seed)
    nodes = {name: (LAT + 0.05 * (n // 3), 108 + 0.05 * (n % 3)) for n, name in enumerate("abcdefghi")}
    joined = [(n, n + 1) for n in range(9) if n % 3 < 2] + [(n, n + 3) for n in range(6)]
    lengths = {"abcdefghi"[i] + "abcdefghi"[j]: float(rng.randint(5, 12) * 1000) for i, j in joined}

    def place() -> dict[str, float]:
        lat, lon = rng.choice(list(nodes.values()))
        return {"lat": lat + rng.choice([0, 0.002]), "lon": lon + rng.choice([0, 0.01])}

    incidents = [
        {
            "id": f"i{n}", "kind": "flood", "severity": rng.randint(1, 5), "reported_at": clock("08:05"), **place(),
            "tasks": [{"id": f"t{n}", "capability": "x", "teams_needed": 1, "service_s": 900}],
            "demands": [{"item": "water", "quantity": 3}],
        }
        for n in range(4)
    ]  # fmt: skip
    teams = [
        {"id": f"k{n}", "tier": 5, **place(), "capabilities": ["x"], "headcount": 4, "profile": "pickup",
         "turnout_s": 300}
        for n in range(2)
    ]  # fmt: skip
    stores = [
        {"id": f"s{n}", "tier": "town", **place(), "stock": [{"item": "water", "lot": "1", "quantity": 6}]}
        for n in range(2)
    ]
    closures = list(random_closures(rng, list(lengths)))
    vehicles = [{"id": "v", "store": "s0", "payload_kg": 100, "volume_m3": 1, "profile": "truck"}]
    content = document(*closures, incidents=incidents, teams=teams, stores=stores, vehicles=vehicles,
                       parameters={"closures": counting, "horizon_h": 2})  # fmt: skip
    return content, roads(nodes, lengths)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_cautious_plan_has_no_warnings(seed: int) -> None:
    loaded, plan = solved(*random_county(seed, "cautious"))
    assert plan.foreseen is None or plan.foreseen.late == ()
    assert check(loaded.problem, plan.plan) == ()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_warning_names_a_closure_and_an_hour_by_which_all_would_be_well(seed: int) -> None:
    loaded, plan = solved(*random_county(seed, "as_of"))
    assert loaded.roads is not None
    seen = foresee(loaded.problem, plan.plan, loaded.roads)
    assert seen == plan.foreseen
    as_of = loaded.problem.as_of
    end = as_of + timedelta(seconds=loaded.problem.parameters.horizon_s)
    ahead = [closure for closure in loaded.roads.closures if holds(closure, at=as_of, until=end)]
    for one in () if seen is None else seen.late:
        assert one.met
        assert all(met.from_s > 0 for met in one.met)
        if one.leave_by_s is None:
            continue
        leg = one.leg
        arrives = earliest_arrivals(
            loaded.roads.open_router(leg.profile),
            origins=loaded.roads.points(leg.profile, *_listed(leg.origin)),
            destinations=loaded.roads.points(leg.profile, "incident", [leg.incident]),
            closures=ahead,
            at=as_of,
            departs_s=one.leave_by_s,
        )
        assert one.leave_by_s < leg.depart_s
        assert arrives.seconds[0, 0] <= one.leave_by_s + leg.arrive_s - leg.depart_s


def _listed(origin: tuple[str, str]) -> tuple[str, list[str]]:
    return origin[0], [origin[1]]
