"""The name of a worker: unique, and the same after every restart. DBOS recovers at start only what is its own."""

import os
import socket
from pathlib import Path
from typing import IO

from sqlalchemy.engine import URL

from api import settings as office
from inventory.errors import InventoryError

MOST_WORKERS = 64  # of one host


class ExecutorTaken(InventoryError):
    """Another worker of this name is alive on this host. Facts: executor."""


def folder_of(url: URL) -> Path:
    """Where the workers of a host leave their locks: beside the file of SQLite, else in the office's folder."""
    beside = url.get_backend_name() == "sqlite" and url.database
    return (Path(str(url.database)).parent if beside else office.home()) / "workers"


class Name:
    """Held by a lock on a file, which the system gives back when the process ends, however it ends."""

    def __init__(self, executor: str, file: IO[bytes]) -> None:
        self.executor, self._file = executor, file

    def release(self) -> None:
        self._file.close()


def take_name(folder: Path, wanted: str | None) -> Name:
    """The name that is wanted, else the host's with the lowest number that is free. Raises ExecutorTaken."""
    host = socket.gethostname() or "host"
    for executor in [wanted] if wanted else [f"{host}-{number}" for number in range(1, MOST_WORKERS + 1)]:
        file = _locked(folder, executor)
        if file is not None:
            return Name(executor, file)
    raise ExecutorTaken(executor=wanted or host)


def is_held(folder: Path, executor: str) -> bool:
    """Whether a process of this host holds the name."""
    if not (folder / f"{executor}.lock").exists():
        return False
    file = _locked(folder, executor)
    if file is None:
        return True
    file.close()
    return False


def _locked(folder: Path, executor: str) -> IO[bytes] | None:
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / f"{executor}.lock").open("ab")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
