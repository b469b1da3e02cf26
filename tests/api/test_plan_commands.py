"""`wuding scenario load`, `solve --live` and `plan`: from a scenario in the database to a plan in force."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection

from api import cli
from api.settings import database
from inventory.database import now, reading, transaction
from inventory.files import write_table
from inventory.ledger.issue import issue
from inventory.ledger.post import Act
from inventory.ledger.reserve import issue_reserved
from inventory.ledger.verify import verify
from inventory.tables.stock import balances
from scenarios.exchange.plan import load_plan
from scenarios.incidents import find_situation
from scenarios.world import World

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    from scenarios import registry

    hamlet = registry.Scenario("hamlet", "小村", "A hamlet", "", "", lambda seed: world)
    monkeypatch.setattr(registry, "SCENARIOS", (hamlet,))
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("WUDING_ACTOR", "duty")
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def plan(home: Path) -> Path:
    """A plan on the stock of the hamlet, which is in the database."""
    path = home / "plan.json"
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    assert cli.run(["solve", "--live", "--out", str(path)]) == 0
    assert load_plan(path).shipments
    return path


def test_a_live_plan_is_that_of_the_scenario(plan: Path, home: Path) -> None:
    folder = home / "built"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    other = home / "other.json"
    assert cli.run(["solve", str(folder), "--out", str(other)]) == 0
    assert other.read_bytes() == plan.read_bytes()  # same problem, same fingerprint, same plan
    assert cli.run(["check", str(folder), str(plan)]) == 0


def test_load_says_what_came_in_and_refuses_a_second_scenario(home: Path, capsys: Capture) -> None:
    assert cli.run(["scenario", "load", "hamlet", "--lang", "en"]) == 0
    told = capsys.readouterr().out
    for words in ("stores: 2 added", "stock: 3 added", "roads/live", "wuding solve --live"):
        assert words in told
    assert (home / "office" / "roads" / "live" / "edges.csv").exists()
    assert cli.run(["scenario", "load", "hamlet"]) == 2
    assert "--add" in capsys.readouterr().err
    assert cli.run(["scenario", "load", "hamlet", "--add", "--lang", "en"]) == 0
    assert "stock: 0 added, 0 changed, 3 the same" in capsys.readouterr().out
    assert cli.run(["scenario", "load", "hamlet", "--situation", "drill", "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "incidents: 2 added" in told
    assert "stock:" not in told  # an exercise takes place on what is there
    assert cli.run(["scenario", "load", "hamlet", "--add", "--situation", "../x"]) == 2
    assert cli.run(["scenario", "load", "atlantis"]) == 2
    assert "hamlet" in capsys.readouterr().err


def test_an_edited_folder_is_loaded_or_every_bad_row_is_named(home: Path, capsys: Capture) -> None:
    folder = home / "mine"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    teams = folder / "teams.csv"
    sound = teams.read_text("utf-8")
    teams.write_text(sound.replace("search", "").replace("pickup", ""), "utf-8")
    assert cli.run(["scenario", "load", str(folder), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "teams.csv, row 2" in told
    assert "teams.csv, row 3" in told
    assert not (home / "office" / "roads").exists()
    teams.write_text("\n".join(sound.splitlines()[:-1]) + "\n", "utf-8")
    before = (folder / "problem.json").read_bytes()
    assert cli.run(["scenario", "load", str(folder), "--lang", "en"]) == 0
    assert "teams: 1 added" in capsys.readouterr().out
    assert (folder / "problem.json").read_bytes() != before


def test_committing_reserves_and_showing_tells(plan: Path, capsys: Capture) -> None:
    assert cli.run(["plan", "show"]) == 2
    assert "没有执行中的方案" in capsys.readouterr().err
    assert cli.run(["plan", "commit", str(plan), "--hold-h", "12", "--lang", "en"]) == 0
    told = capsys.readouterr().out
    for words in ("in force", "reserved of", "County store (S1)", "Bottled water"):
        assert words in told
    assert cli.run(["plan", "commit", str(plan)]) == 0
    assert "预留没有变化" in capsys.readouterr().out
    assert cli.run(["plan", "show"]) == 0
    told = capsys.readouterr().out
    for words in ("duty", "T1", "县储备库（S1）", "盘石滑坡（I1）", "08:3"):
        assert words in told
    assert cli.run(["plan", "show", "--json"]) == 0
    assert capsys.readouterr().out == plan.read_text("utf-8")
    assert cli.run(["plan", "cancel", "--lang", "en"]) == 0
    assert "cancelled" in capsys.readouterr().out
    assert cli.run(["plan", "cancel"]) == 2
    with database() as engine, reading(engine) as connection:
        assert not verify(connection).differences
        assert set(connection.execute(balances.select().with_only_columns(balances.c.reserved)).scalars()) == {0}


def test_equipment_is_shown_with_its_task_and_who_takes_it_along(plan: Path, capsys: Capture) -> None:
    content = json.loads(plan.read_text("utf-8"))
    content["shipments"][0] |= {"task": "K1"}
    content["shipments"][1] |= {"task": "K2", "team": "T2"}
    stop = content["team_orders"][0]["stops"][0]
    stop["start_s"] = stop["arrive_s"] + 3600
    plan.write_text(json.dumps(content), "utf-8")
    assert cli.run(["plan", "commit", str(plan)]) == 0
    capsys.readouterr()
    assert cli.run(["plan", "show"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for words in ("任务 K1 的装备", "任务 K2 的装备，T2 随身带去", "09:3"):
        assert words in told
    assert cli.run(["plan", "show", "--lang", "en"]) == 0
    assert "equipment of K2, taken along by T2" in " ".join(capsys.readouterr().out.split())


def test_the_same_request_is_not_booked_twice(plan: Path, capsys: Capture) -> None:
    for _ in range(2):
        assert cli.run(["plan", "commit", str(plan), "--key", "k1", "--lang", "en"]) == 0
    assert "dealt with before" in capsys.readouterr().out


def test_a_stale_plan_is_refused_with_every_line(plan: Path, world: World, capsys: Capture) -> None:
    wanted = {(one.store, one.item, one.lot) for one in load_plan(plan).shipments}
    with database() as engine, transaction(engine) as connection:
        for store, item, lot in sorted(wanted):
            have = dict(zip(zip(world.stock["store"], world.stock["item"], strict=True), world.stock["quantity"],
                            strict=True))[store, item]  # fmt: skip
            act = Act(actor="other", reason="RESCUE", at=world.as_of)
            issue(connection, store=store, item=item, quantity=have, lot=lot, act=act)
    capsys.readouterr()
    assert cli.run(["plan", "commit", str(plan), "--lang", "en"]) == 1
    told = capsys.readouterr().err
    assert f"{len(wanted)} place(s)" in told
    for store, item, lot in wanted:
        assert f"store {store}, item {item}, lot {lot}" in told
    assert cli.run(["plan", "show"]) == 2


def test_solving_and_committing_in_one_go(home: Path, capsys: Capture) -> None:
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    arguments = ["solve", "--live", "--out", str(home / "p.json"), "--report", str(home / "report")]
    assert cli.run([*arguments, "--commit", "--hold-h", "6"]) == 0
    assert "开始执行" in capsys.readouterr().out
    assert (home / "report" / "plan.html").stat().st_size > 10_000
    assert cli.run([*arguments, "--commit"]) == 0  # what is reserved already is its own
    assert "预留没有变化" in capsys.readouterr().out


def test_a_situation_without_incidents_of_its_own_moment_goes_by_the_clock(home: Path, capsys: Capture) -> None:
    assert cli.run(["scenario", "load", "hamlet", "--situation", "drill"]) == 0
    incident = {"id": "I9", "kind": "flood", "severity": 3, "reported_at": now().replace(microsecond=0), "lat": 27.01,
                "lon": 109.0, "people_affected": 3}  # fmt: skip
    write_table(home / "incidents.csv", "incidents", [incident])
    assert cli.run(["import", "incidents", str(home / "incidents.csv")]) == 0
    assert cli.run(["solve", "--live", "--out", str(home / "p.json")]) == 2
    assert "--roads" in capsys.readouterr().err  # nobody has said which roads
    roads = home / "office" / "roads" / "drill"
    assert cli.run(["solve", "--live", "--out", str(home / "p.json"), "--roads", str(roads), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "situation live" in told
    assert "1 incidents" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["problem.json", "--live"], "--live"),
        ([], "--live"),
        (["problem.json", "--commit", "--situation", "x"], "--commit"),
        (["--live", "--hold-h", "3"], "--commit"),
        (["--live", "--crs", "WGS-84"], "--roads"),
        (["--live", "--situation", "none"], "none"),
        (["--live", "--as-of", "tomorrow"], "--as-of"),
    ],
)
def test_what_solve_is_asked_for_must_be_clear(home: Path, arguments: list[str], words: str, capsys: Capture) -> None:
    for lang in ("zh", "en"):
        assert cli.run(["solve", *arguments, "--out", str(home / "p.json"), "--lang", lang]) == 2
        assert words in capsys.readouterr().err
    assert not (home / "p.json").exists()


def test_an_infeasible_plan_is_not_put_in_force(plan: Path, home: Path, capsys: Capture) -> None:
    content = json.loads(plan.read_text("utf-8"))
    content["status"] = "infeasible"
    (home / "no.json").write_text(json.dumps(content), "utf-8")
    assert cli.run(["plan", "commit", str(home / "no.json")]) == 2
    assert "infeasible" in capsys.readouterr().err


def test_a_plan_comes_into_force_on_both_databases(
    home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    assert cli.run(["solve", "--live", "--out", str(home / "p.json"), "--commit"]) == 0
    assert cli.run(["plan", "show"]) == 0
    assert "县储备库（S1）" in capsys.readouterr().out
    assert cli.run(["db", "verify"]) == 0
    assert cli.run(["plan", "cancel"]) == 0


def test_what_has_left_is_not_shipped_again(plan: Path, home: Path, capsys: Capture) -> None:
    needs = [{"incident": incident, "item": "M013", "quantity": Decimal(9)} for incident in ("I1", "I2")]
    write_table(home / "demands.csv", "demands", needs)
    assert cli.run(["import", "demands", str(home / "demands.csv")]) == 0
    assert cli.run(["solve", "--live", "--out", str(plan), "--commit"]) == 0
    assert sum(one.quantity for one in load_plan(plan).shipments) == 18  # of 45
    with database() as engine, transaction(engine) as connection:  # on the day of the hamlet, as its stock is fit
        at = load_plan_moment(connection)
        issue_reserved(connection, reference="plan:live", act=Act(actor="x", reason="PLAN", at=at))
    again = home / "again.json"
    assert cli.run(["solve", "--live", "--out", str(again), "--commit"]) == 0
    assert not load_plan(again).shipments
    assert cli.run(["stock", "release", "plan:live"]) == 2
    assert "wuding plan cancel" in capsys.readouterr().err


def load_plan_moment(connection: Connection) -> datetime:
    moment: datetime = find_situation(connection).as_of
    return moment


def test_an_incident_that_is_over_is_no_longer_planned_for(plan: Path, home: Path, capsys: Capture) -> None:
    before = {one.incident for one in load_plan(plan).shipments}
    assert before == {"I1", "I2"}
    capsys.readouterr()
    assert cli.run(["plan", "close-incident", "I1"]) == 0
    assert "盘石滑坡（I1）" in capsys.readouterr().out
    assert cli.run(["solve", "--live", "--out", str(plan)]) == 0
    assert {one.incident for one in load_plan(plan).shipments} == {"I2"}
    capsys.readouterr()
    assert cli.run(["plan", "close-incident", "I1", "--lang", "en"]) == 0
    assert "nothing changes" in capsys.readouterr().out
    for words in (["I9"], ["I1", "--situation", "none"]):
        assert cli.run(["plan", "close-incident", *words, "--lang", "en"]) == 2
    assert "I9" in capsys.readouterr().err
    assert cli.run(["plan", "close-incident", "I1", "--reopen"]) == 0
    assert cli.run(["solve", "--live", "--out", str(plan)]) == 0
    assert {one.incident for one in load_plan(plan).shipments} == before


def test_a_request_sent_twice_under_one_key_is_answered_twice_and_done_once(plan: Path, capsys: Capture) -> None:
    assert cli.run(["plan", "commit", str(plan)]) == 0
    capsys.readouterr()
    told = []
    for _ in range(2):
        assert cli.run(["plan", "cancel", "--key", "c1"]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert "County" in told[0] or "县储备库" in told[0]


def test_a_scenario_sent_twice_under_one_key_is_loaded_once(home: Path, capsys: Capture) -> None:
    load = ["scenario", "load", "hamlet", "--key", "k1", "--lang", "en"]
    assert cli.run(load) == 0
    assert "stock: 3 added" in capsys.readouterr().out
    assert cli.run(load) == 0
    assert "stock: 0 added, 0 changed, 3 the same" in capsys.readouterr().out
    assert cli.run([*load, "--today"]) == 2  # another request
    assert "k1" in capsys.readouterr().err
    assert cli.run(["db", "verify"]) == 0


def test_a_team_that_rests_is_not_sent(plan: Path, home: Path, capsys: Capture) -> None:
    assert {one.team for one in load_plan(plan).team_orders} == {"T1", "T2"}
    file = home / "teams.csv"
    assert cli.run(["export", "teams", str(file)]) == 0
    capsys.readouterr()
    assert cli.run(["plan", "team", "T2", "--status", "resting"]) == 0
    assert "休整" in capsys.readouterr().out
    assert cli.run(["import", "teams", str(file)]) == 0  # which says nothing of who can go
    assert cli.run(["solve", "--live", "--out", str(plan)]) == 0
    assert {one.team for one in load_plan(plan).team_orders} == {"T1"}
    capsys.readouterr()
    assert cli.run(["plan", "team", "T2", "--status", "resting", "--lang", "en"]) == 0
    assert "already" in capsys.readouterr().out
    assert cli.run(["plan", "team", "T9", "--status", "ready"]) == 2
    assert "T9" in capsys.readouterr().err
    assert cli.run(["plan", "team", "T2", "--status", "asleep"]) == 2
    assert cli.run(["plan", "team", "T2", "--status", "ready"]) == 0
    assert cli.run(["solve", "--live", "--out", str(plan)]) == 0
    assert {one.team for one in load_plan(plan).team_orders} == {"T1", "T2"}
