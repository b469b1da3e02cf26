"""Pages of a report of a sizing: how sure the posts are, what matters, other coefficients, where posts turn."""

import numpy as np

from inventory.documents.grid import Cell
from optimizer.staffing.uncertainty import BreakEven, Compared, Distribution
from scenarios.staffing.report.bars import draw_legend
from scenarios.staffing.report.ink import PALE_HATCHED, SOLID
from scenarios.staffing.report.kit import DASH, Heads, Report, signed
from scenarios.staffing.report.method import unit_words
from scenarios.staffing.report.numbers import Numbers
from scenarios.staffing.report.spread import (
    SWING_MM,
    Sign,
    Span,
    Swing,
    draw_histogram,
    draw_spans,
    draw_tornado,
    spans_mm,
)
from scenarios.staffing.workbook import Sized

MOST_SPANS = 18
MOST_SWINGS = 15
MOST_TURNS = 40
MOST_CHANGED = 20


def uncertainty(report: Report, sized: Sized, numbers: Numbers) -> None:
    spread, say = sized.spread, report.say
    report.section("spread", keep_mm=70)
    if spread is not None:
        low, high = (f"{100 * level:g}" for level in (spread.levels[0], spread.levels[-1]))
        report.note(say("spread.note", draws=spread.draws, seed=spread.seed))
        report.subsection(say("spread.total"), keep_mm=66)
        draw_legend(report, [(SOLID, say("spread.inner", low=low, high=high)), (PALE_HATCHED, say("spread.outer"))])
        signs = []
        for level, value in zip(spread.levels, spread.total.tolist(), strict=True):
            words = say("spread.quantile", percent=f"{100 * level:g}", posts=f"{value:,}")
            signs.append(Sign(float(value), words, firm=False))
        signs.append(Sign(float(sized.sizing.total), say("spread.sized", posts=f"{sized.sizing.total:,}"), firm=True))
        if len(numbers.stated) == numbers.count:
            signs.append(Sign(float(numbers.staff), say("spread.staff", staff=f"{numbers.staff:,}"), firm=True))
        draw_histogram(report, spread.totals, (float(spread.total[0]), float(spread.total[-1])), signs)
    if sized.bars:
        _tornado(report, sized)
    if spread is not None:
        _spans(report, spread, numbers)


def _spans(report: Report, spread: Distribution, numbers: Numbers) -> None:
    shown, say = numbers.worst[:MOST_SPANS], report.say
    low, high = (f"{100 * level:g}" for level in (spread.levels[0], spread.levels[-1]))
    report.subsection(say("spread.towns", low=low, high=high), keep_mm=spans_mm(len(shown)) + 10)
    if len(shown) < numbers.count:
        report.note(say("spread.abridged", shown=len(shown)))
    report.note(say("spread.signs"))
    spans = []
    for at in shown:
        found = numbers.result(at)
        first, middle, last = int(spread.towns[0, at]), int(np.median(spread.towns[:, at])), int(spread.towns[-1, at])
        words = say("spread.words", low=first, high=last)
        if found.staff is not None:
            words += say("spread.enough", staff=found.staff, share=f"{100 * spread.enough[at]:.0f}")
        spans.append(Span(found.name, first, middle, last, found.posts, found.staff, words))
    draw_spans(report, spans)


def _tornado(report: Report, sized: Sized) -> None:
    say, side = report.say, 0 if report.lang == "zh" else 1
    shown = sized.bars[:MOST_SWINGS]
    report.subsection(say("tornado"), keep_mm=24 + SWING_MM * len(shown))
    report.note(say("tornado.note", shown=len(shown), count=len(sized.bars)))
    draw_legend(report, [(PALE_HATCHED, say("tornado.low")), (SOLID, say("tornado.high"))])
    known = sized.sizing.parameters.coefficients
    swings = [
        Swing(known[bar.name].meaning[side], bar.required_low, bar.required_high, f"{bar.low:g}", f"{bar.high:g}",
              f"{bar.posts_low:,} / {bar.posts_high:,}")
        for bar in shown
    ]  # fmt: skip
    draw_tornado(report, float(sized.sizing.required.sum()), swings)


