"""The command line: reads arguments, calls a use case, prints the result in the language asked for.

The commands are built per language, so that their help speaks it too. Exit codes: 0 done, 1 the answer is
no, 2 bad input, 3 stopped by a limit without an answer.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.commands import db, files, five_fixed, plan, replan, roads, serve, simulate, staffing, stock
from api.commands.kit import Counted, Kit, acting, new_file, new_folder, not_over, plan_to
from api.commands.shared import Given, check_live, live_options
from api.lang import DEFAULT, UnknownLanguage, take_lang
from api.mistakes import BAD_INPUT, DONE, RED, disk, foreseen, misused
from api.say import Speaker
from inventory.errors import InventoryError
from optimizer.errors import BadInput, Fault, OptimizerError
from optimizer.network.profiles import PROFILES
from scenarios.texts import text

WORLD = "world"  # where the demo leaves its scenario, beside the plan
NO, NO_ANSWER, INTERRUPTED = 1, 3, 130
LONGEST_LIMIT_S = 1_000_000


class SchemaName(StrEnum):
    problem = "problem"
    plan = "plan"
    why = "why"


def main() -> NoReturn:
    """The console script `wuding`."""
    # one command makes millions of small objects and little garbage; looking for it costs a third of the time
    gc.disable()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing a user did ends in a traceback."""
    try:
        lang, rest = take_lang(arguments)
    except UnknownLanguage as error:
        for known in ("zh", "en"):
            Speaker(known).warn(text("UnknownLanguage", known, lang=str(error)))
        return BAD_INPUT
    speaker, commands = _commands(lang, sys.stdout.isatty(), sys.stderr.isatty())
    for one in rest:
        if not one.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in one):
            speaker.warn(speaker.words("said.undecodable", value=one.encode("utf-8", "replace").decode()), style=RED)
            return BAD_INPUT
    try:
        result = commands(args=rest, prog_name="wuding", standalone_mode=False)
    except (OptimizerError, InventoryError) as error:
        return _told(error, speaker)
    except OSError as error:
        speaker.warn(disk(error, speaker), style=RED)
        return BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        result = INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):
            return misused(error, speaker)
        key = foreseen(error)
        if key is None:  # not about the arguments: a mistake of ours
            raise
        cause = (str(getattr(error, "orig", None) or error).strip().splitlines() or ["?"])[0]
        speaker.warn(speaker.words(key, cause=cause[:200]), style=RED)
        return BAD_INPUT
    if result == INTERRUPTED:  # the parser turns Ctrl-C into this code without a word
        speaker.warn(speaker.words("said.interrupted"))
    return result if isinstance(result, int) else DONE


def _told(error: OptimizerError | InventoryError, speaker: Speaker) -> int:
    from api.usecases import NoAnswerInTime, PlanRefused

    speaker.error(error)
    if isinstance(error, PlanRefused):
        speaker.violations(error.violations)
        return NO
    changes = getattr(error, "changes", None)  # of a PlanStale; nothing heavy is imported for one question
    if changes is not None:
        speaker.changes(changes)
        return NO
    kind = type(error).__name__  # the modules of these load a solver
    if kind == "PostsImpossible":
        return NO
    return NO_ANSWER if isinstance(error, NoAnswerInTime) or kind == "RosterNotFound" else BAD_INPUT


def _version() -> str:
    try:
        return version("wuding")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+source"


@cache
def _commands(lang: str, *_terminals: bool) -> tuple[Speaker, Callable[..., object]]:
    """Who speaks, and what it can be asked: made once for a language and for where its words go."""
    speaker = Speaker(lang)
    return speaker, typer.main.get_command(make_app(lang, speaker))


