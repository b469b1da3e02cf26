"""The dispatch desk's main journey: a report becomes a task, a plan, orders and what they came to; a closed road
changes the plan."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, func, select

from inventory.database import open_engine, reading
from inventory.tables.stock import reservations
from scenarios.tables import incident_tasks, incidents, plans, progress
from tests.console.conftest import serving
from tests.console.forks import Forks
from tests.console.hamlets import MIDDLE, NORTH, SOUTH, at, settle, shown
from tests.console.words import words

SOLVED_MS = 60_000


@pytest.fixture
def office_file(tmp_path: Path, sqlite_template: Path) -> Path:
    file = tmp_path / "wuding.sqlite3"
    shutil.copyfile(sqlite_template, file)
    settle(file)
    return file


@pytest.fixture
def office(office_file: Path, forks: Forks) -> Iterator[str]:
    with serving(office_file, forks) as address:
        yield address


@pytest.fixture
def book(office_file: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{office_file}")
    yield engine
    engine.dispose()


def rows(book: Engine, query):
    with reading(book) as connection:
        return [tuple(one) for one in connection.execute(query)]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def approved(page: Page, said: dict[str, str]) -> None:
    """A plan is made, better ones as they are found, and approved as the one who decides is asked to."""
    press(page, said["dispatch.tab.plan"])
    page.get_by_role("button", name=said["plan.make"]).or_(page.get_by_role("button", name=said["plan.again"])).click()
    approve = page.get_by_role("button", name=said["plan.approve"], exact=True)
    expect(approve).to_be_enabled(timeout=SOLVED_MS)
    approve.click()
    page.get_by_role("dialog").get_by_role("button", name=said["plan.approve"]).click()
    expect(page.get_by_role("status").filter(has_text="✓")).to_be_visible()


@pytest.mark.parametrize("lang", ["zh"], indirect=True)
def test_from_a_report_to_a_team_on_its_way(signed_in, lang, book):
    said, page = words(lang), shown(signed_in("dispatcher"))
    # three gestures: its place, its kind, Send
    page.mouse.click(*at(page, MIDDLE, 60))
    page.get_by_role("radio", name=said["disaster.fire"]).click()
    page.mouse.click(*at(page, MIDDLE, 90))  # rather there; what was said of it stays
    press(page, said["dispatch.send"])
    card = page.get_by_role("article")
    expect(card.get_by_role("heading", name=said["disaster.fire"])).to_be_visible()
    of_it = [incidents.c[one] for one in ("id", "severity", "lat", "lon")]
    ((number, severity, lat, lon),) = rows(book, select(*of_it).where(incidents.c.kind == "fire"))
    assert severity == 3
    assert float(lat) == pytest.approx(MIDDLE, abs=1e-3)
    assert 109.0 < float(lon) < 109.02
    card.get_by_label(said["dispatch.add_task"]).select_option("search")
    press(page, said["dispatch.tab.orders"])  # the telephone: something else is looked at, and the entry is still there
    press(page, said["dispatch.tab.incidents"])
    card.get_by_role("button", name=said["dispatch.back"]).click()
    page.get_by_role("button").filter(has_text=said["disaster.fire"]).click()
    expect(card.get_by_label(said["dispatch.add_task"])).to_have_value("search")
    press(page, said["dispatch.save"])
    expect(card.get_by_role("listitem").filter(has_text="search × 1")).to_be_visible()
    wanted = select(incident_tasks.c.capability, incident_tasks.c.teams_needed)
    assert rows(book, wanted.where(incident_tasks.c.incident_id == number)) == [("search", 1)]

    nowhere = card.get_by_role("status").filter(has_text=said["dispatch.nowhere"])
    place = select(incidents.c.lat, incidents.c.lon).where(incidents.c.id == number)
    for part in ("dispatch.lat", "dispatch.lon"):  # whoever called was wrong about the place
        card.get_by_label(said[part]).fill("")
    press(page, said["dispatch.save"])
    expect(nowhere).to_be_visible()
    assert rows(book, place) == [(None, None)]
    card.get_by_role("button", name=said["dispatch.on_map"]).click()
    page.mouse.click(*at(page, MIDDLE, 90))
    press(page, said["dispatch.save"])
    expect(nowhere).to_have_count(0)
    ((lat, lon),) = rows(book, place)
    assert (float(lat), float(lon)) == pytest.approx((MIDDLE, 109.01), abs=0.01)

    approved(page, said)
    levels = page.get_by_role("table").first
    expect(levels.get_by_role("columnheader", name=said["plan.bound"])).to_be_visible()
    assert rows(book, select(func.count()).where(plans.c.status == "committed")) == [(1,)]
    assert rows(book, select(func.count()).select_from(reservations))[0][0] > 0

    press(page, said["dispatch.tab.orders"])
    ordered = page.locator("details").filter(has_text=said["orders.ordered"]).get_by_role("listitem")
    expect(ordered.first).to_be_visible()
    sent = ordered.count()
    later = ordered.first.get_by_role("combobox")
    later.press("ArrowDown")  # chosen is not yet reported
    later.press("ArrowUp")
    tell = ordered.first.get_by_role("button", name=said["orders.tell"].format(state=said["progress.acknowledged"]))
    where = tell.bounding_box()
    page.mouse.click(where["x"] + 5, where["y"] + 5)
    expect(ordered.first.get_by_role("status")).to_contain_text(said["progress.acknowledged"])
    page.mouse.click(where["x"] + 5, where["y"] + 5)  # pressed twice: it is no other team's
    expect(ordered).to_have_count(sent - 1)
    timeline = page.locator("details").filter(has_text=said["orders.timeline"])
    timeline.locator("summary").click()
    expect(timeline.get_by_role("listitem")).to_contain_text(said["progress.acknowledged"])
    assert rows(book, select(progress.c.state, progress.c.actor)) == [("acknowledged", "dispatcher")]
    later.select_option("done")
    ordered.first.get_by_role("button", name=said["orders.tell"].format(state=said["progress.done"])).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(said["orders.done_sure"].split("}")[-1])
    dialog.get_by_role("button", name=said["cancel"]).click()
    assert rows(book, select(func.count()).select_from(progress)) == [(1,)]

    press(page, said["dispatch.tab.plan"])
    page.get_by_role("button", name=said["plan.give_up"]).click()
    dialog.get_by_role("button", name=said["plan.give_up"]).click()
    expect(page.get_by_role("button", name=said["plan.give_up"])).to_have_count(0)
    assert rows(book, select(func.count()).where(plans.c.status == "committed")) == [(0,)]
    assert rows(book, select(func.count()).where(reservations.c.quantity > 0)) == [(0,)]


@pytest.mark.parametrize("lang", ["en"], indirect=True)
def test_a_closed_road_changes_the_plan_and_what_changes_is_shown(signed_in, lang, book):
    said, page = words(lang), shown(signed_in("dispatcher"))
    approved(page, said)
    press(page, said["dispatch.tab.closures"])
    page.get_by_role("button", name=said["closures.draw"]).click()
    between = (MIDDLE + NORTH) / 2
    for lat, right in ((between - 0.002, -40), (between - 0.002, 40), (NORTH, 0)):  # the last one onto an incident
        page.mouse.click(*at(page, lat, right))
    page.get_by_label(said["closures.name"]).fill("washed away")
    press(page, said["closures.close"])
    expect(page.get_by_role("listitem").filter(has_text="washed away")).to_be_visible()

    press(page, said["dispatch.tab.plan"])
    press(page, said["plan.again"])
    changes = page.locator("details").filter(has_text=said["plan.changes"]).get_by_role("listitem")
    expect(changes.first).to_be_visible(timeout=SOLVED_MS)
    expect(page.get_by_role("button", name=said["plan.approve"], exact=True)).to_be_enabled(timeout=SOLVED_MS)
    expect(changes.filter(has_text="盘石滑坡").first).to_be_visible()  # north of where the road is gone

    shown(page)  # the page was closed by mistake
    press(page, said["dispatch.tab.plan"])
    press(page, said["plan.left_open"])
    expect(page.get_by_role("button", name=said["plan.approve"], exact=True)).to_be_enabled()
    press(page, said["plan.put_away"])
    expect(page.get_by_role("heading", name=said["plan.in_force"])).to_be_visible()
    assert rows(book, select(func.count()).where(plans.c.status == "committed")) == [(1,)]


@pytest.mark.parametrize("lang", ["zh"], indirect=True)
def test_of_two_desks_the_second_is_told_that_things_have_changed(signed_in, lang, browser, office):
    """What was approved elsewhere makes a draft stale; a new plan is one press away."""
    said, page = words(lang), shown(signed_in("dispatcher"))
    press(page, said["dispatch.tab.plan"])
    page.get_by_role("button", name=said["plan.make"]).click()
    approve = page.get_by_role("button", name=said["plan.approve"], exact=True)
    expect(approve).to_be_enabled(timeout=SOLVED_MS)
    headers = {"Authorization": "Bearer " + page.evaluate("JSON.parse(localStorage.getItem('wuding.session')).access")}
    found = {"kind": "fire", "severity": 5, "lat": SOUTH, "lon": 109.0}
    other = page.request.post(f"{office}/api/v1/situations/live/incidents", data=found,
                              headers=headers | {"Idempotency-Key": "another-desk-1"})  # fmt: skip
    assert other.ok, other.text()
    approve.click()
    page.get_by_role("dialog").get_by_role("button", name=said["plan.approve"]).click()
    expect(page.get_by_text(said["plan.stale_help"])).to_be_visible()
    page.get_by_role("button", name=said["plan.make_new"]).click()
    expect(page.get_by_text(said["plan.stale_help"])).to_have_count(0)
    expect(approve).to_be_enabled(timeout=SOLVED_MS)
