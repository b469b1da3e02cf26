"""Mutants of team orders: T1 to T10."""

from dataclasses import replace

import pytest

from optimizer.dispatch.check import Code, check
from optimizer.dispatch.plan import Stop
from optimizer.dispatch.problem import Ban, Pin, Started
from optimizer.units import UNREACHABLE

EXTRA = Stop("I1", "A1", 1550, 2650, 2650, 4450, 1130, None)


def stops(plan, team):
    return next(order.stops for order in plan.team_orders if order.team == team)


def without(plan, team):
    return replace(plan, team_orders=tuple(o for o in plan.team_orders if o.team != team))


def swapped(plan, first, second):
    """The two teams do each other's work, to the second."""
    other = {first: second, second: first}
    orders = tuple(replace(o, team=other.get(o.team, o.team)) for o in plan.team_orders)
    return replace(plan, team_orders=orders)


MUTANTS = [
    ("a team that does not exist", Code.ORDER_UNKNOWN_TEAM, lambda p, q, e: e.order(q, "T1", team="T9")),
    (
        "two orders for one team",
        Code.ORDER_REPEATED,
        lambda p, q, e: replace(q, team_orders=(*q.team_orders, q.team_orders[2])),
    ),
    ("an order without stops", Code.ORDER_EMPTY, lambda p, q, e: e.order(q, "T1", stops=())),
    ("a task that does not exist", Code.STOP_UNKNOWN_TASK, lambda p, q, e: e.stop(q, "T1", 1, task="A7")),
    (
        "a task at the wrong incident",
        Code.STOP_OTHER_INCIDENT,
        lambda p, q, e: e.stop(q, "T1", 1, incident="I2"),
    ),
    (
        "an incident that does not exist",
        Code.STOP_OTHER_INCIDENT,
        lambda p, q, e: e.stop(q, "T1", 1, incident="I9"),
    ),
    (
        "a team twice at one task",
        Code.STOP_TASK_REPEATED,
        lambda p, q, e: e.order(q, "T1", stops=stops(q, "T1")[:1] * 2),
    ),
    ("teams swapped", Code.STOP_NOT_CAPABLE, lambda p, q, e: swapped(q, "T1", "T2")),
    (
        "a team that lost its capability",
        Code.STOP_NOT_CAPABLE,
        lambda p, q, e: e.row(p, "teams", 1, capabilities=("medical",)),
    ),
    (
        "a started team's later stop needs the capability",
        Code.STOP_NOT_CAPABLE,
        lambda p, q, e: e.order(q, "T4", stops=(*stops(q, "T4"), EXTRA)),
    ),
    (
        "a banned team",
        Code.STOP_BANNED,
        lambda p, q, e: replace(p, bans=(*p.bans, Ban(team="T2", task="C2"))),
    ),
    (
        "no way from the base",
        Code.STOP_UNREACHABLE,
        lambda p, q, e: e.travel(p, "team_to_incident_s", (0, 0), UNREACHABLE),
    ),
    (
        "no way between two stops",
        Code.STOP_UNREACHABLE,
        lambda p, q, e: e.travel(p, "incident_to_incident_s", (1, 0, 2), UNREACHABLE),
    ),
    ("departure a second off", Code.STOP_DEPART, lambda p, q, e: e.stop(q, "T2", 0, depart_s=91)),
    ("no departure", Code.STOP_DEPART, lambda p, q, e: e.stop(q, "T2", 0, depart_s=None)),
    (
        "turnout forgotten",
        Code.STOP_DEPART,
        lambda p, q, e: e.stop(q, "T2", 1, depart_s=2300, arrive_s=2800, start_s=2800, finish_s=3800),
    ),
    (
        "turnout at the same incident",
        Code.STOP_DEPART,
        lambda p, q, e: e.stop(q, "T1", 1, depart_s=2040, arrive_s=2040, start_s=2040, finish_s=2940),
    ),
    ("team not yet free", Code.STOP_DEPART, lambda p, q, e: e.row(p, "teams", 2, available_from_s=101)),
    ("incident not yet reported", Code.STOP_DEPART, lambda p, q, e: e.row(p, "incidents", 1, reported_s=101)),
    (
        "another matrix",
        Code.STOP_ARRIVE,
        lambda p, q, e: e.travel(p, "incident_to_incident_s", (1, 0, 2), 450),
    ),
    ("arrival a second off", Code.STOP_ARRIVE, lambda p, q, e: e.stop(q, "T1", 0, arrive_s=179)),
    ("a started arrival moved", Code.STOP_ARRIVE, lambda p, q, e: e.stop(q, "T4", 0, arrive_s=251)),
    ("start after arrival", Code.STOP_START, lambda p, q, e: e.stop(q, "T3", 0, start_s=921)),
    ("finish a second off", Code.STOP_FINISH, lambda p, q, e: e.stop(q, "T3", 0, finish_s=1519)),
    (
        "the task's own service instead of the team's",
        Code.STOP_FINISH,
        lambda p, q, e: e.stop(q, "T2", 0, finish_s=2100),
    ),
    ("response a second off", Code.STOP_RESPONSE, lambda p, q, e: e.stop(q, "T1", 0, response_s=179)),
    ("response of a started stop", Code.STOP_RESPONSE, lambda p, q, e: e.stop(q, "T4", 0, response_s=250)),
    ("a tier too good", Code.STOP_TIER, lambda p, q, e: e.stop(q, "T1", 0, tier_met="1")),
    ("a tier too modest", Code.STOP_TIER, lambda p, q, e: e.stop(q, "T1", 0, tier_met="5")),
    ("a tier where none is met", Code.STOP_TIER, lambda p, q, e: e.stop(q, "T3", 0, tier_met="10")),
    ("a tier for a started stop", Code.STOP_TIER, lambda p, q, e: e.stop(q, "T4", 0, tier_met="5")),
    (
        "181 s is not within 180 s",
        Code.STOP_TIER,
        lambda p, q, e: e.travel(p, "team_to_incident_s", (0, 0), 121),
    ),
    (
        "a second after the latest",
        Code.STOP_TOO_LATE,
        lambda p, q, e: e.row(p, "tasks", 5, latest_s=2289),
    ),
    (
        "a second after the shift",
        Code.STOP_OUTSIDE_HOURS,
        lambda p, q, e: e.row(p, "teams", 1, available_until_s=3889),
    ),
    ("a started team forgotten", Code.STARTED_DROPPED, lambda p, q, e: without(q, "T4")),
    (
        "a started team sent elsewhere first",
        Code.STARTED_NOT_FIRST,
        lambda p, q, e: replace(p, started=(*p.started, Started("T1", "A2", "en_route", 10))),
    ),
    ("a pin dropped", Code.PIN_DROPPED, lambda p, q, e: without(q, "T3")),
    ("a new pin", Code.PIN_DROPPED, lambda p, q, e: replace(p, pins=(*p.pins, Pin("T1", "C2")))),
    (
        "one team too many",
        Code.TASK_TOO_MANY_TEAMS,
        lambda p, q, e: e.row(p, "tasks", 0, teams_needed=1),
    ),
    (
        "a stop dropped",
        Code.UNMET_TEAMS_BALANCE,
        lambda p, q, e: e.order(q, "T1", stops=stops(q, "T1")[:1]),
    ),
    (
        "a team taken off",
        Code.UNMET_TEAMS_BALANCE,
        lambda p, q, e: replace(q, team_orders=q.team_orders[1:]),
    ),
    (
        "stops in the other order",
        Code.STOP_ARRIVE,
        lambda p, q, e: e.order(q, "T2", stops=stops(q, "T2")[::-1]),
    ),
]


