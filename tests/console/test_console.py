"""The main journeys, in both languages; every page is looked at by axe, and a complaint of the browser is a fault."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.console.axe import accessible, violations
from tests.console.words import words

CONSOLE = Path(__file__).resolve().parents[2] / "api" / "console"
LIVE = ("/dispatch", "/wall")  # asked for anew every few seconds


def test_who_is_not_known_is_told_so_and_who_is_sees_the_desks(page, lang):
    said = words(lang)
    page.goto("/console/stock")
    expect(page.get_by_role("heading", name=said["sign_in"])).to_be_visible()
    accessible(page)
    page.fill("input[name=username]", "manager")
    page.fill("input[name=password]", "wrong wrong wrong")
    page.click("form button[type=submit]")
    expect(page.get_by_role("alert")).to_be_visible()
    page.fill("input[name=password]", "zebra crossing 7")
    page.click("form button[type=submit]")
    expect(page).to_have_url(re.compile("/console/stock$"))  # where one wanted to go
    expect(page.get_by_role("heading", name=said["desk.stock"])).to_be_visible()


def test_a_page_opened_anew_is_still_signed_in_and_signing_out_ends_it(signed_in, lang):
    page = signed_in("manager")
    page.reload()
    expect(page.locator("header nav")).to_be_visible()
    page.get_by_role("button", name=words(lang)["sign_out"]).click()
    expect(page.locator("input[name=username]")).to_be_visible()
    page.goto("/console/stock")
    expect(page.locator("input[name=username]")).to_be_visible()


def test_the_language_and_the_dark_look_are_chosen_and_stay(signed_in, lang):
    page = signed_in("manager")
    other = "en" if lang == "zh" else "zh"
    page.get_by_role("button", name="English" if lang == "zh" else "中文").click()
    expect(page.get_by_text(words(other)["desk.stock.about"])).to_be_visible()
    page.get_by_role("button", name=words(other)["dark"], exact=True).click()
    page.reload()
    page.wait_for_selector("header .who")
    assert page.evaluate("document.documentElement.className") == "dark"
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[other]
    accessible(page)


def test_a_desk_that_is_not_permitted_is_not_offered(signed_in, lang):
    page = signed_in("grid")
    page.goto("/console/stock")
    expect(page).to_have_url(re.compile("/console/$"))
    expect(page.get_by_text(words(lang)["desk.stock.about"])).to_have_count(0)


# where a page of the router has a number in its address; of a redirect, the page behind it is looked at
FILLED = {":number": "1"}
LEFT_OUT = ("/:rest(.*)", "/sign-in")


def pages():
    """Every page, from the sources of the router: one that is added is looked at."""
    source = CONSOLE / "src"
    found, below = [], ""
    for line in (source / "router.ts").read_text("utf-8").splitlines():
        path = re.search(r'path: "([^"]*)"', line)
        if path and path[1].startswith("/"):
            below = path[1]
            found.append(below)
        elif path:
            found.append(f"{below}/{path[1]}")
    for desk in (source / "desks").glob("*/routes.ts"):
        found += [f"/{desk.parent.name}/{one}" for one in re.findall(r'\{ path: "([^"]*)"', desk.read_text("utf-8"))]
    for pattern, value in FILLED.items():
        found = [one.replace(pattern, value) for one in found]
    return sorted({one.rstrip("/") or "/" for one in found} - set(LEFT_OUT))


def test_every_page_is_accessible_by_day_and_by_night_on_a_wide_screen_and_on_a_phone(signed_in, lang):
    """In Chinese by day on a wide screen, in English by night on a phone; nothing scrolls sideways there."""
    page = signed_in("root")
    complaints, phone = [], lang == "en"
    if phone:
        page.set_viewport_size({"width": 320, "height": 640})
        page.evaluate("localStorage.setItem('wuding.dark', '1')")
    assert len(pages()) > 15
    for path in pages() if phone else pages()[::2]:  # the words are others, the pages the same
        page.goto(f"/console{path}")
        page.wait_for_selector("main h1")
        page.wait_for_load_state("networkidle") if path not in LIVE else page.wait_for_selector("canvas")
        complaints += [f"{path}: {one}" for one in violations(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if phone and wide > 0:
            complaints.append(f"{path} is {wide} px wider than a small phone")
    assert complaints == []
