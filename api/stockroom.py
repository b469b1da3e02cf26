"""What people do with stock that takes more than one step of the ledger, and looks that are made of several.

Every function works on a connection: who calls it opens the transaction (`api.office`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inventory.five_fixed.records import SHANGHAI

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inventory.ledger.pages import Card, Cursor, StockPage, StockRow
    from inventory.ledger.post import Act, Operation
    from inventory.ledger.receive import LotFacts
    from inventory.ledger.replenish import Suggestion
    from scenarios.exercise import Entry

ALL_PAGES = 2000  # lines read at a time when all are asked for


def stock_lines(
    connection: "Connection", *, after: "Cursor | None" = None, limit: int = 50, whole: bool = False, **filters: Any
) -> "StockPage":
    """One page of stock; with `whole` every line there is."""
    from inventory.ledger.pages import StockPage, stock_page

    if not whole:
        return stock_page(connection, after=after, limit=limit, **filters)
    rows: list[StockRow] = []
    while True:
        page = stock_page(connection, after=after, limit=ALL_PAGES, **filters)
        rows += page.rows
        after = page.next
        if after is None:
            return StockPage(tuple(rows), None)


@dataclass(frozen=True, slots=True)
class Available:
    store: str
    item: str
    available: Decimal


def available_units(
    connection: "Connection", *, as_of: datetime, place: str | None = None, store: str | None = None,
    item: str | None = None,
) -> list[Available]:  # fmt: skip
    """Available units of every store and item that hold any stock at all. Raises UnknownStore, UnknownItem."""
    from inventory.catalogue import UnknownItem
    from inventory.ledger.errors import UnknownStore
    from inventory.ledger.post import ids_by_code
    from inventory.ledger.stock_lines import available
    from inventory.tables.goods import items
    from inventory.tables.places import stores

    if store is not None and not ids_by_code(connection, stores, [store]):
        raise UnknownStore(store=store)
    if item is not None and not ids_by_code(connection, items, [item]):
        raise UnknownItem(item=item)
    found = available(connection, as_of=as_of, place=place, store=store)
    return [Available(*pair, units) for pair, units in sorted(found.items()) if item in (None, pair[1])]


def whole_card(
    connection: "Connection", *, store: str, item: str, lot: str | None = None, first: date | None = None,
    last: date | None = None,
) -> "Card":  # fmt: skip
    """The stock card from one Shanghai day to another, both included, with every row. Raises UnknownStore,
    UnknownItem."""
    from inventory.ledger.pages import stock_card

    after = 0 if first is None else _last_before(connection, midnight(first))
    until = None if last is None else midnight(last + timedelta(days=1))
    card = stock_card(connection, store=store, item=item, lot=lot, after=after, until=until, limit=ALL_PAGES)
    rows = list(card.rows)
    while card.more:
        card = replace(
            stock_card(connection, store=store, item=item, lot=lot, after=rows[-1].movement, until=until,
                       limit=ALL_PAGES),
            opening=card.opening,
        )  # fmt: skip
        rows += card.rows
    return replace(card, rows=tuple(rows))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _last_before(connection: "Connection", moment: datetime) -> int:
    """The last movement recorded before a moment; 0 = none."""
    from sqlalchemy import func, select

    from inventory.tables.stock import movements, operations

    wanted = (
        select(func.coalesce(func.max(movements.c.id), 0))
        .join(operations, operations.c.id == movements.c.operation_id)
        .where(operations.c.recorded_at < moment)
    )
    return int(connection.execute(wanted).scalar_one())


def take_in(
    connection: "Connection", *, act: "Act", store: str, item: str, quantity: Decimal, lot: "LotFacts",
    bin: str | None = None, package: str | None = None, serials: Sequence[str] = (),
) -> "Operation":  # fmt: skip
    """Receive units, `quantity` packages of them, or serialised units one by one.

    Raises SerialsDiffer where the serial numbers are not as many as the units; what `receive` raises.
    """
    from inventory.ledger.assets import SerialsDiffer
    from inventory.ledger.kits import units_of
    from inventory.ledger.receive import receive, receive_assets

    units = quantity if package is None else units_of(connection, item=item, package=package, count=quantity)
    if not serials:
        return receive(connection, store=store, item=item, quantity=units, act=act, lot=lot, bin=bin)
    if units != len(serials):
        raise SerialsDiffer(item=item, quantity=units, serials=len(serials))
    return receive_assets(connection, store=store, item=item, serials=serials, act=act, lot=lot, bin=bin)


def hand_out(connection: "Connection", *, act: "Act", **what: Any) -> "tuple[Operation, list[Taken]]":
    """Issue units, and say which lots they came from, off which shelf. Raises what `issue` raises."""
    from inventory.ledger.issue import issue

    done = issue(connection, act=act, **what)
    return done, taken_by(connection, done.id)


def hand_out_kits(connection: "Connection", *, act: "Act", **what: Any) -> "tuple[Operation, list[Taken]]":
    """The same of whole kits. Raises what `issue_kit` raises."""
    from inventory.ledger.kits import issue_kit

    done = issue_kit(connection, act=act, **what)
    return done, taken_by(connection, done.id)


def hand_out_reserved(
    connection: "Connection", *, act: "Act", reference: str, store: str | None = None
) -> "tuple[Operation | Entry, list[Taken]]":
    """Units that were kept for something leave; for the plan of an exercise, in its own book alone. Raises what
    `issue_reserved` and `issue_kept` raise."""
    from inventory.ledger.reserve import issue_reserved
    from scenarios.exercise import exercise_of, issue_kept

    drill = exercise_of(connection, reference)
    if drill is not None:
        drilled = issue_kept(connection, drill, act=act, store=store)
        return drilled, taken_in_exercise(connection, drilled)
    done = issue_reserved(connection, act=act, reference=reference, store=store)
    return done, taken_by(connection, done.id)


def take_back(
    connection: "Connection", *, act: "Act", reference: str | None = None, bin: str | None = None, **what: Any
) -> "Operation | Entry":
    """Issued units come back; under the reference of an exercise's plan, to its own book alone. Raises UnknownOrder
    for the reference of no plan; what `give_back` and the `take_back` of exercises raise."""
    from inventory.ledger.errors import UnknownOrder
    from inventory.ledger.issue import give_back
    from scenarios.exercise import exercise_of
    from scenarios.exercise import take_back as take_back_in_exercise
    from scenarios.tables import PLAN_REFERENCE

    if reference is not None and not reference.startswith(PLAN_REFERENCE):
        raise UnknownOrder(number=reference)

    drill = exercise_of(connection, reference)
    if drill is not None:
        return take_back_in_exercise(connection, drill, act=act, **what)
    return give_back(connection, act=replace(act, reference=reference or act.reference), bin=bin, **what)


def taken_in_exercise(connection: "Connection", entry: "Entry") -> "list[Taken]":
    """What an entry of an exercise moved; it goes by lots, not by shelves."""
    from sqlalchemy import select

    from inventory.tables.goods import items, lots

    rows = connection.execute(
        select(items.c.code, lots.c.code, lots.c.expires)
        .join(items, items.c.id == lots.c.item_id)
        .where(items.c.code.in_({item for (_, item, _), _ in entry.lines}))
    )
    until = {(item, lot): expires for item, lot, expires in rows}
    return [Taken(item, lot, None, until.get((item, lot)), units) for (_, item, lot), units in entry.lines]


def hand_over(connection: "Connection", *, act: "Act", **what: Any) -> "tuple[Operation, list[Taken]]":
    """The same on loan. Raises what `lend` raises."""
    from inventory.ledger.issue import lend

    done = lend(connection, act=act, **what)
    return done, taken_by(connection, done.id)


def set_aside(connection: "Connection", *, act: "Act", **what: Any) -> "tuple[Operation, list[Taken]]":
    """The same kept for somebody. Raises what `reserve` raises."""
    from inventory.ledger.reserve import reserve

    done = reserve(connection, act=act, **what)
    return done, taken_by(connection, done.id)


@dataclass(frozen=True, slots=True)
class Taken:
    """Units that one operation moved."""

    item: str
    lot: str
    bin: str | None
    expires: date | None
    quantity: Decimal


def taken_by(connection: "Connection", operation: int) -> list[Taken]:
    """What an operation took, and from where, in the order it did so."""
    from sqlalchemy import select

    from inventory.tables.goods import items, lots
    from inventory.tables.places import bins
    from inventory.tables.stock import balances, movements

    wanted = (
        select(items.c.code, lots.c.code, bins.c.code, lots.c.expires, movements.c.quantity)
        .select_from(movements)
        .join(balances, balances.c.id == movements.c.from_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(movements.c.operation_id == operation, movements.c.kind != "RELEASE")
        .order_by(movements.c.id)
    )
    return [Taken(*tuple(row)) for row in connection.execute(wanted)]


def top_up(
    connection: "Connection", *, act: "Act | None", as_of: datetime, place: str | None = None
) -> "tuple[list[Suggestion], dict[tuple[str, str], str]]":
    """What should be topped up; with an `act` those that a store can give become transfer requests, one for each
    pair of stores: (from, to) -> number."""
    from inventory.ledger.replenish import suggestions
    from inventory.ledger.transfer import request_transfer

    found = suggestions(connection, as_of=as_of, place=place)
    asked: dict[tuple[str, str], list[tuple[str, Decimal]]] = {}
    for one in found:
        if one.source is not None and act is not None:
            asked.setdefault((one.source, one.store), []).append((one.item, one.quantity))
    numbers: dict[tuple[str, str], str] = {}
    for source, target in sorted(asked):
        assert act is not None
        # one key for the request as a whole makes one for each order
        parts = f"{act.key}/{source}/{target}".encode()
        own = replace(act, key=None if act.key is None else hashlib.sha256(parts).hexdigest())
        numbers[source, target] = request_transfer(
            connection, from_store=source, to_store=target, lines=asked[source, target], act=own
        )
    return found, numbers


def arrivals_of(given: Sequence[str]) -> "Iterator[Any]":
    """`ITEM/LOT=SOUND,DAMAGED,MISSING` of each lot that did not arrive whole; the last two may be left out.
    `-` is stock without a lot number. Raises BadInput."""
    from decimal import InvalidOperation

    from inventory.ledger.arrivals import Arrival
    from optimizer.errors import BadInput, Fault

    for text in given:
        name, _, amounts = text.rpartition("=")
        item, slash, lot = name.partition("/")
        parts = amounts.split(",")
        try:
            sound, damaged, missing = (*map(Decimal, parts), *[Decimal(0)] * (3 - len(parts)))  # too many: ValueError
            if not item or not slash or not all(one.is_finite() for one in (sound, damaged, missing)):
                raise ValueError
        except (InvalidOperation, ValueError):
            raise BadInput("--arrived", [Fault("--arrived", "BadArrivedOption", {"value": text})]) from None
        yield Arrival(item=item, lot="" if lot == "-" else lot, received=sound, damaged=damaged, missing=missing)


def receive_order(
    connection: "Connection", *, act: "Act", number: str, arrived: Sequence[str] = (), bin: str | None = None
) -> "Operation":
    """Receive a transfer: lots that `arrived` does not name are there, whole and sound. Raises BadInput; what
    `receive_transfer` raises."""
    from inventory.ledger.arrivals import Arrival
    from inventory.ledger.transfer import receive_transfer, view_transfer

    if not arrived:
        return receive_transfer(connection, number=number, act=act, bin=bin)
    arrivals = list(arrivals_of(arrived))
    stated = {(one.item, one.lot) for one in arrivals}
    rest: dict[tuple[str, str], Decimal] = {}
    for pick in view_transfer(connection, number).picks:
        if (pick.item, pick.lot) not in stated:
            rest[pick.item, pick.lot] = rest.get((pick.item, pick.lot), Decimal(0)) + pick.quantity
    arrivals += [Arrival(item=item, lot=lot, received=units) for (item, lot), units in rest.items()]
    return receive_transfer(connection, number=number, act=act, arrivals=arrivals, bin=bin)
