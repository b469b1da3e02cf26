"""What was used in a time, and its value."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, case, func, select, type_coerce

from inventory.ledger.stock_lines import sub_tree
from inventory.tables.base import Quantity
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Used:
    """One item and owner. `unpriced`: units of lots without a unit price, which the value leaves out."""

    item: str
    owner: str
    issued: Decimal
    returned: Decimal
    written_off: Decimal
    value: Decimal  # CNY, of what was issued and did not come back, and of what was written off
    unpriced: Decimal


def usage(
    connection: Connection, *, since: datetime, until: datetime, place: str | None = None, reference: str | None = None
) -> list[Used]:
    """By item and owner, of entries recorded in [since, until); reversed ones cancel out. `reference` restricts it
    to what was done for one plan, incident or order."""
    came, went = balances.alias(), balances.alias()
    out = case((went.c.state == "issued", 0), else_=1) * case((came.c.state == "issued", 1), else_=0)
    back = case((went.c.state == "issued", 1), else_=0) * case((came.c.state == "issued", 0), else_=1)
    undone = operations.alias()
    lost = case((movements.c.kind == "WRITE_OFF", 1), else_=0) - case((undone.c.kind == "WRITE_OFF", 1), else_=0)
    units = movements.c.quantity
    line = func.coalesce(movements.c.from_id, movements.c.to_id)
    held = balances.alias()
    kept = (
        select(
            items.c.code, lots.c.owner, lots.c.unit_price,
            type_coerce(func.sum(units * func.coalesce(out, 0)), Quantity),
            type_coerce(func.sum(units * func.coalesce(back, 0)), Quantity),
            type_coerce(func.sum(units * lost), Quantity),
        )
        .select_from(movements)
        .join(operations, operations.c.id == movements.c.operation_id)
        .outerjoin(undone, undone.c.id == operations.c.reverses_id)
        .join(held, held.c.id == line)
        .join(stores, stores.c.id == held.c.store_id)
        .join(lots, lots.c.id == held.c.lot_id)
        .join(items, items.c.id == lots.c.item_id)
        .outerjoin(went, went.c.id == movements.c.from_id)
        .outerjoin(came, came.c.id == movements.c.to_id)
        .where(operations.c.recorded_at >= since, operations.c.recorded_at < until)
        .where(movements.c.kind.in_(["ISSUE", "RETURN", "WRITE_OFF", "REVERSE"]))
        .group_by(items.c.code, lots.c.owner, lots.c.unit_price)
    )  # fmt: skip
    if place is not None:
        kept = kept.where(stores.c.place_code.like(sub_tree(place)))
    if reference is not None:
        kept = kept.where(operations.c.reference == reference)
    found: dict[tuple[str, str], Used] = {}
    for item, owner, price, issued, returned, written_off in connection.execute(kept):
        gone = issued - returned + written_off
        known = found.get((item, owner), Used(item, owner, ZERO, ZERO, ZERO, ZERO, ZERO))
        found[item, owner] = Used(
            item,
            owner,
            known.issued + issued,
            known.returned + returned,
            known.written_off + written_off,
            known.value + (ZERO if price is None else gone * price),
            known.unpriced + (gone if price is None else ZERO),
        )
    return [found[key] for key in sorted(found) if found[key].issued or found[key].returned or found[key].written_off]
