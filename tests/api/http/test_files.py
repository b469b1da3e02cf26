"""Files over HTTP: kept by hash, seen by who reaches what they belong to, never run and never what they are not."""

import pytest

from tests.api.http.conftest import COUNTY, TOWN, VILLAGE

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def upload(send, who="keeper", name="shelf.png", content=PNG, about="S1", **more):
    return send(who, "POST", "/files", data={"about": about}, files={"file": (name, content)}, **more)


class TestUploading:
    def test_keeps_the_bytes_and_gives_them_back_as_a_download(self, send, home):
        made = upload(send)
        assert (made.status_code, made.json()["place"]) == (201, TOWN), made.text
        got = send("keeper", "GET", f"/files/{made.json()['id']}/content")
        assert (got.content, got.headers["content-type"]) == (PNG, "image/png")
        assert got.headers["content-disposition"].startswith('attachment; filename="shelf.png"')
        assert got.headers["x-content-type-options"] == "nosniff"

    def test_twice_with_one_key_keeps_one(self, send):
        key = {"Idempotency-Key": "u1"}
        assert upload(send, headers=key).json() == upload(send, headers=key).json()
        assert len(send("keeper", "GET", "/files").json()["items"]) == 1
        assert upload(send, content=PNG + b"1", headers=key).json()["code"] == "KeyReused"

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.exe", PNG),
            ("a.png", b"<script>"),
            ("a.png", b""),
            ("a.txt", b"a\x00b"),
            ("png", PNG),
            ("a.svg", b"<svg/>"),
        ],
    )
    def test_what_is_not_taken_is_refused(self, send, name, content):
        answer = upload(send, name=name, content=content)
        assert (answer.status_code, answer.json()["code"]) == (422, "BadFile"), answer.text

    @pytest.mark.parametrize(
        ("given", "kept"),
        [("../../etc/passwd.txt", "passwd.txt"), ("C:\\evil\\a\u202etxt.txt", "atxt.txt"), ('x"y<z>.txt', "x_y_z_.txt"),
         ("报告 一.txt", "报告 一.txt"), ("n" * 300 + ".txt", "n" * 116 + ".txt")],
    )  # fmt: skip
    def test_names_hold_no_path_and_no_trick(self, send, home, given, kept):
        made = upload(send, name=given, content=b"hello")
        assert made.status_code == 201, made.text
        assert made.json()["name"].replace("%22", "_") == kept
        files = [one for one in (home / "files").rglob("*") if one.is_file()]
        assert [one.name for one in files] == [made.json()["sha256"]]

    def test_too_large_is_refused(self, send):
        answer = upload(send, content=PNG + b"\x00" * (20 * 1024 * 1024))
        assert (answer.status_code, answer.json()["code"]) == (422, "BadFile")
        answer = upload(send, content=PNG + b"\x00" * (65 * 1024 * 1024))
        assert (answer.status_code, answer.json()["code"]) == (413, "TooLarge")

    def test_needs_a_form_with_a_file_that_belongs_somewhere(self, send):
        assert send("keeper", "POST", "/files", json={}).json()["code"] == "WrongMediaType"
        none = send("keeper", "POST", "/files", data={"about": "S1"}, files={"other": ("a.png", PNG)})
        assert none.json()["code"] == "NoFileGiven"
        assert upload(send, about="nothing").json()["code"] == "AboutWhat"

    def test_is_for_who_may_there(self, send):
        assert upload(send, about="S2").json()["code"] == "OutsideScope"
        assert upload(send, "auditor").json()["code"] == "NotPermitted"
        assert upload(send, None).status_code == 401
        assert upload(send, "grid", about=VILLAGE).status_code == 201


class TestSeeing:
    def test_only_what_belongs_to_the_own_sub_tree(self, send):
        mine = upload(send).json()["id"]
        other = upload(send, "manager", about="S2").json()["id"]
        county = upload(send, "manager", about=COUNTY).json()["id"]
        assert {one["id"] for one in send("manager", "GET", "/files").json()["items"]} == {mine, other, county}
        assert {one["id"] for one in send("keeper", "GET", "/files").json()["items"]} == {mine}
        assert send("keeper", "GET", f"/files/{other}/content").status_code == 404
        assert send("grid", "GET", f"/files/{mine}/content").status_code == 403
