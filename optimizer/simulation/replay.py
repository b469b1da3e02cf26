"""The replay: a heap of events, one policy, one stream; no random numbers of its own, so every policy meets the same
incidents and the same service times (common random numbers).

Events of one instant are all done before the policy is asked. A team that has finished, or came in vain, drives home
and may be called on the way. Incidents end at the end of the stream; the replay goes on until nothing waits.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from optimizer.errors import OptimizerError
from optimizer.simulation.ground import Ground
from optimizer.simulation.policies import Policy
from optimizer.simulation.state import BASE, NOBODY, OVERDUE, Calls, Rules, State, Teams, known_calls
from optimizer.simulation.stream import Stream
from optimizer.simulation.supplying import Shipment, Supplying
from optimizer.units import UNREACHABLE, IntArray


class PolicyBroke(OptimizerError):
    """A policy gave an order that cannot be carried out: our own mistake. Facts: policy, team, call, second."""


class Event(IntEnum):
    """In the order in which events of one instant happen."""

    FINISH = 0  # number: team
    ARRIVE = 1  # team
    LAPSE = 2  # call: nobody can be in time any more
    ASKED = 3  # need: a shelf was found empty
    REPLENISH = 4
    REPORT = 5  # incident


class End(IntEnum):
    """How a visit ended."""

    SERVED = 0
    UNABLE = 1  # without the capability
    LATE = 2  # after the call's deadline
    REDIRECTED = 3  # sent elsewhere on the way


@dataclass
class Visit:
    """A team ordered to a call at `ordered_s`; busy until `end_s`. `arrive_s` is -1 where it was redirected."""

    team: int
    call: int
    ordered_s: int
    arrive_s: int = -1
    end_s: int = -1
    end: End = End.REDIRECTED


@dataclass(frozen=True)
class Outcome:
    """The log of a replay. `reached_s` (u,): when a team with the capability came, -1 where none did."""

    policy: str
    calls: Calls
    visits: tuple[Visit, ...]
    shipments: tuple[Shipment, ...]
    reached_s: IntArray
    ordered_s: IntArray  # (u,) when the team that came was ordered, -1 where none did


class _Replay:
    def __init__(self, ground: Ground, stream: Stream, policy: Policy, rules: Rules) -> None:
        self.ground, self.stream, self.policy, self.rules = ground, stream, policy, rules
        self.calls = known_calls(ground, stream)
        self.teams = Teams.at_base(ground.turnout_s)
        self.waiting: dict[int, None] = {}  # in order of report; a call that comes back stands last
        self.tried: dict[int, set[int]] = {}
        self.visits: list[Visit] = []
        self.visit: list[Visit | None] = [None] * len(ground.teams)
        self.arrive_s = np.full(len(ground.teams), -1)
        self.reached_s = np.full(len(self.calls.place), -1)
        self.ordered_s = self.reached_s.copy()
        self.supplying = Supplying(ground, stream, rules)
        self.heap: list[tuple[int, int, int]] = [
            (int(when), int(Event.REPORT), number) for number, when in enumerate(stream.reported_s)
        ]
        if rules.replenish_s:
            last = stream.until_s + rules.supply_limit_s
            self.heap += [(t, int(Event.REPLENISH), 0) for t in range(rules.replenish_s, last, rules.replenish_s)]
        heapq.heapify(self.heap)
        owner, n = stream.incidents.call_incident, len(stream.reported_s)
        self.first_call = np.searchsorted(owner, np.arange(n + 1))

    def push(self, when: int, event: Event, number: int) -> None:
        heapq.heappush(self.heap, (when, int(event), number))

    def run(self) -> Outcome:
        happen: dict[int, Callable[[int, int], None]] = {
            Event.FINISH: self.finish,
            Event.ARRIVE: self.arrive,
            Event.LAPSE: lambda now, call: self.waiting.pop(call, None),
            Event.ASKED: self.supplying.asked,
            Event.REPLENISH: self.supplying.replenish,
            Event.REPORT: self.report,
        }
        while self.heap:
            now = self.heap[0][0]
            while self.heap and self.heap[0][0] == now:
                _, event, number = heapq.heappop(self.heap)
                happen[event](now, number)
            if self.waiting:
                self.teams.refresh(now, self.ground.turnout_s)
                self.decide(now)
            for when, need in self.supplying.decide(now, self.policy.goods):
                self.push(when, Event.ASKED, need)
        return Outcome(
            self.policy.name, self.calls, tuple(self.visits), tuple(self.supplying.shipments), self.reached_s,
            self.ordered_s,
        )  # fmt: skip

    def report(self, now: int, incident: int) -> None:
        for call in range(int(self.first_call[incident]), int(self.first_call[incident + 1])):
            if not self.calls.servable[call]:
                continue
            self.waiting[call] = None
            if self.calls.deadline_s[call] < UNREACHABLE:
                self.push(int(self.calls.deadline_s[call]) + 1, Event.LAPSE, call)
        self.supplying.report(incident)

    def decide(self, now: int) -> None:
        calls = self.calls
        busy = np.flatnonzero(self.teams.on_scene)
        if len(busy):  # a service that takes longer than expected is not over yet
            late = now + np.maximum(1, calls.expected_s[self.teams.call[busy]] // OVERDUE)
            self.teams.release_s[busy] = np.where(self.teams.release_s[busy] <= now, late, self.teams.release_s[busy])
        state = State(now, self.ground, calls, self.teams, self.rules, tuple(self.waiting), self.tried)
        orders = self.policy.teams(state)
        legs = [self.leg(now, team, call) for team, call in orders]
        for team, call in orders:  # those taken off another call first: it waits again
            old = int(self.teams.call[team])
            if old == NOBODY:
                continue
            visit = self.visit[team]
            if self.teams.on_scene[team] or visit is None or old == call:
                raise PolicyBroke(policy=self.policy.name, team=team, call=call, second=now)
            visit.end_s, visit.end = now, End.REDIRECTED
            self.visit[team], self.teams.call[team] = None, NOBODY
            self.waiting[old] = None
        for (team, call), leg in zip(orders, legs, strict=True):
            if call not in self.waiting or self.teams.call[team] != NOBODY or leg[3] >= UNREACHABLE:
                raise PolicyBroke(policy=self.policy.name, team=team, call=call, second=now)
            del self.waiting[call]
            self.go(now, team, call, leg)

    def leg(self, now: int, team: int, call: int) -> tuple[int, int, int, int]:
        """(via, to, head, total): back to where it comes from or on through where it is bound, whichever is faster."""
        at, place = self.teams, int(self.calls.place[call])
        gone = now - int(at.start_s[team])
        ways = []
        for via, head in (
            (int(at.via[team]), abs(int(at.head_s[team]) - gone)),
            (int(at.to[team]), max(0, int(at.total_s[team]) - gone)),
        ):
            on = (
                self.ground.base_s[team, place]
                if via == BASE
                else self.ground.between_s[self.ground.group[team], via, place]
            )
            ways.append((via, place, head, head + int(on)))
        return min(ways, key=lambda way: way[3])

    def go(self, now: int, team: int, call: int, leg: tuple[int, int, int, int]) -> None:
        at = self.teams
        at.via[team], at.to[team], at.head_s[team], at.total_s[team] = leg
        at.start_s[team], at.call[team] = now, call
        arrive = now + leg[3]
        at.release_s[team] = arrive + self.calls.expected_s[call]
        visit = Visit(team, call, now)
        self.visit[team] = visit
        self.visits.append(visit)
        self.arrive_s[team] = arrive
        self.push(arrive, Event.ARRIVE, team)

    def arrive(self, now: int, team: int) -> None:
        visit, at = self.visit[team], self.teams
        if visit is None or at.on_scene[team] or self.arrive_s[team] != now:
            return  # it was redirected since
        call = visit.call
        visit.arrive_s = now
        if not self.ground.holds[team, self.calls.capability[call]]:
            visit.end = End.UNABLE
            self.tried.setdefault(call, set()).add(team)
            if now <= self.calls.deadline_s[call]:
                self.waiting[call] = None
        elif now > self.calls.deadline_s[call]:
            visit.end = End.LATE
        else:
            visit.end = End.SERVED
            self.reached_s[call], self.ordered_s[call] = now, visit.ordered_s
            at.on_scene[team] = True
            at.release_s[team] = now + self.calls.expected_s[call]
            self.push(now + int(self.stream.service_s[call]), Event.FINISH, team)
            return
        self.go_home(now, team)

    def finish(self, now: int, team: int) -> None:
        self.go_home(now, team)

    def go_home(self, now: int, team: int) -> None:
        at, visit = self.teams, self.visit[team]
        assert visit is not None
        visit.end_s, self.visit[team] = now, None
        place = int(self.calls.place[visit.call])
        home = int(self.ground.base_s[team, place])
        stays = home >= UNREACHABLE  # no way back: it waits where it is
        at.via[team], at.to[team] = place, place if stays else BASE
        at.start_s[team], at.head_s[team], at.total_s[team] = now, 0, 0 if stays else home
        at.call[team], at.on_scene[team] = NOBODY, False


def replay(ground: Ground, stream: Stream, policy: Policy, rules: Rules | None = None) -> Outcome:
    """Run one policy over one stream. Deterministic. Raises `PolicyBroke` for an order that cannot be carried out."""
    return _Replay(ground, stream, policy, rules or Rules()).run()
