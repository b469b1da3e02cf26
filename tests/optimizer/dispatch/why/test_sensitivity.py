"""Orders kept at other travel times, plans made for them, and who stays where."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.levels import team_levels
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.problem import DispatchProblem, Task
from optimizer.dispatch.why.again import Legs, scaled
from optimizer.dispatch.why.sensitivity import LEVELS, TOGETHER, sensitivity
from optimizer.units import UNREACHABLE

Small = Callable[..., DispatchProblem]
BruteTeams = Callable[[DispatchProblem], tuple[int, int] | None]
FAST = SolveLimits(iterations=2_000)
COMPLETION = LEVELS.index("completion")


def test_unchanged_times_leave_the_plan_as_it_is(problem: DispatchProblem) -> None:
    plan = solve(problem, limits=FAST)
    row = next(one for one in sensitivity(problem, plan, samples=0).samples if one.factor == 1)
    values = {level.name: level.value for level in plan.levels}
    assert row.kept[: COMPLETION + 1] == (values["unserved"], values["critical_unmet"], values["completion"])
    assert row.late == ()
    assert row.unserved == ()


def test_legs_are_rounded_up_and_what_is_no_way_stays_none(problem: DispatchProblem) -> None:
    travel = scaled(problem.travel, Legs(701, 1000, 1000, 1000))
    assert travel.team_to_incident_s[0, 0] == 85  # 120 x 0.701 = 84.12
    assert travel.team_to_incident_s[2, 2] == UNREACHABLE
    np.testing.assert_array_equal(travel.store_to_incident_s, problem.travel.store_to_incident_s)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_plan_made_for_the_times_is_the_best_there_is_and_never_worse_than_the_old_orders(
    small_problem: Small, brute_force_teams: BruteTeams, seed: int
) -> None:
    problem = small_problem(seed)
    plan = solve(problem, limits=FAST)
    for row in sensitivity(problem, plan, seed=seed, samples=1).samples:
        assert (row.again[0], row.again[COMPLETION]) <= (row.kept[0], row.kept[COMPLETION])
        if row.factor is None:
            continue
        factor = round(row.factor * 1000)
        changed = replace(problem, travel=scaled(problem.travel, Legs(factor, factor, factor, factor)))
        best = brute_force_teams(changed)
        assert best is not None
        assert (row.again[0], row.again[COMPLETION]) >= best


def test_equal_seeds_give_equal_answers_and_other_seeds_other_samples(problem: DispatchProblem) -> None:
    plan = solve(problem, limits=FAST)
    one, same, other = (sensitivity(problem, plan, seed=seed, samples=3) for seed in (1, 1, 2))
    assert one == same
    assert one.samples[len(TOGETHER) :] != other.samples[len(TOGETHER) :]


def test_a_task_at_its_limit_is_lost_where_roads_are_slower(problem: DispatchProblem) -> None:
    # T2 arrives at C2 at its latest second, 2890
    tasks = tuple(task for task in problem.tasks if task.id in ("A1", "C2"))
    small = replace(
        problem,
        tasks=(replace(tasks[0], teams_needed=1), tasks[1]),
        teams=problem.teams[1:2], pins=(), bans=(), started=(), demands=(),
        service_s=problem.service_s[[0, 5]][:, 1:2],
        travel=replace(problem.travel, team_to_incident_s=problem.travel.team_to_incident_s[1:2],
                       team_group=problem.travel.team_group[1:2]),
    )  # fmt: skip
    assert isinstance(small.tasks[1], Task)
    plan = solve(small, limits=FAST)
    rows = {one.factor: one for one in sensitivity(small, plan, samples=0).samples}
    assert rows[0.9].unserved == ()
    assert rows[1.1].unserved == ("C2",)
    levels = team_levels(small, plan.team_orders)
    assert rows[1.1].kept[0] == levels["unserved"] + 2  # type: ignore[operator]


def test_the_share_of_samples_that_keep_the_team_is_one_where_there_is_no_other(problem: DispatchProblem) -> None:
    alone = replace(problem, bans=(), pins=(), started=())
    plan = solve(alone, limits=FAST)
    found = sensitivity(alone, plan, samples=5)
    assert {(one.team, one.task) for one in found.stops} == {
        (order.team, stop.task) for order in plan.team_orders for stop in order.stops
    }
    assert all(0 <= one.keeps <= 1 for one in found.stops)
    assert [one.keeps for one in found.stops] == pytest.approx(sorted(one.keeps for one in found.stops))
