"""The five fixed over HTTP: looking changes nothing, tasks are done where one may, reports come as papers."""

import pytest
from sqlalchemy import insert, select

from inventory.database import now, transaction
from inventory.five_fixed import shanghai_day
from inventory.tables.care import tasks
from inventory.tables.places import stores
from tests.api.http.conftest import BED, COUNTY, OTHER_COUNTY, TOWN, VILLAGE

PDF, XLSX = "application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))


@pytest.fixture
def evaluated(send):
    answer = send("manager", "POST", "/five-fixed/evaluate", json={})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def due(engine, client):
    """An inspection of the beds in S1 and in S2 is due."""
    with transaction(engine) as connection:
        ids = {row.code: row.id for row in connection.execute(select(stores.c.code, stores.c.id))}
        for store in ("S1", "S2"):
            row = {"key": f"{store}/{BED}/L1/INSPECT", "store_id": ids[store], "item": BED, "lot": "L1",
                   "kind": "INSPECT", "severity": "major", "status": "open", "opened_at": now()}  # fmt: skip
            connection.execute(insert(tasks), row)


def a_task(send, kind="INSPECT", who="keeper"):
    answer = send(who, "GET", f"/five-fixed/tasks?kind={kind}&status=open&store=S1")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"][0]


class TestTheBoard:
    def test_before_any_evaluation_is_empty_and_stale(self, send):
        found = send("manager", "GET", "/five-fixed/board").json()
        assert (found["total"], found["stale"]) == (None, True)

    def test_shows_what_was_evaluated_and_says_when_stock_has_moved_since(self, send, engine, evaluated):
        assert evaluated["stores"] == 4
        assert evaluated["place"] == COUNTY
        found = send("manager", "GET", f"/five-fixed/board?place={COUNTY}").json()
        assert (found["total"]["stores"], found["stale"]) == (4, False)
        receipt = {"store": "S1", "item": BED, "quantity": "1", "expires": "2041-01-01"}
        assert send("keeper", "POST", "/stock/receive", json=receipt).status_code == 201
        assert send("manager", "GET", "/five-fixed/board").json()["stale"] is True

    def test_of_somebody_else_is_not_there(self, send, evaluated):
        for place in (COUNTY, OTHER_COUNTY):
            answer = send("keeper", "GET", f"/five-fixed/board?place={place}")
            assert (answer.status_code, answer.json()["code"]) == (404, "UnknownPlace")
        mine = send("keeper", "GET", "/five-fixed/board").json()
        assert mine["total"]["code"] == TOWN

    def test_is_evaluated_by_who_may(self, send):
        for who in ("keeper", "auditor", "leader"):
            assert send(who, "POST", "/five-fixed/evaluate", json={}).status_code == 403
        outside = send("manager", "POST", "/five-fixed/evaluate", json={"place": OTHER_COUNTY})
        assert outside.status_code == 404


class TestFindingsAndScores:
    def test_are_seen_by_who_reaches_the_store(self, send, evaluated):
        everything = send("manager", "GET", "/five-fixed/findings?limit=200").json()["items"]
        mine = send("keeper", "GET", "/five-fixed/findings?limit=200").json()["items"]
        assert {one["store"] for one in everything} >= {"S0", "S1", "S2"}
        assert {one["store"] for one in mine} == {"S1", "S3"}
        assert [one["rank"] for one in everything] == sorted(one["rank"] for one in everything)

    def test_are_filtered_by_a_division_with_all_that_lies_in_it(self, send, evaluated, due):
        def stores_of(path, place):
            rows = send("manager", "GET", f"{path}?within={place}&field=store&limit=500").json()["items"]
            return {row["store"] for row in rows}

        assert stores_of("/five-fixed/scores", COUNTY) == {"S0", "S1", "S2", "S3"}
        assert stores_of("/five-fixed/scores", TOWN) == {"S1", "S3"}
        assert stores_of("/five-fixed/scores", VILLAGE) == {"S3"}
        assert "S1" in stores_of("/five-fixed/tasks", TOWN)
        assert "S2" not in stores_of("/five-fixed/tasks", TOWN)
        assert "S0" not in stores_of("/five-fixed/findings", TOWN)
        assert send("keeper", "GET", f"/five-fixed/scores?within={OTHER_COUNTY}").json()["items"] == []
        assert send("keeper", "GET", "/five-fixed/scores?within=52").status_code == 422

    def test_are_filtered(self, send, evaluated):
        found = send("manager", "GET", "/five-fixed/findings?rule=custodian&store=S1").json()["items"]
        assert {(one["store"], one["rule"]) for one in found} == {("S1", "custodian")}
        scores = send("manager", "GET", f"/five-fixed/scores?place={VILLAGE}").json()["items"]
        assert [one["store"] for one in scores] == ["S3"]


