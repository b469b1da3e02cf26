"""Stock as the checker sees it: the lots of the items a plan touches, and what may be issued of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta, timezone
from decimal import Decimal

from optimizer.dispatch.problem import DispatchProblem, StockLine

SHANGHAI = timezone(timedelta(hours=8))  # no daylight saving since 1991
ZERO = Decimal(0)


def expiry_order(line: StockLine) -> tuple[bool, date, str]:
    """S4: by expiry, lots that never expire last, then by lot id."""
    return (line.expires is None, line.expires or date.max, line.lot)


def decimals(quantities: Iterable[Decimal]) -> int:
    """S8: the largest number of decimals, trailing zeros not counted (2.50 has one)."""
    most = 0
    for quantity in quantities:
        exponent = quantity.normalize().as_tuple().exponent
        most = max(most, -exponent if isinstance(exponent, int) else 0)
    return most


class StockIndex:
    """The lots of `items` by (store, item). One pass over the stock, so that 110,000 lines stay cheap."""

    def __init__(self, problem: DispatchProblem, items: set[str]) -> None:
        self.problem = problem
        self.today = problem.as_of.astimezone(SHANGHAI).date()
        self.lines: dict[tuple[str, str], list[StockLine]] = {}
        lines = self.lines
        for line in problem.stock:
            if line.item in items:
                pair = (line.store, line.item)
                if pair in lines:
                    lines[pair].append(line)
                else:
                    lines[pair] = [line]
        self._stores: defaultdict[str, list[str]] = defaultdict(list)
        for store, item in lines:
            self._stores[item].append(store)
        self._asked: defaultdict[str, set[Decimal]] = defaultdict(set)  # demands and floors
        for demand in problem.demands:
            self._asked[demand.item].add(demand.quantity)
        for (_, item), floor in problem.reserve_floor.items():
            self._asked[item].add(floor)
        for task in problem.tasks:
            for need in task.equipment:
                self._asked[need.item] |= {need.quantity, need.sent}
        self._lumps: dict[str, Decimal] = {}
        self._issuable: dict[tuple[str, str], list[StockLine]] = {}
        self._holders: dict[str, list[str]] = {}

    def lump(self, item: str) -> Decimal:
        """S8: the smallest quantity of an item that travels."""
        if item not in self._lumps:
            held = {line.quantity for store in self._stores.get(item, ()) for line in self.lines[store, item]}
            self._lumps[item] = Decimal(1).scaleb(-decimals(held | self._asked.get(item, set())))
        return self._lumps[item]

    def expired(self, line: StockLine) -> bool:
        return line.expires is not None and line.expires < self.today

    def issuable(self, store: str, item: str) -> list[StockLine]:
        """The lots that may be issued (S1), in order of expiry (S4)."""
        pair = (store, item)
        if pair not in self._issuable:
            lines = [x for x in self.lines.get(pair, ()) if not x.blocked and not self.expired(x)]
            self._issuable[pair] = sorted(lines, key=expiry_order) if len(lines) > 1 else lines
        return self._issuable[pair]

    def floor(self, store: str, item: str) -> Decimal:
        return self.problem.reserve_floor.get((store, item), ZERO)

    def dispatchable(self, store: str, item: str) -> Decimal:
        """S1, units of the item that may leave the store."""
        held = sum([line.quantity for line in self.issuable(store, item)], ZERO)
        return max(ZERO, held - self.floor(store, item))

    def unexpired(self, store: str, item: str, *, blocked_only: bool = False) -> Decimal:
        """Units that would be there if every five-fixed task were done."""
        lines = self.lines.get((store, item), [])
        good = [x.quantity for x in lines if (x.blocked or not blocked_only) and not self.expired(x)]
        return sum(good, ZERO)

    def holders(self, item: str) -> list[str]:
        """Stores that hold unexpired units of the item, blocked and kept-back ones included."""
        if item not in self._holders:
            stores = self._stores.get(item, ())
            self._holders[item] = [store for store in stores if self.unexpired(store, item) > 0]
        return self._holders[item]
