"""A new plan from the running one after a change: warm, frozen where work has begun, least change among equals.

Order of preference: the levels in the problem's order, each no worse than keeping what can be kept of the running
plan and no worse than practice; then few changed (team, task) and (store, incident, item). What began stays (T9), a
team on its way turns only where the matrix permits it (R1): both are part of the problem.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from optimizer.dispatch.coupling import TEAM_LEVELS
from optimizer.dispatch.explain import unmet
from optimizer.dispatch.levels import Decision, Value, rank, supply_levels, team_levels
from optimizer.dispatch.loading import Load
from optimizer.dispatch.pipeline import solve
from optimizer.dispatch.plan import Plan, Replans, Shipment, TeamOrder
from optimizer.dispatch.practice import practice_teams
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.replanning.diff import count_changes
from optimizer.dispatch.replanning.stock_model import updated_model
from optimizer.dispatch.replanning.store_loads import Loaded, load_stores
from optimizer.dispatch.replanning.supplies import ItemSolved, solve_items
from optimizer.dispatch.replanning.teams import replan_teams, running_sequences
from optimizer.dispatch.schedule import team_orders
from optimizer.dispatch.statement import SolveLimits, stated
from optimizer.dispatch.supply_model import SupplyModel
from optimizer.dispatch.supply_plan import SUPPLY_LEVELS, unmet_least
from optimizer.dispatch.team_model import TeamModel, team_model


@dataclass(frozen=True)
class Basis:
    """What was worked out for one problem, so that the next one needs to work out only what changed. It never
    changes a plan, only the time it takes."""

    model: SupplyModel
    solved: dict[str, ItemSolved]
    loaded: Loaded = field(default_factory=Loaded)
    practice: Loaded = field(default_factory=Loaded)
    rows: tuple[Shipment, ...] = ()  # what these flows were loaded to, if all of it found a trip


@dataclass(frozen=True)
class Replanned:
    """The plan, and the basis for the next change."""

    plan: Plan
    basis: Basis


def basis_of(problem: DispatchProblem) -> Basis:
    """Work ahead for a problem whose plan is in force, while nobody waits."""
    model = updated_model(None, problem)
    side = solve_items(model, {}, None)
    rows, loaded = load_stores(model, side.loads, Loaded())
    _, practice = load_stores(model, side.practice, Loaded(), as_listed=True)
    return Basis(model, side.solved, loaded, practice, _whole(side.loads, rows))


def replan(
    problem: DispatchProblem, running: Plan, *, running_sha256: str, basis: Basis | None = None, seed: int = 0
) -> Replanned:
    """The plan for `problem`, made from `running` (whose plan.json has the digest `running_sha256`).

    `basis` of an earlier problem makes it fast and changes nothing else. Bounds that would have to be worked out
    anew are null. Where a pin (T10) finds no place among the kept stops the problem is solved from scratch.
    """
    if problem.coupled:  # teams and shipments hang together: solved as a whole, from the running sequences
        plan = solve(problem, seed=seed, start=running_sequences(problem, running))
        return Replanned(_named(plan, running, running_sha256), basis or basis_of(problem))
    model = updated_model(basis.model if basis else None, problem)
    teams = team_model(problem)
    ours = _teams(problem, teams, running, seed)
    theirs, rows, basis = _supplies(problem, model, running, basis)
    if ours is None:
        plan = solve(problem, seed=seed)
    else:
        side, orders = ours
        decision = Decision(orders, rows)
        plan = stated(
            problem, decision, values=side.values | theirs.values, bounds=side.bounds | theirs.bounds,
            practice=side.practice | theirs.practice, unmet=unmet(problem, decision, teams, model), seed=seed,
            limits=SolveLimits(), timed_out=False,
        )  # fmt: skip
    return Replanned(_named(plan, running, running_sha256), basis)


@dataclass(frozen=True)
class _Side:
    """One side's level values, bounds, and values of practice."""

    values: dict[str, Value]
    bounds: dict[str, Value | None]
    practice: dict[str, Value]


