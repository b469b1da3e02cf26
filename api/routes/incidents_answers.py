"""What is answered about incidents, closures, pins and bans, and alerts."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from scenarios.tables import INCIDENT_STATES


class Equipment(BaseModel):
    item: str = Field(description="物资代码 / code of the item")
    quantity: Decimal = Field(description="每队数量 / units for each team")


class IncidentTask(BaseModel):
    code: str = Field(description="任务编号 / code of the task")
    capability: str = Field(description="所需能力 / what a team must be able to do")
    teams_needed: int = Field(description="所需队数 / teams needed")
    service_s: int = Field(description="处置时间（秒） / work on scene (s)")
    due_s: int | None = Field(description="期望到达时限（秒） / soft limit of arrival (s)")
    latest_s: int | None = Field(description="最迟到达（秒） / hard limit of arrival (s)")
    synchronised: bool | None = Field(description="各队须同时开始 / its teams begin together")
    equipment: list[Equipment] = Field(description="每队须带的装备 / equipment each team needs")


class IncidentOut(BaseModel):
    """An incident with its tasks and needs."""

    situation: str = Field(description="态势 / situation")
    place: str | None = Field(description="12 位区划代码 / 12-digit division code")
    code: str = Field(description="事件编号 / code of the incident")
    kind: str = Field(description="灾种 / kind")
    name: str | None = Field(description="名称 / name")
    name_en: str | None = Field(description="英文名 / English name")
    severity: int = Field(ge=1, le=5, description="等级 1–5，5 最重 / 1 to 5, 5 the gravest")
    status: Literal[INCIDENT_STATES]  # type: ignore[valid-type]
    lat: float | None = Field(description="纬度，WGS-84 / latitude, WGS-84")
    lon: float | None = Field(description="经度，WGS-84 / longitude, WGS-84")
    reported_at: datetime = Field(description="上报时间 / reported at")
    people_affected: int | None = Field(description="受影响人数 / people affected")
    duration_h: Decimal | None = Field(description="预计持续（小时） / expected to last (h)")
    note: str | None = Field(description="备注 / note")
    reported_by: str | None = Field(description="上报人 / who reported it")
    source: str | None = Field(description="预警来源：发送方与编号 / of an alert: sender and identifier")
    merged_into: str | None = Field(description="并入的事件 / the incident it is a duplicate of")
    tasks: list[IncidentTask]
    demands: dict[str, Decimal] | None = Field(description="物资→数量；无则为空 / item → units; null: none")


class Near(BaseModel):
    incident: str = Field(description="事件编号 / code of the incident")
    metres: int = Field(description="相距（米） / metres between them")


class IncidentReported(IncidentOut):
    likely_same: list[Near] = Field(description="可能重复的事件，近者在前 / may be the same, the nearest first")


class ClosureOut(BaseModel):
    """A closed or slowed road, as in problem.json (`wuding schema problem`); what was not given is left out."""

    id: str = Field(description="封路编号 / code of the closure")
    edges: list[Any] | None = Field(None, description="路段编号或端点对 / edges, or pairs of their ends")
    road_name: str | None = Field(None, description="道路名称 / name of the road")
    polygon: dict[str, Any] | None = Field(None, description="GeoJSON Polygon 或 MultiPolygon / GeoJSON")
    from_: datetime | None = Field(None, alias="from", description="开始时间 / from")
    to: datetime | None = Field(None, description="结束时间 / to")
    speed_factor: Decimal = Field(description="车速比例 0–1，0 为封闭 / share of the usual speed, 0: closed")


class ClosureLifted(BaseModel):
    closure: str = Field(description="封路编号 / code of the closure")


class DirectiveLifted(BaseModel):
    id: int = Field(description="指令号 / number of the pin or ban")


class DirectiveOut(DirectiveLifted):
    """A team to a task, or never; or nothing from a store to an incident. What was not given is left out."""

    kind: Literal["pin", "ban"]
    team: str | None = Field(None, description="队伍代码 / code of the team")
    task: str | None = Field(None, description="任务编号 / code of the task")
    store: str | None = Field(None, description="库点代码 / code of the store")
    incident: str | None = Field(None, description="事件编号 / code of the incident")
    item: str | None = Field(None, description="物资代码；空为全部 / code of the item; none: everything")
    note: str | None = Field(None, description="备注 / note")


class AlertReceived(BaseModel):
    alert: int = Field(description="预警序号 / number of the alert")
    incident: str | None = Field(description="由它生成或更新的事件 / the incident that was made of it")
    new: bool = Field(description="false：以前收到过 / false: it had come before")
    likely_same: list[Near] = Field(description="可能重复的事件，近者在前 / may be the same, the nearest first")
