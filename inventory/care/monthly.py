"""The five-fixed monthly report (五定月报) of a county, read from its last evaluation and the tasks of the month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from inventory.care.views import FindingRow, list_findings
from inventory.care.words import in_words
from inventory.documents import CriticalFinding, MonthlyReport, TownRow, Words, WorstStore
from inventory.errors import InventoryError
from inventory.five_fixed.records import SHANGHAI
from inventory.ledger.stock_lines import sub_tree
from inventory.places import division_level
from inventory.tables.care import evaluations, findings, store_scores, tasks
from inventory.tables.goods import items
from inventory.tables.places import places, stores

WORST = 20  # stores that the report names
TOTAL, OWN = Words("全县合计", "whole county"), Words("县本级", "the county itself")
CRITICAL = 1_000_000  # findings that it lists: all of them
# what is late: the same as a score counts as overdue
LATE = ("OVERDUE", "OVERDUE_TWICE", "NEVER_DONE", "PAST_RETIREMENT", "ROUND_OVERDUE", "ROUND_OVERDUE_TWICE")


class NotEvaluated(InventoryError):
    """A report of a county whose stock was never judged. Facts: place."""


class NotACounty(InventoryError):
    """A report of a place that is no county. Facts: code."""


@dataclass(frozen=True, slots=True)
class _Store:
    id: int
    code: str
    name: Words
    place: str
    score: float
    failed: bool
    share: float | None


def monthly_report(connection: Connection, *, county: str, year: int, month: int) -> MonthlyReport:
    """Scores and findings as last evaluated (the report says when), and the tasks done in that Shanghai month.

    Rows by town; stores of the county itself stand under its own code. Raises NotACounty,
    BadDivisionCode, NotEvaluated.
    """
    if division_level(county) != "county":
        raise NotACounty(code=county)
    last = connection.execute(
        select(evaluations.c.as_of)
        .where(evaluations.c.scope.in_(["", county]))
        .order_by(evaluations.c.id.desc())
        .limit(1)
    ).scalar()
    if last is None:
        raise NotEvaluated(place=county)
    named = {
        row.code: Words(row.name, row.name_en or "")
        for row in connection.execute(select(places).where(places.c.code.like(sub_tree(county))))
    }
    scored = _scored(connection, county)
    late = _late(connection, county)
    done = _done(connection, county, year, month)
    by_town: dict[str, list[_Store]] = {}
    for store in scored:
        by_town.setdefault(town_of(store.place), []).append(store)
    rows = [
        _town(code, OWN if code == county else named.get(code, Words(code)), by_town[code], late, done)
        for code in sorted(by_town)
    ]  # fmt: skip
    return MonthlyReport(
        county_code=county,
        county=named.get(county, Words(county)),
        year=year,
        month=month,
        as_of=last,
        total=_town(county, TOTAL, scored, late, done),
        towns=tuple(rows),
        worst_stores=tuple(_worst(connection, scored, named, county)),
        critical_findings=tuple(_critical(connection, county, scored)),
    )


def town_of(place: str) -> str:
    """The town of a code; a county's own stores stand under the county."""
    return f"{place[:9]}000"


def _scored(connection: Connection, county: str) -> list[_Store]:
    of = store_scores.c
    rows = connection.execute(
        select(stores.c.id, stores.c.code, stores.c.name, stores.c.name_en, stores.c.place_code, of.score, of.failed,
               of.serviceable_share)
        .join(store_scores, of.store_id == stores.c.id)
        .where(stores.c.place_code.like(sub_tree(county)))
        .order_by(stores.c.code)
    )  # fmt: skip
    return [
        _Store(id_, code, Words(name, name_en or ""), place, score, failed, share)
        for id_, code, name, name_en, place, score, failed, share in rows
    ]


