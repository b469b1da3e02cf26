"""The stock commands: what they do, what they say in both languages, and their exit codes."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api import cli
from inventory.database import now
from inventory.five_fixed import shanghai_day
from inventory.ledger.kits import save_kit, save_package
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive

Capture = pytest.CaptureFixture[str]
Office = Any  # tests/api/conftest.py

WATER, BED, EXTINGUISHER = "M013", "M003", "M059"
TODAY = shanghai_day(now())
YEAR = TODAY.year
SOON = (TODAY + timedelta(days=30)).isoformat()


def test_units_come_in_are_put_away_issued_and_brought_back(on_both: Office) -> None:
    stock = on_both
    told = stock("receive", "S0", WATER, "40", "--lot", "L1", "--price", "12.50", "--supplier", "某厂")
    assert "上架后才能发出" in told
    stock("issue", "S0", WATER, "5", code=2)
    assert f"S0/{WATER}/L1/PUT_AWAY" in stock.error
    stock("move", "S0", WATER, "40", "--to", "A-2", "--put-away")
    assert "A-2" in stock("issue", "S0", WATER, "5.5", "--note", "一村")
    stock("return", "S0", WATER, "2", "--bin", "A-2", "--damaged", "0.5")
    assert stock.held() == {("S0", "L1", "serviceable"): Decimal("36"), ("S0", "L1", "damaged"): Decimal("0.5")}
    card = stock("card", "S0", WATER)
    assert [word for word in ("入库", "移库", "出库", "归还", "张三", "采购", "36.5") if word not in card] == []


def test_first_expired_leaves_first(stock: Office) -> None:
    later, sooner = ((TODAY + timedelta(days=days)).isoformat() for days in (90, 30))
    stock.put("S0", WATER, 10, lot="L9", expires=later)
    stock.put("S0", WATER, 10, lot="L1", expires=sooner)
    told = stock("issue", "S0", WATER, "12")
    assert told.index("L1") < told.index("L9")
    assert stock.held() == {("S0", "L9", "serviceable"): 8}


def test_sent_twice_under_one_key_it_is_booked_once(on_both: Office) -> None:
    stock = on_both
    stock.put("S0", WATER, 10)
    assert "已办理：第 2 笔" in stock("issue", "S0", WATER, "4", "--key", "k")
    assert "本次没有重复记账" in stock("issue", "S0", WATER, "4", "--key", "k")
    assert stock.held() == {("S0", "L1", "serviceable"): 6}
    stock("issue", "S0", WATER, "5", "--key", "k", code=2)
    assert "k" in stock.error


@pytest.mark.parametrize(("lang", "words"), [("zh", "可调出 10，不足所需的 11"), ("en", "11")])
def test_more_than_there_is_is_refused_in_words(stock: Office, lang: str, words: str) -> None:
    stock.put("S0", WATER, 10)
    stock("issue", "S0", WATER, "11", "--lang", lang, code=2)
    assert words in stock.error
    assert stock.held() == {("S0", "L1", "serviceable"): 10}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("issue", "S9", WATER, "1"), "S9"),
        (("issue", "S0", "M999", "1"), "M999"),
        (("issue", "S0", WATER, "-3"), ""),
        (("issue", "S0", WATER, "some"), "some"),
        (("issue", "S0", WATER, "1", "--reason", "FUN"), "FUN"),
        (("issue", "S0", WATER, "1", "--key", ""), "--key"),
        (("issue", "S0", WATER, "1", "--actor", "x" * 65), "64"),
        (("issue", "S0", WATER, "1", "--occurred-at", "yesterday"), "yesterday"),
        (("receive", "S0", WATER, "1", "--made", "15/06/2026"), "15/06/2026"),
        (("receive", "S0", WATER, "1", "--owner", "me"), "me"),
        (("list", "--state", "rotten"), "rotten"),
        (("list", "--after", "7"), "7"),
        (("list", "--store", "S9"), "S9"),
        (("available", "--item", "M999"), "M999"),
        (("transfer", "request", "S0", "S1", WATER), WATER),
        (("transfer", "request", "S0", "S0", f"{WATER}=1"), "S0"),
        (("transfer", "show", "DB-1"), "DB-1"),
        (("count", "enter", "PD-1", WATER, "L1"), "2"),
        (("reverse", "first"), "first"),
        (("reverse", "77"), "77"),
        (("asset", "X9"), "X9"),
        (("state", "S0", WATER, "all", "--from", "retired", "--to", "serviceable"), WATER),
    ],
)
def test_wrong_words_are_told_and_change_nothing(stock: Office, words: tuple[str, ...], told: str) -> None:
    stock.put("S0", WATER, 10)
    for lang in ("zh", "en"):
        stock(*words, "--lang", lang, code=2)
        assert told in stock.error
        assert not re.search(r"[A-Za-z]+ \(\w+=", stock.error)  # words, not bare facts
    assert stock.held() == {("S0", "L1", "serviceable"): 10}


def test_an_entry_keeps_who_why_when_and_what_was_said(stock: Office) -> None:
    stock.put("S0", WATER, 10)
    stock("issue", "S0", WATER, "1", "--actor", "李四", "--reason", "群众救助", "--note", "二组",
          "--occurred-at", "2026-01-02T03:04:05+08:00")  # fmt: skip
    row = stock.json("card", "S0", WATER)["rows"][-1]
    assert (row["actor"], row["reason"], row["note"]) == ("李四", "RELIEF", "二组")
    assert row["occurred_at"] == "2026-01-01T19:04:05+00:00"
    assert abs(datetime.fromisoformat(row["recorded_at"]) - datetime.now(UTC)) < timedelta(minutes=2)


def test_a_page_ends_with_where_to_go_on_and_all_is_all(stock: Office) -> None:
    for number in range(5):
        stock.put("S0", BED, number + 1, lot=f"L{number}")
    told = stock("list", "--limit", "2")
    after = told.split("--after ")[1].strip()
    assert ("L1" in told, "L2" in told) == (True, False)
    following = stock("list", "--limit", "2", "--after", after)
    assert ("L1" in following, "L2" in following, "L3" in following, "L4" in following) == (False, True, True, False)
    whole = stock.json("list", "--all")
    assert [row["quantity"] for row in whole["rows"]] == ["1", "2", "3", "4", "5"]
    assert whole["next"] is None


def test_a_list_names_stores_items_and_states_in_the_language_asked_for(stock: Office) -> None:
    stock.put("S0", WATER, 1200, price="12.50")
    assert all(word in stock("list") for word in ("甲县库", "瓶装水", "完好", "1,200", "12.5", "县级"))
    assert all(word in stock("list", "--lang", "en") for word in ("Store 0", "Bottled water", "serviceable", "Bin"))


def test_lists_narrow_down(stock: Office) -> None:
    stock.put("S0", WATER, 10, expires=SOON)
    stock.put("S1", BED, 4)
    stock("receive", "S1", BED, "2")  # no lot number, in no bin
    stock("state", "S1", BED, "1", "--from", "完好", "--to", "损坏", "--lot", "L1")

    def listed(*words: str) -> list[tuple[str, str, str]]:
        rows = stock.json("list", *words)["rows"]
        return [(row["store"], row["lot"], row["quantity"]) for row in rows]

    assert listed("--place", "520600100000", "--state", "damaged") == [("S1", "L1", "1")]
    assert listed("--expires-by", SOON) == [("S0", "L1", "10")]
    assert listed("--lot", "-") == [("S1", "", "2")]
    assert listed("--owner", "乡镇级", "--item", BED, "--state", "serviceable") == [("S1", "L1", "3"), ("S1", "", "2")]
    assert stock.json("available", "--store", "S1") == [{"store": "S1", "item": BED, "available": "5"}]
    assert "没有符合条件" in stock("list", "--item", "M019")


def test_packages_are_counted_in_units(stock: Office) -> None:
    with stock.writing() as connection:
        save_package(connection, item=WATER, name="托盘", units=Decimal(48))
    stock("receive", "S0", WATER, "2", "--package", "托盘", "--bin", "A-1")
    assert stock.held() == {("S0", "", "serviceable"): 96}
    stock("receive", "S0", WATER, "2", "--package", "车", code=2)
    assert "车" in stock.error


def test_a_kit_leaves_whole_or_not_at_all(stock: Office) -> None:
    with stock.writing() as connection:
        save_kit(connection, kit="FLOOD", name="防汛套装", content={WATER: Decimal(2), BED: Decimal(1)})
    stock.put("S0", WATER, 10)
    stock.put("S0", BED, 2)
    stock("issue-kit", "S0", "FLOOD", "3", code=2)
    assert BED in stock.error
    assert stock.held() == {("S0", "L1", "serviceable"): 12}
    told = stock("issue-kit", "S0", "FLOOD", "2")
    assert WATER in told
    assert BED in told
    assert stock.held(item=WATER) == {("S0", "L1", "serviceable"): 6}


def test_serialised_units_come_in_by_number_and_each_has_its_history(stock: Office) -> None:
    stock("receive", "S0", EXTINGUISHER, "2", "--serial", "X1", code=2)
    assert "2" in stock.error
    stock(
        "receive", "S0", EXTINGUISHER, "2", "--serial", "X1", "--serial", "X2", "--bin", "B-1", "--made", "2026-01-01"
    )
    stock("receive", "S1", EXTINGUISHER, "1", "--serial", "X2", code=2)
    told = stock("asset", "X1")
    assert all(word in told for word in ("甲县库", "B-1", "入库", "干粉灭火器"))
    assert "outside" in stock("asset", "X1", "--lang", "en")
    assert stock.json("asset", "X2")["standing"]["store"] == "S0"


def test_units_are_set_apart_mended_recalled_and_written_off(stock: Office) -> None:
    stock.put("S0", WATER, 10)
    stock.put("S1", WATER, 5)
    stock("state", "S0", WATER, "4", "--from", "serviceable", "--to", "quarantined")
    stock("state", "S0", WATER, "all", "--from", "quarantined", "--to", "serviceable")
    reasons = [row["reason"] for row in stock.json("card", "S0", WATER)["rows"]]
    assert reasons == ["PURCHASE", "QUARANTINE", "RELEASED"]
    stock("recall", WATER, "L1")
    assert stock.held() == {("S0", "L1", "recalled"): 10, ("S1", "L1", "recalled"): 5}
    stock("receive", "S0", WATER, "1", "--lot", "L1", code=2)
    stock("write-off", "S0", WATER, "10", "--state", "召回", "--reason", "LOSS")
    assert stock.held() == {("S1", "L1", "recalled"): 5}


def test_an_overdue_gate_is_lifted_only_by_name_and_reason(stock: Office) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=80)
    with stock.writing() as connection:
        receive(connection, store="S0", item=EXTINGUISHER, quantity=Decimal(9), bin="A-1",
                act=Act(actor="x", reason="OPENING", at=long_ago),
                lot=LotFacts(code="E", made=long_ago.date()))  # fmt: skip
    stock("issue", "S0", EXTINGUISHER, "1", code=2)
    assert f"S0/{EXTINGUISHER}/E/INSPECT" in stock.error
    stock("issue", "S0", EXTINGUISHER, "1", "--override-by", "县长", code=2)
    stock("issue", "S0", EXTINGUISHER, "1", "--override-by", "县长", "--override-why", "山火")
    listed = stock("overrides", "--store", "S0")
    assert "县长" in listed
    assert "山火" in listed
    assert stock.held() == {("S0", "E", "serviceable"): 8}


def test_units_are_kept_and_set_free(stock: Office) -> None:
    stock.put("S0", WATER, 10)
    stock("reserve", "S0", WATER, "8", "--for", "PLAN-7", "--until", "2099-01-01T00:00:00+08:00")
    assert "PLAN-7" in stock("reservations")
    stock("issue", "S0", WATER, "3", code=2)
    stock("release", "PLAN-7")
    assert stock.json("reservations") == []
    stock("issue", "S0", WATER, "3")


def test_a_loan_ends_where_it_began(stock: Office) -> None:
    stock.put("S0", BED, 10)
    told = stock("lend", "S0", BED, "4", "--to", "一镇派出所", "--due-back", SOON)
    assert "end-loan 2" in told
    assert "一镇派出所" in stock("loans", "--due-by", SOON)
    assert stock.json("loans", "--due-by", TODAY.isoformat()) == []
    stock("end-loan", "2")
    assert stock.held() == {("S0", "L1", "serviceable"): 10}
    stock("end-loan", "2", code=2)


def test_a_mistake_is_taken_back_once(stock: Office) -> None:
    stock.put("S0", WATER, 10)
    stock("issue", "S0", WATER, "4")
    stock("reverse", "2")
    assert stock.held() == {("S0", "L1", "serviceable"): 10}
    stock("reverse", "2", code=2)
    assert "冲销" in stock.error


def test_what_is_short_is_asked_for_where_there_is_enough(on_both: Office) -> None:
    stock = on_both
    stock.put("S0", BED, 500)
    rows = stock.json("replenish", "--place", "520600100000")["suggestions"]
    beds = [row for row in rows if row["item"] == BED]
    assert [(row["store"], row["source"], row["kind"], row["quantity"]) for row in beds] == [
        ("S1", "S0", "vertical", "30")
    ]
    told = stock("replenish", "--place", "520600100000", "--request", "--key", "monday")
    assert f"DB-{YEAR}-000001" in told
    assert "上级库调拨" in told
    again = stock.json("replenish", "--place", "520600100000", "--request")
    assert again["requests"] == []  # what is on its way counts


def test_a_card_is_written_for_paper_and_for_a_spreadsheet(stock: Office, tmp_path: Path) -> None:
    stock.put("S0", WATER, 10)
    stock("issue", "S0", WATER, "4")
    stock("reserve", "S0", WATER, "1", "--for", "P")
    pdf, xlsx = tmp_path / "卡.pdf", tmp_path / "卡.xlsx"
    told = stock("card", "S0", WATER, "--pdf", str(pdf), "--xlsx", str(xlsx), "--from", TODAY.isoformat())
    assert "卡.pdf" in told
    assert pdf.read_bytes().startswith(b"%PDF")
    assert xlsx.read_bytes().startswith(b"PK")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    later = stock.json("card", "S0", WATER, "--from", tomorrow)
    assert (later["opening"], later["rows"], later["closing"]) == ("6", [], "6")


def test_labels_of_bins_lots_units_and_the_store(stock: Office, tmp_path: Path) -> None:
    stock("labels", "--store", "S0", "--out", str(tmp_path / "none.pdf"), code=1)
    assert not (tmp_path / "none.pdf").exists()
    stock.put("S0", WATER, 10)
    stock("receive", "S0", EXTINGUISHER, "2", "--serial", "X1", "--serial", "X2", "--bin", "B-1")
    for what, count in (("bins", 2), ("lots", 1), ("assets", 2), ("store", 1)):
        told = stock("labels", "--store", "S0", "--what", what, "--out", str(tmp_path / f"{what}.pdf"))
        assert f"共 {count} 个标签" in told
        assert (tmp_path / f"{what}.pdf").read_bytes().startswith(b"%PDF")
    stock("labels", "--store", "S0", "--what", "shelves", "--out", str(tmp_path / "x.pdf"), code=2)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_explains_itself(office_home: Path, capsys: Capture, lang: str) -> None:
    names = ["list", "available", "card", "asset", "labels", "receive", "move", "state", "write-off", "recall",
             "reverse", "issue", "issue-kit", "return", "lend", "end-loan", "loans", "reserve", "release",
             "reservations", "replenish", "transfer", "count"]  # fmt: skip
    assert cli.run(["stock", "--help", "--lang", lang]) == 0
    told = capsys.readouterr().out
    assert [name for name in names if f" {name} " not in told] == []
    for name in names:
        assert cli.run(["stock", name, "--help", "--lang", lang]) == 0
        assert "opt." not in capsys.readouterr().out
