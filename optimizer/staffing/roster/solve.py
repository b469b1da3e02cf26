"""Solve a roster: bounds by counting, one search at the bounds, and level after level only where that finds none."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from math import ceil
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.roster.bounds import spread_bounds
from optimizer.staffing.roster.explain import conflict_of
from optimizer.staffing.roster.facts import Facts, asks_about, facts_of
from optimizer.staffing.roster.limits import Limits, limits_of
from optimizer.staffing.roster.model import Model, build, keep_windows, keep_within_one, squares, unmet_wishes
from optimizer.staffing.roster.parts import Part, parts_of
from optimizer.staffing.roster.practice import round_robin
from optimizer.staffing.roster.problem import MEASURES, Asked, Assignment, RosterProblem
from optimizer.staffing.roster.result import (
    Level,
    Roster,
    RosterNotFound,
    spreads_of,
    squares_of,
    tally,
)
from optimizer.staffing.roster.targets import Targets, targets_of

WORK = 16.0
"""Deterministic seconds of CP-SAT for each of the searches, unless told otherwise."""
WISHES = "wishes"


@dataclass
class Search:
    """One worker, a fixed seed and a work limit: the same input gives the same answer."""

    seed: int
    limit: float
    spent: float = 0.0
    whole: "Search | None" = None

    def part(self, share: float) -> "Search":
        """One with a share of the limit, whose work counts here."""
        return Search(self.seed, self.limit * share, whole=self)

    def run(self, cp: Any) -> tuple[Any, Any]:
        """(status, solver)."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.max_deterministic_time = self.limit
        status = solver.solve(cp)
        for one in (self, self.whole):
            if one is not None:
                one.spent += solver.response_proto.deterministic_time
        return status, solver


FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


def solve_roster(problem: RosterProblem, *, seed: int = 0, work: float = WORK) -> Roster:
    """The fairest roster that keeps every rule, by the levels of `model.py`.

    Status `optimal`: every level equals its bound. `infeasible`: `conflict` says which rules cannot be kept together.
    Raises `RosterNotFound` if the work limit ends the search before either.
    """
    search = Search(seed, work)
    facts = facts_of(problem)
    limits = limits_of(problem, facts)
    by_hand, empty = round_robin(problem, facts)
    parts = parts_of(problem, facts)
    carried, targets = with_credits(problem, facts, limits, parts, search)
    rows: list[Assignment] = []
    proven = [0] * (len(MEASURES) + 1)
    for part, target in zip(parts, targets, strict=True):
        done = _Part(problem, facts, carried, part, target, search).solve(by_hand)
        if done is None:
            conflict, least = conflict_of(problem, search)
            return Roster("infeasible", (), (), (), conflict, least, "proof", seed, search.spent, ())
        rows += done.assignments
        proven = [one + other for one, other in zip(proven, done.proven, strict=True)]
    found = tuple(sorted(rows))
    table, usual = tally(problem, facts, carried, found), tally(problem, facts, carried, by_hand)
    values, practice = squares_of(table), [None] * len(MEASURES) if empty else squares_of(usual)
    levels = [Level(name, values[m], proven[m], practice[m]) for m, name in enumerate(MEASURES)]
    by_hand_wishes = None if empty else wishes_unmet(problem, facts, by_hand)
    levels.append(Level(WISHES, wishes_unmet(problem, facts, found), proven[-1], by_hand_wishes))
    all_proven = all(level.value == level.bound for level in levels)
    spreads = spreads_of(facts, table, spread_bounds(problem, facts, carried))
    return Roster("optimal" if all_proven else "feasible", found, tuple(levels), spreads, (), False,
                  "proof" if all_proven else "work", seed, search.spent, tuple(map(tuple, carried)))  # fmt: skip


