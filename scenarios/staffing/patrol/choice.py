"""Which places of a register are inspected this year (P1): what they owe, for the patrol plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from inventory.files import Table, read_table
from optimizer.staffing.patrol.dues import choose
from optimizer.staffing.patrol.model import RISKS

CLASSES: Final = ("enterprise", "venue")
ON_SITE_MIN: Final = {"enterprise": (60, 75, 90), "venue": (30, 40, 45)}  # by risk (assumed)
KEPT = ("place", "name", "town", "class", "risk", "lat", "lon", "address", "look_at")


@dataclass(frozen=True)
class Chosen:
    """`rows`: of `patrol_dues`. `counts`: (class, risk) -> (chosen, places)."""

    rows: list[dict[str, Any]]
    counts: Mapping[tuple[str, str], tuple[int, int]]


def read_places(path: Path) -> Table:
    """The register (table `patrol_places`). Raises BadTable with every fault."""
    return read_table(path, "patrol_places")


def choose_dues(places: Table, *, coverage: Mapping[str, float], body: str) -> Chosen:
    """One due for each chosen place, of this body, in the window of its risk.

    coverage  class -> share of its places, 0 to 1; within a risk those that were not visited for longest come first,
              those never visited before all, then by id
    """
    rows = sorted(places.rows(), key=lambda row: row["place"])
    found: list[dict[str, Any]] = []
    counts = {}
    for kind in CLASSES:
        own = [row for row in rows if row["class"] == kind]
        risk = np.array([RISKS.index(row["risk"]) for row in own], np.int64)
        last = np.array([_day(row["last_visit"]) for row in own], np.int64)
        taken = choose(risk, last, coverage=coverage[kind]).tolist()
        for level, name in enumerate(RISKS):
            counts[kind, name] = int(np.count_nonzero(risk[taken] == level)), int(np.count_nonzero(risk == level))
        found += list(_dues([own[one] for one in taken], body))
    return Chosen(found, counts)


def _day(value: date | None) -> int:
    return 0 if value is None else value.toordinal()


def _dues(rows: list[dict[str, Any]], body: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        usual = ON_SITE_MIN[row["class"]][RISKS.index(row["risk"])]
        minutes = usual if row["on_site_min"] is None else row["on_site_min"]
        yield {"id": f"{row['place']}-1", **{name: row[name] for name in KEPT}, "body": body, "on_site_min": minutes}
