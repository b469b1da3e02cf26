"""Why a plan is as it is, over HTTP: at once the second time, and still there when the situation has gone on."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api import reasons
from api.reasons import AskWhy, check_said, reasons_by
from api.settings import home
from api.solvers import SolveTooLong
from scenarios.report.labels import Label
from tests.api.http.test_dispatch import approve, client, fill, solve

__all__ = ["client", "fill"]
INCIDENT = {
    "kind": "landslide", "severity": 4, "lat": 27.01, "lon": 109.0, "people_affected": 3, "demands": {"M013": "2"},
    "tasks": [{"capability": "search_rescue", "service_s": 600}],
}  # fmt: skip


class Explains:
    """In this very process; counts how often it was asked."""

    asked = 0

    @contextmanager
    def solving(self, ask: AskWhy, *, limit_s: float | None = None) -> Iterator[object]:
        def run() -> Iterator[tuple[str, object]]:
            self.asked += 1
            yield "phase", "phase.why.alternatives"
            for found in reasons_by(ask, lambda _: None):
                yield "found", found

        yield run()

    def warm(self) -> None: ...


@pytest.fixture
def explains(app, client) -> Explains:
    app.state.explainers = Explains()
    yield app.state.explainers
    app.state.explainers = None


def ask(send, path, who="auditor", **more):
    return send(who, "GET", f"/situations/live/{path}", **more)


class TestChoices:
    def test_name_every_stop_and_need_with_practice_beside_each_incident(self, send, explains):
        number = solve(send)["draft"]
        plan = ask(send, f"drafts/{number}").json()
        found = ask(send, f"drafts/{number}/choices").json()
        stops = {(order["team"], stop["task"]) for order in plan["team_orders"] for stop in order["stops"]}
        assert {(one["team"], one["task"]) for one in found["teams"]} == stops
        assert {(one["incident"], one["item"]) for one in found["supplies"]} == {
            (one["incident"], one["item"]) for one in plan["shipments"]
        }
        assert all(one["said"]["zh"] and one["said"]["en"] for one in found["teams"])
        by_incident = {one["incident"]: one for one in found["incidents"]}
        assert by_incident
        for code, one in by_incident.items():
            arrivals = [s["arrive_s"] for o in plan["team_orders"] for s in o["stops"] if s["incident"] == code]
            assert one["plan"]["first_team_s"] == min(arrivals, default=None)
            assert one["plan"]["teams"] == len(arrivals)
            assert one["practice"]["teams"] <= one["teams_needed"]

    def test_of_one_team_or_incident_alone_and_at_once_the_second_time(self, send, explains):
        number = solve(send)["draft"]
        whole = ask(send, f"drafts/{number}/choices").json()
        team, incident = whole["teams"][0]["team"], whole["supplies"][0]["incident"]
        one = ask(send, f"drafts/{number}/choices?team={team}").json()
        assert {row["team"] for row in one["teams"]} == {team}
        assert one["supplies"] == []
        here = ask(send, f"drafts/{number}/choices?incident={incident}").json()
        assert {row["incident"] for row in (*here["supplies"], *here["incidents"])} == {incident}
        assert explains.asked == 1

    def test_a_plan_is_explained_from_what_it_was_made_of_however_things_go_on(self, send, explains):
        number = solve(send)["draft"]
        before = ask(send, f"drafts/{number}/choices").json()
        done = approve(send, number)
        assert done.status_code == 201, done.text
        assert send("dispatcher", "POST", "/situations/live/incidents", json=INCIDENT).status_code == 201
        after = ask(send, f"plans/{done.json()['plan']}/choices")
        assert after.status_code == 200, after.text
        assert after.json()["plan_sha256"] == before["plan_sha256"]

    def test_a_plan_of_the_command_line_can_be_explained_too(self, send, explains, database_url, tmp_path, monkeypatch):
        from api.situation import solve_live

        monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
        done = solve_live(out=tmp_path / "plan.json", commit=True, actor="officer").committed
        assert send("dispatcher", "POST", "/situations/live/incidents", json=INCIDENT).status_code == 201
        assert ask(send, f"plans/{done.plan}/choices").json()["teams"]

    def test_what_is_not_kept_is_made_again_as_long_as_nothing_has_changed(self, send, explains):
        number = solve(send)["draft"]
        shutil.rmtree(home() / "problems")
        assert ask(send, f"drafts/{number}/choices").status_code == 200
        shutil.rmtree(home() / "problems")
        assert send("dispatcher", "POST", "/situations/live/incidents", json=INCIDENT).status_code == 201
        refused = ask(send, f"drafts/{number}/choices")
        assert (refused.status_code, refused.json()["code"]) == (409, "ProblemForgotten")
        assert "plan again" in refused.json()["detail"]

    def test_a_new_name_is_said_at_once(self, send, explains, engine):
        from sqlalchemy import update

        from inventory.database import transaction
        from inventory.tables.forces import teams

        number = solve(send)["draft"]
        ask(send, f"drafts/{number}/choices")
        with transaction(engine) as connection:
            connection.execute(update(teams).values(name="某某队", name_en="Some Team"))
        assert "Some Team" in json.dumps(ask(send, f"drafts/{number}/choices").json()["teams"])
        assert explains.asked == 2

    def test_who_may_read_no_plans_and_who_asks_for_none(self, send, explains):
        number = solve(send)["draft"]
        assert ask(send, f"drafts/{number}/choices", who="elsewhere").status_code == 404
        assert ask(send, f"drafts/{number + 9}/choices").json()["code"] == "UnknownDraft"
        assert ask(send, "plans/77/why").json()["code"] == "UnknownPlan"
        assert explains.asked == 0


class TestTheWhole:
    def test_is_told_with_its_phases_and_kept(self, send, explains):
        number = solve(send)["draft"]
        path = f"drafts/{number}/why"
        events = ask(send, path, headers={"Accept": "text/event-stream"}).text.strip().split("\n\n")
        kinds = [event.split("\n")[0] for event in events]
        assert kinds == ["event: phase", "event: why"]
        told = json.loads(events[-1].split("\n", 1)[1].removeprefix("data: "))
        kept = ask(send, path).json()
        assert kept == told
        assert kept["plan_sha256"] == ask(send, f"drafts/{number}/choices").json()["plan_sha256"]
        assert explains.asked == 1  # the choices were kept on the way

    def test_what_does_not_end_in_time_says_so_and_leaves_the_choices(self, send, explains, monkeypatch):
        number = solve(send)["draft"]
        monkeypatch.setattr(reasons, "_whole", too_long)
        refused = ask(send, f"drafts/{number}/why")
        assert (refused.status_code, refused.json()["code"]) == (503, "WhyTooLong")
        assert ask(send, f"drafts/{number}/choices").status_code == 200
        assert explains.asked == 1

    def test_an_error_is_an_event_where_events_were_asked_for(self, send, explains, monkeypatch):
        number = solve(send)["draft"]
        monkeypatch.setattr(reasons, "_problem_again", forgotten)
        answer = ask(send, f"drafts/{number}/why", headers={"Accept": "text/event-stream"})
        assert json.loads(answer.text.strip().split("data: ")[-1])["code"] == "ProblemForgotten"
        assert ask(send, f"drafts/{number}/why").status_code == 409


def too_long(*_: object) -> str:
    raise SolveTooLong(limit_s=120)


def forgotten(*_: object) -> object:
    raise reasons.ProblemForgotten(plan=1)


def test_a_task_is_called_by_its_parts():
    said = check_said("S1/M003/L%2F1/PUT_AWAY", {"S1": Label("一库", "Store One")}, {"M003": Label("折叠床", "bed")})
    assert said == Label("一库的折叠床（L/1）上架登记", "putting away of bed (L/1) in Store One")
    assert check_said("something else", {}, {}) is None


def test_only_the_newest_problems_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))
    monkeypatch.setattr(reasons, "KEPT_PROBLEMS", 2)
    for number in range(4):
        folder = tmp_path / "problems" / str(number)
        folder.mkdir(parents=True)
        reasons._write(folder / "problem.json.gz", "{}")
        os.utime(folder, (number, number))
    reasons._forget_old(tmp_path / "problems" / "3")
    assert sorted(one.name for one in (tmp_path / "problems").iterdir()) == ["2", "3"]
