"""Teams that wait for equipment and for each other: settled with the shipments, checked, near the enumerated best."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.check import check
from optimizer.dispatch.check.violation import Code
from optimizer.dispatch.coupling import settle
from optimizer.dispatch.equipment import Shelves
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Plan, Reason, Status
from optimizer.dispatch.problem import (
    Demand,
    DispatchProblem,
    Need,
    Pin,
    Started,
    StockLine,
    Task,
    Team,
    Vehicle,
)
from optimizer.dispatch.replanning import advance, replan
from optimizer.dispatch.why.alternatives import team_alternatives
from optimizer.dispatch.why.stores import store_alternatives
from optimizer.dispatch.why.task_values import Basis, task_values
from optimizer.dispatch.why.whole import Whole
from optimizer.units import UNREACHABLE

Build = Callable[..., DispatchProblem]
FAST = SolveLimits(iterations=5_000)
D = Decimal


def team(name: str, **changes: Any) -> Team:
    return Team(name, "5", ("water",), 6, "car", 0, **changes)


BOAT = (Need("boat", D(1)),)
RESCUE = Task("rescue", "a", "water", 1, 600, equipment=BOAT)


def stop_of(plan: Plan, task: str) -> Any:
    return next(stop for order in plan.team_orders for stop in order.stops if stop.task == task)


def solved(problem: DispatchProblem) -> Plan:
    plan = solve(problem, limits=FAST)
    assert check(problem, plan) == ()
    return plan


class TestEquipment:
    def test_a_team_waits_for_the_boat(self, flood: Build) -> None:
        plan = solved(flood(tasks=(RESCUE,), teams=(team("k0"),), stock=(("s0", "boat", 2),)))
        stop = stop_of(plan, "rescue")
        assert (stop.arrive_s, stop.start_s, stop.finish_s) == (100, 900, 1500)
        (boat,) = plan.shipments
        assert (boat.store, boat.quantity, boat.task, boat.team, boat.arrive_s) == ("s0", 1, "rescue", None, 900)

    def test_a_team_with_a_boat_of_its_own_is_worth_a_longer_way(self, flood: Build) -> None:
        teams = (team("k0"), team("k1"), team("k2", carries=("boat",)))
        plan = solved(flood(tasks=(RESCUE,), teams=teams, stock=(("s0", "boat", 2),)))
        assert [order.team for order in plan.team_orders] == ["k2"]
        assert stop_of(plan, "rescue").start_s == 300
        assert plan.shipments == ()

    def test_a_team_takes_the_boat_along_from_the_store_at_its_base(self, flood: Build) -> None:
        teams = (team("k0"), team("k1", store="s1"))
        plan = solved(flood(tasks=(RESCUE,), teams=teams, stock=(("s0", "boat", 1), ("s1", "boat", 1))))
        (boat,) = plan.shipments
        assert (boat.team, boat.store, boat.depart_s, boat.arrive_s) == ("k1", "s1", 0, 200)
        assert stop_of(plan, "rescue").start_s == 200

    def test_who_is_under_way_does_not_go_back_to_the_store(self, flood: Build) -> None:
        tasks = (replace(RESCUE, id="r1"), Task("look", "b", "water", 1, 60))
        problem = flood(
            tasks=tasks, teams=(team("k0", store="s0"),), stock=(("s0", "boat", 1),),
            started=(Started("k0", "look", "on_scene", -10),),
        )  # fmt: skip
        plan = solved(problem)
        assert plan.shipments[0].team is None
        assert stop_of(plan, "r1").start_s == 900

    def test_without_a_boat_nobody_is_sent_and_the_reason_says_so(self, flood: Build) -> None:
        plan = solved(flood(tasks=(RESCUE,), teams=(team("k0"),)))
        assert plan.team_orders == ()
        (row,) = plan.unmet
        assert (row.task, row.reason, row.facts["equipment"]) == ("rescue", Reason.NO_STOCK, "boat")

    def test_a_boat_held_by_an_overdue_check_is_named(self, flood: Build) -> None:
        problem = flood(tasks=(RESCUE,), teams=(team("k0"),))
        problem = replace(problem, stock=(StockLine("s0", "boat", "l", D(1), None, ("s0/boat/RUN",)),))
        (row,) = solved(problem).unmet
        assert (row.reason, row.facts["tasks"]) == (Reason.FIVE_FIXED, ["s0/boat/RUN"])

    def test_one_boat_goes_to_the_graver_incident(self, flood: Build) -> None:
        tasks = (Task("light", "b", "water", 1, 600, equipment=BOAT), RESCUE)
        plan = solved(flood(tasks=tasks, teams=(team("k0"), team("k1")), stock=(("s0", "boat", 1),)))
        assert [stop.task for order in plan.team_orders for stop in order.stops] == ["rescue"]
        assert [row.task for row in plan.unmet] == ["light"]

    def test_what_a_task_takes_is_not_promised_to_a_demand(self, flood: Build) -> None:
        problem = flood(
            tasks=(RESCUE,), teams=(team("k0"),), stock=(("s0", "boat", 2),), demands=(Demand("b", "boat", D(2)),)
        )
        plan = solved(problem)
        assert {(row.task, row.quantity) for row in plan.shipments} == {("rescue", D(1)), (None, D(1))}
        assert [(row.item, row.quantity) for row in plan.unmet] == [("boat", D(1))]

    def test_the_van_that_brings_the_boat_comes_back_before_it_brings_anything_else(self, flood: Build) -> None:
        van = Vehicle("v", "s0", D(500), D(5), "car")
        problem = flood(
            tasks=(RESCUE,), teams=(team("k0"),), stock=(("s0", "boat", 1), ("s0", "pump", 1)),
            demands=(Demand("b", "pump", D(1)),), vehicles=(van,),
        )  # fmt: skip
        travel = replace(problem.travel, vehicle_to_incident_s=np.array([[400, 500]], np.int64))
        plan = solved(replace(problem, travel=travel))
        assert [(row.item, row.trip, row.depart_s) for row in plan.shipments] == [("boat", 1, 0), ("pump", 2, 800)]

    def test_a_van_in_the_workshop_leaves_when_it_is_free(self, flood: Build) -> None:
        van = Vehicle("v", "s0", D(500), D(5), "car", available_from_s=1000)
        problem = flood(tasks=(RESCUE,), teams=(team("k0"),), stock=(("s0", "boat", 1),), vehicles=(van,))
        travel = replace(problem.travel, vehicle_to_incident_s=np.array([[400, 500]], np.int64))
        plan = solved(replace(problem, travel=travel))
        assert stop_of(plan, "rescue").start_s == 1400

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda row: replace(row, quantity=D(2)), Code.EQUIPMENT_AMOUNT),
            (lambda row: replace(row, task="other"), Code.EQUIPMENT_NOT_NEEDED),
            (lambda row: replace(row, task=None, team="k0"), Code.EQUIPMENT_WITHOUT_TASK),
            (lambda row: replace(row, team="k0"), Code.EQUIPMENT_TEAM_ELSEWHERE),
        ],
    )
    def test_the_checker_sees_through_a_wrong_delivery(self, flood: Build, change: Any, code: Code) -> None:
        problem = flood(tasks=(RESCUE,), teams=(team("k0"),), stock=(("s0", "boat", 2),))
        plan = solved(problem)
        wrong = replace(plan, shipments=tuple(change(row) for row in plan.shipments))
        assert code in {violation.code for violation in check(problem, wrong)}

    def test_the_checker_sees_a_start_without_the_boat(self, flood: Build) -> None:
        problem = flood(tasks=(RESCUE,), teams=(team("k0"),), stock=(("s0", "boat", 2),))
        plan = solved(problem)
        (order,) = plan.team_orders
        early = replace(order, stops=(replace(order.stops[0], start_s=100, finish_s=700),))
        found = {violation.code for violation in check(problem, replace(plan, team_orders=(early,)))}
        assert {Code.STOP_START, Code.STOP_FINISH} <= found


TOGETHER = Task("lift", "a", "water", 2, 600, synchronised=True)


class TestCommonStart:
    def test_the_first_waits_for_the_last(self, flood: Build) -> None:
        plan = solved(flood(tasks=(TOGETHER,), teams=(team("k0"), team("k1"), team("k2"))))
        starts = {order.team: order.stops[0].start_s for order in plan.team_orders}
        assert starts == {"k0": 200, "k1": 200}

    def test_a_team_at_work_there_waits_for_nobody(self, flood: Build) -> None:
        problem = flood(
            tasks=(TOGETHER,), teams=(team("k0"), team("k1")), started=(Started("k0", "lift", "on_scene", -60),)
        )
        plan = solved(problem)
        starts = {order.team: order.stops[0].start_s for order in plan.team_orders}
        assert starts == {"k0": -60, "k1": 200}

    def test_two_tasks_of_the_same_two_teams_do_not_lock_each_other(self, flood: Build) -> None:
        tasks = (TOGETHER, replace(TOGETHER, id="pull", incident="b"))
        problem = flood(tasks=tasks, teams=(team("k0"), team("k1")))
        crossed = settle(problem, [[0, 1], [1, 0]], Shelves(problem))
        assert {order.team: [stop.task for stop in order.stops] for order in crossed.orders} == {
            "k0": ["lift", "pull"],
            "k1": ["lift", "pull"],
        }
        assert len(solved(problem).team_orders) == 2

    def test_the_checker_sees_a_start_of_ones_own(self, flood: Build) -> None:
        problem = flood(tasks=(TOGETHER,), teams=(team("k0"), team("k1")))
        plan = solved(problem)
        first = plan.team_orders[0]
        early = replace(first, stops=(replace(first.stops[0], start_s=100, finish_s=700),))
        found = check(problem, replace(plan, team_orders=(early, plan.team_orders[1])))
        assert Code.STOP_START in {violation.code for violation in found}


@given(seed=st.integers(0, 10**9))
@settings(max_examples=150, deadline=None)
def test_every_plan_passes_the_checker(random_coupled: Build, seed: int) -> None:
    problem = random_coupled(seed)
    assert check(problem, solve(problem, limits=FAST)) == ()


@given(seed=st.integers(0, 10**9), at_s=st.integers(1, 4000))
@settings(max_examples=40, deadline=None)
def test_a_plan_that_waits_can_be_taken_to_any_instant_and_replanned(
    random_coupled: Build, seed: int, at_s: int
) -> None:
    problem = random_coupled(seed)
    seen = advance(problem, solve(problem, limits=FAST), at_s=at_s)
    done = replan(seen.problem, seen.remaining, running_sha256="a" * 64)
    assert check(seen.problem, done.plan) == ()
    at_work = {one.team: one.task for one in seen.problem.started if one.state == "on_scene"}
    first = {order.team: order.stops[0].task for order in done.plan.team_orders}
    assert at_work.items() <= first.items()


def test_a_plan_that_waits_can_be_explained(random_coupled: Build) -> None:
    for seed in range(12):
        problem = random_coupled(seed)
        plan = solve(problem, limits=FAST)
        stops = team_alternatives(problem, plan)
        assert len(stops) == sum(len(order.stops) for order in plan.team_orders)
        goods = {(row.incident, row.item) for row in plan.shipments if row.task is None}
        assert {(row.incident, row.item) for row in store_alternatives(problem, plan)} == goods
        values = task_values(problem, whole=Whole(problem, plan))
        assert all(value.basis is Basis.SEARCH for value in values.ranked)


def test_a_boat_on_its_way_is_not_asked_for_again_and_one_taken_along_stays_with_its_team(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(team("k0"),), stock=(("s0", "boat", 2),))
    seen = advance(problem, solved(problem), at_s=300)  # the team waits there, the boat comes at 900
    assert seen.problem.tasks[0].equipment == (Need("boat", D(1), sent=D(1), there_s=600),)
    (started,) = seen.problem.started
    assert (started.state, started.arrives_s) == ("en_route", 600)
    assert solved(seen.problem).shipments == ()
    teams = (team("k1", store="s1"),)
    problem = flood(tasks=(RESCUE, replace(RESCUE, id="next", incident="b")), teams=teams, stock=(("s1", "boat", 1),))
    seen = advance(problem, solved(problem), at_s=100)
    assert seen.problem.teams[0].carries == ("boat",)


def test_who_is_not_ordered_off_yet_waits_for_the_boat_that_left_before(flood: Build) -> None:
    teams = (team("k0", available_from_s=500),)
    problem = flood(tasks=(RESCUE,), teams=teams, stock=(("s0", "boat", 1),))
    plan = solved(problem)
    seen = advance(problem, plan, at_s=100)  # the boat left at 0 and is there at 900
    assert stop_of(seen.remaining, "rescue").start_s == stop_of(plan, "rescue").start_s - 100 == 800
    assert {one.code for one in check(seen.problem, seen.remaining)} <= {Code.LEVEL_GINI}  # what it is not told
    for again in (replan(seen.problem, seen.remaining, running_sha256="a" * 64).plan, solved(seen.problem)):
        assert (stop_of(again, "rescue").start_s, again.shipments) == (800, ())
        assert check(seen.problem, again) == ()
        later = advance(seen.problem, again, at_s=450)  # ordered off at 400
        assert [one.arrives_s for one in later.problem.started] == [350]
    early = replace(solved(seen.problem), team_orders=tuple(
        replace(order, stops=(replace(order.stops[0], start_s=500, finish_s=1100),))
        for order in seen.remaining.team_orders))  # fmt: skip
    assert Code.STOP_START in {one.code for one in check(seen.problem, early)}


def test_of_several_teams_only_what_has_not_left_is_shipped(flood: Build) -> None:
    """The store has one boat, the one farther off another that its only van cannot bring before 700."""
    rescue = replace(RESCUE, teams_needed=2)
    teams = (team("k0", available_from_s=900), team("k1", available_from_s=900))
    van = Vehicle("v", "s1", D(100), D(1), "car", available_from_s=700)
    problem = flood(tasks=(rescue,), teams=teams, stock=(("s0", "boat", 1), ("s1", "boat", 1)))
    problem = replace(
        problem, vehicles=(van,),
        travel=replace(problem.travel, vehicle_to_incident_s=problem.travel.store_to_incident_s[1:]),
    )  # fmt: skip
    seen = advance(problem, solved(problem), at_s=300)
    assert seen.problem.tasks[0].equipment == (Need("boat", D(1), sent=D(1), there_s=600),)
    assert {one.code for one in check(seen.problem, seen.remaining)} <= {Code.LEVEL_GINI}  # what it is not told
    for again in (replan(seen.problem, seen.remaining, running_sha256="a" * 64).plan, solved(seen.problem)):
        assert [(row.store, row.quantity) for row in again.shipments] == [("s1", 1)]
        assert check(seen.problem, again) == ()
        assert not again.unmet


def test_a_boat_that_was_sent_for_a_team_that_is_missing_is_not_sent_again(flood: Build) -> None:
    rescue = replace(RESCUE, teams_needed=2)
    problem = flood(tasks=(rescue,), teams=(team("k0"),), stock=(("s0", "boat", 1),))
    seen = advance(problem, solved(problem), at_s=300)
    more = replace(
        seen.problem, teams=(*seen.problem.teams, team("k1")), stock=(),
        travel=replace(
            seen.problem.travel, team_to_incident_s=np.array([[100, 350], [100, 350]]), team_group=np.array([0, 0]),
            en_route_to_incident_s=None,
        ),
        service_s=np.full((1, 2), 600),
    )  # fmt: skip
    plan = solved(more)  # the boat on its way is for the team that waits there
    assert [row.reason for row in plan.unmet] == ["NO_STOCK"]
    one = replace(more.tasks[0].equipment[0], sent=D(2))
    plan = solved(replace(more, tasks=(replace(more.tasks[0], equipment=(one,)),)))
    assert (plan.unmet, plan.shipments) == ((), ())
    assert [stop.finish_s for order in plan.team_orders for stop in order.stops] == [1200, 1200]


def test_who_takes_over_from_a_team_that_turns_gets_the_boat_that_is_on_its_way(flood: Build) -> None:
    rescue, worse = replace(RESCUE, incident="b"), Task("worse", "a", "dive", 1, 600)
    teams = (replace(team("k0"), capabilities=("dive", "water")), team("k1", available_from_s=5_000))
    problem = flood(tasks=(rescue,), teams=teams, stock=(("s0", "boat", 1),))
    seen = advance(problem, solved(problem), at_s=20)
    late = replace(
        seen.problem,
        tasks=(*seen.problem.tasks, worse),
        service_s=np.full((2, 2), 600),
        parameters=replace(problem.parameters, redispatch=((3, (5,)),)),
        travel=replace(seen.problem.travel, en_route_to_incident_s=np.array([[100, 300], [UNREACHABLE] * 2])),
    )
    plan = solved(late)
    assert {order.team: [stop.task for stop in order.stops] for order in plan.team_orders} == {
        "k0": ["worse", "rescue"]
    } or {order.team: order.stops[0].task for order in plan.team_orders} == {"k0": "worse", "k1": "rescue"}
    assert (plan.unmet, plan.shipments) == ((), ())


def test_small_problems_are_solved_as_well_as_by_enumeration(
    enumerated: Callable[..., Any], random_coupled: Build
) -> None:
    """Nothing says that the search is exact: of fifty problems nearly all must be, and no bound may be wrong."""
    missed = []
    for seed in range(50):
        problem = random_coupled(seed)
        best = enumerated(problem)
        plan = solve(problem, limits=FAST)
        levels = {level.name: level for level in plan.levels}
        found = (levels["unserved"].value, levels["completion"].value)
        for value, name in zip(best, ("unserved", "completion"), strict=True):
            bound = levels[name].bound
            worse = name == "completion" and found[0] > best[0]
            assert bound is None or worse or bound <= value  # type: ignore[operator]
        if found > tuple(map(float, best)):
            missed.append((seed, found, tuple(map(float, best))))
    assert len(missed) <= 1, missed


def test_a_pin_that_no_boat_can_follow_is_named(flood: Build) -> None:
    plan = solve(flood(tasks=(RESCUE,), teams=(team("k0"),), pins=(Pin("k0", "rescue"),)), limits=FAST)
    assert plan.status is Status.INFEASIBLE
    assert [(row.task, row.facts["pin_team"]) for row in plan.unmet] == [("rescue", "k0")]
