"""The ground a situation is laid on: roads and settlements, generated or taken from a real extract."""

from dataclasses import dataclass

import numpy as np

from inventory.files import Table
from optimizer.network.graph import RoadNetwork, build_network
from optimizer.units import FloatArray, IntArray
from scenarios.generate.names import place_names
from scenarios.generate.roads import CLASSES, Roads, build_roads
from scenarios.generate.settle import Settlements, settle
from scenarios.generate.terrain import Terrain, grow_terrain, to_degrees
from scenarios.world import table_of

COUNTY_CODE = 990100  # 99 is no province: the codes are well-formed and belong to nobody
PEOPLE_PER_HOUSEHOLD = 2.62  # national census of 2020


@dataclass(frozen=True)
class Settled:
    """Settlements of one level: names, WGS-84 positions, and the index of the settlement one level up."""

    name: tuple[str, ...]
    name_en: tuple[str, ...]
    lat: FloatArray
    lon: FloatArray
    parent: IntArray

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Site:
    """A fire station, hospital or school where the ground knows one."""

    kind: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Ground:
    """Roads and the tree county - town - village. The county's position is that of its seat."""

    network: RoadNetwork
    counties: Settled
    towns: Settled
    villages: Settled
    sites: tuple[Site, ...] = ()

    def codes(self) -> tuple[list[str], list[str], list[str]]:
        """12-digit codes of counties, towns and villages, numbered as statistics does (6 + 3 + 3 digits)."""
        counties = [f"{COUNTY_CODE + 1 + index:06d}000000" for index in range(len(self.counties))]
        towns = _numbered(counties, self.towns.parent, 6, 100)
        return counties, towns, _numbered(towns, self.villages.parent, 9, 200)


def _numbered(above: list[str], parent: IntArray, digits: int, first: int) -> list[str]:
    count = [first] * len(above)
    codes = []
    for index in parent.tolist():
        codes.append(f"{above[index][:digits]}{count[index]:03d}".ljust(12, "0"))
        count[index] += 1
    return codes


def places_table(rng: np.random.Generator, ground: Ground) -> Table:
    """places.csv: village populations around 1,100 (assumed), summed up the tree."""
    codes = ground.codes()
    village = np.maximum(60, rng.lognormal(np.log(950), 0.5, len(ground.villages))).astype(np.int64)
    seat_people = np.maximum(1500, rng.lognormal(np.log(6000), 0.5, len(ground.towns))).astype(np.int64)
    town = seat_people + np.bincount(ground.villages.parent, village, len(ground.towns)).astype(np.int64)
    county = np.bincount(ground.towns.parent, town, len(ground.counties)).astype(np.int64)
    people = np.concatenate([county, town, village])
    levels = (ground.counties, ground.towns, ground.villages)
    above: list[list[str] | None] = [None, codes[0], codes[1]]
    parents: list[str | None] = []
    for settled, upper in zip(levels, above, strict=True):
        parents.extend(None if upper is None else upper[index] for index in settled.parent.tolist())
    return table_of(
        "places",
        {
            "code": [code for level in codes for code in level],
            "name": [name for settled in levels for name in settled.name],
            "name_en": [name for settled in levels for name in settled.name_en],
            "level": [n for n, s in zip(("county", "town", "village"), levels, strict=True) for _ in range(len(s))],
            "parent_code": parents,
            "lat": [value for settled in levels for value in settled.lat.tolist()],
            "lon": [value for settled in levels for value in settled.lon.tolist()],
            "population": people.tolist(),
            "households": np.ceil(people / PEOPLE_PER_HOUSEHOLD).astype(np.int64).tolist(),
        },
    )


def grow_ground(
    rng: np.random.Generator,
    *,
    counties: int,
    towns: int,
    villages: int,
    nodes: int,
    segments: int,
    area_km2: float,
    lat: float,
    lon: float,
    town_names: tuple[tuple[str, str], ...] = (),
) -> Ground:
    """Hills, a lake with an islet, settlements and the roads between them, around (lat, lon)."""
    terrain = grow_terrain(rng, nodes=nodes, area_km2=area_km2)
    settlements = settle(rng, terrain, counties=counties, towns=towns, villages=villages)
    roads = build_roads(rng, terrain, settlements, segments=segments)
    node_lat, node_lon = to_degrees(terrain.x_m, terrain.y_m, lat=lat, lon=lon)
    names = place_names(rng, counties + towns + villages)
    seats = names[:counties]
    town_name = [*town_names, *names[counties : counties + towns]][:towns]
    village_name = names[counties + towns :]

    def settled(nodes: IntArray, labels: list[tuple[str, str]], zh: str, en: str, parent: IntArray) -> Settled:
        return Settled(
            tuple(name + zh for name, _ in labels),
            tuple(f"{pinyin} {en}" for _, pinyin in labels),
            node_lat[nodes],
            node_lon[nodes],
            parent.astype(np.int64),
        )

    town_nodes = settlements.town_node
    return Ground(
        network=_network(terrain, settlements, roads, node_lat, node_lon, town_name, village_name),
        counties=settled(town_nodes[settlements.seat_town], seats, "县", "County", np.full(counties, -1)),
        towns=settled(town_nodes, town_name, "镇", "Town", settlements.town_county),
        villages=settled(settlements.village_node, village_name, "村", "Village", settlements.village_town),
    )


def _network(
    terrain: Terrain,
    settlements: Settlements,
    roads: Roads,
    lat: FloatArray,
    lon: FloatArray,
    towns: list[tuple[str, str]],
    villages: list[tuple[str, str]],
) -> RoadNetwork:
    """Every segment both ways; numbered roads between towns, village roads by the village they lead to."""
    kinds = ("国道", "县道", "联络线", "通村路")
    sites = [name for name, _ in towns] + [name for name, _ in villages]
    names = []
    for grade, route in zip(roads.grade.tolist(), roads.route.tolist(), strict=True):
        names.append("" if route < 0 or grade > 3 else sites[min(route, len(sites) - 1)] + kinds[grade])
    count = len(roads.link)
    segment = [f"e{index:06d}" for index in range(count)]
    twice = {
        "length_m": roads.length_m, "speed_kph": roads.speed_kph,
        "road_class": np.array(CLASSES)[roads.grade], "name": np.array(names), "segment_id": np.array(segment),
    }  # fmt: skip
    return build_network(
        node_id=[f"n{index:06d}" for index in range(len(lat))],
        lat=lat,
        lon=lon,
        tail=np.concatenate([roads.link[:, 0], roads.link[:, 1]]),
        head=np.concatenate([roads.link[:, 1], roads.link[:, 0]]),
        against=np.repeat([False, True], count),
        **{name: np.concatenate([values, values]) for name, values in twice.items()},
    )
