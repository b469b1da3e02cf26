"""The after-action report, and the messages of a plan for other systems (EDXL-RM)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.access.scope import Scope
from api.after_action import report_of, write_report
from api.http import negotiate
from api.http.caller import needs
from api.http.papers import PDF, attached, written
from api.http.problems import language
from api.http.reads import PROBLEMS
from api.http.work import Reading, as_json
from api.routes.incidents import Situation, situation_of
from scenarios.after_action import as_document
from scenarios.edxl_rm import write
from scenarios.resource_messages import messages_of

router = APIRouter(prefix="/situations/{situation}", tags=["plans"], responses=PROBLEMS)
Look = Annotated[Scope, needs("plans.read")]
Number = Annotated[int, Path(ge=1, le=2**62)]
XML = "application/xml"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SummaryOut(_Row):
    incidents: int
    incidents_open: int
    people: int
    stops: int = Field(description="命令数 / orders")
    stops_arrived: int
    stops_done: int
    stops_late: int = Field(description="晚 1 分钟以上 / more than a minute late")
    delay_s: int | None = Field(description="平均延误（秒） / mean delay (s)")
    first_planned_s: int | None = Field(
        description="自报告起首支到场，计划均值 / first arrival from report, planned mean"
    )
    first_actual_s: int | None
    fill_planned: float | None = Field(description="各事件满足率均值 0–1 / mean fill rate, 0 to 1")
    fill_issued: float | None


class TierOut(_Row):
    id: str
    limit_s: int
    incidents: int = Field(description="需要队伍的事件 / incidents that need teams")
    planned: int = Field(description="计划达标 / met as planned")
    actual: int = Field(description="实际达标 / met")


class IncidentFigures(_Row):
    code: str
    name: str
    kind: str
    severity: int
    place: str | None
    status: str
    merged_into: str | None
    people: int | None
    reported_at: datetime
    reported_by: str | None
    closed_at: datetime | None
    teams_needed: int
    teams_ordered: int
    teams_arrived: int
    arrive_planned: datetime | None
    arrived_at: datetime | None
    planned_s: int | None
    actual_s: int | None
    tier_planned: str | None
    tier_actual: str | None
    fill_planned: float | None
    fill_issued: float | None


class TeamOut(_Row):
    plan: int = Field(description="首个下达该命令的方案 / the first plan that gave the order")
    team: str
    name: str
    incident: str
    task: str
    ordered_at: datetime
    depart_planned: datetime | None
    arrive_planned: datetime
    status: str
    departed_at: datetime | None
    arrived_at: datetime | None
    done_at: datetime | None
    delay_s: int | None


class NeedOut(_Row):
    incident: str
    item: str
    name: str
    unit: str | None
    asked: Decimal
    planned: Decimal
    issued: Decimal
    received: Decimal | None = Field(description="空为无人回报 / null: nobody said")
    fill_planned: float
    fill_issued: float


class ShipmentOut(_Row):
    plan: int
    store: str
    store_name: str
    incident: str
    item: str
    name: str
    unit: str | None
    task: str | None
    team: str | None
    planned: Decimal
    issued: Decimal
    depart_planned: datetime | None
    departed_at: datetime | None
    delay_s: int | None


class LevelOut(_Row):
    name: str
    label: str
    value: float | list[float]
    practice: float | list[float] = Field(description="同一问题按惯例（就近派遣） / the same problem by practice")
    better: bool | None = Field(description="空为相同 / null: the same")


class PlanOut(_Row):
    number: int
    status: str
    recorded_at: datetime
    actor: str
    as_of: datetime
    same_as: int | None
    stops: int
    shipments: int
    unmet: int
    levels: list[LevelOut]


class EventOut(_Row):
    at: datetime
    kind: str
    actor: str
    incident: str | None
    words: str
    facts: dict[str, Any]


class AfterActionOut(_Row):
    situation: str
    kind: str
    title: str
    partial: bool = Field(description="只含调用者管辖范围内的部分 / only what lies within the caller's divisions")
    note: str | None
    begins: datetime | None
    ends: datetime | None
    closed_at: datetime | None
    summary: SummaryOut
    tiers: list[TierOut]
    incidents: list[IncidentFigures]
    teams: list[TeamOut]
    needs: list[NeedOut]
    shipments: list[ShipmentOut]
    plans: list[PlanOut] = Field(description="部分查看时为空 / empty for who sees a part")
    events: list[EventOut]


@router.get(
    "/after-action", summary="情况总结报告 / after-action report",
    responses={200: {"model": AfterActionOut, "content": {PDF: {}, negotiate.XLSX: {}}}},
)  # fmt: skip
def after_action(situation: Situation, request: Request, scope: Look, connection: Reading) -> Response:
    """大事记、响应圈达标、满足率、计划与实际、若按惯例会怎样；JSON、PDF 或 XLSX / timeline, tier attainment, fill rate,
    plan against actual, what practice would have done; as JSON, PDF or XLSX. Who reaches only a part of the situation
    is told so."""
    kind = negotiate.accepted(request, (negotiate.JSON, PDF, negotiate.XLSX))
    situation_of(connection, scope, situation, part=True)
    found = report_of(connection, situation, reach=None if scope.everything else scope.patterns)
    lang = language(request)
    if kind == negotiate.JSON:
        return Response(as_json(as_document(found, lang=lang)), media_type=negotiate.JSON)
    format_ = "pdf" if kind == PDF else "xlsx"
    return written(f"after-action-{situation}.{format_}", kind,
                   lambda path: write_report(path, found, format=format_, lang=lang))  # fmt: skip


@router.get(
    "/plans/{number}/resource-messages", summary="方案的资源消息（EDXL-RM 1.0） / a plan as EDXL-RM 1.0",
    responses={200: {"content": {XML: {}}, "description": "EDXL-DE 1.0"}}, response_class=Response,
)  # fmt: skip
def resource_messages(
    situation: Situation, number: Number, request: Request, scope: Look, connection: Reading
) -> Response:
    """EDXL-DE 信封内，按事件：请求、不能满足、承诺、进展、释放，及支援申请 / in an EDXL-DE envelope, by incident:
    requests, what is declined, commitments, status, releases, and requests for aid. Incidents within reach only."""
    negotiate.accepted(request, (XML,))
    situation_of(connection, scope, situation, part=True)
    found = messages_of(
        connection, number=number, situation=situation, reach=None if scope.everything else scope.patterns,
        lang=language(request), sender=f"wuding@{request.url.hostname or 'localhost'}",
    )  # fmt: skip
    return Response(write(found), headers=attached(f"plan-{number}.xml"), media_type=XML)
