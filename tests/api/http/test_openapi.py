"""The service does what its OpenAPI page says: requests made up from the page by schemathesis, as administrator."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine

from tests.api.http.conftest import PASSWORD

schemathesis = pytest.importorskip("schemathesis")
LEFT_OUT = "sign-out|/me/password|/solve"  # they end what the run stands on, or take long


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def token(client: TestClient) -> str:
    asked = {"name": "root", "password": PASSWORD}
    return str(client.post("/api/v1/sign-in", json=asked).json()["access_token"])


def test_no_made_up_request_is_answered_by_what_the_page_does_not_say(app: FastAPI, engine: Engine, token: str):
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
            case.validate_response(answer)

        try:
            given(case=operation.as_strategy())(holds)()
        except BaseException as error:
            failed[operation.label] = str(error)[:600]
    assert {200, 404} <= heard  # else nobody was signed in, or nothing was looked at
    assert not failed, "\n\n".join(f"{name}: {why}" for name, why in failed.items())
