"""How much falls to whom at best: a small integer program over kinds of duties, classes of people and measures at once.

A class is people who are alike in all but days: the same roles and group and no partner, or the same side of pairs that
are alike in both sides (and in how far apart the two stand at the start). Heads are of one kind if the same classes may
meet them and they count in the same measures. An option o of a kind is a class, or the two classes of a pair, of which
each gets what the other gets; f[k, o] is how many heads of kind k are met by o:

    sum over o of f[k, o] = heads of kind k                                                                    (10)
    T[c, m] = sum of f[k, o] over k that count in m and o with c in it                                         (11)
    q[c, m] >= the least sum of squares of c[p, m], p in c, that T[c, m] more units can give                   (12)

(12) is convex: units go to whoever has least and may have more (the water level, within `limits.py`), each adding
2 c + 1, so its tangents say all of it.
The program forgets who is there on which day and who must rest, so every roster gives a solution: minimising the sum
over c of q, measure after measure, each held, gives a bound B[m] on each level of fairness, given that those above
reach theirs. A roster that reaches all bounds has every class at its water level for totals that are best here: its
people stand between the floor and the ceiling of the water level, which are the windows to look in. `windows` are
those of one solution, `widest` those of all: if no roster lies in these with z = B, none reaches the bounds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.roster.facts import Facts
from optimizer.staffing.roster.limits import Limits
from optimizer.staffing.roster.parts import Part
from optimizer.staffing.roster.problem import MEASURES, PAIR, RosterProblem

Windows = dict[int, tuple[tuple[int, int], ...]]
"""Person -> per measure (least, most) of c[p, m] to look for."""


@dataclass(frozen=True)
class Targets:
    """`bounds[m]` on the sum of squares of each measure over the people of the part; `total[c][m]` what falls to each
    of the `classes`. `program` and `takes` are the program itself, with its optima held."""

    classes: tuple[tuple[int, ...], ...]
    windows: Windows
    bounds: tuple[int, ...]
    total: tuple[tuple[int, ...], ...]
    starts: "Starts"
    program: Any
    takes: dict[tuple[int, int], list[Any]]

    def widest(self, search: Any) -> Windows:
        """The windows of all solutions; what the work limit leaves open is as wide as counting allows."""
        reach = [
            [
                _reach(self.program, self.takes[c, m], search) if (c, m) in self.takes else (0, 0)
                for m in range(len(MEASURES))
            ]
            for c in range(len(self.classes))
        ]
        return _windows(self.classes, self.starts, reach)


@dataclass(frozen=True)
class Starts:
    """Where everybody begins and ends: `low[p][m]` what p has in any case (carried, and what they must do),
    `high[p][m]` the most that p can come to, `due[p][m]` the units that must be theirs."""

    low: tuple[tuple[int, ...], ...]
    high: tuple[tuple[int, ...], ...]
    due: tuple[tuple[int, ...], ...]


def targets_of(
    problem: RosterProblem, facts: Facts, carried: Sequence[Sequence[int]], limits: Limits, part: Part, search: Any
) -> Targets | None:
    """`carried[p][m]` is what p has at the start. None where no totals are possible at all (then there is no roster),
    or where the work limit came first."""
    cp = cp_model.CpModel()
    starts = Starts(
        low=tuple(
            tuple(c + one[0] for c, one in zip(*both, strict=True)) for both in zip(carried, limits, strict=True)
        ),
        high=tuple(
            tuple(c + one[1] for c, one in zip(*both, strict=True)) for both in zip(carried, limits, strict=True)
        ),
        due=tuple(tuple(least for least, _ in row) for row in limits),
    )
    classes = _classes(problem, facts, starts, part)
    takes: dict[tuple[int, int], list[Any]] = {}
    most: Counter[tuple[int, int]] = Counter()
    for (options, counts), heads in sorted(_kinds(facts, classes, part).items()):
        row = [cp.new_int_var(0, heads, "") for _ in options]
        cp.add(sum(row) == heads)  # (10)
        for option, variable in zip(options, row, strict=True):
            for c in option:
                for m in (m for m, one in enumerate(counts) if one):
                    takes.setdefault((c, m), []).append(variable)
                    most[c, m] += heads
    bounds: list[Any] = [sum(starts.low[p][m] ** 2 for p in part.people) for m in range(len(MEASURES))]
    squares: list[Any] = [0] * len(MEASURES)
    for (c, m), mine in sorted(takes.items()):
        steps = sorted(2 * c + 1 for p in classes[c] for c in range(starts.low[p][m], starts.high[p][m]))
        due = sum(starts.due[p][m] for p in classes[c])
        more = sum(mine) - due
        cp.add(more >= 0)
        cp.add(more <= len(steps))
        q = cp.new_int_var(0, sum(steps), "")
        cost = 0
        for unit, step in enumerate(steps[: most[c, m]]):  # (12): the tangent at `unit`, where its slope is a new one
            if not unit or step != steps[unit - 1]:
                cp.add(q >= cost + step * (more - unit))
            cost += step
        squares[m] += q
    solver: Any = None
    for m in range(len(MEASURES)):
        if solver is not None and isinstance(squares[m], int):
            continue
        cp.minimize(squares[m])
        status, solver = search.run(cp)
        if status != cp_model.OPTIMAL:
            return None
        value = round(solver.objective_value)
        bounds[m] += value
        cp.add(squares[m] == value)
    cp.clear_objective()
    total = tuple(
        tuple(sum(solver.value(one) for one in takes.get((c, m), ())) for m in range(len(MEASURES)))
        for c in range(len(classes))
    )
    windows = _windows(classes, starts, [[(one, one) for one in row] for row in total])
    return Targets(classes, windows, tuple(bounds), total, starts, cp, takes)


def water_level(low: Sequence[int], high: Sequence[int], units: int) -> tuple[int, int]:
    """(floor, ceiling) that `units` more reach when each goes to whoever has least and may have more."""
    level, left = min(low), units
    while left and level < max(high):
        need = sum(a <= level < b for a, b in zip(low, high, strict=True))
        if need > left:
            break
        left -= need
        level += 1
    return level, level + (left > 0)


def _windows(classes: Sequence[Sequence[int]], starts: Starts, reach: Sequence[Sequence[tuple[int, int]]]) -> Windows:
    """Windows of everybody, from the least and the most units that fall to each class."""
    found: dict[int, list[tuple[int, int]]] = {}
    for them, row in zip(classes, reach, strict=True):
        for m, (least, most) in enumerate(row):
            low, high = [starts.low[p][m] for p in them], [starts.high[p][m] for p in them]
            due = sum(starts.due[p][m] for p in them)
            floor, ceiling = water_level(low, high, least - due)[0], water_level(low, high, most - due)[1]
            for p, a, b in zip(them, low, high, strict=True):
                found.setdefault(p, []).append((min(b, max(a, floor)), min(b, max(a, ceiling))))
    return {p: tuple(row) for p, row in found.items()}


def _reach(program: Any, mine: list[Any], search: Any) -> tuple[int, int]:
    """The least and the most that the sum can be where the program is at its optimum."""
    found = []
    for sign in (1, -1):
        program.minimize(sign * sum(mine))
        _, solver = search.run(program)
        found.append(sign * round(solver.best_objective_bound))
    program.clear_objective()
    return found[0], found[1]


def _classes(problem: RosterProblem, facts: Facts, starts: Starts, part: Part) -> tuple[tuple[int, ...], ...]:
    """Pairs count as such only where a post asks for them; limits make two pairs different where they may bind."""
    partners = {}
    if any(role == PAIR for _, role, _ in part.needs):
        partners = {p: (pair, side) for pair in facts.pairs for side, p in enumerate(pair)}
    heads = [sum(n for s, _, n in part.needs if facts.counts[s][m]) for m in range(len(MEASURES))]
    loose = [2 * -(-one // max(1, len(part.people))) + 2 for one in heads]

    def alike(p: int) -> tuple[str, tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
        tight = () if p not in partners else tuple(
            min(b - a, most) for a, b, most in zip(starts.low[p], starts.high[p], loose, strict=True)
        )  # fmt: skip
        due = starts.due[p] if p in partners else ()
        return problem.people[p].compared, tuple(sorted(problem.people[p].roles)), tight, due

    found: dict[Any, list[int]] = {}
    for p in part.people:
        if p not in partners:
            found.setdefault((alike(p),), []).append(p)
            continue
        (a, b), side = partners[p]
        apart = tuple(y - x for x, y in zip(starts.low[a], starts.low[b], strict=True))
        found.setdefault((alike(a), alike(b), apart, side), []).append(p)
    return tuple(tuple(them) for them in found.values())


def _kinds(
    facts: Facts, classes: Sequence[Sequence[int]], part: Part
) -> Counter[tuple[tuple[tuple[int, ...], ...], tuple[bool, ...]]]:
    class_of = {p: c for c, them in enumerate(classes) for p in them}
    kinds: Counter[tuple[tuple[tuple[int, ...], ...], tuple[bool, ...]]] = Counter()
    for s, role, heads in part.needs:
        options = {tuple(class_of[p] for p in unit) for unit in facts.units(s, role)}
        kinds[tuple(sorted(options)), facts.counts[s]] += heads
    return kinds
