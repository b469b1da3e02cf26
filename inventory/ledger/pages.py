"""Looks at the stock that people read: a page of lines, the card of one item, what is on the way or out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, and_, case, func, or_, select, tuple_, type_coerce

from inventory.catalogue import UnknownItem
from inventory.kinds import ELSEWHERE
from inventory.ledger.errors import UnknownStore
from inventory.ledger.post import ids_by_code
from inventory.ledger.stock_lines import sub_tree
from inventory.tables.base import Quantity
from inventory.tables.care import overrides
from inventory.tables.goods import items, lots
from inventory.tables.orders import loans
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances, movements, operations, reservations

ZERO = Decimal(0)
PAGE = 50
Cursor = tuple[int, int, int]  # store, item and balance id of the last line shown


@dataclass(frozen=True, slots=True)
class StockRow:
    id: int
    store: str
    item: str
    lot: str
    bin: str | None
    state: str
    quantity: Decimal
    reserved: Decimal
    owner: str
    made: date | None
    expires: date | None
    received: date | None
    unit_price: Decimal | None


@dataclass(frozen=True, slots=True)
class StockPage:
    rows: tuple[StockRow, ...]
    next: Cursor | None  # None = that was the last page


def stock_page(
    connection: Connection,
    *,
    place: str | None = None,
    store: str | None = None,
    item: str | None = None,
    lot: str | None = None,
    state: str | None = None,
    owner: str | None = None,
    expires_by: date | None = None,
    after: Cursor | None = None,
    limit: int = PAGE,
) -> StockPage:
    """Lines with units on them, in the order of stores and items; `after` is the `next` of the page before.

    Issued and in-transit units only where `state` asks for them. Raises UnknownStore.
    """
    found = (
        select(
            balances.c.id, stores.c.code, items.c.code, lots.c.code, bins.c.code, balances.c.state,
            balances.c.quantity, balances.c.reserved, lots.c.owner, lots.c.made, lots.c.expires, balances.c.received,
            lots.c.unit_price, balances.c.store_id, balances.c.item_id,
        )
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(balances.c.quantity > ZERO)
        .order_by(balances.c.store_id, balances.c.item_id, balances.c.id)
        .limit(limit + 1)
    )  # fmt: skip
    if store is not None:
        known = ids_by_code(connection, stores, [store])
        if store not in known:
            raise UnknownStore(store=store)
        found = found.where(balances.c.store_id == known[store])
    if item is not None:
        found = found.where(balances.c.item_id == ids_by_code(connection, items, [item]).get(item, -1))
    if place is not None:
        found = found.where(stores.c.place_code.like(sub_tree(place)))
    if lot is not None:
        found = found.where(lots.c.code == lot)
    if owner is not None:
        found = found.where(lots.c.owner == owner)
    if expires_by is not None:
        found = found.where(lots.c.expires <= expires_by)
    chosen = balances.c.state.not_in(list(ELSEWHERE)) if state is None else balances.c.state == state
    found = found.where(chosen)
    if after is not None:
        found = found.where(tuple_(balances.c.store_id, balances.c.item_id, balances.c.id) > tuple_(*after))
    rows = connection.execute(found).all()
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return StockPage(
        tuple(StockRow(*tuple(row)[:13]) for row in shown),
        None if last is None else (last.store_id, last.item_id, last.id),
    )


@dataclass(frozen=True, slots=True)
class CardRow:
    movement: int
    operation: int
    recorded_at: datetime
    occurred_at: datetime | None
    kind: str
    reason: str
    actor: str
    reference: str | None
    note: str | None
    lot: str
    came: Decimal  # into the store
    went: Decimal  # out of it
    moved: Decimal  # inside it, or reserved and released
    balance: Decimal  # in the store after this row
    from_state: str | None
    to_state: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """The card of one item in one store (物资收发存卡片)."""

    store: str
    item: str
    lot: str | None
    opening: Decimal
    rows: tuple[CardRow, ...]
    closing: Decimal
    more: bool  # later rows are there


def stock_card(
    connection: Connection,
    *,
    store: str,
    item: str,
    lot: str | None = None,
    after: int = 0,
    until: datetime | None = None,
    limit: int = 200,
) -> Card:
    """The rows of the ledger that touch an item in a store, from movement `after` on, with the running balance.

    Issued units and those in transit are out of the store. Raises UnknownStore, UnknownItem.
    """
    store_id = ids_by_code(connection, stores, [store]).get(store)
    if store_id is None:
        raise UnknownStore(store=store)
    item_id = ids_by_code(connection, items, [item]).get(item)
    if item_id is None:
        raise UnknownItem(item=item)
    lines = (
        select(balances.c.id, balances.c.state)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(balances.c.store_id == store_id, balances.c.item_id == item_id)
    )
    if lot is not None:
        lines = lines.where(lots.c.code == lot)
    states = {row.id: row.state for row in connection.execute(lines)}
    here = [id_ for id_, state in states.items() if state not in ELSEWHERE]
    opening = _sum(connection, here, up_to=after)
    rows = connection.execute(
        select(
            movements.c.id, movements.c.operation_id, operations.c.recorded_at, operations.c.occurred_at,
            movements.c.kind, operations.c.reason, operations.c.actor, operations.c.reference, operations.c.note,
            lots.c.code.label("lot"), movements.c.quantity, movements.c.from_id, movements.c.to_id,
        )
        .join(operations, operations.c.id == movements.c.operation_id)
        .join(balances, balances.c.id == func.coalesce(movements.c.from_id, movements.c.to_id))
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(movements.c.id > after, or_(movements.c.from_id.in_(here), movements.c.to_id.in_(here)))
        .where(operations.c.recorded_at < until if until is not None else movements.c.id > after)
        .order_by(movements.c.id)
        .limit(limit + 1)
    ).all()  # fmt: skip
    balance = opening
    shown = []
    inside = set(here)
    for row in rows[:limit]:
        came = row.quantity if row.to_id in inside and row.from_id not in inside else ZERO
        went = row.quantity if row.from_id in inside and row.to_id not in inside else ZERO
        balance += came - went
        shown.append(
            CardRow(
                row.id, row.operation_id, row.recorded_at, row.occurred_at, row.kind, row.reason, row.actor,
                row.reference, row.note, row.lot, came, went, ZERO if came or went else row.quantity, balance,
                states.get(row.from_id), states.get(row.to_id),
            )
        )  # fmt: skip
    return Card(store, item, lot, opening, tuple(shown), balance, len(rows) > limit)


def _sum(connection: Connection, lines: Sequence[int], *, up_to: int) -> Decimal:
    """Units that were in these lines once movement `up_to` was written."""
    if not up_to or not lines:
        return ZERO
    net = case((movements.c.to_id.in_(lines), movements.c.quantity), else_=0) - case(
        (movements.c.from_id.in_(lines), movements.c.quantity), else_=0
    )
    total = select(func.coalesce(func.sum(net), 0).cast(Quantity)).where(
        and_(movements.c.id <= up_to, or_(movements.c.from_id.in_(lines), movements.c.to_id.in_(lines)))
    )
    return connection.execute(total).scalar_one() or ZERO


@dataclass(frozen=True, slots=True)
class LoanRow:
    operation: int
    store: str
    item: str
    lot: str
    quantity: Decimal  # still out
    borrower: str
    due_back: date


def open_loans(connection: Connection, *, store: str | None = None, due_by: date | None = None) -> list[LoanRow]:
    """Units on loan that have not come back, first due first."""
    wanted = (
        select(
            loans.c.operation_id, stores.c.code, items.c.code, lots.c.code,
            type_coerce(loans.c.quantity - loans.c.returned, Quantity), loans.c.borrower, loans.c.due_back,
        )
        .join(balances, balances.c.id == loans.c.home_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(loans.c.returned < loans.c.quantity)
        .order_by(loans.c.due_back, loans.c.id)
    )  # fmt: skip
    if store is not None:
        wanted = wanted.where(stores.c.code == store)
    if due_by is not None:
        wanted = wanted.where(loans.c.due_back <= due_by)
    return [LoanRow(*tuple(row)) for row in connection.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Reserved:
    store: str
    item: str
    lot: str
    quantity: Decimal
    reference: str
    expires_at: datetime | None


def open_reservations(connection: Connection, *, reference: str | None = None) -> list[Reserved]:
    """What is kept for somebody, by reference."""
    wanted = (
        select(stores.c.code, items.c.code, lots.c.code, reservations.c.quantity, reservations.c.reference,
               reservations.c.expires_at)
        .join(balances, balances.c.id == reservations.c.balance_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(reservations.c.quantity > ZERO)
        .order_by(reservations.c.reference, stores.c.code, items.c.code, lots.c.code, reservations.c.id)
    )  # fmt: skip
    if reference is not None:
        wanted = wanted.where(reservations.c.reference == reference)
    return [Reserved(*tuple(row)) for row in connection.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Lifted:
    """Units that left against a gate: what held them (tasks, a state, the reserve floor), who answers, why."""

    operation: int
    recorded_at: datetime
    store: str
    item: str
    lot: str
    quantity: Decimal
    blocked: list[str]
    person: str
    reason: str


def list_overrides(connection: Connection, *, store: str | None = None, place: str | None = None) -> list[Lifted]:
    """Every emergency override on record, the latest first."""
    wanted = (
        select(
            overrides.c.operation_id, overrides.c.recorded_at, stores.c.code, items.c.code, lots.c.code,
            overrides.c.quantity, overrides.c.blocked, overrides.c.person, overrides.c.reason,
        )
        .join(balances, balances.c.id == overrides.c.balance_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .order_by(overrides.c.id.desc())
    )  # fmt: skip
    if store is not None:
        wanted = wanted.where(stores.c.code == store)
    if place is not None:
        wanted = wanted.where(stores.c.place_code.like(sub_tree(place)))
    return [Lifted(*tuple(row)) for row in connection.execute(wanted)]
