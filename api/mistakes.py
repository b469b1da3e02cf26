"""What the parser, the file system and libraries say of an argument, in the user's language."""

import errno
import re
from typing import Any

from api.say import Speaker

DONE, BAD_INPUT = 0, 2
RED = "bold red"

# the neighbours that are written first: .NAME.xxxxxxxx.part, NAME.1234.part, NAME.part
_PART = re.compile(r"(?:(?<![^/\\])\.([^/\\]+)\.[a-z0-9_]{8}|([^/\\]+?)(?:\.\d+)?)\.part$")
_OF_FILES = {
    errno.ENOENT: "missing", errno.ENOTDIR: "missing", errno.EACCES: "permission", errno.EPERM: "permission",
    errno.EROFS: "permission", errno.EISDIR: "folder", errno.ENOSPC: "full", errno.EDQUOT: "full",
    errno.ENAMETOOLONG: "long",
}  # fmt: skip


def disk(error: OSError, speaker: Speaker) -> str:
    """What the system said of a file, in the user's language."""
    file = _PART.sub(lambda found: found[1] or found[2], str(error.filename or "?"))
    known = _OF_FILES.get(error.errno or 0)
    cause = error.strerror or type(error).__name__ if known is None else speaker.words(f"disk.{known}")
    return speaker.words("said.disk", file=file, cause=cause)


def foreseen(error: Exception) -> str | None:
    """What libraries raise where an argument is too much for them, or the database is not as it should be."""
    names = {f"{one.__module__.partition('.')[0]}.{one.__name__}" for one in type(error).__mro__}
    if names & {"sqlalchemy.DBAPIError", "sqlite3.Error", "psycopg.Error"}:
        return "said.database"
    if isinstance(error, OverflowError | UnicodeError):
        return "said.unfit"
    empty = isinstance(error, ValueError) and any(words in str(error) for words in ("empty name", "null byte"))
    return "said.bad_path" if empty else None


def misused(error: Any, speaker: Speaker) -> int:
    """A wrong argument, in the user's language; the parser's own English only where there is no other."""
    if type(error).__name__ == "NoArgsIsHelpError":
        speaker.out.print(error.format_message(), markup=False)
        return DONE
    key = f"usage.{type(error).__name__}"
    context = getattr(error, "ctx", None)
    option = getattr(error, "option_name", None)
    parameter = getattr(error, "param", None)
    name = option or (parameter.opts[0] if parameter is not None and parameter.opts else "")
    facts = {
        "name": name if name.startswith("-") else name.upper(),
        "command": context.command_path if context is not None else "wuding",
        "detail": getattr(error, "message", "") or error.format_message(),
    }
    for english, better in _PARSER_WORDS.items():
        if english in facts["detail"]:
            facts["detail"] = speaker.words(better, range=_range(facts["detail"]))
    _, found, choices = facts["detail"].partition(" is not one of ")
    if found:
        facts["detail"] = speaker.words("usage.choice", choices=choices.rstrip("."))
    if key == "usage.NoSuchOption" and re.fullmatch(r"-[0-9.]+.*", facts["name"]):
        key = "usage.negative"
    speaker.warn(speaker.words(key if key in _USAGES else "usage.UsageError", **facts), style=RED)
    return BAD_INPUT


def _range(english: str) -> str:
    """The bound that the parser names, as a sign and a number."""
    sign = "≥ " if "greater" in english else "≤ " if "less" in english else ""
    return sign + english.rpartition(" ")[2].rstrip(".")


_USAGES = {
    f"usage.{name}" for name in ("MissingParameter", "BadParameter", "NoSuchOption", "BadOptionUsage", "negative")
}
_PARSER_WORDS = {
    "valid integer": "usage.whole",
    "valid float": "usage.number",
    "valid number": "usage.number",
    "not in the range": "usage.range",
    "greater than or equal": "usage.range",
    "less than or equal": "usage.range",
}
