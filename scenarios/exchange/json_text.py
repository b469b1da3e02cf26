"""JSON in and out: exact decimals, no duplicate keys, bounded size, bytes that depend on content alone."""

import json
import math
import os
import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from optimizer.errors import BadInput, Fault

MAX_BYTES = 256 * 1024 * 1024
_MAX_DIGITS = 15  # a float text such as 1e999999999 must not become an int of that many digits
_INLINE_DEPTH = 2  # deeper levels go on one line: one team, shipment or reason per line


class _Refused(ValueError):
    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def read_json(path: Path) -> Any:
    """The content of a JSON file. `BadInput` when missing, unreadable, too large or not strict JSON."""
    return parse_json(read_bytes(path), source=str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. `BadInput` when missing, a folder, unreadable or too large."""
    source = str(path)
    try:
        if path.is_dir():
            raise BadInput(source, [Fault("", "FileIsFolder", {})])
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(source, [Fault("", "FileTooLarge", {"limit_mib": MAX_BYTES >> 20})])
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput(source, [Fault("", "FileMissing", {})]) from None
    except OSError as error:
        raise BadInput(source, [Fault("", "FileUnreadable", {"cause": error.strerror or "?"})]) from None


def parse_json(data: bytes | str, *, source: str) -> Any:
    """Strict JSON (UTF-8): a number with a fraction becomes an exact Decimal, or an int if it is whole."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(source, [Fault(f"byte {error.start + 1}", "NotUtf8", {})]) from None
    try:
        return json.loads(text, parse_float=_number, parse_constant=_constant, object_pairs_hook=_unique_pairs)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        facts = {"line": error.lineno, "column": error.colno}
        raise BadInput(source, [Fault(where, "JsonBroken", facts)]) from None
    except _Refused as error:
        raise BadInput(source, [Fault("", error.code, error.facts)]) from None
    except (ValueError, RecursionError):  # thousands of digits in an integer, or of nested brackets
        raise BadInput(source, [Fault("", "JsonUnreasonable", {})]) from None


def _number(text: str) -> int | Decimal:
    try:
        value = Decimal(text)
        # 5.0 and 5e0 are 5 wherever they stand, so a whole number may be written either way
        return int(value) if value.adjusted() < _MAX_DIGITS and value == value.to_integral_value() else value
    except InvalidOperation:
        raise _Refused("JsonNumberOutOfRange", number=text[:40]) from None


def _constant(name: str) -> NoReturn:
    raise _Refused("JsonNotANumber", number=name)


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Refused("JsonDuplicateKey", name=next(name for name in names if names.count(name) > 1))
    return found


def plain_decimal(value: Decimal) -> str:
    """The shortest plain notation: 5, 0.25, never 5.0, 1E+3 or -0."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def dumps(content: Any) -> str:
    """JSON text of dicts, lists, str, numbers, Decimals, bool and None, in the order given.

    Same in, same out. Outer levels are spread over lines and inner ones kept on one, so that a diff shows
    what changed.
    """
    return "".join(_pieces(content, 0)) + "\n"


def _pieces(content: Any, depth: int) -> list[str]:
    if isinstance(content, dict):
        opening, closing = "{", "}"
        parts = [
            [json.dumps(str(key), ensure_ascii=False), ": ", *_pieces(value, depth + 1)]
            for key, value in content.items()
        ]
    elif isinstance(content, list | tuple):
        opening, closing = "[", "]"
        parts = [_pieces(value, depth + 1) for value in content]
    else:
        return [_scalar(content)]
    if not parts:
        return [opening, closing]
    inline = depth >= _INLINE_DEPTH
    margin = "" if inline else "\n" + "  " * (depth + 1)
    pieces = [opening]
    for number, part in enumerate(parts):
        if number:
            pieces.append(", " if inline else ",")
        pieces.append(margin)
        pieces.extend(part)
    pieces.append(closing if inline else "\n" + "  " * depth + closing)
    return pieces


def _scalar(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no place in JSON")
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    return json.dumps(value, ensure_ascii=False)


def write_text(path: Path, text: str) -> None:
    """Write the whole file or nothing: into a neighbour first, then renamed over the target."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)  # mkstemp makes it private; a plan is for the whole office
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
