"""Sheets as cells: types, styles and quoting. Apart from workbook.py because its library is slow to load."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from inventory.files.write import cell_text

if TYPE_CHECKING:
    from inventory.files.workbook import Sheet

EXACT_DIGITS = 15  # a spreadsheet keeps no more: longer numbers go in as text
_LARGE = 10**EXACT_DIGITS
_READ_AS_OTHERS = ("=", "+", "-", "@", "\t", "\r", "#")  # a formula, or an error value
_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_HEADER_FONT = Font(bold=True, color="FFFFFF")
_HEADER_FILL = PatternFill("solid", fgColor="1F4E79")
_HEADER_LINES = Alignment(vertical="center", wrap_text=True)
_HEADER_EDGE = Border(bottom=Side(style="thin", color="1F4E79"))


def new_book(*, created: datetime) -> Any:
    """A workbook without sheets."""
    book = Workbook(write_only=True)
    book.properties.creator = "wuding"
    book.properties.created = created
    return book


def add_sheet(book: Any, sheet: "Sheet", *, widths: list[int]) -> None:
    page = book.create_sheet(sheet.title)
    page.freeze_panes = "A2"
    for index, width in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    header = [WriteOnlyCell(page, value=name) for name in sheet.header]
    for cell in header:
        cell.data_type = "s"
        cell.font, cell.fill, cell.alignment, cell.border = _HEADER_FONT, _HEADER_FILL, _HEADER_LINES, _HEADER_EDGE
    page.append(header)
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])
    if sheet.rows and sheet.header:
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.header))}{len(sheet.rows) + 1}"


def _cell(page: Any, value: Any) -> Any:
    if value is None:
        return None
    # most cells are small integers and harmless texts, which the library takes as they are
    if type(value) is int and -_LARGE < value < _LARGE:
        return value
    if type(value) is str and not value.startswith(_READ_AS_OTHERS):
        return value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        text = cell_text(value)
        if sum(letter.isdigit() for letter in text) <= EXACT_DIGITS or isinstance(value, float):
            return WriteOnlyCell(page, value=value)
        value = text
    if isinstance(value, date) and not isinstance(value, datetime):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    text = cell_text(value)
    cell = WriteOnlyCell(page, value=text)
    cell.data_type = "s"  # also where the text begins with "="
    if text.startswith(_RUNS_AS_FORMULA):
        cell.style = "Normal"
        cell.quotePrefix = True
    return cell
