"""From the tables of a district to its patrol year: merged visits, rounds by town, weekly patrols, hazard points."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from inventory.errors import BadTable, RowFault
from inventory.files import Table
from optimizer.errors import OptimizerError
from optimizer.network.endpoints import rows_of
from optimizer.network.snap import SnappedPoints
from optimizer.network.travel import Router
from optimizer.staffing.check_patrol import grid_faults, merge_faults, night_faults, round_faults
from optimizer.staffing.patrol.days import mondays, week_numbers, working_dates
from optimizer.staffing.patrol.dues import merge, windows
from optimizer.staffing.patrol.hazards import responsible
from optimizer.staffing.patrol.model import RISK_WEIGHT, RISKS, Due, TownPlan, TownYear, Visit
from optimizer.staffing.patrol.nearest import usual_rounds
from optimizer.staffing.patrol.rounds import PER_VISIT
from optimizer.staffing.patrol.spread import plan_spread
from optimizer.staffing.patrol.weekly import Crew, evenings, grid_weekdays, night_crews
from optimizer.units import UNREACHABLE, IntArray
from scenarios.staffing.patrol.tables import PatrolTables, in_order

PROFILE = "car"  # pairs go by car (assumed)
MAX_SNAP_M = 3000.0


@dataclass(frozen=True, eq=False)
class TownPatrol:
    """`visits[v - 1]` is visit v of the plan; `row` is the row of the first of its dues."""

    code: str
    name: str
    visits: tuple[Visit, ...]
    row: tuple[int, ...]
    points: SnappedPoints  # the station, then the visits
    year: TownYear
    plan: TownPlan
    usual: TownPlan  # nearest-neighbour rounds, for comparison

    @property
    def comparable(self) -> bool:
        """The usual rounds make the same visits."""
        return set(self.plan.left_out) == set(self.usual.left_out)

    def no_way(self, visit: int) -> bool:
        """Nobody can drive there and back; otherwise a visit is left out because days are full."""
        return bool(max(self.year.travel_s[0, visit], self.year.travel_s[visit, 0]) >= UNREACHABLE)


@dataclass(frozen=True)
class Change:
    """A visit that is not where the earlier plan had it. `was` and `now`: (day, pair), None where it is in no round."""

    town: str  # its name
    visit: str
    place: str
    name: str
    was: tuple[date, int] | None
    now: tuple[date, int] | None
    why: str  # patrol.why.* of the texts


@dataclass(frozen=True, eq=False)
class PatrolYear:
    """Of a plan that was made again, `towns` are the rest of the year from `since` on; `past` are the rounds that were
    made, as `patrol_rounds` has them, and `record` what was recorded of them, both by visit."""

    tables: PatrolTables
    days: tuple[date, ...]
    assumed: bool  # the working days are not announced yet
    week: tuple[int, ...]  # of each day
    towns: tuple[TownPatrol, ...]
    grid_weekday: IntArray  # (grids,) 0 Monday
    evening: IntArray  # (villages,) 0 Monday
    crews: tuple[tuple[Crew, ...], ...]  # of each village
    hazard_person: tuple[str, ...]  # of each hazard point
    hazard_s: IntArray  # (hazards,) seconds from that person's first grid
    router: Router
    since: date | None = None
    past: tuple[Mapping[str, Any], ...] = ()
    record: tuple[Mapping[str, Any], ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # of visits that were not made, by visit
    changes: tuple[Change, ...] = ()

    def travel_h_per_visit(self) -> dict[str, float]:
        """Mean hours of travel per visit by town: what sizing takes as travel_h."""
        return {town.code: town.plan.travel_h_per_visit for town in self.towns}


def plan_patrol(
    tables: PatrolTables, *, per_visit: int = PER_VISIT, seed: int = 0, tell: Callable[[str], None] = lambda _: None
) -> PatrolYear:
    """Plan a patrol year; every part is checked again by the independent checker.

    per_visit  ruins of the search for each visit of a town
    tell       gets the name of each town when its rounds are planned
    Raises BadTable for windows without a working day, BadInput for villages with too few people or hazard points
    without anybody.
    """
    tables = in_order(tables)
    days, assumed = working_dates(tables.year)
    router = Router(tables.network, profile=PROFILE)
    dues, merged = merged_dues(tables, days)
    kept(merge_faults(dues, merged))
    towns = []
    for station, code in enumerate(tables.stations["town"]):
        tell(tables.stations["name"][station])
        lot = town_lot(tables, router, days, station, merged)
        usual = usual_rounds(lot.year)
        plan = plan_spread(lot.year, rounds=len(usual.rounds), iterations=per_visit * len(lot.visits), seed=seed)
        kept(round_faults(lot.year, plan))
        towns.append(TownPatrol(code, lot.name, lot.visits, lot.row, lot.points, lot.year, plan, usual))
    return PatrolYear(tables, days, assumed, week_numbers(days), tuple(towns), *weekly(tables, router), router)


class PatrolRefused(OptimizerError):
    """The checker refuses a plan of ours: a mistake of the program, never of the input. Facts: count, first."""


def kept(faults: Sequence[str]) -> None:
    """Raises PatrolRefused."""
    if faults:
        raise PatrolRefused(count=len(faults), first=faults[0])


def merged_dues(tables: PatrolTables, days: tuple[date, ...]) -> tuple[list[Due], tuple[Visit, ...]]:
    """P2; the places of dues are the rows where they stand first."""
    table, ordinal = tables.dues, [day.toordinal() for day in days]
    risk = np.array([RISKS.index(one) for one in table["risk"]], np.int64)
    first, last = (side.tolist() for side in windows(risk, len(days)))
    place: dict[str, int] = {}
    dues, faults = [], []
    for row, (code, body, begins, ends, minutes) in enumerate(
        zip(table["place"], table["body"], table["first_day"], table["last_day"], table["on_site_min"], strict=True)
    ):
        low = first[row] if begins is None else bisect_left(ordinal, begins.toordinal())
        high = last[row] if ends is None else bisect_right(ordinal, ends.toordinal()) - 1
        high = max(high, low) if ends is None and low < len(days) else high
        if low > high:
            facts = {"first": begins, "last": ends}
            faults.append(RowFault(table.row_numbers[row], "last_day", "window_without_day", facts))
        dues.append(Due(place.setdefault(code, row), body, low, high, 60 * minutes))
    if faults:
        raise BadTable(table.name, faults)
    return dues, merge(dues)


@dataclass(frozen=True, eq=False)
class TownLot:
    """A town before its rounds are planned; as in `TownPatrol`."""

    name: str
    visits: tuple[Visit, ...]
    row: tuple[int, ...]
    points: SnappedPoints
    year: TownYear


def town_lot(
    tables: PatrolTables, router: Router, days: tuple[date, ...], station: int, merged: tuple[Visit, ...]
) -> TownLot:
    """The visits of a station with their travel times."""
    table, of = tables.dues, tables.stations
    visits = tuple(one for one in merged if table["town"][one.place] == of["town"][station])
    row = tuple(one.place for one in visits)
    points = router.snap(
        [of["lat"][station], *(table["lat"][one] for one in row)],
        [of["lon"][station], *(table["lon"][one] for one in row)],
        max_snap_m=MAX_SNAP_M,
    )
    travel = router.times(origins=points, destinations=points)
    np.fill_diagonal(travel, 0)
    pairs, per_week = of["pairs"][station], of["days_per_week"][station]
    weekday = np.array([day.weekday() for day in days])
    goes = np.array([[(pair + k * 5 // per_week) % 5 for k in range(per_week)] for pair in range(pairs)])
    year = TownYear(
        travel_s=travel,
        on_site_s=np.array([0, *(one.on_site_s for one in visits)], np.int64),
        first_day=np.array([0, *(one.first_day for one in visits)], np.int64),
        last_day=np.array([0, *(one.last_day for one in visits)], np.int64),
        weight=np.array([0, *(RISK_WEIGHT[RISKS.index(table["risk"][one])] for one in row)], np.int64),
        on_patrol=(weekday[None, None, :] == goes[:, :, None]).any(axis=1),
        week=np.array(week_numbers(days), np.int64),
        work_s=np.full(len(days), 60 * of["work_min"][station], np.int64),
    )
    return TownLot(of["name"][station], visits, row, points, year)


def _numbers(values: list[str]) -> IntArray:
    known: dict[str, int] = {}
    return np.array([known.setdefault(one, len(known)) for one in values], np.int64)


def weekly(
    tables: PatrolTables, router: Router
) -> tuple[IntArray, IntArray, tuple[tuple[Crew, ...], ...], tuple[str, ...], IntArray]:
    """P10 to P12: weekday of grids, evenings and crews of villages, person of each hazard point and his way to it."""
    grids, villages = tables.grids, tables.villages
    person = _numbers([f"{town} {one}" for town, one in zip(grids["town"], grids["person"], strict=True)])
    weekday = grid_weekdays(person)
    kept(grid_faults(person.tolist(), weekday.tolist()))
    weeks = len(mondays(tables.year))
    evening = evenings(_numbers(villages["town"]))
    for row, fixed in enumerate(villages["evening"]):
        evening[row] = evening[row] if fixed is None else fixed - 1
    crews = []
    for row, code in enumerate(villages["village"]):
        count = max(1, grids["village"].count(code))
        facts = {"leaders": villages["leaders"][row], "members": villages["members"][row], "grids": count}
        crews.append(night_crews(village=villages["name"][row], weeks=weeks, **facts))
        kept(night_faults(crews[-1], weeks=weeks, **facts))
    return weekday, evening, tuple(crews), *_hazards(tables, router)


def _hazards(tables: PatrolTables, router: Router) -> tuple[tuple[str, ...], IntArray]:
    """P12: of each town by itself; people stand at the first of their grids."""
    grids, points = tables.grids, tables.hazards
    person = [""] * len(points)
    seconds = np.zeros(len(points), np.int64)
    if not len(points):
        return (), seconds
    at = _snapped(router, points)
    homes = _snapped(router, grids)
    for town in sorted(set(points["town"])):
        own = [row for row, one in enumerate(points["town"]) if one == town]
        people: dict[str, int] = {}
        for row, one in enumerate(grids["town"]):
            if one == town:
                people.setdefault(grids["person"][row], row)
        names = list(people)
        travel = router.times(
            origins=rows_of(homes, np.array(list(people.values()), np.int64)), destinations=rows_of(at, np.array(own))
        ).T
        fixed = [points["person"][row] for row in own]
        found = responsible(travel, fixed=np.array([-1 if one is None else names.index(one) for one in fixed]))
        for order, row in enumerate(own):
            person[row], seconds[row] = names[found[order]], travel[order, found[order]]
    return tuple(person), seconds


def _snapped(router: Router, table: Table) -> SnappedPoints:
    return router.snap(table["lat"], table["lon"], max_snap_m=MAX_SNAP_M)
