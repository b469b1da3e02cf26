"""The patrol year as a workbook for the stations: deployment, round sheets, record and summary; the plan as a table.

The sheets `patrol_rounds` and `patrol_record` are tables of the data dictionary: with the record filled in, the
workbook is what the rest of the year is planned again from.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inventory.files import Sheet, tables, write_table
from inventory.files.workbook import filled_book
from scenarios.staffing.bilingual import header, title
from scenarios.staffing.patrol.plan import PatrolYear, TownPatrol
from scenarios.staffing.patrol.round_sheets import add_round_sheets, bodies, clock
from scenarios.staffing.patrol.summary import add_summary
from scenarios.staffing.patrol.write_weekly import COLUMNS, Rows, grid_rows, hazard_rows, night_rows
from scenarios.staffing.rows import save_with_rows
from scenarios.texts import Lang, text


def write_patrol(path: Path, patrol: PatrolYear, *, lang: Lang = "zh") -> None:
    """The workbook with all sheets; headings of the two tables in `lang`, others in both. Equal plans give equal bytes.
    Raises BadTable for texts that a workbook cannot hold."""
    record = record_rows(patrol)
    sheets = [
        _sheet("towns", town_rows(patrol)),
        _sheet("weeks", week_rows(patrol)),
        _sheet("rounds", round_rows(patrol)),
        _table("patrol_rounds", plan_rows(patrol), lang),
        _table("patrol_record", record, lang),
    ]
    for name, rows in (
        ("changes", change_rows(patrol)), ("left_out", left_rows(patrol)), ("grids", grid_rows(patrol)),
        ("nights", night_rows(patrol)), ("hazards", hazard_rows(patrol)),
    ):  # fmt: skip
        if rows[1]:
            sheets.append(_sheet(name, rows))
    book = filled_book(path, sheets)
    summary = add_summary(book, patrol, record)
    book.move_sheet(summary.page.title, 5 - len(sheets))
    add_round_sheets(book, patrol, lang)
    book.move_sheet(title("patrol.sheet.sheets"), 3 - len(sheets))
    book.calculation.fullCalcOnLoad = True
    save_with_rows(book, path, [summary])


def write_rounds(path: Path, patrol: PatrolYear, *, lang: Lang = "en") -> None:
    """The plan as a table `patrol_rounds`, .csv or .xlsx."""
    write_table(path, "patrol_rounds", plan_rows(patrol), headers=lang)


def _sheet(name: str, rows: Rows) -> Sheet:
    return Sheet(title(f"patrol.sheet.{name}"), *rows)


def _table(name: str, rows: list[dict[str, Any]], lang: Lang) -> Sheet:
    """With every column, also those that are to be filled in."""
    columns = tables()[name]
    heads = [one.name_zh if lang == "zh" else one.name for one in columns]
    formats = ["@" if one.type in ("text", "code", "list") else None for one in columns]
    return Sheet(name, heads, [[row.get(one.name) for one in columns] for row in rows], formats=formats)


def town_rows(patrol: PatrolYear) -> Rows:
    rows: list[Sequence[Any]] = []
    for town in patrol.towns:
        plan, usual = town.plan, town.usual
        site = sum(int(town.year.on_site_s[stop.visit]) for one in plan.rounds for stop in one.stops)
        dues = sum(len(one.dues) for one in town.visits)
        alike = usual.travel_s and town.comparable
        saved = round(100 * (1 - plan.travel_s / usual.travel_s), 1) if alike else None
        rows.append((
            town.code, town.name, dues, len(town.visits), plan.visits, len(plan.left_out), len(plan.rounds),
            plan.per_week or None, round(site / 3600, 1), round(plan.travel_s / 3600, 1),
            round(plan.travel_h_per_visit, 4), round(usual.travel_s / 3600, 1), saved,
        ))  # fmt: skip
    names = "town_code town dues visits planned left rounds per_week site_h travel_h travel_each usual_h saved"
    return header(COLUMNS, names), rows


def week_rows(patrol: PatrolYear) -> Rows:
    """Visits of each pair in each week."""
    weeks = range(patrol.week[-1] + 1)
    rows: list[Sequence[Any]] = []
    for town in patrol.towns:
        count: Counter[tuple[int, int]] = Counter()
        for one in town.plan.rounds:
            count[one.pair, patrol.week[one.day]] += len(one.stops)
        rows += [
            (town.name, pair + 1, *(count[pair, week] or None for week in weeks))
            for pair in range(len(town.year.on_patrol))
        ]
    return (*header(COLUMNS, "town pair"), *(f"W{week + 1:02d}" for week in weeks)), rows


def round_rows(patrol: PatrolYear) -> Rows:
    rows: list[Sequence[Any]] = [
        (town.name, patrol.days[one.day], patrol.week[one.day] + 1, one.pair + 1, clock(0), clock(one.back_s),
         len(one.stops), -(-one.travel_s // 60))
        for town in patrol.towns for one in town.plan.rounds
    ]  # fmt: skip
    return header(COLUMNS, "town day week pair depart back visits travel_min"), rows


def plan_rows(patrol: PatrolYear) -> list[dict[str, Any]]:
    """`patrol_rounds`: what was made as it was planned, then the rounds to come."""
    rows = [dict(row) for row in patrol.past]
    for town in patrol.towns:
        for one in town.plan.rounds:
            for order, stop in enumerate(one.stops, 1):
                rows.append({
                    **_visit(patrol, town, stop.visit), "day": patrol.days[one.day], "pair": one.pair + 1,
                    "order": order, "arrive": clock(stop.arrive_s), "leave": clock(stop.leave_s),
                })  # fmt: skip
    return sorted(rows, key=lambda row: (row["town"], row["day"], row["pair"], row["order"], row["visit"]))


def record_rows(patrol: PatrolYear) -> list[dict[str, Any]]:
    """`patrol_record`: what was recorded, then the visits to come, to be filled in."""
    rows = [dict(row) for row in patrol.record]
    for town in patrol.towns:
        for one in town.plan.rounds:
            for stop in one.stops:
                facts = _visit(patrol, town, stop.visit)
                last = patrol.days[town.visits[stop.visit - 1].last_day]
                note = patrol.notes.get(facts["visit"])
                rows.append(
                    {**facts, "day": patrol.days[one.day], "pair": one.pair + 1, "last_day": last, "note": note}
                )
    return sorted(rows, key=lambda row: (row["town"], row["day"], row["pair"], row["visit"]))


def _visit(patrol: PatrolYear, town: TownPatrol, visit: int) -> dict[str, Any]:
    table, dues = patrol.tables.dues, town.visits[visit - 1].dues
    ids = tuple(table["id"][one] for one in dues)
    row = town.row[visit - 1]
    return {
        "visit": ids[0], "town": town.code, "place": table["place"][row], "name": table["name"][row], "dues": ids,
        "bodies": bodies(patrol, town, visit),
    }  # fmt: skip


def change_rows(patrol: PatrolYear) -> Rows:
    """Of a plan made again: every visit that is elsewhere than it was, and why."""
    rows: list[Sequence[Any]] = [
        (one.town, one.visit, one.place, one.name, *(one.was or (None, None)), *(one.now or (None, None)),
         text(f"patrol.why.{one.why}", "zh"), text(f"patrol.why.{one.why}", "en"))
        for one in patrol.changes
    ]  # fmt: skip
    return header(COLUMNS, "town visit place name was was_pair now now_pair why_zh why_en"), rows


def left_rows(patrol: PatrolYear) -> Rows:
    table, rows = patrol.tables.dues, []
    for town in patrol.towns:
        for visit in town.plan.left_out:
            why = "patrol.left.no_way" if town.no_way(visit) else "patrol.left.no_room"
            row = town.row[visit - 1]
            ids = "|".join(table["id"][one] for one in town.visits[visit - 1].dues)
            rows.append((
                town.name, table["place"][row], table["name"][row], text(f"patrol.class.{table['class'][row]}", "zh"),
                text(f"patrol.risk.{table['risk'][row]}", "zh"), bodies(patrol, town, visit), ids, text(why, "zh"),
                text(why, "en"),
            ))  # fmt: skip
    return header(COLUMNS, "town place name class risk bodies ids reason_zh reason_en"), rows
