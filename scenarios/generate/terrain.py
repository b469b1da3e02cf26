"""Hilly land without a grid: heights from folded waves, junction sites that crowd into the valleys, a lake
with an islet. Everything is a function of the random generator; metres on a local plane."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay

from optimizer.units import BoolArray, FloatArray, IntArray

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Lake:
    """Open water: a disc of `radius_m`, with land again inside `islet_m` of its centre (0: no islet)."""

    x_m: float
    y_m: float
    radius_m: float
    islet_m: float

    def water(self, x_m: FloatArray, y_m: FloatArray) -> BoolArray:
        distance_m = np.hypot(x_m - self.x_m, y_m - self.y_m)
        return (distance_m < self.radius_m) & (distance_m > self.islet_m)


@dataclass(frozen=True)
class Terrain:
    """Junction sites and the candidate links between neighbours (Delaunay, none across water).

    x_m, y_m, height_m (nodes,); link (links, 2) node pairs, lower first; straight_m (links,);
    slope (links,) rise over run.
    """

    x_m: FloatArray
    y_m: FloatArray
    height_m: FloatArray
    link: IntArray
    straight_m: FloatArray
    slope: FloatArray
    lake: Lake | None


class Heights:
    """Folded sine waves: valleys wind, ridges are sharp. Heights of roughly 250 to 1,500 m."""

    def __init__(self, rng: np.random.Generator, *, scale_m: float) -> None:
        # Four wavelengths, each half the one before; the longest spans about a third of the land.
        octave = np.repeat(np.arange(4), 5)
        angle = rng.uniform(0, 2 * np.pi, octave.size)
        number = 2 * np.pi / (scale_m / 2.0**octave)
        self._kx, self._ky = number * np.cos(angle), number * np.sin(angle)
        self._phase = rng.uniform(0, 2 * np.pi, octave.size)
        self._octave = octave

    def __call__(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        height = np.zeros_like(x_m)
        for level in range(4):
            waves = [
                np.sin(self._kx[k] * x_m + self._ky[k] * y_m + self._phase[k])
                for k in np.flatnonzero(self._octave == level)
            ]
            fold = 1.0 - np.abs(sum(waves)) / 2.2  # sharp crest where the waves cancel
            height += fold * 0.55**level
        return 850.0 + 350.0 * height


def grow_terrain(
    rng: np.random.Generator, *, nodes: int, area_km2: float, with_islet: bool = True, lobes: int = 5
) -> Terrain:
    """About `nodes` junction sites on `area_km2` inside an irregular outline (exactly `nodes` are drawn)."""
    area_m2 = area_km2 * 1e6
    radius_m = np.sqrt(area_m2 / np.pi)
    heights = Heights(rng, scale_m=radius_m * 0.9)
    swing = rng.uniform(0.04, 0.11, lobes) / np.sqrt(np.arange(1, lobes + 1))
    turn = rng.uniform(0, 2 * np.pi, lobes)

    def inside(x_m: FloatArray, y_m: FloatArray) -> BoolArray:
        theta = np.arctan2(y_m, x_m)
        edge = 1.0 + sum(swing[k] * np.cos((k + 2) * theta + turn[k]) for k in range(lobes))
        return np.hypot(x_m, y_m) < radius_m * edge

    lake = None
    if with_islet:
        bearing, reach = rng.uniform(0, 2 * np.pi), 0.45 * radius_m
        size_m = 0.055 * radius_m + 900.0
        lake = Lake(reach * np.cos(bearing), reach * np.sin(bearing), size_m, 0.38 * size_m)

    # One jittered candidate per cell keeps sites apart; low ground is chosen more often than high ground.
    cell_m = np.sqrt(area_m2 / (2.3 * nodes))
    half = int(1.5 * radius_m / cell_m)
    column, row = np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1))
    jitter = rng.uniform(-0.42, 0.42, (2, column.size))
    x_m = (column.ravel() + jitter[0]) * cell_m
    y_m = (row.ravel() + jitter[1]) * cell_m
    keep = inside(x_m, y_m)
    if lake is not None:
        keep &= ~lake.water(x_m, y_m)
    x_m, y_m = x_m[keep], y_m[keep]
    height_m = heights(x_m, y_m)
    wish = -(height_m - height_m.min()) / (0.32 * np.ptp(height_m)) + rng.gumbel(size=x_m.size)
    if lake is not None:  # the islet keeps all its sites: it is inhabited
        wish[np.hypot(x_m - lake.x_m, y_m - lake.y_m) <= lake.islet_m] = np.inf
    chosen = np.sort(np.argpartition(-wish, nodes)[:nodes])
    return _link(x_m[chosen], y_m[chosen], height_m[chosen], lake, cell_m)


def _link(x_m: FloatArray, y_m: FloatArray, height_m: FloatArray, lake: Lake | None, cell_m: float) -> Terrain:
    corner = Delaunay(np.column_stack([x_m, y_m])).simplices.astype(np.int64)
    pair = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [0, 2]]])
    pair.sort(axis=1)
    key = np.unique(pair[:, 0] * x_m.size + pair[:, 1])
    link = np.column_stack([key // x_m.size, key % x_m.size])
    a, b = link.T
    straight_m = np.hypot(x_m[a] - x_m[b], y_m[a] - y_m[b])
    keep = straight_m < 12 * cell_m  # long links only close the outline
    if lake is not None:
        for share in (0.2, 0.5, 0.8):
            keep &= ~lake.water(x_m[a] + share * (x_m[b] - x_m[a]), y_m[a] + share * (y_m[b] - y_m[a]))
    link, straight_m = link[keep], straight_m[keep]
    slope = np.abs(height_m[link[:, 0]] - height_m[link[:, 1]]) / straight_m
    return Terrain(x_m, y_m, height_m, link, straight_m, slope, lake)


def to_degrees(x_m: FloatArray, y_m: FloatArray, *, lat: float, lon: float) -> tuple[FloatArray, FloatArray]:
    """Plane metres around (lat, lon) to WGS-84 degrees, rounded to 6 decimals (0.1 m)."""
    north = np.round(lat + y_m / METRES_PER_DEGREE, 6)
    east = np.round(lon + x_m / (METRES_PER_DEGREE * np.cos(np.radians(lat))), 6)
    return north, east
