"""The rest of a patrol year planned again from its workbook and record, and travel back into the sizing."""

import operator
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook

from inventory.errors import BadTable
from inventory.files import Table, read_table, write_table
from inventory.files import tables as columns
from optimizer.errors import BadInput
from optimizer.staffing.workload import parameters, size_towns
from scenarios.staffing.generate import district as towns_of_district
from scenarios.staffing.inputs import read_towns, write_towns
from scenarios.staffing.patrol.again import Earlier, read_earlier, replan_patrol
from scenarios.staffing.patrol.example import district
from scenarios.staffing.patrol.plan import PatrolYear, plan_patrol
from scenarios.staffing.patrol.tables import PatrolTables
from scenarios.staffing.patrol.travel import check_towns, feed_back
from scenarios.staffing.patrol.write import plan_rows, record_rows, write_patrol
from scenarios.staffing.words import sentence
from scenarios.texts import explain
from scenarios.world import table_of

SINCE = date(2026, 3, 2)
WORK = 20


@pytest.fixture(scope="module")
def small() -> PatrolTables:
    tables = district(share=0.02)
    none = {"grids": "patrol_grids", "villages": "patrol_villages", "hazards": "patrol_hazards"}
    return replace(tables, **{name: table_of(table, {}) for name, table in none.items()})


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUDING_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def planned(small: PatrolTables, cache: Any) -> PatrolYear:
    return plan_patrol(small, per_visit=WORK)


def recorded(patrol: PatrolYear, *, slip: int = 0, since: date = SINCE) -> list[dict[str, Any]]:
    """All that was planned before a day, made on its day with a hazard found, but for the first few."""
    rows = record_rows(patrol)
    past = sorted((row for row in rows if row["day"] < since), key=lambda row: (row["day"], row["visit"]))
    for row in past[slip:]:
        row |= {"done_on": row["day"], "hazards": 2, "rectified": 1}
    return rows


def again(patrol: PatrolYear, tables: PatrolTables, rows: list[dict[str, Any]], since: date = SINCE) -> PatrolYear:
    def table(name: str, own: list[dict[str, Any]]) -> Table:
        return table_of(name, {one.name: [row.get(one.name) for row in own] for one in columns()[name]})

    plan, record = table("patrol_rounds", plan_rows(patrol)), table("patrol_record", rows)
    return replan_patrol(tables, Earlier(since, plan, record), per_visit=WORK)


def where(patrol: PatrolYear) -> dict[str, Any]:
    return {row["visit"]: (row["day"], row["pair"]) for row in plan_rows(patrol)}


def test_where_all_was_made_nothing_changes(small: PatrolTables, planned: PatrolYear) -> None:
    new = again(planned, small, recorded(planned))
    assert new.changes == ()
    assert where(new) == where(planned)
    assert {row["visit"] for row in new.past} == {row["visit"] for row in plan_rows(planned) if row["day"] < SINCE}


def test_what_slipped_comes_in_again_and_what_was_made_never(small: PatrolTables, planned: PatrolYear) -> None:
    rows = recorded(planned, slip=6)
    new = again(planned, small, rows)
    made = {row["visit"] for row in rows if row.get("done_on")}
    slipped = {row["visit"] for row in rows if row["day"] < SINCE} - made
    to_come = {row["visit"]: row["day"] for row in plan_rows(new) if row["visit"] not in made}
    assert {one.visit for one in new.changes if one.why == "slipped"} == slipped
    assert all(to_come[visit] >= SINCE for visit in slipped)
    assert set(to_come) | made == {row["visit"] for row in plan_rows(planned)}
    assert sum(one.why == "room" for one in new.changes) <= len(slipped)
    assert {row["visit"]: row["hazards"] for row in record_rows(new) if row.get("done_on")} == dict.fromkeys(made, 2)


