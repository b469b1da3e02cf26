"""The jobs of an office, in its database. Every state is written here and nowhere else; DBOS only sees to it that
a job which began is carried on.

Exactly once: what a job does, the row that says it was done (`job_effects`) and "done" are one transaction. Whoever
runs the job again finds the row and does nothing.
"""

import hashlib
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update

from api.jobs.tables import job_effects, job_file_parts, job_files, jobs
from api.office import plain
from api.settings import without_home
from inventory.database import now, reading, transaction
from inventory.errors import BadTable, InventoryError
from inventory.ledger.post import insert_into
from optimizer.errors import BadInput
from scenarios.texts import explain

MOST_RUNS = 25  # restarts of a bad night are no fault of the job; one that ends its worker each time is stopped
MOST_FAULTS = 200
KEPT = timedelta(days=90)  # files, uploaded or made
PART = 12 * 1024  # bytes of a file in one row
LIVE = ("waiting", "running")


class UnknownJob(InventoryError):
    """No such job. Facts: job."""


class JobOver(InventoryError):
    """A job that has ended cannot be cancelled. Facts: job, status."""


class JobNotFailed(InventoryError):
    """Only what failed or was cancelled is done again. Facts: job, status."""


class JobNotDone(InventoryError):
    """A job without a result yet, or that came to none. Facts: job, status."""


class ResultForgotten(InventoryError):
    """The file a job made is older than files are kept. Facts: job, days."""


class JobKeepsFailing(InventoryError):
    """A job whose workers ended over it again and again. Facts: job, runs."""


class UnknownUpload(InventoryError):
    """No such uploaded file of this account. Facts: file."""


class JobCancelled(Exception):
    """Somebody wants the job to end; nothing of it remains."""


class DoneBefore(Exception):
    """The effect is there already: of a run whose worker died after it."""


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    content: bytes


Keep = Callable[..., None]
"""`keep(result, file=None)`: what the job came to."""


def ask(
    connection: Connection, *, kind: str, arguments: Mapping[str, Any], actor: str, at: datetime,
    reach: tuple[str, ...] | None = None, place: str | None = None, code: str | None = None,
) -> str | None:  # fmt: skip
    """A job on the list; a worker finds it there. None where a job of that code is there already."""
    row = {
        "code": code or uuid.uuid4().hex, "kind": kind, "arguments": plain(arguments), "actor": actor,
        "reach": None if reach is None else list(reach), "place_code": place, "recorded_at": at, "status": "waiting",
    }  # fmt: skip
    made = insert_into(connection.dialect.name)(jobs).on_conflict_do_nothing().returning(jobs.c.code)
    found: str | None = connection.execute(made, row).scalar()
    return found


def find_job(connection: Connection, code: str, *, lock: bool = False) -> Row[Any]:
    """Raises UnknownJob."""
    asked = select(jobs).where(jobs.c.code == code)
    row = connection.execute(asked.with_for_update() if lock else asked).first()
    if row is None:
        raise UnknownJob(job=code)
    return row


def cancel(connection: Connection, code: str, *, at: datetime) -> str:
    """The new status: "cancelled", or "running" where a worker has yet to hear of it. Raises JobOver."""
    row = find_job(connection, code, lock=True)
    if row.status not in LIVE:
        raise JobOver(job=code, status=row.status)
    new: dict[str, Any] = {"cancel_asked": True}
    if row.status == "waiting":
        new |= {"status": "cancelled", "phase": "job.cancelled", "finished_at": at}
    connection.execute(update(jobs).where(jobs.c.code == code).values(**new))
    return str(new.get("status", row.status))


def retry(connection: Connection, code: str) -> int:
    """Its attempt now. Raises JobNotFailed."""
    row = find_job(connection, code, lock=True)
    if row.status not in ("failed", "cancelled"):
        raise JobNotFailed(job=code, status=row.status)
    fresh = {
        "status": "waiting",
        "phase": "job.waiting",
        "attempt": row.attempt + 1,
        "runs": 0,
        "percent": 0,
        "problem": None,
        "cancel_asked": False,
        "handed_over_at": None,
        "started_at": None,
        "finished_at": None,
        "executor": None,
    }
    connection.execute(update(jobs).where(jobs.c.code == code).values(**fresh))
    return int(row.attempt) + 1


