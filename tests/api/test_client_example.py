"""The client of docs/client.py works against a running service, and does what it says where things go wrong."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from api.access.scope import Grant
from api.access.users import add_user
from inventory.database import now, transaction
from tests.kills import service as service_of

FILE = Path(__file__).resolve().parents[2] / "docs" / "client.py"
PASSWORD = "zebra crossing 7"


@pytest.fixture(scope="module")
def module():
    spec = importlib.util.spec_from_file_location("wuding_client", FILE)
    made = sys.modules["wuding_client"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    yield made
    del sys.modules["wuding_client"]


@pytest.fixture
def scripted(module, monkeypatch):
    """A client whose service answers what the test wants, and what it was asked."""
    asked, answers, slept = [], [], []
    monkeypatch.setattr(module.time, "sleep", slept.append)

    def handle(request):
        asked.append(request)
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    made = module.Wuding("http://wuding")
    made._http.close()
    made._http = httpx2.Client(base_url="http://wuding/api/v1", transport=httpx2.MockTransport(handle))
    with made:
        yield made, asked, answers, slept


def problem(status, code, **headers):
    told = {"code": code, "status": status, "detail": "do this", "errors": [{"where": "body.store", "message": "that"}]}
    return httpx2.Response(status, json=told, headers={"Content-Type": "application/problem+json", **headers})


def tokens(number):
    return httpx2.Response(200, json={"access_token": f"a{number}", "refresh_token": f"r{number}", "expires_in": 900})


def as_the_page_says(url):
    """The commands of docs/service.md."""
    page = (FILE.parent / "service.md").read_text(encoding="utf-8")
    commands = page.split("## From a report to a load that leaves", 1)[1].split("```")[1]
    commands = commands.replace("http://127.0.0.1:8000", url).replace('"root"', '"li"').replace("…", PASSWORD)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "/problems/" not in done.stdout
    return done.stdout


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_page_and_the_client_go_from_a_report_to_an_issued_load(module, engine, database_url, tmp_path):
    scene = service_of(engine, database_url, tmp_path / "home", apis=1, workers=0, scenario="panshi-rainstorm")
    with scene as service:
        with transaction(engine) as connection:
            add_user(connection, code="li", password=PASSWORD, given=[Grant("administrator", None)], at=now(), by=None)
        url = f"http://127.0.0.1:{service.ports[0]}"
        if shutil.which("curl") and shutil.which("bash"):
            said = as_the_page_says(url)
            assert '"last":true' in said
            assert '"state":"en_route"' in said
            assert '"taken":[{' in said
        command = [sys.executable, str(FILE), "--url", url, "--user", "li"]
        env = {**os.environ, "WUDING_PASSWORD": PASSWORD}
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=env)
        assert done.returncode == 0, done.stderr
        for said in ("incident I-", "… solve", "approved as plan ", "is on its way to I", "lots left"):
            assert said in done.stdout
        with module.Wuding(url) as wuding:
            with pytest.raises(module.Refused, match="password") as refused:
                wuding.sign_in("li", "not it")
            assert (refused.value.code, refused.value.status) == ("WrongPassword", 401)
            wuding.sign_in("li", PASSWORD)
            wuding.refresh()
            assert sum(1 for _ in wuding.orders(1)) >= 1
            assert len(list(wuding.pages("/teams"))) == len({one["code"] for one in wuding.pages("/teams")}) > 0
            with pytest.raises(module.Refused) as stale:
                wuding.approve(1)
            assert stale.value.code in ("DraftDone", "DraftStale")


def test_an_unanswered_write_is_sent_again_under_its_key(scripted):
    wuding, asked, answers, slept = scripted
    later = [problem(503, "TryAgain", **{"Retry-After": "1"}), problem(429, "TooOften", **{"Retry-After": "10"})]
    answers += [httpx2.ConnectError("gone"), *later, httpx2.Response(201, json={"operation": 7})]
    assert wuding.issue_kept("S0")["operation"] == 7
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1
    assert slept[1:] == [1.0, 10.0]


def test_what_says_no_is_not_sent_again_and_tells_the_remedy(scripted, module):
    wuding, asked, answers, _ = scripted
    for status, code in ((422, "BadRequest"), (503, "SolveTooLong")):
        answers.append(problem(status, code))
        with pytest.raises(module.Refused, match=r"(?s)do this.*body.store: that"):
            wuding.approve(1)
    assert len(asked) == 2


def test_a_token_that_ended_is_renewed_once_and_a_refresh_never_sent_twice(scripted, module):
    wuding, asked, answers, _ = scripted
    answers += [tokens(1), problem(401, "NotSignedIn"), tokens(2), httpx2.Response(200, json={"name": "li"})]
    wuding.sign_in("li", PASSWORD)
    assert wuding.get("/me") == {"name": "li"}
    assert asked[-1].headers["Authorization"] == "Bearer a2"
    answers += [httpx2.ReadError("lost")]
    with pytest.raises(httpx2.ReadError):
        wuding.refresh()


def test_the_client_is_small_enough_to_read():
    assert len(FILE.read_text().splitlines()) <= 320
