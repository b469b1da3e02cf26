"""What OSM road tags mean: who may use a way, in which direction, how fast, under which limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from optimizer.network.profiles import CLASS_SPEED_KPH

WALK_ONLY: Final = frozenset({"pedestrian", "footway", "path", "bridleway", "steps", "cycleway"})
DRIVE_ONLY: Final = frozenset({"motorway", "motorway_link"})
_NOBODY: Final = frozenset({"no", "private", "agricultural", "forestry", "military", "use_sidepath"})
_MILE_KM: Final = 1.609344
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|m|ft|t|kg|st|lbs)?$")
_FEET_INCHES: Final = re.compile(r"(\d+)'\s*(?:(\d+(?:\.\d+)?)\")?$")


def open_to_vehicles(tags: Mapping[str, str], road_class: str) -> bool:
    """Motor vehicles in general; `destination`, `delivery`, `permissive` and the like count as open."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key] not in _NOBODY and (road_class not in WALK_ONLY or key in ("motorcar", "motor_vehicle"))
    return road_class not in WALK_ONLY


def open_to_walkers(tags: Mapping[str, str], road_class: str) -> bool:
    """People on foot."""
    for key in ("foot", "access"):
        if key in tags:
            return tags[key] not in _NOBODY
    return road_class not in DRIVE_ONLY


def vehicle_direction(tags: Mapping[str, str], road_class: str) -> int:
    """1 along only, -1 against only, 0 both ways, 2 neither (reversible or alternating: cannot be relied on)."""
    value = tags.get("oneway:motor_vehicle", tags.get("oneway:vehicle", tags.get("oneway", "")))
    if value in ("yes", "true", "1"):
        return 1
    if value in ("-1", "reverse"):
        return -1
    if value in ("reversible", "alternating"):
        return 2
    if value not in ("no", "false", "0"):
        roundabout = tags.get("junction") in ("roundabout", "circular")
        return int(roundabout or road_class == "motorway")
    return 0


def speed_kph(tags: Mapping[str, str], road_class: str) -> tuple[float, float]:
    """(along, against): the tagged limit, or the default of the class. A limit above 1.5 times the default
    is the law, not what a mountain road allows, and counts as 1.5 times the default (assumed)."""
    default = CLASS_SPEED_KPH[road_class]
    found = []
    for key in ("maxspeed:forward", "maxspeed:backward"):
        limit = limit_kph(tags.get(key, "")) or limit_kph(tags.get("maxspeed", ""))
        found.append(default if limit is None else min(limit, 1.5 * default))
    return found[0], found[1]


def limit_kph(value: str) -> float | None:
    """A speed limit in km/h, None where absent or not a number; of several (`50;30`) the lowest."""
    parts = [_measure(part) for part in re.split(r"[;|,]", value)]
    known = [number * (_MILE_KM if unit == "mph" else 1.0) for number, unit in parts if number]
    return min(known) if known else None


def height_m(value: str) -> float | None:
    """A height limit in metres; None where absent or not a measure."""
    feet = _FEET_INCHES.match(value.strip())
    if feet:
        return (int(feet[1]) + float(feet[2] or 0) / 12) * 0.3048
    number, unit = _measure(value)
    return number * (0.3048 if unit == "ft" else 1.0) if number else None


def weight_t(value: str) -> float | None:
    """A weight limit in tonnes; None where absent or not a measure."""
    number, unit = _measure(value)
    scale = {"kg": 0.001, "st": 0.90718474, "lbs": 0.00045359237}.get(unit, 1.0)
    return number * scale if number else None


def _measure(value: str) -> tuple[float, str]:
    found = _NUMBER.match(value.strip().lower())
    return (float(found[1]), found[2] or "") if found else (0.0, "")


@dataclass(frozen=True, slots=True)
class WayRules:
    """A way's tags, understood. Index 0 is along the way, 1 against it."""

    road_class: str
    name: str
    drive: tuple[bool, bool]
    walk: bool
    kph: tuple[float, float]
    max_height_m: float
    max_weight_t: float


def way_rules(tags: Mapping[str, str]) -> WayRules | None:
    """The rules of a highway way; None where nobody this product knows may use it."""
    road_class = tags.get("highway", "")
    if road_class not in CLASS_SPEED_KPH or tags.get("area") == "yes":
        return None
    vehicles, walkers = open_to_vehicles(tags, road_class), open_to_walkers(tags, road_class)
    direction = vehicle_direction(tags, road_class)
    drive = (vehicles and direction in (0, 1), vehicles and direction in (0, -1))
    if not (any(drive) or walkers):
        return None
    return WayRules(
        road_class=road_class,
        name=tags.get("name", tags.get("ref", "")),
        drive=drive,
        walk=walkers,
        kph=speed_kph(tags, road_class),
        max_height_m=height_m(tags.get("maxheight", "")) or float("nan"),
        max_weight_t=weight_t(tags.get("maxweight", "")) or float("nan"),
    )
