"""A district to look at: the 10 towns of `wuding staffing example district`, with their enterprises and small venues on
roads, 218 villages with 711 grids and 613 managers. Figures of the design pages: those, 274 km², 462,000 registered
residents, coverage of 30 % and 15 %. Everything else is made up from a seed."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from inventory.files import Table, write_table
from optimizer.network.graph import RoadNetwork
from optimizer.network.tables import write_tables
from optimizer.staffing.patrol.model import RISKS
from optimizer.staffing.towns import Towns
from optimizer.units import FloatArray, IntArray
from scenarios.generate.ground import Ground, grow_ground
from scenarios.generate.names import FIRST, LAST, place_names
from scenarios.staffing import generate
from scenarios.staffing.grids import GridTables, grid_rows, plan_grids
from scenarios.staffing.inputs import write_towns
from scenarios.staffing.patrol.choice import choose_dues
from scenarios.staffing.patrol.tables import KEYS, PatrolTables
from scenarios.world import table_of

YEAR = 2026
PLACES = (("enterprise", "企业"), ("venue", "小场所"))
COVERAGE = {"enterprise": 0.30, "venue": 0.15}
FIRST_VISIT = date(2023, 1, 1)  # of the last visits, which fall on the thousand days from then on (assumed)
IN_SEAT = 0.45  # of the places; the others are in villages (assumed)
SPREAD_M = (900.0, 450.0)  # of places around the seat and around a village (assumed)
BODIES = (("应急管理", 1.0), ("消防", 0.18), ("市场监管", 0.12), ("住建", 0.05))  # share of the places (assumed)
MONTHS = {"消防": (3, 6), "市场监管": (4, 9), "住建": (2, 11)}  # when the other bodies have to come (assumed)
PAIRS, DAYS, WORK_MIN = 5, 2, 360  # 5 + 5 people make five pairs; two days a week of 6 h outside (assumed)
GRIDS, MANAGERS, REGISTERED = 711, 613, 462_000  # of the design page; grids count registered residents (assumed)
FEW, MANY = 6, 2  # villages outside 3 to 6 grids: with two, with seven (assumed)
HAZARDS = 3_050  # 30,774 points in 101 towns are some 305 to a town
METRES_PER_DEGREE = 111_320.0
TRIED_STATIONS, TRIED_PLACES = 2, 30


def district(seed: int = 0, *, share: float = 1.0) -> PatrolTables:
    """The tables of the district; `share` of its places, for trying out."""
    ground, towns = _ground(seed)
    grids = plan_grids(_grid_tables(seed, ground, towns))
    return PatrolTables(
        year=YEAR,
        network=ground.network,
        stations=table_of(
            "patrol_stations",
            {
                "town": list(towns.code), "name": list(towns.name),
                "name_en": [f"{_pinyin(name)} Station" for name in towns.name],
                "lat": ground.towns.lat.tolist(), "lon": ground.towns.lon.tolist(), "pairs": [PAIRS] * 10,
                "days_per_week": [DAYS] * 10, "work_min": [WORK_MIN] * 10,
            },
        ),
        dues=table_of("patrol_dues", _dues(*_places(np.random.default_rng([seed, 1]), ground, towns, share))),
        grids=table_of("patrol_grids", grid_rows(grids)),
        villages=table_of("patrol_villages", _villages(np.random.default_rng([seed, 3]), ground, towns)),
        hazards=table_of("patrol_hazards", _hazards(np.random.default_rng([seed, 4]), ground, towns, share)),
        title_zh=f"{towns.district[0]}（合成）{YEAR} 年巡查计划",
        title_en=f"{_pinyin(towns.district[0])} District (synthetic), patrol plan {YEAR}",
    )  # fmt: skip


def on_roads(network: RoadNetwork, seed: int = 0) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(stations, dues) on roads that there are, as rows: two stations on their largest piece, and places around each,
    to try patrols out where one knows one's way. Names are made up."""
    rng = np.random.default_rng(seed)
    ends = network.tail[network.drive], network.head[network.drive]
    links = coo_array((np.ones(len(ends[0])), ends), shape=(len(network.lat),) * 2)
    _, piece = connected_components(links, directed=False)
    nodes = np.flatnonzero(piece == np.bincount(piece).argmax())
    lat, lon = network.lat[nodes], network.lon[nodes]
    shrink = np.cos(np.radians(lat.mean()))
    stations: list[dict[str, Any]] = []
    dues: list[dict[str, Any]] = []
    for number, (name, name_en) in enumerate(place_names(rng, TRIED_STATIONS)):
        seat = int(rng.integers(len(nodes)))
        town = f"T{number + 1}"
        at = {"lat": float(lat[seat]), "lon": float(lon[seat])}
        stations.append({"town": town, "name": f"{name}站", "name_en": f"{name_en} Station", **at, "pairs": 2,
                         "days_per_week": 1, "work_min": WORK_MIN})  # fmt: skip
        near = np.argsort((lat - lat[seat]) ** 2 + ((lon - lon[seat]) * shrink) ** 2)[: 20 * TRIED_PLACES]
        for node in rng.choice(near, min(TRIED_PLACES, len(near)), replace=False).tolist():
            kind, word = PLACES[int(rng.integers(2))]
            place = f"{kind[0].upper()}{len(dues) + 1:03d}"
            dues.append({
                "id": place, "place": place, "name": f"{word}{place[1:]}", "town": town, "class": kind,
                "risk": RISKS[int(rng.integers(3))], "lat": float(lat[node]), "lon": float(lon[node]),
                "body": BODIES[0][0], "on_site_min": 60 if kind == "enterprise" else 30,
            })  # fmt: skip
    return stations, dues


