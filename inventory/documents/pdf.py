"""Drawn marks as the bytes of a PDF: our font embedded as a subset, text that can be searched and copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from inventory.documents.typeface import FAMILIES, FONT_FILES
from inventory.documents.typesetting import runs, width_mm
from inventory.files.workbook import FIXED_INSTANT

if TYPE_CHECKING:
    from fpdf import FPDF

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """One line of cleaned text; `x` is its left end. Lengths in mm from the top left corner of the page."""

    x: float
    baseline: float
    text: str
    size_pt: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle without an edge."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour


Mark = Text | Line | Box


def pdf_bytes(pages: Sequence[Sequence[Mark]], *, title: str, landscape: bool) -> bytes:
    """A4 pages as a PDF. Equal marks give equal bytes: no clock and no chance in it."""
    from fpdf import FPDF  # a third of a second, so only when a document is asked for

    pdf = FPDF(orientation="landscape" if landscape else "portrait", format="a4")
    pdf.set_auto_page_break(False)
    pdf.set_title(title)
    pdf.set_lang("zh-CN")
    pdf.set_producer("wuding")
    pdf.creation_date = FIXED_INSTANT.replace(tzinfo=UTC)
    pen = _Pen(pdf)
    for page in pages:
        pdf.add_page()
        for mark in page:
            pen.draw(mark)
    return bytes(pdf.output())


class _Pen:
    """Draws marks, and tells the library of a font or colour only when it changes."""

    def __init__(self, pdf: "FPDF") -> None:
        self.pdf = pdf
        self._font: tuple[int, float] | None = None
        self._loaded: set[int] = set()
        self._fill: Colour | None = None
        self._stroke: tuple[Colour, float] | None = None

    def draw(self, mark: Mark) -> None:
        if isinstance(mark, Text):
            self._draw_text(mark)
        elif isinstance(mark, Box):
            self._use_fill(mark.colour)
            self.pdf.rect(mark.x, mark.y, mark.width, mark.height, style="F")
        else:
            if self._stroke != (mark.colour, mark.width):
                self._stroke = (mark.colour, mark.width)
                self.pdf.set_draw_color(*mark.colour)
                self.pdf.set_line_width(mark.width)
            self.pdf.line(mark.x1, mark.y1, mark.x2, mark.y2)

    def _draw_text(self, mark: Text) -> None:
        self._use_fill(mark.colour)
        x = mark.x
        for file, characters in runs(mark.text):
            self._use_font(file, mark.size_pt)
            self.pdf.text(x, mark.baseline, characters)
            x += width_mm(characters, mark.size_pt)

    def _use_font(self, file: int, size_pt: float) -> None:
        if self._font == (file, size_pt):
            return
        if file not in self._loaded:
            self._loaded.add(file)
            self.pdf.add_font(FAMILIES[file], fname=FONT_FILES[file])
        self._font = (file, size_pt)
        self.pdf.set_font(FAMILIES[file], size=size_pt)

    def _use_fill(self, colour: Colour) -> None:
        """Boxes and letters are both filled; the library keeps their colours apart, and restores them on each page."""
        if self._fill != colour:
            self._fill = colour
            self.pdf.set_fill_color(*colour)
            self.pdf.set_text_color(*colour)
