"""Pages of a report of a sizing: summary, towns by ratio, the worst in words, what the work is, floors, all towns."""

from itertools import pairwise

import numpy as np

from inventory.documents.grid import Cell
from inventory.documents.tiles import Tile, draw_tiles
from optimizer.staffing.floors import RULES
from optimizer.staffing.parameters import ALLOWANCES
from optimizer.staffing.workload import COMPONENTS
from optimizer.units import FloatArray
from scenarios.staffing.report.bars import (
    Bar,
    Stack,
    Step,
    draw_bands,
    draw_legend,
    draw_ratios,
    draw_stacks,
    draw_waterfall,
    ratios_mm,
    stacks_mm,
)
from scenarios.staffing.report.ink import PALE_HATCHED, SERIES, SOLID
from scenarios.staffing.report.kit import DASH, Heads, Report, signed
from scenarios.staffing.report.numbers import GROUPS, Numbers, joined, ratio_words
from scenarios.staffing.words import findings, part_name, sentence, year_line
from scenarios.staffing.workbook import Sized

MOST_BARS = 104  # towns of a chart; two columns of a page
MOST_STACKS = 20
MOST_ROWS = 500  # towns of the table on paper; the workbook has all
MOST_FOUND = 60
IN_WORDS = 10
_BANDS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)


def summary(report: Report, sized: Sized, numbers: Numbers, *, sections: int) -> None:
    report.head()
    draw_tiles(report.paper, _tiles(report, sized, numbers))
    report.section("summary")
    report.bullets(_lines(report, sized, numbers))
    report.paper.y += 1
    report.subsection(report.say("about"))
    report.facts(_about(report, sized))
    report.contents(sections)


def _tiles(report: Report, sized: Sized, numbers: Numbers) -> list[Tile]:
    say, sizing = report.say, sized.sizing
    tiles = [Tile(say("tile.posts"), f"{sizing.total:,}", say("tile.posts.note", towns=numbers.count))]
    if len(numbers.stated):
        gap = numbers.staff - numbers.posts_of_stated
        worst = numbers.result(numbers.worst[0])
        tiles += [
            Tile(say("tile.staff"), f"{numbers.staff:,}", say("tile.staff.note", stated=len(numbers.stated))),
            Tile(say("tile.gap"), signed(gap), say("tile.gap.note", short=len(numbers.short), over=len(numbers.over))),
            Tile(
                say("tile.ratio"),
                ratio_words(numbers.ratio),
                say("tile.ratio.note", name=worst.name, ratio=ratio_words(worst.ratio)),
            ),
        ]
    if sized.spread is not None:
        low, _, high = sized.spread.total.tolist()
        tiles.append(Tile(say("tile.range"), f"{low:,}–{high:,}", say("tile.range.note", draws=sized.spread.draws)))
    broken = numbers.with_findings
    rules = sum(len(numbers.sizing.findings[at]) for at in broken)
    tiles.append(Tile(say("tile.floors"), str(len(broken)), say("tile.floors.note", count=rules)))
    return tiles


def _lines(report: Report, sized: Sized, numbers: Numbers) -> list[str]:
    say, sizing = report.say, sized.sizing
    lines = [say("line.posts", towns=numbers.count, posts=f"{sizing.total:,}")]
    if len(numbers.stated):
        lines[0] += ("" if report.lang == "zh" else " ") + say(
            "line.staff", stated=len(numbers.stated), staff=f"{numbers.staff:,}",
            required=f"{numbers.posts_of_stated:,}", gap=signed(numbers.staff - numbers.posts_of_stated),
            ratio=ratio_words(numbers.ratio),
        )  # fmt: skip
        gaps = sizing.difference
        lines.append(
            say("line.towns", short=len(numbers.short), lack=f"{-gaps[numbers.short].sum():,.0f}",
                over=len(numbers.over), spare=f"{gaps[numbers.over].sum():,.0f}",
                even=len(numbers.stated) - len(numbers.short) - len(numbers.over))
        )  # fmt: skip
    if len(numbers.stated) < numbers.count:
        lines.append(say("line.unstated", count=numbers.count - len(numbers.stated)))
    hours = sum(numbers.hour_totals.values())
    largest = [
        say("share", part=part_name(name, report.lang), share=f"{100 * value / hours:.0f}")
        for name, value in list(numbers.hour_totals.items())[:4]
        if value > 0
    ]
    lines.append(say("line.work", hours=f"{hours:,.0f}", largest=joined(largest, report.lang)))
    if sized.spread is not None:
        low, middle, high = (f"{value:,}" for value in sized.spread.total.tolist())
        lines.append(say("line.spread", low=low, middle=middle, high=high, draws=sized.spread.draws))
    if sized.bars:
        known = sizing.parameters.coefficients
        side = 0 if report.lang == "zh" else 1
        lines.append(
            say("line.matters", names=joined([known[bar.name].meaning[side] for bar in sized.bars[:3]], report.lang))
        )
    raised = int((sizing.floor > sizing.required).sum())
    lines.append(say("line.floors", raised=raised, broken=len(numbers.with_findings)))
    moving = [each for each in sizing.parameters if each.effect]
    basis = {name: sum(each.basis == name for each in moving) for name in ("derived", "assumed", "stated")}
    lines.append(say("line.basis", count=len(moving), known=len(moving) - sum(basis.values()), **basis))
    return lines


