"""Floors: what a station must have whatever its work. Each is a rule with a source and a message of its own.

Two of them are numbers of posts (5 established and 5 contract: both, so that 4 + 9 fails although it is 13; and 4
licensed officers, who are among the posts). Vehicles, the town team and the supervisors are no posts of the station
and are judged against what the town states.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from optimizer.staffing.parameters import Parameters, Values
from optimizer.staffing.towns import Towns
from optimizer.units import FloatArray


@dataclass(frozen=True, slots=True)
class Rule:
    """One floor: at least (or at most) the coefficient, of what the town has."""

    code: str  # also the key of its words
    coefficient: str
    sense: Literal["least", "most"]
    actual: Callable[[Towns], FloatArray]


RULES: Final = (
    Rule("FloorEstablished", "floor_established", "least", lambda towns: towns.established),
    Rule("FloorContract", "floor_contract", "least", lambda towns: towns.contract),
    Rule("FloorLicensed", "floor_licensed", "least", lambda towns: towns.licensed),
    Rule("FloorVehicles", "floor_vehicles", "least", lambda towns: towns.vehicles),
    Rule("MostVehicles", "most_vehicles", "most", lambda towns: towns.vehicles),
    Rule("FloorTeam", "floor_team", "least", lambda towns: towns.team),
    Rule("FloorSupervisors", "floor_supervisors", "least", lambda towns: towns.supervisors),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A floor that is not kept. Words: the key `code` with the facts; source: that of the coefficient."""

    code: str
    coefficient: str
    actual: int
    limit: int

    @property
    def gap(self) -> int:
        """People or vehicles missing, or too many."""
        return abs(self.limit - self.actual)

    @property
    def facts(self) -> dict[str, int]:
        return {"actual": self.actual, "limit": self.limit, "gap": self.gap}


def floor_posts(values: Values) -> "float | FloatArray":
    """The least posts of a station: 5 + 5, and no fewer than its licensed officers."""
    return np.maximum(values["floor_established"] + values["floor_contract"], values["floor_licensed"])


def judge_floors(towns: Towns, parameters: Parameters) -> tuple[tuple[Finding, ...], ...]:
    """Of each town the floors it does not keep; what a town does not state is not judged."""
    found: list[list[Finding]] = [[] for _ in range(len(towns))]
    for rule in RULES:
        limit = parameters[rule.coefficient]
        actual = rule.actual(towns)
        broken = actual < limit if rule.sense == "least" else actual > limit  # False for NaN
        for index in np.flatnonzero(broken).tolist():
            found[index].append(Finding(rule.code, rule.coefficient, int(actual[index]), int(np.ceil(limit))))
    return tuple(map(tuple, found))
