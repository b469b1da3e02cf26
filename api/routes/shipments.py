"""Goods on their way: the shipments of plans, and what came of them."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from sqlalchemy import String, cast, func, select
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS
from api.http.resources import Resource, field
from api.http.schemas import Amount, Entry
from api.http.work import Step, Writing
from api.routes.incidents import Situation
from inventory.tables.base import Quantity
from inventory.tables.goods import items
from inventory.tables.places import stores
from scenarios.incidents import find_situation
from scenarios.receipts import find_shipment, take_in
from scenarios.tables import incidents, plans, receipts, shipments, situations

router = APIRouter(prefix="/situations/{situation}/plans/{number}/shipments", tags=["plans"], responses=PROBLEMS)
_S, _P, _N = shipments.c, plans.c, incidents.c

_SAME = plans.alias()  # the plan itself, and every time it was put in force again
_CAME = (
    select(func.coalesce(func.sum(receipts.c.quantity), 0, type_=Quantity))
    .join(_SAME, _SAME.c.id == receipts.c.plan_id)
    .where(_SAME.c.situation_code == _P.situation_code, _SAME.c.sha256 == _P.sha256, receipts.c.shipment == _S.code)
    .correlate(shipments, plans)
    .scalar_subquery()
)

SHIPMENTS = Resource(
    "shipments", "plans.read", "方案的物资", "goods that plans send",
    (
        field("plan", _S.plan_id, "方案号", "plan"),
        field("situation", _P.situation_code, "态势", "situation"),
        field("plan_status", _P.status, "方案状态", "status of the plan"),
        field("code", _S.code, "批次号", "code"),
        field("store", stores.c.code, "出库库点", "store it leaves"),
        field("incident", _S.incident, "送往事件", "incident it goes to"),
        field("item", items.c.code, "物资代码", "code of the item"),
        field("lot", _S.lot_code, "批号", "lot number"),
        field("quantity", _S.quantity, "数量", "quantity"),
        field("received", _CAME, "已送达", "of it received", kind=Decimal, required=True),
        field("task", _S.task, "用于任务（装备）", "task it is equipment for"),
        field("team", _S.team, "由该队随带", "team that takes it along"),
    ),
    key=cast(_S.plan_id, String) + "/" + _S.code, places=(_N.place_code, situations.c.place_code), sort="plan,code",
    joined=lambda rows: rows.select_from(shipments)
    .join(plans, _P.id == _S.plan_id)
    .join(situations, situations.c.code == _P.situation_code)
    .join(stores, stores.c.id == _S.store_id)
    .join(items, items.c.id == _S.item_id)
    .outerjoin(incidents, (_N.situation_code == _P.situation_code) & (_N.code == _S.incident)),
)  # fmt: skip
ALL = (SHIPMENTS,)


class ReceivedIn(Entry):
    quantity: Amount


class ReceivedOut(BaseModel):
    plan: int
    shipment: str
    incident: str
    received: Decimal = Field(description="这批共收到 / of this shipment in all")
    left: Decimal = Field(description="这批已出库 / issued for it")


@router.post("/{code}/received", status_code=201, summary="物资送达 / goods have come", response_model=ReceivedOut)
def receives(
    situation: Situation, number: Annotated[int, Path(ge=1, le=2**62)],
    code: Annotated[str, Path(min_length=1, max_length=64)], given: ReceivedIn,
    scope: Annotated[Scope, needs("orders.report")], work: Writing,
) -> Response:  # fmt: skip
    """分几次到，就报几次；多于已出库的不收 / what comes in parts is reported in parts; never more than has left."""

    def inside(one: Step) -> dict[str, Any]:
        head = find_situation(one.connection, situation)
        row = find_shipment(one.connection, plan=number, shipment=code, situation=situation)
        at_incident = select(_N.place_code).where(_N.situation_code == situation, _N.code == row.incident)
        place = one.connection.execute(at_incident).scalar() or head.place_code
        if row.team is None or row.team not in one.caller.teams:
            scope.check(place)
        after = asdict(
            take_in(one.connection, plan=number, shipment=code, quantity=given.quantity,
                    act=one.act("PLAN", **given.said()), situation=situation, at=given.occurred_at or head.as_of)
        )  # fmt: skip
        one.record("orders.received", "shipments", f"{number}/{code}", place=place, after=after)
        return after

    return work.once(inside, asked=given)
