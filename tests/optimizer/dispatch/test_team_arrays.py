"""The team schedule as arrays, and the benchmark classes: against brute force and the published generator."""

import importlib.util
from itertools import pairwise, permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizer
from optimizer.dispatch.instances import Instance, generate, practice, sched
from optimizer.dispatch.plan import Status, StoppedBy
from optimizer.dispatch.team_arrays import ArraySchedule, objective_of


def solve(instance: Instance, *, time_limit_s: float = 600.0, seed: int = 0) -> ArraySchedule:
    weight, eligible, processing, travel = instance
    return optimizer.schedule_teams(processing, travel, eligible, weight, time_limit_s=time_limit_s, seed=seed)


def value(sequences: object, instance: Instance) -> int:
    return objective_of(sequences, instance.processing, instance.travel, instance.weight)  # type: ignore[arg-type]


def least(instance: Instance) -> int:
    """Every assignment of incidents to teams, every order of each team's incidents."""
    n, m = instance.eligible.shape
    best_of: dict[tuple[int, tuple[int, ...]], int] = {}
    best = None
    for teams in product(*(np.flatnonzero(row).tolist() for row in instance.eligible)):
        total = 0
        for k in range(m):
            mine = tuple(j for j in range(n) if teams[j] == k)
            if (k, mine) not in best_of:
                best_of[k, mine] = min(
                    value([[]] * k + [list(order)] + [[]] * (m - k - 1), instance) for order in permutations(mine)
                )
            total += best_of[k, mine]
        best = total if best is None else min(best, total)
    assert best is not None
    return best


