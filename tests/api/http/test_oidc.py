"""Sign-in with an identity provider: one written here stands in for the county's."""

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import ValidationError
from sqlalchemy import select, update

from api import cli
from api.access.tables import audit, sessions, users
from api.http.oidc import OidcRefused, Provider
from api.http.settings import ServiceSettings
from api.main import create_app, serve_from
from inventory.database import now, reading, transaction
from tests.api.http.conftest import PASSWORD
from tests.api.http.identity import CLIENT, CLIENT_SECRET, ISSUER, KEY, County

HOST = "https://wuding.example.cn"
SET = {"oidc_issuer": ISSUER, "oidc_client": CLIENT, "oidc_secret": CLIENT_SECRET, "public_url": HOST,
       "oidc_console": "/console/"}  # fmt: skip
SECRET = OctKey.generate_key(256)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k2"})


def settings(**more):
    limits = {"requests_per_minute": 100_000, "sign_ins_per_minute": 100_000}
    return ServiceSettings(**{"secret": "s" * 40, **limits, **SET, **more})


@pytest.fixture(scope="module")
def app():
    return create_app(settings())


@pytest.fixture
def county(client):
    provider = County()
    client.app.state.oidc = Provider(settings(), transport=httpx2.MockTransport(provider))
    client.base_url = HOST
    client.follow_redirects = False
    return provider


@pytest.fixture
def linked(county, send):
    """keeper is li-77 over there."""
    etag = send("root", "GET", "/users/keeper").headers["ETag"]
    answer = send("root", "PATCH", "/users/keeper", json={"subject": "li-77"}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(client, path, **more):
    return client.get(f"/api/v1/sign-in/oidc{path}", headers={"Accept-Language": "en"}, **more)


def there(client, county, code="c1"):
    begun = get(client, "")
    assert begun.status_code == 302, begun.text
    return county.page(begun.headers["Location"], code)


def back(client, county, **more):
    return get(client, "/callback", params={**there(client, county), **more})


def code_of(answer):
    assert answer.status_code == 302, answer.text
    page, _, fragment = answer.headers["Location"].partition("#code=")
    assert page == f"{HOST}/console/"
    return fragment


def exchange(client, code):
    return client.post("/api/v1/sign-in/oidc/token", json={"code": code}, headers={"Accept-Language": "en"})


def codes(answer):
    return answer.status_code, answer.json()["code"]


class TestSigningIn:
    def test_whoever_is_linked_gets_our_tokens_as_by_password(self, client, county, linked):
        given = exchange(client, code_of(back(client, county)))
        assert given.status_code == 200, given.text
        by_password = client.post("/api/v1/sign-in", json={"name": "keeper", "password": PASSWORD}).json()
        assert given.json().keys() == by_password.keys()
        me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {given.json()['access_token']}"})
        assert me.json()["name"] == "keeper"
        again = client.post("/api/v1/refresh", json={"refresh_token": given.json()["refresh_token"]})
        assert again.status_code == 200

    def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(self, client, county):
        cookie = get(client, "").headers["Set-Cookie"]
        assert cookie.startswith("__Host-wuding-oidc=")
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "secure", "path=/", "max-age=600"} <= parts
        assert not any(part.startswith("domain") for part in parts)

    def test_the_cookie_tells_neither_state_nor_nonce_nor_verifier(self, client, county):
        begun = get(client, "")
        county.page(begun.headers["Location"])
        payload = begun.headers["Set-Cookie"].split("=", 1)[1].split(".")[1]
        content = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert not {content["seed"]} & set(county.codes["c1"].values())

    def test_neither_going_there_nor_coming_back_writes_anything(self, client, county, linked, engine):
        def rows():
            with reading(engine) as connection:
                return [connection.execute(select(table)).all() for table in (users, sessions, audit)]

        before = rows()
        assert back(client, county).status_code == 302
        assert rows() == before

    def test_another_replica_may_finish_what_one_began(self, client, county, linked):
        asked = there(client, county)
        client.app.state.oidc = Provider(settings(), transport=httpx2.MockTransport(county))
        assert exchange(client, code_of(get(client, "/callback", params=asked))).status_code == 200

    def test_is_on_record_with_who_it_was(self, client, county, linked, engine):
        exchange(client, code_of(back(client, county)))
        with reading(engine) as connection:
            rows = connection.execute(select(audit).order_by(audit.c.id)).all()
        assert [row.action for row in rows] == ["users.edit", "users.sign-in"]
        assert (rows[1].actor, rows[1].after) == ("keeper", {"subject": f"{ISSUER} li-77", "refused": None})

    def test_keys_that_were_changed_over_there_are_fetched_anew(self, client, county, linked):
        exchange(client, code_of(back(client, county)))
        county.keys, county.signs, county.header = [KEY, OTHER_KEY], OTHER_KEY, {"alg": "RS256", "kid": "k2"}
        assert codes(back(client, county)) == (401, "OidcRefused")  # at most once a minute
        client.app.state.oidc._keys_at_s -= 61
        assert back(client, county).status_code == 302
        assert county.asked.count("/county/keys") == 2

    def test_elliptic_curves_will_do_too(self, client, county, linked):
        key = ECKey.generate_key("P-256", {"kid": "e"})
        county.keys, county.signs, county.header = [key], key, {"alg": "ES256", "kid": "e"}
        assert back(client, county).status_code == 302

    def test_on_this_machine_it_works_without_tls(self, client, county):
        local = settings(public_url="http://127.0.0.1:8000")
        client.app.state.oidc = Provider(local, transport=httpx2.MockTransport(county))
        cookie = get(client, "").headers["Set-Cookie"]
        assert cookie.startswith("wuding-oidc=")
        assert "secure" not in cookie.lower()


