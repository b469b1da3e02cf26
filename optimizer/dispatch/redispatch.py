"""Teams on their way: who may be given another first stop, and from where (R1 of docs/model.md).

In the team model this changes data only. A team that may turn stands nowhere (`place` -1) and is free at 0; its
row of travel from the base is the way from where it is now, its known arrival at the incident it is bound for, and
UNREACHABLE for every other incident that the priority matrix does not name.
"""

from optimizer.dispatch.problem import DispatchProblem, Started
from optimizer.units import UNREACHABLE, IntArray


def may_turn(problem: DispatchProblem, started: Started) -> bool:
    """R1: on its way, its position known, the matrix names something for its severity, not pinned to its task, with
    the capability for it, and its own stop within T6 and T7: its task is then a choice like any other."""
    travel = problem.travel.en_route_to_incident_s
    if started.state != "en_route" or travel is None or not _allowed(problem, started):
        return False
    row = problem.team_index[started.team]
    if int(travel[row].min(initial=UNREACHABLE)) >= UNREACHABLE:
        return False
    if any(pin.team == started.team and pin.task == started.task for pin in problem.pins):
        return False
    number = problem.task_index[started.task]
    task, until = problem.tasks[number], problem.teams[row].available_until_s
    if task.capability not in problem.teams[row].capabilities:
        return False
    reported = problem.incidents[problem.incident_index[task.incident]].reported_s
    if started.arrives_s < reported:
        return False  # so that no first leg is shorter than nothing
    in_time = task.latest_s is None or started.arrives_s <= reported + task.latest_s
    return in_time and (until is None or started.arrives_s + int(problem.service_s[number, row]) <= until)


def turned_arrival(problem: DispatchProblem, started: Started, incident: int) -> tuple[int | None, int]:
    """(depart, arrive) of a team that may turn, at its first stop; depart None at the incident it is bound for."""
    if problem.tasks[problem.task_index[started.task]].incident == problem.incidents[incident].id:
        return None, started.arrives_s
    depart = max(0, problem.incidents[incident].reported_s)
    travel = problem.travel.en_route_to_incident_s
    permitted = problem.incidents[incident].severity in _allowed(problem, started)
    seconds = int(travel[problem.team_index[started.team], incident]) if travel is not None else UNREACHABLE
    return depart, depart + seconds if permitted and seconds < UNREACHABLE else UNREACHABLE


def first_legs(problem: DispatchProblem) -> IntArray:
    """(teams, incidents) seconds that a first leg adds to `max(free, reported) + turnout`: travel from the base, or
    for a team that may turn (R1) what makes its arrival right without a turnout: perhaps negative, but never less
    than -turnout."""
    turning = [one for one in problem.started if may_turn(problem, one)]
    base = problem.travel.team_to_incident_s
    if not turning:
        return base
    base = base.copy()
    for started in turning:
        row = problem.team_index[started.team]
        for column, incident in enumerate(problem.incidents):
            _, arrive = turned_arrival(problem, started, column)
            begin = max(0, incident.reported_s) + problem.teams[row].turnout_s
            base[row, column] = UNREACHABLE if arrive >= UNREACHABLE else arrive - begin
    return base


def _allowed(problem: DispatchProblem, started: Started) -> tuple[int, ...]:
    """Severities for which a team bound for this task may turn."""
    incident = problem.tasks[problem.task_index[started.task]].incident
    severity = problem.incidents[problem.incident_index[incident]].severity
    return dict(problem.parameters.redispatch).get(severity, ())
