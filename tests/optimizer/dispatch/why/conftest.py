"""Random small problems with plans, for comparison with brute force."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from optimizer.dispatch.problem import (
    DispatchProblem,
    Travel,
)
from optimizer.units import UNREACHABLE


@pytest.fixture(scope="session")
def small_problem(random_problem: Callable[..., DispatchProblem]) -> Callable[..., DispatchProblem]:
    """Random problems whose lots wait for tasks x, y, z."""
    return partial(random_problem, waits=True)


@pytest.fixture(scope="session")
def other_travel() -> Callable[[DispatchProblem, int], Travel]:
    """(problem, seed) -> travel times of which none is longer, as after a road is opened."""

    def shorter(problem: DispatchProblem, seed: int) -> Travel:
        random = np.random.default_rng(seed)

        def cut(seconds: Any) -> Any:
            open_ = np.where(seconds >= UNREACHABLE, random.integers(200, 1500, seconds.shape), seconds)
            return np.where(random.random(seconds.shape) < 0.4, open_ // 2, seconds)

        old = problem.travel
        between = cut(old.incident_to_incident_s)
        between[:, np.arange(between.shape[1]), np.arange(between.shape[1])] = 0
        return replace(
            old,
            team_to_incident_s=cut(old.team_to_incident_s),
            incident_to_incident_s=between,
            store_to_incident_s=cut(old.store_to_incident_s),
        )

    return shorter
