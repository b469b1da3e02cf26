"""An independent look at patrol plans: rules P2 to P6 and P10 to P12 of optimizer/staffing/patrol, and (5) of
optimizer/staffing/grids.py, from inputs and result alone; no code of the planner is used."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any


def round_faults(year: Any, plan: Any, *, done: Collection[int] = ()) -> tuple[str, ...]:
    """What is wrong with the rounds of a `TownPlan` for a `TownYear`, in words; empty when all rules are kept.
    `done`: visits made before, which no round may have."""
    return tuple(_rounds(year, plan, set(done)))


def _rounds(year: Any, plan: Any, done: set[int]) -> Iterator[str]:
    count = len(year.on_site_s) - 1
    times = Counter(stop.visit for one in plan.rounds for stop in one.stops)
    for visit in range(1, count + 1):
        expected = 0 if visit in done or visit in plan.left_out else 1
        if times[visit] != expected:
            yield f"P3: visit {visit} is made {times[visit]} times, expected {expected}"
    for visit in set(times) - set(range(1, count + 1)):
        yield f"P3: visit {visit} is unknown"
    busy = Counter((one.pair, one.day) for one in plan.rounds)
    for (pair, day), often in busy.items():
        if often > 1:
            yield f"P5: pair {pair} makes {often} rounds on day {day}"
        if not (0 <= day < len(year.week) and 0 <= pair < len(year.on_patrol)) or not year.on_patrol[pair][day]:
            yield f"P5: pair {pair} does not patrol on day {day}"
    total = 0
    for one in plan.rounds:
        name = f"round of pair {one.pair} on day {one.day}"
        if not one.stops:
            yield f"P4: {name} has no visits"
        now = here = travel = 0
        for stop in one.stops:
            if not year.first_day[stop.visit] <= one.day <= year.last_day[stop.visit]:
                yield f"P3: visit {stop.visit} on day {one.day} is outside its window"
            travel += int(year.travel_s[here][stop.visit])
            if stop.arrive_s < now + int(year.travel_s[here][stop.visit]):
                yield f"P4: {name} is at visit {stop.visit} too early"
            if stop.leave_s < stop.arrive_s + int(year.on_site_s[stop.visit]):
                yield f"P4: {name} leaves visit {stop.visit} too early"
            now, here = stop.leave_s, stop.visit
        travel += int(year.travel_s[here][0])
        if one.back_s < now + int(year.travel_s[here][0]):
            yield f"P4: {name} is back too early"
        if one.back_s > year.work_s[one.day]:
            yield f"P4: {name} takes {one.back_s} s of {year.work_s[one.day]} s"
        if travel != one.travel_s:
            yield f"value: travel of {name}"
        total += travel
    if total != plan.travel_s:
        yield "value: travel of the plan"
    if plan.per_week:
        of_week = Counter(int(year.week[one.day]) for one in plan.rounds)
        if max(of_week.values(), default=0) > plan.per_week:
            yield f"P8: a week has more than {plan.per_week} rounds"


def merge_faults(dues: Sequence[Any], visits: Sequence[Any]) -> tuple[str, ...]:
    """P2: each due is in one visit at its place, whose window is inside the due's own."""
    found = []
    times = Counter(number for visit in visits for number in visit.dues)
    found += [f"P2: due {number} is in {times[number]} visits" for number in range(len(dues)) if times[number] != 1]
    for visit in visits:
        for due in (dues[number] for number in visit.dues if 0 <= number < len(dues)):
            if due.place != visit.place:
                found.append(f"P2: {due.body} is owed place {due.place}, visited is {visit.place}")
            if not due.first_day <= visit.first_day <= visit.last_day <= due.last_day:
                found.append(f"P2: the visit at place {visit.place} is outside the window of {due.body}")
            if visit.on_site_s < due.on_site_s:
                found.append(f"P2: the visit at place {visit.place} is too short for {due.body}")
    return tuple(found)


def grid_faults(person: Sequence[int], weekday: Sequence[int], *, days: int = 5) -> tuple[str, ...]:
    """P10: each grid has a weekday; a person's grids are spread over the days."""
    found = [f"P10: grid {grid} has no weekday" for grid, day in enumerate(weekday) if not 0 <= day < days]
    loads: dict[int, Counter[int]] = {}
    for one, day in zip(person, weekday, strict=True):
        loads.setdefault(int(one), Counter())[int(day)] += 1
    for one, load in loads.items():
        if max(load.values()) - (min(load.values()) if len(load) == days else 0) > 1:
            found.append(f"P10: the grids of person {one} are uneven over the week")
    return tuple(found)


def night_faults(crews: Sequence[Any], *, leaders: int, members: int, grids: int, weeks: int) -> tuple[str, ...]:
    """P11: 7 or 8 people with 1 or 2 leaders in every week, each grid walked by people of the crew, turns even."""
    found = []
    if [one.week for one in crews] != list(range(weeks)):
        found.append("P11: not every week has its night patrol")
    for one in crews:
        people = {*one.members, *(-1 - lead for lead in one.leaders)}
        if len(people) != len(one.members) + len(one.leaders) or not 7 <= len(people) <= 8:
            found.append(f"P11: week {one.week} has {len(people)} people")
        if not 1 <= len(one.leaders) <= 2 or not all(0 <= lead < leaders for lead in one.leaders):
            found.append(f"P11: week {one.week} has leaders {one.leaders}")
        if not all(0 <= member < members for member in one.members):
            found.append(f"P11: week {one.week} has unknown members")
        if len(one.walkers) != grids or not all(walkers and set(walkers) <= people for walkers in one.walkers):
            found.append(f"P11: in week {one.week} a grid is not walked")
    for name, number in (("leaders", leaders), ("members", members)):
        turns = Counter(who for one in crews for who in getattr(one, name))
        if number and max(turns[who] for who in range(number)) - min(turns[who] for who in range(number)) > 1:
            found.append(f"P11: turns of {name} differ by more than one")
    return tuple(found)


def hazard_faults(person: Sequence[int], most: Mapping[int, int] | Sequence[int]) -> tuple[str, ...]:
    """P12: each point has one person, nobody more than he may have."""
    found = [f"P12: point {point} has nobody" for point, one in enumerate(person) if not 0 <= one < len(most)]
    for one, load in Counter(int(one) for one in person).items():
        if 0 <= one < len(most) and load > most[one]:
            found.append(f"P12: person {one} has {load} points of {most[one]}")
    return tuple(found)


def manager_faults(
    grid_town: Sequence[int], manager: Sequence[int], own: Sequence[int], manager_town: Sequence[int]
) -> tuple[str, ...]:
    """(5) of grids: each grid has one manager of its town if it has any, loads of a town differ by one at most, and
    each manager who holds grids has one that is his own."""
    found = []
    people = Counter(int(town) for town in manager_town)
    for grid, (town, one) in enumerate(zip(grid_town, manager, strict=True)):
        if one < 0 and people[int(town)]:
            found.append(f"(5): grid {grid} has nobody, though its town has managers")
        if one >= 0 and int(manager_town[one]) != int(town):
            found.append(f"(5): grid {grid} has a manager of another town")
    held = Counter(int(one) for one in manager if one >= 0)
    firsts = Counter(int(one) for one, first in zip(manager, own, strict=True) if first)
    for town in people:
        loads = [held[one] for one, his in enumerate(manager_town) if int(his) == town]
        if max(loads) - min(loads) > 1:
            found.append(f"(5): loads of town {town} go from {min(loads)} to {max(loads)}")
    if firsts != Counter(dict.fromkeys(held, 1)):
        found.append("(5): not every manager has one grid of his own")
    return tuple(found)
