"""The main journeys, in both languages; every page is looked at by axe, and a complaint of the browser is a fault."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.console.words import words

AXE = Axe()
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def accessible(page):
    found = AXE.run(page, options=OPTIONS)
    assert found.violations_count == 0, found.generate_report()


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


PAGES = ["", "stock", "stock/board", "stock/transfers", "stock/counts", "dispatch", "planner/towns", "planner/share",
         "planner/roster", "planner/studies", "outbox"]  # fmt: skip


def test_pages_are_accessible(signed_in, lang):
    """In Chinese as it is by day, in English as by night."""
    page = signed_in("root")
    if lang == "en":
        page.get_by_role("button", name=words(lang)["dark"], exact=True).click()
    for path in PAGES:
        page.goto(f"/console/{path}")
        page.wait_for_selector("main h1")
        page.wait_for_timeout(300)
        accessible(page)
