"""A dispatch problem small enough to reckon by hand, a good plan for it, and brute-force references.

The problem and the plan are frozen, so they are shared by all tests; a test that needs another one makes it
with `dataclasses.replace`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal as D
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

from optimizer.dispatch.plan import Level, Plan, Reason, Shipment, Status, Stop, StoppedBy, TeamOrder, Unmet
from optimizer.dispatch.problem import (
    Ban,
    Demand,
    DispatchProblem,
    Incident,
    Item,
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

INT = np.int64


@pytest.fixture(scope="session")
def problem() -> DispatchProblem:
    """Three incidents, four teams (T3 pinned, T4 under way), two stores, one of them with two vehicles.

    `as_of` is 17:30 UTC on 15 July, which is 01:30 on 16 July in Shanghai: lot L1 (good until the 15th) has
    expired, lot L2 (the 16th) has not.
    """
    tents = [StockLine("S1", "tent", "X1", D(3)), StockLine("S2", "tent", "X2", D(5))]
    water = [
        StockLine("S1", "water", "L1", D(4), date(2024, 7, 15)),
        StockLine("S1", "water", "L2", D(6), date(2024, 7, 16)),
        StockLine("S1", "water", "L3", D(10), date(2025, 1, 1)),
        StockLine("S1", "water", "L4", D(5)),
        StockLine("S1", "water", "L5", D(3), date(2025, 6, 1), ("inspect-9",)),
        StockLine("S2", "water", "M1", D(4), date(2026, 1, 1)),
    ]
    rope = [StockLine("S2", "rope", "R1", D("1.5"))]
    # rows: A1, A2, B1, B2, C1, C2; columns: T1 to T4. T2 takes longer at A1 than the task's own 1800 s.
    service = np.array([[s] * 4 for s in (1800, 900, 1200, 600, 300, 1000)], INT)
    service[0, 1] = 2000
    leg = np.array([[0, 800, 450], [800, 0, 650], [450, 650, 0]], INT)
    return DispatchProblem(
        as_of=datetime(2024, 7, 15, 17, 30, tzinfo=UTC),
        items=(
            Item("rope", D("0.1"), D("0.0005"), life_critical=False),
            Item("tent", D("12.5"), D("0.08"), life_critical=False),
            Item("water", D("0.5"), D("0.001"), life_critical=True),
        ),
        incidents=(
            Incident("I1", "flood", 5, -300),
            Incident("I2", "landslide", 3, 0),
            Incident("I3", "flood", 2, 600),
        ),
        tasks=(
            Task("A1", "I1", "rescue", 2, 1800, due_s=600, latest_s=3600),
            Task("A2", "I1", "medical", 1, 900, due_s=180),
            Task("B1", "I2", "rescue", 1, 1200),
            Task("B2", "I2", "medical", 1, 600),
            Task("C1", "I3", "pump", 2, 300),
            Task("C2", "I3", "rescue", 1, 1000, latest_s=2290),
        ),
        demands=(
            Demand("I1", "tent", D(2)),
            Demand("I1", "water", D(12)),
            Demand("I2", "rope", D("2.5")),
            Demand("I2", "water", D(10)),
            Demand("I3", "tent", D(6)),
        ),
        teams=(
            Team("T1", "county", ("medical", "rescue"), 8, "car", 60),
            Team("T2", "town", ("rescue",), 6, "truck", 90, available_until_s=3890),
            Team("T3", "town", ("medical",), 4, "car", 120, available_from_s=100),
            Team("T4", "village", (), 5, "car", 30),
        ),
        stores=(Store("S1", "county"), Store("S2", "town")),
        stock=tuple(sorted([*tents, *water, *rope], key=lambda x: (x.store, x.item, x.lot))),
        reserve_floor={("S1", "water"): D(5)},
        vehicles=(
            Vehicle("V1", "S1", D(6), D("0.012"), "truck"),
            Vehicle("V2", "S1", D(30), D("0.2"), "truck"),
        ),
        travel=Travel(
            team_to_incident_s=np.array(
                [[120, 400, 500], [210, 300, 600], [300, 700, UNREACHABLE], [100, 200, 300]], INT
            ),
            incident_to_incident_s=np.stack([leg, leg + 50 - 50 * np.eye(3, dtype=INT)]),
            team_group=np.array([0, 1, 0, 0], INT),
            store_to_incident_s=np.array([[350, 450, 550], [900, 1000, 1500]], INT),
            vehicle_to_incident_s=np.array([[400, 300, 700], [450, 350, UNREACHABLE]], INT),
            store_to_incident_m=np.array([[4500, 3500, 6500], [8000, 9000, 12000]], INT),
            vehicle_to_incident_m=np.array([[5000, 4000, 7000], [5500, 4500, 0]], INT),
        ),
        service_s=service,
        pins=(Pin("T3", "B2"),),
        bans=(Ban(team="T3", task="A2"), Ban(store="S1", incident="I3", item="tent")),
        started=(Started("T4", "B1", "en_route", 250),),
        parameters=Parameters(horizon_s=2100),
        sha256="ab" * 32,
    )


@pytest.fixture(scope="session")
def good_plan() -> Plan:
    """Reckoned by hand; every number is worked out where it stands."""
    orders = (
        TeamOrder(
            "T1",
            (
                # base 0, turnout 60, travel 120: 180 s is just within tier 3; + 1800
                Stop("I1", "A1", 60, 180, 180, 1980, 180, "3"),
                # the same incident: no turnout, no travel; + 900. Due at -300 + 180, so late
                Stop("I1", "A2", 1980, 1980, 1980, 2880, 0, "1"),
            ),
        ),
        TeamOrder(
            "T2",
            (
                # turnout 90 + travel 210 = 300: tier 5, and due at -300 + 600 = 300, not late; + 2000
                Stop("I1", "A1", 90, 300, 300, 2300, 300, "5"),
                # base 2300 (later than reported 600), + 90, + 500 in matrix 1: latest 600 + 2290 = 2890;
                # response 590; + 1000 = 3890, the end of the shift
                Stop("I3", "C2", 2390, 2890, 2890, 3890, 590, "10"),
            ),
        ),
        # free at 100, + 120, + 700; response 820: no tier; + 600
        TeamOrder("T3", (Stop("I2", "B2", 220, 920, 920, 1520, 820, None),)),
        # under way: arrives at 250, + 1200
        TeamOrder("T4", (Stop("I2", "B1", None, 250, 250, 1450, None, None),)),
    )
    shipments = (
        # V1 carries 12 x 0.5 = 6 kg and 12 x 0.001 = 0.012 m3, both to the brim; back at 800
        Shipment("s1", "S1", "I1", "water", "L2", D(6), 0, 400, "V1", 1),
        Shipment("s2", "S1", "I1", "water", "L3", D(6), 0, 400, "V1", 1),
        Shipment("s3", "S1", "I2", "water", "L3", D(4), 800, 1100, "V1", 2),
        Shipment("s4", "S1", "I1", "tent", "X1", D(2), 0, 450, "V2", 1),
        # S2 has no vehicles: at once, or when the incident is reported; s7 arrives at the horizon
        Shipment("s5", "S2", "I2", "water", "M1", D(4), 0, 1000),
        Shipment("s6", "S2", "I2", "rope", "R1", D("1.5"), 0, 1000),
        Shipment("s7", "S2", "I3", "tent", "X2", D(5), 600, 2100),
    )
    unmet = (
        Unmet("I2", D(1), Reason.NO_STOCK, {}, item="rope"),  # 2.5 - 1.5
        Unmet("I2", D(2), Reason.FIVE_FIXED, {"tasks": ["inspect-9"]}, item="water"),  # 10 - 8, L5 holds 3
        Unmet("I3", D(1), Reason.FORBIDDEN_BY_DISPATCHER, {}, item="tent"),  # S1 has one left
        Unmet("I3", D(2), Reason.NO_CAPABLE_TEAM, {}, task="C1"),
    )
    # T1: 5 x 1980 + 5 x 2880 + 5 x 600 late; T2: 5 x 2300 + 2 x 3890; T3: 3 x 1520; T4: 3 x 1450
    completion = 9900 + 14400 + 3000 + 11500 + 7780 + 4560 + 4350
    # fill: I1 both full; I2 (1.5 / 2.5 + 8 / 10) / 2 = 0.7; I3 5 / 6
    fill = (0.7, 5 / 6, 1.0)
    # pairs differ by 2/15, 3/10 and 1/6, together 0.6, each counted twice: 1.2 / (2 x 3 x (0.7 + 5/6 + 1))
    gini = 3 / 38
    # I1: water 5 x 400, tents 5 x 450; I2: water 3 x (4 x 1100 + 4 x 1000 + 2 x 2100) / 10,
    # rope 3 x (1.5 x 1000 + 1 x 2100) / 2.5; I3: 2 x (5 x 2100 + 1 x 2100) / 6
    deprivation = 2000 + 2250 + 3780 + 4320 + 4200
    # out and back 2 x (V1 5000 + 4000, V2 5500, S2 9000 + 12000); 5 trips; 2 stores
    cost = 71000 + 5 * 1000 + 2 * 2000
    levels = (
        Level("unserved", 4, 4, 0.0, 4),  # 2 pump teams at severity 2
        Level("critical_unmet", 0.6, 0.6, 0.0, 0.6),  # water at I2: 3 x 2 / 10
        Level("completion", completion, 50000.0, 5490 / 55490, 60000.0),
        Level("other_unmet", 23 / 15, 23 / 15, 0.0, 23 / 15),  # rope 3 x 1 / 2.5, tents 2 x 1 / 6
        Level("fairness", fill, fill, 0.0, fill, gini, gini),
        Level("deprivation", deprivation, None, None, 17000.0),
        Level("cost", cost, 80000.0, 0.0, 90000.0),
    )
    assert completion == 55490
    return Plan(
        problem_sha256="ab" * 32,
        status=Status.FEASIBLE,
        seed=0,
        limits={},
        stopped_by=StoppedBy.WORK,
        levels=levels,
        team_orders=orders,
        shipments=shipments,
        unmet=unmet,
    )


@pytest.fixture(scope="session")
def brute_force_teams() -> Callable[[DispatchProblem], tuple[int, int] | None]:
    """A function: problem -> (unserved, completion), the lexicographic optimum of levels 1 and 3, or None
    where pins cannot be kept. For at most 5 tasks and 3 teams; independent of the models and of the checker.

    It enumerates every order of every set of tasks for each team, then every combination of such sets.
    """
    return _best_teams


@pytest.fixture(scope="session")
def brute_force_supplies() -> Callable[[DispatchProblem], dict[str, Any]]:
    """A function: problem -> {level: value}, the lexicographic optimum of critical_unmet, other_unmet,
    fairness (a tuple) and deprivation, in the problem's own order of levels, as exact fractions; cost is left out.
    For at most 3 stores without vehicles, 3 incidents, quantities up to 4 (ValueError for vehicles or broken
    units); independent of the models and of the checker.

    It enumerates every flow in whole units per item, then every combination of deliveries.
    """
    return _best_supplies


def _tour(problem: DispatchProblem, row: int, tour: tuple[int, ...]) -> int | None:
    """Level-3 value of a team serving these tasks in this order; None where a rule is broken."""
    team, travel = problem.teams[row], problem.travel
    free, here, total = max(0, team.available_from_s), None, 0
    under_way = next((s for s in problem.started if s.team == team.id), None)
    if under_way and (not tour or problem.tasks[tour[0]].id != under_way.task):
        return None
    for position, t in enumerate(tour):
        task = problem.tasks[t]
        there = next(n for n, i in enumerate(problem.incidents) if i.id == task.incident)
        incident = problem.incidents[there]
        if under_way and position == 0:
            arrive = under_way.arrives_s
            free = max(0, arrive + int(problem.service_s[t, row]))
        else:
            if task.capability not in team.capabilities or Ban(team.id, task.id) in problem.bans:
                return None
            arrive = max(free, incident.reported_s, 0)
            if here != there:
                between = travel.incident_to_incident_s[travel.team_group[row]]
                legs = travel.team_to_incident_s[row] if here is None else between[here]
                arrive += team.turnout_s + int(legs[there])
            free = arrive + int(problem.service_s[t, row])
            late = task.latest_s is not None and arrive - incident.reported_s > task.latest_s
            over = team.available_until_s is not None and free > team.available_until_s
            if arrive >= UNREACHABLE or late or over:
                return None
        here = there
        due = task.due_s is not None and arrive - incident.reported_s > task.due_s
        total += incident.severity * (free + (problem.parameters.due_penalty_s if due else 0))
    return total


def _best_teams(problem: DispatchProblem) -> tuple[int, int] | None:
    tasks = range(len(problem.tasks))
    severity = {i.id: i.severity for i in problem.incidents}
    room = [max(task.teams_needed, sum(s.task == task.id for s in problem.started)) for task in problem.tasks]
    choices: list[dict[frozenset[int], int]] = []  # per team: set of tasks -> least value
    for row, team in enumerate(problem.teams):
        pinned = {t for t in tasks if any(p == Pin(team.id, problem.tasks[t].id) for p in problem.pins)}
        best: dict[frozenset[int], int] = {}
        for count in range(len(problem.tasks) + 1):
            for tour in permutations(tasks, count):
                value = _tour(problem, row, tour) if pinned <= set(tour) else None
                if value is not None:
                    best[frozenset(tour)] = min(value, best.get(frozenset(tour), value))
        choices.append(best)
    found: list[tuple[int, int]] = []
    for combination in product(*(best.items() for best in choices)):
        provided = [sum(t in served for served, _ in combination) for t in tasks]
        if all(provided[t] <= room[t] for t in tasks):
            missing = [max(0, problem.tasks[t].teams_needed - provided[t]) for t in tasks]
            unserved = sum(severity[problem.tasks[t].incident] * missing[t] for t in tasks)
            found.append((unserved, sum(value for _, value in combination)))
    return min(found, default=None)


def _best_supplies(problem: DispatchProblem) -> dict[str, Any]:
    quantities = [line.quantity for line in problem.stock] + [d.quantity for d in problem.demands]
    if problem.vehicles or any(q % 1 for q in [*quantities, *problem.reserve_floor.values()]):
        raise ValueError("for stores without vehicles and whole units only")
    severity = {i.id: i.severity for i in problem.incidents}
    wanted: dict[str, list[Demand]] = {}
    for demand in problem.demands:
        wanted.setdefault(demand.item, []).append(demand)
    # per item: units delivered to each of its demands -> least deprivation of doing so
    choices = [_deliveries(problem, item, demands) for item, demands in wanted.items()]
    critical = {item.id for item in problem.items if item.life_critical}
    order = [n for n in problem.parameters.levels if n not in ("unserved", "completion", "cost")]
    best: tuple[tuple[Any, ...], dict[str, Any]] | None = None
    for combination in product(*(choice.items() for choice in choices)):
        value: dict[str, Any] = dict.fromkeys(order, Fraction(0))
        fill: dict[str, list[Fraction]] = {}
        for demands, (delivered, deprivation) in zip(wanted.values(), combination, strict=True):
            value["deprivation"] += deprivation
            for demand, units in zip(demands, delivered, strict=True):
                share = Fraction(units) / Fraction(demand.quantity)
                name = "critical_unmet" if demand.item in critical else "other_unmet"
                value[name] += severity[demand.incident] * (1 - share)
                fill.setdefault(demand.incident, []).append(share)
        value["fairness"] = tuple(sorted(sum(shares) / len(shares) for shares in fill.values()))
        key = tuple(tuple(-x for x in value[n]) if n == "fairness" else value[n] for n in order)
        if best is None or key < best[0]:
            best = (key, value)
    assert best is not None
    return best[1]


def _deliveries(problem: DispatchProblem, item: str, demands: list[Demand]) -> dict[tuple[int, ...], Fraction]:
    today = (problem.as_of.timestamp() + 8 * 3600) // 86400  # the day in Shanghai
    horizon = problem.parameters.horizon_s
    incidents = {i.id: (n, i) for n, i in enumerate(problem.incidents)}
    best = {(0,) * len(demands): Fraction(0)}
    for row, store in enumerate(problem.stores):
        stock = -int(problem.reserve_floor.get((store.id, item), 0))
        for line in problem.stock:
            if (line.store, line.item) == (store.id, item) and not line.blocked:
                good = line.expires is None or (line.expires - date(1970, 1, 1)).days >= today
                stock += int(line.quantity) * good
        each, seconds = [], []  # most units to each demand, and severity-seconds of one unit
        for demand in demands:
            column, incident = incidents[demand.incident]
            arrive = max(0, incident.reported_s) + int(problem.travel.store_to_incident_s[row, column])
            bans = {Ban(None, None, store.id, incident.id), Ban(None, None, store.id, incident.id, item)}
            closed = arrive > horizon or not bans.isdisjoint(problem.bans)
            each.append(range(1) if closed else range(int(demand.quantity) + 1))
            seconds.append(Fraction(incident.severity * arrive) / Fraction(demand.quantity))
        flows = [flow for flow in product(*each) if sum(flow) <= max(0, stock)]
        after: dict[tuple[int, ...], Fraction] = {}
        for (before, value), flow in product(best.items(), flows):
            total = tuple(a + b for a, b in zip(before, flow, strict=True))
            if all(t <= d.quantity for t, d in zip(total, demands, strict=True)):
                cost = value + sum((s * n for s, n in zip(seconds, flow, strict=True)), Fraction(0))
                after[total] = min(cost, after.get(total, cost))
        best = after
    late = [incidents[d.incident][1].severity * horizon / Fraction(d.quantity) for d in demands]
    return {
        total: value + sum(r * (int(d.quantity) - n) for r, d, n in zip(late, demands, total, strict=True))
        for total, value in best.items()
    }
