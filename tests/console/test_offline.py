"""A village room without a network: what was made ready is read and searched, counts and tasks wait, conflicts are the
person's, and a lost answer, a token that ran out or plain http do no harm."""

import re
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, select

from api.access.tables import audit
from inventory.database import now, open_engine, reading, transaction
from inventory.ledger.count import close_count, count_sheet, open_count, reject_count
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.tables.care import attachments, tasks
from inventory.tables.orders import counts
from inventory.tables.places import stores
from inventory.tables.stock import operations
from tests.api.http.conftest import BED, PASSWORD
from tests.console.axe import accessible
from tests.console.conftest import launched
from tests.console.replays import LEFT, SEND
from tests.console.words import words

TASK = f"S3/{BED}/L1/INSPECT"


@pytest.fixture
def lang():
    return "en"


@pytest.fixture(scope="module")
def room(office, office_file):
    """The village room S3: two lots, a task and a stocktake that is open; the number of that."""
    engine = open_engine(f"sqlite:///{office_file}")
    with transaction(engine) as connection:
        at = now()
        lot = LotFacts(code="L2", made=date(2026, 1, 1), expires=date(2040, 1, 1))
        receive(connection, store="S3", item=BED, quantity=Decimal(40), bin="B-1", lot=lot,
                act=Act(actor="opening", reason="OPENING", at=at))  # fmt: skip
        of = connection.execute(select(stores.c.id).where(stores.c.code == "S3")).scalar_one()
        task = {"id": 9, "key": TASK, "store_id": of, "item": BED, "lot": "L1", "kind": "INSPECT", "severity": "minor"}
        connection.execute(insert(tasks), {**task, "status": "open", "opened_at": at})
        number = open_count(connection, store="S3", act=Act(actor="manager", reason="COUNT", at=at))
    yield engine, number
    engine.dispose()


def entering(page):
    page.goto("/console/")
    page.fill("input[name=username]", "manager")
    page.fill("input[name=password]", PASSWORD)
    page.click("form button[type=submit]")
    page.wait_for_selector("header .who")
    return page


@pytest.fixture
def window(browser, office):
    """A window that may complain."""
    context = browser.new_context(base_url=office, locale="en-GB")
    yield context.new_page()
    context.close()


def made_ready(signed_in, said):
    page = signed_in("manager")
    page.goto("/console/stock/offline")
    page.evaluate("navigator.serviceWorker.ready")
    page.get_by_label(said["stock.store"]).select_option("S3")
    page.get_by_role("button", name=said["offline.prepare"], exact=True).click()
    expect(page.locator(".done")).to_be_visible(timeout=20_000)
    accessible(page)
    return page


def all_sent(page):
    """The policy of the page lets no text be run as a script, so that it cannot wait for one by itself."""
    until = time.monotonic() + 20
    while page.evaluate(LEFT):
        assert time.monotonic() < until, page.evaluate(LEFT)
        page.wait_for_timeout(50)


def sent(page, said):
    """Online again: nothing waits any more."""
    page.context.set_offline(False)
    page.goto("/console/outbox")
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible(timeout=20_000)


def booked(office_file):
    engine = open_engine(f"sqlite:///{office_file}")
    with reading(engine) as connection:
        count = len(connection.execute(select(operations.c.id)).all())
    engine.dispose()
    return count


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
    page.get_by_role("button", name=said["outbox.seen.again"]).click()
    expect(page.locator("tbody tr")).to_have_count(rows)
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
    before = booked(office_file)
    held = page.locator("tbody tr").first.locator("td").nth(5)
    units = int(held.inner_text().split()[0])
    page.context.set_offline(True)
    for quantity in (1, 2, 3):
        issue(page, said, quantity)
    expect(page.get_by_text(said["outbox.header"].format(count=3))).to_be_visible()
    page.reload()  # what waits survives
    expect(page.get_by_text(said["outbox.header"].format(count=3))).to_be_visible()
    assert booked(office_file) == before
    issue(page, said, 4)
    page.context.set_offline(False)
    # what stands there is the stock as it is now, and not that it waits
    expect(held).to_have_text(re.compile(rf"^{units - 10} [a-z]+$"), timeout=15_000)
    expect(page.locator("aside").get_by_text(said["outbox.all_sent"])).to_be_visible()
    page.goto("/console/outbox")
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible(timeout=15_000)
    assert booked(office_file) == before + 4


