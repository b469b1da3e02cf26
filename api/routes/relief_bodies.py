"""What is asked for about shelters, evacuees, aid and hand-over notes."""

from typing import Literal

from pydantic import Field

from api.http.schemas import Amount, Body, Code, Division, Entry, Lat, Lon, Paragraphs, Text
from scenarios.relief_tables import AID_STATES, EVACUEE_STATES, SHELTER_STATES


class ShelterIn(Body):
    code: Code
    name: Text
    name_en: Text | None = None
    place: Division
    lat: Lat | None = None
    lon: Lon | None = None
    capacity: int = Field(ge=1, le=10**6)
    status: Literal[SHELTER_STATES] = "ready"  # type: ignore[valid-type]


class ShelterEdit(Body):
    name: Text | None = None
    name_en: Text | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    capacity: int | None = Field(None, ge=1, le=10**6)
    status: Literal[SHELTER_STATES] | None = None  # type: ignore[valid-type]


class HouseholdIn(Body):
    code: Code
    people: int = Field(ge=1, le=1000)
    place: Division
    batch: int = Field(1, ge=1, le=100, description="1 最先转移 / 1 moves first")
    responsible: Code | None = Field(None, description="空则均分给 responsible / null: shared out evenly")
    note: Text | None = None


class Evacuation(Body):
    incident: Code
    households: list[HouseholdIn] = Field(min_length=1, max_length=20_000)
    responsible: list[Code] = Field([], max_length=5_000, description="责任人代码 / codes of responsible persons")


class MoveIn(Entry):
    status: Literal[EVACUEE_STATES]  # type: ignore[valid-type]
    shelter: Code | None = None


class Short(Body):
    item: Code | None = None
    capability: Code | None = None
    quantity: Amount
    reason: Text | None = None


class AidIn(Entry):
    place: Division = Field(description="谁缺 / who is short")
    incident: Code | None = None
    short: list[Short] | None = Field(
        None, min_length=1, max_length=1000, description="空则取执行方案的缺口 / null: what the plan in force lacks"
    )


class AnswerIn(Entry):
    status: Literal[tuple(one for one in AID_STATES if one != "asked")]  # type: ignore[valid-type]


class HandoverIn(Body):
    content: Paragraphs
    open_points: list[Text] = Field([], max_length=200)