def as_part(content):
    return urlsafe_b64encode(content if isinstance(content, bytes) else json.dumps(content).encode()).rstrip(b"=")


def unsigned(claims):
    return (as_part({"alg": "none"}) + b"." + as_part(claims) + b".").decode()


def with_the_public_key(claims):
    """HS256, the secret being what everybody knows: the provider's public key."""
    told = as_part({"alg": "HS256", "kid": "k1"}) + b"." + as_part(claims)
    return (told + b"." + as_part(hmac.digest(KEY.as_pem(private=False), told, "sha256"))).decode()


HOUR = 3600


class TestATokenIsRefused:
    """Without a service around it: the provider, and what we make of it."""

    @pytest.fixture
    def county(self):
        return County()

    def why(self, county, **more):
        ours = Provider(settings(), transport=httpx2.MockTransport(county))
        address, cookie = ours.begin(at=now())
        asked = {**county.page(address), "cookie": cookie, "issuer": None, "at": now(), **more}
        with pytest.raises(OidcRefused) as refused:
            ours.finish(**asked)
        return refused.value.facts["why"]

    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "of another sign-in"}, {"nonce": None}, {"aud": "another client"}, {"aud": ["another", "client"]},
            {"aud": [CLIENT, "another"]}, {"azp": "another"}, {"iss": "https://elsewhere.cn"}, {"iss": ISSUER + "/"},
            {"exp": int(time.time()) - HOUR}, {"exp": None}, {"exp": "tomorrow"}, {"iat": int(time.time()) + HOUR},
            {"nbf": int(time.time()) + HOUR}, {"sub": ""}, {"sub": None}, {"sub": 7}, {"sub": "x" * 200},
        ],
        ids=lambda claims: "-".join(f"{name}-{type(value).__name__}" for name, value in claims.items()),  # no moments
    )  # fmt: skip
    def test_that_is_not_for_us_now(self, county, claims):
        county.claims = claims
        assert self.why(county) in ("invalid_claim", "missing_claim", "expired_token", "sub")

    @pytest.mark.parametrize("token", [unsigned, with_the_public_key, lambda _: "abc", lambda _: 7, lambda _: None])
    def test_that_nobody_signed(self, county, token):
        county.token = token
        assert self.why(county)

    @pytest.mark.parametrize("kid", ["k1", "k2"])
    def test_that_somebody_else_signed(self, county, kid):
        county.signs, county.header = OTHER_KEY, {"alg": "RS256", "kid": kid}
        assert self.why(county) in ("bad_signature", "invalid_key_id")

    def test_that_is_signed_with_a_shared_secret_among_the_keys(self, county):
        secret = OctKey.generate_key(256, {"kid": "o"})
        county.keys, county.signs, county.header = [KEY, secret], secret, {"alg": "HS256", "kid": "o"}
        assert self.why(county)

    def test_with_a_state_that_is_not_of_this_browser(self, county):
        assert self.why(county, state="x") == "state"
        assert "/county/token" not in county.asked

    @pytest.mark.parametrize("cookie", [None, "", "x", jwt.encode({"alg": "HS256"}, {"seed": "x", "exp": 9e9}, SECRET)])
    def test_with_no_cookie_or_a_forged_one(self, county, cookie):
        assert self.why(county, cookie=cookie) in ("cookie", "signature")

    def test_that_comes_too_late(self, county):
        assert self.why(county, at=now() + timedelta(minutes=10)) == "time"

    def test_that_another_provider_answers_with(self, county):
        assert self.why(county, issuer="https://elsewhere.cn") == "issuer"


