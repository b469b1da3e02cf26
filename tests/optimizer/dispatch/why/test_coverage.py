"""Cover left after the plan, and moves that brute force cannot beat."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.plan import Plan, Status, StoppedBy, TeamOrder
from optimizer.dispatch.problem import DispatchProblem, Team
from optimizer.dispatch.why.coverage import Bases, Places, Residual, idle_teams, move_up, residual
from optimizer.units import UNREACHABLE

Build = Callable[..., DispatchProblem]


@pytest.fixture
def quiet(problem: DispatchProblem, good_plan: Plan) -> tuple[DispatchProblem, Plan]:
    """Four teams of which the plan uses the first only."""
    teams = tuple(
        Team(name, "town", capabilities, 5, "p", 0)
        for name, capabilities in (("a", ("m",)), ("b", ("m",)), ("c", ("r",)), ("d", ("m", "r")))
    )
    travel = replace(
        problem.travel, team_to_incident_s=np.zeros((4, 3), np.int64), team_group=np.array([0, 0, 0, 1], np.int64)
    )
    still = replace(problem, teams=teams, travel=travel, tasks=(), pins=(), bans=(), started=(),
                    service_s=np.zeros((0, 4), np.int64))  # fmt: skip
    return still, replace(good_plan, team_orders=(TeamOrder("a", ()),))


def covered(left: Residual, bases: Bases, problem: DispatchProblem, moves: dict[int, int]) -> int:
    """Weight x capabilities covered with these teams in these bases; by hand."""
    total = 0
    for p, weight in enumerate(left.places.weight.tolist()):
        for c in range(len(left.names)):
            for k in np.flatnonzero(left.idle).tolist():
                group, turnout = int(problem.travel.team_group[k]), problem.teams[k].turnout_s
                near = bases.place_s[group, moves[k], p] + turnout <= left.limit_s if k in moves else left.reach[k, p]
                if left.holds[k, c] and near:
                    total += weight
                    break
    return total


def test_a_team_with_orders_covers_nothing_any_more(quiet: tuple[DispatchProblem, Plan]) -> None:
    problem, plan = quiet
    places = Places(("p", "q"), np.array([10, 5], np.int64))
    way = np.array([[100, 900], [900, 100], [100, UNREACHABLE], [900, 900]], np.int64)
    left = residual(problem, plan, places, way, limit_s=600)
    assert idle_teams(problem, plan).tolist() == [False, True, True, True]
    m, r = left.rows
    assert (m.capability, m.idle, m.before, m.after, m.total) == ("m", ("b", "d"), 15, 5, 15)
    assert m.uncovered == (("p", 10),)
    assert (r.before, r.after, r.never) == (10, 10, 5)
    assert left.missing.tolist() == [10, 5]


def test_turnout_counts(quiet: tuple[DispatchProblem, Plan]) -> None:
    problem, plan = quiet
    slow = replace(problem, teams=(*problem.teams[:1], replace(problem.teams[1], turnout_s=501), *problem.teams[2:]))
    way = np.full((4, 1), 100, np.int64)
    way[3] = UNREACHABLE
    left = residual(slow, plan, Places(("p",), np.array([1], np.int64)), way, limit_s=600)
    assert left.rows[0].after == 0


@given(st.integers(0, 10_000), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_no_other_moves_cover_more(build: Build, seed: int, moves: int) -> None:
    random = np.random.default_rng(seed)
    problem, plan = _random_case(build, random)
    places = Places(tuple("pqrst"), random.integers(0, 20, 5).astype(np.int64))
    way, bases = (
        random.integers(0, 1500, (4, 5)),
        Bases(tuple("xyz"), random.integers(0, 1500, (2, 3, 5)), random.integers(0, 5400, (4, 3))),
    )
    left = residual(problem, plan, places, way, limit_s=600)
    found = move_up(problem, left, bases, moves=moves)
    before = covered(left, bases, problem, {})
    best = 0
    idle = np.flatnonzero(left.idle).tolist()
    for count in range(moves + 1):
        for teams in combinations(idle, count):
            for places_of in product(range(3), repeat=count):
                if any(bases.team_s[k, b] > 3600 for k, b in zip(teams, places_of, strict=True)):
                    continue
                after = covered(left, bases, problem, dict(zip(teams, places_of, strict=True)))
                best = max(best, after - before)
    made = {problem.team_index[one.team]: bases.ids.index(one.base) for one in found.moves}
    assert found.proven
    assert all(one.travel_s <= 3600 for one in found.moves)
    assert found.gain == best == covered(left, bases, problem, made) - before
    assert len(found.moves) <= moves
    assert sum(one.gain for one in found.moves) == found.gain


def _random_case(build: Build, random: np.random.Generator) -> tuple[DispatchProblem, Plan]:
    teams = tuple(
        Team(f"k{k}", "town", tuple(sorted({"m", "r", "w"} - {"mrw"[int(random.integers(3))]})), 5, "p",
             int(random.integers(0, 200)))
        for k in range(4)
    )  # fmt: skip
    problem = build(teams=teams)
    groups = replace(
        problem.travel, incident_to_incident_s=np.zeros((2, 0, 0), np.int64), team_group=random.integers(0, 2, 4)
    )
    orders = (TeamOrder("k0", ()),) if random.random() < 0.5 else ()
    plan = Plan("", Status.FEASIBLE, 0, {}, StoppedBy.WORK, (), orders, (), ())
    return replace(problem, travel=groups), plan
