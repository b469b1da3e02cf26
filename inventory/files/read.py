"""Tables in: strict reading against the data dictionary, every fault of the file reported at once."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inventory.errors import BadTable, RowFault
from inventory.files.cells import CellProblem, converter, fault, shown
from inventory.files.dictionary import Column, columns_of
from inventory.files.escape import unescape_formula
from inventory.files.grid import read_grid
from inventory.kinds import STORE_WIDE
from inventory.places import division_level, division_parent

if TYPE_CHECKING:
    import pandas

MAX_ROWS = 1_000_000
MAX_BYTES = 256 * 1024 * 1024

IN_ORDER = {  # pairs of columns of one row whose first must not come after the second
    "stock": (("made", "expires"), ("made", "received")),
    "custodians": (("valid_from", "valid_to"),),
    "teams": (("available_from", "available_until"),),
    "items": (("target_factor", "max_factor"),),
}
_KEY_JOINT = "\x1f"  # no cell can hold it
TOGETHER = (("lat", "lon"), ("need_code", "need_per_unit"))  # both or neither


@dataclass(frozen=True)
class Table:
    """A table as columns: every column of the dictionary is there, an empty optional cell is None."""

    name: str
    columns: dict[str, list[Any]]
    row_numbers: Sequence[int]  # of the file, header = 1

    def __len__(self) -> int:
        return len(self.row_numbers)

    def __getitem__(self, column: str) -> list[Any]:
        return self.columns[column]

    def frame(self) -> "pandas.DataFrame":
        """The table as a pandas data frame, for analysis outside the product; cells stay what they are."""
        import pandas  # half a second to import, and nothing inside needs it

        return pandas.DataFrame(self.columns, dtype=object)

    def rows(self) -> Iterator[dict[str, Any]]:
        names = list(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))


def read_table(path: Path | str, table: str, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> Table:
    """Read `table` (a name of the data dictionary) from a .csv (UTF-8) or .xlsx file.

    Raises BadTable with every fault of the file (row 1 is the header), UnknownTable for a table it does not know.
    """
    spec = columns_of(table)
    path = Path(path)
    grid = read_grid(path, table=table, max_rows=max_rows, max_bytes=max_bytes)
    faults = _header_faults(grid.header, spec)
    if faults:  # without a sound header nothing can be said about the cells
        raise BadTable(str(path), faults + grid.faults)
    faults = [_named(found, grid.header) for found in grid.faults]
    spoilt = {(found.row, found.column) for found in faults}
    cells = dict(zip(grid.header, grid.columns, strict=True))
    columns = {
        column.name: _convert(column, cells[column.name], grid.numbers, faults, spoilt)
        if column.name in cells
        else [None] * len(grid.numbers)
        for column in spec
    }
    result = Table(table, columns, grid.numbers)
    bad_cells = {(found.row, found.column) for found in faults}
    faults += _row_faults(result, bad_cells) + _key_faults(cells, grid.numbers, spec, bad_cells)
    if faults:
        place = {column: index for index, column in enumerate(grid.header)}
        faults.sort(key=lambda found: (found.row or 0, place.get(found.column or "", -1), found.code))
        raise BadTable(str(path), faults)
    return result


def _header_faults(header: list[str], spec: tuple[Column, ...]) -> list[RowFault]:
    known = [column.name for column in spec]
    faults: list[RowFault] = []
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            faults.append(fault(1, shown(name), "REPEATED_COLUMN"))
        if name not in known:
            nearest = difflib.get_close_matches(name.strip().lower(), known, n=1)
            near = nearest[0] if nearest else "?"
            faults.append(fault(1, shown(name), "UNKNOWN_COLUMN", nearest=near, known=", ".join(known)))
    missing = [column.name for column in spec if column.required and column.name not in header]
    return faults + [fault(1, name, "MISSING_COLUMN") for name in missing]


def _named(found: RowFault, header: list[str]) -> RowFault:
    """A fault that names a spreadsheet column by letter, with the column's name instead."""
    index = 0
    for letter in found.column or "":
        index = index * 26 + ord(letter) - ord("A") + 1
    name = header[index - 1] if 0 < index <= len(header) else found.column
    return RowFault(found.row, name, found.code, found.facts)


