"""The summary of a patrol year: visits planned, made, late and hazards found, as formulas over `patrol_record`, so that
it grows with the record."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.files import tables
from inventory.files.headers import column_letter
from scenarios.staffing.bilingual import both, header, title
from scenarios.staffing.patrol.plan import PatrolYear
from scenarios.staffing.patrol.write_weekly import COLUMNS
from scenarios.staffing.rows import Cell, Page

NAMES = "period town first last planned made open share in_period late overdue hazards rectified still as_of"
WIDTHS = (16, 14, 12, 12, 10, 10, 10, 9, 12, 12, 12, 10, 10, 12, 12)
ANY = "*"  # every town
RECORD = "patrol_record"
EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets


@dataclass(frozen=True)
class Span:
    label: str
    town: str  # code, or ANY
    first: date
    last: date


def spans(patrol: PatrolYear) -> list[Span]:
    """The year, its quarters and months, and the year of each town."""
    year = patrol.tables.year

    def months(first: int, last: int) -> tuple[date, date]:
        return date(year, first, 1), date(year, last, monthrange(year, last)[1])

    found = [Span(both("patrol.period.year", year=year), ANY, *months(1, 12))]
    found += [Span(both("patrol.period.quarter", number=q + 1), ANY, *months(3 * q + 1, 3 * q + 3)) for q in range(4)]
    found += [Span(both("patrol.period.month", number=month), ANY, *months(month, month)) for month in range(1, 13)]
    return found + [Span(town.name, town.code, *months(1, 12)) for town in patrol.towns]


def counted(rows: Sequence[dict[str, Any]], span: Span, as_of: date) -> dict[str, float]:
    """What the formulas of a row come to."""

    def of(test: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
        return [row for row in rows if span.town in (ANY, row["town"]) and test(row)]

    planned = of(lambda row: span.first <= row["day"] <= span.last)
    done = of(lambda row: row.get("done_on") and span.first <= row["done_on"] <= span.last)
    made = sum(row.get("done_on") is not None for row in planned)
    hazards, rectified = (sum(row.get(name) or 0 for row in done) for name in ("hazards", "rectified"))
    return {
        "planned": len(planned), "made": made, "open": len(planned) - made,
        "share": made / len(planned) if planned else 0.0, "in_period": len(done),
        "late": sum(row["last_day"] is not None and row["done_on"] > row["last_day"] for row in done),
        "overdue": sum(row.get("done_on") is None and row["last_day"] < as_of for row in planned if row["last_day"]),
        "hazards": hazards, "rectified": rectified, "still": hazards - rectified,
    }  # fmt: skip


def formulas(row: int, last_row: int) -> dict[str, str]:
    """Of row `row` of the summary, over rows 2 to `last_row` of the record."""
    at = {name: column_letter(index) for index, name in enumerate(NAMES.split(), start=1)}

    def of(column: str) -> str:
        letter = column_letter([one.name for one in tables()[RECORD]].index(column) + 1)
        return f"{RECORD}!${letter}$2:${letter}${last_row}"

    town, first, last = (f"${at[name]}{row}" for name in ("town", "first", "last"))
    mine = f"{of('town')},{town}"
    planned = f'{mine},{of("day")},">="&{first},{of("day")},"<="&{last}'
    done = f'{mine},{of("done_on")},">="&{first},{of("done_on")},"<="&{last}'
    here = f'(({town}="{ANY}")+({of("town")}={town})>0)'
    too_late = f'({of("last_day")}<>"")*({of("done_on")}>{of("last_day")})'
    own = {name: f"{letter}{row}" for name, letter in at.items()}
    return {
        "planned": f"=COUNTIFS({planned})",
        "made": f'=COUNTIFS({planned},{of("done_on")},">0")',
        "open": f"={own['planned']}-{own['made']}",
        "share": f"=IF({own['planned']}=0,0,{own['made']}/{own['planned']})",
        "in_period": f"=COUNTIFS({done})",
        "late": f"=SUMPRODUCT({here}*({of('done_on')}>={first})*({of('done_on')}<={last})*{too_late})",
        "overdue": f'=COUNTIFS({planned},{of("done_on")},"",{of("last_day")},"<"&${at["as_of"]}$2)',
        "hazards": f"=SUMIFS({of('hazards')},{done})",
        "rectified": f"=SUMIFS({of('rectified')},{done})",
        "still": f"={own['hazards']}-{own['rectified']}",
    }


def add_summary(book: Any, patrol: PatrolYear, rows: Sequence[dict[str, Any]]) -> Page:
    """Add the sheet to a workbook that has the sheet `patrol_record` of these rows."""
    from inventory.files.sheets import header_cells

    sheet = book.create_sheet(title("patrol.sheet.summary"))
    sheet.freeze_panes = "B2"
    for index, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[column_letter(index)].width = width
    sheet.append(header_cells(sheet, header(COLUMNS, " ".join(f"sum_{one}" for one in NAMES.split()))))
    as_of = patrol.since or patrol.days[0]
    page = Page(sheet)
    for number, span in enumerate(spans(patrol), start=2):
        found = counted(rows, span, as_of)
        cells = [
            page.formula(said, found[key], "0.0%" if key == "share" else "#,##0")
            for key, said in formulas(number, len(rows) + 1).items()
        ]
        lead = [page.words(span.label), page.words(span.town), _day(page, span.first), _day(page, span.last)]
        page.append([*lead, *cells, _day(page, as_of) if number == 2 else None])
    return page


def _day(page: Page, day: date) -> Cell | None:
    return page.number((day - EPOCH).days, "yyyy-mm-dd")
