"""Entries made without a network and sent while the service is killed: what must have come of them."""

import random
import shutil
import sqlite3
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from api.access.tables import audit
from inventory.database import now, open_engine, reading, transaction
from inventory.ledger.count import approve_count, open_count
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.tables.care import attachments, maintenance, tasks
from inventory.tables.goods import lots
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances
from tests.api.http.conftest import BED, PASSWORD, build_county
from tests.console.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MADE, EXPIRES = date(2026, 1, 1), date(2040, 1, 1)
STORES = ("S0", "S1", "S2")
IN_OUT, MOVED = ("K0", "K1", "K2"), ("K3", "K4")
COUNTED = "S1"  # where somebody counts while units come and go; nothing is moved there
OPENING = 1000
LOST = {"K0": 3, "K2": 1}  # of the counted store, before anybody counts
Place = tuple[str, str, str]  # store, lot, bin

MAKE = """async entries => {
  const box = document.querySelector("#app").__vue_app__.config.globalProperties.$pinia._s.get("outbox");
  for (const { path, body, about, photo } of entries) {
    const file = photo && new File([photo], "shelf.txt", { type: "text/plain" });
    const photos = file && [{ name: file.name, file, key: crypto.randomUUID(), id: null }];
    await box.post(path, body, undefined, { about, photos });
  }
  return box.mine.length;
}"""
LEFT = """() => document.querySelector("#app").__vue_app__.config.globalProperties.$pinia._s.get("outbox").mine.map(
  one => one.refused ? one.refused.join() : "waits")"""
SEND = (
    """() => void document.querySelector("#app").__vue_app__.config.globalProperties.$pinia._s.get("outbox").replay()"""
)


