"""A small problem that uses every field once."""

import copy
from typing import Any

import pytest

DOCUMENT: dict[str, Any] = {
    "schema_version": 1,
    "as_of": "2024-06-03T08:30:00+08:00",
    "items": [
        {"id": "W", "mass_kg": 12, "volume_m3": "0.015", "life_critical": True},
        {"id": "T", "mass_kg": 60, "volume_m3": "0.2", "life_critical": False},
    ],
    "incidents": [
        {
            "id": "I1",
            "lat": 27.9,
            "lon": 109.1,
            "kind": "landslide",
            "severity": 5,
            "reported_at": "2024-06-03T08:10:00+08:00",
            "people_affected": 138,
            "duration_h": 48,
            "tasks": [
                {"id": "K1", "capability": "search", "teams_needed": 2, "service_s": 3600, "due_s": 600},
                {"id": "K2", "capability": "medical", "teams_needed": 1, "service_s": 1800, "latest_s": 7200},
            ],
            "demands": [{"item": "W", "quantity": 70}, {"item": "T", "quantity": "46"}],
        },
        {
            "id": "I2",
            "kind": "flood",
            "severity": 2,
            "reported_at": "2024-06-03T00:30:00Z",
            "tasks": [{"id": "K3", "capability": "search", "teams_needed": 1, "service_s": 900}],
            "demands": [],
        },
    ],
    "teams": [
        {
            "id": "A",
            "tier": 5,
            "capabilities": ["search", "medical"],
            "headcount": 12,
            "profile": "pickup",
            "turnout_s": 60,
            "available_from": "2024-06-03T08:00:00+08:00",
            "available_until": "2024-06-03T20:00:00+08:00",
        },
        {"id": "B", "tier": "3", "capabilities": ["search"], "headcount": 6, "profile": "foot", "turnout_s": 30},
    ],
    "stores": [
        {
            "id": "S1",
            "tier": "county",
            "stock": [
                {"item": "W", "lot": "a", "quantity": 100, "expires": "2025-01-31", "reserve_floor": 10},
                {"item": "W", "lot": "b", "quantity": 30, "expires": None, "reserve_floor": 10},
                {"item": "T", "lot": "a", "quantity": 8, "blocked": ["S1/T/a/INSPECT"]},
            ],
        },
        {"id": "S2", "tier": "town", "stock": [{"item": "T", "lot": "x", "quantity": 20}]},
    ],
    "vehicles": [{"id": "V1", "store": "S1", "payload_kg": 1500, "volume_m3": "6.5", "profile": "truck"}],
    "travel": {
        "team_to_incident_s": {"A": {"I1": 900, "I2": 1200}, "B": {"I1": 1500, "I2": None}},
        "incident_to_incident_s": {"pickup": {"I1": {"I2": 700}, "I2": {"I1": 710}}},
        "store_to_incident_s": {"S1": {"I1": 1800, "I2": 2000}, "S2": {"I1": 600}},
    },
    "service_s": {"K1": {"B": 4000}},
    "pins": [{"team": "A", "task": "K1"}],
    "bans": [{"team": "B", "task": "K3"}, {"store": "S2", "incident": "I1", "item": "T"}],
    "started": [
        {"team": "B", "task": "K1", "state": "en_route", "arrives_at": "2024-06-03T08:45:00+08:00"},
    ],
    "parameters": {
        "weights": {"trip_cost_m": 500},
        "tiers": [{"id": "10", "limit_s": 600}, {"id": "5", "limit_s": 300}],
        "redispatch": {"1": [4, 5]},
        "horizon_h": 48,
    },
}


@pytest.fixture
def document() -> dict[str, Any]:
    """A copy that a test may spoil."""
    return copy.deepcopy(DOCUMENT)


@pytest.fixture(scope="session")
def example() -> dict[str, Any]:
    """The document itself, for tests that only read it."""
    return DOCUMENT
