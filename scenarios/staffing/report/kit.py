"""A report being written: numbered sections, notes, tables and the list of contents, in one language."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from inventory.documents.grid import Cell, Column, draw_table
from inventory.documents.paper import BLACK, DARK, Align, Paper, line_height
from inventory.documents.pdf import Colour
from inventory.documents.typesetting import width_mm, wrap
from inventory.documents.words import Words
from scenarios.staffing.inputs import InputFile
from scenarios.texts import Lang, text

DASH = "–"
ROOM = 0.4  # mm below a line of a list
MINUS = "−"
_CONTENTS_MM = 4.2
_PLAIN = ("year", "seed")  # numbers whose thousands are not set apart
_WHOLE_MM = 20.0  # a point of a list that is not longer stays on one page

Heads = Sequence[tuple[str, float, Align]]
"""Columns: heading in words, share of the width, how cells are set."""


def product_version() -> str:
    try:
        return version("wuding")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+source"


def signed(value: float, form: str = ",.0f") -> str:
    """With its sign, a true minus."""
    words = format(abs(value), form)
    if not any(one in "123456789" for one in words):
        return words
    return f"+{words}" if value > 0 else f"{MINUS}{words}"


class Report:
    """`section` keeps the list of contents, which `close` writes into the room that `contents` left for it."""

    def __init__(self, kind: str, lang: Lang, *, subtitle: str) -> None:
        self.lang = lang
        self.title = text(f"staffing.pdf.{kind}.title", lang)
        self.paper = Paper(Words(self.title), running=f"{self.title}  {subtitle}")
        self.subtitle = subtitle
        self._sections: list[tuple[str, int]] = []
        self._contents_at: tuple[int, float] | None = None

    def say(self, key: str, **facts: Any) -> str:
        told = {name: f"{one:,}" if isinstance(one, int) and name not in _PLAIN else one for name, one in facts.items()}
        return text(f"staffing.pdf.{key}", self.lang, **told)

    @property
    def full(self) -> float:
        return self.paper.right - self.paper.left

    def head(self) -> None:
        paper, middle = self.paper, self.paper.width / 2
        paper.text(middle, paper.y, self.title, size_pt=18, align="center")
        paper.y += 9
        size, lines = paper.fit(self.subtitle, sizes_pt=(10, 8), room_mm=self.full, lines=1)
        paper.text(middle, paper.y, lines[0], size_pt=size, align="center", colour=DARK)
        paper.y += 7

    def section(self, key: str, *, keep_mm: float = 20.0, **facts: Any) -> None:
        """A heading; it turns to a new page unless `keep_mm` fit below it."""
        title = f"{len(self._sections) + 1}  {self.say(f'section.{key}', **facts)}"
        self.paper.section(Words(title), keep_mm=keep_mm)
        self._sections.append((title, self.paper.pages))

    def keep(self, height: float, *, least: float) -> None:
        """A new page unless `height` fits on this one; of what is taller than a page, only `least` of it must."""
        page = self.paper.bottom - self.paper.margin - 5
        self.paper.keep_together(height if height <= page else least)

    def subsection(self, words: str, *, keep_mm: float = 14.0) -> None:
        self.paper.y += 2
        self.paper.keep_together(5 + keep_mm)
        self.paper.y = self.paper.paragraph(self.paper.left, self.paper.y, words, size_pt=9, room_mm=self.full)
        self.paper.y += 0.8

    def note(self, words: str, *, size_pt: float = 7.0, colour: Colour = DARK) -> None:
        """A paragraph that may cross pages line by line."""
        self._lines(words, self.paper.left, self.full, size_pt, colour)
        self.paper.y += 1

    def bullets(self, lines: Sequence[str], *, size_pt: float = 8.5) -> None:
        for line in (each.replace("\n", " ") for each in lines):  # a name from a workbook may have two lines
            tall = len(wrap(self.paper.clean(line), size_pt, self.full - 4)) * line_height(size_pt)
            self.keep(tall if tall < _WHOLE_MM else line_height(size_pt), least=0)
            self.paper.text(self.paper.left + 0.5, self.paper.y, "•", size_pt=size_pt)
            self._lines(line, self.paper.left + 4, self.full - 4, size_pt, BLACK)
            self.paper.y += ROOM

    def _lines(self, words: str, x: float, room: float, size_pt: float, colour: Colour) -> None:
        for line in wrap(self.paper.clean(words), size_pt, room):
            self.paper.keep_together(line_height(size_pt))
            self.paper.text(x, self.paper.y, line, size_pt=size_pt, colour=colour)
            self.paper.y += line_height(size_pt)

    def table(
        self, heads: Heads, rows: Sequence[Sequence[Cell]], *, size_pt: float = 7.0, shaded: Sequence[int] = ()
    ) -> None:
        columns = [Column(Words(words), share, align) for words, share, align in heads]
        draw_table(self.paper, columns, rows, size_pt=size_pt, shaded=shaded)
        self.paper.y += 1.5

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """What is known of the report itself: a heading beside each fact."""
        columns = [Column(Words(""), 40), Column(Words(""), 146)]
        draw_table(self.paper, columns, [list(row) for row in rows], size_pt=7, headings=False, label_columns=(0,))
        self.paper.y += 1.5

    def provenance(self, files: Sequence[InputFile]) -> list[tuple[str, str]]:
        """Which files went in and what made the report."""
        rows = [(self.say(f"file.{file.role}"), f"{file.name}   SHA-256 {file.sha256}") for file in files]
        return [*rows, (self.say("version"), f"wuding {product_version()}")]

    def contents(self, sections: int) -> None:
        """Room for a list of so many sections in two columns."""
        rows = -(-sections // 2)
        self.paper.section(Words(self.say("contents")), keep_mm=rows * _CONTENTS_MM)
        self._contents_at = self.paper.pages, self.paper.y
        self.paper.y += rows * _CONTENTS_MM

    def _write_contents(self) -> None:
        if self._contents_at is None:
            return
        page, top = self._contents_at
        paper, rows = self.paper, -(-len(self._sections) // 2)
        paper.draw_on(page)
        wide = self.full / 2 - 4
        for index, (title, number) in enumerate(self._sections):
            x, y = paper.left + index // rows * (self.full / 2 + 4), top + index % rows * _CONTENTS_MM
            size, lines = paper.fit(title, sizes_pt=(8, 7), room_mm=wide - 10, lines=1)
            paper.text(x, y, lines[0], size_pt=size)
            paper.text(x + wide, y, str(number), size_pt=8, align="right", colour=DARK)
            begin = x + width_mm(lines[0], size) + 1.5
            stop = x + wide - width_mm(str(number), 8) - 1.5
            dots = max(0, int((stop - begin) / 1.5))
            for dot in range(dots):
                paper.box(stop - dot * 1.5, y + 2.1, 0.25, 0.25, colour=DARK)
        paper.draw_on(None)

    def close(self) -> bytes:
        self._write_contents()
        return self.paper.pdf()[0]
