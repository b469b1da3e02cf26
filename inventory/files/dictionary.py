"""The data dictionary: every column of every table the product takes in or gives out (data/columns.csv)."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources

from inventory.errors import InventoryError

TYPES = ("text", "code", "division", "list", "checks", "quantities", "int", "decimal", "date", "instant", "flag", "lat",
         "lon")  # fmt: skip


class UnknownTable(InventoryError):
    """No table of that name in the dictionary. Facts: table, known."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, unit, bounds (exclusive where `above` is set) and meaning in both languages."""

    table: str
    name: str
    type: str
    unit: str
    required: bool  # must be there, with no empty cell
    key: bool  # part of what makes a row unique
    least: Decimal | None
    above: bool  # `least` itself is not allowed
    most: Decimal | None
    choices: tuple[str, ...]
    ref: str | None  # "table.column" whose values it must be one of
    meaning_zh: str
    meaning_en: str
    name_zh: str  # the column's heading in a file with Chinese headings


@lru_cache(maxsize=1)
def dictionary() -> tuple[Column, ...]:
    """All columns, in the order of columns.csv, which is the order of the columns in a written file."""
    text = (resources.files("inventory") / "data" / "columns.csv").read_text(encoding="utf-8")
    return tuple(
        Column(
            table=row["table"],
            name=row["column"],
            type=row["type"],
            unit=row["unit"],
            required=row["required"] == "1",
            key=row["key"] == "1",
            least=Decimal(row["min"].lstrip(">")) if row["min"] else None,
            above=row["min"].startswith(">"),
            most=Decimal(row["max"]) if row["max"] else None,
            choices=tuple(row["choices"].split("|")) if row["choices"] else (),
            ref=row["ref"] or None,
            meaning_zh=row["meaning_zh"],
            meaning_en=row["meaning_en"],
            name_zh=row.get("name_zh") or "",
        )
        for row in csv.DictReader(text.splitlines(), strict=True)
    )


@lru_cache(maxsize=1)
def tables() -> dict[str, tuple[Column, ...]]:
    """Table name -> its columns in order."""
    found: dict[str, list[Column]] = {}
    for column in dictionary():
        found.setdefault(column.table, []).append(column)
    return {name: tuple(columns) for name, columns in found.items()}


def columns_of(table: str) -> tuple[Column, ...]:
    """The columns of one table. Raises UnknownTable."""
    if table not in tables():
        raise UnknownTable(table=table, known=", ".join(tables()))
    return tables()[table]
