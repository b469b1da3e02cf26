"""The team problem as arrays: one slot for every team that a task still needs.

Numbers in brackets are those of docs/model.md.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from numba import njit

from optimizer.dispatch.kernels import (
    FREE,
    GROUP,
    INCIDENT,
    INFEASIBLE,
    LATEST,
    PLACE,
    READY,
    RELEASE,
    SERVICE,
    TURNOUT,
    UNTIL,
    TeamData,
    longest_leg,
    stays,
)
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.redispatch import first_legs, may_turn
from optimizer.dispatch.schedule import team_starts
from optimizer.errors import BadInput, Fault
from optimizer.units import UNREACHABLE, BoolArray, IntArray


@dataclass(frozen=True)
class TeamModel:
    """The arrays of the kernels, and how to read them back."""

    data: TeamData
    start: IntArray  # (n + 1,) choices[start[s]:start[s+1]] are the teams slot s may have, nearest first
    choices: IntArray
    pinned: tuple[tuple[int, int], ...]  # (slot, team)
    able: BoolArray  # (tasks, teams) T1, and some way there
    surplus: int  # level 1 of slots that no team could ever fill: more teams needed than are able
    broken_pins: tuple[tuple[str, str], ...]  # (team, task) that cannot be kept (T10)

    @cached_property
    def slot_of(self) -> dict[int, int]:
        """The first slot of each task."""
        first: dict[int, int] = {}
        for slot, task in enumerate(self.data.task_of.tolist()):
            first.setdefault(task, slot)
        return first

    @cached_property
    def allowed(self) -> BoolArray:
        """(slots, teams): `choices` as a table."""
        table = np.zeros((self.slots, len(self.data.free)), np.bool_)
        table[np.repeat(np.arange(self.slots), np.diff(self.start)), self.choices] = True
        return table

    @property
    def slots(self) -> int:
        return len(self.data.task_of)


def allowed_teams(problem: DispatchProblem) -> BoolArray:
    """(tasks, teams): capability held, not banned, not bound to that task already (T1, R1)."""
    holds = {task.capability: np.zeros(len(problem.teams), np.bool_) for task in problem.tasks}
    for index, team in enumerate(problem.teams):
        for capability in team.capabilities:
            if capability in holds:
                holds[capability][index] = True
    allowed = np.empty((len(problem.tasks), len(problem.teams)), np.bool_)
    for index, task in enumerate(problem.tasks):
        allowed[index] = holds[task.capability]
    for ban in problem.bans:
        if ban.task is not None and ban.team is not None:
            allowed[problem.task_index[ban.task], problem.team_index[ban.team]] = False
    for started in problem.started:
        if not may_turn(problem, started):
            allowed[problem.task_index[started.task], problem.team_index[started.team]] = False
    return allowed


def team_model(
    problem: DispatchProblem, *, ready: IntArray | None = None, equipped: BoolArray | None = None
) -> TeamModel:
    """Arrays for the kernels: one slot for every team that a task still needs.

    `ready` (tasks, teams): no service begins before (absent: no waiting); `equipped` (tasks, teams): who can have what
    the task needs at all.
    """
    incident = problem.incident_index
    allowed = allowed_teams(problem)
    if equipped is not None:
        allowed &= equipped
    starts = team_starts(problem)
    reported = np.array([problem.incidents[incident[task.incident]].reported_s for task in problem.tasks], np.int64)
    severity = [problem.incidents[incident[task.incident]].severity for task in problem.tasks]
    data = TeamData(
        task_of=np.zeros(0, np.int64),
        price=np.zeros(0, np.int64),
        pinned=np.zeros(0, np.bool_),
        task=columns(
            [incident[task.incident] for task in problem.tasks],
            severity,
            np.maximum(0, reported),
            _limit(reported, [task.due_s for task in problem.tasks]),
            _limit(reported, [task.latest_s for task in problem.tasks]),
        ),
        team=columns(
            problem.travel.team_group,
            [team.turnout_s for team in problem.teams],
            [free for free, _, _ in starts],
            [-1 if place is None else place for _, place, _ in starts],
            [UNREACHABLE if team.available_until_s is None else team.available_until_s for team in problem.teams],
        ),
        stay=stays(problem.service_s, ready),
        base=first_legs(problem),
        between=problem.travel.incident_to_incident_s,
        penalty=np.array([problem.parameters.due_penalty_s], np.int64),
    )
    able = allowed & reachable(data)[:, data.incident_of].T  # (tasks, teams)
    begun: dict[str, set[str]] = {}
    for started in problem.started:
        if not may_turn(problem, started):
            begun.setdefault(started.task, set()).add(started.team)
    pins_of: dict[str, list[str]] = {}
    for pin in problem.pins:
        if pin.team not in begun.get(pin.task, ()) and pin.team not in pins_of.get(pin.task, ()):
            pins_of.setdefault(pin.task, []).append(pin.team)

    task_of: list[int] = []
    pinned: list[tuple[int, int]] = []
    broken: list[tuple[str, str]] = []
    surplus = 0
    for index, task in enumerate(problem.tasks):
        still = max(0, task.teams_needed - len(begun.get(task.id, ())))
        wanted = pins_of.get(task.id, [])
        for team in wanted:
            if len(wanted) > still or not allowed[index, problem.team_index[team]]:
                broken.append((team, task.id))
            else:
                pinned.append((len(task_of), problem.team_index[team]))
                task_of.append(index)
        free = max(0, still - len(wanted))
        fillable = min(free, int(able[index].sum()) - len(wanted))
        task_of.extend([index] * max(0, fillable))
        surplus += (free - max(0, fillable)) * problem.incidents[incident[task.incident]].severity

    price = np.array([severity[task] for task in task_of], np.int64)
    held = np.isin(np.arange(len(task_of)), [slot for slot, _ in pinned])
    price[held] = 1 + price.sum()
    data = data._replace(task_of=np.array(task_of, np.int64), price=price, pinned=held)
    start, choices = choices_of(data, able, dict(pinned))
    return TeamModel(data, start, choices, tuple(pinned), able, surplus, tuple(sorted(broken)))


def columns(*columns: npt.ArrayLike) -> IntArray:
    return np.ascontiguousarray(np.column_stack([np.asarray(column, np.int64) for column in columns]))


def _limit(reported: IntArray, limits: list[int | None]) -> IntArray:
    """Limits counted from the report, as instants from as_of."""
    return np.array(
        [UNREACHABLE if limit is None else at + limit for at, limit in zip(reported, limits, strict=True)],
        np.int64,
    )


@njit(cache=True, nogil=True)
def direct_finish(data: TeamData) -> tuple[IntArray, IntArray]:
    """(arrive, finish), both (tasks, teams), of going straight there; UNREACHABLE where that cannot be."""
    task, team, stay, between = data.task, data.team, data.stay, data.between
    arrive = np.empty((len(task), len(team)), np.int64)
    finish = np.empty((len(task), len(team)), np.int64)
    # `reach` and `done` column by column, so that the machine takes several teams at a time: a tenth of the time
    free, place, until = team[:, FREE].copy(), team[:, PLACE].copy(), team[:, UNTIL].copy()
    turnout, group, base = team[:, TURNOUT].copy(), team[:, GROUP].copy(), data.base.T.copy()
    for j in range(len(task)):
        i, release, latest = task[j, INCIDENT], task[j, RELEASE], task[j, LATEST]
        for k in range(len(team)):
            travel = base[i, k] if place[k] < 0 else between[group[k], place[k], i]
            there = max(free[k], release)
            if place[k] != i:
                there = there + turnout[k] + travel if travel < UNREACHABLE else UNREACHABLE
            then = max(there, stay[j, k, READY]) + stay[j, k, SERVICE]
            fits = there <= latest and then <= until[k]
            arrive[j, k] = there if fits else UNREACHABLE
            finish[j, k] = min(then, UNREACHABLE) if fits else UNREACHABLE
    return arrive, finish


def reachable(data: TeamData) -> BoolArray:
    """(teams, incidents): whether a team can get there at all, straight or by way of other incidents."""
    ways = data.between < UNREACHABLE
    result = data.base < UNREACHABLE
    for k in np.flatnonzero(data.place >= 0):
        result[k] = ways[data.group[k], data.place[k]]
        result[k, data.place[k]] = True
    for g in range(len(ways)):
        members = np.flatnonzero(data.group == g)
        while True:
            wider = result[members] | (result[members].astype(np.float32) @ ways[g].astype(np.float32) > 0)
            if (wider == result[members]).all():
                break
            result[members] = wider
    return result


def choices_of(data: TeamData, able: BoolArray, pinned: dict[int, int]) -> tuple[IntArray, IntArray]:
    """Teams each slot may have, earliest direct finish first, ties by number; a pinned slot has one."""
    taken: dict[int, set[int]] = {}
    for slot, team in pinned.items():
        taken.setdefault(int(data.task_of[slot]), set()).add(team)
    _, finish = direct_finish(data)
    start, choices, count = [0], [], max(1, len(data.team))
    for slot, task in enumerate(data.task_of):
        if slot in pinned:
            teams = np.array([pinned[slot]], np.int64)
        else:
            teams = np.flatnonzero(able[task])
            if int(task) in taken:
                teams = teams[~np.isin(teams, list(taken[int(task)]))]
            keys = finish[task, teams] * count + teams  # sorted as one integer: faster than by time alone
            keys.sort()
            teams = keys % count
        choices.append(teams)
        start.append(start[-1] + len(teams))
    flat = np.concatenate(choices) if choices else np.zeros(0, np.int64)
    return np.array(start, np.int64), flat.astype(np.int64)


def unserved_cost(data: TeamData) -> int:
    """More than any whole schedule's level 3 can be, so that one unserved slot outweighs it.

    Raises `BadInput` for times so long that the two levels no longer fit into 64 bits.
    """
    if not len(data.task_of) or not len(data.free):
        return 1
    longest = max(longest_leg(data.base, data.incident_of), longest_leg(data.between, data.incident_of))
    each = longest + int(data.turnout.max()) + int(data.service[data.task_of].max())
    latest = int(data.free.max() + data.release.max() + data.ready.max(initial=0)) + each * len(data.task_of)
    each_unserved = (latest + int(data.penalty[0])) * int(data.price.sum()) + 1
    if each_unserved * int(data.price.sum()) >= INFEASIBLE:
        raise BadInput("tasks", [Fault("tasks", "TimesTooLarge", {"latest_s": latest})])
    return each_unserved
