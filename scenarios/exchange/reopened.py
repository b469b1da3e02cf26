"""Travel times of a problem with one closure lifted: what `road_values` compares with.

Endpoints stay where they are snapped, the order of the hierarchy and its customization are shared, so that a lifted
closure costs a partial customization and the queries. Metres stay those of the closed roads, but for those from
incident to incident (S9): level 7 has no value.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.dispatch.problem import DispatchProblem, Travel
from optimizer.network.closures import holds
from optimizer.network.travel import Router
from optimizer.units import IntArray
from scenarios.exchange.roads import STORE_PROFILE, Between, Roads


def reopened_travel(problem: DispatchProblem, roads: Roads) -> Iterator[tuple[str, Travel]]:
    """(closure, travel times as if it alone were lifted) for every closure that counts, by id."""
    for closure in sorted(roads.closures, key=lambda one: one.id):
        assert roads.as_of is not None
        if holds(closure, at=roads.as_of, until=roads.until):
            yield closure.id, lifted(problem, roads, closure.id)


def lifted(problem: DispatchProblem, roads: Roads, closure: str) -> Travel:
    """Travel times with every closure but this one."""
    network = roads.without(closure)
    if np.array_equal(network.speed_kph, roads.closed.speed_kph):
        return problem.travel
    routers: dict[str, Router] = {}

    def router(profile: str) -> Router:
        if profile not in routers:
            routers[profile] = roads.open_router(profile).with_closures(network)
        return routers[profile]

    travel = problem.travel
    ids = [incident.id for incident in problem.incidents]
    teams, between = travel.team_to_incident_s.copy(), travel.incident_to_incident_s.copy()
    for group in np.unique(travel.team_group).tolist():
        rows = np.flatnonzero(travel.team_group == group)
        profile = problem.teams[int(rows[0])].profile
        ends = roads.points(profile, "incident", ids)
        starts = roads.points(profile, "team", [problem.teams[row].id for row in rows.tolist()])
        teams[rows] = router(profile).times(origins=starts, destinations=ends)
        between[group] = router(profile).times(origins=ends, destinations=ends)
        np.fill_diagonal(between[group], 0)
    asking = sorted({demand.incident for demand in problem.demands})
    columns = [problem.incident_index[name] for name in asking]
    stores, vehicles = travel.store_to_incident_s.copy(), travel.vehicle_to_incident_s.copy()
    if asking and problem.stores:
        every = [store.id for store in problem.stores]
        _fill(stores, list(range(len(every))), columns, router(STORE_PROFILE), roads, STORE_PROFILE, every, asking)
        for profile in sorted({vehicle.profile for vehicle in problem.vehicles}):
            rows_of = [row for row, vehicle in enumerate(problem.vehicles) if vehicle.profile == profile]
            names = [problem.vehicles[row].store for row in rows_of]
            _fill(vehicles, rows_of, columns, router(profile), roads, profile, names, asking)
    on_s, on_m = travel.vehicle_between_s, travel.vehicle_between_m
    if on_s is not None and on_m is not None:
        rounds = Between(sorted({vehicle.profile for vehicle in problem.vehicles}), problem.incidents, columns)
        for profile in rounds.profiles:
            ends = roads.points(profile, "incident", asking)
            rounds.put(profile, *router(profile).times_and_lengths(origins=ends, destinations=ends))
        on_s, on_m = rounds.seconds, rounds.metres
    return replace(
        travel,
        team_to_incident_s=teams,
        incident_to_incident_s=between,
        store_to_incident_s=stores,
        vehicle_to_incident_s=vehicles,
        vehicle_between_s=on_s,
        vehicle_between_m=on_m,
    )


def _fill(
    array: IntArray,
    rows: list[int],
    columns: list[int],
    router: Router,
    roads: Roads,
    profile: str,
    stores: list[str],
    asking: list[str],
) -> None:
    starts, ends = roads.points(profile, "store", stores), roads.points(profile, "incident", asking)
    array[np.ix_(rows, columns)] = router.times(origins=starts, destinations=ends)
