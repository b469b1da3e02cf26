"""Bars of towns: WISN ratios in columns, how many towns lie in which band, and what the posts consist of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inventory.documents.paper import BLACK, DARK, Paper
from inventory.documents.typesetting import width_mm
from scenarios.staffing.report.ink import GRID, SERIES, WHITE, Axis, Ink, dashed, fill, mark, scale_x
from scenarios.staffing.report.kit import Report

MOST_RATIO = 2.0  # a bar beyond it is cut, and says so
_ONE_COLUMN = 30  # rows that still get the whole width


@dataclass(frozen=True, slots=True)
class Bar:
    """A name, a value and what stands behind the bar; `ink` by what the value means."""

    name: str
    value: float
    words: str
    ink: Ink
    second: float | None = None  # where a filled square stands, with the value as an empty one (before, after)


def name_at(paper: Paper, right: float, y: float, name: str, *, room: float, sizes: tuple[float, ...]) -> None:
    """A name that ends at `right`, cut with … where it does not fit."""
    size, lines = paper.fit(name, sizes_pt=sizes, room_mm=room, lines=1)
    paper.text(right, y, lines[0], size_pt=size, align="right")


def name_room(paper: Paper, names: Sequence[str], *, size_pt: float, most: float) -> float:
    """Millimetres that the longest of the names needs, and no more than `most`."""
    return min(most, max((width_mm(paper.clean(name).replace("\n", " "), size_pt) for name in names), default=0.0) + 3)


def draw_ratios(report: Report, bars: Sequence[Bar], *, words_mm: float, form: str = ".1f") -> None:
    """Bars from 0 with a dashed line at 1, in one column or two, over as many pages as they need. Where bars have a
    `second` value they are lines between two squares, and the scale begins near the lowest."""
    paper = report.paper
    columns, pitch, size = _columns(len(bars))
    wide = (report.full - 6 * (columns - 1)) / columns
    names = name_room(paper, [bar.name for bar in bars], size_pt=size, most=44.0 if columns == 1 else 28.0)
    longest = max((max(bar.value, bar.second or 0) for bar in bars), default=1.0)
    high = min(MOST_RATIO, max(1.2, longest * 1.02))
    pairs = [each for bar in bars if bar.second is not None for each in (bar.value, bar.second)]
    low = max(0.0, math.floor(min(*pairs, 1.0) * 10 - 0.5) / 10) if pairs else 0.0
    left = list(bars)
    while left:
        report.keep(ratios_mm(len(left), columns), least=8 * pitch + 9)
        rows = max(1, int((paper.bottom - paper.y - 9) / pitch))
        rows = min(rows, -(-len(left) // columns))
        page, left = left[: rows * columns], left[rows * columns :]
        top = paper.y + 1
        for column in range(columns):
            own = page[column * rows : (column + 1) * rows]
            if not own:
                continue
            x = paper.left + column * (wide + 6)
            axis = Axis(low, high, x + names, x + wide - words_mm)
            bottom = top + len(own) * pitch
            scale_x(paper, axis, top, bottom, form=form, most=5 if columns == 1 else 3)
            for number, bar in enumerate(own):
                y = top + number * pitch
                name_at(paper, x + names - 1.2, y + 0.8, bar.name, room=names - 2, sizes=(size, size - 1))
                _one(paper, bar, axis, y, pitch)
                paper.text(axis.end + 1.2, y + 0.8, bar.words, size_pt=size)
            dashed(paper, axis.at(1.0), top - 1, axis.at(1.0), bottom, width=0.25, colour=BLACK)
        paper.y = top + rows * pitch + 6


def _columns(count: int) -> tuple[int, float, float]:
    """(columns, mm from row to row, font size)."""
    return (1, 6.0, 7.5) if count <= _ONE_COLUMN else (2, 4.0, 6.5)


def ratios_mm(count: int, columns: int | None = None) -> float:
    """How tall so many bars are."""
    columns, pitch = (columns, 4.0 if columns == 2 else 6.0) if columns else _columns(count)[:2]
    return -(-count // columns) * pitch + 9


def stacks_mm(count: int) -> float:
    return count * _pitch(count) + 8


def _pitch(count: int) -> float:
    return 7.5 if count <= 10 else 5.8 if count <= 14 else 5.6


def _one(paper: Paper, bar: Bar, axis: Axis, y: float, pitch: float) -> None:
    if bar.second is not None:
        middle = y + pitch / 2
        a, b = axis.at(bar.value), axis.at(bar.second)
        paper.line(min(a, b), middle, max(a, b), middle, width=0.5, colour=DARK)
        mark(paper, a, middle, side=1.7, filled=False)
        mark(paper, b, middle, side=1.7, filled=True)
        return
    fill(paper, axis.start, y + 0.7, axis.at(bar.value) - axis.start, pitch - 1.4, bar.ink)
    if bar.value > axis.high:
        paper.text(axis.end - 2.2, y + 0.6, "»", size_pt=7)


def draw_bands(report: Report, labels: Sequence[str], counts: Sequence[int], inks: Sequence[Ink]) -> None:
    """Upright bars with their counts on top."""
    paper, high = report.paper, 24.0
    paper.keep_together(high + 10)
    step = report.full / len(labels)
    most, foot = max(*counts, 1), paper.y + 4 + high
    for number, (label, count, ink) in enumerate(zip(labels, counts, inks, strict=True)):
        x, tall = paper.left + number * step, high * count / most
        fill(paper, x + step * 0.15, foot - tall, step * 0.7, tall, ink)
        if count:
            paper.text(x + step / 2, foot - tall - 3, f"{count:,}", size_pt=7, align="center")
        paper.text(x + step / 2, foot + 0.6, label, size_pt=7, align="center", colour=DARK)
    paper.line(paper.left, foot, paper.right, foot, width=0.15, colour=DARK)
    paper.y = foot + 6


def draw_legend(report: Report, entries: Sequence[tuple[Ink, str]], *, numbered: bool = False) -> None:
    """Swatches with their words, as many to a line as fit."""
    paper = report.paper
    x = paper.left
    for number, (ink, words) in enumerate(entries, start=1):
        said = f"{number} {words}" if numbered else words
        wide = 6.5 + width_mm(paper.clean(said), 7) + 4
        if x + wide > paper.right and x > paper.left:
            x, paper.y = paper.left, paper.y + 4
        paper.keep_together(4)
        fill(paper, x, paper.y + 0.2, 5, 2.5, ink)
        paper.text(x + 6.2, paper.y, said, size_pt=7)
        x += wide
    paper.y += 5


@dataclass(frozen=True, slots=True)
class Stack:
    """One stacked bar: parts in the order of the legend, a mark at the staff there is, and words behind."""

    name: str
    parts: Sequence[float]
    staff: float | None
    words: str


def draw_stacks(report: Report, stacks: Sequence[Stack]) -> None:
    """Stacked bars; parts bear their number in the legend where there is room for it."""
    paper, words_mm = report.paper, 36.0
    names = name_room(paper, [stack.name for stack in stacks], size_pt=7.5, most=44.0)
    pitch = _pitch(len(stacks))
    posts = max(sum(stack.parts) for stack in stacks)
    high = max(posts, min(posts * MOST_RATIO, max(stack.staff or 0 for stack in stacks))) * 1.02
    axis = Axis(0.0, high or 1.0, paper.left + names, paper.right - words_mm)
    left = list(stacks)
    while left:
        report.keep(len(left) * pitch + 8, least=4 * pitch + 8)
        rows = min(len(left), max(1, int((paper.bottom - paper.y - 6) / pitch)))
        top = paper.y + 1
        scale_x(paper, axis, top, top + rows * pitch)
        for number, stack in enumerate(left[:rows]):
            _stack(paper, stack, axis, top + number * pitch, pitch)
        paper.y = top + rows * pitch + 5
        left = left[rows:]


def _stack(paper: Paper, stack: Stack, axis: Axis, y: float, pitch: float) -> None:
    name_at(
        paper, axis.start - 1.2, y + pitch / 2 - 1.4, stack.name, room=axis.start - paper.left - 2, sizes=(7.5, 6.5)
    )
    at = 0.0
    for number, value in enumerate(stack.parts):
        x, end = axis.at(at), axis.at(at + max(value, 0.0))
        ink = SERIES[number % len(SERIES)]
        fill(paper, x, y + 0.9, end - x, pitch - 1.8, ink)
        if end - x > 4.2:
            middle, line = (x + end) / 2, y + pitch / 2 - 1.25
            if ink.hatch:
                paper.box(middle - 1.1, line, 2.2, 2.5, colour=ink.colour)
            paper.text(middle, line, str(number + 1), size_pt=7, align="center", colour=GRID if ink.dark else BLACK)
        at += max(value, 0.0)
    if stack.staff is not None:
        x = axis.at(stack.staff)
        paper.line(x, y + 0.9, x, y + pitch - 0.9, width=1.3, colour=WHITE)  # to be seen on dark parts
        paper.line(x, y + 0.1, x, y + pitch - 0.1, width=0.7, colour=BLACK)
    paper.text(axis.end + 1.5, y + pitch / 2 - 1.4, stack.words, size_pt=7)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a waterfall: from `start` to `end`; a total starts at 0."""

    name: str
    start: float
    end: float
    words: str
    total: bool = False


