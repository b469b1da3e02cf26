"""Between stores (调拨): requested → approved → picked → in transit → received, with a numbered order (调拨令).

Approval reserves at the source, first expired first. Goods in transit stay in the books of the source, in a state
of their own, until the other store has counted them; what is missing or damaged then is on record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, insert, select, update

from inventory.catalogue import UnknownItem
from inventory.fefo import BadQuantity, check_positive
from inventory.ledger.arrivals import Arrival, matched
from inventory.ledger.errors import (
    NotDispatchable,
    NothingAsked,
    NotInOrder,
    PickGone,
    SameStore,
    UnknownStore,
)
from inventory.ledger.orders import events, find, new_order, order_step, step
from inventory.ledger.post import Act, AnyRow, Head, Line, Move, Operation, begin, ids_by_code, lock, post
from inventory.ledger.receive import bin_id_of, recalled
from inventory.ledger.release import free
from inventory.ledger.reserve import hold, use
from inventory.ledger.rules import rule_book
from inventory.ledger.stock_lines import fit_lines, judge, lines_of
from inventory.tables.goods import items, lots
from inventory.tables.orders import transfer_lines, transfer_picks, transfers
from inventory.tables.places import stores
from inventory.tables.stock import balances, reservations

ZERO = Decimal(0)
PREFIX = "DB"


def request_transfer(
    connection: Connection, *, from_store: str, to_store: str, lines: Sequence[tuple[str, Decimal]], act: Act
) -> str:
    """Ask for units of another store; the number of the order.

    Raises UnknownStore, UnknownItem, BadQuantity, SameStore, NothingAsked, KeyReused.
    """
    store_ids = ids_by_code(connection, stores, [from_store, to_store])
    item_ids = ids_by_code(connection, items, [item for item, _ in lines])
    for store in (from_store, to_store):
        if store not in store_ids:
            raise UnknownStore(store=store)
    for item, quantity in lines:
        if item not in item_ids:
            raise UnknownItem(item=item)
        check_positive(quantity, item=item, store=from_store)
    if from_store == to_store:
        raise SameStore(store=from_store)
    if not lines:
        raise NothingAsked(store=from_store)
    asked = {"source": from_store, "to": to_store, "lines": list(lines)}
    number, operation = new_order(connection, PREFIX, act, **asked)
    if operation.replayed:
        return number
    row = {
        "number": number,
        "from_store_id": store_ids[from_store],
        "to_store_id": store_ids[to_store],
        "status": "requested",
        "reason": act.reason,
        "note": act.note,
        "requested_at": act.at,
    }
    transfer_id = connection.execute(insert(transfers).returning(transfers.c.id), row).scalar_one()
    merged: dict[str, Decimal] = {}
    for item, quantity in lines:
        merged[item] = merged.get(item, ZERO) + quantity
    connection.execute(
        insert(transfer_lines),
        [{"transfer_id": transfer_id, "item_id": item_ids[item], "requested": merged[item]} for item in sorted(merged)],
    )
    step(connection, number, "requested", act, operation)
    return number


def approve_transfer(
    connection: Connection, *, number: str, act: Act, quantities: Mapping[str, Decimal] | None = None,
    expires_at: datetime | None = None,
) -> Operation:  # fmt: skip
    """Approve all of it, or the `quantities` by item (0 = none), and reserve the units.

    Raises UnknownOrder, WrongState, InsufficientStock, NotDispatchable, BadQuantity, NotInOrder; NothingAsked where
    nothing at all is approved (refuse the order instead).
    """
    asked = None if quantities is None else sorted(quantities.items())
    operation = order_step(connection, "RESERVE", act, number, approve=asked, until=expires_at)
    if operation.replayed:
        return operation
    transfer = find(connection, transfers, number, "requested")
    source = _code(connection, transfer.from_store_id)
    rows = _lines(connection, transfer.id)
    for item in sorted(set(quantities or ()) - {row.item for row in rows}):
        raise NotInOrder(number=number, item=item)
    if quantities is not None and not any(quantities.values()):
        raise NothingAsked(store=source)
    heads = lock(connection, [(source, row.item) for row in rows])
    for row in rows:
        approved = row.requested if quantities is None else quantities.get(row.item, ZERO)
        if not approved.is_finite() or not ZERO <= approved <= row.requested:
            raise BadQuantity(item=row.item, store=source, quantity=approved)
        connection.execute(update(transfer_lines).where(transfer_lines.c.id == row.id).values(approved=approved))
        if not approved:
            continue
        held = hold(connection, operation, heads[source, row.item], approved, act=act, reference=number,
                    expires_at=expires_at)  # fmt: skip
        for id_ in held:
            kept = connection.execute(
                select(reservations.c.balance_id, reservations.c.quantity).where(reservations.c.id == id_)
            ).one()
            pick = {"line_id": row.id, "reservation_id": id_, "balance_id": kept.balance_id, "quantity": kept.quantity}
            connection.execute(insert(transfer_picks), pick)
    _advance(connection, transfer.id, number, "approved", act, operation)
    return operation


def pick_transfer(connection: Connection, *, number: str, act: Act) -> Operation:
    """The approved units are taken off their places and stand ready. Raises UnknownOrder, WrongState."""
    operation = order_step(connection, "ORDER", act, number, pick=True)
    if not operation.replayed:
        transfer = find(connection, transfers, number, "approved")
        _advance(connection, transfer.id, number, "picked", act, operation)
    return operation


def ship_transfer(connection: Connection, *, number: str, act: Act) -> Operation:
    """The units leave: from here on they are in transit.

    Raises UnknownOrder, WrongState; PickGone where they are kept no longer; NotDispatchable where they became unfit
    after the approval.
    """
    operation = order_step(connection, "TRANSFER_OUT", act, number, ship=True)
    if operation.replayed:
        return operation
    transfer = find(connection, transfers, number, "approved", "picked")
    source = _code(connection, transfer.from_store_id)
    picks = _picks(connection, transfer.id)
    heads = lock(connection, [(source, pick.item) for pick in picks])
    for pick in picks:
        left = connection.execute(
            select(reservations.c.quantity).where(reservations.c.id == pick.reservation_id)
        ).scalar_one()
        if left != pick.quantity:  # run out, or given up because the units were set apart
            facts = {"item": pick.item, "lot": pick.lot or "-", "kept": left, "needed": pick.quantity}
            raise PickGone(number=number, **facts)
    for head in heads.values():
        _check_fit(connection, head, [pick for pick in picks if pick.item == head.item], act)
    for pick in picks:
        target = Line(transfer.from_store_id, pick.item_id, pick.lot_id, None, "in_transit", pick.received_on)
        use(connection, operation, pick.reservation_id, pick.quantity, target, "TRANSFER_OUT")
        moving = connection.execute(
            select(balances.c.id).where(
                balances.c.store_id == transfer.from_store_id,
                balances.c.item_id == pick.item_id,
                balances.c.lot_id == pick.lot_id,
                balances.c.state == "in_transit",
            )
        ).scalar_one()
        connection.execute(update(transfer_picks).where(transfer_picks.c.id == pick.id).values(in_transit_id=moving))
    _advance(connection, transfer.id, number, "in_transit", act, operation)
    return operation


def receive_transfer(
    connection: Connection, *, number: str, act: Act, arrivals: Sequence[Arrival] | None = None, bin: str | None = None
) -> Operation:
    """The other store counts what arrived; without `arrivals` all of it is there and sound.

    Missing units are written off as lost in transit, damaged ones are taken in as damaged. What is known of their
    checks goes with a lot that is new to the store. Raises UnknownOrder, WrongState, BadArrival, UnknownLot.
    """
    from inventory.ledger.carry import carry_checks

    asked = None if arrivals is None else [repr(one) for one in arrivals]
    operation = order_step(connection, "TRANSFER_IN", act, number, arrivals=asked, bin=bin)
    if operation.replayed:
        return operation
    transfer = find(connection, transfers, number, "in_transit")
    source, target = _code(connection, transfer.from_store_id), _code(connection, transfer.to_store_id)
    picks = _picks(connection, transfer.id)
    pairs = {(store, pick.item) for pick in picks for store in (source, target)}
    heads = lock(connection, pairs)
    lost: list[tuple[AnyRow, Decimal]] = []
    for pick, arrived in matched(picks, arrivals, bin, number):
        head = heads[target, pick.item]
        if arrived.received or arrived.damaged:
            carry_checks(connection, pick, source=heads[source, pick.item], target=head, act=act, number=number)
        bin_id = None if arrived.bin is None else bin_id_of(connection, head.store_id, arrived.bin)
        back = recalled(connection, head.item_id, pick.lot)  # while it was on the way
        for units, state in ((arrived.received, "serviceable"), (arrived.damaged, "damaged")):
            if units:
                state = "recalled" if back else state
                line = Line(head.store_id, head.item_id, pick.lot_id, bin_id, state, pick.received_on)
                move = Move("TRANSFER_IN", units, source=pick.in_transit_id, target=line)
                post(connection, operation, [move])
        if arrived.missing:
            lost.append((pick, arrived.missing))
        connection.execute(
            update(transfer_picks)
            .where(transfer_picks.c.id == pick.id)
            .values(received=arrived.received, damaged=arrived.damaged, missing=arrived.missing)
        )
    if lost:
        missing = begin(connection, "WRITE_OFF", replace(act, reason="LOST_IN_TRANSIT", key=None, reference=number), {})
        moves = [Move("WRITE_OFF", units, source=pick.in_transit_id) for pick, units in lost]
        post(connection, missing, moves)
    _advance(connection, transfer.id, number, "received", act, operation)
    return operation


def end_transfer(connection: Connection, *, number: str, act: Act, refuse: bool = False) -> Operation:
    """Refuse a request, or cancel an order whose units have not left; reservations are given up.

    Raises UnknownOrder, WrongState.
    """
    operation = order_step(connection, "RELEASE", act, number, end="refuse" if refuse else "cancel")
    if operation.replayed:
        return operation
    allowed = ("requested",) if refuse else ("requested", "approved", "picked")
    transfer = find(connection, transfers, number, *allowed)
    picks = _picks(connection, transfer.id)
    source = _code(connection, transfer.from_store_id)
    lock(connection, [(source, pick.item) for pick in picks])
    free(connection, operation, [pick.reservation_id for pick in picks if pick.reservation_id is not None])
    _advance(connection, transfer.id, number, "refused" if refuse else "cancelled", act, operation)
    return operation


@dataclass(frozen=True, slots=True)
class TransferPick:
    item: str
    lot: str
    expires: date | None
    unit_price: Decimal | None
    quantity: Decimal
    received: Decimal | None
    damaged: Decimal | None
    missing: Decimal | None


@dataclass(frozen=True, slots=True)
class TransferView:
    """An order as people read and print it."""

    number: str
    status: str
    from_store: str
    to_store: str
    reason: str
    note: str | None
    requested_at: datetime
    lines: tuple[tuple[str, Decimal, Decimal | None], ...]  # item, requested, approved
    picks: tuple[TransferPick, ...]
    events: tuple[tuple[str, str, str | None, datetime], ...]  # status, actor, note, recorded_at


def view_transfer(connection: Connection, number: str) -> TransferView:
    """Raises UnknownOrder."""
    row = find(connection, transfers, number)
    return TransferView(
        number,
        row.status,
        _code(connection, row.from_store_id),
        _code(connection, row.to_store_id),
        row.reason,
        row.note,
        row.requested_at,
        tuple((line.item, line.requested, line.approved) for line in _lines(connection, row.id)),
        tuple(
            TransferPick(pick.item, pick.lot, pick.expires, pick.unit_price, pick.quantity, pick.received,
                         pick.damaged, pick.missing)
            for pick in _picks(connection, row.id)
        ),
        tuple(events(connection, number)),  # type: ignore[arg-type]
    )  # fmt: skip


def list_transfers(connection: Connection, *, store: str | None = None, live: bool = True) -> list[tuple[str, ...]]:
    """(number, status, from, to), newest first; `live`: only those still under way."""
    origin, goal = stores.alias(), stores.alias()
    wanted = (
        select(transfers.c.number, transfers.c.status, origin.c.code, goal.c.code)
        .join(origin, origin.c.id == transfers.c.from_store_id)
        .join(goal, goal.c.id == transfers.c.to_store_id)
        .order_by(transfers.c.id.desc())
    )
    if live:
        wanted = wanted.where(transfers.c.status.in_(["requested", "approved", "picked", "in_transit"]))
    if store is not None:
        wanted = wanted.where((origin.c.code == store) | (goal.c.code == store))
    return [tuple(row) for row in connection.execute(wanted)]


def _check_fit(connection: Connection, head: Head, picks: Sequence[AnyRow], act: Act) -> None:
    """The picks of one item may still leave. Raises NotDispatchable."""
    lines = lines_of(connection, head)
    gates = judge(connection, head, lines, rule_book(connection, head.rules, county=head.place), at=act.at)
    fit = {line.id for line in fit_lines(lines, gates, at=act.at)}
    unfit = [pick for pick in picks if pick.balance_id not in fit]
    if unfit:
        asked = sum((pick.quantity for pick in picks), ZERO)
        held = sum((pick.quantity for pick in unfit), ZERO)
        tasks = sorted({task for pick in unfit for task in gates[pick.lot].blocked}) or ["-"]
        raise NotDispatchable(store=head.store, item=head.item, asked=asked, free=asked - held, held=held, tasks=tasks)


def _code(connection: Connection, store_id: int) -> str:
    return str(connection.execute(select(stores.c.code).where(stores.c.id == store_id)).scalar_one())


def _lines(connection: Connection, transfer_id: int) -> Sequence[AnyRow]:
    return connection.execute(
        select(transfer_lines.c.id, items.c.code.label("item"), transfer_lines.c.requested, transfer_lines.c.approved)
        .join(items, items.c.id == transfer_lines.c.item_id)
        .where(transfer_lines.c.transfer_id == transfer_id)
        .order_by(items.c.code)
    ).all()


def _picks(connection: Connection, transfer_id: int) -> Sequence[AnyRow]:
    return connection.execute(
        select(
            transfer_picks,
            items.c.code.label("item"),
            items.c.id.label("item_id"),
            lots.c.id.label("lot_id"),
            lots.c.code.label("lot"),
            lots.c.expires,
            lots.c.unit_price,
            balances.c.received.label("received_on"),
        )
        .join(transfer_lines, transfer_lines.c.id == transfer_picks.c.line_id)
        .join(balances, balances.c.id == transfer_picks.c.balance_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .join(items, items.c.id == lots.c.item_id)
        .where(transfer_lines.c.transfer_id == transfer_id)
        .order_by(transfer_picks.c.id)
    ).all()


def _advance(
    connection: Connection, transfer_id: int, number: str, status: str, act: Act, operation: Operation
) -> None:
    connection.execute(update(transfers).where(transfers.c.id == transfer_id).values(status=status))
    step(connection, number, status, act, operation)
