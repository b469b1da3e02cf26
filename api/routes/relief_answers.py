"""What is answered about evacuation, requests for aid and hand-over notes."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from api.routes.orders_answers import Event
from scenarios.relief_tables import AID_STATES, EVACUEE_STATES


class HouseholdsListed(BaseModel):
    incident: str = Field(description="事件编号 / code of the incident")
    households: int = Field(description="户数 / households")
    people: int = Field(description="人数 / people")
    responsible: dict[str, str] = Field(description="户→责任人 / household → who answers for it")


class HouseholdMoved(BaseModel):
    """What was not given is left out."""

    situation: str = Field(description="态势 / situation")
    code: str = Field(description="户编号 / code of the household")
    status: Literal[EVACUEE_STATES]  # type: ignore[valid-type]
    shelter: str | None = Field(None, description="安置点 / shelter")
    note: str | None = Field(None, description="备注 / note")
    occurred_at: datetime | None = Field(None, description="实际发生时间 / when it happened")


class Moved(BaseModel):
    batch: int = Field(description="批次（1 最先） / batch (1 moves first)")
    status: Literal[EVACUEE_STATES]  # type: ignore[valid-type]
    households: int = Field(description="户数 / households")
    people: int = Field(description="人数 / people")


class Evacuated(BaseModel):
    progress: list[Moved] = Field(description="按批次和状态 / by batch and status")
    responsible: dict[str, int] = Field(description="责任人→户数 / who answers → households")
    unbound: list[str] = Field(description="没有责任人的户，应为空 / households nobody answers for: should be none")


class ShortOf(BaseModel):
    """Units of an item, teams for a task of the plan in force, or teams that can do something."""

    item: str | None = Field(None, description="物资代码 / code of the item")
    capability: str | None = Field(None, description="能力 / what the teams must be able to do")
    task: str | None = Field(None, description="任务编号 / code of the task")
    quantity: Decimal = Field(description="数量（物资单位或队数） / units of the item, or teams")
    reason: str | None = Field(None, description="原因 / why")


class AidOut(BaseModel):
    number: str = Field(description="单号 / number")
    situation: str = Field(description="态势 / situation")
    from_place: str = Field(description="申请方区划 / division that asks")
    to_place: str | None = Field(description="受理方区划 / division that is asked")
    incident: str | None = Field(description="事件编号 / code of the incident")
    short: list[ShortOf] = Field(description="缺什么 / what is short")
    status: Literal[AID_STATES]  # type: ignore[valid-type]
    passed_on_as: str | None = Field(description="上报后的单号 / number of the request one level up")
    note: str | None = Field(description="备注 / note")
    actor: str = Field(description="申请人 / asked by")
    recorded_at: datetime = Field(description="时间 / when")
    events: list[Event] = Field(description="各步经办，先后为序 / every step, in order")


class HandoverOut(BaseModel):
    id: int = Field(description="序号 / number")
    content: str = Field(description="内容 / the note")
    open_points: list[str] = Field(description="待办 / open points")


class HandoverTaken(BaseModel):
    id: int = Field(description="序号 / number")
    taken_by: str = Field(description="接班人 / taken over by")
