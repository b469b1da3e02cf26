"""Why there is no roster: a smallest set of rules that cannot be kept together, each with what would mend it.

Every rule of the statement is guarded by a literal; CP-SAT names literals that suffice for infeasibility, and one after
the other is left out of them to see whether the rest still conflict. What remains is irreducible: give up any one of it
and the others can be kept together.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from ortools.sat.python import cp_model

from optimizer.staffing.roster.facts import asks_about, facts_of, free_at, nights_of, roles_of_unit
from optimizer.staffing.roster.problem import Asked, Request, RosterProblem
from optimizer.staffing.roster.result import Conflict


class Runs(Protocol):
    """A search with its limits."""

    def run(self, cp: Any) -> tuple[Any, Any]: ...


def conflict_of(problem: RosterProblem, search: Runs) -> tuple[tuple[Conflict, ...], bool]:
    """(rules, irreducible). Empty where the work limit came first. The statement must be infeasible."""
    guarded = _Guarded(problem)
    core = guarded.core(list(guarded.rules), search)
    if core is None:
        return (), False
    least, kept = True, list(core)
    for literal in core:
        fewer = [one for one in kept if one != literal]
        again = guarded.core(fewer, search)
        if again is None:
            least = least and guarded.feasible
        else:
            kept = [one for one in kept if one in again]
    return tuple(guarded.rules[one] for one in sorted(kept)), least


class _Guarded:
    """The model once more, every rule under a literal of its own; those of one rest or night limit share one."""

    def __init__(self, problem: RosterProblem) -> None:
        self.problem = problem
        self.cp: Any = cp_model.CpModel()
        self.rules: dict[int, Conflict] = {}
        self.feasible = True
        free = RosterProblem(problem.day_kinds, problem.people, problem.slots, (), problem.rules, (), problem.pairs)
        self.facts = facts_of(free)
        self.y: dict[tuple[int, int], list[Any]] = {}
        self._cover()
        self._rest()
        self._nights()
        self._most()
        self._requests()

    def _rule(self, code: str, **facts: str | int) -> Any:
        literal = self.cp.new_bool_var("")
        self.rules[literal.index] = Conflict(code, tuple(facts.items()))
        return literal

    def core(self, literals: list[int], search: Runs) -> list[int] | None:
        """Literals of these that conflict; None where they do not, or where the work limit came first."""
        self.cp.clear_assumptions()
        self.cp.add_assumptions([self.cp.get_bool_var_from_proto_index(one) for one in literals])
        status, solver = search.run(self.cp)
        self.feasible = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        if status != cp_model.INFEASIBLE:
            return None
        found = set(solver.sufficient_assumptions_for_infeasibility())
        return [one for one in literals if one in found] or literals

    def _cover(self) -> None:
        for s, slot in enumerate(self.problem.slots):
            for role, heads in slot.needs:
                rule = self._rule(
                    "RosterCover", slot=slot.id, post=slot.post, day=slot.day, shift=slot.shift, role=role, heads=heads,
                    able=len(self.facts.units(s, role)),
                )  # fmt: skip
                row = []
                for unit in self.facts.units(s, role):
                    variable = self.cp.new_bool_var("")
                    row.append(variable)
                    for p, _ in roles_of_unit(role, unit):
                        self.y.setdefault((p, s), []).append(variable)
                self.cp.add(sum(row) == heads).only_enforce_if(rule)
        for mine in self.y.values():
            self.cp.add(sum(mine) <= 1)

    def _pairs_of_slots(self) -> Iterable[tuple[int, int, bool]]:
        """(earlier, later, whether they overlap) of the slots that one person cannot have both."""
        slots, rules = self.problem.slots, self.problem.rules
        for s, one in enumerate(slots):
            free = free_at(one.start_min, one.end_min, rules)
            for t in range(s + 1, len(slots)):
                if slots[t].start_min >= free:
                    break
                yield s, t, slots[t].start_min < one.end_min

    def _rest(self) -> None:
        rules = self.problem.rules
        rest = self._rule("RosterRest", rest_h=_hours(rules.rest_min), long_h=_hours(rules.long_duty_min),
                          long_rest_h=_hours(rules.long_rest_min))  # fmt: skip
        for s, t, overlap in self._pairs_of_slots():
            for p in range(len(self.problem.people)):
                if (p, s) in self.y and (p, t) in self.y:
                    both = self.cp.add(sum(self.y[p, s]) + sum(self.y[p, t]) <= 1)
                    if not overlap:
                        both.only_enforce_if(rest)

    def _nights(self) -> None:
        problem, most = self.problem, self.problem.rules.nights_in_a_row
        rule = self._rule("RosterNights", nights=most)
        done = [
            {
                night
                for past in problem.past
                if past.person == person.id and not past.standby
                for night in nights_of(past.start_min, past.end_min, problem.rules)
            }
            for person in problem.people
        ]
        on: dict[tuple[int, int], list[Any]] = {}
        for (p, s), variables in self.y.items():
            for night in self.facts.nights[s]:
                on.setdefault((p, night), []).extend(variables)
        for p in range(len(problem.people)):
            for first in range(-most, problem.days):
                window = range(first, first + most + 1)
                mine = [one for night in window for one in on.get((p, night), ())]
                if mine:
                    before = sum(night in done[p] for night in window)
                    self.cp.add(sum(mine) <= most - before).only_enforce_if(rule)

    def _most(self) -> None:
        for p, person in enumerate(self.problem.people):
            if person.most is not None:
                rule = self._rule("RosterMost", person=person.id, most=person.most)
                mine = [one for (q, s), them in self.y.items() if q == p and not self.problem.slots[s].standby
                        for one in them]  # fmt: skip
                self.cp.add(sum(mine) <= person.most).only_enforce_if(rule)

    def _requests(self) -> None:
        index = self.facts.index
        for request in self.problem.requests:
            if request.kind is Asked.must:
                self._must(request)
            elif request.kind in (Asked.leave, Asked.must_not):
                rule = self._rule("RosterLeave" if request.kind is Asked.leave else "RosterMustNot", **_asked(request))
                for s, slot in enumerate(self.problem.slots):
                    if (index[request.person], s) in self.y and asks_about(request, slot):
                        for one in self.y[index[request.person], s]:
                            self.cp.add_implication(rule, one.negated())
        for past in self.problem.past:
            rule = self._rule("RosterPast", person=past.person)
            free = free_at(past.start_min, past.end_min, self.problem.rules)
            for s, slot in enumerate(self.problem.slots):
                if slot.start_min < free:
                    for one in self.y.get((index[past.person], s), ()):
                        self.cp.add_implication(rule, one.negated())

    def _must(self, request: Request) -> None:
        rule, p = self._rule("RosterMust", **_asked(request)), self.facts.index[request.person]
        for day in range(request.first_day, request.last_day + 1):
            one_day = Request(request.person, request.kind, day, day, request.post)
            mine = [one for s, slot in enumerate(self.problem.slots) if asks_about(one_day, slot)
                    for one in self.y.get((p, s), ())]  # fmt: skip
            self.cp.add_bool_or([*mine, rule.negated()])


def _asked(request: Request) -> dict[str, str | int]:
    return {
        "person": request.person, "first_day": request.first_day, "last_day": request.last_day,
        "post": request.post or "", "row": request.row or 0,
    }  # fmt: skip


def _hours(minutes: int) -> str:
    return f"{minutes / 60:g}"
