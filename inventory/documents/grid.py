"""Tables on paper: a heading in both languages repeated on every page, cells that wrap, rows that may cross pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inventory.documents.paper import DARK, PALE, Align, Paper, line_height
from inventory.documents.pdf import Colour
from inventory.documents.typesetting import MM_PER_PT, wrap
from inventory.documents.words import Words

Cell = str | Words
"""Words are printed in both languages, English smaller beneath."""

_PAD_X, _PAD_Y = 1.0, 0.7  # mm
_SMALL = 0.75  # English beneath Chinese, in font sizes


@dataclass(frozen=True)
class Column:
    """One column: heading, its share of the width (any unit), and how its cells are set."""

    heading: Words
    share: float
    align: Align = "left"


@dataclass(frozen=True)
class _Set:
    """One line of a cell, broken and measured."""

    text: str
    size_pt: float
    colour: Colour


def draw_table(
    paper: Paper,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    size_pt: float = 8.0,
    shaded: Collection[int] = (),
    headings: bool = True,
    label_columns: Collection[int] = (),
) -> None:
    """Draw the rows from `paper.y` down, over as many pages as they need.

    `shaded` rows stand out (totals); `label_columns` are grey, for tables of heading and value without a head row.
    """
    table = _Table(paper, columns, size_pt, headings=headings, label_columns=label_columns)
    table.start(rows[0] if rows else None)
    for number, row in enumerate(rows):
        table.add(row, shade=number in shaded)
    table.end()


class _Table:
    def __init__(
        self,
        paper: Paper,
        columns: Sequence[Column],
        size_pt: float,
        *,
        headings: bool,
        label_columns: Collection[int],
    ) -> None:
        self.paper = paper
        self.label_columns = label_columns
        self.columns = columns
        self.size_pt = size_pt
        total = sum(column.share for column in columns)
        room = paper.right - paper.left
        self.edges = [paper.left]
        for column in columns:
            self.edges.append(self.edges[-1] + column.share / total * room)
        self.edges[-1] = paper.right
        self.heads: list[list[_Set]] = []
        if headings:
            self.heads = [self._lines(column.heading, index, size_pt) for index, column in enumerate(columns)]
        self.top = paper.y

    def start(self, first: Sequence[Cell] | None = None) -> None:
        """The heading, on a page that also has room for the first row."""
        head = _height(self.heads) if self.heads else 0.0
        below = 0.0 if first is None else _height([self._lines(cell, i, self.size_pt) for i, cell in enumerate(first)])
        self.paper.keep_together(min(head + below, self.paper.bottom / 2))
        self.top = self.paper.y
        self.paper.line(self.paper.left, self.top, self.paper.right, self.top)
        if self.heads:
            self._draw(self.heads, head, shade=True, centred=True)

    def add(self, row: Sequence[Cell], *, shade: bool) -> None:
        cells = [self._lines(cell, index, self.size_pt) for index, cell in enumerate(row)]
        height = _height(cells)
        if self.paper.y + height <= self.paper.bottom:
            self._draw(cells, height, shade=shade)
            return
        self._turn()
        while self.paper.y + _height(cells) > self.paper.bottom:  # taller than a page: fill it and go on
            cells, rest = self._parted(cells)
            self._draw(cells, _height(cells), shade=shade)
            self._turn()
            cells = rest
        self._draw(cells, _height(cells), shade=shade)

    def end(self) -> None:
        for edge in self.edges:
            self.paper.line(edge, self.top, edge, self.paper.y)

    def _turn(self) -> None:
        self.end()
        self.paper.add_page()
        self.start()

    def _parted(self, cells: list[list[_Set]]) -> tuple[list[list[_Set]], list[list[_Set]]]:
        room = self.paper.bottom - self.paper.y - 2 * _PAD_Y
        now: list[list[_Set]] = []
        later: list[list[_Set]] = []
        for lines in cells:
            used, fits = 0.0, 0
            while fits < len(lines) and used + line_height(lines[fits].size_pt) <= room:
                used += line_height(lines[fits].size_pt)
                fits += 1
            now.append(lines[:fits])
            later.append(lines[fits:])
        return now, later

    def _lines(self, cell: Cell, index: int, size_pt: float) -> list[_Set]:
        room = self.edges[index + 1] - self.edges[index] - 2 * _PAD_X
        clean = self.paper.clean
        if isinstance(cell, str):
            return [_Set(line, size_pt, (0, 0, 0)) for line in wrap(clean(cell), size_pt, room)] if cell else []
        small = size_pt * _SMALL
        lines = [_Set(line, size_pt, (0, 0, 0)) for line in wrap(clean(cell.zh or cell.en), size_pt, room)]
        if cell.en and cell.zh and cell.en != cell.zh:
            lines += [_Set(line, small, DARK) for line in wrap(clean(cell.en), small, room)]
        return lines

    def _draw(self, cells: list[list[_Set]], height: float, *, shade: bool, centred: bool = False) -> None:
        paper, top = self.paper, self.paper.y
        if shade:
            paper.box(paper.left, top, paper.right - paper.left, height, colour=PALE)
        for index in self.label_columns:
            paper.box(self.edges[index], top, self.edges[index + 1] - self.edges[index], height, colour=PALE)
        for index, lines in enumerate(cells):
            align: Align = "center" if centred else self.columns[index].align
            left, right = self.edges[index] + _PAD_X, self.edges[index + 1] - _PAD_X
            x = {"left": left, "center": (left + right) / 2, "right": right}[align]
            y = top + (height - _lines_height(lines)) / 2
            for line in lines:
                lead = line_height(line.size_pt)
                paper.text(
                    x, y + (lead - line.size_pt * MM_PER_PT) / 2, line.text,
                    size_pt=line.size_pt, align=align, colour=line.colour,
                )  # fmt: skip
                y += lead
        paper.y = top + height
        for edge in (top, paper.y) if shade or self.label_columns else (paper.y,):  # a fill hides half the line above
            paper.line(paper.left, edge, paper.right, edge)


def _lines_height(lines: list[_Set]) -> float:
    return sum(line_height(line.size_pt) for line in lines)


def _height(cells: list[list[_Set]]) -> float:
    return max((_lines_height(lines) for lines in cells), default=0.0) + 2 * _PAD_Y
