"""A district's patrol year from its tables to the workbook and the map."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from inventory.errors import BadTable
from inventory.files import Table, read_table, write_table
from optimizer.errors import BadInput
from scenarios.staffing.patrol.example import district
from scenarios.staffing.patrol.map import week_png
from scenarios.staffing.patrol.plan import PatrolYear, plan_patrol
from scenarios.staffing.patrol.tables import PatrolTables, read_patrol
from scenarios.staffing.patrol.write import plan_rows, week_rows, write_patrol, write_rounds
from scenarios.texts import explain

TABLES = {
    "dues": "patrol_dues", "stations": "patrol_stations", "grids": "patrol_grids", "villages": "patrol_villages",
    "hazards": "patrol_hazards",
}  # fmt: skip


@pytest.fixture(scope="module")
def small() -> PatrolTables:
    """A fiftieth of the places, and few villages: a year of night patrols is long."""
    tables = district(share=0.02)
    columns = {name: values[:12] for name, values in tables.villages.columns.items()}
    return replace(tables, villages=replace(tables.villages, columns=columns, row_numbers=range(2, 14)))


@pytest.fixture(scope="module")
def planned(small: PatrolTables, tmp_path_factory: pytest.TempPathFactory) -> PatrolYear:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUDING_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return plan_patrol(small, per_visit=20)


def written(folder: Path, tables: PatrolTables) -> dict[str, Path]:
    files = {name: folder / f"{name}.csv" for name in TABLES}
    for name, table in TABLES.items():
        write_table(files[name], table, getattr(tables, name))
    return files


def test_the_district_has_the_size_of_the_design_page() -> None:
    tables = district()
    assert len(tables.stations) == 10
    assert len(tables.villages) == 218
    assert len(set(tables.dues["place"])) == 9_750  # 30 % of 20,000 and 15 % of 25,000
    assert (len(tables.grids), len(set(tables.grids["person"]))) == (711, 613)


def test_every_due_is_in_a_planned_visit_or_named_as_left_out(planned: PatrolYear) -> None:
    dues = sorted(due for town in planned.towns for one in town.visits for due in one.dues)
    assert dues == list(range(len(planned.tables.dues)))
    assert sum(len(town.visits) for town in planned.towns) < len(dues)
    for town in planned.towns:
        assert town.plan.visits + len(town.plan.left_out) == len(town.visits)
        assert all(town.no_way(visit) for visit in town.plan.left_out)
        assert town.plan.visits == 0 or 0 < planned.travel_h_per_visit()[town.code] < 3


def test_each_village_has_its_evening_and_each_point_its_person(planned: PatrolYear) -> None:
    assert all(len(crews) == 52 for crews in planned.crews)
    of_town = dict(zip(planned.tables.grids["person"], planned.tables.grids["town"], strict=True))
    assert all(
        of_town[person] == town
        for person, town in zip(planned.hazard_person, planned.tables.hazards["town"], strict=True)
    )


def test_files_read_back_to_the_same_plan(small: PatrolTables, planned: PatrolYear, tmp_path: Path) -> None:
    read = read_patrol(year=small.year, network=small.network, **written(tmp_path, small))
    again = plan_patrol(read, per_visit=20)
    assert plan_rows(again) == plan_rows(planned)
    assert [town.plan for town in again.towns] == [town.plan for town in planned.towns]


def test_the_order_of_rows_changes_nothing(small: PatrolTables, planned: PatrolYear) -> None:
    def turned(table: Table) -> Table:
        return replace(table, columns={name: values[::-1] for name, values in table.columns.items()})

    again = plan_patrol(replace(small, **{name: turned(getattr(small, name)) for name in TABLES}), per_visit=20)
    assert plan_rows(again) == plan_rows(planned)
    assert again.hazard_person == planned.hazard_person
    assert again.crews == planned.crews


def test_the_workbook_and_the_table_are_the_same_again(planned: PatrolYear, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    for name in "ab":
        write_patrol(tmp_path / f"{name}.xlsx", planned)
        write_rounds(tmp_path / f"{name}.csv", planned)
    for suffix in ("xlsx", "csv"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    book = load_workbook(tmp_path / "a.xlsx", read_only=True)
    assert [name.split()[0] for name in book.sheetnames][:7] == [
        "各镇汇总", "逐周各组", "每日巡查", "patrol_rounds", "巡查单", "patrol_record", "总结",
    ]  # fmt: skip
    planned_visits = sum(town.plan.visits for town in planned.towns)
    rounds = sum(len(town.plan.rounds) for town in planned.towns)
    stations = {"patrol_stations.town": planned.tables.stations["town"]}
    plan = read_table(tmp_path / "a.csv", "patrol_rounds", references=stations)
    assert plan.columns == read_table(tmp_path / "a.xlsx", "patrol_rounds", references=stations).columns
    assert len(plan) == len(read_table(tmp_path / "a.xlsx", "patrol_record", references=stations)) == planned_visits
    assert len(list(book[book.sheetnames[4]].iter_rows())) == 1 + rounds + planned_visits
    assert sum(one or 0 for row in week_rows(planned)[1] for one in row[2:]) == planned_visits


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_week_is_a_picture(planned: PatrolYear, lang: str) -> None:
    assert week_png(planned, week=9, lang=lang).startswith(b"\x89PNG")


def test_all_faults_of_a_table_are_told_at_once_in_both_languages(small: PatrolTables, tmp_path: Path) -> None:
    columns = {name: values[:3] for name, values in small.dues.columns.items()}
    columns["first_day"] = [date(2026, 5, 2), None, None]
    columns["last_day"] = [date(2026, 5, 1), date(2027, 1, 5), None]
    columns["town"] = [columns["town"][0], columns["town"][1], "nowhere"]
    files = written(tmp_path, small)
    write_table(files["dues"], "patrol_dues", columns)
    with pytest.raises(BadTable) as refused:
        read_patrol(year=2026, network=small.network, **files)
    assert {one.code for one in refused.value.faults} >= {"window_ends_first", "day_of_other_year"}
    assert len(refused.value.faults) == 3
    for lang in ("zh", "en"):
        assert all("?" not in line for line in explain(refused.value, lang))


def test_a_window_of_holidays_alone_is_refused(small: PatrolTables) -> None:
    columns = {name: values[:1] for name, values in small.dues.columns.items()}
    columns["first_day"], columns["last_day"] = [date(2026, 10, 1)], [date(2026, 10, 4)]
    with pytest.raises(BadTable) as refused:
        plan_patrol(replace(small, dues=replace(small.dues, columns=columns, row_numbers=[2])), per_visit=1)
    assert [one.code for one in refused.value.faults] == ["window_without_day"]


def test_a_village_that_cannot_send_seven_is_refused_by_name(small: PatrolTables) -> None:
    columns = {**small.villages.columns, "members": [2] * len(small.villages)}
    with pytest.raises(BadInput) as refused:
        plan_patrol(replace(small, villages=replace(small.villages, columns=columns)), per_visit=1)
    assert small.villages["name"][0] in "".join(explain(refused.value, "zh"))


def test_a_person_of_a_hazard_point_has_a_grid(small: PatrolTables, tmp_path: Path) -> None:
    files = written(tmp_path, small)
    columns = {**small.hazards.columns, "person": ["nobody"] * len(small.hazards)}
    write_table(files["hazards"], "patrol_hazards", columns)
    with pytest.raises(BadTable) as refused:
        read_patrol(year=2026, network=small.network, **files)
    assert {one.code for one in refused.value.faults} == {"person_without_grid"}


def test_a_table_of_visits_without_a_row_is_refused(small: PatrolTables, tmp_path: Path) -> None:
    files = written(tmp_path, small)
    write_table(files["dues"], "patrol_dues", [])
    with pytest.raises(BadInput) as told:
        read_patrol(year=2026, network=small.network, **files)
    assert "?" not in " ".join([*explain(told.value, "zh"), *explain(told.value, "en")])
