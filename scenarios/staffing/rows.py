"""Rows of sheets as text, formulas with their values: viewers that do not calculate show those, spreadsheets calculate
anew. Written without the library's cells, which take several times as long for the millions of a nation."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from inventory.files.escape import encode_workbook_text
from inventory.files.headers import column_letter
from inventory.files.workbook import EXCEL_MAX_TEXT, save_book

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_END = b"</sheetData>"
_QUOTED = ("=", "+", "-", "@", "\t", "\r")  # a text that would run as a formula


class Cell(str):
    """What stands in the element of a cell behind its place."""

    __slots__ = ()


class Page:
    """One sheet: its heading is there already, rows follow. Cells are words, numbers, or formulas with their value."""

    def __init__(self, page: "WriteOnlyWorksheet") -> None:
        self.page = page
        self._rows: list[bytes] = []  # half the room of the text
        self._letters: list[str] = []
        self._styles: dict[str, str] = {}

    def formula(self, said: str, value: float | str, form: str) -> Cell:
        """`said` begins with =."""
        kind = ' t="str"' if isinstance(value, str) else ""
        shown = escape(value) if isinstance(value, str) else repr(value)
        return Cell(f"{self._style(form)}{kind}><f>{escape(said[1:])}</f><v>{shown}</v></c>")

    def number(self, value: float | None, form: str) -> Cell | None:
        """Nothing for None and NaN."""
        if value is None or value != value:
            return None
        return Cell(f'{self._style(form)} t="n"><v>{int(value) if value == int(value) else repr(float(value))}</v></c>')

    def words(self, value: str) -> Cell | None:
        if not value:
            return None
        style = self._quoted() if value.startswith(_QUOTED) else ""
        space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
        return Cell(
            f'{style} t="inlineStr"><is><t{space}>{escape(encode_workbook_text(value[:EXCEL_MAX_TEXT]))}</t></is></c>'
        )

    def append(self, cells: Iterable[Cell | str | None]) -> None:
        """One row; plain texts are words."""
        row = len(self._rows) + 2
        parts = []
        for index, cell in enumerate(cells):
            if index == len(self._letters):
                self._letters.append(column_letter(index + 1))
            own = cell if type(cell) is Cell or cell is None else self.words(cell)
            if own is not None:
                parts.append(f'<c r="{self._letters[index]}{row}"{own}')
        self._rows.append(f'<row r="{row}">{"".join(parts)}</row>'.encode())

    def take(self) -> bytes:
        """The rows, which are given away."""
        rows, self._rows = self._rows, []
        return b"".join(rows)

    def _style(self, form: str) -> str:
        if form not in self._styles:
            from openpyxl.cell import WriteOnlyCell

            model = WriteOnlyCell(self.page)
            model.number_format = form
            self._styles[form] = f' s="{model.style_id}"' if model.has_style else ""
        return self._styles[form]

    def _quoted(self) -> str:
        if "'" not in self._styles:
            from inventory.files.sheets import _cell

            self._styles["'"] = f' s="{_cell(self.page, "=").style_id}"'
        return self._styles["'"]


def save_with_rows(book: Any, path: Path, pages: Sequence[Page]) -> None:
    """Save a workbook; `pages` hold the rows of their sheets, other sheets have theirs already."""
    titles, own = list(book.sheetnames), {page.page.title: page for page in pages}

    def amend(name: str, data: bytes) -> bytes:
        found = _SHEET.fullmatch(name)
        page = own.get(titles[int(found[1]) - 1]) if found else None
        return data if page is None else data.replace(_END, page.take() + _END, 1)

    save_book(book, path, amend=amend)
