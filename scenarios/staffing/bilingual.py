"""Words of workbooks that are in both languages at once."""

from typing import Any

from scenarios.texts import text


def both(key: str, /, **facts: Any) -> str:
    """中文 / English."""
    return f"{text(key, 'zh', **facts)} / {text(key, 'en', **facts)}"


def title(key: str) -> str:
    """Of a sheet, which may not hold a stroke."""
    return f"{text(key, 'zh')} {text(key, 'en')}"


def header(prefix: str, names: str) -> tuple[str, ...]:
    """Of the columns with these keys, parted by blanks."""
    return tuple(both(f"{prefix}.{name}") for name in names.split())
