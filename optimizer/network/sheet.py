"""One strictly read CSV file: columns of text, converted with every bad cell on record."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from optimizer.errors import Fault
from optimizer.units import FloatArray

_OUT_OF_RANGE: Final = {"lat": "road_latitude_out_of_range", "lon": "road_longitude_out_of_range"}


class Sheet:
    """One CSV file: its columns as lists of text, and the faults found while converting them. With faults in
    the file itself (missing, not UTF-8, wrong columns) `columns` is empty. `chinese`: Chinese names of columns."""

    def __init__(
        self,
        path: Path,
        required: tuple[str, ...],
        optional: tuple[str, ...] = (),
        *,
        chinese: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.columns: dict[str, list[str]] = {}
        self.count = 0
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file, strict=True))
        except FileNotFoundError:
            self.faults.append(Fault(path.name, "road_no_such_file", {"file": path.name}))
            return
        except UnicodeDecodeError:
            self.faults.append(Fault(path.name, "road_not_utf8", {"file": path.name}))
            return
        except csv.Error as error:
            self.faults.append(Fault(path.name, "road_not_csv", {"file": path.name, "reason": str(error)}))
            return
        header = [(chinese or {}).get(cell.strip(), cell.strip()) for cell in rows[0]] if rows else []
        missing = [name for name in required if name not in header]
        unknown = [name for name in header if name not in required + optional]
        if missing:
            facts: dict[str, Any] = {"columns": ", ".join(missing), "present": ", ".join(header)}
            self.faults.append(Fault(f"{path.name} row 1", "road_missing_columns", facts))
        if unknown or len(set(header)) < len(header):
            facts = {"columns": ", ".join(unknown) or ", ".join(header), "known": ", ".join(required + optional)}
            self.faults.append(Fault(f"{path.name} row 1", "road_unknown_columns", facts))
        # Line numbers are those of a spreadsheet: the header is row 1. Empty lines at the end are no rows.
        body = rows[1:]
        while body and not any(cell.strip() for cell in body[-1]):
            body.pop()
        width = len(header)
        for number, row in enumerate(body, start=2):
            if len(row) != width:
                facts = {"cells": len(row), "columns": width}
                self.faults.append(Fault(f"{path.name} row {number}", "road_wrong_number_of_cells", facts))
        if not self.faults:
            for place, name in enumerate(header):
                self.columns[name] = [row[place].strip() for row in body]
            self.count = len(body)

    def fault(self, index: int, column: str, code: str, **facts: Any) -> None:
        """Puts a bad cell on record (`index` counts rows from 0 below the header)."""
        value = self.columns[column][index] if column in self.columns else ""
        facts = {"field": column, "value": value, **facts}
        self.faults.append(Fault(f"{self.path.name} row {index + 2} {column}", code, facts))

    def texts(self, column: str, default: str = "") -> list[str]:
        """A column as it stands; the default for every row where the file has no such column."""
        return self.columns.get(column) or [default] * self.count

    def numbers(self, column: str, *, optional: bool = False, code: str = "road_not_a_measure") -> FloatArray:
        """Finite numbers, none negative; nan for an empty cell where that is allowed."""
        cells = self.columns.get(column)
        if cells is None:
            return np.full(self.count, np.nan)
        lowest = 0.0 if code == "road_not_a_measure" else -np.inf
        found = np.array([_number(cell) for cell in cells], np.float64)
        bad = ~(np.isfinite(found) & (found >= lowest))
        for index in np.flatnonzero(bad).tolist():
            if cells[index] or not optional:
                self.fault(index, column, code)
        return found

    def coordinates(self) -> tuple[FloatArray, FloatArray]:
        """The columns lat and lon in degrees, out of range put on record."""
        lat = self.numbers("lat", code="road_not_a_coordinate")
        lon = self.numbers("lon", code="road_not_a_coordinate")
        for column, values, limit in (("lat", lat, 90), ("lon", lon, 180)):
            for index in np.flatnonzero(np.abs(values) > limit).tolist():
                # Certain only in this direction: a latitude of 106 is a longitude in the wrong column.
                swapped = column == "lat" and limit < abs(lat[index]) <= 180 and abs(lon[index]) <= 90
                code = "road_coordinates_swapped" if swapped else _OUT_OF_RANGE[column]
                self.fault(index, column, code, lat=float(lat[index]), lon=float(lon[index]))
        return lat, lon

    def words(self, column: str, known: dict[str, int], defaults: list[int]) -> list[int]:
        """Words of a fixed list as numbers; the default where the column or the cell is empty."""
        values = list(defaults)
        for index, cell in enumerate(self.columns.get(column, [])):
            if cell:
                value = known.get(cell.lower())
                if value is None:
                    self.fault(index, column, "road_unknown_word", known=", ".join(known))
                else:
                    values[index] = value
        return values


def _number(cell: str) -> float:
    """nan for whatever is no plain number; Python alone would take 1_000."""
    try:
        return float(cell) if "_" not in cell else np.nan
    except ValueError:
        return np.nan
