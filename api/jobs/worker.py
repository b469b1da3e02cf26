"""A worker: hands jobs over to DBOS, shows that it is alive, and takes over from workers that are not.

Three clocks, all of the database: a beat each third of the lease; a lease that ran out means dead; on SQLite a lock
on a file says so as well, because a long transaction of a live worker holds up its own beats there.
"""

import logging
import threading
import uuid
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, update

from api.http.settings import ServiceSettings
from api.jobs import book, names
from api.jobs.tables import job_workers
from inventory.database import now, one_at_a_time, transaction
from inventory.errors import InventoryError
from inventory.ledger.post import insert_into

LOOK_S = 0.5  # for jobs that were asked for
FORGET_S = 30 * 24 * 3600
log = logging.getLogger("wuding.jobs")


class Worker:
    """`start` and `stop`; `wait` until told to stop. `lost` is set where another process took the name."""

    def __init__(self, engine: Engine, settings: ServiceSettings) -> None:
        self.engine, self.lease_s = engine, settings.worker_lease_s
        self._folder = names.folder_of(engine.url)
        self._name = names.take_name(self._folder, settings.executor)
        self.executor, self._token = self._name.executor, uuid.uuid4().hex
        self._ended = threading.Event()
        self.lost = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Jobs that this worker left when it died go on at once. Raises what the database raises."""
        from api.jobs import durable  # DBOS: only where there is a worker

        with transaction(self.engine) as connection:
            self._say_alive(connection, new=True)
        durable.launch(self.engine, executor=self.executor)
        for code, attempt in book.to_hand_over(self.engine, again=True, limit=10_000):
            durable.hand_over(code, attempt)
        for target in (self._beats, self._looks):
            thread = threading.Thread(target=target, name=f"wuding-{target.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, *, wait_s: int = 10) -> None:
        """What runs may end within `wait_s`; what does not is carried on at the next start."""
        from api.jobs import durable

        self._ended.set()
        for thread in self._threads:
            thread.join(self.lease_s)
        durable.stop(wait_s=wait_s)
        self._name.release()

    def wait(self) -> None:
        self._ended.wait()

    def end(self, *_: Any) -> None:
        """As a handler of signals."""
        self._ended.set()

    def _beats(self) -> None:
        while not self._ended.wait(self.lease_s / 3):
            try:
                if not self.beat():
                    log.error("another worker runs as %s; this one stops", self.executor)
                    self.lost = True
                    self._ended.set()
                    return
                self.take_over()
            except InventoryError as error:  # the database is away: try again
                log.warning("beat: %s", error)
            except Exception:
                log.exception("beat")

    def _looks(self) -> None:
        from api.jobs import durable

        while not self._ended.wait(LOOK_S):
            try:
                for code, attempt in book.to_hand_over(self.engine):
                    durable.hand_over(code, attempt)
                    book.handed_over(self.engine, code, attempt)
            except InventoryError as error:
                log.warning("jobs: %s", error)
            except Exception:
                log.exception("jobs")

    def beat(self) -> bool:
        """False where another process has taken the name."""
        with transaction(self.engine) as connection:
            return self._say_alive(connection, new=False)

    def _say_alive(self, connection: Connection, *, new: bool) -> bool:
        clock = _clock(connection)
        row = {"beat_at": clock, "lease_until": clock + self.lease_s}
        if not new:
            mine = (job_workers.c.executor == self.executor) & (job_workers.c.token == self._token)
            return bool(connection.execute(update(job_workers).where(mine).values(**row)).rowcount)
        row |= {"token": self._token, "started_at": now()}
        made = insert_into(connection.dialect.name)(job_workers).values(executor=self.executor, **row)
        connection.execute(made.on_conflict_do_update(index_elements=["executor"], set_=row))
        return True

    def take_over(self) -> int:
        """Jobs put back on the queue from workers that are dead; one worker at a time does this."""
        from api.jobs import durable

        count = 0
        with transaction(self.engine) as connection:
            one_at_a_time(connection, "jobs.take_over")
            clock = _clock(connection)
            gone = select(job_workers.c.executor).where(
                job_workers.c.lease_until < clock, job_workers.c.executor != self.executor
            )
            for executor in connection.execute(gone.order_by(job_workers.c.executor)).scalars().all():
                if self.engine.dialect.name == "sqlite" and names.is_held(self._folder, executor):
                    continue  # alive, only busy
                count += durable.recover(executor)
            connection.execute(delete(job_workers).where(job_workers.c.lease_until < clock - FORGET_S))
        return count


def _clock(connection: Connection) -> float:
    """Seconds, by the clock of the database: those of several hosts differ."""
    if connection.dialect.name == "postgresql":
        return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
    return now().timestamp()


def run_worker(settings: ServiceSettings) -> bool:
    """`wuding worker`: until it is told to end (SIGTERM, Ctrl-C). False where another took its name."""
    import signal

    from api.settings import database

    with database() as engine:
        worker = Worker(engine, settings)
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, worker.end)
        worker.start()
        try:
            worker.wait()
        finally:
            worker.stop()
        return not worker.lost
