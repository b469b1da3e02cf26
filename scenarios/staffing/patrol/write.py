"""The patrol year as a workbook for the stations, or its visits as CSV. Headings are in both languages."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from inventory.files import Sheet, write_workbook
from inventory.files.escape import escape_formula
from inventory.files.write import replace_bytes
from optimizer.staffing.patrol.days import mondays, week_numbers
from scenarios.staffing.patrol.plan import PatrolYear, TownPatrol
from scenarios.texts import text

DEPART_MIN = 9 * 60  # rounds leave at 9:00 (assumed)
WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")


def write_patrol(path: Path, patrol: PatrolYear) -> None:
    """.csv: the visits alone; anything else: the workbook with all sheets. Equal plans give equal bytes.
    Raises BadTable for texts that a workbook cannot hold."""
    if path.suffix.lower() == ".csv":
        header, rows = visit_rows(patrol)
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([escape_formula(one) if isinstance(one, str) else one for one in row] for row in rows)
        replace_bytes(path, out.getvalue().encode("utf-8"))
        return
    parts = {
        "towns": town_rows(patrol),
        "weeks": week_rows(patrol),
        "rounds": round_rows(patrol),
        "visits": visit_rows(patrol),
        "left_out": left_rows(patrol),
        "grids": grid_rows(patrol),
        "nights": night_rows(patrol),
        "hazards": hazard_rows(patrol),
    }
    write_workbook(path, [Sheet(_title(name), *rows) for name, rows in parts.items() if name == "towns" or rows[1]])


Rows = tuple[tuple[str, ...], list[Sequence[Any]]]


def _title(name: str) -> str:
    return f"{text(f'patrol.sheet.{name}', 'zh')} {text(f'patrol.sheet.{name}', 'en')}"


def _header(names: str) -> tuple[str, ...]:
    return tuple(f"{text(f'patrol.col.{one}', 'zh')} / {text(f'patrol.col.{one}', 'en')}" for one in names.split())


def clock(seconds: int) -> str:
    """Time of the day of an instant of a round, minutes rounded up."""
    minutes = DEPART_MIN - (-seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def town_rows(patrol: PatrolYear) -> Rows:
    rows = []
    for town in patrol.towns:
        plan, usual = town.plan, town.usual
        site = sum(int(town.year.on_site_s[stop.visit]) for one in plan.rounds for stop in one.stops)
        dues = sum(len(one.dues) for one in town.visits)
        saved = 1 - plan.travel_s / usual.travel_s if usual.travel_s else 0.0
        rows.append((
            town.code, town.name, dues, len(town.visits), plan.visits, len(plan.left_out), len(plan.rounds),
            plan.per_week, round(site / 3600, 1), round(plan.travel_s / 3600, 1),
            round(plan.travel_h_per_visit, 4), round(usual.travel_s / 3600, 1), round(100 * saved, 1),
        ))  # fmt: skip
    names = "town_code town dues visits planned left rounds per_week site_h travel_h travel_each usual_h saved"
    return _header(names), rows


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
    return (*_header("town pair"), *(f"W{week + 1:02d}" for week in weeks)), rows


def round_rows(patrol: PatrolYear) -> Rows:
    rows = [
        (town.name, patrol.days[one.day], patrol.week[one.day] + 1, one.pair + 1, clock(0), clock(one.back_s),
         len(one.stops), -(-one.travel_s // 60))
        for town in patrol.towns for one in town.plan.rounds
    ]  # fmt: skip
    return _header("town day week pair depart back visits travel_min"), rows


def visit_rows(patrol: PatrolYear) -> Rows:
    rows = []
    for town in patrol.towns:
        for one in town.plan.rounds:
            for order, stop in enumerate(one.stops, 1):
                rows.append((
                    town.name, patrol.days[one.day], patrol.week[one.day] + 1, one.pair + 1, order,
                    clock(stop.arrive_s), clock(stop.leave_s), *_place(patrol, town, stop.visit),
                ))  # fmt: skip
    return _header("town day week pair order arrive leave place name class risk bodies ids"), rows


def _place(patrol: PatrolYear, town: TownPatrol, visit: int) -> tuple[Any, ...]:
    dues, table = town.visits[visit - 1].dues, patrol.tables.dues
    row = town.row[visit - 1]
    kind, risk = (f"patrol.{name}.{table[name][row]}" for name in ("class", "risk"))
    return (
        table["place"][row], table["name"][row], text(kind, "zh"), text(risk, "zh"),
        "、".join(dict.fromkeys(table["body"][one] for one in dues)), "|".join(table["id"][one] for one in dues),
    )  # fmt: skip


def left_rows(patrol: PatrolYear) -> Rows:
    rows = []
    for town in patrol.towns:
        for visit in town.plan.left_out:
            why = "patrol.left.no_way" if town.no_way(visit) else "patrol.left.no_room"
            rows.append((town.name, *_place(patrol, town, visit), text(why, "zh"), text(why, "en")))
    return _header("town place name class risk bodies ids reason_zh reason_en"), rows


def grid_rows(patrol: PatrolYear) -> Rows:
    table = patrol.tables.grids
    name = dict(zip(patrol.tables.stations["town"], patrol.tables.stations["name"], strict=True))
    rows = [
        (grid, name[town], village, person, WEEKDAYS[day])
        for grid, town, village, person, day in zip(
            table["grid"], table["town"], table["village"], table["person"], patrol.grid_weekday.tolist(), strict=True
        )
    ]
    return _header("grid town village person weekday"), rows


def night_rows(patrol: PatrolYear) -> Rows:
    """One row for each village and week; people by number: L leaders, M members."""
    return _header("village_code village week evening people leaders members walked"), list(_nights(patrol))


def _nights(patrol: PatrolYear) -> Iterator[Sequence[Any]]:
    table = patrol.tables.villages
    weeks = mondays(patrol.tables.year)
    numbers = [number + 1 for number in week_numbers((date(patrol.tables.year, 1, 1), *weeks))[1:]]
    for row, crews in enumerate(patrol.crews):
        for one in crews:
            day = weeks[one.week] + timedelta(days=int(patrol.evening[row]))
            walked = "; ".join(f"{grid + 1}: {' '.join(map(_person, who))}" for grid, who in enumerate(one.walkers))
            yield (
                table["village"][row], table["name"][row], numbers[one.week], day, len(one.leaders) + len(one.members),
                " ".join(f"L{lead + 1}" for lead in one.leaders), " ".join(map(_person, one.members)), walked,
            )  # fmt: skip


def _person(number: int) -> str:
    return f"M{number + 1}" if number >= 0 else f"L{-number}"


def hazard_rows(patrol: PatrolYear) -> Rows:
    table = patrol.tables.hazards
    name = dict(zip(patrol.tables.stations["town"], patrol.tables.stations["name"], strict=True))
    rows = [
        (point, title, name[town], person, -(-seconds // 60) if seconds < 1 << 40 else None)
        for point, title, town, person, seconds in zip(
            table["point"], table["name"], table["town"], patrol.hazard_person, patrol.hazard_s.tolist(), strict=True
        )
    ]
    return _header("point name town person way_min"), rows
