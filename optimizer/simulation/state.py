"""What a policy may see at an instant: reports, where teams are, what stores hold; never the future and never how
long a service will really take.

A team in motion follows a leg: `head_s` seconds to the node `via` (its turnout, or the way back to where it turned),
then on to the node `to`, `total_s` in all. Sent elsewhere it goes back to `via` or on through `to`, whichever is
faster: both ways exist on any road network (an upper bound of the true shortest way).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.problem import DEFAULT_TIERS, Tier
from optimizer.simulation.ground import Ground
from optimizer.simulation.stream import Stream
from optimizer.units import UNREACHABLE, BoolArray, IntArray

BASE = -1
NOBODY = -1
OVERDUE = 10  # a service that takes longer than expected is expected to take a tenth of that more (assumed)


@dataclass(frozen=True)
class Rules:
    """What holds for every policy. The last three times are assumed."""

    tiers: tuple[Tier, ...] = DEFAULT_TIERS
    redispatch: tuple[tuple[int, tuple[int, ...]], ...] = ((1, (4, 5)), (2, (4, 5)), (3, (5,)))  # as in Parameters
    due_penalty_s: int = 600  # as in Parameters: of an arrival after its due time, times severity (T8)
    replenish_s: int = 12 * 3600  # stores are filled again at every multiple of it, 0: never
    supply_limit_s: int = 2 * 3600  # goods that arrive later after the report count as unmet
    empty_store_s: int = 1200  # until a caller learns that a shelf is empty


@dataclass(frozen=True)
class Calls:
    """What is known of each call when it is reported, u calls; `deadline_s` and `due_s` are instants here."""

    place: IntArray
    severity: IntArray
    capability: IntArray
    reported_s: IntArray
    expected_s: IntArray
    due_s: IntArray
    deadline_s: IntArray
    servable: BoolArray  # some team with the capability has a way there in time


def known_calls(ground: Ground, stream: Stream) -> Calls:
    incidents, owner = stream.incidents, stream.incidents.call_incident
    reported = stream.reported_s[owner]
    return Calls(
        place=incidents.place[owner],
        severity=incidents.severity[owner],
        capability=incidents.capability,
        reported_s=reported,
        expected_s=incidents.expected_s,
        due_s=np.minimum(UNREACHABLE, reported + incidents.due_s),
        deadline_s=np.minimum(UNREACHABLE, reported + incidents.latest_s),
        servable=ground.servable(incidents),
    )


@dataclass
class Teams:
    """Where the m teams are and what they do; kept by the replay, read by the policies."""

    via: IntArray  # node: a place, or BASE
    to: IntArray
    start_s: IntArray
    head_s: IntArray
    total_s: IntArray
    call: IntArray  # the call it is on its way to or serves, NOBODY: free
    on_scene: BoolArray
    release_s: IntArray  # of a team with a call: when it is expected to be free

    @classmethod
    def at_base(cls, turnout_s: IntArray) -> "Teams":
        m = len(turnout_s)
        base = np.full(m, BASE, np.int64)
        zeros = [np.zeros(m, np.int64) for _ in range(2)]
        return cls(
            base,
            base.copy(),
            zeros[0],
            turnout_s.copy(),
            turnout_s.copy(),
            np.full(m, NOBODY),
            np.zeros(m, bool),
            zeros[1],
        )

    def refresh(self, now_s: int, turnout_s: IntArray) -> None:
        """Those that have come home stand in their base again, and the clock of those there stands still."""
        home = (self.call == NOBODY) & (self.to == BASE) & (now_s - self.start_s >= self.total_s)
        home |= (self.call == NOBODY) & (self.to == BASE) & (self.via == BASE)
        self.via[home] = BASE
        self.start_s[home] = now_s
        self.head_s[home] = self.total_s[home] = turnout_s[home]


@dataclass(frozen=True)
class State:
    now_s: int
    ground: Ground
    calls: Calls
    teams: Teams
    rules: Rules
    waiting: Sequence[int]  # calls that nobody is on the way to, in order of report
    tried: Mapping[int, set[int]]  # call -> teams that came and lacked the capability

    @property
    def free(self) -> BoolArray:
        found: BoolArray = self.teams.call == NOBODY
        return found

    def reach_s(self, teams: IntArray, places: IntArray) -> IntArray:
        """(teams, places) seconds from now until each team, free or on its way, could be there."""
        at, travel = self.teams, self.ground.travel
        gone = self.now_s - at.start_s[teams]
        back = np.abs(at.head_s[teams] - gone)[:, None] + travel(teams, at.via[teams], places)
        on = np.maximum(0, at.total_s[teams] - gone)[:, None] + travel(teams, at.to[teams], places)
        found: IntArray = np.minimum(np.minimum(back, on), UNREACHABLE)
        return found
