"""Values for the formulas of a workbook: viewers that do not calculate show them, spreadsheets calculate anew."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from inventory.files.workbook import save_book

_FORMULA = re.compile(r"<c ([^>]*)><f>(.*?)</f><v ?(?:/>|></v>)")
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")


def save_with_values(book: Any, path: Path, values: Mapping[str, Sequence[float | str]]) -> None:
    """Save a workbook; `values` are those of the formulas of each sheet, by its title, in order of rows and columns."""
    titles = list(book.sheetnames)

    def amend(name: str, data: bytes) -> bytes:
        found = _SHEET.fullmatch(name)
        if not found or not values.get(title := titles[int(found[1]) - 1]):
            return data
        left = iter(values[title])
        return _FORMULA.sub(lambda cell: _with_value(cell, left), data.decode("utf-8")).encode("utf-8")

    save_book(book, path, amend=amend)


def _with_value(cell: re.Match[str], values: Iterator[float | str]) -> str:
    value = next(values)
    if isinstance(value, str):
        return f'<c {cell[1]} t="str"><f>{cell[2]}</f><v>{escape(value)}</v>'
    return f"<c {cell[1]}><f>{cell[2]}</f><v>{value!r}</v>"