def with_credits(
    problem: RosterProblem, facts: Facts, limits: Limits, parts: tuple[Part, ...], search: Search
) -> tuple[list[list[int]], list[Targets | None]]:
    """What everybody starts from, and the targets of each part. Who is excused is credited with the share of the
    group's mean that would have fallen to the days of leave, rounded (half to even)."""
    carried = [list(row) for row in facts.carried]
    targets = [targets_of(problem, facts, carried, limits, part, search) for part in parts]
    if not facts.excused or None in targets:
        return carried, targets
    totals: Counter[tuple[int, int]] = Counter()
    group_of = {p: g for g, (_, them) in enumerate(facts.groups) for p in them}
    for target in targets:
        for them, row in zip(target.classes, target.total, strict=True) if target else ():
            totals.update({(group_of[them[0]], m): one for m, one in enumerate(row)})
    for g, (_, them) in enumerate(facts.groups):
        for p in facts.excused.intersection(them):
            for m in range(len(MEASURES)):
                carried[p][m] += round(facts.away[p] / problem.days * totals[g, m] / len(them))
    return carried, [targets_of(problem, facts, carried, limits, part, search) for part in parts]


@dataclass(frozen=True)
class _Done:
    """`proven[m]` bounds each level, the last of them wishes."""

    assignments: tuple[Assignment, ...]
    proven: list[int]


