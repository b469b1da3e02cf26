"""How much falls to whom at best: a small integer program over kinds of duties, classes of people and measures at once.

A class is people who are alike in all but days: the same roles and group, the same start and limits in every measure,
and no partner, or the same side of pairs that are alike in both sides. Heads are of one kind if the same classes may
meet them and they count in the same measures. An option o of a kind is a class, or the two classes of a pair, of which
each gets what the other gets; f[k, o] is how many heads of kind k are met by o:

    sum over o of f[k, o] = heads of kind k                                                                    (11)
    T[c, m] = sum of f[k, o] over k that count in m and o with c in it                                         (12)
    size[c] (low[g, m] - start[c, m]) <= T[c, m] <= size[c] (high[g, m] - start[c, m])   each c of group g     (13)
    e[m] = sum over g of max(0, high[g, m] - low[g, m] - 1)        (the left side of (13) not for the excused) (14)
    q[c, m] >= the sum of squares of c[p, m], p in c, where T[c, m] units are shared out evenly                (15)

(15) is convex, its tangents say all of it. The program forgets who is there on which day and who must rest, so every
roster gives a solution: minimising e[m], then the sum over c of q[c, m], measure after measure, each held, gives a
bound on each level, given that those above reach theirs. A roster that reaches all bounds shares out evenly within
every class, for totals that are best here. `windows` say where its people stand for the totals of one solution,
`groups` what its groups span, `widest` where people stand in all solutions: if no roster lies in these at the bounds,
none reaches them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.roster.facts import Facts
from optimizer.staffing.roster.limits import Limits
from optimizer.staffing.roster.parts import Part
from optimizer.staffing.roster.problem import MEASURES, PAIR, RosterProblem

Windows = dict[int, tuple[tuple[int, int], ...]]
"""Person -> per measure (least, most) of c[p, m]."""
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)
FEW = 40
"""Up to so many totals T all solutions are looked at."""


@dataclass(frozen=True)
class Starts:
    """Where everybody begins and ends: `low[p][m]` what p has in any case (carried, and what they must do),
    `high[p][m]` the most that p can come to, `due[p][m]` the units that must be theirs."""

    low: tuple[tuple[int, ...], ...]
    high: tuple[tuple[int, ...], ...]
    due: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Targets:
    """Of one part. `values`: e[m] and z[m], measure after measure, as the program reaches them; `bounds` what it proves
    of each, given the values above (the same, but where the work limit comes first). `total[c][m]` is what falls to
    each of the `classes`. `program` and `takes` are the program itself, with what it reaches held."""

    classes: tuple[tuple[int, ...], ...]
    values: tuple[int, ...]
    bounds: tuple[int, ...]
    total: tuple[tuple[int, ...], ...]
    compared: tuple[tuple[str, tuple[int, ...]], ...]
    excused: frozenset[int]
    starts: Starts
    program: Any
    takes: dict[tuple[int, int], list[Any]]

    def told(self, m: int, solver: Any) -> "Targets":
        """With the totals of a solution, and its values of measure m."""
        total = tuple(
            tuple(sum(solver.value(one) for one in self.takes.get((c, k), ()) if solver) for k in range(len(MEASURES)))
            for c in range(len(self.classes))
        )
        found = replace(self, total=total)
        beyond = sum(max(0, high - low - 1) for (_, k), (low, high) in found.spread.items() if k == m)
        z = 0
        for c, them in enumerate(self.classes):
            steps = sorted(2 * one + 1 for p in them for one in range(self.starts.low[p][m], self.starts.high[p][m]))
            z += sum(self.starts.low[p][m] ** 2 for p in them)
            z += sum(steps[: total[c][m] - sum(self.starts.due[p][m] for p in them)])
        return replace(found, values=(*self.values, beyond, z))

    @property
    def windows(self) -> Windows:
        """Everybody at the water level of their class."""
        return _windows(self, [[(one, one) for one in row] for row in self.total])

    @property
    def spread(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(group, measure) -> (least, most) that its people come to."""
        found, windows = {}, self.windows
        for g, (_, them) in enumerate(self.compared):
            counted = [p for p in them if p not in self.excused]
            for m in range(len(MEASURES)) if them[0] in windows else ():
                high = max(windows[p][m][1] for p in them)
                found[g, m] = min((windows[p][m][0] for p in counted), default=high), high
        return found

    @property
    def groups(self) -> Windows:
        """Everybody between the least and the most of their group (one apart at least), as far as they can."""
        found, spread = {}, self.spread
        for g, (_, them) in enumerate(self.compared):
            for p in (p for p in them if (g, 0) in spread):
                row = []
                for m in range(len(MEASURES)):
                    (low, high), start, end = spread[g, m], self.starts.low[p][m], self.starts.high[p][m]
                    low, high = start if p in self.excused else low, max(high, low + 1)
                    row.append((min(end, max(start, low)), min(end, max(start, high))))
                found[p] = tuple(row)
        return found

    def widest(self, search: Any) -> Windows | None:
        """The windows of all solutions; what the work limit leaves open is as wide as counting allows. None where
        there are too many totals to look at, or what is best is not known."""
        if len(self.takes) > FEW or self.values != self.bounds:
            return None
        reach = [
            [
                _reach(self.program, self.takes[c, m], search) if (c, m) in self.takes else (0, 0)
                for m in range(len(MEASURES))
            ]
            for c in range(len(self.classes))
        ]
        return _windows(self, reach)


