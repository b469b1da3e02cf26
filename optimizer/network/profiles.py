"""Speed profiles: who moves how fast on which edges, and the time that takes in milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from optimizer.errors import BadInput, Fault, OptimizerError
from optimizer.network.graph import Mode, RoadNetwork
from optimizer.units import BoolArray, FloatArray, IntArray

NO_WAY_MS: Final[int] = 2**31 - 1
"""Weight of an edge nobody may use: the engine's own infinity."""
LONGEST_MS: Final[int] = 2**30 - 1
"""12.4 days: a way that takes as long is no way. Twice this fits int32."""


class TravelTimeOverflow(OptimizerError):
    """An edge takes longer than is counted (12.4 days): a speed near zero, or a wrong length."""


class UnknownProfile(OptimizerError):
    """A profile name that is neither built in nor defined in the problem file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one kind of team or vehicle moves.

    Speed on an edge = min(edge speed x `factor`, `max_kph`); `access_kph` is the pace between a point and
    the road it is snapped to. With a height or weight, edges with a lower known limit are barred.
    """

    name: str
    mode: Mode
    max_kph: float
    factor: float = 1.0
    access_kph: float = 5.0  # assumed: on foot
    height_m: float | None = None
    weight_t: float | None = None
    assumed: bool = False  # no source behind the figures: a county should look at them


PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        # The response tiers' speeds: fire engine 35 km/h in town (the class speeds of mountain roads bring it
        # to 30 and less), pickup 40, e-bike 20, run 8, on foot with load 3 to 4.
        Profile(name="fire_engine", mode="drive", max_kph=35, height_m=3.5, weight_t=16.0),
        Profile(name="pickup", mode="drive", max_kph=40, height_m=2.0, weight_t=3.5),
        Profile(name="e_bike", mode="drive", max_kph=20),
        Profile(name="run", mode="walk", max_kph=8, access_kph=6),
        Profile(name="foot", mode="walk", max_kph=3.5, access_kph=3),
        Profile(name="truck", mode="drive", max_kph=50, factor=0.9, height_m=3.8, weight_t=18, assumed=True),
        Profile(name="car", mode="drive", max_kph=70, height_m=1.8, weight_t=2.5, assumed=True),
        Profile(name="ambulance", mode="drive", max_kph=60, height_m=2.8, weight_t=5.0, assumed=True),
        Profile(name="motorcycle", mode="drive", max_kph=40, assumed=True),
    )
}
"""Built-in profiles. Heights, weights, factors and access paces are assumed for all of them."""

CLASS_SPEED_KPH: Final[Mapping[str, float]] = {
    # Assumed for counties in the mountains: winding, narrow, wet. A tagged limit lowers or raises them.
    "motorway": 80, "motorway_link": 50, "trunk": 60, "trunk_link": 40, "primary": 50, "primary_link": 35,
    "secondary": 40, "secondary_link": 30, "tertiary": 30, "tertiary_link": 25, "unclassified": 25,
    "residential": 20, "living_street": 10, "service": 15, "road": 20, "track": 12,
    # Not for vehicles; high enough not to hold back a runner where the ground allows running.
    "pedestrian": 8, "footway": 8, "path": 6, "bridleway": 6, "cycleway": 10, "steps": 2.5,
}  # fmt: skip
"""Default speed by OSM class in km/h where no limit is tagged (assumed)."""

WEATHER_FACTOR: Final[Mapping[str, float]] = {"clear": 1.0, "heavy_rain": 0.7, "night": 0.85}
"""Speed factors (assumed, editable); a flooded road is a closure."""


