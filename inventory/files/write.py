"""Tables out: what is written re-reads to the same values, or is refused."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from inventory.errors import BadTable, RowFault
from inventory.files.cells import FLAGS_ZH, CellProblem, cell_text, converter, fault
from inventory.files.choices import choices_zh
from inventory.files.dictionary import Column, columns_of
from inventory.files.escape import ESCAPED, escape_escaped, escape_formula
from inventory.files.read import Table

Rows = Table | Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]]
Headers = Literal["en", "zh"]

# empty cells say something here: no way there, not counted yet, no bin
ALWAYS = {("travel", "seconds"), *(("count_sheet", name) for name in ("lot", "bin", "counted", "note"))}
_TEXTS = ("text", "code", "division", "list", "checks", "quantities", "instant")  # a workbook keeps these as text


def write_table(path: Path | str, table: str, rows: Rows, *, bom: bool = False, headers: Headers = "en") -> None:
    """Write `table` as .csv (UTF-8) or .xlsx, with every column of the dictionary that holds anything or is required.

    `rows` is a Table, a mapping of columns, or row mappings; absent fields are empty. `headers="zh"` writes Chinese
    headings and Chinese words of choice, which read back to the same values. `bom` puts a byte-order mark in front
    of a CSV, which old spreadsheet programs need to see UTF-8. A workbook has one sheet, named as the table, with
    days and numbers as such and codes as text; a number of more than 15 digits is a text, which a spreadsheet would
    cut. The file is replaced whole or not at all.
    Raises BadTable (row numbers as they would be in the file) for a value `read_table` would refuse.
    """
    path = Path(path)
    spec = columns_of(table)
    columns, count = _as_columns(rows, spec, str(path))
    faults: list[RowFault] = []
    checked: list[_Checked] = []
    for column in spec:
        values = columns.get(column.name)
        empty = values is None or all(value is None for value in values)
        if empty and not column.required and (table, column.name) not in ALWAYS:
            continue
        checked.append(_check(column, values if values is not None else [None] * count, faults))
    if faults:
        faults.sort(key=lambda found: (found.row or 0, found.column or ""))
        raise BadTable(str(path), faults)
    chinese = headers == "zh"
    header = [each.column.name_zh if chinese and each.column.name_zh else each.column.name for each in checked]
    if path.suffix.lower() == ".xlsx":
        from inventory.files.workbook import Sheet, write_workbook

        cells = [each.cells(chinese) for each in checked]
        formats = ["@" if each.column.type in _TEXTS else None for each in checked]
        write_workbook(path, [Sheet(table, header, list(zip(*cells, strict=True)), formats=formats)])
        return
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(*(each.csv_texts(chinese) for each in checked), strict=True))
    replace_bytes(path, out.getvalue().encode("utf-8-sig" if bom else "utf-8"))


@dataclass
class _Checked:
    """A column whose values are as `read_table` would take them."""

    column: Column
    texts: list[str]
    values: dict[str, Any]  # text -> value

    def words(self, chinese: bool) -> dict[str, str]:
        """Text -> the Chinese word for it, of columns that have such words."""
        if not chinese:
            return {}
        if self.column.type == "flag":
            return {text: FLAGS_ZH[value] for text, value in self.values.items() if value is not None}
        in_english = {value: word for word, value in choices_zh(self.column).items()}
        return {text: in_english[value] for text, value in self.values.items() if value in in_english}

    def csv_texts(self, chinese: bool) -> list[str]:
        words = self.words(chinese)
        if self.column.type in ESCAPED:
            words = {text: words.get(text, escape_formula(text)) for text in self.values}
        return [words.get(text, text) for text in self.texts] if words else self.texts

    def cells(self, chinese: bool) -> list[Any]:
        """As a workbook has them: texts, numbers, days."""
        words = self.words(chinese)
        cells: dict[str, Any] = {}
        for text, value in self.values.items():
            if text in words or value is None:
                cells[text] = words.get(text)
            elif self.column.type in _TEXTS:
                cells[text] = escape_escaped(text)
            else:
                cells[text] = int(value) if self.column.type == "flag" else value
        return [cells[text] for text in self.texts]


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
        raise BadTable(source, [fault(1, name, "UNKNOWN_COLUMN", nearest="–", known=near) for name in unknown])
    return columns, len(next(iter(columns.values()), ()))


def _check(column: Column, values: Sequence[Any], faults: list[RowFault]) -> _Checked:
    convert = converter(column)
    texts = [cell_text(value) for value in values]
    taken: dict[str, Any] = {}
    bad: dict[str, CellProblem] = {}
    for text in set(texts):
        try:
            taken[text] = convert(text)
        except CellProblem as problem:
            bad[text] = problem
    if bad:
        for number, text in enumerate(texts, start=2):
            if text in bad:
                faults.append(fault(number, column.name, bad[text].code, **bad[text].facts))
    return _Checked(column, texts, taken)


def replace_bytes(path: Path, data: bytes) -> None:
    """Write the file beside its place and move it there, so that a reader never sees half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
