"""A new plan from the running one after a change: warm, frozen where work has begun, least change among equals.

Order of preference: the levels in the problem's order, each no worse than keeping what can be kept of the running
plan and no worse than practice; then few changed (team, task) and (store, incident, item). What began stays (T9), a
team on its way turns only where the matrix permits it (R1): both are part of the problem.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from optimizer.dispatch import pipeline
from optimizer.dispatch.explain import unmet
from optimizer.dispatch.levels import Decision, Value, rank, supply_levels, team_levels
from optimizer.dispatch.loading import Load
from optimizer.dispatch.pipeline import TEAM_LEVELS, SolveLimits, solve
from optimizer.dispatch.plan import Plan, Replans, Shipment, Status, StoppedBy, TeamOrder
from optimizer.dispatch.practice import practice_teams
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.replanning.diff import count_changes
from optimizer.dispatch.replanning.stock_model import updated_model
from optimizer.dispatch.replanning.supplies import ItemSolved, Loaded, load_stores, running_loads, solve_items
from optimizer.dispatch.replanning.teams import replan_teams
from optimizer.dispatch.schedule import team_orders
from optimizer.dispatch.supply_model import SupplyModel
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
    model = updated_model(basis.model if basis else None, problem)
    teams = team_model(problem)
    side, orders = _teams(problem, teams, running, seed)
    supplies, rows, basis = _supplies(problem, model, running, basis)
    if side is None:
        plan = solve(problem, seed=seed)
    else:
        levels = tuple(
            pipeline._level(name, side if name in TEAM_LEVELS else supplies) for name in problem.parameters.levels
        )
        proven = all(level.gap == 0 for level in levels)
        plan = Plan(
            problem_sha256=problem.sha256,
            status=Status.OPTIMAL if proven else Status.FEASIBLE,
            seed=seed,
            limits=pipeline._limits(SolveLimits()),
            stopped_by=StoppedBy.PROOF if proven else StoppedBy.WORK,
            levels=levels,
            team_orders=orders,
            shipments=rows,
            unmet=unmet(problem, Decision(orders, rows), teams, model),
            parameters=pipeline._parameters(problem),
        )
    return Replanned(_named(plan, running, running_sha256), basis)


def _named(plan: Plan, running: Plan, sha256: str) -> Plan:
    return replace(plan, replans=Replans(sha256, count_changes(running, plan)))


def _teams(
    problem: DispatchProblem, model: TeamModel, running: Plan, seed: int
) -> tuple[pipeline._Side | None, tuple[TeamOrder, ...]]:
    """Levels 1 and 3; None where a pin has no place."""
    if model.broken_pins:
        return None, ()
    found = replan_teams(problem, model, running, seed=seed)
    if found.broken_pins:
        return None, ()
    ours = team_orders(problem, found.sequences)
    theirs = team_orders(problem, practice_teams(problem, model, found.sequences))
    values, practice = team_levels(problem, ours), team_levels(problem, theirs)
    if rank(problem, practice, TEAM_LEVELS) < rank(problem, values, TEAM_LEVELS):
        ours, values = theirs, practice
    # more teams needed than are able: no schedule can do better
    bounds: dict[str, Value | None] = {"unserved": Fraction(model.surplus), "completion": None}
    return pipeline._Side(values, bounds, practice), ours


def _supplies(
    problem: DispatchProblem, model: SupplyModel, running: Plan, basis: Basis | None
) -> tuple[pipeline._Side, tuple[Shipment, ...], Basis]:
    """Levels 2 and 4 to 7."""
    # where the running plan ships just what the basis holds, untouched items are known to be kept
    same = basis is not None and bool(basis.rows) and running.shipments == basis.rows
    side = solve_items(model, basis.solved if basis else {}, running, same=same)
    names = tuple(name for name in problem.parameters.levels if name not in TEAM_LEVELS)
    before = basis.loaded if basis else Loaded()
    rows, loaded = load_stores(model, side.loads, before)
    whole = _whole(side.loads, rows)
    values = supply_levels(problem, rows)

    def better(loads: tuple[Load, ...], *, or_equal: bool = False) -> bool:
        nonlocal rows, values
        other, _ = load_stores(model, loads, loaded)
        theirs = supply_levels(problem, other)
        found, best = rank(problem, theirs, names), rank(problem, values, names)
        if found < best or (or_equal and found == best):
            rows, values = other, theirs
            return True
        return False

    if side.plain is not None:
        better(side.plain)
    kept = running_loads(model, running, {item: side.solved[item].loads for item in side.kept} if same else None)
    if not _same_loads(kept, side.loads) and _serves_as_much(kept, side.loads):
        better(kept, or_equal=True)
    theirs, practice_loaded = load_stores(model, side.practice, basis.practice if basis else Loaded(), as_listed=True)
    practice = supply_levels(problem, theirs)
    if rank(problem, practice, names) < rank(problem, values, names):
        rows, values = theirs, practice
    bounds = pipeline._supply_bounds(problem, model, side.share, values, side.least)
    basis = Basis(model, side.solved, loaded, practice_loaded, whole)
    return pipeline._Side(values, bounds, practice), rows, basis


def _whole(loads: tuple[Load, ...], rows: tuple[Shipment, ...]) -> tuple[Shipment, ...]:
    """The rows, if they carry all of the loads: then they tell the loads."""
    carried = sum((row.quantity for row in rows), Decimal(0))
    return rows if carried == sum((load.quantity for load in loads), Decimal(0)) else ()


def _totals(loads: tuple[Load, ...]) -> dict[tuple[int, int], object]:
    total: dict[tuple[int, int], object] = {}
    for load in loads:
        key = load.incident, load.item
        total[key] = total.get(key, 0) + load.quantity  # type: ignore[operator]
    return total


def _serves_as_much(kept: tuple[Load, ...], ours: tuple[Load, ...]) -> bool:
    """Whether the kept shipments can compete at all: levels 2 and 4 of ours are exact, so with less they lose."""
    return _totals(kept) == _totals(ours)


def _same_loads(one: tuple[Load, ...], other: tuple[Load, ...]) -> bool:
    return {(x.store, x.incident, x.item, x.quantity) for x in one} == {
        (x.store, x.incident, x.item, x.quantity) for x in other
    }
