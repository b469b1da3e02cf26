"""What runs for weeks looks for garbage, although the command line does not."""

import gc

import pytest

from api import serving
from api.cli import run
from api.jobs import worker


@pytest.mark.parametrize(("command", "where", "name"), [("serve", serving, "serve"), ("worker", worker, "run_worker")])
def test_services_collect_garbage(monkeypatch, tmp_path, command, where, name):
    found = []
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))
    monkeypatch.setattr(where, name, lambda *_, **__: found.append(gc.isenabled()) or True)
    gc.disable()
    try:
        assert run([command]) == 0
    finally:
        gc.enable()
    assert found == [True]
