"""Labels with QR codes for stores, bins, lots and assets: a sheet of A4 to print and cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inventory.documents.paper import DARK, GREY, LONG_SIDE_MM, SHORT_SIDE_MM, Paper, Printed, line_height
from inventory.documents.payload import label_payload
from inventory.documents.words import words
from inventory.errors import InventoryError

_MIN_WIDTH_MM, _MIN_HEIGHT_MM = 40.0, 20.0  # below this a phone no longer reads the code (assumed)
_MARGIN_MM = 7.0  # what office printers leave white, with room for the page number
_PAD_MM = 2.0
_MARK_MM = 3.0  # length of a cut mark


class NoLabels(InventoryError):
    """A store without a thing of the kind to be labelled. Facts: store."""


class LabelSheetDoesNotFit(InventoryError):
    """Labels that do not fit on A4, or too small for a code. Facts: columns, rows, width, height (mm)."""


@dataclass(frozen=True)
class Label:
    """One label: kind ("store", "bin", "lot", "asset", "order"), the parts of its code, titles and small print.

    `code` is one text or several parts, such as item and lot; it is printed joined by " / " and is in the QR code.
    """

    kind: str
    code: str | tuple[str, ...]
    title_zh: str
    title_en: str = ""
    lines: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.code,) if isinstance(self.code, str) else self.code

    @property
    def payload(self) -> str:
        """The text of the QR code. Raises BadLabelCode, LabelCodeTooLong."""
        return label_payload(self.kind, *self.parts)


@dataclass(frozen=True)
class LabelSheet:
    """How labels lie on A4, mm; centred on the page. The default is 3 x 8 labels with nothing between them.

    For sheets of ready-cut labels give the sizes printed on their box and `cut_marks=False`.
    """

    columns: int = 3
    rows: int = 8
    label_width_mm: float = 63.0
    label_height_mm: float = 33.9
    gap_x_mm: float = 0.0
    gap_y_mm: float = 0.0
    cut_marks: bool = True

    def __post_init__(self) -> None:
        if (
            min(self.columns, self.rows) < 1
            or min(self.gap_x_mm, self.gap_y_mm) < 0
            or self.label_width_mm < _MIN_WIDTH_MM
            or self.label_height_mm < _MIN_HEIGHT_MM
            or self.width_mm > SHORT_SIDE_MM
            or self.height_mm > LONG_SIDE_MM
        ):
            raise LabelSheetDoesNotFit(
                columns=self.columns, rows=self.rows, width=self.label_width_mm, height=self.label_height_mm
            )

    @property
    def width_mm(self) -> float:
        return self.columns * self.label_width_mm + (self.columns - 1) * self.gap_x_mm

    @property
    def height_mm(self) -> float:
        return self.rows * self.label_height_mm + (self.rows - 1) * self.gap_y_mm

    def corner(self, place: int) -> tuple[float, float]:
        """Top left corner of the place-th label of a page, row by row from 0, mm."""
        row, column = divmod(place, self.columns)
        left = (SHORT_SIDE_MM - self.width_mm) / 2
        top = (LONG_SIDE_MM - self.height_mm) / 2
        return left + column * (self.label_width_mm + self.gap_x_mm), top + row * (self.label_height_mm + self.gap_y_mm)


def write_labels(
    path: Path | str, labels: Sequence[Label], *, sheet: LabelSheet | None = None, skip: int = 0
) -> Printed:
    """Print labels as PDF; the first `skip` places of the first page stay empty (labels already used).

    Without labels it is one empty page. Pages are numbered when there are several. A title that does not fit is cut
    and ends in …; the code itself is always whole in the QR code. Raises BadLabelCode, LabelCodeTooLong.
    """
    sheet = sheet or LabelSheet()
    paper = Paper(words("label.title"), margin_mm=_MARGIN_MM)
    per_page = sheet.columns * sheet.rows
    if sheet.cut_marks:
        _cut_marks(paper, sheet)
    for number, label in enumerate(labels, start=skip % per_page):
        place = number % per_page
        if place == 0 and number > 0:
            paper.add_page()
            if sheet.cut_marks:
                _cut_marks(paper, sheet)
        _draw(paper, label, sheet, *sheet.corner(place))
    return paper.print_to(path, number_single_page=False)


def _draw(paper: Paper, label: Label, sheet: LabelSheet, left: float, top: float) -> None:
    height = sheet.label_height_mm - 2 * _PAD_MM
    side = min(height, sheet.label_width_mm * 0.42)
    paper.qr(left + 1, top + (sheet.label_height_mm - side) / 2, side, label.payload)
    x = left + side + 2
    room = left + sheet.label_width_mm - _PAD_MM - x
    y, bottom = top + _PAD_MM, top + sheet.label_height_mm - _PAD_MM
    paper.text(x, y, words(f"kind.{label.kind}").joined(), size_pt=6, colour=DARK)
    y += 3
    y = paper.fitted(x, y, label.title_zh, sizes_pt=(11, 9.5, 8), room_mm=room, lines=2)
    if label.title_en:
        y = paper.fitted(x, y, label.title_en, sizes_pt=(6.5, 5.5), room_mm=room, lines=2, colour=DARK)
    size, code = paper.fit(" / ".join(label.parts), sizes_pt=(8, 7, 6, 5), room_mm=room, lines=2)
    code_top = bottom - len(code) * line_height(size)
    y += 0.6
    for line in label.lines:
        if y + line_height(6) > code_top:
            paper.cut_off(line)
            continue
        y = paper.fitted(x, y, line, sizes_pt=(6.5, 5.5), room_mm=room, lines=1)
    for number, line in enumerate(code):
        paper.text(x, code_top + number * line_height(size), line, size_pt=size)


def _cut_marks(paper: Paper, sheet: LabelSheet) -> None:
    """Short lines beyond the edges of the block, and small crosses where inner corners meet."""
    right, bottom = sheet.label_width_mm, sheet.label_height_mm
    corners = [sheet.corner(place) for place in range(sheet.columns * sheet.rows)]
    xs = sorted({round(x + step, 4) for x, _ in corners for step in (0.0, right)})
    ys = sorted({round(y + step, 4) for _, y in corners for step in (0.0, bottom)})
    for x in xs:
        paper.line(x, ys[0] - 1 - _MARK_MM, x, ys[0] - 1)
        paper.line(x, ys[-1] + 1, x, ys[-1] + 1 + _MARK_MM)
    for y in ys:
        paper.line(xs[0] - 1 - _MARK_MM, y, xs[0] - 1, y)
        paper.line(xs[-1] + 1, y, xs[-1] + 1 + _MARK_MM, y)
    for x in xs[1:-1]:
        for y in ys[1:-1]:
            paper.line(x - 1, y, x + 1, y, colour=GREY)
            paper.line(x, y - 1, x, y + 1, colour=GREY)
