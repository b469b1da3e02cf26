"""A round reads as a dispatcher says it."""

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import DispatchProblem, Incident, Travel, Vehicle
from scenarios.report.labels import Label, Names
from scenarios.report.trip_rows import trip_rows


def problem() -> DispatchProblem:
    """A truck, two incidents: 10 minutes out, 25 minutes on, 30 minutes back."""
    out = np.array([[600, 1800]])
    between = np.array([[[0, 1500], [1500, 0]]])
    none = np.zeros((0, 2), np.int64)
    return DispatchProblem(
        as_of=datetime(2026, 6, 1, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai")), items=(),
        incidents=(Incident("a", "flood", 3, 0), Incident("b", "flood", 3, 0)), tasks=(), demands=(), teams=(),
        stores=(), stock=(), reserve_floor={}, vehicles=(Vehicle("v", "s", Decimal(1), Decimal(1), "truck"),),
        travel=Travel(none, np.zeros((1, 2, 2), np.int64), np.zeros(0, np.int64), none.copy(), out,
                      vehicle_between_s=between, vehicle_group=np.zeros(1, np.int64)),
        service_s=np.zeros((0, 0), np.int64),
    )  # fmt: skip


def test_a_round_is_told_from_the_store_to_the_last_incident_and_back() -> None:
    rows = [
        Shipment("S2", "s", "b", "bread", "l", Decimal(1), 0, 2100, "v", 2),
        Shipment("S1", "s", "a", "bread", "l", Decimal(1), 0, 600, "v", 2),
    ]
    names = cast("Names", SimpleNamespace(name=lambda kind, id: Label(f"{id}地", f"{id} place")))
    (row,) = trip_rows(problem(), rows, names, {"a": 1, "b": 2})
    assert (row.store, row.vehicle, row.trip, row.numbers) == ("s", "v", 2, (1, 2))
    assert row.said.en == "v place, trip 2: 08:00 → a place 08:10 → b place 08:35 → back 09:05"
    assert row.said.zh == "v地 第 2 趟：08:00 出发 → a地 08:10 → b地 08:35 → 09:05 回库"


def test_what_no_vehicle_brings_is_no_trip() -> None:
    rows = [Shipment("S1", "s", "a", "bread", "l", Decimal(1), 0, 600)]
    names: Any = SimpleNamespace(name=lambda kind, id: Label(id, id))
    assert trip_rows(problem(), rows, names, {"a": 1, "b": 2}) == ()