def draw_waterfall(report: Report, steps: Sequence[Step]) -> None:
    """From top to bottom: each bar begins where the one above ends."""
    paper, words_mm, pitch = report.paper, 36.0, 4.9
    names = name_room(paper, [step.name for step in steps], size_pt=7.5, most=60.0)
    paper.keep_together(len(steps) * pitch + 8)
    highest = max(max(step.start, step.end) for step in steps) * 1.02
    axis = Axis(0.0, highest or 1.0, paper.left + names, paper.right - words_mm)
    top = paper.y + 1
    scale_x(paper, axis, top, top + len(steps) * pitch)
    for number, step in enumerate(steps):
        y = top + number * pitch
        name_at(paper, axis.start - 1.2, y + 1.0, step.name, room=names - 2, sizes=(7.5, 6.5, 6))
        a, b = axis.at(min(step.start, step.end)), axis.at(max(step.start, step.end))
        ink = SERIES[0] if step.total else SERIES[3] if step.end < step.start else SERIES[1]
        fill(paper, a, y + 0.7, max(b - a, 0.15), pitch - 1.4, ink)
        paper.text(axis.end + 1.5, y + 1.0, step.words, size_pt=7)
        if number + 1 < len(steps) and not steps[number + 1].total:
            x = axis.at(step.end)
            paper.line(x, y + pitch - 0.7, x, y + pitch + 0.7, width=0.15, colour=DARK)
    paper.y = top + len(steps) * pitch + 5
