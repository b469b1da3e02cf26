"""What the sizing knows of a town, one by one (`Town`) and as arrays (`Towns`)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from optimizer.errors import BadInput, Fault
from optimizer.units import FloatArray

UNKNOWN = float("nan")
MOST_COUNT = 10**9  # of anything in a town; beyond it somebody mistyped, and sums stay far inside 64 bits


@dataclass(frozen=True, slots=True)
class Town:
    """A town station: what it looks after, and whom it has. None = not stated."""

    code: str
    name: str
    district: str = ""
    population: float = 0
    households: float = 0
    area_km2: float = 0
    enterprises: tuple[float, float, float] = (0, 0, 0)  # at low, medium, high risk
    venues: tuple[float, float, float] = (0, 0, 0)
    hazard_points: float = 0
    established: int | None = None
    contract: int | None = None
    licensed: int | None = None
    vehicles: int | None = None
    villages: float | None = None  # else reckoned from the residents
    travel_h: float | None = None  # mean per visit, over the roads; else reckoned from the area
    store_task_h: float = 0  # hours a year its stores' five-fixed tasks take
    difficulty: float = 1.0  # of putting hazards right, here
    team: int | None = None  # people of the town rescue team, a body of its own
    supervisors: int | None = None
    lat: float | None = None  # of the station, WGS-84; only maps ask for it
    lon: float | None = None


@dataclass(frozen=True)
class Towns:
    """Many towns as arrays [towns]; NaN = not stated. `enterprises`, `venues`: [towns, 3]."""

    code: tuple[str, ...]
    name: tuple[str, ...]
    district: tuple[str, ...]
    population: FloatArray
    households: FloatArray
    area_km2: FloatArray
    enterprises: FloatArray
    venues: FloatArray
    hazard_points: FloatArray
    established: FloatArray
    contract: FloatArray
    licensed: FloatArray
    vehicles: FloatArray
    villages: FloatArray
    travel_h: FloatArray
    store_task_h: FloatArray
    difficulty: FloatArray
    team: FloatArray
    supervisors: FloatArray
    lat: FloatArray
    lon: FloatArray

    def __len__(self) -> int:
        return len(self.code)

    @property
    def staff(self) -> FloatArray:
        """Established and contract staff together; NaN where either is not stated."""
        return self.established + self.contract

    def part(self, first: int, last: int) -> "Towns":
        """The towns from `first` to before `last`."""
        return Towns(*(getattr(self, each.name)[first:last] for each in fields(self)))

    @classmethod
    def of(cls, towns: Sequence[Town]) -> "Towns":
        """Arrays from towns one by one. Raises BadInput for counts below zero or beyond MOST_COUNT."""
        columns: dict[str, object] = {}
        for each in fields(Town):
            values = [getattr(town, each.name) for town in towns]
            if each.name in ("code", "name", "district"):
                columns[each.name] = tuple(values)
            else:
                columns[each.name] = _floats(values, wide=each.name in ("enterprises", "venues"))
        return cls.of_columns(columns)

    @classmethod
    def of_columns(cls, columns: dict[str, object]) -> "Towns":
        """From arrays as named here. Raises BadInput for counts below zero or beyond MOST_COUNT, every one of them."""
        towns = cls(**columns)  # type: ignore[arg-type]
        faults = []
        for each in fields(cls)[3:]:
            if each.name in ("lat", "lon"):
                continue
            values: FloatArray = getattr(towns, each.name)
            unstated = each.name in _MAY_BE_UNSTATED
            bad = (values < 0) | (values > MOST_COUNT) | (np.isnan(values) & (not unstated))
            for place in np.argwhere(bad).tolist():
                facts = {"name": each.name, "value": float(values[tuple(place)]), "town": towns.name[place[0]],
                         "most": MOST_COUNT}  # fmt: skip
                faults.append(Fault(towns.code[place[0]], "BadCount", facts))
        if faults:
            raise BadInput("towns", faults)
        return towns


_MAY_BE_UNSTATED = frozenset(
    {"established", "contract", "licensed", "vehicles", "villages", "travel_h", "team", "supervisors"}
)


def _floats(values: Sequence[object], *, wide: bool) -> FloatArray:
    array: npt.NDArray[np.float64] = np.array(values, np.float64)  # None becomes NaN
    return array.reshape(-1, 3) if wide else array
