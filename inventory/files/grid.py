"""A CSV or workbook file as a plain grid of texts, before any meaning is given to it."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault, shown

MAX_COLUMNS = 200
CHUNK_ROWS = 10_000
UNPACKED_FACTOR = 20  # a workbook may unpack to this many times `max_bytes`; assumed, guards against zip bombs


@dataclass
class Grid:
    """Header and columns of texts; rows that are no rows, and cells that are no text, are in `faults`."""

    header: list[str]
    columns: list[list[str]]
    numbers: Sequence[int]  # of the rows, as a spreadsheet shows them: the header is 1
    faults: list[RowFault]


def read_grid(path: Path, *, table: str, max_rows: int, max_bytes: int) -> Grid:
    """The whole file as texts. Raises BadTable when it is missing, too large, or no readable CSV or workbook."""
    if not path.is_file():
        raise BadTable(str(path), [fault(None, None, "FILE_MISSING")])
    size = path.stat().st_size
    if size > max_bytes:
        raise BadTable(str(path), [fault(None, None, "FILE_TOO_LARGE", bytes=size, most=max_bytes)])
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _read_csv(path, max_rows)
    if suffix == ".xlsx":
        return _read_xlsx(path, table, max_rows, max_bytes)
    raise BadTable(str(path), [fault(None, None, "UNKNOWN_SUFFIX", suffix=shown(suffix))])


def _read_csv(path: Path, max_rows: int) -> Grid:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise BadTable(str(path), [fault(row, None, "NOT_UTF8", looks_like=_encoding_guess(raw))]) from None
    if "\x00" in text:
        raise BadTable(str(path), [fault(None, None, "NOT_CSV", reason="NUL")])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return _gather(path, next(reader, []), reader, max_rows=max_rows, faults=[])
    except csv.Error as error:
        raise BadTable(str(path), [fault(reader.line_num, None, "NOT_CSV", reason=str(error))]) from None


def _gather(
    path: Path, header: list[str], lines: Iterator[list[str]], *, max_rows: int, faults: list[RowFault]
) -> Grid:
    """Turn rows into columns a chunk at a time: a list for every row of a large file would stay alive for long."""
    if not any(header):
        raise BadTable(str(path), [fault(None, None, "EMPTY_FILE")])
    width = len(header)
    columns: list[list[str]] = [[] for _ in header]
    numbers: list[int] = []
    blank: list[int] = []
    read = 0
    while chunk := list(islice(lines, CHUNK_ROWS)):
        first = read + 2
        read += len(chunk)
        if read > max_rows:
            raise BadTable(str(path), [fault(None, None, "TOO_MANY_ROWS", most=max_rows)])
        whole = range(first, first + len(chunk))
        if blank or not all(len(row) == width and any(row) for row in chunk):
            rows: list[list[str]] = []
            kept: list[int] = []
            for number, row in zip(whole, chunk, strict=True):
                if not any(row):
                    blank.append(number)
                    continue
                faults += [fault(gap, None, "BLANK_ROW") for gap in blank]  # but not those behind the last row
                blank.clear()
                if len(row) != width:
                    faults.append(fault(number, None, "RAGGED_ROW", expected=width, found=len(row)))
                else:
                    rows.append(row)
                    kept.append(number)
            chunk = rows
            numbers += kept
        else:
            numbers += whole
        for column, cells in zip(columns, zip(*chunk, strict=True), strict=False):
            column += cells
    return Grid(header, columns, numbers, faults)


def _encoding_guess(raw: bytes) -> str:
    """What the file seems to be, for the message only: nothing is ever decoded by a guess."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "?"
    return "GBK"


def _read_xlsx(path: Path, table: str, max_rows: int, max_bytes: int) -> Grid:
    import openpyxl  # slow to load, and most files are CSV

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > max_bytes * UNPACKED_FACTOR:
            limit = max_bytes * UNPACKED_FACTOR
            raise BadTable(str(path), [fault(None, None, "FILE_TOO_LARGE", bytes=unpacked, most=limit)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which are not read
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
            try:
                return _sheet_grid(path, book, table, max_rows)
            finally:
                book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, ParseError, EOFError) as error:
        raise BadTable(str(path), [fault(None, None, "NOT_XLSX", reason=shown(str(error)))]) from None


def _sheet_grid(path: Path, book: Any, table: str, max_rows: int) -> Grid:
    titles = list(book.sheetnames)
    if len(titles) == 1:
        sheet = book[titles[0]]
    elif table in titles:
        sheet = book[table]
    else:
        names = shown(", ".join(titles))
        raise BadTable(str(path), [fault(None, None, "SHEET_UNCLEAR", sheets=names, table=table)])
    sheet.reset_dimensions()  # the size a file claims is not to be trusted
    faults: list[RowFault] = []
    lines = (
        [_cell_text(cell, number, faults) for cell in cells]
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1)
    )
    header = _without_tail(next(lines, []), 0)
    return _gather(path, header, (_without_tail(row, len(header)) for row in lines), max_rows=max_rows, faults=faults)


def _without_tail(texts: list[str], width: int) -> list[str]:
    """A workbook has no ragged rows: cells that were never written are empty ones."""
    while len(texts) > width and not texts[-1]:
        texts.pop()
    return texts + [""] * (width - len(texts))


def _cell_text(cell: Any, row: int, faults: list[RowFault]) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("f", "e"):
        code = "FORMULA_CELL" if cell.data_type == "f" else "ERROR_CELL"
        faults.append(fault(row, cell.column_letter, code, value=shown(str(value))))
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, datetime):
        midnight = not (value.hour or value.minute or value.second or value.microsecond)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
