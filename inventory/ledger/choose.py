"""Which units leave a store: fit ones, first expired first, neither reserved for others nor kept back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, insert

from inventory.fefo import FefoLot, InsufficientStock, allocate, check_positive
from inventory.five_fixed import LotGate, RuleBook, shanghai_day
from inventory.ledger.errors import NotDispatchable, NotWhole, OverrideIncomplete
from inventory.ledger.post import Act, Head, Operation
from inventory.ledger.release import release_expired
from inventory.ledger.rules import rule_book
from inventory.ledger.stock_lines import Stock, fit_lines, judge, lines_of
from inventory.tables.care import overrides

ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """A gate lifted in an emergency, on record: who answers for it, and why."""

    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What goes out of one line."""

    line: Stock
    quantity: Decimal
    issued: int | None = None  # the line of issued units of the same lot, where there is one already


def choose(
    connection: Connection, head: Head, quantity: Decimal, *, act: Act, lot: str | None = None,
    override: Override | None = None, operation: Operation | None = None, judged_at: datetime | None = None,
) -> list[Taken]:  # fmt: skip
    """Which units would leave a locked store, first expired first. An override is put on record under `operation`.
    `judged_at`: the moment whose day decides what is fit (of a plan; else that of the act).
    """
    moment = judged_at or act.at
    check_positive(quantity, item=head.item, store=head.store)
    if override is not None and not (override.person.strip() and override.reason.strip()):
        raise OverrideIncomplete
    lines = lines_of(connection, head)
    if any(line.reserved for line in lines) and release_expired(connection, head, at=act.at):
        lines = lines_of(connection, head)
    book = rule_book(connection, head.rules, county=head.place)
    check_whole(book, head.item, quantity)
    gates = judge(connection, head, lines, book, at=moment)
    chosen = [line for line in lines if lot is None or line.lot == lot]
    fit = fit_lines(chosen, gates, at=moment)
    free = sum((line.free for line in fit), ZERO)
    # what every task done would leave free of the floor: the floor binds the store, not the lot
    spare = sum((line.free for line in fit_lines(lines, gates, at=moment)), ZERO) - head.reserve_floor
    may = max(min(free, spare), ZERO)
    if quantity <= may:
        issued = {line.lot_id: line.id for line in lines if line.state == "issued"}
        return [replace(one, issued=issued.get(one.line.lot_id)) for one in first_expired(head, fit, quantity)]
    held = liftable(chosen, fit, gates, at=moment)
    held_units = sum((line.free for line in held), ZERO)
    if override is None:
        if quantity <= may + held_units and held_units > 0:
            tasks = sorted({task for line in held for task in gates[line.lot].blocked})
            facts = {"asked": quantity, "free": may, "held": held_units, "tasks": tasks or ["-"]}
            raise NotDispatchable(store=head.store, item=head.item, **facts)
        raise InsufficientStock(item=head.item, store=head.store, asked=quantity, available=may)
    return _overridden(connection, head, fit, held, gates, quantity, may, act, override, operation)


def check_whole(book: RuleBook, item: str, quantity: Decimal) -> None:
    """A serialised unit cannot be parted. Raises NotWhole."""
    if book.catalogue[item].serialised and quantity != quantity.to_integral_value():
        raise NotWhole(item=item, quantity=quantity)


def first_expired(head: Head, lines: Sequence[Stock], quantity: Decimal) -> list[Taken]:
    by_key = {line.fefo_key: line for line in lines}
    lots = [FefoLot(key, line.free, line.expires) for key, line in by_key.items()]
    return [Taken(by_key[key], units) for key, units in allocate(quantity, lots, item=head.item, store=head.store)]


def liftable(
    chosen: Sequence[Stock], fit: Sequence[Stock], gates: Mapping[str, LotGate], *, at: datetime
) -> list[Stock]:
    """Units that only a gate holds: unfit ones are serviceable in the book, and neither past their day nor retired."""
    day = shanghai_day(at)
    known = {line.id for line in fit}
    return [
        line
        for line in chosen
        if line.id not in known
        and line.state in ("serviceable", "quarantined", "damaged")
        and gates[line.lot].held > 0
        and (line.usable_until is None or line.usable_until >= day)
    ]


def _overridden(
    connection: Connection, head: Head, fit: Sequence[Stock], held: Sequence[Stock], gates: Mapping[str, LotGate],
    quantity: Decimal, may: Decimal, act: Act, override: Override, operation: Operation | None,
) -> list[Taken]:  # fmt: skip
    """Fit units first, those beyond `may` out of the reserve floor; then those a gate holds: on record with what
    held them."""
    free = sum((line.free for line in fit), ZERO)
    held_units = sum((line.free for line in held), ZERO)
    if quantity > free + held_units:
        raise InsufficientStock(item=head.item, store=head.store, asked=quantity, available=free + held_units)
    taken = first_expired(head, fit, min(free, quantity)) if free else []
    lifted = first_expired(head, held, quantity - free) if quantity > free else []
    record = [(one, ["RESERVE_FLOOR"]) for one in _last(taken, min(free, quantity) - may)]
    record += [(one, list(gates[one.line.lot].blocked) or [one.line.state]) for one in lifted]
    if operation is not None:
        rows = [
            {
                "operation_id": operation.id,
                "balance_id": one.line.id,
                "blocked": blocked,
                "quantity": one.quantity,
                "person": override.person,
                "reason": override.reason,
                "recorded_at": act.at,
            }
            for one, blocked in record
        ]
        connection.execute(insert(overrides), rows)
    return taken + lifted


def _last(taken: Sequence[Taken], quantity: Decimal) -> list[Taken]:
    """The last so many units of what is taken."""
    last: list[Taken] = []
    for one in reversed(taken):
        part = min(one.quantity, quantity)
        if part <= 0:
            break
        last.append(replace(one, quantity=part))
        quantity -= part
    return last
