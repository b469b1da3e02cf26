"""The dispatch map: rings of a plan, teams drawn onto incidents, cards, a map of elsewhere below."""

import shutil
import struct
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from inventory.database import open_engine, reading
from scenarios.tables import directives
from tests.console.axe import accessible
from tests.console.conftest import serving
from tests.console.forks import Forks
from tests.console.hamlets import NORTH, SOUTH, at, settle, shown
from tests.console.words import words

BESIDE = 14  # pixels that a team's picture stands right of its place


def picture(colour: bytes) -> bytes:
    """A PNG of 256 times 256 in one colour."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = zlib.compress((b"\0" + colour * 256) * 256)
    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def tiles() -> Iterator[tuple[str, list[str]]]:
    """A server of map tiles on loopback, and what it was asked for."""
    asked: list[str] = []
    tile = picture(b"\x20\xc0\x20")

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(tile)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def office_file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    file = tmp_path_factory.mktemp("hamlet") / "wuding.sqlite3"
    shutil.copyfile(sqlite_template, file)
    return file


@pytest.fixture(scope="module")
def office(office_file: Path, forks: Forks, tiles: tuple[str, list[str]]) -> Iterator[str]:
    """The hamlet as the live situation, and its own map below the roads."""
    settle(office_file)
    set_ = {"WUDING_TILES_URL": f"{tiles[0]}/{{z}}/{{x}}/{{y}}.png?tk={{key}}", "WUDING_TILES_KEY": "a key",
            "WUDING_TILES_ATTRIBUTION": "© the test"}  # fmt: skip
    with serving(office_file, forks, **set_) as address:
        yield address


def directed(office_file: Path) -> list[tuple[str, str, str, bool]]:
    engine = open_engine(f"sqlite:///{office_file}")
    with reading(engine) as connection:
        rows = connection.execute(select(directives).order_by(directives.c.id)).all()
    engine.dispose()
    return [(row.kind, row.team, row.task, row.lifted_at is not None) for row in rows]


def draw(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2, steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


@pytest.mark.parametrize("lang", ["zh"], indirect=True)
def test_a_plan_is_on_the_map_with_when_help_comes(signed_in, lang):
    said = words(lang)
    page = shown(signed_in("dispatcher"))
    expect(page.get_by_text(said["map.ring.late"])).to_have_count(0)
    page.get_by_role("button", name=said["dispatch.tab.plan"], exact=True).click()
    page.get_by_role("button", name=said["plan.make"]).click()
    rows = page.get_by_role("list", name=said["map.arrivals"]).get_by_role("listitem")
    expect(rows).to_have_count(2, timeout=60_000)
    expect(rows.filter(has_text="盘石滑坡")).to_contain_text(said["map.minutes"].split("}")[1])
    expect(page.locator(".key").get_by_text(said["map.ring.late"], exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=said["plan.approve"])).to_be_enabled(timeout=60_000)
    page.get_by_role("button", name=said["map.timeline"]).click()
    page.get_by_role("slider").fill("600")
    expect(page.locator("output")).to_have_text(said["map.after"].format(minutes=10))
    accessible(page)


@pytest.mark.parametrize("lang", ["en"], indirect=True)
def test_a_team_drawn_onto_an_incident_is_pinned_and_that_is_undone(signed_in, lang, office_file):
    said, before = words(lang), len(directed(office_file))
    page = shown(signed_in("dispatcher"))
    draw(page, at(page, SOUTH, BESIDE), at(page, NORTH))
    box = page.get_by_role("form", name=said["pin.title"])
    expect(box.get_by_role("button", name=said["plan.pin"])).to_be_focused()
    accessible(page)
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert len(directed(office_file)) == before
    draw(page, at(page, SOUTH, BESIDE), at(page, NORTH))
    box.get_by_role("button", name=said["plan.ban"]).click()
    expect(box.get_by_role("status")).to_contain_text("✓")
    assert directed(office_file)[before:] == [("ban", "T2", "K1", False)]
    box.get_by_role("button", name=said["pin.undo"]).click()
    expect(box.get_by_role("status")).to_contain_text(said["pin.undone"])
    assert directed(office_file)[before:] == [("ban", "T2", "K1", True)]


@pytest.mark.parametrize("lang", ["zh"], indirect=True)
def test_a_finger_draws_a_team_as_a_mouse_does(signed_in, lang):
    said, page = words(lang), shown(signed_in("dispatcher"))
    touch = page.context.new_cdp_session(page)

    def finger(what: str, *at: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": what, "touchPoints": [{"x": x, "y": y} for x, y in at]})

    begin, end = at(page, SOUTH, BESIDE), at(page, NORTH)
    finger("touchStart", begin)
    for part in (0.3, 0.6, 1.0):
        finger("touchMove", (begin[0] + part * (end[0] - begin[0]), begin[1] + part * (end[1] - begin[1])))
    finger("touchEnd")
    box = page.get_by_role("form", name=said["pin.title"])
    expect(box).to_contain_text("T2")
    expect(box).to_contain_text("盘石滑坡")
    page.keyboard.press("Escape")
    finger("touchStart", begin)
    finger("touchEnd")
    card = page.get_by_role("article", name="T2")  # a finger that stays opens it
    status = card.get_by_label(said["card.status"])
    for one in ("out", "ready"):  # it does not answer; then it does
        status.select_option(one)
        card.get_by_role("button", name=said["card.set"]).click()
        told = card.get_by_text(said["card.not_ready"].format(status=said[f"team_status.{one}"]))
        expect(told).to_have_count(int(one != "ready"))
        expect(card.get_by_role("button", name=said["pin.title"])).to_have_count(int(one == "ready"))


@pytest.mark.parametrize("lang", ["en"], indirect=True)
def test_by_keyboard_team_and_incident_are_chosen(signed_in, lang, office_file):
    said, before = words(lang), len(directed(office_file))
    page = shown(signed_in("dispatcher"))
    page.get_by_role("button", name=said["pin.short"], exact=True).press("Enter")
    page.keyboard.type("T2")
    page.get_by_label(said["pin.incident"]).select_option("I1")
    box = page.get_by_role("form", name=said["pin.title"])
    expect(box.get_by_role("button", name=said["plan.pin"])).to_be_enabled()  # its task is known
    box.get_by_role("button", name=said["plan.pin"]).press("Enter")
    expect(box.get_by_role("status")).to_contain_text("✓")
    assert directed(office_file)[before:] == [("pin", "T2", "K1", False)]
    box.get_by_role("button", name=said["pin.undo"]).press("Enter")
    expect(box.get_by_role("status")).to_contain_text(said["pin.undone"])


@pytest.mark.parametrize("lang", ["zh"], indirect=True)
def test_what_stands_on_the_map_tells_what_it_is(signed_in, lang):
    said = words(lang)
    page = shown(signed_in("auditor"))
    page.mouse.click(*at(page, SOUTH))
    card = page.get_by_role("article", name="县储备库")
    expect(card.get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.mouse.click(*at(page, SOUTH, BESIDE))
    card = page.get_by_role("article", name="T2")
    expect(card).to_contain_text(said["card.people"].format(count=8))
    expect(card.get_by_role("button", name=said["pin.title"])).to_have_count(0)  # may not
    draw(page, at(page, SOUTH, BESIDE), at(page, NORTH))
    expect(page.get_by_role("form", name=said["pin.title"])).to_have_count(0)


@pytest.mark.parametrize("lang", ["en"], indirect=True)
def test_a_map_of_elsewhere_lies_below_where_it_is_wanted(signed_in, lang, tiles):
    said = words(lang)
    asked = tiles[1]
    page = shown(signed_in("dispatcher"))
    page.wait_for_timeout(500)
    assert asked
    assert all(one.endswith(".png?tk=a%20key") for one in asked)
    expect(page.get_by_text("© the test")).to_be_visible()
    page.get_by_role("button", name=said["map.below"]).click()
    expect(page.get_by_text("© the test")).to_have_count(0)
    asked.clear()
    shown(page)
    page.wait_for_timeout(500)
    assert asked == []


@pytest.mark.parametrize("lang", ["zh"], indirect=True)
def test_a_road_opened_by_mistake_is_closed_again(signed_in, lang):
    said = words(lang)
    page = shown(signed_in("dispatcher"))
    page.get_by_role("button", name=said["dispatch.tab.closures"], exact=True).click()
    row = page.get_by_role("listitem").filter(has_text="C1")
    row.get_by_role("button", name=said["closures.open"]).click()
    expect(page.get_by_text(said["closures.empty"])).to_be_visible()
    page.get_by_role("button", name=said["pin.undo"]).click()
    expect(row).to_contain_text("X101")
    expect(row).to_contain_text("50%")
