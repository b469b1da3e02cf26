"""A sheet to be printed and pinned up: titles, tinted days, lines around cells, one page wide. Texts stay texts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from inventory.errors import BadTable
from inventory.files.cells import fault, shown
from inventory.files.escape import encode_workbook_text
from inventory.files.headers import column_letter
from inventory.files.workbook import _ILLEGAL, FIXED_INSTANT

PLAIN, HEAD, TITLE, NOTE = "plain", "head", "title", "note"
WEEKEND, HOLIDAY, RESPONSE, AWAY, GOOD, BAD = "weekend", "holiday", "response", "away", "good", "bad"
_FILLS = {HEAD: "1F4E79", WEEKEND: "EAF1DD", HOLIDAY: "FDE9D9", RESPONSE: "FFE699", AWAY: "D9D9D9", GOOD: "E2EFDA",
          BAD: "F8CBAD"}  # fmt: skip
_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_A4, _A3 = 9, 8


def new_paper() -> Any:
    """A workbook without sheets."""
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "wuding"
    book.properties.created = FIXED_INSTANT
    return book


class Paper:
    """One sheet; rows are added from the top."""

    def __init__(self, book: Any, title: str, *, widths: Sequence[int], large: bool = False) -> None:
        self.page = book.create_sheet(title[:31])
        self.row = 0
        for index, width in enumerate(widths, start=1):
            self.page.column_dimensions[column_letter(index)].width = width
        setup = self.page.page_setup
        setup.orientation, setup.paperSize = "landscape", _A3 if large else _A4
        setup.fitToWidth, setup.fitToHeight = 1, 0
        self.page.sheet_properties.pageSetUpPr.fitToPage = True
        self.page.print_options.horizontalCentered = True
        for side in ("left", "right", "top", "bottom"):
            setattr(self.page.page_margins, side, 0.4)

    def add(self, cells: Sequence[Any], *, styles: Sequence[str] | str = PLAIN, height: float | None = None) -> None:
        """A row; one style for all of it, or one for each cell."""
        self.row += 1
        if height is not None:
            self.page.row_dimensions[self.row].height = height
        for index, value in enumerate(cells, start=1):
            self._put(index, value, styles if isinstance(styles, str) else styles[index - 1])

    def line(self, text: str, *, across: int, style: str = NOTE, height: float | None = None) -> None:
        """One text over the first `across` columns."""
        self.row += 1
        self._put(1, text, style)
        if across > 1:
            self.page.merge_cells(start_row=self.row, start_column=1, end_row=self.row, end_column=across)
        if height is not None:
            self.page.row_dimensions[self.row].height = height

    def join(self, *, first: int, last: int) -> None:
        """Cells of the last row become one, with the text of the first of them."""
        if last > first:
            self.page.merge_cells(start_row=self.row, start_column=first, end_row=self.row, end_column=last)

    def hold(self, *, columns: int) -> None:
        """What is there stays in sight, and on every printed page."""
        self.page.freeze_panes = f"{column_letter(columns + 1)}{self.row + 1}"
        self.page.print_title_rows = f"1:{self.row}"

    def _put(self, column: int, value: Any, style: str) -> None:
        cell = self.page.cell(self.row, column)
        if isinstance(value, str):
            if _ILLEGAL.search(value):
                where = f"{self.page.title}!{column_letter(column)}"
                raise BadTable(self.page.title, [fault(self.row, where, "CONTROL_CHARACTER", value=shown(value))])
            cell.value = encode_workbook_text(value)
            cell.data_type = "s"
        elif value is not None:
            cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
        if style in (TITLE, NOTE):
            cell.font = Font(bold=style == TITLE, size=16 if style == TITLE else 10)
            cell.alignment = Alignment(
                vertical="center", wrap_text=True, horizontal="center" if style == TITLE else None
            )
        else:
            edge = Side(style="thin", color="BFBFBF")
            cell.border = Border(left=edge, right=edge, top=edge, bottom=edge)
            cell.alignment = Alignment(vertical="center", horizontal="center", wrap_text=True)
            if style == HEAD:
                cell.font = Font(bold=True, color="FFFFFF")
        if style in _FILLS:
            cell.fill = PatternFill("solid", fgColor=_FILLS[style])
        if isinstance(value, str) and value.startswith(_RUNS_AS_FORMULA):
            cell.quotePrefix = True
