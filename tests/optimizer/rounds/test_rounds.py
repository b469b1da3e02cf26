"""Rounds keep their rules, and are the best ones on instances small enough to enumerate."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.rounds.check import faults
from optimizer.rounds.plan import Fleet, Loads, Rounds, plan_rounds, trips_of
from optimizer.units import UNREACHABLE

HORIZON = 20_000


def small(seed: int, *, loads: int = 3, vehicles: int = 2) -> tuple[Fleet, Loads]:
    """Two stores, three incidents on a plane; vehicles differ in speed and size, one way in ten is closed."""
    rng = np.random.default_rng(seed)
    stores, incidents = 2, 3
    at = rng.uniform(0, 10_000, (stores + incidents, 2))
    metres = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)).astype(np.int64)
    seconds = np.stack([np.ceil(metres / speed).astype(np.int64) for speed in rng.uniform(5, 20, vehicles)])
    seconds[rng.random(seconds.shape) < 0.1] = UNREACHABLE
    seconds[:, range(stores + incidents), range(stores + incidents)] = 0
    fleet = Fleet(
        home=rng.integers(0, stores, vehicles), payload_kg=rng.uniform(800, 3000, vehicles),
        volume_m3=rng.uniform(3, 12, vehicles), travel_s=seconds, travel_m=np.stack([metres] * vehicles),
    )  # fmt: skip
    return fleet, Loads(
        store=rng.integers(0, stores, loads), incident=stores + rng.integers(0, incidents, loads),
        kg=rng.uniform(100, 1200, loads), m3=rng.uniform(0.5, 4, loads), weight=rng.integers(1, 6, loads) / 4,
        ready_s=rng.integers(0, 600, loads) * rng.integers(0, 2, loads),
    )  # fmt: skip


def worth(fleet: Fleet, loads: Loads, plan: Rounds, metre_price: float, trip_price: float) -> float:
    late = sum(float(loads.weight[load]) for load in plan.left_behind) * HORIZON * 100
    return late + plan.waited + metre_price * plan.metres + trip_price * plan.departures


def best(fleet: Fleet, loads: Loads, metre_price: float, trip_price: float) -> float:
    """Every vehicle for every load (or none), every order of pick-ups and deliveries."""
    count, vehicles = len(loads.store), len(fleet.home)
    tours: dict[tuple[int, frozenset[int]], float] = {}
    for v in range(vehicles):
        for size in range(count + 1):
            for chosen in permutations(range(count), size):
                if list(chosen) != sorted(chosen):
                    continue
                least = np.inf if chosen else 0.0
                for nodes in permutations([*chosen, *(count + load for load in chosen)]):
                    if any(nodes.index(load) > nodes.index(count + load) for load in chosen):
                        continue
                    routes: list[list[int]] = [[] for _ in range(vehicles)]
                    routes[v] = list(nodes)
                    plan = trips_of(fleet, loads, routes, horizon_s=HORIZON)
                    others = tuple(load for load in plan.left_behind if load not in chosen)
                    if len(others) == len(plan.left_behind) and not faults(fleet, loads, plan, horizon_s=HORIZON):
                        value = worth(fleet, loads, replace(plan, left_behind=()), metre_price, trip_price)
                        least = min(least, value)
                tours[v, frozenset(chosen)] = least
    found = np.inf
    for who in product(range(vehicles + 1), repeat=count):
        left = sum(float(loads.weight[load]) for load in range(count) if who[load] == vehicles) * HORIZON * 100
        parts = [tours[v, frozenset(x for x in range(count) if who[x] == v)] for v in range(vehicles)]
        found = min(found, left + sum(parts))
    return found


def test_rounds_are_never_below_the_enumerated_best_and_mostly_are_the_best() -> None:
    """The search is local: closed ways (one in ten here) can keep it from the best order."""
    equal, seeds = 0, range(15)
    for seed in seeds:
        fleet, loads = small(seed)
        metre, trip = [(0.0, 0.0), (0.1, 0.0), (0.05, 300.0)][seed % 3]
        plan = plan_rounds(fleet, loads, horizon_s=HORIZON, metre_price=metre, trip_price=trip, solutions=150)
        assert faults(fleet, loads, plan, horizon_s=HORIZON) == ()
        found, least = worth(fleet, loads, plan, metre, trip), best(fleet, loads, metre, trip)
        assert found >= least - 1e-6
        equal += found <= least * 1.001 + 1
    assert equal >= 0.9 * len(seeds)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_larger_rounds_keep_every_rule_and_repeat(seed: int) -> None:
    fleet, loads = small(seed, loads=12, vehicles=3)
    plan = plan_rounds(fleet, loads, horizon_s=HORIZON, metre_price=0.05, solutions=50)
    assert faults(fleet, loads, plan, horizon_s=HORIZON) == ()
    assert plan == plan_rounds(fleet, loads, horizon_s=HORIZON, metre_price=0.05, solutions=50)


def test_two_light_loads_share_a_trip_and_one_is_picked_up_on_the_way() -> None:
    """Home 0, store 1 on the way, incidents 2 and 3 behind it, all on one road."""
    at = np.array([0, 1000, 2000, 3000])
    metres = np.abs(at[:, None] - at[None])[None]
    fleet = Fleet(np.array([0]), np.array([100.0]), np.array([1.0]), metres // 10, metres)
    loads = Loads(
        np.array([0, 1]), np.array([2, 3]), np.array([40.0, 60.0]), np.array([0.5, 0.5]), np.ones(2), np.zeros(2, int)
    )
    plan = plan_rounds(fleet, loads, metre_price=0.01)
    assert len(plan.rounds) == 1
    assert [(stop.place, stop.at_s) for stop in plan.rounds[0].stops] == [(0, 0), (1, 100), (2, 200), (3, 300)]
    assert plan.metres == 6000


def test_no_vehicles_leave_everything_behind_and_wrong_shapes_are_named() -> None:
    fleet, loads = small(0)
    nobody = Fleet(*(None if array is None else array[:0] for array in vars(fleet).values()))  # type: ignore[arg-type]
    assert plan_rounds(nobody, loads).left_behind == (0, 1, 2)
    with pytest.raises(ValueError, match="ready_s"):
        plan_rounds(fleet, replace(loads, ready_s=np.zeros(1, np.int64)))
