"""Delivery rounds: the exact program against enumeration, whole plans against plans without rounds, and hand-made
cases."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.check import check
from optimizer.dispatch.delivery_rounds import Worth, joined, methods, with_rounds
from optimizer.dispatch.levels import rank, supply_levels
from optimizer.dispatch.loading import Leg, Load, legs_of
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import (
    Demand,
    DispatchProblem,
    Incident,
    Item,
    Need,
    Parameters,
    StockLine,
    Store,
    Task,
    Team,
    Travel,
    Vehicle,
)
from optimizer.dispatch.replanning import advance, basis_of, replan
from optimizer.dispatch.round_kernels import best_rounds
from optimizer.dispatch.store_trips import StoreTrips, better, metres
from optimizer.dispatch.supply_plan import SUPPLY_LEVELS
from optimizer.dispatch.trips import leg_s, trips_of
from optimizer.dispatch.why.stores import store_alternatives
from optimizer.units import UNREACHABLE

FAST = SolveLimits(iterations=1_000)
SHA = "0" * 64
SEEDS = st.integers(0, 10**9)


def town(seed: int, *, incidents: int = 4, vehicles: int = 2, waits: bool = False) -> DispatchProblem:
    """One store with vehicles and one without, two items; places anywhere, ways of any length, one in eight missing."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, incidents + 1))
    fleet = int(rng.integers(1, vehicles + 1))
    items = (Item("bread", D(2), D("0.01"), True), Item("tent", D(5), D("0.1"), False))
    profiles = ("truck", "van")

    def ways(*shape: int) -> Any:
        times = rng.integers(60, 1500, shape).astype(np.int64)
        times[rng.random(shape) < 0.12] = UNREACHABLE
        return times

    straight, between = ways(fleet, n), ways(2, n, n)
    between[:, range(n), range(n)] = 0
    store = ways(2, n)
    return DispatchProblem(
        as_of=datetime(2026, 6, 1, tzinfo=UTC), items=items,
        incidents=tuple(
            Incident(f"i{i}", "flood", int(rng.integers(1, 6)), int(rng.integers(-300, 900 if waits else 1)))
            for i in range(n)
        ),
        tasks=(), teams=(),
        demands=tuple(
            Demand(f"i{i}", item.id, D(int(rng.integers(1, 9))))
            for i in range(n) for item in items if rng.random() < 0.8
        ),
        stores=(Store("s0", "town"), Store("s1", "town")),
        stock=tuple(StockLine(s, item.id, "a", D(int(rng.integers(0, 25)))) for s in ("s0", "s1") for item in items),
        reserve_floor={},
        vehicles=tuple(
            Vehicle(f"v{v}", "s0", D(int(rng.integers(8, 60))), D(int(rng.integers(2, 12))) / 10,
                    profiles[int(rng.integers(2))], int(rng.integers(0, 600)) * int(rng.integers(0, 2)))
            for v in range(fleet)
        ),
        travel=Travel(
            np.zeros((0, n), np.int64), np.zeros((1, n, n), np.int64), np.zeros(0, np.int64), store, straight,
            store_to_incident_m=10 * store, vehicle_to_incident_m=np.where(straight < UNREACHABLE, straight * 9, 0),
            vehicle_between_s=between, vehicle_between_m=np.where(between < UNREACHABLE, between * 9, UNREACHABLE),
            vehicle_group=rng.integers(0, 2, fleet),
        ),
        service_s=np.zeros((0, 0), np.int64), parameters=Parameters(horizon_s=20_000), sha256=SHA,
    )  # fmt: skip


def without_rounds(problem: DispatchProblem) -> DispatchProblem:
    return replace(problem, travel=replace(problem.travel, vehicle_between_s=None, vehicle_between_m=None))


def ranked(problem: DispatchProblem, plan: Plan) -> Any:
    return rank(problem, supply_levels(problem, plan.shipments), SUPPLY_LEVELS)


