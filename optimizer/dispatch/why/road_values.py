"""What each closed or slowed road is worth to the plan: the levels if it were open, ranked.

Teams (levels 1 and 3) are solved again on the opened roads and compared with the plan's own orders timed anew, which
stay possible there; supplies (2, 4, 5, 6) item by item where an arrival changed, on first trips as in `task_values`.
Where the two sides wait for each other the whole problem is solved again (W1 ... of `whole`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

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
from optimizer.dispatch.why.task_values import Basis, ReleasedStock, difference, fill_change
from optimizer.dispatch.why.whole import ALL, TEAMS, Whole, ways_touched


@dataclass(frozen=True, slots=True)
class RoadValue:
    """Changes of levels, negative is better; of fill rates positive is better.

    `exact`: the levels whose change is proven; the others are at least that good, as far as the search found.
    """

    closure: str
    basis: Basis
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
    whole: Whole | None = None,
    most_solves: int | None = None,
) -> tuple[RoadValue, ...]:
    """A value for every (closure, travel times with it lifted), best first by the problem's levels, ties by id; where
    the sides wait for each other (`whole`: as in `task_values`) at most `most_solves` (None: `Whole.most`) re-solves,
    most promising first, and what is then still open comes last."""
    stock = stock or ReleasedStock(problem)
    if problem.coupled:
        whole = whole or Whole(problem, plan, seed=seed, iterations=iterations)
        return _whole_values(
            problem, opened, stock, whole, most_solves=whole.most if most_solves is None else most_solves
        )
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
        value = _value(closure, Basis.EXACT, base, after, exact, teams=touched, supplies=found is not stock.base)
        rows.append((rank(problem, after, ALL), closure, value))
    return tuple(value for _, _, value in sorted(rows, key=lambda row: (row[0], row[1])))


def _whole_values(
    problem: DispatchProblem, opened: Iterable[tuple[str, Travel]], stock: ReleasedStock, whole: Whole, *,
    most_solves: int,
) -> tuple[RoadValue, ...]:  # fmt: skip
    """W1 to W3, first for what the plan's own orders and first trips promise most; no re-solve where no way changes."""
    waiting, rows = [], []
    for closure, travel in opened:
        changed = replace(problem, travel=travel)
        teams, supplies = bool(problem.tasks) and teams_touched(problem, travel), ways_touched(problem, travel)
        if not teams and not supplies:
            value = _value(closure, Basis.EXACT, whole.levels, whole.levels, set(ALL), teams=False, supplies=False)
            rows.append((rank(problem, whole.levels, ALL), closure, value))
            continue
        first = levels_of(changed, supplies_again(stock.model, stock.base, changed)[1])
        waiting.append((rank(problem, whole.timed(changed) | first, ALL), closure, changed, teams, supplies))
    waiting.sort(key=lambda row: row[:2])
    for _, closure, changed, teams, supplies in waiting[:most_solves]:
        found = whole.again(changed)
        value = _value(closure, Basis.SEARCH, whole.levels, found.levels, set(found.exact), teams=teams,
                       supplies=supplies)  # fmt: skip
        rows.append((rank(problem, found.levels, ALL), closure, value))
    rest = (
        _value(closure, Basis.OPEN, whole.levels, whole.levels, set(), teams=teams, supplies=supplies)
        for _, closure, _, teams, supplies in waiting[most_solves:]
    )
    return (*(value for _, _, value in sorted(rows, key=lambda row: row[:2])), *rest)


def _value(
    closure: str, basis: Basis, base: dict[str, Value], after: dict[str, Value], exact: set[str], *, teams: bool,
    supplies: bool,
) -> RoadValue:  # fmt: skip
    change = {name: difference(base, after, name) for name in (*TEAMS, "critical_unmet", "other_unmet", "deprivation")}
    least, mean = fill_change(base["fairness"], after["fairness"])
    return RoadValue(closure=closure, basis=basis, least_fill=least, mean_fill=mean, exact=tuple(sorted(exact)),
                     touches_teams=teams, touches_supplies=supplies, **change)  # fmt: skip
