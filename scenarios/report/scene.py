"""What a map shows, projected to the plane: shared by the SVG, the PNG and (unprojected legs) the GeoJSON."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians

import numpy as np

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.units import FloatArray
from scenarios.report.labels import Label, say
from scenarios.report.layers import Bounds, MapLayers, simplified
from scenarios.report.rows import IncidentCard, ReportView, StopRow, SupplyRow
from scenarios.report.wording import goods

WIDTH = 1200.0
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Frame:
    """Equirectangular projection around the middle of `bounds` onto WIDTH x height units, north up."""

    bounds: Bounds
    height: float
    units_per_degree: float  # of latitude

    def project(self, lonlat: FloatArray) -> FloatArray:
        west, south, _, north = self.bounds
        shrink = cos(radians((south + north) / 2))
        east_units = (lonlat[..., 0] - west) * self.units_per_degree * shrink
        return np.stack((east_units, (north - lonlat[..., 1]) * self.units_per_degree), axis=-1)

    @property
    def metres_per_unit(self) -> float:
        return METRES_PER_DEGREE / self.units_per_degree


@dataclass(frozen=True)
class Leg:
    """The way of a team to a stop, in lon, lat; `straight` where no road is known for it."""

    row: StopRow
    points: FloatArray
    straight: bool


@dataclass(frozen=True)
class Flow:
    """All goods from one store to one incident."""

    store: str
    incident: str
    rows: tuple[SupplyRow, ...]
    start: FloatArray
    end: FloatArray

    @property
    def label(self) -> Label:
        """Who sends what where, at most a few goods named, equipment said to be such."""
        first = self.rows[0]
        parts = ((_name(row), row.quantity, row.unit) for row in self.rows)
        facts = {"store": first.store_name, "number": first.number, "incident": first.incident_name}
        return say("map.flow", **facts, goods=goods(parts))


@dataclass(frozen=True)
class Marker:
    """A store or a team base; `numbers` are the incidents it serves (none: idle)."""

    id: str
    tier: str
    label: Label
    lonlat: FloatArray
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Scene:
    frame: Frame
    roads: Mapping[str, tuple[FloatArray, ...]]  # projected
    closed: tuple[FloatArray, ...]  # projected
    layers: MapLayers
    incidents: tuple[IncidentCard, ...]  # those with a position
    legs: tuple[Leg, ...]
    flows: tuple[Flow, ...]
    stores: tuple[Marker, ...]
    bases: tuple[Marker, ...]


def scene_of(problem: DispatchProblem, plan: Plan, view: ReportView, *, layers: MapLayers | None) -> Scene | None:
    """The map of a plan; None where nothing of the problem has a position."""
    layers = layers or MapLayers(roads={})
    points = [
        (thing.lon, thing.lat)
        for group in (problem.incidents, problem.teams, problem.stores)
        for thing in group
        if thing.lon is not None and thing.lat is not None
    ]
    if not points:
        return None
    legs = team_legs(problem, plan, view)
    everything = np.concatenate([np.array(points), *(leg.points for leg in legs)])
    frame = _frame(everything)
    stores, bases = _markers(problem, view)
    return Scene(
        frame=frame,
        roads={name: _drawn(frame, lines) for name, lines in layers.roads.items()},
        closed=_drawn(frame, layers.closed),
        layers=layers,
        incidents=tuple(card for card in view.incidents if card.lon is not None),
        legs=legs,
        flows=supply_flows(problem, view),
        stores=stores,
        bases=bases,
    )


def team_legs(problem: DispatchProblem, plan: Plan, view: ReportView) -> tuple[Leg, ...]:
    """One leg per stop whose two ends are known; the stops of one incident need no way between them."""
    rows = {(row.team, row.order): row for row in view.teams}
    legs = []
    for order in plan.team_orders:
        team = problem.teams[problem.team_index[order.team]]
        here = _lonlat(team.lon, team.lat)
        previous = None
        for position, stop in enumerate(order.stops, start=1):
            incident = problem.incidents[problem.incident_index[stop.incident]]
            there = _lonlat(incident.lon, incident.lat)
            route = None if stop.route is None else np.array(stop.route["coordinates"], dtype=np.float64)
            if route is not None and len(route) > 1:
                legs.append(Leg(rows[order.team, position], route[:, :2], straight=False))
            elif here is not None and there is not None and stop.incident != previous:
                legs.append(Leg(rows[order.team, position], np.stack((here, there)), straight=True))
            here, previous = there, stop.incident
    return tuple(legs)


def supply_flows(problem: DispatchProblem, view: ReportView) -> tuple[Flow, ...]:
    """Shipments gathered by store and incident, where both have a position; what teams take along goes with them."""
    gathered: dict[tuple[str, str], list[SupplyRow]] = defaultdict(list)
    for row in view.supplies:
        if row.team is None:
            gathered[row.store, row.incident].append(row)
    flows = []
    for (store_id, incident_id), rows in sorted(gathered.items()):
        store = problem.stores[problem.store_index[store_id]]
        incident = problem.incidents[problem.incident_index[incident_id]]
        start, end = _lonlat(store.lon, store.lat), _lonlat(incident.lon, incident.lat)
        if start is not None and end is not None:
            flows.append(Flow(store_id, incident_id, tuple(rows), start, end))
    return tuple(flows)


def arrow(points: FloatArray, *, at: float) -> tuple[float, float, float]:
    """x, y and direction in degrees at the share `at` of the length of a projected line."""
    steps = np.diff(points, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    reached = np.cumsum(lengths)
    target = reached[-1] * at
    index = min(int(np.searchsorted(reached, target)), len(steps) - 1)
    before = reached[index] - lengths[index]
    share = 0.0 if lengths[index] == 0 else (target - before) / lengths[index]
    x, y = points[index] + steps[index] * share
    return float(x), float(y), float(np.degrees(np.arctan2(steps[index, 1], steps[index, 0])))


def bow(start: FloatArray, end: FloatArray) -> FloatArray:
    """The control point of a gently curved line between two projected points, always bent to the left."""
    step = end - start
    return (start + end) / 2 + np.array((step[1], -step[0])) * 0.16


def _lonlat(lon: float | None, lat: float | None) -> FloatArray | None:
    return None if lon is None or lat is None else np.array((lon, lat))


def _frame(points: FloatArray) -> Frame:
    """A frame around the points with a margin, between 0.55 and 0.8 as high as wide."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    shrink = cos(radians((south + north) / 2))
    smallest = 0.01  # degrees: a single point still gets a map of about a kilometre
    wide = max((east - west) * shrink, smallest) * 1.2
    high = max(north - south, smallest) * 1.2
    wide, high = max(wide, high / 0.8), max(high, wide * 0.55)
    middle_lon, middle_lat = (west + east) / 2, (south + north) / 2
    frame = (
        float(middle_lon - wide / shrink / 2),
        float(middle_lat - high / 2),
        float(middle_lon + wide / shrink / 2),
        float(middle_lat + high / 2),
    )
    return Frame(frame, height=round(float(WIDTH * high / wide), 1), units_per_degree=float(WIDTH / wide))


