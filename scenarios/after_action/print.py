"""An after-action report on paper: figures and pictures first, then the tables, in one language."""

from collections.abc import Sequence
from pathlib import Path

from inventory.documents.grid import Cell, Column, draw_table
from inventory.documents.paper import DARK, Align, Paper, Printed
from inventory.documents.tiles import Tile, draw_tiles
from inventory.documents.words import Words
from scenarios.after_action.chart import draw_lanes, draw_tiers, lanes_of
from scenarios.after_action.model import AfterAction
from scenarios.after_action.words import DASH, Speech, clock, share
from scenarios.after_action.write import verdict
from scenarios.report.labels import say
from scenarios.report.wording import SHANGHAI, change, level_value, quantity

MOST_EVENTS, MOST_ROWS = 80, 60  # of one table on paper; the workbook has them all
_NARROW = 7.5


def print_report(path: Path | str, found: AfterAction, *, lang: str) -> Printed:
    said = Speech(found, lang)
    paper = Paper(Words(said.say("title"), ""), running=f"{said.say('running')}  {said.title()}")
    _head(paper, said)
    _figures(paper, said)
    lanes = lanes_of(found)
    if lanes:
        paper.section(Words(said.say("section.chart"), ""), keep_mm=16 + 5.6 * len(lanes))
        draw_lanes(paper, said, lanes)
    if found.tiers and any(tier.incidents for tier in found.tiers):
        paper.section(Words(said.say("section.tiers"), ""), keep_mm=4 + 7.4 * len(found.tiers))
        draw_tiers(paper, said)
    _incidents(paper, said)
    _stops(paper, said)
    _needs(paper, said)
    _practice(paper, said)
    _events(paper, said)
    return paper.print_to(path)


def _head(paper: Paper, said: Speech) -> None:
    found = said.found
    middle = paper.width / 2
    paper.text(middle, paper.y, said.say("title"), size_pt=18, align="center")
    paper.y += 9
    paper.text(middle, paper.y, f"{said.title()}（{said.say(f'kind.{found.kind}')}）" if said.lang == "zh"
               else f"{said.title()} ({said.say(f'kind.{found.kind}')})", size_pt=11, align="center")  # fmt: skip
    paper.y += 6
    span = said.say("span.none")
    if found.begins is not None and found.ends is not None:
        begins, ends = (f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in (found.begins, found.ends))
        span = said.say("span", begins=begins, ends=ends)
    paper.text(middle, paper.y, span, size_pt=8, align="center", colour=DARK)
    paper.y += 6
    if found.partial:
        paper.box(paper.left, paper.y, paper.right - paper.left, 6, colour=(253, 243, 215))
        paper.text(middle, paper.y + 1.4, said.say("partial"), size_pt=8, align="center")
        paper.y += 8


