"""Residual coverage on the roads of a problem: places, bases and the travel times between them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.why.coverage import LIMIT_S, MOVES, Bases, Coverage, Places, move_up, residual
from optimizer.network.snap import SnappedPoints
from optimizer.units import UNREACHABLE, FloatArray, IntArray
from scenarios.exchange.roads import Roads

MOST_BASES = 150  # stores and team bases nearest to what is uncovered
NEAR_M = 10_000  # as the crow flies: farther ones cover nothing within the usual tiers
EARTH_M = 6_371_000

Spots = FloatArray  # (B, 2) latitude and longitude


@dataclass(frozen=True)
class Inhabited:
    """A place where people live, those of the places below it not counted twice."""

    id: str
    lat: float
    lon: float
    people: int


def covered(
    problem: DispatchProblem,
    plan: Plan,
    roads: Roads,
    inhabited: Iterable[Inhabited],
    *,
    limit_s: int = LIMIT_S,
    moves: int = MOVES,
) -> Coverage | None:
    """None where nobody lives anywhere known, or teams have no position."""
    people = sorted((one for one in inhabited if one.people > 0), key=lambda one: one.id)
    if not people or not problem.teams:
        return None
    places = Places(tuple(one.id for one in people), np.array([one.people for one in people], np.int64))
    lat, lon = np.array([one.lat for one in people]), np.array([one.lon for one in people])
    ends: dict[str, SnappedPoints] = {}
    from_base = np.full((len(problem.teams), len(people)), UNREACHABLE, np.int64)
    profiles = [team.profile for team in problem.teams]
    for profile in sorted(set(profiles)):
        ends[profile] = roads.open_router(profile).snap(lat, lon)
        rows = [row for row, one in enumerate(profiles) if one == profile]
        starts = roads.points(profile, "team", [problem.teams[row].id for row in rows])
        from_base[rows] = roads.router(profile).times(origins=starts, destinations=ends[profile])
    left = residual(problem, plan, places, from_base, limit_s=limit_s)
    names, spots = _bases(problem, left.missing, lat, lon)
    groups = problem.travel.incident_to_incident_s.shape[0]
    place_s = np.full((groups, len(names), len(people)), UNREACHABLE, np.int64)
    team_s = np.full((len(problem.teams), len(names)), UNREACHABLE, np.int64)
    for group in np.unique(problem.travel.team_group).tolist() if names else ():
        rows = np.flatnonzero(problem.travel.team_group == group).tolist()
        profile = profiles[rows[0]]
        router, there = roads.router(profile), roads.open_router(profile).snap(spots[:, 0], spots[:, 1])
        place_s[group] = router.times(origins=there, destinations=ends[profile])
        starts = roads.points(profile, "team", [problem.teams[row].id for row in rows])
        team_s[rows] = router.times(origins=starts, destinations=there)
    return move_up(problem, left, Bases(names, place_s, team_s), moves=moves)


def _bases(
    problem: DispatchProblem, missing: IntArray, lat: FloatArray, lon: FloatArray
) -> tuple[tuple[str, ...], Spots]:
    """Stores and bases of teams, at most `MOST_BASES`: those with most uncovered weight around them, ties by id."""
    found: dict[tuple[float, float], str] = {}
    for one in (*problem.stores, *problem.teams):
        if one.lat is not None and one.lon is not None:
            found.setdefault((one.lat, one.lon), one.id)
    spots = np.array(list(found), np.float64).reshape(-1, 2)
    names = list(found.values())
    open_ = np.flatnonzero(missing)
    if not len(spots) or not len(open_):
        return (), np.zeros((0, 2))
    weight = np.zeros(len(spots))
    for b, (at_lat, at_lon) in enumerate(np.radians(spots)):
        north = np.radians(lat[open_]) - at_lat
        east = (np.radians(lon[open_]) - at_lon) * np.cos(at_lat)
        weight[b] = missing[open_][np.hypot(north, east) * EARTH_M <= NEAR_M].sum()
    order = sorted(range(len(names)), key=lambda b: (-weight[b], names[b]))
    best = [b for b in order[:MOST_BASES] if weight[b] > 0]
    return tuple(names[b] for b in best), spots[best]


def inhabited(rows: Iterable[dict[str, object]]) -> tuple[Inhabited, ...]:
    """Places of a World (code, parent_code, lat, lon, population); of every place only the people who live in none
    of the places below it."""
    rows = list(rows)
    below: dict[object, int] = {}
    for row in rows:
        below[row["parent_code"]] = below.get(row["parent_code"], 0) + int(row["population"] or 0)  # type: ignore[call-overload]
    return tuple(
        Inhabited(str(row["code"]), float(row["lat"]), float(row["lon"]), own)  # type: ignore[arg-type]
        for row in rows
        if row["lat"] is not None and row["lon"] is not None
        and (own := int(row["population"] or 0) - below.get(row["code"], 0)) > 0  # type: ignore[call-overload]
    )  # fmt: skip
