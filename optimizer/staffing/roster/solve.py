"""Solve a roster: bounds by counting, one search at the bounds, and level after level only where that finds none."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.roster.bounds import spread_bounds
from optimizer.staffing.roster.explain import conflict_of
from optimizer.staffing.roster.facts import Facts, facts_of
from optimizer.staffing.roster.limits import Limits, limits_of
from optimizer.staffing.roster.model import Model, beyond_one, build, keep_windows, squares, unmet_wishes
from optimizer.staffing.roster.parts import Part, parts_of
from optimizer.staffing.roster.practice import round_robin
from optimizer.staffing.roster.problem import MEASURES, Assignment, RosterProblem
from optimizer.staffing.roster.result import (
    Level,
    Roster,
    RosterNotFound,
    Spread,
    spreads_of,
    squares_of,
    tally,
)
from optimizer.staffing.roster.targets import Targets, Windows, targets_of
from optimizer.staffing.roster.wishes import wishes_hopeless, wishes_unmet

WORK = 2.0
"""Deterministic seconds of CP-SAT for each search at the bounds, unless told otherwise; any roster at all may take
eight times as long, and an improvement of one level an eighth; after LATEST times as much nothing is improved."""
LATEST = 3
LEVELS = (*(name for measure in MEASURES for name in (f"beyond_{measure}", measure)), "wishes")


@dataclass
class Search:
    """One worker, a fixed seed and a work limit: the same input gives the same answer."""

    seed: int
    limit: float
    spent: float = 0.0
    whole: "Search | None" = None

    def part(self, share: float) -> "Search":
        """One with a share of the limit, whose work counts here."""
        return Search(self.seed, self.limit * share, whole=self.whole or self)

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
    proven = [0] * len(LEVELS)
    for part, target in zip(parts, targets, strict=True):
        done = _Part(problem, facts, carried, part, target, search).solve(by_hand)
        if done is None:
            conflict, least = conflict_of(problem, search)
            return Roster("infeasible", (), (), (), conflict, least, "proof", seed, search.spent, ())
        rows += done.assignments
        proven = [one + other for one, other in zip(proven, done.proven, strict=True)]
    found = tuple(sorted(rows))
    values = levels_of(problem, facts, carried, found)
    usual = [None] * len(LEVELS) if empty else levels_of(problem, facts, carried, by_hand)
    levels = tuple(map(Level, LEVELS, values, proven, usual))
    all_proven = all(level.value == level.bound for level in levels)
    spreads = spreads_of(facts, tally(problem, facts, carried, found), spread_bounds(problem, facts, carried))
    return Roster("optimal" if all_proven else "feasible", found, levels, spreads, (), False,
                  "proof" if all_proven else "work", seed, search.spent, tuple(map(tuple, carried)))  # fmt: skip


def levels_of(
    problem: RosterProblem, facts: Facts, carried: Sequence[Sequence[int]], rows: tuple[Assignment, ...],
    people: Collection[int] | None = None,
) -> list[int]:  # fmt: skip
    """The value of each of LEVELS, of these people or of all."""
    table = tally(problem, facts, carried, rows)
    spreads = spreads_of(facts, table, people=people)
    mine = squares_of(table if people is None else [table[p] for p in people])
    found = []
    for m, name in enumerate(MEASURES):
        found += [sum(max(0, one.value - 1) for one in spreads if one.measure == name), mine[m]]
    return [*found, wishes_unmet(problem, facts, rows, people)]


def with_credits(
    problem: RosterProblem, facts: Facts, limits: Limits, parts: tuple[Part, ...], search: Search
) -> tuple[list[list[int]], list[Targets | None]]:
    """What everybody starts from, and the targets of each part. Who is excused is credited with the share of the
    group's mean that would have fallen to the days of leave, rounded (half to even)."""
    carried = [list(row) for row in facts.carried]
    first = search.part(1 / 4) if facts.excused else search
    targets = [targets_of(problem, facts, carried, limits, part, first) for part in parts]
    if not facts.excused or None in targets:
        return carried, targets
    totals: Counter[tuple[int, int]] = Counter()
    group_of = {p: g for g, (_, them) in enumerate(facts.groups) for p in them}
    for target in targets:
        for them, row in zip(target.classes, target.total, strict=True) if target else ():
            totals.update({(group_of[them[0]], m): one for m, one in enumerate(row)})
    carried = credited(problem, facts, totals)
    return carried, [targets_of(problem, facts, carried, limits, part, search) for part in parts]