def keep_file(connection: Connection, file: File, *, actor: str, at: datetime, job_id: int | None = None) -> int:
    row = {
        "job_id": job_id, "name": file.name[-255:], "media_type": file.media_type,
        "sha256": hashlib.sha256(file.content).hexdigest(), "bytes": len(file.content), "actor": actor,
        "recorded_at": at,
    }  # fmt: skip
    number = int(connection.execute(insert(job_files).returning(job_files.c.id), row).scalar_one())
    parts = [
        {"file_id": number, "number": part, "content": b64encode(file.content[start : start + PART]).decode()}
        for part, start in enumerate(range(0, len(file.content), PART))
    ]
    if parts:
        connection.execute(insert(job_file_parts), parts)
    return number


def uploaded(connection: Connection, number: int, *, actor: str) -> File:
    """A file that this account uploaded. Raises UnknownUpload."""
    mine = (job_files.c.id == number) & (job_files.c.actor == actor) & job_files.c.job_id.is_(None)
    found = _file(connection, mine)
    if found is None:
        raise UnknownUpload(file=number)
    return found


def result_file(connection: Connection, job_id: int) -> File | None:
    return _file(connection, job_files.c.job_id == job_id)


def last_done(connection: Connection, kind: str, **arguments: int) -> Row[Any] | None:
    """The job of that kind and of these arguments that was done last."""
    asked = select(jobs).where(jobs.c.kind == kind, jobs.c.status == "done")
    for name, value in arguments.items():
        asked = asked.where(jobs.c.arguments[name].as_integer() == value)
    return connection.execute(asked.order_by(jobs.c.finished_at.desc(), jobs.c.id.desc()).limit(1)).first()


def forget_files(connection: Connection, *, at: datetime) -> None:
    """Jobs stay on record, their files do not."""
    old = job_files.c.recorded_at < at - KEPT
    connection.execute(delete(job_file_parts).where(job_file_parts.c.file_id.in_(select(job_files.c.id).where(old))))
    connection.execute(delete(job_files).where(old))


def _file(connection: Connection, which: ColumnElement[bool]) -> File | None:
    row = connection.execute(select(job_files).where(which).limit(1)).first()
    if row is None:
        return None
    parts = select(job_file_parts.c.content).where(job_file_parts.c.file_id == row.id).order_by(job_file_parts.c.number)
    return File(row.name, row.media_type, b"".join(map(b64decode, connection.execute(parts).scalars())))


@dataclass(frozen=True)
class Running:
    """A job as whoever does it sees it."""

    engine: Engine
    id: int
    code: str
    kind: str
    attempt: int
    executor: str
    actor: str
    reach: tuple[str, ...] | None

    @property
    def _mine(self) -> Any:
        return (jobs.c.code == self.code) & (jobs.c.attempt == self.attempt)

    def tell(self, percent: int, phase: str) -> None:
        """How far it is. Never inside a transaction: SQLite has one writer. Raises JobCancelled."""
        with transaction(self.engine) as connection:
            said = update(jobs).where(self._mine, jobs.c.status == "running", jobs.c.cancel_asked.is_(False))
            done = connection.execute(said.values(percent=percent, phase=phase))
        if not done.rowcount:
            raise JobCancelled

    @contextmanager
    def effect(self, connection: Connection, step: str = "effect") -> Iterator[Keep]:
        """Around what the job does to the database, on the same transaction. Raises DoneBefore; JobCancelled."""
        at = now()
        made = insert_into(connection.dialect.name)(job_effects).on_conflict_do_nothing().returning(job_effects.c.id)
        row = {"job_code": self.code, "step": step, "attempt": self.attempt, "executor": self.executor,
               "recorded_at": at}  # fmt: skip
        if connection.execute(made, row).scalar() is None:
            raise DoneBefore
        kept: list[tuple[Any, File | None]] = []
        yield lambda result, file=None: kept.append((result, file))
        held = find_job(connection, self.code, lock=True)
        if held.cancel_asked or held.attempt != self.attempt:
            raise JobCancelled
        result, file = kept[-1]
        if file is not None:
            keep_file(connection, file, actor=self.actor, at=at, job_id=self.id)
        ended = {"status": "done", "percent": 100, "phase": "job.done", "result": plain(result), "finished_at": now()}
        connection.execute(update(jobs).where(self._mine).values(**ended))


