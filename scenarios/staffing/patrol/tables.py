"""What a patrol year is planned from: five tables of the data dictionary and the roads."""

from dataclasses import dataclass, replace
from pathlib import Path

from inventory.errors import RowFault
from inventory.files import Table, read_table
from optimizer.errors import BadInput, Fault
from optimizer.network.graph import RoadNetwork
from scenarios.world import table_of

KEYS = {"stations": "town", "dues": "id", "grids": "grid", "villages": "village", "hazards": "point"}


@dataclass(frozen=True)
class PatrolTables:
    """`grids`, `villages` and `hazards` may be empty: then nothing is planned for them."""

    year: int
    network: RoadNetwork
    stations: Table
    dues: Table
    grids: Table
    villages: Table
    hazards: Table
    title_zh: str = ""
    title_en: str = ""


def in_order(tables: PatrolTables) -> PatrolTables:
    """The same tables by key, so that the order of rows in a file changes no plan."""

    def by_key(table: Table, key: str) -> Table:
        order = sorted(range(len(table)), key=table[key].__getitem__)
        columns = {name: [values[row] for row in order] for name, values in table.columns.items()}
        return replace(table, columns=columns, row_numbers=[table.row_numbers[row] for row in order])

    return replace(tables, **{name: by_key(getattr(tables, name), key) for name, key in KEYS.items()})


def read_patrol(
    *, year: int, network: RoadNetwork, dues: Path, stations: Path, grids: Path | None = None,
    villages: Path | None = None, hazards: Path | None = None,
) -> PatrolTables:  # fmt: skip
    """Raises BadTable with every fault of a file: of its cells, towns that no station has, windows that end before they
    begin or lie outside the year, hazard points whose person has no grid of the town. Raises BadInput where nothing is
    due."""
    known = read_table(stations, "patrol_stations")
    references = {"patrol_stations.town": known["town"]}

    def windows(table: Table) -> list[RowFault]:
        found = []
        for number, first, last in zip(table.row_numbers, table["first_day"], table["last_day"], strict=True):
            if first is not None and last is not None and first > last:
                found.append(RowFault(number, "last_day", "window_ends_first", {"first": first, "last": last}))
            found += [
                RowFault(number, name, "day_of_other_year", {"value": value, "year": year})
                for name, value in (("first_day", first), ("last_day", last))
                if value is not None and value.year != year
            ]  # fmt: skip
        return found

    def optional(path: Path | None, name: str) -> Table:
        return table_of(name, {}) if path is None else read_table(path, name, references=references)

    of_grids = optional(grids, "patrol_grids")
    people = {(town, person) for town, person in zip(of_grids["town"], of_grids["person"], strict=True)}

    def persons(table: Table) -> list[RowFault]:
        rows = zip(table.row_numbers, table["town"], table["person"], strict=True)
        return [
            RowFault(number, "person", "person_without_grid", {"value": person, "town": town})
            for number, town, person in rows if person is not None and (town, person) not in people
        ]  # fmt: skip

    owed = read_table(dues, "patrol_dues", references=references, extra=windows)
    if not len(owed):
        raise BadInput(str(dues), [Fault("", "PatrolNoDues", {})])
    return PatrolTables(
        year=year,
        network=network,
        stations=known,
        dues=owed,
        grids=of_grids,
        villages=optional(villages, "patrol_villages"),
        hazards=table_of("patrol_hazards", {}) if hazards is None
        else read_table(hazards, "patrol_hazards", references=references, extra=persons),
    )  # fmt: skip
