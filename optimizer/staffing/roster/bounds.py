"""How fair a roster can be at best, by counting: a max flow with lower bounds per group and measure.

A roster with all of group g between L and L + d of measure m gives a flow: a unit per head of every slot that counts in
m, to somebody who may stand there, through that person's day (as many as rest allows within one day), with L to L + d
through each person of g. The flow knows nothing of rest between days, of nights in a row and of other groups, so where
there is no flow for any L there is no roster with spread d: the least d with a flow is a lower bound on the spread.
Measures and groups are bounded one at a time, so that the sum over g is a bound as well.
"""

from collections.abc import Sequence

from ortools.graph.python import max_flow

from optimizer.staffing.roster.facts import Facts, free_at
from optimizer.staffing.roster.problem import MEASURES, PAIR, RosterProblem

Carried = Sequence[Sequence[int]]  # per person and measure, with credits
Heads = list[tuple[int, int, list[int]]]  # day, heads, people who may


def spread_bounds(problem: RosterProblem, facts: Facts, carried: Carried) -> dict[tuple[int, int], int]:
    """(group, measure) -> a proven lower bound on the spread; 0 also where not even coverage is possible."""
    found = {}
    per_day = _most_per_day(problem)
    for m in range(len(MEASURES)):
        heads = _heads(problem, facts, m)
        for g, (_, them) in enumerate(facts.groups):
            found[g, m] = _least_spread(problem, facts, carried, m, set(them), heads, per_day)
    return found


def _heads(problem: RosterProblem, facts: Facts, m: int) -> Heads:
    rows: Heads = []
    for s, slot in enumerate(problem.slots):
        if not facts.counts[s][m]:
            continue
        for role, count in slot.needs:
            if role == PAIR:
                units = facts.units(s, PAIR)
                rows += [(slot.start_min // 1440, count, [unit[side] for unit in units]) for side in (0, 1)]
            else:
                rows.append((slot.start_min // 1440, count, [unit[0] for unit in facts.units(s, role)]))
    return rows


def _most_per_day(problem: RosterProblem) -> dict[int, int]:
    """How many duties that begin on one day one person can have, by rest alone (earliest end first)."""
    found: dict[int, int] = {}
    busy: dict[int, int] = {}
    for slot in sorted(problem.slots, key=lambda one: free_at(one.start_min, one.end_min, problem.rules)):
        day = slot.start_min // 1440
        if slot.start_min >= busy.get(day, -1):
            found[day] = found.get(day, 0) + 1
            busy[day] = free_at(slot.start_min, slot.end_min, problem.rules)
    return found


def _least_spread(
    problem: RosterProblem,
    facts: Facts,
    carried: Carried,
    m: int,
    them: set[int],
    heads: Heads,
    per_day: dict[int, int],
) -> int:
    counted = sorted(them - facts.excused)
    if len(them) < 2 or not counted:
        return 0
    low_carried = min(carried[p][m] for p in counted)
    high_carried = max(carried[p][m] for p in them)
    total = sum(count for _, count, _ in heads)
    most_of_group = sum(count for _, count, able in heads if them.intersection(able))
    least_of_group = sum(count for _, count, able in heads if able and them.issuperset(able))
    carried_counted = sum(carried[p][m] for p in counted)
    carried_all = sum(carried[p][m] for p in them)
    if not _has_flow(problem, facts, carried, m, them, heads, per_day, low=0, high=total + high_carried):
        return 0  # not even coverage
    for spread in range(total + high_carried - low_carried + 1):
        highest = min((most_of_group + carried_counted) // len(counted), total + low_carried)
        lowest = max(0, -(-(least_of_group + carried_all) // len(them)) - spread, high_carried - spread)
        for low in range(highest, lowest - 1, -1):
            if _has_flow(problem, facts, carried, m, them, heads, per_day, low=low, high=low + spread):
                return spread
    return 0


def _has_flow(
    problem: RosterProblem, facts: Facts, carried: Carried, m: int, them: set[int], heads: Heads,
    per_day: dict[int, int], *, low: int, high: int,
) -> bool:  # fmt: skip
    """Lower bounds as usual: what is owed to a person's arc is forced from the sink back to the source."""
    people, total = len(problem.people), sum(count for _, count, _ in heads)
    # nodes: people, then source, sink, super-source, super-sink, then heads and person-days
    source, sink, over, under = range(people, people + 4)
    flow, node, owed = max_flow.SimpleMaxFlow(), people + 4, 0
    days: dict[tuple[int, int], int] = {}
    for day, count, able in heads:
        flow.add_arc_with_capacity(over, node, count)  # source -> head, lower = upper = count
        row, node = node, node + 1
        for p in able:
            if (p, day) not in days:
                days[p, day] = node
                flow.add_arc_with_capacity(node, p, per_day.get(day, 1))
                node += 1
            flow.add_arc_with_capacity(row, days[p, day], 1)
    flow.add_arc_with_capacity(source, under, total)
    for p, person in enumerate(problem.people):
        most = total if person.most is None or MEASURES[m] == "stationed" else person.most
        least = 0
        if p in them:
            most = min(most, high - carried[p][m])
            least = 0 if p in facts.excused else max(0, low - carried[p][m])
        if most < least:
            return False
        flow.add_arc_with_capacity(p, sink, most - least)
        if least:
            flow.add_arc_with_capacity(p, under, least)
            owed += least
    if owed:
        flow.add_arc_with_capacity(over, sink, owed)
    flow.add_arc_with_capacity(sink, source, total + owed)
    flow.solve(over, under)
    return bool(flow.optimal_flow() == total + owed)