@pytest.mark.parametrize(("code", "change"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_each_mutant_of_the_orders_is_named(code, change, codes_of):
    assert code in codes_of(change)


def test_every_code_of_the_orders_has_a_mutant():
    mine = {c for c in Code if c.startswith(("order_", "stop_", "started_", "pin_", "task_"))}
    assert mine <= {code for _, code, _ in MUTANTS}


def test_one_wrong_second_is_one_violation_of_the_times_and_not_a_trail(codes_of):
    found = codes_of(lambda p, q, e: e.stop(q, "T2", 0, finish_s=2301))
    assert found == [Code.STOP_FINISH, Code.LEVEL_VALUE]


def test_a_started_team_needs_no_capability_and_keeps_no_hours(codes_of):
    assert not codes_of(lambda p, q, e: e.row(p, "teams", 3, available_until_s=1))
    assert not codes_of(lambda p, q, e: replace(p, bans=(*p.bans, Ban(team="T4", task="B1"))))
    assert not codes_of(lambda p, q, e: e.row(p, "tasks", 2, latest_s=1))


def test_work_done_before_as_of_finishes_at_as_of(problem, good_plan, edit):
    """T4 has been on scene for longer than the service takes: finish is 0, and 3 x 1450 s fall away."""
    long_ago = replace(problem, started=(Started("T4", "B1", "on_scene", -2000),))
    plan = edit.stop(good_plan, "T4", 0, arrive_s=-2000, start_s=-2000, finish_s=0)
    value = 55490 - 3 * 1450
    plan = edit.level(plan, "completion", value=value, gap=(value - 50000) / value)
    assert check(long_ago, plan) == ()
    late = edit.stop(plan, "T4", 0, finish_s=-800)
    assert Code.STOP_FINISH in [v.code for v in check(long_ago, late)]


def test_two_teams_under_way_to_a_task_for_one_are_not_too_many(codes_of):
    def both_under_way(problem, plan, edit):
        task = edit.row(problem, "tasks", 0, teams_needed=1)
        started = (Started("T1", "A1", "en_route", 180), Started("T2", "A1", "en_route", 300))
        return replace(task, started=(*started, *problem.started))

    assert Code.TASK_TOO_MANY_TEAMS not in codes_of(both_under_way)


def test_the_order_in_which_teams_are_listed_does_not_matter(codes_of):
    assert not codes_of(lambda p, q, e: replace(q, team_orders=q.team_orders[::-1]))
