"""Towns, coefficients and annual plans from files, with every bad row at once; towns back to a file."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inventory.errors import RowFault
from inventory.files import Table, read_table, write_table
from optimizer.errors import BadInput, Fault
from optimizer.staffing.annual_plan import PARTS, AnnualPlan, check_annual_plans
from optimizer.staffing.parameters import LEVELS, Parameters
from optimizer.staffing.towns import Towns
from optimizer.units import FloatArray

# column of the file -> what it is where the cell is empty
_DEFAULTS = {"households": 0.0, "area_km2": 0.0, "hazard_points": 0.0, "store_task_h": 0.0, "difficulty": 1.0}
_SINGLE = ("population", *_DEFAULTS, "established", "contract", "licensed", "vehicles", "villages", "travel_h", "team",
           "supervisors", "lat", "lon")  # fmt: skip
_NOT_MORE = (("households", "population", "MORE_HOUSEHOLDS"),)
Role = Literal["towns", "parameters", "compare", "stores", "stock", "limits", "districts"]


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that went into a result, so that a reader can tell whether he holds the same; `sha256` in hexadecimal."""

    role: Role
    name: str
    sha256: str


def input_files(named: Iterable[tuple[Role, Path | None]], *, stores: Path | None = None) -> tuple[InputFile, ...]:
    """Those that are given, and the tables of the folder of stores, as they stand on disk. Raises OSError."""
    folder: list[tuple[Role, Path]] = (
        [("stores", stores / "stores.csv"), ("stock", stores / "stock.csv")] if stores else []
    )
    return tuple(
        InputFile(role, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for role, path in (*named, *folder)
        if path is not None
    )


def read_towns(path: Path | str) -> Towns:
    """TOWNS.csv or .xlsx (table `towns` of the data dictionary). Raises BadTable with every fault of the file,
    BadInput where it holds no town."""
    table = read_table(path, "towns", extra=_row_faults)
    if not len(table):
        raise BadInput(str(path), [Fault("", "NoTowns", {"file": Path(path).name})])
    return towns_of(table)


def towns_of(table: Table) -> Towns:
    """Arrays of the sizing from a table `towns`."""
    columns: dict[str, object] = {
        "code": tuple(table["code"]),
        "name": tuple(table["name"]),
        "district": tuple(each or "" for each in table["district"]),
    }
    for name in _SINGLE:
        columns[name] = _floats(table[name], empty=_DEFAULTS.get(name, float("nan")))
    for name in ("enterprises", "venues"):
        columns[name] = np.stack([_floats(table[f"{name}_{level}"], empty=0.0) for level in LEVELS], axis=1)
    return Towns.of_columns(columns)


def _floats(values: Sequence[Any], *, empty: float) -> FloatArray:
    return np.array([empty if value is None else float(value) for value in values], np.float64)


def _row_faults(table: Table) -> Iterator[RowFault]:
    """What two cells of a town must be to each other."""
    for lower, upper, code in _NOT_MORE:
        for number, low, high in zip(table.row_numbers, table[lower], table[upper], strict=True):
            if low is not None and high is not None and low > high:
                yield RowFault(number, lower, code, {"value": low, "most": high})
    rows = zip(table.row_numbers, table["licensed"], table["established"], table["contract"], strict=True)
    for number, licensed, established, contract in rows:
        stated = None not in (licensed, established, contract)
        if stated and licensed > established + contract:
            yield RowFault(number, "licensed", "MORE_LICENSED", {"value": licensed, "most": established + contract})


def write_towns(path: Path | str, towns: Towns, *, headers: str = "en") -> None:
    """The towns as a table `towns`, which reads back to the same."""
    columns: dict[str, list[Any]] = {
        "code": list(towns.code),
        "name": list(towns.name),
        "district": [each or None for each in towns.district],
    }
    for name in _SINGLE:
        columns[name] = [None if np.isnan(value) else _plain(value) for value in getattr(towns, name).tolist()]
    for name in ("enterprises", "venues"):
        for level, key in enumerate(LEVELS):
            columns[f"{name}_{key}"] = [_plain(value) for value in getattr(towns, name)[:, level].tolist()]
    write_table(path, "towns", columns, headers="zh" if headers == "zh" else "en")


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value


def read_parameters(path: Path | str, base: Parameters) -> Parameters:
    """Coefficients stated by the user (table `coefficients`) over the defaults.

    Raises BadTable for a bad file, BadInput for coefficients that are unknown or cannot be.
    """
    table = read_table(path, "coefficients")
    names = table["name"]
    return base.override(
        {name: float(value) for name, value in zip(names, table["value"], strict=True)},
        ranges={
            name: (None if low is None else float(low), None if high is None else float(high))
            for name, low, high in zip(names, table["low"], table["high"], strict=True)
        },
        sources={name: source for name, source in zip(names, table["source"], strict=True) if source},
        where=str(path),
    )


def read_annual_plans(path: Path | str) -> list[AnnualPlan]:
    """Working days of annual plans (table `annual_plans`), none of which contradicts itself.

    Raises BadTable for a bad file, BadInput with every sum and share that does not agree.
    """
    table = read_table(path, "annual_plans")
    plans = [_plan(row) for row in table.rows()]
    check_annual_plans(plans, source=str(path))
    return plans


def _plan(row: dict[str, Any]) -> AnnualPlan:
    return AnnualPlan(
        unit=row["unit"],
        people=row["people"],
        days_each=row["days_each"],
        total=row["total"],
        supervision=row["supervision"],
        other_enforcement=row["other_enforcement"],
        other_work=row["other_work"],
        shares=tuple((name, row[f"{name}_share"]) for name in PARTS if row[f"{name}_share"] is not None),
    )
