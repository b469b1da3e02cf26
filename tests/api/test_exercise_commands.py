"""An exercise on the command line, on SQLite and PostgreSQL: everything real is as it was."""

from pathlib import Path

import pytest
from sqlalchemy import text

from api import cli
from api.settings import database
from inventory.database import reading, transaction
from inventory.ledger.verify import verify
from inventory.tables import metadata
from scenarios.exchange.plan import load_plan
from scenarios.tables import situations
from scenarios.world import World

Capture = pytest.CaptureFixture[str]
OF_SITUATIONS = {
    "incidents", "incident_tasks", "incident_demands", "closures", "situations", "plans", "shipments", "team_orders",
    "team_progress", "exercise_entries", "exercise_lines",
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(world: World, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The hamlet in a database of either kind, as the live situation, without a plan of its own."""
    from scenarios import registry

    hamlet = registry.Scenario("hamlet", "小村", "A hamlet", "", "", lambda seed: world)
    monkeypatch.setattr(registry, "SCENARIOS", (hamlet,))
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    monkeypatch.setenv("WUDING_ACTOR", "duty")
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    return tmp_path


def real() -> dict[str, list[str]]:
    with database() as engine, reading(engine) as connection:
        assert verify(connection).differences == ()
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
            for name in sorted(metadata.tables.keys() - OF_SITUATIONS)
        }


def run(*words: str, code: int = 0) -> None:
    assert cli.run([*words, "--lang", "en"]) == code


def live_plan(home: Path) -> bytes:
    path = home / "live.json"
    run("solve", "--live", "--out", str(path))
    return path.read_bytes()


def test_from_load_to_close(home: Path, capsys: Capture) -> None:
    before, alone = real(), live_plan(home)
    drill = ("--situation", "drill")
    for told in ("incidents: 2 added", "incidents: 0 added"):  # the second time under the same key: as the first
        run("scenario", "load", "hamlet", *drill, "--key", "k1")
        assert told in capsys.readouterr().out
    with database() as engine, transaction(engine) as connection:  # the roads came along
        assert connection.execute(situations.select().where(situations.c.code == "drill")).one().kind == "exercise"
    path = home / "plan.json"
    run("solve", "--live", *drill, "--out", str(path))
    run("plan", "commit", str(path), *drill, "--hold-h", "6", "--key", "k2")
    run("plan", "commit", str(path), *drill, "--hold-h", "6", "--key", "k2")
    capsys.readouterr()
    run("plan", "show", *drill)
    plan = load_plan(path)
    assert (
        f"{len({(one.store, one.item, one.lot) for one in plan.shipments})} reservation(s)" in capsys.readouterr().out
    )
    assert live_plan(home) == alone  # while the exercise keeps all of it
    order = plan.team_orders[0]
    run("plan", "progress", order.team, "--task", order.stops[0].task, "--state", "on_scene", *drill)
    run("stock", "issue-reserved", "plan:drill", "--key", "k3")
    assert "in the book of the exercise “drill” alone" in capsys.readouterr().out
    run("stock", "issue-reserved", "plan:drill", "--key", "k3")
    one = plan.shipments[0]
    run("stock", "return", one.store, one.item, "1", "--lot", one.lot, "--for", "plan:drill")
    run("stock", "issue-reserved", "plan:drill", code=2)  # nothing is kept any more
    run("replan", "--live", *drill, "--out", str(home / "plan2.json"), "--commit")
    run("plan", "rollback", "1", *drill)
    run("plan", "cancel", *drill)
    run("plan", "rollback", "1", *drill)
    run("plan", "close-incident", "I2", *drill)
    assert live_plan(home) == alone
    capsys.readouterr()
    run("scenario", "close", "drill")
    assert "is over" in capsys.readouterr().out
    for words in (("scenario", "close", "drill"), ("scenario", "close", "live"), ("plan", "cancel", *drill),
                  ("scenario", "load", "hamlet", *drill)):  # fmt: skip
        run(*words, code=2)
    assert real() == before
