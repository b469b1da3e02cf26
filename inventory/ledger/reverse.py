"""A mistake is taken back by a new entry that names the old one (冲销); nothing is edited."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, select, update

from inventory.ledger.errors import CannotReverse, UnknownOperation
from inventory.ledger.issue import LOAN, on_loan
from inventory.ledger.move import check_away, counted_with
from inventory.ledger.post import Act, AnyRow, Move, Operation, begin, lock, post
from inventory.ledger.receive import recalled
from inventory.tables.goods import items, lots
from inventory.tables.orders import loans
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations

# kinds whose steps belong to an order or a reservation, which has its own way back
OWN_WAY = {"ORDER", "RESERVE", "RELEASE", "TRANSFER_OUT", "TRANSFER_IN", "REVERSE"}


def reverse(connection: Connection, *, operation: int, act: Act) -> Operation:
    """Every movement of an operation the other way round.

    Raises UnknownOperation; CannotReverse where it was taken back already, where the units have gone on since, or
    where it is a step of a transfer or a reservation; TooManyAway.
    """
    row = connection.execute(select(operations).where(operations.c.id == operation)).first()
    if row is None:
        raise UnknownOperation(operation=operation)
    if row.kind in OWN_WAY:
        raise CannotReverse(
            operation=operation,
            why_zh="它属于调拨、预留或另一笔冲销，请用相应的办理步骤",
            why_en="it is a step of a transfer, a reservation or another reversal, which has its own way back",
        )
    if connection.execute(select(loans.c.id).where(loans.c.operation_id == operation)).first() is not None:
        raise CannotReverse(
            operation=operation,
            why_zh="它是借用，请办理归还",
            why_en="it is a loan, which ends by bringing the units back",
        )
    if row.kind == "RETURN" and (row.reference or "").startswith(LOAN):
        raise CannotReverse(
            operation=operation,
            why_zh="它办结了一笔借用，冲销后借用人和归还期限就没有了；请重新办理借用",
            why_en="it ended a loan, and taking it back would lose borrower and due day; lend the units again",
        )
    rows = connection.execute(
        select(
            movements,
            balances.c.item_id,
            stores.c.code.label("store"),
            items.c.code.label("item"),
            lots.c.code.label("lot"),
        )
        .join(balances, balances.c.id == func.coalesce(movements.c.to_id, movements.c.from_id))
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(movements.c.operation_id == operation, movements.c.kind.not_in(["RESERVE", "RELEASE"]))
        .order_by(movements.c.id.desc())
    ).all()
    heads = lock(
        connection, [(row.store, row.item) for row in rows]
    )  # first, so that of two at once the second sees the other
    before = connection.execute(select(operations.c.id).where(operations.c.reverses_id == operation)).scalar()
    done = begin(connection, "REVERSE", act, {"reverses": operation}) if before is None else None
    if done is None:
        known = begin_again(connection, act, operation)
        if known is not None:
            return known
        raise CannotReverse(
            operation=operation, why_zh=f"已由第 {before} 笔冲销", why_en=f"operation {before} has done so already"
        )
    if done.replayed:
        return done
    if row.kind == "MOVE":
        _end_recall(connection, recalled_at=row.recorded_at, moved=rows)
    states = _states_to_come(connection, rows)
    if "in_transit" in states:
        raise CannotReverse(
            operation=operation,
            why_zh="它核销的是调拨途中的短少，该调拨已办结；找到的物资请办理入库",
            why_en="it wrote off what a transfer lost, and that transfer is done; receive what was found",
        )
    for row in rows:
        _check_recalled(connection, operation, row)
        if row.to_id is not None:
            left = connection.execute(
                select(balances.c.quantity, balances.c.reserved).where(balances.c.id == row.to_id)
            ).one()
            spare = left.quantity - left.reserved - on_loan(connection, [row.to_id]).get(row.to_id, 0)
            if spare < row.quantity:
                raise CannotReverse(
                    operation=operation,
                    why_zh=f"{row.store} 的 {row.item} 已另有动用，只剩 {spare}",
                    why_en=f"units of {row.item} in {row.store} have gone on: {spare} left",
                )
        move = Move("REVERSE", row.quantity, source=row.to_id, target=row.from_id)
        post(connection, done, [move])
    if "repair" in states:
        for pair in sorted({(row.store, row.item) for row in rows}):
            check_away(connection, heads[pair], counted_with(connection, pair[1]), Decimal(0))
    return done


def begin_again(connection: Connection, act: Act, operation: int) -> Operation | None:
    """The same request sent twice is the same reversal."""
    if act.key is None:
        return None
    row = connection.execute(
        select(operations.c.id, operations.c.reverses_id).where(
            operations.c.scope == (act.scope or act.actor), operations.c.idempotency_key == act.key
        )
    ).first()
    return Operation(row.id, True) if row is not None and row.reverses_id == operation else None


def _states_to_come(connection: Connection, rows: Sequence[AnyRow]) -> set[str]:
    """The states units would come back to."""
    sources = [row.from_id for row in rows if row.from_id is not None]
    found: set[str] = set()
    for start in range(0, len(sources), 500):
        part = select(balances.c.state).where(balances.c.id.in_(sources[start : start + 500])).distinct()
        found |= set(connection.execute(part).scalars())
    return found


def _end_recall(connection: Connection, *, recalled_at: datetime, moved: Sequence[AnyRow]) -> None:
    """Where the operation was the recall of a lot, the lot may be taken in again."""
    if not moved:  # a recall that found no unit in any store
        connection.execute(update(lots).where(lots.c.recalled_at == recalled_at).values(recalled_at=None))
    for item_id, code in {(row.item_id, row.lot) for row in moved}:
        connection.execute(
            update(lots)
            .where(lots.c.item_id == item_id, lots.c.code == code, lots.c.recalled_at == recalled_at)
            .values(recalled_at=None)
        )


def _check_recalled(connection: Connection, operation: int, row: AnyRow) -> None:
    """No unit of a recalled lot becomes fit again by taking back an earlier step. Raises CannotReverse."""
    if row.from_id is None or not recalled(connection, row.item_id, row.lot):
        return
    state = connection.execute(select(balances.c.state).where(balances.c.id == row.from_id)).scalar_one()
    if state != "recalled":
        raise CannotReverse(
            operation=operation,
            why_zh=f"{row.item} 的批次 {row.lot} 已召回，退回请办理归还",
            why_en=f"lot {row.lot} of {row.item} is recalled; units come back by a return",
        )
