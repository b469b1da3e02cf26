"""Practice incident by incident is the practice whose levels the plan carries."""

from collections.abc import Callable

import pytest

from optimizer.dispatch.levels import supply_levels, team_levels
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Status
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.why.practised import against_practice, practised


@pytest.mark.parametrize("seed", range(40))
def test_its_levels_are_those_of_practice_in_the_plan(small_problem: Callable[..., DispatchProblem], seed: int) -> None:
    problem = small_problem(seed)
    plan = solve(problem, limits=SolveLimits(iterations=200))
    if plan.status is Status.INFEASIBLE or problem.pins:  # the order of pins is the search's own, not the plan's
        return
    habit = practised(problem, plan)
    values = team_levels(problem, habit.team_orders) | supply_levels(problem, habit.shipments)
    for level in plan.levels:
        told = values[level.name]
        assert level.practice == pytest.approx(tuple(map(float, told)) if isinstance(told, tuple) else float(told))


def test_each_incident_stands_with_what_it_gets_and_lacks(problem: DispatchProblem, good_plan: object) -> None:
    rows = against_practice(problem, good_plan)  # type: ignore[arg-type]
    assert next(one.incident for one in rows) == max(problem.incidents, key=lambda one: one.severity).id
    assert {one.incident for one in rows} == {one.id for one in problem.incidents}
    for row in rows:
        asked = {one.item: one.quantity for one in problem.demands if one.incident == row.incident}
        assert (row.plan.fill is None) == (not asked)
        assert all(0 < units <= asked[item] for item, units in (*row.plan.short, *row.practice.short))
        assert (row.plan.fill == 1) == (bool(asked) and not row.plan.short)
