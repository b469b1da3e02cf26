"""The use case behind `wuding simulate`: a ground, streams on it, every policy on every stream, and what was found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import BadInput, Fault
from optimizer.simulation import Design, Experiment, Ground, Incidents, given_stream, plane, redrawn_stream
from optimizer.simulation.experiment import HOUR, run_case, run_experiment
from scenarios.exchange.json_text import dumps, write_bytes, write_text
from scenarios.report.labels import Label, Lang, say
from scenarios.simulation import ground_of, read_reports, result_document, within_a_year

UTILISATIONS = (0.5, 0.7, 0.9)
Progress = Callable[..., None]
"""Called with a text key and its facts."""


@dataclass(frozen=True)
class Asked:
    """At most one of `problem` and `scenario`; `reports` needs one of them and excludes `utilisations`."""

    out: Path
    problem: Path | None = None
    scenario: str | None = None
    reports: Path | None = None
    utilisations: tuple[float, ...] | None = None
    replications: int = 5
    hours: int = 12
    warm_up_h: int = 6
    teams: int = 24
    seed: int = 0


@dataclass(frozen=True)
class Simulated:
    experiment: Experiment
    ground: Ground
    files: tuple[Path, ...]


def simulate(asked: Asked, *, lang: Lang, tell: Progress = lambda key, **facts: None) -> Simulated:
    """Simulate and write simulation.json, .html and .png into `asked.out`.

    A plane like class B, or the ground of a problem or scenario: Poisson streams where utilisations are asked for (on
    the plane always), else the incidents of the problem at other times of their span, or as `reports` has them.
    Raises `BadInput`, `UnknownScenario`.
    """
    design = Design(
        replications=asked.replications, warm_up_s=asked.warm_up_h * HOUR, span_s=asked.hours * HOUR, seed=asked.seed
    )

    def told(name: str, number: int, count: int) -> None:
        key = "phase.simulate" if number else "phase.calibrate"
        tell(key, case=name or "-", number=number, count=count)

    source, problem = _problem(asked, tell)
    if problem is None:
        ground, incidents = plane(seed=asked.seed, teams=asked.teams)
        about = say("sim.about.plane", teams=asked.teams)
        experiment = run_experiment(
            ground, incidents, utilisations=asked.utilisations or UTILISATIONS, design=design, tell=told
        )
    else:
        ground, incidents, reported = ground_of(problem)
        _worth_it(ground, incidents, source)
        about = say("sim.about.problem", source=source, incidents=len(incidents.place), teams=len(ground.teams))
        if asked.utilisations is not None:
            experiment = run_experiment(ground, incidents, utilisations=asked.utilisations, design=design, tell=told)
        else:
            seeds: list[int | None] = [asked.seed * asked.replications + r for r in range(asked.replications)]
            if asked.reports is not None:
                rows, reported = read_reports(asked.reports, problem=problem)
                within_a_year(reported, source=str(asked.reports))
                about = say("sim.about.reports", source=source, reports=len(rows), teams=len(ground.teams))
                taken = incidents.take(rows)
                one = [given_stream(taken, reported, seed=seed) for seed in (seeds if len(seeds) > 1 else [None])]
            else:
                within_a_year(reported, source=source)
                wave = given_stream(incidents, reported)
                one = (
                    [redrawn_stream(wave, seed=seed) for seed in seeds if seed is not None]
                    if len(seeds) > 1
                    else [wave]
                )
            case = run_case(ground, one, name="given", rules=design.rules, tell=told)
            experiment = Experiment(design, (case,))
    tell("phase.report")
    document = result_document(experiment, ground=ground, about={"about": {"zh": about.zh, "en": about.en}})
    return Simulated(experiment, ground, _written(asked.out, experiment, document, about, lang))


def _problem(asked: Asked, tell: Progress) -> tuple[str, Any]:
    faults = []
    if asked.problem is not None and asked.scenario is not None:
        faults.append(Fault("--scenario", "ProblemAndScenario", {"problem": asked.problem}))
    if asked.reports is not None and asked.problem is None and asked.scenario is None:
        faults.append(Fault("--stream", "StreamWithoutGround", {}))
    if asked.reports is not None and asked.utilisations is not None:
        faults.append(Fault("--stream", "StreamAndUtilisation", {}))
    if faults:
        raise BadInput("simulate", faults)
    if asked.scenario is not None:
        from api.demo import stage_scenario
        from api.usecases import open_world

        world = stage_scenario(asked.scenario, seed=asked.seed, tell=tell)
        tell("phase.problem")
        return asked.scenario, open_world(world).loaded.problem
    if asked.problem is not None:
        from api.usecases import open_problem

        tell("phase.read")
        return asked.problem.name, open_problem(asked.problem).loaded.problem
    return "", None


def _worth_it(ground: Ground, incidents: Incidents, source: str) -> None:
    if not len(incidents.call_incident) or not ground.teams:
        raise BadInput(source, [Fault("", "NothingToSimulate", {"teams": len(ground.teams)})])


def _written(
    folder: Path, experiment: Experiment, document: dict[str, Any], about: Label, lang: Lang
) -> tuple[Path, ...]:
    from scenarios.report.simulation_chart import case_labels, simulation_png, simulation_shapes
    from scenarios.report.simulation_page import simulation_html

    folder.mkdir(parents=True, exist_ok=True)
    json, html, png = (folder / f"simulation.{kind}" for kind in ("json", "html", "png"))
    write_text(json, dumps(document))
    write_bytes(html, simulation_html(experiment, about=about, lang=lang).encode())
    shapes = simulation_shapes(experiment, case_labels=case_labels(experiment.cases))
    write_bytes(png, simulation_png(shapes, lang=lang))
    return html, png, json


def utilisations(text: str | None) -> Sequence[float] | None:
    """Of "0.5,0.7": rising, each once, all in (0, 1). Raises `BadInput`."""
    if text is None:
        return None
    found, faults = [], []
    for number, part in enumerate(text.replace("，", ",").split(","), 1):
        try:
            value = float(part)
        except ValueError:
            value = 0.0
        if not 0.01 <= value <= 0.99:
            faults.append(Fault(f"--utilisation[{number}]", "UtilisationOutOfRange", {"value": part.strip()[:20]}))
        found.append(value)
    if faults:
        raise BadInput("--utilisation", faults)
    return sorted(set(found))
