"""The planner's journeys beyond the tables: maps, rosters mended by hand, patrols planned again, studies compared."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from inventory.database import open_engine, transaction
from optimizer.network.tables import write_tables
from scenarios.generate.ground import grow_ground
from scenarios.incidents import ensure_live, name_roads
from tests.api.http.conftest import PASSWORD
from tests.console.axe import accessible
from tests.console.words import words

ZH = pytest.mark.parametrize("lang", ["zh"], indirect=True)
EN = pytest.mark.parametrize("lang", ["en"], indirect=True)
RUN_MS = 60_000
TOWN = {
    "population": 40_000, "area_km2": "60", "enterprises_low": 300, "enterprises_medium": 90, "enterprises_high": 30,
    "venues_low": 400, "venues_medium": 100, "venues_high": 20, "established": 6, "contract": 6,
}  # fmt: skip


@pytest.fixture(scope="module")
def _roads(office: str, office_file: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("roads")
    ground = grow_ground(np.random.default_rng(1), counties=1, towns=2, villages=12, nodes=400, segments=550,
                         area_km2=40, lat=28.0, lon=109.0)  # fmt: skip
    write_tables(ground.network, folder)
    engine = open_engine(f"sqlite:///{office_file}")
    with transaction(engine) as connection:
        ensure_live(connection, "live")
        name_roads(connection, "live", str(folder))
    engine.dispose()


def as_root(page):
    """Headers of requests of one's own."""
    asked = page.request.post("/api/v1/sign-in", data={"name": "root", "password": PASSWORD})
    return {"Authorization": f"Bearer {asked.json()['access_token']}"}


def kept(page, name, question):
    """A study made through the service, and run."""
    headers = as_root(page)
    made = page.request.post("/api/v1/staffing/studies", headers=headers, data={"name": name, "question": question})
    assert made.status == 201, made.text()
    number = made.json()["number"]
    job = page.request.post(f"/api/v1/staffing/studies/{number}/run", headers=headers, data={}).json()
    while job["status"] in ("waiting", "running"):
        page.wait_for_timeout(100)
        job = page.request.get(f"/api/v1/jobs/{job['code']}", headers=headers).json()
    assert job["status"] == "done", job
    return number


def quickly(route):
    """The example with little search."""
    answer = route.fetch()
    asked = answer.json()
    asked["question"]["work"] = 5
    route.fulfill(response=answer, json=asked)


