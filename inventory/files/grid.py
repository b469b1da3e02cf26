"""A CSV or workbook file as a plain grid of texts, before any meaning is given to it."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from string import ascii_uppercase
from typing import Any
from xml.etree.ElementTree import ParseError

from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault, shown
from inventory.files.escape import decode_workbook_text
from inventory.files.headers import column_index, column_letter

MAX_COLUMNS = 200
CHUNK_ROWS = 10_000
ROWS_ABOVE_HEADER = 20  # so far down a header is looked for, to say where it is
EXACT_INT = 10**15  # a spreadsheet keeps 15 digits of a number and writes zeros for the others
UNPACKED_FACTOR = 20  # a workbook may unpack to this many times `max_bytes`; assumed, guards against zip bombs
SMALL = 32 * 1024 * 1024  # what unpacks to no more is harmless
SWELLS = 200  # and what is larger unpacks to so many times its size at most: sheets of one repeated row reach 100


@dataclass
class Grid:
    """Header and columns of texts; rows that are no rows, and cells that are no text, are in `faults`.

    Faults name their column by its letter. `typed` holds the cells of a workbook that are days or truth values and
    not texts: only the column's type says whether they may be.
    """

    header: list[str]
    columns: list[list[str]]
    numbers: Sequence[int]  # of the rows, as a spreadsheet shows them: the header is 1
    faults: list[RowFault]
    typed: dict[int, list[tuple[int, str]]] = field(default_factory=dict)  # column index -> (row, DATE_CELL or ...)


def read_grid(
    path: Path, *, table: str, names: Collection[str], max_rows: int, max_bytes: int, ragged: bool = False
) -> Grid:
    """The whole file as texts; `names` are the headings that row 1 may have; `ragged`: rows that are too long or too
    short are kept, cut or filled up, beside their fault.

    Raises BadTable when the file is missing, too large, or no readable CSV or workbook, or its header is further down.
    """
    if file_kind(path, max_bytes=max_bytes) == "csv":
        return _read_csv(path, names, max_rows, ragged)
    with open_sheet(path, table, max_bytes=max_bytes) as sheet:
        return _sheet_grid(path, sheet, names, max_rows)


def file_kind(path: Path, *, max_bytes: int) -> str:
    """ "csv" or "xlsx". Raises BadTable where the file is missing, too large or of another kind."""
    if not path.is_file():
        raise BadTable(str(path), [fault(None, None, "FILE_MISSING")])
    size = path.stat().st_size
    if size > max_bytes:
        raise BadTable(str(path), [fault(None, None, "FILE_TOO_LARGE", bytes=size, most=max_bytes)])
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise BadTable(str(path), [fault(None, None, "UNKNOWN_SUFFIX", suffix=shown(suffix))])
    return suffix[1:]


@contextmanager
def csv_rows(path: Path) -> "Iterator[Iterator[list[str]]]":
    """The records of a CSV file, header included. Raises BadTable for what is no UTF-8 or no CSV."""
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
        yield reader
    except csv.Error as error:
        raise BadTable(str(path), [fault(reader.line_num, None, "NOT_CSV", reason=str(error))]) from None


def _read_csv(path: Path, names: Collection[str], max_rows: int, ragged: bool) -> Grid:
    with csv_rows(path) as reader:
        header, lines = _header(path, reader, names)
        return _gather(path, header, lines, max_rows=max_rows, faults=[], ragged=ragged)


def _header(path: Path, lines: Iterator[list[str]], names: Collection[str]) -> tuple[list[str], Iterator[list[str]]]:
    """Row 1. Where it holds no heading at all and a row below does (under a title, say), that is the fault."""
    first = next(lines, [])
    if any(text in names for text in first):
        return first, lines
    ahead = list(islice(lines, ROWS_ABOVE_HEADER))
    for number, row in enumerate(ahead, start=2):
        if sum(text in names for text in row) >= 2:
            raise BadTable(str(path), [fault(1, None, "HEADER_NOT_FIRST", header_row=number)])
    return first, chain(ahead, lines)


def _gather(
    path: Path, header: list[str], lines: Iterator[list[str]], *, max_rows: int, faults: list[RowFault],
    ragged: bool = False,
) -> Grid:  # fmt: skip
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
                if len(row) == width or ragged:
                    rows.append(row if len(row) == width else [*row[:width], *[""] * (width - len(row))])
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


@contextmanager
def open_sheet(path: Path, table: str, *, max_bytes: int) -> Iterator[Any]:
    """The sheet of a workbook that holds the table: the only one, or the one of that name.

    Raises BadTable, also for what goes wrong while the sheet is read.
    """
    import openpyxl  # slow to load, and most files are CSV

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        limit = min(max_bytes * UNPACKED_FACTOR, max(SMALL, path.stat().st_size * SWELLS))
        if unpacked > limit:
            raise BadTable(str(path), [fault(None, None, "FILE_TOO_LARGE", bytes=unpacked, most=limit)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which are not read
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
            try:
                titles = list(book.sheetnames)
                if len(titles) > 1 and table not in titles:
                    names = shown(", ".join(titles))
                    raise BadTable(str(path), [fault(None, None, "SHEET_UNCLEAR", sheets=names, table=table)])
                sheet = book[titles[0] if len(titles) == 1 else table]
                sheet.reset_dimensions()  # the size a file claims is not to be trusted
                yield sheet
            finally:
                book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, ParseError, EOFError) as error:
        raise BadTable(str(path), [fault(None, None, "NOT_XLSX", reason=shown(str(error)))]) from None


def _sheet_grid(path: Path, sheet: Any, names: Collection[str], max_rows: int) -> Grid:
    faults: list[RowFault] = []
    typed: dict[int, list[tuple[int, str]]] = {}
    percent = _percent_styles(sheet.parent)
    texts = (
        _without_tail([_cell_text(cell, number, faults, typed, percent) for cell in cells])
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1)
    )
    header, lines = _header(path, texts, names)
    grid = _gather(path, header, _fitted(lines, len(header), faults), max_rows=max_rows, faults=faults)
    grid.typed = typed
    grid.faults += _merged_faults(grid, merged_ranges(sheet))
    return grid


def _without_tail(texts: list[str]) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _fitted(lines: Iterator[list[str]], width: int, faults: list[RowFault]) -> Iterator[list[str]]:
    """A workbook has no ragged rows: what was never written is empty, what stands right of the header is a fault."""
    for number, row in enumerate(lines, start=2):
        if len(row) > width:
            faults += [
                fault(number, column_letter(index + 1), "OUTSIDE_HEADER", value=shown(text))
                for index, text in enumerate(row[width:], start=width)
                if text
            ]
            del row[width:]
        yield row + [""] * (width - len(row))


_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=\"(\$?[A-Z]{1,3}\$?\d{1,7}:\$?[A-Z]{1,3}\$?\d{1,7})\"")
_PIECE = 1 << 20


def merged_ranges(sheet: Any) -> list[str]:
    """Ranges of merged cells ("A2:A5"), which the library does not tell of a sheet that it only reads."""
    found: list[str] = []
    rest = b""
    with sheet.parent._archive.open(sheet._worksheet_path) as file:
        while piece := file.read(_PIECE):
            data = rest + piece
            end = 0
            for match in _MERGE.finditer(data):
                found.append(match[1].decode().replace("$", ""))
                end = match.end()
            rest = data[max(end, len(data) - 200) :]
    return found


def _merged_faults(grid: Grid, ranges: list[str]) -> list[RowFault]:
    """Of merged cells only the first holds anything; the others would be read as empty without a word."""
    faults = []
    place = {number: index for index, number in enumerate(grid.numbers)} if ranges else {}
    for found in ranges:
        start = found.split(":")[0]
        letter, number = start.rstrip("0123456789"), int(start.lstrip(ascii_uppercase))
        index = column_index(letter)
        if index is None or index >= len(grid.header):
            continue
        text = grid.header[index] if number == 1 else ""
        if number in place:
            text = grid.columns[index][place[number]]
        if text:
            faults.append(fault(number, letter, "MERGED_CELLS", value=shown(text), cells=found))
    return faults


def _percent_styles(book: Any) -> frozenset[int]:
    """Styles that show a number as a percentage: 0.5 is seen as 50 %, and it is not said which is meant."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

    found = set()
    for number, style in enumerate(book._cell_styles):
        own = style.numFmtId - BUILTIN_FORMATS_MAX_SIZE
        form = BUILTIN_FORMATS.get(style.numFmtId, "") if own < 0 else book._number_formats[own]
        if "%" in form:
            found.add(number)
    return frozenset(found)


