"""The sheets of a mending workbook. Apart from mending.py because the library of workbooks is slow to load."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from inventory.errors import RowFault
from inventory.files.cells import shown
from inventory.files.escape import encode_workbook_text
from inventory.files.mending import MOST_LINKS, MOST_NOTES, cell_name
from inventory.files.sheets import header_cells, new_book, style_of
from inventory.files.workbook import EXCEL_MAX_TEXT, FIXED_INSTANT, save_book

Message = Mapping[str, str]

_FAULTY = PatternFill("solid", fgColor="00FFC7CE")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_HARMLESS = re.compile(r"=[A-Za-z0-9_.,:;$()+\-*/^%<>= ]*")  # no text, other sheet, other file, or command
_REACHING = re.compile(r"webservice|hyperlink|call|register|rtd|dde|indirect", re.IGNORECASE)
_NOTE_WIDTH, _LINE_HEIGHT, _LINE_LETTERS = 360, 18, 26  # px, px, full-width letters of a line

_HEADINGS = ("行 row", "列 column", "单元格 cell", "原内容 found", "错误与改法", "What is wrong and how to mend it")
_WIDTHS = (9, 22, 14, 30, 70, 70)


class MendingBook:
    """A workbook that is written row by row."""

    def __init__(self, lang: str) -> None:
        self.book = new_book(created=FIXED_INSTANT)
        self.langs = ("zh", "en") if lang == "zh" else ("en", "zh")
        self.notes = 0
        self.header: list[str] = []

    def start_table(self, title: str, header: Sequence[Any], merged: Sequence[str]) -> None:
        page = self.page = self.book.create_sheet(title)
        self.text_style = style_of(page, "@")  # so that an id typed anew keeps its leading zeros
        self.styles: dict[str, Any] = {}
        page.freeze_panes = "A2"
        for index, cell in enumerate(header, start=1):
            text = str(getattr(cell, "value", cell) or "")
            self.header.append(text)
            page.column_dimensions[get_column_letter(index)].width = min(max(14, 2 * len(text) + 2), 40)
        for cells in merged:
            page.merged_cells.add(cells)

    def add_row(self, row: Sequence[Any], notes: Mapping[int | None, Sequence[Message]]) -> None:
        """A row as it was; the cells that `notes` names are coloured, and all of the row where it names None."""
        cells = [self._copy(cell) for cell in row]
        if notes:
            whole = max(len(cells), len(self.header)) if None in notes else 0
            last = max((index for index in notes if index is not None), default=0)
            cells += [None] * (max(whole, last + 1) - len(cells))
            for index in range(len(cells)):
                said = [*notes.get(index, ()), *(notes.get(None, ()) if index == 0 else ())]
                if said or index < whole:
                    cells[index] = self._marked(cells[index], said)
        self.page.append(cells)

    def _marked(self, cell: Any, said: Sequence[Message]) -> Any:
        if cell is None:
            cell = WriteOnlyCell(self.page)
            cell._style = self.text_style
        if cell._style is not None:
            cell._style = cell._style.__copy__()  # the fill below must not colour all that share the style
        cell.fill = _FAULTY
        if said and self.notes < MOST_NOTES:
            self.notes += 1
            lines = [message[lang] for message in said for lang in self.langs]
            note = Comment("\n".join(map(encode_workbook_text, lines)), "wuding")
            height = sum(1 + _width(line) // (2 * _LINE_LETTERS) for line in lines)
            note.width, note.height = _NOTE_WIDTH, _LINE_HEIGHT * (height + 1)
            cell.comment = note
        return cell

    def _copy(self, cell: Any) -> Any:
        """The cell as it was, of the library's cells to write."""
        if isinstance(cell, str):  # of a CSV
            return self._text(encode_workbook_text(cell)) if cell else None
        value = cell.value
        if value is None:
            return None
        if isinstance(value, str) and cell.data_type == "s":
            return self._text(value)  # characters that XML cannot hold are encoded already
        if cell.data_type == "f":
            return self._formula(value)
        if cell.data_type == "e":
            return self._error(str(value))
        copy = WriteOnlyCell(self.page, value=value)
        form = cell.number_format
        if form and form != "General":
            copy.number_format = form
        elif isinstance(value, date | datetime | time | timedelta):
            copy.number_format = "yyyy-mm-dd"
        return copy

    def _text(self, text: str) -> Any:
        copy = WriteOnlyCell(self.page)
        # a longer text is a fault wherever it stands, and no workbook holds it whole
        copy._value, copy.data_type = text[:EXCEL_MAX_TEXT], "s"
        copy._style = self.text_style
        if text.startswith(("=", "+", "-", "@", "\t")):
            copy._style = copy._style.__copy__()
            copy.quotePrefix = True
        return copy

    def _formula(self, formula: Any) -> Any:
        """A formula of the sheet itself stays, to be seen and pasted as a value; any other becomes an error."""
        if not isinstance(formula, str) or not _HARMLESS.fullmatch(formula) or _REACHING.search(formula):
            return self._error("#REF!")
        return WriteOnlyCell(self.page, value=formula)

    def _error(self, value: str) -> Any:
        copy = WriteOnlyCell(self.page, value=value)
        copy.data_type = "e"
        return copy

    def add_faults(
        self,
        title: str,
        table: str,
        faults: Sequence[RowFault],
        messages: Sequence[Message],
        places: Sequence[tuple[int, int] | None],
        found: Mapping[int, str],
    ) -> None:
        """The sheet that lists every fault, with links to the cells."""
        page = self.book.create_sheet(title)
        page.freeze_panes = "A2"
        for index, width in enumerate(_WIDTHS, start=1):
            page.column_dimensions[get_column_letter(index)].width = width
        page.append(header_cells(page, _HEADINGS))
        wrapped = WriteOnlyCell(page)
        wrapped.alignment = _WRAPPED
        link_style = WriteOnlyCell(page)
        link_style.style = "Hyperlink"
        for order, (fault, message, place) in enumerate(zip(faults, messages, places, strict=True)):
            link = None
            if place is not None:
                link = WriteOnlyCell(page, value=cell_name(place))
                link._style = link_style._style
                if order < MOST_LINKS:
                    link.hyperlink = Hyperlink(ref="", location=f"'{table}'!{cell_name(place)}")
            texts = [fault.column or "", shown(found.get(order, "")), message["zh"], message["en"]]
            column, was, zh, en = (self._plain(page, text, wrapped._style) for text in texts)
            page.append([fault.row, column, link, was, zh, en])

    def _plain(self, page: Any, text: str, style: Any) -> Any:
        cell = WriteOnlyCell(page)
        cell._value, cell.data_type = encode_workbook_text(text)[:EXCEL_MAX_TEXT], "s"
        cell._style = style
        if text.startswith(("=", "+", "-", "@", "\t")):
            cell._style = style.__copy__()
            cell.quotePrefix = True
        return cell

    def discard(self) -> None:
        """End what was begun, where the source turns out to be unreadable half way."""
        for page in self.book.worksheets:
            page.close()
            page._writer.cleanup()

    def save(self, path: Path) -> None:
        save_book(self.book, path)


def _width(text: str) -> int:
    """Places of a text, of which a Chinese letter takes two."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
