"""The roster an office makes by hand: slot after slot in time, whoever may and has had the least so far.

The baseline that a solved roster is compared with, and its first hint. It looks one slot ahead and never goes back, so
it may leave slots empty; requests that ask for a duty it grants only by putting those people first."""

from optimizer.staffing.roster.facts import Facts, asks_about, free_at, nights_of, roles_of_unit
from optimizer.staffing.roster.problem import Asked, Assignment, RosterProblem


def round_robin(problem: RosterProblem, facts: Facts) -> tuple[tuple[Assignment, ...], tuple[tuple[str, str], ...]]:
    """The roster, and (slot, role) of each head that nobody could be found for. Ties go by id."""
    rules = problem.rules
    count = [row[0] for row in facts.carried]
    duties = [0] * len(problem.people)
    nights: list[set[int]] = [set() for _ in problem.people]
    free = [-(10**9)] * len(problem.people)
    for past in problem.past:
        p = facts.index[past.person]
        free[p] = max(free[p], free_at(past.start_min, past.end_min, rules))
        if not past.standby:
            nights[p].update(nights_of(past.start_min, past.end_min, rules))
    wanted = _wanted(problem, facts)
    found: list[Assignment] = []
    empty: list[tuple[str, str]] = []
    for s, slot in enumerate(problem.slots):
        for role, heads in slot.needs:
            for _ in range(heads):
                able = [
                    unit
                    for unit in facts.units(s, role)
                    if all(
                        free[p] <= slot.start_min
                        and not _too_many_nights(nights[p], facts.nights[s], rules.nights_in_a_row)
                        and (slot.standby or (most := problem.people[p].most) is None or duties[p] < most)
                        for p in unit
                    )
                ]
                if not able:
                    empty.append((slot.id, role))
                    continue
                unit = min(able, key=lambda one: (-sum((p, s) in wanted for p in one), sum(count[p] for p in one), one))
                for p, held in roles_of_unit(role, unit):
                    found.append(Assignment(slot.id, held, problem.people[p].id))
                    free[p] = free_at(slot.start_min, slot.end_min, rules)
                    nights[p].update(facts.nights[s])
                    count[p] += 1
                    duties[p] += not slot.standby
    return tuple(sorted(found)), tuple(empty)


def _wanted(problem: RosterProblem, facts: Facts) -> set[tuple[int, int]]:
    return {
        (facts.index[request.person], s)
        for request in problem.requests
        if request.kind is Asked.must
        for s, slot in enumerate(problem.slots)
        if asks_about(request, slot)
    }


def _too_many_nights(done: set[int], more: tuple[int, ...], most: int) -> bool:
    for night in more:
        run = 1
        while night - run in done:
            run += 1
        if run > most:
            return True
    return False
