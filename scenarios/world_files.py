"""The World folder: CSV and JSON that a person can edit (formats.md), written and read through inventory.files."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from inventory.catalogue import load_catalogue
from inventory.errors import BadTable, RowFault
from inventory.files import Table, check_references, read_table, write_table
from inventory.five_fixed import Report
from optimizer.errors import BadInput, Fault
from optimizer.network.read import read_network
from optimizer.network.tables import write_tables
from scenarios.build import problem_document
from scenarios.closures import collection, read_collection
from scenarios.exchange.json_text import dumps, read_json, write_text
from scenarios.world import TABLES, World, table_of

ROADS = "roads"
WORLD_FIELDS = {"schema_version", "title_zh", "title_en", "as_of", "seed", "notes", "roads", "parameters"}
MAY_BE_ABSENT = {"custodians", "maintenance", "vehicles", "tasks", "demands", "stock"}


def write_world(world: World, folder: Path, *, stock: Report | None = None) -> None:
    """All files of the World, and problem.json; files that are there are replaced. `stock`: its five-fixed state
    where the caller has it already."""
    folder.mkdir(parents=True, exist_ok=True)
    world = replace(world, roads={"file": ROADS, "crs": "WGS-84"})  # whatever file it was read from
    for name in TABLES:
        write_table(folder / f"{name}.csv", name, world.table(name))
    write_tables(world.network, folder / ROADS)
    write_text(folder / "closures.geojson", dumps(collection(world.closures)))
    write_text(
        folder / "world.json",
        dumps(
            {
                "schema_version": 1,
                "title_zh": world.title_zh,
                "title_en": world.title_en,
                "as_of": world.as_of.isoformat(),
                "seed": world.seed,
                "notes": list(world.notes),
                "roads": dict(world.roads),
                "parameters": dict(world.parameters),
            }
        ),
    )
    write_text(folder / "problem.json", dumps(problem_document(world, stock)))


def read_world(folder: Path) -> World:
    """The World of a folder. Raises `BadInput` with every bad row of every table, named by file and row."""
    head = _head(folder)
    faults: list[Fault] = []
    tables: dict[str, Table] = {}
    for name in TABLES:
        path = folder / f"{name}.csv"
        if not path.exists() and name in MAY_BE_ABSENT:
            tables[name] = table_of(name, {})
            continue
        try:
            tables[name] = read_table(path, name)
        except BadTable as error:
            faults.extend(_fault(f"{name}.csv", found) for found in error.faults)
    if not faults:
        try:
            check_references(tables, source=str(folder), items=[item.id for item in load_catalogue()])
        except BadTable as error:
            faults.extend(_fault("", found) for found in error.faults)
    if faults:
        raise BadInput(str(folder), faults)
    roads = head["roads"]
    return World(
        title_zh=head.get("title_zh", folder.name),
        title_en=head.get("title_en", folder.name),
        as_of=datetime.fromisoformat(head["as_of"]),
        **tables,
        network=read_network(folder / roads["file"], crs=roads.get("crs")),
        roads=roads,
        closures=tuple(read_collection(closures)) if (closures := folder / "closures.geojson").exists() else (),
        parameters=head.get("parameters", {}),
        seed=head.get("seed"),
        notes=tuple(head.get("notes", ())),
    )


def _fault(file: str, found: RowFault) -> Fault:
    """`stock.csv, row 12, quantity` in front of the same code and facts; a reference names its table itself."""
    table, _, column = (found.column or "").rpartition(".")
    file = file or (f"{table}.csv" if table else "")
    where = ", ".join(part for part in (file, f"row {found.row}" if found.row else "", column) if part)
    return Fault(where, found.code, found.facts)


def _head(folder: Path) -> dict[str, Any]:
    path = folder / "world.json"
    if not path.exists():
        raise BadInput(str(folder), [Fault("world.json", "WorldFileMissing", {"file": str(path)})])
    head = read_json(path)
    faults = []
    if not isinstance(head, dict):
        raise BadInput(str(path), [Fault("world.json", "WorldField", {"field": "world.json"})])
    faults.extend(Fault(name, "WorldUnknownField", {"field": name}) for name in sorted(set(head) - WORLD_FIELDS))
    try:
        if datetime.fromisoformat(str(head.get("as_of"))).tzinfo is None:
            raise ValueError
    except ValueError:
        faults.append(Fault("as_of", "WorldField", {"field": "as_of"}))
    roads = head.get("roads")
    if not isinstance(roads, dict) or not isinstance(roads.get("file"), str):
        faults.append(Fault("roads.file", "WorldField", {"field": "roads.file"}))
    if head.get("schema_version") != 1:
        faults.append(Fault("schema_version", "WorldField", {"field": "schema_version"}))
    if faults:
        raise BadInput(str(path), faults)
    return head
