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
from numba import njit
from ortools.graph.python import min_cost_flow

from optimizer.dispatch.kernels import (
    DUE,
    FREE,
    GROUP,
    INCIDENT,
    INFEASIBLE,
    LATEST,
    PLACE,
    RELEASE,
    SERVICE,
    TURNOUT,
    UNTIL,
    WEIGHT,
    TeamData,
    done,
)
from optimizer.dispatch.soonest import nearest_legs, soonest_finish
from optimizer.dispatch.team_model import TeamModel, direct_finish
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
    ahead = _shortest_stops(data, able, arrive, setup, positions)
    arcs = _arcs(data, able, start, choices, arrive, finish, setup, ahead, unserved_cost)
    return _flow(data, arcs, positions, unserved_cost)


@njit(cache=True, nogil=True)
def _shortest_stops(data: TeamData, able: BoolArray, arrive: IntArray, setup: IntArray, positions: int) -> IntArray:
    """(positions, teams): time that the p shortest stops of a team take at least, setup also from the base included."""
    task, team, stay = data.task, data.team, data.stay
    ahead = np.full((positions, len(team)), UNREACHABLE, np.int64)  # to begin with: the shortest ones, rising
    ahead[0] = 0
    for j in range(len(task)):
        for k in range(len(team)):
            if not able[j, k]:
                continue
            way = setup[task[j, INCIDENT], k]
            if arrive[j, k] < UNREACHABLE:
                way = min(way, arrive[j, k] - max(team[k, FREE], task[j, RELEASE]))
            stop = min(way + stay[j, k, SERVICE], UNREACHABLE)
            place = positions - 1
            while place > 0 and stop < ahead[place, k]:
                if place < positions - 1:
                    ahead[place + 1, k] = ahead[place, k]
                ahead[place, k] = stop
                place -= 1
    for place in range(1, positions):
        for k in range(len(team)):
            ahead[place, k] = min(ahead[place, k] + ahead[place - 1, k], UNREACHABLE)
    return ahead


@njit(cache=True, nogil=True)
def _arcs(
    data: TeamData, able: BoolArray, start: IntArray, choices: IntArray, arrive: IntArray, finish: IntArray,
    setup: IntArray, ahead: IntArray, unserved_cost: int,
) -> tuple[IntArray, IntArray, IntArray]:  # fmt: skip
    """(tail, head, cost) of every slot: its near teams' positions, then left out, then all farther teams in one."""
    task, team, stay, penalty = data.task, data.team, data.stay, data.penalty[0]
    n, positions, m = len(data.task_of), len(ahead), len(team)
    sink, most, count = n + m * positions, n * (NEAREST * positions + 2), 0
    tail, head, cost = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    for slot in range(n):
        j = data.task_of[slot]
        i, far = task[j, INCIDENT], INFEASIBLE
        for position in range(positions):
            for index in range(start[slot], start[slot + 1]):
                k = choices[index]
                if not able[j, k]:
                    continue
                there, then = arrive[j, k], finish[j, k]
                if position:
                    begin = max(task[j, RELEASE], team[k, FREE] + ahead[position, k])
                    there = min(begin + setup[i, k], UNREACHABLE)
                    then = min(done(there, j, k, stay), UNREACHABLE)
                    if there > task[j, LATEST] or then > team[k, UNTIL] or setup[i, k] >= UNREACHABLE:
                        continue
                if then >= UNREACHABLE:
                    continue
                price = task[j, WEIGHT] * (then + penalty if there > task[j, DUE] else then)
                if index - start[slot] >= NEAREST:
                    far = min(far, price)
                else:
                    tail[count], head[count], cost[count] = slot, n + k * positions + position, price
                    count += 1
        tail[count], head[count], cost[count] = slot, sink, unserved_cost * data.price[slot]
        count += 1
        if far < INFEASIBLE:
            tail[count], head[count], cost[count] = slot, sink, far
            count += 1
    return tail[:count], head[:count], cost[:count]


@njit(cache=True, nogil=True)
def _least_setup(data: TeamData, able: BoolArray) -> IntArray:
    """(incidents, teams): least time from the stop before to a task there: none where the team may have another one."""
    task, team, nearest = data.task, data.team, nearest_legs(data.between)
    places, m = data.base.shape[1], len(team)
    tasks, setup = np.zeros((places, m), np.int64), np.empty((places, m), np.int64)
    for j in range(len(task)):
        tasks[task[j, INCIDENT]] += able[j]
    for i in range(places):
        for k in range(m):
            way = min(nearest[team[k, GROUP], i] + team[k, TURNOUT], UNREACHABLE)
            setup[i, k] = 0 if tasks[i, k] > 1 or team[k, PLACE] == i else way
    return setup


def alone_bound(model: TeamModel) -> TeamBound:
    """Every slot as if it were alone, for problems in which every slot can be served."""
    data = model.data
    finish = soonest_finish(data, model.able)[0].min(axis=1)
    return TeamBound(0, int((data.weight * finish)[data.task_of].sum()), ())


def _flow(data: TeamData, arcs: tuple[IntArray, IntArray, IntArray], positions: int, unserved_cost: int) -> TeamBound:
    slot, head, price = arcs
    n = len(data.task_of)
    sink = n + len(data.free) * positions
    used = np.unique(head)
    used = used[used < sink]
    room = np.where((used - n) % positions == positions - 1, n, 1)
    tail = np.concatenate((slot, used))
    ends = np.concatenate((head, np.full(used.size, sink)))
    limit = np.concatenate((np.ones(slot.size, np.int64), room))
    costs = np.concatenate((price, np.zeros(used.size, np.int64)))
    flow = min_cost_flow.SimpleMinCostFlow()
    arc_of = flow.add_arcs_with_capacity_and_unit_cost(tail, ends, limit, costs)
    flow.set_nodes_supplies(np.append(np.arange(n), sink), np.append(np.ones(n, np.int64), -n))
    if flow.solve() != flow.OPTIMAL:
        return TeamBound(0, None, ())
    chosen = np.flatnonzero(flow.flows(arc_of)[: slot.size] > 0)
    assignment = []
    unserved = 0
    for arc in chosen.tolist():
        if head[arc] == sink:
            weight = int(data.price[slot[arc]])
            unserved += weight if price[arc] == unserved_cost * weight else 0
        else:
            team, position = divmod(int(head[arc]) - n, positions)
            assignment.append((int(slot[arc]), team, position))
    completion = int(flow.optimal_cost()) - unserved * unserved_cost
    return TeamBound(unserved, completion, tuple(assignment))
