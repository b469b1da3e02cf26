"""What comes round every week, as rows of the workbook: grids, night patrols, and persons of hazard points."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from optimizer.staffing.patrol.days import mondays, week_numbers
from scenarios.staffing.bilingual import header
from scenarios.staffing.patrol.plan import PatrolYear

COLUMNS = "patrol.col"
WEEKDAYS = ("一 Mon", "二 Tue", "三 Wed", "四 Thu", "五 Fri", "六 Sat", "日 Sun")

Rows = tuple[tuple[str, ...], list[Sequence[Any]]]


def grid_rows(patrol: PatrolYear) -> Rows:
    table = patrol.tables.grids
    name = dict(zip(patrol.tables.stations["town"], patrol.tables.stations["name"], strict=True))
    rows = [
        (grid, name[town], village, person, WEEKDAYS[day])
        for grid, town, village, person, day in zip(
            table["grid"], table["town"], table["village"], table["person"], patrol.grid_weekday.tolist(), strict=True
        )
    ]
    return header(COLUMNS, "grid town village person weekday"), rows


def night_rows(patrol: PatrolYear) -> Rows:
    """One row for each village and week; people by number: L leaders, M members."""
    return header(COLUMNS, "village_code village week evening people leaders members walked"), list(_nights(patrol))


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
    return header(COLUMNS, "point name town person way_min"), rows
