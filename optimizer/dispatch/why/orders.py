"""The orders of a plan as arrays, and what one change to them costs: one compiled kernel for all (stop, team) pairs.

(A1) cost of giving stop s of team k to team k' = level 3 of k without s + level 3 of k' with s in its best place
     - level 3 of both as they are. Nothing else in the plan moves, so this is exact for the changed plan.
(A2) Of equally good places the earliest counts; INFEASIBLE where a limit (T6, T7) or a missing leg forbids it, for
     k too: travel times need not obey the triangle, so a stop left out may make the next one too late.

Why numba: a city has a million such pairs. Numbers T1 ... are those of docs/model.md.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.dispatch.kernels import (
    DUE,
    FREE,
    INCIDENT,
    INFEASIBLE,
    LATEST,
    PLACE,
    UNTIL,
    WEIGHT,
    TeamData,
    done,
    reach,
)
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.redispatch import may_turn
from optimizer.dispatch.team_model import TeamModel
from optimizer.units import UNREACHABLE, BoolArray, IntArray


class Tables(NamedTuple):
    """What the kernels read; columns as in `kernels.TeamData`."""

    task: IntArray  # (j, 5)
    team: IntArray  # (m, 5)
    stay: IntArray  # (j, m, 2) service and readiness
    base: IntArray  # (m, i)
    between: IntArray  # (g, i, i)
    penalty: int


class Orders(NamedTuple):
    """Tasks of every team in order, started stops left out: stops[start[k]:start[k + 1]] are those of team k."""

    start: IntArray  # (m + 1,)
    stops: IntArray  # (n,) task
    owner: IntArray  # (n,) team


class Moves(NamedTuple):
    """n stops x m teams. `cost` is the change of level 3 (A1), INFEASIBLE where it cannot be."""

    cost: IntArray
    arrive: IntArray  # at the task, in the best place
    position: IntArray  # 0 is the first new stop; -1 where it cannot be


def tables_of(data: TeamData) -> Tables:
    return Tables(data.task, data.team, data.stay, data.base, data.between, int(data.penalty[0]))


def sequences_of(problem: DispatchProblem, plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Task indices of every team in the plan's order, what it is bound to (T9) left out."""
    started = {(one.team, one.task) for one in problem.started if not may_turn(problem, one)}
    found: list[tuple[int, ...]] = [()] * len(problem.teams)
    for order in plan.team_orders:
        tasks = [stop.task for position, stop in enumerate(order.stops)
                 if position or (order.team, stop.task) not in started]  # fmt: skip
        found[problem.team_index[order.team]] = tuple(problem.task_index[task] for task in tasks)
    return tuple(found)


def orders_of(sequences: Sequence[Sequence[int]]) -> Orders:
    length = np.array([len(one) for one in sequences], np.int64)
    start = np.concatenate(([0], np.cumsum(length))).astype(np.int64)
    stops = np.array([task for one in sequences for task in one], np.int64)
    return Orders(start, stops, np.repeat(np.arange(len(sequences)), length).astype(np.int64))


def moves(model: TeamModel, orders: Orders) -> Moves:
    """What every other placing of every stop would cost (A1)."""
    n, m = len(orders.stops), len(model.data.team)
    found = Moves(*(np.empty((n, m), np.int64) for _ in range(3)))
    _moves(*orders, model.able, *tables_of(model.data), *found)
    return found


@njit(cache=True)
def level3(
    k: int,
    stops: IntArray,
    skip: int,
    put: int,
    at: int,
    task: IntArray,
    team: IntArray,
    stay: IntArray,
    base: IntArray,
    between: IntArray,
    penalty: int,
) -> tuple[int, int]:
    """(level 3 of team k, arrival at `put`): its stops without place `skip`, with task `put` before place `at`;
    -1 for neither. INFEASIBLE where T6, T7 or a missing leg forbids it."""
    free, place, cost, reached = team[k, FREE], team[k, PLACE], 0, -1
    for index in range(len(stops) + 1):
        for turn in range(2):
            if turn == 0:
                if index != at:
                    continue
                j = put
            else:
                if index == len(stops) or index == skip:
                    continue
                j = stops[index]
            arrive = reach(k, free, place, j, task, team, base, between)
            free = done(arrive, j, k, stay)
            if arrive >= UNREACHABLE or arrive > task[j, LATEST] or free > team[k, UNTIL]:
                return INFEASIBLE, -1
            place = task[j, INCIDENT]
            cost += task[j, WEIGHT] * free
            if arrive > task[j, DUE]:
                cost += task[j, WEIGHT] * penalty
            if turn == 0:
                reached = arrive
    return cost, reached


@njit(cache=True)
def _moves(
    start: IntArray,
    stops: IntArray,
    owner: IntArray,
    able: BoolArray,
    task: IntArray,
    team: IntArray,
    stay: IntArray,
    base: IntArray,
    between: IntArray,
    penalty: int,
    cost: IntArray,
    arrive: IntArray,
    position: IntArray,
) -> None:
    m = len(team)
    now = np.zeros(m, np.int64)
    for k in range(m):
        if start[k + 1] > start[k]:
            now[k] = level3(k, stops[start[k] : start[k + 1]], -1, -1, -1, task, team, stay, base, between, penalty)[0]
    for s in range(len(stops)):
        j, own = stops[s], owner[s]
        without = level3(
            own, stops[start[own] : start[own + 1]], s - start[own], -1, -1, task, team, stay, base, between, penalty
        )[0]
        for k in range(m):
            cost[s, k], arrive[s, k], position[s, k] = INFEASIBLE, -1, -1
            if k == own or not able[j, k] or without >= INFEASIBLE:
                continue
            mine = stops[start[k] : start[k + 1]]
            there = False
            for other in mine:
                there = there or other == j
            if there:
                continue
            for at in range(len(mine) + 1):
                value, reached = level3(k, mine, -1, j, at, task, team, stay, base, between, penalty)
                if value < INFEASIBLE:
                    change = value - now[k] + without - now[own]
                    if change < cost[s, k]:
                        cost[s, k], arrive[s, k], position[s, k] = change, reached, at
