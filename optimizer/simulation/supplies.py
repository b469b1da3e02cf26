"""Where goods are sent from: policies for the needs that wait, at one instant.

Goods leave when they are ordered and travel by whatever is at hand; no vehicle is modelled here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from optimizer.simulation.ground import Ground
from optimizer.units import UNREACHABLE, IntArray


class Dispatch(NamedTuple):
    """From a store to a need; `units` of it if the shelf has them."""

    store: int
    need: int
    units: int


@dataclass(frozen=True)
class Shelves:
    """What a policy may see. v needs, s stores, i items."""

    now_s: int
    ground: Ground
    waiting: Sequence[int]  # needs not met yet and not being asked about, in order of report
    left: IntArray  # (v,) units neither shipped nor given up
    place: IntArray  # (v,)
    item: IntArray  # (v,)
    severity: IntArray  # (v,)
    quantity: IntArray  # (v,) units wanted at first
    reported_s: IntArray  # (v,)
    until_s: IntArray  # (v,) an arrival after this instant is no use
    stock: IntArray  # (s, i)
    asked: dict[int, set[int]]  # need -> stores found empty since the last replenishment


def nearest_store(shelves: Shelves) -> list[Dispatch]:
    """The nearest store, whatever it holds: that a shelf is empty is found out on the spot. First come, first served
    within a severity."""
    orders = []
    for need in _by_severity(shelves):
        asked = shelves.asked.get(need, set())
        for store in shelves.ground.stores_near[shelves.place[need]].tolist():
            if store not in asked and shelves.ground.store_s[store, shelves.place[need]] < UNREACHABLE:
                orders.append(Dispatch(store, need, int(shelves.left[need])))
                break
    return orders


def nearest_stock(shelves: Shelves) -> list[Dispatch]:
    """The nearest stores that have any; the most severe need first, then by report."""
    return _from_stock(shelves, _by_severity(shelves))


def by_weight(shelves: Shelves) -> list[Dispatch]:
    """As level 2 of the model: falling severity per unit wanted, which leaves the least weight unmet (Edmonds 1970),
    each from the nearest stores that have any."""
    order = sorted(
        shelves.waiting,
        key=lambda v: (-shelves.severity[v] / shelves.quantity[v], shelves.reported_s[v], v),
    )
    return _from_stock(shelves, order)


def _by_severity(shelves: Shelves) -> list[int]:
    return sorted(shelves.waiting, key=lambda v: (-shelves.severity[v], shelves.reported_s[v], v))


def _from_stock(shelves: Shelves, order: Sequence[int]) -> list[Dispatch]:
    stock, orders = shelves.stock.copy(), []
    for need in order:
        item, left = shelves.item[need], int(shelves.left[need])
        if not stock[:, item].any():
            continue
        place = shelves.place[need]
        for store in shelves.ground.stores_near[place].tolist():
            if shelves.now_s + shelves.ground.store_s[store, place] > shelves.until_s[need]:
                break
            units = min(left, int(stock[store, item]))
            if units:
                stock[store, item] -= units
                left -= units
                orders.append(Dispatch(store, need, units))
            if not left:
                break
    return orders
