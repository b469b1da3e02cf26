"""Team orders: T1 to T10 and R1 of docs/model.md, recomputed stop by stop."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from optimizer.dispatch.check.equipment import Waiting
from optimizer.dispatch.check.violation import Code, Violation
from optimizer.dispatch.plan import Plan, Stop, TeamOrder
from optimizer.dispatch.problem import DispatchProblem, Started, Task, Team, Tier
from optimizer.units import UNREACHABLE


class Times(NamedTuple):
    """What a stop should say. The order of the fields is that of FIELDS."""

    depart_s: int | None
    arrive_s: int
    start_s: int
    finish_s: int
    response_s: int | None
    tier_met: str | None


FIELDS = (
    (Code.STOP_DEPART, "depart_s"),
    (Code.STOP_ARRIVE, "arrive_s"),
    (Code.STOP_START, "start_s"),
    (Code.STOP_FINISH, "finish_s"),
    (Code.STOP_RESPONSE, "response_s"),
    (Code.STOP_TIER, "tier_met"),
)


def check_orders(problem: DispatchProblem, plan: Plan) -> Iterator[Violation]:
    walker = _Walker(problem, Waiting(problem, plan))
    seen: set[str] = set()
    for index, order in enumerate(plan.team_orders):
        where = f"team_orders[{index}]"
        if order.team in seen:
            yield Violation(Code.ORDER_REPEATED, where, {"team": order.team})
        seen.add(order.team)
        if not order.stops:
            yield Violation(Code.ORDER_EMPTY, where, {"team": order.team})
        if order.team in problem.team_index:
            yield from walker.walk(order, where)
        else:
            yield Violation(Code.ORDER_UNKNOWN_TEAM, where, {"team": order.team})
    yield from _commitments(problem, plan)
    yield from _teams_per_task(problem, plan)


def tier_met(tiers: tuple[Tier, ...], response_s: int) -> str | None:
    """T5: the tightest tier that holds the response."""
    held = [(tier.limit_s, tier.id) for tier in tiers if response_s <= tier.limit_s]
    return min(held)[1] if held else None


def shown(value: int | str | None) -> int | str:
    """As plan.json shows it."""
    return "null" if value is None else value


def _commitments(problem: DispatchProblem, plan: Plan) -> Iterator[Violation]:
    """T9 and T10: started teams and pins are in the plan at all."""
    served = {(order.team, stop.task) for order in plan.team_orders for stop in order.stops}
    for started in problem.started:
        if (started.team, started.task) not in served and not _may_turn(problem, started):
            facts = {"team": started.team, "task": started.task}
            yield Violation(Code.STARTED_DROPPED, "team_orders", facts)
    for pin in problem.pins:
        if (pin.team, pin.task) not in served:
            yield Violation(Code.PIN_DROPPED, "team_orders", {"team": pin.team, "task": pin.task})


def _severities(problem: DispatchProblem, started: Started) -> tuple[int, ...]:
    """R1: what the matrix names for the severity of the incident a team is bound for."""
    to = problem.tasks[problem.task_index[started.task]].incident
    bound_for = problem.incidents[problem.incident_index[to]].severity
    return next((named for severity, named in problem.parameters.redispatch if severity == bound_for), ())


def _may_turn(problem: DispatchProblem, started: Started) -> bool:
    """R1: on its way, position known, something named for it, capable, not pinned, its own stop within T6 and T7."""
    ways, row = problem.travel.en_route_to_incident_s, problem.team_index[started.team]
    if started.state == "on_scene" or ways is None or not (ways[row] < UNREACHABLE).any():
        return False
    index = problem.task_index[started.task]
    task, until = problem.tasks[index], problem.teams[row].available_until_s
    reported = problem.incidents[problem.incident_index[task.incident]].reported_s
    early = started.arrives_s < reported
    late = task.latest_s is not None and started.arrives_s > reported + task.latest_s
    over = until is not None and started.arrives_s + int(problem.service_s[index, row]) > until
    pinned = any((pin.team, pin.task) == (started.team, started.task) for pin in problem.pins)
    capable = task.capability in problem.teams[row].capabilities
    return bool(_severities(problem, started)) and capable and not (early or late or over or pinned)


def _teams_per_task(problem: DispatchProblem, plan: Plan) -> Iterator[Violation]:
    """Nobody is sent to a task that has its teams. Teams already under way cannot be undone, so they count
    as needed even where they are too many."""
    provided = Counter(task for _, task in {(o.team, s.task) for o in plan.team_orders for s in o.stops})
    started = Counter(s.task for s in problem.started if not _may_turn(problem, s))
    for task in problem.tasks:
        if provided[task.id] > max(task.teams_needed, started[task.id]):
            facts = {"task": task.id, "teams": provided[task.id], "needed": task.teams_needed}
            yield Violation(Code.TASK_TOO_MANY_TEAMS, "team_orders", facts)


class _Walker:
    """Follows a team from its base through its stops as they are listed.

    After a stop the walk goes on from the *recomputed* finish, so one wrong second is one violation, not a
    trail of them.
    """

    def __init__(self, problem: DispatchProblem, waiting: Waiting) -> None:
        self.problem, self.waiting = problem, waiting
        self.tasks = {task.id: task for task in problem.tasks}
        self.bans = {(ban.team, ban.task) for ban in problem.bans if ban.team is not None}
        self.started = {one.team: one for one in problem.started if not _may_turn(problem, one)}
        self.turning = {one.team: one for one in problem.started if _may_turn(problem, one)}

    def walk(self, order: TeamOrder, where: str) -> Iterator[Violation]:
        problem = self.problem
        team = problem.teams[problem.team_index[order.team]]
        started = self.started.get(team.id)
        turning = self.turning.get(team.id)
        free, here = (0 if turning else max(0, team.available_from_s)), -1  # -1: at the base, or where it turns
        if not turning and team.at_incident is not None:
            here = problem.incident_index[team.at_incident]
        seen: set[str] = set()
        for index, stop in enumerate(order.stops):
            at = f"{where}.stops[{index}]"
            task = self.tasks.get(stop.task)
            if stop.task in seen:
                yield Violation(Code.STOP_TASK_REPEATED, at, {"team": team.id, "task": stop.task})
            seen.add(stop.task)
            if index == 0 and started is not None and stop.task != started.task:
                facts = {"team": team.id, "task": started.task, "first": stop.task}
                yield Violation(Code.STARTED_NOT_FIRST, at, facts)
            if task is None:
                yield Violation(Code.STOP_UNKNOWN_TASK, at, {"team": team.id, "task": stop.task})
                free, here = stop.finish_s, problem.incident_index.get(stop.incident, here)
                continue
            if stop.incident != task.incident:
                facts = {"task": task.id, "incident": stop.incident, "expected": task.incident}
                yield Violation(Code.STOP_OTHER_INCIDENT, at, facts)
            under_way = started if index == 0 and started is not None and stop.task == started.task else None
            if under_way is None:
                yield from self._eligible(team, task, at)
            if turning is not None and index == 0:
                expected = self._turned(team, task, turning)
            else:
                expected = self._times(team, task, free, here, under_way)
            if expected is None:
                yield Violation(Code.STOP_UNREACHABLE, at, {"team": team.id, "task": task.id})
                free = stop.finish_s
            else:
                yield from self._compare(team, task, stop, expected, at)
                if under_way is None:
                    yield from self._limits(team, task, expected, at)
                free = expected.finish_s
            here = problem.incident_index[task.incident]

    def _eligible(self, team: Team, task: Task, at: str) -> Iterator[Violation]:
        facts = {"team": team.id, "task": task.id}
        if task.capability not in team.capabilities:
            yield Violation(Code.STOP_NOT_CAPABLE, at, facts | {"capability": task.capability})
        if (team.id, task.id) in self.bans:
            yield Violation(Code.STOP_BANNED, at, facts)

    def _times(self, team: Team, task: Task, free: int, here: int, under_way: Started | None) -> Times | None:
        """T2 to T5 and T9; None where no way leads there. `here`: incident index, -1 for the base."""
        problem, there = self.problem, self.problem.incident_index[task.incident]
        row = problem.team_index[team.id]
        service = int(problem.service_s[problem.task_index[task.id], row])
        if under_way is not None:
            arrive = under_way.arrives_s
            start = self.waiting.start(team, task, arrive)
            return Times(None, arrive, start, max(0, start + service), None, None)
        base = max(free, problem.incidents[there].reported_s, 0)
        if here == there:
            depart = arrive = base
        else:
            travel = problem.travel
            group = int(travel.team_group[row])
            leg = int(
                travel.team_to_incident_s[row, there] if here < 0 else travel.incident_to_incident_s[group, here, there]
            )
            if leg >= UNREACHABLE:
                return None
            depart = base + team.turnout_s
            arrive = depart + leg
        response = arrive - base
        tier = tier_met(problem.parameters.tiers, response)
        start = self.waiting.start(team, task, arrive)
        return Times(depart, arrive, start, start + service, response, tier)

    def _turned(self, team: Team, task: Task, turning: Started) -> Times | None:
        """R1: the first stop of a team on its way; None where it may not, or cannot, go from where it is."""
        problem, there = self.problem, self.problem.incident_index[task.incident]
        row = problem.team_index[team.id]
        service = int(problem.service_s[problem.task_index[task.id], row])
        if problem.tasks[problem.task_index[turning.task]].incident == task.incident:
            arrive = turning.arrives_s
            start = self.waiting.start(team, task, arrive)
            return Times(None, arrive, start, start + service, None, None)
        ways = problem.travel.en_route_to_incident_s
        way = UNREACHABLE if ways is None else int(ways[row, there])
        if problem.incidents[there].severity not in _severities(problem, turning) or way >= UNREACHABLE:
            return None
        depart = max(0, problem.incidents[there].reported_s)
        tier = tier_met(problem.parameters.tiers, way)
        start = self.waiting.start(team, task, depart + way)
        return Times(depart, depart + way, start, start + service, way, tier)

    def _compare(self, team: Team, task: Task, stop: Stop, expected: Times, at: str) -> Iterator[Violation]:
        for (code, name), should in zip(FIELDS, expected, strict=True):
            found = getattr(stop, name)
            if found != should:
                values = {"value": shown(found), "expected": shown(should)}
                facts = {"team": team.id, "task": task.id} | values
                yield Violation(code, f"{at}.{name}", facts)

    def _limits(self, team: Team, task: Task, expected: Times, at: str) -> Iterator[Violation]:
        reported = self.problem.incidents[self.problem.incident_index[task.incident]].reported_s
        if task.latest_s is not None and expected.arrive_s > reported + task.latest_s:
            facts = {"team": team.id, "task": task.id, "arrive": expected.arrive_s}
            yield Violation(Code.STOP_TOO_LATE, at, facts | {"latest": reported + task.latest_s})
        until = team.available_until_s
        if until is not None and expected.finish_s > until:
            facts = {"team": team.id, "task": task.id, "finish": expected.finish_s, "until": until}
            yield Violation(Code.STOP_OUTSIDE_HOURS, at, facts)
