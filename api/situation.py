"""The situation in the database: a scenario goes in, plans are made on the real stock and become binding."""

import hashlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from api.settings import database, home, roads_folder, without_home
from api.usecases import Phases, Solved, Tell, open_world, silent, solve_and_write
from inventory.database import now, reading, transaction
from inventory.five_fixed import shanghai_day
from inventory.intake.registers import Imported
from inventory.ledger.post import Act, begin
from inventory.tables.forces import teams
from inventory.tables.goods import items
from inventory.tables.places import stores
from optimizer.dispatch.plan import Plan, Status
from optimizer.errors import BadInput, Fault, OptimizerError
from optimizer.network.graph import RoadNetwork
from optimizer.network.read import read_network
from optimizer.network.tables import write_tables
from scenarios.books import Kept, kept_for
from scenarios.commit import Committed, cancel_plan, commit_plan, running_plan
from scenarios.deliveries import plan_reference
from scenarios.exchange.plan import load_plan, parse_plan_text
from scenarios.exchange.problem import Counting
from scenarios.exercise import enter, entered
from scenarios.incidents import close_incident, ensure_live, find_situation, name_roads
from scenarios.live import live_world, load_world, set_team_status
from scenarios.shift import moved_to
from scenarios.situations import close_exercise
from scenarios.tables import LIVE, incidents, plans
from scenarios.world import TABLES, World

_NAME = re.compile(r"\w[\w.-]{0,63}")  # it names a folder too


class NoRoads(OptimizerError):
    """A situation whose roads nobody has named. Facts: situation."""


class DamagedRoads(OptimizerError):
    """Roads that were taken once and can be read no more. Facts: situation, faults, first."""


class NothingToCommit(OptimizerError):
    """A plan that keeps no rule of the problem is not put in force. Facts: status."""


@dataclass(frozen=True)
class Loaded:
    """A World that went into the database: what came of each table, and where its roads are."""

    world: World
    tables: tuple[Imported, ...]
    roads: Path


Posted = Callable[[tuple[Imported, ...]], None]


@contextmanager
def _alone(_: Connection) -> Iterator[Posted]:
    yield lambda tables: None


def load_scenario(
    name: str, *, situation: str = LIVE, seed: int = 0, add: bool = False, today: bool = False, actor: str,
    key: str | None = None, note: str | None = None, tell: Tell = silent, engine: Engine | None = None,
    around: "Callable[[Connection], AbstractContextManager[Posted]] | None" = None,
) -> Loaded:  # fmt: skip
    """A named scenario, or the World folder of that path, into the database as a situation, whole or not at all.
    `today` moves every date in it so that it happens today. `around`: what belongs to the same transaction, told what
    came of each table.

    Raises UnknownScenario, BadInput with every bad row of a folder, NotEmpty where there are stores and `add` is not
    given; KeyReused. The same request under one key is done once.
    """
    from api.demo import refresh_world, stage_scenario
    from scenarios.registry import SCENARIOS

    check_name(situation)
    phases = Phases(tell)
    folder = Path(name)
    if name not in {one.name for one in SCENARIOS} and folder.is_dir():
        world = refresh_world(folder, tell=tell)
    else:
        world = stage_scenario(name, seed=seed, tell=tell)
    content = None if key is None else _digest(world)
    if today:
        world = moved_to(world, shanghai_day(now()))
    target = roads_folder(situation)
    part = _beside(target)
    act = Act(actor=actor, reason="OPENING", at=now(), key=key, note=note, reference=f"situation:{situation}")
    try:
        with phases.phase("roads_out"):
            shutil.rmtree(part, ignore_errors=True)
            write_tables(world.network, part)
        opened = database() if engine is None else nullcontext(engine)
        with phases.phase("post"), opened as used, transaction(used) as connection:
            stored = str(target.relative_to(home()))
            request = {"load": situation, "seed": seed, "add": add, "today": today, "content": content}
            if key is not None and _loaded_before(connection, situation, act, request):
                same = tuple(Imported(one, same=len(world.table(one))) for one in TABLES)
                return Loaded(world, same, target)
            once = replace(act, key=None)
            with (around or _alone)(connection) as posted:
                tables = load_world(connection, world, act=once, roads=stored, situation=situation, add=add)
                posted(tables)
            if key is not None and situation != LIVE:
                enter(connection, situation, "LOAD", act, request)
            shutil.rmtree(target, ignore_errors=True)
            part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Loaded(world, tables, target)


def _beside(target: Path) -> Path:
    """Where a folder is written before it takes its place: others may write the same at this moment."""
    return target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")


def _loaded_before(connection: Connection, situation: str, act: Act, request: dict[str, Any]) -> bool:
    """An exercise is no entry of the ledger, not even under its key."""
    if situation == LIVE:
        return begin(connection, "ORDER", act, request).replayed
    return entered(connection, "LOAD", act, {"situation": situation, **request}) is not None


