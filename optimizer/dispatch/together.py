"""Common starts inside the search: a compiled walk over whole schedules whose teams wait for each other.

The search of the other modules judges a move by one team's sequence; where teams begin a task together (Y1) a stop of
one puts off the others, so here every move is judged by the whole schedule. Seeded annealing over relocations and
swaps, stopped by a number of moves. Numbers in brackets: docs/model.md.
"""

import math

import numpy as np
from numba import njit

from optimizer.dispatch.annealing import draw, splitmix_state
from optimizer.dispatch.kernels import (
    DUE,
    FREE,
    INCIDENT,
    INFEASIBLE,
    LATEST,
    PLACE,
    READY,
    SERVICE,
    UNTIL,
    WEIGHT,
    TeamData,
    copy_stops,
    holds_task,
    insert,
    reach,
    remove,
)
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.routes import Routes
from optimizer.dispatch.team_model import TeamModel, team_model, unserved_cost
from optimizer.units import UNREACHABLE, BoolArray, IntArray

WALKS = 4  # from the same start; on 10 to 40 tasks one walk ends 0 to 4 % above the best of them
MOVES = 400_000  # of a walk; fewer beyond 100 slots, since a move costs what there is to date
HOT, COLD = 1.0, 0.01  # temperatures as shares of the mean cost of a slot
SOFT = 5.0  # what an unserved slot weighs while the walk judges a move, in mean costs of a slot


@njit(cache=True, nogil=True)
def whole_cost(
    data: TeamData,
    together: BoolArray,
    sequence: IntArray,
    length: IntArray,
    position: IntArray,
    free: IntArray,
    place: IntArray,
    members: IntArray,
    there: IntArray,
    last: IntArray,
    waiting: IntArray,
    stack: IntArray,
) -> int:
    """Level 3 of a schedule in which the teams of `together` (j,) tasks wait for the last of them; INFEASIBLE where T6
    or T7 breaks, a leg does not exist or teams wait in a circle. The other arrays are scratch: (m,) position, free,
    place, stack; (j,) members, there, last; (j, most) waiting."""
    task_of, task, team, stay = data.task_of, data.task, data.team, data.stay
    base, between, penalty = data.base, data.between, data.penalty[0]
    m = len(team)
    members[:] = 0
    there[:] = 0
    last[:] = 0
    top, left, cost = 0, 0, 0
    for k in range(m):
        position[k], free[k], place[k] = 0, team[k, FREE], team[k, PLACE]
        if length[k]:
            stack[top] = k
            top += 1
            left += length[k]
        for index in range(length[k]):
            members[task_of[sequence[k, index]]] += 1
    while top:
        top -= 1
        k = stack[top]
        while position[k] < length[k]:
            j = task_of[sequence[k, position[k]]]
            arrive = reach(k, free[k], place[k], j, task, team, base, between)
            if arrive > task[j, LATEST] or arrive >= UNREACHABLE:
                return INFEASIBLE
            if arrive > task[j, DUE]:
                cost += task[j, WEIGHT] * penalty
            begin, begun = max(arrive, stay[j, k, READY]), 1
            if together[j]:
                waiting[j, there[j]] = k
                there[j] += 1
                last[j] = max(last[j], begin)
                if there[j] < members[j]:
                    break  # whoever comes last takes it from here
                begin, begun = last[j], members[j]
            for index in range(begun):
                other = waiting[j, index] if together[j] else k
                free[other] = begin + stay[j, other, SERVICE]
                if free[other] > team[other, UNTIL]:
                    return INFEASIBLE
                cost += task[j, WEIGHT] * free[other]
                place[other] = task[j, INCIDENT]
                position[other] += 1
                left -= 1
                if other != k:
                    stack[top] = other
                    top += 1
    return cost if left == 0 else INFEASIBLE


