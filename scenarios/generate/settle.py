"""Where people live: county seats, towns and villages on distinct junctions, evenly spread, on low ground."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from optimizer.units import BoolArray, FloatArray, IntArray
from scenarios.generate.terrain import Terrain


@dataclass(frozen=True)
class Settlements:
    """Nodes of the terrain. The first town of a county is its seat.

    seat_town (counties,) index of the seat among the towns; town_node, town_county (towns,);
    village_node, village_town (villages,); islet_village: the village on the islet, or -1.
    """

    seat_town: IntArray
    town_node: IntArray
    town_county: IntArray
    village_node: IntArray
    village_town: IntArray
    islet_village: int


def settle(rng: np.random.Generator, terrain: Terrain, *, counties: int, towns: int, villages: int) -> Settlements:
    """Exactly as many as asked for; every county has a town and every town a village."""
    xy = np.column_stack([terrain.x_m, terrain.y_m])
    free = np.ones(len(xy), dtype=bool)
    on_islet = np.zeros(len(xy), dtype=bool)
    if terrain.lake is not None:
        lake = terrain.lake
        on_islet = np.hypot(xy[:, 0] - lake.x_m, xy[:, 1] - lake.y_m) <= lake.islet_m
        free &= ~on_islet
    seat_node = _spread(rng, xy, terrain.height_m, free, counties, rounds=12, near=60)
    free[seat_node] = False
    others = _spread(rng, xy, terrain.height_m, free, towns - counties, rounds=8, near=30)
    free[others] = False
    loose_county = cKDTree(xy[seat_node]).query(xy[others])[1]
    town_node = np.concatenate([seat_node, others])
    town_county = np.concatenate([np.arange(counties), loose_county])
    order = np.lexsort((np.arange(towns) >= counties, town_county))  # by county, the seat first
    order = order[np.lexsort((order >= counties, town_county[order]))]
    town_node, town_county = town_node[order], town_county[order]
    seat_town = np.searchsorted(town_county, np.arange(counties))

    has_islet = bool(on_islet.any())
    village_node = _spread(rng, xy, terrain.height_m, free, villages - has_islet, rounds=5, near=10)
    if has_islet:
        village_node = np.append(village_node, np.flatnonzero(on_islet)[0])
    village_town = cKDTree(xy[town_node]).query(xy[village_node])[1].astype(np.int64)
    for town in np.flatnonzero(np.bincount(village_town, minlength=towns) == 0):
        # A town without a village takes the nearest one of a town that can spare it.
        spare = np.bincount(village_town, minlength=towns)[village_town] > 1
        gap = np.where(spare, np.hypot(*(xy[village_node] - xy[town_node[town]]).T), np.inf)
        village_town[int(np.argmin(gap))] = town
    by_town = np.argsort(village_town, kind="stable")
    islet_village = int(np.flatnonzero(by_town == villages - 1)[0]) if has_islet else -1
    return Settlements(seat_town, town_node, town_county, village_node[by_town], village_town[by_town], islet_village)


def _spread(
    rng: np.random.Generator,
    xy: FloatArray,
    height_m: FloatArray,
    free: BoolArray,
    count: int,
    *,
    rounds: int,
    near: int,
) -> IntArray:
    """`count` distinct free nodes: centres of a few k-means rounds, each moved to the lowest node nearby."""
    pool = np.flatnonzero(free)
    sample = pool if pool.size <= 20_000 else rng.choice(pool, max(20_000, 8 * count), replace=False)
    centre = xy[rng.choice(sample, count, replace=False)]
    for _ in range(rounds):
        owner = cKDTree(centre).query(xy[sample])[1]
        size = np.bincount(owner, minlength=count)
        total = np.column_stack([np.bincount(owner, xy[sample, axis], count) for axis in (0, 1)])
        centre = np.where(size[:, None] > 0, total / np.maximum(size, 1)[:, None], centre)
    nearest = cKDTree(xy[pool]).query(centre, k=min(near, pool.size))[1].reshape(count, -1)
    lowest_first = np.take_along_axis(nearest, np.argsort(height_m[pool[nearest]], axis=1), axis=1)
    taken = np.zeros(pool.size, dtype=bool)
    chosen = np.empty(count, dtype=np.int64)
    for index in range(count):
        options = lowest_first[index][~taken[lowest_first[index]]]
        pick = options[0] if options.size else np.flatnonzero(~taken)[0]
        taken[pick] = True
        chosen[index] = pool[pick]
    return chosen