def take_roads(file: Path, *, situation: str = LIVE, crs: str | None = None, tell: Tell = silent) -> RoadNetwork:
    """From now on the situation plans on these roads. Raises UnknownSituation (the live one is made), BadInput with
    every fault of the file."""
    check_name(situation)
    phases = Phases(tell)
    with phases.phase("roads"):
        network = read_network(file, crs=crs)
    target = roads_folder(situation)
    part = _beside(target)
    try:
        with phases.phase("roads_out"):
            shutil.rmtree(part, ignore_errors=True)
            write_tables(network, part)
        with database() as engine, transaction(engine) as connection:
            ensure_live(connection, situation)
            name_roads(connection, situation, str(target.relative_to(home())))
            shutil.rmtree(target, ignore_errors=True)
            part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return network


def _digest(world: World) -> str:
    """What tells one scenario from another: its tables as they are before they are moved to today."""
    content = repr([world.table(name).columns for name in TABLES])
    return hashlib.sha256(content.encode()).hexdigest()


def check_name(situation: str) -> None:
    """Raises BadInput for a name that could be no folder."""
    if not _NAME.fullmatch(situation):
        raise BadInput("--situation", [Fault("--situation", "SituationName", {"name": situation})])


def moment_of(connection: Connection, situation: str, given: datetime | None) -> datetime:
    """For when one plans: what was asked for, else the situation's own moment, else now, in whole seconds."""
    own: datetime | None = find_situation(connection, situation).as_of
    return given or own or now().replace(microsecond=0)


def roads_of(connection: Connection, situation: str) -> RoadNetwork:
    """The roads of a situation. Raises UnknownSituation, NoRoads, DamagedRoads."""
    head = find_situation(connection, situation)
    if head.roads is None:
        raise NoRoads(situation=situation)
    file = home() / head.roads
    try:
        return read_network(file, crs=None if not file.is_dir() or (file / "roads.json").exists() else head.roads_crs)
    except BadInput as bad:  # no fault of who asks: they were whole when they were taken
        first = without_home(bad.faults[0].where)
        raise DamagedRoads(situation=situation, faults=len(bad.faults), first=first) from bad


def live(
    connection: Connection, *, situation: str = LIVE, place: str | None = None, as_of: datetime | None = None,
    roads: Path | None = None, crs: str | None = None, phases: Phases | None = None,
) -> World:  # fmt: skip
    """The World of a situation on its own roads, or on others. Raises UnknownSituation, NoRoads, DamagedRoads,
    BadInput."""
    phases = phases or Phases()
    with phases.phase("roads"):
        network = roads_of(connection, situation) if roads is None else read_network(roads, crs=crs)
    with phases.phase("live"):
        at = moment_of(connection, situation, as_of)
        return live_world(connection, as_of=at, network=network, situation=situation, place=place)


@dataclass(frozen=True)
class Planned:
    """A plan on real stock, and what committing it came to where that was asked for."""

    solved: Solved
    world: World
    committed: Committed | None = None


def solve_live(
    *, out: Path, situation: str = LIVE, place: str | None = None, as_of: datetime | None = None,
    roads: Path | None = None, crs: str | None = None, seed: int = 0, time_limit_s: float | None = None,
    report: Path | None = None, explain: bool = False, closures: Counting | None = None, commit: bool = False,
    actor: str = "", key: str | None = None, hold_h: Decimal | None = None, lang: str = "zh", tell: Tell = silent,
) -> Planned:  # fmt: skip
    """Plan on the stock, teams and incidents that the database holds; as `solve_file` otherwise. With `commit` the
    plan is put in force at once. Raises what `live`, `solve_file` and `commit_plan` raise."""
    phases = Phases(tell)
    with database() as engine:
        with reading(engine) as connection:
            world = live(connection, situation=situation, place=place, as_of=as_of, roads=roads, crs=crs,
                         phases=phases)  # fmt: skip
        with phases.phase("problem"):
            opened = open_world(world, source=situation, closures=closures)
        solved = solve_and_write(
            opened,
            out=out,
            seed=seed,
            time_limit_s=time_limit_s,
            report=report,
            explain=explain,
            lang=lang,
            phases=phases,
        )
        if not commit or not solved.feasible:
            return Planned(solved, world)
        from api.reasons import keep_problem  # not for those who only look

        keep_problem(opened.loaded)
        act = Act(actor=actor, reason="PLAN", at=now(), key=key, reference=plan_reference(situation))
        with phases.phase("commit"), transaction(engine) as connection:
            until = hold_until(act.at, world.as_of, hold_h)
            done = commit_plan(
                connection, solved.plan, act=act, situation=situation, expires_at=until, as_of=world.as_of
            )
        return Planned(solved, world, done)


def hold_until(at: datetime, as_of: datetime, hold_h: Decimal | None) -> datetime | None:
    """When the reservations of a plan run out: so long after now, or after the moment the plan is for."""
    return None if hold_h is None else max(at, as_of) + timedelta(seconds=int(hold_h * 3600))


