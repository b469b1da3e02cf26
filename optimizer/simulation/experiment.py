"""The experiment: the same streams under every policy, replication by replication, at each utilisation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from optimizer.errors import OptimizerError
from optimizer.simulation.check import check_replay
from optimizer.simulation.ground import Ground
from optimizer.simulation.measures import Measures, measure
from optimizer.simulation.policies import NEAREST_CAPABLE, POLICIES, Policy
from optimizer.simulation.replay import replay
from optimizer.simulation.state import Rules
from optimizer.simulation.statistics import Interval, mean_interval, reduction_interval
from optimizer.simulation.stream import Incidents, Stream, poisson_stream
from optimizer.units import UNREACHABLE, FloatArray

HOUR = 3600
PILOTS = 6  # streams that a rate is measured on while it is calibrated
PILOT_SEED = 1 << 20  # far from the seeds of the replications
ROUNDS = 6
JUDGED = tuple(one.name for one in fields(Measures) if one.name not in ("calls", "tiers"))


class ReplayWrong(OptimizerError):
    """The checker found faults in the log of a replay: a mistake of the program. Facts: policy, faults, first."""


Tell = Callable[[str, int, int], None]
"""Called with the name of a case, the replication that begins (from 1) and how many there are."""


@dataclass(frozen=True)
class Design:
    """How long and how often. The warm-up is not judged: at first nobody is busy."""

    replications: int = 20
    warm_up_s: int = 6 * HOUR
    span_s: int = 24 * HOUR
    seed: int = 0
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True)
class Case:
    """One row of the result: streams of one kind under every policy. `runs[policy][r]` are paired over policies."""

    name: str
    utilisation: float | None  # asked for, of the team time under nearest_capable; None: a stream that was given
    per_hour: float | None
    runs: dict[str, tuple[Measures, ...]]

    def values(self, policy: str, name: str) -> FloatArray:
        """(replications,) of one measure; `tiers.2` is the third tier."""
        which, _, number = name.partition(".")
        return np.array(
            [getattr(run, which)[int(number)] if number else getattr(run, which) for run in self.runs[policy]],
            np.float64,
        )

    def mean(self, policy: str, name: str) -> Interval:
        return mean_interval(self.values(policy, name))

    def reduction(self, name: str, *, ours: str, other: str) -> Interval:
        return reduction_interval(self.values(ours, name), self.values(other, name))


@dataclass(frozen=True)
class Experiment:
    design: Design
    cases: tuple[Case, ...]


def calibrate(ground: Ground, kinds: Incidents, *, utilisation: float, design: Design) -> float:
    """Reports per hour at which the teams of `ground` are busy for `utilisation` of their time under nearest_capable
    (service and way out), measured on pilot streams of their own. Regula falsi with a fixed number of steps; where the
    span is too short for any team to be called at such a rate, the one that mean work and travel ask for.

    Raises ValueError for a utilisation outside (0, 1).
    """
    if not 0 < utilisation < 1:
        raise ValueError("utilisation must lie between 0 and 1")
    place = kinds.place[kinds.call_incident]
    way = ground.base_s[ground.base_s < UNREACHABLE]
    work = float(kinds.expected_s.sum()) / max(1, len(kinds.place)) + float(
        way.mean() if way.size else 0
    )  # first guess
    low, low_use = 0.0, 0.0
    high = utilisation * len(ground.teams) * HOUR / work if len(place) else 1.0
    high_use = _use(ground, kinds, high, design)
    for _ in range(ROUNDS):
        if abs(high_use - utilisation) < 0.005 or high_use == 0:
            break
        if high_use < utilisation:
            low, low_use = high, high_use
            high *= 1.02 * utilisation / high_use
            high_use = _use(ground, kinds, high, design)
            continue
        middle = low + (high - low) * (utilisation - low_use) / (high_use - low_use)
        use = _use(ground, kinds, middle, design)
        if use < utilisation:
            low, low_use = middle, use
            if utilisation - use < 0.005:
                return middle
        else:
            high, high_use = middle, use
    return high


def _use(ground: Ground, kinds: Incidents, per_hour: float, design: Design) -> float:
    found = []
    for pilot in range(PILOTS):
        seed = PILOT_SEED + design.seed * PILOTS + pilot
        stream = poisson_stream(kinds, per_hour=per_hour, warm_up_s=design.warm_up_s, span_s=design.span_s, seed=seed)
        outcome = replay(ground, stream, NEAREST_CAPABLE, design.rules)
        found.append(measure(ground, stream, outcome, design.rules).utilisation)
    return float(np.mean(found))


def run_case(
    ground: Ground,
    streams: Sequence[Stream],
    *,
    name: str,
    rules: Rules,
    policies: Sequence[Policy] = POLICIES,
    utilisation: float | None = None,
    per_hour: float | None = None,
    tell: Tell = lambda name, number, count: None,
) -> Case:
    """Every policy over the same streams (common random numbers), every log checked. Raises `ReplayWrong`."""
    runs: dict[str, list[Measures]] = {policy.name: [] for policy in policies}
    for number, stream in enumerate(streams, 1):
        tell(name, number, len(streams))
        for policy in policies:
            outcome = replay(ground, stream, policy, rules)
            faults = check_replay(ground, stream, outcome, rules)
            if faults:
                raise ReplayWrong(policy=policy.name, faults=len(faults), first=faults[0])
            runs[policy.name].append(measure(ground, stream, outcome, rules))
    return Case(name, utilisation, per_hour, {policy: tuple(found) for policy, found in runs.items()})


def run_experiment(
    ground: Ground,
    kinds: Incidents,
    *,
    utilisations: Sequence[float] = (0.5, 0.7, 0.9),
    design: Design | None = None,
    policies: Sequence[Policy] = POLICIES,
    tell: Tell = lambda name, number, count: None,
) -> Experiment:
    """Poisson streams of `kinds` at each utilisation. Same arguments, same result. Raises ValueError as `calibrate`."""
    design = design or Design()
    cases = []
    for utilisation in utilisations:
        name = f"{utilisation:g}"
        tell(name, 0, design.replications)
        per_hour = calibrate(ground, kinds, utilisation=utilisation, design=design)
        streams = [
            poisson_stream(
                kinds, per_hour=per_hour, warm_up_s=design.warm_up_s, span_s=design.span_s,
                seed=design.seed * design.replications + number,
            )
            for number in range(design.replications)
        ]  # fmt: skip
        cases.append(
            run_case(
                ground, streams, name=name, rules=design.rules, policies=policies, utilisation=utilisation,
                per_hour=per_hour, tell=tell,
            )
        )  # fmt: skip
    return Experiment(design, tuple(cases))
