"""Every route x every role x inside and outside the caller's part of the county. A route without sample data fails."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.access.roles import PERMITTED, ROLES
from api.access.scope import Caller, Grant
from api.access.tokens import NotSignedIn
from api.http.caller import guard_of, routes_of
from api.main import PREFIX, create_app, serve_from
from inventory.database import open_engine
from inventory.tables import metadata
from tests.api.http.conftest import COUNTY, OTHER_COUNTY, ServiceSettings
from tests.api.http.page_says import Page
from tests.api.http.samples import OWN_RULES, Sample, build, sample_of

PUBLIC = {
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /sign-in",
    "POST /sign-in",
    "POST /refresh",
    "GET /sign-in/oidc",
    "GET /sign-in/oidc/callback",
    "POST /sign-in/oidc/token",
}  # open without sign-in; whoever adds one says so here, too
OUTSIDE = {"/health/live", "/health/ready", "/metrics"}  # of the operators, not of the API
# of no county: the catalogue, the named scenarios, and what one uploads for oneself
OPEN = {"items", "packages", "kits", "scenarios", "jobs/files", "imports/{kind}/cells"}
OPEN |= {
    f"staffing/{one}" for one in ("coefficients", "examples/{name}", "tables/{table}", "size", "share", "desk", "grids")
}
NOT_YET = {"POST /people"}  # of no county until they keep a store or are in a team
# need the permission for what the job does, too
MORE = {"POST /jobs/{code}/cancel", "POST /jobs/{code}/retry", "POST /staffing/studies/{number}/run"}
KEYS = ("id", "serial", "code", "number", "store")  # that name a row in the path


class Names:
    """Stands for the doorman: whoever says `role inside` or `role outside` is let in as that."""

    def remembered(self, token: str) -> Caller:
        return self.caller(token)

    def caller(self, token: str) -> Caller:
        role, _, where = token.partition("-")
        if role not in ROLES:
            raise NotSignedIn
        place = COUNTY if where == "inside" else OTHER_COUNTY
        return Caller(1, token, (Grant(role, place, f"T-{where}" if role == "team_leader" else None),), lang="en")

    def forget(self) -> None:
        pass


class NoSolvers:
    def alive(self) -> bool:
        return True

    def solving(self, ask: object, *, limit_s: float | None = None) -> object:
        from api.solvers import Busy

        raise Busy(most=0)


def serve(app: FastAPI, engine: Engine) -> TestClient:
    serve_from(app, engine)
    app.state.doorman, app.state.solvers, app.state.explainers = Names(), NoSolvers(), NoSolvers()
    return TestClient(app, raise_server_exceptions=False)


def ask(client: TestClient, token: str | None, method: str, path: str, **more: Any) -> Any:
    headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
    return client.request(method, path if path in OUTSIDE else PREFIX + path, headers=headers, **more)


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUDING_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(ServiceSettings(secret="s" * 40, requests_per_minute=10**7, sign_ins_per_minute=10**7))


ROUTES = [
    (method, route.path_format.removeprefix(PREFIX), route)
    for route in routes_of(create_app(ServiceSettings(secret="s" * 40)))
    for method in sorted(route.methods)
]


@dataclass
class County:
    """The fixture county, where it is kept, and what its numbers are."""

    app: FastAPI
    file: Path
    known: dict[str, Any]

    def copy(self, where: Path) -> Engine:
        shutil.copyfile(self.file, where)
        return open_engine(f"sqlite:///{where}")

    def sample(self, method: str, path: str, client: TestClient) -> tuple[str, dict[str, Any], Sample]:
        found = sample_of(method, path, self.export(client)) or self.of_list(method, path, client)
        assert found is not None, f"no sample data for {method} {path}: add them to SAMPLES"
        for name, value in self.filled(found.path).items():
            path = path.replace(f"{{{name}}}", str(value))
        assert "{" not in path, f"the sample of {method} {path} does not say what stands in the path"
        more = {"json": self.filled(found.json), "content": found.content, "params": self.filled(found.query),
                "headers": dict(found.headers), "files": found.files}  # fmt: skip
        return path, {name: value for name, value in more.items() if value is not None}, found

    def export(self, client: TestClient) -> Callable[[str], bytes]:
        def take_out(kind: str) -> bytes:
            query = {"county": COUNTY} if kind in OWN_RULES else {}
            answer = ask(client, "administrator-inside", "GET", f"/exports/{kind}", params=query)
            assert answer.content.count(b"\n") > 1, f"the fixture county has no {kind}: add them to `build`"
            return answer.content

        return take_out

    def of_list(self, method: str, path: str, client: TestClient) -> Sample | None:
        """The reads of resources are the same for all: the first row of the list is the sample."""
        if method != "GET" or "/" in path.removeprefix("/five-fixed").removesuffix("/{code}").strip("/"):
            return None
        answer = ask(client, "administrator-inside", "GET", path.removesuffix("/{code}"))
        assert answer.status_code == 200, answer.text
        rows = answer.json()["items"]
        assert rows, f"the fixture county has nothing that {path} would show: add it to `build`"
        if not path.endswith("/{code}"):
            return Sample()
        return Sample({"code": next(rows[0][key] for key in KEYS if key in rows[0])})

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, str) and value.startswith("{"):
            return self.known[value.strip("{}")]
        return value


@pytest.fixture(scope="module")
def county(app: FastAPI, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> County:
    file = tmp_path_factory.mktemp("matrix") / "county.sqlite3"
    shutil.copyfile(sqlite_template, file)
    engine = open_engine(f"sqlite:///{file}")
    known = build(engine, serve(app, engine), ask)
    engine.dispose()  # the last to leave writes everything into the one file
    return County(app, file, known)


@pytest.fixture
def client(county: County, tmp_path: Path) -> Iterator[TestClient]:
    """Over a copy of the fixture county."""
    engine = county.copy(tmp_path / "copy.sqlite3")
    yield serve(county.app, engine)
    engine.dispose()


def content(engine: Engine) -> str:
    """A digest of every row of every table."""
    digest = hashlib.sha256()
    with engine.connect() as connection:
        for name in sorted(metadata.tables):
            for row in connection.execute(text(f'SELECT * FROM "{name}" ORDER BY 1')):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def rows_in(answer: Any) -> Any:
    if "json" in answer.headers["content-type"]:
        return answer.json()
    return answer.content.decode("utf-8-sig").splitlines()[1:]  # a table: what stands below its head


def everything_of(path: str) -> bool:
    return path.removesuffix("/{code}").strip("/").removeprefix("exports/") in OPEN


pytestmark = pytest.mark.parametrize(("method", "path", "route"), ROUTES, ids=[f"{m} {p}" for m, p, _ in ROUTES])


def test_without_a_token_there_is_nothing(client: TestClient, county: County, method: str, path: str, route: Any):
    asked, more, _ = county.sample(method, path, client)
    answer = ask(client, None, method, asked, **more)
    if guard_of(route) == "public":
        assert f"{method} {path}" in PUBLIC
        assert answer.status_code < 500
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "NotSignedIn")


def test_roles_without_the_permission_are_told_so_before_the_request_is_looked_at(
    client: TestClient, county: County, method: str, path: str, route: Any
):
    needed = guard_of(route)
    if not needed or needed == "public":
        pytest.skip("needs none")
    asked, more, _ = county.sample(method, path, client)
    nobody = not any(needed in PERMITTED[role] for role in ROLES)
    before = content(county.app.state.engine) if nobody else ""
    wrong = {"json": {"no such field": 1}} if "json" in more else {}
    for role in ROLES:
        if needed in PERMITTED[role]:
            answer = ask(client, f"{role}-inside", method, asked + "?no_such=1", **{**more, **wrong, "params": {}})
            told = answer.status_code == 403 and answer.json()["code"] == "NotPermitted"
            assert not told or f"{method} {path}" in MORE
            continue
        for request in (more, {**more, **wrong}, {**more, "params": {"limit": "x"}}):
            answer = ask(client, f"{role}-inside", method, asked, **request)
            assert (answer.status_code, answer.json()["code"]) == (403, "NotPermitted"), (role, answer.text)
    if nobody:
        assert content(county.app.state.engine) == before


def test_the_sample_is_fine_for_the_administrator_of_the_county(
    client: TestClient, county: County, page: Page, method: str, path: str, route: Any
):
    """Else what outsiders are refused would show nothing. And the answer is what the OpenAPI page says."""
    asked, more, sample = county.sample(method, path, client)
    answer = ask(client, "administrator-inside", method, asked, **more)
    assert answer.is_success or answer.status_code in sample.fine, answer.text
    page.check(answer)


def test_roles_of_another_county_see_nothing_and_change_nothing(
    client: TestClient, county: County, method: str, path: str, route: Any
):
    needed = guard_of(route)
    if not needed or needed == "public" or everything_of(path) or f"{method} {path}" in NOT_YET:
        pytest.skip("belongs to no county")
    asked, more, _ = county.sample(method, path, client)
    before = content(county.app.state.engine)
    for role in ROLES:
        if needed not in PERMITTED[role]:
            continue
        answer = ask(client, f"{role}-outside", method, asked, **more)
        if answer.status_code == 200 and method == "GET":
            found = rows_in(answer)
            rows = found if isinstance(found, list) else found.get("items", [found])
            assert [row for row in rows if OTHER_COUNTY not in json.dumps(row)] == [], role
        else:
            assert answer.status_code in (403, 404), (role, answer.text)
            assert answer.json()["code"] != "Http404"
    assert content(county.app.state.engine) == before
