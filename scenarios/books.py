"""The books a plan is kept in: the ledger of the real stock, or the own book of an exercise. Which of them is the
situation's to say, and nobody else's: an exercise is never handed the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import Column, Connection, Select, select, update

from inventory.errors import InventoryError
from inventory.ledger.choose import choose
from inventory.ledger.post import Act, Head, Operation, begin, lock
from inventory.ledger.release import Held, free_some, release_expired
from inventory.ledger.reserve import hold
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, reservations
from optimizer.errors import OptimizerError
from scenarios import exercise
from scenarios.deliveries import plan_reference

ZERO = Decimal(0)
Key = tuple[str, str, str]  # store, item, lot ("" = none)
Turned = tuple[dict[Key, Decimal], dict[Key, Decimal]]  # kept anew, set free


@dataclass(frozen=True, slots=True)
class Change:
    """A lot of which a plan takes more than there is now."""

    store: str
    item: str
    lot: str
    quantity: Decimal  # the plan takes
    available: Decimal  # it could take now


class PlanStale(OptimizerError):
    """Stock a plan draws on has changed since it was made. Facts: lines (count), first; `changes` lists all."""

    def __init__(self, changes: Sequence["Change"]) -> None:
        self.changes = tuple(changes)
        one = self.changes[0]
        super().__init__(
            lines=len(self.changes), store=one.store, item=one.item, lot=one.lot or "-", needed=one.quantity,
            now=one.available,
        )  # fmt: skip


class Books(Protocol):
    """One entry and what it does. Its `begin` comes first and decides whether the same was done before."""

    def begin(self, kind: str, act: Act, request: Mapping[str, Any]) -> bool:
        """Whether this was done before under the same key. Raises KeyReused."""
        ...

    @property
    def operation(self) -> int | None:
        """The operation of the ledger, where there is one."""
        ...

    def turn(
        self, wanted: Mapping[Key, Decimal], act: Act, *, expires_at: datetime | None, judged_at: datetime | None
    ) -> Turned:
        """Keep so much of each lot from now on, instead of what is kept. Raises PlanStale."""
        ...

    def put_in_force(self, plan: int) -> None: ...

    def empty(self) -> dict[Key, Decimal]:
        """Everything is free again."""
        ...

    def freed(self) -> dict[Key, Decimal]:
        """What the entry that was made before set free."""
        ...


def books_of(connection: Connection, head: Any) -> Books:
    """Those of a situation, by its row."""
    if head.kind == exercise.EXERCISE:
        return _Exercise(connection, head)
    return _Ledger(connection, plan_reference(head.code))


class _Exercise:
    def __init__(self, connection: Connection, head: Any) -> None:
        self.connection, self.head = connection, head
        self.operation = None
        self.entry: exercise.Entry

    def begin(self, kind: str, act: Act, request: Mapping[str, Any]) -> bool:
        kind = "PLAN" if kind == "RESERVE" else "CANCEL"
        self.entry = exercise.enter(self.connection, self.head.code, kind, act, request)
        return self.entry.replayed

    def turn(
        self, wanted: Mapping[Key, Decimal], act: Act, *, expires_at: datetime | None, judged_at: datetime | None
    ) -> Turned:
        """All of it is judged anew: what the live situation took meanwhile is gone. Units are kept until the plan is
        replaced or given up, as time stands still in an exercise that plays at a moment of its own."""
        held = exercise.kept(self.connection, self.head.code)
        at = judged_at or exercise.clock_of(self.head, act)
        there = exercise.drawable(self.connection, self.head.code, {key[:2] for key in wanted}, at=at)
        stale: list[Change] = []
        for (store, item, lot), units in sorted(wanted.items()):
            try:
                if units:
                    there[store, item].take(units, lot=lot)
            except InventoryError:
                stale.append(Change(store, item, lot, units, there[store, item].of(lot)))
        if stale:
            raise PlanStale(stale)
        kept, freed = _over(wanted, held), _over(held, wanted)
        exercise.write(self.connection, self.entry, "FREE", freed)
        exercise.write(self.connection, self.entry, "KEEP", kept)
        return kept, freed

    def put_in_force(self, plan: int) -> None:
        exercise.in_force_by(self.connection, self.entry, plan)

    def empty(self) -> dict[Key, Decimal]:
        held = exercise.kept(self.connection, self.head.code)
        exercise.write(self.connection, self.entry, "FREE", held)
        return held

    def freed(self) -> dict[Key, Decimal]:
        return exercise.freed_by(self.connection, self.entry)


def _over(more: Mapping[Key, Decimal], less: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    """What is in the one and not in the other."""
    return {key: units - less.get(key, ZERO) for key, units in sorted(more.items()) if units > less.get(key, ZERO)}


class _Ledger:
    def __init__(self, connection: Connection, reference: str) -> None:
        self.connection, self.reference = connection, reference
        self.entry: Operation

    @property
    def operation(self) -> int | None:
        return self.entry.id

    def begin(self, kind: str, act: Act, request: Mapping[str, Any]) -> bool:
        self.entry = begin(self.connection, kind, act, request)
        return self.entry.replayed

    def turn(
        self, wanted: Mapping[Key, Decimal], act: Act, *, expires_at: datetime | None, judged_at: datetime | None
    ) -> Turned:
        connection, reference = self.connection, self.reference
        before = _held(connection, reference)
        heads = lock(connection, {(store, item) for store, item, _ in (*wanted, *before)})
        for pair in sorted(heads):
            release_expired(connection, heads[pair], at=act.at)
        held = _held(connection, reference)  # only now it is sure what is still kept
        released = _release(connection, self.entry, held, wanted)
        reserved = _reserve(connection, self.entry, heads, held, wanted, act, reference, expires_at,
                            judged_at=judged_at)  # fmt: skip
        connection.execute(
            update(reservations)
            .where(reservations.c.reference == reference, reservations.c.quantity > ZERO)
            .values(expires_at=expires_at)
        )
        return reserved, released

    def put_in_force(self, plan: int) -> None:
        """The plan names the operation."""

    def empty(self) -> dict[Key, Decimal]:
        held = _held(self.connection, self.reference)
        lock(self.connection, {(store, item) for store, item, _ in held})
        return _release(self.connection, self.entry, held, {})

    def freed(self) -> dict[Key, Decimal]:
        return _released_by(self.connection, self.entry)


@dataclass(frozen=True, slots=True)
class Kept:
    """Units kept for a plan."""

    store: str
    item: str
    lot: str
    quantity: Decimal
    until: datetime | None


def kept_for(connection: Connection, head: Any) -> tuple[Kept, ...]:
    """What is kept for the plan in force of a situation, by its row."""
    if head.kind == exercise.EXERCISE:
        return tuple(Kept(*key, units, None) for key, units in exercise.kept(connection, head.code).items())
    rows = connection.execute(
        _by_lot(reservations.c.balance_id, reservations.c.quantity, reservations.c.expires_at)
        .where(reservations.c.reference == plan_reference(head.code), reservations.c.quantity > ZERO)
        .order_by(stores.c.code, items.c.code, lots.c.code, reservations.c.id)
    )
    return tuple(Kept(*row) for row in rows)


def _by_lot(line: Column[Any], *columns: Column[Any]) -> Select[Any]:
    """Store, item and lot of the balance that `line` names, and these columns beside."""
    return (
        select(stores.c.code, items.c.code, lots.c.code, *columns)
        .join(balances, balances.c.id == line)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
    )


def _held(connection: Connection, reference: str) -> dict[Key, list[Held]]:
    """What is reserved under the reference now, by lot; the newest reservation first, so that it goes first."""
    rows = connection.execute(
        _by_lot(reservations.c.balance_id, reservations.c.id, reservations.c.balance_id, reservations.c.quantity)
        .where(reservations.c.reference == reference, reservations.c.quantity > ZERO)
        .order_by(reservations.c.id.desc())
    )  # fmt: skip
    found: dict[Key, list[Held]] = {}
    for store, item, lot, id_, line, units in rows:
        found.setdefault((store, item, lot), []).append(Held(id_, line, units))
    return found


def _release(
    connection: Connection, operation: Operation, held: Mapping[Key, Iterable[Held]], wanted: Mapping[Key, Decimal]
) -> dict[Key, Decimal]:
    released: dict[Key, Decimal] = {}
    for key in sorted(held):
        over = sum((one.quantity for one in held[key]), ZERO) - wanted.get(key, ZERO)
        if over > 0:
            released[key] = over
        free_some(connection, operation, held[key], over)
    return released


def _released_by(connection: Connection, operation: Operation) -> dict[Key, Decimal]:
    rows = connection.execute(
        _by_lot(movements.c.from_id, movements.c.quantity).where(
            movements.c.operation_id == operation.id, movements.c.kind == "RELEASE"
        )
    )
    released: dict[Key, Decimal] = {}
    for store, item, lot, units in rows:
        released[store, item, lot] = released.get((store, item, lot), ZERO) + units
    return released


def _reserve(
    connection: Connection, operation: Operation, heads: Mapping[tuple[str, str], Head],
    held: Mapping[Key, Iterable[Held]], wanted: Mapping[Key, Decimal], act: Act, reference: str,
    expires_at: datetime | None, *, judged_at: datetime | None,
) -> dict[Key, Decimal]:  # fmt: skip
    """Every line that can no longer be kept is found before anybody hears of one."""
    reserved: dict[Key, Decimal] = {}
    stale: list[Change] = []
    for key in sorted(wanted):
        store, item, lot = key
        head = heads[store, item]
        have = sum((one.quantity for one in held.get(key, ())), ZERO)
        more = wanted[key] - have
        if more <= 0:
            continue
        try:
            hold(connection, operation, head, more, act=act, reference=reference, expires_at=expires_at, lot=lot,
                 judged_at=judged_at)  # fmt: skip
            reserved[key] = more
        except InventoryError:
            most = _most(connection, head, lot, act, judged_at=judged_at)
            stale.append(Change(store, item, lot, wanted[key], have + most))
    if stale:
        raise PlanStale(stale)
    return reserved


def _most(connection: Connection, head: Head, lot: str, act: Act, *, judged_at: datetime | None) -> Decimal:
    """The most that could be taken of a lot now."""
    try:
        choose(connection, head, Decimal(10) ** 9, act=act, lot=lot, judged_at=judged_at)
    except InventoryError as short:
        return Decimal(short.facts.get("free", short.facts.get("available", ZERO)))
    return Decimal(10) ** 9
