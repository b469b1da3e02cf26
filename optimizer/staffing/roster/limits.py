"""What one person can have of each measure by their own days alone: at most by leave, rest and `most`; at least by what
they must do. The limits forget everybody else, so every roster keeps them."""

from optimizer.staffing.roster.facts import Facts, asks_about, free_at
from optimizer.staffing.roster.problem import MEASURES, Asked, Request, RosterProblem

Limits = tuple[tuple[tuple[int, int], ...], ...]
"""Person -> measure -> (least, most) units."""


def limits_of(problem: RosterProblem, facts: Facts) -> Limits:
    """For everybody, in order of `problem.people`."""
    able: list[set[int]] = [set() for _ in problem.people]
    for s, slot in enumerate(problem.slots):
        for role, _ in slot.needs:
            for unit in facts.units(s, role):
                for p in unit:
                    able[p].add(s)
    free = [free_at(slot.start_min, slot.end_min, problem.rules) for slot in problem.slots]
    musts: list[list[Request]] = [[] for _ in problem.people]
    for request in problem.requests:
        if request.kind is Asked.must:
            musts[facts.index[request.person]].append(request)
    found = []
    for p, person in enumerate(problem.people):
        slots = sorted(able[p], key=lambda s: free[s])
        asked = _asked_days(problem, slots, musts[p])
        row = []
        for m, name in enumerate(MEASURES):
            most = _most(problem, free, [s for s in slots if facts.counts[s][m]])
            if person.most is not None and name != "stationed":
                most = min(most, person.most)
            least = sum(all(facts.counts[s][m] for s in day) for day in asked)
            row.append((min(least, most), most))
        found.append(tuple(row))
    return tuple(found)


def _most(problem: RosterProblem, free: list[int], slots: list[int]) -> int:
    """Most slots that one person can have: the one that leaves them free first, then the next (intervals)."""
    count, until = 0, -(10**9)
    for s in slots:
        if problem.slots[s].start_min >= until:
            count, until = count + 1, free[s]
    return count


def _asked_days(problem: RosterProblem, slots: list[int], musts: list[Request]) -> list[list[int]]:
    """Per day that must be on duty, the slots that meet it; days that one stay may meet together count once."""
    found: dict[int, list[int]] = {}
    for request in musts:
        for day in range(request.first_day, request.last_day + 1):
            one_day = Request(request.person, request.kind, day, day, request.post)
            here = [s for s in slots if asks_about(one_day, problem.slots[s])]
            if here and not any(problem.slots[s].standby for s in here) and (
                day not in found or len(here) < len(found[day])
            ):  # fmt: skip
                found[day] = here
    return list(found.values())
