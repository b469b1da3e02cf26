"""Sheets as cells: types, styles and quoting. Apart from workbook.py because its library is slow to load."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from inventory.files.cells import cell_text
from inventory.files.escape import encode_workbook_text

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
    styles = [None if form is None else style_of(page, form) for form in sheet.formats or ()]
    if any(style is not None for style in styles):
        for index, form in enumerate(sheet.formats or (), start=1):
            if form is not None:  # also for rows that are added by hand: a code keeps its leading zeros
                page.column_dimensions[get_column_letter(index)].number_format = form
        page.append(header_cells(page, sheet.header))
        for row in sheet.rows:
            page.append([_formed(page, value, style) for value, style in zip(row, styles, strict=True)])
    else:
        page.append(header_cells(page, sheet.header))
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
    if sheet.rows and sheet.header:
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.header))}{len(sheet.rows) + 1}"


def header_cells(page: Any, names: Sequence[str]) -> list[Any]:
    header = [WriteOnlyCell(page, value=encode_workbook_text(name)) for name in names]
    for cell in header:
        cell.data_type = "s"
        cell.font, cell.fill, cell.alignment, cell.border = _HEADER_FONT, _HEADER_FILL, _HEADER_LINES, _HEADER_EDGE
    return header


def style_of(page: Any, number_format: str) -> Any:
    """The style of a number format, to be shared by many cells; nobody may change it afterwards."""
    model = WriteOnlyCell(page)
    model.number_format = number_format
    return model._style


def _formed(page: Any, value: Any, style: Any) -> Any:
    if style is None or value is None or (type(value) is str and value.startswith(_READ_AS_OTHERS)):
        return _cell(page, value)
    cell = _cell(page, value)
    if type(cell) is str:
        cell = WriteOnlyCell(page, value=cell)
        cell.data_type = "s"
        cell._style = style
    return cell


def _cell(page: Any, value: Any) -> Any:
    if value is None:
        return None
    # most cells are small integers and harmless texts, which the library takes as they are
    if type(value) is int and -_LARGE < value < _LARGE:
        return value
    if type(value) is str and not value.startswith(_READ_AS_OTHERS):
        return encode_workbook_text(value) if "_x" in value else value
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
    cell = WriteOnlyCell(page, value=encode_workbook_text(text))
    cell.data_type = "s"  # also where the text begins with "="
    if text.startswith(_RUNS_AS_FORMULA):
        cell.style = "Normal"
        cell.quotePrefix = True
    return cell
