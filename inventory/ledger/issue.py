"""Out of the store (出库) and back: issue, return, loan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, func, insert, select, update

from inventory.fefo import BadQuantity
from inventory.ledger.choose import ZERO, Override, Taken, choose, first_expired
from inventory.ledger.errors import FewerOut, UnknownOrder, WrongState
from inventory.ledger.post import Act, Head, Line, Move, Operation, begin, lock, post
from inventory.ledger.receive import bin_id_of, recalled
from inventory.ledger.stock_lines import lines_of
from inventory.tables.base import Quantity
from inventory.tables.goods import items, lots
from inventory.tables.orders import loans
from inventory.tables.places import stores
from inventory.tables.stock import balances

LOAN = "loan:"  # begins the reference of the return that ends a loan


def issue(
    connection: Connection, *, store: str, item: str, quantity: Decimal, act: Act, lot: str | None = None,
    override: Override | None = None,
) -> Operation:  # fmt: skip
    """Units leave for use: fit ones only, earliest expiry first, never those reserved for others or kept back.

    `lot` restricts the choice. Raises InsufficientStock where the store has too little, NotDispatchable where it
    has enough but gates hold them (an `override` lifts those), KeyReused, UnknownStore, UnknownItem.
    """
    request = {"store": store, "item": item, "quantity": quantity, "lot": lot, "override": repr(override)}
    if override is not None and act.note is None:  # so that the card shows it
        act = replace(act, note=f"{override.person}: {override.reason}")
    operation = begin(connection, "ISSUE", act, request)
    if operation.replayed:
        return operation
    head = lock(connection, [(store, item)])[store, item]
    taken = choose(connection, head, quantity, act=act, lot=lot, override=override, operation=operation)
    post(connection, operation, [out(head, one) for one in taken])
    return operation


def out(head: Head, taken: Taken) -> Move:
    """The movement of units that were chosen, into the line of issued ones."""
    line = taken.line
    target = taken.issued or Line(head.store_id, head.item_id, line.lot_id, None, "issued", line.received)
    return Move("ISSUE", taken.quantity, source=line.id, target=target)


def give_back(
    connection: Connection, *, store: str, item: str, quantity: Decimal, act: Act, lot: str | None = None,
    bin: str | None = None, damaged: Decimal = ZERO,
) -> Operation:  # fmt: skip
    """Issued units come back (归还); `damaged` of them unfit for use. Earliest expiry first.

    Raises FewerOut where fewer are out.
    """
    for amount in (quantity, damaged):
        if not amount.is_finite() or amount < 0:
            raise BadQuantity(item=item, store=store, quantity=amount)
    if damaged > quantity:
        raise BadQuantity(item=item, store=store, quantity=damaged)
    request = {"store": store, "item": item, "quantity": quantity, "lot": lot, "bin": bin, "damaged": damaged}
    operation = begin(connection, "RETURN", act, request)
    if operation.replayed:
        return operation
    head = lock(connection, [(store, item)])[store, item]
    issued = [line for line in lines_of(connection, head) if line.state == "issued" and lot in (None, line.lot)]
    lent = on_loan(connection, [line.id for line in issued])  # those come back by ending their loan
    away = [replace(line, quantity=line.quantity - lent.get(line.id, ZERO)) for line in issued]
    out_now = sum((line.free for line in away), ZERO)
    if quantity > out_now:
        raise FewerOut(store=store, item=item, asked=quantity, available=out_now)
    bin_id = None if bin is None else bin_id_of(connection, head.store_id, bin)
    moves: list[Move] = []
    broken = damaged
    for taken in first_expired(head, away, quantity):
        bad = min(broken, taken.quantity)
        broken -= bad
        line = taken.line
        back = recalled(connection, head.item_id, line.lot)
        for units, state in ((taken.quantity - bad, "serviceable"), (bad, "damaged")):
            if units:
                state = "recalled" if back else state
                target = Line(head.store_id, head.item_id, line.lot_id, bin_id, state, line.received)
                moves.append(Move("RETURN", units, source=line.id, target=target))
    post(connection, operation, moves)
    return operation


def lend(
    connection: Connection, *, store: str, item: str, quantity: Decimal, borrower: str, due_back: date, act: Act,
    lot: str | None = None,
) -> Operation:  # fmt: skip
    """Issue on loan: the units stay ours, and are missed from `due_back` on. Raises what `issue` raises."""
    request = {"store": store, "item": item, "quantity": quantity, "lot": lot, "loan": borrower, "due": due_back}
    operation = begin(connection, "ISSUE", replace(act, reason="LOAN"), request)
    if operation.replayed:
        return operation
    head = lock(connection, [(store, item)])[store, item]
    for taken in choose(connection, head, quantity, act=act, lot=lot):
        post(connection, operation, [out(head, taken)])
        issued = connection.execute(
            select(balances.c.id).where(
                balances.c.store_id == head.store_id,
                balances.c.item_id == head.item_id,
                balances.c.lot_id == taken.line.lot_id,
                balances.c.state == "issued",
            )
        ).scalar_one()
        row = {"operation_id": operation.id, "balance_id": issued, "home_id": taken.line.id}
        row |= {"quantity": taken.quantity, "returned": ZERO, "borrower": borrower, "due_back": due_back}
        connection.execute(insert(loans), row)
    return operation


def end_loan(connection: Connection, *, operation: int, act: Act, damaged: bool = False) -> Operation:
    """All units of a loan come back to where they stood, or as damaged. Raises UnknownOrder, WrongState."""
    loan = (
        select(loans, stores.c.code.label("store"), items.c.code.label("item"), lots.c.code.label("lot"), balances)
        .join(balances, balances.c.id == loans.c.home_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(loans.c.operation_id == operation)
    )
    rows = connection.execute(loan).all()
    if not rows:
        raise UnknownOrder(number=operation)
    act = replace(act, reference=f"{LOAN}{operation}")
    done = begin(connection, "RETURN", act, {"loan": operation, "damaged": damaged})
    if done.replayed:
        return done
    lock(connection, [(row.store, row.item) for row in rows])
    rows = connection.execute(loan).all()  # as it is now that nobody else can end it
    if all(row.returned == row[loans.c.quantity] for row in (row._mapping for row in rows)):
        raise WrongState(what=operation, state="RETURN", needed="LOAN")
    moves = []
    for row in rows:
        units = row._mapping[loans.c.quantity] - row.returned
        target: int | Line = row.home_id
        if damaged or recalled(connection, row.item_id, row.lot):
            state = "recalled" if recalled(connection, row.item_id, row.lot) else "damaged"
            target = Line(row.store_id, row.item_id, row.lot_id, row.bin_id, state, row.received)
        if units:
            moves.append(Move("RETURN", units, source=row.balance_id, target=target))
            connection.execute(
                update(loans).where(loans.c.id == row._mapping[loans.c.id]).values(returned=loans.c.quantity)
            )
    post(connection, done, moves)
    return done


def on_loan(connection: Connection, lines: Sequence[int]) -> dict[int, Decimal]:
    """Line of issued units -> how many of them are out on loan."""
    rows = connection.execute(
        select(loans.c.balance_id, func.sum(loans.c.quantity - loans.c.returned).cast(Quantity))
        .where(loans.c.balance_id.in_(lines), loans.c.returned < loans.c.quantity)
        .group_by(loans.c.balance_id)
    )
    return {row[0]: row[1] for row in rows}
