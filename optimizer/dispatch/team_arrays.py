"""The team schedule as a pure-array problem, for researchers: R | s_ijk | sum w_j C_j with eligibility.

Source: Wex, Schryen, Feuerriegel, Neumann, EJOR 235 (2014) 697-708; Rauchecker & Schryen, EJOR 272 (2019) 352-363.
The same engine as the dispatch problem (`teams.improve`), without tiers, turnouts, reports or hours.
"""

import operator
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.dispatch.instances import generate
from optimizer.dispatch.kernels import TeamData, stays
from optimizer.dispatch.plan import Status, StoppedBy
from optimizer.dispatch.routes import Routes
from optimizer.dispatch.team_bound import TeamBound
from optimizer.dispatch.team_model import TeamModel, choices_of, columns
from optimizer.dispatch.teams import improve
from optimizer.errors import BadInput
from optimizer.units import UNREACHABLE, BoolArray, IntArray

LARGEST_TIME = 1 << 31
LARGEST_WEIGHT = 1 << 20


@dataclass(frozen=True)
class ArraySchedule:
    """`sequences[k]`: incidents of team k in order; `objective`: sum of weight x finish, in the unit of the input.

    No schedule has an objective below `bound`; `gap` = (objective - bound) / max(1, objective). `stopped_by` WORK or
    PROOF: the same input and seed give the same result; TIME: the clock ended the search.
    """

    sequences: tuple[tuple[int, ...], ...]
    objective: int
    bound: int
    gap: float
    status: Status
    stopped_by: StoppedBy
    seed: int
    iterations: int
    seconds: float


def schedule_teams(
    processing: npt.ArrayLike,
    travel: npt.ArrayLike,
    eligible: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    time_limit_s: float,
    seed: int = 0,
    on_improvement: Callable[[int, int], None] | None = None,
) -> ArraySchedule:
    """Serve n incidents with m teams so that the sum of weight x finish is least.

    processing (n, m): time on scene of team k at incident j. travel (m, n + 1, n): from incident i, or from the
    team's base (row n), to incident j. eligible (n, m): bool. weight (n,): >= 1. All integers, times of any one unit
    up to 2**31. Every team starts from its base at 0 and serves its incidents one after the other.

    The search ends by itself, with a proof or when its work is done; `time_limit_s` may end it before, and where it
    is short the work is cut to fit (reading the arrays and a first schedule are not). `seed`: any integer.
    `on_improvement(objective, bound)` hears of every improvement of either.

    Raises ValueError for arrays of other shapes, numbers that are no integers, negative ones, ones too large (alone,
    or so that weight x finish no longer fits 64 bits), or an incident without an eligible team (by its number);
    TypeError for a seed that is no integer.
    """
    began, seed = time.monotonic(), operator.index(seed)
    model = _model(processing, travel, eligible, weight)
    if not time_limit_s > 0:
        raise ValueError(f"time_limit_s must be positive, not {time_limit_s!r}")

    def tell(rank: tuple[int, int], bound: TeamBound) -> None:
        if on_improvement is not None:
            on_improvement(rank[1], bound.completion or 0)

    try:
        result, bound = improve(
            model, Routes(model), seed=seed, iterations=None, deadline=began + time_limit_s, on_improvement=tell
        )
    except BadInput as error:
        latest = error.faults[0].facts["latest_s"]
        raise ValueError(
            f"weight x finish may not fit 64 bits (a team could finish at {latest}): use coarser units"
        ) from None
    objective = result.found.rank()[1]
    least = bound.completion or 0
    proven = objective == least
    return ArraySchedule(
        sequences=result.found.tasks(),
        objective=objective,
        bound=least,
        gap=(objective - least) / max(1, objective),
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        stopped_by=StoppedBy.PROOF if proven else result.stopped_by,
        seed=seed,
        iterations=result.moves,
        seconds=time.monotonic() - began,
    )


def objective_of(sequences: Sequence[Sequence[int]], processing: IntArray, travel: IntArray, weight: IntArray) -> int:
    """Sum of weight x finish of any sequences, in plain Python: for checking."""
    total, base = 0, len(weight)
    for team, sequence in enumerate(sequences):
        place, free = base, 0
        for incident in sequence:
            free += int(travel[team, place, incident]) + int(processing[incident, team])
            total += int(weight[incident]) * free
            place = incident
    return total


def _model(
    processing: npt.ArrayLike, travel: npt.ArrayLike, eligible: npt.ArrayLike, weight: npt.ArrayLike
) -> TeamModel:
    """The arrays of the engine."""
    weights = _integers("weight", weight, 1, LARGEST_WEIGHT)
    n = len(weights)
    if n and weights.min() == 0:
        raise ValueError(f"weight is 0 at {_first(weights == 0)}: leave out what does not count, or give it at least 1")
    service = _integers("processing", processing, 2, LARGEST_TIME)
    m = service.shape[1]
    _shape("processing", service, (n, m))
    legs = _integers("travel", travel, 3, LARGEST_TIME)
    _shape("travel", legs, (m, n + 1, n))
    able = np.asarray(eligible)
    if able.dtype != np.bool_:
        raise ValueError(f"eligible must be an array of bool, not of {able.dtype}")
    _shape("eligible", able, (n, m))
    nobody = np.flatnonzero(~able.any(axis=1))
    if nobody.size:
        raise ValueError(
            f"incident {int(nobody[0])} has no eligible team: row {int(nobody[0])} of eligible is all False"
        )
    never, none = np.full(n, UNREACHABLE), np.zeros(n, np.int64)
    data = TeamData(
        task_of=np.arange(n),
        price=weights,
        pinned=np.zeros(n, np.bool_),
        task=columns(np.arange(n), weights, none, never, never),
        team=columns(np.arange(m), *np.zeros((2, m), np.int64), np.full(m, -1), np.full(m, UNREACHABLE)),
        stay=stays(service),
        base=legs[:, n, :].copy() if n else np.zeros((m, 0), np.int64),
        between=legs,  # row n, the base, is never asked for as an incident
        penalty=np.zeros(1, np.int64),
    )
    able = np.ascontiguousarray(able)
    start, choices = choices_of(data, able, {})
    return TeamModel(data, start, choices, (), able, 0, ())


def _integers(name: str, values: npt.ArrayLike, dimensions: int, largest: int) -> IntArray:
    array: npt.NDArray[Any] = np.asarray(values)
    if array.ndim != dimensions:
        raise ValueError(f"{name} must have {dimensions} dimensions, not {array.ndim}")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name} must be integers, not {array.dtype}: round to a finer unit, such as seconds")
    if array.size and array.min() < 0:
        raise ValueError(f"{name} is negative at {_first(array < 0)}")
    if array.size and array.max() > largest:
        raise ValueError(f"{name} is larger than {largest} at {_first(array > largest)}: use a coarser unit")
    return np.ascontiguousarray(array, np.int64)


def _first(wrong: BoolArray) -> tuple[int, ...]:
    return tuple(int(index) for index in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def _shape(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape} (n incidents from weight, m teams)")


def warm_up() -> None:
    """Run every kernel of this entry point once."""
    weight, eligible, processing, travel = generate("B", 12, 5, 0)
    schedule_teams(processing, travel, eligible, weight, time_limit_s=60.0)