def _late(connection: Connection, county: str) -> Mapping[tuple[int, str], int]:
    """(store, severity) -> findings of checks that are late."""
    rows = connection.execute(
        select(findings.c.store_id, findings.c.severity, func.count())
        .join(stores, stores.c.id == findings.c.store_id)
        .where(stores.c.place_code.like(sub_tree(county)), findings.c.code.in_(LATE))
        .group_by(findings.c.store_id, findings.c.severity)
    )
    return {(store, severity): count for store, severity, count in rows}


def _done(connection: Connection, county: str, year: int, month: int) -> Mapping[int, int]:
    """Store -> tasks done in the month; a check that failed was done as well."""
    first = date(year, month, 1)
    after = (first + timedelta(days=32)).replace(day=1)
    rows = connection.execute(
        select(tasks.c.store_id, func.count().label("units"))
        .join(stores, stores.c.id == tasks.c.store_id)
        .where(stores.c.place_code.like(sub_tree(county)), tasks.c.status.in_(("done", "failed")))
        .where(tasks.c.closed_at >= _midnight(first), tasks.c.closed_at < _midnight(after))
        .group_by(tasks.c.store_id)
    )
    return {row.store_id: row.units for row in rows}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _town(
    code: str, name: Words, held: Sequence[_Store], late: Mapping[tuple[int, str], int], done: Mapping[int, int]
) -> TownRow:
    def overdue(severity: str) -> int:
        return sum(late.get((store.id, severity), 0) for store in held)

    return TownRow(
        code=code,
        town=name,
        stores=len(held),
        score=_mean(store.score for store in held),
        failed_stores=sum(store.failed for store in held),
        serviceable_share=_mean(store.share for store in held if store.share is not None),
        overdue_minor=overdue("minor"),
        overdue_major=overdue("major"),
        overdue_critical=overdue("critical"),
        tasks_done=sum(done.get(store.id, 0) for store in held),
    )


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def _worst(
    connection: Connection, scored: Sequence[_Store], named: Mapping[str, Words], county: str
) -> Iterable[WorstStore]:
    """The stores at the bottom of the list that something is wrong with, each with its gravest finding."""
    ranked = sorted(scored, key=lambda store: (not store.failed, store.score, store.code))[:WORST]
    for store in ranked:
        gravest = list_findings(connection, store=store.code, limit=1)
        if gravest:
            yield WorstStore(
                store_id=store.code,
                store=store.name,
                town=OWN if town_of(store.place) == county else named.get(town_of(store.place), Words(store.place)),
                score=store.score,
                failed=store.failed,
                reason=_sentence(gravest[0]),
            )


def _critical(connection: Connection, county: str, scored: Sequence[_Store]) -> Iterable[CriticalFinding]:
    names = {store.code: store.name for store in scored}
    rows = list_findings(connection, place=county, severity="critical", limit=CRITICAL)
    of = items.c
    codes = sorted({row.item for row in rows if row.item is not None})
    goods = {
        code: Words(zh, en)
        for code, zh, en in connection.execute(select(of.code, of.name_zh, of.name_en).where(of.code.in_(codes)))
    }
    for row in rows:
        yield CriticalFinding(
            store=names.get(row.store, Words(row.store)),
            item=goods.get(row.item or "", Words(row.item or "–")),
            text=_sentence(row),
            since=holds_since(row),
        )


def _sentence(row: FindingRow) -> Words:
    said = in_words(row)
    return Words(said["zh"], said["en"])


def holds_since(row: FindingRow) -> date | None:
    """The first day on which a finding holds, where its facts tell: a check is overdue after its grace, a unit
    expired on the day after its last."""
    facts: dict[str, Any] = row.facts
    for name in ("failed_on", "expires"):
        if facts.get(name) and row.code in ("CHECK_FAILED", "ROUND_FAILED", "EXPIRED"):
            return date.fromisoformat(facts[name]) + timedelta(days=name == "expires")
    if row.due is not None and row.code in LATE:
        return row.due + timedelta(days=int(facts.get("tolerance_days") or 0) + 1)
    return None