def test_a_plan_made_again_is_made_again(small: PatrolTables, planned: PatrolYear) -> None:
    first = again(planned, small, recorded(planned, slip=3))
    later = date(2026, 5, 6)
    second = again(first, small, recorded(first, since=later), later)
    assert second.changes == ()
    assert where(second) == where(first)
    assert {row["visit"] for row in second.record} >= {row["visit"] for row in first.record}
    assert {row["visit"] for row in second.past} == {row["visit"] for row in plan_rows(first) if row["day"] < later}


def test_a_visit_whose_window_ended_is_late_and_comes_within_a_month(small: PatrolTables, planned: PatrolYear) -> None:
    rows = record_rows(planned)
    since = date(2026, 7, 6)
    late = next(row for row in rows if row["last_day"] is not None and row["last_day"] < since)
    for row in rows:
        if row["day"] < since and row is not late:
            row["done_on"] = row["day"]
    new = again(planned, small, rows, since)
    (change,) = [one for one in new.changes if one.why == "late"]
    assert change.visit == late["visit"]
    assert change.now is not None
    assert since <= change.now[0] < since + timedelta(days=30)
    assert {row["visit"]: row["last_day"] for row in record_rows(new)}[late["visit"]] == late["last_day"]


def test_a_body_that_did_not_come_is_owed_again(small: PatrolTables, planned: PatrolYear) -> None:
    rows = recorded(planned)
    joint = next(row for row in rows if row.get("done_on") and len(row["dues"]) > 1)
    first, *others = joint["dues"]
    joint["dues"] = tuple(others)
    new = again(planned, small, rows)
    assert [one.visit for one in new.changes] == [first]
    found = {row["visit"]: row["dues"] for row in plan_rows(new)}
    assert (found[first], found[others[0]]) == ((first,), tuple(others))


def test_pairs_that_are_gone_and_places_that_closed_are_told(small: PatrolTables, planned: PatrolYear) -> None:
    columns = {**small.stations.columns, "pairs": [4] * len(small.stations)}
    to_come = [row for row in plan_rows(planned) if row["day"] >= SINCE]
    gone = next(row for row in to_come if row["pair"] == 1)
    left = [row for row, place in enumerate(small.dues["place"]) if place != gone["place"]]
    dues = {name: [values[row] for row in left] for name, values in small.dues.columns.items()}
    fewer = replace(
        small, stations=replace(small.stations, columns=columns),
        dues=replace(small.dues, columns=dues, row_numbers=range(2, 2 + len(left))),
    )  # fmt: skip
    new = again(planned, fewer, recorded(planned))
    assert gone["visit"] in {one.visit for one in new.changes if one.why == "gone"}
    assert {one.visit for one in new.changes if one.why in ("unfit", "pair")} >= {
        row["visit"] for row in to_come if row["pair"] == 5 and row["place"] != gone["place"]
    }
    assert all(row["pair"] < 5 for row in plan_rows(new) if row["day"] >= SINCE)


def test_the_workbook_filled_in_is_read_back(small: PatrolTables, planned: PatrolYear, tmp_path: Path) -> None:
    write_patrol(tmp_path / "p.xlsx", planned, lang="zh")
    book = load_workbook(tmp_path / "p.xlsx")
    sheet = book["patrol_record"]
    column = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        day = sheet.cell(row, column["计划日期"]).value.date()
        if day < SINCE:
            sheet.cell(row, column["检查日期"]).value = day
    book.save(tmp_path / "filled.xlsx")
    read = read_earlier(tmp_path / "filled.xlsx", tmp_path / "filled.xlsx", since=SINCE, tables=small)
    new = replan_patrol(small, read, per_visit=WORK)
    assert new.changes == ()
    assert len(new.past) == sum(row["day"] < SINCE for row in plan_rows(planned))


