"""What came and went while a store was counted: how much a shelf should have held, and what was booked since.

An entry made without a network moved its units when its maker says, whenever it came in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from inventory.ledger.post import AnyRow
from inventory.tables.orders import count_lines
from inventory.tables.stock import movements, operations


def moves_since(connection: Connection, count: AnyRow, lines: Any = None) -> dict[int, list[tuple[datetime, Decimal]]]:
    """Line -> (when, units that came or went) since the opening, of the lines of the count (or of those asked for)."""
    if lines is None:
        lines = select(count_lines.c.balance_id).where(count_lines.c.count_id == count.id)
    own = select(operations.c.id).where(operations.c.reference == count.number, operations.c.kind == "ADJUST")
    rows = connection.execute(
        select(movements.c.from_id, movements.c.to_id, movements.c.quantity, operations.c.recorded_at,
               operations.c.occurred_at)
        .join(operations, operations.c.id == movements.c.operation_id)
        .where(
            and_(
                movements.c.id > count.ledger_at,
                or_(movements.c.from_id.in_(lines), movements.c.to_id.in_(lines)),
                movements.c.kind.not_in(["RESERVE", "RELEASE"]),
                movements.c.operation_id.not_in(own),  # the adjustment is no movement to be accounted for
            )
        )
    )  # fmt: skip
    found: dict[int, list[tuple[datetime, Decimal]]] = {}
    for source, target, units, recorded, occurred in rows:
        when = recorded if occurred is None else min(recorded, occurred)
        for line, change in ((source, -units), (target, units)):
            if line is not None:
                found.setdefault(line, []).append((when, change))
    return found


def expected_at_count(line: AnyRow, since: Mapping[int, Sequence[tuple[datetime, Decimal]]]) -> Decimal:
    """What the shelf should have held when it was counted, by what is known now: an entry made before that without a
    network may have come after it."""
    came = (change for at, change in since.get(line.balance_id, ()) if at <= line.counted_at)
    return sum(came, Decimal(line.book))


def adjusted_since(connection: Connection, count: AnyRow) -> set[int]:
    """The lines of the count that somebody adjusted, wrote off or reversed an entry of after they were counted: what
    is missing, or too much, may have been booked by that already."""
    legs = count_lines.c.balance_id.in_([movements.c.from_id, movements.c.to_id])
    rows = connection.execute(
        select(count_lines.c.balance_id.label("line"), operations.c.recorded_at, count_lines.c.counted_at)
        .join(operations, operations.c.id == movements.c.operation_id)
        .join(count_lines, legs & (count_lines.c.count_id == count.id))
        .where(movements.c.id > count.ledger_at, movements.c.kind.in_(["ADJUST", "WRITE_OFF", "REVERSE"]))
    )
    return {row.line for row in rows if row.counted_at is not None and row.recorded_at > row.counted_at}
