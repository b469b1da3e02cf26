"""Accounts: who may make them, how far a grant reaches, and what the audit log keeps."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.access.scope import Grant
from api.access.users import LastAdministrator, set_grants, set_status
from inventory.database import now, transaction
from tests.api.http.conftest import COUNTY, OTHER_COUNTY, TOWN


@pytest.fixture
def local(send):
    """An administrator of one county."""
    made = {"name": "local", "password": "zebra crossing 7", "grants": [{"role": "administrator", "place": COUNTY}]}
    assert send("root", "POST", "/users", json=made).status_code == 201
    return "local"


class TestGiving:
    @pytest.fixture(autouse=True)
    def settled(self, send, local, client, engine):
        from sqlalchemy import update

        from api.access.tables import users

        with transaction(engine) as connection:
            connection.execute(update(users).where(users.c.code == local).values(must_change=False))

    def add(self, send, place, role="custodian"):
        grants = [{"role": role, "place": place}]
        return send("local", "POST", "/users", json={"name": "li", "password": "quite a secret", "grants": grants})

    def test_a_county_administrator_appoints_in_the_county(self, send):
        assert self.add(send, TOWN).status_code == 201

    @pytest.mark.parametrize("place", [OTHER_COUNTY, None])
    def test_and_nowhere_else(self, send, place):
        answer = self.add(send, place)
        assert (answer.status_code, answer.json()["code"]) == (403, "TooMuch")

    def test_sees_only_accounts_of_the_county(self, send):
        names = {row["name"] for row in send("local", "GET", "/users").json()}
        assert "keeper" in names
        assert not {"root", "nobody"} & names
        assert send("local", "GET", "/users/root").status_code == 404

    def test_cannot_touch_the_administrator_of_everything(self, send):
        answer = send("local", "PUT", "/users/root/password", json={"password": "taken over 123"},
                      headers={"If-Match": "*"})  # fmt: skip
        assert answer.status_code == 404

    def test_an_unknown_division_is_told(self, send):
        grants = [{"role": "custodian", "place": "999999000000"}]
        asked = {"name": "li", "password": "quite a secret", "grants": grants}
        assert send("root", "POST", "/users", json=asked).json()["code"] == "UnknownPlace"


class TestTheLastAdministrator:
    def test_stays(self, client, engine):
        with pytest.raises(LastAdministrator), transaction(engine) as connection:
            set_status(connection, "root", "disabled", at=now(), by=None)
        with pytest.raises(LastAdministrator), transaction(engine) as connection:
            set_grants(connection, "root", [Grant("administrator", COUNTY)], by=None)


class TestEdits:
    def test_need_the_version_they_were_made_from(self, send):
        answer = send("root", "PATCH", "/users/keeper", json={"lang": "en"})
        assert (answer.status_code, answer.json()["code"]) == (428, "NoMatchGiven")

    def test_of_another_version_are_refused(self, send):
        etag = send("root", "GET", "/users/keeper").headers["ETag"]
        assert (
            send("root", "PATCH", "/users/keeper", json={"lang": "en"}, headers={"If-Match": etag}).status_code == 200
        )
        late = send("root", "PATCH", "/users/keeper", json={"lang": "zh"}, headers={"If-Match": etag})
        assert (late.status_code, late.json()["code"]) == (412, "EditedSince")

    def test_are_on_record_with_before_and_after(self, send):
        etag = send("root", "GET", "/users/keeper").headers["ETag"]
        send("root", "PATCH", "/users/keeper", json={"lang": "en"}, headers={"If-Match": etag, "X-Request-ID": "abc-1"})
        (row,) = send("root", "GET", "/audit?action=users.edit").json()["items"]
        assert (row["actor"], row["code"], row["request_id"]) == ("root", "keeper", "abc-1")
        assert (row["before"]["lang"], row["after"]["lang"]) == ("zh", "en")
        assert "password" not in str(row)


def test_the_audit_log_cannot_be_changed(client, send, engine):
    send("root", "POST", "/users", json={"name": "li", "password": "quite a secret", "grants": []})
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))


def test_a_password_is_in_no_answer_that_is_kept(client, send, engine):
    send("root", "POST", "/users", json={"name": "li", "password": "quite a secret"}, headers={"Idempotency-Key": "k"})
    with engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM answers")).all())
    assert "quite a secret" not in kept
