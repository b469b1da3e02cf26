"""What could be taken from the stores at a moment, for who only asks: no lock, no row written, no hold released."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, or_, select

from inventory.fefo import FefoLot, InsufficientStock, allocate
from inventory.five_fixed import RuleBook
from inventory.ledger.choose import check_whole, liftable
from inventory.ledger.errors import NotDispatchable
from inventory.ledger.post import Head, heads_of
from inventory.ledger.rules import rule_book
from inventory.ledger.stock_lines import Stock, fit_lines, judge, lines_of
from inventory.tables.base import Quantity
from inventory.tables.stock import reservations

ZERO = Decimal(0)
Pair = tuple[str, str]  # store, item


class Spare:
    """Units of an item in a store, lot by lot, as `choose` would find them; whoever draws on them in thought calls
    `take`, and nothing in the store changes."""

    def __init__(self, pair: Pair, head: Head | None, book: RuleBook, lots: Mapping[str, "Lot"]) -> None:
        self.pair, self.book = pair, book
        self.lots = dict(lots)
        self.floor = ZERO if head is None else head.reserve_floor

    def of(self, lot: str | None) -> Decimal:
        """The most that could be taken of a lot, or of any: the floor binds the store, not the lot."""
        total = sum((one.free for one in self.lots.values()), ZERO)
        own = total if lot is None else self.lots[lot].free if lot in self.lots else ZERO
        return max(min(own, total - self.floor), ZERO)

    def take(self, units: Decimal, *, lot: str | None = None) -> list[tuple[str, Decimal]]:
        """Lots and units, first expired first; they count as gone from here on. Raises InsufficientStock,
        NotDispatchable where only a gate holds them, NotWhole."""
        store, item = self.pair
        check_whole(self.book, item, units)
        may = self.of(lot)
        if units > may:
            held = {code: one for code, one in self.lots.items() if one.held and lot in (None, code)}
            held_units = sum((one.held for one in held.values()), ZERO)
            if held_units and units <= may + held_units:
                tasks = sorted({task for one in held.values() for task in one.blocked}) or ["-"]
                raise NotDispatchable(store=store, item=item, asked=units, free=may, held=held_units, tasks=tasks)
            raise InsufficientStock(item=item, store=store, asked=units, available=may)
        fit = [FefoLot(code, one.free, one.line.expires) for code, one in self.lots.items() if lot in (None, code)]
        taken = allocate(units, fit, item=item, store=store)
        for code, part in taken:
            self.lots[code].free -= part
        return taken

    def gone(self, lot: str, units: Decimal) -> None:
        """Units that somebody has in hand already are not there, as far as the lot goes."""
        if lot in self.lots:
            self.lots[lot].free = max(self.lots[lot].free - units, ZERO)


@dataclass
class Lot:
    line: Stock  # any of it
    free: Decimal  # may be taken
    held: Decimal  # only a gate holds them
    blocked: tuple[str, ...]


def spare(connection: Connection, pairs: Iterable[Pair], *, at: datetime) -> dict[Pair, Spare]:
    """Of each store and item: fit on the day of `at`, less what is reserved at that moment. Raises UnknownStore,
    UnknownItem."""
    wanted = sorted(set(pairs))
    heads = heads_of(connection, wanted)
    return {pair: _spare(connection, pair, heads.get(pair), at=at) for pair in wanted}


def _spare(connection: Connection, pair: Pair, head: Head | None, *, at: datetime) -> Spare:
    if head is None:
        return Spare(pair, None, rule_book(connection, county=None), {})
    lines = lines_of(connection, head)
    book = rule_book(connection, head.rules, county=head.place)
    gates = judge(connection, head, lines, book, at=at)
    kept = _kept(connection, [line.id for line in lines if line.reserved], at=at)
    fit = fit_lines(lines, gates, at=at)
    held = liftable(lines, fit, gates, at=at)
    lots: dict[str, Lot] = {}
    for line in (*fit, *held):
        lot = lots.setdefault(line.lot, Lot(line, ZERO, ZERO, tuple(gates[line.lot].blocked)))
        units = line.quantity - kept.get(line.id, ZERO)
        if line in held:
            lot.held += units
        else:
            lot.free += units
    return Spare(pair, head, book, lots)


def _kept(connection: Connection, lines: list[int], *, at: datetime) -> dict[int, Decimal]:
    """Line -> units reserved at that moment; reservations whose time is over keep nothing."""
    rows = connection.execute(
        select(reservations.c.balance_id, func.sum(reservations.c.quantity).cast(Quantity))
        .where(
            reservations.c.balance_id.in_(lines),
            reservations.c.quantity > 0,
            or_(reservations.c.expires_at.is_(None), reservations.c.expires_at > at),
        )
        .group_by(reservations.c.balance_id)
    )
    return {row[0]: row[1] for row in rows}
