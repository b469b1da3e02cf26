"""Why a plan on record is as it is: its problem kept when it was solved, the answer kept once it was found.

Both lie in the office's folder by their digests, since neither a plan nor its problem can change: what is there needs
no second reckoning. What is missing is made again from the database, where the situation is still the same.
"""

import gzip
import hashlib
import json
import logging
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from sqlalchemy import Connection, select

from api.settings import home
from inventory.kinds import KINDS
from inventory.tables.forces import teams
from inventory.tables.goods import items
from inventory.tables.places import stores
from optimizer.dispatch.plan import Plan, Status
from optimizer.dispatch.problem import DispatchProblem
from optimizer.errors import OptimizerError
from scenarios.drafts import find_draft
from scenarios.exchange.json_text import dumps
from scenarios.exchange.plan import parse_plan_text
from scenarios.history import plan_on_record
from scenarios.report.labels import Label, Names
from scenarios.tables import incidents, plans

Kind = Literal["plans", "drafts"]
KEPT_PROBLEMS = 200  # the newest; each is some tens of kB of a county, some MB of a city
log = logging.getLogger("wuding.reasons")


class ProblemForgotten(OptimizerError):
    """A plan whose problem is neither kept nor can be made again, as the situation has changed. Facts: plan."""


@dataclass(frozen=True)
class AskWhy:
    """Which plan is to be explained, and where the database is. `whole`: with values, sensitivity and cover, which
    take long; else the choices alone."""

    database_url: str
    situation: str
    kind: Kind
    number: int
    whole: bool


@dataclass(frozen=True)
class FoundWhy:
    """A document, as JSON: the choices, or the whole."""

    content: str
    whole: bool
    last: bool


def reasons_by(ask: AskWhy, tell: Any) -> Iterator[FoundWhy]:
    """Raises UnknownDraft, UnknownPlan, ProblemForgotten, PlanNotValid, NothingToExplain, and what `live` raises."""
    from api.why import NothingToExplain, PlanNotValid
    from inventory.database import open_engine, reading
    from optimizer.dispatch.check import check

    engine = open_engine(ask.database_url)
    try:
        with reading(engine) as connection:
            as_of, plan = plan_of(connection, ask)
            if plan.status is Status.INFEASIBLE:
                raise NothingToExplain(plan=ask.number)
            tell("phase.roads")
            loaded, people = _problem_again(connection, ask, plan, as_of)
            names = names_of(connection, loaded.problem, ask.situation)
    finally:
        engine.dispose()
    tell("phase.check")
    if violations := check(loaded.problem, plan):
        raise PlanNotValid(plan=ask.number, problem=loaded.problem.sha256[:12], violations=len(violations))
    # of the whole first, too: whoever asks for a single choice meanwhile need not wait for the rest
    yield FoundWhy(_choices(loaded.problem, plan, names, tell), whole=False, last=not ask.whole)
    if ask.whole:
        yield FoundWhy(_whole(loaded, plan, names, people, tell), whole=True, last=True)


def plan_of(connection: Connection, ask: AskWhy) -> tuple[datetime, Plan]:
    """The plan, and the moment it is for. Raises UnknownDraft, UnknownPlan."""
    as_of: datetime
    if ask.kind == "drafts":
        found, content = find_draft(connection, ask.number, ask.situation)
        as_of = found.as_of
    else:
        _, content = plan_on_record(connection, ask.number, ask.situation)
        as_of = connection.execute(select(plans.c.as_of).where(plans.c.id == ask.number)).scalar_one()
    return as_of, parse_plan_text(content, source=f"{ask.kind} {ask.number}")


def _problem_again(connection: Connection, ask: AskWhy, plan: Plan, as_of: datetime) -> tuple[Any, tuple[Any, ...]]:
    """The loaded problem of a plan, and where people live. Raises ProblemForgotten."""
    from api.situation import live, roads_of
    from api.usecases import open_world
    from inventory.snapshot import snapshot
    from scenarios.exchange.cover import inhabited
    from scenarios.exchange.kept import load_kept
    from scenarios.incidents import find_situation

    place = find_situation(connection, ask.situation).place_code
    people = tuple(inhabited(snapshot(connection, "places", place=place).rows()))
    text = _read(_file_of(plan.problem_sha256))
    if text is not None:
        loaded = load_kept(text, roads_of(connection, ask.situation), source=f"{ask.kind} {ask.number}")
        if loaded.problem.sha256 == plan.problem_sha256:
            return loaded, people
    loaded = open_world(
        live(connection, situation=ask.situation, place=place, as_of=as_of), source=ask.situation
    ).loaded
    if loaded.problem.sha256 != plan.problem_sha256:
        raise ProblemForgotten(plan=ask.number)
    keep_problem(loaded)
    return loaded, people


def _whole(loaded: Any, plan: Plan, names: Names, people: tuple[Any, ...], tell: Any) -> str:
    from api.why import NothingToExplain
    from scenarios.exchange.why import why_content
    from scenarios.explanation import explain_plan
    from scenarios.report.why_rows import Words

    found = explain_plan(loaded.problem, plan, roads=loaded.roads, inhabited=people, tell=tell)
    if found is None:
        raise NothingToExplain(plan=plan.problem_sha256[:12])
    return dumps(why_content(loaded.problem, plan, found, words=Words(loaded.problem, names)))


