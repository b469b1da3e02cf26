"""Dispatch policies: small pure functions from a state to orders (team, call).

Calls wait in one queue, the most severe first, then by report, then by number; a call that finds nobody idle is taken
by the first team to become free (which is never worse than promising it to one team beforehand).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.simulation import supplies
from optimizer.simulation.replan import replan
from optimizer.simulation.state import NOBODY, State
from optimizer.units import UNREACHABLE, BoolArray

Orders = Sequence[tuple[int, int]]


def queue(state: State) -> list[int]:
    calls = state.calls
    return sorted(state.waiting, key=lambda j: (-int(calls.severity[j]), int(calls.reported_s[j]), j))


def nearest_first(state: State) -> Orders:
    """The nearest idle team, whatever it can do. One that lacks the capability says so when it arrives, and the next
    nearest is called (assumed: what happens by phone when nobody keeps a list of capabilities)."""
    free = state.free
    orders = []
    for call in queue(state):
        if not free.any():
            break
        able = free.copy()
        able[list(state.tried.get(call, ()))] = False
        team = _nearest(state, able, call)
        if team != NOBODY:
            free[team] = False
            orders.append((team, call))
    return orders


def nearest_capable(state: State) -> Orders:
    """The nearest idle team that has the capability and is not too late: practice, as in `dispatch.practice`."""
    free = state.free
    orders = []
    for call in queue(state):
        if not free.any():
            break
        team = _nearest(state, free & state.ground.holds[:, state.calls.capability[call]], call, in_time=True)
        if team != NOBODY:
            free[team] = False
            orders.append((team, call))
    return orders


def _nearest(state: State, among: BoolArray, call: int, *, in_time: bool = False) -> int:
    """Ties by number; NOBODY where no team of `among` gets there."""
    teams = np.flatnonzero(among)
    if not len(teams):
        return NOBODY
    reach = state.reach_s(teams, state.calls.place[call : call + 1])[:, 0]
    first = int(reach.argmin())
    limit = int(state.calls.deadline_s[call]) - state.now_s if in_time else UNREACHABLE
    return int(teams[first]) if reach[first] < UNREACHABLE and reach[first] <= limit else NOBODY


@dataclass(frozen=True)
class Policy:
    """`teams` decides who goes, `goods` what is shipped from where."""

    name: str
    teams: Callable[[State], Orders]
    goods: Callable[[supplies.Shelves], Sequence[supplies.Dispatch]]


NEAREST_FIRST = Policy("nearest_first", nearest_first, supplies.nearest_store)
NEAREST_CAPABLE = Policy("nearest_capable", nearest_capable, supplies.nearest_stock)
REPLANNING = Policy("replanning", replan, supplies.by_weight)
POLICIES = (NEAREST_FIRST, NEAREST_CAPABLE, REPLANNING)
