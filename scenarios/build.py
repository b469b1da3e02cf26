"""From a World to a problem: the five-fixed gate decides what is dispatchable, the rest is carried over as it is."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from inventory.care.judge import Judged, judge_tables, merged
from inventory.catalogue import Catalogue, load_catalogue
from inventory.files import Table
from inventory.five_fixed import NO_LOT, Report, RuleBook, load_rule_book, shanghai_day
from scenarios.exchange.fields import DEFAULT_HORIZON_H
from scenarios.needs import Cover, estimate
from scenarios.world import World

ZERO = Decimal(0)
HELD = " (held)"  # marks the part of a lot that tasks hold back where the rest of it may leave


@lru_cache(maxsize=1)
def built_in() -> tuple[Catalogue, RuleBook]:
    """The catalogue and the general preset of the five fixed."""
    catalogue = load_catalogue()
    return catalogue, load_rule_book(catalogue)


def five_fixed(world: World) -> Report:
    """All five rules over the World's stock, on the day of `as_of`, by the World's own catalogue and rules; the stores
    of a county that has rules of its own by those."""
    own: dict[str, set[str]] = {}
    for store, place in zip(world.stores["id"], world.stores["place"], strict=True):
        county = next((digits for digits in world.county_books if (place or "").startswith(digits)), "")
        own.setdefault(county, set()).add(store)
    general = world.book or built_in()[1]
    if own.keys() <= {""}:
        return _judge(world, general).report
    return merged(
        [_judge(world, world.county_books.get(county, general), inside) for county, inside in sorted(own.items())]
    ).report


def _judge(world: World, book: RuleBook, inside: Collection[str] | None = None) -> Judged:
    """All stores, or those `inside`, by one book of rules."""

    def part(table: Table) -> Table:
        return table if inside is None else _of_stores(table, inside)

    return judge_tables(
        as_of=world.as_of,
        book=book,
        stores=part(world.stores),
        stock=part(world.stock),
        maintenance=part(world.maintenance),
        custodians=part(world.custodians),
    )


def _of_stores(table: Table, inside: Collection[str]) -> Table:
    of = table["id" if table.name == "stores" else "store"]
    kept = [index for index, store in enumerate(of) if store in inside]
    columns = {name: [values[index] for index in kept] for name, values in table.columns.items()}
    return Table(table.name, columns, [table.row_numbers[index] for index in kept])


def problem_document(world: World, report: Report | None = None) -> dict[str, Any]:
    """The World as problem.json holds it.

    Of a lot the dispatchable units are listed; of a lot that tasks hold back, the units those tasks would
    release, with the tasks as `blocked`. Expired, recalled, retired and unserviceable units are left out.
    """
    catalogue = (world.book or built_in()[1]).catalogue
    stores = _stores(world, report or five_fixed(world))
    document = {
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
        "incidents": _incidents(world, catalogue, stores),
        "teams": [
            _present(row, "id", "tier", "lat", "lon", "headcount", "profile", "turnout_s")
            | {"capabilities": list(row["capabilities"])}
            | _instants(row, "available_from", "available_until")
            for row in world.teams.rows()
        ],
        "stores": stores,
        "vehicles": [
            _present(row, "id", "store", "payload_kg", "volume_m3", "profile") for row in world.vehicles.rows()
        ],
        "parameters": dict(world.parameters),
    }
    if world.standing is None or not world.standing.newest:
        return document
    from scenarios.progress import with_progress  # tables of the database: only for a live World

    return with_progress(document, world.standing)


def _present(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if row[name] is not None}


def _instants(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name].isoformat() for name in names if row[name] is not None}


def _incidents(world: World, catalogue: Catalogue, stores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Needs are less by what has left for the incident already; those that nobody stated are estimated here only
    where something has (else by whoever reads the problem), because a problem file does not know of it."""
    tasks = _by(world.tasks.rows(), "incident")
    demands = _by(world.demands.rows(), "incident")
    sent: dict[str, dict[str, Decimal]] = {}
    for (code, item), units in world.delivered.items():
        sent.setdefault(code, {})[item] = units
    left = _may_leave(stores, world) if sent else {}
    incidents = []
    for row in world.incidents.rows():
        incident = _present(row, "id", "lat", "lon", "kind", "severity", "people_affected", "duration_h")
        incident |= _instants(row, "reported_at")
        incident["tasks"] = [
            _present(task, "id", "capability", "teams_needed", "service_s", "due_s", "latest_s")
            for task in tasks.get(row["id"], [])
        ]
        has = sent.get(row["id"], {})
        if row["id"] in demands:
            needs = [_present(demand, "item", "quantity") for demand in demands[row["id"]]]
            incident["demands"] = still_asked(needs, has)
        elif has:
            incident["demands"] = _estimated(row, world, catalogue, left, has)
        incidents.append(incident)
    return incidents


def still_asked(needs: Iterable[dict[str, Any]], sent: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    """Needs of an incident less what has left for it, item by item; those that are met are left out."""
    rows = [{**need, "quantity": need["quantity"] - sent.get(need["item"], ZERO)} for need in needs]
    return [row for row in rows if row["quantity"] > 0]


def _estimated(
    incident: Mapping[str, Any], world: World, catalogue: Catalogue, left: Mapping[str, Decimal],
    sent: Mapping[str, Decimal],
) -> list[dict[str, Any]]:  # fmt: skip
    """What people still need beyond what has left for them, whichever of several items it was."""
    if not incident["people_affected"]:
        return []
    horizon_h = Decimal(str(world.parameters.get("horizon_h", DEFAULT_HORIZON_H)))
    wanted = estimate(
        people=incident["people_affected"],
        duration_h=horizon_h if incident["duration_h"] is None else incident["duration_h"],
        covers=[
            Cover(item.id, item.need_code, item.need_per_unit)
            for item in built_in()[0]  # as whoever reads the problem would, so that both estimate the same
            if item.id in catalogue and item.need_code and item.need_per_unit
        ],
        available=left,
        delivered=sent,
    )
    return [{"item": item, "quantity": units} for item, units in sorted(wanted.items()) if units]


def _may_leave(stores: Iterable[Mapping[str, Any]], world: World) -> dict[str, Decimal]:
    """Units by item over all stores, blocked and expired lots and reserve floors left out."""
    today = shanghai_day(world.as_of).isoformat()
    left: dict[str, Decimal] = {}
    for store in stores:
        own: dict[str, Decimal] = {}
        for line in store["stock"]:
            fit = "blocked" not in line and line.get("expires", today) >= today
            spare = own.get(line["item"], -line.get("reserve_floor", ZERO))
            own[line["item"]] = spare + (line["quantity"] if fit else ZERO)
        for item, units in own.items():
            left[item] = left.get(item, ZERO) + max(units, ZERO)
    return left


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
