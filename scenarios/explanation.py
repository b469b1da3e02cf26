"""Everything there is to say about why a plan is as it is, in one call; `scenarios.exchange.why` writes it down."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.dispatch.plan import Plan, Status
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.why.alternatives import StopWhy, team_alternatives
from optimizer.dispatch.why.coverage import LIMIT_S, MOVES, Coverage
from optimizer.dispatch.why.road_values import RoadValue, road_values
from optimizer.dispatch.why.sensitivity import SAMPLES, Sensitivity, sensitivity
from optimizer.dispatch.why.stores import DemandWhy, store_alternatives
from optimizer.dispatch.why.task_values import COUNT, ReleasedStock, TaskValues, task_values
from optimizer.dispatch.why.whole import Whole

if TYPE_CHECKING:
    from scenarios.exchange.cover import Inhabited
    from scenarios.exchange.foreseen import Foreseen
    from scenarios.exchange.roads import Roads

LARGE = 1_000  # teams from which fewer samples are drawn: each is a plan of its own
FEW_SAMPLES = 4


@dataclass(frozen=True)
class WhyLimits:
    """Where the work stops; None of `samples`: 20, with more than 1,000 teams 4."""

    samples: int | None = None
    values: int = COUNT  # tasks whose rank is settled
    cover_s: int = LIMIT_S
    moves: int = MOVES

    def samples_for(self, problem: DispatchProblem) -> int:
        if self.samples is not None:
            return self.samples
        return SAMPLES if len(problem.teams) <= LARGE else FEW_SAMPLES


@dataclass(frozen=True)
class Explanation:
    """`roads` is None where times were given instead of roads, `coverage` also where nobody's home is known,
    `foreseen` where no road changes while the plan runs."""

    seed: int
    limits: WhyLimits
    stops: tuple[StopWhy, ...]
    demands: tuple[DemandWhy, ...]
    tasks: TaskValues
    roads: tuple[RoadValue, ...] | None
    sensitivity: Sensitivity
    coverage: Coverage | None
    foreseen: "Foreseen | None" = None


def explain_plan(
    problem: DispatchProblem,
    plan: Plan,
    *,
    roads: "Roads | None" = None,
    inhabited: "Iterable[Inhabited]" = (),
    seed: int = 0,
    limits: WhyLimits | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Explanation | None:
    """None for a plan that orders nothing because no plan keeps the pins. `plan` must be a valid plan of `problem`.

    Same problem, plan, seed and limits: the same explanation.
    """
    if plan.status is Status.INFEASIBLE:
        return None
    limits = limits or WhyLimits()
    tell("phase.why.alternatives")
    stops, demands = team_alternatives(problem, plan), store_alternatives(problem, plan)
    tell("phase.why.values")
    stock = ReleasedStock(problem)
    whole = Whole(problem, plan, seed=seed) if problem.coupled else None
    tasks = task_values(problem, count=limits.values, stock=stock, whole=whole)
    worth, cover, foreseen = None, None, None
    if roads is not None:
        from scenarios.exchange.cover import covered
        from scenarios.exchange.foreseen import foresee
        from scenarios.exchange.reopened import reopened_travel

        worth = road_values(problem, plan, reopened_travel(problem, roads), seed=seed, stock=stock, whole=whole)
        foreseen = foresee(problem, plan, roads)
        tell("phase.why.coverage")
        cover = covered(problem, plan, roads, inhabited, limit_s=limits.cover_s, moves=limits.moves)
    tell("phase.why.sensitivity")
    moved = sensitivity(problem, plan, seed=seed, samples=limits.samples_for(problem), stock=stock)
    return Explanation(seed, limits, stops, demands, tasks, worth, moved, cover, foreseen)
