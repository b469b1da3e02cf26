"""What a patrol year comes to, as values."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from scenarios.staffing.patrol.plan import PatrolYear, TownPatrol


class StopOut(BaseModel):
    dues: list[str] = Field(description="一并完成的检查 / inspections done in this visit")
    place: str
    arrive_s: int = Field(description="离站后秒数 / seconds after leaving the station")
    leave_s: int


class RoundOut(BaseModel):
    town: str
    day: date
    pair: int = Field(description="第几对，从 1 起 / number of the pair, from 1")
    travel_s: int
    back_s: int
    stops: list[StopOut]


class PatrolTownOut(BaseModel):
    town: str
    name: str
    visits: int
    rounds: int
    travel_h: float
    travel_h_per_visit: float = Field(description="测算用的 travel_h / what sizing takes as travel_h")
    usual_travel_h: float = Field(description="就近走法的路途 / travel of nearest-neighbour rounds")
    left_out: list[str] = Field(description="排不进或路不通的检查 / inspections left out")


class GridOut(BaseModel):
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
    rounds: list[RoundOut]
    grids: list[GridOut]
    villages: list[VillageOut]
    hazards: list[HazardOut]


def patrol_out(found: PatrolYear) -> PatrolOut:
    tables = found.tables
    return PatrolOut(
        year=tables.year,
        days=len(found.days),
        days_assumed=found.assumed,
        dues=len(tables.dues),
        visits=sum(town.plan.visits for town in found.towns),
        towns=[_town(found, town) for town in found.towns],
        rounds=[one for town in found.towns for one in _rounds(found, town)],
        grids=[
            GridOut(grid=code, weekday=day + 1)
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


def _dues(found: PatrolYear, town: TownPatrol, visit: int) -> list[str]:
    return [found.tables.dues["id"][due] for due in town.visits[visit - 1].dues]


def _town(found: PatrolYear, town: TownPatrol) -> PatrolTownOut:
    plan = town.plan
    return PatrolTownOut(
        town=town.code, name=town.name, visits=plan.visits, rounds=len(plan.rounds), travel_h=plan.travel_s / 3600,
        travel_h_per_visit=plan.travel_h_per_visit, usual_travel_h=town.usual.travel_s / 3600,
        left_out=[due for visit in plan.left_out for due in _dues(found, town, visit)],
    )  # fmt: skip


def _rounds(found: PatrolYear, town: TownPatrol) -> list[RoundOut]:
    return [
        RoundOut(
            town=town.code, day=found.days[one.day], pair=one.pair + 1, travel_s=one.travel_s, back_s=one.back_s,
            stops=[
                StopOut(dues=_dues(found, town, stop.visit), arrive_s=stop.arrive_s, leave_s=stop.leave_s,
                        place=found.tables.dues["place"][town.row[stop.visit - 1]])
                for stop in one.stops
            ],
        )
        for one in town.plan.rounds
    ]  # fmt: skip
