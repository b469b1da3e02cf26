"""What it costs to measure the legs of a plan with a road that closes on the way; nothing where none does."""

import time
from collections import Counter
from datetime import timedelta

import pytest

from optimizer.network.closures import Closure
from scenarios.exchange.change import with_closures
from scenarios.exchange.foreseen import foresee

pytestmark = pytest.mark.benchmark

LIMITS_S = {"county": 0.5, "city-year": 2.0}  # process time, three main roads closed in turn: the longest
UNCHANGED_S = 0.001


@pytest.mark.parametrize("name", LIMITS_S)
def test_legs_are_measured_in_a_moment_and_only_where_a_road_changes(name: str) -> None:
    from api.usecases import open_world
    from optimizer.dispatch.pipeline import solve
    from scenarios.registry import find_scenario

    loaded = open_world(find_scenario(name).build(0)).loaded
    assert loaded.roads is not None
    plan, problem, network = solve(loaded.problem), loaded.problem, loaded.roads.network
    began = time.process_time()
    assert foresee(problem, plan, loaded.roads) is None
    unchanged = time.process_time() - began
    roads = Counter(network.names[code] for code in network.name.tolist() if network.names[code]).most_common(3)
    longest = 0.0
    for number, (road, edges) in enumerate(roads):
        closes = Closure(id=f"X{number}", road_name=road, from_=problem.as_of + timedelta(minutes=15))
        changed = with_closures(loaded, (*loaded.roads.closures, closes))
        assert changed.roads is not None
        spent = []
        for _ in range(3):
            began = time.process_time()
            seen = foresee(changed.problem, plan, changed.roads)
            spent.append(time.process_time() - began)
        assert seen is not None
        assert seen.late
        longest = max(longest, min(spent))
        print(f"\n{name}, {edges} edges close: {seen.legs} legs, {len(seen.late)} late, {min(spent):.2f} s of one core")
    print(f"{name}, no closure changes: {unchanged * 1e6:.0f} µs")
    assert longest <= LIMITS_S[name]
    assert unchanged <= UNCHANGED_S