class TestRefused:
    def test_another_browser(self, client, county, linked):
        asked = there(client, county)
        client.cookies.clear()
        assert codes(get(client, "/callback", params=asked)) == (401, "OidcRefused")

    def test_a_code_of_theirs_that_was_used(self, client, county, linked):
        asked = there(client, county)
        assert get(client, "/callback", params=asked).status_code == 302
        assert codes(get(client, "/callback", params=asked)) == (401, "OidcRefused")

    def test_whoever_says_no_over_there(self, client, county):
        there(client, county)
        assert codes(get(client, "/callback", params={"error": "access_denied", "state": "x"})) == (401, "OidcRefused")


class TestTheCodeOfOurOwn:
    def test_works_once_and_a_second_use_ends_the_session(self, client, county, linked):
        code, cookies = code_of(back(client, county)), dict(client.cookies)
        given = exchange(client, code).json()
        client.cookies.update(cookies)
        assert codes(exchange(client, code)) == (401, "SessionOver")
        late = client.post("/api/v1/refresh", json={"refresh_token": given["refresh_token"]})
        assert codes(late) == (401, "SessionOver")

    def test_is_of_no_use_without_the_cookie(self, client, county, linked):
        code = code_of(back(client, county))
        client.cookies.clear()
        assert codes(exchange(client, code)) == (401, "OidcRefused")
        there(client, county)  # a cookie of another sign-in
        assert codes(exchange(client, code)) == (401, "OidcRefused")

    def test_is_of_no_use_after_a_minute(self, client, county, linked, monkeypatch):
        code = code_of(back(client, county))
        monkeypatch.setattr("api.routes.oidc.now", lambda: now() + timedelta(seconds=61))
        assert codes(exchange(client, code)) == (401, "OidcRefused")

    def test_is_neither_an_access_token_nor_a_refresh_token_nor_the_cookie(self, client, county, linked):
        code = code_of(back(client, county))
        me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {code}"})
        assert codes(me) == (401, "NotSignedIn")
        assert client.post("/api/v1/refresh", json={"refresh_token": code[:128]}).status_code == 401
        assert codes(exchange(client, client.cookies[client.app.state.oidc.cookie])) == (401, "OidcRefused")