def commit(
    path: Path, *, situation: str = LIVE, as_of: datetime | None = None, hold_h: Decimal | None = None, actor: str,
    key: str | None = None, note: str | None = None, occurred_at: datetime | None = None,
) -> tuple[Plan, Committed]:  # fmt: skip
    """Put a plan.json in force, in one transaction. Raises BadInput, NothingToCommit, UnknownSituation, PlanStale."""
    plan = load_plan(path)
    if plan.status is Status.INFEASIBLE:
        raise NothingToCommit(status=str(plan.status))
    act = Act(actor=actor, reason="PLAN", at=now(), key=key, note=note, occurred_at=occurred_at,
              reference=plan_reference(situation))  # fmt: skip
    with database() as engine, transaction(engine) as connection:
        moment = moment_of(connection, situation, as_of)
        until = hold_until(act.at, moment, hold_h)
        return plan, commit_plan(connection, plan, act=act, situation=situation, expires_at=until, as_of=moment)


def cancel(
    *, situation: str = LIVE, actor: str, key: str | None = None, note: str | None = None
) -> Mapping[tuple[str, str, str], Decimal]:
    """Give the plan in force up; the units set free by store, item and lot. Raises NoRunningPlan."""
    act = Act(actor=actor, reason="CANCELLED", at=now(), key=key, note=note, reference=plan_reference(situation))
    with database() as engine, transaction(engine) as connection:
        return cancel_plan(connection, act=act, situation=situation)


def close(code: str, *, situation: str = LIVE, reopen: bool = False) -> bool:
    """End an incident, or take that back; whether that changes anything. Raises UnknownSituation, UnknownIncident."""
    with database() as engine, transaction(engine) as connection:
        return close_incident(connection, code, situation=situation, reopen=reopen)


def close_drill(
    situation: str, *, actor: str, note: str | None = None
) -> tuple[Mapping[tuple[str, str, str], Decimal], Mapping[tuple[str, str, str], Decimal]]:
    """An exercise is over; the units it kept and those it had out. Raises UnknownSituation, NotAnExercise,
    SituationClosed."""
    act = Act(actor=actor, reason="CANCELLED", at=now(), note=note)
    with database() as engine, transaction(engine) as connection:
        return close_exercise(connection, situation, act=act)


def team_status(team: str, status: str) -> bool:
    """Say whether a team can go; whether that changes anything. Raises UnknownTeam."""
    with database() as engine, transaction(engine) as connection:
        return set_team_status(connection, team, status)


@dataclass(frozen=True)
class InForce:
    """The plan a situation runs by."""

    number: int
    actor: str
    recorded_at: datetime
    as_of: datetime | None  # the moment the plan is for
    plan: Plan
    content: str
    kept: tuple[Kept, ...]
    names: "Names"


def in_force(situation: str = LIVE) -> InForce:
    """The plan in force, with what is still reserved for it. Raises NoRunningPlan."""
    with database() as engine, reading(engine) as connection:
        head = find_situation(connection, situation)
        content = running_plan(connection, situation)
        row = connection.execute(
            select(plans.c.id, plans.c.actor, plans.c.recorded_at, plans.c.as_of).where(
                plans.c.situation_code == situation, plans.c.status == "committed"
            )
        ).one()
        plan = parse_plan_text(content, source=situation)
        return InForce(row.id, row.actor, row.recorded_at, row.as_of, plan, content,
                       kept_for(connection, head), names(connection, situation))  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What people call stores, items, incidents and teams: code -> (Chinese, English)."""

    stores: Mapping[str, tuple[str, str]]
    items: Mapping[str, tuple[str, str]]
    incidents: Mapping[str, tuple[str, str]]
    teams: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, kind: str, code: str, lang: str) -> str:
        """`name (code)`, or the code alone."""
        name = getattr(self, kind).get(code, ("", ""))[0 if lang == "zh" else 1]
        if not name:
            return code
        return f"{name}（{code}）" if lang == "zh" else f"{name} ({code})"


def names(connection: Connection, situation: str = LIVE) -> Names:
    def read(wanted: Any) -> Mapping[str, tuple[str, str]]:
        return {code: (zh or "", en or zh or "") for code, zh, en in connection.execute(wanted)}

    return Names(
        read(select(stores.c.code, stores.c.name, stores.c.name_en)),
        read(select(items.c.code, items.c.name_zh, items.c.name_en)),
        read(
            select(incidents.c.code, incidents.c.name, incidents.c.name_en).where(
                incidents.c.situation_code == situation
            )
        ),
        read(select(teams.c.code, teams.c.name, teams.c.name_en)),
    )


def names_now(situation: str = LIVE) -> Names:
    with database() as engine, reading(engine) as connection:
        return names(connection, situation)


def lines(units: Mapping[tuple[str, str, str], Decimal], names: Names, lang: str) -> Sequence[tuple[Any, ...]]:
    """Units by store, item and lot as rows to print."""
    return [
        (names.of("stores", store, lang), names.of("items", item, lang), lot or "-", quantity)
        for (store, item, lot), quantity in sorted(units.items())
    ]