def _figures(paper: Paper, said: Speech) -> None:
    """What one wants to know first, side by side."""
    found, of = said.found, said.found.summary
    shown = [
        ("incidents", str(of.incidents), said.say("figure.incidents.note", open=of.incidents_open, people=of.people)),
        ("stops", f"{of.stops_arrived} / {of.stops}",
         said.say("figure.stops.note", done=of.stops_done, late=of.stops_late)),
        ("first", said.span(of.first_actual_s), said.say("figure.first.note", planned=said.span(of.first_planned_s))),
        ("delay", said.delay(of.delay_s), said.say("figure.delay.note", count=of.stops_arrived)),
        ("fill", share(of.fill_issued), said.say("figure.fill.note", planned=share(of.fill_planned))),
    ]  # fmt: skip
    labels = {key: said.say(f"figure.{key}") for key, _, _ in shown}
    if found.tiers and found.tiers[-1].incidents:
        widest = found.tiers[-1]
        labels["tier"] = said.say("figure.tier", minutes=widest.limit_s // 60)
        note = said.say("figure.tier.note", planned=widest.planned, all=widest.incidents)
        shown.insert(3, ("tier", share(widest.actual / widest.incidents), note))
    draw_tiles(paper, [Tile(labels[key], value, note) for key, value, note in shown])


def _table(
    paper: Paper, said: Speech, section: str, columns: Sequence[tuple[str, float, Align]],
    rows: Sequence[Sequence[Cell]], *, note: str | None = None, most: int = MOST_ROWS, title: str | None = None,
) -> None:  # fmt: skip
    paper.section(Words(title or said.say(f"section.{section}"), ""))
    if note is not None:
        paper.y = paper.paragraph(paper.left, paper.y, note, size_pt=7, room_mm=paper.right - paper.left, colour=DARK)
        paper.y += 1
    if not rows:
        paper.text(paper.left, paper.y, said.say("none"), size_pt=8, colour=DARK)
        paper.y += 5
        return
    heads = [Column(Words(said.say(f"col.{key}"), ""), wide, align) for key, wide, align in columns]
    draw_table(paper, heads, rows[:most], size_pt=_NARROW)
    if len(rows) > most:
        paper.y += 1
        more = said.say("note.more", count=len(rows) - most)
        paper.text(paper.left, paper.y, more, size_pt=7, colour=DARK)
        paper.y += 4


def _incidents(paper: Paper, said: Speech) -> None:
    columns: Sequence[tuple[str, float, Align]] = (
        ("incident", 42, "left"), ("severity", 15, "center"), ("reported", 20, "left"), ("first_planned", 20, "left"),
        ("first_actual", 20, "left"), ("tier", 16, "left"), ("teams", 24, "center"), ("fill", 27, "center"),
        ("status", 18, "left"),
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for one in said.found.incidents:
        fills = f"{share(one.fill_planned)} / {share(one.fill_issued)}" if one.fill_planned is not None else DASH
        rows.append(
            [said.name("incidents", one.code), str(one.severity), clock(one.reported_at), clock(one.arrive_planned),
             clock(one.arrived_at), said.tier(one.tier_actual, missed=one.actual_s is not None),
             f"{one.teams_arrived} / {one.teams_ordered} / {one.teams_needed}", fills, said.status(one)]
        )  # fmt: skip
    _table(paper, said, "incidents", columns, rows)


def _stops(paper: Paper, said: Speech) -> None:
    columns: Sequence[tuple[str, float, Align]] = (
        ("team", 42, "left"), ("incident", 38, "left"), ("task", 26, "left"), ("arrive_planned", 20, "left"),
        ("arrived", 20, "left"), ("delay", 24, "left"), ("status", 16, "left"),
    )  # fmt: skip
    rows = [
        [said.name("teams", one.team), said.name("incidents", one.incident), one.task, clock(one.arrive_planned),
         clock(one.arrived_at), said.delay(one.delay_s), said.progress(one.status)]
        for one in said.found.stops
    ]  # fmt: skip
    _table(paper, said, "stops", columns, rows, note=said.say("note.promise"))


def _needs(paper: Paper, said: Speech) -> None:
    columns: Sequence[tuple[str, float, Align]] = (
        ("incident", 38, "left"), ("item", 42, "left"), ("asked", 20, "right"), ("planned", 20, "right"),
        ("issued", 20, "right"), ("received", 20, "right"), ("fill", 28, "center"),
    )  # fmt: skip
    rows = [
        [said.name("incidents", one.incident), said.goods_name(one.item), quantity(one.asked), quantity(one.planned),
         quantity(one.issued), DASH if one.received is None else quantity(one.received),
         f"{share(min(1, one.planned / one.asked))} / {share(min(1, one.issued / one.asked))}"]
        for one in said.found.needs
    ]  # fmt: skip
    _table(paper, said, "needs", columns, rows, note=said.say("note.received"))


def _practice(paper: Paper, said: Speech) -> None:
    """The first plan, which met the whole event, and the last."""
    plans = said.found.plans
    lang = "zh" if said.lang == "zh" else "en"
    columns: Sequence[tuple[str, float, Align]] = (
        ("level", 44, "left"), ("value", 46, "left"), ("practice", 46, "left"), ("change", 26, "left"),
        ("verdict", 24, "left"),
    )  # fmt: skip
    for number, plan in enumerate(dict.fromkeys((plans[0], plans[-1])) if plans else ()):
        rows = [
            [say(f"level.{one.name}").of(lang), level_value(one.value).of(lang), level_value(one.practice).of(lang),
             change(one.value, one.practice)[0].of(lang), verdict(said, one.better)]
            for one in plan.levels
        ]  # fmt: skip
        note = None if number else said.say("note.practice")
        _table(paper, said, "practice", columns, rows, note=note, title=said.say("section.practice", plan=plan.number))


def _events(paper: Paper, said: Speech) -> None:
    columns: Sequence[tuple[str, float, Align]] = (
        ("at", 22, "left"),
        ("incident", 36, "left"),
        ("what", 102, "left"),
        ("actor", 26, "left"),
    )
    rows = [
        [clock(one.at), said.name("incidents", one.incident), said.event(one), one.actor] for one in said.found.events
    ]
    _table(paper, said, "events", columns, rows, most=MOST_EVENTS)
