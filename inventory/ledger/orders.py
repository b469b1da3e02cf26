"""What transfers and stocktakes share: numbers, steps on record, and the state a step begins from."""

from dataclasses import replace

from sqlalchemy import Connection, Table, insert, select

from inventory.five_fixed import shanghai_day
from inventory.ledger.errors import UnknownOrder, WrongState
from inventory.ledger.post import Act, AnyRow, Operation, begin, insert_into
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


def earlier(connection: Connection, act: Act) -> str | None:
    """The order that the same key made before."""
    if act.key is None:
        return None
    scope = act.scope or act.actor
    return connection.execute(
        select(operations.c.reference).where(operations.c.scope == scope, operations.c.idempotency_key == act.key)
    ).scalar()


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
    """The row of an order, locked. Raises UnknownOrder; WrongState where it is in none of the `needed` states."""
    row = connection.execute(select(table).where(table.c.number == number).with_for_update()).first()
    if row is None:
        raise UnknownOrder(number=number)
    if needed and row.status not in needed:
        raise WrongState(what=number, state=row.status, needed=", ".join(needed))
    return row


def order_step(connection: Connection, kind: str, act: Act, number: str, **request: object) -> Operation:
    """The operation of one step of an order; its reference is the order's number."""
    return begin(connection, kind, replace(act, reference=number), {"order": number, **request})
