"""The stock of a problem, as far as it can change the decision.

Of the items that a county keeps, an emergency asks for a part. Only the lots of that part go into the
`DispatchProblem` and into its fingerprint: a problem file holds every lot, and the lots that nobody asks for cost
nothing and change nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from operator import attrgetter

from optimizer.dispatch.problem import StockLine
from scenarios.exchange.problem import ProblemFile
from scenarios.needs import Cover

ZERO = Decimal(0)
in_order = attrgetter("store", "item", "lot")


@dataclass(frozen=True, slots=True)
class Stock:
    """Lots sorted by store, item and lot, and the floors above 0 of their (store, item); quantities as
    `fields.quantity` writes them."""

    lines: tuple[StockLine, ...]
    floors: dict[tuple[str, str], Decimal]

    def of(self, items: Collection[str]) -> "Stock":
        """The lots of `items` alone."""
        if {line.item for line in self.lines} <= set(items):
            return self
        floors = {key: floor for key, floor in self.floors.items() if key[1] in items}
        return Stock(tuple([line for line in self.lines if line.item in items]), floors)

    def free(self, day: date) -> dict[str, Decimal]:
        """Units by item over all stores on a Shanghai day, expired and blocked lots and reserve floors left out."""
        free: dict[str, Decimal] = {}
        own: dict[tuple[str, str], Decimal] = {}  # of a store and item with a floor
        for line in self.lines:
            if not line.blocked and (line.expires is None or line.expires >= day):
                item = line.item
                if self.floors and (key := (line.store, item)) in self.floors:
                    own[key] = own.get(key, ZERO) + line.quantity
                else:
                    free[item] = free[item] + line.quantity if item in free else line.quantity
        for key, units in own.items():
            free[key[1]] = free.get(key[1], ZERO) + max(ZERO, units - self.floors[key])
        return free

    def text(self) -> str:
        """One form of it for the fingerprint: a JSON list for each lot, in their order. A floor given on one lot
        holds for the item, so it stands with every lot of the item."""
        names = {line.store for line in self.lines} | {line.item for line in self.lines}
        quoted = {name: encode_basestring(name) for name in names}
        floors = {key: str(floor) for key, floor in self.floors.items()}
        text = encode_basestring
        return "".join(
            [
                f"[{quoted[line.store]},{quoted[line.item]},{text(line.lot)},{line.quantity},"
                f"{line.expires or ''},{floors.get((line.store, line.item), 0)},"
                f"[{','.join(map(text, line.blocked)) if line.blocked else ''}]]\n"
                for line in self.lines
            ]
        )


def items_that_matter(file: ProblemFile) -> set[str]:
    """The items whose stock can change the decision: those that a demand names or a task waits for, and those that
    serve the needs of people where demands are absent and have to be estimated."""
    asked = {row.item for incident in file.incidents for row in incident.demands or ()}
    tasks = (task for incident in file.incidents for task in incident.tasks)
    asked.update(tool.item for task in tasks for tool in task.equipment)
    if any(incident.demands is None for incident in file.incidents):
        asked.update(cover.item for cover in covers_of(file))
    return asked


def covers_of(file: ProblemFile) -> list[Cover]:
    """The listed items of which the catalogue knows what need they serve."""
    listed = {row.id for row in file.items}
    return [cover for cover in _covers() if cover.item in listed]


@lru_cache(maxsize=1)
def _covers() -> tuple[Cover, ...]:
    from inventory.catalogue import load_catalogue  # reads tables: only when it is needed

    rows = ((item.id, item.need_code, item.need_per_unit) for item in load_catalogue())
    return tuple(Cover(item, code, units) for item, code, units in rows if code and units)


def stock_that_matters(file: ProblemFile) -> Stock:
    """The lots in a problem file that the decision may turn on."""
    return stock_of(file, items_that_matter(file))


def stock_of(file: ProblemFile, items: Collection[str] | None = None) -> Stock:
    """The lots of `items` in a problem file, or of all."""
    lines: list[StockLine] = []
    floors: dict[tuple[str, str], Decimal] = {}
    for store in file.stores:
        for row in store.stock:
            if items is None or row.item in items:
                blocked = tuple(sorted(set(row.blocked))) if row.blocked else ()
                lines.append(StockLine(store.id, row.item, row.lot, row.quantity, row.expires, blocked))
                if row.reserve_floor:
                    floors[store.id, row.item] = row.reserve_floor
    return Stock(tuple(sorted(lines, key=in_order)), floors)
