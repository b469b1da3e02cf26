"""The five-fixed engine on the database: judge the stock of a day, keep findings and scores, make the tasks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from inventory.care.judge import Judged, judge_tables, merged
from inventory.care.views import seen_now
from inventory.database import insert_rows, one_at_a_time, take_ids
from inventory.errors import InventoryError
from inventory.five_fixed import Finding, Report, StoreScore, load_rule_set, scores, shanghai_day
from inventory.ledger.rules import counties_with_rules, overrides_of, rule_book
from inventory.ledger.stock_lines import available, sub_tree
from inventory.snapshot import snapshot
from inventory.tables.care import evaluations, findings, store_scores, tasks
from inventory.tables.places import stores

_LIVE = ("open", "assigned")


class NotToday(InventoryError):
    """An evaluation that would be kept, of another day than the one it is made on. Facts: day, today."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One evaluation: its number, the day it is about, and what it came to."""

    id: int
    day: date
    stores: int
    findings: int
    tasks_opened: int
    tasks_lapsed: int
    report: Report


def evaluate_stock(
    connection: Connection, *, as_of: datetime, at: datetime, place: str | None = None, preset: str = "general"
) -> Evaluated:
    """Judge the stock of a division code and below (or all of it), replace its findings and scores, and bring the
    tasks in line: new ones are opened, those whose finding is gone lapse. Of today only: another day would open and
    end tasks of people who only looked at it (`judge_database` looks).

    Raises NotToday; UnknownPreset; what the rules refuse, with the rows.
    """
    if shanghai_day(as_of) != shanghai_day(at):
        raise NotToday(day=shanghai_day(as_of), today=shanghai_day(at))
    one_at_a_time(connection, "evaluate")  # two at once would each add what the other has not committed yet
    judged, scored = judge_database(connection, as_of=as_of, place=place, preset=preset)
    report = judged.report
    inside = select(stores.c.id, stores.c.code)
    if place is not None:
        inside = inside.where(stores.c.place_code.like(sub_tree(place)))
    ids: dict[str, int] = {row.code: row.id for row in connection.execute(inside)}
    row = {"scope": place or "", "as_of": as_of, "day": report.day, "recorded_at": at, "rule_set": preset}
    row["seen"] = seen_now(connection)
    number = connection.execute(insert(evaluations).returning(evaluations.c.id), row).scalar_one()
    for table in (findings, store_scores):
        old = delete(table)
        if place is not None:
            old = old.where(table.c.store_id.in_(inside.with_only_columns(stores.c.id)))
        connection.execute(old)
    _keep_findings(connection, number, report.findings, ids)
    _keep_scores(connection, number, scored, ids)
    opened, lapsed = _keep_tasks(connection, report.findings, ids, at=at)
    return Evaluated(number, report.day, len(ids), len(report.findings), opened, lapsed, report)


def judge_database(
    connection: Connection, *, as_of: datetime, place: str | None = None, preset: str = "general"
) -> tuple[Judged, tuple[StoreScore, ...]]:
    """Report and scores of the stock as it stands, each county by the rules in force there; nothing is written.
    (Where a county has rules of its own, a store without a place belongs to none and is not judged.)"""
    own = counties_with_rules(connection)
    if place is not None or not own:
        return _judge_place(connection, as_of=as_of, place=place, preset=preset)
    codes = connection.execute(select(stores.c.place_code).distinct()).scalars()
    counties = sorted({f"{code[:6]:0<12}" for code in codes if code})
    parts = [_judge_place(connection, as_of=as_of, place=county, preset=preset) for county in counties]
    judged = merged([judged for judged, _ in parts])
    return judged, tuple(sorted((one for _, scored in parts for one in scored), key=lambda one: one.store))


