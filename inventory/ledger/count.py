"""Stocktakes (盘点): a blind count, the variance, approval by somebody else, an adjustment.

A line is expected to hold what the book said at the opening and what came and went until it was counted: the moment
the count is entered, or the one the counter states where it was made without a network. Units that move before or
after that moment are neither lost nor counted twice; an entry made without a network moved them when its maker says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from inventory.catalogue import UnknownItem
from inventory.fefo import BadQuantity
from inventory.five_fixed import shanghai_day
from inventory.kinds import ELSEWHERE, STATES
from inventory.ledger.count_moves import adjusted_since, expected_at_count, moves_since
from inventory.ledger.errors import (
    AdjustedSince,
    CountedWhen,
    CounterApproves,
    CountOpen,
    CountUnfinished,
    LotUnclear,
    MovedSince,
    UnknownStore,
    WrongState,
)
from inventory.ledger.orders import find, new_order, order_step, step
from inventory.ledger.post import Act, AnyRow, Head, Line, Move, Operation, ids_by_code, line_id, lock, post
from inventory.ledger.receive import LotFacts, bin_id_of, lot_id_of
from inventory.ledger.release import free_newest
from inventory.ledger.rules import rule_book
from inventory.tables.care import maintenance, tasks
from inventory.tables.goods import items, lots
from inventory.tables.orders import count_lines, counts
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances, movements, stock_heads

ZERO = Decimal(0)
PREFIX = "PD"
SHOWN = 20  # lines that a message names
AWAY = (*ELSEWHERE, "retired", "repair")  # such units are not in the store, so nobody counts them
COUNTABLE = tuple(state for state in STATES if state not in AWAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What somebody counted of one line. A line that is not in the book is found stock."""

    item: str
    quantity: Decimal
    lot: str = ""
    bin: str | None = None
    state: str = "serviceable"
    expires: date | None = None  # of found stock
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CountLine:
    """One line of a count; `book` is hidden (None) from whoever counts blind."""

    item: str
    lot: str
    bin: str | None
    state: str
    book: Decimal | None  # at the opening
    expected: Decimal | None  # with what came and went until it was counted
    counted: Decimal | None
    variance: Decimal | None
    moved_since: Decimal  # net units that came (+) or went (-) since the opening
    note: str | None
    expires: date | None = None


def open_count(
    connection: Connection, *, store: str, act: Act, item_codes: Sequence[str] | None = None, blind: bool = True
) -> str:
    """Begin the stocktake of a store, or of some of its items; its number.

    One count of a store at a time: two would each adjust for the same units. Raises UnknownStore, UnknownItem,
    KeyReused, CountOpen.
    """
    store_id = ids_by_code(connection, stores, [store]).get(store)
    if store_id is None:
        raise UnknownStore(store=store)
    known = ids_by_code(connection, items, item_codes or ())
    for item in item_codes or ():
        if item not in known:
            raise UnknownItem(item=item)
    open_now = select(counts.c.number).where(counts.c.store_id == store_id, counts.c.status.in_(["open", "counted"]))
    earlier = connection.execute(open_now.order_by(counts.c.id)).scalars().first()
    asked = None if item_codes is None else sorted(item_codes)
    number, operation = new_order(connection, PREFIX, act, store=store, items=asked, blind=blind)
    if operation.replayed:
        return number
    if earlier is not None:
        raise CountOpen(store=store, number=earlier)
    # nobody moves stock of the store at this moment, so that the book and the ledger agree on what is in it
    pairs = select(items.c.code).join(stock_heads, stock_heads.c.item_id == items.c.id)
    lock(
        connection,
        [(store, item) for item in connection.execute(pairs.where(stock_heads.c.store_id == store_id)).scalars()],
    )
    ledger_at = connection.execute(select(func.coalesce(func.max(movements.c.id), 0))).scalar_one()
    row = {"number": number, "store_id": store_id, "status": "open", "blind": blind, "opened_at": act.at}
    count_id = connection.execute(insert(counts).returning(counts.c.id), {**row, "ledger_at": ledger_at}).scalar_one()
    held = (
        select(balances.c.id, balances.c.quantity)
        .join(items, items.c.id == balances.c.item_id)
        .where(balances.c.store_id == store_id, balances.c.quantity > ZERO)
        .where(balances.c.state.not_in(AWAY))
        .order_by(balances.c.id)
    )
    if item_codes is not None:
        held = held.where(items.c.code.in_(sorted(item_codes)))
    lines = [{"count_id": count_id, "balance_id": id_, "book": units} for id_, units in connection.execute(held)]
    if lines:
        connection.execute(insert(count_lines), lines)
    step(connection, number, "open", act, operation)
    return number


