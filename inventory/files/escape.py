"""What a cell must not say as it stands: formulas, and characters that no workbook can hold."""

import re

ESCAPED = ("text", "code", "list", "quantities")  # types of columns whose texts are written with a quote in front

_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_CODED = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")  # not half of a surrogate pair
_UNHOLDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape_formula(text: str) -> str:
    """`=1+1` -> `'=1+1`. A text that already looks escaped gets one more quote, so reading gives it back."""
    return "'" + text if _DANGEROUS.match(text) else text


def escape_escaped(text: str) -> str:
    """`'=1+1` -> `''=1+1`, and `=1+1` as it is: for text cells of a workbook, which do not run."""
    return "'" + text if _ESCAPED.match(text) else text


def unescape_formula(text: str) -> str:
    return text[1:] if _ESCAPED.match(text) else text


def encode_workbook_text(text: str) -> str:
    """Characters that XML cannot hold, as `_x0007_`, the way spreadsheet programs write them."""
    return _UNHOLDABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def decode_workbook_text(text: str) -> str:
    """The text that `_x0007_` and the like stand for."""
    return _CODED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
