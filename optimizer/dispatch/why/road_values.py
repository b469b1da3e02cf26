"""What each closed or slowed road is worth to the plan: the levels if it were open, ranked.

Teams (levels 1 and 3) are solved again on the opened roads and compared with the plan's own orders timed anew, which
stay possible there; supplies (2, 4, 5, 6) item by item where an arrival changed, on first trips as in `task_values`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from optimizer.dispatch.levels import Value, rank
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem, Travel
from optimizer.dispatch.team_model import team_model
from optimizer.dispatch.why.again import (
    ITERATIONS,
    kept_orders,
    solve_teams_again,
    supplies_again,
    teams_touched,
    timed,
)
from optimizer.dispatch.why.orders import sequences_of
from optimizer.dispatch.why.supply_value import exact_levels, levels_of
from optimizer.dispatch.why.task_values import NAMES, ReleasedStock, fill_change

TEAMS = ("unserved", "completion")


@dataclass(frozen=True, slots=True)
class RoadValue:
    """Changes of levels, negative is better; of fill rates positive is better.

    `exact`: the levels whose change is proven; the others are at least that good, as far as the search found.
    """

    closure: str
    unserved: float
    critical_unmet: float
    completion: float
    other_unmet: float
    least_fill: float
    mean_fill: float
    deprivation: float
    exact: tuple[str, ...]
    touches_teams: bool  # some leg of a team takes another time
    touches_supplies: bool

    @property
    def nothing(self) -> bool:
        """Whether no level changes."""
        return not (
            self.unserved or self.critical_unmet or self.completion or self.other_unmet or self.least_fill
            or self.mean_fill or self.deprivation
        )  # fmt: skip


def road_values(
    problem: DispatchProblem,
    plan: Plan,
    opened: Iterable[tuple[str, Travel]],
    *,
    seed: int = 0,
    iterations: int = ITERATIONS,
    stock: ReleasedStock | None = None,
) -> tuple[RoadValue, ...]:
    """A value for every (closure, travel times with it lifted), best first by the problem's levels, ties by id."""
    stock = stock or ReleasedStock(problem)
    sequences = sequences_of(problem, plan)
    base = {**timed(problem, sequences)[1], **levels_of(problem, stock.base)}
    proven = all(level.gap == 0 for level in plan.levels if level.name in TEAMS)
    rows = []
    for closure, travel in opened:
        changed = replace(problem, travel=travel)
        after, exact = dict(base), set(TEAMS)
        touched = bool(problem.tasks) and teams_touched(problem, travel)
        if touched:
            model = team_model(changed)
            kept, _ = kept_orders(model, sequences)
            again = solve_teams_again(changed, kept, seed=seed, iterations=iterations, model=model)
            after |= again.levels
            if not (again.proven and proven):
                exact -= set(TEAMS)
        _, found = supplies_again(stock.model, stock.base, changed)
        if found is not stock.base:
            after |= levels_of(changed, found)
        exact |= set(exact_levels(stock.base, found))
        if problem.coupled:  # what teams wait for is left out of both sides
            exact.clear()
        key = rank(problem, after, (*TEAMS, *NAMES))
        rows.append((key, closure, _value(closure, base, after, exact, touched, found is not stock.base)))
    return tuple(value for _, _, value in sorted(rows, key=lambda row: (row[0], row[1])))


def _value(
    closure: str, base: dict[str, Value], after: dict[str, Value], exact: set[str], teams: bool, supplies: bool
) -> RoadValue:
    change: dict[str, float] = {}
    for name in (*TEAMS, "critical_unmet", "other_unmet", "deprivation"):
        before, then = base[name], after[name]
        assert isinstance(before, Fraction)
        assert isinstance(then, Fraction)
        change[name] = float(then - before)
    least, mean = fill_change(base["fairness"], after["fairness"])
    return RoadValue(closure=closure, least_fill=least, mean_fill=mean, exact=tuple(sorted(exact)),
                     touches_teams=teams, touches_supplies=supplies, **change)  # fmt: skip
