"""Travel times of a problem measured on its road network, with the closures that count (N1): those in force at
`as_of`, or, cautiously, all that hold at any time up to the horizon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.dispatch.problem import Demand, Incident, Store, Team, Travel, Vehicle
from optimizer.errors import BadInput, Fault
from optimizer.network.closures import Closure, apply_closures
from optimizer.network.graph import RoadNetwork
from optimizer.network.profiles import Profile, profile_from
from optimizer.network.snap import SnappedPoints
from optimizer.network.travel import Router
from optimizer.units import UNREACHABLE, IntArray
from scenarios.exchange.closures import closure_of
from scenarios.exchange.problem import Note, ProblemFile

STORE_PROFILE = "pickup"  # how goods go from a store without vehicles of its own (assumed)
FAR = {
    "team": "TeamFarFromRoad",
    "en_route": "PositionFarFromRoad",
    "store": "StoreFarFromRoad",
    "incident": "IncidentFarFromRoad",
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a team on its way is."""

    id: str  # the team
    lat: float | None
    lon: float | None


@dataclass
class Roads:
    """The road network of a problem, before and after its closures, with a router per profile."""

    network: RoadNetwork
    closed: RoadNetwork
    custom: Mapping[str, Profile]
    sha256: str
    closures: tuple[Closure, ...] = ()
    as_of: datetime | None = None
    until: datetime | None = None  # cautious: what holds at any time up to here counts
    _base: dict[str, Router] = field(default_factory=dict)
    _without: dict[str, RoadNetwork] = field(default_factory=dict)
    _routers: dict[str, Router] = field(default_factory=dict)
    _points: dict[str, SnappedPoints] = field(default_factory=dict)
    _rows: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)

    def router(self, profile: str) -> Router:
        """The router of a profile, closures taken in; all share one order of the network."""
        if profile not in self._routers:
            if self._base:
                base = next(iter(self._base.values())).for_profile(profile, profiles=self.custom)
            else:
                base = Router(self.network, profile=profile, profiles=self.custom)
            self._base[profile] = base
            self._routers[profile] = base.with_closures(self.closed)
        return self._routers[profile]

    def without(self, closure: str) -> "RoadNetwork":
        """The network with all closures but this one."""
        if closure not in self._without:
            assert self.as_of is not None
            others = [other for other in self.closures if other.id != closure]
            self._without[closure], _ = apply_closures(self.network, others, at=self.as_of, until=self.until)
        return self._without[closure]

    def open_router(self, profile: str) -> Router:
        """The router of a profile with every road open."""
        self.router(profile)
        return self._base[profile]

    def place(self, profile: str, places: Sequence[tuple[str, Any]]) -> None:
        """Snap (kind, place with id, lat, lon) to the roads of a profile, all at once. The network is the one
        before the closures: a closed road stays where it is, it only cannot be driven."""
        self.router(profile)
        lat, lon = [place.lat for _, place in places], [place.lon for _, place in places]
        self._points[profile] = self._base[profile].snap(lat, lon)
        self._rows[profile] = {(kind, place.id): row for row, (kind, place) in enumerate(places)}

    def add(self, profile: str, kind: str, place: Any) -> None:
        """Snap one more place; those that are there stay as they are."""
        if (kind, place.id) in self._rows[profile]:
            return
        before, one = self._points[profile], self._base[profile].snap([place.lat], [place.lon])
        joined = (np.concatenate((getattr(before, part.name), getattr(one, part.name))) for part in fields(one))
        self._rows[profile] = {**self._rows[profile], (kind, place.id): len(before)}
        self._points[profile] = SnappedPoints(*joined)

    @property
    def placed(self) -> tuple[str, ...]:
        """The profiles that have points."""
        return tuple(sorted(self._points))

    def closed_by(self, closures: Sequence[Closure], *, at: datetime) -> "tuple[Roads, list[Note]]":
        """The same roads and points with other closures; nothing is ordered or snapped again."""
        closed, report = apply_closures(self.network, closures, at=at, until=self.until)
        notes = [Note(fault.where, fault.code, fault.facts) for fault in report.warnings]
        other = Roads(self.network, closed, self.custom, self.sha256, tuple(closures), at, self.until)
        other._base, other._points, other._rows = self._base, dict(self._points), dict(self._rows)
        return other, notes

    def points(self, profile: str, kind: str, ids: Sequence[str]) -> SnappedPoints:
        """The snapped points of placed ids, in that order."""
        rows = [self._rows[profile][kind, id] for id in ids]
        return SnappedPoints(*(getattr(self._points[profile], part.name)[rows] for part in fields(SnappedPoints)))

    def far(self) -> dict[tuple[str, str], list[str]]:
        """(kind, id) -> the profiles for which no road is near enough."""
        found: dict[tuple[str, str], list[str]] = {}
        for profile, rows in sorted(self._rows.items()):
            near = self._points[profile].snapped
            for key, row in rows.items():
                if not near[row]:
                    found.setdefault(key, []).append(profile)
        return dict(sorted(found.items()))


