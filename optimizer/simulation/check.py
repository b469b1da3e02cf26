"""An independent check of a replay: positions, times, capabilities and stock are worked out anew from the log alone."""

from collections import defaultdict
from dataclasses import dataclass

from optimizer.simulation.ground import Ground
from optimizer.simulation.replay import End, Outcome, Visit
from optimizer.simulation.state import Rules
from optimizer.simulation.stream import Stream
from optimizer.units import UNREACHABLE

HOME = None  # the base of a team as a node


@dataclass
class _Way:
    """A team's last way: it left `origin` (reached `lead` seconds after `since`) for `target`."""

    since: int
    lead: int
    origin: int | None
    target: int | None


class _Team:
    """Follows one team through its visits."""

    def __init__(self, ground: Ground, number: int) -> None:
        self.ground, self.number = ground, number
        self.turnout = int(ground.turnout_s[number])
        self.way: _Way | None = None  # None: in the base

    def between(self, a: int | None, b: int | None) -> int:
        ground, k = self.ground, self.number
        if a is HOME or b is HOME:
            place = b if a is HOME else a
            return 0 if place is HOME else int(ground.base_s[k, place])
        return int(ground.between_s[ground.group[k], a, b])

    def send(self, now: int, place: int) -> int:
        """Set out for a place; return when it is there."""
        way = self.way
        if way is not None and way.target is HOME and now >= way.since + way.lead + self.between(way.origin, HOME):
            way = None
        if way is None:
            options: list[tuple[int, int | None]] = [(self.turnout, HOME)]
        else:
            gone = now - way.since
            rest = way.lead + self.between(way.origin, way.target) - gone
            options = [(abs(way.lead - gone), way.origin), (max(0, rest), way.target)]
        lead, origin = min(options, key=lambda one: one[0] + self.between(one[1], place))
        self.way = _Way(now, lead, origin, place)
        return now + lead + self.between(origin, place)

    def leave(self, now: int, place: int) -> None:
        home = HOME if self.between(place, HOME) < UNREACHABLE else place
        self.way = _Way(now, 0, place, home)


def check_replay(ground: Ground, stream: Stream, outcome: Outcome, rules: Rules) -> list[str]:
    """What is wrong with the log, in words for developers; empty where nothing is."""
    wrong: list[str] = []
    of_team: dict[int, list[Visit]] = defaultdict(list)
    served: dict[int, Visit] = {}
    for visit in outcome.visits:
        of_team[visit.team].append(visit)
        if visit.end is End.SERVED:
            if visit.call in served:
                wrong.append(f"call {visit.call} is served twice")
            served[visit.call] = visit
    for team, visits in of_team.items():
        wrong += _team_faults(ground, stream, team, visits)
    wrong += _call_faults(ground, stream, outcome, served)
    return wrong + _goods_faults(ground, stream, outcome, rules)


def _team_faults(ground: Ground, stream: Stream, number: int, visits: list[Visit]) -> list[str]:
    incidents, wrong = stream.incidents, []
    team, free = _Team(ground, number), 0
    for visit in visits:
        owner = int(incidents.call_incident[visit.call])
        place, reported = int(incidents.place[owner]), int(stream.reported_s[owner])
        name = f"team {number}, call {visit.call}"
        if visit.ordered_s < max(free, reported):
            wrong.append(f"{name}: ordered at {visit.ordered_s}, before it was free or the call reported")
        there = team.send(visit.ordered_s, place)
        free = visit.end_s
        if visit.end is End.REDIRECTED:
            if not visit.ordered_s <= visit.end_s <= there:
                wrong.append(f"{name}: redirected after its arrival")
            continue
        if visit.arrive_s != there:
            wrong.append(f"{name}: arrives at {visit.arrive_s}, should be {there}")
        able = bool(ground.holds[number, incidents.capability[visit.call]])
        late = visit.arrive_s > reported + incidents.latest_s[visit.call]
        end = End.UNABLE if not able else End.LATE if late else End.SERVED
        if visit.end is not end:
            wrong.append(f"{name}: ends as {visit.end.name}, should be {end.name}")
        stay = int(stream.service_s[visit.call]) if end is End.SERVED else 0
        if visit.end_s != visit.arrive_s + stay:
            wrong.append(f"{name}: ends at {visit.end_s}, should be {visit.arrive_s + stay}")
        team.leave(visit.end_s, place)
    return wrong


def _call_faults(ground: Ground, stream: Stream, outcome: Outcome, served: dict[int, Visit]) -> list[str]:
    wrong = []
    servable, latest = ground.servable(stream.incidents), stream.incidents.latest_s
    for call, reached in enumerate(outcome.reached_s.tolist()):
        visit = served.get(call)
        if reached != (-1 if visit is None else visit.arrive_s):
            wrong.append(f"call {call}: reached at {reached}, the visits say otherwise")
        if visit is None and servable[call] and latest[call] >= UNREACHABLE:
            wrong.append(f"call {call}: never served although it could wait")
    return wrong


def _goods_faults(ground: Ground, stream: Stream, outcome: Outcome, rules: Rules) -> list[str]:
    incidents, wrong = stream.incidents, []
    taken: dict[tuple[int, int, int], int] = defaultdict(int)
    given: dict[int, int] = defaultdict(int)
    for one in outcome.shipments:
        owner = int(incidents.need_incident[one.need])
        given[one.need] += one.units
        period = one.depart_s // rules.replenish_s if rules.replenish_s else 0
        if rules.replenish_s:  # nothing is filled again once the stream and its last needs are over
            period = min(period, (stream.until_s + rules.supply_limit_s - 1) // rules.replenish_s)
        taken[period, one.store, int(incidents.item[one.need])] += one.units
        if one.depart_s < stream.reported_s[owner] or one.units <= 0:
            wrong.append(f"shipment {one}: before the report, or nothing")
        if one.arrive_s != one.depart_s + ground.store_s[one.store, incidents.place[owner]]:
            wrong.append(f"shipment {one}: wrong arrival")
    wrong += [f"need {need}: more than was wanted" for need, units in given.items() if units > incidents.quantity[need]]
    wrong += [f"shelf {key}: more than it held" for key, units in taken.items() if units > ground.stock[key[1], key[2]]]
    return wrong
