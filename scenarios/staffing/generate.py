"""Towns of the named staffing scenarios, seeded: a city of 101 stations, and one district of 10 towns.

Facts: the city has 101 stations with 2,093 people (of 9 towns one district has 158); the district has 10 towns, 218
villages, 274 km², 462,000 registered residents and about 300,000 from elsewhere, 45,000 businesses of which 20,000
enterprises (the others taken as small venues), 51 established and 118 contract staff, each town at least 4 licensed
officers and 2–4 vehicles, a team of 25 and 20 supervisors. Assumed: how all this is spread over the towns, the mix of
risks (70 : 22 : 8), households of 2.6, the residents of the city (9.5 million) and businesses there in the same
proportion to residents as in the district, areas of the city (6,587 km²), hazard points, hours of store work,
where the stations are.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from optimizer.errors import OptimizerError
from optimizer.staffing.towns import Towns
from optimizer.units import FloatArray, IntArray
from scenarios.generate.names import place_names

RISK_MIX: Final = (0.70, 0.22, 0.08)
HOUSEHOLD: Final = 2.6
_PEOPLE, _ENTERPRISES, _VENUES = 762_000, 20_000, 25_000  # of the district
_GOLDEN: Final = np.pi * (3 - np.sqrt(5))  # angle that spreads points evenly
_KM_PER_DEGREE: Final = 111.32


class UnknownStaffingExample(OptimizerError):
    """No example of that name. Facts: name, known."""


def city(seed: int = 0) -> Towns:
    """101 stations with 2,093 people, two in five of them established (assumed)."""
    rng = np.random.default_rng(seed)
    people = 9_500_000
    return _towns(
        rng, districts=11, count=101, people=people, villages=None, area=6587.0, staff=(837, 1256), floor=5,
        enterprises=round(_ENTERPRISES * people / _PEOPLE), venues=round(_VENUES * people / _PEOPLE), code="320199",
        centre=(32.0, 118.8),
    )  # fmt: skip


def district(seed: int = 0) -> Towns:
    """10 towns, 218 villages, 20,000 enterprises and 25,000 small venues, 51 + 118 staff."""
    rng = np.random.default_rng(seed)
    return _towns(
        rng, districts=1, count=10, people=_PEOPLE, villages=218, area=274.0, staff=(51, 118), floor=5,
        enterprises=_ENTERPRISES, venues=_VENUES, code="331099", centre=(28.65, 121.4),
    )  # fmt: skip


EXAMPLES: Final[Mapping[str, Callable[[int], Towns]]] = MappingProxyType({"city": city, "district": district})


def example(name: str, seed: int = 0) -> Towns:
    """The towns of a named scenario. Raises UnknownStaffingExample."""
    if name not in EXAMPLES:
        raise UnknownStaffingExample(name=name, known=", ".join(EXAMPLES))
    return EXAMPLES[name](seed)


def _towns(
    rng: np.random.Generator, *, districts: int, count: int, people: int, villages: int | None, area: float,
    staff: tuple[int, int], floor: int, enterprises: int, venues: int, code: str, centre: tuple[float, float],
) -> Towns:  # fmt: skip
    size = rng.lognormal(0.0, 0.35, count)  # towns differ by a factor of about four
    busy = size * rng.lognormal(0.0, 0.25, count)
    spread = size * rng.lognormal(0.0, 0.4, count)
    residents = apportion(people, size)
    names = [name for name, _ in place_names(rng, count + districts)]
    member = np.sort(np.arange(count) % districts)
    stated_villages = np.full(count, np.nan)
    if villages is not None:
        stated_villages = apportion(villages, size, least=1).astype(np.float64)
    established = apportion(staff[0], size, least=floor)
    contract = apportion(staff[1], busy, least=floor)
    licensed = np.minimum(np.maximum(4, established - rng.integers(0, 3, count)), established + contract)
    return Towns.of_columns(
        {
            "code": tuple(f"{code}{number + 1:03d}" for number in range(count)),
            "name": tuple(f"{name}站" for name in names[:count]),
            "district": tuple(f"{names[count + at]}区" for at in member.tolist()),
            "population": residents.astype(np.float64),
            "households": np.floor(residents / HOUSEHOLD),
            "area_km2": apportion(round(area * 10), spread) / 10,
            "enterprises": _by_risk(rng, apportion(enterprises, busy)),
            "venues": _by_risk(rng, apportion(venues, busy)),
            "hazard_points": rng.poisson(8.0, count).astype(np.float64),
            "established": established.astype(np.float64),
            "contract": contract.astype(np.float64),
            "licensed": licensed.astype(np.float64),
            "vehicles": rng.integers(2, 5, count).astype(np.float64),
            "villages": stated_villages,
            "travel_h": np.full(count, np.nan),
            "store_task_h": np.round(rng.uniform(120, 320, count), 0),
            "difficulty": np.round(rng.uniform(0.9, 1.2, count), 2),
            "team": rng.integers(25, 41, count).astype(np.float64),
            "supervisors": rng.integers(20, 31, count).astype(np.float64),
            **_positions(centre, area, member),
        }
    )


def _positions(centre: tuple[float, float], area: float, member: IntArray) -> dict[str, FloatArray]:
    """Stations evenly over their district, and districts over the whole (assumed): sunflowers of equal areas."""
    number = np.bincount(member)
    order = np.arange(len(member)) - (np.cumsum(number) - number)[member]
    whole_km, district_km = np.sqrt(area / np.pi), np.sqrt(area / len(number) / np.pi)
    north, east = np.zeros(len(member)), np.zeros(len(member))
    for index, of, radius_km in ((member, len(number), whole_km), (order, number[member], district_km)):
        radius = radius_km * np.sqrt((index + 0.5) / of) * (np.asarray(of) > 1)
        north += radius * np.sin(index * _GOLDEN)
        east += radius * np.cos(index * _GOLDEN)
    lat = centre[0] + north / _KM_PER_DEGREE
    return {
        "lat": np.round(lat, 5), "lon": np.round(centre[1] + east / _KM_PER_DEGREE / np.cos(np.radians(lat)), 5)
    }  # fmt: skip


def apportion(total: int, weights: FloatArray, *, least: int = 0) -> IntArray:
    """Whole numbers that add up to `total`, in proportion to the weights beyond `least` each (largest remainders)."""
    exact = (total - least * len(weights)) * weights / weights.sum()
    whole = np.floor(exact).astype(np.int64)
    missing = total - least * len(weights) - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:missing]] += 1
    parts: IntArray = whole + least
    return parts


def _by_risk(rng: np.random.Generator, counts: IntArray) -> FloatArray:
    return np.stack([rng.multinomial(count, RISK_MIX) for count in counts.tolist()]).astype(np.float64)