class TestWhichAccount:
    def test_nobody_is_let_in_or_created_by_name_alone(self, client, county, engine):
        county.claims = {"sub": "keeper", "preferred_username": "keeper", "email": "keeper@example.cn"}
        answer = exchange(client, code_of(back(client, county)))
        assert codes(answer) == (403, "NotLinked")
        assert "“keeper”" in answer.json()["detail"]
        with reading(engine) as connection:
            assert connection.execute(select(sessions)).all() == []
            assert len(connection.execute(select(users)).all()) == 9
            row = connection.execute(select(audit)).one()
        assert (row.actor, row.after["refused"]) == ("-", "NotLinked")

    def test_a_closed_one_is_refused(self, client, county, linked, engine):
        with transaction(engine) as connection:
            connection.execute(update(users).where(users.c.code == "keeper").values(status="disabled"))
        assert codes(exchange(client, code_of(back(client, county)))) == (403, "NotLinked")
        with reading(engine) as connection:
            last = connection.execute(select(audit).order_by(audit.c.id.desc())).first()
        assert (last.actor, last.after["refused"]) == ("keeper", "NotLinked")

    def test_the_same_number_at_another_provider_is_somebody_else(self, client, county, linked, engine):
        assert linked["subject"] == f"{ISSUER} li-77"
        with transaction(engine) as connection:
            connection.execute(update(users).where(users.c.code == "keeper").values(subject="https://old.cn li-77"))
        assert codes(exchange(client, code_of(back(client, county)))) == (403, "NotLinked")

    def test_unlinking_ends_its_sessions(self, client, county, linked, send):
        given = exchange(client, code_of(back(client, county))).json()
        unlink = {"json": {"subject": None}, "headers": {"If-Match": "*"}}
        assert send("root", "PATCH", "/users/keeper", **unlink).json()["subject"] is None
        late = client.post("/api/v1/refresh", json={"refresh_token": given["refresh_token"]})
        assert codes(late) == (401, "SessionOver")
        assert codes(exchange(client, code_of(back(client, county)))) == (403, "NotLinked")

    def test_a_subject_is_of_one_account(self, send, linked):
        other = {"json": {"subject": "li-77"}, "headers": {"If-Match": "*"}}
        assert codes(send("root", "PATCH", "/users/planner", **other)) == (409, "SubjectTaken")

    def test_only_an_administrator_links(self, send, linked):
        for who in ("manager", "keeper", "auditor"):
            answer = send(who, "PATCH", "/users/grid", json={"subject": "x"}, headers={"If-Match": "*"})
            assert codes(answer) == (403, "NotPermitted")

    def test_an_edit_of_something_else_leaves_the_link_alone(self, send, linked):
        edited = send("root", "PATCH", "/users/keeper", json={"lang": "en"}, headers={"If-Match": "*"})
        assert edited.json()["subject"] == linked["subject"]

    def test_an_account_without_a_password_has_none_to_change(self, client, county, send):
        grant = {"role": "custodian", "place": None}
        assert send("root", "POST", "/users", json={"name": "wang", "grants": [grant]}).status_code == 201
        send("root", "PATCH", "/users/wang", json={"subject": "li-77"}, headers={"If-Match": "*"})
        given = exchange(client, code_of(back(client, county))).json()
        assert not given["must_change"]
        stock = client.get("/api/v1/stock", headers={"Authorization": f"Bearer {given['access_token']}"})
        assert stock.status_code == 200


