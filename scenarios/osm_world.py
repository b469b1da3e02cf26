"""A World on a real road extract: stores, teams and incidents at its real settlements, fire stations and hospitals."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from optimizer.errors import BadInput, Fault
from optimizer.network.graph import PointOfInterest, RoadNetwork
from optimizer.network.read import read_network
from optimizer.network.snap import MAX_SNAP_M, snap
from optimizer.units import FloatArray, IntArray
from scenarios.generate.ground import Ground, Settled, Site
from scenarios.generate.recipes import Recipe, world_on
from scenarios.world import World

TOWNS, VILLAGES = ("city", "town"), ("village", "hamlet")


def world_from_roads(
    roads: Path, *, seed: int = 0, incidents: int = 24, crs: str | None = None, network: RoadNetwork | None = None
) -> World:
    """Towns get a town store and a rescue team, villages and hamlets a room and a squad (about one in a hundred has
    none), fire stations a professional team, hospitals an ambulance; the largest town is the seat of the county.

    Stock, people, incidents and closures are generated as for `county`. Settlements farther than the snap limit
    from any drivable road are kept and named in the World's notes. Raises BadInput, also where there are none.
    """
    network = network or read_network(roads, crs=crs)
    ground = real_ground(network, source=roads.name)
    rng = np.random.default_rng(seed)
    villages = len(ground.villages)
    stem = roads.name.split(".")[0]
    recipe = Recipe(
        title_zh=f"真实路网 {stem} 上的暴雨（库存、队伍、险情为合成）",
        title_en=f"A rainstorm on the real roads of {stem} (stock, teams and incidents synthetic)",
        incidents=min(incidents, 3 * villages),
        squads=max(1, villages - villages // 100),
        notes=_notes(network, ground),
    )
    return world_on(rng, ground, recipe, seed=seed)


def real_ground(network: RoadNetwork, *, source: str) -> Ground:
    """The ground from the points of interest of an extract."""
    towns = _sorted(network, TOWNS)
    villages = _sorted(network, VILLAGES)
    if not towns and villages:  # a rural extract: its largest villages stand in for towns
        towns, villages = villages[:3], villages[3:] or villages
    if not towns or not villages:
        raise BadInput(source, [Fault("place", "NoSettlements", {"source": source})])
    lat, lon = np.array([p.lat for p in towns]), np.array([p.lon for p in towns])
    parent = _nearest(np.array([p.lat for p in villages]), np.array([p.lon for p in villages]), lat, lon)
    seat = _settled(towns[:1], np.array([-1]))
    sites = tuple(
        Site("hospital" if poi.kind in ("hospital", "clinic") else poi.kind, poi.name, poi.lat, poi.lon)
        for poi in network.pois
        if poi.kind in ("fire_station", "hospital", "school")
    )
    return Ground(
        network=network,
        counties=replace(seat, name=(f"{seat.name[0]}县",), name_en=(f"{seat.name_en[0]} County",)),
        towns=_settled(towns, np.zeros(len(towns), np.int64)),
        villages=_settled(villages, parent),
        sites=tuple(sorted(sites, key=lambda site: (site.kind, site.name, site.lat, site.lon))),
    )


def _sorted(network: RoadNetwork, kinds: tuple[str, ...]) -> list[PointOfInterest]:
    """Largest first (cities before towns, then by population), ties by name and position."""
    chosen = [poi for poi in network.pois if poi.kind in kinds]
    return sorted(chosen, key=lambda p: (kinds.index(p.kind), -(p.population or 0), p.name, p.lat, p.lon))


def _settled(points: list[PointOfInterest], parent: IntArray) -> Settled:
    names = tuple(point.name or f"{point.kind} {point.lat:.4f},{point.lon:.4f}" for point in points)
    return Settled(
        names, names, np.array([point.lat for point in points]), np.array([point.lon for point in points]), parent
    )


def _nearest(lat: FloatArray, lon: FloatArray, to_lat: FloatArray, to_lon: FloatArray) -> IntArray:
    shrink = np.cos(np.radians(to_lat.mean()))
    gap = (lat[:, None] - to_lat[None, :]) ** 2 + ((lon[:, None] - to_lon[None, :]) * shrink) ** 2
    nearest: IntArray = gap.argmin(axis=1)
    return nearest


def _notes(network: RoadNetwork, ground: Ground) -> tuple[str, ...]:
    """Settlements beyond the snap limit: nothing is moved, they are simply out of reach by vehicle."""
    settled = (ground.towns, ground.villages)
    lat = np.concatenate([level.lat for level in settled])
    lon = np.concatenate([level.lon for level in settled])
    names = [name for level in settled for name in level.name]
    far = np.flatnonzero(~snap(network, lat=lat, lon=lon, profile="pickup").snapped)
    if not far.size:
        return ()
    named = ", ".join(names[index] for index in far[:20].tolist())
    return (
        f"{far.size} 个居民点距车行道路超过 {MAX_SNAP_M:.0f} 米，车辆到不了：{named} / "
        f"{far.size} settlements lie more than {MAX_SNAP_M:.0f} m from any drivable road: {named}",
    )
