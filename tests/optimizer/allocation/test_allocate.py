"""Supplies on arrays: every level at its optimum, against rational numbers and plain programs on small instances."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.allocation.allocate import Allocation, allocate_supplies
from optimizer.allocation.instances import allocation_instance
from optimizer.units import UNREACHABLE
from tests.optimizer.allocation.rational import optimum


def small(seed: int, *, coupled: bool, ties: bool = False) -> dict[str, Any]:
    """Up to 4 incidents, 5 stores, 3 items; a fifth of the ways are closed."""
    rng = np.random.default_rng(seed)
    incidents, stores, items = (int(n) for n in rng.integers([1, 1, 1], [5, 6, 4]))
    arrival = rng.integers(60, 3000, (stores, incidents))
    arrival[rng.random((stores, incidents)) < 0.2] = UNREACHABLE
    demand = rng.integers(1, 9, (incidents, items)) * (rng.random((incidents, items)) < 0.8)
    if ties:
        demand = np.where(demand > 0, 6, 0)
    result: dict[str, Any] = {
        "demand": demand,
        "weight": np.full(incidents, 3) if ties else rng.integers(1, 6, incidents),
        "critical": rng.integers(0, 2, items),
        "stock": rng.integers(0, 8, (stores, items)),
        "arrival_s": arrival,
        "horizon_s": 5000,
        "nearest": None,
    }
    if coupled:
        result |= {
            "mass_kg": rng.uniform(0.5, 3, items), "volume_m3": rng.uniform(0.01, 0.2, items),
            "capacity_kg": rng.uniform(2, 15, stores), "capacity_m3": rng.uniform(0.1, 1, stores),
        }  # fmt: skip
    return result


class Plain:
    """The plain formulation, dense."""

    def __init__(self, x: dict[str, Any]) -> None:
        self.x = x
        demand, arrival = x["demand"], x["arrival_s"]
        self.stores, self.incidents, self.items = *arrival.shape, demand.shape[1]
        self.asked = [(i, p) for i in range(self.incidents) for p in range(self.items) if demand[i, p] > 0]
        self.flows = [(s, i, p) for s in range(self.stores) for i, p in self.asked if arrival[s, i] <= x["horizon_s"]]
        self.n, self.m = len(self.flows), len(self.asked)
        self.upper, self.room = [], []
        for s, p in product(range(self.stores), range(self.items)):
            self.upper.append([1.0 * ((a, c) == (s, p)) for a, _, c in self.flows] + [0.0] * self.m)
            self.room.append(x["stock"][s, p])
        for load, capacity in (("mass_kg", "capacity_kg"), ("volume_m3", "capacity_m3")):
            if load in x:
                for s in range(self.stores):
                    self.upper.append([x[load][c] * (a == s) for a, _, c in self.flows] + [0.0] * self.m)
                    self.room.append(x[capacity][s])
        self.equal = [
            [1.0 * ((i, p) == r) for _, i, p in self.flows] + [float(demand[r]) * (q == r) for q in self.asked]
            for r in self.asked
        ]
        self.given = [float(demand[r]) for r in self.asked]

    def level(self, name: str) -> list[float]:
        x, wait = self.x, name == "deprivation"
        flow = [wait * x["weight"][i] / x["demand"][i, p] * x["arrival_s"][s, i] for s, i, p in self.flows]
        late = [
            float(x["weight"][i]) * (x["horizon_s"] if wait else bool(x["critical"][p]) == (name == "critical_unmet"))
            for i, p in self.asked
        ]
        return flow + late


def feasible(x: dict[str, Any], plan: Allocation) -> None:
    shipped, sent = np.zeros(np.shape(x["demand"])), np.zeros(np.shape(x["stock"]))
    np.add.at(shipped, (plan.incident, plan.item), plan.quantity)
    np.add.at(sent, (plan.store, plan.item), plan.quantity)
    assert (plan.quantity > 0).all()
    assert (x["arrival_s"][plan.store, plan.incident] <= x["horizon_s"]).all()
    assert (sent <= x["stock"] + 1e-6).all()
    assert np.allclose(shipped + plan.unmet, x["demand"], atol=1e-6)
    if "mass_kg" in x:
        assert (sent @ x["mass_kg"] <= x["capacity_kg"] + 1e-5).all()
        assert (sent @ x["volume_m3"] <= x["capacity_m3"] + 1e-5).all()


def reaches(plan: Allocation, best: dict[str, Any]) -> None:
    assert [level.name for level in plan.levels] == list(best)
    for level in plan.levels:
        truth = np.array(best[level.name], np.float64)
        assert level.value == pytest.approx(truth, rel=1e-7, abs=1e-7)
        assert level.bound == pytest.approx(truth, rel=1e-7, abs=1e-7)
        assert level.gap <= 1e-7  # type: ignore[operator]


@given(seed=st.integers(0, 10**9), ties=st.booleans())
@settings(max_examples=60, deadline=None)
def test_uncoupled_items_reach_the_optimum_of_every_level_in_whole_units(seed: int, ties: bool) -> None:
    x = small(seed, coupled=False, ties=ties)
    levels = ("critical_unmet", "other_unmet", "deprivation")
    plan = allocate_supplies(**x, levels=levels)
    feasible(x, plan)
    assert plan.exact
    assert (plan.quantity % 1 == 0).all()
    reaches(plan, optimum(x, levels))


# these two are why the reference is exact: held with a tolerance of 1e-7, fairness seems 6.8e-5 and 2e-5 better
@example(seed=31, ties=False, coupled=True)
@example(seed=67, ties=True, coupled=True)
@given(seed=st.integers(0, 10**9), ties=st.booleans(), coupled=st.booleans())
@settings(max_examples=120, deadline=None)
def test_coupled_items_reach_the_optimum_of_every_level(seed: int, ties: bool, coupled: bool) -> None:
    x = small(seed, coupled=coupled, ties=ties)
    plan = allocate_supplies(**x)
    feasible(x, plan)
    reaches(plan, optimum(x))


@pytest.mark.parametrize("seed", range(40))
def test_trips_with_a_price_reach_the_integer_optimum_and_the_bound_never_passes_it(seed: int) -> None:
    x = small(seed, coupled=seed % 2 == 0)
    charge = float(np.random.default_rng(seed).choice([0.0, 50.0, 500.0, 5000.0]))
    plan = allocate_supplies(**x, trip_charge=charge)
    feasible(x, plan)
    plain = Plain(x)
    if not plain.flows:
        return
    pairs = sorted({(s, i) for s, i, _ in plain.flows})
    unmet = [float(plan.unmet[r]) / plain.x["demand"][r] for r in plain.asked]
    cost = [*plain.level("deprivation"), *[charge] * len(pairs)]
    rows = [[*row, *[0.0] * len(pairs)] for row in plain.upper]
    links = []
    for k, (s, i, p) in enumerate(plain.flows):
        link = [0.0] * len(cost)
        link[k], link[plain.n + plain.m + pairs.index((s, i))] = 1.0, -float(x["demand"][i, p])
        links.append(link)
    tight = 1e-5
    best = milp(
        cost,
        constraints=[
            LinearConstraint(np.array(rows + links), -np.inf, np.array([*plain.room, *[0.0] * len(links)]) + tight),
            LinearConstraint(np.array([[*row, *[0.0] * len(pairs)] for row in plain.equal]), plain.given, plain.given),
        ],
        integrality=[0] * (plain.n + plain.m) + [1] * len(pairs),
        bounds=Bounds([0.0] * plain.n + [u - tight for u in unmet] + [0.0] * len(pairs),
                      [np.inf] * plain.n + [u + tight for u in unmet] + [1.0] * len(pairs)),
    )  # fmt: skip
    level = plan.levels[-1]
    assert level.bound <= best.fun * (1 + 1e-3) + 1e-1  # type: ignore[operator]
    assert level.value == pytest.approx(best.fun, rel=2e-3, abs=1e-1)


def test_a_benchmark_instance_is_proven_on_every_level_and_repeats() -> None:
    x = vars(allocation_instance(40, 300, 12, seed=1))
    plan, again = allocate_supplies(**_named(x)), allocate_supplies(**_named(x))
    assert plan.status == "optimal"
    for name in ("store", "incident", "item", "quantity"):
        assert np.array_equal(getattr(plan, name), getattr(again, name))


def _named(x: dict[str, Any]) -> dict[str, Any]:
    return {("weight" if name == "severity" else name): value for name, value in x.items()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stock", [[1, 2]]),
        ("demand", [[-1.0]]),
        ("levels", ("cost",)),
        ("trip_charge", -1),
        ("mass_kg", [1.0]),
        ("demand", [[2.0**50]]),
        ("weight", [1e300]),
        ("arrival_s", [[1.5]]),
        ("horizon_s", 0),
        ("horizon_s", 3.5),
        ("horizon_s", float("nan")),
        ("nearest", 0),
        ("nearest", -1),
        ("nearest", 1.5),
    ],
)
def test_a_wrong_argument_is_named(name: str, value: Any) -> None:
    x: dict[str, Any] = {"demand": [[1.0]], "weight": [1], "critical": [1], "stock": [[1.0]], "arrival_s": [[60]]}
    with pytest.raises(ValueError, match=name):
        allocate_supplies(**(x | {name: value}))
