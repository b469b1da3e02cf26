"""Stock over HTTP: entries once and only once, in reach only, and the ledger behind them true."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from inventory.database import now, reading
from inventory.ledger.stock_lines import available
from inventory.ledger.verify import verify
from tests.api.http.conftest import BED, WATER


def issue(send, who="keeper", store="S1", quantity="5", **more):
    return send(who, "POST", "/stock/issue", json={"store": store, "item": BED, "quantity": quantity}, **more)


def beds(engine, store="S1"):
    with reading(engine) as connection:
        return available(connection, as_of=now()).get((store, BED), Decimal(0))


class TestIssuing:
    def test_takes_from_stock_and_says_from_which_lot(self, send, engine):
        answer = issue(send)
        assert answer.status_code == 201
        (taken,) = answer.json()["taken"]
        assert (taken["lot"], taken["quantity"]) == ("L1", "5")
        assert beds(engine) == 95

    def test_more_than_there_is_names_what_there_is(self, send, engine):
        answer = issue(send, quantity="101")
        assert (answer.status_code, answer.json()["code"]) == (409, "InsufficientStock")
        assert answer.json()["facts"]["available"] == "100"
        assert beds(engine) == 100

    @pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "1e30", "0.0000001", "five", None, [], True])
    def test_a_quantity_that_is_none_is_refused(self, send, quantity):
        answer = issue(send, quantity=quantity)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["where"] == "body.quantity"
        assert "?" not in answer.json()["errors"][0]["message"]  # than what it should be greater

    def test_outside_the_own_town_is_refused(self, send, engine):
        answer = issue(send, store="S2")
        assert (answer.status_code, answer.json()["code"]) == (403, "OutsideScope")
        assert beds(engine, "S2") == 100

    def test_without_the_permission_is_refused(self, send):
        for who in ("leader", "grid", "auditor", "planner", "nobody"):
            assert issue(send, who).json()["code"] == "NotPermitted"

    def test_an_override_needs_its_own_permission(self, send):
        lift = {"store": "S1", "item": BED, "quantity": "5", "override": {"person": "Li", "reason": "flood"}}
        assert send("keeper", "POST", "/stock/issue", json=lift).json()["code"] == "NotPermitted"


class TestTheSameRequestAgain:
    def test_does_nothing_and_hears_the_same(self, send, engine):
        key = {"Idempotency-Key": "issue-1"}
        first, second = issue(send, headers=key), issue(send, headers=key)
        assert first.json() == second.json()
        assert second.headers["Idempotency-Replayed"] == "true"
        assert beds(engine) == 95

    def test_the_key_of_another_request_is_refused(self, send, engine):
        key = {"Idempotency-Key": "issue-1"}
        issue(send, headers=key)
        other = issue(send, quantity="6", headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "KeyReused")
        assert beds(engine) == 95

    def test_a_refused_request_may_be_sent_again(self, send, engine):
        key = {"Idempotency-Key": "issue-1"}
        assert issue(send, quantity="101", headers=key).status_code == 409
        assert issue(send, quantity="5", headers=key).status_code == 201

    def test_keys_of_two_people_do_not_meet(self, send, engine):
        key = {"Idempotency-Key": "issue-1"}
        assert issue(send, headers=key).status_code == 201
        assert "Idempotency-Replayed" not in issue(send, "manager", headers=key).headers
        assert beds(engine) == 90

    def test_sent_eight_times_at_once_it_is_done_once(self, send, sign_in, engine):
        sign_in("keeper")
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: issue(send, headers={"Idempotency-Key": "at-once"}), range(8)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["operation"] for answer in answers}) == 1
        assert beds(engine) == 95


class TestALifeOfStock:
    def test_every_entry_keeps_the_ledger_true(self, send, engine):
        def done(path, who="keeper", **asked):
            answer = send(who, "POST", f"/stock/{path}", json=asked)
            assert answer.status_code == 201, answer.text
            return answer.json()["operation"]

        bed = {"store": "S1", "item": BED}
        done("receive", **bed, quantity="20", lot="L2", expires="2039-01-01", bin="A-1")
        done("move", **bed, quantity="10", to_bin="A-2", lot="L1")
        done("state", **bed, quantity="3", from_state="serviceable", to_state="damaged", reason="DAMAGE", lot="L1")
        done("write-off", **bed, quantity="3", state="damaged", reason="DAMAGE")
        issued = done("issue", **bed, quantity="10")
        done("return", **bed, quantity="4", damaged="1", bin="A-1")
        loan = done("lend", **bed, quantity="2", borrower="一村", due_back="2039-12-31")
        done("end-loan", operation=loan)
        done("reserve", **bed, quantity="7", reference="drill")
        assert [row["quantity"] for row in send("keeper", "GET", "/reservations").json()["items"]] == ["7"]
        done("issue-reserved", reference="drill")
        again = done("receive", **bed, quantity="1")
        assert send("keeper", "POST", "/stock/reverse", json={"operation": again}).status_code == 403
        done("reverse", "manager", operation=again)
        done("recall", "root", item=BED, lot="L2")
        assert issued
        with reading(engine) as connection:
            assert verify(connection).differences == ()

    def test_the_card_adds_up(self, send):
        issue(send)
        card = send("keeper", "GET", f"/stock/card?store=S1&item={BED}").json()
        assert (card["opening"], card["closing"]) == ("0", "95")
        assert send("keeper", "GET", f"/stock/card?store=S2&item={BED}").status_code == 403


class TestTransfers:
    def ask(self, send):
        asked = {"from_store": "S0", "to_store": "S1", "lines": [{"item": BED, "quantity": "10"}]}
        answer = send("keeper", "POST", "/transfers", json=asked)
        assert answer.status_code == 201, answer.text
        return answer.json()["number"]

    def test_go_from_the_request_to_the_receipt(self, send, engine):
        number = self.ask(send)
        for step, who in (("approve", "manager"), ("pick", "manager"), ("send", "manager"), ("receive", "keeper")):
            answer = send(who, "POST", f"/transfers/{number}/{step}", json={})
            assert answer.status_code == 200, answer.text
        assert (beds(engine, "S0"), beds(engine, "S1")) == (90, 110)
        steps = [event["status"] for event in answer.json()["events"]]
        assert steps == ["requested", "approved", "picked", "in_transit", "received"]

    def test_are_approved_by_who_is_in_charge_of_the_goods(self, send):
        number = self.ask(send)
        assert send("keeper", "POST", f"/transfers/{number}/approve", json={}).status_code == 403
        assert send("keeper", "POST", f"/transfers/{number}/send", json={}).status_code == 403

    def test_are_seen_from_both_ends_only(self, send):
        number = self.ask(send)
        assert send("keeper", "GET", f"/transfers/{number}").status_code == 200
        assert [row["number"] for row in send("keeper", "GET", "/transfers").json()["items"]] == [number]
        assert send("root", "POST", "/users", json={"name": "far", "password": "zebra crossing 7", "grants": [
            {"role": "custodian", "place": "520601000000"}]}).status_code == 201  # fmt: skip


class TestCounts:
    def test_are_counted_by_one_and_approved_by_another(self, send, engine):
        number = send("keeper", "POST", "/counts", json={"store": "S1"}).json()["number"]
        lines = [{"item": BED, "lot": "L1", "quantity": "98"}]
        assert send("keeper", "POST", f"/counts/{number}/lines", json={"lines": lines}).status_code == 200
        assert send("keeper", "POST", f"/counts/{number}/close", json={}).status_code == 200
        assert send("keeper", "POST", f"/counts/{number}/approve", json={}).status_code == 403
        assert send("manager", "POST", f"/counts/{number}/approve", json={}).status_code == 200
        assert beds(engine) == 98


class TestLists:
    def test_show_what_is_in_reach(self, send):
        assert [row["store"] for row in send("keeper", "GET", "/stock").json()["items"]] == ["S1", "S3"]
        assert [row["code"] for row in send("manager", "GET", "/stores").json()["items"]] == ["S0", "S1", "S2", "S3"]
        assert len(send("root", "GET", "/stores").json()["items"]) == 5
        assert send("keeper", "GET", "/stores/S2").status_code == 404

    def test_are_filtered_sorted_and_cut(self, send):
        asked = f"/stock?item={BED}&sort=-store&field=store&field=quantity&quantity__gte=50"
        answer = send("root", "GET", asked).json()
        assert answer["items"][0] == {"store": "S4", "quantity": "100"}
        assert [row["store"] for row in answer["items"]] == ["S4", "S3", "S2", "S1", "S0"]
        assert send("root", "GET", "/stock?state=damaged").json()["items"] == []
        assert [row["code"] for row in send("root", "GET", "/stores?q=一").json()["items"]] == ["S1", "S3"]

    @pytest.mark.parametrize("sort", ["shelf_life_months,code", "-shelf_life_months,-code", "class_no"])
    def test_pages_show_every_row_once_whatever_the_order(self, send, sort):
        whole = [row["code"] for row in send("root", "GET", f"/items?limit=1000&sort={sort}").json()["items"]]
        paged, cursor = [], ""
        while cursor is not None:
            page = send("root", "GET", f"/items?limit=7&sort={sort}{cursor and '&cursor=' + cursor}").json()
            paged += [row["code"] for row in page["items"]]
            cursor = page["next"]
        assert paged == whole
        assert len(set(whole)) == len(whole) > 70

    def test_a_cursor_of_another_order_is_refused(self, send):
        cursor = send("root", "GET", "/items?limit=7&sort=code").json()["next"]
        for wrong in (f"/items?sort=-code&cursor={cursor}", "/items?cursor=abc", "/items?cursor=%F0%9F%98%80"):
            assert send("root", "GET", wrong).json()["code"] == "WrongCursor"

    def test_come_as_points_on_a_map(self, send):
        answer = send("root", "GET", "/stores?limit=1&field=code", headers={"Accept": "application/geo+json"})
        assert answer.headers["content-type"] == "application/geo+json"
        (one,) = answer.json()["features"]
        assert one == {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.0, 28.0]},
                       "properties": {"code": "S0"}}  # fmt: skip

    def test_come_as_files_in_which_nothing_runs(self, send, engine):
        from io import BytesIO

        from openpyxl import load_workbook
        from sqlalchemy import update

        from inventory.database import transaction
        from inventory.tables.places import stores

        with transaction(engine) as connection:
            connection.execute(update(stores).where(stores.c.code == "S0").values(name='=HYPERLINK("x")'))
        as_csv = send("root", "GET", "/stores?field=name&sort=code", headers={"Accept": "text/csv"})
        assert "'=HYPERLINK" in as_csv.text
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        book = load_workbook(BytesIO(send("root", "GET", "/stores?sort=code", headers={"Accept": kind}).content))
        cell = book.active["B2"]
        assert (cell.value, cell.data_type) == ('=HYPERLINK("x")', "s")
        assert send("root", "GET", "/stores", headers={"Accept": "image/png"}).status_code == 406

    def test_an_unknown_filter_is_named(self, send):
        answer = send("root", "GET", "/stock?colour=red")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["where"] == "query.colour"


def test_water_is_in_the_catalogue(send):
    assert send("grid", "GET", f"/items/{WATER}").json()["code"] == WATER
