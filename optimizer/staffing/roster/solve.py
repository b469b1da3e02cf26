"""Solve a roster: bounds by counting, one search at the bounds, and level after level only where that finds none."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.roster.bounds import spread_bounds
from optimizer.staffing.roster.explain import conflict_of
from optimizer.staffing.roster.facts import Facts, asks_about, facts_of
from optimizer.staffing.roster.model import Model, build, keep_windows, keep_within_one, squares, unmet_wishes
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

    def run(self, cp: Any) -> tuple[Any, Any]:
        """(status, solver)."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.max_deterministic_time = self.limit
        status = solver.solve(cp)
        self.spent += solver.response_proto.deterministic_time
        return status, solver


FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


def solve_roster(problem: RosterProblem, *, seed: int = 0, work: float = WORK) -> Roster:
    """The fairest roster that keeps every rule, by the levels of `model.py`.

    Status `optimal`: every level equals its bound. `infeasible`: `conflict` says which rules cannot be kept together.
    Raises `RosterNotFound` if the work limit ends the search before either.
    """
    search = Search(seed, work)
    facts = facts_of(problem)
    by_hand, empty = round_robin(problem, facts)
    carried, targets = with_credits(problem, facts, search)
    found = None if targets is None else _at_targets(build(problem, facts, carried), targets, search)
    proven = [0] * len(MEASURES) if targets is None else list(targets.bounds)
    if found is None:
        model = build(problem, facts, carried)
        found = None if targets is None else _within_one(model, targets, search)
        if found is None:
            found = _without_fairness(build(problem, facts, carried), by_hand, search)
        if found is None:
            conflict, least = conflict_of(problem, search)
            return Roster("infeasible", (), (), (), conflict, least, "proof", seed, search.spent, ())
        found, proven = _level_by_level(problem, facts, carried, targets, found, search)
    elif targets is not None and wishes_unmet(problem, facts, found):
        model = build(problem, facts, carried)
        keep_windows(model, targets.window)
        found, _ = _least_wishes(model, found, search)
    wish_bound = 0
    if wishes_unmet(problem, facts, found):  # other totals of the groups may be as even, and meet more
        model = build(problem, facts, carried)
        for m, value in enumerate(squares_of(tally(problem, facts, carried, found))):
            model.cp.add(squares(model, m) <= value)
        short = Search(seed, work / 16)
        found, wish_bound = _least_wishes(model, found, short)
        search.spent += short.spent
    table, usual = tally(problem, facts, carried, found), tally(problem, facts, carried, by_hand)
    values, practice = squares_of(table), [None] * len(MEASURES) if empty else squares_of(usual)
    levels = [Level(name, values[m], proven[m], practice[m]) for m, name in enumerate(MEASURES)]
    by_hand_wishes = None if empty else wishes_unmet(problem, facts, by_hand)
    levels.append(Level(WISHES, wishes_unmet(problem, facts, found), wish_bound, by_hand_wishes))
    done = all(level.value == level.bound for level in levels)
    spreads = spreads_of(facts, table, spread_bounds(problem, facts, carried))
    return Roster("optimal" if done else "feasible", found, tuple(levels), spreads, (), False,
                  "proof" if done else "work", seed, search.spent, tuple(map(tuple, carried)))  # fmt: skip


def with_credits(problem: RosterProblem, facts: Facts, search: Search) -> tuple[list[list[int]], Targets | None]:
    """What everybody starts from, and the targets. Who is excused is credited with the share of the group's mean that
    would have fallen to the days of leave, rounded (half to even)."""
    carried = [list(row) for row in facts.carried]
    targets = targets_of(problem, facts, carried, search)
    if targets is None or not facts.excused:
        return carried, targets
    for g, (_, them) in enumerate(facts.groups):
        for p in facts.excused.intersection(them):
            for m in range(len(MEASURES)):
                carried[p][m] += round(facts.away[p] / problem.days * targets.total[g][m] / len(them))
    return carried, targets_of(problem, facts, carried, search)


def _at_targets(model: Model, targets: Targets, search: Search) -> tuple[Assignment, ...] | None:
    """Everybody within the windows: what is found is optimal on all levels of fairness."""
    keep_windows(model, targets.window)
    status, solver = search.run(model.cp)
    return model.assignments(solver.value) if status in FOUND else None


