"""What is answered about plans. A plan itself is plan.json: `PlanFile` of scenarios.exchange.plan."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from scenarios.exchange.plan import LevelRow
from scenarios.tables import PROGRESS_STATES


class DraftOut(BaseModel):
    draft: int = Field(description="待批方案号 / number to approve it by")
    stage: int = Field(description="第几个方案 / which of the plans that were found")
    last: bool = Field(description="是否最后一个 / whether no better one comes")
    status: str = Field(description="optimal、feasible、infeasible / optimal, feasible, infeasible")
    levels: list[LevelRow] = Field(description="各级目标：值、界、差距、惯例 / value, bound, gap, practice")
    seconds: dict[str, float] = Field(description="各阶段用时（秒） / how long each phase took (s)")
    unplaced: list[str] = Field(description="没有位置、不在方案内的事件 / incidents left out, for want of a place")


class Units(BaseModel):
    store: str = Field(description="库点代码 / code of the store")
    item: str = Field(description="物资代码 / code of the item")
    lot: str = Field(description="批号 / lot number")
    quantity: Decimal = Field(description="数量（物资单位） / in units of the item")


class PlanCancelled(BaseModel):
    released: list[Units] = Field(description="释放的预留 / units that are kept no longer")


class PlanApproved(PlanCancelled):
    draft: int = Field(description="待批方案号 / number of the draft")
    plan: int = Field(description="方案号 / number of the plan")
    replaces: int | None = Field(description="替换的方案 / the plan it takes the place of")
    reserved: list[Units] = Field(description="预留的物资 / units that are kept for it")


class PlanRolledBack(BaseModel):
    plan: int = Field(description="新的方案号 / number of the plan now in force")
    replaces: int | None = Field(description="替换的方案 / the plan it takes the place of")
    of: int = Field(description="退回到的方案 / the earlier plan it is the same as")


class PlanChange(BaseModel):
    """A stop (team, task) or a shipment (store, item) at an incident, before and after."""

    kind: Literal["kept", "added", "dropped", "moved", "retimed", "changed"] = Field(
        description="moved：换队或换库；retimed：只改到达；changed：改数量 / "
        "moved: by another team or store; retimed: only the arrival; changed: another quantity"
    )
    incident: str = Field(description="事件编号 / code of the incident")
    who: str = Field(description="队伍或库点 / team or store")
    what: str = Field(description="任务或物资 / task or item")
    was: str | None = Field(description="原队伍或库点 / team or store before, where it moved")
    arrive_s: int | None = Field(description="到达（草案时点起秒） / arrival (s from the draft's moment)")
    arrive_before_s: int | None = Field(description="原到达（草案时点起秒） / arrival before (s from the same moment)")
    quantity: Decimal | None = Field(description="数量 / units")
    quantity_before: Decimal | None = Field(description="原数量 / units before")


class LevelChange(BaseModel):
    name: str = Field(description="目标 / level")
    before: float | list[float] | None = Field(description="原值 / value before")
    after: float | list[float] | None = Field(description="新值 / value after")


class UnmetChange(BaseModel):
    incident: str = Field(description="事件编号 / code of the incident")
    what: str = Field(description="任务或物资 / task or item")
    before: Decimal = Field(description="原缺口 / not met before")
    after: Decimal = Field(description="新缺口 / not met after")


class PlanDifference(BaseModel):
    assignments: list[PlanChange] = Field(description="队伍的停靠 / stops of teams")
    shipments: list[PlanChange] = Field(description="物资 / shipments")
    levels: list[LevelChange] = Field(description="各级目标 / levels")
    unmet: list[UnmetChange] = Field(description="有变化的缺口 / what is not met, where that differs")


class TeamReport(BaseModel):
    team: str = Field(description="队伍代码 / code of the team")
    incident: str = Field(description="事件编号 / code of the incident")
    task: str = Field(description="任务编号 / code of the task")
    state: Literal[PROGRESS_STATES]  # type: ignore[valid-type]
    at: datetime = Field(description="时间 / when")
    arrives_at: datetime | None = Field(description="预计到达 / arrives at, of a team on its way")
    lat: float | None = Field(description="纬度，WGS-84 / latitude, WGS-84")
    lon: float | None = Field(description="经度，WGS-84 / longitude, WGS-84")


class Reported(BaseModel):
    report: TeamReport


class TeamsStanding(BaseModel):
    newest: list[TeamReport] = Field(description="各队最近一次报告 / the newest report of every team")
    done: list[tuple[str, str]] = Field(description="完成过的 [队伍, 任务] / [team, task] ever finished")
