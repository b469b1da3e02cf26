"""Re-plans after one change on `city-year`, a quarter of an hour into its plan: ten each of a new incident, a closure,
a team lost and a stock count corrected."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimizer.dispatch.check import check
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import DispatchProblem, StockLine
from optimizer.dispatch.replanning import Replanned, advance, basis_of, replan
from optimizer.network.closures import Closure
from scenarios.exchange.change import with_closures, with_incident
from scenarios.exchange.load import LoadedProblem, nothing_thrown_away

pytestmark = pytest.mark.benchmark

EACH = 10
AT_S = 900
LIMIT_S = 0.2
SHA = "0" * 64
Change = Callable[[LoadedProblem, int], LoadedProblem]


@pytest.fixture(scope="module")
def city() -> tuple[LoadedProblem, Replanned]:
    """The problem a quarter of an hour into its plan, and the plan that runs then, with its basis."""
    from api.usecases import open_world
    from scenarios.registry import find_scenario

    loaded = open_world(find_scenario("city-year").build(0)).loaded
    plan = solve(loaded.problem, limits=SolveLimits(iterations=100_000))
    seen = advance(loaded.problem, plan, at_s=AT_S)
    later = replace(loaded, problem=seen.problem)
    running = replan(seen.problem, seen.remaining, running_sha256=SHA, basis=basis_of(seen.problem))
    SHIPPED.update(number_of(row) for row in running.plan.shipments)
    return later, running


SHIPPED: set[tuple[str, str, str]] = set()  # lots that the running plan takes from


def number_of(line: StockLine | Shipment) -> tuple[str, str, str]:
    return line.store, line.item, line.lot


def new_incident(loaded: LoadedProblem, number: int) -> LoadedProblem:
    """A little way off one that is there, with the same tasks and needs, reported now."""
    problem = loaded.problem
    like = problem.incidents[number * 11 % len(problem.incidents)]
    assert like.lat is not None
    name = f"X{number}"
    incident = replace(like, id=name, lat=like.lat + 0.004, reported_s=0)
    tasks = [replace(one, id=f"{name}-{one.id}", incident=name) for one in problem.tasks if one.incident == like.id]
    demands = [replace(one, incident=name) for one in problem.demands if one.incident == like.id]
    return with_incident(loaded, incident, tasks=tasks, demands=demands)


def closure(loaded: LoadedProblem, number: int) -> LoadedProblem:
    """A named road is shut."""
    assert loaded.roads is not None
    names = [name for name in loaded.roads.network.names if name]
    shut = Closure(id=f"X{number}", road_name=names[number * 7 % len(names)])
    return with_closures(loaded, (*loaded.roads.closures, shut))


def team_lost(loaded: LoadedProblem, number: int) -> LoadedProblem:
    """One that is on its way: somebody else must go."""
    problem, travel = loaded.problem, loaded.problem.travel
    going = [one.team for one in problem.started if one.state == "en_route"]
    team = going[number * 37 % len(going)]
    row = problem.team_index[team]
    ways = travel.en_route_to_incident_s
    changed = replace(
        problem,
        teams=problem.teams[:row] + problem.teams[row + 1 :],
        travel=replace(
            travel,
            team_to_incident_s=np.delete(travel.team_to_incident_s, row, 0),
            team_group=np.delete(travel.team_group, row),
            en_route_to_incident_s=None if ways is None else np.delete(ways, row, 0),
        ),
        service_s=np.delete(problem.service_s, row, 1),
        started=tuple(one for one in problem.started if one.team != team),
    )
    return replace(loaded, problem=changed)


def stock_corrected(loaded: LoadedProblem, number: int) -> LoadedProblem:
    """Half of a lot from which something is still to leave is not there."""
    problem = loaded.problem
    rows = [row for row, line in enumerate(problem.stock) if line.quantity > 1 and number_of(line) in SHIPPED]
    row = rows[number * 997 % len(rows)]
    line = replace(problem.stock[row], quantity=problem.stock[row].quantity // 2)
    return replace(loaded, problem=replace(problem, stock=(*problem.stock[:row], line, *problem.stock[row + 1 :])))


@pytest.mark.parametrize("what", [new_incident, closure, team_lost, stock_corrected])
def test_one_kind_of_change(what: Change, city: tuple[LoadedProblem, Replanned]) -> None:
    measured, planned, _ = changes(what, city)
    print(f"\n{what.__name__}: re-plan {shown(planned)}; the change measured {shown(measured)}")


def test_a_replan_after_one_change_takes_200_ms(city: tuple[LoadedProblem, Replanned]) -> None:
    planned, moved = [], []
    for what in (new_incident, closure, team_lost, stock_corrected):
        _, seconds, changed = changes(what, city)
        planned += seconds
        moved += changed
    print(
        f"\n{len(planned)} changes: re-plan {shown(planned)}; {np.median(moved):.0f} changes of the plan in the middle"
    )
    assert np.percentile(planned, 95) <= LIMIT_S


def changes(what: Change, city: tuple[LoadedProblem, Replanned]) -> tuple[list[float], list[float], list[int]]:
    """Seconds to change the problem, seconds to re-plan, and how much that changed the plan."""
    loaded, running = city
    frozen = on_scene(loaded.problem)
    measured, planned, moved = [], [], []
    for number in range(EACH):
        began = time.perf_counter()
        changed = what(loaded, number)
        between = time.perf_counter()
        with nothing_thrown_away():  # as the product does
            done = replan(changed.problem, running.plan, running_sha256=SHA, basis=running.basis)
        measured.append(between - began)
        planned.append(time.perf_counter() - between)
        assert check(changed.problem, done.plan) == ()
        first = {order.team: order.stops[0].task for order in done.plan.team_orders}
        assert all(first[team] == task for team, task in frozen)
        assert done.plan.replans is not None
        moved.append(done.plan.replans.changes)
    return measured, planned, moved


def on_scene(problem: DispatchProblem) -> list[tuple[str, str]]:
    return [(one.team, one.task) for one in problem.started if one.state == "on_scene"]


def shown(seconds: list[float]) -> str:
    return f"median {1000 * np.median(seconds):.0f} ms, p95 {1000 * np.percentile(seconds, 95):.0f} ms"
