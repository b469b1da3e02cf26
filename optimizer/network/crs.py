"""Declared coordinate systems to WGS-84. GCJ-02 and BD-09 are the shifted systems of Chinese maps.

Nothing is ever guessed: shifted points look like any others, only 100 to 700 m off.
"""

from typing import Final

import numpy as np

from optimizer.errors import BadInput, Fault
from optimizer.units import FloatArray

_NAMES: Final = {
    "wgs84": "WGS-84", "epsg4326": "WGS-84", "urnogcdefcrsogc13crs84": "WGS-84", "crs84": "WGS-84",
    "gcj02": "GCJ-02", "bd09": "BD-09", "bd09ll": "BD-09",
}  # fmt: skip
_AXIS_M: Final = 6_378_245.0  # Krasovsky 1940, on which GCJ-02 is defined
_ECCENTRICITY: Final = 0.00669342162296594323
_BD_PI: Final = np.pi * 3000.0 / 180.0
_EXACT_DEGREES: Final = 1e-10  # 0.01 mm


def crs_name(declared: str | None, *, source: str) -> str:
    """WGS-84, GCJ-02 or BD-09. Raises `BadInput` where none is declared or the name is not known."""
    if declared is None or not declared.strip():
        raise BadInput(source, [Fault(source, "road_no_crs")])
    key = "".join(char for char in declared.lower() if char.isalnum())
    if key not in _NAMES:
        raise BadInput(source, [Fault(source, "road_unknown_crs", {"crs": declared})])
    return _NAMES[key]


def to_wgs84(lat: FloatArray, lon: FloatArray, *, crs: str) -> tuple[FloatArray, FloatArray]:
    """(lat, lon) in degrees of a named system (see `crs_name`) to WGS-84, exact to 0.1 mm."""
    if crs == "WGS-84":
        return lat, lon
    forward = wgs84_to_gcj02 if crs == "GCJ-02" else _wgs84_to_bd09
    # The shift varies slowly, so that taking the error off repeatedly converges within a few rounds.
    found_lat, found_lon = lat.copy(), lon.copy()
    for _ in range(60):
        shifted_lat, shifted_lon = forward(found_lat, found_lon)
        off_lat, off_lon = shifted_lat - lat, shifted_lon - lon
        found_lat, found_lon = found_lat - off_lat, found_lon - off_lon
        if max(np.abs(off_lat).max(initial=0.0), np.abs(off_lon).max(initial=0.0)) < _EXACT_DEGREES:
            break
    return found_lat, found_lon


def wgs84_to_gcj02(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(lat, lon) WGS-84 to GCJ-02; outside the box in which the shift is defined nothing changes."""
    inside = (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)
    x, y = lon - 105.0, lat - 35.0
    ripple = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    root = np.sqrt(np.abs(x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY * np.sin(phi) ** 2
    d_lat = np.degrees(north / (_AXIS_M * (1 - _ECCENTRICITY) / magic**1.5))
    d_lon = np.degrees(east / (_AXIS_M / np.sqrt(magic) * np.cos(phi)))
    return np.where(inside, lat + d_lat, lat), np.where(inside, lon + d_lon, lon)


def gcj02_to_bd09(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(lat, lon) GCJ-02 to BD-09."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    return radius * np.sin(angle) + 0.006, radius * np.cos(angle) + 0.0065


def _wgs84_to_bd09(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    return gcj02_to_bd09(*wgs84_to_gcj02(lat, lon))
