"""Pages to draw on, in millimetres from the top left corner; the foot of each comes last, when all are known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inventory.documents.pdf import Box, Colour, Line, Mark, Text, pdf_bytes
from inventory.documents.typesetting import MM_PER_PT, clean, shorten, width_mm, wrap
from inventory.documents.words import Words, words
from inventory.files.write import replace_bytes

Align = Literal["left", "center", "right"]

SHORT_SIDE_MM, LONG_SIDE_MM = 210.0, 297.0  # A4
LEADING = 1.3  # distance of lines, in font sizes
BLACK, DARK, GREY, PALE = (0, 0, 0), (80, 80, 80), (150, 150, 150), (236, 239, 243)
_ASCENT = 0.88  # of the font: baseline below the top of the em square
_FOOT_PT = 7.0
_CODES_LISTED = 12


@dataclass(frozen=True)
class Printed:
    """What came out: pages, the characters the font lacks (printed as □ and listed at the foot of every page; here
    sorted, each once), and the texts that had to be cut and end in … or were left out (on labels, and names
    beside the bars of a chart; tables cut nothing)."""

    pages: int
    missing: str
    shortened: tuple[str, ...] = ()


def line_height(size_pt: float) -> float:
    """Of one line of text, mm."""
    return size_pt * MM_PER_PT * LEADING


class Paper:
    """A4 pages with a running head from the second page on; `y` is where the next thing goes."""

    def __init__(self, title: Words, *, landscape: bool = False, running: str = "", margin_mm: float = 12.0) -> None:
        self.title = title
        self.landscape = landscape
        self.width, self.height = (LONG_SIDE_MM, SHORT_SIDE_MM) if landscape else (SHORT_SIDE_MM, LONG_SIDE_MM)
        self.margin = margin_mm
        self.left, self.right = margin_mm, self.width - margin_mm
        self.bottom = self.height - margin_mm - 3  # the foot is below
        self.y = margin_mm
        self._running = running
        self._pages: list[list[Mark]] = []
        self._at = -1  # of the page that is drawn on
        self._missing: set[str] = set()
        self._shortened: dict[str, None] = {}
        self.add_page()

    @property
    def pages(self) -> int:
        return len(self._pages)

    def add_page(self) -> None:
        self._pages.append([])
        self.y = self.margin
        if self._running and self.pages > 1:
            head = shorten(self.clean(self._running).replace("\n", " "), 7.5, self.right - self.left)
            self.text(self.left, self.y, head, size_pt=7.5, colour=DARK)
            self.y += 5

    def draw_on(self, page: int | None) -> None:
        """Draw on an earlier page (the first is 1), such as its table of contents; None: on the last again."""
        self._at = -1 if page is None else page - 1

    def keep_together(self, height: float) -> None:
        """Turn to a new page unless `height` is left on this one."""
        if self.y + height > self.bottom:
            self.add_page()

    def clean(self, text: str) -> str:
        """The text as it can be printed; what the font lacks is remembered."""
        printable, lacking = clean(text)
        self._missing |= lacking
        return printable

    def text(
        self, x: float, y: float, text: str, *, size_pt: float, align: Align = "left", colour: Colour = BLACK
    ) -> None:
        """One line: `x` is its left end, middle or right end by `align`, `y` the top of its em square."""
        text = self.clean(text).replace("\n", " ")
        if align != "left":
            x -= width_mm(text, size_pt) / (2 if align == "center" else 1)
        if text:
            self._pages[self._at].append(Text(x, y + _ASCENT * size_pt * MM_PER_PT, text, size_pt, colour))

    def paragraph(
        self, x: float, y: float, text: str, *, size_pt: float, room_mm: float, colour: Colour = BLACK
    ) -> float:
        """Lines broken to fit; the y below them."""
        for line in wrap(self.clean(text), size_pt, room_mm):
            self.text(x, y, line, size_pt=size_pt, colour=colour)
            y += line_height(size_pt)
        return y

    def fitted(
        self,
        x: float,
        y: float,
        text: str,
        *,
        sizes_pt: tuple[float, ...],
        room_mm: float,
        lines: int,
        colour: Colour = BLACK,
    ) -> float:
        """At most so many lines, in the first size that fits; cut with … where none does. The y below them."""
        size, broken = self.fit(text, sizes_pt=sizes_pt, room_mm=room_mm, lines=lines)
        for line in broken:
            self.text(x, y, line, size_pt=size, colour=colour)
            y += line_height(size)
        return y

    def fit(
        self, text: str, *, sizes_pt: tuple[float, ...], room_mm: float, lines: int
    ) -> tuple[float, tuple[str, ...]]:
        """(size, lines) of the first size that needs at most so many lines; the last size, cut, where none does."""
        text = self.clean(text).replace("\n", " ")
        for size in sizes_pt:
            broken = wrap(text, size, room_mm)
            if len(broken) <= lines:
                return size, broken
        self.cut_off(text)
        whole, rest = broken[: lines - 1], text
        for line in whole:
            rest = rest.removeprefix(line).lstrip()
        return size, (*whole, shorten(rest, size, room_mm))

    def cut_off(self, text: str) -> None:
        """Remember a text that is not, or not all, on paper."""
        self._shortened[text] = None

    def line(self, x1: float, y1: float, x2: float, y2: float, *, width: float = 0.15, colour: Colour = GREY) -> None:
        self._pages[self._at].append(Line(x1, y1, x2, y2, width, colour))

    def box(self, x: float, y: float, width: float, height: float, *, colour: Colour) -> None:
        """A filled rectangle without an edge."""
        self._pages[self._at].append(Box(x, y, width, height, colour))

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """The four edges of a rectangle."""
        for top in (y, y + height):
            self.line(x, top, x + width, top)
        for side in (x, x + width):
            self.line(side, y, side, y + height)

    def qr(self, x: float, y: float, side_mm: float, payload: str) -> None:
        """A QR code (error correction M) with its quiet zone inside `side_mm`."""
        import segno

        # never a micro code: many phones read only whole ones
        code = segno.make_qr(payload, error="m", encoding="utf-8", boost_error=False)
        modules = [bytes(row) for row in code.matrix_iter(border=4)]
        step = side_mm / len(modules)
        for down, row in enumerate(modules):
            start = row.find(1)
            while start >= 0:
                end = row.find(0, start)  # the quiet zone ends every row
                # a hair taller than the row, or white lines show between rows on some screens
                self.box(x + start * step, y + down * step, (end - start) * step, step * 1.02, colour=BLACK)
                start = row.find(1, end)

    def heading(self) -> None:
        """The title in both languages at the head of the page, in the middle."""
        middle = self.width / 2
        self.text(middle, self.y, self.title.zh, size_pt=18, align="center")
        self.text(middle, self.y + 8, self.title.en, size_pt=9, align="center", colour=DARK)
        self.y += 14

    def section(self, heading: Words, *, keep_mm: float = 20.0) -> None:
        """A heading in both languages on the page of the `keep_mm` that follow it."""
        self.y += 4
        self.keep_together(6 + keep_mm)
        self.text(self.left, self.y, heading.zh, size_pt=11)
        after = self.left + width_mm(self.clean(heading.zh), 11) + 2
        self.text(after, self.y + 1.1, heading.en, size_pt=7.5, colour=DARK)
        self.y += 6

    def print_to(self, path: Path | str, *, number_single_page: bool = True) -> Printed:
        """Write the PDF, whole or not at all; equal pages give equal bytes. Call it once."""
        data, printed = self.pdf(number_single_page=number_single_page)
        replace_bytes(Path(path), data)
        return printed

    def pdf(self, *, number_single_page: bool = True) -> tuple[bytes, Printed]:
        """The bytes of the PDF and what came out. Call it once."""
        count = self.pages
        note = self._note_on_missing()
        for number, page in enumerate(self._pages, start=1):
            self._add_foot(page, number, count, note, show_number=number_single_page or count > 1)
        data = pdf_bytes(self._pages, title=self.title.joined(), landscape=self.landscape)
        return data, Printed(count, "".join(sorted(self._missing)), tuple(self._shortened))

    def _note_on_missing(self) -> str:
        codes = [f"U+{ord(one):04X}" for one in sorted(self._missing)]
        if not codes:
            return ""
        more = len(codes) - _CODES_LISTED
        listed = " ".join(codes[:_CODES_LISTED]) + (f" +{more}" if more > 0 else "")
        return words("missing").joined(" · ") + f": {listed}"

    def _add_foot(self, page: list[Mark], number: int, count: int, note: str, *, show_number: bool) -> None:
        baseline = self.height - self.margin + _ASCENT * _FOOT_PT * MM_PER_PT
        room = self.right - self.left
        if show_number:
            numbered = words("page", number=number, count=count).joined(" · ")
            wide = width_mm(numbered, _FOOT_PT)
            page.append(Text(self.right - wide, baseline, numbered, _FOOT_PT, DARK))
            room -= wide + 4
        if note:
            page.append(Text(self.left, baseline, shorten(note, _FOOT_PT, room), _FOOT_PT, DARK))
