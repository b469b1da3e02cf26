"""Benchmark classes A and B of the team schedule, and the two reference rules, as seeded arrays.

Class A follows the distributions of the literature (Wex et al., EJOR 235 (2014) 697-708): independent normal times.
Class B puts incidents and bases on a 30 x 30 minute plane. Times are integers in tenths of a minute. The draws are
those of the published reference generator, in its order, so that a seed means the same instance everywhere.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from optimizer.units import BoolArray, IntArray

CAPABILITIES = 5
TICKS = 10  # a minute
PLANE = 30.0  # minutes


class Instance(NamedTuple):
    """n incidents, m teams."""

    weight: IntArray  # (n,) severity 1..5
    eligible: BoolArray  # (n, m)
    processing: IntArray  # (n, m)
    travel: IntArray  # (m, n + 1, n), row n: from the base


def generate(kind: str, n: int, m: int, seed: int) -> Instance:
    """One instance of class "A" or "B". Raises ValueError for another class or an empty size."""
    if kind not in ("A", "B"):
        raise ValueError(f"no class {kind!r}: A or B")
    if n < 1 or m < 1:
        raise ValueError(f"at least one incident and one team, not {n} x {m}")
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 6, n).astype(np.int64)
    required = rng.integers(0, CAPABILITIES, n)
    holds = np.zeros((m, CAPABILITIES), np.bool_)
    for team in range(m):
        holds[team, rng.choice(CAPABILITIES, rng.integers(1, 4), replace=False)] = True
    for capability in range(CAPABILITIES):
        if not holds[:, capability].any():
            holds[rng.integers(m), capability] = True
    eligible = np.ascontiguousarray(holds[:, required].T)
    independent = _ticks(rng.normal(20, 10, (n, m)))
    if kind == "A":
        return Instance(weight, eligible, independent, _ticks(rng.normal(1, 0.3, (m, n + 1, n))))
    usual = np.maximum(TICKS, TICKS * rng.normal(20, 10, n))
    processing = np.rint(usual[:, None] * rng.uniform(0.7, 1.3, (n, m))).astype(np.int64)
    incident, base = rng.uniform(0, PLANE, (n, 2)), rng.uniform(0, PLANE, (m, 2))
    speed = rng.uniform(0.8, 1.2, m)
    travel = np.empty((m, n + 1, n), np.int64)
    travel[:, :n] = np.rint(TICKS * _distances(incident, incident)[None] / speed[:, None, None])
    travel[:, n] = np.rint(TICKS * _distances(base, incident) / speed[:, None])
    return Instance(weight, eligible, processing, travel)


def practice(instance: Instance) -> list[list[int]]:
    """Falling severity, each to the nearest idle eligible team, else the first to be free; ties by number."""
    weight, eligible, processing, travel = instance
    n, m = eligible.shape
    free, place = np.zeros(m, np.int64), np.full(m, n)
    sequences: list[list[int]] = [[] for _ in range(m)]
    for j in sorted(range(n), key=lambda j: (-int(weight[j]), j)):
        k = min(np.flatnonzero(eligible[j]).tolist(), key=lambda k: (free[k], travel[k, place[k], j]))
        free[k] += travel[k, place[k], j] + processing[j, k]
        place[k] = j
        sequences[k].append(j)
    return sequences


def sched(instance: Instance) -> list[list[int]]:
    """SCHED (Wex et al.): repeatedly the pair with the least finish per unit of severity; ties by number."""
    weight, eligible, processing, travel = instance
    n, m = eligible.shape
    free, place, waiting = np.zeros(m, np.int64), np.full(m, n), np.ones(n, np.bool_)
    sequences: list[list[int]] = [[] for _ in range(m)]
    teams = np.arange(m)
    for _ in range(n):
        finish = free + travel[teams, place].T + processing  # (n, m)
        ratio = np.where(eligible & waiting[:, None], finish / weight[:, None], np.inf)
        j, k = divmod(int(np.argmin(ratio)), m)
        free[k], place[k], waiting[j] = finish[j, k], j, False
        sequences[k].append(j)
    return sequences


def _ticks(minutes: Sequence[float] | np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> IntArray:
    whole: IntArray = np.maximum(1, np.rint(TICKS * np.asarray(minutes))).astype(np.int64)
    return whole


def _distances(
    a: np.ndarray[tuple[int, ...], np.dtype[np.float64]], b: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    result: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    return result
