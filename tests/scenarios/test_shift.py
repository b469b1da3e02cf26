"""A World moved in time is the same situation on another day."""

from dataclasses import replace
from datetime import date, timedelta

from inventory.five_fixed import shanghai_day
from scenarios.build import five_fixed, problem_document
from scenarios.registry import find_scenario
from scenarios.shift import moved_to

DAY = date(2027, 1, 31)


def test_the_stock_stands_as_it_stood_and_every_date_moves_alike():
    world = find_scenario("panshi-rainstorm").build(0)
    world = replace(world, closures=({"id": "c", "edges": [], "from": world.as_of.isoformat(), "speed_factor": 0},))
    later = moved_to(world, DAY)
    days = DAY - shanghai_day(world.as_of)
    assert shanghai_day(later.as_of) == DAY
    assert later.as_of - world.as_of == days
    before, after = five_fixed(world), five_fixed(later)
    assert [(one.code, one.store, one.item, one.lot) for one in before.findings] == [
        (one.code, one.store, one.item, one.lot) for one in after.findings
    ]
    assert [one.dispatchable for one in before.lots] == [one.dispatchable for one in after.lots]
    assert later.incidents["reported_at"] == [at + days for at in world.incidents["reported_at"]]
    assert later.closures[0]["from"] == later.as_of.isoformat()
    assert problem_document(later)["teams"] == problem_document(world)["teams"]


def test_moving_back_gives_the_same_world():
    world = find_scenario("panshi-rainstorm").build(0)
    back = moved_to(moved_to(world, DAY), shanghai_day(world.as_of))
    assert back.as_of == world.as_of
    assert back.stock.columns == world.stock.columns
    assert moved_to(world, shanghai_day(world.as_of) + timedelta(days=1)).stock.columns != world.stock.columns
