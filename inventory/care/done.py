"""Tasks taken on and done: what passed and what failed goes on record, with evidence, and acts on the stock at once."""

import hashlib
import os
import secrets
from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, update

from inventory.errors import InventoryError
from inventory.five_fixed import NO_LOT, shanghai_day
from inventory.kinds import ELSEWHERE, KINDS
from inventory.ledger.errors import WrongState
from inventory.ledger.holds import hold_failed
from inventory.ledger.move import change_state, move, write_off_lines
from inventory.ledger.post import Act, AnyRow, lock
from inventory.ledger.stock_lines import sub_tree
from inventory.tables.base import Quantity
from inventory.tables.care import attachments, maintenance, tasks
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances

MOST_BYTES = 20 * 1024 * 1024  # of one piece of evidence
MEDIA_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".pdf": "application/pdf",
    ".mp4": "video/mp4", ".txt": "text/plain",
}  # fmt: skip


class UnknownTask(InventoryError):
    """No open task of that key. Facts: task."""


class DoneInFuture(InventoryError):
    """A check that is said to be done on a day that has not come. Facts: task, day."""


class AnotherWay(InventoryError):
    """A task that is not done by saying so, but by another entry. Facts: task, way_zh, way_en."""


class BadEvidence(InventoryError):
    """Evidence that is missing, empty, too large or of a kind not taken. Facts: file, kinds, most_mib."""


TASK_REASONS = {
    "REPAIR": "REPAIRED", "RELEASE": "RELEASED", "WRITE_OFF": "EXPIRY", "RECALL": "RECALL", "RETIRE": "RETIREMENT",
}  # fmt: skip

# task -> the way it is done, where saying so is not enough
OTHER_WAYS = {
    "PUT_AWAY": ("写明放入的货位（--bin 货位），或办理上架：wuding stock move … --put-away",
                 "name the bin (--bin BIN), or put it away: wuding stock move … --put-away"),
    "RECORD_MADE": ("补生产日期：导出库存、填上该批次的生产日期后重新导入（wuding export stock、wuding import stock）",
                    "record the day of manufacture: fill it in for the lot in an export of the stock, and import that "
                    "(wuding export stock, wuding import stock)"),
}  # fmt: skip


def assign_task(connection: Connection, *, task: str, assignee: str, at_place: str | None = None) -> None:
    """Give a task to somebody. Raises UnknownTask."""
    row = _live(connection, task, at_place)
    connection.execute(update(tasks).where(tasks.c.id == row.id).values(status="assigned", assignee=assignee))


def finish_task(
    connection: Connection,
    *,
    task: str,
    act: Act,
    passed: bool = True,
    done_on: date | None = None,
    evidence: tuple[Path, ...] = (),
    folder: Path | None = None,
    bin: str | None = None,
) -> int | None:
    """A task is done. A check writes a maintenance record (its id comes back): passed, the clock begins anew on
    `done_on`; failed, the lot is unserviceable at once and the clock runs on. REPAIR and RELEASE make the units
    serviceable again; WRITE_OFF and RECALL take them out of the book; PUT_AWAY puts them into `bin`.

    Raises UnknownTask, DoneInFuture, AnotherWay, BadEvidence; what moving the stock raises.
    """
    row = _live(connection, task, None)
    today = shanghai_day(act.at)
    day = done_on or today
    if day > today:
        raise DoneInFuture(task=task, day=day)
    for file in evidence:
        keep_file(connection, file, about=task, act=act, folder=folder)
    made: int | None = None
    if row.kind in KINDS and row.kind != "RETIRE":
        made = record_check(
            connection, store_id=row.store_id, item=row.item, lot=row.lot, kind=row.kind, passed=passed, done_on=day,
            act=act,
        )  # fmt: skip
    elif row.kind == "PUT_AWAY" and bin is not None and passed:
        _put_away(connection, row, act, bin)
    elif row.kind in OTHER_WAYS:
        zh, en = OTHER_WAYS[row.kind]
        raise AnotherWay(task=task, way_zh=zh, way_en=en)
    else:
        _act_on_stock(connection, row, act, passed=passed)
    values = {"status": "done" if passed else "failed", "closed_at": act.at, "closed_by": act.actor, "note": act.note}
    connection.execute(update(tasks).where(tasks.c.id == row.id).values(**values))
    if not passed and row.kind in KINDS:  # what failed must be mended and checked again, from now on
        again = {name: getattr(row, name) for name in ("key", "store_id", "item", "lot", "kind", "due", "assignee")}
        again |= {"severity": "critical", "status": "open" if row.assignee is None else "assigned", "opened_at": act.at}
        connection.execute(insert(tasks), again)
    return made


def record_check(
    connection: Connection, *, store_id: int, item: str | None, lot: str | None, kind: str, passed: bool,
    done_on: date, act: Act,
) -> int:  # fmt: skip
    """Put a check on record, and work out anew which lots are held by a failed one."""
    item_id = None
    if item is not None:
        store = connection.execute(select(stores.c.code).where(stores.c.id == store_id)).scalar_one()
        # whoever judges these units for leaving waits, and sees the outcome
        item_id = lock(connection, [(store, item)])[store, item].item_id
    made = connection.execute(
        insert(maintenance).returning(maintenance.c.id),
        {
            "store_id": store_id,
            "item_id": item_id,
            "lot_code": None if lot in (None, NO_LOT) else lot,
            "kind": kind,
            "done_on": done_on,
            "result": "PASSED" if passed else "FAILED",
            "actor": act.actor,
            "recorded_at": act.at,
            "note": act.note,
        },
    ).scalar_one()
    if item_id is not None:
        hold_failed(connection, pairs={(store_id, item_id)})
    return int(made)