class TestTheProviderIsDown:
    @pytest.mark.parametrize(("lang", "words"), [("zh", "统一身份认证暂时连不上"), ("en", "cannot be reached")])
    def test_is_said_in_both_languages(self, client, county, lang, words):
        county.up = False
        answer = client.get("/api/v1/sign-in/oidc", headers={"Accept-Language": lang})
        assert codes(answer) == (503, "ProviderDown")
        assert words in answer.json()["detail"]
        assert answer.headers["Retry-After"] == "30"

    def test_it_is_not_asked_again_at_once(self, client, county):
        county.up = False
        for _ in range(5):
            assert get(client, "").status_code == 503
        assert len(county.asked) == 1
        county.up = True
        client.app.state.oidc._down_s -= 6
        assert get(client, "").status_code == 302

    def test_between_there_and_back(self, client, county, linked):
        asked = there(client, county)
        county.up = False
        assert codes(get(client, "/callback", params=asked)) == (503, "ProviderDown")

    @pytest.mark.parametrize(
        "says",
        [{"issuer": "https://elsewhere.cn"}, {"token_endpoint": "http://id.example.cn/token"}, {"jwks_uri": None},
         {"authorization_endpoint": "javascript:alert(1)"}],
        ids=str,
    )  # fmt: skip
    def test_or_not_the_one_it_should_be(self, client, county, says):
        county.says = says
        assert codes(get(client, "")) == (503, "ProviderDown")

    def test_why_is_said_in_the_log_alone(self, client, county, caplog):
        county.says = {"issuer": "https://elsewhere.cn"}
        answer = get(client, "")
        assert "elsewhere.cn" in caplog.text
        assert "elsewhere.cn" not in answer.text

    def test_redirects_are_not_followed(self, client, county):
        county.moved = "https://elsewhere.cn/x"
        assert codes(get(client, "")) == (503, "ProviderDown")
        assert len(county.asked) == 1

    def test_what_is_too_large_is_not_read_to_its_end(self, client, county):
        county.says = {"more": "x" * (1 << 20)}
        assert codes(get(client, "")) == (503, "ProviderDown")

    def test_or_so_slow_that_eight_wait_for_it_already(self, client, county):
        turns = [client.app.state.oidc._turns.acquire(blocking=False) for _ in range(9)]
        assert turns == [True] * 8 + [False]
        assert codes(get(client, "")) == (503, "ProviderDown")
        for _ in range(8):
            client.app.state.oidc._turns.release()
        for _ in range(20):  # each gives its turn back
            assert get(client, "").status_code == 302

    def test_passwords_still_work(self, client, county, linked):
        county.up = False
        assert client.post("/api/v1/sign-in", json={"name": "keeper", "password": PASSWORD}).status_code == 200


class TestSettings:
    @pytest.mark.parametrize("left_out", ["oidc_issuer", "oidc_client", "oidc_secret", "public_url"])
    def test_all_or_none(self, left_out):
        with pytest.raises(ValidationError, match="go together"):
            settings(**{left_out: None})

    @pytest.mark.parametrize("name", ["oidc_issuer", "public_url"])
    @pytest.mark.parametrize(
        "address", ["http://id.example.cn", "ftp://x.cn", "https://", "https://a:b@x.cn", "https://x.cn/?a=b", "x"]
    )
    def test_over_tls_alone_but_for_this_machine(self, name, address):
        with pytest.raises(ValidationError, match="https"):
            settings(**{name: address})
        settings(**{name: "http://localhost:9000/x"})

    @pytest.mark.parametrize("page", ["//elsewhere.cn", "https://elsewhere.cn", "/\\elsewhere.cn", "/a//b", "console"])
    def test_the_console_is_a_page_of_ours(self, page):
        with pytest.raises(ValidationError):
            settings(oidc_console=page)

    def test_without_them_there_is_no_such_sign_in(self, client, engine, send):
        bare = create_app(ServiceSettings(secret="s" * 40))
        serve_from(bare, engine)
        assert codes(type(client)(bare).get("/api/v1/sign-in/oidc")) == (404, "OidcOff")


def test_an_account_is_linked_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    for name, value in SET.items():
        monkeypatch.setenv(f"WUDING_{name.upper()}", value)
    assert cli.run(["user", "add", "li", "--role", "custodian", "--machine", "--lang", "en"]) == 0
    assert cli.run(["user", "link", "li", "auth0|77", "--lang", "en"]) == 0
    assert f"{ISSUER} auth0|77" in capsys.readouterr().out
    assert cli.run(["user", "link", "li", "--lang", "en"]) == 0
    from api.settings import database

    with database() as engine, reading(engine) as connection:
        rows = connection.execute(select(audit.c.after).order_by(audit.c.id)).scalars().all()
    assert rows == [{"subject": f"{ISSUER} auth0|77"}, {"subject": None}]
