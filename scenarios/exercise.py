"""The book of an exercise: what it keeps for its plan, what left under it and what came back.

An exercise sees the real stock at the moment it looks, less what it has sent out itself; what the live situation
takes meanwhile is gone for the exercise too. Nothing it does is an entry of the ledger: its own rows alone change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from inventory.fefo import BadQuantity, FefoLot, InsufficientStock, allocate
from inventory.files import Table
from inventory.kinds import REASONS
from inventory.ledger.errors import KeyReused, UnknownOrder, UnknownReason
from inventory.ledger.post import Act, ids_by_code, request_hash
from inventory.ledger.spare import Spare, spare
from inventory.tables.base import Quantity
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from optimizer.errors import OptimizerError
from scenarios.incidents import find_situation, still_open
from scenarios.tables import LIVE, PLAN_REFERENCE, exercise_entries, exercise_lines, plans, situations

ZERO = Decimal(0)
EXERCISE = "exercise"
Key = tuple[str, str, str]  # store, item, lot ("" = none)
Units = Mapping[Key, Decimal]
_E, _L = exercise_entries.c, exercise_lines.c


class NotInExercise(OptimizerError):
    """Something that is only done to real stock, asked for an exercise. Facts: situation, what."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an exercise's book, and the lots it moved."""

    id: int
    replayed: bool  # as of an operation
    situation: str
    lines: tuple[tuple[Key, Decimal], ...] = ()


def is_exercise(connection: Connection, situation: str) -> bool:
    """Raises UnknownSituation."""
    return bool(find_situation(connection, situation).kind == EXERCISE)


def exercise_of(connection: Connection, reference: str | None) -> str | None:
    """The exercise whose plan a reference names (`plan:DRILL`); None for every other reference. Raises UnknownOrder for
    one of no situation: a slip of the pen in it must not send real stock."""
    if reference is None or not reference.startswith(PLAN_REFERENCE):
        return None
    code = reference.removeprefix(PLAN_REFERENCE)
    kind = connection.execute(select(situations.c.kind).where(situations.c.code == code)).scalar()
    if kind is None and code != LIVE:  # whose row is made with its first incident
        raise UnknownOrder(number=reference)
    return code if kind == EXERCISE else None


def clock_of(head: Any, act: Act) -> datetime:
    """What time it is in an exercise: its own moment, if it has one."""
    return head.as_of or act.at  # type: ignore[no-any-return]


def enter(connection: Connection, situation: str, kind: str, act: Act, request: Mapping[str, Any]) -> Entry:
    """A new entry, or the one made under the same key: `begin`, for the book of an exercise. Raises KeyReused,
    UnknownReason."""
    if act.reason not in REASONS:
        raise UnknownReason(reason=act.reason, known=", ".join(REASONS))
    known = entered(connection, kind, act, {"situation": situation, **request})
    if known is not None:
        return known
    head = find_situation(connection, situation)
    row = {
        "situation_code": situation, "kind": kind, "scope": act.scope or act.actor, "idempotency_key": act.key,
        "request_hash": None if act.key is None else request_hash(kind, {"situation": situation, **request}),
        "actor": act.actor, "reason": act.reason, "note": act.note, "at": act.occurred_at or clock_of(head, act),
        "recorded_at": act.at,
    }  # fmt: skip
    number = connection.execute(insert(exercise_entries).returning(_E.id), row).scalar_one()
    return Entry(int(number), False, situation)


def entered(connection: Connection, kind: str, act: Act, request: Mapping[str, Any]) -> Entry | None:
    """The entry that was made under the key of the act. Raises KeyReused."""
    if act.key is None:
        return None
    scope = act.scope or act.actor
    row = connection.execute(
        select(_E.id, _E.situation_code, _E.request_hash).where(_E.scope == scope, _E.idempotency_key == act.key)
    ).first()
    if row is None:
        return None
    if row.request_hash != request_hash(kind, request):
        raise KeyReused(key=act.key, scope=scope)
    moved = tuple((key, units) for _, what, key, units, _ in _lines(connection, row.situation_code, entry=row.id)
                  if what != "FREE")  # fmt: skip
    return Entry(row.id, True, row.situation_code, moved)


