"""Our policy: at every event the best schedule over all waiting calls and all teams, of which the first steps are
ordered. The one place where the simulation meets the solver: `schedule_snapshot` may be swapped for another.

Objective: level 3 of the model, severity x finish plus 600 x severity for an arrival after the due time, over the
snapshot. A dispatcher knows one expected service time per call, the same for every team, so severity x finish differs
from the judged severity x arrival by a constant: one plan is the best of both. (Without the penalty the response is
0.5 points better and due times are kept 1 point less often, measured on class B; level 3 stays as it is.)

A team that is busy takes part from when it is expected to be free, so a call may wait for a near team instead of
calling a far one. Commitments: on scene stays; on its way is redirected only to a severity that the redispatch matrix
allows, and only where that is strictly better.
"""

import numpy as np
from numba import njit

from optimizer.dispatch.annealing import anneal, splitmix_state
from optimizer.dispatch.kernels import INFEASIBLE, TeamData, best_insertion, insert, sequence_cost, stays
from optimizer.simulation.small import CALLS, schedule_all
from optimizer.simulation.state import NOBODY, State
from optimizer.units import UNREACHABLE, BoolArray, IntArray

MOST = 40  # calls planned at once
NEAR = 12  # teams considered for a call: those that could finish it first
MOVES = 100  # of the annealing, per call; fewer where teams have many stops, since a move costs their square
HOT, COLD = 0.3, 0.003  # first and last temperature in mean costs of a call


@njit(cache=True)
def insert_all(
    data: TeamData, start: IntArray, choices: IntArray, team_of: IntArray, sequence: IntArray, length: IntArray,
    cost: IntArray,
) -> None:  # fmt: skip
    """Put every slot that has no team, in order, where it adds the least cost; ties by number."""
    for slot in range(len(team_of)):
        if team_of[slot] >= 0:
            continue
        least, team, at = INFEASIBLE, -1, -1
        for index in range(start[slot], start[slot + 1]):
            k = choices[index]
            found, position = best_insertion(
                k, sequence[k], length[k], slot, -1, data.task_of, data.task, data.team, data.stay, data.base,
                data.between, data.penalty[0],
            )  # fmt: skip
            if found < INFEASIBLE and found - cost[k] < least:
                least, team, at = found - cost[k], k, position
        if team >= 0:
            insert(sequence[team], length[team], at, slot)
            length[team] += 1
            cost[team] += least
            team_of[slot] = team


def schedule_snapshot(
    *,
    severity: IntArray,
    expected_s: IntArray,
    latest_s: IntArray,
    due_s: IntArray,
    free_s: IntArray,
    first_s: IntArray,
    between_s: IntArray,
    group: IntArray,
    eligible: BoolArray,
    begun: IntArray,
    penalty_s: int,
    seed: int,
) -> list[list[int]]:
    """Sequences of calls per team. n calls, m teams, g groups; seconds from now.

    severity, expected_s, latest_s, due_s (n,); free_s (m,) when a team is free; first_s (m, n) its way to each call
    from where it then is; between_s (g, n, n); eligible (n, m); begun (n,) the team on its way there, NOBODY: none;
    penalty_s per late arrival and severity (T8). Few calls are scheduled exactly, more by seeded annealing from
    insertion in the order given; a begun call moves only for a strictly lower cost.
    """
    n, m = eligible.shape
    slots = np.arange(n)
    zeros, none = np.zeros(m, np.int64), np.full(m, -1)
    data = TeamData(
        task_of=slots,
        price=severity,
        pinned=np.zeros(n, bool),
        task=np.stack([slots, severity, np.zeros(n, np.int64), due_s, latest_s], axis=1),
        team=np.stack([group, zeros, free_s, none, np.full(m, UNREACHABLE)], axis=1),
        stay=stays(np.repeat(expected_s[:, None], m, axis=1)),
        base=np.ascontiguousarray(first_s),  # machine code is kept per layout
        between=np.ascontiguousarray(between_s),
        penalty=np.array([penalty_s]),
    )
    ready = np.where(eligible.T, free_s[:, None] + first_s, UNREACHABLE)
    ready[begun[begun >= 0], np.flatnonzero(begun >= 0)] = -1  # always among the choices
    order = np.argsort(ready, axis=0, kind="stable")[:NEAR]
    fits = np.take_along_axis(ready, order, axis=0) < UNREACHABLE
    choices = order.T[fits.T]
    start = np.concatenate([[0], np.cumsum(fits.sum(axis=0))])
    near = np.zeros((n, m), np.bool_)
    near[np.nonzero(fits.T)[0], choices] = True
    team_of = begun.copy()
    sequence, length = np.zeros((m, n + 1), np.int64), np.zeros(m, np.int64)
    cost = np.zeros(m, np.int64)
    for slot in np.flatnonzero(begun >= 0).tolist():
        team = int(begun[slot])
        sequence[team, 0], length[team] = slot, 1
        cost[team] = sequence_cost(data, team, sequence[team], 1)
    insert_all(data, start, choices, team_of, sequence, length, cost)
    out = team_of < 0
    if n <= CALLS:
        schedule_all(data, near, begun, UNREACHABLE if out.any() else int(cost.sum()), sequence, length)
    elif len(choices):
        mean = max(1.0, float(cost.sum()) / n)
        big = 1 + int(cost.sum()) * 10 + 1000 * int(severity.sum())
        left = int(severity[out].sum())
        best = np.array([int(cost.sum()) + big * left, left, int(cost.sum())], np.int64)
        stops = n / len(np.unique(choices))
        moves = int(MOVES * n / max(1.0, stops / 6) ** 2)
        found, found_length = sequence.copy(), length.copy()
        anneal(
            data, start, choices, near, team_of, sequence, length, cost, found, found_length, best,
            splitmix_state(seed), 0, moves, moves, HOT * mean, COLD * mean, big, int(5 * mean) + 1,
        )  # fmt: skip
        sequence, length = found, found_length
    return [sequence[k, : length[k]].tolist() for k in range(m)]