def scenarios(report: Report, compared: Compared, numbers: Numbers) -> None:
    """Other coefficients side by side: totals, and the towns that change most."""
    say = report.say
    report.section("scenarios")
    first = compared.posts[0]
    rows: list[list[Cell]] = []
    for name, posts in zip(compared.names, compared.posts, strict=True):
        change = posts - first
        gap = numbers.staff - int(posts[numbers.stated].sum())
        rows.append([name, f"{int(posts.sum()):,}", signed(float(change.sum())), f"{int((change > 0).sum()):,}",
                     f"{int((change < 0).sum()):,}", signed(gap) if len(numbers.stated) else DASH])  # fmt: skip
    keys = ("scenario", "posts", "change", "more", "less", "gap")
    heads: Heads = [(say(f"col.{key}"), 60 if number == 0 else 25, "right" if number else "left")
                    for number, key in enumerate(keys)]  # fmt: skip
    report.table(heads, rows)
    moves = np.abs(compared.posts - first).max(axis=0)
    order = [at for at in sorted(range(numbers.count), key=lambda at: (-moves[at], at)) if moves[at] > 0]
    if not order:
        report.note(say("scenarios.same"))
        return
    report.subsection(say("scenarios.towns", shown=min(MOST_CHANGED, len(order)), count=f"{len(order):,}"))
    towns = numbers.sizing.towns
    listed: list[list[Cell]] = [
        [towns.name[at], towns.district[at], *(f"{int(posts[at]):,}" for posts in compared.posts)]
        for at in order[:MOST_CHANGED]
    ]
    columns: Heads = [(say("col.town"), 40, "left"), (say("col.district"), 30, "left"),
                      *((name, 25, "right") for name in compared.names)]  # fmt: skip
    report.table(columns, listed)


def turns(report: Report, sized: Sized, numbers: Numbers) -> None:
    """Where one coefficient alone would change the posts of a town."""
    report.section("turns")
    for turn in sized.turns:
        _turn(report, turn, numbers)


def _turn(report: Report, turn: BreakEven, numbers: Numbers) -> None:
    say, sizing, side = report.say, numbers.sizing, 0 if report.lang == "zh" else 1
    each = sizing.parameters.coefficients[turn.name]
    facts = {"least": f"{each.least:g}", "most": f"{each.most:g}", "value": f"{turn.value:g}", "name": turn.name}
    title = say("turns.title", meaning=each.meaning[side], unit=unit_words(report, each.unit), **facts)
    report.subsection(title, keep_mm=30)
    away = np.fmin(np.abs(turn.one_more - turn.value), np.abs(turn.one_less - turn.value))
    near = int((away <= 0.1 * abs(turn.value)).sum())
    report.note(say("turns.near", near=near, towns=f"{numbers.count:,}"))
    order = list(range(numbers.count))
    if numbers.count > MOST_TURNS:
        far = np.where(np.isnan(away), np.inf, away)
        order = sorted(order, key=lambda at: (far[at], sizing.towns.code[at]))[:MOST_TURNS]
        report.note(say("turns.abridged", shown=MOST_TURNS, towns=f"{numbers.count:,}"))
    keys = ("town", "posts", "staff", "one_less", "one_more", "meets")
    heads: Heads = [
        (say(f"col.{key}"), 46 if key == "town" else 28, "left" if key == "town" else "right") for key in keys
    ]
    rows: list[list[Cell]] = []
    for at in order:
        found = sizing.result(at)
        values = (turn.one_less[at], turn.one_more[at], turn.meets_staff[at])
        rows.append([found.name, f"{found.posts:,}", DASH if found.staff is None else f"{found.staff:,}",
                     *(DASH if np.isnan(value) else f"{value:.4g}" for value in values)])  # fmt: skip
    report.table(heads, rows)
    report.note(say("turns.note"))
