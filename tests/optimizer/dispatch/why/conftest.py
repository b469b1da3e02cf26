"""Random small problems with plans, for comparison with brute force."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from optimizer.dispatch.problem import (
    Ban,
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
)
from optimizer.units import UNREACHABLE


@pytest.fixture(scope="session")
def small_problem() -> Callable[..., DispatchProblem]:
    """seed -> at most 3 incidents, 4 tasks, 3 teams, 3 stores, quantities up to 4; lots wait for tasks x, y, z."""
    return _small_problem


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


def _small_problem(seed: int, *, scarce: bool = True) -> DispatchProblem:
    rng = np.random.default_rng(seed)
    n, m, s = int(rng.integers(1, 4)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    incidents = tuple(
        Incident(f"i{i}", "flood", int(rng.integers(1, 6)), int(rng.integers(-300, 300))) for i in range(n)
    )
    tasks = tuple(
        Task(
            f"t{j}", f"i{rng.integers(n)}", f"c{rng.integers(2)}", int(rng.integers(1, 3)), int(rng.integers(0, 900)),
            due_s=int(rng.integers(60, 900)) if rng.random() < 0.5 else None,
            latest_s=int(rng.integers(400, 3000)) if rng.random() < 0.3 else None,
        )
        for j in range(int(rng.integers(0, 5)))
    )  # fmt: skip
    teams = tuple(
        Team(
            f"k{k}", "5", tuple(c for c in ("c0", "c1") if rng.random() < 0.8), 5, "p", int(rng.integers(0, 120)),
            available_from_s=int(rng.integers(0, 400)) if rng.random() < 0.3 else 0,
            available_until_s=int(rng.integers(1500, 6000)) if rng.random() < 0.3 else None,
        )
        for k in range(m)
    )  # fmt: skip
    items = tuple(Item(f"p{p}", Decimal(2), Decimal("0.1"), bool(rng.random() < 0.5)) for p in range(2))
    demands = tuple(
        Demand(incident.id, item.id, Decimal(int(rng.integers(1, 5))))
        for incident in incidents
        for item in items
        if rng.random() < 0.6
    )
    stores = tuple(Store(f"s{i}", "town") for i in range(s))
    stock, floors = [], {}
    most = 4 if scarce else 9
    for store in stores:
        for item in items:
            for lot in range(int(rng.integers(0, 3))):
                waits = [(), (), ("x",), ("y",), ("x", "z")][int(rng.integers(5))]
                stock.append(StockLine(store.id, item.id, f"l{lot}", Decimal(int(rng.integers(0, most))), None, waits))
            if rng.random() < 0.2:
                floors[store.id, item.id] = Decimal(1)

    def times(*shape: int) -> Any:
        seconds = rng.integers(30, 2500, shape)
        seconds[rng.random(shape) < 0.1] = UNREACHABLE
        return seconds

    between = times(1, n, n)
    between[0, np.arange(n), np.arange(n)] = 0
    service = np.array([[task.service_s] * m for task in tasks], np.int64).reshape(len(tasks), m)
    started: tuple[Started, ...] = ()
    if tasks and rng.random() < 0.3:
        started = (Started("k0", tasks[0].id, "en_route", int(rng.integers(0, 500))),)
    bans = (Ban(team=teams[-1].id, task=tasks[-1].id),) if tasks and rng.random() < 0.2 else ()
    if started and bans and bans[0].team == "k0":
        bans = ()
    return DispatchProblem(
        as_of=datetime(2026, 6, 1, tzinfo=UTC),
        items=items, incidents=incidents, tasks=tasks, demands=demands, teams=teams, stores=stores,
        stock=tuple(stock), reserve_floor=floors, vehicles=(),
        travel=Travel(
            team_to_incident_s=times(m, n), incident_to_incident_s=between, team_group=np.zeros(m, np.int64),
            store_to_incident_s=times(s, n), vehicle_to_incident_s=np.zeros((0, n), np.int64),
        ),
        service_s=service, bans=bans, started=started,
        parameters=Parameters(horizon_s=3000),
        sha256="ab" * 32,
    )  # fmt: skip
