"""Travel over the routed rounds, back into the sizing of the same towns."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from inventory.errors import BadTable, RowFault
from scenarios.staffing.inputs import read_towns, write_towns
from scenarios.staffing.patrol.plan import PatrolYear
from scenarios.texts import Lang


def check_towns(file: Path, codes: list[str]) -> None:
    """Before the rounds are planned. Raises BadTable for a bad file, or one that lacks towns of the stations."""
    unknown = sorted(set(codes) - set(read_towns(file).code))
    if unknown:
        raise BadTable(file.name, [RowFault(None, "code", "station_of_no_town", {"value": code}) for code in unknown])


def feed_back(file: Path, out: Path, patrol: PatrolYear, *, lang: Lang = "en") -> int:
    """TOWNS.csv again with `travel_h` of the towns whose rounds are planned; their number. Other towns are as they
    were, and so is one without a visit."""
    towns = read_towns(file)
    routed = {code: each for code, each in patrol.travel_h_per_visit().items() if each > 0}
    travel = np.array([round(routed.get(code, old), 4) for code, old in zip(towns.code, towns.travel_h, strict=True)])
    write_towns(out, replace(towns, travel_h=travel), headers=lang)
    return len(routed)
