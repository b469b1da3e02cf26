"""Supplies 200 x 3,000 x 32, 6 items per incident, 60 nearest stores: 72,000 arcs. Peers in the same run."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sparse
from scipy.optimize import linprog

from optimizer.allocation.allocate import Allocation, allocate_supplies
from optimizer.allocation.arcs import Arcs, build_arcs
from optimizer.allocation.instances import allocation_instance
from optimizer.allocation.program import Program

pytestmark = pytest.mark.benchmark
SEEDS = range(5)
UNCOUPLED = ("critical_unmet", "other_unmet", "deprivation")


def arguments(seed: int, *, coupled: bool) -> dict[str, Any]:
    x = vars(allocation_instance(seed=seed)).copy()
    x["weight"] = x.pop("severity")
    if not coupled:
        for name in ("mass_kg", "volume_m3", "capacity_kg", "capacity_m3"):
            x.pop(name)
    return x


def medians(run: Callable[[dict[str, Any]], Any], *, coupled: bool, repeats: int = 3) -> tuple[float, float, list[Any]]:
    """Median over the seeds of the least seconds, the slowest seed, and the results. On a quiet
    machine."""
    seconds, results = [], []
    for seed in SEEDS:
        x = arguments(seed, coupled=coupled)
        best = float("inf")
        for _ in range(repeats):
            began = time.perf_counter()
            result = run(x)
            best = min(best, time.perf_counter() - began)
        seconds.append(best)
        results.append(result)
    return statistics.median(seconds), max(seconds), results


def plain(x: dict[str, Any]) -> float:
    """The peer: level 6 alone over all arcs at once, by scipy's HiGHS."""
    arcs = _arcs(x)
    program = Program(arcs)
    n, m = len(arcs.row), len(arcs.demand)
    equal = sparse.hstack(
        [sparse.csr_matrix((np.ones(n), (arcs.row, np.arange(n))), (m, n)), sparse.diags(arcs.demand)], format="csr"
    )
    upper = sparse.hstack([program.coupling, sparse.csr_matrix((len(program.room), m))], format="csr")
    found = linprog(
        np.append(arcs.wait, arcs.weight * arcs.horizon), upper, program.room, equal, arcs.demand,
        np.column_stack([np.zeros(n + m), np.append(arcs.most, np.ones(m))]), method="highs-ds",
    )  # fmt: skip
    return float(found.fun)


def _arcs(x: dict[str, Any]) -> Arcs:
    weight = np.broadcast_to(x["weight"][:, None], x["demand"].shape)
    return build_arcs(
        x["demand"], weight, x["critical"] > 0, x["stock"], x["arrival_s"], nearest=60, horizon_s=72 * 3600,
        mass=x.get("mass_kg"), volume=x.get("volume_m3"),
        capacity_kg=x.get("capacity_kg"), capacity_m3=x.get("capacity_m3"),
    )  # fmt: skip


def test_uncoupled_items_are_exact() -> None:
    seconds, slowest, plans = medians(lambda x: allocate_supplies(**x, levels=UNCOUPLED), coupled=False)
    peer, _, values = medians(lambda x: plain(x), coupled=False, repeats=1)
    print(f"\nuncoupled, levels 2, 4, 6: median {seconds:.2f} s (slowest {slowest:.2f}); HiGHS, level 6 {peer:.2f} s")
    assert all(plan.exact and plan.status == "optimal" for plan in plans)
    alone = [allocate_supplies(**arguments(s, coupled=False), levels=("deprivation",)).levels[0].value for s in SEEDS]
    assert alone == pytest.approx(values, rel=1e-9)
    assert seconds <= 0.3


def test_coupled_items_one_level_and_all() -> None:
    one, slowest_one, single = medians(lambda x: allocate_supplies(**x, levels=("deprivation",)), coupled=True)
    every, slowest, plans = medians(lambda x: allocate_supplies(**x), coupled=True)
    peer, _, values = medians(plain, coupled=True, repeats=1)
    print(
        f"\ncoupled by kg and m3: one level {one:.2f} s (slowest {slowest_one:.2f}), all levels {every:.2f} s "
        f"(slowest {slowest:.2f}); HiGHS on the plain formulation, one level {peer:.2f} s"
    )
    assert [plan.levels[0].value for plan in single] == pytest.approx(values, rel=1e-7)
    assert all(_proven(plan) for plan in [*single, *plans])
    assert one <= 0.6
    assert every <= 3.0


def _proven(plan: Allocation) -> bool:
    return plan.status == "optimal" and all((level.gap or 0.0) <= 1e-8 for level in plan.levels)


@pytest.mark.parametrize("charge", [100.0])
def test_trips_with_a_price(charge: float) -> None:
    """All levels, then trips. The figure asked for, at 100, is a gap of 0.1 % in 5 s: shown as it is."""
    seconds, slowest, plans = medians(lambda x: allocate_supplies(**x, trip_charge=charge), coupled=True, repeats=1)
    gaps = [float(plan.levels[-1].gap or 0.0) for plan in plans]
    each = ", ".join(f"{gap:.3%}" for gap in gaps)
    print(f"\ntrip charge {charge:g}: median {seconds:.1f} s (slowest {slowest:.1f}), gaps {each}")
    assert statistics.median(gaps) <= 1e-3
