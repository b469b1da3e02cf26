"""What one model alone cannot see: names that must exist, be unique, or agree with each other.

Works on the raw document, row by row and only where a row has the right shape, so that these faults are
reported together with the faults of shape.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optimizer.dispatch.problem import LEVELS
from optimizer.errors import Fault
from optimizer.network.profiles import PROFILES
from scenarios.exchange import fields as f
from scenarios.exchange.faults import json_path

Raw = dict[str, Any]
Numbered = list[tuple[int, Raw]]  # rows with their places
NO_SUCH = {
    "item": "NoSuchItem",
    "incident": "NoSuchIncident",
    "task": "NoSuchTask",
    "team": "NoSuchTeam",
    "store": "NoSuchStore",
}
MAX_STOCK_LINES = 1_000_000
MAX_CELLS = 50_000_000
_UNMET = ("critical_unmet", "other_unmet")
_AFTER_UNMET = ("fairness", "deprivation", "cost")


def rows(parent: Any, name: str) -> Iterator[tuple[int, Raw]]:
    """The usable rows of a list, with their places."""
    listed = parent.get(name) if isinstance(parent, dict) else None
    if isinstance(listed, list):
        yield from ((number, row) for number, row in enumerate(listed) if isinstance(row, dict))


def _names(parent: Any, name: str, key: str = "id") -> set[str]:
    return {row[key] for _, row in rows(parent, name) if isinstance(row.get(key), str)}


def _try(check: Callable[[Any], Any], value: Any) -> Any:
    try:
        return None if value is None else check(value)
    except f.Refused:
        return None  # already reported as a fault of shape


@dataclass(frozen=True)
class Known:
    """The names that may be referred to; None where the list itself is unusable, so nothing can be said."""

    items: set[str] | None
    incidents: set[str] | None
    tasks: set[str] | None
    teams: set[str] | None
    stores: set[str] | None

    @classmethod
    def of(cls, document: Raw) -> "Known":
        def names(name: str) -> set[str] | None:
            return _names(document, name) if isinstance(document.get(name, []), list) else None

        incidents = names("incidents")
        tasks = None
        if incidents is not None:
            tasks = {task for _, row in rows(document, "incidents") for task in _names(row, "tasks")}
        return cls(names("items"), incidents, tasks, names("teams"), names("stores"))


def reference_faults(document: Raw) -> Iterator[Fault]:
    """Every fault of reference, uniqueness and agreement in a raw problem document."""
    known = Known.of(document)
    doubtful = [(number, row) for number, row in rows(document, "stores") if not _in_order(row.get("stock"), known)]
    yield from _sizes(document)
    yield from _duplicates(document, doubtful)
    yield from _unknown_names(document, known, doubtful)
    yield from _places(document)
    yield from _times(document)
    yield from _closures(document)
    yield from _reserve_floors(doubtful)
    yield from _bans(document, known)
    yield from _roads_or_times(document)
    yield from _profiles(document)
    yield from _travel(document, known)
    yield from _parameters(document)


def _in_order(stock: Any, known: Known) -> bool:
    """Whether the stock of a store, most of a problem, certainly repeats no lot, names known items and agrees on its
    floors. Quick: only where it is in doubt the rows are gone through one by one."""
    if not stock:
        return True
    try:
        lots = {(row["item"], row["lot"]) for row in stock}
        floors = {(row["item"], row["reserve_floor"]) for row in stock if row.get("reserve_floor") is not None}
    except (AttributeError, KeyError, TypeError):
        return False
    items = {item for item, _ in lots}
    one_each = len(lots) == len(stock) and len({item for item, _ in floors}) == len(floors)
    return one_each and known.items is not None and items <= known.items


def _sizes(document: Raw) -> Iterator[Fault]:
    """A file within its size limit may still ask for arrays beyond any memory."""
    count = {name: sum(1 for _ in rows(document, name)) for name in ("incidents", "teams", "stores", "vehicles")}
    count["tasks"] = sum(1 for _, row in rows(document, "incidents") for _ in rows(row, "tasks"))
    lines = sum(len(row["stock"]) for _, row in rows(document, "stores") if isinstance(row.get("stock"), list))
    if lines > MAX_STOCK_LINES:
        yield Fault("stores", "TooManyRows", {"rows": lines, "limit": MAX_STOCK_LINES})
    for name, other in (*((name, "incidents") for name in count), ("tasks", "teams")):
        if count[name] * count[other] > MAX_CELLS:
            yield Fault(name, "TooManyPairs", {"name": name, "other": other, "limit": MAX_CELLS})


def _repeated(keys: Iterable[tuple[Any, str]], code: str) -> Iterator[Fault]:
    first: dict[Any, str] = {}
    for key, where in keys:
        if key in first:
            name = " / ".join(str(part) for part in key) if isinstance(key, tuple) else key
            yield Fault(where, code, {"name": name, "first": first[key]})
        first.setdefault(key, where)


def _duplicates(document: Raw, doubtful: Numbered) -> Iterator[Fault]:
    for name in ("items", "incidents", "teams", "stores", "vehicles", "closures"):
        yield from _repeated(_keyed(document, name, ("id",), name), "DuplicateId")
    tasks = (
        pair
        for number, row in rows(document, "incidents")
        for pair in _keyed(row, "tasks", ("id",), f"incidents[{number}].tasks")
    )
    yield from _repeated(tasks, "DuplicateId")
    for number, row in rows(document, "incidents"):
        demands = _keyed(row, "demands", ("item",), f"incidents[{number}].demands")
        yield from _repeated(demands, "DuplicateDemand")
        for task, inner in rows(row, "tasks"):
            needs = _keyed(inner, "equipment", ("item",), f"incidents[{number}].tasks[{task}].equipment")
            yield from _repeated(needs, "DuplicateEquipment")
    for number, row in doubtful:
        lots = _keyed(row, "stock", ("item", "lot"), f"stores[{number}].stock")
        yield from _repeated(lots, "DuplicateLot")
    yield from _repeated(_keyed(document, "pins", ("team", "task"), "pins"), "DuplicatePin")
    yield from _repeated(_keyed(document, "started", ("team",), "started"), "DuplicateStarted")
    parameters = document.get("parameters")
    tiers = _keyed(parameters, "tiers", ("id",), "parameters.tiers")
    limits = _keyed(parameters, "tiers", ("limit_s",), "parameters.tiers")
    yield from _repeated(((str(key), where) for key, where in tiers), "DuplicateId")
    yield from _repeated(limits, "DuplicateTierLimit")


def _keyed(parent: Any, name: str, keys: tuple[str, ...], path: str) -> Iterator[tuple[Any, str]]:
    for number, row in rows(parent, name):
        values = tuple(row.get(key) for key in keys)
        if all(isinstance(value, str | int) for value in values):
            yield values if len(values) > 1 else values[0], f"{path}[{number}].{keys[0]}"


def _unknown_names(document: Raw, known: Known, doubtful: Numbered) -> Iterator[Fault]:
    for number, row in rows(document, "incidents"):
        yield from _unknown(row, "demands", "item", known.items, f"incidents[{number}].demands")
        for task, inner in rows(row, "tasks"):
            path = f"incidents[{number}].tasks[{task}].equipment"
            yield from _unknown(inner, "equipment", "item", known.items, path)
    for number, row in rows(document, "teams"):
        for place, item in enumerate(row["carries"] if isinstance(row.get("carries"), list) else ()):
            if known.items is not None and isinstance(item, str) and item and item not in known.items:
                yield _unknown_fault(f"teams[{number}].carries[{place}]", "item", item)
    yield from _unknown(document, "teams", "store", known.stores, "teams")
    yield from _unknown(document, "teams", "at_incident", known.incidents, "teams")
    for number, row in doubtful:
        yield from _unknown(row, "stock", "item", known.items, f"stores[{number}].stock")
    yield from _unknown(document, "vehicles", "store", known.stores, "vehicles")
    for name in ("pins", "started", "bans"):
        yield from _unknown(document, name, "team", known.teams, name)
        yield from _unknown(document, name, "task", known.tasks, name)
    yield from _unknown(document, "bans", "store", known.stores, "bans")
    yield from _unknown(document, "bans", "incident", known.incidents, "bans")
    yield from _unknown(document, "bans", "item", known.items, "bans")
    yield from _unknown_keys(document.get("service_s"), known.tasks, "task", known.teams, "team", ["service_s"])


def _unknown(parent: Any, name: str, key: str, known: set[str] | None, path: str) -> Iterator[Fault]:
    if known is None:
        return
    for number, row in rows(parent, name):
        value = row.get(key)
        if isinstance(value, str) and value and value not in known:
            yield _unknown_fault(f"{path}[{number}].{key}", key, value)


def _unknown_fault(where: str, kind: str, value: str) -> Fault:
    return Fault(where, NO_SUCH[kind], {"name": value})


def _unknown_keys(
    table: Any,
    outer: set[str] | None,
    outer_kind: str,
    inner: set[str] | None,
    inner_kind: str,
    path: list[str],
) -> Iterator[Fault]:
    """Keys of {outer: {inner: ...}} that name nothing."""
    if not isinstance(table, dict):
        return
    for key, row in table.items():
        if outer is not None and key not in outer:
            yield _unknown_fault(json_path([*path, key]), outer_kind, key)
        if inner is not None and isinstance(row, dict):
            for name in sorted(row.keys() - inner):
                yield _unknown_fault(json_path([*path, key, name]), inner_kind, name)


def _places(document: Raw) -> Iterator[Fault]:
    """Half a coordinate is a mistake; with a road network every end of a journey needs a place."""
    needed = document.get("network") is not None
    for name in ("incidents", "teams", "stores"):
        for number, row in rows(document, name):
            missing = [axis for axis in ("lat", "lon") if row.get(axis) is None]
            if len(missing) == 1 or (missing and needed):
                facts = {"name": row.get("id", "?"), "fields": missing}
                yield Fault(f"{name}[{number}].{missing[0]}", "PlaceMissing", facts)
    for number, row in rows(document, "started"):
        given = [axis for axis in ("lat", "lon") if row.get(axis) is not None]
        if len(given) == 1:
            facts = {"name": row.get("team", "?"), "fields": [axis for axis in ("lat", "lon") if axis not in given]}
            yield Fault(f"started[{number}].{facts['fields'][0]}", "PlaceMissing", facts)
        if given and row.get("state") == "on_scene":
            yield Fault(f"started[{number}].{given[0]}", "PositionOnScene", {"team": row.get("team", "?")})


def _times(document: Raw) -> Iterator[Fault]:
    as_of: datetime | None = _try(f.instant, document.get("as_of"))
    for number, row in rows(document, "teams"):
        start, end = (_try(f.instant, row.get(name)) for name in ("available_from", "available_until"))
        if start and end and end < start:
            where = f"teams[{number}].available_until"
            yield Fault(where, "HoursReversed", {"start": row["available_from"], "end": row["available_until"]})
    for number, row in rows(document, "started"):
        arrives, state = _try(f.instant, row.get("arrives_at")), row.get("state")
        if as_of and arrives and state == "on_scene" and arrives > as_of:
            yield Fault(f"started[{number}].arrives_at", "OnSceneInFuture", {"arrives_at": row["arrives_at"]})
        if as_of and arrives and state == "en_route" and arrives < as_of:
            yield Fault(f"started[{number}].arrives_at", "EnRouteInPast", {"arrives_at": row["arrives_at"]})


def _closures(document: Raw) -> Iterator[Fault]:
    for number, row in rows(document, "closures"):
        given = [name for name in ("edges", "road_name", "polygon") if row.get(name) is not None]
        if len(given) != 1:
            yield Fault(f"closures[{number}]", "ClosureWithoutOnePlace", {"name": row.get("id", "?")})
        start, end = (_try(f.instant, row.get(name)) for name in ("from", "to"))
        if start and end and end <= start:
            yield Fault(f"closures[{number}].to", "HoursReversed", {"start": row["from"], "end": row["to"]})


def _reserve_floors(doubtful: Numbered) -> Iterator[Fault]:
    """The floor is per store and item; the rows of several lots may repeat it but not contradict it."""
    for number, store in doubtful:
        floors: dict[str, Any] = {}
        for line, row in rows(store, "stock"):
            item, floor = row.get("item"), _try(f.quantity, row.get("reserve_floor"))
            if not isinstance(item, str) or floor is None:
                continue
            if floors.setdefault(item, floor) != floor:
                where = f"stores[{number}].stock[{line}].reserve_floor"
                yield Fault(where, "ReserveFloorsDiffer", {"item": item, "one": floors[item], "other": floor})


def _bans(document: Raw, known: Known) -> Iterator[Fault]:
    for number, row in rows(document, "bans"):
        given = {name for name in ("team", "task", "store", "incident", "item") if row.get(name) is not None}
        if given not in ({"team", "task"}, {"store", "incident"}, {"store", "incident", "item"}):
            yield Fault(f"bans[{number}]", "BanUnclear", {"given": sorted(given)})


def _roads_or_times(document: Raw) -> Iterator[Fault]:
    given = [name for name in ("network", "travel") if document.get(name) is not None]
    if len(given) == 2:
        yield Fault("travel", "NetworkAndTravel", {})
    elif not given:
        yield Fault("network", "NeitherNetworkNorTravel", {})


def _profiles(document: Raw) -> Iterator[Fault]:
    """On a road network a profile decides the speed, so it must be built in or defined in the file."""
    network = document.get("network")
    if not isinstance(network, dict):
        return
    custom = network.get("profiles")
    known = sorted({*PROFILES, *(custom if isinstance(custom, dict) else ())})
    for name in ("teams", "vehicles"):
        for number, row in rows(document, name):
            profile = row.get("profile")
            if isinstance(profile, str) and profile and profile not in known:
                yield Fault(f"{name}[{number}].profile", "ProfileUnknown", {"name": profile, "known": known})


def _travel(document: Raw, known: Known) -> Iterator[Fault]:
    travel = document.get("travel")
    if not isinstance(travel, dict):
        return
    to, between = travel.get("team_to_incident_s"), travel.get("incident_to_incident_s")
    stores = travel.get("store_to_incident_s")
    demands = any(row.get("demands", True) for _, row in rows(document, "incidents"))
    if to is None and known.teams and known.tasks:
        yield Fault("travel.team_to_incident_s", "MatrixMissing", {"name": "team_to_incident_s"})
    if stores is None and known.stores and demands:
        yield Fault("travel.store_to_incident_s", "MatrixMissing", {"name": "store_to_incident_s"})
    path = ["travel", "team_to_incident_s"]
    yield from _unknown_keys(to, known.teams, "team", known.incidents, "incident", path)
    path = ["travel", "store_to_incident_s"]
    yield from _unknown_keys(stores, known.stores, "store", known.incidents, "incident", path)
    turning, path = travel.get("en_route_to_incident_s"), ["travel", "en_route_to_incident_s"]
    yield from _unknown_keys(turning, known.teams, "team", known.incidents, "incident", path)
    going = [row.get("team") for _, row in rows(document, "started") if row.get("state") == "en_route"]
    under_way = {team for team in going if isinstance(team, str)}
    for team in turning if isinstance(turning, dict) else ():
        if team not in under_way and team in (known.teams or ()):
            yield Fault(json_path([*path, team]), "NotEnRoute", {"team": team})
    if not isinstance(between, dict):
        return
    users = None if known.teams is None else known.teams | _names(document, "teams", "profile")
    if users is not None:
        users |= _names(document, "vehicles", "profile")  # rounds (S9)
    for user, matrix in between.items():
        path = ["travel", "incident_to_incident_s", user]
        if users is not None and user not in users:
            yield Fault(json_path(path), "UnusedProfile", {"name": user})
        yield from _unknown_keys(matrix, known.incidents, "incident", known.incidents, "incident", path)
        for incident, row in matrix.items() if isinstance(matrix, dict) else ():
            if isinstance(row, dict) and row.get(incident) not in (None, 0):
                yield Fault(json_path([*path, incident, incident]), "DiagonalNotZero", {"name": incident})


def _parameters(document: Raw) -> Iterator[Fault]:
    parameters = document.get("parameters")
    levels = parameters.get("levels") if isinstance(parameters, dict) else None
    if not isinstance(levels, list) or not all(isinstance(level, str) for level in levels):
        return
    if sorted(levels) != sorted(LEVELS):
        yield Fault("parameters.levels", "LevelsIncomplete", {"levels": list(LEVELS)})
        return
    place = {level: number for number, level in enumerate(levels)}
    pairs = [("unserved", "completion")]
    pairs += [(unmet, later) for unmet in _UNMET for later in _AFTER_UNMET]
    pairs += [(level, "cost") for level in LEVELS if level not in (*_UNMET, "cost")]
    for first, later in pairs:
        if place[first] > place[later]:
            yield Fault("parameters.levels", "LevelsOrder", {"first": first, "later": later})