def test_all_faults_of_the_record_are_told_at_once(small: PatrolTables, planned: PatrolYear, tmp_path: Path) -> None:
    rows = plan_rows(planned)
    write_table(tmp_path / "plan.csv", "patrol_rounds", rows)
    record = [
        {"visit": "nobody", "done_on": date(2026, 1, 9)},
        {"visit": rows[0]["visit"], "dues": ("other",), "done_on": date(2025, 1, 9)},
        {"visit": rows[1]["visit"], "done_on": SINCE},
        {"visit": rows[2]["visit"]},
    ]
    write_table(tmp_path / "done.csv", "patrol_record", record)
    with pytest.raises(BadTable) as refused:
        read_earlier(tmp_path / "plan.csv", tmp_path / "done.csv", since=SINCE, tables=small)
    assert {one.code for one in refused.value.faults} == {
        "record_without_plan", "record_of_other_dues", "day_of_other_year", "done_after_since",
    }  # fmt: skip
    for lang in ("zh", "en"):
        assert all("?" not in line for line in explain(refused.value, lang))
    with pytest.raises(BadInput):
        again(planned, small, record_rows(planned), date(2027, 1, 4))


class Summary:
    """The formulas of the sheet of the summary, calculated over the record by a reader of their own."""

    def __init__(self, path: Path) -> None:
        self.book, self.values = load_workbook(path), load_workbook(path, data_only=True)
        self.title = next(name for name in self.book.sheetnames if "Summary" in name)
        self.sheet = self.book[self.title]
        self.known: dict[str, np.ndarray] = {}

    def range(self, letters: str) -> np.ndarray:
        if letters in self.known:
            return self.known[letters]
        first, last = re.fullmatch(r"patrol_record!\$([A-Z])\$2:\$[A-Z]\$(\d+)", letters).groups()
        cells = (self.book["patrol_record"][f"{first}{row}"] for row in range(2, int(last) + 1))
        self.known[letters] = np.array([self.plain(cell.value) for cell in cells], object)
        return self.known[letters]

    @staticmethod
    def plain(value: Any) -> Any:
        return value.toordinal() if hasattr(value, "toordinal") else value

    def cell(self, address: str) -> Any:
        value = self.sheet[address.replace("$", "")].value
        return self.calculate(value) if isinstance(value, str) and value.startswith("=") else self.plain(value)

    def fits(self, values: np.ndarray, criterion: str) -> np.ndarray:
        sign, _, address = criterion.strip('"').partition('"&')
        if criterion == '""':
            return np.array([value is None for value in values])
        if not criterion.startswith('"'):
            wanted = self.cell(criterion)
            return np.array([wanted == "*" or value == wanted for value in values])
        limit = self.cell(address) if address else 0
        sign = sign if address else sign.rstrip("0")
        test = {">=": operator.ge, "<=": operator.le, "<": operator.lt, ">": operator.gt}[sign]
        return np.array([value is not None and test(value, limit) for value in values])

    def calculate(self, formula: str) -> float:
        if found := re.fullmatch(r"=(COUNTIFS|SUMIFS)\((.*)\)", formula):
            arguments = found[2].split(",")
            summed = self.range(arguments.pop(0)) if found[1] == "SUMIFS" else None
            pairs = zip(arguments[::2], arguments[1::2], strict=True)
            fits = np.all([self.fits(self.range(where), criterion) for where, criterion in pairs], axis=0)
            return sum(value or 0 for value in summed[fits]) if summed is not None else int(fits.sum())
        if found := re.fullmatch(r"=SUMPRODUCT\((.*)\)", formula):
            ranges = re.findall(r"patrol_record![$A-Z0-9:]+", found[1])
            blank = [[0 if value is None else value for value in self.range(one)] for one in ranges]
            known = {f"r{at}": np.array(values, object) for at, values in enumerate(blank)}
            said = found[1]
            for name, one in zip(known, ranges, strict=True):
                said = said.replace(one, name, 1)
            said = re.sub(r"\$([A-Z])(\d+)", lambda at: f"cell('{at[0]}')", said).replace('<>""', "!=0")
            said = re.sub(r"(?<![<>!])=", "==", said)
            return int(np.sum(eval(said, {"cell": self.cell} | known)))
        if found := re.fullmatch(r"=([A-Z]\d+)-([A-Z]\d+)", formula):
            return self.cell(found[1]) - self.cell(found[2])
        below, above, other = re.fullmatch(r"=IF\(([A-Z]\d+)=0,0,([A-Z]\d+)/([A-Z]\d+)\)", formula).groups()
        assert below == other
        return self.cell(above) / self.cell(below) if self.cell(below) else 0.0


