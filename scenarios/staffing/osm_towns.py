"""Towns of the sizing counted from an OpenStreetMap extract: a start where no register is at hand.

All of it is assumed: what a class or risk a place of work is of, residents where the map states none, and that a place
belongs to the nearest town. Maps miss many businesses; the notes say what was counted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from optimizer.errors import BadInput, Fault
from optimizer.network.workplaces import PLACES, Workplace, read_workplaces
from optimizer.staffing.towns import Town, Towns

LOW, MEDIUM, HIGH = range(3)
CLASSES: Final = {  # kind -> class and risk; what is not listed is a small venue at low risk
    "office": ("enterprises", LOW), "craft": ("enterprises", MEDIUM), "industrial": ("enterprises", MEDIUM),
    "works": ("enterprises", HIGH), "fuel": ("venues", HIGH), "nightclub": ("venues", HIGH),
    "lodging": ("venues", MEDIUM), "restaurant": ("venues", MEDIUM), "marketplace": ("venues", MEDIUM),
    "kindergarten": ("venues", MEDIUM), "cinema": ("venues", MEDIUM), "theatre": ("venues", MEDIUM),
    "bar": ("venues", MEDIUM), "pub": ("venues", MEDIUM),
}  # fmt: skip
PEOPLE: Final = {"city": 50_000, "town": 8_000, "village": 800, "hamlet": 80}  # where the map states none
_HOUSEHOLD: Final = 2.6


@dataclass(frozen=True)
class Counted:
    """Towns from a map: how many places of work were counted, and settlements whose residents are assumed."""

    towns: Towns
    workplaces: int
    settlements: int
    people_assumed: int


def towns_of_map(path: Path | str) -> Counted:
    """A town for each city or town of the extract (its villages where it has none), with what lies nearest to it.

    Raises BadInput for a file that cannot be read, or that has no settlements or no places of work.
    """
    found = read_workplaces(path)
    settled = [each for each in found if each.kind in PLACES]
    working = [each for each in found if each.kind not in PLACES]
    seats = [each for each in settled if each.kind in ("city", "town")] or [e for e in settled if e.kind == "village"]
    if not seats or not working:
        raise BadInput(str(path), [Fault("", "NoWorkPlaces", {"source": Path(path).name})])
    counts = {name: np.zeros((len(seats), 3)) for name in ("enterprises", "venues")}
    for each, seat in zip(working, _nearest(working, seats), strict=True):
        name, risk = CLASSES.get(each.kind, ("venues", LOW))
        counts[name][seat, risk] += 1
    people, villages = np.zeros(len(seats)), np.zeros(len(seats))
    for each, seat in zip(settled, _nearest(settled, seats), strict=True):
        people[seat] += PEOPLE[each.kind] if each.people is None else each.people
        villages[seat] += each.kind in ("village", "hamlet")
    towns = [
        Town(
            code=f"T{number + 1:03d}",
            name=seat.name or f"{seat.kind} {seat.lat:.4f},{seat.lon:.4f}",
            population=float(people[number]),
            households=float(people[number] // _HOUSEHOLD),
            enterprises=tuple(counts["enterprises"][number].tolist()),
            venues=tuple(counts["venues"][number].tolist()),
            villages=float(villages[number]),
            lat=round(seat.lat, 6),
            lon=round(seat.lon, 6),
        )
        for number, seat in enumerate(seats)
    ]
    return Counted(Towns.of(towns), len(working), len(settled), sum(each.people is None for each in settled))


def _nearest(points: list[Workplace], seats: list[Workplace]) -> list[int]:
    """Index of the nearest seat of each point, the first of equals."""
    lat, lon = (np.array([getattr(seat, name) for seat in seats]) for name in ("lat", "lon"))
    shrink = np.cos(np.radians(lat.mean()))
    return [int(np.argmin((lat - each.lat) ** 2 + ((lon - each.lon) * shrink) ** 2)) for each in points]
