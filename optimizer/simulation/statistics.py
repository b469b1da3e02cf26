"""Intervals from independent replications (Law, Simulation Modeling and Analysis, chapters 9 and 10)."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from optimizer.units import FloatArray

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; `low` and `high` are NaN where there are fewer than two replications."""

    mean: float
    low: float
    high: float


def _interval(mean: float, deviation: float, n: int) -> Interval:
    half = float(student.ppf((1 + CONFIDENCE) / 2, n - 1)) * deviation / np.sqrt(n) if n > 1 else float("nan")
    return Interval(mean, float(mean - half), float(mean + half))


def mean_interval(values: FloatArray) -> Interval:
    """Of the mean, from replications that are independent and about normal."""
    known = values[~np.isnan(values)]
    n = len(known)
    if not n:
        return Interval(float("nan"), float("nan"), float("nan"))
    return _interval(float(known.mean()), float(known.std(ddof=1)) if n > 1 else float("nan"), n)


def reduction_interval(ours: FloatArray, other: FloatArray) -> Interval:
    """1 − mean(ours) / mean(other), replications paired by common random numbers (classical ratio estimator)."""
    known = ~(np.isnan(ours) | np.isnan(other))
    ours, other = ours[known], other[known]
    n = len(ours)
    if not n or not other.mean() > 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    ratio = float(ours.mean() / other.mean())
    rest = (ours - ratio * other) / other.mean()
    return _interval(1 - ratio, float(rest.std(ddof=1)) if n > 1 else float("nan"), n)
