"""Goods that came: what somebody where they were sent to says of a shipment of a plan.

A plan that was put in force again has another number and the same shipments: what left, and what came, under the one
left and came under the other.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select

from inventory.ledger.post import Act
from optimizer.errors import OptimizerError
from scenarios.deliveries import sent
from scenarios.incidents import still_open
from scenarios.tables import LIVE, plans, receipts, shipments

ZERO = Decimal(0)


class UnknownShipment(OptimizerError):
    """No plan of the situation has a shipment of that code, or not under that number. Facts: shipment, plan."""


class NotLeftYet(OptimizerError):
    """More is said to have come than has left for it. Facts: shipment, quantity, received, left."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`received`: of this shipment in all, this one included; `left`: what was issued for it."""

    plan: int
    shipment: str
    incident: str
    received: Decimal
    left: Decimal


def find_shipment(connection: Connection, *, plan: int, shipment: str, situation: str = LIVE) -> Any:
    """Its row. Raises UnknownShipment."""
    row = connection.execute(
        select(shipments)
        .join(plans, plans.c.id == shipments.c.plan_id)
        .where(plans.c.situation_code == situation, plans.c.id == plan, shipments.c.code == shipment)
    ).first()
    if row is None:
        raise UnknownShipment(shipment=shipment, plan=plan)
    return row


def take_in(
    connection: Connection, *, plan: int, shipment: str, quantity: Decimal, act: Act, situation: str = LIVE,
    at: datetime | None = None,
) -> Receipt:  # fmt: skip
    """Put on record that so many units came. What comes in parts is reported in parts. Raises SituationClosed,
    UnknownSituation, UnknownShipment, NotLeftYet."""
    still_open(connection, situation, locked=True)
    row = find_shipment(connection, plan=plan, shipment=shipment, situation=situation)
    content = select(plans.c.sha256).where(plans.c.id == plan).scalar_subquery()
    same = select(plans.c.id).where(plans.c.situation_code == situation, plans.c.sha256 == content)
    numbers = set(connection.execute(same).scalars())
    left = sum(
        (one.gone for number, rows in sent(connection, situation) for one in rows
         if number in numbers and one.code == shipment), ZERO,
    )  # fmt: skip
    mine = (receipts.c.plan_id.in_(numbers), receipts.c.shipment == shipment)
    before = sum(connection.execute(select(receipts.c.quantity).where(*mine)).scalars(), ZERO)
    if before + quantity > left:
        raise NotLeftYet(shipment=shipment, quantity=quantity, received=before, left=left)
    connection.execute(insert(receipts), {
        "plan_id": plan, "shipment": shipment, "quantity": quantity, "at": at or act.at, "recorded_at": act.at,
        "actor": act.actor, "note": act.note,
    })  # fmt: skip
    return Receipt(plan, shipment, row.incident, before + quantity, left)


def came(connection: Connection, situation: str = LIVE) -> dict[tuple[str, str], Decimal]:
    """(digest of the plan, shipment) -> units that came."""
    rows = connection.execute(
        select(plans.c.sha256, receipts.c.shipment, receipts.c.quantity)
        .join(plans, plans.c.id == receipts.c.plan_id)
        .where(plans.c.situation_code == situation)
    )
    found: dict[tuple[str, str], Decimal] = {}
    for content, shipment, units in rows:
        found[content, shipment] = found.get((content, shipment), ZERO) + units
    return found
