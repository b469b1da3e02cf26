"""From a question to its answer, by the use cases of `wuding staffing`: the tables are laid out as files for them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Engine

from api.kinds import Kind
from api.situation import roads_of
from api.staffing.answers import share_out, size_out
from api.staffing.patrols import grids_out, patrol_out
from api.staffing.questions import Grids, Patrol, Question, Roster, Share, Size
from api.staffing.rosters import roster_out
from api.tables import take_out
from inventory.database import reading
from inventory.errors import BadTable
from inventory.files import write_table
from optimizer.errors import BadInput
from scenarios.exchange.json_text import write_bytes
from scenarios.texts import Lang

Tell = Callable[..., None]


@dataclass(frozen=True)
class Reply:
    """Made only where it is asked for: the answer as values, and the files that the command writes, by name."""

    answer: Callable[[], BaseModel]
    files: Mapping[str, Callable[[Path, Lang], Any]]


def answer(question: Question, folder: Path, *, engine: Engine, tell: Tell) -> Reply:
    """`folder`: an empty one, for the tables. Raises BadTable and BadInput, named by the field of the question, and
    what the model raises."""
    with named(folder):
        for name, table, rows in question.tables():
            write_table(folder / f"{name}.csv", table, [row.model_dump() for row in rows])
        return _ANSWERS[type(question)](question, folder, engine, tell)


@contextmanager
def named(folder: Path) -> Iterator[None]:
    """Faults of the laid out files, under the names of the fields."""

    def name(source: str) -> str:
        return Path(source).stem if source.startswith(str(folder)) else source

    try:
        yield
    except BadTable as refused:
        raise BadTable(name(refused.source), list(refused.faults)) from refused
    except BadInput as refused:
        raise BadInput(name(refused.source), list(refused.faults)) from refused


def _given(folder: Path, name: str) -> Path | None:
    path = folder / f"{name}.csv"
    return path if path.exists() else None


def _needed(folder: Path, name: str) -> Path:
    return folder / f"{name}.csv"


def _stores(question: Size | Share, folder: Path, engine: Engine) -> Path | None:
    """A folder with the stock of a division, as a World folder has it."""
    if question.stores is None:
        return None
    out = folder / "stock"
    out.mkdir()
    with reading(engine) as connection:
        for kind in (Kind.stores, Kind.stock):
            write_table(out / f"{kind}.csv", kind, take_out(connection, kind, place=question.stores))
    return out


def _size(asked: Size, folder: Path, engine: Engine, tell: Tell) -> Reply:
    from scenarios.staffing.inputs import input_files, read_towns
    from scenarios.staffing.report import sizing_pdf
    from scenarios.staffing.sizing import Asked, size_towns_of
    from scenarios.staffing.workbook import write_sizing

    beside = []
    for number, one in enumerate(asked.compare):
        path = folder / f"beside-{number}" / f"{one.name}.csv"
        path.parent.mkdir()
        write_table(path, "coefficients", [row.model_dump() for row in one.coefficients])
        beside.append(path)
    towns = read_towns(_needed(folder, "towns"))
    wanted = Asked(
        asked.year, _given(folder, "coefficients"), tuple(beside), tuple(asked.break_even), asked.draws, asked.seed,
        _stores(asked, folder, engine),
    )  # fmt: skip
    given = [("towns", _needed(folder, "towns")), ("parameters", wanted.parameters)]
    sized = replace(size_towns_of(towns, wanted, tell=tell), files=input_files(given))

    return Reply(lambda: size_out(sized), {
        "sizing.xlsx": lambda path, lang: write_sizing(path, sized, lang),
        "sizing.pdf": lambda path, lang: write_bytes(path, sizing_pdf(sized, lang)),
    })  # fmt: skip


def _share(asked: Share, folder: Path, engine: Engine, tell: Tell) -> Reply:
    from scenarios.staffing.inputs import input_files, read_towns
    from scenarios.staffing.report import share_pdf
    from scenarios.staffing.share import AskedShare, Budget, share_towns, write_shared

    money = asked.budget
    budget = None if money is None else Budget(
        money.yuan, (money.established.cost, money.contract.cost), (money.established.most, money.contract.most)
    )  # fmt: skip
    wanted = AskedShare(
        asked.posts, budget, asked.lose, _given(folder, "town_posts"), _given(folder, "district_posts"), asked.year,
        _given(folder, "coefficients"), _stores(asked, folder, engine), asked.to_required,
    )  # fmt: skip
    given = [("towns", _needed(folder, "towns")), ("parameters", wanted.parameters), ("limits", wanted.limits),
             ("districts", wanted.districts)]  # fmt: skip
    shared = replace(share_towns(read_towns(_needed(folder, "towns")), wanted, tell=tell), files=input_files(given))

    return Reply(lambda: share_out(shared), {
        "share.xlsx": lambda path, lang: write_shared(path, shared, lang),
        "share.pdf": lambda path, lang: write_bytes(path, share_pdf(shared, lang)),
    })  # fmt: skip


def _roster(asked: Roster, folder: Path, engine: Engine, tell: Tell) -> Reply:
    from optimizer.staffing.roster import Rules
    from scenarios.staffing.roster import make_roster, mend_roster, read_roster, read_statement
    from scenarios.staffing.roster.book import write_roster_xlsx
    from scenarios.staffing.roster.make import told_conflict
    from scenarios.staffing.roster.write import write_people_after, write_roster_ics, write_roster_table

    statement = read_statement(
        _needed(folder, "people"), _needed(folder, "posts"), month=asked.month, requests=_given(folder, "requests"),
        response=asked.response, rules=Rules(nights_in_a_row=asked.nights),
        before=_given(folder, "before"),
    )  # fmt: skip
    tell("phase.roster")
    old = _given(folder, "roster")
    if old is None:
        made = make_roster(statement, seed=asked.seed)
    else:
        made = mend_roster(statement, read_roster(old, statement), since=asked.since, seed=asked.seed)

    def conflict(path: Path, lang: Lang) -> None:
        lines = "\n".join(told_conflict(made, one, lang) for one in made.conflict)
        write_bytes(path, f"{lines}\n".encode())

    files: dict[str, Callable[[Path, Lang], Any]] = {
        "roster.xlsx": lambda path, lang: write_roster_xlsx(path, made, lang=lang),
        "people-after.csv": lambda path, _: write_people_after(path, made),
        "roster.csv": lambda path, _: write_roster_table(path, made),
        "roster.ics": lambda path, _: write_roster_ics(path, made),
    }
    return Reply(lambda: roster_out(made), {"conflict.txt": conflict} if made.status == "infeasible" else files)


def _patrol(asked: Patrol, folder: Path, engine: Engine, tell: Tell) -> Reply:
    from scenarios.staffing.patrol.again import read_earlier, replan_patrol
    from scenarios.staffing.patrol.map import busiest_week, week_png
    from scenarios.staffing.patrol.plan import plan_patrol
    from scenarios.staffing.patrol.tables import read_patrol
    from scenarios.staffing.patrol.write import write_patrol, write_rounds

    tell("phase.roads")
    with reading(engine) as connection:
        network = roads_of(connection, asked.situation)
    tables = read_patrol(
        year=asked.year, network=network, dues=_needed(folder, "dues"), stations=_needed(folder, "stations"),
        grids=_given(folder, "grids"), villages=_given(folder, "villages"), hazards=_given(folder, "hazards"),
    )  # fmt: skip
    told: Any = {"per_visit": asked.work, "tell": lambda name: tell("phase.patrol.town", name=name)}
    if asked.since is None:
        found = plan_patrol(tables, **told)
    else:
        rounds, record = _needed(folder, "rounds"), _needed(folder, "record")
        found = replan_patrol(tables, read_earlier(rounds, record, since=asked.since, tables=tables), **told)

    week = busiest_week(found) if asked.week is None else min(asked.week - 1, found.week[-1])
    return Reply(lambda: patrol_out(found, tables.dues), {
        "patrol.xlsx": lambda path, lang: write_patrol(path, found, lang=lang),
        "rounds.csv": lambda path, _: write_rounds(path, found),
        "patrol.png": lambda path, lang: write_bytes(path, week_png(found, week=week, lang=lang)),
    })  # fmt: skip


def _grids(asked: Grids, folder: Path, engine: Engine, tell: Tell) -> Reply:
    from scenarios.staffing.grids import plan_grids, read_grids, write_grids

    found = plan_grids(read_grids(_needed(folder, "villages"), _given(folder, "managers")))
    return Reply(lambda: grids_out(found), {"grids.xlsx": lambda path, _: write_grids(path, found)})


_ANSWERS: dict[type[Question], Callable[[Any, Path, Engine, Tell], Reply]] = {
    Size: _size,
    Share: _share,
    Roster: _roster,
    Patrol: _patrol,
    Grids: _grids,
}
