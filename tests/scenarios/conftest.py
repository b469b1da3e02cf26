"""A scenario in a database, and a plan for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from inventory.database import reading, transaction
from inventory.ledger.post import Act
from optimizer.dispatch.plan import Plan, Shipment, Status, StoppedBy
from scenarios.live import live_world, load_world
from scenarios.world import World

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def panshi() -> World:
    from scenarios.registry import find_scenario

    return find_scenario("panshi-rainstorm").build(0)


@pytest.fixture
def act() -> Callable[..., Act]:
    def make(reason: str = "PLAN", **more: Any) -> Act:
        return Act(**{"actor": "duty", "reason": reason, "at": NOW, **more})

    return make


@pytest.fixture
def loaded(engine: Engine, panshi: World, act: Callable[..., Act]) -> Engine:
    """The Panshi scenario as the live situation."""
    with transaction(engine) as connection:
        load_world(connection, panshi, act=act("OPENING"), roads="roads/live")
    return engine


@pytest.fixture
def look(loaded: Engine, panshi: World) -> Callable[..., World]:
    """The live World as a re-plan would see it."""

    def see(**how: Any) -> World:
        with reading(loaded) as connection:
            return live_world(connection, **{"as_of": panshi.as_of, "network": panshi.network, **how})

    return see


@pytest.fixture
def problem_sha(tmp_path: Path) -> Callable[[World], str]:
    """The fingerprint of the problem that a World makes: independent of any order."""
    from scenarios.build import problem_document
    from scenarios.exchange.canonical import canonical, sha256_of
    from scenarios.exchange.problem import parse_problem

    def sha(world: World) -> str:
        document = problem_document(replace(world, roads={"file": "roads"}))
        return sha256_of(canonical(parse_problem(document, source="world")))

    return sha


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """A plan that ships so much of each (store, item, lot) to the one incident."""

    def make(units: dict[tuple[str, str, str], int], *, seed: int = 0) -> Plan:
        goods = tuple(
            Shipment(id=f"S{number}", store=store, incident="I001", vehicle=None, trip=None, item=item, lot=lot,
                     quantity=Decimal(quantity), depart_s=0, arrive_s=60)
            for number, ((store, item, lot), quantity) in enumerate(units.items(), start=1)
        )  # fmt: skip
        return Plan("0" * 64, Status.FEASIBLE, seed, {}, StoppedBy.WORK, (), (), goods, ())

    return make
