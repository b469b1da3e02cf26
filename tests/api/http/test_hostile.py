"""What nobody sends by accident: each is answered by a clear problem, never by a 500, and changes nothing."""

import base64
import csv
import io
import json
import shutil
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import Engine

from api.http.caller import routes_of
from api.http.schemas import Body
from api.main import serve_from
from inventory.database import open_engine, transaction
from scenarios.tables import situations
from tests.api.http.conftest import BED, COUNTY, build_county, quick_hashes

ISSUE = {"store": "S1", "item": BED, "quantity": "1"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One county for all of these tests: what is refused changes nothing."""
    with quick_hashes():
        if request.param == "postgresql":
            url = request.getfixturevalue("postgresql")(build_county)
        else:
            file = tmp_path_factory.mktemp("hostile") / "wuding.sqlite3"
            shutil.copyfile(request.getfixturevalue("sqlite_filled")(build_county), file)
            url = f"sqlite:///{file}"
    engine = open_engine(url)
    with transaction(engine) as connection:
        row = {"code": "live", "kind": "live", "title_zh": "实况", "title_en": "live", "place_code": COUNTY}
        connection.execute(situations.insert(), {**row, "parameters": {}})
    yield engine
    engine.dispose()


@pytest.fixture
def client(app: FastAPI, shared: Engine) -> TestClient:
    serve_from(app, shared)
    return TestClient(app, raise_server_exceptions=False)


def clear(answer, *status):
    """A problem+json that says what is wrong and nothing of what the service is made of."""
    assert answer.status_code in (status or range(400, 500)), (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    for word in ("Traceback", "sqlalchemy", "psycopg", "sqlite3", ".py"):
        assert word not in answer.text
    return problem


def held(send):
    return [(row["store"], row["quantity"]) for row in send("root", "GET", "/stock").json()["items"]]


class TestBodies:
    def raw(self, send, content, who="keeper", path="/stock/issue", **headers):
        return send(who, "POST", path, content=content, headers=JSON | headers)

    def test_of_ten_megabytes_are_too_large(self, send):
        problem = clear(self.raw(send, b'{"note": "' + b"x" * (10 << 20) + b'"}'), 413)
        assert problem["code"] == "TooLarge"

    def test_without_a_length_are_counted_as_they_come(self, send):
        def chunks() -> Iterator[bytes]:
            yield b'{"note": "'
            for _ in range(10):
                yield b"x" * (1 << 20)
            yield b'"}'

        assert clear(self.raw(send, chunks()), 413)["code"] == "TooLarge"
        assert clear(self.raw(send, chunks(), path="/sign-in", who=None), 413)["code"] == "TooLarge"

    @pytest.mark.parametrize("length", ["-1", "1e9", "99999999999999999999", "x"])
    def test_with_a_length_that_is_none_do_no_harm(self, send, length):
        clear(self.raw(send, b"{}", **{"Content-Length": length}), 413, 422)

    @pytest.mark.parametrize(
        "content",
        [
            b"[" * 100_000, b'{"a":' * 100_000, b"[" * 500 + b"]" * 500, b"{", b"null", b"[]", b'"x"', b"1", b"",
            b"\xff\xfe{}", b"\x00", b'{"store": "\xc3\x28"}', b"{'store': 'S1'}", b"1" * 5_000, b"-", b"NaN",
        ],
        ids=lambda content: repr(content[:12]),
    )  # fmt: skip
    def test_that_are_no_request_are_refused(self, send, content):
        clear(self.raw(send, content), 400, 422)

    @pytest.mark.parametrize(
        "number",
        ["NaN", "Infinity", "-Infinity", "1e400", "1e-400", "9" * 400, "9" * 5_000, "-1", "0", "0.00000001", '"NaN"',
         '"Infinity"', '"1e999999999"', '"0x10"', "true", "null", "[]", "{}", '"１"', '"1 "', '"\\u0000"'],
    )  # fmt: skip
    def test_with_numbers_that_are_none_or_too_large_are_refused(self, send, number):
        before = held(send)
        answer = self.raw(send, f'{{"store": "S1", "item": "{BED}", "quantity": {number}}}'.encode())
        if answer.status_code == 201:  # a full-width one and a space around: the same number to everybody
            assert number in ('"１"', '"1 "', "true")
        else:
            clear(answer, 400, 422)
            assert held(send) == before

    def test_with_a_field_twice_are_taken_by_the_last_or_refused(self, send):
        content = f'{{"store": "S0", "store": "S1", "item": "{BED}", "quantity": 1}}'.encode()
        answer = self.raw(send, content)
        assert answer.status_code == 201 or clear(answer)
        stock = send("root", "GET", "/stock?store=S0").json()["items"]
        assert sum(float(row["quantity"]) for row in stock) == 100

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "x", "application/cbor"])
    def test_of_another_kind_are_refused(self, send, kind):
        clear(self.raw(send, json.dumps(ISSUE), **{"Content-Type": kind}), 415, 422)

    def test_that_are_compressed_are_not_opened(self, send):
        clear(self.raw(send, b"\x1f\x8b" + b"\x00" * 100, **{"Content-Encoding": "gzip"}), 400, 415, 422)


BAD_TEXTS = ["a\0b", "\0", "\ud800", "a\udfffb", "\x1b[31m", "x" * 4_001]


class TestTexts:
    @pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
    @pytest.mark.parametrize("where", ["store", "item", "note", "lot", "reference"])
    def test_no_database_can_hold_are_refused(self, send, where, text):
        body = json.dumps({**ISSUE, where: text})
        clear(send("keeper", "POST", "/stock/issue", content=body, headers=JSON), 422)

    @pytest.mark.parametrize("text", BAD_TEXTS[:4], ids=ascii)
    @pytest.mark.parametrize(
        ("who", "path", "body"),
        [
            (None, "/sign-in", {"name": "?", "password": "x"}),
            (None, "/sign-in", {"name": "root", "password": "?"}),
            (None, "/refresh", {"refresh_token": "?"}),
            ("root", "/users", {"name": "?"}),
            ("root", "/users", {"name": "n", "password": "a long ? password"}),
            ("root", "/users", {"name": "n", "grants": [{"role": "team_leader", "team": "?"}]}),
            ("root", "/users/keeper/tokens", {"name": "?", "permissions": ["stock.read"]}),
            ("root", "/users/keeper/tokens", {"name": "t", "permissions": ["?"]}),
            ("dispatcher", "/situations/live/handovers", {"content": "?"}),
            ("dispatcher", "/situations/live/handovers", {"content": "x", "open_points": ["?"]}),
            ("dispatcher", "/situations/live/incidents", {"kind": "?", "severity": 1}),
            ("dispatcher", "/situations/live/incidents", {"kind": "flood", "severity": 1, "demands": {"?": 1}}),
            ("dispatcher", "/situations/live/closures", {"id": "C", "edges": [["?", "?"]]}),
            ("dispatcher", "/situations/live/closures", {"id": "C", "polygon": {"?": "?"}}),
            ("dispatcher", "/situations/live/closures", {"id": "C", "road_name": "?"}),
            ("keeper", "/stock/release", {"reference": "?"}),
            ("keeper", "/stock/recall", {"item": BED, "lot": "?", "store": "S1"}),
            ("keeper", "/counts/PD-1/lines", {"lines": [{"item": BED, "quantity": 1, "state": "?"}]}),
        ],
    )  # fmt: skip
    def test_are_refused_wherever_there_is_text(self, send, who, path, body, text):
        filled = json.dumps(body).replace("?", json.dumps(text)[1:-1])
        answer = send(who, "POST", path, content=filled, headers=JSON)
        assert answer.status_code < 500, answer.text
        if not (path == "/users" and "password" in body):  # what a password is made of is nobody's business
            clear(answer, 401, 404, 422)  # 404: there is no such count

    @pytest.mark.parametrize(
        "text",
        ["'; DROP TABLE users; --", "%' OR 1=1 --", "=HYPERLINK(\"http://x\",1)", "@SUM(A1)", "+1+1", "-2+3",
         "<script>alert(1)</script>", "${jndi:ldap://x}", "{{7*7}}", "../../etc/passwd", "👩‍🚒",
         "a\\u0000b", "%s%s%n", "\\x00"],
    )  # fmt: skip
    def test_that_look_like_programs_are_just_text(self, send, text):
        made = send("keeper", "POST", "/stock/issue", json={**ISSUE, "note": text})
        assert made.status_code == 201, made.text
        asked = {"operation": made.json()["operation"], "field": ["note"]}
        (row,) = send("root", "GET", "/movements", params=asked).json()["items"]
        assert row["note"] == text
        table = send("root", "GET", "/movements", params=asked, headers={"Accept": "text/csv"})
        cell = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))[1][0]
        assert cell.lstrip("'\t ") == text.lstrip("'")
        assert cell[0] not in "=+-@"
        assert send("root", "GET", "/movements", params={"q": text, "field": "note"}).json()["items"] == [row]


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        ["/stock/%00", "/stores/S1%00", "/stores/..%2f..%2fetc%2fpasswd", "/stores/%2e%2e%2fusers", "/stores/'--",
         "/stores/" + "x" * 8_000, "/stores/%ff%fe", "/stores/%f0%9f%91%a9", "/stores/%ed%a0%80", "/stock/" + "9" * 40,
         "/stock/-1", "/stock/１", "/stock/0x1", "/lots/9223372036854775807", "/lots/9223372036854775808",
         "/users/%00", "/users/" + "x" * 65, "/transfers/%27%20OR%201=1", "/counts/%00", "/aid-requests/..%2F..",
         "/situations/live/drafts/99999999999999999999", "/situations/live/drafts/4611686018427387904",
         "/situations/live/alerts/-1/content", "/situations/%00/closures", "/situations/live%0d%0aX:1/closures",
         "/stores;x=1", "//stores", "/stores/", "/stock/card?store=%00&item=M003", "/nothing/of/that/name",
         "/audit/%F0%9F", "/situations/live/incidents/%00"],
    )  # fmt: skip
    def test_that_lead_nowhere_are_not_found(self, send, path):
        answer = send("root", "GET", path, follow_redirects=False)
        if answer.status_code != 307:
            clear(answer, 404, 422)

    @pytest.mark.parametrize(
        "query",
        ["q=%00", "store=%00", "store=a%00b", "quantity=NaN", "quantity=1e999999", "quantity=Infinity",
         "quantity__gte=1e400", "id=99999999999999999999", "id=1e5", "id=%EF%BC%91x", "expires=9999-99-99",
         "expires__lte=0000-00-00", "limit=0", "limit=99999999999999999999", "limit=-1", "limit=NaN", "sort=%00",
         "sort=password_hash", "sort=id;DROP", "sort=-", "sort=" + "id," * 70, "field=nothing", "nothing=1",
         "cursor=x", "cursor=" + "A" * 2_001, "cursor=%F0%9F%91%A9", "q=" + "x" * 101, "store__like=%25",
         "&".join(f"store=S{n}" for n in range(300)), "q=", "bin=" + "x" * 600, "received=2026-01-01T00:00"],
    )  # fmt: skip
    def test_with_senseless_questions_are_refused(self, send, query):
        answer = send("root", "GET", f"/stock?{query}")
        if answer.status_code == 200:
            assert query.startswith(("received=", "sort=-", "q=&"))
        else:
            clear(answer, 422)

    def test_with_a_moment_without_its_offset_are_refused_or_taken(self, send):
        for moment in ("2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
            answer = send("root", "GET", "/movements", params={"recorded_at__gte": moment})
            assert answer.status_code == 200 or clear(answer, 422)

    def test_with_likely_wildcards_find_only_themselves(self, send):
        for wild in ("%", "_", "\\", "%%", "S_", "' OR '1'='1"):
            assert send("root", "GET", "/stores", params={"q": wild}).json()["items"] == []

    @pytest.mark.parametrize(
        "values",
        [["\0", "", "", 1], ["\ud800", "", "", 1], [1, 2, 3, 4], [None] * 4, ["S0", "M003", "L1", 2**63],
         ["S0", "M003", "L1", -(2**64)], ["S0", "M003", "L1", True], ["S0", "M003", "L1", 1.5], [[], {}, None, 1],
         ["S0", "M003", "L1", float("nan")], ["S0"], []],
    )  # fmt: skip
    def test_with_a_forged_cursor_are_refused_or_lead_somewhere(self, send, values):
        text = json.dumps(["store,item,lot", values])
        answer = send("root", "GET", f"/stock?cursor={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}")
        assert answer.status_code == 200 or clear(answer, 422)

    @pytest.mark.parametrize(
        ("sort", "values"),
        [("recorded_at", ["2026-01-01", 1]), ("recorded_at", ["2026-01-01T00:00:00", 1]), ("recorded_at", [5, 1]),
         ("quantity", ["NaN", 1]), ("quantity", ["1e999999", 1]), ("quantity", [{}, 1]), ("recorded_at", ["\0", 1])],
    )  # fmt: skip
    def test_with_a_cursor_of_no_such_value_are_refused(self, send, sort, values):
        cursor = base64.urlsafe_b64encode(json.dumps([sort, values]).encode()).decode().rstrip("=")
        clear(send("root", "GET", f"/movements?sort={sort}&cursor={cursor}"), 422)

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "OPTIONS", "HEAD"])
    def test_take_no_other_method(self, send, method):
        answer = send("root", method, "/stock/issue")
        assert answer.status_code == 405
        assert "POST" in answer.headers["allow"]
        if method != "HEAD":
            clear(answer, 405)


class TestHeaders:
    @pytest.mark.parametrize("number", ["a\r\nX-Evil: 1", "a b", "é", "x" * 65, "<b>", "", "a/b", "\x7f", "-" * 10])
    def test_a_request_number_of_another_kind_is_replaced(self, send, number):
        answer = send("root", "GET", "/me", headers={"X-Request-ID": number.encode("latin-1")})
        assert answer.status_code == 200
        assert answer.headers["x-request-id"] != number
        assert "x-evil" not in answer.headers

    @pytest.mark.parametrize("key", ["a b", "x" * 65, "", "\xe9", "a\tb", "\x7f"])
    def test_an_idempotency_key_of_another_kind_is_refused(self, send, key):
        clear(
            send("keeper", "POST", "/stock/issue", json=ISSUE, headers={"Idempotency-Key": key.encode("latin-1")}), 422
        )

    @pytest.mark.parametrize(
        "token", ["", "x", "a.b.c", "wdt_", "wdt_\xe9", "wdt_" + "x" * 9_000, "eyJhbGciOiJub25lIn0.e30.", "\xff\xfe",
                  "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "x" * 60_000]
    )  # fmt: skip
    def test_a_token_of_no_kind_lets_nobody_in(self, client, token):
        answer = client.get("/api/v1/me", headers={"Authorization": b"Bearer " + token.encode("latin-1")})
        clear(answer, 401)

    @pytest.mark.parametrize(
        ("name", "value", "status"),
        [("Accept", "x/y", 406), ("Accept", ";;;q=", 406), ("Accept", "a" * 20_000, 406),
         ("Accept", "text/csv;q=nan", None), ("Accept", "text/csv;q=1e999", None),
         ("Accept-Language", "\xff" * 100, 200), ("Accept-Language", "zz," * 5_000, 200), ("Host", "evil.example", 200),
         ("X-Forwarded-For", "'; --", 200), ("Range", "bytes=0-99999999999", 200), ("Cookie", "x" * 20_000, 200)],
    )  # fmt: skip
    def test_of_no_sense_do_no_harm(self, send, name, value, status):
        answer = send("root", "GET", "/stores", headers={name: value.encode("latin-1")})
        assert answer.status_code == (status or answer.status_code) < 500
        assert "evil.example" not in answer.text

    def test_a_match_of_no_version_is_refused(self, send):
        for match in ('"', "x" * 129, "\xe9", '"a", "b"'):
            headers = {"If-Match": match.encode("latin-1")}
            clear(send("root", "PATCH", "/users/keeper", json={"lang": "en"}, headers=headers), 412, 422)


def bodies(app):
    """Every model of a request, with those inside it."""
    seen = set()
    found = [one.body_field.field_info.annotation for one in routes_of(app) if one.body_field is not None]
    while found:
        kind = found.pop()
        found.extend(getattr(kind, "__args__", ()))
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
            seen.add(kind)
            found.extend(one.annotation for one in kind.model_fields.values())
    return sorted(seen, key=lambda kind: kind.__name__)


def test_every_request_refuses_fields_that_it_does_not_know(app):
    known = bodies(app)
    assert len(known) > 30
    assert [kind.__name__ for kind in known if not issubclass(kind, Body)] == []
    assert [kind.__name__ for kind in known if kind.model_config.get("extra") != "forbid"] == []


class TestDates:
    @pytest.mark.parametrize("moment", ["0", "1782864000", "0.5", "2026-07-01", "1782864000000"])
    def test_numbers_are_no_instants(self, send, moment):
        answer = send("root", "GET", "/audit", params={"recorded_at__lte": moment})
        assert (answer.status_code, answer.json()["code"]) == (422, "BadRequest")
        assert "2026-07-01T08:00:00+08:00" in answer.json()["errors"][0]["message"]

    @pytest.mark.parametrize("day", ["0", 0, 20635, "2026-07-01T00:00:00", "2026-7-1", "1/7/2026", "2026-07-01\n"])
    def test_days_are_written_one_way(self, send, day):
        receipt = {"store": "S1", "item": BED, "quantity": "1", "expires": day}
        answer = send("keeper", "POST", "/stock/receive", json=receipt)
        assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "body.expires")


def test_what_is_not_allowed_says_what_is(send):
    answer = send("root", "PATCH", "/counts")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert send("root", "DELETE", "/jobs/files").headers["allow"] == "POST"


class TestPlacesThatAreNot:
    """Of somebody who reaches everything, and so is stopped by no scope."""

    NOWHERE = "100000000000"

    @pytest.mark.parametrize(("path", "body"), [
        ("/situations/live/incidents", {"kind": "flood", "severity": 3}),
        ("/situations/live/aid-requests", {"short": [{"item": BED, "quantity": "1"}]}),
        ("/shelters", {"code": "A9", "name": "小学", "capacity": 9}),
        ("/situations", {"code": "drill", "title_zh": "演练", "title_en": "drill"}),
        ("/stores", {"code": "S9", "name": "九库", "tier": "town"}),
        ("/five-fixed/evaluate", {}),
    ])  # fmt: skip
    def test_are_refused_in_words(self, send, path, body):
        answer = send("root", "POST", path, json={**body, "place": self.NOWHERE})
        assert answer.status_code in (404, 422), answer.text
        assert self.NOWHERE in answer.text

    def test_are_refused_in_edits_too(self, send):
        made = send("root", "POST", "/situations/live/incidents", json={"kind": "flood", "severity": 3}).json()
        answer = send("root", "PATCH", f"/situations/live/incidents/{made['code']}", json={"place": self.NOWHERE},
                      headers={"If-Match": "*"})  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (404, "UnknownPlace")

    @pytest.mark.parametrize("kind", ["check_overrides", "minimum_overrides"])
    def test_are_no_counties_of_own_rules(self, send, kind):
        table = {"check_overrides": f"item,kind,period_days\n{BED},INSPECT,60\n",
                 "minimum_overrides": f"item,tier,minimum\n{BED},county,5\n"}[kind]  # fmt: skip
        answer = send("root", "POST", f"/imports/{kind}?county={self.NOWHERE}",
                      files={"file": (f"{kind}.csv", table.encode())})  # fmt: skip
        assert answer.status_code in (404, 422), answer.text
