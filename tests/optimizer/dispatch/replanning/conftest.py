"""Random small problems with teams on their way, and single changes to them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from optimizer.dispatch.problem import (
    Demand,
    DispatchProblem,
    Incident,
    Item,
    Parameters,
    Started,
    StockLine,
    Store,
    Task,
    Team,
    Travel,
    Vehicle,
)
from optimizer.units import UNREACHABLE


def make(seed: int, *, started: bool = True) -> DispatchProblem:
    """3 to 5 incidents, up to 6 tasks, 3 to 5 teams, 2 stores (one with two vehicles); severity 5 may take teams off 1
    to 3."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 6)), int(rng.integers(3, 6))
    incidents = tuple(Incident(f"i{i}", "flood", int(rng.integers(1, 6)), int(rng.integers(-300, 1))) for i in range(n))
    tasks = tuple(
        Task(
            f"t{j}", f"i{rng.integers(n)}", f"c{rng.integers(2)}", int(rng.integers(1, 3)), int(rng.integers(300, 900))
        )
        for j in range(int(rng.integers(3, 7)))
    )
    teams = tuple(
        Team(f"k{k}", "5", ("c0", "c1") if rng.random() < 0.6 else ("c0",), 5, "p", int(rng.integers(0, 120)))
        for k in range(m)
    )
    items = (Item("p0", Decimal(2), Decimal("0.1"), True), Item("p1", Decimal(1), Decimal("0.1"), False))
    demands = tuple(
        Demand(one.id, item.id, Decimal(int(rng.integers(1, 9))))
        for one in incidents for item in items if rng.random() < 0.7
    )  # fmt: skip
    stock = tuple(
        StockLine(f"s{s}", f"p{p}", f"l{lot}", Decimal(int(rng.integers(0, 7))))
        for s in range(2) for p in range(2) for lot in range(2)
    )  # fmt: skip

    def far(*shape: int) -> Any:
        return rng.integers(60, 1200, shape).astype(np.int64)

    between = far(1, n, n)
    between[0, np.arange(n), np.arange(n)] = 0
    rows, ways = [], np.full((m, n), UNREACHABLE, np.int64)
    for k in range(m if started else 0):
        if rng.random() < 0.5:
            task = tasks[int(rng.integers(len(tasks)))]
            state = "on_scene" if rng.random() < 0.4 else "en_route"
            at = -int(rng.integers(0, 300)) if state == "on_scene" else int(rng.integers(1, 900))
            rows.append(Started(f"k{k}", task.id, state, at))  # type: ignore[arg-type]
            if state == "en_route":
                ways[k] = far(n)
    store = far(2, n)
    return DispatchProblem(
        as_of=datetime(2026, 6, 1, tzinfo=UTC), items=items, incidents=incidents, tasks=tasks, demands=demands,
        teams=teams, stores=(Store("s0", "town"), Store("s1", "town")), stock=stock, reserve_floor={},
        vehicles=(Vehicle("v0", "s0", Decimal(6), Decimal(1), "p"), Vehicle("v1", "s0", Decimal(4), Decimal(1), "p")),
        travel=Travel(far(m, n), between, np.zeros(m, np.int64), store, store[[0, 0]], en_route_to_incident_s=ways,
                      vehicle_between_s=between.copy(), vehicle_group=np.zeros(2, np.int64)),
        service_s=np.array([[task.service_s] * m for task in tasks], np.int64),
        started=tuple(rows),
        parameters=Parameters(horizon_s=7200, redispatch=((1, (5,)), (2, (4, 5)), (3, (5,)))),
        sha256="0" * 64,
    )  # fmt: skip


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
def small() -> Any:
    """seed -> problem."""
    return make


@pytest.fixture(scope="session")
def change() -> Any:
    """(problem, seed) -> the problem after one change."""
    return changed


@pytest.fixture(scope="session")
def lose() -> Any:
    """(problem, row) -> the problem without that team."""
    return without_team
