"""From task sequences to dated stops; used by the model and by practice, never by the checker."""

from collections.abc import Sequence

from optimizer.dispatch.plan import Stop, TeamOrder
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.redispatch import may_turn, turned_arrival
from optimizer.units import UNREACHABLE


def leg(
    problem: DispatchProblem, team: int, free_s: int, place: int | None, incident: int
) -> tuple[int, int | None, int]:
    """(base, depart, arrive) of a team free at `free_s` in `place` (None: its base, or, where it is on its way and
    may turn, wherever it is; depart None: it was under way already) on its way to an incident.

    T3: the turnout is paid on every departure; nobody departs between two tasks of one incident.
    """
    base = max(free_s, problem.incidents[incident].reported_s, 0)
    started = problem.started_of.get(problem.teams[team].id)
    if place is None and started is not None and may_turn(problem, started):
        return base, *turned_arrival(problem, started, incident)
    if place == incident:
        return base, base, base
    travel = problem.travel
    if place is None:
        seconds = int(travel.team_to_incident_s[team, incident])
    else:
        seconds = int(travel.incident_to_incident_s[travel.team_group[team], place, incident])
    if seconds >= UNREACHABLE:
        return base, base, UNREACHABLE
    depart = base + problem.teams[team].turnout_s
    return base, depart, depart + seconds


def tier_met(problem: DispatchProblem, response_s: int) -> str | None:
    """The tightest tier that holds this response (T5)."""
    return next((tier.id for tier in problem.parameters.tiers if response_s <= tier.limit_s), None)


def team_start(problem: DispatchProblem, team: int) -> tuple[int, int | None, Stop | None]:
    """(free_s, place, started stop) before a team's first new departure (T2, T9); a team that may turn (R1) is free
    at once, wherever it is."""
    entry = problem.teams[team]
    started = problem.started_of.get(entry.id)
    if started is None:
        return entry.available_from_s, None, None
    if may_turn(problem, started):
        return 0, None, None
    task = problem.task_index[started.task]
    finish = max(0, started.arrives_s + int(problem.service_s[task, team]))
    incident = problem.tasks[task].incident
    stop = Stop(
        incident=incident, task=started.task, depart_s=None, arrive_s=started.arrives_s,
        start_s=started.arrives_s, finish_s=finish, response_s=None, tier_met=None,
    )  # fmt: skip
    return finish, problem.incident_index[incident], stop


def stops_of(problem: DispatchProblem, team: int, tasks: Sequence[int]) -> tuple[Stop, ...]:
    """Dated stops of a team: what it has started, then `tasks` in this order."""
    free, place, started = team_start(problem, team)
    stops = [] if started is None else [started]
    for index in tasks:
        task = problem.tasks[index]
        incident = problem.incident_index[task.incident]
        base, depart, arrive = leg(problem, team, free, place, incident)
        free = arrive + int(problem.service_s[index, team])
        place = incident
        response = None if depart is None else arrive - base
        stops.append(
            Stop(
                incident=task.incident, task=task.id, depart_s=depart, arrive_s=arrive, start_s=arrive,
                finish_s=free, response_s=response,
                tier_met=None if response is None else tier_met(problem, response),
            )
        )  # fmt: skip
    return tuple(stops)


def team_orders(problem: DispatchProblem, sequences: Sequence[Sequence[int]]) -> tuple[TeamOrder, ...]:
    """Orders of every team that has a stop; `sequences[k]` are task indices, started tasks left out."""
    orders = (
        TeamOrder(team.id, stops_of(problem, index, sequences[index]))
        for index, team in enumerate(problem.teams)
        if len(sequences[index]) or team.id in problem.started_of
    )
    return tuple(order for order in orders if order.stops)
