"""The open Chinese font that comes with the product: its files, which characters they hold, how wide those are."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "fonts"
FONT_FILES = (_FOLDER / "wuding-sans-sc-1.otf", _FOLDER / "wuding-sans-sc-2.otf")
FAMILIES = ("Wuding Sans SC One", "Wuding Sans SC Two")
"""Family names of the files, in order of fallback."""

BOX = "□"
"""What stands on paper for a character the font has no picture of."""


@cache
def advances() -> tuple[dict[str, int], ...]:
    """Of each file: character -> its width in thousandths of the font size."""
    from fontTools.ttLib import TTFont  # slow to load, and a caller may only want the names

    found = []
    for file in FONT_FILES:
        with TTFont(file, lazy=True) as font:
            widths = font["hmtx"].metrics
            scale = 1000 / font["head"].unitsPerEm
            found.append({chr(code): round(widths[name][0] * scale) for code, name in font.getBestCmap().items()})
    return tuple(found)