def enter_counts(connection: Connection, *, number: str, counted: Sequence[Counted], act: Act) -> Operation:
    """What was counted, line by line; entering a line again replaces it, so a sheet may be sent in twice.
    `act.occurred_at`: when the shelves were counted, where that was before now.

    Raises UnknownOrder, WrongState, CountedWhen, BadQuantity, UnknownItem, LotUnclear where a line fits several.
    """
    operation = order_step(connection, "ORDER", act, number, counted=[repr(one) for one in counted])
    if operation.replayed:
        return operation
    count = find(connection, counts, number, "open", "counted")
    when = act.occurred_at or act.at
    if not count.opened_at <= when <= act.at:
        raise CountedWhen(number=number, when=when, opened=count.opened_at)
    store = connection.execute(select(stores.c.code).where(stores.c.id == count.store_id)).scalar_one()
    lock(connection, [(store, one.item) for one in counted])  # found stock changes them: in one order for everybody
    for one in counted:
        if one.state not in COUNTABLE:
            raise WrongState(what=f"{number} {one.item}", state=one.state, needed=", ".join(COUNTABLE))
        if not one.quantity.is_finite() or one.quantity < 0:
            raise BadQuantity(item=one.item, store=store, quantity=one.quantity)
        line, book, balance = _line_of(connection, count, store, one)
        came = (change for at, change in moves_since(connection, count, [balance]).get(balance, ()) if at <= when)
        values = {
            "expected": sum(came, book),
            "counted": one.quantity,
            "counted_by": act.actor,
            "counted_at": when,
            "note": one.note,
        }
        newer = count_lines.c.counted_at > when  # an older figure that comes late is no news
        connection.execute(update(count_lines).where(count_lines.c.id == line, newer.is_not(True)).values(**values))
    return operation


def close_count(connection: Connection, *, number: str, act: Act) -> Operation:
    """All lines are counted; now the variance may be seen and judged.

    Raises UnknownOrder, WrongState, CountUnfinished while lines are missing.
    """
    operation = order_step(connection, "ORDER", act, number, close=True)
    if not operation.replayed:
        count = find(connection, counts, number, "open")
        missing = [row for row in _rows(connection, count) if row.counted is None]
        if missing:
            lines = [" ".join(part for part in (row.item, row.lot, row.bin) if part) for row in missing[:SHOWN]]
            raise CountUnfinished(number=number, missing=len(missing), lines=lines)
        _advance(connection, count.id, number, "counted", act, operation)
    return operation


