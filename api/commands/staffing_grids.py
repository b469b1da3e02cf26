"""`wuding staffing grids`: how many small grids each village needs, and which of them have no manager of their own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.kit import Kit, new_file, old_file
from api.commands.lines import print_table
from api.commands.stock_papers import wrote
from api.say import Speaker
from optimizer.errors import BadInput, Fault

if TYPE_CHECKING:
    from scenarios.staffing.grids import GridPlan

DONE = 0
_SHOWN = 30  # towns on the screen; the workbook has all of them


def register_grids(group: typer.Typer, kit: Kit) -> None:
    """Add `grids` to `wuding staffing`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "grids", "cmd.staffing.grids")
    def grids(
        villages: Annotated[Path, argument("arg.grids.villages", metavar="VILLAGES")],
        out: Annotated[Path, option("--out", "opt.grids.out", show_default=True)] = Path("grids.xlsx"),
        managers: Annotated[Path | None, option("--managers", "opt.grids.managers")] = None,
        table: Annotated[Path | None, option("--table", "opt.grids.table")] = None,
    ) -> int:
        from scenarios.staffing.grids import plan_grids, read_grids, write_grid_table, write_grids

        old_file("VILLAGES", villages)
        if managers is not None:
            old_file("--managers", managers)
        if new_file("--out", out).suffix.lower() != ".xlsx":
            raise BadInput("--out", [Fault("--out", "NotAWorkbook", {"value": out})])
        if table is not None:
            new_file("--table", table)
        with speaker.working():
            plan = plan_grids(read_grids(villages, managers))
            if table is not None:
                write_grid_table(table, plan)
            write_grids(out, plan)
        _tell(speaker, plan)
        for path in (out, table):
            if path is not None:
                wrote(speaker, path)
        return DONE


def _tell(speaker: Speaker, plan: "GridPlan") -> None:
    """Towns that lack most first, then the total and the villages that are not usual."""
    from scenarios.staffing.grids import town_names

    name = town_names(plan)
    shown = sorted(plan.gaps, key=lambda gap: (-gap.without_own, gap.code))[:_SHOWN]
    heads = ("town", "grids", "managers", "without_own", "spare")
    rows = [(name[gap.code], gap.grids, gap.managers, gap.without_own, gap.spare) for gap in shown]
    print_table(speaker, [f"grids.said.{head}" for head in heads], rows)
    if len(plan.gaps) > len(shown):
        speaker.say("staffing.more", shown=len(shown), towns=len(plan.gaps))
    whole, table = plan.whole, plan.tables.villages
    speaker.say("grids.said.total", villages=len(table), grids=whole.grids, managers=whole.managers,
                without=whole.without_own, spare=whole.spare, unserved=whole.unserved)  # fmt: skip
    for side in ("below", "above"):
        own = [f"{table['name'][row]} {one.grids}" for row, one in enumerate(plan.sized) if one.usual == side]
        if own:
            speaker.say(f"grids.said.{side}", count=len(own), names=own[:_SHOWN])
