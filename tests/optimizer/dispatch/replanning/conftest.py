"""Random small problems with teams on their way, and single changes to them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from optimizer.dispatch.problem import (
    DispatchProblem,
)
from optimizer.units import UNREACHABLE


def changed(problem: DispatchProblem, seed: int) -> DispatchProblem:
    """The same after one change: a team lost, a stock count, roads slower or shut, an incident worse."""
    rng = np.random.default_rng(seed)
    kind = seed % 4
    if kind == 0:
        idle = [k for k, team in enumerate(problem.teams) if team.id not in problem.started_by]
        if not idle:
            return problem
        return without_team(problem, idle[int(rng.integers(len(idle)))])
    if kind == 1:
        row = int(rng.integers(len(problem.stock)))
        line = replace(problem.stock[row], quantity=Decimal(int(rng.integers(0, 9))))
        return replace(problem, stock=(*problem.stock[:row], line, *problem.stock[row + 1 :]))
    if kind == 2:
        base = problem.travel.team_to_incident_s.copy()
        base[rng.random(base.shape) < 0.3] = UNREACHABLE
        store = problem.travel.store_to_incident_s.copy()
        store[:, int(rng.integers(store.shape[1]))] += 600
        travel = replace(
            problem.travel, team_to_incident_s=base, store_to_incident_s=store, vehicle_to_incident_s=store[[0, 0]]
        )
        return replace(problem, travel=travel)
    row = int(rng.integers(len(problem.incidents)))
    worse = replace(problem.incidents[row], severity=5)
    return replace(problem, incidents=(*problem.incidents[:row], worse, *problem.incidents[row + 1 :]))


def without_team(problem: DispatchProblem, row: int) -> DispatchProblem:
    travel = problem.travel
    ways = travel.en_route_to_incident_s
    return replace(
        problem,
        teams=problem.teams[:row] + problem.teams[row + 1 :],
        travel=replace(
            travel,
            team_to_incident_s=np.delete(travel.team_to_incident_s, row, 0),
            team_group=np.delete(travel.team_group, row),
            en_route_to_incident_s=None if ways is None else np.delete(ways, row, 0),
        ),
        service_s=np.delete(problem.service_s, row, 1),
    )


@pytest.fixture(scope="session")
def change() -> Any:
    """(problem, seed) -> the problem after one change."""
    return changed


@pytest.fixture(scope="session")
def lose() -> Any:
    """(problem, row) -> the problem without that team."""
    return without_team
