"""Teams of a re-plan: what the running plan orders is kept, what the change broke is mended, then only strict
improvements are taken, and among equals the running plan's choices come back."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.annealing import anneal, splitmix_state
from optimizer.dispatch.kernels import INFEASIBLE, construct, sequence_cost
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.redispatch import may_turn
from optimizer.dispatch.routes import Routes
from optimizer.dispatch.search import default_moves
from optimizer.dispatch.team_model import TeamModel, unserved_cost
from optimizer.dispatch.teams import solve_teams

MOVES = 100  # moves per slot of the search (measured: more changes nothing on the scenarios)
WIDE = 4_000  # moves of the search that may climb: few enough that nothing is proven (optimizer.dispatch.teams)
COLD = 1e-9  # a temperature at which nothing worse is taken

Sequences = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Repaired:
    """`sequences[k]`: task indices of team k, those it is bound to (T9) left out."""

    sequences: Sequences
    unserved: int  # level 1 of slots that a team could fill
    broken_pins: tuple[tuple[int, int], ...]  # (slot, team) without a place


def running_sequences(problem: DispatchProblem, running: Plan) -> Sequences:
    """The running plan's stops by today's numbers; teams and tasks that are gone, and stops that have begun, left
    out."""
    sequences: list[tuple[int, ...]] = [()] * len(problem.teams)
    begun = {(one.team, one.task) for one in problem.started if not may_turn(problem, one)}
    for order in running.team_orders:
        row = problem.team_index.get(order.team)
        if row is None:
            continue
        tasks = [
            problem.task_index[stop.task]
            for stop in order.stops
            if stop.task in problem.task_index and (order.team, stop.task) not in begun
        ]
        sequences[row] = tuple(dict.fromkeys(tasks))
    return tuple(sequences)


def replan_teams(problem: DispatchProblem, model: TeamModel, running: Plan, *, seed: int) -> Repaired:
    """The new sequences: never worse in levels 1 and 3 than keeping what can be kept of the running plan."""
    wanted = running_sequences(problem, running)
    routes = Routes(model)
    _keep(model, routes, wanted)
    if (routes.team_of < 0).any():
        construct(model.data, model.start, model.choices, routes.team_of, routes.sequence, routes.length)
    found = routes
    if model.slots and len(model.choices):
        found = _downhill(model, routes, seed=seed, moves=MOVES * model.slots)
        if (found.team_of < 0).any():  # going downhill alone may not find room for everybody
            wide = solve_teams(
                problem, model, seed=seed, iterations=min(WIDE, default_moves(model)), deadline=None,
                start=found.tasks(),
            )  # fmt: skip
            if not wide.broken_pins:
                found = min(found, Routes(model).filled(wide.sequences), key=Routes.rank)
    restore(model, found, wanted)
    found.read_teams()
    broken = tuple((slot, team) for slot, team in model.pinned if found.team_of[slot] != team)
    return Repaired(found.tasks(), found.unserved(), broken)


def _downhill(model: TeamModel, routes: Routes, *, seed: int, moves: int) -> Routes:
    """`routes`, or strictly better ones that a search without a climb found from there."""
    walk, found, cost, big = routes.copy(), routes.copy(), routes.costs(), unserved_cost(model.data)
    unserved, completion = routes.rank()
    best = np.array([completion + big * unserved, unserved, completion], np.int64)
    anneal(
        model.data, model.start, model.choices, model.allowed, walk.team_of, walk.sequence, walk.length, cost,
        found.sequence, found.length, best, splitmix_state(seed), 0, moves, moves, COLD, COLD, big, big,
    )  # fmt: skip
    found.read_teams()
    return found if found.rank() < routes.rank() else routes


def _keep(model: TeamModel, routes: Routes, wanted: Sequences) -> None:
    """Put in what still holds: allowed, not more teams than needed, in time; in the order of the running plan."""
    task_of, pinned = model.data.task_of.tolist(), dict(model.pinned)
    own = {(team, task_of[slot]): slot for slot, team in pinned.items()}
    free: dict[int, list[int]] = {}
    for slot in range(model.slots - 1, -1, -1):
        if slot not in pinned:
            free.setdefault(task_of[slot], []).append(slot)
    for team, tasks in enumerate(wanted):
        for task in tasks:
            slots = [own[team, task]] if (team, task) in own else free.get(task, [])
            if not slots or not ((team, task) in own or model.able[task, team]):
                continue
            routes.append(team, slots[-1])
            if _cost(model, routes, team) >= INFEASIBLE:
                routes.length[team] -= 1
                routes.team_of[slots[-1]] = -1
            else:
                slots.pop()


def _cost(model: TeamModel, routes: Routes, team: int) -> int:
    length = int(routes.length[team])
    return int(sequence_cost(model.data, team, routes.sequence[team], length)) if length else 0


def restore(model: TeamModel, routes: Routes, wanted: Sequences) -> None:
    """Least change among equals: in every group of teams that exchanged work, the running plan's own sequences, else
    single stops of it, wherever level 3 does not rise (level 1 stays: nobody is dropped)."""
    now = routes.tasks()
    groups = _exchanging(now, wanted)
    for group in groups:
        _restore_group(model, routes, group, wanted)
    for group in groups:
        for team in group:
            for task in wanted[team]:
                _bring_back(model, routes, team, task, wanted)


def _exchanging(now: Sequences, wanted: Sequences) -> list[list[int]]:
    """Teams with changed sequences, joined where a task left one for another."""
    changed = [team for team, (a, b) in enumerate(zip(now, wanted, strict=True)) if a != b]
    leader = {team: team for team in changed}

    def find(team: int) -> int:
        while leader[team] != team:
            team = leader[team]
        return team

    holder: dict[int, int] = {}
    for team in changed:
        for task in {*now[team], *wanted[team]}:
            first = holder.setdefault(task, team)
            leader[max(find(first), find(team))] = min(find(first), find(team))
    groups: dict[int, list[int]] = {}
    for team in changed:
        groups.setdefault(find(team), []).append(team)
    return [groups[head] for head in sorted(groups)]


def _restore_group(model: TeamModel, routes: Routes, group: list[int], wanted: Sequences) -> None:
    """The running sequences of the whole group, where they serve the same tasks at no more cost."""
    data = model.data
    slots: dict[int, list[int]] = {}
    for team in group:
        for slot in routes.sequence[team, : routes.length[team]].tolist():
            slots.setdefault(int(data.task_of[slot]), []).append(slot)
    if sorted(t for team in group for t in wanted[team]) != sorted(t for t, held in slots.items() for _ in held):
        return
    pinned, before, after = dict(model.pinned), 0, 0
    new: dict[int, list[int]] = {}
    for team in group:
        new[team] = []
        for task in wanted[team]:
            mine = [slot for slot in slots[task] if pinned.get(slot) == team]
            others = [slot for slot in slots[task] if slot not in pinned]
            if not (mine or others) or not (mine or model.able[task, team]):
                return
            slot = (mine or others)[0]
            slots[task].remove(slot)
            new[team].append(slot)
        before += _cost(model, routes, team)
        after += int(sequence_cost(data, team, np.array(new[team], np.int64), len(new[team]))) if new[team] else 0
    if after <= before:
        for team in group:
            _set(routes, team, new[team])


def _bring_back(model: TeamModel, routes: Routes, team: int, task: int, wanted: Sequences) -> None:
    """One stop of the running plan back into its team, where that costs no more."""
    if not model.able[task, team] or task in _tasks(model, routes, [team]):
        return
    pinned = dict(model.pinned)
    for slot in np.flatnonzero(model.data.task_of == task).tolist():
        other = int(routes.team_of[slot]) if routes.team_of[slot] >= 0 else -1
        if other < 0 or slot in pinned or task in wanted[other]:
            continue
        rest = [one for one in _slots(routes, other) if one != slot]
        mine = _slots(routes, team)
        before = _cost(model, routes, team) + _cost(model, routes, other)
        left = _sum(model, other, rest)
        options = [[*mine[:at], slot, *mine[at:]] for at in range(len(mine) + 1)]
        cost, at = min((_sum(model, team, option), at) for at, option in enumerate(options))
        if left + cost <= before:
            _set(routes, other, rest)
            _set(routes, team, options[at])
            return


def _sum(model: TeamModel, team: int, slots: list[int]) -> int:
    return int(sequence_cost(model.data, team, np.array(slots, np.int64), len(slots))) if slots else 0


def _slots(routes: Routes, team: int) -> list[int]:
    held: list[int] = routes.sequence[team, : routes.length[team]].tolist()
    return held


def _tasks(model: TeamModel, routes: Routes, teams: Iterable[int]) -> set[int]:
    return {int(model.data.task_of[slot]) for team in teams for slot in _slots(routes, team)}


def _set(routes: Routes, team: int, slots: list[int]) -> None:
    routes.sequence[team, : len(slots)] = slots
    routes.length[team] = len(slots)
    routes.team_of[slots] = team