def row(seed: int, *, loads: int, vehicles: int = 1) -> tuple[DispatchProblem, list[Load]]:
    """One store and a load for each incident, all of which every vehicle can reach and carry."""
    problem = town(seed, incidents=2, vehicles=1)
    rng = np.random.default_rng(seed)
    out, between = rng.integers(60, 1500, (vehicles, loads)), rng.integers(60, 1500, (1, loads, loads))
    between[:, range(loads), range(loads)] = 0
    problem = replace(
        problem,
        incidents=tuple(Incident(f"i{i}", "flood", int(rng.integers(1, 6)), 0) for i in range(loads)),
        demands=(),
        vehicles=tuple(
            Vehicle(f"v{v}", "s0", D(int(rng.integers(10, 30))), D(1), "van", int(rng.integers(0, 900)))
            for v in range(vehicles)
        ),
        travel=replace(
            problem.travel, vehicle_to_incident_s=out.astype(np.int64), vehicle_between_s=between.astype(np.int64),
            vehicle_to_incident_m=out * 9, vehicle_between_m=between * 9, vehicle_group=np.zeros(vehicles, np.int64),
        ),
    )  # fmt: skip
    made = [Load(0, i, 0, D(int(rng.integers(1, 6))), D(1), float(rng.integers(1, 6))) for i in range(loads)]
    return problem, made


def trips(problem: DispatchProblem, loads: list[Load]) -> StoreTrips:
    vehicles = tuple(range(len(problem.vehicles)))
    legs = legs_of(problem, loads, vehicles={"s0": list(vehicles)})
    return StoreTrips(problem, vehicles, tuple(loads), tuple(legs))


def enumerated(problem: DispatchProblem, loads: list[Load]) -> float:
    """Least sum of weight x arrival: every vehicle for every load, every order, home between any two stops or not."""

    def waits(vehicle: int, order: tuple[int, ...], homes: tuple[bool, ...]) -> float:
        straight, now, before, kg = problem.travel.vehicle_to_incident_s[vehicle], 0, None, D(0)
        now, total = problem.vehicles[vehicle].available_from_s, 0.0
        for load, home in zip(order, homes, strict=True):
            mass = loads[load].quantity * 2
            if before is not None and home:
                now, before, kg = now + int(straight[before]), None, D(0)
            kg += mass
            if kg > problem.vehicles[vehicle].payload_kg:
                return np.inf
            here = loads[load].incident
            way = int(straight[here]) if before is None else leg_s(problem.travel, vehicle, before, here)
            now, before = now + way, here
            total += loads[load].weight * float(loads[load].quantity) * now
        return total

    best: dict[tuple[int, frozenset[int]], float] = {}
    numbers = range(len(loads))
    for vehicle in range(len(problem.vehicles)):
        for size in range(len(loads) + 1):
            for order in permutations(numbers, size):
                for homes in product((False, True), repeat=size):
                    key = vehicle, frozenset(order)
                    best[key] = min(best.get(key, np.inf), waits(vehicle, order, homes))
    return min(
        sum(best[v, frozenset(x for x in numbers if who[x] == v)] for v in range(len(problem.vehicles)))
        for who in product(range(len(problem.vehicles)), repeat=len(loads))
    )


