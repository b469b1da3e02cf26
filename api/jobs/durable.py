"""Jobs as DBOS workflows: one workflow for each attempt of a job, one for each night.

Nothing here goes to the network but the database: no telemetry, no conductor. The version of the application is
fixed (`VERSION`), not made of the source as DBOS would: a job begun before an upgrade is carried on after it. Raise it
only where the steps of a workflow change.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy import Engine

from api.jobs import book
from api.jobs.kinds import KINDS
from inventory.database import NoDatabase, TryAgain, now, transaction
from inventory.errors import InventoryError
from inventory.five_fixed.records import shanghai_day
from optimizer.errors import OptimizerError

VERSION = "1"
QUEUE, NIGHTLY = "wuding-jobs", "wuding-nightly"
SCHEMA = "dbos"
POLL_S = 0.5
log = logging.getLogger("wuding.jobs")


class _Here:
    """Of this process: DBOS itself is one for each process."""

    engine: Engine | None = None
    executor: str = ""


def _engine() -> Engine:
    assert _Here.engine is not None
    return _Here.engine


def _lasting(error: BaseException) -> bool:
    return isinstance(error, NoDatabase | TryAgain)


@DBOS.step(name="wuding.work", retries_allowed=True, max_attempts=8, interval_seconds=0.5, should_retry=_lasting)
def work(code: str, attempt: int) -> str:
    """The whole of a job. Run again after a crash; what it did then is found in `job_effects`."""
    engine = _engine()
    begun = book.begin(engine, code, attempt, executor=_Here.executor)
    if begun is None:
        return "nothing"
    job, arguments, run = begun
    try:
        if run > book.MOST_RUNS:
            raise book.JobKeepsFailing(job=code, runs=run - 1)
        kind = KINDS[job.kind]
        kind.work(job, kind.arguments.model_validate(arguments))
    except book.DoneBefore:
        return "done before"
    except book.JobCancelled:
        book.end(engine, code, attempt, None)
        return "cancelled"
    except (NoDatabase, TryAgain):
        raise
    except (InventoryError, OptimizerError) as error:
        book.end(engine, code, attempt, error)
        return "failed"
    except Exception as error:
        log.exception("job %s (%s)", code, job.kind)
        book.end(engine, code, attempt, error)
        return "failed"
    return "done"


@DBOS.step(name="wuding.give_up", retries_allowed=True, max_attempts=8, interval_seconds=2.0)
def give_up(code: str, attempt: int, cause: str) -> None:
    book.end(_engine(), code, attempt, TryAgain(cause=cause))


@DBOS.workflow(name="wuding.job")
def run_job(code: str, attempt: int) -> str:
    try:
        return work(code, attempt)
    except Exception as error:  # the database was in the way too often
        give_up(code, attempt, type(error).__name__)
        return "failed"


@DBOS.step(name="wuding.ask_nightly", retries_allowed=True, max_attempts=8, should_retry=_lasting)
def ask_nightly() -> None:
    """The evaluation of today, once, however many nights were missed; and files that are old go."""
    at = now()
    with transaction(_engine()) as connection:
        book.forget_files(connection, at=at)
        book.ask(connection, kind="evaluate", arguments={}, actor="nightly", at=at, code=f"nightly-{shanghai_day(at)}")


@DBOS.workflow(name="wuding.nightly")
def nightly(_: datetime, __: Any) -> None:
    ask_nightly()


def launch(engine: Engine, *, executor: str) -> None:
    """DBOS on the database of the office; on SQLite in a file of its own beside it, so that its many small writes
    never wait for a long one of ours."""
    _Here.engine, _Here.executor = engine, executor
    quiet = logging.getLogger("dbos")
    if not quiet.handlers:  # else DBOS would add one that writes to the console
        quiet.addHandler(logging.NullHandler())
    config: DBOSConfig = {
        "name": "wuding", "executor_id": executor, "application_version": VERSION, "enable_otlp": False,
        "log_level": "WARNING", "dbos_system_schema": SCHEMA, "scheduler_polling_interval_sec": 30.0,
        "conductor_key": None, "max_executor_threads": 32,
    }  # fmt: skip
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        config["system_database_url"] = f"sqlite:///{file.with_name(f'{file.stem}.jobs.sqlite3')}"
    else:
        config["system_database_engine"] = engine
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=POLL_S)
    DBOS.apply_schedules(
        [
            {
                "schedule_name": NIGHTLY, "workflow_fn": nightly, "schedule": "0 2 * * *",
                "cron_timezone": "Asia/Shanghai", "automatic_backfill": True, "context": None,
            }
        ]
    )  # fmt: skip


def hand_over(code: str, attempt: int) -> None:
    """The same job twice is one workflow: its id says so."""
    with SetWorkflowID(f"{code}.{attempt}"):
        DBOS.enqueue_workflow(QUEUE, run_job, code, attempt)


def recover(executor: str) -> int:
    """Everything that a dead executor left goes back on the queue; only once, since the row then names none of it."""
    return len(DBOS._recover_pending_workflows([executor]))


def stop(*, wait_s: int) -> None:
    DBOS.destroy(workflow_completion_timeout_sec=wait_s)
