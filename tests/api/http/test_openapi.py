"""The service does what its OpenAPI page says: requests made up from the page by schemathesis, as administrator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine

from api.http import page
from api.http.caller import routes_of
from api.http.page import examples
from api.main import PREFIX
from tests.api.http.conftest import PASSWORD

schemathesis = pytest.importorskip("schemathesis")
from schemathesis.specs.openapi.checks import positive_data_acceptance  # noqa: E402

# not of these: what is right by the page may be wrong by the facts (an edit without If-Match, an unknown permission)
EXAMPLES = Path(page.__file__).with_name("examples.json")
LEFT_OUT = "sign-out|/me/password|/solve"  # they end what the run stands on, or take long


@asynccontextmanager
async def nothing(app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def token(client: TestClient) -> str:
    asked = {"name": "root", "password": PASSWORD}
    return str(client.post("/api/v1/sign-in", json=asked).json()["access_token"])


def test_no_made_up_request_is_answered_by_what_the_page_does_not_say(
    app: FastAPI, engine: Engine, token: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(app.router, "lifespan_context", nothing)  # else every call opens the office's own database
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    failed: dict[str, str] = {}
    heard: set[int] = set()
    for result in schema.exclude(path_regex=LEFT_OUT).get_all_operations():
        operation = result.ok()

        @settings(max_examples=2, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def holds(case: object) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            heard.add(answer.status_code)
            case.validate_response(answer, excluded_checks=[positive_data_acceptance])

        try:
            given(case=operation.as_strategy())(holds)()
        except BaseException as error:
            failed[operation.label] = str(error)[:600]
    assert {200, 404} <= heard  # else nobody was signed in, or nothing was looked at
    assert not failed, "\n\n".join(f"{name}: {why}" for name, why in failed.items())


def test_every_body_has_an_example_that_fits(app: FastAPI):
    known = examples()
    seen = set()
    for route in routes_of(app):
        for method in route.methods:
            name = f"{method} {route.path_format.removeprefix(PREFIX)}"
            said = app.openapi()["paths"].get(route.path_format, {}).get(method.lower(), {})
            one = said.get("requestBody", {}).get("content", {}).get("application/json", {})
            if not one:
                continue
            seen.add(name)
            if "examples" not in one:
                assert name in known, f"add an example of {name} to api/http/examples.json"
                _, errors = route.body_field.validate(known[name], loc=())
                assert not errors, (name, errors)
    assert set(known) <= seen
    assert EXAMPLES.read_text("utf-8").count('\n "') == len(known)  # none stands twice
