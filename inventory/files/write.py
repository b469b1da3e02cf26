"""Tables out: what is written re-reads to the same values, or is refused."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.errors import BadTable, RowFault
from inventory.files.cells import CellProblem, converter, fault
from inventory.files.dictionary import Column, columns_of
from inventory.files.escape import escape_formula
from inventory.files.read import Table

Rows = Table | Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]]


def cell_text(value: Any) -> str:
    """A value as the text of a cell: None is empty, flags 1 and 0, lists joined by |, numbers without exponent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple | list):
        if value and isinstance(value[0], tuple):
            return ";".join(f"{kind}:{days}" for kind, days in value)
        return "|".join(str(part) for part in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


ALWAYS = {("travel", "seconds")}  # empty cells say something here: no way there


def write_table(path: Path | str, table: str, rows: Rows, *, bom: bool = False) -> None:
    """Write `table` as UTF-8 CSV with every column of the dictionary that holds anything or is required.

    `rows` is a Table, a mapping of columns, or row mappings; absent fields are empty. `bom` puts a byte-order mark
    in front, which old spreadsheet programs need to see UTF-8. The file is replaced whole or not at all.
    Raises BadTable (row numbers as they would be in the file) for a value `read_table` would refuse.
    """
    spec = columns_of(table)
    columns, count = _as_columns(rows, spec, str(path))
    faults: list[RowFault] = []
    texts: list[list[str]] = []
    header: list[str] = []
    for column in spec:
        values = columns.get(column.name)
        empty = values is None or all(value is None for value in values)
        if empty and not column.required and (table, column.name) not in ALWAYS:
            continue
        header.append(column.name)
        texts.append(_column_texts(column, values if values is not None else [None] * count, faults))
    if faults:
        faults.sort(key=lambda found: (found.row or 0, found.column or ""))
        raise BadTable(str(path), faults)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(*texts, strict=True))
    replace_bytes(Path(path), out.getvalue().encode("utf-8-sig" if bom else "utf-8"))


def _as_columns(rows: Rows, spec: tuple[Column, ...], source: str) -> tuple[dict[str, Sequence[Any]], int]:
    known = [column.name for column in spec]
    if isinstance(rows, Table):
        return dict(rows.columns), len(rows)
    if isinstance(rows, Mapping):
        columns = dict(rows)
        given = list(columns)
    else:
        listed = list(rows)
        given = list(dict.fromkeys(name for row in listed for name in row))
        columns = {name: [row.get(name) for row in listed] for name in given}
        if not listed:
            return {}, 0
    unknown = [name for name in given if name not in known]
    if unknown:
        near = ", ".join(known)
        raise BadTable(source, [fault(1, name, "UNKNOWN_COLUMN", nearest="?", known=near) for name in unknown])
    return columns, len(next(iter(columns.values()), ()))


def _column_texts(column: Column, values: Sequence[Any], faults: list[RowFault]) -> list[str]:
    convert = converter(column)
    escaped = column.type in ("text", "code", "list")
    texts = [cell_text(value) for value in values]
    written: dict[str, str] = {}
    bad: dict[str, CellProblem] = {}
    for text in set(texts):
        written[text] = escape_formula(text) if escaped else text
        try:
            convert(text)
        except CellProblem as problem:
            bad[text] = problem
    if bad:
        for number, text in enumerate(texts, start=2):
            if text in bad:
                faults.append(fault(number, column.name, bad[text].code, **bad[text].facts))
    return [written[text] for text in texts]


def replace_bytes(path: Path, data: bytes) -> None:
    """Write the file beside its place and move it there, so that a reader never sees half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
