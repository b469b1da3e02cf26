"""Processes of the service are killed while clients write and ask for jobs; nothing is lost, nothing done twice.
A few kills here; twenty in a row in tests/benchmarks/test_kill_benchmark.py."""

import pytest

from tests.aftermath import after
from tests.kills import service as service_of


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_processes_over_postgresql_are_killed_without_loss_or_double(engine, database_url, tmp_path):
    home = tmp_path / "home"
    with service_of(engine, database_url, home, apis=2, workers=1, scenario="panshi-rainstorm") as service:
        with service.under_load(seed=1, writers=2, askers=1):
            service.kill(["api", "worker"], seed=1, pause_s=(0.3, 0.6))
        service.settle()
        assert not service.told.failures
        assert not after(service)
        told = service.told
        assert told.jobs
        told.entries["nobody"], told.jobs["nowhere"] = 1, "evaluate"
        told.moved[next(iter(service.shelves))] += 1
        assert len(after(service)) == 3  # a loss would be noticed


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_one_process_over_sqlite_is_killed_without_loss_or_double(engine, database_url, tmp_path):
    home = tmp_path / "home"
    with service_of(engine, database_url, home, apis=1, workers=0, scenario="panshi-rainstorm") as service:
        with service.under_load(seed=2, writers=2, askers=1):
            service.kill(["api"] * 2, seed=2, pause_s=(0.3, 0.6))
        service.settle()
        assert not service.told.failures
        assert not after(service)
        told = service.told
        assert told.jobs
        told.entries["nobody"], told.jobs["nowhere"] = 1, "evaluate"
        told.moved[next(iter(service.shelves))] += 1
        assert len(after(service)) == 3  # a loss would be noticed