@dataclass
class Made:
    """What was entered, and what is on the shelves."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    shelves: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    checked: int = 0
    photos: int = 0


def _lot(code: str) -> LotFacts:
    return LotFacts(code=code, made=MADE, expires=EXPIRES)


def furnish(connection: Connection, *, jobs: int) -> str:
    """Lots to work with, tasks to do, and a stocktake that is open; its number."""
    at = now()
    for store in STORES:
        for lot in IN_OUT + MOVED:
            receive(connection, store=store, item=BED, quantity=Decimal(OPENING), lot=_lot(lot), bin="A-1",
                    act=Act(actor="opening", reason="OPENING", at=at))  # fmt: skip
    of = connection.execute(select(stores.c.id).where(stores.c.code == "S2")).scalar_one()
    connection.execute(
        insert(tasks),
        [
            {"id": number, "key": f"S2/{BED}/T{number}/INSPECT", "store_id": of, "item": BED, "lot": f"T{number}",
             "kind": "INSPECT", "severity": "minor", "status": "open", "opened_at": at}
            for number in range(1, jobs + 1)
        ],
    )  # fmt: skip
    return open_count(connection, store=COUNTED, act=Act(actor="manager", reason="COUNT", at=at), item_codes=[BED])


def entries(seed: int, *, many: int, jobs: int, number: str) -> Made:
    """`many` entries of all kinds in any order; the last ones count every line and close the stocktake."""
    draw = random.Random(seed)
    made = Made()
    for store in STORES:
        for lot in IN_OUT + MOVED:
            made.shelves[store, lot, "A-1"] = OPENING - (LOST.get(lot, 0) if store == COUNTED else 0)
    made.shelves[COUNTED, "L1", "A-1"] = 100
    lines = [*IN_OUT, *MOVED, "L1"]
    left = list(range(1, jobs + 1))

    def add(path: str, body: dict[str, Any], **more: Any) -> None:
        body["note"] = f"n{len(made.entries)}"
        made.entries.append({"path": f"/api/v1/{path}", "body": body, **more})

    def counted(lot: str) -> None:
        line = {"item": BED, "lot": lot, "bin": "A-1", "state": "serviceable", "expires": EXPIRES.isoformat(),
                "quantity": str(made.shelves[COUNTED, lot, "A-1"])}  # fmt: skip
        add(f"counts/{number}/lines", {"lines": [line]}, about={**line, "store": COUNTED, "count": number})

    kinds = ["issue", "receive", "move", "count", "task"]
    while len(made.entries) < many - len(lines) - 1:
        kind, store, units = draw.choice(kinds), draw.choice(STORES), draw.randint(1, 9)
        told = {"store": store, "item": BED, "quantity": str(units)}
        if kind == "issue":
            lot = draw.choice(IN_OUT)
            made.shelves[store, lot, "A-1"] -= units
            add("stock/issue", {**told, "reason": "RELIEF", "lot": lot})
        elif kind == "receive":
            lot = draw.choice(IN_OUT)
            made.shelves[store, lot, "A-1"] += units
            facts = {"lot": lot, "made": MADE.isoformat(), "expires": EXPIRES.isoformat(), "bin": "A-1"}
            add("stock/receive", {**told, "reason": "DONATION", **facts})
        elif kind == "move" and store != COUNTED:
            lot = draw.choice(MOVED)
            here, there = draw.sample(["A-1", "B-1"], 2)
            if made.shelves[store, lot, here] < units:
                continue
            made.shelves[store, lot, here] -= units
            made.shelves[store, lot, there] += units
            add("stock/move", {**told, "lot": lot, "from_bin": here, "to_bin": there})
        elif kind == "count":
            counted(draw.choice(lines))
        elif kind == "task" and left:
            task = left.pop(0)
            made.checked += 1
            about = {"store": "S2", "item": BED, "lot": f"T{task}",
                     "task": {"id": task, "key": f"S2/{BED}/T{task}/INSPECT", "kind": "INSPECT"}}  # fmt: skip
            photo = f"looked at T{task}" if task % 3 == 1 else None
            made.photos += photo is not None
            add(f"five-fixed/tasks/{task}/done", {"passed": True}, about=about, photo=photo)
    for lot in lines:
        counted(lot)
    add(f"counts/{number}/close", {}, about={"store": COUNTED, "count": number})
    return made


def entered(file: Path) -> int:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as look:
        found: int = look.execute("SELECT count(*) FROM audit WHERE actor = 'manager'").fetchone()[0]
        return found


@dataclass
class Replay:
    took_s: float
    made_s: float
    down_s: float
    kills: int


def replay(browser: "Browser", folder: Path, template: Path, *, seed: int, many: int, jobs: int, kills: int) -> Replay:
    """`many` entries are made without a network, and sent while the service is killed `kills` times. Fails where what
    is in the database then is not what was done."""
    file = folder / "wuding.sqlite3"
    shutil.copyfile(template, file)
    engine = open_engine(f"sqlite:///{file}")
    build_county(engine)
    with transaction(engine) as connection:
        number = furnish(connection, jobs=jobs)
    made = entries(seed, many=many, jobs=jobs, number=number)
    service = Service(file)
    context = browser.new_context(base_url=service.address, locale="zh-CN")
    try:
        service.start()
        page = context.new_page()
        _sign_in(page)
        context.set_offline(True)
        began = time.monotonic()
        assert page.evaluate(MAKE, made.entries) == many
        made_s = time.monotonic() - began
        before, began = entered(file), time.monotonic()
        down_s = 0.0
        context.set_offline(False)
        for one in range(1, kills + 1):
            _until(lambda least=before + many * one // (kills + 1): entered(file) >= least)
            ended = time.monotonic()
            service.kill()
            service.start()
            down_s += time.monotonic() - ended
            page.evaluate(SEND)
        _until(lambda: page.evaluate(LEFT) == [] or "waits" not in page.evaluate(LEFT))
        took_s = time.monotonic() - began
        assert page.evaluate(LEFT) == []
    finally:
        context.close()
        service.stop()
    with transaction(engine) as connection:
        approve_count(connection, number=number, act=Act(actor="root", reason="COUNT", at=now()))
    with reading(engine) as connection:
        _check(connection, made)
    engine.dispose()
    return Replay(took_s, made_s, down_s, kills)


def _sign_in(page: "Page") -> None:
    page.goto("/console/")
    page.fill("input[name=username]", "manager")
    page.fill("input[name=password]", PASSWORD)
    page.click("form button[type=submit]")
    page.wait_for_selector("header .who")


def _until(done: Any, *, most_s: float = 600.0) -> None:
    until = time.monotonic() + most_s
    while not done():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.01)


def _check(connection: Connection, made: Made) -> None:
    noted = select(audit.c.after).where(audit.c.actor == "manager").order_by(audit.c.id)
    notes = [after["note"] for (after,) in connection.execute(noted) if "note" in (after or {})]
    assert notes == [one["body"]["note"] for one in made.entries]  # each once, and in order
    held = (
        select(stores.c.code, lots.c.code, bins.c.code, balances.c.quantity)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .join(bins, bins.c.id == balances.c.bin_id)
        .where(stores.c.code.in_(STORES), balances.c.state == "serviceable")
    )
    found: dict[Place, int] = defaultdict(int)
    for store, lot, bin_, quantity in connection.execute(held):
        found[store, lot, bin_] += int(quantity)
    wanted = {place: units for place, units in made.shelves.items() if units}
    assert {place: found[place] for place in wanted} == wanted
    done = connection.execute(select(tasks.c.key).where(tasks.c.status == "done", tasks.c.closed_by == "manager")).all()
    checks = connection.execute(select(maintenance.c.id).where(maintenance.c.actor == "manager")).all()
    files = connection.execute(select(attachments.c.about)).scalars().all()
    assert (len(done), len(checks)) == (made.checked, made.checked)
    assert len(files) == len(set(files)) == made.photos
