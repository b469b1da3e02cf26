"""Rows that come as values and not as a file, by the rules of the same table in a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from inventory.errors import BadTable, RowFault
from inventory.files import Table
from inventory.files.cells import CellProblem, cell_text, converter, fault
from inventory.files.columns import table_of
from inventory.files.dictionary import columns_of
from inventory.files.rows import key_faults, row_faults

FIRST = 2  # as in a file, whose header is row 1


def checked_rows(kind: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Table, list[RowFault]]:
    """A table of the data dictionary, in which bad cells are None, and everything that is wrong with it."""
    columns: dict[str, list[Any]] = {}
    keys: dict[str, list[str]] = {}
    faults: list[RowFault] = []
    for column in columns_of(kind):
        convert, values = converter(column), []
        texts = [cell_text(row.get(column.name)) for row in rows]
        for number, text in enumerate(texts, start=FIRST):
            try:
                values.append(convert(text))
            except CellProblem as problem:
                values.append(None)
                faults.append(fault(number, column.name, problem.code, **problem.facts))
        columns[column.name] = values
        if column.key:
            keys[column.name] = texts
    table = table_of(kind, columns)
    bad = {(found.row, found.column) for found in faults}
    faults += row_faults(table, bad, lambda name: name)
    faults += key_faults(keys, table.row_numbers, bad, lambda name: name)
    return table, faults


def only_row(kind: str, faults: Sequence[RowFault]) -> BadTable:
    """The faults of a single row: they name the column alone."""
    return BadTable(kind, [RowFault(None, one.column, one.code, one.facts) for one in faults])
