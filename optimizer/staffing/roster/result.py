"""What a solved roster says of itself: status, levels with bound and gap, the tally of each person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from optimizer.errors import OptimizerError
from optimizer.staffing.roster.facts import Facts
from optimizer.staffing.roster.problem import MEASURES, Assignment, RosterProblem

Status = Literal["optimal", "feasible", "infeasible", "unknown"]


class RosterNotFound(OptimizerError):
    """No roster was found within the work limit, nor was it proven that there is none. Facts: work."""


@dataclass(frozen=True, slots=True)
class Level:
    """One thing minimised: its value, what is proven from below, and what practice reaches (None: it leaves gaps)."""

    name: str
    value: int
    bound: int
    practice: int | None

    @property
    def gap(self) -> float:
        return (self.value - self.bound) / max(1, self.value)


@dataclass(frozen=True, slots=True)
class Spread:
    """How one measure is shared out in one group: the least (of those not excused), the most, and the least spread
    that counting alone allows."""

    group: str
    measure: str
    least: int
    most: int
    bound: int

    @property
    def value(self) -> int:
        return max(0, self.most - self.least)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule that others cannot be kept with: code of a text, and its facts."""

    code: str
    facts: tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class Roster:
    """A roster, or the rules that stand against one (`conflict`, none of which can be taken out of it if
    `conflict_least`). `work` is the deterministic time spent."""

    status: Status
    assignments: tuple[Assignment, ...]
    levels: tuple[Level, ...]
    spreads: tuple[Spread, ...]
    conflict: tuple[Conflict, ...]
    conflict_least: bool
    stopped_by: Literal["proof", "work"]
    seed: int
    work: float
    credited: tuple[tuple[int, ...], ...]
    """Per person (by id) and measure: what was carried from before and credited for long leave."""


def tally(
    problem: RosterProblem, facts: Facts, carried: Sequence[Sequence[int]], assignments: tuple[Assignment, ...]
) -> list[list[int]]:
    """Per person and measure, what was carried (and credited) and what this roster adds."""
    slots = {slot.id: s for s, slot in enumerate(problem.slots)}
    table = [list(row) for row in carried]
    for one in assignments:
        for m in range(len(MEASURES)):
            table[facts.index[one.person]][m] += facts.counts[slots[one.slot]][m]
    return table


def spreads_of(
    facts: Facts, table: list[list[int]], bounds: dict[tuple[int, int], int] | None = None,
    people: Collection[int] | None = None,
) -> tuple[Spread, ...]:  # fmt: skip
    """One for each measure and group of two or more (of these people) in which anybody is counted."""
    found = []
    for m, measure in enumerate(MEASURES):
        for g, (name, them) in enumerate(facts.groups):
            counted = [p for p in them if p not in facts.excused]
            if len(them) > 1 and counted and (people is None or them[0] in people):
                least, most = min(table[p][m] for p in counted), max(table[p][m] for p in them)
                found.append(Spread(name, measure, least, most, (bounds or {}).get((g, m), 0)))
    return tuple(found)


def squares_of(table: list[list[int]]) -> list[int]:
    """Per measure, the sum over people of squares: the value of each level of fairness."""
    return [sum(row[m] ** 2 for row in table) for m in range(len(MEASURES))]
