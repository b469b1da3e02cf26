"""Delivery rounds in plans: what they save at levels 6 and 7, what they take, and the routing library beside."""

import time
from dataclasses import replace

import pytest

from optimizer.dispatch.coupling import Errands
from optimizer.dispatch.delivery_rounds import Method, joined, worth
from optimizer.dispatch.pipeline import solve
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.store_trips import StoreTrips
from optimizer.dispatch.supply_model import fleet
from optimizer.dispatch.supply_plan import Sent, practice_supply, slimmer, supply

pytestmark = pytest.mark.benchmark

LIMIT_S = 0.25  # of the two seconds from a World to a checked plan
PEERS = 20  # stores of most promise on which the routing library runs beside
REPEATS = 3


def problem_of(name: str) -> DispatchProblem:
    from api.usecases import open_world
    from scenarios.registry import find_scenario

    return open_world(find_scenario(name).build(0)).loaded.problem


def listed(problem: DispatchProblem) -> Sent:
    """The supply side before its trips are joined."""
    sent = supply(problem, Errands(problem))
    return slimmer(sent, practice_supply(problem, Errands(problem), sent).values)


@pytest.mark.parametrize("name", ["county", "city-year"])
def test_rounds_of_a_plan_take_a_quarter_of_a_second_at_most(name: str) -> None:
    sent = listed(problem_of(name))
    sent.in_rounds()
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        found = sent.in_rounds()
        seconds.append(time.process_time() - began)
    before, after = ({key: float(one.values[key]) for key in ("deprivation", "cost")} for one in (sent, found))  # type: ignore[arg-type]
    bound = sent.bounds(sent.values)["deprivation"]
    assert bound is not None
    gaps = [100 * (level["deprivation"] - float(bound)) / level["deprivation"] for level in (before, after)]  # type: ignore[arg-type]
    print(
        f"\n{name}: level 6 {before['deprivation']:,.0f} -> {after['deprivation']:,.0f} (gap {gaps[0]:.1f} % -> "
        f"{gaps[1]:.1f} %), level 7 {before['cost']:,.0f} -> {after['cost']:,.0f}, {1000 * min(seconds):.0f} ms"
    )
    assert min(seconds) <= LIMIT_S
    assert after["deprivation"] < before["deprivation"]


def test_the_exact_program_beside_the_routing_library() -> None:
    problem = problem_of("city-year")
    sent, vehicles = listed(problem), fleet(problem)
    stores = []
    for name, own in vehicles.items():
        store = problem.store_index[name]
        trips = StoreTrips(
            problem, tuple(own), tuple(load for load in sent.loads if load.store == store),
            tuple(leg for leg in sent.trips if leg.load.store == store),
        )  # fmt: skip
        stores.append((-worth(trips).promise, name, trips))
    most = [trips for _, _, trips in sorted(stores, key=lambda one: one[:2])[:PEERS]]
    methods: tuple[Method, ...] = ("exact", "search", "apart")
    waits, seconds = {}, {}
    for method in methods:
        joined(most[0], method)
        began = time.process_time()
        waits[method] = sum(joined(replace(trips), method).waits for trips in most)
        seconds[method] = time.process_time() - began
    before = sum(trips.waits for trips in most)
    told = ", ".join(f"{name} {waits[name]:,.0f} in {1000 * seconds[name]:.0f} ms" for name in methods)
    print(f"\n{PEERS} stores, waiting {before:,.0f} by the list rule; {told}")
    assert waits["exact"] <= min(waits["search"], waits["apart"]) * (1 + 1e-9)
    assert seconds["exact"] < seconds["search"]


@pytest.mark.parametrize("name", ["panshi-rainstorm", "flood-drill"])
def test_small_scenarios_have_levels_to_compare(name: str) -> None:
    problem = problem_of(name)
    without = replace(problem, travel=replace(problem.travel, vehicle_between_s=None, vehicle_between_m=None))
    plans = [{one.name: one.value for one in solve(one).levels} for one in (without, problem)]
    rows = [tuple(plan[key] for key in ("deprivation", "cost")) for plan in plans]
    print(f"\n{name}: levels 6 and 7 {rows[0]} -> {rows[1]}")
    assert rows[1] <= rows[0]  # type: ignore[operator]
