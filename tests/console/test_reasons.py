"""Why a plan is as it is, what is short, practice beside it, and the report afterwards, as a dispatcher asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert

from api import reasons
from api.access.scope import Grant
from api.access.users import add_user
from api.solving import Ask, found_by
from inventory.database import now, open_engine, reading, transaction
from inventory.ledger.post import Act
from optimizer.network.tables import write_tables
from scenarios.basis import basis_of
from scenarios.drafts import approve_draft, save_draft
from scenarios.exchange.plan import parse_plan_text, plan_sha256
from scenarios.live import afoot, load_world
from scenarios.registry import find_scenario
from scenarios.tables import progress
from tests.api.http.conftest import PASSWORD
from tests.console.axe import accessible
from tests.console.conftest import serving
from tests.console.forks import Forks
from tests.console.words import words


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, forks: Forks) -> Iterator[str]:
    """A town in a rainstorm, its plan in force and explained, one team on scene."""
    home = tmp_path_factory.mktemp("town")
    file = home / "wuding.sqlite3"
    shutil.copyfile(sqlite_template, file)
    with pytest.MonkeyPatch.context() as set_to:
        set_to.setenv("WUDING_HOME", str(home))
        set_to.setattr("api.solving.STAGES", (2_000,))
        set_to.setattr("scenarios.explanation.SAMPLES", 1)
        planned(home, f"sqlite:///{file}")
    with serving(file, forks) as address:
        yield address


def planned(home: Path, url: str) -> None:
    world = find_scenario("panshi-rainstorm").build(0)
    roads = home / "roads" / "live"
    roads.parent.mkdir(parents=True)
    write_tables(world.network, roads)
    engine = open_engine(url)
    act = Act(actor="dispatcher", reason="PLAN", at=world.as_of)
    with transaction(engine) as connection:
        opening = Act(actor="opening", reason="OPENING", at=world.as_of)
        load_world(connection, world, act=opening, roads="roads/live")
        add_user(connection, code="dispatcher", password=PASSWORD, given=[Grant("dispatcher", None)], at=now(), by=None)
    *_, found = found_by(Ask(url, "live"), lambda _: None)
    plan = parse_plan_text(found.content, source="live")
    with transaction(engine) as connection:
        draft = save_draft(connection, plan, basis=found.basis, as_of=found.as_of, act=act)
        done = approve_draft(connection, draft, now=basis_of(afoot(connection)), act=act)
        stop = plan.team_orders[0].stops[0]
        report = {"situation_code": "live", "plan_id": done.plan, "team": plan.team_orders[0].team,
                  "incident": stop.incident, "task": stop.task, "state": "on_scene", "at": world.as_of,
                  "recorded_at": world.as_of, "actor": "dispatcher"}  # fmt: skip
        connection.execute(insert(progress), report)
    with reading(engine) as connection:
        names = reasons.digest_of_names(connection, "live")
    ask = reasons.AskWhy(url, "live", "plans", done.plan, whole=True)
    for found in reasons.reasons_by(ask, lambda _: None):  # as the service would, but for the start of its processes
        kept = reasons.answer_file(found.whole, plan_sha256(plan), plan.problem_sha256, names)
        reasons.keep_answer(kept, found.content)
    engine.dispose()


NAME = {"zh": "盘石镇滑坡险情转移", "en": "Panshi slope evacuation"}


def test_why_this_what_is_short_and_practice_beside_it(signed_in, lang):
    said = words(lang)
    page = signed_in("dispatcher")
    page.goto("/console/dispatch")
    page.get_by_role("button", name=said["dispatch.tab.plan"], exact=True).click()
    expect(page.get_by_role("heading", name=said["plan.in_force"])).to_be_visible()
    panel = page.get_by_role("region", name=said["why.title"])

    page.locator(".stops").get_by_role("button", expanded=False).first.press("Enter")
    expect(panel.get_by_role("heading", name=said["why.nearest"])).to_be_visible()
    panel.get_by_role("button", name=said["why.send"]).first.click()
    expect(page.get_by_text(said["plan.directed"])).to_be_visible()
    panel.get_by_role("button", name=said["close"]).press("Escape")
    expect(panel).to_have_count(0)

    item = page.locator("details.item").first
    item.locator("summary").click()
    expect(item.get_by_text(said["unmet.NO_STOCK"])).to_be_visible()
    expect(item.get_by_text(said["short.who"])).to_be_visible()
    page.get_by_role("button", name=said["cures.reckon"]).click()
    cures = page.get_by_role("region", name=said["cures.title"])
    expect(cures.get_by_role("heading", name=said["cures.sure"])).to_be_visible()

    page.locator("summary", has_text=said["why.against"]).click()
    row = page.locator("tbody .head").first
    expect(row.get_by_role("button", name=NAME[lang], exact=True)).to_be_visible()  # by the name of one's language
    row.get_by_role("button", expanded=False).click()
    expect(panel.get_by_text(said["why.next_store"]).first).to_be_visible()
    accessible(page)


def test_the_report_afterwards(signed_in, lang):
    said = words(lang)
    page = signed_in("dispatcher")
    page.goto("/console/dispatch/after-action")
    expect(page.get_by_role("heading", level=1)).to_contain_text(said["after.title"])
    for section in ("after.section.tiers", "after.section.stops", "after.section.needs", "after.section.events"):
        expect(page.get_by_role("heading", name=said[section])).to_be_visible()
    expect(page.get_by_role("row", name=said["after.stop.on_scene"]).first).to_be_visible()
    accessible(page)
    with page.expect_download() as kept:
        page.get_by_role("button", name=said["action.xlsx"]).click()
    assert kept.value.suggested_filename == "after-action-live.xlsx"
