"""How sure the posts are, as pictures: a histogram of the total, intervals of towns, the tornado, the frontier."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from inventory.documents.paper import BLACK, DARK, GREY, Paper
from inventory.documents.pdf import Colour
from inventory.documents.typesetting import width_mm
from optimizer.units import IntArray
from scenarios.staffing.report.bars import MOST_RATIO, name_at, name_room
from scenarios.staffing.report.ink import (
    GRID,
    PALE_HATCHED,
    SOLID,
    WHITE,
    Axis,
    dashed,
    fill,
    mark,
    round_step,
    scale_x,
)
from scenarios.staffing.report.kit import Report

SWING_MM = 6.8  # from row to row of a tornado
_BINS = 40  # at most; steps are round


@dataclass(frozen=True, slots=True)
class Sign:
    """A line across a histogram with its words; `firm` lines are drawn through."""

    value: float
    words: str
    firm: bool


def draw_histogram(report: Report, totals: IntArray, inner: tuple[float, float], signs: Sequence[Sign]) -> None:
    """Draws by their total; bars within `inner` are solid. Every sign has a line of its own for its words."""
    paper, tall, lead = report.paper, 42.0, 4.0
    paper.keep_together(tall + len(signs) * lead + 10)
    low = min(float(totals.min()), *(sign.value for sign in signs))
    high = max(float(totals.max()), *(sign.value for sign in signs))
    step = max(1.0, round_step((high - low) / _BINS))
    first, last = np.floor(low / step), np.floor(high / step) + 1
    edges = np.arange(first, last + 1) * step
    counts, _ = np.histogram(totals, edges)
    axis = Axis(float(edges[0]), float(edges[-1]), paper.left + 4, paper.right - 4)
    top = paper.y + len(signs) * lead + 1
    foot = top + tall
    scale_x(paper, axis, top, foot, most=9)
    for index, count in enumerate(counts.tolist()):
        middle = edges[index] + (step - 1) / 2  # of whole numbers
        x, end = axis.at(float(edges[index])), axis.at(float(edges[index + 1]))
        height = tall * count / max(int(counts.max()), 1)
        within = inner[0] <= middle <= inner[1]
        fill(paper, x + 0.15, foot - height, end - x - 0.3, height, SOLID if within else PALE_HATCHED)
    ordered = sorted(signs, key=lambda one: -one.value)
    for number, sign in enumerate(ordered):
        x, y = axis.at(sign.value), paper.y + number * lead
        paper.line(x, y, x, foot, width=1.0, colour=WHITE)  # to be seen on dark bars
        if sign.firm:
            paper.line(x, y, x, foot, width=0.35, colour=BLACK)
        else:
            dashed(paper, x, y, x, foot, width=0.25, colour=BLACK)
    for number, sign in enumerate(ordered):  # after all lines, which they cover
        x, y = axis.at(sign.value), paper.y + number * lead
        wide = width_mm(paper.clean(sign.words), 7)
        left = x + 1.0 if x + 1.2 + wide <= paper.right else x - 1.4 - wide
        paper.box(left, y, wide + 0.4, 3.0, colour=WHITE)
        paper.text(left + 0.2, y, sign.words, size_pt=7)
    paper.y = foot + 6


@dataclass(frozen=True, slots=True)
class Span:
    """The interval of a town's posts, what it needs at the values themselves, and its staff."""

    name: str
    low: float
    middle: float
    high: float
    posts: float
    staff: float | None
    words: str


def _pitch(count: int) -> float:
    return 6.0 if count <= 14 else 4.8


def spans_mm(count: int) -> float:
    """How tall so many intervals are."""
    return count * _pitch(count) + 8


