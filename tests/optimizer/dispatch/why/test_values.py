"""Values of tasks and roads are the differences that brute force finds, and bounds are never exceeded."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.problem import Demand, DispatchProblem, Need, StockLine, Store, Travel
from optimizer.dispatch.why.road_values import road_values
from optimizer.dispatch.why.supply_value import exact_levels
from optimizer.dispatch.why.task_values import NAMES, Basis, Nothing, ReleasedStock, task_values
from optimizer.units import UNREACHABLE

Small = Callable[..., DispatchProblem]
BruteTeams = Callable[[DispatchProblem], tuple[int, int] | None]
BruteSupplies = Callable[[DispatchProblem], dict[str, Any]]


def done(problem: DispatchProblem, tasks: tuple[str, ...]) -> DispatchProblem:
    stock = tuple(replace(line, blocked=tuple(t for t in line.blocked if t not in tasks)) for line in problem.stock)
    return replace(problem, stock=stock)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=120, deadline=None)
def test_the_value_of_a_task_is_what_brute_force_gains_by_it(
    small_problem: Small, brute_force_supplies: BruteSupplies, seed: int, scarce: bool
) -> None:
    problem = small_problem(seed, scarce=scarce)
    found, before = task_values(problem), brute_force_supplies(problem)
    base = ReleasedStock(problem).base
    proven = set(exact_levels(base, replace(base, flows=tuple(replace(flow) for flow in base.flows)))) == set(NAMES)
    told = {row.tasks for row in found.ranked}
    for row in found.ranked:
        after = brute_force_supplies(done(problem, row.tasks))
        assert row.basis is Basis.EXACT
        assert row.critical_unmet == pytest.approx(float(after["critical_unmet"] - before["critical_unmet"]))
        assert row.other_unmet == pytest.approx(float(after["other_unmet"] - before["other_unmet"]))
        if "fairness" in row.exact and after["fairness"]:
            assert row.least_fill == pytest.approx(float(after["fairness"][0] - before["fairness"][0]))
        if "deprivation" in row.exact:
            assert row.deprivation == pytest.approx(float(after["deprivation"] - before["deprivation"]))
    for task, _ in found.nothing:
        after = brute_force_supplies(done(problem, (task,)))
        assert (task,) not in told
        assert after["critical_unmet"] == before["critical_unmet"]
        assert after["other_unmet"] == before["other_unmet"]
        if proven:
            assert after == before


@given(st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_no_task_saves_more_than_its_bound(
    small_problem: Small, brute_force_supplies: BruteSupplies, seed: int
) -> None:
    problem = small_problem(seed, scarce=False)
    before = brute_force_supplies(problem)
    if before["critical_unmet"] or before["other_unmet"]:
        return  # bounds are for what is met in full; the others are always solved again
    for row in task_values(problem, most_solves=0).ranked:
        assert row.basis is Basis.AT_MOST
        after = brute_force_supplies(done(problem, row.tasks))
        assert float(before["deprivation"] - after["deprivation"]) <= -row.deprivation + 1e-6


def test_two_tasks_that_hold_one_lot_are_worth_something_only_together(problem: DispatchProblem) -> None:
    lots = [line for line in problem.stock if line.item != "water"]
    lots.append(StockLine("S1", "water", "Z", next(d.quantity for d in problem.demands if d.item == "water"), None,
                          ("inspect", "repair")))  # fmt: skip
    found = task_values(replace(problem, stock=tuple(sorted(lots, key=lambda x: (x.store, x.item, x.lot)))))
    assert dict(found.nothing) == {"inspect": Nothing.NEEDS_OTHERS, "repair": Nothing.NEEDS_OTHERS}
    assert [row.tasks for row in found.ranked] == [("inspect", "repair")]
    assert found.ranked[0].critical_unmet < 0


def test_the_best_task_comes_first_and_worthless_ones_say_why(problem: DispatchProblem) -> None:
    stock = (*problem.stock, StockLine("S2", "tent", "X9", problem.stock[0].quantity, None, ("air",)))
    items = (*stock, StockLine("S2", "socks", "Q", problem.stock[0].quantity, None, ("wash",)))
    found = task_values(replace(problem, stock=tuple(sorted(items, key=lambda x: (x.store, x.item, x.lot)))))
    # three more of the water that is short come before tents: life-critical; 3 x 2 / 10 are missing
    assert found.ranked[0].tasks == ("inspect-9",)
    assert found.ranked[0].critical_unmet == pytest.approx(-0.6)
    assert dict(found.nothing)["wash"] is Nothing.NOT_DEMANDED


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_the_value_of_a_road_is_what_brute_force_gains_by_it(
    small_problem: Small,
    other_travel: Callable[[DispatchProblem, int], Travel],
    brute_force_supplies: BruteSupplies,
    brute_force_teams: BruteTeams,
    seed: int,
) -> None:
    problem = small_problem(seed)
    plan = solve(problem, limits=SolveLimits(iterations=5_000))
    opened = replace(problem, travel=other_travel(problem, seed))
    (row,) = road_values(problem, plan, [("road", opened.travel)])
    before, after = brute_force_supplies(problem), brute_force_supplies(opened)
    assert row.critical_unmet == pytest.approx(float(after["critical_unmet"] - before["critical_unmet"]))
    assert row.other_unmet == pytest.approx(float(after["other_unmet"] - before["other_unmet"]))
    if "deprivation" in row.exact:
        assert row.deprivation == pytest.approx(float(after["deprivation"] - before["deprivation"]))
    was, now = brute_force_teams(problem), brute_force_teams(opened)
    assert was is not None
    assert now is not None
    if "completion" in row.exact:
        assert (row.unserved, row.completion) == (now[0] - was[0], now[1] - was[1])


def test_a_road_that_nobody_uses_is_worth_nothing(problem: DispatchProblem) -> None:
    plan = solve(problem, limits=SolveLimits(iterations=2_000))
    (row,) = road_values(problem, plan, [("road", problem.travel)])
    assert row.nothing
    assert not row.touches_teams
    assert not row.touches_supplies


def test_values_do_not_depend_on_how_often_they_are_asked_for(small_problem: Small) -> None:
    problem = small_problem(7, scarce=True)
    assert task_values(problem) == task_values(problem)


def test_a_lot_that_only_frees_another_store_for_somebody_else_has_its_worth(problem: DispatchProblem) -> None:
    # n reaches I1 alone and no sooner than m does; but then m can serve I2, which waits for the far store
    one = Decimal(1)
    travel = replace(
        problem.travel,
        store_to_incident_s=np.array([[2000, 1000, 2000], [100, 100, 2000], [100, UNREACHABLE, UNREACHABLE]], np.int64),
        store_to_incident_m=None, vehicle_to_incident_m=None, vehicle_to_incident_s=np.zeros((0, 3), np.int64),
    )  # fmt: skip
    chain = replace(
        problem, stores=(Store("far", "town"), Store("m", "town"), Store("n", "town")), vehicles=(), bans=(),
        demands=(Demand("I1", "tent", one), Demand("I2", "tent", one)), reserve_floor={}, travel=travel,
        stock=(StockLine("far", "tent", "F", one), StockLine("m", "tent", "M", one),
               StockLine("n", "tent", "N", one, None, ("air",))),
    )  # fmt: skip
    for found in (task_values(chain), task_values(chain, most_solves=0)):
        assert [row.tasks for row in found.ranked] == [("air",)]
        assert found.ranked[0].deprivation == pytest.approx(-3 * 900)  # severity of I2 x (1000 - 100)


def test_a_task_that_blocks_only_equipment_is_not_said_to_be_asked_for_by_nobody(problem: DispatchProblem) -> None:
    rope = StockLine("S2", "rope", "R2", Decimal(5), None, ("wash",))
    tasks = (replace(problem.tasks[0], equipment=(Need("rope", Decimal(1)),)), *problem.tasks[1:])
    demands = tuple(one for one in problem.demands if one.item != "rope")
    stock = tuple(sorted((*problem.stock, rope), key=lambda one: (one.store, one.item, one.lot)))
    found = task_values(replace(problem, tasks=tasks, demands=demands, stock=stock))
    assert dict(found.nothing)["wash"] is Nothing.EQUIPMENT
