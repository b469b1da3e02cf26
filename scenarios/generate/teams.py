"""Teams at the four force tiers (1/3/5/10 minutes) and the vehicles of the stores. Turnout times, headcounts and
who can do what are assumed around the figures of the design (36 people a town team, 19 a village squad)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from inventory.files import Table
from optimizer.units import FloatArray, IntArray
from scenarios.generate.ground import Ground
from scenarios.generate.stock import METRE
from scenarios.world import table_of

CAPABILITIES = (
    "communication", "drainage", "evacuation", "firefighting", "medical", "road_clearing", "search_rescue",
    "water_rescue",
)  # fmt: skip
FIELDS = (
    "id", "name", "name_en", "tier", "place", "lat", "lon", "capabilities", "headcount", "profile", "turnout_s",
)  # fmt: skip


class Roster:
    """Rows of teams.csv as they are added."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.rows: dict[str, list[Any]] = {name: [] for name in FIELDS}

    def add(
        self,
        letter: str,
        tier: str,
        names: Sequence[tuple[str, str]],
        places: Sequence[str],
        lat: FloatArray,
        lon: FloatArray,
        *,
        capabilities: Sequence[tuple[str, ...]],
        headcount: IntArray,
        profile: str,
        turnout_s: IntArray,
    ) -> None:
        """Teams of one kind, one per position."""
        count = len(names)
        rows = self.rows
        rows["id"] += [f"{letter}{index + 1:04d}" for index in range(count)]
        rows["name"] += [zh for zh, _ in names]
        rows["name_en"] += [en for _, en in names]
        rows["tier"] += [tier] * count
        rows["place"] += list(places)
        rows["lat"] += np.round(lat + self.rng.normal(0, 50, count) * METRE, 6).tolist()
        rows["lon"] += np.round(lon + self.rng.normal(0, 50, count) * METRE, 6).tolist()
        rows["capabilities"] += [tuple(sorted(able)) for able in capabilities]
        rows["headcount"] += headcount.tolist()
        rows["profile"] += [profile] * count
        rows["turnout_s"] += turnout_s.tolist()

    def some(
        self, count: int, always: tuple[str, ...], of: tuple[str, ...], low: int, high: int
    ) -> list[tuple[str, ...]]:
        """For each team `always` and low..high more of `of`."""
        return [
            (*always, *self.rng.choice(of, int(self.rng.integers(low, high + 1)), replace=False).tolist())
            for _ in range(count)
        ]


