"""What charts are drawn with: fills told apart by hatching as well as colour, so that a black and white print can be
read; dashed lines, ticks and marks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from inventory.documents.paper import BLACK, DARK, GREY, Paper
from inventory.documents.pdf import Colour

Hatch = Literal["", "/", "\\", "x", "-", "|"]

WHITE: Colour = (255, 255, 255)
GRID: Colour = (216, 221, 227)
_HATCH_MM, _THIN = 1.1, 0.12


@dataclass(frozen=True, slots=True)
class Ink:
    """How an area is filled; `dark`: letters on it are white."""

    colour: Colour
    hatch: Hatch = ""
    dark: bool = False


SOLID: Final = Ink((31, 78, 121), dark=True)
PALE_HATCHED: Final = Ink((214, 228, 243), "/")
WARM: Final = Ink((178, 86, 36), dark=True)
WARM_HATCHED: Final = Ink((250, 226, 200), "\\")
EMPTY: Final = Ink(WHITE)
SERIES: Final = (
    SOLID,
    PALE_HATCHED,
    WARM,
    WARM_HATCHED,
    Ink((44, 110, 104), dark=True),
    Ink((214, 236, 228), "-"),
    Ink((98, 66, 122), dark=True),
    Ink((240, 240, 240), "x"),
)
"""Dark and hatched in turn, so that neighbours differ in a black and white print too."""


def fill(paper: Paper, x: float, y: float, width: float, height: float, ink: Ink) -> None:
    """An area with a thin edge; nothing where it is too narrow to be seen."""
    if width < 0.05 or height < 0.05:
        return
    paper.box(x, y, width, height, colour=ink.colour)
    for x1, y1, x2, y2 in _strokes(width, height, ink.hatch):
        paper.line(x + x1, y + y1, x + x2, y + y2, width=_THIN, colour=DARK)
    outline(paper, x, y, width, height)


def outline(paper: Paper, x: float, y: float, width: float, height: float) -> None:
    for top in (y, y + height):
        paper.line(x, top, x + width, top, width=_THIN, colour=DARK)
    for side in (x, x + width):
        paper.line(side, y, side, y + height, width=_THIN, colour=DARK)


def _strokes(width: float, height: float, hatch: Hatch) -> Iterator[tuple[float, float, float, float]]:
    if hatch == "-":
        for step in range(1, math.ceil(height / _HATCH_MM)):
            yield 0, step * _HATCH_MM, width, step * _HATCH_MM
    if hatch == "|":
        for step in range(1, math.ceil(width / _HATCH_MM)):
            yield step * _HATCH_MM, 0, step * _HATCH_MM, height
    if hatch in ("/", "x", "\\"):
        for step in range(1, math.ceil((width + height) / _HATCH_MM)):
            reach = step * _HATCH_MM  # the line x + y = reach, cut to the area
            left, right = max(0.0, reach - height), min(width, reach)
            if hatch in ("/", "x"):
                yield left, reach - left, right, reach - right
            if hatch in ("\\", "x"):
                yield left, height - (reach - left), right, height - (reach - right)


def dashed(
    paper: Paper, x1: float, y1: float, x2: float, y2: float, *, on: float = 1.4, off: float = 1.0,
    width: float = 0.2, colour: Colour = DARK,
) -> None:  # fmt: skip
    length = math.hypot(x2 - x1, y2 - y1)
    at = 0.0
    while at < length:
        end = min(length, at + on)
        a, b = at / length, end / length
        paper.line(
            x1 + (x2 - x1) * a, y1 + (y2 - y1) * a, x1 + (x2 - x1) * b, y1 + (y2 - y1) * b, width=width, colour=colour
        )
        at += on + off


def mark(paper: Paper, x: float, y: float, *, side: float = 1.8, filled: bool = True) -> None:
    """A small square with its middle at (x, y)."""
    left, top = x - side / 2, y - side / 2
    paper.box(left, top, side, side, colour=BLACK if filled else WHITE)
    if not filled:
        outline(paper, left, top, side, side)


@dataclass(frozen=True, slots=True)
class Axis:
    """Values to places along a line, with round ticks."""

    low: float
    high: float
    start: float  # mm
    end: float

    def at(self, value: float) -> float:
        span = self.high - self.low
        share = (min(max(value, self.low), self.high) - self.low) / span if span > 0 else 0.0
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        step = round_step((self.high - self.low) / max(1, most))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def round_step(least: float) -> float:
    """The next of 1, 2, 5, 10, ... at or above."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= least * (1 - 1e-9))


def scale_x(paper: Paper, axis: Axis, top: float, bottom: float, *, form: str = ",.0f", most: int = 6) -> None:
    """Vertical grid lines with their numbers below; `paper.y` is left alone."""
    for tick in axis.ticks(most):
        x = axis.at(tick)
        paper.line(x, top, x, bottom, width=0.1, colour=GRID)
        paper.text(x, bottom + 0.4, format(tick, form), size_pt=6.5, align="center", colour=DARK)
    paper.line(axis.start, bottom, axis.end, bottom, width=0.15, colour=GREY)
