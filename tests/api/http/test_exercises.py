"""An exercise runs as the live situation does, on the real stock, and leaves no trace in it."""

import hashlib
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from inventory.database import now, reading, transaction
from inventory.ledger.verify import verify
from inventory.tables import metadata
from inventory.tables.forces import teams
from inventory.tables.stock import operations
from scenarios.tables import orders, plans, progress, shipments, situations
from tests.api.http.conftest import Sender
from tests.api.http.test_dispatch import client, fill  # noqa: F401  (the hamlet as the live situation)

DRILL = {"code": "drill", "title_zh": "防汛演练", "title_en": "Flood drill", "as_of": "2024-06-03T08:30:00+08:00"}
# what may grow: the happenings of an exercise, and who did what over HTTP
OF_SITUATIONS = {
    "situations", "incidents", "incident_tasks", "incident_demands", "closures", "directives", "drafts", "plans",
    "shipments", "team_orders", "team_progress", "exercise_entries", "exercise_lines",
}  # fmt: skip
OF_CALLERS = {"audit", "answers", "sessions"}


def real(engine: Engine) -> dict[str, str]:
    """A digest of each table that no exercise may touch; of shared tables, of the rows of the live situation."""
    found = {}
    of_live = {
        "situations": select(situations).where(situations.c.kind == "live"),
        "plans": select(plans).where(plans.c.situation_code == "live").order_by(plans.c.id),
        "team_progress": select(progress).where(progress.c.situation_code == "live").order_by(progress.c.id),
        "team_orders": select(orders).join(plans).where(plans.c.situation_code == "live").order_by(orders.c.id),
        "shipments": select(shipments).join(plans).where(plans.c.situation_code == "live").order_by(shipments.c.code),
    }
    with reading(engine) as connection:
        for name in sorted(metadata.tables.keys() - OF_CALLERS - OF_SITUATIONS):
            rows = sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        for name, wanted in of_live.items():
            found[name] = repr(connection.execute(wanted).all())
        assert verify(connection).differences == ()
    assert {"operations", "movements", "balances", "reservations", "stock_heads", "teams", "numbers"} <= found.keys()
    return found


