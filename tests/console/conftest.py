"""The console in a real Chromium over a real service, in a process of its own on loopback."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.http.conftest import PASSWORD, build_county, quick_hashes
from tests.conftest import Fill
from tests.console.forks import Forks, Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# refused, taken off the network, what a driver without a graphics card has to say, and what was not to be kept
KNOWN = (
    "the server responded with a status of 4", "net::ERR_INTERNET_DISCONNECTED", "GL Driver Message",
    "Service Worker registration blocked",
)  # fmt: skip


def _chromium() -> str | None:
    """The system's; else Playwright's own; else from apt. None: there is none to be had."""
    if found := _of_the_system():
        return found
    with (Path(tempfile.gettempdir()) / "wuding-chromium.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # test processes come here at once, and apt lets only one in
        return _of_the_system() or _installed()


def _of_the_system() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _installed() -> str | None:
    if subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True).returncode == 0:
        return ""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        subprocess.run([apt, "update"], capture_output=True)
        subprocess.run([apt, "install", "-y", "--no-install-recommends", "chromium"], capture_output=True)
    return _of_the_system()


@pytest.fixture(scope="session")
def driver() -> "Iterator[tuple[Playwright, str]]":
    """Playwright, and where its browser is."""
    from playwright.sync_api import expect, sync_playwright

    path = _chromium()
    if path is None:
        warnings.warn("NO CHROMIUM: the console was not tested in a browser", stacklevel=1)
        pytest.skip("needs Chromium: neither here, nor from Playwright, nor from apt")
    expect.set_options(timeout=20_000)  # a machine may be busy with other tests
    with sync_playwright() as playwright:
        yield playwright, path


@contextmanager
def launched(driver: "tuple[Playwright, str]", *more: str) -> "Iterator[Browser]":
    playwright, path = driver
    opened = playwright.chromium.launch(executable_path=path or None, args=["--no-sandbox", *more])
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="session")
def browser(driver: "tuple[Playwright, str]") -> "Iterator[Browser]":
    with launched(driver) as opened:
        yield opened


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def county_file(sqlite_filled: Callable[[Fill], Path]) -> Path:
    """The small county of the tests, to be copied. Its passwords are hashed with the least work."""
    with quick_hashes():
        return sqlite_filled(build_county)


@pytest.fixture(scope="module")
def office_file(tmp_path_factory: pytest.TempPathFactory, county_file: Path) -> Path:
    file = tmp_path_factory.mktemp("office") / "wuding.sqlite3"
    shutil.copyfile(county_file, file)
    return file


@pytest.fixture(scope="module")
def office(office_file: Path, forks: Forks) -> Iterator[str]:
    """The address of a service over the small county of the tests."""
    with serving(office_file, forks) as address:
        yield address


@contextmanager
def serving(file: Path, forks: Forks, **settings: str) -> Iterator[str]:
    service = Office(file, forks, **settings)
    service.start()
    try:
        yield service.address
    finally:
        service.stop()


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: "Browser", office: str, lang: str, request: pytest.FixtureRequest) -> "Iterator[Page]":
    """A window of somebody who reads `lang`; what the page complains of fails the test."""
    complaints: list[str] = []
    # to keep the whole page for later costs more than most tests: only where it is looked at without a network
    workers: Any = "allow" if "offline" in request.module.__name__ else "block"
    context = browser.new_context(base_url=office, locale="zh-CN" if lang == "zh" else "en-GB",
                                  viewport={"width": 1280, "height": 800}, service_workers=workers)  # fmt: skip
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


def sign_in(page: "Page", name: str) -> None:
    """As the form does, which a test of its own fills in."""
    answer = page.request.post("/api/v1/sign-in", data={"name": name, "password": PASSWORD})
    assert answer.ok, answer.text()
    page.goto("/console/icon.svg")
    page.evaluate(
        """(found) => localStorage.setItem("wuding.session", JSON.stringify({ access: found.access_token,
           refresh: found.refresh_token, until: Date.now() + found.expires_in * 1000 }))""",
        answer.json(),
    )
    page.goto("/console/")
    page.wait_for_selector("header .who")


@pytest.fixture
def signed_in(page: "Page", office: str) -> Any:
    """Signs somebody in, by name."""

    def enter(name: str) -> "Page":
        sign_in(page, name)
        return page

    return enter
