"""The report of a plan: complete in both languages, safe with hostile names, self-contained, the same every time."""

import csv
import json
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from optimizer.dispatch.plan import Reason, Unmet
from scenarios.report import Label, Names, plan_geojson, plan_html, scene_of, view_of, write_report
from scenarios.report.font import FONT_FILES, missing
from scenarios.report.map_png import map_png

ROOT = Path(__file__).resolve().parents[3]
VOID = {"meta", "br", "input", "link", "hr", "img", "path", "circle", "rect", "line", "use"}
HOSTILE = "<script>alert(1)</script>\"'&=1+1"


class Balanced(HTMLParser):
    """Collects what the page would load, and whether tags nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.scripts = 0
        self.headers = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.headers += tag == "th"
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open, tag
            assert self.open.pop() == tag


def page_of(case: Any, lang: str = "zh") -> str:
    view = case.view
    return plan_html(view, scene=scene_of(case.problem, case.plan, view, layers=case.layers), lang=lang)


@pytest.fixture(scope="module")
def page(case: Any) -> str:
    return page_of(case)


def test_the_page_is_well_formed_and_loads_nothing(page: str) -> None:
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert parser.scripts == 1
    assert parser.headers > 10
    assert all(value.startswith("#") for value in parser.loads)
    assert not re.search(r"url\((?!['\"]?(data:|#))", page)
    assert "default-src 'none'" in page


def test_the_page_speaks_both_languages_whichever_comes_first(case: Any, page: str) -> None:
    english = page_of(case, "en")
    assert 'data-lang="zh"' in page
    assert 'data-lang="en"' in english
    for words in ("要点", "proven", "桃花"):
        assert words in page
        assert words in english


def test_hostile_names_stay_text(case: Any) -> None:
    problem = case.problem
    names = Names(incidents={one.id: Label(HOSTILE, HOSTILE) for one in problem.incidents})
    view = view_of(problem, case.plan, names=names, situation=case.situation)
    scene = scene_of(problem, case.plan, view, layers=case.layers)
    text = plan_html(view, scene=scene)
    assert "<script>alert" not in text
    parser = Balanced()
    parser.feed(text)
    assert parser.scripts == 1


def test_all_files_are_written_and_the_same_every_time(case: Any, tmp_path: Path) -> None:
    parts = {"names": case.names, "layers": case.layers, "situation": case.situation}
    for folder in ("one", "two"):
        write_report(tmp_path / folder, problem=case.problem, plan=case.plan, **parts)
    for kind in ("html", "xlsx", "geojson", "png"):
        first, second = ((tmp_path / folder / f"plan.{kind}").read_bytes() for folder in ("one", "two"))
        assert first == second, kind
    assert not list(tmp_path.glob("*/*.tmp*"))


def test_the_picture_is_1600_wide_and_under_a_mebibyte(case: Any) -> None:
    scene = scene_of(case.problem, case.plan, case.view, layers=case.layers)
    assert scene is not None
    for lang in ("zh", "en"):
        png = map_png(scene, title=case.view.title, lang=lang)
        assert struct.unpack(">I", png[16:20]) == (1600,)
        assert len(png) < 1 << 20


def test_the_geojson_is_a_feature_collection_of_known_things(case: Any) -> None:
    content = json.loads(plan_geojson(case.problem, case.plan, case.view, layers=case.layers))
    assert content["type"] == "FeatureCollection"
    what = set()
    for feature in content["features"]:
        assert feature["type"] == "Feature"
        what.add(feature["properties"]["what"])
        points = feature["geometry"]["coordinates"]
        points = [points] if feature["geometry"]["type"] == "Point" else points
        for lon, lat in points if not isinstance(points[0][0], list) else points[0]:
            assert 107 < lon < 110
            assert 27 < lat < 29
    assert {"incident", "team", "store", "team_leg", "supply_flow"} <= what


def test_a_formula_in_a_name_reaches_the_workbook_as_text(case: Any, tmp_path: Path) -> None:
    names = Names(teams={team.id: Label("=HYPERLINK(1)", "+1") for team in case.problem.teams})
    write_report(tmp_path, problem=case.problem, plan=case.plan, names=names)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    book.close()
    assert all(cell.data_type != "f" for cell in cells)
    assert any("HYPERLINK" in str(cell.value) for cell in cells)


def test_a_problem_without_positions_has_a_report_without_a_map(case: Any, tmp_path: Path) -> None:
    def nowhere(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(row, lat=None, lon=None) for row in rows)

    problem = replace(
        case.problem,
        incidents=nowhere(case.problem.incidents),
        teams=nowhere(case.problem.teams),
        stores=nowhere(case.problem.stores),
    )
    orders = tuple(
        replace(order, stops=tuple(replace(stop, route=None) for stop in order.stops))
        for order in case.plan.team_orders
    )
    files = write_report(tmp_path, problem=problem, plan=replace(case.plan, team_orders=orders))
    assert files.png is None
    assert files.html.exists()


def test_every_character_that_we_print_is_in_the_font() -> None:
    from scenarios.generate.names import FIRST, LAST

    for path in [*ROOT.glob("*/texts.csv"), *ROOT.glob("*/*/texts.csv"), *ROOT.glob("inventory/data/*.csv")]:
        with path.open(encoding="utf-8") as file:
            text = "".join("".join(row) for row in csv.reader(file))
        assert missing(text) == "", path
    assert missing("".join(FIRST + LAST) + "县镇村储备库储备室应急突击队") == ""


def test_the_font_files_keep_the_house_limit_and_their_licence() -> None:
    assert all(file.stat().st_size < 1 << 20 for file in FONT_FILES)
    assert "SIL OPEN FONT LICENSE" in (FONT_FILES[0].parent / "OFL.txt").read_text("utf-8").upper()


def test_a_small_case_has_a_small_page(make_case: Callable[..., Any]) -> None:
    case = make_case(nodes=60, incidents=2, teams=3, stores=3)
    assert len(page_of(case)) < 400_000


@pytest.fixture(scope="module")
def equipped(case: Any) -> Any:
    """The first stop waits for life jackets that are shipped for it; its team takes a generator along."""
    order = case.plan.team_orders[0]
    stop = replace(order.stops[0], start_s=order.stops[0].arrive_s + 900)
    some = replace(case.plan.shipments[0], incident=stop.incident, task=stop.task, quantity=Decimal(7), store="S001")
    gear = (replace(some, id="Z1", item="M006"), replace(some, id="Z2", item="M005", team=order.team))
    facts = {"equipment": "M005", "quantity_per_team": "2", "teams": ["T001"]}
    gap = Unmet(stop.incident, Decimal(1), Reason.NO_STOCK, facts, task=stop.task)
    orders = (replace(order, stops=(stop, *order.stops[1:])), *case.plan.team_orders[1:])
    plan = replace(
        case.plan, team_orders=orders, shipments=(*case.plan.shipments, *gear), unmet=(*case.plan.unmet, gap)
    )
    return replace(case, plan=plan)


def test_the_page_shows_who_waits_for_what_and_who_takes_it_along(equipped: Any) -> None:
    row = next(row for row in equipped.view.teams if row.start_s > row.arrive_s)
    page = page_of(equipped)
    for words in (f"等到 {row.start.zh} 开始", f"waits, begins {row.start.en}", "带上 发电机 7台",
                  f"装备：供“{row.task_name.zh}”用", f"equipment for {row.task_name.en}",
                  f"{row.team_name.zh}随身带去", f"taken along by {row.team_name.en}",
                  "缺装备：没有库存", "缺少装备 发电机（每队 2）", "Equipment is missing: Generator, 2 for each team",
                  "救生衣（装备） 7件"):  # fmt: skip
        assert words in page, words


def test_equipment_meets_no_need(case: Any, equipped: Any) -> None:
    fills = [{card.id: card.fill_rate for card in one.view.incidents} for one in (case, equipped)]
    assert fills[0] == fills[1]
    before, after = ({row.item: row for row in one.view.stock} for one in (case, equipped))
    assert all(after[item].shipped == row.shipped for item, row in before.items())
    assert (before["M005"].equipment, after["M005"].equipment) == (0, 7)


def test_workbook_and_geojson_tell_equipment_from_supplies(equipped: Any, tmp_path: Path) -> None:
    files = write_report(tmp_path, problem=equipped.problem, plan=equipped.plan, names=equipped.names)
    book = openpyxl.load_workbook(files.xlsx)
    rows = {row[0].value: [cell.value for cell in row] for row in book.worksheets[2].iter_rows()}
    book.close()
    team = equipped.plan.team_orders[0]
    assert rows["Z1"][-2:] == [team.stops[0].task, None]
    assert rows["Z2"][-2:] == [team.stops[0].task, team.team]
    features = [one["properties"] for one in json.loads(files.geojson.read_text("utf-8"))["features"]]
    (leg,) = (one for one in features if one["what"] == "team_leg" and "takes" in one)
    assert (leg["ref"], leg["takes"], leg["start_s"] - leg["arrive_s"]) == (f"{team.team}-1", {"M005": 7}, 900)
    flows = [one for one in features if one["what"] == "supply_flow" and "equipment" in one]
    assert [one["equipment"] for one in flows] == [{"M006": 7}]
