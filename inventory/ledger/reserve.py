"""Units kept for somebody (预留): still in the store, no longer available, and free again when the time is over."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, insert, select, update

from inventory.fefo import BadQuantity
from inventory.ledger.choose import choose
from inventory.ledger.post import Act, Head, Line, Move, Operation, begin, lock, post
from inventory.tables.stock import reservations


def reserve(
    connection: Connection, *, store: str, item: str, quantity: Decimal, act: Act, reference: str,
    expires_at: datetime | None = None, lot: str | None = None,
) -> Operation:  # fmt: skip
    """Keep fit units for `reference` (a plan, a transfer order), first expired first, until `expires_at`.

    Raises what `issue` raises.
    """
    request = {"store": store, "item": item, "quantity": quantity, "lot": lot, "for": reference, "until": expires_at}
    operation = begin(connection, "RESERVE", act, request)
    if not operation.replayed:
        head = lock(connection, [(store, item)])[store, item]
        hold(connection, operation, head, quantity, act=act, reference=reference, expires_at=expires_at, lot=lot)
    return operation


def hold(
    connection: Connection, operation: Operation, head: Head, quantity: Decimal, *, act: Act, reference: str,
    expires_at: datetime | None = None, lot: str | None = None,
) -> list[int]:  # fmt: skip
    """Reserve units of a locked store and item; the ids of the reservations, one for each line taken from."""
    if not quantity.is_finite() or quantity <= 0:
        raise BadQuantity(item=head.item, store=head.store, quantity=quantity)
    made: list[int] = []
    for taken in choose(connection, head, quantity, act=act, lot=lot):
        line = taken.line
        post(connection, operation, [Move("RESERVE", taken.quantity, source=line.id)])
        row = {
            "operation_id": operation.id,
            "balance_id": line.id,
            "quantity": taken.quantity,
            "reference": reference,
            "expires_at": expires_at,
        }
        made.append(int(connection.execute(insert(reservations).returning(reservations.c.id), row).scalar_one()))
    return made


def use(connection: Connection, operation: Operation, reservation: int, quantity: Decimal, target: Line | None,
        kind: str) -> None:  # fmt: skip
    """Reserved units go where they were kept for: released and moved in one step; their line is locked."""
    line = connection.execute(select(reservations.c.balance_id).where(reservations.c.id == reservation)).scalar_one()
    moves = [
        Move("RELEASE", quantity, source=line),
        Move(kind, quantity, source=line, target=target),
    ]
    post(connection, operation, moves)
    connection.execute(
        update(reservations).where(reservations.c.id == reservation).values(quantity=reservations.c.quantity - quantity)
    )
