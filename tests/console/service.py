"""The service in a process of its own, on loopback: started, killed and started again at one address."""

import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0


class Service:
    def __init__(self, file: Path, *more: str) -> None:
        """Over the SQLite file, whose folder is its home. `more`: arguments of `wuding serve`."""
        self.file, self.more, self.port = file, more, _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.trusted: ssl.SSLContext | None = None  # whose certificates are believed, where it serves https
        self._log = file.parent / "service.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "WUDING_HOME": str(self.file.parent),
            "WUDING_DATABASE_URL": f"sqlite:///{self.file}",
        }
        command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*command, *self.more], cwd=ROOT, env=environment, stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/health/live", timeout=1, context=self.trusted):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the service did not start:\n{self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
