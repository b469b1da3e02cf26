"""A drill on flooded streets: tasks that need boats, pumps and saws, and one whose teams begin together."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from inventory.files import Table
from scenarios.generate.ground import Ground, grow_ground
from scenarios.generate.incidents import KINDS, Wave, on_main_roads
from scenarios.generate.recipes import Recipe, world_on
from scenarios.world import World, table_of

AS_OF = datetime.fromisoformat("2026-07-11T06:00:00+08:00")


class DrillTask(NamedTuple):
    """`equipment`: (catalogue item, units for each team), plausible for the work but assumed."""

    capability: str
    teams: int
    service_s: int
    due_s: int
    equipment: tuple[tuple[str, int], ...] = ()
    together: bool = False


DRILL: tuple[tuple[str, int, int, tuple[DrillTask, ...]], ...] = (  # kind, severity, people, tasks
    ("flood", 5, 46, (
        DrillTask("water_rescue", 2, 5400, 600, (("M040", 1), ("M037", 6)), together=True),
        DrillTask("evacuation", 2, 3600, 600, (("M037", 4),)),
        DrillTask("medical", 1, 3600, 600),
    )),
    ("waterlogging", 4, 30, (DrillTask("drainage", 2, 9000, 1800, (("M044", 1), ("M046", 2))),)),
    ("waterlogging", 3, 18, (DrillTask("drainage", 1, 7200, 1800, (("M045", 1), ("M046", 2))),)),
    ("landslide", 4, 12, (
        DrillTask("road_clearing", 1, 5400, 1800, (("M056", 1),)),
        DrillTask("search_rescue", 1, 7200, 600, (("M057", 1),)),
    )),
    ("evacuation", 3, 60, (DrillTask("evacuation", 2, 5400, 600),)),
)  # fmt: skip
CARRIED = {"TF": ("M037", "M057")}  # kind of team -> what it has of its own: fire engines


def flood_drill(seed: int) -> World:
    """Three towns, 24 villages, five incidents; town teams and fire stations are stationed at their town's store."""
    rng = np.random.default_rng(seed)
    ground = grow_ground(
        rng, counties=1, towns=3, villages=24, nodes=1_200, segments=1_600, area_km2=240, lat=28.0, lon=109.1
    )
    recipe = Recipe(
        "内涝演练：装备与协同（合成）", "Flood drill: equipment and common starts (synthetic)", incidents=len(DRILL),
        squads=23, as_of=AS_OF,
    )  # fmt: skip
    world = world_on(rng, ground, recipe, seed=seed, wave=_wave(np.random.default_rng([seed, 1]), ground))
    return replace(world, teams=_stationed(world.teams, world.stores))


def _stationed(teams: Table, stores: Table) -> Table:
    """The teams with their town's store, where it has one, and what they carry."""
    of_town = {row["place"]: row["id"] for row in stores.rows() if row["tier"] == "town"}
    columns = {
        "store": [of_town.get(place) for place in teams["place"]],
        "carries": [CARRIED.get(team[:2]) for team in teams["id"]],
    }
    return replace(teams, columns={**teams.columns, **columns})


def _wave(rng: np.random.Generator, ground: Ground) -> Wave:
    villages, codes = ground.villages, ground.codes()[2]
    sites = rng.choice(np.flatnonzero(on_main_roads(ground)), len(DRILL), replace=False).tolist()
    incidents: list[dict[str, Any]] = []
    tasks: list[dict[str, Any]] = []
    for number, (site, (kind, severity, people, works)) in enumerate(zip(sites, DRILL, strict=True), 1):
        incidents.append(
            {
                "id": f"I{number:03}",
                "kind": kind,
                "name": villages.name[site] + KINDS[kind].zh,
                "name_en": f"{villages.name_en[site]} {KINDS[kind].en}",
                "severity": severity,
                "lat": float(villages.lat[site]),
                "lon": float(villages.lon[site]),
                "place": codes[site],
                "reported_at": AS_OF - timedelta(minutes=int(rng.integers(2, 20))),
                "people_affected": people,
                "duration_h": Decimal(24),
            }
        )
        tasks += [
            {
                "id": f"I{number:03}-{order}",
                "incident": f"I{number:03}",
                "capability": work.capability,
                "teams_needed": work.teams,
                "service_s": work.service_s,
                "due_s": work.due_s,
                "equipment": tuple((item, Decimal(units)) for item, units in work.equipment) or None,
                "synchronised": work.together or None,
            }
            for order, work in enumerate(works, 1)
        ]
    core = sites[0]
    return Wave(
        _table("incidents", incidents), _table("tasks", tasks), table_of("demands", {}),
        (float(villages.lat[core]), float(villages.lon[core])),
    )  # fmt: skip


def _table(name: str, rows: list[dict[str, Any]]) -> Table:
    return table_of(name, {column: [row[column] for row in rows] for column in rows[0]})
