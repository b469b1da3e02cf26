"""The named scenarios: ground, stock, teams and a wave put together with one seed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from scenarios.generate.ground import Ground, grow_ground, places_table
from scenarios.generate.incidents import Wave, rainstorm_wave, storm_closures
from scenarios.generate.stock import custodians_table, maintenance_table, stock_table, stores_table
from scenarios.generate.teams import teams_table, vehicles_table
from scenarios.world import World, table_of

AS_OF = datetime.fromisoformat("2026-06-28T04:30:00+08:00")


@dataclass(frozen=True)
class Recipe:
    """What a World is made of beside its ground."""

    title_zh: str
    title_en: str
    incidents: int
    squads: int  # village squads; some villages have none
    specialists: bool = True
    mean_stock: float = 1.15  # stock over minimum
    lots: bool = True
    as_of: datetime = AS_OF
    notes: tuple[str, ...] = ()


def world_on(rng: np.random.Generator, ground: Ground, recipe: Recipe, *, seed: int, wave: Wave | None = None) -> World:
    """A World on this ground. Each table draws from a stream of its own, so that one can change without the others."""
    streams = rng.spawn(6)
    stores = stores_table(streams[0], ground)
    stock = stock_table(streams[1], stores, as_of=recipe.as_of, mean=recipe.mean_stock, lots=recipe.lots)
    wave = wave or rainstorm_wave(streams[3], ground, count=recipe.incidents, as_of=recipe.as_of)
    return World(
        title_zh=recipe.title_zh,
        title_en=recipe.title_en,
        as_of=recipe.as_of,
        places=places_table(streams[4], ground),
        stores=stores,
        stock=stock,
        custodians=custodians_table(streams[0], stores, as_of=recipe.as_of),
        maintenance=maintenance_table(streams[1], stores, stock, as_of=recipe.as_of),
        teams=teams_table(streams[2], ground, squads=recipe.squads, specialists=recipe.specialists),
        vehicles=vehicles_table(stores),
        incidents=wave.incidents,
        tasks=wave.tasks,
        demands=wave.demands,
        network=ground.network,
        closures=storm_closures(streams[5], ground, wave),
        seed=seed,
        notes=recipe.notes,
    )


def county(seed: int) -> World:
    """One county: 20 towns, 320 villages, about 12,000 junctions, a wave of 24 incidents."""
    rng = np.random.default_rng(seed)
    ground = grow_ground(
        rng, counties=1, towns=20, villages=320, nodes=12_000, segments=16_000, area_km2=2_400, lat=27.9, lon=108.6
    )
    recipe = Recipe("山区县暴雨（合成）", "A mountain county in a rainstorm (synthetic)", incidents=24, squads=318)
    return world_on(rng, ground, recipe, seed=seed)


def city_year(seed: int) -> World:
    """Ten counties at the scale of a city; a year's 122 incidents, all at once."""
    rng = np.random.default_rng(seed)
    ground = grow_ground(
        rng,
        counties=10,
        towns=181,
        villages=2_911,
        nodes=72_000,
        segments=100_000,
        area_km2=18_000,
        lat=27.7,
        lon=108.8,
    )
    recipe = Recipe(
        "全市一年 122 起事件同时发生（合成）", "A city's 122 incidents of a year at once (synthetic)",
        incidents=122, squads=2_889, specialists=False, mean_stock=0.92, lots=False,
    )  # fmt: skip
    return world_on(rng, ground, recipe, seed=seed)


def panshi_rainstorm(seed: int) -> World:
    """The rainstorm of 2022-06-03 in a town with 333.7 mm: 62 households, 138 people moved before about 30,000 m3
    of slope slid. Those figures are facts; positions, other villages, teams and the hour are made up."""
    rng = np.random.default_rng(seed)
    ground = grow_ground(
        rng, counties=1, towns=3, villages=24, nodes=1_200, segments=1_600, area_km2=240, lat=28.0, lon=109.1,
        town_names=(("盘石", "Panshi"),),
    )  # fmt: skip
    as_of = datetime.fromisoformat("2022-06-03T09:00:00+08:00")
    recipe = Recipe(
        "盘石镇暴雨转移 138 人（位置为合成）", "Panshi rainstorm: moving 138 people (positions synthetic)",
        incidents=1, squads=23, as_of=as_of,
        notes=(
            "事实：2022-06-03 累计降雨 333.7 毫米，巡查发现滑坡迹象，转移 62 户 138 人，其后约 3 万立方米滑坡；"
            "位置、队伍、时刻为合成。 / Facts: 333.7 mm of rain, signs of a slide found on patrol, 62 households with "
            "138 people moved, then about 30,000 m3 slid; positions, teams and the hour are made up.",
        ),
    )  # fmt: skip
    return world_on(rng, ground, recipe, seed=seed, wave=_panshi_wave(ground, as_of))


def _panshi_wave(ground: Ground, as_of: datetime) -> Wave:
    villages = ground.villages
    site = int(np.flatnonzero(villages.parent == 0)[0])  # a village of the first town, Panshi
    lat, lon = float(villages.lat[site]), float(villages.lon[site])
    incidents: dict[str, list[Any]] = {
        "id": ["I001"], "kind": ["landslide"], "name": ["盘石镇滑坡险情转移"], "name_en": ["Panshi slope evacuation"],
        "severity": [5], "lat": [lat], "lon": [lon], "place": [ground.codes()[2][site]],
        "reported_at": [as_of - timedelta(minutes=10)], "people_affected": [138], "duration_h": [Decimal(48)],
    }  # fmt: skip
    tasks: dict[str, list[Any]] = {
        "id": ["I001-1", "I001-2", "I001-3", "I001-4"],
        "incident": ["I001"] * 4,
        "capability": ["evacuation", "search_rescue", "medical", "communication"],
        "teams_needed": [3, 2, 1, 1],
        "service_s": [5400, 7200, 7200, 7200],
        "due_s": [300, 600, 600, 1800],
        "latest_s": [7200, None, None, None],
    }
    return Wave(table_of("incidents", incidents), table_of("tasks", tasks), table_of("demands", {}), (lat, lon))
