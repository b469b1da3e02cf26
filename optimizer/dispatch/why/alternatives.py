"""For each team stop: why this team, what the next best would cost, and why the nearest one was not taken.

Numbers T1 ... are those of docs/model.md, A1 those of `orders`.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from optimizer.dispatch.equipment import wants
from optimizer.dispatch.kernels import INFEASIBLE
from optimizer.dispatch.plan import Plan, Stop
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.redispatch import may_turn
from optimizer.dispatch.team_model import TeamModel, direct_finish, team_model
from optimizer.dispatch.why.orders import Moves, moves, orders_of, sequences_of
from optimizer.units import UNREACHABLE, IntArray

NEXT_BEST = 3


class Why(StrEnum):
    """Why a team that is near was not taken."""

    TAKEN = "TAKEN"  # it is this team
    ALSO_SENT = "ALSO_SENT"  # it serves the same task too
    LACKS_CAPABILITY = "LACKS_CAPABILITY"
    BANNED = "BANNED"
    UNREACHABLE = "UNREACHABLE"
    OUT_OF_HOURS = "OUT_OF_HOURS"  # would not finish before its hours end
    TOO_LATE = "TOO_LATE"  # would arrive after the latest moment, even straight from where it is
    PINNED_ELSE = "PINNED_ELSE"  # the task is pinned to the team that goes
    BUSY = "BUSY"  # has other stops; taking this one on costs more
    COSTS_MORE = "COSTS_MORE"  # idle, but later there, or slower at work
    EQUAL = "EQUAL"  # as good; ties go by the search, then by id
    NOT_FOUND = "NOT_FOUND"  # would be better: the search stopped before it found that


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another team for a stop, in the best place among its own stops; all times in seconds from `as_of`."""

    team: str
    position: int  # 1: its first new stop
    arrive_s: int
    later_s: int  # than in the plan; negative: sooner
    cost: int  # change of level 3 (A1), severity x seconds, late penalties included
    others: int  # the part of `cost` that falls on other stops


@dataclass(frozen=True, slots=True)
class Near:
    """A team near the incident, and why it was not taken."""

    team: str
    reach_s: int | None  # turnout and travel from where it stands; None: already there, or no way
    why: Why
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StopWhy:
    """One stop. `kept` says what leaves no choice: "pinned", "started" or None."""

    team: str
    task: str
    incident: str
    position: int  # among all stops of the team, from 1
    arrive_s: int
    kept: str | None
    alternatives: tuple[Alternative, ...]  # cheapest first, ties by id
    nearest: Near | None  # of all teams
    nearest_capable: Near | None  # of those with the capability


def team_alternatives(problem: DispatchProblem, plan: Plan, *, count: int = NEXT_BEST) -> tuple[StopWhy, ...]:
    """A row for every stop of the plan, by team and place in its order. Exact by re-evaluation (A1)."""
    model = team_model(problem, ready=_ready(problem, plan)) if problem.coupled else team_model(problem)
    orders = orders_of(sequences_of(problem, plan))
    found = moves(model, orders)
    reach = _reach(problem, model)
    rows = [_Row(problem, plan, model, orders.start, found, reach, count)]
    return tuple(rows[0].of(order.team, place, stop) for order in plan.team_orders
                 for place, stop in enumerate(order.stops))  # fmt: skip


def _ready(problem: DispatchProblem, plan: Plan) -> IntArray:
    """(tasks, teams) the instants of the plan before which a service cannot begin (E1, Y1): another team would wait
    as long, unless it has the equipment of its own."""
    ready = np.zeros((len(problem.tasks), len(problem.teams)), np.int64)
    for order in plan.team_orders:
        team = problem.team_index[order.team]
        for stop in order.stops:
            j = problem.task_index[stop.task]
            if stop.start_s <= stop.arrive_s:
                continue
            waits = [problem.tasks[j].synchronised or bool(wants(problem, j, k)) for k in range(len(problem.teams))]
            ready[j] = np.maximum(ready[j], np.where(waits, stop.start_s, 0))
            ready[j, team] = stop.start_s
    return ready


def _reach(problem: DispatchProblem, model: TeamModel) -> IntArray:
    """(tasks, teams) turnout and travel from where a team stands at the beginning."""
    data = model.data
    if not len(problem.tasks) or not len(problem.teams):
        return np.zeros((len(problem.tasks), len(problem.teams)), np.int64)
    travel = data.base.T[data.incident_of].copy()
    for k in np.flatnonzero(data.place >= 0):
        travel[:, k] = data.between[data.group[k], data.place[k]][data.incident_of]
    return np.where(travel >= UNREACHABLE, UNREACHABLE, travel + data.turnout[None, :])