def make_app(lang: str, speaker: Speaker) -> typer.Typer:
    """The commands with their help in one language."""

    kit = Kit(lang, speaker)
    words, argument, option, command = kit.words, kit.argument, kit.option, kit.command
    app = typer.Typer(help=words("app.help"), epilog=words("app.epilog"), **kit.settings)
    scenario = kit.group(app, "scenario", "cmd.scenario")

    def show_version(wanted: bool) -> None:
        if wanted:
            typer.echo(f"wuding {_version()}")
            raise typer.Exit

    @app.callback()
    def everything(
        lang_shown: Annotated[str, option("--lang", "opt.lang", metavar="zh|en")] = DEFAULT,
        shown: Annotated[bool, option("--version", "opt.version", is_eager=True, callback=show_version)] = False,
    ) -> None: ...

    @command(app, "solve", "cmd.solve")
    @live_options(kit).added
    def solve(
        out: Annotated[Path, option("--out", "opt.out.plan")],
        problem: Annotated[Path | None, argument("arg.problem")] = None,
        live: Annotated[bool, option("--live", "opt.live")] = False,
        report: Annotated[Path | None, option("--report", "opt.report")] = None,
        explain: Annotated[bool, option("--explain", "opt.explain")] = False,
        time_limit_s: Annotated[float | None, option("--time-limit-s", "opt.time_limit")] = None,
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
        closures: Annotated[Counted | None, option("--closures", "opt.counting")] = None,
        *,
        given: Given,
    ) -> int:
        from api.commands.solve import Asked, solve_live, solve_problem

        _positive("--time-limit-s", time_limit_s)
        asked = Asked(
            out=plan_to(out),
            report=report,
            time_limit_s=time_limit_s,
            seed=seed,
            explain=explain,
            closures=closures and closures.value,
        )
        if problem is not None and live:
            raise BadInput("solve", [Fault("", "ProblemAndLive", {"problem": problem})])
        if problem is None and not live:
            raise BadInput("solve", [Fault("", "ProblemOrLive", {})])
        check_live("solve", given, live=live)
        return solve_live(speaker, asked, given) if problem is None else solve_problem(speaker, asked, problem)

    @command(app, "check", "cmd.check")
    def check(problem: Annotated[Path, argument("arg.problem")], plan: Annotated[Path, argument("arg.plan")]) -> int:
        from api.usecases import check_files

        with speaker.working():
            checked = check_files(problem, plan, tell=speaker.phase)
        speaker.notes(checked.notes)
        if not checked.violations:
            speaker.say("said.valid")
            return DONE
        speaker.say("said.violations", count=len(checked.violations))
        speaker.violations(checked.violations, to_out=True)
        return NO

    @command(app, "explain", "cmd.explain")
    def explain(
        problem: Annotated[Path, argument("arg.problem")],
        plan: Annotated[Path, argument("arg.plan")],
        output: Annotated[Path | None, option("--out", "opt.output.why", also=("--output",))] = None,
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
    ) -> int:
        from api.commands.explain import explain_problem

        return explain_problem(speaker, problem, plan, output=output, seed=seed)

    @command(app, "schema", "cmd.schema")
    def schema(name: Annotated[SchemaName, argument("arg.schema")]) -> int:
        import json

        from scenarios.exchange.schema import schema_of

        sys.stdout.write(json.dumps(schema_of(name.value), ensure_ascii=False, indent=2) + "\n")
        return DONE

    @command(app, "travel", "cmd.travel")
    def travel(
        roads: Annotated[Path, argument("arg.roads")],
        origins: Annotated[Path, option("--origins", "opt.origins")],
        destinations: Annotated[Path, option("--destinations", "opt.destinations")],
        out: Annotated[Path, option("--out", "opt.out.matrix")],
        profile: Annotated[
            str, option("--profile", "opt.profile", {"known": sorted(PROFILES)}, show_default=True)
        ] = "pickup",
        crs: Annotated[str | None, option("--crs", "opt.crs")] = None,
        closures: Annotated[Path | None, option("--closures", "opt.closures")] = None,
        as_of: Annotated[str | None, option("--as-of", "opt.as_of")] = None,
        depart_at: Annotated[str | None, option("--depart-at", "opt.depart_at")] = None,
    ) -> int:
        from api.usecases import travel_matrix

        new_file("--out", out)
        with speaker.working():
            done = travel_matrix(
                roads,
                origins=origins,
                destinations=destinations,
                out=out,
                profile=profile,
                crs=crs,
                closures=closures,
                as_of=_instant("--as-of", as_of),
                depart_at=_instant("--depart-at", depart_at),
                tell=speaker.phase,
            )
        speaker.notes(done.notes)
        if done.far:
            names = [*done.far[:10], "…"] if len(done.far) > 10 else list(done.far)
            speaker.warn(speaker.words("said.far", count=len(done.far), names=names), style="yellow")
        speaker.say("said.travel", file=out, pairs=done.pairs, unreachable=done.unreachable)
        return DONE

    @command(app, "demo", "cmd.demo")
    def demo(
        out: Annotated[Path, option("--out", "opt.out.demo", show_default=True)] = Path("wuding-demo"),
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
        name: Annotated[str, option("--scenario", "opt.scenario", show_default=True)] = "county",
        roads: Annotated[Path | None, option("--roads", "opt.roads")] = None,
    ) -> int:
        from api.demo import plan_world, stage_scenario
        from api.show import Show

        new_folder("--out", out)
        with speaker.working():
            world = stage_scenario(name, seed=seed, roads=roads, tell=speaker.phase)
            shown = plan_world(world, out=out, seed=seed, lang=lang, tell=speaker.phase)
        Show(speaker).whole(shown.view)
        seconds = f"{sum(shown.solved.seconds.values()):.1f}"
        speaker.say("said.files", seconds=seconds)
        for path in shown.files:
            speaker.out.print(f"  {path}", markup=False, soft_wrap=True)
        speaker.say("said.next", problem=out / WORLD / "problem.json", plan=out / "plan.json")
        return DONE if shown.solved.feasible else NO

    @command(scenario, "list", "cmd.scenario.list")
    def scenario_list() -> int:
        from scenarios.registry import SCENARIOS

        for one in SCENARIOS:
            title, size = (one.title_zh, one.size_zh) if lang == "zh" else (one.title_en, one.size_en)
            speaker.out.print(f"[bold]{one.name}[/]  {title}\n    {size}", soft_wrap=True)
        speaker.say("scenario.staffing")
        return DONE

    @command(scenario, "show", "cmd.scenario.show")
    def scenario_show(
        name: Annotated[str, argument("arg.scenario")],
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
    ) -> int:
        from api.demo import stage_scenario
        from api.show import print_world

        with speaker.working():
            world = stage_scenario(name, seed=seed, tell=speaker.phase)
        print_world(speaker, world)
        return DONE

    @command(scenario, "build", "cmd.scenario.build")
    def scenario_build(
        out: Annotated[Path, option("--out", "opt.out.scenario")],
        name: Annotated[str, argument("arg.scenario.build")] = "county",
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
        roads: Annotated[Path | None, option("--roads", "opt.roads")] = None,
        overwrite: Annotated[bool, option("--overwrite", "opt.overwrite")] = False,
    ) -> int:
        from api.demo import build_scenario

        new_folder("--out", out)
        not_over(out / "world.json", overwrite=overwrite)
        with speaker.working():
            world = build_scenario(name, out=out, seed=seed, roads=roads, tell=speaker.phase)
        speaker.remarks(world.notes)
        speaker.say("said.built", folder=out, next=f"wuding solve {out} --out plan.json --report report")
        return DONE

    @command(scenario, "check", "cmd.scenario.check")
    def scenario_check(folder: Annotated[Path, argument("arg.folder")]) -> int:
        from api.demo import refresh_world, remarks_on
        from api.show import print_world

        with speaker.working():
            world = refresh_world(folder, tell=speaker.phase)
            notes = remarks_on(world)
        print_world(speaker, world)
        speaker.notes(notes)
        speaker.say("said.loaded", file=folder / "problem.json")
        return DONE

    @command(scenario, "load", "cmd.scenario.load")
    def scenario_load(
        name: Annotated[str, argument("arg.scenario.load")],
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = "live",
        add: Annotated[bool, option("--add", "opt.add")] = False,
        today: Annotated[bool, option("--today", "opt.today")] = False,
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
        actor: Annotated[str | None, option("--actor", "opt.actor")] = None,
        key: Annotated[str | None, option("--key", "opt.key")] = None,
        note: Annotated[str | None, option("--note", "opt.note")] = None,
    ) -> int:
        from api.situation import load_scenario

        with speaker.working():
            done = load_scenario(
                name,
                situation=situation,
                seed=seed,
                add=add,
                today=today,
                actor=acting(actor, key=key, note=note),
                key=key,
                note=note,
                tell=speaker.phase,
            )
        speaker.remarks(done.world.notes)
        for one in done.tables:
            facts = {"kind": words(f"kind_of_table.{one.kind}"), "added": one.added, "changed": one.changed}
            speaker.say("scenario.table", **facts, same=one.same)
        speaker.say("scenario.loaded", situation=situation, roads=done.roads)
        speaker.say("scenario.next", next=f"wuding solve --live --situation {situation} --out plan.json")
        return DONE

    @command(scenario, "close", "cmd.scenario.close")
    def scenario_close(
        situation: Annotated[str, argument("arg.situation.close", metavar="SITUATION")],
        actor: Annotated[str | None, option("--actor", "opt.actor")] = None,
        note: Annotated[str | None, option("--note", "opt.note")] = None,
    ) -> int:
        from api.situation import close_drill

        with speaker.working():
            free, back = close_drill(situation, actor=acting(actor, note=note), note=note)
        speaker.say("scenario.closed", situation=situation, kept=len(free), back=len(back))
        return DONE

    for module in (db, files, stock, five_fixed, roads, plan, replan, simulate, staffing, serve):
        module.register(app, kit)
    return app


def _positive(name: str, value: float | None) -> None:
    if value is not None and not 0 < value <= LONGEST_LIMIT_S:
        raise BadInput(name, [Fault(name, "LimitNotPositive", {"value": value})])


def _instant(name: str, value: str | None) -> datetime | None:
    from scenarios.exchange.fields import Refused, instant

    try:
        return None if value is None else instant(value)
    except Refused as refused:
        raise BadInput(name, [Fault(name, refused.code, {"value": value})]) from None


if __name__ == "__main__":
    main()
