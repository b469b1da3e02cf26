"""Does the book agree with its own history? Every balance is worked out anew from the ledger and compared."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, case, func, select, text

from inventory.tables.base import Quantity
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, reservations


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree. `what`: quantity, reserved, reservations, or file (the database file itself)."""

    what: str
    store: str
    item: str
    lot: str
    book: Decimal | str
    replayed: Decimal | str


@dataclass(frozen=True, slots=True)
class Verified:
    balances: int
    movements: int
    differences: tuple[Difference, ...]


def verify(connection: Connection) -> Verified:
    """Replay the ledger. Quantity = what came less what went; reserved = RESERVE less RELEASE = what live
    reservations hold. On SQLite the file is checked as well."""
    own = movements.c.kind.in_(["RESERVE", "RELEASE"])
    came = (
        select(movements.c.to_id.label("line"), func.sum(movements.c.quantity).label("units"))
        .where(movements.c.to_id.is_not(None), ~own)
        .group_by(movements.c.to_id)
        .subquery()
    )
    went = (
        select(movements.c.from_id.label("line"), func.sum(movements.c.quantity).label("units"))
        .where(movements.c.from_id.is_not(None), ~own)
        .group_by(movements.c.from_id)
        .subquery()
    )
    signed = case((movements.c.kind == "RESERVE", movements.c.quantity), else_=-movements.c.quantity)
    kept = (
        select(movements.c.to_id.label("line"), func.sum(signed).label("units"))
        .where(own)
        .group_by(movements.c.to_id)
        .subquery()
    )
    live = (
        select(reservations.c.balance_id.label("line"), func.sum(reservations.c.quantity).label("units"))
        .group_by(reservations.c.balance_id)
        .subquery()
    )
    nothing = text("0")
    replayed = (func.coalesce(came.c.units, nothing) - func.coalesce(went.c.units, nothing)).cast(Quantity)
    reserved = func.coalesce(kept.c.units, nothing).cast(Quantity)
    holding = func.coalesce(live.c.units, nothing).cast(Quantity)
    rows = connection.execute(
        select(
            stores.c.code, items.c.code, lots.c.code, balances.c.quantity, replayed, balances.c.reserved, reserved,
            holding,
        )
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(came, came.c.line == balances.c.id)
        .outerjoin(went, went.c.line == balances.c.id)
        .outerjoin(kept, kept.c.line == balances.c.id)
        .outerjoin(live, live.c.line == balances.c.id)
        .where((balances.c.quantity != replayed) | (balances.c.reserved != reserved) | (balances.c.reserved != holding))
        .order_by(balances.c.id)
    )  # fmt: skip
    found: list[Difference] = []
    for store, item, lot, quantity, quantity_again, held, held_again, live_units in rows:
        for what, book, again in (
            ("quantity", quantity, quantity_again),
            ("reserved", held, held_again),
            ("reservations", held, live_units),
        ):
            if book != again:
                found.append(Difference(what, store, item, lot, book, again))
    if connection.dialect.name == "sqlite":
        found += _file(connection)
    counts = [
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (balances, movements)
    ]
    return Verified(counts[0], counts[1], tuple(found))


def _file(connection: Connection) -> list[Difference]:
    said = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    broken = [tuple(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    faults = [line for line in said if line != "ok"] + [str(row) for row in broken]
    return [Difference("file", "-", "-", "-", fault, "ok") for fault in faults]
