"""Row 1 of a file: which column of the dictionary each heading stands for, by its English or Chinese name."""

import difflib
import re
from dataclasses import dataclass

from inventory.errors import RowFault
from inventory.files.cells import fault, shown
from inventory.files.dictionary import Column

_LETTER = re.compile(r"[A-Z]{1,3}")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SEPARATORS = re.compile(r"[;；\t|]")


@dataclass(frozen=True)
class Header:
    """The headings of a file against a table of the dictionary."""

    texts: list[str]
    places: dict[str, int]  # dictionary name -> index in the file, of the columns that stand there once
    labels: dict[str, str]  # dictionary name -> what this file calls the column, or would call it
    faults: list[RowFault]

    def label(self, column: str | None) -> str | None:
        """A column named as in the dictionary, or by its letter, as this file names it."""
        if column is None or column in self.texts:
            return column
        if column in self.labels:
            return self.labels[column]
        index = column_index(column)
        if index is not None and index < len(self.texts):
            return self.texts[index] or column
        return column


def names_of(spec: tuple[Column, ...]) -> dict[str, Column]:
    """Every heading the table may have -> its column."""
    english = {column.name: column for column in spec}
    return {column.name_zh: column for column in spec if column.name_zh} | english


def column_index(letter: str) -> int | None:
    """A -> 0, AA -> 26; None for what is no letter of a column."""
    if not _LETTER.fullmatch(letter):
        return None
    index = 0
    for each in letter:
        index = index * 26 + ord(each) - ord("A") + 1
    return index - 1


def column_letter(number: int) -> str:
    """1 -> A, 27 -> AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def match_header(texts: list[str], spec: tuple[Column, ...]) -> Header:
    """Exact names only: a near miss is a fault that suggests the nearest, and never taken."""
    names = names_of(spec)
    where: dict[str, list[int]] = {}
    faults: list[RowFault] = []
    for index, text in enumerate(texts):
        if text in names:
            where.setdefault(names[text].name, []).append(index)
        elif not text:
            faults.append(fault(1, column_letter(index + 1), "COLUMN_UNNAMED"))
        elif text not in texts[:index]:
            if texts.count(text) > 1:
                faults.append(fault(1, shown(text), "REPEATED_COLUMN"))
            faults.append(_unknown(text, names))
    in_chinese = sum(text not in {column.name for column in spec} for text in texts if text in names) * 2 > len(where)
    labels: dict[str, str] = {}
    for column in spec:
        found = where.get(column.name, [])
        ours = column.name_zh if in_chinese and column.name_zh else column.name
        labels[column.name] = texts[found[0]] if found else ours
        others = list(dict.fromkeys(texts[index] for index in found[1:]))
        for other in others:
            if other == labels[column.name]:
                faults.append(fault(1, other, "REPEATED_COLUMN"))
            else:
                faults.append(fault(1, other, "SAME_COLUMN", other=labels[column.name]))
        if not found and column.required:
            faults.append(fault(1, labels[column.name], "MISSING_COLUMN"))
    if len(texts) == 1 and any(part.strip() in names for part in _SEPARATORS.split(texts[0])[1:]):
        faults = [fault(1, None, "NOT_COMMAS")]  # one cell that holds the whole header
    places = {name: found[0] for name, found in where.items() if len(found) == 1}
    return Header(texts, places, labels, faults)


def _unknown(text: str, names: dict[str, Column]) -> RowFault:
    nearest = difflib.get_close_matches("".join(text.split()).lower(), names, n=1)
    chinese = bool(_CHINESE.search(text))
    known = [column.name_zh if chinese and column.name_zh else column.name for column in dict.fromkeys(names.values())]
    near = nearest[0] if nearest else "–"
    return fault(1, shown(text), "UNKNOWN_COLUMN", nearest=near, known=", ".join(known))