def test_a_room_made_ready_is_read_counted_and_looked_after_without_a_network(signed_in, room, lang, tmp_path):
    engine, number = room
    said = words(lang)
    page = made_ready(signed_in, said)
    # two people count: each sees what the other has entered
    page.goto(f"/console/stock/counts/{number}")
    expect(page.locator("input[data-line]")).to_have_count(2)
    other = page.context.new_page()
    other.goto(f"/console/stock/counts/{number}")
    for shown, at, figure in ((other, 0, "97"), (page, 1, "39")):
        shown.locator("input[data-line]").nth(at).fill(figure)
        shown.keyboard.press("Tab")
        expect(shown.locator("td .done").nth(0)).to_be_visible()
    expect(page.locator("input[data-line]").first).to_have_value("97")
    other.close()
    page.context.set_offline(True)
    # a search that was never asked before
    page.goto("/console/stock?store=S3&q=L2&sort=item,store,lot")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(".seen")).to_be_visible()
    page.locator("tbody tr").get_by_role("button").click()
    expect(page.locator("aside").get_by_text(said["stock.newest_first"])).to_be_visible()
    page.get_by_role("button", name=said["stock.labels"], exact=True).click()
    with page.expect_download() as paper:
        page.get_by_role("button", name=said["stock.labels_pdf"]).click()
    assert paper.value.path().read_bytes().startswith(b"%PDF")
    # the stocktake
    page.goto(f"/console/stock/counts/{number}")
    expect(page.locator("input[data-line]")).to_have_count(2)
    for field, figure in zip(page.locator("input[data-line]").all(), ("98", "40"), strict=True):
        field.fill(figure)
        field.press("Enter")
    expect(page.locator("td .waits")).to_have_count(2)
    page.get_by_role("button", name=said["stock.count.close"]).click()
    expect(page.get_by_text(said["outbox.count_closes"])).to_be_visible()
    page.reload()
    expect(page.get_by_text(said["outbox.count_closes"])).to_be_visible()
    # the task, with a photograph
    photo = tmp_path / "shelf.txt"
    photo.write_text("looked at")
    page.goto("/console/stock/tasks?store=S3")
    page.get_by_role("button", name=said["check.INSPECT"]).click()
    page.get_by_label(said["stock.photos"]).set_input_files(photo)
    page.locator("aside form.entry").get_by_role("button", name=said["enter"]).click()
    expect(page.locator("aside").get_by_text(said["outbox.task_waits"])).to_be_visible()
    expect(page.locator("tbody tr").get_by_text(said["outbox.task_waits"])).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("aside dl")).to_contain_text(said["stock.task_state.done"], timeout=20_000)
    expect(page.locator("aside form")).to_have_count(0)  # and nobody does it again
    sent(page, said)
    with reading(engine) as connection:
        assert connection.execute(select(counts.c.status).where(counts.c.number == number)).scalar() == "counted"
        done = connection.execute(select(tasks.c.status, tasks.c.closed_by).where(tasks.c.id == 9)).one()
        assert tuple(done) == ("done", "manager")
        assert connection.execute(select(attachments.c.about)).scalars().all() == [TASK]


MAKE = """async entries => {
  const box = document.querySelector("#app").__vue_app__.config.globalProperties.$pinia._s.get("outbox");
  for (const [path, body, more] of entries) await box.post(path, body, undefined, more);
}"""


def entry(lot, units, kind="issue", **more):
    return [f"/api/v1/stock/{kind}", {"store": "S1", "item": BED, "lot": lot, "quantity": str(units), **more}]


def notes(engine):
    with reading(engine) as connection:
        found = connection.execute(select(audit.c.after).where(audit.c.actor == "manager").order_by(audit.c.id))
        return [after["note"] for (after,) in found if (after or {}).get("note")]


def test_what_depends_on_a_refused_entry_waits_for_the_person_and_the_rest_goes_on(signed_in, room, lang):
    engine, _ = room
    said = words(lang)
    page = signed_in("manager")
    page.goto("/console/outbox")
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible()
    page.context.set_offline(True)
    page.evaluate(MAKE, [
        entry("N1", 5, "receive", bin="A-1", made="2041-01-01", expires="2040-01-01", note="made after its end"),
        entry("N1", 2, note="of what came"),
        entry("L1", 3, note="of another lot"),
    ])  # fmt: skip
    page.context.set_offline(False)
    expect(page.locator(".entries > li.refused")).to_have_count(1, timeout=20_000)
    expect(page.locator(".entries > li")).to_have_count(2)
    expect(page.locator(".entries > li").nth(1)).to_contain_text(said["outbox.alone"])
    assert notes(engine)[-1:] == ["of another lot"]
    accessible(page)
    # let go of the first: the second is tried, refused in turn, and left to the person as well
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=said["outbox.drop"]).click()
    expect(page.locator(".entries > li.refused")).to_have_count(1, timeout=20_000)
    expect(page.locator(".entries > li.refused")).to_contain_text("N1")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=said["outbox.drop"]).click()
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible()


