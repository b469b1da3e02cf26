"""Who takes part in an exercise, and what else it leaves alone: shelters, and the numbers of the live situation."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from time import sleep

import pytest
from sqlalchemy import insert

from inventory.database import now, transaction
from inventory.fefo import InsufficientStock
from inventory.ledger.post import Act
from inventory.tables.places import people
from scenarios.exercise import issue_more
from scenarios.situations import close_exercise
from scenarios.tables import situations
from tests.api.http.conftest import BED, COUNTY, OTHER_COUNTY, OTHER_TOWN, TOWN

KEPT = {"reference": "plan:drill"}


@pytest.fixture(autouse=True)
def drill(send, client, engine):
    """The live situation of the county and an exercise of it."""
    with transaction(engine) as connection:
        row = {"kind": "live", "title_zh": "实况", "title_en": "live", "place_code": COUNTY, "parameters": {}}
        connection.execute(insert(situations), {"code": "live", **row})
        connection.execute(insert(people), {"code": "P1"})
    assert opened(send, "planner", "drill", COUNTY).status_code == 201


def opened(send, who, code, place):
    asked = {"code": code, "title_zh": "演练", "title_en": "drill", "place": place}
    return send(who, "POST", "/situations", json=asked)


def draw(send, who, store, **more):
    asked = {"store": store, "item": BED, "quantity": "5", **KEPT, **more}
    return send(who, "POST", "/stock/issue", json=asked)


def test_it_is_opened_and_closed_where_one_may_plan_for(send):
    for who, place, status in (
        ("planner", OTHER_COUNTY, 403), ("keeper", TOWN, 403), ("planner", None, 403), ("root", None, 201),
        ("dispatcher", "520600999000", 404),
    ):  # fmt: skip
        assert opened(send, who, "other", place).status_code == status, (who, place)
    assert send("dispatcher", "POST", "/situations/other/close", json={}).status_code == 404  # that of everything
    assert send("auditor", "POST", "/situations/drill/close", json={}).status_code == 403
    assert send("planner", "POST", "/situations/drill/close", json={}).status_code == 200


@pytest.mark.parametrize("code", ["../x", "a b", "", "x" * 65, "-x", "live"])
def test_its_code_names_a_folder_too(send, code):
    assert opened(send, "planner", code, COUNTY).status_code == (409 if code == "live" else 422)


def test_each_draws_on_the_own_stores_and_sees_those(send):
    assert draw(send, "keeper", "S1").json()["exercise"] == "drill"
    assert draw(send, "manager", "S2").status_code == 201
    assert draw(send, "keeper", "S2").status_code == 403
    assert draw(send, "dispatcher", "S1").status_code == 403
    mine = send("keeper", "GET", "/situations/drill/held").json()["out"]
    assert [(row["store"], row["quantity"]) for row in mine] == [("S1", "5")]
    assert {row["store"] for row in send("manager", "GET", "/situations/drill/held").json()["out"]} == {"S1", "S2"}
    lines = send("manager", "GET", f"/stock?item={BED}").json()["items"]
    assert {Decimal(row["quantity"]) for row in lines} == {Decimal(100)}
    assert send("manager", "GET", "/movements?kind=ISSUE").json()["items"] == []


def test_nobody_writes_to_the_exercise_of_another_county(send):
    assert opened(send, "root", "theirs", OTHER_COUNTY).status_code == 201
    theirs = {"reference": "plan:theirs"}
    units = {"store": "S1", "item": BED, "quantity": "5", **theirs}
    for path, asked in (("issue", units), ("return", units), ("issue-reserved", theirs)):
        answer = send("keeper", "POST", f"/stock/{path}", json=asked)
        assert (answer.status_code, answer.json()["code"]) == (404, "UnknownSituation"), path
    assert send("manager", "GET", "/situations/theirs/held").status_code == 404


def test_many_at_once_draw_no_more_than_there_is(send, engine):
    """Sixteen want ten of the hundred beds, and the live situation takes forty meanwhile."""

    def take(_: int) -> bool:
        try:
            with transaction(engine) as connection:
                act = Act(actor="x", reason="RESCUE", at=now())
                issue_more(connection, "drill", store="S1", item=BED, quantity=Decimal(10), act=act)
        except InsufficientStock:
            return False
        return True

    live = {"store": "S1", "item": BED, "quantity": "40"}
    assert send("keeper", "POST", "/stock/issue", json=live).status_code == 201
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(16))) == 6
    assert send("keeper", "POST", "/stock/issue", json=live).status_code == 201  # nothing of it is missing
    refused = draw(send, "keeper", "S1", quantity="1")
    assert (refused.json()["code"], refused.json()["facts"]["available"]) == ("InsufficientStock", "0")


def test_more_than_there_is_comes_back_to_no_exercise(send):
    assert draw(send, "keeper", "S1").status_code == 201
    back = {"store": "S1", "item": BED, **KEPT}
    for asked, status in (
        ({"quantity": "6"}, 409), ({"quantity": "2", "damaged": "3"}, 422), ({"quantity": "5", "damaged": "2"}, 201),
        ({"quantity": "3"}, 409), ({"quantity": "2"}, 201),
    ):  # fmt: skip
        assert send("keeper", "POST", "/stock/return", json={**back, **asked}).status_code == status, asked


def test_its_people_take_no_place_in_a_real_shelter(send):
    shelter = {"code": "A1", "name": "小学", "place": TOWN, "capacity": 5, "status": "open"}
    assert send("dispatcher", "POST", "/shelters", json=shelter).status_code == 201
    for situation, code in (("drill", "H1"), ("drill", "H2"), ("live", "H1")):
        flood = {"kind": "flood", "severity": 3, "place": TOWN}
        incident = send("dispatcher", "POST", f"/situations/{situation}/incidents", json=flood).json()["code"]
        household = {"code": code, "people": 4, "place": OTHER_TOWN, "responsible": "P1"}
        asked = {"incident": incident, "households": [household]}
        assert send("dispatcher", "POST", f"/situations/{situation}/evacuees", json=asked).status_code == 201
        move = {"status": "moving", "shelter": "A1"}
        answer = send("dispatcher", "POST", f"/situations/{situation}/evacuees/{code}/move", json=move)
        assert answer.status_code == (409 if code == "H2" else 200)  # in play it fills up, too
    assert send("dispatcher", "GET", "/shelters/A1").json()["people"] == 4


def test_its_requests_for_aid_have_a_series_of_their_own(send):
    asked = {"place": TOWN, "short": [{"item": BED, "quantity": "1"}]}
    numbers = [send("dispatcher", "POST", f"/situations/{one}/aid-requests", json=asked).json()["number"]
               for one in ("drill", "live")]  # fmt: skip
    assert [number[:2] for number in numbers] == ["YL", "ZY"]
    assert numbers[1].endswith("000001")


@pytest.mark.parametrize("path", ["/stock/issue", "/stock/return", "/stock/issue-reserved"])
def test_a_slip_of_the_pen_in_its_code_sends_no_real_stock(send, path):
    before = send("root", "GET", "/stock").json()
    asked = {"reference": "plan:dril"} | ({} if "reserved" in path else {"store": "S0", "item": BED, "quantity": "5"})
    answer = send("root", "POST", path, json=asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "UnknownOrder")
    assert send("root", "GET", "/stock").json() == before


def test_once_it_is_over_nobody_answers_lifts_or_hands_over_in_it(send):
    at = "/situations/drill"
    asked = {"place": TOWN, "short": [{"item": BED, "quantity": "5", "reason": "SHORT"}]}
    aid = send("root", "POST", f"{at}/aid-requests", json=asked).json()["number"]
    ban = send("root", "POST", f"{at}/directives", json={"kind": "ban", "store": "S0", "incident": "I9"}).json()["id"]
    note = send("root", "POST", f"{at}/handovers", json={"content": "x"}).json()["id"]
    assert send("root", "POST", f"{at}/close", json={}).status_code == 200
    for who, method, path, more in (
        ("root", "POST", f"/aid-requests/{aid}/answer", {"json": {"status": "met"}}),
        ("root", "DELETE", f"{at}/directives/{ban}", {}),
        ("dispatcher", "POST", f"{at}/handovers/{note}/take", {}),
        ("root", "POST", f"{at}/handovers", {"json": {"content": "y"}}),
    ):
        answer = send(who, method, path, **more)
        assert (answer.status_code, answer.json().get("code")) == (409, "SituationClosed"), path


def test_what_comes_while_it_is_being_closed_is_refused(send, engine):
    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as connection:
            close_exercise(connection, "drill", act=Act(actor="other", reason="CANCELLED", at=now()))
            road = {"id": "C1", "road_name": "X101"}
            answer = pool.submit(send, "root", "POST", "/situations/drill/closures", json=road)
            sleep(0.5)
        refused = answer.result(30)
    assert (refused.status_code, refused.json().get("code")) == (409, "SituationClosed")