def write(connection: Connection, entry: Entry, kind: str, units: Units) -> None:
    """Lines of an entry; those of nothing are left out."""
    some = {key: quantity for key, quantity in sorted(units.items()) if quantity}
    store_ids = ids_by_code(connection, stores, [store for store, _, _ in some])
    item_ids = ids_by_code(connection, items, [item for _, item, _ in some])
    rows = [
        {"entry_id": entry.id, "kind": kind, "store_id": store_ids[store], "item_id": item_ids[item], "lot_code": lot,
         "quantity": quantity}
        for (store, item, lot), quantity in some.items()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(exercise_lines), rows)


def freed_by(connection: Connection, entry: Entry) -> dict[Key, Decimal]:
    """What an entry set free."""
    lines = _lines(connection, entry.situation, entry=entry.id)
    return {key: units for _, kind, key, units, _ in lines if kind == "FREE"}


def in_force_by(connection: Connection, entry: Entry, plan: int) -> None:
    """The plan that an entry put in force."""
    connection.execute(update(exercise_entries).where(_E.id == entry.id).values(plan_id=plan))


def _lines(
    connection: Connection, situation: str, *, entry: int | None = None
) -> Iterable[tuple[int, str, Key, Decimal, datetime]]:
    wanted = (
        select(_E.id, _L.kind, stores.c.code, items.c.code, _L.lot_code, _L.quantity, _E.at)
        .join(exercise_lines, _L.entry_id == _E.id)
        .join(stores, stores.c.id == _L.store_id)
        .join(items, items.c.id == _L.item_id)
        .where(_E.situation_code == situation)
        .order_by(_L.id)
    )
    for number, kind, store, item, lot, units, at in connection.execute(
        wanted if entry is None else wanted.where(_E.id == entry)
    ):
        yield number, kind, (store, item, lot), units, at


def issues_of(connection: Connection, situation: str) -> Iterable[tuple[int, Key, Decimal, datetime]]:
    """(entry, lot, units, when) of all that left."""
    return ((number, key, units, at) for number, kind, key, units, at in _lines(connection, situation)
            if kind == "ISSUE")  # fmt: skip


def runs_of(connection: Connection, situation: str) -> Iterable[tuple[int, int, str]]:
    """(entry that put it in force, plan, digest of its content), oldest first."""
    rows = connection.execute(
        select(_E.id, plans.c.id, plans.c.sha256)
        .join(plans, plans.c.id == _E.plan_id)
        .where(_E.situation_code == situation, _E.kind == "PLAN")
        .order_by(_E.id)
    )
    return (tuple(row) for row in rows)  # type: ignore[misc]


def kept(connection: Connection, situation: str) -> dict[Key, Decimal]:
    """What is kept for the plan in force, by lot."""
    return _sums(connection, situation, "KEEP", "FREE")


def out(connection: Connection, situation: str) -> dict[Key, Decimal]:
    """What left and has not come back, by lot."""
    return _sums(connection, situation, "ISSUE", "RETURN")


def _sums(connection: Connection, situation: str, plus: str, minus: str) -> dict[Key, Decimal]:
    total = func.sum(case((_L.kind == plus, _L.quantity), else_=-_L.quantity)).cast(Quantity)
    rows = connection.execute(
        select(stores.c.code, items.c.code, _L.lot_code, total)
        .join(exercise_entries, _E.id == _L.entry_id)
        .join(stores, stores.c.id == _L.store_id)
        .join(items, items.c.id == _L.item_id)
        .where(_E.situation_code == situation, _L.kind.in_([plus, minus]))
        .group_by(stores.c.code, items.c.code, _L.lot_code)
    )
    return {(store, item, lot): units for store, item, lot, units in sorted(map(tuple, rows)) if units > 0}


def without_what_is_out(connection: Connection, situation: str, stock: Table) -> Table:
    """Stock as a file has it, less what the exercise has in hand: off the serviceable lines of each lot."""
    left = out(connection, situation)
    if not left:
        return stock
    columns = {name: list(values) for name, values in stock.columns.items()}
    lines = zip(*(columns[name] for name in ("store", "item", "lot", "state", "bin")), strict=True)
    for at, (store, item, lot, state, bin_) in enumerate(lines):
        key = store, item, lot or ""
        if state == "serviceable" and bin_ is not None and left.get(key):
            part = min(left[key], columns["quantity"][at])
            columns["quantity"][at] -= part
            left[key] -= part
    return Table(stock.name, columns, stock.row_numbers)


