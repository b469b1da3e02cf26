"""Twenty times a process of the service is killed outright under load: what was acknowledged is there once, and every
job is done once."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.aftermath import after, interrupted
from tests.kills import service as service_of

pytestmark = pytest.mark.benchmark
KILLS, PAUSE_S = 20, (1.0, 3.0)
SEED, WRITERS = 5, 12


def told_of(service: Any, took_s: float) -> str:
    told = service.told
    starts = [one for process in service.processes for one in process.starts]
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(service.killed.items()))
    return (
        f"{service.engine.dialect.name}: {service.killed.total()} kills ({kinds}) in {took_s:.0f} s; {told.keys} "
        f"writes acknowledged, {told.sent_again} of them sent more than once, {told.replayed} done at the first time "
        f"already; {len(told.jobs)} jobs, {interrupted(service)} begun more than once, {told.wanted_again} given "
        f"up after too many kills and asked for again; longest time without an answer to a write "
        f"{told.longest_silence_s:.1f} s, longest start of a process {max(starts):.1f} s"
    )


def killed(running: Callable[..., Any], kinds: list[str]) -> None:
    order = random.Random(SEED).sample(kinds, len(kinds))
    with running() as service:
        began = time.monotonic()
        with service.under_load(seed=SEED, writers=WRITERS):
            service.kill(order, seed=SEED, pause_s=PAUSE_S)
        took_s = time.monotonic() - began
        service.settle()
        print(f"\n{told_of(service, took_s)}")
        assert not service.told.failures
        assert not after(service)
        assert service.killed.total() == KILLS


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_twenty_kills_of_api_processes_and_workers_over_postgresql(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    def running() -> Any:
        return service_of(engine, database_url, tmp_path / "home", apis=2, workers=2, scenario="county")

    killed(running, ["api", "worker"] * (KILLS // 2))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_twenty_kills_of_the_one_process_over_sqlite(engine: Engine, database_url: str, tmp_path: Path) -> None:
    def running() -> Any:
        return service_of(engine, database_url, tmp_path / "home", apis=1, workers=0, scenario="county")

    killed(running, ["api"] * KILLS)