def credited(problem: RosterProblem, facts: Facts, totals: Mapping[tuple[int, int], int]) -> list[list[int]]:
    """What everybody carries, and the credits of who is excused; `totals[g, m]` falls to group g this month."""
    carried = [list(row) for row in facts.carried]
    for g, (_, them) in enumerate(facts.groups):
        for p in facts.excused.intersection(them):
            for m in range(len(MEASURES)):
                carried[p][m] += round(facts.away[p] / problem.days * totals[g, m] / len(them))
    return carried


def carried_after(problem: RosterProblem, assignments: tuple[Assignment, ...]) -> dict[str, tuple[int, ...]]:
    """Person -> what they carry into the next month: what they had, what they did, and the credit of long leave."""
    table = _table(problem, facts_of(problem), assignments)
    return {person.id: tuple(row) for person, row in zip(problem.people, table, strict=True)}


def spreads_now(problem: RosterProblem, assignments: tuple[Assignment, ...]) -> tuple[Spread, ...]:
    """How a roster that was not solved for (one mended) is shared out, with the proven least of each group."""
    facts = facts_of(problem)
    table = _table(problem, facts, assignments)
    done = tally(problem, facts, [[0] * len(MEASURES) for _ in problem.people], assignments)
    before = [[now - own for now, own in zip(*rows, strict=True)] for rows in zip(table, done, strict=True)]
    return spreads_of(facts, table, spread_bounds(problem, facts, before))


