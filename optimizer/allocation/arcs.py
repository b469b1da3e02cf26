"""The arcs of an allocation: which store may send which item to which incident.

a  arc: (store, incident, item) with its arrival; sorted by demand, then arrival, then store
r  demand: an (incident, item) that asks for something
c  cell: a (store, item) that holds something
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.units import UNREACHABLE, BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Arcs:
    """R demands and A arcs; all arrays are read by position."""

    incidents: int
    stores: int
    incident: IntArray  # (R,) of the demand
    item: IntArray  # (R,)
    demand: FloatArray  # (R,) units
    weight: FloatArray  # (R,) per share unmet
    critical: BoolArray  # (R,)
    row: IntArray  # (A,) demand of the arc
    store: IntArray  # (A,)
    arrival: FloatArray  # (A,) seconds
    cell: IntArray  # (A,) position in `held`
    held: FloatArray  # (C,) units in the cell
    kg: FloatArray | None  # (R,) per unit, where mass couples
    m3: FloatArray | None
    capacity_kg: FloatArray | None  # (S,)
    capacity_m3: FloatArray | None
    horizon: float

    @cached_property
    def most(self) -> FloatArray:
        """(A,) the most an arc can carry."""
        return np.minimum(self.held[self.cell], self.demand[self.row])

    @cached_property
    def most_at_once(self) -> FloatArray:
        """(A,) the same where the store loads nothing else."""
        most = self.most
        for each, room in ((self.kg, self.capacity_kg), (self.m3, self.capacity_m3)):
            if each is not None and room is not None:
                load = each[self.row]
                loads = np.divide(room[self.store], load, out=np.full(len(load), np.inf), where=load > 0)
                most = np.minimum(most, loads)
        return most

    @cached_property
    def pair(self) -> IntArray:
        """(A,) number of the (store, incident) pair; those of an incident follow each other."""
        return self.incident[self.row] * self.stores + self.store

    @cached_property
    def wait(self) -> FloatArray:
        """(A,) level 6 of one unit: weight x share x arrival."""
        wait: FloatArray = (self.weight / self.demand)[self.row] * self.arrival
        return wait


FIRST_LOOK = 4  # times as many stores as are wanted


def build_arcs(
    demand: FloatArray,
    weight: FloatArray,
    critical: BoolArray,
    stock: FloatArray,
    arrival: IntArray,
    *,
    nearest: int | None,
    horizon_s: int,
    mass: FloatArray | None,
    volume: FloatArray | None,
    capacity_kg: FloatArray | None,
    capacity_m3: FloatArray | None,
) -> Arcs:
    """The `nearest` stores of each demand that hold the item and are in time; ties by store number."""
    incident, item = np.nonzero(demand > 0)
    count = len(stock)
    # by arrival, then number: one plain sort of both in one integer is much faster than a stable argsort
    by_time = np.sort(np.minimum(arrival.T, UNREACHABLE) * count + np.arange(count), axis=1) % max(count, 1)  # (I, S)
    keep = min(nearest or count, count)
    rows, stores = [], []
    for p in np.unique(item):
        asking = np.flatnonzero(item == p)
        held, last = stock[:, p] > 0, min(horizon_s, UNREACHABLE - 1)
        for wide in (FIRST_LOOK * keep, count):  # the nearest few nearly always hold enough
            order = by_time[incident[asking], :wide]  # (asking, wide)
            there = held[order] & (arrival[order, incident[asking][:, None]] <= last)
            if wide >= count or (there.sum(axis=1) >= keep).all():
                break
        there &= np.cumsum(there, axis=1) <= keep
        which, place = np.nonzero(there)
        rows.append(asking[which])
        stores.append(order[which, place])
    row = np.concatenate([*rows, np.zeros(0, np.int64)]).astype(np.int64)
    store = np.concatenate([*stores, np.zeros(0, np.int64)]).astype(np.int64)
    order = np.argsort(row, kind="stable")
    row, store = row[order], store[order]
    cells, cell = np.unique(store * demand.shape[1] + item[row], return_inverse=True)
    return Arcs(
        incidents=demand.shape[0],
        stores=count,
        incident=incident,
        item=item,
        demand=demand[incident, item].astype(np.float64),
        weight=weight[incident, item].astype(np.float64),
        critical=critical[item],
        row=row,
        store=store,
        arrival=arrival[store, incident[row]].astype(np.float64),
        cell=cell.astype(np.int64),
        held=stock[cells // demand.shape[1], cells % demand.shape[1]].astype(np.float64),
        kg=None if capacity_kg is None or mass is None else mass[item].astype(np.float64),
        m3=None if capacity_m3 is None or volume is None else volume[item].astype(np.float64),
        capacity_kg=capacity_kg,
        capacity_m3=capacity_m3,
        horizon=float(horizon_s),
    )
