"""The ground of a simulation: places, teams and stores as arrays, and a seeded plane like benchmark class B.

All times are whole seconds (int64), `UNREACHABLE` where there is no way. m teams, c capabilities, p places,
g travel groups, s stores, i items.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.simulation.stream import Incidents
from optimizer.units import UNREACHABLE, BoolArray, FloatArray, IntArray

CAPABILITIES = ("firefighting", "medical", "road_clearing", "search_rescue", "water_rescue")
SPEEDS = (0.8, 0.9, 1.0, 1.1, 1.2)  # of teams, as in class B (there continuous)
SIDE_MIN = 30  # the plane is 30 x 30 minutes
DUE_S = (3600, 1800, 900, 600, 600)  # by severity 1..5; assumed
ITEMS = ("tent", "blanket", "pump")


@dataclass(frozen=True)
class Ground:
    """Where everything stands. The way home takes as long as the way out (assumed).

    holds      (m, c)     bool, the team has the capability
    turnout_s  (m,)       paid when a team leaves its base; a team in the field is ready (assumed)
    base_s     (m, p)     travel from the base to a place
    group      (m,)       which matrix of `between_s` a team uses
    between_s  (g, p, p)  travel between places, diagonal 0
    store_s    (s, p)     travel from a store, loading included
    stock      (s, i)     units at the start, and again at every replenishment
    """

    teams: tuple[str, ...]
    capabilities: tuple[str, ...]
    holds: BoolArray
    turnout_s: IntArray
    base_s: IntArray
    group: IntArray
    between_s: IntArray
    stores: tuple[str, ...]
    items: tuple[str, ...]
    store_s: IntArray
    stock: IntArray

    def __post_init__(self) -> None:
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    def travel(self, teams: IntArray, nodes: IntArray, places: IntArray) -> IntArray:
        """(len(teams), len(places)) travel of each team from its node (a place, -1: its base)."""
        away = self.between_s[self.group[teams][:, None], np.maximum(nodes, 0)[:, None], places[None]]
        found: IntArray = np.where(nodes[:, None] < 0, self.base_s[teams[:, None], places[None]], away)
        return found

    @cached_property
    def stores_near(self) -> IntArray:
        """(p, s) stores of a place, the nearest first, ties by number."""
        near: IntArray = np.argsort(self.store_s, axis=0, kind="stable").T.copy()
        return near

    def servable(self, incidents: Incidents) -> BoolArray:
        """(calls,) whether any team with the capability has a way there, within the call's deadline."""
        place = incidents.place[incidents.call_incident]
        way = self.base_s[:, place] + self.turnout_s[:, None]
        there = (way < UNREACHABLE) & (way <= incidents.latest_s[None])
        able: BoolArray = np.any(there & self.holds[:, incidents.capability], axis=0)
        return able


def plane(
    *, seed: int, teams: int = 24, places: int = 300, stores: int = 12, shelf: int = 30
) -> tuple[Ground, Incidents]:
    """A ground like class B of the benchmark (../shared/tools/assignment_instances.py): places and bases uniform on a
    plane of 30 x 30 minutes, teams with 1-3 of 5 capabilities and speeds 0.8-1.2, one call per incident that
    wants one capability, expected service N(20, 10) minutes; and the incidents that may happen there, one a place.

    Assumed beyond class B: turnout 60-120 s, due times by severity, half of the incidents want 1-10 units of one of
    three items, `shelf` units of each in every store, 10 minutes of loading.
    """
    rng = np.random.default_rng([seed, 0])
    c = len(CAPABILITIES)
    holds = np.zeros((teams, c), bool)
    for team in range(teams):
        holds[team, rng.choice(c, rng.integers(1, 4), replace=False)] = True
    for capability in range(c):
        if not holds[:, capability].any():
            holds[rng.integers(teams), capability] = True
    site, base, depot = (rng.uniform(0, SIDE_MIN, (count, 2)) for count in (places, teams, stores))
    group = rng.integers(0, len(SPEEDS), teams)
    speed = np.array(SPEEDS)

    def minutes(a: FloatArray, b: FloatArray) -> FloatArray:
        apart: FloatArray = np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
        return apart

    ground = Ground(
        teams=tuple(f"T{k + 1:03d}" for k in range(teams)),
        capabilities=CAPABILITIES,
        holds=holds,
        turnout_s=rng.integers(6, 13, teams) * 10,
        base_s=np.rint(60 * minutes(base, site) / speed[group][:, None]).astype(np.int64),
        group=group,
        between_s=np.rint(60 * minutes(site, site)[None] / speed[:, None, None]).astype(np.int64),
        stores=tuple(f"S{k + 1:02d}" for k in range(stores)),
        items=ITEMS,
        store_s=np.rint(60 * minutes(depot, site)).astype(np.int64) + 600,
        stock=np.full((stores, len(ITEMS)), shelf, np.int64),
    )
    severity = rng.integers(1, 6, places)
    wants = np.flatnonzero(rng.random(places) < 0.5)
    incidents = Incidents(
        place=np.arange(places),
        severity=severity,
        call_incident=np.arange(places),
        capability=rng.integers(0, c, places),
        expected_s=np.maximum(60, np.rint(60 * rng.normal(20, 10, places))).astype(np.int64),
        due_s=np.array(DUE_S)[severity - 1],
        latest_s=np.full(places, UNREACHABLE),
        need_incident=wants,
        item=rng.integers(0, len(ITEMS), len(wants)),
        quantity=rng.integers(1, 11, len(wants)),
    )
    return ground, incidents
