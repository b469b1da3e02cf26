"""A problem that was kept is the very problem again, whatever it holds."""

import json

import pytest

from api.usecases import open_world
from scenarios.exchange.kept import dump_problem, load_kept
from scenarios.registry import find_scenario


@pytest.mark.parametrize("name", ["panshi-rainstorm", "flood-drill"])
def test_is_the_same_problem_and_says_so_itself(name):
    world = find_scenario(name).build(0)
    loaded = open_world(world, source=name).loaded
    text = dump_problem(loaded)
    again = load_kept(text, world.network, source="kept")
    assert again.problem.sha256 == loaded.problem.sha256
    assert again.problem.demands == loaded.problem.demands
    assert again.problem.stock == loaded.problem.stock
    assert dump_problem(again) == text


def test_other_roads_are_another_problem():
    world = find_scenario("panshi-rainstorm").build(0)
    loaded = open_world(world, source="x").loaded
    document = json.loads(dump_problem(loaded))
    document["closures"] = []
    assert load_kept(json.dumps(document), world.network, source="kept").problem.sha256 != loaded.problem.sha256


def test_whatever_people_and_teams_have_said_is_kept():
    world = find_scenario("panshi-rainstorm").build(0)
    document = json.loads(dump_problem(open_world(world, source="x").loaded))
    incident, (one, other, third, *_) = document["incidents"][0], document["teams"]
    task = incident["tasks"][0]
    item, as_of = document["items"][0]["id"], document["as_of"]
    task |= {"synchronised": True, "equipment": [{"item": item, "quantity": "1.5", "sent": "2", "there_at": as_of}]}
    one |= {"capabilities": [task["capability"]], "carries": [item], "available_until": as_of[:11] + "23:59:00+08:00"}
    document |= {
        "pins": [{"team": one["id"], "task": task["id"]}],
        "bans": [{"team": other["id"], "task": task["id"]},
                 {"store": document["stores"][0]["id"], "incident": incident["id"]}],
        "started": [{"team": third["id"], "task": task["id"], "state": "en_route", "arrives_at": as_of}],
        "service_s": {task["id"]: {one["id"]: 777}},
    }  # fmt: skip
    document["parameters"] |= {"closures": "cautious", "redispatch": {"3": [5]}}
    loaded = load_kept(json.dumps(document), world.network, source="said")
    again = load_kept(dump_problem(loaded), world.network, source="kept")
    assert again.problem.sha256 == loaded.problem.sha256
    assert (again.problem.pins, again.problem.bans, again.problem.started) == (
        loaded.problem.pins, loaded.problem.bans, loaded.problem.started,
    )  # fmt: skip
