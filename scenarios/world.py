"""The World: one situation as frozen data, a table for every CSV of the World folder plus roads and closures.

Tables are columns of the data dictionary (docs/data-dictionary.md), so a World is what its folder shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory.files import Table, dictionary
from optimizer.network.graph import RoadNetwork

TABLES = (
    "places", "stores", "stock", "custodians", "maintenance", "teams", "vehicles", "incidents", "tasks", "demands",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """`closures` and `parameters` have the shape they have in problem.json. An incident without rows in
    `demands` has its needs estimated from people and duration."""

    title_zh: str
    title_en: str
    as_of: datetime
    places: Table
    stores: Table
    stock: Table
    custodians: Table
    maintenance: Table
    teams: Table
    vehicles: Table
    incidents: Table
    tasks: Table
    demands: Table
    network: RoadNetwork
    roads: Mapping[str, str] = field(default_factory=lambda: {"file": "roads", "crs": "WGS-84"})  # in its folder
    closures: tuple[Mapping[str, Any], ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None  # of a generated World
    notes: tuple[str, ...] = ()  # what whoever built it wants known, Chinese and English in one line

    def table(self, name: str) -> Table:
        table: Table = getattr(self, name)
        return table


def table_of(name: str, columns: Mapping[str, Sequence[Any]]) -> Table:
    """A table from columns; columns of the dictionary that are not given are empty.

    Raises ValueError for a column the dictionary does not have or of another length: a slip of the program.
    """
    known = [column.name for column in dictionary() if column.table == name]
    count = len(next(iter(columns.values()), ()))
    wrong = [column for column, values in columns.items() if column not in known or len(values) != count]
    if wrong:
        raise ValueError(f"{name}: columns {wrong}")
    return Table(name, {column: list(columns.get(column) or [None] * count) for column in known}, range(2, count + 2))
