"""Roads as vector tiles (Mapbox Vector Tile 2.1) straight out of the arrays of a network: encoding whole arrays at once
keeps a tile of a city at some ten milliseconds, which the usual encoders, feature by feature, do not. Roads are joined
to long lines once for a network, and thinned once for a zoom: what a map has to draw is bounded, and the same roads
are shown all over it."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.network.graph import TURN_CLASS, RoadNetwork
from optimizer.network.trails import thin, trails
from optimizer.units import FloatArray

MEDIA_TYPE: Final = "application/vnd.mapbox-vector-tile"
VERSION: Final = 2  # of what a tile is made to look like: kept ones are fetched anew
MOST_ZOOM: Final = 14  # beyond, a map enlarges these
EXTENT: Final = 4096
MOST_PIECES: Final = 5_000
"""Of the fullest tile of a zoom; else the least ranks of road are left out there, all over the map."""
_AT_ALL: Final = 25_000  # of one tile, also of the rank that is always shown
_BESIDE: Final = 64
_GRID: Final = 4  # what positions are rounded to: half a pixel of a tile 512 wide
_PIXELS: Final = 512
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
class Lines:
    """Straight pieces of roads, P of them, in Mercator of the unit square, rank by rank and one after the other along
    each line."""

    x: FloatArray  # (P, 2)
    y: FloatArray  # (P, 2)
    rank: npt.NDArray[np.int8]  # (P,) 0 trunk and primary … 4 tracks and paths


@dataclass(frozen=True, eq=False)
class Pieces:
    """All roads of a network as points of lines, N of them, and what each zoom shows of them, once it was asked for."""

    x: FloatArray  # (N,)
    y: FloatArray  # (N,)
    rank: npt.NDArray[np.int8]  # (N,)
    begins: npt.NDArray[np.bool_]  # (N,) a new line
    _shown: dict[int, Lines] = field(default_factory=dict)

    def shown(self, zoom: int) -> Lines:
        if zoom not in self._shown:
            self._shown[zoom] = _shown(self, zoom)
        return self._shown[zoom]


def pieces_of(network: RoadNetwork) -> Pieces:
    """All roads of a network but the turns at a node, which have no length."""
    ranks = {name: rank for rank, names in _RANKS.items() for name in names}
    rank_of_class = np.array([ranks.get(name, LESSER) for name in network.class_names], np.int8)
    turn = np.array([name == TURN_CLASS for name in network.class_names])
    road_class = network.road_class[network.segment_edges.max(axis=1)]
    count = len(network.segment_id)
    kept = np.flatnonzero(~turn[road_class]) if count else np.zeros(0, np.int64)
    rank = rank_of_class[road_class[kept]] if count else np.zeros(0, np.int8)
    order, turned, begins = trails(network.segment_ends[kept], rank, len(network.lat))
    segment, rank = kept[order], rank[order]
    ends = np.where(turned[:, None], network.segment_ends[segment][:, ::-1], network.segment_ends[segment])
    # of each segment its first node where a line begins, the points of its shape, its last node
    between = np.diff(network.shape_offset)[segment]
    length = between + 1 + begins
    stop = np.cumsum(length)
    inside = np.arange(int(stop[-1]) if len(stop) else 0) - np.repeat(stop - length, length)  # place in its segment
    of, step = np.repeat(np.arange(len(segment)), length), inside - np.repeat(begins, length)
    lon, lat = (points[ends[of, 1]] for points in (network.lon, network.lat))
    first = step < 0
    lon[first], lat[first] = network.lon[ends[of[first], 0]], network.lat[ends[of[first], 0]]
    middle = (step >= 0) & (step < between[of])
    whose = of[middle]
    along = np.where(turned[whose], between[whose] - 1 - step[middle], step[middle])
    at = network.shape_offset[segment[whose]] + along
    lon[middle], lat[middle] = network.shape_lon[at], network.shape_lat[at]
    return Pieces(*_mercator(lon, lat), rank[of], first)


def _shown(pieces: Pieces, zoom: int) -> Lines:
    """Lines without the points that cannot be seen, of the ranks that are not too many."""
    x, y, rank, begins = pieces.x, pieces.y, pieces.rank, pieces.begins
    if zoom < MOST_ZOOM:
        kept = thin(x, y, begins, 0.75 / (_PIXELS << zoom))
        x, y, rank, begins = x[kept], y[kept], rank[kept], begins[kept]
    on = np.flatnonzero(~begins)
    lines = Lines(np.column_stack((x[on - 1], x[on])), np.column_stack((y[on - 1], y[on])), rank[on])
    if not len(lines.rank):
        return lines
    column, row = (np.floor(one.mean(axis=1) * (1 << zoom)).astype(np.int64) for one in (lines.x, lines.y))
    tiles, tile_of = np.unique(column * (1 << zoom) + row, return_inverse=True)
    full = np.zeros(len(tiles), np.int64)
    most = int(lines.rank[0])
    for one in range(most, 5):
        full += np.bincount(tile_of[lines.rank == one], minlength=len(tiles))
        if one > most and full.max() > MOST_PIECES:
            break
        most = one
    there = lines.rank <= most
    return Lines(lines.x[there], lines.y[there], lines.rank[there])


def _mercator(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    phi = np.radians(np.clip(lat, -_MOST_LAT, _MOST_LAT))
    return lon / 360 + 0.5, 0.5 - np.arcsinh(np.tan(phi)) / (2 * np.pi)


def tile(pieces: Pieces, zoom: int, column: int, row: int) -> bytes:
    """Layer `roads`: one line feature for each rank (`rank`). Pieces too short to be seen are gone, those that look
    the same are one; an empty tile is no bytes."""
    lines, scale = pieces.shown(zoom), float(1 << zoom)
    low, high = -_BESIDE, EXTENT + _BESIDE
    near = np.ones(len(lines.rank), bool)
    for line, corner in ((lines.x, column), (lines.y, row)):
        begin, end = (corner + low / EXTENT) / scale, (corner + high / EXTENT) / scale
        near &= (line.max(1) >= begin) & (line.min(1) <= end)
    x, y = (lines.x[near] * scale - column) * EXTENT, (lines.y[near] * scale - row) * EXTENT
    x, y, inside = _clipped(x, y, low, high)
    ends = np.rint(np.column_stack((x[:, 0], y[:, 0], x[:, 1], y[:, 1])) / _GRID).astype(np.int64) * _GRID
    seen = inside & ((ends[:, 0] != ends[:, 2]) | (ends[:, 1] != ends[:, 3]))
    ends, rank = ends[seen], lines.rank[near][seen]
    begin, end = (((ends[:, at] + _BESIDE) << 13) + ends[:, at + 1] + _BESIDE for at in (0, 2))
    # of those that look the same the road of the highest rank, which is first
    _, new = np.unique((np.minimum(begin, end) << 26) + np.maximum(begin, end), return_index=True)
    new = np.sort(new)[:_AT_ALL]
    ends, rank = ends[new], rank[new]
    features: list[bytes] = []
    ranks: list[int] = []
    for one in range(5):
        of_rank = ends[rank == one]
        if len(of_rank):
            features.append(_field(2, _field(2, _varints([0, len(ranks)])) + b"\x18\x02" + _field(4, _drawn(of_rank))))
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


def _drawn(ends: Integers) -> bytes:
    """MoveTo where a piece does not go on from the one before, then LineTo; positions count from where the pen was
    left."""
    pen = np.zeros_like(ends[:, :2])
    pen[1:] = ends[:-1, 2:]
    begins = (ends[:, :2] != pen).any(axis=1)
    begins[0] = True
    first = np.flatnonzero(begins)
    count = np.diff(np.append(first, len(ends)))
    at = 4 * np.cumsum(begins) + 2 * np.arange(len(ends))  # of each piece its own step
    out = np.empty(2 * len(ends) + 4 * len(first), np.int64)
    out[at[first] - 4], out[at[first] - 1] = 9, count << 3 | 2
    move, step = _zigzag(ends[first, :2] - pen[first]), _zigzag(ends[:, 2:] - ends[:, :2])
    for axis in (0, 1):
        out[at[first] - 3 + axis] = move[:, axis]
        out[at + axis] = step[:, axis]
    return _varints(out)


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