class _Row:
    """What all rows share."""

    def __init__(
        self,
        problem: DispatchProblem,
        plan: Plan,
        model: TeamModel,
        start: IntArray,
        found: Moves,
        reach: IntArray,
        count: int,
    ) -> None:
        self.problem, self.model, self.start, self.moves, self.reach, self.count = (
            problem, model, start, found, reach, count,
        )  # fmt: skip
        self.stops = {order.team: order.stops for order in plan.team_orders}
        self.sent = {(order.team, stop.task) for order in plan.team_orders for stop in order.stops}
        self.pinned = {(pin.team, pin.task) for pin in problem.pins}
        bound = [one for one in problem.started if not may_turn(problem, one)]  # T9
        self.begun = {(one.team, one.task) for one in bound}
        self.banned = {(ban.team, ban.task) for ban in problem.bans if ban.task is not None}
        self.has_begun = {one.team for one in bound}
        holders: dict[str, list[int]] = {}
        for index, team in enumerate(problem.teams):
            for capability in team.capabilities:
                holders.setdefault(capability, []).append(index)
        self.holders = {capability: np.array(teams) for capability, teams in holders.items()}
        free = model.data.task.copy(), model.data.team.copy()
        free[0][:, 4], free[1][:, 4] = UNREACHABLE, UNREACHABLE  # limits left out, to say by how much they are missed
        self.direct = direct_finish(model.data._replace(task=free[0], team=free[1]))

    def of(self, team: str, place: int, stop: Stop) -> StopWhy:
        k, j = self.problem.team_index[team], self.problem.task_index[stop.task]
        kept = "started" if (team, stop.task) in self.begun and not place else None
        if kept is None and (team, stop.task) in self.pinned:
            kept = "pinned"
        row = int(self.start[k]) + place - (team in self.has_begun)
        everyone = np.arange(len(self.problem.teams))
        nearest = self._first(everyone, j)
        capable = self._first(self.holders.get(self.problem.tasks[j].capability, everyone[:0]), j)
        return StopWhy(
            team=team,
            task=stop.task,
            incident=stop.incident,
            position=place + 1,
            arrive_s=stop.arrive_s,
            kept=kept,
            alternatives=() if kept else self._alternatives(row, k, j, stop),
            nearest=None if nearest is None else self._near(nearest, k, j, row, stop, kept),
            nearest_capable=None if capable is None else self._near(capable, k, j, row, stop, kept),
        )

    def _first(self, teams: IntArray, j: int) -> int | None:
        """The nearest of these teams, ties by id; None where none has a way."""
        if not len(teams):
            return None
        best = int(teams[np.argmin(self.reach[j, teams])])
        return best if self.reach[j, best] < UNREACHABLE else None

    def _alternatives(self, row: int, k: int, j: int, stop: Stop) -> tuple[Alternative, ...]:
        cost = self.moves.cost[row]
        some = np.flatnonzero(cost < INFEASIBLE)
        if len(some) > self.count:  # only the cheapest, with all that tie with the last of them
            some = some[cost[some] <= np.partition(cost[some], self.count - 1)[self.count - 1]]
        some = some[np.argsort(cost[some], kind="stable")][: self.count]
        return tuple(self._alternative(row, k, j, int(other), stop) for other in some)

    def _alternative(self, row: int, k: int, j: int, other: int, stop: Stop) -> Alternative:
        arrive, cost = int(self.moves.arrive[row, other]), int(self.moves.cost[row, other])
        own = self._own(j, other, arrive) - self._own(j, k, stop.arrive_s)
        return Alternative(
            team=self.problem.teams[other].id,
            position=int(self.moves.position[row, other]) + 1,
            arrive_s=arrive,
            later_s=arrive - stop.arrive_s,
            cost=cost,
            others=cost - own,
        )

    def _own(self, j: int, team: int, arrive: int) -> int:
        """Level 3 of this stop alone."""
        data = self.model.data
        late = int(data.penalty[0]) if arrive > data.due[j] else 0
        start = max(arrive, int(data.ready[j, team]))
        return int(data.weight[j]) * (start + int(data.service[j, team]) + late)

    def _near(self, other: int, k: int, j: int, row: int, stop: Stop, kept: str | None) -> Near:
        team = self.problem.teams[other]
        why, facts = self._why(other, k, j, row, stop, kept)
        reach = int(self.reach[j, other])
        return Near(team.id, None if reach >= UNREACHABLE else reach, why, facts)

    def _why(self, other: int, k: int, j: int, row: int, stop: Stop, kept: str | None) -> tuple[Why, dict[str, Any]]:
        task, team = self.problem.tasks[j], self.problem.teams[other]
        if other == k:
            return Why.TAKEN, {}
        if (team.id, task.id) in self.sent:
            return Why.ALSO_SENT, {}
        if task.capability not in team.capabilities:
            return Why.LACKS_CAPABILITY, {"capability": task.capability}
        if (team.id, task.id) in self.banned:
            return Why.BANNED, {}
        arrive, finish = int(self.direct[0][j, other]), int(self.direct[1][j, other])
        data = self.model.data
        if arrive >= UNREACHABLE:
            return Why.UNREACHABLE, {}
        if finish > data.until[other]:
            return Why.OUT_OF_HOURS, {"finish_s": finish, "until_s": int(data.until[other])}
        if arrive > data.latest[j]:
            return Why.TOO_LATE, {"arrive_s": arrive, "latest_s": int(data.latest[j])}
        if kept:
            return Why.PINNED_ELSE, {"kept": kept}
        busy = self.stops.get(team.id, ())
        facts: dict[str, Any] = {}
        if busy:
            facts["tasks"] = [one.task for one in busy]
            facts["busy_until_s"] = busy[-1].finish_s
        if self.moves.cost[row, other] < INFEASIBLE:
            better = self._alternative(row, k, j, other, stop)
            facts |= {"arrive_s": better.arrive_s, "later_s": better.later_s, "cost": better.cost}
            if better.cost <= 0:
                return (Why.EQUAL if better.cost == 0 else Why.NOT_FOUND), facts
        return (Why.BUSY if busy else Why.COSTS_MORE), facts
