"""The stock figures of docs/benchmarks.md: many clients at once, and a process killed at random moments."""

import importlib.util
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.benchmark

ROUNDS = 20
MOMENTS = 200
SERVER_EVERY = 8  # of the moments on PostgreSQL, one in so many kills the server itself as well


@pytest.fixture(scope="module")
def stress() -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("stress", Path(__file__).parents[1] / "stress.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stress"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["stress"]


def test_sixty_four_clients_issue_from_the_same_hundred_units(stress: Any, engine: Any, database_url: str) -> None:
    from inventory.catalogue import load_catalogue

    stress.two_stores(engine)
    items = [item.id for item in load_catalogue()][:ROUNDS]
    rounds = [stress.rush(database_url, item) for item in items]
    seconds = sorted(found.seconds for found in rounds)
    print(
        f"\n{engine.dialect.name}: {len(rounds)} rounds of {stress.CLIENTS} clients x {stress.TRIES} from "
        f"{stress.UNITS} units: {[found.gone for found in rounds]} left; median {seconds[len(seconds) // 2]:.2f} s, "
        f"longest {seconds[-1]:.2f} s a round"
    )
    for found in rounds:
        assert (found.gone, found.refused, found.others) == (100, 28, ())
        assert (found.left, found.issued, found.differences) == (0, 100, 0)


def report(name: str, moments: int, told: int, servers: int, began: float) -> None:
    print(
        f"\n{name}: killed at {moments} moments ({servers} of them with the server); {told} acknowledged operations, "
        f"none lost, no difference; {time.perf_counter() - began:.0f} s"
    )


def test_killed_at_two_hundred_moments_on_sqlite(stress: Any, tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "county.sqlite3"
    shutil.copyfile(sqlite_template, file)
    url = f"sqlite:///{file}"
    engine = stress.open_engine(url)
    stress.two_stores(engine)
    engine.dispose()
    began, told = time.perf_counter(), []
    for seed in range(MOMENTS):
        told += stress.kill_once(url, seed=seed)
        assert stress.look_after(url, told) == stress.After(lost=(), differences=0, replayed=0)
    report("sqlite", MOMENTS, len(told), 0, began)


def test_killed_at_two_hundred_moments_on_postgresql(stress: Any, postgresql: Any) -> None:
    began, told, servers = time.perf_counter(), [], 0
    with stress.own_postgresql() as server:
        for seed in range(MOMENTS):
            with_server = seed % SERVER_EVERY == SERVER_EVERY - 1
            told += stress.kill_once(server.url, seed=seed, end=server.kill if with_server else None)
            if with_server:
                server.restart()
                servers += 1
            assert stress.look_after(server.url, told) == stress.After(lost=(), differences=0, replayed=0)
    report("postgresql", MOMENTS, len(told), servers, began)
