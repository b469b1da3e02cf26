"""Wishes that a roster does not meet, and those that none can."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from optimizer.staffing.roster.facts import Facts, asks_about
from optimizer.staffing.roster.problem import Asked, Assignment, Request, RosterProblem, Slot


@dataclass(frozen=True, slots=True)
class Unmet:
    """A day wished for without a duty (`slot` None), or a duty that was wished away."""

    request: Request
    day: int
    slot: Slot | None


def unmet(problem: RosterProblem, assignments: Collection[Assignment]) -> Iterator[Unmet]:
    """In order of requests."""
    on: dict[str, list[Slot]] = {}
    slots = {slot.id: slot for slot in problem.slots}
    for one in sorted(assignments):
        on.setdefault(one.person, []).append(slots[one.slot])
    for request in problem.requests:
        mine = on.get(request.person, [])
        if request.kind is Asked.wish_not:
            yield from (Unmet(request, slot.day, slot) for slot in mine if asks_about(request, slot))
        elif request.kind is Asked.wish:
            for day in range(request.first_day, request.last_day + 1):
                asked = replace(request, first_day=day, last_day=day)
                if not any(asks_about(asked, slot) for slot in mine):
                    yield Unmet(request, day, None)


def wishes_unmet(
    problem: RosterProblem, facts: Facts, assignments: Collection[Assignment], people: Collection[int] | None = None
) -> int:
    """How many wishes (of these people) are not met."""
    return sum(people is None or facts.index[one.request.person] in people for one in unmet(problem, assignments))


def wishes_hopeless(problem: RosterProblem, facts: Facts, people: Collection[int]) -> int:
    """Days that these people wish to be on duty though there is no slot then that they may have."""
    able: dict[int, list[Slot]] = {}
    for s, slot in enumerate(problem.slots):
        for p in {p for role, _ in slot.needs for unit in facts.units(s, role) for p in unit}:
            able.setdefault(p, []).append(slot)
    count = 0
    for request in problem.requests:
        p = facts.index[request.person]
        if request.kind is Asked.wish and p in people:
            for day in range(request.first_day, request.last_day + 1):
                asked = replace(request, first_day=day, last_day=day)
                count += not any(asks_about(asked, slot) for slot in able.get(p, ()))
    return count
