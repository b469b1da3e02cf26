"""Tables in: strict reading against the data dictionary, every fault of the file reported at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inventory.errors import BadTable, RowFault
from inventory.files.cells import CellProblem, converter, fault, shown
from inventory.files.dictionary import Column, columns_of
from inventory.files.escape import ESCAPED, unescape_formula
from inventory.files.grid import read_grid
from inventory.files.headers import Header, match_header, names_of
from inventory.files.rows import References, is_total, key_faults, key_text, reference_faults, row_faults

if TYPE_CHECKING:
    import pandas

MAX_ROWS = 1_000_000
MAX_BYTES = 256 * 1024 * 1024
_TAKES = {"DATE_CELL": ("date", "instant"), "BOOLEAN_CELL": ("flag",)}  # kind of workbook cell -> types of columns


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


Extra = Callable[[Table], Iterable[RowFault]]


def read_table(
    path: Path | str,
    table: str,
    *,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
    references: References | None = None,
    extra: Extra | None = None,
) -> Table:
    """Read `table` (a name of the data dictionary) from a .csv (UTF-8) or .xlsx file.

    A heading is the English or the Chinese name of a column, and a word of choice likewise; values are the English
    words. `references` maps what a column may point to ("stores.id") to the ids there are, or to id -> name.
    `extra` adds checks of the caller: it gets the table, in which bad cells are None, and names columns as the
    dictionary does.

    Raises BadTable with every fault of the file (row 1 is the header; columns as the file names them), UnknownTable
    for a table it does not know.
    """
    spec = columns_of(table)
    path = Path(path)
    grid = read_grid(path, table=table, names=names_of(spec), max_rows=max_rows, max_bytes=max_bytes)
    header = match_header(grid.header, spec)
    sheet = _Reading(header, grid.numbers, [_named(found, header) for found in grid.faults])
    sheet.spoilt.update((found.row, found.column) for found in sheet.faults)
    columns: dict[str, list[Any]] = {}
    for column in spec:
        index = header.places.get(column.name)
        if index is None:
            columns[column.name] = [None] * len(grid.numbers)
        else:
            columns[column.name] = sheet.convert(column, grid.columns[index], grid.typed.get(index, []))
    result = Table(table, columns, grid.numbers)
    if header.faults:  # without a sound header the cells can be judged one by one, but not against each other
        sheet.faults += header.faults
    else:
        bad_cells = {(found.row, found.column) for found in sheet.faults}
        sheet.faults += row_faults(result, bad_cells, sheet.label)
        sheet.faults += key_faults(sheet.keys, grid.numbers, bad_cells, sheet.label)
        if extra is not None:
            sheet.faults += [_named(found, header) for found in extra(result)]
    sheet.faults += reference_faults(result, references or {}, sheet.label)
    if sheet.faults:
        raise BadTable(str(path), sheet.sorted_faults())
    return result


def _named(found: RowFault, header: Header) -> RowFault:
    """A fault that names a column by letter or as the dictionary does, with the file's own heading instead."""
    return RowFault(found.row, header.label(found.column), found.code, found.facts)


@dataclass
class _Reading:
    """What is gathered while the columns of one file are read."""

    header: Header
    numbers: Sequence[int]
    faults: list[RowFault]
    spoilt: set[tuple[int | None, str | None]] = field(default_factory=set)  # cells whose fault is already told
    keys: dict[str, Sequence[str]] = field(default_factory=dict)
    totals: dict[int, tuple[str, str]] = field(default_factory=dict)  # row -> label and text

    def label(self, name: str) -> str:
        return self.header.labels[name]

    def convert(self, column: Column, texts: Sequence[str], typed: Sequence[tuple[int, str]]) -> list[Any]:
        """Convert each different text once: columns of 300,000 cells hold few different ones where it costs."""
        convert = converter(column)
        label = self.label(column.name)
        escaped = column.type in ESCAPED
        good: dict[str, Any] = {}
        bad: dict[str, CellProblem] = {}
        written: dict[str, str] = {}  # key texts that may be written in more than one way
        totals: set[str] = set()
        sums = (column.key or column.required) and column.type in ("text", "code", "division")
        for text in set(texts):
            try:
                plain = unescape_formula(text) if escaped else text
                value = good[text] = convert(plain)
                if column.key:
                    canonical = key_text(column, plain, value)
                    if canonical is not text:
                        written[text] = canonical
            except CellProblem as problem:
                bad[text] = problem
                good[text] = None
            if sums and text and is_total(text):
                totals.add(text)
        if bad or totals:
            for number, text in zip(self.numbers, texts, strict=True):
                if text in bad and (number, label) not in self.spoilt:
                    self.faults.append(fault(number, label, bad[text].code, **bad[text].facts))
                if text in totals:
                    self.totals.setdefault(number, (label, text))
        values = list(map(good.__getitem__, texts))
        self._judge_typed(column, texts, values, typed)
        if column.key:
            self.keys[column.name] = [written.get(text, text) for text in texts] if written else texts
        return values

    def _judge_typed(
        self, column: Column, texts: Sequence[str], values: list[Any], typed: Sequence[tuple[int, str]]
    ) -> None:
        """Empty the cells whose text says too little: days and truth values of a workbook where the column is for
        neither (a program put them there unasked), and those with a fault of the grid."""
        label = self.label(column.name)
        wrong = {number: code for number, code in typed if column.type not in _TAKES[code]}
        spoilt = {number for number, name in self.spoilt if name == label}
        if not wrong and not spoilt:
            return
        for index, number in enumerate(self.numbers):
            if number in wrong and values[index] is not None and number not in spoilt:
                self.faults.append(fault(number, label, wrong[number], value=shown(texts[index])))
            if number in wrong or number in spoilt:
                values[index] = None

    def sorted_faults(self) -> list[RowFault]:
        """By row and place in the row; of a row of totals only that it is one."""
        kept = [found for found in self.faults if found.row not in self.totals]
        kept += [fault(number, label, "TOTAL_ROW", value=shown(text)) for number, (label, text) in self.totals.items()]
        place = {label: index for index, label in reversed(list(enumerate(self.header.texts)))}
        last = len(place)
        kept.sort(key=lambda found: (found.row or 0, place.get(found.column, last) if found.column else -1, found.code))
        return kept
