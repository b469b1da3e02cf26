"""What holds on every page: where the focus goes, keys, faults of the page itself, accounts, taking an entry back."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.http.conftest import PASSWORD, VILLAGE
from tests.console.words import words


@pytest.fixture
def lang():
    return "zh"  # nothing here depends on it


@pytest.fixture
def said(lang):
    return words(lang)


def focused(page):
    return page.evaluate("document.activeElement.textContent")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_a_page_that_turns_says_its_name_and_takes_the_focus(signed_in, said):
    page = signed_in("root")
    page.get_by_role("link", name=said["desk.stock"], exact=True).click()
    expect(page).to_have_title(f"{said['stock.tab.search']} · {said['desk.stock']} – {said['title']}")
    assert focused(page) == said["desk.stock"]
    expect(page.locator("p.hidden[aria-live]")).to_contain_text(said["desk.stock"])
    page.get_by_role("link", name=said["stock.tab.transfers"]).click()
    expect(page).to_have_title(re.compile(re.escape(said["stock.tab.transfers"])))


def test_the_keys_are_shown_by_a_question_mark_and_not_while_writing(signed_in, said):
    page = signed_in("root")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=said["keys"])).to_contain_text(said["keys.paste"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto("/console/stock")
    page.get_by_role("searchbox").press("?")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_keys_of_one_character_can_be_put_off(signed_in, said):
    page = signed_in("root")
    keys = page.get_by_role("dialog", name=said["keys"])

    def put(on: bool) -> None:
        page.locator("button.keys").click()
        page.get_by_label(said["keys.single"]).set_checked(on)
        page.keyboard.press("Escape")
        expect(keys).to_have_count(0)

    put(False)
    page.goto("/console/stock")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("?")
    page.keyboard.press("/")
    page.wait_for_timeout(500)
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    expect(keys).to_have_count(0)
    put(True)
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_part_of_the_page_that_is_gone_asks_for_a_reload(signed_in, said):
    page = signed_in("root")
    page.route(re.compile("/assets/Board-.*js"), lambda route: route.fulfill(status=404, body=""))
    page.goto("/console/stock")
    page.get_by_role("link", name=said["stock.tab.board"]).click()
    expect(page.get_by_role("alert")).to_contain_text(said["version.broken"])
    page.unroute_all()
    button(page, said["version.reload"]).click()
    expect(page.locator("header .who")).to_be_visible()


def test_a_session_that_the_service_ended_is_told_and_goes_on_where_it_was(signed_in, said):
    page = signed_in("manager")
    page.goto("/console/stock/counts")
    page.wait_for_load_state("networkidle")
    page.request.post("/api/v1/sign-out", headers={
        "Authorization": "Bearer " + page.evaluate("JSON.parse(localStorage.getItem('wuding.session')).access")
    })  # fmt: skip
    page.get_by_role("link", name=said["stock.tab.board"]).click()
    expect(page.get_by_text(said["session_ended"])).to_be_visible()
    page.fill("input[name=username]", "manager")
    page.fill("input[name=password]", PASSWORD)
    page.click("form button[type=submit]")
    expect(page).to_have_url(re.compile("/console/stock/board$"))

    page.evaluate("localStorage.setItem('wuding.session', JSON.stringify({ access: 'x', refresh: 'x', until: 4e12 }))")
    page.goto("/console/stock/counts")
    expect(page.get_by_text(said["session_ended"])).to_be_visible()


def test_an_administrator_adds_an_account_and_its_owner_chooses_a_password_first(signed_in, said, browser, lang):
    page, name = signed_in("root"), f"new-{lang}"
    page.get_by_role("link", name=said["users.title"]).click()
    button(page, f"＋ {said['users.add']}").click()
    form = page.get_by_role("form", name=said["users.add"])
    form.get_by_label(said["users.name"]).fill(name)
    place = form.get_by_label(said["users.place"])
    place.fill("一村")  # a village by its name
    place.press("Tab")
    expect(place).to_have_value(VILLAGE)
    expect(form.locator(".grant > .quiet")).to_have_text("一村")

    def lost(route):
        route.fetch()
        route.abort("internetdisconnected")

    page.route("**/api/v1/users", lost, times=1)
    form.get_by_role("button", name=said["users.add"]).click()
    # it may be there, with this password: sent again, it is the same
    expect(form.get_by_label(said["users.first_password"])).to_be_disabled()
    form.get_by_role("button", name=said["users.add"]).click()
    expect(page.get_by_role("row", name=name)).to_contain_text(f"{said['role.custodian']} · 一村")
    first = page.locator(".secret").inner_text()

    context = browser.new_context(base_url=page.url.split("/console")[0], locale=page.evaluate("navigator.language"),
                                  service_workers="block")  # fmt: skip
    theirs = context.new_page()
    theirs.goto("/console/stock")
    theirs.fill("input[name=username]", name)
    theirs.fill("input[name=password]", first)
    theirs.click("form button[type=submit]")
    expect(theirs.get_by_text(said["account.must"])).to_be_visible()
    theirs.goto("/console/stock")
    expect(theirs).to_have_url(re.compile("/console/account$"))
    for field, password in (("old", first), ("new", "lamp river 42 stone"), ("old", first)):
        theirs.fill(f"input[name={field}]", password)
    theirs.get_by_label(said["account.new_again"]).fill("lamp river 42 stones")
    button(theirs, said["account.change"]).click()
    expect(theirs.get_by_role("alert")).to_contain_text(said["account.differ"])
    theirs.get_by_label(said["account.new_again"]).fill("lamp river 42 stone")
    button(theirs, said["account.change"]).click()
    expect(theirs.get_by_text(said["account.changed"])).to_be_visible(timeout=20_000)
    theirs.get_by_role("link", name=said["desk.stock"], exact=True).click()
    expect(theirs.locator("tbody tr").first).to_be_visible()
    context.close()

    row = page.get_by_role("row", name=name)
    row.get_by_role("button", name=re.compile(f"^{said['users.disable']}")).click()
    button(page, said["users.disable"]).last.click()
    expect(row).to_contain_text(said["users.disabled"])


def issue(page, said, quantity="1"):
    page.locator("tbody tr").first.get_by_role("button").click()
    button(page, said["stock.act.issue"]).click()
    form = page.get_by_role("form", name=said["stock.act.issue"])
    form.get_by_label(said["stock.quantity"]).fill(quantity)
    form.get_by_role("button", name=said["enter"]).click()
    expect(form).to_have_count(0)


def test_a_changed_password_counts_though_the_sign_in_after_it_is_lost(signed_in, said):
    page = signed_in("auditor")
    page.goto("/console/account")
    for field, password in (("old", PASSWORD), ("new", "lamp river 42 stone"), ("again", "lamp river 42 stone")):
        page.fill(f"input[name={field}]", password)
    page.route("**/api/v1/sign-in", lambda route: route.abort("internetdisconnected"), times=1)
    button(page, said["account.change"]).click()
    expect(page.get_by_text(said["account.changed_sign_in"])).to_be_visible()
    page.fill("input[name=username]", "auditor")
    page.fill("input[name=password]", "lamp river 42 stone")
    page.click("form button[type=submit]")
    expect(page.locator("header .who")).to_be_visible()


def test_an_entry_is_taken_back(signed_in, said):
    page = signed_in("manager")
    page.goto("/console/stock")
    cell = page.locator("tbody tr").first.locator("td.number").first
    page.wait_for_load_state("networkidle")  # the names of units
    before = cell.inner_text()
    issue(page, said, "7")
    expect(cell).not_to_have_text(before)
    page.get_by_role("button", name=re.compile(said["undo.undo"])).click()
    expect(cell).to_have_text(before)
    expect(page.get_by_text(said["undo.undone"])).to_be_visible()


def test_who_may_not_reverse_is_not_offered_it(signed_in, said):
    page = signed_in("keeper")
    page.goto("/console/stock")
    issue(page, said)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".undo")).to_have_count(0)


def test_steps_are_shown_where_they_are_done_and_tick_themselves(signed_in, said):
    page = signed_in("manager")
    steps = page.locator(".first li")
    expect(steps.filter(has_text=said["first.step.plan"])).to_have_count(0)  # not theirs
    page.get_by_role("button", name=said["first.show_this"].replace("{step}", said["first.step.issue"])).click()
    guide = page.get_by_role("region", name=said["first.guide"])
    expect(guide).to_be_focused()
    expect(page.locator(".ring")).to_be_visible()
    issue(page, said)
    expect(guide).to_contain_text("✓")
    button(page, said["first.to_list"]).click()
    expect(steps.filter(has_text=said["first.step.issue"])).to_have_class("done")
    page.get_by_role("button", name=said["first.show_this"].replace("{step}", said["first.step.task"])).click()
    expect(guide).to_be_focused()
    page.keyboard.press("Escape")
    expect(guide).to_have_count(0)
    page.get_by_role("link", name=said["title"], exact=True).click()
    button(page, said["first.away"]).click()
    page.reload()
    expect(button(page, said["first.back"])).to_be_visible()
    expect(steps).to_have_count(0)
    button(page, said["first.back"]).click()
    expect(steps.filter(has_text=said["first.step.issue"])).not_to_have_class("done")
