"""For every route a request that fits the county of the role matrix, and that county."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, insert, select

from api.access.scope import Grant
from api.access.users import add_user
from api.jobs.tables import jobs
from api.office import plain
from inventory.database import now, transaction
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.snapshot import snapshot
from inventory.tables.care import overrides, tasks
from inventory.tables.forces import team_members, teams, vehicles
from inventory.tables.goods import items, kit_items, kits, packages
from inventory.tables.places import custodianships, people, places, stores
from inventory.tables.stock import balances, operations
from optimizer.dispatch.plan import Plan, Status, StoppedBy
from scenarios.exchange.plan import dump_plan
from scenarios.tables import drafts, orders, plans, progress, shipments, situations
from tests.api.http.conftest import BED, COUNTY, OTHER_COUNTY, TOWN, VILLAGE
from tests.api.http.test_relief import cap

LIVE = {"situation": "live"}
STOCK = {"store": "S0", "item": BED, "quantity": "1"}
AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
PICTURE = ("脚.png", b"\x89PNG\r\n\x1a\n" + bytes(8))
PLAN = dump_plan(Plan("0" * 64, Status.OPTIMAL, 0, {}, StoppedBy.PROOF, (), (), (), ()))
JUDGED = {"evaluation": 1, "day": "2026-07-01", "stores": 1, "findings": 0, "tasks_opened": 0, "tasks_lapsed": 0,
          "released": 0}  # fmt: skip
SIZE = {
    "kind": "size", "year": 2026,
    "towns": [{"code": "T1", "name": "一镇", "population": 9000, "enterprises_low": 1, "enterprises_medium": 1,
               "enterprises_high": 1, "venues_low": 1, "venues_medium": 1, "venues_high": 1, "established": 5,
               "contract": 5}],
}  # fmt: skip
GRIDS = {"villages": [{"village": VILLAGE, "name": "一村", "town": "T1", "population": 900, "households": 350}]}
STUDY = {"name": "测算", "place": COUNTY, "question": SIZE}
TOWNS = (
    b"code,name,population,enterprises_low,enterprises_medium,enterprises_high,venues_low,venues_medium,venues_high\n"
    b"T1,T,9000,1,1,1,1,1,1\n"
)
TABLE = b"store,bin,volume_m3\nS0,B-9,1\n"


@dataclass(frozen=True)
class Sample:
    """A request that fits what stands in the fixture county; `fine`: what the administrator hears, besides 2xx."""

    path: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    query: dict[str, Any] = field(default_factory=dict)
    files: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    fine: tuple[int, ...] = ()


def _at(json: Any = None, *fine: int, **path: Any) -> Sample:
    return Sample(LIVE | path, json, fine=fine)


EDIT = {"If-Match": "*"}
AID = "{aid}"  # numbers that the fixture learns while it is made
SAMPLES: dict[str, Sample] = {
    "GET /sign-in": Sample(),
    "POST /sign-in": Sample(json={"name": "x", "password": "y"}, fine=(401,)),
    "POST /refresh": Sample(json={"refresh_token": "x"}, fine=(401,)),
    "GET /sign-in/oidc": Sample(fine=(404,)),  # no provider is set
    "GET /sign-in/oidc/callback": Sample(query={"state": "x", "code": "y"}, fine=(404,)),
    "POST /sign-in/oidc/token": Sample(json={"code": "x"}, fine=(404,)),
    "POST /sign-out": Sample(fine=(401,)),
    "GET /me": Sample(),
    "GET /map-background": Sample(),
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
    "GET /stock/labels": Sample(query={"store": "S0", "what": "store"}),
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
    **{f"GET /situations/{{situation}}/{kind}/{{number}}/{what}": _at(None, 503, number=1)
       for kind in ("plans", "drafts") for what in ("why", "choices")},
    "POST /situations/{situation}/plan/cancel": _at({}),
    "POST /situations/{situation}/plans/{number}/rollback": _at({}, 409, 422, number=1),
    "POST /situations/{situation}/progress": _at({"team": "T1", "task": "K1", "state": "done"}, 403, 409, 422),
    "GET /situations/{situation}/standing": _at(),
    "POST /situations": Sample(json={"code": "drill-2", "title_zh": "演练", "title_en": "drill", "place": COUNTY}),
    "POST /situations/{situation}/close": Sample({"situation": "drill"}, {}),
    "GET /situations/{situation}/held": _at(),
    "GET /situations/{situation}/roads/{zoom}/{column}/{row}": _at(None, 422, zoom=0, column=0, row=0),
    "GET /situations/{situation}/after-action": _at(),
    "GET /situations/{situation}/plans/{number}/resource-messages": _at(number=1),
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
    "GET /health/live": Sample(),
    "GET /health/ready": Sample(),
    "GET /metrics": Sample(fine=(404,)),
    "GET /five-fixed/board": Sample(query={"place": COUNTY}),
    "POST /five-fixed/evaluate": Sample(json={"place": COUNTY}),
    "POST /five-fixed/tasks/{number}/assign": Sample({"number": "{task}"}, {"person": "P1"}),
    "POST /five-fixed/tasks/{number}/done": Sample({"number": "{task}"}, {}, fine=(422,)),
    "POST /five-fixed/maintenance": Sample(json={"store": "S0", "kind": "STOCKTAKE"}),
    "GET /five-fixed/report": Sample(query={"place": COUNTY, "month": "2026-11"}),
    "POST /files": Sample(files={"file": PICTURE, "about": (None, TOWN)}),
    "GET /files/{number}/content": Sample({"number": "{file}"}),
    "POST /places": Sample(json={"code": VILLAGE, "name": "一村", "level": "village", "parent": TOWN}),
    "PATCH /places/{code}": Sample({"code": TOWN}, {"name": "二镇"}, headers=EDIT),
    "POST /stores": Sample(json={"code": "S9", "name": "九库", "tier": "town", "place": TOWN}),
    "PATCH /stores/{code}": Sample({"code": "S1"}, {"name": "二库"}, headers=EDIT),
    "POST /items": Sample(json="{item}", fine=(403,)),  # the catalogue is of those who reach everything
    "PATCH /items/{code}": Sample({"code": BED}, {"note": "x"}, headers=EDIT, fine=(403,)),
    "POST /teams": Sample(
        json={"code": "T9", "tier": "5", "place": TOWN, "capabilities": ["search"], "headcount": 3,
              "profile": "pickup", "turnout_s": 60}
    ),
    "PATCH /teams/{code}": Sample({"code": "T1"}, {"headcount": 8}, headers=EDIT),
    "POST /vehicles": Sample(
        json={"code": "V9", "store": "S1", "payload_kg": 1, "volume_m3": 1, "profile": "pickup"}
    ),
    "PATCH /vehicles/{code}": Sample({"code": "V1"}, {"payload_kg": 2}, headers=EDIT),
    "POST /people": Sample(json={"code": "P9", "name": "王五"}),
    "PATCH /people/{code}": Sample({"code": "P2"}, {"name": "王五"}, headers=EDIT),
    "PUT /teams/{code}/members": Sample({"code": "T1"}, {"members": [{"person": "P2"}]}, headers=EDIT),
    "PUT /teams/{code}/readiness": Sample({"code": "T1"}, {"status": "resting"}),
    "POST /teams/{code}/shifts": Sample(
        {"code": "T1"}, {"starts": "2026-12-01T08:00:00+08:00", "ends": "2026-12-02T08:00:00+08:00"}
    ),
    "DELETE /teams/{code}/shifts/{number}": Sample({"code": "T1", "number": "{shift}"}),
    "POST /bins": Sample(json={"store": "S0", "bin": "B-9"}),
    "POST /packages": Sample(json={"item": BED, "package": "箱", "units": 10}, fine=(403,)),
    "POST /custodians": Sample(
        json={"store": "S1", "person": "P2", "role": "primary", "valid_from": "2026-01-01"}
    ),
    "PUT /kits/{code}": Sample(
        {"code": "K9"}, {"name": "套", "content": [{"item": BED, "quantity": "1"}]}, headers=EDIT, fine=(403,)
    ),
    "GET /kits/{code}": Sample({"code": "K1"}),
    "GET /stock/available": Sample(query={"place": COUNTY}),
    "GET /assets/{serial}/history": Sample({"serial": "SN1"}),
    "GET /replenishment": Sample(query={"place": COUNTY}),
    "GET /scenarios": Sample(),
    "POST /situations/{situation}/plans/{number}/shipments/{code}/received": Sample(
        LIVE | {"number": 1, "code": "G1"}, {"quantity": "1"}, fine=(409,)
    ),
    "POST /jobs": Sample(json={"kind": "evaluate", "arguments": {"place": COUNTY}}),
    "POST /jobs/files": Sample(content=TABLE, query={"name": "bins.csv"},
                               headers={"Content-Type": "application/octet-stream"}),
    "GET /staffing/coefficients": Sample(),
    "GET /staffing/comparison": Sample(query={"study": ["{study}", "{study}"]}, fine=(409,)),
    "GET /staffing/examples/{name}": Sample({"name": "district"}),
    "POST /imports/{kind}/cells": Sample({"kind": "bins"}, files={"file": ("bins.csv", b"store,bin\nS1,A-1\n")}),
    "POST /staffing/tables/{table}": Sample({"table": "towns"}, files={"file": ("towns.csv", TOWNS)}),
    "POST /staffing/size": Sample(json=SIZE),
    "POST /staffing/share": Sample(json={**SIZE, "kind": "share", "posts": 1}),
    "POST /staffing/desk": Sample(json={"calls_per_hour": [3], "handle_s": 180}),
    "POST /staffing/grids": Sample(json=GRIDS),
    "GET /staffing/studies": Sample(),
    "POST /staffing/studies": Sample(json=STUDY),
    "GET /staffing/studies/{number}": Sample({"number": "{study}"}),
    "PUT /staffing/studies/{number}": Sample({"number": "{study}"}, STUDY, headers=EDIT),
    "DELETE /staffing/studies/{number}": Sample({"number": "{study}"}, headers=EDIT),
    "POST /staffing/studies/{number}/run": Sample({"number": "{study}"}, {}),
    "GET /staffing/studies/{number}/files": Sample({"number": "{study}"}, fine=(409,)),
    "GET /staffing/studies/{number}/answer": Sample({"number": "{study}"}, fine=(409,)),
    "GET /jobs/{code}": Sample({"code": "J-done"}),
    "GET /jobs/{code}/result": Sample({"code": "J-done"}),
    "POST /jobs/{code}/cancel": Sample({"code": "J-done"}, fine=(409,)),
    "POST /jobs/{code}/retry": Sample({"code": "J-done"}, fine=(409,)),
}  # fmt: skip
OWN_RULES = {
    "check_overrides": f"item,kind,period_days\n{BED},INSPECT,60\n",
    "weight_overrides": "preset,subject,name,weight\n"
    + "".join(f"general,rule,{rule},0.2\n" for rule in ("custodian", "location", "quantity", "quality", "period")),
    "minimum_overrides": f"item,tier,minimum\n{BED},county,5\n",
}


def sample_of(method: str, path: str, export: Callable[[str], bytes]) -> Sample | None:
    """None: a list or a row of one, whose sample is its first row. Tables go in as they came out."""
    found = SAMPLES.get(f"{method} {path}")
    if found is not None:
        return found
    start, _, kind = path.strip("/").partition("/")
    query = {"county": COUNTY} if kind in OWN_RULES else {}
    if start == "exports":
        return Sample(query=query or {"place": COUNTY})
    if start == "imports":
        everybodys = (403,) if kind in ("items", "lots", "packages", "kits") else ()
        return Sample(query=query, files={"file": (f"{kind}.csv", export(kind))}, fine=everybodys)
    return None


def build(engine: Engine, client: Any, ask: Callable[..., Any]) -> dict[str, Any]:
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
        plan = {"situation_code": "live", "sha256": "0" * 64, "content": PLAN, **act}
        put(insert(plans), {**plan, "problem_sha256": "0" * 64, "status": "committed", "operation_id": operation})
        put(insert(drafts), {**plan, "basis": {}, "as_of": at})
        put(insert(shipments), {"plan_id": 1, "code": "G1", "store_id": 1, "incident": "I1", "item_id": 1,
                                "lot_code": "L1", "quantity": 2})  # fmt: skip
        order = {"plan_id": 1, "team": "T1", "incident": "I1", "task": "K1"}
        put(insert(orders), {**order, "position": 0, "arrive_s": 60})
        put(insert(progress), {**order, "situation_code": "live", "state": "en_route", "at": at, **act})
        line = put(select(balances.c.id).limit(1)).scalar()
        put(insert(overrides), {"operation_id": operation, "balance_id": line, "blocked": [], "quantity": 1,
                                "person": "张三", "reason": "急", "recorded_at": at})  # fmt: skip
        put(insert(jobs), {"code": "J-done", "kind": "evaluate", "arguments": {"place": COUNTY}, "place_code": COUNTY,
                           "status": "done", "result": JUDGED, **act})  # fmt: skip
        bed = put(select(items.c.id).where(items.c.code == BED)).scalar_one()
        put(insert(packages), {"item_id": bed, "name": "箱", "units": 10})
        put(insert(kits), {"code": "K1", "name": "套"})
        put(insert(kit_items), {"kit_code": "K1", "item_id": bed, "quantity": 1})
        serialised = put(select(items.c.code).where(items.c.serialised).limit(1)).scalar_one()

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
    flood = {"kind": "flood", "severity": 3, "place": TOWN, "demands": {BED: "1"},
             "tasks": [{"capability": "search", "service_s": 60}]}  # fmt: skip
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
    made("/bins", {"store": "S0", "bin": "B-1", "volume_m3": 1})
    made("/five-fixed/maintenance", {"store": "S0", "item": BED, "kind": "INSPECT", "done_on": "2024-01-01"})
    made("/five-fixed/evaluate", {"place": COUNTY})
    with transaction(engine) as connection:
        due = {"key": f"S0/{BED}/L1/INSPECT", "store_id": 1, "item": BED, "lot": "L1", "kind": "INSPECT",
               "severity": "major", "status": "open", "opened_at": at}  # fmt: skip
        known["task"] = connection.execute(insert(tasks), due).inserted_primary_key[0]
    known["file"] = made("/files", files={"file": PICTURE, "about": (None, TOWN)})["id"]
    starts, ends = "2026-12-01T08:00:00+08:00", "2026-12-02T08:00:00+08:00"
    known["shift"] = made("/teams/T1/shifts", {"starts": starts, "ends": ends})["id"]
    with engine.connect() as connection:
        bed = next(row for row in snapshot(connection, "items").rows() if row["item_id"] == BED)
    bed |= {"item_id": "NEW.BED", "item_checks": []}
    known["study"] = made("/staffing/studies", STUDY)["number"]
    known["item"] = {"code" if name == "item_id" else name: plain(value) for name, value in bed.items()}
    for kind, rows in OWN_RULES.items():
        made(f"/imports/{kind}", files={"file": (f"{kind}.csv", rows.encode())}, params={"county": COUNTY})
    return known