@dataclass
class _Part:
    """The search of one part."""

    problem: RosterProblem
    facts: Facts
    carried: list[list[int]]
    part: Part
    targets: Targets | None
    search: Search

    def solve(self, by_hand: tuple[Assignment, ...]) -> _Done | None:
        """None where the rules of this part cannot be kept together. Raises RosterNotFound."""
        if self.targets is not None:
            found = self._at_bounds(self.targets)
            if found is not None:
                return found
        start = None if self.targets is None else self._within_one(self.targets)
        if start is None:
            start = self._any(by_hand)
        if start is None:
            return None
        found_rows, proven = self._level_by_level(start)
        model = self._model()
        for m, value in enumerate(self._values(found_rows)):
            model.cp.add(squares(model, m) <= value)
        rows, bound = self._least_wishes(model, found_rows, self.search.part(1 / 16))
        return _Done(rows, [*proven, bound])

    def _at_bounds(self, targets: Targets) -> _Done | None:
        """A roster with every level of fairness at its bound, and among those one with fewest wishes unmet."""
        model, exact = self._model(), False
        keep_windows(model, targets.windows)
        rows = self._run(model)
        if rows is None:
            model, exact = self._all_at_bounds(targets), True
            rows = self._run(model)
        if rows is None:
            return None
        rows, bound = self._least_wishes(model, rows, self.search.part(1 / 4))
        if not exact and self._wishes(rows):  # others at the bounds may meet more
            rows, bound = self._least_wishes(self._all_at_bounds(targets), rows, self.search.part(1 / 4))
        return _Done(rows, [*targets.bounds, bound])

    def _all_at_bounds(self, targets: Targets) -> Model:
        """Every roster at the bounds: within the widest windows, and with no level above its bound."""
        model, windows = self._model(), targets.widest(self.search)
        keep_windows(model, windows)
        for m, bound in enumerate(targets.bounds):
            model.cp.add(squares(model, m, windows) <= bound)
        return model

    def _model(self) -> Model:
        return build(self.problem, self.facts, self.carried, self.part)

    def _run(self, model: Model) -> tuple[Assignment, ...] | None:
        status, solver = self.search.run(model.cp)
        return model.assignments(solver.value) if status in FOUND else None

    def _values(self, rows: tuple[Assignment, ...]) -> list[int]:
        table = tally(self.problem, self.facts, self.carried, rows)
        return squares_of([table[p] for p in self.part.people])

    def _wishes(self, rows: tuple[Assignment, ...]) -> int:
        return wishes_unmet(self.problem, self.facts, rows, self.part.people)

    def _any(self, hint: tuple[Assignment, ...]) -> tuple[Assignment, ...] | None:
        """Any roster at all; None where it is proven that there is none. Raises RosterNotFound."""
        model = self._model()
        model.hint(hint)
        status, solver = self.search.run(model.cp)
        if status in FOUND:
            return model.assignments(solver.value)
        if status == cp_model.INFEASIBLE:
            return None
        raise RosterNotFound(work=round(self.search.spent, 1))

    def _within_one(self, targets: Targets) -> tuple[Assignment, ...] | None:
        """Everybody within one of the others of the group, though not where the targets say."""
        model = self._model()
        keep_within_one(model, targets.windows)
        return self._run(model)

    def _level_by_level(self, start: tuple[Assignment, ...]) -> tuple[tuple[Assignment, ...], list[int]]:
        """Minimise one measure after the other, and hold what is reached, a small part of the work limit for each.

        The bound of a target holds given that the levels above reach theirs; after one that does not, only what the
        search itself proves counts. What is proven on no level and is less even within the groups than the start gives
        way to it.
        """
        model, best, proven, reached = self._model(), start, [0] * len(MEASURES), self.targets is not None
        settled = True
        for m in range(len(MEASURES)):
            z = squares(model, m)
            value = self._values(best)[m]
            bound = self.targets.bounds[m] if reached and self.targets is not None else 0
            if isinstance(z, int):
                proven[m] = z
                continue
            if value > bound:
                model.cp.minimize(z)
                model.hint(best)
                status, solver = self.search.part(1 / 32).run(model.cp)
                if status in FOUND:
                    best = model.assignments(solver.value)
                if settled:  # what is held above is proven: so is this
                    bound = max(bound, _bound(solver))
                value = self._values(best)[m]
            proven[m] = bound
            settled = settled and value == bound
            reached = reached and self.targets is not None and value == self.targets.bounds[m]
            model.cp.add(z <= value)
        if not settled and self._widest(best) > self._widest(start):
            first = self._values(start)
            for m in range(1, len(MEASURES)):
                if first[m - 1] > proven[m - 1]:  # bounds below hold no more
                    proven[m:] = [0] * (len(MEASURES) - m)
                    break
            return start, proven
        return best, proven

    def _widest(self, rows: tuple[Assignment, ...]) -> list[int]:
        """Spreads, the widest first."""
        table = tally(self.problem, self.facts, self.carried, rows)
        return sorted((one.value for one in spreads_of(self.facts, table)), reverse=True)

    def _least_wishes(
        self, model: Model, best: tuple[Assignment, ...], search: Search
    ) -> tuple[tuple[Assignment, ...], int]:
        """Fewest wishes unmet in a model that `best` is a solution of, and a bound on them there."""
        if not self._wishes(best):
            return best, 0
        model.cp.minimize(unmet_wishes(model))
        model.hint(best)
        status, solver = search.run(model.cp)
        if status not in FOUND:
            return best, 0
        return model.assignments(solver.value), _bound(solver)


def _bound(solver: Any) -> int:
    return max(0, ceil(float(solver.best_objective_bound) - 1e-6))


def wishes_unmet(
    problem: RosterProblem, facts: Facts, assignments: tuple[Assignment, ...], people: Collection[int] | None = None
) -> int:
    """How many wishes (of these people) are not met: a day wished for without a duty, a duty that was wished away."""
    on: dict[str, list[Any]] = {}
    slots = {slot.id: slot for slot in problem.slots}
    for one in assignments:
        on.setdefault(one.person, []).append(slots[one.slot])
    unmet = 0
    for request in problem.requests:
        if people is not None and facts.index[request.person] not in people:
            continue
        mine = on.get(request.person, [])
        if request.kind is Asked.wish_not:
            unmet += sum(asks_about(request, slot) for slot in mine)
        elif request.kind is Asked.wish:
            for day in range(request.first_day, request.last_day + 1):
                asked = type(request)(request.person, request.kind, day, day, request.post)
                unmet += not any(asks_about(asked, slot) for slot in mine)
    return unmet
