"""Trips of vehicles as a dispatcher reads them out: where to, one after the other, and back when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.trips import Trip, trips_of
from scenarios.report.labels import Label, Names, say
from scenarios.report.markup import both
from scenarios.report.wording import clock


@dataclass(frozen=True, slots=True)
class TripRow:
    """One trip; `said`: "truck 1, trip 2: 08:00 → Hill Street 08:10 → Lake 08:35 → back 09:05"."""

    store: str
    vehicle: str
    trip: int
    numbers: tuple[int, ...]  # of its incidents
    said: Label


def trip_rows(
    problem: DispatchProblem, shipments: Iterable[Shipment], names: Names, numbers: Mapping[str, int]
) -> tuple[TripRow, ...]:
    """By store, departure and vehicle."""
    found = []
    for one in trips_of(problem, shipments):
        store = problem.vehicles[problem.vehicle_index[one.vehicle]].store
        stops = tuple(numbers[incident] for incident, _ in one.stops)
        found.append(
            (store, one.depart_s, TripRow(store, one.vehicle, one.number, stops, trip_said(problem, one, names)))
        )
    found.sort(key=lambda row: (row[0], row[1], row[2].vehicle))
    return tuple(row for _, _, row in found)


def trip_said(problem: DispatchProblem, trip: Trip, names: Names) -> Label:
    return say(
        "trip.said",
        vehicle=names.name("vehicles", trip.vehicle),
        trip=trip.number,
        depart=clock(problem.as_of, trip.depart_s),
        stops=way_said(problem, trip, names),
        back=clock(problem.as_of, trip.back_s),
    )


def way_said(problem: DispatchProblem, trip: Trip, names: Names) -> Label:
    """Its incidents in order, with arrivals."""
    stops = [(names.name("incidents", incident), clock(problem.as_of, at)) for incident, at in trip.stops]
    return Label(
        " → ".join(f"{name.zh} {at.zh}" for name, at in stops), " → ".join(f"{name.en} {at.en}" for name, at in stops)
    )


def trip_list(rows: Sequence[TripRow]) -> str:
    """What the drivers of a store are told, one line a trip, as HTML."""
    if not rows:
        return ""
    lines = (f'<li data-i="{" ".join(map(str, row.numbers))}">{both(row.said)}</li>' for row in rows)
    return f'<ul class="trips">{"".join(lines)}</ul>'
