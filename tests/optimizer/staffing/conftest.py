"""The sizing of one town written out in plain Python, without the product's code."""

import math
from collections.abc import Callable
from typing import Any

import pytest


def posts_of(town: Any, c: dict[str, float]) -> int:
    travel = town.travel_h
    if travel is None:
        travel = c["travel_fixed_h"] + 2 * 0.3826 * math.sqrt(town.area_km2) * c["detour"] / c["speed_kph"] / c[
            "visits_per_trip"]  # fmt: skip
    hours = visits = 0.0
    for name, units in (("enterprise", town.enterprises), ("venue", town.venues)):
        for count, level in zip(units, ("low", "medium", "high"), strict=True):
            made = count * c[f"coverage_{name}"] * c[f"risk_weight_{level}"]
            each = c["officers_per_visit"] * (c[f"on_site_h_{name}"] + travel + c[f"paperwork_h_{name}"])
            visits += made
            hours += made * each * c[f"complexity_{level}"]
    patrols = town.population / 1000 * c["patrol_visits_per_1000"]
    hazards = (visits + patrols) * c["hazards_per_visit"] * c["rectification_difficulty"] * town.difficulty
    hours += hazards * (c["recheck_share"] * c["recheck_h"] + c["listed_share"] * c["listed_h"])
    enforced = (visits + patrols) * c["enforcement_share"]
    hours += enforced * (c["enforcement_h"] + c["cases_per_enforcement"] * c["case_h"])
    hours += town.hazard_points * c["hazard_point_checks"] * c["hazard_point_h"]
    hours += patrols * c["officers_per_patrol"] * c["patrol_visit_h"]
    hours += c["duty_posts"] * c["duty_h_per_day"] * c["duty_days"]
    villages = town.population / c["people_per_village"] if town.villages is None else town.villages
    hours += c["drills_town"] * c["drill_town_h"] + villages * c["drills_village"] * c["drill_village_h"]
    hours += town.population / 1000 * c["publicity_h_per_1000"] + town.store_task_h
    each = (c["working_days"] - c["annual_leave_days"] - c["sick_days"] - c["other_days"]) * c["hours_per_day"]
    allowances = c["allowance_meetings"] + c["allowance_admin"] + c["allowance_response"]
    required = hours / each / (1 - allowances) + c["individual_h"] / each
    floor = max(c["floor_established"] + c["floor_contract"], c["floor_licensed"])
    return math.ceil(max(required, floor) - 1e-9)


@pytest.fixture
def staff_loop() -> Callable[[Any, dict[str, float]], int]:
    return posts_of
