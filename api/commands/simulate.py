"""Policies compared on a simulated stream: `wuding simulate`."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.commands.kit import Kit, new_folder
from api.say import Speaker

if TYPE_CHECKING:
    from api.simulation import Simulated
    from optimizer.simulation.statistics import Interval

DONE = 0
OURS, PRACTICES = "replanning", ("nearest_capable", "nearest_first")


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding simulate`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(app, "simulate", "cmd.simulate")
    def simulate(
        problem: Annotated[Path | None, argument("arg.simulate.problem")] = None,
        scenario: Annotated[str | None, option("--scenario", "opt.simulate.scenario")] = None,
        stream: Annotated[Path | None, option("--stream", "opt.simulate.stream")] = None,
        utilisation: Annotated[str | None, option("--utilisation", "opt.simulate.utilisation")] = None,
        replications: Annotated[
            int, option("--replications", "opt.simulate.replications", min=1, max=1000, show_default=True)
        ] = 5,
        hours: Annotated[int, option("--hours", "opt.simulate.hours", min=1, max=8784, show_default=True)] = 12,
        teams: Annotated[int, option("--teams", "opt.simulate.teams", min=1, max=200, show_default=True)] = 24,
        seed: Annotated[int, option("--seed", "opt.simulate.seed", min=0, max=2**31, show_default=True)] = 0,
        out: Annotated[Path, option("--out", "opt.simulate.out", show_default=True)] = Path("wuding-simulation"),
    ) -> int:
        from api.simulation import Asked, utilisations
        from api.simulation import simulate as run

        new_folder("--out", out)
        wanted = utilisations(utilisation)
        with speaker.working():
            done = run(
                Asked(
                    out=out,
                    problem=problem,
                    scenario=scenario,
                    reports=stream,
                    utilisations=None if wanted is None else tuple(wanted),
                    replications=replications,
                    hours=hours,
                    teams=teams,
                    seed=seed,
                ),
                lang="zh" if kit.lang == "zh" else "en",
                tell=speaker.phase,
            )
        print_simulated(speaker, done)
        return DONE


def print_simulated(speaker: Speaker, done: "Simulated") -> None:
    """Response of each policy and its reduction, with intervals, case by case."""
    for case in done.experiment.cases:
        if case.utilisation is None:
            speaker.say("simulate.given", calls=case.runs[OURS][0].calls, replications=len(case.runs[OURS]))
        else:
            facts = {"utilisation": f"{case.utilisation:g}", "per_hour": f"{case.per_hour or 0:.1f}"}
            speaker.say("simulate.case", **facts, replications=len(case.runs[OURS]))
        table = Table(box=None, pad_edge=False, padding=(0, 2))
        table.add_column(speaker.words("sim.measure"))
        for name in (*PRACTICES, OURS):
            table.add_column(speaker.words(f"sim.policy.{name}"), justify="right")
        for key, measure, scale in (
            ("sim.measure.response_weighted_s", "response_weighted_s", 1 / 60),
            ("sim.measure.due", "due", 100.0),
            ("sim.measure.calls_unmet", "calls_unmet", 100.0),
            ("sim.measure.goods_unmet", "goods_unmet", 100.0),
            ("sim.measure.utilisation", "utilisation", 100.0),
        ):
            unit = " %" if scale == 100 else ""
            cells = [_shown(case.mean(name, measure), scale, unit) for name in (*PRACTICES, OURS)]
            table.add_row(speaker.words(key), *cells)
        reductions = [case.reduction("response_weighted_s", ours=OURS, other=other) for other in PRACTICES]
        table.add_row(speaker.words("sim.panel.reduction"), *(_shown(one, 100.0, " %") for one in reductions), "")
        speaker.out.print(table)
    speaker.say("simulate.files")
    for path in done.files:
        speaker.out.print(f"  {path}", markup=False, soft_wrap=True)


def _shown(found: "Interval", scale: float, unit: str) -> str:
    if not math.isfinite(found.mean):
        return "—"
    text = f"{found.mean * scale:.1f}"
    if math.isfinite(found.low):
        text += f" ± {(found.high - found.mean) * scale:.1f}"
    return text + unit
