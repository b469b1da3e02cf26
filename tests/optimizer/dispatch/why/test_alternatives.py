"""Every alternative is worth what putting it into practice would show, and the nearest team has its reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.levels import team_levels
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import Ban, DispatchProblem
from optimizer.dispatch.schedule import team_orders
from optimizer.dispatch.why.alternatives import Why, team_alternatives
from optimizer.dispatch.why.orders import sequences_of
from optimizer.units import UNREACHABLE

Small = Callable[..., DispatchProblem]
FAST = SolveLimits(iterations=500)


def value(problem: DispatchProblem, sequences: list[list[int]]) -> int | None:
    """Level 3 by the product's own timing; None where a rule is broken. Independent of the kernels."""
    orders = team_orders(problem, sequences)
    for order in orders:
        team = problem.teams[problem.team_index[order.team]]
        begun = {one.task for one in problem.started if one.team == order.team}
        tasks = [stop.task for stop in order.stops]
        if len(set(tasks)) < len(tasks):
            return None
        for stop in order.stops:
            task = problem.tasks[problem.task_index[stop.task]]
            if stop.task in begun:
                continue
            reported = problem.incidents[problem.incident_index[stop.incident]].reported_s
            if stop.arrive_s >= UNREACHABLE or task.capability not in team.capabilities:
                return None
            if Ban(team=team.id, task=task.id) in problem.bans:
                return None
            if task.latest_s is not None and stop.arrive_s > reported + task.latest_s:
                return None
            if team.available_until_s is not None and stop.finish_s > team.available_until_s:
                return None
    completion = team_levels(problem, orders)["completion"]
    assert not isinstance(completion, tuple)
    return int(completion)


@given(st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_costs_are_those_of_the_changed_orders_and_the_best_place_is_found(small_problem: Small, seed: int) -> None:
    problem = small_problem(seed)
    plan = solve(problem, limits=FAST)
    base = [list(one) for one in sequences_of(problem, plan)]
    now = value(problem, base)
    assert now is not None
    for row in team_alternatives(problem, plan, count=9):
        if row.kept:
            continue
        j, k = problem.task_index[row.task], problem.team_index[row.team]
        found = {one.team: one for one in row.alternatives}
        for other, team in enumerate(problem.teams):
            if other == k:
                continue
            tried = []
            for place in range(len(base[other]) + 1):
                changed = [list(one) for one in base]
                changed[k].remove(j)
                changed[other].insert(place, j)
                cost = value(problem, changed)
                if cost is not None:
                    tried.append((cost - now, place + 1))
            assert (team.id in found) == bool(tried)
            if tried:
                assert (found[team.id].cost, found[team.id].position) == min(tried)


def test_alternatives_come_cheapest_first(small_problem: Small) -> None:
    for seed in range(60):
        problem = small_problem(seed)
        for row in team_alternatives(problem, solve(problem, limits=FAST)):
            costs = [(one.cost, one.team) for one in row.alternatives]
            assert costs == sorted(costs)


def test_what_is_pinned_or_started_has_no_alternative(problem: DispatchProblem, good_plan: Plan) -> None:
    rows = {(row.team, row.task): row for row in team_alternatives(problem, good_plan)}
    assert rows["T3", "B2"].kept == "pinned"
    assert rows["T4", "B1"].kept == "started"
    assert not rows["T3", "B2"].alternatives
    assert not rows["T4", "B1"].alternatives


def test_the_nearest_team_without_the_capability_is_named_and_so_is_the_nearest_with_it(
    problem: DispatchProblem, good_plan: Plan
) -> None:
    row = next(row for row in team_alternatives(problem, good_plan) if (row.team, row.task) == ("T2", "C2"))
    assert row.nearest is not None
    assert row.nearest_capable is not None
    # T1 is 560 s from I3 with its turnout, T4 stands at I2: 30 + 650; T2 itself needs 690
    assert (row.nearest.team, row.nearest.reach_s) == ("T1", 560)
    assert row.nearest.why is Why.BUSY
    assert row.nearest.facts["busy_until_s"] == 2880


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bans": (Ban(team="T1", task="C2"),)}, Why.BANNED),
        ({"pins": ()}, Why.BUSY),
    ],
)
def test_a_ban_is_the_reason_where_there_is_one(
    problem: DispatchProblem, good_plan: Plan, change: dict[str, object], why: Why
) -> None:
    rows = team_alternatives(replace(problem, **change), good_plan)  # type: ignore[arg-type]
    row = next(row for row in rows if (row.team, row.task) == ("T2", "C2"))
    assert row.nearest is not None
    assert row.nearest.why is why