def pressed(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def downloaded(page, name):
    with page.expect_download() as given:
        pressed(page, name)
    return Path(given.value.path())


def content(page, name):
    """What a button gives as a file."""
    return downloaded(page, name).read_text("utf-8-sig")


def pasted(page, text):
    """Into the first empty table."""
    page.locator("textarea").first.focus()
    put(page, text)


def put(page, text):
    """Pasted where the focus is."""
    data = """(text) => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true })); }"""
    page.evaluate(data, text)


@EN
def test_towns_are_sized_explained_placed_on_a_map_and_given_posts(signed_in, lang):
    said = words(lang)
    page = signed_in("planner")
    page.goto("/console/planner/towns")
    pressed(page, said["planner.example_district"])
    pressed(page, said["planner.size"])
    expect(page.locator(".ground-mark[data-mark]")).to_have_count(10)
    mark = page.locator(".ground-mark[data-mark]").first
    name = mark.get_attribute("title").split("：" if lang == "zh" else ":")[0]
    mark.click()
    expect(page.locator("aside h3")).to_have_text(name)
    assert page.locator("aside tbody tr").count() > 5  # what its posts are made of
    page.get_by_label(said["planner.map_measure"]).select_option("short")
    assert any("−" in one for one in page.locator(".ground-mark[data-mark]").all_inner_texts())
    accessible(page)
    page.goto("/console/planner/share")
    pressed(page, said["planner.share_out"])
    expect(page.get_by_text(said["planner.frontier"])).to_be_visible()


@ZH
def test_towns_of_a_spreadsheet_are_sized_by_a_value_with_its_source(signed_in, lang):
    said = words(lang)
    page = signed_in("root")
    page.goto("/console/planner/towns")
    heads = ["乡镇编号", "名称", "常住人口", "面积"]
    heads += [f"{risk}风险{what}" for what in ("企业", "小型场所") for risk in "低中高"]
    row = ("T1", "甲站", "４０，０００", "60.5", "300", "90", "30", "400", "100", "约二十")
    pasted(page, "\r\n".join("\t".join(line) for line in (["乡镇基础数据表"], heads, row)))
    expect(page.locator("[data-cell='0 area_km2']")).to_have_value("60.5")
    page.get_by_label(said["planner.year"], exact=True).fill("今年")
    pressed(page, said["planner.size"])
    expect(page.get_by_text("年份：应为整数")).to_be_visible()
    expect(page.locator("section .trouble")).to_contain_text("第 2 行“高风险小型场所”")
    page.locator("[data-cell='0 venues_high']").fill("20")
    page.get_by_label(said["planner.year"], exact=True).fill("2026")
    with page.expect_response("**/staffing/coefficients?year=2026") as listed:  # the list is made anew for the year
        page.get_by_role("link", name=said["planner.coefficients"], exact=True).click()
    listed.value.finished()
    page.get_by_label(f"{said['planner.own']} 人均病假").fill("４0")
    page.keyboard.press("Tab")
    page.get_by_label(f"{said['planner.own_source']} 人均病假").fill("县统计")
    page.keyboard.press("Tab")
    page.get_by_role("link", name=said["planner.towns"], exact=True).click()
    pressed(page, said["planner.size"])
    expect(page.locator(".sum")).to_be_visible()
    pressed(page, said["planner.keep_as_study"])
    with page.expect_response("**/staffing/studies") as made:
        pressed(page, said["planner.save"])
    path = f"/api/v1/staffing/studies/{made.value.json()['number']}"
    question = page.request.get(path, headers=as_root(page)).json()["question"]
    assert question["towns"][0]["population"] == 40_000
    assert question["coefficients"] == [{"name": "sick_days", "value": "40", "source": "县统计"}]


@ZH
def test_towns_without_positions_are_told_how_to_give_them(signed_in, lang):
    said = words(lang)
    page = signed_in("root")
    town = {"code": "T1", "name": "甲站", **TOWN}
    kept(page, "没有位置", {"kind": "size", "year": 2026, "draws": 0, "towns": [town]})
    page.goto("/console/planner/studies")
    page.get_by_role("button", name="没有位置").click()
    expect(page.get_by_text(said["planner.map_no_positions"])).to_be_visible()


@ZH
def test_a_roster_is_mended_by_choosing_who_stands_in_and_by_dragging(signed_in, lang):
    said = words(lang)
    page = signed_in("root")
    people = [{"id": f"P{n}", "name": f"值班员{n}", "roles": ["call_desk"]} for n in range(8)]
    posts = [{"id": "desk", "name": "接警", "pattern": "2x12", "needs": [["call_desk", 1]]}]
    kept(page, "二月", {"kind": "roster", "month": "2026-02", "people": people, "posts": posts})
    page.goto("/console/planner/studies")
    page.get_by_role("button", name="二月").click()
    duties = page.locator("[data-duty]")
    expect(duties).to_have_count(56)
    duties.nth(30).focus()
    page.keyboard.press("Enter")
    into = page.get_by_label(said["planner.stand_in"])
    into.select_option(index=1)
    pressed(page, said["planner.put_down"])
    first = duties.first.inner_text().split()[-1]
    other = next(one for one in range(2, 20) if duties.nth(one).inner_text().split()[-1] != first)
    duties.first.drag_to(duties.nth(other))
    pressed(page, said["planner.mend"].format(count=2))
    expect(page.get_by_text(said["planner.roster_mended"])).to_be_visible(timeout=RUN_MS)
    assert page.locator("[data-duty].changed").count() >= 2
    page.reload()
    expect(duties).to_have_count(56)  # a page read anew shows what it was left with
    pressed(page, said["planner.make_anew"])
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    pressed(page, said["planner.run"])  # would change duties that people know
    assert asked == [said["planner.roster_anew_sure"]]
    lines = content(page, said["planner.csv_roster"]).splitlines()
    assert len(lines) == 57
    assert "值班员" in lines[1]


@EN
@pytest.mark.usefixtures("_roads")
def test_a_patrol_week_is_on_the_map_and_what_slipped_is_planned_again(signed_in, lang):
    said = words(lang)
    page = signed_in("planner")
    page.goto("/console/planner/patrol")
    page.route("**/examples/patrol", quickly)
    pressed(page, said["planner.example_patrol"])
    expect(page.get_by_text(said["planner.patrol_tables"].format(dues=60, stations=2))).to_be_visible()
    with page.expect_response("**/run"):
        pressed(page, said["planner.run"])
    page.context.set_offline(True)
    expect(page.get_by_text(said["planner.run_unheard"])).to_be_visible()
    page.context.set_offline(False)
    marks = page.locator(".ground-mark.stop[data-mark]")
    expect(marks.first).to_be_visible(timeout=RUN_MS)
    stops = page.locator("button.stop")
    assert stops.count() == marks.count()
    stops.first.focus()
    visit = stops.first.get_attribute("data-visit")
    expect(page.locator(f'[data-mark="{visit}"]')).to_have_class(re.compile("high"))
    last = marks.last.get_attribute("data-mark")
    marks.last.dispatch_event("click")
    expect(page.locator(f'button.stop[data-visit="{last}"]')).to_be_focused()
    accessible(page)
    assert len(content(page, said["planner.csv_rounds"]).splitlines()) == 61
    page.goto("/console/planner/studies")  # the plan as it was kept
    page.get_by_role("button", name=said["planner.again_short"]).first.click()
    page.get_by_label(said["planner.again_since"]).fill("2026-07-01")
    pressed(page, said["planner.again_as_planned"])
    page.locator("details.again tbody input[data-cell$=done_on]").first.fill("")
    pressed(page, said["planner.again_run"])
    expect(page.locator("details.moved")).to_be_visible(timeout=RUN_MS)
    page.locator("details.moved summary").click()
    assert page.locator("details.moved tbody tr").count() >= 1


@EN
def test_studies_are_set_side_by_side_and_one_is_deleted(signed_in, lang):
    said = words(lang)
    page = signed_in("root")
    towns = [{"code": f"T{n}", "name": f"=Town {n}", **TOWN} for n in (1, 2)]
    asked = {"kind": "size", "year": 2026, "draws": 0, "towns": towns}
    first = kept(page, "as it is", asked)
    second = kept(page, "much sick leave", {**asked, "coefficients": [{"name": "sick_days", "value": "40"}]})
    page.goto("/console/planner/studies")
    for number in (first, second):
        page.get_by_label(said["planner.tick"].format(number=number)).check()
    pressed(page, said["planner.compare_these"].format(count=2))
    table = page.locator("table", has=page.locator("tfoot"))
    expect(table.locator("tbody tr")).to_have_count(2)
    assert table.locator("tfoot td").last.inner_text().startswith("+")
    expect(page.get_by_role("row", name="Sick leave per person")).to_contain_text("40")
    accessible(page)
    assert ",'=Town 1," in content(page, said["planner.csv"])  # no formula
    assert len(load_workbook(io.BytesIO(downloaded(page, said["planner.xlsx"]).read_bytes())).worksheets) == 5
    assert downloaded(page, said["planner.pdf"]).read_bytes().startswith(b"%PDF-")
    page.goto("/console/planner/studies")
    page.once("dialog", lambda dialog: dialog.accept())
    pressed(page, said["planner.delete_study"].format(number=second))
    expect(page.get_by_text(said["planner.deleted"].format(name="much sick leave"))).to_be_visible()
    expect(page.get_by_role("button", name="much sick leave")).to_have_count(0)
    page.goto(f"/console/planner/compare?studies={first},{second}")
    expect(page.get_by_text(said["planner.compare_gone"].format(numbers=second))).to_be_visible()
    expect(page.locator("ul.chosen li")).to_have_count(1)


@ZH
def test_a_call_desk_is_sized_by_the_hour(signed_in, lang):
    said = words(lang)
    page = signed_in("planner")
    page.goto("/console/planner/desk")
    pressed(page, said["planner.desk_example"])
    pressed(page, said["planner.desk_size"])
    expect(page.locator("tbody tr")).to_have_count(24)
    accessible(page)
    told = content(page, said["planner.csv"]).splitlines()
    assert len(told) == 25
    page.get_by_label("22:00").focus()
    put(page, "时段\t来电\n22:00\t1,2\n23:00-24:00\t７")  # with the hours beside them
    expect(page.get_by_label("23:00")).to_have_value("７")
    page.get_by_label("03:00").fill("x")
    expect(page.get_by_role("alert")).to_contain_text("03:00")
