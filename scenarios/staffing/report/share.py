"""The report of posts shared out: from `Shared` to the bytes of a PDF."""

from collections.abc import Sequence

from inventory.documents.grid import Cell
from inventory.documents.tiles import Tile, draw_tiles
from scenarios.staffing.report.bars import Bar, draw_ratios, ratios_mm
from scenarios.staffing.report.ink import EMPTY, SOLID
from scenarios.staffing.report.kit import Heads, Report, signed
from scenarios.staffing.report.spread import Curve, draw_curves
from scenarios.staffing.share import GRADES, Shared, ShareRow, percent, ratios
from scenarios.staffing.share_book import notes
from scenarios.staffing.sizing import Tell, silent
from scenarios.staffing.words import year_line
from scenarios.texts import Lang, text

MOST_BARS = 104
MOST_ROWS = 500
MOST_WORDS = 120  # sentences
MOST_LEVELS = 60
_NAMED = 6
_MOST_POINTS = 240  # of a curve; more cannot be told apart on paper


def share_pdf(shared: Shared, lang: Lang, *, tell: Tell = silent) -> bytes:
    """A4 pages: summary, frontier, ratios before and after, districts, money, proof, sentences. Reads no file and no
    clock; equal results give equal bytes."""
    tell("staffing.phase.report", towns=len(shared.rows))
    districts = list(dict.fromkeys(row.district for row in shared.rows if row.district))
    facts = {"towns": f"{len(shared.rows):,}", "districts": len(districts)}
    key = "one" if len(districts) == 1 else "many" if districts else "none"
    subtitle = text(f"staffing.pdf.share.subtitle.{key}", lang, district="".join(districts[:1]), **facts)
    report = Report("share", lang, subtitle=subtitle)
    money = shared.asked.budget is not None
    _summary(report, shared, sections=6 + bool(shared.points) + money)
    if shared.points:
        _frontier(report, shared)
    if money:  # the chart that fills a page comes where the page before it is filled
        _money(report, shared)
        _districts(report, shared)
    _before_after(report, shared)
    if not money:
        _districts(report, shared)
    _towns(report, shared)
    _sentences(report, shared)
    _levels(report, shared)
    return report.close()


def _summary(report: Report, shared: Shared, *, sections: int) -> None:
    say, rows = report.say, shared.rows
    report.head()
    before, after = (percent(one) for one in shared.worst())
    required, actual = sum(row.required for row in rows), sum(row.actual for row in rows)
    whole = f"{100 * actual / required:.1f}%", f"{100 * (actual + shared.given) / required:.1f}%"
    got = sum(row.given > 0 for row in rows)
    draw_tiles(report.paper, [
        Tile(say("share.tile.given"), f"{shared.given:,}", say("share.tile.given.note", got=got)),
        Tile(say("share.tile.worst"), f"{before}% → {after}%", say("share.tile.worst.note")),
        Tile(say("share.tile.whole"), f"{whole[0]} → {whole[1]}",
             say("share.tile.whole.note", actual=f"{actual:,}", after=f"{actual + shared.given:,}",
                 required=f"{required:,}")),
        Tile(say("share.tile.proof"), say(f"share.tile.proof.{shared.status}"),
             say("share.tile.proof.note", levels=len(shared.levels))),
    ])  # fmt: skip
    report.section("summary")
    most = sorted((row for row in rows if row.given > 0), key=lambda row: (-row.given, row.code))[:_NAMED]
    lines = notes(shared, report.lang)
    if most:
        lines.insert(2, say("share.most", names=[f"{row.name} {signed(row.given)}" for row in most]))
    report.bullets(lines)
    report.paper.y += 1
    report.subsection(say("about"))
    report.facts(_about(report, shared))
    report.contents(sections)


