"""One plan: teams that wait for equipment or for each other, settled together with what is shipped for them.

The team model knows for every pair the instant before which its service cannot begin (`ready`). At first that is a
relaxation (`soonest_ready`; nobody waits for anybody), so its bounds hold for the whole. A schedule is then settled:
equipment is fetched, starts are put off, stops that cannot be kept are left out. The teams are scheduled anew against
the instants found, and single stops are moved as long as the settled schedule gets better; nothing is claimed for
this but what the relaxation proves. Numbers in brackets: docs/model.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from optimizer.dispatch.equipment import Fetched, Shelves, fetch, soonest_ready, wants
from optimizer.dispatch.levels import Value, rank, team_levels
from optimizer.dispatch.loading import Leg, Load, legs_of
from optimizer.dispatch.plan import TeamOrder
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.redispatch import may_turn
from optimizer.dispatch.schedule import Deadlock, team_orders
from optimizer.dispatch.supply_model import stock_of
from optimizer.dispatch.team_model import TeamModel, direct_finish, team_model
from optimizer.dispatch.together import schedule_together
from optimizer.units import UNREACHABLE, BoolArray, IntArray

Sequences = tuple[tuple[int, ...], ...]
TEAM_LEVELS = ("unserved", "completion")
ROUNDS = 4  # times the teams are scheduled anew
TRIES = 400  # settled schedules looked at while single stops are moved
NEAREST = 6  # teams a stop may be moved to


@dataclass(frozen=True)
class Settled:
    """A schedule that holds with everything it waits for."""

    sequences: Sequences
    orders: tuple[TeamOrder, ...]
    fetched: Fetched

    def rank(self, problem: DispatchProblem) -> tuple[Value, ...]:
        return rank(problem, team_levels(problem, self.orders), TEAM_LEVELS)


@dataclass(frozen=True)
class Errands:
    """The trips that bring equipment, and what they leave for the demands: `rest` is the problem with its vehicles
    away as long, `used` the units spoken for by (store, item), `trips` those a vehicle has made before."""

    rest: DispatchProblem
    legs: tuple[Leg, ...] = ()
    used: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    trips: Mapping[str, int] = field(default_factory=dict)

    def then(self, legs: Iterable[Leg]) -> list[Leg]:
        """These legs after the errands: trips of a vehicle are counted on."""
        if not self.trips:
            return [*self.legs, *legs]
        later = (
            leg if leg.vehicle is None or leg.trip is None
            else replace(leg, trip=leg.trip + self.trips.get(leg.vehicle, 0))
            for leg in legs
        )  # fmt: skip
        return [*self.legs, *later]


def errands(problem: DispatchProblem, settled: Settled) -> Errands:
    """Dated legs of all equipment of a settled schedule."""
    if not settled.fetched.loads and not settled.fetched.taken:
        return Errands(problem)
    stops = {(order.team, stop.task): stop for order in settled.orders for stop in order.stops}
    first = {order.team: order.stops[0] for order in settled.orders}
    _, lumps = stock_of(problem, {need.item for task in problem.tasks for need in task.equipment})
    legs = legs_of(problem, settled.fetched.loads, as_listed=True)
    for one in settled.fetched.taken:
        task, team, item = problem.tasks[one.task], problem.teams[one.team].id, problem.items[one.item].id
        load = Load(
            one.store, problem.incident_index[task.incident], one.item, one.quantity, lumps[item], 0.0, one.task
        )
        depart = first[team].depart_s
        assert depart is not None  # who takes something along was at the base
        legs.append(Leg(load, one.quantity, depart, stops[team, task.id].arrive_s, None, None, team))
    used: dict[tuple[str, str], Decimal] = {}
    back: dict[str, int] = {}
    trips: dict[str, int] = {}
    for leg in legs:
        key = problem.stores[leg.load.store].id, problem.items[leg.load.item].id
        used[key] = used.get(key, Decimal(0)) + leg.quantity
        if leg.vehicle is not None and leg.trip is not None and leg.trip >= trips.get(leg.vehicle, 0):
            trips[leg.vehicle], back[leg.vehicle] = leg.trip, leg.arrive_s + (leg.arrive_s - leg.depart_s)
    vehicles = tuple(
        replace(vehicle, available_from_s=back.get(vehicle.id, vehicle.available_from_s))
        for vehicle in problem.vehicles
    )
    return Errands(replace(problem, vehicles=vehicles), tuple(legs), used, trips)


def relaxed(problem: DispatchProblem, shelves: Shelves) -> TeamModel:
    """The team model with the instants that no schedule can beat, without pairs that cannot be equipped."""
    ready, equipped = soonest_ready(problem, shelves)
    return team_model(problem, ready=ready, equipped=equipped)


def settle(problem: DispatchProblem, sequences: Sequence[Sequence[int]], shelves: Shelves) -> Settled:
    """Fetch what the schedule needs and date it; stops that cannot be kept are left out, the others follow on."""
    kept = [list(row) for row in sequences]
    if not problem.coupled:
        return Settled(tuple(map(tuple, kept)), team_orders(problem, kept), Fetched({}, (), (), frozenset()))
    while True:
        fetched = fetch(problem, kept, shelves)
        if fetched.missing:
            for task, team in fetched.missing:
                kept[team].remove(task)
            continue
        try:
            orders = team_orders(problem, kept, fetched.ready)
        except Deadlock:
            before = [list(row) for row in kept]
            _loosen(problem, kept)
            if kept == before:  # with what has begun there is no such order: the least grave stop gives way
                team, task = min(
                    ((k, task) for k, row in enumerate(kept) for task in row if problem.tasks[task].synchronised),
                    key=lambda pair: (_severity(problem, pair[1]), pair),
                )
                kept[team].remove(task)
            continue
        broken = _broken(problem, orders)
        if not broken:
            return Settled(tuple(map(tuple, kept)), orders, fetched)
        for task, team in broken:
            kept[team].remove(task)


def _loosen(problem: DispatchProblem, kept: list[list[int]]) -> None:
    """Break a circle of waiting: every team takes its synchronised tasks in one and the same order."""

    def place(task: int) -> tuple[int, int]:
        return -_severity(problem, task), task

    for k, row in enumerate(kept):
        together = sorted((task for task in row if problem.tasks[task].synchronised), key=place)
        slots = iter(together)
        kept[k] = [next(slots) if problem.tasks[task].synchronised else task for task in row]


def _severity(problem: DispatchProblem, task: int) -> int:
    return problem.incidents[problem.incident_index[problem.tasks[task].incident]].severity


def _broken(problem: DispatchProblem, orders: tuple[TeamOrder, ...]) -> list[tuple[int, int]]:
    """The first stop of each team that waiting has made too late (T6) or too long (T7), or that has lost the stop by
    way of which it was reached."""
    found = []
    bound = {(one.team, one.task) for one in problem.started if not may_turn(problem, one)}
    for order in orders:
        team = problem.team_index[order.team]
        until = problem.teams[team].available_until_s
        for stop in order.stops:
            task = problem.tasks[problem.task_index[stop.task]]
            if (order.team, stop.task) in bound:
                continue  # T9
            reported = problem.incidents[problem.incident_index[task.incident]].reported_s
            late = task.latest_s is not None and stop.arrive_s > reported + task.latest_s
            if late or stop.arrive_s >= UNREACHABLE or (until is not None and stop.finish_s > until):
                found.append((problem.task_index[stop.task], team))
                break
    return found


def couple(
    problem: DispatchProblem, model: TeamModel, sequences: Sequences, shelves: Shelves,
    schedule: Callable[[TeamModel, Sequences], Sequences], *, seed: int, moves: int | None,
) -> Settled:  # fmt: skip
    """The best settled schedule found from `sequences`; `schedule` solves the teams of a model from a warm start."""
    best = settle(problem, sequences, shelves)
    if not problem.coupled:
        return best
    together = np.array([task.synchronised for task in problem.tasks], np.bool_)
    tried = best
    for turn in range(ROUNDS if any(task.equipment for task in problem.tasks) else 1):
        ready, equipped = _instants(problem, tried, shelves)
        waiting = team_model(problem, ready=ready, equipped=equipped)
        if together.any():
            found = schedule_together(waiting, together, tried.sequences, seed=seed + turn, moves=moves)
        else:
            found = schedule(waiting, tried.sequences)
        tried = settle(problem, found, shelves)
        if tried.rank(problem) >= best.rank(problem):
            break
        best = tried
    return _moved(problem, model, best, shelves)


def _instants(problem: DispatchProblem, settled: Settled, shelves: Shelves) -> tuple[IntArray, BoolArray]:
    """`ready` as the settled schedule found it: who waits for equipment of a task waits as long as its teams do."""
    ready, equipped = soonest_ready(problem, shelves)
    for (task, _), instant in settled.fetched.ready.items():
        waits = np.array([bool(wants(problem, task, k)) for k in range(len(problem.teams))])
        ready[task] = np.where(waits, np.maximum(ready[task], instant), ready[task])
    return ready, equipped


def _moved(problem: DispatchProblem, model: TeamModel, best: Settled, shelves: Shelves) -> Settled:
    """Move single stops of tasks that wait, to another place or team, as long as the settled schedule gets better."""
    value, tries = best.rank(problem), 0
    while True:
        for moved in _neighbours(problem, model, best.sequences):
            if tries == TRIES:
                return best
            tries += 1
            tried = settle(problem, moved, shelves)
            if tried.rank(problem) < value:
                best, value = tried, tried.rank(problem)
                break
        else:
            return best


def _neighbours(problem: DispatchProblem, model: TeamModel, sequences: Sequences) -> Iterator[list[list[int]]]:
    """Schedules with one stop more where teams are missing, or one stop elsewhere: those of waiting tasks, then those
    of the teams that serve them. A pinned stop stays with its team."""
    _, finish = direct_finish(model.data)
    pinned = {(int(model.data.task_of[slot]), team) for slot, team in model.pinned}
    needed = Counter(model.data.task_of.tolist())
    waiting = [task for task, row in enumerate(problem.tasks) if row.equipment or row.synchronised]
    beside = {task for row in sequences if not set(row).isdisjoint(waiting) for task in row} - set(waiting)
    for task in (*waiting, *sorted(beside)):
        holders: list[int | None] = [k for k, row in enumerate(sequences) if task in row]
        able = np.flatnonzero(model.able[task])
        near = able[np.lexsort((able, finish[task, able]))][:NEAREST].tolist()
        for team in holders if len(holders) >= needed[task] else [None, *holders]:
            others = [] if (task, team) in pinned else [k for k in near if k not in holders]
            for other in others if team is None else (team, *others):
                rest = [list(row) for row in sequences]
                if team is not None:
                    rest[team].remove(task)
                for position in range(len(rest[other]) + 1):
                    moved = [list(row) for row in rest]
                    moved[other].insert(position, task)
                    if tuple(moved[other]) != sequences[other]:
                        yield moved
