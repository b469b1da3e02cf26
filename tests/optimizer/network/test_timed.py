"""Earliest arrivals while roads close and open, against a search that follows the rules word by word."""

import heapq
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.network.closures import Closure, apply_closures, timeline
from optimizer.network.graph import build_network
from optimizer.network.profiles import NO_WAY_MS, Profile, edge_times_ms
from optimizer.network.timed import earliest_arrivals
from optimizer.network.travel import Router
from optimizer.units import UNREACHABLE, seconds_from_ms

AT = datetime(2024, 7, 1, 8, tzinfo=timezone(timedelta(hours=8)))
CAR = Profile(name="car", mode="drive", max_kph=60, access_kph=5)
NEVER = float("inf")


def second(value: float) -> datetime:
    return AT + timedelta(seconds=value)


def random_closures(network, rng, count=8, horizon_s=900):
    segments = network.segment_id.tolist()
    closures = []
    for number in range(count):
        begin, end = sorted(rng.choice(horizon_s, 2, replace=False).tolist())
        some = tuple(segments[i] for i in rng.integers(0, len(segments), 12))
        closures.append(
            Closure(
                id=f"c{number}",
                edges=some,
                from_=None if rng.random() < 0.2 else second(begin - horizon_s / 3),
                to=None if rng.random() < 0.2 else second(end),
                speed_factor=float(rng.choice([0.0, 0.0, 0.2, 0.5])),
            )
        )
    return closures


class Rules:
    """The rules 1 to 3 of the module, one instant at a time."""

    def __init__(self, network, closures):
        self.closures, self.ms = closures, {}
        self.changes = sorted(
            {(each - AT) / timedelta(milliseconds=1) for c in closures for each in (c.from_, c.to) if each is not None}
        )
        self.network = network

    def times_at(self, instant):
        if instant not in self.ms:
            at = AT + timedelta(milliseconds=instant)
            closed, _ = apply_closures(self.network, self.closures, at=at)
            self.ms[instant] = edge_times_ms(closed, CAR).tolist()
        return self.ms[instant]

    def state(self, instant):
        """The last change before or at an instant stands for it."""
        before = [change for change in self.changes if change <= instant]
        return self.times_at(before[-1] if before else -1e9)

    def through(self, edge, part, time):
        if edge < 0:
            return time
        best = NEVER
        for enter in [time, *(change for change in self.changes if change > time)]:
            ms = self.state(enter)[edge]
            if ms < NO_WAY_MS:
                leave = enter + int(np.ceil(ms * part - 1e-4))
                shut = any(self.state(c)[edge] >= NO_WAY_MS for c in self.changes if enter < c < leave)
                best = min(best, NEVER if shut else leave)
        return best

    def nodes_from(self, starts):
        """node -> arrival, for starts of (time, node)."""
        heap, done = list(starts), {}
        heapq.heapify(heap)
        while heap:
            time, node = heapq.heappop(heap)
            if node in done or time == NEVER:
                continue
            done[node] = time
            for edge in np.flatnonzero(self.network.tail == node).tolist():
                heapq.heappush(heap, (self.through(edge, 1.0, time), int(self.network.head[edge])))
        return done


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_nodes_are_reached_when_the_rules_say(seed, random_network):
    network, rng = random_network(seed, nodes=25, roads=40), np.random.default_rng(seed)
    closures = random_closures(network, rng)
    origins, departs = rng.integers(0, 25, 4), rng.integers(-300, 1000, 4)
    nodes = np.arange(network.node_count)
    found = earliest_arrivals(
        Router(network, profile=CAR), origins=origins, destinations=nodes, closures=closures, at=AT, departs_s=departs
    )
    rules = Rules(network, closures)
    for row, (origin, depart) in enumerate(zip(origins.tolist(), departs.tolist(), strict=True)):
        expected = rules.nodes_from([(depart * 1000, origin)])
        assert found.milliseconds[row].tolist() == [expected.get(node, UNREACHABLE) for node in nodes.tolist()]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_points_on_roads_wait_for_their_own_road_too(seed, random_network):
    network, rng = random_network(seed, nodes=20, roads=25), np.random.default_rng(seed)
    closures = random_closures(network, rng)
    router = Router(network, profile=CAR)
    points = router.snap(29.5 + rng.uniform(0, 0.05, 10), 106.5 + rng.uniform(0, 0.05, 10), max_snap_m=400)
    found = earliest_arrivals(router, origins=points, destinations=points, closures=closures, at=AT, departs_s=60)
    rules = Rules(network, closures)
    out, into = router.joiner.leaving(points), router.joiner.arriving(points)
    for i in range(10):
        if not points.snapped[i]:
            assert (found.milliseconds[i, np.arange(10) != i] == UNREACHABLE).all()
            continue
        access = [int(np.ceil(m * 3600 / CAR.access_kph - 1e-4)) if m < 1e6 else 0 for m in points.access_m.tolist()]
        begin = 60_000 + access[i]

        def ends(which, point):
            for way in range(2):
                if which.edge[point, way] >= 0 or which.ms[point, way] < UNREACHABLE:
                    fraction = float(which.fraction[point, way])
                    yield int(which.node[point, way]), int(which.edge[point, way]), fraction

        starts = [(rules.through(edge, 1 - fraction, begin), node) for node, edge, fraction in ends(out, i)]
        reached = rules.nodes_from(starts)
        for j in range(10):
            if i == j or not points.snapped[j]:
                continue
            best = min(
                (rules.through(edge, part, reached.get(node, NEVER)) for node, edge, part in ends(into, j)),
                default=NEVER,
            )
            if points.segment[i] == points.segment[j]:
                gap = float(points.fraction[j] - points.fraction[i])
                along, back = network.segment_edges[points.segment[i]].tolist()
                edge = along if gap > 0 else back
                if gap == 0:
                    best = begin
                elif edge >= 0:
                    best = min(best, rules.through(edge, abs(gap), begin))
            expected = UNREACHABLE if best == NEVER else best + access[j]
            assert found.milliseconds[i, j] == expected


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_changes_to_come_they_are_the_times_of_the_closed_network(seed, random_network):
    network, rng = random_network(seed), np.random.default_rng(seed)
    closures = [replace(each, from_=None, to=None) for each in random_closures(network, rng)]
    router = Router(network, profile=CAR)
    points = router.snap(29.5 + rng.uniform(0, 0.05, 8), 106.5 + rng.uniform(0, 0.05, 8), max_snap_m=400)
    found = earliest_arrivals(router, origins=points, destinations=points, closures=closures, at=AT)
    closed, _ = apply_closures(network, closures, at=AT)
    assert found.searched == 0
    assert (found.seconds == router.with_closures(closed).times(origins=points, destinations=points)).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), later_s=st.integers(1, 400))
