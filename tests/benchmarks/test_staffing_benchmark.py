"""Sizing of a city and of a nation; peer: the same model as a plain Python loop over towns, in the same run."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimizer.staffing.workload import Town, Towns, parameters, size_towns
from scenarios.staffing.generate import example

pytestmark = pytest.mark.benchmark
P = parameters(2025)


def measured(run: Callable[[], Any], times: int) -> tuple[float, Any]:
    """The shortest of several runs, in seconds of this process."""
    best, found = float("inf"), None
    for _ in range(times):
        begun = time.process_time()
        found = run()
        best = min(best, time.process_time() - begun)
    return best, found


def town_list(towns: Towns) -> list[Town]:
    def stated(value: float) -> float | None:
        return None if np.isnan(value) else value

    return [
        Town(
            towns.code[at], towns.name[at], towns.district[at], population=float(towns.population[at]),
            area_km2=float(towns.area_km2[at]), enterprises=tuple(towns.enterprises[at].tolist()),
            venues=tuple(towns.venues[at].tolist()), hazard_points=float(towns.hazard_points[at]),
            established=int(towns.established[at]), contract=int(towns.contract[at]),
            villages=stated(float(towns.villages[at])), store_task_h=float(towns.store_task_h[at]),
            difficulty=float(towns.difficulty[at]),
        )
        for at in range(len(towns))
    ]  # fmt: skip


def nation(count: int) -> Towns:
    """41,000 towns: those of the city again and again, each with residents of its own."""
    city, rng = example("city"), np.random.default_rng(0)
    at = np.arange(count) % len(city)
    columns: dict[str, object] = {}
    for name, values in vars(city).items():
        columns[name] = tuple(values[each] for each in at) if isinstance(values, tuple) else values[at]
    columns["population"] = rng.integers(2_000, 200_000, count).astype(np.float64)
    columns["households"] = np.zeros(count)
    return Towns.of_columns(columns)


def test_101_stations_and_41000_towns(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path

    spec = spec_from_file_location("staff_loop", Path(__file__).parents[1] / "optimizer" / "staffing" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    peer = module_from_spec(spec)
    spec.loader.exec_module(peer)
    for towns, limit, times in ((example("city"), 0.050, 20), (nation(41_000), 2.0, 5)):
        listed = town_list(towns)
        values = P.values
        ours, sizing = measured(lambda towns=towns: _whole(towns), times)  # type: ignore[misc]
        theirs, posts = measured(
            lambda listed=listed, values=values: [peer.posts_of(town, values) for town in listed], min(times, 3)
        )
        results, _ = measured(sizing.results, 3)
        with capsys.disabled():
            print(
                f"\n{len(towns)} towns: {1e3 * ours:.2f} ms as arrays with parts, ratios and findings "
                f"(plain loop, posts only: {1e3 * theirs:.1f} ms, {theirs / ours:.0f}x); "
                f"with a result object for each town {1e3 * (ours + results):.1f} ms"
            )
        assert sizing.posts.tolist() == posts
        assert ours + results <= limit


def _whole(towns: Towns) -> Any:
    sizing = size_towns(towns, P)
    assert sizing.parts.shape[1] == len(sizing.ratio) == len(sizing.difference) == len(sizing.findings)
    return sizing
