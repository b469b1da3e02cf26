"""Files that are kept: evidence of tasks, and what belongs to a store or a division.

The bytes lie in a folder, named by their hash; what a file is called and what it belongs to stands in a row that
nobody changes. What it belongs to says who may see it.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, insert, select

from inventory.care.done import MEDIA_TYPES, keep_content
from inventory.errors import InventoryError
from inventory.ledger.post import Act, AnyRow
from inventory.tables.care import attachments, tasks
from inventory.tables.places import places, stores

MOST_NAME = 120
# the first bytes of each media type; texts have none
_SIGNS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/webp": ((0, b"RIFF"), (8, b"WEBP")),
    "application/pdf": ((0, b"%PDF-"),),
    "video/mp4": ((4, b"ftyp"),),
}


class UnknownFile(InventoryError):
    """No file of that number, or none within reach. Facts: file."""


class BadFile(InventoryError):
    """A file that is empty, too large, of a kind not taken, or not what its name says. Facts: file, kinds,
    most_mib."""


class AboutWhat(InventoryError):
    """A file that belongs to nothing known. Facts: about."""


def clean_name(given: str) -> str:
    """The last part of a name, without what a file system, a browser or a log could stumble over."""
    name = unicodedata.normalize("NFC", PurePosixPath(given.replace("\\", "/")).name)
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] not in ("C", "Z") or letter == " ")
    name = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[: MOST_NAME - len(suffix) - 1]}.{suffix}" if dot and len(suffix) < 10 else name[:MOST_NAME]


def place_about(connection: Connection, about: str) -> str | None:
    """The division of what a file belongs to: a division, a store, a task. Raises AboutWhat."""
    there = connection.execute(select(places.c.code).where(places.c.code == about)).scalar()
    if there is not None:
        return str(there)
    of_store = select(stores.c.place_code).where(stores.c.code == about)
    of_task = (
        select(stores.c.place_code).join(tasks, tasks.c.store_id == stores.c.id).where(tasks.c.key == about).limit(1)
    )
    for wanted in (of_store, of_task):
        row = connection.execute(wanted).first()
        if row is not None:
            place: str | None = row[0]
            return place
    raise AboutWhat(about=about[:120])


def keep_upload(
    connection: Connection, *, name: str, content: bytes, about: str, act: Act, folder: Path, most_bytes: int
) -> int:
    """Keep an uploaded file; the number of its row. Raises BadFile."""
    called = clean_name(name)
    kind = MEDIA_TYPES.get(Path(called).suffix.lower())
    if kind is None or not 0 < len(content) <= most_bytes or not _is(kind, content):
        raise BadFile(file=called or "-", kinds=", ".join(MEDIA_TYPES), most_mib=most_bytes // 1024**2)
    return keep_content(connection, content, name=called, kind=kind, about=about, act=act, folder=folder)


def _is(kind: str, content: bytes) -> bool:
    """Whether the content is what the name says."""
    if kind == "text/plain":
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return b"\x00" not in content
    return all(content[start : start + len(sign)] == sign for start, sign in _SIGNS[kind])


def find_file(connection: Connection, number: int) -> AnyRow:
    """Raises UnknownFile."""
    row = connection.execute(select(attachments).where(attachments.c.id == number)).first()
    if row is None:
        raise UnknownFile(file=number)
    return row


def attach(connection: Connection, *, numbers: Sequence[int], about: str, act: Act) -> None:
    """Uploaded files become evidence of a task: rows are never changed, so each gets another. Only its uploader may
    hand in a file. Raises UnknownFile."""
    for number in dict.fromkeys(numbers):
        row = find_file(connection, number)
        if row.actor != act.actor:
            raise UnknownFile(file=number)
        if row.about == about:
            continue
        same = {name: getattr(row, name) for name in ("sha256", "name", "media_type", "bytes")}
        connection.execute(insert(attachments), {**same, "about": about, "actor": act.actor, "recorded_at": act.at})
