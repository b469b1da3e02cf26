"""What is asked of stock: the bodies of its requests."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from api.http.schemas import Amount, AmountOrNone, Body, Code, Day, Entry, Instant, LotCode, Reference, Text
from inventory.kinds import ELSEWHERE, OWNERS, STATES


class Receive(Entry):
    store: Code
    item: Code
    quantity: Amount
    reason: Literal["PURCHASE", "DONATION", "ALLOCATION", "OPENING"] = "PURCHASE"
    lot: LotCode = ""
    made: Day | None = None
    expires: Day | None = Field(None, description="当日仍可用 / last day of use")
    unit_price: AmountOrNone | None = Field(None, description="元 / CNY")
    owner: Literal[tuple(OWNERS)] | None = None  # type: ignore[valid-type]
    supplier: Text | None = None
    bin: Code | None = None
    package: Code | None = Field(None, description="按包装计数 / counted in packages of this name")
    serials: list[Code] = Field([], max_length=10_000, description="逐件编号 / serial numbers, one for each unit")


class Move(Entry):
    store: Code
    item: Code
    quantity: Amount
    to_bin: Code
    from_bin: Code | None = None
    lot: LotCode | None = None
    put_away: bool = Field(False, description="上架：取未上架的 / put away what has no bin yet")


class Change(Entry):
    store: Code
    item: Code
    quantity: Amount | None = Field(None, description="空为全部 / null: all")
    from_state: Literal[tuple(STATES)]  # type: ignore[valid-type]
    to_state: Literal[tuple(STATES)]  # type: ignore[valid-type]
    reason: Literal["DAMAGE", "REPAIR", "REPAIRED", "QUARANTINE", "RELEASED", "RECALL", "EXPIRY", "RETIREMENT",
                    "CORRECTION"]  # fmt: skip
    lot: LotCode | None = None
    bin: Code | None = None


class WriteOff(Entry):
    store: Code
    item: Code
    quantity: Amount
    state: Literal[(*STATES, *ELSEWHERE)]  # type: ignore[valid-type]
    reason: Literal["RETIREMENT", "LOSS", "EXPIRY", "DAMAGE"] = "RETIREMENT"
    lot: LotCode | None = None


class Lift(Body):
    person: Code = Field(description="谁负责 / who answers for it")
    reason: Text = Field(description="理由 / why")


class Issue(Entry):
    store: Code
    item: Code
    quantity: Amount
    reason: Literal["RESCUE", "RELIEF", "DRILL", "PLAN"] = "RESCUE"
    lot: LotCode | None = None
    reference: Reference | None = None
    override: Lift | None = Field(None, description="应急放行，须有权限 / lets blocked units go; needs stock.override")


class IssueKit(Entry):
    store: Code
    kit: Code
    count: Amount
    reason: Literal["RESCUE", "RELIEF", "DRILL", "PLAN"] = "RESCUE"
    override: Lift | None = None


class Return(Entry):
    store: Code
    item: Code
    quantity: Amount
    damaged: AmountOrNone = Field(Decimal(0), description="其中损坏的 / of these damaged")
    lot: LotCode | None = None
    bin: Code | None = None
    reference: Reference | None = Field(
        None, description="方案，如 plan:live；演练须填 / of a plan, as plan:live; an exercise must name its own"
    )


class Lend(Entry):
    store: Code
    item: Code
    quantity: Amount
    borrower: Text
    due_back: Day
    lot: LotCode | None = None


class EndLoan(Entry):
    operation: int = Field(ge=1, le=2**62, description="借出单据号 / the operation that lent them")
    damaged: bool = False


class Reserve(Entry):
    store: Code
    item: Code
    quantity: Amount
    reference: Reference
    expires_at: Instant | None = None
    lot: LotCode | None = None
    reason: Literal["PLAN", "RESCUE", "RELIEF", "DRILL", "REPLENISH"] = "PLAN"


class ForReference(Entry):
    reference: Reference


class IssueReserved(ForReference):
    store: Code | None = None
    reason: Literal["PLAN", "RESCUE", "RELIEF", "DRILL"] = "PLAN"


class Reverse(Entry):
    operation: int = Field(ge=1, le=2**62, description="要冲销的单据号 / the entry to take back")


class Recall(Entry):
    item: Code
    lot: Annotated[str, Field(min_length=1, max_length=64)]
    store: Code | None = None
