"""The linear program of an allocation, level by level on the face that the levels before have left.

    x_a >= 0   units on an arc            u_r in [0, 1]   share of a demand unmet
    f_i        fill rate of an incident   t               the least fill rate among those still open (level 5)

    (P1) sum of x_a over the arcs of r + demand_r u_r = demand_r
    (P2) sum of x_a over the arcs of a cell           <= held_c
    (P3) sum of kg_r x_a, of m3_r x_a over a store    <= its capacity
    (P4) f_i + mean of u_r over the demands of i      =  1
    (P5) f_i - t                                      >= 0     for open incidents

Only what matters is in a program. It starts with the nearest arcs and takes in what the duals ask for (sifting),
and demands that a level's cost does not touch stay as the levels before have left them until the prices of what
they use would have them move (local re-optimisation). So an optimum over everything is proven by small programs.

A level is held by complementary slackness: what has a reduced cost stays at its bound, a row with a dual stays
tight. That describes the whole face of optima and needs no row with the level's value. The bound of a level on its
face is the Lagrangian value of the duals, their signs put right, so it is valid whatever the solver's tolerances.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sparse

from optimizer.allocation.arcs import Arcs
from optimizer.allocation.simplex import simplex
from optimizer.units import BoolArray, FloatArray, IntArray

ZERO = 1e-9  # duals below this share of the largest cost count as none
SLACK = 1e-9  # relative, under a row that has to stay tight
SAME = 1e-9  # units (or shares) closer to a bound than this are at it
MOST_NEW = 20  # arcs a demand takes in at a time
FREE = float("inf")
Range = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Face:
    """What is left to choose: bounds of every variable, and the coupling rows that have to stay tight."""

    arc: Range  # (A,) of x; an upper bound of 0 closes the arc
    unmet: Range  # (R,) of u
    fill: Range  # (I,) of f
    tight: BoolArray  # (coupling rows,)


@dataclass(frozen=True)
class Cost:
    """Of one level: per unit on an arc, per share unmet, per fill rate; or the incidents whose least one rises."""

    arc: FloatArray | None = None  # (A,)
    unmet: FloatArray | None = None  # (R,)
    fill: FloatArray | None = None  # (I,)
    open: BoolArray | None = None  # (I,)


@dataclass(frozen=True)
class Prices:
    """A cost with nothing left out."""

    arc: FloatArray
    unmet: FloatArray
    fill: FloatArray
    open: BoolArray


@dataclass(frozen=True)
class Duals:
    row: FloatArray  # (R,) of P1
    room: FloatArray  # (coupling rows,) of P2 and P3
    rate: FloatArray  # (I,) of P4
    open: FloatArray  # (I,) of P5


@dataclass(frozen=True)
class Solution:
    value: float
    bound: float
    units: FloatArray  # (A,)
    unmet: FloatArray  # (R,) shares
    fill: FloatArray  # (I,), 1 where nothing is asked for
    open_dual: FloatArray  # (I,)
    face: Face  # the optima of this level


@dataclass
class Program:
    """The arcs with their coupling rows; remembers which arcs mattered so far."""

    arcs: Arcs
    coupling: sparse.csr_matrix = field(init=False)  # P2 and P3
    room: FloatArray = field(init=False)
    share: FloatArray = field(init=False)  # (R,) of an incident's fill rate
    active: BoolArray = field(init=False)
    solves: int = 0

    def __post_init__(self) -> None:
        arcs = self.arcs
        self.coupling, self.room = _coupling(arcs)
        self.across = self.coupling.T.tocsr()
        asked = np.bincount(arcs.incident, minlength=arcs.incidents)
        self.share = 1.0 / asked[arcs.incident]
        # to start with, of each demand the nearest arcs that together hold twice what is asked for
        before = np.cumsum(arcs.most) - arcs.most
        first = np.searchsorted(arcs.row, arcs.row)
        self.active = before - before[first] < 2 * arcs.demand[arcs.row]

    def nothing(self) -> Solution:
        """The face before any level, and nothing shipped."""
        arcs = self.arcs
        empty = Face(
            arc=(np.zeros(len(arcs.row)), arcs.most),
            unmet=(np.zeros(len(arcs.demand)), np.ones(len(arcs.demand))),
            fill=(np.zeros(arcs.incidents), np.ones(arcs.incidents)),
            tight=np.zeros(len(self.room), np.bool_),
        )
        unmet = np.ones(len(arcs.demand))
        return Solution(0.0, 0.0, np.zeros(len(arcs.row)), unmet, self.fill(unmet), np.zeros(arcs.incidents), empty)

    def fill(self, unmet: FloatArray) -> FloatArray:
        """(I,) P4"""
        arcs = self.arcs
        rate = 1 - np.bincount(arcs.incident, weights=self.share * unmet, minlength=arcs.incidents)
        return rate.astype(np.float64)

    def solve(self, cost: Cost, start: Solution) -> Solution:
        """The optimum of one level on the face of `start`, proven over all arcs and demands."""
        arcs, face, units, unmet = self.arcs, start.face, start.units, start.unmet
        price = Prices(
            arc=np.zeros(len(arcs.row)) if cost.arc is None else cost.arc,
            unmet=np.zeros(len(arcs.demand)) if cost.unmet is None else cost.unmet,
            fill=np.zeros(arcs.incidents) if cost.fill is None else cost.fill,
            open=np.zeros(arcs.incidents, np.bool_) if cost.open is None else cost.open,
        )
        largest = max(float(np.abs(each).max(initial=0)) for each in (price.arc, price.unmet, price.fill))
        small = ZERO * max(1.0, largest)
        region = (price.unmet != 0) | ((price.fill != 0) | price.open)[arcs.incident]
        region[arcs.row[price.arc != 0]] = True
        on_room = np.zeros(len(self.room))
        while True:
            units, unmet, duals = self._solve(price, face, region, units, unmet, on_room)
            on_room = duals.room
            ask = price.arc - self.across @ on_room
            on_share = price.unmet - duals.rate[arcs.incident] * self.share
            still, restless = self._still(face, units, unmet, ask, on_share)
            row = np.where(np.isnan(duals.row), still, duals.row)
            stirred = ~region & (restless > small)
            reduced = ask - row[arcs.row]
            wanted = np.flatnonzero(~self.active & (face.arc[1] > 0) & (reduced < -small))
            if not len(wanted) and not stirred.any():
                break
            self.active[_best(arcs.row[wanted], reduced[wanted], wanted)] = True
            region |= stirred
            region[arcs.row[wanted]] = True
        return self._close(price, face, units, unmet, replace(duals, row=row), small)

    def _still(
        self, face: Face, units: FloatArray, unmet: FloatArray, ask: FloatArray, on_share: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """(R,) the dual of P1 that leaves a demand as it is, and by how much some price speaks against it.

        What is used asks for a dual of at least its price, what could be used more for one of at most its price.
        """
        arcs, (low, high), (least, most) = self.arcs, face.arc, face.unmet
        used = on_share / arcs.demand
        floor = np.where(unmet > least + SAME, used, -FREE)
        ceiling = np.where(unmet < most - SAME, used, FREE)
        enough = SAME * np.maximum(1.0, arcs.most)
        more = units > low + enough
        np.maximum.at(floor, arcs.row[more], ask[more])
        more = units < high - enough
        np.minimum.at(ceiling, arcs.row[more], ask[more])
        dual = np.where(floor > -FREE, floor, np.where(ceiling < FREE, ceiling, 0.0))
        return dual, floor - ceiling

    def _close(
        self, price: Prices, face: Face, units: FloatArray, unmet: FloatArray, duals: Duals, small: float
    ) -> Solution:
        """Value, bound and the face of the optima."""
        arcs, fill = self.arcs, self.fill(unmet)
        # signs as a proof needs them: a dual of a row <= is not positive, unless the row is tight
        on_room = np.where(face.tight, duals.room, np.minimum(duals.room, 0))
        on_open = np.maximum(duals.open, 0)
        reduced_arc = price.arc - duals.row[arcs.row] - self.across @ on_room
        reduced_unmet = price.unmet - duals.row * arcs.demand - duals.rate[arcs.incident] * self.share
        reduced_fill = price.fill - duals.rate - on_open
        room = np.where(on_room > 0, self.room * (1 - SLACK), self.room)
        bound = float(duals.row @ arcs.demand + on_room @ room + duals.rate.sum())
        for reduced, (low, high) in (
            (reduced_arc, face.arc),
            (reduced_unmet, face.unmet),
            (reduced_fill, face.fill),
        ):
            bound += float(np.where(reduced > 0, reduced * low, reduced * high).sum())
        value = float(price.arc @ units + price.unmet @ unmet + price.fill @ fill)
        if price.open.any():
            value = -float(fill[price.open].min())
            bound += min(0.0, float(on_open.sum()) - 1)  # what t would still gain
        held = Face(
            arc=_hold(face.arc, reduced_arc, small),
            unmet=_hold(face.unmet, reduced_unmet, small),
            fill=_hold(face.fill, reduced_fill, small),
            tight=face.tight | (on_room < -small),
        )
        return Solution(value, bound, units, unmet, fill, duals.open, held)

    def _solve(
        self,
        price: Prices,
        face: Face,
        region: BoolArray,
        units: FloatArray,
        unmet: FloatArray,
        on_room: FloatArray,
    ) -> tuple[FloatArray, FloatArray, Duals]:
        """One linear program over the demands of `region` and their active arcs; the others stay as they are.

        Columns are x, u, f of the incidents whose fill rate matters, t.
        """
        arcs = self.arcs
        inside = region[arcs.row]
        use = np.flatnonzero(inside & ((self.active & (face.arc[1] > 0)) | (units > 0)))
        here = np.flatnonzero(region)
        place = np.zeros(len(region), np.int64)
        place[here] = np.arange(len(here))
        part = self.coupling[:, use]
        rows = np.flatnonzero(np.diff(part.indptr))
        part = part[rows]
        room = np.maximum(0, self.room - self.coupling @ np.where(inside, 0, units))[rows]
        rated = (price.fill != 0) | price.open | (face.fill[0] > 0) | (face.fill[1] < 1)
        rates = np.flatnonzero(rated & (np.bincount(arcs.incident[here], minlength=arcs.incidents) > 0))
        number = np.full(arcs.incidents, -1)
        number[rates] = np.arange(len(rates))
        theirs = np.flatnonzero(number[arcs.incident[here]] >= 0)
        free = np.flatnonzero(price.open)
        n, demands, count = len(use), len(here), len(rates)
        wide = n + demands + count + 1
        part.resize(len(rows), wide)
        one = np.ones(len(free))
        whole = 1 - np.bincount(
            arcs.incident, weights=np.where(region, 0, self.share * unmet), minlength=arcs.incidents
        )
        matrix = sparse.vstack(
            [
                _rows(  # P1
                    np.append(place[arcs.row[use]], np.arange(demands)),
                    np.arange(n + demands),
                    np.append(np.ones(n), arcs.demand[here]),
                    (demands, wide),
                ),
                part,  # P2, P3
                _rows(  # P4
                    np.append(number[arcs.incident[here[theirs]]], np.arange(count)),
                    n + np.append(theirs, demands + np.arange(count)),
                    np.append(self.share[here[theirs]], np.ones(count)),
                    (count, wide),
                ),
                _rows(  # P5
                    np.tile(np.arange(len(free)), 2),
                    np.append(n + demands + number[free], np.full(len(free), wide - 1)),
                    np.append(one, -one),
                    (len(free), wide),
                ),
            ],
            format="csr",
        )
        asked, ones, slack = arcs.demand[here], whole[rates], SLACK * self.room[rows]
        self.solves += 1
        columns, dual = simplex(
            np.concatenate([face.arc[0][use], face.unmet[0][here], face.fill[0][rates], [0.0]]),
            np.concatenate([face.arc[1][use], face.unmet[1][here], face.fill[1][rates], [1.0]]),
            np.concatenate([price.arc[use], price.unmet[here], price.fill[rates], [-1.0 if len(free) else 0.0]]),
            np.concatenate([asked, np.where(face.tight[rows], room - slack, -FREE), ones, 0 * one]),
            np.concatenate([asked, room, ones, FREE * one]),
            matrix,
            dual=bool(price.arc.any()),
        )
        units, unmet, on_room = units.copy(), unmet.copy(), on_room.copy()
        units[use], unmet[here] = columns[:n], columns[n : n + demands]
        on_row, on_rate = np.full(len(arcs.demand), np.nan), np.zeros(arcs.incidents)
        on_open = np.zeros(arcs.incidents)
        on_row[here], found, rate, on_open[free] = np.split(dual, np.cumsum([demands, len(rows), count]))
        on_room[rows] = np.where(np.isnan(found), on_room[rows], found)
        on_rate[rates] = np.nan_to_num(rate)
        return units, unmet, Duals(on_row, on_room, on_rate, np.nan_to_num(on_open))


def _rows(row: IntArray, column: IntArray, value: FloatArray, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((value, (row, column)), shape=shape)


def _hold(bounds: Range, reduced: FloatArray, small: float) -> Range:
    """Complementary slackness: what has a reduced cost stays at its bound."""
    low, high = bounds
    return np.where(reduced < -small, high, low), np.where(reduced > small, low, high)


def _best(row: IntArray, price: FloatArray, which: IntArray) -> IntArray:
    """Of every row the arcs that promise most."""
    order = np.lexsort((price, row))
    rank = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    return which[order[rank < MOST_NEW]]


def _coupling(arcs: Arcs) -> tuple[sparse.csr_matrix, FloatArray]:
    """P2 and P3 over all arcs, without the rows that can never bind."""
    count = len(arcs.row)
    blocks, rooms = [], []
    for key, each, room in (
        (arcs.cell, np.ones(count), arcs.held),
        (arcs.store, None if arcs.kg is None else arcs.kg[arcs.row], arcs.capacity_kg),
        (arcs.store, None if arcs.m3 is None else arcs.m3[arcs.row], arcs.capacity_m3),
    ):
        if each is None or room is None:
            continue
        full = np.bincount(key, weights=each * arcs.most, minlength=len(room))
        number = np.full(len(room), -1)
        binding = np.flatnonzero(full > room)
        number[binding] = np.arange(len(binding))
        inside = np.flatnonzero(number[key] >= 0)
        blocks.append(_rows(number[key[inside]], inside, each[inside], (len(binding), count)))
        rooms.append(room[binding])
    return sparse.vstack(blocks, format="csr"), np.concatenate(rooms)
