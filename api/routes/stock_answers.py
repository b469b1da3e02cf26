"""What is answered about stock: entries, what is available, cards, single units, what should be topped up."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field


class Taken(BaseModel):
    """Units that an entry moved."""

    item: str = Field(description="物资代码 / code of the item")
    lot: str = Field(description="批号 / lot number")
    bin: str | None = Field(description="货位 / bin")
    expires: date | None = Field(description="到期日 / expiry date")
    quantity: Decimal = Field(description="数量（物资单位） / in units of the item")


class Done(BaseModel):
    """The entry that was made."""

    operation: int = Field(description="单据号 / number of the entry")
    exercise: str | None = Field(description="演练代码：只记入演练，不动实际库存 / of this exercise's own book")
    taken: list[Taken] = Field(description="从哪些批次、货位取出 / which lots, off which shelf")


class Available(BaseModel):
    store: str = Field(description="库点代码 / code of the store")
    item: str = Field(description="物资代码 / code of the item")
    available: Decimal = Field(description="可用数量（物资单位） / units that may leave")


class AvailableUnits(BaseModel):
    items: list[Available]


class Suggestion(BaseModel):
    store: str = Field(description="库点代码 / code of the store")
    item: str = Field(description="物资代码 / code of the item")
    have: Decimal = Field(description="可用及在途 / available, and on its way")
    minimum: Decimal = Field(description="最低储备 / the least there should be")
    target: Decimal = Field(description="目标储备 / what it is filled up to")
    quantity: Decimal = Field(description="建议补货数量 / units suggested")
    source: str | None = Field(description="来源库点；空为采购或调入 / store they come from; null: from outside")
    kind: Literal["vertical", "peer", "purchase"] = Field(description="上级、同级、采购 / from above, a peer, bought")


class Suggestions(BaseModel):
    items: list[Suggestion]
    units: Decimal = Field(description="建议补货件数合计 / units suggested, summed")


class CardRow(BaseModel):
    movement: int = Field(description="分录号 / number of the movement")
    operation: int = Field(description="单据号 / number of the entry")
    recorded_at: datetime = Field(description="登记时间 / recorded at")
    occurred_at: datetime | None = Field(description="实际发生时间 / when it happened")
    kind: str = Field(description="业务类型 / kind of movement")
    reason: str = Field(description="事由代码 / code of the reason")
    actor: str = Field(description="经办人 / who did it")
    reference: str | None = Field(description="凭证 / reference")
    note: str | None = Field(description="备注 / note")
    lot: str = Field(description="批号 / lot number")
    came: Decimal = Field(description="收入 / into the store")
    went: Decimal = Field(description="发出 / out of it")
    moved: Decimal = Field(description="库内移动、预留与释放 / inside it, or reserved and released")
    balance: Decimal = Field(description="结存 / in the store after this row")
    from_state: str | None = Field(description="原状态 / state before")
    to_state: str | None = Field(description="新状态 / state after")


class Card(BaseModel):
    """The card of one item in one store (物资收发存卡片), a page of it."""

    store: str = Field(description="库点代码 / code of the store")
    item: str = Field(description="物资代码 / code of the item")
    lot: str | None = Field(description="批号；空为全部 / lot number; null: all")
    opening: Decimal = Field(description="本页期初结存 / in the store before the first row")
    rows: list[CardRow]
    closing: Decimal = Field(description="本页期末结存 / in the store after the last row")
    more: bool = Field(description="后面还有 / later rows are there")


class UnitPlace(BaseModel):
    store: str = Field(description="库点代码 / code of the store")
    bin: str | None = Field(description="货位 / bin")
    state: str = Field(description="状态；issued、in_transit 为不在库 / state; issued, in_transit: away from the store")


class AssetMove(BaseModel):
    operation: int = Field(description="单据号 / number of the entry")
    recorded_at: datetime = Field(description="登记时间 / recorded at")
    kind: str = Field(description="业务类型 / kind of movement")
    reason: str = Field(description="事由代码 / code of the reason")
    actor: str = Field(description="经办人 / who did it")
    reference: str | None = Field(description="凭证 / reference")
    note: str | None = Field(description="备注 / note")
    source: UnitPlace | None = Field(description="从何处；空为外部 / from; null: outside")
    target: UnitPlace | None = Field(description="到何处；空为外部 / to; null: outside")


class AssetCheck(BaseModel):
    done_on: date = Field(description="完成日期 / done on")
    kind: str = Field(description="检查种类 / kind of check")
    result: Literal["PASSED", "FAILED"]
    store: str = Field(description="库点代码 / code of the store")
    actor: str = Field(description="登记人 / recorded by")
    note: str | None = Field(description="备注 / note")
    all_units: bool = Field(description="是否该库此物资逐件都做 / done to every unit of the item in the store")


class Asset(BaseModel):
    """One unit: what it is, where it stands, and everything that was done to it."""

    serial: str = Field(description="编号 / serial number")
    item: str = Field(description="物资代码 / code of the item")
    model: str | None = Field(description="型号 / model")
    maker: str | None = Field(description="厂家 / maker")
    acquired: date | None = Field(description="购置日期 / acquired on")
    made: date | None = Field(description="生产日期 / made on")
    expires: date | None = Field(description="到期日 / expiry date")
    standing: UnitPlace | None = Field(description="现在何处 / where it stands")
    moves: list[AssetMove]
    checks: list[AssetCheck]
