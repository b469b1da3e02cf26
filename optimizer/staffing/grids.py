"""Small grids: how many a village needs, their numbers, who lacks a manager, and who patrols with whom.

    (1) k = ceil( max(population / 1000, households / 300) )     grids of a village, in integers
    (2) 3 <= k <= 6                                              what is usual; a village outside is named, not bent
    (3) number = 12-digit division code + running number of two digits; 00 where the village is one grid
    (4) a patrol pair is one safety officer and one fire patroller
    (5) each grid has one manager of its town where the town has any: nobody holds two grids more than another of the
        town, and then as many grids as can be have a manager of their own village (exact, a flow)

(1), (2), (4): practice of the city behind the design pages. (3): digits 7 to 20 of CJ/T 349-2010 (rules 5.4 to 5.7)
without the six for the kind of object, from west to east and north to south.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from ortools.graph.python import min_cost_flow

from optimizer.errors import BadInput, Fault
from optimizer.units import IntArray

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


def assign_managers(
    grid_town: IntArray, grid_village: IntArray, manager_town: IntArray, manager_village: IntArray
) -> tuple[IntArray, IntArray]:
    """((grids,) manager of each grid, -1 where its town has none; (grids,) 1 where he has no other before it) by (5).

    Towns and villages are any numbers; manager_village -1: of the town at large. A manager's own grid is the first that
    he holds, in his village if he has one there; by number where nothing else tells them apart.
    """
    manager = np.full(len(grid_town), -1, np.int64)
    for town in np.unique(grid_town).tolist():
        grids, people = np.flatnonzero(grid_town == town), np.flatnonzero(manager_town == town)
        if len(people):
            manager[grids] = people[_shared(grid_village[grids], manager_village[people])]
    own = np.zeros(len(grid_town), np.int64)
    for one in np.unique(manager[manager >= 0]).tolist():
        held = np.flatnonzero(manager == one)
        own[held[np.argmax(grid_village[held] == manager_village[one])]] = 1
    return manager, own


def _shared(grid_village: IntArray, manager_village: IntArray) -> IntArray:
    """Manager of each grid of one town. From grids through managers to the sink; the k-th grid of a manager costs more
    than all grids in the wrong village together, times k."""
    grids, people = len(grid_village), len(manager_village)
    most = -(-grids // people)
    flow = min_cost_flow.SimpleMinCostFlow()
    tail, head = np.repeat(np.arange(grids), people), grids + np.tile(np.arange(people), grids)
    wrong = (grid_village[:, None] != manager_village).astype(np.int64).reshape(-1)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tail, head, np.ones(len(tail), np.int64), wrong)
    sink = grids + people
    kth = np.tile(np.arange(1, most + 1), people)
    held = np.repeat(grids + np.arange(people), most)
    ones = np.ones(len(held), np.int64)
    flow.add_arcs_with_capacity_and_unit_cost(held, np.full(len(held), sink), ones, (grids + 1) * kth)
    flow.set_nodes_supplies(np.arange(sink + 1), np.r_[np.ones(grids, np.int64), np.zeros(people, np.int64), -grids])
    assert flow.solve() == flow.OPTIMAL
    used = flow.flows(arcs) > 0
    found = np.zeros(grids, np.int64)
    found[tail[used]] = head[used] - grids
    return found


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