class TestTasks:
    def test_are_assigned_and_done_with_evidence(self, send, due):
        task = a_task(send)
        assert (
            send("keeper", "POST", f"/five-fixed/tasks/{task['id']}/assign", json={"person": "P1"}).status_code == 403
        )
        assigned = send("manager", "POST", f"/five-fixed/tasks/{task['id']}/assign", json={"person": "P1"})
        assert (assigned.json()["status"], assigned.json()["assignee"]) == ("assigned", "P1")
        file = send("keeper", "POST", "/files", data={"about": "S1"}, files={"file": ("shelf.png", PNG)})
        assert file.status_code == 201, file.text
        done = send("keeper", "POST", f"/five-fixed/tasks/{task['id']}/done", json={"evidence": [file.json()["id"]]})
        assert (done.status_code, done.json()["status"]) == (200, "done"), done.text
        kept = send("keeper", "GET", f"/files?about={task['key']}").json()["items"]
        assert [one["name"] for one in kept] == ["shelf.png"]
        again = send("keeper", "POST", f"/five-fixed/tasks/{task['id']}/done", json={})
        assert (again.status_code, again.json()["code"]) == (404, "UnknownTask")

    def test_that_failed_open_again_at_once(self, send, due):
        task = a_task(send)
        done = send("keeper", "POST", f"/five-fixed/tasks/{task['id']}/done", json={"passed": False, "note": "torn"})
        assert done.json()["status"] == "failed"
        assert a_task(send)["severity"] == "critical"

    def test_of_another_town_are_not_there(self, send, due):
        (task, *_) = send("manager", "GET", "/five-fixed/tasks?store=S2").json()["items"]
        assert send("keeper", "GET", f"/five-fixed/tasks/{task['id']}").status_code == 404
        assert send("keeper", "POST", f"/five-fixed/tasks/{task['id']}/done", json={}).status_code == 404

    def test_are_not_done_tomorrow_nor_with_the_evidence_of_another(self, send, due):
        task = a_task(send)
        path = f"/five-fixed/tasks/{task['id']}/done"
        assert send("keeper", "POST", path, json={"done_on": "2999-01-01"}).json()["code"] == "DoneInFuture"
        file = send("manager", "POST", "/files", data={"about": "S1"}, files={"file": ("a.png", PNG)}).json()["id"]
        assert send("keeper", "POST", path, json={"evidence": [file]}).json()["code"] == "UnknownFile"

    def test_to_put_units_away_are_done_by_naming_the_bin(self, send):
        receipt = {"store": "S1", "item": BED, "quantity": "2", "lot": "Z", "expires": "2041-01-01"}
        assert send("keeper", "POST", "/stock/receive", json=receipt).status_code == 201
        send("manager", "POST", "/five-fixed/evaluate", json={})
        path = f"/five-fixed/tasks/{a_task(send, 'PUT_AWAY')['id']}/done"
        assert send("keeper", "POST", path, json={}).json()["code"] == "AnotherWay"
        assert send("keeper", "POST", path, json={"bin": "A-2"}).json()["status"] == "done"
        (line,) = send("keeper", "GET", "/stock?store=S1&lot=Z").json()["items"]
        assert line["bin"] == "A-2"


class TestChecks:
    def test_are_put_on_record(self, send):
        check = {"store": "S1", "item": BED, "lot": "L1", "kind": "INSPECT", "note": "sound"}
        made = send("keeper", "POST", "/five-fixed/maintenance", json=check)
        assert made.status_code == 201, made.text
        (row,) = send("keeper", "GET", "/five-fixed/maintenance").json()["items"]
        assert (row["id"], row["result"], row["actor"]) == (made.json()["id"], "PASSED", "keeper")
        assert row["done_on"] == shanghai_day(now()).isoformat()

    def test_that_failed_hold_the_lot(self, send):
        check = {"store": "S1", "item": BED, "lot": "L1", "kind": "INSPECT", "passed": False}
        assert send("keeper", "POST", "/five-fixed/maintenance", json=check).status_code == 201
        issue = send("keeper", "POST", "/stock/issue", json={"store": "S1", "item": BED, "quantity": "1"})
        assert issue.status_code == 409

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"item": None}, 422, "WholeStoreCheck"),
            ({"store": "S2"}, 403, "OutsideScope"),
            ({"store": "none"}, 404, "UnknownStore"),
            ({"item": "none"}, 404, "UnknownItem"),
            ({"done_on": "2999-01-01"}, 422, "DoneInFuture"),
            ({"kind": "GUESS"}, 422, "BadRequest"),
        ],
    )
    def test_that_cannot_be_are_refused(self, send, change, status, code):
        check = {"store": "S1", "item": BED, "kind": "INSPECT", **change}
        answer = send("keeper", "POST", "/five-fixed/maintenance", json=check)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


class TestTheMonthlyReport:
    def test_comes_as_data_and_as_papers(self, send, evaluated):
        path = f"/five-fixed/report?place={COUNTY}&month={shanghai_day(now()):%Y-%m}"
        data = send("manager", "GET", path)
        assert (data.status_code, data.json()["total"]["stores"]) == (200, 4)
        for kind, sign in ((PDF, b"%PDF"), (XLSX, b"PK")):
            paper = send("manager", "GET", path, headers={"Accept": kind})
            assert (paper.headers["content-type"], paper.content[: len(sign)]) == (kind, sign)
            assert paper.headers["content-disposition"].startswith("attachment")

    def test_is_of_a_county_that_was_evaluated(self, send):
        path = f"/five-fixed/report?place={COUNTY}&month=2026-11"
        assert send("manager", "GET", path).json()["code"] == "NotEvaluated"
        assert send("manager", "GET", path.replace("11", "13")).json()["code"] == "BadRequest"
        assert send("keeper", "GET", path).status_code == 404
