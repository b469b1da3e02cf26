"""From a World to a problem: the five-fixed gate decides what is dispatchable, the rest is carried over as it is."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from inventory.care.judge import judge_tables
from inventory.catalogue import Catalogue, load_catalogue
from inventory.five_fixed import NO_LOT, Report, RuleBook, load_rule_book
from scenarios.world import World

HELD = " (held)"  # marks the part of a lot that tasks hold back where the rest of it may leave


@lru_cache(maxsize=1)
def built_in() -> tuple[Catalogue, RuleBook]:
    """The catalogue and the general preset of the five fixed."""
    catalogue = load_catalogue()
    return catalogue, load_rule_book(catalogue)


def five_fixed(world: World) -> Report:
    """All five rules over the World's stock, on the day of `as_of`, by the World's own catalogue and rules."""
    return judge_tables(
        as_of=world.as_of,
        book=world.book or built_in()[1],
        stores=world.stores,
        stock=world.stock,
        maintenance=world.maintenance,
        custodians=world.custodians,
    ).report


def problem_document(world: World, report: Report | None = None) -> dict[str, Any]:
    """The World as problem.json holds it.

    Of a lot the dispatchable units are listed; of a lot that tasks hold back, the units those tasks would
    release, with the tasks as `blocked`. Expired, recalled, retired and unserviceable units are left out.
    """
    catalogue = (world.book or built_in()[1]).catalogue
    report = report or five_fixed(world)
    return {
        "schema_version": 1,
        "as_of": world.as_of.isoformat(),
        "network": dict(world.roads),
        "closures": [dict(closure) for closure in world.closures],
        "items": [
            {
                "id": item.id,
                "mass_kg": item.mass_kg,
                "volume_m3": item.volume_m3,
                "life_critical": item.life_critical,
            }
            for item in catalogue
        ],
        "incidents": _incidents(world),
        "teams": [
            _present(row, "id", "tier", "lat", "lon", "headcount", "profile", "turnout_s")
            | {"capabilities": list(row["capabilities"])}
            | _instants(row, "available_from", "available_until")
            for row in world.teams.rows()
        ],
        "stores": _stores(world, report),
        "vehicles": [
            _present(row, "id", "store", "payload_kg", "volume_m3", "profile") for row in world.vehicles.rows()
        ],
        "parameters": dict(world.parameters),
    }


def _present(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if row[name] is not None}


def _instants(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name].isoformat() for name in names if row[name] is not None}


def _incidents(world: World) -> list[dict[str, Any]]:
    tasks = _by(world.tasks.rows(), "incident")
    demands = _by(world.demands.rows(), "incident")
    incidents = []
    for row in world.incidents.rows():
        incident = _present(row, "id", "lat", "lon", "kind", "severity", "people_affected", "duration_h")
        incident |= _instants(row, "reported_at")
        incident["tasks"] = [
            _present(task, "id", "capability", "teams_needed", "service_s", "due_s", "latest_s")
            for task in tasks.get(row["id"], [])
        ]
        if row["id"] in demands:
            incident["demands"] = [_present(demand, "item", "quantity") for demand in demands[row["id"]]]
        incidents.append(incident)
    return incidents


def _by(rows: Iterable[dict[str, Any]], column: str) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[column], []).append(row)
    return grouped


def _stores(world: World, report: Report) -> list[dict[str, Any]]:
    floors: dict[tuple[str, str], Decimal] = {}
    columns = (world.stock[name] for name in ("store", "item", "reserve_floor"))
    for store, item, floor in zip(*columns, strict=True):
        if floor:
            floors[store, item] = floor
    lines: dict[str, list[dict[str, Any]]] = {}
    for gate in report.lots:
        lot = "" if gate.lot == NO_LOT else gate.lot
        held_as = f"{lot}{HELD}" if gate.dispatchable else lot
        for name, units, blocked in ((lot, gate.dispatchable, ()), (held_as, gate.held, gate.blocked)):
            if not units:
                continue
            line: dict[str, Any] = {"item": gate.item, "lot": name, "quantity": units}
            if gate.expires is not None:
                line["expires"] = gate.expires.isoformat()
            if (gate.store, gate.item) in floors:
                line["reserve_floor"] = floors[gate.store, gate.item]
            if blocked:
                line["blocked"] = list(blocked)
            lines.setdefault(gate.store, []).append(line)
    return [
        _present(row, "id", "tier", "lat", "lon") | {"stock": lines.get(row["id"], [])} for row in world.stores.rows()
    ]
