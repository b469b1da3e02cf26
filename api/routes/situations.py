"""Exercises: opened and closed; what a situation keeps for its plan, and what an exercise has out."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS
from api.http.schemas import Body, Code, Division, Entry, Instant, Text
from api.http.work import Reading, Step, Writing, as_json, tagged
from api.office import known
from api.routes.incidents import Situation, situation_of
from inventory.tables.places import stores
from scenarios.books import kept_for
from scenarios.exercise import out
from scenarios.situations import close_exercise, open_exercise
from scenarios.tables import LIVE, SITUATION_KINDS

router = APIRouter(prefix="/situations", tags=["situations"], responses=PROBLEMS)
Make = Annotated[Scope, needs("scenarios.make")]
FIELDS = ("code", "kind", "title_zh", "title_en", "place_code", "as_of", "closed_at")


class SituationIn(Body):
    code: Code = Field(examples=["drill-2026"], pattern=r"^\w[\w.-]*$")
    kind: Literal["exercise"] = "exercise"
    title_zh: Text
    title_en: Text
    place: Division | None = Field(None, description="所属区划（空为全部） / division (null: everything)")
    as_of: Instant | None = Field(None, description="模拟时点，空为现在 / the moment it plays at; null: by the clock")
    like: Code = Field(LIVE, description="路网和参数取自该态势 / whose roads and parameters it takes")


class SituationOut(BaseModel):
    code: str = Field(description="态势代码 / code of the situation")
    kind: Literal[SITUATION_KINDS]  # type: ignore[valid-type]
    title_zh: str = Field(description="中文标题 / title in Chinese")
    title_en: str = Field(description="英文标题 / title in English")
    place: str | None = Field(description="所属区划（空为全部） / division (null: everything)")
    as_of: Instant | None = Field(description="模拟时点 / the moment it plays at; null: by the clock")
    closed_at: Instant | None = Field(description="结束时间 / closed at")


class Lot(BaseModel):
    store: str = Field(description="库点代码 / code of the store")
    item: str = Field(description="物资代码 / code of the item")
    lot: str = Field(description="批号 / lot number")
    quantity: Decimal = Field(description="数量（物资单位） / in units of the item")
    until: Instant | None = Field(description="保留至；空为不限 / kept until; null: without end")


class ClosedOut(SituationOut):
    released: list[Lot] = Field(description="不再保留的 / kept no more")
    returned: list[Lot] = Field(description="视为归还的 / counted as back")


class HeldOut(BaseModel):
    kept: list[Lot] = Field(description="为执行中的方案保留的 / kept for the plan in force")
    out: list[Lot] = Field(description="演练已出库未归还的；实际情况见台账 / of an exercise: out and not back")


def _shown(row: Any) -> dict[str, Any]:
    return {"place" if name == "place_code" else name: getattr(row, name) for name in FIELDS}


def _lots(units: Any) -> list[dict[str, Any]]:
    return [{"store": store, "item": item, "lot": lot, "quantity": quantity, "until": None}
            for (store, item, lot), quantity in sorted(units.items())]  # fmt: skip


@router.post("", status_code=201, summary="开始演练 / open an exercise", response_model=SituationOut)
def opens(given: SituationIn, scope: Make, work: Writing) -> Response:
    """演练与实况同样运行，但只读实际库存，从不改动 / it runs as the live situation does; of the real stock it only
    reads."""

    def inside(one: Step) -> dict[str, Any]:
        scope.check(given.place)
        known(one.connection, place=given.place)
        if given.like != LIVE:
            situation_of(one.connection, scope, given.like)
        row = open_exercise(one.connection, given.code, title_zh=given.title_zh, title_en=given.title_en,
                            place=given.place, as_of=given.as_of, like=given.like)  # fmt: skip
        after = _shown(row)
        one.record("situations.open", "situations", given.code, place=given.place, after=after)
        return after

    return work.once(inside, asked=given)


@router.post("/{situation}/close", summary="结束演练 / close an exercise", response_model=ClosedOut)
def closes(situation: Situation, given: Entry, scope: Make, work: Writing) -> Response:
    """方案取消、保留释放、出库视为归还；记录保留，不再接收任何变更 / its plan is given up, what it held ends, its
    records stay; nothing is done in it any more."""

    def inside(one: Step) -> dict[str, Any]:
        head = situation_of(one.connection, scope, situation)
        free, back = close_exercise(one.connection, situation, act=one.act("CANCELLED", **given.said()))
        after = _shown(situation_of(one.connection, scope, situation))
        one.record("situations.close", "situations", situation, place=head.place_code, before=_shown(head), after=after)
        return {**after, "released": _lots(free), "returned": _lots(back)}

    return work.once(inside, asked=given, status=200)


@router.get("/{situation}/held", summary="方案保留的物资 / stock kept for its plan", response_model=HeldOut)
def held(situation: Situation, scope: Annotated[Scope, needs("stock.read")], connection: Reading) -> Response:
    """只列管辖范围内库点的 / of the stores within reach."""
    head = situation_of(connection, scope, situation, part=True)
    mine = set(connection.execute(select(stores.c.code).where(scope.where(stores.c.place_code))).scalars())
    kept = [one for one in kept_for(connection, head) if one.store in mine]
    away = {} if head.kind == LIVE else out(connection, situation)
    return tagged(as_json({"kept": kept, "out": _lots({key: units for key, units in away.items() if key[0] in mine})}))
