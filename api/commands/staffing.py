"""Staff of town stations: `wuding staffing`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.kit import Kit, new_file, old_file
from api.commands.lines import print_table
from api.commands.staffing_grids import register_grids
from api.commands.staffing_patrol import register_choice, register_patrol
from api.commands.staffing_roster import register_roster
from api.commands.staffing_share import new_results, old_stores, register_share
from api.say import Speaker

if TYPE_CHECKING:
    from scenarios.staffing.workbook import Sized

DONE = 0
_SHOWN = 30  # towns on the screen; the workbook has all of them


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding staffing`."""
    group = kit.group(app, "staffing", "cmd.staffing")
    _add_size(group, kit)
    _add_inputs(group, kit)
    register_share(group, kit)
    register_roster(group, kit)
    register_choice(group, kit)
    register_patrol(group, kit)
    register_grids(group, kit)


def _add_size(group: typer.Typer, kit: Kit) -> None:
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "size", "cmd.staffing.size")
    def size(
        towns: Annotated[Path, argument("arg.staffing.towns", metavar="TOWNS")],
        out: Annotated[Path, option("--out", "opt.staffing.out")],
        parameters: Annotated[Path | None, option("--parameters", "opt.staffing.parameters")] = None,
        year: Annotated[int | None, option("--year", "opt.staffing.year")] = None,
        compare: Annotated[list[Path] | None, option("--compare", "opt.staffing.compare")] = None,
        break_even: Annotated[list[str] | None, option("--break-even", "opt.staffing.break_even")] = None,
        draws: Annotated[int, option("--draws", "opt.staffing.draws", min=0, max=100_000, show_default=True)] = 1000,
        seed: Annotated[int, option("--seed", "opt.staffing.seed", min=0, show_default=True)] = 0,
        stores: Annotated[Path | None, option("--stores", "opt.staffing.stores")] = None,
        pdf: Annotated[Path | None, option("--pdf", "opt.staffing.pdf")] = None,
    ) -> int:
        from scenarios.staffing.sizing import Asked, size_file

        new_results(out, pdf)
        old_file("TOWNS", towns)
        for name, path in [("--parameters", parameters), *(("--compare", each) for each in compare or ())]:
            if path is not None:
                old_file(name, path)
        old_stores(stores)
        asked = Asked(year, parameters, tuple(compare or ()), tuple(break_even or ()), draws, seed, stores)
        with speaker.working():
            sized = size_file(towns, out, asked, lang="zh" if kit.lang == "zh" else "en", pdf=pdf, tell=speaker.phase)
        _print_sized(speaker, sized)
        speaker.say("staffing.written", file=out)
        if pdf is not None:
            speaker.say("staffing.printed", file=pdf)
        return DONE


def _add_inputs(group: typer.Typer, kit: Kit) -> None:
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "example", "cmd.staffing.example")
    def example(
        name: Annotated[str, argument("arg.staffing.example", metavar="city|district")],
        out: Annotated[Path, option("--out", "opt.staffing.out.towns")],
        seed: Annotated[int, option("--seed", "opt.staffing.seed", min=0, show_default=True)] = 0,
    ) -> int:
        from scenarios.staffing.generate import example as made
        from scenarios.staffing.inputs import write_towns

        new_file("--out", out)
        towns = made(name, seed)
        write_towns(out, towns, headers=kit.lang)
        speaker.say("staffing.example", file=out, towns=len(towns), next=f"wuding staffing size {out} --out staff.xlsx")
        return DONE

    @command(group, "count", "cmd.staffing.count")
    def count(
        extract: Annotated[Path, argument("arg.staffing.extract", metavar="EXTRACT")],
        out: Annotated[Path, option("--out", "opt.staffing.out.towns")],
    ) -> int:
        from scenarios.staffing.inputs import write_towns
        from scenarios.staffing.osm_towns import towns_of_map

        new_file("--out", out)
        old_file("EXTRACT", extract)
        with speaker.working():
            speaker.phase("staffing.phase.read", file=extract.name)
            found = towns_of_map(extract)
            write_towns(out, found.towns, headers=kit.lang)
        facts = {"workplaces": found.workplaces, "settlements": found.settlements, "assumed": found.people_assumed}
        speaker.say("staffing.counted", file=out, towns=len(found.towns), **facts)
        return DONE

    @command(group, "plans", "cmd.staffing.plans")
    def plans(file: Annotated[Path, argument("arg.staffing.plans", metavar="PLANS")]) -> int:
        from scenarios.staffing.inputs import read_annual_plans

        for plan in read_annual_plans(old_file("PLANS", file)):
            share = f"{100 * plan.supervision_share:.1f}"
            facts = {"unit": plan.unit, "days": plan.supervision, "each": f"{plan.supervision_days_each:.1f}"}
            speaker.say("staffing.plan", **facts, share=share)
        return DONE


def _print_sized(speaker: Speaker, sized: "Sized") -> None:
    """The towns most short of staff first, and the total with its range."""
    from scenarios.staffing.words import sentence, year_line

    lang = "zh" if speaker.lang == "zh" else "en"
    results = sized.sizing.results()
    unstated = float("inf")  # a town with nobody stands at 0, before all others
    order = sorted(
        range(len(results)),
        key=lambda at: (unstated if (ratio := results[at].ratio) is None else ratio, results[at].code),
    )
    shown = [results[at] for at in order[:_SHOWN]]
    heads = ["code", "name", "district", "posts", "staff", "difference", "ratio", "findings"]
    rows = [
        (each.code, each.name, each.district, each.posts, each.staff, each.difference,
         None if each.ratio is None else f"{each.ratio:.2f}", len(each.findings))
        for each in shown
    ]  # fmt: skip
    print_table(speaker, [f"staffing.col.{head}" for head in heads], rows)
    if len(results) > len(shown):
        speaker.say("staffing.more", shown=len(shown), towns=len(results))
    speaker.say("staffing.first", why=sentence(shown[0], lang))
    stated = [each for each in results if each.staff is not None]
    staff = sum(each.staff or 0 for each in stated)
    speaker.say("staffing.total", towns=len(results), posts=sized.sizing.total, staff=staff, stated=len(stated))
    if sized.spread is not None:
        low, _, high = sized.spread.total.tolist()
        facts = {"low": low, "high": high, "draws": sized.spread.draws, "seed": sized.spread.seed}
        speaker.say("staffing.spread", **facts, matters=[bar.name for bar in sized.bars[:3]])
    if sized.compared is not None:
        for name, total in zip(sized.compared.names, sized.compared.totals.tolist(), strict=True):
            speaker.say("staffing.scenario", name=name, posts=total)
    speaker.say("staffing.year", line=year_line(sized.sizing.parameters, lang))