def draw_spans(report: Report, spans: Sequence[Span]) -> None:
    paper, words_mm = report.paper, 50.0
    names = name_room(paper, [span.name for span in spans], size_pt=7.5, most=44.0)
    pitch = _pitch(len(spans))
    most = max(*(max(span.high, span.posts) for span in spans), 1.0)
    staff = min(MOST_RATIO * most, max(span.staff or 0 for span in spans))
    axis = Axis(0.0, max(most, staff) * 1.03, paper.left + names, paper.right - words_mm)
    left = list(spans)
    while left:
        report.keep(len(left) * pitch + 8, least=4 * pitch + 8)
        rows = min(len(left), max(1, int((paper.bottom - paper.y - 6) / pitch)))
        top = paper.y + 1
        scale_x(paper, axis, top, top + rows * pitch)
        for number, span in enumerate(left[:rows]):
            y = top + number * pitch
            middle = y + pitch / 2
            name_at(paper, axis.start - 1.2, middle - 1.4, span.name, room=names - 2, sizes=(7.5, 6.5))
            fill(paper, axis.at(span.low), middle - 0.8, axis.at(span.high) - axis.at(span.low), 1.6, PALE_HATCHED)
            paper.line(axis.at(span.middle), middle - 1.4, axis.at(span.middle), middle + 1.4, width=0.4, colour=BLACK)
            mark(paper, axis.at(span.posts), middle)
            if span.staff is not None:
                mark(paper, axis.at(span.staff), middle, side=2.1, filled=False)
            paper.text(axis.end + 1.5, middle - 1.4, span.words, size_pt=7)
        paper.y = top + rows * pitch + 5
        left = left[rows:]


@dataclass(frozen=True, slots=True)
class Swing:
    """One coefficient of the tornado: what the total comes to at the ends of its range, with those ends in words."""

    name: str
    low: float
    high: float
    low_words: str
    high_words: str
    words: str


