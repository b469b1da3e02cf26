"""Reserved units that become free again: given up, or out of time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select, update

from inventory.errors import InventoryError
from inventory.ledger.errors import UnknownOrder
from inventory.ledger.post import Act, Head, Move, Operation, begin, lock, post
from inventory.tables.goods import items
from inventory.tables.places import stores
from inventory.tables.stock import balances, reservations

_ORDER = re.compile(r"(DB|PD)-\d{4}-\d{6,}")  # numbers as transfers and stocktakes have them
_PLAN = "plan:"


@dataclass(frozen=True, slots=True)
class Held:
    """What is left of one reservation, and the line it is on."""

    id: int
    line: int
    quantity: Decimal


class OwnedReference(InventoryError):
    """Units kept for a transfer or for a plan: whoever takes them takes them from under it. Facts: reference,
    way_zh, way_en (what to do instead)."""


def check_reference(reference: str, *, plans: bool) -> None:
    """Raises OwnedReference for the number of an order and, if `plans`, for a plan's: their stock goes by their own
    steps, which keep the order or plan in line with it."""
    if _ORDER.fullmatch(reference):
        way = "transfer cancel", "transfer ship"
        raise OwnedReference(
            reference=reference,
            way_zh=f"不再调拨的用 wuding stock {way[0]}，要发出的用 wuding stock {way[1]}",
            way_en=f"give it up by wuding stock {way[0]}, send it by wuding stock {way[1]}",
        )
    if plans and reference.startswith(_PLAN):
        situation = reference.removeprefix(_PLAN)
        raise OwnedReference(
            reference=reference,
            way_zh=f"放弃方案用 wuding plan cancel --situation {situation}，改变方案请重新求解并执行",
            way_en=f"give the plan up by wuding plan cancel --situation {situation}, or commit another plan",
        )


def release(connection: Connection, *, reference: str, act: Act) -> Operation:
    """Give up everything still reserved for `reference`. Raises UnknownOrder where there is nothing, OwnedReference
    for what a transfer or a plan keeps."""
    check_reference(reference, plans=True)
    operation = begin(connection, "RELEASE", act, {"for": reference})
    if operation.replayed:
        return operation
    pairs = connection.execute(
        select(stores.c.code, items.c.code)
        .select_from(reservations)
        .join(balances, balances.c.id == reservations.c.balance_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .where(reservations.c.reference == reference, reservations.c.quantity > 0)
        .distinct()
    ).all()
    if not pairs:
        raise UnknownOrder(number=reference)
    lock(connection, [(store, item) for store, item in pairs])
    free(connection, operation, reservation_ids(connection, reference))
    return operation


def reservation_ids(connection: Connection, reference: str) -> list[int]:
    rows = connection.execute(
        select(reservations.c.id).where(reservations.c.reference == reference, reservations.c.quantity > 0)
    )
    return sorted(rows.scalars())


def free(connection: Connection, operation: Operation, ids: Iterable[int]) -> None:
    """Release what is left of these reservations; their stores and items are locked."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        rows = connection.execute(
            select(reservations.c.id, reservations.c.balance_id, reservations.c.quantity)
            .where(reservations.c.id.in_(wanted[start : start + 500]), reservations.c.quantity > 0)
            .order_by(reservations.c.id)
        ).all()
        post(connection, operation, [Move("RELEASE", units, source=line) for _, line, units in rows])
        for id_, *_ in rows:
            connection.execute(update(reservations).where(reservations.c.id == id_).values(quantity=Decimal(0)))


def free_newest(connection: Connection, operation: Operation, line: int, units: Decimal) -> None:
    """Release so many of the units reserved on a locked line, those of the newest reservations first."""
    free_some(connection, operation, newest_first(connection, [line]), units)


def newest_first(connection: Connection, lines: Iterable[int]) -> list[Held]:
    """What is reserved on these lines, the newest reservation first."""
    rows = connection.execute(
        select(reservations.c.id, reservations.c.balance_id, reservations.c.quantity)
        .where(reservations.c.balance_id.in_(list(lines)), reservations.c.quantity > 0)
        .order_by(reservations.c.id.desc())
    )
    return [Held(id=id_, line=line, quantity=units) for id_, line, units in rows]


def free_some(connection: Connection, operation: Operation, held: Iterable[Held], units: Decimal) -> dict[int, Decimal]:
    """Release so many of the units held, in the order given, as far as there are any: line -> units released. The
    lines are locked."""
    freed: dict[int, Decimal] = {}
    for one in held:
        part = min(one.quantity, units)
        if part <= 0:
            break
        post(connection, operation, [Move("RELEASE", part, source=one.line)])
        left = one.quantity - part
        connection.execute(update(reservations).where(reservations.c.id == one.id).values(quantity=left))
        freed[one.line] = freed.get(one.line, Decimal(0)) + part
        units -= part
    return freed


def release_expired(connection: Connection, head: Head, *, at: datetime) -> bool:
    """Free the reservations on a locked store and item whose time is over; whether there were any."""
    ids = connection.execute(
        select(reservations.c.id)
        .join(balances, balances.c.id == reservations.c.balance_id)
        .where(
            balances.c.store_id == head.store_id,
            balances.c.item_id == head.item_id,
            reservations.c.quantity > 0,
            reservations.c.expires_at <= at,
        )
    ).scalars()
    over = list(ids)
    if over:
        act = Act(actor="system", reason="EXPIRED_HOLD", at=at)
        free(connection, begin(connection, "RELEASE", act, {}), over)
    return bool(over)


def sweep(connection: Connection, *, at: datetime) -> int:
    """Free every reservation whose time is over; how many there were."""
    rows = connection.execute(
        select(reservations.c.id, stores.c.code, items.c.code)
        .join(balances, balances.c.id == reservations.c.balance_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .where(reservations.c.quantity > 0, reservations.c.expires_at <= at)
    ).all()
    if rows:
        lock(connection, [(store, item) for _, store, item in rows])
        act = Act(actor="system", reason="EXPIRED_HOLD", at=at)
        free(connection, begin(connection, "RELEASE", act, {}), [id_ for id_, *_ in rows])
    return len(rows)