def teams_table(rng: np.random.Generator, ground: Ground, *, squads: int, specialists: bool) -> Table:
    """teams.csv: a rescue team per town and `squads` village squads; with `specialists` also unit micro fire
    stations, professional fire, ambulances and signals, on the ground's own fire stations and hospitals if it has any.
    """
    roster = Roster(rng)
    counties, towns, villages = ground.counties, ground.towns, ground.villages
    county_codes, town_codes, village_codes = ground.codes()
    count = len(towns)
    # one team, many skills: without specialists the town teams do what those would
    skills = ("drainage", "firefighting", "road_clearing", "water_rescue")
    if not specialists:
        skills += ("communication", "medical")
    roster.add(
        "TT", "5", _named(towns, "综合应急救援队", "Rescue Team"), town_codes, towns.lat, towns.lon,
        capabilities=roster.some(count, ("evacuation", "search_rescue"), skills, 2, 4),
        headcount=rng.integers(25, 48, count), profile="pickup", turnout_s=10 * rng.integers(6, 13, count),
    )  # fmt: skip
    chosen = np.sort(rng.permutation(len(villages))[:squads])
    more = ("communication", "drainage", "firefighting", "road_clearing", "search_rescue")
    if not specialists:
        more += ("medical", "water_rescue")
    roster.add(
        "TV", "3", [_named(villages, "应急突击队", "Squad")[index] for index in chosen.tolist()],
        [village_codes[index] for index in chosen.tolist()], villages.lat[chosen], villages.lon[chosen],
        capabilities=roster.some(len(chosen), ("evacuation",), more, 1, 2),
        headcount=rng.integers(12, 27, len(chosen)), profile="e_bike", turnout_s=10 * rng.integers(6, 19, len(chosen)),
    )  # fmt: skip
    if not specialists:
        return table_of("teams", roster.rows)

    stations = [site for site in ground.sites if site.kind == "fire_station"]
    if stations:
        nearest = _nearest_town(ground, stations)
        roster.add(
            "TF", "10", [(site.name or f"{towns.name[t]}消防站", site.name or f"{towns.name_en[t]} Fire Station")
                         for site, t in zip(stations, nearest.tolist(), strict=True)],
            [town_codes[t] for t in nearest.tolist()], _lat(stations), _lon(stations),
            capabilities=roster.some(
                len(stations), ("firefighting", "search_rescue"), ("road_clearing", "water_rescue"), 1, 2
            ),
            headcount=rng.integers(12, 25, len(stations)), profile="fire_engine",
            turnout_s=np.full(len(stations), 60),
        )  # fmt: skip
    else:
        posts = np.unique(np.concatenate([_seats(ground), rng.permutation(count)[: max(1, count // 10)]]))
        roster.add(
            "TF", "10",
            [(towns.name[t] + "专业消防救援站", f"{towns.name_en[t]} Fire Station") for t in posts.tolist()],
            [town_codes[t] for t in posts.tolist()], towns.lat[posts], towns.lon[posts],
            capabilities=[("firefighting", "road_clearing", "search_rescue", "water_rescue")] * len(posts),
            headcount=rng.integers(12, 25, len(posts)), profile="fire_engine", turnout_s=np.full(len(posts), 60),
        )  # fmt: skip
    hospitals = [site for site in ground.sites if site.kind == "hospital"]
    clinics = np.arange(count) if not hospitals else np.zeros(0, np.int64)
    if hospitals:
        nearest = _nearest_town(ground, hospitals)
        roster.add(
            "TM", "10", [(site.name or f"{towns.name[t]}医院急救组", site.name or f"{towns.name_en[t]} Hospital")
                         for site, t in zip(hospitals, nearest.tolist(), strict=True)],
            [town_codes[t] for t in nearest.tolist()], _lat(hospitals), _lon(hospitals),
            capabilities=[("medical",)] * len(hospitals), headcount=np.full(len(hospitals), 4),
            profile="ambulance", turnout_s=np.full(len(hospitals), 90),
        )  # fmt: skip
    roster.add(
        "TH", "5", [(towns.name[t] + "卫生院急救组", f"{towns.name_en[t]} Clinic") for t in clinics.tolist()],
        [town_codes[t] for t in clinics.tolist()], towns.lat[clinics], towns.lon[clinics],
        capabilities=[("medical",)] * len(clinics), headcount=np.full(len(clinics), 4), profile="ambulance",
        turnout_s=np.full(len(clinics), 120),
    )  # fmt: skip
    micro = np.sort(rng.permutation(len(villages))[: max(2, len(villages) // 8)])
    roster.add(
        "TU", "1", [(villages.name[v] + "微型消防站", f"{villages.name_en[v]} Micro Station") for v in micro.tolist()],
        [village_codes[v] for v in micro.tolist()], villages.lat[micro], villages.lon[micro],
        capabilities=[("evacuation", "firefighting")] * len(micro), headcount=rng.integers(5, 9, len(micro)),
        profile="run", turnout_s=np.full(len(micro), 20),
    )  # fmt: skip
    roster.add(
        "TC", "10", _named(counties, "应急通信分队", "Signals"), county_codes, counties.lat, counties.lon,
        capabilities=[("communication",)] * len(counties), headcount=np.full(len(counties), 6), profile="pickup",
        turnout_s=np.full(len(counties), 180),
    )  # fmt: skip
    return table_of("teams", roster.rows)


def vehicles_table(stores: Table) -> Table:
    """vehicles.csv: three trucks and two pickups at a county store, a pickup at a town store; village rooms have
    none. Payloads assumed."""
    fleet = {"county": (("truck", 5000, 20),) * 3 + (("pickup", 900, 3),) * 2, "town": (("pickup", 900, 3),)}
    rows: dict[str, list[Any]] = {name: [] for name in ("id", "store", "payload_kg", "volume_m3", "profile")}
    for store, tier in zip(stores["id"], stores["tier"], strict=True):
        for number, (profile, kg, m3) in enumerate(fleet.get(tier, ()), 1):
            rows["id"].append(f"{store}-{number}")
            rows["store"].append(store)
            rows["payload_kg"].append(Decimal(kg))
            rows["volume_m3"].append(Decimal(m3))
            rows["profile"].append(profile)
    return table_of("vehicles", rows)


def _named(settled: Any, zh: str, en: str) -> list[tuple[str, str]]:
    return [(name + zh, f"{pinyin} {en}") for name, pinyin in zip(settled.name, settled.name_en, strict=True)]


def _seats(ground: Ground) -> IntArray:
    """The first town of each county is its seat."""
    return np.array([int(np.flatnonzero(ground.towns.parent == c)[0]) for c in range(len(ground.counties))])


def _lat(sites: Sequence[Any]) -> FloatArray:
    return np.array([site.lat for site in sites])


def _lon(sites: Sequence[Any]) -> FloatArray:
    return np.array([site.lon for site in sites])


def _nearest_town(ground: Ground, sites: Sequence[Any]) -> IntArray:
    towns = ground.towns
    gap = (towns.lat[None, :] - _lat(sites)[:, None]) ** 2 + (towns.lon[None, :] - _lon(sites)[:, None]) ** 2
    return gap.argmin(axis=1)
