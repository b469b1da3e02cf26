"""What Lighthouse says of the built page: accessibility, performance and good practice, of the page before signing in
and of the desks. Lighthouse comes from npm into a temporary folder; it is no part of the product."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.console.conftest import sign_in
from tests.console.forks import Forks, Office
from tests.console.test_looks import fill

LIGHTHOUSE = "lighthouse@13.5.0"
PORT = 9233  # of the browser's own protocol
PAGES = {"sign-in": "", "home": "", "stock": "stock", "board": "stock/board", "dispatch": "dispatch",
         "planner": "planner/towns"}  # fmt: skip
LEAST = {"accessibility": 95, "performance": 85, "best-practices": 90}
MEASURED = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift",
            "total-byte-weight")  # fmt: skip
DRAWN = ("dispatch",)  # without a graphics card the map is drawn by the processor, which no score allows for: stated
pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module")
def lighthouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its command. WUDING_LIGHTHOUSE: a folder where it has been installed before."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs Node to run Lighthouse")
    folder = Path(os.environ.get("WUDING_LIGHTHOUSE") or tmp_path_factory.mktemp("lighthouse"))
    command = folder / "node_modules" / ".bin" / "lighthouse"
    if not command.exists():
        made = subprocess.run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", LIGHTHOUSE], cwd=folder,
                              capture_output=True, text=True)  # fmt: skip
        if made.returncode:
            pytest.skip(f"Lighthouse cannot be fetched: {made.stderr[-300:]}")
    return command


@pytest.fixture(scope="module")
def office(tmp_path_factory, sqlite_template):
    home = tmp_path_factory.mktemp("lit")
    file = home / "wuding.sqlite3"
    shutil.copyfile(sqlite_template, file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUDING_HOME", str(home))
        fill(file)
    forks = Forks()
    service = Office(file, forks)
    service.start()
    yield service.address
    service.stop()
    forks.stop()


def measure(lighthouse: Path, url: str, out: Path) -> dict:
    """By the profile of a desk computer; the page keeps what it has stored, so that one stays signed in."""
    subprocess.run(
        [lighthouse, url, f"--port={PORT}", "--quiet", "--disable-storage-reset", "--output=json",
         f"--output-path={out}", "--preset=desktop", f"--only-categories={','.join(LEAST)}"],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return json.loads(out.read_text("utf-8"))


def test_lighthouse(lighthouse, office, tmp_path):
    from playwright.sync_api import sync_playwright

    from tests.console.conftest import _chromium

    figures: dict[str, dict[str, object]] = {}
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=_chromium() or None, base_url=office, locale="en-GB",
            args=["--no-sandbox", f"--remote-debugging-port={PORT}"],
        )  # fmt: skip
        page = context.pages[0]
        for name, path in PAGES.items():
            if name == "home":
                sign_in(page, "root")
                page.goto("about:blank")  # it shall not draw meanwhile
            found = measure(lighthouse, f"{office}/console/{path}", tmp_path / f"{name}.json")
            scores = {kind: round(100 * found["categories"][kind]["score"]) for kind in LEAST}
            wrong = [
                key for key, one in found["audits"].items()
                if one["scoreDisplayMode"] in ("binary", "metricSavings") and (one["score"] or 0) < 0.5
            ]  # fmt: skip
            times = {key: round(found["audits"][key]["numericValue"], 3) for key in MEASURED}
            figures[name] = {"url": found["finalDisplayedUrl"].removeprefix(office), **scores, **times, "audits": wrong}
        context.close()
    print("\n" + json.dumps(figures, indent=1))
    for name, found in figures.items():
        for kind, least in LEAST.items():
            if name in DRAWN and kind == "performance":
                continue
            assert found[kind] >= least, f"{name}: {kind} {found[kind]} < {least}: {found['audits']}"
