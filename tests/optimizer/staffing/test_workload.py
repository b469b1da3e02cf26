"""The model against the worked examples of the design page, and what must hold of every sizing."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import BadInput
from optimizer.staffing.calendar import announced_years, working_days
from optimizer.staffing.parameters import Parameters, parameters, table
from optimizer.staffing.workload import PARTS, Town, Towns, size, size_towns

P = parameters(2025)
TOWN = Town(
    "1", "甲镇", population=76_200, households=29_000, area_km2=27.4, enterprises=(1400, 440, 160),
    venues=(1750, 550, 200), hazard_points=8, established=5, contract=12, licensed=4, vehicles=3, villages=22,
    store_task_h=200, team=25, supervisors=20,
)  # fmt: skip


def nothing(**more: float) -> Parameters:
    """Coefficients under which a town has no work at all."""
    zero = ["individual_h", "duty_posts", "drills_town", "patrol_visits_per_1000", "travel_fixed_h",
            "hazards_per_visit", "enforcement_share", "publicity_h_per_1000", "floor_established", "floor_contract",
            "floor_licensed", "allowance_meetings", "allowance_admin", "allowance_response"]  # fmt: skip
    return P.override({**dict.fromkeys(zero, 0.0), **more})


def test_a_hundred_thousand_visits_of_a_quarter_hour_are_the_posts_of_the_design_page() -> None:
    """25,000 h = 3,125 days; AWT = 234 − 10 − 30 − 15 = 179 days → 17.458; with an allowance of 10/179 → 18.491."""
    coefficients = {
        "working_days": 234 - 10, "annual_leave_days": 30, "sick_days": 15, "other_days": 0, "coverage_enterprise": 1,
        "risk_weight_low": 1, "complexity_low": 1, "risk_weight_medium": 1, "officers_per_visit": 1,
        "on_site_h_enterprise": 0.25, "paperwork_h_enterprise": 0,
    }  # fmt: skip
    town = Town("1", "A", enterprises=(100_000, 0, 0))
    plain = size(town, nothing(**coefficients))
    assert sum(plain.hours.values()) == 25_000
    assert plain.available_h == 179 * 8
    assert plain.basic == pytest.approx(17.458, abs=5e-4)
    assert plain.posts == 18
    allowed = size(town, nothing(**coefficients, allowance_meetings=10 / 179))
    assert allowed.required == pytest.approx(18.491, abs=5e-4)
    assert allowed.posts == 19


@pytest.mark.parametrize(("year", "days"), [(2021, 250), (2024, 251), (2025, 248)])
def test_announced_years_have_the_working_days_of_the_notices(year: int, days: int) -> None:
    found = working_days(year)
    assert (found.days, found.assumed) == (days, False)
    assert found.public_holidays == found.weekdays - days


def test_years_not_announced_are_reckoned_and_marked() -> None:
    year = announced_years().stop
    found = working_days(year)
    assert found.assumed
    assert found.days == found.weekdays - 13
    assert parameters(year).year_assumed
    assert parameters(year).coefficients["working_days"].basis == "assumed"
    assert parameters(2025).coefficients["working_days"].basis == "calendar"


@pytest.mark.parametrize("year", [1990, 2101])
def test_years_out_of_reach_are_refused(year: int) -> None:
    with pytest.raises(BadInput):
        working_days(year)


def test_a_town_with_nothing_gets_the_floor() -> None:
    found = size(Town("1", "空镇"), P)
    assert found.posts == 10
    assert found.by_floor


def test_the_year_s_visits_are_thirty_and_fifteen_per_cent() -> None:
    found = size(Town("1", "A", enterprises=(14_000, 4_400, 1_600), venues=(17_500, 5_500, 2_000)), P)
    assert found.visits == pytest.approx(0.30 * 20_000 + 0.15 * 25_000)


def test_the_parts_add_up_to_the_posts() -> None:
    for town in (TOWN, Town("2", "空镇")):
        found = size(town, P)
        assert set(found.parts) == set(PARTS)
        assert math.fsum(found.parts.values()) == pytest.approx(found.posts)
        assert math.fsum(found.share(part) for part in PARTS) == pytest.approx(1)


def test_wisn_difference_and_ratio_are_of_actual_against_required() -> None:
    found = size(TOWN, P)
    assert found.staff == 17
    assert found.difference == 17 - found.posts
    assert found.ratio == pytest.approx(17 / found.posts)
    unstated = size(replace(TOWN, contract=None), P)
    assert (unstated.staff, unstated.difference, unstated.ratio) == (None, None, None)


def test_four_and_nine_fails_although_it_is_thirteen() -> None:
    found = size(replace(TOWN, established=4, contract=9), P).findings
    assert [each.code for each in found] == ["FloorEstablished"]
    assert found[0].facts == {"actual": 4, "limit": 5, "gap": 1}


def test_every_floor_has_a_finding_of_its_own() -> None:
    bare = replace(TOWN, established=4, contract=4, licensed=3, vehicles=1, team=24, supervisors=19)
    codes = ["FloorEstablished", "FloorContract", "FloorLicensed", "FloorVehicles", "FloorTeam", "FloorSupervisors"]
    assert [each.code for each in size(bare, P).findings] == codes
    assert [each.code for each in size(replace(TOWN, vehicles=5), P).findings] == ["MostVehicles"]
    assert size(TOWN, P).findings == ()


def test_travel_over_the_roads_takes_the_place_of_the_area() -> None:
    by_area, by_road = size(TOWN, P), size(replace(TOWN, travel_h=1.5), P)
    assert by_road.hours["enterprises"] > by_area.hours["enterprises"]
    assert by_road.hours["patrol"] == by_area.hours["patrol"]


def test_one_town_and_many_come_to_the_same() -> None:
    towns = [TOWN, Town("2", "空镇"), replace(TOWN, code="3", population=200_000)]
    together = size_towns(Towns.of(towns), P)
    assert together.results() == [size(town, P) for town in towns]


def test_counts_that_cannot_be_are_refused_all_at_once() -> None:
    with pytest.raises(BadInput) as refusal:
        Towns.of([replace(TOWN, population=-1, venues=(1, -2, 3)), replace(TOWN, area_km2=math.inf)])
    assert len(refusal.value.faults) == 3
    with pytest.raises(BadInput, match="BadCount"):
        Towns.of([replace(TOWN, population=10**20)])  # its posts would not fit into 64 bits


def test_bad_coefficients_are_refused_all_at_once() -> None:
    with pytest.raises(BadInput) as refusal:
        P.override({"nonsense": 1, "coverage_venue": -1, "case_h": math.nan})
    assert [each.code for each in refusal.value.faults] == [
        "UnknownCoefficient", "CoefficientOutOfBounds", "CoefficientOutOfBounds",
    ]  # fmt: skip
    with pytest.raises(BadInput, match="RiskOutOfOrder"):
        P.override({"risk_weight_high": 1.1})
    with pytest.raises(BadInput, match="NoDaysLeft"):
        P.override({"working_days": 20})


def test_a_range_moves_with_its_value_unless_stated() -> None:
    moved = P.override({"case_h": 32}).coefficients["case_h"]
    assert (moved.low, moved.high, moved.basis) == (20, 60, "stated")
    stated = P.override({"case_h": 32}, ranges={"case_h": (30, None)}, sources={"case_h": "会议纪要"})
    assert stated.coefficients["case_h"].low == 30
    assert stated.coefficients["case_h"].source == ("会议纪要", "会议纪要")


def test_every_coefficient_has_unit_source_and_a_range_round_its_value() -> None:
    for each in parameters(2030):
        assert each.unit
        assert all(each.source)
        assert all(each.meaning)
        assert each.least <= each.low <= each.value <= each.high <= each.most, each.name
        assert each.basis in ("fact", "derived", "assumed", "calendar")


counts = st.integers(0, 50_000)
towns = st.builds(
    Town, code=st.just("1"), name=st.just("A"), population=counts, area_km2=st.floats(0, 2000),
    enterprises=st.tuples(counts, counts, counts), venues=st.tuples(counts, counts, counts), hazard_points=counts,
    villages=st.none() | counts, travel_h=st.none() | st.floats(0, 5), store_task_h=st.floats(0, 5000),
    difficulty=st.floats(0.5, 3),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(towns, st.data())
def test_no_headcount_falls_when_a_count_rises(town: Town, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["population", "area_km2", "enterprises", "venues", "hazard_points", "villages",
                                      "travel_h", "store_task_h", "difficulty"]))  # fmt: skip
    old = getattr(town, name)
    if old is None:
        return
    more = data.draw(st.floats(0, 10_000)) if name != "travel_h" else data.draw(st.floats(0, 10))
    if isinstance(old, tuple):
        level = data.draw(st.integers(0, 2))
        raised = tuple(value + more * (at == level) for at, value in enumerate(old))
    else:
        raised = old + more
    assert size(replace(town, **{name: raised}), P).posts >= size(town, P).posts


@settings(max_examples=60, deadline=None)
@given(towns, st.integers(0, 1), st.integers(0, 1), st.data())
def test_no_headcount_falls_when_a_unit_becomes_riskier(town: Town, kind: int, level: int, data: st.DataObject) -> None:
    name = ("enterprises", "venues")[kind]
    old = list(getattr(town, name))
    moved = data.draw(st.integers(0, old[level]))
    old[level] -= moved
    old[level + 1] += moved
    assert size(replace(town, **{name: tuple(old)}), P).posts >= size(town, P).posts


@settings(max_examples=150, deadline=None)
@given(towns, st.sampled_from([name for name, each in table().items() if each.effect]), st.floats(0, 1))
def test_no_headcount_falls_when_a_rate_rises_or_time_gets_scarcer(town: Town, name: str, far: float) -> None:
    each = P.coefficients[name]
    limit = each.most if each.effect > 0 else each.least
    value = each.value + far * (limit - each.value)
    if name in ("working_days", "annual_leave_days", "sick_days", "other_days"):
        value = min(max(value, 60), 60 + each.value) if name == "working_days" else min(value, each.value + 40)
    changed = {name: value}
    if name.startswith(("risk_weight", "complexity")):  # the higher levels go along
        stem = name.rpartition("_")[0]
        levels = [f"{stem}_{level}" for level in ("low", "medium", "high")]
        changed = {one: max(P[one], value) for one in levels[levels.index(name) :]}
    assert size(town, P.override(changed)).posts >= size(town, P).posts


def test_the_arrays_agree_with_a_loop_written_out(staff_loop) -> None:
    rng = np.random.default_rng(1)
    several = [
        replace(TOWN, population=int(rng.integers(0, 200_000)), area_km2=float(rng.uniform(1, 300)),
                enterprises=tuple(rng.integers(0, 3000, 3).tolist()), venues=tuple(rng.integers(0, 4000, 3).tolist()))
        for _ in range(50)
    ]  # fmt: skip
    assert size_towns(Towns.of(several), P).posts.tolist() == [staff_loop(town, P.values) for town in several]


def test_the_derived_rates_are_those_of_the_city_s_half_year() -> None:
    staff, visits, enforced, hazards, listed, cases, days = 2093, 1_069_000, 27_000, 509_000, 8_900, 3_600, 110
    assert round(staff / 101, 1) == 20.7
    assert round(visits / (staff * days), 1) == 4.6
    assert round(staff * days * 8 / visits, 2) == 1.72
    assert P["hazards_per_visit"] == pytest.approx(hazards / visits, rel=1e-3)
    assert P["enforcement_share"] == pytest.approx(enforced / visits, rel=1e-3)
    assert P["cases_per_enforcement"] == pytest.approx(cases / enforced, rel=1e-3)
    assert P["listed_share"] == pytest.approx(listed / hazards, rel=1e-2)
    inspections = (0.30 * 20_000 + 0.15 * 25_000) * 9_500 / 762  # as many to a resident as in the district
    assert P["patrol_visits_per_1000"] == pytest.approx((visits * 251 / days - inspections) / 9_500, rel=1e-2)
    rates = ("hazards_per_visit", "enforcement_share", "cases_per_enforcement", "listed_share")
    assert {P.coefficients[name].basis for name in rates} == {"derived"}
