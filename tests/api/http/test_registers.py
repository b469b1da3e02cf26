"""Registers over HTTP: the same rules as imports, edits by If-Match, nothing outside one's own sub-tree."""

import pytest

from tests.api.http.conftest import BED, OTHER_COUNTY, TOWN, VILLAGE

STORE = {"code": "S9", "name": "新库", "tier": "village", "place": VILLAGE, "area_m2": "40", "lat": 28.1, "lon": 109.0}
TEAM = {"code": "T9", "tier": "3", "place": TOWN, "capabilities": ["search"], "headcount": 8, "profile": "truck",
        "turnout_s": 120}  # fmt: skip


def edit(send, path, change, who="manager", etag=None):
    etag = etag or send(who, "GET", path).headers.get("etag", "none")
    return send(who, "PATCH", path, json=change, headers={"If-Match": etag})


class TestAdding:
    def test_a_store_is_there_as_it_was_given(self, send):
        made = send("manager", "POST", "/stores", json=STORE)
        assert made.status_code == 201, made.text
        seen = send("manager", "GET", "/stores/S9")
        assert seen.json() == made.json()
        assert seen.headers["etag"] == made.headers["etag"]
        (entry, *_) = send("root", "GET", "/audit?resource=stores").json()["items"]
        assert (entry["action"], entry["after"]["name"]) == ("stores.add", "新库")

    def test_twice_is_refused(self, send):
        assert send("manager", "POST", "/stores", json={**STORE, "code": "S1"}).json()["code"] == "CodeTaken"

    @pytest.mark.parametrize(
        ("change", "where", "code"),
        [
            ({"area_m2": "20"}, "area_m2", "StoreTooSmall"),
            ({"place": "520600100299"}, "place", "UNKNOWN_REFERENCE"),
            ({"area_m2": "-1"}, "area_m2", "NOT_ABOVE"),
            ({"profiles": ["volcano"]}, "profiles", "NOT_CHOICE"),
            ({"name": " x"}, "name", "SPACE_AROUND"),
        ],
    )
    def test_what_an_import_would_refuse_is_refused(self, send, change, where, code):
        answer = send("manager", "POST", "/stores", json={**STORE, **change})
        assert answer.status_code in (403, 422), answer.text
        faults = [(one["where"].removeprefix("body."), one["code"]) for one in answer.json()["errors"]]
        assert faults[0][0] == where, answer.text
        assert answer.json()["code"] == "BadRequest" or faults[0][1] == code, answer.text

    def test_outside_the_own_sub_tree_is_refused(self, send):
        outside = {**STORE, "place": OTHER_COUNTY, "tier": "county"}
        assert send("manager", "POST", "/stores", json=outside).json()["code"] == "OutsideScope"
        assert send("keeper", "POST", "/stores", json=STORE).json()["code"] == "NotPermitted"

    def test_places_teams_and_vehicles_as_well(self, send):
        place = {"code": "520600100202", "name": "二村", "level": "village", "parent": TOWN}
        assert send("manager", "POST", "/places", json=place).status_code == 201
        assert send("manager", "POST", "/teams", json={**TEAM, "carries": [BED], "store": "S1"}).status_code == 201
        assert send("manager", "GET", "/teams/T9").json()["store"] == "S1"
        vehicle = {"code": "V9", "store": "S1", "payload_kg": "500", "volume_m3": "3", "profile": "truck"}
        assert send("manager", "POST", "/vehicles", json={**vehicle, "status": "repair"}).json()["status"] == "repair"
        wrong = {**place, "code": "520600100203", "level": "town"}
        assert send("manager", "POST", "/places", json=wrong).json()["code"] == "BadTable"


class TestEditing:
    def test_changes_what_is_named_and_keeps_the_rest(self, send):
        before = send("manager", "GET", "/stores/S1").json()
        after = edit(send, "/stores/S1", {"name": "一镇新库"})
        assert after.status_code == 200, after.text
        assert after.json() == {**before, "name": "一镇新库"}

    def test_needs_the_version_it_was_made_from(self, send):
        assert send("manager", "PATCH", "/stores/S1", json={"name": "x"}).status_code == 428
        old = send("manager", "GET", "/stores/S1").headers["etag"]
        edit(send, "/stores/S1", {"name": "x"})
        late = edit(send, "/stores/S1", {"name": "y"}, etag=old)
        assert (late.status_code, late.json()["code"]) == (412, "EditedSince")

    def test_what_lies_outside_is_not_there_and_cannot_be_taken(self, send):
        assert edit(send, "/stores/S4", {"name": "mine"}, etag="*").status_code == 404
        moved = edit(send, "/stores/S1", {"place": OTHER_COUNTY})
        assert (moved.status_code, moved.json()["code"]) == (403, "OutsideScope")

    def test_the_catalogue_is_for_who_reaches_everything(self, send):
        assert edit(send, f"/items/{BED}", {"criticality": 3}).json()["code"] == "OutsideScope"
        changed = edit(send, f"/items/{BED}", {"criticality": 3}, "root")
        assert changed.json()["criticality"] == 3, changed.text

    def test_a_team_that_was_disbanded_can_come_back(self, send):
        send("manager", "POST", "/teams", json=TEAM)
        assert edit(send, "/teams/T9", {"status": "disbanded"}).json()["status"] == "disbanded"
        assert edit(send, "/teams/T9", {"headcount": 9}).status_code == 404
        assert edit(send, "/teams/T9", {"status": "ready"}).json()["status"] == "ready"