def roads_of(file: ProblemFile, *, folder: Path, network: RoadNetwork | None, source: str) -> tuple[Roads, list[Note]]:
    """The network of a problem file with the closures that count. Raises `BadInput`; closures that hit nothing are
    noted."""
    assert file.network is not None
    if network is None:
        path = folder / file.network.file
        if not path.exists():
            raise BadInput(source, [Fault("network.file", "RoadFileMissing", {"file": str(path)})])
        from optimizer.network.read import read_network  # and networkx with it, only where a file is read

        network = read_network(path, crs=file.network.crs)
    custom = {
        name: profile_from(name, row.model_dump(exclude_none=True)) for name, row in file.network.profiles.items()
    }
    closures = [closure_of(row) for row in sorted(file.closures, key=lambda row: row.id)]
    until = None
    if file.parameters.closures == "cautious":
        until = file.as_of + timedelta(seconds=int(file.parameters.horizon_h * 3600))
    closed, report = apply_closures(network, closures, at=file.as_of, until=until)
    notes = [Note(fault.where, fault.code, fault.facts) for fault in report.warnings]
    return Roads(network, closed, custom, network.sha256, tuple(closures), file.as_of, until), notes


def routed_travel(
    roads: Roads,
    *,
    incidents: tuple[Incident, ...],
    demands: tuple[Demand, ...],
    teams: tuple[Team, ...],
    stores: tuple[Store, ...],
    vehicles: tuple[Vehicle, ...],
    on_their_way: Mapping[str, tuple[float | None, float | None]] | None = None,
    placed: bool = False,
) -> tuple[Travel, list[Note]]:
    """Times and metres on the roads, and a note for every place too far from any road to be reached.
    `on_their_way`: team -> where it is now; `placed`: every place is on the roads already."""
    away = [Position(team, *place) for team, place in sorted((on_their_way or {}).items())]
    profile_of = {team.id: team.profile for team in teams}
    profiles = sorted({team.profile for team in teams})
    store = {store.id: store for store in stores}
    asking = {demand.incident for demand in demands}
    wanted = [index for index, incident in enumerate(incidents) if incident.id in asking]
    ids = [incident.id for incident in incidents]
    asking_ids = [ids[index] for index in wanted]

    # who leaves from which stores under which profile: (rows of the array, their stores)
    leaving: dict[str, list[tuple[bool, list[int], list[str]]]] = {}
    if wanted and stores:
        leaving[STORE_PROFILE] = [(False, list(range(len(stores))), list(store))]
        for profile in sorted({vehicle.profile for vehicle in vehicles}):
            rows = [index for index, vehicle in enumerate(vehicles) if vehicle.profile == profile]
            leaving.setdefault(profile, []).append((True, rows, [vehicles[row].store for row in rows]))
    for profile in [] if placed else sorted({*profiles, *leaving}):
        used = {name for _, _, names in leaving.get(profile, []) for name in names}
        places: list[tuple[str, Any]] = [("incident", incident) for incident in incidents]
        places += [("team", team) for team in teams if team.profile == profile]
        places += [("en_route", one) for one in away if profile_of[one.id] == profile]
        places += [("store", store[name]) for name in sorted(used)]
        roads.place(profile, places)

    to_incident = _unreachable(teams, incidents)
    en_route = _unreachable(teams, incidents) if away else None
    row_of = {team.id: row for row, team in enumerate(teams)}
    between = np.zeros((len(profiles), len(incidents), len(incidents)), dtype=np.int64)
    rounds = Between(sorted({vehicle.profile for vehicle in vehicles}) if wanted and stores else [], incidents, wanted)
    for group, profile in enumerate(profiles):
        router, ends = roads.router(profile), roads.points(profile, "incident", ids)
        rows = [index for index, team in enumerate(teams) if team.profile == profile]
        starts = roads.points(profile, "team", [teams[row].id for row in rows])
        to_incident[rows] = router.times(origins=starts, destinations=ends)
        turning = [one.id for one in away if profile_of[one.id] == profile]
        if turning and en_route is not None:
            starts = roads.points(profile, "en_route", turning)
            en_route[[row_of[team] for team in turning]] = router.times(origins=starts, destinations=ends)
        if profile in rounds.profiles:  # vehicles that go on to further incidents drive the same ways
            between[group], ways = router.times_and_lengths(origins=ends, destinations=ends)
            rounds.put(profile, between[group], ways)
        else:
            between[group] = router.times(origins=ends, destinations=ends)
        np.fill_diagonal(between[group], 0)

    seconds = {False: _unreachable(stores, incidents), True: _unreachable(vehicles, incidents)}  # by vehicle?
    metres = {by_vehicle: array.copy() for by_vehicle, array in seconds.items()}
    for profile, legs in leaving.items():
        router, ends = roads.router(profile), roads.points(profile, "incident", asking_ids)
        for by_vehicle, rows, names in legs:
            starts = roads.points(profile, "store", names)
            cells = np.ix_(rows, wanted)
            found = router.times_and_lengths(origins=starts, destinations=ends)
            seconds[by_vehicle][cells], metres[by_vehicle][cells] = found
        if profile in rounds.profiles and profile not in profiles:
            rounds.put(profile, *router.times_and_lengths(origins=ends, destinations=ends))
    notes = [Note("", FAR[kind], {"name": name, "profiles": far_for}) for (kind, name), far_for in roads.far().items()]
    travel = Travel(
        team_to_incident_s=to_incident,
        incident_to_incident_s=between,
        team_group=np.array([profiles.index(team.profile) for team in teams], dtype=np.int64),
        store_to_incident_s=seconds[False],
        vehicle_to_incident_s=seconds[True],
        store_to_incident_m=metres[False],
        vehicle_to_incident_m=metres[True],
        en_route_to_incident_s=en_route,
        vehicle_between_s=rounds.seconds if rounds.profiles else None,
        vehicle_between_m=rounds.metres if rounds.profiles else None,
        vehicle_group=rounds.groups(vehicles),
    )
    return travel, notes


