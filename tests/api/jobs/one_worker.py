"""A worker process with two more kinds of jobs: one that takes long, one that dies right after its effect."""

import os
import signal
import sys
import time

from sqlalchemy import insert

from api.access.tables import audit
from api.http.schemas import Body
from api.http.settings import ServiceSettings
from api.jobs import worker
from api.jobs.kinds import KINDS, JobKind
from inventory.database import now, transaction


class Slow(Body):
    steps: int = 10


def counts(job, connection):
    row = {"recorded_at": now(), "actor": job.executor, "request_id": "", "action": "slow", "resource": "jobs"}
    connection.execute(insert(audit), [row | {"code": job.code}])


def slow(job, asked):
    for step in range(asked.steps):
        job.tell(100 * step // asked.steps, "job.running")
        time.sleep(0.1)
    with transaction(job.engine) as connection, job.effect(connection) as keep:
        counts(job, connection)
        keep({"steps": asked.steps})


def dies_after(job, asked):
    with transaction(job.engine) as connection, job.effect(connection) as keep:
        counts(job, connection)
        keep({})
    os.kill(os.getpid(), signal.SIGKILL)


KINDS["slow"] = JobKind("slow", Slow, lambda _: "jobs.run", lambda _: None, slow)
KINDS["dies_after"] = JobKind("dies_after", Slow, lambda _: "jobs.run", lambda _: None, dies_after)


class Told(worker.Worker):
    def start(self):
        super().start()
        print("ready", self.executor, flush=True)


if __name__ == "__main__":
    worker.Worker = Told
    sys.exit(0 if worker.run_worker(ServiceSettings()) else 3)
