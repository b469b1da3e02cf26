"""The pages look as they did: photographed in small, and compared in blocks with pictures kept in `looks`.

`WUDING_LOOKS=new pytest tests/console/test_looks.py` takes the pictures anew; what differs is kept in pytest's folder.
"""

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.api.http.conftest import PASSWORD
from tests.console.conftest import sign_in
from tests.console.forks import Office
from tests.console.pictures import ALIKE, differs, side_by_side, thumbnail
from tests.console.words import words

KEPT = Path(__file__).with_name("looks")
NEW = os.environ.get("WUDING_LOOKS") == "new"
SAID = words("en")
# what moves, blinks, or is drawn by the graphics of the machine is left out
STILL = """
* { animation: none !important; transition: none !important; caret-color: transparent !important; }
canvas { visibility: hidden !important; }
"""


@pytest.fixture(scope="module")
def invented(tmp_path_factory, sqlite_template, forks):
    """A service over the county that is invented, as a first run loads it."""
    import shutil

    home = tmp_path_factory.mktemp("looks")
    file = home / "wuding.sqlite3"
    shutil.copyfile(sqlite_template, file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUDING_HOME", str(home))
        patch.setenv("WUDING_DATABASE_URL", f"sqlite:///{file}")
        fill(file)
    service = Office(file, forks)
    service.start()
    yield service.address
    service.stop()


def fill(file):
    from api.access.scope import Grant
    from api.access.users import add_user
    from api.care import evaluate
    from api.situation import load_scenario
    from inventory.database import now, open_engine, transaction
    from tests.console.conftest import quick_hashes

    engine = open_engine(f"sqlite:///{file}")
    load_scenario("county", today=True, actor="opening", engine=engine)
    with quick_hashes(), transaction(engine) as connection:
        evaluate(connection, at=now())
        add_user(connection, code="root", password=PASSWORD, given=[Grant("administrator", None)], at=now(), by=None)
    engine.dispose()


@pytest.fixture(scope="module")
def window(browser, invented):
    context = browser.new_context(base_url=invented, locale="en-GB", service_workers="block", reduced_motion="reduce",
                                  viewport={"width": 1280, "height": 800})  # fmt: skip
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def desk(window):
    """Somebody at work."""
    window.set_viewport_size({"width": 1280, "height": 800})
    if window.url == "about:blank":
        sign_in(window, "root")
    return window


def opened(page, path, ready):
    page.goto(f"/console/{path}")
    page.locator(ready).first.wait_for()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def plan(page):
    with page.expect_response(lambda answer: "/roads/" in answer.url):
        opened(page, "dispatch", "aside article, aside li")
    expect(page.locator("canvas.maplibregl-canvas")).to_be_visible()
    page.get_by_role("button", name=SAID["dispatch.tab.plan"], exact=True).click()
    page.get_by_role("button", name=SAID["plan.make"], exact=True).click()
    expect(page.get_by_role("button", name=SAID["plan.approve"], exact=True)).to_be_enabled(timeout=60_000)
    drawn = Image.open(BytesIO(page.locator("canvas.maplibregl-canvas").screenshot())).convert("L")
    assert len(drawn.getcolors()) > 60, "the map is blank"


def card(page):
    opened(page, "stock", "tbody tr")
    page.locator("tbody button").first.click()
    page.locator("aside table").first.wait_for()


def towns(page):
    opened(page, "planner/towns", "main h1")
    page.get_by_role("button", name=SAID["planner.example_district"]).click()
    page.locator("table input").first.wait_for()


def phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, "stock", "tbody tr")


LOOKS = {
    "home": lambda page: opened(page, "", ".first li"),
    "stock": lambda page: opened(page, "stock", "tbody tr"),
    "card": card,
    "board": lambda page: opened(page, "stock/board", "tbody tr"),
    "tasks": lambda page: opened(page, "stock/tasks", "tbody tr"),
    "towns": towns,
    "roster": lambda page: opened(page, "planner/roster", "main h1"),
    "outbox": lambda page: opened(page, "outbox", "main h1"),
    "account": lambda page: opened(page, "account", "form"),
    "phone": phone,
    "dispatch": plan,
}


def photograph(page):
    page.add_style_tag(content=STILL)
    page.evaluate("document.fonts.ready")
    return thumbnail(page.screenshot())


def compare(name, now, folder):
    """Fails where the page does not look as it did."""
    file = KEPT / f"{name}.png"
    if NEW:
        KEPT.mkdir(exist_ok=True)
        now.save(file, optimize=True)
        return
    known = Image.open(file)
    found = differs(known, now)
    if found > ALIKE:
        side_by_side(known, now, folder / f"{name}.png")
    assert found <= ALIKE, f"{name}: {found:.0%} of the page looks otherwise, see {folder / name}.png"


def test_signing_in_looks_as_it_did(browser, invented, tmp_path):
    context = browser.new_context(base_url=invented, locale="en-GB", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    opened(page, "", "form")
    compare("sign-in", photograph(page), tmp_path)
    context.close()


@pytest.mark.parametrize("name", LOOKS)
def test_looks_as_it_did(desk, name, tmp_path):
    LOOKS[name](desk)
    compare(name, photograph(desk), tmp_path)


# what breaks a layout, and what only another machine does
BROKEN = ["aside { display: none !important }", "main table { display: none !important }",
          "header { height: 160px !important }", "main { width: 60% !important }"]  # fmt: skip
OTHER = ["* { font-family: serif !important }", "* { font-family: 'DejaVu Sans Condensed', Arial !important }",
         "html { font-size: 15.5px !important }", "* { letter-spacing: 0.01em }"]  # fmt: skip


@pytest.mark.skipif(NEW, reason="pictures are taken")
class TestAPictureTells:
    def seen(self, desk, style):
        card(desk)
        desk.add_style_tag(content=style)
        return differs(Image.open(KEPT / "card.png"), photograph(desk))

    @pytest.mark.parametrize("style", BROKEN)
    def test_a_broken_layout(self, desk, style):
        assert self.seen(desk, style) > ALIKE

    @pytest.mark.parametrize("style", OTHER)
    def test_not_another_font(self, desk, style):
        assert self.seen(desk, style) <= ALIKE


def test_the_pictures_are_small():
    assert sum(file.stat().st_size for file in KEPT.glob("*.png")) < 1 << 19
