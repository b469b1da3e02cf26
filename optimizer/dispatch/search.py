"""The seeded search over schedules: annealing in rounds, with the routes met on the way kept for column generation."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimizer.dispatch.annealing import anneal, splitmix_state
from optimizer.dispatch.plain_annealing import FAR, anneal_plain, is_plain, tours_of
from optimizer.dispatch.plan import StoppedBy
from optimizer.dispatch.routes import Routes
from optimizer.dispatch.team_model import TeamModel, direct_finish, unserved_cost
from optimizer.units import IntArray

# (share of the moves, first and last temperature as shares of the mean cost of a slot), measured on classes A and B
# and on tight small problems: a hot round that leaves the construction's valley, then cooler ones from the best found
ROUNDS = ((0.3, 1.0, 0.02), (0.7, 0.15, 0.002))
PLAIN_ROUNDS = ((0.5, 0.3, 0.015), (0.25, 0.15, 0.01), (0.25, 0.1, 0.005))
SOFT = 5.0  # what an unserved slot weighs while the walk judges a move, in mean costs of a slot
CHUNK = 10_000  # moves between two looks at the clock
ANNEALING = 0.92  # of the time that is left
SNAPSHOTS = 150  # of a run, at which changed routes are kept
KEPT, KEPT_STOPS = 40, 30  # routes kept: so many a task; longer routes are not kept

Improvement = Callable[[tuple[int, int]], None]


@dataclass
class Search:
    """Where a run ended: the best schedule, the moves made, why it stopped, and (team, tasks) met on the way."""

    found: Routes
    moves: int = 0
    stopped_by: StoppedBy = StoppedBy.WORK
    pool: dict[tuple[int, tuple[int, ...]], None] = field(default_factory=dict)


def default_moves(model: TeamModel) -> int:
    """10,000 a slot (at least 500,000 where they cost little); fewer where teams have many stops,
    or where there are many more teams than work."""
    if is_plain(model):
        return min(4_000_000, max(10_000 * model.slots, min(500_000, 20_000 * model.slots)))
    stops = model.slots / max(1, int(model.able.any(axis=0).sum()))
    return int(min(1_000_000, 10_000 * model.slots) * min(1.0, max(0.1, stops)) / max(1.0, (stops / 8) ** 2))


def search(
    model: TeamModel,
    routes: Routes,
    *,
    seed: int,
    iterations: int,
    deadline: float | None,
    target: int | None,
    on_improvement: Improvement | None = None,
) -> Search:
    """Anneal from `routes`; stop at `iterations` moves, at the bound `target`, or at the clock.

    Every round has its share of the time too; where the clock runs ahead of the work, moves are left out, so that the
    last ones are cold.
    """
    plain = is_plain(model) and bool((routes.team_of >= 0).all())
    began = time.monotonic()
    each = math.inf if deadline is None else ANNEALING * max(1e-6, deadline - began)
    run = _Plain(model, routes) if plain else _General(model, routes)
    result = Search(run.found)
    state = splitmix_state(seed)
    best = run.best()
    spent = 0.0
    for share, hot, cold in PLAIN_ROUNDS if plain else ROUNDS:
        total, first = int(share * iterations), 0
        run.restart()
        while first < total:
            if target is not None and run.best() <= target:
                result.stopped_by = StoppedBy.PROOF
                return result
            if deadline is not None and time.monotonic() >= deadline:
                result.stopped_by = StoppedBy.TIME
                return result
            last = min(total, first + CHUNK)
            run.moves(state, first, last, total, hot, cold, max(100, iterations // SNAPSHOTS))
            result.moves += last - first
            if on_improvement is not None and run.best() < best:
                best = run.best()
                on_improvement(run.found.rank())
            passed = (time.monotonic() - began) / each - spent  # of the time, as a share of all rounds
            first = max(last, min(total, int(total * passed / share)))
        spent += share
        run.keep(result.pool)
    return result


class _General:
    """Runs of `anneal`."""

    def __init__(self, model: TeamModel, routes: Routes) -> None:
        self.model, self.routes, self.found = model, routes, routes.copy()
        self.big = unserved_cost(model.data)
        self.cost = routes.costs()
        self.mean = max(1.0, float(self.cost.sum()) / max(1, model.slots))
        self.level = np.array([int(self.cost.sum()) + self.big * routes.unserved(), 0, 0], np.int64)
        self.before = self.cost.copy()
        self.seen: dict[tuple[int, tuple[int, ...]], None] = {}

    def best(self) -> int:
        return int(self.level[0])

    def restart(self) -> None:
        self.found.read_teams()
        self.routes = self.found.copy()
        self.cost = self.routes.costs()
        self.level[1:] = self.routes.unserved(), self.cost.sum()

    def moves(self, state: IntArray, first: int, last: int, total: int, hot: float, cold: float, every: int) -> None:
        model, routes, found = self.model, self.routes, self.found
        anneal(
            model.data, model.start, model.choices, model.allowed, routes.team_of, routes.sequence, routes.length,
            self.cost, found.sequence, found.length, self.level, state, first, last, total, hot * self.mean,
            cold * self.mean, self.big, int(SOFT * self.mean) + 1,
        )  # fmt: skip
        found.read_teams()
        for team in np.flatnonzero(self.cost != self.before).tolist():
            if routes.length[team]:
                self.seen[team, routes.of(team)] = None
        self.before = self.cost.copy()

    def keep(self, pool: dict[tuple[int, tuple[int, ...]], None]) -> None:
        pool.update(self.seen)


class _Plain:
    """Runs of `anneal_plain`."""

    def __init__(self, model: TeamModel, routes: Routes) -> None:
        self.model, self.found = model, routes.copy()
        data = model.data
        finish = direct_finish(data)[1][data.task_of]
        self.alone = np.where(model.allowed, finish * data.weight[data.task_of, None], FAR)
        value = int(routes.costs().sum())
        self.mean = max(1.0, value / max(1, model.slots))
        self.level = np.array([value, value], np.int64)
        self.rows = np.zeros((KEPT * model.slots, KEPT_STOPS + 2), np.int64)
        self.kept = 0
        self.restart()

    def best(self) -> int:
        return int(self.level[0])

    def restart(self) -> None:
        self.found.read_teams()
        self.team_of = self.found.team_of.copy()
        self.tours = tours_of(self.model.data, self.found.sequence, self.found.length)
        self.level[1] = self.level[0]

    def moves(self, state: IntArray, first: int, last: int, total: int, hot: float, cold: float, every: int) -> None:
        model, found = self.model, self.found
        rows = self.rows[self.kept :]
        self.kept += anneal_plain(
            model.data, model.start, model.choices, self.alone, self.tours, self.team_of, found.sequence,
            found.length, self.level, state, first, last, total, hot * self.mean, cold * self.mean, every, rows,
        )  # fmt: skip

    def keep(self, pool: dict[tuple[int, tuple[int, ...]], None]) -> None:
        """Routes of this round into the pool."""
        task_of = self.model.data.task_of.tolist()
        self.found.read_teams()
        for row in self.rows[: self.kept].tolist():
            pool[row[0], tuple(task_of[slot] for slot in row[2 : 2 + row[1]])] = None
        self.kept = 0
