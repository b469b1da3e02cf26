"""From a World to a plan on paper: the use cases behind `wuding demo` and `wuding scenario`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.stage import closures_of, names_of, names_of_codes, places_of, situation_of
from api.usecases import Opened, Phases, Solved, Tell, open_world, silent, solve_loaded, write_run
from optimizer.errors import BadInput, Fault
from scenarios.build import problem_document
from scenarios.exchange.json_text import dumps, write_text
from scenarios.exchange.plan import write_plan
from scenarios.exchange.problem import Note, parse_problem
from scenarios.registry import find_scenario
from scenarios.report import ReportView, network_layers, view_of, write_report
from scenarios.world import World
from scenarios.world_files import read_world, write_world

if TYPE_CHECKING:
    from optimizer.dispatch.replanning import PlanDiff
    from scenarios.explanation import Explanation

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
    World itself goes to `out/world`, so that `wuding solve out/world` repeats the plan."""
    phases = Phases(tell)
    with phases.phase("problem"):
        opened = open_world(world)
    solved = solve_loaded(opened.loaded, seed=seed, time_limit_s=time_limit_s, phases=phases)
    with phases.phase("report"):
        write_plan(out / "plan.json", solved.plan)
        view, reports = write_reports(out, opened, solved, lang=lang)
    with phases.phase("write"):
        write_world(world, out / WORLD, stock=opened.stock)
    write_run(out / "plan.json", solved, phases)
    return Shown(solved, view, (out / "plan.json", *reports, out / WORLD))


def write_reports(
    folder: Path,
    opened: Opened,
    solved: Solved,
    *,
    lang: str,
    why: "Explanation | None" = None,
    changes: "PlanDiff | None" = None,
) -> tuple[ReportView, tuple[Path, ...]]:
    """plan.html, plan.xlsx, plan.geojson and plan.png for people, of a re-plan also changes.html; names and stock as
    far as a World knows them."""
    names, situation, closures, places = names_of_codes(solved.problem), None, (), ()
    if opened.world is not None and opened.stock is not None:
        names, situation = names_of(opened.world, opened.stock), situation_of(opened.world, opened.stock)
        closures, places = closures_of(opened.world), places_of(opened.world)
    roads = opened.loaded.roads
    layers = None if roads is None else network_layers(roads.closed, closures=closures, places=places)
    view = view_of(
        opened.with_every_lot(solved.problem), solved.plan, names=names, situation=situation, foreseen=solved.foreseen
    )
    reasons = None
    if why is not None:
        from api.why import words_of
        from scenarios.report.why_rows import why_view

        reasons = why_view(words_of(opened), why)
    written = write_report(
        folder,
        problem=solved.problem,
        plan=solved.plan,
        layers=layers,
        view=view,
        why=reasons,
        changes=changes,
        lang=lang,
    )
    paths = (written.html, written.xlsx, written.geojson, written.png, written.changes)
    return view, tuple(path for path in paths if path is not None)


def refresh_world(folder: Path, *, tell: Tell = silent) -> World:
    """Read a World folder that somebody edited and write its problem.json anew. Raises `BadInput` with every
    bad row of every table; then nothing is written."""
    phases = Phases(tell)
    with phases.phase("read"):
        world = read_world(folder)
    with phases.phase("problem"):
        document = problem_document(world)
        parse_problem(document, source=str(folder))
    with phases.phase("write"):
        write_text(folder / "problem.json", dumps(document))
    return world


def remarks_on(world: World) -> tuple[Note, ...]:
    """What `solve` would remark on (who is far from every road, ...), and the tasks that no team can do."""
    loaded = open_world(world).loaded
    held = {one for team in loaded.problem.teams for one in team.capabilities}
    nobody = (
        Note("", "NobodyCan", {"task": task.id, "capability": task.capability, "known": sorted(held)})
        for task in loaded.problem.tasks
        if task.capability not in held
    )
    return (*loaded.notes, *nobody)