def approve_count(connection: Connection, *, number: str, act: Act) -> Operation:
    """Somebody who did not count accepts the variance: the book is adjusted, and a stocktake of the whole store is
    on record as done. Raises UnknownOrder, WrongState, CounterApproves, MovedSince where units that are missing have
    left since."""
    operation = order_step(connection, "ADJUST", act, number, approve=True)
    if operation.replayed:
        return operation
    count = find(connection, counts, number, "counted")
    rows = _rows(connection, count)
    if act.actor in {row.counted_by for row in rows}:
        raise CounterApproves(number=number, person=act.actor)
    store = connection.execute(select(stores.c.code).where(stores.c.id == count.store_id)).scalar_one()
    lock(connection, [(store, row.item) for row in rows])
    since = moves_since(connection, count)
    expected = {row.balance_id: expected_at_count(row, since) for row in rows}
    changed = [row for row in rows if row.counted != expected[row.balance_id]]
    adjusted = adjusted_since(connection, count)
    for row in changed:
        if row.balance_id in adjusted:
            raise AdjustedSince(store=store, **_facts(row, expected))
    for row in rows:  # as it is judged now: what comes later changes it no more
        if row.expected != expected[row.balance_id]:
            mine = (count_lines.c.count_id == count.id) & (count_lines.c.balance_id == row.balance_id)
            connection.execute(update(count_lines).where(mine).values(expected=expected[row.balance_id]))
    for row in changed:
        now = connection.execute(
            select(balances.c.quantity, balances.c.reserved).where(balances.c.id == row.balance_id)
        ).one()
        difference: Decimal = row.counted - expected[row.balance_id]
        if difference > 0:
            moves = [Move("ADJUST", difference, target=row.balance_id)]
        else:
            if now.quantity + difference < 0:
                raise MovedSince(store=store, **_facts(row, expected), now=now.quantity)
            short = now.reserved - (now.quantity + difference)
            if short > 0:
                free_newest(connection, operation, row.balance_id, short)
            moves = [Move("ADJUST", -difference, source=row.balance_id)]
        post(connection, operation, moves)
    if not _partial(connection, count):
        record = {"store_id": count.store_id, "kind": "STOCKTAKE", "result": "PASSED", "actor": act.actor}
        record |= {"done_on": shanghai_day(act.at), "recorded_at": act.at, "note": number}
        connection.execute(insert(maintenance), record)
        connection.execute(
            update(tasks)
            .where(tasks.c.store_id == count.store_id, tasks.c.kind == "STOCKTAKE")
            .where(tasks.c.status.in_(("open", "assigned")))
            .values(status="done", closed_at=act.at, closed_by=act.actor, note=number)
        )
    _advance(connection, count.id, number, "approved", act, operation)
    return operation


def _facts(row: AnyRow, expected: Mapping[int, Decimal]) -> dict[str, Any]:
    return {"item": row.item, "lot": row.lot or "-", "book": expected[row.balance_id], "counted": row.counted}


def reject_count(connection: Connection, *, number: str, act: Act) -> Operation:
    """The count is not accepted; nothing is adjusted. Raises UnknownOrder, WrongState."""
    operation = order_step(connection, "ORDER", act, number, reject=True)
    if not operation.replayed:
        count = find(connection, counts, number, "open", "counted")
        _advance(connection, count.id, number, "rejected", act, operation)
    return operation


def count_sheet(connection: Connection, number: str) -> tuple[str, str, list[CountLine]]:
    """(store, status, lines). A blind count shows no book quantity until all is counted. Raises UnknownOrder."""
    count = find(connection, counts, number)
    store = connection.execute(select(stores.c.code).where(stores.c.id == count.store_id)).scalar_one()
    hidden = count.blind and count.status == "open"
    since = moves_since(connection, count)
    lines = []
    for row in _rows(connection, count):
        book = expected = variance = None
        moved = ZERO
        if not hidden:
            book, moved = row.book, sum((change for _, change in since.get(row.balance_id, ())), ZERO)
            judged = count.status not in ("open", "counted")
            expected = (
                book + moved if row.counted is None else row.expected if judged else expected_at_count(row, since)
            )
            variance = None if row.counted is None else row.counted - expected
        lines.append(CountLine(row.item, row.lot, row.bin, row.state, book, expected, row.counted, variance, moved,
                               row.note, row.expires))  # fmt: skip
    return store, count.status, lines