def profile_from(name: str, data: Mapping[str, Any], *, where: str = "network.profiles") -> Profile:
    """A custom profile from `network.profiles` of a problem file: mode, max_kph, factor?, access_kph?,
    height_m?, weight_t?. Raises `BadInput` with every fault."""
    path = f"{where}.{name}"
    allowed = ("mode", "max_kph", "factor", "access_kph", "height_m", "weight_t")
    faults = [Fault(f"{path}.{key}", "road_unknown_field", {"field": key}) for key in data if key not in allowed]
    if data.get("mode") not in ("drive", "walk"):
        faults.append(Fault(f"{path}.mode", "road_unknown_mode", {"value": data.get("mode")}))
    values: dict[str, float] = {}
    for key in allowed[1:]:
        value = data.get(key)
        if value is None and key != "max_kph":
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and 0 < float(value) < float("inf"):  # type: ignore[arg-type]
            values[key] = float(value)  # type: ignore[arg-type]
        else:
            faults.append(Fault(f"{path}.{key}", "road_not_positive", {"field": key, "value": value}))
    if faults:
        raise BadInput(where, faults)
    return Profile(name=name, mode=data["mode"], **values)  # type: ignore[arg-type]


def find_profile(profile: str | Profile, custom: Mapping[str, Profile] | None = None) -> Profile:
    """The profile of that name; custom ones win over built-in ones. Raises `UnknownProfile`."""
    if isinstance(profile, Profile):
        return profile
    found = (custom or {}).get(profile) or PROFILES.get(profile)
    if found is None:
        raise UnknownProfile(profile=profile, known=sorted({*PROFILES, *(custom or {})}))
    return found


def usable_edges(network: RoadNetwork, profile: Profile, *, edges: IntArray | None = None) -> BoolArray:
    """(E,) edges a profile may use: right mode, not closed, high and strong enough where that is known.
    `edges`: (k,) of these alone."""
    asked = slice(None) if edges is None else edges
    usable = network.mode_edges(profile.mode)[asked] & (network.speed_kph[asked] > 0)
    # A limit that is unknown (nan) bars nobody; comparisons with nan are False.
    if profile.height_m is not None:
        usable &= ~(network.max_height_m[asked] < profile.height_m)
    if profile.weight_t is not None:
        usable &= ~(network.max_weight_t[asked] < profile.weight_t)
    return usable


def edge_times_ms(
    network: RoadNetwork, profile: Profile, *, weather_factor: float = 1.0, edges: IntArray | None = None
) -> IntArray:
    """(E,) milliseconds per edge, rounded up; `NO_WAY_MS` where the profile may not go. `edges`: (k,) of these
    alone.

    `weather_factor` slows (or speeds) everyone alike. Raises `TravelTimeOverflow`, `BadInput` where the
    factor is not above zero.
    """
    if not 0 < weather_factor < float("inf"):
        facts = {"field": "weather_factor", "value": weather_factor}
        raise BadInput("weather_factor", [Fault("weather_factor", "road_not_positive", facts)])
    asked = slice(None) if edges is None else edges
    usable = usable_edges(network, profile, edges=edges)
    speed_kph = np.minimum(network.speed_kph[asked] * profile.factor, profile.max_kph) * weather_factor
    exact = np.full(len(usable), float(NO_WAY_MS))
    np.divide(network.length_m[asked] * 3600.0, speed_kph, out=exact, where=usable)
    too_long = np.flatnonzero(usable & ~(exact < LONGEST_MS))
    if len(too_long):
        edge = int(too_long[0] if edges is None else edges[too_long[0]])
        raise TravelTimeOverflow(
            edge=str(network.edge_id[edge]),
            length_m=float(network.length_m[edge]),
            speed_kph=float(speed_kph[too_long[0]]),
            edges=len(too_long),
        )
    return ceil_ms(exact)


def ceil_ms(exact: FloatArray) -> IntArray:
    """Up to the next millisecond; a ten-thousandth of one is noise of the projection and not rounded up."""
    return np.ceil(exact - 1e-4).astype(np.int64)


def access_ms(access_m: FloatArray, profile: Profile) -> IntArray:
    """Milliseconds from a point to the road it is snapped to, rounded up."""
    return ceil_ms(access_m * 3600.0 / profile.access_kph)
