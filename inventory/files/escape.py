"""A text that a spreadsheet would run as a formula is written with a quote in front, and read back without it."""

import re

_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape_formula(text: str) -> str:
    """`=1+1` -> `'=1+1`. A text that already looks escaped gets one more quote, so reading gives it back."""
    return "'" + text if _DANGEROUS.match(text) else text


def unescape_formula(text: str) -> str:
    return text[1:] if _ESCAPED.match(text) else text