def ok(answer: Any, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def opened(send: Sender, **more: Any) -> None:
    """With an incident that needs a team and goods."""
    ok(send("dispatcher", "POST", "/situations", json={**DRILL, **more}))
    flood = {"kind": "flood", "severity": 4, "lat": 27.01, "lon": 109.0, "demands": {"M013": "12"},
             "tasks": [{"capability": "search", "service_s": 600}]}  # fmt: skip
    ok(send("dispatcher", "POST", "/situations/drill/incidents", json=flood))


def solved(send: Sender, situation: str = "drill", **asked: Any) -> tuple[int, Any]:
    """The number of the draft, and the plan."""
    number = ok(send("dispatcher", "POST", f"/situations/{situation}/solve", json=asked), 200)["draft"]
    return number, ok(send("auditor", "GET", f"/situations/{situation}/drafts/{number}"), 200)


def drafted(send: Sender) -> bytes:
    """The plan that the live situation would have now."""
    number = ok(send("dispatcher", "POST", "/situations/live/solve", json={"replan": True}), 200)["draft"]
    return bytes(send("auditor", "GET", f"/situations/live/drafts/{number}").content)


def approved(send: Sender, number: int, situation: str = "drill") -> Any:
    return ok(send("dispatcher", "POST", f"/situations/{situation}/drafts/{number}/approve", json={}))


def held(send: Sender) -> tuple[Decimal, Decimal]:
    """Units kept, units out."""
    found = ok(send("auditor", "GET", "/situations/drill/held"), 200)
    return tuple(sum((Decimal(row["quantity"]) for row in found[name]), Decimal(0)) for name in ("kept", "out"))  # type: ignore[return-value]


def shipped(plan: Any) -> Decimal:
    return sum((Decimal(str(row["quantity"])) for row in plan["shipments"]), Decimal(0))


def test_a_whole_exercise_leaves_everything_real_as_it_was(send: Sender, engine: Engine) -> None:
    more = {"store": "S1", "item": "M013", "quantity": "1000", "lot": "L9", "bin": "A1", "expires": "2040-01-01"}
    ok(send("root", "POST", "/stock/receive", json=more))  # the live plan leaves some
    live_before = approved(send, solved(send, "live")[0], "live")["plan"]
    live_plan = send("auditor", "GET", "/situations/live/plan").content
    before, replanned = real(engine), drafted(send)

    opened(send)
    number, plan = solved(send)
    first = approved(send, number)
    assert held(send) == (shipped(plan), 0)
    assert shipped(plan) > 0
    for order in plan["team_orders"]:
        for state in ("en_route", "on_scene"):
            report = {"team": order["team"], "task": order["stops"][0]["task"], "state": state}
            made = ok(send("dispatcher", "POST", "/situations/drill/progress", json=report))
            assert made["report"]["at"].startswith("2024-06-03T00:30")  # by the clock of the exercise
    assert plan["team_orders"]
    kept = {"reference": "plan:drill"}
    issued = ok(send("root", "POST", "/stock/issue-reserved", json=kept))
    assert issued["exercise"] == "drill"
    assert sum(Decimal(row["quantity"]) for row in issued["taken"]) == shipped(plan)
    assert held(send) == (0, shipped(plan))
    line = plan["shipments"][0]
    back = {"store": line["store"], "item": line["item"], "quantity": "2", "lot": line["lot"]}
    assert ok(send("root", "POST", "/stock/return", json={**back, **kept}))["exercise"] == "drill"
    by_hand = ok(send("root", "POST", "/stock/issue", json={**back, **kept, "quantity": "1"}))
    assert [row["quantity"] for row in by_hand["taken"]] == ["1"]
    assert held(send) == (0, shipped(plan) - 1)

    second_flood = {"kind": "flood", "severity": 5, "lat": 27.0, "lon": 109.0, "demands": {"M013": "5"}}
    ok(send("dispatcher", "POST", "/situations/drill/incidents", json=second_flood))
    again, plan2 = solved(send, replan=True)
    assert {row["incident"] for row in plan2["shipments"]} != {row["incident"] for row in plan["shipments"]}
    ok(send("auditor", "GET", f"/situations/drill/drafts/{again}/diff"), 200)
    assert approved(send, again)["replaces"] == first["plan"]
    assert held(send)[0] == shipped(plan2)
    ok(send("dispatcher", "POST", f"/situations/drill/plans/{first['plan']}/rollback", json={}), 200)
    assert held(send) == (0, shipped(plan) - 1)  # it left under that plan: nothing of it is kept anew

    assert drafted(send) == replanned  # byte for byte, while the exercise has all of it out
    assert send("auditor", "GET", "/situations/live/plan").content == live_plan
    over = ok(send("dispatcher", "POST", "/situations/drill/close", json={}), 200)
    assert sum(Decimal(row["quantity"]) for row in over["returned"]) == shipped(plan) - 1
    assert held(send) == (0, 0)
    told = [one["kind"] for one in ok(send("auditor", "GET", "/situations/drill/after-action"), 200)["events"]]
    assert {"plan_approved", "stock_issued", "team_on_scene", "plan_rolled_back"} <= set(told)
    assert real(engine) == before
    assert live_before == 1


def test_it_sees_the_real_stock_less_what_it_has_out_and_never_its_own_reservations(send: Sender) -> None:
    opened(send)
    number, plan = solved(send)
    assert solved(send, "live")[1]["shipments"]  # the live situation still has everything
    approved(send, number)
    assert solved(send)[1]["shipments"] == plan["shipments"]  # what it keeps is there for its re-plan
    ok(send("root", "POST", "/stock/issue-reserved", json={"reference": "plan:drill"}))
    assert not solved(send)[1]["shipments"]  # what it sent has met the need
    store, item = plan["shipments"][0]["store"], plan["shipments"][0]["item"]
    there = sum(
        Decimal(row["quantity"]) for row in ok(send("root", "GET", f"/stock?store={store}&item={item}"), 200)["items"]
    )
    gone = sum(
        Decimal(str(row["quantity"])) for row in plan["shipments"] if (row["store"], row["item"]) == (store, item)
    )
    asked = {"store": store, "item": item, "quantity": str(there), "reference": "plan:drill"}
    refused = send("root", "POST", "/stock/issue", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "InsufficientStock")
    assert Decimal(refused.json()["facts"]["available"]) == there - gone
    ok(send("root", "POST", "/stock/issue", json={**asked, "quantity": str(there - gone)}))
    more = {"kind": "flood", "severity": 5, "lat": 27.0, "lon": 109.0, "demands": {item: "45"}}
    ok(send("dispatcher", "POST", "/situations/drill/incidents", json=more))
    rest = solved(send)[1]["shipments"]
    assert rest  # of the other store
    assert (store, item) not in {(row["store"], row["item"]) for row in rest}


def test_a_plan_is_refused_where_the_exercise_drew_the_stock_otherwise(send: Sender) -> None:
    opened(send)
    number, plan = solved(send)
    for row in plan["shipments"]:
        there = ok(send("root", "GET", f"/stock?store={row['store']}&item={row['item']}"), 200)["items"]
        asked = {"store": row["store"], "item": row["item"], "lot": row["lot"], "reference": "plan:drill",
                 "quantity": next(one["quantity"] for one in there if one["lot"] == row["lot"])}  # fmt: skip
        ok(send("root", "POST", "/stock/issue", json=asked))
    refused = send("dispatcher", "POST", f"/situations/drill/drafts/{number}/approve", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "PlanStale")
    assert held(send)[0] == 0


def test_what_the_live_situation_takes_meanwhile_is_gone_for_the_exercise(send: Sender) -> None:
    opened(send)
    number, plan = solved(send)
    approved(send, number)
    row = plan["shipments"][0]
    for line in ok(send("root", "GET", f"/stock?store={row['store']}&item={row['item']}"), 200)["items"]:
        lost = {"store": row["store"], "item": row["item"], "lot": line["lot"], "quantity": line["quantity"],
                "state": "serviceable", "reason": "LOSS"}  # fmt: skip
        ok(send("root", "POST", "/stock/write-off", json=lost))
    refused = send("root", "POST", "/stock/issue-reserved", json={"reference": "plan:drill"})
    assert (refused.status_code, refused.json()["code"]) == (409, "InsufficientStock")
    assert held(send) == (shipped(plan), 0)


def test_teams_are_those_of_the_exercise_alone(send: Sender) -> None:
    opened(send)
    number, plan = solved(send, "live")
    approved(send, number, "live")
    for order in plan["team_orders"]:
        report = {"team": order["team"], "task": order["stops"][0]["task"], "state": "on_scene"}
        ok(send("dispatcher", "POST", "/situations/live/progress", json=report))
    before = solved(send, "live", replan=True)[1]
    number, drilled = solved(send)
    assert drilled["team_orders"]  # every team is free to play
    approved(send, number)
    order = drilled["team_orders"][0]
    report = {"team": order["team"], "task": order["stops"][0]["task"], "state": "on_scene"}
    ok(send("dispatcher", "POST", "/situations/drill/progress", json=report))
    stays = solved(send, replan=True)[1]["team_orders"]
    assert report["task"] in [stop["task"] for one in stays if one["team"] == order["team"] for stop in one["stops"]]
    assert solved(send, "live", replan=True)[1] == before


def test_a_team_that_is_out_may_still_play(send: Sender, engine: Engine) -> None:
    opened(send)
    with transaction(engine) as connection:
        connection.execute(update(teams).values(status="out"))
    assert solved(send)[1]["team_orders"]
    assert not solved(send, "live")[1]["team_orders"]


def test_closing_ends_it_for_good_and_never_the_live_situation(send: Sender) -> None:
    opened(send)
    number, _ = solved(send)
    approved(send, number)
    taken = send("dispatcher", "POST", "/situations", json=DRILL)
    assert (taken.status_code, taken.json()["code"]) == (409, "SituationTaken")
    live = send("dispatcher", "POST", "/situations/live/close", json={})
    assert (live.status_code, live.json()["code"]) == (409, "NotAnExercise")
    assert ok(send("dispatcher", "POST", "/situations/drill/close", json={}), 200)["released"]
    for path, asked in (
        ("/situations/drill/close", {}), ("/situations/drill/solve", {}),
        ("/situations/drill/incidents", {"kind": "flood", "severity": 1}),
        ("/situations/drill/plans/1/rollback", {}), ("/situations/drill/closures", {"id": "C9", "road_name": "X101"}),
        ("/situations/drill/progress", {"team": "T1", "task": "K", "state": "done"}),
        ("/stock/issue-reserved", {"reference": "plan:drill"}),
    ):  # fmt: skip
        refused = send("root", "POST", path, json=asked)
        assert (refused.status_code, refused.json()["code"]) == (409, "SituationClosed"), path
    assert ok(send("auditor", "GET", "/situations/drill"), 200)["closed_at"]
    assert [row["status"] for row in ok(send("auditor", "GET", "/plans?situation=drill"), 200)["items"]] == [
        "cancelled"
    ]


def test_its_incidents_use_up_no_number_of_the_live_series(send: Sender) -> None:
    opened(send)
    ok(send("dispatcher", "POST", "/situations/drill/incidents", json={"kind": "flood", "severity": 1}))
    code = ok(send("dispatcher", "POST", "/situations/live/incidents", json={"kind": "flood", "severity": 1}))["code"]
    assert code.endswith("-0001")


def test_a_request_sent_twice_is_done_once(send: Sender) -> None:
    opened(send)
    number, plan = solved(send)
    approved(send, number)
    key = {"Idempotency-Key": "k1"}
    answers = [send("root", "POST", "/stock/issue-reserved", json={"reference": "plan:drill"}, headers=key).json()
               for _ in range(2)]  # fmt: skip
    assert answers[0] == answers[1]
    assert held(send) == (0, shipped(plan))


@pytest.mark.parametrize(
    ("path", "more", "code"),
    [
        ("/stock/issue", {"override": {"person": "P", "reason": "urgent"}, "quantity": "1"}, "NotInExercise"),
        ("/stock/return", {"quantity": "1"}, "InsufficientStock"),
        ("/stock/return", {"quantity": "1", "reference": "drill"}, "UnknownOrder"),
        ("/stock/issue", {"quantity": "1.5", "lot": "none"}, "InsufficientStock"),
        ("/stock/reserve", {"quantity": "1"}, "OwnedReference"),
    ],
)
def test_what_cannot_be_in_an_exercise_is_refused(send: Sender, path: str, more: Any, code: str) -> None:
    opened(send)
    asked = {"store": "S1", "item": "M013", "reference": "plan:drill", **more}
    assert send("root", "POST", path, json=asked).json()["code"] == code


def test_the_database_itself_refuses_an_exercise_the_ledger(send: Sender, engine: Engine) -> None:
    opened(send)
    approved(send, solved(send, "live")[0], "live")
    act = {"kind": "ISSUE", "scope": "x", "actor": "x", "reason": "RESCUE", "recorded_at": now()}
    with transaction(engine) as connection:  # of the live plan it may be
        number = connection.execute(
            insert(operations).returning(operations.c.id), {**act, "reference": "plan:live"}
        ).scalar_one()
    kept = "INSERT INTO reservations (operation_id, balance_id, quantity, reference) VALUES (1, 1, 1, 'plan:drill')"
    plan = {"situation_code": "drill", "sha256": "0", "problem_sha256": "0", "status": "superseded", "content": "{}",
            "operation_id": number, "recorded_at": now(), "actor": "x"}  # fmt: skip
    wrong = ((insert(operations), {**act, "reference": "plan:drill"}), (text(kept), {}), (insert(plans), plan))
    for statement, values in wrong:
        with pytest.raises(IntegrityError, match="never touches real stock"), engine.begin() as connection:
            connection.execute(statement, values)
