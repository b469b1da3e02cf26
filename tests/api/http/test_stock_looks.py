"""What is worked out of the stock: available units, one unit's history, suggestions, papers to print."""

import pytest

from tests.api.http.conftest import BED, OTHER_TOWN

PDF, XLSX = "application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def serialised(send):
    return next(one["code"] for one in send("root", "GET", "/items?limit=200").json()["items"] if one["serialised"])


class TestAvailable:
    def test_leaves_out_what_is_reserved(self, send):
        kept = {"store": "S1", "item": BED, "quantity": "30", "reference": "R1"}
        assert send("keeper", "POST", "/stock/reserve", json=kept).status_code == 201
        found = send("keeper", "GET", "/stock/available?store=S1").json()["items"]
        assert found == [{"store": "S1", "item": BED, "available": "70"}]

    def test_is_of_the_own_sub_tree(self, send):
        assert {one["store"] for one in send("keeper", "GET", "/stock/available").json()["items"]} == {"S1", "S3"}
        assert len(send("manager", "GET", f"/stock/available?item={BED}").json()["items"]) == 4
        for path in ("?store=S2", f"?place={OTHER_TOWN}", "?store=none", "?item=none"):
            assert send("keeper", "GET", f"/stock/available{path}").status_code == 404


class TestSearch:
    def test_finds_by_names_in_either_language_and_by_codes_word_by_word(self, send):
        name = next(one for one in send("root", "GET", "/items?limit=200").json()["items"] if one["code"] == BED)

        def found(words):
            rows = send("root", "GET", "/stock", params={"q": words, "limit": 200}).json()["items"]
            return {(one["store"], one["item"]) for one in rows}

        beds = found(BED)
        assert beds
        assert found(name["name_zh"]) == found(name["name_en"].upper()) == beds
        assert found(f"S1 {name['name_zh']}") == {("S1", BED)}
        assert found(f"S1 {name['name_zh']} nowhere") == set()


class TestOneUnit:
    def test_tells_where_it_was(self, send):
        item = serialised(send)
        receipt = {"store": "S1", "item": item, "quantity": "1", "serials": ["X-1"], "bin": "A-1"}
        assert send("keeper", "POST", "/stock/receive", json=receipt).status_code == 201
        found = send("keeper", "GET", "/assets/X-1/history").json()
        assert (found["standing"]["store"], [one["kind"] for one in found["moves"]]) == ("S1", ["RECEIVE"]), found
        assert send("keeper", "GET", "/assets/none/history").status_code == 404

    def test_of_another_town_is_not_there(self, send):
        receipt = {"store": "S2", "item": serialised(send), "quantity": "1", "serials": ["X-2"]}
        assert send("manager", "POST", "/stock/receive", json=receipt).status_code == 201
        assert send("keeper", "GET", "/assets/X-2/history").json()["code"] == "UnknownAsset"


class TestReplenishment:
    def test_names_what_is_short_in_the_own_sub_tree(self, send):
        found = send("keeper", "GET", "/replenishment").json()
        assert found["items"]
        assert {one["store"] for one in found["items"]} <= {"S1", "S3"}
        assert all(float(one["have"]) < float(one["minimum"]) for one in found["items"])
        assert send("leader", "GET", "/replenishment").status_code == 403


class TestPapers:
    def test_a_transfer_order_is_printed_for_either_end(self, send):
        asked = {"from_store": "S0", "to_store": "S1", "lines": [{"item": BED, "quantity": "5"}]}
        number = send("keeper", "POST", "/transfers", json=asked).json()["number"]
        paper = send("keeper", "GET", f"/transfers/{number}", headers={"Accept": PDF})
        assert (paper.status_code, paper.content[:4]) == (200, b"%PDF")
        assert send("keeper", "GET", f"/transfers/{number}").json()["number"] == number

    def test_labels_are_printed(self, send):
        paper = send("keeper", "GET", "/stock/labels?store=S1&what=store&skip=3")
        assert (paper.status_code, paper.content[:4], paper.headers["content-type"]) == (200, b"%PDF", PDF)
        assert send("keeper", "GET", "/stock/labels?store=S1&what=assets").json()["code"] == "NoLabels"
        assert send("keeper", "GET", "/stock/labels?store=S2&what=store").status_code == 404
        assert send("keeper", "GET", "/stock/labels?store=S1&skip=24").status_code == 422

    @pytest.mark.parametrize(("kind", "sign"), [(PDF, b"%PDF"), (XLSX, b"PK")])
    def test_a_stock_card_is_printed(self, send, kind, sign):
        path = f"/stock/card?store=S1&item={BED}"
        assert send("keeper", "GET", path).json()["closing"] == "100"
        paper = send("keeper", "GET", path, headers={"Accept": kind})
        assert (paper.status_code, paper.content[: len(sign)]) == (200, sign)
        assert paper.headers["content-disposition"].startswith("attachment")
