"""Background jobs over HTTP: who may ask for what, what becomes of it, and who sees it."""

import io
import zipfile
from datetime import timedelta
from typing import ClassVar

import pytest
from fastapi.testclient import TestClient

from api.access.scope import Grant
from api.access.users import add_user
from api.jobs import book
from api.jobs.book import File
from api.main import serve_from
from inventory.database import now, transaction
from tests.api.http.conftest import PASSWORD

from_county, other_county = "520600000000", "520601000000"
EVALUATE = {"kind": "evaluate", "arguments": {"place": from_county}}


def asked(send, who, body, status=202):
    answer = send(who, "POST", "/jobs", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_job_is_asked_for_done_and_its_result_fetched(send, work_off):
    job = asked(send, "manager", EVALUATE)
    assert (job["status"], job["words"], job["place"]) == ("waiting", "waiting", from_county)
    early = send("manager", "GET", f"/jobs/{job['code']}/result")
    assert (early.status_code, early.json()["code"]) == (409, "JobNotDone")
    assert work_off() == ["done"]
    shown = send("manager", "GET", f"/jobs/{job['code']}").json()
    assert (shown["status"], shown["percent"], shown["executor"], shown["problem"]) == ("done", 100, "tests", None)
    result = send("manager", "GET", f"/jobs/{job['code']}/result").json()
    assert result["stores"] == 4
    assert [one["code"] for one in send("auditor", "GET", "/jobs").json()["items"]] == [job["code"]]


def test_the_same_request_is_one_job(send):
    first = send("manager", "POST", "/jobs", json=EVALUATE, headers={"Idempotency-Key": "k1"})
    again = send("manager", "POST", "/jobs", json=EVALUATE, headers={"Idempotency-Key": "k1"})
    assert first.json() == again.json()
    assert len(send("manager", "GET", "/jobs").json()["items"]) == 1


def test_a_job_takes_the_permission_for_what_it_does_where_it_does_it(send):
    assert send("planner", "POST", "/jobs", json=EVALUATE).json()["code"] == "NotPermitted"
    assert send("keeper", "POST", "/jobs", json=EVALUATE).status_code == 403
    outside = {"kind": "evaluate", "arguments": {"place": other_county}}
    assert send("manager", "POST", "/jobs", json=outside).json()["code"] == "OutsideScope"
    assert send("manager", "POST", "/jobs", json={"kind": "evaluate"}).json()["code"] == "OutsideScope"
    asked(send, "root", {"kind": "evaluate"})


def test_jobs_of_other_places_are_not_there(send):
    code = asked(send, "root", {"kind": "evaluate", "arguments": {"place": other_county}})["code"]
    assert send("manager", "GET", "/jobs").json()["items"] == []
    for method, path in (("GET", ""), ("GET", "/result"), ("POST", "/cancel"), ("POST", "/retry")):
        assert send("manager", method, f"/jobs/{code}{path}").status_code == 404
    assert send("planner", "POST", f"/jobs/{asked(send, 'manager', EVALUATE)['code']}/cancel").status_code == 403


def test_a_waiting_job_is_cancelled_and_asked_for_again(send, work_off):
    code = asked(send, "manager", EVALUATE)["code"]
    assert send("manager", "POST", f"/jobs/{code}/retry").json()["code"] == "JobNotFailed"
    assert send("manager", "POST", f"/jobs/{code}/cancel").json()["status"] == "cancelled"
    assert send("manager", "POST", f"/jobs/{code}/cancel").json()["code"] == "JobOver"
    assert work_off() == []
    assert send("manager", "POST", f"/jobs/{code}/retry").json()["attempt"] == 2
    assert work_off() == ["done"]


def upload(send, who, name, content):
    answer = send(who, "POST", f"/jobs/files?name={name}", content=content,
                  headers={"Content-Type": "application/octet-stream"})  # fmt: skip
    assert answer.status_code == 201, answer.text
    return answer.json()["file"]


def import_of(file, table, **more):
    return {"kind": "import", "arguments": {"table": table, "file": file, **more}}


def test_a_table_is_uploaded_and_imported(send, work_off):
    file = upload(send, "manager", "bins.csv", b"store,bin,volume_m3\nS0,A-1,5\nS1,B-7,3\n")
    look = asked(send, "manager", import_of(file, "bins", dry_run=True))["code"]
    code = asked(send, "manager", import_of(file, "bins"))["code"]
    assert work_off() == ["done", "done"]
    assert send("manager", "GET", f"/jobs/{look}/result").json()["dry_run"]
    result = send("manager", "GET", f"/jobs/{code}/result").json()
    assert (result["kind"], result["added"] + result["changed"] + result["same"]) == ("bins", 2)
    assert (result["added"], result["removed"]) == (send("manager", "GET", f"/jobs/{look}/result").json()["added"], 0)


def test_a_table_with_mistakes_tells_each_of_them_and_changes_nothing(send, work_off):
    file = upload(send, "manager", "bins.csv", b"store,bin,volume_m3\nS0,A-1,five\nS9,B-7,3\n")
    code = asked(send, "manager", import_of(file, "bins"))["code"]
    assert work_off() == ["failed"]
    shown = send("manager", "GET", f"/jobs/{code}").json()
    problem = shown["problem"]
    assert (shown["status"], problem["status"]) == ("failed", 422)
    assert [one["where"] for one in problem["errors"]] == ["2:volume_m3", "3:store"]
    chinese = send("manager", "GET", f"/jobs/{code}", headers={"Accept-Language": "zh"}).json()
    assert (chinese["words"], chinese["problem"]["errors"][0]["message"] != problem["errors"][0]["message"]) == (
        "失败", True,
    )  # fmt: skip


def test_a_table_may_not_reach_further_than_its_sender(send, work_off):
    file = upload(send, "manager", "bins.csv", b"store,bin,volume_m3\nS0,A-1,5\nS4,B-7,3\n")
    code = asked(send, "manager", import_of(file, "bins"))["code"]
    assert work_off() == ["failed"]
    assert send("manager", "GET", f"/jobs/{code}").json()["problem"]["code"] == "OutsideScope"
    assert send("root", "POST", "/jobs", json=import_of(file, "bins")).json()["code"] == "UnknownUpload"


def test_files_come_back_byte_for_byte_and_are_forgotten_after_ninety_days(client, engine):
    content = bytes(range(256)) * 200  # several parts
    at = now()
    with transaction(engine) as connection:
        old = book.keep_file(connection, File("a.csv", "text/csv", content), actor="a", at=at - timedelta(days=91))
        new = book.keep_file(connection, File("b.csv", "text/csv", content), actor="a", at=at)
        assert book.uploaded(connection, old, actor="a").content == content
        book.forget_files(connection, at=at)
        assert book.uploaded(connection, new, actor="a").content == content
        with pytest.raises(book.UnknownUpload):
            book.uploaded(connection, old, actor="a")


@pytest.mark.parametrize("name", ["../x.csv", "a%2Fb.csv", "x.exe", ".csv"])
def test_files_with_other_names_are_refused(send, name):
    assert send("manager", "POST", f"/jobs/files?name={name}", content=b"x").status_code == 422


def test_a_monthly_report_is_written_and_its_file_is_kept_for_ninety_days(send, engine, work_off):
    report = {"kind": "monthly_report", "arguments": {"county": from_county, "month": "2026-06", "format": "xlsx"}}
    code = asked(send, "manager", report)["code"]
    assert work_off() == ["done"]
    file = send("manager", "GET", f"/jobs/{code}/result")
    assert "wuding-520600000000-2026-06.xlsx" in file.headers["Content-Disposition"]
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(file.content)).namelist()
    with transaction(engine) as connection:
        book.forget_files(connection, at=now() + timedelta(days=91))
    gone = send("manager", "GET", f"/jobs/{code}/result")
    assert (gone.status_code, gone.json()["code"]) == (404, "ResultForgotten")