def _without_fairness(model: Model, hint: tuple[Assignment, ...], search: Search) -> tuple[Assignment, ...] | None:
    """Any roster at all; None where it is proven that there is none. Raises RosterNotFound."""
    model.hint(hint)
    status, solver = search.run(model.cp)
    if status in FOUND:
        return model.assignments(solver.value)
    if status == cp_model.INFEASIBLE:
        return None
    raise RosterNotFound(work=round(search.spent, 1))


def _within_one(model: Model, targets: Targets, search: Search) -> tuple[Assignment, ...] | None:
    """Everybody within one of the others of the group, though not where the targets say."""
    keep_within_one(model, targets.window)
    status, solver = search.run(model.cp)
    return model.assignments(solver.value) if status in FOUND else None


def _level_by_level(
    problem: RosterProblem, facts: Facts, carried: list[list[int]], targets: Targets | None,
    start: tuple[Assignment, ...], search: Search,
) -> tuple[tuple[Assignment, ...], list[int]]:  # fmt: skip
    """Minimise one measure after the other, and hold what is reached, a small part of the work limit for each.

    The bound of a target holds given that the levels above reach theirs; after one that does not, only what the search
    itself proves counts. What is proven on no level and is less even within the groups than the start gives way to it.
    """
    model, best, proven, reached = build(problem, facts, carried), start, [0] * len(MEASURES), targets is not None
    short = Search(search.seed, search.limit / 32)
    settled = True
    for m in range(len(MEASURES)):
        z = squares(model, m)
        value = squares_of(tally(problem, facts, carried, best))[m]
        bound = targets.bounds[m] if reached and targets is not None else 0
        if isinstance(z, int):
            proven[m] = z
            continue
        if value > bound:
            model.cp.minimize(z)
            model.hint(best)
            status, solver = short.run(model.cp)
            if status in FOUND:
                best = model.assignments(solver.value)
            if settled:  # what is held above is proven: so is this
                bound = max(bound, _bound(solver))
            value = squares_of(tally(problem, facts, carried, best))[m]
        proven[m] = bound
        settled = settled and value == bound
        reached = reached and targets is not None and value == targets.bounds[m]
        model.cp.add(z <= value)
    search.spent += short.spent
    if not settled and _widest(problem, facts, carried, best) > _widest(problem, facts, carried, start):
        first = squares_of(tally(problem, facts, carried, start))
        for m in range(1, len(MEASURES)):
            if first[m - 1] > proven[m - 1]:  # bounds below hold no more
                proven[m:] = [0] * (len(MEASURES) - m)
                break
        return start, proven
    return best, proven


def _widest(problem: RosterProblem, facts: Facts, carried: list[list[int]], rows: tuple[Assignment, ...]) -> list[int]:
    """Spreads, the widest first."""
    return sorted((one.value for one in spreads_of(facts, tally(problem, facts, carried, rows))), reverse=True)


def _least_wishes(model: Model, best: tuple[Assignment, ...], search: Search) -> tuple[tuple[Assignment, ...], int]:
    """Wishes, with the levels above held. Gives the roster and a bound on the wishes that cannot be met."""
    model.cp.minimize(unmet_wishes(model))
    model.hint(best)
    status, solver = search.run(model.cp)
    if status not in FOUND:
        return best, 0
    return model.assignments(solver.value), _bound(solver)


def _bound(solver: Any) -> int:
    return max(0, ceil(float(solver.best_objective_bound) - 1e-6))


def wishes_unmet(problem: RosterProblem, facts: Facts, assignments: tuple[Assignment, ...]) -> int:
    """How many wishes are not met: a day wished for without a duty, a duty that was wished away."""
    on: dict[str, list[Any]] = {}
    slots = {slot.id: slot for slot in problem.slots}
    for one in assignments:
        on.setdefault(one.person, []).append(slots[one.slot])
    unmet = 0
    for request in problem.requests:
        mine = on.get(request.person, [])
        if request.kind is Asked.wish_not:
            unmet += sum(asks_about(request, slot) for slot in mine)
        elif request.kind is Asked.wish:
            for day in range(request.first_day, request.last_day + 1):
                asked = type(request)(request.person, request.kind, day, day, request.post)
                unmet += not any(asks_about(asked, slot) for slot in mine)
    return unmet
