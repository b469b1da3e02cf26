"""The rest of the year planned again: from the earlier plan and the record of what was made (P9)."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from inventory.errors import RowFault
from inventory.files import Table, read_table
from optimizer.errors import BadInput, Fault
from optimizer.network.travel import Router
from optimizer.staffing.check_patrol import merge_faults, round_faults
from optimizer.staffing.patrol.days import week_numbers, working_dates
from optimizer.staffing.patrol.model import Round, Visit
from optimizer.staffing.patrol.nearest import usual_rounds
from optimizer.staffing.patrol.replan import Replanned, replan_town
from optimizer.staffing.patrol.rounds import planned, walk
from scenarios.staffing.patrol.plan import (
    PROFILE,
    Change,
    PatrolYear,
    TownLot,
    TownPatrol,
    kept,
    merged_dues,
    town_lot,
    weekly,
)  # fmt: skip
from scenarios.staffing.patrol.tables import PatrolTables, in_order

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Earlier:
    """What is known on the morning of `since`: the rounds of the plan, by visit, and the record of them."""

    since: date
    rounds: Table  # patrol_rounds
    record: Table  # patrol_record


def read_earlier(rounds: Path, record: Path, *, since: date, tables: PatrolTables) -> Earlier:
    """From files, or from the sheets `patrol_rounds` and `patrol_record` of a workbook of `write_patrol`.

    Raises BadInput where no working day is left, BadTable with every fault: days of another year, visits recorded that
    no plan has, dues that their visit does not have, visits recorded as made on or after `since`.
    """
    _today(tables.year, since)
    references = {"patrol_stations.town": tables.stations["town"]}

    def of_year(table: Table) -> Iterator[RowFault]:
        if (years := {day.year for day in table["day"] if day is not None}) and tables.year not in years:
            yield RowFault(None, "day", "plan_of_other_year", {"value": min(years), "year": tables.year})
            return
        for number, day in zip(table.row_numbers, table["day"], strict=True):
            if day is not None and day.year != tables.year:
                yield RowFault(number, "day", "day_of_other_year", {"value": day, "year": tables.year})

    plan = read_table(rounds, "patrol_rounds", references=references, extra=lambda table: list(of_year(table)))
    dues_of = dict(zip(plan["visit"], plan["dues"], strict=True))

    def made(table: Table) -> Iterator[RowFault]:
        columns = (table[name] for name in ("visit", "dues", "done_on"))
        for number, visit, dues, done in zip(table.row_numbers, *columns, strict=True):
            if visit is not None and visit not in dues_of:
                yield RowFault(number, "visit", "record_without_plan", {"value": visit})
            elif strange := [due for due in dues or () if due not in dues_of.get(visit, ())]:
                yield RowFault(number, "dues", "record_of_other_dues", {"value": strange, "visit": visit})
            if done is not None and done.year != tables.year:
                yield RowFault(number, "done_on", "day_of_other_year", {"value": done, "year": tables.year})
            elif done is not None and done >= since:
                yield RowFault(number, "done_on", "done_after_since", {"value": done, "since": since})

    return Earlier(
        since, plan, read_table(record, "patrol_record", references=references, extra=lambda t: list(made(t)))
    )


def replan_patrol(
    tables: PatrolTables,
    earlier: Earlier,
    *,
    per_visit: int,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> PatrolYear:
    """The rest of the year from `earlier.since` on; what was made stands, and few visits change their day.

    per_visit  ruins of the search for each visit that is left, a quarter of them
    Raises BadInput where no working day is left, and what `plan_patrol` raises.
    """
    tables = in_order(tables)
    days, assumed = working_dates(tables.year)
    today = _today(tables.year, earlier.since)
    past, record, notes = _made(earlier)
    done = {due for row in past for due in row["dues"]}
    left = _without(tables.dues, done)
    rest = replace(tables, dues=left)
    router = Router(tables.network, profile=PROFILE)
    dues, merged = merged_dues(rest, days)
    kept(merge_faults(dues, merged))
    had = _had(earlier.rounds, done)
    towns, changes = [], []
    for station, code in enumerate(tables.stations["town"]):
        tell(tables.stations["name"][station])
        lot = town_lot(rest, router, days, station, merged)
        was = [_first_of(had, left, visit, earlier.since) for visit in lot.visits]
        again = _again(lot, was, days, today, per_visit, seed)
        town = TownPatrol(
            code, lot.name, lot.visits, lot.row, lot.points, again.year, again.plan, usual_rounds(again.year)
        )  # fmt: skip
        towns.append(town)
        changes += list(_changes(rest, town, was, again, days, earlier.since))
    changes += list(_gone(tables, had))
    return PatrolYear(
        tables=rest, days=days, assumed=assumed, week=week_numbers(days), towns=tuple(towns),
        **dict(zip(WEEKLY, weekly(tables, router), strict=True)), router=router, since=earlier.since, past=past,
        record=record, notes=notes, changes=tuple(changes),
    )  # fmt: skip


def _today(year: int, since: date) -> int:
    """Number of the first working day from `since` on."""
    days, _ = working_dates(year)
    today = bisect_left(days, since)
    if today == len(days) or since.year != year:
        raise BadInput("--since", [Fault("--since", "no_day_left", {"since": since, "year": year, "last": days[-1]})])
    return today


WEEKLY = ("grid_weekday", "evening", "crews", "hazard_person", "hazard_s")


def _made(earlier: Earlier) -> tuple[tuple[Row, ...], tuple[Row, ...], dict[str, str]]:
    """(rounds that were made, their record, notes of the others). Where a body did not come, its dues are not made."""
    plan = {row["visit"]: row for row in earlier.rounds.rows()}
    past, record, notes = [], [], {}
    for row in earlier.record.rows():
        if row["done_on"] is None:
            if row["note"] is not None:
                notes[row["visit"]] = row["note"]
            continue
        of_plan = plan[row["visit"]]
        dues = tuple(due for due in of_plan["dues"] if not row["dues"] or due in row["dues"])
        visit = dues[0]
        past.append({**of_plan, "visit": visit, "dues": dues})
        same = {name: of_plan[name] for name in ("town", "day", "pair", "place", "name")}
        record.append({**row, **same, "visit": visit, "dues": dues})
    return tuple(past), tuple(record), notes


def _without(table: Table, done: set[str]) -> Table:
    rows = [row for row, due in enumerate(table["id"]) if due not in done]
    columns = {name: [values[row] for row in rows] for name, values in table.columns.items()}
    return replace(table, columns=columns, row_numbers=[table.row_numbers[row] for row in rows])


def _had(rounds: Table, done: set[str]) -> dict[str, Row]:
    """Row of the plan by each due of it that is not made."""
    return {due: row for row in rounds.rows() for due in row["dues"] if due not in done}


def _first_of(had: Mapping[str, Row], dues: Table, visit: Visit, since: date) -> Row | None:
    """Where the plan has a visit: the first of its dues from `since` on, else before it."""
    rows = [had[due] for due in (dues["id"][one] for one in visit.dues) if due in had]
    return min(rows, key=lambda row: (row["day"] < since, row["day"], row["visit"]), default=None)


def _again(
    lot: TownLot, was: Sequence[Row | None], days: tuple[date, ...], today: int, per_visit: int, seed: int
) -> Replanned:
    """Rounds that a station's plan has from `today` on, and what becomes of them."""
    at: dict[tuple[int, date], list[tuple[int, int]]] = {}
    for visit, row in enumerate(was, 1):
        if row is not None and row["day"] in days:
            at.setdefault((row["pair"] - 1, row["day"]), []).append((row["order"], visit))
    rounds: list[Round] = [
        walk(lot.year, pair, days.index(day), [visit for _, visit in sorted(stops)])
        for (pair, day), stops in sorted(at.items())
    ]
    plan = planned(lot.year, rounds, per_week=0, seed=seed, iterations=0)
    steps = per_visit * len(lot.visits) // 4
    again = replan_town(lot.year, plan, today=today, done=(), iterations=steps, seed=seed)
    kept(round_faults(again.year, again.plan))
    return again


