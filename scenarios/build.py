"""From a World to a problem: the five-fixed gate decides what is dispatchable, the rest is carried over as it is.

`problem_document` is the whole of it, for a file. `problem_parts` is what a decision needs, at once: only the lots of
items that somebody asks for are judged, and only what is small goes through the models of the file.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from inventory.care.judge import Judged, judge_tables, merged
from inventory.catalogue import Catalogue, load_catalogue
from inventory.files import Table
from inventory.five_fixed import Report, RuleBook, load_rule_book, shanghai_day
from inventory.five_fixed.gate import Gates, gates, sound
from optimizer.errors import BadInput
from scenarios.exchange.fields import DEFAULT_HORIZON_H
from scenarios.exchange.problem import ProblemFile, parse_problem
from scenarios.exchange.stock import Stock, items_that_matter, stock_that_matters
from scenarios.lots import Lot, floors_of, lots_of, plain, released, stock_of_lots
from scenarios.needs import Cover, estimate
from scenarios.world import World

STORE = ("id", "tier", "lat", "lon")

ZERO = Decimal(0)


@lru_cache(maxsize=1)
def built_in() -> tuple[Catalogue, RuleBook]:
    """The catalogue and the general preset of the five fixed."""
    catalogue = load_catalogue()
    return catalogue, load_rule_book(catalogue)


def five_fixed(world: World) -> Report:
    """All five rules over the World's stock, on the day of `as_of`, by the World's own catalogue and rules; the stores
    of a county that has rules of its own by those."""
    own: dict[str, set[str]] = {}
    for store, county in _counties(world).items():
        own.setdefault(county, set()).add(store)
    general = world.book or built_in()[1]
    if own.keys() <= {""}:
        return _judge(world, general).report
    return merged(
        [_judge(world, world.county_books.get(county, general), inside) for county, inside in sorted(own.items())]
    ).report


def _counties(world: World) -> dict[str, str]:
    """Store -> the digits of its county, where that has rules of its own (else "")."""
    return {
        store: next((digits for digits in world.county_books if (place or "").startswith(digits)), "")
        for store, place in zip(world.stores["id"], world.stores["place"], strict=True)
    }


def _gates(world: World, items: Collection[str] | None = None) -> Gates | None:
    """What of each lot may leave, of all lots or of those of `items`; None where only `five_fixed` can say it, or say
    what is wrong with the tables."""
    general = world.book or built_in()[1]
    books = {store: world.county_books.get(county, general) for store, county in _counties(world).items()}
    stock, maintenance = world.stock.columns, world.maintenance.columns
    stores, custodians = world.stores.columns, world.custodians.columns
    used = {id(book): book for book in books.values()}.values()
    if not sound(books=used, stores=stores, stock=stock, maintenance=maintenance, custodians=custodians):
        return None
    return gates(day=shanghai_day(world.as_of), books=books, stock=stock, maintenance=maintenance, items=items)


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
    judged = None if report else _gates(world)
    stores = _stores(world, judged.rows() if judged else lots_of(report or five_fixed(world)))
    return _document(world, stores, lambda: _may_leave(stores, world))


def problem_parts(world: World, *, source: str) -> tuple[ProblemFile, Stock]:
    """The World as `to_problem` takes it, without the detour over a document of every lot: the same problem, and the
    same `BadInput`, as `parse_problem(problem_document(world))` gives."""
    parts = _quick_parts(world, source)
    if parts is None:
        file = parse_problem(problem_document(world), source=source)
        parts = file, stock_that_matters(file)
    return parts


def _quick_parts(world: World, source: str) -> tuple[ProblemFile, Stock] | None:
    """None where something may be wrong with the World: then all of it has to be looked at, to say what."""
    bare: list[dict[str, Any]] = [_present(row, *STORE) for row in world.stores.rows()]
    try:
        file = parse_problem(_document(world, bare, None), source=source)
    except BadInput:
        return None
    if not plain(world.stock, items={item.id for item in file.items}):
        return None
    judged = _gates(world, items_that_matter(file))
    if judged is None:
        return None
    stock = stock_of_lots(judged.rows(), floors_of(world))
    if {row.id for row in file.incidents if row.demands is None} & {incident for incident, _ in world.delivered}:
        free = stock.free(shanghai_day(world.as_of))
        file = parse_problem(_document(world, bare, lambda: free), source=source)
    return file, stock


def _document(
    world: World, stores: list[dict[str, Any]], left: Callable[[], Mapping[str, Decimal]] | None
) -> dict[str, Any]:
    """`left`: units by item that may leave; without it needs are left to be estimated, whatever was delivered."""
    catalogue = (world.book or built_in()[1]).catalogue
    here = set(world.stores["id"])  # a part of the county may have teams whose store is elsewhere
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
        "incidents": _incidents(world, catalogue, left),
        "teams": [
            _present(row, "id", "tier", "lat", "lon", "headcount", "profile", "turnout_s")
            | {"capabilities": list(row["capabilities"])}
            | ({"carries": list(row["carries"])} if row["carries"] else {})
            | ({"store": row["store"]} if row["store"] in here else {})
            | _instants(row, "available_from", "available_until")
            for row in world.teams.rows()
        ],
        "stores": stores,
        "vehicles": [
            _present(row, "id", "store", "payload_kg", "volume_m3", "profile") | _instants(row, "available_from")
            for row in world.vehicles.rows()
        ],
        "parameters": dict(world.parameters),
    }
    document |= {
        name: [dict(row) for row in rows] for name, rows in (("pins", world.pins), ("bans", world.bans)) if rows
    }
    if world.standing is None or not world.standing.newest:
        return document
    from scenarios.progress import with_progress  # tables of the database: only for a live World

    return with_progress(document, world.standing)


def _present(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if row[name] is not None}


def _instants(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name].isoformat() for name in names if row[name] is not None}


def _incidents(
    world: World, catalogue: Catalogue, left: Callable[[], Mapping[str, Decimal]] | None
) -> list[dict[str, Any]]:
    """Needs are less by what has left for the incident already; those that nobody stated are estimated here only
    where something has (else by whoever reads the problem), because a problem file does not know of it."""
    tasks = _by(world.tasks.rows(), "incident")
    demands = _by(world.demands.rows(), "incident")
    sent: dict[str, dict[str, Decimal]] = {}
    for (code, item), units in world.delivered.items():
        sent.setdefault(code, {})[item] = units
    free = left() if left and sent else {}
    incidents = []
    for row in world.incidents.rows():
        incident = _present(row, "id", "lat", "lon", "kind", "severity", "people_affected", "duration_h")
        incident |= _instants(row, "reported_at")
        incident["tasks"] = [
            _present(task, "id", "capability", "teams_needed", "service_s", "due_s", "latest_s", "synchronised")
            | still_to_bring(task, world)
            for task in tasks.get(row["id"], [])
        ]
        has = sent.get(row["id"], {})
        if row["id"] in demands:
            needs = [_present(demand, "item", "quantity") for demand in demands[row["id"]]]
            incident["demands"] = still_asked(needs, has)
        elif has and left:
            incident["demands"] = _estimated(row, world, catalogue, free, has)
        incidents.append(incident)
    return incidents


def still_to_bring(task: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Equipment of a task for each team, what has left for it, and when that is there; nothing where it is there and
    enough for all teams."""
    rows = []
    for item, units in task["equipment"] or ():
        sent, there_at = world.equipped.get((task["id"], item), (ZERO, world.as_of))
        row = {"item": item, "quantity": units} | ({"sent": sent} if sent else {})
        if there_at > world.as_of:
            rows.append(row | {"there_at": there_at.astimezone(world.as_of.tzinfo).isoformat()})
        elif sent < task["teams_needed"] * units:
            rows.append(row)
    return {"equipment": rows} if rows else {}


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


def _stores(world: World, lots: Iterable[Lot]) -> list[dict[str, Any]]:
    floors = floors_of(world)
    lines: dict[str, list[dict[str, Any]]] = {}
    for store, item, lot, units, expires, blocked in released(lots):
        line: dict[str, Any] = {"item": item, "lot": lot, "quantity": units}
        if expires is not None:
            line["expires"] = expires.isoformat()
        if (store, item) in floors:
            line["reserve_floor"] = floors[store, item]
        if blocked:
            line["blocked"] = list(blocked)
        lines.setdefault(store, []).append(line)
    return [_present(row, *STORE) | {"stock": lines.get(row["id"], [])} for row in world.stores.rows()]
