"""Builders of small dispatch problems: one from the parts that matter, and random families of them.

Each fixture is a function, so that a test says what it needs; problems are frozen and `dataclasses.replace` changes
them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
import pytest

from optimizer.dispatch.coupling import settle
from optimizer.dispatch.equipment import Shelves
from optimizer.dispatch.problem import (
    Ban,
    Demand,
    DispatchProblem,
    Incident,
    Item,
    Need,
    Parameters,
    Pin,
    Started,
    StockLine,
    Store,
    Task,
    Team,
    Travel,
    Vehicle,
)
from optimizer.units import UNREACHABLE

Build = Callable[..., DispatchProblem]
INT = np.int64


def built(
    *,
    base: Any = None,
    between: Any = None,
    ways: Any = None,
    metres: Any = None,
    moving: Any = None,
    service: Any = None,
    **parts: Any,
) -> DispatchProblem:
    """A problem from the parts that matter; what is not named is empty, and vehicles travel as their store's goods and,
    from incident to incident, as teams.

    Seconds from teams (`base`), between incidents (`between`), from stores (`ways`; in metres `metres`) and of teams
    on their way (`moving`); `service` by task and team, else that of the task.
    """
    parts = {"items": (), "incidents": (), "tasks": (), "demands": (), "teams": (), "stores": (), "stock": (),
             "reserve_floor": {}, "vehicles": (), "sha256": "0" * 64, **parts}  # fmt: skip
    n, m, tasks = len(parts["incidents"]), len(parts["teams"]), parts["tasks"]

    def matrix(value: Any, rows: int) -> Any:
        return np.zeros((rows, n), INT) if value is None else np.asarray(value, INT).reshape(rows, n)

    stores = [store.id for store in parts["stores"]]
    of_store = [stores.index(vehicle.store) for vehicle in parts["vehicles"]]
    to_incident = matrix(ways, len(stores))
    by_metres = None if metres is None else matrix(metres, len(stores))
    legs = np.zeros((1, n, n), INT) if between is None else np.asarray(between, INT).reshape(-1, n, n)
    if service is None:
        service = np.array([[task.service_s] * m for task in tasks], INT).reshape(len(tasks), m)
    travel = Travel(
        team_to_incident_s=matrix(base, m),
        incident_to_incident_s=legs,
        team_group=np.zeros(m, INT),
        store_to_incident_s=to_incident,
        vehicle_to_incident_s=to_incident[of_store].reshape(len(of_store), n),
        store_to_incident_m=by_metres,
        vehicle_to_incident_m=None if by_metres is None else by_metres[of_store].reshape(len(of_store), n),
        en_route_to_incident_s=None if moving is None else matrix(moving, m),
        vehicle_between_s=None if between is None else (legs if legs.ndim == 3 else legs[None]).copy(),
        vehicle_between_m=None
        if between is None or metres is None
        else (legs if legs.ndim == 3 else legs[None]).copy(),
        vehicle_group=np.zeros(len(of_store), INT),
    )
    whole = {"as_of": datetime(2026, 6, 1, tzinfo=UTC), "travel": travel, "service_s": service, **parts}
    return DispatchProblem(**whole)


def flooded(
    *, tasks: tuple[Task, ...], teams: tuple[Team, ...], stock: tuple[tuple[str, str, int], ...] = (), **changes: Any
) -> DispatchProblem:
    """Two incidents 300 s apart; bases 100 s, 200 s, 300 s … from the first; stores 900 s and 1,500 s away."""
    problem = built(
        items=(Item("boat", D(100), D(1), False), Item("pump", D(20), D("0.1"), False)),
        incidents=(Incident("a", "flood", 5, 0), Incident("b", "flood", 3, 0)),
        tasks=tasks,
        teams=teams,
        stores=(Store("s0", "town"), Store("s1", "county")),
        stock=tuple(sorted((StockLine(s, i, "l", D(q)) for s, i, q in stock), key=lambda x: (x.store, x.item))),
        base=[[100 * (k + 1), 100 * (k + 1) + 250] for k in range(len(teams))],
        between=[[0, 300], [300, 0]],
        ways=[[900, 950], [1500, 1400]],
        parameters=Parameters(horizon_s=20_000),
    )
    return replace(problem, **changes)


def coupled(seed: int) -> DispatchProblem:
    """At most 3 tasks, 3 teams: small enough to enumerate; tools in two stores, some with vans, some blocked."""
    rng = np.random.default_rng(seed)
    tasks = tuple(
        Task(
            f"t{j}", "ab"[int(rng.integers(2))], "water", int(rng.integers(1, 3)), int(rng.integers(60, 900)),
            latest_s=int(rng.integers(200, 2000)) if rng.random() < 0.2 else None,
            equipment=tuple(
                Need(item, D(int(rng.integers(1, 3)))) for item in ("boat", "pump") if rng.random() < 0.4
            ),
            synchronised=j == 0 or bool(rng.random() < 0.5),
        )
        for j in range(int(rng.integers(1, 4)))
    )  # fmt: skip
    teams = tuple(
        Team(
            f"k{k}", "5", ("water",) if rng.random() < 0.9 else (), 6, "car", int(rng.integers(0, 100)),
            available_from_s=int(rng.integers(0, 500)) if rng.random() < 0.3 else 0,
            available_until_s=int(rng.integers(1000, 6000)) if rng.random() < 0.2 else None,
            carries=tuple(item for item in ("boat", "pump") if rng.random() < 0.2),
            store=[None, "s0", "s1"][int(rng.integers(3))],
        )
        for k in range(int(rng.integers(1, 4)))
    )  # fmt: skip
    stock = tuple(
        StockLine(store, item, f"l{lot}", D(int(rng.integers(0, 3))), None, ("late",) if rng.random() < 0.2 else ())
        for store in ("s0", "s1")
        for item in ("boat", "pump")
        for lot in range(2)
    )
    vehicles = tuple(
        Vehicle(f"v{v}", f"s{rng.integers(2)}", D(int(rng.integers(80, 400))), D(2), "car", int(rng.integers(0, 600)))
        for v in range(int(rng.integers(0, 3)))
    )
    demands = tuple(
        Demand(i, item, D(int(rng.integers(1, 4)))) for i in "ab" for item in ("boat", "pump") if rng.random() < 0.4
    )
    problem = flooded(tasks=tasks, teams=teams, demands=demands, vehicles=vehicles)
    started = ()
    if rng.random() < 0.2:
        started = (Started("k0", "t0", "en_route" if rng.random() < 0.5 else "on_scene", 0),)
    bans = (Ban(store="s0", incident="a", item="boat"),) if rng.random() < 0.2 else ()
    return replace(
        problem,
        stock=stock,
        started=started,
        bans=bans,
        reserve_floor={("s0", "boat"): D(1)} if rng.random() < 0.3 else {},
        travel=replace(
            problem.travel,
            team_to_incident_s=rng.integers(60, 900, (len(teams), 2)).astype(INT),
            vehicle_to_incident_s=rng.integers(200, 1500, (len(vehicles), 2)).astype(INT),
            vehicle_group=np.zeros(len(vehicles), INT),
        ),
    )


def best_settled(problem: DispatchProblem) -> tuple[Any, ...]:
    """The best settled schedule of all assignments and orders."""
    held = {(one.team, one.task) for one in problem.started}
    able = [
        [
            k
            for k, row in enumerate(problem.teams)
            if task.capability in row.capabilities and (row.id, task.id) not in held
        ]
        for task in problem.tasks
    ]  # fmt: skip
    need = [task.teams_needed - sum(one.task == task.id for one in problem.started) for task in problem.tasks]
    choices = [
        [group for size in range(max(0, n) + 1) for group in combinations(teams, size)]
        for teams, n in zip(able, need, strict=True)
    ]
    best, shelves = None, Shelves(problem)
    for groups in product(*choices):
        rows = [[j for j, group in enumerate(groups) if k in group] for k in range(len(problem.teams))]
        for order in product(*(permutations(row) for row in rows)):
            value = settle(problem, order, shelves).rank(problem)
            best = value if best is None or value < best else best
    assert best is not None
    return best


def random_of(
    seed: int, *, vehicles: bool = False, tight: bool = False, waits: bool = False, scarce: bool = True
) -> DispatchProblem:
    """At most 3 incidents, 4 tasks, 3 teams, 3 stores, quantities up to 4: small enough to enumerate.

    `tight`: more limits of time; `waits`: lots wait for tasks x, y, z, nobody is pinned, ways are longer; not
    `scarce`: twice the stock.
    """
    rng = np.random.default_rng(seed)
    limited = 0.7 if tight else 0.2
    n, m, s = int(rng.integers(1, 4)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    incidents = tuple(
        Incident(f"i{i}", "flood", int(rng.integers(1, 6)), int(rng.integers(-300, 300))) for i in range(n)
    )
    tasks = tuple(
        Task(
            f"t{j}", f"i{rng.integers(n)}", f"c{rng.integers(2)}", int(rng.integers(1, 3)), int(rng.integers(0, 900)),
            due_s=int(rng.integers(60, 900)) if rng.random() < 0.5 else None,
            latest_s=int(rng.integers(200, 3000 if waits else 1500)) if rng.random() < limited else None,
        )
        for j in range(int(rng.integers(0, 5)))
    )  # fmt: skip
    teams = tuple(
        Team(
            f"k{k}", "5", tuple(c for c in ("c0", "c1") if rng.random() < 0.7), 5, "p", int(rng.integers(0, 120)),
            available_from_s=int(rng.integers(0, 400)) if rng.random() < 0.3 else 0,
            available_until_s=int(rng.integers(500, 6000 if waits else 4000)) if rng.random() < limited else None,
        )
        for k in range(m)
    )  # fmt: skip
    items = tuple(Item(f"p{p}", D(2), D("0.1"), bool(rng.random() < 0.5)) for p in range(2))
    demands = tuple(
        Demand(incident.id, item.id, D(int(rng.integers(1, 5))))
        for incident in incidents
        for item in items
        if rng.random() < 0.7
    )
    stores = tuple(Store(f"s{i}", "town") for i in range(s))
    stock, floors = [], {}
    for store in stores:
        for item in items:
            for lot in range(int(rng.integers(0, 3))):
                expires = [None, date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)][int(rng.integers(4))]
                blocked: tuple[str, ...] = ("overdue",) if rng.random() < 0.2 else ()
                if waits:
                    blocked = [(), (), ("x",), ("y",), ("x", "z")][int(rng.integers(5))]
                quantity = D(int(rng.integers(0, 4 if scarce else 9)))
                stock.append(StockLine(store.id, item.id, f"l{lot}", quantity, expires, blocked))
            if rng.random() < 0.3:
                floors[store.id, item.id] = D(1)

    def far(*shape: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        times = rng.integers(30 if waits else 0, 2500 if waits else 900, shape)
        times[rng.random(shape) < 0.1] = UNREACHABLE
        return times.astype(INT)

    fleet = tuple(
        Vehicle(f"v{v}", stores[int(rng.integers(s))].id, D(int(rng.integers(1, 6))), D("0.35"), "p")
        for v in range(int(rng.integers(0, 4)) if vehicles else 0)
    )
    between = far(1, n, n)
    between[0, np.arange(n), np.arange(n)] = 0
    to_store = far(s, n)
    bans = []
    if rng.random() < 0.3:
        bans.append(Ban(store="s0", incident="i0", item=None if rng.random() < 0.5 else "p0"))
    if tasks and rng.random() < 0.3:
        bans.append(Ban(team="k0", task=tasks[0].id))
    started = ()
    if tasks and rng.random() < 0.3:
        started = (Started("k0", tasks[-1].id, "en_route", int(rng.integers(0, 500))),)
    pins = (Pin(f"k{m - 1}", tasks[0].id),) if tasks and rng.random() < 0.2 and not waits else ()
    return built(
        items=items, incidents=incidents, tasks=tasks, demands=demands, teams=teams, stores=stores, stock=tuple(stock),
        reserve_floor=floors, vehicles=fleet, base=far(m, n), between=between, ways=to_store, pins=pins,
        bans=tuple(bans), started=started, parameters=Parameters(horizon_s=3000),
    )  # fmt: skip


def started_of(seed: int, *, started: bool = True) -> DispatchProblem:
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
    items = (Item("p0", D(2), D("0.1"), True), Item("p1", D(1), D("0.1"), False))
    demands = tuple(
        Demand(one.id, item.id, D(int(rng.integers(1, 9))))
        for one in incidents for item in items if rng.random() < 0.7
    )  # fmt: skip
    stock = tuple(
        StockLine(f"s{s}", f"p{p}", f"l{lot}", D(int(rng.integers(0, 7))))
        for s in range(2) for p in range(2) for lot in range(2)
    )  # fmt: skip

    def far(*shape: int) -> Any:
        return rng.integers(60, 1200, shape).astype(INT)

    between = far(1, n, n)
    between[0, np.arange(n), np.arange(n)] = 0
    rows, ways = [], np.full((m, n), UNREACHABLE, INT)
    for k in range(m if started else 0):
        if rng.random() < 0.5:
            task = tasks[int(rng.integers(len(tasks)))]
            state = "on_scene" if rng.random() < 0.4 else "en_route"
            at = -int(rng.integers(0, 300)) if state == "on_scene" else int(rng.integers(1, 900))
            rows.append(Started(f"k{k}", task.id, state, at))  # type: ignore[arg-type]
            if state == "en_route":
                ways[k] = far(n)
    store = far(2, n)
    return built(
        items=items, incidents=incidents, tasks=tasks, demands=demands, teams=teams,
        stores=(Store("s0", "town"), Store("s1", "town")), stock=stock,
        vehicles=(Vehicle("v0", "s0", D(6), D(1), "p"), Vehicle("v1", "s0", D(4), D(1), "p")),
        base=far(m, n), between=between, ways=store, moving=ways, started=tuple(rows),
        parameters=Parameters(horizon_s=7200, redispatch=((1, (5,)), (2, (4, 5)), (3, (5,)))),
    )  # fmt: skip


@pytest.fixture(scope="session")
def build() -> Build:
    return built


@pytest.fixture(scope="session")
def flood() -> Build:
    return flooded


@pytest.fixture(scope="session")
def random_problem() -> Build:
    return random_of


@pytest.fixture(scope="session")
def under_way() -> Build:
    return started_of


@pytest.fixture(scope="session")
def random_coupled() -> Build:
    return coupled


@pytest.fixture(scope="session")
def enumerated() -> Callable[[DispatchProblem], tuple[Any, ...]]:
    return best_settled
