"""What transfers and stocktakes share: numbers, steps on record, and the state a step begins from."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, Table, insert, select

from inventory.five_fixed import shanghai_day
from inventory.ledger.errors import KeyReused, UnknownOrder, WrongState
from inventory.ledger.post import Act, AnyRow, Operation, begin, insert_into, request_hash
from inventory.tables.orders import order_events
from inventory.tables.stock import numbers, operations


def next_number(connection: Connection, prefix: str, act: Act) -> str:
    """`DB-2026-000012`: the next of its series in that Shanghai year."""
    year = shanghai_day(act.at).year
    series = f"{prefix}-{year}"
    statement = insert_into(connection.dialect.name)(numbers).values(series=series, last=1)
    statement = statement.on_conflict_do_update(index_elements=["series"], set_={"last": numbers.c.last + 1})
    last = connection.execute(statement.returning(numbers.c.last)).scalar_one()
    return f"{series}-{last:06d}"


def new_order(connection: Connection, prefix: str, act: Act, **request: object) -> tuple[str, Operation]:
    """A new number and the operation that asks for it; the earlier ones where the same request was made under the
    same key. Raises KeyReused."""
    known = _earlier(connection, act, request)
    if known is not None:
        return known
    # two that send one key at once wait for each other at the number: the second gives it back
    point = connection.begin_nested()
    number = next_number(connection, prefix, act)
    known = _earlier(connection, act, request)
    if known is not None:
        point.rollback()
        return known
    operation = order_step(connection, "ORDER", act, number, **request)
    point.commit()
    return number, operation


def _earlier(connection: Connection, act: Act, request: Mapping[str, object]) -> tuple[str, Operation] | None:
    if act.key is None:
        return None
    scope = act.scope or act.actor
    row = connection.execute(
        select(operations.c.id, operations.c.reference, operations.c.request_hash).where(
            operations.c.scope == scope, operations.c.idempotency_key == act.key
        )
    ).first()
    if row is None:
        return None
    if row.request_hash != request_hash("ORDER", {"order": row.reference, **request}):
        raise KeyReused(key=act.key, scope=scope)
    return row.reference, Operation(row.id, True)


def step(connection: Connection, number: str, status: str, act: Act, operation: Operation | None = None) -> None:
    """Put a step of an order on record."""
    row = {
        "number": number,
        "status": status,
        "actor": act.actor,
        "note": act.note,
        "recorded_at": act.at,
        "operation_id": None if operation is None else operation.id,
    }
    connection.execute(insert(order_events), row)


def events(connection: Connection, number: str) -> list[tuple[str, str, str | None, object]]:
    """(status, actor, note, recorded_at) of every step, in order."""
    rows = connection.execute(
        select(order_events.c.status, order_events.c.actor, order_events.c.note, order_events.c.recorded_at)
        .where(order_events.c.number == number)
        .order_by(order_events.c.id)
    )
    return [(row.status, row.actor, row.note, row.recorded_at) for row in rows]


def find(connection: Connection, table: Table, number: str, *needed: str) -> AnyRow:
    """The row of an order, locked where it must be in one of the `needed` states. Raises UnknownOrder; WrongState
    where it is in none of them."""
    wanted = select(table).where(table.c.number == number)
    row = connection.execute(wanted.with_for_update() if needed else wanted).first()
    if row is None:
        raise UnknownOrder(number=number)
    if needed and row.status not in needed:
        raise WrongState(what=number, state=row.status, needed=", ".join(needed))
    return row


def order_step(connection: Connection, kind: str, act: Act, number: str, **request: object) -> Operation:
    """The operation of one step of an order; its reference is the order's number."""
    return begin(connection, kind, replace(act, reference=number), {"order": number, **request})
