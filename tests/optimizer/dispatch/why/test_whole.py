"""Values where teams wait for equipment: differences of two plans, never negative, and proven only where they are."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.check import check
from optimizer.dispatch.levels import rank
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.problem import Demand, DispatchProblem, Need, StockLine, Task, Team
from optimizer.dispatch.why.road_values import RoadValue, road_values
from optimizer.dispatch.why.task_values import Basis, Nothing, TaskValue, task_values
from optimizer.dispatch.why.whole import ALL, Whole, levels_of, released

Build = Callable[..., DispatchProblem]
D = Decimal
TEAM = Team("k0", "5", ("water",), 6, "car", 0)
RESCUE = Task("rescue", "a", "water", 1, 600, equipment=(Need("boat", D(1)),))


def changes(value: TaskValue | RoadValue) -> dict[str, float]:
    names = ("unserved", "critical_unmet", "completion", "other_unmet", "least_fill", "mean_fill", "deprivation")
    return {name: getattr(value, name) for name in names if getattr(value, name)}


def held(store: str, item: str, *tasks: str, lot: str = "l", units: int = 1) -> StockLine:
    return StockLine(store, item, lot, D(units), None, tasks)


def nearer(problem: DispatchProblem, factor: float = 0.5) -> Any:
    """Travel times of which none is longer, as after a road is opened."""
    travel = problem.travel
    return replace(
        travel,
        team_to_incident_s=(travel.team_to_incident_s * factor).astype(np.int64),
        store_to_incident_s=(travel.store_to_incident_s * factor).astype(np.int64),
        vehicle_to_incident_s=(travel.vehicle_to_incident_s * factor).astype(np.int64),
    )


def test_the_check_of_a_boat_is_worth_the_rescue_that_waits_for_it(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(TEAM,))
    problem = replace(problem, stock=(held("s0", "boat", "run"),))
    found = task_values(problem)
    (value,) = found.ranked
    assert value.tasks == ("run",)
    assert value.basis is Basis.SEARCH
    assert value.releases == (("s0", "boat", 1),)
    # nobody served before, severity 5; then the boat is there at 900 and the rescue done at 1,500
    assert changes(value) == {"unserved": -5, "completion": 5 * 1500}
    assert "unserved" in value.exact


def test_a_nearer_boat_is_worth_the_time_that_is_not_waited(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(TEAM,), stock=(("s1", "boat", 1),))
    problem = replace(problem, stock=(held("s0", "boat", "run"), *problem.stock))
    (value,) = task_values(problem).ranked
    assert changes(value) == {"completion": -5 * 600}  # there at 900 instead of 1,500
    # where equipment takes units, levels 5 and 6 claim nothing
    assert value.exact == ("completion", "critical_unmet", "other_unmet", "unserved")


def test_a_task_whose_units_nobody_waits_for_is_worth_nothing(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(TEAM,))
    problem = replace(
        problem,
        stock=(
            held("s0", "boat"),
            held("s0", "pump", "dust"),
            held("s1", "boat", "lift", "run"),
            held("s1", "boat", "rust", lot="m"),
        ),
    )
    found = task_values(problem)
    assert found.ranked == ()
    assert dict(found.nothing) == {
        "dust": Nothing.NOT_DEMANDED,
        "lift": Nothing.NEEDS_OTHERS,
        "run": Nothing.NEEDS_OTHERS,
        "rust": Nothing.NONE_FOUND,
    }


def test_the_rescue_that_goes_without_comes_before_the_goods_that_are_short(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(TEAM,), demands=(Demand("a", "pump", D(4)),))
    problem = replace(problem, stock=(held("s0", "boat", "z-run"), held("s0", "pump", "a-dust", units=4)))
    found = task_values(problem)
    assert [value.tasks for value in found.ranked] == [("z-run",), ("a-dust",)]
    assert changes(found.ranked[1])["other_unmet"] == -5
    first = task_values(problem, most_solves=1)
    assert first.solves == 1
    assert first.ranked[0] == found.ranked[0]
    (rest,) = first.ranked[1:]
    assert (rest.tasks, rest.basis, rest.exact, changes(rest)) == (("a-dust",), Basis.OPEN, (), {})
    assert first.settled == 0


def test_a_road_is_worth_the_boat_that_comes_sooner(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(TEAM,), stock=(("s0", "boat", 1),))
    plan = solve(problem)
    ways = problem.travel.store_to_incident_s.copy()
    ways[0, 0] = 300
    rows = [("far", problem.travel), ("near", replace(problem.travel, store_to_incident_s=ways))]
    near, far = road_values(problem, plan, rows)
    assert (near.closure, near.basis, near.touches_teams, near.touches_supplies) == ("near", Basis.SEARCH, False, True)
    assert changes(near) == {"completion": -5 * 600}
    assert (far.closure, far.basis, set(far.exact), far.nothing) == ("far", Basis.EXACT, set(ALL), True)


def test_roads_that_promise_most_are_solved_and_the_others_stay_open(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(TEAM,), stock=(("s0", "boat", 1),))
    rows = [("a-little", nearer(problem, 0.9)), ("b-much", nearer(problem, 0.5))]
    first, second = road_values(problem, solve(problem), rows, most_solves=1)
    assert (first.closure, first.basis) == ("b-much", Basis.SEARCH)
    assert (second.closure, second.basis, second.exact, second.nothing) == ("a-little", Basis.OPEN, (), True)


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_no_value_is_negative_and_each_is_the_difference_of_two_valid_plans(random_coupled: Build, seed: int) -> None:
    problem = random_coupled(seed)
    plan = solve(problem, limits=SolveLimits(iterations=2_000))
    whole = Whole(problem, plan, iterations=2_000)
    before = rank(problem, whole.levels, ALL)
    assert before <= rank(problem, levels_of(problem, plan), ALL)
    found = task_values(problem, whole=whole)
    assert found == task_values(problem, whole=whole)
    for value in found.ranked:
        changed = released(problem, value.tasks)
        again = solve(changed, limits=SolveLimits(iterations=2_000), start=whole.sequences)
        assert check(changed, again) == ()
        after = levels_of(changed, again)
        assert rank(changed, after, ALL) < before
        for name in ("unserved", "completion", "deprivation"):
            assert getattr(value, name) == pytest.approx(float(after[name] - whole.levels[name]))  # type: ignore[operator]
    opened = [("half", nearer(problem))]
    (row,) = road_values(problem, plan, opened, whole=whole)
    assert (row,) == road_values(problem, plan, opened, whole=whole)
    gains = whole.again(replace(problem, travel=opened[0][1])).levels
    assert rank(problem, gains, ALL) <= before


def test_what_is_proven_is_what_enumeration_finds(random_coupled: Build, enumerated: Callable[..., Any]) -> None:
    proven = 0
    for seed in range(60):
        problem = random_coupled(seed)
        found = task_values(problem)
        for value in found.ranked:
            was, now = enumerated(problem), enumerated(released(problem, value.tasks))
            for name, before, after in zip(("unserved", "completion"), was, now, strict=True):
                if name in value.exact:
                    proven += 1
                    assert getattr(value, name) == float(after - before), (seed, name)
        for task, why in found.nothing:
            if why is Nothing.NO_GAIN:
                assert enumerated(problem) == enumerated(released(problem, (task,)))
    assert proven > 10


def test_a_check_too_far_off_to_help_promises_nothing(flood: Build) -> None:
    problem = flood(tasks=(RESCUE,), teams=(TEAM,))
    problem = replace(problem, stock=(held("s0", "boat"), held("s1", "boat", "far")))
    found = task_values(problem, most_solves=0)
    assert (found.ranked, found.solves, found.settled) == ((), 0, 0)
    assert dict(found.nothing) == {"far": Nothing.NO_PROMISE}
    near = replace(problem, stock=(held("s0", "boat", "near"), held("s1", "boat")))
    assert [row.basis for row in task_values(near, most_solves=0).ranked] == [Basis.OPEN]
    # where a team stands by, its boat is there when it is, however far the store
    home = replace(problem, teams=(replace(TEAM, store="s1"),))
    assert [row.basis for row in task_values(home, most_solves=0).ranked] == [Basis.OPEN]
