"""How much falls to each group at best: a small integer program over kinds of duties, groups and measures at once.

Heads are of one kind if the same groups may meet them and they count in the same measures; f[k, g] is how many heads
of kind k fall to group g:

    sum over g of f[k, g] = heads of kind k                                                                    (10)
    T[g, m] = sum over k that count in m of f[k, g]                                                            (11)
    q[g, m] >= the least sum of squares of c[p, m], p in g, that T[g, m] more units can give                   (12)

(12) is convex: units go to whoever has least (the water level), each adding 2 c + 1, so its tangents say all of it.
It forgets who is there on which day and who must rest, so every roster gives a solution: minimising the sum over g of
q, measure after measure, each held, gives a bound on each level of fairness, given that those above reach theirs. The
solution says where to look: for somebody of g between the floor and the ceiling of the water level.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.roster.facts import Facts
from optimizer.staffing.roster.problem import MEASURES, PAIR, RosterProblem


@dataclass(frozen=True)
class Targets:
    """`window[p][m]`: (least, most) of c[p, m] to look for; `bounds[m]` on the sum of squares of each measure;
    `total[g][m]` what falls to the group."""

    window: tuple[tuple[tuple[int, int], ...], ...]
    bounds: tuple[int, ...]
    total: tuple[tuple[int, ...], ...]


def targets_of(problem: RosterProblem, facts: Facts, carried: Sequence[Sequence[int]], search: Any) -> Targets | None:
    """`carried[p][m]` is what p has at the start. None where no totals are possible at all (then there is no roster),
    or where the work limit came first."""
    cp = cp_model.CpModel()
    group_of = {p: g for g, (_, them) in enumerate(facts.groups) for p in them}
    takes: dict[tuple[int, int], list[Any]] = {}
    most: Counter[tuple[int, int]] = Counter()
    for (groups, counts), heads in sorted(_kinds(problem, facts, group_of).items()):
        row = [cp.new_int_var(0, heads, "") for _ in groups]
        cp.add(sum(row) == heads)  # (10)
        for g, variable in zip(groups, row, strict=True):
            for m, one in enumerate(counts):
                if one:
                    takes.setdefault((g, m), []).append(variable)
                    most[g, m] += heads
    squares: list[Any] = [0] * len(MEASURES)
    for (g, m), mine in sorted(takes.items()):
        start = [carried[p][m] for p in facts.groups[g][1]]
        steps = _steps(start, most[g, m])
        q = cp.new_int_var(0, sum(c * c for c in start) + sum(steps), "")
        cost = sum(c * c for c in start)
        for unit, step in enumerate(steps):  # (12): the tangent at `unit`, where its slope is a new one
            if not unit or step != steps[unit - 1]:
                cp.add(q >= cost + step * (sum(mine) - unit))
            cost += step
        squares[m] += q
    bounds = [0] * len(MEASURES)
    solver: Any = None
    for m in range(len(MEASURES)):
        others = [g for g in range(len(facts.groups)) if (g, m) not in takes]
        still = sum(carried[p][m] ** 2 for g in others for p in facts.groups[g][1])
        cp.minimize(squares[m])
        status, solver = search.run(cp)
        if status != cp_model.OPTIMAL:
            return None
        value = round(solver.objective_value)
        bounds[m] = value + still
        cp.add(squares[m] == value)
    total = tuple(
        tuple(sum(solver.value(one) for one in takes.get((g, m), ())) for m in range(len(MEASURES)))
        for g in range(len(facts.groups))
    )
    return Targets(_windows(facts, carried, total), tuple(bounds), total)


def _windows(
    facts: Facts, carried: Sequence[Sequence[int]], total: tuple[tuple[int, ...], ...]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    window = [[(0, 0)] * len(MEASURES) for _ in carried]
    for g, (_, them) in enumerate(facts.groups):
        for m in range(len(MEASURES)):
            low, high = water_level([carried[p][m] for p in them], total[g][m])
            for p in them:
                window[p][m] = max(carried[p][m], low), max(carried[p][m], high)
    return tuple(tuple(row) for row in window)


def water_level(start: Sequence[int], units: int) -> tuple[int, int]:
    """(floor, ceiling) that `units` more reach when each goes to whoever has least."""
    low = min(start)
    while units and (need := sum(c <= low for c in start)) <= units:
        units -= need
        low += 1
    return low, low + (units > 0)


def _steps(start: Sequence[int], units: int) -> list[int]:
    """What the sum of squares grows by with each unit, rising."""
    level = min(start)
    steps: list[int] = []
    while len(steps) < units:
        steps += [2 * level + 1] * sum(c <= level for c in start)
        level += 1
    return steps[:units]


def _kinds(
    problem: RosterProblem, facts: Facts, group_of: dict[int, int]
) -> Counter[tuple[tuple[int, ...], tuple[bool, ...]]]:
    kinds: Counter[tuple[tuple[int, ...], tuple[bool, ...]]] = Counter()
    for s, slot in enumerate(problem.slots):
        for role, heads in slot.needs:
            sides = (0, 1) if role == PAIR else (0,)
            units = facts.units(s, role)
            for side in sides:
                kinds[tuple(sorted({group_of[unit[side]] for unit in units})), facts.counts[s]] += heads
    return kinds
