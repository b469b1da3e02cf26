"""Lots that a failed check keeps from leaving, worked out anew whenever a check is put on record."""

from datetime import date

from sqlalchemy import Connection, delete, insert, select

from inventory.database import one_at_a_time
from inventory.five_fixed import MaintenanceRecord
from inventory.five_fixed.history import NOTHING, Done, fold, has_failed, merged
from inventory.five_fixed.lots import LOST
from inventory.kinds import ELSEWHERE, STORE_WIDE
from inventory.tables.care import holds, in_force, maintenance
from inventory.tables.goods import lots
from inventory.tables.stock import balances

FAR = date.max


def hold_failed(connection: Connection, *, pairs: set[tuple[int, int]]) -> None:
    """Work out anew, for these stores and items, which lots' last word is a failed check: they are unserviceable at
    once, until the same check passes on a later day, or is on record as passed later that day."""
    if not pairs:
        return
    one_at_a_time(connection, "holds")  # two at once would each make the hold the other has not committed yet
    columns = (
        maintenance.c.store_id, maintenance.c.item_id, maintenance.c.lot_code, maintenance.c.kind,
        maintenance.c.done_on, maintenance.c.result,
    )  # fmt: skip
    failing = select(maintenance.c.store_id, maintenance.c.item_id).where(maintenance.c.result == "FAILED").distinct()
    suspects = {(store, item) for store, item in connection.execute(failing) if (store, item) in pairs}
    held = {(row.store_id, row.item_id) for row in connection.execute(select(holds.c.store_id, holds.c.item_id))}
    for store, item in sorted((suspects | held) & pairs):
        connection.execute(delete(holds).where(holds.c.store_id == store, holds.c.item_id == item))
        if (store, item) not in suspects:
            continue
        rows = connection.execute(
            select(*columns).where(maintenance.c.store_id == store, maintenance.c.item_id == item, in_force)
        )
        records = [
            MaintenanceRecord(str(store), str(item), lot, kind, done, result) for _, _, lot, kind, done, result in rows
        ]
        done, _ = fold(records, day=FAR.toordinal())
        new = [
            {"store_id": store, "item_id": item, "lot_code": lot, "kind": kind, "failed_on": date.fromordinal(last[1])}
            for lot, known in _by_lot(connection, store, item, done).items()
            for kind, last in sorted(known.items())
            if kind not in STORE_WIDE and has_failed(last)
        ]
        if new:
            connection.execute(insert(holds), new)


def _by_lot(
    connection: Connection, store: int, item: int, done: dict[tuple[str, str | None, str | None], Done]
) -> dict[str, Done]:
    """What was done to each lot that stands in the store: its own checks, and those of all lots since it came; which
    lost units say only where there are no others."""
    rows = connection.execute(
        select(lots.c.code, lots.c.made, balances.c.received, balances.c.state)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(balances.c.store_id == store, balances.c.item_id == item, balances.c.state.not_in(list(ELSEWHERE)))
    ).all()
    in_use = {row.code for row in rows if row.state not in LOST}
    since: dict[str, int] = {}
    for code, made, received, state in rows:
        if state in LOST and code in in_use:
            continue
        first = received or made
        day, known = (0 if first is None else first.toordinal()), since.get(code, 0)
        since[code] = min(day, known) if day and known else day or known  # as `first_days` has it
    wide = done.get((str(store), str(item), None), NOTHING)
    own = {key[2]: known for key, known in done.items() if key[2]}
    return {code: merged(own.get(code, NOTHING), wide, since=day) for code, day in since.items()} | {
        code: known for code, known in own.items() if code not in since
    }