def test_a_refused_quantity_is_changed_and_sent_as_a_new_entry_and_then_what_was_counted_after_it(
    signed_in, room, lang
):
    engine, _ = room
    said = words(lang)
    page = signed_in("manager")
    page.goto("/console/outbox")
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible()
    with transaction(engine) as connection:
        number = open_count(connection, store="S1", act=Act(actor="manager", reason="COUNT", at=now()))
        (line,) = count_sheet(connection, number)[2]
    page.context.set_offline(True)
    about = {"store": "S1", "count": number, "item": BED, "lot": "L1", "bin": "A-1", "state": "serviceable"}
    counted = {name: about[name] for name in ("item", "lot", "bin", "state")}
    sheet = {"lines": [{**counted, "expires": line.expires.isoformat(), "quantity": "90"}], "note": "counted after"}
    first, then = now().isoformat(), now().isoformat()
    lines = [f"/api/v1/counts/{number}/lines", {**sheet, "occurred_at": then}, {"about": about}]
    page.evaluate(MAKE, [entry("L1", 5000, note="too many", occurred_at=first), lines])
    page.context.set_offline(False)
    refused = page.locator(".entries > li.refused")
    expect(refused).to_contain_text("A-1", timeout=20_000)
    expect(page.locator(".entries > li")).to_have_count(2)
    refused.get_by_label(said["stock.quantity"]).fill("4")
    refused.get_by_role("button", name=said["outbox.changed"]).click()
    expect(page.get_by_text(said["outbox.empty"])).to_be_visible(timeout=20_000)
    assert notes(engine)[-2:] == ["too many", "counted after"]
    with transaction(engine) as connection:
        boss = Act(actor="root", reason="COUNT", at=now())
        close_count(connection, number=number, act=boss)
        (line,) = count_sheet(connection, number)[2]
        reject_count(connection, number=number, act=boss)
    assert line.moved_since == -4  # it went before the count
    assert line.expected == line.book - 4


def test_a_lost_answer_enters_nothing_twice(signed_in, room, lang):
    engine, _ = room
    page = signed_in("manager")
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch().status)  # the service has it
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/stock/issue", lose)
    page.evaluate(MAKE, [entry("L1", 1, note="answer lost")])
    assert len(page.evaluate(LEFT)) == 1
    page.evaluate(SEND)
    all_sent(page)
    assert (lost, notes(engine).count("answer lost")) == ([201], 1)


def test_a_token_that_ran_out_meanwhile_hides_nothing_and_is_renewed(signed_in, room, lang):
    engine, _ = room
    page = signed_in("manager")
    page.goto("/console/stock")
    page.wait_for_selector("tbody tr")
    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.evaluate("""localStorage.setItem("wuding.session", JSON.stringify(
        {...JSON.parse(localStorage.getItem("wuding.session")), until: Date.now() - 1, access: "out.of.time"}))""")
    page.reload()
    expect(page.locator("tbody tr").first).to_be_visible()
    page.evaluate(MAKE, [entry("L1", 1, note="by a new token")])
    page.context.set_offline(False)
    all_sent(page)
    assert notes(engine)[-1] == "by a new token"


def test_a_session_that_is_over_asks_to_sign_in_and_what_waits_is_sent_then(signed_in, room, lang):
    engine, _ = room
    said = words(lang)
    page = signed_in("manager")
    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.evaluate(MAKE, [entry("L1", 1, note="after signing in")])
    page.evaluate(
        """localStorage.setItem("wuding.session", JSON.stringify({access: "a.b.c", refresh: "gone", until: 0}))"""
    )
    page.goto("/console/")  # opened anew, so that it knows this session alone
    expect(page.locator("header .who")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text(said["outbox.sign_in"].format(name="manager", count=1))).to_be_visible()
    entering(page)
    all_sent(page)
    assert notes(engine)[-1] == "after signing in"


