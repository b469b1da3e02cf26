"""Checks that go with a lot to another store: a transfer resets no clock."""

from datetime import date

from sqlalchemy import Connection, func, insert, or_, select

from inventory.kinds import ELSEWHERE, STORE_WIDE
from inventory.ledger.holds import hold_failed
from inventory.ledger.post import Act, AnyRow, Head
from inventory.tables.care import maintenance
from inventory.tables.goods import lots
from inventory.tables.stock import balances


def carry_checks(connection: Connection, pick: AnyRow, *, source: Head, target: Head, act: Act, number: str) -> None:
    """The last time each check of the lot was passed, and was failed, at the source, on record at the target as well.

    Only for a lot with a number, and only where the target has none of it: two histories of one lot in one store
    cannot be told apart, so units that join a lot follow the history it has there.
    """
    if not pick.lot:
        return
    there = (
        select(func.count())
        .select_from(balances)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(
            balances.c.store_id == target.store_id,
            lots.c.item_id == target.item_id,
            lots.c.code == pick.lot,
            balances.c.quantity > 0,
            balances.c.state.not_in(list(ELSEWHERE)),
        )
    )
    if connection.execute(there).scalar_one():
        return
    last: dict[tuple[str, str], date] = {}
    rows = connection.execute(
        select(maintenance.c.kind, maintenance.c.result, maintenance.c.done_on, maintenance.c.lot_code).where(
            maintenance.c.store_id == source.store_id,
            maintenance.c.item_id == source.item_id,
            or_(maintenance.c.lot_code == pick.lot, maintenance.c.lot_code.is_(None)),
            maintenance.c.kind.not_in(sorted(STORE_WIDE)),
        )
    )
    for kind, result, done_on, lot_code in rows:
        if lot_code is None and pick.received_on is not None and done_on < pick.received_on:
            continue  # done to all lots there were, and this one was not there yet
        last[kind, result] = max(last.get((kind, result), done_on), done_on)
    if last:
        row = {
            "store_id": target.store_id,
            "item_id": target.item_id,
            "lot_code": pick.lot,
            "actor": act.actor,
            "recorded_at": act.at,
            "note": number,
        }
        connection.execute(
            insert(maintenance),
            [{**row, "kind": kind, "result": word, "done_on": day} for (kind, word), day in sorted(last.items())],
        )
        # units of the lot that were here before may have left it held
        hold_failed(connection, pairs={(target.store_id, target.item_id)})
