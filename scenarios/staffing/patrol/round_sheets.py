"""Round sheets: what a pair takes along. Each round stands under a line of its own, its stops in order, with room to
fill in; filtered by station, day and pair the sheet prints as that pair's, A4 across."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from inventory.files.headers import column_letter
from scenarios.staffing.bilingual import header, title
from scenarios.staffing.patrol.plan import PatrolYear, TownPatrol
from scenarios.staffing.patrol.write_weekly import COLUMNS
from scenarios.texts import Lang, text

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

DEPART_MIN = 9 * 60  # rounds leave at 9:00 (assumed)
NAMES = "town week day pair order arrive visit name address class risk bodies look done_at hazards rectified signed"
WIDTHS = (10, 6, 11, 5, 6, 7, 12, 20, 24, 9, 7, 16, 40, 11, 9, 9, 14)
FILLED_IN = 4  # the last columns


def clock(seconds: int) -> str:
    """Time of the day of an instant of a round, minutes rounded up."""
    minutes = DEPART_MIN - (-seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def bodies(patrol: PatrolYear, town: TownPatrol, visit: int) -> str:
    """Those that inspect together."""
    return "、".join(dict.fromkeys(patrol.tables.dues["body"][one] for one in town.visits[visit - 1].dues))


def sheet_rows(patrol: PatrolYear, lang: Lang) -> Iterator[tuple[bool, Sequence[Any]]]:
    """(whether it is the line over a round, cells)."""
    table = patrol.tables.dues
    for town in patrol.towns:
        for one in town.plan.rounds:
            lead = (town.name, patrol.week[one.day] + 1, patrol.days[one.day], one.pair + 1)
            facts = {"depart": clock(0), "back": clock(one.back_s), "visits": len(one.stops)}
            yield True, (*lead, None, None, None, text("patrol.round", lang, **facts), *[None] * (5 + FILLED_IN))
            for order, stop in enumerate(one.stops, 1):
                row, dues = town.row[stop.visit - 1], town.visits[stop.visit - 1].dues
                kind, risk = table["class"][row], table["risk"][row]
                look = list(dict.fromkeys(table["look_at"][due] for due in dues if table["look_at"][due]))
                yield False, (
                    *lead, order, clock(stop.arrive_s), table["id"][dues[0]], table["name"][row] or table["place"][row],
                    table["address"][row], text(f"patrol.class.{kind}", lang), text(f"patrol.risk.{risk}", lang),
                    bodies(patrol, town, stop.visit), "；".join(look) or text(f"patrol.look.{kind}", lang),
                    *[None] * FILLED_IN,
                )  # fmt: skip


def add_round_sheets(book: Any, patrol: PatrolYear, lang: Lang) -> None:
    """Add the sheet to a workbook."""
    from openpyxl.worksheet.properties import PageSetupProperties

    from inventory.files.sheets import header_cells

    page = book.create_sheet(title("patrol.sheet.sheets"))
    page.freeze_panes = "A2"
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", "9"
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.print_title_rows = "1:1"
    for index, width in enumerate(WIDTHS, start=1):
        page.column_dimensions[column_letter(index)].width = width
    page.append(header_cells(page, header(COLUMNS, NAMES)))
    pens = {head: _Pen(page, head=head) for head in (False, True)}
    count = 1
    for head, cells in sheet_rows(patrol, lang):
        page.append([pens[head].cell(value) for value in cells])
        count += 1
    page.auto_filter.ref = f"A1:{column_letter(len(WIDTHS))}{count}"


class _Pen:
    """Cells with lines around, their texts wrapped; those over a round bold on grey."""

    def __init__(self, page: "WriteOnlyWorksheet", *, head: bool) -> None:
        self.page = page
        self.plain, self.day = (self._style(form, head) for form in ("General", "yyyy-mm-dd"))

    def _style(self, form: str, head: bool) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        side = Side(style="thin", color="A6A6A6")
        model = WriteOnlyCell(self.page)
        model.border = Border(left=side, right=side, top=side, bottom=side)
        model.alignment = Alignment(vertical="center", wrap_text=not head)
        model.number_format = form
        if head:
            model.font, model.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        return model._style

    def cell(self, value: Any) -> Any:
        from datetime import date

        from openpyxl.cell import WriteOnlyCell

        from inventory.files.sheets import _cell

        made = _cell(self.page, value)
        if isinstance(made, str) or made is None or isinstance(made, int):
            made = WriteOnlyCell(self.page, value=made)
            if isinstance(value, str):
                made.data_type = "s"
            made._style = self.plain
        elif isinstance(value, date):
            made._style = self.day
        return made
