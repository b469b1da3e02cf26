"""Points to the nearest usable edge. The way between point and road is counted; far points are reported."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from optimizer.errors import BadInput, Fault
from optimizer.network.graph import TURN_CLASS, IndexArray, RoadNetwork, great_circle_m
from optimizer.network.nearest_road import nearest_road
from optimizer.network.profiles import Profile, find_profile, usable_edges
from optimizer.units import BoolArray, FloatArray

MAX_SNAP_M: Final = 1000.0
"""Points further than this from every usable road stay unsnapped and unreachable (assumed)."""

_METRES_PER_DEGREE: Final = 111_195.08


@dataclass(frozen=True, eq=False, slots=True)
class SnappedPoints:
    """P points on the road. `segment` is -1 where no usable road lies within the limit: such a point keeps
    its place and is unreachable. `fraction` runs along the segment from its start (0) to its end (1)."""

    lat: FloatArray  # (P,) as given
    lon: FloatArray
    segment: IndexArray  # (P,)
    fraction: FloatArray  # (P,) nan where unsnapped
    access_m: FloatArray  # (P,) straight to the road, inf where unsnapped
    road_lat: FloatArray  # (P,) the point on the road, nan where unsnapped
    road_lon: FloatArray

    def __len__(self) -> int:
        return len(self.lat)

    def __getitem__(self, index: int) -> "SnappedPoints":
        """One point, still as an array of one."""
        one = slice(index, index + 1)
        return SnappedPoints(
            self.lat[one],
            self.lon[one],
            self.segment[one],
            self.fraction[one],
            self.access_m[one],
            self.road_lat[one],
            self.road_lon[one],
        )

    @property
    def snapped(self) -> BoolArray:
        """(P,) True where a road was found."""
        return self.segment >= 0


def segment_lines(
    network: RoadNetwork, segments: npt.NDArray[np.int64], *, lon_scale: float = 1.0, scale: float = 1.0
) -> npt.NDArray[np.object_]:
    """Shapely lines (x = lon, y = lat, scaled) of those segments, intermediate points included."""
    ends = network.segment_ends[segments]
    counts = np.diff(network.shape_offset)[segments]
    starts = np.zeros(len(segments) + 1, np.int64)
    np.cumsum(counts + 2, out=starts[1:])
    lat, lon = np.empty(starts[-1]), np.empty(starts[-1])
    for place, node in ((starts[:-1], ends[:, 0]), (starts[1:] - 1, ends[:, 1])):
        lat[place], lon[place] = network.lat[node], network.lon[node]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    source = np.repeat(network.shape_offset[segments], counts) + within
    target = np.repeat(starts[:-1] + 1, counts) + within
    lat[target], lon[target] = network.shape_lat[source], network.shape_lon[source]
    points = np.column_stack((lon * lon_scale * scale, lat * scale))
    lines: npt.NDArray[np.object_] = shapely.linestrings(
        points, indices=np.repeat(np.arange(len(segments)), counts + 2)
    )
    return lines


def snap(
    network: RoadNetwork,
    *,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    profile: str | Profile,
    max_snap_m: float = MAX_SNAP_M,
) -> SnappedPoints:
    """Each point to the nearest edge the profile may use (closed edges of `network` left out: snap on the
    network before closures to keep points on a road that a closure cuts).

    `lat`, `lon`: (P,) degrees WGS-84. Raises `BadInput` naming every point that is out of range, and for a
    network without an edge this profile may use.
    """
    lat_, lon_ = np.array(lat, np.float64).reshape(-1), np.array(lon, np.float64).reshape(-1)
    bad = ~((np.abs(lat_) <= 90) & (np.abs(lon_) <= 180))
    if bad.any():
        raise BadInput(
            "points",
            [
                Fault(f"point {i + 1}", "road_point_out_of_range", {"lat": float(lat_[i]), "lon": float(lon_[i])})
                for i in np.flatnonzero(bad).tolist()
            ],
        )
    chosen = find_profile(profile)
    usable = usable_edges(network, chosen)
    if TURN_CLASS in network.class_names:
        usable = usable & (network.road_class != network.class_names.index(TURN_CLASS))
    used = np.zeros(len(network.segment_id), np.bool_)
    used[network.segment[usable]] = True
    if not used.any():
        raise BadInput("network", [Fault("network", "road_no_usable_roads", {"profile": chosen.name})])

    # Locally metric: degrees to metres at the middle latitude of the network. The choice between two
    # roads can be off by under 2 % some 100 km from there; the distance reported is exact (great circle).
    x_scale = float(np.cos(np.radians(np.median(network.lat)))) * _METRES_PER_DEGREE
    lines = (
        network.segment_ends.copy(),
        network.lon * x_scale,
        network.lat * _METRES_PER_DEGREE,
        network.shape_offset.copy(),
        network.shape_lon * x_scale,
        network.shape_lat * _METRES_PER_DEGREE,
    )
    farthest_m = max_snap_m * 1.1 + 1.0
    found, along, x, y = nearest_road(lines, used, lon_ * x_scale, lat_ * _METRES_PER_DEGREE, farthest_m)
    at_lat, at_lon = y / _METRES_PER_DEGREE, x / x_scale
    distance = great_circle_m(lat_, lon_, at_lat, at_lon)
    near = (found >= 0) & (distance <= max_snap_m)
    segment = np.where(near, found, -1).astype(np.int32)
    # Whole millimetres: a point on the road is at 0, whatever the projection leaves behind.
    fraction, access_m = np.where(near, along, np.nan), np.where(near, np.round(distance, 3), np.inf)
    road_lat, road_lon = np.where(near, at_lat, np.nan), np.where(near, at_lon, np.nan)
    for array in (lat_, lon_, segment, fraction, access_m, road_lat, road_lon):
        array.setflags(write=False)
    return SnappedPoints(lat_, lon_, segment, fraction, access_m, road_lat, road_lon)