def _choices(problem: DispatchProblem, plan: Plan, names: Names, tell: Any) -> str:
    from optimizer.dispatch.why.alternatives import team_alternatives
    from optimizer.dispatch.why.practised import against_practice
    from optimizer.dispatch.why.stores import store_alternatives
    from scenarios.exchange.why import choices_content
    from scenarios.report.why_rows import Words

    tell("phase.why.alternatives")
    teams_, supplies = team_alternatives(problem, plan), store_alternatives(problem, plan)
    against = against_practice(problem, plan)
    return dumps(choices_content(problem, plan, teams_, supplies, against, words=Words(problem, names)))


# What things are called


def names_of(connection: Connection, problem: DispatchProblem, situation: str) -> Names:
    """As the database has them; codes that nobody named stand for themselves."""
    from api.stage import names_of_codes

    def read(table: Any, zh: str, en: str, *where: Any) -> dict[str, Label]:
        wanted = select(table.c.code, table.c[zh], table.c[en]).where(*where)
        return {code: Label(one, other or one) for code, one, other in connection.execute(wanted) if one}

    goods = read(items, "name_zh", "name_en")
    rooms = read(stores, "name", "name_en")
    checks = {one for line in problem.stock for one in line.blocked}
    return replace(
        names_of_codes(problem),
        incidents=read(incidents, "name", "name_en", incidents.c.situation_code == situation),
        teams=read(teams, "name", "name_en"),
        stores=rooms,
        items=goods,
        units={
            code: said._replace(en="") if said.en == "each" else said
            for code, said in read(items, "unit_zh", "unit_en").items()
        },
        checks={one: said for one in checks if (said := check_said(one, rooms, goods)) is not None},
    )


def check_said(task: str, rooms: dict[str, Label], goods: dict[str, Label]) -> Label | None:
    """`STORE/ITEM/LOT/KIND` in words."""
    from api.stage import label
    from scenarios.texts import catalogue

    parts = [unquote(part) for part in task.split("/")]
    if len(parts) != 4:
        return None
    store, item, lot, kind = parts
    act = f"held.{kind}"
    said = Label(*KINDS[kind]) if kind in KINDS else label(act) if act in catalogue() else Label(kind, kind)
    room, good = rooms.get(store, Label(store, store)), goods.get(item, Label(item, item))
    return Label(f"{room.zh}的{good.zh}（{lot}）{said.zh}", f"{said.en} of {good.en} ({lot}) in {room.en}")


# What is kept


def keep_problem(loaded: Any) -> None:
    """So that its plans can be explained however the situation goes on. A disk that is full ends no solve."""
    from scenarios.exchange.kept import dump_problem

    file = _file_of(loaded.problem.sha256)
    try:
        if file.exists():
            os.utime(file.parent)
            return
        _write(file, dump_problem(loaded))
        _forget_old(file.parent)
    except OSError as error:
        log.warning("the problem of a plan was not kept: %s", error)


def answer_file(whole: bool, sha256: str, problem_sha256: str, names: str) -> Path:
    """Of an answer that was found before, if it is there. `names`: digest of what things are called in it."""
    kind = "why" if whole else "choices"
    return _folder(problem_sha256) / f"{sha256}.{kind}.{names[:16]}.json.gz"


def found_before(file: Path) -> str | None:
    return _read(file)


def keep_answer(file: Path, content: str) -> None:
    try:
        _write(file, content)
        plan, kind, *_ = file.name.split(".")
        for old in file.parent.glob(f"{plan}.{kind}.*.json.gz"):
            if old != file:  # in words of names that have changed
                old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("an explanation was not kept: %s", error)


def digest_of_names(connection: Connection, situation: str) -> str:
    """Changes with any name that a sentence may hold."""
    named = [
        (stores.c.code, stores.c.name, stores.c.name_en), (teams.c.code, teams.c.name, teams.c.name_en),
        (items.c.code, items.c.name_zh, items.c.name_en),
    ]  # fmt: skip
    rows = [list(map(tuple, connection.execute(select(*columns).order_by(columns[0])))) for columns in named]
    own = select(incidents.c.code, incidents.c.name, incidents.c.name_en).where(incidents.c.situation_code == situation)
    rows.append(list(map(tuple, connection.execute(own.order_by(incidents.c.code)))))
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def _problems() -> Path:
    return home() / "problems"


def _folder(sha256: str) -> Path:
    return _problems() / sha256


def _file_of(sha256: str) -> Path:
    return _folder(sha256) / "problem.json.gz"


def _read(file: Path) -> str | None:
    """None where there is none, or what is there is damaged."""
    try:
        return gzip.decompress(file.read_bytes()).decode()
    except (OSError, EOFError, ValueError, zlib.error):
        return None


def _write(file: Path, text: str) -> None:
    """Whole or not at all: others may read it at the same moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_bytes(gzip.compress(text.encode(), 3, mtime=0))
    part.replace(file)


def _forget_old(folder: Path) -> None:
    """All but the newest problems, with what was said of them."""
    kept = sorted(folder.parent.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    for one in kept[KEPT_PROBLEMS:]:
        shutil.rmtree(one, ignore_errors=True)
