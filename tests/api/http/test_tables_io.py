"""Tables over HTTP: the same reading as on the command line, all faults at once, and only where one may."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from tests.api.http.conftest import BED, COUNTY, OTHER_TOWN, TOWN

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STOCK = "store,item,lot,quantity,state,bin,expires\n"


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("WUDING_HOME", str(tmp_path))


def bring(send, kind, content, who="manager", name="table.csv", query="", **more):
    content = content.encode() if isinstance(content, str) else content
    return send(who, "POST", f"/imports/{kind}{query}", files={"file": (name, content)}, **more)


def workbook(*rows):
    book, held = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


class TestImporting:
    def test_adds_changes_and_counts_what_was_there(self, send):
        rows = "store,bin,volume_m3\nS1,B-1,5\nS1,B-2,6\n"
        first = bring(send, "bins", rows)
        assert (first.status_code, first.json()["added"]) == (200, 2), first.text
        again = bring(send, "bins", rows.replace("6", "7"))
        assert (again.json()["changed"], again.json()["same"]) == (1, 1)

    def test_takes_workbooks(self, send):
        made = bring(send, "bins", workbook(["store", "bin", "volume_m3"], ["S1", "B-1", 5]), name="货位.xlsx")
        assert made.json()["added"] == 1, made.text

    def test_tells_every_fault_with_its_row_and_column(self, send, engine):
        rows = "store,bin,volume_m3\nS1,B-1,five\nS9,B-2,6\nS1,B-3,7\nS1,B-3,8\n"
        answer = bring(send, "bins", rows)
        assert (answer.status_code, answer.json()["code"]) == (422, "BadTable")
        wheres = {(one["where"], one["code"]) for one in answer.json()["errors"]}
        assert {where for where, _ in wheres} >= {"2:volume_m3", "3:store"}, wheres
        assert any(where.startswith("5") for where, _ in wheres)
        assert len(send("manager", "GET", "/bins?store=S1").json()["items"]) == 1

    def test_tells_what_only_the_database_knows_beside_what_the_cells_show(self, send):
        rows = ("store,person,role,valid_from\nS1,P1,primary,2026-01-01\nS1,P2,primary,2026-02-01\n"
                "S1,P3,boss,2026-01-01\n")  # fmt: skip
        answer = bring(send, "custodians", rows)
        codes = {(one["where"], one["code"]) for one in answer.json()["errors"]}
        assert ("3:valid_from", "TWO_PRIMARIES") in codes, codes
        assert any(where == "4:role" for where, _ in codes), codes

    def test_only_tried_writes_nothing(self, send):
        tried = bring(send, "bins", "store,bin,volume_m3\nS1,B-1,5\n", query="?dry_run=true")
        assert (tried.json()["added"], tried.json()["dry_run"]) == (1, True)
        assert len(send("manager", "GET", "/bins?store=S1").json()["items"]) == 1

    def test_twice_with_one_key_counts_once(self, send):
        key, rows = {"Idempotency-Key": "i1"}, "store,bin,volume_m3\nS1,B-1,5\n"
        assert bring(send, "bins", rows, headers=key).json() == bring(send, "bins", rows, headers=key).json()
        assert bring(send, "bins", rows + "S1,B-2,5\n", headers=key).json()["code"] == "KeyReused"


class TestCells:
    """A file as it stands, for who mends it before the import."""

    def read(self, send, kind, content, name="table.csv", who="manager"):
        content = content.encode() if isinstance(content, str) else content
        return send(who, "POST", f"/imports/{kind}/cells", files={"file": (name, content)})

    def test_gives_the_text_of_every_cell_by_either_heading_and_checks_nothing(self, send):
        read = self.read(send, "bins", "货位,库点编号,体积\nB-1,nowhere,five\n,,\n'=1,S1,6\n")
        assert read.status_code == 200, read.text
        found = read.json()
        assert set(found["columns"]) <= {"store", "bin", "volume_m3"}
        at = found["columns"].index("bin")
        assert [row[at] for row in found["rows"]] == ["B-1", "'=1"]
        assert found["numbers"] == [2, 4]
        assert ("3", "BLANK_ROW") in {(one["where"], one["code"]) for one in found["errors"]}

    def test_tells_of_cells_that_are_no_text_where_they_stand(self, send):
        found = self.read(send, "bins", workbook(["store", "bin", "volume_m3", "colour"], ["S1", "B-1", "=1+1", "x"]),
                          name="a.xlsx").json()  # fmt: skip
        wheres = {(one["where"], one["code"]) for one in found["errors"]}
        assert {("2:volume_m3", "FORMULA_CELL"), ("1:colour", "UNKNOWN_COLUMN")} <= wheres
        assert found["columns"] == ["store", "bin", "volume_m3"]
        assert found["faults"] == len(found["errors"])

    def test_rows_that_are_too_long_or_too_short_are_there_to_be_mended(self, send):
        found = self.read(send, "bins", "store,bin,volume_m3\nS1\nS1,B-2,5,6\n").json()
        assert found["rows"] == [["S1", "", ""], ["S1", "B-2", "5"]]
        assert [(one["where"], one["code"]) for one in found["errors"]] == [("2", "RAGGED_ROW"), ("3", "RAGGED_ROW")]

    def test_what_is_no_table_is_refused_in_words(self, send):
        assert self.read(send, "bins", b"MZ", name="a.exe").json()["code"] == "BadTable"
        assert self.read(send, "bins", "title\nstore,bin\nS1,B\n").json()["errors"][0]["code"] == "HEADER_NOT_FIRST"
        assert self.read(send, "closures", "x").status_code == 422
        assert self.read(send, "bins", "store\n", who="planner").json()["code"] == "NotPermitted"


class TestReach:
    def test_rows_of_another_place_are_refused(self, send):
        row = f"S2,{BED},L1,5,serviceable,A-1,2040-01-01\n"
        answer = bring(send, "stock", STOCK + row, "keeper")
        assert (answer.status_code, answer.json()["code"]) == (403, "OutsideScope"), answer.text
        assert send("manager", "GET", "/stock?store=S2").json()["items"][0]["quantity"] == "100"

    def test_a_store_cannot_be_taken_from_another_county(self, send):
        row = f"id,name,tier,place\nS4,mine,county,{COUNTY}\n"
        assert bring(send, "stores", row).json()["code"] == "OutsideScope"

    def test_what_is_everybodys_is_for_who_reaches_everything(self, send):
        rows = f"item,package,units\n{BED},case,10\n"
        assert bring(send, "packages", rows).json()["code"] == "OutsideScope"
        assert bring(send, "packages", rows, "root").json()["added"] == 1

    def test_needs_the_permission_of_what_it_changes(self, send):
        assert bring(send, "stores", "id\n", "keeper").json()["code"] == "NotPermitted"
        assert bring(send, "stock", STOCK, "dispatcher").json()["code"] == "NotPermitted"
        assert bring(send, "incidents", "id\n", "manager").json()["code"] == "NotPermitted"
        assert bring(send, "stock", STOCK, None).status_code == 401


class TestHostileFiles:
    def test_a_zip_bomb_is_refused_before_it_is_unpacked(self, send):
        held = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(workbook(["store"]))) as sound,
            zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bomb,
        ):
            for name in sound.namelist():
                bomb.writestr(name, sound.read(name))
            with bomb.open("xl/sharedStrings.xml", "w", force_zip64=True) as out:
                for _ in range(700):
                    out.write(b"\x00" * 1024 * 1024)
        answer = bring(send, "bins", held.getvalue(), name="bomb.xlsx")
        assert answer.status_code == 422
        assert [one["code"] for one in answer.json()["errors"]] == ["FILE_TOO_LARGE"]

    def test_a_smaller_one_that_swells_too_much_is_refused_as_well(self, send):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bomb:
            bomb.writestr("xl/workbook.xml", b" " * 64 * 1024 * 1024)
        answer = bring(send, "bins", held.getvalue(), name="bomb.xlsx")
        assert [one["code"] for one in answer.json()["errors"]] == ["FILE_TOO_LARGE"]

    @pytest.mark.parametrize(
        ("name", "content"),
        [("a.xlsx", b"PK\x03\x04 nothing"), ("a.csv", b"\xff\xfe\x00"), ("a.csv", b""), ("a.exe", b"MZ"), ("", b"x")],
    )
    def test_what_is_no_table_is_refused(self, send, name, content):
        answer = bring(send, "bins", content, name=name)
        assert answer.status_code == 422, answer.text

    def test_entities_of_a_workbook_are_not_followed(self, send):
        held = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(workbook(["store", "bin"], ["S1", "x"]))) as sound,
            zipfile.ZipFile(held, "w") as other,
        ):
            for name in sound.namelist():
                content = sound.read(name)
                if name.endswith("sheet1.xml"):
                    evil = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                    content = evil + content[content.index(b"<worksheet") :].replace(b">x<", b">&e;<")
                other.writestr(name, content)
        answer = bring(send, "bins", held.getvalue(), name="a.xlsx")
        assert answer.status_code == 422
        assert "root:" not in answer.text


class TestExporting:
    @pytest.mark.parametrize(("accept", "name"), [("text/csv", "s.csv"), (XLSX, "s.xlsx")])
    def test_gives_what_imports_again_to_the_same(self, send, accept, name):
        given = send("manager", "GET", "/exports/stock", headers={"Accept": accept})
        assert (given.status_code, given.headers["content-type"].partition(";")[0]) == (200, accept)
        again = bring(send, "stock", given.content, name=name)
        assert (again.json()["added"], again.json()["changed"], again.json()["same"]) == (0, 0, 4), again.text

    def test_holds_only_what_the_caller_reaches(self, send):
        mine = send("keeper", "GET", "/exports/stores").text
        assert "S1" in mine
        assert "S3" in mine
        assert "S2" not in mine
        assert "S3" in send("manager", "GET", f"/exports/stores?place={TOWN}").text
        assert send("keeper", "GET", f"/exports/stores?place={OTHER_TOWN}").status_code == 404
        assert send("leader", "GET", "/exports/stock").json()["code"] == "NotPermitted"

    def test_comes_in_no_other_form(self, send):
        assert send("manager", "GET", "/exports/stock", headers={"Accept": "application/json"}).status_code == 406

    @pytest.mark.parametrize("kind", ["places", "stores", "items", "bins", "lots", "custodians", "maintenance",
                                      "packages", "kits", "teams", "vehicles", "minimum_overrides"])  # fmt: skip
    def test_of_every_kind_there_is_a_table(self, send, kind):
        assert send("manager", "GET", f"/exports/{kind}").status_code == 200
