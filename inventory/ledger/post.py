"""The one place that writes the ledger: an operation, its two-legged movements, and the balances they change.

Order of work in every use case: `begin` (the idempotency key decides whether this was done before), `lock` (the
rows of store and item, in sorted order), read, `post`. Nothing here commits.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, Update, and_, bindparam, case, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from inventory.catalogue import UnknownItem
from inventory.kinds import REASONS
from inventory.ledger.errors import KeyReused, UnknownReason, UnknownStore
from inventory.tables.base import Quantity
from inventory.tables.goods import items
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations, settings, stock_heads

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """Who does it, when, why. `at`: the server's clock; `occurred_at`: what the person says, orders nothing.

    A `key` makes it safe to send the same request again: the second time nothing happens and the first answer
    comes back. Keys are told apart by `scope`, the account or device they come from (the actor, if none is given).
    """

    actor: str
    reason: str
    at: datetime
    key: str | None = None
    scope: str | None = None
    occurred_at: datetime | None = None
    note: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    id: int
    replayed: bool  # this key was used before, for the same request: nothing was done now


@dataclass(frozen=True, slots=True)
class Line:
    """Where units stand: store, bin, lot and state as ids. It need not exist yet."""

    store_id: int
    item_id: int
    lot_id: int
    bin_id: int | None
    state: str
    received: date | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One movement. A leg is a balance id, a line that is found or made, or None for outside."""

    kind: str
    quantity: Decimal
    source: int | None = None
    target: "int | Line | None" = None


@dataclass(frozen=True, slots=True)
class Head:
    """A store and an item that are locked until the transaction ends."""

    store: str
    item: str
    store_id: int
    item_id: int
    tier: str
    reserve_floor: Decimal
    rules: str  # the version of the rules that judge the stock
    place: str | None  # division code: a county may have rules of its own


@cache
def insert_into(dialect: str) -> Any:
    """`insert` with ON CONFLICT, of the dialect in use."""
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


@cache
def _insert_operation(dialect: str) -> Any:
    return insert_into(dialect)(operations).on_conflict_do_nothing().returning(operations.c.id)


def begin(connection: Connection, kind: str, act: Act, request: Mapping[str, Any]) -> Operation:
    """Write the operation, or find the one of the same key. Raises KeyReused where that key asked for something
    else, UnknownReason."""
    if act.reason not in REASONS:
        raise UnknownReason(reason=act.reason, known=", ".join(REASONS))
    scope = act.scope or act.actor
    digest = None if act.key is None else request_hash(kind, request)
    made = connection.execute(
        _insert_operation(connection.dialect.name),
        {
            "kind": kind,
            "scope": scope,
            "idempotency_key": act.key,
            "request_hash": digest,
            "actor": act.actor,
            "reason": act.reason,
            "note": act.note,
            "reference": act.reference,
            "occurred_at": act.occurred_at,
            "recorded_at": act.at,
            "reverses_id": request.get("reverses"),
        },
    ).scalar()
    if made is not None:
        return Operation(made, False)
    found = connection.execute(
        select(operations.c.id, operations.c.request_hash).where(
            operations.c.scope == scope, operations.c.idempotency_key == act.key
        )
    ).first()
    if found is None or found.request_hash != digest:
        raise KeyReused(key=act.key, scope=scope)
    return Operation(found.id, True)