class TestPeople:
    def test_are_added_and_join_a_team(self, send):
        send("manager", "POST", "/teams", json=TEAM)
        for code in ("P1", "P2"):
            person = {"code": code, "name": "李", "phone": "1380000"}
            assert send("manager", "POST", "/people", json=person).status_code == 201
        members = {"members": [{"person": "P1", "role": "leader"}, {"person": "P2"}]}
        made = send("manager", "PUT", "/teams/T9/members", json=members)
        assert [one["role"] for one in made.json()["members"]] == ["leader", "member"], made.text
        assert [one["code"] for one in send("keeper", "GET", "/people").json()["items"]] == ["P1", "P2"]
        two = {"members": [{"person": "P1", "role": "leader"}, {"person": "P2", "role": "leader"}]}
        assert send("manager", "PUT", "/teams/T9/members", json=two).json()["code"] == "TwoLeaders"
        gone = {"members": [{"person": "P9"}]}
        assert send("manager", "PUT", "/teams/T9/members", json=gone).json()["code"] == "NoSuchPerson"

    def test_of_another_place_are_not_there(self, send):
        send("root", "POST", "/teams", json={**TEAM, "place": OTHER_COUNTY})
        send("root", "POST", "/people", json={"code": "P1", "name": "王"})
        send("root", "PUT", "/teams/T9/members", json={"members": [{"person": "P1"}]})
        assert send("manager", "GET", "/people/P1").status_code == 404
        assert edit(send, "/people/P1", {"name": "x"}, etag="*").status_code == 404
        assert send("manager", "PUT", "/teams/T9/members", json={"members": []}).status_code == 404
        assert edit(send, "/people/P1", {"name": "x"}, "root").json()["name"] == "x"

    @pytest.mark.parametrize("how", ["team", "store", "file"])
    def test_of_another_place_cannot_be_drawn_in_to_read_their_telephone(self, send, how):
        send("root", "POST", "/teams", json={**TEAM, "place": OTHER_COUNTY})
        send("root", "POST", "/people", json={"code": "P1", "name": "王", "phone": "1390000"})
        send("root", "PUT", "/teams/T9/members", json={"members": [{"person": "P1"}]})
        send("manager", "POST", "/teams", json={**TEAM, "code": "T8"})
        if how == "team":
            drawn = send("manager", "PUT", "/teams/T8/members", json={"members": [{"person": "P1"}]})
        elif how == "store":
            term = {"store": "S1", "person": "P1", "role": "primary", "valid_from": "2026-01-01"}
            drawn = send("manager", "POST", "/custodians", json=term)
        else:
            rows = b"store,person,role,valid_from\nS1,P1,primary,2026-01-01\n"
            drawn = send("manager", "POST", "/imports/custodians", files={"file": ("c.csv", rows)})
        assert drawn.json().get("code") == "NoSuchPerson", drawn.text
        assert send("manager", "GET", "/people/P1").status_code == 404

    def test_are_on_duty_in_shifts(self, send):
        send("manager", "POST", "/teams", json=TEAM)
        shift = {"starts": "2026-07-01T08:00:00+08:00", "ends": "2026-07-01T20:00:00+08:00"}
        made = send("manager", "POST", "/teams/T9/shifts", json=shift)
        assert made.status_code == 201, made.text
        (row,) = send("keeper", "GET", "/shifts?team=T9").json()["items"]
        assert row["id"] == made.json()["id"]
        wrong = {"starts": shift["ends"], "ends": shift["starts"]}
        assert send("manager", "POST", "/teams/T9/shifts", json=wrong).json()["code"] == "ShiftEndsFirst"
        assert send("manager", "DELETE", f"/teams/T9/shifts/{row['id']}").status_code == 200
        assert send("manager", "DELETE", f"/teams/T9/shifts/{row['id']}").status_code == 404


class TestTheRest:
    def test_custodians_take_over_one_after_the_other(self, send):
        term = {"store": "S1", "person": "P1", "role": "primary", "valid_from": "2026-01-01"}
        assert send("manager", "POST", "/custodians", json=term).status_code == 201
        second = {**term, "person": "P2", "valid_from": "2026-02-01"}
        assert send("manager", "POST", "/custodians", json=second).json()["errors"][0]["code"] == "TWO_PRIMARIES"
        assert send("manager", "POST", "/custodians", json={**term, "valid_to": "2026-01-31"}).json()["changed"] == 1
        assert send("manager", "POST", "/custodians", json=second).json()["added"] == 1
        assert send("manager", "POST", "/custodians", json={**term, "store": "S4"}).json()["code"] == "OutsideScope"

    def test_bins_packages_and_kits(self, send):
        assert send("manager", "POST", "/bins", json={"store": "S1", "bin": "C-1", "volume_m3": "2"}).status_code == 201
        package = {"item": BED, "package": "case", "units": "10"}
        assert send("manager", "POST", "/packages", json=package).json()["code"] == "OutsideScope"
        assert send("root", "POST", "/packages", json=package).json()["added"] == 1
        kit = {"name": "flood kit", "content": [{"item": BED, "quantity": "2"}]}
        made = send("root", "PUT", "/kits/K1", json=kit)
        assert made.json()["content"] == kit["content"], made.text
        assert send("root", "PUT", "/kits/K1", json=kit).status_code == 428
        assert send("manager", "GET", "/kits/K1").headers["etag"] == made.headers["etag"]
        assert send("keeper", "GET", "/kits").json()["items"][0]["item"] == BED
        assert send("keeper", "GET", "/packages").json()["items"][0]["units"] == "10"
