"""Towns, coefficients and annual plans from files; examples with the figures they stand for."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from inventory.errors import BadTable
from optimizer.errors import BadInput
from optimizer.staffing.workload import parameters, size_towns
from scenarios.staffing.generate import UnknownStaffingExample, apportion, example
from scenarios.staffing.inputs import read_annual_plans, read_parameters, read_towns, write_towns
from scenarios.staffing.osm_towns import towns_of_map
from scenarios.staffing.words import findings, sentence
from scenarios.texts import explain

HEAD = (
    "code,name,district,population,households,area_km2,enterprises_low,enterprises_medium,enterprises_high,"
    "venues_low,venues_medium,venues_high,hazard_points,established,contract,licensed,vehicles\n"
)
P = parameters(2025)


@pytest.mark.parametrize(("suffix", "headers"), [("csv", "en"), ("csv", "zh"), ("xlsx", "en"), ("xlsx", "zh")])
def test_towns_read_back_as_they_were_written(tmp_path: Path, suffix: str, headers: str) -> None:
    towns, path = example("city"), tmp_path / f"towns.{suffix}"
    write_towns(path, towns, headers=headers)
    again = read_towns(path)
    for name in vars(towns):
        one, other = getattr(towns, name), getattr(again, name)
        assert one == other if isinstance(one, tuple) else np.array_equal(one, other, equal_nan=True), name


def test_every_bad_row_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "towns.csv"
    path.write_text(
        HEAD
        + "1,A,X,1000,2000,3,1,1,1,1,1,1,0,5,5,4,2\n"  # more households than people
        + "2,B,X,-5,1,3,1,1,1,1,1,1,0,5,5,4,2\n"
        + "2,,X,100,1,3,1.5,1,1,1,1,1,0,5,5,11,2\n",  # code again, no name, half an enterprise, too many licensed
        encoding="utf-8",
    )
    with pytest.raises(BadTable) as refusal:
        read_towns(path)
    assert [(each.row, each.column, each.code) for each in refusal.value.faults] == [
        (2, "households", "MORE_HOUSEHOLDS"),
        (3, "population", "TOO_SMALL"),
        (4, "code", "DUPLICATE_KEY"),
        (4, "name", "CELL_EMPTY"),
        (4, "enterprises_low", "NOT_INTEGER"),
        (4, "licensed", "MORE_LICENSED"),
    ]
    for lang in ("zh", "en"):
        assert not any("?" in line for line in explain(refusal.value, lang))


def test_a_file_without_towns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "towns.csv"
    path.write_text(HEAD, encoding="utf-8")
    with pytest.raises((BadInput, BadTable)):
        read_towns(path)


def test_stated_coefficients_take_the_place_of_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("参数,取值,范围下限,来源\ncoverage_enterprise,0.5,0.4,会议纪要\ncase_h,20,,\n", encoding="utf-8")
    found = read_parameters(path, P)
    assert (found["coverage_enterprise"], found["case_h"], found["recheck_h"]) == (0.5, 20, P["recheck_h"])
    assert found.coefficients["coverage_enterprise"].low == 0.4
    assert found.coefficients["coverage_enterprise"].source[0] == "会议纪要"
    path.write_text("name,value\nnonsense,1\ncoverage_venue,99\n", encoding="utf-8")
    with pytest.raises(BadInput) as refusal:
        read_parameters(path, P)
    assert len(refusal.value.faults) == 2


def test_the_published_tables_that_contradict_themselves_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "plans.csv"
    head = "unit,people,days_each,total,supervision,other_enforcement,other_work,supervision_share," \
           "other_enforcement_share,other_work_share\n"  # fmt: skip
    path.write_text(head + "A,8,248,1984,414,1035,535,20.9,52.2,27.0\nB,22,247,5434,971,2469,1994,,,\n")
    plans = read_annual_plans(path)
    assert [plan.supervision for plan in plans] == [Decimal(414), Decimal(971)]
    path.write_text(head + "A,8,248,1984,414,1035,535,21,71,8\nB,22,247,5434,971,2649,1994,,,\n")
    with pytest.raises(BadInput) as refusal:
        read_annual_plans(path)
    lines = explain(refusal.value, "en")
    assert "52.2 %, but 71 % is printed" in lines[1]
    assert "27.0 %, but 8 % is printed" in lines[2]
    assert "2649 → 2469" in lines[3]


def test_the_district_has_the_figures_it_stands_for() -> None:
    towns = example("district")
    assert len(towns) == 10
    assert (towns.villages.sum(), towns.population.sum()) == (218, 762_000)
    assert (towns.enterprises.sum(), towns.venues.sum()) == (20_000, 25_000)
    assert (towns.established.sum(), towns.contract.sum()) == (51, 118)
    assert round(towns.area_km2.sum()) == 274
    assert size_towns(towns, P).visits.sum() == pytest.approx(9_750, rel=0.01)
    assert not any(size_towns(towns, P).findings)


def test_the_city_comes_near_the_people_it_has() -> None:
    towns = example("city")
    assert (len(towns), towns.staff.sum()) == (101, 2093)
    sizing = size_towns(towns, P)
    assert sizing.total == pytest.approx(2093, rel=0.05)
    assert sizing.visits.sum() + sizing.patrol_visits.sum() == pytest.approx(1_069_000 * 251 / 110, rel=0.03)


def test_examples_are_seeded_and_named() -> None:
    assert (example("city", 3).population == example("city", 3).population).all()
    assert (example("city", 3).population != example("city", 4).population).any()
    with pytest.raises(UnknownStaffingExample):
        example("nowhere")


def test_apportioned_numbers_add_up_and_keep_their_least() -> None:
    parts = apportion(51, np.array([1.0, 2.0, 40.0]), least=5)
    assert parts.sum() == 51
    assert parts.min() >= 5


def test_a_number_is_explained_in_both_languages() -> None:
    found = size_towns(example("district"), P).result(0)
    for lang, words in (("zh", "每人可用"), ("en", "available per person")):
        said = sentence(found, lang)
        assert words in said
        assert str(found.posts) in said
        assert "?" not in said


def test_floors_that_are_not_kept_are_told_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "towns.csv"
    path.write_text(HEAD + "1,A,X,10,2,3,0,0,0,0,0,0,0,4,9,3,1\n", encoding="utf-8")
    found = size_towns(read_towns(path), P).result(0)
    assert found.by_floor
    assert "5 + 5" in sentence(found, "en")
    assert [len(findings(found, lang)) for lang in ("zh", "en")] == [3, 3]


def test_towns_are_counted_from_a_map(shared_data: Path) -> None:
    found = towns_of_map(shared_data / "andorra-2023.osm.pbf")
    assert len(found.towns) == 8  # 7 towns and a city
    assert found.towns.enterprises.sum() + found.towns.venues.sum() == found.workplaces > 279  # its shops alone
    assert (found.towns.population > 0).all()
    assert size_towns(found.towns, P).total >= 80


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(b"no map")
    with pytest.raises(BadInput):
        towns_of_map(path)
    (tmp_path / "b.osm").write_text('<osm version="0.6"/>')
    with pytest.raises(BadInput):
        towns_of_map(tmp_path / "b.osm")
