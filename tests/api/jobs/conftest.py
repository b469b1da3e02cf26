"""Worker processes of their own over a database, on SQLite and on PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from api.access.tables import audit
from api.jobs import book
from inventory.database import now, reading, transaction

SCRIPT = Path(__file__).with_name("one_worker.py")
ROOT = Path(__file__).resolve().parents[3]


class Office:
    """The database, and workers that can be started and killed."""

    def __init__(self, engine: Engine, url: str, home: Path) -> None:
        self.engine, self.url, self.home = engine, url, home
        self.workers: dict[str, subprocess.Popen[str]] = {}

    def begin(self, name: str, *, lease_s: float = 60) -> None:
        """A worker starts; it is ready when `ready` returns."""
        own = {
            "WUDING_HOME": str(self.home), "WUDING_DATABASE_URL": self.url, "WUDING_EXECUTOR": name,
            "WUDING_WORKER_LEASE_S": str(lease_s), "WUDING_SECRET": "s" * 40, "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self.workers[name] = subprocess.Popen(
            [sys.executable, str(SCRIPT)], env={**os.environ, **own}, stdout=subprocess.PIPE, text=True, cwd=self.home
        )

    def ready(self, name: str) -> None:
        stdout = self.workers[name].stdout
        assert stdout is not None
        assert stdout.readline().split() == ["ready", name]

    def start(self, *names: str, lease_s: float = 60) -> None:
        for name in names:
            self.begin(name, lease_s=lease_s)
        for name in names:
            self.ready(name)

    def kill(self, name: str) -> None:
        self.send(name, signal.SIGKILL)
        self.gone(name)

    def gone(self, name: str) -> None:
        one = self.workers.pop(name)
        one.wait(15)
        if one.stdout is not None:
            one.stdout.close()

    def send(self, name: str, number: int) -> None:
        self.workers[name].send_signal(number)

    def ask(self, kind: str, **arguments: Any) -> str:
        with transaction(self.engine) as connection:
            code = book.ask(connection, kind=kind, arguments=arguments, actor="tests", at=now())
        assert code is not None
        return code

    def job(self, code: str) -> Any:
        with reading(self.engine) as connection:
            return book.find_job(connection, code)

    def until(self, code: str, state: Callable[[Any], bool], *, within_s: float = 15) -> Any:
        ends = time.monotonic() + within_s
        while True:
            row = self.job(code)
            if state(row):
                return row
            assert time.monotonic() < ends, row
            time.sleep(0.05)

    def done(self, code: str, *, within_s: float = 15) -> Any:
        row = self.until(code, lambda row: row.status not in book.LIVE, within_s=within_s)
        assert row.status == "done", row
        return row

    def under_way(self, code: str) -> Any:
        return self.until(code, lambda row: row.status == "running" and row.percent > 0)

    def effects(self, code: str) -> int:
        with reading(self.engine) as connection:
            rows = select(func.count()).where(audit.c.code == code, audit.c.action == "slow")
            return int(connection.execute(rows).scalar_one())


@pytest.fixture
def office(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Office]:
    made = Office(engine, database_url, tmp_path)
    yield made
    for name in list(made.workers):
        made.kill(name)
