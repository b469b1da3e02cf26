"""Services that are there at once: everything is imported once, and each is a fork of that. A process from nothing
takes eight seconds of a processor.

Run as a program it reads a line for each service and answers its process id.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.console.service import ROOT, Service

END_S = 30.0


class Forks:
    """The process that services are forks of."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.console.forks"], cwd=ROOT, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def fork(self, **asked: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.communicate(timeout=END_S)


class _Fork:
    """As much of a Popen as a Service asks of it; who has ended is gone at once."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        until = time.monotonic() + timeout
        while self.poll() is None:
            assert time.monotonic() < until, "the service does not end"
            time.sleep(0.02)
        return 0


class Office(Service):
    def __init__(self, file: Path, forks: Forks, **settings: str) -> None:
        super().__init__(file)
        self._forks, self.settings = forks, settings

    def start(self) -> None:
        own = {"WUDING_HOME": str(self.file.parent), "WUDING_DATABASE_URL": f"sqlite:///{self.file}", **self.settings}
        self._process = _Fork(self._forks.fork(port=self.port, environment=own, log=str(self._log)))  # type: ignore[assignment]
        self._wait()

    def stop(self) -> None:
        """At once: an orderly end waits for what runs, and its database is thrown away."""
        if self._process is not None:
            self.kill()


def _serve(port: int, environment: dict[str, str], log: str) -> None:
    from api.serving import serve

    os.environ.update(environment)
    for number, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out := _log(log)), (2, out)):
        os.dup2(file, number)
    serve(host="127.0.0.1", port=port)


def _log(file: str) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _main() -> None:
    import api.jobs.durable
    import api.jobs.worker
    import api.main
    import api.serving  # noqa: F401
    from api.solvers import Solvers

    Solvers.warm = lambda self: None  # type: ignore[method-assign]  # most tests make no plan; the first waits longer
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that nobody has to wait for them
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                _serve(**json.loads(line))
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    _main()
