"""`wuding staffing patrol`: a year's inspections over weeks and pairs on routed rounds, again when visits slip."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.kit import Kit, day, new_file, new_folder, old_file, whole_number, words_of
from api.commands.lines import print_table
from api.commands.stock_papers import wrote
from optimizer.errors import BadInput, Fault

if TYPE_CHECKING:
    from scenarios.staffing.patrol.plan import PatrolYear
    from scenarios.staffing.patrol.tables import PatrolTables
    from scenarios.texts import Lang

DONE, NO = 0, 1
EXAMPLE = "district"
YEARS = (2004, 2100)
PER_VISIT = 10_000  # steps, at most
_SHOWN = 20  # changes on the screen; the workbook has all of them


def register_patrol(group: typer.Typer, kit: Kit) -> None:
    """Add `patrol` and `patrol-example` to the group `wuding staffing`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command
    lang: Lang = "zh" if kit.lang == "zh" else "en"

    @command(group, "patrol", "cmd.staffing.patrol")
    def patrol(
        visits: Annotated[Path | None, argument("arg.staffing.visits", metavar="[VISITS]")] = None,
        stations: Annotated[Path | None, option("--stations", "opt.patrol.stations")] = None,
        roads: Annotated[Path | None, option("--roads", "arg.roads")] = None,
        crs: Annotated[str | None, option("--crs", "opt.crs")] = None,
        grids: Annotated[Path | None, option("--grids", "opt.patrol.grids")] = None,
        villages: Annotated[Path | None, option("--villages", "opt.patrol.villages")] = None,
        hazards: Annotated[Path | None, option("--hazards", "opt.patrol.hazards")] = None,
        year: Annotated[str | None, option("--year", "opt.patrol.year")] = None,
        example: Annotated[str | None, option("--example", "opt.patrol.example")] = None,
        out: Annotated[Path, option("--out", "opt.patrol.out", show_default=True)] = Path("patrol.xlsx"),
        table: Annotated[Path | None, option("--table", "opt.patrol.table")] = None,
        plan: Annotated[Path | None, option("--plan", "opt.patrol.plan")] = None,
        done: Annotated[Path | None, option("--done", "opt.patrol.done")] = None,
        since: Annotated[str | None, option("--since", "opt.patrol.since")] = None,
        towns: Annotated[Path | None, option("--towns", "opt.patrol.towns")] = None,
        towns_out: Annotated[Path | None, option("--towns-out", "opt.patrol.towns_out")] = None,
        week: Annotated[str | None, option("--week", "opt.patrol.week")] = None,
        work: Annotated[str, option("--work", "opt.patrol.work", show_default=True)] = "300",
    ) -> int:
        from scenarios.staffing.patrol.again import read_earlier, replan_patrol
        from scenarios.staffing.patrol.map import busiest_week, week_png
        from scenarios.staffing.patrol.plan import plan_patrol
        from scenarios.staffing.patrol.travel import check_towns, feed_back
        from scenarios.staffing.patrol.write import write_patrol, write_rounds

        asked = _Asked(visits, stations, roads, crs, grids, villages, hazards, example)
        asked.check()
        _together("--since", plan=plan, done=done, since=since)
        _together("--towns", towns=towns, towns_out=towns_out)
        from_day = day("--since", since)
        of_year = _year(year, from_day, example)
        shown = None if week is None else _within("--week", week, 1, 53) - 1
        per_visit = _within("--work", work, 0, PER_VISIT)
        if new_file("--out", out).suffix.lower() != ".xlsx":
            raise BadInput("--out", [Fault("--out", "PatrolOut", {"file": out})])
        for name, path in (("--plan", plan), ("--done", done), ("--towns", towns)):
            if path is not None:
                old_file(name, path)
        for name, path in (("--table", table), ("--towns-out", towns_out)):
            if path is not None:
                new_file(name, path)
        with speaker.working():
            speaker.phase("phase.roads")
            tables = asked.read(of_year)
            if towns is not None:
                check_towns(towns, tables.stations["town"])
            facts: dict[str, Any] = {
                "per_visit": per_visit, "tell": lambda name: speaker.phase("phase.patrol.town", name=name)
            }  # fmt: skip
            if plan is None or done is None or from_day is None:
                found = plan_patrol(tables, **facts)
            else:
                found = replan_patrol(tables, read_earlier(plan, done, since=from_day, tables=tables), **facts)
            shown = busiest_week(found) if shown is None else shown
            if shown > found.week[-1]:
                raise BadInput("--week", [Fault("--week", "PatrolWeek", {"least": 1, "most": found.week[-1] + 1})])
            speaker.phase("phase.patrol.write", file=out.name)
            write_patrol(out, found, lang=lang)
            picture = out.with_suffix(".png")
            picture.write_bytes(week_png(found, week=shown, lang=lang))
            if table is not None:
                write_rounds(table, found, lang=lang)
        _tell(kit, found)
        speaker.say("patrol.said.files", file=out, map=picture, week=shown + 1)
        if table is not None:
            wrote(speaker, table)
        if towns is not None and towns_out is not None:
            count = feed_back(towns, towns_out, found, lang=lang)
            next_step = f"wuding staffing size {towns_out} --out staff.xlsx"
            speaker.say("patrol.said.towns", file=towns_out, towns=count, next=next_step)
        short = any(not town.no_way(visit) for town in found.towns for visit in town.plan.left_out)
        return NO if short else DONE  # where no road leads, no plan can go

    @command(group, "patrol-example", "cmd.staffing.patrol_example")
    def patrol_example(
        out: Annotated[Path, option("--out", "opt.patrol_example.out")],
        share: Annotated[
            float, option("--share", "opt.patrol_example.share", min=0.001, max=1.0, show_default=True)
        ] = 1,
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
    ) -> int:
        from scenarios.staffing.patrol.example import write_district

        new_folder("--out", out)
        with speaker.working():
            paths = write_district(out, seed, share=share)
        for path in paths:
            wrote(speaker, path)
        files = " ".join(f"--{name} {out / name}.csv" for name in ("stations", "grids", "villages", "hazards"))
        first = f"wuding staffing patrol {out / 'visits.csv'} --roads {out / 'roads'} {files} --year 2026"
        second = f"wuding staffing grids {out / 'grid_villages.csv'} --managers {out / 'grid_managers.csv'}"
        speaker.say("patrol.said.next", patrol=first, grids=second)
        return DONE


