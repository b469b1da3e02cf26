"""A lower bound for the team schedule by an assignment relaxation, exact in integers.

Every slot takes one (team, position). At position 1 its cost is that of going straight there; at position r it
cannot finish before the r - 1 shortest stops of that team, its own least setup and its service have passed. A
position holds one slot, the last one any number; a slot may stay unserved. Whatever a real schedule does is such
an assignment and costs at least as much, so the optimum of the relaxation (a min-cost flow) is a bound; where it
uses first positions only it is a schedule, and proves itself optimal. Idea: position-based assignment bounds of
machine scheduling (Pinedo, Scheduling, chapter 5); the setups are ours.
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from optimizer.dispatch.kernels import INFEASIBLE, TeamData, nearest_legs
from optimizer.dispatch.team_model import TeamModel, direct_finish, soonest_finish
from optimizer.units import UNREACHABLE, BoolArray, IntArray

NEAREST = 64  # teams a slot is offered one by one; all farther ones are merged into one that is at least as good


@dataclass(frozen=True)
class TeamBound:
    """`completion` is a bound among schedules whose level 1 equals `unserved`; None where the flow gave none."""

    unserved: int
    completion: int | None
    assignment: tuple[tuple[int, int, int], ...]  # (slot, team, position) of the relaxation's optimum


def assignment_bound(
    data: TeamData, able: BoolArray, start: IntArray, choices: IntArray, unserved_cost: int
) -> TeamBound:
    """Level 1 and level 3 of the relaxation, lexicographic; started stops are not in it (a constant)."""
    n, m = len(data.task_of), len(data.free)
    if n == 0:
        return TeamBound(0, 0, ())
    if m == 0:
        return TeamBound(int(data.price.sum()), 0, ())
    positions = min(len(able), 2 + -(-2 * n // m))  # a team serves a task once
    arrive, finish = direct_finish(data)
    setup = _least_setup(data, able)
    cost = np.full((positions, *able.shape), INFEASIBLE, np.int64)
    cost[0] = _weighted(data, arrive, finish)
    cost[0][~able] = INFEASIBLE
    # shortest stops of each team, setup (also from the base) included, summed in rising order
    first = np.where(arrive < UNREACHABLE, arrive - np.maximum(data.free[None, :], data.release[:, None]), UNREACHABLE)
    stop = np.minimum(np.minimum(setup, first) + data.service, UNREACHABLE)
    stop[~able] = UNREACHABLE
    ahead = np.minimum(np.cumsum(np.sort(stop, axis=0), axis=0), UNREACHABLE)
    for position in range(1, positions):
        begin = np.maximum(data.release[:, None], data.free[None, :] + ahead[position - 1][None, :])
        reach = np.minimum(begin + setup, UNREACHABLE)
        done = np.minimum(np.maximum(reach, data.ready) + data.service, UNREACHABLE)
        late = (reach > data.latest[:, None]) | (done > data.until[None, :]) | (setup >= UNREACHABLE) | ~able
        cost[position] = np.where(late, INFEASIBLE, _weighted(data, reach, done))
    return _flow(data, start, choices, cost, unserved_cost)


def _least_setup(data: TeamData, able: BoolArray) -> IntArray:
    """(tasks, teams): least time from the stop before to a task: none where the team may have another task there."""
    places = data.base.shape[1]
    there = np.zeros((places, len(data.free)), np.int64)
    np.add.at(there, data.incident_of, able)
    setup = np.minimum(nearest_legs(data.between)[data.group].T + data.turnout, UNREACHABLE)
    setup = np.where(there > 1, 0, setup)
    away = np.flatnonzero(data.place >= 0)
    setup[data.place[away], away] = 0
    return setup[data.incident_of]


def alone_bound(model: TeamModel) -> TeamBound:
    """Every slot as if it were alone, for problems in which every slot can be served."""
    data = model.data
    finish = soonest_finish(data, model.able)[0].min(axis=1)
    return TeamBound(0, int((data.weight * finish)[data.task_of].sum()), ())


def _weighted(data: TeamData, arrive: IntArray, finish: IntArray) -> IntArray:
    late = arrive > data.due[:, None]
    cost = data.weight[:, None] * (finish + late * data.penalty[0])
    result: IntArray = np.where(finish >= UNREACHABLE, INFEASIBLE, cost)
    return result


def _flow(data: TeamData, start: IntArray, choices: IntArray, cost: IntArray, unserved_cost: int) -> TeamBound:
    positions, _, m = cost.shape
    n = len(data.task_of)
    cheapest = cost.min(axis=0)
    sink = n + m * positions
    heads: list[IntArray] = []
    costs: list[IntArray] = []
    counts = np.zeros(n, np.int64)
    for slot, task in enumerate(data.task_of):
        teams = choices[start[slot] : start[slot + 1]]
        near, far = teams[:NEAREST], teams[NEAREST:]
        price = cost[:, task, near]
        position, team = np.nonzero(price < INFEASIBLE)
        rest = [unserved_cost * int(data.price[slot])]
        if far.size and cheapest[task, far].min() < INFEASIBLE:
            rest.append(int(cheapest[task, far].min()))
        heads += [n + near[team] * positions + position, np.full(len(rest), sink)]
        costs += [price[position, team], np.array(rest, np.int64)]
        counts[slot] = len(team) + len(rest)
    tails, capacities = [np.repeat(np.arange(n), counts)], [np.ones(int(counts.sum()), np.int64)]
    used = np.unique(np.concatenate(heads))
    used = used[used < sink]
    room = np.where((used - n) % positions == positions - 1, n, 1)
    tails.append(used)
    heads.append(np.full(used.size, sink))
    capacities.append(room)
    costs.append(np.zeros(used.size, np.int64))

    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails), np.concatenate(heads), np.concatenate(capacities), np.concatenate(costs)
    )
    flow.set_nodes_supplies(np.append(np.arange(n), sink), np.append(np.ones(n, np.int64), -n))
    if flow.solve() != flow.OPTIMAL:
        return TeamBound(0, None, ())
    carried = flow.flows(arcs)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    price = np.concatenate(costs)
    chosen = np.flatnonzero((carried > 0) & (tail < n))
    assignment = []
    unserved = 0
    for arc in chosen:
        if head[arc] == sink:
            weight = int(data.price[tail[arc]])
            unserved += weight if price[arc] == unserved_cost * weight else 0
        else:
            team, position = divmod(int(head[arc]) - n, positions)
            assignment.append((int(tail[arc]), team, position))
    completion = int(flow.optimal_cost()) - unserved * unserved_cost
    return TeamBound(unserved, completion, tuple(assignment))
