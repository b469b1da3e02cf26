"""Compile all kernels once, after installation, so that no dispatcher waits for a compiler: `python -m api.warm`."""

from pathlib import Path

from optimizer.allocation.trip_bound import warm_up as warm_up_trips
from optimizer.dispatch.round_kernels import warm_up as warm_up_rounds
from optimizer.dispatch.supply_kernels import warm_up as warm_up_supply
from optimizer.dispatch.team_arrays import warm_up as warm_up_arrays
from optimizer.dispatch.teams import warm_up as warm_up_teams
from optimizer.dispatch.together import warm_up as warm_up_together
from optimizer.dispatch.why.warm import warm_up as warm_up_why
from optimizer.network.warm import warm_up as warm_up_network
from optimizer.simulation.replan import warm_up as warm_up_simulation
from optimizer.staffing.patrol.warm import warm_up as warm_up_patrol
from scenarios.exchange.load import to_problem
from scenarios.exchange.problem import parse_problem

TEAM = {"tier": "5", "capabilities": ["a"], "headcount": 1, "profile": "p", "turnout_s": 0}
INCIDENT = {"kind": "flood", "severity": 1, "reported_at": "2026-01-01T00:00:00+08:00", "demands": []}
TASK = {"capability": "a", "teams_needed": 1, "service_s": 60}
PROBLEM = {
    "schema_version": 1,
    "as_of": "2026-01-01T00:00:00+08:00",
    "incidents": [{"id": name, **INCIDENT, "tasks": [{"id": name, **TASK}]} for name in ("i", "j")],
    "teams": [{"id": "k", **TEAM}],
    "travel": {
        "team_to_incident_s": {"k": {"i": 60, "j": 60}},
        "incident_to_incident_s": {"p": {"i": {"j": 60}, "j": {"i": 60}}},
    },
}


def warm_up() -> None:
    """Run every compiled kernel on data of the smallest size; the machine code is cached on disk."""
    problem = to_problem(parse_problem(PROBLEM, source="warm-up"), folder=Path()).problem
    warm_up_teams(problem)
    warm_up_supply()
    warm_up_arrays()
    warm_up_rounds()
    warm_up_together(problem)
    warm_up_why(problem)
    warm_up_simulation()
    warm_up_network()
    warm_up_trips()
    warm_up_patrol()


if __name__ == "__main__":
    warm_up()
