"""What each overdue five-fixed task is worth to the plan: the levels if it were done, ranked.

Candidates are every task alone, and the whole set of tasks of every lot that needs several: each of those alone may
be worth nothing. Where nobody waits for equipment, levels 1 and 3 belong to the teams and cannot change; else the
whole problem is solved again (W1 ... of `whole`). Level 7 is counted, not optimised, and is left out. Numbers V1 ...
are those of `supply_value`, S1 ... those of docs/model.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import numpy as np

from optimizer.dispatch.levels import Value, rank
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem, StockLine
from optimizer.dispatch.supply_model import SHANGHAI, SupplyModel, stock_of, supply_model, usable
from optimizer.dispatch.why.supply_value import Optimum, exact_levels, levels_of, optimum, prices
from optimizer.dispatch.why.whole import ALL, TEAMS, Whole, released
from optimizer.units import FloatArray, IntArray

NAMES = ("critical_unmet", "other_unmet", "fairness", "deprivation")
COUNT = 30  # best ones whose rank is settled
MOST_SOLVES = 150  # re-solves in all


class Basis(StrEnum):
    """How a value is known."""

    EXACT = "exact"  # solved again, side by side
    AT_MOST = "at_most"  # V3, not solved again
    SEARCH = "search"  # solved again as a whole, by a search (W3)
    OPEN = "open"  # not solved again, and no bound is known


class Nothing(StrEnum):
    """Why a task is worth nothing to this plan."""

    NOT_DEMANDED = "NOT_DEMANDED"  # nobody asks for what it blocks
    EXPIRED = "EXPIRED"  # what it blocks has expired, or is none
    BELOW_RESERVE_FLOOR = "BELOW_RESERVE_FLOOR"  # what it releases is kept back
    NEEDS_OTHERS = "NEEDS_OTHERS"  # its lots wait for other tasks too
    NO_GAIN = "NO_GAIN"  # nobody would get more, or sooner
    NONE_FOUND = "NONE_FOUND"  # the search found no better plan (W2)
    NO_PROMISE = "NO_PROMISE"  # by first trips nobody would get more, or sooner; not solved again


@dataclass(frozen=True, slots=True)
class TaskValue:
    """A task, or the tasks a lot waits for together. `change` of levels, negative is better; of `fairness` the
    change of the least and of the mean fill rate, positive is better."""

    tasks: tuple[str, ...]
    releases: tuple[tuple[str, str, Decimal], ...]  # (store, item, units that could leave), S1
    basis: Basis
    unserved: float  # 0 where no team waits for equipment
    critical_unmet: float
    completion: float  # as `unserved`
    other_unmet: float
    least_fill: float
    mean_fill: float
    deprivation: float  # of first trips, what vehicles queue for not counted; of whole plans with `SEARCH`
    exact: tuple[str, ...]  # levels whose change is proven; none of those that are bounds
    queues: bool  # the item travels on vehicles that may queue, so `deprivation` holds for first trips only


@dataclass(frozen=True)
class TaskValues:
    """`ranked`: best first; after those solved again what is worth at most so much, or unknown. `nothing`: by task
    id."""

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
    whole: Whole | None = None,
) -> TaskValues:
    """Every task that blocks stock, ranked by the levels it would change (see `TaskValues`); `whole`: the plan to
    compare with where the sides wait for each other."""
    blocking = sorted({task for line in problem.stock for task in line.blocked})
    if not blocking:
        return TaskValues((), (), 0, 0)
    case = stock or ReleasedStock(problem)
    candidates, nothing = case.candidates(blocking)
    if problem.coupled:
        whole = whole or Whole(problem)
        return _whole_values(case, candidates, nothing, whole, most_solves=min(most_solves, whole.most))
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
        after, proven = levels_of(problem, done), exact_levels(case.base, done)
        value = _value(candidate, Basis.EXACT, base, after, proven, queues=case.queues(candidate))
        exact.append((rank(problem, after, NAMES), value))
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


def _whole_values(
    case: "ReleasedStock", candidates: list[_Candidate], nothing: dict[str, Nothing], whole: Whole, *, most_solves: int
) -> TaskValues:
    """W1 to W3 for the most promising candidates; the others stay open."""
    problem = case.problem
    short, arrive = case.short(whole.plan), case.model.arrive

    def promise(one: _Candidate) -> tuple[float, ...]:
        relief = [whole.relief(item, store, units, arrive[problem.store_index[store]])
                  for store, item, units in one.releases]  # fmt: skip
        lacking, seconds = (sum(row[k] for row in relief) for k in (0, 1))
        items = sorted({item for _, item, _ in one.releases})
        critical, other = (sum(short.get(item, (0.0, 0.0))[k] for item in items) for k in (0, 1))
        return -lacking, -critical, -seconds, -other, -one.bound

    promised = {one.tasks: promise(one) for one in candidates}
    candidates.sort(key=lambda one: (promised[one.tasks], one.tasks))
    before = rank(problem, whole.levels, ALL)
    solved: list[tuple[tuple[Value, ...], TaskValue]] = []
    for candidate in candidates[:most_solves]:
        found = whole.again(released(problem, candidate.tasks))
        value = _value(candidate, Basis.SEARCH, whole.levels, found.levels, found.exact, queues=False)
        key = rank(problem, found.levels, ALL)
        solved.append((key, value))
        if key == before and len(candidate.tasks) == 1:
            nothing[candidate.tasks[0]] = Nothing.NO_GAIN if len(found.exact) == len(ALL) else Nothing.NONE_FOUND
    solved.sort(key=lambda row: (row[0], row[1].tasks))
    ranked = [value for key, value in solved if key < before]
    rest = []
    for one in candidates[most_solves:]:
        if any(promised[one.tasks]):
            rest.append(_value(one, Basis.OPEN, {}, {}, (), queues=False))
        elif len(one.tasks) == 1:
            nothing[one.tasks[0]] = Nothing.NO_PROMISE
    sure = len(candidates) <= most_solves and all(len(value.exact) == len(ALL) for _, value in solved)
    return TaskValues((*ranked, *rest), tuple(sorted(nothing.items())), len(solved), len(ranked) if sure else 0)


def _value(
    candidate: _Candidate, basis: Basis, base: dict[str, Value], after: dict[str, Value], exact: tuple[str, ...], *,
    queues: bool, deprivation: float | None = None,
) -> TaskValue:  # fmt: skip
    """Differences of the levels that both know; 0 of the others."""
    least, mean = fill_change(base.get("fairness", ()), after.get("fairness", ()))
    change = {name: difference(base, after, name) for name in (*TEAMS, "critical_unmet", "other_unmet", "deprivation")}
    if deprivation is not None:
        change["deprivation"] = deprivation
    return TaskValue(tasks=candidate.tasks, releases=candidate.releases, basis=basis, least_fill=least, mean_fill=mean,
                     exact=exact, queues=queues, **change)  # fmt: skip


def difference(before: dict[str, Value], after: dict[str, Value], name: str) -> float:
    """Of a level that is a number; 0 where it is not known."""
    if name not in before or name not in after:
        return 0.0
    was, now = before[name], after[name]
    assert isinstance(was, Fraction)
    assert isinstance(now, Fraction)
    return float(now - was)


def fill_change(before: Value, after: Value) -> tuple[float, float]:
    """(change of the least, of the mean) incident fill rate."""
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    if not after:
        return 0.0, 0.0
    return float(after[0] - before[0]), float((sum(after, Fraction(0)) - sum(before, Fraction(0))) / len(after))


def _at_most(candidate: _Candidate, case: "ReleasedStock") -> TaskValue:
    queues = case.queues(candidate)
    return _value(candidate, Basis.AT_MOST, {}, {}, (), queues=queues, deprivation=-candidate.bound)


class ReleasedStock:
    """The supply side over all stores that hold, or would hold, anything."""

    def __init__(self, problem: DispatchProblem) -> None:
        self.problem = problem
        self.day = problem.as_of.astimezone(SHANGHAI).date()
        self.needed = {need.item for task in problem.tasks for need in task.equipment}
        wanted = {demand.item for demand in problem.demands} | self.needed
        stock = tuple(
            replace(line, blocked=()) if line.blocked else line for line in problem.stock if line.item in wanted
        )
        whole = replace(problem, stock=stock)
        self.model: SupplyModel = supply_model(whole)
        self.lump = {problem.items[one.item].id: one.lump for one in self.model.items}
        if self.needed:
            self.lump |= stock_of(whole, self.needed)[1]
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
        return int(free / self.lump[item])

    def _available(self) -> dict[int, IntArray]:
        found = {p: one.available.copy() for p, one in enumerate(self.model.items)}
        for store, item in self.shut:
            row = None if item not in self.position else self._row(store, self.position[item])
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
                asked = any(self.blocked[n].item in self.lump for one in by_task[task] for n in by_set[one])
                nothing[task] = made if asked else Nothing.NOT_DEMANDED
        return found, nothing

    def _candidate(self, tasks: tuple[str, ...], lines: list[StockLine]) -> "_Candidate | Nothing":
        if not lines:
            return Nothing.NEEDS_OTHERS
        lines = [line for line in lines if line.item in self.lump]
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
            lumps = self._lumps(store, item, units) - self._lumps(store, item, Decimal(0))
            if lumps <= 0:
                continue
            releases.append((store, item, self.lump[item] * lumps))
            row = None if item not in self.position else self._row(store, self.position[item])
            if row is not None:
                more.setdefault(self.position[item], {})[row] = lumps
        if not releases:
            return Nothing.BELOW_RESERVE_FLOOR
        contested = any(self.base.contests[position] is not None for position in more)
        bound = sum(
            lumps * float(self._price(position)[row]) for position, rows in more.items() for row, lumps in rows.items()
        )
        if not contested and bound == 0 and not self.problem.coupled:
            return Nothing.NO_GAIN
        return _Candidate(tasks, more, tuple(releases), contested, bound)

    def short(self, plan: Plan) -> dict[str, tuple[float, float]]:
        """Item -> severity x share that the plan leaves unmet, of life-critical items and of others."""
        problem = self.problem
        found: dict[str, tuple[float, float]] = {}
        asked = {(one.incident, one.item): one.quantity for one in problem.demands}
        for row in plan.unmet:
            if row.item is None or (row.incident, row.item) not in asked:
                continue
            share = float(row.quantity / asked[row.incident, row.item])
            weight = share * problem.incidents[problem.incident_index[row.incident]].severity
            critical = problem.items[problem.item_index[row.item]].life_critical
            before = found.get(row.item, (0.0, 0.0))
            found[row.item] = (before[0] + weight, before[1]) if critical else (before[0], before[1] + weight)
        return found

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
