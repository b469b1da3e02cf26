"""Evacuation, requests for aid, hand-over notes and alerts, over HTTP."""

import pytest
from sqlalchemy import insert

from inventory.database import transaction
from inventory.tables.places import people
from scenarios.tables import situations
from tests.api.http.conftest import COUNTY, OTHER_COUNTY, OTHER_TOWN, TOWN, VILLAGE


@pytest.fixture(autouse=True)
def situation(client, engine):
    with transaction(engine) as connection:
        row = {"kind": "live", "title_zh": "实况", "title_en": "live", "place_code": COUNTY, "parameters": {}}
        connection.execute(insert(situations), {"code": "live", **row})
        connection.execute(insert(people), [{"code": f"P{number}"} for number in range(7)])


@pytest.fixture
def slide(send):
    asked = {"kind": "landslide", "severity": 5, "place": VILLAGE, "lat": 28.0, "lon": 109.0}
    return send("dispatcher", "POST", "/situations/live/incidents", json=asked).json()["code"]


def listed(send, slide, households, **more):
    asked = {"incident": slide, "households": households, **more}
    return send("dispatcher", "POST", "/situations/live/evacuees", json=asked)


class TestTheEvacuationOf138People:
    """盘石 2022-06-03: 62 households, 138 people, before the slope came down."""

    @pytest.fixture
    def moved(self, send, slide):
        sizes = [3] * 14 + [2] * 48
        households = [
            {"code": f"H{number:02}", "people": people, "place": VILLAGE, "batch": 1 + number // 21}
            for number, people in enumerate(sizes)
        ]
        answer = listed(send, slide, households, responsible=[f"P{number}" for number in range(7)])
        assert answer.status_code == 201, answer.text
        return answer.json()

    def test_binds_each_household_to_just_one_person_and_shares_them_out(self, send, moved):
        assert (moved["households"], moved["people"]) == (62, 138)
        load = send("dispatcher", "GET", "/situations/live/evacuation").json()
        assert sum(load["responsible"].values()) == 62
        assert max(load["responsible"].values()) - min(load["responsible"].values()) <= 1
        assert load["unbound"] == []

    def test_fills_no_shelter_beyond_its_places(self, send, moved):
        shelter = {"code": "A1", "name": "小学", "place": TOWN, "capacity": 100, "status": "open"}
        assert send("dispatcher", "POST", "/shelters", json=shelter).status_code == 201
        taken = 0
        for row in send("dispatcher", "GET", "/evacuees?limit=1000").json()["items"]:
            path = f"/situations/live/evacuees/{row['code']}/move"
            answer = send("dispatcher", "POST", path, json={"status": "moving", "shelter": "A1"})
            if answer.status_code == 409:
                assert answer.json()["code"] == "ShelterFull"
                break
            taken += row["people"]
        assert 97 < taken <= 100
        assert send("dispatcher", "GET", "/shelters/A1").json()["people"] == taken

    def test_knows_what_may_follow_what(self, send, moved):
        path = "/situations/live/evacuees/H00/move"
        refused = send("dispatcher", "POST", path, json={"status": "sheltered"})
        assert (refused.status_code, refused.json()["code"]) == (409, "NotNext")
        assert send("dispatcher", "POST", path, json={"status": "moving"}).json()["code"] == "UnknownShelter"

    def test_is_reported_by_whoever_answers_in_that_village_and_nowhere_else(self, send, moved, slide):
        shelter = {"code": "A1", "name": "小学", "place": TOWN, "capacity": 500, "status": "open"}
        assert send("dispatcher", "POST", "/shelters", json=shelter).status_code == 201
        other = {"code": "X1", "people": 1, "place": OTHER_TOWN, "responsible": "P1"}
        assert listed(send, slide, [other]).status_code == 201
        move = {"status": "moving", "shelter": "A1"}
        assert send("grid", "POST", "/situations/live/evacuees/H01/move", json=move).status_code == 200
        assert send("grid", "POST", "/situations/live/evacuees/X1/move", json=move).status_code == 404
        assert send("auditor", "POST", "/situations/live/evacuees/H02/move", json=move).status_code == 403


def test_nobody_is_moved_into_the_shelter_of_a_county_out_of_reach(send, slide):
    one = {"code": "H1", "people": 2, "place": VILLAGE, "responsible": "P1"}
    assert listed(send, slide, [one]).status_code == 201
    far = {"code": "B1", "name": "邻县小学", "place": OTHER_COUNTY, "capacity": 100, "status": "open"}
    assert send("root", "POST", "/shelters", json=far).status_code == 201
    move = {"status": "moving", "shelter": "B1"}
    for who in ("dispatcher", "grid"):
        answer = send(who, "POST", "/situations/live/evacuees/H1/move", json=move)
        assert (answer.status_code, answer.json()["code"]) == (404, "UnknownShelter")
    assert send("root", "GET", "/shelters/B1").json()["people"] == 0
    assert send("root", "POST", "/situations/live/evacuees/H1/move", json=move).status_code == 200


def test_incidents_out_of_reach_are_not_named_as_likely_the_same(send):
    flood = {"kind": "flood", "severity": 3, "lat": 28.0, "lon": 109.0}
    path = "/situations/live/incidents"
    town = send("dispatcher", "POST", path, json={**flood, "place": OTHER_TOWN}).json()["code"]
    village = send("grid", "POST", path, json={**flood, "place": VILLAGE}).json()
    assert village["likely_same"] == []
    again = send("grid", "POST", path, json={**flood, "place": VILLAGE}).json()
    assert [one["incident"] for one in again["likely_same"]] == [village["code"]]
    seen = send("dispatcher", "POST", path, json={**flood, "place": COUNTY}).json()["likely_same"]
    assert {one["incident"] for one in seen} == {town, village["code"], again["code"]}


def test_a_household_twice_or_without_anybody_is_refused_whole(send, slide):
    one = {"code": "H1", "people": 2, "place": VILLAGE, "responsible": "P1"}
    assert listed(send, slide, [one, one]).json()["code"] == "EvacueeTaken"
    assert listed(send, slide, [one, {**one, "code": "H2", "responsible": None}]).json()["code"] == "NobodyResponsible"
    assert listed(send, slide, [{**one, "responsible": "P99"}]).json()["code"] == "UnknownPerson"
    assert send("dispatcher", "GET", "/evacuees").json()["items"] == []


class TestAskingForAid:
    def ask(self, send, place=VILLAGE, who="root"):
        asked = {"place": place, "short": [{"item": "M003", "quantity": "40", "reason": "flood"}]}
        return send(who, "POST", "/situations/live/aid-requests", json=asked)

    def test_goes_up_one_level_at_a_time_and_the_answer_comes_down(self, send):
        village = self.ask(send).json()
        assert (village["from_place"], village["to_place"]) == (VILLAGE, TOWN)
        path = f"/aid-requests/{village['number']}/answer"
        passed = send("root", "POST", path, json={"status": "passed_on"}).json()
        town = send("root", "GET", f"/aid-requests/{passed['passed_on_as']}").json()
        assert (town["from_place"], town["to_place"]) == (TOWN, COUNTY)
        met = send("root", "POST", f"/aid-requests/{town['number']}/answer", json={"status": "met"})
        assert met.status_code == 200
        below = send("root", "GET", f"/aid-requests/{village['number']}").json()
        assert [event["status"] for event in below["events"]] == ["asked", "passed_on", "met"]

    def test_a_county_asks_elsewhere(self, send):
        assert self.ask(send, COUNTY).json()["code"] == "NoLevelAbove"

    def test_is_answered_by_who_is_asked(self, send):
        number = self.ask(send).json()["number"]
        refused = send("dispatcher", "POST", f"/aid-requests/{number}/answer", json={"status": "nonsense"})
        assert refused.status_code == 422
        assert send("grid", "POST", f"/aid-requests/{number}/answer", json={"status": "met"}).status_code == 403
        done = send("dispatcher", "POST", f"/aid-requests/{number}/answer", json={"status": "met"})
        assert done.status_code == 200
        again = send("dispatcher", "POST", f"/aid-requests/{number}/answer", json={"status": "accepted"})
        assert again.json()["code"] == "AidNotNext"

    def test_for_nothing_is_refused(self, send):
        answer = send("root", "POST", "/situations/live/aid-requests", json={"place": VILLAGE})
        assert answer.json()["code"] == "NothingShort"

    def test_outside_is_refused(self, send):
        assert self.ask(send, OTHER_COUNTY, "dispatcher").status_code == 403


def test_a_note_is_taken_over_by_somebody_else_once(send):
    note = {"content": "水位在涨", "open_points": ["等县里回话"]}
    number = send("dispatcher", "POST", "/situations/live/handovers", json=note).json()["id"]
    take = f"/situations/live/handovers/{number}/take"
    assert send("dispatcher", "POST", take).json()["code"] == "UnknownHandover"
    assert send("root", "POST", take).json()["taken_by"] == "root"
    assert send("root", "POST", take).status_code == 404
    (row,) = send("auditor", "GET", "/handovers").json()["items"]
    assert (row["open_points"], row["state"]["incidents_open"], row["taken_by"]) == (["等县里回话"], 0, "root")


CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>{identifier}</identifier><sender>city@example.cn</sender><sent>2026-07-01T08:00:00+08:00</sent>
  <status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>{references}
  <info><language>zh-CN</language><category>Met</category><event>{event}</event><urgency>Immediate</urgency>
    <severity>{severity}</severity><certainty>Observed</certainty><headline>河水上涨</headline>
    <area><areaDesc>一镇</areaDesc><circle>28.0,109.0 2.5</circle>
      <geocode><valueName>division</valueName><value>520600100000</value></geocode></area></info>
</alert>"""


def cap(identifier="A-1", *, status="Actual", kind="Alert", event="暴雨洪水", severity="Severe", references=""):
    return CAP.format(identifier=identifier, status=status, kind=kind, event=event, severity=severity,
                      references=references and f"<references>{references}</references>").encode()  # fmt: skip


class TestAlerts:
    def receive(self, send, content, who="dispatcher"):
        return send(who, "POST", "/situations/live/alerts", content=content,
                    headers={"Content-Type": "application/cap+xml"})  # fmt: skip

    def test_become_incidents_are_brought_up_to_date_and_count_once(self, send):
        first = self.receive(send, cap())
        assert first.status_code == 201, first.text
        code = first.json()["incident"]
        incident = send("dispatcher", "GET", f"/situations/live/incidents/{code}").json()
        assert (incident["kind"], incident["severity"], incident["place"], incident["lat"]) == ("flood", 4, TOWN, 28.0)
        again = self.receive(send, cap()).json()
        assert (again["new"], again["incident"]) == (False, code)
        references = "city@example.cn,A-1,2026-07-01T08:00:00+08:00"
        update = self.receive(send, cap("A-2", kind="Update", severity="Extreme", references=references)).json()
        assert update["incident"] == code
        assert send("dispatcher", "GET", f"/situations/live/incidents/{code}").json()["severity"] == 5
        self.receive(send, cap("A-3", kind="Cancel", references=references))
        assert send("dispatcher", "GET", f"/situations/live/incidents/{code}").json()["status"] == "open"
        assert len(send("dispatcher", "GET", "/alerts").json()["items"]) == 3

    def test_of_an_exercise_do_not_reach_the_live_situation(self, send):
        assert self.receive(send, cap(status="Exercise")).json()["code"] == "WrongExercise"

    def test_from_elsewhere_change_nothing_out_of_reach(self, send):
        assert self.receive(send, cap("B-1"), "grid").status_code == 403  # it is of the town, not of the village
        incident = self.receive(send, cap()).json()["incident"]
        references = "city@example.cn,A-1,2026-07-01T08:00:00+08:00"
        update = cap("A-2", kind="Update", severity="Extreme", references=references)
        assert self.receive(send, update, "grid").status_code == 403
        assert send("dispatcher", "GET", f"/situations/live/incidents/{incident}").json()["severity"] == 4

    def test_of_a_test_make_nothing(self, send):
        assert self.receive(send, cap(status="Test")).json()["incident"] is None

    def test_that_are_wrong_are_told_element_by_element(self, send):
        bad = cap(status="Sometimes", severity="Huge").replace(b"28.0,109.0 2.5", b"95,10 x")
        answer = self.receive(send, bad)
        assert answer.status_code == 422
        assert {one["where"] for one in answer.json()["errors"]} == {"status", "severity", "area[0].circle"}

    @pytest.mark.parametrize(
        "content",
        [
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>',
            b'<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;">]><alert>&m;</alert>',
            b"<alert/>", b"not xml", b"", b"\xff\xfe\x00", b"<alert" + b"<a>" * 50_000,
        ],
    )  # fmt: skip
    def test_with_entities_or_of_no_kind_are_refused(self, send, content):
        answer = self.receive(send, content)
        assert answer.status_code == 422
        assert "root:" not in answer.text

    def test_the_message_is_kept_as_it_came(self, send):
        number = self.receive(send, cap()).json()["alert"]
        kept = send("auditor", "GET", f"/situations/live/alerts/{number}/content")
        assert kept.content == cap()
