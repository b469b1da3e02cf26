"""Staffing over HTTP: the same numbers as the command line, faults by row and field, studies that are kept and run."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, update

from api.staffing.studies import drop_study, find_study, keep_answer
from api.staffing.tables import studies as staffing_studies
from inventory.database import now, transaction
from optimizer.staffing.workload import parameters, size_towns
from scenarios.incidents import ensure_live, name_roads
from scenarios.staffing.generate import example
from scenarios.tables import situations
from tests.api.http.conftest import COUNTY, OTHER_COUNTY

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def city():
    """101 stations, as rows."""
    towns = example("city", 0)
    plain = ("population", "area_km2", "hazard_points", "established", "contract", "store_task_h")
    columns = {"code": towns.code, "name": towns.name, "district": towns.district}
    columns |= {name: getattr(towns, name).tolist() for name in plain}
    for kind in ("enterprises", "venues"):
        for at, level in enumerate(("low", "medium", "high")):
            columns[f"{kind}_{level}"] = getattr(towns, kind)[:, at].tolist()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {"kind": "size", "year": 2026, "towns": rows, "draws": 0}


def answered(send, path, body, *, who="planner", status=200, accept="application/json"):
    answer = send(who, "POST", f"/staffing{path}", json=body, headers={"Accept": accept})
    assert answer.status_code == status, answer.text
    return answer


def test_a_city_is_sized_as_by_the_model(send):
    asked = send("planner", "GET", "/staffing/examples/city").json()["question"]
    found = answered(send, "/size", {**asked, "draws": 50, "break_even": ["coverage_venue"]}).json()
    sizing = size_towns(example("city", 0), parameters(2026))
    assert found["total"] == sizing.total
    assert [town["posts"] for town in found["towns"]] == sizing.posts.tolist()
    first = found["towns"][0]
    assert (first["lat"], first["lon"]) == (float(asked["towns"][0]["lat"]), float(asked["towns"][0]["lon"]))
    assert sum(first["parts"].values()) == pytest.approx(first["posts"])
    assert "岗" in first["why"]["zh"]
    assert "posts" in first["why"]["en"]
    assert found["spread"]["low"] <= found["spread"]["median"] <= found["spread"]["high"]
    assert found["tornado"][0]["posts_high"] > found["total"]
    assert len(found["break_even"][0]["towns"]) == 101


def test_the_answer_is_a_workbook_or_a_report_where_that_is_asked_for(send, city):
    book = load_workbook(io.BytesIO(answered(send, "/size", city, accept=XLSX).content))
    assert any(str(cell.value).startswith("=") for row in book.worksheets[0].iter_rows() for cell in row)
    assert answered(send, "/size", city, accept="application/pdf").content.startswith(b"%PDF-")
    share = {"kind": "share", "year": 2026, "towns": city["towns"], "posts": 130}
    assert answered(send, "/share", share, accept="application/pdf").content.startswith(b"%PDF-")


def test_posts_are_shared_out_with_their_proof(send, city):
    share = {"kind": "share", "year": 2026, "towns": city["towns"], "posts": 130}
    found = answered(send, "/share", share).json()
    assert (found["status"], found["given"], found["unplaced"]) == ("OPTIMAL", 130, 0)
    assert found["worst_after"] > found["worst_before"]
    assert found["frontier"][130]["worst"] == pytest.approx(found["worst_after"])
    money = {"yuan": 1, "established": {"cost": 1}, "contract": {"cost": 1}}
    both = answered(send, "/share", {**share, "budget": money}, status=422).json()
    assert both["errors"][0]["message"] == "give either posts or budget"  # in the caller's language alone


def test_of_money_the_grades_are_bought(send, city):
    money = {"yuan": 2_000_000, "established": {"cost": 180_000, "most": 8}, "contract": {"cost": 80_000}}
    found = answered(
        send, "/share", {"kind": "share", "year": 2026, "towns": city["towns"][:12], "budget": money}
    ).json()
    assert 0 < found["cost"] <= 2_000_000
    assert sum(row["grades"][0] for row in found["towns"]) <= 8


def test_every_fault_names_its_table_row_and_field_and_no_file_of_ours(send, city):
    towns = [dict(row) for row in city["towns"][:3]]
    towns[1]["households"], towns[1]["population"] = 10, 5
    towns[2]["licensed"] = 99
    problem = answered(send, "/size", {**city, "towns": towns}, status=422).json()
    assert [error["where"] for error in problem["errors"]] == ["3:households", "4:licensed"]
    assert "towns" in problem["detail"]
    assert "/tmp" not in json.dumps(problem)
    twice = answered(send, "/size", {**city, "towns": [towns[0], towns[0]]}, status=422).json()
    assert twice["errors"][0]["code"] == "DUPLICATE_KEY"
    unknown = {"name": "no_such", "value": 1}
    problem = answered(send, "/size", {**city, "coefficients": [unknown]}, status=422).json()
    assert "/tmp" not in json.dumps(problem)
    assert "no_such" in json.dumps(problem)


def test_what_would_take_long_is_a_study(send, city):
    assert answered(send, "/size", {**city, "draws": 50_000}, status=422).json()["code"] == "AskAsStudy"


def test_coefficients_say_their_source_and_a_desk_is_sized(send):
    found = send("auditor", "GET", "/staffing/coefficients?year=2025").json()
    (days,) = (one for one in found["items"] if one["name"] == "working_days")
    assert (days["value"], days["basis"], found["year_assumed"]) == (248, "calendar", False)
    assert send("auditor", "GET", "/staffing/coefficients?year=2040").json()["year_assumed"]
    desk = answered(
        send, "/desk", {"calls_per_hour": [40, 0], "handle_s": 180, "service_level": 0.5, "within_s": 0}
    ).json()
    assert [hour["erlangs"] for hour in desk["hours"]] == [2, 0]
    assert desk["hours"][0]["waiting"] == pytest.approx(4 / 9)  # C(3 servers, 2 erlangs)


def test_grids_are_counted_with_their_managers(send):
    plain = {"town": "T1", "population": 3400}
    villages = [{"village": f"52060210{n}001", "name": f"村{n}", "households": 500 * n, **plain} for n in (1, 3)]
    asked = {"villages": villages, "managers": [{"person": f"网格员{n}", "town": "T1"} for n in range(7)]}
    found = answered(send, "/grids", asked).json()
    assert [village["grids"] for village in found["villages"]] == [4, 5]
    assert (found["total"]["grids"], found["total"]["managers"], found["total"]["without_own"]) == (9, 7, 2)
    assert len({grid["grid"] for grid in found["grids"]}) == 9
    assert load_workbook(io.BytesIO(answered(send, "/grids", asked, accept=XLSX).content)).sheetnames


def test_the_example_of_grids_is_that_of_the_district(send):
    asked = send("planner", "GET", "/staffing/examples/grids").json()["question"]
    found = answered(send, "/grids", asked).json()["total"]
    assert (found["grids"], found["managers"], found["without_own"]) == (711, 613, 98)


def test_a_table_is_read_from_a_file_with_chinese_headings(send):
    head = "乡镇编号,名称,常住人口,低风险企业,中风险企业,高风险企业,低风险小型场所,中风险小型场所,高风险小型场所\n"
    read = send(
        "planner", "POST", "/staffing/tables/towns", files={"file": ("乡镇.csv", f"{head}A,甲镇,10,1,2,3,4,5,6\n")}
    )
    (row,) = read.json()["rows"]
    assert (row["code"], row["population"], row["venues_high"]) == ("A", 10, 6)
    assert answered(send, "/size", {"kind": "size", "year": 2026, "draws": 0, "towns": [row]}).json()["total"] >= 10
    wrong = send(
        "planner", "POST", "/staffing/tables/towns", files={"file": ("t.csv", f"{head}A,甲镇,x,1,2,3,4,5,y\n")}
    )
    assert len(wrong.json()["errors"]) == 2


def study(send, question, who="planner", place=COUNTY):
    made = send(who, "POST", "/staffing/studies", json={"name": "测算", "place": place, "question": question})
    assert made.status_code == 201, made.text
    return made.json()


def test_a_study_is_kept_run_and_stale_once_it_is_edited(send, work_off, city):
    towns = city["towns"][:5]
    made = study(send, {**city, "towns": towns, "draws": 20})
    path = f"/staffing/studies/{made['number']}"
    other = study(send, {**city, "towns": towns[:1], "draws": 0})["number"]
    assert send("planner", "GET", f"{path}/answer").json()["code"] == "NotAnswered"
    job = send("planner", "POST", f"{path}/run", json={"lang": "en"}).json()
    assert (job["kind"], job["place"]) == ("study", COUNTY)
    assert work_off() == ["done"]
    found = send("auditor", "GET", f"{path}/answer").json()
    assert found == answered(send, "/size", {**city, "towns": towns, "draws": 20}).json()
    files = zipfile.ZipFile(io.BytesIO(send("planner", "GET", f"/jobs/{job['code']}/result").content))
    assert sorted(files.namelist()) == ["sizing.pdf", "sizing.xlsx"]
    again = send("auditor", "GET", f"{path}/files")
    assert (again.headers["Content-Type"], sorted(zipfile.ZipFile(io.BytesIO(again.content)).namelist())) == (
        "application/zip", sorted(files.namelist())
    )  # fmt: skip
    assert send("planner", "GET", f"/staffing/studies/{other}/files").json()["code"] == "NotAnswered"
    seen = send("planner", "GET", path)
    assert (seen.json()["stale"], seen.json()["answered_by"]) == (False, "planner")
    body = {"name": "改", "place": COUNTY, "question": {**city, "towns": towns[:2]}}
    assert send("planner", "PUT", path, json=body).status_code == 428
    edited = send("planner", "PUT", path, json=body, headers={"If-Match": seen.headers["ETag"]})
    assert (edited.status_code, edited.json()["stale"]) == (200, True)
    assert send("planner", "PUT", path, json=body, headers={"If-Match": seen.headers["ETag"]}).status_code == 412
    listed = send("planner", "GET", "/staffing/studies?stale=true&field=number&field=name").json()["items"]
    assert listed == [{"number": made["number"], "name": "改"}]


def test_studies_of_one_kind_are_compared_as_a_workbook_or_a_report(send, work_off, city):
    asked = {**city, "towns": city["towns"][:4]}
    asked["towns"][0] = {**asked["towns"][0], "name": "=1+1"}
    more = [{"name": "sick_days", "value": "40", "source": "县统计"}]
    numbers = [study(send, one)["number"] for one in (asked, {**asked, "coefficients": more})]
    path = "/staffing/comparison?" + "&".join(f"study={number}" for number in numbers)
    assert send("auditor", "GET", path).json()["code"] == "NotAnswered"
    for number in numbers:
        send("planner", "POST", f"/staffing/studies/{number}/run", json={})
    assert work_off() == ["done", "done"]
    before, after = (send("auditor", "GET", f"/staffing/studies/{one}/answer").json()["total"] for one in numbers)
    given = send("auditor", "GET", path, headers={"Accept": XLSX}).content
    formulas, shown = (load_workbook(io.BytesIO(given), data_only=values) for values in (False, True))
    posts = shown["Posts required"]
    assert [cell.value for cell in posts[6]] == ["Total", None, None, before, after, after - before]
    assert (formulas["Posts required"]["F6"].value, formulas["Posts required"]["B2"].data_type) == ("=E6-D6", "s")
    assert [cell.value for cell in shown["What was asked differently"][2]] == [
        "Sick leave per person",
        "5 (default)",
        40,
    ]
    assert send("auditor", "GET", path, headers={"Accept": "application/pdf"}).content.startswith(b"%PDF-")
    once = send("auditor", "GET", f"/staffing/comparison?study={numbers[0]}&study={numbers[0]}")
    assert once.json()["code"] == "NotComparable"


def test_a_study_is_deleted_for_good_by_who_saw_it_as_it_is(send, city):
    made = study(send, {**city, "towns": city["towns"][:1]})
    path = f"/staffing/studies/{made['number']}"
    tag = send("planner", "GET", path).headers["ETag"]
    assert send("planner", "DELETE", path).status_code == 428
    assert send("auditor", "DELETE", path, headers={"If-Match": tag}).status_code == 403
    assert send("planner", "DELETE", path, headers={"If-Match": '"0"'}).status_code == 412
    assert send("planner", "DELETE", path, headers={"If-Match": tag}).json() == {"number": made["number"]}
    assert send("planner", "GET", path).json()["code"] == "UnknownStudy"
    told = send("root", "GET", "/audit?action=staffing.drop").json()["items"]
    assert [(one["code"], one["actor"], one["before"]["name"]) for one in told] == [
        (str(made["number"]), "planner", "测算")
    ]


def test_a_late_answer_to_an_earlier_question_leaves_the_newer_one(send, engine, city):
    number = study(send, {**city, "towns": city["towns"][:1]})["number"]
    with transaction(engine) as connection:
        row = find_study(connection, number)
        asked, made = row.question_sha256, row.recorded_at
        for answer, sha256, when in (
            ({"n": 0}, asked, made - timedelta(hours=1)),  # of a deleted one that had the number before
            ({"n": 1}, "0" * 64, made), ({"n": 2}, asked, made), ({"n": 3}, "1" * 64, made),
        ):  # fmt: skip
            keep_answer(connection, number, answer, sha256=sha256, made=when, actor="planner", at=now())
            assert find_study(connection, number).answer == (None if answer["n"] == 0 else {"n": min(2, answer["n"])})


def test_a_study_shows_no_files_of_a_deleted_one_that_had_its_number(send, work_off, engine, city):
    question = {**city, "towns": city["towns"][:1]}
    number = study(send, question)["number"]
    assert send("planner", "POST", f"/staffing/studies/{number}/run", json={}).status_code == 202
    assert work_off() == ["done"]
    assert send("planner", "GET", f"/staffing/studies/{number}/files").status_code == 200
    with transaction(engine) as connection:  # as SQLite does when the newest is deleted
        drop_study(connection, number)
        kept = {"name": "another", "place_code": None, "actor": "x", "recorded_at": now() + timedelta(seconds=1)}
        asked = {"kind": "size", "question": question, "question_sha256": "0" * 64}
        connection.execute(insert(staffing_studies).values(id=number, **kept, **asked))
    assert send("root", "GET", f"/staffing/studies/{number}/files").json()["code"] == "NotAnswered"


def test_a_study_moved_away_before_its_turn_is_not_answered_for_who_asked(send, work_off, city):
    question = {**city, "towns": city["towns"][:1]}
    number = study(send, question)["number"]
    code = send("planner", "POST", f"/staffing/studies/{number}/run", json={}).json()["code"]
    tag = send("root", "GET", f"/staffing/studies/{number}").headers["ETag"]
    moved = {"name": "x", "place": OTHER_COUNTY, "question": question}
    edited = send("root", "PUT", f"/staffing/studies/{number}", json=moved, headers={"If-Match": tag})
    assert edited.status_code == 200
    assert work_off() == ["failed"]
    assert send("planner", "GET", f"/jobs/{code}").json()["problem"]["code"] == "UnknownStudy"


def test_a_study_that_cannot_be_answered_says_every_fault(send, work_off, city):
    towns = [{**city["towns"][0], "households": 10**6}]
    number = study(send, {**city, "towns": towns})["number"]
    code = send("planner", "POST", f"/staffing/studies/{number}/run", json={}).json()["code"]
    assert work_off() == ["failed"]
    problem = send("planner", "GET", f"/jobs/{code}").json()["problem"]
    assert [error["where"] for error in problem["errors"]] == ["2:households"]
    assert "/tmp" not in json.dumps(problem)


def test_studies_of_other_places_are_not_there(send, city):
    number = study(send, {**city, "towns": city["towns"][:1]}, "root", OTHER_COUNTY)["number"]
    for method, path, body in (("GET", "", None), ("GET", "/answer", None), ("POST", "/run", {})):
        found = send("planner", method, f"/staffing/studies/{number}{path}", json=body)
        assert (found.status_code, found.json()["code"]) == (404, "UnknownStudy")
    assert send("planner", "GET", "/staffing/studies").json()["items"] == []
    outside = {"name": "x", "place": OTHER_COUNTY, "question": {**city, "towns": city["towns"][:1]}}
    assert send("planner", "POST", "/staffing/studies", json=outside).json()["code"] == "OutsideScope"


def test_the_five_fixed_work_comes_from_the_stock_within_reach_only(send, city):
    towns = [{**city["towns"][0], "code": "520600100", "store_task_h": 0}]
    plain = answered(send, "/size", {**city, "towns": towns}).json()["towns"][0]
    with_stock = answered(send, "/size", {**city, "towns": towns, "stores": COUNTY}).json()["towns"][0]
    assert plain["hours"]["five_fixed"] == 0 < with_stock["hours"]["five_fixed"]
    refused = answered(send, "/size", {**city, "towns": towns, "stores": OTHER_COUNTY}, status=403).json()
    assert refused["code"] == "OutsideScope"


def test_a_roster_is_made_and_mended_by_a_study(send, work_off):
    people = [{"id": f"P{n}", "name": f"人{n}", "roles": ["call_desk"]} for n in range(6)]
    posts = [{"id": "desk", "name": "接警", "pattern": "2x12", "needs": [["call_desk", 1]]}]
    asked = {"kind": "roster", "month": "2026-02", "people": people, "posts": posts}
    number = study(send, asked)["number"]
    code = send("planner", "POST", f"/staffing/studies/{number}/run", json={}).json()["code"]
    assert work_off() == ["done"]
    found = send("planner", "GET", f"/staffing/studies/{number}/answer").json()
    assert (found["status"], len(found["duties"])) == ("optimal", 56)
    assert all(spread["most"] - spread["least"] <= 1 for spread in found["spreads"])
    files = zipfile.ZipFile(io.BytesIO(send("planner", "GET", f"/jobs/{code}/result").content)).namelist()
    assert sorted(files) == ["people-after.csv", "roster.csv", "roster.ics", "roster.xlsx"]
    ill = [{"person": found["duties"][0]["person"], "kind": "leave", "first": "2026-02-01", "last": "2026-02-03"}]
    alone = {"name": "x", "place": COUNTY, "question": {**asked, "since": "2026-02-01"}}
    assert "roster" in send("planner", "POST", "/staffing/studies", json=alone).json()["errors"][0]["message"]
    mend = study(send, {**asked, "requests": ill, "roster": found["duties"]})["number"]
    send("planner", "POST", f"/staffing/studies/{mend}/run", json={})
    assert work_off() == ["done"]
    mended = send("planner", "GET", f"/staffing/studies/{mend}/answer").json()
    assert 1 <= len(mended["changes"]) == mended["fewest_changes"] <= 6


@pytest.fixture
def district(engine, tmp_path_factory):
    """A fiftieth of the made-up district on its own roads, as rows."""
    from api.routes.staffing import _rows
    from scenarios.staffing.patrol.example import write_district

    folder = tmp_path_factory.mktemp("district")
    write_district(folder, share=0.02)
    with transaction(engine) as connection:
        ensure_live(connection, "live")
        name_roads(connection, "live", str(folder / "roads"))
    files = {"dues": "visits", "stations": "stations"}
    tables = {field: _rows(folder / f"{name}.csv", f"patrol_{field}") for field, name in files.items()}
    return {"kind": "patrol", "year": 2026, "work": 5, **tables}


def test_a_patrol_year_is_planned_and_planned_again_from_its_record(send, work_off, district):
    def run(question):
        number = study(send, question)["number"]
        code = send("planner", "POST", f"/staffing/studies/{number}/run", json={}).json()["code"]
        assert work_off() == ["done"]
        files = zipfile.ZipFile(io.BytesIO(send("planner", "GET", f"/jobs/{code}/result").content)).namelist()
        assert sorted(files) == ["patrol.png", "patrol.xlsx", "rounds.csv"]
        return send("planner", "GET", f"/staffing/studies/{number}/answer").json()

    found = run(district)
    assert found["visits"] + sum(len(town["left_out"]) for town in found["towns"]) >= 100
    assert all(town["travel_h"] <= town["usual_travel_h"] for town in found["towns"])
    at = {one["place"]: (one["lat"], one["lon"]) for one in found["places"]}
    given = {one["place"]: (float(one["lat"]), float(one["lon"])) for one in district["dues"]}
    assert at == {one["place"]: given[one["place"]] for one in found["rounds"]}
    assert [town["lat"] for town in found["towns"]] == [float(one["lat"]) for one in district["stations"]]
    since = "2026-05-06"
    record = [{**row, "done_on": row["day"]} for row in found["record"] if row["day"] < since]
    slipped = record.pop()["visit"]
    again = run({**district, "rounds": found["rounds"], "record": record, "since": since})
    assert slipped in [one["visit"] for one in again["changes"]]
    assert all(row["day"] >= since for row in again["rounds"] if row["visit"] == slipped)
    assert {row["visit"] for row in record} <= {row["visit"] for row in again["rounds"]}
    assert {row["place"] for row in again["rounds"]} == {one["place"] for one in again["places"]}


def test_patrols_are_tried_out_on_the_roads_there_are(send, work_off, district, engine):
    asked = send("planner", "GET", "/staffing/examples/patrol").json()["question"]
    number = study(send, asked)["number"]
    send("planner", "POST", f"/staffing/studies/{number}/run", json={})
    assert work_off() == ["done"]
    found = send("planner", "GET", f"/staffing/studies/{number}/answer").json()
    assert found["visits"] == len(asked["dues"]) == 60
    with transaction(engine) as connection:
        connection.execute(update(situations).values(roads=None))
    assert send("planner", "GET", "/staffing/examples/patrol").json()["code"] == "NoRoads"


def test_why_no_roster_can_be_is_in_the_answer_and_in_the_files(send, work_off):
    people = [{"id": "P1", "name": "人", "roles": ["call_desk"]}]
    posts = [{"id": "desk", "name": "接警", "pattern": "2x12", "needs": [["call_desk", 2]]}]
    number = study(send, {"kind": "roster", "month": "2026-02", "people": people, "posts": posts})["number"]
    code = send("planner", "POST", f"/staffing/studies/{number}/run", json={}).json()["code"]
    assert work_off() == ["done"]
    found = send("planner", "GET", f"/staffing/studies/{number}/answer").json()
    assert found["status"] == "infeasible"
    (name,) = (files := zipfile.ZipFile(io.BytesIO(send("planner", "GET", f"/jobs/{code}/result").content))).namelist()
    assert files.read(name).decode().splitlines() == [one["zh"] for one in found["conflict"]] != []
