"""Roads as vector tiles (Mapbox Vector Tile 2.1) straight out of the arrays of a network: encoding whole arrays at once
keeps a tile of a city at some ten milliseconds, which the usual encoders, feature by feature, do not."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.network.graph import TURN_CLASS, RoadNetwork
from optimizer.units import FloatArray

MEDIA_TYPE: Final = "application/vnd.mapbox-vector-tile"
MOST_ZOOM: Final = 14  # beyond, a map enlarges these
EXTENT: Final = 4096
MOST_PIECES: Final = 25_000
"""Of one tile; lesser roads are left out first."""
_BESIDE: Final = 64
_GRID: Final = (16,) * 13 + (4,) * 2
"""By zoom, what positions are rounded to: two pixels, then half a pixel of a tile 512 wide. It divides a tile, so that
roads meet where tiles do."""
_RANKS: Final = {
    0: ("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link"),
    1: ("secondary", "secondary_link"),
    2: ("tertiary", "tertiary_link"),
    4: ("track", "path", "footway", "steps", "bridleway", "cycleway", "pedestrian"),
}
LESSER: Final = 3  # every other class: streets, lanes
_MOST_LAT: Final = 85.05112878
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Straight pieces of all roads, P of them, in Mercator of the unit square, and what rank of road each is of."""

    x: FloatArray  # (P, 2)
    y: FloatArray  # (P, 2)
    rank: npt.NDArray[np.int8]  # (P,) 0 trunk and primary … 4 tracks and paths


def pieces_of(network: RoadNetwork) -> Pieces:
    """All roads of a network but the turns at a node, which have no length."""
    ranks = {name: rank for rank, names in _RANKS.items() for name in names}
    rank_of_class = np.array([ranks.get(name, LESSER) for name in network.class_names], np.int8)
    turn = np.array([name == TURN_CLASS for name in network.class_names])
    edge = network.segment_edges.max(axis=1)
    road_class = network.road_class[edge]
    count = len(network.segment_id)
    first = network.shape_offset[:-1] + 2 * np.arange(count)
    last = network.shape_offset[1:] + 2 * np.arange(count) + 1
    between = np.ones(len(network.shape_lat) + 2 * count, bool)
    between[first] = between[last] = False
    points = np.empty((len(between), 2))
    points[first] = np.column_stack((network.lon, network.lat))[network.segment_ends[:, 0]]
    points[last] = np.column_stack((network.lon, network.lat))[network.segment_ends[:, 1]]
    points[between] = np.column_stack((network.shape_lon, network.shape_lat))
    x, y = _mercator(points[:, 0], points[:, 1])
    begins = np.ones(len(points), bool)
    begins[last] = False
    at = np.flatnonzero(begins)
    segment = np.repeat(np.arange(count), np.diff(network.shape_offset) + 1)
    kept = ~turn[road_class[segment]] if count else np.zeros(0, bool)
    at, segment = at[kept], segment[kept]
    return Pieces(np.column_stack((x[at], x[at + 1])), np.column_stack((y[at], y[at + 1])),
                  rank_of_class[road_class[segment]])  # fmt: skip


def _mercator(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    phi = np.radians(np.clip(lat, -_MOST_LAT, _MOST_LAT))
    return lon / 360 + 0.5, 0.5 - np.arcsinh(np.tan(phi)) / (2 * np.pi)


def tile(pieces: Pieces, zoom: int, column: int, row: int) -> bytes:
    """Layer `roads`: one line feature for each rank (`rank`). Pieces too short to be seen are gone, those that look
    the same are one; an empty tile is no bytes."""
    scale = float(1 << zoom)
    x, y = (pieces.x * scale - column) * EXTENT, (pieces.y * scale - row) * EXTENT
    low, high = -_BESIDE, EXTENT + _BESIDE
    near = (x.max(1) >= low) & (x.min(1) <= high) & (y.max(1) >= low) & (y.min(1) <= high)
    x, y, inside = _clipped(x[near], y[near], low, high)
    grid = _GRID[zoom]
    ends = np.rint(np.column_stack((x[:, 0], y[:, 0], x[:, 1], y[:, 1])) / grid).astype(np.int64) * grid
    seen = inside & ((ends[:, 0] != ends[:, 2]) | (ends[:, 1] != ends[:, 3]))
    ends, rank = ends[seen], pieces.rank[near][seen]
    turned = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turned] = ends[turned][:, [2, 3, 0, 1]]
    order = np.lexsort((rank, *ends.T))
    ends, rank = ends[order], rank[order]
    new = np.ones(len(ends), bool)
    new[1:] = (ends[1:] != ends[:-1]).any(axis=1)  # of equal ones the road of the highest rank, which is first
    ends, rank = ends[new], rank[new]
    left = MOST_PIECES
    features: list[bytes] = []
    ranks: list[int] = []
    for one in range(5):
        of_rank = ends[rank == one][:left]
        if len(of_rank):
            left -= len(of_rank)
            features.append(_field(2, _field(2, _varints([0, len(ranks)])) + b"\x18\x02" + _field(4, _lines(of_rank))))
            ranks.append(one)
    if not features:
        return b""
    values = b"".join(_field(4, b"\x28" + _varints([one])) for one in ranks)
    head = b"\x78\x02" + _field(1, b"roads")
    return _field(3, head + b"".join(features) + _field(3, b"rank") + values + b"\x28" + _varints([EXTENT]))


def _clipped(x: FloatArray, y: FloatArray, low: int, high: int) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """What of each piece lies in the square, and whether anything does (Liang and Barsky)."""
    begin, end = np.zeros(len(x)), np.ones(len(x))
    inside = np.ones(len(x), bool)
    for line in (x, y):
        start, step = line[:, 0], line[:, 1] - line[:, 0]
        still = step == 0
        one, other = ((bound - start) / np.where(still, 1, step) for bound in (low, high))
        begin = np.where(still, begin, np.maximum(begin, np.minimum(one, other)))
        end = np.where(still, end, np.minimum(end, np.maximum(one, other)))
        inside &= ~still | ((start >= low) & (start <= high))
    cut = [np.column_stack([line[:, 0] + part * (line[:, 1] - line[:, 0]) for part in (begin, end)]) for line in (x, y)]
    return cut[0], cut[1], inside & (begin < end)


def _lines(ends: Integers) -> bytes:
    """Each piece as MoveTo, LineTo; positions count from where the pen was left."""
    pen = np.zeros_like(ends[:, :2])
    pen[1:] = ends[:-1, 2:]
    out = np.empty((len(ends), 6), np.int64)
    out[:, 0], out[:, 3] = 9, 10
    out[:, 1:3], out[:, 4:6] = _zigzag(ends[:, :2] - pen), _zigzag(ends[:, 2:] - ends[:, :2])
    return _varints(out.ravel())


def _zigzag(values: Integers) -> Integers:
    return (values << 1) ^ (values >> 63)


def _varints(values: npt.ArrayLike) -> bytes:
    """Seven bits a byte, the lowest first, the high bit while more follow."""
    given = np.asarray(values, np.int64)
    length = np.ones(len(given), np.int64)
    for bits in (7, 14, 21, 28):
        length += given >= 1 << bits
    at = np.cumsum(length) - length
    out = np.zeros(int(length.sum()), np.uint8)
    for number in range(5):
        there = length > number
        more = np.where(length[there] > number + 1, 0x80, 0)
        out[at[there] + number] = ((given[there] >> (7 * number)) & 0x7F) | more
    return out.tobytes()


def _field(number: int, content: bytes) -> bytes:
    return _varints([number << 3 | 2, len(content)]) + content
