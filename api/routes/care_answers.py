"""What is answered about the five fixed: evaluations, the board, the monthly report."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

Share = Annotated[float, Field(ge=0, le=1)]
Figure = Decimal | float
BothLanguages = Annotated[tuple[str, str], Field(description="[中文, 英文] / [Chinese, English]")]


class Evaluation(BaseModel):
    place: str | None = Field(description="区划代码；空为全部 / division code; null: everything")
    day: date = Field(description="评估日 / day it is for")
    stores: int = Field(description="库点数 / stores")
    findings: int = Field(description="问题数 / findings")
    tasks_opened: int = Field(description="新产生的任务 / tasks opened")
    tasks_lapsed: int = Field(description="不再需要的任务 / tasks that are needed no longer")
    released: int = Field(description="到期释放的预留 / reservations whose time was over")


class Recorded(BaseModel):
    id: int = Field(description="序号 / number")


class BoardRow(BaseModel):
    """A place, with all stores in it and below; or one store of it."""

    code: str = Field(description="区划代码或库点代码 / division code, or the store's own")
    name: str = Field(description="名称 / name")
    name_en: str | None = Field(description="英文名 / English name")
    level: str = Field(description="层级 / level")
    stores: int = Field(description="库点数 / stores")
    failed: int = Field(description="不合格库点数 / stores that failed")
    score: Share = Field(description="平均得分 0–1 / mean score, 0 to 1")
    worst: Share = Field(description="最低得分 0–1 / lowest score, 0 to 1")
    serviceable_share: Share | None = Field(description="完好率 0–1 / share that is serviceable, 0 to 1")
    critical: int = Field(description="严重问题数 / critical findings")
    major: int = Field(description="较重问题数 / major findings")
    minor: int = Field(description="一般问题数 / minor findings")
    overdue: int = Field(description="逾期项数 / checks overdue")
    due_soon: int = Field(description="即将到期项数 / checks due soon")


class Board(BaseModel):
    day: date | None = Field(description="评估日；空为从未评估 / day of the evaluation; null: there was none")
    evaluated_at: datetime | None = Field(description="评估时间 / evaluated at")
    total: BoardRow | None = Field(description="合计 / the whole place")
    rows: list[BoardRow] = Field(description="下一级，差者在前 / its parts, the worst first")
    stale: bool = Field(description="此后情况已变，或已隔日 / something has changed since, or another day has come")


class TownFigures(BaseModel):
    """One town, or the county as a whole."""

    code: str = Field(description="区划代码 / division code")
    town: BothLanguages
    stores: int = Field(description="库点数 / stores")
    score: Figure | None = Field(description="得分 0–1；空为无可评 / score, 0 to 1; null: nothing to judge")
    failed_stores: int = Field(description="不合格库点数 / stores that failed")
    serviceable_share: Figure | None = Field(description="完好率 0–1 / share that is serviceable, 0 to 1")
    overdue_minor: int = Field(description="一般逾期 / minor checks overdue")
    overdue_major: int = Field(description="较重逾期 / major checks overdue")
    overdue_critical: int = Field(description="严重逾期 / critical checks overdue")
    tasks_done: int = Field(description="本月完成任务 / tasks done in the month")


class WorstStore(BaseModel):
    store_id: str = Field(description="库点代码 / code of the store")
    store: BothLanguages
    town: BothLanguages
    score: Figure | None = Field(description="得分 0–1 / score, 0 to 1")
    failed: bool = Field(description="是否不合格 / failed")
    reason: BothLanguages


class CriticalFinding(BaseModel):
    store: BothLanguages
    item: BothLanguages
    text: BothLanguages
    since: date | None = Field(description="自何日起；空为不详 / since which day; null: not known")


class MonthReport(BaseModel):
    """The five-fixed monthly report (五定月报) of a county."""

    county_code: str = Field(description="区划代码 / division code")
    county: BothLanguages
    year: int
    month: int
    as_of: datetime = Field(description="评估时间 / evaluated at")
    total: TownFigures = Field(description="全县合计 / the whole county")
    towns: list[TownFigures] = Field(description="分乡镇 / by town")
    worst_stores: list[WorstStore] = Field(description="得分最低的库点及主因 / the lowest scores, and why")
    critical_findings: list[CriticalFinding]