def _about(report: Report, sized: Sized) -> list[tuple[str, str]]:
    say, sizing = report.say, sized.sizing
    given = sizing.parameters
    absent = [f"{given[name]:g}" for name in ("annual_leave_days", "sick_days", "other_days")]
    rows = [
        (say("about.year"), year_line(given, report.lang)),
        (say("about.awt"), say("about.awt.value", days=f"{given['working_days']:g}", absent=" − ".join(absent),
                               hours=f"{given['hours_per_day']:g}", awt=f"{sizing.available_h:,.0f}")),
        (say("about.factors"), say("about.factors.value", caf=f"{sizing.caf:.3f}", iaf=f"{sizing.iaf:.2f}",
                                   shares=" − ".join(f"{given[name]:g}" for name in ALLOWANCES),
                                   floor=f"{sizing.floor:g}")),
    ]  # fmt: skip
    if sized.spread is not None:
        rows.append((say("about.draws"), say("about.draws.value", draws=sized.spread.draws, seed=sized.spread.seed)))
    own = sum(each.basis == "stated" for each in given)
    if own:
        rows.append((say("about.own"), say("about.own.value", count=own)))
    return [*rows, *report.provenance(sized.files)]


def ratios(report: Report, numbers: Numbers) -> None:
    """How towns stand: bands of all of them, then one by one."""
    if not numbers.rated:
        report.section("ratios")
        report.note(report.say("ratios.none"))
        return
    report.section("ratios", keep_mm=60 if len(numbers.rated) > 15 else ratios_mm(len(numbers.rated)) + 11)
    ratio = numbers.sizing.ratio[numbers.rated]
    labels = [f"<{_BANDS[0]:.1f}", *(f"{a:.1f}–{b:.1f}" for a, b in pairwise(_BANDS)),
              f"≥{_BANDS[-1]:.1f}"]  # fmt: skip
    place = np.searchsorted(np.array(_BANDS), ratio, side="right")
    counts = np.bincount(place, minlength=len(labels)).tolist()
    inks = [SOLID if number < _BANDS.index(1.0) + 1 else PALE_HATCHED for number in range(len(labels))]
    if len(numbers.rated) > 15:
        report.subsection(report.say("ratios.bands"))
        draw_bands(report, labels, counts, inks)
    shown = numbers.rated[:MOST_BARS]
    report.keep(ratios_mm(len(shown)) + 11, least=60)
    report.note(report.say("ratios.note"))
    if len(shown) < len(numbers.rated):
        report.note(report.say("ratios.abridged", shown=len(shown), towns=f"{len(numbers.rated):,}"))
    if len(numbers.rated) < numbers.count:
        report.note(report.say("ratios.unstated", count=numbers.count - len(numbers.rated)))
    draw_legend(report, [(SOLID, report.say("ratios.short")), (PALE_HATCHED, report.say("ratios.enough"))])
    bars = []
    for at in shown:
        found = numbers.result(at)
        words = f"{ratio_words(found.ratio)}  {found.staff}/{found.posts}"
        bars.append(Bar(found.name, found.ratio or 0.0, words, SOLID if (found.ratio or 0) < 1 else PALE_HATCHED))
    draw_ratios(report, bars, words_mm=22.0)


