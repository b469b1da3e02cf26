"""Small grids: how many a village needs, their numbers, who lacks a manager, and who patrols with whom.

    (1) k = ceil( max(population / 1000, households / 300) )     grids of a village, in integers
    (2) 3 <= k <= 6                                              what is usual; a village outside is named, not bent
    (3) number = 12-digit division code + running number of two digits; 00 where the village is one grid
    (4) a patrol pair is one safety officer and one fire patroller

(1), (2), (4): practice of the city behind the design pages. (3): digits 7 to 20 of CJ/T 349-2010 (rules 5.4 to 5.7)
without the six for the kind of object, from west to east and north to south.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from optimizer.errors import BadInput, Fault

PEOPLE, HOUSEHOLDS = 1_000, 300  # of one grid
LEAST, MOST = 3, 6  # grids of a village
MOST_NUMBERED = 99
MOST_PEOPLE = 10**9

Usual = Literal["", "below", "above"]


@dataclass(frozen=True)
class Village:
    code: str  # 12 digits
    population: int
    households: int


@dataclass(frozen=True)
class VillageGrids:
    """`by`: which of the two counts asks for so many. `usual`: "" or on which side of (2) the village lies."""

    code: str
    numbers: tuple[str, ...]
    by: Literal["population", "households"]
    usual: Usual

    @property
    def grids(self) -> int:
        return len(self.numbers)


def size_grids(
    villages: Iterable[Village], *, people: int = PEOPLE, households: int = HOUSEHOLDS, least: int = LEAST,
    most: int = MOST,
) -> tuple[VillageGrids, ...]:  # fmt: skip
    """The grids of each village (1) with their numbers (3); a village has at least one.

    Raises BadInput with every fault: codes that are no village or stand twice, counts below 0, over 99 grids.
    """
    listed = tuple(villages)
    faults = [
        Fault(name, "GridNorm", {"name": name, "value": value})
        for name, value in (("people", people), ("households", households), ("least", least), ("most", most))
        if value < 1
    ]
    if faults:
        raise BadInput("grids", faults)
    found: list[VillageGrids] = []
    seen: set[str] = set()
    for village in listed:
        code = village.code
        if len(code) != 12 or not (code.isascii() and code.isdigit()) or code.endswith("000"):
            faults.append(Fault(code, "GridVillageCode", {"village": code}))
        elif code in seen:
            faults.append(Fault(code, "GridVillageTwice", {"village": code}))
        seen.add(code)
        if not (0 <= village.population <= MOST_PEOPLE and 0 <= village.households <= MOST_PEOPLE):
            facts = {"village": code, "population": village.population, "households": village.households}
            faults.append(Fault(code, "GridCounts", facts))
            continue
        by_people, by_households = -(-village.population // people), -(-village.households // households)
        count = max(1, by_people, by_households)
        if count > MOST_NUMBERED:
            faults.append(Fault(code, "GridTooMany", {"village": code, "grids": count, "most": MOST_NUMBERED}))
            continue
        numbers = ("00",) if count == 1 else tuple(f"{number:02d}" for number in range(1, count + 1))
        usual: Usual = "below" if count < least else "above" if count > most else ""
        by: Literal["population", "households"] = "population" if by_people >= by_households else "households"
        found.append(VillageGrids(code, tuple(f"{code}{number}" for number in numbers), by, usual))
    if faults:
        raise BadInput("grids", faults)
    return tuple(found)


@dataclass(frozen=True)
class GridUnit:
    """A town (or the whole county, where only its totals are known): managers serve the grids of their own unit."""

    code: str
    grids: int
    managers: int


@dataclass(frozen=True)
class ManagerGap:
    """`without_own`: grids more than managers. `spare`: managers more than grids. If managers share the grids of the
    unit as evenly as can be, `busiest` of them hold `most_each` grids, the others one fewer; `unserved` grids have
    nobody in the unit even so."""

    code: str
    grids: int
    managers: int
    without_own: int
    spare: int
    most_each: int
    busiest: int
    unserved: int


def manager_gap(units: Iterable[GridUnit]) -> tuple[ManagerGap, ...]:
    """The gap of each unit, in the order given. Raises BadInput for counts below 0 and codes that stand twice."""
    found: list[ManagerGap] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    for unit in units:
        if unit.code in seen:
            faults.append(Fault(unit.code, "GridUnitTwice", {"unit": unit.code}))
        seen.add(unit.code)
        if unit.grids < 0 or unit.managers < 0:
            facts = {"unit": unit.code, "grids": unit.grids, "managers": unit.managers}
            faults.append(Fault(unit.code, "GridUnitCounts", facts))
            continue
        grids, managers = unit.grids, unit.managers
        most = -(-grids // managers) if managers else 0
        busiest = grids - managers * (most - 1) if most else 0
        found.append(
            ManagerGap(
                unit.code, grids, managers, max(0, grids - managers), max(0, managers - grids), most, busiest,
                0 if managers else grids,
            )
        )  # fmt: skip
    if faults:
        raise BadInput("grids", faults)
    return tuple(found)


def whole_gap(gaps: Sequence[ManagerGap], *, code: str = "") -> ManagerGap:
    """All units together. `without_own` and `spare` are sums: a spare manager of one town serves no other."""
    most = max((gap.most_each for gap in gaps), default=0)
    return ManagerGap(
        code,
        sum(gap.grids for gap in gaps),
        sum(gap.managers for gap in gaps),
        sum(gap.without_own for gap in gaps),
        sum(gap.spare for gap in gaps),
        most,
        sum(gap.busiest for gap in gaps if gap.most_each == most),
        sum(gap.unserved for gap in gaps),
    )


@dataclass(frozen=True)
class Pairs:
    """(safety officer, fire patroller) in the order given, and who is left over, by name, of which kind."""

    pairs: tuple[tuple[str, str], ...]
    left: tuple[str, ...]
    left_kind: Literal["", "officer", "patroller"]


def pair_up(officers: Sequence[str], patrollers: Sequence[str]) -> Pairs:
    """Pairs of one officer and one patroller (4). Raises BadInput where a name stands twice."""
    names = [*officers, *patrollers]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput("pairs", [Fault(name, "PairTwice", {"name": name}) for name in twice])
    count = min(len(officers), len(patrollers))
    left = (*officers[count:], *patrollers[count:])
    kind: Literal["", "officer", "patroller"] = "" if not left else "officer" if officers[count:] else "patroller"
    return Pairs(tuple(zip(officers[:count], patrollers[:count], strict=True)), left, kind)
