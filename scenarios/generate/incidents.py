"""A rainstorm wave: incidents around the storm's core, what they need, and the roads it closes.

Kinds, service times and shares are assumed; due times are those of the 1-3-5-10 tiers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from inventory.files import Table
from optimizer.units import FloatArray, IntArray
from scenarios.generate.ground import Ground
from scenarios.world import table_of

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class TaskKind:
    """`teams` by severity 1..5; due by the tier that should be there."""

    capability: str
    teams: tuple[int, int, int, int, int]
    service_min: tuple[int, int]
    due_s: int
    latest_s: int | None = None


@dataclass(frozen=True)
class Kind:
    zh: str
    en: str
    share: float
    tasks: tuple[TaskKind, ...]
    people: int  # median affected
    items: tuple[tuple[str, float], ...]  # explicit demands: catalogue item, units per person affected


EVACUATION = TaskKind("evacuation", (1, 1, 1, 2, 2), (40, 120), 300)
MEDICAL = TaskKind("medical", (0, 0, 1, 1, 1), (30, 60), 600)
KINDS: dict[str, Kind] = {
    "flood": Kind(
        "洪涝", "Flood", 0.36,
        (TaskKind("water_rescue", (1, 1, 1, 1, 2), (60, 150), 600), EVACUATION, MEDICAL), 36,
        (("M037", 0.4), ("M038", 0.05), ("M040", 0.02), ("M013", 0.25), ("M006", 0.5), ("M043", 0.03)),
    ),
    "landslide": Kind(
        "山体滑坡", "Landslide", 0.24,
        (
            TaskKind("search_rescue", (1, 1, 1, 2, 2), (90, 240), 600, 3 * 3600),
            EVACUATION,
            TaskKind("road_clearing", (0, 1, 1, 1, 1), (60, 180), 1800),
            MEDICAL,
        ), 24,
        (("M053", 0.3), ("M043", 0.05), ("M022", 0.04), ("M069", 0.3), ("M019", 0.05), ("M005", 0.6)),
    ),
    "waterlogging": Kind(
        "内涝", "Waterlogging", 0.18,
        (
            TaskKind("drainage", (1, 1, 1, 2, 2), (90, 240), 1800),
            TaskKind("evacuation", (0, 0, 1, 1, 1), (30, 90), 600),
        ), 40, (("M044", 0.02), ("M046", 0.05), ("M047", 0.02), ("M072", 0.2), ("M013", 0.2)),
    ),
    "evacuation": Kind(
        "转移安置", "Evacuation", 0.14,
        (TaskKind("evacuation", (1, 1, 2, 2, 3), (60, 150), 600), MEDICAL), 60,
        (("M005", 0.8), ("M003", 0.4), ("M013", 0.25), ("M011", 0.2), ("M001", 0.1)),
    ),
    "fire": Kind(
        "火灾", "Fire", 0.08,
        (TaskKind("firefighting", (1, 1, 2, 2, 3), (40, 120), 300), MEDICAL), 6,
        (("M059", 0.5), ("M067", 0.1), ("M061", 0.2), ("M019", 0.1)),
    ),
}  # fmt: skip
EXPLICIT = 0.35  # share of incidents whose needs somebody has called in; the others are estimated


@dataclass(frozen=True)
class Wave:
    """What the wave did: three tables and its core (lat, lon)."""

    incidents: Table
    tasks: Table
    demands: Table
    core: tuple[float, float]


def rainstorm_wave(
    rng: np.random.Generator, ground: Ground, *, count: int, as_of: datetime, spread: float = 0.25
) -> Wave:
    """`count` incidents at different villages, drawn towards the storm's core (`spread`: share of the land's size).

    Where there are more incidents than villages, several share one. Reported within the two hours before `as_of`.
    """
    villages = ground.villages
    centre = int(rng.integers(len(villages)))
    x, y = _plane(villages.lat, villages.lon)
    far = np.hypot(x - x[centre], y - y[centre])
    size = max(1.0, float(np.hypot(np.ptp(x), np.ptp(y)))) * spread
    wish = (np.exp(-0.5 * (far / size) ** 2) + 0.02) * on_main_roads(ground)
    sites = rng.choice(len(villages), count, replace=count > len(villages), p=wish / wish.sum())
    kinds = rng.choice(list(KINDS), count, p=[kind.share for kind in KINDS.values()])
    severity = np.clip(np.rint(rng.normal(3.4 - 0.8 * far[sites] / far.max(initial=1.0), 1.0)), 1, 5).astype(np.int64)
    reported = [as_of - timedelta(minutes=int(m)) for m in rng.integers(0, 120, count)]
    people = np.maximum(1, np.rint(rng.lognormal(0, 0.6, count) * [KINDS[k].people for k in kinds])).astype(np.int64)
    codes = ground.codes()[2]
    number = {"width": max(3, len(str(count)))}
    ids = [f"I{index + 1:0{number['width']}d}" for index in range(count)]
    lat = np.round(villages.lat[sites] + rng.normal(0, 180, count) / METRES_PER_DEGREE, 6)
    lon = np.round(villages.lon[sites] + rng.normal(0, 180, count) / METRES_PER_DEGREE, 6)
    incidents = table_of(
        "incidents",
        {
            "id": ids,
            "kind": kinds.tolist(),
            "name": [villages.name[s] + KINDS[k].zh for s, k in zip(sites.tolist(), kinds, strict=True)],
            "name_en": [f"{villages.name_en[s]} {KINDS[k].en}" for s, k in zip(sites.tolist(), kinds, strict=True)],
            "severity": severity.tolist(),
            "lat": lat.tolist(),
            "lon": lon.tolist(),
            "place": [codes[s] for s in sites.tolist()],
            "reported_at": reported,
            "people_affected": people.tolist(),
            "duration_h": [Decimal(int(h)) for h in rng.choice([12, 24, 48, 72], count)],
        },
    )
    tasks = _tasks(rng, ids, kinds.tolist(), severity)
    demands = _demands(rng, ids, kinds.tolist(), people)
    return Wave(incidents, tasks, demands, (float(villages.lat[centre]), float(villages.lon[centre])))


def on_main_roads(ground: Ground) -> IntArray:
    """(villages,) 1 where the nearest junction belongs to the main component, 0 on islets: a wave that strikes
    where no road leads shows nothing of dispatch."""
    network, villages = ground.network, ground.villages
    pairs = coo_matrix((np.ones(network.edge_count), (network.tail, network.head)), shape=(network.node_count,) * 2)
    _, label = connected_components(pairs, directed=False)
    middle = float(network.lat.mean())
    tree = cKDTree(np.column_stack(_plane(network.lat, network.lon, middle)))
    _, node = tree.query(np.column_stack(_plane(villages.lat, villages.lon, middle)))
    main: IntArray = (label[node] == np.bincount(label).argmax()).astype(np.int64)
    return main if main.any() else np.ones_like(main)


def _tasks(rng: np.random.Generator, ids: list[str], kinds: list[str], severity: IntArray) -> Table:
    rows: dict[str, list[Any]] = {
        name: [] for name in ("id", "incident", "capability", "teams_needed", "service_s", "due_s", "latest_s")
    }
    for incident, kind, level in zip(ids, kinds, severity.tolist(), strict=True):
        for number, task in enumerate(KINDS[kind].tasks, 1):
            minutes = int(rng.integers(task.service_min[0] // 5, task.service_min[1] // 5 + 1)) * 5
            if not task.teams[level - 1]:
                continue
            rows["id"].append(f"{incident}-{number}")
            rows["incident"].append(incident)
            rows["capability"].append(task.capability)
            rows["teams_needed"].append(task.teams[level - 1])
            rows["service_s"].append(60 * minutes)
            rows["due_s"].append(task.due_s)
            rows["latest_s"].append(task.latest_s)
    return table_of("tasks", rows)


def _demands(rng: np.random.Generator, ids: list[str], kinds: list[str], people: IntArray) -> Table:
    rows: dict[str, list[Any]] = {name: [] for name in ("incident", "item", "quantity")}
    for incident, kind, affected in zip(ids, kinds, people.tolist(), strict=True):
        if rng.random() < EXPLICIT:
            for item, each in KINDS[kind].items:
                rows["incident"].append(incident)
                rows["item"].append(item)
                rows["quantity"].append(Decimal(max(1, round(each * affected))))
    return table_of("demands", rows)


def storm_closures(rng: np.random.Generator, ground: Ground, wave: Wave) -> tuple[dict[str, Any], ...]:
    """A flooded reach (polygon), a village road named by name, segments cut by slides, and rain that slows the core."""
    network = ground.network
    x, y = _plane(network.lat, network.lon)
    slides = [i for i, kind in enumerate(wave.incidents["kind"]) if kind == "landslide"][:4]
    cut = set()
    for index in slides:
        lat, lon = wave.incidents["lat"][index], wave.incidents["lon"][index]
        px, py = _plane(np.array([lat]), np.array([lon]), float(network.lat.mean()))
        gap = np.hypot(x - px[0], y - py[0])
        near = (gap[network.tail] > 500) & (gap[network.head] > 500) & (gap[network.tail] < 2_500)
        edges = np.flatnonzero(near)  # on the way to the slide, not under it: the place itself can be reached on foot
        if edges.size:
            cut.add(str(network.segment_id[network.segment[edges[int(rng.integers(edges.size))]]]))
    lat, lon = wave.core
    closures: list[dict[str, Any]] = [
        {"id": "rain-暴雨减速", "polygon": _disc(lat, lon, 9_000), "speed_factor": Decimal("0.7")},
        {"id": "flood-河段漫水", "polygon": _disc(lat + 0.012, lon - 0.015, 900), "speed_factor": Decimal(0)},
    ]
    named = sorted({str(name) for name in network.names if str(name).endswith("通村路")})
    if named:
        closures.append(
            {"id": "road-村路塌方", "road_name": named[int(rng.integers(len(named)))], "speed_factor": Decimal(0)}
        )
    if cut:
        closures.append({"id": "slide-滑坡断路", "edges": sorted(cut), "speed_factor": Decimal(0)})
    return tuple(closures)


def _plane(lat: FloatArray, lon: FloatArray, middle: float | None = None) -> tuple[FloatArray, FloatArray]:
    middle = float(lat.mean()) if middle is None else middle
    return lon * METRES_PER_DEGREE * np.cos(np.radians(middle)), lat * METRES_PER_DEGREE


def _disc(lat: float, lon: float, radius_m: float) -> dict[str, Any]:
    angle = np.linspace(0, 2 * np.pi, 25)
    north = np.round(lat + radius_m * np.sin(angle) / METRES_PER_DEGREE, 6)
    east = np.round(lon + radius_m * np.cos(angle) / (METRES_PER_DEGREE * np.cos(np.radians(lat))), 6)
    ring = [[float(e), float(n)] for e, n in zip(east[:-1], north[:-1], strict=True)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
