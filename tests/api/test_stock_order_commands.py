"""Transfers and stocktakes on the command line, from the request to the book."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

from inventory.database import now
from inventory.five_fixed import shanghai_day

Office = Any  # tests/api/conftest.py

WATER, BED = "M013", "M003"
TODAY = shanghai_day(now())
YEAR = TODAY.year
SOON = (TODAY + timedelta(days=30)).isoformat()


def test_a_transfer_goes_its_whole_way_and_prints(on_both: Office, tmp_path: Path) -> None:
    stock = on_both
    stock.put("S0", WATER, 50)
    stock.put("S0", BED, 9)
    number = f"DB-{YEAR}-000001"
    assert number in stock("transfer", "request", "S0", "S1", f"{WATER}=40", f"{BED}=9", "--note", "备汛")
    assert "已申请" in stock("transfer", "list")
    stock("transfer", "approve", number, f"{WATER}=30", f"{BED}=5")
    stock("transfer", "pick", number)
    stock("transfer", "ship", number)
    assert stock.held(state="in_transit") == {("S0", "L1", "in_transit"): 35}
    stock("transfer", "receive", number, "--arrived", f"{WATER}/L1=30", "--arrived", f"{WATER}/L9=1", code=2)
    stock("transfer", "receive", number, "--arrived", f"{WATER}=28", code=2)  # of which lot?
    stock("transfer", "receive", number, "--arrived", f"{WATER}/L1=28,1", code=2)  # one is not accounted for
    stock("transfer", "receive", number, "--arrived", f"{WATER}/L1=28,1,1", "--bin", "C-1")
    assert stock.held(store="S1") == {("S1", "L1", "serviceable"): 33, ("S1", "L1", "damaged"): 1}
    told = stock("transfer", "show", number)
    assert all(word in told for word in ("已收货", "短少", "备汛", "张三", "一镇库"))
    assert "received" in stock("transfer", "list", "--all", "--lang", "en")
    assert stock.json("transfer", "list") == []
    stock("transfer", "print", number, "--pdf", str(tmp_path / "调拨令.pdf"))
    assert (tmp_path / "调拨令.pdf").read_bytes().startswith(b"%PDF")


def test_a_transfer_may_be_refused_or_called_off(stock: Office, tmp_path: Path) -> None:
    stock.put("S0", WATER, 50)
    stock("transfer", "request", "S0", "S1", f"{WATER}=5")
    stock("transfer", "print", f"DB-{YEAR}-000001", "--pdf", str(tmp_path / "asked.pdf"))  # not approved yet
    stock("transfer", "refuse", f"DB-{YEAR}-000001")
    stock("transfer", "request", "S0", "S1", f"{WATER}=50")
    stock("transfer", "approve", f"DB-{YEAR}-000002")
    stock("issue", "S0", WATER, "1", code=2)
    stock("transfer", "cancel", f"DB-{YEAR}-000002")
    stock("issue", "S0", WATER, "1")
    stock("transfer", "ship", f"DB-{YEAR}-000002", code=2)
    assert "已取消" in stock.error


def test_a_stocktake_is_counted_blind_on_a_sheet_and_approved_by_another(on_both: Office, tmp_path: Path) -> None:
    stock = on_both
    stock.put("S0", WATER, 10, expires=SOON)
    stock.put("S0", BED, 7)
    number = f"PD-{YEAR}-000001"
    assert number in stock("count", "open", "S0")
    for sheet in (tmp_path / "盘点.csv", tmp_path / "盘点.xlsx"):
        stock("count", "sheet", number, "--out", str(sheet))
    with (tmp_path / "盘点.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["物资编号"], row["实盘数量"]) for row in rows] == [(BED, ""), (WATER, "")]
    assert "账面数量" not in rows[0]
    assert "已录入 0 行" in stock("count", "enter", number, str(tmp_path / "盘点.xlsx"))
    rows[1]["实盘数量"] = "8"
    write(tmp_path / "盘点.csv", rows)
    assert "另有 1 行没有填数" in stock("count", "enter", number, str(tmp_path / "盘点.csv"))
    stock("count", "close", number, code=2)
    assert BED in stock.error
    stock("count", "enter", number, BED, "L1", "0", "--bin", "A-1")
    stock("count", "close", number)
    assert "-2" in stock("count", "show", number)
    stock("count", "approve", number, code=2)
    assert "张三" in stock.error
    stock("count", "approve", number, "--actor", "王五")
    assert stock.held() == {("S0", "L1", "serviceable"): 8}
    assert stock.json("count", "list") == []
    assert [row["status"] for row in stock.json("count", "list", "--all")] == ["approved"]


def test_a_sheet_with_faults_names_every_one_and_enters_nothing(stock: Office, tmp_path: Path) -> None:
    stock.put("S0", WATER, 10)
    number = f"PD-{YEAR}-000001"
    stock("count", "open", "S0", "--show-book")
    sheet = tmp_path / "sheet.csv"
    stock("count", "sheet", number, "--out", str(sheet), "--lang", "en")
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["book"] == "10"
    rows[0]["counted"] = "ten"
    rows.append({**rows[0], "item": "M999", "counted": "-1"})
    write(sheet, rows)
    stock("count", "enter", number, str(sheet), code=2)
    assert all(word in stock.error for word in ("ten", "M999", "-1"))
    assert stock.json("count", "show", number)["lines"][0]["counted"] is None
    stock("count", "reject", number)


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