def _named(plan: Plan, running: Plan, sha256: str) -> Plan:
    return replace(plan, replans=Replans(sha256, count_changes(running, plan)))


def _teams(
    problem: DispatchProblem, model: TeamModel, running: Plan, seed: int
) -> tuple[_Side, tuple[TeamOrder, ...]] | None:
    """Levels 1 and 3; None where a pin has no place."""
    if model.broken_pins:
        return None
    found = replan_teams(problem, model, running, seed=seed)
    if found.broken_pins:
        return None
    ours = team_orders(problem, found.sequences)
    theirs = team_orders(problem, practice_teams(problem, model, found.sequences))
    values, practice = team_levels(problem, ours), team_levels(problem, theirs)
    if rank(problem, practice, TEAM_LEVELS) < rank(problem, values, TEAM_LEVELS):
        ours, values = theirs, practice
    # more teams needed than are able: no schedule can do better
    bounds: dict[str, Value | None] = {"unserved": Fraction(model.surplus), "completion": None}
    return _Side(values, bounds, practice), ours


def _supplies(
    problem: DispatchProblem, model: SupplyModel, running: Plan, basis: Basis | None
) -> tuple[_Side, tuple[Shipment, ...], Basis]:
    """Levels 2 and 4 to 7. What the running plan ships is kept where it serves the same and is at most
    `deprivation_tolerance` slower, as it was when it was made."""
    # where the running plan ships just what the basis holds, untouched items are known to be kept
    same = basis is not None and bool(basis.rows) and running.shipments == basis.rows
    side = solve_items(model, basis.solved if basis else {}, running, same=same)
    names = tuple(name for name in problem.parameters.levels if name not in TEAM_LEVELS)
    before = basis.loaded if basis else Loaded()
    rows, loaded = load_stores(model, side.loads, before, running=running.shipments, same=same)
    whole = _whole(side.loads, rows)
    values = supply_levels(problem, rows)
    if side.plain is not None:
        other, _ = load_stores(model, side.plain, loaded, running=running.shipments, same=True)
        plain = supply_levels(problem, other)
        if _clearly_better(problem, plain, values, names):
            rows, values = other, plain
    theirs, practice_loaded = load_stores(model, side.practice, basis.practice if basis else Loaded(), as_listed=True)
    practice = supply_levels(problem, theirs)
    if rank(problem, practice, names) < rank(problem, values, names):
        rows, values = theirs, practice
    bounds: dict[str, Value | None] = dict.fromkeys(SUPPLY_LEVELS) | unmet_least(model, side.share)
    if all(values[name] == bounds[name] for name in ("critical_unmet", "other_unmet")):
        bounds["deprivation"] = side.least
        if side.share.proven:
            bounds["fairness"] = values["fairness"]
    basis = Basis(model, side.solved, loaded, practice_loaded, whole)
    return _Side(values, bounds, practice), rows, basis


def _clearly_better(
    problem: DispatchProblem, new: dict[str, Value], kept: dict[str, Value], names: tuple[str, ...]
) -> bool:
    """A reason to change shipments: a level before waiting is better, or waiting by more than the tolerance, or
    waiting and cost both."""
    before = tuple(name for name in names if name not in ("deprivation", "cost"))
    first, second = rank(problem, new, before), rank(problem, kept, before)
    if first != second:
        return first < second
    waits, waited = new["deprivation"], kept["deprivation"]
    assert isinstance(waits, Fraction)
    assert isinstance(waited, Fraction)
    if waited > waits * (1 + Fraction(problem.parameters.deprivation_tolerance)):
        return True
    return waits < waited and new["cost"] <= kept["cost"]  # type: ignore[operator]


def _whole(loads: tuple[Load, ...], rows: tuple[Shipment, ...]) -> tuple[Shipment, ...]:
    """The rows, if they carry all of the loads: then they tell the loads."""
    carried = sum((row.quantity for row in rows), Decimal(0))
    return rows if carried == sum((load.quantity for load in loads), Decimal(0)) else ()
