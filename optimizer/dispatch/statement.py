"""What a plan states of itself: its levels with bound and gap, its status, limits and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from optimizer.dispatch.levels import Decision, Value, gini
from optimizer.dispatch.plan import Level, Plan, Reason, Status, StoppedBy, Unmet
from optimizer.dispatch.problem import DispatchProblem


@dataclass(frozen=True)
class SolveLimits:
    """Where the search stops: after `iterations` moves (None: 10,000 a team slot, at most 1,000,000) and a fixed amount
    of column generation, with the same plan every time; or at `time_limit_s` seconds of the clock, with no repeat
    promised."""

    iterations: int | None = None
    time_limit_s: float | None = None


def stated(
    problem: DispatchProblem, decision: Decision, *, values: Mapping[str, Value], bounds: Mapping[str, Value | None],
    practice: Mapping[str, Value], unmet: tuple[Unmet, ...], seed: int, limits: SolveLimits, timed_out: bool,
) -> Plan:  # fmt: skip
    """The plan of a decision; a proven team side still leaves the supply rules at their work limit."""
    levels = tuple(_level(name, values[name], bounds[name], practice[name]) for name in problem.parameters.levels)
    proven = all(level.gap == 0 for level in levels)
    return Plan(
        problem_sha256=problem.sha256,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        seed=seed,
        limits=_limits(limits),
        stopped_by=StoppedBy.PROOF if proven else StoppedBy.TIME if timed_out else StoppedBy.WORK,
        levels=levels,
        team_orders=decision.team_orders,
        shipments=decision.shipments,
        unmet=unmet,
        parameters=_parameters(problem),
    )


def infeasible(
    problem: DispatchProblem, broken_pins: tuple[tuple[str, str], ...], *, stopped_by: StoppedBy, seed: int,
    limits: SolveLimits,
) -> Plan:  # fmt: skip
    """No plan keeps these pins (T10), or none was found (`stopped_by` says which); it names them, orders nothing."""
    rows = []
    for team, task in broken_pins:
        incident = problem.tasks[problem.task_index[task]].incident
        rows.append(
            Unmet(
                incident=incident, task=task, quantity=Decimal(1), reason=Reason.FORBIDDEN_BY_DISPATCHER,
                facts={"pin_team": team},
            )
        )  # fmt: skip
    return Plan(
        problem_sha256=problem.sha256, status=Status.INFEASIBLE, seed=seed, limits=_limits(limits),
        stopped_by=stopped_by, levels=(), team_orders=(), shipments=(), unmet=tuple(rows),
        parameters=_parameters(problem),
    )  # fmt: skip


def _level(name: str, value: Value, bound: Value | None, practice: Value) -> Level:
    if isinstance(value, tuple):
        assert isinstance(practice, tuple)
        proven = bound is not None and bound == value
        return Level(
            name=name,
            value=tuple(map(float, value)),
            bound=tuple(map(float, value)) if proven else None,
            gap=0.0 if proven else None,
            practice=tuple(map(float, practice)),
            gini=float(gini(value)),
            gini_practice=float(gini(practice)),
        )
    assert isinstance(practice, Fraction)
    if bound is None:
        return Level(name=name, value=float(value), bound=None, gap=None, practice=float(practice))
    assert isinstance(bound, Fraction)
    bound = max(Fraction(0), bound)
    gap = (value - bound) / max(Fraction(1), value)
    return Level(name=name, value=float(value), bound=float(bound), gap=float(gap), practice=float(practice))


def _limits(limits: SolveLimits) -> dict[str, Any]:
    return {"iterations": limits.iterations, "time_limit_s": limits.time_limit_s}


def _parameters(problem: DispatchProblem) -> dict[str, Any]:
    parameters = problem.parameters
    return {
        "levels": list(parameters.levels),
        "weights": {
            "due_penalty_s": parameters.due_penalty_s,
            "trip_cost_m": parameters.trip_cost_m,
            "store_cost_m": parameters.store_cost_m,
            "deprivation_tolerance": float(parameters.deprivation_tolerance),
        },
        "tiers": [{"id": tier.id, "limit_s": tier.limit_s} for tier in parameters.tiers],
        "horizon_h": parameters.horizon_s / 3600,
        "closures": parameters.closures,
    }