def draw_tornado(report: Report, middle: float, swings: Sequence[Swing]) -> None:
    """Hatched where the coefficient is at its low end, solid at its high end; the widest on top."""
    paper, words_mm, pitch = report.paper, 26.0, SWING_MM
    names = name_room(paper, [swing.name for swing in swings], size_pt=7, most=62.0)
    paper.keep_together(len(swings) * pitch + 8)
    values = [middle, *(value for swing in swings for value in (swing.low, swing.high))]
    room = (max(values) - min(values)) * 0.14 or 1.0  # for the ends in words
    axis = Axis(min(values) - room, max(values) + room, paper.left + names, paper.right - words_mm)
    top = paper.y + 1
    foot = top + len(swings) * pitch
    scale_x(paper, axis, top, foot, most=5)
    for number, swing in enumerate(swings):
        y = top + number * pitch
        size, lines = paper.fit(swing.name, sizes_pt=(7, 6.2), room_mm=names - 2, lines=2)
        for index, line in enumerate(lines):
            start = y + pitch / 2 - (len(lines) * 0.38 + 0.03) * size / 2 + index * size * 0.38
            paper.text(axis.start - 1.2, start, line, size_pt=size, align="right")
        for value, words, ink in ((swing.low, swing.low_words, PALE_HATCHED), (swing.high, swing.high_words, SOLID)):
            a, b = sorted((axis.at(middle), axis.at(value)))
            fill(paper, a, y + 1.0, max(b - a, 0.15), pitch - 2.0, ink)
            beyond = value > min(swing.low, swing.high) or (swing.low == swing.high and ink is SOLID)
            x = b + 0.8 if beyond else a - 0.8
            paper.text(x, y + pitch / 2 - 1.2, words, size_pt=6.5, align="left" if beyond else "right", colour=DARK)
        paper.text(axis.end + 1.5, y + pitch / 2 - 1.3, swing.words, size_pt=7)
    paper.line(axis.at(middle), top - 1, axis.at(middle), foot, width=0.35, colour=BLACK)
    paper.y = foot + 6


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart: values over the places of the chart, drawn as a staircase or not."""

    words: str
    values: Sequence[float]
    width: float
    dash: tuple[float, float] | None = None
    stairs: bool = False
    colour: Colour = BLACK


def draw_curves(
    report: Report, places: Sequence[float], curves: Sequence[Curve], *, x_words: str, y_words: str,
    at: tuple[float, float, str] | None,
) -> None:  # fmt: skip
    """Lines over `places`, in per cent; `at` a place with its value and words. Names stand at the ends."""
    paper, tall = report.paper, 92.0
    paper.keep_together(tall + 16)
    lowest, highest = min(min(each.values) for each in curves), max(max(each.values) for each in curves)
    x_axis = Axis(places[0], max(places[-1], places[0] + 1), paper.left + 11, paper.right - 26)
    top = paper.y + 5
    foot = top + tall
    y_axis = Axis(max(0.0, lowest - 4), highest + 4, foot, top)
    paper.text(paper.left, paper.y, y_words, size_pt=7, colour=DARK)
    for tick in y_axis.ticks(8):
        paper.line(x_axis.start, y_axis.at(tick), x_axis.end, y_axis.at(tick), width=0.1, colour=GRID)
        paper.text(x_axis.start - 1, y_axis.at(tick) - 1.2, f"{tick:g}", size_pt=6.5, align="right", colour=DARK)
    scale_x(paper, x_axis, top, foot, most=10)
    paper.text(x_axis.end, foot + 3.6, x_words, size_pt=7, align="right", colour=DARK)
    if y_axis.low < 100 < y_axis.high:
        paper.line(x_axis.start, y_axis.at(100), x_axis.end, y_axis.at(100), width=0.3, colour=GREY)
    labels = _apart([y_axis.at(each.values[-1]) for each in curves], 3.4)
    for curve, height in zip(curves, labels, strict=True):
        _line(paper, [x_axis.at(place) for place in places], [y_axis.at(value) for value in curve.values], curve)
        paper.text(x_axis.end + 1.5, height - 1.3, curve.words, size_pt=7)
    if at is not None:
        x, y = x_axis.at(at[0]), y_axis.at(at[1])
        dashed(paper, x, top, x, foot, colour=BLACK)
        mark(paper, x, y, side=2.2)
        wide = width_mm(paper.clean(at[2]), 8)
        late = x + 3 + wide > x_axis.end
        left = x - 3 - wide if late else x + 3
        below = min(y + 3.5, foot - 5)
        paper.box(left - 0.6, below - 0.4, wide + 1.2, 4.0, colour=(255, 255, 255))
        paper.text(left, below, at[2], size_pt=8)
    paper.y = foot + 9


def _line(paper: Paper, xs: Sequence[float], ys: Sequence[float], curve: Curve) -> None:
    points = [(xs[0], ys[0])]
    for x, y in zip(xs[1:], ys[1:], strict=True):
        if curve.stairs and y != points[-1][1]:
            points.append((x, points[-1][1]))
        points.append((x, y))
    if curve.dash is None:
        for (x1, y1), (x2, y2) in pairwise(points):
            paper.line(x1, y1, x2, y2, width=curve.width, colour=curve.colour)
        return
    on, off = curve.dash  # counted along the whole line, or short segments would never show a gap
    at = 0.0
    for (x1, y1), (x2, y2) in pairwise(points):
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        done = 0.0
        while done < length - 1e-9:
            place = at % (on + off)
            piece = min(length - done, (on if place < on else on + off) - place)
            piece = max(piece, 1e-6)
            if place < on:
                a, b = done / length, (done + piece) / length
                paper.line(
                    x1 + (x2 - x1) * a, y1 + (y2 - y1) * a, x1 + (x2 - x1) * b, y1 + (y2 - y1) * b,
                    width=curve.width, colour=curve.colour,
                )  # fmt: skip
            done += piece
            at += piece


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """Places of labels, moved down until none covers another."""
    placed = list(heights)
    last: float | None = None
    for index in sorted(range(len(placed)), key=lambda one: placed[one]):
        if last is not None:
            placed[index] = max(placed[index], last + least)
        last = placed[index]
    return placed