def keep_file(connection: Connection, file: Path, *, about: str, act: Act, folder: Path | None) -> str:
    """Keep evidence outside the rows, under its hash; the hash. Raises BadEvidence."""
    kind = MEDIA_TYPES.get(file.suffix.lower())
    facts = {"file": str(file), "kinds": ", ".join(MEDIA_TYPES), "most_mib": MOST_BYTES // 1024**2}
    if folder is None or kind is None or not file.is_file() or not 0 < file.stat().st_size <= MOST_BYTES:
        raise BadEvidence(**facts)
    content = file.read_bytes()
    keep_content(connection, content, name=file.name[-255:], kind=kind, about=about, act=act, folder=folder)
    return hashlib.sha256(content).hexdigest()


def keep_content(
    connection: Connection, content: bytes, *, name: str, kind: str, about: str, act: Act, folder: Path
) -> int:
    """Keep bytes under their hash; the number of their row."""
    digest = hashlib.sha256(content).hexdigest()
    kept = folder / digest[:2] / digest
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        # hidden, so that a stray one is in no backup; one for each writer, and on the disk before its row is
        part = kept.with_name(f".{digest}.{secrets.token_hex(4)}.part")
        try:
            with part.open("xb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            part.replace(kept)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(kept.parent)
    row = {"sha256": digest, "name": name, "media_type": kind, "bytes": len(content), "about": about}
    made = connection.execute(
        insert(attachments).returning(attachments.c.id), {**row, "actor": act.actor, "recorded_at": act.at}
    )
    return int(made.scalar_one())


def _sync_folder(folder: Path) -> None:
    """A name is as lasting as its folder; where folders cannot be synchronised, the system sees to it."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _live(connection: Connection, task: str, place: str | None) -> AnyRow:
    wanted = (
        select(tasks, stores.c.code.label("store"))
        .join(stores, stores.c.id == tasks.c.store_id)
        .where(tasks.c.key == task, tasks.c.status.in_(("open", "assigned")))
        .with_for_update(of=tasks)
    )
    if place is not None:
        wanted = wanted.where(stores.c.place_code.like(sub_tree(place)))
    row = connection.execute(wanted).first()
    if row is None:
        raise UnknownTask(task=task)
    return row


def _put_away(connection: Connection, row: AnyRow, act: Act, bin: str) -> None:
    """All units of the lot that stand in no bin, into one."""
    lot = "" if row.lot in (None, NO_LOT) else row.lot
    waiting = connection.execute(
        select(func.sum(balances.c.quantity).cast(Quantity))
        .join(lots, lots.c.id == balances.c.lot_id)
        .join(items, items.c.id == balances.c.item_id)
        .where(balances.c.store_id == row.store_id, items.c.code == row.item, lots.c.code == lot)
        .where(balances.c.bin_id.is_(None), balances.c.state.not_in(list(ELSEWHERE)))
    ).scalar()
    if not waiting:
        raise UnknownTask(task=row.key)
    step = replace(act, reason="PUT_AWAY", key=None, reference=row.key[:128])
    move(connection, store=row.store, item=row.item, quantity=waiting, to_bin=bin, act=step, lot=lot, put_away=True)


def _act_on_stock(connection: Connection, row: AnyRow, act: Act, *, passed: bool) -> None:
    """REPAIR and RELEASE make the units of the lot serviceable; WRITE_OFF, RECALL and RETIRE take those the task is
    about out of the book: past expiry, recalled, past retirement (or all of the lot, where none is past it yet)."""
    kind, lot = row.kind, "" if row.lot in (None, NO_LOT) else row.lot
    if not passed:
        if kind in ("REPAIR", "RELEASE"):
            return  # they stay as they are, and the next evaluation opens the task again
        raise WrongState(what=row.key, state="FAILED", needed="PASSED")
    states = {
        "REPAIR": ("damaged", "repair"),
        "RELEASE": ("quarantined",),
        "WRITE_OFF": ("expired", "serviceable", "damaged", "quarantined"),
        "RECALL": ("recalled",),
        "RETIRE": ("serviceable", "damaged", "quarantined", "repair"),
    }[kind]
    step = replace(act, reason=TASK_REASONS[kind], key=None, reference=row.key[:128])
    today = shanghai_day(act.at)
    found = connection.execute(
        select(balances.c.id, balances.c.state, balances.c.quantity, lots.c.expires, lots.c.usable_until)
        .join(lots, lots.c.id == balances.c.lot_id)
        .join(items, items.c.id == balances.c.item_id)
        .where(balances.c.store_id == row.store_id, items.c.code == row.item, lots.c.code == lot)
        .where(balances.c.state.in_(states), balances.c.quantity > 0)
    ).all()
    if kind == "WRITE_OFF":
        found = [one for one in found if one.state == "expired" or (one.expires is not None and one.expires < today)]
    if kind == "RETIRE":
        found = [one for one in found if one.usable_until is not None and one.usable_until < today] or found
    if not found:
        raise UnknownTask(task=row.key)
    if kind not in ("REPAIR", "RELEASE"):
        write_off_lines(connection, store=row.store, item=row.item, lines=[one.id for one in found], act=step)
        return
    for state in sorted({one.state for one in found}):
        change_state(connection, store=row.store, item=row.item, quantity=None, state=state, to_state="serviceable",
                     act=step, lot=lot)  # fmt: skip