def _rows(connection: Connection, count: AnyRow) -> Sequence[AnyRow]:
    return connection.execute(
        select(
            count_lines.c.balance_id, count_lines.c.book, count_lines.c.counted, count_lines.c.counted_by,
            count_lines.c.counted_at, count_lines.c.expected, count_lines.c.note, items.c.code.label("item"),
            balances.c.state, lots.c.code.label("lot"), lots.c.expires, bins.c.code.label("bin"),
        )
        .join(balances, balances.c.id == count_lines.c.balance_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(count_lines.c.count_id == count.id)
        .order_by(items.c.code, lots.c.code, count_lines.c.id)
    ).all()  # fmt: skip


def _line_of(connection: Connection, count: AnyRow, store: str, one: Counted) -> tuple[int, Decimal, int]:
    """The count line that was meant, its book quantity and its balance; found stock gets one, with no book."""
    place = balances.c.bin_id.is_(None) if one.bin is None else bins.c.code == one.bin
    lines = connection.execute(_lines_of_lot(count, one).where(place)).all()
    if len(lines) > 1:
        raise LotUnclear(number=count.number, item=one.item, lot=one.lot or "-", lines=len(lines))
    if not lines and one.bin is None:  # no bin was said: the one line of the lot, wherever it stands
        anywhere = connection.execute(_lines_of_lot(count, one)).all()
        if len(anywhere) > 1:
            raise LotUnclear(number=count.number, item=one.item, lot=one.lot or "-", lines=len(anywhere))
        lines = anywhere
    if lines:
        return int(lines[0].id), lines[0].book, int(lines[0].balance_id)
    head = lock(connection, [(store, one.item)])[store, one.item]
    since = _came_since(connection, count, head, one)
    if since is not None:
        row = {"count_id": count.id, "balance_id": since, "book": ZERO}
        made = connection.execute(insert(count_lines).returning(count_lines.c.id), row).scalar_one()
        return int(made), ZERO, since
    facts = LotFacts(code=one.lot, expires=one.expires)
    lot_id = lot_id_of(connection, head, facts, rule_book(connection, head.rules, county=None))
    bin_id = None if one.bin is None else bin_id_of(connection, head.store_id, one.bin)
    line = Line(head.store_id, head.item_id, lot_id, bin_id, one.state, shanghai_day(count.opened_at))
    balance = line_id(connection, line)
    row = {"count_id": count.id, "balance_id": balance, "book": ZERO}
    made = connection.execute(insert(count_lines).returning(count_lines.c.id), row).scalar_one()
    return int(made), ZERO, balance


def _lines_of_lot(count: AnyRow, one: Counted) -> Select[Any]:
    """The lines of the count that are of the same item, lot and state."""
    found = (
        select(count_lines.c.id, count_lines.c.book, count_lines.c.balance_id)
        .join(balances, balances.c.id == count_lines.c.balance_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(count_lines.c.count_id == count.id, items.c.code == one.item, lots.c.code == one.lot)
        .where(balances.c.state == one.state)
    )
    return found if one.expires is None else found.where(lots.c.expires == one.expires)


def _came_since(connection: Connection, count: AnyRow, head: Head, one: Counted) -> int | None:
    """The line of units that came into the store, or into this bin, after the opening: they are in the book, and no
    found stock. Where the store knows the lot but not there, a line is made for it; None = a lot it does not know.

    Raises LotUnclear where the store knows several lots by that number.
    """
    wanted = (
        select(balances.c.id, balances.c.lot_id, balances.c.state, bins.c.code, balances.c.received)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(balances.c.store_id == head.store_id, balances.c.item_id == head.item_id, lots.c.code == one.lot)
    )
    if one.expires is not None:
        wanted = wanted.where(lots.c.expires == one.expires)
    known = connection.execute(wanted).all()
    here = [row for row in known if row.code == one.bin and row.state == one.state]
    if len(here) > 1 or (not here and len({row.lot_id for row in known}) > 1):
        raise LotUnclear(number=count.number, item=one.item, lot=one.lot or "-", lines=len(here or known))
    if here:
        return int(here[0].id)
    if not known:
        return None
    bin_id = None if one.bin is None else bin_id_of(connection, head.store_id, one.bin)
    line = Line(head.store_id, head.item_id, known[0].lot_id, bin_id, one.state, known[0].received)
    return line_id(connection, line)


def _partial(connection: Connection, count: AnyRow) -> bool:
    """Whether lines of the store were there at the opening that the count leaves out; what came later does not
    count."""
    counted = select(count_lines.c.balance_id).where(count_lines.c.count_id == count.id)
    others = (
        select(balances.c.id, balances.c.quantity)
        .where(balances.c.store_id == count.store_id, balances.c.id.not_in(counted))
        .where(balances.c.state.not_in(AWAY))
    )
    left_out = {row.id: row.quantity for row in connection.execute(others)}
    since = moves_since(connection, count, select(others.subquery().c.id))
    return any(units != sum((change for _, change in since.get(line, ())), ZERO) for line, units in left_out.items())


def _advance(connection: Connection, count_id: int, number: str, status: str, act: Act, operation: Operation) -> None:
    connection.execute(update(counts).where(counts.c.id == count_id).values(status=status))
    step(connection, number, status, act, operation)
