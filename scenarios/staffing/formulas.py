"""The sizing model as spreadsheet formulas: what `optimizer.staffing.workload` computes, for a reader to follow.

Coefficients are defined names, so that a formula reads as the model does; `T.x` is the input x of the town in the same
row, `C.x` a cell of the sheet of components, `R.x` one of the sheet of results.
"""

import re
from collections.abc import Mapping
from typing import Final

from inventory.files.headers import column_letter
from optimizer.staffing.parameters import ALLOWANCES, CLASSES, LEVELS
from optimizer.staffing.workload import COMPONENTS, EPSILON, SQUARE_MEAN

INPUTS: Final = (
    "code", "name", "district", "population", "households", "area_km2",
    *(f"enterprises_{level}" for level in LEVELS), *(f"venues_{level}" for level in LEVELS),
    "hazard_points", "established", "contract", "licensed", "vehicles", "villages", "travel_h", "store_task_h",
    "difficulty", "team", "supervisors",
)  # fmt: skip

DERIVED: Final[Mapping[str, str]] = {
    "wisn_awt": "MAX(working_days-annual_leave_days-sick_days-other_days,1)*hours_per_day",
    "wisn_caf": f"1/(1-{'-'.join(ALLOWANCES)})",
    "wisn_iaf": "individual_h/wisn_awt",
    "floor_posts": "MAX(floor_established+floor_contract,floor_licensed)",
}
"""Names that follow from the coefficients, on the same sheet."""


def _visits(name: str, plural: str) -> str:
    levels = "+".join(f"T.{plural}_{level}*risk_weight_{level}" for level in LEVELS)
    return f"coverage_{name}*({levels})"


def _visit_hours(name: str, plural: str) -> str:
    levels = "+".join(f"T.{plural}_{level}*risk_weight_{level}*complexity_{level}" for level in LEVELS)
    return f"coverage_{name}*({levels})*officers_per_visit*(on_site_h_{name}+C.travel_h+paperwork_h_{name})"


_PLURAL: Final = dict(zip(CLASSES, ("enterprises", "venues"), strict=True))
_ALL: Final = "(C.visits_enterprises+C.visits_venues+C.patrol_visits)"
_HAZARDS: Final = f"{_ALL}*hazards_per_visit*rectification_difficulty*T.difficulty"

BASES: Final[Mapping[str, str]] = {
    "travel_h": f'IF(T.travel_h="",travel_fixed_h+2*{SQUARE_MEAN}*SQRT(T.area_km2)*detour/speed_kph/visits_per_trip,'
    "T.travel_h)",
    "villages": 'IF(T.villages="",T.population/people_per_village,T.villages)',
    **{f"visits_{plural}": _visits(name, plural) for name, plural in _PLURAL.items()},
    "patrol_visits": "T.population/1000*patrol_visits_per_1000",
}
HOURS: Final[Mapping[str, str]] = {
    **{plural: _visit_hours(name, plural) for name, plural in _PLURAL.items()},
    "rechecks": f"{_HAZARDS}*recheck_share*recheck_h",
    "listed": f"{_HAZARDS}*listed_share*listed_h",
    "enforcement": f"{_ALL}*enforcement_share*enforcement_h",
    "cases": f"{_ALL}*enforcement_share*cases_per_enforcement*case_h",
    "hazard_points": "T.hazard_points*hazard_point_checks*hazard_point_h",
    "patrol": "C.patrol_visits*officers_per_patrol*patrol_visit_h",
    "duty": "duty_posts*duty_h_per_day*duty_days",
    "training": "drills_town*drill_town_h+C.villages*drills_village*drill_village_h",
    "publicity": "T.population/1000*publicity_h_per_1000",
    "five_fixed": "T.store_task_h",
}
COMPONENT_COLUMNS: Final[Mapping[str, str]] = {
    **BASES,
    **{f"hours_{name}": HOURS[name] for name in COMPONENTS},
    "hours": "+".join(f"C.hours_{name}" for name in COMPONENTS),
}
RESULT_COLUMNS: Final[Mapping[str, str]] = {
    "hours": "C.hours",
    "basic": "R.hours/wisn_awt",
    "required": "R.basic*wisn_caf+wisn_iaf",
    "floor": "floor_posts",
    "posts": f"ROUNDUP(MAX(R.required,R.floor)-{EPSILON:.9f},0)",
    "staff": 'IF(OR(T.established="",T.contract=""),"",T.established+T.contract)',
    "difference": 'IF(R.staff="","",R.staff-R.posts)',
    "ratio": 'IF(OR(R.staff="",R.posts=0),"",R.staff/R.posts)',
    **{f"posts_{name}": f"C.hours_{name}/wisn_awt*wisn_caf" for name in COMPONENTS},
    "posts_individual": "wisn_iaf",
    "posts_floor": "MAX(R.floor-R.required,0)",
    "posts_rounding": "R.posts-MAX(R.required,R.floor)",
    **{
        f"share_{name}": f"IF(R.posts=0,0,R.posts_{name}/R.posts)"
        for name in (*COMPONENTS, "individual", "floor", "rounding")
    },
}
LEAD: Final = ("code", "name", "district")  # columns in front on each sheet, by value
_CELL: Final = re.compile(r"\b([TCR])\.([a-z_0-9]+)")


class Writer:
    """Formulas of a row: `titles` are the sheets' titles of T, C and R."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        places = {
            "T": INPUTS,
            "C": (*LEAD, *COMPONENT_COLUMNS),
            "R": (*LEAD, *RESULT_COLUMNS),
        }
        self._columns = {
            (sheet, name): (titles[sheet], column_letter(index + 1))
            for sheet, names in places.items()
            for index, name in enumerate(names)
        }

    def template(self, formula: str, *, on: str) -> list[str]:
        """The formula cut at row numbers: `str(row).join(...)` is the formula of a row."""

        def cell(found: re.Match[str]) -> str:
            title, letter = self._columns[found[1], found[2]]
            return f"{letter}\0" if found[1] == on else f"'{title}'!{letter}\0"

        return ("=" + _CELL.sub(cell, formula)).split("\0")