def targets_of(
    problem: RosterProblem, facts: Facts, carried: Sequence[Sequence[int]], limits: Limits, part: Part, search: Any
) -> Targets | None:
    """`carried[p][m]` is what p has at the start. None where no totals are possible at all (then there is no roster),
    or where the work limit came first."""
    both = [list(zip(c, row, strict=True)) for c, row in zip(carried, limits, strict=True)]
    starts = Starts(
        low=tuple(tuple(c + least for c, (least, _) in row) for row in both),
        high=tuple(tuple(c + most for c, (_, most) in row) for row in both),
        due=tuple(tuple(least for least, _ in row) for row in limits),
    )
    cp = cp_model.CpModel()
    classes = _classes(problem, facts, starts, part)
    takes: dict[tuple[int, int], list[Any]] = {}
    for (options, counts), heads in sorted(_kinds(facts, classes, part).items()):
        row = [cp.new_int_var(0, heads, "") for _ in options]
        cp.add(sum(row) == heads)  # (11)
        for option, variable in zip(options, row, strict=True):
            for c in option:
                for m in (m for m, one in enumerate(counts) if one):
                    takes.setdefault((c, m), []).append(variable)
    more = {(c, m): sum(mine) - sum(starts.due[p][m] for p in classes[c]) for (c, m), mine in takes.items()}  # (12)
    base = [sum(starts.low[p][m] ** 2 for p in part.people) for m in range(len(MEASURES))]
    squares: list[Any] = [0] * len(MEASURES)
    for (c, m), units in sorted(more.items(), key=lambda one: one[0]):
        steps = sorted(2 * level + 1 for p in classes[c] for level in range(starts.low[p][m], starts.high[p][m]))
        cp.add_linear_constraint(units, 0, len(steps))
        q, cost = cp.new_int_var(0, sum(steps), ""), 0
        for unit, step in enumerate(steps):  # (15): the tangent at `unit`, where its slope is a new one
            if not unit or step != steps[unit - 1]:
                cp.add(q >= cost + step * (units - unit))
            cost += step
        squares[m] += q
    beyond = _beyond(cp, facts, classes, starts, more)
    solver: Any = None
    found = Targets(classes, (), (), (), facts.groups, facts.excused, starts, cp, takes)
    for m, goal in enumerate(squares):
        if isinstance(goal, int):  # nobody gets any: what there is stays
            found = found.told(m, solver)
            found = replace(found, bounds=(*found.bounds, *found.values[-2:]))
            continue
        bound, solver = _least(cp, goal, solver, search)
        if solver is None:
            return None
        known, least = found.told(m, solver), 0
        if known.values[-2]:
            least, closer = _least(cp, beyond[m], solver, search)
            if found.told(m, closer).values[-2] < known.values[-2]:
                cp.add(beyond[m] <= found.told(m, closer).values[-2])
                bound, solver = _least(cp, goal, closer, search)
        known = found.told(m, solver)
        found = replace(known, bounds=(*found.bounds, min(least, known.values[-2]), base[m] + bound))
        cp.add(beyond[m] <= known.values[-2])
        cp.add(goal <= known.values[-1] - base[m])
    cp.clear_objective()
    return found


