"""`wuding staffing patrol`: a year's inspections over weeks and pairs, with routed rounds."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.kit import Kit, new_file, old_file, whole_number
from optimizer.errors import BadInput, Fault

DONE, NO = 0, 1
EXAMPLE = "district"
YEARS = (2004, 2100)
PER_VISIT = 10_000  # steps, at most


def register_patrol(group: typer.Typer, kit: Kit) -> None:
    """Add `patrol` to the group `wuding staffing`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "patrol", "cmd.staffing.patrol")
    def patrol(
        visits: Annotated[Path | None, argument("arg.staffing.visits", metavar="[VISITS]")] = None,
        out: Annotated[Path, option("--out", "opt.patrol.out", show_default=True)] = Path("patrol.xlsx"),
        stations: Annotated[Path | None, option("--stations", "opt.patrol.stations")] = None,
        roads: Annotated[Path | None, option("--roads", "arg.roads")] = None,
        crs: Annotated[str | None, option("--crs", "opt.crs")] = None,
        grids: Annotated[Path | None, option("--grids", "opt.patrol.grids")] = None,
        villages: Annotated[Path | None, option("--villages", "opt.patrol.villages")] = None,
        hazards: Annotated[Path | None, option("--hazards", "opt.patrol.hazards")] = None,
        year: Annotated[str | None, option("--year", "opt.patrol.year")] = None,
        example: Annotated[str | None, option("--example", "opt.patrol.example")] = None,
        week: Annotated[str, option("--week", "opt.patrol.week", show_default=True)] = "10",
        work: Annotated[str, option("--work", "opt.patrol.work", show_default=True)] = "300",
    ) -> int:
        from optimizer.network.read import read_network
        from scenarios.staffing.patrol.example import YEAR, district
        from scenarios.staffing.patrol.map import week_png
        from scenarios.staffing.patrol.plan import plan_patrol
        from scenarios.staffing.patrol.tables import read_patrol
        from scenarios.staffing.patrol.write import write_patrol

        files = (visits, stations, roads)
        if (example is None) == (visits is None) or any((one is None) != (visits is None) for one in files):
            raise BadInput("patrol", [Fault("VISITS", "VisitsOrExample")])
        if example not in (None, EXAMPLE):
            raise BadInput("--example", [Fault("--example", "PatrolExample", {"name": example, "known": EXAMPLE})])
        of_year = YEAR if year is None else _within("--year", year, *YEARS)
        shown = _within("--week", week, 1, 53) - 1
        per_visit = _within("--work", work, 0, PER_VISIT)
        target = new_file("--out", out)
        if target.suffix.lower() not in (".xlsx", ".csv"):
            raise BadInput("--out", [Fault("--out", "PatrolOut", {"file": target})])
        with speaker.working():
            if example is not None:
                tables = district()
            else:
                assert visits
                assert stations
                assert roads
                speaker.phase("phase.roads")
                tables = read_patrol(
                    year=of_year,
                    network=read_network(roads, crs=crs),
                    dues=old_file("VISITS", visits),
                    stations=old_file("--stations", stations),
                    grids=grids and old_file("--grids", grids),
                    villages=villages and old_file("--villages", villages),
                    hazards=hazards and old_file("--hazards", hazards),
                )
            found = plan_patrol(
                tables, per_visit=per_visit, tell=lambda name: speaker.phase("phase.patrol.town", name=name)
            )
            if shown > found.week[-1]:
                raise BadInput("--week", [Fault("--week", "PatrolWeek", {"least": 1, "most": found.week[-1] + 1})])
            write_patrol(target, found)
            picture = target.with_suffix(".png")
            picture.write_bytes(week_png(found, week=shown, lang=kit.lang))
        towns = found.towns
        planned, left = (
            sum(count) for count in zip(*((t.plan.visits, len(t.plan.left_out)) for t in towns), strict=True)
        )
        travel, usual = sum(t.plan.travel_s for t in towns), sum(t.usual.travel_s for t in towns)
        speaker.say(
            "patrol.said.summary", dues=len(tables.dues), visits=planned + left, planned=planned, left=left,
            rounds=sum(len(t.plan.rounds) for t in towns),
        )  # fmt: skip
        speaker.say(
            "patrol.said.travel", travel=round(travel / 3600), each=f"{travel / 3600 / max(1, planned):.3f}",
            usual=round(usual / 3600), saved=f"{100 * (1 - travel / max(1, usual)):.1f}",
        )  # fmt: skip
        counts = {"grids": len(tables.grids), "villages": len(tables.villages), "hazards": len(tables.hazards)}
        speaker.say("patrol.said.weekly", **counts)
        if found.assumed:
            speaker.say("patrol.said.assumed", year=tables.year)
        speaker.say("patrol.said.files", file=target, map=picture)
        short = any(not town.no_way(visit) for town in towns for visit in town.plan.left_out)
        return NO if short else DONE  # where no road leads, no plan can go


def _within(name: str, value: str, least: int, most: int) -> int:
    """A whole number in bounds. Raises BadInput naming the option."""
    found = whole_number(name, value)
    if not least <= found <= most:
        code = "TOO_SMALL" if found < least else "TOO_LARGE"
        raise BadInput(name, [Fault(name, code, {"value": value, "least": least, "most": most})])
    return found
