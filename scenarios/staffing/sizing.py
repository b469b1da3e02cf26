"""Use cases of sizing: towns in, posts out with their workbook. Callable from the command line and over HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inventory.files.write import replace_bytes
from inventory.five_fixed import shanghai_day
from optimizer.errors import BadInput, Fault
from optimizer.staffing.towns import Towns
from optimizer.staffing.uncertainty import break_even, compare, distribution, tornado
from optimizer.staffing.workload import Parameters, parameters, size_towns
from scenarios.staffing.inputs import Role, input_files, read_parameters, read_towns
from scenarios.staffing.store_work import with_store_work
from scenarios.staffing.workbook import Sized, write_sizing
from scenarios.texts import Lang

Tell = Callable[..., None]


@dataclass(frozen=True)
class Asked:
    """What a sizing is asked for. `draws` 0 = no uncertainty; `compare`: files of coefficients set beside the first;
    `turns`: coefficients whose break-even is asked for."""

    year: int | None = None  # None = this year in Shanghai
    parameters: Path | None = None
    compare: Sequence[Path] = ()
    turns: Sequence[str] = ()
    draws: int = 1000
    seed: int = 0
    stores: Path | None = None  # a folder whose stock the five-fixed work is reckoned from


def silent(key: str, **facts: Any) -> None:
    """Nobody listens."""


def size_towns_of(towns: Towns, asked: Asked, *, tell: Tell = silent) -> Sized:
    """Posts of every town and what was asked for besides. Raises BadInput, BadTable for files of coefficients."""
    given = given_parameters(asked)
    if asked.stores is not None:
        tell("staffing.phase.stores")
        towns = with_store_work(towns, asked.stores, given)
    tell("staffing.phase.size", towns=len(towns))
    sizing = size_towns(towns, given)
    compared = None
    if asked.compare:
        first = asked.parameters.stem if asked.parameters else "default"
        base = parameters(given.year)
        scenarios = {first: given, **{path.stem: read_parameters(path, base) for path in asked.compare}}
        if len(scenarios) <= len(asked.compare):
            raise BadInput("--compare", [Fault("--compare", "ScenarioNamedTwice", {"names": list(scenarios)})])
        compared = compare(towns, scenarios)
    turns = tuple(break_even(towns, given, name) for name in asked.turns)
    if not asked.draws:
        return Sized(sizing, turns=turns, compared=compared)
    tell("staffing.phase.spread", draws=asked.draws)
    spread = distribution(towns, given, draws=asked.draws, seed=asked.seed)
    return Sized(sizing, spread, tornado(towns, given), turns, compared)


def given_parameters(asked: Asked) -> Parameters:
    """The coefficients of the year, with those the user states."""
    year = asked.year if asked.year is not None else shanghai_day(datetime.now(UTC)).year
    base = parameters(year)
    return base if asked.parameters is None else read_parameters(asked.parameters, base)


def size_file(
    file: Path, out: Path, asked: Asked, *, lang: Lang, pdf: Path | None = None, tell: Tell = silent
) -> Sized:
    """TOWNS.csv or .xlsx to a workbook, and to a report on paper. Raises BadTable with every bad row, BadInput."""
    tell("staffing.phase.read", file=file.name)
    named: list[tuple[Role, Path | None]] = [("towns", file), ("parameters", asked.parameters)]
    named += [("compare", path) for path in asked.compare]
    sized = replace(size_towns_of(read_towns(file), asked, tell=tell), files=input_files(named, stores=asked.stores))
    tell("staffing.phase.write", file=out.name)
    write_sizing(out, sized, lang)
    if pdf is not None:
        from scenarios.staffing.report import sizing_pdf

        replace_bytes(pdf, sizing_pdf(sized, lang, tell=tell))
    return sized
