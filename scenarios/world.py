"""The World: one situation as frozen data, a table for every CSV of the World folder plus roads and closures.

Tables are columns of the data dictionary (docs/data-dictionary.md), so a World is what its folder shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inventory.files import Table
from inventory.files.columns import table_of
from inventory.five_fixed import RuleBook
from optimizer.network.graph import RoadNetwork

if TYPE_CHECKING:
    from scenarios.progress import Standing

__all__ = ["TABLES", "World", "table_of"]

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
    pins: tuple[Mapping[str, str], ...] = ()  # as in problem.json, and so are bans
    bans: tuple[Mapping[str, str], ...] = ()
    seed: int | None = None  # of a generated World
    book: RuleBook | None = None  # the rules in force where it comes from; None = the built-in ones
    # first six digits of a county's code -> its own rules, where it has any: they judge its stores instead of `book`
    county_books: Mapping[str, RuleBook] = field(default_factory=dict)
    # (incident, item) -> units that have left for it already: so much less it needs
    delivered: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    # (task, item) -> units of its equipment that have left for it, without those of teams at work; when all is there
    equipped: Mapping[tuple[str, str], tuple[Decimal, datetime]] = field(default_factory=dict)
    standing: "Standing | None" = None  # how far its teams have come, of a live situation
    unplaced: tuple[str, ...] = ()  # incidents of a live situation that are left out, for want of a place
    notes: tuple[str, ...] = ()  # what whoever built it wants known, Chinese and English in one line

    def table(self, name: str) -> Table:
        table: Table = getattr(self, name)
        return table
