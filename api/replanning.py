"""Re-planning: a plan from the running one, what differs, how far it has come, and the way back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from api.settings import database
from api.situation import Names, hold_until, live, moment_of, names
from api.usecases import (
    Opened,
    Phases,
    Solved,
    Tell,
    counted_by,
    open_problem,
    open_with_plan,
    open_world,
    reported,
    silent,
    verified,
)
from inventory.database import now, reading, transaction
from inventory.ledger.post import Act
from optimizer.dispatch.plan import Plan, TeamOrder
from optimizer.errors import BadInput, Fault
from scenarios.commit import Committed, commit_plan, running_plan
from scenarios.deliveries import gone_under, plan_reference
from scenarios.exchange.json_text import dumps, read_json, write_text
from scenarios.exchange.load import nothing_thrown_away, to_problem
from scenarios.exchange.plan import load_plan, parse_plan_text, plan_sha256, write_plan
from scenarios.exchange.problem import Counting, parse_problem
from scenarios.history import Kept, list_plans, plan_on_record, roll_back
from scenarios.progress import Report, report_progress, standing
from scenarios.receipts import Receipt, take_in
from scenarios.tables import LIVE

if TYPE_CHECKING:
    from optimizer.dispatch.replanning import Advanced, PlanDiff


@dataclass(frozen=True)
class Replanning:
    """The new plan, what it departs from, and what committing it came to where that was asked for."""

    solved: Solved
    changes: "PlanDiff"
    problem_file: Path | None = None  # where the problem as it stood went, if it was advanced
    committed: Committed | None = None
    lost: tuple[str, ...] = ()  # teams of the running plan that are no longer there


def replan_file(
    problem: Path, running: Path, *, out: Path, at: datetime | None = None, seed: int = 0,
    closures: Counting | None = None, report: Path | None = None, lang: str = "zh", tell: Tell = silent,
) -> Replanning:  # fmt: skip
    """A plan for a problem (a file or a World folder) from the plan that runs; `at`: as things stand at that instant
    if all has gone as planned, and that problem is written beside the plan; `closures`: counted so; None: cautiously
    if the running plan or the problem does; `report`: a folder for the pages of `solve_file` and one that tells what
    differs. Raises `BadInput`, `PlanRefused`."""
    phases = Phases(tell)
    with phases.phase("read"):
        before = load_plan(running)
        opened = open_problem(problem, closures=closures or _still_cautious(before))
    advanced, problem_file = None, None
    if at is not None:
        with phases.phase("problem"):
            opened, advanced, document = _advanced(problem, opened, before, at)
            problem_file = out.with_name(f"{out.stem}.problem.json")
    remaining = before if advanced is None else advanced.remaining
    solved = _replanned(opened, remaining, plan_sha256(before), seed=seed, phases=phases)
    with phases.phase("write"):
        if problem_file is not None:
            write_text(problem_file, dumps(document))
        write_plan(out, solved.plan)
    changes = _diff(remaining, solved.plan)
    reported(out, opened, solved, report=report, lang=lang, phases=phases, changes=changes)
    there = opened.loaded.problem.team_index
    lost = tuple(order.team for order in before.team_orders if order.team not in there)
    return Replanning(solved, changes, problem_file, lost=lost)


def _still_cautious(running: Plan) -> Counting | None:
    """A re-plan does not fall back behind the plan that runs."""
    return "cautious" if counted_by(running) == "cautious" else None


def advance_file(problem: Path, plan: Path, *, at: datetime, out: Path, tell: Tell = silent) -> "Advanced":
    """Write problem.json as it stands at an instant of its plan, and plan.json with what is left, to a folder: to
    be changed (an incident, a closure) and then re-planned. Raises `BadInput`."""
    phases = Phases(tell)
    with phases.phase("read"):
        opened, before = open_with_plan(problem, plan)
    with phases.phase("problem"):
        later, advanced, document = _advanced(problem, opened, before, at)
    with phases.phase("write"):
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / "problem.json", dumps(document))
        write_plan(out / "plan.json", replace(advanced.remaining, problem_sha256=later.loaded.problem.sha256))
    return advanced


def _advanced(source: Path, opened: Opened, plan: Plan, at: datetime) -> tuple[Opened, "Advanced", dict[str, Any]]:
    from scenarios.build import problem_document
    from scenarios.exchange.advance import advanced_document

    if opened.world is not None:
        document = problem_document(opened.world, opened.stock)
        file = opened.world.roads["file"]
        document["network"]["file"] = str((source / file).resolve())
    else:
        document = read_json(source)
        if document.get("network") is not None:  # the new file may lie elsewhere
            document["network"]["file"] = str((source.parent / document["network"]["file"]).resolve())
    counting = opened.loaded.problem.parameters.closures
    parameters = document.get("parameters", {})
    if parameters.get("closures", "as_of") != counting:  # what was asked for in this run holds in the new file
        document["parameters"] = {**parameters, "closures": counting}
    document, advanced = advanced_document(document, opened.loaded, plan, at=at)
    network = None if opened.loaded.roads is None else opened.loaded.roads.network
    loaded = to_problem(parse_problem(document, source=str(source)), folder=source.parent, network=network)
    return replace(opened, loaded=loaded), advanced, document


def _replanned(opened: Opened, running: Plan, sha256: str, *, seed: int, phases: Phases) -> Solved:
    """As `solve_loaded`, from a warm start."""
    from optimizer.dispatch.replanning import replan

    with phases.phase("replan"), nothing_thrown_away():
        plan = replan(opened.loaded.problem, running, running_sha256=sha256, seed=seed).plan
    return replace(verified(opened.loaded, plan, phases), world=opened.world)


def _diff(before: Plan, after: Plan, *, shift_s: int = 0) -> "PlanDiff":
    from optimizer.dispatch.replanning import diff

    return diff(before, after, shift_s=shift_s)


def diff_files(before: Path, after: Path) -> "PlanDiff":
    """What differs between two plan files. Raises `BadInput`."""
    return _diff(load_plan(before), load_plan(after))


def replan_live(
    *, out: Path, situation: str = LIVE, place: str | None = None, as_of: datetime | None = None,
    roads: Path | None = None, crs: str | None = None, seed: int = 0, closures: Counting | None = None,
    commit: bool = False, actor: str = "", key: str | None = None, hold_h: Decimal | None = None,
    report: Path | None = None, lang: str = "zh", tell: Tell = silent,
) -> Replanning:  # fmt: skip
    """A plan for the situation as it stands, from the plan in force; with `commit` it replaces that plan at once.
    `closures` and `report` as in `replan_file`. Raises what `live` and `commit_plan` raise, NoRunningPlan."""
    phases = Phases(tell)
    with database() as engine:
        with reading(engine) as connection:
            world = live(connection, situation=situation, place=place, as_of=as_of, roads=roads, crs=crs,
                         phases=phases)  # fmt: skip
            content = running_plan(connection, situation)
            running = parse_plan_text(content, source=situation)
            remaining, sha256 = left_of(connection, situation, running)
            kept = next(one for one in reversed(list_plans(connection, situation)) if one.status == "committed")
        shift_s = 0 if kept.as_of is None else (world.as_of - kept.as_of) // timedelta(seconds=1)
        with phases.phase("problem"):
            opened = open_world(world, source=situation, closures=closures or _still_cautious(running))
        solved = _replanned(opened, remaining, sha256, seed=seed, phases=phases)
        with phases.phase("write"):
            write_plan(out, solved.plan)
        changes = _diff(remaining, solved.plan, shift_s=shift_s)
        reported(out, opened, solved, report=report, lang=lang, phases=phases, changes=changes)
        committed = None
        if commit and solved.feasible:
            act = Act(actor=actor, reason="PLAN", at=now(), key=key, reference=plan_reference(situation))
            with phases.phase("commit"), transaction(engine) as connection:
                until = hold_until(act.at, world.as_of, hold_h)
                committed = commit_plan(
                    connection, solved.plan, act=act, situation=situation, expires_at=until, as_of=world.as_of
                )
    return Replanning(solved, changes, committed=committed)


def left_of(connection: Connection, situation: str, running: Plan) -> tuple[Plan, str]:
    """What is left of the plan in force, and the digest of the whole of it."""
    sha256 = plan_sha256(running)
    return _without(running, standing(connection, situation).done, gone_under(connection, sha256, situation)), sha256


def _without(plan: Plan, done: frozenset[tuple[str, str]], gone: Any) -> Plan:
    """What is left of the plan in force: stops not reported done, shipments that have not left."""
    left = dict(gone)
    rows = []
    # who gets what left of a lot that goes to several: as in scenarios.deliveries, tasks first
    for row in sorted(plan.shipments, key=lambda row: (row.task is None, row.id)):
        key = row.store, row.item, row.lot
        part = min(row.quantity, left.get(key, Decimal(0)))
        if part:
            left[key] -= part
        if row.quantity > part:
            rows.append(replace(row, quantity=row.quantity - part))
    orders = [
        TeamOrder(order.team, tuple(stop for stop in order.stops if (order.team, stop.task) not in done))
        for order in plan.team_orders
    ]
    return replace(plan, team_orders=tuple(order for order in orders if order.stops), shipments=tuple(rows))


def history(situation: str = LIVE) -> tuple[Kept, ...]:
    """All plans of a situation, oldest first. Raises UnknownSituation."""
    with database() as engine, reading(engine) as connection:
        return list_plans(connection, situation)


@dataclass(frozen=True)
class OnRecord:
    """Any plan of a situation, in force or not."""

    kept: Kept
    plan: Plan
    content: str
    names: Names


def on_record(number: int, situation: str = LIVE) -> OnRecord:
    """Raises UnknownSituation, UnknownPlan."""
    with database() as engine, reading(engine) as connection:
        kept, content = plan_on_record(connection, number, situation)
        return OnRecord(kept, parse_plan_text(content, source=f"plan {number}"), content, names(connection, situation))


@dataclass(frozen=True)
class RolledBack:
    """The plan that came back, what it differs in from the one it replaced, and what committing it came to."""

    committed: Committed
    changes: "PlanDiff | None"
    names: Names
    as_of: datetime | None  # the moment the plan that is back is for


def rollback(
    number: int, *, situation: str = LIVE, as_of: datetime | None = None, hold_h: Decimal | None = None, actor: str,
    key: str | None = None, note: str | None = None,
) -> RolledBack:  # fmt: skip
    """Put an earlier plan in force again. Raises UnknownPlan, InForceAlready, PlanStale, UnknownSituation."""
    act = Act(actor=actor, reason="PLAN", at=now(), key=key, note=note, reference=plan_reference(situation))
    with database() as engine, transaction(engine) as connection:
        running = next((one for one in list_plans(connection, situation) if one.status == "committed"), None)
        before = None if running is None else plan_on_record(connection, running.number, situation)[1]
        again = plan_on_record(connection, number, situation)[0]
        shift_s = 0
        if running is not None and running.as_of is not None and again.as_of is not None:
            shift_s = (again.as_of - running.as_of) // timedelta(seconds=1)
        moment = moment_of(connection, situation, as_of)
        plan, done = roll_back(connection, number, act=act, situation=situation,
                               expires_at=hold_until(act.at, moment, hold_h), as_of=moment)  # fmt: skip
        changes = None if before is None else _diff(parse_plan_text(before, source="running"), plan, shift_s=shift_s)
        return RolledBack(done, changes, names(connection, situation), again.as_of)


def progress(
    team: str, task: str, state: str, *, situation: str = LIVE, at: datetime | None = None,
    arrives_at: datetime | None = None, lat: float | None = None, lon: float | None = None, actor: str,
) -> Report:  # fmt: skip
    """Record how far a team has come. Raises NotOrdered, NotThatWay, UnknownSituation, BadInput."""
    if (lat is None) != (lon is None):
        name = "--lon" if lon is None else "--lat"
        raise BadInput(name, [Fault(name, "NeedsOption", {"name": "--lat" if lon is None else "--lon", "other": name})])
    act = Act(actor=actor, reason="PLAN", at=now())
    with database() as engine, transaction(engine) as connection:
        moment = at or moment_of(connection, situation, None)
        return report_progress(connection, team=team, task=task, state=state, act=act, situation=situation, at=moment,
                               arrives_at=arrives_at, lat=lat, lon=lon)  # fmt: skip


def received(
    plan: int, shipment: str, quantity: Decimal, *, situation: str = LIVE, at: datetime | None = None, actor: str,
    note: str | None = None,
) -> Receipt:  # fmt: skip
    """Record that goods of a plan came. Raises UnknownShipment, NotLeftYet, UnknownSituation, SituationClosed."""
    act = Act(actor=actor, reason="PLAN", at=now(), note=note)
    with database() as engine, transaction(engine) as connection:
        moment = at or moment_of(connection, situation, None)
        return take_in(connection, plan=plan, shipment=shipment, quantity=quantity, act=act, situation=situation,
                       at=moment)  # fmt: skip