def test_a_scenario_is_built_for_whoever_may(send, work_off, database_kind):
    assert (
        send("manager", "POST", "/jobs", json={"kind": "scenario", "arguments": {"name": "county"}}).status_code == 403
    )
    code = asked(send, "planner", {"kind": "scenario", "arguments": {"name": "no-such"}})["code"]
    good = asked(send, "planner", {"kind": "scenario", "arguments": {"name": "county"}})["code"]
    assert work_off() == ["failed", "done"]
    assert send("planner", "GET", f"/jobs/{code}").json()["problem"]["code"] == "UnknownScenario"
    file = send("planner", "GET", f"/jobs/{good}/result")
    assert "problem.json" in zipfile.ZipFile(io.BytesIO(file.content)).namelist()


def test_a_job_that_ended_its_worker_again_and_again_is_given_up(send, engine, work_off):
    from sqlalchemy import update

    from api.jobs.tables import jobs

    code = asked(send, "manager", EVALUATE)["code"]
    with transaction(engine) as connection:
        connection.execute(update(jobs).values(runs=book.MOST_RUNS))
    assert work_off() == ["failed"]
    assert send("manager", "GET", f"/jobs/{code}").json()["problem"]["code"] == "JobKeepsFailing"


def test_on_sqlite_the_service_works_jobs_off_itself(engine, database_url, database_kind, monkeypatch, tmp_path):
    import time

    from fastapi.testclient import TestClient

    from api.http.settings import ServiceSettings
    from api.main import create_app
    from api.solvers import Solvers

    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))
    monkeypatch.setattr(Solvers, "warm", lambda _: None)
    with TestClient(create_app(ServiceSettings(secret="s" * 40))):
        with transaction(engine) as connection:
            code = book.ask(connection, kind="evaluate", arguments={}, actor="tests", at=now())
        ends = time.monotonic() + (15 if database_kind == "sqlite" else 1.5)
        status = "waiting"
        while status in book.LIVE and time.monotonic() < ends:
            time.sleep(0.1)
            with transaction(engine) as connection:
                status = book.find_job(connection, code).status
    assert status == ("done" if database_kind == "sqlite" else "waiting")  # there `wuding worker` does it