@st.composite
def tiny(draw: st.DrawFn) -> Instance:
    """Times that need not obey the triangle inequality, some of them 0."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    eligible = rng.random((n, m)) < 0.7
    eligible[np.arange(n), rng.integers(0, m, n)] = True
    longest = draw(st.sampled_from([3, 50, 100_000]))
    return Instance(
        rng.integers(1, 6, n), eligible, rng.integers(0, longest, (n, m)), rng.integers(0, longest, (m, n + 1, n))
    )


@settings(max_examples=150, deadline=None)
@given(tiny())
def test_tiny_instances_are_solved_and_no_bound_exceeds_the_optimum(instance: Instance) -> None:
    found, best = solve(instance), least(instance)
    assert found.bound <= best == found.objective == value(found.sequences, instance)
    assert sorted(sum(found.sequences, ())) == list(range(len(instance.weight)))
    assert found.gap == (found.objective - found.bound) / max(1, found.objective)
    assert all(instance.eligible[j, k] for k, sequence in enumerate(found.sequences) for j in sequence)


@pytest.mark.parametrize("kind", ["A", "B"])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 3), (40, 20)])
def test_the_generator_is_the_published_one(kind: str, n: int, m: int, shared_tools: Path) -> None:
    spec = importlib.util.spec_from_file_location("assignment_instances", shared_tools / "assignment_instances.py")
    assert spec is not None
    assert spec.loader is not None
    published = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(published)
    for seed in range(3):
        theirs, ours = published.generate(kind, n, m, seed), generate(kind, n, m, seed)
        for a, b in zip(theirs, ours, strict=True):
            assert a.dtype == b.dtype
            assert (a == b).all()
        assert value(practice(ours), ours) == published.practice(*theirs)
        assert value(sched(ours), ours) == published.sched(*theirs)


def test_the_generator_knows_two_classes_and_no_empty_ones() -> None:
    with pytest.raises(ValueError, match="'C'"):
        generate("C", 4, 2, 0)
    with pytest.raises(ValueError, match="0 x 2"):
        generate("A", 0, 2, 0)


@pytest.mark.parametrize("kind", ["A", "B"])
def test_repeats_are_identical_though_a_time_limit_is_given(kind: str) -> None:
    instance = generate(kind, 20, 6, 1)
    first = solve(instance)
    again = solve(instance)
    assert first.stopped_by is not StoppedBy.TIME
    assert (first.sequences, first.objective, first.bound) == (again.sequences, again.objective, again.bound)
    assert first.iterations == again.iterations


@pytest.mark.parametrize("kind", ["A", "B"])
def test_many_stops_per_team_have_a_bound_within_three_percent(kind: str) -> None:
    instance = generate(kind, 24, 4, 2)
    found = solve(instance)
    assert found.gap <= 0.03
    assert found.objective <= value(sched(instance), instance)


def test_the_stream_of_incumbents_and_bounds_only_improves() -> None:
    weight, eligible, processing, travel = generate("B", 40, 12, 3)
    stream: list[tuple[int, int]] = []
    found = optimizer.schedule_teams(
        processing, travel, eligible, weight, time_limit_s=600.0, on_improvement=lambda *seen: stream.append(seen)
    )
    assert len(stream) > 3
    assert all(b[0] <= a[0] and b[1] >= a[1] for a, b in pairwise(stream))
    assert stream[-1] == (found.objective, found.bound)


def test_the_clock_stops_the_search_with_a_schedule_and_a_bound() -> None:
    instance = generate("B", 60, 10, 0)
    found = solve(instance, time_limit_s=0.02)
    assert found.stopped_by is StoppedBy.TIME
    assert found.status is Status.FEASIBLE
    assert 0 < found.bound <= found.objective == value(found.sequences, instance)


def test_nothing_to_do_costs_nothing() -> None:
    none = np.zeros((0, 3), np.int64)
    found = optimizer.schedule_teams(
        none, np.zeros((3, 1, 0), np.int64), none.astype(bool), np.zeros(0, np.int64), time_limit_s=1.0
    )
    assert (found.sequences, found.objective, found.status) == (((), (), ()), 0, Status.OPTIMAL)


def broken(name: str, change: object) -> dict[str, object]:
    weight, eligible, processing, travel = generate("A", 4, 3, 0)
    arrays = {"weight": weight, "eligible": eligible, "processing": processing, "travel": travel}
    return {**arrays, name: change(arrays[name].copy())}  # type: ignore[operator]


def less_one(array: np.ndarray) -> np.ndarray:
    array[2] = -1
    return array


def nothing_for_two(array: np.ndarray) -> np.ndarray:
    array[2] = 0
    return array


def none_for_two(array: np.ndarray) -> np.ndarray:
    array[2] = False
    return array


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("eligible", none_for_two, "incident 2 has no eligible team"),
        ("eligible", lambda a: a.astype(int), "eligible must be an array of bool"),
        ("eligible", lambda a: a[:2], r"eligible has shape \(2, 3\), expected \(4, 3\)"),
        ("processing", lambda a: a[:, 0], "processing must have 2 dimensions"),
        ("processing", lambda a: a.astype(float), "processing must be integers"),
        ("processing", less_one, r"processing is negative at \(2, 0\)"),
        ("travel", lambda a: a[:, :4], r"travel has shape \(3, 4, 4\), expected \(3, 5, 4\)"),
        ("travel", lambda a: a + (1 << 40), "travel is larger than"),
        ("weight", nothing_for_two, r"weight is 0 at \(2,\)"),
        ("weight", less_one, r"weight is negative at \(2,\)"),
    ],
)
def test_a_mistake_in_an_array_is_named(name: str, change: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        optimizer.schedule_teams(**broken(name, change), time_limit_s=1.0)  # type: ignore[arg-type]


def test_a_time_limit_must_be_positive() -> None:
    with pytest.raises(ValueError, match="time_limit_s"):
        solve(generate("A", 4, 3, 0), time_limit_s=0)


def test_numbers_whose_products_do_not_fit_are_a_value_error() -> None:
    weight, eligible, processing, travel = generate("B", 12, 5, 0)
    with pytest.raises(ValueError, match="64 bits"):
        optimizer.schedule_teams(
            np.full_like(processing, 2**31), np.full_like(travel, 2**31), eligible, np.full_like(weight, 2**20),
            time_limit_s=5.0,
        )  # fmt: skip


def test_a_seed_is_any_integer_and_nothing_else() -> None:
    weight, eligible, processing, travel = generate("B", 6, 3, 0)
    found = [
        optimizer.schedule_teams(processing, travel, eligible, weight, time_limit_s=600.0, seed=seed)
        for seed in (7, np.int64(7), -1, 2**70)
    ]
    assert (found[0].sequences, found[0].seed) == (found[1].sequences, found[1].seed)
    assert type(found[1].seed) is int
    with pytest.raises(TypeError, match="integer"):
        optimizer.schedule_teams(processing, travel, eligible, weight, time_limit_s=600.0, seed=1.5)  # type: ignore[arg-type]
