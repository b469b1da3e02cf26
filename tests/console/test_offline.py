"""Without a network: what was seen is readable, entries wait, and each is entered once when the network is back."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from inventory.database import open_engine, reading
from inventory.tables.stock import balances, operations
from tests.console.words import words


@pytest.fixture
def lang():
    return "zh"


def held(office_file):
    engine = open_engine(f"sqlite:///{office_file}")
    with reading(engine) as connection:
        units = connection.execute(select(balances.c.quantity, balances.c.state, balances.c.store_id)).all()
        count = len(connection.execute(select(operations.c.id)).all())
    engine.dispose()
    return units, count


def stock_page(signed_in):
    page = signed_in("manager")
    page.goto("/console/stock")
    page.wait_for_selector("tbody tr")
    page.evaluate("navigator.serviceWorker.ready")  # the shell of the page is kept from here on
    return page


def issue(page, said, quantity):
    page.locator("tbody tr").first.get_by_role("button").click()
    page.get_by_role("button", name=said["stock.act.issue"], exact=True).click()
    form = page.get_by_role("form", name=said["stock.act.issue"])
    form.get_by_label(said["stock.quantity"]).fill(str(quantity))
    form.get_by_role("button", name=said["enter"]).click()
    expect(form).to_have_count(0)


def test_what_was_seen_is_readable_and_says_how_old_it_is(signed_in, lang):
    said = words(lang)
    page = stock_page(signed_in)
    rows = page.locator("tbody tr").count()
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(rows)
    expect(page.locator(".seen")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.locator(".seen")).to_have_count(0)
    page.get_by_role("button", name=said["sign_out"]).click()
    expect(page.locator("input[name=username]")).to_be_visible()
    kept = page.evaluate("""() => new Promise(done => { const ask = indexedDB.open("wuding"); ask.onsuccess = () => {
        const all = ask.result.transaction("answers").objectStore("answers").count();
        all.onsuccess = () => done(all.result); }; })""")
    assert kept == 0  # nothing stays of who signed out


def test_entries_wait_for_the_network_and_are_entered_once_in_order(signed_in, office_file, lang):
    said = words(lang)
    page = stock_page(signed_in)
    _, before = held(office_file)
    page.context.set_offline(True)
    for quantity in (1, 2, 3):
        issue(page, said, quantity)
    expect(page.get_by_text(said["outbox.header"].format(count=3))).to_be_visible()
    page.reload()  # what waits survives
    expect(page.get_by_text(said["outbox.header"].format(count=3))).to_be_visible()
    assert held(office_file)[1] == before
    page.context.set_offline(False)
    page.goto("/console/outbox")
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible(timeout=15_000)
    assert held(office_file)[1] == before + 3


def test_what_the_service_refuses_is_left_for_the_person(signed_in, office_file, lang):
    said = words(lang)
    page = stock_page(signed_in)
    page.context.set_offline(True)
    issue(page, said, 100_000)
    _, before = held(office_file)
    page.context.set_offline(False)
    page.goto("/console/outbox")
    told = page.locator("td").filter(has_text=said["outbox.refused"])  # the heading tells it as well
    expect(told).to_be_visible(timeout=15_000)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=said["outbox.drop"]).click()
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible()
    assert held(office_file)[1] == before
