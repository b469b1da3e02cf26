"""R1 by hand: who may turn, what it costs, and what the checker says of those who turn without leave."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimizer.dispatch.check import Code, check
from optimizer.dispatch.pipeline import solve
from optimizer.dispatch.plan import Plan, Stop, TeamOrder
from optimizer.dispatch.problem import (
    Ban,
    DispatchProblem,
    Incident,
    Parameters,
    Pin,
    Started,
    Task,
    Team,
)
from optimizer.dispatch.replanning import advance, replan
from optimizer.dispatch.why.alternatives import team_alternatives
from optimizer.dispatch.why.sensitivity import sensitivity
from optimizer.units import UNREACHABLE

INT = np.int64


@pytest.fixture
def problem(build: Callable[..., DispatchProblem]) -> DispatchProblem:
    """A is bound for a light incident, 400 s away; a grave one lies 100 s from where it is. B is at its base, 1,000 s
    from either."""
    return build(
        incidents=(Incident("grave", "flood", 5, 0), Incident("light", "flood", 2, -600)),
        tasks=(Task("g", "grave", "c", 1, 600), Task("l", "light", "c", 1, 600)),
        teams=(Team("A", "5", ("c",), 5, "p", 60), Team("B", "5", ("c",), 5, "p", 60)),
        base=[[900, 900], [1000, 1000]],
        between=[[0, 500], [500, 0]],
        moving=[[100, 399], [UNREACHABLE, UNREACHABLE]],
        started=(Started("A", "l", "en_route", 400, 27.0, 109.0),),
        parameters=Parameters(redispatch=((2, (4, 5)),)),
    )


def orders(plan: Plan) -> dict[str, list[str]]:
    return {order.team: [stop.task for stop in order.stops] for order in plan.team_orders}


def test_a_team_turns_to_the_graver_incident_at_once(problem: DispatchProblem) -> None:
    plan = solve(problem)
    first = plan.team_orders[0].stops[0]
    # from where it is, without a turnout: 0 + 100; tier 3 holds a response of 100 s
    assert first == Stop("grave", "g", 0, 100, 100, 700, 100, "3")
    assert check(problem, plan) == ()
    assert sum(len(tasks) for tasks in orders(plan).values()) == 2  # and the task it left is served


@pytest.mark.parametrize(
    "change",
    [
        lambda p: replace(p, parameters=Parameters()),
        lambda p: replace(p, parameters=Parameters(redispatch=((2, (4,)), (5, (1, 2, 3, 4, 5))))),
        lambda p: replace(p, started=(replace(p.started[0], state="on_scene", arrives_s=0),)),
        lambda p: replace(p, travel=replace(p.travel, en_route_to_incident_s=None)),
        lambda p: replace(p, pins=(Pin("A", "l"),)),
        lambda p: replace(p, teams=(replace(p.teams[0], capabilities=()), p.teams[1])),
    ],
    ids=["no matrix", "another severity", "on scene", "no position", "pinned", "not capable"],
)
def test_without_leave_it_goes_on(problem: DispatchProblem, change) -> None:  # type: ignore[no-untyped-def]
    problem = change(problem)
    plan = solve(problem)
    assert orders(plan)["A"][0] == "l"
    assert check(problem, plan) == ()


def test_the_checker_refuses_a_turn_that_is_not_permitted(problem: DispatchProblem) -> None:
    turned = solve(problem)
    strict = replace(problem, parameters=Parameters(redispatch=((2, (4,)),)))
    assert Code.STOP_UNREACHABLE in {violation.code for violation in check(strict, turned)}
    none = replace(problem, parameters=Parameters())
    assert {Code.STARTED_NOT_FIRST, Code.STOP_ARRIVE} <= {violation.code for violation in check(none, turned)}


def test_the_checker_knows_the_times_of_who_turns_and_of_who_goes_on(problem: DispatchProblem) -> None:
    def with_first(stop: Stop) -> set[Code]:
        plan = solve(problem)
        rest = tuple(order for order in plan.team_orders if order.team != "A")
        changed = replace(plan, team_orders=(TeamOrder("A", (stop,)), *rest))
        return {violation.code for violation in check(problem, changed) if violation.code.startswith("stop")}

    assert with_first(Stop("grave", "g", 0, 100, 100, 700, 100, "3")) == set()
    assert with_first(Stop("grave", "g", 60, 160, 160, 760, 160, "3")) >= {Code.STOP_DEPART, Code.STOP_ARRIVE}
    assert with_first(Stop("light", "l", None, 400, 400, 1000, None, None)) == set()
    assert with_first(Stop("light", "l", 0, 399, 399, 999, 399, "10")) >= {Code.STOP_DEPART, Code.STOP_RESPONSE}


def test_a_ban_calls_a_team_back_that_may_turn(problem: DispatchProblem) -> None:
    problem = replace(problem, bans=(Ban(team="A", task="l"), Ban(team="A", task="g")))
    plan = solve(problem)
    assert "A" not in orders(plan)
    assert check(problem, plan) == ()


def test_two_on_the_way_to_a_task_for_one_leave_the_other_free(problem: DispatchProblem) -> None:
    ways = np.array([[UNREACHABLE, 399], [UNREACHABLE, 299]], INT)
    both = (Started("A", "l", "en_route", 400), Started("B", "l", "en_route", 300))
    problem = replace(problem, started=both, travel=replace(problem.travel, en_route_to_incident_s=ways))
    plan = solve(problem)
    assert orders(plan)["B"][0] == "l"
    assert "l" not in orders(plan).get("A", [])
    assert check(problem, plan) == ()


def test_who_may_turn_is_explained_like_any_other(problem: DispatchProblem) -> None:
    """A goes on to l at 400 and then to g, 560 s away, since B is 4,000 s from both: l by B costs 2 x (4660 - 1000)
    more, and A then turns to g at 100 instead of 960 (1,000 + 60 + 500 = 1,560)."""
    far = problem.travel.team_to_incident_s.copy()
    far[1] = 4_000
    problem = replace(problem, travel=replace(problem.travel, team_to_incident_s=far))
    plan = solve(replace(problem, bans=(Ban(team="A", task="g"),)))
    assert orders(plan) == {"A": ["l"], "B": ["g"]}
    mine, other = team_alternatives(problem, plan)
    assert mine.kept is None
    assert [(row.team, row.position, row.cost) for row in mine.alternatives] == [
        ("B", 2, 2 * (4660 + 560 + 600 - 1000))
    ]
    # before l: l is then reached at 700 + 60 + 500; after it: g at 1,000 + 60 + 500
    first, last = 5 * (700 - 4660) + 2 * (1860 - 1000), 5 * (2160 - 4660)
    assert [(row.team, row.cost) for row in other.alternatives] == [("A", min(first, last))]
    assert {(row.team, row.task) for row in sensitivity(problem, plan, samples=2).stops} == {("A", "l"), ("B", "g")}


def test_between_two_tasks_of_one_incident_nobody_departs_whenever_one_looks(problem: DispatchProblem) -> None:
    """B works on g from 1,060 to 1,660, then on h at the same place, then drives to l."""
    tasks = (*problem.tasks[:1], Task("h", "grave", "c", 1, 300), *problem.tasks[1:])
    problem = replace(problem, tasks=tasks, service_s=np.full((3, 2), 600, INT), started=(), bans=(
        *(Ban(team="A", task=name) for name in "ghl"),))  # fmt: skip
    plan = solve(problem)
    assert orders(plan) == {"B": ["g", "h", "l"]}
    seen = advance(problem, plan, at_s=1660)
    (there,) = [team for team in seen.problem.teams if team.id == "B"]
    assert there.at_incident == "grave"
    again = replan(seen.problem, seen.remaining, running_sha256="a" * 64).plan
    for kept in (seen.remaining, again, solve(seen.problem)):
        assert kept.team_orders == seen.remaining.team_orders
        assert kept.team_orders[0].stops[0] == Stop("grave", "h", 0, 0, 0, 600, 0, "1")
        assert not {violation.code for violation in check(seen.problem, kept)} - {Code.LEVEL_GINI, Code.PLAN_NOT_PROVEN}
    paid = replace(again.team_orders[0].stops[0], depart_s=60, arrive_s=60, start_s=60, finish_s=660, response_s=60)
    wrong = replace(again, team_orders=(TeamOrder("B", (paid,)),))
    assert Code.STOP_ARRIVE in {violation.code for violation in check(seen.problem, wrong)}
    later = advance(seen.problem, again, at_s=700)  # on its way to l: not there any more
    assert [one.task for one in later.problem.started] == ["l"]
    assert {team.at_incident for team in later.problem.teams} == {None}


@pytest.mark.parametrize("called_back", [True, False])
def test_who_is_not_on_its_way_any_more_stands_where_it_was(problem: DispatchProblem, called_back: bool) -> None:
    """A is stood down, or turns to an incident that is reported in 1,000 s."""
    bans: tuple[Ban, ...] = (Ban(team="A", task="l"),)
    if called_back:
        bans = (*bans, Ban(team="A", task="g"))
    grave = replace(problem.incidents[0], reported_s=1000)
    problem = replace(problem, bans=bans, incidents=(grave, problem.incidents[1]))
    plan = solve(problem)
    assert orders(plan).get("A", []) == ([] if called_back else ["g"])
    seen = advance(problem, plan, at_s=500)
    team = seen.problem.teams[0]
    assert (team.lat, team.lon) == (27.0, 109.0)
    assert seen.problem.travel.team_to_incident_s.tolist()[0] == [100, 399]
    assert [one.team for one in seen.problem.started] == ["B"]