def _drawn(frame: Frame, lines: tuple[FloatArray, ...]) -> tuple[FloatArray, ...]:
    """The lines that can be seen (a little beyond the frame, for panning), projected and simplified."""
    kept = []
    for line in lines:
        points = frame.project(line)
        low, high = points.min(axis=0), points.max(axis=0)
        beyond_x, beyond_y = WIDTH / 2, frame.height / 2
        inside = high[0] > -beyond_x and low[0] < WIDTH + beyond_x
        if inside and high[1] > -beyond_y and low[1] < frame.height + beyond_y:
            kept.append(simplified(points, tolerance=0.25))
    return tuple(kept)


def _markers(problem: DispatchProblem, view: ReportView) -> tuple[tuple[Marker, ...], tuple[Marker, ...]]:
    sends, goes = defaultdict(set), defaultdict(set)
    for supply in view.supplies:
        sends[supply.store].add(supply.number)
    for stop in view.teams:
        goes[stop.team].add(stop.number)
    stores, bases = [], []
    for store in problem.stores:
        if store.lon is not None and store.lat is not None:
            label = view.names.name("stores", store.id)
            where = np.array((store.lon, store.lat))
            stores.append(Marker(store.id, store.tier, label, where, tuple(sorted(sends[store.id]))))
    for team in problem.teams:
        if team.lon is not None and team.lat is not None:
            label = view.names.name("teams", team.id)
            where = np.array((team.lon, team.lat))
            bases.append(Marker(team.id, team.tier, label, where, tuple(sorted(goes[team.id]))))
    return tuple(stores), tuple(bases)


def leg_label(row: StopRow) -> Label:
    """Team, incident, arrival, tier and what it takes along, for hovering."""
    leg = say(
        "map.leg",
        team=row.team_name,
        number=row.number,
        incident=row.incident_name,
        arrive=row.arrive,
        tier=row.tier_met_name,
        stop=say("stop.nth", order=row.order),
    )
    return leg if row.takes is None else say("map.leg.takes", leg=leg, goods=row.takes)


def _name(row: SupplyRow) -> Label:
    return row.item_name if row.task is None else say("map.equipment", goods=row.item_name)
