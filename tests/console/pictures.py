"""Pictures of pages that are the same when the page is laid out the same, whatever font or browser drew it.

A page is looked at as a thumbnail in grey whose faint tones are made strong, and block by block: how dark each is.
Letters of another font change that a little, a panel that is gone or beside its place a lot.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

WIDTH = 160  # pixels of a thumbnail
BLOCK = 10
STRONGER = 4  # a line of text is a tenth of ink
DARKER = 24  # of 255: a block that differs by more is another block
BUSY = 6  # of 255: blocks with less going on are ground
ALIKE = 0.15  # share of blocks that may be others: a line more or less, a longer word


def thumbnail(png: bytes) -> Image.Image:
    grey = Image.open(BytesIO(png)).convert("L")
    height = max(BLOCK, round(grey.height * WIDTH / grey.width / BLOCK) * BLOCK)
    small = np.asarray(grey.resize((WIDTH, height), Image.Resampling.BOX), dtype=float)
    return Image.fromarray((255 - np.clip((255 - small) * STRONGER, 0, 255)).astype("uint8"))


def _blocks(image: Image.Image, height: int) -> tuple[Any, Any]:
    soft = image.crop((0, 0, WIDTH, height)).filter(ImageFilter.GaussianBlur(2))
    cut = np.asarray(soft, dtype=float).reshape(height // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK).swapaxes(1, 2)
    return cut.mean((2, 3)), cut.std((2, 3))


def _compared(one: Image.Image, two: Image.Image) -> tuple[Any, Any]:
    """Which blocks differ, and in which there is anything. Of two heights, the lower."""
    height = min(one.height, two.height)
    (dark, much), (dark_too, much_too) = (_blocks(each, height) for each in (one, two))
    other = abs(dark - dark_too) > DARKER
    return other, other | (much > BUSY) | (much_too > BUSY)


def differs(one: Image.Image, two: Image.Image) -> float:
    """Share of blocks that are others, of those with anything in them; 1 where one is half as high again."""
    if max(one.height, two.height) > 1.5 * min(one.height, two.height):
        return 1.0
    other, busy = _compared(one, two)
    return float(other.sum() / max(1, busy.sum()))


def side_by_side(known: Image.Image, now: Image.Image, where: Path) -> None:
    """As it was, as it is, and which blocks are others."""
    other, _ = _compared(known, now)
    marks = Image.fromarray(np.kron(other, np.ones((BLOCK, BLOCK))).astype("uint8") * 255)
    sheet = Image.new("L", (3 * WIDTH + 20, max(known.height, now.height)), 128)
    for number, picture in enumerate((known, now, marks)):
        sheet.paste(picture, (number * (WIDTH + 10), 0))
    sheet.resize((sheet.width * 3, sheet.height * 3)).save(where)
