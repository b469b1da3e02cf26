"""The five fixed as people meet them: a board that is up to date when it is looked at, findings in words, tasks done.

Every function works on a connection: who calls it opens the transaction (`api.office`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.five_fixed.records import SHANGHAI, shanghai_day

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inventory.care.evaluate import Evaluated
    from inventory.care.views import Board, BoardRow, FindingRow
    from inventory.documents import MonthlyReport
    from inventory.five_fixed import StoreScore
    from inventory.ledger.post import Act

NOON = time(12)


def noon(day: date) -> datetime:
    """An instant of a Shanghai day: the rules look at the day alone."""
    return datetime.combine(day, NOON, SHANGHAI)


@dataclass(frozen=True, slots=True)
class Night:
    """What a nightly run came to."""

    evaluated: "Evaluated"
    released: int  # reservations whose time was over


def evaluate(
    connection: "Connection", *, at: datetime, as_of: datetime | None = None, place: str | None = None,
    preset: str = "general",
) -> Night:  # fmt: skip
    """Free the reservations whose time is over, then judge the stock and bring findings, scores and tasks in line.
    Raises NotToday where `as_of` is of another day."""
    from inventory.care.evaluate import evaluate_stock
    from inventory.ledger.release import sweep

    released = sweep(connection, at=at)
    return Night(evaluate_stock(connection, as_of=as_of or at, at=at, place=place, preset=preset), released)


def stored_board(connection: "Connection", *, today: date, place: str | None = None) -> "Board":
    """The board as last evaluated."""
    from inventory.care.views import board  # tables: not for `--help`

    return board(connection, place=place, today=today)


def is_fresh(connection: "Connection", found: "Board", *, preset: str, place: str | None) -> bool:
    """Whether a stored board is what would be found now by this preset."""
    from sqlalchemy import select

    from inventory.care.views import scopes_over
    from inventory.tables.care import evaluations

    last = (
        select(evaluations.c.rule_set)
        .where(evaluations.c.scope.in_(scopes_over(place)))
        .order_by(evaluations.c.id.desc())
        .limit(1)
    )
    return not found.stale and connection.execute(last).scalar() == preset


def todays_board(
    connection: "Connection", *, at: datetime, place: str | None = None, preset: str = "general"
) -> "Board | None":
    """Today's board, where what is stored is still true; nobody who works is kept waiting by this look."""
    found = stored_board(connection, today=shanghai_day(at), place=place)
    return found if is_fresh(connection, found, preset=preset, place=place) else None


def fresh_board(
    connection: "Connection", *, at: datetime, place: str | None = None, preset: str = "general"
) -> "Board":
    """Today's board, evaluated first where stock has moved or a check was done since, or another day has come."""
    found = todays_board(connection, at=at, place=place, preset=preset)
    if found is None:
        evaluate(connection, at=at, place=place, preset=preset)
        found = stored_board(connection, today=shanghai_day(at), place=place)
    return found


def board_of_day(
    connection: "Connection", *, as_of: datetime, place: str | None = None, preset: str = "general"
) -> "Board":
    """The board as the stock that is there now would be judged on another day. Nothing is kept: no task is opened
    because somebody looked ahead."""
    from sqlalchemy import select

    from inventory.care.evaluate import judge_database
    from inventory.care.views import Board
    from inventory.places import division_level
    from inventory.tables.places import places, stores

    judged, scored = judge_database(connection, as_of=as_of, place=place, preset=preset)
    home = {row.code: row for row in connection.execute(select(stores))}
    named = {row.code: row for row in connection.execute(select(places))}
    level = None if place is None else division_level(place)
    digits = {None: 6, "county": 9}.get(level)
    parts: dict[str, list[StoreScore]] = {}
    for one in scored:
        code = home[one.store].place_code or ""
        parts.setdefault(one.store if digits is None else f"{code[:digits]:0<12}", []).append(one)
    rows = []
    for code, held in parts.items():
        known = home[code] if digits is None else named.get(code)
        tier = "county" if known is None else known.tier if digits is None else known.level
        rows.append(
            _sum(held, (code, "?" if known is None else known.name, None if known is None else known.name_en, tier))
        )
    rows.sort(key=lambda row: (-row.failed, row.score, row.code))
    known = named.get(place or "")
    if level is None or place is None:
        head: tuple[str, str, str | None, str] = ("", "全部", "everything", "all")
    else:
        head = (place, place, None, level) if known is None else (place, known.name, known.name_en, level)
    return Board(judged.report.day, None, _sum(scored, head), tuple(rows), False)


def _sum(scored: "Sequence[StoreScore]", head: tuple[str, str, str | None, str]) -> "BoardRow":
    """The row of a place, of the scores of its stores; `head`: code, both names, level."""
    from statistics import fmean

    from inventory.care.views import BoardRow

    shares = [one.serviceable_share for one in scored if one.serviceable_share is not None]
    marks = [one.score for one in scored] or [0.0]
    code, name, name_en, level = head
    return BoardRow(
        code=code, name=name, name_en=name_en, level=level, stores=len(scored),
        failed=sum(one.failed for one in scored), score=fmean(marks), worst=min(marks),
        serviceable_share=fmean(shares) if shares else None, critical=sum(one.critical for one in scored),
        major=sum(one.major for one in scored), minor=sum(one.minor for one in scored),
        overdue=sum(one.overdue for one in scored), due_soon=sum(one.due_soon for one in scored),
    )  # fmt: skip


def finding_words(row: "FindingRow", lang: str) -> str:
    """A finding as a sentence."""
    from inventory.care.words import as_finding
    from scenarios.texts import text

    return text(row.code, lang, **as_finding(row).text_facts())


def finish(
    connection: "Connection", *, act: "Act", task: str, passed: bool, done_on: date | None, evidence: tuple[Path, ...],
    folder: Path, bin: str | None = None,
) -> int | None:  # fmt: skip
    """A task is done. Raises what `finish_task` raises."""
    from inventory.care.done import finish_task

    return finish_task(
        connection, task=task, act=act, passed=passed, done_on=done_on, evidence=evidence, folder=folder, bin=bin
    )


def month_report(connection: "Connection", *, county: str, year: int, month: int, at: datetime) -> "MonthlyReport":
    """The monthly report of a county, judged anew where that is due. Raises NotACounty,
    BadDivisionCode."""
    from inventory.care.monthly import NotACounty, monthly_report
    from inventory.places import division_level

    if division_level(county) != "county":
        raise NotACounty(code=county)
    fresh_board(connection, at=at, place=county)
    return monthly_report(connection, county=county, year=year, month=month)
