"""The Chinese font that comes with the product, and the part of it that a web page needs."""

import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from inventory.documents.typeface import FAMILIES, FONT_FILES

__all__ = ["FAMILIES", "FONT_FILES", "coverage", "missing", "woff_faces"]


@cache
def coverage() -> tuple[frozenset[int], ...]:
    """The code points of each file."""
    found = []
    for file in FONT_FILES:
        with TTFont(file, lazy=True) as font:
            found.append(frozenset(font.getBestCmap()))
    return tuple(found)


def missing(text: str) -> str:
    """The printable characters of `text` that the font has no picture of, sorted, each once."""
    covered = frozenset().union(*coverage())
    return "".join(sorted({one for one in text if one.isprintable() and ord(one) not in covered}))


def woff_faces(text: str) -> list[tuple[str, bytes]]:
    """(family, WOFF bytes) of the smallest fonts that show the characters of `text`; equal text, equal bytes.

    WOFF, not WOFF2, because its compression needs nothing beyond the standard library.
    """
    faces = []
    characters = {ord(one) for one in set(text)}  # a page has millions of letters, but few different ones
    for family, file, covered in zip(FAMILIES, FONT_FILES, coverage(), strict=True):
        wanted = sorted(characters & covered)
        if wanted:
            faces.append((family, _woff(file, wanted)))
    return faces


def _woff(file: Path, unicodes: Iterable[int]) -> bytes:
    with TTFont(file, recalcTimestamp=False) as font:
        options = subset.Options(hinting=False, layout_features=[], glyph_names=False, notdef_outline=True)
        options.name_IDs = ["*"]  # the licence travels with the font
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=unicodes)
        subsetter.subset(font)
        font.flavor = "woff"
        buffer = io.BytesIO()
        font.save(buffer)
    return buffer.getvalue()