def begin(engine: Engine, code: str, attempt: int, *, executor: str) -> tuple[Running, dict[str, Any], int] | None:
    """The job, its arguments and the number of this run; None where there is nothing (more) to do."""
    with transaction(engine) as connection:
        row = connection.execute(select(jobs).where(jobs.c.code == code).with_for_update()).first()
        if row is None or row.attempt != attempt or row.status not in LIVE:
            return None
        run = row.runs + 1
        began = {
            "status": "running",
            "runs": run,
            "executor": executor,
            "phase": "job.running",
            "started_at": row.started_at or now(),
        }
        connection.execute(update(jobs).where(jobs.c.id == row.id).values(**began))
    reach = None if row.reach is None else tuple(row.reach)
    return Running(engine, row.id, code, row.kind, attempt, executor, row.actor, reach), dict(row.arguments), run


def end(engine: Engine, code: str, attempt: int, error: Exception | None) -> None:
    """Failed with `error`; cancelled where there is none. What is done already stays done."""
    problem = None if error is None else told(error)
    status = "cancelled" if error is None else "failed"
    with transaction(engine) as connection:
        mine = (jobs.c.code == code) & (jobs.c.attempt == attempt) & jobs.c.status.in_(LIVE)
        ended = {"status": status, "phase": f"job.{status}", "problem": problem, "finished_at": now()}
        connection.execute(update(jobs).where(mine).values(**ended))


def told(error: Exception) -> dict[str, Any]:
    """An error as a problem, in both languages: who reads it is not known yet."""
    own = isinstance(error, InventoryError) or hasattr(error, "facts") or isinstance(error, BadInput | BadTable)
    if not own:
        return {"code": "Unexpected"}
    found: dict[str, Any] = {"code": type(error).__name__}
    for lang in ("zh", "en"):
        found[lang] = [without_home(line) for line in explain(error, lang)[: MOST_FAULTS + 1]]
    if isinstance(error, BadInput):
        found["where"] = [[without_home(one.where or error.source), one.code] for one in error.faults[:MOST_FAULTS]]
    elif isinstance(error, BadTable):
        found["where"] = [
            ["" if one.row is None else f"{one.row}" + (f":{one.column}" if one.column else ""), one.code]
            for one in error.faults[:MOST_FAULTS]
        ]
    else:
        found["facts"] = plain(getattr(error, "facts", {}))
    return found


def to_hand_over(engine: Engine, *, limit: int = 100, again: bool = False) -> list[tuple[str, int]]:
    """Jobs DBOS does not know; `again`: every job that has not ended, for a DBOS that may have been restored."""
    with reading(engine) as connection:
        waiting = select(jobs.c.code, jobs.c.attempt)
        if again:
            waiting = waiting.where(jobs.c.status.in_(LIVE), jobs.c.handed_over_at.is_not(None))
        else:
            waiting = waiting.where(jobs.c.status == "waiting", jobs.c.handed_over_at.is_(None))
        return [(code, attempt) for code, attempt in connection.execute(waiting.order_by(jobs.c.id).limit(limit))]


def handed_over(engine: Engine, code: str, attempt: int) -> None:
    with transaction(engine) as connection:
        connection.execute(
            update(jobs).where(jobs.c.code == code, jobs.c.attempt == attempt).values(handed_over_at=now())
        )


def waiting(engine: Engine) -> float:
    """How many jobs no worker has begun."""
    with reading(engine) as connection:
        return float(connection.execute(select(func.count()).where(jobs.c.status == "waiting")).scalar_one())
