"""Goods that came, of a plan that was put in force more than once: two numbers, the same goods."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from inventory.database import now, transaction
from inventory.ledger.post import Act
from scenarios.commit import commit_plan
from scenarios.exchange.plan import parse_plan_text
from scenarios.tables import plans
from tests.api.http.conftest import Sender
from tests.api.http.test_after_action import client, fill, plan, report  # noqa: F401  (fixtures: units of plan 1 have left)


def received(send: Sender, number: int, load: Any, quantity: Decimal) -> Any:
    path = f"/situations/live/plans/{number}/shipments/{load['id']}/received"
    return send("dispatcher", "POST", path, json={"quantity": str(quantity)})


def given_up_and_back(send: Sender, engine: Engine) -> int:
    assert send("dispatcher", "POST", "/situations/live/plan/cancel", json={}).status_code == 200
    return int(send("dispatcher", "POST", "/situations/live/plans/1/rollback", json={}).json()["plan"])


def approved_again(send: Sender, engine: Engine) -> int:
    """As two drafts of one content are."""
    with transaction(engine) as connection:
        content = connection.execute(select(plans.c.content).where(plans.c.id == 1)).scalar_one()
        again = parse_plan_text(content, source="plan 1")
        return commit_plan(connection, again, act=Act(actor="other", reason="PLAN", at=now())).plan


@pytest.mark.parametrize("put_in_force", [given_up_and_back, approved_again])
def test_they_came_once_under_whichever_number(
    send: Sender,
    engine: Engine,
    plan: Any,  # noqa: F811
    put_in_force: Any,
) -> None:
    load = next(one for one in plan["shipments"] if one["store"] == "S1" and not one.get("task"))
    units = Decimal(load["quantity"])
    assert units > 3
    assert received(send, 1, load, Decimal(1)).status_code == 201
    again = put_in_force(send, engine)
    assert again != 1
    beyond = received(send, again, load, units)
    assert (beyond.status_code, beyond.json()["code"]) == (409, "NotLeftYet")
    for number in (again, 1):
        answer = received(send, number, load, Decimal(1))
        assert answer.status_code == 201, answer.text
    rows = send("dispatcher", "GET", f"/shipments?code={load['id']}").json()["items"]
    assert {(row["plan"], row["received"]) for row in rows} == {(1, "3"), (again, "3")}
    needs = {(row["incident"], row["item"]): row["received"] for row in report(send)["needs"]}
    assert needs[load["incident"], load["item"]] == "3"