def register_choice(group: typer.Typer, kit: Kit) -> None:
    """Add `patrol-visits` to the group `wuding staffing`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "patrol-visits", "cmd.staffing.patrol_visits")
    def patrol_visits(
        places: Annotated[Path, argument("arg.patrol.places", metavar="REGISTER")],
        out: Annotated[Path, option("--out", "opt.patrol_visits.out")],
        enterprises: Annotated[float, _share(option, "--enterprises", "opt.patrol_visits.enterprises")] = 0.30,
        venues: Annotated[float, _share(option, "--venues", "opt.patrol_visits.venues")] = 0.15,
        body: Annotated[str, option("--body", "opt.patrol_visits.body", show_default=True)] = "应急管理",
    ) -> int:
        from inventory.files import write_table
        from scenarios.staffing.patrol.choice import choose_dues, read_places

        old_file("REGISTER", places)
        new_file("--out", out)
        words_of("--body", body, most=40)
        with speaker.working():
            found = choose_dues(
                read_places(places), coverage={"enterprise": enterprises, "venue": venues}, body=body
            )  # fmt: skip
            write_table(out, "patrol_dues", found.rows, headers="zh" if kit.lang == "zh" else "en")
        rows = [
            (kit.words(f"patrol.class.{kind}"), kit.words(f"patrol.risk.{risk}"), places_, chosen)
            for (kind, risk), (chosen, places_) in found.counts.items()
        ]
        print_table(speaker, [f"patrol.said.{head}" for head in ("class", "risk", "places", "chosen_count")], rows)
        speaker.say("patrol.said.chosen", chosen=len(found.rows), places=sum(one for _, one in found.counts.values()))
        wrote(speaker, out)
        return DONE


def _share(option: Any, name: str, key: str) -> Any:
    return option(name, key, min=0.0, max=1.0, show_default=True)


@dataclass(frozen=True)
class _Asked:
    """What the year is planned from."""

    visits: Path | None
    stations: Path | None
    roads: Path | None
    crs: str | None
    grids: Path | None
    villages: Path | None
    hazards: Path | None
    example: str | None

    def check(self) -> None:
        """Raises BadInput for what does not go together and for files that are not there."""
        needed = {"VISITS": self.visits, "--stations": self.stations, "--roads": self.roads}
        more = {"--grids": self.grids, "--villages": self.villages, "--hazards": self.hazards}
        given = [name for name, path in (needed | more).items() if path is not None]
        if self.example is not None and given:
            raise BadInput("--example", [Fault("--example", "ExampleAlone", {"given": given})])
        if self.example not in (None, EXAMPLE):
            raise BadInput("--example", [Fault("--example", "PatrolExample", {"name": self.example, "known": EXAMPLE})])
        missing = [name for name, path in needed.items() if path is None]
        if self.example is None and missing:
            raise BadInput("patrol", [Fault(name, "PatrolNeeds") for name in missing])
        for name, path in (needed | more).items():
            if path is not None and name != "--roads":
                old_file(name, path)

    def read(self, year: int) -> "PatrolTables":
        from optimizer.network.read import read_network
        from scenarios.staffing.patrol.example import district
        from scenarios.staffing.patrol.tables import read_patrol

        if self.visits is None or self.stations is None or self.roads is None:
            return district()
        return read_patrol(
            year=year, network=read_network(self.roads, crs=self.crs), dues=self.visits, stations=self.stations,
            grids=self.grids, villages=self.villages, hazards=self.hazards,
        )  # fmt: skip


def _together(where: str, **given: Any) -> None:
    """All of these options or none. Raises BadInput naming those that lack."""
    named = {f"--{name.replace('_', '-')}": value for name, value in given.items()}
    missing = [name for name, value in named.items() if value is None]
    if missing and len(missing) < len(named):
        raise BadInput(where, [Fault(name, "OptionsTogether", {"options": list(named)}) for name in missing])


def _year(year: str | None, since: date | None, example: str | None) -> int:
    from inventory.five_fixed import shanghai_day
    from scenarios.staffing.patrol.example import YEAR

    if year is not None:
        found = _within("--year", year, *YEARS)
        if example is not None and found != YEAR:
            raise BadInput("--year", [Fault("--year", "ExampleYear", {"value": year, "year": YEAR})])
        return found
    if example is not None:
        return YEAR
    return since.year if since is not None else shanghai_day(datetime.now(UTC)).year


def _tell(kit: Kit, found: "PatrolYear") -> None:
    speaker, towns, tables = kit.speaker, found.towns, found.tables
    planned, left = sum(town.plan.visits for town in towns), sum(len(town.plan.left_out) for town in towns)
    travel, usual = sum(town.plan.travel_s for town in towns), sum(town.usual.travel_s for town in towns)
    if found.since is not None:
        slipped, late = (sum(one.why == why for one in found.changes) for why in ("slipped", "late"))
        others, pairs = (sum(one.why in whys for one in found.changes) for whys in (("room", "unfit"), ("pair",)))
        speaker.say(
            "patrol.said.again",
            since=found.since,
            done=len(found.past),
            slipped=slipped,
            late=late,
            others=others,
            pairs=pairs,
        )
        _changes(kit, found)
    speaker.say(
        "patrol.said.summary", dues=len(tables.dues), visits=planned + left, planned=planned, left=left,
        rounds=sum(len(town.plan.rounds) for town in towns),
    )  # fmt: skip
    facts = {"travel": round(travel / 3600), "each": f"{travel / 3600 / max(1, planned):.3f}"}
    if not all(town.comparable for town in towns):
        speaker.say("patrol.said.travel_alone", **facts)
    else:
        saved = f"{100 * (1 - travel / max(1, usual)):.1f}"
        speaker.say("patrol.said.travel", **facts, usual=round(usual / 3600), saved=saved)
    counts = {"grids": len(tables.grids), "villages": len(tables.villages), "hazards": len(tables.hazards)}
    if any(counts.values()):
        speaker.say("patrol.said.weekly", **counts)
    if found.assumed:
        speaker.say("patrol.said.assumed", year=tables.year)


def _changes(kit: Kit, found: "PatrolYear") -> None:
    """Late ones first, then those that move for others, then those that slipped; same days by other pairs last."""
    rank = {
        why: at
        for at, why in enumerate(("late", "no_room", "unfit", "room", "gone", "slipped", "new", "no_way", "pair"))
    }
    changes = sorted(found.changes, key=lambda one: (rank.get(one.why, len(rank)), one.now or (date.max, 0), one.visit))
    rows = [
        (one.town, f"{one.visit} {one.name}", one.was and one.was[0], one.now and one.now[0],
         kit.words(f"patrol.why.{one.why}"))
        for one in changes[:_SHOWN]
    ]  # fmt: skip
    if rows:
        print_table(kit.speaker, [f"patrol.said.{head}" for head in ("town", "visit", "was", "now", "why")], rows)
    if len(changes) > _SHOWN:
        kit.speaker.say("patrol.said.more", count=len(changes) - _SHOWN)


def _within(name: str, value: str, least: int, most: int) -> int:
    """A whole number in bounds. Raises BadInput naming the option."""
    found = whole_number(name, value)
    if not least <= found <= most:
        code = "TOO_SMALL" if found < least else "TOO_LARGE"
        raise BadInput(name, [Fault(name, code, {"value": value, "least": least, "most": most})])
    return found
