"""From a World to a plan on paper: the use cases behind `wuding demo` and `wuding scenario`."""

from dataclasses import dataclass
from pathlib import Path

import scenarios.report
from api.stage import closures_of, names_of, places_of, situation_of
from api.usecases import Phases, Solved, Tell, silent, solve_loaded
from inventory.five_fixed import Report
from optimizer.errors import BadInput, Fault
from scenarios.build import five_fixed, problem_document
from scenarios.exchange.json_text import dumps, write_text
from scenarios.exchange.load import LoadedProblem, to_problem
from scenarios.exchange.plan import run_path, run_record, write_plan
from scenarios.exchange.problem import parse_problem
from scenarios.registry import find_scenario
from scenarios.report import MapLayers, ReportView, network_layers, view_of
from scenarios.world import World
from scenarios.world_files import write_world

ON_ROADS = "county"  # the scenario that can be put on real roads
WORLD = "world"  # folder of the scenario beside the plan


def stage_scenario(name: str, *, seed: int, roads: Path | None = None, tell: Tell = silent) -> World:
    """A named scenario, on its own ground or, for `county`, on the roads and settlements of an OSM file.
    Raises `UnknownScenario`, `BadInput`."""
    scenario = find_scenario(name)
    if roads is None:
        with Phases(tell).phase("build"):
            return scenario.build(seed)
    if name != ON_ROADS:
        raise BadInput("--roads", [Fault("--roads", "RoadsNotForScenario", {"name": name, "known": ON_ROADS})])
    from scenarios.osm_world import world_from_roads  # osmium, only for real roads

    with Phases(tell).phase("roads"):
        return world_from_roads(roads, seed=seed)


def build_scenario(name: str, *, out: Path, seed: int = 0, roads: Path | None = None, tell: Tell = silent) -> World:
    """Write a scenario as a World folder, problem.json included."""
    world = stage_scenario(name, seed=seed, roads=roads, tell=tell)
    with Phases(tell).phase("write"):
        write_world(world, out)
    return world


@dataclass(frozen=True)
class Shown:
    """A solved World with everything that was written about it."""

    solved: Solved
    view: ReportView
    files: tuple[Path, ...]


def plan_world(
    world: World, *, out: Path, seed: int = 0, time_limit_s: float | None = None, lang: str = "zh", tell: Tell = silent
) -> Shown:
    """Judge the stock, make the problem, solve and check it, and write plan, reports and map into `out`; the
    World itself goes to `out/world`, so that `wuding solve out/world/problem.json` repeats the plan."""
    phases = Phases(tell)
    with phases.phase("problem"):
        report = five_fixed(world)
        loaded = load_world(world, report=report)
    solved = solve_loaded(loaded, seed=seed, time_limit_s=time_limit_s, phases=phases)
    with phases.phase("report"):
        names, situation = names_of(world, report), situation_of(world, report)
        view = view_of(solved.problem, solved.plan, names=names, situation=situation)
        write_plan(out / "plan.json", solved.plan)
        reports: list[Path] = []
        write_report = getattr(scenarios.report, "write_report", None)  # not there in every build yet
        if write_report is not None:
            parts = {"names": names, "layers": layers_of(world, loaded), "situation": situation, "lang": lang}
            written = write_report(out, problem=solved.problem, plan=solved.plan, **parts)
            reports = [written.html, written.xlsx, written.geojson, written.png]
    with phases.phase("write"):
        write_world(world, out / WORLD)
    write_text(run_path(out / "plan.json"), dumps(run_record(phases.seconds)))
    files = [out / "plan.json", *(path for path in reports if path is not None), out / WORLD]
    return Shown(solved, view, tuple(files))


def load_world(world: World, *, report: Report | None = None) -> LoadedProblem:
    """The problem of a World, on the roads it holds in memory."""
    source = world.title_en
    file = parse_problem(problem_document(world, report), source=source)
    return to_problem(file, folder=Path(), network=world.network, source=source)


def layers_of(world: World, loaded: LoadedProblem) -> MapLayers | None:
    """The ground of the map: roads as they are with the closures, and places."""
    if loaded.roads is None:
        return None
    return network_layers(loaded.roads.closed, closures=closures_of(world), places=places_of(world))
