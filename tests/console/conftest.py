"""The console in a real Chromium over a real service, in a process of its own on loopback."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inventory.database import open_engine
from tests.api.http.conftest import PASSWORD, build_county

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_S = 60.0
# refused, taken off the network, and what a driver without a graphics card has to say
KNOWN = ("the server responded with a status of 4", "net::ERR_INTERNET_DISCONNECTED", "GL Driver Message")


def _chromium() -> str | None:
    """The system's; else Playwright's own; else from apt. None: there is none to be had."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True).returncode == 0:
        return ""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        subprocess.run([apt, "update"], capture_output=True)
        subprocess.run([apt, "install", "-y", "--no-install-recommends", "chromium"], capture_output=True)
    return shutil.which("chromium")


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    path = _chromium()
    if path is None:
        warnings.warn("NO CHROMIUM: the console was not tested in a browser", stacklevel=1)
        pytest.skip("needs Chromium: neither here, nor from Playwright, nor from apt")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path or None, args=["--no-sandbox"])
        yield opened
        opened.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def office_file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    file = tmp_path_factory.mktemp("office") / "wuding.sqlite3"
    shutil.copyfile(sqlite_template, file)
    return file


@pytest.fixture(scope="module")
def office(office_file: Path) -> Iterator[str]:
    """The address of a service over the small county of the tests."""
    home, file = office_file.parent, office_file
    engine = open_engine(f"sqlite:///{file}")
    build_county(engine)
    engine.dispose()
    port = _free_port()
    environment = {**os.environ, "WUDING_HOME": str(home), "WUDING_DATABASE_URL": f"sqlite:///{file}"}
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", str(port)]
    with (home / "service.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/health/live", process, home / "service.log")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the service did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: "Browser", office: str, lang: str) -> "Iterator[Page]":
    """A window of somebody who reads `lang`; what the page complains of fails the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=office, locale="zh-CN" if lang == "zh" else "en-GB",
                                  viewport={"width": 1280, "height": 800})  # fmt: skip
    shown = context.new_page()
    shown.on("console", lambda message: _note(complaints, message))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    yield shown
    context.close()
    assert complaints == []


def _note(complaints: list[str], message: Any) -> None:
    if message.type in ("error", "warning") and not any(known in message.text for known in KNOWN):
        where = message.location
        complaints.append(
            f"{message.text} ({where.get('url', '')}:{where.get('lineNumber', '')} on {message.page.url})"
        )


@pytest.fixture
def signed_in(page: "Page") -> Any:
    """Signs somebody in, by name."""

    def enter(name: str) -> "Page":
        page.goto("/console/")
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", PASSWORD)
        page.click("form button[type=submit]")
        page.wait_for_selector("header .who")
        return page

    return enter
