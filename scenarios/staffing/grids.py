"""Small grids of a district: how many each village needs, their numbers, whose they are, and who is lacking."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inventory.errors import BadTable, RowFault
from inventory.files import Sheet, Table, read_table, write_table, write_workbook
from optimizer.errors import OptimizerError
from optimizer.staffing.check_patrol import manager_faults
from optimizer.staffing.grids import (
    GridUnit,
    ManagerGap,
    Village,
    VillageGrids,
    assign_managers,
    manager_gap,
    size_grids,
    whole_gap,
)  # fmt: skip
from optimizer.units import IntArray
from scenarios.staffing.bilingual import both, header, title
from scenarios.world import table_of


class GridsRefused(OptimizerError):
    """The checker refuses our managers of grids: a mistake of the program, never of the input. Facts: count, first."""


@dataclass(frozen=True)
class GridTables:
    """`managers` may be empty: then every grid lacks one."""

    villages: Table
    managers: Table


@dataclass(frozen=True, eq=False)
class GridPlan:
    """`village` and `manager` (-1: nobody) are those of each grid; `own` 1: the first grid that its manager holds."""

    tables: GridTables
    sized: tuple[VillageGrids, ...]
    numbers: tuple[str, ...]
    village: IntArray
    manager: IntArray
    own: IntArray
    gaps: tuple[ManagerGap, ...]  # of each town, by code
    whole: ManagerGap

    def person(self, grid: int) -> str:
        """Empty where nobody is."""
        return str(self.tables.managers["person"][self.manager[grid]]) if self.manager[grid] >= 0 else ""


def read_grids(villages: Path, managers: Path | None = None) -> GridTables:
    """Raises BadTable with every fault of a file; a manager's village must stand among the villages, in his town."""
    of_villages = read_table(villages, "grid_villages")
    town_of = dict(zip(of_villages["village"], of_villages["town"], strict=True))

    def misplaced(table: Table) -> Iterator[RowFault]:
        towns = set(of_villages["town"])
        for number, town, village in zip(table.row_numbers, table["town"], table["village"], strict=True):
            if town is not None and town not in towns:
                yield RowFault(number, "town", "manager_of_no_town", {"value": town})
            elif village is not None and village in town_of and town_of[village] != town:
                facts = {"village": village, "town": town, "other": town_of[village]}
                yield RowFault(number, "village", "manager_of_other_town", facts)

    references = {"grid_villages.village": of_villages["village"]}
    if managers is None:
        return GridTables(of_villages, table_of("grid_managers", {}))
    return GridTables(of_villages, read_table(managers, "grid_managers", references=references, extra=misplaced))


def plan_grids(tables: GridTables) -> GridPlan:
    """Grids, managers and gaps. Raises BadInput for villages that cannot be numbered."""
    table, managers = _by_key(tables.villages, "village"), _by_key(tables.managers, "town", "person")
    sized = size_grids(
        Village(code, population, households)
        for code, population, households in zip(table["village"], table["population"], table["households"], strict=True)
    )
    village = np.repeat(np.arange(len(sized)), [one.grids for one in sized]).astype(np.int64)
    towns = sorted(set(table["town"]))
    town = np.array([towns.index(one) for one in table["town"]], np.int64)
    row_of = {code: row for row, code in enumerate(table["village"])}
    manager_town = np.array([towns.index(one) for one in managers["town"]], np.int64)
    manager_village = np.array([row_of.get(one, -1) for one in managers["village"]], np.int64)
    manager, own = assign_managers(town[village], village, manager_town, manager_village)
    faults = manager_faults(town[village].tolist(), manager.tolist(), own.tolist(), manager_town.tolist())
    if faults:
        raise GridsRefused(count=len(faults), first=faults[0])
    gaps = manager_gap(
        GridUnit(code, int(np.count_nonzero(town[village] == at)), int(np.count_nonzero(manager_town == at)))
        for at, code in enumerate(towns)
    )
    numbers = tuple(number for one in sized for number in one.numbers)
    return GridPlan(GridTables(table, managers), sized, numbers, village, manager, own, gaps, whole_gap(gaps))


def _by_key(table: Table, *keys: str) -> Table:
    """By these columns, so that the order of rows in a file changes nothing."""
    order = sorted(range(len(table)), key=lambda row: [table[key][row] for key in keys])
    columns = {name: [values[row] for row in order] for name, values in table.columns.items()}
    return replace(table, columns=columns, row_numbers=[table.row_numbers[row] for row in order])


