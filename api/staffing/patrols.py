"""What a patrol year and the grids of villages come to, as values."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from api.staffing.answers import Said, both
from inventory.files import Table
from optimizer.staffing.grids import ManagerGap
from scenarios.staffing.grids import GridPlan, town_names
from scenarios.staffing.patrol.plan import Change, PatrolYear, TownPatrol
from scenarios.staffing.patrol.write import plan_rows, record_rows
from scenarios.texts import text


class StopOut(BaseModel):
    """A row of the table patrol_rounds, which plans again when it is given back."""

    visit: str
    town: str
    day: date
    pair: int = Field(description="第几对，从 1 起 / number of the pair, from 1")
    order: int = Field(description="当日第几家 / order within the round")
    arrive: str = Field(description="钟点 / time of the day")
    leave: str
    place: str
    name: str | None
    bodies: str
    dues: list[str] = Field(description="一并完成的应查事项 / dues done in this visit")


class ToFillOut(BaseModel):
    """A row of the table patrol_record: filled in and given back, it says what was made."""

    visit: str
    town: str | None
    day: date | None
    pair: int | None
    place: str | None
    name: str | None
    dues: list[str] | None
    last_day: date | None = Field(description="最迟检查日 / last day allowed")
    done_on: date | None
    hazards: int | None
    rectified: int | None
    note: str | None


class MovedOut(BaseModel):
    visit: str
    town: str
    name: str
    was_day: date | None
    was_pair: int | None
    now_day: date | None
    now_pair: int | None
    why: Said


class PatrolTownOut(BaseModel):
    town: str
    name: str
    visits: int
    rounds: int
    travel_h: float
    travel_h_per_visit: float = Field(description="测算用的 travel_h / what sizing takes as travel_h")
    usual_travel_h: float = Field(description="就近走法的路途 / travel of nearest-neighbour rounds")
    left_out: list[str] = Field(description="排不进或路不通的检查 / inspections left out")
    lat: float = Field(description="镇站（WGS-84） / of the station")
    lon: float


class PlaceOut(BaseModel):
    """Where the stops are: their rows go back into the table patrol_rounds, which has no positions."""

    place: str
    lat: float = Field(description="纬度（WGS-84） / latitude")
    lon: float


class GridDayOut(BaseModel):
    grid: str
    weekday: int = Field(ge=1, le=7, description="1 为周一 / 1 Monday")


class VillageOut(BaseModel):
    village: str
    evening: int = Field(ge=1, le=7, description="固定夜巡日，1 为周一 / its fixed evening, 1 Monday")


class HazardOut(BaseModel):
    point: str
    person: str
    travel_s: int


class PatrolOut(BaseModel):
    kind: Literal["patrol"] = "patrol"
    year: int
    days: int = Field(description="工作日 / working days")
    days_assumed: bool = Field(description="放假安排尚未公布 / the holidays are not announced yet")
    dues: int
    visits: int
    towns: list[PatrolTownOut]
    rounds: list[StopOut]
    places: list[PlaceOut] = Field(description="检查单位的位置 / where the places of the rounds are")
    record: list[ToFillOut]
    changes: list[MovedOut] = Field(description="重排：改了的检查 / of planning again: visits that are elsewhere now")
    grids: list[GridDayOut]
    villages: list[VillageOut]
    hazards: list[HazardOut]


def patrol_out(found: PatrolYear, dues: Table) -> PatrolOut:
    """`dues`: as they were given, with those that are made already."""
    tables = found.tables
    rounds = [StopOut(**row) for row in plan_rows(found)]
    return PatrolOut(
        year=tables.year,
        days=len(found.days),
        days_assumed=found.assumed,
        dues=len(tables.dues),
        visits=sum(town.plan.visits for town in found.towns),
        towns=[_town(found, town) for town in found.towns],
        rounds=rounds,
        places=_places(dues, {one.place for one in rounds}),
        record=[ToFillOut(**{name: row.get(name) for name in ToFillOut.model_fields}) for row in record_rows(found)],
        changes=[_moved(one) for one in found.changes],
        grids=[
            GridDayOut(grid=code, weekday=day + 1)
            for code, day in zip(tables.grids["grid"], found.grid_weekday.tolist(), strict=True)
        ],
        villages=[
            VillageOut(village=code, evening=day + 1)
            for code, day in zip(tables.villages["village"], found.evening.tolist(), strict=True)
        ],
        hazards=[
            HazardOut(point=code, person=person, travel_s=seconds)
            for code, person, seconds in zip(
                tables.hazards["point"], found.hazard_person, found.hazard_s.tolist(), strict=True
            )
        ],
    )


def _places(dues: Table, wanted: set[str]) -> list[PlaceOut]:
    at = dict(zip(dues["place"], zip(dues["lat"], dues["lon"], strict=True), strict=True))
    return [PlaceOut(place=one, lat=at[one][0], lon=at[one][1]) for one in sorted(wanted & at.keys())]


def _dues(found: PatrolYear, town: TownPatrol, visit: int) -> list[str]:
    return [found.tables.dues["id"][due] for due in town.visits[visit - 1].dues]


def _town(found: PatrolYear, town: TownPatrol) -> PatrolTownOut:
    plan, of = town.plan, found.tables.stations
    row = of["town"].index(town.code)
    return PatrolTownOut(
        town=town.code, name=town.name, visits=plan.visits, rounds=len(plan.rounds), travel_h=plan.travel_s / 3600,
        travel_h_per_visit=plan.travel_h_per_visit, usual_travel_h=town.usual.travel_s / 3600,
        left_out=[due for visit in plan.left_out for due in _dues(found, town, visit)],
        lat=of["lat"][row], lon=of["lon"][row],
    )  # fmt: skip


def _moved(one: Change) -> MovedOut:
    was, now = one.was or (None, None), one.now or (None, None)
    return MovedOut(
        visit=one.visit, town=one.town, name=one.name, was_day=was[0], was_pair=was[1], now_day=now[0],
        now_pair=now[1], why=both(text, f"patrol.why.{one.why}"),
    )  # fmt: skip


class GapOut(BaseModel):
    town: str | None = Field(description="空为合计 / null: all towns")
    name: str | None
    grids: int
    managers: int
    without_own: int = Field(description="没有自己网格员的网格 / grids without an own manager")
    spare: int
    most_each: int = Field(description="均分时一人最多几个网格 / grids of the busiest, shared evenly")
    busiest: int
    unserved: int = Field(description="全镇无人的网格 / grids in towns without anybody")


class VillageGridsOut(BaseModel):
    village: str
    grids: int
    numbers: list[str] = Field(description="14 位网格编号 / 14-digit numbers")
    by: str = Field(description="由人口或户数决定 / set by residents or households")
    usual: str | None = Field(description="超出 3–6 个：below、above / outside 3 to 6")


class GridManagerOut(BaseModel):
    grid: str
    village: str
    person: str | None
    own: bool = Field(description="此人的第一个网格 / the first that this person holds")


class GridsOut(BaseModel):
    kind: Literal["grids"] = "grids"
    total: GapOut
    towns: list[GapOut]
    villages: list[VillageGridsOut]
    grids: list[GridManagerOut]


def grids_out(plan: GridPlan) -> GridsOut:
    names, villages = town_names(plan), plan.tables.villages["village"]
    return GridsOut(
        total=_gap(plan.whole, None, None),
        towns=[_gap(one, one.code, names[one.code]) for one in plan.gaps],
        villages=[
            VillageGridsOut(village=one.code, grids=one.grids, numbers=list(one.numbers), by=one.by,
                            usual=one.usual or None)
            for one in plan.sized
        ],
        grids=[
            GridManagerOut(grid=number, village=villages[row], person=plan.person(at) or None, own=bool(plan.own[at]))
            for at, (number, row) in enumerate(zip(plan.numbers, plan.village.tolist(), strict=True))
        ],
    )  # fmt: skip


def _gap(one: ManagerGap, town: str | None, name: str | None) -> GapOut:
    counts = {field: getattr(one, field) for field in GapOut.model_fields if field not in ("town", "name")}
    return GapOut(town=town, name=name, **counts)
