"""What is answered about transfers and stocktakes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from inventory.tables.orders import COUNT_STATES, TRANSFER_STATES


class Event(BaseModel):
    """A step of a transfer, a stocktake or a request for aid."""

    status: str = Field(description="此步之后的状态 / status after it")
    actor: str = Field(description="经办人 / who did it")
    note: str | None = Field(description="备注 / note")
    recorded_at: datetime = Field(description="登记时间 / recorded at")


class TransferLine(BaseModel):
    item: str = Field(description="物资代码 / code of the item")
    requested: Decimal = Field(description="申请数量 / units asked for")
    approved: Decimal | None = Field(description="批准数量；未批为空 / units approved; null: not yet")


class TransferPick(BaseModel):
    """Units of one lot that are kept for a transfer, and what became of them."""

    item: str = Field(description="物资代码 / code of the item")
    lot: str = Field(description="批号 / lot number")
    expires: date | None = Field(description="到期日 / expiry date")
    unit_price: Decimal | None = Field(description="单价（元） / price of a unit (CNY)")
    quantity: Decimal = Field(description="发出数量 / units sent")
    received: Decimal | None = Field(description="完好收到；未收为空 / came whole; null: not received yet")
    damaged: Decimal | None = Field(description="到货损坏 / came damaged")
    missing: Decimal | None = Field(description="未到 / did not come")


class TransferOrder(BaseModel):
    number: str = Field(description="调拨单号 / number of the order")
    status: Literal[TRANSFER_STATES]  # type: ignore[valid-type]
    from_store: str = Field(description="调出库点 / store that sends")
    to_store: str = Field(description="调入库点 / store that receives")
    reason: str = Field(description="事由代码 / code of the reason")
    note: str | None = Field(description="备注 / note")
    requested_at: datetime = Field(description="申请时间 / asked for at")
    lines: list[TransferLine]
    picks: list[TransferPick] = Field(description="批准后逐批列出 / lot by lot, from approval on")


class TransferOut(BaseModel):
    number: str = Field(description="调拨单号 / number of the order")
    transfer: TransferOrder
    events: list[Event] = Field(description="各步经办，先后为序 / every step, in order")


class CountedLine(BaseModel):
    """One line of a stocktake; of a blind one the book is hidden until all is counted."""

    item: str = Field(description="物资代码 / code of the item")
    lot: str = Field(description="批号 / lot number")
    bin: str | None = Field(description="货位 / bin")
    state: str = Field(description="状态 / state of the units")
    book: Decimal | None = Field(description="开始时账面数量；盲盘时为空 / in the books at the opening; null: blind")
    expected: Decimal | None = Field(description="应有数量（计入盘点间收发） / with what came and went since")
    counted: Decimal | None = Field(description="盘点数量；未盘为空 / units counted; null: not yet")
    variance: Decimal | None = Field(description="盈（正）亏（负） / more (+) or less (-) than expected")
    moved_since: Decimal = Field(description="盘点开始后净收发 / net units moved since the opening")
    note: str | None = Field(description="备注 / note")
    expires: date | None = Field(description="到期日 / expiry date")


class CountOut(BaseModel):
    number: str = Field(description="盘点单号 / number of the stocktake")
    store: str = Field(description="库点代码 / code of the store")
    status: Literal[COUNT_STATES]  # type: ignore[valid-type]
    lines: list[CountedLine]
    events: list[Event] = Field(description="各步经办，先后为序 / every step, in order")