class Between:
    """Ways from incident to incident of vehicles on a round (S9), between incidents that ask for something."""

    def __init__(self, profiles: list[str], incidents: Sequence[Any], wanted: list[int]) -> None:
        self.profiles, self.wanted, self.count = profiles, np.array(wanted, np.int64), len(incidents)
        shape = len(profiles), len(incidents), len(incidents)
        self.seconds, self.metres = (np.full(shape, UNREACHABLE, np.int64) for _ in range(2))
        self.seconds[:, range(self.count), range(self.count)] = 0
        self.metres[:, range(self.count), range(self.count)] = 0

    def put(self, profile: str, seconds: IntArray, metres: IntArray) -> None:
        """Matrices over the asking incidents, or over all."""
        group, pick = self.profiles.index(profile), np.arange(len(self.wanted))
        if len(seconds) == self.count:
            pick = self.wanted
        for mine, found in ((self.seconds, seconds), (self.metres, metres)):
            mine[group][np.ix_(self.wanted, self.wanted)] = found[np.ix_(pick, pick)]
            np.fill_diagonal(mine[group], 0)

    def groups(self, vehicles: Sequence[Vehicle]) -> IntArray | None:
        if not self.profiles:
            return None
        return np.array([self.profiles.index(vehicle.profile) for vehicle in vehicles], np.int64)


def _unreachable(rows: Sequence[Any], columns: Sequence[Any]) -> IntArray:
    return np.full((len(rows), len(columns)), UNREACHABLE, dtype=np.int64)
