"""The page that is served is the one that the sources make, small enough for bad networks and old machines."""

import filecmp
import gzip
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.words import words

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "api" / "console"
BUILT = CONSOLE / "dist"
NODE = (20, 19)


def test_no_file_is_larger_than_a_mebibyte():
    assert [file.name for file in BUILT.rglob("*") if file.is_file() and file.stat().st_size > 1 << 20] == []


def test_the_first_page_is_at_most_500_kilobytes_compressed():
    """What the browser fetches before anybody is signed in: the page, its scripts with all they import, its styles."""
    wanted, left = set(), {BUILT / "index.html"}
    while left:
        file = left.pop()
        wanted.add(file)
        text = file.read_text("utf-8")
        names = re.findall(r"/console/(assets/[\w.-]+)", text) if file.suffix == ".html" else []
        names += [f"assets/{one}" for one in re.findall(r"from[\"'`]\./([\w.-]+\.js)", text)]
        left |= {BUILT / name for name in names} - wanted
    assert len(wanted) > 2
    assert sum(len(gzip.compress(file.read_bytes())) for file in wanted) <= 500_000


def test_nothing_is_fetched_from_elsewhere():
    for file in BUILT.rglob("*.html"):
        assert "http" not in file.read_text("utf-8").replace("http-equiv", "")


def test_no_download_address_stands_in_the_lock_file():
    assert "resolved" not in (CONSOLE / "package-lock.json").read_text("utf-8")


def test_the_built_page_is_what_the_sources_make(tmp_path):
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs Node to build the console again")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(int(part) for part in version.strip().lstrip("v").split(".")[:2]) < NODE:
        pytest.skip(f"needs Node {NODE[0]}.{NODE[1]} or newer to build the console again, found {version.strip()}")
    copy = tmp_path / "console"
    shutil.copytree(CONSOLE, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    modules = CONSOLE / "node_modules"
    if modules.is_dir():
        (copy / "node_modules").symlink_to(modules)
    else:
        made = subprocess.run(
            [npm, "install", "--no-save", "--no-audit", "--no-fund"], cwd=copy, capture_output=True, text=True
        )
        assert "EUSAGE" not in made.stderr, made.stderr  # the lock file is not that of package.json
        if made.returncode:
            pytest.skip(f"the packages of the console cannot be fetched: {made.stderr[-300:]}")
    write = "import sys, pathlib, api.http.console as c; c.write_sources(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", write, str(copy)], cwd=ROOT, check=True)
    subprocess.run([npm, "run", "types"], cwd=copy, check=True, capture_output=True)
    # as `npm run build` does, which looks at the types as well
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    built = subprocess.run(["npx", "vite", "build"], cwd=copy, text=True, **pipes)
    assert built.returncode == 0, built.stdout
    new = sorted(file.relative_to(copy / "dist") for file in (copy / "dist").rglob("*") if file.is_file())
    assert new == sorted(file.relative_to(BUILT) for file in BUILT.rglob("*") if file.is_file())
    assert filecmp.cmpfiles(copy / "dist", BUILT, [str(name) for name in new], shallow=False)[1:] == ([], [])


def test_every_word_that_is_used_is_there_in_both_languages():
    used = set()
    for file in (CONSOLE / "src").rglob("*"):
        if file.suffix in (".vue", ".ts"):
            used |= set(re.findall(r"""\bt\(["']([\w.]+)["']""", file.read_text("utf-8")))
    for lang in ("zh", "en"):
        assert sorted(used - set(words(lang))) == []


def test_the_states_of_stock_are_what_an_entry_offers():
    from api.http.console import vocabularies
    from inventory.kinds import ELSEWHERE, STATES

    assert (vocabularies()["held"], vocabularies()["state"]) == (STATES, {**STATES, **ELSEWHERE})
    assert "REPAIR" in vocabularies()["held_by"]
