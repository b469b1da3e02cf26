"""The lots of a World as a problem has them, from what the five-fixed gate says of each.

Of a lot the dispatchable units are one line, and those that tasks hold back another, with the tasks as `blocked`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from operator import attrgetter

from inventory.files import Table
from inventory.five_fixed import NO_LOT, Report
from optimizer.dispatch.problem import StockLine
from scenarios.exchange.fields import MAX_ID, MAX_QUANTITY, MAX_TEXT, Refused, quantity
from scenarios.exchange.references import MAX_STOCK_LINES
from scenarios.exchange.stock import Stock, in_order
from scenarios.world import World

Lot = tuple[str, str, str, date | None, Decimal, Decimal, tuple[str, ...]]  # in the order of GATE
GATE = ("store", "item", "lot", "expires", "dispatchable", "held", "blocked")  # fields of a LotGate
HELD = " (held)"  # marks the part of a lot that tasks hold back where the rest of it may leave
LONGEST_TASK = 3 + 20  # slashes and the last word of a task's id


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


def plain(stock: Table, *, items: Collection[str]) -> bool:
    """Whether a problem file that lists `items` would take every lot of this stock. Quick, and strict: where it is in
    doubt the answer is no, and the models of the file can be asked what is wrong."""
    names = [set(map(str, filter(None, stock[column]))) for column in ("store", "item", "lot")]
    lots = names[2]
    longest = [max(map(len, of), default=0) for of in names]
    grown = 3 if any("/" in name or "%" in name for of in names for name in of) else 1  # a slash is written %2F
    try:
        for number in {*stock["quantity"], *filter(None, stock["reserve_floor"])}:
            quantity(number)
    except Refused:
        return False
    return (
        names[1] <= set(items)
        and longest[2] + len(HELD) <= MAX_TEXT
        and grown * sum(longest) + LONGEST_TASK <= MAX_ID
        and NO_LOT not in lots  # else two lots might go by one name
        and not any(lot.endswith(HELD) for lot in lots)
        and sum(stock["quantity"], Decimal(0)) < MAX_QUANTITY  # so the units of no lot come to more
        and 2 * len(stock) <= MAX_STOCK_LINES
    )


def stock_of_lots(lots: Iterable[Lot], floors: Mapping[tuple[str, str], Decimal]) -> Stock:
    """Lots as a problem file would give them back. Raises `Refused` for a quantity that no file would hold."""
    known = _Known(quantity)
    lines = [
        StockLine(store, item, lot, known[units], expires, blocked)
        for store, item, lot, units, expires, blocked in released(lots)
    ]
    used = {(line.store, line.item) for line in lines} if floors else set()
    lines.sort(key=in_order)
    return Stock(tuple(lines), {key: known[floor] for key, floor in floors.items() if key in used})


class _Known(dict[Decimal, Decimal]):
    """What was worked out once: few quantities are different."""

    def __init__(self, find: Callable[[Decimal], Decimal]) -> None:
        super().__init__()
        self.find = find

    def __missing__(self, key: Decimal) -> Decimal:
        found = self[key] = self.find(key)
        return found