def _cell_text(
    cell: Any,
    row: int,
    faults: list[RowFault],
    typed: dict[int, list[tuple[int, str]]],
    percent: frozenset[int],
) -> str:
    value = cell.value
    if value is None:
        return ""
    if type(value) is str and cell.data_type == "s":
        return decode_workbook_text(value)
    if cell.data_type in ("f", "e"):
        code = "FORMULA_CELL" if cell.data_type == "f" else "ERROR_CELL"
        text = shown(str(getattr(value, "text", value)))
        faults.append(fault(row, cell.column_letter, code, value=text))
        return ""
    if isinstance(value, bool):
        typed.setdefault(cell.column - 1, []).append((row, "BOOLEAN_CELL"))
        return "1" if value else "0"
    if isinstance(value, int | float):
        if cell._style_id in percent:
            faults.append(fault(row, cell.column_letter, "PERCENT_CELL", value=f"{value * 100:.6g}%"))
        elif not -EXACT_INT < value < EXACT_INT:
            faults.append(fault(row, cell.column_letter, "DIGITS_LOST", value=format(Decimal(repr(value)), "f")))
        return str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, datetime):
        typed.setdefault(cell.column - 1, []).append((row, "DATE_CELL"))
        midnight = not (value.hour or value.minute or value.second or value.microsecond)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date):
        typed.setdefault(cell.column - 1, []).append((row, "DATE_CELL"))
        return value.isoformat()
    return str(value)
