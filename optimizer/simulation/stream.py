"""Incidents and when they are reported: seeded Poisson streams, a wave drawn anew, a stream as given.

Random numbers are numpy's `default_rng` with a seed for each use, so that the arrivals do not change when something
else is drawn more often.
"""

from dataclasses import dataclass

import numpy as np

from optimizer.units import BoolArray, IntArray

SPREAD = (0.7, 1.3)  # real service over expected service, as between the teams of class B


@dataclass(frozen=True)
class Incidents:
    """n incidents, u calls (work for one team; a task that needs two teams is two calls), v needs of goods.

    Sorted by incident: `call_incident` and `need_incident` never fall. Times in seconds from the report.
    """

    place: IntArray  # (n,)
    severity: IntArray  # (n,) 1..5
    call_incident: IntArray  # (u,)
    capability: IntArray  # (u,)
    expected_s: IntArray  # (u,) service as estimated when it is reported: what a dispatcher knows
    due_s: IntArray  # (u,) own due time of the arrival, UNREACHABLE: none
    latest_s: IntArray  # (u,) an arrival after it is no use, UNREACHABLE: none
    need_incident: IntArray  # (v,)
    item: IntArray  # (v,)
    quantity: IntArray  # (v,) units

    def __post_init__(self) -> None:
        for array in vars(self).values():
            array.setflags(write=False)

    def take(self, rows: IntArray) -> "Incidents":
        """The incidents `rows`, in this order; a row may come several times."""
        calls, call_incident = _members(self.call_incident, rows)
        needs, need_incident = _members(self.need_incident, rows)
        return Incidents(
            place=self.place[rows],
            severity=self.severity[rows],
            call_incident=call_incident,
            capability=self.capability[calls],
            expected_s=self.expected_s[calls],
            due_s=self.due_s[calls],
            latest_s=self.latest_s[calls],
            need_incident=need_incident,
            item=self.item[needs],
            quantity=self.quantity[needs],
        )


def _members(owner: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Members of `rows`, one after the other, and the number of the row of each."""
    first, last = np.searchsorted(owner, rows), np.searchsorted(owner, rows, side="right")
    count = last - first
    new_owner = np.repeat(np.arange(len(rows)), count)
    within = np.arange(len(new_owner)) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(first, count) + within, new_owner


@dataclass(frozen=True)
class Stream:
    """Incidents in order of report. Reports in [measured_from_s, until_s) are judged, what comes before warms up."""

    incidents: Incidents
    reported_s: IntArray  # (n,) rising
    service_s: IntArray  # (u,) what it really takes; no policy sees it before it is over
    measured_from_s: int
    until_s: int

    @property
    def measured(self) -> BoolArray:
        """(n,)"""
        return (self.reported_s >= self.measured_from_s) & (self.reported_s < self.until_s)


def real_service(expected_s: IntArray, rng: np.random.Generator, spread: tuple[float, float]) -> IntArray:
    drawn: IntArray = np.maximum(1, np.rint(expected_s * rng.uniform(*spread, len(expected_s)))).astype(np.int64)
    return drawn


def poisson_stream(
    kinds: Incidents, *, per_hour: float, warm_up_s: int, span_s: int, seed: int, spread: tuple[float, float] = SPREAD
) -> Stream:
    """Reports are a Poisson process of `per_hour` over warm-up and span; each is one of `kinds`, all equally likely.

    Raises ValueError for a rate that is not above 0 or kinds that are empty.
    """
    if not per_hour > 0 or not len(kinds.place):
        raise ValueError("a Poisson stream needs a rate above 0 and incidents to draw from")
    until = warm_up_s + span_s
    gaps, which, service = (np.random.default_rng([seed, use]) for use in (1, 2, 3))
    times: list[float] = []
    now = 0.0
    while (now := now + gaps.exponential(3600.0 / per_hour)) < until:
        times.append(now)
    incidents = kinds.take(which.integers(0, len(kinds.place), len(times)))
    return Stream(
        incidents=incidents,
        reported_s=np.array(times, np.float64).astype(np.int64),
        service_s=real_service(incidents.expected_s, service, spread),
        measured_from_s=warm_up_s,
        until_s=until,
    )


def redrawn_stream(given: Stream, *, seed: int, spread: tuple[float, float] = SPREAD) -> Stream:
    """The same incidents at other times of the same span (a Poisson process of which the number is known is that),
    with service times drawn anew."""
    when, service = (np.random.default_rng([seed, use]) for use in (1, 3))
    times = np.sort(when.integers(0, given.until_s, len(given.reported_s)))
    incidents = given.incidents.take(when.permutation(len(times)))
    return Stream(incidents, times, real_service(incidents.expected_s, service, spread), 0, given.until_s)


def given_stream(
    incidents: Incidents, reported_s: IntArray, *, seed: int | None = None, spread: tuple[float, float] = SPREAD
) -> Stream:
    """Incidents at the times given (sorted here, ties in the order given; the first report is second 0). Without a
    seed every service takes what was expected."""
    order = np.argsort(reported_s, kind="stable")
    taken = incidents.take(order)
    times = reported_s[order] - (int(reported_s.min()) if len(order) else 0)
    service = taken.expected_s.copy()
    if seed is not None:
        service = real_service(service, np.random.default_rng([seed, 3]), spread)
    return Stream(taken, times, service, 0, int(times[-1]) + 1 if len(times) else 1)
