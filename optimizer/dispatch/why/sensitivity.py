"""How the plan stands if roads are quicker or slower than thought.

(E1) Together: all travel times x 0.7 ... 1.3. (E2) Leg by leg: every time x an independent U(0.7, 1.3), seeded.
Of every sample: the plan's orders kept and timed anew, and a plan made for these times; their difference is the regret.
The supply side counts first trips (see `task_values`). Stops on work: samples x iterations.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from optimizer.dispatch.levels import Value
from optimizer.dispatch.plan import Plan, TeamOrder
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.supply_model import SupplyModel
from optimizer.dispatch.team_model import team_model
from optimizer.dispatch.why.again import Legs, kept_orders, scaled, solve_teams_again, supplies_again, timed
from optimizer.dispatch.why.orders import sequences_of
from optimizer.dispatch.why.supply_value import Optimum, levels_of
from optimizer.dispatch.why.task_values import ReleasedStock
from optimizer.units import UNREACHABLE

TOGETHER = (700, 800, 900, 1000, 1100, 1200, 1300)  # thousandths (E1)
LEAST, MOST = 700, 1300  # thousandths (E2)
SAMPLES = 20
ITERATIONS = 2_000
LEVELS = ("unserved", "critical_unmet", "completion", "other_unmet", "deprivation")


@dataclass(frozen=True, slots=True)
class Sample:
    """Levels of the kept orders and of a plan made for these times (in the order of `LEVELS`)."""

    factor: float | None  # None: leg by leg
    kept: tuple[float, ...]
    again: tuple[float, ...]
    late: tuple[str, ...]  # tasks whose first missed due time is new
    unserved: tuple[str, ...]  # tasks that lose a team: too late, or out of hours


@dataclass(frozen=True, slots=True)
class StopRobust:
    """In which share of the leg-by-leg samples the plan made for them sends the same team there."""

    team: str
    task: str
    keeps: float


@dataclass(frozen=True, slots=True)
class TaskRisk:
    """Shares of the leg-by-leg samples."""

    task: str
    late: float  # some team arrives after the due time, although none does in the plan
    unserved: float


@dataclass(frozen=True)
class Sensitivity:
    samples: tuple[Sample, ...]  # E1 by factor, then E2
    stops: tuple[StopRobust, ...]  # least robust first
    tasks: tuple[TaskRisk, ...]  # those at risk only, most first


def sensitivity(
    problem: DispatchProblem,
    plan: Plan,
    *,
    seed: int = 0,
    samples: int = SAMPLES,
    iterations: int = ITERATIONS,
    stock: ReleasedStock | None = None,
) -> Sensitivity:
    """See the module. Same problem, plan, seed and limits: the same answer."""
    stock = stock or ReleasedStock(problem)
    sequences = sequences_of(problem, plan)
    stops = [(k, task) for k, tasks in enumerate(sequences) for task in tasks]
    before = _late(problem, timed(problem, sequences)[0])
    rows: list[Sample] = []
    keeps = np.zeros(len(stops), np.int64)
    late: dict[str, int] = {}
    lost: dict[str, int] = {}
    for factor, legs in _legs(problem, seed, samples):
        changed = replace(problem, travel=scaled(problem.travel, legs))
        model = team_model(changed)
        kept, dropped = kept_orders(model, sequences)
        orders, mine = timed(changed, kept)
        again = solve_teams_again(changed, kept, seed=seed, iterations=iterations, model=model)
        supplies, found = supplies_again(stock.model, stock.base, changed)
        now_late = tuple(sorted(_late(changed, orders) - before))
        without = tuple(sorted({problem.tasks[task].id for task in dropped}))
        rows.append(
            Sample(
                factor=None if factor is None else factor / 1000,
                kept=_numbers({**mine, **_kept_supplies(supplies, stock.base)}),
                again=_numbers({**again.levels, **levels_of(changed, found)}),
                late=now_late,
                unserved=without,
            )
        )
        if factor is None:
            keeps += np.array([task in again.sequences[k] for k, task in stops], np.int64)
            for counts, names in ((late, now_late), (lost, without)):
                for name in names:
                    counts[name] = counts.get(name, 0) + 1
    share = 1 / max(1, samples)
    robust = [
        StopRobust(problem.teams[k].id, problem.tasks[task].id, round(int(n) * share, 6) if samples else 1.0)
        for (k, task), n in zip(stops, keeps, strict=True)
    ]
    risks = [TaskRisk(task, late.get(task, 0) * share, lost.get(task, 0) * share) for task in {*late, *lost}]
    return Sensitivity(
        tuple(rows),
        tuple(sorted(robust, key=lambda one: (one.keeps, one.task, one.team))),
        tuple(sorted(risks, key=lambda one: (-one.unserved, -one.late, one.task))),
    )


def _legs(problem: DispatchProblem, seed: int, samples: int) -> Iterator[tuple[int | None, Legs]]:
    for factor in TOGETHER:
        yield factor, Legs(factor, factor, factor, factor)
    random = np.random.default_rng(seed)
    travel = problem.travel
    for _ in range(samples):
        drawn = (
            random.integers(LEAST, MOST + 1, size=array.shape)
            for array in (
                travel.team_to_incident_s,
                travel.incident_to_incident_s,
                travel.store_to_incident_s,
                travel.vehicle_to_incident_s,
            )
        )
        yield None, Legs(*drawn)


def _late(problem: DispatchProblem, orders: tuple[TeamOrder, ...]) -> set[str]:
    """Tasks that some team reaches after the due time."""
    found = set()
    for order in orders:
        for stop in order.stops:
            task = problem.tasks[problem.task_index[stop.task]]
            reported = problem.incidents[problem.incident_index[task.incident]].reported_s
            if task.due_s is not None and stop.arrive_s > reported + task.due_s:
                found.add(stop.task)
    return found


def _kept_supplies(model: SupplyModel, base: Optimum) -> dict[str, Value]:
    """Levels of the old flows at the new times; what would arrive after the horizon is unmet."""
    problem = model.problem
    horizon = problem.parameters.horizon_s
    unmet = {True: Fraction(0), False: Fraction(0)}
    deprivation = Fraction(0)
    for supply, grants, flow in zip(base.supplies, base.share.grants, base.flows, strict=True):
        arrive = model.arrivals(supply)[flow.store, flow.incident]
        missing = (supply.demand - grants).astype(np.int64)
        lost = arrive >= UNREACHABLE
        np.add.at(missing, flow.incident[lost], flow.lumps[lost])
        waited = missing * horizon
        np.add.at(waited, flow.incident[~lost], flow.lumps[~lost] * arrive[~lost])
        critical = problem.items[supply.item].life_critical
        for weight, n, seconds in zip(supply.weight, missing.tolist(), waited.tolist(), strict=True):
            deprivation += weight * seconds
            if n:
                unmet[critical] += weight * n
    return {"critical_unmet": unmet[True], "other_unmet": unmet[False], "deprivation": deprivation}


def _numbers(levels: dict[str, Value]) -> tuple[float, ...]:
    found = []
    for name in LEVELS:
        value = levels[name]
        assert isinstance(value, Fraction)
        found.append(float(value))
    return tuple(found)
