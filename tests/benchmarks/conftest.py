"""The benchmark classes of the literature as dispatch problems."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from optimizer.dispatch.instances import generate
from optimizer.dispatch.problem import DispatchProblem, Incident, Task, Team, Travel


@pytest.fixture(scope="session")
def best_known() -> dict[tuple[str, int, int, int], tuple[int, float | None]]:
    """(kind, incidents, teams, seed) -> (best known value, proven lower bound or None)."""
    with (Path(__file__).parent / "assignment_best_known.csv").open(encoding="utf-8") as file:
        return {
            (row["kind"], int(row["n"]), int(row["m"]), int(row["seed"])): (
                int(row["best_known"]),
                float(row["lower_bound"]) if row["lower_bound"] else None,
            )
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="session")
def instance() -> Callable[[str, int, int, int], DispatchProblem]:
    """(kind, n, m, seed) -> the instance as a dispatch problem; one capability per incident says who is eligible."""

    def build(kind: str, n: int, m: int, seed: int) -> DispatchProblem:
        weight, eligible, processing, travel = generate(kind, n, m, seed)
        none = np.zeros((0, n), np.int64)
        return DispatchProblem(
            as_of=datetime(2026, 1, 1, tzinfo=UTC),
            items=(),
            incidents=tuple(Incident(f"i{j:04d}", kind, int(weight[j]), 0) for j in range(n)),
            tasks=tuple(Task(f"t{j:04d}", f"i{j:04d}", f"c{j:04d}", 1, 1) for j in range(n)),
            demands=(),
            teams=tuple(
                Team(f"k{k:04d}", "5", tuple(f"c{j:04d}" for j in np.flatnonzero(eligible[:, k])), 5, "p", 0)
                for k in range(m)
            ),
            stores=(),
            stock=(),
            reserve_floor={},
            vehicles=(),
            travel=Travel(travel[:, n].copy(), travel[:, :n].copy(), np.arange(m), none, none.copy()),
            service_s=processing,
        )

    return build