def _judge_place(
    connection: Connection, *, as_of: datetime, place: str | None, preset: str
) -> tuple[Judged, tuple[StoreScore, ...]]:
    book = rule_book(connection, county=place)
    judged = judge_tables(
        as_of=as_of,
        book=book,
        stores=snapshot(connection, "stores", place=place),
        stock=snapshot(connection, "stock", place=place),
        maintenance=snapshot(connection, "maintenance", place=place),
        custodians=snapshot(connection, "custodians", place=place),
        bins=snapshot(connection, "bins", place=place),
        known_available=available(connection, as_of=as_of, place=place),
    )
    rule_set = load_rule_set(preset, overrides=overrides_of(connection, place))
    scored = scores(judged.report, stores=judged.stores, stock=judged.stock, book=book, rule_set=rule_set)
    return judged, scored


def _keep_findings(connection: Connection, number: int, found: Sequence[Finding], ids: dict[str, int]) -> None:
    names = ["id", "evaluation_id", "store_id", "rule", "code", "severity", "item", "lot", "kind", "due", "task",
             "blocks", "facts"]  # fmt: skip
    keys = take_ids(connection, findings, len(found))

    def rows() -> Iterator[tuple[Any, ...]]:
        for key, one in zip(keys, found, strict=True):
            yield (key, number, ids[one.store], one.rule, one.code, one.severity, one.item, one.lot, one.kind, one.due,
                   one.task, one.blocks, {name: _plain(value) for name, value in one.facts.items()})  # fmt: skip

    insert_rows(connection, findings, names, rows())


def _plain(value: Any) -> Any:
    """Facts as JSON holds them; exact numbers as text."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    return value


def _keep_scores(connection: Connection, number: int, scored: Sequence[StoreScore], ids: dict[str, int]) -> None:
    names = ["store_id", "evaluation_id", "score", "failed", "serviceable_share", "minor", "major", "critical",
             "overdue", "due_soon", "shares"]  # fmt: skip
    rows = [
        (ids[one.store], number, one.score, one.failed, one.serviceable_share, one.minor, one.major, one.critical,
         one.overdue, one.due_soon, {rule.rule: rule.share for rule in one.rules})
        for one in scored
    ]  # fmt: skip
    insert_rows(connection, store_scores, names, rows)


def _keep_tasks(
    connection: Connection, found: Sequence[Finding], ids: dict[str, int], *, at: datetime
) -> tuple[int, int]:
    """One task for each thing to do; of several findings with one task the worst is kept."""
    order = {"minor": 0, "major": 1, "critical": 2}
    wanted: dict[str, Finding] = {}
    for one in found:
        if one.task is not None:
            known = wanted.get(one.task)
            if known is None or order[one.severity] > order[known.severity]:
                wanted[one.task] = one
    live = select(tasks.c.id, tasks.c.key, tasks.c.due, tasks.c.severity, tasks.c.store_id).where(
        tasks.c.status.in_(_LIVE)
    )
    here = set(ids.values())
    there = {row.key: row for row in connection.execute(live) if row.store_id in here}
    new = [key for key in sorted(wanted) if key not in there]
    names = ["key", "store_id", "item", "lot", "kind", "due", "severity", "status", "opened_at"]
    insert_rows(
        connection,
        tasks,
        names,
        (
            (key, ids[one.store], one.item, one.lot, key.rsplit("/", 1)[-1], one.due, one.severity, "open", at)
            for key, one in ((key, wanted[key]) for key in new)
        ),
    )
    gone = [row.id for key, row in there.items() if key not in wanted]
    if gone:
        connection.execute(
            update(tasks).where(tasks.c.id == bindparam("task")).values(status="lapsed", closed_at=bindparam("when")),
            [{"task": id_, "when": at} for id_ in gone],
        )
    changed = [
        {"task": row.id, "new_due": wanted[key].due, "new_severity": wanted[key].severity}
        for key, row in there.items()
        if key in wanted and (row.due, row.severity) != (wanted[key].due, wanted[key].severity)
    ]
    if changed:
        connection.execute(
            update(tasks)
            .where(tasks.c.id == bindparam("task"))
            .values(due=bindparam("new_due"), severity=bindparam("new_severity")),
            changed,
        )
    return len(new), len(gone)
