"""What follows from the statement alone, and model, bounds and practice all need: who may stand where, what a slot
counts as, how long one must rest after it."""

from dataclasses import dataclass

from optimizer.staffing.roster.problem import (
    DAY,
    FIRE_PATROLLER,
    MEASURES,
    PAIR,
    SAFETY_OFFICER,
    Asked,
    DayKind,
    Request,
    RosterProblem,
    Rules,
    Slot,
)


def nights_of(start_min: int, end_min: int, rules: Rules) -> tuple[int, ...]:
    """The nights (numbered by the day they begin on) of which a duty has `night_least_min` or more."""
    length = (rules.night_to_min - rules.night_from_min) % DAY
    found = []
    for day in range(start_min // DAY - 1, end_min // DAY + 1):
        begin = day * DAY + rules.night_from_min
        if min(end_min, begin + length) - max(start_min, begin) >= rules.night_least_min:
            found.append(day)
    return tuple(found)


def free_at(start_min: int, end_min: int, rules: Rules) -> int:
    """When somebody may stand again after a duty: the end and the rest it asks for."""
    return end_min + (rules.long_rest_min if end_min - start_min >= rules.long_duty_min else rules.rest_min)


def counts_as(slot: Slot, problem: RosterProblem) -> tuple[bool, ...]:
    """Per measure, whether the slot adds one. Weekends and holidays go by the duty day."""
    if slot.standby:
        return tuple(name == "stationed" for name in MEASURES)
    kind = problem.day_kinds[slot.day]
    night = bool(nights_of(slot.start_min, slot.end_min, problem.rules))
    return True, night, kind is DayKind.weekend, kind is DayKind.holiday, False


def asks_about(request: Request, slot: Slot) -> bool:
    """Whether a request (of whatever kind) speaks of this slot."""
    if request.kind is Asked.leave:
        return slot.start_min < (request.last_day + 1) * DAY and slot.end_min > request.first_day * DAY
    first, last = slot.day, slot.day
    if slot.standby:  # a stay is asked for by any of its days
        last = (slot.end_min - 1 - slot.start_min) // DAY + slot.day
    return first <= request.last_day and last >= request.first_day and request.post in (None, slot.post)


@dataclass(frozen=True)
class Facts:
    """Numbers in place of ids. `holders[s, role]`: indices of the people (or pairs) whose roles are enough, before
    leave and requests; `barred[s]`: people whom leave, a request or an earlier duty keeps off slot s."""

    counts: tuple[tuple[bool, ...], ...]
    nights: tuple[tuple[int, ...], ...]
    holders: dict[str, tuple[int, ...]]
    barred: tuple[frozenset[int], ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...]
    excused: frozenset[int]
    away: dict[int, int]
    pairs: tuple[tuple[int, int], ...]
    index: dict[str, int]
    carried: tuple[tuple[int, ...], ...]

    def units(self, slot: int, role: str) -> list[tuple[int, ...]]:
        """Who can meet one head of a need: people, each alone, or the two of a pair."""
        barred = self.barred[slot]
        if role == PAIR:
            return [pair for pair in self.pairs if not barred.intersection(pair)]
        return [(one,) for one in self.holders.get(role, ()) if one not in barred]


def facts_of(problem: RosterProblem) -> Facts:
    index = {person.id: at for at, person in enumerate(problem.people)}
    rules = problem.rules
    barred: list[set[int]] = [set() for _ in problem.slots]
    away: dict[int, set[int]] = {}
    for request in problem.requests:
        one = index[request.person]
        if request.kind is Asked.leave:
            away.setdefault(one, set()).update(range(request.first_day, request.last_day + 1))
        if request.kind in (Asked.leave, Asked.must_not):
            for at, slot in enumerate(problem.slots):
                if asks_about(request, slot):
                    barred[at].add(one)
    for past in problem.past:
        free = free_at(past.start_min, past.end_min, rules)
        for at, slot in enumerate(problem.slots):
            if slot.start_min < free and past.start_min < slot.end_min:
                barred[at].add(index[past.person])
    holders: dict[str, list[int]] = {}
    groups: dict[str, list[int]] = {}
    for at, person in enumerate(problem.people):
        groups.setdefault(person.compared, []).append(at)
        for role in person.roles:
            holders.setdefault(role, []).append(at)
    return Facts(
        counts=tuple(counts_as(slot, problem) for slot in problem.slots),
        nights=tuple(() if slot.standby else nights_of(slot.start_min, slot.end_min, rules) for slot in problem.slots),
        holders={role: tuple(them) for role, them in holders.items()},
        barred=tuple(frozenset(them) for them in barred),
        groups=tuple((name, tuple(groups[name])) for name in sorted(groups)),
        excused=frozenset(one for one, days in away.items() if len(days) > rules.excused_share * problem.days),
        away={one: len(days) for one, days in away.items()},
        pairs=tuple((index[officer], index[patroller]) for officer, patroller in problem.pairs),
        index=index,
        carried=tuple(person.carried for person in problem.people),
    )


def roles_of_unit(role: str, unit: tuple[int, ...]) -> tuple[tuple[int, str], ...]:
    """(person, role held) of a unit that meets a need."""
    if role == PAIR:
        return (unit[0], SAFETY_OFFICER), (unit[1], FIRE_PATROLLER)
    return ((unit[0], role),)
