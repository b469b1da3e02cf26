"""Signing in, staying signed in, signing out; wrong passwords; machine tokens."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api.access.tables import sessions, tokens, users
from api.access.tokens import Pass, access_token
from api.main import serve_from
from inventory.database import now, reading, transaction
from tests.api.http.conftest import COUNTY, PASSWORD, build_county


def sign(client, name="keeper", password=PASSWORD):
    return client.post("/api/v1/sign-in", json={"name": name, "password": password}, headers={"Accept-Language": "en"})


def bearer(token):
    return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}


class TestSigningIn:
    def test_gives_a_token_that_says_who_one_is(self, client, send):
        answer = send("keeper", "GET", "/me")
        assert answer.json()["name"] == "keeper"
        assert "stock.write" in answer.json()["permissions"]
        assert "plans.make" not in answer.json()["permissions"]

    def test_a_wrong_name_and_a_wrong_password_are_told_alike(self, client):
        wrong_name, wrong_password = sign(client, name="nobody-at-all"), sign(client, password="wrong")
        assert wrong_name.status_code == wrong_password.status_code == 401
        told = [{**one.json(), "request_id": ""} for one in (wrong_name, wrong_password)]
        assert told[0] == told[1]

    def test_no_token_and_a_made_up_one_are_refused(self, client, settings):
        assert client.get("/api/v1/me").status_code == 401
        at = now()
        forged = access_token("another key " * 4, Pass(1, "x"), at=at, lasts=timedelta(minutes=5))
        unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwic2lkIjoieCIsImV4cCI6OTk5OTk5OTk5OX0."
        for token in (forged, unsigned, "abc", "wdt_" + "a" * 43):
            answer = client.get("/api/v1/me", headers=bearer(token))
            assert (answer.status_code, answer.json()["code"]) == (401, "NotSignedIn")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_token_out_of_time_is_refused(self, client, settings, engine):
        sign(client)
        with reading(engine) as connection:
            row = connection.execute(select(sessions)).first()
        old = access_token(settings.key, Pass(row.user_id, row.family), at=now() - timedelta(hours=1),
                           lasts=timedelta(minutes=15))  # fmt: skip
        assert client.get("/api/v1/me", headers=bearer(old)).json()["code"] == "SessionOver"

    def test_five_wrong_passwords_lock_the_account_for_a_while(self, client, engine):
        for _ in range(4):
            assert sign(client, password="wrong").json()["code"] == "WrongPassword"
        assert sign(client, password="wrong").json()["code"] == "LockedOut"
        right = sign(client)
        assert (right.status_code, right.json()["code"]) == (429, "LockedOut")
        assert 0 < int(right.headers["Retry-After"]) <= 60
        with transaction(engine) as connection:
            connection.execute(update(users).values(locked_until=now() - timedelta(seconds=1)))
        assert sign(client).status_code == 200

    def test_each_further_wrong_password_doubles_the_pause(self, client, engine):
        pauses = []
        for _ in range(7):
            sign(client, password="wrong")
            with transaction(engine) as connection:
                until = connection.execute(select(users.c.locked_until).where(users.c.code == "keeper")).scalar()
                pauses.append(None if until is None else round((until - now()).total_seconds() / 60))
                connection.execute(update(users).values(locked_until=None))
        assert pauses == [None, None, None, None, 1, 2, 4]


class TestRefreshing:
    def test_a_refresh_token_works_once(self, client):
        first = sign(client).json()
        second = client.post("/api/v1/refresh", json={"refresh_token": first["refresh_token"]})
        assert second.status_code == 200
        assert client.get("/api/v1/me", headers=bearer(second.json()["access_token"])).status_code == 200

    def test_a_second_use_ends_the_whole_session(self, client):
        first = sign(client).json()
        second = client.post("/api/v1/refresh", json={"refresh_token": first["refresh_token"]}).json()
        stolen = client.post("/api/v1/refresh", json={"refresh_token": first["refresh_token"]})
        assert stolen.status_code == 401
        assert client.post("/api/v1/refresh", json={"refresh_token": second["refresh_token"]}).status_code == 401
        client.app.state.doorman.forget()
        assert client.get("/api/v1/me", headers=bearer(second["access_token"])).status_code == 401

    def test_signing_out_ends_the_session_at_once(self, client):
        given = sign(client).json()
        assert client.post("/api/v1/sign-out", headers=bearer(given["access_token"])).status_code == 204
        assert client.get("/api/v1/me", headers=bearer(given["access_token"])).status_code == 401
        assert client.post("/api/v1/refresh", json={"refresh_token": given["refresh_token"]}).status_code == 401

    def test_only_hashes_of_tokens_are_kept(self, client, engine):
        given = sign(client).json()
        with reading(engine) as connection:
            kept = connection.execute(select(sessions.c.refresh_hash)).scalars().all()
        assert all(given["refresh_token"] not in one for one in kept)


class TestOnesOwnPassword:
    def test_changing_it_ends_every_session(self, client, send):
        assert (
            send("keeper", "PUT", "/me/password", json={"old": PASSWORD, "new": "a better secret 9"}).status_code == 204
        )
        assert send("keeper", "GET", "/me").status_code == 401
        assert sign(client).status_code == 401
        assert sign(client, password="a better secret 9").status_code == 200

    @pytest.mark.parametrize("weak", ["short", "keeper keeper 1", "password123", "aaaaaaaaaaaa", "x" * 129])
    def test_a_weak_one_is_refused(self, send, weak):
        answer = send("keeper", "PUT", "/me/password", json={"old": PASSWORD, "new": weak})
        assert answer.status_code == 422

    def test_the_old_one_must_be_right(self, send):
        answer = send("keeper", "PUT", "/me/password", json={"old": "wrong", "new": "a better secret 9"})
        assert answer.json()["code"] == "WrongOldPassword"

    def test_a_password_that_somebody_else_set_must_be_changed_first(self, client, send):
        made = {"name": "li", "password": "given by the office", "grants": [{"role": "custodian", "place": COUNTY}]}
        assert send("root", "POST", "/users", json=made).status_code == 201
        token = sign(client, "li", "given by the office").json()
        assert token["must_change"]
        headers = bearer(token["access_token"])
        assert client.get("/api/v1/stock", headers=headers).json()["code"] == "MustChange"
        change = {"old": "given by the office", "new": "li knows this alone"}
        assert client.put("/api/v1/me/password", headers=headers, json=change).status_code == 204
        again = sign(client, "li", "li knows this alone").json()
        assert client.get("/api/v1/stock", headers=bearer(again["access_token"])).status_code == 200


class TestMachineTokens:
    def make(self, send, **more):
        asked = {"name": "city platform", "permissions": ["stock.read"], **more}
        return send("root", "POST", "/users/manager/tokens", json=asked)

    def test_one_may_do_what_it_lists_and_no_more(self, client, send):
        token = self.make(send).json()["token"]
        assert client.get("/api/v1/stock", headers=bearer(token)).status_code == 200
        assert client.get("/api/v1/stores", headers=bearer(token)).json()["code"] == "NotPermitted"

    def test_it_reaches_no_further_than_its_account(self, client, send):
        token = self.make(send).json()["token"]
        stores = {row["store"] for row in client.get("/api/v1/stock", headers=bearer(token)).json()["items"]}
        assert stores == {"S0", "S1", "S2", "S3"}

    def test_it_cannot_hold_what_its_account_does_not(self, send):
        answer = self.make(send, permissions=["users.manage"])
        assert (answer.status_code, answer.json()["code"]) == (422, "UnknownPermission")

    def test_revoked_or_out_of_time_it_is_refused(self, client, send, engine):
        token = self.make(send).json()["token"]
        assert send("root", "DELETE", "/users/manager/tokens/city platform").json() == {"changed": True}
        assert client.get("/api/v1/stock", headers=bearer(token)).status_code == 401
        other = self.make(send, name="other").json()["token"]
        with transaction(engine) as connection:
            connection.execute(update(tokens).values(expires_at=now() - timedelta(seconds=1)))
        assert client.get("/api/v1/stock", headers=bearer(other)).json()["code"] == "SessionOver"

    def test_a_name_is_used_once(self, send):
        assert self.make(send).status_code == 201
        assert (self.make(send).status_code, self.make(send).json()["code"]) == (409, "TokenTaken")

    def test_a_token_makes_no_tokens(self, client, send):
        made = send("root", "POST", "/users/root/tokens", json={"name": "x", "permissions": ["users.manage"]}).json()
        answer = client.post(
            "/api/v1/users/root/tokens", headers=bearer(made["token"]),
            json={"name": "y", "permissions": ["users.manage"]},
        )  # fmt: skip
        assert answer.json()["code"] == "NotPermitted"


def test_a_closed_account_is_out_everywhere(client, send):
    token = sign(client).json()
    etag = send("root", "GET", "/users/keeper").headers["ETag"]
    closed = send("root", "PATCH", "/users/keeper", json={"status": "disabled"}, headers={"If-Match": etag})
    assert closed.json()["status"] == "disabled"
    assert client.get("/api/v1/me", headers=bearer(token["access_token"])).status_code == 401
    assert client.post("/api/v1/refresh", json={"refresh_token": token["refresh_token"]}).status_code == 401
    assert sign(client).json()["code"] == "WrongPassword"


def test_a_service_without_any_account_says_so(app, engine, page):
    serve_from(app, engine)
    client = TestClient(app)
    answer = client.get("/api/v1/sign-in")
    page.check(answer)
    assert answer.json() == {"accounts": False, "oidc": False}
    build_county(engine)
    assert client.get("/api/v1/sign-in").json()["accounts"]
