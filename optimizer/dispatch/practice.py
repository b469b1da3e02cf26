"""Practice: what people do today by phone and memory, under the same rules; the baseline beside every level.

Incidents by falling severity, then reported time, then id; the nearest idle capable team, else the one that is
free first; the nearest stores with dispatchable stock. Numbers in brackets are those of docs/model.md.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from optimizer.dispatch.kernels import INFEASIBLE
from optimizer.dispatch.loading import Load, loads_of
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.redispatch import may_turn
from optimizer.dispatch.routes import route_cost
from optimizer.dispatch.schedule import leg, team_starts
from optimizer.dispatch.supply_kernels import nearest_stock
from optimizer.dispatch.supply_model import ItemSupply, SupplyModel
from optimizer.dispatch.team_model import TeamModel
from optimizer.units import UNREACHABLE, BoolArray, IntArray

FIRST_LOOK = 8  # teams beside those needed


def incident_order(problem: DispatchProblem) -> list[int]:
    """Falling severity, then reported time, then id (the tuple is sorted by id)."""
    incidents = problem.incidents
    return sorted(range(len(incidents)), key=lambda i: (-incidents[i].severity, incidents[i].reported_s, i))


def practice_teams(
    problem: DispatchProblem, model: TeamModel, plan: tuple[tuple[int, ...], ...]
) -> tuple[tuple[int, ...], ...]:
    """Task indices of every team, in order. Practice keeps the pins too: in the order of `plan`, which keeps them,
    or, where they can only be kept with other stops between, with those stops."""
    teams = range(len(problem.teams))
    sequences: list[list[int]] = [[] for _ in teams]
    travel = problem.travel
    starts = team_starts(problem)
    free = np.array([start[0] for start in starts], np.int64)
    place: list[int | None] = [start[1] for start in starts]
    where = np.array([-1 if at is None else at for at in place], np.int64)
    need: dict[int, int] = {}
    for task in model.data.task_of.tolist():
        need[task] = need.get(task, 0) + 1
    tasks_of: dict[int, list[int]] = {}
    for task in sorted(need):
        tasks_of.setdefault(int(model.data.incident_of[task]), []).append(task)
    order = [task for incident in incident_order(problem) for task in tasks_of.get(incident, [])]

    def serve(task: int, k: int) -> bool:
        incident = int(model.data.incident_of[task])
        _, _, arrive = leg(problem, k, int(free[k]), place[k], incident)
        finish = arrive + int(problem.service_s[task, k])
        if arrive >= UNREACHABLE or arrive > model.data.latest[task] or finish > model.data.until[k]:
            return False
        sequences[k].append(task)
        free[k], place[k], where[k] = finish, incident, incident
        return True

    pins = {(int(model.data.task_of[slot]), team) for slot, team in model.pinned}
    for k in sorted({team for _, team in pins}):  # pinned teams take their tasks first (T10)
        first = [task for task in plan[k] if (task, k) in pins]
        if route_cost(model, k, first) >= INFEASIBLE:
            first = list(plan[k])
            while first and (first[-1], k) not in pins:
                first.pop()
        for task in first:
            need[task] -= serve(task, k)
    for started in problem.started:  # teams on their way stay on it, also those that may turn (R1)
        task, k = problem.task_index[started.task], problem.team_index[started.team]
        if may_turn(problem, started) and model.able[task, k] and need.get(task, 0) and not sequences[k]:
            need[task] -= serve(task, k)
    for task in order:
        incident = int(model.data.incident_of[task])
        able = np.flatnonzero(model.able[task])
        away = where[able]
        group = travel.team_group[able]
        seconds = np.where(
            away < 0,
            model.data.base[able, incident],
            travel.incident_to_incident_s[group, np.maximum(away, 0), incident] if len(group) else 0,
        )
        idle = free[able] <= model.data.release[task]
        for k in _in_turn(able, seconds, idle, free[able], first=need[task] + FIRST_LOOK):
            if need[task] == 0:
                break
            if (task, k) in pins or task in sequences[k]:
                continue
            need[task] -= serve(task, k)
    return tuple(tuple(sequence) for sequence in sequences)


def _in_turn(able: IntArray, seconds: IntArray, idle: BoolArray, free: IntArray, *, first: int) -> Iterator[int]:
    """Idle teams by distance; the others by when they are free, then by distance; ties by id. The `first` or so are
    sorted alone, since hardly ever more of them are asked."""
    near = np.flatnonzero(idle)
    if len(near) > first:
        near = near[seconds[near] <= np.partition(seconds[near], first)[first]]
        yield from able[near[np.argsort(seconds[near], kind="stable")]].tolist()
    yield from able[np.lexsort((seconds, np.where(idle, -1, free)))].tolist()


def practice_loads(model: SupplyModel) -> list[Load]:
    """Each demand from the nearest stores that have any, ties by id; by incident, then item."""
    rank = {incident: number for number, incident in enumerate(incident_order(model.problem))}
    loads = []
    for supply in model.items:
        turn = sorted(range(len(supply.incidents)), key=lambda column: rank[int(supply.incidents[column])])
        loads.extend(practice_of_item(model, supply, turn))
    return sorted(loads, key=lambda load: rank[load.incident])


def practice_of_item(model: SupplyModel, supply: ItemSupply, turn: Sequence[int]) -> list[Load]:
    """The loads of one item, its incidents (positions) in `turn`: items do not touch each other in practice."""
    order = model.by_arrival(supply).T
    arcs = nearest_stock(supply.available, model.open(supply), order, supply.demand, np.array(turn, np.int64))
    return loads_of(supply, *arcs)