def drawable(
    connection: Connection, situation: str, pairs: Iterable[tuple[str, str]], *, at: datetime
) -> dict[tuple[str, str], Spare]:
    """What an exercise could take of these stores and items, kept units of its own included. Raises UnknownStore,
    UnknownItem."""
    found = spare(connection, pairs, at=at)
    for (store, item, lot), units in out(connection, situation).items():
        if (store, item) in found:
            found[store, item].gone(lot, units)
    return found


def issue_kept(connection: Connection, situation: str, *, act: Act, store: str | None = None) -> Entry:
    """What is kept for the plan of an exercise leaves, all of it or that of one store; every unit must still be there
    and fit. Raises UnknownOrder where nothing is kept, InsufficientStock, NotDispatchable, SituationClosed."""
    head = still_open(connection, situation, locked=True)
    entry = enter(connection, situation, "ISSUE", act, {"kept": situation, "store": store})
    if entry.replayed:
        return entry
    leaves = {key: units for key, units in kept(connection, situation).items() if store in (None, key[0])}
    if not leaves:
        raise UnknownOrder(number=f"{PLAN_REFERENCE}{situation}")
    pairs = {key[:2] for key in leaves}
    there = drawable(connection, situation, pairs, at=clock_of(head, act))
    for (at_store, item, lot), units in sorted(leaves.items()):
        there[at_store, item].take(units, lot=lot)
    write(connection, entry, "FREE", leaves)
    write(connection, entry, "ISSUE", leaves)
    return Entry(entry.id, False, situation, tuple(sorted(leaves.items())))


def issue_more(
    connection: Connection, situation: str, *, store: str, item: str, quantity: Decimal, act: Act,
    lot: str | None = None,
) -> Entry:  # fmt: skip
    """Units beyond those of the plan leave, first expired first, never those kept for it. Raises what `issue` raises,
    SituationClosed."""
    head = still_open(connection, situation, locked=True)
    request = {"store": store, "item": item, "quantity": quantity, "lot": lot}
    entry = enter(connection, situation, "ISSUE", act, request)
    if entry.replayed:
        return entry
    (there,) = drawable(connection, situation, [(store, item)], at=clock_of(head, act)).values()
    for key, units in kept(connection, situation).items():
        if key[:2] == (store, item):
            there.gone(key[2], units)
    if not quantity.is_finite() or quantity <= 0:
        raise BadQuantity(item=item, store=store, quantity=quantity)
    taken = {(store, item, code): units for code, units in there.take(quantity, lot=lot)}
    write(connection, entry, "ISSUE", taken)
    return Entry(entry.id, False, situation, tuple(taken.items()))


def take_back(
    connection: Connection, situation: str, *, store: str, item: str, quantity: Decimal, act: Act,
    lot: str | None = None, damaged: Decimal = ZERO,
) -> Entry:  # fmt: skip
    """Units come back to an exercise; the damaged ones stay out, as nobody can draw on them. Raises BadQuantity,
    InsufficientStock where fewer are out, SituationClosed."""
    still_open(connection, situation, locked=True)
    if not all(one.is_finite() and one >= 0 for one in (quantity, damaged)) or damaged > quantity or not quantity:
        raise BadQuantity(item=item, store=store, quantity=quantity)
    request = {"store": store, "item": item, "quantity": quantity, "lot": lot, "damaged": damaged}
    entry = enter(connection, situation, "RETURN", act, request)
    if entry.replayed:
        return entry
    away = {key[2]: units for key, units in out(connection, situation).items()
            if key[:2] == (store, item) and lot in (None, key[2])}  # fmt: skip
    if quantity > sum(away.values(), ZERO):
        raise InsufficientStock(item=item, store=store, asked=quantity, available=sum(away.values(), ZERO))
    expiries = connection.execute(
        select(lots.c.code, lots.c.expires).join(items, items.c.id == lots.c.item_id).where(items.c.code == item)
    )
    until = {row.code: row.expires for row in expiries}
    back: dict[Key, Decimal] = {}
    if quantity > damaged:
        asked = [FefoLot(code, units, until.get(code)) for code, units in away.items()]
        back = {(store, item, code): units for code, units in allocate(quantity - damaged, asked, item=item,
                                                                      store=store)}  # fmt: skip
    write(connection, entry, "RETURN", back)
    return Entry(entry.id, False, situation, tuple(back.items()))
