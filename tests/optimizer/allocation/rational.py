"""Levels of an allocation solved in rational numbers: what floating point reaches is compared with the truth.

A reference that holds a level by a row with its value needs a tolerance there, and what the tolerance gives away is
worth up to a thousand times as much at the next level. Here nothing is given away: after each level every column with
a reduced cost is fixed at 0, which leaves just the optima of that level.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np

from optimizer.allocation.allocate import LEVELS

Row = dict[int, Fraction]  # column -> coefficient
CONSTANT = -1  # the column that is 1


class Tableau:
    """Columns >= 0; each row says what a basic column is in terms of the others. The basis given is feasible."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.numbers = count()

    def column(self) -> int:
        return next(self.numbers)

    def basic(self, row: Row) -> int:
        """A new column that is `row`, which is not negative now."""
        number = self.column()
        self.rows[number] = self.reduced(row)
        assert self.rows[number].get(CONSTANT, 0) >= 0
        return number

    def reduced(self, row: Row) -> Row:
        """The row in terms of the columns that are not basic."""
        result: Row = {}
        for column, times in row.items():
            _add(result, self.rows.get(column, {column: Fraction(1)}), times)
        return result

    def least(self, cost: Row) -> Fraction:
        """The optimum; from now on only the optima are left to choose from."""
        cost = self.reduced(cost)
        while gaining := [c for c, each in cost.items() if c != CONSTANT and each < 0]:
            entering = min(gaining)
            falling = [b for b, row in self.rows.items() if row.get(entering, 0) < 0]  # bounded, so there is one
            leaving = min(falling, key=lambda b: (-self.rows[b].get(CONSTANT, 0) / self.rows[b][entering], b))  # Bland
            row = self.rows.pop(leaving)
            pivot = row.pop(entering)
            found = {column: -each / pivot for column, each in row.items()} | {leaving: 1 / pivot}
            for other in (*self.rows.values(), cost):
                _add(other, found, other.pop(entering, Fraction(0)))
            self.rows[entering] = found
        for column in [c for c in cost if c != CONSTANT]:
            for row in self.rows.values():
                row.pop(column, None)
        self.fixed = set(cost) - {CONSTANT}
        return cost.get(CONSTANT, Fraction(0))


def _add(row: Row, more: Row, times: Fraction) -> None:
    if times:
        for column, each in more.items():
            total = row.get(column, Fraction(0)) + times * each
            if total:
                row[column] = total
            else:
                row.pop(column, None)


def optimum(x: dict[str, Any], levels: Sequence[str] = LEVELS) -> dict[str, Any]:
    """The value of every level, for arguments of `allocate_supplies`."""
    demand, arrival, weight = x["demand"], x["arrival_s"], x["weight"]
    program = Tableau()
    asked = [(i, p) for i, p in np.argwhere(demand > 0).tolist()]
    flow = {
        (s, i, p): program.column()
        for s in range(len(arrival)) for i, p in asked if arrival[s, i] <= x["horizon_s"]
    }  # fmt: skip

    def linear(constant: Any, terms: dict[int, Any]) -> Row:
        return {CONSTANT: Fraction(constant)} | {column: Fraction(each) for column, each in terms.items()}

    unmet = {
        r: program.basic(linear(1, {f: Fraction(-1, int(demand[r])) for (_, i, p), f in flow.items() if (i, p) == r}))
        for r in asked
    }
    for s, p in np.ndindex(x["stock"].shape):
        program.basic(linear(int(x["stock"][s, p]), {f: -1 for (a, _, c), f in flow.items() if (a, c) == (s, p)}))
    for load, capacity in (("mass_kg", "capacity_kg"), ("volume_m3", "capacity_m3")):
        for s, room in enumerate(x.get(capacity, ())):
            program.basic(linear(room, {f: -Fraction(x[load][c]) for (a, _, c), f in flow.items() if a == s}))
    wait = {f: Fraction(int(weight[i]) * int(arrival[s, i]), int(demand[i, p])) for (s, i, p), f in flow.items()}
    late = {
        name: {unmet[i, p]: Fraction(int(weight[i])) for i, p in asked if bool(x["critical"][p]) == critical}
        for name, critical in (("critical_unmet", True), ("other_unmet", False))
    }
    late["deprivation"] = wait | {unmet[i, p]: Fraction(int(weight[i]) * x["horizon_s"]) for i, p in asked}
    return {
        name: _leximin(program, asked, unmet) if name == "fairness" else program.least(late[name]) for name in levels
    }


def _leximin(program: Tableau, asked: list[tuple[int, int]], unmet: dict[tuple[int, int], int]) -> list[Fraction]:
    """Raise the least fill rate; who is fixed there cannot rise further."""
    open_rates: dict[int, Row] = {}
    for i in sorted({i for i, _ in asked}):
        own = [unmet[r] for r in asked if r[0] == i]
        open_rates[i] = {CONSTANT: Fraction(1)} | {u: Fraction(-1, len(own)) for u in own}
    rates, reached = [], Fraction(0)
    while open_rates:
        rise = program.column()
        above = {i: program.basic(row | {rise: Fraction(-1)}) for i, row in open_rates.items()}
        reached -= program.least({rise: Fraction(-1)})
        rates += [reached] * sum(column in program.fixed for column in above.values())
        open_rates = {i: {column: Fraction(1)} for i, column in above.items() if column not in program.fixed}
    return rates
