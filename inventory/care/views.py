"""What people look at: the board, the findings, and the tasks that are due, overdue or somebody's own."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, case, func, literal_column, or_, select

from inventory.ledger.rules import REGISTERS, RULES
from inventory.ledger.stock_lines import sub_tree
from inventory.places import division_level
from inventory.tables.care import evaluations, findings, maintenance, store_scores, tasks
from inventory.tables.places import custodianships, people, places, stores
from inventory.tables.stock import movements, settings

SEVERITY_ORDER = {"critical": 0, "major": 1, "minor": 2}


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A place, with all stores in it and below; or one store of it."""

    code: str  # division code, or the store's own
    name: str
    name_en: str | None
    level: str
    stores: int
    failed: int
    score: float  # mean
    worst: float
    serviceable_share: float | None
    critical: int
    major: int
    minor: int
    overdue: int
    due_soon: int


@dataclass(frozen=True, slots=True)
class Board:
    """`stale`: something it goes by has changed since the evaluation, or another day has come."""

    day: date | None
    evaluated_at: datetime | None
    total: BoardRow | None
    rows: tuple[BoardRow, ...]
    stale: bool


def board(connection: Connection, *, place: str | None = None, today: date | None = None) -> Board:
    """The five-fixed board of a place: its parts one level down, worst first; a town shows its stores."""
    scored = store_scores.c
    sums = (
        func.count(scored.store_id),
        func.sum(case((scored.failed, 1), else_=0)),
        func.avg(scored.score),
        func.min(scored.score),
        func.avg(scored.serviceable_share),
        *(func.sum(scored[name]) for name in ("critical", "major", "minor", "overdue", "due_soon")),
    )
    joined = select(*sums).join(stores, stores.c.id == scored.store_id)
    last = connection.execute(
        select(evaluations.c.day, evaluations.c.recorded_at, evaluations.c.seen)
        .where(evaluations.c.scope.in_(scopes_over(place)))
        .order_by(evaluations.c.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return Board(None, None, None, (), True)
    stale = seen_now(connection) != last.seen or (today is not None and today != last.day)
    total = connection.execute(joined if place is None else joined.where(stores.c.place_code.like(sub_tree(place))))
    whole = _row(_head(connection, place), tuple(total.one()))
    level = None if place is None else division_level(place)
    rows: list[BoardRow] = []
    if level in ("town", "village"):
        assert place is not None
        wanted = (
            select(stores.c.code, stores.c.name, stores.c.name_en, stores.c.tier, *sums)
            .join(stores, stores.c.id == scored.store_id)
            .where(stores.c.place_code.like(sub_tree(place)))
            .group_by(stores.c.code, stores.c.name, stores.c.name_en, stores.c.tier)
        )
        rows = [_row(tuple(row)[:4], tuple(row)[4:]) for row in connection.execute(wanted)]
    else:
        digits = 6 if level is None else 9
        key: Any = func.substr(stores.c.place_code, 1, literal_column(str(digits)))
        grouped = select(key, *sums).join(stores, stores.c.id == scored.store_id).group_by(key)
        if place is not None:
            grouped = grouped.where(stores.c.place_code.like(sub_tree(place)))
        named = {
            row.code: row for row in connection.execute(select(places.c.code, places.c.name, places.c.name_en,
                                                               places.c.level))
        }  # fmt: skip
        for prefix, *values in connection.execute(grouped):
            known = named.get(f"{prefix or '':0<12}")
            label = (f"{prefix or '':0<12}", "?", None, "county") if known is None else tuple(known)
            if label[0] == place:  # not the whole of it: only what stands at the county itself
                label = (label[0], f"{label[1]}本级", label[2] and f"{label[2]} (its own)", label[3])
            rows.append(_row(label, tuple(values)))
    rows.sort(key=lambda row: (-row.failed, row.score, row.code))
    return Board(last.day, last.recorded_at, whole, tuple(rows), stale)


def seen_now(connection: Connection) -> str:
    """What an evaluation now would see: equal only while no stock moved, no check was done, and neither the rules
    nor the registers (stores, bins, custodians) changed."""
    moved = connection.execute(select(func.coalesce(func.max(movements.c.id), 0))).scalar_one()
    checked = connection.execute(select(func.coalesce(func.max(maintenance.c.id), 0))).scalar_one()
    rows = connection.execute(select(settings.c.name, settings.c.value).where(settings.c.name.in_([RULES, REGISTERS])))
    versions = {row.name: row.value for row in rows}
    return f"{moved}/{checked}/{versions.get(RULES, '')}/{versions.get(REGISTERS, '')}"


def scopes_over(place: str | None) -> list[str]:
    """The scopes of evaluations that cover a place: its own, those above it, and everything."""
    if place is None:
        return [""]
    return ["", place[:6] + "000000", place[:9] + "000", place]


def _head(connection: Connection, place: str | None) -> tuple[Any, ...]:
    if place is None:
        return ("", "全部", "everything", "all")
    wanted = select(places.c.code, places.c.name, places.c.name_en, places.c.level).where(places.c.code == place)
    known = connection.execute(wanted).first()
    return (place, place, None, division_level(place)) if known is None else tuple(known)


def _row(label: tuple[Any, ...], values: tuple[Any, ...]) -> BoardRow:
    code, name, name_en, level = label
    count, failed, mean, worst, share, critical, major, minor, overdue, due_soon = values
    return BoardRow(
        code=code,
        name=name,
        name_en=name_en,
        level=level,
        stores=count,
        failed=int(failed or 0),
        score=float(mean or 0.0),
        worst=float(worst or 0.0),
        serviceable_share=None if share is None else float(share),
        critical=int(critical or 0),
        major=int(major or 0),
        minor=int(minor or 0),
        overdue=int(overdue or 0),
        due_soon=int(due_soon or 0),
    )


@dataclass(frozen=True, slots=True)
class FindingRow:
    store: str
    rule: str
    code: str
    severity: str
    item: str | None
    lot: str | None
    kind: str | None
    due: date | None
    task: str | None
    blocks: bool
    facts: dict[str, Any]


def list_findings(
    connection: Connection, *, place: str | None = None, store: str | None = None, severity: str | None = None,
    rule: str | None = None, blocking: bool = False, limit: int = 200,
) -> list[FindingRow]:  # fmt: skip
    """Findings as last evaluated, the gravest first, then by store, item and lot."""
    rank = case(*((findings.c.severity == name, number) for name, number in SEVERITY_ORDER.items()), else_=9)
    names = ("rule", "code", "severity", "item", "lot", "kind", "due", "task", "blocks", "facts")
    wanted = (
        select(stores.c.code, *(findings.c[name] for name in names))
        .join(stores, stores.c.id == findings.c.store_id)
        .order_by(rank, stores.c.code, findings.c.item, findings.c.lot, findings.c.id)
        .limit(limit)
    )
    if place is not None:
        wanted = wanted.where(stores.c.place_code.like(sub_tree(place)))
    if store is not None:
        wanted = wanted.where(stores.c.code == store)
    if severity is not None:
        wanted = wanted.where(findings.c.severity == severity)
    if rule is not None:
        wanted = wanted.where(findings.c.rule == rule)
    if blocking:
        wanted = wanted.where(findings.c.blocks)
    return [FindingRow(*tuple(row)) for row in connection.execute(wanted)]


@dataclass(frozen=True, slots=True)
class TaskRow:
    id: int
    key: str
    store: str
    item: str | None
    lot: str | None
    kind: str
    due: date | None
    severity: str
    status: str
    assignee: str | None
    note: str | None


def list_tasks(
    connection: Connection, *, place: str | None = None, store: str | None = None, custodian: str | None = None,
    due_by: date | None = None, status: str | None = None, key: str | None = None, today: date | None = None,
    limit: int = 200,
) -> list[TaskRow]:  # fmt: skip
    """Tasks, first due first. Without a `status` those still to do. `custodian`: what is assigned to a person, and
    what no one has of the stores that person keeps on `today`."""
    names = ("item", "lot", "kind", "due", "severity", "status", "assignee", "note")
    wanted = (
        select(tasks.c.id, tasks.c.key, stores.c.code, *(tasks.c[name] for name in names))
        .join(stores, stores.c.id == tasks.c.store_id)
        .order_by(func.coalesce(tasks.c.due, date.min), stores.c.code, tasks.c.key, tasks.c.id)
        .limit(limit)
    )
    wanted = wanted.where(tasks.c.status.in_(("open", "assigned")) if status is None else tasks.c.status == status)
    if place is not None:
        wanted = wanted.where(stores.c.place_code.like(sub_tree(place)))
    if store is not None:
        wanted = wanted.where(stores.c.code == store)
    if key is not None:
        wanted = wanted.where(tasks.c.key == key)
    if due_by is not None:
        wanted = wanted.where(tasks.c.due <= due_by)
    if custodian is not None:
        day = today or date.max
        kept = (
            select(custodianships.c.store_id)
            .join(people, people.c.id == custodianships.c.person_id)
            .where(people.c.code == custodian, custodianships.c.valid_from <= day)
            .where(or_(custodianships.c.valid_to.is_(None), custodianships.c.valid_to >= day))
        )
        mine = (tasks.c.assignee == custodian) | (tasks.c.assignee.is_(None) & tasks.c.store_id.in_(kept))
        wanted = wanted.where(mine)
    return [TaskRow(*tuple(row)) for row in connection.execute(wanted)]
