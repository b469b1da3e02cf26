"""Lots that a stock file describes anew: a day of manufacture read off the plate, an expiry put right, a new price.

Made, expiry, owner and price are part of what a lot is, so a corrected line is another line. Its units are moved
there instead of being received once more: a lot number names the same units however they are described.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from inventory.database import insert_rows, take_ids
from inventory.errors import RowFault
from inventory.files import Table
from inventory.files.cells import fault
from inventory.kinds import ELSEWHERE
from inventory.ledger.post import Act, begin
from inventory.tables.goods import lots
from inventory.tables.stock import balances, movements

LineKey = tuple[int, int, int, int | None, str]  # store, item, lot, bin, state
Book = Mapping[LineKey, tuple[int, Decimal, Decimal]]
ZERO = Decimal(0)


def described_anew(
    connection: Connection, keys: Sequence[LineKey], new: Sequence[int], there: Book
) -> dict[int, LineKey]:
    """Row of the file -> the line of the book it describes anew: the one line of that place, state and lot number
    which the file does not name. Without a lot number only where the file fills in what was not known."""
    named = set(keys)
    left = {key for key, (_, units, _) in there.items() if units and key not in named and key[4] not in ELSEWHERE}
    if not left or not new:
        return {}
    wanted = {key[2] for key in left} | {keys[index][2] for index in new}
    facts: dict[int, Any] = {}
    columns = (lots.c.id, lots.c.code, lots.c.owner, lots.c.made, lots.c.expires, lots.c.unit_price)
    some = sorted(wanted)
    for start in range(0, len(some), 500):
        for row in connection.execute(select(*columns).where(lots.c.id.in_(some[start : start + 500]))):
            facts[row.id] = tuple(row)[1:]

    def place(key: LineKey) -> tuple[Any, ...]:
        return (key[0], key[1], key[3], key[4], facts[key[2]][0])

    olds: dict[tuple[Any, ...], list[LineKey]] = {}
    for key in left:
        olds.setdefault(place(key), []).append(key)
    rows: dict[tuple[Any, ...], list[int]] = {}
    for index in new:
        rows.setdefault(place(keys[index]), []).append(index)
    found: dict[int, LineKey] = {}
    for where, indices in rows.items():
        candidates = olds.get(where, [])
        if len(indices) == 1 and len(candidates) == 1:
            old, now = facts[candidates[0][2]], facts[keys[indices[0]][2]]
            fills_in = all(before is None or before == after for before, after in zip(old[1:], now[1:], strict=True))
            if where[-1] or fills_in:
                found[indices[0]] = candidates[0]
    return found


def reserved_faults(table: Table, anew: Mapping[int, LineKey], there: Book) -> Iterator[RowFault]:
    """Lines with something reserved on them stay as they are until that is given up."""
    for index, key in sorted(anew.items()):
        if there[key][2]:
            yield fault(table.row_numbers[index], "quantity", "RESERVED_AS_IT_WAS", reserved=there[key][2])


def move_to_new_lines(
    connection: Connection, table: Table, keys: Sequence[LineKey], anew: Mapping[int, LineKey], there: Book, act: Act
) -> None:
    """Units of the old lines to new ones, then the difference to what the file says."""
    if not anew:
        return
    indices = sorted(anew)
    old_ids = [there[anew[index]][0] for index in indices]
    received: dict[int, Any] = {}
    for start in range(0, len(old_ids), 500):
        part = select(balances.c.id, balances.c.received).where(balances.c.id.in_(old_ids[start : start + 500]))
        received |= {row.id: row.received for row in connection.execute(part)}
    line_ids = take_ids(connection, balances, len(indices))
    columns = ["id", "store_id", "item_id", "lot_id", "bin_id", "state", "quantity", "reserved", "received"]
    insert_rows(
        connection,
        balances,
        columns,
        (
            (id_, *keys[index], table["quantity"][index], ZERO, table["received"][index] or received[old])
            for id_, index, old in zip(line_ids, indices, old_ids, strict=True)
        ),
    )
    connection.execute(
        update(balances).where(balances.c.id == bindparam("line")).values(quantity=ZERO),
        [{"line": id_} for id_ in old_ids],
    )
    move = begin(connection, "MOVE", replace(act, reason="STATEMENT"), {})
    adjust = begin(connection, "ADJUST", replace(act, reason="STATEMENT"), {})
    entries: list[tuple[Any, ...]] = []
    for id_, index, old in zip(line_ids, indices, old_ids, strict=True):
        before = there[anew[index]][1]
        entries.append((move.id, "MOVE", before, old, id_))
        units = table["quantity"][index] - before
        if units:
            entries.append((adjust.id, "ADJUST", abs(units), *((None, id_) if units > 0 else (id_, None))))
    ids = take_ids(connection, movements, len(entries))
    names = ["id", "operation_id", "kind", "quantity", "from_id", "to_id"]
    insert_rows(connection, movements, names, ((id_, *row) for id_, row in zip(ids, entries, strict=True)))
