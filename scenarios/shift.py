"""A World moved in time, for training on a scenario as if it happened today."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from inventory.files import Table
from inventory.files.dictionary import columns_of
from inventory.five_fixed import shanghai_day
from scenarios.world import TABLES, World


def moved_to(world: World, day: date) -> World:
    """The World with `as_of` on that Shanghai day, at the same time of day; every date in it moves alike."""
    days = timedelta(days=(day - shanghai_day(world.as_of)).days)
    tables = {name: _moved(world.table(name), days) for name in TABLES}
    closures = tuple({name: _later(name, value, days) for name, value in one.items()} for one in world.closures)
    return replace(world, as_of=world.as_of + days, closures=closures, **tables)


def _moved(table: Table, days: timedelta) -> Table:
    timed = {column.name for column in columns_of(table.name) if column.type in ("date", "instant")}
    columns = {
        name: [None if value is None else value + days for value in values] if name in timed else values
        for name, values in table.columns.items()
    }
    return Table(table.name, columns, table.row_numbers)


def _later(name: str, value: Any, days: timedelta) -> Any:
    if name in ("from", "to") and isinstance(value, str):
        return (datetime.fromisoformat(value) + days).isoformat()
    return dict(value) if isinstance(value, Mapping) else value