def grid_tables(seed: int = 0) -> GridTables:
    """The villages and managers of the district: 711 grids, 613 managers."""
    return _grid_tables(seed, *_ground(seed))


def write_district(folder: Path, seed: int = 0, *, share: float = 1.0) -> list[Path]:
    """Every table of the district and its roads as files: what the commands `patrol`, `grids` and `size` read."""
    tables, (ground, towns) = district(seed, share=share), _ground(seed)
    folder.mkdir(parents=True, exist_ok=True)
    grids = _grid_tables(seed, ground, towns)
    files = {name: (f"patrol_{name}", getattr(tables, name)) for name in KEYS}
    files["visits"] = files.pop("dues")
    places, _ = _places(np.random.default_rng([seed, 1]), ground, towns, share)
    files |= {"register": ("patrol_places", places)}
    files |= {"grid_villages": ("grid_villages", grids.villages), "grid_managers": ("grid_managers", grids.managers)}
    for name, (table, rows) in files.items():
        write_table(folder / f"{name}.csv", table, rows)
    write_towns(folder / "towns.csv", towns)
    write_tables(tables.network, folder / "roads")
    return [*(folder / f"{name}.csv" for name in files), folder / "towns.csv", folder / "roads"]


def _ground(seed: int) -> tuple[Ground, Towns]:
    """Roads and villages, and the towns of the sizing, each with as many villages as it has on the ground."""
    towns = generate.district(seed)
    ground = grow_ground(
        np.random.default_rng(seed), counties=1, towns=len(towns.code), villages=218, nodes=8_000, segments=11_000,
        area_km2=274, lat=28.0, lon=108.9,
    )  # fmt: skip
    here = np.bincount(ground.villages.parent, minlength=len(towns.code))
    places = {name: np.round(getattr(ground.towns, name), 6) for name in ("lat", "lon")}
    return ground, replace(towns, villages=here.astype(np.float64), **places)


def _pinyin(name: str) -> str:
    """Of the first two syllables of 西峰站."""
    sounds = [{one[0]: one[1:] for one in syllables} for syllables in (FIRST, LAST)]
    return f"{sounds[0][name[0]]}{sounds[1][name[1]]}"


def _village_codes(ground: Ground, towns: Towns) -> list[str]:
    count = dict.fromkeys(towns.code, 200)
    codes = []
    for parent in ground.villages.parent.tolist():
        count[towns.code[parent]] += 1
        codes.append(f"{towns.code[parent]}{count[towns.code[parent]]:03d}")
    return codes


def _scatter(
    rng: np.random.Generator, ground: Ground, town: IntArray, village: IntArray
) -> tuple[list[float], list[float]]:
    """(lat, lon) near a village, or near the seat of the town where `village` is -1."""
    seat = village < 0
    lat = np.where(seat, ground.towns.lat[town], ground.villages.lat[village])
    lon = np.where(seat, ground.towns.lon[town], ground.villages.lon[village])
    reach: FloatArray = np.where(seat, *SPREAD_M) / METRES_PER_DEGREE
    lat = lat + rng.normal(0, 1, len(lat)) * reach
    lon = lon + rng.normal(0, 1, len(lon)) * reach / np.cos(np.radians(lat))
    return np.round(lat, 6).tolist(), np.round(lon, 6).tolist()


