"""Checks a roster against its statement, from the clock and the words alone: shares no code with model or bounds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from optimizer.staffing.roster.problem import Asked, Assignment, DayKind, Person, Request, RosterProblem, Slot
from optimizer.staffing.roster.result import Roster

_DAY = 1440


@dataclass(frozen=True, slots=True)
class Violation:
    """Code of a text, where, and the facts of it."""

    code: str
    where: str
    facts: dict[str, Any]


def check_roster(problem: RosterProblem, assignments: Iterable[Assignment]) -> tuple[Violation, ...]:
    """Everything that is wrong: heads, roles, pairs, two duties at once, rest, nights, leave, requests, most duties."""
    given = list(assignments)
    slots = {slot.id: slot for slot in problem.slots}
    people = {person.id: person for person in problem.people}
    found = [
        Violation("RosterUnknownAssignment", one.slot, {"slot": one.slot, "person": one.person})
        for one in given
        if one.slot not in slots or one.person not in people
    ]
    sound = [one for one in given if one.slot in slots and one.person in people]
    on: dict[str, list[Slot]] = defaultdict(list)
    for one in sound:
        on[one.person].append(slots[one.slot])
    for slot in problem.slots:
        found += _heads(slot, [one for one in sound if one.slot == slot.id], people, problem.pairs)
    for name, person in people.items():
        mine = sorted(on[name], key=lambda slot: slot.start_min)
        found += _rest(problem, name, mine)
        found += _nights(problem, name, mine)
        duties = sum(not slot.standby for slot in mine)
        if person.most is not None and duties > person.most:
            found.append(Violation("RosterOverMost", name, {"person": name, "duties": duties, "most": person.most}))
    for request in problem.requests:
        found += _asked(request, on[request.person])
    return tuple(found)


def _heads(
    slot: Slot, here: list[Assignment], people: dict[str, Person], pairs: tuple[tuple[str, str], ...]
) -> Iterator[Violation]:
    """A need of a pair is two heads, which must be one of the pairs."""
    wanted: dict[str, int] = defaultdict(int)
    couples = 0
    for role, heads in slot.needs:
        if role == "pair":
            couples += heads
        for held in ("safety_officer", "fire_patroller") if role == "pair" else (role,):
            wanted[held] += heads
    there: dict[str, list[str]] = defaultdict(list)
    for one in here:
        there[one.role].append(one.person)
        if one.role not in people[one.person].roles:
            facts = {"slot": slot.id, "role": one.role, "person": one.person}
            yield Violation("RosterNotTheRole", slot.id, facts)
    for role in sorted({*wanted, *there}):
        if len(there[role]) != wanted[role]:
            counted: dict[str, Any] = {"slot": slot.id, "role": role, "there": len(there[role]), "heads": wanted[role]}
            yield Violation("RosterHeads", slot.id, counted)
    together = sum(o in there["safety_officer"] and f in there["fire_patroller"] for o, f in pairs)
    if together < couples:
        yield Violation("RosterPairApart", slot.id, {"slot": slot.id, "pairs": couples, "there": together})


def _rest(problem: RosterProblem, name: str, mine: list[Slot]) -> Iterator[Violation]:
    rules = problem.rules
    spans = [(past.start_min, past.end_min, "-") for past in problem.past if past.person == name]
    spans = sorted([*spans, *((slot.start_min, slot.end_min, slot.id) for slot in mine)])
    for at, (start, end, slot) in enumerate(spans):
        for later_start, _, later in spans[at + 1 :]:
            if later == "-":
                continue
            needed = rules.long_rest_min if end - start >= rules.long_duty_min else rules.rest_min
            if later_start < end:
                yield Violation("RosterAtOnce", later, {"person": name, "slot": slot, "later": later})
            elif later_start - end < needed:
                facts = {"person": name, "slot": slot, "later": later, "rest_h": f"{(later_start - end) / 60:g}",
                         "needed_h": f"{needed / 60:g}"}  # fmt: skip
                yield Violation("RosterTooLittleRest", later, facts)


def _nights(problem: RosterProblem, name: str, mine: list[Slot]) -> Iterator[Violation]:
    spans = [(slot.start_min, slot.end_min) for slot in mine if not slot.standby]
    spans += [(past.start_min, past.end_min) for past in problem.past if past.person == name and not past.standby]
    rules = problem.rules
    worked = set()
    for start, end in spans:
        for day in range(start // _DAY - 2, end // _DAY + 2):
            dusk = day * _DAY + rules.night_from_min
            dawn = day * _DAY + rules.night_to_min + (_DAY if rules.night_to_min <= rules.night_from_min else 0)
            if min(end, dawn) - max(start, dusk) >= rules.night_least_min:
                worked.add(day)
    for night in sorted(worked):
        if night - 1 in worked:
            continue
        run = 1
        while night + run in worked:
            run += 1
        if run > rules.nights_in_a_row and night + run - 1 >= 0:
            facts = {"person": name, "day": night, "nights": run, "most": rules.nights_in_a_row}
            yield Violation("RosterTooManyNights", name, facts)


def _asked(request: Request, mine: list[Slot]) -> Iterator[Violation]:
    begin, end = request.first_day * _DAY, (request.last_day + 1) * _DAY
    facts = {"person": request.person, "row": request.row}
    if request.kind is Asked.leave:
        for slot in mine:
            if slot.start_min < end and slot.end_min > begin:
                yield Violation("RosterOnLeave", slot.id, {**facts, "slot": slot.id})
    if request.kind not in (Asked.must, Asked.must_not):
        return
    for day in range(request.first_day, request.last_day + 1):
        here = []
        for slot in mine:
            last = slot.day + (-(-(slot.end_min - slot.start_min) // _DAY) - 1 if slot.standby else 0)
            if slot.day <= day <= last and request.post in (None, slot.post):
                here.append(slot)
        if request.kind is Asked.must and not here:
            yield Violation("RosterMustNotMet", request.person, {**facts, "day": day})
        if request.kind is Asked.must_not and here:
            yield Violation("RosterMustNotBroken", here[0].id, {**facts, "slot": here[0].id, "day": day})


def check_claims(problem: RosterProblem, roster: Roster) -> tuple[Violation, ...]:
    """Whether a solved roster keeps the rules and its levels and spreads are what its assignments come to."""
    found = list(check_roster(problem, roster.assignments))
    slots = {slot.id: slot for slot in problem.slots}
    names = ("duties", "nights", "weekends", "holidays", "stationed")
    order = sorted(person.id for person in problem.people)
    table = {who: dict(zip(names, row, strict=True)) for who, row in zip(order, roster.credited, strict=True)}
    rules = problem.rules
    for one in roster.assignments:
        slot, mine = slots[one.slot], table[one.person]
        if slot.standby:
            mine["stationed"] += 1
            continue
        kind = problem.day_kinds[slot.day]
        mine["duties"] += 1
        mine["weekends"] += kind is DayKind.weekend
        mine["holidays"] += kind is DayKind.holiday
        length = (rules.night_to_min - rules.night_from_min) % _DAY
        dusks = [day * _DAY + rules.night_from_min for day in range(slot.day - 2, slot.end_min // _DAY + 2)]
        hours = [min(slot.end_min, dusk + length) - max(slot.start_min, dusk) for dusk in dusks]
        mine["nights"] += max(hours) >= rules.night_least_min
    for level in roster.levels:
        if level.name in names:
            value = sum(mine[level.name] ** 2 for mine in table.values())
            if value != level.value or level.bound > level.value:
                facts = {"level": level.name, "value": level.value, "found": value, "bound": level.bound}
                found.append(Violation("RosterLevelWrong", level.name, facts))
    groups = {person.id: person.group or "+".join(sorted(person.roles)) for person in problem.people}
    beyond = dict.fromkeys(names, 0)
    for spread in roster.spreads:
        mine_of = [table[who][spread.measure] for who, group in groups.items() if group == spread.group]
        beyond[spread.measure] += max(0, spread.most - spread.least - 1)
        if max(mine_of) != spread.most or min(mine_of) > spread.least or spread.bound > spread.value:
            facts = {"level": spread.measure, "value": spread.most, "found": max(mine_of), "bound": spread.bound}
            found.append(Violation("RosterLevelWrong", spread.group, facts))
    for level in roster.levels:
        over = beyond.get(level.name.removeprefix("beyond_"), 0) if level.name.startswith("beyond_") else level.value
        if over != level.value or level.bound > level.value:
            facts = {"level": level.name, "value": level.value, "found": over, "bound": level.bound}
            found.append(Violation("RosterLevelWrong", level.name, facts))
    return tuple(found)