def test_formulas_of_the_summary_come_to_what_was_recorded(
    small: PatrolTables, planned: PatrolYear, tmp_path: Path
) -> None:
    rows = recorded(planned, slip=4)
    late = next(row for row in rows if row.get("done_on"))
    late["last_day"] = late["done_on"] - timedelta(days=1)
    new = again(planned, small, rows)
    write_patrol(tmp_path / "p.xlsx", new, lang="en")
    summary = Summary(tmp_path / "p.xlsx")
    seen = summary.values[summary.title]
    for row in range(2, summary.sheet.max_row + 1):
        for column in "EFGHIJKLMN":
            assert summary.cell(f"{column}{row}") == seen[f"{column}{row}"].value, (column, row)
    made = [row for row in rows if row.get("done_on")]
    year = [seen[f"{column}2"].value for column in "EFIJLMN"]
    count = len(made)
    assert year == [len(plan_rows(new)), count, count, 1, 2 * count, count, count]
    towns = [seen[f"E{row}"].value for row in range(summary.sheet.max_row - 9, summary.sheet.max_row + 1)]
    assert sum(towns) == len(plan_rows(new))


def test_routed_travel_changes_the_posts_and_the_sentence_says_so(planned: PatrolYear, tmp_path: Path) -> None:
    """Of towns thought forty times as wide the travel reckoned is too much; that of the rounds puts it right."""
    towns = towns_of_district()
    write_towns(tmp_path / "towns.csv", replace(towns, area_km2=40 * towns.area_km2))
    check_towns(tmp_path / "towns.csv", planned.tables.stations["town"])
    assert feed_back(tmp_path / "towns.csv", tmp_path / "routed.csv", planned) == 10
    before, after = (size_towns(read_towns(tmp_path / name), parameters(2026)) for name in ("towns.csv", "routed.csv"))
    assert after.total < before.total
    each = planned.travel_h_per_visit()
    for town in after.results():
        assert town.travel_h == pytest.approx(each[town.code], abs=1e-4)
        assert f"Travel of {town.travel_h:.3f} h per visit is that of rounds routed" in sentence(town, "en")
    assert "travel_h" not in sentence(before.result(0), "zh")
    assert "travel_h" in sentence(after.result(0), "zh")


def test_stations_that_are_no_towns_are_named(planned: PatrolYear, tmp_path: Path) -> None:
    write_towns(tmp_path / "towns.csv", towns_of_district())
    with pytest.raises(BadTable) as refused:
        check_towns(tmp_path / "towns.csv", ["331099001", "other"])
    assert "other" in "".join(explain(refused.value, "en"))


def test_a_town_that_was_not_routed_stays_as_it_was(planned: PatrolYear, tmp_path: Path) -> None:
    towns = towns_of_district()
    write_towns(tmp_path / "towns.csv", replace(towns, code=("elsewhere", *towns.code[1:])))
    feed_back(tmp_path / "towns.csv", tmp_path / "routed.csv", planned)
    travel = read_table(tmp_path / "routed.csv", "towns")["travel_h"]
    assert travel[0] is None
    assert None not in travel[1:]


def test_a_plan_of_another_year_is_one_fault(small: PatrolTables, planned: PatrolYear, tmp_path: Path) -> None:
    write_table(tmp_path / "plan.csv", "patrol_rounds", plan_rows(planned))
    write_table(tmp_path / "done.csv", "patrol_record", [{"visit": "E00000-1"}])
    files = tmp_path / "plan.csv", tmp_path / "done.csv"
    with pytest.raises(BadTable) as refused:
        read_earlier(*files, since=date(2025, 6, 2), tables=replace(small, year=2025))
    assert [one.code for one in refused.value.faults] == ["plan_of_other_year"]
    with pytest.raises(BadInput):
        read_earlier(*files, since=date(2025, 6, 2), tables=small)
