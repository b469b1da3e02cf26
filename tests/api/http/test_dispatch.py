"""From the report of an incident to an approved plan and the teams on their way, over HTTP."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.access.scope import Grant
from api.access.users import add_user
from api.main import serve_from
from api.routes import roads
from api.solving import Ask, found_by
from inventory.database import now, reading, transaction
from inventory.ledger.post import Act
from inventory.ledger.verify import verify
from optimizer.network.tables import write_tables
from scenarios.live import load_world
from scenarios.tables import closures, situations
from tests.api.conftest import hamlet
from tests.api.http.conftest import PASSWORD

AS_OF = "2024-06-03T08:30:00+08:00"


class AtOnce:
    """Solves in this very process: what the processes of the service do, without their start."""

    @contextmanager
    def solving(self, ask: Ask, *, limit_s: float | None = None) -> Iterator[object]:
        def run() -> Iterator[tuple[str, object]]:
            for found in found_by(ask, lambda _: None):
                yield "found", found

        yield run()

    def alive(self) -> bool:
        return True


def settle(engine: Engine) -> None:
    """The hamlet as the live situation, and people of its county."""
    with transaction(engine) as connection:
        load_world(connection, hamlet(), act=Act(actor="opening", reason="OPENING", at=now()), roads="roads/live")
        connection.execute(situations.update().values(place_code=None))
        for name, grants in {
            "root": [Grant("administrator", None)],
            "dispatcher": [Grant("dispatcher", None)],
            "leader": [Grant("team_leader", None, "T1")],
            "auditor": [Grant("auditor", None)],
            "elsewhere": [Grant("dispatcher", "520628000000")],
        }.items():
            add_user(connection, code=name, password=PASSWORD, given=grants, at=now(), by=None)


@pytest.fixture
def fill():
    return settle


def serve(app: FastAPI, engine: Engine, home: Path, solvers: object) -> TestClient:
    """A service over the hamlet, its roads in the home of the office."""
    (home / "roads").mkdir(parents=True)
    write_tables(hamlet().network, home / "roads" / "live")
    serve_from(app, engine)
    app.state.solvers = solvers
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def client(app, engine, tmp_path: Path, monkeypatch) -> TestClient:
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    return serve(app, engine, tmp_path / "office", AtOnce())


def solve(send, who="dispatcher", **asked):
    answer = send(who, "POST", "/situations/live/solve", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def approve(send, number, who="dispatcher", **asked):
    return send(who, "POST", f"/situations/live/drafts/{number}/approve", json=asked)


class TestMakingAPlan:
    def test_streams_whole_plans_each_kept_as_a_draft(self, send):
        answer = send("dispatcher", "POST", "/situations/live/solve", json={}, headers={"Accept": "text/event-stream"})
        events = [part.split("\n", 1) for part in answer.text.strip().split("\n\n")]
        plans = [json.loads(data.removeprefix("data: ")) for kind, data in events if kind == "event: plan"]
        assert [plan["stage"] for plan in plans] == list(range(1, len(plans) + 1))
        assert [plan["last"] for plan in plans][-1]
        for plan in plans:
            document = send("auditor", "GET", f"/situations/live/drafts/{plan['draft']}").json()
            assert {level["name"]: level["value"] for level in document["levels"]} == {
                level["name"]: level["value"] for level in plan["levels"]
            }

    def test_the_same_situation_gives_the_same_plan(self, send):
        first, second = solve(send), solve(send)
        shas = {row["id"]: row["sha256"] for row in send("auditor", "GET", "/drafts").json()["items"]}
        assert shas[first["draft"]] == shas[second["draft"]]

    def test_leaves_out_what_nobody_has_placed_and_says_so(self, send):
        work = {"code": "X1-1", "capability": "rescue", "teams_needed": 1, "service_s": 600}
        told = {"kind": "flood", "severity": 5, "tasks": [work]}
        code = send("dispatcher", "POST", "/situations/live/incidents", json=told).json()["code"]
        before = solve(send)
        assert before["unplaced"] == [code]
        placed = {"lat": 0.0, "lon": 0.005}
        path = f"/situations/live/incidents/{code}"
        assert send("dispatcher", "PATCH", path, json=placed, headers={"If-Match": "*"}).status_code == 200
        after = solve(send)
        assert after["unplaced"] == []
        plan = send("auditor", "GET", f"/situations/live/drafts/{after['draft']}").json()
        assert code in {one["incident"] for one in plan["unmet"]} | {
            stop["incident"] for order in plan["team_orders"] for stop in order["stops"]
        }
        stale = approve(send, before["draft"]).json()
        assert [(one["code"], one["how"]) for one in stale["facts"]["changes"]] == [(code, "changed")]

    def test_sends_no_team_that_does_not_answer(self, send):
        def sent():
            plan = send("auditor", "GET", f"/situations/live/drafts/{solve(send)['draft']}").json()
            return {order["team"] for order in plan["team_orders"]}

        (code, *_) = sorted(sent())
        path = f"/teams/{code}/readiness"
        for who, refused in (("auditor", 403), ("leader", 403), ("elsewhere", 404)):
            assert send(who, "PUT", path, json={"status": "out"}).status_code == refused
        assert send("dispatcher", "PUT", path, json={"status": "disbanded"}).status_code == 422
        assert send("dispatcher", "PUT", path, json={"status": "out"}).json()["status"] == "out"
        assert code not in sent()
        audited = send("root", "GET", "/audit", params={"action": "teams.readiness"}).json()["items"]
        assert [(one["actor"], one["code"], one["after"]["status"]) for one in audited] == [("dispatcher", code, "out")]
        send("dispatcher", "PUT", path, json={"status": "ready"})
        assert code in sent()

    def test_needs_the_permission_and_the_situation(self, send):
        assert send("auditor", "POST", "/situations/live/solve", json={}).status_code == 403
        assert send("dispatcher", "POST", "/situations/nope/solve", json={}).status_code == 404
        assert send("elsewhere", "POST", "/situations/live/solve", json={}).status_code == 404

    def test_an_error_in_a_stream_is_told_as_an_event(self, send, engine):
        with transaction(engine) as connection:
            connection.execute(situations.update().values(roads=None))
        answer = send("dispatcher", "POST", "/situations/live/solve", json={}, headers={"Accept": "text/event-stream"})
        kind, data = answer.text.strip().split("\n", 1)
        assert kind == "event: problem"
        assert json.loads(data.removeprefix("data: "))["code"] == "NoRoads"


class TestApproving:
    def test_reserves_the_stock_and_issues_the_orders_at_once(self, send, engine):
        made = solve(send)
        plan = send("auditor", "GET", f"/situations/live/drafts/{made['draft']}").json()
        answer = approve(send, made["draft"], hold_h=12)
        assert answer.status_code == 201, answer.text
        kept = sum(float(row["quantity"]) for row in send("root", "GET", "/reservations?limit=1000").json()["items"])
        assert kept == sum(row["quantity"] for row in plan["shipments"])
        orders = send("auditor", "GET", "/orders?limit=1000").json()["items"]
        assert {(row["team"], row["task"]) for row in orders} == {
            (order["team"], stop["task"]) for order in plan["team_orders"] for stop in order["stops"]
        }
        assert send("auditor", "GET", "/situations/live/plan").json() == plan
        with reading(engine) as connection:
            assert verify(connection).differences == ()

    def test_once_only_and_safe_to_repeat(self, send):
        made, of_another = solve(send), solve(send)
        key = {"Idempotency-Key": "approve-1"}
        path = f"/situations/live/drafts/{made['draft']}/approve"
        first = send("dispatcher", "POST", path, json={}, headers=key)
        again = send("dispatcher", "POST", path, json={}, headers=key)
        assert first.json() == again.json()
        other = approve(send, made["draft"])
        assert (other.status_code, other.json()["code"]) == (409, "DraftDone")
        unseen = approve(send, of_another["draft"])  # made before the plan of the first was in force
        assert (unseen.status_code, unseen.json()["code"]) == (409, "DraftStale")
        in_force = {"kind": "plan", "code": str(first.json()["plan"]), "how": "added"}
        assert unseen.json()["facts"]["changes"] == [in_force]

    def test_is_refused_with_what_changed_since(self, send):
        made = solve(send)
        reported = send("dispatcher", "POST", "/situations/live/incidents", json={"kind": "flood", "severity": 3})
        code = reported.json()["code"]
        answer = approve(send, made["draft"])
        assert (answer.status_code, answer.json()["code"]) == (409, "DraftStale")
        assert answer.json()["facts"]["changes"] == [{"kind": "incident", "code": code, "how": "added"}]
        assert send("root", "GET", "/reservations").json()["items"] == []

    def test_is_refused_where_the_stock_has_gone(self, send, engine):
        made = solve(send)
        plan = send("auditor", "GET", f"/situations/live/drafts/{made['draft']}").json()
        row = plan["shipments"][0]
        asked = {"store": row["store"], "item": row["item"], "quantity": "1", "state": "serviceable", "lot": row["lot"],
                 "reason": "LOSS"}  # fmt: skip
        held = send("root", "GET", f"/stock?store={row['store']}&item={row['item']}").json()["items"]
        for line in held:
            gone = send("root", "POST", "/stock/write-off", json={**asked, "quantity": line["quantity"],
                                                                  "lot": line["lot"]})  # fmt: skip
            assert gone.status_code == 201, gone.text
        answer = approve(send, made["draft"])
        assert (answer.status_code, answer.json()["code"]) == (409, "PlanStale")
        assert send("root", "GET", "/plans").json()["items"] == []

    def test_not_by_who_may_only_look(self, send):
        made = solve(send)
        assert approve(send, made["draft"], who="auditor").status_code == 403


class TestCarryingItOut:
    def test_a_leader_reports_for_the_own_team_only(self, send):
        made = solve(send)
        assert approve(send, made["draft"]).status_code == 201
        orders = send("auditor", "GET", "/orders?limit=1000").json()["items"]
        own = send("leader", "GET", "/me").json()["grants"][0]["team"]
        for order in orders:
            asked = {"team": order["team"], "task": order["task"], "state": "en_route"}
            answer = send("leader", "POST", "/situations/live/progress", json=asked)
            expected = (201, None) if order["team"] == own else (403, "NotYourTeam")
            assert (answer.status_code, answer.json().get("code")) == expected

    def test_a_replan_keeps_who_is_on_the_way_and_tells_the_difference(self, send):
        assert approve(send, solve(send)["draft"]).status_code == 201
        order = send("auditor", "GET", "/orders").json()["items"][0]
        asked = {"team": order["team"], "task": order["task"], "state": "on_scene"}
        assert send("dispatcher", "POST", "/situations/live/progress", json=asked).status_code == 201
        made = solve(send, replan=True)
        plan = send("auditor", "GET", f"/situations/live/drafts/{made['draft']}").json()
        first = next(one for one in plan["team_orders"] if one["team"] == order["team"])["stops"][0]
        assert first["task"] == order["task"]
        diff = send("auditor", "GET", f"/situations/live/drafts/{made['draft']}/diff").json()
        assert {"assignments", "shipments", "levels"} <= diff.keys()
        assert approve(send, made["draft"]).json()["replaces"] == 1

    def test_giving_a_plan_up_frees_its_stock(self, send):
        assert approve(send, solve(send)["draft"]).status_code == 201
        assert send("dispatcher", "POST", "/situations/live/plan/cancel", json={}).json()["released"]
        assert send("root", "GET", "/reservations").json()["items"] == []
        assert send("dispatcher", "GET", "/situations/live/plan").json()["code"] == "NoRunningPlan"

    def test_back_to_an_earlier_plan(self, send):
        assert approve(send, solve(send)["draft"]).status_code == 201
        send("dispatcher", "POST", "/situations/live/plan/cancel", json={})
        back = send("dispatcher", "POST", "/situations/live/plans/1/rollback", json={})
        assert back.status_code == 200, back.text
        assert (back.json()["plan"], back.json()["of"]) == (2, 1)


class TestDirecting:
    def test_a_pin_is_kept_by_the_next_plan_until_it_is_lifted(self, send):
        plan = send("auditor", "GET", f"/situations/live/drafts/{solve(send)['draft']}").json()
        order = plan["team_orders"][0]
        pin = {"kind": "pin", "team": order["team"], "task": order["stops"][0]["task"]}
        made = send("dispatcher", "POST", "/situations/live/directives", json=pin)
        assert made.status_code == 201
        ban = send("dispatcher", "POST", "/situations/live/directives", json={**pin, "kind": "ban"})
        assert (ban.status_code, ban.json()["code"]) == (409, "BothPinnedAndBanned")
        number = made.json()["id"]
        assert send("dispatcher", "DELETE", f"/situations/live/directives/{number}").status_code == 200
        banned = send("dispatcher", "POST", "/situations/live/directives", json={**pin, "kind": "ban"})
        assert banned.status_code == 201
        other = send("auditor", "GET", f"/situations/live/drafts/{solve(send)['draft']}").json()
        assert (order["team"], pin["task"]) not in {
            (one["team"], stop["task"]) for one in other["team_orders"] for stop in one["stops"]
        }

    def test_half_a_directive_is_refused(self, send):
        for asked in ({"kind": "pin", "team": "T1"}, {"kind": "pin", "store": "S1", "incident": "I1"}, {"kind": "ban"}):
            answer = send("dispatcher", "POST", "/situations/live/directives", json=asked)
            assert answer.json()["code"] == "BadDirective"

    def test_a_closed_road_is_part_of_the_next_plan(self, send):
        closed = {"id": "C/9", "road_name": "X102"}  # as dispatchers name it
        assert send("dispatcher", "POST", "/situations/live/closures", json=closed).status_code == 201
        assert send("dispatcher", "POST", "/situations/live/closures", json=closed).json()["code"] == "ClosureTaken"
        assert "C/9" in {one["id"] for one in send("auditor", "GET", "/situations/live/closures").json()}
        assert send("dispatcher", "DELETE", "/situations/live/closures/C%2F9").status_code == 200
        bad = send("dispatcher", "POST", "/situations/live/closures", json={"id": "C8"})
        assert bad.status_code == 422

    def test_a_closed_area_is_shown_as_it_was_drawn(self, send):
        area = {"type": "Polygon", "coordinates": [[[109.1, 28.1], [109.2, 28.1], [109.2, 28.25], [109.1, 28.1]]]}
        closed = {"id": "C8", "polygon": area, "from": "2026-07-01T08:00:00+08:00", "speed_factor": "0.25"}
        made = send("dispatcher", "POST", "/situations/live/closures", json=closed).json()
        rows = send("auditor", "GET", "/situations/live/closures").json()
        assert made["polygon"] == area
        assert made in rows

    def test_an_area_that_no_plan_could_be_made_with_is_refused_and_one_on_record_is_named(self, send, engine):
        corners = [[109.1, 28.1], [109.2, 28.2], [109.2, 28.1], [109.1, 28.2], [109.1, 28.1]]  # as if in a hurry
        area = {"type": "Polygon", "coordinates": [corners]}
        closed = {"id": "C7", "polygon": area, "speed_factor": "0"}
        refused = send("dispatcher", "POST", "/situations/live/closures", json=closed)
        assert refused.status_code == 422
        assert [one["code"] for one in refused.json()["errors"]] == ["road_polygon_crosses_itself"]
        with transaction(engine) as connection:  # as it came in before
            connection.execute(closures.insert().values(situation_code="live", code="C7", content=closed))
        answer = send("dispatcher", "POST", "/situations/live/solve", json={}, headers={"Accept": "text/event-stream"})
        told = json.loads(answer.text.strip().split("\n\n")[-1].split("\n", 1)[1].removeprefix("data: "))
        assert "C7" in told["errors"][0]["message"]


class TestIncidents:
    def test_are_numbered_and_likely_duplicates_are_named(self, send):
        asked = {"kind": "flood", "severity": 4, "lat": 27.0, "lon": 109.0, "people_affected": 12,
                 "tasks": [{"capability": "flood", "service_s": 600}], "demands": {"M013": "5"}}  # fmt: skip
        first = send("dispatcher", "POST", "/situations/live/incidents", json=asked).json()
        second = send("dispatcher", "POST", "/situations/live/incidents", json=asked).json()
        assert first["code"] != second["code"]
        assert {"incident": first["code"], "metres": 0} in second["likely_same"]
        assert [task["code"] for task in first["tasks"]] == [f"{first['code']}-1"]
        merged = send("dispatcher", "POST", f"/situations/live/incidents/{second['code']}/merge",
                      json={"into": first["code"]})  # fmt: skip
        assert merged.status_code == 200
        gone = send("dispatcher", "GET", f"/situations/live/incidents/{second['code']}").json()
        assert (gone["status"], gone["merged_into"]) == ("closed", first["code"])
        twice = send("dispatcher", "POST", f"/situations/live/incidents/{second['code']}/merge",
                     json={"into": first["code"]})  # fmt: skip
        assert twice.json()["code"] == "CannotMerge"

    def test_are_edited_by_the_version_that_was_seen(self, send):
        code = send("dispatcher", "POST", "/situations/live/incidents", json={"kind": "flood", "severity": 2}).json()[
            "code"
        ]
        path = f"/situations/live/incidents/{code}"
        etag = send("dispatcher", "GET", path).headers["ETag"]
        edited = send("dispatcher", "PATCH", path, json={"severity": 5}, headers={"If-Match": etag})
        assert edited.json()["severity"] == 5
        late = send("dispatcher", "PATCH", path, json={"severity": 1}, headers={"If-Match": etag})
        assert late.status_code == 412

    def test_of_nothing_known_are_refused_by_name(self, send):
        asked = {"kind": "flood", "severity": 9, "demands": {"nothing": "1"}, "colour": "red"}
        where = {
            one["where"]
            for one in send("dispatcher", "POST", "/situations/live/incidents", json=asked).json()["errors"]
        }
        assert {"body.severity", "body.colour"} <= where
        asked = {"kind": "flood", "severity": 3, "demands": {"M999": "1"}}
        assert send("dispatcher", "POST", "/situations/live/incidents", json=asked).json()["code"] == "UnknownItem"


class TestRoadsOnAMap:
    WHOLE = "/situations/live/roads/0/0/0"

    def test_are_tiles_that_are_kept_until_they_change(self, send):
        found = send("auditor", "GET", self.WHOLE)
        assert (found.status_code, found.headers["content-type"]) == (200, "application/vnd.mapbox-vector-tile")
        again = send("auditor", "GET", self.WHOLE, headers={"If-None-Match": found.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_show_the_new_roads_once_they_were_replaced(self, send, world, tmp_path):
        at = world.network
        x, y = int((at.lon[0] / 360 + 0.5) * 2**14), self.row(float(at.lat[0]))
        path = f"/situations/live/roads/14/{x}/{y}"
        before = send("auditor", "GET", path).content
        assert before
        (tmp_path / "office" / "roads" / "live").rename(tmp_path / "gone")
        write_tables(replace(at, lat=at.lat + 1), tmp_path / "office" / "roads" / "live")
        assert send("auditor", "GET", path).content != before

    def row(self, lat: float) -> int:
        return int((0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * 2**14)

    def test_are_of_who_sees_the_situation_and_of_situations_that_have_some(self, send, engine):
        assert send("auditor", "GET", "/situations/nope/roads/0/0/0").status_code == 404
        assert send("auditor", "GET", "/situations/live/roads/15/0/0").status_code == 422
        with transaction(engine) as connection:
            connection.execute(situations.update().values(roads=None))
        assert send("auditor", "GET", self.WHOLE).json()["code"] == "NoRoads"

    def test_are_read_when_the_service_starts(self, send, client, monkeypatch):
        roads.make_ready(client.app.state.engine)
        monkeypatch.setattr(roads, "pieces_of", None)  # nothing is read again
        assert send("auditor", "GET", self.WHOLE).status_code == 200

    @pytest.mark.parametrize("spoilt", ["nodes.csv", None])
    def test_that_cannot_be_read_then_are_told_to_who_asks(self, send, client, tmp_path, spoilt):
        folder = tmp_path / "office" / "roads" / "live"
        folder.rename(tmp_path / "gone") if spoilt is None else (folder / spoilt).write_text("no, such\nfile\n")
        roads.make_ready(client.app.state.engine)
        answer = send("auditor", "GET", self.WHOLE)
        assert (answer.status_code, answer.json()["code"]) == (500, "DamagedRoads")
        assert str(tmp_path) not in answer.text  # where the office lies on the server
        streamed = send(
            "dispatcher", "POST", "/situations/live/solve", json={}, headers={"Accept": "text/event-stream"}
        )
        assert "event: problem" in streamed.text
        assert str(tmp_path) not in streamed.text
