"""The kernel under the bound on trips: one demand filled at least cost, against every choice of arcs."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.allocation.arcs import build_arcs
from optimizer.allocation.fills import fill_demand
from optimizer.allocation.instances import allocation_instance
from optimizer.allocation.program import Cost, Program
from optimizer.allocation.trip_bound import bound_on_trips
from optimizer.allocation.trips import _model


@given(seed=st.integers(0, 10**9), limit=st.sampled_from([1, 3, 10_000]))
@settings(max_examples=120, deadline=None)
def test_a_fill_costs_least_and_a_search_cut_short_gives_a_bound(seed: int, limit: int) -> None:
    rng = np.random.default_rng(seed)
    n, demand = int(rng.integers(1, 8)), float(rng.integers(1, 20))
    most, cost, fixed = (rng.integers(0, high, n).astype(np.float64) for high in (8, 20, 50))
    units, used = np.zeros(n), np.zeros(n)
    value = fill_demand(cost, fixed, most, demand, 1e-7, limit, units, used)
    best = np.inf
    for chosen in product((False, True), repeat=n):
        left, paid = demand, float(fixed[list(chosen)].sum())
        for a in np.argsort(cost):
            part = min(left, most[a]) if chosen[a] else 0.0
            left, paid = left - part, paid + cost[a] * part
        best = min(best, paid if left <= 1e-9 else np.inf)
    assert value <= best + 1e-6
    if limit == 10_000 and best < np.inf:
        assert value == pytest.approx(best, abs=1e-3)
        assert units.sum() == pytest.approx(demand)
        assert cost @ units + fixed @ used == pytest.approx(best, abs=1e-3)


def test_the_bound_on_trips_lies_between_the_relaxation_and_the_best_plan_and_repeats() -> None:
    x, charge = allocation_instance(6, 30, 6, wanted=3, seed=3), 200.0
    weight = np.broadcast_to(x.severity[:, None], x.demand.shape).astype(np.float64)
    arcs = build_arcs(
        x.demand.astype(np.float64), weight, x.critical > 0, x.stock.astype(np.float64), x.arrival_s,
        nearest=None, horizon_s=72 * 3600,
        mass=x.mass_kg, volume=x.volume_m3, capacity_kg=x.capacity_kg, capacity_m3=x.capacity_m3,
    )  # fmt: skip
    program = Program(arcs)
    plan = program.solve(Cost(arc=arcs.wait, unmet=arcs.weight * arcs.horizon), program.nothing()).units
    grant = np.bincount(arcs.row, weights=plan, minlength=len(arcs.demand))
    numbers, pair = np.unique(arcs.pair, return_inverse=True)
    most = np.minimum(arcs.most_at_once, grant[arcs.row])
    model = _model(program, grant, most, pair, np.arange(len(numbers)), charge)
    rows = LinearConstraint(model.matrix, model.low - 1e-9, model.high + 1e-9)
    whole = np.arange(len(model.cost)) >= len(model.use)
    room = Bounds(np.zeros(len(model.upper)), model.upper)
    best = milp(model.cost, constraints=rows, bounds=room, integrality=whole).fun
    relaxed = milp(model.cost, constraints=rows, bounds=room).fun
    share = charge / np.bincount(pair)[pair]
    bound = bound_on_trips(program, grant, most, pair, share, np.zeros(len(program.room)), charge=charge, target=best)
    again = bound_on_trips(program, grant, most, pair, share, np.zeros(len(program.room)), charge=charge, target=best)
    assert relaxed < bound <= best + 1e-6 * abs(best)
    assert bound == again