def sentences(report: Report, numbers: Numbers) -> None:
    """The towns worst off, each in its own words."""
    shown = numbers.rated[:IN_WORDS]
    report.section("sentences", count=len(shown))
    report.bullets([sentence(numbers.result(at), report.lang) for at in shown], size_pt=7.6)


def work(report: Report, numbers: Numbers) -> None:
    """From hours to posts: the whole as a waterfall, and towns or districts as stacked bars."""
    report.section("work", keep_mm=112)
    report.subsection(report.say("work.waterfall"))
    draw_legend(report, [(SERIES[0], report.say("work.total")), (SERIES[1], report.say("work.step"))])
    draw_waterfall(report, _steps(report, numbers))
    names, values, staff = _units(numbers)
    kind = "towns" if names is None else "districts"
    whole = numbers.count if kind == "towns" else len(numbers.districts)
    order = list(range(numbers.count)) if names is None else list(range(len(names)))
    if len(order) > MOST_STACKS:
        order = sorted(order, key=lambda at: (-values[:, at].sum(), at))[:MOST_STACKS]
    label = numbers.sizing.towns.name if names is None else names
    report.subsection(report.say(f"work.{kind}"), keep_mm=stacks_mm(len(order)) + 14)
    if len(order) < whole:
        report.note(report.say("work.abridged", shown=len(order), count=f"{whole:,}"))
    draw_legend(report, [(ink, report.say(f"group.{key}")) for ink, (key, _) in zip(SERIES, GROUPS, strict=True)],
                numbered=True)  # fmt: skip
    report.note(report.say("work.staff"))
    stacks = []
    for at in order:
        posts = float(values[:, at].sum())
        known = None if np.isnan(staff[at]) else float(staff[at])
        words = report.say("work.posts", posts=f"{posts:,.0f}", staff=DASH if known is None else f"{known:,.0f}")
        stacks.append(Stack(label[at] or DASH, values[:, at].tolist(), known, words))
    draw_stacks(report, stacks)


def _units(numbers: Numbers) -> tuple[list[str] | None, FloatArray, FloatArray]:
    """(names or None for the towns themselves, [groups, units] posts, staff of each)."""
    values, staff = numbers.grouped, numbers.sizing.towns.staff
    if numbers.count <= MOST_STACKS or len(numbers.districts) < 2:
        return None, values, staff
    names = list(dict.fromkeys(numbers.sizing.towns.district))
    place = {name: index for index, name in enumerate(names)}
    at = np.array([place[name] for name in numbers.sizing.towns.district])
    sums: FloatArray = np.stack([np.bincount(at, weights=row, minlength=len(names)) for row in values])
    return names, sums, np.bincount(at, weights=staff, minlength=len(names))


def _steps(report: Report, numbers: Numbers) -> list[Step]:
    sizing, say = numbers.sizing, report.say
    steps: list[Step] = []
    at = 0.0

    def add(name: str, value: float) -> None:
        nonlocal at
        steps.append(
            Step(name, at, at + value, say("work.value", value=signed(value, ",.1f"), sum=f"{at + value:,.1f}"))
        )
        at += value

    def total(name: str, value: float, form: str = ",.1f") -> None:
        steps.append(Step(name, 0.0, value, format(value, form), total=True))

    for name in COMPONENTS:
        hours = numbers.hour_totals[name]
        if hours > 0:
            add(part_name(name, report.lang), hours / sizing.available_h)
    total(say("work.basic"), at)
    add(say("work.caf", caf=f"{sizing.caf:.3f}"), float(sizing.basic.sum()) * (sizing.caf - 1))
    add(say("work.iaf", iaf=f"{sizing.iaf:.2f}"), sizing.iaf * numbers.count)
    add(part_name("floor", report.lang), numbers.part_totals["floor"])
    add(part_name("rounding", report.lang), numbers.part_totals["rounding"])
    total(say("work.required"), float(sizing.total), ",.0f")
    if len(numbers.stated) == numbers.count:
        total(say("work.there"), float(numbers.staff), ",.0f")
    return steps


