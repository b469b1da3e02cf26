"""A table made in memory, from columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from inventory.files.dictionary import columns_of
from inventory.files.read import Table


def table_of(name: str, columns: Mapping[str, Sequence[Any]]) -> Table:
    """A table from columns; columns of the dictionary that are not given are empty.

    Raises ValueError for a column the dictionary does not have or of another length: a slip of the program.
    """
    known = [column.name for column in columns_of(name)]
    count = len(next(iter(columns.values()), ()))
    wrong = [column for column, values in columns.items() if column not in known or len(values) != count]
    if wrong:
        raise ValueError(f"{name}: columns {wrong}")
    return Table(name, {column: list(columns.get(column) or [None] * count) for column in known}, range(2, count + 2))
