"""A problem file small enough to solve in no time."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from optimizer.network.graph import build_network
from scenarios.world import World, table_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

PROBLEM: dict[str, Any] = {
    "schema_version": 1,
    "as_of": "2024-06-03T08:30:00+08:00",
    "items": [{"id": "W", "mass_kg": 12, "volume_m3": 0.015, "life_critical": True}],
    "incidents": [
        {
            "id": "I1",
            "kind": "landslide",
            "severity": 5,
            "reported_at": "2024-06-03T08:10:00+08:00",
            "tasks": [{"id": "K1", "capability": "search", "teams_needed": 2, "service_s": 3600}],
            "demands": [{"item": "W", "quantity": 70}],
        }
    ],
    "teams": [{"id": "A", "tier": 5, "capabilities": ["search"], "headcount": 9, "profile": "pickup", "turnout_s": 60}],
    "stores": [{"id": "S1", "tier": "county", "stock": [{"item": "W", "lot": "a", "quantity": 50}]}],
    "travel": {"team_to_incident_s": {"A": {"I1": 900}}, "store_to_incident_s": {"S1": {"I1": 1800}}},
}


@pytest.fixture
def problem_file(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(PROBLEM), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _chinese_and_a_cache_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WUDING_LANG", raising=False)
    monkeypatch.setenv("WUDING_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def world() -> World:
    return hamlet()


def hamlet() -> World:
    """A hamlet of a county: one road of two kilometres, two stores, two teams, two incidents, one closure."""
    network = build_network(
        node_id=["a", "b", "c"],
        lat=[27.0, 27.01, 27.02],
        lon=[109.0] * 3,
        tail=[0, 1, 1, 2],
        head=[1, 2, 0, 1],
        length_m=[1200.0] * 4,
        speed_kph=[40.0] * 4,
        segment_id=["ab", "bc", "ab", "bc"],
        against=[False, False, True, True],
        name=["X101", "X102", "X101", "X102"],
    )
    as_of = datetime.fromisoformat("2024-06-03T08:30:00+08:00")
    day = as_of.date()
    places = {
        "code": ["520628000000", "520628101000"],
        "name": ["示例县", "盘石镇"],
        "name_en": ["Example County", "Panshi"],
        "level": ["county", "town"],
        "parent_code": [None, "520628000000"],
        "lat": [27.0, 27.02],
        "lon": [109.0, 109.0],
    }
    stores = {
        "id": ["S1", "S2"],
        "name": ["县储备库", "盘石储备库"],
        "name_en": ["County store", None],
        "tier": ["county", "town"],
        "lat": [27.0, 27.02],
        "lon": [109.0, 109.0],
    }
    stock = {
        "store": ["S1", "S1", "S2"],
        "bin": ["A1", "A1", "A1"],
        "item": ["M013", "M023", "M013"],
        "lot": ["L1", "L2", "L1"],
        "quantity": [Decimal(40), Decimal(6), Decimal(5)],
        "state": ["serviceable"] * 3,
        "made": [day - timedelta(days=1500)] * 3,
        "expires": [day + timedelta(days=90)] * 3,
        "received": [day - timedelta(days=1400), day - timedelta(days=1400), day],
    }
    teams = {
        "id": ["T1", "T2"],
        "name": ["乡镇综合救援队", None],
        "tier": ["5", "10"],
        "lat": [27.01, 27.0],
        "lon": [109.0, 109.0],
        "capabilities": [("search",), ("search", "medical")],
        "headcount": [25, 8],
        "profile": ["pickup", "pickup"],
        "turnout_s": [60, 90],
    }
    incidents = {
        "id": ["I1", "I2"],
        "kind": ["landslide", "flood"],
        "name": ["盘石滑坡", "低洼内涝"],
        "severity": [5, 3],
        "lat": [27.02, 27.01],
        "lon": [109.0, 109.0],
        "reported_at": [as_of - timedelta(minutes=5)] * 2,
        "people_affected": [138, 20],
        "duration_h": [Decimal(24), None],
    }
    tasks = {
        "id": ["K1", "K2"],
        "incident": ["I1", "I2"],
        "capability": ["search", "medical"],
        "teams_needed": [2, 1],
        "service_s": [3600, 1800],
    }
    none: dict[str, list[Any]] = {}
    return World(
        title_zh="示例县",
        title_en="Example County",
        as_of=as_of,
        places=table_of("places", places),
        stores=table_of("stores", stores),
        stock=table_of("stock", stock),
        custodians=table_of("custodians", none),
        maintenance=table_of("maintenance", none),
        teams=table_of("teams", teams),
        vehicles=table_of("vehicles", none),
        incidents=table_of("incidents", incidents),
        tasks=table_of("tasks", tasks),
        demands=table_of("demands", none),
        network=network,
        closures=({"id": "C1", "road_name": "X101", "speed_factor": Decimal("0.5")},),
    )


class StockOffice:
    """An office of a county store S0 and a town store S1, and its commands."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        from sqlalchemy import insert

        from inventory.tables.places import places, stores

        self.url = url
        self.capsys = capsys
        self.error = ""
        rows = [("520600000000", "甲县", "county", None), ("520600100000", "一镇", "town", "520600000000")]
        with self.writing() as connection:
            connection.execute(
                insert(places),
                [{"code": code, "name": name, "level": level, "parent_code": up} for code, name, level, up in rows],
            )
            connection.execute(
                insert(stores),
                [
                    {"code": f"S{number}", "name": f"{name}库", "name_en": f"Store {number}", "tier": level,
                     "place_code": code}
                    for number, (code, name, level, _) in enumerate(rows)
                ],
            )  # fmt: skip

    @contextmanager
    def writing(self) -> Iterator["Connection"]:
        from inventory.database import open_engine, transaction

        engine = open_engine(self.url)
        try:
            with transaction(engine) as connection:
                yield connection
        finally:
            engine.dispose()

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run `wuding stock …`; its standard output."""
        self.capsys.readouterr()
        from api import cli

        found = cli.run(["stock", *words])
        told = self.capsys.readouterr()
        assert found == code, told.err + told.out
        self.error = told.err
        return told.out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def put(self, store: str, item: str, quantity: int, *, lot: str = "L1", **more: str) -> None:
        """Stock, put away."""
        options = [part for name, value in more.items() for part in (f"--{name}", value)]
        self("receive", store, item, str(quantity), "--lot", lot, "--bin", "A-1", *options)

    def held(self, **filters: str) -> dict[tuple[str, str, str], Decimal]:
        from inventory.database import open_engine, reading
        from inventory.ledger.pages import stock_page
        from inventory.ledger.verify import verify

        engine = open_engine(self.url)
        try:
            with reading(engine) as connection:
                assert verify(connection).differences == ()
                rows = stock_page(connection, limit=1000, **filters).rows
        finally:
            engine.dispose()
        found: dict[tuple[str, str, str], Decimal] = {}
        for row in rows:
            found[row.store, row.lot, row.state] = found.get((row.store, row.lot, row.state), Decimal(0)) + row.quantity
        return found


@pytest.fixture
def office_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "office"
    folder.mkdir()
    monkeypatch.setenv("WUDING_HOME", str(folder))
    monkeypatch.setenv("WUDING_ACTOR", "张三")
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    return folder


@pytest.fixture
def stock(office_home: Path, sqlite_template: Path, capsys: pytest.CaptureFixture[str]) -> StockOffice:
    shutil.copyfile(sqlite_template, office_home / "wuding.sqlite3")
    return StockOffice(f"sqlite:///{office_home / 'wuding.sqlite3'}", capsys)


@pytest.fixture
def on_both(
    office_home: Path, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> StockOffice:
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    return StockOffice(database_url, capsys)
