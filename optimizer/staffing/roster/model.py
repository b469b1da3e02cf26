"""The roster as a CP-SAT model.

Sets and numbers: slots s, needs (s, r) with n[s, r] heads, people p, U[s, r] the units (a person, or for r = pair two)
that hold role r and whom neither leave nor a request nor an earlier duty keeps off s; N(s) the nights of s; G groups of
people who are compared; m the measures (duties, nights, weekends, holidays, stationed), a[s, m] in {0, 1}.

    x[s, r, u] in {0, 1}                     unit u meets one head of need r of slot s
    y[p, s]  = sum of x[s, r, u], p in u                                                                          (1)
    coverage   sum over u of x[s, r, u] = n[s, r]                             each s, r                           (2)
    rest       sum of y[p, s] <= 1 over s with start[s] <= t < free[s]        each p, each start t                (3)
               free[s] = end[s] + 11 h, or + 24 h after 24 h and more: these intervals are an interval graph, so the
               cliques at the starts say all of "no two at once" and of "rest between"
    nights     sum of y[p, s] <= k over the nights d .. d + k                 each p, d                           (4)
    asked      sum of y[p, s] >= 1 over the slots of a `must`                 each day of it                      (5)
    most       sum of y[p, s] <= most[p] over s that are no standby           each p with such a bound            (6)
    measure    c[p, m] = carried[p, m] + credit[p, m] + sum of a[s, m] y[p, s]                                    (7)
    within one e[m] = sum over G of max(0, highest - lowest c[p, m] of G - 1), the lowest not of the excused       (8)
    evenness   z[m] = sum over p of c[p, m] squared, by tangents: (2 k + 1) c - k (k + 1) for every k              (9)
    wishes     w = wishes not met (a wish without a duty, a duty that was wished away)                             (10)

Levels, each minimised and then held: e[m] and z[m] for duties, nights, weekends, holidays, stationed; then w. Where
e[m] is 0 everybody is within one of those they are compared with. The sum of squares is least where nobody can
take a duty off somebody who has two more: it spares those who hold several roles what others can do. `parts.py` parts
what can be solved apart; `targets.py` bounds the levels from below and says where to look, mostly so well that there is
nothing left to search; `bounds.py` proves the least spread of each group by itself. Who is away for longer (excused) is
credited with what would have fallen to them meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.roster.facts import Facts, asks_about, free_at, nights_of, roles_of_unit
from optimizer.staffing.roster.parts import Part, whole
from optimizer.staffing.roster.problem import Asked, Assignment, Request, RosterProblem
from optimizer.staffing.roster.targets import Windows


@dataclass
class Model:
    """The model (1) to (7) with its variables; fairness and wishes are added by whoever solves."""

    problem: RosterProblem
    facts: Facts
    cp: Any
    x: dict[tuple[int, str, tuple[int, ...]], Any]
    y: dict[tuple[int, int], Any]
    carried: Sequence[Sequence[int]]
    people: Sequence[int]

    def assignments(self, value: Any) -> tuple[Assignment, ...]:
        """What is on duty, from `value` of a variable."""
        found = [
            Assignment(self.problem.slots[s].id, held, self.problem.people[p].id)
            for (s, role, unit), variable in self.x.items()
            if value(variable)
            for p, held in roles_of_unit(role, unit)
        ]
        return tuple(sorted(found))

    def hint(self, assignments: Iterable[Assignment]) -> None:
        """Start from a roster; what it does not say is off."""
        held: dict[tuple[str, str], set[str]] = {}
        for one in assignments:
            held.setdefault((one.slot, one.role), set()).add(one.person)
        self.cp.clear_hints()
        for (s, role, unit), variable in self.x.items():
            slot = self.problem.slots[s].id
            on = all(self.problem.people[p].id in held.get((slot, r), ()) for p, r in roles_of_unit(role, unit))
            self.cp.add_hint(variable, int(on))


def build(
    problem: RosterProblem, facts: Facts, carried: Sequence[Sequence[int]] | None = None, part: Part | None = None
) -> Model:
    """Variables and constraints (1) to (6) of one part, or of all; `carried[p][m]` with credits."""
    cp = cp_model.CpModel()
    part = part or whole(problem)
    mine_of = set(part.people)
    model = Model(problem, facts, cp, {}, {}, facts.carried if carried is None else carried, part.people)
    of_person: dict[tuple[int, int], list[Any]] = {}
    for s, role, heads in part.needs:
        row = []
        for unit in facts.units(s, role):
            variable = cp.new_bool_var("")
            model.x[s, role, unit] = variable
            row.append(variable)
            for p in unit:
                of_person.setdefault((p, s), []).append(variable)
        cp.add(sum(row) == heads)  # (2)
    for at, variables in of_person.items():
        model.y[at] = variables[0] if len(variables) == 1 else cp.new_bool_var("")
        if len(variables) > 1:
            cp.add(sum(variables) == model.y[at])  # (1)
    _rest(model)
    _nights(model)
    for request in problem.requests:
        if request.kind is Asked.must and facts.index[request.person] in mine_of:
            for day in range(request.first_day, request.last_day + 1):
                cp.add_bool_or(list(asked_for(model, request, day)))  # (5)
    for p in part.people:
        most = problem.people[p].most
        mine = [model.y[p, s] for s, slot in enumerate(problem.slots) if (p, s) in model.y and not slot.standby]
        if most is not None and len(mine) > most:
            cp.add(sum(mine) <= most)  # (6)
    return model


def asked_for(model: Model, request: Request, day: int) -> Iterable[Any]:
    """Variables of the slots that a request asks for on one of its days."""
    p = model.facts.index[request.person]
    one_day = Request(request.person, request.kind, day, day, request.post)
    for s, slot in enumerate(model.problem.slots):
        if (p, s) in model.y and asks_about(one_day, slot):
            yield model.y[p, s]


def cliques(problem: RosterProblem) -> list[tuple[int, ...]]:
    """(3): sets of slots of which nobody can have two; no set lies within another."""
    spans = [(slot.start_min, free_at(slot.start_min, slot.end_min, problem.rules)) for slot in problem.slots]
    found: list[frozenset[int]] = []
    for t in sorted({start for start, _ in spans}):
        clique = frozenset(s for s, (start, free) in enumerate(spans) if start <= t < free)
        found = [one for one in found if not one <= clique]
        if not any(clique <= one for one in found):
            found.append(clique)
    return [tuple(sorted(one)) for one in found]


def _rest(model: Model) -> None:
    sets = cliques(model.problem)
    for p in model.people:
        for clique in sets:
            mine = [model.y[p, s] for s in clique if (p, s) in model.y]
            if len(mine) > 1:
                model.cp.add_at_most_one(mine)


def _nights(model: Model) -> None:
    problem, most = model.problem, model.problem.rules.nights_in_a_row
    on: dict[tuple[int, int], list[Any]] = {}
    for (p, s), variable in model.y.items():
        for night in model.facts.nights[s]:
            on.setdefault((p, night), []).append(variable)
    for p in model.people:
        done = past_nights(model, p)
        for first in range(-most, problem.days):
            window = range(first, first + most + 1)
            mine = [variable for night in window for variable in on.get((p, night), ())]
            if mine and len(mine) + sum(night in done for night in window) > most:
                model.cp.add(sum(mine) + sum(night in done for night in window) <= most)


def past_nights(model: Model, p: int) -> set[int]:
    """Nights before the first day on which a person was on duty."""
    problem, who = model.problem, model.problem.people[p].id
    return {
        night
        for past in problem.past
        if past.person == who and not past.standby
        for night in nights_of(past.start_min, past.end_min, problem.rules)
    }


def counting(model: Model, p: int, m: int) -> list[Any]:
    """The variables of (7)."""
    counts = model.facts.counts
    return [model.y[p, s] for s in range(len(counts)) if counts[s][m] and (p, s) in model.y]


def keep_windows(model: Model, windows: Windows, measures: int) -> None:
    """Everybody between the floor and the ceiling that `targets.py` gives, in the first so many measures."""
    for p in model.people:
        for m, (low, high) in enumerate(windows[p][:measures]):
            mine, start = counting(model, p, m), model.carried[p][m]
            model.cp.add_linear_constraint(sum(mine) if mine else _zero(model), low - start, high - start)


def beyond_one(model: Model, m: int, aims: Mapping[tuple[int, int], tuple[int, int]] | None = None) -> Any:
    """(8), over the groups that have people in the part. With `aims` no group may lie further than two from these
    lows and highs."""
    facts, here, cost = model.facts, set(model.people), _zero(model)
    for g, (_, them) in enumerate(facts.groups):
        if not here.intersection(them):
            continue
        totals = [model.carried[p][m] + sum(counting(model, p, m)) for p in them]
        top = max(model.carried[p][m] + len(counting(model, p, m)) for p in them)
        spans = [(0, top), (0, top)]
        if aims is not None:
            spans = [(max(0, one - 2), min(top, one + 2)) for one in aims[g, m]]
        low, high = (model.cp.new_int_var(least, max(least, most), "") for least, most in spans)
        over = model.cp.new_int_var(0, top, "")
        model.cp.add(over >= high - low - 1)
        cost += over
        for p, total in zip(them, totals, strict=True):
            model.cp.add(high >= total)
            if p not in facts.excused:
                model.cp.add(low <= total)
    return cost


def _zero(model: Model) -> Any:
    return model.cp.new_constant(0)


def squares(model: Model, m: int, windows: Windows | None = None) -> Any:
    """(9), over the people of the part; where everybody is within `windows`, the tangents there are enough."""
    z = 0
    for p in model.people:
        mine = counting(model, p, m)
        start = model.carried[p][m]
        if not mine:
            z += start * start
            continue
        total = start + sum(mine)
        low, high = (start, start + len(mine)) if windows is None else windows[p][m]
        if high - low <= 1:
            z += (2 * low + 1) * total - low * (low + 1)
            continue
        square = model.cp.new_int_var(low * low, high * high, "")
        for k in range(low, high):
            model.cp.add(square >= (2 * k + 1) * total - k * (k + 1))
        z += square
    return z


def unmet_wishes(model: Model) -> Any:
    """(10): one for each day of a wish without a duty, one for each duty that was wished away."""
    cost: Any = 0
    facts, mine_of = model.facts, set(model.people)
    for request in model.problem.requests:
        if facts.index[request.person] not in mine_of:
            continue
        if request.kind is Asked.wish:
            for day in range(request.first_day, request.last_day + 1):
                met = model.cp.new_bool_var("")
                model.cp.add_bool_or([*asked_for(model, request, day), met.negated()])
                cost += 1 - met
        elif request.kind is Asked.wish_not:
            p = model.facts.index[request.person]
            for s, slot in enumerate(model.problem.slots):
                if (p, s) in model.y and asks_about(request, slot):
                    cost += model.y[p, s]
    return cost