def _about(report: Report, shared: Shared) -> list[tuple[str, str]]:
    say, asked, given = report.say, shared.asked, shared.coefficients
    what = say("share.asked.posts", posts=f"{asked.posts:,}") if asked.posts is not None else ""
    if asked.budget is not None:
        what = say("share.asked.budget", total=f"{asked.budget.total:,}", established=f"{asked.budget.costs[0]:,}",
                   contract=f"{asked.budget.costs[1]:,}")  # fmt: skip
    rules = [say("share.asked.lose", lose=asked.lose)]
    if asked.to_required:
        rules.append(say("share.asked.to_required"))
    if asked.limits is not None:
        rules.append(say("share.asked.limits"))
    if asked.districts is not None:
        rules.append(say("share.asked.districts"))
    gap = "" if report.lang == "zh" else " "
    rows = [
        (say("share.asked"), what),
        (say("share.rules"), gap.join(rules)),
        (say("share.goal"), say("share.goal.value")),
    ]
    if given is not None:
        rows.append((say("about.year"), year_line(given, report.lang)))
    return [*rows, *report.provenance(shared.files)]


def _frontier(report: Report, shared: Shared) -> None:
    say, points = report.say, shared.points
    report.section("share.frontier", keep_mm=110)
    report.note(say("share.frontier.note"))
    step = max(1, -(-len(points) // _MOST_POINTS))
    shown = [*points[:-1:step], points[-1]]
    asked = shared.asked.posts or 0
    here = next((point for point in points if point.posts == asked), None)
    words = ""
    if here is not None:
        facts = {"posts": asked, "before": percent(shared.worst()[0]), "after": percent(here.worst)}
        words = text("staffing.share.chart.here", report.lang, **facts)
    curves = [
        Curve(_series(report, "worst"), [100 * float(point.worst) for point in shown], 0.6, stairs=True),
        Curve(_series(report, "mean"), [100 * point.mean for point in shown], 0.35, dash=(2.2, 1.2)),
        Curve(_series(report, "whole"), [100 * float(point.whole) for point in shown], 0.35, dash=(0.5, 0.9)),
    ]
    draw_curves(
        report, [float(point.posts) for point in shown], curves,
        x_words=text("staffing.share.chart.x", report.lang), y_words=text("staffing.share.chart.y", report.lang),
        at=None if here is None else (float(asked), 100 * float(here.worst), words),
    )  # fmt: skip


def _series(report: Report, key: str) -> str:
    return text(f"staffing.share.{key}", report.lang)


def _order(shared: Shared) -> list[ShareRow]:
    """The worst before comes first."""
    return sorted(shared.rows, key=lambda row: (ratios(row)[0], row.code))


def _before_after(report: Report, shared: Shared) -> None:
    say = report.say
    order = _order(shared)
    report.section("share.ratios", keep_mm=ratios_mm(min(len(order), MOST_BARS)) + 10)
    report.note(say("share.ratios.note"))
    if len(order) > MOST_BARS:
        report.note(say("share.ratios.abridged", shown=MOST_BARS, towns=f"{len(order):,}"))
    bars = []
    for row in order[:MOST_BARS]:
        before, after = (float(one) for one in ratios(row))
        words = f"{percent(ratios(row)[0])} → {percent(ratios(row)[1])}%  {signed(row.given)}"
        bars.append(Bar(row.name, before, words, EMPTY if row.given == 0 else SOLID, second=after))
    draw_ratios(report, bars, words_mm=32.0)


def _money(report: Report, shared: Shared) -> None:
    """What the budget is spent on, by grade."""
    budget, say = shared.asked.budget, report.say
    if budget is None:
        return
    report.section("share.money")
    rows: list[list[Cell]] = []
    for place, grade in enumerate(GRADES):
        given = sum(row.grades[place] for row in shared.rows)
        most = budget.most[place]
        limit = say("share.no_limit") if most is None else f"{most:,}"
        rows.append([say(f"share.grade.{grade}"), f"{budget.costs[place]:,}", limit, signed(given),
                     f"{given * budget.costs[place]:,}"])  # fmt: skip
    cost = shared.cost or 0
    rows.append([say("total"), "", "", signed(shared.given), f"{cost:,}"])
    rows.append([say("share.left"), "", "", "", f"{budget.total - cost:,}"])
    keys = ("grade", "cost", "most", "given", "money")
    heads: Heads = [(say(f"col.{key}"), 40, "left" if key == "grade" else "right") for key in keys]
    report.table(heads, rows, shaded=(len(rows) - 2,))


def _sums(name: Sequence[str], rows: Sequence[ShareRow]) -> list[Cell]:
    required, actual = sum(row.required for row in rows), sum(row.actual for row in rows)
    given = sum(row.given for row in rows)
    after = actual + given
    return [*name, f"{required:,}", f"{actual:,}", signed(given), f"{after:,}", f"{100 * actual / required:.1f}%",
            f"{100 * after / required:.1f}%", signed(after - required)]  # fmt: skip


_FIGURES = ("required", "actual", "given", "after", "before", "now", "difference")


def _figures(share: float) -> Heads:
    return [(f"{key}", share, "right") for key in _FIGURES]


def _districts(report: Report, shared: Shared) -> None:
    report.section("share.districts")
    by_name: dict[str, list[ShareRow]] = {}
    for row in shared.rows:
        by_name.setdefault(row.district, []).append(row)
    rows = [_sums([name, f"{len(by_name[name]):,}"], by_name[name]) for name in sorted(by_name)]
    rows.append(_sums([report.say("total"), f"{len(shared.rows):,}"], shared.rows))
    heads: Heads = [(_word(report, "district"), 34, "left"), (_word(report, "towns"), 18, "right"),
                    *((_word(report, key), share, align) for key, share, align in _figures(19))]  # fmt: skip
    report.table(heads, rows, shaded=(len(rows) - 1,))


def _word(report: Report, key: str) -> str:
    return text(f"staffing.share.col.{key}", report.lang)


def _towns(report: Report, shared: Shared) -> None:
    report.section("share.towns")
    listed = list(shared.rows)
    if len(listed) > MOST_ROWS:
        listed = sorted(listed, key=lambda row: (-row.given, row.code))[:MOST_ROWS]
        report.note(report.say("share.towns.abridged", shown=MOST_ROWS, towns=f"{len(shared.rows):,}"))
    rows = [_sums([row.code, row.name, row.district], [row]) for row in listed]
    rows.append(_sums([report.say("total"), "", ""], shared.rows))
    figures = _figures(16.0)
    if shared.asked.budget is not None:
        figures = [*figures[:2], *((f"given_{grade}", 17.0, "right") for grade in GRADES), *figures[3:]]
        for cells, own in zip(rows, [*([row] for row in listed), list(shared.rows)], strict=True):
            cells[5:6] = [signed(sum(row.grades[place] for row in own)) for place in range(len(GRADES))]
    lead: Heads = [("code", 21, "left"), ("name", 26, "left"), ("district", 20, "left")]
    heads: Heads = [(_word(report, key), share, align) for key, share, align in (*lead, *figures)]
    report.table(heads, rows, size_pt=6.8, shaded=(len(rows) - 1,))


def _sentences(report: Report, shared: Shared) -> None:
    """Of the towns that get posts or give some."""
    moved = sorted((row for row in shared.rows if row.given), key=lambda row: (-row.given, row.code))
    report.section("share.sentences", count=f"{len(moved):,}")
    if not moved:
        report.note(report.say("share.sentences.none"))
        return
    if len(moved) > MOST_WORDS:
        report.note(report.say("share.sentences.abridged", shown=MOST_WORDS))
    report.bullets([row.why(report.lang) for row in moved[:MOST_WORDS]], size_pt=6.9)


def _levels(report: Report, shared: Shared) -> None:
    report.section("share.levels")
    report.note(report.say("share.levels.note"))
    shown = shared.levels[:MOST_LEVELS]
    if len(shown) < len(shared.levels):
        report.note(report.say("share.levels.abridged", shown=MOST_LEVELS, levels=f"{len(shared.levels):,}"))
    rows: list[list[Cell]] = [
        [f"{number:,}", f"{percent(level.ratio)}%", f"{level.ratio.numerator}:{level.ratio.denominator}",
         f"{level.towns:,}", f"{level.bound:,}", text(f"staffing.share.proof.{level.proof}", report.lang)]
        for number, level in enumerate(shown, start=1)
    ]  # fmt: skip
    keys = (("level", 12), ("ratio", 22), ("exact", 30), ("towns", 20), ("bound", 36), ("proof", 66))
    heads: Heads = [(_word(report, key), share, "left" if key == "proof" else "right") for key, share in keys]
    report.table(heads, rows)
