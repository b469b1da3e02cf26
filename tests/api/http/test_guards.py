"""No route without a guard: the service does not start with one that says nothing."""

import pytest
from fastapi import APIRouter

from api import main
from api.http.caller import guard_of, routes_of
from api.http.settings import ServiceSettings
from api.main import create_app

SETTINGS = ServiceSettings(secret="s" * 40)


def test_every_route_is_looked_at():
    guards = {route.path: guard_of(route) for route in routes_of(create_app(SETTINGS))}
    assert len(guards) > 100
    assert guards["/api/v1/stock/issue"] == "stock.write"
    assert guards["/api/v1/me"] == ""
    assert {path for path, guard in guards.items() if guard == "public"} == {
        "/api/v1/sign-in", "/api/v1/sign-in/oidc", "/api/v1/sign-in/oidc/callback", "/api/v1/sign-in/oidc/token",
        "/api/v1/refresh", "/health/live", "/health/ready", "/metrics",
    }  # fmt: skip


def test_a_route_without_a_guard_stops_the_service(monkeypatch):
    bare = APIRouter()
    bare.get("/bare")(lambda: None)
    monkeypatch.setattr(main.orders, "router", bare)
    with pytest.raises(main.RouteUnguarded, match="/bare"):
        create_app(SETTINGS)