@given(seed=SEEDS, loads=st.integers(2, 4), vehicles=st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_the_exact_program_finds_the_enumerated_least_waiting(seed: int, loads: int, vehicles: int) -> None:
    problem, made = row(seed, loads=loads, vehicles=vehicles)
    found = joined(trips(problem, made), "exact")
    assert found.waits == pytest.approx(enumerated(problem, made), rel=1e-9)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_the_routing_library_keeps_the_rules_and_is_between_the_list_rule_and_the_exact_program(seed: int) -> None:
    problem, made = row(seed, loads=6, vehicles=2)
    listed = trips(problem, made)
    searched, exact = (joined(listed, how) for how in ("search", "exact"))
    assert exact.waits <= searched.waits * (1 + 1e-9)
    assert searched.waits <= listed.waits
    assert {(leg.load.incident, leg.quantity) for leg in searched.legs} == {(x.incident, x.quantity) for x in made}


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_each_vehicle_for_itself_is_between_the_list_rule_and_the_exact_program(seed: int) -> None:
    problem, made = row(seed, loads=9, vehicles=2)
    listed = trips(problem, made)
    apart, exact = joined(listed, "apart"), joined(listed, "exact")
    assert exact.waits * (1 - 1e-9) <= apart.waits <= listed.waits
    assert {(leg.load.incident, leg.quantity) for leg in apart.legs} == {(x.incident, x.quantity) for x in made}


def test_what_no_vehicle_can_carry_has_no_rounds() -> None:
    one, ways = np.ones((1, 1), np.int64), np.full((1, 1), 60, np.int64)
    cost, _ = best_rounds(
        np.ones(1), np.array([5]), np.array([5]), np.zeros(1, np.int64), np.array([4]), np.array([9]), ways,
        ways.astype(float), one[None] * 0, one[None] * 0.0, 1000.0, 1e-9,
    )  # fmt: skip
    assert cost == np.inf


@given(seed=SEEDS, waits=st.booleans())
@settings(max_examples=60, deadline=None)
def test_plans_with_rounds_pass_the_checker_and_are_no_worse_than_without(seed: int, waits: bool) -> None:
    problem = town(seed, waits=waits)
    plan = solve(problem, limits=FAST)
    assert check(problem, plan) == ()
    assert ranked(problem, plan) <= ranked(problem, solve(without_rounds(problem), limits=FAST))


@given(seed=SEEDS, order=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_loads_does_not_matter(seed: int, order: Any) -> None:
    problem, made = row(seed, loads=5, vehicles=2)
    mixed = order.sample(made, len(made))

    def rows(loads: list[Load]) -> list[Leg]:
        legs = with_rounds(problem, loads, legs_of(problem, loads))
        return sorted(legs, key=lambda leg: (leg.load.incident, leg.load.item, leg.vehicle or "", leg.trip or 0))

    assert rows(made) == rows(mixed)


def rounds(plan: Plan, problem: DispatchProblem) -> list[tuple[str, ...]]:
    return [tuple(incident for incident, _ in trip.stops) for trip in trips_of(problem, plan.shipments)]


def street(**changes: Any) -> DispatchProblem:
    """A store with one truck and three incidents along a street, 600 s apart; 4 loaves for each."""
    at = np.array([600, 1200, 1800])
    problem = DispatchProblem(
        as_of=datetime(2026, 6, 1, tzinfo=UTC), items=(Item("bread", D(1), D(0), True),),
        incidents=tuple(Incident(f"i{i}", "flood", 3, 0) for i in range(3)), tasks=(),
        demands=tuple(Demand(f"i{i}", "bread", D(4)) for i in range(3)), teams=(), stores=(Store("s0", "town"),),
        stock=(StockLine("s0", "bread", "a", D(12)),), reserve_floor={},
        vehicles=(Vehicle("v0", "s0", D(12), D(1), "truck"),),
        travel=Travel(
            np.zeros((0, 3), np.int64), np.zeros((1, 3, 3), np.int64), np.zeros(0, np.int64), at[None].copy(),
            at[None].copy(), 10 * at[None], 10 * at[None], vehicle_between_s=np.abs(at[:, None] - at)[None],
            vehicle_between_m=10 * np.abs(at[:, None] - at)[None], vehicle_group=np.zeros(1, np.int64),
        ),
        service_s=np.zeros((0, 0), np.int64), sha256=SHA,
    )  # fmt: skip
    return replace(problem, **changes)


def level(plan: Plan, name: str) -> Any:
    return next(one for one in plan.levels if one.name == name)


def test_three_incidents_along_a_street_are_one_round() -> None:
    problem = street()
    plan = solve(problem)
    assert rounds(plan, problem) == [("i0", "i1", "i2")]
    assert [row.arrive_s for row in plan.shipments] == [600, 1200, 1800]
    assert level(plan, "deprivation").value == level(plan, "deprivation").bound == 3 * (600 + 1200 + 1800)
    assert level(plan, "cost").value == 2 * 18_000 + 1000 + 2000
    assert check(problem, plan) == ()


def test_the_explanation_names_the_round_that_brings_it() -> None:
    problem = street()
    last = store_alternatives(problem, solve(problem))[2]
    assert last.last_arrive_s == 1800
    assert [(trip.vehicle, trip.stops, trip.back_s) for trip in last.rounds] == [
        ("v0", (("i0", 600), ("i1", 1200), ("i2", 1800)), 3600)
    ]


def test_a_truck_that_cannot_hold_all_makes_two_rounds() -> None:
    """8 loaves at a time: the nearest alone, then the other two; the other way round is as quick and farther."""
    problem = street(vehicles=(Vehicle("v0", "s0", D(8), D(1), "truck"),))
    plan = solve(problem)
    assert rounds(plan, problem) == [("i0",), ("i1", "i2")]
    assert [row.arrive_s for row in plan.shipments] == [600, 1200 + 1200, 1200 + 1800]


def test_no_way_between_incidents_means_no_rounds() -> None:
    base = street()
    between = np.full((1, 3, 3), UNREACHABLE, np.int64)
    problem = replace(base, travel=replace(base.travel, vehicle_between_s=between))
    assert rounds(solve(problem), problem) == [("i0",), ("i1",), ("i2",)]


def test_who_must_wait_for_a_report_does_not_hold_up_the_others() -> None:
    base = street()
    problem = replace(base, incidents=(*base.incidents[:2], replace(base.incidents[2], reported_s=5000)))
    plan = solve(problem)
    assert rounds(plan, problem) == [("i0", "i1"), ("i2",)]
    assert check(problem, plan) == ()


def test_goods_that_found_no_time_get_in() -> None:
    """By single trips the third would arrive at 1200 + 2400 + 1800, after the horizon."""
    problem = street(parameters=Parameters(horizon_s=5000))
    plan, single = solve(problem), solve(without_rounds(problem))
    assert level(single, "critical_unmet").value == 3.0
    assert level(plan, "critical_unmet").value == 0.0
    assert check(problem, plan) == ()


def test_errands_for_equipment_leave_first_and_straight() -> None:
    base = street()
    problem = replace(
        base,
        items=(base.items[0], Item("pump", D(1), D(0), False)),
        stock=(*base.stock, StockLine("s0", "pump", "p", D(1))),
        tasks=(Task("t", "i2", "pumping", 1, 60, equipment=(Need("pump", D(1)),)),),
        teams=(Team("k", "5", ("pumping",), 4, "car", 0),),
        travel=replace(base.travel, team_to_incident_s=np.full((1, 3), 60, np.int64), team_group=np.zeros(1, np.int64)),
        service_s=np.full((1, 1), 60, np.int64),
    )
    plan = solve(problem)
    assert rounds(plan, problem) == [("i2",), ("i0", "i1", "i2")]
    assert check(problem, plan) == ()


def test_a_round_that_left_is_gone_as_a_whole_and_the_truck_is_back_after_it() -> None:
    problem = street()
    plan = solve(problem)
    later = advance(problem, plan, at_s=700)  # between the first and the second incident
    assert later.problem.demands == ()
    assert later.remaining.shipments == ()
    assert later.problem.vehicles[0].available_from_s == 3600 - 700


def test_a_replan_keeps_the_rounds_that_have_not_left() -> None:
    problem = street(vehicles=(Vehicle("v0", "s0", D(8), D(1), "truck"),))
    plan = solve(problem)
    seen = advance(problem, plan, at_s=700)
    again = replan(seen.problem, seen.remaining, running_sha256=SHA)
    assert [row.arrive_s for row in again.plan.shipments] == [2400 - 700, 3000 - 700]
    assert check(seen.problem, again.plan) == ()


@given(seed=SEEDS, at_s=st.integers(0, 1500))
@settings(max_examples=40, deadline=None)
def test_a_replan_waits_no_longer_than_the_rounds_that_run(seed: int, at_s: int) -> None:
    problem = town(seed)
    seen = advance(problem, solve(problem, limits=FAST), at_s=at_s)
    plain = replan(seen.problem, seen.remaining, running_sha256=SHA)
    assert check(seen.problem, plain.plan) == ()
    assert ranked(seen.problem, plain.plan) <= ranked(seen.problem, seen.remaining)
    for _ in range(2):  # a basis changes nothing
        warm = replan(seen.problem, seen.remaining, running_sha256=SHA, basis=basis_of(seen.problem))
        assert warm.plan == plain.plan
    further = replan(seen.problem, plain.plan, running_sha256=SHA, basis=plain.basis)
    assert further.plan == replan(seen.problem, plain.plan, running_sha256=SHA).plan


def test_the_stores_of_most_promise_get_the_models() -> None:
    many = {f"s{i}": Worth(float(i), 1, 30) for i in range(3)}
    assert methods({**many, "huge": Worth(9.0, 1, 5000), "small": Worth(0.5, 1, 4), "none": Worth(0.0, 1, 4)}) == {
        "s2": "search", "s1": "apart", "small": "exact",
    }  # fmt: skip


def test_fewer_metres_decide_where_waiting_is_equal() -> None:
    problem = street()
    listed = trips(problem, [Load(0, i, 0, D(4), D(1), 0.0) for i in range(3)])
    assert not better(listed, listed)
    found = joined(listed, "exact")
    assert found.waits == listed.waits
    assert metres(problem, found.legs) < metres(problem, listed.legs)
