"""Serialised units (one piece, one number): what one is, where it stands, and everything that was done to it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, or_, select

from inventory.errors import InventoryError
from inventory.five_fixed import shanghai_day
from inventory.kinds import ELSEWHERE
from inventory.tables.care import maintenance
from inventory.tables.goods import assets, items, lots
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances, movements, operations


class UnknownAsset(InventoryError):
    """No serialised unit of that number. Facts: serial."""


class SerialsDiffer(InventoryError):
    """Not as many serial numbers as units. Facts: item, quantity, serials."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a unit stands; `state` issued or in_transit = away from that store."""

    store: str
    bin: str | None
    state: str


@dataclass(frozen=True, slots=True)
class AssetMove:
    """One movement of the unit; a leg of None is outside."""

    operation: int
    recorded_at: datetime
    kind: str
    reason: str
    actor: str
    reference: str | None
    note: str | None
    source: Standing | None
    target: Standing | None


@dataclass(frozen=True, slots=True)
class AssetCheck:
    """A check of the unit. `all_units`: done to every unit of the item in the store, while this one stood there."""

    done_on: date
    kind: str
    result: str  # PASSED or FAILED
    store: str
    actor: str
    note: str | None
    all_units: bool


@dataclass(frozen=True, slots=True)
class Asset:
    """The history of one unit, the oldest first. `standing` None = written off."""

    serial: str
    item: str
    model: str | None
    maker: str | None
    acquired: date | None
    made: date | None
    expires: date | None
    standing: Standing | None
    moves: tuple[AssetMove, ...]
    checks: tuple[AssetCheck, ...]


def asset_history(connection: Connection, serial: str) -> Asset:
    """Raises UnknownAsset."""
    row = connection.execute(
        select(assets, lots.c.item_id, lots.c.made, lots.c.expires, items.c.code.label("item"))
        .join(lots, lots.c.id == assets.c.lot_id)
        .join(items, items.c.id == lots.c.item_id)
        .where(assets.c.serial == serial)
    ).first()
    if row is None:
        raise UnknownAsset(serial=serial)
    # a file may describe the one unit again (another price): its movements lie on every line of its number
    same = select(lots.c.id).where(lots.c.item_id == row.item_id, lots.c.code == serial)
    lines: dict[int, Standing] = {}
    standing: Standing | None = None
    for id_, store, bin_, state, units in connection.execute(
        select(balances.c.id, stores.c.code, bins.c.code, balances.c.state, balances.c.quantity)
        .join(stores, stores.c.id == balances.c.store_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(balances.c.lot_id.in_(same))
        .order_by(balances.c.id)
    ):
        lines[id_] = Standing(store, bin_, state)
        if units > 0:
            standing = lines[id_]
    moves = _moves(connection, lines)
    checks = _checks(connection, row.item_id, serial, moves)
    return Asset(
        serial, row.item, row.model, row.maker, row.acquired, row.made, row.expires, standing, moves, checks
    )  # fmt: skip


def _moves(connection: Connection, lines: dict[int, Standing]) -> tuple[AssetMove, ...]:
    known = list(lines)
    wanted = (
        select(
            operations.c.id, operations.c.recorded_at, movements.c.kind, operations.c.reason, operations.c.actor,
            operations.c.reference, operations.c.note, movements.c.from_id, movements.c.to_id,
        )
        .join(operations, operations.c.id == movements.c.operation_id)
        .where(or_(movements.c.from_id.in_(known), movements.c.to_id.in_(known)))
        .order_by(movements.c.id)
    )  # fmt: skip
    return tuple(
        AssetMove(
            row.id, row.recorded_at, row.kind, row.reason, row.actor, row.reference, row.note,
            lines.get(row.from_id), lines.get(row.to_id),
        )
        for row in connection.execute(wanted)
    )  # fmt: skip


def _checks(connection: Connection, item_id: int, serial: str, moves: tuple[AssetMove, ...]) -> tuple[AssetCheck, ...]:
    """Its own checks, and those of all units of the item on days when it stood in the store they were done in."""
    stays = [(shanghai_day(move.recorded_at), move.target) for move in moves]

    def stood_in(store: str, day: date) -> bool:
        last: Standing | None = None
        for since, place in stays:
            if since > day:
                break
            last = place
        return last is not None and last.store == store and last.state not in ELSEWHERE

    of = maintenance.c
    rows = connection.execute(
        select(of.done_on, of.kind, of.result, stores.c.code, of.actor, of.note, of.lot_code)
        .join(stores, stores.c.id == of.store_id)
        .where(of.item_id == item_id, or_(of.lot_code == serial, of.lot_code.is_(None)))
        .order_by(of.done_on, of.id)
    )
    return tuple(
        AssetCheck(day, kind, result, store, actor, note, lot is None)
        for day, kind, result, store, actor, note, lot in rows
        if lot is not None or stood_in(store, day)
    )