def replan(state: State) -> list[tuple[int, int]]:
    """Orders of the teams that are free now, or redirected, by the schedule of this instant."""
    calls, teams, now = state.calls, state.teams, state.now_s
    free = state.free
    waiting = _first(state)
    open_teams = _redirectable(state, waiting)
    if not waiting or not (free.any() or open_teams):
        return []
    slots = np.array([*waiting, *(int(teams.call[k]) for k in open_teams)])
    m = len(free)
    movable = free.copy()
    movable[open_teams] = True
    place = calls.place[slots]
    moving, busy = np.flatnonzero(movable), np.flatnonzero(~movable)
    first = np.empty((m, len(slots)), np.int64)
    first[moving] = state.reach_s(moving, place)
    first[busy] = state.ground.travel(busy, calls.place[teams.call[busy]], place)
    free_s = np.where(movable, 0, np.maximum(0, teams.release_s - now))
    eligible = state.ground.holds[:, calls.capability[slots]].T.copy()
    begun = np.full(len(slots), NOBODY)
    matrix = dict(state.rules.redispatch)
    severity = calls.severity[slots].tolist()
    for number, team in enumerate(open_teams, len(waiting)):
        own = int(teams.call[team])
        eligible[:, team] &= [one in matrix[int(calls.severity[own])] for one in severity]
        eligible[number, team] = True
        begun[number] = team
    plan = schedule_snapshot(
        severity=calls.severity[slots],
        expected_s=calls.expected_s[slots],
        latest_s=np.minimum(UNREACHABLE, calls.deadline_s[slots] - now),
        due_s=np.minimum(UNREACHABLE, calls.due_s[slots] - now),
        free_s=free_s,
        first_s=np.minimum(first, UNREACHABLE),
        between_s=state.ground.between_s[:, place[:, None], place[None]],
        group=state.ground.group,
        eligible=eligible,
        begun=begun,
        penalty_s=state.rules.due_penalty_s,
        seed=now,
    )
    firsts = {team: int(slots[stops[0]]) for team, stops in enumerate(plan) if stops and movable[team]}
    return _consistent(firsts, {team: int(teams.call[team]) for team in open_teams})


def _consistent(firsts: dict[int, int], own: dict[int, int]) -> list[tuple[int, int]]:
    """Orders (team, call) of the first stops. A team on its way that the plan leaves without a stop keeps its call
    (`own`), and then nobody else is sent there; what that leaves idle is planned at the next event."""
    while True:
        kept = {call: team for team, call in own.items() if firsts.get(team, call) == call}
        taken = [team for team, call in firsts.items() if kept.get(call, team) != team]
        if not taken:
            return [(team, call) for team, call in sorted(firsts.items()) if own.get(team) != call]
        for team in taken:
            del firsts[team]


def _first(state: State) -> list[int]:
    """Waiting calls in order of the queue; of more than MOST, as many of each capability as fit, so that a long queue
    for one does not hide what idle teams of another could do."""
    calls = state.calls
    order = sorted(state.waiting, key=lambda j: (-int(calls.severity[j]), int(calls.reported_s[j]), j))
    if len(order) <= MOST:
        return order
    seen: dict[int, int] = {}
    ranked = []
    for number, call in enumerate(order):
        capability = int(calls.capability[call])
        seen[capability] = seen.get(capability, 0) + 1
        ranked.append((seen[capability], number, call))
    return [call for _, call in sorted((number, call) for _, number, call in sorted(ranked)[:MOST])]


def _redirectable(state: State, waiting: list[int]) -> list[int]:
    """Teams on their way that a waiting call may take off theirs, by the redispatch matrix."""
    matrix = dict(state.rules.redispatch)
    teams, calls = state.teams, state.calls
    severities = {int(calls.severity[j]) for j in waiting}
    weaker = {one for one, to in matrix.items() if severities.intersection(to)}
    moving = np.flatnonzero((teams.call != NOBODY) & ~teams.on_scene)
    return [
        team
        for team, own in zip(moving.tolist(), calls.severity[teams.call[moving]].tolist(), strict=True)
        if own in weaker
    ]


def warm_up() -> None:
    """Compile the kernels used here, on data as it comes from a real state."""
    for n in (2, CALLS + 1):
        one, way = np.ones(n, np.int64), np.ones((2, n), np.int64)
        schedule_snapshot(
            severity=one, expected_s=one, latest_s=one * 100, due_s=one * 100, free_s=np.zeros(2, np.int64),
            first_s=way, between_s=np.ones((1, n, n), np.int64), group=np.zeros(2, np.int64),
            eligible=way.T.astype(bool), begun=np.append(0, np.full(n - 1, NOBODY)), penalty_s=600, seed=0,
        )  # fmt: skip
