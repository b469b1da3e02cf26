"""Count sheets of a stocktake: a file to fill in and its way back, and the list of stocktakes.

Every function works on a connection: who calls it opens the transaction (`api.office`).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inventory.ledger.post import Act, Operation

SHEET = "count_sheet"


@dataclass(frozen=True, slots=True)
class Stocktake:
    number: str
    store: str
    status: str
    opened_at: datetime
    lines: int
    counted: int


def list_counts(connection: "Connection", *, store: str | None = None, live: bool = True) -> list[Stocktake]:
    """Stocktakes, newest first; `live`: only those not yet approved or rejected."""
    from sqlalchemy import func, select

    from inventory.tables.orders import count_lines, counts
    from inventory.tables.places import stores

    wanted = (
        select(counts.c.number, stores.c.code, counts.c.status, counts.c.opened_at, func.count(count_lines.c.id),
               func.count(count_lines.c.counted))
        .join(stores, stores.c.id == counts.c.store_id)
        .outerjoin(count_lines, count_lines.c.count_id == counts.c.id)
        .group_by(counts.c.id, counts.c.number, stores.c.code, counts.c.status, counts.c.opened_at)
        .order_by(counts.c.id.desc())
    )  # fmt: skip
    if live:
        wanted = wanted.where(counts.c.status.in_(["open", "counted"]))
    if store is not None:
        wanted = wanted.where(stores.c.code == store)
    return [Stocktake(*tuple(row)) for row in connection.execute(wanted)]


def sheet_rows(connection: "Connection", *, number: str, lang: str = "zh") -> list[dict[str, Any]]:
    """The lines of a stocktake as a file has them: what was counted so far, and of an open blind one no book
    quantity. Raises UnknownOrder."""
    from api.office import names_of
    from inventory.ledger.count import count_sheet

    _, _, lines = count_sheet(connection, number)
    names = names_of(connection, items=[line.item for line in lines])
    english = lang == "en"
    return [
        {
            "item": line.item,
            "item_name": names.items[line.item][english],
            "unit": names.units[line.item][english],
            "lot": line.lot or None,
            "bin": line.bin,
            "state": line.state,
            "expires": line.expires,
            "book": line.book,
            "counted": line.counted,
            "note": line.note,
        }
        for line in lines
    ]


def write_sheet(path: Path, rows: list[dict[str, Any]], *, lang: str = "zh") -> None:
    """A CSV or XLSX to fill in, as the extension of `path` says."""
    from inventory.files import write_table

    write_table(path, SHEET, rows, headers="zh" if lang == "zh" else "en", bom=True)


@dataclass(frozen=True, slots=True)
class Entered:
    operation: "Operation"
    lines: int
    blank: int  # lines of the file without a figure: not counted yet


def enter_sheet(connection: "Connection", *, act: "Act", number: str, path: Path) -> Entered:
    """Enter a sheet that was filled in; lines without a figure are left as they are. Raises BadTable with every
    fault of the file; what `enter_counts` raises."""
    from sqlalchemy import select

    from inventory.files import read_table
    from inventory.ledger.count import Counted, enter_counts
    from inventory.tables.goods import items

    known = {row.code: row.name_zh for row in connection.execute(select(items.c.code, items.c.name_zh))}
    table = read_table(path, SHEET, references={"items.item_id": known})
    filled = [row for row in table.rows() if row["counted"] is not None]
    counted = [
        Counted(
            item=row["item"],
            quantity=row["counted"],
            lot=row["lot"] or "",
            bin=row["bin"],
            state=row["state"] or "serviceable",
            expires=row["expires"],
            note=row["note"],
        )
        for row in filled
    ]
    return Entered(
        enter_counts(connection, number=number, counted=counted, act=act), len(filled), len(table) - len(filled)
    )
