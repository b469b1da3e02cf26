"""The team search on instances like those of the literature, small enough for every run of the tests."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from optimizer.dispatch.annealing import splitmix_state
from optimizer.dispatch.check import check
from optimizer.dispatch.kernels import with_ready
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.dispatch.plan import Level, Plan, Status, StoppedBy
from optimizer.dispatch.problem import DispatchProblem, Incident, Task, Team
from optimizer.dispatch.routes import Routes
from optimizer.dispatch.team_model import team_model
from optimizer.dispatch.teams import improve, solve_teams

Build = Callable[..., DispatchProblem]


@pytest.fixture(scope="module")
def plane(build: Build) -> Build:
    """n incidents and m bases on a plane of 1,800 s, three capabilities, service around 1,200 s (like class B)."""

    def made(n: int, m: int, seed: int, *, teams_needed: int = 1) -> DispatchProblem:
        rng = np.random.default_rng(seed)
        site, base = rng.uniform(0, 1800, (n, 2)), rng.uniform(0, 1800, (m, 2))
        service = np.rint(rng.uniform(600, 1800, (n, 1)) * rng.uniform(0.7, 1.3, (1, m))).astype(np.int64)
        return build(
            incidents=tuple(Incident(f"i{j:03d}", "flood", int(rng.integers(1, 6)), 0) for j in range(n)),
            tasks=tuple(Task(f"t{j:03d}", f"i{j:03d}", f"c{j % 3}", teams_needed, 1) for j in range(n)),
            teams=tuple(Team(f"k{k:03d}", "5", ("c0", "c1", "c2")[: 1 + k % 3], 5, "p", 60) for k in range(m)),
            base=np.ceil(np.hypot(*(base[:, None] - site[None]).T).T),
            between=np.ceil(np.hypot(*(site[:, None] - site[None]).T).T),
            service=service,
        )

    return made


def completion(plan: Plan) -> Level:
    return next(level for level in plan.levels if level.name == "completion")


@pytest.mark.parametrize("seed", range(4))
def test_two_stops_a_team_are_solved_within_a_hundredth_of_the_proven_bound(plane: Build, seed: int) -> None:
    problem = plane(24, 12, seed)
    plan = solve(problem)
    assert completion(plan).gap is not None
    assert completion(plan).gap <= 0.01  # type: ignore[operator]
    assert check(problem, plan) == ()


def test_incidents_that_need_several_teams_are_bounded_too(plane: Build) -> None:
    problem = plane(8, 14, 0, teams_needed=3)
    plan = solve(problem)
    assert completion(plan).gap is not None
    assert completion(plan).gap <= 0.02  # type: ignore[operator]
    assert check(problem, plan) == ()


def test_more_teams_than_work_is_proven_optimal(plane: Build) -> None:
    plan = solve(plane(4, 40, 1))
    assert plan.status is Status.OPTIMAL
    assert plan.stopped_by is StoppedBy.PROOF
    assert completion(plan).gap == 0


def test_an_unused_team_does_not_change_the_answer(plane: Build) -> None:
    problem = plane(10, 8, 3)
    idle = Team("k999", "5", ("nothing",), 5, "p", 60)
    travel = problem.travel
    wider = replace(
        problem,
        teams=(*problem.teams, idle),
        travel=replace(
            travel,
            team_to_incident_s=np.vstack([travel.team_to_incident_s, travel.team_to_incident_s[:1]]),
            team_group=np.append(travel.team_group, 0),
        ),
        service_s=np.hstack([problem.service_s, problem.service_s[:, :1]]),
    )
    assert solve(problem).team_orders == solve(wider).team_orders


def test_more_work_never_gives_a_worse_schedule_than_practice_or_construction(plane: Build) -> None:
    problem = plane(30, 6, 5)
    values = [completion(solve(problem, limits=SolveLimits(iterations=moves))) for moves in (0, 2_000, 60_000)]
    assert all(level.value <= level.practice for level in values)
    assert values[2].value <= values[0].value


def test_a_seed_means_the_same_numbers_everywhere() -> None:
    assert splitmix_state(7).tolist() == [7]
    assert splitmix_state(-1).tolist() == [-1]


def test_the_clock_stops_the_search_and_says_so(plane: Build) -> None:
    problem = plane(40, 10, 2)
    plan = solve(problem, limits=SolveLimits(time_limit_s=0.05))
    assert plan.stopped_by is StoppedBy.TIME
    assert check(problem, plan) == ()


def least_with_ready(problem: DispatchProblem, ready: np.ndarray, able: np.ndarray) -> int:
    """The least level 3 that serves every task once, by enumeration; services begin no sooner than `ready`."""
    tasks, teams, travel = range(len(problem.tasks)), range(len(problem.teams)), problem.travel
    cheapest: dict[tuple[int, frozenset[int]], int] = {}
    for k in teams:
        for count in range(len(tasks) + 1):
            for order in permutations(tasks, count):
                if not all(able[j, k] for j in order):
                    continue
                free, place, total = problem.teams[k].available_from_s, None, 0
                for j in order:
                    legs = travel.team_to_incident_s[k] if place is None else travel.incident_to_incident_s[0, place]
                    arrive = max(free, problem.incidents[j].reported_s) + problem.teams[k].turnout_s + int(legs[j])
                    free = max(arrive, int(ready[j, k])) + int(problem.service_s[j, k])
                    place, total = j, total + problem.incidents[j].severity * free
                key = k, frozenset(order)
                cheapest[key] = min(total, cheapest.get(key, total))
    return min(
        sum(cheapest[k, frozenset(j for j in tasks if choice[j] == k)] for k in teams)
        for choice in product(teams, repeat=len(tasks))
        if all(able[j, choice[j]] for j in tasks)
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_service_waits_for_what_it_needs_and_the_bound_holds(plane: Build, seed: int) -> None:
    problem = plane(5, 3, seed)
    rng = np.random.default_rng(seed)
    late = rng.permutation(5)[:2]
    problem = replace(
        problem,
        incidents=tuple(
            replace(incident, reported_s=int(rng.integers(0, 4000)) if index in late else 0)
            for index, incident in enumerate(problem.incidents)
        ),
    )
    model = team_model(problem)
    ready = rng.integers(0, 9000, (5, 3)) * (rng.random((5, 3)) < 0.6)
    model = replace(model, data=with_ready(model.data, ready))
    found, bound = improve(model, Routes(model), seed=0, iterations=None, deadline=None)
    best = least_with_ready(problem, ready, model.able)
    assert found.found.rank() == (0, best)
    assert bound.completion is not None
    assert bound.completion <= best
    assert bound.completion >= 0.9 * best


def test_a_warm_start_keeps_what_it_was_given_and_is_quick(plane: Build) -> None:
    problem = plane(40, 12, 1)
    model = team_model(problem)
    good = solve_teams(problem, model, seed=0, iterations=None, deadline=None)
    again = solve_teams(problem, model, seed=0, iterations=200, deadline=None, start=good.sequences)
    value = Routes(model).filled(good.sequences).rank()
    assert Routes(model).filled(again.sequences).rank() <= value
    assert again.bound.completion is None  # nothing was proven in so little work
    assert again.iterations <= 200


def test_a_warm_start_that_cannot_be_kept_is_repaired(plane: Build) -> None:
    problem = plane(9, 3, 2)
    model = team_model(problem)
    everything = tuple(range(9)) * 2  # the first team may not serve all, and nothing twice
    found = solve_teams(problem, model, seed=0, iterations=100, deadline=None, start=(everything, (0, 1, 2), ()))
    served = sorted(task for tasks in found.sequences for task in tasks)
    assert served == list(range(9))
    assert all(model.able[task, team] for team, tasks in enumerate(found.sequences) for task in tasks)