def _places(rng: np.random.Generator, ground: Ground, towns: Towns, share: float) -> tuple[Table, FloatArray]:
    """The register of enterprises and small venues, and chances of each place by body."""
    inside = [np.flatnonzero(ground.villages.parent == town) for town in range(len(towns.code))]
    columns: dict[str, list[Any]] = {}
    owed = []
    for kind, name in PLACES:
        stated = (towns.enterprises if kind == "enterprise" else towns.venues).astype(np.int64)
        cell = np.repeat(np.arange(stated.size), stated.reshape(-1))  # town x risk
        number = round(len(cell) * share)
        cell = np.sort(rng.permutation(cell)[:number])
        town, risk = cell // 3, cell % 3
        village = np.array([rng.choice(inside[one]) for one in town.tolist()], np.int64)
        village[rng.random(number) < IN_SEAT] = -1
        last_visit = rng.integers(0, 1000, number)
        lat, lon = _scatter(rng, ground, town, village)
        owed.append(rng.random((number, len(BODIES))))
        for column, values in {
            "place": [f"{kind[0].upper()}{place:05d}" for place in range(number)],
            "name": [f"{name}{place:05d}" for place in range(number)],
            "town": [towns.code[one] for one in town.tolist()], "class": [kind] * number,
            "risk": [RISKS[one] for one in risk.tolist()], "lat": lat, "lon": lon,
            "last_visit": [FIRST_VISIT + timedelta(days=one) for one in last_visit.tolist()],
        }.items():  # fmt: skip
            columns.setdefault(column, []).extend(values)
    return table_of("patrol_places", columns), np.concatenate(owed)


def _dues(places: Table, owed: FloatArray) -> dict[str, list[Any]]:
    """What the first body owes the places chosen, and what others owe some of them."""
    chance = dict(zip(places["place"], owed.tolist(), strict=True))
    rows: list[dict[str, Any]] = []
    for one in choose_dues(places, coverage=COVERAGE, body=BODIES[0][0]).rows:
        rows.append(one)
        for order, (body, part) in enumerate(BODIES[1:], start=1):
            if chance[one["place"]][order] < part:
                first, last = (date(YEAR, month, day) for month, day in zip(MONTHS[body], (1, 28), strict=True))
                mine = {"id": f"{one['place']}-{order + 1}", "body": body, "first_day": first, "last_day": last}
                rows.append({**one, **mine})
    return {name: [row.get(name) for row in rows] for name in (*rows[0], "first_day", "last_day")}


def _grid_tables(seed: int, ground: Ground, towns: Towns) -> GridTables:
    """Villages of 2 to 7 grids, 711 together, and 613 managers: every town lacks its share of the other 98, no village
    has none. Households are drawn to fit; residents are shared out by them."""
    rng = np.random.default_rng([seed, 2])
    of = ground.villages.parent
    count = np.full(len(of), 3)
    order = rng.permutation(len(of))
    count[order[:FEW]], count[order[FEW : FEW + MANY]] = 2, 7
    for village in order[FEW + MANY :].tolist() * 3:
        if count.sum() < GRIDS and count[village] < 6 and rng.random() < 0.3:
            count[village] += 1
    households = 300 * (count - 1) + rng.integers(60, 301, len(of))
    people = generate.apportion(REGISTERED, households * rng.uniform(0.9, 1.1, len(of)))
    codes = _village_codes(ground, towns)
    lacking = generate.apportion(GRIDS - MANAGERS, np.bincount(of, count, len(towns.code)))
    without = np.zeros(len(of), np.int64)
    for town, number in enumerate(lacking.tolist()):
        own = np.flatnonzero(of == town)
        without += np.bincount(rng.permutation(np.repeat(own, count[own] - 1))[:number], minlength=len(of))
    post = np.repeat(np.arange(len(of)), count - without)
    return GridTables(
        table_of("grid_villages", {
            "village": codes, "name": list(ground.villages.name), "town": [towns.code[one] for one in of.tolist()],
            "town_name": [towns.name[one] for one in of.tolist()], "population": people.tolist(),
            "households": households.tolist(), "lat": ground.villages.lat.tolist(), "lon": ground.villages.lon.tolist(),
        }),
        table_of("grid_managers", {
            "person": [f"网格员{number + 1:03d}" for number in range(len(post))],
            "town": [towns.code[of[one]] for one in post.tolist()], "village": [codes[one] for one in post.tolist()],
        }),
    )  # fmt: skip


def _villages(rng: np.random.Generator, ground: Ground, towns: Towns) -> dict[str, list[Any]]:
    villages = _village_codes(ground, towns)
    return {
        "village": villages,
        "town": [towns.code[parent] for parent in ground.villages.parent.tolist()],
        "name": list(ground.villages.name),
        "leaders": rng.integers(2, 6, len(villages)).tolist(),
        "members": rng.integers(8, 20, len(villages)).tolist(),
    }


def _hazards(rng: np.random.Generator, ground: Ground, towns: Towns, share: float) -> dict[str, list[Any]]:
    number = max(1, round(HAZARDS * share))
    village = rng.integers(0, len(ground.villages), number)
    town = ground.villages.parent[village]
    lat, lon = _scatter(rng, ground, town, village)
    return {
        "point": [f"H{index:05d}" for index in range(number)],
        "name": [f"隐患点{index:05d}" for index in range(number)],
        "town": [towns.code[one] for one in town.tolist()], "lat": lat, "lon": lon,
    }  # fmt: skip
