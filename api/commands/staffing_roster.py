"""Duty rosters: `wuding staffing roster`, and its example tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.kit import Kit, day, new_file, new_folder, old_file
from api.commands.stock_papers import wrote
from optimizer.errors import BadInput, Fault

if TYPE_CHECKING:
    from scenarios.staffing.roster import Made
    from scenarios.texts import Lang

DONE, NO = 0, 1
EXAMPLE = (
    "wuding staffing roster {folder}/duty_people.csv --posts {folder}/duty_posts.csv --requests "
    "{folder}/duty_requests.csv --month 2026-10 --response 2026-10-12..2026-10-17 --out roster.xlsx --table roster.csv"
)


def register_roster(group: typer.Typer, kit: Kit) -> None:
    """Add `roster` and `roster-example` to `wuding staffing`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "roster", "cmd.staffing.roster")
    def roster(
        people: Annotated[Path, argument("arg.roster.people", metavar="PEOPLE")],
        posts: Annotated[Path, option("--posts", "opt.roster.posts")],
        month: Annotated[str, option("--month", "opt.roster.month")],
        out: Annotated[Path, option("--out", "opt.roster.out")],
        requests: Annotated[Path | None, option("--requests", "opt.roster.requests")] = None,
        response: Annotated[list[str] | None, option("--response", "opt.roster.response")] = None,
        table: Annotated[Path | None, option("--table", "opt.roster.table")] = None,
        ics: Annotated[Path | None, option("--ics", "opt.roster.ics")] = None,
        before: Annotated[Path | None, option("--before", "opt.roster.before")] = None,
        people_out: Annotated[Path | None, option("--people-out", "opt.roster.people_out")] = None,
        mend: Annotated[Path | None, option("--mend", "opt.roster.mend")] = None,
        since: Annotated[str | None, option("--since", "opt.roster.since")] = None,
        nights: Annotated[int, option("--nights", "opt.roster.nights", min=1, max=31, show_default=True)] = 2,
        seed: Annotated[int, option("--seed", "opt.seed", min=0, max=2**31 - 1, show_default=True)] = 0,
    ) -> int:
        from optimizer.staffing.roster import Rules
        from scenarios.staffing.roster import make_roster, mend_roster, read_roster, read_statement
        from scenarios.staffing.roster.book import write_roster_xlsx
        from scenarios.staffing.roster.write import write_people_after, write_roster_table

        for name, path in (("PEOPLE", people), ("--posts", posts), ("--requests", requests), ("--before", before),
                           ("--mend", mend)):  # fmt: skip
            if path is not None:
                old_file(name, path)
        for name, path in (("--out", out), ("--table", table), ("--people-out", people_out)):
            if path is not None:
                new_file(name, path)
        if ics is not None:
            (new_file if _is_calendar(ics) else new_folder)("--ics", ics)
        if out.suffix.lower() != ".xlsx":
            raise BadInput("--out", [Fault("--out", "RosterNotWorkbook", {"value": out.name})])
        if since is not None and mend is None:
            raise BadInput("--since", [Fault("--since", "NeedsOption", {"name": "--since", "other": "--mend"})])
        from_day = day("--since", since)
        with speaker.working():
            statement = read_statement(
                people, posts, month=month, requests=requests, response=response or (),
                rules=Rules(nights_in_a_row=nights), before=before,
            )  # fmt: skip
            speaker.phase("phase.roster")
            if mend is None:
                made = make_roster(statement, seed=seed)
            else:
                made = mend_roster(statement, read_roster(mend, statement), since=from_day, seed=seed)
        _tell(kit, made, month)
        if made.status == "infeasible":
            return NO
        write_roster_xlsx(out, made, lang=_lang(kit))
        if table is not None:
            write_roster_table(table, made)
        if people_out is not None:
            write_people_after(people_out, made)
        for path in (out, table, people_out):
            if path is not None:
                wrote(speaker, path)
        if ics is not None:
            _calendars(speaker, ics, made)
        return DONE

    @command(group, "roster-example", "cmd.staffing.roster_example")
    def roster_example(
        out: Annotated[Path, option("--out", "opt.roster.example")],
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
    ) -> int:
        from scenarios.staffing.roster.generate import example

        new_folder("--out", out)
        example(out, seed=seed)
        for name in ("duty_people.csv", "duty_posts.csv", "duty_requests.csv"):
            wrote(speaker, out / name)
        speaker.say("roster.next", command=EXAMPLE.format(folder=out))
        return DONE


def _lang(kit: Kit) -> "Lang":
    return "zh" if kit.lang == "zh" else "en"


def _is_calendar(path: Path) -> bool:
    """Anything else is a folder."""
    return path.suffix.lower() == ".ics" and not path.is_dir()


def _calendars(speaker: Any, path: Path, made: "Made") -> None:
    from scenarios.staffing.roster.write import write_roster_folder, write_roster_ics

    if _is_calendar(path):
        write_roster_ics(path, made)
        wrote(speaker, path)
    else:
        speaker.say("roster.folder", count=len(write_roster_folder(path, made)), path=path)


def _tell(kit: Kit, made: "Made", month: str) -> None:
    from scenarios.staffing.roster.make import name_of, proof_of, told_change, told_conflict, within_of

    speaker, lang = kit.speaker, _lang(kit)
    if made.statement.assumed_days:
        speaker.warn(kit.words("roster.days_assumed", month=month), style="yellow")
    if made.status == "infeasible":
        speaker.warn(kit.words("roster.impossible", month=month), style="bold red")
        for rule in made.conflict:
            speaker.warn(f"  {told_conflict(made, rule, lang)}")
        return
    if made.bound is not None:
        speaker.say("roster.mended", month=month, changes=len(made.changes), bound=made.bound)
        for change in made.changes:
            speaker.out.print(f"  {told_change(made, change, lang)}", markup=False, soft_wrap=True)
    else:
        status = kit.words(f"roster.status.{made.status}")
        problem = made.statement.problem
        speaker.say("roster.done", month=month, people=len(problem.people), slots=len(problem.slots), status=status)
        for level in made.levels:
            facts = {"value": level.value, "proof": proof_of(level, lang),
                     "practice": "-" if level.practice is None else level.practice}  # fmt: skip
            if level.name == "wishes":
                speaker.say("roster.wishes", **facts)
            elif level.value and not level.name.startswith("beyond_"):
                measure, (within, _) = kit.words(f"roster.measure.{level.name}"), within_of(made, level.name, lang)
                speaker.say("roster.line", measure=measure, within=within, **facts)
    if made.statement.pairs.left:
        names = [name_of(made, one, lang) for one, _ in made.statement.pairs.left]
        speaker.say("roster.unpaired", names=names)
