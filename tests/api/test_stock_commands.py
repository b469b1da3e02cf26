"""The stock commands: what they do, what they say in both languages, and their exit codes."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from api import cli
from inventory.database import now, open_engine, reading, transaction
from inventory.five_fixed import shanghai_day
from inventory.ledger.kits import save_kit, save_package
from inventory.ledger.pages import stock_page
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.verify import verify
from inventory.tables.places import places, stores

Capture = pytest.CaptureFixture[str]
Run = Callable[..., str]

WATER, BED, EXTINGUISHER = "M013", "M003", "M059"
TODAY = shanghai_day(now())
YEAR = TODAY.year
SOON = (TODAY + timedelta(days=30)).isoformat()


class Office:
    """An office of a county store S0 and a town store S1, and its commands."""

    def __init__(self, url: str, capsys: Capture) -> None:
        self.url = url
        self.capsys = capsys
        self.error = ""
        rows = [("520600000000", "甲县", "county", None), ("520600100000", "一镇", "town", "520600000000")]
        with self.writing() as connection:
            connection.execute(
                insert(places),
                [{"code": code, "name": name, "level": level, "parent_code": up} for code, name, level, up in rows],
            )
            connection.execute(
                insert(stores),
                [
                    {"code": f"S{number}", "name": f"{name}库", "name_en": f"Store {number}", "tier": level,
                     "place_code": code}
                    for number, (code, name, level, _) in enumerate(rows)
                ],
            )  # fmt: skip

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        engine = open_engine(self.url)
        try:
            with transaction(engine) as connection:
                yield connection
        finally:
            engine.dispose()

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run `wuding stock …`; its standard output."""
        self.capsys.readouterr()
        found = cli.run(["stock", *words])
        told = self.capsys.readouterr()
        assert found == code, told.err + told.out
        self.error = told.err
        return told.out

    def json(self, *words: str) -> object:
        return json.loads(self(*words, "--json"))

    def put(self, store: str, item: str, quantity: int, *, lot: str = "L1", **more: str) -> None:
        """Stock, put away."""
        options = [part for name, value in more.items() for part in (f"--{name}", value)]
        self("receive", store, item, str(quantity), "--lot", lot, "--bin", "A-1", *options)

    def held(self, **filters: str) -> dict[tuple[str, str, str], Decimal]:
        engine = open_engine(self.url)
        try:
            with reading(engine) as connection:
                assert verify(connection).differences == ()
                rows = stock_page(connection, limit=1000, **filters).rows  # type: ignore[arg-type]
        finally:
            engine.dispose()
        found: dict[tuple[str, str, str], Decimal] = {}
        for row in rows:
            found[row.store, row.lot, row.state] = found.get((row.store, row.lot, row.state), Decimal(0)) + row.quantity
        return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "office"
    folder.mkdir()
    monkeypatch.setenv("WUDING_HOME", str(folder))
    monkeypatch.setenv("WUDING_ACTOR", "张三")
    monkeypatch.delenv("WUDING_DATABASE_URL", raising=False)
    return folder


@pytest.fixture
def stock(home: Path, sqlite_template: Path, capsys: Capture) -> Office:
    shutil.copyfile(sqlite_template, home / "wuding.sqlite3")
    return Office(f"sqlite:///{home / 'wuding.sqlite3'}", capsys)


@pytest.fixture
def on_both(home: Path, database_url: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    return Office(database_url, capsys)


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
        assert "(" not in stock.error.split("\n")[0] or "=" not in stock.error.split("\n")[0]  # words, not bare facts
    assert stock.held() == {("S0", "L1", "serviceable"): 10}


def test_an_entry_keeps_who_why_when_and_what_was_said(stock: Office) -> None:
    stock.put("S0", WATER, 10)
    stock("issue", "S0", WATER, "1", "--actor", "李四", "--reason", "群众救助", "--note", "二组",
          "--occurred-at", "2026-01-02T03:04:05+08:00")  # fmt: skip
    row = stock.json("card", "S0", WATER)["rows"][-1]  # type: ignore[index, call-overload]
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
    assert [row["quantity"] for row in whole["rows"]] == ["1", "2", "3", "4", "5"]  # type: ignore[index, call-overload]
    assert whole["next"] is None  # type: ignore[index, call-overload]


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
        rows = stock.json("list", *words)["rows"]  # type: ignore[index, call-overload]
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
    assert stock.json("asset", "X2")["standing"]["store"] == "S0"  # type: ignore[index, call-overload]


def test_units_are_set_apart_mended_recalled_and_written_off(stock: Office) -> None:
    stock.put("S0", WATER, 10)
    stock.put("S1", WATER, 5)
    stock("state", "S0", WATER, "4", "--from", "serviceable", "--to", "quarantined")
    stock("state", "S0", WATER, "all", "--from", "quarantined", "--to", "serviceable")
    reasons = [row["reason"] for row in stock.json("card", "S0", WATER)["rows"]]  # type: ignore[index, call-overload]
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


def test_what_is_short_is_asked_for_where_there_is_enough(on_both: Office) -> None:
    stock = on_both
    stock.put("S0", BED, 500)
    rows = stock.json("replenish", "--place", "520600100000")["suggestions"]  # type: ignore[index, call-overload]
    beds = [row for row in rows if row["item"] == BED]
    assert [(row["store"], row["source"], row["kind"], row["quantity"]) for row in beds] == [
        ("S1", "S0", "vertical", "30")
    ]
    told = stock("replenish", "--place", "520600100000", "--request", "--key", "monday")
    assert f"DB-{YEAR}-000001" in told
    assert "上级库调拨" in told
    again = stock.json("replenish", "--place", "520600100000", "--request")
    assert again["requests"] == []  # type: ignore[index, call-overload]  # what is on its way counts


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
    assert [row["status"] for row in stock.json("count", "list", "--all")] == ["approved"]  # type: ignore[union-attr, call-overload]


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
    assert stock.json("count", "show", number)["lines"][0]["counted"] is None  # type: ignore[index, call-overload]
    stock("count", "reject", number)


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


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
    assert (later["opening"], later["rows"], later["closing"]) == ("6", [], "6")  # type: ignore[index, call-overload]


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
def test_every_command_explains_itself(home: Path, capsys: Capture, lang: str) -> None:
    names = ["list", "available", "card", "asset", "labels", "receive", "move", "state", "write-off", "recall",
             "reverse", "issue", "issue-kit", "return", "lend", "end-loan", "loans", "reserve", "release",
             "reservations", "replenish", "transfer", "count"]  # fmt: skip
    assert cli.run(["stock", "--help", "--lang", lang]) == 0
    told = capsys.readouterr().out
    assert [name for name in names if f" {name} " not in told] == []
    for name in names:
        assert cli.run(["stock", name, "--help", "--lang", lang]) == 0
        assert "opt." not in capsys.readouterr().out