@njit(cache=True, nogil=True)
def walk_together(
    data: TeamData,
    together: BoolArray,
    start: IntArray,
    choices: IntArray,
    allowed: BoolArray,
    team_of: IntArray,
    sequence: IntArray,
    length: IntArray,
    best_sequence: IntArray,
    best_length: IntArray,
    state: IntArray,
    moves: int,
    hot: float,
    cold: float,
    big: int,
    soft: int,
) -> int:
    """Anneal in place; the best schedule by `big` x level 1 + level 3, which is returned, goes to `best_sequence` and
    `best_length`."""
    task_of, price, pinned = data.task_of, data.price, data.pinned
    n, m, tasks = len(task_of), len(data.team), len(data.task)
    position, free, place = np.zeros(m, np.int64), np.zeros(m, np.int64), np.zeros(m, np.int64)
    stack = np.zeros(m + 1, np.int64)
    members, there, last = np.zeros(tasks, np.int64), np.zeros(tasks, np.int64), np.zeros(tasks, np.int64)
    most = 1
    for slot in range(n):
        members[task_of[slot]] += 1
        most = max(most, members[task_of[slot]])
    waiting = np.zeros((tasks, most), np.int64)
    unserved = 0
    for slot in range(n):
        if team_of[slot] < 0:
            unserved += price[slot]
    current = whole_cost(data, together, sequence, length, position, free, place, members, there, last, waiting, stack)
    if current >= INFEASIBLE:
        return INFEASIBLE
    best: int = big * unserved + current
    decay = math.log(cold / hot)
    row, other_row = np.zeros(sequence.shape[1], np.int64), np.zeros(sequence.shape[1], np.int64)
    for move in range(moves):
        temperature = hot * math.exp(decay * move / moves)
        slot = min(n - 1, int(draw(state) * n))
        span = start[slot + 1] - start[slot]
        if span == 0:
            continue
        old, j = team_of[slot], task_of[slot]
        near = draw(state)
        k = choices[start[slot] + int(near * near * span)]  # nearer teams more often
        swap = -1
        if draw(state) < 0.3:
            swap = min(n - 1, int(draw(state) * n))
            k = team_of[swap]
            if swap == slot or k < 0 or old < 0 or k == old or pinned[swap] or pinned[slot]:
                continue
            if not allowed[slot, k] or not allowed[swap, old]:
                continue
            if holds_task(task_of, sequence[k], length[k], j, swap):
                continue
            if holds_task(task_of, sequence[old], length[old], task_of[swap], slot):
                continue
        elif (pinned[slot] and k != old) or (k != old and holds_task(task_of, sequence[k], length[k], j, slot)):
            continue
        row[:] = sequence[k]
        length_before, old_before = length[k], 0
        if old >= 0 and old != k:
            other_row[:] = sequence[old]
            old_before = length[old]
        if swap >= 0:
            for index in range(length[k]):
                if sequence[k, index] == swap:
                    sequence[k, index] = slot
            for index in range(length[old]):
                if sequence[old, index] == slot:
                    sequence[old, index] = swap
            gone = unserved
        else:
            if old >= 0:
                remove(sequence[old], length[old], slot)
                length[old] -= 1
            insert(sequence[k], length[k], min(length[k], int(draw(state) * (length[k] + 1))), slot)
            length[k] += 1
            gone = unserved if old >= 0 else unserved - price[slot]
        cost = whole_cost(data, together, sequence, length, position, free, place, members, there, last, waiting, stack)
        worse = cost - current + soft * (gone - unserved)
        if cost < INFEASIBLE and worse <= -temperature * math.log(1.0 - draw(state)):
            current, unserved = cost, gone
            team_of[slot] = k
            if swap >= 0:
                team_of[swap] = old
            if big * unserved + current < best:
                best = big * unserved + current
                copy_stops(sequence, length, best_sequence, best_length)
            continue
        sequence[k], length[k] = row, length_before
        if old >= 0 and old != k:
            sequence[old], length[old] = other_row, old_before
    return best


def schedule_together(
    model: TeamModel, together: BoolArray, sequences: tuple[tuple[int, ...], ...], *, seed: int, moves: int | None
) -> tuple[tuple[int, ...], ...]:
    """A schedule at least as good as `sequences` (tasks by team) when the teams of `together` (tasks,) wait for each
    other; `moves`: of each walk, None as many as is usual here."""
    first = Routes(model).filled(sequences)
    mean = max(1.0, float(first.costs().sum()) / max(1, model.slots))
    usual = int(MOVES * min(1.0, 100 / max(1, model.slots)))
    big, state = unserved_cost(model.data), splitmix_state(seed)
    best, least = first, None
    for _ in range(WALKS):
        routes, found = first.copy(), first.copy()
        cost = walk_together(
            model.data, together, model.start, model.choices, model.allowed, routes.team_of, routes.sequence,
            routes.length, found.sequence, found.length, state, usual if moves is None else min(moves, usual),
            HOT * mean, COLD * mean, big, int(SOFT * mean) + 1,
        )  # fmt: skip
        if least is None or cost < least:
            best, least = found, cost
    return best.tasks()


def warm_up(problem: DispatchProblem) -> None:
    """Run the compiled walk once; arrays as they come from real problems, since machine code is kept per array type."""
    model = team_model(problem)
    nobody = np.zeros(len(problem.tasks), np.bool_)
    schedule_together(model, nobody, ((),) * len(problem.teams), seed=0, moves=1)