@pytest.fixture
def empty(app, engine, tmp_path, monkeypatch):
    """A service that somebody has just installed: one account, and nothing else."""
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))
    serve_from(app, engine)
    app.state.solvers = None
    with transaction(engine) as connection:
        for name, role in (("root", "administrator"), ("manager", "supply_manager")):
            add_user(connection, code=name, password=PASSWORD, given=[Grant(role, None)], at=now(), by=None)
    return TestClient(app, raise_server_exceptions=False)


class TestAnInventedCounty:
    LOAD: ClassVar = {"kind": "load", "arguments": {"name": "panshi-rainstorm"}}

    def ask(self, client, page, who):
        signed = client.post("/api/v1/sign-in", json={"name": who, "password": PASSWORD}).json()

        def send(method, path, **more):
            answer = client.request(
                method, f"/api/v1{path}", headers={"Authorization": f"Bearer {signed['access_token']}"}, **more
            )
            page.check(answer)
            return answer

        return send

    def test_goes_into_an_empty_database_and_is_judged(self, empty, page, work_off, tmp_path):
        send = self.ask(empty, page, "root")
        code = send("POST", "/jobs", json=self.LOAD).json()["code"]
        assert work_off() == ["done"]
        result = send("GET", f"/jobs/{code}/result").json()
        assert result["scenario"] == "panshi-rainstorm"
        assert result["added"]["stores"] > 0
        assert len(send("GET", "/incidents").json()["items"]) > 0
        assert send("GET", "/five-fixed/tasks").json()["items"] != []
        assert [one.name for one in (tmp_path / "roads").iterdir()] == ["live"]

    def test_does_not_go_where_stores_are(self, send, work_off, tmp_path, monkeypatch):
        monkeypatch.setenv("WUDING_HOME", str(tmp_path))
        code = asked(send, "root", self.LOAD)["code"]
        assert work_off() == ["failed"]
        assert send("root", "GET", f"/jobs/{code}").json()["problem"]["code"] == "NotEmpty"
        assert not list((tmp_path / "roads").iterdir())

    def test_is_for_administrators_alone(self, empty, page):
        send = self.ask(empty, page, "manager")
        assert send("POST", "/jobs", json=self.LOAD).json()["code"] == "NotPermitted"
