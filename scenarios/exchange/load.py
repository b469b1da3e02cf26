"""From a checked problem file to the frozen `DispatchProblem`: lists sorted by id, instants as seconds from
`as_of`, absent demands estimated, travel times as arrays."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from optimizer.dispatch.problem import (
    Ban,
    Demand,
    DispatchProblem,
    Incident,
    Item,
    Need,
    Parameters,
    Pin,
    Started,
    Store,
    Task,
    Team,
    Tier,
    Vehicle,
)
from optimizer.units import IntArray
from scenarios.exchange.canonical import canonical, sha256_of
from scenarios.exchange.problem import Counting, DemandRow, EquipmentRow, IncidentRow, Note, ProblemFile, read_problem
from scenarios.exchange.stock import Stock, covers_of, items_that_matter, stock_that_matters
from scenarios.exchange.travel import given_travel
from scenarios.needs import estimate

if TYPE_CHECKING:
    from optimizer.network.graph import RoadNetwork
    from scenarios.exchange.roads import Roads

_SECOND = timedelta(seconds=1)
_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class LoadedProblem:
    """The problem, the roads it was measured on (None with given travel times), what should be known, and the checked
    file that it comes from."""

    problem: DispatchProblem
    roads: "Roads | None"
    notes: tuple[Note, ...]
    file: ProblemFile


def to_problem(
    file: ProblemFile,
    *,
    folder: Path,
    network: "RoadNetwork | None" = None,
    source: str = "problem",
    stock: Stock | None = None,
) -> LoadedProblem:
    """The problem of a checked file. `folder`: where a relative `network.file` starts; `network`: the road
    network if it is in memory already (closures not yet applied); `stock`: the lots of (at least) the items that
    matter, instead of those in the file. Raises `BadInput`."""
    stock = stock or stock_that_matters(file)
    given = file
    file, notes = with_estimated_demands(file, stock)
    stock = stock.of(items_that_matter(file))
    parts = _parts(file)
    if file.travel is not None:
        roads = None
        travel = given_travel(
            file.travel,
            incidents=[row.id for row in parts.incidents],
            teams=parts.teams,
            stores=parts.stores,
            vehicles=parts.vehicles,
        )
        if file.closures:
            notes.append(Note("closures", "ClosuresWithoutRoads", {"count": len(file.closures)}))
    else:
        from scenarios.exchange.roads import roads_of, routed_travel  # the routing engine, only with roads

        roads, told = roads_of(file, folder=folder, network=network, source=source)
        notes.extend(told)
        travel, told = routed_travel(
            roads,
            incidents=parts.incidents,
            demands=parts.demands,
            teams=parts.teams,
            stores=parts.stores,
            vehicles=parts.vehicles,
            on_their_way={row.team: (row.lat, row.lon) for row in file.started if row.lat is not None},
        )
        notes.extend(told)
    document = canonical(file, stock=stock, network_sha256=roads.sha256 if roads else None)
    problem = DispatchProblem(
        as_of=file.as_of.astimezone(_SHANGHAI),
        items=parts.items,
        incidents=parts.incidents,
        tasks=parts.tasks,
        demands=parts.demands,
        teams=parts.teams,
        stores=parts.stores,
        stock=stock.lines,
        reserve_floor=stock.floors,
        vehicles=parts.vehicles,
        travel=travel,
        service_s=_service_seconds(file, parts.tasks, parts.teams),
        pins=tuple(sorted((Pin(row.team, row.task) for row in file.pins), key=lambda pin: (pin.team, pin.task))),
        bans=_bans(file),
        started=tuple(
            Started(row.team, row.task, row.state, seconds_up(row.arrives_at, file.as_of), row.lat, row.lon)
            for row in sorted(file.started, key=lambda row: row.team)
        ),
        parameters=_parameters(file),
        sha256=sha256_of(document),
    )
    return LoadedProblem(problem, roads, tuple(notes), given)


def seconds_up(moment: datetime, as_of: datetime) -> int:
    """Whole seconds from `as_of`, a part of a second counted as one."""
    return -((as_of - moment) // _SECOND)


def seconds_down(moment: datetime, as_of: datetime) -> int:
    """Whole seconds from `as_of`, a part of a second left out (for deadlines)."""
    return (moment - as_of) // _SECOND


@dataclass(frozen=True)
class _Parts:
    items: tuple[Item, ...]
    incidents: tuple[Incident, ...]
    tasks: tuple[Task, ...]
    demands: tuple[Demand, ...]
    teams: tuple[Team, ...]
    stores: tuple[Store, ...]
    vehicles: tuple[Vehicle, ...]


def _by_id(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row.id)


def _parts(file: ProblemFile) -> _Parts:
    as_of = file.as_of
    tasks: list[Task] = []
    demands: list[Demand] = []
    for incident in file.incidents:
        for task in incident.tasks:
            needed = (task.capability, task.teams_needed, task.service_s, task.due_s, task.latest_s)
            equipment = sorted((_need(row, as_of) for row in task.equipment), key=lambda need: need.item)
            tasks.append(Task(task.id, incident.id, *needed, tuple(equipment), task.synchronised))
        demands.extend(Demand(incident.id, row.item, row.quantity) for row in incident.demands or ())
    return _Parts(
        items=tuple(Item(row.id, row.mass_kg, row.volume_m3, row.life_critical) for row in _by_id(file.items)),
        incidents=tuple(_incident(row, as_of) for row in _by_id(file.incidents)),
        tasks=tuple(_by_id(tasks)),
        demands=tuple(sorted(demands, key=lambda row: (row.incident, row.item))),
        teams=tuple(
            Team(
                id=row.id,
                tier=row.tier,
                capabilities=tuple(sorted(set(row.capabilities))),
                headcount=row.headcount,
                profile=row.profile,
                turnout_s=row.turnout_s,
                available_from_s=max(0, seconds_up(row.available_from, as_of)) if row.available_from else 0,
                available_until_s=seconds_down(row.available_until, as_of) if row.available_until else None,
                lat=row.lat,
                lon=row.lon,
                carries=tuple(sorted(set(row.carries))),
                store=row.store,
                at_incident=row.at_incident,
            )
            for row in _by_id(file.teams)
        ),
        stores=tuple(Store(row.id, row.tier, row.lat, row.lon) for row in _by_id(file.stores)),
        vehicles=tuple(
            Vehicle(
                row.id,
                row.store,
                row.payload_kg,
                row.volume_m3,
                row.profile,
                max(0, seconds_up(row.available_from, as_of)) if row.available_from else 0,
            )
            for row in _by_id(file.vehicles)
        ),
    )


def _need(row: EquipmentRow, as_of: datetime) -> Need:
    there_s = max(0, seconds_up(row.there_at, as_of)) if row.there_at else 0
    return Need(row.item, row.quantity, row.sent or Decimal(0), there_s or None)


def _incident(row: IncidentRow, as_of: datetime) -> Incident:
    reported_s = seconds_up(row.reported_at, as_of)
    place = (row.lat, row.lon)
    return Incident(row.id, row.kind, row.severity, reported_s, *place, row.people_affected, row.duration_h)


def _service_seconds(file: ProblemFile, tasks: tuple[Task, ...], teams: tuple[Team, ...]) -> IntArray:
    own = np.array([task.service_s for task in tasks], dtype=np.int64)
    service_s = np.repeat(own[:, None], len(teams), axis=1)
    task_index = {task.id: index for index, task in enumerate(tasks)}
    team_index = {team.id: index for index, team in enumerate(teams)}
    for task, row in file.service_s.items():
        for team, seconds in row.items():
            service_s[task_index[task], team_index[team]] = seconds
    return service_s


def _bans(file: ProblemFile) -> tuple[Ban, ...]:
    bans = {Ban(row.team, row.task, row.store, row.incident, row.item) for row in file.bans}
    return tuple(
        sorted(
            bans,
            key=lambda ban: tuple(x or "" for x in (ban.team, ban.task, ban.store, ban.incident, ban.item)),
        )
    )


def _parameters(file: ProblemFile) -> Parameters:
    given, weights = file.parameters, file.parameters.weights
    tiers = sorted((Tier(row.id, row.limit_s) for row in given.tiers), key=lambda tier: tier.limit_s)
    return Parameters(
        levels=tuple(given.levels),
        tiers=tuple(tiers),
        horizon_s=int(given.horizon_h * 3600),
        due_penalty_s=weights.due_penalty_s,
        trip_cost_m=weights.trip_cost_m,
        store_cost_m=weights.store_cost_m,
        deprivation_tolerance=weights.deprivation_tolerance,
        redispatch=tuple((int(severity), tuple(sorted(set(to)))) for severity, to in sorted(given.redispatch.items())),
        closures=given.closures,
    )


def with_estimated_demands(file: ProblemFile, stock: Stock | None = None) -> tuple[ProblemFile, list[Note]]:
    """The file with every absent demand list filled from people affected and duration, and notes on how.

    Incidents take from the stock in order of severity, then id, so that alternatives of one need (three
    kinds of food) are asked for in the order of what is really left.
    """
    if all(row.demands is not None for row in file.incidents):
        return file, []
    covers = covers_of(file)
    left = (stock or stock_that_matters(file)).free(file.as_of.astimezone(_SHANGHAI).date())
    notes: list[Note] = []
    estimated: dict[str, list[DemandRow]] = {}
    places = {row.id: f"incidents[{number}].demands" for number, row in enumerate(file.incidents)}
    for row in sorted(file.incidents, key=lambda row: (-row.severity, row.id)):
        if row.demands is not None:
            continue
        estimated[row.id] = []
        if not covers:
            notes.append(Note(places[row.id], "DemandsWithoutItems", {"incident": row.id}))
        elif not row.people_affected:
            notes.append(Note(places[row.id], "DemandsWithoutPeople", {"incident": row.id}))
        else:
            duration_h = file.parameters.horizon_h if row.duration_h is None else row.duration_h
            wanted = estimate(people=row.people_affected, duration_h=duration_h, covers=covers, available=left)
            for item, units in wanted.items():
                left[item] = max(Decimal(0), left.get(item, Decimal(0)) - units)
            estimated[row.id] = [
                DemandRow(item=item, quantity=units) for item, units in sorted(wanted.items()) if units
            ]
            facts = {"incident": row.id, "people": row.people_affected, "duration_h": duration_h}
            facts["items"] = len(estimated[row.id])
            notes.append(Note(places[row.id], "DemandsEstimated", facts))
    incidents = [
        row if row.demands is not None else row.model_copy(update={"demands": estimated[row.id]})
        for row in file.incidents
    ]
    return file.model_copy(update={"incidents": incidents}), notes


@contextmanager
def nothing_thrown_away() -> Iterator[None]:
    """For a moment's work on hundreds of thousands of small objects, none of them garbage: looking for some, time and
    again, costs a sixth of a solve at city scale and a third of reading one."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def load_problem(path: Path, *, closures: Counting | None = None) -> LoadedProblem:
    """Read, check and build the problem of a file. `closures`: counted so, whatever the file says. Raises
    `BadInput`."""
    with nothing_thrown_away():
        file = read_problem(path)
        own = file.parameters.closures
        if closures is not None:
            parameters = file.parameters.model_copy(update={"closures": closures})
            file = file.model_copy(update={"parameters": parameters})
        return counted_otherwise(to_problem(file, folder=path.parent, source=str(path)), own)


def counted_otherwise(loaded: LoadedProblem, own: str) -> LoadedProblem:
    """With a note where closures count otherwise than the parameters of the problem say (`own`)."""
    counted = loaded.problem.parameters.closures
    if counted == own or not loaded.file.closures:
        return loaded
    note = Note("parameters.closures", "ClosuresCountedOtherwise", {"counted": counted, "own": own})
    return replace(loaded, notes=(*loaded.notes, note))
