"""What those who run the service see: health, metrics, one line of log for each request."""

import json
import logging
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from sqlalchemy import insert, select, text

from api.http import observe
from api.http.observe import allowed
from api.http.settings import ServiceSettings
from inventory.database import transaction
from inventory.tables.care import tasks
from inventory.tables.places import stores
from tests.api.http.conftest import BED, PASSWORD

HERE = ("127.0.0.1", 5000)


@pytest.fixture
def near(client) -> TestClient:
    """Somebody on this machine."""
    return TestClient(client.app, client=HERE)


def values(client) -> dict[tuple, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (one.name, *sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


class TestHealth:
    def test_lives_without_a_database(self, app):
        assert TestClient(app).get("/health/live").json()["status"] == "ok"

    def test_is_ready_over_a_database_of_this_version(self, client):
        client.app.state.ready = None
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["parts"]["database"]) == (200, "ok")

    def test_is_not_ready_over_one_of_another_version(self, client, engine):
        with transaction(engine) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        client.app.state.ready = None
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["parts"]["database"]) == (503, "failed")

    def test_is_not_ready_where_solver_processes_are_gone(self, client, monkeypatch):
        class Gone:
            def alive(self) -> bool:
                return False

        monkeypatch.setattr(client.app.state, "solvers", Gone(), raising=False)
        client.app.state.ready = None
        answer = client.get("/health/ready")
        client.app.state.ready = None
        assert (answer.status_code, answer.json()["parts"]["solvers"]) == (503, "failed")


class TestMetrics:
    def test_count_requests_by_route_and_entries_by_action(self, near, send):
        before = values(near)
        for _ in range(3):
            send("keeper", "POST", "/stock/issue", json={"store": "S1", "item": BED, "quantity": "1"})
        send("keeper", "GET", "/stock/no-number")
        after = values(near)

        def grown(*key):
            return after.get(key, 0) - before.get(key, 0)

        assert grown("wuding_stock_entries_total", ("action", "stock.issue")) == 3
        labels = (("method", "GET"), ("route", "/api/v1/stock/{code}"), ("status", "404"))
        assert grown("wuding_request_seconds_count", *labels) == 1
        assert ("wuding_tasks_overdue",) in after

    def test_a_repeat_is_not_counted_as_an_entry(self, near, send):
        before = values(near)
        for _ in range(2):
            send("keeper", "POST", "/stock/issue", json={"store": "S1", "item": BED, "quantity": "1"},
                 headers={"Idempotency-Key": "once"})  # fmt: skip
        key = ("wuding_stock_entries_total", ("action", "stock.issue"))
        assert values(near)[key] - before.get(key, 0) == 1

    def test_a_task_is_overdue_from_midnight_in_shanghai(self, client, engine, monkeypatch):
        with transaction(engine) as connection:
            store = connection.execute(select(stores.c.id).limit(1)).scalar_one()
            at = datetime(2026, 6, 1, tzinfo=UTC)
            row = {"key": "S0/M003/L1/INSPECT", "store_id": store, "kind": "INSPECT", "due": date(2026, 6, 1),
                   "severity": "major", "status": "open", "opened_at": at}  # fmt: skip
            connection.execute(insert(tasks), row)
        for hour, late in ((15, 0), (16, 1)):  # 23:00 of the day it is due, and midnight
            monkeypatch.setattr(observe, "now", lambda hour=hour: datetime(2026, 6, 1, hour, tzinfo=UTC))
            assert observe.overdue_tasks(engine) == late

    def test_are_not_there_for_others_nor_through_a_proxy(self, app, client):
        assert TestClient(app, client=("10.1.2.3", 1)).get("/metrics").status_code == 404
        assert TestClient(app, client=HERE).get("/metrics", headers={"X-Forwarded-For": "::1"}).status_code == 404

    def test_networks_that_may_look_are_checked_at_the_start(self):
        assert allowed("10.9.0.1", ("10.0.0.0/8",))
        assert not allowed("testclient", ("0.0.0.0/0",))
        with pytest.raises(ValidationError):
            ServiceSettings(metrics_from=("10.0.0.1/8x",))


class TestLog:
    def test_has_one_line_for_a_request_and_no_secret(self, client, logged):
        answer = client.post("/api/v1/sign-in?x=secret-query", json={"name": "keeper", "password": PASSWORD})
        token = answer.json()["access_token"]
        client.get("/api/v1/stock/999999", headers={"Authorization": f"Bearer {token}", "X-Request-ID": "my-number"})
        lines = [one for one in logged() if one["event"] == "request"]
        assert [(one["route"], one["method"], one["status"]) for one in lines] == [
            ("/api/v1/sign-in", "POST", 200),
            ("/api/v1/stock/{code}", "GET", 404),
        ]
        assert (lines[1]["account"], lines[1]["request_id"]) == ("keeper", "my-number")
        assert lines[1]["ms"] >= 0
        assert lines[0]["level"] == "info"
        text = json.dumps(logged())
        assert not any(secret in text for secret in (PASSWORD, token, "secret-query"))

    def test_never_has_an_address_that_somebody_made_up(self, client, logged):
        client.get("/api/v1/people/张三的电话")
        assert "张三" not in json.dumps(logged(), ensure_ascii=False)

    def test_libraries_log_the_same_way(self, logged):
        logging.getLogger("uvicorn.error").warning("said %s", "so", extra={"port": 1})
        (line,) = logged()
        assert (line["event"], line["level"], line["port"]) == ("said so", "warning", 1)


def test_what_is_under_way_is_counted(near) -> None:
    assert values(near)[("wuding_requests_under_way",)] == 1
