"""Text as lines on paper: how wide it is, where it breaks, and what stands for characters the font lacks."""

import re
import unicodedata
from functools import cache, lru_cache

from inventory.documents.typeface import BOX, advances

MM_PER_PT = 25.4 / 72

_NOT_FIRST = frozenset("，。、；：？！）〕】》〉」』”’…·～％%‰℃°,.;:?!)]}")  # never begins a line
_NOT_LAST = frozenset("（〔【《〈「『“‘￥¥([{−")  # never ends one
_PIECES = re.compile(r"\n|[^\S\n]+|[!-\u024f]+|.")  # line end, space, a word of letters, one hanzi


@cache
def _widths() -> dict[str, int]:
    first, second = advances()
    return {**second, **first}


def clean(text: str) -> tuple[str, frozenset[str]]:
    """(the text as it can be printed, the characters that became a box). Line ends stay, tabs become spaces."""
    known = _widths()
    if all(one in known for one in text):
        return text, frozenset()
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    lacking = frozenset(one for one in text if one not in known and one != "\n")
    return "".join(BOX if one in lacking else one for one in text), lacking


def width_mm(text: str, size_pt: float) -> float:
    """The width of one line of cleaned text."""
    return _thousandths(text) * size_pt * MM_PER_PT / 1000


@lru_cache(maxsize=20_000)
def _thousandths(text: str) -> int:
    known = _widths()
    return sum(known[one] for one in text)


def runs(text: str) -> list[tuple[int, str]]:
    """One line of cleaned text as (number of the font file, characters)."""
    first = advances()[0]
    found: list[tuple[int, str]] = []
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or (text[index] in first) != (text[start] in first):
            found.append((0 if text[start] in first else 1, text[start:index]))
            start = index
    return found


@lru_cache(maxsize=20_000)
def wrap(text: str, size_pt: float, room_mm: float) -> tuple[str, ...]:
    """Cleaned text as lines no wider than `room_mm` (a line holds at least one character, however narrow the room).

    Breaks at spaces and between hanzi, never before a closing or after an opening mark; a word wider than the
    room is cut. An empty text is one empty line.
    """
    if "\n" not in text and width_mm(text, size_pt) <= room_mm:
        return (text,)
    lines: list[str] = []
    line = ""
    for piece in _unbroken(text):
        if piece == "\n":
            lines.append(line.rstrip())
            line = ""
        elif width_mm((line + piece).rstrip(), size_pt) <= room_mm:
            line += piece
        else:
            if line.strip():
                lines.append(line.rstrip())
            *cut, line = _cut(piece.lstrip(), size_pt, room_mm)
            lines += cut
    lines.append(line.rstrip())
    return tuple(lines)


def _unbroken(text: str) -> list[str]:
    """Pieces between which a line may end."""
    pieces: list[str] = []
    for piece in _PIECES.findall(text):
        after_text = pieces and not pieces[-1].isspace()
        if after_text and piece != "\n" and (piece[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _cut(word: str, size_pt: float, room_mm: float) -> list[str]:
    parts = [""]
    for one in word:
        if parts[-1] and width_mm(parts[-1] + one, size_pt) > room_mm:
            parts.append("")
        parts[-1] += one
    return parts


def shorten(text: str, size_pt: float, room_mm: float) -> str:
    """Cleaned text cut to one line that ends in …, or the text itself where it fits."""
    if width_mm(text, size_pt) <= room_mm:
        return text
    while text and width_mm(text + "…", size_pt) > room_mm:
        text = text[:-1]
    return text.rstrip() + "…"
