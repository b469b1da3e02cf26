"""A road network that grows the way roads do: seats, then towns, then villages, then the last junctions are
joined over the terrain, each level reusing what is already built. Roads wind where the ground is steep."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree

from optimizer.units import FloatArray, IntArray
from scenarios.generate.settle import Settlements
from scenarios.generate.terrain import Terrain

CLASSES = ("trunk", "primary", "secondary", "tertiary", "unclassified", "track")
SPEED_KPH = (60.0, 50.0, 40.0, 30.0, 20.0, 12.0)
"""Free-flow speeds by class in a mountain county (assumed; a county edits them)."""
BUILT_DISCOUNT = 0.45
"""Going along a road that exists costs this share of breaking new ground."""


@dataclass(frozen=True)
class Roads:
    """Two-way segments between terrain nodes; `grade` indexes CLASSES, `route` groups segments of one named
    road (-1: no name): for tertiary roads the village index, above that the town index."""

    link: IntArray
    length_m: FloatArray
    speed_kph: FloatArray
    grade: IntArray
    route: IntArray


def build_roads(rng: np.random.Generator, terrain: Terrain, settlements: Settlements, *, segments: int) -> Roads:
    """About `segments` segments (exactly, where the terrain has enough links); every node is on a road."""
    nodes = terrain.x_m.size
    effort = terrain.straight_m * (1 + 9 * terrain.slope) * rng.lognormal(0, 0.12, terrain.straight_m.size)
    grade = np.full(terrain.straight_m.size, len(CLASSES), dtype=np.int64)
    route = np.full(terrain.straight_m.size, -1, dtype=np.int64)
    towns, seats = settlements.town_node, settlements.town_node[settlements.seat_town]

    _join(rng, terrain, effort, grade, route, towns, level=2, extra=0.4)
    _radiate(terrain, effort, grade, route, settlements)
    if seats.size > 1:
        _join(rng, terrain, effort, grade, route, seats, level=0, extra=0.5)
    else:
        _cross(terrain, effort, grade, route, int(seats[0]))
    islet = settlements.islet_village >= 0
    sites = np.concatenate([towns, settlements.village_node])
    if islet:
        sites = sites[sites != settlements.village_node[settlements.islet_village]]
    _join(rng, terrain, effort, grade, route, sites, level=3, extra=0.25)

    # The last junctions hang on the cheapest tree; a few short links more close loops.
    a, b = terrain.link.T
    built = grade < len(CLASSES)
    weight = np.where(built, 1e-3, effort)
    tree = minimum_spanning_tree(coo_matrix((weight, (a, b)), shape=(nodes, nodes)).tocsr()).tocoo()
    in_tree = np.isin(
        a * nodes + b, np.minimum(tree.row, tree.col).astype(np.int64) * nodes + np.maximum(tree.row, tree.col)
    )
    last = in_tree & ~built
    steep = terrain.height_m[a] + terrain.height_m[b] > 2 * np.quantile(terrain.height_m, 0.7)
    grade[last] = np.where(steep, 5, 4)[last]
    open_links = np.flatnonzero(grade == len(CLASSES))
    missing = segments - int((grade < len(CLASSES)).sum())
    if missing > 0:
        wish = effort[open_links] * rng.lognormal(0, 0.6, open_links.size)
        chosen = open_links[np.argpartition(wish, min(missing, wish.size - 1))[:missing]]
        grade[chosen] = np.where(steep, 5, 4)[chosen]

    used = np.flatnonzero(grade < len(CLASSES))
    # Bends: a fifth more on gentle ground, up to twice as far on steep ground.
    bend = 1.04 + np.minimum(2.2 * terrain.slope[used], 0.9) * rng.uniform(0.6, 1.1, used.size)
    speed = np.asarray(SPEED_KPH)[grade[used]] / (1 + np.minimum(1.5 * terrain.slope[used], 0.6))
    return Roads(
        link=terrain.link[used],
        length_m=np.round(terrain.straight_m[used] * bend, 1),
        speed_kph=np.maximum(np.round(speed), 5.0),
        grade=grade[used],
        route=route[used],
    )


def _costs(terrain: Terrain, effort: FloatArray, grade: IntArray) -> coo_matrix:
    a, b = terrain.link.T
    cost = np.where(grade < len(CLASSES), BUILT_DISCOUNT, 1.0) * effort
    return coo_matrix((cost, (a, b)), shape=(terrain.x_m.size,) * 2).tocsr()


def _link_ids(terrain: Terrain, start: IntArray, end: IntArray) -> IntArray:
    """Positions in terrain.link (sorted by lower, then higher node) of given neighbour pairs."""
    nodes = terrain.x_m.size
    keys = terrain.link[:, 0] * nodes + terrain.link[:, 1]
    return np.searchsorted(keys, np.minimum(start, end) * nodes + np.maximum(start, end))


def _pave(
    terrain: Terrain,
    grade: IntArray,
    route: IntArray,
    before: IntArray,
    ends: IntArray,
    names: IntArray,
    level: int,
) -> None:
    """Follow predecessors from all `ends` at once; every link on the way is at least of class `level`."""
    at, name = ends.copy(), names.copy()
    while at.size:
        back = before[at].astype(np.int64)
        going = back >= 0
        at, name, back = at[going], name[going], back[going]
        step = _link_ids(terrain, at, back)
        better = grade[step] > level
        grade[step[better]] = level
        route[step[better]] = name[better]
        # Two walkers on one node take the same way on: keep one.
        at, first = np.unique(back, return_index=True)
        name = name[first]


def _join(
    rng: np.random.Generator,
    terrain: Terrain,
    effort: FloatArray,
    grade: IntArray,
    route: IntArray,
    sites: IntArray,
    *,
    level: int,
    extra: float,
) -> None:
    """Join neighbouring sites: the cheapest tree over them, and a share `extra` of the other neighbour ways.

    One search from all sites at once gives each node its nearest site; the cheapest link between two such
    areas is the way between the two sites.
    """
    distance, before, owner = dijkstra(
        _costs(terrain, effort, grade), directed=False, indices=sites, min_only=True, return_predecessors=True
    )
    a, b = terrain.link.T
    across = np.flatnonzero((owner[a] != owner[b]) & np.isfinite(distance[a]) & np.isfinite(distance[b]))
    way = distance[a[across]] + distance[b[across]] + effort[across]
    rank = np.full(terrain.x_m.size, -1, dtype=np.int64)
    rank[sites] = np.arange(sites.size)
    left, right = rank[owner[a[across]]], rank[owner[b[across]]]
    pair = np.minimum(left, right) * sites.size + np.maximum(left, right)
    order = np.lexsort((across, way, pair))
    first = order[np.unique(pair[order], return_index=True)[1]]  # cheapest link of each pair
    low, high = pair[first] // sites.size, pair[first] % sites.size
    tree = minimum_spanning_tree(coo_matrix((way[first], (low, high)), shape=(sites.size,) * 2).tocsr()).tocoo()
    in_tree = np.isin(low * sites.size + high, tree.row.astype(np.int64) * sites.size + tree.col)
    others = np.flatnonzero(~in_tree)
    wish = way[first[others]] * rng.lognormal(0, 0.3, others.size)
    in_tree[others[np.argsort(wish)[: int(extra * others.size)]]] = True
    for at in (first[in_tree],):
        chosen = across[at]
        better = grade[chosen] > level
        grade[chosen[better]] = level
        route[chosen[better]] = left[at][better]
        ends = np.concatenate([a[chosen], b[chosen]])
        _pave(terrain, grade, route, before, ends, rank[owner[ends]].astype(np.int64), level)


def _radiate(terrain: Terrain, effort: FloatArray, grade: IntArray, route: IntArray, settlements: Settlements) -> None:
    """Every town to the nearest county seat: the provincial and county main roads."""
    seats = settlements.town_node[settlements.seat_town]
    _, before, _ = dijkstra(
        _costs(terrain, effort, grade), directed=False, indices=seats, min_only=True, return_predecessors=True
    )
    index = np.arange(settlements.town_node.size)
    _pave(terrain, grade, route, before, settlements.town_node, index, 1)


def _cross(terrain: Terrain, effort: FloatArray, grade: IntArray, route: IntArray, seat: int) -> None:
    """A national road through the seat, from one end of the county to the other."""
    _, before = dijkstra(_costs(terrain, effort, grade), directed=False, indices=seat, return_predecessors=True)
    along = terrain.x_m + 0.35 * terrain.y_m
    reached = np.flatnonzero(before >= 0)
    ends = reached[[int(np.argmin(along[reached])), int(np.argmax(along[reached]))]]
    _pave(terrain, grade, route, before, ends, np.zeros(2, dtype=np.int64), 0)


def main_share(nodes: int, link: IntArray) -> float:
    """Share of the nodes in the largest connected piece."""
    a, b = link.T
    _, label = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(nodes, nodes)), directed=False)
    return float(np.bincount(label).max() / nodes)
