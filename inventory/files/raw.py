"""A file as it stands, cell for cell: for who mends it before it is read for good."""

from dataclasses import dataclass
from pathlib import Path

from inventory.errors import RowFault
from inventory.files.dictionary import columns_of
from inventory.files.grid import read_grid
from inventory.files.headers import match_header, names_of
from inventory.files.read import MAX_BYTES, MAX_ROWS

_OF_COLUMNS = ("MISSING_COLUMN",)  # what is there to be filled in


@dataclass(frozen=True)
class RawTable:
    """Texts of the columns that the file has, by their names of the dictionary."""

    columns: dict[str, list[str]]
    row_numbers: list[int]  # of the file, header = 1
    faults: list[RowFault]  # cells that are no text (formulas, say), headings that are none of the table


def read_raw(path: Path | str, table: str, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> RawTable:
    """What a .csv (UTF-8) or .xlsx says under the headings of `table`, whatever it is.

    Raises BadTable for what is no table at all, UnknownTable for one it does not know.
    """
    spec = columns_of(table)
    grid = read_grid(Path(path), table=table, names=names_of(spec), max_rows=max_rows, max_bytes=max_bytes, ragged=True)
    header = match_header(grid.header, spec)
    name_of = {label: name for name, label in header.labels.items() if name in header.places}
    faults = [found for found in header.faults if found.code not in _OF_COLUMNS]
    for found in grid.faults:
        label = header.label(found.column)
        faults.append(RowFault(found.row, name_of.get(label or "", label), found.code, found.facts))
    columns = {name: grid.columns[index] for name, index in header.places.items() if index < len(grid.columns)}
    return RawTable(columns, list(grid.numbers), faults)
