"""`wuding import` and `wuding export`: strict, whole or not at all, and the same again changes nothing."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from api import cli
from api.kinds import Kind
from api.settings import database
from inventory.database import reading
from inventory.files import read_table, write_table
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations
from scenarios.incidents import closures_of
from scenarios.world import World

Capture = pytest.CaptureFixture[str]
Put = Callable[..., Path]

ROWS: dict[str, list[dict[str, Any]]] = {
    "places": [
        {"code": "520628000000", "name": "示例县", "level": "county"},
        {"code": "520628101000", "name": "盘石镇", "level": "town", "parent_code": "520628000000"},
    ],
    "stores": [
        {"id": "S1", "name": "县储备库", "tier": "county", "place": "520628000000"},
        {"id": "S2", "name": "盘石库", "tier": "town", "place": "520628101000", "area_m2": Decimal(220)},
    ],
    "stock": [
        {"store": "S1", "bin": "A-1", "item": "M013", "lot": "L1", "quantity": Decimal(40), "state": "serviceable"},
        {"store": "S2", "bin": "A-1", "item": "M013", "lot": "L1", "quantity": Decimal(5), "state": "serviceable"},
    ],
}


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("WUDING_ACTOR", "clerk")
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def put(home: Path) -> Put:
    """Write a table file of these rows."""

    def write(kind: str, rows: list[dict[str, Any]] | None = None, name: str = "") -> Path:
        path = home / (name or f"{kind}.csv")
        write_table(path, kind, ROWS[kind] if rows is None else rows)
        return path

    return write


@pytest.fixture
def stocked(put: Put) -> None:
    for kind in ("places", "stores", "stock"):
        assert cli.run(["import", kind, str(put(kind))]) == 0


def units() -> dict[tuple[str, str], Decimal]:
    with database() as engine, reading(engine) as connection:
        rows = connection.execute(
            select(stores.c.code, balances.c.quantity).join(balances, balances.c.store_id == stores.c.id)
        )
        return {(store, "M013"): quantity for store, quantity in rows}


def counted(table: Any) -> int:
    with database() as engine, reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.mark.usefixtures("stocked")
def test_a_stock_file_is_posted_to_the_ledger_by_whoever_sent_it() -> None:
    assert units() == {("S1", "M013"): Decimal(40), ("S2", "M013"): Decimal(5)}
    with database() as engine, reading(engine) as connection:
        assert set(connection.execute(select(operations.c.actor)).scalars()) == {"clerk"}
    assert counted(movements) == 2


@pytest.mark.usefixtures("stocked")
def test_the_same_file_again_changes_nothing_and_says_so(home: Path, capsys: Capture) -> None:
    before = counted(movements)
    capsys.readouterr()
    for kind in ("places", "stores", "stock"):
        assert cli.run(["import", kind, str(home / f"{kind}.csv"), "--lang", "en"]) == 0
        told = capsys.readouterr().out
        assert "0 added, 0 changed, 2 the same" in told
        assert "nothing changes" in told
    assert counted(movements) == before


@pytest.mark.usefixtures("stocked")
def test_a_dry_run_says_what_it_would_do_and_writes_nothing(put: Put, capsys: Capture) -> None:
    first, second = ROWS["stock"]
    path = put("stock", [{**first, "quantity": Decimal(30)}, second, {**first, "lot": "L2"}], "new.csv")
    capsys.readouterr()
    assert cli.run(["import", "stock", str(path), "--dry-run", "--lang", "en"]) == 0
    assert "1 would be added, 1 changed, 1 the same" in capsys.readouterr().out
    assert units()["S1", "M013"] == Decimal(40)
    assert counted(movements) == 2
    assert cli.run(["import", "stock", str(path), "--actor", "auditor", "--key", "k1"]) == 0
    assert cli.run(["import", "stock", str(path), "--actor", "auditor", "--key", "k1"]) == 0
    assert counted(movements) == 4  # one received, one adjusted, once


@pytest.mark.usefixtures("stocked")
def test_all_faults_come_at_once_and_the_mended_workbook_imports(home: Path, capsys: Capture) -> None:
    """Of cells, of what they name, and of what only the rules of stores can tell: in one report."""
    path = home / "mine.csv"
    path.write_text(
        "id,name,tier,place,area_m2\n"
        "S3,甲库,town,520628101000,150\n"  # too small for a town
        "S4,乙库,district,520628101000,\n"  # no such tier
        "S5,丙库,village,520628999000,40\n"  # no such place
        "S6,丁库,town,盘石镇,2e2\n"  # a name for a code, a number as no person writes it
        "S7,戊库,village,520628101000,35\n",
        "utf-8",
    )
    capsys.readouterr()
    assert cli.run(["import", "stores", str(path), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "5 faults" in told
    for place in ("Row 2, column area_m2", "Row 3, column tier", "Row 4, column place", "Row 5, column place"):
        assert place in told
    assert counted(stores) == 2  # nothing is half written
    mend = home / "mine.mend.xlsx"
    assert str(mend) in told
    book = load_workbook(mend)
    sheet = book["stores"]
    sheet["E2"], sheet["C3"], sheet["D4"] = 250, "town", "520628101000"
    sheet["D5"], sheet["E5"] = "520628101000", 200
    book.save(mend)
    assert cli.run(["import", "stores", str(mend)]) == 0
    assert counted(stores) == 7


@pytest.mark.usefixtures("stocked")
def test_a_workbook_that_is_being_mended_is_never_written_over(home: Path, put: Put, capsys: Capture) -> None:
    path = put("stock", [{**ROWS["stock"][0], "store": "S9"}], "bad.csv")
    assert cli.run(["import", "stock", str(path)]) == 2
    assert cli.run(["import", "stock", str(path)]) == 2
    assert cli.run(["import", "stock", str(home / "bad.mend.xlsx")]) == 2
    assert sorted(each.name for each in home.glob("bad*.xlsx")) == [
        "bad.mend-2.xlsx", "bad.mend-3.xlsx", "bad.mend.xlsx",
    ]  # fmt: skip
    assert cli.run(["import", "stock", str(path), "--mend", str(home / "here.xlsx")]) == 2
    assert (home / "here.xlsx").exists()
    assert "S9" in capsys.readouterr().err


@pytest.mark.usefixtures("stocked")
def test_what_the_ledger_has_against_a_row_comes_with_the_faults_of_other_rows(put: Put, capsys: Capture) -> None:
    """Two lines that are one because an owner left empty is the tier of the store, a quantity too fine to keep, and
    an item that nobody knows: found in three different places, told together under the file's own headings."""
    first = ROWS["stock"][0]
    rows = [
        first, {**first, "owner": "county"}, {**first, "lot": "L8", "quantity": Decimal("0.12345678")},
        {**first, "item": "M999"},
    ]  # fmt: skip
    path = put("stock", rows, "bad.csv")
    capsys.readouterr()
    assert cli.run(["import", "stock", str(path), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "3 faults" in told
    for words in ("Row 3:", "Row 4, column quantity", "Row 5, column item"):
        assert words in told


@pytest.mark.usefixtures("home")
def test_a_place_whose_parent_is_faulty_itself_is_not_blamed_for_it(home: Path, capsys: Capture) -> None:
    path = home / "places.csv"
    path.write_text("code,name,level\n520628000000,县,city\n520628101000,镇,town\n", "utf-8")
    assert cli.run(["import", "places", str(path), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "1 faults" in told
    assert "Row 2, column level" in told


@pytest.mark.usefixtures("home")
def test_a_file_that_is_not_there_leaves_no_workbook(home: Path, capsys: Capture) -> None:
    assert cli.run(["import", "stock", str(home / "none.csv")]) == 2
    assert "找不到" in capsys.readouterr().err
    assert list(home.glob("*.xlsx")) == []


def test_every_kind_exports_and_imports_again_to_the_same(
    home: Path, world: World, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    from scenarios import registry

    hamlet = registry.Scenario("hamlet", "小村", "A hamlet", "", "", lambda seed: world)
    monkeypatch.setattr(registry, "SCENARIOS", (hamlet,))
    assert cli.run(["scenario", "load", "hamlet"]) == 0
    for kind, rows in OWN.items():
        write_table(home / f"{kind}.csv", kind, rows)
        assert cli.run(["import", kind, str(home / f"{kind}.csv")]) == 0
    for kind in Kind:
        for suffix, headers in forms(kind):
            file = home / f"out-{kind}.{suffix}"
            assert cli.run(["export", kind, str(file), "--headers", headers]) == 0
            assert cli.run(["import", kind, str(file)]) == 0
            assert "没有变化" in capsys.readouterr().out, (kind, suffix)
    monkeypatch.setenv("WUDING_HOME", str(home / "second"))
    for kind in Kind:  # into an empty database, in this order
        text, last = forms(kind)[0][0], forms(kind)[-1][0]
        assert cli.run(["import", kind, str(home / f"out-{kind}.{last}")]) == 0
        again = home / f"again-{kind}.{text}"
        assert cli.run(["export", kind, str(again)]) == 0
        assert again.read_text("utf-8") == (home / f"out-{kind}.{text}").read_text("utf-8"), kind


def forms(kind: Kind) -> list[tuple[str, str]]:
    """Suffix and headers in which a kind goes out and comes in; the first is text."""
    return [("geojson", "en")] if kind is Kind.closures else [("csv", "en"), ("xlsx", "zh")]


SHUT = {"type": "Feature", "properties": {"id": "C2", "edges": ["ab"], "speed_factor": 0}, "geometry": None}
SLOW = {
    "type": "Feature",
    "properties": {"id": "C1", "speed_factor": 0.5, "from": "2024-06-03T08:00:00+08:00"},
    "geometry": {"type": "Polygon", "coordinates": [[[109, 27], [109.1, 27], [109.1, 27.1], [109, 27]]]},
}


@pytest.fixture
def draw(home: Path) -> Callable[..., str]:
    """A file of these closures."""

    def write(*features: Any, name: str = "closures.geojson") -> str:
        (home / name).write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        return str(home / name)

    return write


def test_closures_replace_those_there_were_and_come_out_as_they_went_in(
    home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, draw: Callable[..., str], capsys: Capture
) -> None:
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    assert cli.run(["import", "closures", draw(SLOW, SHUT), "--lang", "en"]) == 0
    assert "2 added" in capsys.readouterr().out
    assert cli.run(["export", "closures", str(home / "out.geojson")]) == 0
    assert json.loads((home / "out.geojson").read_text("utf-8"))["features"] == [SLOW, SHUT]
    capsys.readouterr()
    assert cli.run(["import", "closures", str(home / "out.geojson")]) == 0
    assert "没有变化" in capsys.readouterr().out
    # one road is open again, the other is shut altogether
    shut = {**SLOW, "properties": {**SLOW["properties"], "speed_factor": 0}}
    assert cli.run(["import", "closures", draw(shut), "--dry-run", "--lang", "en"]) == 0
    assert "1 changed" in capsys.readouterr().out
    with database() as engine, reading(engine) as connection:
        assert len(closures_of(connection)) == 2
    assert cli.run(["import", "closures", draw(shut), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "1 changed" in told
    assert "1 row(s) that the file no longer has" in told
    with database() as engine, reading(engine) as connection:
        assert [(one["id"], one["speed_factor"]) for one in closures_of(connection)] == [("C1", 0)]


def test_a_closure_that_cannot_be_is_refused_with_every_fault(
    home: Path, draw: Callable[..., str], capsys: Capture
) -> None:
    assert cli.run(["import", "closures", draw(SHUT)]) == 0
    bad = {**SHUT, "properties": {"id": "C3", "speed_factor": 7}}
    capsys.readouterr()
    assert cli.run(["import", "closures", draw(SHUT, SHUT, bad), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    for where in ("closures[1]", "closures[2]", "closures[2].speed_factor"):
        assert where in told
    for words in (
        ["import", "closures", draw(SHUT), "--situation", "none"],
        ["import", "closures", draw("no feature")],
        ["import", "closures", draw(SHUT, name="closures.csv")],
        ["import", "closures", str(home / "nothing.geojson")],
        ["export", "closures", str(home / "out.csv")],
    ):
        assert cli.run(words) == 2, words
    (home / "list.geojson").write_text("[]", "utf-8")
    assert cli.run(["import", "closures", str(home / "list.geojson")]) == 2
    with database() as engine, reading(engine) as connection:
        assert [one["id"] for one in closures_of(connection)] == ["C2"]


OWN: dict[str, list[dict[str, Any]]] = {
    "demands": [{"incident": "I1", "item": "M013", "quantity": Decimal("70.5")}],
    "packages": [{"item": "M013", "package": "箱", "units": Decimal(24)}],
    "kits": [{"kit": "K1", "name": "防汛包", "item": "M013", "quantity": Decimal(2)}],
    "check_overrides": [{"item": "M023", "kind": "INSPECT", "period_days": 30, "active": True}],
    "weight_overrides": [{"preset": "general", "subject": "criticality", "name": "3", "weight": Decimal(5)}],
    "minimum_overrides": [{"item": "M013", "tier": "village", "minimum": Decimal(12)}],
}


@pytest.mark.usefixtures("stocked")
def test_an_own_rule_is_kept_when_another_table_of_rules_comes(home: Path, capsys: Capture) -> None:
    for kind in ("check_overrides", "minimum_overrides"):
        write_table(home / f"{kind}.csv", kind, OWN[kind])
        assert cli.run(["import", kind, str(home / f"{kind}.csv"), "--county", "520628000000"]) == 0
    assert cli.run(["export", "check_overrides", str(home / "out.csv"), "--county", "520628000000"]) == 0
    assert len(read_table(home / "out.csv", "check_overrides")) == 1
    assert cli.run(["export", "check_overrides", str(home / "all.csv")]) == 0
    assert len(read_table(home / "all.csv", "check_overrides")) == 0  # of that county alone
    # a file that no longer has the row takes it out, and says so
    write_table(home / "check_overrides.csv", "check_overrides", [])
    capsys.readouterr()
    assert cli.run(["import", "check_overrides", str(home / "check_overrides.csv"), "--county", "520628000000"]) == 0
    assert "不再有的 1 行" in capsys.readouterr().out


@pytest.mark.usefixtures("stocked")
def test_a_rule_that_does_not_fit_is_named_by_its_row(home: Path, capsys: Capture) -> None:
    path = home / "own.csv"
    path.write_text("item,kind,period_days\nM999,INSPECT,30\nM013,WALK,30\n,INSPECT,30\nM013,LOAD_TEST,30\n", "utf-8")
    assert cli.run(["import", "check_overrides", str(path), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    for words in ("Row 2, column item", "Row 3, column kind", "Row 4, column", "Row 5, column kind"):
        assert words in told


@pytest.mark.usefixtures("stocked")
def test_export_takes_a_part_of_the_county_and_refuses_unknown_ones(home: Path, capsys: Capture) -> None:
    out = home / "town.csv"
    assert cli.run(["export", "stock", str(out), "--place", "520628101000"]) == 0
    assert read_table(out, "stock")["store"] == ["S2"]
    assert cli.run(["export", "stock", str(out), "--place", "520629000000"]) == 2
    assert cli.run(["export", "stock", str(out), "--place", "盘石"]) == 2
    assert cli.run(["export", "stock", str(home / "town.txt")]) == 2
    assert ".txt" in capsys.readouterr().err


@pytest.mark.usefixtures("stocked")
def test_equipment_comes_in_and_out_and_each_bad_part_of_a_cell_is_told(home: Path, capsys: Capture) -> None:
    incident = {"id": "I1", "kind": "flood", "severity": 3, "reported_at": "2024-06-03T08:30:00+08:00"}
    write_table(home / "incidents.csv", "incidents", [incident])
    assert cli.run(["import", "incidents", str(home / "incidents.csv")]) == 0
    tasks, head = home / "tasks.csv", "任务编号,事件编号,所需能力,所需队伍数,作业用时（秒）,所需装备,同时开始\n"
    tasks.write_text(f"{head}K1,I1,rescue,2,600,M998:1|M999:2,否\nK2,I1,rescue,1,600,M040:0.1234567,\n", "utf-8")
    capsys.readouterr()
    assert cli.run(["import", "tasks", str(tasks), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    for words in ("3 faults", "M998", "M999", "0.1234567", "Row 3, column 所需装备"):
        assert words in told
    tasks.write_text(f"{head}K1,I1,rescue,2,600,M040:1|M029:0.50,否\nK2,I1,rescue,1,600,,是\n", "utf-8")
    assert cli.run(["import", "tasks", str(tasks)]) == 0
    assert cli.run(["export", "tasks", str(home / "again.csv"), "--lang", "zh"]) == 0
    assert "M040:1|M029:0.50" in (home / "again.csv").read_text("utf-8")
    capsys.readouterr()
    assert cli.run(["import", "tasks", str(home / "again.csv")]) == 0
    assert "没有变化" in capsys.readouterr().out


@pytest.mark.usefixtures("stocked")
def test_incidents_may_come_before_any_scenario(home: Path, put: Put, capsys: Capture) -> None:
    incident = {"id": "I1", "kind": "flood", "severity": 3, "reported_at": "2024-06-03T08:30:00+08:00"}
    path = home / "incidents.csv"
    write_table(path, "incidents", [incident])
    assert cli.run(["import", "incidents", str(path)]) == 0
    assert cli.run(["import", "incidents", str(path)]) == 0
    assert "没有变化" in capsys.readouterr().out
    assert cli.run(["import", "incidents", str(path), "--situation", "drill"]) == 2
    assert "drill" in capsys.readouterr().err


def test_import_and_export_on_both_databases(
    home: Path, put: Put, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    for kind in ("places", "stores", "stock"):
        assert cli.run(["import", kind, str(put(kind))]) == 0
    first = ROWS["stock"][0]
    bad = put("stock", [{**first, "lot": "L2"}, {**first, "owner": "county", "lot": "L2"}], "bad.csv")
    assert cli.run(["import", "stock", str(bad)]) == 2
    assert units() == {("S1", "M013"): Decimal(40), ("S2", "M013"): Decimal(5)}
    assert cli.run(["export", "stock", str(home / "out.xlsx")]) == 0
    capsys.readouterr()
    assert cli.run(["import", "stock", str(home / "out.xlsx")]) == 0
    assert "没有变化" in capsys.readouterr().out