def _table(problem: RosterProblem, facts: Facts, assignments: tuple[Assignment, ...]) -> list[list[int]]:
    done = tally(problem, facts, [[0] * len(MEASURES) for _ in problem.people], assignments)
    totals = {(g, m): sum(done[p][m] for p in them) for g, (_, them) in enumerate(facts.groups)
              for m in range(len(MEASURES))}  # fmt: skip
    return tally(problem, facts, credited(problem, facts, totals), assignments)


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
        model, rows = self._model(), None
        if self.targets is not None:
            rows = self._all_wishes(self.targets)
            if rows is not None:
                return _Done(rows, [*self.targets.bounds, self.hopeless])
            model = self._at_levels(self.targets, self.targets.windows)
            rows = self._run(model)
        if rows is None:
            start = self._any(by_hand)
            if start is None:
                return None
            if self.targets is not None:
                model = self._at_levels(self.targets, self.targets.groups)
                rows = self._run(model)
            if rows is None:
                near = None if self.targets is None else self._near(self.targets)
                return self._level_by_level(near or start)
        assert self.targets is not None
        return self._at_bounds(self.targets, model, rows)

    @property
    def hopeless(self) -> int:
        return wishes_hopeless(self.problem, self.facts, self.part.people)

    def _all_wishes(self, targets: Targets) -> tuple[Assignment, ...] | None:
        """What is mostly there: a roster at the bounds that meets every wish that anybody can meet."""
        model = self._at_levels(targets, targets.windows)
        model.cp.add(unmet_wishes(model) <= self.hopeless)
        return self._run(model)

    def _at_bounds(self, targets: Targets, model: Model, rows: tuple[Assignment, ...]) -> _Done:
        """Among the rosters with every level of fairness at its bound, of which `rows` is one, one with fewest wishes
        unmet."""
        rows, _ = self._least_wishes(model, rows)
        bound = self.hopeless
        if self._levels(rows)[-1] > bound:  # other rosters at the bounds may meet more
            windows = targets.widest(self.search)
            if windows is None:
                rows, _ = self._least_wishes(self._at_levels(targets, targets.groups), rows)
            else:
                model = self._at_levels(targets, windows)
                for m in range(len(MEASURES)):
                    model.cp.add(beyond_one(model, m) <= targets.values[2 * m])
                rows, bound = self._least_wishes(model, rows)
        return _Done(rows, [*targets.bounds, max(bound, self.hopeless)])

    def _at_levels(self, targets: Targets, windows: Windows, measures: int = len(MEASURES)) -> Model:
        """Rosters within the windows, with no sum of squares above that of the targets, in the first so many
        measures."""
        model = self._model()
        keep_windows(model, windows, measures)
        for m, value in enumerate(targets.values[1 : 2 * measures : 2]):
            model.cp.add(squares(model, m, windows) <= value)
        return model

    def _least_wishes(self, model: Model, best: tuple[Assignment, ...]) -> tuple[tuple[Assignment, ...], int]:
        """Fewest wishes unmet in a model, and a bound on them there; `best` is kept where there is nothing better."""
        if not self._levels(best)[-1]:
            return best, 0
        model.cp.minimize(unmet_wishes(model))
        model.hint(best)
        status, solver = self.search.part(1 / 2).run(model.cp)
        if status not in FOUND:
            return best, 0
        found = model.assignments(solver.value)
        return min(best, found, key=lambda rows: self._levels(rows)[-1]), _bound(solver)

    def _near(self, targets: Targets) -> tuple[Assignment, ...] | None:
        """As many groups within one as the targets have, though not at their totals; or with duties at the targets and
        each group up to two wider in the other measures; or with duties alone at the targets."""
        for held, wider in ((0, 0), (1, 2), (1, None)):
            model = self._at_levels(targets, targets.groups, held)
            for m in () if wider is None else range(held, len(MEASURES)):
                most = targets.values[2 * m] + (wider or 0) * len(targets.spread)
                model.cp.add(beyond_one(model, m, targets.spread) <= most)
            rows = self._run(model, self.search.part(1 / 2))
            if rows is not None:
                return rows
        return None

    def _any(self, hint: tuple[Assignment, ...]) -> tuple[Assignment, ...] | None:
        """Any roster at all; None where it is proven that there is none. Raises RosterNotFound."""
        model = self._model()
        model.hint(hint)
        status, solver = self.search.part(8).run(model.cp)
        if status in FOUND:
            return model.assignments(solver.value)
        if status == cp_model.INFEASIBLE:
            return None
        raise RosterNotFound(work=round(self.search.spent, 1))

    def _level_by_level(self, best: tuple[Assignment, ...]) -> _Done:
        """Minimise one level after the other, and hold what is reached, a small part of the work limit for each.

        The bound of a target holds given that the levels above reach theirs; after one that does not, only what the
        search itself proves counts.
        """
        model, proven, settled = self._model(), [0] * len(LEVELS), True
        aims = None if self.targets is None else self.targets.bounds
        goals = [goal for m in range(len(MEASURES)) for goal in (beyond_one(model, m), squares(model, m))]
        goals.append(unmet_wishes(model))
        for at, goal in enumerate(goals):
            value = self._levels(best)[at]
            bound = aims[at] if aims is not None and at < len(aims) else 0
            if isinstance(goal, int):
                bound = value
            if value > bound and self.search.spent < LATEST * self.search.limit:
                model.cp.minimize(goal)
                model.hint(best)
                status, solver = self.search.part(1 / 8).run(model.cp)
                if status in FOUND:
                    best = model.assignments(solver.value)
                if settled:  # what is held above is proven: so is this
                    bound = max(bound, _bound(solver))
                value = self._levels(best)[at]
            proven[at] = bound
            settled = settled and value == bound
            if aims is not None and at < len(aims) and value > aims[at]:
                aims = None
            model.cp.add(goal <= value)
        return _Done(best, proven)

    def _model(self) -> Model:
        return build(self.problem, self.facts, self.carried, self.part)

    def _run(self, model: Model, search: Search | None = None) -> tuple[Assignment, ...] | None:
        status, solver = (search or self.search).run(model.cp)
        return model.assignments(solver.value) if status in FOUND else None

    def _levels(self, rows: tuple[Assignment, ...]) -> list[int]:
        return levels_of(self.problem, self.facts, self.carried, rows, self.part.people)


def _bound(solver: Any) -> int:
    return max(0, ceil(float(solver.best_objective_bound) - 1e-6))
