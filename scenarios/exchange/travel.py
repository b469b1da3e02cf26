"""Travel times of a problem as its file gives them."""

from collections.abc import Sequence

import numpy as np

from optimizer.dispatch.problem import Store, Team, Travel, Vehicle
from optimizer.units import UNREACHABLE, IntArray
from scenarios.exchange.problem import Matrix, TravelRow


def given_travel(
    travel: TravelRow,
    *,
    incidents: Sequence[str],
    teams: Sequence[Team],
    stores: Sequence[Store],
    vehicles: Sequence[Vehicle],
) -> Travel:
    """Arrays of the matrices in the file. A cell that is null or absent is UNREACHABLE; the way from an
    incident to itself takes 0 s. A team uses the matrix of its own id if there is one, else its profile's."""
    between = travel.incident_to_incident_s or {}
    groups: dict[str, int] = {}
    team_group = np.empty(len(teams), dtype=np.int64)
    for index, team in enumerate(teams):
        user = team.id if team.id in between else team.profile
        team_group[index] = groups.setdefault(user, len(groups))
    matrices = np.empty((len(groups), len(incidents), len(incidents)), dtype=np.int64)
    for user, group in groups.items():
        matrices[group] = _array(between.get(user), incidents, incidents)
        np.fill_diagonal(matrices[group], 0)
    to_incident = _array(travel.store_to_incident_s, [store.id for store in stores], incidents)
    of_vehicles = sorted({vehicle.profile for vehicle in vehicles})
    rounds = np.empty((len(of_vehicles), len(incidents), len(incidents)), dtype=np.int64)
    for group, profile in enumerate(of_vehicles):  # a profile without a matrix makes no rounds (S9)
        rounds[group] = _array(between.get(profile), incidents, incidents)
        np.fill_diagonal(rounds[group], 0)
    return Travel(
        team_to_incident_s=_array(travel.team_to_incident_s, [team.id for team in teams], incidents),
        incident_to_incident_s=matrices,
        team_group=team_group,
        store_to_incident_s=to_incident,
        vehicle_to_incident_s=to_incident[_store_rows(stores, vehicles)],
        en_route_to_incident_s=(
            _array(travel.en_route_to_incident_s, [team.id for team in teams], incidents)
            if travel.en_route_to_incident_s
            else None
        ),
        vehicle_between_s=rounds if between else None,
        vehicle_group=np.array([of_vehicles.index(vehicle.profile) for vehicle in vehicles], dtype=np.int64),
    )


def _array(matrix: Matrix | None, rows: Sequence[str], columns: Sequence[str]) -> IntArray:
    found = np.full((len(rows), len(columns)), UNREACHABLE, dtype=np.int64)
    for index, name in enumerate(rows):
        row = (matrix or {}).get(name)
        if row:
            cells = map(row.get, columns)
            found[index] = [UNREACHABLE if seconds is None else seconds for seconds in cells]
    return found


def _store_rows(stores: Sequence[Store], vehicles: Sequence[Vehicle]) -> IntArray:
    row = {store.id: index for index, store in enumerate(stores)}
    return np.array([row[vehicle.store] for vehicle in vehicles], dtype=np.int64)
