"""Killed while it writes: what was acknowledged is there afterwards, and the book agrees with its ledger."""

import importlib.util
import sys
from pathlib import Path

import pytest

MOMENTS = 4


@pytest.fixture(scope="module")
def stress():
    spec = importlib.util.spec_from_file_location("stress", Path(__file__).parents[2] / "stress.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["stress"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["stress"]


def test_nothing_acknowledged_is_lost_on_sqlite(stress, tmp_path, sqlite_template):
    file = tmp_path / "county.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    engine = stress.open_engine(url)
    stress.two_stores(engine)
    engine.dispose()
    told = []
    for seed in range(MOMENTS):
        told += stress.kill_once(url, seed=seed)
        assert stress.look_after(url, told) == stress.After(lost=(), differences=0, replayed=0)
    assert len(told) > MOMENTS


def test_nothing_acknowledged_is_lost_on_postgresql(stress, postgresql):
    """The client is killed, and once the server itself."""
    told = []
    with stress.own_postgresql() as server:
        for seed in range(MOMENTS):
            with_server = seed == 2
            told += stress.kill_once(server.url, seed=seed, end=server.kill if with_server else None)
            if with_server:
                server.restart()
            assert stress.look_after(server.url, told) == stress.After(lost=(), differences=0, replayed=0)
    assert len(told) > MOMENTS


def test_a_lie_would_be_noticed(stress, tmp_path, sqlite_template):
    """The check itself can fail: an operation nobody wrote, and a balance changed behind the ledger's back."""
    file = tmp_path / "county.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    engine = stress.open_engine(url)
    stress.two_stores(engine)
    told = stress.kill_once(url, seed=1)
    with stress.transaction(engine) as connection:
        connection.exec_driver_sql("UPDATE balances SET quantity = quantity + 1 WHERE id = 1")
    engine.dispose()
    found = stress.look_after(url, [*told, (10**9, "x")])
    assert found == stress.After(lost=((10**9, "x"),), differences=1, replayed=1)
