"""Where goods come from, the next store, and why nearer ones send none; by hand on the problem of the folder above."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem, StockLine
from optimizer.dispatch.why.stores import DemandWhy, Passed, store_alternatives


def row(problem: DispatchProblem, plan: Plan, incident: str, item: str) -> DemandWhy:
    return next(one for one in store_alternatives(problem, plan) if (one.incident, one.item) == (incident, item))


def without(plan: Plan, *ids: str) -> Plan:
    return replace(plan, shipments=tuple(one for one in plan.shipments if one.id not in ids))


def stock(problem: DispatchProblem, *lines: StockLine) -> DispatchProblem:
    kept = [one for one in problem.stock if (one.store, one.item) != ("S1", "water")]
    return replace(problem, stock=tuple(sorted([*kept, *lines], key=lambda x: (x.store, x.item, x.lot))))


def test_the_stores_used_come_nearest_first_and_the_last_arrival_is_the_plans(
    problem: DispatchProblem, good_plan: Plan
) -> None:
    water = row(problem, good_plan, "I2", "water")
    assert (water.stores, water.quantity, water.last_arrive_s) == (("S1", "S2"), D(8), 1100)
    assert water.next is None
    assert water.nearer == ()


def test_the_next_store_is_the_nearest_with_units_to_spare(problem: DispatchProblem, good_plan: Plan) -> None:
    water = row(problem, without(good_plan, "s5"), "I2", "water")
    assert water.next is not None
    # V1 is there at 300, S2 at 1000
    assert (water.next.store, water.next.later_s, water.next.spare) == ("S2", 700, D(4))


def test_a_banned_nearer_store_is_forbidden(problem: DispatchProblem, good_plan: Plan) -> None:
    tents = row(problem, good_plan, "I3", "tent")
    assert [(one.store, one.why) for one in tents.nearer] == [("S1", Passed.FORBIDDEN_BY_DISPATCHER)]


def test_a_nearer_store_whose_vehicles_cannot_carry_one_unit_says_so(problem: DispatchProblem, good_plan: Plan) -> None:
    # a tent weighs 12.5 kg, V1 takes 6, and V2 has no way to I3
    tents = row(replace(problem, bans=()), good_plan, "I3", "tent")
    assert [(one.store, one.why) for one in tents.nearer] == [("S1", Passed.VEHICLE_CAPACITY)]


def test_a_nearer_store_with_units_left_is_told_as_spare(problem: DispatchProblem, good_plan: Plan) -> None:
    water = row(problem, without(good_plan, "s3"), "I2", "water")
    assert [(one.store, one.why, one.facts) for one in water.nearer] == [("S1", Passed.SPARE, {"spare": D(4)})]


def test_a_nearer_store_that_gave_all_to_others_names_them(problem: DispatchProblem, good_plan: Plan) -> None:
    kept = replace(problem, reserve_floor={("S1", "water"): D(9)})
    (passed,) = row(kept, without(good_plan, "s3"), "I2", "water").nearer
    assert (passed.why, passed.facts) == (Passed.GIVEN_ELSEWHERE, {"to": ["I1"], "units": D(12)})


def test_blocked_kept_and_expired_stock_each_have_their_reason(problem: DispatchProblem, good_plan: Plan) -> None:
    plan = without(good_plan, "s1", "s2", "s3")
    cases = {
        Passed.FIVE_FIXED: StockLine("S1", "water", "a", D(3), None, ("inspect-9",)),
        Passed.BELOW_RESERVE_FLOOR: StockLine("S1", "water", "a", D(3)),
        Passed.EXPIRED: StockLine("S1", "water", "a", D(3), date(2024, 7, 15)),
    }
    for why, line in cases.items():
        (passed,) = row(stock(problem, line), plan, "I2", "water").nearer
        assert passed.why is why
    (passed,) = row(stock(problem, cases[Passed.FIVE_FIXED]), plan, "I2", "water").nearer
    assert passed.facts == {"tasks": ["inspect-9"], "units": D(3)}


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_no_nearer_store_has_stock_to_spare_in_a_plan_of_ours(
    small_problem: Callable[..., DispatchProblem], seed: int
) -> None:
    problem = small_problem(seed, scarce=False)
    # level 6 alone decides: with a tolerance a farther store may serve to save a trip
    problem = replace(problem, parameters=replace(problem.parameters, deprivation_tolerance=D(0)))
    plan = solve(problem, limits=SolveLimits(iterations=100))
    for one in store_alternatives(problem, plan):
        assert all(passed.why is not Passed.SPARE for passed in one.nearer)
        assert one.next is None or one.next.later_s >= 0
        assert one.nearer_count >= len(one.nearer)