def request_hash(kind: str, request: Mapping[str, Any]) -> str:
    """What tells one request under a key from another."""
    asked = json.dumps({"kind": kind, **request}, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()


_RULES = select(settings.c.value).where(settings.c.name == "rules").scalar_subquery()
_UNLOCKED = (
    select(
        stores.c.code.label("store"),
        items.c.code.label("item"),
        stock_heads.c.store_id,
        stock_heads.c.item_id,
        stores.c.tier,
        stock_heads.c.reserve_floor,
        _RULES.label("rules"),
        stores.c.place_code,
    )
    .join(stores, stores.c.id == stock_heads.c.store_id)
    .join(items, items.c.id == stock_heads.c.item_id)
    .order_by(stock_heads.c.store_id, stock_heads.c.item_id)
)
_HEADS = _UNLOCKED.with_for_update(of=stock_heads)
_HEAD = _HEADS.where(stores.c.code == bindparam("store_code"), items.c.code == bindparam("item_code"))


def lock(connection: Connection, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Head]:
    """Lock (store, item) pairs, in one order for everybody. Raises UnknownStore, UnknownItem."""
    wanted = sorted(set(pairs))
    found: dict[tuple[str, str], Head] = {}
    _find_heads(connection, wanted, found)
    missing = [pair for pair in wanted if pair not in found]
    if missing:
        # made first and locked after, so that the order of locks is the same for everybody
        _make_heads(connection, missing)
        found.clear()
        _find_heads(connection, wanted, found)
    return found


def heads_of(connection: Connection, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Head]:
    """The same for who only looks: nothing is locked and nothing is made; a pair that never held anything is left
    out. Raises UnknownStore, UnknownItem."""
    found: dict[tuple[str, str], Head] = {}
    _find_heads(connection, sorted(set(pairs)), found, _UNLOCKED)
    return found


def lock_all(connection: Connection) -> None:
    """Nobody else moves stock until the transaction ends. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE stock_heads IN EXCLUSIVE MODE")


def _find_heads(
    connection: Connection, wanted: Sequence[tuple[str, str]], found: dict[tuple[str, str], Head],
    heads: Select[Any] = _HEADS,
) -> None:  # fmt: skip
    if len(wanted) == 1 and heads is _HEADS:
        rows = connection.execute(_HEAD, {"store_code": wanted[0][0], "item_code": wanted[0][1]}).all()
    else:
        rows = []
        ids = _ids_of(connection, wanted)
        keys = sorted(key for key in ids.values() if key is not None)
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            either = or_(
                *(and_(stock_heads.c.store_id == store, stock_heads.c.item_id == item) for store, item in part)
            )
            rows += connection.execute(heads.where(either)).all()
    for store, item, store_id, item_id, tier, floor, rules, place in rows:
        found[store, item] = Head(store, item, store_id, item_id, tier, floor or Decimal(0), rules or "", place)


def _ids_of(connection: Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int] | None]:
    store_ids = ids_by_code(connection, stores, {store for store, _ in wanted})
    item_ids = ids_by_code(connection, items, {item for _, item in wanted})
    for store, item in wanted:
        if store not in store_ids:
            raise UnknownStore(store=store)
        if item not in item_ids:
            raise UnknownItem(item=item)
    return {(store, item): (store_ids[store], item_ids[item]) for store, item in wanted}


def ids_by_code(connection: Connection, table: Any, codes: Iterable[str]) -> dict[str, int]:
    """code -> id of the rows of `table` that are there."""
    wanted = sorted(set(codes))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        rows = connection.execute(select(table.c.code, table.c.id).where(table.c.code.in_(wanted[start : start + 500])))
        found.update((code, id_) for code, id_ in rows)
    return found


def _make_heads(connection: Connection, pairs: Sequence[tuple[str, str]]) -> None:
    keys = sorted(key for key in _ids_of(connection, pairs).values() if key is not None)
    connection.execute(
        insert_into(connection.dialect.name)(stock_heads).on_conflict_do_nothing(),
        [{"store_id": store, "item_id": item} for store, item in keys],
    )


_UNITS = bindparam("units", type_=Quantity)


def _on_line(**values: Any) -> Update:
    return update(balances).where(balances.c.id == bindparam("line")).values(**values)


_TAKE = _on_line(quantity=balances.c.quantity - _UNITS)
_GIVE = _on_line(quantity=balances.c.quantity + _UNITS)
_BOTH = (
    update(balances)
    .where(balances.c.id.in_([bindparam("source"), bindparam("line")]))
    .values(
        quantity=case(
            (balances.c.id == bindparam("line"), balances.c.quantity + _UNITS),
            else_=balances.c.quantity - _UNITS,
        )
    )
)
_HOLD = _on_line(reserved=balances.c.reserved + _UNITS)
_FREE = _on_line(reserved=balances.c.reserved - _UNITS)
_LINE = select(balances.c.id).where(
    balances.c.store_id == bindparam("store_id"),
    balances.c.item_id == bindparam("item_id"),
    balances.c.lot_id == bindparam("lot_id"),
    balances.c.state == bindparam("state"),
)


def line_id(connection: Connection, line: Line) -> int:
    """The balance of a line, made empty where there is none. Its store and item must be locked."""
    place = balances.c.bin_id.is_(None) if line.bin_id is None else balances.c.bin_id == line.bin_id
    keys = {
        "store_id": line.store_id,
        "item_id": line.item_id,
        "lot_id": line.lot_id,
        "state": line.state,
    }
    found = connection.execute(_LINE.where(place), keys).scalar()
    if found is not None:
        return int(found)
    made = connection.execute(
        insert(balances).returning(balances.c.id),
        {**keys, "bin_id": line.bin_id, "received": line.received, "quantity": Decimal(0)},
    )
    return int(made.scalar_one())


def post(connection: Connection, operation: Operation, moves: Sequence[Move]) -> list[int]:
    """Write movements and change their balances; the ids of the movements, in the order given.

    Whoever calls holds the locks and has seen that the units are there; should they not be, the database itself
    refuses (IntegrityError), and nothing of the transaction remains.
    """
    rows: list[dict[str, Any]] = []
    for move in moves:
        if move.kind == "RESERVE":
            connection.execute(_HOLD, {"line": move.source, "units": move.quantity})
            target = move.source
        elif move.kind == "RELEASE":
            connection.execute(_FREE, {"line": move.source, "units": move.quantity})
            target = move.source
        else:
            target = line_id(connection, move.target) if isinstance(move.target, Line) else move.target
            legs = {"source": move.source, "line": move.source if target is None else target, "units": move.quantity}
            if move.source is not None and target is not None:
                connection.execute(_BOTH, legs)
            else:
                connection.execute(_TAKE if target is None else _GIVE, legs)
        rows.append(
            {
                "operation_id": operation.id,
                "kind": move.kind,
                "quantity": move.quantity,
                "from_id": move.source,
                "to_id": target,
            }
        )
    if len(rows) == 1:
        return [int(connection.execute(_INSERT_MOVEMENT, rows[0]).scalar_one())]
    if not rows:
        return []
    made = connection.execute(_INSERT_MOVEMENTS, rows)
    return [int(number) for number in made.scalars()]


_INSERT_MOVEMENT = insert(movements).returning(movements.c.id)
_INSERT_MOVEMENTS = insert(movements).returning(movements.c.id, sort_by_parameter_order=True)
