"""What each overdue five-fixed task is worth to the plan: the levels if it were done, ranked.

Candidates are every task alone, and the whole set of tasks of every lot that needs several: each of those alone may
be worth nothing. Levels 1 and 3 belong to the teams and are not valued: tasks that only hold up their equipment are
named as such. Level 7 is counted, not optimised, and is left out. Numbers V1 ... are those of `supply_value`, S1 ...
those of docs/model.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import numpy as np

from optimizer.dispatch.levels import Value, rank
from optimizer.dispatch.problem import DispatchProblem, StockLine
from optimizer.dispatch.supply_model import SHANGHAI, SupplyModel, supply_model, usable
from optimizer.dispatch.why.supply_value import Optimum, exact_levels, levels_of, optimum, prices
from optimizer.units import FloatArray, IntArray

NAMES = ("critical_unmet", "other_unmet", "fairness", "deprivation")
COUNT = 30  # best ones whose rank is settled
MOST_SOLVES = 150  # re-solves in all


class Basis(StrEnum):
    """How a value is known."""

    EXACT = "exact"  # solved again with the stock released
    AT_MOST = "at_most"  # V3, not solved again


class Nothing(StrEnum):
    """Why a task is worth nothing to this plan."""

    NOT_DEMANDED = "NOT_DEMANDED"  # nobody asks for what it blocks
    EXPIRED = "EXPIRED"  # what it blocks has expired, or is none
    BELOW_RESERVE_FLOOR = "BELOW_RESERVE_FLOOR"  # what it releases is kept back
    NEEDS_OTHERS = "NEEDS_OTHERS"  # its lots wait for other tasks too
    NO_GAIN = "NO_GAIN"  # nobody would get more, or sooner
    EQUIPMENT = "EQUIPMENT"  # teams need it for their tasks: that is not valued here


@dataclass(frozen=True, slots=True)
class TaskValue:
    """A task, or the tasks a lot waits for together. `change` of levels, negative is better; of `fairness` the
    change of the least and of the mean fill rate, positive is better."""

    tasks: tuple[str, ...]
    releases: tuple[tuple[str, str, Decimal], ...]  # (store, item, units that could leave), S1
    basis: Basis
    critical_unmet: float
    other_unmet: float
    least_fill: float
    mean_fill: float
    deprivation: float  # of first trips: what vehicles queue for is not counted
    exact: tuple[str, ...]  # levels whose change is proven, on first trips; none of those that are bounds
    queues: bool  # the item travels on vehicles that may queue, so `deprivation` holds for first trips only


@dataclass(frozen=True)
class TaskValues:
    """`ranked`: best first; after the exact ones those that are worth at most so much. `nothing`: by task id."""

    ranked: tuple[TaskValue, ...]
    nothing: tuple[tuple[str, Nothing], ...]
    solves: int
    settled: int  # so many of the first of `ranked` are surely the best


@dataclass(frozen=True)
class _Candidate:
    tasks: tuple[str, ...]
    more: dict[int, dict[int, int]]  # position of the item -> row of the store -> lumps
    releases: tuple[tuple[str, str, Decimal], ...]
    contested: bool
    bound: float  # V3, of items met in full


def task_values(
    problem: DispatchProblem,
    *,
    count: int = COUNT,
    most_solves: int = MOST_SOLVES,
    stock: "ReleasedStock | None" = None,
) -> TaskValues:
    """Every task that blocks stock, ranked by the levels it would change (see `TaskValues`)."""
    blocking = sorted({task for line in problem.stock for task in line.blocked})
    if not blocking:
        return TaskValues((), (), 0, 0)
    case = stock or ReleasedStock(problem)
    candidates, nothing = case.candidates(blocking)
    # what may reach somebody who goes without comes first, then by what it can save at most
    candidates.sort(key=lambda one: (not one.contested, -one.bound, one.tasks))
    base = levels_of(problem, case.base)
    exact: list[tuple[tuple[Value, ...], TaskValue]] = []
    solved = 0
    for candidate in candidates:
        if solved == most_solves or (not candidate.contested and _settled(exact, count, candidate.bound)):
            break
        solved += 1
        done = case.released(candidate)
        after, proven = levels_of(problem, done), () if problem.coupled else exact_levels(case.base, done)
        exact.append((rank(problem, after, NAMES), _value(candidate, base, after, proven, case.queues(candidate))))
    rest = [_at_most(one, case) for one in candidates[solved:]]
    exact.sort(key=lambda row: (row[0], row[1].tasks))
    none = rank(problem, base, NAMES)
    ranked = [value for key, value in exact if key < none]
    nothing.update({value.tasks[0]: Nothing.NO_GAIN for key, value in exact if key >= none and len(value.tasks) == 1})
    settled = len(ranked)
    if rest:
        most = max((candidate.bound for candidate in candidates[solved:]), default=0.0)
        open_ = any(candidate.contested for candidate in candidates[solved:])
        settled = 0 if open_ else sum(_beyond(value, most) for value in ranked)
    return TaskValues((*ranked, *rest), tuple(sorted(nothing.items())), solved, settled)


def _settled(exact: list[tuple[tuple[Value, ...], TaskValue]], count: int, bound: float) -> bool:
    """Whether `count` values are known that no further candidate can beat."""
    return sum(_beyond(value, bound) for _, value in exact) >= count


def _beyond(value: TaskValue, bound: float) -> bool:
    """Whether a value is at least as good as whatever a candidate without level 2, 4 or 5 can come to."""
    less = value.critical_unmet + value.other_unmet < 0
    return less or value.least_fill > 0 or value.mean_fill > 0 or -value.deprivation >= bound


def _value(
    candidate: _Candidate, base: dict[str, Value], after: dict[str, Value], exact: tuple[str, ...], queues: bool
) -> TaskValue:
    change = {name: _difference(base[name], after[name]) for name in ("critical_unmet", "other_unmet", "deprivation")}
    fills, before = after["fairness"], base["fairness"]
    least, mean = fill_change(before, fills)
    return TaskValue(
        tasks=candidate.tasks,
        releases=candidate.releases,
        basis=Basis.EXACT,
        critical_unmet=float(change["critical_unmet"]),
        other_unmet=float(change["other_unmet"]),
        least_fill=least,
        mean_fill=mean,
        deprivation=float(change["deprivation"]),
        exact=exact,
        queues=queues,
    )


def fill_change(before: Value, after: Value) -> tuple[float, float]:
    """(change of the least, of the mean) incident fill rate."""
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    if not after:
        return 0.0, 0.0
    return float(after[0] - before[0]), float((sum(after, Fraction(0)) - sum(before, Fraction(0))) / len(after))


def _difference(before: Value, after: Value) -> Fraction:
    assert isinstance(before, Fraction)
    assert isinstance(after, Fraction)
    return after - before


def _at_most(candidate: _Candidate, case: "ReleasedStock") -> TaskValue:
    return TaskValue(candidate.tasks, candidate.releases, Basis.AT_MOST, 0.0, 0.0, 0.0, 0.0, -candidate.bound,
                     (), case.queues(candidate))  # fmt: skip


class ReleasedStock:
    """The supply side over all stores that hold, or would hold, anything."""

    def __init__(self, problem: DispatchProblem) -> None:
        self.problem = problem
        self.day = problem.as_of.astimezone(SHANGHAI).date()
        wanted = {demand.item for demand in problem.demands}
        stock = tuple(
            replace(line, blocked=()) if line.blocked else line for line in problem.stock if line.item in wanted
        )
        self.model: SupplyModel = supply_model(replace(problem, stock=stock))
        self.position = {problem.items[one.item].id: p for p, one in enumerate(self.model.items)}
        self.blocked = [line for line in problem.stock if line.blocked]
        self.shut = {(line.store, line.item) for line in self.blocked if line.item in wanted}
        self.usable: dict[tuple[str, str], Decimal] = {}
        for line in problem.stock:
            if (line.store, line.item) in self.shut and usable(line, self.day):
                key = line.store, line.item
                self.usable[key] = self.usable.get(key, Decimal(0)) + line.quantity
        self.available = self._available()
        self.opened = tuple(self.model.open(one) for one in self.model.items)
        self.base: Optimum = optimum(self.model, self.available, opened=self.opened)
        self._prices: dict[int, FloatArray] = {}

    def _row(self, store: str, position: int) -> int | None:
        stores = self.model.items[position].stores
        row = int(np.searchsorted(stores, self.problem.store_index[store]))
        return row if row < len(stores) and stores[row] == self.problem.store_index[store] else None

    def _lumps(self, store: str, item: str, released: Decimal) -> int:
        """S1 of a store and item with so much more of it usable."""
        floor = self.problem.reserve_floor.get((store, item), Decimal(0))
        free = max(Decimal(0), self.usable.get((store, item), Decimal(0)) + released - floor)
        return int(free / self.model.items[self.position[item]].lump)

    def _available(self) -> dict[int, IntArray]:
        found = {p: one.available.copy() for p, one in enumerate(self.model.items)}
        for store, item in self.shut:
            row = self._row(store, self.position[item])
            if row is not None:
                found[self.position[item]][row] = self._lumps(store, item, Decimal(0))
        return found

    def candidates(self, blocking: Iterable[str]) -> tuple[list[_Candidate], dict[str, Nothing]]:
        """Sets of tasks that release something somebody may use, and why the other tasks release nothing."""
        by_set: dict[frozenset[str], list[int]] = {}
        for number, line in enumerate(self.blocked):
            by_set.setdefault(frozenset(line.blocked), []).append(number)
        by_task: dict[str, list[frozenset[str]]] = {}
        for tasks in by_set:
            for task in tasks:
                by_task.setdefault(task, []).append(tasks)
        nothing: dict[str, Nothing] = {}
        found = []
        for tasks in sorted({*by_set, *(frozenset((task,)) for task in blocking)}, key=lambda s: (len(s), sorted(s))):
            inside = {other for task in tasks for other in by_task[task] if other <= tasks}
            lines = [self.blocked[number] for one in inside for number in by_set[one]]
            made = self._candidate(tuple(sorted(tasks)), lines)
            if isinstance(made, _Candidate):
                found.append(made)
            elif len(tasks) == 1:
                (task,) = tasks
                mine = [self.blocked[number] for one in by_task[task] for number in by_set[one]]
                asked = any(line.item in self.position for line in mine)
                nothing[task] = made if asked else Nothing.NOT_DEMANDED
                if nothing[task] in (Nothing.NOT_DEMANDED, Nothing.NO_GAIN) and any(map(self._equips, mine)):
                    nothing[task] = Nothing.EQUIPMENT
        return found, nothing

    def _equips(self, line: StockLine) -> bool:
        """Whether teams could take it to a task, were it not blocked."""
        needed = any(need.item == line.item for task in self.problem.tasks for need in task.equipment)
        return needed and usable(replace(line, blocked=()), self.day) and line.quantity > 0

    def _candidate(self, tasks: tuple[str, ...], lines: list[StockLine]) -> "_Candidate | Nothing":
        if not lines:
            return Nothing.NEEDS_OTHERS
        lines = [line for line in lines if line.item in self.position]
        if not lines:
            return Nothing.NOT_DEMANDED
        released: dict[tuple[str, str], Decimal] = {}
        for line in lines:
            if line.quantity > 0 and (line.expires is None or self.day <= line.expires):
                key = line.store, line.item
                released[key] = released.get(key, Decimal(0)) + line.quantity
        if not released:
            return Nothing.EXPIRED
        more: dict[int, dict[int, int]] = {}
        releases = []
        for (store, item), units in sorted(released.items()):
            position = self.position[item]
            lumps = self._lumps(store, item, units) - self._lumps(store, item, Decimal(0))
            row = self._row(store, position)
            if lumps > 0 and row is not None:
                more.setdefault(position, {})[row] = lumps
                releases.append((store, item, self.model.items[position].quantity(lumps)))
        if not more:
            return Nothing.BELOW_RESERVE_FLOOR
        contested = any(self.base.contests[position] is not None for position in more)
        bound = sum(
            lumps * float(self._price(position)[row]) for position, rows in more.items() for row, lumps in rows.items()
        )
        if not contested and bound == 0:
            return Nothing.NO_GAIN
        return _Candidate(tasks, more, tuple(releases), contested, bound)

    def _price(self, position: int) -> FloatArray:
        if position not in self._prices:
            one = self.base.supplies[position]
            found = prices(self.model, one, self.opened[position], self.base.flows[position])
            self._prices[position] = found
        return self._prices[position]

    def released(self, candidate: _Candidate) -> Optimum:
        available = {}
        for position, rows in candidate.more.items():
            available[position] = self.base.supplies[position].available.copy()
            for row, lumps in rows.items():
                available[position][row] += lumps
        return optimum(self.model, available, start=self.base, opened=self.opened)

    def queues(self, candidate: _Candidate) -> bool:
        """Whether vehicles of a store carry any of the items: then trips queue behind each other."""
        for position in candidate.more:
            stores = self.base.supplies[position].stores[self.base.flows[position].store]
            if any(self.problem.stores[int(store)].id in self.model.vehicles for store in np.unique(stores)):
                return True
        return False
