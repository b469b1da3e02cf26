"""The built page as it is served: packed where the browser takes that, kept as long as it may be."""

import gzip
from http import HTTPStatus

import pytest
from fastapi.testclient import TestClient

from api.http.console import folder
from api.http.negotiate import XLSX

PLAIN = {"Accept-Encoding": "identity"}
PACKED = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def files(app):
    return TestClient(app)


def largest():
    return max((folder() / "assets").glob("*.js"), key=lambda file: file.stat().st_size)


def test_a_file_of_the_page_is_packed_for_who_takes_it(files):
    file = largest()
    with files.stream("GET", f"/console/assets/{file.name}", headers=PACKED) as answer:
        raw = b"".join(answer.iter_raw())
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "immutable" in answer.headers["cache-control"]
    assert len(raw) < file.stat().st_size / 3
    assert gzip.decompress(raw) == file.read_bytes()


@pytest.mark.parametrize("headers", [PLAIN, PACKED | {"Range": "bytes=0-9"}])
def test_and_not_for_who_does_not(files, headers):
    answer = files.get(f"/console/assets/{largest().name}", headers=headers)
    assert "content-encoding" not in answer.headers
    assert largest().read_bytes().startswith(answer.content)


def test_what_a_browser_has_is_not_sent_again(files):
    first = files.get("/console/stock", headers=PACKED)  # a place inside the page
    assert first.headers["cache-control"] == "no-cache"
    again = files.get("/console/stock", headers=PACKED | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
    assert "content-security-policy" in again.headers


def test_what_is_not_there_is_said_to_be_so(files):
    assert files.get("/console/assets/gone-0000.js").status_code == HTTPStatus.NOT_FOUND


def test_the_head_alone(files):
    answer = files.head(f"/console/assets/{largest().name}", headers=PACKED)
    assert (answer.status_code, answer.content) == (HTTPStatus.OK, b"")


def test_a_long_list_is_packed_and_an_answer_of_one_packet_is_not(client, sign_in):
    root = sign_in("root")
    long = client.get("/api/v1/items", params={"limit": 100}, headers=root | PACKED)
    short = client.get("/api/v1/items", params={"limit": 1, "field": "code"}, headers=root | PACKED)
    assert [one.headers.get("content-encoding") for one in (long, short)] == ["gzip", None]
    assert long.json()["items"]
    assert short.json()["items"]


def test_what_is_packed_already_is_left_alone(client, sign_in):
    book = client.get("/api/v1/exports/stores", headers=sign_in("root") | PACKED | {"Accept": XLSX})
    assert (book.status_code, book.headers.get("content-encoding")) == (HTTPStatus.OK, None)
