"""The schedule of a snapshot: optimal on small ones, least change among equals, nothing hidden by long queues."""

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optimizer.simulation import replan
from optimizer.simulation.replan import _consistent, schedule_snapshot


def snapshot(seed: int, n: int, m: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    place, base = rng.uniform(0, 1800, (n, 2)), rng.uniform(0, 1800, (m, 2))
    between = np.sqrt(((place[:, None] - place[None]) ** 2).sum(-1)).astype(np.int64)
    eligible = rng.random((n, m)) < 0.7
    eligible[:, 0] = True
    return {
        "severity": rng.integers(1, 6, n),
        "expected_s": rng.integers(300, 2400, n),
        "latest_s": np.full(n, 1 << 40),
        "due_s": rng.integers(300, 2400, n),
        "free_s": rng.integers(0, 2, m) * rng.integers(0, 1800, m),
        "first_s": np.sqrt(((base[:, None] - place[None]) ** 2).sum(-1)).astype(np.int64),
        "between_s": between[None],
        "group": np.zeros(m, np.int64),
        "eligible": eligible,
        "begun": np.full(n, -1),
        "penalty_s": 600,
        "seed": seed,
    }


def cost(case: dict[str, Any], plan: list[list[int]]) -> int:
    total = 0
    for team, stops in enumerate(plan):
        now, place = int(case["free_s"][team]), None
        for call in stops:
            assert case["eligible"][call, team]
            arrive = now + int(case["first_s"][team, call] if place is None else case["between_s"][0, place, call])
            now, place = arrive + int(case["expected_s"][call]), call
            late = case["penalty_s"] if arrive > case["due_s"][call] else 0
            total += int(case["severity"][call]) * (now + late)
    return total


def in_time(case: dict[str, Any], plan: list[list[int]]) -> bool:
    for team, stops in enumerate(plan):
        now, place = int(case["free_s"][team]), None
        for call in stops:
            now += int(case["first_s"][team, call] if place is None else case["between_s"][0, place, call])
            if now > case["latest_s"][call]:
                return False
            now, place = now + int(case["expected_s"][call]), call
    return True


def best(case: dict[str, Any]) -> int:
    n, m = case["eligible"].shape
    found = None
    for teams in product(range(m), repeat=n):
        if not all(case["eligible"][call, team] for call, team in enumerate(teams)):
            continue
        total = 0
        for team in range(m):
            own = [call for call in range(n) if teams[call] == team]
            options = []
            for order in permutations(own):
                plan: list[list[int]] = [[] for _ in range(m)]
                plan[team] = list(order)
                options.append(cost(case, plan))
            total += min(options)
        found = total if found is None else min(found, total)
    assert found is not None
    return found


@example(seed=28, n=4, m=3)  # annealing was 7.8 % off here
@example(seed=85, n=2, m=3)  # and 9.2 % here
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 4), m=st.integers(1, 3))
def test_a_small_snapshot_is_scheduled_at_the_optimum_and_every_call_once(seed: int, n: int, m: int) -> None:
    case = snapshot(seed, n, m)
    plan = schedule_snapshot(**case)
    assert sorted(call for stops in plan for call in stops) == list(range(n))
    assert cost(case, plan) == best(case)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 4), m=st.integers(1, 3))
def test_of_calls_that_cannot_all_be_reached_in_time_the_gravest_are_served(seed: int, n: int, m: int) -> None:
    case = snapshot(seed, n, m)
    case["latest_s"] = np.random.default_rng(seed).integers(300, 2400, n)
    plan = schedule_snapshot(**case)
    served = {call for stops in plan for call in stops}
    assert in_time(case, plan)
    most = 0
    for teams in product(range(-1, m), repeat=n):  # -1: left out
        if all(team < 0 or case["eligible"][call, team] for call, team in enumerate(teams)):
            chosen = [[[*order] for order in permutations(np.flatnonzero(np.array(teams) == k))] for k in range(m)]
            if any(in_time(case, list(way)) for way in product(*chosen)):
                most = max(most, sum(int(case["severity"][call]) for call in range(n) if teams[call] >= 0))
    assert sum(int(case["severity"][call]) for call in served) == most


def test_annealing_comes_close_to_the_optimum_of_more_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [snapshot(seed, n=7, m=3) for seed in range(30)]
    exact = np.array([cost(case, schedule_snapshot(**case)) for case in cases])
    monkeypatch.setattr(replan, "CALLS", 0)
    annealed = np.array([cost(case, schedule_snapshot(**case)) for case in cases])
    assert (annealed >= exact).all()
    assert (annealed / exact).mean() < 1.005
    assert (annealed / exact).max() < 1.1


def test_a_call_begun_stays_with_its_team_where_another_would_be_no_better() -> None:
    case = snapshot(0, 1, 2) | {"eligible": np.ones((1, 2), bool), "free_s": np.zeros(2, np.int64)}
    case["first_s"] = np.full((2, 1), 500)
    assert schedule_snapshot(**case) == [[0], []]
    assert schedule_snapshot(**case | {"begun": np.array([1])}) == [[], [0]]
    case |= snapshot(0, 2, 2) | {"eligible": np.ones((2, 2), bool), "free_s": np.zeros(2, np.int64)}
    case["severity"], case["expected_s"], case["first_s"] = np.full(2, 3), np.full(2, 900), np.full((2, 2), 500)
    assert schedule_snapshot(**case | {"begun": np.array([1, 0])}) == [[1], [0]]
    assert schedule_snapshot(**case | {"begun": np.array([0, 1])}) == [[0], [1]]


def test_a_plan_that_leaves_a_team_on_its_way_without_a_stop_changes_nothing_for_it() -> None:
    # team 0 is on its way to call 7 and gets nothing; team 1, on its way to 8, was to take 7; team 2 was to take 8
    assert _consistent({1: 7, 2: 8}, {0: 7, 1: 8}) == []
    # team 0 is really redirected to 9, so team 1 may take 7
    assert _consistent({0: 9, 1: 7}, {0: 7}) == [(0, 9), (1, 7)]


def test_a_long_queue_for_one_capability_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replan, "MOST", 4)

    class Calls:
        severity = np.array([5] * 10 + [1])
        reported_s = np.arange(11)
        capability = np.array([0] * 10 + [1])

    class State:
        calls, waiting = Calls, range(11)

    assert replan._first(State) == [0, 1, 2, 10]  # type: ignore[arg-type]
