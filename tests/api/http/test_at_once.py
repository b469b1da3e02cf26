"""Two at work on the same at the same moment: the second sees what the first did, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, update

from api.access.tables import users
from inventory.database import now, one_at_a_time, reading, transaction
from inventory.ledger.post import Act
from inventory.tables.places import people
from scenarios.drafts import approve_draft, find_draft
from scenarios.progress import report_progress
from scenarios.relief_tables import shelters
from scenarios.reported import edit_incident
from scenarios.tables import orders, plans
from tests.api.http.conftest import Sender
from tests.api.http.test_dispatch import approve, client, fill, solve  # noqa: F401  (the hamlet as the live situation)


def at_once(engine: Engine, first: Callable[[Connection], object], second: Callable[[], Any]) -> Any:
    """What `second` is answered that begins while `first` is done and not yet committed."""
    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as connection:
            first(connection)
            answer = pool.submit(second)
            sleep(0.5)
        return answer.result(30)


def by(actor: str = "other") -> Act:
    return Act(actor=actor, reason="PLAN", at=now())


def renamed(connection: Connection) -> None:
    one_at_a_time(connection, "import")  # as whoever writes people does
    connection.execute(update(people).where(people.c.code == "P77").values(name="乙"))


class TestAnEditFromAnOldVersion:
    """Both read the same version; the second edit would undo the first without knowing of it."""

    @pytest.fixture
    def there(self, send: Sender) -> dict[str, str]:
        incident = send("root", "POST", "/situations/live/incidents", json={"kind": "flood", "severity": 3}).json()
        county = send("root", "GET", "/places?limit=1").json()["items"][0]["code"]
        shelter = {"code": "A1", "name": "一中", "capacity": 100, "place": county}
        assert send("root", "POST", "/shelters", json=shelter).status_code == 201
        assert send("root", "POST", "/people", json={"code": "P77", "name": "甲"}).status_code == 201
        return {"incidents": f"/situations/live/incidents/{incident['code']}", "shelters": "/shelters/A1",
                "people": "/people/P77", "users": "/users/auditor"}  # fmt: skip

    @pytest.mark.parametrize("what", ["incidents", "shelters", "people", "users"])
    def test_is_refused_though_the_newer_one_was_not_committed_when_it_came(
        self, send: Sender, engine: Engine, there: dict[str, str], what: str
    ) -> None:
        path = there[what]
        tag = send("root", "GET", path).headers["ETag"]
        first: dict[str, Callable[[Connection], object]] = {
            "incidents": lambda c: edit_incident(c, path.rpartition("/")[2], facts={"severity": 5}, tasks=None,
                                                 demands=None),
            "shelters": lambda c: c.execute(update(shelters).values(capacity=50)),
            "people": renamed,
            "users": lambda c: c.execute(update(users).where(users.c.code == "auditor").values(lang="en")),
        }  # fmt: skip
        edit = {"incidents": {"severity": 1}, "shelters": {"capacity": 10}, "people": {"name": "丙"},
                "users": {"status": "disabled"}}  # fmt: skip
        answer = at_once(
            engine, first[what], lambda: send("root", "PATCH", path, json=edit[what], headers={"If-Match": tag})
        )
        assert (answer.status_code, answer.json().get("code")) == (412, "EditedSince")


class TestAPlan:
    def test_is_approved_once(self, send: Sender, engine: Engine) -> None:
        made = solve(send)["draft"]

        def first(connection: Connection) -> None:
            found, _ = find_draft(connection, made)
            approve_draft(connection, made, now=found.basis, act=by())

        answer = at_once(engine, first, lambda: approve(send, made))
        assert (answer.status_code, answer.json()["code"]) == (409, "DraftDone")
        with reading(engine) as connection:
            assert connection.execute(select(func.count()).select_from(plans)).scalar_one() == 1


class TestTeams:
    def ordered(self, send: Sender) -> dict[str, str]:
        assert approve(send, solve(send)["draft"]).status_code == 201
        row = send("auditor", "GET", "/orders").json()["items"][0]
        return {"team": row["team"], "task": row["task"]}

    def test_who_is_on_the_way_is_not_sent_back_by_a_late_acknowledgement(self, send: Sender, engine: Engine) -> None:
        order = self.ordered(send)
        answer = at_once(
            engine, lambda c: report_progress(c, **order, state="en_route", act=by()),
            lambda: send("dispatcher", "POST", "/situations/live/progress", json={**order, "state": "acknowledged"}),
        )  # fmt: skip
        assert answer.status_code == 201
        with reading(engine) as connection:
            status = select(orders.c.status).where(orders.c.team == order["team"], orders.c.task == order["task"])
            assert connection.execute(status).scalar_one() == "en_route"

    def test_a_report_while_a_plan_is_replaced_counts_under_the_new_one(self, send: Sender, engine: Engine) -> None:
        order = self.ordered(send)
        again = solve(send, replan=True)["draft"]

        def first(connection: Connection) -> None:
            found, _ = find_draft(connection, again)
            approve_draft(connection, again, now=found.basis, act=by())

        answer = at_once(
            engine, first,
            lambda: send("dispatcher", "POST", "/situations/live/progress", json={**order, "state": "on_scene"}),
        )  # fmt: skip
        assert answer.status_code == 201
        in_force = select(orders.c.status).join(plans).where(plans.c.status == "committed")
        with reading(engine) as connection:
            found = connection.execute(in_force.where(orders.c.team == order["team"], orders.c.task == order["task"]))
            assert found.scalar_one() == "on_scene"
