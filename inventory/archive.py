"""The .zip of a backup: named parts written as streams, and a manifest that says the size and SHA-256 of each."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import error as ZlibError

from inventory.errors import InventoryError

MANIFEST = "manifest.json"
LEVEL = 3  # of compression: a third of the time of the usual 6, and hardly larger
CHUNK = 1 << 20
MOST_BYTES = 64 << 30  # unpacked
MOST_RATIO = 500  # unpacked to packed; tables of text pack ten to thirty times
SMALL = 1 << 20  # too little to bother about, whatever the ratio
MOST_MANIFEST = 64 << 20
MOST_LINE = 64 << 20  # one row, which may hold a whole plan


class NotABackup(InventoryError):
    """A file that no backup wrote. Facts: path, cause."""


class DamagedBackup(InventoryError):
    """A backup that is cut short or altered. Facts: path, part."""


class BackupTooLarge(InventoryError):
    """A backup that unpacks to more than is believable. Facts: path, bytes, most."""


class Writer:
    """Parts into a new archive; beside the name it will have, until it is whole."""

    def __init__(self, archive: zipfile.ZipFile, at: datetime) -> None:
        self._archive = archive
        self._at = at.timetuple()[:6]

    def write(self, name: str, chunks: Iterable[bytes]) -> dict[str, Any]:
        """One part; its size and hash for the manifest."""
        digest, size = hashlib.sha256(), 0
        with self._archive.open(self._info(name), "w", force_zip64=True) as part:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                part.write(chunk)
        return {"bytes": size, "sha256": digest.hexdigest()}

    def finish(self, manifest: dict[str, Any]) -> None:
        content = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
        self._archive.writestr(self._info(MANIFEST), content.encode())

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, date_time=self._at)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        return info


@contextmanager
def writing(path: Path, *, at: datetime) -> Iterator[Writer]:
    """An archive that is there under its name whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
                yield Writer(archive, at)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class Reader:
    """Parts out of an archive, each held against the manifest while it is read."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        names = [info.filename for info in archive.infolist()]
        total = sum(info.file_size for info in archive.infolist())
        most = min(MOST_BYTES, max(SMALL, path.stat().st_size * MOST_RATIO))
        if total > most:
            raise BackupTooLarge(path=str(path), bytes=total, most=most)
        if MANIFEST not in names:
            raise NotABackup(path=str(path), cause=MANIFEST)
        if len(set(names)) != len(names) or archive.getinfo(MANIFEST).file_size > MOST_MANIFEST:
            raise self.damaged(MANIFEST)
        self.names = set(names) - {MANIFEST}

    def damaged(self, part: str) -> DamagedBackup:
        return DamagedBackup(path=str(self.path), part=part)

    def manifest(self) -> dict[str, Any]:
        try:
            content = json.loads(self._archive.read(MANIFEST))
        except (zipfile.BadZipFile, ZlibError, EOFError, ValueError, RuntimeError, NotImplementedError):
            raise self.damaged(MANIFEST) from None
        if not isinstance(content, dict):
            raise self.damaged(MANIFEST)
        return content

    def chunks(self, name: str, said: dict[str, Any]) -> Iterator[bytes]:
        """The bytes of a part. Raises DamagedBackup, at the end at the latest."""
        if name not in self.names or self._archive.getinfo(name).file_size != said["bytes"]:
            raise self.damaged(name)
        digest = hashlib.sha256()
        try:
            with self._archive.open(name) as part:
                while chunk := part.read(CHUNK):
                    digest.update(chunk)
                    yield chunk
        except (zipfile.BadZipFile, ZlibError, EOFError, RuntimeError, NotImplementedError):
            raise self.damaged(name) from None
        if digest.hexdigest() != said["sha256"]:
            raise self.damaged(name)

    def lines(self, name: str, said: dict[str, Any]) -> Iterator[bytes]:
        """The lines of a part. Raises DamagedBackup."""
        rest = b""
        for chunk in self.chunks(name, said):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > MOST_LINE:
                raise self.damaged(name)
            yield from whole
        if rest:
            raise self.damaged(name)


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """Raises NotABackup, DamagedBackup, BackupTooLarge."""
    if not path.is_file():
        raise NotABackup(path=str(path), cause="-")
    with path.open("rb") as file:
        begins = file.read(4)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        if begins == b"PK\x03\x04":  # begins as a .zip does, and has lost its end
            raise DamagedBackup(path=str(path), part=path.name) from None
        raise NotABackup(path=str(path), cause=str(error)) from None
    with archive:
        yield Reader(path, archive)


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name, file) of every file of a folder, in order; unfinished and hidden ones are left out."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if file.is_file() and not file.is_symlink() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), file


def chunks_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            yield chunk


def safe_name(name: str) -> bool:
    """Whether a name stays inside the folder it is put into, on every system."""
    parts = name.split("/")
    return all(part and not part.startswith(".") and not set(part) & set('\\:*?"<>|\0') for part in parts)
