"""What one wants to know first: a few figures side by side."""

from collections.abc import Sequence
from typing import NamedTuple

from inventory.documents.paper import DARK, PALE, Paper

_GAP_MM, _HIGH_MM = 2.0, 17.0


class Tile(NamedTuple):
    """One figure, what it is, and a remark of at most two lines."""

    label: str
    value: str
    note: str


def draw_tiles(paper: Paper, tiles: Sequence[Tile]) -> None:
    """In one row over the width of the page, from `paper.y` down."""
    wide = (paper.right - paper.left - _GAP_MM * (len(tiles) - 1)) / len(tiles)
    room = wide - 3
    for number, tile in enumerate(tiles):
        x, y = paper.left + number * (wide + _GAP_MM), paper.y
        paper.box(x, y, wide, _HIGH_MM, colour=PALE)
        x += 1.5
        paper.fitted(x, y + 1.2, tile.label, sizes_pt=(7, 6), room_mm=room, lines=1, colour=DARK)
        paper.fitted(x, y + 5.2, tile.value, sizes_pt=(13, 11, 9, 7.5), room_mm=room, lines=1)
        paper.fitted(x, y + 11.2, tile.note, sizes_pt=(6.5, 6), room_mm=room, lines=2, colour=DARK)
    paper.y += _HIGH_MM + 1
