"""A running service over a small county, on SQLite and on PostgreSQL, and people of every role."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, insert

from api.access import passwords
from api.access.scope import Grant
from api.access.users import add_user
from api.http.observe import set_up_logs
from api.http.settings import ServiceSettings
from api.main import create_app, serve_from
from inventory.database import now, transaction
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.tables.places import places, stores
from tests.api.http.page_says import Page, page_of
from tests.conftest import Fill

PASSWORD = "zebra crossing 7"
COUNTY, TOWN, OTHER_TOWN, VILLAGE = "520600000000", "520600100000", "520600101000", "520600100201"
OTHER_COUNTY = "520601000000"
BED, WATER = "M003", "M013"
Sender = Callable[..., Any]


def build_county(engine: Engine) -> None:
    """County store S0, town stores S1 and S2, village room S3; another county with S4. 100 beds in each."""
    rows = [
        (COUNTY, "甲县", "county", None), (TOWN, "一镇", "town", COUNTY), (OTHER_TOWN, "二镇", "town", COUNTY),
        (VILLAGE, "一村", "village", TOWN), (OTHER_COUNTY, "乙县", "county", None),
    ]  # fmt: skip
    with transaction(engine) as connection:
        connection.execute(
            insert(places),
            [{"code": code, "name": name, "level": level, "parent_code": up} for code, name, level, up in rows],
        )
        connection.execute(
            insert(stores),
            [
                {"code": f"S{number}", "name": f"{name}库", "tier": level, "place_code": code, "lat": 28.0 + number,
                 "lon": 109.0}
                for number, (code, name, level, _) in enumerate(rows)
            ],
        )  # fmt: skip
        at = now()
        for number in range(len(rows)):
            lot = LotFacts(code="L1", made=at.date() - timedelta(days=300), expires=date(2040, 1, 1))
            receive(connection, store=f"S{number}", item=BED, quantity=Decimal(100), lot=lot, bin="A-1",
                    act=Act(actor="opening", reason="OPENING", at=at))  # fmt: skip
        for name, grants in PEOPLE.items():
            add_user(connection, code=name, password=PASSWORD, given=grants, at=at, by=None)


PEOPLE = {
    "root": [Grant("administrator", None)],
    "manager": [Grant("supply_manager", COUNTY)],
    "keeper": [Grant("custodian", TOWN)],
    "dispatcher": [Grant("dispatcher", COUNTY)],
    "leader": [Grant("team_leader", TOWN, "T1")],
    "planner": [Grant("planner", COUNTY)],
    "grid": [Grant("grid_worker", VILLAGE)],
    "auditor": [Grant("auditor", COUNTY)],
    "nobody": [],
}


@contextmanager
def quick_hashes() -> Iterator[pytest.MonkeyPatch]:
    """Argon2 with the least work: its strength is the library's, and tests sign in thousands of times."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hashing", lambda: quick)
        yield patch


@pytest.fixture(autouse=True)
def quickened() -> Iterator[pytest.MonkeyPatch]:
    """Quick hashes for every test; `quickened.undo()` gives back those of the service."""
    with quick_hashes() as patch:
        yield patch


@pytest.fixture(scope="session")
def app() -> FastAPI:
    settings = ServiceSettings(secret="s" * 40, requests_per_minute=100_000, sign_ins_per_minute=100_000)
    return create_app(settings)


@pytest.fixture
def page(app: FastAPI) -> Page:
    return page_of(app)


@pytest.fixture
def settings(app: FastAPI) -> ServiceSettings:
    return app.state.settings


@pytest.fixture
def fill(request: pytest.FixtureRequest) -> "Fill | None":
    return build_county if "client" in request.fixturenames else None


@pytest.fixture
def client(app: FastAPI, engine: Engine) -> TestClient:
    serve_from(app, engine)
    app.state.solvers = app.state.explainers = None  # whatever another test put there
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def sign_in(client: TestClient) -> Callable[[str], dict[str, str]]:
    """Headers of somebody who is signed in."""
    known: dict[str, dict[str, str]] = {}

    def headers(name: str) -> dict[str, str]:
        if name not in known:
            answer = client.post("/api/v1/sign-in", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            known[name] = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return known[name]

    return headers


@pytest.fixture
def send(client: TestClient, sign_in: Callable[[str], dict[str, str]], page: Page) -> Sender:
    """`send("keeper", "GET", "/stock")`: what somebody is answered, in English, and as the OpenAPI page says."""

    def ask(who: str | None, method: str, path: str, **more: Any) -> Any:
        headers = {"Accept-Language": "en", **(sign_in(who) if who else {}), **more.pop("headers", {})}
        answer = client.request(method, f"/api/v1{path}", headers=headers, **more)
        page.check(answer)
        return answer

    return ask


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is logged, as set up for a service."""
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    set_up_logs(ServiceSettings(secret="s" * 40))
    (handler,) = logging.getLogger().handlers
    handler.setStream(io.StringIO())
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def work_off(engine):
    """Does what is waiting, as a worker would."""
    from api.jobs import book, durable

    durable._Here.engine, durable._Here.executor = engine, "tests"

    def works():
        return [durable.work(code, attempt) for code, attempt in book.to_hand_over(engine)]

    return works
