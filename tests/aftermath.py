"""What is left when processes of the service were killed: does the database hold all that clients were told, once?"""

import time
from collections import Counter
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text

from api.access.tables import answers
from api.jobs.tables import job_effects, job_files, jobs
from inventory.database import open_engine, reading
from inventory.ledger.verify import verify
from inventory.tables.goods import lots
from inventory.tables.orders import order_events, transfers
from inventory.tables.stock import balances, movements, operations
from tests.kills import IMPORTED, Service, units

BOOKS_S = 60.0  # for workers that have just started to tell DBOS that a job was done before
STEPS = ("requested", "approved", "picked", "in_transit", "received")


def after(service: Service) -> list[str]:
    """What is lost or there twice, in words; nothing is what everybody wants."""
    with reading(service.engine) as connection:
        found = [*_entries(service, connection), *_orders(service, connection), *_imports(service, connection),
                 *_jobs(service, connection)]  # fmt: skip
        found += [f"the ledger does not replay: {one}" for one in verify(connection).differences]
    there, moved = units(service.engine), service.told.moved
    for store in sorted({*there, *moved}):
        due = service.before.get(store, Decimal(0)) + moved[store]
        if there.get(store, Decimal(0)) != due:
            found.append(f"{store}: {there.get(store)} units, {due} by what was acknowledged")
    return [*found, *_workflows(service)]


def _entries(service: Service, connection: Any) -> list[str]:
    """Each entry carries its key as its note."""
    noted: dict[str, list[int]] = {}
    for note, number in connection.execute(
        select(operations.c.note, operations.c.id).where(
            operations.c.actor == "machine", operations.c.note.is_not(None)
        )
    ):
        noted.setdefault(note, []).append(number)
    told = service.told
    found = [f"{key}: told {number}, there {noted.get(key)}" for key, number in told.entries.items()
             if noted.get(key) != [number]]  # fmt: skip
    found += [f"import {key}: {noted.get(key)}" for key in told.imported if len(noted.get(key, ())) != 1]
    found += [f"{key}: there, but nobody was told" for key in noted.keys() - told.entries.keys() - {*told.imported}]
    kept = connection.execute(
        select(func.count()).select_from(answers).where(answers.c.scope == "machine")
    ).scalar_one()
    return found if kept == told.keys else [*found, f"{told.keys} keys answered, {kept} answers kept"]


def _orders(service: Service, connection: Any) -> list[str]:
    steps: dict[str, list[str]] = {}
    for number, status in connection.execute(
        select(order_events.c.number, order_events.c.status).order_by(order_events.c.id)
    ):
        steps.setdefault(number, []).append(status)
    found = [f"transfer {number}: {steps.get(number)}" for number in service.told.transfers
             if steps.get(number) != [*STEPS]]  # fmt: skip
    count = connection.execute(select(func.count()).select_from(transfers)).scalar_one()
    if count != len(service.told.transfers):
        found.append(f"{count} transfers, {len(service.told.transfers)} asked for")
    return found


def _imports(service: Service, connection: Any) -> list[str]:
    came = (
        select(lots.c.code, func.sum(movements.c.quantity))
        .join(balances, balances.c.lot_id == lots.c.id)
        .join(movements, movements.c.to_id == balances.c.id)
        .where(movements.c.from_id.is_(None))
        .group_by(lots.c.code)
    )
    units_in: dict[str, Any] = dict(connection.execute(came).all())
    return [f"lot {lot}: {units_in.get(lot)} units came" for lot in service.told.imported
            if units_in.get(lot) != IMPORTED]  # fmt: skip


def _jobs(service: Service, connection: Any) -> list[str]:
    told = service.told.jobs
    rows = {row.code: row for row in connection.execute(select(jobs)) if row.actor == "machine"}
    effects = Counter(connection.execute(select(job_effects.c.job_code)).scalars())
    files = Counter(connection.execute(select(job_files.c.job_id).where(job_files.c.job_id.is_not(None))).scalars())
    found = [f"job {code}: not there" for code in told.keys() - rows.keys()]
    found += [f"job {code}: nobody was told" for code in rows.keys() - told.keys()]
    seen: Counter[int] = Counter()
    for code, row in rows.items():
        if row.status != "done" or effects[code] != 1 or files[row.id] != (row.kind == "monthly_report"):
            found.append(f"job {code} ({row.kind}): {row.status}, {effects[code]} effects, {files[row.id]} files")
        if row.kind == "evaluate" and row.status == "done":
            seen[row.result["evaluation"]] += 1
    return found + [f"evaluation {number} is the result of {times} jobs" for number, times in seen.items() if times > 1]


def interrupted(service: Service) -> int:
    """Jobs that were begun more than once: their worker was killed over them."""
    with reading(service.engine) as connection:
        return int(connection.execute(select(func.count()).where(jobs.c.runs > 1)).scalar_one())


def _workflows(service: Service) -> list[str]:
    """None may be under way for ever in the books of DBOS."""
    engine, own = service.engine, None
    name = "dbos.workflow_status"
    if engine.dialect.name == "sqlite":
        file = str(engine.url.database)
        engine = own = open_engine(f"sqlite:///{file.removesuffix('.sqlite3')}.jobs.sqlite3")
        name = "workflow_status"
    ends = time.monotonic() + BOOKS_S
    try:
        while True:
            with engine.connect() as connection:
                rows = connection.execute(text(f"SELECT status, count(*) FROM {name} GROUP BY status")).all()
            left = [f"{count} workflows {status}" for status, count in rows if status not in ("SUCCESS", "CANCELLED")]
            if not left or time.monotonic() > ends:
                return left
            time.sleep(0.1)
    finally:
        if own is not None:
            own.dispose()
