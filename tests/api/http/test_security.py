"""What docs/security.md promises and no other test shows; and that the tests it names exist."""

import ast
import json
import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.access import passwords
from api.access.tables import sessions
from api.http.settings import ServiceSettings
from inventory.database import now, reading, transaction
from tests.api.http.conftest import PASSWORD

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "security.md"
CHAPTERS = (
    "V1 Encoding and Sanitization", "V2 Validation and Business Logic", "V3 Web Frontend Security",
    "V4 API and Web Service", "V5 File Handling", "V6 Authentication", "V7 Session Management", "V8 Authorization",
    "V9 Self-contained Tokens", "V10 OAuth and OIDC", "V11 Cryptography", "V12 Secure Communication",
    "V13 Configuration", "V14 Data Protection", "V15 Secure Coding and Architecture",
    "V16 Security Logging and Error Handling", "V17 WebRTC",
)  # fmt: skip


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def sign(client, name="keeper", password=PASSWORD):
    return client.post("/api/v1/sign-in", json={"name": name, "password": password})


class TestThePage:
    def test_has_every_chapter_once_in_order(self):
        assert tuple(re.findall(r"^## (V\d+ .+)$", PAGE.read_text("utf-8"), re.MULTILINE)) == CHAPTERS

    def test_names_only_tests_that_exist(self):
        named = set(re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", PAGE.read_text("utf-8")))
        assert len(named) > 40
        missing = [f"{file}::{name}" for file, name in sorted(named) if name not in names_of(ROOT / file)]
        assert missing == []

    def test_says_of_each_point_how_it_stands(self):
        rows = re.findall(r"^\| (.+?) \| (.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
        points = [row for row in rows if re.match(r"\d+\.\d+", row[0])]
        assert len(points) > 90
        assert {state for _, state in points} <= {"met", "partly", "NOT met", "n/a", "operator"}


def names_of(file: Path) -> set[str]:
    if not file.exists():
        return set()
    found = set()
    for one in ast.parse(file.read_text("utf-8")).body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            found.add(one.name)
        if isinstance(one, ast.ClassDef):
            found |= {f"{one.name}::{part.name}" for part in one.body if isinstance(part, ast.FunctionDef)}
    return found


class TestHeaders:
    PATHS = ("/api/v1/me", "/api/v1/nothing", "/health/live", "/openapi.json", "/api/v1/stock?item=%00")

    @pytest.mark.parametrize("path", PATHS)
    def test_every_answer_keeps_browsers_from_running_framing_guessing_and_keeping_it(self, client, path):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        for part in ("default-src 'none'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "geolocation=()" in headers["permissions-policy"]
        assert not {"server", "x-powered-by", "set-cookie"} & set(headers)

    def test_hsts_behind_tls_alone(self, client):
        assert "strict-transport-security" not in client.get("/health/live").headers
        client.base_url = "https://wuding.example.cn"
        found = client.get("/health/live").headers["strict-transport-security"]
        assert int(re.search(r"max-age=(\d+)", found)[1]) >= 365 * 86400
        assert "includeSubDomains" in found

    def test_the_page_of_the_api_runs_its_own_script_and_no_other(self, client):
        answer = client.get("/docs")
        (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
        policy = answer.headers["content-security-policy"]
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts
        assert "https://" not in answer.text  # an office without internet has the page, too
        for source in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
            assert client.get(source).status_code == 200
        assert client.get("/docs/oauth2-redirect").status_code == 404

    def test_no_other_origin_may_read_answers(self, client):
        asked = {"Origin": "https://elsewhere.cn", "Access-Control-Request-Method": "POST"}
        for answer in (client.get("/api/v1/roles", headers=asked), client.options("/api/v1/sign-in", headers=asked)):
            assert not [name for name in answer.headers if name.startswith("access-control-")]

    def test_what_a_form_of_another_page_can_send_is_not_taken(self, client):
        """CORS-safelisted kinds of content: such requests are sent without asking first."""
        body = json.dumps({"name": "keeper", "password": PASSWORD})
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = client.post("/api/v1/sign-in", content=body, headers={"Content-Type": kind})
            assert answer.status_code in (415, 422)

    def test_trace_is_not_known(self, client):
        assert client.request("TRACE", "/api/v1/roles").status_code == 405


class TestPasswords:
    @pytest.mark.parametrize(
        "guessed",
        ["password123", "P@ssw0rd2024", "Admin@123456", "1234567890", "qwertyuiop", "1q2w3e4r5t", "woaini1314",
         "abc123456789", "iloveyou123", "13888888888", "songtao2026!", "zaq12wsx!!", "qwer1234asdf", "administrator",
         "Welcome2024!", "19900101 1234", "wuding12345"],
    )  # fmt: skip
    def test_those_that_are_guessed_first_are_refused(self, guessed):
        with pytest.raises(passwords.WeakPassword):
            passwords.hashed(guessed, account="keeper")

    @pytest.mark.parametrize(
        "fine",
        ["zebra crossing 7", "correct horse battery", "nothing but letters", "NOTHING BUT CAPITALS",
         "我家住在江边上第三棟", "8372 6190 4551 2207", "x" + "yz vw" * 25,
         "Пароль из букв", " leading and trailing "],
    )  # fmt: skip
    def test_those_of_any_characters_will_do_as_they_were_typed(self, fine):
        made = passwords.hashed(fine, account="keeper")
        assert passwords.fits(fine, made)
        assert not passwords.fits(fine.strip() if fine.strip() != fine else fine.swapcase() + "!", made)

    def test_are_kept_as_argon2id_with_a_salt_of_their_own(self, quickened):
        quickened.undo()
        one, other = (passwords.hashed("zebra crossing 7", account="keeper") for _ in range(2))
        assert one != other
        kind, _, costs = one.split("$")[1:4]
        memory, rounds, _ = (int(part.split("=")[1]) for part in costs.split(","))
        assert kind == "argon2id"
        assert memory >= 19 * 1024  # OWASP: at least 19 MiB and 2 rounds
        assert rounds >= 2

    def test_an_unknown_name_takes_as_much_work_as_a_wrong_password(self, client, monkeypatch):
        checked = []
        real = passwords._hashing()

        class Counted:
            def hash(self, password):
                return real.hash(password)

            def verify(self, password, known):
                checked.append(known)
                return real.verify(password, known)

        monkeypatch.setattr(passwords, "_hashing", Counted)
        for name in ("keeper", "nobody-at-all"):
            checked.clear()
            assert sign(client, name, "a wrong password").status_code == 401
            assert len(checked) == 1

    def test_there_is_no_account_to_begin_with(self, engine):
        from api.access.tables import users

        with reading(engine) as connection:
            assert connection.execute(select(users)).all() == []


class TestSessions:
    def test_end_after_their_longest_time_however_often_they_were_refreshed(self, client, engine):
        given = sign(client).json()
        began = now() - timedelta(days=29, hours=23)
        with transaction(engine) as connection:
            connection.execute(update(sessions).values(recorded_at=began))
        nearly = client.post("/api/v1/refresh", json={"refresh_token": given["refresh_token"]}).json()
        with reading(engine) as connection:
            until = connection.execute(select(sessions.c.expires_at).order_by(sessions.c.id.desc())).scalars().first()
        assert until == began + timedelta(days=30)
        with transaction(engine) as connection:
            connection.execute(update(sessions).values(recorded_at=began - timedelta(days=1)))
        late = client.post("/api/v1/refresh", json={"refresh_token": nearly["refresh_token"]})
        assert (late.status_code, late.json()["code"]) == (401, "SessionOver")

    def test_end_where_nobody_asks_for_long(self, client, engine):
        given = sign(client).json()
        with transaction(engine) as connection:
            connection.execute(update(sessions).values(expires_at=now() - timedelta(seconds=1)))
        late = client.post("/api/v1/refresh", json={"refresh_token": given["refresh_token"]})
        assert (late.status_code, late.json()["code"]) == (401, "SessionOver")

    def test_each_sign_in_begins_a_new_one(self, client):
        one, other = sign(client).json(), sign(client).json()
        assert one["refresh_token"] != other["refresh_token"]
        assert min(len(one["refresh_token"]), len(other["refresh_token"])) >= 43  # 256 bits

    def test_a_password_set_by_an_administrator_ends_them_too(self, client, send):
        given = sign(client).json()
        reset = send("root", "PUT", "/users/keeper/password", json={"password": "some zebra 77"},
                     headers={"If-Match": "*"})  # fmt: skip
        assert reset.status_code == 200
        assert client.post("/api/v1/refresh", json={"refresh_token": given["refresh_token"]}).status_code == 401


class TestLogs:
    def test_every_sign_in_is_told_whose_and_from_where_and_never_what_was_typed(self, client, logged):
        given = sign(client).json()
        sign(client, password="a wrong secret")
        sign(client, name="typed my secret here", password="x")
        client.post("/api/v1/refresh", json={"refresh_token": given["refresh_token"]})
        lines = [line for line in logged() if line["event"] == "sign-in"]
        told = [(line["how"], line["account"], line["refused"], line["level"]) for line in lines]
        assert told == [
            ("password", "keeper", None, "info"), ("password", "keeper", "WrongPassword", "warning"),
            ("password", None, "WrongPassword", "warning"), ("refresh", "keeper", None, "info"),
        ]  # fmt: skip
        assert {line["address"] for line in lines} == {"testclient"}
        assert all(line["request_id"] and line["timestamp"].endswith("Z") for line in lines)
        everything = str(logged())
        assert "secret" not in everything
        assert given["access_token"] not in everything
        assert given["refresh_token"] not in everything

    def test_a_refused_request_is_told_with_its_account(self, client, send, logged):
        send("keeper", "GET", "/users")
        (line,) = [line for line in logged() if line.get("route") == "/api/v1/users"]
        assert (line["account"], line["status"]) == ("keeper", 403)

    def test_a_line_break_in_an_address_makes_no_line(self, client, logged):
        client.get("/api/v1/stock/a%0Aforged", headers={"X-Request-ID": "a%0Ab"})
        (line,) = logged()
        assert "forged" not in str(line)
        assert line["request_id"].isalnum()


def test_a_setting_that_is_wrong_stops_the_service_without_telling_secrets():
    with pytest.raises(ValueError, match="WUDING_SECRET") as refused:
        ServiceSettings(secret="too short")
    assert "too short" not in str(refused.value)


def test_a_key_of_its_own_is_for_its_account_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    key = ServiceSettings(secret=None).key
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(key) >= 64
    assert ServiceSettings(secret=None).key == key


def test_a_mistake_of_ours_tells_nothing_of_the_inside(client, send, monkeypatch):
    def fails(*given, **more):
        raise RuntimeError("SELECT secret FROM inside")

    monkeypatch.setattr("api.routes.sign_in.shown_grants", fails)
    answer = send("keeper", "GET", "/me")
    assert (answer.status_code, answer.json()["code"]) == (500, "Unexpected")
    assert "inside" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
