"""Units kept for somebody (预留): still in the store, no longer available, and free again when the time is over."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, insert, select, update

from inventory.fefo import check_positive
from inventory.ledger.choose import choose
from inventory.ledger.errors import NotDispatchable, UnknownOrder
from inventory.ledger.post import Act, Head, Line, Move, Operation, begin, lock, post
from inventory.ledger.release import check_reference, release_expired
from inventory.ledger.rules import rule_book
from inventory.ledger.stock_lines import fit_lines, judge, lines_of
from inventory.tables.goods import items
from inventory.tables.places import stores
from inventory.tables.stock import balances, reservations


def reserve(
    connection: Connection, *, store: str, item: str, quantity: Decimal, act: Act, reference: str,
    expires_at: datetime | None = None, lot: str | None = None,
) -> Operation:  # fmt: skip
    """Keep fit units for `reference` (a convoy, a stand-by), first expired first, until `expires_at`.

    Raises what `issue` raises; OwnedReference, because what transfers and plans keep they keep themselves.
    """
    check_reference(reference, plans=True)
    request = {"store": store, "item": item, "quantity": quantity, "lot": lot, "for": reference, "until": expires_at}
    operation = begin(connection, "RESERVE", act, request)
    if not operation.replayed:
        head = lock(connection, [(store, item)])[store, item]
        hold(connection, operation, head, quantity, act=act, reference=reference, expires_at=expires_at, lot=lot)
    return operation


def hold(
    connection: Connection, operation: Operation, head: Head, quantity: Decimal, *, act: Act, reference: str,
    expires_at: datetime | None = None, lot: str | None = None, judged_at: datetime | None = None,
) -> list[int]:  # fmt: skip
    """Reserve units of a locked store and item; the ids of the reservations, one for each line taken from.
    `judged_at`: as for `choose`."""
    check_positive(quantity, item=head.item, store=head.store)
    made: list[int] = []
    for taken in choose(connection, head, quantity, act=act, lot=lot, judged_at=judged_at):
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


def issue_reserved(connection: Connection, *, reference: str, act: Act, store: str | None = None) -> Operation:
    """Units kept for `reference` leave, all of them or those of one store; every one must still be fit.

    Raises UnknownOrder where nothing is kept, NotDispatchable where a gate holds units by now, OwnedReference for a
    transfer, which is shipped.
    """
    check_reference(reference, plans=False)
    operation = begin(connection, "ISSUE", replace(act, reference=reference), {"for": reference, "store": store})
    if operation.replayed:
        return operation
    kept = (
        select(reservations.c.id, reservations.c.balance_id, reservations.c.quantity, stores.c.code.label("store"),
               items.c.code.label("item"))
        .join(balances, balances.c.id == reservations.c.balance_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .where(reservations.c.reference == reference, reservations.c.quantity > Decimal(0))
        .order_by(reservations.c.id)
    )  # fmt: skip
    if store is not None:
        kept = kept.where(stores.c.code == store)
    heads = lock(connection, {(row.store, row.item) for row in connection.execute(kept)})
    for head in heads.values():
        release_expired(connection, head, at=act.at)
    rows = connection.execute(kept).all()  # again, now that nobody else moves them
    if not rows:
        raise UnknownOrder(number=reference)
    for pair, head in sorted(heads.items()):
        lines = {line.id: line for line in lines_of(connection, head)}
        gates = judge(connection, head, list(lines.values()), rule_book(connection, head.rules, county=head.place),
                      at=act.at)  # fmt: skip
        fit = {line.id for line in fit_lines(list(lines.values()), gates, at=act.at)}
        for row in rows:
            if (row.store, row.item) != pair:
                continue
            line = lines[row.balance_id]
            if line.id not in fit:
                tasks = list(gates[line.lot].blocked) or ["-"]
                raise NotDispatchable(store=head.store, item=head.item, asked=row.quantity, free=Decimal(0),
                                      held=line.quantity, tasks=tasks)  # fmt: skip
            target = Line(head.store_id, head.item_id, line.lot_id, None, "issued", line.received)
            use(connection, operation, row.id, row.quantity, target, "ISSUE")
    return operation
