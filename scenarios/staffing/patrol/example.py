"""A district to look at, of the size in the design pages: 10 towns, 218 villages, 20,000 enterprises and 25,000 small
venues, of which 30 % and 15 % are inspected in a year. Everything but those figures is made up from a seed."""

from datetime import date
from typing import Any

import numpy as np

from optimizer.staffing.patrol.dues import choose
from optimizer.units import FloatArray, IntArray
from scenarios.generate.ground import Ground, grow_ground
from scenarios.staffing.patrol.tables import PatrolTables
from scenarios.world import table_of

YEAR = 2026
PLACES = (("enterprise", "企业", 20_000, 0.30), ("venue", "小场所", 25_000, 0.15))  # class, name, number, coverage
RISK_SHARE = (0.6, 0.3, 0.1)  # low, medium, high (assumed)
IN_SEAT = 0.45  # of the places; the others are in villages (assumed)
SPREAD_M = (900.0, 450.0)  # of places around the seat and around a village (assumed)
ON_SITE_MIN = {"enterprise": (60, 75, 90), "venue": (30, 40, 45)}  # by risk (assumed)
BODIES = (("应急管理", 1.0), ("消防", 0.18), ("市场监管", 0.12), ("住建", 0.05))  # share of the places (assumed)
MONTHS = {"消防": (3, 6), "市场监管": (4, 9), "住建": (2, 11)}  # when the other bodies have to come (assumed)
PAIRS, DAYS, WORK_MIN = 5, 2, 360  # 5 + 5 people make five pairs; two days a week of 6 h outside (assumed)
GRIDS, MANAGERS = 711, 613  # of the design page
HAZARDS = 3_050  # 30,774 points in 101 towns are some 305 to a town
METRES_PER_DEGREE = 111_320.0


def district(seed: int = 0, *, share: float = 1.0) -> PatrolTables:
    """The tables of the district; `share` of its places, for trying out."""
    rng = np.random.default_rng(seed)
    ground = grow_ground(
        rng, counties=1, towns=10, villages=218, nodes=8_000, segments=11_000, area_km2=1_100, lat=28.0, lon=108.9
    )
    codes = ground.codes()[1]
    towns = ground.towns
    grids = _grids(np.random.default_rng([seed, 2]), ground)
    return PatrolTables(
        year=YEAR,
        network=ground.network,
        stations=table_of(
            "patrol_stations",
            {
                "town": codes, "name": list(towns.name), "name_en": list(towns.name_en), "lat": towns.lat.tolist(),
                "lon": towns.lon.tolist(), "pairs": [PAIRS] * 10, "days_per_week": [DAYS] * 10,
                "work_min": [WORK_MIN] * 10,
            },
        ),
        dues=table_of("patrol_dues", _dues(np.random.default_rng([seed, 1]), ground, share)),
        grids=table_of("patrol_grids", grids),
        villages=table_of("patrol_villages", _villages(np.random.default_rng([seed, 3]), ground)),
        hazards=table_of("patrol_hazards", _hazards(np.random.default_rng([seed, 4]), ground, share)),
        title_zh=f"{ground.counties.name[0]}（合成）{YEAR} 年巡查计划",
        title_en=f"{ground.counties.name_en[0]} (synthetic), patrol plan {YEAR}",
    )  # fmt: skip


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


def _dues(rng: np.random.Generator, ground: Ground, share: float) -> dict[str, list[Any]]:
    codes = ground.codes()[1]
    rows: list[dict[str, Any]] = []
    for kind, name, number, coverage in PLACES:
        number = round(number * share)
        village = rng.integers(0, len(ground.villages), number)
        town = ground.villages.parent[village]
        village[rng.random(number) < IN_SEAT] = -1
        risk = rng.choice(3, number, p=RISK_SHARE)
        last_visit = rng.integers(0, 1000, number)
        lat, lon = _scatter(rng, ground, town, village)
        chosen = choose(risk, last_visit, coverage=coverage)
        owed = rng.random((number, len(BODIES)))
        for place in chosen.tolist():
            code = f"{kind[0].upper()}{place:05d}"
            for order, (body, part) in enumerate(BODIES):
                if owed[place, order] < part:
                    months = MONTHS.get(body)
                    rows.append({
                        "id": f"{code}-{order + 1}", "place": code, "name": f"{name}{place:05d}",
                        "town": codes[town[place]], "class": kind, "risk": ("low", "medium", "high")[risk[place]],
                        "lat": lat[place], "lon": lon[place], "body": body,
                        "first_day": date(YEAR, months[0], 1) if months else None,
                        "last_day": date(YEAR, months[1], 28) if months else None,
                        "on_site_min": ON_SITE_MIN[kind][risk[place]],
                    })  # fmt: skip
    return {name: [row[name] for row in rows] for name in rows[0]}


def _grids(rng: np.random.Generator, ground: Ground) -> dict[str, list[Any]]:
    """3 to 6 grids to a village as far as 711 go; 613 people, of whom 98 have two grids, in the same village."""
    count = np.full(len(ground.villages), 3)
    for village in rng.permutation(len(count)).tolist() * 3:
        if count.sum() < GRIDS and count[village] < 6:
            count[village] += 1
    village = np.repeat(np.arange(len(count)), count)
    lacking = GRIDS - MANAGERS
    second = rng.choice(len(count), lacking, replace=False) if lacking <= len(count) else np.arange(lacking)
    person, seen = [], {}
    number = 0
    for one in village.tolist():
        seen[one] = seen.get(one, 0) + 1
        if not (seen[one] == 2 and one in set(second.tolist())):
            number += 1
        person.append(f"网格员{number:03d}")
    lat, lon = _scatter(rng, ground, ground.villages.parent[village], village)
    _, towns, villages = ground.codes()
    return {
        "grid": [f"G{index:03d}" for index in range(len(village))],
        "town": [towns[ground.villages.parent[one]] for one in village.tolist()],
        "village": [villages[one] for one in village.tolist()],
        "person": person, "lat": lat, "lon": lon,
    }  # fmt: skip


def _villages(rng: np.random.Generator, ground: Ground) -> dict[str, list[Any]]:
    _, towns, villages = ground.codes()
    return {
        "village": villages,
        "town": [towns[parent] for parent in ground.villages.parent.tolist()],
        "name": list(ground.villages.name),
        "leaders": rng.integers(2, 6, len(villages)).tolist(),
        "members": rng.integers(8, 20, len(villages)).tolist(),
    }


def _hazards(rng: np.random.Generator, ground: Ground, share: float) -> dict[str, list[Any]]:
    number = max(1, round(HAZARDS * share))
    village = rng.integers(0, len(ground.villages), number)
    town = ground.villages.parent[village]
    lat, lon = _scatter(rng, ground, town, village)
    codes = ground.codes()[1]
    return {
        "point": [f"H{index:05d}" for index in range(number)],
        "name": [f"隐患点{index:05d}" for index in range(number)],
        "town": [codes[one] for one in town.tolist()], "lat": lat, "lon": lon,
    }  # fmt: skip
