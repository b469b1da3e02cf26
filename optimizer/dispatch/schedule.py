"""From task sequences to dated stops; used by the model and by practice, never by the checker."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from optimizer.dispatch.plan import Stop, TeamOrder
from optimizer.dispatch.problem import DispatchProblem, Team
from optimizer.dispatch.redispatch import may_turn, turned_arrival
from optimizer.units import UNREACHABLE

Ready = Mapping[tuple[int, int], int]  # (task, team) -> the instant before which the team's service cannot begin
NO_WAIT: Ready = MappingProxyType({})


class Deadlock(Exception):
    """Teams of synchronised tasks would wait for each other for ever."""


def leg(
    problem: DispatchProblem, team: int, free_s: int, place: int | None, incident: int
) -> tuple[int, int | None, int]:
    """(base, depart, arrive) of a team free at `free_s` in `place` (None: its base, or, where it is on its way and
    may turn, wherever it is; depart None: it was under way already) on its way to an incident.

    T3: the turnout is paid on every departure; nobody departs between two tasks of one incident.
    """
    base = max(free_s, problem.incidents[incident].reported_s, 0)
    started = problem.started_by.get(problem.teams[team].id)
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
    started = problem.started_by.get(entry.id)
    if started is None:
        return entry.available_from_s, _stands(problem, entry), None
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


def _stands(problem: DispatchProblem, team: Team) -> int | None:
    return None if team.at_incident is None else problem.incident_index[team.at_incident]


def team_starts(problem: DispatchProblem) -> list[tuple[int, int | None, Stop | None]]:
    """`team_start` of every team; most have begun nothing."""
    starts: list[tuple[int, int | None, Stop | None]] = [
        (team.available_from_s, _stands(problem, team), None) for team in problem.teams
    ]
    for team in problem.started_by:
        starts[problem.team_index[team]] = team_start(problem, problem.team_index[team])
    return starts


def stops_of(problem: DispatchProblem, team: int, tasks: Sequence[int], ready: Ready = NO_WAIT) -> tuple[Stop, ...]:
    """Dated stops of a team: what it has started, then `tasks` in this order, none begun before it is `ready`."""
    free, place, started = team_start(problem, team)
    stops = []
    if started is not None:
        first = problem.task_index[started.task]
        if (begin := ready.get((first, team), started.start_s)) > started.start_s:
            free = max(0, begin + int(problem.service_s[first, team]))
            started = replace(started, start_s=begin, finish_s=free)
        stops.append(started)
    for index in tasks:
        task = problem.tasks[index]
        incident = problem.incident_index[task.incident]
        base, depart, arrive = leg(problem, team, free, place, incident)
        start = max(arrive, ready.get((index, team), arrive))
        free = start + int(problem.service_s[index, team])
        place = incident
        response = None if depart is None else arrive - base
        stops.append(
            Stop(
                incident=task.incident, task=task.id, depart_s=depart, arrive_s=arrive, start_s=start,
                finish_s=free, response_s=response,
                tier_met=None if response is None else tier_met(problem, response),
            )
        )  # fmt: skip
    return tuple(stops)


def team_orders(
    problem: DispatchProblem, sequences: Sequence[Sequence[int]], ready: Ready = NO_WAIT
) -> tuple[TeamOrder, ...]:
    """Orders of every team that has a stop; `sequences[k]` are task indices, started tasks left out.

    Teams of a synchronised task begin together (Y1): the start of each is put off to that of the last until nothing
    changes. Raises `Deadlock` where teams would wait for each other for ever.
    """
    busy = [k for k, team in enumerate(problem.teams) if sequences[k] or team.id in problem.started_by]
    stops = {k: stops_of(problem, k, sequences[k], ready) for k in busy}
    together = {task.id for task in problem.tasks if task.synchronised}
    if together:
        begin = dict(ready)
        for _ in range(1 + sum(stop.task in together for row in stops.values() for stop in row)):
            last = _last_starts(problem, stops, together)
            late = sorted(
                {k for k, row in stops.items() for stop in row if stop.start_s < last.get(stop.task, stop.start_s)
                 and not on_scene(problem, k, stop)}
            )  # fmt: skip
            if not late:
                break
            for k in late:
                begin |= {
                    (problem.task_index[stop.task], k): last[stop.task]
                    for stop in stops[k]
                    if stop.task in last and not on_scene(problem, k, stop)
                }
                stops[k] = stops_of(problem, k, sequences[k], begin)
        else:
            raise Deadlock(sorted(together))
    return tuple(TeamOrder(problem.teams[k].id, stops[k]) for k in busy if stops[k])


def on_scene(problem: DispatchProblem, team: int, stop: Stop) -> bool:
    """Whether the team is at work there already: it waits for nobody."""
    started = problem.started_by.get(problem.teams[team].id)
    return started is not None and started.task == stop.task and started.state == "on_scene"


def _last_starts(problem: DispatchProblem, stops: Mapping[int, Sequence[Stop]], together: set[str]) -> dict[str, int]:
    last: dict[str, int] = {}
    for k, row in stops.items():
        for stop in row:
            if stop.task in together and not on_scene(problem, k, stop):
                last[stop.task] = max(stop.start_s, last.get(stop.task, stop.start_s))
    return last
