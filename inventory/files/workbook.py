"""Workbooks out: plain sheets with a styled header, equal bytes for equal input, nothing that runs as a formula."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from inventory.errors import BadTable, RowFault
from inventory.files.cells import cell_text, fault, shown
from inventory.files.headers import column_letter
from inventory.files.write import replace_bytes

EXCEL_MAX_TEXT = 32_767
FIXED_INSTANT = datetime(2000, 1, 1)  # no clock reading in a file
_ZIP_INSTANT = (2000, 1, 1, 0, 0, 0)
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_STAMPS = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


@dataclass(frozen=True)
class Sheet:
    """One sheet: cells may be text, int, Decimal, float, bool, date, datetime with offset, tuple, or None."""

    title: str  # at most 31 characters, none of []:*?/\
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int] | None = None  # in characters; None = from the contents
    formats: Sequence[str | None] | None = None  # number format of each column, for text columns "@"


def write_workbook(path: Path | str, sheets: Sequence[Sheet]) -> None:
    """Write an .xlsx file. Texts are text cells, marked as quoted where a spreadsheet might run them.

    Raises BadTable for texts a workbook cannot hold (control characters, over 32,767 characters).
    """
    save_book(filled_book(path, sheets), Path(path))


def filled_book(path: Path | str, sheets: Sequence[Sheet]) -> Any:
    """What `write_workbook` saves, to be added to. Raises BadTable, which names `path`."""
    from inventory.files.sheets import add_sheet, new_book  # loaded only when a workbook is asked for

    faults = [found for sheet in sheets for found in _faults(sheet)]
    if faults:
        raise BadTable(str(path), faults)
    book = new_book(created=FIXED_INSTANT)
    for sheet in sheets:
        add_sheet(book, sheet, widths=list(sheet.widths or _widths(sheet)))
    return book


def save_book(book: Any, path: Path, *, amend: Callable[[str, bytes], bytes] | None = None) -> None:
    """Save a workbook without a clock reading, whole or not at all. `amend` may alter its parts, by their name."""
    packed = io.BytesIO()
    book.save(packed)
    replace_bytes(path, _without_clock(packed.getvalue(), amend or (lambda _, data: data)))


def _faults(sheet: Sheet) -> list[RowFault]:
    faults: list[RowFault] = []
    for number, row in enumerate([sheet.header, *sheet.rows], start=1):
        for index, value in enumerate(row):
            if not isinstance(value, str | tuple | list):
                continue
            text = cell_text(value)
            column = f"{sheet.title}!{column_letter(index + 1)}"
            if _ILLEGAL.search(text):
                faults.append(fault(number, column, "CONTROL_CHARACTER", value=shown(text)))
            if len(text) > EXCEL_MAX_TEXT:
                faults.append(fault(number, column, "TOO_LONG", value=shown(text), most=EXCEL_MAX_TEXT))
    return faults


def _widths(sheet: Sheet) -> list[int]:
    """Wide enough for the header and the first 200 rows; a Chinese character takes two places."""
    widths: list[int] = []
    for index, name in enumerate(sheet.header):
        texts = [name, *(cell_text(row[index]) for row in sheet.rows[:200] if index < len(row))]
        longest = max(
            sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text) for text in texts
        )
        widths.append(min(max(longest + 2, 8), 48))
    return widths


def _without_clock(packed: bytes, amend: Callable[[str, bytes], bytes]) -> bytes:
    """The same archive with fixed instants: equal input gives equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = amend(name, old.read(name))
            if name == "docProps/core.xml":
                stamp = FIXED_INSTANT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                data = _STAMPS.sub(rb"\g<1>" + stamp + rb"\g<3>", data)
            entry = zipfile.ZipInfo(name, date_time=_ZIP_INSTANT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    return out.getvalue()
