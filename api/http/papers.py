"""Documents as answers: a writer that knows files only, and a caller who wants bytes."""

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

PDF = "application/pdf"


def written(name: str, media_type: str, write: Callable[[Path], Any]) -> Response:
    """What `write` writes to a file of that name, to be kept by the caller."""
    with TemporaryDirectory(prefix="wuding-") as folder:
        path = Path(folder) / f"paper{Path(name).suffix}"
        write(path)
        return Response(path.read_bytes(), headers=attached(name), media_type=media_type)


def attached(name: str) -> dict[str, str]:
    """A browser keeps the file and never shows it as a page; names in Chinese by RFC 6266."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