def test_who_leaves_later_never_arrives_earlier(seed, later_s, random_network):
    network, rng = random_network(seed), np.random.default_rng(seed)
    closures, router = random_closures(network, rng), Router(network, profile=CAR)
    nodes = np.arange(network.node_count)
    ask = {"origins": nodes[:6], "destinations": nodes, "closures": closures, "at": AT}
    first = earliest_arrivals(router, **ask).milliseconds
    assert (earliest_arrivals(router, departs_s=later_s, **ask).milliseconds >= first).all()


def chain():
    """a - b - c, 1 km each at 60 km/h: a minute each."""
    return build_network(
        node_id=["a", "b", "c"],
        lat=[29.5, 29.5, 29.5],
        lon=[106.5, 106.51, 106.52],
        tail=[0, 1],
        head=[1, 2],
        length_m=[1000.0, 1000.0],
        speed_kph=[60.0, 60.0],
        segment_id=["ab", "bc"],
    )


def arrival(*closures, departs_s=0):
    router = Router(chain(), profile=CAR)
    found = earliest_arrivals(router, origins=[0], destinations=[2], closures=closures, at=AT, departs_s=departs_s)
    assert (found.seconds == seconds_from_ms(found.milliseconds)).all()
    return int(found.seconds[0, 0])


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (120, 300, 120),  # left just when it closes
        (119, 300, 360),  # would be caught: waits at b
        (30, 45, 120),  # open again before anyone is there
        (0, 61, 121),
        (200, 300, 120),
        (-100, None, UNREACHABLE),
        (119, None, UNREACHABLE),
        (None, 90, 150),
    ],
)
def test_a_closing_road_is_left_in_time_or_waited_for(begin, end, expected):
    closure = Closure(
        id="x", edges=("bc",), from_=None if begin is None else second(begin), to=None if end is None else second(end)
    )
    assert arrival(closure) == expected


def test_waiting_for_a_recovering_road_beats_driving_slowly():
    slow = Closure(id="x", edges=("bc",), from_=second(0), to=second(70), speed_factor=0.1)
    assert arrival(slow) == 130  # ten minutes if entered at once
    assert arrival(replace(slow, to=None)) == 660
    assert arrival(replace(slow, from_=second(61))) == 120  # in before it slowed down


def test_departures_are_each_at_their_own_time():
    closure = Closure(id="x", edges=("ab",), from_=second(100), to=second(200))
    router = Router(chain(), profile=CAR)
    found = earliest_arrivals(
        router, origins=[0] * 4, destinations=[1], closures=[closure], at=AT, departs_s=[0, 41, 150, 250]
    )
    assert found.seconds[:, 0].tolist() == [60, 260, 260, 310]


def test_faulty_closures_are_named(faults_of):
    wrong = [Closure(id="x"), Closure(id="y", edges=("ab",), from_=AT, to=AT)]
    assert faults_of(timeline, chain(), wrong, at=AT) == [
        ("closure x", "closure_needs_one_place"),
        ("closure y", "closure_ends_before_it_starts"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_pairs_that_nobody_asks_for_are_not_answered_and_change_no_other(seed, random_network):
    network, rng = random_network(seed, nodes=25, roads=40), np.random.default_rng(seed)
    asked = {
        "origins": rng.integers(0, 25, 6),
        "destinations": np.arange(network.node_count),
        "closures": random_closures(network, rng),
        "at": AT,
        "departs_s": rng.integers(-300, 1000, 6),
    }
    router = Router(network, profile=CAR)
    wanted = rng.random((6, network.node_count)) < 0.1
    some, every = (earliest_arrivals(router, **asked, wanted=one) for one in (wanted, None))
    assert some.milliseconds[wanted].tolist() == every.milliseconds[wanted].tolist()
    assert (some.milliseconds[~wanted] == UNREACHABLE).all()
    assert some.searched <= every.searched
