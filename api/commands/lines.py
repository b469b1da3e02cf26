"""Tables of a command: complete in a pipe, quantities plain."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from api.say import Speaker
from scenarios.exchange.json_text import plain_decimal


def print_table(speaker: Speaker, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Every row; `heads` are text keys. Columns of numbers are set to the right."""
    listed = [list(row) for row in rows]
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for index, key in enumerate(heads):
        number = any(isinstance(row[index], Decimal | int) for row in listed)
        if number:
            table.add_column(speaker.words(key), justify="right", no_wrap=True)
        else:
            table.add_column(speaker.words(key), overflow="fold")
    for row in listed:
        table.add_row(*(Text(plain(cell)) for cell in row))
    speaker.out.print(table)


def plain(cell: Any) -> str:
    if cell is None:
        return "-"
    return plain_decimal(cell) if isinstance(cell, Decimal) else str(cell)