def grid_rows(plan: GridPlan) -> dict[str, list[Any]]:
    """The grids with their managers as columns of a table `patrol_grids`; a grid is where its village is (assumed).

    Raises BadTable for villages without a position and grids that nobody has: nobody could patrol them.
    """
    table = plan.tables.villages
    faults = [
        RowFault(table.row_numbers[row], "lat", "village_without_place", {"village": table["village"][row]})
        for row in range(len(table)) if table["lat"][row] is None or table["lon"][row] is None
    ]  # fmt: skip
    faults += [
        RowFault(None, "person", "town_without_manager", {"town": gap.code, "grids": gap.unserved})
        for gap in plan.gaps if gap.unserved
    ]  # fmt: skip
    if faults:
        raise BadTable(table.name, faults)
    rows = plan.village.tolist()
    return {
        "grid": list(plan.numbers),
        "person": [plan.person(grid) for grid in range(len(rows))],
        **{name: [table[name][row] for row in rows] for name in ("town", "village", "lat", "lon")},
    }


def write_grid_table(path: Path, plan: GridPlan) -> None:
    """What `wuding staffing patrol --grids` reads. Raises BadTable as `grid_rows` does."""
    write_table(path, "patrol_grids", grid_rows(plan))


def write_grids(path: Path, plan: GridPlan) -> None:
    """Sheets: gaps by town with the total, villages, grids, managers. Raises BadTable for texts that a workbook cannot
    hold."""
    sheets = [_gaps(plan), _villages(plan), _grids(plan)]
    if len(plan.tables.managers):
        sheets.append(_managers(plan))
    write_workbook(path, sheets)


def town_names(plan: GridPlan) -> dict[str, str]:
    """By code; the code where a town is not named."""
    table = plan.tables.villages
    return {code: name or code for code, name in zip(table["town"], table["town_name"], strict=True)}


def _gaps(plan: GridPlan) -> Sheet:
    villages = Counter(plan.tables.villages["town"])
    names_of = town_names(plan)
    rows: list[tuple[Any, ...]] = [
        (gap.code, names_of[gap.code], villages[gap.code], *_counts(gap)) for gap in plan.gaps
    ]
    rows.append((both("grids.total"), None, sum(villages.values()), *_counts(plan.whole)))
    names = "town town_name villages grids managers without_own spare most_each busiest unserved"
    return Sheet(title("grids.sheet.gaps"), header("grids.col", names), rows)


def _counts(gap: ManagerGap) -> tuple[int, ...]:
    return (gap.grids, gap.managers, gap.without_own, gap.spare, gap.most_each, gap.busiest, gap.unserved)


def _villages(plan: GridPlan) -> Sheet:
    table = plan.tables.villages
    rows = [
        (one.code, table["name"][row], table["town"][row], table["population"][row], table["households"][row],
         one.grids, both(f"grids.by.{one.by}"), both(f"grids.usual.{one.usual}") if one.usual else None)
        for row, one in enumerate(plan.sized)
    ]  # fmt: skip
    return Sheet(
        title("grids.sheet.villages"),
        header("grids.col", "village name town population households grids by usual"),
        rows,
    )


def _grids(plan: GridPlan) -> Sheet:
    table = plan.tables.villages
    rows = []
    for grid, (number, row) in enumerate(zip(plan.numbers, plan.village.tolist(), strict=True)):
        held = "nobody" if plan.manager[grid] < 0 else "own" if plan.own[grid] else "second"
        rows.append((number, table["village"][row], table["name"][row], table["town"][row], plan.person(grid) or None,
                     both(f"grids.held.{held}")))  # fmt: skip
    return Sheet(title("grids.sheet.grids"), header("grids.col", "grid village name town person held"), rows)


def _managers(plan: GridPlan) -> Sheet:
    held: dict[int, list[str]] = {}
    for grid, manager in enumerate(plan.manager.tolist()):
        held.setdefault(manager, []).append(plan.numbers[grid])
    table = plan.tables.managers
    rows = [
        (table["person"][row], table["town"][row], table["village"][row], len(held.get(row, ())),
         "、".join(held.get(row, ())) or None)
        for row in range(len(table))
    ]  # fmt: skip
    return Sheet(title("grids.sheet.managers"), header("grids.col", "person town village held_grids grid"), rows)
