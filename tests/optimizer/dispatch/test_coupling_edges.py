"""Waiting where it meets other rules: teams that may turn (R1), roundabout ways, the horizon, nobody at all."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D
from typing import Any, Literal

import numpy as np
import pytest

from optimizer.dispatch.check import check
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import (
    Ban,
    Demand,
    DispatchProblem,
    Incident,
    Item,
    Need,
    Parameters,
    Started,
    StockLine,
    Store,
    Task,
    Team,
    Travel,
    Vehicle,
)
from optimizer.dispatch.replanning import advance, replan
from optimizer.units import UNREACHABLE

BOAT = (Need("boat", D(1)),)


def problem_of(*, tasks: tuple[Task, ...], teams: tuple[Team, ...], **changes: Any) -> DispatchProblem:
    """Incidents a and b, 300 s apart; every base 100 s from both, one store with two boats 900 s from both."""
    n, m = 2, len(teams)
    problem = DispatchProblem(
        as_of=datetime(2026, 6, 1, tzinfo=UTC),
        items=(Item("boat", D(100), D(1), False),),
        incidents=(Incident("a", "flood", 5, 0), Incident("b", "flood", 3, 0)),
        tasks=tasks,
        demands=(),
        teams=teams,
        stores=(Store("s0", "town"),),
        stock=(StockLine("s0", "boat", "l", D(2)),),
        reserve_floor={},
        vehicles=(),
        travel=Travel(
            np.full((m, n), 100, np.int64),
            np.array([[[0, 300], [300, 0]]], np.int64),
            np.zeros(m, np.int64),
            np.full((1, n), 900, np.int64),
            np.zeros((0, n), np.int64),
        ),
        service_s=np.array([[task.service_s] * m for task in tasks], np.int64).reshape(len(tasks), m),
        parameters=Parameters(horizon_s=20_000, redispatch=((3, (5,)), (5, (5,)))),
        sha256="0" * 64,
    )
    return replace(problem, **changes)


def turning(problem: DispatchProblem, team: str, task: str, arrives_s: int, seconds: list[int]) -> DispatchProblem:
    """One team on its way that knows where it is."""
    ways = np.full((len(problem.teams), 2), UNREACHABLE, np.int64)
    ways[problem.team_index[team]] = seconds
    started = (Started(team, task, "en_route", arrives_s),)
    return replace(problem, started=started, travel=replace(problem.travel, en_route_to_incident_s=ways))


def team(name: str, *capabilities: str, **changes: Any) -> Team:
    return Team(name, "5", capabilities or ("water",), 6, "car", 0, **changes)


def stop_of(plan: Plan, team: str, task: str) -> Any:
    return next(s for order in plan.team_orders if order.team == team for s in order.stops if s.task == task)


def solved(problem: DispatchProblem) -> Plan:
    plan = solve(problem, limits=SolveLimits(iterations=5_000))
    assert check(problem, plan) == ()
    return plan


def test_a_team_that_goes_on_is_equipped_for_the_task_it_was_bound_for() -> None:
    problem = problem_of(tasks=(Task("rescue", "a", "water", 1, 600, equipment=BOAT),), teams=(team("k0"),))
    plan = solved(turning(problem, "k0", "rescue", 50, [50, 60]))
    assert stop_of(plan, "k0", "rescue").start_s == 50
    assert plan.shipments == ()


def test_a_team_that_turns_to_another_task_waits_for_its_equipment() -> None:
    tasks = (Task("rescue", "a", "water", 1, 600, equipment=BOAT), Task("watch", "b", "water", 1, 600))
    plan = solved(turning(problem_of(tasks=tasks, teams=(team("k0"),)), "k0", "watch", 700, [100, 700]))
    assert stop_of(plan, "k0", "rescue").start_s == 900


def test_a_team_that_turns_begins_together_with_the_others() -> None:
    tasks = (Task("rescue", "a", "water", 2, 600, synchronised=True), Task("watch", "b", "water", 1, 600))
    teams = (team("k0"), team("k1", available_from_s=400))
    plan = solved(turning(problem_of(tasks=tasks, teams=teams), "k0", "watch", 2_000, [100, 2_000]))
    assert {stop_of(plan, name, "rescue").start_s for name in ("k0", "k1")} == {500}


def test_a_team_that_goes_on_keeps_its_hours_also_while_it_waits_for_the_others() -> None:
    """It could begin in time alone, but not when the other is there: only one of the two can serve."""
    tasks = (Task("rescue", "a", "water", 2, 600, synchronised=True),)
    teams = (team("k0", available_until_s=800), team("k1", available_from_s=400))
    problem = turning(problem_of(tasks=tasks, teams=teams), "k0", "rescue", 50, [50, 60])
    assert sum(len(order.stops) for order in solved(problem).team_orders) == 1


def test_a_stop_is_left_out_with_the_stop_by_way_of_which_it_is_reached() -> None:
    """a is reached by way of b alone, and nothing is brought there for the task in b."""
    tasks = (Task("dike", "b", "water", 1, 60, equipment=BOAT), Task("rescue", "a", "water", 1, 600, synchronised=True))
    problem = problem_of(tasks=tasks, teams=(team("k0"),))
    travel = replace(
        problem.travel,
        team_to_incident_s=np.array([[UNREACHABLE, 100]], np.int64),
        store_to_incident_s=np.array([[900, UNREACHABLE]], np.int64),
    )
    plan = solved(replace(problem, travel=travel))
    assert plan.team_orders == ()
    assert plan.levels[0].bound <= plan.levels[0].value  # type: ignore[operator]


def test_what_a_team_takes_along_is_not_bound_to_the_horizon() -> None:
    tasks = (Task("rescue", "a", "water", 1, 600, equipment=BOAT),)
    problem = problem_of(tasks=tasks, teams=(team("k0", store="s0", available_from_s=3_000),))
    (boat,) = solved(replace(problem, parameters=Parameters(horizon_s=1_000))).shipments
    assert (boat.team, boat.arrive_s) == ("k0", 3_100)


@pytest.mark.parametrize("synchronised", [False, True])
def test_without_any_team_every_need_has_a_reason(synchronised: bool) -> None:
    tasks = (Task("rescue", "a", "water", 2, 600, equipment=BOAT, synchronised=synchronised),)
    (row,) = solved(problem_of(tasks=tasks, teams=())).unmet
    assert (row.task, row.quantity, row.reason) == ("rescue", 2, "NO_CAPABLE_TEAM")


def test_a_replan_keeps_nothing_that_is_forbidden_by_now() -> None:
    tasks = (Task("rescue", "a", "water", 1, 600, synchronised=True),)
    problem = problem_of(tasks=tasks, teams=(team("k0"),))
    banned = replace(problem, bans=(Ban("k0", "rescue"),))
    plan = replan(banned, solved(problem), running_sha256="0" * 64).plan
    assert check(banned, plan) == ()
    assert plan.team_orders == ()


def test_what_a_team_that_gets_ready_takes_along_is_off_the_shelf() -> None:
    problem = problem_of(
        tasks=(Task("rescue", "a", "water", 1, 600, equipment=BOAT),),
        teams=(team("k0", store="s0", available_from_s=10),),
    )
    problem = replace(problem, teams=(replace(problem.teams[0], turnout_s=60),))
    seen = advance(problem, solved(problem), at_s=30)  # ordered off at 10, leaves at 70
    assert [(one.state, one.arrives_s) for one in seen.problem.started] == [("en_route", 140)]
    assert seen.problem.stock[0].quantity == 1
    assert seen.problem.teams[0].carries == ("boat",)
    assert seen.remaining.shipments == ()


def test_who_waited_on_the_scene_is_done_as_much_later() -> None:
    tasks = (Task("rescue", "a", "water", 2, 600, synchronised=True),)
    problem = problem_of(tasks=tasks, teams=(team("k0"), team("k1", available_from_s=400)))
    seen = advance(problem, solved(problem), at_s=550)  # k0 is there from 100, both work from 500 to 1,100
    kept = replan(seen.problem, seen.remaining, running_sha256="0" * 64).plan
    assert [stop.finish_s for order in kept.team_orders for stop in order.stops] == [550, 550]


def test_a_team_on_its_way_does_not_begin_before_the_boat_that_is_on_its_way_too() -> None:
    problem = problem_of(tasks=(Task("rescue", "a", "water", 1, 600, equipment=BOAT),), teams=(team("k0"),))
    seen = advance(problem, solved(problem), at_s=50)  # the team arrives at 100, the boat at 900
    assert [stop.finish_s for order in seen.remaining.team_orders for stop in order.stops] == [1_450]
    kept = replan(seen.problem, seen.remaining, running_sha256="0" * 64).plan
    assert [stop.finish_s for order in kept.team_orders for stop in order.stops] == [1_450]


@pytest.mark.parametrize("at_work", [False, True])
def test_a_boat_on_its_way_is_for_the_team_that_has_none(at_work: bool) -> None:
    """One of two teams has a boat of its own, or began before the plan; the other comes later."""
    tasks = (Task("rescue", "a", "water", 2, 5_000, equipment=BOAT),)
    teams = (team("k0", carries=() if at_work else ("boat",)), team("k1", available_from_s=700))
    problem = problem_of(tasks=tasks, teams=teams)
    if at_work:
        problem = replace(problem, started=(Started("k0", "rescue", "on_scene", 0),))
    seen = advance(problem, solved(problem), at_s=300)
    assert seen.problem.tasks[0].equipment == (Need("boat", D(1), sent=D(1), there_s=600),)
    assert solved(seen.problem).shipments == ()


@pytest.mark.parametrize("state", ["en_route", "on_scene"])
def test_what_a_team_under_way_is_believed_to_have_is_nobody_elses(state: Literal["en_route", "on_scene"]) -> None:
    """k0 was bound for the task before the plan; a second team comes later and waits for a boat."""
    tasks = (Task("rescue", "a", "water", 2, 5_000, equipment=BOAT),)
    problem = problem_of(tasks=tasks, teams=(team("k0"), team("k1", available_from_s=700)))
    problem = replace(problem, started=(Started("k0", "rescue", state, 400 if state == "en_route" else 0),))
    alone = replace(problem, tasks=(replace(tasks[0], teams_needed=1),))
    assert advance(alone, solved(alone), at_s=100).problem.tasks[0].equipment in (BOAT, ())
    assert [one.sent for one in advance(alone, solved(alone), at_s=100).problem.tasks[0].equipment] in ([0], [])
    seen = advance(problem, solved(problem), at_s=100)
    again = solved(seen.problem)
    assert (again.shipments, again.unmet) == ((), ())
    (later,) = [stop for order in again.team_orders if order.team == "k1" for stop in order.stops]
    assert later.start_s == 800


def test_who_carries_equipment_first_is_late_for_the_rest_and_not_too_small() -> None:
    """V1 alone can carry a boat and is back too late for a second trip; V2 is nearer but too small."""
    tasks = (Task("rescue", "a", "water", 1, 600, equipment=BOAT),)
    problem = problem_of(tasks=tasks, teams=(team("k0"),))
    vehicles = (Vehicle("v1", "s0", D(100), D(1), "car"), Vehicle("v2", "s0", D(1), D(1), "car"))
    problem = replace(
        problem,
        demands=(Demand("b", "boat", D(1)),),
        vehicles=vehicles,
        travel=replace(problem.travel, vehicle_to_incident_s=np.array([[900, 900], [100, 100]], np.int64)),
        parameters=Parameters(horizon_s=1_000),
    )
    (row,) = solved(problem).unmet
    assert (row.item, row.quantity, row.reason) == ("boat", 1, "TOO_LATE")