def _least(cp: Any, goal: Any, known: Any, search: Any) -> tuple[int, Any]:
    """(bound, the solver with the solution), `known` where nothing is found within the work limit."""
    cp.minimize(goal)
    if known is not None:
        _hint(cp, known)
    status, solver = search.part(1 / 4).run(cp)
    return ceil(solver.best_objective_bound - 1e-6), solver if status in FOUND else known


def _hint(cp: Any, solver: Any) -> None:
    cp.clear_hints()
    for at in range(len(cp.proto.variables)):
        variable = cp.get_int_var_from_proto_index(at)
        cp.add_hint(variable, solver.value(variable))


def _beyond(
    cp: Any, facts: Facts, classes: Sequence[Sequence[int]], starts: Starts, more: dict[tuple[int, int], Any]
) -> list[Any]:
    """(13) and (14)"""
    class_of = {them[0]: c for c, them in enumerate(classes)}
    beyond = [cp.new_constant(0) for _ in MEASURES]
    for _, them in facts.groups:
        here = [class_of[p] for p in them if p in class_of]
        for m in range(len(MEASURES)) if here else ():
            top = max(max(starts.high[p][m], starts.low[p][m]) for p in them)
            low, high, over = (cp.new_int_var(0, top, "") for _ in range(3))
            cp.add(over >= high - low - 1)
            beyond[m] += over
            for c in here:
                size, start, units = len(classes[c]), starts.low[classes[c][0]][m], more.get((c, m), 0)
                cp.add(units <= size * (high - start))
                if classes[c][0] not in facts.excused:
                    cp.add(units >= size * (low - start))
    return beyond


def water_level(low: Sequence[int], high: Sequence[int], units: int) -> tuple[int, int]:
    """(floor, ceiling) that `units` more reach when each goes to whoever has least and may have more."""
    level, left = min(low), units
    while left > 0 and level < max(high):
        need = sum(a <= level < b for a, b in zip(low, high, strict=True))
        if need > left:
            break
        left -= need
        level += 1
    return level, level + (left > 0)


def _windows(targets: Targets, reach: Sequence[Sequence[tuple[int, int]]]) -> Windows:
    """Windows of everybody, from the least and the most units that fall to each class."""
    found: dict[int, list[tuple[int, int]]] = {}
    starts = targets.starts
    for them, row in zip(targets.classes, reach, strict=True):
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
    """Pairs count as such only where a post asks for them; limits tell people apart where they may bind."""
    partners = {}
    if any(role == PAIR for _, role, _ in part.needs):
        partners = {p: (pair, side) for pair in facts.pairs for side, p in enumerate(pair)}
    heads = [sum(n for s, _, n in part.needs if facts.counts[s][m]) for m in range(len(MEASURES))]
    loose = [2 * -(-one // max(1, len(part.people))) + 2 for one in heads]

    def alike(p: int) -> Any:
        caps = [min(b - a, most) for a, b, most in zip(starts.low[p], starts.high[p], loose, strict=True)]
        one = problem.people[p]
        return one.compared, tuple(sorted(one.roles)), p in facts.excused, starts.low[p], *caps, *starts.due[p]

    found: dict[Any, list[int]] = {}
    for p in part.people:
        key: Any = (alike(p),)
        if p in partners:
            (a, b), side = partners[p]
            key = (alike(a), alike(b), side)
        found.setdefault(key, []).append(p)
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
