"""Inside the store: put away and moved, set apart and made good, recalled and written off."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection, select, update

from inventory.fefo import check_positive
from inventory.five_fixed import check_repair_share
from inventory.five_fixed.stores import is_extinguisher
from inventory.kinds import ELSEWHERE, STATES
from inventory.ledger.choose import ZERO, first_expired
from inventory.ledger.errors import UnknownLot, WrongState
from inventory.ledger.post import Act, Head, Line, Move, Operation, begin, lock, lock_all, post
from inventory.ledger.receive import bin_id_of
from inventory.ledger.release import free_newest, free_some, newest_first
from inventory.ledger.rules import rule_book
from inventory.ledger.stock_lines import Stock, lines_of
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances

# state -> the states it may go to; retired and written-off units do not come back
NEXT_STATES: dict[str, tuple[str, ...]] = {
    "serviceable": ("damaged", "repair", "quarantined", "recalled", "expired", "retired"),
    "damaged": ("serviceable", "repair", "quarantined", "recalled", "retired"),
    "repair": ("serviceable", "damaged", "recalled", "retired"),
    "quarantined": ("serviceable", "damaged", "recalled", "retired"),
    "recalled": ("retired",),
    "expired": ("retired",),
    "retired": (),
}


def move(
    connection: Connection, *, store: str, item: str, quantity: Decimal, to_bin: str, act: Act, lot: str | None = None,
    from_bin: str | None = None, put_away: bool = False,
) -> Operation:  # fmt: skip
    """Units go to another bin. `put_away` takes those that stand in none. Reserved units stay where they are.

    Raises InsufficientStock, UnknownStore, UnknownItem.
    """
    request = {"store": store, "item": item, "quantity": quantity, "to": to_bin, "from": from_bin, "lot": lot}
    operation = begin(connection, "MOVE", act, {**request, "put_away": put_away})
    if operation.replayed:
        return operation
    head = lock(connection, [(store, item)])[store, item]
    target = bin_id_of(connection, head.store_id, to_bin)
    standing = [
        line
        for line in lines_of(connection, head)
        if line.state not in ELSEWHERE
        and lot in (None, line.lot)
        and line.bin_id != target
        and ((line.bin is None) if put_away else (from_bin in (None, line.bin) and line.bin is not None))
    ]
    moves = [
        Move(
            "MOVE",
            one.quantity, source=one.line.id,
            target=Line(head.store_id, head.item_id, one.line.lot_id, target, one.line.state, one.line.received),
        )
        for one in first_expired(head, standing, positive(head, quantity))
    ]  # fmt: skip
    post(connection, operation, moves)
    return operation


def change_state(
    connection: Connection, *, store: str, item: str, quantity: Decimal | None, state: str, to_state: str, act: Act,
    lot: str | None = None, bin: str | None = None,
) -> Operation:  # fmt: skip
    """Units are found damaged, sent for repair, quarantined, made good …; `quantity` None = all of them.

    Reservations on units that stop being serviceable are given up. Raises WrongState for a step there is not,
    InsufficientStock, TooManyAway where over a quarter of the store's extinguishers would be away.
    """
    if to_state not in NEXT_STATES.get(state, ()):
        raise WrongState(what=item, state=state, needed=", ".join(NEXT_STATES.get(state, ())) or "-")
    request = {
        "store": store,
        "item": item,
        "quantity": quantity,
        "state": state,
        "to": to_state,
        "lot": lot,
        "bin": bin,
    }
    operation = begin(connection, "WRITE_OFF" if to_state == "retired" else "MOVE", act, request)
    if operation.replayed:
        return operation
    counted = counted_with(connection, item) if to_state == "repair" else [item]
    head = lock(connection, [(store, code) for code in counted])[store, item]
    lines = [
        line
        for line in lines_of(connection, head)
        if line.state == state and lot in (None, line.lot) and bin in (None, line.bin)
    ]
    if not lines:
        raise UnknownLot(store=store, item=item, lot=lot or "-")
    amount = sum((line.quantity for line in lines), ZERO) if quantity is None else positive(head, quantity)
    lines = _unreserved(connection, operation, head, lines, amount)
    if to_state == "repair":
        check_away(connection, head, counted, amount)
    _shift(connection, operation, head, lines, amount, to_state)
    return operation


def write_off(
    connection: Connection, *, store: str, item: str, quantity: Decimal, state: str, act: Act, lot: str | None = None
) -> Operation:
    """Units leave the book for good (核销): retired, lost, spoilt, returned to the supplier.

    Raises InsufficientStock where that many do not stand there in that state.
    """
    request = {"store": store, "item": item, "quantity": quantity, "state": state, "lot": lot}
    operation = begin(connection, "WRITE_OFF", act, request)
    if operation.replayed:
        return operation
    if state not in STATES:
        raise WrongState(what=item, state=state, needed=", ".join(STATES))
    head = lock(connection, [(store, item)])[store, item]
    lines = [line for line in lines_of(connection, head) if line.state == state and lot in (None, line.lot)]
    moves = [
        Move("WRITE_OFF", one.quantity, source=one.line.id)
        for one in first_expired(head, lines, positive(head, quantity))
    ]
    post(connection, operation, moves)
    return operation


def write_off_lines(connection: Connection, *, store: str, item: str, lines: Sequence[int], act: Act) -> Operation:
    """All units of these lines leave the book for good; what is reserved on them is given up."""
    operation = begin(connection, "WRITE_OFF", act, {"store": store, "item": item, "lines": sorted(lines)})
    if operation.replayed:
        return operation
    head = lock(connection, [(store, item)])[store, item]
    for line in lines_of(connection, head):
        if line.id in lines:
            if line.reserved:
                free_newest(connection, operation, line.id, line.reserved)
            post(connection, operation, [Move("WRITE_OFF", line.quantity, source=line.id)])
    return operation


def recall(connection: Connection, *, item: str, lot: str, act: Act, store: str | None = None) -> Operation:
    """A lot number is recalled, everywhere or in one store: all its units are set apart at once, reservations on
    them given up, and (everywhere) none of it is taken in any more. Raises UnknownLot where there is none."""
    operation = begin(connection, "MOVE", act, {"recall": item, "lot": lot, "store": store})
    if operation.replayed:
        return operation
    if not lot:
        raise UnknownLot(store=store or "-", item=item, lot="-")
    lock_all(connection)  # a receipt of the lot somewhere else must not slip through between
    rows = connection.execute(
        select(stores.c.code)
        .join(balances, balances.c.store_id == stores.c.id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .join(items, items.c.id == lots.c.item_id)
        .where(items.c.code == item, lots.c.code == lot, balances.c.state.not_in(["retired", *ELSEWHERE]))
        .distinct()
    ).scalars()
    holding = sorted(code for code in rows if store in (None, code))
    if not holding:
        raise UnknownLot(store=store or "-", item=item, lot=lot)
    heads = lock(connection, [(code, item) for code in holding])
    for code in holding:
        head = heads[code, item]
        lines = [
            line
            for line in lines_of(connection, head)
            if line.lot == lot and line.state in NEXT_STATES and "recalled" in NEXT_STATES[line.state]
        ]
        total = sum((line.quantity for line in lines), ZERO)
        if total:
            lines = _unreserved(connection, operation, head, lines, total)
            _shift(connection, operation, head, lines, total, "recalled")
    if store is None:
        number = heads[holding[0], item].item_id
        connection.execute(update(lots).where(lots.c.item_id == number, lots.c.code == lot).values(recalled_at=act.at))
    return operation


def positive(head: Head, quantity: Decimal) -> Decimal:
    return check_positive(quantity, item=head.item, store=head.store)


def _shift(
    connection: Connection, operation: Operation, head: Head, lines: list[Stock], amount: Decimal, to_state: str
) -> None:
    kind = "WRITE_OFF" if to_state == "retired" else "MOVE"
    moves = []
    for one in first_expired(head, lines, amount):
        bin_id = None if to_state in ("repair", "retired") else one.line.bin_id
        target = Line(head.store_id, head.item_id, one.line.lot_id, bin_id, to_state, one.line.received)
        moves.append(Move(kind, one.quantity, source=one.line.id, target=target))
    post(connection, operation, moves)


def _unreserved(
    connection: Connection, operation: Operation, head: Head, lines: list[Stock], amount: Decimal
) -> list[Stock]:
    """The same lines with reservations on them given up, the newest first, as far as the units asked for need it."""
    needed = amount - sum((line.free for line in lines), ZERO)
    if needed <= 0:
        return lines
    freed = free_some(connection, operation, newest_first(connection, [line.id for line in lines]), needed)
    return [replace(line, reserved=line.reserved - freed.get(line.id, ZERO)) for line in lines]


def counted_with(connection: Connection, item: str) -> list[str]:
    """The items whose units away are counted together: all extinguishers; else the item alone. Raises UnknownItem."""
    catalogue = rule_book(connection, county=None).catalogue
    if not is_extinguisher(catalogue[item].equipment_class):
        return [item]
    return [other.id for other in catalogue if is_extinguisher(other.equipment_class)]


def check_away(connection: Connection, head: Head, numbers: list[str], amount: Decimal) -> None:
    """At most a quarter of a store's extinguishers, which are all locked, away at once. Raises TooManyAway."""
    if not is_extinguisher(rule_book(connection, head.rules, county=None).catalogue[head.item].equipment_class):
        return
    total = away = ZERO
    rows = connection.execute(
        select(balances.c.state, balances.c.quantity)
        .join(items, items.c.id == balances.c.item_id)
        .where(balances.c.store_id == head.store_id, items.c.code.in_(numbers))
    )
    for state, quantity in rows:
        if state not in ("expired", "retired", "recalled", *ELSEWHERE):
            total += quantity
        if state == "repair":
            away += quantity
    check_repair_share(store=head.store, total=total, away=away + amount)
