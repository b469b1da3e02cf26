"""The supply side of a replay: shelves that empty and are filled again, needs that are met, wait or run out of time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.simulation.ground import Ground
from optimizer.simulation.state import Rules
from optimizer.simulation.stream import Stream
from optimizer.simulation.supplies import Dispatch, Shelves


@dataclass(frozen=True)
class Shipment:
    store: int
    need: int
    units: int
    depart_s: int
    arrive_s: int


class Supplying:
    """Stock and open needs; `decide` asks the policy for what waits."""

    def __init__(self, ground: Ground, stream: Stream, rules: Rules) -> None:
        incidents = stream.incidents
        owner = incidents.need_incident
        self.ground, self.rules = ground, rules
        self.place, self.severity = incidents.place[owner], incidents.severity[owner]
        self.item, self.quantity = incidents.item, incidents.quantity
        self.reported_s = stream.reported_s[owner]
        self.until_s = self.reported_s + rules.supply_limit_s
        self.left = incidents.quantity.copy()
        self.stock = ground.stock.copy()
        self.first = np.searchsorted(owner, np.arange(len(stream.reported_s) + 1))
        self.open: dict[int, None] = {}
        self.empty: dict[int, set[int]] = {}
        self.shipments: list[Shipment] = []
        self.changed = False  # since the policy was last asked: without a change its answer would be the same

    def report(self, incident: int) -> None:
        for need in range(int(self.first[incident]), int(self.first[incident + 1])):
            self.open[need] = None
            self.changed = True

    def asked(self, now: int, need: int) -> None:
        """The caller has heard that the shelf is empty and may call another store."""
        self.open[need] = None
        self.changed = True

    def replenish(self, now: int, _: int) -> None:
        self.stock = self.ground.stock.copy()
        self.empty.clear()
        self.changed = True

    def decide(self, now: int, policy: Callable[[Shelves], Sequence[Dispatch]]) -> Iterator[tuple[int, int]]:
        """Ship what the policy orders; (when, need) of every call to an empty shelf."""
        while self.changed and self.open:
            self.changed = False
            for need in [need for need in self.open if self.until_s[need] < now]:
                del self.open[need]
            shelves = Shelves(
                now_s=now, ground=self.ground, waiting=tuple(self.open), left=self.left, place=self.place,
                item=self.item, severity=self.severity, quantity=self.quantity, reported_s=self.reported_s,
                until_s=self.until_s, stock=self.stock, asked=self.empty,
            )  # fmt: skip
            for store, need, wanted in policy(shelves):
                units = min(wanted, int(self.left[need]), int(self.stock[store, self.item[need]]))
                if units:
                    self.stock[store, self.item[need]] -= units
                    self.left[need] -= units
                    arrive = now + int(self.ground.store_s[store, self.place[need]])
                    self.shipments.append(Shipment(store, need, units, now, arrive))
                    self.changed = True  # who got a part may want the rest from the next store
                else:
                    self.empty.setdefault(need, set()).add(store)
                    self.open.pop(need, None)
                    yield now + self.rules.empty_store_s, need
                if not self.left[need]:
                    self.open.pop(need, None)
