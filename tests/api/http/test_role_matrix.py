"""Every route x every role x inside and outside the caller's part of the county. A route without sample data fails."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select, text

from api.access.roles import PERMITTED, ROLES
from api.access.scope import Caller, Grant
from api.access.tokens import NotSignedIn
from api.access.users import add_user
from api.http.caller import guard_of, routes_of
from api.main import PREFIX, create_app, serve_from
from inventory.database import now, open_engine, transaction
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.tables import metadata
from inventory.tables.care import overrides
from inventory.tables.forces import team_members, teams, vehicles
from inventory.tables.goods import items
from inventory.tables.places import custodianships, people, places, stores
from inventory.tables.stock import balances, operations
from scenarios.tables import drafts, orders, plans, progress, situations
from tests.api.http.conftest import BED, COUNTY, OTHER_COUNTY, TOWN, ServiceSettings
from tests.api.http.test_relief import cap

LIVE = {"situation": "live"}
STOCK = {"store": "S0", "item": BED, "quantity": "1"}
NOBODY, AT = "nobody at all", datetime(2026, 7, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """A request that fits what stands in the fixture county; `fine`: what the administrator hears, besides 2xx."""

    path: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    fine: tuple[int, ...] = ()


def _at(json: Any = None, *fine: int, **path: Any) -> Sample:
    return Sample(LIVE | path, json, fine=fine)


EDIT = {"If-Match": "*"}
AID = "{aid}"  # numbers that the fixture learns while it is made
SAMPLES: dict[str, Sample] = {
    "POST /sign-in": Sample(json={"name": "x", "password": "y"}, fine=(401,)),
    "POST /refresh": Sample(json={"refresh_token": "x"}, fine=(401,)),
    "POST /sign-out": Sample(fine=(401,)),
    "GET /me": Sample(),
    "PUT /me/password": Sample(json={"old": "x", "new": "y"}, fine=(401, 404)),
    "GET /roles": Sample(),
    "GET /users": Sample(),
    "GET /users/{name}": Sample({"name": "victim"}),
    "POST /users": Sample(json={"name": "new", "grants": [{"role": "custodian", "place": TOWN}]}),
    "PATCH /users/{name}": Sample({"name": "victim"}, {"status": "disabled"}, headers=EDIT),
    "PUT /users/{name}/password": Sample({"name": "victim"}, {"password": "some zebra 77"}, headers=EDIT),
    "GET /users/{name}/tokens": Sample({"name": "victim"}),
    "POST /users/{name}/tokens": Sample({"name": "victim"}, {"name": "t2", "permissions": ["stock.read"]}),
    "DELETE /users/{name}/tokens/{token}": Sample({"name": "victim", "token": "t1"}),
    "POST /stock/receive": Sample(json=STOCK),
    "POST /stock/move": Sample(json={**STOCK, "to_bin": "B-1"}),
    "POST /stock/state": Sample(
        json={**STOCK, "from_state": "serviceable", "to_state": "quarantined", "reason": "QUARANTINE"}
    ),
    "POST /stock/write-off": Sample(json={**STOCK, "state": "serviceable"}),
    "POST /stock/issue": Sample(json=STOCK),
    "POST /stock/issue-kit": Sample(json={"store": "S0", "kit": "none", "count": "1"}, fine=(404,)),
    "POST /stock/return": Sample(json=STOCK, fine=(409, 422)),
    "POST /stock/lend": Sample(json={**STOCK, "borrower": "李四", "due_back": "2040-01-01"}),
    "POST /stock/reserve": Sample(json={**STOCK, "reference": "R2"}),
    "POST /stock/release": Sample(json={"reference": "R1"}),
    "POST /stock/issue-reserved": Sample(json={"reference": "R1"}),
    "POST /stock/end-loan": Sample(json={"operation": "{loan}"}),
    "POST /stock/reverse": Sample(json={"operation": "{loan}"}, fine=(409, 422)),
    "POST /stock/recall": Sample(json={"item": BED, "lot": "L1", "store": "S0"}),
    "GET /stock/card": Sample(query={"store": "S0", "item": BED}),
    "POST /transfers": Sample(
        json={"from_store": "S0", "to_store": "S1", "lines": [{"item": BED, "quantity": "1"}]}
    ),
    "GET /transfers/{number}": Sample({"number": "{asked}"}),
    "POST /transfers/{number}/approve": Sample({"number": "{asked}"}, {}),
    "POST /transfers/{number}/refuse": Sample({"number": "{asked}"}, {}),
    "POST /transfers/{number}/cancel": Sample({"number": "{asked}"}, {}),
    "POST /transfers/{number}/pick": Sample({"number": "{approved}"}, {}),
    "POST /transfers/{number}/send": Sample({"number": "{approved}"}, {}, fine=(409,)),
    "POST /transfers/{number}/receive": Sample({"number": "{approved}"}, {}, fine=(409,)),
    "POST /counts": Sample(json={"store": "S0"}),
    "GET /counts/{number}": Sample({"number": "{count}"}),
    "POST /counts/{number}/lines": Sample(
        {"number": "{count}"}, {"lines": [{"item": BED, "quantity": "100", "lot": "L1", "bin": "A-1"}]}
    ),
    "POST /counts/{number}/close": Sample({"number": "{count}"}, {}, fine=(409,)),
    "POST /counts/{number}/approve": Sample({"number": "{count}"}, {}, fine=(409,)),
    "POST /counts/{number}/reject": Sample({"number": "{count}"}, {}),
    "POST /situations/{situation}/incidents": _at({"kind": "flood", "severity": 3, "place": COUNTY}),
    "GET /situations/{situation}/incidents/{incident}": _at(incident="{incident}"),
    "PATCH /situations/{situation}/incidents/{incident}": Sample(
        LIVE | {"incident": "{incident}"}, {"severity": 1}, headers=EDIT
    ),
    "POST /situations/{situation}/incidents/{incident}/merge": _at({"into": "{second}"}, incident="{incident}"),
    "GET /situations/{situation}/closures": _at(),
    "POST /situations/{situation}/closures": _at({"id": "C2", "road_name": "X102"}),
    "DELETE /situations/{situation}/closures/{closure}": _at(closure="C1"),
    "POST /situations/{situation}/directives": _at(
        {"kind": "ban", "store": "S0", "incident": "{incident}"}, 404, 422
    ),
    "DELETE /situations/{situation}/directives/{number}": _at(number="{directive}"),
    "POST /situations/{situation}/alerts": Sample(
        LIVE, content=cap("A-2"), headers={"Content-Type": "application/cap+xml"}
    ),
    "GET /situations/{situation}/alerts/{number}/content": _at(number="{alert}"),
    "POST /situations/{situation}/solve": _at({}, 503),
    "GET /situations/{situation}/drafts/{number}": _at(number=1),
    "POST /situations/{situation}/drafts/{number}/approve": _at({}, 409, 422, number=1),
    "GET /situations/{situation}/plan": _at(),
    "GET /situations/{situation}/plans/{number}": _at(number=1),
    "GET /situations/{situation}/drafts/{number}/diff": _at(None, 422, number=1),
    "POST /situations/{situation}/plan/cancel": _at({}),
    "POST /situations/{situation}/plans/{number}/rollback": _at({}, 409, 422, number=1),
    "POST /situations/{situation}/progress": _at({"team": "T1", "task": "K1", "state": "done"}, 403, 409, 422),
    "GET /situations/{situation}/standing": _at(),
    "POST /situations": Sample(json={"code": "drill-2", "title_zh": "演练", "title_en": "drill", "place": COUNTY}),
    "POST /situations/{situation}/close": Sample({"situation": "drill"}, {}),
    "GET /situations/{situation}/held": _at(),
    "POST /shelters": Sample(json={"code": "A2", "name": "小学", "place": TOWN, "capacity": 100}),
    "PATCH /shelters/{code}": Sample({"code": "A1"}, {"capacity": 7}, headers=EDIT),
    "POST /situations/{situation}/evacuees": _at(
        {"incident": "{incident}", "households": [{"code": "H2", "people": 2, "place": TOWN, "responsible": "P1"}]}
    ),
    "POST /situations/{situation}/evacuees/{code}/move": _at({"status": "moving", "shelter": "A1"}, code="H1"),
    "GET /situations/{situation}/evacuation": _at(),
    "POST /situations/{situation}/aid-requests": _at({"place": TOWN, "short": [{"item": BED, "quantity": "1"}]}),
    "GET /aid-requests/{number}": Sample({"number": AID}),
    "POST /aid-requests/{number}/answer": Sample({"number": AID}, {"status": "accepted"}),
    "POST /situations/{situation}/handovers": _at({"content": "水位在涨"}),
    "POST /situations/{situation}/handovers/{number}/take": _at(number="{handover}"),
}  # fmt: skip
PUBLIC = {"POST /sign-in", "POST /refresh"}  # open without sign-in; whoever adds one says so here, too
OPEN = {"items"}  # lists that belong to no county: the catalogue
KEYS = ("id", "serial", "code", "number")  # that name a row in the path


class Names:
    """Stands for the doorman: whoever says `role inside` or `role outside` is let in as that."""

    def caller(self, token: str) -> Caller:
        role, _, where = token.partition("-")
        if role not in ROLES:
            raise NotSignedIn
        place = COUNTY if where == "inside" else OTHER_COUNTY
        return Caller(1, token, (Grant(role, place, f"T-{where}" if role == "team_leader" else None),), lang="en")

    def forget(self) -> None:
        pass


class NoSolvers:
    def solving(self, ask: object, *, limit_s: float | None = None) -> object:
        from api.solvers import Busy

        raise Busy(most=0)


def serve(app: FastAPI, engine: Engine) -> TestClient:
    serve_from(app, engine)
    app.state.doorman, app.state.solvers = Names(), NoSolvers()
    return TestClient(app, raise_server_exceptions=False)


def ask(client: TestClient, token: str | None, method: str, path: str, **more: Any) -> Any:
    headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
    return client.request(method, PREFIX + path, headers=headers, **more)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(ServiceSettings(secret="s" * 40, requests_per_minute=10**7, sign_ins_per_minute=10**7))


ROUTES = [
    (method, route.path.removeprefix(PREFIX), route)
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
        found = SAMPLES.get(f"{method} {path}") or self.of_list(method, path, client)
        assert found is not None, f"no sample data for {method} {path}: add them to SAMPLES"
        for name, value in self.filled(found.path).items():
            path = path.replace(f"{{{name}}}", str(value))
        assert "{" not in path, f"the sample of {method} {path} does not say what stands in the path"
        more = {"json": self.filled(found.json), "content": found.content, "params": found.query,
                "headers": dict(found.headers)}  # fmt: skip
        return path, {name: value for name, value in more.items() if value is not None}, found

    def of_list(self, method: str, path: str, client: TestClient) -> Sample | None:
        """The reads of resources are the same for all: the first row of the list is the sample."""
        if method != "GET" or path.count("/") > 2 or not (path.endswith("/{code}") or path.count("/") == 1):
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


def build(app: FastAPI, engine: Engine) -> dict[str, Any]:
    """Of everything at least one, all of it in the one county. The other county has nothing but its name."""
    rows = [(COUNTY, "甲县", "county", None), (TOWN, "一镇", "town", COUNTY), (OTHER_COUNTY, "乙县", "county", None)]
    at = now()
    with transaction(engine) as connection:
        put = connection.execute
        put(insert(places), [dict(zip(("code", "name", "level", "parent_code"), row, strict=True)) for row in rows])
        put(insert(stores), [
            {"code": f"S{number}", "name": f"{number}库", "tier": level, "place_code": code}
            for number, (code, _, level, _) in enumerate(rows[:2])
        ])  # fmt: skip
        for store in ("S0", "S1"):
            lot = LotFacts(code="L1", made=date(2026, 1, 1), expires=date(2040, 1, 1), supplier="甲厂")
            receive(connection, store=store, item=BED, quantity=Decimal(100), lot=lot, bin="A-1",
                    act=Act(actor="opening", reason="OPENING", at=at))  # fmt: skip
        put(insert(people), [{"code": f"P{number}", "name": "李四", "phone": "13800000000"} for number in (1, 2)])
        put(insert(custodianships), {"store_id": 1, "person_id": 1, "role": "primary", "valid_from": date(2026, 1, 1)})
        put(insert(teams), {"code": "T1", "tier": "5", "place_code": COUNTY, "capabilities": ["search"],
                            "headcount": 9, "profile": "pickup", "turnout_s": 60})  # fmt: skip
        put(insert(team_members), {"team_id": 1, "person_id": 2})
        put(insert(vehicles), {"code": "V1", "store_id": 1, "payload_kg": 1, "volume_m3": 1, "profile": "pickup"})
        put(insert(situations), {"code": "live", "kind": "live", "title_zh": "实况", "title_en": "live",
                                 "place_code": COUNTY, "parameters": {}})  # fmt: skip
        act = {"recorded_at": at, "actor": "somebody"}
        operation = put(select(operations.c.id).limit(1)).scalar()
        plan = {"situation_code": "live", "sha256": "0" * 64, "content": "{}", **act}
        put(insert(plans), {**plan, "problem_sha256": "0" * 64, "status": "committed", "operation_id": operation})
        put(insert(drafts), {**plan, "basis": {}, "as_of": at})
        order = {"plan_id": 1, "team": "T1", "incident": "I1", "task": "K1"}
        put(insert(orders), {**order, "position": 0, "arrive_s": 60})
        put(insert(progress), {**order, "situation_code": "live", "state": "en_route", "at": at, **act})
        line = put(select(balances.c.id).limit(1)).scalar()
        put(insert(overrides), {"operation_id": operation, "balance_id": line, "blocked": [], "quantity": 1,
                                "person": "张三", "reason": "急", "recorded_at": at})  # fmt: skip
        serialised = put(select(items.c.code).where(items.c.serialised).limit(1)).scalar_one()

    client = serve(app, engine)

    def made(path: str, json: Any = None, **more: Any) -> Any:
        answer = ask(client, "administrator-inside", "POST", path, json=json, **more)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    made("/situations", {"code": "drill", "title_zh": "演练", "title_en": "drill", "place": COUNTY})
    made("/stock/receive", {"store": "S0", "item": serialised, "quantity": "1", "serials": ["SN1"], "bin": "A-1"})
    made("/stock/reserve", {**STOCK, "reference": "R1"})
    known = {"loan": made("/stock/lend", {**STOCK, "borrower": "李四", "due_back": "2040-01-01"})["operation"]}
    transfer = {"from_store": "S0", "to_store": "S1", "lines": [{"item": BED, "quantity": "1"}]}
    known["asked"], known["approved"] = (made("/transfers", transfer)["number"] for _ in range(2))
    made(f"/transfers/{known['approved']}/approve", {})
    known["count"] = made("/counts", {"store": "S1", "items": [BED]})["number"]
    flood = {"kind": "flood", "severity": 3, "place": TOWN}
    known["incident"], known["second"] = (made("/situations/live/incidents", flood)["code"] for _ in range(2))
    made("/situations/live/closures", {"id": "C1", "road_name": "X101"})
    known["directive"] = made("/situations/live/directives", {"kind": "ban", "store": "S0", "incident": "I"})["id"]
    alert = made("/situations/live/alerts", content=cap(), headers={"Content-Type": "application/cap+xml"})
    known["alert"] = alert["alert"]
    made("/shelters", {"code": "A1", "name": "小学", "place": TOWN, "capacity": 100, "status": "open"})
    household = {"code": "H1", "people": 2, "place": TOWN, "responsible": "P1"}
    made("/situations/live/evacuees", {"incident": known["incident"], "households": [household]})
    short = {"place": TOWN, "short": [{"item": BED, "quantity": "1"}]}
    known["aid"] = made("/situations/live/aid-requests", short)["number"]
    handover = ask(client, "dispatcher-inside", "POST", "/situations/live/handovers", json={"content": "水位在涨"})
    known["handover"] = handover.json()["id"]
    with transaction(engine) as connection:
        add_user(connection, code="root", password=None, given=[Grant("administrator", None)], at=at, by=None)
    made("/users", {"name": "victim", "grants": [{"role": "custodian", "place": TOWN}]})
    made("/users/victim/tokens", {"name": "t1", "permissions": ["stock.read"]})
    return known


@pytest.fixture(scope="module")
def county(app: FastAPI, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> County:
    file = tmp_path_factory.mktemp("matrix") / "county.sqlite3"
    shutil.copyfile(sqlite_template, file)
    engine = open_engine(f"sqlite:///{file}")
    known = build(app, engine)
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


def everything_of(path: str) -> bool:
    return path.removesuffix("/{code}").strip("/") in OPEN


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
    before = content(county.app.state.engine)
    wrong = {"json": {"no such field": 1}} if "json" in more else {}
    for role in ROLES:
        if needed in PERMITTED[role]:
            answer = ask(client, f"{role}-inside", method, asked + "?no_such=1", **{**more, **wrong, "params": {}})
            assert answer.json()["code"] != "NotPermitted" if answer.status_code == 403 else True
            continue
        for request in (more, {**more, **wrong}, {**more, "params": {"limit": "x"}}):
            answer = ask(client, f"{role}-inside", method, asked, **request)
            assert (answer.status_code, answer.json()["code"]) == (403, "NotPermitted"), (role, answer.text)
    if not any(needed in PERMITTED[role] for role in ROLES):
        assert content(county.app.state.engine) == before


def test_the_sample_is_fine_for_the_administrator_of_the_county(
    client: TestClient, county: County, method: str, path: str, route: Any
):
    """Else what outsiders are refused would show nothing."""
    asked, more, sample = county.sample(method, path, client)
    answer = ask(client, "administrator-inside", method, asked, **more)
    assert answer.is_success or answer.status_code in sample.fine, answer.text


def test_roles_of_another_county_see_nothing_and_change_nothing(
    client: TestClient, county: County, method: str, path: str, route: Any
):
    needed = guard_of(route)
    if not needed or needed == "public" or everything_of(path):
        pytest.skip("belongs to no county")
    asked, more, _ = county.sample(method, path, client)
    before = content(county.app.state.engine)
    for role in ROLES:
        if needed not in PERMITTED[role]:
            continue
        answer = ask(client, f"{role}-outside", method, asked, **more)
        if answer.status_code == 200 and method == "GET":
            found = answer.json()
            rows = found if isinstance(found, list) else found.get("items", [found])
            assert [row for row in rows if OTHER_COUNTY not in json.dumps(row)] == [], role
        else:
            assert answer.status_code in (403, 404), (role, answer.text)
            assert answer.json()["code"] != "Http404"
    assert content(county.app.state.engine) == before
