"""One change to a problem on roads, in memory: another closure, or one more incident. Only what the change touches
is measured anew: after a closure the matrices, for an incident its own rows and columns.

The fingerprint is derived from that of the problem and the change: the file that says the same has another one.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np

from optimizer.dispatch.problem import Demand, DispatchProblem, Incident, Task, Travel
from optimizer.network.closures import Closure
from optimizer.units import UNREACHABLE, IntArray
from scenarios.exchange.load import LoadedProblem
from scenarios.exchange.roads import STORE_PROFILE, Between, Roads, routed_travel


def with_closures(loaded: LoadedProblem, closures: Sequence[Closure]) -> LoadedProblem:
    """The problem on the same roads with these closures instead of those it had. Raises `BadInput`."""
    assert loaded.roads is not None
    problem = loaded.problem
    roads, notes = loaded.roads.closed_by(sorted(closures, key=lambda one: one.id), at=problem.as_of)
    travel, told = routed_travel(
        roads,
        incidents=problem.incidents,
        demands=problem.demands,
        teams=problem.teams,
        stores=problem.stores,
        vehicles=problem.vehicles,
        on_their_way={one.team: (one.lat, one.lon) for one in problem.started if one.lat is not None},
        placed=True,
    )
    changed = replace(problem, travel=travel, sha256=_derived(problem, sorted(map(repr, closures))))
    return replace(loaded, problem=changed, roads=roads, notes=(*notes, *told))


def with_incident(
    loaded: LoadedProblem, incident: Incident, *, tasks: Sequence[Task] = (), demands: Sequence[Demand] = ()
) -> LoadedProblem:
    """The problem with one more incident, at its place on the roads. Raises ValueError where its id is taken."""
    assert loaded.roads is not None
    problem, roads = loaded.problem, loaded.roads
    if incident.id in problem.incident_index:
        raise ValueError(f"incident {incident.id} is there already")
    for profile in roads.placed:
        roads.add(profile, "incident", incident)
    at = sum(one.id < incident.id for one in problem.incidents)
    all_tasks = sorted((*problem.tasks, *tasks), key=lambda one: one.id)
    service = np.array(
        [
            problem.service_s[problem.task_index[one.id]]
            if one.id in problem.task_index
            else np.full(len(problem.teams), one.service_s)
            for one in all_tasks
        ],
        np.int64,
    ).reshape(len(all_tasks), len(problem.teams))
    changed = replace(
        problem,
        incidents=(*problem.incidents[:at], incident, *problem.incidents[at:]),
        tasks=tuple(all_tasks),
        demands=tuple(sorted((*problem.demands, *demands), key=lambda one: (one.incident, one.item))),
        service_s=service,
        travel=_with_column(problem, roads, incident, at, asks=bool(demands)),
        sha256=_derived(problem, (incident, tasks, demands)),
    )
    return replace(loaded, problem=changed, roads=roads, notes=())


def _with_column(problem: DispatchProblem, roads: Roads, incident: Incident, at: int, *, asks: bool) -> Travel:
    travel = problem.travel
    ids = [one.id for one in problem.incidents]
    profiles = sorted({team.profile for team in problem.teams})  # the groups of `routed_travel`
    to_team = np.full(len(problem.teams), UNREACHABLE, np.int64)
    en_route = None if travel.en_route_to_incident_s is None else to_team.copy()
    between = travel.incident_to_incident_s
    wider = np.zeros((between.shape[0], len(ids) + 1, len(ids) + 1), np.int64)
    for group, profile in enumerate(profiles):
        router, there = roads.router(profile), roads.points(profile, "incident", [incident.id])
        rows = [row for row, team in enumerate(problem.teams) if team.profile == profile]
        starts = roads.points(profile, "team", [problem.teams[row].id for row in rows])
        to_team[rows] = router.times(origins=starts, destinations=there)[:, 0]
        moving = [one.team for one in problem.started if one.lat is not None and problem.team_index[one.team] in rows]
        if moving and en_route is not None:
            starts = roads.points(profile, "en_route", moving)
            en_route[[problem.team_index[team] for team in moving]] = router.times(origins=starts, destinations=there)[
                :, 0
            ]
        others = roads.points(profile, "incident", ids)
        wider[group] = np.insert(np.insert(between[group], at, 0, axis=0), at, 0, axis=1)
        rest = np.delete(np.arange(len(ids) + 1), at)
        wider[group, rest, at] = router.times(origins=others, destinations=there)[:, 0]
        wider[group, at, rest] = router.times(origins=there, destinations=others)[0]
    stores = _goods(roads, STORE_PROFILE, [one.id for one in problem.stores], incident, asks)
    vehicle_s, vehicle_m = (np.full(len(problem.vehicles), UNREACHABLE, np.int64) for _ in range(2))
    for profile in sorted({vehicle.profile for vehicle in problem.vehicles}):
        rows = [row for row, vehicle in enumerate(problem.vehicles) if vehicle.profile == profile]
        vehicle_s[rows], vehicle_m[rows] = _goods(
            roads, profile, [problem.vehicles[row].store for row in rows], incident, asks
        )

    asking = {demand.incident for demand in problem.demands}
    group = travel.vehicle_group
    if asks and not asking:  # the first that asks: nobody drove before
        none = Between(sorted({vehicle.profile for vehicle in problem.vehicles}), problem.incidents, [])
        seconds, metres, group = none.seconds, none.metres, none.groups(problem.vehicles)
    else:
        seconds, metres = travel.vehicle_between_s, travel.vehicle_between_m
    seconds, metres = _between(problem, roads, incident, at, asking if asks else set(), seconds, metres)

    def put(array: IntArray | None, column: IntArray | None) -> Any:
        return None if array is None or column is None else np.insert(array, at, column, axis=1)

    return Travel(
        team_to_incident_s=put(travel.team_to_incident_s, to_team),
        incident_to_incident_s=wider,
        team_group=travel.team_group,
        store_to_incident_s=put(travel.store_to_incident_s, stores[0]),
        vehicle_to_incident_s=put(travel.vehicle_to_incident_s, vehicle_s),
        store_to_incident_m=put(travel.store_to_incident_m, stores[1]),
        vehicle_to_incident_m=put(travel.vehicle_to_incident_m, vehicle_m),
        en_route_to_incident_s=put(travel.en_route_to_incident_s, en_route),
        vehicle_between_s=seconds,
        vehicle_between_m=metres,
        vehicle_group=group,
    )


def _between(
    problem: DispatchProblem, roads: Roads, incident: Incident, at: int, asking: set[str], seconds: IntArray | None,
    metres: IntArray | None,
) -> tuple[IntArray | None, IntArray | None]:  # fmt: skip
    """Ways of rounds (S9) with the new incident at position `at`, to and from those that ask for something."""
    if seconds is None or metres is None:
        return None, None
    wide = [np.insert(np.insert(array, at, UNREACHABLE, 1), at, UNREACHABLE, 2) for array in (seconds, metres)]
    names = sorted(asking)
    rows = np.array([problem.incident_index[name] for name in names], np.int64)
    rows += rows >= at
    for group, profile in enumerate(sorted({vehicle.profile for vehicle in problem.vehicles})):
        if names and profile in roads.placed:
            router, there = roads.router(profile), roads.points(profile, "incident", [incident.id])
            others = roads.points(profile, "incident", names)
            out = router.times_and_lengths(origins=there, destinations=others)
            back = router.times_and_lengths(origins=others, destinations=there)
            for array, forth, home in zip(wide, out, back, strict=True):
                array[group, at, rows], array[group, rows, at] = forth[0], home[:, 0]
        for array in wide:
            array[group, at, at] = 0
    return wide[0], wide[1]


def _goods(roads: Roads, profile: str, stores: list[str], incident: Incident, asks: bool) -> tuple[IntArray, IntArray]:
    """(seconds, metres) from stores; nobody drives to an incident that asks for nothing."""
    if not asks or not stores or profile not in roads.placed:
        none = np.full(len(stores), UNREACHABLE, np.int64)
        return none, none.copy()
    starts, there = roads.points(profile, "store", stores), roads.points(profile, "incident", [incident.id])
    seconds, metres = roads.router(profile).times_and_lengths(origins=starts, destinations=there)
    return seconds[:, 0], metres[:, 0]


def _derived(problem: DispatchProblem, change: Any) -> str:
    return sha256(f"{problem.sha256} {change!r}".encode()).hexdigest()
