"""A file that was refused, handed back as a workbook with every fault marked in its place.

The sheet of the table holds all rows of the file as they were, at their old row numbers, so that it imports as soon
as the marked cells are mended; the messages stand in notes at the cells, and once more on a second sheet, which is
not read.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from inventory.errors import BadTable, RowFault
from inventory.files.dictionary import columns_of
from inventory.files.grid import MAX_COLUMNS, csv_rows, file_kind, merged_ranges, open_sheet
from inventory.files.headers import column_index, column_letter, names_of
from inventory.files.read import MAX_BYTES
from inventory.files.wording import told

FAULT_SHEET = "错误 faults"
SHEET_ROWS = 1_048_576  # a workbook holds no more
MOST_NOTES = 10_000  # cells with a note, each of which is a drawing to the spreadsheet; the others are coloured only
MOST_LINKS = 60_000  # of 65,530 that a sheet may have

Say = Callable[[RowFault], Mapping[str, str]]
Lang = Literal["zh", "en"]


@dataclass
class Marks:
    """Faults by the cell they are at: row (1 = the header) and column index; column None = the whole row."""

    by_row: dict[int, dict[int | None, list[RowFault]]] = field(default_factory=dict)
    places: list[tuple[int, int] | None] = field(default_factory=list)  # of each fault, in order; None = the file


def write_mending(
    path: Path | str,
    *,
    source: Path | str,
    error: BadTable,
    table: str,
    lang: Lang = "zh",
    say: Say | None = None,
) -> None:
    """Write the .xlsx workbook in which `source` (.csv or .xlsx), refused with `error` as `table`, can be mended.

    A fault may name its column by the file's heading, the dictionary's name, `table.column` or its letter. Messages
    are in both languages, `lang` first; `say` words a fault (default: the texts of the inventory). Formulas that
    could reach outside the sheet are replaced by the error #REF!, which is a fault still. Of a file that cannot be
    read as rows (another encoding, several sheets, ...), and of one whose rows are not all there, only the sheet of
    faults is written.
    """
    from inventory.files.mending_sheets import MendingBook

    source = Path(source)
    told_as = [(say or told)(each) for each in error.faults]
    messages = {id(each): message for each, message in zip(error.faults, told_as, strict=True)}
    names = {name: column.name for name, column in names_of(columns_of(table)).items()}
    book = MendingBook(lang)
    found: dict[int, str] = {}  # number of the fault -> the cell's text
    try:
        with source_rows(source, table) as (rows, merged):
            header = next(rows, [])
            marks = place_faults(error, table, [_text(cell) for cell in header], names)
            book.start_table(table, header, merged)
            texts: dict[tuple[int, int], str] = {}
            for number, row in enumerate(_all_rows(header, rows, last=max(marks.by_row, default=1)), start=1):
                at = marks.by_row.get(number, {})
                for index in at:
                    if index is not None and index < len(row):
                        texts[number, index] = _text(row[index])
                notes = {index: [messages[id(each)] for each in faults] for index, faults in at.items()}
                book.add_row(row, notes)
            found = {order: texts.get(place, "") for order, place in enumerate(marks.places) if place is not None}
    except BadTable:
        book.discard()
        book = MendingBook(lang)
        marks = Marks(places=[None] * len(error.faults))
    book.add_faults(FAULT_SHEET, table, error.faults, told_as, marks.places, found)
    book.save(Path(path))


@contextmanager
def source_rows(path: Path, table: str) -> Iterator[tuple[Iterator[list[Any]], list[str]]]:
    """The rows of a file with nothing judged: texts of a CSV, cells of a workbook; and its merged ranges."""
    if file_kind(path, max_bytes=MAX_BYTES) == "csv":
        with csv_rows(path) as reader:
            yield _bounded(path, reader), []
    else:
        with open_sheet(path, table, max_bytes=MAX_BYTES) as sheet:
            rows = (_written(cells) for cells in sheet.iter_rows(max_col=MAX_COLUMNS))
            yield _bounded(path, rows), merged_ranges(sheet)


def _bounded(path: Path, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    for number, row in enumerate(rows, start=1):
        if number > SHEET_ROWS:
            raise BadTable(str(path), [])
        yield row


def _written(cells: tuple[Any, ...]) -> list[Any]:
    """A row without the cells behind the last one that holds anything."""
    end = len(cells)
    while end and cells[end - 1].value is None:
        end -= 1
    return list(cells[:end])


def _all_rows(header: list[Any], rows: Iterator[list[Any]], *, last: int) -> Iterator[list[Any]]:
    """Header and rows, and empty rows where a fault is behind the last."""
    yield header
    number = 1
    for row in rows:
        number += 1
        yield row
    for _ in range(number, last):
        yield []


def place_faults(error: BadTable, table: str, header: list[str], names: Mapping[str, str]) -> Marks:
    """Find the cell of each fault. Columns that are missing are marked in the free cells behind the header."""
    index_of = {text: index for index, text in reversed(list(enumerate(header)))}
    english = {names[text]: index for text, index in index_of.items() if text in names}
    marks = Marks()
    free = len(header)
    for found in error.faults:
        column = found.column
        if column is not None and "." in column:
            owner, _, rest = column.partition(".")
            if owner == table:
                column = rest
            elif column not in index_of:  # of another table, whose file this is not
                marks.places.append(None)
                continue
        if found.row is None:
            marks.places.append(None)
            continue
        index: int | None = None
        if column is not None:
            index = next((known[column] for known in (index_of, english) if column in known), None)
            if index is None and found.row == 1 and found.code == "MISSING_COLUMN":
                index, free = free, free + 1
            if index is None:
                index = column_index(column)
        if index is not None and index >= MAX_COLUMNS:
            index = None
        marks.by_row.setdefault(found.row, {}).setdefault(index, []).append(found)
        marks.places.append((found.row, index or 0))
    return marks


def _text(cell: Any) -> str:
    """A cell of either kind of file as text."""
    value = getattr(cell, "value", cell)
    return "" if value is None else str(getattr(value, "text", value))


def cell_name(place: tuple[int, int]) -> str:
    """(5, 1) -> B5."""
    return f"{column_letter(place[1] + 1)}{place[0]}"
