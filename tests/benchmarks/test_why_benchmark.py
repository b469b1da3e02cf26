"""The explanation at county and city scale: time of each part, against the whole solve it would otherwise take."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from optimizer.dispatch.pipeline import solve
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.why.alternatives import team_alternatives
from optimizer.dispatch.why.road_values import road_values
from optimizer.dispatch.why.sensitivity import sensitivity
from optimizer.dispatch.why.stores import store_alternatives
from optimizer.dispatch.why.task_values import ReleasedStock, task_values
from scenarios.build import five_fixed, problem_document
from scenarios.exchange.cover import covered, inhabited
from scenarios.exchange.load import LoadedProblem, to_problem
from scenarios.exchange.problem import parse_problem
from scenarios.exchange.reopened import reopened_travel
from scenarios.registry import find_scenario
from scenarios.world import World

pytestmark = pytest.mark.benchmark


def solved(name: str) -> tuple[World, LoadedProblem, Plan, float]:
    from pathlib import Path

    world = find_scenario(name).build(0)
    file = parse_problem(problem_document(world, five_fixed(world)), source=name)
    loaded = to_problem(file, folder=Path(), network=world.network, source=name)
    solve(loaded.problem)  # once for the compiler's cache
    plan, seconds = timed(lambda: solve(loaded.problem))
    return world, loaded, plan, seconds


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Processor seconds: the machine may be shared."""
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


def test_city_year() -> None:
    world, loaded, plan, solve_s = solved("city-year")
    problem, roads = loaded.problem, loaded.roads
    assert roads is not None
    team_alternatives(problem, plan)  # compiled
    stops, stops_s = timed(lambda: team_alternatives(problem, plan))
    demands, demands_s = timed(lambda: store_alternatives(problem, plan))
    travel, travel_s = timed(lambda: list(reopened_travel(problem, roads)))
    stock, stock_s = timed(lambda: ReleasedStock(problem))
    tasks, tasks_s = timed(lambda: task_values(problem, stock=stock))
    _, roads_s = timed(lambda: road_values(problem, plan, travel, stock=stock))
    _, cover_s = timed(lambda: covered(problem, plan, roads, inhabited(world.places.rows())))
    exact = sum(bool(row.exact) for row in tasks.ranked)
    names = len({task for line in problem.stock for task in line.blocked})
    print(
        f"\ncity-year: {len(stops)} stops x {len(problem.teams)} teams {stops_s:.2f} s; {len(demands)} demands "
        f"{demands_s:.2f} s; {names:,} tasks: base {stock_s:.2f} s, {tasks.solves} re-solves ({exact} of "
        f"{len(tasks.ranked)} exact, first {tasks.settled} settled) {tasks_s:.2f} s; {len(travel)} roads: times "
        f"{travel_s:.2f} s, values {roads_s:.2f} s; cover and move-ups {cover_s:.2f} s. Peer, a whole solve for each "
        f"task and road: {solve_s:.2f} s x {names + len(travel):,} = {solve_s * (names + len(travel)) / 3600:.1f} h"
    )
    assert stops_s <= 0.5
    assert stock_s + tasks_s + travel_s + roads_s <= 10


def test_county() -> None:
    world, loaded, plan, solve_s = solved("county")
    problem, roads = loaded.problem, loaded.roads
    assert roads is not None
    sensitivity(problem, plan, samples=1)
    found, seconds = timed(lambda: sensitivity(problem, plan))
    travel, travel_s = timed(lambda: list(reopened_travel(problem, roads)))
    _, cover_s = timed(lambda: covered(problem, plan, roads, inhabited(world.places.rows())))
    print(
        f"\ncounty: sensitivity over {len(found.samples)} samples {seconds:.2f} s (peer: as many whole solves "
        f"{solve_s * len(found.samples):.1f} s); times of {len(travel)} lifted closures {travel_s:.2f} s; cover and "
        f"move-ups {cover_s:.2f} s"
    )
    assert seconds <= 5
    assert travel_s <= 0.1 * len(travel)