def floors(report: Report, numbers: Numbers) -> None:
    """Each rule with its source and how many keep it, then who does not."""
    report.section("floors", keep_mm=62)
    report.note(report.say("floors.note"))
    sizing, side = numbers.sizing, 0 if report.lang == "zh" else 1
    columns: Heads = [("rule", 60, "left"), ("limit", 16, "left"), ("judged", 18, "right"), ("broken", 18, "right"),
                      ("missing", 18, "right"), ("source", 56, "left")]  # fmt: skip
    heads: Heads = [(report.say(f"col.{key}"), share, align) for key, share, align in columns]
    rows: list[list[Cell]] = []
    for rule in RULES:
        each = sizing.parameters.coefficients[rule.coefficient]
        judged = int((~np.isnan(rule.actual(sizing.towns))).sum())
        own = [one for found in sizing.findings for one in found if one.code == rule.code]
        sign = "≥" if rule.sense == "least" else "≤"
        source = f"{report.say(f'mark.{each.basis}')} {each.source[side]}"
        rows.append([each.meaning[side], f"{sign} {each.value:g}", f"{judged:,}", f"{len(own):,}",
                     f"{sum(one.gap for one in own):,}", source])  # fmt: skip
    report.table(heads, rows)
    broken = numbers.with_findings
    if not broken:
        report.note(report.say("floors.none"))
        return
    report.subsection(report.say("floors.towns", count=len(broken)))
    if len(broken) > MOST_FOUND:
        report.note(report.say("floors.abridged", shown=MOST_FOUND, count=f"{len(broken):,}"))
    listed = [[_named(numbers, at), " ".join(findings(numbers.result(at), report.lang))] for at in broken[:MOST_FOUND]]
    report.table([(report.say("col.town"), 40, "left"), (report.say("col.finding"), 146, "left")], listed)


def _named(numbers: Numbers, at: int) -> str:
    towns = numbers.sizing.towns
    return f"{towns.name[at]} {towns.code[at]}"


def town_table(report: Report, sized: Sized, numbers: Numbers) -> None:
    """Every town in the order of the file; of very many the worst."""
    report.section("towns")
    order = list(range(numbers.count))
    if numbers.count > MOST_ROWS:
        order = numbers.worst[:MOST_ROWS]
        report.note(report.say("towns.abridged", shown=MOST_ROWS, towns=f"{numbers.count:,}"))
    spread = sized.spread
    keys = [("code", 22), ("town", 26), ("district", 20), ("hours", 18), ("posts", 12), ("staff", 12), ("gap", 12),
            ("ratio", 14), *([("range", 18)] if spread is not None else []), ("main", 36)]  # fmt: skip
    heads: Heads = [
        (report.say(f"col.{key}"), share, "left" if key in ("code", "town", "district", "main") else "right")
        for key, share in keys
    ]
    rows: list[list[Cell]] = []
    for at in order:
        found = numbers.result(at)
        hours = sum(found.hours.values())
        main = max(COMPONENTS, key=lambda name: found.hours[name])
        words = (
            report.say("share", part=part_name(main, report.lang), share=f"{100 * found.hours[main] / hours:.0f}")
            if hours
            else DASH
        )
        posts = f"{found.posts:,}" + ("*" if found.by_floor else "")
        row = [found.code, found.name, found.district, f"{hours:,.0f}", posts,
               DASH if found.staff is None else f"{found.staff:,}",
               DASH if found.difference is None else signed(found.difference), ratio_words(found.ratio)]  # fmt: skip
        if spread is not None:
            row.append(f"{int(spread.towns[0, at]):,}–{int(spread.towns[-1, at]):,}")
        rows.append([*row, words])
    gap = numbers.staff - numbers.posts_of_stated
    total = [report.say("total"), report.say("total.towns", towns=f"{numbers.count:,}"), "",
             f"{sum(numbers.hour_totals.values()):,.0f}", f"{sized.sizing.total:,}",
             f"{numbers.staff:,}" if len(numbers.stated) else DASH, signed(gap) if len(numbers.stated) else DASH,
             ratio_words(numbers.ratio)]  # fmt: skip
    if spread is not None:
        total.append(f"{int(spread.total[0]):,}–{int(spread.total[-1]):,}")
    rows.append([*total, ""])
    report.table(heads, rows, size_pt=6.8, shaded=(len(rows) - 1,))
    report.note(report.say("towns.note"))
