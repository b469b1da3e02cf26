"""Somebody drops out: the roster with fewest people changed, and among those one of the evenest; who changes, and why.

With D the duties from `from_day` on that somebody has now: minimise the number of (p, s) in D with y[p, s] = 0 under
(2) to (6) of `model.py`, those before `from_day` standing as they are; hold it; minimise the sum of all z of (9).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil

from ortools.sat.python import cp_model

from optimizer.staffing.roster.explain import conflict_of
from optimizer.staffing.roster.facts import Facts, asks_about, facts_of, free_at
from optimizer.staffing.roster.model import build, squares
from optimizer.staffing.roster.problem import MEASURES, Asked, Assignment, PastDuty, Request, RosterProblem, Slot
from optimizer.staffing.roster.result import Conflict, RosterNotFound, Status
from optimizer.staffing.roster.solve import FOUND, Search

WORK = 20.0


@dataclass(frozen=True, slots=True)
class Change:
    """On `slot`, `out` gives way to `into` as `role`. `why`: `dropped_out` (a request keeps them off), `needed_at`
    (they stand at `there`, which leaves no time for this), `partner_gone` (the other of the pair leaves it), or
    `made_room` (the others' rules need it)."""

    slot: str
    role: str
    out: str
    into: str
    why: str
    there: str | None = None


@dataclass(frozen=True)
class Repaired:
    """`changes` is optimal if `bound` equals their number. Infeasible: `conflict`, and no assignments."""

    status: Status
    assignments: tuple[Assignment, ...]
    changes: tuple[Change, ...]
    bound: int
    conflict: tuple[Conflict, ...]
    seed: int
    work: float


def repair_roster(
    problem: RosterProblem, assignments: Iterable[Assignment], more: Iterable[Request], *,
    from_day: int = 0, seed: int = 0, work: float = WORK,
) -> Repaired:  # fmt: skip
    """The roster changed for `more` requests (leave of who drops out, and the like), from `from_day` on.

    Raises `BadInput` for requests that cannot be read, `RosterNotFound` if the work limit comes before any roster.
    """
    search = Search(seed, work)
    whole = problem.with_requests(*more)
    given = tuple(sorted(assignments))
    slots = {slot.id: slot for slot in problem.slots}
    kept = tuple(one for one in given if slots[one.slot].day < from_day)
    old = tuple(one for one in given if slots[one.slot].day >= from_day)
    rest = _remaining(whole, kept, slots, from_day)
    facts = facts_of(rest)
    model = build(rest, facts)
    at = {slot.id: s for s, slot in enumerate(rest.slots)}
    stay = [model.y.get((facts.index[one.person], at[one.slot])) for one in old]
    there = [variable for variable in stay if variable is not None]
    changed = len(old) - sum(there)
    model.cp.minimize(changed)
    model.hint(old)
    status, solver = search.run(model.cp)
    if status == cp_model.INFEASIBLE:
        conflict, _ = conflict_of(rest, search)
        return Repaired("infeasible", (), (), 0, conflict, seed, search.spent)
    if status not in FOUND:
        raise RosterNotFound(work=round(search.spent, 1))
    bound = max(0, ceil(solver.best_objective_bound - 1e-6))
    new = model.assignments(solver.value)
    if there:
        model.cp.add(changed <= round(solver.objective_value))
    model.cp.minimize(sum(squares(model, m) for m in range(len(MEASURES))))
    model.hint(new)
    again, solver = search.run(model.cp)
    if again in FOUND:
        new = model.assignments(solver.value)
    changes = tuple(_changes(rest, facts, old, new))
    return Repaired(
        "optimal" if len(changes) == bound else "feasible", tuple(sorted((*kept, *new))), changes, bound, (), seed,
        search.spent,
    )  # fmt: skip


def _remaining(
    problem: RosterProblem, kept: tuple[Assignment, ...], slots: dict[str, Slot], from_day: int
) -> RosterProblem:
    """The statement from a day on: what stood before is past, and carried."""
    facts = facts_of(problem)
    s_of = {slot.id: s for s, slot in enumerate(problem.slots)}
    carried = {person.id: list(person.carried) for person in problem.people}
    duties = {person.id: 0 for person in problem.people}
    past = list(problem.past)
    for one in kept:
        slot = slots[one.slot]
        past.append(PastDuty(one.person, slot.start_min, slot.end_min, slot.standby))
        duties[one.person] += not slot.standby
        for m in range(len(MEASURES)):
            carried[one.person][m] += facts.counts[s_of[one.slot]][m]
    people = []
    for person in problem.people:
        d, n, w, h, t = carried[person.id]
        most = None if person.most is None else max(0, person.most - duties[person.id])
        people.append(replace(person, most=most, carried=(d, n, w, h, t)))
    posts = {slot.post for slot in problem.slots if slot.day >= from_day}
    requests = [
        replace(one, first_day=max(one.first_day, from_day))
        for one in problem.requests
        if one.last_day >= from_day and (one.post is None or one.post in posts)
    ]
    return replace(
        problem, people=tuple(people), slots=tuple(slot for slot in problem.slots if slot.day >= from_day),
        requests=tuple(requests), past=tuple(past),
    )  # fmt: skip


def _changes(
    problem: RosterProblem, facts: Facts, old: tuple[Assignment, ...], new: tuple[Assignment, ...]
) -> Iterable[Change]:
    """Who goes and who comes, slot by slot; those who only change roles within a slot are not a change."""
    slots = {slot.id: (s, slot) for s, slot in enumerate(problem.slots)}
    was, now = {(one.slot, one.person) for one in old}, {(one.slot, one.person) for one in new}
    taken: dict[str, list[str]] = {}
    for slot_id, person in sorted(now - was):
        taken.setdefault(person, []).append(slot_id)
    coming: dict[str, list[Assignment]] = {}
    for one in new:
        if (one.slot, one.person) not in was:
            coming.setdefault(one.slot, []).append(one)
    for one in old:
        if (one.slot, one.person) in now:
            continue
        here = coming[one.slot]
        into = next((other for other in here if other.role == one.role), here[0])
        here.remove(into)
        s, slot = slots[one.slot]
        why, there = "made_room", None
        if facts.index[one.person] in facts.barred[s] or _must_elsewhere(problem, one.person, slot):
            why = "dropped_out"
        else:
            there = next((t for t in taken.get(one.person, ()) if _clash(problem, slot, slots[t][1])), None)
            why = "made_room" if there is None else "needed_at"
            mates = {mate for pair in problem.pairs if one.person in pair for mate in pair} - {one.person}
            if there is None and any((one.slot, mate) in was - now for mate in mates):
                why = "partner_gone"
        yield Change(one.slot, into.role, one.person, into.person, why, there)


def _must_elsewhere(problem: RosterProblem, person: str, slot: Slot) -> bool:
    """A request that they stand at another post on that day says as much."""
    return any(
        request.kind is Asked.must and request.person == person and request.post not in (None, slot.post)
        and asks_about(replace(request, post=None), slot)
        for request in problem.requests
    )  # fmt: skip


def _clash(problem: RosterProblem, one: Slot, other: Slot) -> bool:
    first, second = sorted((one, other), key=lambda slot: slot.start_min)
    return second.start_min < free_at(first.start_min, first.end_min, problem.rules)
