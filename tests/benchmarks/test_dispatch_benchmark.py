"""Class B 80 x 40: how far from the best known values, and practice as the peer in the same run."""

from collections.abc import Callable
from typing import Any

import pytest

from optimizer.dispatch.check import check
from optimizer.dispatch.pipeline import solve
from optimizer.dispatch.problem import DispatchProblem

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("seed", range(5))
def test_class_b_80_by_40_is_within_one_percent_of_the_best_known(
    seed: int,
    instance: Callable[[str, int, int, int], DispatchProblem],
    best_known: dict[tuple[str, int, int, int], int],
    generator: Any,
    benchmark: Any,
) -> None:
    problem = instance("B", 80, 40, seed)
    plan = benchmark.pedantic(solve, args=(problem,), rounds=1, warmup_rounds=1)
    level = next(level for level in plan.levels if level.name == "completion")
    best = best_known["B", 80, 40, seed]
    practice = generator.practice(*generator.generate("B", 80, 40, seed))
    print(
        f"\nB 80x40 seed {seed}: {level.value:.0f}, best known {best}, ratio {level.value / best:.4f}; "
        f"practice {practice} ({practice / best:.4f}); proven gap {level.gap:.3f}"
    )
    assert level.practice == practice
    assert level.value <= 1.01 * best
    assert check(problem, plan) == ()