def test_plain_http_on_another_computer_works_and_says_what_it_lacks(driver, office, room, lang):
    """Without https browsers give a page no service worker, no locks and no random UUIDs."""
    engine, _ = room
    said = words(lang)
    with launched(driver, "--host-resolver-rules=MAP office.test 127.0.0.1") as other:
        address = f"http://office.test:{office.rsplit(':', 1)[1]}"
        page = other.new_context(base_url=address, locale="en-GB").new_page()
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        entering(page)
        assert page.evaluate("[isSecureContext, 'locks' in navigator, 'randomUUID' in crypto]") == [False, False, False]
        page.locator("nav").get_by_text(said["desk.stock"]).click()
        page.get_by_role("link", name=said["offline.tab"], exact=True).click()
        expect(page.get_by_text(said["offline.plain"])).to_be_visible()
        page.context.set_offline(True)
        page.evaluate(MAKE, [entry("L1", 1, note="plain one"), entry("L1", 1, note="plain two")])
        page.context.set_offline(False)
        all_sent(page)
        page.evaluate(MAKE, [entry("L1", 1, note="plain three")])
        assert faults == []
    assert notes(engine)[-3:] == ["plain one", "plain two", "plain three"]


def test_two_windows_send_each_entry_once(signed_in, room, lang):
    engine, _ = room
    page = signed_in("manager")
    page.goto("/console/stock")
    other = page.context.new_page()
    other.goto("/console/stock")
    other.wait_for_selector("header .who")
    page.context.set_offline(True)
    marks = [f"window {number}" for number in range(6)]
    page.evaluate(MAKE, [entry("L1", 1, note=mark) for mark in marks])
    page.context.set_offline(False)
    for window in (page, other):
        all_sent(window)
    assert [note for note in notes(engine) if re.match("window", note)] == marks


def test_a_network_that_swallows_what_it_is_given_holds_nobody_up(signed_in, room, lang):
    """No error comes, and no answer: what was seen is shown, and the entry waits."""
    engine, _ = room
    said = words(lang)
    page = signed_in("manager")
    page.goto("/console/stock?store=S1")
    page.wait_for_selector("tbody tr")
    page.route("**/api/v1/**", lambda route: None)
    page.reload()
    expect(page.locator("tbody tr").first).to_be_visible(timeout=30_000)
    expect(page.locator(".seen")).to_be_visible()
    page.evaluate(MAKE, [entry("L1", 1, note="swallowed")])
    expect(page.locator("tbody").get_by_text(said["outbox.of_lot"].format(count=1)).first).to_be_visible()
    page.unroute("**/api/v1/**")
    page.evaluate(SEND)
    all_sent(page)
    assert notes(engine).count("swallowed") == 1


def test_a_service_that_cannot_now_is_asked_again_and_one_that_fails_for_good_is_told(window, room, lang):
    engine, _ = room
    page = entering(window)
    page.goto("/console/outbox")
    page.wait_for_selector("header .who")
    answers = [(429, "TooOften"), (503, "TryAgain"), (502, None)]

    def refuse(route):
        status, code = answers.pop(0) if answers else (500, "DamagedDatabase")
        problem = {"type": "", "title": "", "status": status, "detail": "of the proxy", "code": code, "instance": "",
                   "request_id": ""}  # fmt: skip
        if code:
            route.fulfill(status=status, json=problem, content_type="application/problem+json")
        else:  # a proxy with nobody behind it has no words
            route.fulfill(status=status, body="", headers={"Content-Length": "0"})

    page.route("**/stock/issue", refuse)
    page.evaluate(MAKE, [entry("L1", 1, note="in the end")])
    for _ in range(3):
        assert page.evaluate(LEFT) == ["waits"]
        page.evaluate(SEND)
    for _ in range(8):
        page.evaluate(SEND)
        page.wait_for_timeout(200)
    assert page.evaluate(LEFT) == ["of the proxy"]
    page.unroute("**/stock/issue")
    page.get_by_role("button", name=words(lang)["outbox.again"]).click()
    all_sent(page)
    assert notes(engine).count("in the end") == 1


def test_entries_bear_the_time_of_the_service_whatever_the_clock_of_the_computer(window, room, lang):
    engine, _ = room
    said = words(lang)
    window.clock.install(time=now() + timedelta(days=3))
    page = entering(window)
    page.goto("/console/stock/offline")
    expect(page.get_by_text(said["offline.clock"].format(minutes=3 * 24 * 60))).to_be_visible()
    page.evaluate(MAKE, [entry("L1", 1, note="three days fast")])
    all_sent(page)
    with reading(engine) as connection:
        found = connection.execute(select(operations).where(operations.c.note == "three days fast")).one()
    assert abs((found.recorded_at - found.occurred_at).total_seconds()) < 30
