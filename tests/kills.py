"""The service under load while its processes are killed: API processes and workers of their own, clients that send
again under the same key until they are answered. `aftermath.py` looks at what is left."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from api.access.roles import PERMISSIONS
from api.access.scope import Grant
from api.access.users import add_token, add_user
from api.jobs.tables import job_workers, jobs
from inventory.database import now, reading, transaction
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.tables.goods import items
from inventory.tables.places import bins, places, stores
from inventory.tables.stock import balances

ROOT = Path(__file__).resolve().parents[1]
ITEM, PLENTY, IMPORTED, TAKEN = "M013", Decimal(1_000_000), Decimal(100), Decimal(7)
PATIENCE_S = 120.0  # a client that is not answered for so long calls it lost
JOB_PATIENCE_S = 600.0  # on a busy machine a long job is not done before the kills are over
START_S = 60.0


@dataclass
class Process:
    """One process of the service, killed and started again under its own name and port."""

    kind: str  # "api", "worker"
    name: str
    command: list[str]
    own: dict[str, str]
    engine: Engine
    log: Path
    port: int | None = None
    running: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    started_at: Any = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.began, self.started_at = time.monotonic(), now()
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *self.command], stdout=log, stderr=log, cwd=self.log.parent,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.own},
            )  # fmt: skip

    def kill(self) -> None:
        assert self.running is not None
        assert self.running.poll() is None, f"{self.name} had ended by itself: {self.log.read_text()[-2000:]}"
        self.running.send_signal(signal.SIGKILL)
        self.running.wait(15)

    def wait(self) -> None:
        """Until it does its work."""
        looked = 0
        while not self._ready():
            looked += 1
            assert self.running is not None
            assert self.running.poll() is None, f"{self.name} ended: {self.log.read_text()[-2000:]}"
            assert time.monotonic() < self.began + START_S, f"{self.name} does not start"
            time.sleep(0.05)
        if looked:  # else it has been ready for longer than it was waited for
            self.starts.append(time.monotonic() - self.began)

    def _ready(self) -> bool:
        if self.port is None:
            with reading(self.engine) as connection:
                own = select(job_workers.c.started_at).where(job_workers.c.executor == self.name)
                at = connection.execute(own).scalar()
            return at is not None and at >= self.started_at
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asked.request("GET", "/health/ready")
            return asked.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()


@dataclass
class Told:
    """What clients were told: nothing of it may be missing afterwards, and nothing be there twice."""

    entries: dict[str, int] = field(default_factory=dict)  # key -> number of the operation
    transfers: list[str] = field(default_factory=list)
    jobs: dict[str, str] = field(default_factory=dict)  # code -> kind
    wanted_again: int = 0  # jobs that were given up, and asked for again
    imported: list[str] = field(default_factory=list)  # lots
    moved: Counter[str] = field(default_factory=Counter)  # store -> units more (or less) of the item
    keys: int = 0
    sent_again: int = 0  # answered only after it was sent more than once
    replayed: int = 0  # done at the first time already, though nobody heard
    answered_at: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def longest_silence_s(self) -> float:
        at = sorted(self.answered_at)
        return max((after - before for before, after in pairwise(at)), default=0.0)


class Client:
    """One client: a connection to whichever API process answers."""

    def __init__(self, name: str, ports: list[int], token: str, told: Told, draw: random.Random) -> None:
        self.name, self._ports, self._token, self.told, self.draw = name, list(ports), token, told, draw
        self._open: http.client.HTTPConnection | None = None
        self._number = 0

    def key(self) -> str:
        self._number += 1
        return f"{self.name}-{self._number}"

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

    def write(self, path: str, body: Any, key: str, *, raw: bytes | None = None) -> Any:
        kind = "application/json" if raw is None else "application/octet-stream"
        content = json.dumps(body).encode() if raw is None else raw
        status, headers, answer, times = self._sent("POST", path, content,
                                                    {"Idempotency-Key": key, "Content-Type": kind})  # fmt: skip
        assert status in (200, 201, 202), f"{path} {key}: {status} {answer.decode()[:600]}"
        with self.told.lock:
            self.told.keys += 1
            self.told.sent_again += times > 1
            self.told.replayed += headers.get("Idempotency-Replayed") == "true"
            self.told.answered_at.append(time.monotonic())
        return json.loads(answer)

    def read(self, path: str) -> Any:
        status, _, answer, _ = self._sent("GET", path, None, {})
        assert status == 200, f"{path}: {status} {answer.decode()[:600]}"
        return json.loads(answer)

    def _sent(self, method: str, path: str, content: bytes | None, more: dict[str, str]) -> tuple[int, Any, bytes, int]:
        ends, times = time.monotonic() + PATIENCE_S, 0
        while True:
            times += 1
            assert time.monotonic() < ends, f"{method} {path} {more}: not answered in {PATIENCE_S} s"
            try:
                if self._open is None:
                    self._open = http.client.HTTPConnection("127.0.0.1", self._ports[0], timeout=15)
                self._open.request(
                    method, f"/api/v1{path}", content, {"Authorization": f"Bearer {self._token}", **more}
                )
                answer = self._open.getresponse()
                body = answer.read()
                if answer.status == 503:  # the database was in the way
                    time.sleep(float(answer.headers.get("Retry-After", "1")) * self.draw.uniform(0.5, 1))
                    continue
                return answer.status, answer.headers, body, times
            except (OSError, http.client.HTTPException):
                if self._open is not None:
                    self._open.close()
                self._open = None
                self._ports.append(self._ports.pop(0))  # the other one
                time.sleep(self.draw.uniform(0.02, 0.2))


@dataclass
class Service:
    """API processes and workers over one database."""

    engine: Engine
    processes: list[Process]
    county: str
    shelves: dict[str, str]  # store -> bin
    token: str
    before: dict[str, Decimal]
    told: Told = field(default_factory=Told)
    killed: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def workers(self) -> list[Process]:
        """On SQLite the one API process is the worker as well."""
        return [one for one in self.processes if one.kind == "worker"] or self.processes

    @property
    def ports(self) -> list[int]:
        return [one.port for one in self.processes if one.port is not None]

    def writes(self, client: Client) -> None:
        """Stock in, out and from store to store."""
        draw, told = client.draw, self.told
        units, where = Decimal(draw.randint(1, 9)), draw.choice([*self.shelves])
        kind = draw.choice(("receive", "issue", "issue", "transfer"))
        if kind != "transfer":
            key = client.key()
            body = {"store": where, "item": ITEM, "quantity": str(units), "note": key}
            lot = {"lot": "KILLS", "bin": self.shelves[where]}
            done = client.write(f"/stock/{kind}", body | (lot if kind == "receive" else {}), key)
            with told.lock:
                told.entries[key] = done["operation"]
                told.moved[where] += int(units) if kind == "receive" else -int(units)
            return
        to = draw.choice([one for one in self.shelves if one != where])
        body = {"from_store": where, "to_store": to, "lines": [{"item": ITEM, "quantity": str(units)}]}
        number = client.write("/transfers", body, client.key())["number"]
        for step in ("approve", "pick", "send", "receive"):
            body = {"bin": self.shelves[to]} if step == "receive" else {}
            client.write(f"/transfers/{number}/{step}", body, client.key())
        with told.lock:
            told.transfers.append(number)
            told.moved[where] -= int(units)
            told.moved[to] += int(units)

    def asks(self, client: Client) -> None:
        """Three jobs at a time, so that some always wait; what was imported is issued from at once, so that an
        import done again would bring it back."""
        draw, asked = client.draw, []
        for _ in range(3):
            kind = draw.choice(("import", "import", "evaluate", "monthly_report"))
            key, where = client.key(), draw.choice([*self.shelves])
            if kind == "import":
                line = [where, self.shelves[where], ITEM, key, str(IMPORTED), "serviceable", "2026-01-01"]
                table = f"store,bin,item,lot,quantity,state,made\n{','.join(line)}\n"
                file = client.write("/jobs/files?name=stock.csv", None, f"{key}-file", raw=table.encode())["file"]
                arguments: dict[str, Any] = {"table": "stock", "file": file, "note": key}
            else:
                arguments = {} if kind == "evaluate" else {"county": self.county, "month": "2026-06", "format": "xlsx"}
            code = client.write("/jobs", {"kind": kind, "arguments": arguments}, key)["code"]
            with self.told.lock:
                self.told.jobs[code] = kind
            asked.append((code, kind, key, where))
        for code, kind, key, where in asked:
            ends = time.monotonic() + JOB_PATIENCE_S
            while (row := client.read(f"/jobs/{code}"))["status"] != "done":
                assert time.monotonic() < ends, f"never done: {row}"
                if row["status"] == "failed":  # five workers were killed over it: somebody has to want it again
                    assert row["problem"]["code"] == "JobKeepsFailing", row
                    client.write(f"/jobs/{code}/retry", {}, client.key())
                    self.told.wanted_again += 1
                time.sleep(0.2)
            if kind == "import":
                out = {"store": where, "item": ITEM, "quantity": str(TAKEN), "lot": key, "note": f"{key}-out"}
                done = client.write("/stock/issue", out, f"{key}-out")
                with self.told.lock:
                    self.told.entries[f"{key}-out"] = done["operation"]
                    self.told.imported.append(key)
                    self.told.moved[where] += int(IMPORTED - TAKEN)

    @contextmanager
    def under_load(self, seed: int, *, writers: int = 4, askers: int = 2) -> Iterator[None]:
        """Clients at work; at the end each brings what it began to its end."""

        def client(name: str, work: Any) -> None:
            one = Client(name, self.ports, self.token, self.told, random.Random(f"{seed} {name}"))
            try:
                while not self.over.is_set():
                    work(one)
                    time.sleep(one.draw.uniform(0, 0.1))  # processes that start need the processor too
            except Exception as error:
                self.told.failures.append(f"{name}: {error}")
            finally:
                one.close()

        names = [(f"w{seed}-{n}", self.writes) for n in range(writers)] + [(f"j{seed}-{n}", self.asks)
                                                                        for n in range(askers)]  # fmt: skip
        threads = [threading.Thread(target=client, args=one) for one in names]
        for one in threads:
            one.start()
        try:
            yield
        finally:
            self.over.set()
            for one in threads:
                one.join(2 * JOB_PATIENCE_S)

    def kill(self, kinds: list[str], *, seed: int, pause_s: tuple[float, float]) -> None:
        """One process of each kind in turn: most when they work, every third in the middle of a job, some
        while they still start."""
        draw = random.Random(seed)
        for left, kind in zip(range(len(kinds) - 1, -1, -1), kinds, strict=True):
            one = draw.choice([one for one in self.processes if one.kind == kind])
            if draw.random() < 0.8:
                one.wait()
            time.sleep(draw.uniform(*pause_s))
            if draw.random() < 1 / 3:
                self._in_a_job(one)
            one.kill()
            self.killed[kind] += 1
            if left or one in self.workers or len(self.ports) == 1:  # else the other does, to the end
                one.start()

    def settle(self) -> None:
        """Until workers work again."""
        for one in self.workers:
            one.wait()

    def _in_a_job(self, one: Process) -> None:
        ends = time.monotonic() + 2
        mine = select(jobs.c.id).where(jobs.c.status == "running", jobs.c.executor == one.own["WUDING_EXECUTOR"])
        while time.monotonic() < ends:
            with reading(self.engine) as connection:
                if connection.execute(mine).first() is not None:
                    return
            time.sleep(0.01)

    def close(self) -> None:
        for one in self.processes:
            if one.running is not None and one.running.poll() is None:
                one.kill()


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def _stocked(engine: Engine) -> dict[str, str]:
    """Four stores with more than anybody takes, and a bin of each: what lies nowhere is not given out."""
    shelf = (
        select(stores.c.code, func.min(bins.c.code))
        .join(bins, bins.c.store_id == stores.c.id)
        .group_by(stores.c.code)
        .order_by(stores.c.code)
        .limit(4)
    )
    with transaction(engine) as connection:
        found: dict[str, str] = dict(connection.execute(shelf).all())
        act, lot = Act(actor="kills", reason="OPENING", at=now()), LotFacts(code="KILLS")
        for code, bin_ in found.items():
            receive(connection, store=code, item=ITEM, quantity=PLENTY, bin=bin_, lot=lot, act=act)
    return found


def units(engine: Engine) -> dict[str, Decimal]:
    rows = (
        select(stores.c.code, func.sum(balances.c.quantity))
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .where(items.c.code == ITEM, balances.c.state.in_(["serviceable", "in_transit"]))
        .group_by(stores.c.code)
    )
    with reading(engine) as connection:
        return {code: Decimal(units) for code, units in connection.execute(rows)}


@contextmanager
def service(engine: Engine, url: str, home: Path, *, apis: int, workers: int, scenario: str) -> Iterator[Service]:
    """The service over a database with a scenario in it, running."""
    own = {"WUDING_DATABASE_URL": url, "WUDING_HOME": str(home), "WUDING_SECRET": "s" * 40,
           "WUDING_REQUESTS_PER_MINUTE": "10000000", "WUDING_LOG_LEVEL": "WARNING",
           "WUDING_SOLVE_LIMIT_S": "600"}  # fmt: skip
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "api.cli", "scenario", "load", scenario, "--today"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT), **own},
                   cwd=home)  # fmt: skip
    with transaction(engine) as connection:
        add_user(connection, code="machine", password=None, given=[Grant("administrator", None)], at=now(), by=None)
        token = add_token(connection, "machine", name="kills", permissions=PERMISSIONS, at=now(),
                          expires_at=now() + timedelta(days=1), by=None)  # fmt: skip
        county = connection.execute(select(places.c.code).where(places.c.level == "county")).scalars().first()
    shelves = _stocked(engine)
    processes = []
    for kind, count in (("api", apis), ("worker", workers)):
        for number in range(1, count + 1):
            name = f"{kind}-{number}"
            port = _free_port() if kind == "api" else None
            args = ["worker"] if port is None else ["serve", "--port", str(port)]
            processes.append(Process(kind, name, args, own | {"WUDING_EXECUTOR": name}, engine, home / f"{name}.log",
                                     port))  # fmt: skip
    made = Service(engine, processes, str(county), shelves, token, units(engine))
    try:
        for one in processes:
            one.start()
        for one in {one.kind: one for one in processes}.values():  # the others while clients are at work already
            one.wait()
        yield made
    finally:
        made.close()
