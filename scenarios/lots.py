"""The lots of a World as a problem has them, from what the five-fixed gate says of each.

Of a lot the dispatchable units are one line, and those that tasks hold back another, with the tasks as `blocked`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter

from inventory.five_fixed import NO_LOT, Report
from optimizer.dispatch.problem import StockLine
from scenarios.exchange.fields import MAX_ID, MAX_TEXT, Refused, quantity
from scenarios.exchange.stock import Stock, in_order
from scenarios.world import World

Lot = tuple[str, str, str, date | None, Decimal, Decimal, tuple[str, ...]]  # in the order of GATE
GATE = ("store", "item", "lot", "expires", "dispatchable", "held", "blocked")  # fields of a LotGate
HELD = " (held)"  # marks the part of a lot that tasks hold back where the rest of it may leave


def floors_of(world: World) -> dict[tuple[str, str], Decimal]:
    columns = (world.stock[name] for name in ("store", "item", "reserve_floor"))
    return {(store, item): floor for store, item, floor in zip(*columns, strict=True) if floor}


def lots_of(report: Report) -> Iterable[Lot]:
    return map(attrgetter(*GATE), report.lots)


def released(lots: Iterable[Lot]) -> Iterator[tuple[str, str, str, Decimal, date | None, tuple[str, ...]]]:
    """Store, item, lot, units, expiry and blocking tasks of each line of stock in the problem."""
    for store, item, gate, expires, dispatchable, held, blocked in lots:
        lot = "" if gate == NO_LOT else gate
        if dispatchable:
            yield store, item, lot, dispatchable, expires, ()
        if held:
            yield store, item, f"{lot}{HELD}" if dispatchable else lot, held, expires, blocked


def every_lot(world: World, report: Report) -> Stock:
    """All that a World has, as its problem has it. Raises `Refused` for a quantity that no file would hold."""
    return _stock(lots_of(report), floors_of(world))


def _stock(lots: Iterable[Lot], floors: Mapping[tuple[str, str], Decimal]) -> Stock:
    plain = _Known(quantity)
    lines = [
        StockLine(store, item, lot, plain[units], expires, blocked)
        for store, item, lot, units, expires, blocked in released(lots)
    ]
    used = {(line.store, line.item) for line in lines} if floors else set()
    lines.sort(key=in_order)
    return Stock(tuple(lines), {key: plain[floor] for key, floor in floors.items() if key in used})


def stock_of_lots(
    lots: Iterable[Lot], floors: Mapping[tuple[str, str], Decimal], *, items: Collection[str]
) -> Stock | None:
    """Lots as a problem file would give them back; None where the file would refuse one of them. `items`: those that
    the file lists."""
    try:
        stock = _stock(lots, floors)
    except Refused:
        return None
    lines = stock.lines
    fit = (
        max((len(line.lot) for line in lines), default=0) <= MAX_TEXT
        and all(0 < len(task) <= MAX_ID for line in lines if line.blocked for task in line.blocked)
        and {line.item for line in lines} <= set(items)
        and not any(one.lot == two.lot and in_order(one) == in_order(two) for one, two in pairwise(lines))
    )
    return stock if fit else None


class _Known(dict[Decimal, Decimal]):
    """What was worked out once: few quantities are different."""

    def __init__(self, find: Callable[[Decimal], Decimal]) -> None:
        super().__init__()
        self.find = find

    def __missing__(self, key: Decimal) -> Decimal:
        found = self[key] = self.find(key)
        return found
