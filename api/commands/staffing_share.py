"""`wuding staffing share` and `wuding staffing desk`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.kit import Kit, new_file, old_file, whole_number
from api.commands.lines import print_table
from api.say import Speaker
from optimizer.errors import BadInput, Fault

if TYPE_CHECKING:
    from scenarios.staffing.share import Budget, Shared

DONE = 0
_SHOWN = 30  # towns on the screen; the workbook has all of them


def register_share(group: typer.Typer, kit: Kit) -> None:
    """Add both to the group `wuding staffing`."""
    _add_share(group, kit)
    _add_desk(group, kit)


def _add_share(group: typer.Typer, kit: Kit) -> None:
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "share", "cmd.staffing.share")
    def share(
        towns: Annotated[Path, argument("arg.staffing.share.towns", metavar="TOWNS")],
        out: Annotated[Path, option("--out", "opt.staffing.share.out")],
        posts: Annotated[int | None, option("--posts", "opt.staffing.share.posts", min=0, max=1_000_000)] = None,
        budget: Annotated[str | None, option("--budget", "opt.staffing.share.budget")] = None,
        established: Annotated[str | None, option("--established", "opt.staffing.share.established")] = None,
        contract: Annotated[str | None, option("--contract", "opt.staffing.share.contract")] = None,
        lose: Annotated[int, option("--lose", "opt.staffing.share.lose", min=0, max=1_000, show_default=True)] = 0,
        to_required: Annotated[bool, option("--to-required", "opt.staffing.share.to_required")] = False,
        limits: Annotated[Path | None, option("--limits", "opt.staffing.share.limits")] = None,
        districts: Annotated[Path | None, option("--districts", "opt.staffing.share.districts")] = None,
        parameters: Annotated[Path | None, option("--parameters", "opt.staffing.share.parameters")] = None,
        year: Annotated[int | None, option("--year", "opt.staffing.share.year")] = None,
        stores: Annotated[Path | None, option("--stores", "opt.staffing.stores")] = None,
        pdf: Annotated[Path | None, option("--pdf", "opt.staffing.pdf")] = None,
    ) -> int:
        from scenarios.staffing.share import AskedShare, share_file, write_shared

        new_results(out, pdf)
        old_file("TOWNS", towns)
        for name, path in (("--limits", limits), ("--districts", districts), ("--parameters", parameters)):
            if path is not None:
                old_file(name, path)
        old_stores(stores)
        asked = AskedShare(
            posts,
            _budget(budget, established, contract),
            lose,
            limits,
            districts,
            year,
            parameters,
            stores,
            to_required,
        )
        with speaker.working():
            shared = share_file(towns, asked, tell=speaker.phase)
            files = write_shared(out, shared, "zh" if kit.lang == "zh" else "en", pdf=pdf, tell=speaker.phase)
        _print_shared(speaker, shared)
        for path in files:
            speaker.out.print(f"  {path}", markup=False, soft_wrap=True)
        return DONE


def new_results(out: Path, pdf: Path | None) -> None:
    """Raises BadInput for a workbook that is no .xlsx, a report that is no .pdf, and where they cannot be written."""
    if out.suffix.lower() != ".xlsx":
        raise BadInput("--out", [Fault("--out", "NotAWorkbook", {"value": out})])
    new_file("--out", out)
    if pdf is None:
        return
    if pdf.suffix.lower() != ".pdf":
        raise BadInput("--pdf", [Fault("--pdf", "NotAPdf", {"value": pdf})])
    new_file("--pdf", pdf)


def old_stores(folder: Path | None) -> None:
    """Raises BadInput for a folder that is given and has no stock."""
    for name in ("stores.csv", "stock.csv") if folder is not None else ():
        old_file("--stores", (folder or Path()) / name)


def _budget(total: str | None, established: str | None, contract: str | None) -> "Budget | None":
    """`--established 180000:60` is the yearly cost of a post, and perhaps the most new ones. Raises BadInput."""
    from scenarios.staffing.share import Budget

    given = {"--established": established, "--contract": contract}
    if total is None:
        alone = [Fault(name, "NeedsOption", {"name": name, "other": "--budget"})
                 for name, value in given.items() if value is not None]  # fmt: skip
        if alone:
            raise BadInput("share", alone)
        return None
    missing = [Fault("--budget", "NeedsOption", {"name": "--budget", "other": name})
               for name, value in given.items() if value is None]  # fmt: skip
    if missing:
        raise BadInput("share", missing)
    costs, most = [], []
    for name, value in given.items():
        cost, _, limit = (value or "").replace("：", ":").partition(":")
        costs.append(whole_number(name, cost))
        most.append(whole_number(name, limit) if limit else None)
    return Budget(whole_number("--budget", total), (costs[0], costs[1]), (most[0], most[1]))


def _print_shared(speaker: Speaker, shared: "Shared") -> None:
    """The towns that get most first."""
    from scenarios.staffing.share import percent, ratios
    from scenarios.staffing.share_book import notes

    lang = "zh" if speaker.lang == "zh" else "en"
    order = sorted(shared.rows, key=lambda row: (-row.given, row.code))
    heads = ["code", "name", "district", "required", "actual", "given", "after", "before", "now"]
    rows = []
    for row in order[:_SHOWN]:
        before, after = (f"{percent(one)} %" for one in ratios(row))
        rows.append((row.code, row.name, row.district, row.required, row.actual, row.given, row.after, before, after))
    print_table(speaker, [f"staffing.share.col.{head}" for head in heads], rows)
    if len(shared.rows) > len(rows):
        speaker.say("staffing.share.more", shown=len(rows), towns=len(shared.rows))
    for line in notes(shared, lang):
        speaker.out.print(line, markup=False, soft_wrap=True)
    speaker.out.print(order[0].why(lang), markup=False, soft_wrap=True)


def _add_desk(group: typer.Typer, kit: Kit) -> None:
    speaker, option, command = kit.speaker, kit.option, kit.command

    @command(group, "desk", "cmd.staffing.desk")
    def desk(
        calls: Annotated[list[float], option("--calls", "opt.staffing.desk.calls")],
        handle_s: Annotated[float, option("--handle-s", "opt.staffing.desk.handle_s")],
        level: Annotated[float, option("--level", "opt.staffing.desk.level", show_default=True)] = 0.9,
        within_s: Annotated[float, option("--within-s", "opt.staffing.desk.within_s", show_default=True)] = 15.0,
        away: Annotated[float, option("--away", "opt.staffing.desk.away", show_default=True)] = 0.0,
    ) -> int:
        from optimizer.staffing.calls import size_desk

        found = size_desk(
            calls_per_hour=calls, handle_s=handle_s, service_level=level, within_s=within_s, shrinkage=away
        )
        rows = [
            (f"{called:g}", f"{found.erlangs[at]:.2f}", int(found.servers[at]), int(found.posts[at]),
             f"{100 * found.occupancy[at]:.1f} %", f"{100 * found.waiting[at]:.1f} %",
             f"{found.mean_wait_s[at]:.1f}", f"{100 * found.service_level[at]:.1f} %")
            for at, called in enumerate(calls)
        ]  # fmt: skip
        heads = ["calls", "erlangs", "servers", "posts", "occupancy", "waiting", "mean_wait", "level"]
        print_table(speaker, [f"staffing.desk.{head}" for head in heads], rows)
        return DONE