def _convert(
    column: Column,
    texts: Sequence[str],
    numbers: Sequence[int],
    faults: list[RowFault],
    spoilt: set[tuple[int | None, str | None]],
) -> list[Any]:
    """Convert each different text once: columns of 300,000 cells hold few different ones where it costs."""
    convert = converter(column)
    escaped = column.type in ("text", "code", "list")
    good: dict[str, Any] = {}
    bad: dict[str, CellProblem] = {}
    for text in set(texts):
        try:
            good[text] = convert(unescape_formula(text) if escaped else text)
        except CellProblem as problem:
            bad[text] = problem
            good[text] = None
    if bad:
        for number, text in zip(numbers, texts, strict=True):
            if text in bad and (number, column.name) not in spoilt:
                faults.append(fault(number, column.name, bad[text].code, **bad[text].facts))
    return list(map(good.__getitem__, texts))


def _row_faults(table: Table, bad_cells: set[tuple[int | None, str | None]]) -> list[RowFault]:
    """What two cells of one row must be to each other; cells that are bad in themselves are not compared."""
    faults: list[RowFault] = []
    for first, second in IN_ORDER.get(table.name, ()):
        for number, low, high in zip(table.row_numbers, table[first], table[second], strict=True):
            if low is not None and high is not None and low > high:
                faults.append(fault(number, second, "OUT_OF_ORDER", earlier=first, low=low, high=high))
    for first, second in TOGETHER:
        if first in table.columns and second in table.columns:
            for number, one, other in zip(table.row_numbers, table[first], table[second], strict=True):
                if (one is None) != (other is None):
                    empty, filled = (first, second) if one is None else (second, first)
                    if (number, empty) not in bad_cells:
                        faults.append(fault(number, empty, "NOT_TOGETHER", other=filled))
    if table.name == "places":
        faults += _place_faults(table)
    if table.name == "stock":
        faults += _stock_faults(table)
    if table.name == "maintenance":
        faults += _maintenance_faults(table)
    return faults


def _place_faults(table: Table) -> list[RowFault]:
    """Level and parent are written out for the reader, and must agree with the code that already says both."""
    faults: list[RowFault] = []
    rows = zip(table.row_numbers, table["code"], table["level"], table["parent_code"], strict=True)
    for number, code, level, parent in rows:
        if code is None:
            continue
        if level is not None and level != division_level(code):
            faults.append(fault(number, "level", "LEVEL_NOT_CODE", value=level, implied=division_level(code)))
        implied = division_parent(code)
        if parent is not None and parent != implied:
            faults.append(fault(number, "parent_code", "PARENT_NOT_CODE", value=parent, implied=implied or "-"))
    return faults


def _stock_faults(table: Table) -> list[RowFault]:
    """The reserve floor belongs to store and item; lines that state it must state the same."""
    first: dict[tuple[str, str], tuple[int, Any]] = {}
    faults: list[RowFault] = []
    rows = zip(table.row_numbers, table["store"], table["item"], table["reserve_floor"], strict=True)
    for number, store, item, floor in rows:
        if floor is None:
            continue
        first_row, stated = first.setdefault((store, item), (number, floor))
        if floor != stated:
            faults.append(
                fault(number, "reserve_floor", "FLOORS_DIFFER", value=floor, stated=stated, first_row=first_row)
            )
    return faults


def _maintenance_faults(table: Table) -> list[RowFault]:
    """Only a stocktake or a season check is made of a whole store; any other check is of an item."""
    rows = zip(table.row_numbers, table["item"], table["lot"], table["kind"], strict=True)
    return [
        fault(number, "item", "ITEM_NEEDED", kind=kind)
        for number, item, lot, kind in rows
        if item is None and kind is not None and (lot is not None or kind not in STORE_WIDE)
    ]


def _key_faults(
    cells: dict[str, list[str]],
    numbers: Sequence[int],
    spec: tuple[Column, ...],
    bad_cells: set[tuple[int | None, str | None]],
) -> list[RowFault]:
    """Compares texts, one per row: key columns are ids, days and words, which are written in one way only."""
    names = [column.name for column in spec if column.key and column.name in cells]
    if not names:
        return []
    keys = list(map(_KEY_JOINT.join, zip(*(cells[name] for name in names), strict=True)))
    if len(set(keys)) == len(keys):
        return []
    first: dict[str, int] = {}
    faults: list[RowFault] = []
    for number, key in zip(numbers, keys, strict=True):
        if any((number, name) in bad_cells for name in names):
            continue
        if key in first:
            value = shown(" / ".join(part or "-" for part in key.split(_KEY_JOINT)))
            facts = {"key": " + ".join(names), "value": value, "first_row": first[key]}
            faults.append(RowFault(number, names[0], "DUPLICATE_KEY", facts))
        else:
            first[key] = number
    return faults