def _changes(
    tables: PatrolTables, town: TownPatrol, was: Sequence[Row | None], again: Replanned, days: tuple[date, ...],
    since: date,
) -> Iterator[Change]:  # fmt: skip
    """Every visit that is not on the day and with the pair that it was, and why."""
    found = {stop.visit: (days[one.day], one.pair + 1) for one in again.plan.rounds for stop in one.stops}
    dissolved, late = set(again.dissolved), set(again.late)
    for visit, row in enumerate(was, 1):
        before = None if row is None else (row["day"], row["pair"])
        now = found.get(visit)
        if before == now:
            continue
        if now is None:
            why = "no_way" if town.no_way(visit) else "no_room"
        elif visit in late:
            why = "late"
        elif before is None:
            why = "new"
        elif before[0] < since:
            why = "slipped"
        elif visit in dissolved or before[0] not in days:
            why = "unfit"
        else:
            why = "pair" if before[0] == now[0] else "room"
        due = town.visits[visit - 1].dues[0]
        table = tables.dues
        yield Change(town.name, table["id"][due], table["place"][due], table["name"][due] or "", before, now, why)


def _gone(tables: PatrolTables, had: Mapping[str, Row]) -> Iterator[Change]:
    """Visits of the plan of which nothing is due any more."""
    due = set(tables.dues["id"])
    name = dict(zip(tables.stations["town"], tables.stations["name"], strict=True))
    rows = {row["visit"]: row for row in had.values()}
    for visit, row in sorted(rows.items()):
        if not due.intersection(row["dues"]):
            before = (row["day"], row["pair"])
            yield Change(name[row["town"]], visit, row["place"], row["name"] or "", before, None, "gone")
